//! End points of unhinged SGD paths, exactly, without moving `n P` coordinates at every step.
//!
//! With an orthonormal dictionary, relu, sum pooling, a fixed head, the unhinged loss and batch 1,
//! every coordinate follows a walk that all filters share: with `S_p(s)` the sum of `y N_p` over the
//! first s samples,
//!
//! `Z_jp(s) = Z_jp(0) + eta a_j S_p(s)` as long as `Z_jp(0), .., Z_jp(s - 1) > 0`,
//!
//! and a coordinate that is `<= 0` never moves again. So with `a_j < 0` it ends at the first s with
//! `S_p(s) >= h`, `h = ceil(Z_jp(0) / (eta |a_j|))`, and with `a_j > 0` at the first s with
//! `-S_p(s) >= h`; its last value is that of the walk at this *ladder point*. A path therefore needs
//! one integer a pattern and a look at the next level `h` whenever a walk reaches a new record: the
//! memory is that of the initial weights, whatever the number of steps, and equal levels are kept
//! once.
//!
//! Weights are integers over one denominator. Where they, their squares or the margins could leave
//! the machine integers within the given number of steps, nothing is computed.

use super::sampler::{Draw, Sampler};
use super::state::State;
use crate::number::{Matrix, Q, Scaled, common_denominator, fraction};
use crate::problem::{Activation, Loss, Pooling, Problem, SparseImage, Train};
use num_bigint::BigInt;
use rayon::prelude::*;

/// What all paths of a problem share.
#[derive(Debug)]
struct Levels {
    n_patterns: usize,
    denominator: BigInt,
    /// Numerators of the initial coordinates, n x P.
    start: Vec<i64>,
    /// `D eta a_j`.
    units: Vec<i64>,
    /// Numerators of the head over its own denominator.
    head: Vec<i64>,
    /// No walk leaves `-farthest..=farthest`: with this bound weights, squares and margins fit.
    farthest: i64,
    /// Which entry of [`Walker::reached`] moves each coordinate, n x P.
    entry: Vec<u32>,
    /// Levels for rising walks (`a_j < 0`), then for falling ones (`a_j > 0`), by pattern: each
    /// ascending, and closed by `i64::MAX`, which no walk reaches.
    levels: [Vec<i64>; 2],
    /// The first level of each pattern in either list.
    first: [Vec<u32>; 2],
    /// The images that may have the least margin: it is linear in the counts.
    worst: Vec<SparseImage>,
}

/// Entry 0 of [`Walker::reached`] stays 0: it belongs to coordinates that never move.
const FROZEN: u32 = 0;

impl Levels {
    fn new(problem: &Problem, steps: u64) -> Option<Self> {
        let network = problem.network();
        let training = problem.training();
        if problem.dictionary().gram().is_some()
            || network.activation != Activation::Relu
            || network.pooling != Pooling::Sum
            || training.loss != Loss::Unhinged
            || training.train != Train::Filters
            || training.batch != 1
        {
            return None;
        }
        let patches = i64::from(problem.distribution().max_patches());
        let farthest = i64::try_from(steps).ok()?.checked_mul(patches.max(1))?;
        let scaled: Vec<Q> = network.head.iter().map(|a| a * &training.step).collect();
        let denominator = common_denominator(network.weights.entries().iter().chain(&scaled));
        let on_lattice = |xs: &[Q]| Scaled::over(denominator.clone(), xs).words::<i64>();
        let start = on_lattice(network.weights.entries())?;
        let units = on_lattice(&scaled)?;
        let head: Vec<i64> = Scaled::new(&network.head).words()?;
        let (n, n_patterns) = (head.len(), problem.n_patterns());
        check_room(&start, &units, &head, farthest, n_patterns, patches)?;

        // Sorted by pattern, so that equal levels of one pattern meet.
        let mut wanted: [Vec<(usize, i64)>; 2] = [Vec::new(), Vec::new()];
        let level = |j: usize, p: usize| -> Option<(usize, i64)> {
            let (z, unit) = (start[j * n_patterns + p], units[j]);
            let side = usize::from(unit > 0);
            let magnitude = unit.checked_abs().filter(|u| *u > 0)?;
            (z > 0).then(|| (side, (z - 1) / magnitude + 1))
        };
        for j in 0..n {
            for p in 0..n_patterns {
                if let Some((side, h)) = level(j, p)
                    && h <= farthest
                {
                    wanted[side].push((p, h));
                }
            }
        }
        let mut levels = [Vec::new(), Vec::new()];
        let mut first = [Vec::new(), Vec::new()];
        for (side, wanted) in wanted.iter_mut().enumerate() {
            wanted.sort_unstable();
            wanted.dedup();
            let mut rest = wanted.as_slice();
            for p in 0..n_patterns {
                let (mine, others) = rest.split_at(rest.partition_point(|&(q, _)| q <= p));
                first[side].push(u32::try_from(levels[side].len()).ok()?);
                levels[side].extend(mine.iter().map(|&(_, h)| h));
                levels[side].push(i64::MAX);
                rest = others;
            }
        }
        let mut entry = Vec::with_capacity(start.len());
        for j in 0..n {
            for p in 0..n_patterns {
                entry.push(match level(j, p) {
                    None => FROZEN,
                    Some((side, h)) => {
                        // A level beyond reach shares the closing one, which is never reached.
                        let from = first[side][p] as usize;
                        let to = first[side]
                            .get(p + 1)
                            .map_or(levels[side].len(), |&f| f as usize);
                        let at = levels[side][from..to - 1].partition_point(|&x| x < h);
                        let before = if side == 0 { 0 } else { levels[0].len() };
                        u32::try_from(1 + before + from + at).ok()?
                    }
                });
            }
        }
        Some(Levels {
            n_patterns,
            denominator,
            start,
            units,
            head,
            farthest,
            entry,
            levels,
            first,
            worst: problem.distribution().extreme_images().collect(),
        })
    }
}

/// Do weights, squared norms and margins fit, wherever the walks go?
fn check_room(
    start: &[i64],
    units: &[i64],
    head: &[i64],
    farthest: i64,
    n_patterns: usize,
    patches: i64,
) -> Option<()> {
    let largest = |values: &[i64]| {
        values
            .iter()
            .map(|x| i128::from(*x).abs())
            .max()
            .unwrap_or(0)
    };
    let weight = largest(units)
        .checked_mul(farthest.into())?
        .checked_add(largest(start))?;
    i64::try_from(weight).ok()?;
    let n_patterns = i128::try_from(n_patterns).ok()?;
    weight.checked_mul(weight)?.checked_mul(n_patterns)?;
    let filters = i128::try_from(head.len()).ok()?;
    let sum = weight
        .checked_mul(largest(head))?
        .checked_mul(filters.max(1))?;
    sum.checked_mul(i128::from(patches).max(1))?;
    Some(())
}

/// One walk with its records and the next level on either side.
#[derive(Debug, Clone, Copy, Default)]
struct Walk {
    now: i64,
    high: i64,
    low: i64,
    /// The next levels, each negated for the falling side.
    ceiling: i64,
    floor: i64,
    /// Where these levels are.
    next: [u32; 2],
}

/// The memory of one path.
struct Walker<'l> {
    levels: &'l Levels,
    draw: Draw,
    walks: Vec<Walk>,
    /// What each coordinate has followed so far: 0, then the value of the walk at each level.
    reached: Vec<i64>,
    walk: Vec<i64>,
    walk_max: Vec<i64>,
}

impl<'l> Walker<'l> {
    fn new(levels: &'l Levels, sampler: &Sampler) -> Self {
        Walker {
            draw: sampler.blank(),
            walks: vec![Walk::default(); levels.n_patterns],
            reached: vec![0; 1 + levels.levels[0].len() + levels.levels[1].len()],
            walk: vec![0; levels.n_patterns],
            walk_max: vec![0; levels.n_patterns],
            levels,
        }
    }

    /// Runs a path and gives its end point.
    fn run(&mut self, sampler: &Sampler, seed: u64, run: u64, steps: u64) -> EndPoint<'_> {
        let levels = self.levels;
        let falling = 1 + levels.levels[0].len();
        for (p, walk) in self.walks.iter_mut().enumerate() {
            let next = [levels.first[0][p], levels.first[1][p]];
            *walk = Walk {
                ceiling: levels.levels[0][next[0] as usize],
                floor: -levels.levels[1][next[1] as usize],
                next,
                ..Walk::default()
            };
        }
        let mut label_counts = [0u64; 2];
        let mut rng = Sampler::stream(seed, run);
        for _ in 0..steps {
            sampler.draw(&mut rng, &mut self.draw);
            label_counts[self.draw.label.index()] += 1;
            let sign = self.draw.label.sign();
            for &p in &self.draw.present {
                let walk = &mut self.walks[p as usize];
                let s = walk.now + sign * i64::from(self.draw.counts[p as usize]);
                walk.now = s;
                walk.high = walk.high.max(s);
                walk.low = walk.low.min(s);
                while s >= walk.ceiling {
                    self.reached[1 + walk.next[0] as usize] = s;
                    walk.next[0] += 1;
                    walk.ceiling = levels.levels[0][walk.next[0] as usize];
                }
                while s <= walk.floor {
                    self.reached[falling + walk.next[1] as usize] = s;
                    walk.next[1] += 1;
                    walk.floor = -levels.levels[1][walk.next[1] as usize];
                }
            }
        }
        for (p, walk) in self.walks.iter().enumerate() {
            self.walk[p] = walk.now;
            self.walk_max[p] = walk.high.max(-walk.low);
            debug_assert!(self.walk_max[p] <= levels.farthest);
            for (side, before) in [(0, 1), (1, falling)] {
                let end = levels.first[side]
                    .get(p + 1)
                    .map_or(levels.levels[side].len(), |&f| f as usize);
                self.reached[before + walk.next[side] as usize..before + end].fill(walk.now);
            }
        }
        let memory = [&self.walk[..], &self.walk_max, &self.reached];
        EndPoint::new(run, label_counts, memory, levels)
    }
}

/// Where one path ended.
#[derive(Debug)]
pub struct EndPoint<'a> {
    /// The run.
    pub run: u64,
    /// Number of samples with label + and with label -.
    pub label_counts: [u64; 2],
    /// `S_p(t)` of both key patterns.
    pub key_walk: [i64; 2],
    /// `S_k(t)` of the K background patterns.
    pub walk: &'a [i64],
    /// `max over s <= t of |S_k(s)|` of the K background patterns.
    pub walk_max: &'a [i64],
    levels: &'a Levels,
    reached: &'a [i64],
}

impl<'a> EndPoint<'a> {
    /// From the walks of all patterns, their maxima, and what was reached.
    fn new(
        run: u64,
        label_counts: [u64; 2],
        [walk, walk_max, reached]: [&'a [i64]; 3],
        levels: &'a Levels,
    ) -> Self {
        EndPoint {
            run,
            label_counts,
            key_walk: [walk[0], walk[1]],
            walk: &walk[2..],
            walk_max: &walk_max[2..],
            levels,
            reached,
        }
    }

    /// The common denominator D of all weights; the same for every path.
    pub fn denominator(&self) -> &BigInt {
        &self.levels.denominator
    }

    /// The numerator of `Z_jp(t)` over [`EndPoint::denominator`].
    pub fn weight(&self, j: usize, p: usize) -> i64 {
        let at = j * self.levels.n_patterns + p;
        self.levels.start[at] + self.levels.units[j] * self.reached[self.levels.entry[at] as usize]
    }

    /// Numerators of all weights, n x P row by row.
    pub fn weights(&self) -> Vec<i64> {
        let levels = self.levels;
        let rows = levels.start.chunks_exact(levels.n_patterns);
        let entries = levels.entry.chunks_exact(levels.n_patterns);
        let mut weights = Vec::with_capacity(levels.start.len());
        for ((row, entries), unit) in rows.zip(entries).zip(&levels.units) {
            weights.extend(
                row.iter()
                    .zip(entries)
                    .map(|(z, &e)| z + unit * self.reached[e as usize]),
            );
        }
        weights
    }

    /// Numerators of the squared norms `|w_j(t)|^2` over `D^2`, length n.
    pub fn norms_squared(&self) -> Vec<i128> {
        let square = |&z: &i64| i128::from(z) * i128::from(z);
        self.weights()
            .chunks_exact(self.levels.n_patterns)
            .map(|row| row.iter().map(square).sum())
            .collect()
    }

    /// The sums `F_p = sum_j a_j relu(Z_jp(t))`, length P, as integers over one positive denominator.
    pub fn pattern_sums(&self) -> Vec<i128> {
        let mut sums = vec![0i128; self.levels.n_patterns];
        let weights = self.weights();
        let rows = weights.chunks_exact(self.levels.n_patterns);
        for (row, &a) in rows.zip(&self.levels.head) {
            for (sum, &z) in sums.iter_mut().zip(row) {
                *sum += i128::from(a) * i128::from(z.max(0));
            }
        }
        sums
    }

    /// Is accuracy exactly 1, i.e. is every margin positive?
    ///
    /// # Cost
    /// n P operations, and one a label and background pattern, or one for each positive count of
    /// an explicit table.
    pub fn is_perfect(&self) -> bool {
        let sums = self.pattern_sums();
        self.levels.worst.iter().all(|image| {
            let counts = image.counts.iter();
            let f: i128 = counts.map(|&(p, c)| i128::from(c) * sums[p]).sum();
            i128::from(image.label.sign()) * f > 0
        })
    }

    /// The state as rationals, with the head of this problem.
    pub fn state(&self, problem: &Problem) -> State<Q> {
        let levels = self.levels;
        State {
            weights: Matrix::from_fn(levels.units.len(), levels.n_patterns, |j, p| {
                fraction(self.weight(j, p).into(), &levels.denominator)
            }),
            head: problem.network().head.clone(),
        }
    }
}

/// Most bytes of end points that are kept.
const MAX_KEPT_BYTES: u64 = 64 << 20;

/// Where one path ended, kept.
#[derive(Debug)]
struct Kept {
    label_counts: [u64; 2],
    walk: Vec<i64>,
    walk_max: Vec<i64>,
    reached: Vec<i64>,
}

/// The end points of runs `0..runs`, kept for several questions: what [`end_points`] visits.
#[derive(Debug)]
pub struct KeptEnds {
    levels: Levels,
    kept: Vec<Kept>,
}

impl KeptEnds {
    /// The end points after `steps` steps; `None` where [`end_points`] gives none, and where they take more than 64 MiB.
    ///
    /// # Cost
    /// As [`end_points`]. Memory: n P integers a run at most, fewer where levels are equal.
    pub fn new(problem: &Problem, steps: u64, runs: u64, seed: u64) -> Option<Self> {
        let levels = Levels::new(problem, steps)?;
        let sampler = Sampler::new(problem.distribution());
        let entries = 1 + levels.levels.iter().map(Vec::len).sum::<usize>() + 2 * levels.n_patterns;
        if runs.checked_mul(8 * entries as u64)? > MAX_KEPT_BYTES {
            return None;
        }
        let kept = (0..runs).into_par_iter().map_init(
            || Walker::new(&levels, &sampler),
            |walker, run| {
                let label_counts = walker.run(&sampler, seed, run, steps).label_counts;
                Kept {
                    label_counts,
                    walk: walker.walk.clone(),
                    walk_max: walker.walk_max.clone(),
                    reached: walker.reached.clone(),
                }
            },
        );
        let kept = kept.collect();
        Some(KeptEnds { levels, kept })
    }

    /// Visits the first so many of them; what `visit` gives is returned in the order of the runs. `None` where fewer are
    /// kept.
    pub fn visit<T: Send>(
        &self,
        runs: u64,
        visit: &(dyn Fn(&EndPoint<'_>) -> T + Sync),
    ) -> Option<Vec<T>> {
        let first = self.kept.get(..usize::try_from(runs).ok()?)?;
        let see = |(run, kept): (usize, &Kept)| {
            visit(&EndPoint::new(
                run as u64,
                kept.label_counts,
                [&kept.walk[..], &kept.walk_max, &kept.reached],
                &self.levels,
            ))
        };
        Some(first.par_iter().enumerate().map(see).collect())
    }
}

/// Visits the end points of runs `0..runs` after `steps` steps, on the same sample paths as every
/// other engine; what `visit` gives is returned in the order of the runs, whatever the number of
/// threads.
///
/// `None` where the short cut does not apply (it needs an orthonormal dictionary, relu, sum pooling,
/// the unhinged loss, a fixed head and batch 1), or where numbers could leave the machine integers.
///
/// # Cost
/// A step costs one draw and one addition for each pattern present in it; an end point costs n P.
/// Memory: n P integers a thread, and what `visit` returns.
pub fn end_points<T: Send>(
    problem: &Problem,
    steps: u64,
    runs: u64,
    seed: u64,
    visit: &(dyn Fn(&EndPoint<'_>) -> T + Sync),
) -> Option<Vec<T>> {
    let levels = Levels::new(problem, steps)?;
    let sampler = Sampler::new(problem.distribution());
    Some(
        (0..runs)
            .into_par_iter()
            .map_init(
                || Walker::new(&levels, &sampler),
                |walker, run| visit(&walker.run(&sampler, seed, run, steps)),
            )
            .collect(),
    )
}
