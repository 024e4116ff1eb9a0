//! `check`: audits the assumptions, runs every theorem, prints the verdict table.

use super::arguments::{builtin_parser, found, read_problem};
use super::output::coloured;
use super::simulate::{self, Length};
use super::{Exit, Failure, Global, Output, Progress, watch};
use clap::Args;
use filtercert::check::{CheckReport, Config, check};
use filtercert::number::{Q, parse_rational};
use filtercert::problem::assumption::{Audit, audit};
use filtercert::problem::{Builtin, Problem, SourceProblem, explicit_json_text, to_explicit_toml};
use filtercert::report::{json, summary, table};
use filtercert::theory::context::Budget;
use filtercert::theory::verdict::Outcome;
use num_traits::{One, Signed};
use std::path::PathBuf;

/// Check every theorem on a problem
///
/// Audits the assumptions, simulates SGD, compares every theorem that applies with the exact engine
/// and the simulated runs, and prints the verdicts with their kind of evidence.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    filtercert check\n  \
    filtercert check --builtin hinge\n  \
    filtercert check examples/violates-a4.toml --json")]
pub struct Options {
    /// Problem file, TOML or JSON; - is standard input [default: a built-in problem]
    file: Option<PathBuf>,
    /// Check this built-in problem
    #[arg(long, value_name = "NAME", conflicts_with = "file", value_parser = builtin_parser())]
    builtin: Option<Builtin>,
    /// Failure probability that T4 and T5 certify against: a rational strictly between 0 and 1
    #[arg(long, value_name = "DELTA", default_value = "1/100", value_parser = parse_delta)]
    delta: Q,
    /// Print the problem with every random choice spelled out, and stop
    #[arg(long)]
    explicit: bool,
}

/// A failure probability.
pub(super) fn parse_delta(text: &str) -> Result<Q, String> {
    match parse_rational(text) {
        Ok(delta) if delta.is_positive() && delta < Q::one() => Ok(delta),
        _ => Err(format!(
            "found {}, expected a rational strictly between 0 and 1",
            found(text)
        )),
    }
}

impl Options {
    pub fn run(&self, global: &Global) -> Result<Output, Failure> {
        let builtin = self.builtin.unwrap_or(Builtin::Default);
        let read = read_problem(self.file.as_deref(), builtin)?;
        if self.explicit {
            return Ok(Output::fine(if global.json {
                explicit_json_text(&read.problem)
            } else {
                to_explicit_toml(&read.problem)
            }));
        }
        needs_atoms(&read)?;
        watch::shows_parts();
        let too_long = too_long(&read);
        let report = match &too_long {
            Some(limit) => stopped(&read.problem, limit),
            None => self.supervised(&read)?,
        };
        let text = if global.json {
            format!("{}\n", json::check(&report))
        } else {
            table::check(&report, coloured())
        };
        Ok(Output {
            text,
            notes: summary::overflow(&report)
                .into_iter()
                .chain(too_long)
                .collect(),
            exit: exit(&report),
        })
    }
}

/// What a check tells on its way.
enum Told {
    Audits(Vec<Audit>),
    Outcome(Box<Outcome>),
    Report(Box<CheckReport>),
}

impl Options {
    /// Runs the check; at a limit of time or memory, or a signal, gives what is finished.
    fn supervised(&self, read: &SourceProblem) -> Result<CheckReport, Failure> {
        let problem = read.problem.clone();
        let delta = self.delta.clone();
        let work = move |told: &watch::Teller<Told>| {
            let training = problem.training();
            let total = training.runs.saturating_mul(training.steps);
            let progress = Progress::start("checking", Some(total));
            let config = Config {
                budget: Budget {
                    delta,
                    ..Budget::default()
                },
                with_series: false,
                progress: Some(&|done| progress.advance(done)),
                audited: Some(&|audits| told.tell(Told::Audits(audits.to_vec()))),
                finished: Some(&|outcome| told.tell(Told::Outcome(Box::new(outcome.clone())))),
            };
            told.tell(Told::Report(Box::new(check(&problem, &config))));
        };
        let (mut audits, mut done) = (Vec::new(), Vec::new());
        let (told, limit) = watch::until_asked(work);
        for told in told {
            match told {
                Told::Audits(found) => audits = found,
                Told::Outcome(outcome) => done.push(*outcome),
                Told::Report(report) => return Ok(*report),
            }
        }
        let limit = limit.ok_or_else(|| Failure::Message("the check ended early".to_owned()))?;
        if audits.is_empty() {
            return Err(Failure::Stopped(limit.to_owned()));
        }
        Ok(CheckReport::stopped(&read.problem, audits, done, limit))
    }
}

/// Refuses a problem whose atoms, every one of which T0 and other theorems need, are too many.
pub(super) fn needs_atoms(read: &SourceProblem) -> Result<(), Failure> {
    let fits = read.problem.distribution().check_atoms_fit();
    fits.map_err(|error| read.too_many_atoms(&error).into())
}

/// The limit that forbids the simulation of a check.
pub(super) fn too_long(read: &SourceProblem) -> Option<String> {
    let training = read.problem.training();
    simulate::too_long(
        read,
        &Length {
            runs: training.runs,
            runs_given: false,
            steps: training.steps,
            steps_given: false,
        },
    )
}

/// A check whose simulation a limit forbids: the assumptions, and no theorem decided.
pub(super) fn stopped(problem: &Problem, limit: &str) -> CheckReport {
    CheckReport::stopped(problem, audit(problem), Vec::new(), limit)
}

/// Runs a check with a progress bar.
pub(super) fn run_check(read: &SourceProblem, with_series: bool, delta: &Q) -> CheckReport {
    let training = read.problem.training();
    let progress = Progress::start(
        "checking",
        Some(training.runs.saturating_mul(training.steps)),
    );
    let advance = |done: u64| progress.advance(done);
    check(
        &read.problem,
        &Config {
            budget: Budget {
                delta: delta.clone(),
                ..Budget::default()
            },
            with_series,
            progress: Some(&advance),
            ..Config::default()
        },
    )
}

/// 1 if anything was refuted, else 3 if anything is undecided, else 0.
pub(super) fn exit(report: &CheckReport) -> Exit {
    if report.any_refuted() {
        Exit::Refuted
    } else if report.any_undecided() {
        Exit::Unfinished
    } else {
        Exit::Fine
    }
}
