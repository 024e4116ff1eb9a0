//! A level, and what the levels before it gave, as bytes.

use super::super::LawLimits;
use super::super::lattice::{restore_rows, save_rows};
use super::super::limbs;
use super::super::saved::{In, Out, SavedError, ensure};
use super::{Level, Levels, NONE};
use crate::problem::{AtomTable, Problem};
use num_traits::Zero;

impl Levels<'_> {
    /// Writes the level and what is known before it.
    pub(in super::super) fn save(&self, out: &mut Out<'_>) {
        self.automaton.save(out);
        out.number(self.work);
        out.count(self.n_moves);
        out.number(self.depth);
        out.count(self.states);
        out.rational(&self.expected);
        out.rational(&self.ever);
        out.natural(&self.base);
        let level = &self.level;
        save_rows(&level.rows, &self.automaton, out);
        out.natural(&level.denominator);
        out.optional_ids(level.places.iter().copied());
        out.words(&level.words);
    }
}

impl<'a> Levels<'a> {
    /// Reads the level of a problem.
    ///
    /// # Errors
    /// If it is none of this problem, or beyond the limits.
    ///
    /// # Cost
    /// A few looks at every state of the level.
    pub(in super::super) fn restore(
        problem: &Problem,
        table: &AtomTable,
        limits: &'a LawLimits,
        input: &mut In<'_>,
    ) -> Result<Self, SavedError> {
        let reason = "the levels do not fit the problem";
        let levels = Levels::new(problem, table, limits);
        let mut levels = levels.ok_or(SavedError::new("the problem has no levels"))?;
        levels.automaton.restore(input)?;
        // It goes beyond its limit before that is seen.
        levels.work = input.number()?;
        levels.n_moves = input.up_to(limits.max_transitions as u64, reason)? as usize;
        levels.depth = input.up_to(u64::MAX / 2, reason)?;
        levels.states = input.up_to(limits.max_states as u64, reason)? as usize;
        levels.expected = input.reduced()?;
        levels.ever = input.reduced()?;
        levels.base = input.natural()?;
        levels.restore_level(input)?;
        ensure(!levels.base.is_zero(), reason)?;
        Ok(levels)
    }

    fn restore_level(&mut self, input: &mut In<'_>) -> Result<(), SavedError> {
        let reason = "the states of a level do not fit together";
        let mut level = Level::new(self.level.rows.width());
        level.rows = restore_rows(input, &self.automaton, None)?;
        level.rows.hash_all(|row| self.automaton.hash(row));
        let states = level.rows.len();
        level.denominator = input.natural()?;
        let bits = level.denominator.bits();
        ensure(bits > 0 && bits <= self.limits.max_bits, reason)?;
        level.stride = limbs::words_for(&level.denominator);
        level.places = input.optional_ids(states, reason)?;
        level.words = input.words()?;
        let places = level.words.len() / level.stride;
        let known = |&place: &u32| place == NONE || (place as usize) < places;
        let fits = level.places.len() == states
            && level.places.iter().all(known)
            && level.words.len() == places * level.stride
            && !level.places.is_empty();
        ensure(fits, reason)?;
        self.level = level;
        Ok(())
    }
}
