//! The inequalities of T6c compared after every update of a path: norms, winners' keys, and both together.

use super::super::evidence::Watcher;
use super::super::prelude::*;
use super::super::whole_norm::WholeNorm;
use super::Claim;
use crate::dynamics::path::ExactPath;
use crate::dynamics::sampler::Draw;
use crate::dynamics::state::State;
use num_traits::Zero;

/// `|W|^2`.
pub(super) const NORM: Clause =
    Clause::new("|W|^2 <= |W(0)|^2 + mu (theta eta + eta^2 A rho^2)", AtMost);

/// The keys of the winners.
pub(super) const GROWN: Clause =
    Clause::new("a winner's Z - Z(0) >= eta r |a_j| |v_y|^2 mu_y", AtLeast);

/// They never decrease.
const RISING: Clause = Clause::new("a winner's key, beside itself before", AtLeast);

/// Both labels together.
const LABELS: Clause = Clause::new("T6c, its right side minus its left side", AtLeast);

/// The inequality in mu alone.
const TOGETHER: Clause = Clause::new(
    "H (eta r mu)^2 <= |W(0)|^2 - S + mu (theta eta + eta^2 A rho^2)",
    AtMost,
);

/// Nothing moves where every gate is closed.
const STILL: Clause = Clause::new("coordinates moved by a step with every gate closed", Equal);

/// A winner's key.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub(super) filter: usize,
    pub(super) label: Label,
    /// Z at the start.
    pub(super) start: Q,
    /// By how much it grows, at least, for each unit of `mu_y`.
    pub(super) pace: Q,
    /// `|v_y|^2`.
    pub(super) length_squared: Q,
}

/// What is claimed of a state.
pub(super) struct Inequalities<'c> {
    claim: &'c Claim,
    harmonic: Q,
    norm: WholeNorm<'c>,
}

impl<'c> Inequalities<'c> {
    pub(super) fn new(problem: &'c Problem, claim: &'c Claim) -> Self {
        Inequalities {
            claim,
            harmonic: claim.sharp.harmonic().unwrap_or_default(),
            norm: WholeNorm::new(problem),
        }
    }

    /// The inequalities in a state after open gates of this mass.
    pub(super) fn in_state(&self, state: &State<Q>, mu: &[Q; 2]) -> Result<(), Box<Violation>> {
        self.compare(mu, &self.norm.of(state))?;
        let keys = self.claim.keys.iter();
        let mut keys = keys.map(|key| (key, &state.weights[(key.filter, key.label.index())]));
        keys.try_for_each(|(key, z)| grown(key, z, mu))
    }

    /// Those about norms and mass.
    fn compare(&self, mu: &[Q; 2], norm: &Q) -> Result<(), Box<Violation>> {
        let sharp = &self.claim.sharp;
        let total = &mu[0] + &mu[1];
        let gained = &sharp.gain * &total;
        NORM.check(anywhere(), &(&self.claim.start + &gained), norm)?;
        if !sharp.holds(mu) {
            LABELS.check(anywhere(), &Q::zero(), &sharp.slack(mu))?;
        }
        let grown = &sharp.rate * &total;
        let left = &self.harmonic * &grown * &grown;
        TOGETHER.check(anywhere(), &(&sharp.rest + gained), &left)
    }
}

/// A winner's key after open gates of this mass.
fn grown(key: &Key, z: &Q, mu: &[Q; 2]) -> Result<(), Box<Violation>> {
    let least = &key.pace * &mu[key.label.index()];
    GROWN.check(anywhere().filter(key.filter), &least, &(z - &key.start))
}

/// A state; who asks knows which.
fn anywhere() -> Place {
    Place::of(Course::Cases)
}

/// Follows one path.
#[derive(Clone)]
pub(super) struct Tracker<'c> {
    inequalities: &'c Inequalities<'c>,
    /// Open gates so far, as fractions of a batch, by label.
    mu: [Q; 2],
    /// The winners' keys.
    keys: Vec<Q>,
}

impl<'c> Tracker<'c> {
    pub(super) fn new(inequalities: &'c Inequalities<'c>) -> Self {
        let keys = inequalities.claim.keys.iter();
        Tracker {
            mu: [Q::zero(), Q::zero()],
            keys: keys.map(|key| key.start.clone()).collect(),
            inequalities,
        }
    }

    /// mu.
    pub(super) fn mass(&self) -> Q {
        &self.mu[0] + &self.mu[1]
    }
}

impl Watcher for Tracker<'_> {
    fn observe(&mut self, path: &ExactPath<'_>, _batch: &[Draw]) -> Result<(), Box<Violation>> {
        if !path.gates().any_open() {
            // Nothing moves: no column was touched.
            let moved = integer(path.touched().len() as u64);
            return STILL.check(anywhere(), &Q::zero(), &moved);
        }
        self.mu = Label::BOTH.map(|y| path.gate_sum(y));
        self.inequalities
            .compare(&self.mu, &self.inequalities.norm.on(path))?;
        let keys = self.inequalities.claim.keys.iter();
        for (key, before) in keys.zip(&mut self.keys) {
            let z = path.weight(key.filter, key.label.index());
            grown(key, &z, &self.mu)?;
            RISING.check(anywhere().filter(key.filter), before, &z)?;
            *before = z;
        }
        Ok(())
    }
}
