//! All that a check may look at: the problem, its audit, simulated runs, the exact law, and how much may be done.

use super::along_and_across::ends::Ends;
use super::pathwise_probe::PathwiseObservation;
use super::record::failing;
use crate::dynamics::expected::Limits;
use crate::dynamics::law::{
    Absorption, AbsorptionStop, Chain, Horizon, LawLimits, Stop, absorption, first_step_fits,
};
use crate::dynamics::sgd::Simulation;
use crate::dynamics::walks::{EndPoint, KeptEnds, end_points};
use crate::number::{Q, ratio};
use crate::problem::Problem;
use crate::problem::assumption::{AssumptionId, Audit, Failing};
use std::sync::{Arc, OnceLock};

/// How much a check may do.
#[derive(Debug, Clone, PartialEq)]
pub struct Budget {
    /// Limits of the exact engine.
    pub exact: Limits,
    /// Simulated paths that are followed in exact arithmetic and checked at every step.
    pub exact_paths: u64,
    /// Largest number of steps on each of them.
    pub exact_path_steps: u64,
    /// All paths of a problem are followed, and not the simulated ones, if there are at most this many.
    pub all_paths: u64,
    /// Fresh initialisations that T11 follows, at most.
    pub fresh_starts: u64,
    /// T12 looks for the least certified step at least up to this one.
    pub reach: u64,
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
            all_paths: 100_000,
            fresh_starts: 4_000,
            reach: 1 << 22,
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
#[derive(Clone)]
pub struct Context<'a> {
    /// The problem.
    pub problem: &'a Problem,
    /// Its audit: every assumption in order.
    pub audits: &'a [Audit],
    /// How much may be done.
    pub budget: Budget,
    /// The simulated runs, if there are any.
    pub simulation: Option<&'a Simulation>,
    /// What a probe of T3 gathered over these runs.
    pub pathwise: Option<&'a PathwiseObservation>,
    /// Where these runs ended, as T12 speaks of it, if a probe saw it exactly.
    pub ends: Option<&'a Ends>,
    /// Where these runs end exactly, kept for several theorems.
    pub walks: Option<&'a KeptEnds>,
    /// Is only the verdict asked for, and no figure that it does not rest on?
    pub verdict_only: bool,
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
            ends: None,
            walks: None,
            verdict_only: false,
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

    /// The same with one exact path, of at most so many steps.
    pub fn one_path(&self, steps: u64) -> Self {
        let mut budget = self.budget.clone();
        budget.exact_paths = 1;
        budget.exact_path_steps = budget.exact_path_steps.min(steps);
        self.with_budget(budget)
    }

    /// The same with the simulated runs and what the probe gathered over them.
    pub fn with_simulation(
        &self,
        simulation: &'a Simulation,
        pathwise: &'a PathwiseObservation,
    ) -> Self {
        Context {
            simulation: Some(simulation),
            pathwise: Some(pathwise),
            ..self.clone()
        }
    }

    /// The same with where these runs ended, as T12 speaks of it.
    pub fn with_ends(&self, ends: Option<&'a Ends>) -> Self {
        Context {
            ends,
            ..self.clone()
        }
    }

    /// The same with where these runs end exactly.
    pub fn with_walks(&self, walks: Option<&'a KeptEnds>) -> Self {
        Context {
            walks,
            ..self.clone()
        }
    }

    /// Visits the exact end points of the first so many runs of the problem, those that are kept where there are enough;
    /// `None` where [`end_points`] gives none.
    pub fn visit_ends<T: Send>(
        &self,
        runs: u64,
        visit: &(dyn Fn(&EndPoint<'_>) -> T + Sync),
    ) -> Option<Vec<T>> {
        let training = self.problem.training();
        let kept = self.walks.and_then(|walks| walks.visit(runs, visit));
        kept.or_else(|| end_points(self.problem, training.steps, runs, training.seed, visit))
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
                first_step_fits(self.problem, self.budget.law.max_work)?;
                let horizon = Horizon::Steps(self.problem.training().steps);
                Chain::build(self.problem, horizon, false, &self.budget.law)
            })
            .as_ref()
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

    /// The same, where only the verdict is asked for.
    pub fn for_verdict(&self) -> Self {
        Context {
            verdict_only: true,
            ..self.clone()
        }
    }

    /// Those of these assumptions that fail, in the order given.
    pub fn failing(&self, assumes: &[AssumptionId]) -> Vec<Failing> {
        failing(self.audits, assumes)
    }
}
