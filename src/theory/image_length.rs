//! How long a sum of the patterns of an image can be, with factors between s and 1 before them.

use super::prelude::*;
use crate::number::Scaled;
use crate::problem::{Distribution, SparseImage};
use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive, Zero};

/// Products of counts up to which the largest squared length is found by looking at all images.
const MAX_WORK: u64 = 4_000_000;

/// A bound of the squared length of a sum of the patterns of an image with factors in [s, 1] (0 is the slope of relu): the largest
/// `sum_pq N_p N_q (max(G_pq, 0) - s max(-G_pq, 0))`, for s in [0, 1].
///
/// It is a bound: with `x_p = N_p p` the squared length is convex in the factors, so largest where they are 1 on some
/// patterns and s on the others, C. Two patterns that are not both in C have their product in it with factor 1 or s, which
/// is at most its part of the bound. Over C, let P be the sum of the positive products and M that of the negative ones
/// without their sign: what there is exceeds its part by `s^2 (P - M) - (P - s M) = s (1 - s) M - (1 - s^2) P`, and
/// since `P - M = |sum of x_p over C|^2 >= 0`, that is at most `-(1 - s) M <= 0`.
///
/// Exact for s = 1, for one patch an image, and for an orthonormal dictionary. Where the images are too many to be
/// looked at: the key by itself, and all other patches as long as the longest pattern (of a table: all patches).
pub(super) fn largest_square(problem: &Problem, slope: &Q) -> Q {
    let (dictionary, distribution) = (problem.dictionary(), problem.distribution());
    let Some(gram) = dictionary.gram() else {
        return distribution.largest_sum(|_, _, n| integer(u64::from(n) * u64::from(n)));
    };
    let damped = |x: &Q| match x.is_negative() {
        true => x * slope,
        false => x.clone(),
    };
    let n = problem.n_patterns();
    let form = Scaled::new(gram.entries().iter().map(damped).collect::<Vec<_>>().iter());
    let over = |x: BigInt| Q::new(x, form.denominator.clone());
    let square = |image: &SparseImage| -> BigInt {
        let mut sum = BigInt::zero();
        for &(p, a) in &image.counts {
            for &(q, b) in &image.counts {
                sum += &form.numerators[p * n + q] * (u64::from(a) * u64::from(b));
            }
        }
        sum
    };
    let pairs = (n * n) as u64;
    let atoms = distribution.n_atoms().to_u64().unwrap_or(u64::MAX);
    if atoms.saturating_mul(pairs) <= MAX_WORK
        && let Ok(table) = distribution.atoms()
    {
        let images = table.atoms().iter().map(SparseImage::from);
        return over(images.map(|image| square(&image)).max().unwrap_or_default());
    }
    let entry = |p: usize, q: usize| over(form.numerators[p * n + q].clone());
    let Distribution::Generative(generative) = distribution else {
        let longest = (0..n).map(|p| entry(p, p)).max().unwrap_or_else(Q::zero);
        let most = integer(distribution.max_patches());
        return &most * &most * longest;
    };
    let (r, draws) = (
        integer(generative.key_patches()),
        integer(generative.background_patches()),
    );
    let of = |y: Label| {
        let key = y.index();
        let patterns = || generative.occurring(y).into_iter().map(|k| k + 2);
        let across = patterns().map(|p| entry(key, p)).max();
        let longest = patterns().map(|p| entry(p, p)).max();
        let [across, longest] = [across, longest].map(|x| x.unwrap_or_else(Q::zero));
        &r * &r * entry(key, key) + integer(2) * &r * &draws * across + &draws * &draws * longest
    };
    let labels = Label::BOTH.into_iter();
    let labels = labels.filter(|&y| !distribution.label_probability(y).is_zero());
    labels.map(of).max().unwrap_or_else(Q::zero)
}

/// Is [`largest_square`] of an image, and not a bound of it?
pub(super) fn is_of_an_image(problem: &Problem) -> bool {
    let pairs = (problem.n_patterns() * problem.n_patterns()) as u64;
    let images = problem.distribution().n_atoms().to_u64();
    let work = images.unwrap_or(u64::MAX).saturating_mul(pairs);
    problem.dictionary().is_orthonormal() || work <= MAX_WORK
}
