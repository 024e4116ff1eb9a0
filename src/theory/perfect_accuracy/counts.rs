//! The form of T5 with thresholds on label counts and on the walks' maxima.

use super::events::Events;
use crate::number::{Q, integer, largest_where, least_where};
use crate::probability::fixed::{ONE, Tails, units, units_ru};
use crate::probability::walk::{
    MAX_END_PRODUCTS, supermartingale_ru, walk_maximum_coarse, walk_maximum_with,
};
use crate::probability::{StepLaw, Tail, azuma_doob_ru, round_ru};
use crate::problem::{Label, Problem};
use crate::theory::count_law::step_law;
use crate::theory::thresholds::{LabelCounts, grouped};
use num_traits::{One, Zero};
use rayon::prelude::*;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most products spent on the law of the label count.
const MAX_LABEL_PRODUCTS: u64 = 20_000_000;

/// Levels of the label tails that are tried: 2^-1 to 2^-LEVELS.
const LEVELS: u32 = 80;

/// Thresholds; those that are chosen imply that every path with `B_y(t) >= counts[y]` and
/// `S*_k(t) <= lambdas[k]` has accuracy 1 at step t.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thresholds {
    /// b_y.
    pub(super) counts: [u64; 2],
    /// lambda_k, at most the furthest the walk can go.
    pub(super) lambdas: Vec<u64>,
}

/// A walk, as far as it is known.
#[derive(Debug, PartialEq)]
struct Walk {
    /// The law of its steps; `None` where that is too long to be written out.
    law: Option<StepLaw>,
    /// The longest step.
    reach: u64,
    /// Is the mean of a step 0?
    centred: bool,
}

impl Walk {
    /// `P(S* > lambda)` from above, without an end law.
    fn tail_ru(&self, t: u64, lambda: u64) -> Q {
        match &self.law {
            Some(law) => supermartingale_ru(law, t, lambda),
            None if lambda >= t.saturating_mul(self.reach) => Q::zero(),
            None if self.centred => azuma_doob_ru(t, self.reach, lambda),
            None => Q::one(),
        }
    }

    /// `P(S* > lambda)`, exact or enclosed, with the tails of its end if they are known.
    fn tail(&self, t: u64, lambda: u64, end: Option<&Tails>) -> Tail {
        match &self.law {
            Some(law) => walk_maximum_with(law, t, lambda, end),
            None => Tail::between(Q::zero(), round_ru(&self.tail_ru(t, lambda), 128)),
        }
    }
}

/// What the thresholds form needs of a problem, once for all t.
pub(super) struct ThresholdForm {
    prior: [Q; 2],
    /// Distinct walks, and each pattern's.
    walks: Vec<Walk>,
    walk_of: Vec<usize>,
    events: Arc<Events>,
}

impl ThresholdForm {
    /// For these events.
    pub fn new(problem: &Problem, r: u32, events: Arc<Events>) -> Self {
        let reach = u64::from(problem.distribution().max_patches() - r);
        let means = problem.distribution().signed_mean_counts();
        let walk = |k| {
            let law = step_law(problem, k);
            Walk {
                reach: law.as_ref().map_or(reach, StepLaw::bound),
                centred: means[k + 2].is_zero(),
                law,
            }
        };
        let n_background = problem.n_patterns() - 2;
        let mut walk_of = vec![0; n_background];
        let mut walks = Vec::new();
        for (walk, members) in grouped((0..n_background).map(walk)) {
            for k in members {
                walk_of[k] = walks.len();
            }
            walks.push(walk);
        }
        ThresholdForm {
            prior: Label::BOTH.map(|y| problem.distribution().label_probability(y)),
            walks,
            walk_of,
            events,
        }
    }

    /// Is the bound at step t at least `1 - delta`, with the thresholds that are chosen there? Fine
    /// tails are computed only where coarse ones leave it open.
    pub fn certifies(&self, t: u64, delta: &Q) -> bool {
        let at = self.at(t);
        let Some(chosen) = at.choose() else {
            return false;
        };
        at.quickly(&chosen, delta)
            .unwrap_or_else(|| at.failure(&chosen).upper() <= delta)
    }

    /// The form at step t, with the end laws that guide the choice.
    pub fn at(&self, t: u64) -> AtStep<'_> {
        let end = |walk: &Walk| Tails::of_sum(walk.law.as_ref()?, t, MAX_END_PRODUCTS);
        AtStep {
            form: self,
            t,
            labels: LabelCounts::new(&self.prior, t, MAX_LABEL_PRODUCTS),
            ends: self.walks.par_iter().map(end).collect(),
            known: RefCell::default(),
        }
    }
}

/// The thresholds form at one step.
pub struct AtStep<'a> {
    form: &'a ThresholdForm,
    t: u64,
    labels: LabelCounts,
    /// Where the walks end.
    ends: Vec<Option<Tails>>,
    /// Estimated tails of the walks without an end law, by walk and lambda.
    known: RefCell<BTreeMap<(usize, u64), u128>>,
}

impl AtStep<'_> {
    /// No walk of pattern k gets farther.
    fn reach(&self, k: usize) -> u64 {
        let walk = &self.form.walks[self.form.walk_of[k]];
        self.t.saturating_mul(walk.reach)
    }

    /// An estimate of `P(S*_k > lambda)` in units; it guides the search and certifies nothing.
    fn walk_tail(&self, k: usize, lambda: u64) -> u128 {
        if lambda >= self.reach(k) {
            return 0;
        }
        let walk = self.form.walk_of[k];
        if let Some(end) = &self.ends[walk] {
            // Twice this is Levy's bound for symmetric steps, and not far off for others.
            return 2 * end.beyond(lambda).1;
        }
        let estimate = || units_ru(&self.form.walks[walk].tail_ru(self.t, lambda));
        let mut known = self.known.borrow_mut();
        *known.entry((walk, lambda)).or_insert_with(estimate)
    }

    /// The thresholds that these counts allow, with the estimated probability of failure.
    fn allowed(&self, counts: [u64; 2]) -> Option<(u128, Thresholds)> {
        if counts[0].checked_add(counts[1])? > self.t {
            return None;
        }
        let mut lambdas = self.form.events.largest_lambdas(counts)?;
        let mut failure = 0u128;
        for (k, lambda) in lambdas.iter_mut().enumerate() {
            *lambda = (*lambda).min(self.reach(k));
            failure = failure.saturating_add(self.walk_tail(k, *lambda));
        }
        for y in Label::BOTH {
            failure = failure.saturating_add(self.labels.below(y, counts[y.index()]).1);
        }
        Some((failure, Thresholds { counts, lambdas }))
    }

    /// The best thresholds found: counts at common levels of their tails, then single counts moved
    /// while that helps. `None` if no counts satisfy the implication.
    pub(super) fn choose(&self) -> Option<Thresholds> {
        let least = Label::BOTH.map(|y| self.form.events.least_count(y, self.t));
        let [Some(plus), Some(minus)] = least else {
            return None;
        };
        let best_of = |candidates: &mut dyn Iterator<Item = [u64; 2]>| {
            let allowed = candidates.filter_map(|counts| self.allowed(counts));
            allowed.min_by_key(|(failure, _)| *failure)
        };
        let level = |e| Label::BOTH.map(|y| self.labels.largest(y, e));
        let mut starts = std::iter::once([plus, minus]).chain((1..=LEVELS).map(level));
        let mut best = best_of(&mut starts)?;
        let mut stride = (self.t.isqrt() / 4).max(1);
        loop {
            let [plus, minus] = best.1.counts;
            let moves = [
                [plus.saturating_add(stride), minus],
                [plus.saturating_sub(stride), minus],
                [plus, minus.saturating_add(stride)],
                [plus, minus.saturating_sub(stride)],
            ];
            match best_of(&mut moves.into_iter()) {
                Some(moved) if moved.0 < best.0 => best = moved,
                _ if stride == 1 => return Some(best.1),
                _ => stride /= 2,
            }
        }
    }

    /// Thresholds at tails of about delta / (2 (K + 2)), whether they imply anything or not: what a
    /// near miss of the theorem takes.
    pub(super) fn unchecked(&self, delta: &Q) -> Thresholds {
        let n = self.form.walk_of.len();
        let level = units_ru(delta) / (2 * (n as u128 + 2));
        let lambda = |k| least_where(0, self.reach(k), |l| self.walk_tail(k, l) <= level);
        Thresholds {
            counts: Label::BOTH
                .map(|y| largest_where(0, self.t, |b| self.labels.below(y, b).1 <= level)),
            lambdas: (0..n).map(lambda).collect(),
        }
    }

    /// How many walks have the same law and the same threshold, so that they fail with equal probability.
    fn alike(&self, thresholds: &Thresholds) -> BTreeMap<(usize, u64), u64> {
        let mut walks = BTreeMap::new();
        for (&walk, &lambda) in self.form.walk_of.iter().zip(&thresholds.lambdas) {
            *walks.entry((walk, lambda)).or_default() += 1;
        }
        walks
    }

    /// Is the failure probability of thresholds at most `delta`? Decided from the end laws (the upper
    /// bound by Levy's inequality for symmetric steps) and, walk by walk with the likeliest to
    /// fail first, by coarse computations. `None` where that decides nothing.
    fn quickly(&self, thresholds: &Thresholds, delta: &Q) -> Option<bool> {
        let t = self.t;
        let enclosed = |(lo, hi)| Tail::between(units(lo), units(hi));
        let of_label = |y: Label| enclosed(self.labels.below(y, thresholds.counts[y.index()]));
        let [plus, minus] = Label::BOTH.map(of_label);
        let mut sum = plus.add(&minus);
        let mut open = Vec::new();
        for ((walk, lambda), times) in self.alike(thresholds) {
            let step = self.form.walks[walk].law.as_ref()?;
            if lambda >= t.saturating_mul(step.bound()) {
                continue;
            }
            let (least, most) = self.ends[walk].as_ref()?.beyond(lambda);
            let most = if step.is_symmetric() { 2 * most } else { ONE };
            let times = integer(times);
            let tail = enclosed((least, most.min(ONE))).times(&times);
            sum = sum.add(&tail);
            open.push((tail, times, step, lambda));
        }
        open.sort_by(|a, b| b.0.lower().cmp(a.0.lower()));
        let decided = |sum: &Tail| {
            let below = sum.upper() <= delta;
            (below || sum.lower() > delta).then_some(below)
        };
        for pair in open.chunks(2) {
            if let Some(answer) = decided(&sum) {
                return Some(answer);
            }
            let coarse = |(_, times, step, lambda): &(_, Q, &StepLaw, u64)| {
                Some(walk_maximum_coarse(step, t, *lambda)?.times(times))
            };
            let tails: Vec<Option<Tail>> = pair.par_iter().map(coarse).collect();
            for ((known, ..), tail) in pair.iter().zip(tails) {
                let tail = tail?;
                let raised = (tail.lower() - known.lower()).max(Q::zero());
                let fallen = (known.upper() - tail.upper()).max(Q::zero());
                sum = Tail::between(sum.lower() + raised, sum.upper() - fallen);
            }
        }
        decided(&sum)
    }

    /// `sum_y P(B_y < b_y) + sum_k P(S*_k > lambda_k)`, exact or enclosed.
    pub(super) fn failure(&self, thresholds: &Thresholds) -> Tail {
        let (walks, ends, t) = (&self.form.walks, &self.ends, self.t);
        let tail = |((walk, lambda), times): ((usize, u64), u64)| {
            let tail = walks[walk].tail(t, lambda, ends[walk].as_ref());
            tail.times(&integer(times))
        };
        let tails: Vec<Tail> = self.alike(thresholds).into_par_iter().map(tail).collect();
        let labels = self.labels.missed(thresholds.counts);
        tails.iter().fold(labels, |sum, tail| sum.add(tail))
    }
}
