//! How long the numbers of a certificate are.

use super::format::Number;
use crate::number::{MAX_NUMBER_LENGTH, Q, integer, ratio};
use num_traits::{One, Signed};

/// Can it be written?
pub(super) fn is_short(q: &Q) -> bool {
    // Two numbers, a sign and a stroke; a digit has more than 3 bits.
    (q.numer().bits() + q.denom().bits()) / 3 + 4 < MAX_NUMBER_LENGTH as u64
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
    bound.is_positive().then_some(Number(bound))
}
