//! Rationals rounded in a stated direction to few binary digits.

use crate::number::{Q, dyadic};
use num_integer::Integer;
use num_traits::Zero;

/// The largest multiple of a power of 2 that is at most `q` and has about `bits` significant bits.
///
/// # Cost
/// One division of numbers as long as `q`.
///
/// # Example
/// ```
/// use filtercert::number::ratio;
/// use filtercert::probability::{round_rd, round_ru};
/// assert!(round_rd(&ratio(1, 3), 8) < ratio(1, 3));
/// assert!(round_ru(&ratio(1, 3), 8) > ratio(1, 3));
/// assert_eq!(round_ru(&ratio(3, 4), 8), ratio(3, 4));
/// ```
pub fn round_rd(q: &Q, bits: u32) -> Q {
    round(q, bits, false)
}

/// The least multiple of a power of 2 that is at least `q` and has about `bits` significant bits.
///
/// # Cost
/// One division of numbers as long as `q`.
pub fn round_ru(q: &Q, bits: u32) -> Q {
    round(q, bits, true)
}

fn round(q: &Q, bits: u32, up: bool) -> Q {
    if q.is_zero() {
        return Q::zero();
    }
    // 2^(magnitude - 1) < |q| < 2^(magnitude + 1)
    let magnitude = q.numer().bits() as i64 - q.denom().bits() as i64;
    let shift = i64::from(bits) - magnitude;
    let (numerator, denominator) = if shift >= 0 {
        (q.numer() << shift as u64, q.denom().clone())
    } else {
        (q.numer().clone(), q.denom() << shift.unsigned_abs())
    };
    let (quotient, rest) = numerator.div_mod_floor(&denominator);
    let mantissa = if up && !rest.is_zero() {
        quotient + 1
    } else {
        quotient
    };
    if shift >= 0 {
        dyadic(mantissa, shift as u64)
    } else {
        Q::from_integer(mantissa << shift.unsigned_abs())
    }
}
