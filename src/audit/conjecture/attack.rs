//! The search of a family for a problem on which a conjecture is false, and for the smallest one near it.

use super::check::check;
use super::family::{Choose, Everything, Family};
use super::finding::Limits;
use super::read::{Checked, checked};
use super::stated::Conjecture;
use crate::audit::draw::Draw;
use crate::audit::shrink::shrink;
use crate::audit::sketch::{Size, Sketch};
use crate::interrupt;
use crate::problem::Problem;
use rayon::prelude::*;

/// Problems that one stream of random numbers draws, and that one thread looks at.
const BLOCK: u64 = 64;

/// Blocks that are looked at before the first counterexample is taken: always all of them, so that threads do not matter.
const ROUND: u64 = 8;

/// Counterexamples that are shrunk; the smallest one is kept.
const SHRUNK: usize = 6;

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

fn larger(a: Option<Size>, b: Option<Size>) -> Option<Size> {
    match (a, b) {
        (Some(a), Some(b)) => Some(Size {
            filters: a.filters.max(b.filters),
            patterns: a.patterns.max(b.patterns),
            patches: a.patches.max(b.patches),
            steps: a.steps.max(b.steps),
            images: a.images.max(b.images),
            digits: a.digits.max(b.digits),
        }),
        (a, b) => a.or(b),
    }
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
        self.largest = larger(self.largest, Some(sketch.size()));
        let checked = Checked {
            conjecture: conjecture.clone(),
            finding: found,
        };
        if checked.finding.asked == 0 && !checked.is_refuted() {
            return;
        }
        self.spoken_of += 1;
        if checked.is_refuted() {
            self.found.get_or_insert(sketch);
        } else if !checked.is_undecided() {
            self.held += 1;
        }
    }

    fn and(mut self, other: Seen) -> Seen {
        self.tried += other.tried;
        self.spoken_of += other.spoken_of;
        self.held += other.held;
        self.largest = larger(self.largest, other.largest);
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
                found.is_ok_and(|finding| {
                    let conjecture = conjecture.clone();
                    Checked {
                        conjecture,
                        finding,
                    }
                    .is_refuted()
                })
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
    hits.sort_by_key(Sketch::size);
    hits.truncate(SHRUNK);
    let shrunk: Vec<(Sketch, u64)> = hits
        .into_par_iter()
        .map(|sketch| shrink(sketch, &fails))
        .collect();
    let asked = shrunk.iter().map(|(_, asked)| asked).sum();
    let least = shrunk.into_iter().map(|(sketch, _)| sketch);
    let found = least.min_by_key(Sketch::size).and_then(|sketch| {
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
