//! The two-layer CNN: a convolution, relu, pooling over cells, a linear head.
//!
//! `f_o(x) = b_o + sum_{j,c} a_ojc pool_c relu(w_j * x + b_j)`, with n filters of k x k weights. Everything
//! is `f32`. The convolution of an image is one matrix product of the filters with its patches, and so
//! is the gradient of the filters; `ndarray` computes both.
//!
//! Losses follow the theory where it has them: with one output, class 0 is label +1 and class 1 is
//! label -1, and relu'(0) = 0.

use super::data::Images;
use super::streams::{Use, stream};
use ndarray::linalg::{general_mat_mul, general_mat_vec_mul};
use ndarray::{ArrayView1, ArrayView2, ArrayViewMut1, ArrayViewMut2};
use rand::RngExt;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Images whose gradients are summed by one task. Sums are taken in this order whatever the number of
/// threads, so results do not depend on it.
const CHUNK: usize = 8;

/// How the values of one cell become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum PoolKind {
    Average,
    Sum,
    Max,
}

/// Pooling over square cells that do not overlap; what is left at the lower and right edge is not
/// used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pooling {
    /// How.
    pub kind: PoolKind,
    /// Side of a cell; `None`: one cell, the whole map.
    pub side: Option<usize>,
}

/// The second layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Head {
    /// Trained, from U(-1/sqrt(fan in), 1/sqrt(fan in)).
    Trained,
    /// As in the theory: +1, -1, +1, ... and never moves; one output.
    FixedSigns,
}

/// What is minimised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// `max(0, 1 - y f)`, two classes, one output.
    Hinge,
    /// `1 - y f`, two classes, one output.
    Unhinged,
    /// `ln(1 + e^(-y f))`, two classes, one output.
    Logistic,
    /// `max(0, 1 + max_{c != y} f_c - f_y)`, one output a class.
    MulticlassHinge,
    /// Cross-entropy of the softmax, one output a class.
    Softmax,
}

impl Loss {
    /// Is it a loss of one output for two classes?
    pub fn is_binary(self) -> bool {
        matches!(self, Self::Hinge | Self::Unhinged | Self::Logistic)
    }
}

/// The network's form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Architecture {
    /// n.
    pub filters: usize,
    /// k: a filter has k x k weights.
    pub kernel: usize,
    /// Distance of neighbouring patches, in pixels.
    pub stride: usize,
    /// Pooling.
    pub pooling: Pooling,
    /// The head.
    pub head: Head,
    /// The loss, which decides the number of outputs.
    pub loss: Loss,
    /// Do filters and outputs have biases? The theory has none.
    pub bias: bool,
}

/// Why a network cannot be built for these images.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// A size is 0.
    #[error("{name}: found 0, expected at least 1")]
    Zero {
        /// Which.
        name: &'static str,
    },
    /// The filter does not fit into the image.
    #[error(
        "the kernel: found {kernel} x {kernel} pixels, expected at most {rows} x {columns}, the image"
    )]
    Kernel {
        /// k.
        kernel: usize,
        /// Image height.
        rows: usize,
        /// Image width.
        columns: usize,
    },
    /// The cell does not fit into the map.
    #[error(
        "the pooling: found cells of {side} x {side}, expected at most {rows} x {columns}, the map of a filter"
    )]
    Cell {
        /// Side of a cell.
        side: usize,
        /// Height of the map.
        rows: usize,
        /// Width of the map.
        columns: usize,
    },
    /// Nothing to tell apart.
    #[error("the images: found one class, expected at least 2")]
    OneClass,
    /// A loss of two classes for more.
    #[error(
        "the loss: found one for two classes, expected multiclass-hinge or softmax for {0} classes"
    )]
    Classes(usize),
    /// A fixed head has one output.
    #[error(
        "the head: found fixed signs with a loss of one output a class, expected hinge, unhinged or logistic"
    )]
    FixedHead,
    /// Too many parameters.
    #[error("the network: found {0} parameters, expected at most {MAX_PARAMETERS}")]
    TooLarge(u128),
}

/// Most parameters of a network.
pub const MAX_PARAMETERS: u128 = 1 << 26;

/// Sizes that follow from an architecture and the images' size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    architecture: Architecture,
    rows: usize,
    columns: usize,
    map_rows: usize,
    map_columns: usize,
    side_rows: usize,
    side_columns: usize,
    cell_rows: usize,
    cell_columns: usize,
    outputs: usize,
}

impl Shape {
    /// Checks that the network fits these images.
    ///
    /// # Errors
    /// [`NetworkError`], with what was found and what was expected.
    pub fn new(architecture: &Architecture, images: &Images) -> Result<Self, NetworkError> {
        let Architecture {
            filters,
            kernel,
            stride,
            pooling,
            ..
        } = *architecture;
        for (name, value) in [
            ("filters", filters),
            ("kernel", kernel),
            ("stride", stride),
            ("pooling", pooling.side.unwrap_or(1)),
        ] {
            if value == 0 {
                return Err(NetworkError::Zero { name });
            }
        }
        let (rows, columns) = (images.rows(), images.columns());
        if kernel > rows.min(columns) {
            return Err(NetworkError::Kernel {
                kernel,
                rows,
                columns,
            });
        }
        let (map_rows, map_columns) = (
            (rows - kernel) / stride + 1,
            (columns - kernel) / stride + 1,
        );
        let (side_rows, side_columns) = match pooling.side {
            None => (map_rows, map_columns),
            Some(side) if side > map_rows.min(map_columns) => {
                return Err(NetworkError::Cell {
                    side,
                    rows: map_rows,
                    columns: map_columns,
                });
            }
            Some(side) => (side, side),
        };
        let binary = architecture.loss.is_binary();
        if images.n_classes() < 2 {
            return Err(NetworkError::OneClass);
        }
        if binary && images.n_classes() != 2 {
            return Err(NetworkError::Classes(images.n_classes()));
        }
        if !binary && architecture.head == Head::FixedSigns {
            return Err(NetworkError::FixedHead);
        }
        let shape = Self {
            architecture: architecture.clone(),
            rows,
            columns,
            map_rows,
            map_columns,
            side_rows,
            side_columns,
            cell_rows: map_rows / side_rows,
            cell_columns: map_columns / side_columns,
            outputs: if binary { 1 } else { images.n_classes() },
        };
        let size = |n: usize| n as u128;
        let per_filter = size(kernel).pow(2) + 1 + size(shape.outputs) * size(shape.cells());
        let all = size(filters).saturating_mul(per_filter);
        if all > MAX_PARAMETERS {
            return Err(NetworkError::TooLarge(all));
        }
        Ok(shape)
    }

    /// The architecture.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// Number of outputs: 1 for a loss of two classes, else one a class.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Patches of an image.
    pub fn positions(&self) -> usize {
        self.map_rows * self.map_columns
    }

    /// Cells of the pooling.
    pub fn cells(&self) -> usize {
        self.cell_rows * self.cell_columns
    }

    /// Weights of a filter, k^2.
    pub fn patch(&self) -> usize {
        self.architecture.kernel.pow(2)
    }

    fn filters(&self) -> usize {
        self.architecture.filters
    }

    /// Weights of a filter and its bias, if any.
    fn width(&self) -> usize {
        self.patch() + usize::from(self.architecture.bias)
    }

    fn features(&self) -> usize {
        self.filters() * self.cells()
    }

    /// Where the k^2 weights of each filter stand among the parameters.
    pub fn filter_rows(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        let (width, patch) = (self.width(), self.patch());
        (0..self.filters()).map(move |j| j * width..j * width + patch)
    }

    /// Where the head begins among the parameters; its biases, if any, follow it.
    fn head_at(&self) -> usize {
        self.filters() * self.width()
    }

    fn bias_at(&self) -> usize {
        self.head_at() + self.outputs * self.features()
    }

    /// Number of parameters, those of a fixed head included.
    pub fn parameters(&self) -> usize {
        let biases = if self.has_output_bias() {
            self.outputs
        } else {
            0
        };
        self.bias_at() + biases
    }

    fn has_output_bias(&self) -> bool {
        self.architecture.bias && self.architecture.head == Head::Trained
    }

    /// Factor of a value in its cell.
    fn cell_weight(&self) -> f32 {
        match self.architecture.pooling.kind {
            PoolKind::Average => 1.0 / (self.side_rows * self.side_columns) as f32,
            PoolKind::Sum | PoolKind::Max => 1.0,
        }
    }
}

/// How pixels 0 to 255 become inputs: `pixel / 255 * scale + shift`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Normalisation {
    /// Factor.
    pub scale: f32,
    /// Summand.
    pub shift: f32,
}

impl Normalisation {
    /// Mean 0 and deviation 1 over these images; of constant images: mean 0.
    pub fn of(images: &Images) -> Self {
        let (mean, deviation) = images.mean_and_deviation();
        let scale = if deviation > 0.0 {
            1.0 / deviation
        } else {
            1.0
        };
        Self {
            scale: scale as f32,
            shift: (-mean * scale) as f32,
        }
    }
}

/// A network with its parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    shape: Shape,
    normalisation: Normalisation,
    /// Filters (n rows of k^2 weights and perhaps a bias), then the head (outputs x filters x cells),
    /// then perhaps the biases of the outputs.
    parameters: Vec<f32>,
}

/// What is kept of one image between forward and backward pass.
struct Workspace {
    input: Vec<f32>,
    /// k^2 (and perhaps a row of ones) x positions.
    patches: Vec<f32>,
    /// n x positions: before relu; in the backward pass the gradient there.
    map: Vec<f32>,
    features: Vec<f32>,
    /// For max pooling: the position that each feature comes from.
    chosen: Vec<usize>,
    outputs: Vec<f32>,
    /// Gradients of the outputs, of the features, and of one row of the map.
    d_outputs: Vec<f32>,
    d_features: Vec<f32>,
    row: Vec<f32>,
}

impl Workspace {
    fn new(shape: &Shape) -> Self {
        let mut patches = vec![0.0; shape.width() * shape.positions()];
        patches[shape.patch() * shape.positions()..].fill(1.0);
        Self {
            input: vec![0.0; shape.rows * shape.columns],
            patches,
            map: vec![0.0; shape.filters() * shape.positions()],
            features: vec![0.0; shape.features()],
            chosen: vec![0; shape.features()],
            outputs: vec![0.0; shape.outputs],
            d_outputs: vec![0.0; shape.outputs],
            d_features: vec![0.0; shape.features()],
            row: vec![0.0; shape.map_columns],
        }
    }
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

    fn read(&self, pixels: &[u8], work: &mut Workspace) {
        let Normalisation { scale, shift } = self.normalisation;
        let scale = scale / 255.0;
        for (x, &pixel) in work.input.iter_mut().zip(pixels) {
            *x = f32::from(pixel) * scale + shift;
        }
        let shape = &self.shape;
        let (kernel, stride) = (shape.architecture.kernel, shape.architecture.stride);
        for (at, row) in work
            .patches
            .chunks_mut(shape.positions())
            .take(shape.patch())
            .enumerate()
        {
            let (down, right) = (at / kernel, at % kernel);
            for (y, out) in row.chunks_mut(shape.map_columns).enumerate() {
                let from = (y * stride + down) * shape.columns + right;
                if stride == 1 {
                    out.copy_from_slice(&work.input[from..from + shape.map_columns]);
                } else {
                    let input = work.input[from..].iter().step_by(stride);
                    out.iter_mut().zip(input).for_each(|(x, y)| *x = *y);
                }
            }
        }
    }

    /// Fills patches, map, features and outputs. If a value before relu or an output leaves the range of `f32`
    /// all outputs are NaN, and so is the loss: relu, a maximum or a closed gate would hide it.
    fn forward(&self, pixels: &[u8], work: &mut Workspace) {
        self.read(pixels, work);
        let shape = &self.shape;
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
        match shape.architecture.pooling.kind {
            PoolKind::Max => self.pool_max(work),
            PoolKind::Average | PoolKind::Sum => self.pool_sum(work),
        }
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

    fn pool_sum(&self, work: &mut Workspace) {
        let shape = &self.shape;
        let weight = shape.cell_weight();
        let maps = work.map.chunks(shape.positions());
        for (map, features) in maps.zip(work.features.chunks_mut(shape.cells())) {
            let bands = map.chunks(shape.map_columns * shape.side_rows);
            for (band, cells) in bands.zip(features.chunks_mut(shape.cell_columns)) {
                work.row.fill(0.0);
                for line in band.chunks(shape.map_columns) {
                    for (sum, z) in work.row.iter_mut().zip(line) {
                        *sum += z.max(0.0);
                    }
                }
                for (cell, values) in cells.iter_mut().zip(work.row.chunks(shape.side_columns)) {
                    *cell = values.iter().sum::<f32>() * weight;
                }
            }
        }
    }

    fn pool_max(&self, work: &mut Workspace) {
        let shape = &self.shape;
        let features = work.features.chunks_mut(shape.cells());
        let chosen = work.chosen.chunks_mut(shape.cells());
        let maps = work.map.chunks(shape.positions()).zip(features).zip(chosen);
        for ((map, features), chosen) in maps {
            for (cell, (feature, chosen)) in features.iter_mut().zip(chosen).enumerate() {
                let top = cell / shape.cell_columns * shape.side_rows;
                let left = cell % shape.cell_columns * shape.side_columns;
                let mut best = top * shape.map_columns + left;
                for y in top..top + shape.side_rows {
                    for x in left..left + shape.side_columns {
                        let at = y * shape.map_columns + x;
                        if map[at] > map[best] {
                            best = at;
                        }
                    }
                }
                (*feature, *chosen) = (map[best].max(0.0), best);
            }
        }
    }

    /// The loss of the last forward pass, whether its answer is right, and `d loss / d output` times
    /// `share` into `d_outputs`.
    fn lose(&self, label: usize, share: f32, work: &mut Workspace) -> (f64, bool) {
        let f = &work.outputs;
        let right = is_right(f, label);
        let d = &mut work.d_outputs;
        d.fill(0.0);
        let loss = match self.shape.architecture.loss {
            Loss::Hinge | Loss::Unhinged | Loss::Logistic => {
                let sign = if label == 0 { 1.0 } else { -1.0 };
                let margin = sign * f[0];
                let (loss, gate) = match self.shape.architecture.loss {
                    Loss::Hinge if margin >= 1.0 => (0.0, 0.0),
                    Loss::Logistic => {
                        let decay = (-margin.abs()).exp();
                        let gate = if margin > 0.0 { decay } else { 1.0 } / (1.0 + decay);
                        ((-margin).max(0.0) + decay.ln_1p(), gate)
                    }
                    _ => (1.0 - margin, 1.0),
                };
                d[0] = -sign * gate * share;
                loss
            }
            Loss::MulticlassHinge => {
                let others = (0..f.len()).filter(|&c| c != label);
                let rival = others
                    .max_by(|&a, &b| f[a].total_cmp(&f[b]))
                    .unwrap_or(label);
                let loss = 1.0 + f[rival] - f[label];
                if loss > 0.0 && rival != label {
                    (d[rival], d[label]) = (share, -share);
                }
                // Not `max`, which would make 0 of NaN.
                if loss < 0.0 { 0.0 } else { loss }
            }
            Loss::Softmax => {
                let most = f.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let sum: f32 = f.iter().map(|x| (x - most).exp()).sum();
                for (d, x) in d.iter_mut().zip(f) {
                    *d = (x - most).exp() / sum * share;
                }
                d[label] -= share;
                sum.ln() + most - f[label]
            }
        };
        (f64::from(loss), right)
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
        match shape.architecture.pooling.kind {
            PoolKind::Max => unpool_max(shape, work),
            PoolKind::Average | PoolKind::Sum => unpool_sum(shape, work),
        }
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
        let tasks = batch.par_chunks(CHUNK).zip(gradient.shares.par_iter_mut());
        tasks.for_each(|(batch, sums)| {
            sums.gradient.fill(0.0);
            (sums.loss, sums.right) = (0.0, 0);
            for &i in batch {
                self.forward(images.pixels(i), &mut sums.workspace);
                let (loss, right) = self.lose(images.label(i), share, &mut sums.workspace);
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
        let sums = self.map_images(images, |work, i| {
            let (loss, right) = self.lose(images.label(i), 1.0, work);
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

fn unpool_sum(shape: &Shape, work: &mut Workspace) {
    let weight = shape.cell_weight();
    let maps = work.map.chunks_mut(shape.positions());
    for (map, d_features) in maps.zip(work.d_features.chunks(shape.cells())) {
        let (used, unused) =
            map.split_at_mut(shape.cell_rows * shape.side_rows * shape.map_columns);
        unused.fill(0.0);
        let bands = used.chunks_mut(shape.map_columns * shape.side_rows);
        for (band, cells) in bands.zip(d_features.chunks(shape.cell_columns)) {
            work.row.fill(0.0);
            for (row, d) in work.row.chunks_mut(shape.side_columns).zip(cells) {
                row.fill(d * weight);
            }
            for line in band.chunks_mut(shape.map_columns) {
                for (z, d) in line.iter_mut().zip(&work.row) {
                    // Without a branch, which the compiler turns into vector instructions.
                    let open = if *z > 0.0 { u32::MAX } else { 0 };
                    *z = f32::from_bits(d.to_bits() & open);
                }
            }
        }
    }
}

fn unpool_max(shape: &Shape, work: &mut Workspace) {
    let chosen = work.chosen.chunks(shape.cells());
    let d_features = work.d_features.chunks(shape.cells());
    let maps = work.map.chunks_mut(shape.positions()).zip(d_features);
    for ((map, d_features), chosen) in maps.zip(chosen) {
        // Cells do not overlap, so no position is chosen twice.
        let kept: Vec<bool> = chosen.iter().map(|&at| map[at] > 0.0).collect();
        map.fill(0.0);
        for ((&at, d), kept) in chosen.iter().zip(d_features).zip(kept) {
            if kept {
                map[at] = *d;
            }
        }
    }
}

/// What each filter adds to each output on some images: the output of the network in which only some
/// filters are left is the sum of theirs, and its biases.
#[derive(Debug, Clone, PartialEq)]
pub struct Contributions {
    filters: usize,
    labels: Vec<usize>,
    /// Images x filters x outputs.
    values: Vec<f32>,
    biases: Vec<f32>,
}

impl Contributions {
    /// Accuracy with only the first k of these filters, for k = 0, 1, ... to all of them; the head
    /// and its biases are as trained.
    ///
    /// # Cost
    /// Images x filters x outputs.
    pub fn curve(&self, order: &[usize]) -> Vec<f64> {
        let outputs = self.biases.len();
        let rows = self.values.par_chunks(self.filters * outputs);
        let right = rows
            .zip(&self.labels)
            .fold(
                || vec![0u64; order.len() + 1],
                |mut right, (row, &label)| {
                    let mut f = self.biases.clone();
                    right[0] += u64::from(is_right(&f, label));
                    for (count, &j) in right[1..].iter_mut().zip(order) {
                        let add = &row[j * outputs..(j + 1) * outputs];
                        f.iter_mut().zip(add).for_each(|(f, x)| *f += x);
                        *count += u64::from(is_right(&f, label));
                    }
                    right
                },
            )
            .reduce(
                || vec![0u64; order.len() + 1],
                |a, b| a.iter().zip(&b).map(|(x, y)| x + y).collect(),
            );
        let n = self.labels.len().max(1) as f64;
        right.into_iter().map(|count| count as f64 / n).collect()
    }
}

/// Is the answer right? A tie is an error.
fn is_right(outputs: &[f32], label: usize) -> bool {
    match outputs {
        [f] => (label == 0 && *f > 0.0) || (label == 1 && *f < 0.0),
        _ => {
            let mut others = outputs.iter().enumerate().filter(|(c, _)| *c != label);
            others.all(|(_, f)| *f < outputs[label])
        }
    }
}

/// Are all values finite? A maximum over their bits, without a branch, which the compiler turns into vector
/// instructions.
fn all_finite(values: &[f32]) -> bool {
    let largest = values.iter().fold(0, |m: u32, x| m.max(x.abs().to_bits()));
    largest < f32::INFINITY.to_bits()
}

fn norm(values: &[f32]) -> f64 {
    let squares = values.iter().map(|&x| f64::from(x) * f64::from(x));
    squares.sum::<f64>().sqrt()
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn matrix(values: &[f32], rows: usize, columns: usize) -> ArrayView2<'_, f32> {
    ArrayView2::from_shape((rows, columns), values).expect("rows x columns values")
}

fn matrix_mut(values: &mut [f32], rows: usize, columns: usize) -> ArrayViewMut2<'_, f32> {
    ArrayViewMut2::from_shape((rows, columns), values).expect("rows x columns values")
}
