//! `falsify --conjecture`: the search of a family for the smallest problem on which a conjecture is false.

use super::arguments::did_you_mean;
use super::files::{Input, cannot_write, keep_apart, write_whole};
use super::output::document;
use super::spread::{Answer, Form, Spread};
use super::{Exit, Failure, Global, Output, Progress};
use filtercert::audit::conjecture::{Attack, Attacking, Conjecture, Cursor, Family, Seen};
use filtercert::interrupt;
use filtercert::problem::{ConjectureTable, SourceProblem, to_explicit_toml};
use filtercert::report::escape::visible;
use filtercert::report::{conjectures, counterexample};
use filtercert::shard::{Items, Parts, Shard, Work};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::Path;

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

/// Attacks a conjecture of a file.
pub(super) fn run(
    file: &Path,
    asked: Attacked,
    output: Option<&Path>,
    spread: &Spread,
    global: &Global,
) -> Result<Output, Failure> {
    let inputs = [Input::of(file)];
    keep_apart(output, &inputs)?;
    let read = SourceProblem::read(file)?;
    let form = Form {
        json: global.json,
        output: output
            .filter(|_| spread.shard.is_none())
            .map(Path::to_owned),
        ..Form::default()
    };
    let progress = Progress::start("falsify", None);
    let work = Attacker::new(&read, asked)?;
    let answer = spread.run(&work, &form, output, &inputs, global);
    drop(progress);
    answer
}

/// What is searched for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Attacked {
    /// The conjecture's name.
    pub name: String,
    /// Seed of the random problems.
    pub seed: u64,
    /// Problems that are looked at, at most.
    pub budget: u64,
    /// Every problem of the family, in place of random ones.
    pub all: bool,
}

/// The search of a conjecture's family as work that can be shared out: its items are rounds of 512 problems.
pub(super) struct Attacker<'a> {
    read: &'a SourceProblem,
    asked: Attacked,
    conjecture: Conjecture,
    family: Family,
}

impl<'a> Attacker<'a> {
    pub(super) fn new(read: &'a SourceProblem, asked: Attacked) -> Result<Self, Failure> {
        let table = named(read, &asked.name)?;
        let conjecture = Conjecture::read(table, &read.problem, &read.source)?;
        let family = Family::read(table, &read.problem, &read.source)?;
        if asked.all && !family.is_finite() {
            return Err(Failure::Message(format!(
                "--all: found a range of rational numbers in the family of {:?}, expected lists such as \"-1, 0, 1/2\" for weights, head, prior and step",
                visible(&asked.name)
            )));
        }
        Ok(Attacker {
            read,
            asked,
            conjecture,
            family,
        })
    }

    fn attacking(&self) -> Attacking<'_> {
        Attacking {
            conjecture: &self.conjecture,
            family: &self.family,
            seed: self.asked.seed,
            budget: self.asked.budget,
            all: self.asked.all,
        }
    }
}

impl Work for Attacker<'_> {
    type Part = Seen;

    fn command(&self) -> &'static str {
        "falsify --conjecture"
    }

    fn unit(&self) -> &'static str {
        "rounds of 512 problems"
    }

    fn total(&self) -> u64 {
        self.attacking().rounds()
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
        shard.in_turn(self.total())
    }

    fn needed(&self, parts: &Parts<Seen>) -> u64 {
        self.attacking().needed(parts)
    }

    fn perform(&self, items: &Items, done: &(dyn Fn(u64, Seen) + Sync)) -> Result<(), String> {
        let (attacking, mut cursor) = (self.attacking(), Cursor::default());
        for item in items.iter() {
            if interrupt::asked().is_some() {
                break;
            }
            let seen = attacking.round(item, &mut cursor);
            let is_last = seen.is_last || !seen.found.is_empty();
            // Where it was asked to end, checks may have ended early.
            if interrupt::asked().is_some() {
                break;
            }
            done(item, seen);
            if is_last {
                break;
            }
        }
        Ok(())
    }
}

impl Answer for Attacker<'_> {
    fn has_output(&self) -> bool {
        true
    }

    fn answer(&self, parts: &Parts<Seen>, form: &Form) -> Result<Output, Failure> {
        let (attacking, conjecture) = (self.attacking(), &self.conjecture);
        let needed = attacking.needed(parts);
        let name = format!("{} is false", self.asked.name);
        let rounds = parts.range(..needed).map(|(_, seen)| seen);
        let found = attacking.attacked(&name, rounds);
        let exit = match (&found.found, found.all) {
            (Some(_), _) => Exit::Refuted,
            // Every problem was looked at, and none is open.
            (None, true) if found.held == found.spoken_of => Exit::Fine,
            (None, _) => Exit::Unfinished,
        };
        let effort = conjectures::effort(&found, self.asked.seed, self.asked.all);
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
                conjectures::table(conjecture)
            )
        });
        if let (Some(path), Some(file)) = (&form.output, &file) {
            write_whole(path, file).map_err(|error| cannot_write(path, &error))?;
        }
        let text = match (form.json, &file, &form.output) {
            (true, ..) => document(
                found.found.as_ref().map(|(problem, ..)| problem),
                self.fields(&found, file.as_deref()),
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
}

impl Attacker<'_> {
    fn fields(&self, found: &Attack, file: Option<&str>) -> Value {
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
            "conjecture": self.conjecture.name,
            "verdict": verdict,
            "counterexample": counterexample,
            "seed": self.asked.seed,
            "budget": self.asked.budget,
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
