//! What a command answers, how it is printed, and how the process ends.

use crate::problem::{Problem, ProblemError, problem_sha256};
use crate::report::escape::visible;
use crate::report::json;
use miette::{GraphicalReportHandler, GraphicalTheme};
use serde_json::Value;
use std::fs;
use std::io::{ErrorKind, IsTerminal, Write};
use std::path::Path;
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

/// Writes a file whole or not at all: into a new file beside it, which then takes its name. A link is
/// followed; what is no regular file (a pipe, `/dev/stdout`) is written to as it is. An existing file
/// keeps its permissions.
///
/// # Errors
/// What the system says; a file that was there is then as it was.
pub(super) fn write_whole(path: &Path, content: impl AsRef<[u8]>) -> std::io::Result<()> {
    let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let there = fs::metadata(&real).ok();
    if there.as_ref().is_some_and(|there| !there.is_file()) {
        return fs::write(&real, content);
    }
    let folder = real.parent().filter(|p| !p.as_os_str().is_empty());
    let mut beside = tempfile::Builder::new();
    beside.prefix(".filtercert-").suffix(".draft");
    #[cfg(unix)]
    let open = {
        use std::os::unix::fs::PermissionsExt;
        // As for any new file; the mask of the process applies.
        fs::Permissions::from_mode(0o666)
    };
    #[cfg(unix)]
    beside.permissions(open);
    let mut draft = beside.tempfile_in(folder.unwrap_or(Path::new(".")))?;
    draft.write_all(content.as_ref())?;
    if let Some(there) = there {
        draft.as_file().set_permissions(there.permissions())?;
    }
    draft.as_file().sync_all()?;
    draft.persist(&real).map_err(|error| error.error)?;
    Ok(())
}

/// May text for standard output be coloured?
pub(super) fn coloured() -> bool {
    std::io::stdout().is_terminal()
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
                    let _ = writeln!(stderr, "error: standard output cannot be written: {error}");
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
    let Failure::Problem(error) = failure else {
        return format!("error: {}\n", visible(&failure.to_string()));
    };
    let theme = if std::io::stderr().is_terminal() {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_whole_or_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        write_whole(&file, "one").unwrap();
        write_whole(&file, "two").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "two");
        // Neither a folder in the way nor a missing folder leaves a draft behind.
        assert!(write_whole(folder.path(), "x").is_err());
        assert!(write_whole(&folder.path().join("none/a"), "x").is_err());
        let names: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(names.len(), 1, "{names:?}");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_permissions_kept_and_devices_not_replaced() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("a"), folder.path().join("b"));
        fs::write(&file, "one").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let plain = folder.path().join("plain");
        fs::write(&plain, "").unwrap();
        write_whole(&folder.path().join("new"), "").unwrap();
        assert_eq!(mode(&folder.path().join("new")), mode(&plain));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&file, &link).unwrap();
        write_whole(&link, "two").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "two");
        assert_eq!(mode(&file), 0o640);
        write_whole(Path::new("/dev/null"), "x").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}
