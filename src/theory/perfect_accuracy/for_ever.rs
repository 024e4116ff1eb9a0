//! The form of T5 that holds for ever, from some step on.

use super::events::{Events, stated};
use crate::number::{Q, integer, ratio};
use crate::probability::walk::one_sided_ru;
use crate::probability::{StepLaw, exp_neg_ru, round_ru};
use crate::problem::Problem;
use crate::theory::count_law::step_law;
use crate::theory::evidence::least_certified;
use crate::theory::thresholds::grouped;
use num_bigint::BigInt;
use num_traits::{One, Signed, ToPrimitive, Zero};

/// theta is tried at these sixteenths of the largest value that the growth condition allows.
const SHARES: [i64; 6] = [8, 10, 12, 13, 14, 15];

/// A certified statement `P(accuracy = 1 for all s >= t) >= bound`.
#[derive(Debug, Clone)]
pub(super) struct ForEver {
    /// The step from which on accuracy is 1.
    pub t: u64,
    /// The certified probability.
    pub bound: Q,
    /// theta; 0 if no walk matters.
    pub theta: Q,
}

/// How the walks are bounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WalkBound {
    /// Azuma-Doob: from the largest step alone.
    Azuma,
    /// Exponential martingales with the law of the steps.
    Chernoff,
}

struct Setting {
    r: Q,
    /// m - r.
    factor: Q,
    /// As T5 is stated, with a quarter of the step for a quarter of the samples.
    events: Events,
    /// The walks of the patterns that some opposing filter is active on: distinct laws of their steps, `None` for
    /// Azuma, each with the number of walks that have it.
    walks: Vec<(Option<StepLaw>, usize)>,
}

/// The least t from which accuracy is certified to be 1 for ever with probability at least
/// `1 - delta`, over a few values of theta; `None` if there is none up to `limit`, or a step law is
/// too long to be written out. The caller has checked A1-A4.
pub(super) fn least_for_ever(
    problem: &Problem,
    r: u32,
    delta: &Q,
    how: WalkBound,
    limit: u64,
) -> Option<ForEver> {
    let setting = Setting::new(problem, r, how)?;
    let thetas = match setting.largest_theta() {
        None => vec![Q::zero()],
        Some(top) => SHARES.map(|share| &top * ratio(share, 16)).to_vec(),
    };
    let mut best: Option<ForEver> = None;
    for theta in thetas {
        let end = best.as_ref().map_or(limit, |b| b.t - 1);
        let failure = |t: u64| setting.failure(t, &theta, delta);
        let certified = |t: u64| Some(setting.implies(t, &theta) && failure(t) <= *delta);
        // Both conditions stay true once they are: nothing before the step found has to be looked at.
        if let Ok(found) = least_certified(1, end, 0, certified) {
            let t = found.t();
            let bound = Q::one() - failure(t);
            best = Some(ForEver { t, bound, theta });
        }
    }
    best
}

impl Setting {
    fn new(problem: &Problem, r: u32, how: WalkBound) -> Option<Self> {
        let step = &problem.training().step / integer(4);
        let quarters = problem.changed(|parts| parts.training.step = step).ok()?;
        let events = Events::new(&quarters, r, &stated(problem, r));
        let factor = problem.distribution().max_patches() - r;
        let opposed = |k: usize| events.sides.iter().any(|side| !side.sums[k].is_empty());
        let moves = |k: &usize| factor > 0 && opposed(*k);
        let law = |k| match how {
            WalkBound::Azuma => Some(None),
            WalkBound::Chernoff => step_law(problem, k).map(Some),
        };
        let walks = (0..events.n_background).filter(moves).map(law);
        let walks = grouped(walks.collect::<Option<Vec<_>>>()?);
        let times = |(law, members): (_, Vec<usize>)| (law, members.len());
        Some(Setting {
            r: integer(r),
            factor: integer(factor),
            walks: walks.into_iter().map(times).collect(),
            events,
        })
    }

    /// The largest theta with `r^2 |J_y| / 4 >= (m - r) theta (number of opposing active filters)`.
    fn largest_theta(&self) -> Option<Q> {
        let tops = self.events.sides.iter().flat_map(|side| {
            let active = side.sums.iter().filter(|sums| !sums.is_empty());
            let grown = &self.r * &self.r * integer(side.winners);
            let factor = integer(4) * &self.factor;
            active.map(move |sums| &grown / (&factor * integer(sums.len())))
        });
        if self.walks.is_empty() {
            None
        } else {
            tops.min()
        }
    }

    /// Does T5's condition hold at `b = t/4`, `lambda = theta t`?
    fn implies(&self, t: u64, theta: &Q) -> bool {
        let quarters = integer(4) * theta * integer(t);
        self.events.sides.iter().all(|side| {
            let key = integer(self.events.key_margin(side, t));
            let walked = integer(side.unit.clone()) * &quarters;
            key.is_positive()
                && side.sums.iter().all(|sums| {
                    let sum = sums.last().cloned().map_or_else(Q::zero, integer);
                    key > sum + integer(sums.len()) * &walked
                })
        })
    }

    /// The probability of failure, rounded up; more than `delta` may be given as it comes.
    fn failure(&self, t: u64, theta: &Q, delta: &Q) -> Q {
        // q / (1 - q), or 1 where that is not less.
        let least = Q::new(1.into(), BigInt::one() << 256);
        let series = |q: Q| {
            // Few digits: rounded up.
            let q = round_ru(&q.max(least.clone()), 64);
            if q.clone() * integer(2) >= Q::one() {
                Q::one()
            } else {
                round_ru(&(&q / (Q::one() - &q)), 64)
            }
        };
        let level = (theta * integer(t)).to_integer().to_u64().unwrap_or(0);
        let twice = t.saturating_mul(2);
        let mut failure = integer(2) * series(exp_neg_ru(&(integer(t) / integer(8))));
        for (law, times) in &self.walks {
            let sides = match law {
                None => {
                    let bound = integer(4) * &self.factor * &self.factor;
                    integer(2) * series(exp_neg_ru(&(theta * theta * integer(t) / bound)))
                }
                Some(law) if law.is_symmetric() => {
                    integer(2) * series(one_sided_ru(law, 1, twice, level))
                }
                Some(law) => [1, -1]
                    .map(|side| series(one_sided_ru(law, side, twice, level)))
                    .iter()
                    .sum(),
            };
            failure += integer(*times) * sides;
            if failure > *delta {
                break;
            }
        }
        failure
    }
}
