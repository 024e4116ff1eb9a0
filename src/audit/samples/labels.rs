//! A4 on observed labels: the exact two-sided binomial test, and which deviations it would have seen.

use super::Decision;
use crate::number::{Q, integer, largest_where, least_where, ratio};
use crate::probability::{Tail, binomial_below};
use num_traits::One;

/// With which probability a deviation counts as one that would have been seen.
const POWER: (i64, i64) = (9, 10);

/// Deviations are told in multiples of one over this.
const GRID: u64 = 1_000;

/// The exact binomial test of equal label probabilities.
///
/// Its p-value is `min(1, 2 P(Bin(n, 1/2) <= min(n_+, n_-)))`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelTest {
    /// `|n_+ - n_-| / n`, the measure of A4 on the sample.
    pub measure: Q,
    /// The p-value; enclosed for more than 4,096 images.
    pub p_value: Tail,
    /// What follows at the test's level.
    pub decision: Decision,
    /// Of `|pi_+ - pi_-|` the least multiple of 1/1000 that this test rejects with probability [`LabelTest::power`] at
    /// least, as every larger one is; `None` if there is none.
    pub seen_from: Option<Q>,
}

impl LabelTest {
    /// The probability of [`LabelTest::seen_from`]: 9/10.
    pub fn power() -> Q {
        ratio(POWER.0, POWER.1)
    }

    /// Tests numbers of images, of which there is at least one, at a level of its own.
    pub(super) fn new(images: [u64; 2], level: &Q) -> Self {
        let n = images[0] + images[1];
        let fewer = images[0].min(images[1]);
        let p_value = two_sided(n, fewer);
        LabelTest {
            measure: Q::new((images[0].max(images[1]) - fewer).into(), n.into()),
            decision: Decision::by(&p_value, level),
            p_value,
            seen_from: seen_from(n, level),
        }
    }
}

/// `min(1, 2 P(Bin(n, 1/2) <= k))`.
fn two_sided(n: u64, k: u64) -> Tail {
    let one_side = binomial_below(n, &ratio(1, 2), k + 1);
    let both = one_side.times(&integer(2));
    let capped = |q: &Q| q.clone().min(Q::one());
    Tail::between(capped(both.lower()), capped(both.upper()))
}

/// The test rejects iff the smaller number is at most some c. Its power at `pi_+ = (1 + d)/2` is
/// `P(Bin <= c) + P(Bin >= n - c)`, whose derivative in p is `n (P(Bin(n-1, p) = n-c-1) - P(Bin(n-1, p) = c))`: not
/// negative for p >= 1/2, since `n-c-1 >= c`. So it grows with d, and a search by halves finds the least d.
fn seen_from(n: u64, level: &Q) -> Option<Q> {
    let rejects = |k: u64| two_sided(n, k).upper() <= level;
    if !rejects(0) {
        return None;
    }
    let c = largest_where(0, n / 2, rejects);
    let enough = LabelTest::power();
    let sees = |thousandths: u64| {
        let p = Q::new((GRID + thousandths).into(), (2 * GRID).into());
        let low = binomial_below(n, &p, c + 1);
        let high = binomial_below(n, &p, n - c).complement();
        *low.add(&high).lower() >= enough
    };
    // A probability of 1 is seen: n images of one label are rejected.
    let least = least_where(0, GRID, sees);
    Some(Q::new(least.into(), GRID.into()))
}
