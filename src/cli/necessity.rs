//! `necessity`: which theorem needs which assumption, with a counterexample and its certificate for each that does.

use super::arguments::integer;
use super::falsify::theorem_named;
use super::files::{cannot_write, write_whole};
use super::output::document;
use super::spread::{Answer, Form, Spread};
use super::{Exit, Failure, Global, Output, Progress, watch};
use clap::Args;
use filtercert::audit::falsify::{Found, Question};
use filtercert::audit::necessity::{COLUMNS, Cell, Place, Tried, Verdict, name, places, rows};
use filtercert::certificate::confirm::confirm;
use filtercert::certificate::emit::{Emitted, emit};
use filtercert::certificate::format::Certificate;
use filtercert::certificate::line::Line;
use filtercert::certificate::verify::{Report, Verdict as VerifyVerdict};
use filtercert::interrupt;
use filtercert::problem::SourceProblem;
use filtercert::report::counterexample::{file, size, story};
use filtercert::report::necessity::table;
use filtercert::shard::{Items, Parts, Shard, Work};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Fill the matrix of theorems and assumptions: which is needed for which
///
/// A cell is needed (a counterexample satisfies all that the theorem assumes but this, and its conclusion fails), not
/// needed (a Coq theorem does without it), not stated (without it the conclusion has no meaning) or open. With -o, each
/// counterexample is written as a problem file, with a certificate that it is one where one can be had. Exit code 3 if a
/// cell is open.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  filtercert necessity --theorem T2\n  filtercert necessity -o counterexamples"
)]
pub struct Options {
    /// Only this theorem; may be given again
    #[arg(long, value_name = "THEOREM")]
    theorem: Vec<String>,
    /// Problems that are drawn for a cell, at most
    #[arg(long, value_name = "N", default_value = "20000", value_parser = integer::<u64>("a number of problems", 1..=1_000_000_000))]
    budget: u64,
    /// Seed of the random problems
    #[arg(long, value_name = "S", default_value = "1", value_parser = integer::<u64>("a seed", 0..=u64::MAX))]
    seed: u64,
    /// Write counterexamples, certificates and necessity.json into this folder; with --shard, the file of parts
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    #[command(flatten)]
    spread: Spread,
}

/// A cell with what was written of it.
struct Written {
    cell: Cell,
    /// Names of the problem file and the certificate.
    file: Option<String>,
    certificate: Option<String>,
}

/// What is written of a cell: the certificate that the conclusion fails on this problem, as far as the certificate
/// format has words for it.
///
/// # Errors
/// If the checker does not confirm what was found.
fn certificate(cell: &Cell, found: &Found) -> Result<Option<String>, Failure> {
    let id = cell.theorem.statement().id.name();
    // What is not covered has a counterexample without a certificate: null in necessity.json.
    let Ok(emitted) = emit(&found.problem, found.problem.training().steps) else {
        return Ok(None);
    };
    let confirmed = confirmed(emitted, id).map_err(|report| {
        let wrong = report.findings().map(Line::from);
        let wrong: Vec<String> = wrong
            .filter(|line| line.verdict == VerifyVerdict::Invalid)
            .map(|line| {
                let Line { id, step, claimed, recomputed, .. } = line;
                format!("{id} at step {step}: claimed {claimed}, recomputed {recomputed}")
            })
            .collect();
        Failure::Message(format!(
            "{id} without {}: the checker recomputes something else than the engines found, which is an error of \
             filtercert; no counterexample is written: {}",
            cell.assumption.name(),
            wrong.join("; ")
        ))
    })?;
    let text = confirmed.map(|certificate| certificate.to_text());
    text.transpose()
        .map_err(|error| Failure::Message(error.to_string()))
}

/// A certificate of the claims that the conclusion of this theorem fails; `None` if there are none.
///
/// # Errors
/// What the checker says if it finds anything wrong.
fn confirmed(mut emitted: Emitted, theorem: &str) -> Result<Option<Certificate>, Box<Report>> {
    emitted.retain(|_, origin| origin.theorem == Some(theorem) && origin.fails.is_some());
    let certificate = confirm(emitted)?.certificate;
    Ok((!certificate.claims.is_empty()).then_some(certificate))
}

impl Options {
    pub fn run(&self, global: &Global) -> Result<Output, Failure> {
        let asked = Asked {
            theorems: self.theorem.clone(),
            seed: self.seed,
            budget: self.budget,
        };
        let form = Form {
            json: global.json,
            output: self.output.clone().filter(|_| self.spread.shard.is_none()),
            ..Form::default()
        };
        let work = Filling::new(asked)?;
        if let Some(folder) = &form.output {
            std::fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
        }
        watch::shows_parts();
        let progress = Progress::start("necessity", None);
        let output = self
            .spread
            .run(&work, &form, self.output.as_deref(), &[], global);
        drop(progress);
        output
    }
}

/// What is filled.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Asked {
    theorems: Vec<String>,
    seed: u64,
    budget: u64,
}

/// The matrix as work that can be shared out: its items are cells.
pub(super) struct Filling {
    asked: Asked,
    places: Vec<Place>,
}

impl Filling {
    pub(super) fn new(asked: Asked) -> Result<Self, Failure> {
        let mut theorems = rows();
        if !asked.theorems.is_empty() {
            let named = asked
                .theorems
                .iter()
                .map(|name| theorem_named("--theorem", name));
            let named: Result<Vec<_>, Failure> = named.collect();
            let named: Vec<&str> = named?.iter().map(|t| t.statement().id.name()).collect();
            theorems.retain(|t| named.contains(&t.statement().id.name()));
        }
        Ok(Filling {
            places: places(&theorems),
            asked,
        })
    }
}

impl Work for Filling {
    type Part = Option<Tried>;

    fn command(&self) -> &'static str {
        "necessity"
    }

    fn unit(&self) -> &'static str {
        "cells"
    }

    fn total(&self) -> u64 {
        self.places.len() as u64
    }

    fn problem(&self) -> Option<&SourceProblem> {
        None
    }

    fn options(&self) -> Value {
        // As the records write the names.
        let rows = self.places.chunks(COLUMNS.len());
        let names = rows.filter_map(|row| Some(row.first()?.theorem.statement().id.name()));
        json!({
            "theorems": names.collect::<Vec<_>>(),
            "seed": self.asked.seed,
            "budget": self.asked.budget,
        })
    }

    fn seed(&self) -> Option<u64> {
        Some(self.asked.seed)
    }

    fn shared(&self, shard: Shard) -> Items {
        let cost = |place: &Place| u64::from(place.is_searched());
        let costs: Vec<u64> = self.places.iter().map(cost).collect();
        shard.dealt(&costs)
    }

    fn perform(
        &self,
        items: &Items,
        done: &(dyn Fn(u64, Option<Tried>) + Sync),
    ) -> Result<(), String> {
        for item in items.iter() {
            let Some(place) = self.places.get(item as usize) else {
                continue;
            };
            let tried = place.search(self.asked.seed, self.asked.budget);
            if interrupt::asked().is_some() {
                break;
            }
            done(item, tried);
        }
        Ok(())
    }
}

impl Answer for Filling {
    fn has_output(&self) -> bool {
        true
    }

    fn answer(&self, parts: &Parts<Option<Tried>>, form: &Form) -> Result<Output, Failure> {
        if let Some(folder) = &form.output {
            std::fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
        }
        let cell = |(item, place): (u64, &Place)| {
            place.cell(parts.get(&item).and_then(|tried| tried.as_ref()))
        };
        let cells: Vec<Cell> = (0..).zip(&self.places).map(cell).collect();
        let mut written = Vec::new();
        for cell in cells {
            let (file, certificate) = match (&form.output, &cell.verdict) {
                (Some(folder), Verdict::Needed(_)) => self.write(folder, &cell)?,
                _ => (None, None),
            };
            written.push(Written {
                cell,
                file,
                certificate,
            });
        }
        let entries: Vec<Value> = written.iter().map(|w| self.entry(w)).collect();
        let (seed, budget) = (self.asked.seed, self.asked.budget);
        let mut all = json!({ "seed": seed, "budget": budget, "cells": entries });
        let missing = self.missing(&Items::from_range(0, self.total()), parts);
        let searched = |item: &u64| self.places[*item as usize].is_searched();
        let unfinished = missing.iter().filter(searched).count();
        let limit = interrupt::asked().filter(|_| unfinished > 0);
        if let Some(limit) = limit {
            all["stopped"] = json!({ "limit": limit, "unfinished_cells": unfinished });
        }
        let open = written
            .iter()
            .any(|w| matches!(w.cell.verdict, Verdict::Open(_)));
        if let Some(folder) = &form.output {
            let path = folder.join("necessity.json");
            write_whole(&path, document(None, all.clone()))
                .map_err(|error| cannot_write(&path, &error))?;
        }
        let stopped = limit.map(|limit| {
            format!("stopped: {limit}; {unfinished} cells were not searched to the end, and stand as open")
        });
        let cells: Vec<&Cell> = written.iter().map(|w| &w.cell).collect();
        Ok(Output {
            text: match form.json {
                true => document(None, all),
                false => table(&cells),
            },
            notes: stopped.into_iter().collect(),
            exit: if open { Exit::Unfinished } else { Exit::Fine },
        })
    }
}

impl Filling {
    /// Writes the counterexample of a cell and its certificate.
    fn write(
        &self,
        folder: &Path,
        cell: &Cell,
    ) -> Result<(Option<String>, Option<String>), Failure> {
        let Verdict::Needed(searched) = &cell.verdict else {
            return Ok((None, None));
        };
        let Some(found) = &searched.found else {
            return Ok((None, None));
        };
        let question = Question {
            theorem: cell.theorem,
            drop: Some(cell.assumption),
        };
        let stem = name(cell.theorem.statement(), cell.assumption);
        let comments = story(&question, searched, self.asked.seed);
        let problem = format!("{stem}.toml");
        let put = |name: &str, text: &str| {
            let path = folder.join(name);
            write_whole(&path, text).map_err(|error| cannot_write(&path, &error))
        };
        let text = certificate(cell, found)?;
        put(&problem, &file(&comments, found))?;
        let certificate = match text {
            Some(text) => {
                let name = format!("{stem}.cert");
                put(&name, &text)?;
                Some(name)
            }
            None => None,
        };
        Ok((Some(problem), certificate))
    }

    fn entry(&self, written: &Written) -> Value {
        let Written {
            cell,
            file,
            certificate,
        } = written;
        let mut entry = json!({
            "theorem": cell.theorem.statement().id.name(),
            "assumption": cell.assumption.name(),
            "verdict": cell.verdict.name(),
            "counterexample": file,
            "certificate": certificate,
            "argument": cell.argument,
            "tried": 0,
        });
        if let Verdict::Needed(searched) | Verdict::Open(searched) = &cell.verdict {
            entry["tried"] = json!(searched.compared);
            if let Some(found) = &searched.found {
                entry["size"] = json!(size(&found.size));
            }
        }
        entry
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use filtercert::certificate::format::Number;
    use filtercert::read_problem;

    /// T1 without A1 on the counterexample that the repository keeps, and on one whose weights were changed after
    /// the engines had looked at them.
    #[test]
    fn what_the_checker_does_not_confirm_is_an_error() {
        let path = "examples/counterexamples/T1-without-A1.toml";
        let problem = read_problem(Path::new(path)).expect("a problem");
        let emitted = emit(&problem, problem.training().steps).expect("it is covered");
        let right = confirmed(emitted.clone(), "T1").expect("it is confirmed");
        assert_eq!(right.expect("a claim").claims.len(), 1);
        let mut wrong = emitted;
        for weight in wrong.certificate.problem.weights.iter_mut().flatten() {
            *weight = Number::from(filtercert::number::integer(7));
        }
        let report = confirmed(wrong, "T1").expect_err("it is confirmed");
        assert!(
            report
                .findings()
                .any(|f| f.verdict() == VerifyVerdict::Invalid)
        );
    }
}
