//! `images`: claim C6 on real images.

mod told;

use super::arguments::{found, integer};
use super::files::{Input, cannot_write, keep_apart, remove_earlier, write_whole};
use super::format::shown;
use super::output::document;
use super::{Exit, Failure, Global, Output, Progress};
use clap::Args;
use filtercert::images::claim::arena::{Arena, read_set};
use filtercert::images::claim::experiment::{
    Controls, Done, Job, arenas, jobs, ladder_jobs, perform,
};
use filtercert::images::claim::registration::{
    DataPlan, REGISTERED, REGISTERED_FILE, Registration, Role, committed, sha256,
};
use filtercert::images::claim::results::{Registered, Results, bridge_of, sums};
use filtercert::images::claim::runs::Key;
use filtercert::images::data::{self, DataSet};
use filtercert::images::patches::{DataAudit, PatchOptions, audit};
use filtercert::images::planted;
use filtercert::report::claim_plots::{PICTURES, claim_plots};
use filtercert::report::page;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// The page that shows all of it.
const PAGE: &str = "report.html";

/// Every number.
const RESULTS: &str = "results.json";

/// The same without weights, packed.
const MEASURES: &str = "measures.json.gz";

/// Finished runs, one a line, to go on from.
const RUNS: &str = "runs.jsonl";

/// Test claim C6 on real images: findings as real runs less their controls
///
/// Trains two-layer CNNs by plain SGD on pairs of classes, on the real images and on controls (labels shuffled,
/// pixels permuted, random phases, ...), and gives each finding a verdict by the registered rule: the effect is the
/// real run less its control, and the finding must be found on generated images where the theory holds, or it is void.
/// All of it is sampled; only a whole registered experiment on data not seen before confirms anything.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  filtercert images --quick\n  filtercert images --data DIR --classes 3,8 -o c6\n  \
                  filtercert images --planted orthogonal --quick\n  \
                  experiments/data.sh c6-data && filtercert images --registered c6-data -o c6\n  \
                  filtercert images --recompute c6/results.json"
)]
pub struct Options {
    /// Folder with the four IDX files of an MNIST-like set, plain or gzip [default: Fashion-MNIST where
    /// Debian's package dataset-fashion-mnist puts it]
    #[arg(long, value_name = "DIR", conflicts_with = "planted")]
    data: Option<PathBuf>,
    /// Use a small generated set whose key patterns are known, instead of real images
    #[arg(long, value_name = "KIND")]
    planted: Option<planted::Kind>,
    /// Run the whole registered experiment, on the data sets in this folder (experiments/data.sh makes it)
    #[arg(long, value_name = "DIR", conflicts_with_all = ["data", "planted", "quick", "classes", "seeds", "kernel", "images"])]
    registered: Option<PathBuf>,
    /// Another registration than the one that the program carries
    #[arg(long, value_name = "FILE")]
    registration: Option<PathBuf>,
    /// Derive every number of a results file again, and compare; with --data or --registered the runs' measures from
    /// their weights too
    #[arg(long, value_name = "FILE", conflicts_with_all = ["planted", "quick", "output", "classes", "seeds", "kernel", "images", "registration"])]
    recompute: Option<PathBuf>,
    /// With --recompute: one finding on all sets, with every control
    #[arg(long, value_name = "ID")]
    finding: Option<String>,
    /// Folder to write pictures, results.json and finished runs to, made if it does not exist; without
    /// it nothing is written
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// One pair, two findings with their controls, 5 seeds: some seconds
    #[arg(long)]
    quick: bool,
    /// Pairs of classes, by label: +,- of the first pair, +,- of the second, ...
    /// [default: 0,1,2,3,4,5; with --quick 0,1]
    #[arg(long, value_name = "A,B,...", value_delimiter = ',',
          value_parser = integer::<usize>("a class", 0..=u64::MAX))]
    classes: Vec<usize>,
    /// Most training images of a class, and most test images [default: as registered]
    #[arg(long, value_name = "N",
          value_parser = integer::<u32>("a number of images", 4..=1_000_000))]
    images: Option<u32>,
    /// Side of a filter, in pixels
    #[arg(long, value_name = "K", default_value_t = 4,
          value_parser = integer::<u16>("a side in pixels", 2..=64))]
    kernel: u16,
    /// Seeds [default: 5]
    #[arg(long, value_name = "N",
          value_parser = integer::<u16>("a number of seeds", 2..=1000))]
    seeds: Option<u16>,
    /// With -o: go on from the finished runs in the folder; those of other data or another registration are
    /// refused
    #[arg(long, requires = "output")]
    resume: bool,
}

/// The first line of the file of finished runs: what they are runs of.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Header {
    format: String,
    version: String,
    plan_sha256: String,
    data: BTreeMap<String, Vec<String>>,
    timed: bool,
}

/// What is run.
struct Task {
    registered: Registered,
    plan: Registration,
    controls: Controls,
    sets: BTreeMap<String, DataSet>,
}

impl Options {
    pub fn run(&self, global: &Global) -> Result<Output, Failure> {
        if let Some(file) = &self.recompute {
            return self.recompute(file, global);
        }
        // Not by clap: it asks for nothing that would conflict with another option that was given.
        if self.finding.is_some() {
            return Err(Failure::Message(
                "--finding: found no --recompute, expected one with a results file".to_owned(),
            ));
        }
        let task = self.task()?;
        if let Some(folder) = &self.output {
            let named = PICTURES.into_iter().chain([RESULTS, MEASURES, PAGE, RUNS]);
            keep_apart(named.map(|name| folder.join(name)), &self.inputs())?;
            fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
        }
        let failed = |error: &dyn std::fmt::Display| Failure::Message(error.to_string());
        let bar = Progress::start("key patches", None);
        let prepared = arenas(&task.plan, &task.sets, task.controls).map_err(|e| failed(&e))?;
        let audits = self.audits(&task)?;
        drop(bar);
        let timed = !global.no_timing;
        let (main, rungs) = self.train(&task, &prepared, timed)?;
        let steps = task
            .plan
            .bridge
            .as_ref()
            .map(|b| b.steps.saturating_mul(16 * b.seeds));
        let bar = Progress::start("real images with a planted key", steps);
        let bridge = bridge_of(&task.plan, &task.sets, &|done| bar.advance(done));
        let bridge = bridge.map_err(|e| failed(&e))?;
        drop(bar);
        let command = command_line();
        let results = Results::new(
            command,
            task.registered,
            task.plan,
            &task.sets,
            &prepared,
            main,
            rungs,
            bridge,
        );
        let mut text = told::text(&results, &audits);
        let fields = told::json(&results, &audits, timed);
        if let Some(folder) = &self.output {
            text += &self.write(folder, &results, &fields, &text)?;
        }
        let not_finite = results.not_finite();
        Ok(Output {
            text: if global.json {
                document(None, fields)
            } else {
                text
            },
            exit: if not_finite.is_empty() {
                Exit::Fine
            } else {
                Exit::Unfinished
            },
            notes: told::not_finite(&not_finite).into_iter().collect(),
        })
    }

    fn registration(&self) -> Result<(Registered, Registration), Failure> {
        let (name, text) = match &self.registration {
            None => (REGISTERED_FILE.to_owned(), REGISTERED.to_owned()),
            Some(path) => {
                let text = fs::read_to_string(path).map_err(|error| cannot_read(path, &error))?;
                (path.display().to_string(), text)
            }
        };
        let plan = Registration::read(&text);
        let plan = plan.map_err(|error| Failure::Message(format!("{name}: {error}")))?;
        let registered = Registered {
            file: name,
            sha256: sha256(text.as_bytes()),
            whole: self.registered.is_some() && committed(&sha256(text.as_bytes())).is_some(),
        };
        Ok((registered, plan))
    }

    fn task(&self) -> Result<Task, Failure> {
        let (registered, mut plan) = self.registration()?;
        let controls = if self.quick {
            Controls::Compared
        } else {
            Controls::All
        };
        if let Some(root) = &self.registered {
            let sets = registered_sets(&plan, root)?;
            return Ok(Task {
                registered,
                plan,
                controls,
                sets,
            });
        }
        // A part of the registration, on one data set.
        let set = match self.planted {
            Some(kind) => planted::generate(kind, 4_000, 4_000, 2).data,
            None => data::read(self.data.as_deref())
                .map_err(|error| Failure::Message(error.to_string()))?,
        };
        plan.data.retain(|d| d.role == Role::PositiveControl);
        let taken = plan.data.iter().any(|d| d.id == set.name);
        plan.data.push(DataPlan {
            id: if taken {
                format!("{} (given)", set.name)
            } else {
                set.name.clone()
            },
            role: Role::Exploratory,
            kernel: self.kernel.into(),
            pairs: self.pairs(set.train.n_classes())?,
            sha256: Vec::new(),
        });
        (plan.ladder, plan.bridge) = (None, None);
        plan.seeds = self.seeds.unwrap_or(5).into();
        if self.quick {
            plan.finding.retain(|f| f.quick);
        }
        let images = self.images.map(|n| n as usize);
        if let Some(n) = images {
            (plan.sample.train_per_class, plan.sample.test_per_class) = (n, n);
        }
        let mut sets = BTreeMap::new();
        for data in &plan.data {
            let set = match data.role {
                Role::PositiveControl => read_set(data, None, plan.sample.seed)
                    .map_err(|error| Failure::Message(error.to_string()))?,
                _ => set.clone(),
            };
            sets.insert(data.id.clone(), set);
        }
        Ok(Task {
            registered,
            plan,
            controls,
            sets,
        })
    }

    fn pairs(&self, classes: usize) -> Result<Vec<[usize; 2]>, Failure> {
        let given: Vec<usize> = match (self.classes.as_slice(), self.quick) {
            ([], true) => vec![0, 1],
            ([], false) => (0..classes.min(6) / 2 * 2).collect(),
            (given, _) => given.to_vec(),
        };
        let pairs: Vec<[usize; 2]> = given.chunks_exact(2).map(|c| [c[0], c[1]]).collect();
        let sorted = |[a, b]: &[usize; 2]| [*a.min(b), *a.max(b)];
        let twice = pairs.iter().enumerate().find(|(i, pair)| {
            pair[0] == pair[1]
                || pairs[..*i]
                    .iter()
                    .any(|other| sorted(other) == sorted(pair))
        });
        if given.len() % 2 == 1 || pairs.is_empty() || twice.is_some() {
            let joined: Vec<String> = given.iter().map(usize::to_string).collect();
            return Err(Failure::Message(format!(
                "--classes: found {}, expected pairs of two different classes, each pair once, as 0,1 or 0,1,2,3",
                found(&joined.join(","))
            )));
        }
        Ok(pairs)
    }

    /// How far the patches of the set are from A1, A2, A3, pair by pair; of the positive control nothing.
    fn audits(&self, task: &Task) -> Result<Vec<(String, [usize; 2], DataAudit)>, Failure> {
        let mut audits = Vec::new();
        for data in &task.plan.data {
            if data.role == Role::PositiveControl || self.quick {
                continue;
            }
            let options = PatchOptions {
                size: data.kernel,
                stride: data.kernel,
                centres: task.plan.sample.centres,
                ..PatchOptions::default()
            };
            for pair in &data.pairs {
                let failed = |what: String| {
                    Failure::Message(format!("{}, classes {pair:?}: {what}", data.id))
                };
                let images = task.sets[&data.id].train.of_classes(pair);
                let images = images.map_err(|error| failed(error.to_string()))?;
                let images = images.first_of_each(task.plan.sample.train_per_class);
                let found = audit(&images, &options).map_err(|error| failed(error.to_string()))?;
                audits.push((data.id.clone(), *pair, found));
            }
        }
        Ok(audits)
    }

    /// All training runs, those of the ladder apart; finished ones are taken from the folder with `--resume`, and each is
    /// added there as it ends.
    fn train(
        &self,
        task: &Task,
        prepared: &[Arena],
        timed: bool,
    ) -> Result<(Vec<Done>, Vec<Done>), Failure> {
        let main = jobs(&task.plan, prepared, task.controls);
        let rungs = ladder_jobs(&task.plan, prepared);
        let plan = serde_json::to_vec(&task.plan).unwrap_or_default();
        let header = Header {
            format: "filtercert-images-runs 1".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            plan_sha256: sha256(&plan),
            data: task
                .sets
                .iter()
                .map(|(id, set)| (id.clone(), sums(set)))
                .collect(),
            timed,
        };
        let mut done = BTreeMap::new();
        let mut journal = None;
        if let Some(folder) = &self.output {
            let path = folder.join(RUNS);
            if self.resume && path.exists() {
                done = read_runs(&path, &header)?;
            }
            journal = Some(Mutex::new(begin_runs(&path, &header, &done)?));
        }
        let bar = Progress::start("SGD", Some((main.len() + rungs.len()) as u64));
        let broken: Mutex<Option<std::io::Error>> = Mutex::new(None);
        let finished = |of: &Done| {
            bar.advance(1);
            if let Some(journal) = &journal
                && let Err(error) = append(journal, of)
                && let Ok(mut broken) = broken.lock()
            {
                broken.get_or_insert(error);
            }
        };
        let perform = |jobs: &[Job<'_>]| {
            perform(&task.plan, jobs, &done, timed, &finished)
                .map_err(|error| Failure::Message(error.to_string()))
        };
        let all = (perform(&main)?, perform(&rungs)?);
        drop(journal.take());
        if let Some(folder) = &self.output {
            // In the order of their keys, whatever order they ended in.
            let of = |done: &Done| Some((done.records.first()?.key.clone(), done.clone()));
            let sorted = all.0.iter().chain(&all.1).filter_map(of).collect();
            begin_runs(&folder.join(RUNS), &header, &sorted)?;
        }
        if let (Some(folder), Ok(Some(error))) = (&self.output, broken.into_inner()) {
            return Err(cannot_write(&folder.join(RUNS), &error));
        }
        Ok(all)
    }

    fn write(
        &self,
        folder: &Path,
        results: &Results,
        fields: &Value,
        text: &str,
    ) -> Result<String, Failure> {
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

    /// The files that are read.
    fn inputs(&self) -> Vec<Input> {
        let mut folders = Vec::new();
        if let Some(root) = &self.registered {
            let all = fs::read_dir(root).into_iter().flatten().flatten();
            folders.extend(all.map(|entry| entry.path()));
        }
        if self.planted.is_none() {
            let debian = PathBuf::from(data::DEBIAN_FASHION_MNIST);
            folders.push(self.data.clone().unwrap_or(debian));
        }
        let files = folders
            .iter()
            .flat_map(|f| fs::read_dir(f).into_iter().flatten().flatten());
        let files = files.map(|file| file.path());
        files
            .chain(self.registration.clone())
            .map(|path| Input::of(&path))
            .collect()
    }

    fn recompute(&self, file: &Path, global: &Global) -> Result<Output, Failure> {
        let bytes = fs::read(file).map_err(|error| cannot_read(file, &error))?;
        let at = |what: String| Failure::Message(format!("{}: {what}", file.display()));
        let text = told::unpacked(&bytes).map_err(at)?;
        let results = Results::read(&text).map_err(at)?;
        if let Some(id) = &self.finding
            && !results.findings.iter().any(|f| &f.id == id)
        {
            let known = results.plan.finding.iter().map(|f| f.id.as_str());
            return Err(Failure::Message(format!(
                "--finding: found {}, expected one of {}",
                found(id),
                known.collect::<Vec<_>>().join(", ")
            )));
        }
        let mut sets = BTreeMap::new();
        let given = self.registered.is_some() || self.data.is_some();
        for data in &results.plan.data {
            let set = match (data.role, &self.registered, &self.data) {
                (Role::PositiveControl, _, _) if given => {
                    read_set(data, None, results.plan.sample.seed)
                }
                (Role::Confirmatory | Role::Exploratory, Some(root), _) => {
                    data::read(Some(&folder_of(root, data)))
                }
                (Role::Exploratory, None, Some(folder)) => data::read(Some(folder)),
                _ => continue,
            };
            sets.insert(
                data.id.clone(),
                set.map_err(|error| Failure::Message(error.to_string()))?,
            );
        }
        let bar = Progress::start("recomputing", None);
        let controls = told::controls(&results);
        let prepared = arenas(&results.plan, &sets, controls)
            .map_err(|error| Failure::Message(error.to_string()))?;
        let (compared, wrong) = results.recompute(&sets, &prepared, told::TOLERANCE);
        drop(bar);
        let answer = told::recomputed(
            file,
            &results,
            given && !results.starts.is_empty(),
            compared,
            &wrong,
            self.finding.as_deref(),
        );
        Ok(answer.output(global.json))
    }
}

fn cannot_read(path: &Path, error: &std::io::Error) -> Failure {
    let why = filtercert::problem::in_words(error);
    Failure::Message(format!("{}: cannot be read: {why}", path.display()))
}

/// Where a registered set lies: below the root, or, of Fashion-MNIST, where Debian puts it.
fn folder_of(root: &Path, data: &DataPlan) -> PathBuf {
    let below = root.join(&data.id);
    if !below.exists() && data.id == "fashion-mnist" {
        return PathBuf::from(data::DEBIAN_FASHION_MNIST);
    }
    below
}

/// All sets of a registration; each must be the one that was registered.
fn registered_sets(plan: &Registration, root: &Path) -> Result<BTreeMap<String, DataSet>, Failure> {
    let mut sets = BTreeMap::new();
    for data in &plan.data {
        let folder = folder_of(root, data);
        if data.role != Role::PositiveControl && !folder.exists() {
            return Err(Failure::Message(format!(
                "{}: not there; `experiments/data.sh {}` makes the registered data sets, and `apt-get install \
                 dataset-fashion-mnist` installs Fashion-MNIST",
                folder.display(),
                root.display()
            )));
        }
        let set = read_set(data, Some(&folder), plan.sample.seed)
            .map_err(|error| Failure::Message(error.to_string()))?;
        if data.role != Role::PositiveControl {
            let names = [
                "training pixels",
                "training labels",
                "test pixels",
                "test labels",
            ];
            let found = sums(&set);
            for ((name, found), expected) in names.into_iter().zip(&found).zip(&data.sha256) {
                if found != expected {
                    return Err(Failure::Message(format!(
                        "{}: {name}: found SHA-256 {found}, expected {expected}, the registered data",
                        folder.display()
                    )));
                }
            }
        }
        sets.insert(data.id.clone(), set);
    }
    Ok(sets)
}

/// The finished runs of a file, whose last line may be cut off.
fn read_runs(path: &Path, header: &Header) -> Result<BTreeMap<Key, Done>, Failure> {
    let text = fs::read_to_string(path).map_err(|error| cannot_read(path, &error))?;
    let mut lines = text
        .split_inclusive('\n')
        .filter(|line| line.ends_with('\n'));
    let first = lines.next().unwrap_or_default();
    let refused = |what: &str| {
        Failure::Message(format!(
            "{}: {what}; without --resume the experiment begins anew",
            path.display()
        ))
    };
    let found: Header = serde_json::from_str(first)
        .map_err(|_| refused("found no file of finished runs, expected one"))?;
    let differs = [
        ("the format differs", found.format != header.format),
        (
            "the version of the program differs",
            found.version != header.version,
        ),
        ("the data sets differ", found.data != header.data),
        (
            "the plan of the experiment differs",
            found.plan_sha256 != header.plan_sha256,
        ),
        ("--no-timing differs", found.timed != header.timed),
    ];
    if let Some((what, _)) = differs.iter().find(|(_, differs)| *differs) {
        return Err(refused(&format!("not this experiment: {what}")));
    }
    let mut done = BTreeMap::new();
    for (number, line) in lines.enumerate() {
        let bad = || refused(&format!("line {}: found a damaged run", number + 2));
        let (sum, content) = line.trim_end().split_once(' ').ok_or_else(bad)?;
        if sum != sha256(content.as_bytes()) {
            return Err(bad());
        }
        let of: Done = serde_json::from_str(content).map_err(|_| bad())?;
        let key = of
            .records
            .first()
            .map(|record| record.key.clone())
            .ok_or_else(bad)?;
        done.insert(key, of);
    }
    Ok(done)
}

/// Begins the file of finished runs, with those that are done.
fn begin_runs(
    path: &Path,
    header: &Header,
    done: &BTreeMap<Key, Done>,
) -> Result<fs::File, Failure> {
    let mut text = serde_json::to_string(header).unwrap_or_default() + "\n";
    for of in done.values() {
        text += &line(of);
    }
    write_whole(path, text).map_err(|error| cannot_write(path, &error))?;
    let open = fs::OpenOptions::new().append(true).open(path);
    open.map_err(|error| cannot_write(path, &error))
}

/// A finished run with its checksum.
fn line(of: &Done) -> String {
    let content = serde_json::to_string(of).unwrap_or_default();
    format!("{} {content}\n", sha256(content.as_bytes()))
}

fn append(journal: &Mutex<fs::File>, of: &Done) -> std::io::Result<()> {
    let line = line(of);
    match journal.lock() {
        Ok(mut file) => file.write_all(line.as_bytes()),
        Err(_) => Err(std::io::Error::other("another thread failed")),
    }
}

/// The command line, without the program's folder and what changes no result: threads, folder of the output, times.
fn command_line() -> String {
    let mut words = vec!["filtercert".to_owned()];
    let mut given = std::env::args_os()
        .skip(1)
        .map(|word| word.to_string_lossy().into_owned());
    while let Some(word) = given.next() {
        let name = word.split('=').next().unwrap_or_default();
        match name {
            "--threads" | "-o" | "--output" | "--timeout" | "--max-memory" | "--color" => {
                if !word.contains('=') {
                    given.next();
                }
            }
            "--resume" | "--no-timing" | "--json" => {}
            _ => words.push(word),
        }
    }
    words.join(" ")
}
