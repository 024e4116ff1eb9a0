//! `path`: along these samples, a batch a step, SGD ends at this state, and at `updates` steps some gate of the
//! batch was not 0.
//!
//! Recomputed step by step; no theorem is needed.

use super::*;

pub fn check(
    model: &Model,
    samples: &[Vec<Natural>],
    weights: &[Vec<Number>],
    head: &[Number],
    updates: u64,
) -> Checked<Confirmed> {
    let end = model.path(samples)?;
    agree(Quantity::Updates, &int(updates), &int(end.updates))?;
    state::check(model, &end.state, weights, head)
}
