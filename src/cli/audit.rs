//! `audit`: the assumptions only.

use super::arguments::{ProblemArgs, did_you_mean};
use super::format::bold;
use super::output::{document, look};
use super::{Failure, Global, Output};
use clap::Args;
use filtercert::problem::assumption::audit;
use filtercert::report::look::filled;
use filtercert::report::necessity::needed;
use filtercert::report::{json, table};
use filtercert::theory;
use filtercert::theory::asked::audit_for;
use serde_json::json;

/// Audit the assumptions of the theory on a problem, exactly
///
/// Each assumption holds or fails; where it fails, a witness shows it. Without --json and --for, the theorems that failing
/// assumptions take away are listed beside those that are left. The exit code is 0 either way.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  filtercert audit examples/violates-a3.toml\n  filtercert audit examples/data-set.toml --for T14"
)]
pub struct Options {
    #[command(flatten)]
    problem: ProblemArgs,
    /// What one theorem asks for: its model (A0) and its assumptions
    #[arg(long = "for", value_name = "THEOREM")]
    theorem: Option<String>,
}

impl Options {
    pub fn run(&self, global: &Global) -> Result<Output, Failure> {
        let problem = self.problem.read()?.problem;
        let mut asked = String::new();
        let audits = match &self.theorem {
            None => audit(&problem),
            Some(id) => {
                let named = |name: &str| name.eq_ignore_ascii_case(id);
                let theorem = theory::forms()
                    .find(|t| named(t.statement().id.name()))
                    .ok_or_else(|| {
                        let names = theory::forms().map(|t| t.statement().id.name());
                        let names: Vec<&str> = names.collect();
                        let near = did_you_mean(id, names.iter().copied());
                        let names = names.join(", ");
                        Failure::Message(format!(
                            "--for: found {id:?}, expected one of {names}{near}"
                        ))
                    })?;
                asked = format!(" for {}", theorem.statement().id.name());
                audit_for(theorem, &problem)
            }
        };
        if global.json {
            let fields = json!({
                "problem": problem.name(),
                "assumptions": audits.iter().map(json::audit).collect::<Vec<_>>(),
            });
            return Ok(Output::fine(document(Some(&problem), fields)));
        }
        let title = bold(&format!("Assumptions of {}{asked}", problem.name()));
        let mut text = format!(
            "{title}, audited exactly

"
        );
        text += &table::assumptions(&audits, look());
        text.push('\n');
        if self.theorem.is_none() {
            text += "\nWhat that means for the theorems (explain ID tells more of one)\n\n";
            text += &table::what_is_left(&problem, &audits, look());
            text.push('\n');
            for line in needed(&problem, &audits) {
                text += &format!("\n{}\n", filled(&line, "", look()));
            }
        }
        Ok(Output::fine(text))
    }
}
