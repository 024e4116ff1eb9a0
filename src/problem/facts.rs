//! Facts of a distribution of images, without enumerating the atoms of the generative form.

mod counts;
mod difference;

pub use counts::CountWeights;
pub use difference::{BackgroundDifference, BackgroundEvent, Unequal};

use super::{Atom, AtomTable, Distribution, Draw, Generative, Label, SparseImage};
use crate::number::{Q, Scaled, spread};
use num_bigint::BigInt;
use num_traits::{One, Pow, ToPrimitive, Zero};
use std::collections::BTreeSet;
use std::iter::Sum;
use thiserror::Error;

/// Why the images have no unique key: an atom that shows it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the atom with label {} and counts {} (probability {}) {fault}", .atom.label.symbol(), list(&.atom.counts), .atom.probability)]
pub struct NoUniqueKey {
    /// The atom.
    pub atom: Atom,
    /// What is wrong with it.
    pub fault: KeyFault,
}

/// What is wrong with the keys of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyFault {
    /// It lacks its own key.
    #[error("does not contain v{}", .0.symbol())]
    Missing(Label),
    /// It holds the key of the other label, this one.
    #[error("contains v{}", .0.symbol())]
    Other(Label),
    /// There are no keys.
    #[error("holds no key, since the dictionary has none")]
    NoKeys,
    /// It holds its key, and another image holds its own, so many times.
    #[error("contains v{} {} times, another atom contains v{} {} times", .0[0].0.symbol(), .0[0].1, .0[1].0.symbol(), .0[1].1)]
    Uneven([(Label, u32); 2]),
}

fn list(counts: &[u32]) -> String {
    let parts: Vec<String> = counts.iter().map(u32::to_string).collect();
    format!("({})", parts.join(", "))
}

/// The background patches of the images of one label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backgrounds {
    /// The fewest background patches of an image.
    pub fewest: u32,
    /// The most background patches of an image.
    pub most: u32,
    /// The background patterns (0..K) that occur, ascending.
    pub patterns: Vec<usize>,
}

impl Generative {
    /// The background patterns (0..K) that occur in images of a label: none if no patch is drawn.
    pub fn occurring(&self, label: Label) -> Vec<usize> {
        match self.background_patches() {
            0 => Vec::new(),
            _ => self.support(label),
        }
    }

    fn extreme_images(&self) -> Vec<SparseImage> {
        let mut images = Vec::new();
        for label in Label::BOTH {
            if self.prior()[label.index()].is_zero() {
                continue;
            }
            let key = (label.index(), self.key_patches());
            let draws = self.background_patches();
            let mut counts: Vec<_> = self
                .occurring(label)
                .into_iter()
                .map(|k| vec![key, (k + 2, draws)])
                .collect();
            if counts.is_empty() {
                counts.push(vec![key]);
            }
            images.extend(
                counts
                    .into_iter()
                    .map(|counts| SparseImage { label, counts }),
            );
        }
        images
    }

    /// The least (or the largest) probability of an atom with at most one background pattern; `None`
    /// where it may have more than `max_bits` bits.
    fn pure_atom(&self, least: bool, max_bits: u64) -> Option<Q> {
        let draws = self.background_patches();
        let mut found: Option<Q> = None;
        for label in Label::BOTH {
            let prior = &self.prior()[label.index()];
            if prior.is_zero() {
                continue;
            }
            let occurring = self.occurring(label).into_iter();
            let law = occurring.map(|k| &self.background(label)[k]);
            let q = if least { law.min() } else { law.max() };
            let atom = match q {
                None => prior.clone(),
                Some(q) if q.denom().bits().checked_mul(draws.into())? > max_bits => return None,
                Some(q) => prior * Pow::pow(q, draws),
            };
            if found.as_ref().is_none_or(|f| (atom < *f) == least) {
                found = Some(atom);
            }
        }
        found
    }
}

impl AtomTable {
    /// What is wrong with the keys of one atom, by itself.
    fn key_fault(&self, atom: &Atom) -> Option<KeyFault> {
        let (label, other) = (atom.label, atom.label.opposite());
        if !self.has_keys() {
            Some(KeyFault::NoKeys)
        } else if atom.counts[label.index()] == 0 {
            Some(KeyFault::Missing(label))
        } else if atom.counts[other.index()] > 0 {
            Some(KeyFault::Other(other))
        } else {
            None
        }
    }
}

impl Distribution {
    /// The generative form, for what has an algorithm of its own for it.
    pub fn as_generative(&self) -> Option<&Generative> {
        match self {
            Distribution::Generative(g) => Some(g),
            Distribution::Explicit(_) => None,
        }
    }

    /// The number r >= 1 of key patches of every image, if all images hold their own key equally
    /// often, whatever their label, and never the other one.
    ///
    /// # Errors
    /// [`NoUniqueKey`]: the first atom that shows it.
    ///
    /// # Cost
    /// Explicit atoms are looked at once.
    pub fn unique_key(&self) -> Result<u32, NoUniqueKey> {
        let counts = self.own_keys(|_| 0)?;
        // Probabilities sum to 1, so there is an atom.
        Ok(counts[0].unwrap_or(0))
    }

    /// The numbers `[r_+, r_-]` of key patches, each at least 1, if all images of one label hold their own key
    /// equally often, and never the other one; 0 for a label of probability 0.
    ///
    /// # Errors
    /// [`NoUniqueKey`]: the first atom that shows it.
    ///
    /// # Cost
    /// Explicit atoms are looked at once.
    pub fn key_counts(&self) -> Result<[u32; 2], NoUniqueKey> {
        let counts = self.own_keys(Label::index)?;
        Ok(counts.map(|count| count.unwrap_or(0)))
    }

    /// How often images hold their own key, where all of one class do equally often.
    fn own_keys(&self, class: fn(Label) -> usize) -> Result<[Option<u32>; 2], NoUniqueKey> {
        let mut common: [Option<(Label, u32)>; 2] = [None; 2];
        let table = match self {
            Distribution::Generative(g) => {
                for y in Label::BOTH {
                    if !g.prior()[y.index()].is_zero() {
                        common[class(y)] = Some((y, g.key_patches()));
                    }
                }
                return Ok(common.map(|found| found.map(|(_, r)| r)));
            }
            Distribution::Explicit(table) => table,
        };
        for atom in table.atoms() {
            let fault = table.key_fault(atom).or_else(|| {
                let own = (atom.label, atom.counts[atom.label.index()]);
                let first = *common[class(atom.label)].get_or_insert(own);
                (own.1 != first.1).then_some(KeyFault::Uneven([own, first]))
            });
            if let Some(fault) = fault {
                let atom = atom.clone();
                return Err(NoUniqueKey { atom, fault });
            }
        }
        Ok(common.map(|found| found.map(|(_, r)| r)))
    }

    /// [`Distribution::unique_key`], where there is one.
    pub fn key_count(&self) -> Option<u32> {
        self.unique_key().ok()
    }

    /// The numbers `[r_+, r_-]` of key patches, each at least 1, if all images of one label hold their own key equally
    /// often, whether or not some hold the other one too; 0 for a label of probability 0: r of a statement that is read
    /// where A2 fails. `None` without keys.
    ///
    /// # Cost
    /// Explicit atoms are looked at once.
    pub fn own_key_counts(&self) -> Option<[u32; 2]> {
        let Distribution::Explicit(table) = self else {
            return self.key_counts().ok();
        };
        let mut counts = table.has_keys().then_some([0; 2])?;
        for atom in table.atoms() {
            let (own, known) = (
                atom.counts[atom.label.index()],
                &mut counts[atom.label.index()],
            );
            if own == 0 || *known != 0 && *known != own {
                return None;
            }
            *known = own;
        }
        Some(counts)
    }

    /// The number r of [`Distribution::own_key_counts`], where it is the same for both labels.
    pub fn own_key_count(&self) -> Option<u32> {
        let [plus, minus] = self.own_key_counts()?;
        match (plus, minus) {
            (r, 0) | (0, r) => Some(r),
            (r, s) => (r == s).then_some(r),
        }
    }

    /// [`Distribution::unique_key`] without the same count for all images, as a witness: an image without its own key, or
    /// with the other one.
    ///
    /// # Cost
    /// Explicit atoms are looked at once.
    pub fn missing_key(&self) -> Option<NoUniqueKey> {
        let Distribution::Explicit(table) = self else {
            return None;
        };
        table.atoms().iter().find_map(|atom| {
            let fault = table.key_fault(atom)?;
            let atom = atom.clone();
            Some(NoUniqueKey { atom, fault })
        })
    }

    /// The least number of times an image holds its own key, if that is at least 1 and no image holds
    /// the other one.
    ///
    /// # Cost
    /// Explicit atoms are looked at once.
    pub fn least_key_count(&self) -> Option<u32> {
        let table = match self {
            Distribution::Generative(g) => return Some(g.key_patches()),
            Distribution::Explicit(table) => table,
        };
        if self.missing_key().is_some() {
            return None;
        }
        let own = |atom: &Atom| atom.counts[atom.label.index()];
        table.atoms().iter().map(own).min()
    }

    /// The images of positive probability among which a sum over the patterns of functions that are
    /// convex in the count, and 0 at 0, is largest, whatever the functions: of the generative form
    /// those with one background pattern at most, all atoms of a table.
    ///
    /// A linear sum is also least at one of them.
    ///
    /// # Cost
    /// Two entries a label and background pattern; the counts of a table.
    pub fn extreme_images(&self) -> Box<dyn Iterator<Item = SparseImage> + '_> {
        match self {
            Distribution::Generative(g) => Box::new(g.extreme_images().into_iter()),
            Distribution::Explicit(table) => Box::new(table.atoms().iter().map(SparseImage::from)),
        }
    }

    /// The largest sum over the patterns p present of `term(y, p, N_p)` over the images of positive
    /// probability, for terms that are convex in the count and would be 0 at 0.
    ///
    /// # Cost
    /// One term for each entry of [`Distribution::extreme_images`].
    pub fn largest_sum<T>(&self, term: impl Fn(Label, usize, u32) -> T) -> T
    where
        T: Ord + Sum + Zero,
    {
        let sum = |image: SparseImage| -> T {
            let counts = image.counts.iter();
            counts.map(|&(p, n)| term(image.label, p, n)).sum()
        };
        self.extreme_images().map(sum).max().unwrap_or_else(T::zero)
    }

    /// What the background of a label's images is made of; `None` if the label has probability 0.
    pub fn backgrounds(&self, label: Label) -> Option<Backgrounds> {
        let table = match self {
            Distribution::Generative(g) => {
                return (!g.prior()[label.index()].is_zero()).then(|| Backgrounds {
                    fewest: g.background_patches(),
                    most: g.background_patches(),
                    patterns: g.occurring(label),
                });
            }
            Distribution::Explicit(table) => table,
        };
        let atoms = || table.atoms().iter().filter(|atom| atom.label == label);
        let patches = || atoms().map(|atom| atom.counts[2..].iter().sum());
        Some(Backgrounds {
            fewest: patches().min()?,
            most: patches().max()?,
            patterns: (0..table.n_patterns() - 2)
                .filter(|k| atoms().any(|atom| atom.counts[k + 2] > 0))
                .collect(),
        })
    }

    /// One image for each label and set of patterns that may be present together, each pattern of the
    /// set counted once; `None` for the generative form with more than `most` background patterns.
    ///
    /// # Cost
    /// At most `2^most` images a label; one an atom of a table.
    pub fn present_sets(&self, most: usize) -> Option<Vec<Draw>> {
        let mut sets = BTreeSet::new();
        match self {
            Distribution::Explicit(table) => {
                for atom in table.atoms() {
                    let once = atom.counts.iter().map(|&c| c.min(1)).collect();
                    sets.insert((atom.label, once));
                }
            }
            Distribution::Generative(g) => {
                for label in Label::BOTH {
                    if g.prior()[label.index()].is_zero() {
                        continue;
                    }
                    let occurring = g.occurring(label);
                    if occurring.len() > most {
                        return None;
                    }
                    let mut counts = vec![0u32; self.n_patterns()];
                    counts[label.index()] = 1;
                    // Some pattern is present, if there is any.
                    let first = u64::from(!occurring.is_empty());
                    for mask in first..1 << occurring.len() {
                        if mask.count_ones() <= g.background_patches() {
                            for (bit, &k) in occurring.iter().enumerate() {
                                counts[k + 2] = u32::from(mask >> bit & 1 == 1);
                            }
                            sets.insert((label, counts.clone()));
                        }
                    }
                }
            }
        }
        let images = sets.into_iter();
        Some(
            images
                .map(|(label, counts)| Draw::new(label, counts))
                .collect(),
        )
    }

    /// The least probability of an atom; `None` where it has, or may have, more than `max_bits` bits.
    ///
    /// In generative form an atom with counts N has probability `pi_y (m - r)! / (prod N_k!) prod
    /// q_k^N_k`. The coefficient is at least 1, and 1 where one pattern takes all m - r patches; each
    /// factor is at least the least positive q. So the least atom is `pi_y q_min^(m-r)`.
    pub fn least_atom(&self, max_bits: u64) -> Option<Q> {
        match self {
            Distribution::Generative(g) => g.pure_atom(true, max_bits),
            Distribution::Explicit(table) => {
                let least = table.atoms().iter().map(|a| &a.probability).min()?;
                (least.denom().bits() <= max_bits).then(|| least.clone())
            }
        }
    }

    /// The largest probability of an atom; in generative form with more than `most` atoms the largest
    /// of those with one background pattern, where it has at most `max_bits` bits.
    pub fn largest_atom(&self, most: u32, max_bits: u64) -> Option<Q> {
        if let Distribution::Generative(g) = self
            && self.n_atoms() > most.into()
        {
            return g.pure_atom(false, max_bits);
        }
        let table = self.atoms().ok()?;
        table.atoms().iter().map(|a| &a.probability).max().cloned()
    }

    /// `P(label y, N_p > 0)`.
    pub fn occurrence(&self, label: Label, p: usize) -> Q {
        match self {
            Distribution::Generative(g) => {
                let prior = &g.prior()[label.index()];
                match p.checked_sub(2) {
                    None if p == label.index() => prior.clone(),
                    None => Q::zero(),
                    Some(k) => {
                        let misses = Q::one() - &g.background(label)[k];
                        prior * (Q::one() - Pow::pow(misses, g.background_patches()))
                    }
                }
            }
            Distribution::Explicit(table) => {
                let atoms = table.atoms().iter();
                atoms
                    .filter(|a| a.label == label && a.counts[p] > 0)
                    .fold(Q::zero(), |sum, a| sum + &a.probability)
            }
        }
    }

    /// Visits all atoms in one reused [`Draw`], with integer weights in proportion to their
    /// probabilities; gives the sum of the weights. `None`, perhaps after some visits, if a weight or
    /// the sum has more than 60 bits.
    ///
    /// # Cost
    /// P operations an atom; nothing is kept.
    pub fn for_each_atom(&self, mut visit: impl FnMut(&Draw, i128)) -> Option<i128> {
        let fits = |d: &BigInt| (d.bits() <= 60).then(|| d.to_i128()).flatten();
        let fit = |scaled: Scaled| {
            scaled
                .numerators
                .iter()
                .map(fits)
                .collect::<Option<Vec<_>>>()
        };
        match self {
            Distribution::Explicit(table) => {
                let atoms = table.atoms();
                let scaled = table.weights();
                let total = fits(&scaled.denominator)?;
                for (atom, weight) in atoms.iter().zip(fit(scaled)?) {
                    visit(&Draw::new(atom.label, atom.counts.clone()), weight);
                }
                Some(total)
            }
            Distribution::Generative(g) => {
                let draws = g.background_patches();
                let prior = Scaled::new(g.prior());
                let all = Label::BOTH.into_iter().flat_map(|y| g.background(y));
                let side = Scaled::new(all).denominator;
                let total = fits(&(&prior.denominator * Pow::pow(&side, draws)))?;
                for (label, start) in Label::BOTH.into_iter().zip(fit(prior)?) {
                    if start == 0 {
                        continue;
                    }
                    let support = g.support(label);
                    let laws = support.iter().map(|&k| &g.background(label)[k]);
                    let parts = fit(Scaled::over(side.clone(), laws))?;
                    let mut draw = Draw::new(label, vec![0; self.n_patterns()]);
                    draw.counts[label.index()] = g.key_patches();
                    spread(&parts, draws, start, &mut |counts, weight| {
                        for (&k, &count) in support.iter().zip(counts) {
                            draw.counts[k + 2] = count;
                        }
                        draw.find_present();
                        visit(&draw, weight);
                    });
                }
                Some(total)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{integer, ratio};
    use num_bigint::BigUint;
    use proptest::prelude::*;

    /// Shares of the whole, from whole numbers that are not all 0.
    fn shares(parts: &[u32]) -> Vec<Q> {
        let all: u32 = parts.iter().sum();
        parts.iter().map(|&x| ratio(x.into(), all.into())).collect()
    }

    fn weights(n: usize) -> impl Strategy<Value = Vec<u32>> {
        prop::collection::vec(0u32..4, n).prop_filter("not all 0", |w| w.iter().any(|&x| x > 0))
    }

    fn generative() -> impl Strategy<Value = Distribution> {
        (0usize..5, 1u32..4, 0u32..5).prop_flat_map(|(k, r, draws)| {
            let sides = if k == 0 {
                Just([Vec::new(), Vec::new()]).boxed()
            } else {
                prop::array::uniform2(weights(k)).boxed()
            };
            (weights(2), sides).prop_map(move |(prior, sides)| {
                let prior = <[Q; 2]>::try_from(shares(&prior)).unwrap();
                let m = if k == 0 { r } else { r + draws };
                let sides = sides.map(|side| shares(&side));
                Distribution::Generative(Generative::new(prior, m, r, sides).unwrap())
            })
        })
    }

    /// The largest sum by going through all atoms.
    fn by_atoms(d: &Distribution, term: impl Fn(Label, usize, u32) -> i64) -> i64 {
        let table = d.atoms().unwrap();
        let sum = |a: &Atom| {
            let counts = a.counts.iter().enumerate().filter(|(_, n)| **n > 0);
            counts.map(|(p, &n)| term(a.label, p, n)).sum()
        };
        table.atoms().iter().map(sum).max().unwrap()
    }

    /// Counts of pattern p under a label, with their probabilities.
    fn law_of(d: &Distribution, y: Label, p: usize) -> Vec<(u32, Q)> {
        let law = d.count_weights(p);
        let share = |w: &BigUint| Q::new(w.clone().into(), law.denominator.clone().into());
        let weights = law.weights[y.index()].iter();
        weights.map(|(n, w)| (*n, share(w))).collect()
    }

    proptest! {
        /// What is said of the generative form is what its own atoms say.
        #[test]
        fn facts_are_those_of_the_atoms(d in generative(), f in prop::collection::vec(-9i64..9, 8)) {
            let table = d.atoms().unwrap();
            let listed = Distribution::Explicit(table.clone());
            prop_assert_eq!(d.key_count(), listed.key_count());
            prop_assert_eq!(d.own_key_count(), d.key_count());
            prop_assert_eq!(listed.own_key_count(), d.key_count());
            prop_assert_eq!(d.least_key_count(), listed.least_key_count());
            let linear = |y: Label, p: usize, n: u32| y.sign() * f[p] * i64::from(n);
            let square = |_: Label, p: usize, n: u32| f[p].abs() * i64::from(n * n);
            prop_assert_eq!(d.largest_sum(linear), by_atoms(&d, linear));
            prop_assert_eq!(d.largest_sum(square), by_atoms(&d, square));
            prop_assert_eq!(listed.largest_sum(square), by_atoms(&d, square));
            prop_assert_eq!(d.least_atom(1_000), listed.least_atom(1_000));
            prop_assert_eq!(d.largest_atom(1_000, 9), listed.largest_atom(1_000, 9));
            prop_assert!(d.largest_atom(0, 1_000) <= d.largest_atom(1_000, 1_000));
            let sets = d.present_sets(5);
            prop_assert!(sets.is_some());
            prop_assert_eq!(sets, listed.present_sets(0));
            for y in Label::BOTH {
                prop_assert_eq!(d.backgrounds(y), listed.backgrounds(y));
                for p in 0..d.n_patterns() {
                    let [law, same] = [&d, &listed].map(|d| law_of(d, y, p));
                    prop_assert_eq!(&law, &same);
                    let above = law.iter().filter(|(n, _)| *n > 0).map(|(_, q)| q);
                    prop_assert_eq!(d.occurrence(y, p), above.sum::<Q>());
                    prop_assert_eq!(d.occurrence(y, p), listed.occurrence(y, p));
                }
            }
            if Label::BOTH.iter().all(|&y| !d.label_probability(y).is_zero()) {
                let [one, other] = [&d, &listed].map(Distribution::background_difference);
                prop_assert_eq!(one.distance, other.distance);
                prop_assert_eq!(one.witness.is_some(), other.witness.is_some());
            }
        }

        /// The atoms that are visited are those of the table, in proportion.
        #[test]
        fn visited_atoms_are_those_of_the_table(d in generative()) {
            let table = d.atoms().unwrap();
            for d in [&d, &Distribution::Explicit(table.clone())] {
                let mut seen = Vec::new();
                let total = d.for_each_atom(|draw, weight| seen.push((draw.clone(), weight)));
                let total = integer(total.unwrap());
                seen.sort_by(|(a, _), (b, _)| (a.label, &a.counts).cmp(&(b.label, &b.counts)));
                prop_assert_eq!(seen.len(), table.atoms().len());
                for ((draw, weight), atom) in seen.iter().zip(table.atoms()) {
                    prop_assert_eq!(draw, &Draw::new(atom.label, atom.counts.clone()));
                    prop_assert_eq!(integer(*weight) / &total, atom.probability.clone());
                }
            }
        }
    }

    #[test]
    fn weights_that_are_too_long_are_refused() {
        let half = || vec![ratio(1, 2), ratio(1, 2)];
        let prior = [ratio(1, 1), ratio(0, 1)];
        let g = Generative::new(prior, 70, 1, [half(), half()]).unwrap();
        let d = Distribution::Generative(g);
        assert_eq!(d.for_each_atom(|_, _| ()), None);
        assert_eq!(d.least_atom(69), None);
        assert!(d.least_atom(2 * 69).is_some());
        assert!(d.present_sets(1).is_none());
    }
}
