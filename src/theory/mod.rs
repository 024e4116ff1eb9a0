//! What must be true: the theorems, one file or folder each, and what they share.
//!
//! [`REGISTRY`] lists the theorems in order. Each file holds the statement, what it assumes, the
//! check, and the wrong theories that the same check must refute.

pub mod along_and_across;
pub mod asked;
pub mod balancedness;
pub mod closed_form;
pub mod coherent_mistake_bound;
pub mod context;
mod count_law;
pub(crate) use count_law::distinct_walks;
pub mod curve;
pub mod evidence;
pub mod figures;
mod fresh;
mod growth;
mod image_length;
mod line;
pub mod lottery;
pub mod main_claim;
mod missed_chances;
pub use missed_chances::MissedChances;
pub mod mistake_bound;
pub mod norm_bounds;
pub mod norm_dominance;
pub mod opposed_keys;
pub mod pathwise;
pub mod pathwise_probe;
pub mod perfect_accuracy;
pub mod prelude;
pub mod record;
pub mod remark;
pub mod rounding;
pub mod separator_bound;
pub mod settling;
pub mod sgd_norm_dominance;
pub mod theorem;
mod thresholds;
pub use thresholds::MissedThresholds;
pub mod trained_head;
pub mod unbiasedness;
pub mod verdict;
pub mod violation;
mod whole_norm;

use record::Formula;
use theorem::{Forms, Theorem};

/// All theorems in all their forms, each with its own record.
pub fn forms() -> impl Iterator<Item = &'static dyn Theorem> {
    REGISTRY.iter().flat_map(|theorem| theorem.forms())
}

/// All theorems, in the order of their names.
pub static REGISTRY: &[&dyn Theorem] = &[
    &unbiasedness::Unbiasedness,
    &closed_form::ClosedForm,
    &norm_dominance::NormDominance,
    &pathwise::Pathwise,
    &pathwise::PathwiseMax,
    &sgd_norm_dominance::SgdNormDominance,
    &perfect_accuracy::PerfectAccuracy,
    &Forms(
        mistake_bound::MistakeBound,
        coherent_mistake_bound::CoherentMistakeBound,
    ),
    &trained_head::TrainedHead,
    &balancedness::Balancedness,
    &lottery::Lottery,
    &rounding::Rounding,
    &main_claim::MainClaim,
    &along_and_across::AlongAndAcross,
    &opposed_keys::OpposedKeys,
    &separator_bound::SeparatorBound,
];

/// The sharper forms that have names of their own, and their formulas.
pub static SHARPER: [(&str, &[Formula]); 4] = [
    ("T2s", &norm_dominance::T2S),
    ("T5s", &perfect_accuracy::T5S),
    ("T6s", &mistake_bound::T6S),
    ("T14s", &separator_bound::T14S),
];
