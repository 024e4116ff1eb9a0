//! `theorems`: the registry as a table.

use super::output::{document, look};
use super::{Failure, Global, Output};
use clap::Args;
use filtercert::report::{json, table};
use filtercert::theory::{REGISTRY, forms};
use serde_json::{Value, json};

/// List the theorems
///
/// Name, title, claims of the paper's abstract that it serves, and what it assumes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  filtercert theorems")]
pub struct Options {}

impl Options {
    pub fn run(&self, global: &Global) -> Result<Output, Failure> {
        let statements = forms().map(|theorem| theorem.statement());
        if global.json {
            let theorems: Value = REGISTRY.iter().map(|t| json::theorem(*t)).collect();
            return Ok(Output::fine(document(None, json!({"theorems": theorems}))));
        }
        Ok(Output::fine(format!(
            "{}\n\nfiltercert explain ID tells more of one of them.\n",
            table::registry(statements, look())
        )))
    }
}
