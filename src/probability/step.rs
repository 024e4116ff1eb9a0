//! What one sample does to the walk of a background pattern.

use crate::number::Q;
use num_bigint::{BigInt, BigUint};
use num_integer::Integer;
use num_traits::Zero;
use std::collections::BTreeMap;

/// The law of `(y, N_k)`, label and count of one background pattern, of one sample.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CountLaw {
    weights: [Vec<(u32, BigUint)>; 2],
    denominator: BigUint,
}

impl CountLaw {
    /// The law with these counts and weights for each label, over one denominator; reduced.
    pub fn new(mut weights: [Vec<(u32, BigUint)>; 2], denominator: BigUint) -> Self {
        let all = weights.iter().flatten();
        let divisor = all.fold(denominator.clone(), |divisor, (_, w)| divisor.gcd(w));
        for (_, weight) in weights.iter_mut().flatten() {
            *weight /= &divisor;
        }
        CountLaw {
            weights,
            denominator: denominator / divisor,
        }
    }

    /// The law of `(y, N_k)` with the counts of label `-` replaced by 0.
    #[must_use]
    pub fn of_plus(&self) -> Self {
        let mut weights = self.weights.clone();
        let total: BigUint = weights[1].iter().map(|(_, w)| w).sum();
        weights[1] = if total.is_zero() {
            Vec::new()
        } else {
            vec![(0, total)]
        };
        CountLaw {
            weights,
            denominator: self.denominator.clone(),
        }
    }

    /// Counts and weights of label `+` (0) or `-` (1): `P(y, N_k = count) = weight / denominator`.
    pub fn weights(&self, label: usize) -> &[(u32, BigUint)] {
        &self.weights[label]
    }

    /// The common denominator.
    pub fn denominator(&self) -> &BigUint {
        &self.denominator
    }

    /// The largest count under a label; 0 if the label does not occur.
    pub fn largest(&self, label: usize) -> u32 {
        self.weights[label].last().map_or(0, |&(c, _)| c)
    }
}

/// The law of `y N_k`, one step of the walk `S_k`: distinct integers with positive weights over one
/// denominator.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StepLaw {
    weights: Vec<(i64, BigUint)>,
    denominator: BigUint,
}

impl StepLaw {
    /// The law of `y N` from that of `(y, N)`.
    pub fn signed(law: &CountLaw) -> Self {
        let mut all = BTreeMap::new();
        for (label, sign) in [1i64, -1].into_iter().enumerate() {
            for (count, weight) in law.weights(label) {
                *all.entry(sign * i64::from(*count))
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
        self.mean_of(|step| step)
    }

    /// The mean square of a step.
    pub fn mean_square(&self) -> Q {
        self.mean_of(|step| step * step)
    }

    fn mean_of(&self, value: impl Fn(i128) -> i128) -> Q {
        let terms = self.weights.iter().map(|(step, weight)| {
            let weight = BigInt::from(weight.clone());
            weight * value((*step).into())
        });
        Q::new(terms.sum(), self.denominator.clone().into())
    }
}
