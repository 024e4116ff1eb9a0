//! Observed images: count vectors with labels, as JSON lines or as a CSV table.

use super::error::{Faults, ProblemError, quoted};
use super::item::Item;
use super::keys;
use super::meant::closest;
use super::read::{read_counts, read_label};
use super::source::{Format, Source};
use super::{AtomTable, Dictionary, Label};
use crate::number::parse_integer;
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

/// One observed image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// The label.
    pub label: Label,
    /// Counts, the two keys first.
    pub counts: Vec<u32>,
    /// Its line in the file, counted from 1.
    pub line: usize,
}

/// Observed images, at least one, all with the same patterns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// The file, as messages name it.
    pub file: String,
    /// Names of the patterns in the order of the counts: the keys of + and of -, then the backgrounds as in the file.
    pub patterns: Vec<String>,
    /// The images in the order of the file.
    pub images: Vec<Observation>,
}

/// What a message says of a table that is too small.
const COLUMNS: &str = "a header such as label,v+,v-,u1,u2: the label, and one column a pattern";

/// Reads observed images; `-` is standard input. A file whose name ends in `.csv`, or that does not begin with `{` and
/// has no other known ending, is a CSV table: a header with `label` and the names of the patterns in any order, then
/// an image a line. Every other file has JSON lines `{"label": "+", "counts": [1,0,2]}`, in which the patterns are
/// called v+, v-, u1, u2, ... in order.
///
/// `keys` names the patterns that are the keys of + and of -; they are `v+` and `v-` without it.
///
/// # Shapes
/// All images have the same number of counts, from 2 to 65,538.
///
/// # Errors
/// [`ProblemError`] naming file and line: a file without images, a column that is missing or there twice, a label other
/// than `+` and `-`, a wrong number of counts, a count that is no integer of at least 0, too many patches.
///
/// # Cost
/// One pass; the whole file is in memory.
pub fn read_observed(path: &Path, keys: Option<[&str; 2]>) -> Result<Observed, ProblemError> {
    observed(&Source::read_as(path, Format::Json)?, path, keys)
}

fn observed(
    source: &Source,
    path: &Path,
    keys: Option<[&str; 2]>,
) -> Result<Observed, ProblemError> {
    let ending = path.extension().and_then(|e| e.to_str()).unwrap_or("");
    let is_json = match ending.to_ascii_lowercase().as_str() {
        "csv" => false,
        "jsonl" | "json" | "ndjson" => true,
        _ => source.text().trim_start().starts_with('{'),
    };
    let table = if is_json { json(source)? } else { csv(source)? };
    table.with_keys_first(source, keys.unwrap_or(["v+", "v-"]))
}

/// Images with their patterns in the order of the file.
struct Table {
    patterns: Vec<String>,
    images: Vec<Observation>,
    /// Where the names stand.
    header: Range<usize>,
}

impl Table {
    fn with_keys_first(
        mut self,
        source: &Source,
        keys: [&str; 2],
    ) -> Result<Observed, ProblemError> {
        let mut order = Vec::with_capacity(self.patterns.len());
        for key in keys {
            let Some(at) = self.patterns.iter().position(|name| name == key) else {
                let near = closest(key, self.patterns.iter().map(String::as_str));
                let help = match near {
                    Some(near) => format!("did you mean {near}?"),
                    None => "--keys NAME,NAME names the patterns that are the keys of + and of -"
                        .to_owned(),
                };
                let names = self.patterns.join(", ");
                let error = source.error(
                    self.header,
                    None,
                    format!("the patterns {}", quoted(&names)),
                    format!("one that is called {}, a key", quoted(key)),
                );
                return Err(error.with_help(Some(help)));
            };
            order.push(at);
        }
        if order[0] == order[1] {
            let found = format!("{} as the key of both labels", quoted(keys[0]));
            return Err(source.error(self.header, None, found, "two patterns"));
        }
        let others = (0..self.patterns.len()).filter(|p| !order.contains(p));
        let others: Vec<usize> = others.collect();
        order.extend(others);
        for image in &mut self.images {
            image.counts = order.iter().map(|&p| image.counts[p]).collect();
        }
        Ok(Observed {
            file: source.name().to_owned(),
            patterns: order.iter().map(|&p| self.patterns[p].clone()).collect(),
            images: self.images,
        })
    }
}

fn empty(source: &Source, expected: &str) -> ProblemError {
    source.error(0..0, None, "a file without images", expected)
}

fn check_width(source: &Source, at: Range<usize>, patterns: usize) -> Result<(), ProblemError> {
    let most = Dictionary::MAX_BACKGROUND + 2;
    if (2..=most).contains(&patterns) {
        return Ok(());
    }
    let expected = format!("from 2 to {most}, two of them the keys");
    Err(source.error(at, None, format!("{patterns} patterns"), expected))
}

fn json(source: &Source) -> Result<Table, ProblemError> {
    let text = source.text().trim_end();
    if text.is_empty() {
        return Err(empty(
            source,
            "one image a line, {\"label\": \"+\", \"counts\": [1, 0]}",
        ));
    }
    let mut start = 0;
    let mut images: Vec<Observation> = Vec::new();
    for (number, line) in text.split('\n').enumerate() {
        let range = start..start + line.len();
        start += line.len() + 1;
        if line.trim().is_empty() {
            return Err(source.error(range, None, "a blank line", "one image a line"));
        }
        let tree = source.parse_json(range.clone())?;
        let faults = Faults::default();
        let root = Item::line(source, &tree, &faults);
        let width = images.first().map(|image| image.counts.len());
        let image = root.table(keys::SAMPLE).and_then(|keys| {
            let label = keys.require("label", "\"+\" or \"-\"");
            let counts = keys.require("counts", "how often each pattern occurs");
            let label = label.and_then(|item| read_label(&item));
            let counts = counts.and_then(|item| read_counts(&item, width));
            Some(Observation {
                label: label?,
                counts: counts?,
                line: number + 1,
            })
        });
        if let Some(image) = faults.or(image)? {
            if width.is_none() {
                check_width(source, range, image.counts.len())?;
            }
            images.push(image);
        }
    }
    let n = images.first().map_or(0, |image| image.counts.len());
    let names = ["v+".to_owned(), "v-".to_owned()].into_iter();
    let names = names.chain((1..).map(|k| format!("u{k}")));
    Ok(Table {
        patterns: names.take(n).collect(),
        images,
        header: 0..text.find('\n').unwrap_or(text.len()),
    })
}

fn csv(source: &Source) -> Result<Table, ProblemError> {
    let text = source.text();
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    let mut header: Option<(Vec<String>, usize, Range<usize>)> = None;
    let mut images = Vec::new();
    loop {
        let from = reader.position().byte() as usize;
        let more = reader.read_record(&mut record).map_err(|error| {
            source.error(
                from..from,
                None,
                format!("text that is not CSV: {error}"),
                "valid CSV",
            )
        })?;
        if !more {
            break;
        }
        // Blank lines before a record are skipped; the record's own line is where its text begins.
        let end = (reader.position().byte() as usize).min(text.len());
        let read = &text[from..end];
        // A line of blanks is a line; empty ones before it are skipped.
        let skipped = match read.trim_start() {
            "" => read.len() - read.trim_start_matches(['\r', '\n']).len(),
            rest => read.len() - rest.len(),
        };
        let start = from + skipped;
        let range = start..start.max(from + text[from..end].trim_end().len());
        match &header {
            None => {
                let (names, label) = head(source, &record, range.clone())?;
                header = Some((names, label, range));
            }
            Some((names, label, _)) => {
                let line = text[..range.start].bytes().filter(|&b| b == b'\n').count() + 1;
                images.push(image(source, &record, names, *label, range, line)?);
            }
        }
    }
    let Some((mut patterns, label, header)) = header else {
        return Err(empty(source, COLUMNS));
    };
    if images.is_empty() {
        return Err(source.error(
            header,
            None,
            "a header without images",
            "one image a line below it",
        ));
    }
    patterns.remove(label);
    Ok(Table {
        patterns,
        images,
        header,
    })
}

/// The names of the columns, and which of them is the label.
fn head(
    source: &Source,
    record: &csv::StringRecord,
    range: Range<usize>,
) -> Result<(Vec<String>, usize), ProblemError> {
    let names: Vec<String> = record.iter().map(str::to_owned).collect();
    let mut seen = BTreeSet::new();
    for name in &names {
        let fault = if name.is_empty() {
            "a column without a name".to_owned()
        } else if !seen.insert(name) {
            format!("the column {} twice", quoted(name))
        } else {
            continue;
        };
        return Err(source.error(range, None, fault, "each column once, with a name"));
    }
    let Some(label) = names.iter().position(|name| name == "label") else {
        let near = closest("label", names.iter().map(String::as_str));
        let found = format!("no column \"label\" in {}", quoted(&names.join(",")));
        let error = source.error(range, None, found, COLUMNS);
        return Err(error.with_help(near.map(|near| format!("did you mean label by {near}?"))));
    };
    check_width(source, range, names.len() - 1)?;
    Ok((names, label))
}

/// The image of one row.
fn image(
    source: &Source,
    record: &csv::StringRecord,
    names: &[String],
    label_at: usize,
    range: Range<usize>,
    line: usize,
) -> Result<Observation, ProblemError> {
    let wrong = |key: Option<&str>, found: String, expected: String| {
        source.error(range.clone(), key.map(str::to_owned), found, expected)
    };
    if record.len() != names.len() {
        let found = format!("{} fields", record.len());
        let expected = format!("{}, one a column of the header", names.len());
        return Err(wrong(None, found, expected));
    }
    let mut label = None;
    let mut counts = Vec::with_capacity(names.len() - 1);
    let most = u64::from(AtomTable::MAX_COUNT);
    for (at, (field, name)) in record.iter().zip(names).enumerate() {
        if at == label_at {
            label = Label::BOTH.into_iter().find(|y| y.symbol() == field);
            if label.is_none() {
                let expected = "\"+\" or \"-\"".to_owned();
                return Err(wrong(Some("label"), quoted(field), expected));
            }
            continue;
        }
        let count = parse_integer(field).ok().filter(|count| *count <= most);
        let Some(count) = count.and_then(|count| u32::try_from(count).ok()) else {
            let expected = format!("a count: an integer from 0 to {most}");
            return Err(wrong(Some(name), quoted(field), expected));
        };
        counts.push(count);
    }
    let patches: u64 = counts.iter().map(|&count| u64::from(count)).sum();
    if patches > most {
        let expected = format!("at most {most} patches");
        return Err(wrong(None, format!("{patches} patches"), expected));
    }
    match label {
        Some(label) => Ok(Observation {
            label,
            counts,
            line,
        }),
        None => Err(wrong(
            Some("label"),
            "no label".to_owned(),
            COLUMNS.to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str, keys: Option<[&str; 2]>) -> Result<Observed, ProblemError> {
        let source = Source::new(name, text, Format::Json);
        observed(&source, Path::new(name), keys)
    }

    fn image(label: Label, counts: [u32; 3], line: usize) -> Observation {
        Observation {
            label,
            counts: counts.to_vec(),
            line,
        }
    }

    /// The same images, however they are written.
    #[test]
    fn both_forms_say_the_same() {
        let json = "{\"label\": \"+\", \"counts\": [1, 0, 2]}\n{\"label\": \"-\", \"counts\": [0, 1, \"3\"]}\n\n";
        let expected = vec![
            image(Label::Plus, [1, 0, 2], 1),
            image(Label::Minus, [0, 1, 3], 2),
        ];
        let found = read("a.jsonl", json, None).unwrap();
        assert_eq!(found.patterns, ["v+", "v-", "u1"]);
        assert_eq!(found.images, expected);
        assert_eq!(read("piped", json, None).unwrap().images, expected);
        // Any order of the columns, quotes, blank lines and ends of lines of either kind.
        let csv = "u1, v-,label,v+\r\n2,0,\"+\",1\r\n\r\n3,1,-,0\r\n";
        let found = read("a.csv", csv, None).unwrap();
        assert_eq!(found.patterns, ["v+", "v-", "u1"]);
        let lines = vec![
            image(Label::Plus, [1, 0, 2], 2),
            image(Label::Minus, [0, 1, 3], 4),
        ];
        assert_eq!(found.images, lines);
        assert_eq!(read("piped", csv, None).unwrap().images, lines);
    }

    #[test]
    fn keys_may_have_other_names() {
        let csv = "label,sky,wing,fin\n+,4,1,0\n-,5,0,1\n";
        let found = read("a.csv", csv, Some(["wing", "fin"])).unwrap();
        assert_eq!(found.patterns, ["wing", "fin", "sky"]);
        assert_eq!(found.images[0].counts, [1, 0, 4]);
        let error = read("a.csv", csv, None).unwrap_err();
        assert_eq!(error.line(), Some(1));
        assert!(error.advice().unwrap().contains("--keys"), "{error}");
        let error = read("a.csv", csv, Some(["wings", "fin"])).unwrap_err();
        assert_eq!(error.advice(), Some("did you mean wing?"));
        let error = read("a.csv", csv, Some(["fin", "fin"])).unwrap_err();
        assert!(error.to_string().contains("both labels"), "{error}");
    }

    #[test]
    fn every_error_names_its_line_and_column() {
        let good = "label,v+,v-,u1\n+,1,0,2\n";
        for (bad, line, key, found) in [
            ("*,1,0,2", Some(3), Some("label"), "\"*\""),
            (",1,0,2", Some(3), Some("label"), "\"\""),
            ("+,1,0", Some(3), None, "3 fields"),
            ("+,1,0,2,3", Some(3), None, "5 fields"),
            ("+,1,0,-2", Some(3), Some("u1"), "\"-2\""),
            ("+,1,0.5,2", Some(3), Some("v-"), "\"0.5\""),
            ("+,1,,2", Some(3), Some("v-"), "\"\""),
            ("+,9e9,0,2", Some(3), Some("v+"), "\"9e9\""),
            ("+,1000000000,0,1", Some(3), None, "1000000001 patches"),
            ("   ", Some(3), None, "1 fields"),
            ("\"+,1,0,2", Some(3), None, "1 fields"),
        ] {
            let error = read("a.csv", &format!("{good}{bad}\n+,1,0,2\n"), None).unwrap_err();
            assert_eq!((error.line(), error.key()), (line, key), "{bad}: {error}");
            assert!(error.to_string().contains(found), "{bad}: {error}");
        }
        for (text, found) in [
            ("", "without images"),
            ("label,v+,v-\n", "header without images"),
            ("labels,v+,v-\n+,1,0\n", "no column \"label\""),
            ("label,v+,v+\n+,1,0\n", "twice"),
            ("label,v+,\n+,1,0\n", "without a name"),
            ("label,v+\n+,1\n", "1 patterns"),
        ] {
            let error = read("a.csv", text, None).unwrap_err();
            assert!(error.to_string().contains(found), "{text}: {error}");
        }
        let good = "{\"label\": \"+\", \"counts\": [1, 0, 2]}";
        for (bad, key) in [
            ("{\"label\": \"*\", \"counts\": [1, 0, 2]}", Some("label")),
            ("{\"label\": \"+\", \"counts\": [1, 0]}", Some("counts")),
            (
                "{\"label\": \"+\", \"counts\": [1, 0, 1.5]}",
                Some("counts[2]"),
            ),
            ("{\"counts\": [1, 0, 1]}", Some("label")),
            ("", None),
        ] {
            let error = read("a.jsonl", &format!("{good}\n{bad}\n{good}\n"), None).unwrap_err();
            assert_eq!(
                (error.line(), error.key()),
                (Some(2), key),
                "{bad}: {error}"
            );
        }
        assert!(read("a.jsonl", "{\"label\": \"+\", \"counts\": [1]}", None).is_err());
        assert!(read("a.jsonl", " \n", None).is_err());
    }
}
