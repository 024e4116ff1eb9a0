//! What one sample does to the walk of a background pattern.

use crate::number::{Q, integer};
use crate::problem::{CountLaw, Label, Problem};
use num_bigint::{BigInt, BigUint};
use num_traits::Zero;
use std::collections::BTreeMap;

/// Most background patches of an image of the generative form whose count law is written out.
pub const MAX_COUNT: u32 = 1_024;

/// The law of label and count of the background pattern with index `k` in `0..K`; `None` for the
/// generative form with more than [`MAX_COUNT`] background patches.
pub fn count_law(problem: &Problem, k: usize) -> Option<CountLaw> {
    let distribution = problem.distribution();
    (distribution.drawn_patches() <= MAX_COUNT).then(|| distribution.count_law(k + 2))
}

/// The law of `y N_k`, one step of the walk `S_k`: distinct integers with positive weights over one
/// denominator.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StepLaw {
    weights: Vec<(i64, BigUint)>,
    denominator: BigUint,
}

impl StepLaw {
    /// The step law of the background pattern with index `k` in `0..K`; `None` for the generative
    /// form with more than [`MAX_COUNT`] background patches.
    pub fn of(problem: &Problem, k: usize) -> Option<Self> {
        Some(Self::signed(&count_law(problem, k)?))
    }

    /// The law of `y N` from that of `(y, N)`.
    pub fn signed(law: &CountLaw) -> Self {
        let mut all = BTreeMap::new();
        for label in Label::BOTH {
            for (count, weight) in law.weights(label) {
                *all.entry(label.sign() * i64::from(*count))
                    .or_insert_with(BigUint::zero) += weight;
            }
        }
        StepLaw {
            weights: all.into_iter().collect(),
            denominator: law.denominator().clone(),
        }
    }

    /// A law from values and weights (not all 0): equal values are added, weights of 0 dropped.
    /// `None` if all weights are 0.
    pub fn from_weights(weights: &[(i64, u64)]) -> Option<Self> {
        let mut all = BTreeMap::new();
        for &(value, weight) in weights.iter().filter(|(_, w)| *w > 0) {
            *all.entry(value).or_insert_with(BigUint::zero) += weight;
        }
        let denominator: BigUint = all.values().sum();
        (!denominator.is_zero()).then(|| StepLaw {
            weights: all.into_iter().collect(),
            denominator,
        })
    }

    /// Values, ascending, with their weights.
    pub fn weights(&self) -> &[(i64, BigUint)] {
        &self.weights
    }

    /// The sum of the weights.
    pub fn denominator(&self) -> &BigUint {
        &self.denominator
    }

    /// The largest absolute value of a step.
    pub fn bound(&self) -> u64 {
        let ends = [self.weights.first(), self.weights.last()];
        let sizes = ends.into_iter().flatten().map(|(v, _)| v.unsigned_abs());
        sizes.max().unwrap_or(0)
    }

    /// Is the law that of its mirror image?
    pub fn is_symmetric(&self) -> bool {
        let mirrored = self.weights.iter().rev().map(|(v, w)| (-v, w));
        self.weights.iter().map(|(v, w)| (*v, w)).eq(mirrored)
    }

    /// The mean of a step.
    pub fn mean(&self) -> Q {
        let sum: BigInt = self
            .weights
            .iter()
            .map(|(v, w)| BigInt::from(*v) * BigInt::from(w.clone()))
            .sum();
        Q::new(sum, self.denominator.clone().into())
    }

    /// The mean square of a step.
    pub fn mean_square(&self) -> Q {
        let sum = self.weights.iter().fold(Q::zero(), |sum, (v, w)| {
            sum + integer(*v) * integer(*v) * integer(w.clone())
        });
        sum / integer(self.denominator.clone())
    }
}
