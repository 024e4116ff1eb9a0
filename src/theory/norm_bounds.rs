//! What the theorems say of filter norms at a step.
//!
//! Every bound is a rational squared norm, rounded outwards where a square root is involved. For
//! sum pooling, relu, a fixed head and an orthonormal dictionary:
//!
//! - unhinged loss (T2, T2s, expected dynamics): a winner's norm is at least
//!   `max(Z_key(0) + kappa t, rho t)`, a loser's at most `rho t + sqrt(|w(0)|^2 + delta^2)`;
//! - hinge and perceptron loss with a unique key and a head of signs (T3, T6, every path): a
//!   winner's norm is at least `Z_key(0)`, and no filter's squared norm exceeds
//!   `|W(0)|^2 + M gain`, `gain = theta eta + eta^2 n m^2`, with M the number of updates, at most t.
//!
//! Under hinge M is also capped by M_max (T6), which counts updates of SGD. In the expected dynamics the mass mu
//! of open gates so far stands for M; it is real and may exceed M_max by less than 1. The cap is valid there all
//! the same, for the squares of the winners' keys, part of `|W|^2` but of no loser's norm, have grown by at least
//! `H (eta r mu)^2` (T6s), and `H (eta r)^2 > gain / (M_max + 1)` since M_max + 1 updates are impossible: with M for
//! M_max a loser has at most `|W(0)|^2 + gain (mu - mu^2 / (M + 1))`, and this is at most `|W(0)|^2 + gain M`
//! because `mu^2 - (M + 1) mu + M (M + 1)` has no real root for M >= 1 (and `H r^2 < n m^2`, so M >= 1).

use super::growth::{Growth, squared_at_most};
use crate::number::{Q, integer};
use crate::problem::assumption::{AssumptionId, Audit};
use crate::problem::{Activation, Label, Loss, Pooling, Problem, Train};
use num_traits::{Signed, Zero};

/// Squared-norm bounds as functions of the step.
#[derive(Debug, Clone, PartialEq)]
pub struct NormBounds {
    /// Per winner: key coordinate at 0, its drift (0 if none is claimed), rho^2.
    winners: Vec<(Q, Q, Q)>,
    losers: LoserBound,
}

#[derive(Debug, Clone, PartialEq)]
enum LoserBound {
    /// Per loser: rho^2 and `|w(0)|^2 + delta^2`.
    Linear(Vec<(Q, Q)>),
    /// `start + min(t, updates) * growth`.
    Potential {
        start: Q,
        growth: Q,
        updates: Option<Q>,
    },
}

impl NormBounds {
    /// The bounds for a problem; `None` if no theorem speaks of its norms. `max_updates` caps the
    /// number of updates under hinge loss, where the mistake bound (T6) gives one.
    pub fn new(problem: &Problem, audits: &[Audit], max_updates: Option<Q>) -> Option<Self> {
        let holds = |id: AssumptionId| audits.iter().any(|a| a.id == id && a.holds);
        let covered = problem.network().activation == Activation::Relu
            && problem.network().pooling == Pooling::Sum
            && problem.training().train == Train::Filters
            && holds(AssumptionId::A1);
        if !covered {
            return None;
        }
        let (camps, network) = (problem.camps(), problem.network());
        let key = |j: usize, y: Label| network.weights[(j, y.index())].clone();
        match problem.training().loss {
            Loss::Unhinged => {
                let (growth, drifts) = (Growth::new(problem), problem.unit_drifts());
                let rho = |j: usize| growth.rho_squared[j].clone();
                let winners = camps.winners().map(|(j, y)| {
                    let kappa = &network.head[j] * &drifts[y.index()];
                    // A negative drift lets the key die: then nothing better than rho t is claimed.
                    if kappa.is_negative() {
                        (Q::zero(), Q::zero(), rho(j))
                    } else {
                        (key(j, y), kappa, rho(j))
                    }
                });
                let losers = camps.losers().map(|j| (rho(j), growth.slack[j].clone()));
                Some(NormBounds {
                    winners: winners.collect(),
                    losers: LoserBound::Linear(losers.collect()),
                })
            }
            loss @ (Loss::Hinge | Loss::Perceptron)
                if holds(AssumptionId::A2) && holds(AssumptionId::A5f) =>
            {
                let eta = &problem.training().step;
                let theta = if loss == Loss::Hinge { 2 } else { 0 };
                let m = integer(problem.distribution().max_patches());
                let n = integer(problem.n_filters());
                let winners = camps
                    .winners()
                    .map(|(j, y)| (key(j, y), Q::zero(), Q::zero()));
                Some(NormBounds {
                    winners: winners.collect(),
                    losers: LoserBound::Potential {
                        start: network.weights.entries().iter().map(|z| z * z).sum(),
                        growth: integer(theta) * eta + eta * eta * n * &m * &m,
                        updates: max_updates,
                    },
                })
            }
            _ => None,
        }
    }

    /// A lower bound of every winner's squared norm at step `t`; `None` without winners.
    ///
    /// # Cost
    /// A few operations a winner.
    pub fn winner_squared_at_least(&self, t: u64) -> Option<Q> {
        let t = integer(t);
        self.winners
            .iter()
            .map(|(key, kappa, rho)| {
                let along_key = key + kappa * &t;
                (&along_key * &along_key).max(rho * &t * &t)
            })
            .min()
    }

    /// An upper bound of every loser's squared norm at step `t`; `None` without losers.
    ///
    /// # Cost
    /// One square root a loser.
    pub fn loser_squared_at_most(&self, t: u64) -> Option<Q> {
        let t = integer(t);
        match &self.losers {
            LoserBound::Linear(losers) => losers
                .iter()
                .map(|(rho, rest)| squared_at_most(rho, rest, &t))
                .max(),
            LoserBound::Potential {
                start,
                growth,
                updates,
            } => {
                let updates = match updates {
                    Some(cap) if *cap < t => cap.clone(),
                    _ => t,
                };
                Some(start + growth * updates)
            }
        }
    }
}
