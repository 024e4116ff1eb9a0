//! Which classes use which patches, and how far data are from A1, A2 and A3.

use super::{Dictionary, Grid, PatchError, PatchOptions};
use crate::images::data::Images;
use crate::images::statistics::{dot, mean};
use crate::images::streams::{Use, stream};
use rand::seq::SliceRandom;
use rayon::prelude::*;
use serde::Serialize;

/// How often labels are shuffled for [`DataAudit::label_dependence_by_chance`].
const SHUFFLES: u64 = 20;

/// For each image, how many patches it has of each type; the last type is "flat".
pub(super) struct Counts {
    width: usize,
    counts: Vec<u32>,
}

impl Counts {
    /// `width` counts an image, one after the other.
    pub(super) fn new(width: usize, counts: Vec<u32>) -> Self {
        Counts { width, counts }
    }

    fn images(&self) -> impl Iterator<Item = &[u32]> {
        self.counts.chunks(self.width)
    }

    fn n_centres(&self) -> usize {
        self.width - 1
    }

    /// For each class, the number of patches of each type.
    fn by_class(&self, labels: &[usize], n_classes: usize) -> Vec<Vec<u64>> {
        let mut sums = vec![vec![0u64; self.width]; n_classes];
        for (counts, &label) in self.images().zip(labels) {
            for (sum, &count) in sums[label].iter_mut().zip(counts) {
                *sum += u64::from(count);
            }
        }
        sums
    }
}

fn labels_of(images: &Images) -> Vec<usize> {
    (0..images.len()).map(|i| images.label(i)).collect()
}

/// Which classes use which centres.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ClassUse {
    /// Number of images of each class.
    pub images: Vec<usize>,
    /// `presence[centre][class]`: share of the images of the class that have at least one patch of
    /// the type; 0 for a class without images.
    pub presence: Vec<Vec<f64>>,
    /// `exactly_once[centre][class]`: share of the images of the class that have exactly one patch
    /// of the type; 0 for a class without images.
    pub exactly_once: Vec<Vec<f64>>,
    /// `elsewhere[centre][class]`: share of the images of all other classes together that have at
    /// least one patch of the type; 0 if there are none.
    pub elsewhere: Vec<Vec<f64>>,
    /// `likelihood_ratio[centre][class]`: presence in the class over presence in all other classes
    /// together, each with one image added that has the type and one that has not:
    /// `(k + 1)/(n + 2)` for k of n images. Never 0, never infinite.
    pub likelihood_ratio: Vec<Vec<f64>>,
}

impl ClassUse {
    /// Measures the use of a dictionary on images. No patch is counted if none fits into an image.
    ///
    /// # Cost
    /// images x patches x centres x size^2 multiplications.
    pub fn measure(dictionary: &Dictionary, images: &Images) -> Self {
        let labels = labels_of(images);
        ClassUse::of_counts(&dictionary.counts(images), &labels, images.n_classes())
    }

    fn of_counts(counts: &Counts, labels: &[usize], n_classes: usize) -> Self {
        let n_centres = counts.n_centres();
        let mut images = vec![0usize; n_classes];
        let mut present = vec![vec![0usize; n_classes]; n_centres];
        let mut once = present.clone();
        for (counts, &label) in counts.images().zip(labels) {
            images[label] += 1;
            for (centre, &count) in counts[..n_centres].iter().enumerate() {
                present[centre][label] += usize::from(count > 0);
                once[centre][label] += usize::from(count == 1);
            }
        }
        let total = labels.len();
        let each = |value: &dyn Fn(usize, usize) -> f64| -> Vec<Vec<f64>> {
            (0..n_centres)
                .map(|centre| (0..n_classes).map(|class| value(centre, class)).collect())
                .collect()
        };
        let rest = |centre: usize, class: usize| {
            let all: usize = present[centre].iter().sum();
            (all - present[centre][class], total - images[class])
        };
        let smoothed = |k: usize, n: usize| (k + 1) as f64 / (n + 2) as f64;
        ClassUse {
            presence: each(&|centre, class| share(present[centre][class], images[class])),
            exactly_once: each(&|centre, class| share(once[centre][class], images[class])),
            elsewhere: each(&|centre, class| {
                let (k, n) = rest(centre, class);
                share(k, n)
            }),
            likelihood_ratio: each(&|centre, class| {
                let (k, n) = rest(centre, class);
                smoothed(present[centre][class], images[class]) / smoothed(k, n)
            }),
            images,
        }
    }

    /// The (centre, class, likelihood ratio) with a ratio of at least `least_ratio`, the greatest
    /// first: candidates for key patterns.
    pub fn keys(&self, least_ratio: f64) -> Vec<(usize, usize, f64)> {
        let mut keys: Vec<(usize, usize, f64)> = Vec::new();
        for (centre, ratios) in self.likelihood_ratio.iter().enumerate() {
            for (class, &ratio) in ratios.iter().enumerate() {
                if ratio >= least_ratio {
                    keys.push((centre, class, ratio));
                }
            }
        }
        keys.sort_by(|a, b| b.2.total_cmp(&a.2));
        keys
    }

    /// For each class that has images, the centre for which presence in the class exceeds presence
    /// elsewhere most (the first of several): as near as this dictionary comes to A2.
    pub fn best_keys(&self) -> Vec<KeyUniqueness> {
        (0..self.images.len())
            .filter(|&class| self.images[class] > 0)
            .filter_map(|class| {
                let difference = |c: usize| self.presence[c][class] - self.elsewhere[c][class];
                let centre = (0..self.presence.len())
                    .rev()
                    .max_by(|&a, &b| difference(a).total_cmp(&difference(b)))?;
                Some(KeyUniqueness {
                    class,
                    centre,
                    presence: self.presence[centre][class],
                    exactly_once: self.exactly_once[centre][class],
                    elsewhere: self.elsewhere[centre][class],
                    difference: difference(centre),
                    likelihood_ratio: self.likelihood_ratio[centre][class],
                })
            })
            .collect()
    }
}

fn share(count: usize, total: usize) -> f64 {
    if total == 0 {
        0.0
    } else {
        count as f64 / total as f64
    }
}

/// How nearly a class has a unique key pattern (A2: presence 1, elsewhere 0, and the same count in
/// every image of the class; exactly_once is 1 if that count is 1).
///
/// A patch has the type of its nearest centre, however far that is: a real patch that merely resembles
/// a key counts as one, and even a planted key then has some presence elsewhere. The centre is the best
/// of all centres on these images, so the difference errs upwards.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct KeyUniqueness {
    /// The class: of a [`ClassUse`] its place among the classes, of a [`DataAudit`] its own label.
    pub class: usize,
    /// The centre that comes nearest to a key pattern of the class.
    pub centre: usize,
    /// Share of the images of the class that have its type at least once.
    pub presence: f64,
    /// Share of the images of the class that have its type exactly once.
    pub exactly_once: f64,
    /// Share of the images of all other classes that have its type.
    pub elsewhere: f64,
    /// presence - elsewhere: 1 under A2.
    pub difference: f64,
    /// As in [`ClassUse::likelihood_ratio`].
    pub likelihood_ratio: f64,
}

/// How far data are from A1, A2 and A3, as a dictionary sees them. All of it is *sampled*.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct DataAudit {
    /// Images audited.
    pub images: usize,
    /// Classes that have images.
    pub classes: usize,
    /// Side of a patch, in pixels.
    pub size: usize,
    /// Distance from one patch to the next, in pixels.
    pub stride: usize,
    /// Patches in an image.
    pub patches_per_image: usize,
    /// Centres of the dictionary.
    pub centres: usize,
    /// Share of all patches of the images that are flat.
    pub flat_share: f64,
    /// Mean cosine of a patch and its centre, over the patches that the dictionary was learned from:
    /// 1 if images were bags of its patterns.
    pub mean_cosine: f64,
    /// A1: the greatest |cosine| of two centres; 0 if there is one centre.
    pub coherence_max: f64,
    /// A1: the mean |cosine| of two centres; 0 if there is one centre.
    pub coherence_mean: f64,
    /// A3: the greatest total variation distance between the laws of one background patch in two
    /// classes. The law is over the types, flat included, and the best keys of the two classes
    /// ([`ClassUse::best_keys`]) excluded. A3 speaks of all counts of an image together: where it
    /// holds this is 0 up to chance, but 0 is not enough for A3. If one of two classes has no
    /// background patch the distance is 1, if both, 0.
    pub label_dependence: f64,
    /// A3: the mean of that distance over all pairs of classes.
    pub label_dependence_mean: f64,
    /// A3: what `label_dependence` is on average, over 20 random permutations of the labels: on
    /// finite data even a law that is the same for all labels gives more than 0.
    pub label_dependence_by_chance: f64,
    /// The greatest distance with the keys counted among the types.
    pub label_dependence_with_keys: f64,
    /// A2: for each class that has images, its best key; classes by their own labels.
    pub key_uniqueness: Vec<KeyUniqueness>,
}

/// Learns a dictionary from images and audits them by it.
///
/// # Errors
/// As [`Dictionary::learn`]; [`PatchError::OneClass`] unless two classes have images.
/// # Cost
/// Learning, and images x patches x centres x size^2 multiplications.
pub fn audit(images: &Images, options: &PatchOptions) -> Result<DataAudit, PatchError> {
    audit_with(&Dictionary::learn(images, options)?, images, options.seed)
}

/// [`audit`] by a dictionary that is there already. The seed is that of the random permutations.
///
/// # Errors
/// [`PatchError::OneClass`] unless two classes have images; [`PatchError::TooLarge`] if the patches
/// of the dictionary do not fit into the images.
pub fn audit_with(
    dictionary: &Dictionary,
    images: &Images,
    seed: u64,
) -> Result<DataAudit, PatchError> {
    let (size, stride) = (dictionary.size, dictionary.stride);
    let (rows, columns) = (images.rows(), images.columns());
    let grid = Grid::fit(rows, columns, size, stride).ok_or(PatchError::TooLarge {
        size,
        rows,
        columns,
    })?;
    let labels = labels_of(images);
    let counts = dictionary.counts(images);
    let class_use = ClassUse::of_counts(&counts, &labels, images.n_classes());
    let keys = class_use.best_keys();
    if keys.len() < 2 {
        return Err(PatchError::OneClass { found: keys.len() });
    }
    let by_class = counts.by_class(&labels, images.n_classes());
    let flat: u64 = by_class.iter().map(|types| types[counts.n_centres()]).sum();
    let patches = images.len() * grid.places();
    let background = pair_distances(&by_class, &keys, true);
    let by_chance: Vec<f64> = (1..=SHUFFLES)
        .into_par_iter()
        .map(|shuffle| {
            let mut rng = stream(Use::AuditLabels, seed, shuffle);
            let mut shuffled = labels.clone();
            shuffled.shuffle(&mut rng);
            let by_class = counts.by_class(&shuffled, images.n_classes());
            greatest(&pair_distances(&by_class, &keys, true))
        })
        .collect();
    let coherences = coherences(&dictionary.centres);
    let label_dependence_with_keys = greatest(&pair_distances(&by_class, &keys, false));
    let own_label = |key: KeyUniqueness| KeyUniqueness {
        class: images.class_labels()[key.class],
        ..key
    };
    Ok(DataAudit {
        images: images.len(),
        classes: keys.len(),
        size,
        stride,
        patches_per_image: grid.places(),
        centres: dictionary.centres.len(),
        flat_share: flat as f64 / patches as f64,
        mean_cosine: 1.0 - dictionary.objective.last().copied().unwrap_or(0.0),
        coherence_max: greatest(&coherences),
        coherence_mean: mean(&coherences),
        label_dependence: greatest(&background),
        label_dependence_mean: mean(&background),
        label_dependence_by_chance: mean(&by_chance),
        label_dependence_with_keys,
        key_uniqueness: keys.into_iter().map(own_label).collect(),
    })
}

/// |cosine| of each pair of centres.
fn coherences(centres: &[Vec<f32>]) -> Vec<f64> {
    let mut found = Vec::new();
    for (i, a) in centres.iter().enumerate() {
        found.extend(centres[..i].iter().map(|b| dot(a, b).abs()));
    }
    found
}

/// Total variation distance of the patch-type laws of each pair of classes that have images, with or
/// without the two classes' own keys.
fn pair_distances(by_class: &[Vec<u64>], keys: &[KeyUniqueness], without_keys: bool) -> Vec<f64> {
    let mut found = Vec::new();
    for (i, a) in keys.iter().enumerate() {
        for b in &keys[..i] {
            let counted = |t: &usize| !(without_keys && (*t == a.centre || *t == b.centre));
            let types: Vec<usize> = (0..by_class[a.class].len()).filter(counted).collect();
            found.push(total_variation(
                types
                    .iter()
                    .map(|&t| (by_class[a.class][t], by_class[b.class][t])),
            ));
        }
    }
    found
}

/// Half the sum of |p - q| for two lists of counts, made into laws.
fn total_variation(counts: impl Iterator<Item = (u64, u64)> + Clone) -> f64 {
    let (mut p, mut q) = (0u64, 0u64);
    for (a, b) in counts.clone() {
        p += a;
        q += b;
    }
    if p == 0 || q == 0 {
        return if p == q { 0.0 } else { 1.0 };
    }
    // |a/p - b/q| = |a q - b p| / (p q), with the numerators summed exactly.
    let sum: u128 = counts
        .map(|(a, b)| (u128::from(a) * u128::from(q)).abs_diff(u128::from(b) * u128::from(p)))
        .sum();
    sum as f64 / (2.0 * p as f64 * q as f64)
}

fn greatest(values: &[f64]) -> f64 {
    values.iter().copied().fold(0.0, f64::max)
}
