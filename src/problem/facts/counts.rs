//! The law of the count of one pattern.

use super::super::{Distribution, Label};
use crate::number::{Q, Scaled, common_denominator, numerator_over};
use num_bigint::{BigInt, BigUint};
use num_traits::Zero;
use std::collections::BTreeMap;

/// The law of `(y, N_p)`, label and count of one pattern, of one image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountWeights {
    /// For each label the counts, ascending, with positive weights: `P(y, N_p = count)` is the weight
    /// over the denominator.
    pub weights: [Vec<(u32, BigUint)>; 2],
    /// The common denominator, not reduced.
    pub denominator: BigUint,
}

impl Distribution {
    /// Background patches that are drawn one by one, m - r; 0 for a table.
    pub fn drawn_patches(&self) -> u32 {
        match self {
            Distribution::Generative(g) => g.background_patches(),
            Distribution::Explicit(_) => 0,
        }
    }

    /// The law of the count of pattern p in `0..P`.
    ///
    /// # Cost
    /// One term for each of the [`Distribution::drawn_patches`] counts, each of some powers; one addition
    /// an atom of a table.
    pub fn count_weights(&self, p: usize) -> CountWeights {
        match self {
            Distribution::Generative(g) => {
                let draws = g.background_patches();
                let prior = Scaled::new(g.prior());
                let priors = Label::BOTH.map(|y| prior.numerators[y.index()].magnitude());
                match p.checked_sub(2) {
                    None => CountWeights {
                        weights: Label::BOTH.map(|y| {
                            let count = if p == y.index() { g.key_patches() } else { 0 };
                            let weight = priors[y.index()].clone();
                            let some = !weight.is_zero();
                            Vec::from_iter(some.then_some((count, weight)))
                        }),
                        denominator: prior.denominator.magnitude().clone(),
                    },
                    Some(k) => {
                        let q = Label::BOTH.map(|y| &g.background(y)[k]);
                        let unit = common_denominator(q);
                        let list =
                            |y: Label| binomial(priors[y.index()], q[y.index()], &unit, draws);
                        CountWeights {
                            weights: Label::BOTH.map(list),
                            denominator: (&prior.denominator * unit.pow(draws)).magnitude().clone(),
                        }
                    }
                }
            }
            Distribution::Explicit(table) => {
                let scaled = table.weights();
                let mut lists = [BTreeMap::new(), BTreeMap::new()];
                for (atom, weight) in table.atoms().iter().zip(&scaled.numerators) {
                    *lists[atom.label.index()]
                        .entry(atom.counts[p])
                        .or_insert_with(BigUint::zero) += weight.magnitude();
                }
                CountWeights {
                    weights: lists.map(|list| list.into_iter().collect()),
                    denominator: scaled.denominator.magnitude().clone(),
                }
            }
        }
    }
}

/// `start C(draws, c) q^c (1 - q)^(draws - c)` times `unit^draws`, for each c where it is positive.
fn binomial(start: &BigUint, q: &Q, unit: &BigInt, draws: u32) -> Vec<(u32, BigUint)> {
    let a = numerator_over(q, unit).magnitude().clone();
    let b = unit.magnitude() - &a;
    let mut coefficient = start.clone();
    let mut list = Vec::new();
    for c in 0..=draws {
        if c > 0 {
            coefficient = coefficient * (draws - c + 1) / c;
        }
        let weight = &coefficient * a.pow(c) * b.pow(draws - c);
        if !weight.is_zero() {
            list.push((c, weight));
        }
    }
    list
}
