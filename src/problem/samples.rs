//! Sample paths: one JSON object a line, one sample a step.

use super::error::{Faults, ProblemError};
use super::item::Item;
use super::keys;
use super::read::{read_counts, read_label};
use super::source::{Format, Source};
use super::{Distribution, Label, SamplePlace};
use std::path::Path;

/// Reads a sample path in JSON lines, `{"label": "+", "counts": [1,0,2]}`, one sample a line;
/// `-` is standard input. Blank lines are accepted at the end only.
///
/// # Shapes
/// Each sample has a label and `n_patterns` counts in dictionary order.
///
/// # Errors
/// [`ProblemError`] naming file, line and key: a line that is not such an object, a label other than
/// `+` and `-`, a wrong number of counts, a count that is not an integer of at least 0, too many
/// patches, or no sample at all.
///
/// # Cost
/// One pass; the whole file is in memory.
pub fn read_samples(
    path: &Path,
    n_patterns: usize,
) -> Result<Vec<(Label, Vec<u32>)>, ProblemError> {
    samples(&Source::read_as(path, Format::Json)?, n_patterns, None)
}

/// Reads a sample path as [`read_samples`] does, and refuses samples that the distribution never draws.
///
/// # Errors
/// As [`read_samples`]; also a label or counts of probability 0.
pub fn read_drawn_samples(
    path: &Path,
    distribution: &Distribution,
) -> Result<Vec<(Label, Vec<u32>)>, ProblemError> {
    let source = Source::read_as(path, Format::Json)?;
    samples(&source, distribution.n_patterns(), Some(distribution))
}

fn samples(
    source: &Source,
    n_patterns: usize,
    distribution: Option<&Distribution>,
) -> Result<Vec<(Label, Vec<u32>)>, ProblemError> {
    let text = source.text().trim_end();
    if text.is_empty() {
        return Err(source.error(
            0..0,
            None,
            "an empty file",
            "one sample a line, {\"label\": \"+\", \"counts\": [1, 0]}",
        ));
    }
    let mut start = 0;
    let mut read = Vec::new();
    for line in text.split('\n') {
        let range = start..start + line.len();
        start += line.len() + 1;
        if line.trim().is_empty() {
            return Err(source.error(range, None, "a blank line", "one sample a line"));
        }
        let tree = source.parse_json(range.clone())?;
        let faults = Faults::default();
        let root = Item::line(source, &tree, &faults);
        let sample = sample(&root, n_patterns, distribution);
        // The faults of one line are told at once, and the first such line ends the reading.
        read.extend(faults.or(sample)?);
    }
    Ok(read)
}

/// The sample of one line.
fn sample(
    root: &Item<'_>,
    n_patterns: usize,
    distribution: Option<&Distribution>,
) -> Option<(Label, Vec<u32>)> {
    let keys = root.table(keys::SAMPLE)?;
    let label_item = keys.require("label", "\"+\" or \"-\"");
    let counts_item = keys.require("counts", "how often each pattern occurs");
    let label = label_item.and_then(|item| Some((read_label(&item)?, item)));
    let counts = counts_item.and_then(|item| Some((read_counts(&item, Some(n_patterns))?, item)));
    let ((label, label_item), (counts, counts_item)) = (label?, counts?);
    if let Some(Err(never)) = distribution.map(|d| d.check_drawn(label, &counts)) {
        let expected = format!("{} (the problem never draws this sample)", never.expected);
        let entry = match never.place {
            SamplePlace::Count(p) => counts_item.list("a list")?.nth(p),
            _ => None,
        };
        let item = match never.place {
            SamplePlace::Label => label_item,
            _ => entry.unwrap_or(counts_item),
        };
        return item.wrong(never.found, expected);
    }
    Some((label, counts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::ratio;
    use crate::problem::Generative;

    fn read(text: &str) -> Result<Vec<(Label, Vec<u32>)>, ProblemError> {
        samples(&Source::new("s.jsonl", text, Format::Json), 3, None)
    }

    #[test]
    fn samples_that_are_never_drawn_are_refused_at_their_line_and_key() {
        let third = || vec![ratio(1, 3), ratio(2, 3), ratio(0, 1)];
        let one = |prior: [i64; 2]| {
            let prior = prior.map(|p| ratio(p, 2));
            Distribution::Generative(Generative::new(prior, 4, 1, [third(), third()]).unwrap())
        };
        let (both, minus) = (one([1, 1]), one([0, 2]));
        let good = r#"{"label": "-", "counts": [0, 1, 1, 2, 0]}"#;
        for (distribution, label, counts, key, found) in [
            (
                &both,
                "+",
                "[0, 1, 1, 2, 0]",
                "counts[0]",
                "found 0, expected 1",
            ),
            (
                &both,
                "+",
                "[1, 1, 1, 1, 0]",
                "counts[1]",
                "found 1, expected 0",
            ),
            (
                &both,
                "+",
                "[1, 0, 1, 1, 1]",
                "counts[4]",
                "found 1, expected 0",
            ),
            (
                &both,
                "+",
                "[1, 0, 1, 1, 0]",
                "counts",
                "found 3 patches, expected 4",
            ),
            (
                &minus,
                "+",
                "[1, 0, 1, 2, 0]",
                "label",
                "which has probability 0",
            ),
        ] {
            let bad = format!("{good}\n{{\"label\": \"{label}\", \"counts\": {counts}}}\n{good}\n");
            let source = Source::new("s.jsonl", bad, Format::Json);
            let error = samples(&source, 5, Some(distribution)).unwrap_err();
            assert_eq!((error.line(), error.key()), (Some(2), Some(key)), "{error}");
            assert!(error.to_string().contains(found), "{error}");
            assert_eq!(samples(&source, 5, None).unwrap().len(), 3);
        }
        let source = Source::new("s.jsonl", good, Format::Json);
        assert_eq!(samples(&source, 5, Some(&both)).unwrap().len(), 1);
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_first_line() {
        let good = "{\"label\": \"+\", \"counts\": [1, 0, 2]}\n";
        assert_eq!(
            read(&format!("\u{feff}{good}")).unwrap(),
            read(good).unwrap()
        );
        let error = read(&format!("{good}\u{feff}{good}")).unwrap_err();
        assert_eq!(error.line(), Some(2), "{error}");
    }

    #[test]
    fn reads_numbers_and_strings_and_ignores_blank_ends() {
        let text = "{\"label\": \"+\", \"counts\": [1, 0, \"2\"]}\r\n{\"counts\":[0,1,0],\"label\":\"-\"}\n\n";
        let expected = vec![(Label::Plus, vec![1, 0, 2]), (Label::Minus, vec![0, 1, 0])];
        assert_eq!(read(text).unwrap(), expected);
    }

    #[test]
    fn every_error_names_its_line_and_key() {
        let good = "{\"label\": \"+\", \"counts\": [1, 0, 2]}";
        for (bad, key) in [
            ("{\"label\": \"*\", \"counts\": [1, 0, 2]}", Some("label")),
            ("{\"label\": 1, \"counts\": [1, 0, 2]}", Some("label")),
            ("{\"counts\": [1, 0, 2]}", Some("label")),
            ("{\"label\": \"+\"}", Some("counts")),
            ("{\"label\": \"+\", \"counts\": [1, 0]}", Some("counts")),
            (
                "{\"label\": \"+\", \"counts\": [1, 0, -1]}",
                Some("counts[2]"),
            ),
            (
                "{\"label\": \"+\", \"counts\": [1, 0, 1.0]}",
                Some("counts[2]"),
            ),
            (
                "{\"label\": \"+\", \"counts\": [1, 0, \"1e-2\"]}",
                Some("counts[2]"),
            ),
            (
                "{\"label\": \"+\", \"counts\": [1, 0, 99999999999]}",
                Some("counts[2]"),
            ),
            (
                "{\"label\": \"+\", \"counts\": [1000000000, 1, 0]}",
                Some("counts"),
            ),
            (
                "{\"label\": \"+\", \"counts\": [1, 0, 2], \"x\": 1}",
                Some("x"),
            ),
            (
                "{\"label\": \"+\", \"label\": \"+\", \"counts\": [1, 0, 2]}",
                Some("label"),
            ),
            ("[1, 0, 2]", None),
            ("", None),
            ("{\"label\": \"+\", \"counts\": [1, 0, 2]} x", None),
        ] {
            let error = read(&format!("{good}\n{bad}\n{good}\n")).unwrap_err();
            assert_eq!(
                (error.line(), error.key()),
                (Some(2), key),
                "{bad}: {error}"
            );
        }
        assert!(read(" \n\n").is_err());
    }
}
