//! Files of parts: shards, checkpoints, and what was put together of them.
//!
//! Line 1 is the header, one JSON object that says of what computation the parts are, with the problem in full. Each
//! further line is a part: the sum of the line, a space, and `[item,part]`. The last line of a finished file
//! is `{"end":n}` in the same way, n being the number of parts. The sum is the SHA-256 of the sum of the line before (of the header itself for line 2),
//! a newline and this line's own text: a line that is changed, lost, or in another place, is found. A file whose last line
//! has no newline was being written when its writer died; that line counts for nothing.

use super::items::Items;
use super::work::{Parts, Work};
use crate::problem::{Format, Source, SourceProblem, problem_sha256};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Name and version of the format.
pub const FORMAT: &str = "filtercert-shard 1";

/// Longest line that is read, in bytes.
const MAX_LINE: u64 = 1 << 30;

/// A file of parts that is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}: {what}", .file.display())]
pub struct Refused {
    /// The file.
    pub file: PathBuf,
    /// What was found and expected.
    pub what: String,
}

/// A problem file as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Its name, for messages.
    pub name: String,
    /// `toml` or `json`.
    pub format: String,
    /// Its text.
    pub text: String,
}

impl Origin {
    /// Of a problem that was read.
    pub fn of(source: &Source) -> Self {
        Origin {
            name: source.name().to_owned(),
            format: match source.format() {
                Format::Toml => "toml".to_owned(),
                Format::Json => "json".to_owned(),
            },
            text: source.text().to_owned(),
        }
    }

    /// Reads the problem again.
    ///
    /// # Errors
    /// What is wrong with the text, in words.
    pub fn read(&self) -> Result<SourceProblem, String> {
        let format = match self.format.as_str() {
            "toml" => Format::Toml,
            "json" => Format::Json,
            other => return Err(format!("found the format {other:?}, expected toml or json")),
        };
        SourceProblem::parse(&self.name, &self.text, format).map_err(|error| error.to_string())
    }
}

/// What the parts of a file are parts of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// [`FORMAT`].
    pub format: String,
    /// The version of the program.
    pub version: String,
    /// The command.
    pub command: String,
    /// SHA-256 of the explicit form of the problem, where the work has one.
    pub problem_sha256: Option<String>,
    /// SHA-256 of all that results depend on: two files with one fingerprint are parts of one computation.
    pub fingerprint: String,
    /// The seed that the random streams of the items are drawn from, where there is one.
    pub seed: Option<u64>,
    /// What the items are, in the plural: `runs`.
    pub unit: String,
    /// How many items the whole computation has.
    pub total: u64,
    /// The items whose parts are, or will be, in this file.
    pub items: Items,
    /// All options that results depend on.
    pub options: Value,
    /// The problem.
    pub problem: Option<Origin>,
    /// What no part depends on ([`Work::aside`]).
    pub aside: Value,
}

impl Header {
    /// The header of some items of this work.
    pub fn new<W: Work>(work: &W, items: Items) -> Self {
        Header {
            seed: work.seed(),
            unit: work.unit().to_owned(),
            total: work.total(),
            items,
            aside: work.aside(),
            ..Header::on(work.command(), work.problem(), work.options())
        }
        .signed()
    }

    /// The header of work that is one piece: a snapshot of how far it is.
    pub fn of_one_piece(command: &str, read: &SourceProblem, options: Value) -> Self {
        Header {
            unit: "snapshots".to_owned(),
            total: 1,
            items: Items::from_range(0, 1),
            ..Header::on(command, Some(read), options)
        }
        .signed()
    }

    /// A command on a problem, with no items and no fingerprint yet.
    fn on(command: &str, problem: Option<&SourceProblem>, options: Value) -> Self {
        Header {
            format: FORMAT.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            command: command.to_owned(),
            problem_sha256: problem.map(|read| problem_sha256(&read.problem)),
            fingerprint: String::new(),
            seed: None,
            unit: String::new(),
            total: 0,
            items: Items::default(),
            options,
            problem: problem.map(|read| Origin::of(&read.source)),
            aside: Value::Null,
        }
    }

    /// With the fingerprint of its contents.
    fn signed(mut self) -> Self {
        self.fingerprint = self.digest();
        self
    }

    /// The fingerprint that these contents should have. The problem counts by its text: what a command makes of it may
    /// depend on more than the explicit form has, such as how weights were drawn.
    fn digest(&self) -> String {
        let problem = self.problem.as_ref().map(|p| [&p.format, &p.text]);
        let all = json!([
            self.format,
            self.version,
            self.command,
            self.seed,
            self.unit,
            self.total,
            self.options,
            problem
        ]);
        hex(&Sha256::digest(all.to_string()))
    }

    /// As the first line of a file, newline included.
    pub fn line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default() + "\n"
    }

    /// Why parts under the header `other` are not parts of this computation, if they are not.
    pub fn differs(&self, other: &Header) -> Option<String> {
        let both = |what: &str, own: &str, found: &str| {
            (own != found).then(|| format!("found {what} {found}, expected {own}"))
        };
        let differ = both("a file in the format", &self.format, &other.format)
            .or_else(|| both("a file of filtercert", &self.version, &other.version))
            .or_else(|| both("parts of the command", &self.command, &other.command));
        if differ.is_some() || self.fingerprint == other.fingerprint {
            return differ;
        }
        let text = |header: &Header| header.problem.as_ref().map(|p| p.text.clone());
        let mut differ = Vec::new();
        if text(self) != text(other) {
            differ.push("the problem file differs".to_owned());
        }
        differences(&self.options, &other.options, "", &mut differ);
        let why = match differ.is_empty() {
            true => "what its results depend on differs".to_owned(),
            false => differ.join(", "),
        };
        Some(format!(
            "found parts of another computation ({why}), expected the fingerprint {}",
            self.fingerprint
        ))
    }
}

/// Which options differ; a short one with its values.
fn differences(own: &Value, found: &Value, name: &str, differ: &mut Vec<String>) {
    if own == found {
        return;
    }
    if let (Value::Object(own), Value::Object(found)) = (own, found) {
        let more = found.keys().filter(|key| !own.contains_key(*key));
        for key in own.keys().chain(more) {
            let name = match name {
                "" => key.clone(),
                name => format!("{name}: {key}"),
            };
            let value = |of: &Map<String, Value>| of.get(key).cloned().unwrap_or_default();
            differences(&value(own), &value(found), &name, differ);
        }
        return;
    }
    let (own, found) = (own.to_string(), found.to_string());
    let shown = own.len().max(found.len()) < 40;
    differ.push(match shown {
        true => format!("{name}: {found}, not {own}"),
        false => format!("{name} differs"),
    });
}

/// A value for a message, cut if it is long.
fn short(value: &Value) -> String {
    let text = value.to_string();
    let cut: String = text.chars().take(60).collect();
    if cut.len() < text.len() {
        cut + "..."
    } else {
        cut
    }
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The sums of the lines of a file, one after the other.
#[derive(Debug, Clone)]
pub(super) struct Sums(String);

impl Sums {
    /// After this first line.
    pub(super) fn after(header: &str) -> Self {
        Sums(hex(&Sha256::digest(header.trim_end_matches('\n'))))
    }

    /// The sum of the next line, given its text.
    pub(super) fn next(&mut self, content: &str) -> &str {
        let mut digest = Sha256::new();
        digest.update(&self.0);
        digest.update("\n");
        digest.update(content);
        self.0 = hex(&digest.finalize());
        &self.0
    }

    /// The next line with its sum and newline.
    pub(super) fn line(&mut self, content: &str) -> String {
        format!("{} {content}\n", self.next(content))
    }
}

/// A part as a line, without its sum.
pub(super) fn part_line<P: Serialize>(item: u64, part: &P) -> String {
    let part = serde_json::to_string(part).unwrap_or_default();
    format!("[{item},{part}]")
}

/// A file without its end.
pub struct Begun {
    /// The header and the lines of its parts.
    pub text: String,
    /// The sums up to here.
    pub(super) sums: Sums,
    /// Parts in the text.
    pub(super) written: u64,
}

impl Begun {
    /// This header, and of these parts those of its items, in their order.
    pub fn new<P: Serialize>(header: &Header, parts: &Parts<P>) -> Self {
        let text = header.line();
        let mut begun = Begun {
            sums: Sums::after(&text),
            text,
            written: 0,
        };
        let index = header.items.index();
        let own = parts.iter().filter(|(item, _)| index.contains(**item));
        for (item, part) in own {
            begun.text += &begun.sums.line(&part_line(*item, part));
            begun.written += 1;
        }
        begun
    }
}

/// A finished file: this header, these parts in the order of their items, and the end.
pub fn shard_file<P: Serialize>(header: &Header, parts: &Parts<P>) -> String {
    let mut begun = Begun::new(header, parts);
    let end = begun.sums.line(&format!("{{\"end\":{}}}", begun.written));
    begun.text + &end
}

/// A file of parts whose header was read.
#[derive(Debug, Clone)]
pub struct Reader {
    path: PathBuf,
    header: Header,
    /// Line 1, as it stands there.
    first: String,
}

/// What a line below the header says.
enum Line<P> {
    Part(u64, P),
    End(u64),
}

/// The last line.
#[derive(Serialize, Deserialize)]
struct End {
    end: u64,
}

/// The parts of a file.
pub struct Contents<P> {
    /// The parts.
    pub parts: Parts<P>,
    /// Is the file finished? Else its writer was broken off.
    pub finished: bool,
}

impl Reader {
    /// Reads the header of a file.
    ///
    /// # Errors
    /// [`Refused`] for what cannot be read, and for what is no file of parts of this version.
    pub fn open(path: &Path) -> Result<Self, Refused> {
        let refused = |what: String| Refused {
            file: path.to_owned(),
            what,
        };
        let no_file = || {
            let wanted = "expected one that --shard or --checkpoint wrote";
            refused(format!("found no file of parts, {wanted}"))
        };
        let mut lines = opened(path).map_err(refused)?;
        let first = next_line(&mut lines)
            .map_err(refused)?
            .ok_or_else(no_file)?;
        let value: Value = serde_json::from_str(&first).map_err(|_| no_file())?;
        match value["format"].as_str() {
            Some(FORMAT) => {}
            Some(other) if other.starts_with("filtercert-shard ") => {
                let what = format!("found a file in the format {other:?}, expected {FORMAT:?}");
                return Err(refused(what));
            }
            _ => return Err(no_file()),
        }
        let own = env!("CARGO_PKG_VERSION");
        if value["version"] != own {
            let found = short(&value["version"]);
            let what =
                format!("found a file of filtercert {found}, expected this version, {own:?}");
            return Err(refused(what));
        }
        let damaged = |why: String| {
            refused(format!(
                "line 1: found a damaged header ({why}), expected that of a file of parts"
            ))
        };
        let header: Header =
            serde_json::from_value(value).map_err(|error| damaged(error.to_string()))?;
        if header.fingerprint != header.digest() {
            return Err(damaged(
                "its fingerprint is not that of its contents".to_owned(),
            ));
        }
        if !header.items.fit(header.total) {
            return Err(damaged("it has items that there are not".to_owned()));
        }
        Ok(Reader {
            path: path.to_owned(),
            header,
            first,
        })
    }

    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn refused(&self, what: String) -> Refused {
        Refused {
            file: self.path.clone(),
            what,
        }
    }

    /// Reads all parts.
    ///
    /// # Errors
    /// [`Refused`] for a damaged line, with the items that are lost by it.
    ///
    /// # Cost
    /// One pass over the file.
    pub fn parts<P: DeserializeOwned>(&self) -> Result<Contents<P>, Refused> {
        let mut lines = opened(&self.path).map_err(|what| self.refused(what))?;
        let mut next = || next_line(&mut lines).map_err(|what| self.refused(what));
        if next()?.as_ref() != Some(&self.first) {
            return Err(self.refused(
                "found another header than before, expected a file that nobody writes".to_owned(),
            ));
        }
        let index = self.header.items.index();
        let mut sums = Sums::after(&self.first);
        let mut contents = Contents {
            parts: Parts::new(),
            finished: false,
        };
        for number in 2u64.. {
            let Some(line) = next()? else {
                break;
            };
            match read_line(&line, &mut sums) {
                Some(Line::Part(item, part))
                    if !contents.finished
                        && index.contains(item)
                        && !contents.parts.contains_key(&item) =>
                {
                    contents.parts.insert(item, part);
                }
                Some(Line::End(end))
                    if !contents.finished && end == contents.parts.len() as u64 =>
                {
                    contents.finished = true;
                }
                _ => return Err(self.damaged(number, &contents.parts)),
            }
        }
        Ok(contents)
    }

    /// Every part behind a damaged line is lost with it.
    fn damaged<P>(&self, number: u64, parts: &Parts<P>) -> Refused {
        let lost = self.header.items.iter();
        let lost = Items::of(
            lost.filter(|item| !parts.contains_key(item))
                .take(1_000_000),
        );
        let unit = &self.header.unit;
        self.refused(match lost.is_empty() {
            true => format!("line {number}: found a line behind all parts, expected the end"),
            false => format!(
                "line {number}: found a damaged line, expected a part with its sum; lost are the {unit} {lost} \
                 (counted from 0)"
            ),
        })
    }
}

/// What a line says; `None` if its sum is not that of its text, or its text not what a line says.
fn read_line<P: DeserializeOwned>(line: &str, sums: &mut Sums) -> Option<Line<P>> {
    let (sum, content) = line.split_once(' ')?;
    if sums.next(content) != sum {
        return None;
    }
    if content.starts_with('[') {
        let (item, part) = serde_json::from_str(content).ok()?;
        return Some(Line::Part(item, part));
    }
    let End { end } = serde_json::from_str(content).ok()?;
    Some(Line::End(end))
}

fn opened(path: &Path) -> Result<BufReader<File>, String> {
    let file = File::open(path).map_err(|error| cannot_be_read(&error))?;
    Ok(BufReader::new(file))
}

fn cannot_be_read(error: &std::io::Error) -> String {
    format!("cannot be read: {}", crate::problem::in_words(error))
}

/// The next line without its newline; `None` at the end, and for a last line without a newline.
fn next_line(lines: &mut impl BufRead) -> Result<Option<String>, String> {
    let mut bytes = Vec::new();
    let read = lines.take(MAX_LINE).read_until(b'\n', &mut bytes);
    read.map_err(|error| cannot_be_read(&error))?;
    if bytes.pop() != Some(b'\n') {
        return Ok(None);
    }
    let text = String::from_utf8(bytes);
    text.map(Some)
        .map_err(|_| "found bytes that are no UTF-8, expected a file of parts".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shard::{Begun, Journal, Shard, join};
    use proptest::prelude::*;
    use std::time::Duration;

    /// The squares below some number, of which those of a shard are done.
    struct Squares {
        total: u64,
        seed: u64,
    }

    impl Work for Squares {
        type Part = Vec<u64>;

        fn command(&self) -> &'static str {
            "squares"
        }

        fn unit(&self) -> &'static str {
            "numbers"
        }

        fn total(&self) -> u64 {
            self.total
        }

        fn problem(&self) -> Option<&SourceProblem> {
            None
        }

        fn options(&self) -> Value {
            json!({"seed": self.seed, "kind": "plain"})
        }

        fn seed(&self) -> Option<u64> {
            Some(self.seed)
        }

        fn shared(&self, shard: Shard) -> Items {
            shard.in_turn(self.total)
        }

        fn perform(
            &self,
            items: &Items,
            done: &(dyn Fn(u64, Vec<u64>) + Sync),
        ) -> Result<(), String> {
            items
                .iter()
                .for_each(|item| done(item, vec![item * item, self.seed]));
            Ok(())
        }
    }

    fn shard_of(work: &Squares, shard: Shard) -> String {
        let header = Header::new(work, work.shared(shard));
        let parts = std::sync::Mutex::new(Parts::new());
        let done = |item, part| {
            parts.lock().unwrap().insert(item, part);
        };
        work.perform(&header.items, &done).unwrap();
        shard_file(&header, &parts.into_inner().unwrap())
    }

    fn written(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn finished(path: &Path) -> Result<bool, Refused> {
        Ok(Reader::open(path)?.parts::<Vec<u64>>()?.finished)
    }

    /// One changed byte, wherever it is, is found; so is a lost end. Fails where the header, a sum or the last line is
    /// left out of what is summed.
    #[test]
    fn no_byte_of_a_file_can_change() {
        let folder = tempfile::tempdir().unwrap();
        for total in [0, 3] {
            let work = Squares { total, seed: 3 };
            let text = shard_of(&work, Shard::WHOLE).into_bytes();
            let whole = written(folder.path(), "whole", &text);
            assert_eq!(finished(&whole), Ok(true));
            for place in 0..text.len() {
                for change in [1u8, 0x80] {
                    let mut bytes = text.clone();
                    bytes[place] ^= change;
                    let path = written(folder.path(), "changed", &bytes);
                    let found = finished(&path);
                    let header_end = text.iter().position(|byte| *byte == b'\n').unwrap();
                    assert!(
                        found.is_err() || found == Ok(false) && place > header_end,
                        "byte {place} of {}: {found:?}",
                        text.len()
                    );
                }
                let path = written(folder.path(), "cut", &text[..place]);
                assert_ne!(finished(&path), Ok(true), "cut at {place}");
            }
            let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
            for i in 1..lines.len() {
                for j in i + 1..lines.len() {
                    let mut other = lines.clone();
                    other.swap(i, j);
                    let path = written(folder.path(), "swapped", &other.concat());
                    assert!(finished(&path).is_err());
                }
                let mut other = lines.clone();
                other.remove(i);
                let path = written(folder.path(), "lost", &other.concat());
                assert_ne!(finished(&path), Ok(true));
            }
        }
    }

    /// A damaged file says which items are lost by it.
    #[test]
    fn a_damaged_file_says_what_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let work = Squares { total: 6, seed: 3 };
        let text = shard_of(&work, Shard::new(2, 2).unwrap());
        let path = written(
            folder.path(),
            "a",
            text.replace("[3,[9,", "[3,[8,").as_bytes(),
        );
        let said = finished(&path).unwrap_err().to_string();
        assert!(said.contains("line 3: found a damaged line"), "{said}");
        assert!(
            said.contains("lost are the numbers 3, 5 (counted from 0)"),
            "{said}"
        );
    }

    #[test]
    fn what_differs_is_named() {
        let own = Header::new(&Squares { total: 6, seed: 3 }, Items::default());
        let other = Header::new(&Squares { total: 6, seed: 4 }, Items::default());
        let said = own.differs(&other).unwrap();
        assert!(said.contains("(seed: 4, not 3)"), "{said}");
        assert_eq!(own.differs(&own), None);
        let mut version = own.clone();
        version.version = "0.0.9".to_owned();
        let said = own.differs(&version).unwrap();
        assert!(said.contains("found a file of filtercert 0.0.9"), "{said}");
    }

    proptest! {
        /// Shards in any order are the whole, a part of them is not, and one of them twice is refused.
        #[test]
        fn shards_in_any_order_are_the_whole(total in 0u64..20, of in 1u64..8, turn in 0usize..8, drop in 0usize..8) {
            let folder = tempfile::tempdir().unwrap();
            let work = Squares { total, seed: 1 };
            let mut files: Vec<Reader> = (1..=of)
                .map(|i| {
                    let text = shard_of(&work, Shard::new(i, of).unwrap());
                    Reader::open(&written(folder.path(), &i.to_string(), text.as_bytes())).unwrap()
                })
                .collect();
            files.rotate_left(turn % of as usize);
            let joined = join(&work, &files).unwrap();
            let squares: Parts<Vec<u64>> = (0..total).map(|i| (i, vec![i * i, 1])).collect();
            prop_assert_eq!(&joined.parts, &squares);
            prop_assert_eq!(joined.items, Items::from_range(0, total));
            let lost = files.remove(drop % of as usize);
            let part = join(&work, &files).unwrap();
            let all = Items::from_range(0, total);
            prop_assert_eq!(work.missing(&all, &part.parts).len(), lost.header().items.len());
            files.extend([lost.clone(), lost.clone()]);
            prop_assert_eq!(join(&work, &files).is_err(), !lost.header().items.is_empty());
            let other = Squares { total, seed: 2 };
            prop_assert!(join(&other, &files[..1]).is_err());
        }

        /// A journal cut at any byte has a first part of its parts, and goes on from there to the same file.
        #[test]
        fn a_journal_that_was_cut_goes_on(total in 0u64..9, at in 0usize..3000) {
            let folder = tempfile::tempdir().unwrap();
            let work = Squares { total, seed: 1 };
            let header = Header::new(&work, Items::from_range(0, total));
            let path = folder.path().join("journal");
            let fill = |have: &Parts<Vec<u64>>| {
                let begun = Begun::new(&header, have);
                std::fs::write(&path, &begun.text).unwrap();
                let journal = Journal::append(&path, begun, Duration::from_secs(100)).unwrap();
                let todo = work.missing(&header.items, have);
                work.perform(&todo, &|item, part| journal.add(item, &part)).unwrap();
                prop_assert_eq!(journal.keeper().flush(), total);
                prop_assert!(journal.finish().1.is_none());
                Ok(())
            };
            fill(&Parts::new())?;
            let whole = std::fs::read(&path).unwrap();
            let least = header.line().len();
            let at = at.clamp(least, whole.len());
            std::fs::write(&path, &whole[..at]).unwrap();
            let kept = Reader::open(&path).unwrap().parts::<Vec<u64>>().unwrap();
            prop_assert!(!kept.finished);
            let lines = whole[..at].iter().filter(|byte| **byte == b'\n').count();
            prop_assert_eq!(kept.parts.len(), lines - 1);
            fill(&kept.parts)?;
            prop_assert_eq!(std::fs::read(&path).unwrap(), whole);
        }
    }
}
