//! `check`: audits the assumptions, runs every theorem, prints the verdict table.

use super::arguments::{builtin_parser, found, one_from_stdin, read_problem};
use super::output::{document, look};
use super::simulate::{self, Length};
use super::{Exit, Failure, Global, Output, Progress, watch};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use filtercert::audit::conjecture::{self, Checked, Conjecture, Finding};
use filtercert::check::{CheckReport, Config, check};
use filtercert::number::{Q, parse_rational};
use filtercert::problem::assumption::{Audit, audit};
use filtercert::problem::{Builtin, Problem, SourceProblem, explicit_json_text, to_explicit_toml};
use filtercert::report::escape::visible;
use filtercert::report::{answer, conjectures, json, summary, table};
use filtercert::theory::context::Budget;
use filtercert::theory::record::TheoremId;
use filtercert::theory::theorem::Theorem;
use filtercert::theory::verdict::Outcome;
use filtercert::theory::{REGISTRY, forms};
use num_traits::{One, Signed};
use serde_json::json;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Check every theorem on a problem
///
/// Audits the assumptions, simulates SGD, compares every theorem that applies with the exact engine
/// and the simulated runs, and prints what happens, with what each theorem says of it, and the verdicts
/// with their kind of evidence. Of several files it prints one line each.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    filtercert check\n  \
    filtercert check --builtin hinge\n  \
    filtercert check problem.toml --only T4,T5 -v\n  \
    filtercert check examples/*.toml\n  \
    filtercert check examples/violates-a4.toml --json")]
pub struct Options {
    /// Problem files, TOML or JSON; - is standard input [default: a built-in problem]
    files: Vec<PathBuf>,
    /// Check this built-in problem
    #[arg(long, value_name = "NAME", conflicts_with = "files", value_parser = builtin_parser())]
    builtin: Option<Builtin>,
    /// Check these theorems only, such as T4,T6
    #[arg(long, value_name = "IDS", value_delimiter = ',', ignore_case = true, value_parser = theorem_parser())]
    only: Option<Vec<TheoremId>>,
    /// Failure probability that bounds are certified against: a rational strictly between 0 and 1
    #[arg(long, value_name = "DELTA", default_value = "1/100", value_parser = parse_delta)]
    delta: Q,
    /// Show every assumption, figure and sentence
    #[arg(long, short, conflicts_with = "quiet")]
    verbose: bool,
    /// Print the line of totals only
    #[arg(long, short)]
    quiet: bool,
    /// Print the problem with every random choice spelled out, and stop
    #[arg(long, conflicts_with_all = ["verbose", "quiet", "only"])]
    explicit: bool,
}

/// Names of theorems, their further forms included.
fn theorem_parser() -> impl TypedValueParser<Value = TheoremId> {
    let names = forms().map(|form| form.statement().id.name());
    PossibleValuesParser::new(names.collect::<Vec<_>>()).map(|name| {
        let has = |theorem: &&&dyn Theorem| {
            let forms = theorem.forms();
            let mut ids = forms.iter().map(|form| form.statement().id.name());
            theorem.statement().id.name().eq_ignore_ascii_case(&name)
                || ids.any(|id| id.eq_ignore_ascii_case(&name))
        };
        let theorem = REGISTRY.iter().find(has);
        theorem.map_or(TheoremId::T0, |theorem| theorem.statement().id)
    })
}

/// A failure probability.
pub(super) fn parse_delta(text: &str) -> Result<Q, String> {
    match parse_rational(text) {
        Ok(delta) if delta.is_positive() && delta < Q::one() => Ok(delta),
        _ => Err(format!(
            "found {}, expected a rational strictly between 0 and 1, such as 1/100 or 0.01",
            found(text)
        )),
    }
}

impl Options {
    pub fn run(&self, global: &Global) -> Result<Output, Failure> {
        let builtin = self.builtin.unwrap_or(Builtin::Default);
        let stdin: Vec<_> = self
            .files
            .iter()
            .map(|file| ("FILE", Some(file.as_path())))
            .collect();
        one_from_stdin(&stdin)?;
        let read = match self.files.as_slice() {
            [] => vec![read_problem(None, builtin)?],
            files => read_all(files, builtin)?,
        };
        match read.as_slice() {
            [one] => self.one(one, global),
            several => self.several(several, global),
        }
    }

    fn one(&self, read: &SourceProblem, global: &Global) -> Result<Output, Failure> {
        if self.explicit {
            return Ok(Output::fine(if global.json {
                explicit_json_text(&read.problem)
            } else {
                to_explicit_toml(&read.problem)
            }));
        }
        needs_atoms(read)?;
        let asked = conjecture::read(read)?;
        watch::shows_parts();
        let (report, checked, too_long) = self.checked(read, &asked)?;
        let (look, given) = (look(), self.given());
        let text = if global.json {
            let mut document = json::check(&report);
            conjectures::put(&mut document, &report.problem, &checked);
            format!("{document}\n")
        } else if self.quiet {
            let mut text = format!("{}\n", summary::verdicts(&report));
            if !checked.is_empty() {
                text += &format!("{}\n", conjectures::totals(&checked));
            }
            text
        } else if self.verbose {
            let mut text = table::check(&report, look);
            if !checked.is_empty() {
                text += &conjectures::text(&report.problem, &checked, &given, look);
                text += "\n";
            }
            text
        } else {
            answer::answer_with(&report, &checked, &given, look)
        };
        Ok(Output {
            text,
            notes: summary::overflow(&report)
                .into_iter()
                .chain(too_long)
                .collect(),
            exit: exit(&report).or(exit_of(&checked)),
        })
    }

    /// The problem as it was given.
    fn given(&self) -> String {
        match (self.files.first(), self.builtin) {
            (Some(file), _) => visible(&file.display().to_string()).into_owned(),
            (None, Some(builtin)) => format!("--builtin {}", builtin.name()),
            (None, None) => String::new(),
        }
    }

    /// One line a problem; the worst of them is the exit code.
    fn several(&self, read: &[SourceProblem], global: &Global) -> Result<Output, Failure> {
        if self.explicit {
            let found = "found several files with --explicit, expected one";
            return Err(Failure::Message(found.to_owned()));
        }
        let mut asked = Vec::new();
        for one in read {
            needs_atoms(one)?;
            asked.push(conjecture::read(one)?);
        }
        let (mut lines, mut documents, mut notes) = (Vec::new(), Vec::new(), Vec::new());
        let mut worst = Exit::Fine;
        for ((file, one), asked) in self.files.iter().zip(read).zip(&asked) {
            let (report, checked, too_long) = self.checked(one, asked)?;
            let own = summary::overflow(&report).into_iter().chain(too_long);
            notes.extend(own.map(|note| format!("{}: {note}", file.display())));
            worst = worst.or(exit(&report)).or(exit_of(&checked));
            if global.json {
                let mut document = json::one_of_several(&report);
                conjectures::put(&mut document, &report.problem, &checked);
                documents.push(document);
            } else {
                lines.push((file, report, checked));
            }
        }
        let text = if global.json {
            document(None, json!({ "problems": documents }))
        } else {
            let rows = lines
                .iter()
                .map(|(file, report, checked)| (file.display().to_string(), report, &checked[..]));
            answer::several(rows, look())
        };
        Ok(Output {
            text,
            notes,
            exit: worst,
        })
    }

    /// The check of one problem and of its conjectures, and the limit that forbids its simulation, if one does.
    fn checked(
        &self,
        read: &SourceProblem,
        asked: &[Conjecture],
    ) -> Result<(CheckReport, Vec<Checked>, Option<String>), Failure> {
        let too_long = too_long(read);
        let (report, checked) = match &too_long {
            Some(limit) => {
                let report = stopped(&read.problem, &self.config(), limit);
                // They need no simulation that is as long.
                (report, conjectured(&read.problem, asked))
            }
            None => self.supervised(read, asked)?,
        };
        Ok((report, checked, too_long))
    }

    fn config(&self) -> Config<'static> {
        Config {
            only: self.only.clone(),
            ..certifying(&self.delta)
        }
    }
}

/// Reads all files, and tells of all that cannot be read.
fn read_all(files: &[PathBuf], builtin: Builtin) -> Result<Vec<SourceProblem>, Failure> {
    let (mut read, mut failures) = (Vec::new(), Vec::new());
    for file in files {
        match read_problem(Some(file), builtin) {
            Ok(problem) => read.push(problem),
            Err(failure) => failures.push(failure),
        }
    }
    match failures.len() {
        0 => Ok(read),
        1 => Err(failures.remove(0)),
        _ => Err(Failure::Several(failures)),
    }
}

/// What a check tells on its way.
enum Told {
    Audits(Vec<Audit>),
    Outcome(Box<Outcome>),
    Report(Box<CheckReport>),
    Conjecture(Box<Checked>),
}

impl Options {
    /// Runs the check; at a limit of time or memory, or a signal, gives what is finished.
    fn supervised(
        &self,
        read: &SourceProblem,
        asked: &[Conjecture],
    ) -> Result<(CheckReport, Vec<Checked>), Failure> {
        let conjectures = asked.to_vec();
        let problem = read.problem.clone();
        let stated = self.config();
        let theorems = stated.only.as_ref().map_or(REGISTRY.len(), Vec::len);
        let work = move |told: &watch::Teller<Told>| {
            let training = problem.training();
            let total = training.runs.saturating_mul(training.steps);
            let progress = Progress::start("simulating", Some(total));
            let finished = AtomicUsize::new(0);
            let config = Config {
                progress: Some(&|done| progress.advance(done)),
                audited: Some(&|audits| told.tell(Told::Audits(audits.to_vec()))),
                finished: Some(&|outcome| {
                    let done = finished.fetch_add(1, Ordering::Relaxed) + 1;
                    progress.say(&format!("checking theorems, {done} of {theorems} done"));
                    told.tell(Told::Outcome(Box::new(outcome.clone())));
                }),
                ..stated
            };
            told.tell(Told::Report(Box::new(check(&problem, &config))));
            for conjecture in &conjectures {
                progress.say(&format!(
                    "checking the conjecture {}",
                    visible(&conjecture.name)
                ));
                let checked = conjecture::checked(&problem, conjecture, &Default::default());
                told.tell(Told::Conjecture(Box::new(checked)));
            }
        };
        let (mut audits, mut done) = (Vec::new(), Vec::new());
        let (mut finished, mut checked) = (None, Vec::new());
        let (told, limit) = watch::until_asked(work);
        for told in told {
            match told {
                Told::Audits(found) => audits = found,
                Told::Outcome(outcome) => done.push(*outcome),
                Told::Report(report) => finished = Some(*report),
                Told::Conjecture(one) => checked.push(*one),
            }
        }
        // What a limit left unfinished.
        let left = asked.iter().skip(checked.len());
        let left: Vec<Checked> = left
            .map(|conjecture| Checked {
                conjecture: conjecture.clone(),
                finding: Finding::stopped(&read.problem, limit.unwrap_or("the check ended early")),
            })
            .collect();
        checked.extend(left);
        if let Some(report) = finished {
            return Ok((report, checked));
        }
        let limit = limit.ok_or_else(|| Failure::Message("the check ended early".to_owned()))?;
        if audits.is_empty() {
            return Err(Failure::Stopped(limit.to_owned()));
        }
        let report = CheckReport::stopped(&read.problem, audits, done, &self.config(), limit);
        Ok((report, checked))
    }
}

/// The check of all conjectures of a problem.
pub(super) fn conjectured(problem: &Problem, asked: &[Conjecture]) -> Vec<Checked> {
    let one = |conjecture| conjecture::checked(problem, conjecture, &Default::default());
    asked.iter().map(one).collect()
}

/// Refuses a problem whose atoms, every one of which T0 and other theorems need, are too many.
pub(super) fn needs_atoms(read: &SourceProblem) -> Result<(), Failure> {
    let fits = read.problem.distribution().check_atoms_fit();
    fits.map_err(|error| read.too_many_atoms(&error).into())
}

/// The limit that forbids the simulation of a check.
pub(super) fn too_long(read: &SourceProblem) -> Option<String> {
    let training = read.problem.training();
    simulate::too_long(
        read,
        &Length {
            runs: training.runs,
            runs_given: false,
            steps: training.steps,
            steps_given: false,
        },
    )
}

/// A check whose simulation a limit forbids: the assumptions, and no theorem decided.
pub(super) fn stopped(problem: &Problem, config: &Config<'_>, limit: &str) -> CheckReport {
    CheckReport::stopped(problem, audit(problem), Vec::new(), config, limit)
}

/// Runs a check with a progress bar.
pub(super) fn run_check(read: &SourceProblem, with_series: bool, delta: &Q) -> CheckReport {
    let training = read.problem.training();
    let progress = Progress::start(
        "checking",
        Some(training.runs.saturating_mul(training.steps)),
    );
    let advance = |done: u64| progress.advance(done);
    check(
        &read.problem,
        &Config {
            with_series,
            progress: Some(&advance),
            ..certifying(delta)
        },
    )
}

/// A check that certifies against this failure probability.
pub(super) fn certifying<'a>(delta: &Q) -> Config<'a> {
    Config {
        budget: Budget {
            delta: delta.clone(),
            ..Budget::default()
        },
        ..Config::default()
    }
}

/// 1 if anything was refuted, else 3 if anything is undecided, else 0.
pub(super) fn exit(report: &CheckReport) -> Exit {
    if report.any_refuted() {
        Exit::Refuted
    } else if report.any_undecided() {
        Exit::Unfinished
    } else {
        Exit::Fine
    }
}

/// 1 if a conjecture was refuted, else 3 if one is undecided, else 0.
pub(super) fn exit_of(conjectures: &[Checked]) -> Exit {
    if conjectures.iter().any(Checked::is_refuted) {
        Exit::Refuted
    } else if conjectures.iter().any(Checked::is_undecided) {
        Exit::Unfinished
    } else {
        Exit::Fine
    }
}
