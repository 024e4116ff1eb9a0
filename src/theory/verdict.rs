//! What a check concludes: a verdict that names its evidence, with figures and comparisons.

pub use super::figures::Figure;

use super::figures::Figures;
use super::record::{Statement, TheoremId};
use super::remark::{Remark, Remarks};
use super::violation::{Relation, Violation};
use crate::number::Q;
use crate::problem::assumption::{AssumptionId, Failing};
use num_traits::Signed;

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

/// One row of the comparison between theory and measurement.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The quantity, with its time if it has one.
    pub quantity: Remark,
    /// The relation that the theory claims between it and `theory`.
    pub relation: Relation,
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

impl Comparison {
    /// A row of exact numbers: what the theory says of a quantity, and what was found.
    pub fn exact(quantity: impl Into<Remark>, relation: Relation, theory: Q, found: Q) -> Self {
        let margin = match relation {
            Relation::Equal => -(&theory - &found).abs(),
            Relation::AtMost => &theory - &found,
            Relation::AtLeast | Relation::Above => &found - &theory,
        };
        Comparison {
            quantity: quantity.into(),
            relation,
            theory: Some(Figure::Exact(theory)),
            exact: Some(Figure::Exact(found)),
            simulated: None,
            margin: Some(Figure::Exact(margin)),
            layer: Layer::Exact,
        }
    }

    /// The same, found on evidence of this layer.
    #[must_use]
    pub fn on(self, layer: Layer) -> Self {
        Comparison { layer, ..self }
    }
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
        /// A counterexample that can be replayed.
        violation: Box<Violation>,
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
        /// The limit.
        limit: Remark,
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
#[derive(Debug, Clone, PartialEq)]
pub struct Scope {
    /// The word before it, to follow the kind of evidence: `at` or `on`.
    pub preposition: &'static str,
    /// The states, steps, paths, such as `2 states, t <= 24`.
    pub extent: Remark,
}

impl Scope {
    /// `at` these states, steps or sizes.
    pub fn at(extent: Remark) -> Self {
        let preposition = "at";
        Scope {
            preposition,
            extent,
        }
    }

    /// `on` these paths or runs.
    pub fn on(extent: Remark) -> Self {
        let preposition = "on";
        Scope {
            preposition,
            extent,
        }
    }
}

/// The outcome of one check.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The record of the theorem, in the form that was asked.
    pub record: &'static Statement,
    /// The permanent name of the theorem.
    pub theorem: TheoremId,
    /// Which of its forms applies, of a theorem of several.
    pub form: Option<TheoremId>,
    /// The verdict.
    pub verdict: Verdict,
    /// What the verdict was reached on; `None` where nothing was compared.
    pub scope: Option<Scope>,
    /// Every assumption of the theorem that fails here; not empty exactly if it is not applicable.
    pub fails: Vec<Failing>,
    /// Does the verdict hold only because what is claimed says nothing, or could not fail?
    pub vacuous: bool,
    /// What was compared, how often, and what decided; nothing if a violation says it all.
    pub because: Remarks,
    /// If an assumption fails: what was found on this problem all the same.
    pub beyond: Option<Remarks>,
    /// Named figures; the names are part of the interface.
    pub figures: Figures,
    /// Rows for the comparison report.
    pub comparisons: Vec<Comparison>,
}

impl Outcome {
    /// A verdict that holds, exactly, until something says otherwise; nothing compared yet.
    pub fn new(record: &'static Statement) -> Self {
        Outcome {
            record,
            theorem: record.id,
            form: None,
            verdict: Verdict::Holds {
                layer: Layer::Exact,
            },
            scope: None,
            fails: Vec::new(),
            vacuous: false,
            because: Remarks::default(),
            beyond: None,
            figures: Figures::default(),
            comparisons: Vec::new(),
        }
    }

    /// Not applicable, since these assumptions fail; there is at least one.
    pub fn not_applicable(
        record: &'static Statement,
        fails: Vec<Failing>,
        because: &'static str,
    ) -> Self {
        let mut outcome = Outcome::new(record);
        if let Some(Failing {
            assumption,
            witness,
        }) = fails.first().cloned()
        {
            outcome.verdict = Verdict::NotApplicable {
                assumption,
                witness,
            };
        }
        outcome.because.push(because);
        outcome.fails = fails;
        outcome
    }

    /// The permanent name of the theorem.
    pub fn id(&self) -> TheoremId {
        self.theorem
    }

    /// The name that is shown: that of the form that was asked.
    pub fn shown_id(&self) -> TheoremId {
        self.form.unwrap_or(self.id())
    }

    /// Was the theory refuted?
    pub fn is_refuted(&self) -> bool {
        matches!(self.verdict, Verdict::Refuted { .. })
    }

    /// What refuted it, if something did.
    pub fn violation(&self) -> Option<&Violation> {
        match &self.verdict {
            Verdict::Refuted { violation, .. } => Some(violation),
            _ => None,
        }
    }

    /// Refutes, unless something did before: by this violation, which rests on this layer.
    pub fn refute(&mut self, violation: Violation, layer: Layer) {
        if !self.is_refuted() {
            self.vacuous = false;
            self.verdict = Verdict::Refuted {
                layer,
                violation: Box::new(violation),
            };
        }
    }

    /// Refutes by this violation, if there is one.
    pub fn refute_by(&mut self, violation: Option<Box<Violation>>, layer: Layer) {
        if let Some(violation) = violation {
            self.refute(*violation, layer);
        }
    }

    /// For a theorem that looks at all simulated runs: undecided if some of them have left the range
    /// of floats, and the verdict rests on paths that were seen and not on all.
    pub fn undecided_after_overflow(&mut self, context: &super::context::Context<'_>) {
        if let Some(limit) = context.overflow()
            && self.verdict.layer() == Some(Layer::Sampled)
        {
            self.undecided(limit);
        }
    }

    /// Undecided by this limit, unless refuted.
    pub fn undecided(&mut self, limit: impl Into<Remark>) {
        if !self.is_refuted() {
            self.verdict = Verdict::Undecided {
                limit: limit.into(),
            };
        }
    }
}
