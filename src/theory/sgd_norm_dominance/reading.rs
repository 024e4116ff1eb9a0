//! What T4's condition implies, read on a problem whether T4 applies to it or not.

use super::setting::{Form, Setting};
use crate::theory::prelude::*;

/// T4's condition on a problem, in the stated form.
#[derive(Clone)]
pub struct Reading(Setting);

impl Reading {
    /// With r key patches, whatever the images have; `None` where a walk is too long to be written out.
    pub fn new(problem: &Problem, r: u32) -> Option<Self> {
        Setting::read_with(problem, r).ok().map(Reading)
    }

    /// The background patterns, as indices in `0..K`, in groups whose walks have the same law: they share a lambda.
    pub fn groups(&self) -> Vec<&[usize]> {
        let groups = self.0.groups.iter();
        groups.map(|group| &group.members[..]).collect()
    }

    /// The left side: the least squared norm of a winner, given b_+ and b_-; 0 without a winner.
    pub fn least_winner(&self, counts: [u64; 2]) -> Q {
        self.0.least_winner(Form::Stated, counts)
    }

    /// The right side without `R^2`: the largest squared norm of a loser, given lambda for each group; 0 without a loser.
    pub fn largest_loser(&self, lambda: &[u64]) -> Q {
        self.0.largest_loser(Form::Stated, lambda)
    }
}
