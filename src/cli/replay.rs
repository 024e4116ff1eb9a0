//! `replay`: one sample path, exactly and in floating point.

use super::arguments::{ProblemArgs, one_from_stdin};
use super::format::{bold, short_float, short_rational, table};
use super::output::document;
use super::{Exit, Failure, Global, Output, Progress};
use clap::Args;
use filtercert::dynamics::expected::Limits;
use filtercert::dynamics::replay::{Replay, replay};
use filtercert::number::{Matrix, Q};
use filtercert::problem::{read_drawn_samples, read_samples};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Replay one sample path, in exact arithmetic and in f64, with the rounding bound
///
/// The samples are JSON lines such as {"label": "+", "counts": [1,0,2,0,2,0]}, one step each. The
/// f64 state is that of the simulator, and its distance from the exact one is bounded rigorously.
/// A decision (the sign of a coordinate, a gate, the argmax of max pooling) that rounding could
/// have changed is reported as unstable. Samples that the problem never draws are refused.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  filtercert replay examples/violates-a4.toml --samples path.jsonl"
)]
pub struct Options {
    #[command(flatten)]
    problem: ProblemArgs,
    /// Sample path: JSON lines, one sample a step; - is standard input
    #[arg(long, value_name = "PATH")]
    samples: PathBuf,
    /// Also replay samples that the problem never draws: a label or counts of probability 0
    #[arg(long)]
    any_samples: bool,
}

impl Options {
    pub fn run(&self, global: &Global) -> Result<Output, Failure> {
        one_from_stdin(&[
            ("FILE", self.problem.file()),
            ("--samples", Some(&self.samples)),
        ])?;
        let problem = self.problem.read()?.problem;
        let samples = if self.any_samples {
            read_samples(&self.samples, problem.n_patterns())?
        } else {
            read_drawn_samples(&self.samples, problem.distribution())?
        };
        let progress = Progress::start("replay", None);
        let result = replay(&problem, &samples, &Limits::default());
        drop(progress);
        match result {
            Ok(replay) => {
                let notes = overflow(&replay).into_iter().collect();
                let text = if global.json {
                    let mut fields = replay_json(&replay);
                    fields["problem"] = problem.name().into();
                    document(Some(&problem), fields)
                } else {
                    as_text(problem.name(), &replay)
                };
                Ok(Output {
                    notes,
                    ..Output::fine(text)
                })
            }
            Err(stop) => Ok(Output {
                text: if global.json {
                    let stopped = json!({ "limit": stop.limit, "t": stop.t });
                    let fields = json!({ "problem": problem.name(), "stopped": stopped });
                    document(Some(&problem), fields)
                } else {
                    String::new()
                },
                notes: vec![stop.to_string()],
                exit: Exit::Unfinished,
            }),
        }
    }
}

/// What must be said where floats have overflowed.
fn overflow(replay: &Replay) -> Option<String> {
    let step = replay.not_finite_from?;
    Some(format!(
        "the f64 state leaves its range at step {step}: from there only the exact state stands"
    ))
}

fn replay_json(replay: &Replay) -> Value {
    fn rows<T>(matrix: &Matrix<T>, entry: impl Fn(&T) -> Value) -> Value {
        let row = |row: &[T]| row.iter().map(&entry).collect::<Value>();
        matrix.iter_rows().map(row).collect()
    }
    let exact = |q: &Q| Value::from(q.to_string());
    json!({
        "steps": replay.steps,
        "updates": replay.updates,
        "weights": rows(&replay.weights, exact),
        "head": replay.head.iter().map(exact).collect::<Value>(),
        "weights_f64": rows(&replay.weights_f64, |x| (*x).into()),
        "head_f64": replay.head_f64,
        "max_abs_error": replay.max_abs_error.as_ref().map(exact),
        "error_bound": replay.error_bound,
        "stable": replay.stable,
        "first_unstable_step": replay.first_unstable_step,
        "not_finite_from": replay.not_finite_from,
    })
}

fn as_text(name: &str, replay: &Replay) -> String {
    let rows = (0..replay.head.len()).map(|j| {
        let z = replay.weights.row(j);
        vec![
            j.to_string(),
            short_rational(&replay.head[j]),
            short_rational(&z[0]),
            short_rational(&z[1]),
            short_float(replay.weights_f64[(j, 0)]),
            short_float(replay.weights_f64[(j, 1)]),
        ]
    });
    let decisions = match replay.first_unstable_step {
        None => "every decision is stable".to_owned(),
        Some(step) => format!("step {step} is the first with a decision that rounding may change"),
    };
    let overflow = overflow(replay).map_or(String::new(), |text| format!("\n{text}"));
    format!(
        "{}: {} steps, {} updates\n\
         distance of f64 from exact: {} (exact), bounded by {} (rigorous)\n{decisions}{overflow}\n\n{}",
        bold(&format!("Replay of {name}")),
        replay.steps,
        replay.updates,
        replay
            .max_abs_error
            .as_ref()
            .map_or("overflow".to_owned(), short_rational),
        replay
            .error_bound
            .map_or("overflow".to_owned(), short_float),
        table(
            &["filter", "head", "v+ exact", "v- exact", "v+ f64", "v- f64"],
            rows
        ),
    )
}
