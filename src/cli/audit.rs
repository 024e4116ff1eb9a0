use super::format::{bold, short_rational, table};
use super::output::document;
use super::{Failure, Global, Output};
use crate::problem::SourceProblem;
use crate::theory::assumption::{Audit, audit};
use clap::Args;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Audit the assumptions of the theory on a problem, exactly
///
/// Each assumption holds or fails; where it fails, a witness shows it. The exit code is 0 either way.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  filtercert audit examples/violates-a3.toml")]
pub struct Options {
    /// Problem file: TOML, or JSON if its name ends in .json; - is standard input
    file: PathBuf,
}

impl Options {
    pub fn run(&self, global: &Global) -> Result<Output, Failure> {
        let problem = SourceProblem::read(&self.file)?.problem;
        let audits = audit(&problem);
        if global.json {
            let fields = json!({ "problem": problem.name, "assumptions": audits_json(&audits) });
            return Ok(Output::fine(document(Some(&problem), fields)));
        }
        let rows = audits.iter().map(|audit| {
            vec![
                audit.id.name().to_owned(),
                if audit.holds { "holds" } else { "fails" }.to_owned(),
                audit
                    .measure
                    .as_ref()
                    .map(short_rational)
                    .unwrap_or_default(),
            ]
        });
        let title = bold(&format!("Assumptions of {}", problem.name));
        let mut text = format!("{title}, audited exactly\n\n");
        text += &table(&["", "", "measure"], rows);
        for audit in &audits {
            if let Some(witness) = &audit.witness {
                text += &format!("\n{} fails: {witness}", audit.id.name());
            }
        }
        if audits.iter().any(|audit| audit.witness.is_some()) {
            text.push('\n');
        }
        Ok(Output::fine(text))
    }
}

/// The audits as they stand in every JSON document.
pub(super) fn audits_json(audits: &[Audit]) -> Value {
    audits
        .iter()
        .map(|audit| {
            json!({
                "id": audit.id.name(),
                "holds": audit.holds,
                "measure": audit.measure.as_ref().map(|q| q.to_string()),
                "witness": audit.witness,
            })
        })
        .collect()
}
