//! T2s: how fast each filter grows in the expected dynamics, whatever the labels and backgrounds.
//!
//! A1, any fixed head, unhinged: with `rho_j^2` the sum of `kappa_jp^2` over the active coordinates of
//! positive drift and `delta_j^2` over those of negative drift,
//! `rho_j t <= |w_j(t)| <= rho_j t + sqrt(|w_j(0)|^2 + delta_j^2)`. Both are decided on squares.

use super::drift::unit_drifts;
use super::remark::Remark;
use super::violation::{Place, Relation, Violation};
use crate::number::{Q, integer};
use crate::problem::Problem;
use crate::remark;
use num_traits::{Signed, Zero};

/// `rho^2 t^2 <= |w|^2`.
pub(super) const AT_LEAST: &str = "T2s: |w|^2, of which rho^2 t^2 is a lower bound";

/// `|w| <= rho t + sqrt(s)` iff the excess `|w|^2 - rho^2 t^2 - s` is at most `2 rho t sqrt(s)`.
pub(super) const AT_MOST: &str =
    "T2s: the square of |w|^2 - rho^2 t^2 - s, where |w| <= rho t + sqrt(s)";

/// What T2s (or a near miss) claims of a problem: one entry a filter.
pub(super) struct Growth {
    pub(super) rho_squared: Vec<Q>,
    /// `|w(0)|^2 + delta^2`.
    pub(super) slack: Vec<Q>,
}

/// The start and drift of each coordinate, were it active, for each filter.
fn coordinates(problem: &Problem) -> Vec<Vec<(Q, Q)>> {
    let unit = unit_drifts(problem);
    let network = problem.network();
    let of_filter = |(row, a): (&[Q], &Q)| {
        let drifts = row.iter().zip(&unit).map(|(z, c)| (z.clone(), a * c));
        drifts.collect()
    };
    let rows = network.weights.iter_rows().zip(&network.head);
    rows.map(of_filter).collect()
}

fn square(kappa: &Q) -> Q {
    kappa * kappa
}

impl Growth {
    pub(super) fn new(problem: &Problem) -> Self {
        let mut growth = Growth {
            rho_squared: Vec::new(),
            slack: Vec::new(),
        };
        let rows = problem.network().weights.iter_rows();
        for (row, coordinates) in rows.zip(coordinates(problem)) {
            let mut rho = Q::zero();
            let mut slack = problem.dictionary().norm_squared(row);
            for (_, kappa) in coordinates.iter().filter(|(z, _)| z.is_positive()) {
                let sum = if kappa.is_positive() {
                    &mut rho
                } else {
                    &mut slack
                };
                *sum += square(kappa);
            }
            growth.rho_squared.push(rho);
            growth.slack.push(slack);
        }
        growth
    }

    /// Near miss: the largest drift in place of the l2 norm.
    pub(super) fn by_largest_drift(&mut self, problem: &Problem) {
        for (rho, coordinates) in self.rho_squared.iter_mut().zip(coordinates(problem)) {
            let growing = coordinates
                .iter()
                .filter(|(z, kappa)| z.is_positive() && kappa.is_positive());
            *rho = growing
                .map(|(_, kappa)| square(kappa))
                .max()
                .unwrap_or_default();
        }
    }

    /// Near miss: rho over inactive coordinates too.
    pub(super) fn with_inactive(&mut self, problem: &Problem) {
        for (rho, coordinates) in self.rho_squared.iter_mut().zip(coordinates(problem)) {
            let upward = coordinates.iter().filter(|(_, kappa)| kappa.is_positive());
            *rho = upward.map(|(_, kappa)| square(kappa)).sum();
        }
    }

    /// Near miss: delta left out.
    pub(super) fn without_delta(&mut self, problem: &Problem) {
        let rows = problem.network().weights.iter_rows();
        self.slack = rows
            .map(|row| problem.dictionary().norm_squared(row))
            .collect();
    }

    /// The first bound that fails at step `t`.
    pub(super) fn check(&self, t: u64, norms: &[Q]) -> Result<(), Box<Violation>> {
        for (j, norm) in norms.iter().enumerate() {
            let place = Place::expected(t).filter(j);
            let grown = &self.rho_squared[j] * integer(t) * integer(t);
            let excess = norm - &grown - &self.slack[j];
            let cross = integer(4) * &grown * &self.slack[j];
            Violation::check(place.clone(), AT_LEAST, Relation::AtLeast, &grown, norm)?;
            if excess.is_positive() {
                Violation::check(place, AT_MOST, Relation::AtMost, &cross, &square(&excess))?;
            }
        }
        Ok(())
    }

    /// Those that grow without limit, with `rho^2`.
    pub(super) fn growing(&self) -> Vec<(usize, Q)> {
        let all = self.rho_squared.iter().cloned().enumerate();
        all.filter(|(_, rho)| rho.is_positive()).collect()
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
