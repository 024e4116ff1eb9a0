//! Integers of three sizes behind one trait: machine integers where a bound says that they cannot
//! overflow, arbitrary ones beyond.

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{NumAssignRef, NumRef, Signed, ToPrimitive};
use std::fmt::Debug;

/// An integer that an engine runs on.
///
/// A machine type is used only while every intermediate value is known to stay below `2^BITS` in
/// absolute value; the engines keep count of how many steps that is sure for.
pub(crate) trait Int:
    Integer + Signed + NumRef + NumAssignRef + Clone + Debug + Send + Sync + 'static
{
    /// Values below `2^BITS` in absolute value are in range; `None` means no bound.
    const BITS: Option<u64>;

    /// The value in this type, if it is in range.
    fn from_big(value: &BigInt) -> Option<Self>;

    /// The value as an arbitrary integer.
    fn to_big(&self) -> BigInt;

    /// A count of patches.
    fn count(n: u32) -> Self;

    /// `self * k`, for a product that is known to be in range.
    fn times(&self, k: u64) -> Self;

    /// `min(ceil(room / speed), best)` for `room >= 1` and `speed >= 1`: the first step at which
    /// something that moves by `speed` a step has covered `room`.
    fn first_step(room: &Self, speed: &Self, best: u64) -> u64;

    /// The slice as machine words, if that is what it holds.
    fn words(_slice: &[Self]) -> Option<&[i64]> {
        None
    }
}

impl Int for i64 {
    const BITS: Option<u64> = Some(61);

    fn from_big(value: &BigInt) -> Option<Self> {
        (value.bits() <= 61).then(|| value.to_i64()).flatten()
    }

    fn to_big(&self) -> BigInt {
        BigInt::from(*self)
    }

    fn count(n: u32) -> Self {
        i64::from(n)
    }

    fn times(&self, k: u64) -> Self {
        debug_assert!(in_range(i128::from(*self) * i128::from(k), 63));
        // A k that no i64 holds is in range for 0 only.
        *self * k as i64
    }

    fn first_step(room: &Self, speed: &Self, best: u64) -> u64 {
        debug_assert!(*room >= 1 && *speed >= 1 && in_range((*room).max(*speed).into(), 62));
        // A product of two words is cheaper than a quotient, and most candidates lose.
        if i128::from(*speed) * i128::from(best) <= i128::from(*room) {
            return best;
        }
        ((room - 1) / speed + 1) as u64
    }

    fn words(slice: &[Self]) -> Option<&[i64]> {
        Some(slice)
    }
}

impl Int for i128 {
    const BITS: Option<u64> = Some(125);

    fn from_big(value: &BigInt) -> Option<Self> {
        (value.bits() <= 125).then(|| value.to_i128()).flatten()
    }

    fn to_big(&self) -> BigInt {
        BigInt::from(*self)
    }

    fn count(n: u32) -> Self {
        i128::from(n)
    }

    fn times(&self, k: u64) -> Self {
        debug_assert!(self.checked_mul(i128::from(k)).is_some());
        self * i128::from(k)
    }

    fn first_step(room: &Self, speed: &Self, best: u64) -> u64 {
        debug_assert!(*room >= 1 && *speed >= 1 && in_range((*room).max(*speed), 126));
        let steps = (room - 1) / speed + 1;
        u64::try_from(steps).map_or(best, |s| s.min(best))
    }
}

impl Int for BigInt {
    const BITS: Option<u64> = None;

    fn from_big(value: &BigInt) -> Option<Self> {
        Some(value.clone())
    }

    fn to_big(&self) -> BigInt {
        self.clone()
    }

    fn count(n: u32) -> Self {
        BigInt::from(n)
    }

    fn times(&self, k: u64) -> Self {
        self * k
    }

    fn first_step(room: &Self, speed: &Self, best: u64) -> u64 {
        Integer::div_ceil(room, speed)
            .to_u64()
            .map_or(best, |s| s.min(best))
    }
}

/// Is the value below `2^bits` in absolute value?
fn in_range(value: i128, bits: u32) -> bool {
    value.unsigned_abs() >> bits == 0
}

/// The values in this type, if all are in range.
pub(crate) fn convert<I: Int>(values: &[BigInt]) -> Option<Vec<I>> {
    values.iter().map(I::from_big).collect()
}
