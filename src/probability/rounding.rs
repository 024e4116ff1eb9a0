//! Rationals rounded in a stated direction to few binary digits.

use crate::number::{Q, dyadic};
use num_bigint::BigInt;
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

/// [`round_rd`] of `a / b` for positive b, without reducing the quotient.
///
/// # Cost
/// One division.
pub fn quotient_rd(a: &Q, b: &Q, bits: u32) -> Q {
    round_quotient(a, b, bits, false)
}

/// [`round_ru`] of `a / b` for positive b, without reducing the quotient.
///
/// # Cost
/// One division.
pub fn quotient_ru(a: &Q, b: &Q, bits: u32) -> Q {
    round_quotient(a, b, bits, true)
}

fn round_quotient(a: &Q, b: &Q, bits: u32, up: bool) -> Q {
    let (numerator, denominator) = (a.numer() * b.denom(), a.denom() * b.numer());
    round_fraction(&numerator, &denominator, bits, up)
}

fn round(q: &Q, bits: u32, up: bool) -> Q {
    round_fraction(q.numer(), q.denom(), bits, up)
}

/// The denominator is positive; the fraction need not be reduced.
fn round_fraction(numerator: &BigInt, denominator: &BigInt, bits: u32, up: bool) -> Q {
    if numerator.is_zero() {
        return Q::zero();
    }
    // 2^(magnitude - 1) < |q| < 2^(magnitude + 1)
    let magnitude = numerator.bits() as i64 - denominator.bits() as i64;
    let shift = i64::from(bits) - magnitude;
    let (quotient, rest) = if shift >= 0 {
        (numerator << shift as u64).div_mod_floor(denominator)
    } else {
        numerator.div_mod_floor(&(denominator << shift.unsigned_abs()))
    };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::ratio;
    use num_traits::{One, Signed};
    use proptest::prelude::*;

    proptest! {
        /// Both ends enclose the quotient, and no wider than so many bits say.
        #[test]
        fn quotients_are_rounded_to_their_side(
            a in -1_000_000i64..1_000_000, b in 1i64..1_000, c in 1i64..1_000_000, d in 1i64..1_000, bits in 1u32..80,
        ) {
            let (a, b) = (ratio(a, b), ratio(c, d));
            let (low, high) = (quotient_rd(&a, &b, bits), quotient_ru(&a, &b, bits));
            let exact = &a / &b;
            prop_assert!(low <= exact && exact <= high);
            prop_assert!(high.clone() - &low <= exact.abs() * ratio(4, 1) / (Q::one() + Q::one()).pow(bits as i32));
        }
    }
}
