//! What T5's condition allows, read on a problem whether T5 applies to it or not.

use super::events::{Events, stated};
use crate::problem::Problem;

/// T5's condition on a problem, in the stated form.
pub struct Reading(Events);

impl Reading {
    /// With r key patches, whatever the images have, but no more than an image has patches.
    pub fn new(problem: &Problem, r: u32) -> Self {
        let r = r.min(problem.distribution().max_patches());
        Reading(Events::new(problem, r, &stated(problem, r)))
    }

    /// The largest lambda_k of each background pattern with which b_+ and b_- satisfy the condition; `None` if they satisfy
    /// it with none.
    pub fn largest_walks(&self, counts: [u64; 2]) -> Option<Vec<u64>> {
        self.0.largest_lambdas(counts)
    }
}
