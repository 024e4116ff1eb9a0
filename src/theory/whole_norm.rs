//! The squared norm of all filters that move, along a path: in integers where the path runs in them.

use super::prelude::*;
use crate::dynamics::path::{ExactPath, View};
use crate::dynamics::state::State;
use crate::number::Scaled;
use num_bigint::BigInt;
use num_traits::{ToPrimitive, Zero};

/// Bits of an entry of the form up to which a row of it, times coordinates of a path and added up, fits an `i128`.
const MAX_BITS: u64 = 60;

/// `|W|^2` over the filters whose head weight is not 0.
#[derive(Debug)]
pub(super) struct WholeNorm<'p> {
    problem: &'p Problem,
    form: Form,
}

/// What a squared norm is in pattern coordinates.
#[derive(Debug)]
enum Form {
    /// The sum of the squares.
    Squares,
    /// A form over a denominator, by its entries that are not 0: P lists of columns and numerators.
    Sparse(Vec<Vec<(usize, i128)>>, BigInt),
    /// The same with longer numbers.
    Long,
}

impl<'p> WholeNorm<'p> {
    /// Of a problem.
    ///
    /// # Cost
    /// A generalised inverse of the Gram matrix.
    pub(super) fn new(problem: &'p Problem) -> Self {
        let form = match problem.dictionary().gram_inverse() {
            None => Form::Squares,
            Some(inverse) => {
                let scaled = Scaled::new(inverse.entries().iter());
                let long = scaled.bits() > MAX_BITS;
                let words = (!long).then_some(&scaled.numerators).into_iter().flatten();
                let words: Vec<i128> = words.filter_map(ToPrimitive::to_i128).collect();
                let row = |row: &[i128]| -> Vec<(usize, i128)> {
                    let entries = row.iter().copied().enumerate();
                    entries.filter(|(_, x)| *x != 0).collect()
                };
                match long {
                    true => Form::Long,
                    false => {
                        let rows = words.chunks_exact(problem.n_patterns().max(1));
                        Form::Sparse(rows.map(row).collect(), scaled.denominator)
                    }
                }
            }
        };
        WholeNorm { problem, form }
    }

    /// Where a path stands.
    pub(super) fn on(&self, path: &ExactPath<'_>) -> Q {
        match (path.view(), &self.form) {
            (View::Rational(state), _) => self.of(state),
            (View::Integers { .. }, Form::Long) => self.of(&path.state()),
            (
                View::Integers {
                    denominator,
                    weights,
                },
                form,
            ) => {
                let rows = weights.chunks_exact(self.problem.n_patterns());
                let rows = rows.zip(&self.problem.network().head);
                let moving = rows.filter(|(_, a)| !a.is_zero()).map(|(row, _)| row);
                let unit = denominator * denominator;
                match form {
                    Form::Sparse(lines, over) => {
                        let norms = moving.map(|row| sparse(lines, row));
                        Q::new(norms.sum(), unit * over)
                    }
                    _ => {
                        let squares = moving.flatten();
                        let squares = squares.map(|&z| i128::from(z) * i128::from(z));
                        Q::new(squares.map(BigInt::from).sum(), unit)
                    }
                }
            }
        }
    }

    /// Of a state.
    pub(super) fn of(&self, state: &State<Q>) -> Q {
        let rows = state.weights.iter_rows().zip(&self.problem.network().head);
        let moving = rows.filter(|(_, a)| !a.is_zero());
        let norm = |(row, _): (&[Q], _)| self.problem.dictionary().norm_squared(row);
        moving.map(norm).sum()
    }
}

/// `Z X Z^T`.
fn sparse(lines: &[Vec<(usize, i128)>], row: &[i64]) -> BigInt {
    let line = |line: &[(usize, i128)]| -> i128 {
        let terms = line.iter().map(|&(q, x)| x * i128::from(row[q]));
        terms.sum()
    };
    let lines = lines.iter().zip(row).filter(|(_, z)| **z != 0);
    lines
        .map(|(entries, &z)| BigInt::from(line(entries)) * z)
        .sum()
}
