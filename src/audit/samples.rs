//! What observed images say of the assumptions on data: A2 on the sample exactly, A3 and A4 by exact or permutation
//! tests, a distribution fitted to them, and the theorems that could be about images such as these.
//!
//! A test takes the images for independent draws of one distribution. A test that does not reject has shown nothing: so
//! there are only the verdicts *rejected* and *not rejected*, never *holds*. Of two assumptions with several tests the
//! level is split evenly among all of them, so that true assumptions are all kept with probability 1 - level at least.
//! No float is used: p-values are fractions, or enclosed by fractions.

mod backgrounds;
mod fit;
mod labels;
mod uses;

pub use backgrounds::{BackgroundTest, Method, Statistic};
pub use fit::{Fit, NoFit, fitted};
pub use labels::LabelTest;
pub use uses::{Standing, TheoremUse};

use crate::number::{Q, integer};
use crate::probability::Tail;
use crate::problem::{
    Atom, AtomTable, Distribution, DomainError, KeyFault, Label, Observation, Observed,
};
use std::collections::BTreeMap;

/// How the tests are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tests {
    /// The probability of rejecting anything where A3 and A4 are true, at most; between 0 and 1.
    pub level: Q,
    /// Random permutations where not all are gone through; at least 1.
    pub permutations: u64,
    /// Seed of the generator (ChaCha8, a stream of its own for each permutation).
    pub seed: u64,
}

/// What a test says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The p-value is at most the level of the test.
    Rejected,
    /// It is above: nothing is shown.
    NotRejected,
    /// The enclosure of the p-value holds the level.
    Undecided,
}

impl Decision {
    /// The decision by a p-value.
    fn by(p: &Tail, level: &Q) -> Self {
        if p.upper() <= level {
            Decision::Rejected
        } else if p.lower() > level {
            Decision::NotRejected
        } else {
            Decision::Undecided
        }
    }

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Decision::Rejected => "rejected",
            Decision::NotRejected => "not rejected",
            Decision::Undecided => "undecided",
        }
    }
}

/// A2 on the sample: nothing is inferred.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyFinding {
    /// Every image holds its own key r times, and never the other.
    Unique {
        /// r.
        count: u32,
    },
    /// An image shows that A2 fails.
    Fault {
        /// What is wrong with its keys.
        fault: KeyFault,
        /// Its line in the file.
        line: usize,
        /// How many images are like it.
        images: u64,
    },
}

/// What is known of the backgrounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Backgrounds {
    /// Tests of A3.
    Tested(Vec<BackgroundTest>),
    /// No image of this label was seen, so nothing can be compared.
    OneLabel(Label),
    /// No image has a background patch.
    Empty,
}

/// What observed images say.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleAudit {
    /// Number of images of + and of -.
    pub images: [u64; 2],
    /// How often each distinct image was seen, as a distribution.
    pub frequencies: Distribution,
    /// The level that all tests share, and the level of each.
    pub level: [Q; 2],
    /// A2.
    pub key: KeyFinding,
    /// A4.
    pub labels: LabelTest,
    /// A3.
    pub backgrounds: Backgrounds,
    /// The theorems, in their order.
    pub theorems: Vec<TheoremUse>,
}

impl SampleAudit {
    /// What is known of A3: a test that rejects rejects it.
    pub fn backgrounds_decision(&self) -> Option<Decision> {
        match &self.backgrounds {
            Backgrounds::Empty => Some(Decision::NotRejected),
            Backgrounds::OneLabel(_) => None,
            Backgrounds::Tested(tests) => {
                let is = |decision| tests.iter().any(|test| test.decision == decision);
                Some(if is(Decision::Rejected) {
                    Decision::Rejected
                } else if is(Decision::Undecided) {
                    Decision::Undecided
                } else {
                    Decision::NotRejected
                })
            }
        }
    }
}

/// Audits observed images.
///
/// # Errors
/// [`DomainError`] for images that are no distribution; images of [`crate::problem::read_observed`] always are.
///
/// # Cost
/// One pass for A2 and the fit; a few binomial tails for A4; for A3 one pass a permutation, or one step for each way to
/// share the distinct backgrounds out among the labels where these are at most 20,000. At most 4e9 operations: beyond,
/// the tests of A3 are undecided.
///
/// # Example
/// ```
/// use filtercert::audit::samples::{Tests, audit_samples};
/// use filtercert::number::ratio;
/// use filtercert::problem::{Label, Observation, Observed};
///
/// let image = |label, counts: [u32; 3]| Observation { label, counts: counts.to_vec(), line: 1 };
/// let sample = Observed {
///     file: "images".to_owned(),
///     patterns: ["v+", "v-", "u1"].map(str::to_owned).to_vec(),
///     images: vec![image(Label::Plus, [1, 0, 2]), image(Label::Minus, [0, 1, 2])],
/// };
/// let tests = Tests { level: ratio(1, 20), permutations: 999, seed: 1 };
/// let found = audit_samples(&sample, &tests)?;
/// assert_eq!(found.labels.decision.name(), "not rejected");
/// # Ok::<(), filtercert::problem::DomainError>(())
/// ```
pub fn audit_samples(sample: &Observed, tests: &Tests) -> Result<SampleAudit, DomainError> {
    let images = Label::BOTH.map(|y| {
        let of_label = sample.images.iter().filter(|image| image.label == y);
        of_label.count() as u64
    });
    let frequencies = frequencies(sample)?;
    let key = key_finding(sample, &frequencies);
    let missing = Label::BOTH.into_iter().find(|y| images[y.index()] == 0);
    let is_empty = sample
        .images
        .iter()
        .all(|image| image.counts.iter().skip(2).all(|&count| count == 0));
    let statistics = match (missing, is_empty) {
        (None, false) => Statistic::ALL,
        _ => &[],
    };
    let level = &tests.level / integer(1 + statistics.len());
    let backgrounds = match missing {
        _ if is_empty => Backgrounds::Empty,
        Some(label) => Backgrounds::OneLabel(label),
        None => Backgrounds::Tested(backgrounds::test(sample, statistics, &level, tests)),
    };
    let mut found = SampleAudit {
        images,
        frequencies,
        labels: LabelTest::new(images, &level),
        level: [tests.level.clone(), level],
        key,
        backgrounds,
        theorems: Vec::new(),
    };
    found.theorems = uses::theorems(&found)?;
    Ok(found)
}

/// Every distinct image with its share of the sample.
///
/// # Errors
/// [`DomainError`] for no image, or for counts that no distribution has.
pub fn frequencies(sample: &Observed) -> Result<Distribution, DomainError> {
    let mut seen: BTreeMap<(Label, &[u32]), u64> = BTreeMap::new();
    for Observation { label, counts, .. } in &sample.images {
        *seen.entry((*label, counts)).or_default() += 1;
    }
    let all = integer(sample.images.len());
    let atoms = seen.into_iter().map(|((label, counts), times)| Atom {
        label,
        counts: counts.to_vec(),
        probability: integer(times) / &all,
    });
    let table = AtomTable::new(sample.patterns.len(), atoms.collect())?;
    Ok(Distribution::Explicit(table.into()))
}

fn key_finding(sample: &Observed, frequencies: &Distribution) -> KeyFinding {
    match frequencies.unique_key() {
        Ok(count) => KeyFinding::Unique { count },
        Err(witness) => {
            let is_like = |image: &&Observation| {
                image.label == witness.atom.label && image.counts == witness.atom.counts
            };
            let mut like = sample.images.iter().filter(is_like);
            let line = like.next().map_or(0, |image| image.line);
            KeyFinding::Fault {
                fault: witness.fault,
                line,
                images: 1 + like.count() as u64,
            }
        }
    }
}
