//! `explain`: one theorem or one assumption in full.

use super::output::{document, look};
use super::{Failure, Global, Output};
use clap::Args;
use filtercert::problem::assumption::AssumptionId;
use filtercert::report::look::wrapped;
use filtercert::report::{json, table};
use filtercert::theory;
use serde_json::{Value, json};

/// Explain a theorem or an assumption
///
/// A theorem: its statement, what it assumes, where its check and its test are, and the wrong
/// theories that the check must refute. An assumption: what it says and what happens without it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  filtercert explain T2\n  filtercert explain A3")]
pub struct Options {
    /// Name of a theorem (T0 .. T14, T3max, T6c) or an assumption (A0 .. A6, A1k, A1k-, A6', H, opposed, separable)
    #[arg(value_name = "ID")]
    id: String,
}

impl Options {
    pub fn run(&self, global: &Global) -> Result<Output, Failure> {
        let theorems = theory::REGISTRY.iter().copied().chain(theory::forms());
        let mut named = theorems.filter(|t| t.statement().id.name().eq_ignore_ascii_case(&self.id));
        let theorem = named.next();
        if let Some(theorem) = theorem {
            return Ok(Output::fine(if global.json {
                document(None, json::theorem(theorem))
            } else {
                table::explanation(theorem, look())
            }));
        }
        let assumption = AssumptionId::ALL
            .iter()
            .find(|a| a.name().eq_ignore_ascii_case(&self.id));
        if let Some(a) = assumption {
            let fields: Value = json!({
                "id": a.name(), "title": a.title(), "text": a.text(), "without": a.without(),
            });
            return Ok(Output::fine(if global.json {
                document(None, fields)
            } else {
                wrapped(
                    &format!(
                        "{}: {}\n\n{}\n\nWithout it: {}\n",
                        a.name(),
                        a.title(),
                        a.text(),
                        a.without()
                    ),
                    look(),
                )
            }));
        }
        let names: Vec<&str> = theory::forms()
            .map(|theorem| theorem.statement().id.name())
            .chain(AssumptionId::ALL.iter().map(|a| a.name()))
            .collect();
        Err(Failure::Message(format!(
            "found {:?}, expected one of {}",
            self.id,
            names.join(", ")
        )))
    }
}
