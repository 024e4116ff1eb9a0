//! Work that is shared out or kept: `--shard`, `--checkpoint`, `--resume`, for every command whose work is a list of
//! items.

use super::arguments::integer;
use super::files::{Input, cannot_write, keep_apart, write_whole};
use super::format::shown;
use super::output::document;
use super::{Exit, Failure, Global, Output, watch};
use clap::Args;
use filtercert::interrupt;
use filtercert::problem::visible;
use filtercert::report::format::count;
use filtercert::shard::{Begun, Header, Journal, Parts, Reader, Refused, Shard, Work, shard_file};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

/// Options for work that outgrows one process.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Long runs")]
pub struct Spread {
    /// Do only share I of N of the work, and write it as a file of parts; `merge` puts such files together
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
    /// Keep what is done in this file, so that a process that is killed loses little
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// Go on from the checkpoint, if it is there; with --shard, leave a finished file as it is
    #[arg(long)]
    pub resume: bool,
    /// Most seconds between what is done and the checkpoint
    #[arg(long, value_name = "SECONDS", default_value = "30", requires = "checkpoint",
          value_parser = integer::<u64>("a number of seconds", 0..=1_000_000))]
    pub checkpoint_seconds: u64,
    /// Is the checkpoint a file of the command's own folder, which is begun anew without --resume?
    #[arg(skip)]
    is_own: bool,
}

/// Work whose answer can be told from its parts alone.
pub(super) trait Answer: Work {
    /// The answer in this form. Where parts are missing, it says why.
    fn answer(&self, parts: &Parts<Self::Part>, form: &Form) -> Result<Output, Failure>;

    /// Can it be told as CSV?
    fn has_table(&self) -> bool {
        false
    }

    /// Is there a picture of it?
    fn has_picture(&self) -> bool {
        false
    }

    /// Does the command write a file or a folder of its own?
    fn has_output(&self) -> bool {
        false
    }

    /// The name of the checkpoint in that folder, if there always is one.
    fn checkpoint_name(&self) -> Option<&'static str> {
        None
    }
}

/// How an answer is told.
#[derive(Debug, Clone, Default)]
pub(super) struct Form {
    /// One JSON document.
    pub json: bool,
    /// CSV.
    pub csv: bool,
    /// With the times that it took.
    pub timed: bool,
    /// The picture, where there is one.
    pub svg: Option<PathBuf>,
    /// The file or folder that the command writes.
    pub output: Option<PathBuf>,
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        Failure::Message(format!(
            "{}: {}",
            shown(&refused.file),
            visible(&refused.what)
        ))
    }
}

impl Spread {
    /// Is the work done by one process and kept nowhere?
    pub(super) fn is_plain(&self) -> bool {
        self.shard.is_none() && self.checkpoint.is_none() && !self.resume
    }

    /// The same, with a checkpoint in the command's own folder unless there is another one.
    pub(super) fn kept_in(&self, own: Option<PathBuf>) -> Self {
        let mut spread = self.clone();
        if let (None, Some(own)) = (&self.checkpoint, own) {
            spread.checkpoint = Some(own);
            spread.checkpoint_seconds = 1;
            spread.is_own = true;
        }
        spread
    }

    /// Does the work, or this shard of it, and tells the answer, or writes the shard into `file`.
    pub(super) fn run<W: Answer>(
        &self,
        work: &W,
        form: &Form,
        file: Option<&Path>,
        inputs: &[Input],
        global: &Global,
    ) -> Result<Output, Failure> {
        self.fits(form, file)?;
        keep_apart(
            self.checkpoint.iter().map(PathBuf::as_path).chain(file),
            inputs,
        )?;
        let shard = self.shard.unwrap_or(Shard::WHOLE);
        let header = Header::new(work, work.shared(shard));
        if let (Some(_), Some(file), true) = (self.shard, file, self.resume)
            && let Some(parts) = finished(file, &header)?
        {
            return Ok(self.told(work, parts, file, global, "was finished before"));
        }
        let Gathered { parts, notes } = self.gather(work, &header)?;
        let missing = work.missing(&header.items, &parts);
        let mut output = match (self.shard, file) {
            (None, _) => match work.answer(&parts, form) {
                Err(Failure::Stopped(limit)) => Output {
                    text: String::new(),
                    notes: vec![format!("stopped: {limit}; nothing can be told yet")],
                    exit: Exit::Unfinished,
                },
                answer => answer?,
            },
            (Some(_), _) if !missing.is_empty() => {
                let limit = interrupt::asked().unwrap_or("the work ended early");
                Output {
                    text: String::new(),
                    notes: vec![format!("stopped: {limit}; shard {shard} is not written")],
                    exit: Exit::Unfinished,
                }
            }
            (Some(_), Some(file)) => {
                write_whole(file, shard_file(&header, &parts))
                    .map_err(|error| cannot_write(file, &error))?;
                self.told(work, parts.len() as u64, file, global, "is written")
            }
            (Some(_), None) => Output::fine(shard_file(&header, &parts)),
        };
        let lines = notes.iter().flat_map(|note| note.lines());
        output.notes.extend(lines.map(str::to_owned));
        Ok(output)
    }

    /// Refuses options that do not go together.
    fn fits(&self, form: &Form, file: Option<&Path>) -> Result<(), Failure> {
        let refused = |what: &str| Err(Failure::Message(what.to_owned()));
        if self.shard.is_some() {
            if form.csv {
                return refused(
                    "--csv: found it beside --shard, expected it with `merge`, which tells the answer",
                );
            }
            if form.svg.is_some() {
                return refused(
                    "--svg: found it beside --shard, expected `merge FILES -o PICTURE.svg`, which draws the whole",
                );
            }
            if form.json && file.is_none() {
                return refused(
                    "--json: found it beside --shard without -o, expected -o FILE for the parts",
                );
            }
        }
        let outputs = [form.svg.as_deref(), form.output.as_deref(), file];
        if let Some(checkpoint) = &self.checkpoint
            && outputs.contains(&Some(checkpoint))
        {
            return refused("--checkpoint: found the file of the answer, expected another one");
        }
        let goes_on = self.checkpoint.is_some() || self.shard.is_some() && file.is_some();
        if self.resume && !goes_on {
            return refused(
                "--resume: found nothing to go on from, expected --checkpoint FILE, or --shard I/N with -o FILE",
            );
        }
        Ok(())
    }

    fn told<W: Work>(
        &self,
        work: &W,
        own: u64,
        file: &Path,
        global: &Global,
        what: &str,
    ) -> Output {
        let shard = self.shard.unwrap_or(Shard::WHOLE).to_string();
        let (unit, total) = (work.unit(), work.total());
        Output::fine(match global.json {
            true => document(
                work.problem().map(|read| &read.problem),
                json!({"shard": shard, "unit": unit, "items": own, "total": total, "file": file.display().to_string()}),
            ),
            false => format!(
                "shard {shard} {what}: {} of {} {unit}, in {}\n",
                count(own),
                count(total),
                shown(file)
            ),
        })
    }

    /// Does what is missing, and keeps it if that is wanted.
    fn gather<W: Work>(&self, work: &W, header: &Header) -> Result<Gathered<W::Part>, Failure> {
        let have = self.found(header)?;
        let journal = match &self.checkpoint {
            Some(path) => {
                let begun = Begun::new(header, &have);
                let seconds = Duration::from_secs(self.checkpoint_seconds);
                let journal = write_whole(path, &begun.text)
                    .and_then(|()| Journal::append(path, begun, seconds));
                Some(journal.map_err(|error| cannot_write(path, &error))?)
            }
            None => None,
        };
        if let (Some(journal), Some(path)) = (&journal, &self.checkpoint) {
            let keeper = journal.keeper();
            let (path, all, unit) = (path.clone(), header.items.len(), header.unit.clone());
            watch::at_the_end(Box::new(move || kept(&path, keeper.flush(), all, &unit)));
        }
        let todo = work.missing(&header.items, &have);
        let parts = Mutex::new(have);
        let failed = work.perform(&todo, &|item, part| {
            if let Some(journal) = &journal {
                journal.add(item, &part);
            }
            if let Ok(mut parts) = parts.lock() {
                parts.insert(item, part);
            }
        });
        let parts = parts.into_inner().unwrap_or_default();
        let complete = work.missing(&header.items, &parts).is_empty();
        let mut notes = Vec::new();
        if let (Some(journal), Some(path)) = (journal, &self.checkpoint) {
            let (mut done, mut broken) = journal.finish();
            if complete && broken.is_none() {
                // In the order of the items, whatever order they ended in.
                broken = write_whole(path, shard_file(header, &parts)).err();
                done = parts.len() as u64;
            }
            // The answer is worth more than its checkpoint.
            notes.extend(broken.map(|error| cannot_write(path, &error).to_string()));
            if !complete {
                notes.push(kept(path, done, header.items.len(), &header.unit));
            }
        } else if !complete && interrupt::asked().is_some() {
            notes.push(NOTHING_KEPT.to_owned());
        }
        failed.map_err(Failure::Message)?;
        Ok(Gathered { parts, notes })
    }

    /// Refuses a checkpoint that is there where it should not, and `--resume` without one.
    pub(super) fn is_begun(&self) -> Result<(), Failure> {
        match &self.checkpoint {
            None if self.resume => Err(Failure::Message(
                "--resume: found nothing to go on from, expected --checkpoint FILE".to_owned(),
            )),
            Some(path) if path.exists() && !self.resume && !self.is_own => {
                Err(Failure::Message(format!(
                    "--checkpoint: found {}, which is there already, expected --resume to go on from it, or another file",
                    shown(path)
                )))
            }
            _ => Ok(()),
        }
    }

    /// The parts that the checkpoint has.
    fn found<P: serde::de::DeserializeOwned>(&self, header: &Header) -> Result<Parts<P>, Failure> {
        let Some(path) = self.checkpoint.as_ref().filter(|path| path.exists()) else {
            return Ok(Parts::new());
        };
        if !self.resume && self.is_own {
            return Ok(Parts::new());
        }
        self.is_begun()?;
        let reader = Reader::open(path)?;
        is_of(&reader, header)?;
        Ok(reader.parts()?.parts)
    }
}

/// What was done, and where it is kept.
struct Gathered<P> {
    parts: Parts<P>,
    /// What is to be said of the checkpoint.
    notes: Vec<String>,
}

/// What is said where nothing is kept.
pub(super) const NOTHING_KEPT: &str =
    "nothing is kept: with --checkpoint FILE, what is done is kept, and --resume goes on from it";

/// Where so many parts are kept, and the command line that goes on.
fn kept(path: &Path, done: u64, all: u64, unit: &str) -> String {
    format!(
        "kept: {} of {} {unit}, in {}; to go on:\n  {}",
        count(done),
        count(all),
        shown(path),
        resuming()
    )
}

/// This command line as it goes on from its checkpoint.
pub(super) fn resuming() -> String {
    let mut words: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    if !words.iter().any(|word| word == "--resume") {
        // Behind `--` there are no options.
        let end = words.iter().position(|word| word == "--");
        words.insert(end.unwrap_or(words.len()), "--resume".to_owned());
    }
    command_line(words)
}

/// A command line for a shell, the program's name before it.
pub(super) fn command_line(words: impl IntoIterator<Item = String>) -> String {
    let mut line = "filtercert".to_owned();
    for word in words {
        line.push(' ');
        line += &quoted(&word);
    }
    line
}

/// A word for a shell.
pub(super) fn quoted(word: &str) -> String {
    // No argument of a process holds a zero byte.
    shlex::try_quote(word).unwrap_or_default().into_owned()
}

/// Refuses a file of another computation, and of another share of this one.
fn is_of(reader: &Reader, header: &Header) -> Result<(), Failure> {
    let refused = |what: String| {
        Failure::from(Refused {
            file: reader.path().to_owned(),
            what,
        })
    };
    if let Some(why) = header.differs(reader.header()) {
        return Err(refused(why));
    }
    let (own, found) = (&header.items, &reader.header().items);
    if own != found {
        let unit = &header.unit;
        return Err(refused(format!(
            "found the {unit} {found} (counted from 0), expected {own}: another share of the work"
        )));
    }
    Ok(())
}

/// How many parts this file has, if it is this share of the work and finished.
fn finished(file: &Path, header: &Header) -> Result<Option<u64>, Failure> {
    if !file.exists() {
        return Ok(None);
    }
    let reader = Reader::open(file)?;
    is_of(&reader, header)?;
    let contents = reader.parts::<serde_json::Value>()?;
    Ok(contents.finished.then_some(contents.parts.len() as u64))
}
