//! The two-layer CNN: a convolution, relu, pooling over cells, a linear head.
//!
//! `f_o(x) = b_o + sum_{j,c} a_ojc pool_c relu(w_j * x + b_j)`, with n filters of k x k weights. Everything
//! is `f32`. The convolution of an image is one matrix product of the filters with its patches, and so
//! is the gradient of the filters; `ndarray` computes both.
//!
//! Losses follow the theory where it has them: with one output, class 0 is label +1 and class 1 is
//! label -1, and relu'(0) = 0.

mod contributions;
mod layer;
mod loss;
mod shape;

pub use contributions::Contributions;
pub use loss::Loss;
pub use shape::{
    Architecture, Head, MAX_PARAMETERS, NetworkError, Normalisation, PoolKind, Pooling, Shape,
};

use super::data::Images;
use super::statistics::norm;
use super::streams::{Use, stream};
use layer::{Workspace, all_finite, matrix, matrix_mut, pool, unpool};
use ndarray::linalg::{general_mat_mul, general_mat_vec_mul};
use ndarray::{ArrayView1, ArrayViewMut1};
use rand::RngExt;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Images whose gradients are summed by one task. Sums are taken in this order whatever the number of
/// threads, so results do not depend on it.
const CHUNK: usize = 8;

/// A network with its parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    shape: Shape,
    normalisation: Normalisation,
    /// Filters (n rows of k^2 weights and perhaps a bias), then the head (outputs x filters x cells),
    /// then perhaps the biases of the outputs.
    parameters: Vec<f32>,
}

/// The sums that one task collects.
struct Share {
    workspace: Workspace,
    gradient: Vec<f32>,
    loss: f64,
    right: u64,
}

/// Sums over a batch, with room to work in; made once for a run.
pub struct Gradient {
    shares: Vec<Share>,
    /// Sum over the images of the batch, divided by their number.
    pub values: Vec<f32>,
}

/// Loss and accuracy on some images.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Mean loss; not finite if the network overflows on an image.
    pub loss: f64,
    /// Share of right answers; a tie is an error.
    pub accuracy: f64,
}

impl Network {
    /// A network with random parameters: filters (and their biases) uniform on
    /// `(-scale/k, scale/k)`, k^2 being a filter's fan in; a trained head uniform on
    /// `(-1/sqrt(fan in), 1/sqrt(fan in))`. Drawn from the stream [`Use::Initial`] of
    /// this seed.
    pub fn random(shape: &Shape, normalisation: Normalisation, scale: f32, seed: u64) -> Self {
        let mut rng = stream(Use::Initial, seed, 0);
        let mut uniform = |bound: f32| bound * (2.0 * rng.random::<f32>() - 1.0);
        let mut parameters = vec![0.0; shape.parameters()];
        let (filters, head) = parameters.split_at_mut(shape.head_at());
        let bound = scale / shape.architecture.kernel as f32;
        filters.iter_mut().for_each(|w| *w = uniform(bound));
        match shape.architecture.head {
            Head::Trained => {
                let bound = 1.0 / (shape.features() as f32).sqrt();
                head.iter_mut().for_each(|a| *a = uniform(bound));
            }
            Head::FixedSigns => {
                for (j, row) in head.chunks_mut(shape.cells()).enumerate() {
                    row.fill(if j % 2 == 0 { 1.0 } else { -1.0 });
                }
            }
        }
        Self {
            shape: shape.clone(),
            normalisation,
            parameters,
        }
    }

    /// A network with these parameters; `None` if their number is another.
    pub fn with_parameters(
        shape: &Shape,
        normalisation: Normalisation,
        parameters: Vec<f32>,
    ) -> Option<Self> {
        (parameters.len() == shape.parameters()).then(|| Self {
            shape: shape.clone(),
            normalisation,
            parameters,
        })
    }

    /// The shape.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The normalisation of its inputs.
    pub fn normalisation(&self) -> Normalisation {
        self.normalisation
    }

    /// All parameters: filters row by row (k^2 weights, then the bias if there is one), the head
    /// (output by output, filter by filter, cell by cell), the biases of the outputs.
    pub fn parameters(&self) -> &[f32] {
        &self.parameters
    }

    /// The k^2 weights of each filter.
    pub fn filters(&self) -> impl Iterator<Item = &[f32]> {
        let patch = self.shape.patch();
        let filters = &self.parameters[..self.shape.head_at()];
        filters.chunks(self.shape.width()).map(move |w| &w[..patch])
    }

    /// The head's weights of filter j on output o, one a cell.
    pub fn head(&self, output: usize, filter: usize) -> &[f32] {
        let cells = self.shape.cells();
        let at = self.shape.head_at() + (output * self.shape.filters() + filter) * cells;
        &self.parameters[at..at + cells]
    }

    /// `|w_j|` of each filter, its bias not counted.
    pub fn filter_norms(&self) -> Vec<f64> {
        self.filters().map(norm).collect()
    }

    /// `|a_j|` of each filter: the norm of its head weights over all outputs and cells.
    pub fn head_norms(&self) -> Vec<f64> {
        (0..self.shape.filters())
            .map(|j| {
                let outputs = (0..self.shape.outputs).map(|o| norm(self.head(o, j)));
                outputs.map(|x| x * x).sum::<f64>().sqrt()
            })
            .collect()
    }

    /// Are all parameters finite?
    pub fn is_finite(&self) -> bool {
        all_finite(&self.parameters)
    }

    /// Fills patches, map, features and outputs. If a value before relu or an output leaves the range of `f32`
    /// all outputs are NaN, and so is the loss: relu, a maximum or a closed gate would hide it.
    fn forward(&self, pixels: &[u8], work: &mut Workspace) {
        let shape = &self.shape;
        work.read(shape, self.normalisation, pixels);
        let (n, width, positions) = (shape.filters(), shape.width(), shape.positions());
        let filters = matrix(&self.parameters[..shape.head_at()], n, width);
        let patches = matrix(&work.patches, width, positions);
        general_mat_mul(
            1.0,
            &filters,
            &patches,
            0.0,
            &mut matrix_mut(&mut work.map, n, positions),
        );
        let finite = all_finite(&work.map);
        pool(shape, work);
        let head = &self.parameters[shape.head_at()..shape.bias_at()];
        work.outputs.fill(0.0);
        work.outputs
            .iter_mut()
            .zip(&self.parameters[shape.bias_at()..])
            .for_each(|(f, b)| *f = *b);
        general_mat_vec_mul(
            1.0,
            &matrix(head, shape.outputs, shape.features()),
            &ArrayView1::from(&work.features),
            1.0,
            &mut ArrayViewMut1::from(&mut work.outputs),
        );
        if !finite || !all_finite(&work.outputs) {
            work.outputs.fill(f32::NAN);
        }
    }

    /// Adds the gradient of the image of the last forward pass.
    fn backward(&self, work: &mut Workspace, gradient: &mut [f32]) {
        let shape = &self.shape;
        let (filters, rest) = gradient.split_at_mut(shape.head_at());
        let head = &self.parameters[shape.head_at()..shape.bias_at()];
        if shape.architecture.head == Head::Trained {
            let (rows, biases) = rest.split_at_mut(shape.bias_at() - shape.head_at());
            for (row, d) in rows.chunks_mut(shape.features()).zip(&work.d_outputs) {
                for (g, feature) in row.iter_mut().zip(&work.features) {
                    *g += d * feature;
                }
            }
            for (g, d) in biases.iter_mut().zip(&work.d_outputs) {
                *g += d;
            }
        }
        if work.d_outputs.iter().all(|d| *d == 0.0) {
            return;
        }
        work.d_features.fill(0.0);
        for (row, d) in head.chunks(shape.features()).zip(&work.d_outputs) {
            for (g, a) in work.d_features.iter_mut().zip(row) {
                *g += d * a;
            }
        }
        unpool(shape, work);
        let (n, width, positions) = (shape.filters(), shape.width(), shape.positions());
        general_mat_mul(
            1.0,
            &matrix(&work.map, n, positions),
            &matrix(&work.patches, width, positions).t(),
            1.0,
            &mut matrix_mut(filters, n, width),
        );
    }

    /// Room for gradients of batches of up to this many images.
    pub fn gradient(&self, batch: usize) -> Gradient {
        let share = || Share {
            workspace: Workspace::new(&self.shape),
            gradient: vec![0.0; self.parameters.len()],
            loss: 0.0,
            right: 0,
        };
        Gradient {
            shares: (0..batch.div_ceil(CHUNK).max(1)).map(|_| share()).collect(),
            values: vec![0.0; self.parameters.len()],
        }
    }

    /// The mean gradient over some images, by position, and the sum of their losses and the number
    /// of right answers before the step.
    ///
    /// # Cost
    /// Two products of n x k^2 with k^2 x positions an image.
    pub fn differentiate(
        &self,
        images: &Images,
        batch: &[usize],
        gradient: &mut Gradient,
    ) -> (f64, u64) {
        let share = 1.0 / batch.len().max(1) as f32;
        let of = self.shape.architecture.loss;
        let tasks = batch.par_chunks(CHUNK).zip(gradient.shares.par_iter_mut());
        tasks.for_each(|(batch, sums)| {
            sums.gradient.fill(0.0);
            (sums.loss, sums.right) = (0.0, 0);
            for &i in batch {
                self.forward(images.pixels(i), &mut sums.workspace);
                let (loss, right) = sums.workspace.lose(of, images.label(i), share);
                sums.loss += loss;
                sums.right += u64::from(right);
                self.backward(&mut sums.workspace, &mut sums.gradient);
            }
        });
        let used = &gradient.shares[..batch.len().div_ceil(CHUNK).min(gradient.shares.len())];
        gradient.values.fill(0.0);
        for part in used {
            for (sum, x) in gradient.values.iter_mut().zip(&part.gradient) {
                *sum += x;
            }
        }
        let sums = used.iter().map(|part| (part.loss, part.right));
        sums.fold((0.0, 0), |(a, b), (c, d)| (a + c, b + d))
    }

    /// One step against a gradient. A fixed head stays.
    pub fn descend(&mut self, gradient: &Gradient, step: f32) {
        let end = match self.shape.architecture.head {
            Head::Trained => self.parameters.len(),
            Head::FixedSigns => self.shape.head_at(),
        };
        for (x, g) in self.parameters[..end].iter_mut().zip(&gradient.values) {
            *x -= step * g;
        }
    }

    /// Loss and accuracy on all of these images.
    pub fn score(&self, images: &Images) -> Score {
        let of = self.shape.architecture.loss;
        let sums = self.map_images(images, |work, i| {
            let (loss, right) = work.lose(of, images.label(i), 1.0);
            (loss, u64::from(right))
        });
        let (loss, right) = sums.iter().fold((0.0, 0), |(a, b), (c, d)| (a + c, b + d));
        let n = images.len().max(1) as f64;
        Score {
            loss: loss / n,
            accuracy: right as f64 / n,
        }
    }

    /// What each filter adds to each output, image by image: [`Contributions`].
    pub fn contributions(&self, images: &Images) -> Contributions {
        let (n, outputs, cells) = (self.shape.filters(), self.shape.outputs, self.shape.cells());
        let rows = self.map_images(images, |work, _| {
            let mut row = Vec::with_capacity(n * outputs);
            for j in 0..n {
                let features = &work.features[j * cells..(j + 1) * cells];
                row.extend((0..outputs).map(|o| dot(self.head(o, j), features)));
            }
            row
        });
        let mut biases = self.parameters[self.shape.bias_at()..].to_vec();
        biases.resize(outputs, 0.0);
        Contributions {
            filters: n,
            labels: (0..images.len()).map(|i| images.label(i)).collect(),
            values: rows.concat(),
            biases,
        }
    }

    /// The outputs on one image; NaN if a value on the way leaves the range of `f32`.
    pub fn outputs(&self, pixels: &[u8]) -> Vec<f32> {
        let mut work = Workspace::new(&self.shape);
        self.forward(pixels, &mut work);
        work.outputs
    }

    /// After a forward pass of each image, what `read` finds; in the images' order.
    fn map_images<T: Send>(
        &self,
        images: &Images,
        read: impl Fn(&mut Workspace, usize) -> T + Sync,
    ) -> Vec<T> {
        (0..images.len())
            .into_par_iter()
            .map_init(
                || Workspace::new(&self.shape),
                |work, i| {
                    self.forward(images.pixels(i), work);
                    read(work, i)
                },
            )
            .collect()
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
