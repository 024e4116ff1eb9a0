//! Arguments that several commands take: the problem, and numbers.

use super::Failure;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Arg, Args, Command};
use filtercert::number::parse_integer;
use filtercert::problem::{Builtin, SourceProblem, closest, near};
use std::any::TypeId;
use std::ffi::OsString;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// Longest part of an argument that a message repeats, in characters.
const MAX_FOUND: usize = 60;

/// The problem of a command: a file, or one of the built-in ones.
#[derive(Debug, Args)]
pub struct ProblemArgs {
    /// Problem file, TOML or JSON; - is standard input
    #[arg(required_unless_present = "builtin")]
    file: Option<PathBuf>,
    /// A built-in problem in place of a file
    #[arg(long, value_name = "NAME", conflicts_with = "file", value_parser = builtin_parser())]
    builtin: Option<Builtin>,
}

impl ProblemArgs {
    /// Reads the problem.
    pub fn read(&self) -> Result<SourceProblem, Failure> {
        read_problem(
            self.file.as_deref(),
            self.builtin.unwrap_or(Builtin::Default),
        )
    }

    /// The file, if it is not a built-in problem.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }
}

/// Reads the problem of a file, or the built-in one without a file.
pub fn read_problem(file: Option<&Path>, builtin: Builtin) -> Result<SourceProblem, Failure> {
    let Some(file) = file else {
        return Ok(builtin.read()?);
    };
    if let Some(name) = meant(file) {
        return Err(Failure::Message(format!(
            "{}: found no such file, expected a problem file; the built-in problem is --builtin {name}",
            file.display()
        )));
    }
    if let Some(name) = nearly(file) {
        return Err(Failure::Message(format!(
            "{}: found no such file, expected a problem file; did you mean --builtin {name}?",
            file.display()
        )));
    }
    Ok(SourceProblem::read(file)?)
}

/// The built-in problem that is meant by the name of a file that is not there.
fn meant(file: &Path) -> Option<&'static str> {
    let stem = file.file_stem()?;
    let is_meant = |builtin: &Builtin| {
        let own = Path::new(builtin.file()).file_stem();
        stem == builtin.name() || own == Some(stem)
    };
    let builtin = Builtin::ALL.into_iter().find(is_meant)?;
    // Only what is not there at all; what cannot be looked at is for the reader to tell.
    let absent = file.try_exists().is_ok_and(|there| !there);
    absent.then_some(builtin.name())
}

/// The built-in problem whose name is near a word that no file has for its name.
fn nearly(file: &Path) -> Option<&'static str> {
    let word = file.to_str()?;
    let is_word = !word.contains(['/', '\\', '.']) && word != "-";
    let absent = file.try_exists().is_ok_and(|there| !there);
    // A file that is near is for the reader of files to tell.
    let alone = is_word && absent && near(file).is_none();
    let names = Builtin::ALL.map(Builtin::name);
    alone.then(|| closest(word, names))?
}

/// `; did you mean X?`, where a known word is near.
pub fn did_you_mean<'a>(found: &str, words: impl IntoIterator<Item = &'a str>) -> String {
    closest(found, words).map_or_else(String::new, |word| format!("; did you mean {word}?"))
}

/// Names of built-in problems.
pub fn builtin_parser() -> impl TypedValueParser<Value = Builtin> {
    PossibleValuesParser::new(Builtin::ALL.map(Builtin::name)).map(|name| {
        Builtin::ALL
            .into_iter()
            .find(|builtin| builtin.name() == name)
            .unwrap_or(Builtin::Default)
    })
}

/// Refuses standard input for more than one of these arguments: it can be read only once.
pub fn one_from_stdin(arguments: &[(&str, Option<&Path>)]) -> Result<(), Failure> {
    let is_stdin = |path: &Path| path == Path::new("-") || path == Path::new("/dev/stdin");
    let named = arguments.iter();
    let named = named.filter(|(_, path)| path.is_some_and(is_stdin));
    let named: Vec<&str> = named.map(|(name, _)| *name).collect();
    match named.as_slice() {
        [first, second, ..] => Err(Failure::Message(format!(
            "found standard input for both {first} and {second}, expected it for one of them"
        ))),
        _ => Ok(()),
    }
}

/// Reads an integer argument: digits, or digits with an exponent such as `1e6`.
///
/// `what` stands in messages for what is expected, with its article.
pub fn integer<T: TryFrom<u64>>(
    what: &'static str,
    range: RangeInclusive<u64>,
) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static {
    move |text| {
        let value = parse_integer(text)
            .ok()
            .filter(|value| range.contains(value));
        value
            .and_then(|value| T::try_from(value).ok())
            .ok_or_else(|| {
                let (least, greatest) = (range.start(), range.end());
                let domain = if *greatest == u64::MAX {
                    format!("an integer of at least {least}, below 2^64")
                } else {
                    format!("an integer from {least} to {greatest}")
                };
                let list = if text.contains("..") || text.contains(':') || is_range(text) {
                    "; several are written with commas: 0,10,100"
                } else {
                    ""
                };
                format!("found {}, expected {what}: {domain}{list}", found(text))
            })
    }
}

/// Two integers with a dash between them?
fn is_range(text: &str) -> bool {
    let ends = text.split_once('-');
    ends.is_some_and(|(from, to)| parse_integer(from).is_ok() && parse_integer(to).is_ok())
}

/// A step of the dynamics.
pub fn step(text: &str) -> Result<u64, String> {
    integer("a step", 0..=u64::MAX)(text)
}

/// A number of steps.
pub fn steps(text: &str) -> Result<u64, String> {
    integer("a number of steps", 0..=u64::MAX)(text)
}

/// A number of runs.
pub fn runs(text: &str) -> Result<u64, String> {
    integer("a number of runs", 1..=u64::MAX)(text)
}

/// A seed.
pub fn seed(text: &str) -> Result<u64, String> {
    integer("a seed", 0..=u64::MAX)(text)
}

/// An argument as messages repeat it: in quotes unless it is a plain word, cut if it is long.
pub fn found(text: &str) -> String {
    let length = text.chars().count();
    let cut: String = text.chars().take(MAX_FOUND).collect();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "+-./:_".contains(c);
    let shown = if !cut.is_empty() && cut.chars().all(is_plain) {
        cut
    } else {
        format!("{cut:?}")
    };
    if length > MAX_FOUND {
        format!("{shown}... ({length} characters)")
    } else {
        shown
    }
}

/// The same command line, in which a value may begin with `-` wherever it is no path and no word: a
/// negative number is then refused by what reads it, and not taken for an option.
pub fn with_negative_numbers(command: Command) -> Command {
    let words = [
        TypeId::of::<PathBuf>(),
        TypeId::of::<OsString>(),
        TypeId::of::<String>(),
    ];
    let allow = move |argument: Arg| {
        let parser = argument.get_value_parser();
        let is_number = argument.get_action().takes_values()
            && !argument.is_positional()
            && parser.possible_values().is_none()
            && words.iter().all(|word| parser.type_id() != *word);
        argument.allow_hyphen_values(is_number)
    };
    command
        .mut_args(allow)
        .mut_subcommands(move |command| command.mut_args(allow))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_say_what_was_found_and_expected() {
        let small = integer::<u16>("a number of filters", 1..=1000);
        assert_eq!(small("1e3"), Ok(1000));
        for (text, said) in [
            (
                "-1",
                "found -1, expected a number of filters: an integer from 1 to 1000",
            ),
            ("0", "found 0, "),
            ("1001", "found 1001, "),
            ("1e9", "found 1e9, "),
            ("1.5e0", "found 1.5e0, "),
            ("", "found \"\", "),
            ("1 2", "found \"1 2\", "),
            ("\u{661}", "found \"\u{661}\", "),
        ] {
            let error = small(text).unwrap_err();
            assert!(error.starts_with(said), "{error}");
        }
        // What the type cannot hold is refused, whatever the range says.
        assert!(integer::<u8>("a byte", 0..=1000)("256").is_err());
        assert_eq!(step("18446744073709551615"), Ok(u64::MAX));
        let long = step(&"7".repeat(500)).unwrap_err();
        assert!(
            long.len() < 200 && long.contains("500 characters"),
            "{long}"
        );
    }
}
