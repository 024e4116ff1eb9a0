//! The phase diagram of `law --sweep`: its rows as work, and how it is told.

use super::super::files::{cannot_write, write_whole};
use super::super::format::{bold, csv, exact_cells, shortest, table};
use super::super::output::document;
use super::super::simulate::{Length, too_long};
use super::super::spread::{Answer, Form};
use super::super::{Exit, Failure, Output, Progress};
use filtercert::check::phase::{Cell, PhaseConfig, PhaseRow, phase_row, row_cost};
use filtercert::dynamics::float::to_nearest;
use filtercert::dynamics::law::LawLimits;
use filtercert::interrupt;
use filtercert::number::Q;
use filtercert::problem::{DomainError, Problem, SourceProblem};
use filtercert::report::escape::visible;
use filtercert::report::format::probability;
use filtercert::report::phase_plot::phase_plot;
use filtercert::shard::{Items, Parts, Shard, Work};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What a phase diagram shows.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::cli) struct PhaseAsked {
    /// One row each.
    pub(super) filters: Vec<usize>,
    /// Steps, ascending, one column each.
    pub(super) times: Vec<u64>,
    /// Runs of a sampled row.
    pub(super) runs: u64,
    /// Did they come from the command line?
    pub(super) runs_given: bool,
    /// Most states of an exact law.
    pub(super) max_states: usize,
}

/// A phase diagram as work that can be shared out: its items are rows, one a number of filters.
pub(in crate::cli) struct Phase<'a> {
    read: &'a SourceProblem,
    asked: PhaseAsked,
    /// One a row.
    problems: Vec<Problem>,
    /// Why there are no runs, where they would be too long.
    too_long: Option<String>,
}

impl<'a> Phase<'a> {
    pub(in crate::cli) fn new(read: &'a SourceProblem, asked: PhaseAsked) -> Result<Self, Failure> {
        let with_filters = |&n: &usize| read.problem.with_filters(n);
        let problems: Result<Vec<Problem>, DomainError> =
            asked.filters.iter().map(with_filters).collect();
        let length = Length {
            runs: asked.runs,
            runs_given: asked.runs_given,
            steps: asked.times.last().copied().unwrap_or(0),
            steps_given: true,
        };
        Ok(Phase {
            read,
            problems: problems.map_err(|error| Failure::Message(format!("--sweep: {error}")))?,
            // What would have to be sampled is then missing; exact cells need no runs.
            too_long: too_long(read, &length),
            asked,
        })
    }

    fn config(&self) -> PhaseConfig<'static> {
        PhaseConfig {
            filters: self.asked.filters.clone(),
            times: self.asked.times.clone(),
            runs: match self.too_long {
                Some(_) => 0,
                None => self.asked.runs,
            },
            limits: LawLimits {
                max_states: self.asked.max_states,
                ..LawLimits::default()
            },
            progress: None,
        }
    }

    /// The diagram; rows that are not there are missing cells.
    fn rows(&self, parts: &Parts<Vec<Cell>>) -> Vec<PhaseRow> {
        let wanted = self.asked.times.len();
        let missing = || {
            let limit = interrupt::asked().unwrap_or("this row was not done");
            vec![Cell::Missing(format!("stopped: {limit}")); wanted]
        };
        let row = |(item, &filters): (u64, &usize)| PhaseRow {
            filters,
            cells: parts
                .get(&item)
                .filter(|cells| cells.len() == wanted)
                .cloned()
                .unwrap_or_else(missing),
        };
        let mut rows: Vec<PhaseRow> = (0..).zip(&self.asked.filters).map(row).collect();
        if let Some(limit) = &self.too_long {
            for cell in rows.iter_mut().flat_map(|row| &mut row.cells) {
                if let Cell::Missing(why) = cell {
                    why.clone_from(limit);
                }
            }
        }
        rows
    }
}

impl Work for Phase<'_> {
    type Part = Vec<Cell>;

    fn command(&self) -> &'static str {
        "law --sweep"
    }

    fn unit(&self) -> &'static str {
        "rows"
    }

    fn total(&self) -> u64 {
        self.asked.filters.len() as u64
    }

    fn problem(&self) -> Option<&SourceProblem> {
        Some(self.read)
    }

    fn options(&self) -> Value {
        json!(self.asked)
    }

    fn seed(&self) -> Option<u64> {
        Some(self.read.problem.training().seed)
    }

    fn shared(&self, shard: Shard) -> Items {
        let config = self.config();
        let cost = |&filters: &usize| row_cost(filters, &self.read.problem, &config);
        let costs: Vec<u64> = self.asked.filters.iter().map(cost).collect();
        shard.dealt(&costs)
    }

    fn perform(&self, items: &Items, done: &(dyn Fn(u64, Vec<Cell>) + Sync)) -> Result<(), String> {
        let config = self.config();
        let bar = Progress::start("phase diagram", Some(items.len()));
        for item in items.iter() {
            let row = self.problems.get(item as usize);
            if let Some(cells) = row.and_then(|row| phase_row(row, &config)) {
                done(item, cells);
                bar.advance(1);
            }
        }
        Ok(())
    }
}

impl Answer for Phase<'_> {
    fn has_table(&self) -> bool {
        true
    }

    fn has_picture(&self) -> bool {
        true
    }

    fn answer(&self, parts: &Parts<Vec<Cell>>, form: &Form) -> Result<Output, Failure> {
        let (problem, times) = (&self.read.problem, &self.asked.times);
        let rows = self.rows(parts);
        let mut notes = Vec::new();
        if let Some(path) = &form.svg {
            let drawn = phase_plot(problem.name(), times, &rows).map_err(Failure::Message)?;
            write_whole(path, drawn).map_err(|error| cannot_write(path, &error))?;
            notes.push(format!("wrote {}", path.display()));
        }
        let missing = reasons(&rows);
        notes.extend(missing.iter().map(|why| format!("missing cells: {why}")));
        let text = if form.json {
            document(Some(problem), phase_json(problem, times, &rows))
        } else if form.csv {
            phase_csv(times, &rows)
        } else {
            phase_text(problem, times, &rows)
        };
        let exit = match missing.is_empty() {
            true => Exit::Fine,
            false => Exit::Unfinished,
        };
        Ok(Output { text, notes, exit })
    }
}

fn evidence(cell: &Cell) -> &'static str {
    match cell {
        Cell::Exact(_) => "exact",
        Cell::Sampled { .. } => "sampled",
        Cell::Missing(_) => "missing",
    }
}

/// A share of runs, for people.
fn share(perfect: u64, runs: u64) -> f64 {
    perfect as f64 / runs as f64
}

fn phase_json(problem: &Problem, times: &[u64], rows: &[PhaseRow]) -> Value {
    let cell_json = |row: &PhaseRow, t: u64, cell: &Cell| {
        let probability = match cell {
            Cell::Exact(p) => json!({"exact": p.to_string(), "approx": to_nearest(p)}),
            Cell::Sampled {
                perfect,
                runs,
                interval,
            } => json!({
                "estimate": share(*perfect, *runs),
                "ci": interval,
                "confidence": Cell::confidence().to_string(),
                "runs": runs,
            }),
            Cell::Missing(_) => Value::Null,
        };
        let missing = match cell {
            Cell::Missing(why) => Some(why),
            _ => None,
        };
        json!({
            "filters": row.filters,
            "t": t,
            "evidence": evidence(cell),
            "p_perfect": probability,
            "missing": missing,
        })
    };
    let cells: Vec<Value> = rows
        .iter()
        .flat_map(|row| {
            row.cells
                .iter()
                .zip(times)
                .map(|(cell, &t)| cell_json(row, t, cell))
        })
        .collect();
    json!({
        "problem": problem.name(),
        "filters": rows.iter().map(|row| row.filters).collect::<Vec<_>>(),
        "times": times,
        "cells": cells,
    })
}

fn phase_csv(times: &[u64], rows: &[PhaseRow]) -> String {
    let header = [
        "filters",
        "t",
        "evidence",
        "p_perfect",
        "p_perfect_approx",
        "low",
        "high",
        "runs",
    ]
    .map(str::to_owned);
    let lines = rows.iter().flat_map(|row| {
        row.cells.iter().zip(times).map(|(cell, t)| {
            let [p, approx, low, high, runs] = match cell {
                Cell::Exact(p) => {
                    let [p, approx] = exact_cells(Some(p));
                    [p, approx, String::new(), String::new(), String::new()]
                }
                Cell::Sampled {
                    perfect,
                    runs,
                    interval: [low, high],
                } => [
                    shortest(share(*perfect, *runs)),
                    shortest(share(*perfect, *runs)),
                    shortest(*low),
                    shortest(*high),
                    runs.to_string(),
                ],
                Cell::Missing(_) => Default::default(),
            };
            vec![
                row.filters.to_string(),
                t.to_string(),
                evidence(cell).to_owned(),
                p,
                approx,
                low,
                high,
                runs,
            ]
        })
    });
    csv(&header, lines)
}

fn phase_text(problem: &Problem, times: &[u64], rows: &[PhaseRow]) -> String {
    let mut header = vec!["filters".to_owned()];
    header.extend(times.iter().map(|t| format!("t = {t}")));
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let body = rows.iter().map(|row| {
        let mut line = vec![row.filters.to_string()];
        line.extend(row.cells.iter().map(|cell| match cell {
            Cell::Exact(p) => probability(p),
            Cell::Sampled { perfect, runs, .. } => {
                format!(
                    "({})",
                    probability(&Q::new((*perfect).into(), (*runs).into()))
                )
            }
            Cell::Missing(_) => "-".to_owned(),
        }));
        line
    });
    format!(
        "{}\n\
         exact, rounded down; (in brackets) sampled over runs, intervals in --json and --csv{}\n\n{}",
        bold(&format!(
            "P(accuracy = 1 at step t) on {}, by number of filters",
            problem.name()
        )),
        reasons(rows)
            .iter()
            .map(|why| format!(";\n- {}", visible(why)))
            .collect::<String>(),
        table(&header, body)
    )
}

/// Why there is no probability where there is none, each reason once.
fn reasons(rows: &[PhaseRow]) -> Vec<&str> {
    let mut reasons: Vec<&str> = Vec::new();
    for cell in rows.iter().flat_map(|row| &row.cells) {
        if let Cell::Missing(why) = cell
            && !reasons.contains(&why.as_str())
        {
            reasons.push(why);
        }
    }
    reasons
}
