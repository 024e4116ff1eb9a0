//! The expected dynamics: gradient descent on the population loss, in exact arithmetic.

use super::gradient::{Model, Sample};
use super::state::State;
use crate::number::Q;
use crate::problem::{AtomTable, Problem};
use num_bigint::BigInt;
use num_traits::Zero;
use std::sync::Arc;
use thiserror::Error;

/// Limits of exact work. They count digits and operations, never seconds, so the same problem stops
/// at the same place on every machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Largest number of bits of any denominator of the state.
    pub max_bits: u64,
    /// Largest number of elementary operations on machine words that one call may take (estimated).
    pub max_work: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_bits: 1_000_000,
            max_work: 200_000_000_000,
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

/// The expected dynamics of a problem at one step, moved forward on demand.
#[derive(Debug, Clone)]
pub struct Expected<'p> {
    problem: &'p Problem,
    model: Model<Q>,
    table: Arc<AtomTable>,
    t: u64,
    state: State<Q>,
    open_mass: [Q; 2],
}

/// The state as integers over one common denominator.
#[derive(Debug, Clone, Copy)]
pub struct IntegerState<'a> {
    /// The common denominator, the same at every step.
    pub denominator: &'a BigInt,
    /// Numerators of the pattern coordinates, n x P, row by row.
    pub weights: &'a [i64],
}

impl<'p> Expected<'p> {
    /// The dynamics at step 0.
    ///
    /// # Errors
    /// [`Stop`] if the distribution is too large for what the loss needs.
    pub fn new(problem: &'p Problem, _limits: &Limits) -> Result<Self, Stop> {
        let table = problem.distribution.atoms().map_err(|e| Stop {
            limit: e.to_string(),
            t: 0,
        })?;
        Ok(Expected {
            problem,
            model: Model::new(problem),
            table,
            t: 0,
            state: State::initial(problem),
            open_mass: [Q::zero(), Q::zero()],
        })
    }

    /// The current step.
    pub fn t(&self) -> u64 {
        self.t
    }

    /// The exact state at the current step.
    pub fn state(&self) -> State<Q> {
        self.state.clone()
    }

    /// The weights as machine integers over one constant denominator, where the engine runs on them
    /// (fixed head, binary gates, piecewise linear activation, and no overflow so far).
    pub fn integers(&self) -> Option<IntegerState<'_>> {
        None
    }

    /// Sum over the steps so far of `E[1(label) g]`, the gate's mass on each label (mu_+ and mu_-).
    pub fn open_mass(&self) -> [Q; 2] {
        self.open_mass.clone()
    }

    /// Is the gate of every atom open (not 0) at the current state?
    ///
    /// # Errors
    /// [`Stop`] if it cannot be decided within the limits.
    pub fn all_gates_open(&mut self) -> Result<bool, Stop> {
        Ok(self.table.atoms().iter().all(|a| {
            !self
                .model
                .gate(&self.model.margin(&self.state, a.label, &a.counts))
                .is_zero()
        }))
    }

    /// Moves one step.
    ///
    /// # Errors
    /// [`Stop`] at a limit; the state is then still the one before.
    pub fn step(&mut self) -> Result<(), Stop> {
        let batch = self.table.atoms().iter().map(|atom| Sample {
            label: atom.label,
            counts: &atom.counts,
            weight: &atom.probability,
        });
        let gradient = self.model.gradient(&self.state, batch);
        for (atom, gate) in self.table.atoms().iter().zip(&gradient.gates) {
            self.open_mass[atom.label.index()] += gate * &atom.probability;
        }
        self.model.apply(&mut self.state, &gradient);
        self.t += 1;
        Ok(())
    }

    /// Moves to step `t`, jumping over stretches where nothing changes its course; does nothing if
    /// `t` is not ahead.
    ///
    /// # Errors
    /// [`Stop`] at a limit; the state is then the last one that was reached.
    pub fn advance_to(&mut self, t: u64) -> Result<(), Stop> {
        while self.t < t {
            self.step()?;
        }
        Ok(())
    }

    /// Accuracy `P(y f(X) > 0)` at the current state.
    ///
    /// # Errors
    /// [`Stop`] if the atoms are too many.
    pub fn accuracy(&self) -> Result<Q, Stop> {
        let mut total = Q::zero();
        for a in self.table.atoms() {
            let margin = self.model.margin(&self.state, a.label, &a.counts);
            if num_traits::Signed::is_positive(&margin) {
                total += &a.probability;
            }
        }
        Ok(total)
    }

    /// Population loss at the current state.
    ///
    /// # Errors
    /// [`Stop`] if the atoms are too many.
    pub fn loss(&self) -> Result<Q, Stop> {
        let mut total = Q::zero();
        for a in self.table.atoms() {
            let margin = self.model.margin(&self.state, a.label, &a.counts);
            total += self.model.loss(&margin) * &a.probability;
        }
        Ok(total)
    }

    /// The problem.
    pub fn problem(&self) -> &'p Problem {
        self.problem
    }
}
