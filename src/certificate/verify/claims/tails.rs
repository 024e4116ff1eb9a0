//! Tails of label counts, exact, and of walks, in fixed point; upper bounds of exponentials, in fixed point.

use super::*;
use std::collections::BTreeMap;

/// `P(Bin(t, p) < b) = sum_(i < b) binomial(t, i) p^i (1 - p)^(t - i)`, exactly.
pub fn fewer(work: &Work, t: u64, p: &Q, b: u64) -> Checked<Q> {
    if b == 0 || b > t || p.is_one() {
        return Ok(int(u8::from(b > t)));
    }
    let bits = p.denom().bits().saturating_mul(t);
    room(usize::try_from(bits).unwrap_or(usize::MAX), 1)?;
    work.charge(b.saturating_add(64), bits / 256 + 1)?;
    let (hit, all) = (p.numer(), p.denom());
    let miss = all - hit;
    let (mut term, mut sum) = (pow(miss.clone(), t as usize), BigInt::zero());
    for i in 0..b {
        sum += &term;
        term = term * (t - i) * hit / (&miss * (i + 1));
    }
    Ok(Q::new(sum, pow(all.clone(), t as usize)))
}

/// The law of a walk's steps, in units of 1 / `whole`, and its bound.
type Walk = (BTreeMap<BigInt, BigInt>, u64);

/// A lower bound of the probability that the walk of pattern p stays within `-lambda..=lambda` for t
/// steps. Masses are in units of 2^-62 and probabilities in units of 2^-64, so that a sum of products is
/// below 2^127; each is rounded down, and what leaves never comes back. `known` has the walks that were
/// followed for t steps.
pub fn stays(
    model: &Model,
    p: usize,
    t: u64,
    lambda: u64,
    known: &mut BTreeMap<Walk, Q>,
) -> Checked<Q> {
    let mut law: BTreeMap<BigInt, BigInt> = BTreeMap::new();
    for atom in &model.atoms {
        model.work.charge(1, size(&model.whole))?;
        let step = BigInt::from(atom.counts[p]) * sign(atom.label);
        *law.entry(step).or_default() += &atom.mass;
    }
    if law.keys().all(|x| x.abs() * t <= BigInt::from(lambda)) {
        return Ok(Q::one());
    }
    let walk = (law, lambda);
    if let Some(found) = known.get(&walk) {
        return Ok(found.clone());
    }
    room(usize::try_from(lambda).unwrap_or(usize::MAX), 8)?;
    let (side, unit) = (lambda as i64, BigInt::one() << 64);
    let within = walk.0.iter().filter_map(|(x, q)| {
        let weight: BigInt = q * &unit / &model.whole;
        let near = x.to_i64().filter(|x| x.unsigned_abs() <= 2 * lambda)?;
        Some((near, weight.to_u128()?))
    });
    let law: Vec<(i64, u128)> = within.collect();
    let cells = 2 * lambda + 1;
    let terms = t.saturating_mul(cells).saturating_mul(1 + law.len() as u64);
    model.work.charge(terms / 64, 0)?;
    let mut mass = vec![0u64; cells as usize];
    mass[side as usize] = 1 << 62;
    for _ in 0..t {
        let from = |x: i64| usize::try_from(x).ok().and_then(|x| mass.get(x)).copied();
        let into = |x: i64| {
            let terms = law
                .iter()
                .map(|&(s, w)| u128::from(from(x - s).unwrap_or(0)) * w);
            (terms.sum::<u128>() >> 64) as u64
        };
        mass = (0..=2 * side).map(into).collect();
    }
    let total: BigInt = mass.into_iter().map(BigInt::from).sum();
    let found = Q::new(total, BigInt::one() << 62);
    known.insert(walk, found.clone());
    Ok(found)
}

/// An upper bound of `exp(-x)` for x >= 0, up to 1. In units of 2^-256, with `y = x / 2^10`, and `exp(-1024)` for all larger
/// x: the Taylor sum of `exp(y)`, rounded down, is at most that, and its reciprocal is rounded up and squared ten times,
/// rounded up each time.
pub fn decayed(work: &Work, x: &Q) -> Checked<Q> {
    work.charge(4, words(x) + 8)?;
    work.charge(80, 8)?;
    let unit: BigInt = BigInt::one() << 256;
    let least: Q = x.clone().min(int(1024)) * &unit;
    let y: BigInt = least.to_integer() >> 10;
    let (mut term, mut sum) = (unit.clone(), unit.clone());
    for i in 1..=60 {
        term = ((term * &y) >> 256) / i;
        sum += &term;
    }
    let mut power: BigInt = (&unit * &unit) / sum + 1;
    for _ in 0..10 {
        power = ((&power * &power) >> 256) + 1;
    }
    Ok(Q::new(power, unit).min(Q::one()))
}

/// An upper bound of the root of x >= 0, within a factor 1 + 2^-128; exact where the root is rational.
pub fn root(work: &Work, x: &Q) -> Checked<Q> {
    work.charge(64, words(x) + 4)?;
    let radicand: BigInt = (x.numer() * x.denom()) << 256;
    let below = radicand.sqrt();
    let exact = &below * &below == radicand;
    let above = if exact { below } else { below + 1 };
    Ok(Q::new(above, x.denom() << 128))
}
