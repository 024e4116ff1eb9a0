//! The law of `min(|J_+|, |J_-|)`, the number of winners of the label that has fewer.

use super::super::fresh::Heads;
use crate::number::Q;
use num_bigint::BigInt;
use num_traits::{One, Zero};

/// Filters beyond which the law of so many stands in for that of more.
const MAX_FILTERS: u64 = 2_048;

/// Winners up to which the law is found one by one.
const MAX_WINNERS: u64 = 512;

/// `P(min(|J_+|, |J_-|) < j)` for j = 1, 2, ..., never empty; and are these the probabilities themselves?
///
/// Each filter wins its head's label with probability 1/2, independently of all others. Beyond 2,048
/// filters (of a sign, if heads are fixed) these are upper bounds: with more filters there are no
/// fewer winners, so the law of 2,048 filters is taken.
pub(super) fn fewer_winners(heads: Heads) -> (Vec<Q>, bool) {
    match heads {
        Heads::Fair { n } => (fair(n.min(MAX_FILTERS)), n <= MAX_FILTERS),
        Heads::Fixed { plus, minus } => (
            fixed([plus, minus].map(|n| n.min(MAX_FILTERS))),
            plus.max(minus) <= MAX_FILTERS,
        ),
    }
}

/// Heads with fair signs: of `4^n` equally likely cases (head, key of the head's label; half of them
/// win), `C(n,a) C(n-a,b) 2^(n-a-b)` have a winners of + and b of -.
///
/// The minimum is j if a = j <= b or b = j <= a; so of the cases with a = j and b >= j, counted twice,
/// those with a = b = j are counted once too often.
fn fair(n: u64) -> Vec<Q> {
    let all = BigInt::one() << (2 * n);
    let mut below = BigInt::zero();
    let mut fewer = Vec::new();
    // C(n, j)
    let mut choices = BigInt::one();
    for j in 0..=(n / 2).min(MAX_WINNERS) {
        let rest = n - j;
        // C(rest, b) 2^(rest - b), from b = 0 to j.
        let mut term = BigInt::one() << rest;
        let mut under = BigInt::zero();
        for b in 0..j {
            under += &term;
            term = term * (rest - b) / (2 * (b + 1));
        }
        let at_least = num_traits::pow(BigInt::from(3), rest as usize) - under;
        below += &choices * (at_least * 2 - term);
        fewer.push(Q::new(below.clone(), all.clone()));
        choices = choices * (n - j) / (j + 1);
    }
    fewer
}

/// Fixed heads: `|J_y|` has the law Bin(n_y, 1/2), independently for the two labels.
fn fixed(n: [u64; 2]) -> Vec<Q> {
    let most = n[0].min(n[1]).min(MAX_WINNERS);
    let below: [Vec<BigInt>; 2] = n.map(|n| {
        let mut choices = BigInt::one();
        let mut sum = BigInt::zero();
        (0..=most)
            .map(|j| {
                sum += &choices;
                choices = &choices * (n - j) / (j + 1);
                sum.clone()
            })
            .collect()
    });
    let all = n.map(|n| BigInt::one() << n);
    (0..=most as usize)
        .map(|j| {
            let some = (&all[0] - &below[0][j]) * (&all[1] - &below[1][j]);
            Q::one() - Q::new(some, &all[0] * &all[1])
        })
        .collect()
}
