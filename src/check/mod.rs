//! Runs the theorems on a problem and gathers audits, verdicts and series into one data model,
//! [`CheckReport`], which feeds the terminal table, the JSON and the comparison report.

pub mod happens;
pub mod phase;
pub mod pictures;
mod probability;
mod trajectory;

pub use pictures::Pictures;
pub use probability::ProbabilityPoint;
pub use trajectory::{ExactPoint, Trajectory};

use crate::dynamics::sgd::{ArithmeticChoice, Simulate, Simulation, report_times, simulate};
use crate::dynamics::walks::KeptEnds;
use crate::number::Q;
use crate::problem::assumption::{Audit, audit};
use crate::problem::{Problem, problem_sha256};
use crate::theory::REGISTRY;
use crate::theory::along_and_across::AlongAndAcross;
use crate::theory::along_and_across::ends::EndProbe;
use crate::theory::context::{Budget, Context};
use crate::theory::curve::Curve;
use crate::theory::pathwise_probe::PathwiseProbe;
use crate::theory::perfect_accuracy::PerfectAccuracy;
use crate::theory::record::TheoremId;
use crate::theory::sgd_norm_dominance::SgdNormDominance;
use crate::theory::theorem::{Theorem, Theory};
use crate::theory::verdict::{Figure, Outcome, Verdict};
use num_traits::{One, Signed};
use rayon::prelude::*;

/// How a check runs.
#[derive(Default)]
pub struct Config<'a> {
    /// How much each theorem may do.
    pub budget: Budget,
    /// The theorems to check; all without a list.
    pub only: Option<Vec<TheoremId>>,
    /// Also compute the exact series that plots show, and not only their last step.
    pub with_series: bool,
    /// Told how many run-steps of the simulation were done since the last call.
    pub progress: Option<&'a (dyn Fn(u64) + Sync)>,
    /// Told of the audit when it is finished.
    pub audited: Option<Listener<'a, [Audit]>>,
    /// Told of each theorem's outcome when it is finished, from any thread.
    pub finished: Option<Listener<'a, Outcome>>,
}

impl Config<'_> {
    /// Is this theorem to be checked?
    fn asks(&self, id: TheoremId) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(&id))
    }
}

/// Someone who is told of what is finished.
pub type Listener<'a, T> = &'a (dyn Fn(&T) + Sync);

/// All that `check` and `report` tell.
#[derive(Debug, Clone)]
pub struct CheckReport {
    /// The problem.
    pub problem: Problem,
    /// Hash of the canonical explicit form.
    pub problem_sha256: String,
    /// The assumptions, in order.
    pub audits: Vec<Audit>,
    /// The theorems, in order.
    pub outcomes: Vec<Outcome>,
    /// The failure probability that bounds were certified against.
    pub delta: Q,
    /// The exact expected dynamics at the reported steps: all of them if that was asked for, else the last.
    pub exact: Trajectory,
    /// What each theorem says over time, if the series were asked for, in the order of the theorems.
    pub curves: Vec<Curve>,
    /// What else is drawn, if the series were asked for.
    pub pictures: Pictures,
    /// P(accuracy = 1) at these steps.
    pub probabilities: Vec<ProbabilityPoint>,
    /// The simulated runs.
    pub simulation: Simulation,
}

/// Audits a problem, simulates it once, and runs every theorem of the registry on it.
///
/// # Cost
/// The simulation costs runs times steps; each theorem states its own cost. Results do not depend
/// on the number of threads.
///
/// # Example
/// ```
/// use filtercert::{check, read_problem};
///
/// let report = check(&read_problem("examples/violates-a1.toml".as_ref())?, &Default::default());
/// assert!(!report.any_refuted());
/// // T1 assumes an orthonormal dictionary, and says what shows that it is none.
/// let t1 = &report.outcomes[1];
/// assert_eq!((t1.id().name(), t1.verdict.name()), ("T1", "not-applicable"));
/// assert_eq!(t1.fails[0].assumption.name(), "A1");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn check(problem: &Problem, config: &Config<'_>) -> CheckReport {
    let audits = audit(problem);
    if let Some(audited) = config.audited {
        audited(&audits);
    }
    let times = report_times(problem.training().steps);
    let across = config.asks(TheoremId::T12) && AlongAndAcross.applies(problem, &audits).is_ok();
    let across = across.then(|| EndProbe::new(problem)).flatten();
    let probe = (PathwiseProbe::new(problem), across);
    let simulation = simulate(
        problem,
        &Simulate {
            runs: problem.training().runs,
            steps: problem.training().steps,
            seed: problem.training().seed,
            times: times.clone(),
            arithmetic: ArithmeticChoice::Automatic,
            progress: config.progress,
        },
        Some(&probe),
    );
    let (pathwise, across) = probe;
    let pathwise = pathwise.finish();
    let ends = across.and_then(|probe| probe.finish(simulation.runs));
    let walks = kept_ends(problem, &audits, config);
    let context = Context::new(problem, &audits)
        .with_budget(config.budget.clone())
        .with_simulation(&simulation, &pathwise)
        .with_ends(ends.as_ref())
        .with_walks(walks.as_ref());
    let asked = |theorem: &&&dyn Theorem| config.asks(theorem.statement().id);
    let run = |theorem: &&dyn Theorem| {
        let outcome = theorem.check(&context, Theory::Stated);
        if let Some(finished) = config.finished {
            finished(&outcome);
        }
        outcome
    };
    let theorems: Vec<&&dyn Theorem> = REGISTRY.iter().filter(asked).collect();
    let last = times.len().saturating_sub(1);
    let shown = if config.with_series { 0 } else { last };
    let (mut outcomes, exact): (Vec<Outcome>, _) = rayon::join(
        || theorems.par_iter().copied().map(run).collect(),
        || Trajectory::new(problem, &times[shown..], &config.budget.exact),
    );
    side_by_side(&mut outcomes);
    let mut probabilities = probability::probabilities(&context, &simulation);
    probabilities.drain(..shown.min(probabilities.len()));
    let (curves, pictures) = match config.with_series {
        true => rayon::join(
            || curves(&context, &theorems, &outcomes, &times),
            || Pictures::new(&context, &outcomes, &times),
        ),
        false => Default::default(),
    };
    CheckReport {
        problem: problem.clone(),
        problem_sha256: problem_sha256(problem),
        audits,
        outcomes,
        delta: config.budget.delta.clone(),
        exact,
        curves,
        pictures,
        probabilities,
        simulation,
    }
}

/// Where the runs end exactly, if more than one theorem asks.
fn kept_ends(problem: &Problem, audits: &[Audit], config: &Config<'_>) -> Option<KeptEnds> {
    let asks = |theorem: &dyn Theorem| {
        config.asks(theorem.statement().id) && theorem.applies(problem, audits).is_ok()
    };
    if !(asks(&SgdNormDominance) && asks(&PerfectAccuracy)) {
        return None;
    }
    let training = problem.training();
    KeptEnds::new(problem, training.steps, training.runs, training.seed)
}

/// The lines of all theorems, in their order.
fn curves(
    context: &Context<'_>,
    theorems: &[&&dyn Theorem],
    outcomes: &[Outcome],
    times: &[u64],
) -> Vec<Curve> {
    let all = theorems.par_iter().zip(outcomes);
    all.flat_map_iter(|(theorem, outcome)| theorem.curves(context, outcome, times))
        .collect()
}

/// Where T4 and T5 apply beside T12, what T12 leaves to failure at the last step over what they leave.
fn side_by_side(outcomes: &mut [Outcome]) {
    let low = |id: TheoremId, name: &str| {
        let outcome = outcomes.iter().find(|o| o.id() == id)?;
        outcome.figures.lower(name).cloned()
    };
    let over = |across: Option<Q>, walks: Option<Q>| {
        let left = Q::one() - walks?;
        left.is_positive()
            .then(|| (Q::one() - across.unwrap_or_default()) / left)
    };
    let t12 = |name| low(TheoremId::T12, name);
    let accuracy = t12("accuracy_by_moments").max(t12("accuracy_by_exponentials"));
    let same = t12("ratio") == low(TheoremId::T4, "ratio");
    let bound = "probability_lower_bound";
    let found = [
        (
            "failure_over_t4",
            same.then(|| {
                over(
                    t12("ratio_probability_lower_bound"),
                    low(TheoremId::T4, bound),
                )
            })
            .flatten(),
        ),
        ("failure_over_t5", over(accuracy, low(TheoremId::T5, bound))),
    ];
    let Some(outcome) = outcomes.iter_mut().find(|o| o.id() == TheoremId::T12) else {
        return;
    };
    if !outcome.fails.is_empty() {
        return;
    }
    for (name, factor) in found {
        if let Some(factor) = factor {
            outcome.figures.push((name, Figure::enclosed(&factor)));
        }
    }
}

impl CheckReport {
    /// What was finished when a limit ended a check: every other theorem is undecided, or not applicable where
    /// an assumption fails.
    pub fn stopped(
        problem: &Problem,
        audits: Vec<Audit>,
        mut done: Vec<Outcome>,
        config: &Config<'_>,
        limit: &str,
    ) -> Self {
        let asked = |theorem: &&&dyn Theorem| config.asks(theorem.statement().id);
        let outcomes = REGISTRY
            .iter()
            .filter(asked)
            .map(|theorem| {
                let record = theorem.statement();
                if let Some(place) = done.iter().position(|o| o.id() == record.id) {
                    return done.swap_remove(place);
                }
                match theorem.applies(problem, &audits) {
                    Err(fails) => {
                        let because = "What is assumed does not hold here.";
                        Outcome::not_applicable(record, fails, because)
                    }
                    Ok(()) => {
                        let forms = theorem.forms();
                        let several = forms.len() > 1;
                        let mut forms = forms.into_iter();
                        let asked = forms.find(|form| form.applies(problem, &audits).is_ok());
                        let asked = asked.map_or(record, |form| form.statement());
                        let mut outcome = Outcome::new(asked);
                        outcome.theorem = record.id;
                        outcome.form = several.then_some(asked.id);
                        outcome.because = "The check of this theorem was not finished.".into();
                        outcome.undecided(limit.to_owned());
                        outcome
                    }
                }
            })
            .collect();
        CheckReport {
            problem: problem.clone(),
            problem_sha256: problem_sha256(problem),
            audits,
            outcomes,
            delta: config.budget.delta.clone(),
            exact: Trajectory::default(),
            curves: Vec::new(),
            pictures: Pictures::default(),
            probabilities: Vec::new(),
            simulation: Simulation::not_run(problem),
        }
    }

    /// Was anything refuted?
    pub fn any_refuted(&self) -> bool {
        self.outcomes
            .iter()
            .any(|o| matches!(o.verdict, Verdict::Refuted { .. }))
    }

    /// Did a limit leave anything undecided?
    pub fn any_undecided(&self) -> bool {
        self.outcomes
            .iter()
            .any(|o| matches!(o.verdict, Verdict::Undecided { .. }))
    }
}
