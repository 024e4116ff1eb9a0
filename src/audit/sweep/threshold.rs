//! Where a conclusion first fails along a sweep.

use super::SweepPoint;
use crate::interrupt;
use crate::number::{Q, integer, simple_middle, simplest_between};
use crate::theory::record::TheoremId;
use num_traits::{One, Signed, Zero};
use rayon::prelude::*;

/// The search ends when the values are this part of the sweep apart.
const NARROW_BITS: u32 = 30;

/// It also ends after so many values; every second one takes a third off at least, so that this is enough.
const MAX_LOOKS: u32 = 120;

/// What may fail along a sweep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conclusion {
    /// At the last step the least norm of a winner is at least so many times the largest of a loser.
    Ratio(Q),
    /// At the last step accuracy is 1.
    Accuracy,
    /// A theorem applies: its place among the forms, and its name.
    Applies(usize, TheoremId),
}

impl Conclusion {
    /// Does it hold at a value? `None` where that is not known.
    pub fn holds(&self, point: &SweepPoint) -> Option<bool> {
        match self {
            Conclusion::Ratio(_) => self.margin(point).map(|margin| !margin.is_negative()),
            Conclusion::Accuracy => point.accuracy.as_ref().map(Q::is_one),
            Conclusion::Applies(place, _) => point.applies.get(*place).copied(),
        }
    }

    /// A number that is 0 where the conclusion is about to fail, for those that have one: the squared norm of the winner
    /// less R^2 times that of the loser; the least margin of an image.
    pub fn margin(&self, point: &SweepPoint) -> Option<Q> {
        match self {
            Conclusion::Ratio(ratio) => {
                let [winner, loser] = &point.norms_squared;
                Some(winner.as_ref()? - ratio * ratio * loser.as_ref()?)
            }
            Conclusion::Accuracy => point.least_margin.clone(),
            Conclusion::Applies(..) => None,
        }
    }
}

/// What was found of a conclusion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It holds at every value of the table.
    Throughout,
    /// It fails at the first value already.
    FromTheStart,
    /// At some value of the table before any failure it is not known.
    Unknown,
    /// The margin is exactly 0 at this value; at the nearest tried values before and after it, given too, the
    /// conclusion holds and fails.
    Exactly {
        /// The root.
        at: Q,
        /// Where it holds.
        holds_at: Q,
        /// Where it fails.
        fails_at: Q,
    },
    /// It holds at the one value and fails at the other, which is as near as was looked.
    Between {
        /// Where it holds.
        holds_at: Q,
        /// Where it fails.
        fails_at: Q,
    },
}

/// Of a conclusion at a value: does it hold, and its margin; `None` where that is not known, or there is none.
pub(super) type Seen = (Option<bool>, Option<Q>);

/// Looks at a conclusion at any value.
pub(super) type Look<'a> = &'a (dyn Fn(&Conclusion, &Q) -> Seen + Sync);

/// Where a conclusion first fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Threshold {
    /// The conclusion.
    pub conclusion: Conclusion,
    /// What was found.
    pub found: Found,
}

/// Follows conclusions over the values of a sweep, and looks closer where one first fails, by `look`.
pub(super) fn find(
    points: &[SweepPoint],
    conclusions: Vec<Conclusion>,
    look: Look<'_>,
) -> Vec<Threshold> {
    let all = conclusions.into_par_iter();
    all.map(|conclusion| {
        let found = found(points, &conclusion, look);
        Threshold { conclusion, found }
    })
    .collect()
}

fn found(points: &[SweepPoint], conclusion: &Conclusion, look: Look<'_>) -> Found {
    let mut before: Option<&SweepPoint> = None;
    for point in points {
        match (conclusion.holds(point), before) {
            (None, _) => return Found::Unknown,
            (Some(true), _) => before = Some(point),
            (Some(false), None) => return Found::FromTheStart,
            (Some(false), Some(held)) => {
                let ends = (points.first(), points.last());
                let span = match ends {
                    (Some(a), Some(b)) => (&b.value - &a.value).abs(),
                    _ => Q::one(),
                };
                return closer(conclusion, [&held.value, &point.value], &span, look);
            }
        }
    }
    Found::Throughout
}

/// Looks between a value at which the conclusion holds and one at which it fails. First the simplest fraction between
/// them, which is the root sooner or later if the root is a simple one; then a simple one in the middle, so that the
/// two get nearer whatever the first said.
fn closer(conclusion: &Conclusion, [holds, fails]: [&Q; 2], span: &Q, look: Look<'_>) -> Found {
    let narrow = span / integer(1u64 << NARROW_BITS);
    let (mut holds, mut fails) = (holds.clone(), fails.clone());
    // An end of the table may be the root itself.
    for end in [holds.clone(), fails.clone()] {
        if let Some(found) = root(conclusion, &end, [&holds, &fails], &narrow, look) {
            return found;
        }
    }
    for turn in 0..MAX_LOOKS {
        if (&fails - &holds).abs() <= narrow || interrupt::asked().is_some() {
            break;
        }
        let value = if turn % 2 == 0 {
            let (low, high) = (
                holds.clone().min(fails.clone()),
                holds.clone().max(fails.clone()),
            );
            simplest_between(&low, &high)
        } else {
            Some(simple_middle(&holds, &fails))
        };
        let Some(value) = value else { break };
        if let Some(found) = root(conclusion, &value, [&holds, &fails], &narrow, look) {
            return found;
        }
        match look(conclusion, &value).0 {
            Some(true) => holds = value,
            Some(false) => fails = value,
            None => break,
        }
    }
    Found::Between {
        holds_at: holds,
        fails_at: fails,
    }
}

/// Is the margin 0 at a value, before which the conclusion holds and after which it fails?
fn root(
    conclusion: &Conclusion,
    value: &Q,
    [holds, fails]: [&Q; 2],
    narrow: &Q,
    look: Look<'_>,
) -> Option<Found> {
    if !look(conclusion, value).1?.is_zero() {
        return None;
    }
    let towards = if fails > holds {
        narrow.clone()
    } else {
        -narrow
    };
    let near = |other: Q, end: &Q, wanted: bool| -> Option<Q> {
        // At the end of the sweep there is nothing beyond.
        if value == end {
            return Some(end.clone());
        }
        (look(conclusion, &other).0 == Some(wanted)).then_some(other)
    };
    Some(Found::Exactly {
        holds_at: near(value - &towards, holds, true)?,
        fails_at: near(value + &towards, fails, false)?,
        at: value.clone(),
    })
}
