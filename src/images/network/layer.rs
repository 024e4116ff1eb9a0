//! Patches, pooling and its way back: what one image goes through between the pixels and the head.

use super::loss::Loss;
use super::shape::{Normalisation, PoolKind, Shape};
use ndarray::{ArrayView2, ArrayViewMut2};

/// What is kept of one image between forward and backward pass.
pub(super) struct Workspace {
    pub(super) input: Vec<f32>,
    /// k^2 (and perhaps a row of ones) x positions.
    pub(super) patches: Vec<f32>,
    /// n x positions: before relu; in the backward pass the gradient there.
    pub(super) map: Vec<f32>,
    pub(super) features: Vec<f32>,
    /// For max pooling: the position that each feature comes from.
    pub(super) chosen: Vec<usize>,
    pub(super) outputs: Vec<f32>,
    /// Gradients of the outputs, of the features, and of one row of the map.
    pub(super) d_outputs: Vec<f32>,
    pub(super) d_features: Vec<f32>,
    pub(super) row: Vec<f32>,
}

impl Workspace {
    pub(super) fn new(shape: &Shape) -> Self {
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

    /// Normalises the pixels and sets out the patches, one a column.
    pub(super) fn read(&mut self, shape: &Shape, normalisation: Normalisation, pixels: &[u8]) {
        let Normalisation { scale, shift } = normalisation;
        let scale = scale / 255.0;
        for (x, &pixel) in self.input.iter_mut().zip(pixels) {
            *x = f32::from(pixel) * scale + shift;
        }
        let (kernel, stride) = (shape.architecture.kernel, shape.architecture.stride);
        for (at, row) in self
            .patches
            .chunks_mut(shape.positions())
            .take(shape.patch())
            .enumerate()
        {
            let (down, right) = (at / kernel, at % kernel);
            for (y, out) in row.chunks_mut(shape.map_columns).enumerate() {
                let from = (y * stride + down) * shape.columns + right;
                if stride == 1 {
                    out.copy_from_slice(&self.input[from..from + shape.map_columns]);
                } else {
                    let input = self.input[from..].iter().step_by(stride);
                    out.iter_mut().zip(input).for_each(|(x, y)| *x = *y);
                }
            }
        }
    }

    /// The loss of the last forward pass, whether its answer is right, and `d loss / d output` times
    /// `share` into `d_outputs`.
    pub(super) fn lose(&mut self, loss: Loss, label: usize, share: f32) -> (f64, bool) {
        loss.lose(label, share, &self.outputs, &mut self.d_outputs)
    }
}

/// The features of the map: relu and pooling.
pub(super) fn pool(shape: &Shape, work: &mut Workspace) {
    match shape.architecture.pooling.kind {
        PoolKind::Max => pool_max(shape, work),
        PoolKind::Average | PoolKind::Sum => pool_sum(shape, work),
    }
}

/// The gradient of the map, in its place, from that of the features.
pub(super) fn unpool(shape: &Shape, work: &mut Workspace) {
    match shape.architecture.pooling.kind {
        PoolKind::Max => unpool_max(shape, work),
        PoolKind::Average | PoolKind::Sum => unpool_sum(shape, work),
    }
}

fn pool_sum(shape: &Shape, work: &mut Workspace) {
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

fn pool_max(shape: &Shape, work: &mut Workspace) {
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

/// Are all values finite? A maximum over their bits, without a branch, which the compiler turns into vector
/// instructions.
pub(super) fn all_finite(values: &[f32]) -> bool {
    let largest = values.iter().fold(0, |m: u32, x| m.max(x.abs().to_bits()));
    largest < f32::INFINITY.to_bits()
}

pub(super) fn matrix(values: &[f32], rows: usize, columns: usize) -> ArrayView2<'_, f32> {
    ArrayView2::from_shape((rows, columns), values).expect("rows x columns values")
}

pub(super) fn matrix_mut(
    values: &mut [f32],
    rows: usize,
    columns: usize,
) -> ArrayViewMut2<'_, f32> {
    ArrayViewMut2::from_shape((rows, columns), values).expect("rows x columns values")
}
