//! The constants of T6 in its first form, and the largest integer that its inequality admits.

use crate::number::{Q, Scaled, common_denominator, integer, numerator_over};
use crate::problem::{Label, Problem};
use num_bigint::BigInt;
use num_integer::Integer;

/// The largest integer M >= 0 with `a M^2 <= b M + c`, for a > 0 and b, c >= 0.
pub(in crate::theory) fn largest_root(a: &Q, b: &Q, c: &Q) -> BigInt {
    let scale = common_denominator([a, b, c]);
    let whole = |x: &Q| numerator_over(x, &scale);
    let (a, b, c) = (whole(a), whole(b), whole(c));
    // floor((b + sqrt(d)) / 2a) = floor((b + floor(sqrt(d))) / 2a) for integers.
    let discriminant: BigInt = &b * &b + &a * &c * 4;
    let root = discriminant.sqrt();
    (b + root).div_floor(&(a * 2))
}

/// Constants of T6.
#[derive(Debug, Clone)]
pub(super) struct Classic {
    /// `eta r c`.
    pub(super) growth: Q,
    /// `|J|`.
    pub(super) winners: Q,
    /// `|W(0)|^2`.
    pub(super) start: Q,
    /// `<W(0), U>`.
    pub(super) product: Q,
    /// `2 eta + eta^2 n m^2`.
    pub(super) gain: Q,
}

impl Classic {
    pub(super) fn new(problem: &Problem, r: &Q) -> Self {
        let eta = &problem.training().step;
        let [plus, minus] = Label::BOTH.map(|y| problem.winners(y).len() as u64);
        let weights = &problem.network().weights;
        let camps = problem.camps();
        let keys = camps.winners().map(|(j, y)| &weights[(j, y.index())]);
        let m = integer(problem.distribution().max_patches());
        let n = integer(problem.n_filters() as u64);
        Classic {
            growth: eta * r * integer(plus.min(minus)),
            winners: integer(plus + minus),
            start: sum_of_squares(weights.entries()),
            product: keys.sum(),
            gain: eta * integer(2) + eta * eta * n * &m * &m,
        }
    }

    pub(super) fn max_updates(&self) -> BigInt {
        largest_root(
            &(&self.growth * &self.growth),
            &(&self.winners * &self.gain),
            &(&self.winners * &self.start),
        )
    }
}

pub(super) fn sum_of_squares<'a>(entries: impl IntoIterator<Item = &'a Q>) -> Q {
    let scaled = Scaled::new(entries.into_iter().collect::<Vec<_>>());
    let sum: BigInt = scaled.numerators.iter().map(|z| z * z).sum();
    Q::new(sum, &scaled.denominator * &scaled.denominator)
}
