//! The file that grows with the work, so that a killed process loses little.

use super::file::{Begun, Sums, part_line};
use serde::Serialize;
use std::io::{self, Write};
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How often a journal looks whether it is time to write.
const TICK: Duration = Duration::from_millis(20);

/// What is still to be written, and where.
struct Open {
    file: std::fs::File,
    /// Parts in the file.
    written: u64,
    /// Parts that wait.
    more: u64,
    sums: Sums,
    /// Lines with their sums.
    waiting: String,
    since: Instant,
    failed: Option<io::Error>,
}

impl Open {
    /// Writes what waits. After a failure nothing more is written.
    fn flush(&mut self) {
        if !self.waiting.is_empty() && self.failed.is_none() {
            let written = self.file.write_all(self.waiting.as_bytes());
            self.failed = written.and_then(|()| self.file.sync_data()).err();
            self.waiting.clear();
            if self.failed.is_none() {
                self.written += self.more;
            }
            self.more = 0;
        }
        self.since = Instant::now();
    }
}

/// A checkpoint: parts are written behind each other, all that is there at most so many seconds apart, and at once when
/// the work is asked to end. Whatever was written whole is found again, even if the process is killed while it writes.
pub struct Journal {
    open: Arc<Mutex<Open>>,
    end: Option<Sender<()>>,
    watcher: Option<JoinHandle<()>>,
}

impl Journal {
    /// Goes on with a file that was begun so.
    ///
    /// # Errors
    /// What the system says.
    pub fn append(path: &Path, begun: Begun, seconds: Duration) -> io::Result<Self> {
        let file = std::fs::OpenOptions::new().append(true).open(path)?;
        let open = Arc::new(Mutex::new(Open {
            file,
            written: begun.written,
            more: 0,
            sums: begun.sums,
            waiting: String::new(),
            since: Instant::now(),
            failed: None,
        }));
        let (end, wait) = channel();
        let shared = Arc::clone(&open);
        let watch = move || {
            while wait.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                let asked = crate::interrupt::asked().is_some();
                if let Ok(mut open) = shared.lock()
                    && (asked || open.since.elapsed() >= seconds)
                {
                    open.flush();
                }
            }
        };
        // Without a thread to spare everything is written at the end.
        let watcher = std::thread::Builder::new()
            .name("checkpoint".to_owned())
            .spawn(watch)
            .ok();
        Ok(Journal {
            open,
            end: Some(end),
            watcher,
        })
    }

    /// Adds a part; it is written when it is time.
    pub fn add<P: Serialize>(&self, item: u64, part: &P) {
        let content = part_line(item, part);
        if let Ok(mut open) = self.open.lock() {
            let line = open.sums.line(&content);
            open.waiting += &line;
            open.more += 1;
        }
    }

    /// Something that writes what waits, from wherever the process is ended.
    pub fn keeper(&self) -> Keeper {
        Keeper(Arc::clone(&self.open))
    }

    /// Writes what is left, and says how many parts are in the file, and what went wrong first, if something did.
    pub fn finish(mut self) -> (u64, Option<io::Error>) {
        drop(self.end.take());
        if let Some(watcher) = self.watcher.take() {
            let _ = watcher.join();
        }
        let Ok(mut open) = self.open.lock() else {
            return (0, Some(io::Error::other("another thread failed")));
        };
        open.flush();
        (open.written, open.failed.take())
    }
}

/// Writes what waits for a [`Journal`].
pub struct Keeper(Arc<Mutex<Open>>);

impl Keeper {
    /// Writes what waits, and says how many parts are in the file.
    pub fn flush(&self) -> u64 {
        let Ok(mut open) = self.0.lock() else {
            return 0;
        };
        open.flush();
        open.written
    }
}
