//! The form of a network, the sizes that follow from it, and how pixels become inputs.

use super::loss::Loss;
use crate::images::data::Images;
use serde::{Deserialize, Serialize};
use thiserror::Error;

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
    pub(super) architecture: Architecture,
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) map_rows: usize,
    pub(super) map_columns: usize,
    pub(super) side_rows: usize,
    pub(super) side_columns: usize,
    pub(super) cell_rows: usize,
    pub(super) cell_columns: usize,
    pub(super) outputs: usize,
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

    pub(super) fn filters(&self) -> usize {
        self.architecture.filters
    }

    /// Weights of a filter and its bias, if any.
    pub(super) fn width(&self) -> usize {
        self.patch() + usize::from(self.architecture.bias)
    }

    pub(super) fn features(&self) -> usize {
        self.filters() * self.cells()
    }

    /// Where the k^2 weights of each filter stand among the parameters.
    pub fn filter_rows(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        let (width, patch) = (self.width(), self.patch());
        (0..self.filters()).map(move |j| j * width..j * width + patch)
    }

    /// Where the head begins among the parameters; its biases, if any, follow it.
    pub(super) fn head_at(&self) -> usize {
        self.filters() * self.width()
    }

    pub(super) fn bias_at(&self) -> usize {
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

    pub(super) fn has_output_bias(&self) -> bool {
        self.architecture.bias && self.architecture.head == Head::Trained
    }

    /// Factor of a value in its cell.
    pub(super) fn cell_weight(&self) -> f32 {
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
