//! What one sample does to the walk of a background pattern.

use crate::number::{Q, common_denominator, integer};
use crate::problem::{Distribution, Label, Problem};
use num_bigint::{BigInt, BigUint};
use num_integer::Integer;
use num_traits::{One, Zero};
use std::collections::BTreeMap;

/// Most background patches of an image of the generative form whose count law is written out.
pub const MAX_COUNT: u32 = 1_024;

/// The law of `(y, N_k)`, label and count of one background pattern, of one sample.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CountLaw {
    weights: [Vec<(u32, BigUint)>; 2],
    denominator: BigUint,
}

impl CountLaw {
    /// The law of the background pattern with index `k` in `0..K`; `None` for the generative form
    /// with more than [`MAX_COUNT`] background patches.
    ///
    /// # Cost
    /// One term a count (generative), one addition an atom (explicit).
    pub fn of(problem: &Problem, k: usize) -> Option<Self> {
        let law = match &problem.distribution() {
            Distribution::Generative(g) => {
                let draws = g.background_patches();
                if draws > MAX_COUNT {
                    return None;
                }
                let prior_unit = common_denominator(g.prior());
                let q = Label::BOTH.map(|y| &g.background(y)[k]);
                let unit = common_denominator(q);
                let whole =
                    |x: &Q, unit: &BigInt| (x.numer() * (unit / x.denom())).magnitude().clone();
                let weights = Label::BOTH.map(|y| {
                    let prior = whole(&g.prior()[y.index()], &prior_unit);
                    let a = whole(q[y.index()], &unit);
                    let b = unit.magnitude() - &a;
                    let mut coefficient = BigUint::one();
                    let mut list = Vec::new();
                    for c in 0..=draws {
                        if c > 0 {
                            coefficient = coefficient * (draws - c + 1) / c;
                        }
                        let weight = &prior * &coefficient * a.pow(c) * b.pow(draws - c);
                        if !weight.is_zero() {
                            list.push((c, weight));
                        }
                    }
                    list
                });
                CountLaw {
                    weights,
                    denominator: prior_unit.magnitude() * unit.magnitude().pow(draws),
                }
            }
            Distribution::Explicit(table) => {
                let unit = common_denominator(table.atoms().iter().map(|a| &a.probability));
                let mut lists = [BTreeMap::new(), BTreeMap::new()];
                for atom in table.atoms() {
                    let weight = atom.probability.numer() * (&unit / atom.probability.denom());
                    *lists[atom.label.index()]
                        .entry(atom.counts[k + 2])
                        .or_insert_with(BigUint::zero) += weight.magnitude();
                }
                CountLaw {
                    weights: lists.map(|list| list.into_iter().collect()),
                    denominator: unit.magnitude().clone(),
                }
            }
        };
        Some(law.reduced())
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

    fn reduced(mut self) -> Self {
        let divisor = self
            .weights
            .iter()
            .flatten()
            .fold(self.denominator.clone(), |all, (_, w)| all.gcd(w));
        for (_, weight) in self.weights.iter_mut().flatten() {
            *weight /= &divisor;
        }
        self.denominator /= &divisor;
        self
    }

    /// Counts and weights of a label: `P(y, N_k = count) = weight / denominator`.
    pub fn weights(&self, label: Label) -> &[(u32, BigUint)] {
        &self.weights[label.index()]
    }

    /// The common denominator.
    pub fn denominator(&self) -> &BigUint {
        &self.denominator
    }

    /// The largest count under a label; 0 if the label does not occur.
    pub fn largest(&self, label: Label) -> u32 {
        self.weights[label.index()].last().map_or(0, |&(c, _)| c)
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
    /// The step law of the background pattern with index `k` in `0..K`; `None` for the generative
    /// form with more than [`MAX_COUNT`] background patches.
    pub fn of(problem: &Problem, k: usize) -> Option<Self> {
        Some(Self::signed(&CountLaw::of(problem, k)?))
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
