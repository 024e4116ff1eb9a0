//! Laws of integers in fixed point, with an error that is known.

use super::step::StepLaw;
use crate::number::{Q, dyadic};
use num_bigint::BigUint;
use num_integer::Integer;
use num_traits::{NumAssignRef, ToPrimitive, Zero};

/// Masses are counted in units of `2^-UNIT_BITS`.
pub const UNIT_BITS: u32 = 120;

/// The mass 1.
pub const ONE: u128 = 1 << UNIT_BITS;

/// Largest range of values of a law that is written out.
const MAX_RANGE: usize = 1 << 22;

/// Entries at either end with at most this many units are cut off, unless a law says otherwise.
pub const NEGLIGIBLE: u128 = 1 << 20;

/// `a b` in units, rounded down, for a, b of at most about 1.
pub fn mul_rd(a: u128, b: u128) -> u128 {
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
pub fn share_rd(numerator: &BigUint, denominator: &BigUint) -> u128 {
    ((numerator << UNIT_BITS) / denominator)
        .to_u128()
        .unwrap_or(ONE)
}

/// So many units as a rational.
pub fn units(n: u128) -> Q {
    dyadic(n.into(), UNIT_BITS.into())
}

/// A probability in units, rounded up; 1 if it is larger.
pub fn units_ru(q: &Q) -> u128 {
    let scaled = (q.numer() << UNIT_BITS).div_ceil(q.denom());
    scaled.to_u128().unwrap_or(ONE).min(ONE)
}

/// Sums of the first 0, 1, 2, ... entries.
pub fn partial_sums<M: Clone + Zero + NumAssignRef>(entries: &[M]) -> Vec<M> {
    let mut sums = Vec::with_capacity(entries.len() + 1);
    let mut sum = M::zero();
    for mass in entries {
        sums.push(sum.clone());
        sum += mass;
    }
    sums.push(sum);
    sums
}

/// A law on integers in fixed point: it has a part W with `lo[i] <= W(first + i) <= lo[i] + slack`
/// and `W = 0` elsewhere, and the rest of the law has mass at most `outside`.
#[derive(Debug, Clone)]
pub struct FixedLaw {
    /// Value of the first entry.
    pub first: i64,
    /// Lower bounds of the masses, in units.
    pub lo: Vec<u128>,
    /// What an entry may be larger by, in units.
    pub slack: u128,
    /// Bound of the mass that is not in the entries, in units.
    pub outside: u128,
    /// Entries at either end with at most this many units are cut off.
    pub cut: u128,
}

impl FixedLaw {
    /// All mass at 0.
    pub fn at_zero() -> Self {
        FixedLaw {
            first: 0,
            lo: vec![ONE],
            slack: 0,
            outside: 0,
            cut: NEGLIGIBLE,
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
            cut: NEGLIGIBLE,
        })
    }

    /// The same, and sums of it cut off entries of at most so many units.
    #[must_use]
    pub fn cutting(self, cut: u128) -> Self {
        FixedLaw { cut, ..self }
    }

    /// 1 with the first of two probabilities that add up to 1, else 0.
    pub fn of_first(prior: &[Q; 2]) -> Option<Self> {
        let unit = prior[0].denom().magnitude();
        let weight = |q: &Q| q.numer().magnitude() * (unit / q.denom().magnitude());
        FixedLaw::from_weights(&[(0, weight(&prior[1])), (1, weight(&prior[0]))], unit)
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
            cut: self.cut.max(other.cut),
        }
        .trimmed()
    }

    /// The law of the sum of two independent draws: what [`Self::convolve`] gives, from half the products.
    fn twice(&self) -> FixedLaw {
        let mut lo = vec![0u128; 2 * self.lo.len() - 1];
        let mut terms = 0;
        for (i, &b) in self.lo.iter().enumerate() {
            if b == 0 {
                continue;
            }
            terms += 1;
            lo[2 * i] += mul_rd(b, b);
            for (slot, &a) in lo[2 * i + 1..].iter_mut().zip(&self.lo[i + 1..]) {
                *slot += 2 * mul_rd(a, b);
            }
        }
        FixedLaw {
            first: 2 * self.first,
            lo,
            slack: (2 * self.slack + terms).min(ONE),
            outside: (2 * self.outside).min(ONE),
            cut: self.cut,
        }
        .trimmed()
    }

    /// The same with negligible entries at both ends counted as outside.
    fn trimmed(mut self) -> Self {
        let limit = self.cut.max(self.slack);
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
        let mut result = FixedLaw::at_zero().cutting(self.cut);
        let mut spent = 0u64;
        let mut affords = |one: &FixedLaw, other: &FixedLaw| {
            spent = spent.saturating_add(one.lo.len() as u64 * other.lo.len() as u64);
            spent <= max_products
        };
        for bit in (0..u64::BITS - n.leading_zeros()).rev() {
            if !affords(&result, &result) {
                return None;
            }
            result = result.twice();
            if n >> bit & 1 == 1 {
                if !affords(&result, self) {
                    return None;
                }
                result = result.convolve(self);
            }
        }
        Some(result)
    }

    /// What so many entries and what is outside may add.
    pub fn loss(&self, entries: usize) -> u128 {
        let slack = self.slack.saturating_mul(entries as u128);
        slack.saturating_add(self.outside).min(ONE)
    }
}

/// Partial sums of a law, for tails without adding up. All tails are in units: lower and upper bound.
#[derive(Debug)]
pub struct Tails {
    law: FixedLaw,
    below: Vec<u128>,
}

impl Tails {
    /// Of this law.
    pub fn of(law: FixedLaw) -> Self {
        let below = partial_sums(&law.lo);
        Tails { law, below }
    }

    /// Of the sum of t independent draws; `None` where that takes more than `max_products` products.
    pub fn of_sum(law: &StepLaw, t: u64, max_products: u64) -> Option<Self> {
        let step = FixedLaw::from_weights(law.weights(), law.denominator())?;
        step.power(t, max_products).map(Tails::of)
    }

    fn place(&self, value: i64) -> usize {
        let last = self.below.len() as i64 - 1;
        value.saturating_sub(self.law.first).clamp(0, last) as usize
    }

    fn enclosed(&self, sum: u128, entries: usize) -> (u128, u128) {
        (sum, sum.saturating_add(self.law.loss(entries)).min(ONE))
    }

    /// `P(X < value)`.
    pub fn less(&self, value: i64) -> (u128, u128) {
        let place = self.place(value);
        self.enclosed(self.below[place], place)
    }

    /// `P(X >= value)`.
    pub fn at_least(&self, value: i64) -> (u128, u128) {
        let (place, last) = (self.place(value), self.below.len() - 1);
        self.enclosed(self.below[last] - self.below[place], last - place)
    }

    /// `P(X > level)` and `P(X < -level)`.
    pub fn sides(&self, level: u64) -> [(u128, u128); 2] {
        let level = i64::try_from(level).unwrap_or(i64::MAX - 1);
        [self.at_least(level + 1), self.less(-level)]
    }

    /// `P(|X| > level)`.
    pub fn beyond(&self, level: u64) -> (u128, u128) {
        let [above, below] = self.sides(level);
        (above.0 + below.0, above.1 + below.1)
    }

    /// From this level on a tail does not fall any more.
    pub fn farthest(&self) -> u64 {
        let last = self.law.first + self.below.len() as i64 - 2;
        last.max(-self.law.first).max(0).unsigned_abs()
    }

    /// What an upper bound may be too large by.
    pub fn error(&self) -> u128 {
        self.law.loss(self.law.lo.len())
    }
}
