//! What a command answers, how it is printed, and how the process ends.

use filtercert::problem::{Problem, ProblemError, in_words, problem_sha256};
use filtercert::report::escape::visible;
use filtercert::report::json;
use filtercert::report::look::Look;
use miette::{GraphicalReportHandler, GraphicalTheme};
use serde_json::Value;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: all that was checked holds.
    Fine,
    /// 1: something was refuted.
    Refuted,
    /// 2: bad input or usage.
    BadInput,
    /// 3: undecided, or stopped at a limit.
    Unfinished,
}

impl Exit {
    /// The worse of two: a refutation before what is undecided.
    pub fn or(self, other: Exit) -> Exit {
        let badness = |exit: Exit| match exit {
            Exit::Fine => 0,
            Exit::Unfinished => 1,
            Exit::Refuted => 2,
            Exit::BadInput => 3,
        };
        if badness(other) > badness(self) {
            other
        } else {
            self
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(match exit {
            Exit::Fine => 0,
            Exit::Refuted => 1,
            Exit::BadInput => 2,
            Exit::Unfinished => 3,
        })
    }
}

/// A complete answer, ready to be printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// For standard output; colours are removed unless it is a terminal.
    pub text: String,
    /// For standard error, one message a line.
    pub notes: Vec<String>,
    /// How the command ends.
    pub exit: Exit,
}

impl Output {
    /// An answer without notes and with exit code 0.
    pub fn fine(text: String) -> Self {
        Output {
            text,
            notes: Vec::new(),
            exit: Exit::Fine,
        }
    }
}

/// Bad input: nothing is printed on standard output, and the exit code is 2.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// A file is at fault.
    #[error(transparent)]
    Problem(#[from] ProblemError),
    /// Something else is, in words.
    #[error("{0}")]
    Message(String),
    /// Several things are.
    #[error("{} things are at fault", .0.len())]
    Several(Vec<Failure>),
    /// Nothing is at fault, but a limit was reached before anything was finished.
    #[error("stopped: {0}; nothing was finished")]
    Stopped(String),
}

/// One JSON document with the keys that all have, and these fields.
pub(super) fn document(problem: Option<&Problem>, fields: Value) -> String {
    let sha256 = problem.map(problem_sha256);
    let mut all = json::header(sha256.as_deref());
    if let Value::Object(fields) = fields {
        all.extend(fields);
    }
    format!("{}\n", Value::Object(all))
}

/// Widths of text, in columns.
const WIDTHS: std::ops::RangeInclusive<u16> = 60..=160;

/// How text for standard output looks: as wide as the terminal, or as `COLUMNS` says where there is none, within
/// [`WIDTHS`], else 80 columns. Colours are removed later where `--color` or the environment does not want them.
pub(super) fn look() -> Look {
    let plain = Look::default();
    let stdout = std::io::stdout();
    let terminal = terminal_size::terminal_size_of(&stdout).map(|(width, _)| width.0);
    let columns = || std::env::var("COLUMNS").ok()?.parse().ok();
    let width = terminal.or_else(columns).unwrap_or(plain.width);
    Look {
        width: width.clamp(*WIDTHS.start(), *WIDTHS.end()),
        coloured: anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never,
    }
}

/// Prints a result and says how the process ends.
pub(super) fn finish(result: Result<Output, Failure>) -> Exit {
    super::watch::printing();
    match result {
        Ok(output) => {
            let written = write_all(&output.text);
            let mut stderr = anstream::stderr().lock();
            for note in &output.notes {
                let _ = writeln!(stderr, "{}", visible(note));
            }
            match written {
                Ok(()) => output.exit,
                // Whoever read the pipe has seen enough.
                Err(error) if error.kind() == ErrorKind::BrokenPipe => output.exit,
                Err(error) => {
                    let _ = writeln!(
                        stderr,
                        "error: standard output cannot be written: {}",
                        in_words(&error)
                    );
                    Exit::BadInput
                }
            }
        }
        Err(Failure::Stopped(limit)) => {
            let stopped = Failure::Stopped(limit);
            let _ = writeln!(anstream::stderr().lock(), "{stopped}");
            Exit::Unfinished
        }
        Err(failure) => {
            let _ = write!(anstream::stderr().lock(), "{}", rendered(&failure));
            Exit::BadInput
        }
    }
}

fn write_all(text: &str) -> std::io::Result<()> {
    let mut stdout = anstream::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

fn rendered(failure: &Failure) -> String {
    let error = match failure {
        Failure::Problem(error) => error,
        Failure::Several(all) => return all.iter().map(rendered).collect(),
        other => return format!("error: {}\n", visible(&other.to_string())),
    };
    let mut text: String = error.faults().map(one_rendered).collect();
    if error.untold() > 0 {
        let (file, more) = (visible(error.file()), error.untold());
        text += &format!("{file}: {more} more faults of this kind or others are not shown\n");
    }
    text
}

/// One fault of a file, with the lines around it.
fn one_rendered(error: &ProblemError) -> String {
    let choice = anstream::AutoStream::choice(&std::io::stderr());
    let theme = if choice != anstream::ColorChoice::Never {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    let mut text = String::new();
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_wrap_lines(false)
        .with_links(false);
    match handler.render_report(&mut text, error) {
        Ok(()) => text,
        Err(_) => format!("error: {error}\n"),
    }
}
