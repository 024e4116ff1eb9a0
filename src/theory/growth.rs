//! T2s: how fast each filter grows in the expected dynamics, whatever the labels and backgrounds.
//!
//! A1, any fixed head, unhinged: with `rho_j^2` the sum of `kappa_jp^2` over the active coordinates of
//! positive drift and `delta_j^2` over those of negative drift,
//! `rho_j t <= |w_j(t)| <= rho_j t + sqrt(|w_j(0)|^2 + delta_j^2)`. Both are decided on squares.

use super::line::{Line, lines};
use super::prelude::*;
use crate::number::sqrt_ru;
use crate::problem::Camps;
use num_traits::Signed;

/// `rho^2 t^2 <= |w|^2`.
pub(super) const AT_LEAST: Clause = Clause::new("T2s: the squared norm of a filter", AtLeast);

/// `|w| <= rho t + sqrt(s)` iff the excess `|w|^2 - rho^2 t^2 - s` is at most `2 rho t sqrt(s)`.
pub(super) const AT_MOST: Clause = Clause::new(
    "T2s: the square of |w|^2 - rho^2 t^2 - s, where |w| <= rho t + sqrt(s)",
    AtMost,
);

/// What T2s (or a near miss) claims of a problem: one entry a filter.
pub(super) struct Growth {
    /// The closed form of every coordinate.
    pub(super) lines: Vec<Line<Q>>,
    pub(super) rho_squared: Vec<Q>,
    /// `|w(0)|^2 + delta^2`.
    pub(super) slack: Vec<Q>,
}

/// `|w(0)|^2` of every filter.
pub(super) fn starts(problem: &Problem) -> Vec<Q> {
    let rows = problem.network().weights.iter_rows();
    rows.map(|row| problem.dictionary().norm_squared(row))
        .collect()
}

/// The squares of the active drifts of this sign.
fn squares(filter: &[Line<Q>], sign: fn(&Q) -> bool) -> impl Iterator<Item = Q> + '_ {
    let drifts = filter.iter().map(|line| &line.drift);
    drifts
        .filter(move |kappa| sign(kappa))
        .map(|kappa| kappa * kappa)
}

/// `(rho t + sqrt(slack))^2` of squares, rounded up.
pub(super) fn squared_at_most(rho_squared: &Q, slack: &Q, t: &Q) -> Q {
    let cross = integer(2) * t * sqrt_ru(&(rho_squared * slack));
    rho_squared * t * t + slack + cross
}

impl Growth {
    pub(super) fn new(problem: &Problem) -> Self {
        let lines = lines(problem, &problem.unit_drifts());
        let filters = || lines.chunks(problem.n_patterns());
        let falls = filters().map(|filter| squares(filter, Q::is_negative).sum::<Q>());
        Growth {
            rho_squared: filters()
                .map(|f| squares(f, Q::is_positive).sum())
                .collect(),
            slack: starts(problem)
                .into_iter()
                .zip(falls)
                .map(|(z, delta)| z + delta)
                .collect(),
            lines,
        }
    }

    /// At step `t` the squared norm of every winner is at least the first, that of every loser at most the second,
    /// which is rounded up; `None` where there are none.
    pub(super) fn extremes(&self, camps: &Camps, t: u64) -> [Option<Q>; 2] {
        let t = integer(t);
        let least = camps.winners().map(|(j, _)| &self.rho_squared[j]).min();
        let most = |j: usize| squared_at_most(&self.rho_squared[j], &self.slack[j], &t);
        [
            least.map(|rho| rho * &t * &t),
            camps.losers().map(most).max(),
        ]
    }

    /// Near miss: the largest drift in place of the l2 norm.
    pub(super) fn by_largest_drift(&mut self, problem: &Problem) {
        let filters = self.lines.chunks(problem.n_patterns());
        let largest = |filter| squares(filter, Q::is_positive).max().unwrap_or_default();
        self.rho_squared = filters.map(largest).collect();
    }

    /// Near miss: delta left out.
    pub(super) fn without_delta(&mut self, problem: &Problem) {
        self.slack = starts(problem);
    }

    /// Near miss: rho over inactive coordinates too.
    pub(super) fn with_inactive(&mut self, problem: &Problem) {
        let unit = problem.unit_drifts();
        for (rho, a) in self.rho_squared.iter_mut().zip(&problem.network().head) {
            let upward = unit.iter().map(|c| a * c).filter(Q::is_positive);
            *rho = upward.map(|kappa| &kappa * &kappa).sum();
        }
    }

    /// The first bound that fails at step `t`.
    pub(super) fn check(&self, t: u64, norms: &[Q]) -> Result<(), Box<Violation>> {
        for (j, norm) in norms.iter().enumerate() {
            let place = Place::expected(t).filter(j);
            let grown = &self.rho_squared[j] * integer(t) * integer(t);
            let excess = norm - &grown - &self.slack[j];
            let cross = integer(4) * &grown * &self.slack[j];
            AT_LEAST.check(place.clone(), &grown, norm)?;
            if excess.is_positive() {
                AT_MOST.check(place, &cross, &(&excess * &excess))?;
            }
        }
        Ok(())
    }
}

/// The first filters of a list: `0 (rho^2 = 1/4), 3 (rho^2 = 1/9), ...`.
pub(super) fn named(growing: &[(usize, Q)]) -> Remark {
    let names = growing.iter().take(6);
    let list = names
        .map(|(j, rho)| remark!("{} (rho^2 = {})", *j, rho))
        .reduce(|list, name| remark!("{}, {}", list, name))
        .unwrap_or_else(|| "".into());
    if growing.len() > 6 {
        remark!("{}, ...", list)
    } else {
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_filters_are_named_and_more_are_hinted_at() {
        let filters = |n: usize| (0..n).map(|j| (j, integer(1))).collect::<Vec<_>>();
        assert_eq!(named(&filters(0)).to_string(), "");
        assert!(named(&filters(6)).to_string().ends_with("5 (rho^2 = 1)"));
        let seven = named(&filters(7)).to_string();
        assert!(seven.ends_with("5 (rho^2 = 1), ..."), "{seven}");
    }
}
