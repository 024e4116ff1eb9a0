//! `audit`: the assumptions only.

mod samples;
mod sweep;

use super::arguments::{builtin_parser, did_you_mean, read_problem};
use super::format::bold;
use super::output::{document, look};
use super::{Failure, Global, Output};
use clap::Args;
use filtercert::problem::Builtin;
use filtercert::problem::assumption::{Audit, audit};
use filtercert::report::look::filled;
use filtercert::report::necessity::needed;
use filtercert::report::{distance, json, table};
use filtercert::theory;
use filtercert::theory::asked::{audit_for, standing};
use serde_json::json;
use std::path::PathBuf;

/// Audit the assumptions of the theory on a problem, exactly
///
/// Each assumption holds or fails; where it fails, a witness shows it. Without --json and --for, the theorems that failing
/// assumptions take away are listed beside those that are left. The exit code is 0 either way.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  filtercert audit examples/violates-a3.toml\n  filtercert audit examples/data-set.toml --for T14\n  filtercert audit --samples examples/images.csv --keys bolt,crack\n  filtercert audit examples/small.toml --sweep prior=1/2..9/10"
)]
pub struct Options {
    /// Problem file, TOML or JSON; - is standard input
    #[arg(required_unless_present_any = ["builtin", "samples"])]
    file: Option<PathBuf>,
    /// A built-in problem in place of a file
    #[arg(long, value_name = "NAME", conflicts_with = "file", value_parser = builtin_parser())]
    builtin: Option<Builtin>,
    /// What one theorem asks for: its model (A0) and its assumptions
    #[arg(long = "for", value_name = "THEOREM")]
    theorem: Option<String>,
    #[command(flatten)]
    observed: samples::ImageOptions,
    #[command(flatten)]
    swept: sweep::SweepOptions,
}

impl Options {
    pub fn run(&self, global: &Global) -> Result<Output, Failure> {
        if let Some(path) = self.observed.samples()? {
            return self.observed.run(path, global);
        }
        let plan = self.swept.plan()?;
        let builtin = self.builtin.unwrap_or(Builtin::Default);
        let problem = read_problem(self.file.as_deref(), builtin)?.problem;
        if let Some(plan) = plan {
            return self
                .swept
                .run(&problem, self.file.as_deref(), &plan, global);
        }
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
            let as_json = |audit: &Audit| {
                let mut value = json::audit(audit);
                if self.theorem.is_some() {
                    value["distance"] = distance::json(&problem, audit);
                }
                value
            };
            let fields = json!({
                "problem": problem.name(),
                "assumptions": audits.iter().map(as_json).collect::<Vec<_>>(),
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
        if self.theorem.is_some() {
            text += &format!("\n{}", distance::text(&problem, &audits, look()));
        } else {
            text += "\nWhat that means for the theorems (explain ID tells more of one)\n\n";
            let asked = standing(&problem, &audits);
            text += &table::what_is_left(&asked, &audits, look());
            text.push('\n');
            for line in needed(&asked, &audits) {
                text += &format!("\n{}\n", filled(&line, "", look()));
            }
        }
        Ok(Output::fine(text))
    }
}
