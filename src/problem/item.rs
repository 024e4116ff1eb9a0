//! A value of a file together with the way to it, and the checks that every key goes through.
//!
//! What reads a value gives `None` where it is not what is expected, and has then noted the fault: so the
//! reading goes on, and all faults of a file are told at once.

use super::DomainError;
use super::error::{Faults, ProblemError, quoted, shorten};
use super::keys::{key_called, tables_with};
use super::meant::closest;
use super::placed::Placed;
use super::source::{Entry, Node, Source, Value, pointing_at};
use crate::number::{
    IntegerError, MAX_EXPONENT, MAX_NUMBER_LENGTH, Q, RationalError, integer, parse_integer,
    parse_rational,
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
    faults: &'a Faults,
    node: &'a Node,
    parent: Option<&'a Item<'a>>,
    step: Step<'a>,
}

/// A table whose keys were looked at.
pub(super) struct Keys<'a> {
    item: &'a Item<'a>,
    /// What misspelt keys were meant to be.
    misspelt: Vec<(&'static str, &'a Entry)>,
}

impl<'a> Item<'a> {
    pub fn root(source: &'a Source, node: &'a Node, faults: &'a Faults) -> Self {
        Item {
            source,
            faults,
            node,
            parent: None,
            step: Step::Root,
        }
    }

    /// The root of one line of a file: messages about the whole of it point at that line.
    pub fn line(source: &'a Source, node: &'a Node, faults: &'a Faults) -> Self {
        Item {
            step: Step::Line,
            ..Item::root(source, node, faults)
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

    fn note(&self, fault: impl FnOnce() -> ProblemError) {
        self.faults.note(fault);
    }

    fn error(&self, found: impl Into<String>, expected: impl Into<String>) -> ProblemError {
        let path = self.path();
        let key = (!path.is_empty()).then_some(path);
        self.source.error(self.span(), key, found, expected)
    }

    /// Notes a fault at this value.
    pub fn wrong<T>(&self, found: impl Into<String>, expected: impl Into<String>) -> Option<T> {
        self.wrong_but(found, expected, None)
    }

    /// Notes a fault at this value, and what to do about it.
    pub fn wrong_but<T>(
        &self,
        found: impl Into<String>,
        expected: impl Into<String>,
        help: Option<String>,
    ) -> Option<T> {
        self.note(|| self.error(found, expected).with_help(help));
        None
    }

    /// Notes a fault that says what the value is.
    pub fn expected<T>(&self, expected: impl Into<String>) -> Option<T> {
        self.expected_but(expected, None)
    }

    fn expected_but<T>(&self, expected: impl Into<String>, help: Option<String>) -> Option<T> {
        self.note(|| self.error(self.node.describe(), expected).with_help(help));
        None
    }

    /// What was made of values of the file, if they are in their domain.
    pub fn made<T>(&self, made: Result<T, DomainError>) -> Option<T> {
        made.map_err(|error| self.note(|| self.source.domain_error(&error)))
            .ok()
    }

    /// The entries of a table.
    pub fn entries(&'a self, expected: &str) -> Option<&'a [Entry]> {
        match &self.node.value {
            Value::Table(entries) => Some(entries),
            _ => self.expected(expected),
        }
    }

    /// The table that this is; keys that are not among `known` are faults.
    pub fn table(&'a self, known: &[&'static str]) -> Option<Keys<'a>> {
        let expected = || match known {
            [one] => format!("a table with the key {one}"),
            _ => format!("a table with keys among {}", known.join(", ")),
        };
        let entries = self.entries(&expected())?;
        let names = known.join(", ");
        let has = |key: &str| entries.iter().any(|entry| entry.key == key);
        let mut misspelt = Vec::new();
        let mut displaced: Vec<(&'static str, Vec<&Entry>)> = Vec::new();
        for entry in entries {
            if known.contains(&entry.key.as_str()) {
                continue;
            }
            if let Some(home) = self.home_of(&entry.key) {
                match displaced.iter_mut().find(|(table, _)| *table == home) {
                    Some((_, keys)) => keys.push(entry),
                    None => displaced.push((home, vec![entry])),
                }
                continue;
            }
            let mut missing = known.iter().copied().filter(|key| !has(key));
            let called = key_called(&entry.key).filter(|key| missing.clone().any(|k| k == *key));
            let meant = called.or_else(|| closest(&entry.key, missing.by_ref()));
            misspelt.extend(meant.map(|meant| (meant, entry)));
            let help = meant.map(|meant| format!("did you mean `{meant}`?"));
            self.note(|| self.unknown_keys(&[entry], &names).with_help(help));
        }
        for (home, keys) in displaced {
            self.note(|| {
                let help = self.way_home(home, &keys);
                self.unknown_keys(&keys, &names).with_help(Some(help))
            });
        }
        Some(Keys {
            item: self,
            misspelt,
        })
    }

    /// The table of a problem file that a key belongs to, if it is another one than this.
    fn home_of(&self, key: &str) -> Option<&'static str> {
        if matches!(self.top().step, Step::Line) {
            return None;
        }
        tables_with(key).next()
    }

    fn top(&self) -> &Item<'a> {
        self.parent.map_or(self, Item::top)
    }

    /// Where keys belong that stand in the wrong table.
    fn way_home(&self, home: &str, keys: &[&Entry]) -> String {
        let homes: Vec<String> = match keys {
            [one] => tables_with(&one.key)
                .map(|table| format!("[{table}]"))
                .collect(),
            _ => vec![format!("[{home}]")],
        };
        let verb = if keys.len() == 1 {
            "it belongs"
        } else {
            "they belong"
        };
        let mut help = format!("{verb} to {}", homes.join(" or "));
        let first = keys.first().map_or("", |entry| entry.key.as_str());
        let headless = !home.contains('.') && self.top().get(home).is_none();
        if headless && homes.len() == 1 && self.source.is_toml() {
            help += &format!(", which this file does not have: write [{home}] above `{first}`");
        }
        help
    }

    /// Is a table missing only because its heading is, so that its keys stand in another table?
    fn is_headless(&self, table: &str) -> bool {
        let Value::Table(entries) = &self.node.value else {
            return false;
        };
        let astray = |own: &str, key: &str| {
            let mut homes = tables_with(key);
            own != table && homes.next() == Some(table) && homes.next().is_none()
        };
        matches!(self.step, Step::Root)
            && entries.iter().any(|entry| match &entry.node.value {
                Value::Table(inner) => inner.iter().any(|inner| astray(&entry.key, &inner.key)),
                _ => astray("", &entry.key),
            })
    }

    /// The fault of keys that are not known here.
    pub fn unknown_keys(&self, entries: &[&Entry], known: &str) -> ProblemError {
        let names: Vec<String> = entries.iter().map(|entry| quoted(&entry.key)).collect();
        let (span, key) = match entries.first() {
            Some(first) => (first.key_span.clone(), join(&self.path(), &first.key)),
            None => (self.span(), self.path()),
        };
        let noun = if names.len() == 1 { "key" } else { "keys" };
        self.source.error(
            span,
            Some(key),
            format!("the unknown {noun} {}", names.join(", ")),
            format!("one of {known}"),
        )
    }

    /// Notes keys that are not known here.
    pub fn note_unknown(&self, entry: &Entry, known: &str) {
        self.note(|| self.unknown_keys(&[entry], known));
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
            node: &entry.node,
            parent: Some(self),
            step: Step::Key(entry),
            ..*self
        }
    }

    /// The value of a key that must be there.
    pub fn require(&'a self, key: &str, expected: &str) -> Option<Item<'a>> {
        let found = self.get(key);
        if found.is_none() && !self.is_headless(key) {
            self.note(|| {
                let path = join(&self.path(), key);
                self.source
                    .error(self.span(), Some(path), "no such key", expected)
            });
        }
        found
    }

    /// A string.
    pub fn text(&self, expected: &str) -> Option<&'a str> {
        match &self.node.value {
            Value::String(text) => Some(text),
            Value::Integer(text) | Value::Float(text) => {
                self.expected_but(expected, Some(format!("write {}", quoted(text))))
            }
            _ => self.expected(expected),
        }
    }

    /// A string with its place.
    pub fn placed(&self, expected: &str) -> Option<Placed> {
        let text = self.text(expected)?;
        let span = self.node.span.clone();
        Some(Placed::new(self.path(), text, self.source, span))
    }

    pub fn is_text(&self) -> bool {
        matches!(self.node.value, Value::String(_))
    }

    /// Is this that text?
    pub fn is(&self, text: &str) -> bool {
        matches!(&self.node.value, Value::String(own) if own == text)
    }

    pub fn is_table(&self) -> bool {
        matches!(self.node.value, Value::Table(_))
    }

    /// One of several words. `notes` says what to do about words that people write in their place.
    pub fn word<T: Clone>(&self, words: &[(&str, T)], notes: &[(&str, &str)]) -> Option<T> {
        let names: Vec<String> = words
            .iter()
            .map(|(name, _)| format!("\"{name}\""))
            .collect();
        let expected = match names.as_slice() {
            [one] => one.clone(),
            _ => format!("one of {}", names.join(", ")),
        };
        let text = match &self.node.value {
            Value::String(text) | Value::Integer(text) | Value::Float(text) => text,
            _ => return self.expected(expected),
        };
        let found = words.iter().find(|(name, _)| *name == text);
        if self.is_text()
            && let Some((_, value)) = found
        {
            return Some(value.clone());
        }
        let note = notes.iter().find(|(of, _)| of.eq_ignore_ascii_case(text));
        let help = match note {
            Some((_, note)) => Some((*note).to_owned()),
            None => closest(text, words.iter().map(|(name, _)| *name))
                .map(|word| format!("did you mean \"{word}\"?")),
        };
        self.expected_but(expected, help)
    }

    /// An exact rational number, which must be a string.
    pub fn rational(&self) -> Option<Q> {
        let text = match &self.node.value {
            Value::String(text) => text,
            Value::Integer(text) | Value::Float(text) => {
                let also = match self.step {
                    Step::Index(_) => ", and the same for every number of the list",
                    _ => "",
                };
                let help = (shorten(text) == *text && parse_rational(text).is_ok())
                    .then(|| format!("write {}{also}", quoted(text)));
                return self.expected_but(RATIONAL, help);
            }
            _ => return self.expected(RATIONAL),
        };
        let error = match parse_rational(text) {
            Ok(value) => return Some(value),
            Err(error) => error,
        };
        let found = quoted(text);
        match error {
            RationalError::TooLong(length) => self.wrong(
                format!("a number of {length} characters"),
                format!("at most {MAX_NUMBER_LENGTH} characters"),
            ),
            RationalError::ZeroDenominator => self.wrong(
                format!("{found}, with denominator zero"),
                "a rational number with a denominator other than zero",
            ),
            RationalError::ExponentTooLarge => self.wrong(
                format!("{found}, with too large an exponent"),
                format!("a decimal exponent from -{MAX_EXPONENT} to {MAX_EXPONENT}"),
            ),
            _ => {
                let help = spelt(text).map(|text| format!("write {}", quoted(&text)));
                self.wrong_but(found, RATIONAL, help)
            }
        }
    }

    /// An integer from `least` to `greatest`, given as a number or as a string such as `"1e6"`.
    pub fn integer(&self, least: u64, greatest: u64) -> Option<u64> {
        let help = |text: &str| {
            let value = parse_rational(text).ok()?;
            let fits = value.is_integer() && value >= integer(least) && value <= integer(greatest);
            fits.then(|| format!("write {value}"))
        };
        let text = match &self.node.value {
            Value::Integer(text) | Value::String(text) => text,
            // Bare numbers with an exponent are floats in both syntaxes.
            Value::Float(text) if parse_integer(text).is_ok() => {
                let expected = in_range(least, greatest);
                let expected = format!("{expected}, in quotes if with an exponent");
                return self.expected_but(expected, help(text));
            }
            Value::Float(text) => return self.expected_but(in_range(least, greatest), help(text)),
            _ => return self.expected(in_range(least, greatest)),
        };
        match parse_integer(text) {
            Ok(value) if (least..=greatest).contains(&value) => Some(value),
            Err(IntegerError::TooLong(length)) => self.wrong(
                format!("a number of {length} characters"),
                in_range(least, greatest),
            ),
            _ => self.expected_but(in_range(least, greatest), help(text)),
        }
    }

    /// The entries of a list.
    pub fn list(
        &'a self,
        expected: &str,
    ) -> Option<impl ExactSizeIterator<Item = Item<'a>> + use<'a>> {
        let Value::Array(nodes) = &self.node.value else {
            return self.expected(expected);
        };
        Some(nodes.iter().enumerate().map(move |(index, node)| Item {
            node,
            parent: Some(self),
            step: Step::Index(index),
            ..*self
        }))
    }

    /// A list of rational numbers, of which the first that is none is told.
    pub fn rationals(&'a self, expected: &str) -> Option<Vec<Q>> {
        self.list(expected)?.map(|item| item.rational()).collect()
    }

    /// A list of rational numbers, of a given length if it is known.
    pub fn rationals_exactly(&'a self, length: Option<usize>, each: &str) -> Option<Vec<Q>> {
        let Some(length) = length else {
            return self.rationals(&format!("a list of rational numbers, {each}"));
        };
        let expected = format!("a list of {length} rational numbers, {each}");
        let items = self.list(&expected)?;
        if items.len() != length {
            return self.expected(expected);
        }
        items.map(|item| item.rational()).collect()
    }
}

impl<'a> Keys<'a> {
    /// The value of a key, if it is there, also if the key is misspelt.
    pub fn get(&self, key: &str) -> Option<Item<'a>> {
        let misspelt = || {
            let (_, entry) = self.misspelt.iter().find(|(meant, _)| *meant == key)?;
            Some(self.item.child(entry))
        };
        self.item.get(key).or_else(misspelt)
    }

    /// The value of a key that must be there.
    pub fn require(&self, key: &str, expected: &str) -> Option<Item<'a>> {
        self.get(key).or_else(|| self.item.require(key, expected))
    }

    /// Refuses a key that does not go with another.
    pub fn forbid(&self, key: &str, because: &str) -> Option<()> {
        match self.item.get(key) {
            None => Some(()),
            Some(item) => item.expected(format!("no key `{key}` here: {because}")),
        }
    }
}

/// A text that is no rational number, as one that is: without spaces and separators, with a point for a
/// comma, a plain sign, and a hundredth for a percentage.
fn spelt(text: &str) -> Option<String> {
    if shorten(text) != text {
        return None;
    }
    let kept = text.chars().filter(|c| !c.is_whitespace() && *c != '_');
    let kept: String = kept
        .map(|c| match c {
            ',' => '.',
            '\u{2212}' => '-',
            c => c,
        })
        .collect();
    let spelt = match kept.strip_suffix('%') {
        Some(number) => format!("{number}e-2"),
        None => kept,
    };
    parse_rational(&spelt).ok().map(|_| spelt)
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
