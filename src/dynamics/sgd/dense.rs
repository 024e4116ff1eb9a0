//! Many images at once under sum pooling: a table of counts, pattern by pattern.
//!
//! The outputs of all images are one product of the table with the sums `F_p`. Each image adds up its
//! patterns in ascending order, as it would by itself: a count of 0 adds 0, which changes no output
//! whose sums are finite.

use super::super::float::Real;
use super::super::sampler::Sampler;
use super::count::Count;
use crate::problem::Label;
use multiversion::multiversion;
use rand_chacha::ChaCha8Rng;

/// Tables of at most this many entries: 256 KiB.
const MAX_ENTRIES: usize = 1 << 16;

/// A table has at most this many entries for one that is not 0.
const MAX_SPREAD: usize = 8;

/// Counts up to this are single floats.
const MAX_COUNT: u32 = 1 << 24;

/// Images whose outputs are added up together: as many as the registers hold.
const TILE: usize = 32;

/// Images of weight 1.
pub(super) struct DenseImages {
    labels: Vec<Label>,
    n_patterns: usize,
    /// 1 or -1, as the labels are; 0 beyond the images.
    signs: Vec<[f64; TILE]>,
    /// The counts of pattern p in the images of tile k: entry `k * n_patterns + p`.
    counts: Vec<[f32; TILE]>,
}

impl DenseImages {
    /// Is a table no waste for this many images of so many patches over so many patterns?
    pub(super) fn pays(images: usize, n_patterns: usize, patches: u32) -> bool {
        let present = n_patterns.min(patches as usize).max(1);
        patches <= MAX_COUNT
            && n_patterns <= MAX_SPREAD.saturating_mul(present)
            && images.saturating_mul(n_patterns) <= MAX_ENTRIES
    }

    /// Images drawn one after the other.
    ///
    /// # Cost
    /// As drawing them, and one entry an image and pattern.
    pub(super) fn draw(
        sampler: &Sampler,
        rng: &mut ChaCha8Rng,
        images: usize,
        n_patterns: usize,
    ) -> Self {
        let mut sketch = sampler.blank_sketch();
        let tiles = images.div_ceil(TILE);
        let mut counts = vec![[0.0; TILE]; tiles * n_patterns];
        let mut signs = vec![[0.0; TILE]; tiles];
        let draws = (0..images).map(|i| {
            let (tile, place) = (i / TILE, i % TILE);
            sampler.sketch(rng, &mut sketch);
            sampler.parts(&sketch, |p, count| {
                counts[tile * n_patterns + p][place] += count as f32;
            });
            signs[tile][place] = sketch.label.sign() as f64;
            sketch.label
        });
        DenseImages {
            labels: draws.collect(),
            n_patterns,
            signs,
            counts,
        }
    }

    /// Counts which images are classified correctly, given the sums `F_p`.
    pub(super) fn judge_floats(&self, sums: &[f64], count: &mut Count) {
        if sums.iter().all(|x| x.is_finite()) {
            let (right, all_finite) = judge_tiles(&self.counts, &self.signs, sums);
            let wrong = self.labels.len() as u64 - right;
            count.add_many(right, wrong, all_finite);
        } else {
            self.judge(sums, count, &mut ());
        }
    }

    /// The same on any numbers, image by image.
    pub(super) fn judge<R: Real>(&self, sums: &[R], count: &mut Count, log: &mut R::Log) {
        for (i, &label) in self.labels.iter().enumerate() {
            let tile = &self.counts[i / TILE * self.n_patterns..];
            let mut output = R::ZERO;
            for (counts, &sum) in tile.iter().zip(sums) {
                let n = f64::from(counts[i % TILE]);
                if n != 0.0 {
                    output = output.plus(R::exact(n).times(sum));
                }
            }
            count.add(label, output, 1.0, log);
        }
    }
}

/// How many margins are positive, and whether all are finite.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx2", "x86_64+avx2"))]
fn judge_tiles(counts: &[[f32; TILE]], signs: &[[f64; TILE]], sums: &[f64]) -> (u64, bool) {
    let mut right = [0.0f64; TILE];
    // 0 as long as all outputs are finite, else NaN.
    let mut check = [0.0f64; TILE];
    for (tile, signs) in counts.chunks_exact(sums.len().max(1)).zip(signs) {
        let mut outputs = [0.0; TILE];
        for (counts, &sum) in tile.iter().zip(sums) {
            for (output, &n) in outputs.iter_mut().zip(counts) {
                *output += f64::from(n) * sum;
            }
        }
        for i in 0..TILE {
            right[i] += if outputs[i] * signs[i] > 0.0 {
                1.0
            } else {
                0.0
            };
            check[i] += outputs[i] * 0.0;
        }
    }
    let right: f64 = right.iter().sum();
    (right as u64, check.iter().all(|x| *x == 0.0))
}
