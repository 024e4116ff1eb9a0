//! Rational upper bounds of `exp(-x)`, and the tail inequalities that need them.

use super::mantissa::Upper;
use crate::number::{Q, integer};
use num_bigint::BigUint;
use num_traits::{One, Signed, Zero};

/// `exp(-x)` is bounded by `exp(-MAX_EXPONENT)` for every larger x.
pub const MAX_EXPONENT: u32 = 16_384;

/// Bits of the mantissas.
const BITS: u64 = 192;

/// Most bits of a bound's denominator: enough for `exp(-MAX_EXPONENT)`.
const MAX_BITS: u64 = 24_000;

/// Bits after the binary point that are kept of x.
const ARGUMENT_BITS: u64 = 160;

/// A rational that is at least `exp(-x)`, for `x >= 0`; within a factor `1 + 2^-100` of it for x up
/// to [`MAX_EXPONENT`], and the bound of that exponent beyond. For `x <= 0` it is 1.
///
/// With `y = x / 2^s <= 1/2`, the Taylor sum of `exp(y)`, rounded down at each term, lies below it;
/// its reciprocal is rounded up and squared s times, rounded up each time.
///
/// # Cost
/// About 50 products of 192-bit numbers.
///
/// # Example
/// ```
/// use filtercert::number::{decimal, ratio};
/// use filtercert::probability::exp_neg_ru;
/// assert_eq!(decimal(&exp_neg_ru(&ratio(1, 1)), 10), "0.3678794412");
/// ```
pub fn exp_neg_ru(x: &Q) -> Q {
    if !x.is_positive() {
        return Q::one();
    }
    let cap = integer(MAX_EXPONENT);
    let x = if *x > cap { &cap } else { x };
    // Rounded down: exp(-x) can only grow.
    let argument = (x.numer() << ARGUMENT_BITS) / x.denom();
    let argument = argument.magnitude();
    let squarings = (argument.bits() + 1).saturating_sub(ARGUMENT_BITS);
    // y = argument / 2^(ARGUMENT_BITS + squarings) < 1/2, in units of 2^-BITS, rounded down.
    let y = (argument << (BITS - ARGUMENT_BITS)) >> squarings;
    let one = BigUint::one() << BITS;
    let mut sum = one.clone();
    let mut term = one;
    let mut i = 1u32;
    while !term.is_zero() {
        term = ((term * &y) >> BITS) / i;
        sum += &term;
        i += 1;
    }
    // 1/sum >= exp(-y); the power 2^s of it is at least exp(-x).
    Upper::ratio(&(BigUint::one() << BITS), &sum)
        .power(1 << squarings)
        .to_q(MAX_BITS)
}

/// Hoeffding's upper bound of `P(Bin(n, p) < k)`: `exp(-2 (n p - k + 1)^2 / n)` where
/// `k - 1 <= n p`, else 1; 0 for k = 0.
///
/// `Bin < k` is `n p - Bin >= n p - (k - 1)`, and each of the n terms ranges over an interval of
/// length 1.
pub fn hoeffding_ru(n: u64, p: &Q, k: u64) -> Q {
    if k == 0 {
        return Q::zero();
    }
    let distance = integer(n) * p - integer(k - 1);
    if n == 0 || !distance.is_positive() {
        return Q::one();
    }
    exp_neg_ru(&(integer(2) * &distance * &distance / integer(n)))
}

/// The Azuma-Doob upper bound of `P(max_{s <= t} |S_s| > lambda)`, for a walk with independent steps
/// of mean 0 that are at most `bound` in absolute value: `2 exp(-(lambda + 1)^2 / (2 t bound^2))`,
/// at most 1; 0 if it cannot move.
///
/// S is an integer, so `|S| > lambda` is `|S| >= lambda + 1`; `exp(h S)` is a submartingale and
/// `E exp(h S_t) <= exp(t h^2 bound^2 / 2)`, so Doob's inequality with `h = (lambda + 1) / (t bound^2)`
/// bounds either side.
pub fn azuma_doob_ru(t: u64, bound: u64, lambda: u64) -> Q {
    if t == 0 || bound == 0 {
        return Q::zero();
    }
    let level = integer(lambda) + integer(1);
    let bound = integer(bound);
    let exponent = &level * &level / (integer(2) * integer(t) * &bound * &bound);
    // A probability is at most 1.
    (integer(2) * exp_neg_ru(&exponent)).min(Q::one())
}
