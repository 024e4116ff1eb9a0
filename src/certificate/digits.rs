//! The numbers of a certificate: what is written of the engines' numbers, and how long they are.

use super::format::Number;
use crate::number::{MAX_NUMBER_LENGTH, Q, integer, ratio};
use num_bigint::BigInt;
use num_traits::{One, Signed};

impl From<Q> for Number {
    fn from(q: Q) -> Self {
        Number(q.into())
    }
}

impl From<&Number> for Q {
    fn from(number: &Number) -> Self {
        Q::from(number.0.clone())
    }
}

/// Can it be written?
pub(super) fn is_short(q: &Q) -> bool {
    has_room(q.numer(), q.denom())
}

fn has_room(numerator: &BigInt, denominator: &BigInt) -> bool {
    // Two numbers, a sign and a stroke; a digit has more than 3 bits.
    (numerator.bits() + denominator.bits()) / 3 + 4 < MAX_NUMBER_LENGTH as u64
}

impl Number {
    /// Can it be written?
    pub(super) fn is_short(&self) -> bool {
        has_room(self.0.numer(), self.0.denom())
    }
}

/// Most digits after the point of a bound of a probability: where the checker follows walks in fixed point, and elsewhere.
pub(super) const DIGITS: [u32; 2] = [9, 40];

/// A little less than `1 - failure`, with nine digits of the failure, but with at most so many after the point; `None` where that
/// is not positive.
pub(super) fn kept(failure: &Q, digits: u32) -> Option<Number> {
    let least = integer(1_000_000_000);
    let mut unit = least.clone();
    for _ in 9..digits {
        if failure * &unit >= least {
            break;
        }
        unit *= integer(10);
    }
    // The checker's bound is a little weaker; nine digits are more than anyone needs.
    let failure = (failure * &unit * ratio(1_000_001, 1_000_000)).ceil();
    let bound = Q::one() - (failure + integer(1)) / unit;
    bound.is_positive().then_some(Number::from(bound))
}
