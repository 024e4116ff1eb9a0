//! `simulate`: SGD, many runs.

use super::arguments::{ProblemArgs, runs, seed, steps};
use super::files::Input;
use super::format::{bold, csv, short_float, short_rational, shortest, table};
use super::output::document;
use super::spread::{Answer, Form, NOTHING_KEPT, Spread};
use super::{Exit, Failure, Global, Output, Progress, watch};
use clap::{Args, ValueEnum};
use filtercert::dynamics::sgd::{
    AccuracyKind, Arithmetic, ArithmeticChoice, Course, Quantiles, Runs, SeriesPoint, Simulate,
    Simulation, report_times, simulate,
};
use filtercert::interrupt;
use filtercert::problem::{DomainError, SourceProblem};
use filtercert::shard::{Items, Parts, Shard, Work};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Most statistics that one simulation may keep: runs times reported steps.
const MAX_RECORDS: u64 = 100_000_000;

/// Most patches that one simulation may draw: some hours' work of one core.
const MAX_PATCHES_DRAWN: u64 = 1_000_000_000_000;

/// Rows of the table on a terminal.
const ROWS: usize = 16;

/// Simulate SGD: norms, dominance ratio, alignment and accuracy over time
///
/// Many independent runs start at the one initial point of the problem and differ in their samples.
/// Spread over the runs is told by quantiles. The same seed gives the same numbers for any number
/// of threads. With a fixed head, a loss whose gates are 0 or 1 and a piecewise linear activation
/// the weights are counted in units of a lattice, so that states and decisions are exact as long as
/// the counts stay below 2^53; else they are plain f64, and rounding may decide ties.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  filtercert simulate examples/hinge.toml --runs 100 --steps 2000"
)]
pub struct Options {
    #[command(flatten)]
    problem: ProblemArgs,
    /// Runs [default: those of the file]
    #[arg(long, value_name = "R", value_parser = runs)]
    runs: Option<u64>,
    /// Steps of each run [default: those of the file]
    #[arg(long, value_name = "T", value_parser = steps)]
    steps: Option<u64>,
    /// Seed of the runs [default: that of the file]
    #[arg(long, value_name = "S", value_parser = seed)]
    seed: Option<u64>,
    /// Arithmetic: auto is the lattice where it fits
    #[arg(long, value_enum, value_name = "KIND", default_value = "auto")]
    arithmetic: Kind,
    /// Print CSV: one row a reported step
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// With --shard: the file of parts [default: standard output]
    #[arg(short, long, value_name = "FILE", requires = "shard")]
    output: Option<PathBuf>,
    #[command(flatten)]
    spread: Spread,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// Exact in units of a lattice where these fit, else plain f64
    Auto,
    /// Plain f64: shows what rounding does
    F64,
}

impl Options {
    pub fn run(&self, global: &Global) -> Result<Output, Failure> {
        let read = self.problem.read()?;
        let training = read.problem.training();
        let steps = self.steps.unwrap_or(training.steps);
        let runs = self.runs.unwrap_or(training.runs);
        let seed = self.seed.unwrap_or(training.seed);
        let length = Length {
            runs,
            runs_given: self.runs.is_some(),
            steps,
            steps_given: self.steps.is_some(),
        };
        if let Some(limit) = too_long(&read, &length) {
            let text = if global.json {
                let fields = json!({
                    "problem": read.problem.name(),
                    "runs": 0,
                    "steps": steps,
                    "seed": seed,
                    "series": [],
                    "stopped": { "limit": limit },
                });
                document(Some(&read.problem), fields)
            } else if self.csv {
                as_csv(&[])
            } else {
                String::new()
            };
            return Ok(Output {
                text,
                notes: vec![format!("stopped: {limit}; no run was begun")],
                exit: Exit::Unfinished,
            });
        }
        let asked = Asked {
            runs,
            steps,
            seed,
            arithmetic: self.arithmetic,
        };
        let form = Form {
            json: global.json,
            csv: self.csv,
            timed: !global.no_timing,
            ..Form::default()
        };
        watch::shows_parts();
        let bar = Progress::start("SGD", Some(runs.saturating_mul(steps)));
        let advance = |done| bar.advance(done);
        let config = asked.config(Some(&advance));
        // In one process, and kept nowhere, runs need not be kept one by one.
        if self.spread.is_plain() {
            let simulation = simulate(&read.problem, &config, None);
            drop(bar);
            let mut output = told(&read, &simulation, runs, &form)?;
            if simulation.stopped.is_some() {
                output.notes.push(NOTHING_KEPT.to_owned());
            }
            return Ok(output);
        }
        let inputs: Vec<Input> = self.problem.file().map(Input::of).into_iter().collect();
        let work = Simulating::new(&read, &asked, &config);
        self.spread
            .run(&work, &form, self.output.as_deref(), &inputs, global)
    }
}

/// What is simulated.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Asked {
    runs: u64,
    steps: u64,
    seed: u64,
    arithmetic: Kind,
}

impl Asked {
    pub(super) fn config<'p>(&self, progress: Option<&'p (dyn Fn(u64) + Sync)>) -> Simulate<'p> {
        Simulate {
            runs: self.runs,
            steps: self.steps,
            seed: self.seed,
            times: report_times(self.steps),
            arithmetic: match self.arithmetic {
                Kind::Auto => ArithmeticChoice::Automatic,
                Kind::F64 => ArithmeticChoice::F64,
            },
            progress,
        }
    }
}

/// A simulation as work that can be shared out: its items are runs.
pub(super) struct Simulating<'a> {
    read: &'a SourceProblem,
    asked: &'a Asked,
    runs: Runs<'a>,
    start: Instant,
    /// Runs that were done here.
    done: AtomicU64,
}

impl<'a> Simulating<'a> {
    pub(super) fn new(read: &'a SourceProblem, asked: &'a Asked, config: &'a Simulate<'a>) -> Self {
        Simulating {
            read,
            asked,
            runs: Runs::new(&read.problem, config, None),
            start: Instant::now(),
            done: AtomicU64::new(0),
        }
    }
}

impl Work for Simulating<'_> {
    type Part = Course;

    fn command(&self) -> &'static str {
        "simulate"
    }

    fn unit(&self) -> &'static str {
        "runs"
    }

    fn total(&self) -> u64 {
        self.asked.runs
    }

    fn problem(&self) -> Option<&SourceProblem> {
        Some(self.read)
    }

    fn options(&self) -> Value {
        json!(self.asked)
    }

    fn seed(&self) -> Option<u64> {
        Some(self.asked.seed)
    }

    fn shared(&self, shard: Shard) -> Items {
        shard.neighbours(self.total())
    }

    fn perform(&self, items: &Items, done: &(dyn Fn(u64, Course) + Sync)) -> Result<(), String> {
        let items: Vec<u64> = items.iter().collect();
        items.par_iter().for_each(|&run| {
            if interrupt::asked().is_none()
                && let Some(course) = self.runs.course(run)
            {
                done(run, course);
                self.done.fetch_add(1, Ordering::Relaxed);
            }
        });
        Ok(())
    }
}

impl Answer for Simulating<'_> {
    fn has_table(&self) -> bool {
        true
    }

    fn answer(&self, parts: &Parts<Course>, form: &Form) -> Result<Output, Failure> {
        // Runs in order, up to the first one that is not there.
        let in_order = (0u64..).zip(parts);
        let in_order = in_order.map_while(|(run, (item, course))| (run == *item).then_some(course));
        let mut simulation = self.runs.shown_by(in_order);
        // What was kept before took its time elsewhere.
        simulation.wall_seconds = self.start.elapsed().as_secs_f64();
        let run_steps = self.done.load(Ordering::Relaxed) as f64 * self.asked.steps as f64;
        simulation.run_steps_per_second = run_steps / simulation.wall_seconds.max(1e-9);
        told(self.read, &simulation, self.asked.runs, form)
    }
}

/// The answer: the simulation of so many runs, or of the complete ones among them.
fn told(
    read: &SourceProblem,
    simulation: &Simulation,
    runs: u64,
    form: &Form,
) -> Result<Output, Failure> {
    if let Some(limit) = &simulation.stopped
        && simulation.runs == 0
    {
        return Err(Failure::Stopped(limit.clone()));
    }
    let stopped = simulation.stopped.as_ref().map(|limit| {
        let complete = simulation.runs;
        format!("stopped: {limit}; {complete} of {runs} runs, the first ones, are told")
    });
    let overflow = simulation.overflow();
    let text = if form.json {
        let mut fields = json!({ "problem": read.problem.name() });
        if let (Value::Object(all), Value::Object(more)) =
            (&mut fields, simulation_json(simulation, form.timed))
        {
            all.extend(more);
        }
        document(Some(&read.problem), fields)
    } else if form.csv {
        as_csv(&simulation.series)
    } else {
        as_text(read.problem.name(), simulation, form.timed)
    };
    Ok(Output {
        text,
        exit: match stopped {
            Some(_) => Exit::Unfinished,
            None => Exit::Fine,
        },
        notes: overflow.into_iter().chain(stopped).collect(),
    })
}

/// How long a simulation is, and which of its numbers came from the command line.
pub(super) struct Length {
    pub runs: u64,
    pub runs_given: bool,
    pub steps: u64,
    pub steps_given: bool,
}

/// The limit, with its place, that forbids a simulation: more runs than its statistics have room for, or
/// more steps than any machine would finish. Counted before anything is done.
pub(super) fn too_long(read: &SourceProblem, length: &Length) -> Option<String> {
    let limit = |name: &str, given: bool, found: u64, expected: String| {
        if given {
            return format!("--{name}: found {found}, expected {expected}");
        }
        let key = format!("training.{name}");
        read.domain_error(&DomainError::new(key, found.to_string(), expected))
            .to_string()
    };
    let times = report_times(length.steps).len().max(1) as u64;
    let most = MAX_RECORDS / times;
    if length.runs > most {
        let expected = format!("at most {most} runs, so that their statistics fit");
        return Some(limit("runs", length.runs_given, length.runs, expected));
    }
    let problem = &read.problem;
    let patches = u64::from(problem.distribution().max_patches()) + 1;
    let per_step = patches
        .saturating_mul(u64::from(problem.training().batch))
        .saturating_mul(length.runs.max(1));
    let most = MAX_PATCHES_DRAWN / per_step.max(1);
    if length.steps > most {
        let expected = format!(
            "at most {most} steps with these runs, patches and batches, so that the simulation ends"
        );
        return Some(limit("steps", length.steps_given, length.steps, expected));
    }
    None
}

/// What the quantiles are of.
const NAMES: [&str; 5] = [
    "winner_norm",
    "loser_norm",
    "ratio",
    "alignment",
    "accuracy",
];

/// The quantiles, in the order of their names.
fn quantiles(point: &SeriesPoint) -> [&Quantiles; 5] {
    [
        &point.winner_norm,
        &point.loser_norm,
        &point.ratio,
        &point.alignment,
        &point.accuracy,
    ]
}

/// A simulation as it stands in JSON documents; with its wall time if `timed`.
pub(super) fn simulation_json(simulation: &Simulation, timed: bool) -> Value {
    let series: Vec<Value> = simulation
        .series
        .iter()
        .map(|point| {
            let mut fields = json!({ "t": point.t });
            for (name, q) in NAMES.into_iter().zip(quantiles(point)) {
                fields[name] = json!({ "q05": q.q05, "q50": q.q50, "q95": q.q95 });
            }
            fields["accuracy_kind"] = point.accuracy_kind.name().into();
            fields
        })
        .collect();
    let mut fields = json!({
        "runs": simulation.runs,
        "steps": simulation.steps,
        "seed": simulation.seed,
        "open_gate_share": simulation.open_gate_share,
        "finite_runs": simulation.finite_runs,
        "near_threshold_share": simulation.near_threshold_share,
        "near_threshold_runs": simulation.near_threshold_runs,
        "near_threshold_steps": simulation.near_threshold_steps,
        "arithmetic": simulation.arithmetic.name(),
        "not_finite_from": simulation.not_finite_from,
        "series": series,
        "stopped": simulation.stopped.as_ref().map(|limit| json!({ "limit": limit })),
    });
    if timed {
        fields["timing"] = json!({
            "threads": simulation.threads,
            "wall_seconds": simulation.wall_seconds,
            "run_steps_per_second": simulation.run_steps_per_second,
        });
    }
    fields
}

fn as_csv(series: &[SeriesPoint]) -> String {
    let mut header = vec!["t".to_owned()];
    for name in NAMES {
        header.extend(["q05", "q50", "q95"].map(|q| format!("{name}_{q}")));
    }
    header.push("accuracy_kind".to_owned());
    let rows = series.iter().map(|point| {
        let mut row = vec![point.t.to_string()];
        for q in quantiles(point) {
            row.extend([q.q05, q.q50, q.q95].map(|x| x.map_or(String::new(), shortest)));
        }
        row.push(point.accuracy_kind.name().to_owned());
        row
    });
    csv(&header, rows)
}

fn as_text(name: &str, simulation: &Simulation, timed: bool) -> String {
    let show = |x: Option<f64>| x.map_or("-".to_owned(), short_float);
    let last = simulation.series.len().saturating_sub(1);
    let stride = last.div_ceil(ROWS).max(1);
    let rows = simulation
        .series
        .iter()
        .enumerate()
        .filter(|(i, _)| i % stride == 0 || *i == last)
        .map(|(_, point)| {
            let (ratio, accuracy) = (&point.ratio, &point.accuracy);
            vec![
                point.t.to_string(),
                show(point.winner_norm.q50),
                show(point.loser_norm.q50),
                show(ratio.q05),
                show(ratio.q50),
                show(ratio.q95),
                show(point.alignment.q50),
                show(accuracy.q05),
                show(accuracy.q50),
            ]
        });
    let header = [
        "step",
        "winner",
        "loser",
        "ratio 5%",
        "50%",
        "95%",
        "cosine",
        "accuracy 5%",
        "50%",
    ];
    let speed = if timed {
        let speed = short_float(simulation.run_steps_per_second);
        let threads = simulation.threads;
        format!("{speed} run-steps a second on {threads} threads, ")
    } else {
        String::new()
    };
    format!(
        "{}: {} runs of {} steps, seed {}; sampled\n\
         {speed}{} % of the gates open\n\
         arithmetic: {}\n{}\n{}\n\
         winner: least norm of a winner; loser: largest norm of a loser; ratio: their quotient;\n\
         cosine: least one between a winner and its key. Medians over {}, and quantiles where it\n\
         says so. Accuracy is {}.\n",
        bold(&format!("SGD on {name}")),
        simulation.runs,
        simulation.steps,
        simulation.seed,
        short_float(100.0 * simulation.open_gate_share),
        arithmetic(simulation),
        simulation
            .overflow()
            .map_or(String::new(), |text| format!("{text}\n")),
        table(&header, rows),
        if simulation.not_finite_from.is_some() {
            "the finite runs"
        } else {
            "runs"
        },
        accuracy_kinds(&simulation.series),
    )
}

/// The arithmetic in a line.
fn arithmetic(simulation: &Simulation) -> String {
    let why = match &simulation.arithmetic {
        Arithmetic::Lattice { unit } => {
            return format!("exact on a lattice of units {}", short_rational(unit));
        }
        Arithmetic::F64(why) => why.reason(),
    };
    let tracked = if simulation.near_threshold_runs == simulation.runs
        && simulation.near_threshold_steps == simulation.steps
    {
        String::new()
    } else if simulation.near_threshold_steps == simulation.steps {
        format!(" (of the first {} runs)", simulation.near_threshold_runs)
    } else {
        let steps = simulation.near_threshold_steps;
        format!(" (of the first {steps} steps of the first run)")
    };
    format!(
        "plain f64: {why}; {} % of the decisions{tracked} are nearer to their threshold than the \
         rounding error",
        short_float(100.0 * simulation.near_threshold_share)
    )
}

/// How accuracy was found, over the reported steps with finite runs.
fn accuracy_kinds(series: &[SeriesPoint]) -> &'static str {
    let any = |kind| {
        let mut known = series.iter().filter(|point| point.finite_runs > 0);
        known.any(|point| point.accuracy_kind == kind)
    };
    let decided = if any(AccuracyKind::F64) {
        "decided in f64"
    } else {
        "exact in each run"
    };
    match (any(AccuracyKind::Sampled), decided) {
        (false, decided) => decided,
        (true, "exact in each run") => "sampled where there are too many atoms, else exact",
        (true, _) => "sampled where there are too many atoms, else decided in f64",
    }
}
