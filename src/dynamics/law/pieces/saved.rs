//! The values of pieces as bytes. What follows from a value (its sums, its hash) is computed again.

use super::super::saved::{In, Out, SavedError, ensure};
use super::{Kills, MAX_DENSE, MAX_ROW, Piece, Pieces, UNKNOWN};
use crate::dynamics::path::MAX_NUMERATOR;

impl Piece {
    /// Writes the moves that are known.
    fn save_moves(&self, n_pushes: usize, out: &mut Out<'_>) {
        if n_pushes > MAX_ROW {
            let mut moves: Vec<_> = self.sparse_next.iter().collect();
            moves.sort_unstable();
            out.ids(moves.iter().map(|((id, _), _)| *id));
            out.ids(moves.iter().map(|((_, push), _)| *push));
            out.ids(moves.iter().map(|(_, next)| **next));
        } else {
            if n_pushes > MAX_DENSE {
                out.optional_ids(self.rows.iter().copied());
            }
            out.optional_ids(self.next.iter().copied());
        }
        let mut kills: Vec<_> = self.kills.iter().collect();
        kills.sort_unstable();
        out.count(kills.len());
        for (&(id, push), kills) in kills {
            out.number(id.into());
            out.number(push.into());
            out.count(kills.len());
            for (filter, square) in kills {
                out.number((*filter).into());
                out.integer(square);
            }
        }
    }

    /// Reads the moves that are known; gives the bytes that they take beside what the values take.
    fn restore_moves(&mut self, n_pushes: usize, input: &mut In<'_>) -> Result<u64, SavedError> {
        let reason = "the moves of a piece do not fit its values";
        let values = self.len();
        let mut bytes = 0;
        if n_pushes > MAX_ROW {
            let ids = input.ids(values, reason)?;
            let pushes = input.ids(n_pushes, reason)?;
            let next = input.ids(values, reason)?;
            ensure(
                ids.len() == next.len() && pushes.len() == next.len(),
                reason,
            )?;
            let moves = ids.into_iter().zip(pushes).zip(next);
            self.sparse_next = moves.collect();
            bytes = 16 * self.sparse_next.len() as u64;
        } else if n_pushes > MAX_DENSE {
            // More rows than values there are none.
            self.rows = input.optional_ids(values, reason)?;
            self.next = input.optional_ids(values, reason)?;
            let rows = self.next.len() / n_pushes;
            let whole = rows * n_pushes == self.next.len() && self.rows.len() == values;
            let known = |&row: &u32| row == UNKNOWN || (row as usize) < rows;
            ensure(whole && self.rows.iter().all(known), reason)?;
            bytes = 4 * self.next.len() as u64;
        } else {
            self.next = input.optional_ids(values, reason)?;
            ensure(self.next.len() == values * n_pushes, reason)?;
        }
        for _ in 0..input.count(3)? {
            let id = input.up_to(u32::MAX.into(), reason)? as u32;
            let push = input.up_to(u32::MAX.into(), reason)? as u32;
            let mut kills = Kills::new();
            for _ in 0..input.count(3)? {
                let filter = input.number()?;
                let own = self.first as u64..(self.first + self.n) as u64;
                ensure(own.contains(&filter), reason)?;
                kills.push((filter as u32, input.integer()?));
            }
            self.kills.insert((id, push), kills);
        }
        Ok(bytes)
    }

    fn clear(&mut self) {
        self.cells.clear();
        self.sums.clear();
        self.narrow_sums.clear();
        self.inert.clear();
        self.mix.clear();
        self.next.clear();
        self.rows.clear();
        self.sparse_next.clear();
        self.index.clear();
        self.kills.clear();
    }
}

impl Pieces {
    /// Writes the values and the moves that are known.
    pub(in super::super) fn save(&self, out: &mut Out<'_>) {
        for piece in &self.pieces {
            out.count(piece.len());
            piece.cells.iter().for_each(|&cell| out.signed(cell));
            piece.save_moves(self.components[piece.component].n_pushes(), out);
        }
        out.number(self.work);
    }

    /// Reads them in place of those that are there.
    ///
    /// # Errors
    /// If they are none of these pieces.
    ///
    /// # Cost
    /// A few operations for each coordinate of a value.
    pub(in super::super) fn restore(&mut self, input: &mut In<'_>) -> Result<(), SavedError> {
        self.pieces.iter_mut().for_each(Piece::clear);
        (self.bytes, self.is_narrow) = (0, true);
        for at in 0..self.pieces.len() {
            self.restore_values(at, input)?;
            let piece = &mut self.pieces[at];
            let n_pushes = self.components[piece.component].n_pushes();
            // The moves are read as one, and not row by row.
            piece.next.clear();
            self.bytes += piece.restore_moves(n_pushes, input)?;
        }
        self.work = input.number()?;
        Ok(())
    }

    fn restore_values(&mut self, at: usize, input: &mut In<'_>) -> Result<(), SavedError> {
        let piece = &self.pieces[at];
        let size = piece.size(self.components[piece.component].len());
        let mut cells = vec![0; size];
        let count = input.count(size)?;
        ensure(count > 0, "a piece without values")?;
        for id in 0..count {
            for cell in &mut cells {
                *cell = input.signed()?;
                let fits = cell.unsigned_abs() <= MAX_NUMERATOR as u64;
                ensure(fits, "a coordinate leaves the machine integers")?;
            }
            let is_new = self
                .value(at, &cells)
                .is_ok_and(|found| found as usize == id);
            ensure(is_new, "a value of a piece comes twice")?;
        }
        Ok(())
    }
}
