//! The exact expected dynamics at chosen steps, reduced to what plots show.

use crate::dynamics::expected::{Expected, Limits, Stop};
use crate::dynamics::state::State;
use crate::number::Q;
use crate::problem::Problem;
use num_traits::{Signed, Zero};

/// Longest denominators of a series, in bits: with a trained head digits grow at every step, and a
/// plot needs no more of them. The report says where the series stopped.
const MAX_BITS: u64 = 3_000;

/// Norms, alignment, accuracy and loss of the expected dynamics at one step, all exact.
#[derive(Debug, Clone, PartialEq)]
pub struct ExactPoint {
    /// The step.
    pub t: u64,
    /// Least squared norm of a winner; `None` without winners.
    pub winner_norm_squared: Option<Q>,
    /// Largest squared norm of a loser; `None` without losers.
    pub loser_norm_squared: Option<Q>,
    /// Least cosine of a winner with its key, as its square with the cosine's sign; `None` without
    /// winners or if a winner or its key is zero.
    pub alignment_signed_square: Option<Q>,
    /// Accuracy, where it can be computed.
    pub accuracy: Option<Q>,
    /// Population loss, where it can be computed.
    pub loss: Option<Q>,
}

impl ExactPoint {
    /// Squared dominance ratio; `None` without winners, without losers, or if all losers are zero.
    pub fn ratio_squared(&self) -> Option<Q> {
        let loser = self.loser_norm_squared.as_ref().filter(|l| !l.is_zero())?;
        Some(self.winner_norm_squared.as_ref()? / loser)
    }
}

/// The expected dynamics at chosen steps, up to where a limit stopped it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trajectory {
    /// One point a step that was reached, ascending.
    pub points: Vec<ExactPoint>,
    /// The limit that stopped it, if one did.
    pub stopped: Option<Stop>,
}

impl Trajectory {
    /// Follows the expected dynamics of a problem to the given steps (ascending).
    ///
    /// # Cost
    /// That of the engine, and n P rational operations a step for the norms (n P^2 for a dictionary
    /// that is not orthonormal).
    pub fn new(problem: &Problem, times: &[u64], limits: &Limits) -> Self {
        let mut points = Vec::with_capacity(times.len());
        let limits = Limits {
            max_bits: limits.max_bits.min(MAX_BITS),
            ..limits.clone()
        };
        let mut engine = match Expected::new(problem, &limits) {
            Ok(engine) => engine,
            Err(stop) => {
                return Trajectory {
                    points,
                    stopped: Some(stop),
                };
            }
        };
        for &t in times {
            if let Err(stop) = engine.advance_to(t) {
                return Trajectory {
                    points,
                    stopped: Some(stop),
                };
            }
            let mut point = measure(problem, &engine.state(), t);
            point.accuracy = engine.accuracy().ok();
            point.loss = engine.loss().ok();
            points.push(point);
        }
        Trajectory {
            points,
            stopped: None,
        }
    }
}

fn measure(problem: &Problem, state: &State<Q>, t: u64) -> ExactPoint {
    let norms = state.norms_squared(problem);
    let camps = problem.camps();
    let mut alignment: Option<Q> = None;
    let mut aligned = true;
    for (j, label) in camps.winners() {
        let key = label.index();
        let scale = &norms[j] * problem.dictionary().gram_entry(key, key);
        if scale.is_zero() {
            aligned = false;
            continue;
        }
        let z = &state.weights[(j, key)];
        let signed = z * z.abs() / scale;
        if alignment.as_ref().is_none_or(|least| signed < *least) {
            alignment = Some(signed);
        }
    }
    let (least_winner, largest_loser) = camps.extremes(&norms);
    ExactPoint {
        t,
        winner_norm_squared: least_winner.cloned(),
        loser_norm_squared: largest_loser.cloned(),
        alignment_signed_square: alignment.filter(|_| aligned),
        accuracy: None,
        loss: None,
    }
}
