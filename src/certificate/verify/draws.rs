//! Families of atoms written out: `d` patches drawn independently, on pattern p with probability `q_p`.
//!
//! The counts `c_1 + ... + c_P = d` have probability `d! / (c_1! ... c_P!) q_1^c_1 ... q_P^c_P`. With
//! `q_p = n_p / D` all is done in integers, in units of `1 / D^d`: of what is left for p and those behind
//! it, c fall on p in `binomial(left, c) n_p^c` of these units.

use crate::certificate::format::{Atom, Label, Problem};
use crate::certificate::verify::error::{Checked, Limit, Rule, beyond, need};
use crate::certificate::verify::work::{Work, room, size};
use num_bigint::BigInt;
use num_rational::BigRational as Q;
use num_traits::{One, Signed, ToPrimitive, pow};

/// An image: the place of its label (0 for +, 1 for -), its counts, its probability.
pub type Image = (usize, Vec<u64>, BigInt);

/// The images of a problem in the order of its atoms, of a family lexicographic, the largest first; and the unit of their
/// probabilities, 1 / whole.
pub fn images(work: &Work, problem: &Problem) -> Checked<(Vec<Image>, BigInt)> {
    let patterns = problem.gram.len();
    let (mut listed, mut units) = (Vec::new(), Vec::new());
    for (place, atom) in problem.atoms.iter().enumerate() {
        need(atom.probability.0.is_positive(), Rule::Probabilities)?;
        need(atom.counts.len() == patterns, Rule::Counts)?;
        let label = usize::from(atom.label == Label::Minus);
        let (outcomes, unit) = outcomes(work, atom)?;
        units.push(unit);
        let outcomes = outcomes.into_iter();
        listed.extend(outcomes.map(|(counts, n)| (place, label, counts, n)));
        room(listed.len(), patterns)?;
    }
    let (units, whole) = work.common(&units.iter().collect::<Vec<_>>())?;
    room(listed.len(), size(&whole) as usize)?;
    let images = listed.into_iter();
    let images = images.map(|(place, label, counts, n)| (label, counts, n * &units[place]));
    Ok((images.collect(), whole))
}

/// Images by their counts, with their probabilities in units.
type Outcomes = Vec<(Vec<u64>, BigInt)>;

/// The images of one atom, and the unit.
fn outcomes(work: &Work, atom: &Atom) -> Checked<(Outcomes, Q)> {
    let mut counts: Vec<u64> = atom.counts.iter().map(|c| c.0).collect();
    let Some(draws) = &atom.draws else {
        return Ok((vec![(counts, BigInt::one())], atom.probability.0.clone()));
    };
    let d = draws.number.0;
    let law: Vec<&Q> = draws.probabilities.iter().map(|q| &q.0).collect();
    let (law, whole) = work.common(&law)?;
    let is_law = !law.iter().any(Signed::is_negative) && law.iter().sum::<BigInt>() == whole;
    need(is_law && law.len() == counts.len() && d >= 1, Rule::Draws)?;
    if counts.iter().any(|c| c.checked_add(d).is_none()) {
        return beyond(Limit::Numbers);
    }
    let law: Vec<(usize, BigInt)> = law.into_iter().enumerate().collect();
    let law: Vec<_> = law.into_iter().filter(|(_, n)| n.is_positive()).collect();
    // binomial(d + k - 1, k - 1) outcomes over k patterns, each a number of the length of D^d.
    let mut number = BigInt::one();
    for i in 1..law.len() {
        number = number * (BigInt::from(d) + i) / i;
        room(number.to_usize().unwrap_or(usize::MAX), 1)?;
    }
    let number = number.to_usize().unwrap_or(usize::MAX);
    let words = size(&whole).max(whole.bits().saturating_mul(d) / 64 + 1);
    room(number, usize::try_from(words).unwrap_or(usize::MAX))?;
    room(number, counts.len())?;
    work.charge((number as u64).saturating_mul(law.len() as u64 + 2), words)?;
    let mut found = Vec::new();
    spread(&law, d, &mut counts, &BigInt::one(), &mut found);
    Ok((found, &atom.probability.0 / pow(whole, d as usize)))
}

/// Lets the draws that are left fall on the patterns of `law`, after those that weigh `weight`.
fn spread(
    law: &[(usize, BigInt)],
    left: u64,
    counts: &mut Vec<u64>,
    weight: &BigInt,
    found: &mut Outcomes,
) {
    let Some(((p, n), behind)) = law.split_first() else {
        return;
    };
    let own = counts[*p];
    if left == 0 || behind.is_empty() {
        counts[*p] = own + left;
        found.push((counts.clone(), weight * pow(n.clone(), left as usize)));
    } else {
        let mut ways = vec![BigInt::one()];
        for c in 0..left {
            ways.push(&ways[c as usize] * n * (left - c) / (c + 1));
        }
        for c in (0..=left).rev() {
            counts[*p] = own + c;
            let weight = weight * &ways[c as usize];
            spread(behind, left - c, counts, &weight, found);
        }
    }
    counts[*p] = own;
}
