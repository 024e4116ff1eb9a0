//! Positive numbers with a short mantissa and a binary exponent, every operation rounded up.

use crate::number::{Q, dyadic};
use num_bigint::{BigInt, BigUint};
use num_integer::Integer;
use num_traits::One;

/// Bits of a mantissa.
const BITS: u64 = 192;

/// `mantissa * 2^exponent`, an upper bound of the number it stands for.
#[derive(Debug, Clone)]
pub(super) struct Upper {
    mantissa: BigUint,
    /// A power of up to 2^64 of a number between 2^-2^32 and 2^2^32 has one below 2^97.
    exponent: i128,
}

impl Upper {
    /// `numerator / denominator`, rounded up.
    pub fn ratio(numerator: &BigUint, denominator: &BigUint) -> Self {
        let shift = (BITS + denominator.bits()).saturating_sub(numerator.bits());
        Upper {
            mantissa: (numerator << shift).div_ceil(denominator),
            exponent: -i128::from(shift),
        }
        .rounded()
    }

    fn rounded(mut self) -> Self {
        let extra = self.mantissa.bits().saturating_sub(BITS);
        if extra > 0 {
            self.mantissa = self.mantissa.div_ceil(&(BigUint::one() << extra));
            self.exponent += i128::from(extra);
        }
        self
    }

    /// The product.
    pub fn times(&self, other: &Upper) -> Self {
        Upper {
            mantissa: &self.mantissa * &other.mantissa,
            exponent: self.exponent + other.exponent,
        }
        .rounded()
    }

    /// The sum.
    pub fn plus(&self, other: &Upper) -> Self {
        let (high, low) = if self.exponent >= other.exponent {
            (self, other)
        } else {
            (other, self)
        };
        let gap = (high.exponent - low.exponent).unsigned_abs();
        // Far apart, one unit of the larger covers the smaller.
        if gap > u128::from(2 * BITS + low.mantissa.bits()) {
            return Upper {
                mantissa: (&high.mantissa << BITS) + 1u32,
                exponent: high.exponent - i128::from(BITS),
            }
            .rounded();
        }
        Upper {
            mantissa: (&high.mantissa << gap) + &low.mantissa,
            exponent: low.exponent,
        }
        .rounded()
    }

    /// The n-th power, by repeated squaring; the relative error is about `n 2^-190`.
    pub fn power(&self, n: u64) -> Self {
        let mut result = Upper {
            mantissa: BigUint::one(),
            exponent: 0,
        };
        for bit in (0..u64::BITS - n.leading_zeros()).rev() {
            result = result.times(&result);
            if n >> bit & 1 == 1 {
                result = result.times(self);
            }
        }
        result
    }

    /// Is it less than the other?
    pub fn less_than(&self, other: &Upper) -> bool {
        let size = |x: &Upper| i128::from(x.mantissa.bits()) + x.exponent;
        let low = self.exponent.min(other.exponent);
        let aligned = |x: &Upper| &x.mantissa << (x.exponent - low).unsigned_abs();
        let sizes = size(self).cmp(&size(other));
        sizes
            .then_with(|| aligned(self).cmp(&aligned(other)))
            .is_lt()
    }

    /// A rational that is at least this, with at most `max_bits` bits in its denominator.
    pub fn to_q(&self, max_bits: u64) -> Q {
        if self.exponent >= 0 {
            return Q::from_integer(BigInt::from(&self.mantissa << self.exponent.unsigned_abs()));
        }
        let bits = self.exponent.unsigned_abs();
        let cut = bits.saturating_sub(max_bits.into());
        let mantissa = if cut > self.mantissa.bits().into() {
            BigUint::one()
        } else {
            self.mantissa.div_ceil(&(BigUint::one() << cut))
        };
        dyadic(mantissa.into(), (bits - cut) as u64)
    }
}
