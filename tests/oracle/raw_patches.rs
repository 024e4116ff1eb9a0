//! A second, plain SGD: filters and patterns are real vectors, images are lists of patch vectors,
//! the first layer is a convolution (one inner product a patch and filter), and the gradient is the
//! chain rule written out. It shares nothing with the simulator but the problem.

use filtercert::number::{Q, ratio};
use filtercert::problem::{Activation, Label, Loss, Pooling, Problem, Train};
use num_traits::{ToPrimitive, Zero};

pub struct RawNetwork<'p> {
    problem: &'p Problem,
    pub patterns: Vec<Vec<f64>>,
    pub filters: Vec<Vec<f64>>,
    pub head: Vec<f64>,
    eta: f64,
    slope: f64,
    /// Smallest distance of a decision from its threshold, over all steps so far.
    pub closest: f64,
}

fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(a, b)| a * b).sum()
}

impl<'p> RawNetwork<'p> {
    pub fn new(problem: &'p Problem) -> Self {
        let n_patterns = problem.n_patterns();
        let vectors: Vec<Vec<Q>> = match problem.dictionary().vectors() {
            Some(vectors) => vectors.to_vec(),
            None => (0..n_patterns)
                .map(|p| {
                    (0..n_patterns)
                        .map(|i| ratio(i64::from(i == p), 1))
                        .collect()
                })
                .collect(),
        };
        // A vector in the span with the given coordinates: sum_p (X z)_p p, X a generalised inverse.
        let filters = problem
            .network()
            .weights
            .iter_rows()
            .map(|z| {
                let coefficients: Vec<Q> = match problem.dictionary().gram_inverse() {
                    None => z.to_vec(),
                    Some(x) => x
                        .iter_rows()
                        .map(|row| row.iter().zip(z).fold(Q::zero(), |s, (a, b)| s + a * b))
                        .collect(),
                };
                (0..vectors[0].len())
                    .map(|i| {
                        let pairs = coefficients.iter().zip(&vectors);
                        let entry = pairs.fold(Q::zero(), |s, (c, v)| s + c * &v[i]);
                        entry.to_f64().unwrap()
                    })
                    .collect()
            })
            .collect();
        let floats = |v: &[Q]| v.iter().map(|x| x.to_f64().unwrap()).collect::<Vec<_>>();
        RawNetwork {
            problem,
            patterns: vectors.iter().map(|v| floats(v)).collect(),
            filters,
            head: floats(&problem.network().head),
            eta: problem.training().step.to_f64().unwrap(),
            slope: match &problem.network().activation {
                Activation::LeakyRelu { slope } => slope.to_f64().unwrap(),
                _ => 0.0,
            },
            closest: f64::INFINITY,
        }
    }

    pub fn coordinate(&self, j: usize, p: usize) -> f64 {
        dot(&self.filters[j], &self.patterns[p])
    }

    fn sigma(&self, z: f64) -> f64 {
        match self.problem.network().activation {
            Activation::Relu => z.max(0.0),
            Activation::LeakyRelu { .. } => z.max(self.slope * z),
            Activation::Identity => z,
            Activation::Relu2 => z.max(0.0) * z.max(0.0),
        }
    }

    fn sigma_prime(&mut self, z: f64) -> f64 {
        match self.problem.network().activation {
            Activation::Relu | Activation::LeakyRelu { .. } => {
                self.decided(z);
                if z > 0.0 { 1.0 } else { self.slope }
            }
            Activation::Identity => 1.0,
            Activation::Relu2 => 2.0 * z.max(0.0),
        }
    }

    fn decided(&mut self, distance: f64) {
        self.closest = self.closest.min(distance.abs());
    }

    /// One SGD step; a sample is a label and a list of pattern numbers, one a patch.
    pub fn step(&mut self, batch: &[(Label, Vec<usize>)]) {
        let mut filter_steps = vec![vec![0.0; self.patterns[0].len()]; self.filters.len()];
        let mut head_steps = vec![0.0; self.head.len()];
        let weight = 1.0 / batch.len() as f64;
        for (label, patches) in batch {
            let y = label.sign() as f64;
            let image: Vec<Vec<f64>> = patches.iter().map(|&p| self.patterns[p].clone()).collect();
            let responses: Vec<Vec<f64>> = self
                .filters
                .iter()
                .map(|w| image.iter().map(|x| dot(w, x)).collect())
                .collect();
            let mut chosen: Vec<Vec<usize>> = Vec::new();
            let mut pooled = Vec::new();
            for row in &responses {
                let active: Vec<f64> = row.iter().map(|&s| self.sigma(s)).collect();
                match self.problem.network().pooling {
                    Pooling::Sum => {
                        chosen.push((0..row.len()).collect());
                        pooled.push(active.iter().sum::<f64>());
                    }
                    Pooling::Max => {
                        // Where every activation vanishes, so do the derivatives.
                        let rectified = matches!(
                            self.problem.network().activation,
                            Activation::Relu | Activation::Relu2
                        );
                        let mut best: Option<usize> = None;
                        for (i, &value) in active.iter().enumerate() {
                            if best.is_none_or(|b| value > active[b]) {
                                best = Some(i);
                            }
                        }
                        for (i, &value) in active.iter().enumerate() {
                            if let Some(b) = best
                                && patches[i] != patches[b]
                                && (active[b] > 0.0 || !rectified)
                            {
                                self.decided(active[b] - value);
                            }
                        }
                        pooled.push(best.map_or(0.0, |b| active[b]));
                        chosen.push(best.into_iter().collect());
                    }
                }
            }
            let margin = y * dot(&self.head, &pooled);
            let gate = match self.problem.training().loss {
                Loss::Unhinged => 1.0,
                Loss::Hinge => {
                    self.decided(1.0 - margin);
                    if margin < 1.0 { 1.0 } else { 0.0 }
                }
                Loss::Perceptron => {
                    self.decided(margin);
                    if margin <= 0.0 { 1.0 } else { 0.0 }
                }
                Loss::SquaredHinge => (1.0 - margin).max(0.0),
                Loss::Square => 1.0 - margin,
            };
            if gate == 0.0 {
                continue;
            }
            for j in 0..self.filters.len() {
                for &i in &chosen[j] {
                    let slope = self.sigma_prime(responses[j][i]);
                    let factor = weight * gate * y * self.head[j] * slope;
                    for (slot, x) in filter_steps[j].iter_mut().zip(&image[i]) {
                        *slot += factor * x;
                    }
                }
                head_steps[j] += weight * gate * y * pooled[j];
            }
        }
        for (w, step) in self.filters.iter_mut().zip(&filter_steps) {
            for (x, s) in w.iter_mut().zip(step) {
                *x += self.eta * s;
            }
        }
        if self.problem.training().train == Train::FiltersAndHead {
            for (a, s) in self.head.iter_mut().zip(&head_steps) {
                *a += self.eta * s;
            }
        }
    }
}
