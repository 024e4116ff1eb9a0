//! The constants of a problem whose head is trained.

use crate::problem::Loss;
use num_bigint::BigInt;

/// The constants of the problem.
#[derive(Debug, Clone)]
pub(super) struct Constants {
    pub(super) n: usize,
    pub(super) n_patterns: usize,
    pub(super) slopes: [i64; 2],
    pub(super) gram: Option<Vec<i64>>,
    /// `eta / (W sd)` and `eta / (W sd Gd)` as `e1 / q` and `e2 / q`.
    pub(super) e1: BigInt,
    pub(super) e2: BigInt,
    pub(super) q: BigInt,
    pub(super) patches: u32,
    pub(super) loss: Loss,
}
