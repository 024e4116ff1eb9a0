//! The constants of T6s, and the largest totals that its inequality admits.

use super::super::pathwise::max_winners;
use super::classic::{largest_root, sum_of_squares};
use crate::number::{Q, integer};
use crate::problem::{Activation, Distribution, Label, Loss, Pooling, Problem, Train};
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};

/// The winners that the bound speaks of, by pooling.
pub(super) fn winners(problem: &Problem, label: Label) -> Vec<usize> {
    match problem.network().pooling {
        Pooling::Sum => problem.winners(label),
        Pooling::Max => max_winners(problem, label),
    }
}

/// Constants of T6s.
#[derive(Debug, Clone)]
pub(super) struct Sharp {
    /// `eta r`.
    rate: Q,
    /// `A_y`.
    squares: [Q; 2],
    /// `sum over J_y of |a_j| Z_{j,v_y}(0)`.
    starts: [Q; 2],
    /// Sum of `relu(Z(0))^2` outside winners' keys, and over everything.
    rest: Q,
    pub(super) all: Q,
    /// What the right side of T6s gains per unit of mu.
    pub(super) gain: Q,
    /// What the squares of the positive coordinates may gain per unit of mu: the same.
    pub(super) active_gain: Q,
}

impl Sharp {
    /// The constants, where T6s speaks: an orthonormal dictionary, relu, a fixed head, images
    /// with their own key at least r times and never the other; else the reason.
    pub(super) fn new(problem: &Problem) -> Result<Self, &'static str> {
        if !problem.dictionary().is_orthonormal() {
            return Err("the dictionary is not orthonormal");
        }
        if problem.network().activation != Activation::Relu {
            return Err("the activation is not relu");
        }
        if problem.training().train != Train::Filters {
            return Err("the head is trained");
        }
        let r = least_key_count(problem.distribution())
            .ok_or("some image lacks its key or holds the other one")?;
        let eta = &problem.training().step;
        let head = &problem.network().head;
        let max = problem.network().pooling == Pooling::Max;
        let q = if max {
            head.iter().map(|a| a * a).sum()
        } else {
            largest_square(problem)
        };
        let gain = match problem.training().loss {
            Loss::Hinge => eta * integer(2) + eta * eta * q,
            Loss::Perceptron => eta * eta * q,
            Loss::SquaredHinge if eta * &q <= integer(2) => eta * integer(2),
            Loss::SquaredHinge => return Err("eta Q > 2"),
            Loss::Unhinged | Loss::Square => {
                return Err("gates of this loss do not close for good");
            }
        };
        let winners = Label::BOTH.map(|y| winners(problem, y));
        let relu = |z: &&Q| z.is_positive();
        let all = sum_of_squares(problem.network().weights.entries().iter().filter(relu));
        let mut keys = Q::zero();
        let mut squares = [Q::zero(), Q::zero()];
        let mut starts = [Q::zero(), Q::zero()];
        for label in Label::BOTH {
            let y = label.index();
            for &j in &winners[y] {
                let z = &problem.network().weights[(j, y)];
                squares[y] += &head[j] * &head[j];
                starts[y] += head[j].abs() * z;
                keys += z * z;
            }
        }
        Ok(Sharp {
            rate: if max { eta.clone() } else { eta * integer(r) },
            squares,
            starts,
            rest: &all - keys,
            all,
            active_gain: gain.clone(),
            gain,
        })
    }

    /// Right side minus left side of T6s.
    pub(super) fn slack(&self, mu: &[Q; 2]) -> Q {
        let mut slack = &self.rest + (&mu[0] + &mu[1]) * &self.gain;
        for ((mu, square), start) in mu.iter().zip(&self.squares).zip(&self.starts) {
            let grown = &self.rate * mu;
            slack -= square * &grown * &grown + integer(2) * &grown * start;
        }
        slack
    }

    /// The whole part of the largest real mu with `H (eta r mu)^2 <= sum relu(Z(0))^2 + mu gain`,
    /// `H = A_+ A_- / (A_+ + A_-)`. `None` if a label has no winner.
    pub(super) fn largest_mass(&self) -> Option<BigInt> {
        let [plus, minus] = &self.squares;
        if plus.is_zero() || minus.is_zero() {
            return None;
        }
        let h = plus * minus / (plus + minus);
        Some(largest_root(
            &(h * &self.rate * &self.rate),
            &self.gain,
            &self.all,
        ))
    }

    /// The largest total of `mu_+ + mu_-` in units of `unit` (an integer): no split of a larger
    /// total satisfies the inequality. `None` if a label has no winner: then there is no bound.
    ///
    /// For one label each side is convex in its number of units, so the best split of a total is
    /// next to the vertex of a parabola, and the totals that have a split form an interval from 0.
    pub(super) fn largest_total(&self, unit: &Q) -> Option<BigInt> {
        if self.squares.iter().any(Q::is_zero) {
            return None;
        }
        let quadratic = [0, 1].map(|y| {
            let rate = &self.rate * unit;
            &self.squares[y] * &rate * &rate
        });
        let linear =
            [0, 1].map(|y| (integer(2) * &self.rate * &self.starts[y] - &self.gain) * unit);
        let curvature = (&quadratic[0] + &quadratic[1]) * integer(2);
        let feasible = |total: &BigInt| {
            let vertex = (integer(2) * &quadratic[1] * integer(total.clone()) + &linear[1]
                - &linear[0])
                / &curvature;
            [vertex.floor(), vertex.ceil()].into_iter().any(|split| {
                let plus = split.to_integer().clamp(BigInt::zero(), total.clone());
                let minus = total - &plus;
                self.slack(&[integer(plus) * unit, integer(minus) * unit]) >= Q::zero()
            })
        };
        let mut high = BigInt::one();
        while feasible(&high) {
            high *= 2;
        }
        let mut low = BigInt::zero();
        while &high - &low > BigInt::one() {
            let middle: BigInt = (&low + &high) / 2;
            if feasible(&middle) {
                low = middle;
            } else {
                high = middle;
            }
        }
        Some(low)
    }
}

/// The least number of times an image holds its own key, if that is at least 1 and no image holds
/// the other key.
pub(super) fn least_key_count(distribution: &Distribution) -> Option<u32> {
    match distribution {
        Distribution::Generative(g) => Some(g.key_patches()),
        Distribution::Explicit(table) => table
            .atoms()
            .iter()
            .map(|a| {
                let other = a.counts[a.label.opposite().index()];
                if other == 0 {
                    a.counts[a.label.index()]
                } else {
                    0
                }
            })
            .min()
            .filter(|&r| r >= 1),
    }
}

/// `Q = max over atoms of sum_j a_j^2 sum_{p: Z_jp(0) > 0} N_p^2`. For the generative form this is
/// convex in the background counts, so it is largest where all of them are one pattern.
fn largest_square(problem: &Problem) -> Q {
    let network = &problem.network();
    let weight: Vec<Q> = (0..problem.n_patterns())
        .map(|p| {
            network
                .head
                .iter()
                .enumerate()
                .filter(|(j, _)| network.weights[(*j, p)].is_positive())
                .map(|(_, a)| a * a)
                .sum()
        })
        .collect();
    let square = |count: u32| integer(u64::from(count) * u64::from(count));
    match &problem.distribution() {
        Distribution::Generative(g) => Label::BOTH
            .into_iter()
            .filter(|y| g.prior()[y.index()].is_positive())
            .map(|y| {
                let background = g
                    .support(y)
                    .into_iter()
                    .map(|k| &weight[k + 2] * square(g.background_patches()))
                    .max()
                    .unwrap_or_else(Q::zero);
                &weight[y.index()] * square(g.key_patches()) + background
            })
            .max()
            .unwrap_or_else(Q::zero),
        Distribution::Explicit(table) => table
            .atoms()
            .iter()
            .map(|atom| {
                atom.counts
                    .iter()
                    .zip(&weight)
                    .filter(|(n, _)| **n > 0)
                    .map(|(&n, w)| w * square(n))
                    .sum()
            })
            .max()
            .unwrap_or_else(Q::zero),
    }
}
