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

/// Walks that were followed: the law of their steps, the bound, and what was found.
pub type Known = BTreeMap<(Law, u64), Q>;

/// The laws of the walks' steps `y N_p`, pattern by pattern; once for all claims.
fn laws<'m>(model: &'m Model) -> Checked<&'m [Law]> {
    if let Some(found) = model.laws.get() {
        return Ok(found);
    }
    let mut found = vec![Law::new(); model.gram.len()];
    for atom in &model.atoms {
        model.work.charge(found.len() as u64, size(&model.whole))?;
        for (law, &n) in found.iter_mut().zip(&atom.counts) {
            let step = if atom.label == 0 { 1 } else { -1 } * i128::from(n);
            *law.entry(step).or_default() += &atom.mass;
        }
    }
    Ok(model.laws.get_or_init(|| found))
}

/// A lower bound of the probability that the walk of pattern p stays within `-lambda..=lambda` for t
/// steps. Masses are in units of 2^-62 and probabilities in units of 2^-64, so that a sum of products is
/// below 2^127; each is rounded down, and what leaves never comes back. `known` has the walks that were
/// followed for t steps.
pub fn stays(model: &Model, p: usize, t: u64, lambda: u64, known: &mut Known) -> Checked<Q> {
    let law = &laws(model)?[p];
    let reach = |x: &i128| x.unsigned_abs() * u128::from(t);
    if law.keys().all(|x| reach(x) <= u128::from(lambda)) {
        return Ok(Q::one());
    }
    let walk = (law.clone(), lambda);
    if let Some(found) = known.get(&walk) {
        return Ok(found.clone());
    }
    room(usize::try_from(lambda).unwrap_or(usize::MAX), 8)?;
    // A step that is certain leads out: it is the one whose weight is not below 2^64.
    let unit: BigInt = BigInt::one() << 64;
    let steps: Vec<(i64, u64)> = (law.iter())
        .filter_map(|(&x, q)| Some((i64::try_from(x).ok()?, (q * &unit / &model.whole).to_u64()?)))
        .filter(|(x, _)| x.unsigned_abs() <= 2 * lambda)
        .collect();
    let cells = 2 * lambda + 1;
    let terms = t
        .saturating_mul(cells)
        .saturating_mul(1 + steps.len() as u64);
    model.work.charge(terms / 64, 0)?;
    // The masses of the cells, and on both sides as many as the longest step reaches, which stay empty.
    let far = steps.iter().map(|(x, _)| x.abs()).max().unwrap_or(0);
    let (side, cells, edge) = (lambda as usize, cells as usize, far as usize);
    let mut mass = vec![0u64; cells + 2 * edge];
    mass[edge + side] = 1 << 62;
    // Where the law is its own mirror image so are the masses: one half of them is enough, and what comes from as far on
    // either side has the same weight.
    let mirrored = law.iter().all(|(x, q)| law.get(&-x) == Some(q));
    let first = if mirrored { side } else { 0 };
    let (apart, single): (Vec<_>, Vec<_>) = steps.iter().partition(|(x, _)| mirrored && *x != 0);
    let place = |&(x, w): &(i64, u64)| ((far - x) as usize, w);
    let single: Vec<(usize, u64)> = single.iter().map(place).collect();
    let above = apart.iter().filter(|(x, _)| *x > 0);
    let pairs: Vec<(usize, u64)> = above.map(place).collect();
    let product = |mass: u64, w: u64| u128::from(mass) * u128::from(w);
    for _ in 0..t {
        let into = |near: &[u64]| {
            let terms = single.iter().map(|&(i, w)| product(near[i], w));
            let both = |&(i, w): &(usize, u64)| product(near[i] + near[2 * edge - i], w);
            (terms.chain(pairs.iter().map(both)).sum::<u128>() >> 64) as u64
        };
        let near = mass[first..].windows(2 * edge + 1);
        let next: Vec<u64> = near.map(into).collect();
        mass[edge + first..edge + cells].copy_from_slice(&next);
        for i in 0..first {
            mass[edge + i] = mass[edge + cells - 1 - i];
        }
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
