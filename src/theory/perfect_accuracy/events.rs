//! The deterministic side of T5: which label counts and walks make accuracy 1, decided in integers.

use crate::number::{Q, common_denominator, integer, least_where};
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

/// Which conditions an event is made of.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Is there a condition for this label?
    pub(super) labels: [bool; 2],
    /// What the background term of this label is multiplied by.
    pub(super) factor: [u64; 2],
    /// Is there a condition for this label on background pattern k?
    pub(super) patterns: [Vec<bool>; 2],
}

impl Rules {
    /// As T5 and T5s are stated: both labels, the factor m - r, all patterns.
    pub(super) fn stated(problem: &Problem, r: u32) -> Self {
        let factor = u64::from(problem.distribution().max_patches() - r);
        let patterns = vec![true; problem.n_patterns() - 2];
        Rules {
            labels: [true; 2],
            factor: [factor; 2],
            patterns: [patterns.clone(), patterns],
        }
    }

    /// Only what images that occur demand: labels of positive probability, the largest number of
    /// background patches of the label's images, the patterns among these.
    pub(super) fn sharp(problem: &Problem) -> Self {
        let k = problem.n_patterns() - 2;
        let mut rules = Rules {
            labels: [false; 2],
            factor: [0; 2],
            patterns: [vec![false; k], vec![false; k]],
        };
        for y in Label::BOTH {
            let Some(found) = problem.distribution().backgrounds(y) else {
                continue;
            };
            rules.labels[y.index()] = true;
            rules.factor[y.index()] = found.most.into();
            for k in found.patterns {
                rules.patterns[y.index()][k] = true;
            }
        }
        rules
    }
}

/// The coordinates that matter for one label, at the start.
#[derive(Debug)]
pub(super) struct Start {
    /// How many winners, and the sum of their keys.
    pub winners: u64,
    pub keys: Q,
    /// `Z_{j,v_y}(0) > 0` of the opposing filters, descending.
    pub opponents: Vec<Q>,
    /// For each background pattern the sums of the 1, 2, ... largest positive coordinates of
    /// opposing filters.
    pub largest: Vec<Vec<Q>>,
}

impl Start {
    /// Of this label.
    pub fn of(problem: &Problem, label: Label) -> Self {
        let (head, weights) = (&problem.network().head, &problem.network().weights);
        let key = label.index();
        let winners = problem.winners(label);
        let against = integer(-label.sign());
        let alive = |p: usize| {
            let mut found: Vec<Q> = (0..problem.n_filters())
                .filter(|&j| head[j] == against && weights[(j, p)].is_positive())
                .map(|j| weights[(j, p)].clone())
                .collect();
            found.sort_by(|a, b| b.cmp(a));
            found
        };
        let sums = |list: Vec<Q>| {
            let add = |sum: &mut Q, z: Q| {
                *sum += z;
                Some(sum.clone())
            };
            list.into_iter().scan(Q::zero(), add).collect()
        };
        Start {
            winners: winners.len() as u64,
            keys: winners.iter().map(|&j| &weights[(j, key)]).sum(),
            opponents: alive(key),
            largest: (2..problem.n_patterns()).map(|p| sums(alive(p))).collect(),
        }
    }
}

/// The same as integers over one denominator.
#[derive(Debug)]
struct Side {
    /// `r` times the winners' keys, and what a sample of the label adds to it.
    win: BigInt,
    gain: BigInt,
    opponents: Vec<BigInt>,
    largest: Vec<Vec<BigInt>>,
}

/// The events of T5 on one problem under given rules.
#[derive(Debug)]
pub(super) struct Events {
    rules: Rules,
    sides: [Side; 2],
    /// r, and eta over the common denominator.
    r: BigInt,
    eta: BigInt,
}

impl Events {
    /// The events for images with r key patches.
    pub fn new(problem: &Problem, r: u32, rules: &Rules) -> Self {
        let weights = &problem.network().weights;
        let positive = weights.entries().iter().filter(|z| z.is_positive());
        let unit = common_denominator(positive.chain([&problem.training().step]));
        let whole = |q: &Q| q.numer() * (&unit / q.denom());
        let all = |list: &Vec<Q>| list.iter().map(whole).collect();
        let eta = whole(&problem.training().step);
        let r = BigInt::from(r);
        let sides = Label::BOTH.map(|y| {
            let start = Start::of(problem, y);
            Side {
                win: &r * whole(&start.keys),
                gain: &r * &r * &eta * start.winners,
                opponents: all(&start.opponents),
                largest: start.largest.iter().map(all).collect(),
            }
        });
        Events {
            rules: rules.clone(),
            sides,
            r,
            eta,
        }
    }

    /// Number of background patterns.
    pub fn n_background(&self) -> usize {
        self.rules.patterns[0].len()
    }

    /// `r (win_y(b) - opp_y(b))` over the common denominator.
    fn key_margin(&self, label: Label, b: u64) -> BigInt {
        let side = &self.sides[label.index()];
        let fall = &self.r * &self.eta * b;
        let mut margin = &side.win + &side.gain * b;
        for z in &side.opponents {
            if *z <= fall {
                // Sorted: all that follow are smaller.
                break;
            }
            margin -= &self.r * (z - &fall);
        }
        margin
    }

    /// Is the key term positive for each label, `counts` being the numbers of samples of the labels?
    pub fn keys_hold(&self, counts: [u64; 2]) -> bool {
        Label::BOTH.into_iter().all(|y| {
            !self.rules.labels[y.index()] || self.key_margin(y, counts[y.index()]).is_positive()
        })
    }

    /// The least b with a positive key term for this label; `None` beyond `t`.
    pub fn least_count(&self, label: Label, t: u64) -> Option<u64> {
        let holds =
            |b| !self.rules.labels[label.index()] || self.key_margin(label, b).is_positive();
        holds(t).then(|| least_where(0, t, holds))
    }

    /// Does pattern k matter at all?
    pub fn matters(&self, k: usize) -> bool {
        Label::BOTH.into_iter().any(|y| {
            let i = y.index();
            self.rules.labels[i] && self.rules.patterns[i][k]
        })
    }

    /// The walks S for which E_k holds, given the key margins of both labels.
    ///
    /// For label y the background term is `factor * sum of relu(z - eta T)` with `T = y S`, and the
    /// sum is the largest of 0 and `P_i - i eta T`, P_i the sum of the i largest z. So it is below a
    /// margin C > 0 iff `T > (factor P_i - C) / (i eta factor)` for every i.
    fn interval(&self, k: usize, margins: &[BigInt; 2]) -> Interval {
        let least = |y: Label| {
            let i = y.index();
            if !self.rules.labels[i] || !self.rules.patterns[i][k] {
                return -FAR;
            }
            if !margins[i].is_positive() {
                return FAR;
            }
            if self.rules.factor[i] == 0 {
                return -FAR;
            }
            let sums = &self.sides[i].largest[k];
            let Some(longest) = sums.last() else {
                return -FAR;
            };
            let unit = &self.eta * self.rules.factor[i];
            let bits = longest.bits() + 64;
            let small = bits.max(margins[i].bits()).max(unit.bits() + 32) < WORD_BITS;
            match (small, unit.to_i128(), margins[i].to_i128()) {
                (true, Some(unit), Some(margin)) => {
                    let factor = i128::from(self.rules.factor[i]);
                    let sums = sums.iter().map(|p| p.to_i128().unwrap_or(0) * factor);
                    steepest(sums, &unit, &margin)
                }
                _ => {
                    let sums = sums.iter().map(|p| p * self.rules.factor[i]);
                    steepest(sums, &unit, &margins[i])
                }
            }
        };
        (least(Label::Plus), -least(Label::Minus))
    }

    /// For each pattern k the walks for which E_k holds, for each number of label `+` samples of
    /// `labels` out of t.
    pub fn table(&self, t: u64, labels: RangeInclusive<u64>) -> Vec<Vec<Interval>> {
        let margins: Vec<[BigInt; 2]> = labels
            .map(|b| {
                [
                    self.key_margin(Label::Plus, b),
                    self.key_margin(Label::Minus, t - b),
                ]
            })
            .collect();
        (0..self.n_background())
            .map(|k| margins.iter().map(|m| self.interval(k, m)).collect())
            .collect()
    }

    /// The largest lambda_k that the implication of T5 allows for each k, given thresholds b_y:
    /// then every walk within `-lambda_k..=lambda_k` and all counts of at least b_y give accuracy 1.
    /// `None` if not even 0 is allowed, or a key term is not positive.
    pub fn largest_lambdas(&self, counts: [u64; 2]) -> Option<Vec<u64>> {
        if !self.keys_hold(counts) {
            return None;
        }
        let margins = Label::BOTH.map(|y| self.key_margin(y, counts[y.index()]));
        (0..self.n_background())
            .map(|k| {
                let (low, high) = self.interval(k, &margins);
                u64::try_from((-low).min(high)).ok()
            })
            .collect()
    }

    /// Do E_0 and every E_k hold at this end point?
    pub fn hold(&self, counts: [u64; 2], walks: &[i64]) -> bool {
        if !self.keys_hold(counts) {
            return false;
        }
        let margins = Label::BOTH.map(|y| self.key_margin(y, counts[y.index()]));
        walks.iter().enumerate().all(|(k, &s)| {
            let (low, high) = self.interval(k, &margins);
            low <= s && s <= high
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
