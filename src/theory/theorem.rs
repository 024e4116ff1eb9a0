//! What a theorem is to this crate: a record, a check, and a verdict that names its evidence.

use super::figures::Figures;
use super::pathwise_probe::PathwiseObservation;
use crate::dynamics::expected::Limits;
use crate::dynamics::law::{
    Absorption, AbsorptionStop, Chain, Horizon, LawLimits, Stop, absorption,
};
use crate::dynamics::sgd::Simulation;
use crate::number::{Q, ratio};
use crate::problem::Problem;
use crate::problem::assumption::{AssumptionId, Audit, Failing};
use crate::problem::model::Model;
use num_bigint::BigUint;
use std::sync::{Arc, OnceLock};

/// The permanent name of a theorem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum TheoremId {
    /// Unbiasedness.
    T0,
    /// Closed form of the expected dynamics.
    T1,
    /// Norm dominance and alignment, expected dynamics.
    T2,
    /// Pathwise monotonicity.
    T3,
    /// Pathwise monotonicity under max pooling.
    T3max,
    /// Norm dominance for SGD, with exact probability.
    T4,
    /// Perfect accuracy for SGD, with exact probability.
    T5,
    /// Mistake bound of hinge SGD.
    T6,
    /// Fate and growth with a trained head.
    T7,
    /// Balancedness.
    T8,
    /// Initialisation lottery.
    T9,
    /// Rounding.
    T10,
    /// The main claim in one statement.
    T11,
}

impl TheoremId {
    /// The name, as users write it: `"T0"` ... `"T11"`, `"T3max"`.
    pub fn name(self) -> &'static str {
        match self {
            TheoremId::T0 => "T0",
            TheoremId::T1 => "T1",
            TheoremId::T2 => "T2",
            TheoremId::T3 => "T3",
            TheoremId::T3max => "T3max",
            TheoremId::T4 => "T4",
            TheoremId::T5 => "T5",
            TheoremId::T6 => "T6",
            TheoremId::T7 => "T7",
            TheoremId::T8 => "T8",
            TheoremId::T9 => "T9",
            TheoremId::T10 => "T10",
            TheoremId::T11 => "T11",
        }
    }
}

/// Kinds of evidence, strongest first. They are never mixed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// The general statement is a Coq theorem.
    Proved,
    /// Verified on this problem in rational arithmetic.
    Exact,
    /// Verified with outward-rounded intervals.
    Enclosed,
    /// Simulated.
    Sampled,
}

impl Layer {
    /// The word used in tables and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Layer::Proved => "proved",
            Layer::Exact => "exact",
            Layer::Enclosed => "enclosed",
            Layer::Sampled => "sampled",
        }
    }
}

/// A number in a verdict, with its kind of evidence.
#[derive(Debug, Clone, PartialEq)]
pub enum Figure {
    /// An exact rational.
    Exact(Q),
    /// A rigorous enclosure.
    Enclosure(Q, Q),
    /// A sampled proportion or mean with a confidence interval.
    Estimate {
        /// Point estimate.
        estimate: f64,
        /// Lower and upper end of the interval.
        ci: [f64; 2],
        /// Confidence level.
        confidence: Q,
        /// Number of independent runs.
        runs: u64,
    },
    /// Something seen in simulated runs, without an interval (a largest or smallest value).
    Observed {
        /// What was seen.
        value: f64,
        /// Number of independent runs.
        runs: u64,
    },
    /// The spread of something over simulated runs: its 5 %, 50 % and 95 % quantiles.
    Spread {
        /// 5 % quantile over runs.
        q05: f64,
        /// Median over runs.
        q50: f64,
        /// 95 % quantile over runs.
        q95: f64,
        /// Number of independent runs.
        runs: u64,
    },
    /// A step by which something is certified, where it was not excluded that an earlier one does too.
    AtMost(u64),
    /// Not available; the text says why.
    Missing(String),
}

/// One row of the comparison between theory and measurement.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The quantity, with its time if it has one.
    pub quantity: String,
    /// The relation that the theory claims between it and `theory`: `=`, `<=`, `>=`, `<`, `>`.
    pub relation: &'static str,
    /// What the theory says.
    pub theory: Option<Figure>,
    /// What the exact engine found.
    pub exact: Option<Figure>,
    /// What the simulated runs showed.
    pub simulated: Option<Figure>,
    /// Distance to violation (exact if `exact` is there): positive or zero if the claim holds.
    pub margin: Option<Figure>,
    /// The weakest evidence in this row.
    pub layer: Layer,
}

/// What was concluded.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// The statement was verified on this problem with this layer of evidence.
    Holds {
        /// The weakest evidence that the verdict rests on.
        layer: Layer,
    },
    /// The statement fails here, and the witness shows it.
    Refuted {
        /// The layer of the witness.
        layer: Layer,
        /// A counterexample that can be replayed, as JSON.
        witness: serde_json::Value,
    },
    /// An assumption fails.
    NotApplicable {
        /// The assumption.
        assumption: AssumptionId,
        /// What shows that it fails.
        witness: String,
    },
    /// A limit stopped the check.
    Undecided {
        /// The limit, in words.
        limit: String,
    },
}

impl Verdict {
    /// The word used in tables and JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Verdict::Holds { .. } => "holds",
            Verdict::Refuted { .. } => "refuted",
            Verdict::NotApplicable { .. } => "not-applicable",
            Verdict::Undecided { .. } => "undecided",
        }
    }

    /// The layer of evidence, if there is one.
    pub fn layer(&self) -> Option<Layer> {
        match self {
            Verdict::Holds { layer } | Verdict::Refuted { layer, .. } => Some(*layer),
            Verdict::NotApplicable { .. } | Verdict::Undecided { .. } => None,
        }
    }
}

/// On which part of what a theorem speaks of a verdict was reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    preposition: &'static str,
    extent: String,
}

impl Scope {
    /// `at` these states, steps or sizes.
    pub fn at(extent: impl Into<String>) -> Self {
        Scope {
            preposition: "at",
            extent: extent.into(),
        }
    }

    /// `on` these paths or runs.
    pub fn on(extent: impl Into<String>) -> Self {
        Scope {
            preposition: "on",
            extent: extent.into(),
        }
    }

    /// The states, steps, paths in words, such as `2 states, t <= 24`.
    pub fn extent(&self) -> &str {
        &self.extent
    }
}

/// With its preposition, to follow the kind of evidence: `at 2 states, t <= 24`.
impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.preposition, self.extent)
    }
}

/// The outcome of one check.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The theorem.
    pub id: TheoremId,
    /// The verdict.
    pub verdict: Verdict,
    /// What the verdict was reached on; `None` where nothing was compared.
    pub scope: Option<Scope>,
    /// Every assumption of the theorem that fails here; not empty exactly if it is not applicable.
    pub fails: Vec<Failing>,
    /// Does the verdict hold only because what is claimed says nothing, or could not fail?
    pub vacuous: bool,
    /// One plain sentence: what was compared, how often, and what decided.
    pub because: String,
    /// If an assumption fails: what was found on this problem all the same.
    pub beyond: Option<String>,
    /// Named figures; the names are part of the interface.
    pub figures: Figures,
    /// Rows for the comparison report.
    pub comparisons: Vec<Comparison>,
}

impl Outcome {
    /// A verdict that holds, exactly, until something says otherwise; nothing compared yet.
    pub fn new(id: TheoremId) -> Self {
        Outcome {
            id,
            verdict: Verdict::Holds {
                layer: Layer::Exact,
            },
            scope: None,
            fails: Vec::new(),
            vacuous: false,
            because: String::new(),
            beyond: None,
            figures: Figures::default(),
            comparisons: Vec::new(),
        }
    }

    /// Not applicable, since these assumptions fail; there is at least one.
    pub fn not_applicable(id: TheoremId, fails: Vec<Failing>, because: impl Into<String>) -> Self {
        let first = fails.first();
        Outcome {
            verdict: Verdict::NotApplicable {
                assumption: first.map_or(AssumptionId::A0, |f| f.assumption),
                witness: first.map_or_else(String::new, |f| f.witness.clone()),
            },
            because: because.into(),
            fails,
            ..Outcome::new(id)
        }
    }

    /// For a theorem that looks at all simulated runs: undecided if some of them have left the range
    /// of floats, and the verdict rests on paths that were seen and not on all.
    pub fn undecided_after_overflow(&mut self, context: &Context<'_>) {
        if let Some(limit) = context.overflow()
            && self.verdict.layer() == Some(Layer::Sampled)
            && !matches!(self.verdict, Verdict::Refuted { .. })
        {
            self.verdict = Verdict::Undecided { limit };
        }
    }

    /// Refutes, unless something did before: the sentence, the witness, and what it rests on.
    pub fn refute(&mut self, text: String, witness: serde_json::Value, layer: Layer) {
        if !matches!(self.verdict, Verdict::Refuted { .. }) {
            self.because = text;
            self.verdict = Verdict::Refuted { layer, witness };
        }
    }
}

/// A theorem of `proofs/theories/Statements.v`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof {
    /// Its name there, without the file.
    pub name: &'static str,
    /// What it says, in a phrase: of which dynamics, in which form.
    pub covers: &'static str,
}

/// The record of a theorem in the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement {
    /// Permanent name.
    pub id: TheoremId,
    /// What it is called, e.g. `"norm dominance"`.
    pub title: &'static str,
    /// The file that holds it, in `src/theory`, `tests` (with `theorem_` in front) and `proofs`.
    pub file: &'static str,
    /// The claims of the paper's abstract that it serves, `"C1"` to `"C6"`.
    pub claims: &'static [&'static str],
    /// One sentence with its quantifiers.
    pub statement: &'static str,
    /// Model conditions (A0).
    pub model: Model,
    /// What the model asks for beside [`Statement::model`], in words; empty if nothing.
    pub further: &'static str,
    /// What it assumes beside A0.
    pub assumes: &'static [AssumptionId],
    /// Near misses of the statement that the same check must refute, in words.
    pub wrong_theories: &'static [&'static str],
    /// All Coq theorems of `proofs/theories/Statements.v` that belong to it.
    pub proofs: &'static [Proof],
    /// What the statement, or a figure of its check, says that none of these covers.
    pub unproved: &'static [&'static str],
}

impl Statement {
    /// What fails of its model conditions and of its assumptions, in order.
    pub fn failures(&self, context: &Context<'_>) -> Vec<Failing> {
        let mut fails = self.model.failures(context.problem);
        fails.extend(context.failing(self.assumes));
        fails
    }
}

/// Which theory a check is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theory {
    /// The statement itself.
    Stated,
    /// The wrong theory with this index in [`Statement::wrong_theories`].
    Wrong(usize),
}

/// How much a check may do.
#[derive(Debug, Clone, PartialEq)]
pub struct Budget {
    /// Limits of the exact engine.
    pub exact: Limits,
    /// Simulated paths that are followed in exact arithmetic and checked at every step.
    pub exact_paths: u64,
    /// Largest number of steps on each of them.
    pub exact_path_steps: u64,
    /// Fresh initialisations that T11 follows, at most.
    pub fresh_starts: u64,
    /// Failure probability delta at which T4 and T5 choose what they certify; strictly between 0 and 1.
    pub delta: Q,
    /// Limits of the exact law of SGD; small, so that it takes a second at most.
    pub law: LawLimits,
}

impl Default for Budget {
    fn default() -> Self {
        Budget {
            exact: Limits::default(),
            exact_paths: 8,
            exact_path_steps: 10_000,
            fresh_starts: 4_000,
            delta: ratio(1, 100),
            law: LawLimits {
                max_states: 60_000,
                max_transitions: 1_000_000,
                max_bits: 200_000,
                max_words: 4_000_000,
                max_work: 150_000_000,
                max_bytes: 400_000_000,
            },
        }
    }
}

/// All that a check may look at.
pub struct Context<'a> {
    /// The problem.
    pub problem: &'a Problem,
    /// Its audit: every assumption in order.
    pub audits: &'a [Audit],
    /// How much may be done.
    pub budget: Budget,
    /// The simulated runs, if there are any.
    pub simulation: Option<&'a Simulation>,
    /// What a [`super::pathwise_probe::PathwiseProbe`] gathered over these runs.
    pub pathwise: Option<&'a PathwiseObservation>,
    law: Arc<SharedLaw<'a>>,
}

/// What several theorems ask of the exact law, found once.
#[derive(Default)]
struct SharedLaw<'a> {
    chain: OnceLock<Result<Chain<'a>, Stop>>,
    absorption: OnceLock<Result<Absorption, AbsorptionStop>>,
}

impl<'a> Context<'a> {
    /// A problem with its audit, nothing simulated yet, and the default budget.
    pub fn new(problem: &'a Problem, audits: &'a [Audit]) -> Self {
        Context {
            problem,
            audits,
            budget: Budget::default(),
            simulation: None,
            pathwise: None,
            law: Arc::default(),
        }
    }

    /// The same with another budget.
    pub fn with_budget(&self, budget: Budget) -> Self {
        Context {
            budget,
            law: Arc::default(),
            ..*self
        }
    }

    /// The same with the simulated runs and what the probe gathered over them.
    pub fn with_simulation(
        &self,
        simulation: &'a Simulation,
        pathwise: &'a PathwiseObservation,
    ) -> Self {
        Context {
            budget: self.budget.clone(),
            simulation: Some(simulation),
            pathwise: Some(pathwise),
            law: self.law.clone(),
            ..*self
        }
    }

    /// What must be said of simulated runs that have left the range of floats, if some have.
    pub fn overflow(&self) -> Option<String> {
        self.simulation?.overflow()
    }

    /// The exact law of SGD as a chain of the states that it can reach within the problem's steps,
    /// unmerged, as far as [`Budget::law`] allows; built on first use, then shared.
    ///
    /// # Errors
    /// [`Stop`] if the atoms are too many for one step; a chain that a limit cut later says so itself
    /// ([`Chain::stopped`]).
    pub fn chain(&self) -> Result<&Chain<'a>, &Stop> {
        self.law
            .chain
            .get_or_init(|| {
                self.first_step_fits()?;
                let horizon = Horizon::Steps(self.problem.training().steps);
                Chain::build(self.problem, horizon, false, &self.budget.law)
            })
            .as_ref()
    }

    /// One step may lead to as many states as there are atoms, and each of them looks at every atom.
    fn first_step_fits(&self) -> Result<(), Stop> {
        let atoms = self.problem.distribution().n_atoms();
        let work = &atoms * &atoms * self.problem.n_patterns();
        if work > BigUint::from(self.budget.law.max_work) {
            return Err(Stop {
                limit: format!(
                    "the first step alone, with {atoms} atoms, takes too many operations"
                ),
                t: 0,
            });
        }
        Ok(())
    }

    /// Hitting times and longest path of the exact law, as far as [`Budget::law`] allows; found on
    /// first use, then shared.
    ///
    /// # Errors
    /// [`AbsorptionStop`] names the condition that fails, or the limit.
    pub fn absorption(&self) -> Result<&Absorption, &AbsorptionStop> {
        self.law
            .absorption
            .get_or_init(|| absorption(self.problem, &self.budget.law))
            .as_ref()
    }

    /// Those of these assumptions that fail, in the order given.
    pub fn failing(&self, assumes: &[AssumptionId]) -> Vec<Failing> {
        assumes
            .iter()
            .filter_map(|&id| {
                let audit = self.audits.iter().find(|a| a.id == id)?;
                (!audit.holds).then(|| Failing {
                    assumption: id,
                    witness: audit.witness.clone().unwrap_or_default(),
                })
            })
            .collect()
    }
}

/// A theorem: its record and its check.
pub trait Theorem: Sync {
    /// The record.
    fn statement(&self) -> &'static Statement;

    /// What the theorem asks of a problem beside the model and the assumptions of its record, and
    /// does not find.
    fn further_failures(&self, _problem: &Problem) -> Vec<Failing> {
        Vec::new()
    }

    /// Everything that keeps the theorem from this problem, in order: model (A0), assumptions, and what
    /// it asks for beside them. It applies exactly if there is nothing.
    fn failures(&self, context: &Context<'_>) -> Vec<Failing> {
        let mut fails = self.statement().failures(context);
        fails.extend(self.further_failures(context.problem));
        fails
    }

    /// Checks a theory on a problem.
    ///
    /// With [`Theory::Stated`] this is the theorem. With [`Theory::Wrong`] the same comparison is
    /// made against the near miss; on a problem where the two differ it must come out refuted.
    fn check(&self, context: &Context<'_>, theory: Theory) -> Outcome;
}
