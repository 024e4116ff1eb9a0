//! What each filter adds to the outputs, and accuracy with some filters only.

use super::loss::is_right;
use rayon::prelude::*;

/// What each filter adds to each output on some images: the output of the network in which only some
/// filters are left is the sum of theirs, and its biases.
#[derive(Debug, Clone, PartialEq)]
pub struct Contributions {
    pub(super) filters: usize,
    pub(super) labels: Vec<usize>,
    /// Images x filters x outputs.
    pub(super) values: Vec<f32>,
    pub(super) biases: Vec<f32>,
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
