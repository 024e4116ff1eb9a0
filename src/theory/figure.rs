//! A number in a verdict.

use super::remark::Remark;
use crate::number::Q;
use crate::probability::Tail;

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
