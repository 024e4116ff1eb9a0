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
