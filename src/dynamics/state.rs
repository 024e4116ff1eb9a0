//! The state of a network: pattern coordinates and head.

use crate::number::{Matrix, Q, Scalar, Scaled};
use crate::problem::Problem;

/// Pattern coordinates and head of a network. Every filter lies in the span of the dictionary, so
/// this is all there is to know about it.
#[derive(Debug, Clone, PartialEq)]
pub struct State<S> {
    /// `Z_jp = <w_j, p>`, n x P.
    pub weights: Matrix<S>,
    /// `a_j`, length n.
    pub head: Vec<S>,
}

impl<S: Scalar> State<S> {
    /// The initial state of a problem.
    pub fn initial(problem: &Problem) -> Self {
        State {
            weights: problem.network().weights.map(S::from_rational),
            head: problem
                .network()
                .head
                .iter()
                .map(S::from_rational)
                .collect(),
        }
    }
}

/// A state as integers: coordinates over one denominator, heads over another.
#[derive(Debug, Clone)]
pub(super) struct ScaledState {
    /// n x P, row by row.
    pub(super) weights: Scaled,
    pub(super) head: Scaled,
}

impl ScaledState {
    pub(super) fn new(state: &State<Q>) -> Self {
        ScaledState {
            weights: Scaled::new(state.weights.entries()),
            head: Scaled::new(&state.head),
        }
    }
}

impl State<Q> {
    /// Squared norms `|w_j|^2`, length n.
    pub fn norms_squared(&self, problem: &Problem) -> Vec<Q> {
        self.weights
            .iter_rows()
            .map(|row| problem.dictionary().norm_squared(row))
            .collect()
    }
}
