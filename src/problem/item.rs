//! A value of a file together with the way to it, and the checks that every key goes through.

use super::error::{ProblemError, quoted, shorten};
use super::source::{Entry, Node, Source, Value, pointing_at};
use crate::number::{
    IntegerError, MAX_EXPONENT, MAX_NUMBER_LENGTH, Q, RationalError, parse_integer, parse_rational,
};
use std::ops::Range;

/// What every message about a rational number says was expected.
const RATIONAL: &str = "a rational number in quotes, such as \"1/50\" or \"0.02\"";

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Line,
    Key(&'a Entry),
    Index(usize),
}

/// A node, and the keys that lead to it; the dotted path is written out only for an error.
#[derive(Clone, Copy)]
pub(super) struct Item<'a> {
    source: &'a Source,
    node: &'a Node,
    parent: Option<&'a Item<'a>>,
    step: Step<'a>,
}

impl<'a> Item<'a> {
    pub fn root(source: &'a Source, node: &'a Node) -> Self {
        Item {
            source,
            node,
            parent: None,
            step: Step::Root,
        }
    }

    /// The root of one line of a file: messages about the whole of it point at that line.
    pub fn line(source: &'a Source, node: &'a Node) -> Self {
        Item {
            step: Step::Line,
            ..Item::root(source, node)
        }
    }

    fn path(&self) -> String {
        let above = self.parent.map(Item::path).unwrap_or_default();
        match self.step {
            Step::Root | Step::Line => above,
            Step::Key(entry) => join(&above, &entry.key),
            Step::Index(index) => format!("{above}[{index}]"),
        }
    }

    fn span(&self) -> Range<usize> {
        match self.step {
            Step::Root => 0..0,
            Step::Line => self.node.span.clone(),
            Step::Key(entry) => pointing_at(self.node, &entry.key_span),
            Step::Index(_) => {
                pointing_at(self.node, &(self.node.span.start..self.node.span.start + 1))
            }
        }
    }

    /// An error at this value.
    pub fn error(&self, found: impl Into<String>, expected: impl Into<String>) -> ProblemError {
        let path = self.path();
        let key = (!path.is_empty()).then_some(path);
        self.source.error(self.span(), key, found, expected)
    }

    /// An error that says what the value is.
    pub fn expected(&self, expected: impl Into<String>) -> ProblemError {
        self.error(self.node.describe(), expected)
    }

    /// The entries of a table.
    pub fn entries(&'a self, expected: &str) -> Result<&'a [Entry], ProblemError> {
        match &self.node.value {
            Value::Table(entries) => Ok(entries),
            _ => Err(self.expected(expected)),
        }
    }

    /// Checks that this is a table whose keys are all among `known`.
    pub fn table(&'a self, known: &[&str]) -> Result<(), ProblemError> {
        let expected = || match known {
            [one] => format!("a table with the key {one}"),
            _ => format!("a table with keys among {}", known.join(", ")),
        };
        for entry in self.entries(&expected())? {
            if !known.contains(&entry.key.as_str()) {
                return Err(self.unknown_key(entry, &known.join(", ")));
            }
        }
        Ok(())
    }

    /// The error for a key that is not known here.
    pub fn unknown_key(&self, entry: &Entry, known: &str) -> ProblemError {
        self.source.error(
            entry.key_span.clone(),
            Some(join(&self.path(), &entry.key)),
            format!("the unknown key {}", quoted(&entry.key)),
            format!("one of {known}"),
        )
    }

    /// The value of a key, if it is there.
    pub fn get(&'a self, key: &str) -> Option<Item<'a>> {
        let Value::Table(entries) = &self.node.value else {
            return None;
        };
        let entry = entries.iter().find(|entry| entry.key == key)?;
        Some(self.child(entry))
    }

    pub fn child(&'a self, entry: &'a Entry) -> Item<'a> {
        Item {
            source: self.source,
            node: &entry.node,
            parent: Some(self),
            step: Step::Key(entry),
        }
    }

    /// The value of a key that must be there.
    pub fn require(&'a self, key: &str, expected: &str) -> Result<Item<'a>, ProblemError> {
        self.get(key).ok_or_else(|| {
            self.source.error(
                self.span(),
                Some(join(&self.path(), key)),
                "no such key",
                expected,
            )
        })
    }

    /// Refuses a key that does not go with another.
    pub fn forbid(&'a self, key: &str, because: &str) -> Result<(), ProblemError> {
        match self.get(key) {
            None => Ok(()),
            Some(item) => Err(item.error(
                item.node.describe(),
                format!("no key `{key}` here: {because}"),
            )),
        }
    }

    /// A string.
    pub fn text(&self, expected: &str) -> Result<&'a str, ProblemError> {
        match &self.node.value {
            Value::String(text) => Ok(text),
            _ => Err(self.expected(expected)),
        }
    }

    pub fn is_text(&self) -> bool {
        matches!(self.node.value, Value::String(_))
    }

    pub fn is_table(&self) -> bool {
        matches!(self.node.value, Value::Table(_))
    }

    /// One of several words.
    pub fn word<T: Clone>(&self, words: &[(&str, T)]) -> Result<T, ProblemError> {
        let names: Vec<String> = words
            .iter()
            .map(|(name, _)| format!("\"{name}\""))
            .collect();
        let expected = match names.as_slice() {
            [one] => one.clone(),
            _ => format!("one of {}", names.join(", ")),
        };
        let text = self.text(&expected)?;
        words
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, value)| value.clone())
            .ok_or_else(|| self.expected(expected))
    }

    /// An exact rational number, which must be a string.
    pub fn rational(&self) -> Result<Q, ProblemError> {
        let text = self.text(RATIONAL)?;
        parse_rational(text).map_err(|error| {
            let found = quoted(text);
            match error {
                RationalError::TooLong(length) => self.error(
                    format!("a number of {length} characters"),
                    format!("at most {MAX_NUMBER_LENGTH} characters"),
                ),
                RationalError::ZeroDenominator => self.error(
                    format!("{found}, with denominator zero"),
                    "a rational number with a denominator other than zero",
                ),
                RationalError::ExponentTooLarge => self.error(
                    format!("{found}, with too large an exponent"),
                    format!("a decimal exponent from -{MAX_EXPONENT} to {MAX_EXPONENT}"),
                ),
                _ => self.error(found, RATIONAL),
            }
        })
    }

    /// An integer from `least` to `greatest`, given as a number or as a string such as `"1e6"`.
    pub fn integer(&self, least: u64, greatest: u64) -> Result<u64, ProblemError> {
        let text = match &self.node.value {
            Value::Integer(text) | Value::String(text) => text,
            // Bare numbers with an exponent are floats in both syntaxes.
            Value::Float(text) if parse_integer(text).is_ok() => {
                let expected = in_range(least, greatest);
                return Err(self.expected(format!("{expected}, in quotes if with an exponent")));
            }
            _ => return Err(self.expected(in_range(least, greatest))),
        };
        match parse_integer(text) {
            Ok(value) if (least..=greatest).contains(&value) => Ok(value),
            Err(IntegerError::TooLong(length)) => Err(self.error(
                format!("a number of {length} characters"),
                in_range(least, greatest),
            )),
            _ => Err(self.expected(in_range(least, greatest))),
        }
    }

    /// The entries of a list.
    pub fn list(
        &'a self,
        expected: &str,
    ) -> Result<impl ExactSizeIterator<Item = Item<'a>> + use<'a>, ProblemError> {
        let Value::Array(nodes) = &self.node.value else {
            return Err(self.expected(expected));
        };
        Ok(nodes.iter().enumerate().map(move |(index, node)| Item {
            source: self.source,
            node,
            parent: Some(self),
            step: Step::Index(index),
        }))
    }

    /// A list of rational numbers.
    pub fn rationals(&'a self, expected: &str) -> Result<Vec<Q>, ProblemError> {
        self.list(expected)?.map(|item| item.rational()).collect()
    }

    /// A list of rational numbers of a given length.
    pub fn rationals_exactly(&'a self, length: usize, each: &str) -> Result<Vec<Q>, ProblemError> {
        let expected = format!("a list of {length} rational numbers, {each}");
        let items = self.list(&expected)?;
        if items.len() != length {
            return Err(self.expected(expected));
        }
        items.map(|item| item.rational()).collect()
    }
}

fn join(above: &str, key: &str) -> String {
    let key = shorten(key);
    if above.is_empty() {
        key
    } else {
        format!("{above}.{key}")
    }
}

fn in_range(least: u64, greatest: u64) -> String {
    if greatest == u64::MAX {
        format!("an integer of at least {least} (and below 2^64)")
    } else {
        format!("an integer from {least} to {greatest}")
    }
}
