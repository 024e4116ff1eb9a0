//! A number in a verdict.

use super::remark::Remark;
use crate::number::{Q, integer};
use crate::probability::Tail;
use num_bigint::BigInt;
use num_traits::Signed;

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
