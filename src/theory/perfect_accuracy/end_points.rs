//! The end point forms of T5: from the law of `(B, S_k)` at step t.

use super::events::Events;
use crate::number::Q;
use crate::probability::end_point::{EndLaw, Mass};
use crate::probability::fixed::{NEGLIGIBLE, ONE};
use crate::probability::{CountLaw, Tail};
use crate::problem::{Backgrounds, Label, Problem};
use crate::theory::count_law::count_law;
use crate::theory::thresholds::grouped;
use num_traits::One;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Masses that rough laws cut off: 2^-40.
const ROUGH: u128 = ONE >> 40;

/// What the end point forms need of a problem, once for all t.
pub(super) struct EndPoints {
    prior: [Q; 2],
    /// Distinct count laws, each with the patterns that have it.
    groups: Vec<(CountLaw, Vec<usize>)>,
    stated: Arc<Events>,
    sharp: Arc<Events>,
    /// The two patterns of all background patches, and their number in every image.
    pair: Option<([usize; 2], u64)>,
}

impl EndPoints {
    /// For these events, stated and sharp, with this in place of a count law; `None` if one is too long to be
    /// written out.
    pub fn new(
        problem: &Problem,
        [stated, sharp]: [Arc<Events>; 2],
        law: fn(CountLaw) -> CountLaw,
    ) -> Option<Self> {
        let laws: Option<Vec<CountLaw>> = (0..problem.n_patterns() - 2)
            .map(|k| count_law(problem, k).map(law))
            .collect();
        Some(EndPoints {
            prior: Label::BOTH.map(|y| problem.distribution().label_probability(y)),
            groups: grouped(laws?),
            stated,
            sharp,
            pair: only_two(problem),
        })
    }

    /// Certified bounds of `P(accuracy = 1 at step t)`: T5s, `1 - sum_k P(not E_k)`, and given the label counts,
    /// `sum_b P(B = b) max(0, 1 - sum_k P(not E'_k | B = b))`. `None` beyond the affordable size.
    pub fn at(&self, t: u64) -> Option<[Tail; 2]> {
        self.cutting(t, NEGLIGIBLE)
    }

    /// The same from laws of which more is cut off: wider, and sooner.
    pub fn roughly(&self, t: u64) -> Option<[Tail; 2]> {
        self.cutting(t, ROUGH)
    }

    fn cutting(&self, t: u64, cut: u128) -> Option<[Tail; 2]> {
        let laws: Vec<&CountLaw> = self.groups.iter().map(|(law, _)| law).collect();
        let ends = EndLaw::new(t, &self.prior, &laws, 2 * self.stated.n_background, cut)?;
        let labels = || ends.labels.clone();
        let stated = self.stated.table(t, labels());
        let mut sharp = self.sharp.table(t, labels());
        let mut matters: Vec<bool> = (0..sharp.len()).map(|k| self.sharp.matters(k)).collect();
        if let Some(([first, second], patches)) = self.pair {
            // S_second = patches (2b - t) - S_first, so both events are one interval of S_first.
            for (i, b) in labels().enumerate() {
                let total = patches as i64 * (2 * b as i64 - t as i64);
                let (low, high) = sharp[second][i];
                let own = &mut sharp[first][i];
                own.0 = own.0.max(total.saturating_sub(high));
                own.1 = own.1.min(total.saturating_sub(low));
            }
            matters[second] = false;
        }
        let mut union = Mass::default();
        let mut bad = vec![Mass::default(); ends.masses.len()];
        for (law, patterns) in &self.groups {
            // Equal questions are asked once.
            let asked = patterns.iter().map(|&k| &stated[k]);
            let sharply = patterns.iter().filter(|&&k| matters[k]).map(|&k| &sharp[k]);
            let (questions, places): (Vec<_>, Vec<_>) =
                grouped(asked.chain(sharply).cloned()).into_iter().unzip();
            let answers = ends.outside(law, &questions)?;
            for (answer, places) in answers.iter().zip(places) {
                for place in places {
                    if place < patterns.len() {
                        answer.iter().for_each(|mass| union.gain(mass));
                        union.gain(&ends.left_out);
                    } else {
                        let bad = bad.iter_mut().zip(answer);
                        bad.for_each(|(slot, mass)| slot.gain(mass));
                    }
                }
            }
        }
        let mut joint = Mass::default();
        let mut without_keys = ends.left_out.clone();
        for ((b, mass), bad) in labels().zip(&ends.masses).zip(&bad) {
            if self.sharp.keys_hold([b, t - b]) {
                joint.gain(&mass.minus(bad));
            }
            if !self.stated.keys_hold([b, t - b]) {
                without_keys.gain(mass);
            }
        }
        if self.stated.n_background == 0 {
            union = without_keys;
        }
        // A probability is at most 1.
        let joint = match ends.tail(&joint) {
            Tail::Enclosed { lo, hi } => Tail::between(lo, hi.min(Q::one())),
            exact => exact,
        };
        Some([ends.tail(&union).complement(), joint])
    }
}

/// If every image has the same number of background patches, and all of these are of two patterns:
/// the patterns and that number.
pub(super) fn only_two(problem: &Problem) -> Option<([usize; 2], u64)> {
    let of = |y| problem.distribution().backgrounds(y);
    let found: Vec<Backgrounds> = Label::BOTH.into_iter().filter_map(of).collect();
    let patches = found.first()?.most;
    let is_same = |b: &Backgrounds| b.fewest == patches && b.most == patches;
    let patterns: BTreeSet<usize> = found.iter().flat_map(|b| &b.patterns).copied().collect();
    match Vec::from_iter(patterns)[..] {
        [first, second] if found.iter().all(is_same) => Some(([first, second], patches.into())),
        _ => None,
    }
}
