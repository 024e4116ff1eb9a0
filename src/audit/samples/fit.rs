//! Distributions fitted to observed images.

use crate::number::{Q, integer, ratio};
use crate::problem::{Distribution, DomainError, Generative, Label, Observed};
use thiserror::Error;

/// What a fitted distribution is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// Every distinct image with its frequency: nothing is assumed.
    Atoms,
    /// The generative form with the frequencies of the labels, and for each label those of its background patches.
    ByLabel,
    /// The generative form that A3 and A4 ask for: probability 1/2 for each label, and the frequencies of all
    /// background patches.
    Balanced,
}

impl Fit {
    /// All of them.
    pub const ALL: [Fit; 3] = [Fit::Atoms, Fit::ByLabel, Fit::Balanced];

    /// Its name as an argument.
    pub fn name(self) -> &'static str {
        match self {
            Fit::Atoms => "atoms",
            Fit::ByLabel => "by-label",
            Fit::Balanced => "balanced",
        }
    }
}

/// Why images have no generative form.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoFit {
    /// The keys are not those of A2.
    #[error("A2 fails on the sample")]
    Keys,
    /// Two images have different numbers of patches.
    #[error("line {} has {} patches and line {} has {}", .0[0].0, .0[0].1, .0[1].0, .0[1].1)]
    Patches([(usize, u64); 2]),
    /// A label was not seen.
    #[error("no image has label {}", .0.symbol())]
    OneLabel(Label),
    /// There are background patterns, and no patch that shows one.
    #[error("no image has a background patch, so their frequencies are unknown")]
    NoBackground,
    /// The values are outside of their domain.
    #[error(transparent)]
    Domain(#[from] DomainError),
}

/// A distribution fitted to images; `frequencies` are those of the distinct images.
///
/// The generative forms also say that the background patches of an image are independent draws. No test is made of it.
///
/// # Errors
/// [`NoFit`] where the images have no generative form.
///
/// # Cost
/// One pass over the images.
pub fn fitted(
    sample: &Observed,
    frequencies: &Distribution,
    fit: Fit,
) -> Result<Distribution, NoFit> {
    if fit == Fit::Atoms {
        return Ok(frequencies.clone());
    }
    let key_patches = frequencies.unique_key().map_err(|_| NoFit::Keys)?;
    let patches = |counts: &[u32]| counts.iter().map(|&c| u64::from(c)).sum::<u64>();
    let mut all: Option<(usize, u64)> = None;
    let n_background = sample.patterns.len() - 2;
    let mut counts = [vec![0u64; n_background], vec![0u64; n_background]];
    let mut images = [0u64; 2];
    for image in &sample.images {
        let own = (image.line, patches(&image.counts));
        let first = *all.get_or_insert(own);
        if first.1 != own.1 {
            return Err(NoFit::Patches([first, own]));
        }
        images[image.label.index()] += 1;
        let slots = counts[image.label.index()].iter_mut();
        for (slot, &count) in slots.zip(&image.counts[2..]) {
            *slot += u64::from(count);
        }
    }
    if let Some(label) = Label::BOTH.into_iter().find(|y| images[y.index()] == 0) {
        return Err(NoFit::OneLabel(label));
    }
    let pooled: Vec<u64> = counts[0]
        .iter()
        .zip(&counts[1])
        .map(|(a, b)| a + b)
        .collect();
    if n_background > 0 && pooled.iter().all(|&count| count == 0) {
        return Err(NoFit::NoBackground);
    }
    let shares = |counts: &[u64]| -> Vec<Q> {
        let total = integer(counts.iter().sum::<u64>());
        counts
            .iter()
            .map(|&count| integer(count) / &total)
            .collect()
    };
    let n = integer(images[0] + images[1]);
    let (prior, background) = match fit {
        Fit::Atoms | Fit::ByLabel => (
            images.map(|count| integer(count) / &n),
            [shares(&counts[0]), shares(&counts[1])],
        ),
        Fit::Balanced => (
            [ratio(1, 2), ratio(1, 2)],
            [shares(&pooled), shares(&pooled)],
        ),
    };
    let m = all.map_or(0, |(_, m)| m);
    // Images have at most 10^9 patches, as their reader sees to.
    let m = u32::try_from(m).unwrap_or(u32::MAX);
    Ok(Distribution::Generative(Generative::new(
        prior,
        m,
        key_patches,
        background,
    )?))
}
