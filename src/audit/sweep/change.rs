//! How a problem is changed along a key: one construction a key, all of its numbers rational.

use crate::number::{Q, four_squares, integer};
use crate::problem::assumption::AssumptionId;
use crate::problem::{
    Atom, AtomTable, Dictionary, Distribution, DomainError, Generative, Label, Problem,
    TooManyAtoms,
};
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};
use std::collections::BTreeMap;
use thiserror::Error;

/// What is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SweepKey {
    /// The inner product c of the first two background patterns, all patterns being unit vectors and all other pairs
    /// orthogonal: u2 becomes `c u1` and a part across all others of squared length `1 - c^2`, a sum of four rational
    /// squares. The initial pattern coordinates stay.
    BackgroundCoherence,
    /// The same of v+ and u1.
    KeyCoherence,
    /// The probability of the label +; what an image is like given its label stays.
    Prior,
    /// The total variation distance d of the two background laws of one patch (generative form) or of all background
    /// counts (explicit atoms): a way straight through the mean of the two laws, which are d apart. Where the file's laws
    /// are equal to q, they become `(1-d) q + d` times the first background pattern, and the second.
    BackgroundDistance,
    /// The probability that the two keys of an image are exchanged, whatever the image.
    WrongKey,
}

/// Why a problem cannot be changed along a key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SweepError {
    /// A value is outside of the domain of the key.
    #[error("found {found}, expected {expected}")]
    Domain {
        /// The value.
        found: String,
        /// The domain.
        expected: String,
    },
    /// The problem is not one that the key can be changed of.
    #[error("this problem cannot be changed so: {0}")]
    Problem(String),
    /// The atoms are needed.
    #[error("every atom is needed: {0}")]
    Atoms(#[from] TooManyAtoms),
    /// The changed parts are no problem.
    #[error("the changed problem: {0}")]
    Changed(#[from] DomainError),
}

impl SweepKey {
    /// All keys.
    pub const ALL: [SweepKey; 5] = [
        SweepKey::BackgroundCoherence,
        SweepKey::KeyCoherence,
        SweepKey::Prior,
        SweepKey::BackgroundDistance,
        SweepKey::WrongKey,
    ];

    /// Its name as an argument.
    pub fn name(self) -> &'static str {
        match self {
            SweepKey::BackgroundCoherence => "background-coherence",
            SweepKey::KeyCoherence => "key-coherence",
            SweepKey::Prior => "prior",
            SweepKey::BackgroundDistance => "background-distance",
            SweepKey::WrongKey => "wrong-key",
        }
    }

    /// The assumption whose measure tells how far it is bent; `None` for one without a measure (A2), where the value
    /// itself tells it.
    pub fn measures(self) -> Option<AssumptionId> {
        match self {
            SweepKey::BackgroundCoherence | SweepKey::KeyCoherence => Some(AssumptionId::A1),
            SweepKey::Prior => Some(AssumptionId::A4),
            SweepKey::BackgroundDistance => Some(AssumptionId::A3),
            SweepKey::WrongKey => None,
        }
    }

    /// The problem with this value of the key.
    ///
    /// # Errors
    /// [`SweepError`] for a value outside of the domain, or a problem that cannot be changed so.
    ///
    /// # Cost
    /// A Gram matrix of an explicit dictionary for the coherences, and every atom for `wrong-key`.
    pub fn changed(self, problem: &Problem, value: &Q) -> Result<Problem, SweepError> {
        if !problem.dictionary().has_keys() {
            return Err(SweepError::Problem("the dictionary has no keys".to_owned()));
        }
        match self {
            SweepKey::BackgroundCoherence => overlap(problem, [2, 3], value),
            SweepKey::KeyCoherence => overlap(problem, [0, 2], value),
            SweepKey::Prior => {
                let distribution = with_prior(problem.distribution(), value)?;
                Ok(problem.changed(|parts| parts.distribution = distribution)?)
            }
            SweepKey::BackgroundDistance => {
                let distribution = apart(problem.distribution(), value)?;
                Ok(problem.changed(|parts| parts.distribution = distribution)?)
            }
            SweepKey::WrongKey => {
                let distribution = with_wrong_keys(problem.distribution(), value)?;
                Ok(problem.changed(|parts| parts.distribution = distribution)?)
            }
        }
    }
}

fn outside(value: &Q, expected: impl Into<String>) -> SweepError {
    SweepError::Domain {
        found: value.to_string(),
        expected: expected.into(),
    }
}

fn is_probability(value: &Q) -> Result<(), SweepError> {
    if value.is_negative() || *value > Q::one() {
        return Err(outside(value, "a probability from 0 to 1"));
    }
    Ok(())
}

/// An orthonormal dictionary, but with the inner product c of the two patterns.
fn overlap(problem: &Problem, [still, moved]: [usize; 2], c: &Q) -> Result<Problem, SweepError> {
    let dictionary = problem.dictionary();
    let n = dictionary.n_patterns();
    if !dictionary.is_orthonormal() {
        let why = "its dictionary is not orthonormal, so other pairs overlap already";
        return Err(SweepError::Problem(why.to_owned()));
    }
    if moved >= n {
        let why = format!(
            "it has {} background patterns, and {} are needed",
            n - 2,
            moved - 1
        );
        return Err(SweepError::Problem(why));
    }
    if n > Dictionary::MAX_EXPLICIT {
        let most = Dictionary::MAX_EXPLICIT;
        let why = format!("it has {n} patterns, of which at most {most} may overlap");
        return Err(SweepError::Problem(why));
    }
    if c.abs() >= Q::one() {
        return Err(outside(
            c,
            "an inner product of unit vectors strictly between -1 and 1",
        ));
    }
    // 1 - c^2 = (b - a)(b + a)/b^2 for c = a/b.
    let (a, b): (&BigInt, &BigInt) = (c.numer(), c.denom());
    let across = four_squares([b - a, b + a], b)
        .ok_or_else(|| outside(c, "a fraction of integers below 2^63"))?;
    let mut vectors: Vec<Vec<Q>> = (0..n)
        .map(|p| {
            let unit = |i: usize| if i == p { Q::one() } else { Q::zero() };
            (0..n + 3).map(unit).collect()
        })
        .collect();
    let [first, rest @ ..] = across;
    vectors[moved][still] = c.clone();
    vectors[moved][moved] = first;
    for (slot, x) in vectors[moved][n..].iter_mut().zip(rest) {
        *slot = x;
    }
    let dictionary = Dictionary::explicit(vectors)?;
    Ok(problem.changed(|parts| parts.dictionary = dictionary)?)
}

fn generative(
    g: &Generative,
    prior: [Q; 2],
    background: [Vec<Q>; 2],
) -> Result<Distribution, SweepError> {
    let made = Generative::new(prior, g.patches(), g.key_patches(), background)?;
    Ok(Distribution::Generative(made))
}

fn explicit(n_patterns: usize, atoms: Vec<Atom>) -> Result<Distribution, SweepError> {
    let table = AtomTable::new(n_patterns, atoms)?;
    Ok(Distribution::Explicit(table.into()))
}

fn with_prior(distribution: &Distribution, plus: &Q) -> Result<Distribution, SweepError> {
    is_probability(plus)?;
    let prior = [plus.clone(), Q::one() - plus];
    match distribution {
        Distribution::Generative(g) => {
            let background = Label::BOTH.map(|y| g.background(y).to_vec());
            generative(g, prior, background)
        }
        Distribution::Explicit(table) => {
            let own = both_labels(distribution)?;
            let atoms = table.atoms().iter().map(|atom| {
                let y = atom.label.index();
                Atom {
                    probability: &atom.probability / &own[y] * &prior[y],
                    ..atom.clone()
                }
            });
            explicit(table.n_patterns(), atoms.collect())
        }
    }
}

/// The probabilities of the labels, none of which is 0.
fn both_labels(distribution: &Distribution) -> Result<[Q; 2], SweepError> {
    let own = Label::BOTH.map(|y| distribution.label_probability(y));
    match Label::BOTH.into_iter().find(|y| own[y.index()].is_zero()) {
        None => Ok(own),
        Some(y) => Err(SweepError::Problem(format!(
            "label {} has probability 0, so nothing is known of its images",
            y.symbol()
        ))),
    }
}

/// Two laws moved to a distance d from each other, straight through their mean; `None` for a negative probability.
fn moved<K: Ord + Clone>(
    laws: &[BTreeMap<K, Q>; 2],
    d: &Q,
    own: &Q,
) -> Option<[BTreeMap<K, Q>; 2]> {
    let half = integer(2).recip();
    let mut both = [BTreeMap::new(), BTreeMap::new()];
    let [plus, minus] = laws;
    for key in plus.keys().chain(minus.keys()) {
        let zero = Q::zero();
        let of = |law: &BTreeMap<K, Q>| law.get(key).unwrap_or(&zero).clone();
        let (p, q) = (of(plus), of(minus));
        let mean = (&p + &q) * &half;
        let part = (p - q) * &half * d / own;
        let moved = [&mean + &part, &mean - &part];
        if moved.iter().any(Q::is_negative) {
            return None;
        }
        for (law, probability) in both.iter_mut().zip(moved) {
            law.insert(key.clone(), probability);
        }
    }
    Some(both)
}

/// Half the sum of the differences.
fn distance<K: Ord>(laws: &[BTreeMap<K, Q>; 2]) -> Q {
    let [plus, minus] = laws;
    let zero = Q::zero();
    let mut sum = Q::zero();
    for (key, p) in plus {
        sum += (p - minus.get(key).unwrap_or(&zero)).abs();
    }
    for (key, q) in minus {
        if !plus.contains_key(key) {
            sum += q;
        }
    }
    sum / integer(2)
}

/// The two background laws at a distance d.
fn apart(distribution: &Distribution, d: &Q) -> Result<Distribution, SweepError> {
    is_probability(d)?;
    let own_priors = both_labels(distribution)?;
    let too_far = || outside(d, "a distance at which no probability is negative");
    match distribution {
        Distribution::Generative(g) => {
            if g.background_patches() == 0 {
                let why = "its images have no background patches";
                return Err(SweepError::Problem(why.to_owned()));
            }
            let laws = Label::BOTH.map(|y| {
                let law = g.background(y).iter().cloned();
                law.enumerate().collect::<BTreeMap<usize, Q>>()
            });
            let own = distance(&laws);
            let laws = if own.is_zero() {
                if laws[0].len() < 2 {
                    let why = "it has one background pattern, so both laws are the same";
                    return Err(SweepError::Problem(why.to_owned()));
                }
                let stay = Q::one() - d;
                let mut laws = laws;
                for (towards, law) in laws.iter_mut().enumerate() {
                    for (pattern, q) in law.iter_mut() {
                        *q *= &stay;
                        if *pattern == towards {
                            *q += d;
                        }
                    }
                }
                laws
            } else {
                moved(&laws, d, &own).ok_or_else(too_far)?
            };
            let background = laws.map(|law| law.into_values().collect());
            generative(g, g.prior().clone(), background)
        }
        Distribution::Explicit(table) => {
            let keys = distribution.key_counts().map_err(|fault| {
                SweepError::Problem(format!("its images have no unique key: {fault}"))
            })?;
            let mut laws: [BTreeMap<Vec<u32>, Q>; 2] = Default::default();
            for atom in table.atoms() {
                let y = atom.label.index();
                let share = &atom.probability / &own_priors[y];
                laws[y].insert(atom.counts[2..].to_vec(), share);
            }
            let own = distance(&laws);
            if own.is_zero() {
                let why = "its explicit atoms have the same backgrounds under both labels, so there is no way to \
                    move them; the generative form has one";
                return Err(SweepError::Problem(why.to_owned()));
            }
            let laws = moved(&laws, d, &own).ok_or_else(too_far)?;
            let mut atoms = Vec::new();
            for (label, law) in Label::BOTH.into_iter().zip(laws) {
                let mut key = [0, 0];
                key[label.index()] = keys[label.index()];
                atoms.extend(law.into_iter().map(|(background, share)| Atom {
                    label,
                    counts: key.iter().copied().chain(background).collect(),
                    probability: share * &own_priors[label.index()],
                }));
            }
            explicit(table.n_patterns(), atoms)
        }
    }
}

/// Every image with its two keys exchanged, with this probability.
fn with_wrong_keys(distribution: &Distribution, wrong: &Q) -> Result<Distribution, SweepError> {
    is_probability(wrong)?;
    let table = distribution.atoms()?;
    let right = Q::one() - wrong;
    let atoms = table.atoms().iter().flat_map(|atom| {
        let mut swapped = atom.clone();
        swapped.counts.swap(0, 1);
        swapped.probability *= wrong;
        let mut kept = atom.clone();
        kept.probability *= &right;
        [kept, swapped]
    });
    explicit(table.n_patterns(), atoms.collect())
}
