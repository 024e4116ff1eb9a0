//! The images that the atoms of a certificate stand for, written out with the engines' enumeration
//! ([`crate::number::spread`]). The checker has its own (`verify/draws.rs`), and a test compares the two.

use super::format::{Label, Problem};
use crate::number::{Q, Scaled, spread};
use num_bigint::BigInt;
use num_traits::{One, ToPrimitive, pow};

/// Label and counts of an image.
pub type Image = (Label, Vec<u64>);

/// The images of a problem in the order of its atoms, those of a family in lexicographic order, the largest
/// first, with their probabilities; `None` where draws are no law or the images, each of a family counted with the square of its
/// number of 64-bit words, exceed `limit`.
///
/// # Cost
/// Proportional to that count.
pub fn images(problem: &Problem, limit: usize) -> Option<Vec<(Image, Q)>> {
    images_with(problem, limit, |unit, n| unit * n)
}

/// The same with what `share` makes of a probability that is a number of units, the unit first.
pub(super) fn images_with<T>(
    problem: &Problem,
    limit: usize,
    share: impl Fn(&Q, BigInt) -> T,
) -> Option<Vec<(Image, T)>> {
    let mut images = Vec::new();
    for atom in &problem.atoms {
        let counts: Vec<u64> = atom.counts.iter().map(|c| c.0).collect();
        let Some(draws) = &atom.draws else {
            let all = share(&Q::from(&atom.probability), BigInt::one());
            images.push(((atom.label, counts), all));
            continue;
        };
        let law: Vec<Q> = draws.probabilities.iter().map(Q::from).collect();
        let Scaled {
            numerators: parts,
            denominator: whole,
        } = Scaled::new(&law);
        let is_law =
            parts.iter().all(|n| *n >= BigInt::ZERO) && parts.iter().sum::<BigInt>() == whole;
        let number = u32::try_from(draws.number.0).ok().filter(|&d| d > 0)?;
        let most = counts.iter().max()?.checked_add(draws.number.0);
        if !is_law || parts.len() != counts.len() || most.is_none() {
            return None;
        }
        // binomial(d + k - 1, k - 1) outcomes over k patterns, with the digits of d draws.
        let patterns = parts.iter().filter(|n| **n != BigInt::ZERO).count();
        let more = |ways: u128, i: usize| {
            let ways = ways.checked_mul(u128::from(number) + i as u128)? / i as u128;
            (ways <= limit as u128).then_some(ways)
        };
        let ways = (1..patterns).try_fold(1, more)?;
        let words = 1 + u128::from(whole.bits()) * u128::from(number) / 64;
        let cost = ways.checked_mul(words.checked_mul(words)?)?;
        if cost.to_usize()?.checked_add(images.len())? > limit {
            return None;
        }
        let from = images.len();
        let unit = Q::from(&atom.probability) / pow(whole, number as usize);
        spread(&parts, number, BigInt::one(), &mut |drawn, weight| {
            let counts = counts.iter().zip(drawn).map(|(c, &d)| c + u64::from(d));
            images.push(((atom.label, counts.collect()), share(&unit, weight)));
        });
        images[from..].reverse();
    }
    (images.len() <= limit).then_some(images)
}
