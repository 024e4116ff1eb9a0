//! Laws of the counts of one pattern in one sample.

use crate::probability::{CountLaw, StepLaw};
use crate::problem::{Distribution, Problem};
use crate::theory::thresholds::grouped;

/// Most background patches of an image of the generative form whose count law is written out.
pub const MAX_COUNT: u32 = 1_024;

/// The law of label and count of pattern p in `0..P`.
///
/// # Cost
/// As [`Distribution::count_weights`].
pub(super) fn law_of_pattern(distribution: &Distribution, p: usize) -> CountLaw {
    let law = distribution.count_weights(p);
    CountLaw::new(law.weights, law.denominator)
}

/// The law of `(y, N_k)` of the background pattern with index `k` in `0..K`; `None` for the generative form
/// with more than [`MAX_COUNT`] background patches.
pub(super) fn count_law(problem: &Problem, k: usize) -> Option<CountLaw> {
    let distribution = problem.distribution();
    (distribution.drawn_patches() <= MAX_COUNT).then(|| law_of_pattern(distribution, k + 2))
}

/// The first background pattern of each different law of the walk, by its place in the dictionary; `None` where the laws
/// are too long to be written out.
pub(crate) fn distinct_walks(problem: &Problem) -> Option<Vec<usize>> {
    let laws: Option<Vec<StepLaw>> = (0..problem.n_patterns().saturating_sub(2))
        .map(|k| step_law(problem, k))
        .collect();
    let groups = grouped(laws?).into_iter();
    Some(groups.map(|(_, members)| members[0] + 2).collect())
}

/// The law of `y N_k`, one step of the walk of the background pattern with index `k`.
pub(super) fn step_law(problem: &Problem, k: usize) -> Option<StepLaw> {
    Some(StepLaw::signed(&count_law(problem, k)?))
}
