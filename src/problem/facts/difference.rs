//! How far the laws of the background counts given one label and the other are apart.

use super::super::{AtomTable, Distribution, Generative, Label};
use super::list;
use crate::number::{Q, Scaled, ratio, spread};
use num_bigint::{BigInt, BigUint};
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::collections::BTreeMap;
use std::fmt;

/// How the laws of the background counts given label `+` and given label `-` differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackgroundDifference {
    /// Their total variation distance; `None` if it takes too long.
    pub distance: Option<Q>,
    /// Where they differ, if they do.
    pub witness: Option<Unequal>,
}

/// Something that has different probabilities given the two labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unequal {
    /// What it is.
    pub what: BackgroundEvent,
    /// Its probabilities given `+` and given `-`.
    pub given: [Q; 2],
}

/// What may be seen of the background patches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackgroundEvent {
    /// A background patch is this background pattern, 0..K.
    Pattern(usize),
    /// These are the background counts, length K.
    Counts(Vec<u32>),
}

impl fmt::Display for Unequal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            BackgroundEvent::Pattern(k) => write!(f, "a background patch is u{} with", k + 1)?,
            BackgroundEvent::Counts(counts) => {
                write!(f, "background counts {} have", list(counts))?;
            }
        }
        let [plus, minus] = &self.given;
        write!(f, " probability {plus} given + and {minus} given -")
    }
}

impl Distribution {
    /// How the background laws given the two labels differ. Both labels must have positive probability.
    ///
    /// # Cost
    /// Explicit atoms are read once. Of the generative form no atom is enumerated: one term for each
    /// way to spread the background patches over the groups of patterns with equal likelihood ratio.
    pub fn background_difference(&self) -> BackgroundDifference {
        match self {
            Distribution::Generative(g) => of_generative(g),
            Distribution::Explicit(table) => of_table(table),
        }
    }
}

/// The counts on which the laws differ most are the witness.
fn of_table(table: &AtomTable) -> BackgroundDifference {
    let mut mass = [Q::zero(), Q::zero()];
    let mut law: BTreeMap<&[u32], [Q; 2]> = BTreeMap::new();
    for atom in table.atoms() {
        let y = atom.label.index();
        mass[y] += &atom.probability;
        law.entry(&atom.counts[2..])
            .or_insert_with(|| [Q::zero(), Q::zero()])[y] += &atom.probability;
    }
    let mut distance = Q::zero();
    let mut worst = Q::zero();
    let mut witness = None;
    for (counts, [plus, minus]) in law {
        let given = [plus / &mass[0], minus / &mass[1]];
        let difference = (&given[0] - &given[1]).abs();
        distance += &difference;
        if difference > worst {
            worst = difference;
            let what = BackgroundEvent::Counts(counts.to_vec());
            witness = Some(Unequal { what, given });
        }
    }
    BackgroundDifference {
        distance: Some(distance * ratio(1, 2)),
        witness,
    }
}

fn of_generative(g: &Generative) -> BackgroundDifference {
    let [plus, minus] = Label::BOTH.map(|y| g.background(y));
    let draws = g.background_patches();
    match (0..plus.len()).find(|&k| plus[k] != minus[k]) {
        Some(k) if draws > 0 => BackgroundDifference {
            distance: multinomial_distance(plus, minus, draws),
            witness: Some(Unequal {
                what: BackgroundEvent::Pattern(k),
                given: [plus, minus].map(|q| q[k].clone()),
            }),
        },
        _ => BackgroundDifference {
            distance: Some(Q::zero()),
            witness: None,
        },
    }
}

/// Largest estimated work of the exact distance of two multinomial laws, in operations on machine words.
const MAX_DISTANCE_WORK: u64 = 100_000_000;

/// Total variation distance between the laws of the counts of `draws >= 1` independent draws from
/// `plus` and from `minus`; `None` if it would take too long.
///
/// `TV = 1/2 sum over counts of |P_+ - P_-|`. Patterns with the same ratio `q_+ : q_-` are one
/// group: the likelihood ratio depends on the groups' counts alone, so they are sufficient and the
/// distance of their laws is the same.
///
/// # Cost
/// `C(draws + g - 1, g - 1)` terms for g groups, each of a few products of integers with
/// `draws * log2(denominators)` bits.
fn multinomial_distance(plus: &[Q], minus: &[Q], draws: u32) -> Option<Q> {
    let mut by_ratio: BTreeMap<Q, [Q; 2]> = BTreeMap::new();
    for (p, m) in plus.iter().zip(minus) {
        let both = p + m;
        if both.is_zero() {
            continue;
        }
        let group = by_ratio
            .entry(p / both)
            .or_insert_with(|| [Q::zero(), Q::zero()]);
        group[0] += p;
        group[1] += m;
    }
    let groups: Vec<[Q; 2]> = by_ratio.into_values().collect();
    if draws == 1 {
        let sum = groups.iter().fold(Q::zero(), |s, [p, m]| s + (p - m).abs());
        return Some(sum * ratio(1, 2));
    }
    let scaled = [0, 1].map(|y| Scaled::new(groups.iter().map(|g| &g[y])));
    let bits: u64 = scaled.iter().map(|s| s.denominator.bits()).sum();
    let words = 1 + u64::from(draws) * bits / 64;
    let mut terms = BigUint::one();
    for i in 1..groups.len() as u64 {
        terms = terms * (u64::from(draws) + i) / i;
        if terms > BigUint::from(MAX_DISTANCE_WORK) {
            return None;
        }
    }
    let work = terms.to_u64()?.checked_mul(words)?;
    if work.checked_mul(groups.len() as u64)? > MAX_DISTANCE_WORK {
        return None;
    }
    let scale = [0, 1].map(|y| scaled[y].denominator.pow(draws));
    // Both laws over the one denominator scale[0] * scale[1].
    let start = [scale[1].clone(), scale[0].clone()];
    let [plus, minus] = scaled.map(|s| s.numerators);
    let parts: Vec<[BigInt; 2]> = plus.into_iter().zip(minus).map(<[_; 2]>::from).collect();
    let mut sum = BigInt::zero();
    spread(&parts, draws, start, &mut |_, [plus, minus]| {
        sum += (plus - minus).abs();
    });
    Some(Q::new(sum, &scale[0] * &scale[1] * 2))
}
