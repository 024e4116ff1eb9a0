//! The probabilities that single thresholds of T4 and T5 are missed, whether the theorems apply or not.

use super::count_law::step_law;
use super::prelude::*;
use crate::probability::{StepLaw, Tail, binomial_below, walk_maximum_above};

/// The probabilities that single thresholds of T4 and T5 are missed.
#[derive(Debug, Clone)]
pub struct MissedChances {
    prior: [Q; 2],
    walks: Vec<StepLaw>,
}

impl MissedChances {
    /// Of a problem; `None` where a walk is too long to be written out.
    pub fn new(problem: &Problem) -> Option<Self> {
        let walks = (0..problem.n_patterns().saturating_sub(2)).map(|k| step_law(problem, k));
        Some(MissedChances {
            prior: Label::BOTH.map(|y| problem.distribution().label_probability(y)),
            walks: walks.collect::<Option<_>>()?,
        })
    }

    /// `P(B_y(t) < b)`.
    pub fn fewer(&self, label: Label, t: u64, b: u64) -> Tail {
        binomial_below(t, &self.prior[label.index()], b)
    }

    /// `P(max_{s <= t} |S_k(s)| > lambda)` of the background pattern with index k in `0..K`.
    pub fn farther(&self, k: usize, t: u64, lambda: u64) -> Tail {
        walk_maximum_above(&self.walks[k], t, lambda)
    }

    /// No walk of pattern k gets farther within t steps.
    pub fn reach(&self, k: usize, t: u64) -> u64 {
        t.saturating_mul(self.walks[k].bound())
    }
}
