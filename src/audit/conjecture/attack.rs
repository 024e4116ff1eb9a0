//! The search of a family for a problem on which a conjecture is false, and for the smallest one near it.

use super::check::check;
use super::family::{Choose, Everything, Family};
use super::finding::Limits;
use super::read::{Checked, checked};
use super::stated::Conjecture;
use crate::audit::draw::{BLOCK, Draw, ROUND};
use crate::audit::shrink::smallest;
use crate::audit::sketch::{Size, Sketch};
use crate::interrupt;
use crate::problem::Problem;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the check of one small problem may do.
fn limits() -> Limits {
    Limits {
        work: 200_000,
        states: 4_000,
        moves: 20_000,
        paths: 4,
        path_work: 200_000,
        ..Limits::default()
    }
}

/// How a search went.
#[derive(Debug, Clone)]
pub struct Attack {
    /// The smallest problem found on which the conjecture is false, with what is found there.
    pub found: Option<(Problem, Size, Checked)>,
    /// Problems that were looked at.
    pub tried: u64,
    /// Of these, those of which the conjecture says something.
    pub spoken_of: u64,
    /// Of these, those on which it holds, all of it looked at exactly.
    pub held: u64,
    /// Problems that were looked at to make a counterexample small.
    pub shrunk: u64,
    /// The largest sizes among those looked at, each by itself.
    pub largest: Option<Size>,
    /// Was every problem of the family looked at?
    pub all: bool,
    /// The limit of the command that ended it, if one did.
    pub stopped: Option<&'static str>,
}

/// What some problems of a family say of a conjecture.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// Problems that were looked at.
    pub tried: u64,
    /// Of these, those of which the conjecture says something.
    pub spoken_of: u64,
    /// Of these, those on which it holds, all of it looked at exactly.
    pub held: u64,
    /// The largest sizes among those looked at, each by itself.
    pub largest: Option<Size>,
    /// The first counterexample of each block that has one.
    pub found: Vec<Sketch>,
    /// Does the family end here?
    pub is_last: bool,
}

impl Seen {
    fn take(&mut self, conjecture: &Conjecture, family: &Family, sketch: Sketch) {
        self.tried += 1;
        // Without backgrounds an image may not have room for all its patches.
        if !family.admits(&sketch) {
            return;
        }
        let Some(problem) = sketch.build("drawn") else {
            return;
        };
        let Ok(found) = check(&problem, conjecture, &limits()) else {
            return;
        };
        self.largest = Size::larger(self.largest, Some(sketch.size()));
        if found.asked == 0 && !found.is_refuted() {
            return;
        }
        self.spoken_of += 1;
        if found.is_refuted() {
            if self.found.is_empty() {
                self.found.push(sketch);
            }
        } else if !found.is_undecided() {
            self.held += 1;
        }
    }

    /// Both together.
    fn and(mut self, other: Seen) -> Seen {
        self.tried = self.tried.saturating_add(other.tried);
        self.spoken_of = self.spoken_of.saturating_add(other.spoken_of);
        self.held = self.held.saturating_add(other.held);
        self.largest = Size::larger(self.largest, other.largest);
        self.found.extend(other.found);
        self.is_last |= other.is_last;
        self
    }
}

/// Where the enumeration of a family stands.
#[derive(Default)]
pub struct Cursor {
    everything: Everything,
    /// Problems before it.
    at: u64,
    ended: bool,
}

impl Cursor {
    fn next(&mut self, family: &Family) -> Option<Sketch> {
        if self.ended {
            return None;
        }
        let sketch = family.sketch(&mut self.everything);
        self.at += 1;
        self.ended = !self.everything.turn();
        Some(sketch)
    }
}

/// The search of a family as rounds that can be done one by one: the first round with a counterexample ends it.
pub struct Attacking<'a> {
    /// The conjecture.
    pub conjecture: &'a Conjecture,
    /// The family.
    pub family: &'a Family,
    /// Seed of the random problems.
    pub seed: u64,
    /// Problems that are looked at, at most.
    pub budget: u64,
    /// Every problem of the family in order, in place of random ones.
    pub all: bool,
}

impl Attacking<'_> {
    /// Rounds, if none ends the search.
    pub fn rounds(&self) -> u64 {
        self.budget.div_ceil(BLOCK * ROUND)
    }

    /// Rounds from this number on are not needed, given what these gave.
    pub fn needed(&self, rounds: &BTreeMap<u64, Seen>) -> u64 {
        let ends = |seen: &Seen| !seen.found.is_empty() || seen.is_last;
        let first = rounds.iter().find(|(_, seen)| ends(seen));
        first.map_or(self.rounds(), |(first, _)| self.rounds().min(first + 1))
    }

    /// One round. A cursor that has gone no further than to its beginning spares going there from the first problem.
    ///
    /// # Cost
    /// The check of at most 512 problems, with small limits.
    pub fn round(&self, number: u64, cursor: &mut Cursor) -> Seen {
        let before = number.saturating_mul(BLOCK * ROUND);
        let room = self.budget.saturating_sub(before).min(BLOCK * ROUND);
        let blocks: Vec<Vec<Sketch>> = if self.all {
            if cursor.at > before {
                *cursor = Cursor::default();
            }
            while cursor.at < before && cursor.next(self.family).is_some() {}
            let sketches = (0..room).map_while(|_| cursor.next(self.family));
            let sketches: Vec<Sketch> = sketches.collect();
            sketches.chunks(BLOCK as usize).map(<[_]>::to_vec).collect()
        } else {
            let block = |i: u64| {
                let mut draw = Draw::new(self.seed, number.saturating_mul(ROUND) + i);
                let many = BLOCK.min(room - i * BLOCK);
                let choose: &mut dyn Choose = &mut draw;
                (0..many)
                    .map(|_| self.family.sketch(&mut *choose))
                    .collect()
            };
            (0..room.div_ceil(BLOCK)).map(block).collect()
        };
        let looked: Vec<Seen> = blocks
            .into_par_iter()
            .map(|block| {
                let mut seen = Seen::default();
                for sketch in block {
                    seen.take(self.conjecture, self.family, sketch);
                }
                seen
            })
            .collect();
        let mut seen = looked.into_iter().fold(Seen::default(), Seen::and);
        seen.is_last = self.all && cursor.ended;
        seen
    }

    /// What rounds gave together, those that are needed, with the smallest problem that their counterexamples shrink to
    /// within the family; it gets this name.
    ///
    /// # Cost
    /// Up to six counterexamples are shrunk.
    pub fn attacked<'r>(&self, name: &str, rounds: impl IntoIterator<Item = &'r Seen>) -> Attack {
        let (conjecture, family) = (self.conjecture, self.family);
        let seen = rounds.into_iter().cloned();
        let seen = seen.fold(Seen::default(), Seen::and);
        let fails = |sketch: &Sketch| {
            family.admits(sketch)
                && sketch.build("drawn").is_some_and(|problem| {
                    let found = check(&problem, conjecture, &limits());
                    found.is_ok_and(|finding| finding.is_refuted())
                })
        };
        let stopped = interrupt::asked();
        let (least, asked) = smallest(seen.found, &fails);
        let found = least.and_then(|sketch| {
            let problem = sketch.build(name)?;
            let checked = checked(&problem, conjecture, &Limits::default());
            checked
                .is_refuted()
                .then(|| (problem, sketch.size(), checked))
        });
        Attack {
            all: seen.is_last && stopped.is_none() && found.is_none(),
            found,
            tried: seen.tried,
            spoken_of: seen.spoken_of,
            held: seen.held,
            shrunk: asked,
            largest: seen.largest,
            stopped,
        }
    }
}

/// Searches a family for a problem on which a conjecture is false: `budget` random ones, or with `all` every one, at most
/// `budget` of them. What is found is shrunk within the family.
///
/// # Cost
/// The check of each problem, with small limits. Results depend on the seed and the budget alone.
pub fn attack(
    conjecture: &Conjecture,
    family: &Family,
    name: &str,
    seed: u64,
    budget: u64,
    all: bool,
) -> Attack {
    let attacking = Attacking {
        conjecture,
        family,
        seed,
        budget,
        all,
    };
    let (mut rounds, mut cursor) = (BTreeMap::new(), Cursor::default());
    for number in 0.. {
        if number >= attacking.needed(&rounds) || interrupt::asked().is_some() {
            break;
        }
        rounds.insert(number, attacking.round(number, &mut cursor));
    }
    attacking.attacked(name, rounds.values())
}
