//! `new`: a commented starter file.

use super::{Failure, Global, Output};
use clap::Args;

/// A problem file that explains its own keys.
const STARTER: &str = include_str!("starter.toml");

/// Print a commented starter problem
///
/// With --json the same problem is printed as a JSON problem file, which has no comments.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  filtercert new > problem.toml")]
pub struct Options {}

impl Options {
    pub fn run(&self, global: &Global) -> Result<Output, Failure> {
        if !global.json {
            return Ok(Output::fine(STARTER.to_owned()));
        }
        let table: toml::Table = STARTER
            .parse()
            .map_err(|error| Failure::Message(format!("the starter file: {error}")))?;
        let text = serde_json::to_string_pretty(&table)
            .map_err(|error| Failure::Message(format!("the starter file: {error}")))?;
        Ok(Output::fine(format!("{text}\n")))
    }
}
