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

/// What one problem says.
#[derive(Default)]
struct Seen {
    tried: u64,
    spoken_of: u64,
    held: u64,
    largest: Option<Size>,
    found: Option<Sketch>,
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
            self.found.get_or_insert(sketch);
        } else if !found.is_undecided() {
            self.held += 1;
        }
    }

    fn and(mut self, other: Seen) -> Seen {
        self.tried += other.tried;
        self.spoken_of += other.spoken_of;
        self.held += other.held;
        self.largest = Size::larger(self.largest, other.largest);
        self
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
    let fails = |sketch: &Sketch| {
        family.admits(sketch)
            && sketch.build("drawn").is_some_and(|problem| {
                let found = check(&problem, conjecture, &limits());
                found.is_ok_and(|finding| finding.is_refuted())
            })
    };
    let mut seen = Seen::default();
    let (mut hits, mut complete, mut stopped) = (Vec::new(), false, None);
    let (mut everything, mut next) = (Everything::default(), 0);
    while seen.tried < budget && hits.is_empty() && !complete && stopped.is_none() {
        let room = budget - seen.tried;
        let blocks: Vec<Vec<Sketch>> = if all {
            let mut blocks = Vec::new();
            'blocks: for _ in 0..ROUND {
                let mut block = Vec::new();
                for _ in 0..BLOCK {
                    if (blocks.len() as u64 * BLOCK + block.len() as u64) == room {
                        blocks.push(block);
                        break 'blocks;
                    }
                    block.push(family.sketch(&mut everything));
                    if !everything.turn() {
                        complete = true;
                        blocks.push(block);
                        break 'blocks;
                    }
                }
                blocks.push(block);
            }
            blocks
        } else {
            let streams = room.div_ceil(BLOCK).min(ROUND);
            let block = |i: u64| {
                let mut draw = Draw::new(seed, next + i);
                let many = BLOCK.min(room - i * BLOCK);
                let choose: &mut dyn Choose = &mut draw;
                (0..many).map(|_| family.sketch(&mut *choose)).collect()
            };
            let blocks = (0..streams).map(block).collect();
            next += ROUND;
            blocks
        };
        let looked: Vec<Seen> = blocks
            .into_par_iter()
            .map(|block| {
                let mut seen = Seen::default();
                for sketch in block {
                    seen.take(conjecture, family, sketch);
                }
                seen
            })
            .collect();
        for mut one in looked {
            hits.extend(one.found.take());
            seen = seen.and(one);
        }
        stopped = interrupt::asked();
    }
    let (least, asked) = smallest(hits, &fails);
    let found = least.and_then(|sketch| {
        let problem = sketch.build(name)?;
        let checked = checked(&problem, conjecture, &Limits::default());
        checked
            .is_refuted()
            .then(|| (problem, sketch.size(), checked))
    });
    Attack {
        all: complete && stopped.is_none() && found.is_none(),
        found,
        tried: seen.tried,
        spoken_of: seen.spoken_of,
        held: seen.held,
        shrunk: asked,
        largest: seen.largest,
        stopped,
    }
}
