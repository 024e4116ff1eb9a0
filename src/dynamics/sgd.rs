//! The `f64` simulator: many independent SGD runs of one problem.
//!
//! Run k of seed s follows the sample path of [`Sampler::stream`]`(s, k)`. Runs are spread over
//! threads; every run is computed by one thread in one fixed order of operations, without
//! contraction and with fixed partial sums, so results are bit for bit the same for any number of
//! threads and any vector width. What is kept is one small record a run and reported time.
//!
//! Nothing here decides an exact verdict.

mod accuracy;
mod statistics;

pub use accuracy::{ACCURACY_STREAM, SAMPLED_IMAGES};
pub use statistics::{Quantiles, SeriesPoint};

use super::kernel::{Kernel, LANES, Walker};
use super::sampler::{Draw, Sampler};
use super::state::State;
use crate::number::Matrix;
use crate::problem::{Distribution, Label, Pooling, Problem};
use accuracy::{Judge, RunJudge};
use multiversion::multiversion;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use statistics::{Measure, Record, series};
use std::time::Instant;

/// Runs that are simulated before their records are moved to the result.
const RUNS_AT_ONCE: u64 = 1024;

/// Steps between two reports of progress.
const STEPS_AT_ONCE: u64 = 1 << 14;

/// Most reported times.
const MAX_TIMES: u64 = 61;

/// What to simulate.
#[derive(Clone)]
pub struct Simulate<'a> {
    /// Number of independent runs.
    pub runs: u64,
    /// Steps of each run.
    pub steps: u64,
    /// Seed of the runs' random streams.
    pub seed: u64,
    /// Reported steps, ascending, from 0 to `steps`, both included: see [`report_times`].
    pub times: Vec<u64>,
    /// Told now and then how many run-steps were done since the last call, from any thread.
    pub progress: Option<&'a (dyn Fn(u64) + Sync)>,
}

impl Simulate<'_> {
    /// The runs, steps and seed of a problem, with [`report_times`] and no progress.
    pub fn of(problem: &Problem) -> Simulate<'static> {
        Simulate {
            runs: problem.training.runs,
            steps: problem.training.steps,
            seed: problem.training.seed,
            times: report_times(problem.training.steps),
            progress: None,
        }
    }
}

/// The reported steps: at most 61, spaced logarithmically, with 0 and `steps`.
///
/// Small integers that would be repeated are given once.
pub fn report_times(steps: u64) -> Vec<u64> {
    let mut times = vec![0];
    for i in 0..MAX_TIMES - 1 {
        let part = i as f64 / (MAX_TIMES - 2) as f64;
        let t = (steps as f64).powf(part).round() as u64;
        if t > times[times.len() - 1] && t < steps {
            times.push(t);
        }
    }
    if steps > 0 {
        times.push(steps);
    }
    times
}

/// One run at one reported step.
pub struct Snapshot<'a> {
    /// The run, from 0.
    pub run: u64,
    /// Steps done.
    pub t: u64,
    /// Steps so far with a gate that was not 0.
    pub updates: u64,
    /// Sum over the steps so far of the batch's mean of `g 1(label)`, label + first.
    pub gate_sums: [f64; 2],
    kernel: &'a Kernel<f64>,
    walker: &'a Walker<f64>,
}

impl Snapshot<'_> {
    /// Pattern coordinate `Z_jp`.
    pub fn weight(&self, j: usize, p: usize) -> f64 {
        self.walker.weights[p * self.kernel.blocks() + j / LANES][j % LANES]
    }

    /// Head weight `a_j`.
    pub fn head(&self, j: usize) -> f64 {
        self.walker.head[j / LANES][j % LANES]
    }

    /// Number of filters, n.
    pub fn n_filters(&self) -> usize {
        self.kernel.n_filters()
    }

    /// Number of patterns, P.
    pub fn n_patterns(&self) -> usize {
        self.kernel.n_patterns()
    }
}

/// Something that looks at every run at every reported step.
pub trait Probe: Sync {
    /// Called in order of t within a run, in any order of runs, from any thread.
    fn visit(&self, snapshot: &Snapshot<'_>);
}

/// How one run ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RunEnd {
    /// Steps with a gate that was not 0.
    pub updates: u64,
    /// Sum over the steps of the batch's mean of `g 1(label)`, label + first.
    pub gate_sums: [f64; 2],
    /// Was accuracy 1 at the end, for certain? Decided by the worst atom with sum pooling, and by
    /// all atoms of an explicit table. With max pooling over a generative distribution whose atoms
    /// are too many to enumerate, only a sufficient condition is tried.
    pub perfect: bool,
}

/// The result of a simulation.
#[derive(Debug, Clone, PartialEq)]
pub struct Simulation {
    /// Number of runs.
    pub runs: u64,
    /// Steps of each.
    pub steps: u64,
    /// The seed.
    pub seed: u64,
    /// Threads that took part.
    pub threads: usize,
    /// Time it took.
    pub wall_seconds: f64,
    /// `runs * steps / wall_seconds`.
    pub run_steps_per_second: f64,
    /// Share of all samples whose gate was not 0; 0 without steps.
    pub open_gate_share: f64,
    /// One point a reported step.
    pub series: Vec<SeriesPoint>,
    /// One entry a run.
    pub ends: Vec<RunEnd>,
}

/// What a run adds up on its way.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    updates: u64,
    open_samples: u64,
    gate_sums: [f64; 2],
}

/// A run on its way.
struct Run<'k> {
    kernel: &'k Kernel<f64>,
    walker: Walker<f64>,
    sampler: &'k Sampler,
    rng: ChaCha8Rng,
    draw: Draw,
    batch: u32,
    tally: Tally,
}

impl Run<'_> {
    /// Moves some steps on, compiled for several vector widths.
    fn advance(&mut self, steps: u64) {
        advance(self, steps);
    }
}

#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx2+bmi2", "x86_64+avx2+bmi2"))]
fn advance(run: &mut Run<'_>, steps: u64) {
    for _ in 0..steps {
        let mut open = false;
        for _ in 0..run.batch {
            run.sampler.draw(&mut run.rng, &mut run.draw);
            let gate = run.kernel.add(&mut run.walker, &run.draw, &mut ());
            if gate != 0.0 {
                open = true;
                run.tally.open_samples += 1;
                run.tally.gate_sums[run.draw.label.index()] += gate;
            }
        }
        run.tally.updates += u64::from(open);
        run.kernel.step(&mut run.walker, &mut ());
    }
}

/// Simulates SGD on a problem.
///
/// Runs on the current rayon pool; the result, but for its timing, does not depend on it.
///
/// # Cost
/// A step costs a draw and P' operations for the margin (P' patterns present in the image), and
/// n P' where the gate is open (n P' P for a dictionary that is not orthonormal); n P' always under
/// max pooling or with a trained head. Memory: 40 bytes a run and reported step, and one state a
/// thread.
pub fn simulate(problem: &Problem, config: &Simulate<'_>, probe: Option<&dyn Probe>) -> Simulation {
    let start = Instant::now();
    let batch = problem.training.batch;
    let kernel = Kernel::<f64>::new(problem, batch);
    let initial = kernel.walker(problem);
    let sampler = Sampler::new(&problem.distribution);
    let measure = Measure::new(problem);
    let judge = Judge::new(problem, config.runs, config.times.len() as u64);
    let one_run = |run: u64| -> (Vec<Record>, RunEnd, u64) {
        let mut state = Run {
            kernel: &kernel,
            walker: initial.clone(),
            sampler: &sampler,
            rng: Sampler::stream(config.seed, run),
            draw: sampler.blank(),
            batch,
            tally: Tally::default(),
        };
        let mut run_judge = RunJudge::new(&judge, &sampler, config.seed, run);
        let mut records = Vec::with_capacity(config.times.len());
        let mut t = 0;
        for &time in &config.times {
            while t < time {
                let steps = (time - t).min(STEPS_AT_ONCE);
                state.advance(steps);
                t += steps;
                if let Some(progress) = config.progress {
                    progress(steps);
                }
            }
            let accuracy = run_judge.accuracy(&kernel, &mut state.walker);
            records.push(measure.record(&kernel, &state.walker, accuracy));
            if let Some(probe) = probe {
                probe.visit(&Snapshot {
                    run,
                    t,
                    updates: state.tally.updates,
                    gate_sums: state.tally.gate_sums.map(|sum| sum / f64::from(batch)),
                    kernel: &kernel,
                    walker: &state.walker,
                });
            }
        }
        let end = RunEnd {
            updates: state.tally.updates,
            gate_sums: state.tally.gate_sums.map(|sum| sum / f64::from(batch)),
            perfect: run_judge.is_perfect(&kernel, &mut state.walker),
        };
        (records, end, state.tally.open_samples)
    };
    let mut columns: Vec<Vec<Record>> = vec![Vec::new(); config.times.len()];
    let mut ends = Vec::new();
    let mut open_samples = 0u64;
    let mut next = 0;
    while next < config.runs {
        let until = config.runs.min(next.saturating_add(RUNS_AT_ONCE));
        let block: Vec<_> = (next..until).into_par_iter().map(one_run).collect();
        for (records, end, open) in block {
            for (column, record) in columns.iter_mut().zip(records) {
                column.push(record);
            }
            ends.push(end);
            open_samples = open_samples.saturating_add(open);
        }
        next = until;
    }
    let worst_atom_decides = problem.network.pooling == Pooling::Sum
        && matches!(problem.distribution, Distribution::Generative(_));
    let series = config
        .times
        .iter()
        .zip(&columns)
        .map(|(&t, records)| series(t, records, worst_atom_decides))
        .collect();
    let wall_seconds = start.elapsed().as_secs_f64();
    let run_steps = config.runs as f64 * config.steps as f64;
    let samples = run_steps * f64::from(batch);
    Simulation {
        runs: config.runs,
        steps: config.steps,
        seed: config.seed,
        threads: rayon::current_num_threads(),
        wall_seconds,
        run_steps_per_second: run_steps / wall_seconds.max(1e-9),
        open_gate_share: if samples > 0.0 {
            open_samples as f64 / samples
        } else {
            0.0
        },
        series,
        ends,
    }
}

/// The state of one run after some steps, without statistics.
///
/// # Cost
/// As [`simulate`] a step.
pub fn state_after(problem: &Problem, seed: u64, run: u64, steps: u64) -> State<f64> {
    let kernel = Kernel::<f64>::new(problem, problem.training.batch);
    let sampler = Sampler::new(&problem.distribution);
    let mut run = Run {
        kernel: &kernel,
        walker: kernel.walker(problem),
        sampler: &sampler,
        rng: Sampler::stream(seed, run),
        draw: sampler.blank(),
        batch: problem.training.batch,
        tally: Tally::default(),
    };
    run.advance(steps);
    let walker = &run.walker;
    let at = |b: usize, j: usize| b * kernel.blocks() + j / LANES;
    State {
        weights: Matrix::from_fn(kernel.n_filters(), kernel.n_patterns(), |j, p| {
            walker.weights[at(p, j)][j % LANES]
        }),
        head: (0..kernel.n_filters())
            .map(|j| walker.head[at(0, j)][j % LANES])
            .collect(),
    }
}

/// The winners of both labels, in order, with the pattern of their key.
fn winners_with_keys(problem: &Problem) -> Vec<(usize, usize)> {
    Label::BOTH
        .iter()
        .flat_map(|&y| problem.winners(y).into_iter().map(move |j| (j, y.index())))
        .collect()
}
