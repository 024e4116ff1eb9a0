//! One tree with byte spans for TOML and JSON, so that everything after it is written once.

use super::error::{ProblemError, found_in, in_words, quoted, shorten};
use super::meant::closest;
use super::{DomainError, TooManyAtoms};
use std::io::Read;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

/// The name that stands for standard input.
const STDIN: &str = "-";

/// Largest file that is read, in bytes.
pub const MAX_FILE_BYTES: u64 = 64 << 20;

/// The syntax of a problem file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// TOML.
    Toml,
    /// JSON with the same keys.
    Json,
}

impl Format {
    /// The syntax of a file: that of its name if it ends in `.json` or `.toml`; else, as for standard input
    /// and other pipes, JSON if the text begins with `{`, and TOML otherwise.
    pub fn of(path: &Path, text: &str) -> Self {
        let ends_in = |ending| {
            path.extension()
                .is_some_and(|e| e.eq_ignore_ascii_case(ending))
        };
        let is_json = if ends_in("json") || ends_in("toml") {
            ends_in("json")
        } else {
            without_mark(text).trim_start().starts_with('{')
        };
        if is_json { Format::Json } else { Format::Toml }
    }

    fn name(self) -> &'static str {
        match self {
            Format::Toml => "TOML",
            Format::Json => "JSON",
        }
    }
}

/// A value with its place in the text.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub span: Range<usize>,
    pub value: Value,
}

/// Numbers stay text: nothing is rounded on the way in.
#[derive(Debug, Clone)]
pub(super) enum Value {
    String(String),
    /// Decimal digits with an optional sign.
    Integer(String),
    Float(String),
    /// A value that no key takes, in words.
    Other(String),
    Array(Vec<Node>),
    Table(Vec<Entry>),
}

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub key: String,
    pub key_span: Range<usize>,
    pub node: Node,
}

impl Node {
    /// What a message says was found here.
    pub fn describe(&self) -> String {
        match &self.value {
            Value::String(text) => quoted(text),
            Value::Integer(text) => format!("the number {}", shorten(text)),
            Value::Float(text) => format!("the number {}", shorten(text)),
            Value::Other(text) => shorten(text),
            Value::Array(items) if items.is_empty() => "an empty list".to_owned(),
            Value::Array(items) => format!("a list of {}", items.len()),
            Value::Table(entries) if entries.is_empty() => "an empty table".to_owned(),
            Value::Table(_) => "a table".to_owned(),
        }
    }
}

/// The text a problem was read from: what an error needs to point at a line of it.
#[derive(Debug, Clone)]
pub struct Source {
    name: String,
    text: Arc<str>,
    format: Format,
}

impl Source {
    /// Text that has a name to show in messages. A byte order mark at its beginning is left out.
    pub fn new(name: impl Into<String>, text: impl Into<Arc<str>>, format: Format) -> Self {
        let mut text = text.into();
        if without_mark(&text).len() < text.len() {
            text = without_mark(&text).into();
        }
        Source {
            name: name.into(),
            text,
            format,
        }
    }

    /// Reads a file in the syntax that [`Format::of`] tells; `-` is standard input.
    ///
    /// # Errors
    /// If it is a directory, cannot be read, is longer than [`MAX_FILE_BYTES`], or is not UTF-8.
    pub fn read(path: &Path) -> Result<Self, ProblemError> {
        let text = read_text(path)?;
        let format = Format::of(path, &text);
        Ok(Source::new(shown_name(path), text, format))
    }

    /// Reads a file in a given syntax, whatever its name.
    pub(super) fn read_as(path: &Path, format: Format) -> Result<Self, ProblemError> {
        Ok(Source::new(shown_name(path), read_text(path)?, format))
    }

    /// The name shown in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The format that the text is in.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Is it TOML?
    pub(super) fn is_toml(&self) -> bool {
        self.format == Format::Toml
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The error for a value of this file that is outside its domain.
    pub fn domain_error(&self, error: &DomainError) -> ProblemError {
        self.error(
            self.locate(&error.key),
            Some(error.key.clone()),
            found_in(error),
            &error.expected,
        )
    }

    /// The error for a distribution whose atoms had to be enumerated and are too many.
    pub fn too_many_atoms(&self, error: &TooManyAtoms) -> ProblemError {
        let key = "distribution.patches";
        if error.is_about_length() {
            return self.error(
                self.locate(key),
                Some(key.to_owned()),
                format!(
                    "a distribution of {} atoms with probabilities of up to {} bits",
                    error.atoms, error.bits
                ),
                format!(
                    "atoms times (bits/64)^2 at most {}, since this needs every atom",
                    super::MAX_ATOM_WORK
                ),
            );
        }
        self.error(
            self.locate(key),
            Some(key.to_owned()),
            format!(
                "a distribution of {} atoms",
                shorten(&error.atoms.to_string())
            ),
            format!(
                "at most {} atoms and {} counts, since this needs every atom",
                super::MAX_ATOMS,
                super::MAX_ATOM_CELLS
            ),
        )
    }

    pub(super) fn error(
        &self,
        span: Range<usize>,
        key: Option<String>,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> ProblemError {
        ProblemError::at(&self.name, &self.text, span, key, found, expected)
    }

    /// The span of a dotted key, or of the nearest key above it that is there.
    fn locate(&self, dotted: &str) -> Range<usize> {
        let mut span = 0..0;
        let Ok(root) = self.parse() else { return span };
        let mut node = &root;
        for part in dotted.split('.') {
            let (key, indices) = part.split_at(part.find('[').unwrap_or(part.len()));
            let Value::Table(entries) = &node.value else {
                return span;
            };
            let Some(entry) = entries.iter().find(|entry| entry.key == key) else {
                return span;
            };
            node = &entry.node;
            span = pointing_at(node, &entry.key_span);
            for index in indices.split(['[', ']']).filter(|text| !text.is_empty()) {
                let Value::Array(items) = &node.value else {
                    return span;
                };
                let Some(item) = index.parse().ok().and_then(|at: usize| items.get(at)) else {
                    return span;
                };
                node = item;
                span = pointing_at(node, &(node.span.start..node.span.start + 1));
            }
        }
        span
    }

    /// The tree of the whole text.
    pub(super) fn parse(&self) -> Result<Node, ProblemError> {
        if self.text.trim().is_empty() {
            return Err(self.error(
                0..0,
                None,
                "an empty file",
                format!("a problem in {}", self.format.name()),
            ));
        }
        match self.format {
            Format::Toml => self.parse_toml(),
            Format::Json => self.parse_json(0..self.text.len()),
        }
    }

    fn not_well_formed(&self, span: Range<usize>, message: &str) -> ProblemError {
        self.error(
            span,
            None,
            format!(
                "text that is not {}: {}",
                self.format.name(),
                shorten(message)
            ),
            format!("valid {}", self.format.name()),
        )
    }

    /// How to write the line with this byte, if it is a key and a text that only lacks its quotes.
    fn unquoted(&self, at: usize) -> Option<String> {
        let before = self.text.get(..at)?;
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = self.text.get(start..)?.lines().next()?;
        let line = line.split('#').next()?;
        let (key, value) = line.split_once('=')?;
        let (key, value) = (key.trim(), value.trim());
        let is_word = |c: char| c.is_alphanumeric() || "_-+/.".contains(c);
        let plain = |text: &str| !text.is_empty() && text.chars().all(is_word);
        let short = shorten(line) == line;
        (short && plain(key) && plain(value)).then(|| format!("write {key} = {}", quoted(value)))
    }

    fn duplicate_key(&self, span: Range<usize>, key: String) -> ProblemError {
        self.error(span, Some(key), "the same key twice", "each key once")
    }

    fn parse_toml(&self) -> Result<Node, ProblemError> {
        // The parser bounds the depth of nesting itself.
        let table = toml::de::DeTable::parse(&self.text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            if error.message().contains("duplicate key")
                && let Some(key) = self.text.get(span.clone())
            {
                return self.duplicate_key(span, key.to_owned());
            }
            let help = self.unquoted(span.start);
            self.not_well_formed(span, error.message()).with_help(help)
        })?;
        let span = table.span();
        Ok(Node {
            span,
            value: from_toml_table(table.into_inner()),
        })
    }

    /// The tree of one JSON document that fills `range`.
    pub(super) fn parse_json(&self, range: Range<usize>) -> Result<Node, ProblemError> {
        let text = &self.text[range.clone()];
        let shift = range.start;
        // serde_json is strict where the spanned parser is lenient, and skips values without recursion.
        if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
            let at = shift + byte_offset(text, error.line(), error.column());
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or_default();
            return Err(self.not_well_formed(at..at + 1, message));
        }
        let options = jsonc_parser::ParseOptions {
            allow_comments: false,
            allow_loose_object_property_names: false,
            allow_trailing_commas: false,
            allow_missing_commas: false,
            allow_single_quoted_strings: false,
            allow_hexadecimal_numbers: false,
            allow_unary_plus_numbers: false,
            allow_bare_decimal_point_numbers: false,
            allow_non_finite_numbers: false,
            allow_extended_string_escapes: false,
        };
        let parsed =
            jsonc_parser::parse_to_ast(text, &Default::default(), &options).map_err(|error| {
                let at = error.range();
                self.not_well_formed(shift + at.start..shift + at.end, &error.kind().to_string())
            })?;
        match parsed.value {
            Some(value) => self.json_node(value, shift),
            None => Err(self.not_well_formed(range, "no value")),
        }
    }

    // Recursion is bounded: the parser refuses deep nesting.
    fn json_node(
        &self,
        value: jsonc_parser::ast::Value<'_>,
        shift: usize,
    ) -> Result<Node, ProblemError> {
        use jsonc_parser::ast::Value as Json;
        use jsonc_parser::common::Ranged;
        let span = shift + value.start()..shift + value.end();
        let value = match value {
            Json::StringLit(text) => Value::String(text.value.into_owned()),
            Json::NumberLit(number) if number.value.contains(['.', 'e', 'E']) => {
                Value::Float(number.value.to_owned())
            }
            Json::NumberLit(number) => Value::Integer(number.value.to_owned()),
            Json::BooleanLit(boolean) => Value::Other(boolean.value.to_string()),
            Json::NullKeyword(_) => Value::Other("null".to_owned()),
            Json::Array(array) => Value::Array(
                array
                    .elements
                    .into_iter()
                    .map(|item| self.json_node(item, shift))
                    .collect::<Result<_, _>>()?,
            ),
            Json::Object(object) => {
                let mut seen = std::collections::HashSet::new();
                let mut entries = Vec::with_capacity(object.properties.len());
                for property in object.properties {
                    let at = property.name.range();
                    let key_span = shift + at.start..shift + at.end;
                    let key = property.name.into_string();
                    if !seen.insert(key.clone()) {
                        return Err(self.duplicate_key(key_span, key));
                    }
                    let node = self.json_node(property.value, shift)?;
                    entries.push(Entry {
                        key,
                        key_span,
                        node,
                    });
                }
                Value::Table(entries)
            }
        };
        Ok(Node { span, value })
    }
}

/// Where a message points: at a short value itself, at the key of a list or table.
pub(super) fn pointing_at(node: &Node, key_span: &Range<usize>) -> Range<usize> {
    match node.value {
        Value::Array(_) | Value::Table(_) => key_span.clone(),
        _ => node.span.clone(),
    }
}

fn from_toml_table(table: toml::de::DeTable<'_>) -> Value {
    let mut entries: Vec<Entry> = table
        .into_iter()
        .map(|(key, value)| Entry {
            key_span: key.span(),
            key: key.into_inner().into_owned(),
            node: from_toml(value),
        })
        .collect();
    // The parser sorts by key; messages about the first fault follow the file.
    entries.sort_by_key(|entry| entry.key_span.start);
    Value::Table(entries)
}

fn from_toml(value: toml::Spanned<toml::de::DeValue<'_>>) -> Node {
    use toml::de::DeValue;
    let span = value.span();
    let value = match value.into_inner() {
        DeValue::String(text) => Value::String(text.into_owned()),
        DeValue::Integer(number) if number.radix() == 10 => {
            Value::Integer(number.as_str().to_owned())
        }
        // Hexadecimal, octal and binary digits are rewritten; a number that fits no key stays as it is.
        DeValue::Integer(number) => match u128::from_str_radix(number.as_str(), number.radix()) {
            Ok(decimal) => Value::Integer(decimal.to_string()),
            Err(_) => Value::Other(format!("the number {number}")),
        },
        DeValue::Float(number) => Value::Float(number.as_str().to_owned()),
        DeValue::Boolean(boolean) => Value::Other(boolean.to_string()),
        DeValue::Datetime(date) => Value::Other(format!("the date {date}")),
        DeValue::Array(items) => Value::Array(items.into_iter().map(from_toml).collect()),
        DeValue::Table(table) => from_toml_table(table),
    };
    Node { span, value }
}

/// Byte offset of a line and column that are both counted from 1, in bytes.
fn byte_offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    (start + column.saturating_sub(1)).min(text.len())
}

/// A text without the byte order mark that some editors put in front of UTF-8.
fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// What messages call a file.
fn shown_name(path: &Path) -> String {
    if path == Path::new(STDIN) {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    }
}

/// The file beside one that is not there whose name is near, with its folder.
///
/// # Cost
/// The list of the folder's files.
pub fn near(path: &Path) -> Option<String> {
    /// Names that are looked at.
    const MOST: usize = 10_000;
    let folder = path.parent()?;
    let beside = match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    };
    let entries = std::fs::read_dir(beside).ok()?.flatten().take(MOST);
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    // Folders list their files in any order.
    names.sort();
    let name = closest(
        path.file_name()?.to_str()?,
        names.iter().map(String::as_str),
    )?;
    Some(folder.join(name).display().to_string())
}

/// Reads a text file; `-` is standard input.
fn read_text(path: &Path) -> Result<String, ProblemError> {
    let name = shown_name(path);
    let unreadable = |error: std::io::Error| {
        let near = near(path).filter(|_| error.kind() == std::io::ErrorKind::NotFound);
        ProblemError::whole_file(&name, in_words(&error), "a readable file")
            .with_help(near.map(|near| format!("did you mean {near}?")))
    };
    let mut bytes = Vec::new();
    if path == Path::new(STDIN) {
        std::io::stdin()
            .lock()
            .take(MAX_FILE_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(unreadable)?;
    } else {
        if path.is_dir() {
            return Err(ProblemError::whole_file(&name, "a directory", "a file"));
        }
        std::fs::File::open(path)
            .map_err(unreadable)?
            .take(MAX_FILE_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(unreadable)?;
    }
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(ProblemError::whole_file(
            &name,
            format!("more than {MAX_FILE_BYTES} bytes"),
            "a smaller file",
        ));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        let found = format!("the byte 0x{:02x}, which is not UTF-8", bytes[at]);
        let text = String::from_utf8_lossy(bytes);
        ProblemError::at(&name, &text, at..at + 1, None, found, "text in UTF-8")
    })
}
