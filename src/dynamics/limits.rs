//! Limits of exact work, and how one that is reached is told.

use thiserror::Error;

/// Limits of exact work. They count digits and operations, never seconds, so the same problem stops
/// at the same place on every machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Largest number of bits of any common denominator or numerator of the state.
    pub max_bits: u64,
    /// Largest number of elementary operations on machine words that one call may take (estimated).
    pub max_work: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_bits: 200_000,
            max_work: 20_000_000_000,
        }
    }
}

/// A limit that stopped exact work.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("stopped at step {t}: {limit}")]
pub struct Stop {
    /// The limit, in words.
    pub limit: String,
    /// The last step that was finished.
    pub t: u64,
}
