//! `merge`: files of parts put together to what the whole run would have told.

use super::arguments::found;
use super::attack::{Attacked, Attacker};
use super::falsify::{self, Falsifying};
use super::files::{Input, cannot_write, keep_apart, write_whole};
use super::format::shown;
use super::images::Experiment;
use super::law::{Phase, PhaseAsked};
use super::necessity::{self, Filling};
use super::output::document;
use super::simulate::{self, Simulating};
use super::spread::{Answer, Form};
use super::{Failure, Global, Output, Progress};
use clap::Args;
use filtercert::problem::SourceProblem;
use filtercert::report::format::count;
use filtercert::shard::{Header, Items, Reader, Refused, join, shard_file};
use serde::de::DeserializeOwned;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Put shards together: what the whole run would have told, byte for byte
///
/// The files are those that `--shard I/N` wrote, in any order, or partial merges of them. What is printed is what the
/// command itself prints with --no-timing, with --json or --csv in that form, and the exit code is its exit code. A
/// file of another computation or version, a damaged or unfinished one, an item that two files have and one that none
/// has are refused.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    filtercert merge shards/*.part --json\n  \
    filtercert merge shards/*.part -o diagram.json -o diagram.csv -o diagram.svg\n  \
    filtercert merge shards/1.part shards/2.part --partial -o half.part")]
pub struct Options {
    /// Files of parts
    #[arg(required = true, value_name = "FILES")]
    files: Vec<PathBuf>,
    /// Also write it here: JSON, CSV, the picture or the printed text by the ending .json, .csv, .svg, .txt; the
    /// folder of `necessity` and `images`, the problem file of `falsify`; may be given again
    #[arg(short, long, value_name = "OUT")]
    output: Vec<PathBuf>,
    /// Write one file of all these parts (-o), to be merged with others
    #[arg(long, requires = "output", conflicts_with = "csv")]
    partial: bool,
    /// Print CSV, where the command does
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

impl Options {
    pub fn run(&self, global: &Global) -> Result<Output, Failure> {
        let inputs: Vec<Input> = self.files.iter().map(|file| Input::of(file)).collect();
        keep_apart(&self.output, &inputs)?;
        let readers: Result<Vec<Reader>, Refused> =
            self.files.iter().map(|file| Reader::open(file)).collect();
        let readers = readers?;
        // What no part depends on is told as one file has it, whatever the order of the files.
        let told = |file: &&Reader| {
            let header = file.header();
            let name = header.problem.as_ref().map(|problem| problem.name.clone());
            (name, header.aside.to_string())
        };
        let Some(first) = readers.iter().min_by_key(told) else {
            return Err(Failure::Message(
                "found no files of parts, expected some".to_owned(),
            ));
        };
        let header = first.header();
        match header.command.as_str() {
            "simulate" => {
                let (read, asked) = (problem(first)?, options::<simulate::Asked>(first)?);
                let config = asked.config(None);
                self.told(&Simulating::new(&read, &asked, &config), &readers, global)
            }
            "law --sweep" => {
                let (read, asked) = (problem(first)?, options::<PhaseAsked>(first)?);
                self.told(&Phase::new(&read, asked)?, &readers, global)
            }
            "falsify" => {
                let asked = options::<falsify::Asked>(first)?;
                let question = asked.question()?;
                self.told(&Falsifying::new(&question, asked), &readers, global)
            }
            "falsify --conjecture" => {
                let (read, asked) = (problem(first)?, options::<Attacked>(first)?);
                self.told(&Attacker::new(&read, asked)?, &readers, global)
            }
            "necessity" => {
                let asked = options::<necessity::Asked>(first)?;
                self.told(&Filling::new(asked)?, &readers, global)
            }
            "images" => {
                let words: Vec<String> = serde_json::from_value(header.aside.clone())
                    .map_err(|_| no_header(first, "words of a command line"))?;
                let experiment = Experiment::of_words(words)?;
                self.told(&experiment, &readers, global)
            }
            other => Err(refused(
                first,
                format!(
                    "found parts of {}, expected those of a command of this version",
                    found(other)
                ),
            )),
        }
    }

    fn told<W: Answer>(
        &self,
        work: &W,
        readers: &[Reader],
        global: &Global,
    ) -> Result<Output, Failure> {
        let bar = Progress::start("merge", None);
        let joined = join(work, readers)?;
        drop(bar);
        if self.partial {
            let header = Header::new(work, joined.items);
            return self.write_partial(&header, &shard_file(&header, &joined.parts), global);
        }
        let missing = work.missing(&Items::from_range(0, work.total()), &joined.parts);
        if !missing.is_empty() {
            return Err(Failure::Message(format!(
                "found no file with the {} {missing} (counted from 0), expected all of them; --partial puts together what there is",
                work.unit()
            )));
        }
        let own = self.own_output(work)?;
        let form = Form {
            json: global.json,
            csv: self.csv,
            output: own.cloned(),
            ..Form::default()
        };
        if form.csv && !work.has_table() {
            return Err(Failure::Message(format!(
                "--csv: found it for {}, which has no table, expected --json or none",
                work.command()
            )));
        }
        let mut answer = work.answer(&joined.parts, &form)?;
        if let (Some(folder), Some(name)) = (own, work.checkpoint_name()) {
            let header = Header::new(work, Items::from_range(0, work.total()));
            let path = folder.join(name);
            write_whole(&path, shard_file(&header, &joined.parts))
                .map_err(|error| cannot_write(&path, &error))?;
        }
        for path in self.output.iter().filter(|path| Some(*path) != own) {
            let (json, csv) = (has_ending(path, "json"), has_ending(path, "csv"));
            let svg = has_ending(path, "svg").then(|| path.clone());
            let drawn = svg.is_some();
            let is_text = has_ending(path, "txt");
            let other = Form {
                json: json || !csv && !is_text && !drawn && form.json,
                csv: csv || !json && !is_text && !drawn && form.csv,
                svg,
                ..Form::default()
            };
            let told = work.answer(&joined.parts, &other)?;
            if !drawn {
                // As standard output that is no terminal: without colours.
                let text = anstream::adapter::strip_str(&told.text).to_string();
                write_whole(path, text).map_err(|error| cannot_write(path, &error))?;
            }
            answer.notes.push(format!("wrote {}", path.display()));
        }
        Ok(answer)
    }

    /// The output that the command itself writes, a folder or a problem file, if one is wanted.
    fn own_output<W: Answer>(&self, work: &W) -> Result<Option<&PathBuf>, Failure> {
        let mut own = None;
        for path in &self.output {
            let known = |ending: &&&str| has_ending(path, ending);
            match ["json", "csv", "svg", "txt"].iter().find(known) {
                Some(&"csv") if !work.has_table() => return Err(no_such(work, path, "table")),
                Some(&"svg") if !work.has_picture() => return Err(no_such(work, path, "picture")),
                Some(_) => {}
                None if work.has_output() => {
                    if let Some(first) = own.replace(path) {
                        return Err(Failure::Message(format!(
                            "-o: found {} and {}, expected one",
                            shown(first),
                            shown(path)
                        )));
                    }
                }
                None => {}
            }
        }
        Ok(own)
    }

    fn write_partial(
        &self,
        header: &Header,
        text: &str,
        global: &Global,
    ) -> Result<Output, Failure> {
        let [path] = self.output.as_slice() else {
            return Err(Failure::Message(format!(
                "-o: found {} files, expected one with --partial",
                self.output.len()
            )));
        };
        write_whole(path, text).map_err(|error| cannot_write(path, &error))?;
        let (own, total, unit) = (header.items.len(), header.total, &header.unit);
        Ok(Output::fine(match global.json {
            true => document(
                None,
                json!({"unit": unit, "items": own, "total": total, "file": path.display().to_string()}),
            ),
            false => format!(
                "merged: {} of {} {unit}, in {}\n",
                count(own),
                count(total),
                shown(path)
            ),
        }))
    }
}

fn no_such<W: Answer>(work: &W, path: &Path, what: &str) -> Failure {
    Failure::Message(format!(
        "-o: found {}, but {} has no {what}",
        shown(path),
        work.command()
    ))
}

fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension()
        .is_some_and(|found| found.eq_ignore_ascii_case(ending))
}

fn refused(file: &Reader, what: String) -> Failure {
    Failure::from(Refused {
        file: file.path().to_owned(),
        what,
    })
}

fn no_header(file: &Reader, expected: &str) -> Failure {
    refused(
        file,
        format!("line 1: found a damaged header, expected {expected} in it"),
    )
}

/// The problem of a file of parts.
fn problem(file: &Reader) -> Result<SourceProblem, Failure> {
    let origin = file.header().problem.as_ref();
    let origin = origin.ok_or_else(|| no_header(file, "a problem"))?;
    origin
        .read()
        .map_err(|error| refused(file, format!("line 1: {error}")))
}

/// The options of a file of parts.
fn options<T: DeserializeOwned>(file: &Reader) -> Result<T, Failure> {
    serde_json::from_value(file.header().options.clone())
        .map_err(|_| no_header(file, "the options of its command"))
}
