//! `falsify`: the search for a minimal exact counterexample.

use super::arguments::{did_you_mean, integer};
use super::attack::{self, Attacked};
use super::files::write_whole;
use super::output::document;
use super::spread::{Answer, Form, Spread};
use super::{Exit, Failure, Global, Output, Progress, watch};
use clap::Args;
use filtercert::audit::falsify::{Question, Round, Search, Searched, Unasked, assumes};
use filtercert::audit::necessity;
use filtercert::interrupt;
use filtercert::problem::assumption::AssumptionId;
use filtercert::problem::{SourceProblem, to_explicit_toml};
use filtercert::report::counterexample::{asked, effort, failure, file, size, story};
use filtercert::report::words;
use filtercert::shard::{Items, Parts, Shard, Work};
use filtercert::theory;
use filtercert::theory::theorem::Theorem;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Search for a problem on which the conclusion of a theorem fails
///
/// With --drop: a problem that satisfies all that the theorem assumes but this assumption, and on which its
/// conclusion fails; so the assumption is needed. Without it: a problem that satisfies all of it, which would refute
/// the theorem. With --conjecture: a problem of the family of a conjecture in a file on which it is false. What is
/// found is shrunk and printed as a problem file. Exit code 1 with a counterexample, 3 without; 0 if --all went through
/// every problem of the family and the conjecture holds on each.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  filtercert falsify --theorem T2 --drop A4\n  filtercert falsify --theorem T5 --drop A2 -o counterexample.toml\n  filtercert falsify --theorem T3\n  filtercert falsify --conjecture dominance problem.toml"
)]
pub struct Options {
    /// The theorem (T1 .. T8, T12, T13, T3max, T6c)
    #[arg(long, value_name = "THEOREM")]
    theorem: Option<String>,
    /// The assumption that is to fail (A1 .. A6', A1k, A1k-, H)
    #[arg(long, value_name = "ASSUMPTION")]
    drop: Option<String>,
    /// The conjecture of the file that is attacked, by its name
    #[arg(long, value_name = "NAME", conflicts_with_all = ["theorem", "drop"])]
    conjecture: Option<String>,
    /// The problem file with the conjecture, TOML or JSON; - is standard input
    file: Option<PathBuf>,
    /// Go through every problem of the conjecture's family, at most --budget of them, in place of random ones
    #[arg(long, conflicts_with = "seed")]
    all: bool,
    /// Problems that are drawn, at most
    #[arg(long, value_name = "N", default_value = "20000", value_parser = integer::<u64>("a number of problems", 1..=1_000_000_000))]
    budget: u64,
    /// Seed of the random problems
    #[arg(long, value_name = "S", default_value = "1", value_parser = integer::<u64>("a seed", 0..=u64::MAX))]
    seed: u64,
    /// Write the problem file here and print what it shows; with --shard, the file of parts
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    spread: Spread,
}

/// The form of a theorem with this name.
pub(super) fn theorem_named(key: &str, name: &str) -> Result<&'static dyn Theorem, Failure> {
    let named = |t: &&'static dyn Theorem| t.statement().id.name().eq_ignore_ascii_case(name);
    theory::forms().find(named).ok_or_else(|| {
        let names: Vec<&str> = theory::forms().map(|t| t.statement().id.name()).collect();
        let near = did_you_mean(name, names.iter().copied());
        let names = names.join(", ");
        Failure::Message(format!(
            "{key}: found {name:?}, expected one of {names}{near}"
        ))
    })
}

impl Options {
    /// A theorem is attacked on problems of its own, a conjecture in its file.
    fn fit_together(&self) -> Result<(), Failure> {
        let message = match (&self.theorem, &self.conjecture, &self.file) {
            (Some(_), None, None) | (None, Some(_), Some(_)) => return Ok(()),
            (Some(_), None, Some(file)) => format!(
                "FILE: found {}, expected none beside --theorem, which draws problems of its own; a conjecture of a file is attacked with --conjecture NAME FILE",
                file.display()
            ),
            (_, Some(name), None) => {
                format!("FILE: found none, expected the problem file with the conjecture {name:?}")
            }
            _ => "found neither, expected --theorem T, or --conjecture NAME with the FILE that has it".to_owned(),
        };
        Err(Failure::Message(message))
    }

    pub fn run(&self, global: &Global) -> Result<Output, Failure> {
        self.fit_together()?;
        if let (Some(name), Some(file)) = (&self.conjecture, &self.file) {
            let asked = Attacked {
                name: name.clone(),
                seed: self.seed,
                budget: self.budget,
                all: self.all,
            };
            return attack::run(file, asked, self.output.as_deref(), &self.spread, global);
        }
        if self.all {
            return Err(Failure::Message(
                "--all: found it beside --theorem, expected it with --conjecture".to_owned(),
            ));
        }
        let asked = Asked {
            theorem: self.theorem.clone().unwrap_or_default(),
            drop: self.drop.clone(),
            seed: self.seed,
            budget: self.budget,
        };
        let form = Form {
            json: global.json,
            output: self.output.clone().filter(|_| self.spread.shard.is_none()),
            ..Form::default()
        };
        let question = asked.question()?;
        watch::shows_parts();
        let progress = Progress::start("falsify", None);
        let work = Falsifying::new(&question, asked);
        let output = self
            .spread
            .run(&work, &form, self.output.as_deref(), &[], global);
        drop(progress);
        output
    }
}

/// What is searched for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Asked {
    theorem: String,
    drop: Option<String>,
    seed: u64,
    budget: u64,
}

impl Asked {
    pub(super) fn question(&self) -> Result<Question, Failure> {
        let theorem = theorem_named("--theorem", &self.theorem)?;
        let record = theorem.statement();
        let id = record.id.name();
        let assumed: Vec<AssumptionId> = AssumptionId::ALL
            .iter()
            .copied()
            .filter(|&a| assumes(record, a))
            .collect();
        let names: Vec<&str> = assumed.iter().map(|a| a.name()).collect();
        let drop = match &self.drop {
            None => None,
            Some(name) => {
                let known = AssumptionId::ALL.iter().copied();
                let named = known.clone().find(|a| a.name().eq_ignore_ascii_case(name));
                let Some(named) = named else {
                    let near = did_you_mean(name, known.map(AssumptionId::name));
                    return Err(Failure::Message(format!(
                        "--drop: found {name:?}, expected an assumption of {id}: {}{near}",
                        names.join(", ")
                    )));
                };
                Some(named)
            }
        };
        Question::new(theorem, drop).map_err(|why| {
            let dropped = drop.map_or("", AssumptionId::name);
            Failure::Message(match (why, names.is_empty()) {
                (Unasked::NotAssumed, false) => format!(
                    "--drop: found {dropped}, which {id} does not assume, expected one of {}",
                    names.join(", ")
                ),
                (Unasked::NotAssumed, true) => {
                    format!("--drop: found {dropped}, but {id} assumes nothing beside its model")
                }
                (Unasked::NoConclusion, _) if drop.is_some() => format!(
                    "--drop: found {dropped}, without which there is no conclusion of {id} to search with; `filtercert necessity --theorem {id}` says what is known of it"
                ),
                (Unasked::NoConclusion, _) => format!(
                    "--theorem: found {id}, whose conclusion cannot be read on one problem; `filtercert explain {id}` tells what checks it"
                ),
            })
        })
    }
}

/// A search as work that can be shared out: its items are rounds of 512 problems.
pub(super) struct Falsifying<'q> {
    question: &'q Question,
    asked: Asked,
    search: Search<'q>,
    /// The round in which it was asked to end.
    cut: Mutex<Option<Round>>,
}

impl<'q> Falsifying<'q> {
    pub(super) fn new(question: &'q Question, asked: Asked) -> Self {
        Falsifying {
            question,
            search: Search::new(question, asked.seed, asked.budget),
            asked,
            cut: Mutex::new(None),
        }
    }
}

impl Work for Falsifying<'_> {
    type Part = Round;

    fn command(&self) -> &'static str {
        "falsify"
    }

    fn unit(&self) -> &'static str {
        "rounds of 512 problems"
    }

    fn total(&self) -> u64 {
        self.search.rounds()
    }

    fn problem(&self) -> Option<&SourceProblem> {
        None
    }

    fn options(&self) -> Value {
        // As the record writes the names.
        json!({
            "theorem": self.question.theorem.statement().id.name(),
            "drop": self.question.drop.map(AssumptionId::name),
            "seed": self.asked.seed,
            "budget": self.asked.budget,
        })
    }

    fn seed(&self) -> Option<u64> {
        Some(self.asked.seed)
    }

    fn shared(&self, shard: Shard) -> Items {
        shard.in_turn(self.total())
    }

    fn needed(&self, parts: &Parts<Round>) -> u64 {
        self.search.needed(parts)
    }

    fn perform(&self, items: &Items, done: &(dyn Fn(u64, Round) + Sync)) -> Result<(), String> {
        for item in items.iter() {
            if interrupt::asked().is_some() {
                break;
            }
            let round = self.search.round(item);
            let is_last = !round.found.is_empty();
            if interrupt::asked().is_some() {
                if let Ok(mut cut) = self.cut.lock() {
                    *cut = Some(round);
                }
                break;
            }
            done(item, round);
            if is_last {
                break;
            }
        }
        Ok(())
    }
}

impl Answer for Falsifying<'_> {
    fn has_output(&self) -> bool {
        true
    }

    fn answer(&self, parts: &Parts<Round>, form: &Form) -> Result<Output, Failure> {
        let (question, seed) = (self.question, self.asked.seed);
        let name = match question.drop {
            Some(drop) => necessity::name(question.theorem.statement(), drop),
            None => question.theorem.statement().id.name().to_owned(),
        };
        let needed = self.search.needed(parts);
        let cut = self.cut.lock().ok().and_then(|cut| cut.clone());
        let rounds = parts.range(..needed).map(|(_, round)| round);
        let searched = self.search.searched(&name, rounds.chain(&cut));
        let exit = match searched.found {
            Some(_) => Exit::Refuted,
            None => Exit::Unfinished,
        };
        if let (Some(path), Some(found)) = (&form.output, &searched.found) {
            let text = file(&story(question, &searched, seed), found);
            write_whole(path, text).map_err(|error| super::files::cannot_write(path, &error))?;
        }
        let text = match form.json {
            true => document(
                searched.found.as_ref().map(|found| &found.problem),
                self.fields(&searched),
            ),
            false => self.text(&searched, form.output.as_deref()),
        };
        Ok(Output {
            text,
            notes: Vec::new(),
            exit,
        })
    }
}

impl Falsifying<'_> {
    fn text(&self, searched: &Searched, output: Option<&Path>) -> String {
        let (question, seed) = (self.question, self.asked.seed);
        match (&searched.found, output) {
            (Some(found), None) => file(&story(question, searched, seed), found),
            (Some(_), Some(path)) => {
                let mut text = story(question, searched, seed).join("\n");
                text += &format!("\nThe problem is in {}.\n", path.display());
                text
            }
            (None, _) => {
                let limit = match searched.stopped {
                    Some(limit) => format!(" The search was stopped: {limit}."),
                    None => String::new(),
                };
                format!(
                    "{}: no counterexample was found, which proves nothing. {}{limit}\n",
                    asked(question),
                    effort(question, searched, seed)
                )
            }
        }
    }

    fn fields(&self, searched: &Searched) -> Value {
        let question = self.question;
        let found = searched.found.as_ref().map(|found| {
            json!({
                "problem": found.problem.name(),
                "file": to_explicit_toml(&found.problem),
                "fails": found.witness,
                "because": failure(found),
                "witness": words::witness(&found.problem, &found.violation),
                "size": size(&found.size),
            })
        });
        json!({
            "theorem": question.theorem.statement().id.name(),
            "assumption": question.drop.map(AssumptionId::name),
            "verdict": if found.is_some() { "refuted" } else { "undecided" },
            "counterexample": found,
            "seed": self.asked.seed,
            "budget": self.asked.budget,
            "drawn": searched.drawn,
            "tried": searched.compared,
            "shrunk": searched.shrunk,
            "largest": searched.largest.as_ref().map(size),
            "stopped": searched.stopped,
        })
    }
}
