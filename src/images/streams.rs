//! The random numbers of the experiment: one stream of ChaCha8 for each use, seed and index, so that no two
//! uses ever share numbers, whatever their seeds.
//!
//! The 32-byte key of a stream is SHA-256 of the text `filtercert images`, the name of the use, the seed and the index:
//! each number as eight bytes, little-endian, the texts ended by a zero byte.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

/// What random numbers are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Use {
    /// Initial parameters of a network; index 0.
    Initial,
    /// Order of the training images; the index is the epoch, from 1.
    Order,
    /// Labels, places and patterns of generated images; index 0: training images, 1: test images.
    Planting,
    /// Patches drawn to learn a dictionary from, and its first centres; index 0.
    Dictionary,
    /// Labels shuffled among images for the audit of A3; the index is the pair of classes.
    AuditLabels,
    /// Which training images a seed draws; index 0.
    Subset,
    /// Labels shuffled among the training images of a control; index 0.
    ShuffledLabels,
    /// One permutation of the pixels, for all images of a control; index 0.
    PermutedPixels,
    /// Random phases for the images of a control; index 0: training, 1: test images.
    RandomPhases,
    /// Random sets of filters; index 0: any, 1: as many of each sign.
    RandomSets,
    /// Filters of a control that are drawn, not trained; index 0: initial norms, 1: trained norms.
    RandomFilters,
    /// Which centres are called keys, at random; index 0.
    KeyNames,
    /// Order of the images of a linear model; the index is the pass, from 1.
    Linear,
    /// Resampling of seeds and pairs for intervals; the index is the finding.
    Bootstrap,
    /// Initial weights of the semi-real runs; index 0.
    BridgeInitial,
    /// Images, places and labels of the semi-real runs; index 0: one image a step, 1: batches with both labels.
    BridgeBatches,
}

impl Use {
    /// Its name, which enters the key.
    fn name(self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Order => "order",
            Self::Planting => "planting",
            Self::Dictionary => "dictionary",
            Self::AuditLabels => "audit-labels",
            Self::Subset => "subset",
            Self::ShuffledLabels => "shuffled-labels",
            Self::PermutedPixels => "permuted-pixels",
            Self::RandomPhases => "random-phases",
            Self::RandomSets => "random-sets",
            Self::RandomFilters => "random-filters",
            Self::KeyNames => "key-names",
            Self::Linear => "linear",
            Self::Bootstrap => "bootstrap",
            Self::BridgeInitial => "bridge-initial",
            Self::BridgeBatches => "bridge-batches",
        }
    }
}

/// The stream of a use.
pub fn stream(of: Use, seed: u64, index: u64) -> ChaCha8Rng {
    let mut key = Sha256::new();
    for text in ["filtercert images", of.name()] {
        key.update(text.as_bytes());
        key.update([0]);
    }
    key.update(seed.to_le_bytes());
    key.update(index.to_le_bytes());
    ChaCha8Rng::from_seed(key.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;
    use std::collections::HashSet;

    /// Every use, seed and index has numbers of its own; the same three have the same.
    #[test]
    fn streams_do_not_collide() {
        let uses = [
            Use::Initial,
            Use::Order,
            Use::Planting,
            Use::Dictionary,
            Use::AuditLabels,
            Use::Subset,
            Use::ShuffledLabels,
            Use::PermutedPixels,
            Use::RandomPhases,
            Use::RandomSets,
            Use::RandomFilters,
            Use::KeyNames,
            Use::Linear,
            Use::Bootstrap,
            Use::BridgeInitial,
            Use::BridgeBatches,
        ];
        let mut first = HashSet::new();
        for of in uses {
            for seed in [0, 1, 2, u64::MAX] {
                for index in [0, 1, u64::MAX] {
                    let number: u128 = stream(of, seed, index).random();
                    assert!(first.insert(number), "{of:?} {seed} {index}");
                    assert_eq!(number, stream(of, seed, index).random::<u128>());
                }
            }
        }
    }
}
