//! Errors of problem files and sample files.

use super::{DomainError, is_hidden, visible};
use miette::{
    Diagnostic, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents,
};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::ops::Range;

/// Longest part of a found value that a message repeats, in characters.
const MAX_FOUND: usize = 60;

/// Longest line of a file that a message shows in full, in bytes.
const MAX_LINE: usize = 160;

/// Most faults of a file that are told; more are counted.
const MAX_FAULTS: usize = 20;

/// Why a file is not a problem, or not a list of samples.
///
/// The first fault of the file: the place (file, line, dotted key), what was found there, what was expected,
/// and what to do where that is known; [`ProblemError::faults`] gives the others too.
/// It is a miette diagnostic whose label points at the place.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct ProblemError(Box<Details>);

#[derive(Debug, Clone)]
struct Details {
    file: String,
    key: Option<String>,
    found: String,
    expected: String,
    help: Option<String>,
    place: Option<Place>,
    /// The faults of the file that follow.
    further: Vec<ProblemError>,
    /// How many more there are.
    untold: usize,
}

#[derive(Debug, Clone)]
struct Place {
    /// Byte of the text.
    at: usize,
    line: usize,
    excerpt: Excerpt,
    label: SourceSpan,
}

impl fmt::Display for Details {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some(place) = &self.place {
            write!(f, ":{}", place.line)?;
        }
        if let Some(key) = &self.key {
            write!(f, ": `{key}`")?;
        }
        write!(f, ": found {}, expected {}", self.found, self.expected)
    }
}

impl ProblemError {
    /// An error about a file as a whole.
    pub(super) fn whole_file(
        file: &str,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        ProblemError(Box::new(Details {
            file: visible(file).into_owned(),
            key: None,
            found: shown(found),
            expected: shown(expected),
            help: None,
            place: None,
            further: Vec::new(),
            untold: 0,
        }))
    }

    /// An error at a byte range of a file's text.
    pub(super) fn at(
        file: &str,
        text: &str,
        span: Range<usize>,
        key: Option<String>,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        let at = span.start;
        let (excerpt, label, line) = Excerpt::around(&visible(file), text, span);
        ProblemError(Box::new(Details {
            file: visible(file).into_owned(),
            key: key.map(|key| shorten(&visible(&key))),
            found: shown(found),
            expected: shown(expected),
            help: None,
            place: Some(Place {
                at,
                line,
                excerpt,
                label,
            }),
            further: Vec::new(),
            untold: 0,
        }))
    }

    /// The same error with what to do about it.
    pub(super) fn with_help(mut self, help: Option<String>) -> Self {
        self.0.help = help.map(shown);
        self
    }

    /// The file, as it was named.
    pub fn file(&self) -> &str {
        &self.0.file
    }

    /// The line, counted from 1; `None` if the file could not be read as text.
    pub fn line(&self) -> Option<usize> {
        self.0.place.as_ref().map(|place| place.line)
    }

    /// The dotted key, e.g. `training.step` or `network.weights[3][0]`; `None` where the file is not
    /// even TOML or JSON.
    pub fn key(&self) -> Option<&str> {
        self.0.key.as_deref()
    }

    /// What was found.
    pub fn found(&self) -> &str {
        &self.0.found
    }

    /// What was expected.
    pub fn expected(&self) -> &str {
        &self.0.expected
    }

    /// What to do about it, where that is known.
    pub fn advice(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// All faults of the file that are told, in its order, this one first.
    pub fn faults(&self) -> impl Iterator<Item = &ProblemError> {
        std::iter::once(self).chain(&self.0.further)
    }

    /// How many more faults the file has than [`ProblemError::faults`] tells.
    pub fn untold(&self) -> usize {
        self.0.untold
    }

    fn at_byte(&self) -> usize {
        self.0.place.as_ref().map_or(0, |place| place.at)
    }
}

/// The faults of a file as they are found.
#[derive(Debug, Default)]
pub(super) struct Faults {
    told: RefCell<Vec<ProblemError>>,
    untold: Cell<usize>,
}

impl Faults {
    /// Notes a fault; it is not even written out where there are too many.
    pub fn note(&self, fault: impl FnOnce() -> ProblemError) {
        if self.told.borrow().len() < MAX_FAULTS {
            let fault = fault();
            self.told.borrow_mut().push(fault);
        } else {
            self.untold.set(self.untold.get().saturating_add(1));
        }
    }

    /// What was read, if there is no fault; else all of them, in the order of the file.
    pub fn or<T>(self, read: Option<T>) -> Result<Option<T>, ProblemError> {
        let mut told = self.told.into_inner();
        told.sort_by_key(ProblemError::at_byte);
        let mut told = told.into_iter();
        match told.next() {
            None => Ok(read),
            Some(mut first) => {
                first.0.further = told.collect();
                first.0.untold = self.untold.get();
                Err(first)
            }
        }
    }
}

impl Diagnostic for ProblemError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = self.advice()?;
        Some(Box::new(help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        let place = self.0.place.as_ref()?;
        Some(&place.excerpt)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let place = self.0.place.as_ref()?;
        let label = LabeledSpan::new_primary_with_span(Some("here".to_owned()), place.label);
        Some(Box::new(std::iter::once(label)))
    }
}

/// The few lines around a place, cut to a readable width, that still know their true position.
///
/// The file itself may be one line of many megabytes, so a message never carries it whole.
#[derive(Debug, Clone)]
struct Excerpt {
    file: String,
    text: String,
    /// Lines of the file before the excerpt.
    lines_before: usize,
    /// Bytes of the first line that were cut off on the left.
    cut: usize,
}

impl Excerpt {
    /// The excerpt around `span`, the span relative to it, and the line number counted from 1.
    fn around(file: &str, text: &str, span: Range<usize>) -> (Self, SourceSpan, usize) {
        let start = floor_boundary(text, span.start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = line_end(text, start);
        let end = floor_boundary(text, span.end).clamp(start, line_end.max(start));
        let line = text[..line_start].bytes().filter(|&b| b == b'\n').count();
        if line_end - line_start <= MAX_LINE {
            let (mut from, mut first) = (line_start, line);
            if line > 0 {
                let before = text[..line_start - 1].rfind('\n').map_or(0, |at| at + 1);
                if line_start - before <= MAX_LINE {
                    (from, first) = (before, line - 1);
                }
            }
            let mut to = line_end;
            if line_end < text.len() {
                let after = self::line_end(text, line_end + 1);
                if after - line_end <= MAX_LINE {
                    to = after;
                }
            }
            let excerpt = Excerpt {
                file: file.to_owned(),
                text: printable_same_length(&text[from..to]),
                lines_before: first,
                cut: 0,
            };
            (excerpt, (start - from..end - from).into(), line + 1)
        } else {
            let from = floor_boundary(text, start.saturating_sub(MAX_LINE / 4).max(line_start));
            let to = floor_boundary(text, (start + MAX_LINE / 2).min(line_end));
            let excerpt = Excerpt {
                file: file.to_owned(),
                text: printable_same_length(&text[from..to]),
                lines_before: line,
                cut: from - line_start,
            };
            (excerpt, (start - from..end.min(to) - from).into(), line + 1)
        }
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        context_lines_before: usize,
        context_lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let inner = self
            .text
            .read_span(span, context_lines_before, context_lines_after)?;
        let cut = if inner.line() == 0 { self.cut } else { 0 };
        Ok(Box::new(MietteSpanContents::new_named(
            self.file.clone(),
            inner.data(),
            *inner.span(),
            inner.line() + self.lines_before,
            inner.column() + cut,
            inner.line_count(),
        )))
    }
}

/// End of the line that contains byte `at`, without its newline.
fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |next| at + next)
}

fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Hidden characters must not reach a terminal; byte offsets must not move.
fn printable_same_length(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let hidden = is_hidden(c) && c != '\n' && c != '\t' && c != '\r';
            let (shown, times) = if hidden { ('?', c.len_utf8()) } else { (c, 1) };
            std::iter::repeat_n(shown, times)
        })
        .collect()
}

fn shown(words: impl Into<String>) -> String {
    visible(&words.into()).into_owned()
}

/// A text in quotes, with hidden characters escaped, cut in the middle if it is long.
pub(super) fn quoted(text: &str) -> String {
    let cut = shorten(text);
    let mut out = String::with_capacity(cut.len() + 2);
    out.push('"');
    for c in cut.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out.push('"');
    visible(&out).into_owned()
}

/// The text itself, or its beginning and end with the number of characters between them.
pub(super) fn shorten(text: &str) -> String {
    let length = text.chars().count();
    if length <= MAX_FOUND {
        return text.to_owned();
    }
    let head: String = text.chars().take(MAX_FOUND / 2).collect();
    let tail: String = text.chars().skip(length - MAX_FOUND / 6).collect();
    format!("{head}...{tail} ({length} characters)")
}

/// Why a file cannot be read or written, in plain words and without the number of the system.
pub fn in_words(error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::NotFound => "no such file or folder".to_owned(),
        ErrorKind::PermissionDenied => "no permission".to_owned(),
        _ => without_number(&error.to_string()),
    }
}

/// A message without the parts such as `(os error 5)`.
fn without_number(message: &str) -> String {
    let mut rest = message;
    let mut plain = String::new();
    while let Some((before, after)) = rest.split_once(" (os error ") {
        plain += before;
        rest = after.split_once(')').map_or("", |(_, after)| after);
    }
    plain + rest
}

/// A domain error's words, cut to a readable length.
pub(super) fn found_in(error: &DomainError) -> String {
    shorten(&error.found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_excerpt_knows_its_true_line_and_column() {
        let text = "first\nsecond = bad\nthird\nfourth\n";
        let at = text.find("bad").unwrap();
        let error = ProblemError::at("f.toml", text, at..at + 3, None, "bad", "good");
        assert_eq!(error.line(), Some(2));
        let place = error.0.place.as_ref().unwrap();
        let contents = place.excerpt.read_span(&place.label, 1, 1).unwrap();
        assert_eq!(contents.line(), 0);
        let exact = place.excerpt.read_span(&place.label, 0, 0).unwrap();
        assert_eq!((exact.line(), exact.column()), (1, 9));
    }

    #[test]
    fn one_endless_line_is_cut_around_the_place() {
        let text = format!("[\n{}bad{}\n]", "x".repeat(100_000), "é".repeat(100_000));
        let at = text.find("bad").unwrap();
        let error = ProblemError::at("f.json", &text, at..at + 3, None, "bad", "good");
        let place = error.0.place.as_ref().unwrap();
        assert!(place.excerpt.text.len() <= MAX_LINE);
        let exact = place.excerpt.read_span(&place.label, 0, 0).unwrap();
        assert_eq!((exact.line(), exact.column()), (1, 100_000));
    }

    #[test]
    fn spans_past_the_end_do_no_harm() {
        for text in ["", "é", "a\n", "\n\n"] {
            for (start, end) in [(0, 0), (0, 9), (1, 2), (5, 3)] {
                let error = ProblemError::at("f", text, start..end, None, "x", "y");
                let place = error.0.place.as_ref().unwrap();
                assert!(place.excerpt.read_span(&place.label, 1, 1).is_ok());
            }
        }
    }

    #[test]
    fn errors_of_the_system_are_told_in_words() {
        let error = std::io::Error::from_raw_os_error(5);
        assert!(error.to_string().contains("os error"), "{error}");
        assert!(!in_words(&error).contains("os error"));
        let wrapped = std::io::Error::other("Is a directory (os error 21) at \"x\"");
        assert_eq!(in_words(&wrapped), "Is a directory at \"x\"");
        let absent = std::io::Error::from(std::io::ErrorKind::NotFound);
        assert_eq!(in_words(&absent), "no such file or folder");
    }

    #[test]
    fn long_values_are_shortened() {
        let text = shorten(&"7".repeat(10_001));
        assert!(
            text.len() < 80 && text.contains("10001 characters"),
            "{text}"
        );
        assert_eq!(quoted("a\u{0}\"b"), "\"a\\0\\\"b\"");
    }

    #[test]
    fn hidden_characters_of_a_file_do_not_reach_a_message() {
        let (file, text) = (
            "f\u{202e}\n.toml",
            "name = \"a\u{202e}b\u{1b}\u{200b}\"\nz\u{2066} = 1\n",
        );
        let at = text.find('a').unwrap();
        let key = Some("z\u{2066}".to_owned());
        let error = ProblemError::at(file, text, at..at + 1, key, "a\u{202e}b", "\u{200f}");
        let place = error.0.place.as_ref().unwrap();
        let excerpt = &place.excerpt.text;
        assert_eq!(excerpt.len(), text.trim_end().len());
        let said = format!("{error}{excerpt}").replace('\n', "");
        assert!(!said.contains(is_hidden), "{said:?}");
        assert!(
            said.starts_with("f\\u{202e}\\n.toml:1: `z\\u{2066}`: found a\\u{202e}b, expected"),
            "{said}"
        );
    }
}
