//! A dictionary of patches learned from images, which classes use it, and the audit of A1, A2, A3 on
//! data.
//!
//! The theory speaks of images that are bags of patterns from a finite dictionary. Real images are
//! not; here a dictionary is fitted to them, and the audit says how far they are from A1 (orthogonal
//! patterns), A2 (a key pattern that every image of its class has and no other image has) and A3 (a
//! background that does not depend on the label). All of it is measured on the images given: it is
//! *sampled* evidence about the law behind them, and it depends on the dictionary. A greater number
//! of centres splits patterns into variants that resemble each other, which raises the coherence.
//!
//! A patch is a square of pixels at a place of the grid `0, stride, 2 stride, ..` that lies wholly in
//! the image. It is *flat* if the standard deviation of its pixels is below [`FLAT_DEVIATION`] grey
//! levels; flat patches have no type. Every other patch is centred (its mean subtracted), scaled to
//! norm 1, and has the type of the centre with which its inner product is greatest.
//!
//! Results do not depend on the number of threads: work is cut into fixed chunks and sums are taken
//! in a fixed order. They are not promised to be the same bit for bit on different processors, for
//! the matrix products use what instructions there are.

mod audit;

pub use audit::{ClassUse, DataAudit, KeyUniqueness, audit, audit_with};

use super::data::Images;
use super::statistics::{dot, norm};
use super::streams::{Use, stream};
use audit::Counts;
use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2};
use rand::RngExt;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::Serialize;
use thiserror::Error;

/// A patch whose pixels have a standard deviation below this many grey levels (of 255) is flat.
pub const FLAT_DEVIATION: u32 = 5;

/// Patches with a squared distance below this, after scaling to norm 1, count as one when centres
/// are seeded: rounding cannot tell them apart.
const SAME: f64 = 2e-6;

/// Patches that are multiplied with the centres at once, and summed before the sums are added up.
const PATCH_CHUNK: usize = 4096;

/// Images that are worked on at once.
const IMAGE_CHUNK: usize = 64;

/// How patches are taken and how a dictionary is learned from them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PatchOptions {
    /// Side of a patch, in pixels; at least 2.
    pub size: usize,
    /// Distance from one patch to the next, in pixels; at least 1.
    pub stride: usize,
    /// Most centres; at least 1. There are fewer if there are fewer different patches.
    pub centres: usize,
    /// Patches that are drawn to learn from, without replacement, or all if there are fewer; at least
    /// 1. The flat ones among them are left out.
    pub sample: usize,
    /// Most rounds of Lloyd's algorithm; with 0 the seeded centres stay.
    pub iterations: usize,
    /// Seed of the streams ([`super::streams`]).
    pub seed: u64,
}

impl Default for PatchOptions {
    fn default() -> Self {
        PatchOptions {
            size: 5,
            stride: 4,
            centres: 64,
            sample: 100_000,
            iterations: 50,
            seed: 1,
        }
    }
}

/// Why patches cannot be learned or audited.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PatchError {
    /// An option is outside its domain.
    #[error("{option}: found {found}, expected at least {least}")]
    Option {
        /// Its name.
        option: &'static str,
        /// Its value.
        found: usize,
        /// The least value.
        least: usize,
    },
    /// A patch does not fit into an image.
    #[error(
        "found patches of {size} x {size} pixels, expected at most the images' {rows} x {columns}"
    )]
    TooLarge {
        /// Side of a patch.
        size: usize,
        /// Rows of an image.
        rows: usize,
        /// Columns of an image.
        columns: usize,
    },
    /// There is no image.
    #[error("found no image, expected at least one")]
    NoImages,
    /// All patches that were drawn are flat.
    #[error(
        "found {sampled} patches drawn and all of them flat (standard deviation below \
         {FLAT_DEVIATION} grey levels), expected one with more contrast"
    )]
    AllFlat {
        /// Patches drawn.
        sampled: usize,
    },
    /// Classes cannot be compared.
    #[error("found images of {found} class, expected at least two classes")]
    OneClass {
        /// Classes that have images.
        found: usize,
    },
}

/// Typical patches: the centres of k-means on the unit sphere.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Dictionary {
    /// Side of a patch, in pixels.
    pub size: usize,
    /// Distance from one patch to the next, in pixels.
    pub stride: usize,
    /// The centres, `size * size` values each, row by row: sum 0 and norm 1 up to rounding. The most
    /// frequent comes first.
    pub centres: Vec<Vec<f32>>,
    /// For each centre the share it has of the patches learned from.
    pub shares: Vec<f64>,
    /// Mean of 1 - (cosine of a patch and its centre) over the patches learned from: after seeding
    /// and after each round. It never increases, up to rounding.
    pub objective: Vec<f64>,
    /// Whether the last round changed the type of no patch.
    pub converged: bool,
    /// Patches drawn.
    pub sampled: usize,
    /// Those of them that are flat and were left out.
    pub flat: usize,
}

impl Dictionary {
    /// Learns a dictionary by k-means: seeding by k-means++, then rounds of Lloyd's algorithm.
    ///
    /// The centres stay on the unit sphere: the centre of a type is the mean of its patches scaled to
    /// norm 1, which of all unit vectors is the one with the least sum of squared distances. A centre
    /// without patches is moved to the patch that is worst represented; one that has none at the end
    /// is dropped.
    ///
    /// # Errors
    /// [`PatchError::Option`], [`PatchError::TooLarge`], [`PatchError::NoImages`],
    /// [`PatchError::AllFlat`].
    /// # Cost
    /// iterations x sample x centres x size^2 multiplications; 4 sample size^2 bytes.
    pub fn learn(images: &Images, options: &PatchOptions) -> Result<Self, PatchError> {
        let grid = Grid::new(images, options)?;
        let mut rng = stream(Use::Dictionary, options.seed, 0);
        let drawn = draw_patches(images.len() * grid.places(), options.sample, &mut rng);
        let points = Points::of(images, &grid, &drawn);
        let flat = drawn.len() - points.len();
        if points.len() == 0 {
            return Err(PatchError::AllFlat {
                sampled: drawn.len(),
            });
        }
        let mut centres = seed_centres(&points, options.centres, &mut rng);
        let mut nearest = points.nearest(&centres);
        let mut objective = vec![mean_distance(&nearest)];
        let mut converged = false;
        for _ in 0..options.iterations {
            centres = points.means(&centres, &nearest);
            let next = points.nearest(&centres);
            objective.push(mean_distance(&next));
            converged = next.iter().zip(&nearest).all(|(a, b)| a.0 == b.0);
            nearest = next;
            if converged {
                break;
            }
        }
        let mut counts = vec![0usize; centres.len()];
        for &(centre, _) in &nearest {
            counts[centre as usize] += 1;
        }
        let mut order: Vec<usize> = (0..centres.len()).filter(|&c| counts[c] > 0).collect();
        order.sort_by_key(|&c| std::cmp::Reverse(counts[c]));
        let share = |&c: &usize| counts[c] as f64 / points.len() as f64;
        Ok(Dictionary {
            size: options.size,
            stride: options.stride,
            shares: order.iter().map(share).collect(),
            centres: order.iter().map(|&c| centres[c].clone()).collect(),
            objective,
            converged,
            sampled: drawn.len(),
            flat,
        })
    }

    /// The type of each patch of one image (`pixels` row by row), row by row of the grid; `None` for
    /// a flat patch. No patch if none fits into the image.
    pub fn types(&self, pixels: &[u8], columns: usize) -> Vec<Option<usize>> {
        let rows = pixels.len().checked_div(columns).unwrap_or(0);
        let Some(grid) = Grid::fit(rows, columns, self.size, self.stride) else {
            return Vec::new();
        };
        let mut values = Vec::new();
        let is_flat: Vec<bool> = (0..grid.places())
            .map(|place| !grid.push_patch(pixels, place, &mut values))
            .collect();
        let mut nearest = Vec::new();
        nearest_centres(&values, &Matrix::of(&self.centres), &mut nearest);
        let mut types = nearest.into_iter().map(|(centre, _)| centre as usize);
        is_flat
            .into_iter()
            .map(|flat| if flat { None } else { types.next() })
            .collect()
    }

    /// How many patches of each type each image has.
    ///
    /// # Cost
    /// images x patches x centres x size^2 multiplications, in parallel; 4 bytes an image and type.
    fn counts(&self, images: &Images) -> Counts {
        let width = self.centres.len() + 1;
        let mut counts = vec![0u32; images.len() * width];
        if let Some(grid) = Grid::fit(images.rows(), images.columns(), self.size, self.stride) {
            let centres = Matrix::of(&self.centres);
            counts
                .par_chunks_mut(IMAGE_CHUNK * width)
                .enumerate()
                .for_each(|(chunk, counts)| {
                    let first = chunk * IMAGE_CHUNK;
                    let (mut values, mut owners) = (Vec::new(), Vec::new());
                    for (i, counts) in counts.chunks_mut(width).enumerate() {
                        for place in 0..grid.places() {
                            if grid.push_patch(images.pixels(first + i), place, &mut values) {
                                owners.push(i);
                            } else {
                                counts[width - 1] += 1;
                            }
                        }
                    }
                    let mut nearest = Vec::new();
                    nearest_centres(&values, &centres, &mut nearest);
                    for (i, (centre, _)) in owners.into_iter().zip(nearest) {
                        counts[i * width + centre as usize] += 1;
                    }
                });
        }
        Counts::new(width, counts)
    }
}

/// Where the patches of an image lie.
#[derive(Debug, Clone, Copy)]
struct Grid {
    size: usize,
    stride: usize,
    columns: usize,
    down: usize,
    across: usize,
}

impl Grid {
    fn new(images: &Images, options: &PatchOptions) -> Result<Self, PatchError> {
        let domains = [
            ("patch size", options.size, 2),
            ("patch stride", options.stride, 1),
            ("centres", options.centres, 1),
            ("sample", options.sample, 1),
        ];
        for (option, found, least) in domains {
            if found < least {
                return Err(PatchError::Option {
                    option,
                    found,
                    least,
                });
            }
        }
        if images.is_empty() {
            return Err(PatchError::NoImages);
        }
        let (rows, columns) = (images.rows(), images.columns());
        Grid::fit(rows, columns, options.size, options.stride).ok_or(PatchError::TooLarge {
            size: options.size,
            rows,
            columns,
        })
    }

    /// `None` if no patch fits.
    fn fit(rows: usize, columns: usize, size: usize, stride: usize) -> Option<Self> {
        let places = |side: usize| Some(side.checked_sub(size)?.checked_div(stride)? + 1);
        Some(Grid {
            size,
            stride,
            columns,
            down: places(rows)?,
            across: places(columns)?,
        })
    }

    /// Patches of one image.
    fn places(&self) -> usize {
        self.down * self.across
    }

    /// Appends the centred patch of norm 1 at a place; false, and nothing appended, if it is flat.
    ///
    /// Sums are integers: with n pixels, `n x - sum` is n times the centred pixel, and
    /// `n squares - sum^2` is n^2 times the variance.
    fn push_patch(&self, pixels: &[u8], place: usize, values: &mut Vec<f32>) -> bool {
        let top = place / self.across * self.stride;
        let left = place % self.across * self.stride;
        let line = |row: usize| {
            let at = (top + row) * self.columns + left;
            &pixels[at..at + self.size]
        };
        let (mut sum, mut squares) = (0u64, 0u64);
        for row in 0..self.size {
            for &pixel in line(row) {
                sum += u64::from(pixel);
                squares += u64::from(pixel) * u64::from(pixel);
            }
        }
        let n = (self.size * self.size) as u64;
        let wide = u128::from;
        let scatter = wide(n) * wide(squares) - wide(sum) * wide(sum);
        let least = wide(n) * wide(n) * wide(u64::from(FLAT_DEVIATION * FLAT_DEVIATION));
        if scatter < least {
            return false;
        }
        // scatter is n times the squared norm of the values n x - sum.
        let scale = 1.0 / (scatter as f64 * n as f64).sqrt();
        for row in 0..self.size {
            values.extend(line(row).iter().map(|&pixel| {
                let centred = (n * u64::from(pixel)) as i64 - sum as i64;
                (centred as f64 * scale) as f32
            }));
        }
        true
    }
}

/// Indices of patches to learn from, ascending.
fn draw_patches(total: usize, sample: usize, rng: &mut ChaCha8Rng) -> Vec<usize> {
    if sample >= total {
        return (0..total).collect();
    }
    let mut drawn = index::sample(rng, total, sample).into_vec();
    drawn.sort_unstable();
    drawn
}

/// Type and cosine of a patch.
type Nearest = (u32, f32);

/// The centres, one row each, without gaps.
struct Matrix {
    rows: usize,
    columns: usize,
    values: Vec<f32>,
}

impl Matrix {
    fn of(centres: &[Vec<f32>]) -> Self {
        Matrix {
            rows: centres.len(),
            columns: centres.first().map_or(0, Vec::len),
            values: centres.concat(),
        }
    }
}

/// Appends the nearest centre of each patch, the first of several equally near.
fn nearest_centres(patches: &[f32], centres: &Matrix, nearest: &mut Vec<Nearest>) {
    const WHOLE: &str = "as many values as rows times columns";
    let (k, d) = (centres.rows, centres.columns);
    if k == 0 {
        return;
    }
    let transposed = ArrayView2::from_shape((k, d), &centres.values).expect(WHOLE);
    let mut products = vec![0f32; k * PATCH_CHUNK.min(patches.len() / d)];
    for patches in patches.chunks(PATCH_CHUNK * d) {
        let n = patches.len() / d;
        let products = &mut products[..n * k];
        let left = ArrayView2::from_shape((n, d), patches).expect(WHOLE);
        let mut out = ArrayViewMut2::from_shape((n, k), &mut *products).expect(WHOLE);
        general_mat_mul(1.0, &left, &transposed.t(), 0.0, &mut out);
        nearest.extend(products.chunks(k).map(|row| {
            let mut best = (0, row[0]);
            for (centre, &cosine) in row.iter().enumerate().skip(1) {
                if cosine > best.1 {
                    best = (centre as u32, cosine);
                }
            }
            best
        }));
    }
}

/// Mean of 1 - cosine, summed in the order of the patches.
fn mean_distance(nearest: &[Nearest]) -> f64 {
    let sum: f64 = nearest.iter().map(|n| 1.0 - f64::from(n.1)).sum();
    sum / nearest.len() as f64
}

/// The patches learned from: centred, of norm 1, not flat.
struct Points {
    dimension: usize,
    values: Vec<f32>,
}

impl Points {
    fn of(images: &Images, grid: &Grid, drawn: &[usize]) -> Self {
        let chunks: Vec<Vec<f32>> = drawn
            .par_chunks(PATCH_CHUNK)
            .map(|drawn| {
                let mut values = Vec::new();
                for patch in drawn {
                    let (image, place) = (patch / grid.places(), patch % grid.places());
                    grid.push_patch(images.pixels(image), place, &mut values);
                }
                values
            })
            .collect();
        Points {
            dimension: grid.size * grid.size,
            values: chunks.concat(),
        }
    }

    fn len(&self) -> usize {
        self.values.len() / self.dimension
    }

    fn point(&self, i: usize) -> &[f32] {
        &self.values[i * self.dimension..(i + 1) * self.dimension]
    }

    fn nearest(&self, centres: &[Vec<f32>]) -> Vec<Nearest> {
        let centres = Matrix::of(centres);
        let chunks: Vec<Vec<Nearest>> = self
            .values
            .par_chunks(PATCH_CHUNK * self.dimension)
            .map(|patches| {
                let mut nearest = Vec::new();
                nearest_centres(patches, &centres, &mut nearest);
                nearest
            })
            .collect();
        chunks.concat()
    }

    /// The next centres: the mean of each type, scaled to norm 1.
    fn means(&self, centres: &[Vec<f32>], nearest: &[Nearest]) -> Vec<Vec<f32>> {
        let d = self.dimension;
        let partial: Vec<Vec<f64>> = self
            .values
            .par_chunks(PATCH_CHUNK * d)
            .zip(nearest.par_chunks(PATCH_CHUNK))
            .map(|(patches, nearest)| {
                let mut sums = vec![0f64; centres.len() * d];
                for (patch, &(centre, _)) in patches.chunks(d).zip(nearest) {
                    let sums = &mut sums[centre as usize * d..][..d];
                    for (sum, &value) in sums.iter_mut().zip(patch) {
                        *sum += f64::from(value);
                    }
                }
                sums
            })
            .collect();
        let mut sums = vec![0f64; centres.len() * d];
        for part in &partial {
            for (sum, value) in sums.iter_mut().zip(part) {
                *sum += value;
            }
        }
        let mut used = vec![false; centres.len()];
        for &(centre, _) in nearest {
            used[centre as usize] = true;
        }
        // Patches that an unused centre can move to, the worst represented last.
        let mut worst: Vec<usize> = Vec::new();
        if used.contains(&false) {
            worst.extend((0..self.len()).filter(|&i| far_from_centre(nearest[i])));
            worst.sort_by(|&a, &b| nearest[b].1.total_cmp(&nearest[a].1).then(b.cmp(&a)));
        }
        centres
            .iter()
            .zip(sums.chunks(d))
            .zip(used)
            .map(|((old, sums), used)| match used {
                true => unit(sums).unwrap_or_else(|| old.clone()),
                false => worst
                    .pop()
                    .map_or_else(|| old.clone(), |i| self.point(i).to_vec()),
            })
            .collect()
    }
}

fn far_from_centre(nearest: Nearest) -> bool {
    2.0 - 2.0 * f64::from(nearest.1) >= SAME
}

/// A vector scaled to norm 1; `None` if rounding leaves no direction.
fn unit(vector: &[f64]) -> Option<Vec<f32>> {
    let length = norm(vector);
    (length > 1e-9).then(|| vector.iter().map(|v| (v / length) as f32).collect())
}

/// k-means++: the first centre is a patch drawn uniformly, each further one a patch drawn in
/// proportion to its squared distance from the nearest centre so far. It ends early when all patches
/// are centres.
fn seed_centres(points: &Points, most: usize, rng: &mut ChaCha8Rng) -> Vec<Vec<f32>> {
    let n = points.len();
    let mut distances = vec![f64::INFINITY; n];
    let mut centres: Vec<Vec<f32>> = Vec::new();
    let mut next = Some(rng.random_range(0..n as u64) as usize);
    while let Some(chosen) = next {
        let centre = points.point(chosen);
        distances
            .par_iter_mut()
            .zip(points.values.par_chunks(points.dimension))
            .with_min_len(PATCH_CHUNK)
            .for_each(|(distance, point)| {
                let new = 2.0 - 2.0 * dot(point, centre);
                *distance = distance.min(if new < SAME { 0.0 } else { new });
            });
        centres.push(centre.to_vec());
        next = if centres.len() < most {
            draw_in_proportion(&distances, rng)
        } else {
            None
        };
    }
    centres
}

/// An index, drawn in proportion to the weights; `None` if all are 0.
fn draw_in_proportion(weights: &[f64], rng: &mut ChaCha8Rng) -> Option<usize> {
    let total: f64 = weights.iter().sum();
    let mut left = rng.random::<f64>() * total;
    let mut last = None;
    for (i, &weight) in weights.iter().enumerate() {
        if weight > 0.0 {
            last = Some(i);
            if left < weight {
                break;
            }
            left -= weight;
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIGHT: [f32; 4] = [0.5, -0.5, 0.5, -0.5];
    const LEFT: [f32; 4] = [-0.5, 0.5, -0.5, 0.5];
    const DOWN: [f32; 4] = [0.5, 0.5, -0.5, -0.5];

    fn points(patches: &[[f32; 4]]) -> Points {
        Points {
            dimension: 4,
            values: patches.concat(),
        }
    }

    fn next(patches: &[[f32; 4]], centres: &[[f32; 4]]) -> Vec<Vec<f32>> {
        let points = points(patches);
        let centres: Vec<Vec<f32>> = centres.iter().map(|c| c.to_vec()).collect();
        points.means(&centres, &points.nearest(&centres))
    }

    /// Of equal centres the first takes all patches; the others move to the worst represented ones,
    /// the worst first.
    #[test]
    fn centres_without_patches_move() {
        let moved = next(&[RIGHT, RIGHT, DOWN, LEFT], &[RIGHT, RIGHT, RIGHT]);
        assert_eq!(moved[1..], [LEFT.to_vec(), DOWN.to_vec()]);
    }

    #[test]
    fn centres_stay_where_nothing_is_better() {
        // No patch is away from its centre.
        assert_eq!(next(&[RIGHT, RIGHT], &[RIGHT, RIGHT])[1], RIGHT);
        // The mean of opposite patches has no direction.
        assert_eq!(next(&[RIGHT, LEFT], &[DOWN]), [DOWN]);
    }

    /// Weights of 0 are never drawn, and nothing is if all are 0.
    #[test]
    fn draws_are_in_proportion() {
        let mut rng = stream(Use::Dictionary, 1, 0);
        assert_eq!(draw_in_proportion(&[0.0, 0.0], &mut rng), None);
        let mut counts = [0usize; 4];
        for _ in 0..4_000 {
            let drawn = draw_in_proportion(&[0.0, 1.0, 0.0, 3.0], &mut rng);
            counts[drawn.unwrap()] += 1;
        }
        assert_eq!((counts[0], counts[2]), (0, 0));
        // 1/4 of 4,000 is missed by 0.06 with probability below 2 exp(-2 * 4000 * 0.06^2) < 1e-12.
        assert!(counts[1].abs_diff(1_000) < 240, "{counts:?}");
    }
}
