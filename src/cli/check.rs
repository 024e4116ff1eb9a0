//! `check`: audits the assumptions, runs every theorem, prints the verdict table.

use super::output::coloured;
use super::simulate::{Length, runs_fit};
use super::{Exit, Failure, Global, Output, Progress, watch};
use crate::check::{CheckReport, Config, check};
use crate::number::{Q, parse_rational};
use crate::problem::{Builtin, SourceProblem, explicit_json_text, to_explicit_toml};
use crate::report::{json, summary, table};
use crate::theory::assumption::Audit;
use crate::theory::theorem::{Budget, Outcome};
use clap::Args;
use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser;
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
    /// Problem file: TOML, or JSON if its name ends in .json; - is standard input [default: a built-in problem]
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
    let delta = parse_rational(text).map_err(|error| error.to_string())?;
    if delta.is_positive() && delta < Q::one() {
        Ok(delta)
    } else {
        Err("expected a rational strictly between 0 and 1".to_owned())
    }
}

/// Names of built-in problems.
fn builtin_parser() -> impl TypedValueParser<Value = Builtin> {
    PossibleValuesParser::new(Builtin::ALL.map(Builtin::name)).map(|name| {
        Builtin::ALL
            .into_iter()
            .find(|builtin| builtin.name() == name)
            .unwrap_or(Builtin::Default)
    })
}

impl Options {
    pub fn run(&self, global: &Global) -> Result<Output, Failure> {
        let read = match &self.file {
            Some(file) => SourceProblem::read(file)?,
            None => self.builtin.unwrap_or(Builtin::Default).read()?,
        };
        if self.explicit {
            return Ok(Output::fine(if global.json {
                explicit_json_text(&read.problem)
            } else {
                to_explicit_toml(&read.problem)
            }));
        }
        watch::shows_parts();
        let report = self.supervised(&read)?;
        let text = if global.json {
            format!("{}\n", json::check(&report))
        } else {
            table::check(&report, coloured())
        };
        Ok(Output {
            text,
            notes: summary::overflow(&report).into_iter().collect(),
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
        fits(read)?;
        let problem = read.problem.clone();
        let delta = self.delta.clone();
        let work = move |told: &watch::Teller<Told>| {
            let training = &problem.training;
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

/// Refuses a problem whose simulation would not fit.
pub(super) fn fits(read: &SourceProblem) -> Result<(), Failure> {
    let training = &read.problem.training;
    runs_fit(
        read,
        &Length {
            runs: training.runs,
            runs_given: false,
            steps: training.steps,
            steps_given: false,
        },
    )
}

/// Runs a check with a progress bar.
pub(super) fn run_check(
    read: &SourceProblem,
    with_series: bool,
    delta: &Q,
) -> Result<CheckReport, Failure> {
    fits(read)?;
    let training = &read.problem.training;
    let progress = Progress::start(
        "checking",
        Some(training.runs.saturating_mul(training.steps)),
    );
    let advance = |done: u64| progress.advance(done);
    Ok(check(
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
    ))
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
