//! What the simulated runs show of T3 and T3max at their reported times.
//!
//! Machine floats: a run that seems to violate a claim is only named here; [`super::pathwise`]
//! replays it in exact arithmetic, and only what is violated there counts.
//!
//! Tolerance. A coordinate is changed by at most M additions (M the updates so far, times the batch),
//! each of an increment that is a product of at most six rounded factors, and every number involved
//! is at most `B = |Z(0)| + eta r (G + g_max)` up to rounding. With unit roundoff `2^-53` each
//! addition and its increment err by at most `8 * 2^-53 * B = 2^-50 B` to first order, so
//! `2^-49 (M + 1) B` bounds the total for all M below 2^40, rounding of the bound included.

use super::observation::{PathwiseObservation, Suspect};
use super::pathwise::Claim;
use crate::dynamics::sgd::{Probe, Snapshot};
use crate::number::{Q, Scalar};
use crate::problem::{Label, Loss, Problem};
use num_traits::Zero;
use std::sync::Mutex;

/// Compares every reported state of every simulated run with T3 (sum pooling) or T3max.
///
/// It needs a problem in the theorem's setting; elsewhere what it gathers means nothing and is not
/// looked at.
#[derive(Debug)]
pub struct PathwiseProbe {
    n_patterns: usize,
    initial: Vec<f64>,
    /// Is the coordinate exactly at or below 0 at the start?
    dead: Vec<bool>,
    /// The head's label, one a filter.
    label: Vec<Label>,
    winner: Vec<bool>,
    /// `eta r` (max pooling: eta).
    rate: f64,
    batch: f64,
    bounded_gates: bool,
    gathered: Mutex<PathwiseObservation>,
}

impl PathwiseProbe {
    /// A probe for this problem.
    pub fn new(problem: &Problem) -> Self {
        let network = problem.network();
        let claim = Claim::new(problem);
        // The simulator's own conversion: a coordinate that never moves stays this very float.
        let float = |q: &Q| f64::from_rational(q);
        let weights = network.weights.entries();
        PathwiseProbe {
            n_patterns: problem.n_patterns(),
            initial: weights.iter().map(float).collect(),
            dead: weights.iter().map(|z| *z <= Q::zero()).collect(),
            winner: claim.winner.iter().map(Option::is_some).collect(),
            rate: float(&claim.rate),
            label: claim.label,
            batch: f64::from(problem.training().batch),
            bounded_gates: problem.training().loss != Loss::SquaredHinge,
            gathered: Mutex::new(PathwiseObservation::default()),
        }
    }

    /// What was gathered.
    pub fn finish(self) -> PathwiseObservation {
        self.gathered
            .into_inner()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The first coordinate that seems to violate a claim, and the largest share of the tolerance.
    fn judge(&self, state: &Snapshot<'_>) -> (Option<(usize, usize)>, f64) {
        let mut share = 0.0f64;
        let mut suspect = None;
        let unit = f64::powi(2.0, -49) * (state.updates as f64 * self.batch + 1.0);
        let mut blame = |j: usize, p: usize| {
            if suspect.is_none() {
                suspect = Some((j, p));
            }
        };
        for (j, label) in self.label.iter().enumerate() {
            let (own, wrong) = (label.index(), label.opposite().index());
            for p in 0..self.n_patterns {
                let cell = j * self.n_patterns + p;
                let (start, now) = (self.initial[cell], state.weight(j, p));
                if self.dead[cell] {
                    // No operation touches it: it is the same float.
                    if now != start {
                        blame(j, p);
                    }
                    continue;
                }
                let grown = self.rate * state.gate_sums[own];
                let tolerance = unit * (start.abs() + grown + self.rate);
                // Beyond the range of floats nothing can be told from them.
                if !tolerance.is_finite() {
                    continue;
                }
                if self.winner[j] && p == own {
                    let error = (now - (start + grown)).abs();
                    share = share.max(error / tolerance);
                    // Not a number is a suspect too.
                    if error.is_nan() || error > tolerance {
                        blame(j, p);
                    }
                } else if p == wrong {
                    let fallen = self.rate * state.gate_sums[wrong];
                    let tolerance = unit * (start.abs() + fallen + self.rate);
                    if !tolerance.is_finite() {
                        continue;
                    }
                    let lowest = start.min(-self.rate) - tolerance;
                    if now > start || (self.bounded_gates && now < lowest) {
                        blame(j, p);
                    }
                }
            }
        }
        (suspect, share)
    }
}

impl Probe for PathwiseProbe {
    fn visit(&self, snapshot: &Snapshot<'_>) {
        let (suspect, share) = self.judge(snapshot);
        let mut gathered = self
            .gathered
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        gathered.states += 1;
        gathered.largest_share = gathered.largest_share.max(share);
        if let Some((filter, coordinate)) = suspect {
            let new = Suspect {
                run: snapshot.run,
                t: snapshot.t,
                filter,
                coordinate,
            };
            let earlier = |s: &Suspect| (s.run, s.t) <= (new.run, new.t);
            if !gathered.suspect.as_ref().is_some_and(earlier) {
                gathered.suspect = Some(new);
            }
        }
    }
}
