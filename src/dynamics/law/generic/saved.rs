//! The states of the engine for every problem as bytes.

use super::super::LawLimits;
use super::super::saved::{In, Out, SavedError, ensure};
use super::{GenericSpace, Known, key};
use crate::dynamics::path::longest;
use crate::dynamics::state::State;
use crate::number::Matrix;
use crate::problem::{AtomTable, Problem};
use std::sync::Arc;

/// Flags of a state.
const SETTLED: u8 = 1;
const LUMP: u8 = 2;

impl GenericSpace<'_> {
    /// Writes the states, their accuracies and the weights of their moves.
    pub(super) fn save_states(&self, out: &mut Out<'_>) {
        self.weights.save(out);
        self.accuracies.save(out);
        out.count(self.states.len());
        for known in &self.states {
            let settled = if known.is_settled { SETTLED } else { 0 };
            let lump = if known.is_lump { LUMP } else { 0 };
            out.byte(settled | lump);
            out.number(known.accuracy.into());
            let weights = known.state.weights.entries().iter();
            weights
                .chain(&known.state.head)
                .for_each(|number| out.rational(number));
        }
        self.losses.save(out);
    }

    fn restore_state(&mut self, id: u32, input: &mut In<'_>) -> Result<(), SavedError> {
        let reason = "a state does not fit the problem";
        let flags = input.byte()?;
        ensure(flags <= SETTLED | LUMP, reason)?;
        let (is_settled, is_lump) = (flags & SETTLED != 0, flags & LUMP != 0);
        ensure(self.merge || !is_lump, "a merged state where none is")?;
        let accuracy = input.number()?;
        ensure(accuracy < self.accuracies.len() as u64, reason)?;
        let accuracy = accuracy as u32;
        let (n, width) = (self.problem.n_filters(), self.problem.n_patterns());
        let mut numbers = |count: usize| (0..count).map(|_| input.reduced()).collect();
        let weights: Result<Vec<_>, _> = numbers(n * width);
        let head: Result<Vec<_>, _> = numbers(n);
        let weights = Matrix::from_vec(n, width, weights?);
        let state = State {
            weights: weights.ok_or(SavedError::new(reason))?,
            head: head?,
        };
        let bits = longest(&state);
        let key = match is_lump {
            true => (Vec::new(), Some((accuracy, is_settled))),
            false => (key(state.weights.entries().iter().chain(&state.head)), None),
        };
        let is_new = self.ids.insert(key, id).is_none();
        ensure(bits <= self.max_bits && is_new, reason)?;
        self.states.push(Known {
            state,
            accuracy,
            is_settled,
            is_lump,
            bits,
        });
        Ok(())
    }
}

impl<'p> GenericSpace<'p> {
    /// Reads the states of a problem, whose batches must not be too many ([`GenericSpace::too_many_batches`]).
    ///
    /// # Errors
    /// If they are none of this problem.
    ///
    /// # Cost
    /// One gcd for each number of a state that is not whole.
    pub(in super::super) fn restore(
        problem: &'p Problem,
        table: Arc<AtomTable>,
        merge: bool,
        limits: &LawLimits,
        input: &mut In<'_>,
    ) -> Result<Self, SavedError> {
        let space = GenericSpace::new(problem, table, merge, limits);
        let start = |_| SavedError::new("the problem has a first state that is too long");
        let mut space = space.map_err(start)?;
        space.weights.restore(input)?;
        space.accuracies.restore(input)?;
        space.states.clear();
        space.ids.clear();
        let count = input.count(1)?;
        ensure(count > 0, "no state is there")?;
        for id in 0..count as u32 {
            space.restore_state(id, input)?;
        }
        space.losses.restore(input, count, problem.n_filters())?;
        Ok(space)
    }
}
