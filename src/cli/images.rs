//! `images`: the experiment on real images.

use super::arguments::{found, integer, seed, step};
use super::files::{Input, cannot_write, keep_apart, remove_earlier, write_whole};
use super::format::{bold, shown};
use super::output::document;
use super::{Exit, Failure, Global, Output, Progress};
use clap::{Args, ValueEnum};
use filtercert::images::bridge::{Bridge, BridgePlan, BridgeRun, bridge};
use filtercert::images::data::{self, DataSet, MissingClass, ranges};
use filtercert::images::findings::{Finding, Verdict, findings};
use filtercert::images::network::{Architecture, Head, Loss, PoolKind, Pooling};
use filtercert::images::patches::{DataAudit, PatchOptions, audit};
use filtercert::images::planted;
use filtercert::images::study::{
    Diverged, KeyPatches, Measured, Runs, Study, StudyError, not_finite, short,
};
use filtercert::images::training::{Epoch, Plan, Run, TrainingError, Watch};
use filtercert::report::chart::Plot;
use filtercert::report::escape::visible_lines;
use filtercert::report::format::{shortest, thousandths};
use filtercert::report::image_plots::{PICTURES, image_plots};
use filtercert::report::page::{self, RenderError, Told};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// The page that shows all of it.
const PAGE: &str = "report.html";

/// Steps of SGD on the semi-real set.
const BRIDGE_STEPS: u64 = 2_000;

/// Train a two-layer CNN on real images and test the findings F1 to F6
///
/// Does what the theory says of planted patterns hold on real images, to some extent? Trains by plain SGD
/// at several scales of the initialisation and several seeds, and gives each finding a verdict with an
/// interval over the seeds and a threshold fixed beforehand. A semi-real set with planted keys and an audit
/// of the data come with it. Everything here is sampled evidence about this data set and this network.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  filtercert images --quick\n  filtercert images -o images-report\n  \
                  filtercert images --classes 0,1 --head fixed --loss hinge --pool sum --no-bias\n  \
                  filtercert images --planted orthogonal --quick"
)]
pub struct Options {
    /// Folder with the four IDX files of an MNIST-like set, plain or gzip [default: Fashion-MNIST where
    /// Debian's package dataset-fashion-mnist puts it]
    #[arg(long, value_name = "DIR", conflicts_with = "planted")]
    data: Option<PathBuf>,
    /// Use a small generated set whose key patterns are known, instead of real images
    #[arg(long, value_name = "KIND")]
    planted: Option<planted::Kind>,
    /// Folder to write pictures, results.json and checkpoints to, made if it does not exist; without
    /// it nothing is written
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Two classes, 1,000 images, two scales: some seconds
    #[arg(long)]
    quick: bool,
    /// Classes to tell apart, by label, in the order +, - for two [default: all; with --quick 0,1]
    #[arg(long, value_name = "A,B,...", value_delimiter = ',',
          value_parser = integer::<usize>("a class", 0..=u64::MAX))]
    classes: Vec<usize>,
    /// Training images, the first of the set [default: all; with --quick 1000]
    #[arg(long, value_name = "N",
          value_parser = integer::<u32>("a number of images", 1..=u64::from(u32::MAX)))]
    images: Option<u32>,
    /// Filters
    #[arg(long, value_name = "N", default_value_t = 32,
          value_parser = integer::<u16>("a number of filters", 1..=u64::from(u16::MAX)))]
    filters: u16,
    /// Side of a filter, in pixels
    #[arg(long, value_name = "K", default_value_t = 5,
          value_parser = integer::<u16>("a side in pixels", 1..=u64::from(u16::MAX)))]
    kernel: u16,
    /// Distance of neighbouring patches, in pixels
    #[arg(long, value_name = "S", default_value_t = 1,
          value_parser = integer::<u16>("a distance in pixels", 1..=u64::from(u16::MAX)))]
    stride: u16,
    /// Pooling: average, sum or max over the whole map, or over cells of side N with :N
    #[arg(long, value_name = "KIND[:N]", default_value = "average:4", value_parser = parse_pooling)]
    pool: Pooling,
    /// Second layer: trained, or fixed to +1, -1, ... as in the theory
    #[arg(long, value_enum, default_value_t = HeadOption::Trained)]
    head: HeadOption,
    /// Loss [default: softmax; for two classes logistic]
    #[arg(long, value_enum)]
    loss: Option<LossOption>,
    /// No biases, as in the theory
    #[arg(long)]
    no_bias: bool,
    /// Scale of the initialisation that F1 to F5 speak of; 1 is uniform on (-1/k, 1/k)
    #[arg(long, value_name = "X", default_value_t = 0.1)]
    init_scale: f64,
    /// All scales, for F6 [default: 1,0.3,0.1,0.03; with --quick 1,0.1]
    #[arg(long, value_name = "X,X,...", value_delimiter = ',')]
    init_scales: Vec<f64>,
    /// Step size
    #[arg(long, value_name = "ETA", default_value_t = 0.1)]
    step: f64,
    /// Images a step [default: 64; with --quick 16]
    #[arg(long, value_name = "B",
          value_parser = integer::<u32>("a number of images", 1..=u64::from(u32::MAX)))]
    batch: Option<u32>,
    /// Passes over the training images [default: 5; with --quick 10]
    #[arg(long, value_name = "E",
          value_parser = integer::<u32>("a number of epochs", 1..=u64::from(u32::MAX)))]
    epochs: Option<u32>,
    /// Seeds, each a run at each scale
    #[arg(long, value_name = "N", default_value_t = 5,
          value_parser = integer::<u16>("a number of seeds", 1..=u64::from(u16::MAX)))]
    seeds: u16,
    /// The first seed
    #[arg(long, value_name = "S", default_value_t = 1, value_parser = seed)]
    seed: u64,
    /// With -o: also write a checkpoint of each run after these steps (one is written at the end of each
    /// run)
    #[arg(
        long,
        value_name = "T,T,...",
        value_delimiter = ',',
        value_parser = step,
        requires = "output"
    )]
    checkpoints: Vec<u64>,
    /// With -o: go on from the checkpoints in the folder. A checkpoint of other data, classes or options,
    /// or one that was changed, is refused; more --epochs than before are fine
    #[arg(long, requires = "output")]
    resume: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum HeadOption {
    Trained,
    Fixed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LossOption {
    Hinge,
    Unhinged,
    Logistic,
    MulticlassHinge,
    Softmax,
}

fn parse_pooling(text: &str) -> Result<Pooling, String> {
    let expected = || {
        format!(
            "found {}, expected average, sum or max, perhaps with :N",
            found(text)
        )
    };
    let cell = integer::<usize>("the side of a cell", 1..=u64::from(u16::MAX));
    let (kind, side) = match text.split_once(':') {
        None => (text, None),
        Some((kind, side)) => (kind, Some(cell(side)?)),
    };
    let kind = match kind {
        "average" => PoolKind::Average,
        "sum" => PoolKind::Sum,
        "max" => PoolKind::Max,
        _ => return Err(expected()),
    };
    Ok(Pooling { kind, side })
}

/// Everything that was found.
struct Found {
    data: DataSet,
    missing: Vec<MissingClass>,
    study: Study,
    runs: Runs,
    findings: Vec<Finding>,
    keys: KeyPatches,
    audit: DataAudit,
    bridge: Option<Bridge>,
    bridge_missing: Option<String>,
    /// Do wall times stand in JSON?
    timed: bool,
}

impl Options {
    pub fn run(&self, global: &Global) -> Result<Output, Failure> {
        let (data, missing) = self.read()?;
        let study = self.study(&data)?;
        if let Some(folder) = &self.output {
            let named = PICTURES.into_iter().chain(["results.json", PAGE]);
            let plans = study.plans();
            let runs = plans.iter().map(|plan| checkpoint(folder, plan));
            let outputs = named.map(|name| folder.join(name)).chain(runs);
            keep_apart(outputs, &self.inputs())?;
            fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
        }
        let kernel = usize::from(self.kernel);
        let bar = Progress::start("patch dictionary", None);
        let patches = |error| Failure::Message(format!("the patch dictionary: {error}"));
        let keys = KeyPatches::learn(&data, kernel).map_err(patches)?;
        let options = PatchOptions {
            size: kernel,
            stride: kernel,
            ..PatchOptions::default()
        };
        let audit = audit(&data.train, &options).map_err(patches)?;
        drop(bar);
        let runs = self.train(&study, &data, &keys, !global.no_timing)?;
        let plan = self.bridge_plan(&study);
        let bar = Progress::start(
            "semi-real images",
            Some(plan.steps.saturating_mul(plan.seeds.len() as u64)),
        );
        let (bridge, bridge_missing) = match bridge(&data, &plan, &|done| bar.advance(done)) {
            Ok(bridge) => (Some(bridge), None),
            Err(error) => (None, Some(error.to_string())),
        };
        drop(bar);
        let found = Found {
            findings: findings(&runs, study.scale),
            data,
            missing,
            study,
            runs,
            keys,
            audit,
            bridge,
            bridge_missing,
            timed: !global.no_timing,
        };
        let mut text = found.text();
        let fields = found.json();
        if let Some(folder) = &self.output {
            let plots = image_plots(
                &found.title(),
                &found.runs,
                found.study.scale,
                found.bridge.as_ref(),
            )
            .map_err(|error| Failure::Message(error.to_string()))?;
            let page = found
                .page(&plots, &text)
                .map_err(|error| Failure::Message(error.to_string()))?;
            let pictures = plots.iter().map(|plot| (plot.name, plot.svg.clone()));
            let mut files: Vec<(&str, String)> = pictures.collect();
            files.push((PAGE, page));
            files.push(("results.json", document(None, found.all())));
            for (name, content) in &files {
                let path = folder.join(name);
                write_whole(&path, content).map_err(|error| cannot_write(&path, &error))?;
                text += &format!("wrote {}\n", shown(&path));
            }
            // Nothing of an earlier experiment may stand beside these results.
            let written = |name: &str| files.iter().any(|file| file.0 == name);
            let left = PICTURES.into_iter().filter(|name| !written(name));
            text += &remove_earlier(folder, left.map(str::to_owned), "experiment")?;
        }
        Ok(Output {
            text: if global.json {
                document(None, fields)
            } else {
                text
            },
            exit: if found.all_finite() {
                Exit::Fine
            } else {
                Exit::Unfinished
            },
            notes: found.notes(),
        })
    }

    /// The set with the classes that were asked for, and those of them that have no images.
    fn read(&self) -> Result<(DataSet, Vec<MissingClass>), Failure> {
        let wrong = |error: data::DataError| Failure::Message(error.to_string());
        let whole = match self.planted {
            Some(kind) => planted::generate(kind, 2_000, 2_000, 1).data,
            None => data::read(self.data.as_deref()).map_err(wrong)?,
        };
        let classes = match (self.classes.as_slice(), self.quick) {
            ([], true) => &[0, 1],
            (classes, _) => classes,
        };
        let some = |set: &str, images: data::Images| match classes {
            [] => Ok(images),
            classes => images
                .of_classes(classes)
                .map_err(|error| Failure::Message(format!("the {set} images: {error}"))),
        };
        let limit = self.images.or(self.quick.then_some(1_000));
        let train = some("training", whole.train)?;
        let set = DataSet {
            name: whole.name,
            train: match limit {
                Some(n) => train.first(n as usize),
                None => train,
            },
            test: some("test", whole.test)?,
        };
        set.with_training_images().map_err(wrong)
    }

    /// The files of the data set.
    fn inputs(&self) -> Vec<Input> {
        if self.planted.is_some() {
            return Vec::new();
        }
        let folder = self.data.as_deref();
        let folder = folder.unwrap_or(Path::new(data::DEBIAN_FASHION_MNIST));
        let files = fs::read_dir(folder).into_iter().flatten().flatten();
        files.map(|file| Input::of(&file.path())).collect()
    }

    fn study(&self, data: &DataSet) -> Result<Study, Failure> {
        let two = data.train.n_classes() == 2;
        let loss = match self.loss {
            Some(LossOption::Hinge) => Loss::Hinge,
            Some(LossOption::Unhinged) => Loss::Unhinged,
            Some(LossOption::Logistic) => Loss::Logistic,
            Some(LossOption::MulticlassHinge) => Loss::MulticlassHinge,
            Some(LossOption::Softmax) => Loss::Softmax,
            None if two => Loss::Logistic,
            None => Loss::Softmax,
        };
        let given = |value: Option<u32>, quick: usize, full: usize| match value {
            Some(value) => value as usize,
            None if self.quick => quick,
            None => full,
        };
        let mut scales = match (self.init_scales.as_slice(), self.quick) {
            ([], true) => vec![1.0, 0.1],
            ([], false) => vec![1.0, 0.3, 0.1, 0.03],
            (scales, _) => scales.to_vec(),
        };
        if !scales.contains(&self.init_scale) {
            scales.push(self.init_scale);
        }
        scales.sort_by(|a, b| b.total_cmp(a));
        scales.dedup();
        let last = self.seed.checked_add(u64::from(self.seeds) - 1);
        let last = last.ok_or_else(|| {
            Failure::Message(format!(
                "--seed: found {}, expected a seed such that {} seeds from it on are below 2^64",
                self.seed, self.seeds
            ))
        })?;
        Ok(Study {
            plan: Plan {
                architecture: Architecture {
                    filters: self.filters.into(),
                    kernel: self.kernel.into(),
                    stride: self.stride.into(),
                    pooling: self.pool,
                    head: match self.head {
                        HeadOption::Trained => Head::Trained,
                        HeadOption::Fixed => Head::FixedSigns,
                    },
                    loss,
                    bias: !self.no_bias,
                },
                init_scale: self.init_scale,
                step: self.step,
                batch: given(self.batch, 16, 64),
                epochs: given(self.epochs, 10, 5),
                seed: self.seed,
            },
            scale: self.init_scale,
            scales,
            seeds: (self.seed..=last).collect(),
        })
    }

    fn bridge_plan(&self, study: &Study) -> BridgePlan {
        BridgePlan {
            patch: 4,
            filters: 16,
            init_scale: self.init_scale,
            step: 0.01,
            batch: study.plan.batch,
            steps: if self.quick {
                BRIDGE_STEPS / 4
            } else {
                BRIDGE_STEPS
            },
            seeds: study.seeds.clone(),
        }
    }

    fn train(
        &self,
        study: &Study,
        data: &DataSet,
        keys: &KeyPatches,
        timed: bool,
    ) -> Result<Runs, Failure> {
        let plans = study.plans();
        let steps = study.plan.steps(data.train.len());
        let mut watcher = Watcher {
            bar: Progress::start("SGD", Some(steps.saturating_mul(plans.len() as u64))),
            seen: 0,
            images: data.train.len(),
            folder: self.output.as_deref(),
            checkpoints: &self.checkpoints,
            last: steps,
            timed,
        };
        let resume = |plan: &Plan| -> Result<Option<Run>, TrainingError> {
            let Some(folder) = self.output.as_deref().filter(|_| self.resume) else {
                return Ok(None);
            };
            let path = checkpoint(folder, plan);
            if !path.exists() {
                return Ok(None);
            }
            let at = |what: String| TrainingError::Resume(format!("{}: {what}", path.display()));
            let text = fs::read_to_string(&path).map_err(|error| at(error.to_string()))?;
            let run = Run::resume(&text, plan, &data.train, &data.test);
            Ok(Some(run.map_err(|error| at(error.to_string()))?))
        };
        let done = study.run(data, keys, &mut { resume }, &mut watcher);
        done.map_err(|error: StudyError| Failure::Message(error.to_string()))
    }
}

/// Where the checkpoint of a run stands.
fn checkpoint(folder: &Path, plan: &Plan) -> PathBuf {
    folder.join(format!(
        "run-scale-{}-seed-{}.json",
        shortest(plan.init_scale),
        plan.seed
    ))
}

struct Watcher<'a> {
    bar: Progress,
    /// Steps of the run under way that the bar has counted.
    seen: u64,
    images: usize,
    folder: Option<&'a Path>,
    checkpoints: &'a [u64],
    last: u64,
    timed: bool,
}

impl Watch for Watcher<'_> {
    fn stepped(&mut self, run: &Run, steps: u64) {
        // A run that ended early is followed by one with fewer steps.
        let before = if run.step() > self.seen { self.seen } else { 0 };
        self.bar.advance(run.step() - before);
        self.seen = if run.step() == steps { 0 } else { run.step() };
        if run.step().is_multiple_of(16) {
            let plan = run.plan();
            let accuracy = run.epochs().last().map(|e| e.test_accuracy);
            let loss = run.current_loss(self.images);
            self.bar.say(&format!(
                "SGD: scale {}, seed {}, epoch {}{}{}",
                short(plan.init_scale),
                plan.seed,
                run.epochs().len() + 1,
                loss.map_or_else(String::new, |x| format!(", loss {}", thousandths(x))),
                accuracy.map_or_else(String::new, |x| format!(", test accuracy {x:.3}")),
            ));
        }
    }

    fn checkpoint(&mut self, run: &Run) -> Result<(), String> {
        let Some(folder) = self.folder else {
            return Ok(());
        };
        let path = checkpoint(folder, run.plan());
        // A broken write leaves the checkpoint before it.
        write_whole(&path, run.to_text()).map_err(|error| cannot_write(&path, &error).to_string())
    }

    fn wants_checkpoint(&self, step: u64) -> bool {
        self.folder.is_some() && (step == self.last || self.checkpoints.contains(&step))
    }

    fn is_timed(&self) -> bool {
        self.timed
    }
}

impl Found {
    /// The epochs that the first run was planned for, and those that it reached; from the step on from which
    /// it is not finite there are none.
    fn first_run(&self) -> (usize, &[Epoch]) {
        let Some(first) = self.study.plans().into_iter().next() else {
            return (0, &[]);
        };
        let (scale, seed) = (first.init_scale, first.seed);
        let of_first = |run: &&Measured| run.scale == scale && run.seed == seed;
        let finite = self.runs.finite.iter().find(of_first);
        let diverged = self.runs.diverged_at(scale);
        let diverged = diverged.iter().find(|run| run.seed == seed);
        let epochs = match (finite, diverged) {
            (Some(run), _) => &run.epochs[..],
            (None, Some(run)) => &run.epochs[..],
            (None, None) => &[],
        };
        (first.epochs, epochs)
    }

    /// The epochs of the first run.
    fn training(&self) -> Vec<Value> {
        let (planned, epochs) = self.first_run();
        (1..=planned.max(epochs.len()))
            .map(|epoch| {
                let e = epochs.get(epoch - 1);
                json!({
                    "epoch": epoch,
                    "loss": e.map(|e| e.loss),
                    "test_accuracy": e.map(|e| e.test_accuracy),
                    "train_accuracy": e.map(|e| e.train_accuracy),
                })
            })
            .collect()
    }

    fn all_finite(&self) -> bool {
        let bridge = self.bridge.as_ref();
        self.runs.diverged.is_empty() && bridge.is_none_or(|b| b.not_finite.is_empty())
    }

    /// The runs that did not stay finite, for standard error.
    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if !self.runs.diverged.is_empty() {
            let diverged: Vec<&Diverged> = self.runs.diverged.iter().collect();
            notes.push(format!(
                "{}; what needs them is undecided. A smaller --step than {}, smaller --init-scales or fewer \
                 --epochs may help",
                not_finite(&diverged, self.runs.finite.len() + diverged.len()),
                short(self.study.plan.step)
            ));
        }
        let bridge = self.bridge.as_ref().and_then(bridge_not_finite);
        notes.extend(bridge.map(|said| format!("semi-real images: {said}")));
        notes
    }

    /// All of it as one page, with the text that was printed.
    fn page(&self, plots: &[Plot], text: &str) -> Result<String, RenderError> {
        let told = |finding| Told {
            finding,
            figure: figure(finding),
        };
        let findings = self.findings.iter().flat_map(|finding| {
            let variant = finding.variant.as_deref();
            std::iter::once(finding).chain(variant)
        });
        let findings: Vec<Told<'_>> = findings.map(told).collect();
        let plain = anstream::adapter::strip_str(text).to_string();
        let plain = visible_lines(&plain);
        page::images(&self.title(), &findings, plots, &plain)
    }

    /// The data set's name, and its classes where they are few.
    fn title(&self) -> String {
        match self.data.train.class_labels() {
            few @ [_, _] | few @ [_, _, _] | few @ [_, _, _, _] => {
                format!("{} (classes {})", self.data.name, classes(few))
            }
            _ => self.data.name.clone(),
        }
    }

    fn about(&self) -> Value {
        json!({
            "name": self.data.name,
            "classes": self.data.train.n_classes(),
            "class_labels": self.data.train.class_labels(),
            "missing_classes": self.missing,
            "train_images": self.data.train.len(),
            "test_images": self.data.test.len(),
        })
    }

    /// One entry a run, in the order of the study: what `finite` tells of it, or from which step on it is
    /// not finite and what `diverged` tells of it.
    fn runs(
        &self,
        finite: impl Fn(&Measured) -> Value,
        diverged: impl Fn(&Diverged) -> Value,
    ) -> Vec<Value> {
        let plans = self.study.plans();
        let each = plans.iter().filter_map(|plan| {
            let is = |scale: f64, seed: u64| scale == plan.init_scale && seed == plan.seed;
            if let Some(run) = self.runs.finite.iter().find(|r| is(r.scale, r.seed)) {
                let mut fields = finite(run);
                fields["not_finite_from"] = Value::Null;
                return Some(fields);
            }
            let run = self.runs.diverged.iter();
            run.clone().find(|r| is(r.scale, r.seed)).map(&diverged)
        });
        each.collect()
    }

    /// The wall times of the first run, one an epoch that was planned; null where there is none.
    fn timing(&self) -> Value {
        let (planned, epochs) = self.first_run();
        let times = (0..planned.max(epochs.len())).map(|i| epochs.get(i).and_then(|e| e.seconds));
        json!({ "epoch_seconds": times.collect::<Vec<_>>() })
    }

    /// What `--json` prints.
    fn json(&self) -> Value {
        let diverged = |run: &Diverged| {
            json!({
                "scale": run.scale,
                "seed": run.seed,
                "test_accuracy": null,
                "not_finite_from": run.not_finite_from,
            })
        };
        let mut fields = json!({
            "data": self.about(),
            "layer": "sampled",
            "study": self.study,
            "findings": self.findings,
            "training": self.training(),
            "finite_runs": self.runs.finite.len(),
            "runs": self.runs(summary, diverged),
            "key_patches": {
                "keys": self.keys.keys.len(),
                "others": self.keys.others.len(),
                "by_class": self.keys_by_class(),
            },
            "audit": self.audit,
            "bridge": self.bridge,
            "bridge_missing": self.bridge_missing,
        });
        if self.timed {
            fields["timing"] = self.timing();
        }
        fields
    }

    /// How many key patterns each class has.
    fn keys_by_class(&self) -> Vec<Value> {
        let classes = self.data.train.class_labels().iter();
        let keys = |class: &usize| self.keys.classes.iter().filter(|c| *c == class).count();
        classes
            .map(|class| json!({ "class": class, "keys": keys(class) }))
            .collect()
    }

    /// What `results.json` holds: the same, with every number of every run.
    fn all(&self) -> Value {
        let mut fields = self.json();
        let mut runs = self.runs(|run| json!(run), |run| json!(run));
        let mut times = Vec::new();
        for run in &mut runs {
            let seconds = take_seconds(run);
            times.push(json!({
                "scale": run["scale"], "seed": run["seed"], "epoch_seconds": seconds,
            }));
        }
        fields["runs"] = runs.into();
        if self.timed {
            fields["timing"]["runs"] = times.into();
        }
        fields
    }

    fn text(&self) -> String {
        let about = &self.study.plan;
        let mut text = format!(
            "{}\n{} classes ({}), {} training and {} test images; {} filters {k}x{k}, {} epochs, batch {}, step {}; \
             scales {}; {} seeds\n{}\n",
            bold(&format!("{}: findings on images (sampled)", self.data.name)),
            self.data.train.n_classes(),
            classes(self.data.train.class_labels()),
            self.data.train.len(),
            self.data.test.len(),
            about.architecture.filters,
            about.epochs,
            about.batch,
            short(about.step),
            list(&self.study.scales),
            self.study.seeds.len(),
            self.missing_text(),
            k = about.architecture.kernel,
        );
        for finding in &self.findings {
            text += &format!(
                "{} {:<38} {:<13} {}\n",
                finding.id,
                finding.title,
                finding.verdict.name(),
                figure(finding)
            );
            if let Some(variant) = &finding.variant {
                let (verdict, figure) = (variant.verdict.name(), figure(variant));
                text += &format!("{:41} {verdict:<13} {figure}\n", "");
            }
        }
        text += &format!(
            "\nIntervals: Student t, 95 %, over the seeds at scale {} (F6: over all scales).\n",
            short(self.study.scale)
        );
        text += "\nscale    test accuracy  Gini  top quarter  least k by |w|, |w||a|, random\n";
        for scale in &self.study.scales {
            let of = self.runs.at(*scale);
            let diverged = self.runs.diverged_at(*scale).len();
            if of.is_empty() {
                text += &format!("{:<8} - (no run stayed finite)\n", short(*scale));
                continue;
            }
            let missing = match diverged {
                0 => String::new(),
                n => format!("  ({} of {} runs)", of.len(), of.len() + n),
            };
            let mean = |value: &dyn Fn(&Measured) -> f64| {
                of.iter().map(|run| value(run)).sum::<f64>() / of.len().max(1) as f64
            };
            text += &format!(
                "{:<8} {:<14.4} {:<5.2} {:<12.2} {:.1}, {:.1}, {:.1}{missing}\n",
                short(*scale),
                mean(&Measured::accuracy),
                mean(&|run| run.at_end().gini),
                mean(&|run| run.at_end().top_quarter_share),
                mean(&|run| run.pruning.least_by_norm as f64),
                mean(&|run| run.pruning.least_by_product as f64),
                mean(&|run| run.pruning.least_at_random as f64),
            );
        }
        text += &self.audit_text();
        text += &self.bridge_text();
        text
    }

    /// A line for each kind of class without images; nothing if all have some.
    fn missing_text(&self) -> String {
        let mut text = String::new();
        let empty = |class: &&MissingClass| class.train_images == 0;
        let (left_out, untested): (Vec<_>, Vec<_>) = self.missing.iter().partition(empty);
        let named = |classes: &[&MissingClass]| {
            let labels: Vec<usize> = classes.iter().map(|class| class.class).collect();
            ranges(&labels)
        };
        if !left_out.is_empty() {
            text += &format!("no training images of class {}: left out", named(&left_out));
            text += &match left_out.iter().map(|c| c.test_images).sum::<usize>() {
                0 => "\n".to_owned(),
                n => format!(", with {n} test images\n"),
            };
        }
        if !untested.is_empty() {
            let named = named(&untested);
            text += &format!("no test images of class {named}: no accuracy speaks of it\n");
        }
        text
    }

    fn audit_text(&self) -> String {
        let audit = &self.audit;
        let mut text = format!(
            "\n{}\n",
            bold(&format!(
                "Audit of the data: patches {k}x{k}, {} centres by k-means (sampled)",
                audit.centres,
                k = audit.size
            ))
        );
        text += &format!(
            "A1  |cosine| of two centres: largest {:.3}, mean {:.3} (0 if orthonormal)\n\
             A3  total variation between two classes' patches: largest {:.3}; labels shuffled {:.3}\n",
            audit.coherence_max,
            audit.coherence_mean,
            audit.label_dependence,
            audit.label_dependence_by_chance,
        );
        let best = audit.key_uniqueness.iter();
        for (line, key) in best.enumerate() {
            text += &format!(
                "{}  class {}: best key patch in {:.2} of its images, in {:.2} of the others\n",
                if line == 0 { "A2" } else { "  " },
                key.class,
                key.presence,
                key.elsewhere,
            );
        }
        text
    }

    fn bridge_text(&self) -> String {
        let Some(bridge) = &self.bridge else {
            let why = self.bridge_missing.as_deref().unwrap_or_default();
            return format!("\nsemi-real images: not made: {why}\n");
        };
        let interval = |over: &filtercert::images::bridge::Over| match (over.mean, over.ci) {
            (Some(mean), Some([low, high])) => {
                let [mean, low, high] = [mean, low, high].map(thousandths);
                format!("{mean} [{low}, {high}]")
            }
            (Some(mean), None) => thousandths(mean),
            (None, _) => "-".to_owned(),
        };
        let mut text = format!(
            "\n{}\n",
            bold("Real images with a planted key: how far T2 and T5 carry (sampled)")
        );
        let mut row = |what: &str, value: String| text += &format!("{what:<56} {value}\n");
        row(
            "growth of the winners' keys over T2's kappa t",
            interval(&bridge.growth_ratio),
        );
        row(
            "largest loser norm over T2's bound",
            interval(&bridge.loser_ratio),
        );
        row(
            "least winner norm over largest loser norm",
            interval(&bridge.dominance),
        );
        row(
            "drift of the sample's background over a winner's (T2: 0)",
            thousandths(2.0 * bridge.background_drift),
        );
        let sum = |value: fn(&BridgeRun) -> usize| bridge.runs.iter().map(value).sum::<usize>();
        row(
            "losers that learnt their key after all (T2: 0)",
            format!("{} of {}", sum(|r| r.revived), sum(|r| r.losers)),
        );
        let steps = bridge.plan.steps;
        row(
            &format!("test accuracy after {steps} steps"),
            interval(&bridge.accuracy),
        );
        if let Some(said) = bridge_not_finite(bridge) {
            row("not finite", said);
        }
        if let Some(run) = bridge.runs.first() {
            let step = |t: Option<u64>| t.map_or("never".to_owned(), |t| format!("from step {t}"));
            row(
                "T5 without its walks: accuracy 1 (first seed)",
                step(run.perfect_predicted),
            );
            row("seen: accuracy 0.99 (first seed)", step(run.accurate_from));
        }
        text
    }
}

/// Takes the wall times out of the epochs of a run.
fn take_seconds(run: &mut Value) -> Vec<Value> {
    let epochs = run["epochs"].as_array_mut().into_iter().flatten();
    let fields = epochs.filter_map(Value::as_object_mut);
    fields
        .filter_map(|epoch| epoch.shift_remove("seconds"))
        .collect()
}

/// Classes by their own labels; of many the first and the last.
fn classes(labels: &[usize]) -> String {
    let joined = |labels: &[usize]| {
        let texts: Vec<String> = labels.iter().map(usize::to_string).collect();
        texts.join(", ")
    };
    match labels {
        [few @ .., last] if few.len() >= 16 => format!("{}, ..., {last}", joined(&few[..12])),
        few => joined(few),
    }
}

/// The runs on the semi-real set that did not stay finite, in words.
fn bridge_not_finite(bridge: &Bridge) -> Option<String> {
    let (ended, finite) = (&bridge.not_finite, bridge.runs.len());
    let each = ended.iter().take(5);
    let each = each.map(|run| format!("seed {} from step {}", run.seed, run.step));
    let named: Vec<String> = each.collect();
    let more = if ended.len() > 5 { "; ..." } else { "" };
    (!ended.is_empty()).then(|| {
        format!(
            "{} of {} runs: {}{more}",
            ended.len(),
            ended.len() + finite,
            named.join("; ")
        )
    })
}

fn list(values: &[f64]) -> String {
    let texts: Vec<String> = values.iter().copied().map(short).collect();
    texts.join(", ")
}

fn figure(finding: &Finding) -> String {
    let because = finding.because.as_deref().unwrap_or_default();
    match (finding.measured, finding.ci) {
        (Some(mean), Some([low, high])) => {
            let [mean, low, high] = [mean, low, high].map(thousandths);
            let (measure, threshold) = (&finding.measure, finding.threshold);
            format!("{measure}: {mean} [{low}, {high}], threshold {threshold}")
        }
        (Some(mean), None) => {
            let over = match (finding.verdict, finding.values.len()) {
                (Verdict::Undecided, 1) => " over 1 finite run",
                (Verdict::Undecided, n) => &format!(" over {n} finite runs"),
                _ => "",
            };
            format!(
                "{}: {}{over}, threshold {}; {because}",
                finding.measure,
                thousandths(mean),
                finding.threshold
            )
        }
        (None, _) => because.to_owned(),
    }
}

/// A run in a few numbers.
fn summary(run: &Measured) -> Value {
    let k = filtercert::images::study::quarter(run.filters.len());
    json!({
        "scale": run.scale,
        "seed": run.seed,
        "test_accuracy": run.accuracy(),
        "concentration_at_start": run.concentration.first(),
        "concentration_at_end": run.at_end(),
        "accuracy_with_a_quarter": {
            "top_by_norm": run.pruning.top_by_norm[k],
            "top_by_product": run.pruning.top_by_product[k],
            "random": run.pruning.random[k],
            "bottom_by_norm": run.pruning.bottom_by_norm[k],
        },
        "least_k": {
            "by_norm": run.pruning.least_by_norm,
            "by_product": run.pruning.least_by_product,
            "random": run.pruning.least_at_random,
        },
        "alignment": run.alignment.as_ref().map(|a| json!({
            "top": a.top, "bottom": a.bottom,
            "top_with_others": a.top_with_others, "bottom_with_others": a.bottom_with_others,
        })),
        "drift_predicts": run.drift_predicts,
        "norm_predicts": run.norm_predicts,
    })
}
