//! The law of `(B, S_k)` at the end point: number of label `+` samples and a background walk.
//!
//! Given `B = b` the walk is the sum of b independent counts of label `+` minus the sum of t - b
//! independent counts of label `-`. So the law is known from the convolution powers of two short
//! laws: in integers over one denominator where that is affordable, in fixed point with a known error
//! beyond.

use super::Tail;
use super::fixed::{FixedLaw, ONE, mul_rd, partial_sums};
use super::step::CountLaw;
use crate::number::Q;
use num_bigint::{BigInt, BigUint};
use num_integer::Integer;
use num_traits::{NumAssignRef, NumRef, One, ToPrimitive, Zero};
use rayon::prelude::*;
use std::ops::RangeInclusive;

/// Most bits of the denominator of an exact law.
const MAX_BITS: u64 = 4_096;

/// Most products of long integers for an exact law.
const MAX_EXACT_PRODUCTS: u64 = 150_000;

/// Most products for a law in fixed point.
const MAX_FIXED_PRODUCTS: u64 = 100_000_000;

/// Most entries of all powers of one label's law in fixed point.
const MAX_ENTRIES: u64 = 1 << 23;

/// An interval of integers, both ends included; empty if the first is larger.
pub(crate) type Interval = (i64, i64);

/// A mass between two bounds, as numerators over [`EndLaw::whole`]; equal where it is known exactly.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mass {
    lo: BigUint,
    hi: BigUint,
}

impl Mass {
    fn between(lo: u128, hi: u128) -> Self {
        let (lo, hi) = (lo.into(), hi.into());
        Mass { lo, hi }
    }

    fn exactly(mass: BigUint) -> Self {
        Mass {
            lo: mass.clone(),
            hi: mass,
        }
    }

    /// Adds another mass.
    pub fn gain(&mut self, other: &Self) {
        self.lo += &other.lo;
        self.hi += &other.hi;
    }

    /// `max(0, self - other)`.
    pub fn minus(&self, other: &Self) -> Self {
        let less = |a: &BigUint, b: &BigUint| if a > b { a - b } else { BigUint::zero() };
        Mass {
            lo: less(&self.lo, &other.hi),
            hi: less(&self.hi, &other.lo),
        }
    }
}

/// The law of `(B, S_k)` after t steps, for any background pattern k.
pub(crate) struct EndLaw {
    t: u64,
    prior: [Q; 2],
    /// The values of B that are written out.
    pub labels: RangeInclusive<u64>,
    /// `P(B = b)` for each of them.
    pub masses: Vec<Mass>,
    /// The probability that B is none of them.
    pub left_out: Mass,
    /// The mass 1.
    whole: BigUint,
    numbers: Numbers,
}

/// How masses are computed.
enum Numbers {
    /// As numerators over `D^t`.
    Exact {
        /// D.
        denominator: BigUint,
        /// `C(t, b)`.
        choose: Vec<BigUint>,
    },
    /// In units, from the law of B.
    Fixed(FixedLaw),
}

impl EndLaw {
    /// The law after t steps for patterns with these count laws, of which one is asked about
    /// `questions` lists of intervals in all; in fixed point, entries of at most `cut` units at the ends of laws are left
    /// out. `None` beyond the affordable size.
    pub fn new(
        t: u64,
        prior: &[Q; 2],
        laws: &[&CountLaw],
        questions: usize,
        cut: u128,
    ) -> Option<Self> {
        EndLaw::exact(t, prior, laws, questions).or_else(|| EndLaw::fixed(t, prior, cut))
    }

    fn exact(t: u64, prior: &[Q; 2], laws: &[&CountLaw], questions: usize) -> Option<Self> {
        let denominator = laws
            .iter()
            .map(|law| law.denominator().clone())
            .chain(prior.iter().map(|q| q.denom().magnitude().clone()))
            .fold(BigUint::one(), |all, d| all.lcm(&d));
        let labels = || laws.iter().flat_map(|law| [(*law, 0), (*law, 1)]);
        let reach = labels().map(|(law, y)| u64::from(law.largest(y))).max();
        let outcomes = labels().map(|(law, y)| law.weights(y).len() as u64).max();
        let a_cell = outcomes.unwrap_or(0).checked_mul(laws.len() as u64)? + 2 * questions as u64;
        let entries = t.checked_mul(t)?.checked_mul(reach.unwrap_or(0))?.max(t);
        let bits = t.saturating_mul(denominator.bits());
        if entries.checked_mul(a_cell)? > MAX_EXACT_PRODUCTS || bits > MAX_BITS {
            return None;
        }
        let plus = (prior[0].numer().magnitude() * &denominator) / prior[0].denom().magnitude();
        let minus = &denominator - &plus;
        let mut choose = vec![BigUint::one()];
        for b in 1..=t {
            choose.push(&choose[b as usize - 1] * (t - b + 1) / b);
        }
        let steps = u32::try_from(t).ok()?;
        let masses = choose.iter().zip(0..).map(|(c, b)| {
            let mass = c * plus.pow(b) * minus.pow(steps - b);
            Mass::exactly(mass)
        });
        Some(EndLaw {
            t,
            prior: prior.clone(),
            labels: 0..=t,
            masses: masses.collect(),
            left_out: Mass::default(),
            whole: denominator.pow(steps),
            numbers: Numbers::Exact {
                denominator,
                choose,
            },
        })
    }

    fn fixed(t: u64, prior: &[Q; 2], cut: u128) -> Option<Self> {
        let law = FixedLaw::of_first(prior)?.cutting(cut);
        let law = law.power(t, MAX_FIXED_PRODUCTS / 4)?;
        let first = law.first.to_u64()?;
        let most = |lo: u128| lo + law.slack + law.outside;
        Some(EndLaw {
            t,
            prior: prior.clone(),
            labels: first..=first + (law.lo.len() as u64 - 1),
            masses: law
                .lo
                .iter()
                .map(|&lo| Mass::between(lo, most(lo)))
                .collect(),
            left_out: Mass::between(0, law.outside),
            whole: ONE.into(),
            numbers: Numbers::Fixed(law),
        })
    }

    /// For each list of intervals, one an entry of [`EndLaw::labels`]: `P(B = b, S_k outside)`,
    /// where k has this count law. `None` beyond the affordable size.
    pub fn outside(&self, law: &CountLaw, intervals: &[Vec<Interval>]) -> Option<Vec<Vec<Mass>>> {
        match &self.numbers {
            Numbers::Exact {
                denominator,
                choose,
            } => {
                let [plus, minus] = [0, 1].map(|y| self.exact_powers(law, y, denominator));
                let answer = |list: &Vec<Interval>| {
                    let masses = list.iter().enumerate().map(|(b, &interval)| {
                        let (x, y) = (&plus[b], &minus[self.t as usize - b]);
                        let below = partial_sums(x);
                        let part = outside(&below, y, 0, interval, |mass, part| mass * part);
                        Mass::exactly(&choose[b] * part)
                    });
                    masses.collect()
                };
                Some(intervals.par_iter().map(answer).collect())
            }
            Numbers::Fixed(labels) => self.outside_fixed(labels, law, intervals),
        }
    }

    fn outside_fixed(
        &self,
        labels: &FixedLaw,
        law: &CountLaw,
        intervals: &[Vec<Interval>],
    ) -> Option<Vec<Vec<Mass>>> {
        let n = self.masses.len();
        let powers = |label, first| self.fixed_powers(law, label, first, n, labels.cut);
        let (plus, minus) = rayon::join(
            || powers(0, *self.labels.start()),
            || powers(1, self.t - self.labels.end()),
        );
        let (plus, minus) = (plus?, minus?);
        let width: u64 = minus.iter().map(|l| l.lo.len() as u64).sum();
        if width.saturating_mul(2 * intervals.len() as u64) > MAX_FIXED_PRODUCTS {
            return None;
        }
        let of_label = |b: usize| -> Vec<Mass> {
            let (x, y) = (&plus[b], &minus[n - 1 - b]);
            let lo = labels.lo[b];
            let hi = lo + labels.slack + labels.outside;
            let below = partial_sums(&x.lo);
            let mass = |list: &Vec<Interval>| {
                let part = outside_enclosed(x, &below, y, list[b]);
                Mass::between(mul_rd(lo, part.0), mul_rd(hi, part.1) + 1)
            };
            intervals.iter().map(mass).collect()
        };
        let by_label: Vec<Vec<Mass>> = (0..n).into_par_iter().map(of_label).collect();
        let of_list = |i: usize| by_label.iter().map(|row| row[i].clone()).collect();
        Some((0..intervals.len()).map(of_list).collect())
    }

    /// The powers 0..=t of the law of a label's count, weights over the common denominator.
    fn exact_powers(
        &self,
        law: &CountLaw,
        label: usize,
        denominator: &BigUint,
    ) -> Vec<Vec<BigUint>> {
        let scale = denominator / law.denominator();
        let weights: Vec<(usize, BigUint)> = law
            .weights(label)
            .iter()
            .map(|(c, w)| (*c as usize, w * &scale))
            .collect();
        let reach = law.largest(label) as usize;
        let mut list = vec![vec![BigUint::one()]];
        for _ in 0..self.t {
            let last = &list[list.len() - 1];
            let mut next = vec![BigUint::zero(); last.len() + reach];
            for (i, mass) in last.iter().enumerate().filter(|(_, m)| !m.is_zero()) {
                for (c, w) in &weights {
                    next[i + c] += mass * w;
                }
            }
            list.push(next);
        }
        list
    }

    /// The powers `first..first + n` of the law of a label's count given the label.
    fn fixed_powers(
        &self,
        law: &CountLaw,
        label: usize,
        first: u64,
        n: usize,
        cut: u128,
    ) -> Option<Vec<FixedLaw>> {
        let prior = &self.prior[label];
        if prior.is_zero() {
            // Only the power 0 is ever asked for with positive probability.
            return Some(vec![FixedLaw::at_zero(); n]);
        }
        let weights: Vec<(i64, BigUint)> = law
            .weights(label)
            .iter()
            .map(|(c, w)| (i64::from(*c), w * prior.denom().magnitude()))
            .collect();
        let unit = law.denominator() * prior.numer().magnitude();
        let step = FixedLaw::from_weights(&weights, &unit)?.cutting(cut);
        let farthest = weights.last()?.0.unsigned_abs();
        i64::try_from(first.checked_add(n as u64)?.checked_mul(farthest)?).ok()?;
        let outcomes = step.lo.iter().filter(|&&w| w > 0).count() as u64;
        let mut list = vec![step.power(first, MAX_FIXED_PRODUCTS / 4)?];
        let (mut entries, mut products) = (0u64, 0u64);
        loop {
            let last = &list[list.len() - 1];
            entries += last.lo.len() as u64;
            products += last.lo.len() as u64 * outcomes;
            if entries > MAX_ENTRIES || products > MAX_FIXED_PRODUCTS {
                return None;
            }
            if list.len() >= n {
                return Some(list);
            }
            list.push(last.convolve(&step));
        }
    }

    /// A mass as a probability.
    pub fn tail(&self, mass: &Mass) -> Tail {
        let share = |n: &BigUint| Q::new(BigInt::from(n.clone()), self.whole.clone().into());
        Tail::between(share(&mass.lo), share(&mass.hi))
    }
}

/// The weight of `X - Y` outside an interval, from the partial sums of X and the entries of Y, whose first value is
/// that of X plus `shift`.
fn outside<M: Clone + NumRef + NumAssignRef>(
    below: &[M],
    y: &[M],
    shift: i64,
    (low, high): Interval,
    times: impl Fn(&M, &M) -> M,
) -> M {
    let len = below.len() - 1;
    // The number of values of X that are less than `bound + value`.
    let place = |bound: i64, value: i64| bound.saturating_add(value).clamp(0, len as i64) as usize;
    let mut sum = M::zero();
    for (value, mass) in (shift..).zip(y) {
        let from = place(low, value);
        let to = place(high.saturating_add(1), value).max(from);
        let part = below[from].clone() + (below[len].clone() - &below[to]);
        if !part.is_zero() {
            sum += times(mass, &part);
        }
    }
    sum
}

/// `P(X - Y outside [low, high])` for independent X, Y, in units: lower and upper bound.
///
/// The products of entries are lower bounds. With entries of X and Y between lo and lo + slack and
/// the rest of each law of mass at most `outside`, sums of X lose at most its number of entries
/// times its slack, the sum over Y the same for Y, each product one unit, and what is outside of
/// either law may all be bad.
fn outside_enclosed(
    x: &FixedLaw,
    below: &[u128],
    y: &FixedLaw,
    interval: Interval,
) -> (u128, u128) {
    if interval.0 > interval.1 {
        return (ONE, ONE);
    }
    let times = |&mass: &u128, &part: &u128| mul_rd(mass, part);
    let sum = outside(below, &y.lo, y.first - x.first, interval, times);
    let loss = |law: &FixedLaw| law.loss(law.lo.len());
    let lost = 2 * (loss(x) + loss(y)) + y.lo.len() as u128;
    (sum, (sum + lost).min(ONE))
}
