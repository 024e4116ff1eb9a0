//! Laws of the counts of one pattern in one sample.

use crate::number::{Q, common_denominator};
use crate::probability::{CountLaw, StepLaw};
use crate::problem::{Distribution, Label, Problem};
use num_bigint::{BigInt, BigUint};
use num_traits::{One, Zero};
use std::collections::BTreeMap;

/// Most background patches of an image of the generative form whose count law is written out.
pub const MAX_COUNT: u32 = 1_024;

/// The law of `(y, N_k)` of the background pattern with index `k` in `0..K`; `None` for the generative form
/// with more than [`MAX_COUNT`] background patches.
///
/// # Cost
/// One term a count (generative), one addition an atom (explicit).
pub(super) fn count_law(problem: &Problem, k: usize) -> Option<CountLaw> {
    let (weights, denominator) = match problem.distribution() {
        Distribution::Generative(g) => {
            let draws = g.background_patches();
            if draws > MAX_COUNT {
                return None;
            }
            let prior_unit = common_denominator(g.prior());
            let q = Label::BOTH.map(|y| &g.background(y)[k]);
            let unit = common_denominator(q);
            let whole = |x: &Q, unit: &BigInt| (x.numer() * (unit / x.denom())).magnitude().clone();
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
            (
                weights,
                prior_unit.magnitude() * unit.magnitude().pow(draws),
            )
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
            (
                lists.map(|list| list.into_iter().collect()),
                unit.magnitude().clone(),
            )
        }
    };
    Some(CountLaw::new(weights, denominator))
}

/// The law of `y N_k`, one step of the walk of the background pattern with index `k`.
pub(super) fn step_law(problem: &Problem, k: usize) -> Option<StepLaw> {
    Some(StepLaw::signed(&count_law(problem, k)?))
}
