//! The law of `(B, S_k)` at the end point: number of label `+` samples and a background walk.
//!
//! Given `B = b` the walk is the sum of b independent counts of label `+` minus the sum of t - b
//! independent counts of label `-`. So the law is known from the convolution powers of two short
//! laws: in integers over one denominator where that is affordable ([`ExactEnds`]), in fixed point
//! with a known error beyond ([`FixedEnds`]).

use super::Tail;
use super::fixed::{FixedLaw, ONE, mul_rd, units};
use super::rounding::{round_rd, round_ru};
use super::step::CountLaw;
use crate::number::Q;
use num_bigint::{BigInt, BigUint};
use num_integer::Integer;
use num_traits::{One, ToPrimitive, Zero};
use rayon::prelude::*;
use std::fmt::Debug;
use std::ops::RangeInclusive;

/// Most bits of the denominator of an exact law.
const MAX_BITS: u64 = 4_096;

/// Most products of long integers for an exact law.
const MAX_EXACT_PRODUCTS: u64 = 150_000;

/// Most products for a law in fixed point.
const MAX_FIXED_PRODUCTS: u64 = 100_000_000;

/// Most entries of all powers of one label's law in fixed point.
const MAX_ENTRIES: u64 = 1 << 23;

/// Significant bits of the ends of an enclosure.
const END_BITS: u32 = 128;

/// An interval of integers, both ends included; empty if the first is larger.
pub(crate) type Interval = (i64, i64);

/// A mass, exact or enclosed.
pub(crate) trait Amount: Clone + Debug + Send + Sync {
    /// No mass.
    fn none() -> Self;
    /// Adds another mass.
    fn gain(&mut self, other: &Self);
    /// `max(0, self - other)`.
    fn minus(&self, other: &Self) -> Self;
}

impl Amount for BigUint {
    fn none() -> Self {
        Zero::zero()
    }

    fn gain(&mut self, other: &Self) {
        *self += other;
    }

    fn minus(&self, other: &Self) -> Self {
        if self > other {
            self - other
        } else {
            Zero::zero()
        }
    }
}

/// A mass in units, between two bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// Lower bound.
    pub lo: u128,
    /// Upper bound.
    pub hi: u128,
}

impl Amount for Bounds {
    fn none() -> Self {
        Bounds { lo: 0, hi: 0 }
    }

    fn gain(&mut self, other: &Self) {
        self.lo = self.lo.saturating_add(other.lo);
        self.hi = self.hi.saturating_add(other.hi);
    }

    fn minus(&self, other: &Self) -> Self {
        Bounds {
            lo: self.lo.saturating_sub(other.hi),
            hi: self.hi.saturating_sub(other.lo),
        }
    }
}

/// The law of `(B, S_k)` after t steps, for any background pattern k.
pub(crate) trait Ends: Sync {
    /// How masses are known.
    type Amount: Amount;

    /// The values of B that are written out.
    fn labels(&self) -> RangeInclusive<u64>;

    /// `P(B = b)` for each of them.
    fn masses(&self) -> &[Self::Amount];

    /// The probability that B is none of them.
    fn left_out(&self) -> Self::Amount;

    /// For each list of intervals, one an entry of [`Ends::labels`]: `P(B = b, S_k outside)`,
    /// where k has this count law. `None` beyond the affordable size.
    fn outside(
        &self,
        law: &CountLaw,
        intervals: &[Vec<Interval>],
    ) -> Option<Vec<Vec<Self::Amount>>>;

    /// A mass as a probability.
    fn tail(&self, amount: &Self::Amount) -> Tail;
}

/// The law in integers: masses are numerators over `D^t`.
pub(crate) struct ExactEnds {
    t: u64,
    denominator: BigUint,
    whole: BigUint,
    /// `C(t, b)`.
    choose: Vec<BigUint>,
    masses: Vec<BigUint>,
}

impl ExactEnds {
    /// The law after t steps for patterns with these count laws, of which one is asked about
    /// `questions` lists of intervals in all. `None` beyond the affordable size.
    pub fn new(t: u64, prior: &[Q; 2], laws: &[&CountLaw], questions: usize) -> Option<Self> {
        let denominator = laws
            .iter()
            .map(|law| law.denominator().clone())
            .chain(prior.iter().map(|q| q.denom().magnitude().clone()))
            .fold(BigUint::one(), |all, d| all.lcm(&d));
        let reach = laws
            .iter()
            .flat_map(|law| [0, 1].map(|y| u64::from(law.largest(y))))
            .max()
            .unwrap_or(0);
        let outcomes = laws
            .iter()
            .flat_map(|law| [0, 1].map(|y| law.weights(y).len() as u64))
            .max()
            .unwrap_or(0);
        let entries = t.checked_mul(t)?.checked_mul(reach)?.max(t);
        let work =
            entries.checked_mul(outcomes.checked_mul(laws.len() as u64)? + 2 * questions as u64)?;
        let bits = t.saturating_mul(denominator.bits());
        if work > MAX_EXACT_PRODUCTS || bits > MAX_BITS {
            return None;
        }
        let plus = (prior[0].numer().magnitude() * &denominator) / prior[0].denom().magnitude();
        let minus = &denominator - &plus;
        let mut choose = vec![BigUint::one()];
        for b in 1..=t {
            choose.push(&choose[b as usize - 1] * (t - b + 1) / b);
        }
        let powers = |base: &BigUint| -> Vec<BigUint> {
            let mut list = vec![BigUint::one()];
            for b in 0..t as usize {
                list.push(&list[b] * base);
            }
            list
        };
        let (plus, minus) = (powers(&plus), powers(&minus));
        let masses = choose
            .iter()
            .enumerate()
            .map(|(b, c)| c * &plus[b] * &minus[t as usize - b])
            .collect();
        Some(ExactEnds {
            t,
            whole: denominator.pow(u32::try_from(t).ok()?),
            denominator,
            choose,
            masses,
        })
    }

    /// The powers 0..=t of the law of a label's count, weights over the common denominator.
    fn powers(&self, law: &CountLaw, label: usize) -> Vec<Vec<BigUint>> {
        let scale = &self.denominator / law.denominator();
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
}

impl Ends for ExactEnds {
    type Amount = BigUint;

    fn labels(&self) -> RangeInclusive<u64> {
        0..=self.t
    }

    fn masses(&self) -> &[BigUint] {
        &self.masses
    }

    fn left_out(&self) -> BigUint {
        BigUint::zero()
    }

    fn outside(&self, law: &CountLaw, intervals: &[Vec<Interval>]) -> Option<Vec<Vec<BigUint>>> {
        let plus = self.powers(law, 0);
        let minus = self.powers(law, 1);
        let answer = |list: &Vec<Interval>| {
            list.iter()
                .enumerate()
                .map(|(b, &interval)| {
                    let (x, y) = (&plus[b], &minus[self.t as usize - b]);
                    &self.choose[b] * outside_exactly(x, y, interval)
                })
                .collect()
        };
        Some(intervals.par_iter().map(answer).collect())
    }

    fn tail(&self, amount: &BigUint) -> Tail {
        Tail::Exact(Q::new(
            BigInt::from(amount.clone()),
            BigInt::from(self.whole.clone()),
        ))
    }
}

/// The weight of `X - Y` outside an interval, for weights x, y of values 0, 1, 2, ...
fn outside_exactly(x: &[BigUint], y: &[BigUint], (low, high): Interval) -> BigUint {
    // below[i] = sum of x[..i]
    let mut below = vec![BigUint::zero()];
    for (i, mass) in x.iter().enumerate() {
        below.push(&below[i] + mass);
    }
    let all = &below[x.len()];
    let mut sum = BigUint::zero();
    for (value, mass) in y.iter().enumerate().filter(|(_, m)| !m.is_zero()) {
        if low > high {
            sum += mass * all;
            continue;
        }
        let from = position(low, value as i64, x.len());
        let to = position(high.saturating_add(1), value as i64, x.len());
        sum += mass * (&below[from] + (all - &below[to]));
    }
    sum
}

/// The number of values 0, 1, ... among the first `len` that are less than `bound + shift`.
fn position(bound: i64, shift: i64, len: usize) -> usize {
    bound.saturating_add(shift).clamp(0, len as i64) as usize
}

/// The law in fixed point.
pub(crate) struct FixedEnds {
    t: u64,
    first: u64,
    masses: Vec<Bounds>,
    left_out: u128,
    prior: [Q; 2],
}

impl FixedEnds {
    /// The law after t steps; `None` beyond the affordable size.
    pub fn new(t: u64, prior: &[Q; 2]) -> Option<Self> {
        let unit = prior[0].denom().magnitude();
        let weight = |q: &Q| q.numer().magnitude() * (unit / q.denom().magnitude());
        let label = [(0, weight(&prior[1])), (1, weight(&prior[0]))];
        let law = FixedLaw::from_weights(&label, unit)?.power(t, MAX_FIXED_PRODUCTS / 4)?;
        Some(FixedEnds {
            t,
            first: law.first.to_u64()?,
            masses: law
                .lo
                .iter()
                .map(|&lo| Bounds {
                    lo,
                    hi: lo + law.slack + law.outside,
                })
                .collect(),
            left_out: law.outside,
            prior: prior.clone(),
        })
    }

    /// The powers `first..first + n` of the law of a label's count given the label.
    fn powers(&self, law: &CountLaw, label: usize, first: u64, n: usize) -> Option<Vec<FixedLaw>> {
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
        let step =
            FixedLaw::from_weights(&weights, &(law.denominator() * prior.numer().magnitude()))?;
        let farthest = weights.last()?.0.unsigned_abs();
        i64::try_from(first.checked_add(n as u64)?.checked_mul(farthest)?).ok()?;
        let mut last = step.power(first, MAX_FIXED_PRODUCTS / 4)?;
        let outcomes = step.lo.iter().filter(|&&w| w > 0).count() as u64;
        let mut list = Vec::with_capacity(n);
        let (mut entries, mut products) = (0u64, 0u64);
        for i in 0..n {
            entries += last.lo.len() as u64;
            products += last.lo.len() as u64 * outcomes;
            if entries > MAX_ENTRIES || products > MAX_FIXED_PRODUCTS {
                return None;
            }
            let next = (i + 1 < n).then(|| last.convolve(&step));
            list.push(last);
            match next {
                Some(next) => last = next,
                None => break,
            }
        }
        Some(list)
    }
}

impl Ends for FixedEnds {
    type Amount = Bounds;

    fn labels(&self) -> RangeInclusive<u64> {
        self.first..=self.first + (self.masses.len() as u64 - 1)
    }

    fn masses(&self) -> &[Bounds] {
        &self.masses
    }

    fn left_out(&self) -> Bounds {
        Bounds {
            lo: 0,
            hi: self.left_out,
        }
    }

    fn outside(&self, law: &CountLaw, intervals: &[Vec<Interval>]) -> Option<Vec<Vec<Bounds>>> {
        let n = self.masses.len();
        let last = self.first + (n as u64 - 1);
        let (plus, minus) = rayon::join(
            || self.powers(law, 0, self.first, n),
            || self.powers(law, 1, self.t - last, n),
        );
        let (plus, minus) = (plus?, minus?);
        let width: u64 = minus.iter().map(|l| l.lo.len() as u64).sum();
        if width.saturating_mul(2 * intervals.len() as u64) > MAX_FIXED_PRODUCTS {
            return None;
        }
        let by_label: Vec<Vec<Bounds>> = (0..n)
            .into_par_iter()
            .map(|b| {
                let (x, y) = (&plus[b], &minus[n - 1 - b]);
                let mass = self.masses[b];
                let below = partial_sums(x);
                intervals
                    .iter()
                    .map(|list| {
                        let part = outside_enclosed(x, &below, y, list[b]);
                        Bounds {
                            lo: mul_rd(mass.lo, part.lo),
                            hi: mul_rd(mass.hi, part.hi) + 1,
                        }
                    })
                    .collect()
            })
            .collect();
        Some(
            (0..intervals.len())
                .map(|i| by_label.iter().map(|row| row[i]).collect())
                .collect(),
        )
    }

    fn tail(&self, amount: &Bounds) -> Tail {
        Tail::between(
            round_rd(&units(amount.lo), END_BITS),
            round_ru(&units(amount.hi), END_BITS),
        )
    }
}

/// Sums of the first 0, 1, 2, ... entries.
fn partial_sums(law: &FixedLaw) -> Vec<u128> {
    let mut sums = Vec::with_capacity(law.lo.len() + 1);
    let mut sum = 0;
    sums.push(0);
    for &mass in &law.lo {
        sum += mass;
        sums.push(sum);
    }
    sums
}

/// `P(X - Y outside [low, high])` for independent X, Y.
///
/// The products of entries are lower bounds. With entries of X and Y between lo and lo + slack and
/// the rest of each law of mass at most `outside`, sums of X lose at most its number of entries
/// times its slack, the sum over Y the same for Y, each product one unit, and what is outside of
/// either law may all be bad.
fn outside_enclosed(x: &FixedLaw, below: &[u128], y: &FixedLaw, (low, high): Interval) -> Bounds {
    if low > high {
        return Bounds { lo: ONE, hi: ONE };
    }
    let len = x.lo.len();
    let all = below[len];
    let mut sum = 0u128;
    for (i, &mass) in y.lo.iter().enumerate() {
        // Place of `bound + y` among the values of X.
        let shift = y.first + i as i64 - x.first;
        let from = position(low, shift, len);
        let to = position(high.saturating_add(1), shift, len);
        let part = below[from] + (all - below[to]);
        if part > 0 {
            sum += mul_rd(mass, part);
        }
    }
    let loss = |law: &FixedLaw| law.loss(law.lo.len());
    let lost = 2 * (loss(x) + loss(y)) + y.lo.len() as u128;
    Bounds {
        lo: sum,
        hi: (sum + lost).min(ONE),
    }
}
