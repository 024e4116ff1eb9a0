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

use crate::dynamics::sgd::{Probe, Snapshot};
use crate::number::{Q, Scalar, integer};
use crate::problem::{Label, Loss, Pooling, Problem};
use std::sync::{Mutex, PoisonError};

/// What was gathered over all runs and reported times.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PathwiseObservation {
    /// States looked at: runs times reported times.
    pub states: u64,
    /// Largest difference between a winner's key and `Z(0) + eta r G_y`, as a share of the tolerance.
    pub largest_share: f64,
    /// The first run, and its first reported step, at which a claim seemed to be violated.
    pub suspect: Option<(u64, u64)>,
}

/// How far a winner's key moves per unit of gate: `eta r`, with 1 for r under max pooling and where there is no r.
pub(super) fn key_rate(problem: &Problem, pooling: Pooling) -> Q {
    let r = match pooling {
        Pooling::Sum => problem.distribution().key_count().unwrap_or(1),
        Pooling::Max => 1,
    };
    &problem.training().step * integer(r)
}

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
        // The simulator's own conversion: a coordinate that never moves stays this very float.
        let float = |q: &Q| f64::from_rational(q);
        let weights = network.weights.entries();
        let camps = problem.camps_for(network.pooling);
        PathwiseProbe {
            n_patterns: problem.n_patterns(),
            initial: weights.iter().map(float).collect(),
            dead: weights.iter().map(|z| !z.is_positive()).collect(),
            label: network.head.iter().map(Label::voted_by).collect(),
            winner: camps.labels().iter().map(Option::is_some).collect(),
            rate: float(&key_rate(problem, network.pooling)),
            batch: f64::from(problem.training().batch),
            bounded_gates: problem.training().loss != Loss::SquaredHinge,
            gathered: Mutex::default(),
        }
    }

    /// What was gathered.
    pub fn finish(self) -> PathwiseObservation {
        let gathered = self.gathered.into_inner();
        gathered.unwrap_or_else(PoisonError::into_inner)
    }

    /// Does a coordinate seem to violate a claim? Beside it, the largest share of the tolerance.
    fn judge(&self, state: &Snapshot<'_>) -> (bool, f64) {
        let (mut suspect, mut share) = (false, 0.0f64);
        let unit = f64::powi(2.0, -49) * (state.updates as f64 * self.batch + 1.0);
        // How far the key of each label moves, and from this the tolerance; beyond the range of floats nothing can be
        // told from them.
        let moved = state.gate_sums.map(|sum| self.rate * sum);
        let tolerance = |start: f64, label: Label| {
            let tolerance = unit * (start.abs() + moved[label.index()] + self.rate);
            tolerance.is_finite().then_some(tolerance)
        };
        let rows = self.initial.chunks_exact(self.n_patterns);
        let dead = self.dead.chunks_exact(self.n_patterns);
        for (j, (row, dead)) in rows.zip(dead).enumerate() {
            // No operation touches a dead one: it is the same float.
            let mut all = row.iter().zip(dead).enumerate();
            suspect |= all.any(|(p, (&start, &dead))| dead && state.weight(j, p) != start);
            for label in Label::BOTH {
                let (own, p) = (self.label[j], label.index());
                let start = row[p];
                let (Some(of_own), false) = (tolerance(start, own), dead[p]) else {
                    continue;
                };
                if label == own {
                    if self.winner[j] {
                        let error = (state.weight(j, p) - (start + moved[p])).abs();
                        share = share.max(error / of_own);
                        // Not a number is a suspect too.
                        suspect |= error.is_nan() || error > of_own;
                    }
                } else if let Some(tolerance) = tolerance(start, label) {
                    let (now, lowest) = (state.weight(j, p), start.min(-self.rate) - tolerance);
                    suspect |= now > start || (self.bounded_gates && now < lowest);
                }
            }
        }
        (suspect, share)
    }
}

impl Probe for PathwiseProbe {
    fn visit(&self, snapshot: &Snapshot<'_>) {
        let (suspect, share) = self.judge(snapshot);
        let gathered = self.gathered.lock();
        let mut gathered = gathered.unwrap_or_else(PoisonError::into_inner);
        gathered.states += 1;
        gathered.largest_share = gathered.largest_share.max(share);
        let new = suspect.then_some((snapshot.run, snapshot.t));
        gathered.suspect = gathered.suspect.into_iter().chain(new).min();
    }
}
