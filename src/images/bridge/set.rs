//! The semi-real set: patches of real images at half their contrast, as floats, with a key in one of them.

use super::record::{Geometry, Overlap, Zero};
use crate::images::data::{DataError, DataSet, Images};
use crate::images::planted::keys;
use std::collections::HashSet;

/// How far from 0 a measured quantity may be where an assumption wants 0, for rounding.
pub const TOLERANCE: f64 = 1e-9;

/// Backgrounds, and the keys that are planted in them: an image is a background, a place and a label; the
/// patch at the place is the label's key, the others are the background's.
///
/// Lengths are in units of a key. A margin that is no whole patch is not used.
#[derive(Debug, Clone, PartialEq)]
pub struct SemiReal {
    keys: [Vec<f64>; 2],
    places: usize,
    /// Images x places x pixels of a patch.
    train: Vec<f64>,
    test: Vec<f64>,
    overlap: Overlap,
    zero: Zero,
}

impl SemiReal {
    /// The set of at most so many training images and test images: pixels at half contrast, less the grey that is
    /// 0, over the norm of a key; with [`Overlap::Projected`] both keys are projected out.
    ///
    /// # Errors
    /// [`DataError::PatchSize`] for a patch that keys cannot have, or larger than an image.
    ///
    /// # Cost
    /// 8 bytes a pixel.
    pub fn new(
        data: &DataSet,
        patch: usize,
        images: usize,
        overlap: Overlap,
        zero: Zero,
    ) -> Result<Self, DataError> {
        let whole = keys(patch)?;
        let most = data.train.rows().min(data.train.columns());
        if patch > most {
            return Err(DataError::PatchSize {
                patch,
                least: 2,
                most,
            });
        }
        let norm = |key: &[i16]| {
            key.iter()
                .map(|&x| f64::from(x).powi(2))
                .sum::<f64>()
                .sqrt()
        };
        let unit = norm(&whole[0]);
        let keys = whole.map(|key| {
            key.iter()
                .map(|&x| f64::from(x) / unit)
                .collect::<Vec<f64>>()
        });
        let train = data.train.first(images);
        let grey = match zero {
            Zero::Black => 0.0,
            Zero::Mean => train.mean_and_deviation().0 * 255.0,
        };
        let read = |images: &Images| {
            let mut patches = patches(images, patch, |pixel| (pixel - grey) / 2.0 / unit);
            if overlap == Overlap::Projected {
                let each = patches.chunks_mut(patch * patch);
                each.for_each(|x| project_out(x, &keys));
            }
            patches
        };
        Ok(Self {
            places: (train.rows() / patch) * (train.columns() / patch),
            test: read(&data.test.first(images)),
            train: read(&train),
            keys,
            overlap,
            zero,
        })
    }

    /// The key of a label (0: +, 1: -), of norm 1.
    pub fn key(&self, label: usize) -> &[f64] {
        &self.keys[label]
    }

    /// Pixels of a patch.
    pub fn pixels(&self) -> usize {
        self.keys[0].len()
    }

    /// Patches of an image, each a place for the key.
    pub fn places(&self) -> usize {
        self.places
    }

    /// The training backgrounds: for each its patches one after the other.
    pub fn train(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.train.chunks(self.places * self.pixels())
    }

    /// The test backgrounds.
    pub fn test(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.test.chunks(self.places * self.pixels())
    }

    /// Training background i.
    pub(super) fn background(&self, i: usize) -> &[f64] {
        let size = self.places * self.pixels();
        &self.train[i * size..(i + 1) * size]
    }

    /// What the theorems need to know of the training backgrounds.
    ///
    /// # Cost
    /// Images x places^2 x pixels of a patch.
    pub fn geometry(&self) -> Geometry {
        let d = self.pixels();
        let patterns = self.patterns();
        let (mut key_background, mut coherence) = (0.0f64, 0.0f64);
        let mut keys_among = 0;
        let (mut sum, mut most_square, mut count) = (0.0, 0.0f64, 0u64);
        let mut rows = vec![0.0; self.places];
        let mut own = vec![0.0; self.places];
        for image in self.train() {
            for patch in image.chunks(d) {
                for key in &self.keys {
                    let along = dot(patch, key);
                    key_background = key_background.max(along.abs());
                    let apart = dot(patch, patch) + 1.0 - 2.0 * along;
                    keys_among += usize::from(apart < TOLERANCE);
                }
            }
            rows.fill(0.0);
            for (p, x) in image.chunks(d).enumerate() {
                own[p] = dot(x, x);
                rows[p] += own[p];
                if own[p] > TOLERANCE {
                    coherence = coherence.max((own[p] - 1.0).abs());
                }
                for (q, y) in image.chunks(d).enumerate().take(p) {
                    let product = dot(x, y);
                    rows[p] += product.max(0.0);
                    rows[q] += product.max(0.0);
                    if own[p] + own[q] - 2.0 * product > TOLERANCE {
                        coherence = coherence.max(product.abs());
                    }
                }
            }
            let all: f64 = rows.iter().sum();
            for (row, own) in rows.iter().zip(&own) {
                // Without the covered patch: its row and its column, its square only once.
                let square = (all - 2.0 * row + own).max(0.0);
                sum += square;
                most_square = most_square.max(square);
                count += 1;
            }
        }
        if let Some(known) = &patterns {
            for (i, x) in known.iter().enumerate() {
                let others = known[..i].iter().map(|y| dot(x, y).abs());
                coherence = others.fold(coherence, f64::max);
            }
        }
        Geometry {
            overlap: self.overlap,
            zero: self.zero,
            key_background,
            keys_among,
            patterns: patterns.map(|known| known.len()),
            coherence,
            mean_square: sum / count.max(1) as f64,
            most_square,
        }
    }

    /// The different patches other than 0; `None` if there are more than could be orthogonal. Patches without a
    /// signal do nothing and are no pattern.
    fn patterns(&self) -> Option<Vec<&[f64]>> {
        let d = self.pixels();
        let mut seen = HashSet::new();
        let mut patterns = Vec::new();
        for patch in self.train.chunks(d) {
            if dot(patch, patch) <= TOLERANCE {
                continue;
            }
            let rounded: Vec<i64> = patch
                .iter()
                .map(|x| (x / TOLERANCE).round() as i64)
                .collect();
            if seen.insert(rounded) {
                patterns.push(patch);
            }
            if patterns.len() > d {
                return None;
            }
        }
        Some(patterns)
    }
}

/// The patches of the grid of each image, with each pixel as `value` gives it.
fn patches(images: &Images, side: usize, value: impl Fn(f64) -> f64) -> Vec<f64> {
    let (down, across) = (images.rows() / side, images.columns() / side);
    let mut patches = Vec::with_capacity(images.len() * down * across * side * side);
    for i in 0..images.len() {
        let pixels = images.pixels(i);
        for place in 0..down * across {
            let (top, left) = (place / across * side, place % across * side);
            for row in 0..side {
                let at = (top + row) * images.columns() + left;
                let line = pixels[at..at + side].iter();
                patches.extend(line.map(|&pixel| value(f64::from(pixel))));
            }
        }
    }
    patches
}

/// Takes the parts along both keys out; twice, so that only the rounding of a small number is left.
fn project_out(x: &mut [f64], keys: &[Vec<f64>; 2]) {
    for _ in 0..2 {
        for key in keys {
            let along = dot(x, key);
            x.iter_mut().zip(key).for_each(|(x, v)| *x -= along * v);
        }
    }
}

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    // Four sums, which the compiler turns into vector instructions.
    let mut sums = [0.0; 4];
    let (a4, b4) = (a.chunks_exact(4), b.chunks_exact(4));
    let rest = a4.remainder().iter().zip(b4.remainder());
    let rest: f64 = rest.map(|(x, y)| x * y).sum();
    for (x, y) in a4.zip(b4) {
        for i in 0..4 {
            sums[i] += x[i] * y[i];
        }
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}
