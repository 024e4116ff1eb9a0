//! `report`: the comparison report as files.

use super::arguments::ProblemArgs;
use super::check::{exit, needs_atoms, parse_delta, run_check, stopped, too_long};
use super::files::{Input, cannot_write, keep_apart, write_whole};
use super::format::shown;
use super::{Failure, Global, Output};
use clap::Args;
use filtercert::check::Config;
use filtercert::number::Q;
use filtercert::report::plots::PLOTS;
use filtercert::report::{json, markdown, plots, summary};
use std::fs;
use std::path::PathBuf;

/// Write the comparison report: Markdown, JSON and plots
///
/// For each theorem what the theory says, what the exact engine found, what the simulated runs
/// showed, and how far they are apart. Writes report.md, report.json and *.svg into the folder,
/// which is made if it does not exist; each file is written whole or not at all.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  filtercert report examples/hinge.toml -o hinge-report")]
pub struct Options {
    #[command(flatten)]
    problem: ProblemArgs,
    /// Folder to write to
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Failure probability that bounds are certified against: a rational strictly between 0 and 1
    #[arg(long, value_name = "DELTA", default_value = "1/100", value_parser = parse_delta)]
    delta: Q,
}

impl Options {
    pub fn run(&self, global: &Global) -> Result<Output, Failure> {
        let names = ["report.md", "report.json"].into_iter().chain(PLOTS);
        let outputs = names.map(|name| self.output.join(name));
        let inputs: Vec<Input> = self.problem.file().map(Input::of).into_iter().collect();
        keep_apart(outputs, &inputs)?;
        let read = self.problem.read()?;
        needs_atoms(&read)?;
        if let Some(limit) = too_long(&read) {
            let report = stopped(&read.problem, &Config::default(), &limit);
            return Ok(Output {
                text: if global.json {
                    format!("{}\n", json::report(&report))
                } else {
                    String::new()
                },
                notes: vec![limit, "nothing was written".to_owned()],
                exit: exit(&report),
            });
        }
        fs::create_dir_all(&self.output).map_err(|error| cannot_write(&self.output, &error))?;
        let report = run_check(&read, true, &self.delta);
        let plots = plots::plots(&report).map_err(|error| Failure::Message(error.to_string()))?;
        let page = markdown::markdown(&report, &plots)
            .map_err(|error| Failure::Message(error.to_string()))?;
        let document = json::report(&report);
        let mut files = vec![
            ("report.md", page),
            ("report.json", format!("{document:#}\n")),
        ];
        files.extend(plots.into_iter().map(|plot| (plot.name, plot.svg)));
        let mut text = String::new();
        for (name, content) in &files {
            let path = self.output.join(name);
            write_whole(&path, content).map_err(|error| cannot_write(&path, &error))?;
            text += &format!("wrote {}\n", shown(&path));
        }
        text += &format!("{}\n", summary::verdicts(&report));
        Ok(Output {
            text: if global.json {
                format!("{document}\n")
            } else {
                text
            },
            notes: summary::overflow(&report).into_iter().collect(),
            exit: exit(&report),
        })
    }
}
