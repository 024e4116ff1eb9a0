//! The states of the fast engine as bytes.

use super::super::automaton::{Automaton, Class};
use super::super::rows::Rows;
use super::super::saved::{In, Out, SavedError, ensure};
use super::{LUMP, LatticeSpace};
use crate::problem::{AtomTable, Problem};
use foldhash::fast::FixedState;
use std::collections::HashMap;

/// Writes rows and their classes; those beyond [`LUMP`] follow from their classes.
pub(in super::super) fn save_rows(rows: &Rows, automaton: &Automaton, out: &mut Out<'_>) {
    let width = rows.width().max(1);
    let starts = rows.ids().iter().step_by(width);
    let lumps: Vec<u32> = (0u32..)
        .zip(starts)
        .filter(|(_, first)| **first >= LUMP)
        .map(|(state, _)| state)
        .collect();
    out.ids(lumps.iter().copied());
    let own = |&id: &u32| if id >= LUMP { 0 } else { id };
    out.ids(rows.ids().iter().map(own));
    let classes = (0u32..).zip(automaton.classes());
    let places: HashMap<(u32, u32), u32, FixedState> = classes
        .map(|(place, class)| ((class.open, class.accuracy), place))
        .collect();
    let place = |class: &Class| places.get(&(class.open, class.accuracy)).copied();
    out.ids(rows.classes().iter().map(|c| place(c).unwrap_or(0)));
}

/// Makes a row beyond [`LUMP`] of its class.
type MakeLump<'a> = dyn Fn(Class, &mut [u32]) + 'a;

/// Reads rows of an automaton without hashes; `lump` makes a row beyond [`LUMP`] of its class, if there are such rows.
///
/// # Errors
/// If they are none of this automaton.
///
/// # Cost
/// A few looks at every entry of every row.
pub(in super::super) fn restore_rows(
    input: &mut In<'_>,
    automaton: &Automaton,
    lump: Option<&MakeLump<'_>>,
) -> Result<Rows, SavedError> {
    let reason = "the states do not fit the pieces";
    let known = automaton.classes();
    let lumps = input.ids(usize::MAX, reason)?;
    let mut ids = input.ids(LUMP as usize, reason)?;
    let classes = input.ids(known.len(), "a state is of no class")?;
    let ends = automaton.ends();
    let width = ends.len();
    let fits = width > 0
        && classes.len().checked_mul(width) == Some(ids.len())
        && ids.chunks_exact(width).all(|row| is_below(row, &ends));
    ensure(fits, reason)?;
    let classes: Vec<Class> = classes.iter().map(|&class| known[class as usize]).collect();
    for state in lumps {
        let start = state as usize * width;
        let (Some(lump), Some(row)) = (lump, ids.get_mut(start..start + width)) else {
            return Err(SavedError::new("a merged state where none is"));
        };
        lump(classes[state as usize], row);
    }
    Ok(Rows::of(width, ids, classes))
}

/// Is every id of a row below the end of its piece?
fn is_below(row: &[u32], ends: &[u32]) -> bool {
    row.iter().zip(ends).all(|(id, end)| id < end)
}

impl LatticeSpace<'_> {
    /// Writes the states and the automaton.
    pub(super) fn save_states(&self, out: &mut Out<'_>) {
        self.automaton.save(out);
        save_rows(&self.rows, &self.automaton, out);
        self.losses.save(out);
    }
}

impl<'p> LatticeSpace<'p> {
    /// Reads the states of a problem.
    ///
    /// # Errors
    /// If they are none of this problem.
    ///
    /// # Cost
    /// One look at every entry of every row.
    pub(in super::super) fn restore(
        problem: &'p Problem,
        table: &AtomTable,
        merge: bool,
        input: &mut In<'_>,
    ) -> Result<Self, SavedError> {
        let space = LatticeSpace::new(problem, table, merge);
        let mut space = space.ok_or(SavedError::new("the problem is on no lattice"))?;
        space.automaton.restore(input)?;
        let lump = |class: Class, row: &mut [u32]| space.make_lump(class, row);
        let lump: Option<&MakeLump<'_>> = merge.then_some(&lump);
        space.rows = restore_rows(input, &space.automaton, lump)?;
        let (states, filters) = (space.rows.len(), problem.n_filters());
        ensure(states > 0, "no state is there")?;
        space.losses.restore(input, states, filters)?;
        Ok(space)
    }
}
