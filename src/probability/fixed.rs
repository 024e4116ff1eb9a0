//! Laws of integers in fixed point, with an error that is known.

use num_bigint::{BigInt, BigUint};
use num_traits::{ToPrimitive, Zero};

use crate::number::Q;

/// Masses are counted in units of `2^-UNIT_BITS`.
pub(crate) const UNIT_BITS: u32 = 120;

/// The mass 1.
pub(crate) const ONE: u128 = 1 << UNIT_BITS;

/// Largest range of values of a law that is written out.
const MAX_RANGE: usize = 1 << 22;

/// Entries at either end with at most this many units are cut off.
const NEGLIGIBLE: u128 = 1 << 20;

/// `a b` in units, rounded down, for a, b of at most about 1.
pub(crate) fn mul_rd(a: u128, b: u128) -> u128 {
    const LOW: u128 = u64::MAX as u128;
    // The product, in units, then fits.
    debug_assert!(a < ONE << 2 && b < ONE << 2);
    let (a1, a0, b1, b0) = (a >> 64, a & LOW, b >> 64, b & LOW);
    let (low, left, right) = (a0 * b0, a1 * b0, a0 * b1);
    let middle = (low >> 64) + (left & LOW) + (right & LOW);
    let high = a1 * b1 + (left >> 64) + (right >> 64) + (middle >> 64);
    let low = (middle << 64) | (low & LOW);
    (high << (128 - UNIT_BITS)) | (low >> UNIT_BITS)
}

/// `numerator / denominator` (at most 1) in units, rounded down.
pub(crate) fn share_rd(numerator: &BigUint, denominator: &BigUint) -> u128 {
    ((numerator << UNIT_BITS) / denominator)
        .to_u128()
        .unwrap_or(ONE)
}

/// So many units as a rational.
pub(crate) fn units(n: u128) -> Q {
    Q::new(BigInt::from(n), BigInt::from(ONE))
}

/// A law on integers in fixed point: it has a part W with `lo[i] <= W(first + i) <= lo[i] + slack`
/// and `W = 0` elsewhere, and the rest of the law has mass at most `outside`.
#[derive(Debug, Clone)]
pub(crate) struct FixedLaw {
    /// Value of the first entry.
    pub first: i64,
    /// Lower bounds of the masses, in units.
    pub lo: Vec<u128>,
    /// What an entry may be larger by, in units.
    pub slack: u128,
    /// Bound of the mass that is not in the entries, in units.
    pub outside: u128,
}

impl FixedLaw {
    /// All mass at 0.
    pub fn at_zero() -> Self {
        FixedLaw {
            first: 0,
            lo: vec![ONE],
            slack: 0,
            outside: 0,
        }
    }

    /// The law `weight / denominator` of values in ascending order; `None` if their range is too wide.
    pub fn from_weights(weights: &[(i64, BigUint)], denominator: &BigUint) -> Option<Self> {
        let first = weights.first()?.0;
        let range = usize::try_from(weights.last()?.0.checked_sub(first)?).ok()?;
        if range >= MAX_RANGE {
            return None;
        }
        let mut lo = vec![0; range + 1];
        for (value, weight) in weights {
            lo[(value - first) as usize] = share_rd(weight, denominator);
        }
        let exact = (denominator & (denominator - 1u32)).is_zero()
            && denominator.bits() <= u64::from(UNIT_BITS);
        Some(FixedLaw {
            first,
            lo,
            slack: u128::from(!exact),
            outside: 0,
        })
    }

    /// Number of products of a convolution.
    pub fn products(&self, other: &FixedLaw) -> u64 {
        self.lo.len() as u64 * other.lo.len() as u64
    }

    /// The law of the sum of independent draws.
    ///
    /// With A in [a, a + s] and B in [b, b + s'], both of mass at most 1,
    /// `A*B - a*b = (A - a)*B + a*(B - b)` is between 0 and s + s'; each of the products that are
    /// added up may lose one unit more. No entry is off, and no mass outside, by more than 1.
    ///
    /// # Range
    /// The sums of values must fit an `i64`.
    pub fn convolve(&self, other: &FixedLaw) -> FixedLaw {
        let (long, short) = if self.lo.len() >= other.lo.len() {
            (self, other)
        } else {
            (other, self)
        };
        let mut lo = vec![0u128; long.lo.len() + short.lo.len() - 1];
        let mut terms = 0;
        for (i, &b) in short.lo.iter().enumerate() {
            if b == 0 {
                continue;
            }
            terms += 1;
            for (slot, &a) in lo[i..].iter_mut().zip(&long.lo) {
                *slot += mul_rd(a, b);
            }
        }
        FixedLaw {
            first: self.first + other.first,
            lo,
            slack: (self.slack + other.slack + terms).min(ONE),
            outside: (self.outside + other.outside).min(ONE),
        }
        .trimmed()
    }

    /// The same with negligible entries at both ends counted as outside.
    fn trimmed(mut self) -> Self {
        let limit = NEGLIGIBLE.max(self.slack);
        let from = self
            .lo
            .iter()
            .position(|&x| x > limit)
            .unwrap_or(self.lo.len() - 1);
        let to = self.lo.iter().rposition(|&x| x > limit).unwrap_or(from) + 1;
        let cut = self.lo[..from].iter().chain(&self.lo[to..]);
        let cut = cut.fold(self.outside, |sum, &x| sum.saturating_add(x + self.slack));
        self.outside = cut.min(ONE);
        self.lo.truncate(to);
        self.lo.drain(..from);
        self.first += from as i64;
        self
    }

    /// The law of the sum of `n` independent draws, by repeated squaring; `None` where more than
    /// `max_products` products would be needed, or a sum might not fit an `i64`.
    pub fn power(&self, n: u64, max_products: u64) -> Option<FixedLaw> {
        let last = self.first.checked_add(i64::try_from(self.lo.len()).ok()?)?;
        let farthest = self.first.unsigned_abs().max(last.unsigned_abs());
        i64::try_from(n.checked_mul(farthest)?).ok()?;
        let mut result = FixedLaw::at_zero();
        let mut spent = 0u64;
        for bit in (0..u64::BITS - n.leading_zeros()).rev() {
            spent = spent.saturating_add(result.products(&result));
            if spent > max_products {
                return None;
            }
            result = result.convolve(&result);
            if n >> bit & 1 == 1 {
                spent = spent.saturating_add(result.products(self));
                if spent > max_products {
                    return None;
                }
                result = result.convolve(self);
            }
        }
        Some(result)
    }

    /// `P(X >= h)` in units: lower and upper bound.
    pub fn at_least(&self, h: i64) -> (u128, u128) {
        let from = h.saturating_sub(self.first).clamp(0, self.lo.len() as i64) as usize;
        let sum: u128 = self.lo[from..].iter().sum();
        (sum, self.at_most_more(sum, self.lo.len() - from))
    }

    /// `P(X <= h)` in units: lower and upper bound.
    pub fn at_most(&self, h: i64) -> (u128, u128) {
        let end = h
            .saturating_sub(self.first)
            .saturating_add(1)
            .clamp(0, self.lo.len() as i64) as usize;
        let sum: u128 = self.lo[..end].iter().sum();
        (sum, self.at_most_more(sum, end))
    }

    /// The upper bound of a sum of so many entries and of what is outside.
    fn at_most_more(&self, sum: u128, entries: usize) -> u128 {
        sum.saturating_add(self.loss(entries)).min(ONE)
    }

    /// What so many entries and what is outside may add.
    pub fn loss(&self, entries: usize) -> u128 {
        let slack = self.slack.saturating_mul(entries as u128);
        slack.saturating_add(self.outside).min(ONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_that_do_not_fit_are_refused() {
        let always = |value: i64| {
            let one = BigUint::from(1u32);
            FixedLaw::from_weights(&[(value, one.clone())], &one).unwrap()
        };
        let sum = always(5).power(1 << 60, 1000).unwrap();
        assert_eq!((sum.first, sum.lo.as_slice()), (5 << 60, &[ONE][..]));
        assert!(always(5).power(1 << 62, 1000).is_none());
        assert!(always(-5).power(u64::MAX, 1000).is_none());
        assert_eq!(always(0).power(i64::MAX as u64, 1000).unwrap().first, 0);
    }

    /// What may be lost never wraps around to little.
    #[test]
    fn losses_stay_at_most_one() {
        let law = FixedLaw {
            first: 0,
            lo: vec![ONE / 4; 4],
            slack: ONE,
            outside: ONE,
        };
        let sum = law.convolve(&law).convolve(&law);
        assert_eq!((sum.slack, sum.outside), (ONE, ONE));
        assert_eq!(sum.at_least(0).1, ONE);
        assert_eq!(sum.at_most(100).1, ONE);
    }
}
