//! The form of T5 with thresholds on label counts and on the walks' maxima.

use super::events::Events;
use crate::number::{Q, integer};
use crate::probability::fixed::{FixedLaw, ONE, units};
use crate::probability::walk::{end_law, walk_maximum_coarse, walk_maximum_with};
use crate::probability::{
    StepLaw, Tail, azuma_doob_ru, binomial_below, chernoff_doob_ru, hoeffding_ru, round_ru,
};
use crate::problem::{Label, Problem};
use crate::theory::count_law::step_law;
use num_bigint::BigUint;
use num_traits::{One, ToPrimitive, Zero};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// Most products spent on the law of the label count.
const MAX_LABEL_PRODUCTS: u64 = 20_000_000;

/// Levels of the label tails that are tried: 2^-1 to 2^-LEVELS.
const LEVELS: u32 = 80;

/// Thresholds whose implication holds: every path with `B_y(t) >= counts[y]` and
/// `S*_k(t) <= lambdas[k]` has accuracy 1 at step t.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Thresholds {
    /// b_y.
    pub counts: [u64; 2],
    /// lambda_k, at most the furthest the walk can go.
    pub lambdas: Vec<u64>,
}

/// What the thresholds form needs of a problem, once for all t.
pub(super) struct ThresholdForm {
    prior: [Q; 2],
    /// Distinct step laws (`None` where one is too long to be written out), and each pattern's.
    laws: Vec<Option<StepLaw>>,
    law_of: Vec<usize>,
    /// The largest step of the walks without a law, and whether they have mean 0.
    reach: u64,
    centred: Vec<bool>,
    events: Events,
}

impl ThresholdForm {
    /// For these events.
    pub fn new(problem: &Problem, r: u32, events: Events) -> Self {
        let mut laws: Vec<Option<StepLaw>> = Vec::new();
        let mut law_of = Vec::new();
        for k in 0..problem.n_patterns() - 2 {
            let law = step_law(problem, k);
            let place = match &law {
                Some(_) => laws.iter().position(|found| *found == law),
                None => None,
            };
            law_of.push(place.unwrap_or_else(|| {
                laws.push(law);
                laws.len() - 1
            }));
        }
        let means = problem.distribution().signed_mean_counts();
        ThresholdForm {
            prior: Label::BOTH.map(|y| problem.distribution().label_probability(y)),
            laws,
            law_of,
            reach: (problem.distribution().max_patches() - r).into(),
            centred: means[2..].iter().map(Zero::is_zero).collect(),
            events,
        }
    }

    /// The largest step of walk k.
    fn bound(&self, k: usize) -> u64 {
        self.laws[self.law_of[k]]
            .as_ref()
            .map_or(self.reach, StepLaw::bound)
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
        let label_law = {
            let unit = self.prior[0].denom().magnitude();
            let weight = |q: &Q| q.numer().magnitude() * (unit / q.denom().magnitude());
            let weights: [(i64, BigUint); 2] =
                [(0, weight(&self.prior[1])), (1, weight(&self.prior[0]))];
            FixedLaw::from_weights(&weights, unit).and_then(|law| law.power(t, MAX_LABEL_PRODUCTS))
        };
        let ends: Vec<Option<FixedLaw>> = self
            .laws
            .par_iter()
            .map(|law| law.as_ref().and_then(|law| end_law(law, t)))
            .collect();
        AtStep {
            form: self,
            t,
            label_sums: label_law.as_ref().map(Sums::of),
            end_sums: ends.iter().map(|law| law.as_ref().map(Sums::of)).collect(),
            ends,
            known: Mutex::new(BTreeMap::new()),
        }
    }
}

/// Partial sums of a law, for tails without adding up.
struct Sums {
    first: i64,
    below: Vec<u128>,
    slack: u128,
    outside: u128,
}

impl Sums {
    fn of(law: &FixedLaw) -> Self {
        let mut below = vec![0];
        let mut sum = 0;
        for mass in &law.lo {
            sum += mass;
            below.push(sum);
        }
        Sums {
            first: law.first,
            below,
            slack: law.slack,
            outside: law.outside,
        }
    }

    fn place(&self, value: i64) -> usize {
        value
            .saturating_sub(self.first)
            .clamp(0, self.below.len() as i64 - 1) as usize
    }

    fn enclosed(&self, sum: u128, entries: usize) -> (u128, u128) {
        let lost = self.slack * entries as u128 + self.outside;
        (sum, (sum + lost).min(ONE))
    }

    /// `P(X < value)` in units: lower and upper bound.
    fn less(&self, value: i64) -> (u128, u128) {
        let place = self.place(value);
        self.enclosed(self.below[place], place)
    }

    /// `P(X >= value)` in units: lower and upper bound.
    fn at_least(&self, value: i64) -> (u128, u128) {
        let (place, last) = (self.place(value), self.below.len() - 1);
        self.enclosed(self.below[last] - self.below[place], last - place)
    }

    /// `P(|X| > level)` in units: lower and upper bound.
    fn beyond(&self, level: u64) -> (u128, u128) {
        let level = i64::try_from(level).unwrap_or(i64::MAX - 1);
        let (above, below) = (self.at_least(level + 1), self.less(-level));
        (above.0 + below.0, above.1 + below.1)
    }
}

/// The thresholds form at one step.
pub(super) struct AtStep<'a> {
    form: &'a ThresholdForm,
    t: u64,
    label_sums: Option<Sums>,
    ends: Vec<Option<FixedLaw>>,
    end_sums: Vec<Option<Sums>>,
    /// Estimated tails of the walks without an end law, by law and lambda.
    known: Mutex<BTreeMap<(usize, u64), u128>>,
}

impl AtStep<'_> {
    /// An estimate of `P(B_y < b)` in units; it guides the search and certifies nothing.
    fn label_tail(&self, label: Label, b: u64) -> u128 {
        if b == 0 {
            return 0;
        }
        match (&self.label_sums, label) {
            (Some(law), Label::Plus) => law.less(b as i64).1,
            (Some(law), Label::Minus) => law.at_least((self.t - b) as i64 + 1).1,
            (None, _) => in_units(&hoeffding_ru(self.t, &self.form.prior[label.index()], b)),
        }
    }

    /// An estimate of `P(S*_k > lambda)` in units.
    fn walk_tail(&self, k: usize, lambda: u64) -> u128 {
        let form = self.form;
        if lambda >= self.t.saturating_mul(form.bound(k)) {
            return 0;
        }
        let law = form.law_of[k];
        if let Some(end) = &self.end_sums[law] {
            // Twice this is Levy's bound for symmetric steps, and not far off for others.
            return 2 * end.beyond(lambda).1;
        }
        let key = (law, lambda);
        if let Ok(known) = self.known.lock()
            && let Some(&tail) = known.get(&key)
        {
            return tail;
        }
        let tail = match &form.laws[law] {
            Some(step) => in_units(&chernoff_doob_ru(step, self.t, lambda)),
            None if form.centred[k] => in_units(&azuma_doob_ru(self.t, form.reach, lambda)),
            None => ONE,
        };
        if let Ok(mut known) = self.known.lock() {
            known.insert(key, tail);
        }
        tail
    }

    /// The largest b with an estimated `P(B_y < b) <= level`.
    fn count_at(&self, label: Label, level: u128) -> u64 {
        let (mut low, mut high) = (0, self.t);
        while low < high {
            let middle = high - (high - low) / 2;
            if self.label_tail(label, middle) <= level {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        low
    }

    /// The thresholds that these counts allow, with the estimated probability of failure.
    fn allowed(&self, counts: [u64; 2]) -> Option<(u128, Thresholds)> {
        if counts[0].checked_add(counts[1])? > self.t {
            return None;
        }
        let mut lambdas = self.form.events.largest_lambdas(counts)?;
        let mut failure = 0u128;
        for (k, lambda) in lambdas.iter_mut().enumerate() {
            *lambda = (*lambda).min(self.t.saturating_mul(self.form.bound(k)));
            failure = failure.saturating_add(self.walk_tail(k, *lambda));
        }
        for y in Label::BOTH {
            failure = failure.saturating_add(self.label_tail(y, counts[y.index()]));
        }
        Some((failure, Thresholds { counts, lambdas }))
    }

    /// The best thresholds found: counts at common levels of their tails, then single counts moved
    /// while that helps. `None` if no counts satisfy the implication.
    pub fn choose(&self) -> Option<Thresholds> {
        let least = Label::BOTH.map(|y| self.form.events.least_count(y, self.t));
        let [Some(plus), Some(minus)] = least else {
            return None;
        };
        let mut starts = vec![[plus, minus]];
        for e in 1..=LEVELS {
            starts.push(Label::BOTH.map(|y| self.count_at(y, ONE >> e)));
        }
        let mut best: Option<(u128, Thresholds)> = None;
        let consider = |counts: [u64; 2], best: &mut Option<(u128, Thresholds)>| {
            let found = self.allowed(counts);
            let better = match (&found, &*best) {
                (Some((failure, _)), Some((old, _))) => failure < old,
                (Some(_), None) => true,
                (None, _) => false,
            };
            if better {
                *best = found;
            }
            better
        };
        for counts in starts {
            consider(counts, &mut best);
        }
        let mut stride = (self.t.isqrt() / 4).max(1);
        while let Some((_, thresholds)) = &best {
            let [plus, minus] = thresholds.counts;
            let moves = [
                [plus.saturating_add(stride), minus],
                [plus.saturating_sub(stride), minus],
                [plus, minus.saturating_add(stride)],
                [plus, minus.saturating_sub(stride)],
            ];
            let mut moved = false;
            for counts in moves {
                moved |= consider(counts, &mut best);
            }
            if !moved {
                if stride == 1 {
                    break;
                }
                stride /= 2;
            }
        }
        best.map(|(_, thresholds)| thresholds)
    }

    /// Thresholds at tails of about delta / (2 (K + 2)), whether they imply anything or not: what a
    /// near miss of the theorem takes.
    pub fn unchecked(&self, delta: &Q) -> Thresholds {
        let n = self.form.law_of.len() as u128;
        let level = in_units(delta) / (2 * (n + 2));
        let counts = Label::BOTH.map(|y| self.count_at(y, level));
        let lambdas = (0..self.form.law_of.len())
            .map(|k| {
                let (mut low, mut high) = (0, self.t.saturating_mul(self.form.bound(k)));
                while low < high {
                    let middle = low + (high - low) / 2;
                    if self.walk_tail(k, middle) <= level {
                        high = middle;
                    } else {
                        low = middle + 1;
                    }
                }
                low
            })
            .collect();
        Thresholds { counts, lambdas }
    }

    /// Is the failure probability of thresholds at most `delta`? Decided from the end laws (the upper
    /// bound by Levy's inequality for symmetric steps) and, walk by walk with the likeliest to
    /// fail first, by coarse computations. `None` where that decides nothing.
    fn quickly(&self, thresholds: &Thresholds, delta: &Q) -> Option<bool> {
        let form = self.form;
        let labels = self.label_sums.as_ref()?;
        let [plus, minus] = thresholds.counts;
        let below = (plus > 0).then(|| labels.less(plus as i64));
        let above = (minus > 0).then(|| labels.at_least((self.t - minus) as i64 + 1));
        let mut lo = Q::zero();
        let mut hi = Q::zero();
        for (least, most) in [below, above].into_iter().flatten() {
            lo += units(least);
            hi += units(most);
        }
        // Walks with equal law and lambda fail with equal probability.
        let mut walks: BTreeMap<(usize, u64), u64> = BTreeMap::new();
        for (k, &lambda) in thresholds.lambdas.iter().enumerate() {
            if lambda < self.t.saturating_mul(form.bound(k)) {
                *walks.entry((form.law_of[k], lambda)).or_default() += 1;
            }
        }
        let mut open = Vec::new();
        for ((law, lambda), times) in walks {
            let (least, most) = self.end_sums[law].as_ref()?.beyond(lambda);
            let step = form.laws[law].as_ref()?;
            let most = if step.is_symmetric() {
                (2 * most).min(ONE)
            } else {
                ONE
            };
            let times = integer(times);
            let (least, most) = (&times * units(least), &times * units(most));
            lo += &least;
            hi += &most;
            open.push((least, most, times, step, lambda));
        }
        open.sort_by(|a, b| b.0.cmp(&a.0));
        let decided = |lo: &Q, hi: &Q| {
            if hi <= delta {
                Some(true)
            } else if lo > delta {
                Some(false)
            } else {
                None
            }
        };
        for pair in open.chunks(2) {
            if let Some(answer) = decided(&lo, &hi) {
                return Some(answer);
            }
            let tails: Vec<Option<Tail>> = pair
                .par_iter()
                .map(|(_, _, _, step, lambda)| walk_maximum_coarse(step, self.t, *lambda))
                .collect();
            for ((least, most, times, _, _), tail) in pair.iter().zip(tails) {
                let tail = tail?;
                lo += (times * tail.lower() - least).max(Q::zero());
                hi -= (most - times * tail.upper()).max(Q::zero());
            }
        }
        decided(&lo, &hi)
    }

    /// `sum_y P(B_y < b_y) + sum_k P(S*_k > lambda_k)`, exact or enclosed.
    pub fn failure(&self, thresholds: &Thresholds) -> Tail {
        let form = self.form;
        let mut sum = Tail::zero();
        for y in Label::BOTH {
            let b = thresholds.counts[y.index()];
            sum = sum.add(&binomial_below(self.t, &form.prior[y.index()], b));
        }
        let mut walks: BTreeMap<(usize, u64), u64> = BTreeMap::new();
        for (k, &lambda) in thresholds.lambdas.iter().enumerate() {
            *walks.entry((form.law_of[k], lambda)).or_default() += 1;
        }
        let tails: Vec<(u64, Tail)> = walks
            .into_par_iter()
            .map(|((law, lambda), times)| {
                let tail = match &form.laws[law] {
                    Some(step) => walk_maximum_with(step, self.t, lambda, self.ends[law].as_ref()),
                    None => {
                        let k = form.law_of.iter().position(|&l| l == law);
                        let hi = if k.is_some_and(|k| form.centred[k]) {
                            azuma_doob_ru(self.t, form.reach, lambda)
                        } else if lambda >= self.t.saturating_mul(form.reach) {
                            Q::zero()
                        } else {
                            Q::one()
                        };
                        Tail::between(Q::zero(), round_ru(&hi, 128))
                    }
                };
                (times, tail)
            })
            .collect();
        for (times, tail) in tails {
            for _ in 0..times {
                sum = sum.add(&tail);
            }
        }
        sum
    }
}

/// A probability in units, rounded to the nearest below; 1 if it is larger.
fn in_units(q: &Q) -> u128 {
    (q * units(1).recip())
        .to_integer()
        .to_u128()
        .unwrap_or(ONE)
        .min(ONE)
}
