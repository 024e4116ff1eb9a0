//! T2s: how fast each filter grows in the expected dynamics, whatever the labels and backgrounds.
//!
//! A1, any fixed head, unhinged: with `rho_j^2` the sum of `kappa_jp^2` over the active coordinates of
//! positive drift and `delta_j^2` over those of negative drift,
//! `rho_j t <= |w_j(t)| <= rho_j t + sqrt(|w_j(0)|^2 + delta_j^2)`. Both are decided on squares.

use super::drift::unit_drifts;
use crate::number::{Q, integer};
use crate::problem::Problem;
use num_traits::{Signed, Zero};
use serde_json::{Value, json};

/// Near misses of T2s.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NearMiss {
    /// The largest drift in place of the l2 norm.
    LargestDrift,
    /// delta left out.
    NoDelta,
    /// rho over inactive coordinates too.
    InactiveToo,
}

/// A claim that fails.
pub(super) struct Violation {
    pub(super) t: u64,
    pub(super) what: Value,
    pub(super) relation: &'static str,
    pub(super) claimed: Q,
    pub(super) found: Q,
}

impl Violation {
    pub(super) fn new(t: u64, what: Value, relation: &'static str, claimed: Q, found: Q) -> Self {
        Violation {
            t,
            what,
            relation,
            claimed,
            found,
        }
    }
}

/// What T2s (or a near miss) claims of a problem: one entry a filter.
pub(super) struct Growth {
    pub(super) rho_squared: Vec<Q>,
    /// `|w(0)|^2 + delta^2`.
    pub(super) slack: Vec<Q>,
}

impl Growth {
    pub(super) fn new(problem: &Problem, miss: Option<NearMiss>) -> Self {
        let unit = unit_drifts(problem);
        let network = &problem.network();
        let mut growth = Growth {
            rho_squared: Vec::new(),
            slack: Vec::new(),
        };
        for (row, a) in network.weights.iter_rows().zip(&network.head) {
            let mut rho = Q::zero();
            let mut slack = problem.dictionary().norm_squared(row);
            for (z, c) in row.iter().zip(&unit) {
                let kappa = a * c;
                let square = &kappa * &kappa;
                let active = z.is_positive();
                if kappa.is_positive() && (active || miss == Some(NearMiss::InactiveToo)) {
                    if miss == Some(NearMiss::LargestDrift) {
                        rho = rho.max(square);
                    } else {
                        rho += square;
                    }
                } else if kappa.is_negative() && active && miss != Some(NearMiss::NoDelta) {
                    slack += square;
                }
            }
            growth.rho_squared.push(rho);
            growth.slack.push(slack);
        }
        growth
    }

    /// The first bound that fails at step `t`.
    pub(super) fn violation(&self, t: u64, norms: &[Q]) -> Option<Violation> {
        let square = integer(t) * integer(t);
        for (j, norm) in norms.iter().enumerate() {
            let grown = &self.rho_squared[j] * &square;
            if *norm < grown {
                let what = json!({"norm_squared_of_filter": j});
                return Some(Violation::new(t, what, ">=", grown, norm.clone()));
            }
            // |w| <= rho t + sqrt(s) iff |w|^2 - rho^2 t^2 - s <= 2 sqrt(rho^2 t^2 s).
            let excess = norm - &grown - &self.slack[j];
            let cross = integer(4) * &grown * &self.slack[j];
            if excess.is_positive() && &excess * &excess > cross {
                let what =
                    json!({"square_of_norm_squared_less_the_squares_of_both_terms_of_filter": j});
                return Some(Violation::new(t, what, "<=", cross, &excess * &excess));
            }
        }
        None
    }
}
