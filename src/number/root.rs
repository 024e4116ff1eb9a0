//! Enclosures of square roots by rationals.

use super::Q;
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, Zero};

/// Bits after the binary point of a square root's enclosure, relative to its size.
const BITS: u64 = 64;

/// A rational that is at most `sqrt(q)`, and 0 for `q <= 0`; within a factor `1 - 2^-60` of it.
///
/// # Cost
/// One integer square root of about `bits(q) + 128` bits.
pub fn sqrt_rd(q: &Q) -> Q {
    root(q, false)
}

/// A rational that is at least `sqrt(q)`, and 0 for `q <= 0`; within a factor `1 + 2^-60` of it.
///
/// # Cost
/// One integer square root of about `bits(q) + 128` bits.
pub fn sqrt_ru(q: &Q) -> Q {
    root(q, true)
}

fn root(q: &Q, up: bool) -> Q {
    if !q.is_positive() {
        return Q::zero();
    }
    // sqrt(n/d) = sqrt(n d 4^k) / (d 2^k), with k so large that the integer root has BITS bits.
    let product = q.numer() * q.denom();
    let shift = (2 * BITS).saturating_sub(product.bits()) / 2 + 1;
    let radicand: BigInt = product << (2 * shift);
    let mut integer_root = radicand.sqrt();
    if up && &integer_root * &integer_root < radicand {
        integer_root += BigInt::one();
    }
    Q::new(integer_root, q.denom() << shift)
}

/// The least integer that is at least `q`.
pub fn ceil(q: &Q) -> BigInt {
    Integer::div_ceil(q.numer(), q.denom())
}

/// The least integer `t >= 0` with `t^2 >= q`.
pub fn ceil_sqrt(q: &Q) -> BigInt {
    if !q.is_positive() {
        return BigInt::zero();
    }
    let n = ceil(q);
    let root = n.sqrt();
    if &root * &root < n { root + 1 } else { root }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{integer, ratio};

    #[test]
    fn roots_enclose_and_squares_are_exact() {
        for q in [
            ratio(2, 1),
            ratio(1, 3),
            ratio(10_000_019, 7),
            ratio(1, 1_000_000_000_000_007),
            Q::new(BigInt::from(7).pow(201), BigInt::from(11).pow(120)),
        ] {
            let (lo, hi) = (sqrt_rd(&q), sqrt_ru(&q));
            assert!(&lo * &lo < q && q < &hi * &hi, "{q}");
            assert!((&hi - &lo) * integer(1u64 << 60) <= hi, "{q}");
        }
        assert_eq!(sqrt_rd(&ratio(9, 4)), ratio(3, 2));
        assert_eq!(sqrt_ru(&ratio(9, 4)), ratio(3, 2));
        assert_eq!(sqrt_ru(&ratio(-1, 4)), Q::zero());
    }
}
