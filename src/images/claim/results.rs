//! The results of an experiment as a file, from which every number can be derived again.

use super::arena::Arena;
use super::controls::Condition;
use super::experiment::{Done, KeyRecord, Rung, key_records, ladder};
use super::findings::{Finding, findings};
use super::measure::Motion;
use super::registration::{Measure, Registration, committed, sha256};
use super::runs::{Key, Record, Setting, Start, again};
use crate::images::bridge::{Bridge, BridgeError, BridgePlan, bridge};
use crate::images::data::DataSet;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Version of the file's format.
pub const FORMAT: u64 = 1;

/// Which registration a run follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    /// Its file.
    pub file: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Was all of it run, as it stands there? If not, the run is exploratory, whatever the data.
    pub whole: bool,
}

/// A data set as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataRecord {
    /// Its name.
    pub id: String,
    /// Training images.
    pub train_images: usize,
    /// Test images.
    pub test_images: usize,
    /// SHA-256 of training pixels, training labels, test pixels, test labels: one byte each, image after image.
    pub sha256: Vec<String>,
}

/// SHA-256 of training pixels, training labels, test pixels, test labels.
pub fn sums(set: &DataSet) -> Vec<String> {
    let mut sums = Vec::new();
    for images in [&set.train, &set.test] {
        let all = 0..images.len();
        let pixels: Vec<u8> = all
            .clone()
            .flat_map(|i| images.pixels(i).iter().copied())
            .collect();
        let own = images.class_labels();
        let labels: Vec<u8> = all.map(|i| own[images.label(i)] as u8).collect();
        sums.extend([sha256(&pixels), sha256(&labels)]);
    }
    sums
}

/// The bridge of a plan, on its data set; `None` if the plan has none or the set is not there.
///
/// # Errors
/// Images smaller than a patch.
///
/// # Cost
/// That of [`bridge`].
pub fn bridge_of(
    plan: &Registration,
    sets: &BTreeMap<String, DataSet>,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Option<Bridge>, BridgeError> {
    let Some((spec, set)) = plan
        .bridge
        .as_ref()
        .and_then(|b| Some((b, sets.get(&b.data)?)))
    else {
        return Ok(None);
    };
    let data = plan.data.iter().find(|d| d.id == spec.data);
    let made = BridgePlan {
        patch: data.map_or(4, |d| d.kernel),
        steps: spec.steps,
        seeds: (1..=spec.seeds).collect(),
        ..BridgePlan::default()
    };
    bridge(set, &made, progress).map(Some)
}

/// Everything that was run and found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// Version of the format.
    pub format: u64,
    /// Version of the program.
    pub version: String,
    /// The command line.
    pub command: String,
    /// The registration.
    pub registration: Registered,
    /// What was run: the registration, or the part of it.
    pub plan: Registration,
    /// The data sets.
    pub data: Vec<DataRecord>,
    /// Verdicts.
    pub findings: Vec<Finding>,
    /// The ladder.
    pub ladder: Vec<Rung>,
    /// Real images with a planted key.
    pub bridge: Option<Bridge>,
    /// Key patches.
    pub keys: Vec<KeyRecord>,
    /// Initial parameters.
    pub starts: Vec<Start>,
    /// All runs of the main arms.
    pub records: Vec<Record>,
    /// All runs of the ladder.
    pub ladder_records: Vec<Record>,
}

impl Results {
    /// Adds up what was done.
    #[allow(clippy::too_many_arguments)]
    pub fn new(
        command: String,
        registration: Registered,
        plan: Registration,
        sets: &BTreeMap<String, DataSet>,
        arenas: &[Arena],
        main: Vec<Done>,
        rungs: Vec<Done>,
        bridge: Option<Bridge>,
    ) -> Self {
        let data = sets
            .iter()
            .map(|(id, set)| DataRecord {
                id: id.clone(),
                train_images: set.train.len(),
                test_images: set.test.len(),
                sha256: sums(set),
            })
            .collect();
        let mut starts = BTreeSet::new();
        let mut split = |done: Vec<Done>| -> Vec<Record> {
            done.into_iter()
                .flat_map(|done| {
                    starts.extend(done.start);
                    done.records
                })
                .collect()
        };
        let (records, ladder_records) = (split(main), split(rungs));
        Self {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            command,
            registration,
            findings: findings(&plan, &records),
            ladder: ladder(&plan, &ladder_records),
            bridge,
            plan,
            data,
            keys: key_records(arenas),
            starts: starts.into_iter().collect(),
            records,
            ladder_records,
        }
    }

    /// Reads a results file.
    ///
    /// # Errors
    /// What was found and what was expected.
    pub fn read(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Header {
            #[serde(default)]
            results_format: serde_json::Value,
        }
        let broken = |error: serde_json::Error| {
            format!("found {error}, expected a results file of `images`")
        };
        let header: Header = serde_json::from_str(text).map_err(broken)?;
        if header.results_format != FORMAT {
            return Err(format!(
                "found results_format {}, expected {FORMAT}",
                header.results_format
            ));
        }
        #[derive(Deserialize)]
        struct Holder {
            results: Results,
        }
        let holder: Holder = serde_json::from_str(text).map_err(broken)?;
        let results = holder.results;
        results.plan.check().map_err(|error| error.to_string())?;
        let all = results.records.iter().chain(&results.ladder_records);
        for record in all {
            let uneven =
                |m: &Motion| m.along.len() != m.steps.len() || m.across.len() != m.steps.len();
            if record.motion.as_ref().is_some_and(uneven) {
                return Err(format!(
                    "found a motion of {:?} whose lists differ in length, expected equal lengths",
                    record.key
                ));
            }
        }
        let named = committed(&results.registration.sha256);
        if results.registration.whole && named.as_ref() != Some(&results.plan) {
            return Err(format!(
                "found a plan that is not that of the registration with SHA-256 {}, expected the whole \
                 registered experiment, as the file says",
                results.registration.sha256
            ));
        }
        Ok(results)
    }

    /// The first epochs-by-epoch record: what the JSON calls `training`.
    pub fn first_run(&self) -> Option<&Record> {
        self.records.iter().find(|r| !r.epochs.is_empty())
    }

    /// Runs that did not stay finite.
    pub fn not_finite(&self) -> Vec<&Record> {
        let all = self.records.iter().chain(&self.ladder_records);
        all.filter(|r| r.not_finite_from.is_some()).collect()
    }

    /// Derives verdicts, intervals and the ladder again from the records; and, where the images of a set are given, the
    /// records' measures from their parameters (unless the file has none), the key patches from the images. Every number that differs, in words;
    /// none if all agree. Measures of runs may differ by `tolerance`: another processor may round otherwise.
    ///
    /// # Cost
    /// Without images, resamples x runs; with them, two passes over the images a run.
    pub fn recompute(
        &self,
        sets: &BTreeMap<String, DataSet>,
        arenas: &[Arena],
        tolerance: f64,
    ) -> (usize, Vec<String>) {
        let mut wrong = Vec::new();
        let mut compared = 0;
        let found = findings(&self.plan, &self.records);
        let rungs = ladder(&self.plan, &self.ladder_records);
        compared += found.len() + rungs.len();
        if found.len() != self.findings.len() {
            wrong.push(format!(
                "findings: found {} in the file, expected {}",
                self.findings.len(),
                found.len()
            ));
        }
        for (own, new) in self.findings.iter().zip(&found) {
            if text(own) != text(new) {
                let (own, found) = (json!(own), json!(new));
                let fields = found.as_object().into_iter().flatten();
                let differ = fields
                    .filter(|(name, value)| own[name.as_str()] != **value)
                    .map(|(name, value)| {
                        format!("{name}: found {}, expected {value}", own[name.as_str()])
                    });
                let differ: Vec<String> = differ.collect();
                wrong.push(format!(
                    "finding {} on {}: {}",
                    new.id,
                    new.data,
                    differ.join("; ").chars().take(400).collect::<String>()
                ));
            }
        }
        if text(&self.ladder) != text(&rungs) {
            wrong.push("the ladder: not what follows from its records".to_owned());
        }
        if let Ok(Some(new)) = bridge_of(&self.plan, sets, &|_| {}) {
            compared += new.cells.len();
            let none = Vec::new();
            let own = self.bridge.as_ref().map_or(&none, |b| &b.cells);
            for (place, cell) in new.cells.iter().enumerate() {
                if own.get(place).is_none_or(|own| text(own) != text(cell)) {
                    wrong.push(format!(
                        "bridge, cell {}: not what its runs give",
                        place + 1
                    ));
                }
            }
        }
        for record in &self.data {
            if let Some(set) = sets.get(&record.id) {
                compared += 1;
                if sums(set) != record.sha256 {
                    wrong.push(format!(
                        "data {}: the images are not those that the file names",
                        record.id
                    ));
                }
            }
        }
        for keys in key_records(arenas) {
            // A file without weights has the key patches of real images alone.
            if self.starts.is_empty() && keys.images != Condition::Real {
                continue;
            }
            compared += 1;
            if !self.keys.contains(&keys) {
                wrong.push(format!(
                    "key patches of {} {:?} ({}): not those of the images",
                    keys.data,
                    keys.pair,
                    keys.images.name()
                ));
            }
        }
        let setting = Setting {
            sample: &self.plan.sample,
            permutations: self.plan.statistics.permutations,
            first: 1,
            timed: false,
        };
        let ladder = self
            .plan
            .ladder
            .iter()
            .flat_map(|l| l.rungs.iter().map(|r| &r.network));
        let networks: Vec<_> = self.plan.network.iter().chain(ladder).collect();
        let all: Vec<&Record> = self.records.iter().chain(&self.ladder_records).collect();
        let by_key: BTreeMap<&Key, &Record> = all.iter().map(|r| (&r.key, *r)).collect();
        let each: Vec<(usize, Vec<String>)> = all
            .par_iter()
            .filter(|record| record.not_finite_from.is_none() && !self.starts.is_empty())
            .filter_map(|record| {
                let key = &record.key;
                let arena = arenas
                    .iter()
                    .find(|a| a.data == key.data && a.pair == key.pair)?;
                let network = networks.iter().find(|n| n.id == key.network)?;
                let name = format!(
                    "{} {:?}, {}, {}, seed {}",
                    key.data,
                    key.pair,
                    key.network,
                    key.condition.name(),
                    key.seed
                );
                let real = Key {
                    condition: Condition::Real,
                    ..key.clone()
                };
                let base = by_key.get(&real).unwrap_or(record);
                let Some(measured) = again(arena, network, record, base, &self.starts, &setting)
                else {
                    let what = "its parameters are missing or damaged";
                    return Some((1, vec![format!("{name}: {what}")]));
                };
                let differ = |own: Option<&f64>, new: Option<&f64>| match (own, new) {
                    (Some(own), Some(new)) => (own - new).abs() > tolerance,
                    (own, new) => own.is_some() != new.is_some(),
                };
                let (values, p) = (&record.measured.values, &record.measured.p);
                let mut wrong = Vec::new();
                for m in Measure::ALL {
                    let pairs = [
                        ("", values.get(&m), measured.values.get(&m)),
                        ("p of ", p.get(&m), measured.p.get(&m)),
                    ];
                    for (what, own, new) in pairs {
                        if differ(own, new) {
                            wrong.push(format!(
                                "{name}: {what}{}: found {own:?} in the file, expected {new:?}",
                                m.name()
                            ));
                        }
                    }
                }
                Some((measured.values.len() + measured.p.len(), wrong))
            })
            .collect();
        for (numbers, differences) in each {
            compared += numbers;
            wrong.extend(differences);
        }
        (compared, wrong)
    }
}

/// A value as it is written.
fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
