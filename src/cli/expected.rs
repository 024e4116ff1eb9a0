//! `expected`: the exact expected dynamics at given steps.

use super::arguments::{ProblemArgs, step};
use super::format::{bold, csv, exact_cells, exact_columns, short_rational, table};
use super::output::document;
use super::{Exit, Failure, Global, Output, Progress, watch};
use clap::Args;
use filtercert::dynamics::expected::{Expected, Limits, Stop};
use filtercert::number::{Matrix, Q};
use filtercert::problem::{Problem, SourceProblem};
use num_traits::Signed;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Exact state of the expected dynamics at given steps
///
/// The expected dynamics is gradient descent on the population loss. Every number is an exact
/// rational. States are printed in the order asked for, repeats included. If a limit stops the
/// computation, the states that were reached are printed and the exit code is 3.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  filtercert expected examples/balanced.toml --at 0,10,1000")]
pub struct Options {
    #[command(flatten)]
    problem: ProblemArgs,
    /// Steps, separated by commas
    #[arg(long, required = true, value_delimiter = ',', value_name = "T,..", value_parser = step)]
    at: Vec<u64>,
    /// Print CSV: one row a filter and step; NAME_approx is a decimal of the exact column NAME
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

/// What is known about one step.
struct Row {
    t: u64,
    weights: Matrix<Q>,
    head: Vec<Q>,
    norm_squared: Vec<Q>,
    accuracy: Option<Q>,
    loss: Option<Q>,
}

impl Options {
    pub fn run(&self, global: &Global) -> Result<Output, Failure> {
        let read = self.problem.read()?;
        let problem = &read.problem;
        let progress = Progress::start("expected dynamics", None);
        watch::shows_parts();
        let (rows, stop) = self.rows(&read)?;
        drop(progress);
        let asked: Vec<&Row> = self.at.iter().filter_map(|t| rows.get(t)).collect();
        let text = if global.json {
            let states: Value = asked.iter().map(|row| row.json()).collect();
            let stopped = stop
                .as_ref()
                .map(|stop| json!({ "limit": stop.limit, "t": stop.t }));
            document(
                Some(problem),
                json!({ "problem": problem.name(), "states": states, "stopped": stopped }),
            )
        } else if self.csv {
            as_csv(problem, &asked)
        } else {
            asked.iter().map(|row| row.text(problem)).collect()
        };
        Ok(match stop {
            None => Output::fine(text),
            Some(stop) => Output {
                text,
                notes: vec![format!("{stop}")],
                exit: Exit::Unfinished,
            },
        })
    }

    /// The rows for all steps that were asked for, in one ascending pass, and what stopped it.
    fn rows(&self, read: &SourceProblem) -> Result<(BTreeMap<u64, Row>, Option<Stop>), Failure> {
        let problem = &read.problem;
        let mut steps = self.at.clone();
        steps.sort_unstable();
        steps.dedup();
        let asked = read.problem.clone();
        let work = move |told: &watch::Teller<Told>| match Expected::new(&asked, &Limits::default())
        {
            Ok(dynamics) => {
                if let Err(stop) = advance(&asked, dynamics, steps, told) {
                    told.tell(Told::Stopped(stop));
                }
            }
            Err(stop) => told.tell(Told::NotStarted(stop)),
        };
        let (told, limit) = watch::until_asked(work);
        let mut rows = BTreeMap::new();
        let mut stopped = None;
        for told in told {
            match told {
                Told::Row(row) => {
                    rows.insert(row.t, *row);
                }
                Told::Stopped(stop) => stopped = Some(stop),
                Told::NotStarted(stop) => match problem.distribution().atoms() {
                    // A table of atoms that is needed and does not fit is a fault of the file.
                    Err(too_many) => return Err(read.too_many_atoms(&too_many).into()),
                    Ok(_) => stopped = Some(stop),
                },
            }
        }
        if let Some(limit) = limit {
            let last = rows.last_key_value();
            let Some((&t, _)) = last else {
                return Err(Failure::Stopped(limit.to_owned()));
            };
            stopped = stopped.or(Some(Stop {
                limit: limit.to_owned(),
                t,
            }));
        }
        Ok((rows, stopped))
    }
}

/// What the engine tells on its way.
enum Told {
    Row(Box<Row>),
    Stopped(Stop),
    NotStarted(Stop),
}

/// Goes through the steps, ascending, and tells the row of each.
fn advance(
    problem: &Problem,
    mut dynamics: Expected<'_>,
    steps: Vec<u64>,
    told: &watch::Teller<Told>,
) -> Result<(), Stop> {
    for t in steps {
        dynamics.advance_to(t)?;
        let state = dynamics.state();
        told.tell(Told::Row(Box::new(Row {
            t,
            norm_squared: state.norms_squared(problem),
            weights: state.weights,
            head: state.head,
            accuracy: dynamics.accuracy().ok(),
            loss: dynamics.loss().ok(),
        })));
    }
    Ok(())
}

fn texts(values: &[Q]) -> Vec<String> {
    values.iter().map(Q::to_string).collect()
}

impl Row {
    fn json(&self) -> Value {
        json!({
            "t": self.t,
            "weights": self.weights.iter_rows().map(texts).collect::<Vec<_>>(),
            "head": texts(&self.head),
            "norm_squared": texts(&self.norm_squared),
            "accuracy": self.accuracy.as_ref().map(Q::to_string),
            "loss": self.loss.as_ref().map(Q::to_string),
        })
    }

    fn text(&self, problem: &Problem) -> String {
        let known = |q: &Option<Q>| {
            q.as_ref()
                .map_or("too large to enumerate".to_owned(), short_rational)
        };
        let has_keys = problem.dictionary().has_keys();
        let rows = (0..self.head.len()).map(|j| {
            let z = self.weights.row(j);
            let (keys, others) = z.split_at(if has_keys { 2 } else { 0 });
            let largest = others.iter().max_by_key(|u| u.abs());
            let mut row = vec![j.to_string(), short_rational(&self.head[j])];
            row.extend(keys.iter().map(short_rational));
            row.push(largest.map_or("-".to_owned(), short_rational));
            row.push(short_rational(&self.norm_squared[j]));
            row
        });
        let header: &[&str] = match has_keys {
            true => &["filter", "head", "v+", "v-", "largest |u|", "norm^2"],
            false => &["filter", "head", "largest |Z|", "norm^2"],
        };
        format!(
            "{}, exact (~ marks a rounded display; --json prints all digits)\n\
             accuracy {}, loss {}\n\n{}\n",
            bold(&format!("{} at step {}", problem.name(), self.t)),
            known(&self.accuracy),
            known(&self.loss),
            table(header, rows)
        )
    }
}

fn as_csv(problem: &Problem, rows: &[&Row]) -> String {
    let mut exact = vec!["head".to_owned()];
    exact.extend((0..problem.n_patterns()).map(|p| problem.dictionary().pattern_name(p)));
    exact.extend(["norm_squared", "accuracy", "loss"].map(str::to_owned));
    let mut header = ["t", "filter"].map(str::to_owned).to_vec();
    header.extend(exact.iter().flat_map(|name| exact_columns(name)));
    let lines = rows.iter().flat_map(|row| {
        (0..row.head.len()).map(move |j| {
            let mut exact = vec![Some(&row.head[j])];
            exact.extend(row.weights.row(j).iter().map(Some));
            exact.push(Some(&row.norm_squared[j]));
            exact.extend([row.accuracy.as_ref(), row.loss.as_ref()]);
            let mut line = vec![row.t.to_string(), j.to_string()];
            line.extend(exact.into_iter().flat_map(exact_cells));
            line
        })
    });
    csv(&header, lines)
}
