//! What is said of hitting times.

use crate::dynamics::limits::Stop;
use crate::number::Q;
use thiserror::Error;

/// What becomes of SGD under a loss that ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absorption {
    /// Distinct states that can be reached.
    pub states: u64,
    /// The most steps with an open gate that any path can make.
    pub longest_path: u64,
    /// The expected first step with accuracy 1; 0 if it is 1 from the start.
    pub expected_steps_to_perfect: Q,
    /// The probability of ever reaching accuracy 1.
    pub p_ever_perfect: Q,
}

/// Why there is no [`Absorption`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AbsorptionStop {
    /// A condition fails; the text names it.
    #[error("not applicable: {0}")]
    NotApplicable(String),
    /// A limit was reached.
    #[error(transparent)]
    Limit(#[from] Stop),
}
