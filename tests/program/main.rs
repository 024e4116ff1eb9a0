//! The program as users run it: every command, what it prints and writes, what it refuses, and how it
//! ends.

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/idx.rs"]
mod idx;

mod answer;
mod audit_for;
mod audit_samples;
mod audit_sweep;
mod bad_input;
mod check_and_report;
mod command_line;
mod conjectures;
mod explained;
mod falsify_command;
mod images_command;
mod inputs;
mod law_command;
#[cfg(unix)]
mod limits;
mod names;
mod output_files;
mod picture;
mod readme;
mod report_page;
#[cfg(unix)]
mod shards;
mod sizes;
mod verdicts;
#[cfg(target_os = "linux")]
mod verify_coq;
mod what_is_said;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};

/// What runs of the program gave, by what they were asked.
type Kept<T> = Mutex<BTreeMap<String, Arc<OnceLock<T>>>>;

/// What one run gave, for all tests that ask; others that ask meanwhile wait for it.
fn once<T: Clone>(kept: &Kept<T>, asked: &str, run: impl FnOnce() -> T) -> T {
    let of = Arc::clone(kept.lock().unwrap().entry(asked.to_owned()).or_default());
    of.get_or_init(run).clone()
}
