//! `accuracy`: at step t of the expected dynamics `P(y f(X) > 0)` is this number; a tie is an error.
//!
//! Recomputed image by image at the recomputed state; no theorem is needed.

use super::*;

pub fn check(model: &Model, state: &State, claimed: &Q) -> Checked<Confirmed> {
    agree(Quantity::Accuracy, claimed, &model.accuracy(state)?)
}
