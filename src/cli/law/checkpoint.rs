//! `law --checkpoint`: how far the law is, written every now and then.

use super::super::Failure;
use super::super::files::{Draft, cannot_write};
use super::super::format::shown;
use super::super::spread::resuming;
use filtercert::dynamics::law::{Keeper, Snapshot};
use filtercert::shard::{Header, Refused, read_snapshot, write_snapshot};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// When the file was written last by this process.
type Written = Arc<Mutex<Option<Instant>>>;

/// Where a law is kept, if it is.
pub(super) struct Checkpoint {
    to: Option<Place>,
    since: Instant,
    /// What it took to write it last.
    took: Duration,
    failed: Option<io::Error>,
}

/// A checkpoint file.
struct Place {
    path: PathBuf,
    header: Header,
    every: Duration,
    written: Written,
}

impl Checkpoint {
    /// Kept nowhere.
    pub(super) fn nowhere() -> Self {
        Checkpoint {
            to: None,
            since: Instant::now(),
            took: Duration::ZERO,
            failed: None,
        }
    }

    /// Kept in a file, at most so often.
    pub(super) fn at(path: &Path, header: Header, every: Duration) -> Self {
        Checkpoint {
            to: Some(Place {
                path: path.to_owned(),
                header,
                every,
                written: Written::default(),
            }),
            ..Self::nowhere()
        }
    }

    /// What is kept, if it is kept at all, and how to go on, in words; to be asked at any time.
    pub(super) fn told(&self) -> impl Fn() -> Option<String> + Send + 'static {
        let place = self.to.as_ref();
        let place = place.map(|to| (to.path.clone(), Arc::clone(&to.written)));
        move || {
            let (path, written) = place.as_ref()?;
            let written = *written.lock().unwrap_or_else(PoisonError::into_inner);
            let kept = match written {
                Some(at) => format!("as it was {:.0} s ago", at.elapsed().as_secs_f64()),
                None if path.exists() => "as it was before".to_owned(),
                None => return Some("kept: nothing yet".to_owned()),
            };
            let file = shown(path);
            Some(format!(
                "kept: the law {kept}, in {file}; to go on:\n  {}",
                resuming()
            ))
        }
    }

    /// What went wrong first, if something did.
    pub(super) fn failure(self) -> Option<Failure> {
        Some(cannot_write(&self.to?.path, &self.failed?))
    }
}

/// What a file keeps of the law of this header.
///
/// # Errors
/// A file of other work, and a damaged one.
pub(super) fn kept(path: &Path, header: &Header) -> Result<Vec<u8>, Refused> {
    read_snapshot(path, header)
}

impl Keeper for Checkpoint {
    fn is_due(&self) -> bool {
        // At most a tenth of the time goes into writing.
        let every = self.to.as_ref().map(|to| to.every.max(self.took * 10));
        self.failed.is_none() && every.is_some_and(|every| self.since.elapsed() >= every)
    }

    fn keep(&mut self, snapshot: &Snapshot<'_>) {
        let Some(to) = &self.to else {
            return;
        };
        let start = Instant::now();
        let written = Draft::begin(&to.path).and_then(|mut draft| {
            write_snapshot(&to.header, &mut draft, &|to| snapshot.write(to))?;
            draft.finish()
        });
        match written {
            Ok(()) => {
                let now = Instant::now();
                *to.written.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
                self.took = now - start;
            }
            Err(error) => self.failed = Some(error),
        }
        self.since = Instant::now();
    }
}
