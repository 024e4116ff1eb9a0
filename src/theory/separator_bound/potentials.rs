//! The inequalities of T14 compared after every update of a path.

use super::super::evidence::Watcher;
use super::super::prelude::*;
use super::super::whole_norm::WholeNorm;
use super::Claim;
use super::constants::Constants;
use crate::dynamics::path::{ExactPath, View};
use crate::dynamics::sampler::Draw;
use crate::dynamics::state::State;
use crate::number::Scaled;
use crate::problem::separable::Separator;
use num_bigint::BigInt;
use num_traits::{Signed, Zero};

/// F.
pub(super) const PRODUCT: Clause = Clause::new("F - F(0) >= eta A M", AtLeast);

/// `|W|^2`.
pub(super) const NORM: Clause =
    Clause::new("|W|^2 <= |W(0)|^2 + M (2 eta + eta^2 A rho^2)", AtMost);

/// `|W|^2`, by T14s.
pub(super) const SHARP: Clause =
    Clause::new("|W|^2 <= |W(0)|^2 + 2 eta M + eta kappa (F - F(0))", AtMost);

/// The inequality in M.
const BOUND: Clause = Clause::new(
    "(F(0) + eta A M)^2 <= A |w*|^2 (|W(0)|^2 + M (2 eta + eta^2 A rho^2))",
    AtMost,
);

/// F and `|W|^2` of a state, and what is claimed of them.
#[derive(Debug)]
pub(super) struct Potentials<'c> {
    constants: &'c Constants,
    separator: &'c Separator,
    problem: &'c Problem,
    /// `a_j c_p`, n x P.
    product: Scaled,
    /// `|W|^2`.
    norm: WholeNorm<'c>,
}

impl<'c> Potentials<'c> {
    pub(super) fn new(problem: &'c Problem, claim: &'c Claim) -> Self {
        Self::of(problem, &claim.constants, &claim.separator)
    }

    pub(super) fn of(
        problem: &'c Problem,
        constants: &'c Constants,
        separator: &'c Separator,
    ) -> Self {
        let head = problem.network().head.iter();
        let cells = head.flat_map(|a| separator.coefficients.iter().map(move |c| a * c));
        Potentials {
            constants,
            separator,
            problem,
            product: Scaled::new(cells.collect::<Vec<Q>>().iter()),
            norm: WholeNorm::new(problem),
        }
    }

    /// F and `|W|^2`.
    fn values(&self, path: &ExactPath<'_>) -> [Q; 2] {
        let product = match path.view() {
            View::Integers {
                denominator,
                weights,
            } => self.of_integers(denominator, weights),
            View::Rational(state) => self.of_state(state),
        };
        [product, self.norm.on(path)]
    }

    fn of_integers(&self, denominator: &BigInt, weights: &[i64]) -> Q {
        let cells = self.product.numerators.iter().zip(weights);
        let product: BigInt = cells.map(|(c, &z)| c * z).sum();
        Q::new(product, denominator * &self.product.denominator)
    }

    fn of_state(&self, state: &State<Q>) -> Q {
        let head = &self.problem.network().head;
        let rows = head.iter().zip(state.weights.iter_rows());
        let inner = |row: &[Q]| -> Q {
            let pairs = row.iter().zip(&self.separator.coefficients);
            pairs.map(|(z, c)| z * c).sum()
        };
        rows.map(|(a, row)| a * inner(row)).sum()
    }

    /// The inequalities in a state after open gates of mass `mu` (their number, where one sample is a step).
    pub(super) fn in_state(&self, state: &State<Q>, mu: &Q) -> Result<(), Box<Violation>> {
        self.compare(mu, &[self.of_state(state), self.norm.of(state)])
    }

    fn compare(&self, mu: &Q, [product, norm]: &[Q; 2]) -> Result<(), Box<Violation>> {
        let constants = self.constants;
        let place = || Place::of(Course::Cases);
        let grown = &constants.growth * mu;
        let most = &constants.start + &constants.gain * mu;
        NORM.check(place(), &most, norm)?;
        let risen = product - &constants.product;
        PRODUCT.check(place(), &grown, &risen)?;
        if let Some(rate) = &constants.rate {
            let sharp = &constants.start + &constants.margin_gain * mu + rate * risen;
            SHARP.check(place(), &sharp, norm)?;
        }
        let reached = grown + &constants.product;
        if reached.is_positive() {
            let bound = &constants.squares * &self.separator.norm_squared * most;
            BOUND.check(place(), &bound, &(&reached * &reached))?;
        }
        Ok(())
    }
}

/// Follows one path.
#[derive(Debug, Clone)]
pub(super) struct Tracker<'c> {
    potentials: &'c Potentials<'c>,
    /// Open gates so far, as fractions of a batch.
    pub(super) mu: Q,
}

impl<'c> Tracker<'c> {
    pub(super) fn new(potentials: &'c Potentials<'c>) -> Self {
        Tracker {
            potentials,
            mu: Q::zero(),
        }
    }
}

impl Watcher for Tracker<'_> {
    fn observe(&mut self, path: &ExactPath<'_>, _batch: &[Draw]) -> Result<(), Box<Violation>> {
        if !path.gates().any_open() {
            return Ok(());
        }
        self.mu = Label::BOTH.iter().map(|&y| path.gate_sum(y)).sum();
        self.potentials
            .compare(&self.mu, &self.potentials.values(path))
    }
}
