//! The numbers of T14, and the largest M that its inequality admits.

use super::super::image_length::largest_square;
use super::super::mistake_bound::largest_root;
use super::super::prelude::*;
use crate::problem::separable::Separator;
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};

/// Patterns of an image of which all corners of the derivatives are looked at, at most.
const MAX_PATTERNS: usize = 16;

/// Products of rationals that these may take.
const MAX_CORNERS: u64 = 500_000;

/// Constants of T14.
#[derive(Debug, Clone)]
pub(super) struct Constants {
    /// A, the sum of the squares of the head.
    pub(super) squares: Q,
    /// F(0).
    pub(super) product: Q,
    /// `|W(0)|^2` of the filters that move.
    pub(super) start: Q,
    /// `eta A`.
    pub(super) growth: Q,
    /// `2 eta + eta^2 A rho^2`, or `eta^2 A rho^2` for the perceptron.
    pub(super) gain: Q,
    /// `2 eta`, or 0 for the perceptron.
    pub(super) margin_gain: Q,
    /// eta kappa; `None` where a near miss says nothing of it.
    pub(super) rate: Option<Q>,
}

impl Constants {
    /// For this separator, with `theta eta` for the margin of an update.
    pub(super) fn new(problem: &Problem, separator: &Separator, slope: &Q, theta: i64) -> Self {
        let network = problem.network();
        let eta = &problem.training().step;
        let squares: Q = network.head.iter().map(|a| a * a).sum();
        let rows = || network.head.iter().zip(network.weights.iter_rows());
        let inner = |row: &[Q]| -> Q {
            let pairs = row.iter().zip(&separator.coefficients);
            pairs.map(|(z, c)| z * c).sum()
        };
        let moving = rows().filter(|(a, _)| !a.is_zero());
        let square = largest_square(problem, slope);
        let kappa = largest_quotient(problem, separator, slope).unwrap_or_else(|| square.clone());
        let margin_gain = eta * integer(theta);
        Constants {
            product: rows().map(|(a, row)| a * inner(row)).sum(),
            start: moving
                .map(|(_, row)| problem.dictionary().norm_squared(row))
                .sum(),
            growth: eta * &squares,
            gain: &margin_gain + eta * eta * &squares * &square,
            rate: Some(eta * kappa.min(square)),
            margin_gain,
            squares,
        }
    }

    /// [`Constants::max_updates`] of T14s.
    pub(super) fn max_updates_sharp(&self, separator: &Separator, unit: &Q) -> BigInt {
        let rate = self.rate.iter();
        let gain = rate.map(|rate| &self.margin_gain + rate * &self.growth);
        self.largest(
            separator,
            unit,
            &gain.min().unwrap_or_else(|| self.gain.clone()),
        )
    }

    /// The largest M with `F(0) + eta A M <= 0` or `(F(0) + eta A M)^2 <= A |w*|^2 (|W(0)|^2 + M gain)`, M in units
    /// of this part of a step.
    ///
    /// The difference of both sides is convex in M, and at most 0 both at 0 and where `F(0) + eta A M = 0`: so the M
    /// that are admitted run from 0 to its larger root.
    pub(super) fn max_updates(&self, separator: &Separator, unit: &Q) -> BigInt {
        self.largest(separator, unit, &self.gain)
    }

    fn largest(&self, separator: &Separator, unit: &Q, gain: &Q) -> BigInt {
        let scale = &self.squares * &separator.norm_squared;
        let growth = &self.growth * unit;
        let linear = &scale * gain * unit - integer(2) * &self.product * &growth;
        let constant = &scale * &self.start - &self.product * &self.product;
        // At least 0 by Cauchy and Schwarz; a near miss may have it otherwise.
        let constant = constant.max(Q::zero());
        largest_root(&(&growth * &growth), &linear, &constant)
    }
}

/// kappa: the largest quotient of `|sum_p N_p theta_p p|^2` and `sum_p N_p theta_p y <w, p>` over images and theta in
/// [s, 1]; `None` where that is too much work.
///
/// The first is convex and the second linear and positive, both in theta and in the counts, so the quotient is largest at an
/// extreme image and where each theta is 1 or s.
///
/// # Cost
/// `2^k k^2` products for an image of k patterns.
fn largest_quotient(problem: &Problem, separator: &Separator, slope: &Q) -> Option<Q> {
    let dictionary = problem.dictionary();
    let mut work = 0u64;
    let mut largest = Q::zero();
    for image in problem.distribution().extreme_images() {
        let k = image.counts.len();
        work += (k as u64 * k as u64).checked_shl(u32::try_from(k).ok()?)?;
        if k > MAX_PATTERNS || work > MAX_CORNERS {
            return None;
        }
        let y = integer(image.label.sign());
        for corner in 0..1u32 << k {
            let parts: Vec<(usize, Q)> = image
                .counts
                .iter()
                .enumerate()
                .map(|(i, &(p, n))| match corner >> i & 1 {
                    1 => (p, integer(u64::from(n))),
                    _ => (p, slope * integer(u64::from(n))),
                })
                .collect();
            let square: Q = match dictionary.gram() {
                None => parts.iter().map(|(_, x)| x * x).sum(),
                Some(gram) => {
                    let row = |p: usize| parts.iter().map(move |(q, x)| &gram[(p, *q)] * x);
                    parts.iter().map(|(p, x)| x * row(*p).sum::<Q>()).sum()
                }
            };
            let product: Q = parts.iter().map(|(p, x)| x * &separator.products[*p]).sum();
            let product = product * &y;
            if !product.is_positive() {
                return None;
            }
            largest = largest.max(square / product);
        }
    }
    Some(largest)
}

/// Is the head not 0 altogether?
pub(super) fn moves(problem: &Problem) -> bool {
    problem.network().head.iter().any(|a| !a.is_zero())
}

/// A slope that stands for relu, which has none: near misses ask what it would promise.
pub(super) fn half() -> Q {
    Q::new(BigInt::one(), BigInt::from(2))
}
