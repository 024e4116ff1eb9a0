//! The form of T5 that holds for ever, from some step on.

use super::events::{Events, stated};
use crate::number::{Q, integer, ratio};
use crate::probability::walk::one_sided_ru;
use crate::probability::{StepLaw, exp_neg_ru, round_ru};
use crate::problem::Problem;
use crate::theory::count_law::step_law;
use crate::theory::evidence::least_certified;
use crate::theory::thresholds::grouped;
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
    ///
    /// That some `s >= t` has `B_y(s) < s/4` has at most `e^(-t/8)`, and that some s has `|S_k(s)| > theta max(s, t)` at most
    /// what one bound of the walk at t says of `theta t`. For with any x > 1, `x^S / max(1, M(x))^s` is a supermartingale of
    /// mean at most 1, `M(x) = E x^step`, and where `S > theta max(s, t)` it is at least `(x^theta / max(1, M(x)))^t`, if that base
    /// is at least 1, and else the bound says nothing; Azuma's is the same with `M(x) <= x^(log(x) (m - r)^2 / 2)`, and Hoeffding's
    /// that of the counts.
    fn failure(&self, t: u64, theta: &Q, delta: &Q) -> Q {
        let level = (theta * integer(t)).to_integer().to_u64().unwrap_or(0);
        let short = |q: Q| round_ru(&q, 64);
        let mut failure = integer(2) * short(exp_neg_ru(&(integer(t) / integer(8))));
        for (law, times) in &self.walks {
            let sides = match law {
                None => {
                    let bound = integer(2) * &self.factor * &self.factor;
                    integer(2) * short(exp_neg_ru(&(theta * theta * integer(t) / bound)))
                }
                Some(law) if law.is_symmetric() => integer(2) * one_sided_ru(law, 1, t, level),
                Some(law) => [1, -1]
                    .map(|side| one_sided_ru(law, side, t, level))
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
