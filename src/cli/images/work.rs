//! The experiment as work that can be shared out: its items are training runs, and the bridge at last.

use super::super::files::{cannot_write, remove_earlier, write_whole};
use super::super::format::shown;
use super::super::output::document;
use super::super::spread::{Answer, Form, command_line};
use super::super::{Cli, Command, Exit, Failure, Output, Progress};
use super::{MEASURES, Options, PAGE, RESULTS, RUNS, Task, told};
use clap::Parser;
use filtercert::images::bridge::Bridge;
use filtercert::images::claim::arena::Arena;
use filtercert::images::claim::experiment::{Done, Job, arenas, jobs, ladder_jobs};
use filtercert::images::claim::registration::sha256;
use filtercert::images::claim::results::{Results, bridge_of, sums};
use filtercert::images::patches::DataAudit;
use filtercert::interrupt;
use filtercert::problem::SourceProblem;
use filtercert::report::claim_plots::{PICTURES, claim_plots};
use filtercert::report::page;
use filtercert::shard::{Items, Parts, Shard, Work};
use flate2::Compression;
use flate2::write::GzEncoder;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::io::Write;
use std::path::Path;

/// What an item gives.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::cli) enum Part {
    /// A training run.
    Run(Done),
    /// Real images with a planted key.
    Bridge(Bridge),
}

/// The whole experiment.
pub(in crate::cli) struct Experiment {
    task: Task,
    prepared: Vec<Arena>,
    audits: Vec<(String, [usize; 2], DataAudit)>,
    timed: bool,
    /// The words of the command line that say what is run.
    words: Vec<String>,
}

fn failed(error: &dyn std::fmt::Display) -> Failure {
    Failure::Message(error.to_string())
}

impl Experiment {
    pub(in crate::cli) fn new(
        options: &Options,
        words: Vec<String>,
        timed: bool,
    ) -> Result<Self, Failure> {
        let task = options.task()?;
        let bar = Progress::start("key patches", None);
        let prepared = arenas(&task.plan, &task.sets, task.controls).map_err(|e| failed(&e))?;
        // A shard tells no answer.
        let audits = match options.spread.shard {
            Some(_) => Vec::new(),
            None => options.audits(&task)?,
        };
        drop(bar);
        Ok(Experiment {
            task,
            prepared,
            audits,
            timed,
            words,
        })
    }

    /// The experiment that these words of a command line ask for, without its times.
    pub(in crate::cli) fn of_words(words: Vec<String>) -> Result<Self, Failure> {
        let wrong = || {
            let line = command_line(words.iter().cloned());
            Failure::Message(format!(
                "found parts of {line:?}, expected those of `images`"
            ))
        };
        let all = std::iter::once("filtercert".to_owned()).chain(words.iter().cloned());
        match Cli::try_parse_from(all).map_err(|_| wrong())?.command {
            Command::Images(options) => Experiment::new(&options, words, false),
            _ => Err(wrong()),
        }
    }

    /// The training runs: those of the main arms, and those of the ladder.
    fn jobs(&self) -> [Vec<Job<'_>>; 2] {
        let (plan, prepared) = (&self.task.plan, &self.prepared);
        [
            jobs(plan, prepared, self.task.controls),
            ladder_jobs(plan, prepared),
        ]
    }

    /// Steps of the bridge, if there is one.
    fn bridge_steps(&self) -> Option<u64> {
        let bridge = self.task.plan.bridge.as_ref()?;
        self.task.sets.get(&bridge.data)?;
        Some(bridge.steps.saturating_mul(16 * bridge.seeds))
    }

    fn bridge(&self) -> Result<Option<Part>, String> {
        let bar = Progress::start("real images with a planted key", self.bridge_steps());
        let (plan, sets) = (&self.task.plan, &self.task.sets);
        let bridge = bridge_of(plan, sets, &|done| bar.advance(done));
        let bridge = bridge.map_err(|error| error.to_string())?;
        Ok(bridge.map(Part::Bridge))
    }
}

impl Work for Experiment {
    type Part = Part;

    fn command(&self) -> &'static str {
        "images"
    }

    fn unit(&self) -> &'static str {
        "training runs"
    }

    fn total(&self) -> u64 {
        let [main, rungs] = self.jobs();
        (main.len() + rungs.len()) as u64 + u64::from(self.bridge_steps().is_some())
    }

    fn problem(&self) -> Option<&SourceProblem> {
        None
    }

    fn options(&self) -> Value {
        let names = [
            "training pixels",
            "training labels",
            "test pixels",
            "test labels",
        ];
        let set = |(id, set)| {
            let sums = names.iter().zip(sums(set));
            let sums: Map<String, Value> = sums
                .map(|(name, sum)| ((*name).to_owned(), json!(sum)))
                .collect();
            (String::clone(id), Value::Object(sums))
        };
        let sets: Map<String, Value> = self.task.sets.iter().map(set).collect();
        let plan = serde_json::to_vec(&self.task.plan).unwrap_or_default();
        json!({
            "data": sets,
            "plan of the experiment": sha256(&plan),
            "registration": self.task.registered.sha256,
            "timed": self.timed,
        })
    }

    fn aside(&self) -> Value {
        json!(self.words)
    }

    fn seed(&self) -> Option<u64> {
        None
    }

    fn shared(&self, shard: Shard) -> Items {
        shard.in_turn(self.total())
    }

    fn perform(&self, items: &Items, done: &(dyn Fn(u64, Part) + Sync)) -> Result<(), String> {
        let all = self.jobs().concat();
        let wanted: Vec<u64> = items.iter().collect();
        let bar = Progress::start("SGD", Some(wanted.len() as u64));
        let timed = self.timed;
        wanted.par_iter().with_max_len(1).try_for_each(|&item| {
            if let Some(job) = all.get(item as usize)
                && interrupt::asked().is_none()
            {
                let run = job.perform(&self.task.plan, timed);
                done(item, Part::Run(run.map_err(|error| error.to_string())?));
                bar.advance(1);
            }
            Ok::<(), String>(())
        })?;
        drop(bar);
        let last = all.len() as u64;
        if items.contains(last)
            && interrupt::asked().is_none()
            && let Some(bridge) = self.bridge()?
        {
            done(last, bridge);
        }
        Ok(())
    }
}

impl Answer for Experiment {
    fn has_output(&self) -> bool {
        true
    }

    fn checkpoint_name(&self) -> Option<&'static str> {
        Some(RUNS)
    }

    fn answer(&self, parts: &Parts<Part>, form: &Form) -> Result<Output, Failure> {
        let [main, _] = self.jobs();
        let (mut runs, mut bridge) = ([Vec::new(), Vec::new()], None);
        for (item, part) in parts {
            match part {
                Part::Run(run) => {
                    runs[usize::from(*item >= main.len() as u64)].push(run.clone());
                }
                Part::Bridge(found) => bridge = Some(found.clone()),
            }
        }
        if (parts.len() as u64) < self.total() {
            let limit = interrupt::asked().unwrap_or("some training runs are missing");
            return Err(Failure::Stopped(limit.to_owned()));
        }
        let [main, rungs] = runs;
        let results = Results::new(
            command_line(self.words.iter().cloned()),
            self.task.registered.clone(),
            self.task.plan.clone(),
            &self.task.sets,
            &self.prepared,
            main,
            rungs,
            bridge,
        );
        let mut text = told::text(&results, &self.audits);
        let fields = told::json(&results, &self.audits, form.timed);
        if let Some(folder) = &form.output {
            std::fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
            text += &write(folder, &results, &fields, &text)?;
        }
        let not_finite = results.not_finite();
        Ok(Output {
            text: match form.json {
                true => document(None, fields),
                false => text,
            },
            exit: match not_finite.is_empty() {
                true => Exit::Fine,
                false => Exit::Unfinished,
            },
            notes: told::not_finite(&not_finite).into_iter().collect(),
        })
    }
}

fn write(folder: &Path, results: &Results, fields: &Value, text: &str) -> Result<String, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::Message(error.to_string());
    let plots = claim_plots(results).map_err(|e| failed(&e))?;
    let page = page::images(results, &plots, text).map_err(|e| failed(&e))?;
    let mut all = fields.clone();
    all["results_format"] = json!(results.format);
    let mut stored = results.clone();
    // Wall times stand in `timing` alone.
    told::without_times(&mut stored);
    all["results"] = json!(stored);
    told::without_weights(&mut stored);
    let kept = json!({ "results_format": results.format, "results": stored });
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    let packed = packed
        .write_all(kept.to_string().as_bytes())
        .and_then(|()| packed.finish())
        .map_err(|error| cannot_write(&folder.join(MEASURES), &error))?;
    let pictures = plots.iter().map(|plot| (plot.name, plot.svg.clone()));
    let mut files: Vec<(&str, String)> = pictures.collect();
    files.push((PAGE, page));
    files.push((RESULTS, document(None, all)));
    let measures = folder.join(MEASURES);
    write_whole(&measures, packed).map_err(|error| cannot_write(&measures, &error))?;
    let mut wrote = format!("wrote {}\n", shown(&measures));
    for (name, content) in &files {
        let path = folder.join(name);
        write_whole(&path, content).map_err(|error| cannot_write(&path, &error))?;
        wrote += &format!("wrote {}\n", shown(&path));
    }
    // Nothing of an earlier experiment may stand beside these results.
    let written = |name: &str| files.iter().any(|file| file.0 == name);
    let left = PICTURES.into_iter().filter(|name| !written(name));
    wrote += &remove_earlier(folder, left.map(str::to_owned), "experiment")?;
    Ok(wrote)
}
