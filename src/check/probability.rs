//! P(accuracy = 1) over time: the exact law beside the share of simulated runs.

use crate::dynamics::sgd::Simulation;
use crate::number::{Q, ratio};
use crate::probability::interval::clopper_pearson;
use crate::theory::context::Context;

/// P(accuracy = 1) at one step.
#[derive(Debug, Clone, PartialEq)]
pub struct ProbabilityPoint {
    /// The step.
    pub t: u64,
    /// By the exact law, where that is affordable.
    pub exact: Option<Q>,
    /// The share of simulated runs, with its exact (Clopper-Pearson) interval of level
    /// [`ProbabilityPoint::confidence`]; `None` if some run only sampled its accuracy,
    /// or has left the range of floats.
    pub sampled: Option<(f64, [f64; 2])>,
}

impl ProbabilityPoint {
    /// The level of the intervals: 99/100, for each point by itself.
    pub fn confidence() -> Q {
        ratio(99, 100)
    }
}

/// One point for each reported step of the simulation.
///
/// # Cost
/// That of the exact law within the budget of the context.
pub fn probabilities(context: &Context<'_>, simulation: &Simulation) -> Vec<ProbabilityPoint> {
    let law = context
        .chain()
        .ok()
        .map(|chain| chain.law(simulation.steps));
    let confidence = ProbabilityPoint::confidence();
    simulation
        .series
        .iter()
        .map(|point| ProbabilityPoint {
            t: point.t,
            exact: law
                .as_ref()
                .and_then(|law| law.p_perfect.get(usize::try_from(point.t).ok()?).cloned()),
            sampled: point.perfect_runs.map(|perfect| {
                (
                    perfect as f64 / simulation.runs as f64,
                    clopper_pearson(perfect, simulation.runs, &confidence),
                )
            }),
        })
        .collect()
}
