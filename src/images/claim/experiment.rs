//! All runs of a registration, or of a part of it, and what they add up to.

use super::arena::{Arena, ArenaError, KeyPatches};
use super::controls::Condition;
use super::findings::{CONTROLS, Finding, findings};
use super::registration::{FindingPlan, NetworkPlan, Registration, Role};
use super::runs::{Key, Record, RunError, Setting, Start, run};
use crate::images::data::DataSet;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

/// Why an experiment ends early.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ExperimentError {
    /// Its images.
    #[error(transparent)]
    Arena(#[from] ArenaError),
    /// One of its runs.
    #[error(transparent)]
    Run(#[from] RunError),
}

/// Key patches of one kind of images of one pair.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyRecord {
    /// The data set.
    pub data: String,
    /// Classes, by label.
    pub pair: [usize; 2],
    /// Which images: real ones or those of a control.
    pub images: Condition,
    /// The patches.
    #[serde(flatten)]
    pub keys: KeyPatches,
}

/// What became of one training run: its records and its initial parameters. As a line of a file it lets an experiment go
/// on after it was stopped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// The run, and what is derived from it.
    pub records: Vec<Record>,
    /// Its initial parameters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Start>,
}

/// A training run to do.
#[derive(Debug, Clone, Copy)]
pub struct Job<'a> {
    arena: &'a Arena,
    network: &'a NetworkPlan,
    condition: Condition,
    seed: u64,
    derived: bool,
}

impl Job<'_> {
    /// Its key.
    pub fn key(&self) -> Key {
        Key::of(self.arena, self.network, self.condition, self.seed)
    }
}

/// Which controls are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Controls {
    /// All that there are.
    All,
    /// Those that the findings are compared with.
    Compared,
}

impl Controls {
    /// Conditions of one network that are training runs, for these findings.
    fn trained(self, findings: &[FindingPlan], network: &str) -> Vec<Condition> {
        let compared: BTreeSet<Condition> = findings
            .iter()
            .filter(|f| f.network == network)
            .filter_map(|f| f.less)
            .collect();
        let all = [
            Condition::ShuffledLabels,
            Condition::PermutedPixels,
            Condition::RandomPhases,
        ];
        let wanted = |c: &Condition| compared.contains(c) || (self == Self::All && all.contains(c));
        let controls = CONTROLS
            .into_iter()
            .filter(|c| !Condition::DERIVED.contains(c));
        std::iter::once(Condition::Real)
            .chain(controls.filter(wanted))
            .collect()
    }
}

/// The pairs of the data sets of a registration that `sets` has, prepared.
///
/// # Errors
/// Classes that a set does not have; images without contrast.
///
/// # Cost
/// A patch dictionary a pair and kind of image.
pub fn arenas(
    registration: &Registration,
    sets: &BTreeMap<String, DataSet>,
    controls: Controls,
) -> Result<Vec<Arena>, ExperimentError> {
    let mut wanted = BTreeSet::new();
    for network in &registration.network {
        wanted.extend(controls.trained(&registration.finding, &network.id));
    }
    let wanted: Vec<Condition> = wanted.into_iter().collect();
    let pairs: Vec<_> = registration
        .data
        .iter()
        .filter_map(|plan| Some((plan, sets.get(&plan.id)?)))
        .flat_map(|(plan, set)| plan.pairs.iter().map(move |pair| (plan, set, *pair)))
        .collect();
    pairs
        .into_par_iter()
        .map(|(plan, set, pair)| Ok(Arena::new(set, plan, pair, &registration.sample, &wanted)?))
        .collect()
}

/// The training runs of the main arms, in a fixed order.
pub fn jobs<'a>(
    registration: &'a Registration,
    arenas: &'a [Arena],
    controls: Controls,
) -> Vec<Job<'a>> {
    let mut jobs = Vec::new();
    for arena in arenas {
        for network in used(registration) {
            for condition in controls.trained(&registration.finding, &network.id) {
                jobs.extend((1..=registration.seeds).map(|seed| Job {
                    arena,
                    network,
                    condition,
                    seed,
                    derived: true,
                }));
            }
        }
    }
    jobs
}

/// Networks that a finding speaks of.
fn used(registration: &Registration) -> impl Iterator<Item = &NetworkPlan> {
    let speaks = |id: &str| registration.finding.iter().any(|f| f.network == id);
    registration.network.iter().filter(move |n| speaks(&n.id))
}

/// The training runs of the ladder: each rung on each pair of its set, real and with shuffled labels.
pub fn ladder_jobs<'a>(registration: &'a Registration, arenas: &'a [Arena]) -> Vec<Job<'a>> {
    let mut jobs = Vec::new();
    if let Some(ladder) = &registration.ladder {
        for arena in arenas.iter().filter(|a| a.data == ladder.data) {
            for rung in &ladder.rungs {
                for condition in [Condition::Real, Condition::ShuffledLabels] {
                    jobs.extend((1..=ladder.seeds).map(|seed| Job {
                        arena,
                        network: &rung.network,
                        condition,
                        seed,
                        derived: false,
                    }));
                }
            }
        }
    }
    jobs
}

impl Job<'_> {
    /// Does the run; with the times of its epochs if `timed`.
    ///
    /// # Errors
    /// Why it failed, other than by numbers that are not finite.
    pub fn perform(&self, registration: &Registration, timed: bool) -> Result<Done, RunError> {
        let setting = Setting {
            sample: &registration.sample,
            permutations: registration.statistics.permutations,
            first: 1,
            timed,
        };
        let others: &[Condition] = if self.derived {
            &Condition::DERIVED
        } else {
            &[]
        };
        let (records, start) = run(
            self.arena,
            self.network,
            self.condition,
            self.seed,
            others,
            &setting,
        )?;
        Ok(Done { records, start })
    }
}

/// Does runs, some at a time. The result is in the order of the jobs, whatever the number of threads.
///
/// # Errors
/// The first run that fails, other than by numbers that are not finite.
pub fn perform(
    registration: &Registration,
    jobs: &[Job<'_>],
    timed: bool,
) -> Result<Vec<Done>, RunError> {
    jobs.par_iter()
        .with_max_len(1)
        .map(|job| job.perform(registration, timed))
        .collect()
}

/// What one rung of the ladder shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rung {
    /// What changed.
    pub change: String,
    /// The network.
    pub network: NetworkPlan,
    /// Its findings; their role is exploratory: nothing was predicted of single rungs.
    pub findings: Vec<Finding>,
    /// Mean test accuracy of the real runs.
    pub accuracy: Option<f64>,
}

/// The ladder from its records.
pub fn ladder(registration: &Registration, records: &[Record]) -> Vec<Rung> {
    let Some(ladder) = &registration.ladder else {
        return Vec::new();
    };
    let mut rungs = Vec::new();
    for rung in &ladder.rungs {
        let own = |record: &&Record| record.key.network == rung.network.id;
        let own: Vec<Record> = records.iter().filter(own).cloned().collect();
        let mut plan = registration.clone();
        plan.data.retain(|d| d.id == ladder.data);
        plan.data
            .iter_mut()
            .for_each(|d| d.role = Role::Exploratory);
        plan.finding.retain(|f| ladder.findings.contains(&f.id));
        plan.finding
            .iter_mut()
            .for_each(|f| f.network.clone_from(&rung.network.id));
        let accuracies: Vec<f64> = own
            .iter()
            .filter(|r| r.key.condition == Condition::Real)
            .filter_map(|r| {
                r.measured
                    .values
                    .get(&super::registration::Measure::TestAccuracy)
            })
            .copied()
            .collect();
        rungs.push(Rung {
            change: rung.change.clone(),
            network: rung.network.clone(),
            findings: findings(&plan, &own),
            accuracy: (!accuracies.is_empty())
                .then(|| crate::images::statistics::mean(&accuracies)),
        });
    }
    rungs
}

/// Key patches of all arenas, for the results.
pub fn key_records(arenas: &[Arena]) -> Vec<KeyRecord> {
    let mut found = Vec::new();
    for arena in arenas {
        for images in [
            Condition::Real,
            Condition::PermutedPixels,
            Condition::RandomPhases,
        ] {
            let prepared = arena.of(images);
            if images == Condition::Real || !std::ptr::eq(prepared, arena.of(Condition::Real)) {
                found.push(KeyRecord {
                    data: arena.data.clone(),
                    pair: arena.pair,
                    images,
                    keys: prepared.keys.clone(),
                });
            }
        }
    }
    found
}

/// On how many confirmatory sets each finding is supported, of those on which it could be measured.
pub fn supported(findings: &[Finding]) -> BTreeMap<String, (usize, usize)> {
    use super::findings::Verdict;
    let mut counts = BTreeMap::new();
    for finding in findings.iter().filter(|f| f.role == Role::Confirmatory) {
        let of: &mut (usize, usize) = counts.entry(finding.id.clone()).or_default();
        of.0 += usize::from(finding.verdict == Verdict::Supported);
        of.1 += usize::from(finding.verdict != Verdict::NotApplicable);
    }
    counts
}
