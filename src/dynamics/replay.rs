//! One given sample path, in exact arithmetic beside `f64`, with a rigorous bound of the difference.
//!
//! The `f64` side runs the simulator's own kernel on a number that carries a bound of its error, so
//! its values are the simulator's bit for bit. A *decision* is a comparison at which the result
//! jumps: the sign of a coordinate whose pattern is present where the gate is not 0 (relu,
//! leaky-relu), the gate of hinge and perceptron, the argmax under max pooling where it receives a
//! gradient. It is stable if the value is further from the threshold than its bound, or the bound is
//! 0. Comparisons at which nothing jumps (a relu's value, the gate of the squared hinge) need none.
//!
//! After an unstable decision the bound is still rigorous: the two outcomes' difference is added to
//! it. It then says what it can: usually the size of a step, and more with every decision that
//! becomes doubtful in turn.

use super::expected::{Limits, Stop};
use super::float::lift;
use super::kernel::{Kernel, LANES, Walker};
use super::path::{ExactPath, View, longest};
use super::sampler::Draw;
use super::tracked::{Doubts, Tracked};
use crate::number::{Matrix, Q};
use crate::problem::{Label, Problem};
use num_traits::{Signed, Zero};

/// The end of a replayed path.
#[derive(Debug, Clone, PartialEq)]
pub struct Replay {
    /// Number of steps.
    pub steps: u64,
    /// Steps whose exact gate was not 0, whether or not anything moved.
    pub updates: u64,
    /// Exact pattern coordinates, n x P.
    pub weights: Matrix<Q>,
    /// Exact head, length n.
    pub head: Vec<Q>,
    /// The simulator's pattern coordinates, n x P.
    pub weights_f64: Matrix<f64>,
    /// The simulator's head, length n.
    pub head_f64: Vec<f64>,
    /// Largest exact distance between the two, over all weights and the head; `None` if the `f64`
    /// state has overflowed.
    pub max_abs_error: Option<Q>,
    /// Largest bound of that distance, over all weights and the head; never below `max_abs_error`.
    /// `None` if the bound has overflowed.
    pub error_bound: Option<f64>,
    /// Were all decisions stable?
    pub stable: bool,
    /// The first step with an unstable decision, counted from 1.
    pub first_unstable_step: Option<u64>,
    /// The first step after which the `f64` state is not finite; 0 is the start.
    pub not_finite_from: Option<u64>,
}

/// A path on its way: exact and `f64` side by side.
#[derive(Debug, Clone)]
pub struct Replayer<'p> {
    exact: ExactPath<'p>,
    kernel: Kernel<Tracked>,
    walker: Walker<Tracked>,
    gates: Vec<f64>,
    first_unstable_step: Option<u64>,
    not_finite_from: Option<u64>,
    limits: Limits,
    work: u64,
}

impl<'p> Replayer<'p> {
    /// Both sides at step 0; batches have the problem's size.
    ///
    /// # Cost
    /// n P.
    pub fn new(problem: &'p Problem, limits: &Limits) -> Self {
        let kernel = Kernel::new(problem);
        let walker = kernel.walker();
        let not_finite_from = (!kernel.is_finite(&walker)).then_some(0);
        Replayer {
            exact: ExactPath::new(problem),
            kernel,
            walker,
            gates: Vec::new(),
            first_unstable_step: None,
            not_finite_from,
            limits: limits.clone(),
            work: 0,
        }
    }

    /// Takes one step on a batch.
    ///
    /// # Errors
    /// [`Stop`] if the exact numbers have outgrown the limits; both sides are then at the last
    /// finished step.
    pub fn step(&mut self, batch: &[Draw]) -> Result<(), Stop> {
        if let View::Rational(state) = self.exact.view() {
            let bits = longest(state);
            let words = bits / 64 + 1;
            let cells = (self.kernel.n_filters() * self.kernel.n_patterns()) as u64;
            // Reducing a fraction costs about the square of its length.
            let work = cells.saturating_mul(words.saturating_mul(words));
            self.work = self.work.saturating_add(work);
            if bits > self.limits.max_bits {
                return Err(self.stop(format!(
                    "a number of {bits} bits; at most {} are computed with",
                    self.limits.max_bits
                )));
            }
            if self.work > self.limits.max_work {
                return Err(self.stop(format!(
                    "more than {} elementary operations",
                    self.limits.max_work
                )));
            }
        }
        let mut doubts = Doubts::default();
        self.gates.clear();
        for draw in batch {
            let gate = self.kernel.add(&mut self.walker, draw, &mut doubts);
            self.gates.push(gate.value);
        }
        self.kernel.step(&mut self.walker, &mut doubts);
        self.exact.step(batch);
        if doubts.any() && self.first_unstable_step.is_none() {
            self.first_unstable_step = Some(self.exact.t());
        }
        if self.not_finite_from.is_none() && !self.kernel.is_finite(&self.walker) {
            self.not_finite_from = Some(self.exact.t());
        }
        Ok(())
    }

    fn stop(&self, limit: String) -> Stop {
        Stop {
            limit,
            t: self.exact.t(),
        }
    }

    /// The exact path.
    pub fn exact(&self) -> &ExactPath<'p> {
        &self.exact
    }

    /// The `f64` gates of the last step, in the order of the batch.
    pub fn gates(&self) -> &[f64] {
        &self.gates
    }

    /// The first step with an unstable decision, counted from 1.
    pub fn first_unstable_step(&self) -> Option<u64> {
        self.first_unstable_step
    }

    /// The first step after which the `f64` state is not finite, 0 for the start.
    pub fn not_finite_from(&self) -> Option<u64> {
        self.not_finite_from
    }

    /// `f64` pattern coordinate `Z_jp`, with its error bound.
    pub fn weight(&self, j: usize, p: usize) -> (f64, f64) {
        let x = self.walker.weights[p * self.kernel.blocks() + j / LANES][j % LANES];
        (x.value, x.error)
    }

    /// `f64` head weight `a_j`, with its error bound.
    pub fn head(&self, j: usize) -> (f64, f64) {
        let x = self.walker.head[j / LANES][j % LANES];
        (x.value, x.error)
    }

    /// Where both sides stand.
    pub fn outcome(&self) -> Replay {
        let (n, n_patterns) = (self.kernel.n_filters(), self.kernel.n_patterns());
        let state = self.exact.state();
        let mut max_abs_error = Some(Q::zero());
        let mut error_bound: f64 = 0.0;
        let mut compare = |exact: &Q, (value, error): (f64, f64)| {
            error_bound = error_bound.max(error);
            let gap = lift(value).map(|lifted| (lifted - exact).abs());
            max_abs_error = match (max_abs_error.take(), gap) {
                (Some(most), Some(gap)) => Some(most.max(gap)),
                _ => None,
            };
        };
        for j in 0..n {
            for p in 0..n_patterns {
                compare(&state.weights[(j, p)], self.weight(j, p));
            }
            compare(&state.head[j], self.head(j));
        }
        Replay {
            steps: self.exact.t(),
            updates: self.exact.updates(),
            weights_f64: Matrix::from_fn(n, n_patterns, |j, p| self.weight(j, p).0),
            head_f64: (0..n).map(|j| self.head(j).0).collect(),
            weights: state.weights,
            head: state.head,
            max_abs_error,
            error_bound: error_bound.is_finite().then_some(error_bound),
            stable: self.first_unstable_step.is_none(),
            first_unstable_step: self.first_unstable_step,
            not_finite_from: self.not_finite_from,
        }
    }
}

/// Replays a path, one sample a step (whatever the problem's batch size is).
///
/// # Shapes
/// Each sample has P counts.
///
/// # Errors
/// [`Stop`] if the exact numbers outgrow the limits.
///
/// # Cost
/// A step costs n times the patterns present on both sides. On a lattice (fixed head, gates in
/// {0, 1}, piecewise linear activation) exact numbers stay short; with a trained head they grow by a
/// constant number of digits a step, and with relu2 and a loss of degree 2 by a constant factor.
pub fn replay(
    problem: &Problem,
    samples: &[(Label, Vec<u32>)],
    limits: &Limits,
) -> Result<Replay, Stop> {
    let single = problem.one_sample();
    let mut replayer = Replayer::new(&single, limits);
    for (label, counts) in samples {
        let draw = Draw::new(*label, counts.clone());
        replayer.step(std::slice::from_ref(&draw))?;
    }
    Ok(replayer.outcome())
}
