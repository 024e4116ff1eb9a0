//! The named figures of a verdict, with what is to be known of each: which Coq theorem covers it,
//! whether it says anything, how far it is from what is seen.

use super::remark::Remark;
use crate::number::{Q, integer};
use crate::probability::Tail;
use crate::problem::separable::Balanced;
use num_bigint::BigInt;
use num_traits::{One, Signed};
use std::collections::BTreeMap;

/// A number in a verdict, with its kind of evidence.
#[derive(Debug, Clone, PartialEq)]
pub enum Figure {
    /// An exact rational.
    Exact(Q),
    /// A rigorous enclosure.
    Enclosure(Q, Q),
    /// A sampled proportion or mean with a confidence interval.
    Estimate {
        /// Point estimate.
        estimate: f64,
        /// Lower and upper end of the interval.
        ci: [f64; 2],
        /// Confidence level.
        confidence: Q,
        /// Number of independent runs.
        runs: u64,
    },
    /// Something seen in simulated runs, without an interval (a largest or smallest value).
    Observed {
        /// What was seen.
        value: f64,
        /// Number of independent runs.
        runs: u64,
    },
    /// The spread of something over simulated runs: its 5 %, 50 % and 95 % quantiles.
    Spread {
        /// 5 % quantile over runs.
        q05: f64,
        /// Median over runs.
        q50: f64,
        /// 95 % quantile over runs.
        q95: f64,
        /// Number of independent runs.
        runs: u64,
    },
    /// A step by which something is certified, where it was not excluded that an earlier one does too.
    AtMost(u64),
    /// Exact rationals, one a pattern.
    Numbers(Vec<Q>),
    /// Images with weights and derivatives that add up to 0.
    Images(Vec<Balanced>),
    /// Not available; the remark says why.
    Missing(Remark),
}

impl From<&Tail> for Figure {
    /// Exact or enclosed.
    fn from(tail: &Tail) -> Self {
        match tail {
            Tail::Exact(q) => Figure::Exact(q.clone()),
            Tail::Enclosed { lo, hi } => Figure::Enclosure(lo.clone(), hi.clone()),
        }
    }
}

impl Figure {
    /// A number for a report: itself if its digits fit a line, else a rigorous enclosure of four digits.
    pub fn enclosed(q: &Q) -> Self {
        if q.numer().bits() + q.denom().bits() <= 256 {
            return Figure::Exact(q.clone());
        }
        let (digits, e) = leading_digits(q);
        let unit = power_of_ten(e - 3);
        let (inner, outer) = (integer(digits.clone()) * &unit, integer(digits + 1) * unit);
        if q.is_negative() {
            Figure::Enclosure(-outer, -inner)
        } else {
            Figure::Enclosure(inner, outer)
        }
    }
}

/// The first four digits of `q`, rounded towards 0, and the decimal exponent of the first of
/// them: `digits * 10^(e - 3) <= |q| < (digits + 1) * 10^(e - 3)`.
fn leading_digits(q: &Q) -> (BigInt, i64) {
    let magnitude = q.abs();
    let length = |n: &BigInt| n.to_string().len() as i64;
    let mut e = length(magnitude.numer()) - length(magnitude.denom());
    if magnitude < power_of_ten(e) {
        e -= 1;
    }
    ((magnitude / power_of_ten(e - 3)).to_integer(), e)
}

fn power_of_ten(e: i64) -> Q {
    let p = integer(BigInt::from(10).pow(e.unsigned_abs() as u32));
    if e >= 0 { p } else { p.recip() }
}

/// An upper bound that is at least this many times what was seen is loose.
const LOOSE: i64 = 10;

/// Which side a bound is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// What is bounded is claimed to be at least this.
    AtLeast,
    /// What is bounded is claimed to be at most this.
    AtMost,
}

/// What is to be known of a figure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mark {
    /// The theorem of `Statements.v` that covers it.
    pub proved_by: Option<&'static str>,
    /// Is it a bound that says nothing?
    pub vacuous: bool,
    /// By which factor it is off what was seen, where that is much.
    pub loose: Option<Q>,
}

/// Named figures, in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    items: Vec<(&'static str, Figure)>,
    marks: BTreeMap<&'static str, Mark>,
}

impl Figures {
    /// Adds a figure under a name that is new.
    pub fn push(&mut self, figure: (&'static str, Figure)) {
        self.items.push(figure);
    }

    /// Adds an exact number.
    pub fn number(&mut self, name: &'static str, number: Q) {
        self.push((name, Figure::Exact(number)));
    }

    /// Adds an integer.
    pub fn count(&mut self, name: &'static str, count: impl Into<BigInt>) {
        self.number(name, integer(count));
    }

    /// Adds why there is no figure.
    pub fn missing(&mut self, name: &'static str, why: impl Into<Remark>) {
        self.push((name, Figure::Missing(why.into())));
    }

    /// Adds a bound of a probability; at most 0 from below or at least 1 from above it says nothing.
    pub fn push_probability(&mut self, name: &'static str, bound: &Tail, side: Side) {
        self.push((name, Figure::from(bound)));
        self.mark(name).vacuous = says_nothing(bound, side);
    }

    /// The figure covers what this theorem of `Statements.v` says.
    pub fn proved(&mut self, name: &'static str, theorem: &'static str) {
        self.mark(name).proved_by = Some(theorem);
    }

    /// The figure is a bound that cannot be violated here.
    pub fn vacuous(&mut self, name: &'static str) {
        self.mark(name).vacuous = true;
    }

    /// Notes how far an upper bound is above what was seen, if that is ten times or more.
    pub fn compare(&mut self, name: &'static str, bound: &Q, seen: &Q) {
        let factor = seen.is_positive().then(|| bound / seen);
        self.mark(name).loose = factor.filter(|factor| *factor >= integer(LOOSE));
    }

    /// The names and figures in order.
    pub fn iter(&self) -> std::slice::Iter<'_, (&'static str, Figure)> {
        self.items.iter()
    }

    /// The figure of this name.
    pub fn get(&self, name: &str) -> Option<&Figure> {
        let found = self.items.iter().find(|(n, _)| *n == name);
        found.map(|(_, figure)| figure)
    }

    /// The number of this name; of an enclosure the lower end.
    pub fn lower(&self, name: &str) -> Option<&Q> {
        match self.get(name)? {
            Figure::Exact(q) | Figure::Enclosure(q, _) => Some(q),
            _ => None,
        }
    }

    /// The number of this name; of an enclosure the upper end.
    pub fn upper(&self, name: &str) -> Option<&Q> {
        match self.get(name)? {
            Figure::Exact(q) | Figure::Enclosure(_, q) => Some(q),
            _ => None,
        }
    }

    /// What is to be known of the figure of this name.
    pub fn mark_of(&self, name: &str) -> Mark {
        self.marks.get(name).cloned().unwrap_or_default()
    }

    fn mark(&mut self, name: &'static str) -> &mut Mark {
        self.marks.entry(name).or_default()
    }
}

/// Does a bound of a probability say nothing, whatever the probability is?
pub(super) fn says_nothing(bound: &Tail, side: Side) -> bool {
    match side {
        Side::AtLeast => !bound.lower().is_positive(),
        Side::AtMost => *bound.upper() >= Q::one(),
    }
}
