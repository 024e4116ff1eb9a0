//! Limits that end a command from outside: `--timeout`, `--max-memory`, Ctrl-C and SIGTERM.
//!
//! A thread looks at the clock, at the memory of the process and at signals every few milliseconds. At a limit
//! it first asks the work to end ([`filtercert::interrupt`]); commands that have something to show by then print it and
//! end with exit code 3. If nothing is printed within a short grace, or the command has nothing to show
//! before its end, the process ends with a message: code 3 for a limit, 128 + the signal's number for a signal.
//! Files are written whole or not at all, whenever that happens.

use super::Global;
use super::arguments::found;
use filtercert::interrupt;
use filtercert::problem::visible_lines;
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// How often the limits are looked at.
const PAUSE: Duration = Duration::from_millis(5);

/// How long a command may take to print what is finished.
const GRACE: Duration = Duration::from_secs(3);

/// Signals that come together count once.
const TWICE: Duration = Duration::from_millis(500);

/// Stack of the thread that works: as much as a main thread usually has.
const STACK: usize = 16 << 20;

/// Is the answer being printed? Then nothing ends the process any more.
static PRINTING: AtomicBool = AtomicBool::new(false);

/// Does the command print what is finished when it is asked to end?
static SHOWS_PARTS: AtomicBool = AtomicBool::new(false);

/// Was a part of the answer printed?
static PRINTED: AtomicBool = AtomicBool::new(false);

/// The number of the last signal, 0 for none.
static SIGNAL: AtomicI32 = AtomicI32::new(0);

/// What is done and said last of all where the process is ended from here.
type Last = Box<dyn FnOnce() -> String + Send>;

static LAST: Mutex<Option<Last>> = Mutex::new(None);

/// Does this where a limit or a signal ends the process before its answer, and prints what it returns.
pub(super) fn at_the_end(last: Last) {
    if let Ok(mut place) = LAST.lock() {
        *place = Some(last);
    }
}

/// The command prints what is finished if it is asked to end.
pub(super) fn shows_parts() {
    SHOWS_PARTS.store(true, Ordering::Release);
}

/// A part of the answer was printed.
pub(super) fn printed_a_part() {
    PRINTED.store(true, Ordering::Release);
}

/// The answer is about to be printed.
pub(super) fn printing() {
    PRINTING.store(true, Ordering::Release);
}

/// Tells what is finished to whoever waits for it; from any thread.
pub(super) struct Teller<T>(Mutex<Sender<T>>);

impl<T> Teller<T> {
    /// Tells one thing. After the end nobody listens.
    pub(super) fn tell(&self, what: T) {
        if let Ok(sender) = self.0.lock() {
            let _ = sender.send(what);
        }
    }
}

/// Does work on a thread of its own and gathers what it tells: all of it, or, where the work is asked to end,
/// what was told by then, with the limit. The thread is then left to itself; the process is about to end.
pub(super) fn until_asked<T: Send + 'static>(
    work: impl FnOnce(&Teller<T>) + Send + 'static,
) -> (Vec<T>, Option<&'static str>) {
    let (sender, receiver) = channel();
    let started = std::thread::Builder::new()
        .name("work".to_owned())
        .stack_size(STACK)
        .spawn(move || work(&Teller(Mutex::new(sender))));
    let mut told = Vec::new();
    if started.is_err() {
        return (told, None);
    }
    loop {
        match receiver.recv_timeout(PAUSE) {
            Ok(what) => told.push(what),
            Err(RecvTimeoutError::Disconnected) => return (told, None),
            Err(RecvTimeoutError::Timeout) => {
                if let Some(limit) = interrupt::asked() {
                    return (told, Some(limit));
                }
            }
        }
    }
}

/// Starts to watch the limits of a command.
pub(super) fn start(global: &Global) {
    #[cfg(unix)]
    listen();
    let limits = Limits {
        deadline: global
            .timeout
            .map(|seconds| (Instant::now() + seconds, seconds)),
        memory: global.max_memory.0,
    };
    // Without a thread to spare there are no limits; the work itself does not depend on them.
    let _ = std::thread::Builder::new()
        .name("limits".to_owned())
        .spawn(move || limits.watch());
}

/// Notes SIGINT and SIGTERM.
#[cfg(unix)]
fn listen() {
    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM]) else {
        return;
    };
    let _ = std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            let mut first = None;
            for signal in signals.forever() {
                SIGNAL.store(signal, Ordering::Release);
                // What sends to a whole group of processes may send twice. After a while, a second signal does not
                // wait for an answer, but what is done is kept.
                let first = *first.get_or_insert_with(Instant::now);
                if first.elapsed() > TWICE {
                    let last = LAST.lock().ok().and_then(|mut last| last.take());
                    let said = last.map_or(String::new(), |last| last() + "\n");
                    let _ = write!(anstream::stderr().lock(), "{}", visible_lines(&said));
                    end(128 + signal);
                }
            }
        });
}

struct Limits {
    deadline: Option<(Instant, Duration)>,
    /// In bytes.
    memory: u64,
}

impl Limits {
    fn watch(&self) {
        let (reason, code) = loop {
            std::thread::sleep(PAUSE);
            if let Some(found) = self.reached() {
                break found;
            }
        };
        interrupt::ask(&reason);
        let until = Instant::now() + GRACE;
        // What is finished takes little memory to print; work that goes on regardless may not.
        let most = self.memory.saturating_add(self.memory / 20);
        while SHOWS_PARTS.load(Ordering::Acquire)
            && Instant::now() < until
            && memory_of_process().is_none_or(|used| used < most)
        {
            if PRINTING.load(Ordering::Acquire) {
                return;
            }
            std::thread::sleep(PAUSE);
        }
        if PRINTING.load(Ordering::Acquire) {
            return;
        }
        let mut stderr = anstream::stderr().lock();
        let last = LAST.lock().ok().and_then(|mut last| last.take());
        let said = match last {
            Some(last) => format!("stopped: {reason}\n{}", last()),
            None if PRINTED.load(Ordering::Acquire) => {
                format!("stopped: {reason}; no more was finished")
            }
            None => format!("stopped: {reason}; nothing was finished"),
        };
        let _ = writeln!(stderr, "{}", visible_lines(&said));
        end(code);
    }

    /// The limit that is reached, in words, and the exit code if nothing is finished.
    fn reached(&self) -> Option<(String, i32)> {
        let signal = SIGNAL.load(Ordering::Acquire);
        if signal != 0 {
            return Some((format!("interrupted by signal {signal}"), 128 + signal));
        }
        if let Some((deadline, seconds)) = self.deadline
            && Instant::now() >= deadline
        {
            let limit = format!("the time limit of {} s (--timeout)", seconds.as_secs_f64());
            return Some((limit, 3));
        }
        if memory_of_process().is_some_and(|used| used >= self.memory) {
            let limit = format!("the memory limit of {} (--max-memory)", bytes(self.memory));
            return Some((limit, 3));
        }
        None
    }
}

/// Ends the process and what it started.
fn end(code: i32) -> ! {
    filtercert::certificate::kill_children();
    std::process::exit(code)
}

/// Bytes of memory that the process occupies; `None` where the system does not tell.
fn memory_of_process() -> Option<u64> {
    // Second field: resident pages.
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * page_size())
}

#[cfg(unix)]
fn page_size() -> u64 {
    rustix::param::page_size() as u64
}

#[cfg(not(unix))]
fn page_size() -> u64 {
    4096
}

/// A size in bytes, as `--max-memory` takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(u64);

impl Size {
    /// 2 GiB.
    pub const DEFAULT: &str = "2GiB";
}

/// Units of sizes; the first that fits is shown.
const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];

/// The size in the largest unit that divides it.
fn bytes(size: u64) -> String {
    UNITS
        .iter()
        .find(|(_, unit)| size.is_multiple_of(*unit))
        .map_or_else(
            || format!("{size} bytes"),
            |(name, unit)| format!("{} {name}", size / unit),
        )
}

/// Reads a size such as `512MiB`, `2 GiB`, `1.5G` or a number of bytes.
pub(super) fn parse_size(text: &str) -> Result<Size, String> {
    let expected = || {
        format!(
            "found {}, expected a size such as 512MiB, 2GiB or a number of bytes",
            found(text)
        )
    };
    let trimmed = text.trim();
    let split = trimmed
        .find(|c: char| c.is_ascii_alphabetic())
        .unwrap_or(trimmed.len());
    let (number, unit) = trimmed.split_at(split);
    let unit = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "kb" => 1_000,
        "m" | "mib" => 1 << 20,
        "mb" => 1_000_000,
        "g" | "gib" => 1 << 30,
        "gb" => 1_000_000_000,
        "t" | "tib" => 1u64 << 40,
        _ => return Err(expected()),
    };
    let number = filtercert::number::parse_rational(number.trim()).map_err(|_| expected())?;
    let size = (number * filtercert::number::integer(unit))
        .floor()
        .to_integer();
    match u64::try_from(size) {
        Ok(size) if size > 0 => Ok(Size(size)),
        _ => Err(expected()),
    }
}

/// Reads a positive number of seconds.
pub(super) fn parse_seconds(text: &str) -> Result<Duration, String> {
    let expected = || {
        format!(
            "found {}, expected a positive number of seconds",
            found(text)
        )
    };
    let seconds: f64 = text.trim().parse().map_err(|_| expected())?;
    if seconds <= 0.0 {
        return Err(expected());
    }
    Duration::try_from_secs_f64(seconds).map_err(|_| expected())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_in_every_unit() {
        for (text, size) in [
            ("1", 1),
            ("512MiB", 512 << 20),
            ("2 GiB", 2 << 30),
            ("1.5g", 3 << 29),
            ("3kb", 3_000),
            ("1/2k", 512),
        ] {
            assert_eq!(parse_size(text), Ok(Size(size)), "{text}");
        }
        for text in ["", "0", "-1", "x", "1 parsec", "1e40", "MiB"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
        assert_eq!(
            (bytes(2 << 30), bytes(1_500)),
            ("2 GiB".into(), "1500 bytes".into())
        );
    }

    #[test]
    fn seconds_are_positive() {
        assert_eq!(parse_seconds("0.5"), Ok(Duration::from_millis(500)));
        for text in ["0", "-1", "nan", "inf", "x", ""] {
            assert!(parse_seconds(text).is_err(), "{text}");
        }
    }
}
