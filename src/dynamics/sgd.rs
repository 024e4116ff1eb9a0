//! The simulator: many independent SGD runs of one problem, in machine floats.
//!
//! Where the problem has a lattice whose integers stay below 2^53, floats count in its units and every
//! operation that moves the state or decides a sign, a gate or an accuracy is exact, so that ties
//! are decided as the mathematics decides them (`sgd/lattice.rs` has the units and the proof).
//! Elsewhere, or if asked for, floats hold the problem's own numbers and round. Both take the same
//! steps, on a lattice along lines where these apply (`kernel/lines.rs`). In plain floats the first runs are taken once more on numbers that track their error, to
//! tell which share of the decisions rounding could have changed.
//!
//! A run in plain floats whose state leaves their range ends there: nothing that is reported comes
//! from it at that step or later.
//!
//! Run k of seed s follows the sample path of [`Sampler::stream`]`(s, k)`. Runs are spread over
//! threads; every run is computed by one thread in one fixed order of operations, without
//! contraction and with fixed partial sums (on a lattice any order gives the same), so results are bit for bit the same for any number of
//! threads and any vector width. What is kept is one small record a run and reported time.
//!
//! Nothing here decides an exact verdict.

mod accuracy;
mod count;
mod course;
mod dense;
mod lattice;
mod nearness;
mod run;
mod statistics;

pub use accuracy::{ACCURACY_STREAM, SAMPLED_IMAGES};
pub use lattice::Plain;
pub use statistics::{AccuracyKind, Quantiles, SeriesPoint};

use super::kernel::{Kernel, LANES, Walker};
use super::sampler::Sampler;
use super::state::State;
use crate::interrupt;
use crate::number::{Matrix, Q};
use crate::problem::Problem;
use accuracy::{Judge, RunJudge};
use lattice::{FloatLattice, LIMIT, Units};
use nearness::{Nearness, nearness};
use num_traits::ToPrimitive;
use rayon::prelude::*;
use run::{Run, Tally};
use statistics::{Measure, Record, Scratch, Setting, series};
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
    /// How to compute.
    pub arithmetic: ArithmeticChoice,
    /// Told now and then how many run-steps were done since the last call, from any thread.
    pub progress: Option<&'a (dyn Fn(u64) + Sync)>,
}

/// Which arithmetic a simulation may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ArithmeticChoice {
    /// Units of a lattice where these fit, else plain floats.
    #[default]
    Automatic,
    /// Plain floats.
    F64,
}

/// Which arithmetic a simulation took.
#[derive(Debug, Clone, PartialEq)]
pub enum Arithmetic {
    /// Integers below 2^53, exactly.
    Lattice {
        /// All weights are integer multiples of it.
        unit: Q,
    },
    /// Floats that hold the problem's own numbers, and round.
    F64(Plain),
}

impl Arithmetic {
    /// As in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Arithmetic::Lattice { .. } => "lattice",
            Arithmetic::F64(_) => "f64",
        }
    }
}

impl Simulate<'_> {
    /// The runs, steps and seed of a problem, with [`report_times`] and no progress.
    pub fn of(problem: &Problem) -> Simulate<'static> {
        Simulate {
            runs: problem.training().runs,
            steps: problem.training().steps,
            seed: problem.training().seed,
            times: report_times(problem.training().steps),
            arithmetic: ArithmeticChoice::Automatic,
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
    units: Option<&'a Units>,
}

impl Snapshot<'_> {
    /// Pattern coordinate `Z_jp`; on a lattice the exact one, rounded to nearest.
    pub fn weight(&self, j: usize, p: usize) -> f64 {
        let z = self.walker.weights[p * self.kernel.blocks() + j / LANES][j % LANES];
        match self.units {
            Some(units) => units.rescale(z),
            None => z,
        }
    }

    /// Pattern coordinate `Z_jp` in units of the lattice: exactly; `None` in plain floats.
    pub fn units(&self, j: usize, p: usize) -> Option<i64> {
        self.units?;
        self.walker.weights[p * self.kernel.blocks() + j / LANES][j % LANES].to_i64()
    }

    /// Head weight `a_j`.
    pub fn head(&self, j: usize) -> f64 {
        match self.units {
            Some(units) => units.head[j],
            None => self.walker.head[j / LANES][j % LANES],
        }
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

/// Something that looks at every run at every reported step at which it is finite.
pub trait Probe: Sync {
    /// Called in order of t within a run, in any order of runs, from any thread.
    fn visit(&self, snapshot: &Snapshot<'_>);
}

/// One after the other.
impl<A: Probe, B: Probe> Probe for (A, B) {
    fn visit(&self, snapshot: &Snapshot<'_>) {
        self.0.visit(snapshot);
        self.1.visit(snapshot);
    }
}

/// Where there is one.
impl<P: Probe> Probe for Option<P> {
    fn visit(&self, snapshot: &Snapshot<'_>) {
        if let Some(probe) = self {
            probe.visit(snapshot);
        }
    }
}

/// How one run ended. Counts of a run that is not finite to the end stop before the step at which it
/// ceased to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RunEnd {
    /// Steps with a gate that was not 0.
    pub updates: u64,
    /// Sum over the steps of the batch's mean of `g 1(label)`, label + first.
    pub gate_sums: [f64; 2],
    /// Was accuracy 1 at the end, for certain? Decided by the worst atom with sum pooling, and by
    /// all atoms of an explicit table. With max pooling over a generative distribution whose atoms
    /// are too many to enumerate, only a sufficient condition is tried. Never of a run that is not
    /// finite.
    pub perfect: bool,
    /// The first step after which the state is not finite.
    pub not_finite_from: Option<u64>,
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
    /// Share of all samples of finite steps whose gate was not 0; 0 without steps.
    pub open_gate_share: f64,
    /// The arithmetic.
    pub arithmetic: Arithmetic,
    /// Runs that are finite to the end.
    pub finite_runs: u64,
    /// The least step after which the state of some run is not finite (a weight, or a sum of gates,
    /// beyond the range of floats); 0 is the start.
    pub not_finite_from: Option<u64>,
    /// Share of the decisions (used signs, gates, argmaxes, and correct classifications at reported
    /// steps) closer to their threshold than the bound of their rounding error, in the runs and steps
    /// that were tracked; 0 on a lattice.
    pub near_threshold_share: f64,
    /// Runs whose decisions were tracked: the first ones. On a lattice all.
    pub near_threshold_runs: u64,
    /// Steps of those runs that were tracked.
    pub near_threshold_steps: u64,
    /// One point a reported step.
    pub series: Vec<SeriesPoint>,
    /// One entry a run.
    pub ends: Vec<RunEnd>,
    /// The limit that ended the simulation before all runs that were asked for; `runs` then counts the
    /// complete ones.
    pub stopped: Option<String>,
}

impl Simulation {
    /// No run at all.
    pub fn not_run(problem: &Problem) -> Self {
        Simulation {
            runs: 0,
            steps: problem.training().steps,
            seed: problem.training().seed,
            threads: rayon::current_num_threads(),
            wall_seconds: 0.0,
            run_steps_per_second: 0.0,
            open_gate_share: 0.0,
            arithmetic: Arithmetic::F64(Plain::Asked),
            finite_runs: 0,
            not_finite_from: None,
            near_threshold_share: 0.0,
            near_threshold_runs: 0,
            near_threshold_steps: 0,
            series: Vec::new(),
            ends: Vec::new(),
            stopped: None,
        }
    }

    /// Was every state and every decision exact?
    pub fn is_on_lattice(&self) -> bool {
        matches!(self.arithmetic, Arithmetic::Lattice { .. })
    }

    /// What must be said where runs have overflowed, in one sentence without a full stop; `None` if
    /// all runs are finite.
    pub fn overflow(&self) -> Option<String> {
        let step = self.not_finite_from?;
        let ended = self.runs - self.finite_runs;
        let (what, verb) = match (ended, self.runs) {
            (1, 1) => ("the run".to_owned(), "leaves"),
            (1, runs) => (format!("1 of {runs} runs"), "leaves"),
            (ended, runs) if ended == runs => (format!("all {runs} runs"), "leave"),
            (ended, runs) => (format!("{ended} of {runs} runs"), "leave"),
        };
        Some(format!(
            "{what} {verb} the range of f64, the first at step {step}; values end there"
        ))
    }
}

/// One run, seen at the reported steps up to which it is finite. As text it is base64 of its bytes (see `course.rs`).
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    records: Vec<Record>,
    end: RunEnd,
    open_samples: u64,
    finite_steps: u64,
}

/// The runs of a simulation, to be done one by one, in any order, by whomever.
pub struct Runs<'a> {
    problem: &'a Problem,
    config: &'a Simulate<'a>,
    kernel: Kernel<f64>,
    initial: Walker<f64>,
    sampler: Sampler,
    measure: Measure,
    judge: Judge,
    arithmetic: Arithmetic,
    units: Option<Units>,
    probe: Option<&'a dyn Probe>,
}

impl<'a> Runs<'a> {
    /// The runs of this simulation; `probe` looks at each.
    ///
    /// # Cost
    /// That of the tables that all runs share.
    pub fn new(
        problem: &'a Problem,
        config: &'a Simulate<'a>,
        probe: Option<&'a dyn Probe>,
    ) -> Self {
        let lattice = match config.arithmetic {
            ArithmeticChoice::Automatic => FloatLattice::new(problem, config.steps),
            ArithmeticChoice::F64 => Err(Plain::Asked),
        };
        let (kernel, units, arithmetic) = match lattice {
            Ok(FloatLattice { constants, units }) => {
                let unit = units.unit.clone();
                let kernel = Kernel::with_constants(problem, constants);
                (kernel, Some(units), Arithmetic::Lattice { unit })
            }
            Err(why) => (Kernel::new(problem), None, Arithmetic::F64(why)),
        };
        Runs {
            problem,
            config,
            initial: kernel.walker(),
            kernel,
            sampler: Sampler::new(problem.distribution()),
            measure: Measure::new(problem, units.clone()),
            judge: Judge::new(problem, config.runs, config.times.len() as u64),
            arithmetic,
            units,
            probe,
        }
    }

    fn start(&self, run: u64) -> Run<'_, f64> {
        let run = Run::start(
            &self.kernel,
            &self.initial,
            &self.sampler,
            self.batch(),
            self.config.seed,
            run,
        );
        match self.units {
            Some(_) => run.on_lattice(),
            None => run,
        }
    }

    fn batch(&self) -> u32 {
        self.problem.training().batch
    }

    fn gate_sums(&self, tally: &Tally) -> [f64; 2] {
        tally.gate_sums.map(|sum| sum / f64::from(self.batch()))
    }

    /// One run; `None` if it was asked to end before its last step.
    ///
    /// # Cost
    /// As [`simulate`], of one run.
    pub fn course(&self, run: u64) -> Option<Course> {
        let mut state = self.start(run);
        let mut run_judge = RunJudge::new(&self.judge, &self.sampler, self.config.seed, run);
        let mut records: Vec<Record> = Vec::with_capacity(self.config.times.len());
        // The updates before the last record: without one since, the state is the same.
        let mut seen = None;
        let mut scratch = Scratch::default();
        let mut t = 0;
        // Integers of a lattice cannot overflow.
        let may_overflow = self.units.is_none();
        let mut not_finite_from = (may_overflow && !state.is_finite()).then_some(0);
        'run: for &time in &self.config.times {
            while t < time && not_finite_from.is_none() {
                if interrupt::asked().is_some() {
                    return None;
                }
                let steps = (time - t).min(self.steps_at_once());
                state.advance(steps);
                self.tell(steps);
                if may_overflow && !state.is_finite() {
                    // Once more to here, and then to the very step.
                    state = self.start(run);
                    state.advance(t);
                    let (done, last) = state.last_finite(steps);
                    state = last;
                    self.tell(self.config.steps - (t + steps));
                    t += done;
                    not_finite_from = Some(t + 1);
                    break 'run;
                }
                t += steps;
            }
            if not_finite_from.is_some() {
                break;
            }
            self.assert_range(&state.walker);
            let record = match records.last() {
                Some(last) if seen == Some(state.tally.updates) => *last,
                _ => {
                    let accuracy = run_judge.accuracy(&self.kernel, &mut state.walker, &mut ());
                    self.measure
                        .record(&self.kernel, &state.walker, accuracy, &mut scratch)
                }
            };
            records.push(record);
            seen = Some(state.tally.updates);
            if let Some(probe) = self.probe {
                probe.visit(&Snapshot {
                    run,
                    t,
                    updates: state.tally.updates,
                    gate_sums: self.gate_sums(&state.tally),
                    kernel: &self.kernel,
                    walker: &state.walker,
                    units: self.units.as_ref(),
                });
            }
        }
        Some(Course {
            records,
            end: RunEnd {
                updates: state.tally.updates,
                gate_sums: self.gate_sums(&state.tally),
                perfect: not_finite_from.is_none()
                    && run_judge.is_perfect(&self.kernel, &mut state.walker),
                not_finite_from,
            },
            open_samples: state.tally.open_samples,
            finite_steps: t,
        })
    }

    /// Steps between two looks at the clock: fewer of larger batches.
    fn steps_at_once(&self) -> u64 {
        (STEPS_AT_ONCE / u64::from(self.batch())).max(1)
    }

    fn tell(&self, steps: u64) {
        if let Some(progress) = self.config.progress {
            progress(steps);
        }
    }

    /// On a lattice all weights are integers below 2^53: what its bound proves.
    fn assert_range(&self, walker: &Walker<f64>) {
        if self.units.is_some() {
            let mut weights = walker.weights.as_flattened().iter();
            debug_assert!(weights.all(|w| w.fract() == 0.0 && w.abs() < LIMIT as f64));
        }
    }
}

/// Simulates SGD on a problem.
///
/// Runs on the current rayon pool; the result, but for its timing, does not depend on it.
///
/// # Cost
/// A step costs a draw and an addition a patch for the margin. Where the gate is open, on a lattice with
/// sum pooling and an orthonormal dictionary, it costs an addition for each of the P' patterns present
/// in the image, and n more for a pattern of which some filter crosses 0 (with relu once at most for
/// each filter and pattern); elsewhere n P' (n P' P for a dictionary that is not orthonormal), and n P'
/// always under max pooling or with a trained head. A reported step costs n P, and where accuracy is
/// sampled 256 margins. In plain floats about half a second of one core more, at most, for tracking
/// decisions; and a run that overflows is taken twice. Memory: 48 bytes a run and reported step, and
/// one state a thread.
///
/// # Example
/// ```
/// use filtercert::dynamics::sgd::Simulate;
/// use filtercert::{read_problem, simulate};
///
/// let problem = read_problem("examples/small.toml".as_ref())?;
/// let seen = simulate(&problem, &Simulate { runs: 10, ..Simulate::of(&problem) }, None);
/// assert_eq!((seen.runs, seen.ends.len()), (10, 10));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn simulate(problem: &Problem, config: &Simulate<'_>, probe: Option<&dyn Probe>) -> Simulation {
    let start = Instant::now();
    let runs = Runs::new(problem, config, probe);
    let mut gathered = Gathered::new(config);
    let mut next = 0;
    while next < config.runs {
        let until = config.runs.min(next.saturating_add(RUNS_AT_ONCE));
        let block: Vec<_> = (next..until)
            .into_par_iter()
            .map(|run| runs.course(run))
            .collect();
        let asked = block.len();
        // Complete runs, in order: what is left out does not depend on how a run went.
        let before = gathered.ends.len();
        block
            .into_iter()
            .map_while(|course| course)
            .for_each(|course| gathered.push(&course));
        next = until;
        if gathered.ends.len() - before < asked {
            break;
        }
    }
    runs.simulation(gathered, start)
}

/// The courses of some runs, laid out by the reported steps.
struct Gathered {
    columns: Vec<Vec<Record>>,
    ends: Vec<RunEnd>,
    open_samples: u64,
    finite_steps: u64,
}

impl Gathered {
    fn new(config: &Simulate<'_>) -> Self {
        Gathered {
            columns: vec![Vec::new(); config.times.len()],
            ends: Vec::new(),
            open_samples: 0,
            finite_steps: 0,
        }
    }

    fn push(&mut self, course: &Course) {
        for (column, record) in self.columns.iter_mut().zip(&course.records) {
            column.push(*record);
        }
        self.ends.push(course.end);
        self.open_samples = self.open_samples.saturating_add(course.open_samples);
        self.finite_steps = self.finite_steps.saturating_add(course.finite_steps);
    }
}

impl Runs<'_> {
    /// What these runs show, the first ones in the order of their numbers: all of them, unless the simulation was asked
    /// to end.
    ///
    /// # Cost
    /// A selection of quantiles for each reported step; in plain floats also that of tracking decisions, see
    /// [`simulate`].
    pub fn shown_by<'c>(&self, courses: impl IntoIterator<Item = &'c Course>) -> Simulation {
        let start = Instant::now();
        let mut gathered = Gathered::new(self.config);
        courses.into_iter().for_each(|course| gathered.push(course));
        self.simulation(gathered, start)
    }

    fn simulation(&self, gathered: Gathered, start: Instant) -> Simulation {
        let Gathered {
            columns,
            ends,
            open_samples,
            finite_steps,
        } = gathered;
        let (problem, asked) = (self.problem, self.config.runs);
        let stopped = interrupt::asked().filter(|_| (ends.len() as u64) < asked);
        let config = &Simulate {
            runs: ends.len() as u64,
            ..self.config.clone()
        };
        let samples = finite_steps as f64 * f64::from(self.batch());
        let open_gate_share = if samples > 0.0 {
            open_samples as f64 / samples
        } else {
            0.0
        };
        let near = if self.units.is_some() {
            Nearness::none(config)
        } else {
            let (sampler, judge) = (&self.sampler, &self.judge);
            nearness(problem, config, sampler, judge, &ends, open_gate_share)
        };
        let setting = Setting {
            runs: config.runs,
            worst_atom_decides: self.judge.worst_decides(),
            is_exact: near.decides_all(config),
        };
        let series = config
            .times
            .par_iter()
            .zip(&columns)
            .map(|(&t, records)| series(t, records, &setting))
            .collect();
        let wall_seconds = start.elapsed().as_secs_f64();
        let run_steps = config.runs as f64 * config.steps as f64;
        Simulation {
            runs: config.runs,
            steps: config.steps,
            seed: config.seed,
            threads: rayon::current_num_threads(),
            wall_seconds,
            run_steps_per_second: run_steps / wall_seconds.max(1e-9),
            open_gate_share,
            arithmetic: self.arithmetic.clone(),
            finite_runs: ends
                .iter()
                .filter(|end| end.not_finite_from.is_none())
                .count() as u64,
            not_finite_from: ends.iter().filter_map(|end| end.not_finite_from).min(),
            near_threshold_share: near.share(),
            near_threshold_runs: near.runs,
            near_threshold_steps: near.steps,
            series,
            ends,
            stopped: stopped.map(str::to_owned),
        }
    }
}

/// The state of one run after some steps in plain floats, without statistics; not finite where it
/// has overflowed.
///
/// # Cost
/// As [`simulate`] a step.
pub fn state_after(problem: &Problem, seed: u64, run: u64, steps: u64) -> State<f64> {
    let kernel = Kernel::<f64>::new(problem);
    let sampler = Sampler::new(problem.distribution());
    let batch = problem.training().batch;
    let mut run = Run::start(&kernel, &kernel.walker(), &sampler, batch, seed, run);
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
