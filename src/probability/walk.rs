//! The maximum of an integer walk.

use super::Tail;
use super::exponential::azuma_doob_ru;
use super::fixed::{ONE, Tails, UNIT_BITS, mul_rd, share_rd, units};
use super::mantissa::Upper;
use super::rounding::{round_rd, round_ru};
use super::step::StepLaw;
use crate::number::{Q, integer};
use num_bigint::{BigInt, BigUint};
use num_traits::{NumAssign, One, Zero};

/// Most bits of the denominator of an exact probability of a walk.
const MAX_BITS: u64 = 4_096;

/// Most products of an exact computation.
const MAX_EXACT_PRODUCTS: u64 = 1_000_000;

/// Most products of a fixed-point computation with barriers.
const MAX_FIXED_PRODUCTS: u64 = 40_000_000;

/// Most products of a coarse computation with barriers.
const MAX_COARSE_PRODUCTS: u64 = 400_000_000;

/// Most products spent on an end law.
pub(crate) const MAX_END_PRODUCTS: u64 = 60_000_000;

/// Most outcomes of a step with which exponential bounds are computed.
const MAX_CHERNOFF_OUTCOMES: usize = 256;

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
/// use filtercert::probability::{StepLaw, Tail, walk_maximum_above};
/// let coin = StepLaw::from_weights(&[(-1, 1), (1, 1)]).unwrap();
/// // Of the four paths of two steps, two leave [-1, 1].
/// assert_eq!(walk_maximum_above(&coin, 2, 1), Tail::Exact(ratio(1, 2)));
/// ```
pub fn walk_maximum_above(step: &StepLaw, t: u64, lambda: u64) -> Tail {
    walk_maximum_with(step, t, lambda, None)
}

/// The same for a caller that may have the tails of `S_t` at hand.
pub(crate) fn walk_maximum_with(step: &StepLaw, t: u64, lambda: u64, end: Option<&Tails>) -> Tail {
    if let Some(exact) = walk_maximum_exact(step, t, lambda) {
        return Tail::Exact(exact);
    }
    if let Some(tail) = walk_maximum_enclosed(step, t, lambda) {
        return tail;
    }
    let hi = supermartingale_ru(step, t, lambda);
    let levy = match end {
        Some(end) => step.is_symmetric().then(|| levy_ru(end, lambda)),
        None => walk_maximum_levy_ru(step, t, lambda),
    };
    let hi = levy.into_iter().fold(hi, Q::min);
    Tail::between(Q::zero(), round_ru(&hi, END_BITS).min(Q::one()))
}

/// The least of [`chernoff_doob_ru`] and, for steps of mean 0, [`azuma_doob_ru`].
pub(crate) fn supermartingale_ru(step: &StepLaw, t: u64, lambda: u64) -> Q {
    let tail = chernoff_doob_ru(step, t, lambda);
    if step.mean().is_zero() {
        tail.min(azuma_doob_ru(t, step.bound(), lambda))
    } else {
        tail
    }
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
    let (kept, _) = within(t, lambda, BigUint::one(), step.weights(), |mass, weight| {
        mass * weight
    })?;
    let whole = step.denominator().pow(u32::try_from(t).ok()?);
    let crossed = &whole - kept.iter().sum::<BigUint>();
    Some(Q::new(BigInt::from(crossed), BigInt::from(whole)))
}

/// The masses of a walk that stays within `-lambda..=lambda` for t steps, and the sum of all that crossed (which is a
/// mass where a step keeps the denominator); a step of this share moves `flow` of a mass and the share.
fn within<M: Clone + Zero + NumAssign, W>(
    t: u64,
    lambda: u64,
    one: M,
    shares: &[(i64, W)],
    flow: impl Fn(&M, &W) -> M,
) -> Option<(Vec<M>, M)> {
    let centre = usize::try_from(lambda).ok()?;
    let mut cells = vec![M::zero(); centre.checked_mul(2)?.checked_add(1)?];
    let mut crossed = M::zero();
    cells[centre] = one;
    for _ in 0..t {
        let mut next = vec![M::zero(); cells.len()];
        for (i, mass) in cells.iter().enumerate().filter(|(_, m)| !m.is_zero()) {
            for (value, share) in shares {
                let to = (i as i64).checked_add(*value);
                let to = to.and_then(|to| usize::try_from(to).ok());
                *to.and_then(|to| next.get_mut(to)).unwrap_or(&mut crossed) += flow(mass, share);
            }
        }
        cells = next;
    }
    Some((cells, crossed))
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
    let shares = step.weights().iter();
    let shares: Vec<(i64, u128)> = shares
        .map(|(v, w)| (*v, share_rd(w, step.denominator())))
        .collect();
    let (kept, crossed) = within(t, lambda, ONE, &shares, |&mass, &share| mul_rd(mass, share))?;
    let outcomes = shares.len() as u128;
    let border = (kept.len() as u128).min(2 * u128::from(step.bound()));
    let (mut slack, mut lost) = (0u128, 0u128);
    for _ in 0..t {
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
    Some(levy_ru(&Tails::of_sum(step, t, MAX_END_PRODUCTS)?, lambda))
}

/// `2 P(|S_t| > lambda)`, rounded up, at most 1.
fn levy_ru(end: &Tails, lambda: u64) -> Q {
    (units(end.beyond(lambda).1) * integer(2)).min(Q::one())
}

/// The upper bound of `P(max_{s <= t} |S_s| > lambda)` by exponential supermartingales: for either
/// side and every x > 1, `P(max_{s <= t} S_s >= l) <= max(1, M(x))^t x^-l` with `M(x) = E x^step`,
/// since `x^(S_s) M(x)^-s` is a martingale and `x^(S_s)` a submartingale if `M(x) >= 1`, a
/// supermartingale if `M(x) <= 1`. The best x of a grid is taken; l = lambda + 1; rounded up, at
/// most 1. It needs neither symmetry nor mean 0.
///
/// # Cost
/// Some 30 powers of 192-bit numbers an outcome of the step; 1 without any work beyond 256 outcomes.
pub fn chernoff_doob_ru(step: &StepLaw, t: u64, lambda: u64) -> Q {
    if stays(step, t, lambda) {
        return Q::zero();
    }
    let level = lambda.saturating_add(1);
    let up = one_sided_ru(step, 1, t, level);
    let sum = if step.is_symmetric() {
        up * integer(2)
    } else {
        up + one_sided_ru(step, -1, t, level)
    };
    sum.min(Q::one())
}

/// `max(1, M(x))^t x^-level` for the best x > 1 of a grid, `M(x) = E x^(side step)`, rounded up, at
/// most 1: a bound of `P(max_{s <= t} side S_s >= level)`. For the same x it is at most squared when
/// t and level are doubled.
pub(crate) fn one_sided_ru(step: &StepLaw, side: i64, t: u64, level: u64) -> Q {
    if level == 0 || step.weights().len() > MAX_CHERNOFF_OUTCOMES {
        return Q::one();
    }
    if step.weights().iter().all(|(v, _)| side * v <= 0) {
        return Q::zero();
    }
    let one = Upper::ratio(&BigUint::one(), &BigUint::one());
    let shares: Vec<(i64, Upper)> = step
        .weights()
        .iter()
        .map(|(value, weight)| (*value, Upper::ratio(weight, step.denominator())))
        .collect();
    // x = 1 + c / 2^(e + 3)
    let at = |e: u32, c: u64| {
        let denominator = 8u64 << e;
        let (n, d) = (BigUint::from(denominator + c), BigUint::from(denominator));
        let (x, inverse) = (Upper::ratio(&n, &d), Upper::ratio(&d, &n));
        let terms = shares.iter().map(|(value, share)| {
            let base = if side * value >= 0 { &x } else { &inverse };
            base.power(value.unsigned_abs()).times(share)
        });
        let mean = terms.reduce(|sum, term| sum.plus(&term));
        let growth = mean.filter(|mean| !mean.less_than(&one));
        let growth = growth.unwrap_or_else(|| one.clone());
        growth.power(t).times(&inverse.power(level))
    };
    let mut best = (one.clone(), 0, 0);
    let consider = |e: u32, c: u64, best: &mut (Upper, u32, u64)| {
        let candidate = at(e, c);
        let better = candidate.less_than(&best.0);
        if better {
            *best = (candidate, e, c);
        }
        better
    };
    // The logarithm is convex in that of x: after the best power of 2 it only gets worse.
    for e in 0..=40 {
        if !consider(e, 8, &mut best) && best.2 > 0 {
            break;
        }
    }
    if best.2 > 0 {
        let e = best.1;
        for c in 9..16 {
            consider(e, c, &mut best);
            consider(e + 1, c, &mut best);
        }
    }
    best.0.to_q(MAX_BITS).min(Q::one())
}

/// An enclosure of `P(max_{s <= t} |S_s| > lambda)` in units of 2^-63, several times as fast as
/// [`walk_maximum_enclosed`]: good for a decision, with an absolute error of `2 t (2 lambda + 1)`
/// units. `None` above 400 million products, or if that error exceeds 2^-20.
///
/// What has crossed is what is no longer between the barriers. Each new entry is the exact sum of products of
/// entries, rounded down once: it loses what the entries before it lost, one unit for the rounded probabilities, and
/// one for the sum. A symmetric walk needs one half.
pub(crate) fn walk_maximum_coarse(step: &StepLaw, t: u64, lambda: u64) -> Option<Tail> {
    const BITS: u32 = 63;
    if stays(step, t, lambda) {
        return Some(Tail::zero());
    }
    if products(step, t, lambda) > MAX_COARSE_PRODUCTS || step.bound() > 1 << 16 {
        return None;
    }
    let lambda = usize::try_from(lambda).ok()?;
    let bound = usize::try_from(step.bound()).ok()?;
    let share = |(value, weight): &(i64, BigUint)| {
        let share = share_rd(weight, step.denominator()) >> (UNIT_BITS - BITS);
        Some((*value, u64::try_from(share).ok()?))
    };
    let shares: Vec<(i64, u64)> = step.weights().iter().map(share).collect::<Option<_>>()?;
    // Cells -lambda - bound ..= lambda + bound; those beyond a barrier stay empty.
    let centre = lambda + bound;
    let mut cells = vec![0u64; 2 * centre + 1];
    let mut next = cells.clone();
    cells[centre] = 1 << BITS;
    let symmetric = step.is_symmetric();
    let first = if symmetric { centre } else { bound };
    // What an entry has lost after t steps is at most 2 t units, so what is kept has lost at most
    // this; what has crossed is the rest.
    let lost = 2 * u128::from(t) * (2 * lambda as u128 + 1);
    if lost > 1 << (BITS - 20) {
        return None;
    }
    // By the distance of the cell that a step comes from, -bound first, where most of these occur.
    let dense = (shares.len() > bound).then(|| {
        let mut dense = vec![0u64; 2 * bound + 1];
        for &(value, share) in &shares {
            dense[(bound as i64 - value) as usize] = share;
        }
        dense
    });
    let times = |mass: u64, share: u64| u128::from(mass) * u128::from(share);
    for _ in 0..t {
        let between = next.iter_mut().enumerate().take(centre + lambda + 1);
        for (to, slot) in between.skip(first) {
            let sum: u128 = match &dense {
                // All masses together are at most 2^63, so two of them fit.
                Some(dense) if symmetric => {
                    let (left, right) = cells[to - bound..=to + bound].split_at(bound);
                    let pairs = left.iter().zip(right[1..].iter().rev()).zip(dense);
                    let pairs = pairs.map(|((&a, &b), &share)| times(a + b, share));
                    times(right[0], dense[bound]) + pairs.sum::<u128>()
                }
                Some(dense) => {
                    let from = cells[to - bound..=to + bound].iter().zip(dense);
                    from.map(|(&mass, &share)| times(mass, share)).sum()
                }
                None => {
                    let from = |value: i64| cells[(to as i64 - value) as usize];
                    let terms = shares.iter();
                    terms.map(|&(value, share)| times(from(value), share)).sum()
                }
            };
            *slot = (sum >> BITS) as u64;
        }
        if symmetric {
            for i in 1..=lambda {
                next[centre - i] = next[centre + i];
            }
        }
        std::mem::swap(&mut cells, &mut next);
    }
    let kept: u128 = cells.iter().map(|&mass| u128::from(mass)).sum();
    let crossed = |kept: u128| units((1u128 << BITS).saturating_sub(kept) << (UNIT_BITS - BITS));
    Some(Tail::between(crossed(kept + lost), crossed(kept)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Thirds and sevenths are rounded down at every step: what is kept loses, and the lower end must know it.
    #[test]
    fn the_coarse_enclosure_contains_the_exact_probability() {
        for weights in [
            &[(-1, 1), (0, 1), (1, 1)][..],
            &[(-2, 3), (1, 4)],
            &[(-1, 2), (3, 5)],
            &[(-2, 1), (-1, 3), (0, 5), (1, 3), (2, 1)],
            &[(-1, 2), (0, 3), (1, 1), (2, 1)],
            &[(-5, 1), (5, 1)],
        ] {
            let step = StepLaw::from_weights(weights).expect("a law");
            for (t, lambda) in [(3, 1), (10, 2), (40, 5), (60, 12)] {
                let exact = walk_maximum_exact(&step, t, lambda).expect("few products");
                let coarse = walk_maximum_coarse(&step, t, lambda).expect("few products");
                assert!(*coarse.lower() <= exact, "{weights:?} {t} {lambda}");
                assert!(exact <= *coarse.upper(), "{weights:?} {t} {lambda}");
            }
        }
    }
}
