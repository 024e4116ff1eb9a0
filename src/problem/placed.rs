//! Texts of a problem file with their place, and the tables of conjectures, which are such texts: what they say is
//! read by who understands it, and its faults still point at the place in the file.

use super::error::{ProblemError, shorten};
use super::source::Source;
use std::ops::Range;

/// A text of a file with its place.
#[derive(Debug, Clone)]
pub struct Placed {
    /// The dotted key, e.g. `conjecture[0].claim`.
    key: String,
    text: String,
    /// Where the value stands in the file, with its quotes.
    span: Range<usize>,
    /// The byte of the file for each byte of the text and for its end, where that is known.
    bytes: Option<Vec<usize>>,
}

impl Placed {
    /// The text that the value at `span` of a file has, escapes decoded.
    pub(super) fn new(key: String, text: &str, source: &Source, span: Range<usize>) -> Self {
        let raw = source.text().get(span.clone()).unwrap_or("");
        Placed {
            key,
            text: text.to_owned(),
            bytes: bytes_of(raw, text)
                .map(|places| places.into_iter().map(|at| span.start + at).collect()),
            span,
        }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The dotted key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The bytes of the file for bytes of the text.
    fn within(&self, part: &Range<usize>) -> Range<usize> {
        let at = |byte: usize| {
            let bytes = self.bytes.as_ref()?;
            bytes.get(byte.min(self.text.len())).copied()
        };
        match (at(part.start), at(part.end)) {
            (Some(start), Some(end)) => start..end.max(start + 1),
            _ => self.span.clone(),
        }
    }
}

impl Source {
    /// The error for a part (bytes) of a text of this file, with what to do about it where that is known.
    pub fn fault_in(
        &self,
        text: &Placed,
        part: &Range<usize>,
        found: impl Into<String>,
        expected: impl Into<String>,
        help: Option<String>,
    ) -> ProblemError {
        let found = shorten(&found.into());
        self.error(text.within(part), Some(text.key.clone()), found, expected)
            .with_help(help)
    }
}

/// The byte of the raw value for each byte of its text and for its end; `None` where it has escapes that are not
/// followed.
fn bytes_of(raw: &str, text: &str) -> Option<Vec<usize>> {
    let start = match raw {
        raw if raw.starts_with("\"\"\"") || raw.starts_with("'''") => {
            // A newline right after the opening is not part of the text.
            let after = &raw[3..];
            3 + match after {
                after if after.starts_with("\r\n") => 2,
                after if after.starts_with('\n') => 1,
                _ => 0,
            }
        }
        raw if raw.starts_with(['"', '\'']) => 1,
        _ => return None,
    };
    let literal = raw.starts_with('\'');
    let mut places = Vec::with_capacity(text.len() + 1);
    let mut at = start;
    for c in text.chars() {
        let rest = raw.get(at..)?;
        let long = if rest.starts_with(c) && (literal || c != '\\') {
            c.len_utf8()
        } else if c == '\n' && rest.starts_with("\r\n") {
            2
        } else if rest.starts_with('\\') {
            match rest.as_bytes().get(1)? {
                b'u' => 6,
                b'U' => 10,
                b'x' => 4,
                _ => 2,
            }
        } else {
            return None;
        };
        places.extend(std::iter::repeat_n(at, c.len_utf8()));
        at += long;
    }
    // What is left is the closing.
    let closing = raw.get(at..)?;
    let whole = ["\"", "'", "\"\"\"", "'''"].contains(&closing);
    places.push(at);
    whole.then_some(places)
}

/// A table `[[conjecture]]` of a problem file, its texts not yet understood.
#[derive(Debug, Clone)]
pub struct ConjectureTable {
    /// The name, which no other conjecture of the file has.
    pub name: String,
    /// What is claimed.
    pub claim: Placed,
    /// When it is claimed; always, without it.
    pub when: Option<Placed>,
    /// Of what it is claimed.
    pub over: Option<Placed>,
    /// Where counterexamples are sought, range by range: the key and its text.
    pub family: Vec<(&'static str, Placed)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_follow_escapes() {
        assert_eq!(bytes_of("\"ab\"", "ab"), Some(vec![1, 2, 3]));
        assert_eq!(bytes_of("'a\\b'", "a\\b"), Some(vec![1, 2, 3, 4]));
        assert_eq!(bytes_of("\"a\\\"b\"", "a\"b"), Some(vec![1, 2, 4, 5]));
        assert_eq!(bytes_of("\"\\u0061b\"", "ab"), Some(vec![1, 7, 8]));
        assert_eq!(bytes_of("'''\nab'''", "ab"), Some(vec![4, 5, 6]));
        assert_eq!(bytes_of("\"é\"", "é"), Some(vec![1, 1, 3]));
        assert_eq!(bytes_of("\"a\\\n  b\"", "ab"), None);
        assert_eq!(bytes_of("", "ab"), None);
    }
}
