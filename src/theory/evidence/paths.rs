//! Following SGD paths in exact arithmetic, every step looked at: all paths of a tiny problem, the
//! first simulated ones of any other.

use super::super::prelude::*;
use crate::dynamics::path::{ExactPath, SampledPath, View, longest};
use crate::dynamics::sampler::{Draw, Sampler};
use crate::number::fraction;
use crate::problem::Atom;
use num_bigint::BigInt;
use num_traits::{NumAssignRef, NumRef, One, Signed, ToPrimitive};
use rayon::prelude::*;
use std::convert::Infallible;

/// All paths are followed if there are at most this many, where steps go through rational arithmetic.
const MAX_ALL_RATIONAL_PATHS: u64 = 4_000;

/// Bits of a number beyond which not all rational paths are followed.
const MAX_ALL_RATIONAL_BITS: u64 = 512;

/// Work that the paths of one look may spend on rational steps: weights looked at, times the length of the
/// longest number in words.
const MAX_RATIONAL_WORK: u64 = 150_000;

/// Bits beyond which the numbers of a rational path are followed no further.
const MAX_RATIONAL_BITS: u64 = 4_096;

/// May a rational path take one more step, with `before` the longest number one step ago and `bits`
/// the longest now? Where digits grow by a factor a step (gates that are themselves products), the
/// next step is judged by the factor of the last one.
fn may_step(before: u64, bits: u64) -> bool {
    bits.max(bits.saturating_mul(bits) / before.max(1)) <= MAX_RATIONAL_BITS
}

/// A number that watchers compute with: `i128` or, where that may be too narrow, [`BigInt`] over the
/// denominator of a path on the lattice; a rational for any path.
pub trait Number: Clone + Ord + Signed + NumRef + NumAssignRef + Send + Sync {
    /// What it means that a number cannot be held; a rational holds every number.
    type Narrow;

    /// The number as a rational, given the common denominator.
    fn over(&self, denominator: &BigInt) -> Q;

    /// A rational that is a multiple of `1/denominator`.
    ///
    /// # Errors
    /// If it is none, or too large.
    fn of(q: &Q, denominator: &BigInt) -> Result<Self, Self::Narrow>;

    /// The coordinate `Z_jp` where a path stands.
    ///
    /// # Errors
    /// If the path has left the lattice.
    fn coordinate(path: &ExactPath<'_>, j: usize, p: usize) -> Result<Self, Self::Narrow>;
}

/// A number that is off the lattice, or too large.
#[derive(Debug, Clone, Copy)]
pub struct TooNarrow;

/// The numerator of a coordinate on the lattice.
fn numerator(path: &ExactPath<'_>, j: usize, p: usize) -> Result<i64, TooNarrow> {
    match path.view() {
        View::Integers { weights, .. } => Ok(weights[j * path.problem().n_patterns() + p]),
        View::Rational(_) => Err(TooNarrow),
    }
}

impl Number for i128 {
    type Narrow = TooNarrow;

    fn over(&self, denominator: &BigInt) -> Q {
        fraction(*self, denominator)
    }

    fn of(q: &Q, denominator: &BigInt) -> Result<Self, TooNarrow> {
        let scaled = BigInt::of(q, denominator)?;
        // Sums of squares of such numbers, times counts, stay within an i128.
        let fits = scaled.bits() <= 51;
        fits.then(|| scaled.to_i128()).flatten().ok_or(TooNarrow)
    }

    fn coordinate(path: &ExactPath<'_>, j: usize, p: usize) -> Result<Self, TooNarrow> {
        numerator(path, j, p).map(i128::from)
    }
}

impl Number for BigInt {
    type Narrow = TooNarrow;

    fn over(&self, denominator: &BigInt) -> Q {
        Q::new(self.clone(), denominator.clone())
    }

    fn of(q: &Q, denominator: &BigInt) -> Result<Self, TooNarrow> {
        let scaled = q * denominator;
        let whole = scaled.is_integer();
        whole.then(|| scaled.to_integer()).ok_or(TooNarrow)
    }

    fn coordinate(path: &ExactPath<'_>, j: usize, p: usize) -> Result<Self, TooNarrow> {
        numerator(path, j, p).map(BigInt::from)
    }
}

impl Number for Q {
    type Narrow = Infallible;

    fn over(&self, _denominator: &BigInt) -> Q {
        self.clone()
    }

    fn of(q: &Q, _denominator: &BigInt) -> Result<Self, Infallible> {
        Ok(q.clone())
    }

    fn coordinate(path: &ExactPath<'_>, j: usize, p: usize) -> Result<Self, Infallible> {
        Ok(path.weight(j, p))
    }
}

/// Looks at a path after each of its steps.
pub trait Watcher: Clone + Send + Sync {
    /// Checks the state after a step on `batch`.
    fn observe(&mut self, path: &ExactPath<'_>, batch: &[Draw]) -> Result<(), Box<Violation>>;
}

/// What is watched along paths, in whichever numbers a path runs.
pub trait Watch: Sync {
    /// The watcher in one number system.
    type In<S: Number>: Watcher;

    /// What is kept of a watcher where its path ended.
    type End;

    /// A watcher of a path at step 0, with all its numbers over `denominator`.
    ///
    /// # Errors
    /// If one of its numbers cannot be held.
    fn start<S: Number>(
        &self,
        path: &ExactPath<'_>,
        denominator: &BigInt,
    ) -> Result<Self::In<S>, S::Narrow>;

    /// What is kept of it.
    fn end<S: Number>(watcher: &Self::In<S>) -> Self::End;
}

/// A watcher in the first number system that holds its numbers.
pub enum InNumbers<W: Watch> {
    /// Over the denominator of the path, in `i128`.
    Machine(Box<W::In<i128>>),
    /// Over the denominator of the path, in integers of any size.
    Whole(Box<W::In<BigInt>>),
    /// In rationals.
    Rational(Box<W::In<Q>>),
}

impl<W: Watch> InNumbers<W> {
    /// What is kept of it where its path ended.
    pub fn end(&self) -> W::End {
        match self {
            InNumbers::Machine(watcher) => W::end(watcher),
            InNumbers::Whole(watcher) => W::end(watcher),
            InNumbers::Rational(watcher) => W::end(watcher),
        }
    }
}

impl<W: Watch> Clone for InNumbers<W> {
    fn clone(&self) -> Self {
        match self {
            InNumbers::Machine(watcher) => InNumbers::Machine(watcher.clone()),
            InNumbers::Whole(watcher) => InNumbers::Whole(watcher.clone()),
            InNumbers::Rational(watcher) => InNumbers::Rational(watcher.clone()),
        }
    }
}

impl<W: Watch> Watcher for InNumbers<W> {
    fn observe(&mut self, path: &ExactPath<'_>, batch: &[Draw]) -> Result<(), Box<Violation>> {
        match self {
            InNumbers::Machine(watcher) => watcher.observe(path, batch),
            InNumbers::Whole(watcher) => watcher.observe(path, batch),
            InNumbers::Rational(watcher) => watcher.observe(path, batch),
        }
    }
}

/// For [`along_paths`] and [`replay`]: starts a watcher on each path, in the numbers that it runs in.
pub fn in_numbers<W: Watch>(watch: &W) -> impl Fn(&ExactPath<'_>) -> InNumbers<W> + Sync {
    |path| {
        if let View::Integers { denominator, .. } = path.view() {
            if let Ok(watcher) = watch.start(path, denominator) {
                return InNumbers::Machine(Box::new(watcher));
            }
            if let Ok(watcher) = watch.start(path, denominator) {
                return InNumbers::Whole(Box::new(watcher));
            }
        }
        let Ok(watcher) = watch.start(path, &BigInt::one());
        InNumbers::Rational(Box::new(watcher))
    }
}

/// What a look along paths found.
#[derive(Debug, Clone)]
pub struct Survey<W> {
    /// Paths followed.
    pub paths: u64,
    /// Steps on the shortest of them.
    pub steps: u64,
    /// Were these all paths, to the last step of the problem?
    pub all: bool,
    /// Largest number of steps with an open gate on one path.
    pub largest_updates: u64,
    /// The first violation, as a witness that can be replayed.
    pub violation: Option<Box<Violation>>,
    /// The watchers where the paths ended; of all paths only the one with the most updates.
    pub ends: Vec<W>,
}

impl<W> Survey<W> {
    /// Every path, or the sampled ones.
    pub fn layer(&self) -> Layer {
        if self.all {
            Layer::Exact
        } else {
            Layer::Sampled
        }
    }

    /// What the comparison with these paths is worth if nothing failed on them: not one step of a
    /// problem that has steps shows nothing.
    pub fn verdict(&self, problem: &Problem) -> Verdict {
        if self.steps == 0 && problem.training().steps > 0 {
            return Verdict::Undecided {
                limit: "not one step fits the work limit of exact paths".into(),
            };
        }
        Verdict::Holds {
            layer: self.layer(),
        }
    }

    /// What was looked along: "all 4096 paths, t <= 12" or "8 exact paths, t <= 10000".
    pub fn scope(&self) -> Remark {
        if self.all {
            remark!("all {}, t <= {}", (self.paths, "path"), self.steps)
        } else {
            remark!("{}, t <= {}", (self.paths, "exact path"), self.steps)
        }
    }

    /// Puts verdict, scope, and what was looked at into an outcome.
    pub fn tell(&self, problem: &Problem, outcome: &mut Outcome) {
        outcome.verdict = self.verdict(problem);
        outcome.vacuous = problem.training().steps == 0;
        outcome.scope = Some(Scope::on(self.scope()));
        outcome.figures.count("exact_paths", self.paths);
        outcome.figures.count("steps_checked", self.steps);
    }

    /// "all 4096 paths of 12 steps" or, of one path, "200 exact SGD steps".
    fn briefly(&self) -> Remark {
        match (self.all, self.paths) {
            (false, 1) => remark!("{}", (self.steps, "exact SGD step")),
            _ => self.describe(),
        }
    }

    /// "all 4096 paths of 12 steps" or "8 simulated paths of 10000 steps, in exact arithmetic".
    pub fn describe(&self) -> Remark {
        if self.all {
            remark!("all {} of {} steps", (self.paths, "path"), self.steps)
        } else {
            remark!(
                "{} of {} steps, in exact arithmetic",
                (self.paths, "simulated path"),
                self.steps
            )
        }
    }
}

/// Follows paths, giving each the watcher that `start` makes of it at step 0.
pub fn along_paths<W: Watcher>(
    context: &Context<'_>,
    start: impl Fn(&ExactPath<'_>) -> W + Sync,
) -> Survey<W> {
    if let Some(found) = follow_all(context, &start) {
        return found;
    }
    let problem = context.problem;
    let training = problem.training();
    let steps = training.steps.min(context.budget.exact_path_steps);
    let sampler = Sampler::new(problem.distribution());
    let runs = context.budget.exact_paths.min(training.runs).max(1);
    let work = MAX_RATIONAL_WORK / runs;
    let follow = |run| follow(ExactPath::new(problem), &sampler, run, steps, work, &start);
    let mut runs: Vec<Run<W>> = (0..runs).into_par_iter().map(follow).collect();
    let steps = runs.iter().map(|r| r.steps).min().unwrap_or(0);
    Survey {
        paths: runs.len() as u64,
        steps,
        all: false,
        largest_updates: runs.iter().map(|r| r.updates).max().unwrap_or(0),
        violation: runs.iter_mut().find_map(|r| r.violation.take()),
        ends: runs.into_iter().map(|r| r.end).collect(),
    }
}

/// Follows one simulated run for `steps` steps, without a work limit on the lattice; the violation,
/// if there is one.
pub fn replay<W: Watcher>(
    problem: &Problem,
    run: u64,
    steps: u64,
    start: impl Fn(&ExactPath<'_>) -> W,
) -> Option<Box<Violation>> {
    let sampler = Sampler::new(problem.distribution());
    let path = ExactPath::new(problem);
    follow(path, &sampler, run, steps, MAX_RATIONAL_WORK, &start).violation
}

/// Counts along a path how often something moved.
#[derive(Clone)]
struct Counter {
    read: fn(&ExactPath<'_>) -> Vec<Q>,
    moved: fn(&[Q], &[Q]) -> u64,
    last: Vec<Q>,
    moves: u64,
}

impl Watcher for Counter {
    fn observe(&mut self, path: &ExactPath<'_>, _batch: &[Draw]) -> Result<(), Box<Violation>> {
        let now = (self.read)(path);
        self.moves += (self.moved)(&self.last, &now);
        self.last = now;
        Ok(())
    }
}

/// Where a theorem does not speak: how often something moved on one exact path of at most `steps` steps, counted
/// by `moved` from what is read off the state before a step and after it; and which path it was.
pub fn moves_along(
    context: &Context<'_>,
    steps: u64,
    read: fn(&ExactPath<'_>) -> Vec<Q>,
    moved: fn(&[Q], &[Q]) -> u64,
) -> (u64, Remark) {
    let found = along_paths(&context.one_path(steps), |path| Counter {
        read,
        moved,
        last: read(path),
        moves: 0,
    });
    let moves = found.ends.iter().map(|counter| counter.moves).sum();
    (moves, found.briefly())
}

/// Where a run ended.
struct Run<W> {
    end: W,
    steps: u64,
    updates: u64,
    violation: Option<Box<Violation>>,
}

/// Follows one run from the start of a path, with `max_work` for rational steps. Watchers keep to one number system:
/// if the path leaves the lattice, it is followed once more in rationals.
fn follow<W: Watcher>(
    path: ExactPath<'_>,
    sampler: &Sampler,
    run: u64,
    steps: u64,
    max_work: u64,
    start: &impl Fn(&ExactPath<'_>) -> W,
) -> Run<W> {
    let (mut watcher, problem, on_lattice) = (start(&path), path.problem(), path.is_on_lattice());
    let seed = problem.training().seed;
    let mut sampled = SampledPath::new(path, sampler, seed, run);
    let (mut violation, mut work, mut before) = (None, 0u64, None);
    for _ in 0..steps {
        if let View::Rational(state) = sampled.path().view() {
            let bits = longest(state);
            let words = 1 + bits / 64;
            work = work.saturating_add(words * state.weights.entries().len() as u64);
            if work > max_work || !may_step(before.unwrap_or(bits), bits) {
                break;
            }
            before = Some(bits);
        }
        sampled.advance();
        if on_lattice && !sampled.path().is_on_lattice() {
            let rational = ExactPath::rational(problem);
            return follow(rational, sampler, run, steps, max_work, start);
        }
        if let Err(found) = watcher.observe(sampled.path(), sampled.batch()) {
            let t = sampled.path().t();
            violation = Some(placed(found, Course::Run { seed, run }, t));
            break;
        }
    }
    Run {
        end: watcher,
        steps: sampled.path().t(),
        updates: sampled.path().updates(),
        violation,
    }
}

/// The violation that a watcher found, with its place: after this step, where the watcher names no other.
fn placed(mut violation: Box<Violation>, course: Course, t: u64) -> Box<Violation> {
    violation.place.course = course;
    violation.place.step.get_or_insert(t);
    violation
}

/// Follows every path of a problem that has few enough, depth first; `None` for any other.
fn follow_all<W: Watcher>(
    context: &Context<'_>,
    start: impl Fn(&ExactPath<'_>) -> W,
) -> Option<Survey<W>> {
    let problem = context.problem;
    let steps = problem.training().steps;
    if steps > context.budget.exact_path_steps {
        return None;
    }
    let batch = problem.training().batch;
    let atoms = problem.distribution().n_atoms().to_u64()?;
    let exponent = u64::from(batch).checked_mul(steps)?;
    let path = ExactPath::new(problem);
    let limit = match path.is_on_lattice() {
        true => context.budget.all_paths,
        false => context.budget.all_paths.min(MAX_ALL_RATIONAL_PATHS),
    };
    let paths = atoms
        .checked_pow(u32::try_from(exponent).ok()?)
        .filter(|&paths| paths <= limit)?;
    // With one atom a long path is the only one.
    if atoms == 1 && !path.is_on_lattice() {
        return None;
    }
    let table = problem.distribution().atoms().ok()?;
    let atom = |atom: &Atom| Draw::new(atom.label, atom.counts.clone());
    let draws: Vec<Draw> = table.atoms().iter().map(atom).collect();
    let batches = atoms.checked_pow(batch)?;
    let batch_of = |mut code: u64| -> Vec<Draw> {
        let mut draw = || {
            let draw = draws[(code % atoms) as usize].clone();
            code /= atoms;
            draw
        };
        (0..batch).map(|_| draw()).collect()
    };
    let watcher = start(&path);
    let mut found = Survey {
        paths,
        steps,
        all: true,
        largest_updates: 0,
        violation: None,
        ends: vec![watcher.clone()],
    };
    // Each entry: a node, its watcher, and the batches that lead to it.
    let mut stack = vec![(path, watcher, Vec::<u64>::new())];
    while let Some((path, watcher, taken)) = stack.pop() {
        if taken.len() as u64 == steps {
            if path.updates() > found.largest_updates || found.largest_updates == 0 {
                found.largest_updates = path.updates();
                found.ends = vec![watcher];
            }
            continue;
        }
        if let View::Rational(state) = path.view()
            && longest(state) > MAX_ALL_RATIONAL_BITS
        {
            return None;
        }
        for code in (0..batches).rev() {
            let chosen = batch_of(code);
            let (mut next, mut watcher, mut taken) = (path.clone(), watcher.clone(), taken.clone());
            next.step(&chosen);
            if !next.is_on_lattice() && path.is_on_lattice() {
                return None;
            }
            taken.push(code);
            if let Err(violation) = watcher.observe(&next, &chosen) {
                let draws = taken.into_iter().flat_map(batch_of);
                let samples = draws.map(|d| (d.label, d.counts)).collect();
                found.violation = Some(placed(violation, Course::Samples(samples), next.t()));
                return Some(found);
            }
            stack.push((next, watcher, taken));
        }
    }
    Some(found)
}
