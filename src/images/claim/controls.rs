//! Controls: what a run on real images is compared with, made so that one thing is missing and everything
//! else is the same.

use crate::images::data::{DataError, Images};
use crate::images::network::Network;
use crate::images::statistics::norm;
use crate::images::streams::{Use, stream};
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// The real images and labels, or a control.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// Nothing is changed.
    Real,
    /// The labels of the training images, in random order: nothing can be learnt but the sample.
    ShuffledLabels,
    /// The pixels of all images, in one random order: the same numbers, no patch that means anything.
    PermutedPixels,
    /// Each image with the amplitudes of its own spectrum and random phases: its textures without its edges.
    RandomPhases,
    /// The network before its first step.
    Untrained,
    /// The trained head on filters of random directions with the norms of the initial ones.
    RandomFilters,
    /// The trained head on filters of random directions with the norms of the trained ones.
    NormMatched,
    /// A linear model of the pixels, trained on the same images; for accuracy alone.
    Linear,
    /// The same network from scale 1 of the initialisation.
    LargeStart,
}

impl Condition {
    /// Controls that are networks, not training runs: they follow from the real run.
    pub const DERIVED: [Self; 3] = [Self::Untrained, Self::RandomFilters, Self::NormMatched];

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Real => "real",
            Self::ShuffledLabels => "labels shuffled",
            Self::PermutedPixels => "pixels permuted",
            Self::RandomPhases => "random phases",
            Self::Untrained => "untrained",
            Self::RandomFilters => "random filters of the initial norms",
            Self::NormMatched => "random filters of the trained norms",
            Self::Linear => "linear model",
            Self::LargeStart => "initial scale 1",
        }
    }

    /// The images that a run of this condition has, by the condition that makes them.
    pub fn images(self) -> Self {
        match self {
            Self::PermutedPixels | Self::RandomPhases => self,
            _ => Self::Real,
        }
    }
}

/// The labels of some images in random order.
///
/// # Errors
/// None that images can have which were valid before.
pub fn shuffled_labels(images: &Images, seed: u64) -> Result<Images, DataError> {
    let mut labels: Vec<u8> = (0..images.len()).map(|i| images.label(i) as u8).collect();
    labels.shuffle(&mut stream(Use::ShuffledLabels, seed, 0));
    let pixels = (0..images.len()).flat_map(|i| images.pixels(i).iter().copied());
    Images::new(
        images.rows(),
        images.columns(),
        images.n_classes(),
        pixels.collect(),
        labels,
    )
}

/// All images with their pixels in one random order, which the seed decides alone: training and test images
/// of one seed agree.
///
/// # Errors
/// As [`shuffled_labels`].
pub fn permuted_pixels(images: &Images, seed: u64) -> Result<Images, DataError> {
    let mut order: Vec<usize> = (0..images.rows() * images.columns()).collect();
    order.shuffle(&mut stream(Use::PermutedPixels, seed, 0));
    changed(images, |i, pixels| {
        let old = images.pixels(i);
        pixels.extend(order.iter().map(|&at| old[at]));
    })
}

/// Each image with the amplitudes of its own Fourier spectrum and the phases of white noise; the mean stays, up to
/// clipping to 0..=255. `set` tells training from test images.
///
/// # Errors
/// As [`shuffled_labels`].
///
/// # Cost
/// Images x rows x columns x (rows + columns).
pub fn random_phases(images: &Images, seed: u64, set: u64) -> Result<Images, DataError> {
    let mut rng = stream(Use::RandomPhases, seed, set);
    let (rows, columns) = (images.rows(), images.columns());
    let (along, down) = (Roots::new(columns), Roots::new(rows));
    changed(images, |i, pixels| {
        let real: Vec<(f64, f64)> = images
            .pixels(i)
            .iter()
            .map(|&x| (f64::from(x), 0.0))
            .collect();
        let noise: Vec<(f64, f64)> = real.iter().map(|_| (gaussian(&mut rng), 0.0)).collect();
        let spectrum = transform(&real, &along, &down, false);
        let phases = transform(&noise, &along, &down, false);
        let mixed = spectrum.iter().zip(&phases).enumerate();
        let mixed: Vec<(f64, f64)> = mixed
            .map(|(at, (x, n))| {
                let length = n.0.hypot(n.1);
                // The constant keeps its sign: the image keeps its mean.
                if at == 0 || length == 0.0 {
                    return *x;
                }
                let amplitude = x.0.hypot(x.1) / length;
                (n.0 * amplitude, n.1 * amplitude)
            })
            .collect();
        let scale = 1.0 / (rows * columns) as f64;
        let back = transform(&mixed, &along, &down, true);
        pixels.extend(
            back.iter()
                .map(|z| (z.0 * scale).round().clamp(0.0, 255.0) as u8),
        );
    })
}

fn changed(
    images: &Images,
    mut write: impl FnMut(usize, &mut Vec<u8>),
) -> Result<Images, DataError> {
    let mut pixels = Vec::with_capacity(images.len() * images.rows() * images.columns());
    for i in 0..images.len() {
        write(i, &mut pixels);
    }
    let labels = (0..images.len()).map(|i| images.label(i) as u8).collect();
    Images::new(
        images.rows(),
        images.columns(),
        images.n_classes(),
        pixels,
        labels,
    )
}

/// The n-th roots of 1.
struct Roots(Vec<(f64, f64)>);

impl Roots {
    fn new(n: usize) -> Self {
        let angle = |k: usize| -std::f64::consts::TAU * k as f64 / n as f64;
        Self((0..n).map(|k| (angle(k).cos(), angle(k).sin())).collect())
    }

    /// The discrete Fourier transform of n values, `step` apart from `first`.
    fn apply(&self, values: &mut [(f64, f64)], first: usize, step: usize, back: bool) {
        let n = self.0.len();
        let line: Vec<(f64, f64)> = (0..n).map(|k| values[first + k * step]).collect();
        for k in 0..n {
            let mut sum = (0.0, 0.0);
            for (x, z) in line.iter().enumerate() {
                let (c, s) = self.0[k * x % n];
                let s = if back { -s } else { s };
                sum = (sum.0 + z.0 * c - z.1 * s, sum.1 + z.0 * s + z.1 * c);
            }
            values[first + k * step] = sum;
        }
    }
}

/// In two dimensions, rows first; without a factor.
fn transform(values: &[(f64, f64)], along: &Roots, down: &Roots, back: bool) -> Vec<(f64, f64)> {
    let mut values = values.to_vec();
    let (rows, columns) = (down.0.len(), along.0.len());
    for row in 0..rows {
        along.apply(&mut values, row * columns, 1, back);
    }
    for column in 0..columns {
        down.apply(&mut values, column, columns, back);
    }
    values
}

/// A standard normal number, by Box and Muller's method.
fn gaussian(rng: &mut ChaCha8Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()
}

/// The network of a condition, from the trained one and its start: itself unless the condition is one of
/// [`Condition::DERIVED`].
pub fn derived(condition: Condition, trained: &Network, start: &Network, seed: u64) -> Network {
    match condition {
        Condition::Untrained => start.clone(),
        Condition::RandomFilters => random_filters(trained, start, seed),
        Condition::NormMatched => norm_matched(trained, seed),
        _ => trained.clone(),
    }
}

/// The network with filters of random directions, uniform on the sphere, and the norms of its own: heads and
/// biases stay.
pub fn norm_matched(network: &Network, seed: u64) -> Network {
    with_filters(
        network,
        &mut stream(Use::RandomFilters, seed, 1),
        |own, drawn| {
            let scale = norm(own) / norm(drawn).max(f64::MIN_POSITIVE);
            drawn
                .iter()
                .map(|x| (f64::from(*x) * scale) as f32)
                .collect()
        },
    )
}

/// The network with filters of random directions, uniform on the sphere, and the norms that the filters of
/// `start` have: heads and biases stay.
pub fn random_filters(network: &Network, start: &Network, seed: u64) -> Network {
    let norms = start.filter_norms();
    let mut filters = norms.iter().cycle();
    with_filters(
        network,
        &mut stream(Use::RandomFilters, seed, 0),
        |_, drawn| {
            let length = filters.next().copied().unwrap_or(0.0);
            let scale = length / norm(drawn).max(f64::MIN_POSITIVE);
            drawn
                .iter()
                .map(|x| (f64::from(*x) * scale) as f32)
                .collect()
        },
    )
}

fn with_filters(
    network: &Network,
    rng: &mut ChaCha8Rng,
    mut make: impl FnMut(&[f32], &[f32]) -> Vec<f32>,
) -> Network {
    let mut parameters = network.parameters().to_vec();
    for row in network.shape().filter_rows() {
        let drawn: Vec<f32> = row.clone().map(|_| gaussian(rng) as f32).collect();
        let made = make(&parameters[row.clone()], &drawn);
        parameters[row].copy_from_slice(&made);
    }
    let made = Network::with_parameters(network.shape(), network.normalisation(), parameters);
    made.unwrap_or_else(|| network.clone())
}
