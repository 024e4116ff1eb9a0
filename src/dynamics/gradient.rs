//! The gradient of one batch, once, over any [`Scalar`].
//!
//! Every engine goes through this definition or is tested against it. The subgradient conventions
//! live here and nowhere else: `relu'(0) = 0`, `leaky-relu'(0) = slope`, the hinge gate is closed at
//! margin 1, the perceptron gate is open at margin 0, and max pooling sends the gradient to the
//! first pattern, in dictionary order, whose activated value is largest.

use super::state::State;
use crate::number::{Matrix, Scalar};
use crate::problem::{Activation, Label, Loss, Pooling, Problem, Train};

/// The constants of a problem in one number system: all that a step needs beside the state and the samples.
#[derive(Debug, Clone)]
pub struct Model<S> {
    /// Gram matrix, P x P; `None` is the identity.
    pub gram: Option<Matrix<S>>,
    /// The activation.
    pub activation: Activation,
    /// Slope of leaky-relu on the left (0 for the others).
    pub slope: S,
    /// The pooling.
    pub pooling: Pooling,
    /// The loss.
    pub loss: Loss,
    /// What moves.
    pub train: Train,
    /// Step size eta.
    pub step: S,
}

/// One sample with its weight in the average: 1/B in a batch, its probability in the expectation.
#[derive(Debug, Clone, Copy)]
pub struct Sample<'a, S> {
    /// The label y.
    pub label: Label,
    /// Counts N, length P.
    pub counts: &'a [u32],
    /// Weight in the average.
    pub weight: &'a S,
}

/// The averaged gradient, before the step size: what [`Model::apply`] adds to a state.
#[derive(Debug, Clone, PartialEq)]
pub struct Gradient<S> {
    /// `S_jp = avg[g y N_p sigma'(Z_jp)]` (max pooling: `avg[g y 1(p = p*_j) sigma'(Z_jp)]`), n x P.
    pub filters: Matrix<S>,
    /// `avg[g y h_j]`, h_j the pooled activation; all zero if the head is fixed. Length n.
    pub head: Vec<S>,
    /// The gate of each sample, in order.
    pub gates: Vec<S>,
}

impl<S: Scalar> Model<S> {
    /// The constants of a problem.
    pub fn new(problem: &Problem) -> Self {
        Model {
            gram: problem.dictionary().gram().map(|g| g.map(S::from_rational)),
            activation: problem.network().activation.clone(),
            slope: match &problem.network().activation {
                Activation::LeakyRelu { slope } => S::from_rational(slope),
                _ => S::zero(),
            },
            pooling: problem.network().pooling,
            loss: problem.training().loss,
            train: problem.training().train,
            step: S::from_rational(&problem.training().step),
        }
    }

    /// sigma(z).
    pub fn activate(&self, z: &S) -> S {
        match self.activation {
            Activation::Relu if z.is_positive() => z.clone(),
            Activation::Relu => S::zero(),
            Activation::LeakyRelu { .. } if z.is_positive() => z.clone(),
            Activation::LeakyRelu { .. } => self.slope.multiplied_by(z),
            Activation::Identity => z.clone(),
            Activation::Relu2 if z.is_positive() => z.clone() * z,
            Activation::Relu2 => S::zero(),
        }
    }

    /// sigma'(z).
    pub fn derivative(&self, z: &S) -> S {
        match self.activation {
            Activation::Relu if z.is_positive() => S::one(),
            Activation::Relu => S::zero(),
            Activation::LeakyRelu { .. } if z.is_positive() => S::one(),
            Activation::LeakyRelu { .. } => self.slope.clone(),
            Activation::Identity => S::one(),
            Activation::Relu2 if z.is_positive() => S::from_integer(2) * z,
            Activation::Relu2 => S::zero(),
        }
    }

    /// The gate `g = -phi'(z)` at margin `z`.
    pub fn gate(&self, margin: &S) -> S {
        match self.loss {
            Loss::Unhinged => S::one(),
            Loss::Hinge if *margin < S::one() => S::one(),
            Loss::Hinge => S::zero(),
            Loss::Perceptron if margin.is_positive() => S::zero(),
            Loss::Perceptron => S::one(),
            Loss::SquaredHinge if *margin < S::one() => S::one() - margin,
            Loss::SquaredHinge => S::zero(),
            Loss::Square => S::one() - margin,
        }
    }

    /// The loss phi(z) at margin `z`.
    pub fn loss(&self, margin: &S) -> S {
        let slack = S::one() - margin;
        match self.loss {
            Loss::Unhinged => slack,
            Loss::Hinge if slack.is_positive() => slack,
            Loss::Perceptron if *margin < S::zero() => -margin.clone(),
            Loss::SquaredHinge if slack.is_positive() => {
                slack.clone() * &slack / S::from_integer(2)
            }
            Loss::Square => slack.clone() * &slack / S::from_integer(2),
            Loss::Hinge | Loss::Perceptron | Loss::SquaredHinge => S::zero(),
        }
    }

    /// Under max pooling, the pattern that filter coordinates `z` (length P) send an image to: the
    /// first one present whose activated value is largest. `None` for an empty image.
    pub fn argmax(&self, z: &[S], counts: &[u32]) -> Option<usize> {
        let mut best: Option<(usize, S)> = None;
        for (p, value) in z.iter().enumerate() {
            if counts[p] == 0 {
                continue;
            }
            let value = self.activate(value);
            if best.as_ref().is_none_or(|(_, b)| value > *b) {
                best = Some((p, value));
            }
        }
        best.map(|(p, _)| p)
    }

    /// The pooled activation of one filter with coordinates `z` (length P) on an image.
    pub fn pooled(&self, z: &[S], counts: &[u32]) -> S {
        match self.pooling {
            Pooling::Sum => {
                let mut sum = S::zero();
                for (value, &count) in z.iter().zip(counts) {
                    if count > 0 {
                        sum += &self
                            .activate(value)
                            .multiplied_by(&S::from_integer(i64::from(count)));
                    }
                }
                sum
            }
            Pooling::Max => match self.argmax(z, counts) {
                Some(p) => self.activate(&z[p]),
                None => S::zero(),
            },
        }
    }

    /// The network's output `f(X)` on an image with these counts (length P).
    ///
    /// # Cost
    /// n times the number of patterns present.
    pub fn output(&self, state: &State<S>, counts: &[u32]) -> S {
        let mut f = S::zero();
        for (row, a) in state.weights.iter_rows().zip(&state.head) {
            f += &self.pooled(row, counts).multiplied_by(a);
        }
        f
    }

    /// The margin `y f(X)`.
    pub fn margin(&self, state: &State<S>, label: Label, counts: &[u32]) -> S {
        let f = self.output(state, counts);
        match label {
            Label::Plus => f,
            Label::Minus => -f,
        }
    }

    /// The averaged gradient of a batch at a state.
    ///
    /// # Shapes
    /// `state` n x P, counts of length P; the result is n x P and n.
    /// # Cost
    /// samples * n * P operations.
    pub fn gradient<'a>(
        &self,
        state: &State<S>,
        batch: impl IntoIterator<Item = Sample<'a, S>>,
    ) -> Gradient<S>
    where
        S: 'a,
    {
        let (n, n_patterns) = (state.weights.rows(), state.weights.cols());
        let mut result = Gradient {
            filters: Matrix::from_fn(n, n_patterns, |_, _| S::zero()),
            head: vec![S::zero(); n],
            gates: Vec::new(),
        };
        for sample in batch {
            let gate = self.gate(&self.margin(state, sample.label, sample.counts));
            result.gates.push(gate.clone());
            if gate.is_zero() {
                continue;
            }
            let mut signed = gate * sample.weight;
            if sample.label == Label::Minus {
                signed = -signed;
            }
            for j in 0..n {
                let row = state.weights.row(j);
                match self.pooling {
                    Pooling::Sum => {
                        for (p, &count) in sample.counts.iter().enumerate() {
                            if count > 0 {
                                let many = signed.multiplied_by(&S::from_integer(i64::from(count)));
                                result.filters[(j, p)] +=
                                    &many.multiplied_by(&self.derivative(&row[p]));
                            }
                        }
                    }
                    Pooling::Max => {
                        if let Some(p) = self.argmax(row, sample.counts) {
                            result.filters[(j, p)] +=
                                &signed.multiplied_by(&self.derivative(&row[p]));
                        }
                    }
                }
                if self.train == Train::FiltersAndHead {
                    result.head[j] += &self.pooled(row, sample.counts).multiplied_by(&signed);
                }
            }
        }
        result
    }

    /// Takes one step of size eta along a gradient:
    /// `Z_jq += eta a_j sum_p S_jp G_pq`, and `a_j += eta * head_j` if the head is trained, with the
    /// old head on the right-hand side of the first.
    ///
    /// # Cost
    /// n P operations for an orthonormal dictionary, n P^2 otherwise.
    pub fn apply(&self, state: &mut State<S>, gradient: &Gradient<S>) {
        let (n, n_patterns) = (state.weights.rows(), state.weights.cols());
        for j in 0..n {
            let scale = self.step.multiplied_by(&state.head[j]);
            for p in 0..n_patterns {
                let direction = &gradient.filters[(j, p)];
                if direction.is_zero() {
                    continue;
                }
                let amount = scale.multiplied_by(direction);
                match &self.gram {
                    None => state.weights[(j, p)] += &amount,
                    Some(gram) => {
                        for q in 0..n_patterns {
                            let entry = &gram[(p, q)];
                            if !entry.is_zero() {
                                state.weights[(j, q)] += &amount.multiplied_by(entry);
                            }
                        }
                    }
                }
            }
            if self.train == Train::FiltersAndHead {
                state.head[j] += &self.step.multiplied_by(&gradient.head[j]);
            }
        }
    }
}
