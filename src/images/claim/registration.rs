//! What the experiment is, written down before it is run: data sets, networks, findings, controls, thresholds
//! and statistics, read from a file whose SHA-256 stands in every output.

use super::controls::Condition;
use crate::images::network::{Architecture, Head, Loss, PoolKind, Pooling};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use thiserror::Error;

/// The registration that the program carries.
pub const REGISTERED: &str = include_str!("../../../experiments/c6-2.toml");

/// Its file, from the top of the repository.
pub const REGISTERED_FILE: &str = "experiments/c6-2.toml";

/// The registration before it.
const FIRST: &str = include_str!("../../../experiments/c6.toml");

/// The plan of a registration that was committed, by its SHA-256; `None` of any other.
pub fn committed(sum: &str) -> Option<Registration> {
    [REGISTERED, FIRST]
        .into_iter()
        .find(|text| sha256(text.as_bytes()) == sum)
        .and_then(|text| Registration::read(text).ok())
}

/// The only version of the format.
const FORMAT: u64 = 1;

/// Why a registration cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RegistrationError {
    /// It is not TOML, a key is missing or unknown, or a value has the wrong type.
    #[error("the registration: {0}")]
    Toml(String),
    /// A value is out of its domain.
    #[error("the registration, {place}: found {found}, expected {expected}")]
    Value {
        /// Which.
        place: String,
        /// What it is.
        found: String,
        /// What it may be.
        expected: String,
    },
}

/// What data are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Not looked at before the registration.
    Confirmatory,
    /// Seen before: verdicts on it confirm nothing.
    Exploratory,
    /// Generated so that the theory holds: every finding must be found there, or it is void.
    PositiveControl,
}

impl Role {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Confirmatory => "confirmatory",
            Self::Exploratory => "exploratory",
            Self::PositiveControl => "positive control",
        }
    }
}

/// One data set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataPlan {
    /// Its name; the folder of its IDX files, in the folder of all data.
    pub id: String,
    /// What it is for.
    pub role: Role,
    /// Side of a filter and of a patch, in pixels.
    pub kernel: usize,
    /// Pairs of classes, by label: +, -.
    pub pairs: Vec<[usize; 2]>,
    /// SHA-256 of training pixels, training labels, test pixels and test labels files; none where the set is generated.
    #[serde(default)]
    pub sha256: Vec<String>,
}

/// How the filters are laid over an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Patches {
    /// The stride is the kernel.
    Apart,
    /// The stride is half the kernel.
    Overlapping,
}

/// One network and how it is trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkPlan {
    /// Its name.
    pub id: String,
    /// n.
    pub filters: usize,
    /// Its patches.
    pub patches: Patches,
    /// Pooling.
    pub pool: PoolKind,
    /// Cells of the pooling in each direction, at least; 1 is the whole map.
    pub cells: usize,
    /// Second layer.
    pub head: Head,
    /// Loss.
    pub loss: Loss,
    /// Are there biases?
    pub bias: bool,
    /// Scale of the initialisation; 1 is U(-1/k, 1/k).
    pub init_scale: f64,
    /// Step size.
    pub step: f64,
    /// Images a step.
    pub batch: usize,
    /// Passes over the training images.
    pub epochs: usize,
}

impl NetworkPlan {
    /// For images of this size, with filters of this side.
    pub fn architecture(&self, kernel: usize, rows: usize, columns: usize) -> Architecture {
        let stride = match self.patches {
            Patches::Apart => kernel,
            Patches::Overlapping => (kernel / 2).max(1),
        };
        let map = (rows.min(columns).saturating_sub(kernel)) / stride.max(1) + 1;
        let side = (self.cells > 1).then(|| (map / self.cells).max(1));
        Architecture {
            filters: self.filters,
            kernel,
            stride,
            pooling: Pooling {
                kind: self.pool,
                side,
            },
            head: self.head,
            loss: self.loss,
            bias: self.bias,
        }
    }
}

/// What is measured of a run, in a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Share of the top quarter of the filters in the sum of `|w_j| |a_j|`.
    NormShare,
    /// Share of the top quarter in the sum of `|w_j(T) - w_j(0)|`.
    DisplacementShare,
    /// Gini coefficient of `|w_j(T) - w_j(0)|`.
    DisplacementGini,
    /// Test accuracy with the top k filters by `|w_j| |a_j|`, less that with k at random; mean over k.
    PruningGap,
    /// The same with as many filters of each sign of the head, ranked within each sign.
    PruningGapBySign,
    /// Cosine of the top quarter of the filters with the nearest key patch of their own class, less that
    /// with the nearest of as many patches that are no keys.
    KeyAlignment,
    /// Slope, on log axes over the first pass, of how far the winners moved along their key.
    AlongSlope,
    /// The same across their key.
    AcrossSlope,
    /// The same of the ratio of both.
    RatioSlope,
    /// Rank correlation of the drift at step 0 with `|w_j| |a_j|` at the end.
    DriftOrder,
    /// Test accuracy at the end.
    TestAccuracy,
    /// Accuracy on the training images at the end.
    TrainAccuracy,
}

impl Measure {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::NormShare,
        Self::DisplacementShare,
        Self::DisplacementGini,
        Self::PruningGap,
        Self::PruningGapBySign,
        Self::KeyAlignment,
        Self::AlongSlope,
        Self::AcrossSlope,
        Self::RatioSlope,
        Self::DriftOrder,
        Self::TestAccuracy,
        Self::TrainAccuracy,
    ];

    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::NormShare => "norm-share",
            Self::DisplacementShare => "displacement-share",
            Self::DisplacementGini => "displacement-gini",
            Self::PruningGap => "pruning-gap",
            Self::PruningGapBySign => "pruning-gap-by-sign",
            Self::KeyAlignment => "key-alignment",
            Self::AlongSlope => "along-slope",
            Self::AcrossSlope => "across-slope",
            Self::RatioSlope => "ratio-slope",
            Self::DriftOrder => "drift-order",
            Self::TestAccuracy => "test-accuracy",
            Self::TrainAccuracy => "train-accuracy",
        }
    }
}

/// What a finding asks of its effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Asks {
    /// More than the threshold.
    Above,
    /// Nearer to 0 than the threshold, on both sides: there is no effect of that size.
    Within,
}

/// One finding: the effect is the measure of the real run less that of its control, both with the
/// same seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingPlan {
    /// P1, P2, ...
    pub id: String,
    /// A few words.
    pub title: String,
    /// What is claimed, without the threshold.
    pub statement: String,
    /// The network it speaks of.
    pub network: String,
    /// What is measured.
    pub measure: Measure,
    /// The control; none where the measure is a difference from one already.
    #[serde(default)]
    pub less: Option<Condition>,
    /// What is asked.
    pub asks: Asks,
    /// In the units of the measure.
    pub threshold: f64,
    /// The theorem that predicts it, if one does.
    #[serde(default)]
    pub theorem: Option<String>,
    /// Is it among the two of a quick run?
    #[serde(default)]
    pub quick: bool,
}

/// Numbers of the statistics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatisticsPlan {
    /// Probability that any verdict but unclear is wrong, over all verdicts (Holm).
    pub level: f64,
    /// Confidence of an interval.
    pub confidence: f64,
    /// Resamples of the cluster bootstrap.
    pub resamples: usize,
    /// Random sets of filters, and random choices of names for key patches, a run.
    pub permutations: usize,
}

/// How images and key patches are taken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SamplePlan {
    /// Most training images of a class: the first of the set.
    pub train_per_class: usize,
    /// Most test images of a class: the first of the set.
    pub test_per_class: usize,
    /// Share of the training images that each seed draws, without replacement.
    pub share: f64,
    /// Centres of the patch dictionary of a pair.
    pub centres: usize,
    /// Most key patches of a class.
    pub keys: usize,
    /// A centre is a key patch of a class if its presence there exceeds that in the other class by this, on
    /// images that the dictionary was not learnt on.
    pub key_difference: f64,
    /// A centre is no key if the two presences differ by no more than this.
    pub other_difference: f64,
    /// The seed of everything that is the same for all runs.
    pub seed: u64,
}

/// Networks that differ in one point from one to the next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LadderPlan {
    /// The data set.
    pub data: String,
    /// Seeds.
    pub seeds: u64,
    /// Findings that are measured on each.
    pub findings: Vec<String>,
    /// The networks, each with what changed.
    pub rungs: Vec<RungPlan>,
}

/// One network of the ladder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RungPlan {
    /// What changed against the one before.
    pub change: String,
    /// The network.
    pub network: NetworkPlan,
}

/// Real images with a planted key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BridgeSpec {
    /// The data set.
    pub data: String,
    /// Seeds.
    pub seeds: u64,
    /// Steps.
    pub steps: u64,
}

/// A registration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// Version of the format.
    pub format: u64,
    /// What it is about.
    pub title: String,
    /// The day it was written down.
    pub date: String,
    /// Seeds of the main arms: 1 to this.
    pub seeds: u64,
    /// Statistics.
    pub statistics: StatisticsPlan,
    /// Images and key patches.
    pub sample: SamplePlan,
    /// Data sets.
    pub data: Vec<DataPlan>,
    /// Networks.
    pub network: Vec<NetworkPlan>,
    /// Findings.
    pub finding: Vec<FindingPlan>,
    /// The ladder.
    pub ladder: Option<LadderPlan>,
    /// The bridge.
    pub bridge: Option<BridgeSpec>,
}

impl Registration {
    /// Reads a registration.
    ///
    /// # Errors
    /// What was found and what was expected, with its place.
    pub fn read(text: &str) -> Result<Self, RegistrationError> {
        let read: Self = toml::from_str(text)
            .map_err(|error| RegistrationError::Toml(error.to_string().trim_end().to_owned()))?;
        read.check()?;
        Ok(read)
    }

    /// The network of a name.
    pub fn network(&self, id: &str) -> Option<&NetworkPlan> {
        self.network.iter().find(|network| network.id == id)
    }

    /// Is every value in its domain?
    ///
    /// # Errors
    /// The first that is not.
    pub(super) fn check(&self) -> Result<(), RegistrationError> {
        let wrong = |place: &str, found: String, expected: &str| {
            Err(RegistrationError::Value {
                place: place.to_owned(),
                found,
                expected: expected.to_owned(),
            })
        };
        if self.format != FORMAT {
            return wrong("format", self.format.to_string(), "1");
        }
        let open = |x: f64| x > 0.0 && x < 1.0;
        let statistics = &self.statistics;
        for (place, x) in [
            ("statistics.level", statistics.level),
            ("statistics.confidence", statistics.confidence),
        ] {
            if !open(x) {
                return wrong(place, x.to_string(), "a number between 0 and 1");
            }
        }
        let sample = &self.sample;
        if !(sample.share > 0.0 && sample.share <= 1.0) {
            return wrong(
                "sample.share",
                sample.share.to_string(),
                "a number in (0, 1]",
            );
        }
        for (place, x) in [
            ("sample.key_difference", sample.key_difference),
            ("sample.other_difference", sample.other_difference),
        ] {
            if !(0.0..=1.0).contains(&x) {
                return wrong(place, x.to_string(), "a number in [0, 1]");
            }
        }
        for (place, n) in [
            ("seeds", self.seeds),
            ("statistics.resamples", statistics.resamples as u64),
            ("statistics.permutations", statistics.permutations as u64),
            ("sample.train_per_class", sample.train_per_class as u64),
            ("sample.test_per_class", sample.test_per_class as u64),
            ("sample.centres", sample.centres as u64),
            ("sample.keys", sample.keys as u64),
        ] {
            if !(1..=1_000_000).contains(&n) {
                return wrong(place, n.to_string(), "1 to 1000000");
            }
        }
        let mut names = std::collections::BTreeSet::new();
        let ids = self.data.iter().map(|d| ("data", &d.id));
        let ids = ids.chain(self.network.iter().map(|n| ("network", &n.id)));
        let ids = ids.chain(self.finding.iter().map(|f| ("finding", &f.id)));
        let rungs = self.ladder.iter().flat_map(|l| &l.rungs);
        let ids = ids.chain(rungs.map(|r| ("network", &r.network.id)));
        for (kind, id) in ids {
            if id.is_empty() || !names.insert((kind, id)) {
                return wrong(kind, format!("id {id:?} twice or empty"), "a new name");
            }
        }
        for data in &self.data {
            let place = format!("data {}", data.id);
            let mut pairs = std::collections::BTreeSet::new();
            let mut apart = |[a, b]: &[usize; 2]| a != b && pairs.insert([*a.min(b), *a.max(b)]);
            if data.pairs.is_empty() || !data.pairs.iter().all(&mut apart) {
                return wrong(
                    &place,
                    format!("pairs {:?}", data.pairs),
                    "two classes a pair",
                );
            }
            if data.kernel < 2 {
                return wrong(&place, format!("kernel {}", data.kernel), "at least 2");
            }
            let (needed, fits): (usize, fn(usize) -> bool) = match data.role {
                Role::PositiveControl => (0, |n| n == 0),
                Role::Confirmatory => (4, |n| n == 4),
                Role::Exploratory => (4, |n| n == 0 || n == 4),
            };
            if !fits(data.sha256.len()) {
                let found = format!("{} sums in sha256", data.sha256.len());
                return wrong(&place, found, &needed.to_string());
            }
        }
        let controls = self.data.iter().filter(|d| d.role == Role::PositiveControl);
        if controls.count() != 1 {
            return wrong("data", "not one positive control".to_owned(), "one");
        }
        let ladder = self
            .ladder
            .iter()
            .flat_map(|l| l.rungs.iter().map(|r| &r.network));
        for network in self.network.iter().chain(ladder) {
            let place = format!("network {}", network.id);
            for (name, n) in [
                ("filters", network.filters),
                ("cells", network.cells),
                ("batch", network.batch),
                ("epochs", network.epochs),
            ] {
                if n == 0 {
                    return wrong(&place, format!("{name} 0"), "at least 1");
                }
            }
            if !(network.step > 0.0 && network.step.is_finite()) {
                return wrong(
                    &place,
                    format!("step {}", network.step),
                    "a positive number",
                );
            }
            if !(network.init_scale > 0.0 && network.init_scale.is_finite()) {
                let found = format!("init_scale {}", network.init_scale);
                return wrong(&place, found, "a positive number");
            }
        }
        for finding in &self.finding {
            let place = format!("finding {}", finding.id);
            if self.network(&finding.network).is_none() {
                return wrong(
                    &place,
                    format!("network {:?}", finding.network),
                    "one of the networks",
                );
            }
            if finding.less == Some(Condition::Real) {
                return wrong(&place, "less = \"real\"".to_owned(), "a control");
            }
            let fits = finding.asks == Asks::Above || finding.threshold > 0.0;
            if !finding.threshold.is_finite() || finding.threshold == 0.0 || !fits {
                return wrong(
                    &place,
                    finding.threshold.to_string(),
                    "a threshold of its kind",
                );
            }
        }
        if let Some(ladder) = &self.ladder {
            let known = |id: &String| self.finding.iter().any(|f| &f.id == id);
            if !self.data.iter().any(|d| d.id == ladder.data) {
                return wrong("ladder.data", ladder.data.clone(), "one of the data sets");
            }
            if let Some(id) = ladder.findings.iter().find(|id| !known(id)) {
                return wrong("ladder.findings", id.clone(), "one of the findings");
            }
            if !(1..=1_000_000).contains(&ladder.seeds) || ladder.rungs.is_empty() {
                return wrong("ladder", "no rung, or no seed".to_owned(), "1 to 1000000");
            }
        }
        if let Some(bridge) = &self.bridge {
            if !self.data.iter().any(|d| d.id == bridge.data) {
                return wrong("bridge.data", bridge.data.clone(), "one of the data sets");
            }
            let fits = |n: u64| (1..=1_000_000).contains(&n);
            if !fits(bridge.seeds) || !fits(bridge.steps) {
                return wrong("bridge", "no step, or no seed".to_owned(), "1 to 1000000");
            }
        }
        Ok(())
    }
}

/// SHA-256 of a text, in hexadecimal digits.
pub fn sha256(text: &[u8]) -> String {
    let mut digits = String::with_capacity(64);
    for byte in Sha256::digest(text) {
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}
