//! The least step at which something is certified, or a step by which it is.

use super::super::remark::Remark;
use super::super::verdict::Figure;
use crate::number::integer;
use crate::remark;

/// A step at which something is certified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certified {
    /// The least one: at every earlier step it is not certified.
    Least(u64),
    /// Not every earlier step was excluded.
    AtMost(u64),
}

impl Certified {
    /// The step.
    pub fn t(self) -> u64 {
        match self {
            Certified::Least(t) | Certified::AtMost(t) => t,
        }
    }

    /// As a figure of a verdict.
    pub fn figure(self) -> Figure {
        match self {
            Certified::Least(t) => Figure::Exact(integer(t)),
            Certified::AtMost(t) => Figure::AtMost(t),
        }
    }

    /// The smaller of two; of two that are equal the one that says more.
    #[must_use]
    pub fn min(self, other: Self) -> Self {
        let key = |c: &Certified| (c.t(), matches!(c, Certified::AtMost(_)));
        std::cmp::min_by_key(self, other, key)
    }
}

/// The least t in `first ..= last` at which `certified` is true, where every earlier step can be looked at
/// too, else a t at which it is.
///
/// `certified` need not stay true once it is. A step is found by doubling the distance from `first` and then by
/// bisection; then every step before it is looked at in order, unless there are more than `most_scanned`, up to
/// the first that is certified. `certified` gives `None` where it cannot be computed.
///
/// # Errors
/// The step up to which nothing was certified, and whether that is because of the size.
pub fn least_certified(
    first: u64,
    last: u64,
    most_scanned: u64,
    mut certified: impl FnMut(u64) -> Option<bool>,
) -> Result<Certified, NotFound> {
    let found = first_by_bisection(first, last, &mut certified)?;
    if found - first > most_scanned {
        return Ok(Certified::AtMost(found));
    }
    for t in first..found {
        match certified(t) {
            Some(true) => return Ok(Certified::Least(t)),
            Some(false) => {}
            None => return Ok(Certified::AtMost(found)),
        }
    }
    Ok(Certified::Least(found))
}

/// A t in `first ..= last` at which `certified` is true, and at `t - 1` false (or t = first).
fn first_by_bisection(
    first: u64,
    last: u64,
    certified: &mut impl FnMut(u64) -> Option<bool>,
) -> Result<u64, NotFound> {
    let mut failed: Option<u64> = None;
    let (mut high, mut distance) = (first, 1u64);
    let missing = |up_to, too_large| Err(NotFound { up_to, too_large });
    if first > last {
        return missing(None, None);
    }
    loop {
        match certified(high) {
            Some(true) => break,
            Some(false) => failed = Some(high),
            None => return missing(failed, Some(high)),
        }
        if high == last {
            return missing(failed, None);
        }
        high = first.saturating_add(distance).min(last);
        distance = distance.saturating_mul(2);
    }
    let Some(mut low) = failed else {
        return Ok(high);
    };
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        // What cannot be computed is passed over: `high` is certified all the same.
        if certified(middle) == Some(true) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Ok(high)
}

/// Why nothing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotFound {
    /// The last step at which nothing was certified.
    pub up_to: Option<u64>,
    /// The step that was too large to be computed.
    pub too_large: Option<u64>,
}

impl NotFound {
    /// The limit.
    pub fn limit(&self) -> Remark {
        let tried = match self.up_to {
            Some(t) => remark!("not certified at steps 0, 1, 2, 4, ... up to {}", t),
            None => "nothing was tried".into(),
        };
        match self.too_large {
            Some(t) => remark!("{}; step {} is beyond the affordable size", tried, t),
            None => tried,
        }
    }
}
