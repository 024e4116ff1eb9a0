//! Runs the theorems on a problem and gathers audits, verdicts and series into one data model,
//! [`CheckReport`], which feeds the terminal table, the JSON and the comparison report.

pub mod phase;
mod probability;
mod trajectory;

pub use probability::ProbabilityPoint;
pub use trajectory::{ExactPoint, Trajectory};

use crate::dynamics::sgd::{ArithmeticChoice, Simulate, Simulation, report_times, simulate};
use crate::number::Q;
use crate::problem::assumption::{Audit, audit};
use crate::problem::{Problem, problem_sha256};
use crate::theory::REGISTRY;
use crate::theory::context::{Budget, Context};
use crate::theory::norm_bounds::NormBounds;
use crate::theory::pathwise_probe::PathwiseProbe;
use crate::theory::record::TheoremId;
use crate::theory::theorem::{Theorem, Theory};
use crate::theory::verdict::{Figure, Outcome, Verdict};
use rayon::prelude::*;

/// How a check runs.
#[derive(Default)]
pub struct Config<'a> {
    /// How much each theorem may do.
    pub budget: Budget,
    /// Also compute the exact series that plots show.
    pub with_series: bool,
    /// Told how many run-steps of the simulation were done since the last call.
    pub progress: Option<&'a (dyn Fn(u64) + Sync)>,
    /// Told of the audit when it is finished.
    pub audited: Option<Listener<'a, [Audit]>>,
    /// Told of each theorem's outcome when it is finished, from any thread.
    pub finished: Option<Listener<'a, Outcome>>,
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
    /// The exact expected dynamics at the reported steps; empty unless asked for.
    pub exact: Trajectory,
    /// P(accuracy = 1) at the reported steps; empty unless asked for.
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
    let probe = PathwiseProbe::new(problem);
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
    let pathwise = probe.finish();
    let context = Context::new(problem, &audits)
        .with_budget(config.budget.clone())
        .with_simulation(&simulation, &pathwise);
    let outcomes: Vec<Outcome> = REGISTRY
        .par_iter()
        .map(|theorem: &&dyn Theorem| {
            let outcome = theorem.check(&context, Theory::Stated);
            if let Some(finished) = config.finished {
                finished(&outcome);
            }
            outcome
        })
        .collect();
    let probabilities = if config.with_series {
        probability::probabilities(&context, &simulation)
    } else {
        Vec::new()
    };
    let exact = if config.with_series {
        let bounds = NormBounds::new(problem, &audits, max_updates(&outcomes));
        Trajectory::new(problem, &times, &config.budget.exact, bounds.as_ref())
    } else {
        Trajectory::default()
    };
    CheckReport {
        problem: problem.clone(),
        problem_sha256: problem_sha256(problem),
        audits,
        outcomes,
        exact,
        probabilities,
        simulation,
    }
}

/// The mistake bound, where T6 found one.
fn max_updates(outcomes: &[Outcome]) -> Option<Q> {
    let t6 = outcomes.iter().find(|o| o.id() == TheoremId::T6)?;
    t6.figures.iter().find_map(|(name, figure)| match figure {
        Figure::Exact(q) if *name == "max_updates" => Some(q.clone()),
        _ => None,
    })
}

impl CheckReport {
    /// What was finished when a limit ended a check: every other theorem is undecided, or not applicable where
    /// an assumption fails.
    pub fn stopped(
        problem: &Problem,
        audits: Vec<Audit>,
        mut done: Vec<Outcome>,
        limit: &str,
    ) -> Self {
        let outcomes = REGISTRY
            .iter()
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
            exact: Trajectory::default(),
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
