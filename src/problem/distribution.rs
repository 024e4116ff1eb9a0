//! Distributions of labelled images: generative, or atom by atom.

use super::{DomainError, Label};
use crate::number::{Matrix, Q, Scaled, integer, spread};
use num_bigint::BigUint;
use num_traits::{One, Signed, Zero};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use thiserror::Error;

/// Most atoms that are ever enumerated.
pub const MAX_ATOMS: usize = 2_000_000;

/// Most entries (atoms times patterns) of an enumerated table.
pub const MAX_ATOM_CELLS: usize = 60_000_000;

/// Most work on the probabilities of an enumerated table: atoms times the square of the words of
/// 64 bits in a probability, which is what reducing the fractions costs.
pub const MAX_ATOM_WORK: u64 = 1 << 28;

/// An image as the theory sees it: a label, how often each pattern occurs, and its probability.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Atom {
    /// The label y.
    pub label: Label,
    /// Counts N, one a pattern, in dictionary order.
    pub counts: Vec<u32>,
    /// Probability, greater than 0.
    pub probability: Q,
}

/// A finite distribution, atom by atom: distinct atoms of positive probability that sum to 1,
/// label `+` first, then by counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtomTable {
    n_patterns: usize,
    atoms: Vec<Atom>,
    /// Are the first two patterns keys?
    has_keys: bool,
}

/// The table of atoms is too large to be enumerated.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{atoms} atoms of {n_patterns} counts with probabilities of up to {bits} bits; at most {MAX_ATOMS} atoms and {MAX_ATOM_CELLS} counts are enumerated, and only while atoms times (bits/64)^2 is at most {MAX_ATOM_WORK}"
)]
pub struct TooManyAtoms {
    /// Number of atoms of the distribution.
    pub atoms: BigUint,
    /// Number of patterns.
    pub n_patterns: usize,
    /// Bound on the bits of a probability's denominator.
    pub bits: u64,
}

impl TooManyAtoms {
    /// Are the atoms few enough, so that only the length of their probabilities is in the way?
    pub fn is_about_length(&self) -> bool {
        self.atoms <= BigUint::from(MAX_ATOMS)
            && &self.atoms * BigUint::from(self.n_patterns) <= BigUint::from(MAX_ATOM_CELLS)
    }

    fn fits(&self) -> bool {
        let words = BigUint::from(self.bits.div_ceil(64).max(1));
        self.is_about_length() && &self.atoms * &words * &words <= BigUint::from(MAX_ATOM_WORK)
    }
}

impl AtomTable {
    /// Largest count that is accepted.
    pub const MAX_COUNT: u32 = 1_000_000_000;

    /// Drops atoms of probability 0, adds equal atoms, sorts.
    ///
    /// # Errors
    /// If a probability is negative, their sum is not exactly 1, or lengths or counts are outside
    /// their domain.
    pub fn new(n_patterns: usize, atoms: Vec<Atom>) -> Result<Self, DomainError> {
        let mut total = Q::zero();
        let mut merged: BTreeMap<(Label, Vec<u32>), Q> = BTreeMap::new();
        for (i, atom) in atoms.into_iter().enumerate() {
            if atom.probability.is_negative() {
                return Err(DomainError::new(
                    format!("distribution.atoms[{i}].probability"),
                    atom.probability.to_string(),
                    "a rational number of at least 0",
                ));
            }
            if atom.counts.len() != n_patterns {
                return Err(DomainError::new(
                    format!("distribution.atoms[{i}].counts"),
                    format!("{} counts", atom.counts.len()),
                    format!("{n_patterns}, one a pattern"),
                ));
            }
            let mut patches = 0u64;
            for &count in &atom.counts {
                patches += u64::from(count);
            }
            if patches > u64::from(Self::MAX_COUNT) {
                return Err(DomainError::new(
                    format!("distribution.atoms[{i}].counts"),
                    format!("{patches} patches"),
                    format!("at most {}", Self::MAX_COUNT),
                ));
            }
            total += &atom.probability;
            if atom.probability.is_positive() {
                *merged
                    .entry((atom.label, atom.counts))
                    .or_insert_with(Q::zero) += atom.probability;
            }
        }
        if !total.is_one() {
            return Err(DomainError::new(
                "distribution.atoms",
                format!("probabilities with sum {total}"),
                "sum exactly 1",
            ));
        }
        Ok(AtomTable {
            n_patterns,
            has_keys: true,
            atoms: merged
                .into_iter()
                .map(|((label, counts), probability)| Atom {
                    label,
                    counts,
                    probability,
                })
                .collect(),
        })
    }

    /// The atoms.
    pub fn atoms(&self) -> &[Atom] {
        &self.atoms
    }

    /// The probabilities over their least common denominator, in the order of the atoms.
    ///
    /// # Cost
    /// One gcd and one division an atom.
    pub fn weights(&self) -> Scaled {
        Scaled::new(self.atoms.iter().map(|atom| &atom.probability))
    }

    /// Number of patterns.
    pub fn n_patterns(&self) -> usize {
        self.n_patterns
    }

    /// Are the first two patterns keys?
    pub fn has_keys(&self) -> bool {
        self.has_keys
    }
}

/// The generative form: a label from the prior; `key_patches` patches are its key pattern, the
/// others independent draws from the background.
#[derive(Debug, Clone)]
pub struct Generative {
    prior: [Q; 2],
    patches: u32,
    key_patches: u32,
    background: [Vec<Q>; 2],
    table: OnceLock<Arc<AtomTable>>,
}

impl PartialEq for Generative {
    fn eq(&self, other: &Self) -> bool {
        self.prior == other.prior
            && self.patches == other.patches
            && self.key_patches == other.key_patches
            && self.background == other.background
    }
}

impl Generative {
    /// A distribution from its parts; pairs are in the order `+`, `-`.
    ///
    /// # Errors
    /// If a probability is negative, a sum is not exactly 1, or `1 <= key_patches <= patches` fails,
    /// or the two backgrounds have different lengths. With no background pattern all patches must be
    /// key patches.
    pub fn new(
        prior: [Q; 2],
        patches: u32,
        key_patches: u32,
        background: [Vec<Q>; 2],
    ) -> Result<Self, DomainError> {
        check_probabilities("distribution.prior", &prior)?;
        if patches > AtomTable::MAX_COUNT {
            return Err(DomainError::new(
                "distribution.patches",
                patches.to_string(),
                format!("at most {}", AtomTable::MAX_COUNT),
            ));
        }
        if key_patches == 0 || key_patches > patches {
            return Err(DomainError::new(
                "distribution.key_patches",
                key_patches.to_string(),
                format!("an integer from 1 to patches = {patches}"),
            ));
        }
        if background[0].len() != background[1].len() {
            return Err(DomainError::new(
                "distribution.background",
                format!(
                    "{} and {} entries",
                    background[0].len(),
                    background[1].len()
                ),
                "as many for label + as for label -",
            ));
        }
        if background[0].is_empty() {
            if key_patches != patches {
                return Err(DomainError::new(
                    "distribution.key_patches",
                    key_patches.to_string(),
                    format!("patches = {patches}, since there is no background pattern"),
                ));
            }
        } else {
            for side in &background {
                check_probabilities("distribution.background", side)?;
            }
        }
        Ok(Generative {
            prior,
            patches,
            key_patches,
            background,
            table: OnceLock::new(),
        })
    }

    /// Probabilities of `+` and `-`.
    pub fn prior(&self) -> &[Q; 2] {
        &self.prior
    }

    /// Patches an image, m.
    pub fn patches(&self) -> u32 {
        self.patches
    }

    /// Key patches an image, r.
    pub fn key_patches(&self) -> u32 {
        self.key_patches
    }

    /// Background patches an image, m - r.
    pub fn background_patches(&self) -> u32 {
        self.patches - self.key_patches
    }

    /// Background probabilities of a label, length K.
    pub fn background(&self, label: Label) -> &[Q] {
        &self.background[label.index()]
    }

    /// Number of atoms with this label (0 if the label has probability 0): the ways to spread the
    /// background patches over the background patterns of positive probability.
    pub fn n_atoms_of(&self, label: Label) -> BigUint {
        if self.prior[label.index()].is_zero() {
            return BigUint::zero();
        }
        let support = self.support(label).len() as u64;
        let draws = u64::from(self.background_patches());
        if draws == 0 {
            return BigUint::one();
        }
        binomial_capped(draws + support - 1, draws.min(support - 1))
    }

    /// Indices of the background patterns (0..K) of positive probability under a label.
    pub fn support(&self, label: Label) -> Vec<usize> {
        self.background[label.index()]
            .iter()
            .enumerate()
            .filter(|(_, q)| q.is_positive())
            .map(|(k, _)| k)
            .collect()
    }

    /// The background probabilities of these patterns under a label, over their common denominator.
    fn scaled(&self, label: Label, support: &[usize]) -> Scaled {
        Scaled::new(support.iter().map(|&k| &self.background[label.index()][k]))
    }

    /// Bound on the bits of the denominator of an atom's probability.
    fn probability_bits(&self) -> u64 {
        let bits = |label: Label| {
            let prior = &self.prior[label.index()];
            if prior.is_zero() {
                return 0;
            }
            let base = self.scaled(label, &self.support(label)).denominator;
            // D^draws <= 2^(draws ceil(log2 D)), and D - 1 has ceil(log2 D) bits.
            let log = (base - 1u32).bits();
            let background = log.saturating_mul(self.background_patches().into());
            background.saturating_add(prior.denom().bits())
        };
        bits(Label::Plus).max(bits(Label::Minus))
    }

    fn enumerate(&self) -> AtomTable {
        let n_patterns = self.background[0].len() + 2;
        let draws = self.background_patches();
        let mut atoms = Vec::new();
        for label in Label::BOTH {
            let prior = &self.prior[label.index()];
            if prior.is_zero() {
                continue;
            }
            // With q_k = n_k / D an atom has probability prior * multinomial * product n_k^c / D^draws:
            // integers over one denominator, reduced once.
            let support = self.support(label);
            let parts = self.scaled(label, &support);
            let denominator = prior.denom() * parts.denominator.pow(draws);
            let mut counts = vec![0u32; n_patterns];
            counts[label.index()] = self.key_patches;
            let start = prior.numer().clone();
            spread(&parts.numerators, draws, start, &mut |drawn, numerator| {
                for (&k, &count) in support.iter().zip(drawn) {
                    counts[k + 2] = count;
                }
                atoms.push(Atom {
                    label,
                    counts: counts.clone(),
                    probability: Q::new(numerator, denominator.clone()),
                });
            });
        }
        atoms.sort_by(|a, b| (a.label, &a.counts).cmp(&(b.label, &b.counts)));
        AtomTable {
            n_patterns,
            atoms,
            has_keys: true,
        }
    }
}

fn check_probabilities(key: &str, probabilities: &[Q]) -> Result<(), DomainError> {
    if let Some(bad) = probabilities.iter().find(|p| p.is_negative()) {
        return Err(DomainError::new(
            key,
            bad.to_string(),
            "probabilities of at least 0",
        ));
    }
    let sum = probabilities.iter().fold(Q::zero(), |s, p| s + p);
    if !sum.is_one() {
        return Err(DomainError::new(
            key,
            format!("probabilities with sum {sum}"),
            "sum exactly 1",
        ));
    }
    Ok(())
}

/// `n` choose `k`, exactly while it is below 2^200; larger values are cut off there.
fn binomial_capped(n: u64, k: u64) -> BigUint {
    let k = k.min(n - k);
    let cap = BigUint::one() << 200u32;
    let mut value = BigUint::one();
    for i in 1..=k {
        value = value * (n - k + i) / i;
        if value > cap {
            return cap;
        }
    }
    value
}

/// Where a sample departs from what a distribution draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SamplePlace {
    /// Its label.
    Label,
    /// Its counts together.
    Counts,
    /// The count of one pattern.
    Count(usize),
}

/// Why a sample has probability 0.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("found {found}, expected {expected}")]
pub struct NeverDrawn {
    /// Where it departs.
    pub place: SamplePlace,
    /// What was found there.
    pub found: String,
    /// What the distribution draws.
    pub expected: String,
}

/// A distribution of labelled images.
#[derive(Debug, Clone, PartialEq)]
pub enum Distribution {
    /// Prior, patches and background probabilities.
    Generative(Generative),
    /// A list of atoms.
    Explicit(Arc<AtomTable>),
}

impl Distribution {
    /// Takes over whether the first two patterns are keys.
    ///
    /// # Errors
    /// The generative form has keys.
    pub(super) fn set_keys(&mut self, has_keys: bool) -> Result<(), DomainError> {
        match self {
            Distribution::Explicit(table) => {
                if table.has_keys != has_keys {
                    Arc::make_mut(table).has_keys = has_keys;
                }
                Ok(())
            }
            Distribution::Generative(_) if has_keys => Ok(()),
            Distribution::Generative(_) => Err(DomainError::new(
                "distribution.key_patches",
                "key patches of a dictionary without v+ and v-",
                "explicit `atoms`",
            )),
        }
    }

    pub(super) fn check_n_patterns(&self, n_patterns: usize) -> Result<(), DomainError> {
        match self {
            Distribution::Generative(g) if g.background[0].len() + 2 != n_patterns => {
                Err(DomainError::new(
                    "distribution.background",
                    format!("{} probabilities", g.background[0].len()),
                    format!("{}, one a background pattern", n_patterns - 2),
                ))
            }
            Distribution::Explicit(t) if t.n_patterns != n_patterns => Err(DomainError::new(
                "distribution.atoms",
                format!("{} counts an atom", t.n_patterns),
                format!("{n_patterns}, one a pattern"),
            )),
            _ => Ok(()),
        }
    }

    /// Number of atoms, without enumerating them (cut off at 2^200 or more).
    pub fn n_atoms(&self) -> BigUint {
        match self {
            Distribution::Generative(g) => Label::BOTH.iter().map(|&y| g.n_atoms_of(y)).sum(),
            Distribution::Explicit(t) => BigUint::from(t.atoms.len()),
        }
    }

    /// The atoms, enumerated once and then kept.
    ///
    /// # Errors
    /// [`TooManyAtoms`], before anything is allocated, beyond [`MAX_ATOMS`], [`MAX_ATOM_CELLS`]
    /// or [`MAX_ATOM_WORK`].
    ///
    /// # Cost
    /// For the generative form one atom a way to spread m - r patches over the K' background
    /// patterns of positive probability: `C(m - r + K' - 1, m - r)` a label.
    pub fn atoms(&self) -> Result<Arc<AtomTable>, TooManyAtoms> {
        match self {
            Distribution::Explicit(t) => Ok(t.clone()),
            Distribution::Generative(g) => {
                self.check_atoms_fit()?;
                Ok(g.table.get_or_init(|| Arc::new(g.enumerate())).clone())
            }
        }
    }

    /// Would the table of atoms fit? Nothing is enumerated.
    ///
    /// # Errors
    /// [`TooManyAtoms`] exactly where [`Distribution::atoms`] gives it.
    pub fn check_atoms_fit(&self) -> Result<(), TooManyAtoms> {
        let g = match self {
            Distribution::Generative(g) if g.table.get().is_none() => g,
            _ => return Ok(()),
        };
        let size = TooManyAtoms {
            atoms: self.n_atoms(),
            n_patterns: g.background[0].len() + 2,
            bits: g.probability_bits(),
        };
        if size.fits() { Ok(()) } else { Err(size) }
    }

    /// Has this sample (`counts` in dictionary order) a probability greater than 0?
    ///
    /// # Errors
    /// [`NeverDrawn`]: where it departs from what is drawn, what was found and what was expected.
    ///
    /// # Cost
    /// One pass over the counts; for explicit atoms a search among them. Nothing is enumerated.
    pub fn check_drawn(&self, label: Label, counts: &[u32]) -> Result<(), NeverDrawn> {
        let never = |place, found: String, expected: String| {
            Err(NeverDrawn {
                place,
                found,
                expected,
            })
        };
        let n_patterns = self.n_patterns();
        if counts.len() != n_patterns {
            let found = format!("{} counts", counts.len());
            let expected = format!("{n_patterns}, one a pattern");
            return never(SamplePlace::Counts, found, expected);
        }
        if let Distribution::Explicit(t) = self {
            let at = |atom: &Atom| (atom.label, atom.counts.as_slice()).cmp(&(label, counts));
            if t.atoms.binary_search_by(at).is_ok() {
                return Ok(());
            }
        }
        if self.label_probability(label).is_zero() {
            let found = format!("the label \"{}\", which has probability 0", label.symbol());
            let expected = format!("the label \"{}\"", label.opposite().symbol());
            return never(SamplePlace::Label, found, expected);
        }
        let g = match self {
            Distribution::Explicit(_) => {
                return never(
                    SamplePlace::Counts,
                    "counts that have probability 0".to_owned(),
                    format!("those of an atom of label \"{}\"", label.symbol()),
                );
            }
            Distribution::Generative(g) => g,
        };
        let patches: u64 = counts.iter().map(|&count| u64::from(count)).sum();
        if patches != u64::from(g.patches) {
            let found = format!("{patches} patches");
            return never(SamplePlace::Counts, found, g.patches.to_string());
        }
        for (p, &count) in counts.iter().enumerate() {
            let place = SamplePlace::Count(p);
            let (own, other) = (label.index(), label.opposite().index());
            if p == own && count != g.key_patches {
                let expected = format!("{}, the key patches of an image", g.key_patches);
                return never(place, count.to_string(), expected);
            }
            if p == other && count != 0 {
                let expected = "0: this is the key of the other label".to_owned();
                return never(place, count.to_string(), expected);
            }
            let background = p.checked_sub(2).map(|k| &g.background[label.index()][k]);
            if count != 0 && background.is_some_and(Zero::is_zero) {
                let label = label.symbol();
                let expected = format!("0: this pattern has probability 0 under label \"{label}\"");
                return never(place, count.to_string(), expected);
            }
        }
        Ok(())
    }

    /// Number of patterns.
    pub fn n_patterns(&self) -> usize {
        match self {
            Distribution::Generative(g) => g.background[0].len() + 2,
            Distribution::Explicit(t) => t.n_patterns,
        }
    }

    /// Probability of a label.
    pub fn label_probability(&self, label: Label) -> Q {
        match self {
            Distribution::Generative(g) => g.prior[label.index()].clone(),
            Distribution::Explicit(t) => t
                .atoms
                .iter()
                .filter(|a| a.label == label)
                .fold(Q::zero(), |sum, a| sum + &a.probability),
        }
    }

    /// Largest number of patches in an image, m.
    pub fn max_patches(&self) -> u32 {
        match self {
            Distribution::Generative(g) => g.patches,
            Distribution::Explicit(t) => t
                .atoms
                .iter()
                .map(|a| a.counts.iter().sum())
                .max()
                .unwrap_or(0),
        }
    }

    /// Moments `E[1(label) N_p]`, length P, without enumerating atoms.
    pub fn mean_counts(&self, label: Label) -> Vec<Q> {
        match self {
            Distribution::Generative(g) => {
                let prior = &g.prior[label.index()];
                let mut mean = vec![Q::zero(); g.background[0].len() + 2];
                mean[label.index()] = prior * integer(g.key_patches);
                let draws = prior * integer(g.background_patches());
                for (slot, q) in mean[2..].iter_mut().zip(&g.background[label.index()]) {
                    *slot = &draws * q;
                }
                mean
            }
            Distribution::Explicit(t) => {
                let mut mean = vec![Q::zero(); t.n_patterns];
                for atom in t.atoms.iter().filter(|a| a.label == label) {
                    for (slot, &count) in mean.iter_mut().zip(&atom.counts) {
                        if count > 0 {
                            *slot += &atom.probability * integer(count);
                        }
                    }
                }
                mean
            }
        }
    }

    /// Signed moments `E[y N_p]`, length P, without enumerating atoms.
    pub fn signed_mean_counts(&self) -> Vec<Q> {
        self.mean_counts(Label::Plus)
            .into_iter()
            .zip(self.mean_counts(Label::Minus))
            .map(|(plus, minus)| plus - minus)
            .collect()
    }

    /// Second moments `E[N_p^2]`, length P, without enumerating atoms.
    pub fn mean_squares(&self) -> Vec<Q> {
        let mut mean = vec![Q::zero(); self.n_patterns()];
        match self {
            Distribution::Generative(g) => {
                let draws = integer(g.background_patches());
                for label in Label::BOTH {
                    let (key, prior) = (label.index(), &g.prior[label.index()]);
                    let r = integer(g.key_patches);
                    mean[key] += prior * &r * &r;
                    for (slot, q) in mean[2..].iter_mut().zip(&g.background[key]) {
                        // Binomial: the variance and the squared mean.
                        let expected = &draws * q;
                        *slot += prior * (&expected * (Q::one() - q) + &expected * &expected);
                    }
                }
            }
            Distribution::Explicit(t) => {
                for atom in &t.atoms {
                    for (slot, &count) in mean.iter_mut().zip(&atom.counts) {
                        if count > 0 {
                            *slot += &atom.probability * integer(u64::from(count).pow(2));
                        }
                    }
                }
            }
        }
        mean
    }

    /// Second moments `E[N_p N_q]`, P x P, without enumerating atoms.
    ///
    /// # Cost
    /// P^2 products a label; of a table one for each two patterns of an atom.
    pub fn mean_products(&self) -> Matrix<Q> {
        let n = self.n_patterns();
        let mut mean = Matrix::from_fn(n, n, |_, _| Q::zero());
        match self {
            Distribution::Generative(g) => {
                let draws = g.background_patches();
                let pairs = integer(u64::from(draws) * u64::from(draws.saturating_sub(1)));
                for label in Label::BOTH {
                    let (key, prior) = (label.index(), &g.prior[label.index()]);
                    let r = integer(g.key_patches);
                    mean[(key, key)] += prior * &r * &r;
                    for (k, q) in g.background[key].iter().enumerate() {
                        let once = prior * integer(draws) * q;
                        mean[(key, k + 2)] += &r * &once;
                        mean[(k + 2, key)] += &r * &once;
                        mean[(k + 2, k + 2)] += once;
                        for (l, other) in g.background[key].iter().enumerate() {
                            mean[(k + 2, l + 2)] += prior * &pairs * q * other;
                        }
                    }
                }
            }
            Distribution::Explicit(t) => {
                for atom in &t.atoms {
                    let present = || (0..n).filter(|&p| atom.counts[p] > 0);
                    for p in present() {
                        for q in present() {
                            let product = u64::from(atom.counts[p]) * u64::from(atom.counts[q]);
                            mean[(p, q)] += &atom.probability * integer(product);
                        }
                    }
                }
            }
        }
        mean
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::ratio;

    fn sample(m: u32, r: u32) -> Generative {
        Generative::new(
            [ratio(2, 5), ratio(3, 5)],
            m,
            r,
            [
                vec![ratio(1, 2), ratio(0, 1), ratio(1, 2)],
                vec![ratio(1, 3), ratio(1, 3), ratio(1, 3)],
            ],
        )
        .unwrap()
    }

    #[test]
    fn enumeration_agrees_with_the_counts_and_the_moments() {
        let d = Distribution::Generative(sample(5, 2));
        let table = d.atoms().unwrap();
        assert_eq!(BigUint::from(table.atoms().len()), d.n_atoms());
        let explicit =
            Distribution::Explicit(Arc::new(AtomTable::new(5, table.atoms().to_vec()).unwrap()));
        for label in Label::BOTH {
            assert_eq!(d.mean_counts(label), explicit.mean_counts(label));
            let products = d.mean_products();
            assert_eq!(products, explicit.mean_products());
            let squares: Vec<Q> = (0..5).map(|p| products[(p, p)].clone()).collect();
            assert_eq!(d.mean_squares(), squares);
            assert_eq!(explicit.mean_squares(), squares);
            assert_eq!(
                d.label_probability(label),
                explicit.label_probability(label)
            );
        }
        assert_eq!(explicit.atoms().unwrap(), table);
    }

    /// The atoms of the table are drawn, and of all samples with small counts no other.
    #[test]
    fn what_is_drawn_is_what_the_table_lists() {
        let one_label = Generative::new(
            [ratio(1, 1), ratio(0, 1)],
            3,
            1,
            [
                vec![ratio(1, 1), ratio(0, 1)],
                vec![ratio(1, 2), ratio(1, 2)],
            ],
        );
        for g in [sample(3, 1), sample(2, 2), one_label.unwrap()] {
            let d = Distribution::Generative(g);
            let table = d.atoms().unwrap();
            let n = d.n_patterns();
            let explicit = Distribution::Explicit(table.clone());
            let mut drawn = 0;
            for label in Label::BOTH {
                for code in 0..5u32.pow(n as u32) {
                    let counts: Vec<u32> = (0..n as u32).map(|p| code / 5u32.pow(p) % 5).collect();
                    let listed = |a: &&Atom| a.label == label && a.counts == counts;
                    let is_atom = table.atoms().iter().find(listed).is_some();
                    drawn += usize::from(is_atom);
                    for d in [&d, &explicit] {
                        assert_eq!(d.check_drawn(label, &counts).is_ok(), is_atom, "{counts:?}");
                    }
                }
            }
            assert_eq!(drawn, table.atoms().len());
            assert!(d.check_drawn(Label::Plus, &vec![0; n + 1]).is_err());
        }
    }

    #[test]
    fn a_table_that_would_not_fit_is_refused_without_enumerating_it() {
        let k = 64;
        let q = vec![ratio(1, k); k as usize];
        let g = Generative::new([ratio(1, 2), ratio(1, 2)], 1000, 1, [q.clone(), q]).unwrap();
        assert!(Distribution::Generative(g).atoms().is_err());
    }

    #[test]
    fn few_atoms_with_endless_probabilities_are_refused_without_enumerating_them() {
        let half = [ratio(1, 2), ratio(1, 2)];
        let images = |m| Generative::new(half.clone(), m, 1, [half.to_vec(), half.to_vec()]);
        let error = Distribution::Generative(images(900_000).unwrap())
            .atoms()
            .unwrap_err();
        assert!(error.is_about_length());
        let table = Distribution::Generative(images(2_000).unwrap())
            .atoms()
            .unwrap();
        let sum: Q = table.atoms().iter().map(|a| a.probability.clone()).sum();
        assert!(sum.is_one());
    }

    #[test]
    fn no_background_patch_leaves_one_atom_a_label() {
        let d = Distribution::Generative(sample(2, 2));
        assert_eq!(d.atoms().unwrap().atoms().len(), 2);
    }
}
