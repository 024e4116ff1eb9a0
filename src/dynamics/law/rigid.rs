//! Pieces that move as a whole: with the identity no sign decides how far a filter goes.
//!
//! With one slope for all numbers a push s moves every filter of a piece along the same vector: after some pushes
//! `Z_jq = Z_jq(0) + unit_j D_q`, where `D_q = slope sum_p S_p G_pq` and S is the sum of the pushes. So the k numbers D,
//! the *walk*, stand for the n k coordinates: a new value costs k operations and the memory of k numbers. Where some unit is
//! not 0, different walks have different coordinates.

use crate::dynamics::path::MAX_NUMERATOR;
use std::ops::RangeInclusive;

/// A piece whose values are walks.
#[derive(Debug, Clone)]
pub(super) struct Rigid {
    /// The coordinates at the start, n x k.
    start: Vec<i64>,
    /// `slope sum_j a_j Z_jq(0)`, length k.
    sums: Vec<i128>,
    /// `slope sum_j a_j unit_j`.
    pace: i128,
    /// By pattern, how far a walk goes while all coordinates are at most [`MAX_NUMERATOR`].
    room: Vec<RangeInclusive<i64>>,
}

impl Rigid {
    /// A piece with these coordinates at the start, and the units and heads of its filters; `None` if no filter moves.
    pub(super) fn new(
        start: Vec<i64>,
        units: &[i64],
        head: &[i64],
        slope: i64,
        k: usize,
    ) -> Option<Self> {
        units.iter().find(|unit| **unit != 0)?;
        let slope = i128::from(slope);
        let column = |q: usize| start.iter().skip(q).step_by(k);
        let sum = |q: usize| -> i128 {
            let terms = column(q).zip(head);
            terms.map(|(&z, &a)| i128::from(z) * i128::from(a)).sum()
        };
        let sums = (0..k).map(|q| slope * sum(q));
        let paces = units.iter().zip(head);
        let pace: i128 = paces.map(|(&u, &a)| i128::from(u) * i128::from(a)).sum();
        let room = (0..k).map(|q| room(column(q).copied().zip(units.iter().copied())));
        Some(Rigid {
            sums: sums.collect(),
            pace: slope * pace,
            room: room.collect(),
            start,
        })
    }

    /// Does each coordinate stay within [`MAX_NUMERATOR`]?
    pub(super) fn fits(&self, walk: &[i64]) -> bool {
        let mut walk = walk.iter().zip(&self.room);
        walk.all(|(d, room)| room.contains(d))
    }

    /// The coordinates at the start, k a filter.
    pub(super) fn start(&self, k: usize) -> impl Iterator<Item = &[i64]> {
        self.start.chunks_exact(k.max(1))
    }

    /// What a walk gives to the sum of a pattern.
    #[inline]
    pub(super) fn sum(&self, q: usize, walk: &[i64]) -> i128 {
        self.sums[q] + self.pace * i128::from(walk[q])
    }

    /// The coordinates after a walk, n x k.
    pub(super) fn cells(&self, walk: &[i64], units: &[i64]) -> Vec<i64> {
        let rows = self.start.chunks_exact(walk.len()).zip(units);
        rows.flat_map(|(row, unit)| row.iter().zip(walk).map(move |(z, d)| z + unit * d))
            .collect()
    }
}

/// The numbers d for which `|z + unit d|` is at most [`MAX_NUMERATOR`] for all of these.
fn room(cells: impl Iterator<Item = (i64, i64)>) -> RangeInclusive<i64> {
    let moving = cells.filter(|(_, unit)| *unit != 0);
    let (mut low, mut high) = (-MAX_NUMERATOR, MAX_NUMERATOR);
    for (z, unit) in moving {
        // `-MAX <= z + unit d <= MAX`, and the other way round for a unit below 0. This division rounds down.
        let (z, unit) = (z * unit.signum(), unit.abs());
        low = low.max(-(MAX_NUMERATOR + z).div_euclid(unit));
        high = high.min((MAX_NUMERATOR - z).div_euclid(unit));
    }
    low..=high
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At the ends of the room every coordinate fits, and one step beyond one does not: a division that is rounded the other
    /// way, or a unit's sign that is forgotten, fails.
    #[test]
    fn the_room_ends_where_the_first_coordinate_leaves_the_integers() {
        let cells = [(5, 3), (-7, -4), (MAX_NUMERATOR - 10, 0), (1 << 40, 7)];
        let room = room(cells.into_iter());
        let fits = |d: i64| {
            let mut all = cells
                .iter()
                .map(|(z, unit)| i128::from(*z) + i128::from(unit * d));
            all.all(|z| z.unsigned_abs() <= MAX_NUMERATOR as u128)
        };
        for (inside, outside) in [
            (*room.start(), *room.start() - 1),
            (*room.end(), *room.end() + 1),
        ] {
            assert!(fits(inside) && !fits(outside), "{room:?}");
        }
    }
}
