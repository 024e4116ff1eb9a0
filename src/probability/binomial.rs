//! The lower tail of a binomial law.

use super::Tail;
use super::exponential::hoeffding_ru;
use super::rounding::{round_rd, round_ru};
use crate::number::{Q, integer};
use num_bigint::{BigInt, BigUint};
use num_traits::{One, Signed, ToPrimitive, Zero};

/// The exact tail is computed where its denominator `c^n` (`p = a/c`) has at most this many bits.
pub const MAX_EXACT_BITS: u64 = 4_096;

/// Most terms that an enclosure adds up.
const MAX_TERMS: u64 = 1_000_000;

/// Bits of the weight of the mode: tried in order, until the enclosure is tight.
const SCALES: [u64; 3] = [256, 1_024, 4_096];

/// An enclosure is tight where its width is at most its lower end over 2 to this power.
const TIGHT_BITS: u64 = 64;

/// Significant bits of the ends of an enclosure.
const END_BITS: u32 = 128;

/// `P(Bin(n, p) < k)`: exact where its denominator has at most [`MAX_EXACT_BITS`] bits, else
/// enclosed (see [`binomial_below_enclosed`]). A p outside [0, 1] counts as the nearer end.
///
/// # Cost
/// A few milliseconds at most where it is exact.
///
/// # Example
/// ```
/// use filtercert::number::ratio;
/// use filtercert::probability::{Tail, binomial_below};
/// // (1 + 3) / 8
/// assert_eq!(binomial_below(3, &ratio(1, 2), 2), Tail::Exact(ratio(1, 2)));
/// ```
pub fn binomial_below(n: u64, p: &Q, k: u64) -> Tail {
    match exact(n, p, k) {
        Some(tail) => Tail::Exact(tail),
        None => binomial_below_enclosed(n, p, k),
    }
}

/// The cases without a sum: nothing below k, everything below k, or an outcome that is certain.
fn trivial(n: u64, p: &Q, k: u64) -> Option<Q> {
    if k == 0 {
        Some(Q::zero())
    } else if k > n || !p.is_positive() {
        Some(Q::one())
    } else if *p >= Q::one() {
        Some(Q::zero())
    } else {
        None
    }
}

/// The sum over i < k of `C(n,i) a^i b^(n-i)`, over `(a+b)^n`, with `p = a/(a+b)`; the shorter side is summed.
fn exact(n: u64, p: &Q, k: u64) -> Option<Q> {
    if let Some(tail) = trivial(n, p, k) {
        return Some(tail);
    }
    // c^n has at most n * bits(c) bits; bits(c) >= 2, so n is small too.
    if n.checked_mul(p.denom().bits())? > MAX_EXACT_BITS.saturating_add(n) {
        return None;
    }
    let a = p.numer().magnitude().clone();
    let c = p.denom().magnitude().clone();
    let b = &c - &a;
    let whole = c.pow(u32::try_from(n).ok()?);
    let below = if k <= n / 2 + 1 {
        partial_sum(n, &a, &b, k)?
    } else {
        // P(Bin(n,p) >= k) = P(Bin(n,1-p) < n-k+1)
        &whole - partial_sum(n, &b, &a, n - k + 1)?
    };
    Some(Q::new(BigInt::from(below), BigInt::from(whole)))
}

/// `sum_{i < k} C(n,i) a^i b^(n-i)` for `1 <= k <= n`, by Horner's rule in b.
fn partial_sum(n: u64, a: &BigUint, b: &BigUint, k: u64) -> Option<BigUint> {
    let mut term = BigUint::one();
    let mut sum = BigUint::one();
    for i in 1..k {
        term = term * a * (n - i + 1) / i;
        sum = sum * b + &term;
    }
    Some(sum * b.pow(u32::try_from(n - k + 1).ok()?))
}

/// An enclosure of `P(Bin(n, p) < k)` by directed rounding.
///
/// The weights `C(n,i) p^i (1-p)^(n-i)`, relative to that of the mode, are found by walking
/// outwards from the mode with the exact ratios of neighbours, each rounded down. Ratios are at most
/// 1 on the way out, so after j steps the error is between 0 and j units; beyond the last weight
/// that is not 0 the rest is at most a geometric series. The tail is the part below k over the
/// whole. Where a unit is too coarse for a small tail, a finer one is tried; the ends have 128
/// significant bits. Beyond a million terms the enclosure is 0 to [`hoeffding_ru`].
///
/// A long p is rounded to 64 significant bits in both directions first: the tail falls as p grows.
///
/// # Cost
/// About 40 standard deviations of the law (n p (1-p))^(1/2), one short product and one short
/// quotient of 256-bit numbers each.
pub fn binomial_below_enclosed(n: u64, p: &Q, k: u64) -> Tail {
    if let Some(tail) = trivial(n, p, k) {
        return Tail::Exact(tail);
    }
    let mirrored = *p > Q::new(1.into(), 2.into());
    let small = if mirrored { Q::one() - p } else { p.clone() };
    // In terms of the smaller probability: P(Bin(n,p) < k) = P(Bin(n,1-p) >= n - k + 1).
    let level = if mirrored { n - k + 1 } else { k };
    let (down, up) = if small.denom().bits() <= 64 {
        (small.clone(), small)
    } else {
        (round_rd(&small, 63), round_ru(&small, 63))
    };
    let first = walk_out(n, &down, level, mirrored);
    let tail = if down == up {
        first
    } else {
        let second = walk_out(n, &up, level, mirrored);
        first.zip(second).map(|(x, y)| Tail::Enclosed {
            lo: x.lower().min(y.lower()).clone(),
            hi: x.upper().max(y.upper()).clone(),
        })
    };
    tail.unwrap_or_else(|| Tail::between(Q::zero(), hoeffding_ru(n, p, k)))
}

/// `P(Bin(n, p) < k)`, or `P(Bin(n, p) >= k)` if `above`, enclosed, for 0 < p <= 1/2 with a short
/// denominator and 1 <= k <= n.
fn walk_out(n: u64, p: &Q, k: u64, above: bool) -> Option<Tail> {
    let mut best: Option<Tail> = None;
    for found in SCALES
        .into_iter()
        .map_while(|scale| walk_out_at(n, p, k, above, scale))
    {
        let gap = found.upper() - found.lower();
        let is_tight = gap * integer(BigInt::one() << TIGHT_BITS) <= *found.lower();
        best = Some(found);
        if is_tight {
            break;
        }
    }
    best
}

/// Sums of weights, in units: the true sum lies in `floor ..= floor + slack`.
#[derive(Default)]
struct Sum {
    floor: BigUint,
    slack: BigUint,
}

fn walk_out_at(n: u64, p: &Q, k: u64, want_above: bool, scale: u64) -> Option<Tail> {
    let a = p.numer().magnitude();
    let b = p.denom().magnitude() - a;
    let mode = ((integer(n) + integer(1)) * p)
        .to_integer()
        .to_u64()?
        .min(n);
    let (mut below, mut above) = (Sum::default(), Sum::default());
    let mut terms = 0u64;
    let mut add = |i: u64, weight: &BigUint, slack: BigUint| {
        let side = if i < k { &mut below } else { &mut above };
        side.floor += weight;
        side.slack += slack;
    };
    let top = BigUint::one() << scale;
    add(mode, &top, BigUint::zero());
    for upwards in [true, false] {
        let mut weight = top.clone();
        let mut i = mode;
        let mut steps = 0u64;
        while if upwards { i < n } else { i > 0 } {
            // The ratio of the next weight to this one, at most 1, and falling on the way out.
            let (numerator, denominator) = if upwards {
                (a * (n - i), &b * (i + 1))
            } else {
                (&b * i, a * (n - i + 1))
            };
            i = if upwards { i + 1 } else { i - 1 };
            weight *= &numerator;
            weight /= &denominator;
            steps += 1;
            terms += 1;
            if terms > MAX_TERMS {
                return None;
            }
            add(i, &weight, steps.into());
            if weight.is_zero() {
                // True weights are at most `steps` units here and fall at least by this ratio.
                let left = if upwards { n - i } else { i };
                let rest = if denominator > numerator {
                    let gap = &denominator - &numerator;
                    (&numerator * steps + &gap - 1u32) / gap
                } else {
                    BigUint::from(steps) * left
                };
                let rest = rest.min(BigUint::from(steps) * left);
                // The rest lies in i+1..=n or 0..i, on one side of k or on both.
                let mut ends = match (left, upwards) {
                    (0, _) => Vec::new(),
                    (_, true) => vec![i + 1, n],
                    (_, false) => vec![0, i - 1],
                };
                ends.dedup_by_key(|end| *end < k);
                for end in ends {
                    add(end, &BigUint::zero(), rest.clone());
                }
                break;
            }
        }
    }
    let (part, other) = if want_above {
        (above, below)
    } else {
        (below, above)
    };
    let share = |part: BigUint, other: BigUint| {
        let whole = &part + other;
        Q::new(BigInt::from(part), BigInt::from(whole))
    };
    let lo = share(part.floor.clone(), &other.floor + &other.slack);
    let hi = share(&part.floor + &part.slack, other.floor);
    Some(Tail::between(
        round_rd(&lo, END_BITS),
        round_ru(&hi, END_BITS).min(Q::one()),
    ))
}
