//! Tail probabilities: of binomial laws and of the maximum of an integer walk, exact where that is
//! affordable, enclosed by directed rounding beyond.
//!
//! No number here is a machine float. A function whose name ends in `_ru` returns an upper bound,
//! one in `_rd` a lower bound.

mod binomial;
pub(crate) mod end_point;
mod exponential;
pub mod fixed;
pub mod interval;
mod mantissa;
mod rounding;
mod step;
pub(crate) mod walk;

pub use binomial::{MAX_EXACT_BITS, binomial_below, binomial_below_enclosed};
pub use exponential::{MAX_EXPONENT, azuma_doob_ru, exp_neg_ru, hoeffding_ru};
pub use rounding::{quotient_rd, quotient_ru, round_rd, round_ru};
pub use step::{CountLaw, StepLaw};
pub use walk::{
    chernoff_doob_ru, walk_maximum_above, walk_maximum_enclosed, walk_maximum_exact,
    walk_maximum_levy_ru,
};

use crate::number::Q;
use num_traits::{One, Signed, Zero};

/// A probability, or a sum of probabilities: known exactly, or enclosed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tail {
    /// Known exactly.
    Exact(Q),
    /// Between `lo` and `hi`, both included.
    Enclosed {
        /// Lower bound.
        lo: Q,
        /// Upper bound.
        hi: Q,
    },
}

impl Tail {
    /// The probability 0.
    pub fn zero() -> Self {
        Tail::Exact(Q::zero())
    }

    /// The probability 1.
    pub fn one() -> Self {
        Tail::Exact(Q::one())
    }

    /// Between `lo` and `hi`; exact if they are equal.
    pub fn between(lo: Q, hi: Q) -> Self {
        if lo == hi {
            Tail::Exact(lo)
        } else {
            Tail::Enclosed { lo, hi }
        }
    }

    /// The largest known lower bound.
    pub fn lower(&self) -> &Q {
        match self {
            Tail::Exact(q) => q,
            Tail::Enclosed { lo, .. } => lo,
        }
    }

    /// The least known upper bound.
    pub fn upper(&self) -> &Q {
        match self {
            Tail::Exact(q) => q,
            Tail::Enclosed { hi, .. } => hi,
        }
    }

    /// Is it known exactly?
    pub fn is_exact(&self) -> bool {
        matches!(self, Tail::Exact(_))
    }

    /// Is it known to three digits, of the probability and of its distance from 1? An enclosure that is no
    /// wider comes from a sum rounded outwards, but for at most a thousandth of it that may come from an inequality.
    pub fn is_sharp(&self) -> bool {
        let (lower, upper) = (self.lower(), self.upper());
        // A sum of probabilities may be above 1.
        let least = (Q::one() - lower).abs().min(upper.clone());
        (upper - lower) * Q::from_integer(1000.into()) <= least
    }

    /// The sum of two.
    #[must_use]
    pub fn add(&self, other: &Tail) -> Tail {
        Tail::between(self.lower() + other.lower(), self.upper() + other.upper())
    }

    /// So many times this; `factor` is not negative.
    #[must_use]
    pub fn times(&self, factor: &Q) -> Tail {
        Tail::between(self.lower() * factor, self.upper() * factor)
    }

    /// This, or 0 where it is below: a bound from below of a probability may be.
    #[must_use]
    pub fn positive_part(&self) -> Tail {
        let positive = |q: &Q| q.clone().max(Q::zero());
        Tail::between(positive(self.lower()), positive(self.upper()))
    }

    /// `1 -` this.
    #[must_use]
    pub fn complement(&self) -> Tail {
        Tail::between(Q::one() - self.upper(), Q::one() - self.lower())
    }
}
