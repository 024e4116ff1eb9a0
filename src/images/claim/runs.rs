//! The runs of the experiment: which there are, and one of them from its images to its record.

use super::arena::{Arena, Prepared, drawn};
use super::controls::{Condition, derived, shuffled_labels};
use super::measure::{Context, Curves, Follow, Measured, Motion, linear_accuracy, measure};
use super::registration::{Measure, NetworkPlan, SamplePlan, sha256};
use crate::images::data::{DataError, Images};
use crate::images::network::{Network, Normalisation, Shape};
use crate::images::record::{Epoch, Plan};
use crate::images::training::{Run, TrainingError, Watch, drift, is_noted};
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use thiserror::Error;

/// Which run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The data set.
    pub data: String,
    /// Classes, by label.
    pub pair: [usize; 2],
    /// The network.
    pub network: String,
    /// Real, or which control.
    pub condition: Condition,
    /// Seed.
    pub seed: u64,
}

impl Key {
    /// Of a run on a pair.
    pub fn of(arena: &Arena, network: &NetworkPlan, condition: Condition, seed: u64) -> Self {
        Self {
            data: arena.data.clone(),
            pair: arena.pair,
            network: network.id.clone(),
            condition,
            seed,
        }
    }
}

/// One run and what was measured of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Which run.
    #[serde(flatten)]
    pub key: Key,
    /// Measures and their permutation p values.
    #[serde(flatten)]
    pub measured: Measured,
    /// The first step after which a number was not finite; then nothing was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_finite_from: Option<u64>,
    /// How the winners moved; of networks with a fixed head.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub motion: Option<Motion>,
    /// Pruning curves; of the first seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curves: Option<Curves>,
    /// Epochs; of the first seed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub epochs: Vec<Epoch>,
    /// Parameters at the end, eight hexadecimal digits of the bits of each, in the order of
    /// [`Network::parameters`]: filters and their biases, heads, biases of the outputs. None of a linear model, and none
    /// where they follow from the real run's.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub end: String,
    /// SHA-256 of the parameters at the start, which [`Start`] has.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub start: String,
    /// Drift of each filter at step 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drift: Vec<f64>,
}

/// Initial parameters, which runs of one network, kernel and seed share.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Start {
    /// SHA-256 of the parameters' bits, little-endian.
    pub sha256: String,
    /// The parameters, as [`Record::end`].
    pub parameters: String,
}

/// Why a run failed, other than by numbers that are not finite.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RunError {
    /// The images.
    #[error(transparent)]
    Data(Box<DataError>),
    /// The network or its training.
    #[error("{data}, classes {pair:?}, network {network}, seed {seed}: {cause}")]
    Training {
        /// The data set.
        data: String,
        /// The pair.
        pair: [usize; 2],
        /// The network.
        network: String,
        /// The seed.
        seed: u64,
        /// What went wrong.
        cause: Box<TrainingError>,
    },
}

impl From<DataError> for RunError {
    fn from(error: DataError) -> Self {
        Self::Data(Box::new(error))
    }
}

/// What all runs share.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// How images are taken.
    pub sample: &'a SamplePlan,
    /// Random sets and names a run.
    pub permutations: usize,
    /// The seed whose curves and epochs are kept.
    pub first: u64,
    /// Are wall times noted?
    pub timed: bool,
}

/// Notes the motion of the winners at about eight steps a doubling.
struct Watched {
    follow: Option<Follow>,
    until: u64,
    timed: bool,
}

impl Watch for Watched {
    fn stepped(&mut self, run: &Run, _: u64) {
        if let Some(follow) = &mut self.follow
            && run.step() <= self.until
            && (is_noted(run.step()) || run.step() == self.until)
        {
            follow.note(run.step(), run.network());
        }
    }
    fn is_timed(&self) -> bool {
        self.timed
    }
}

/// One run and what is derived from it: of [`Condition::Real`] also the untrained network, random filters and
/// norm-matched filters, where `others` asks for them.
///
/// # Errors
/// A network that does not fit the images. Numbers that are not finite are no error: the record says so.
///
/// # Cost
/// Epochs x images x (two matrix products), and two passes over the images to measure.
pub fn run(
    arena: &Arena,
    network: &NetworkPlan,
    condition: Condition,
    seed: u64,
    others: &[Condition],
    setting: &Setting<'_>,
) -> Result<(Vec<Record>, Option<Start>), RunError> {
    let prepared = arena.of(condition);
    let train = training_images(arena, condition, seed, setting)?;
    let test = &prepared.test;
    let empty = |condition: Condition| Record {
        key: Key::of(arena, network, condition, seed),
        measured: Measured::default(),
        not_finite_from: None,
        motion: None,
        curves: None,
        epochs: Vec::new(),
        end: String::new(),
        start: String::new(),
        drift: Vec::new(),
    };
    if condition == Condition::Linear {
        let mut record = empty(condition);
        record.measured = linear(&train, test, seed);
        return Ok((vec![record], None));
    }
    let plan = Plan {
        architecture: network.architecture(arena.kernel, train.rows(), train.columns()),
        init_scale: match condition {
            Condition::LargeStart => 1.0,
            _ => network.init_scale,
        },
        step: network.step,
        batch: network.batch,
        epochs: network.epochs,
        seed,
    };
    let failed = |cause: TrainingError| RunError::Training {
        data: arena.data.clone(),
        pair: arena.pair,
        network: network.id.clone(),
        seed,
        cause: Box::new(cause),
    };
    let mut record = empty(condition);
    let mut trained = match Run::start(&plan, &train, test) {
        Ok(run) => run,
        Err(TrainingError::Diverged { step, .. }) => {
            record.not_finite_from = Some(step);
            return Ok((vec![record], None));
        }
        Err(cause) => return Err(failed(cause)),
    };
    let start = trained.network().clone();
    let first_pass = first_pass(&train, network);
    let mut watch = Watched {
        follow: Follow::start(&start, &prepared.keys),
        until: first_pass,
        timed: setting.timed,
    };
    match trained.finish(&train, test, &mut watch) {
        Ok(()) => {}
        Err(TrainingError::Diverged { step, .. }) => {
            record.not_finite_from = Some(step);
            return Ok((vec![record], None));
        }
        Err(cause) => return Err(failed(cause)),
    }
    let end = trained.network();
    let look = |network: &Network, drift: Option<&[f64]>| {
        measure_with(&start, network, drift, &train, prepared, seed, setting)
    };
    let (measured, curves) = look(end, Some(trained.drift()));
    record.measured = measured;
    if let Some(follow) = watch.follow {
        record.measured.set_slopes(&follow.motion, first_pass);
        record.motion = Some(follow.motion);
    }
    if seed == setting.first {
        record.curves = Some(curves);
        record.epochs = trained.epochs().to_vec();
    }
    record.drift = trained.drift().to_vec();
    record.end = to_hex(end.parameters());
    let begun = Start {
        sha256: digest(start.parameters()),
        parameters: to_hex(start.parameters()),
    };
    record.start.clone_from(&begun.sha256);
    let mut records = vec![record];
    if condition == Condition::Real {
        for &of in others {
            let mut record = empty(of);
            record.measured = look(&derived(of, end, &start, seed), None).0;
            records.push(record);
        }
    }
    Ok((records, Some(begun)))
}

/// The images that a run trains on.
fn training_images(
    arena: &Arena,
    condition: Condition,
    seed: u64,
    setting: &Setting<'_>,
) -> Result<Images, DataError> {
    let train = drawn(&arena.of(condition).train, setting.sample.share, seed);
    match condition {
        Condition::ShuffledLabels => shuffled_labels(&train, seed),
        _ => Ok(train),
    }
}

/// What is measured of a linear model.
fn linear(train: &Images, test: &Images, seed: u64) -> Measured {
    let mut measured = Measured::default();
    let accuracy = linear_accuracy(train, test, seed);
    measured.values.insert(Measure::TestAccuracy, accuracy);
    measured
}

/// Steps of the first pass over the training images.
fn first_pass(train: &Images, network: &NetworkPlan) -> u64 {
    train.len().div_ceil(network.batch) as u64
}

fn measure_with(
    start: &Network,
    network: &Network,
    drift: Option<&[f64]>,
    train: &Images,
    prepared: &Prepared,
    seed: u64,
    setting: &Setting<'_>,
) -> (Measured, Curves) {
    let context = Context {
        train: &network.contributions(train),
        test: &network.contributions(&prepared.test),
        keys: &prepared.keys,
        permutations: setting.permutations,
        seed,
    };
    measure(start, network, drift, &context)
}

/// The measures of a finished run again, from its images and the weights of `base`, the real run of its seed (or the
/// record itself, if it was trained): everything but the motion, of which the record has the steps alone and whose slopes
/// are derived from these.
///
/// # Errors
/// `None` if parameters are missing, damaged, or do not fit the network.
pub fn again(
    arena: &Arena,
    network: &NetworkPlan,
    record: &Record,
    base: &Record,
    starts: &[Start],
    setting: &Setting<'_>,
) -> Option<Measured> {
    let Key {
        condition, seed, ..
    } = record.key;
    let prepared = arena.of(condition);
    let train = training_images(arena, condition, seed, setting).ok()?;
    if condition == Condition::Linear {
        return Some(linear(&train, &prepared.test, seed));
    }
    let is_derived = Condition::DERIVED.contains(&condition);
    let source = if is_derived { base } else { record };
    let architecture = network.architecture(arena.kernel, train.rows(), train.columns());
    let shape = Shape::new(&architecture, &train).ok()?;
    let normalisation = Normalisation::of(&train);
    let build = |text: &str| Network::with_parameters(&shape, normalisation, from_hex(text)?);
    let begun = starts.iter().find(|start| start.sha256 == source.start)?;
    let start = build(&begun.parameters)?;
    if digest(start.parameters()) != source.start {
        return None;
    }
    let end = derived(condition, &build(&source.end)?, &start, seed);
    let drift = (!is_derived).then(|| drift(&start, &train).0);
    let drift = drift.as_deref();
    let (mut measured, _) = measure_with(&start, &end, drift, &train, prepared, seed, setting);
    if let Some(motion) = &record.motion {
        measured.set_slopes(motion, first_pass(&train, network));
    }
    Some(measured)
}

fn digest(parameters: &[f32]) -> String {
    let bytes = parameters.iter().flat_map(|x| x.to_bits().to_le_bytes());
    sha256(&bytes.collect::<Vec<u8>>())
}

/// Eight hexadecimal digits of the bits of each value.
pub fn to_hex(values: &[f32]) -> String {
    let mut text = String::with_capacity(8 * values.len());
    for x in values {
        let _ = write!(text, "{:08x}", x.to_bits());
    }
    text
}

/// The values of such a text; `None` of another.
pub fn from_hex(text: &str) -> Option<Vec<f32>> {
    if !text.is_ascii() || !text.len().is_multiple_of(8) {
        return None;
    }
    let words = (0..text.len()).step_by(8).map(|at| &text[at..at + 8]);
    words
        .map(|word| u32::from_str_radix(word, 16).ok().map(f32::from_bits))
        .collect()
}
