//! The constants of T6s (those of T6c have the same form), and the largest totals that its inequality admits.

use super::classic::{largest_root, sum_of_squares};
use crate::number::{Q, Scaled, common_denominator, integer, numerator_over};
use crate::problem::{Activation, Loss, Pooling, Problem, Train};
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};

/// Constants of T6s.
#[derive(Debug, Clone)]
pub(in crate::theory) struct Sharp {
    /// `eta r`.
    pub(in crate::theory) rate: Q,
    /// `A_y`.
    pub(in crate::theory) squares: [Q; 2],
    /// `sum over J_y of |a_j| Z_{j,v_y}(0)`.
    pub(in crate::theory) starts: [Q; 2],
    /// Sum of `relu(Z(0))^2` outside winners' keys.
    pub(in crate::theory) rest: Q,
    /// What the right side of the inequality in mu alone begins with: that sum over everything (of T6c the rest).
    pub(in crate::theory) all: Q,
    /// What the right side of T6s gains per unit of mu.
    pub(in crate::theory) gain: Q,
    /// What the squares of the positive coordinates may gain per unit of mu: the same.
    pub(in crate::theory) active_gain: Q,
}

impl Sharp {
    /// The constants, where T6s speaks: an orthonormal dictionary, relu, a fixed head, images
    /// with their own key at least r times and never the other; else the reason.
    pub(in crate::theory) fn new(problem: &Problem) -> Result<Self, &'static str> {
        if !problem.dictionary().is_orthonormal() {
            return Err("the dictionary is not orthonormal");
        }
        if problem.network().activation != Activation::Relu {
            return Err("the activation is not relu");
        }
        if problem.training().train != Train::Filters {
            return Err("the head is trained");
        }
        let r = problem
            .distribution()
            .least_key_count()
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
        let weights = &problem.network().weights;
        let alive = weights.entries().iter().filter(|z| z.is_positive());
        let all = sum_of_squares(alive);
        let (mut squares, mut starts) = ([Q::zero(), Q::zero()], [Q::zero(), Q::zero()]);
        let mut keys = Q::zero();
        for (j, label) in problem.camps_for(problem.network().pooling).winners() {
            let (y, a) = (label.index(), &head[j]);
            let z = &weights[(j, y)];
            squares[y] += a * a;
            starts[y] += a.abs() * z;
            keys += z * z;
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
    pub(in crate::theory) fn slack(&self, mu: &[Q; 2]) -> Q {
        let [numerator, denominator] = self.unreduced(mu);
        Q::new(numerator, denominator)
    }

    /// Is the left side of T6s at most the right side? Nothing is reduced for it.
    pub(in crate::theory) fn holds(&self, mu: &[Q; 2]) -> bool {
        !self.unreduced(mu)[0].is_negative()
    }

    /// Numerator and positive denominator of the right side minus the left side.
    fn unreduced(&self, mu: &[Q; 2]) -> [BigInt; 2] {
        let constants = [&self.rest, &self.gain, &self.rate].into_iter();
        let d = &common_denominator(constants.chain(&self.squares).chain(&self.starts));
        let whole = |q: &Q| numerator_over(q, d);
        let (gain, rate) = (whole(&self.gain), whole(&self.rate));
        let counts = Scaled::new(mu);
        let m = &counts.denominator;
        let (mut numerator, mut taken) = (whole(&self.rest) * m, BigInt::zero());
        let labels = counts.numerators.iter().zip(&self.squares);
        for ((n, square), start) in labels.zip(&self.starts) {
            numerator += &gain * n;
            let grown = &rate * n;
            taken += (whole(square) * &grown + whole(start) * d * m * 2) * grown;
        }
        [numerator * d * d * m - taken, d * d * d * m * m]
    }

    /// `H = A_+ A_- / (A_+ + A_-)`; `None` if a label has no winner.
    pub(in crate::theory) fn harmonic(&self) -> Option<Q> {
        let [plus, minus] = &self.squares;
        let both = !plus.is_zero() && !minus.is_zero();
        both.then(|| plus * minus / (plus + minus))
    }

    /// The whole part of the largest real mu, in units of `unit`, with `H (eta r mu)^2 <= sum relu(Z(0))^2 + mu gain`.
    /// `None` if a label has no winner.
    pub(in crate::theory) fn largest_mass(&self, unit: &Q) -> Option<BigInt> {
        let rate = &self.rate * unit;
        Some(largest_root(
            &(self.harmonic()? * &rate * &rate),
            &(&self.gain * unit),
            &self.all,
        ))
    }

    /// The largest total of `mu_+ + mu_-` in units of `unit` (an integer): no split of a larger
    /// total satisfies the inequality. `None` if a label has no winner: then there is no bound.
    ///
    /// For one label each side is convex in its number of units, so the best split of a total is
    /// next to the vertex of a parabola, and the totals that have a split form an interval from 0.
    pub(in crate::theory) fn largest_total(&self, unit: &Q) -> Option<BigInt> {
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
                self.holds(&[integer(plus) * unit, integer(minus) * unit])
            })
        };
        let power = |bit: u64| BigInt::one() << bit;
        let mut bits = 0;
        while feasible(&power(bits)) {
            bits += 1;
        }
        // The binary digits of the largest total.
        Some((0..bits).rev().fold(BigInt::zero(), |low, bit| {
            let more = &low + power(bit);
            if feasible(&more) { more } else { low }
        }))
    }
}

/// `Q = max over atoms of sum_j a_j^2 sum_{p: Z_jp(0) > 0} N_p^2`.
fn largest_square(problem: &Problem) -> Q {
    let network = problem.network();
    let weight = |p: usize| {
        let column = network.weights.iter_rows().map(|row| &row[p]);
        let alive = column.zip(&network.head).filter(|(z, _)| z.is_positive());
        alive.map(|(_, a)| a * a).sum()
    };
    let weight: Vec<Q> = (0..problem.n_patterns()).map(weight).collect();
    let square = |_, p: usize, n: u32| &weight[p] * integer(u64::from(n) * u64::from(n));
    problem.distribution().largest_sum(square)
}
