//! `report`: the comparison report as files.

use super::arguments::{builtin_parser, one_from_stdin, read_problem};
use super::check::{
    certifying, conjectured, exit, exit_of, needs_atoms, parse_delta, run_check, stopped, too_long,
};
use super::files::{Input, cannot_write, keep_apart, remove_earlier, write_whole};
use super::format::shown;
use super::output::document;
use super::{Exit, Failure, Global, Output};
use clap::Args;
use filtercert::audit::conjecture::{self, Checked};
use filtercert::check::CheckReport;
use filtercert::number::Q;
use filtercert::problem::{Builtin, SourceProblem};
use filtercert::report::escape::visible;
use filtercert::report::page::{PICTURES, PREFIXES, RenderError, Reported, pages};
use filtercert::report::{conjectures, json, summary};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// Write the comparison report: one page, and the same as Markdown, JSON and pictures
///
/// What each theorem says over time, what the exact engine found and what the simulated runs
/// showed, beside each other. Writes report.html, which is complete in itself, report.md,
/// report.json and *.svg into the folder, which is made if it does not exist; each file is written
/// whole or not at all. Of two problems the page shows one beside the other, and what differs.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    filtercert report examples/hinge.toml -o hinge-report\n  \
    filtercert report examples/balanced.toml examples/violates-a4.toml -o both")]
pub struct Options {
    /// Problem file, TOML or JSON; - is standard input
    #[arg(required_unless_present = "builtin")]
    file: Option<PathBuf>,
    /// A second problem, shown beside the first
    file2: Option<PathBuf>,
    /// A built-in problem in place of a file
    #[arg(long, value_name = "NAME", conflicts_with = "file", value_parser = builtin_parser())]
    builtin: Option<Builtin>,
    /// Folder to write to
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Failure probability that bounds are certified against: a rational strictly between 0 and 1
    #[arg(long, value_name = "DELTA", default_value = "1/100", value_parser = parse_delta)]
    delta: Q,
}

/// The texts of a report.
const TEXTS: [&str; 3] = ["report.html", "report.md", "report.json"];

impl Options {
    pub fn run(&self, global: &Global) -> Result<Output, Failure> {
        one_from_stdin(&[
            ("FILE", self.file.as_deref()),
            ("FILE2", self.file2.as_deref()),
        ])?;
        let prefixes: &[&str] = match self.file2 {
            Some(_) => &PREFIXES,
            None => &[""],
        };
        let outputs = TEXTS.map(str::to_owned).into_iter().chain(pictures());
        let outputs = outputs.map(|name| self.output.join(name));
        let files = || [&self.file, &self.file2].into_iter().flatten();
        let inputs: Vec<Input> = files().map(|file| Input::of(file)).collect();
        keep_apart(outputs, &inputs)?;
        let read = self.read()?;
        let mut asked = Vec::new();
        for one in &read {
            needs_atoms(one)?;
            asked.push(conjecture::read(one)?);
        }
        if let Some(limit) = read.iter().find_map(too_long) {
            return Ok(self.nothing(&read, limit, global));
        }
        fs::create_dir_all(&self.output).map_err(|error| cannot_write(&self.output, &error))?;
        let checked = read.iter().map(|one| run_check(one, true, &self.delta));
        let reports: Vec<CheckReport> = checked.collect();
        let found = read.iter().zip(&asked);
        let found: Vec<Vec<Checked>> = found
            .map(|(one, asked)| conjectured(&one.problem, asked))
            .collect();
        let given = self.given();
        let all = reports.iter().zip(&given).zip(prefixes);
        let all: Vec<Reported<'_>> = all
            .map(|((report, given), prefix)| Reported::new(report, given, prefix))
            .collect::<Result<_, _>>()
            .map_err(unrendered)?;
        let document = self.document(&reports, &found);
        let pages = pages(&all).map_err(unrendered)?;
        let mut written = vec![
            ("report.html".to_owned(), pages.html),
            ("report.md".to_owned(), pages.markdown),
            ("report.json".to_owned(), document.clone()),
        ];
        written.extend(all.iter().flat_map(Reported::files));
        let mut text = String::new();
        for (name, content) in &written {
            let path = self.output.join(name);
            write_whole(&path, content).map_err(|error| cannot_write(&path, &error))?;
            text += &format!("wrote {}\n", shown(&path));
        }
        // Nothing of an earlier report may stand beside this one.
        let is_written = |name: &str| written.iter().any(|file| file.0 == name);
        let left = pictures().filter(|name| !is_written(name));
        text += &remove_earlier(&self.output, left, "report")?;
        for (report, found) in reports.iter().zip(&found) {
            let whose = match reports.len() {
                1 => String::new(),
                _ => format!("{}: ", visible(report.problem.name())),
            };
            text += &format!("{whose}{}\n", summary::verdicts(report));
            if !found.is_empty() {
                text += &format!("{whose}{}\n", conjectures::totals(found));
            }
        }
        Ok(Output {
            text: if global.json { document } else { text },
            notes: reports.iter().filter_map(summary::overflow).collect(),
            exit: found
                .iter()
                .map(|found| exit_of(found))
                .fold(worst(&reports), Exit::or),
        })
    }

    fn read(&self) -> Result<Vec<SourceProblem>, Failure> {
        let builtin = self.builtin.unwrap_or(Builtin::Default);
        let first = read_problem(self.file.as_deref(), builtin)?;
        let second = self.file2.as_deref();
        let second = second.map(|file| read_problem(Some(file), builtin));
        Ok(std::iter::once(first).chain(second.transpose()?).collect())
    }

    /// The problems as they were given.
    fn given(&self) -> Vec<String> {
        let files = [&self.file, &self.file2].into_iter().flatten();
        let mut given: Vec<String> = files.map(|file| quoted(file)).collect();
        if let Some(builtin) = self.builtin {
            given.insert(0, format!("--builtin {}", builtin.name()));
        }
        given
    }

    fn document(&self, reports: &[CheckReport], found: &[Vec<Checked>]) -> String {
        let with = |mut document: Value, (report, found): (&CheckReport, &Vec<Checked>)| {
            conjectures::put(&mut document, &report.problem, found);
            document
        };
        let mut all = reports.iter().zip(found);
        match (all.next(), all.len()) {
            (Some(one), 0) => format!("{:#}\n", with(json::report(one.0), one)),
            (first, _) => {
                let all = first.into_iter().chain(all);
                let problems: Vec<_> = all
                    .map(|one| with(json::one_reported(one.0), one))
                    .collect();
                document(None, json!({ "problems": problems }))
            }
        }
    }

    /// What a limit leaves of a report: no file, and the assumptions in JSON.
    fn nothing(&self, read: &[SourceProblem], limit: String, global: &Global) -> Output {
        let config = certifying(&self.delta);
        let reports = read
            .iter()
            .map(|one| stopped(&one.problem, &config, &limit));
        let reports: Vec<CheckReport> = reports.collect();
        Output {
            text: match global.json {
                true => self.document(&reports, &vec![Vec::new(); reports.len()]),
                false => String::new(),
            },
            exit: worst(&reports),
            notes: vec![limit, "nothing was written".to_owned()],
        }
    }
}

/// The files of all pictures that there can be.
fn pictures() -> impl Iterator<Item = String> {
    let prefixes = [""].into_iter().chain(PREFIXES);
    prefixes.flat_map(|prefix| PICTURES.map(|name| format!("{prefix}{name}.svg")))
}

/// A file as a shell reads it: in quotes where it needs them; standard input with where it comes from.
fn quoted(file: &Path) -> String {
    let text = file.display().to_string();
    if text == "-" {
        return "- < problem.toml".to_owned();
    }
    let text = match text.starts_with('-') {
        true => format!("./{text}"),
        false => text,
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "_./-+,:@%=".contains(c);
    match text.chars().all(plain) && !text.is_empty() {
        true => text,
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

fn worst(reports: &[CheckReport]) -> Exit {
    let exits = reports.iter().map(exit);
    exits.fold(Exit::Fine, Exit::or)
}

fn unrendered(error: RenderError) -> Failure {
    Failure::Message(error.to_string())
}
