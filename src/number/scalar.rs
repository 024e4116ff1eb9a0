//! The one trait over which the gradient is written.

use num_traits::{NumAssignRef, NumRef};
use std::fmt::Debug;
use std::ops::Neg;

use super::Q;

/// A number that the dynamics can run on: exact rationals, machine floats, or a number that tracks its own error.
///
/// The gradient ([`crate::dynamics::gradient`]) is written once over this trait. Nothing here
/// rounds by itself: an implementation that rounds says so by its type.
pub trait Scalar:
    Clone + PartialOrd + NumRef + NumAssignRef + Neg<Output = Self> + Debug + Send + Sync
{
    /// The value of `q` in this number system: exact for [`Q`], rounded to nearest for floats.
    fn from_rational(q: &Q) -> Self;

    /// The integer `n`: exact for [`Q`], and for floats up to 2^53.
    fn from_integer(n: i64) -> Self;

    /// Is the number greater than zero?
    fn is_positive(&self) -> bool {
        *self > Self::zero()
    }

    /// `self * factor`.
    fn multiplied_by(&self, factor: &Self) -> Self {
        self.clone() * factor
    }
}

impl Scalar for Q {
    fn from_rational(q: &Q) -> Self {
        q.clone()
    }

    fn from_integer(n: i64) -> Self {
        Q::from_integer(n.into())
    }

    fn is_positive(&self) -> bool {
        num_traits::Signed::is_positive(self)
    }

    fn multiplied_by(&self, factor: &Self) -> Self {
        self * factor
    }
}
