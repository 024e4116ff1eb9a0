//! `new`: a commented starter file.

use super::{Failure, Global, Output};
use clap::Args;

/// A problem file that explains its own keys.
pub const STARTER: &str = include_str!("starter.toml");

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
        Ok(Output::fine(as_json(STARTER)?))
    }
}

/// A problem file in TOML as one in JSON, which has no comments.
pub fn as_json(file: &str) -> Result<String, Failure> {
    let failed = |error: String| Failure::Message(format!("the problem file: {error}"));
    let table: toml::Table = file
        .parse()
        .map_err(|error: toml::de::Error| failed(error.to_string()))?;
    let text = serde_json::to_string_pretty(&table).map_err(|error| failed(error.to_string()))?;
    Ok(format!("{text}\n"))
}
