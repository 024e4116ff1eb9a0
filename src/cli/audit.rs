//! `audit`: the assumptions only.

use super::arguments::ProblemArgs;
use super::format::bold;
use super::output::{coloured, document};
use super::{Failure, Global, Output};
use clap::Args;
use filtercert::problem::assumption::audit;
use filtercert::report::{json, table};
use serde_json::json;

/// Audit the assumptions of the theory on a problem, exactly
///
/// Each assumption holds or fails; where it fails, a witness shows it. The exit code is 0 either way.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  filtercert audit examples/violates-a3.toml")]
pub struct Options {
    #[command(flatten)]
    problem: ProblemArgs,
}

impl Options {
    pub fn run(&self, global: &Global) -> Result<Output, Failure> {
        let problem = self.problem.read()?.problem;
        let audits = audit(&problem);
        if global.json {
            let fields = json!({
                "problem": problem.name(),
                "assumptions": audits.iter().map(json::audit).collect::<Vec<_>>(),
            });
            return Ok(Output::fine(document(Some(&problem), fields)));
        }
        let title = bold(&format!("Assumptions of {}", problem.name()));
        let mut text = format!(
            "{title}, audited exactly

"
        );
        text += &table::assumptions(&audits, coloured());
        text.push('\n');
        Ok(Output::fine(text))
    }
}
