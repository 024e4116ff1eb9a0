//! The maximum of an integer walk.

use super::Tail;
use super::exponential::azuma_doob_ru;
use super::fixed::{FixedLaw, ONE, mul_rd, share_rd, units};
use super::mantissa::Upper;
use super::rounding::{round_rd, round_ru};
use super::step::StepLaw;
use crate::number::{Q, integer};
use num_bigint::{BigInt, BigUint};
use num_traits::{One, Zero};

/// Most bits of the denominator of an exact probability of a walk.
const MAX_BITS: u64 = 4_096;

/// Most products of an exact computation.
const MAX_EXACT_PRODUCTS: u64 = 1_000_000;

/// Most products of a fixed-point computation with barriers.
const MAX_FIXED_PRODUCTS: u64 = 40_000_000;

/// Most products spent on an end law.
pub(in crate::theory) const MAX_END_PRODUCTS: u64 = 60_000_000;

/// Significant bits of the ends of an enclosure.
const END_BITS: u32 = 128;

/// `P(max_{s <= t} |S_s| > lambda)` for a walk with independent steps of this law.
///
/// In this order, where affordable: [`walk_maximum_exact`]; [`walk_maximum_enclosed`]; and beyond
/// that, from 0 to the least of [`walk_maximum_levy_ru`], [`chernoff_doob_ru`] and, for steps of mean 0,
/// [`azuma_doob_ru`].
///
/// # Cost
/// At most a few tenths of a second.
///
/// # Example
/// ```
/// use filtercert::number::ratio;
/// use filtercert::theory::tails::{StepLaw, Tail, walk_maximum_above};
/// let coin = StepLaw::from_weights(&[(-1, 1), (1, 1)]).unwrap();
/// // Of the four paths of two steps, two leave [-1, 1].
/// assert_eq!(walk_maximum_above(&coin, 2, 1), Tail::Exact(ratio(1, 2)));
/// ```
pub fn walk_maximum_above(step: &StepLaw, t: u64, lambda: u64) -> Tail {
    if let Some(exact) = walk_maximum_exact(step, t, lambda) {
        return Tail::Exact(exact);
    }
    if let Some(tail) = walk_maximum_enclosed(step, t, lambda) {
        return tail;
    }
    let mut hi = chernoff_doob_ru(step, t, lambda);
    if step.mean().is_zero() {
        hi = hi.min(azuma_doob_ru(t, step.bound(), lambda));
    }
    if let Some(levy) = walk_maximum_levy_ru(step, t, lambda) {
        hi = hi.min(levy);
    }
    Tail::between(Q::zero(), round_ru(&hi, END_BITS).min(Q::one()))
}

/// Can the walk not leave `-lambda..=lambda` in t steps?
fn stays(step: &StepLaw, t: u64, lambda: u64) -> bool {
    t.checked_mul(step.bound()).is_some_and(|far| far <= lambda)
}

/// Products of a computation with barriers: cells, times steps, times outcomes of a step.
fn products(step: &StepLaw, t: u64, lambda: u64) -> u64 {
    let reach = t.saturating_mul(step.bound()).min(lambda);
    let cells = reach.saturating_mul(2).saturating_add(1);
    cells
        .saturating_mul(t)
        .saturating_mul(step.weights().len() as u64)
}

/// `P(max_{s <= t} |S_s| > lambda)` exactly: the mass that crosses the barriers, in integers over
/// `D^t`, D the denominator of the step law. `None` where D^t is longer than 4,096 bits or the work
/// is above a million products.
pub fn walk_maximum_exact(step: &StepLaw, t: u64, lambda: u64) -> Option<Q> {
    if stays(step, t, lambda) {
        return Some(Q::zero());
    }
    let bits = t.saturating_mul(step.denominator().bits().saturating_sub(1));
    if bits > MAX_BITS || products(step, t, lambda) > MAX_EXACT_PRODUCTS {
        return None;
    }
    let lambda = i64::try_from(lambda).ok()?;
    let width = usize::try_from(2 * lambda + 1).ok()?;
    let mut cells = vec![BigUint::zero(); width];
    cells[lambda as usize] = BigUint::one();
    let mut crossed = BigUint::zero();
    for _ in 0..t {
        let mut next = vec![BigUint::zero(); width];
        crossed *= step.denominator();
        for (i, mass) in cells.iter().enumerate().filter(|(_, m)| !m.is_zero()) {
            for (value, weight) in step.weights() {
                let flow = mass * weight;
                match target(i, *value, width) {
                    Some(to) => next[to] += flow,
                    None => crossed += flow,
                }
            }
        }
        cells = next;
    }
    let whole = step.denominator().pow(u32::try_from(t).ok()?);
    Some(Q::new(BigInt::from(crossed), BigInt::from(whole)))
}

/// The cell that a step from cell `i` leads to, unless it is behind a barrier.
fn target(i: usize, value: i64, width: usize) -> Option<usize> {
    let to = usize::try_from((i as i64).checked_add(value)?).ok()?;
    (to < width).then_some(to)
}

/// An enclosure of `P(max_{s <= t} |S_s| > lambda)`: the computation of [`walk_maximum_exact`] in
/// units of 2^-120, every product rounded down, with a bound of what is lost. `None` above 40
/// million products.
///
/// An entry loses, in one step, what the entries before it lost, at most one unit for the rounded
/// probabilities, and one unit a product. What crosses loses this for each cell from which a
/// barrier can be crossed.
pub fn walk_maximum_enclosed(step: &StepLaw, t: u64, lambda: u64) -> Option<Tail> {
    if stays(step, t, lambda) {
        return Some(Tail::zero());
    }
    if products(step, t, lambda) > MAX_FIXED_PRODUCTS {
        return None;
    }
    let lambda = i64::try_from(lambda).ok()?;
    let width = usize::try_from(2 * lambda + 1).ok()?;
    let outcomes = step.weights().len() as u128;
    let shares: Vec<(i64, u128)> = step
        .weights()
        .iter()
        .map(|(v, w)| (*v, share_rd(w, step.denominator())))
        .collect();
    let border = (width as u128).min(2 * u128::from(step.bound()));
    let mut cells = vec![0u128; width];
    cells[lambda as usize] = ONE;
    let (mut crossed, mut slack, mut lost) = (0u128, 0u128, 0u128);
    for _ in 0..t {
        let mut next = vec![0u128; width];
        for (i, &mass) in cells.iter().enumerate().filter(|(_, m)| **m > 0) {
            for &(value, share) in &shares {
                let flow = mul_rd(mass, share);
                match target(i, value, width) {
                    Some(to) => next[to] += flow,
                    None => crossed += flow,
                }
            }
        }
        cells = next;
        lost += border * (slack + outcomes) + outcomes;
        slack += outcomes + 1;
    }
    Some(Tail::between(
        round_rd(&units(crossed), END_BITS),
        round_ru(&units(crossed + lost), END_BITS).min(Q::one()),
    ))
}

/// Levy's inequality, `P(max_{s <= t} |S_s| > lambda) <= 2 P(|S_t| > lambda)` for symmetric steps,
/// with the end law by repeated squaring in fixed point, rounded up. `None` for other steps, and
/// where the end law is too wide (60 million products).
pub fn walk_maximum_levy_ru(step: &StepLaw, t: u64, lambda: u64) -> Option<Q> {
    if !step.is_symmetric() {
        return None;
    }
    let law = end_law(step, t)?;
    Some(levy_ru(&law, lambda))
}

/// The law of `S_t` in fixed point; `None` beyond the affordable size.
pub(in crate::theory) fn end_law(step: &StepLaw, t: u64) -> Option<FixedLaw> {
    FixedLaw::from_weights(step.weights(), step.denominator())?.power(t, MAX_END_PRODUCTS)
}

/// `2 P(|S_t| > lambda)`, rounded up, at most 1.
pub(in crate::theory) fn levy_ru(law: &FixedLaw, lambda: u64) -> Q {
    let Ok(level) = i64::try_from(lambda.saturating_add(1)) else {
        return units(2 * law.outside).min(Q::one());
    };
    // The mass outside the window is counted on both sides: more than enough.
    let above = law.at_least(level).1 + law.at_most(-level).1;
    (units(above) * integer(2)).min(Q::one())
}

/// The upper bound of `P(max_{s <= t} |S_s| > lambda)` by exponential supermartingales: for either
/// side and every x > 1, `P(max_{s <= t} S_s >= l) <= max(1, M(x))^t x^-l` with `M(x) = E x^step`,
/// since `x^(S_s) M(x)^-s` is a martingale and `x^(S_s)` a submartingale if `M(x) >= 1`, a
/// supermartingale if `M(x) <= 1`. The best x of a grid is taken; l = lambda + 1; rounded up, at
/// most 1. It needs neither symmetry nor mean 0.
///
/// # Cost
/// Some 200 powers of 192-bit numbers an outcome of the step; 1 without any work beyond 256 outcomes.
pub fn chernoff_doob_ru(step: &StepLaw, t: u64, lambda: u64) -> Q {
    if stays(step, t, lambda) {
        return Q::zero();
    }
    let level = lambda.saturating_add(1);
    let mut sum = Q::zero();
    for side in [1, -1] {
        let Some(bound) = one_sided(step, side, t, level) else {
            return Q::one();
        };
        sum += bound;
        if sum >= Q::one() {
            return Q::one();
        }
    }
    sum
}

/// Bound of `P(max_{s <= t} side S_s >= level)`.
fn one_sided(step: &StepLaw, side: i64, t: u64, level: u64) -> Option<Q> {
    if step.weights().len() > 256 {
        return None;
    }
    if step.weights().iter().all(|(v, _)| side * v <= 0) {
        return Some(Q::zero());
    }
    let at = |numerator: u64, denominator: u64| {
        let (n, d) = (BigUint::from(numerator), BigUint::from(denominator));
        let (x, inverse) = (Upper::ratio(&n, &d), Upper::ratio(&d, &n));
        let mut mean = Upper::ratio(&BigUint::zero(), &BigUint::one());
        for (value, weight) in step.weights() {
            let base = if side * value >= 0 { &x } else { &inverse };
            let term = base.power(value.unsigned_abs());
            mean = mean.plus(&term.times(&Upper::ratio(weight, step.denominator())));
        }
        let one = Upper::ratio(&BigUint::one(), &BigUint::one());
        let growth = if mean.less_than(&one) { one } else { mean };
        growth.power(t).times(&inverse.power(level))
    };
    let mut best: Option<Upper> = None;
    // x = 1 + c / 2^e
    for e in 0..=40u32 {
        for c in 8..16u64 {
            let denominator = 8u64 << e;
            let candidate = at(denominator + c, denominator);
            if best.as_ref().is_none_or(|b| candidate.less_than(b)) {
                best = Some(candidate);
            }
        }
    }
    best.map(|b| b.to_q(MAX_BITS).min(Q::one()))
}
