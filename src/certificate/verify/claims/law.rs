//! `law`: under SGD with one sample a step, the accuracy at step t is 1 with exactly this probability.
//!
//! Recomputed forwards by [`crate::certificate::verify::chain`]; no theorem is needed.

use super::*;
use crate::certificate::verify::chain::{Looks, probability};

pub fn check(model: &Model, t: u64, claimed: &Q) -> Checked<Confirmed> {
    let perfect = probability(model, t, t, Looks::default(), &mut |_, state, _| {
        Ok(model.accuracy(state)?.is_one())
    });
    agree(Quantity::Perfect, claimed, &perfect?)
}
