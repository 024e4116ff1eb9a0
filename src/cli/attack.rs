//! `falsify --conjecture`: the search of a family for the smallest problem on which a conjecture is false.

use super::arguments::did_you_mean;
use super::files::{Input, cannot_write, keep_apart, write_whole};
use super::output::document;
use super::{Exit, Failure, Global, Output, Progress};
use filtercert::audit::conjecture::{Attack, Conjecture, Family, attack};
use filtercert::problem::{ConjectureTable, SourceProblem, to_explicit_toml};
use filtercert::report::escape::visible;
use filtercert::report::{conjectures, counterexample};
use serde_json::{Value, json};
use std::path::Path;

/// What is asked of a conjecture.
pub(super) struct Asked<'a> {
    pub name: &'a str,
    pub file: &'a Path,
    pub seed: u64,
    pub budget: u64,
    pub all: bool,
    pub output: Option<&'a Path>,
}

/// The table of a conjecture of a file, by its name.
fn named<'s>(read: &'s SourceProblem, name: &str) -> Result<&'s ConjectureTable, Failure> {
    let tables = &read.conjectures;
    if let Some(table) = tables.iter().find(|table| table.name == name) {
        return Ok(table);
    }
    let file = visible(read.source.name()).into_owned();
    if tables.is_empty() {
        return Err(Failure::Message(format!(
            "--conjecture: found {name:?}, but {file} has no conjectures: write a table [[conjecture]] with name and claim"
        )));
    }
    let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
    let near = did_you_mean(name, names.iter().copied());
    let names = names.join(", ");
    Err(Failure::Message(format!(
        "--conjecture: found {name:?}, expected a conjecture of {file}: {}{near}",
        visible(&names)
    )))
}

impl Asked<'_> {
    pub fn run(&self, global: &Global) -> Result<Output, Failure> {
        let inputs = [Input::of(self.file)];
        keep_apart(self.output, &inputs)?;
        let read = SourceProblem::read(self.file)?;
        let table = named(&read, self.name)?;
        let conjecture = Conjecture::read(table, &read.problem, &read.source)?;
        let family = Family::read(table, &read.problem, &read.source)?;
        if self.all && !family.is_finite() {
            return Err(Failure::Message(format!(
                "--all: found a range of rational numbers in the family of {:?}, expected lists such as \"-1, 0, 1/2\" for weights, head, prior and step",
                visible(self.name)
            )));
        }
        let progress = Progress::start("falsify", None);
        let name = format!("{} is false", self.name);
        let found = attack(
            &conjecture,
            &family,
            &name,
            self.seed,
            self.budget,
            self.all,
        );
        drop(progress);
        let exit = match (&found.found, found.all) {
            (Some(_), _) => Exit::Refuted,
            // Every problem was looked at, and none is open.
            (None, true) if found.held == found.spoken_of => Exit::Fine,
            (None, _) => Exit::Unfinished,
        };
        let effort = conjectures::effort(&found, self.seed, self.all);
        let file = found.found.as_ref().map(|(problem, size, checked)| {
            let story = [
                format!(
                    "The conjecture {:?} is false. {}.",
                    conjecture.name,
                    counterexample::size(size)
                ),
                conjectures::why(problem, checked),
                effort.clone(),
            ];
            let comments = counterexample::comments(&story);
            format!(
                "{comments}\n{}\n{}",
                to_explicit_toml(problem),
                conjectures::table(&conjecture)
            )
        });
        if let (Some(path), Some(file)) = (self.output, &file) {
            write_whole(path, file).map_err(|error| cannot_write(path, &error))?;
        }
        let text = match (global.json, &file, self.output) {
            (true, ..) => document(
                found.found.as_ref().map(|(problem, ..)| problem),
                self.fields(&conjecture, &found, file.as_deref()),
            ),
            (false, Some(file), None) => file.clone(),
            (false, Some(_), Some(path)) => {
                let said = found.found.as_ref();
                let said = said.map(|(problem, _, checked)| conjectures::why(problem, checked));
                format!(
                    "{}\n{effort}\nThe problem is in {}.\n",
                    said.unwrap_or_default(),
                    path.display()
                )
            }
            (false, None, _) => {
                let end = match (found.stopped, exit) {
                    (Some(limit), _) => {
                        format!(
                            "no counterexample was found, which proves nothing; the search was stopped: {limit}"
                        )
                    }
                    (None, Exit::Fine) => "it holds on every problem of the family".to_owned(),
                    (None, _) if found.all => {
                        "no counterexample was found in the family, but not all of it was decided"
                            .to_owned()
                    }
                    (None, _) => "no counterexample was found, which proves nothing".to_owned(),
                };
                format!("{}: {end}. {effort}\n", visible(&conjecture.name))
            }
        };
        Ok(Output {
            text,
            notes: Vec::new(),
            exit,
        })
    }

    fn fields(&self, conjecture: &Conjecture, found: &Attack, file: Option<&str>) -> Value {
        let counterexample = found.found.as_ref().map(|(problem, size, checked)| {
            json!({
                "problem": problem.name(),
                "file": file,
                "because": conjectures::why(problem, checked),
                "conjecture": conjectures::one(problem, checked),
                "size": counterexample::size(size),
            })
        });
        let verdict = match (&found.found, found.all && found.held == found.spoken_of) {
            (Some(_), _) => "refuted",
            (None, true) => "holds",
            (None, false) => "undecided",
        };
        json!({
            "conjecture": conjecture.name,
            "verdict": verdict,
            "counterexample": counterexample,
            "seed": self.seed,
            "budget": self.budget,
            "tried": found.tried,
            "spoken_of": found.spoken_of,
            "held": found.held,
            "shrunk": found.shrunk,
            "all": found.all,
            "largest": found.largest.as_ref().map(counterexample::size),
            "stopped": found.stopped,
        })
    }
}
