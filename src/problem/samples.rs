//! Sample paths: one JSON object a line, one sample a step.

use super::Label;
use super::error::ProblemError;
use super::item::Item;
use super::read::{label, read_counts};
use super::source::{Format, Source};
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
    samples(&Source::read_as(path, Format::Json)?, n_patterns)
}

fn samples(source: &Source, n_patterns: usize) -> Result<Vec<(Label, Vec<u32>)>, ProblemError> {
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
        let root = Item::line(source, &tree);
        root.table(&["label", "counts"])?;
        let label = label(&root.require("label", "\"+\" or \"-\"")?)?;
        let counts = root.require("counts", "how often each pattern occurs")?;
        read.push((label, read_counts(&counts, n_patterns)?));
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(Label, Vec<u32>)>, ProblemError> {
        samples(&Source::new("s.jsonl", text, Format::Json), 3)
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
                "{\"label\": \"+\", \"counts\": [1, 0, \"1e2\"]}",
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
