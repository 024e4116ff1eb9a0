//! What the runs on one pair of classes share: its images, those of the controls, and their key patches.

use super::controls::{Condition, permuted_pixels, random_phases};
use super::registration::{DataPlan, Role, SamplePlan};
use crate::images::data::{DataError, DataSet, Images, read};
use crate::images::patches::{ClassUse, Dictionary, PatchError, PatchOptions};
use crate::images::planted::{self, Kind};
use crate::images::streams::{Use, stream};
use rand::seq::SliceRandom;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::path::Path;
use thiserror::Error;

/// Images of the generated set: for training and for testing.
const PLANTED_IMAGES: usize = 4_000;

/// Why a pair cannot be prepared.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ArenaError {
    /// The images.
    #[error(transparent)]
    Data(Box<DataError>),
    /// The patch dictionary.
    #[error("{data}, classes {pair:?}: the patch dictionary: {cause}")]
    Patches {
        /// The data set.
        data: String,
        /// The pair.
        pair: [usize; 2],
        /// What went wrong.
        cause: PatchError,
    },
}

impl From<DataError> for ArenaError {
    fn from(error: DataError) -> Self {
        Self::Data(Box::new(error))
    }
}

/// A patch dictionary, learnt on one half of the training images, and what its centres are called by their use in
/// the other half.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyPatches {
    /// Side of a patch.
    pub size: usize,
    /// Centres, size x size values each, of mean 0 and norm 1.
    pub centres: Vec<Vec<f32>>,
    /// Presence of each centre in the images of class +, of class -, in the half that it was not learnt on.
    pub presence: Vec<[f64; 2]>,
    /// The key patches of each class: places in `centres`, the largest difference of presence first.
    pub keys: [Vec<usize>; 2],
    /// Centres that are about as frequent in both classes.
    pub others: Vec<usize>,
}

impl KeyPatches {
    /// Learns it: patches that do not overlap, k-means; of each class every other image to learn, the rest to judge.
    ///
    /// # Errors
    /// Images smaller than a patch, or without contrast.
    pub fn learn(images: &Images, size: usize, plan: &SamplePlan) -> Result<Self, PatchError> {
        // Within each class: a set whose classes take turns would else be split by class.
        let mut seen = vec![0usize; images.n_classes()];
        let mut halves = [Vec::new(), Vec::new()];
        for i in 0..images.len() {
            let place = &mut seen[images.label(i)];
            halves[*place % 2].push(i);
            *place += 1;
        }
        // A class is in the first half from one image on, in the second from two.
        for least in [1, 2] {
            let found = seen.iter().filter(|n| **n >= least).count();
            if found < 2 {
                return Err(PatchError::OneClass { found });
            }
        }
        let options = PatchOptions {
            size,
            stride: size,
            centres: plan.centres,
            seed: plan.seed,
            ..PatchOptions::default()
        };
        let dictionary = Dictionary::learn(&images.at(&halves[0]), &options)?;
        let used = ClassUse::measure(&dictionary, &images.at(&halves[1]));
        let presence: Vec<[f64; 2]> = used.presence.iter().map(|p| [p[0], p[1]]).collect();
        let difference = |centre: usize, y: usize| presence[centre][y] - presence[centre][1 - y];
        let keys = [0, 1].map(|y| {
            let mut found: Vec<usize> = (0..presence.len())
                .filter(|&c| difference(c, y) >= plan.key_difference)
                .collect();
            found.sort_by(|&a, &b| difference(b, y).total_cmp(&difference(a, y)));
            found.truncate(plan.keys);
            found
        });
        let others = (0..presence.len())
            .filter(|&c| difference(c, 0).abs() <= plan.other_difference)
            .collect();
        Ok(Self {
            size,
            centres: dictionary.centres,
            presence,
            keys,
            others,
        })
    }

    /// Has each class a key, and are there as many centres that are no keys?
    pub fn can_be_compared(&self) -> bool {
        let [plus, minus] = [self.keys[0].len(), self.keys[1].len()];
        plus > 0 && minus > 0 && self.others.len() >= plus.max(minus)
    }
}

/// Images of one kind with their key patches.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// To train on; each run draws some.
    pub train: Images,
    /// To test on.
    pub test: Images,
    /// Key patches of these images, by the real labels.
    pub keys: KeyPatches,
}

/// One pair of classes of one data set.
#[derive(Debug, Clone, PartialEq)]
pub struct Arena {
    /// The data set.
    pub data: String,
    /// What it is for.
    pub role: Role,
    /// The classes, by label.
    pub pair: [usize; 2],
    /// Side of a filter.
    pub kernel: usize,
    kinds: Vec<(Condition, Prepared)>,
}

/// Reads a data set, or generates the positive control.
///
/// # Errors
/// As [`read`].
pub fn read_set(plan: &DataPlan, folder: Option<&Path>, seed: u64) -> Result<DataSet, DataError> {
    match plan.role {
        Role::PositiveControl => {
            let set = planted::generate(Kind::Orthogonal, PLANTED_IMAGES, PLANTED_IMAGES, seed);
            Ok(set.data)
        }
        _ => read(folder),
    }
}

impl Arena {
    /// Prepares a pair for the conditions that change images, beside the real ones.
    ///
    /// # Errors
    /// Classes that the set does not have, and images without patches to learn from.
    ///
    /// # Cost
    /// One dictionary a condition.
    pub fn new(
        set: &DataSet,
        plan: &DataPlan,
        pair: [usize; 2],
        sample: &SamplePlan,
        conditions: &[Condition],
    ) -> Result<Self, ArenaError> {
        let train = set
            .train
            .of_classes(&pair)?
            .first_of_each(sample.train_per_class);
        let test = set
            .test
            .of_classes(&pair)?
            .first_of_each(sample.test_per_class);
        let seed = sample.seed;
        let make = |condition: Condition| -> Result<(Condition, Prepared), ArenaError> {
            let (train, test) = match condition {
                Condition::PermutedPixels => (
                    permuted_pixels(&train, seed)?,
                    permuted_pixels(&test, seed)?,
                ),
                Condition::RandomPhases => (
                    random_phases(&train, seed, 0)?,
                    random_phases(&test, seed, 1)?,
                ),
                _ => (train.clone(), test.clone()),
            };
            let keys = KeyPatches::learn(&train, plan.kernel, sample);
            let keys = keys.map_err(|cause| ArenaError::Patches {
                data: plan.id.clone(),
                pair,
                cause,
            })?;
            Ok((condition, Prepared { train, test, keys }))
        };
        let mut wanted = vec![Condition::Real];
        for condition in conditions.iter().map(|c| c.images()) {
            if !wanted.contains(&condition) {
                wanted.push(condition);
            }
        }
        let kinds = wanted.into_par_iter().map(make).collect::<Result<_, _>>()?;
        Ok(Self {
            data: plan.id.clone(),
            role: plan.role,
            pair,
            kernel: plan.kernel,
            kinds,
        })
    }

    /// The images of a condition; the real ones if it was not prepared.
    pub fn of(&self, condition: Condition) -> &Prepared {
        let found = self
            .kinds
            .iter()
            .find(|(kind, _)| *kind == condition.images());
        &found.unwrap_or(&self.kinds[0]).1
    }
}

/// The training images that a seed draws.
pub fn drawn(images: &Images, share: f64, seed: u64) -> Images {
    let mut places: Vec<usize> = (0..images.len()).collect();
    places.shuffle(&mut stream(Use::Subset, seed, 0));
    places.truncate(((share * images.len() as f64).round() as usize).max(1));
    places.sort_unstable();
    images.at(&places)
}
