//! Programs that are run for a certificate: they end with their time limit, with this process, and with
//! [`kill_children`].

use std::ffi::OsStr;
use std::fs::File;
use std::io::{ErrorKind, Read as _, Seek as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What a program printed, and how it ended; `None` if it was stopped.
pub(super) struct Ran {
    pub status: Option<ExitStatus>,
    pub said: String,
    pub errors: String,
}

/// The programs that run now, and whether more may be started.
#[derive(Default)]
struct Running {
    children: Vec<u32>,
    closed: bool,
}

static RUNNING: Mutex<Running> = Mutex::new(Running {
    children: Vec::new(),
    closed: false,
});

fn running() -> MutexGuard<'static, Running> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends every program that runs, with all that it started, and lets no other begin. To be called before
/// the process ends early.
pub fn kill_children() {
    let mut running = running();
    running.closed = true;
    for child in running.children.drain(..) {
        kill_group(child);
    }
}

#[cfg(unix)]
fn kill_group(child: u32) {
    use rustix::process::{Pid, Signal, kill_process_group};
    let pid = i32::try_from(child).ok().and_then(Pid::from_raw);
    if let Some(pid) = pid {
        let _ = kill_process_group(pid, Signal::KILL);
    }
}

#[cfg(not(unix))]
fn kill_group(_child: u32) {}

/// A program by its name. On Linux it is sent SIGKILL when this process ends, however it does: through
/// `setpriv`, where that is installed.
fn program(name: &str) -> Command {
    if cfg!(target_os = "linux") && is_installed(name) && is_installed("setpriv") {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--", name]);
        return command;
    }
    Command::new(name)
}

fn is_installed(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
}

/// Runs a program, and ends it and what it started when the time is up.
///
/// # Errors
/// It could not be run; `missing` is said of one that is not installed.
pub(super) fn run(
    name: &str,
    arguments: &[&OsStr],
    limit: Duration,
    missing: &str,
) -> Result<Ran, String> {
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => format!("{name} is missing; {missing}"),
        _ => format!("{name} could not be run: {error}"),
    };
    // Files, not pipes: a pipe that nobody empties would stop the program.
    let mut said = tempfile::tempfile().map_err(failed)?;
    let mut errors = tempfile::tempfile().map_err(failed)?;
    let mut command = program(name);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(said.try_clone().map_err(failed)?)
        .stderr(errors.try_clone().map_err(failed)?);
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = {
        let mut running = running();
        if running.closed {
            return Err(format!("{name} was not run: this program is ending"));
        }
        let child = command.spawn().map_err(failed)?;
        running.children.push(child.id());
        child
    };
    let began = Instant::now();
    let status = loop {
        if let Some(ended) = poll(&mut child, began.elapsed() > limit).map_err(failed)? {
            break ended;
        }
        sleep(Duration::from_millis(20));
    };
    Ok(Ran {
        status,
        said: written(&mut said).map_err(failed)?,
        errors: written(&mut errors).map_err(failed)?,
    })
}

/// How a program ended, `Some(None)` if it is stopped now; then it is none of those that run any more.
fn poll(child: &mut Child, stop: bool) -> std::io::Result<Option<Option<ExitStatus>>> {
    // The number of a program that was waited for may be given to another.
    let mut running = running();
    let ended = match child.try_wait()? {
        Some(status) => Some(status),
        None if stop => {
            kill_group(child.id());
            let _ = child.kill();
            let _ = child.wait();
            None
        }
        None => return Ok(None),
    };
    running.children.retain(|id| *id != child.id());
    Ok(Some(ended))
}

fn written(file: &mut File) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::path::Path;

    fn sleeper(seconds: &str, limit: Duration) -> Result<Ran, String> {
        // A shell that waits for a program of its own, as `make` waits for `coqc`.
        let script = format!("sleep {seconds} & echo $!; wait");
        let arguments = ["-c", &script].map(OsStr::new);
        run("sh", &arguments, limit, "")
    }

    /// Has the program of this number ended, or does it within seconds?
    fn ends(said: &str) -> bool {
        let status = Path::new("/proc").join(said.trim()).join("status");
        let has_ended = || {
            let text = std::fs::read_to_string(&status);
            text.map_or(true, |text| text.contains("State:\tZ"))
        };
        (0..500).any(|_| {
            sleep(Duration::from_millis(10));
            has_ended()
        })
    }

    /// In one test: what is closed stays closed.
    #[test]
    fn programs_end_with_what_they_started() {
        let ran = run(
            "sh",
            &["-c", "echo a; echo b >&2"].map(OsStr::new),
            Duration::MAX,
            "",
        )
        .unwrap();
        assert!(ran.status.unwrap().success());
        assert_eq!([ran.said.as_str(), &ran.errors], ["a\n", "b\n"]);
        let said = run("no-such-program", &[], Duration::MAX, "get it")
            .err()
            .unwrap();
        assert_eq!(said, "no-such-program is missing; get it");
        // The time limit.
        let ran = sleeper("600", Duration::from_millis(300)).unwrap();
        assert!(ran.status.is_none());
        assert!(ends(&ran.said), "{}", ran.said);
        // The end of this program.
        let waiting = std::thread::spawn(|| sleeper("600", Duration::from_secs(60)));
        while running().children.is_empty() {
            sleep(Duration::from_millis(5));
        }
        sleep(Duration::from_millis(300));
        kill_children();
        let ran = waiting.join().unwrap().unwrap();
        assert!(ran.status.is_some_and(|status| !status.success()));
        assert!(ends(&ran.said), "{}", ran.said);
        assert!(running().children.is_empty());
        assert!(sleeper("0", Duration::MAX).is_err());
    }
}
