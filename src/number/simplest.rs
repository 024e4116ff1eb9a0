//! The simplest fraction between two.

use super::{Q, integer};
use num_traits::{One, Signed, Zero};

/// The fraction with the least denominator strictly between `low` and `high`, and of these the one nearest to 0; `None`
/// unless `low < high`.
///
/// # Cost
/// One division with remainder for each partial quotient of the two.
///
/// # Example
/// ```
/// use filtercert::number::{ratio, simplest_between};
/// assert_eq!(simplest_between(&ratio(31, 100), &ratio(34, 100)), Some(ratio(1, 3)));
/// assert_eq!(simplest_between(&ratio(-1, 2), &ratio(1, 2)), Some(ratio(0, 1)));
/// ```
pub fn simplest_between(low: &Q, high: &Q) -> Option<Q> {
    if low >= high {
        return None;
    }
    if low.is_negative() && high.is_positive() {
        return Some(Q::zero());
    }
    if !high.is_positive() {
        return Some(-above(&-high, Some(&-low)));
    }
    Some(above(low, Some(high)))
}

/// The simplest fraction above `low >= 0`, and below `high > low` if there is one. By the continued fraction: an integer
/// between them, else the whole part and the reciprocal of what is simplest between the reciprocals of the rests.
fn above(low: &Q, high: Option<&Q>) -> Q {
    let mut wholes = Vec::new();
    let (mut low, mut high) = (low.clone(), high.cloned());
    let mut value = loop {
        let whole = low.floor();
        let next = &whole + Q::one();
        if high.as_ref().is_none_or(|high| next < *high) {
            break next;
        }
        // high is at most whole + 1, so that no integer lies between; both ends have this whole part, or high is next.
        let rest_of_low = &low - &whole;
        let rest_of_high = high.map_or_else(Q::one, |high| high - &whole);
        wholes.push(whole);
        low = rest_of_high.recip();
        high = (!rest_of_low.is_zero()).then(|| rest_of_low.recip());
    };
    while let Some(whole) = wholes.pop() {
        value = whole + value.recip();
    }
    value
}

/// A simple fraction in the middle third of two different numbers, in either order.
pub fn simple_middle(a: &Q, b: &Q) -> Q {
    let third = (b - a) / integer(3);
    let (x, y) = (a + &third, b - &third);
    let found = if x < y {
        simplest_between(&x, &y)
    } else {
        simplest_between(&y, &x)
    };
    found.unwrap_or(x)
}
