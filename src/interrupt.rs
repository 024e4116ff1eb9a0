//! A request to end early, from outside of the computation: a limit of time or memory, or a signal.
//!
//! Long work asks [`asked`] now and then and, if there is a request, ends at the last finished step as at any
//! other limit. Nothing is ever computed differently: a result is complete, or says where it was stopped.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: AtomicBool = AtomicBool::new(false);
static LIMIT: OnceLock<String> = OnceLock::new();

/// Asks all work of this process to end; `limit` says why, in words such as "the time limit of 5 s". The first
/// request counts.
pub fn ask(limit: &str) {
    let _ = LIMIT.set(limit.to_owned());
    ASKED.store(true, Ordering::Release);
}

/// Why work should end now, if it should.
///
/// # Cost
/// One read of an atomic flag.
#[inline]
pub fn asked() -> Option<&'static str> {
    if !ASKED.load(Ordering::Acquire) {
        return None;
    }
    LIMIT.get().map(String::as_str)
}
