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
    /// For each filter the mean over the images of class 0 of what it adds to the answer "class 0", less the mean over
    /// those of class 1; of two classes. 0 of a class without images.
    ///
    /// # Cost
    /// Images x filters.
    pub fn class_difference(&self) -> Vec<f64> {
        let outputs = self.biases.len();
        let mut sums = vec![[0.0f64; 2]; self.filters];
        let mut counts = [0.0f64; 2];
        for (row, &label) in self.values.chunks(self.filters * outputs).zip(&self.labels) {
            let y = label.min(1);
            counts[y] += 1.0;
            for (sum, adds) in sums.iter_mut().zip(row.chunks(outputs)) {
                sum[y] += match adds {
                    [f] => f64::from(*f),
                    _ => f64::from(adds[0]) - f64::from(adds[1]),
                };
            }
        }
        let mean = |sum: f64, n: f64| if n > 0.0 { sum / n } else { 0.0 };
        let each = sums
            .iter()
            .map(|s| mean(s[0], counts[0]) - mean(s[1], counts[1]));
        each.collect()
    }

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
