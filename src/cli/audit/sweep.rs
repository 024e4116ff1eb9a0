//! `audit --sweep`: how far an assumption can be bent.

use super::super::arguments::{self, did_you_mean, found};
use super::super::files::{Input, cannot_write, keep_apart, remove_earlier, write_whole};
use super::super::format::{bold, shown};
use super::super::output::{document, look};
use super::super::{Exit, Failure, Global, Output, Progress, watch};
use clap::Args;
use filtercert::audit::sweep::{Plan, Sweep, SweepError, SweepKey, SweepPoint, sweep_with};
use filtercert::number::{Q, parse_rational, ratio};
use filtercert::problem::Problem;
use filtercert::report::sweep as report;
use num_traits::Signed;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// Options of a sweep.
#[derive(Debug, Args)]
#[command(next_help_heading = "Sweep")]
pub struct SweepOptions {
    /// Change the problem along KEY and see where conclusions fail: background-coherence, key-coherence, prior,
    /// background-distance or wrong-key, such as prior=1/2..9/10
    #[arg(long, value_name = "KEY=FROM..TO", conflicts_with_all = ["theorem", "samples"])]
    sweep: Option<String>,
    /// Number of values [default: 11]
    #[arg(long, value_name = "N", value_parser = arguments::integer::<u32>("a number of values", 2..=10_000))]
    points: Option<u32>,
    /// The ratio of norms that is asked for: least winner over largest loser [default: 1]
    #[arg(long, value_name = "R", value_parser = positive)]
    ratio: Option<Positive>,
    /// Leave out the steps at which theorems certify accuracy 1, which take longest
    #[arg(long)]
    no_certified: bool,
    /// Write charts into this folder: sweep-ratio.svg, sweep-accuracy.svg, sweep-certified.svg
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
}

/// A number above 0.
#[derive(Debug, Clone)]
pub struct Positive(Q);

fn positive(text: &str) -> Result<Positive, String> {
    let value = parse_rational(text).ok().filter(Signed::is_positive);
    value.map(Positive).ok_or_else(|| {
        let found = found(text);
        format!(
            "found {found}, expected a ratio: a rational number greater than 0, such as 2 or 3/2"
        )
    })
}

impl SweepOptions {
    /// What is to be swept, if anything is.
    ///
    /// # Errors
    /// What is wrong with the words, or an option without a sweep.
    pub fn plan(&self) -> Result<Option<Plan>, Failure> {
        let given = [
            ("--points", self.points.is_some()),
            ("--ratio", self.ratio.is_some()),
            ("--no-certified", self.no_certified),
            ("-o", self.output.is_some()),
        ];
        let Some(text) = &self.sweep else {
            return match given.iter().find(|(_, given)| *given) {
                None => Ok(None),
                Some((option, _)) => Err(Failure::Message(format!(
                    "{option}: found without --sweep, expected what is swept: --sweep KEY=FROM..TO"
                ))),
            };
        };
        let wrong = |expected: String| {
            Failure::Message(format!(
                "--sweep: found {}, expected {expected}",
                found(text)
            ))
        };
        let form = "a key and two ends, such as prior=1/2..9/10";
        let (name, ends) = text.split_once('=').ok_or_else(|| wrong(form.to_owned()))?;
        let key = SweepKey::ALL.into_iter().find(|key| key.name() == name);
        let key = key.ok_or_else(|| {
            let names = SweepKey::ALL.map(SweepKey::name);
            let near = did_you_mean(name, names);
            wrong(format!("one of the keys {}{near}", names.join(", ")))
        })?;
        let (from, to) = ends
            .split_once("..")
            .ok_or_else(|| wrong(form.to_owned()))?;
        let number = |text: &str| {
            parse_rational(text).map_err(|_| {
                let what = "two rational numbers with .. between them, such as 0..1/2";
                Failure::Message(format!("--sweep: found {}, expected {what}", found(text)))
            })
        };
        let ends = [number(from)?, number(to)?];
        if ends[0] == ends[1] {
            return Err(wrong("two different ends".to_owned()));
        }
        let asked = self.ratio.as_ref().map(|ratio| ratio.0.clone());
        Ok(Some(Plan {
            key,
            ends,
            points: self.points.unwrap_or(11),
            ratio: asked.unwrap_or_else(|| ratio(1, 1)),
            certify: !self.no_certified,
        }))
    }

    pub fn run(
        &self,
        problem: &Problem,
        file: Option<&Path>,
        plan: &Plan,
        global: &Global,
    ) -> Result<Output, Failure> {
        if let Some(folder) = &self.output {
            let inputs: Vec<Input> = file.into_iter().map(Input::of).collect();
            keep_apart(report::FILES.map(|name| folder.join(name)), &inputs)?;
        }
        let (plan, swept) = &supervised(problem, plan)?;
        let written = match &self.output {
            // Of one value there is nothing to draw.
            Some(folder) if swept.points.len() > 1 => write(folder, problem, plan, swept)?,
            _ => String::new(),
        };
        let text = match global.json {
            true => document(Some(problem), report::json(problem, plan, swept)),
            false => {
                let key = plan.key.name();
                let title = bold(&format!("Sweep of {} along {key}", problem.name()));
                let said = report::text(problem, plan, swept, look());
                format!("{title}\n\n{said}{written}")
            }
        };
        let stopped = swept.stopped.clone();
        Ok(Output {
            exit: match stopped {
                None => Exit::Fine,
                Some(_) => Exit::Unfinished,
            },
            notes: stopped.into_iter().collect(),
            text,
        })
    }
}

/// What a sweep tells on its way.
enum Told {
    /// The place of a value, what was found there, and whether that is all that is asked for.
    Point(usize, Box<SweepPoint>, bool),
    Finished(Result<Box<Sweep>, SweepError>),
}

/// Sweeps; at a limit of time or memory, or a signal, gives the values that are finished, and as what was planned what was
/// done: where nothing was certified yet, no certificates.
fn supervised(problem: &Problem, plan: &Plan) -> Result<(Plan, Sweep), Failure> {
    watch::shows_parts();
    let (owned, planned) = (problem.clone(), plan.clone());
    let (told, limit) = watch::until_asked(move |told: &watch::Teller<Told>| {
        let progress = Progress::start("sweep", None);
        let finished = AtomicU32::new(0);
        let swept = sweep_with(&owned, &planned, &|place, point, whole| {
            if whole {
                let done = finished.fetch_add(1, Ordering::Relaxed) + 1;
                progress.say(&format!("sweep: {done} of {} values done", planned.points));
            }
            told.tell(Told::Point(place, Box::new(point.clone()), whole));
        });
        drop(progress);
        told.tell(Told::Finished(swept.map(Box::new)));
    });
    let (mut whole, mut looked_at) = (Vec::new(), Vec::new());
    for told in told {
        match told {
            Told::Finished(swept) => {
                let swept = swept.map_err(|error| {
                    let name = plan.key.name();
                    Failure::Message(format!("--sweep {name}: {error}"))
                })?;
                return Ok((plan.clone(), *swept));
            }
            Told::Point(place, point, true) => whole.push((place, *point)),
            Told::Point(place, point, false) => looked_at.push((place, *point)),
        }
    }
    let limit = limit.unwrap_or("the sweep ended early");
    let mut done = plan.clone();
    if whole.is_empty() {
        (whole, done.certify) = (looked_at, false);
    }
    match whole.is_empty() {
        true => Err(Failure::Stopped(limit.to_owned())),
        false => Ok((done, Sweep::stopped(whole, plan, limit))),
    }
}

/// Writes the charts, and says which.
fn write(folder: &Path, problem: &Problem, plan: &Plan, swept: &Sweep) -> Result<String, Failure> {
    let plots = report::plots(problem, plan, swept);
    let plots = plots.map_err(|error| Failure::Message(error.to_string()))?;
    fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
    let mut text = "\n".to_owned();
    for plot in &plots {
        let path = folder.join(plot.name);
        write_whole(&path, &plot.svg).map_err(|error| cannot_write(&path, &error))?;
        text += &format!("wrote {}\n", shown(&path));
    }
    let is_written = |name: &&str| plots.iter().any(|plot| plot.name == *name);
    let left = report::FILES.into_iter().filter(|name| !is_written(name));
    text += &remove_earlier(folder, left.map(str::to_owned), "sweep")?;
    Ok(text)
}
