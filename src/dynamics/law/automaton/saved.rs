//! The automaton's sets of open gates and their moves as bytes.

use super::super::saved::{In, Out, SavedError, ensure};
use super::{Automaton, Class, Moves};
use std::collections::BTreeSet;

impl Automaton {
    /// The classes in one order, whatever the hash map does.
    pub(in super::super) fn classes(&self) -> Vec<Class> {
        let classes = self.classes.values();
        let distinct: BTreeSet<(u32, u32)> = classes.map(|c| (c.open, c.accuracy)).collect();
        let classes = distinct.into_iter();
        classes
            .map(|(open, accuracy)| Class { accuracy, open })
            .collect()
    }

    /// How many values each piece has.
    pub(in super::super) fn ends(&self) -> Vec<u32> {
        let pieces = 0..self.pieces.len();
        pieces.map(|i| self.pieces.n_values(i) as u32).collect()
    }

    /// Writes what was found on the way.
    pub(in super::super) fn save(&self, out: &mut Out<'_>) {
        self.pieces.save(out);
        self.weights.save(out);
        self.accuracies.save(out);
        out.ids(self.action_starts.iter().copied());
        out.ids(self.action_entries.iter().map(|e| e.0));
        out.ids(self.action_entries.iter().map(|e| e.1));
        self.save_moves(out);
        let mut classes: Vec<_> = self.classes.iter().collect();
        classes.sort_unstable_by_key(|(bits, class)| (class.open, &bits[..]));
        out.ids(classes.iter().map(|(_, class)| class.open));
        let words = self.n_atoms.div_ceil(64);
        for (bits, _) in classes {
            out.words(&bits[words..]);
        }
    }

    /// Writes the sets of open gates by their ids, with their moves.
    fn save_moves(&self, out: &mut Out<'_>) {
        let mut open: Vec<_> = self.open_ids.iter().map(|(bits, &id)| (id, bits)).collect();
        open.sort_unstable();
        out.count(open.len());
        open.iter().for_each(|(_, bits)| out.words(bits));
        let moves = self.moves.iter();
        out.ids(moves.map(|moves| moves.actions.len() as u32));
        let actions: Vec<_> = self.moves.iter().flat_map(|m| &m.actions).collect();
        out.ids(actions.iter().map(|action| action.0));
        out.ids(actions.iter().map(|action| action.1));
        let still = self.moves.iter();
        out.optional_ids(still.map(|moves| moves.still.unwrap_or(u32::MAX)));
    }

    /// Reads it in place of what is there.
    ///
    /// # Errors
    /// If it is nothing of this automaton.
    ///
    /// # Cost
    /// That of [`Pieces::restore`](super::Pieces), and one look at each atom for each class.
    pub(in super::super) fn restore(&mut self, input: &mut In<'_>) -> Result<(), SavedError> {
        self.pieces.restore(input)?;
        self.weights.restore(input)?;
        self.accuracies.restore(input)?;
        self.restore_actions(input)?;
        self.restore_moves(input)?;
        let known = self.accuracies.len();
        let open = input.ids(self.moves.len(), "a set of open gates is not there")?;
        self.classes.clear();
        let mut sets: Vec<&[u64]> = vec![&[]; self.moves.len()];
        for (bits, &id) in &self.open_ids {
            sets[id as usize] = bits;
        }
        for open in open {
            let right = self.read_set(input)?;
            let bits = [sets[open as usize], &right].concat();
            let covered = (0..self.n_atoms).all(|i| {
                let in_set = |set: &[u64]| set[i / 64] >> (i % 64) & 1 == 1;
                in_set(sets[open as usize]) || in_set(&right)
            });
            // A margin above every threshold is greater than 0.
            ensure(covered, "an atom is wrong behind a closed gate")?;
            let is_right = (0..self.n_atoms).map(|i| right[i / 64] >> (i % 64) & 1 == 1);
            let accuracy = self.accuracies.id(is_right);
            self.classes.insert(bits.into(), Class { accuracy, open });
        }
        ensure(self.accuracies.len() == known, "an accuracy is not there")
    }

    fn read_set(&self, input: &mut In<'_>) -> Result<Vec<u64>, SavedError> {
        let set = input.words()?;
        let used = self.n_atoms % 64;
        let beyond = set
            .last()
            .is_some_and(|&word| used > 0 && word >> used != 0);
        let fits = set.len() == self.n_atoms.div_ceil(64) && !beyond;
        ensure(fits, "a set of atoms is none")?;
        Ok(set)
    }

    fn restore_actions(&mut self, input: &mut In<'_>) -> Result<(), SavedError> {
        let reason = "the moves do not fit the pieces";
        let starts = input.ids(usize::MAX, reason)?;
        let pieces = input.ids(self.pieces.len(), reason)?;
        let pushes = input.ids(usize::MAX, reason)?;
        let ascend = starts.is_sorted() && starts.first() == Some(&0);
        let is_last = starts
            .last()
            .is_some_and(|&end| end as usize == pieces.len());
        ensure(ascend && is_last && pushes.len() == pieces.len(), reason)?;
        let mut entries = pieces.into_iter().zip(pushes);
        let fits = |(piece, push): (u32, u32)| (push as usize) < self.pieces.n_pushes(piece);
        ensure(entries.clone().all(fits), reason)?;
        self.action_entries.clear();
        self.action_entries.extend(&mut entries);
        self.action_ids.clear();
        if self.batch > 1 {
            let bounds = starts.windows(2).map(|w| w[0] as usize..w[1] as usize);
            for (action, bounds) in (0u32..).zip(bounds) {
                let entries = self.action_entries[bounds].to_vec();
                self.action_ids.insert(entries, action);
            }
        }
        self.action_starts = starts;
        Ok(())
    }

    fn restore_moves(&mut self, input: &mut In<'_>) -> Result<(), SavedError> {
        let reason = "the moves of the open gates do not fit together";
        self.open_ids.clear();
        self.moves.clear();
        for id in 0..input.count(1)? as u32 {
            let set = self.read_set(input)?;
            let open = (0..self.n_atoms).filter(|&i| set[i / 64] >> (i % 64) & 1 == 1);
            self.moves.push(Moves {
                open_weight: open.map(|i| &self.accuracies.atoms[i]).sum(),
                ..Moves::default()
            });
            let is_new = self.open_ids.insert(set.into(), id).is_none();
            ensure(is_new, "a set of open gates comes twice")?;
        }
        let (n, weights) = (self.moves.len(), self.weights.len());
        let counts = input.ids(usize::MAX, reason)?;
        let actions = input.ids(self.action_starts.len() - 1, reason)?;
        let of_actions = input.ids(weights, reason)?;
        let still = input.optional_ids(weights, reason)?;
        let total: usize = counts.iter().map(|&count| count as usize).sum();
        let fits = counts.len() == n && still.len() == n;
        ensure(
            fits && actions.len() == total && of_actions.len() == total,
            reason,
        )?;
        let mut all = actions.into_iter().zip(of_actions);
        for ((moves, count), still) in self.moves.iter_mut().zip(counts).zip(still) {
            moves.actions = all.by_ref().take(count as usize).collect();
            moves.still = (still != u32::MAX).then_some(still);
        }
        Ok(())
    }
}
