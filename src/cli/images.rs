//! `images`: claim C6 on real images.

mod told;
mod work;

use super::arguments::{found, integer};
use super::files::{Input, cannot_write, keep_apart};
use super::spread::{Form, Spread};
use super::{Failure, Global, Output, Progress};
use clap::Args;
use filtercert::images::claim::arena::read_set;
use filtercert::images::claim::experiment::{Controls, arenas};
use filtercert::images::claim::registration::{
    DataPlan, REGISTERED, REGISTERED_FILE, Registration, Role, committed, sha256,
};
use filtercert::images::claim::results::{Registered, Results, sums};
use filtercert::images::data::{self, DataSet};
use filtercert::images::patches::{DataAudit, PatchOptions, audit};
use filtercert::images::planted;
use filtercert::report::claim_plots::PICTURES;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
pub(super) use work::Experiment;

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
    /// it nothing is written. With --shard, the file of parts
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
    #[command(flatten)]
    spread: Spread,
}

/// What is run.
pub(super) struct Task {
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
        let form = Form {
            json: global.json,
            timed: !global.no_timing && self.spread.shard.is_none(),
            output: self.output.clone().filter(|_| self.spread.shard.is_none()),
            ..Form::default()
        };
        let inputs = self.inputs();
        if let Some(folder) = &form.output {
            let named = PICTURES.into_iter().chain([RESULTS, MEASURES, PAGE, RUNS]);
            keep_apart(named.map(|name| folder.join(name)), &inputs)?;
            fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
        }
        let words = given_words();
        let work = Experiment::new(self, words, form.timed)?;
        let runs = form.output.as_ref().map(|folder| folder.join(RUNS));
        self.spread
            .kept_in(runs)
            .run(&work, &form, self.output.as_deref(), &inputs, global)
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

/// The words of the command line that say what is run: without the program, and without what changes no result, such as
/// threads, folder of the output, times, shards.
fn given_words() -> Vec<String> {
    let with_value = [
        "--threads",
        "-o",
        "--output",
        "--timeout",
        "--max-memory",
        "--color",
        "--shard",
        "--checkpoint",
        "--checkpoint-seconds",
    ];
    let alone = ["--resume", "--no-timing", "--json"];
    let mut words = Vec::new();
    let mut given = std::env::args_os()
        .skip(1)
        .map(|word| word.to_string_lossy().into_owned());
    while let Some(word) = given.next() {
        let name = word.split('=').next().unwrap_or_default();
        let is_short = name.starts_with("-o") && name != "-o";
        if with_value.contains(&name) {
            if !word.contains('=') {
                given.next();
            }
        } else if !is_short && !alone.contains(&name) {
            words.push(word);
        }
    }
    words
}
