//! Machine floats: rounding from rationals, lifting back, and the operations a simulated step uses.
//!
//! The simulator's kernel is written once over the trait `Real`. On plain `f64` it is the simulator; on a
//! number that tracks its own error it is the replay, with the same operations
//! in the same order, so both have the same `f64` values bit for bit.

use crate::number::{Q, Scalar, dyadic};
use num_bigint::{BigInt, BigUint, Sign};
use num_integer::Integer;
use num_traits::{Signed, ToPrimitive, Zero};

/// The `f64` nearest to `q`, ties to even; infinite beyond the range.
///
/// # Cost
/// One division of integers of the size of the numerator and the denominator.
pub fn to_nearest(q: &Q) -> f64 {
    let magnitude = magnitude_to_nearest(q.numer().magnitude(), q.denom().magnitude());
    if q.is_negative() {
        -magnitude
    } else {
        magnitude
    }
}

fn magnitude_to_nearest(numerator: &BigUint, denominator: &BigUint) -> f64 {
    if numerator.is_zero() {
        return 0.0;
    }
    // The value lies in (2^(e - 1), 2^(e + 1)).
    let e = numerator.bits() as i64 - denominator.bits() as i64;
    if e > 1026 {
        return f64::INFINITY;
    }
    if e < -1080 {
        return 0.0;
    }
    let scaled = |low: i64| {
        let (n, d) = if low >= 0 {
            (numerator.clone(), denominator << low as u64)
        } else {
            (numerator << low.unsigned_abs(), denominator.clone())
        };
        let (quotient, remainder) = n.div_rem(&d);
        (quotient, remainder, d)
    };
    if e <= -1022 {
        // Possibly subnormal: round on the grid of 2^-1074, whose integers are the bit patterns.
        let (quotient, remainder, d) = scaled(-1074);
        let mut bits = quotient.to_u64().unwrap_or(0);
        let twice = remainder * 2u32;
        if twice > d || (twice == d && bits % 2 == 1) {
            bits += 1;
        }
        return f64::from_bits(bits);
    }
    // 62 to 64 bits with a sticky last bit: the conversion below rounds once and correctly.
    let low = e - 62;
    let (quotient, remainder, _) = scaled(low);
    let mut bits = quotient.to_u64().unwrap_or(u64::MAX);
    if !remainder.is_zero() {
        bits |= 1;
    }
    let half = low.div_euclid(2);
    bits as f64 * power_of_two(half) * power_of_two(low - half)
}

/// `2^e` for `-1022 <= e <= 1023`.
fn power_of_two(e: i64) -> f64 {
    f64::from_bits(((e + 1023).clamp(1, 2046) as u64) << 52)
}

impl ToPrimitive for Q {
    fn to_i64(&self) -> Option<i64> {
        self.to_integer().to_i64()
    }

    fn to_u64(&self) -> Option<u64> {
        self.to_integer().to_u64()
    }

    fn to_i128(&self) -> Option<i128> {
        self.to_integer().to_i128()
    }

    fn to_u128(&self) -> Option<u128> {
        self.to_integer().to_u128()
    }

    /// As [`to_nearest`].
    fn to_f64(&self) -> Option<f64> {
        Some(to_nearest(self))
    }
}

/// The rational that a float is, exactly; `None` if it is not finite.
pub fn lift(x: f64) -> Option<Q> {
    if !x.is_finite() {
        return None;
    }
    let (mantissa, exponent) = decompose(x);
    let sign = if x < 0.0 { Sign::Minus } else { Sign::Plus };
    let integer = BigInt::from_biguint(sign, BigUint::from(mantissa));
    Some(if exponent >= 0 {
        Q::from_integer(integer << exponent as u64)
    } else {
        dyadic(integer, exponent.unsigned_abs())
    })
}

/// `|x| = mantissa * 2^exponent` for a finite x.
pub(crate) fn decompose(x: f64) -> (u64, i64) {
    let bits = x.to_bits();
    let field = (bits >> 52 & 0x7ff) as i64;
    let fraction = bits & ((1 << 52) - 1);
    if field == 0 {
        (fraction, -1074)
    } else {
        (fraction | 1 << 52, field - 1075)
    }
}

impl Scalar for f64 {
    fn from_rational(q: &Q) -> Self {
        to_nearest(q)
    }

    fn from_integer(n: i64) -> Self {
        n as f64
    }
}

/// A number that a simulated step can run on.
///
/// Decisions go through [`Real::if_positive`] and [`Real::if_below`], so that a number that knows
/// its own error can say whether it could decide.
pub(crate) trait Real: Copy {
    /// Where undecided decisions are noted.
    type Log: Default + Clone;
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;
    /// The rounded value of a constant.
    fn constant(q: &Q) -> Self;
    /// A float, taken as exact.
    fn exact(x: f64) -> Self;
    /// The computed value.
    fn value(self) -> f64;
    /// A count of patches (below 2^53, hence exact).
    fn count(n: u32) -> Self;
    /// `self + other`, rounded.
    fn plus(self, other: Self) -> Self;
    /// `self * other`, rounded.
    fn times(self, other: Self) -> Self;
    /// `-self`.
    fn negated(self) -> Self;
    /// `max(self, 0)`.
    fn relu(self) -> Self;
    /// Is the computed value larger than that of `other`?
    fn exceeds(self, other: Self) -> bool;
    /// The larger of two numbers, `self` on a tie.
    fn larger(self, other: Self) -> Self;
    /// Is this certainly 0?
    fn is_certain_zero(self) -> bool;
    /// Is it greater than 0? A decision.
    fn is_positive(self, log: &mut Self::Log) -> bool;
    /// `then` if `self > 0`, else `otherwise`; continuous where the two agree at 0, so that nothing
    /// is noted if it is undecided.
    fn blend_positive(self, then: Self, otherwise: Self) -> Self;
    /// `then` if `self > 0`, else `otherwise`.
    fn if_positive(self, then: Self, otherwise: Self, log: &mut Self::Log) -> Self;
    /// `then` if `self < bound`, else `otherwise`.
    fn if_below(self, bound: Self, then: Self, otherwise: Self, log: &mut Self::Log) -> Self;
    /// Under max pooling: might the candidate with this activated value be the argmax, or tie with
    /// it, although another one (`best`) was chosen?
    fn may_rival(self, best: Self) -> bool;
    /// Under max pooling: the part of the gradient that a candidate gets, 1 for the chosen one and 0
    /// for the others, times `slope`. `doubtful` says whether it might have to be the other way round.
    fn share(slope: Self, chosen: bool, doubtful: bool, log: &mut Self::Log) -> Self;
}

impl Real for f64 {
    type Log = ();
    const ZERO: f64 = 0.0;
    const ONE: f64 = 1.0;

    fn constant(q: &Q) -> f64 {
        to_nearest(q)
    }

    #[inline(always)]
    fn exact(x: f64) -> f64 {
        x
    }

    #[inline(always)]
    fn value(self) -> f64 {
        self
    }

    #[inline(always)]
    fn count(n: u32) -> f64 {
        f64::from(n)
    }

    #[inline(always)]
    fn plus(self, other: f64) -> f64 {
        self + other
    }

    #[inline(always)]
    fn times(self, other: f64) -> f64 {
        self * other
    }

    #[inline(always)]
    fn negated(self) -> f64 {
        -self
    }

    #[inline(always)]
    fn relu(self) -> f64 {
        if self > 0.0 { self } else { 0.0 }
    }

    #[inline(always)]
    fn exceeds(self, other: f64) -> bool {
        self > other
    }

    #[inline(always)]
    fn larger(self, other: f64) -> f64 {
        if other > self { other } else { self }
    }

    #[inline(always)]
    fn is_certain_zero(self) -> bool {
        self == 0.0
    }

    #[inline(always)]
    fn is_positive(self, (): &mut ()) -> bool {
        self > 0.0
    }

    #[inline(always)]
    fn blend_positive(self, then: f64, otherwise: f64) -> f64 {
        if self > 0.0 { then } else { otherwise }
    }

    #[inline(always)]
    fn if_positive(self, then: f64, otherwise: f64, (): &mut ()) -> f64 {
        if self > 0.0 { then } else { otherwise }
    }

    #[inline(always)]
    fn if_below(self, bound: f64, then: f64, otherwise: f64, (): &mut ()) -> f64 {
        if self < bound { then } else { otherwise }
    }

    #[inline(always)]
    fn may_rival(self, _best: f64) -> bool {
        false
    }

    #[inline(always)]
    fn share(slope: f64, chosen: bool, _doubtful: bool, (): &mut ()) -> f64 {
        if chosen { slope } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{integer, parse_rational, ratio};

    /// The decimal reader of the standard library rounds correctly: an independent oracle.
    #[test]
    fn rounding_agrees_with_the_standard_library() {
        for text in [
            "0",
            "1",
            "-0.1",
            "0.3333333333333333333333",
            "1e-3",
            "1e22",
            "1e23",
            "-1e300",
            "1.7976931348623157e308",
            "1.7976931348623159e308",
            "1e400",
            "5e-324",
            "2.4e-324",
            "2.5e-324",
            "2.2250738585072014e-308",
            "2.2250738585072011e-308",
            "1e-320",
            "9007199254740993",
            "9007199254740991.5",
            "0.1e-320",
            "1e-400",
        ] {
            let expected: f64 = text.parse().unwrap();
            let found = to_nearest(&parse_rational(text).unwrap());
            assert_eq!(found.to_bits() << 1, expected.to_bits() << 1, "{text}");
            assert!(found == expected);
        }
        assert_eq!(to_nearest(&ratio(1, 3)), 1.0 / 3.0);
        assert_eq!(to_nearest(&ratio(-2, 7)), -2.0 / 7.0);
    }

    #[test]
    fn lifting_is_exact_and_inverse_to_rounding() {
        for x in [
            0.0,
            1.5,
            -0.1,
            5e-324,
            1e-310,
            f64::MAX,
            f64::MIN_POSITIVE,
            1e16 + 2.0,
        ] {
            assert_eq!(to_nearest(&lift(x).unwrap()), x);
        }
        assert_eq!(lift(0.75), Some(ratio(3, 4)));
        assert_eq!(
            lift(-1e22),
            Some(-integer(10u64.pow(11)) * integer(10u64.pow(11)))
        );
        assert_eq!(lift(f64::NAN), None);
        assert_eq!(lift(f64::NEG_INFINITY), None);
    }
}
