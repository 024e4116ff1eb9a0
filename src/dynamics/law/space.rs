//! What the exploration of a chain asks of an engine, and what both engines share.

use super::pieces::Unfit;
use super::saved::{In, Out, SavedError, ensure};
use super::weights::{Accuracies, Weights};
use crate::dynamics::state::State;
use crate::number::Q;
use foldhash::fast::FixedState;
use num_bigint::BigInt;
use std::collections::HashMap;

/// States with ids in the order of their discovery; state 0 is the initial one.
pub(super) trait Space: Sync {
    /// Number of states known.
    fn len(&self) -> usize;

    /// Number of moves of a state before those with one target are merged.
    fn n_moves(&self, state: u32) -> usize;

    /// Estimated operations on machine words of one move of a state.
    fn move_work(&self, state: u32) -> u64;

    /// Estimated operations on machine words that a new state took.
    fn state_work(&self, state: u32) -> u64;

    /// Bytes of memory that a state takes, about.
    fn state_bytes(&self, state: u32) -> u64;

    /// Bytes of memory that states take together beside that, about.
    fn shared_bytes(&self) -> u64 {
        0
    }

    /// Operations on machine words that finding the states took beside that, about.
    fn shared_work(&self) -> u64 {
        0
    }

    /// What [`Unfit`] means: a limit in words, or nothing if another engine can go on.
    fn limit(&self) -> Option<String>;

    /// Does what must be done before states that were read are expanded.
    fn make_ready(&mut self) {}

    /// Calls `visit(target, weight id)` for every move of a state; targets that were not known yet
    /// become states. A target may come more than once.
    fn expand(&mut self, state: u32, visit: &mut dyn FnMut(u32, u32)) -> Result<(), Unfit>;

    /// Forgets all states but the first `len`.
    fn truncate(&mut self, len: usize);

    /// Writes whether the engine is the one of the lattice, the states, and what was found on the way to them.
    fn save(&self, out: &mut Out<'_>);

    /// The weights of moves.
    fn weights(&self) -> &Weights;

    /// The weights of moves, to add some.
    fn weights_mut(&mut self) -> &mut Weights;

    /// The accuracies of states.
    fn accuracies(&self) -> &Accuracies;

    /// Accuracy id of a state.
    fn accuracy(&self, state: u32) -> u32;

    /// Is every gate closed?
    fn is_settled(&self, state: u32) -> bool;

    /// The weights and the head of a state; `None` for merged states.
    fn state(&self, state: u32) -> Option<State<Q>>;

    /// Squared norms `|w_j|^2` of a state, one a filter; `None` for merged states.
    fn norms_squared(&self, state: u32) -> Option<Vec<Q>>;

    /// What leaves the state at its moves.
    fn losses(&self) -> &Losses;

    /// `sum over states of mass * |w_j|^2` over the kept coordinates, times `total`, one a filter,
    /// for masses (integers over `total`) of some states.
    fn mean_norms(&self, mass: &super::mass::Mass) -> Vec<Q>;
}

/// Squared norm that merging drops, as expectations: what a state is expected to lose at its next
/// step, one number a filter.
///
/// A cell that dies, and a state that freezes, never change again, so what they carry then is what
/// they carry for ever.
#[derive(Debug, Clone, Default)]
pub(super) struct Losses {
    /// What was dropped at step 0; empty for nothing.
    pub(super) initial: Vec<Q>,
    /// The distinct losses.
    pub(super) rows: Vec<Vec<Q>>,
    ids: HashMap<Vec<BigInt>, u32, FixedState>,
    /// Loss of each expanded state; [`Losses::NONE`] for nothing, as for states beyond the end.
    of_state: Vec<u32>,
}

impl Losses {
    /// No loss.
    pub(super) const NONE: u32 = u32::MAX;

    /// The id of the loss at a state's next step.
    #[inline]
    pub(super) fn of(&self, state: u32) -> u32 {
        *self.of_state.get(state as usize).unwrap_or(&Self::NONE)
    }

    /// Records the loss of a state, expanded in order.
    pub(super) fn set(&mut self, state: u32, loss: Vec<Q>) {
        if self.of_state.len() <= state as usize {
            self.of_state.resize(state as usize + 1, Self::NONE);
        }
        let next = self.rows.len() as u32;
        let id = *self.ids.entry(key(&loss)).or_insert(next);
        if id == next {
            self.rows.push(loss);
        }
        self.of_state[state as usize] = id;
    }

    /// Writes what states lose; what was dropped at step 0 follows from the problem.
    pub(super) fn save(&self, out: &mut Out<'_>) {
        out.count(self.rows.len());
        for row in &self.rows {
            out.rationals(row);
        }
        out.optional_ids(self.of_state.iter().copied());
    }

    /// Reads what so many states lose.
    ///
    /// # Errors
    /// If that is not one number for each of so many filters.
    pub(super) fn restore(
        &mut self,
        input: &mut In<'_>,
        states: usize,
        filters: usize,
    ) -> Result<(), SavedError> {
        let reason = "what merged states lose does not fit";
        for id in 0..input.count(1)? as u32 {
            let row = input.rationals()?;
            let is_new = self.ids.insert(key(&row), id).is_none();
            ensure(is_new && row.len() == filters, reason)?;
            self.rows.push(row);
        }
        self.of_state = input.optional_ids(self.rows.len(), reason)?;
        ensure(self.of_state.len() <= states, reason)
    }
}

/// What identifies rationals: their numerators and denominators, side by side.
pub(super) fn key<'a>(values: impl IntoIterator<Item = &'a Q>) -> Vec<BigInt> {
    values
        .into_iter()
        .flat_map(|q| [q.numer().clone(), q.denom().clone()])
        .collect()
}
