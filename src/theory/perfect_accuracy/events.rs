//! The deterministic side of T5: which label counts and walks make accuracy 1, decided in integers.

use crate::number::{Q, common_denominator, least_where, numerator_over};
use crate::probability::end_point::Interval;
use crate::problem::{Label, Problem};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Signed, ToPrimitive, Zero};
use std::ops::RangeInclusive;

/// No bound on that side. Far from the ends of `i64`, so that sums do not overflow.
const FAR: i64 = 1 << 60;

/// Numbers with at most this many bits are computed with as `i128`.
const WORD_BITS: u64 = 120;

/// What the images of a label demand.
#[derive(Debug, Clone)]
pub struct Demand {
    /// What the background term is multiplied by.
    pub(super) factor: u64,
    /// Is there a condition on background pattern k?
    patterns: Vec<bool>,
}

/// What an event is made of: the demands of each label that has any.
pub(super) type Rules = [Option<Demand>; 2];

/// As T5 and T5s are stated: both labels, the factor m - r, all patterns.
pub(super) fn stated(problem: &Problem, r: u32) -> Rules {
    let demand = Demand {
        factor: (problem.distribution().max_patches() - r).into(),
        patterns: vec![true; problem.n_patterns() - 2],
    };
    [Some(demand.clone()), Some(demand)]
}

/// Only what images that occur demand: labels of positive probability, the largest number of
/// background patches of the label's images, the patterns among these.
pub(super) fn sharp(problem: &Problem) -> Rules {
    Label::BOTH.map(|y| {
        let found = problem.distribution().backgrounds(y)?;
        let background = 0..problem.n_patterns() - 2;
        Some(Demand {
            factor: found.most.into(),
            patterns: background.map(|k| found.patterns.contains(&k)).collect(),
        })
    })
}

/// The coordinates that matter for one label, at the start, as integers over one denominator, and the demand.
#[derive(Debug)]
pub(super) struct Side {
    label: Label,
    demand: Option<Demand>,
    /// How many winners.
    pub winners: u64,
    /// `r` times the winners' keys, and what a sample of the label adds to it.
    win: BigInt,
    gain: BigInt,
    /// `Z_{j,v_y}(0) > 0` of the opposing filters, descending.
    opponents: Vec<BigInt>,
    /// For each background pattern the sums of the 1, 2, ... largest positive coordinates of
    /// opposing filters, and the step, times the factor of the demand.
    pub sums: Vec<Vec<BigInt>>,
    pub unit: BigInt,
    /// Can these be computed with as `i128`?
    is_short: bool,
}

/// The events of T5 on one problem under given rules.
#[derive(Debug)]
pub(super) struct Events {
    pub sides: [Side; 2],
    /// Number of background patterns.
    pub n_background: usize,
    /// r, and eta over the common denominator.
    r: BigInt,
    eta: BigInt,
}

impl Events {
    /// The events for images with r key patches.
    pub fn new(problem: &Problem, r: u32, rules: &Rules) -> Self {
        let (head, weights) = (&problem.network().head, &problem.network().weights);
        let positive = weights.entries().iter().filter(|z| z.is_positive());
        let denominator = common_denominator(positive.chain([&problem.training().step]));
        let whole = |q: &Q| numerator_over(q, &denominator);
        let eta = whole(&problem.training().step);
        let r = BigInt::from(r);
        let sides = Label::BOTH.map(|label| {
            let demand = rules[label.index()].clone();
            let factor = demand.as_ref().map_or(0, |demand| demand.factor);
            let alive = |p: usize| {
                let opposed = weights.iter_rows().zip(head);
                let opposed = opposed.filter(|(_, a)| Label::voted_by(a) != label);
                let column = opposed.map(|(row, _)| &row[p]);
                let mut found: Vec<_> = column.filter(|z| z.is_positive()).map(whole).collect();
                found.sort_by(|a, b| b.cmp(a));
                found
            };
            let sums = |p: usize| {
                let add = |sum: &mut BigInt, z: BigInt| {
                    *sum += z * factor;
                    Some(sum.clone())
                };
                alive(p).into_iter().scan(BigInt::zero(), add).collect()
            };
            let sums: Vec<Vec<BigInt>> = (2..problem.n_patterns()).map(sums).collect();
            let key = label.index();
            let winners = problem.winners(label);
            let keys: BigInt = winners.iter().map(|&j| whole(&weights[(j, key)])).sum();
            let unit = &eta * factor;
            let slope = &unit * problem.n_filters();
            let is_short = |n: &BigInt| n.bits() < WORD_BITS;
            Side {
                label,
                demand,
                win: &r * keys,
                gain: &r * &r * &eta * winners.len(),
                winners: winners.len() as u64,
                opponents: alive(key),
                is_short: is_short(&slope) && sums.iter().flatten().all(is_short),
                sums,
                unit,
            }
        });
        Events {
            sides,
            n_background: problem.n_patterns() - 2,
            r,
            eta,
        }
    }

    /// `r (win_y(b) - opp_y(b))` over the common denominator.
    pub fn key_margin(&self, side: &Side, b: u64) -> BigInt {
        let fall = &self.r * &self.eta * b;
        let alive = side.opponents.iter().take_while(|z| **z > fall);
        let against: BigInt = alive.map(|z| z - &fall).sum();
        &side.win + &side.gain * b - &self.r * against
    }

    /// The key margins of both labels after so many samples of each.
    fn margins(&self, counts: [u64; 2]) -> [BigInt; 2] {
        let margin = |side: &Side| self.key_margin(side, counts[side.label.index()]);
        self.sides.each_ref().map(margin)
    }

    /// Is each of these positive that is demanded to be?
    fn are_positive(&self, margins: &[BigInt; 2]) -> bool {
        let mut sides = self.sides.iter().zip(margins);
        sides.all(|(side, margin)| side.demand.is_none() || margin.is_positive())
    }

    /// Is the key term positive for each label, `counts` being the numbers of samples of the labels?
    pub fn keys_hold(&self, counts: [u64; 2]) -> bool {
        self.are_positive(&self.margins(counts))
    }

    /// The least b with a positive key term for this label; `None` beyond `t`.
    pub fn least_count(&self, label: Label, t: u64) -> Option<u64> {
        let side = &self.sides[label.index()];
        let holds = |b| side.demand.is_none() || self.key_margin(side, b).is_positive();
        holds(t).then(|| least_where(0, t, holds))
    }

    /// Does pattern k matter at all?
    pub fn matters(&self, k: usize) -> bool {
        let mut demands = self.sides.iter().flat_map(|side| &side.demand);
        demands.any(|demand| demand.patterns[k])
    }

    /// The walks S for which E_k holds, given the key margins of both labels.
    ///
    /// For label y the background term is `factor * sum of relu(z - eta T)` with `T = y S`, and the
    /// sum is the largest of 0 and `P_i - i eta T`, P_i the sum of the i largest z. So it is below a
    /// margin C > 0 iff `T > (factor P_i - C) / (i eta factor)` for every i.
    fn interval(&self, k: usize, margins: &[BigInt; 2]) -> Interval {
        let least = |side: &Side| {
            let margin = &margins[side.label.index()];
            match &side.demand {
                Some(demand) if demand.patterns[k] => {
                    if !margin.is_positive() {
                        return FAR;
                    }
                    if demand.factor == 0 {
                        return -FAR;
                    }
                }
                _ => return -FAR,
            }
            let sums = side.sums[k].iter();
            match (side.unit.to_i128(), margin.to_i128()) {
                (Some(unit), Some(margin_word)) if side.is_short && margin.bits() < WORD_BITS => {
                    let sums = sums.map(|sum| sum.to_i128().unwrap_or(0));
                    steepest(sums, &unit, &margin_word)
                }
                _ => steepest(sums.cloned(), &side.unit, margin),
            }
        };
        let [plus, minus] = self.sides.each_ref().map(least);
        (plus, -minus)
    }

    /// For each pattern k the walks for which E_k holds, for each number of label `+` samples of
    /// `labels` out of t.
    pub fn table(&self, t: u64, labels: RangeInclusive<u64>) -> Vec<Vec<Interval>> {
        let margins: Vec<[BigInt; 2]> = labels.map(|b| self.margins([b, t - b])).collect();
        (0..self.n_background)
            .map(|k| margins.iter().map(|m| self.interval(k, m)).collect())
            .collect()
    }

    /// For each pattern k the walks for which E_k holds, after so many samples of each label; `None` if a key term
    /// is not positive.
    fn intervals(&self, counts: [u64; 2]) -> Option<impl Iterator<Item = Interval>> {
        let margins = self.margins(counts);
        let holds = self.are_positive(&margins);
        holds.then(|| (0..self.n_background).map(move |k| self.interval(k, &margins)))
    }

    /// The largest lambda_k that the implication of T5 allows for each k, given thresholds b_y:
    /// then every walk within `-lambda_k..=lambda_k` and all counts of at least b_y give accuracy 1.
    /// `None` if not even 0 is allowed, or a key term is not positive.
    pub fn largest_lambdas(&self, counts: [u64; 2]) -> Option<Vec<u64>> {
        let largest = |(low, high): Interval| u64::try_from((-low).min(high)).ok();
        self.intervals(counts)?.map(largest).collect()
    }

    /// Do E_0 and every E_k hold at this end point?
    pub fn hold(&self, counts: [u64; 2], walks: &[i64]) -> bool {
        let intervals = self.intervals(counts);
        intervals.is_some_and(|all| {
            let mut places = all.zip(walks);
            places.all(|((low, high), s)| (low..=high).contains(s))
        })
    }
}

/// The number as an `i64`, at most [`FAR`] in absolute value.
fn whole<I: Signed + ToPrimitive>(n: I) -> i64 {
    let beyond = if n.is_negative() { -FAR } else { FAR };
    n.to_i64().unwrap_or(beyond).clamp(-FAR, FAR)
}

/// The least integer above `(sums_i - margin) / (i unit)` for every i = 1, 2, ...
fn steepest<I>(sums: impl Iterator<Item = I>, unit: &I, margin: &I) -> i64
where
    I: Integer + Clone + Signed + ToPrimitive,
{
    let mut slope = I::zero();
    let mut least: Option<I> = None;
    for sum in sums {
        slope = slope + unit.clone();
        let bound = (sum - margin.clone()).div_floor(&slope);
        if least.as_ref().is_none_or(|l| *l < bound) {
            least = Some(bound);
        }
    }
    match least {
        Some(bound) => whole(bound + I::one()),
        None => -FAR,
    }
}
