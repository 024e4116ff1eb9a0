//! `necessity`: which theorem needs which assumption, with a counterexample and its certificate for each that does.

use super::arguments::integer;
use super::falsify::theorem_named;
use super::files::{cannot_write, write_whole};
use super::output::document;
use super::{Exit, Failure, Global, Output, Progress, watch};
use clap::Args;
use filtercert::audit::falsify::{Found, Question};
use filtercert::audit::necessity::{Cell, Verdict, matrix, name, rows};
use filtercert::certificate::confirm::confirm;
use filtercert::certificate::emit::emit;
use filtercert::report::counterexample::{file, size, story};
use filtercert::report::necessity::table;
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
    /// Write counterexamples, certificates and necessity.json into this folder
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
}

/// A cell with what was written of it.
struct Written {
    cell: Cell,
    /// Names of the problem file and the certificate.
    file: Option<String>,
    certificate: Option<String>,
}

/// The text of a certificate that the conclusion fails on this problem, if the checker confirms one.
fn certificate(cell: &Cell, found: &Found) -> Option<String> {
    let id = cell.theorem.statement().id.name();
    let mut emitted = emit(&found.problem, found.problem.training().steps).ok()?;
    emitted.retain(|_, origin| {
        let without = origin.fails.as_ref();
        origin.theorem == Some(id) && without.is_some()
    });
    let confirmed = confirm(emitted).ok()?;
    if confirmed.certificate.claims.is_empty() {
        return None;
    }
    confirmed.certificate.to_text().ok()
}

impl Options {
    pub fn run(&self, global: &Global) -> Result<Output, Failure> {
        let mut theorems = rows();
        if !self.theorem.is_empty() {
            let asked = self
                .theorem
                .iter()
                .map(|name| theorem_named("--theorem", name));
            let asked: Result<Vec<_>, Failure> = asked.collect();
            let asked: Vec<&str> = asked?.iter().map(|t| t.statement().id.name()).collect();
            theorems.retain(|t| asked.contains(&t.statement().id.name()));
        }
        if let Some(folder) = &self.output {
            std::fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
        }
        watch::shows_parts();
        let progress = Progress::start("necessity", None);
        let cells = matrix(&theorems, self.seed, self.budget);
        drop(progress);
        let mut written = Vec::new();
        for cell in cells {
            let (file, certificate) = match (&self.output, &cell.verdict) {
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
        let all = json!({ "seed": self.seed, "budget": self.budget, "cells": entries });
        let open = written
            .iter()
            .any(|w| matches!(w.cell.verdict, Verdict::Open(_)));
        if let Some(folder) = &self.output {
            let path = folder.join("necessity.json");
            write_whole(&path, document(None, all.clone()))
                .map_err(|error| cannot_write(&path, &error))?;
        }
        let cells: Vec<&Cell> = written.iter().map(|w| &w.cell).collect();
        let text = match global.json {
            true => document(None, all),
            false => table(&cells),
        };
        Ok(Output {
            text,
            notes: Vec::new(),
            exit: if open { Exit::Unfinished } else { Exit::Fine },
        })
    }

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
        let comments = story(&question, searched, self.seed);
        let problem = format!("{stem}.toml");
        let put = |name: &str, text: &str| {
            let path = folder.join(name);
            write_whole(&path, text).map_err(|error| cannot_write(&path, &error))
        };
        put(&problem, &file(&comments, found))?;
        let certificate = match certificate(cell, found) {
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
