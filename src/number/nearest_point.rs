//! The point of a convex hull that is nearest to 0, exactly: Wolfe's method (1976) without fractions.
//!
//! The hull is that of finitely many integer points of a space with the inner product `<x, y> = x^T G y`. It is
//! given by an oracle, which finds the lowest of them in a direction, so there may be very many. The answer decides
//! whether 0 is in the hull, and shows it either way: by weights with which some points add up to 0, or by the
//! nearest point z, since `<z, p> >= |z|^2 > 0` for all points p then.
//!
//! *The method.* A set of affinely independent points is kept, with positive weights, and x their mean. If no point p
//! has `<x, p> < |x|^2`, x is the nearest point. Else such a p joins the set, and x goes towards the point of the
//! affine hull that is nearest to 0 (a linear system). Where it would leave the convex hull on the way, it stops at
//! the border, points whose weight is 0 go, and that is repeated. Then |x| has become smaller, and x is the nearest
//! point of the affine hull of its set: no set comes twice, and the method ends.
//!
//! *Digits.* After each round x is the solution of one linear system in the points: numbers do not grow from round
//! to round.

use super::elimination::reduce;
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, Zero};
use thiserror::Error;

/// The inner product of a space: `x^T G y`, with G symmetric and positive semidefinite.
#[derive(Debug, Clone, Copy)]
pub struct InnerProduct<'a>(
    /// G; `None` for the identity.
    pub Option<&'a [Vec<BigInt>]>,
);

impl InnerProduct<'_> {
    /// `G x`.
    pub fn apply(self, x: &[BigInt]) -> Vec<BigInt> {
        match self.0 {
            None => x.to_vec(),
            Some(rows) => rows.iter().map(|row| dot(row, x)).collect(),
        }
    }
}

fn dot(x: &[BigInt], y: &[BigInt]) -> BigInt {
    let pairs = x
        .iter()
        .zip(y)
        .filter(|(a, b)| !a.is_zero() && !b.is_zero());
    pairs.map(|(a, b)| a * b).sum()
}

/// The nearest point as a mean of points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nearest {
    /// The points, affinely independent.
    pub points: Vec<Vec<BigInt>>,
    /// Their weights, each at least 1; they are to be divided by their sum.
    pub weights: Vec<BigInt>,
    /// The sum of the weighted points: the nearest point, times the sum of the weights.
    pub sum: Vec<BigInt>,
    /// Is it 0 (has it length 0 in the inner product)?
    pub is_zero: bool,
}

/// A limit on the work was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the nearest point of the hull takes too many operations")]
pub struct TooMuchWork;

/// The point of the hull nearest to 0. `lowest` is given `G x` and finds a point p of the hull with the least
/// `<p, x>`, or nothing if that takes too much work.
///
/// # Errors
/// [`TooMuchWork`] after `max_work` products of machine words, or where `lowest` gives up.
///
/// # Cost
/// A round takes one call of `lowest` and the solution of a linear system of as many unknowns as there are points
/// in the set (at most the dimension and one): k^3 products of numbers of k times the digits of an entry. Mostly there
/// are few rounds more than points in the answer.
pub fn nearest_point(
    product: InnerProduct<'_>,
    dimension: usize,
    mut lowest: impl FnMut(&[BigInt]) -> Option<Vec<BigInt>>,
    max_work: u64,
) -> Result<Nearest, TooMuchWork> {
    let mut work = 0u64;
    let mut set = Set::default();
    let first = lowest(&vec![BigInt::zero(); dimension]).ok_or(TooMuchWork)?;
    set.push(first, product);
    set.weights.push(BigInt::one());
    loop {
        let sum = set.sum(dimension);
        let image = product.apply(&sum);
        let square = dot(&sum, &image);
        let is_zero = square.is_zero();
        if !is_zero {
            let next = lowest(&image).ok_or(TooMuchWork)?;
            // <x, p> < |x|^2, for x = sum / total?
            let total: BigInt = set.weights.iter().sum();
            if dot(&next, &image) * total < square {
                set.push(next, product);
                set.weights.push(BigInt::zero());
                loop {
                    work = work.saturating_add(set.work());
                    if work > max_work {
                        return Err(TooMuchWork);
                    }
                    let target = set.affine();
                    if set.go_to(&target) {
                        break;
                    }
                }
                continue;
            }
        }
        return Ok(Nearest {
            points: set.points,
            weights: set.weights,
            sum,
            is_zero,
        });
    }
}

/// Affinely independent points with weights.
#[derive(Default)]
struct Set {
    points: Vec<Vec<BigInt>>,
    /// Their inner products.
    gram: Vec<Vec<BigInt>>,
    weights: Vec<BigInt>,
}

impl Set {
    fn push(&mut self, point: Vec<BigInt>, product: InnerProduct<'_>) {
        let image = product.apply(&point);
        let mut row: Vec<BigInt> = self.points.iter().map(|p| dot(p, &image)).collect();
        for (old, x) in self.gram.iter_mut().zip(&row) {
            old.push(x.clone());
        }
        row.push(dot(&point, &image));
        self.gram.push(row);
        self.points.push(point);
    }

    fn sum(&self, dimension: usize) -> Vec<BigInt> {
        let mut sum = vec![BigInt::zero(); dimension];
        for (point, weight) in self.points.iter().zip(&self.weights) {
            for (s, x) in sum.iter_mut().zip(point) {
                if !x.is_zero() {
                    *s += x * weight;
                }
            }
        }
        sum
    }

    /// Products of machine words that the next [`Set::affine`] takes.
    fn work(&self) -> u64 {
        let diagonal = self.gram.iter().enumerate();
        let bits: u64 = diagonal.map(|(k, row)| row[k].bits() + 1).sum();
        let words = 1 + bits / 64;
        let cubed = (self.points.len() as u64).saturating_pow(3);
        words.saturating_mul(words).saturating_mul(cubed)
    }

    /// Weights of the point of the affine hull that is nearest to 0, with a positive sum.
    ///
    /// With Q the inner products and J all ones, `Q + J` is positive definite for affinely independent points, and
    /// the weights are in proportion to the solution of `(Q + J) u = 1`: then all entries of `Q u` are equal.
    fn affine(&self) -> Vec<BigInt> {
        let bordered = self.gram.iter().map(|row| {
            let entries = row.iter().map(|x| x + 1);
            entries.chain([BigInt::one()]).collect()
        });
        let reduced = reduce(bordered.collect(), self.points.len());
        let last = reduced.rows.into_iter().map(|mut row| row.pop());
        let solution: Vec<BigInt> = last.map(Option::unwrap_or_default).collect();
        match solution.iter().sum::<BigInt>().is_negative() {
            true => solution.into_iter().map(|x| -x).collect(),
            false => solution,
        }
    }

    /// Goes towards these weights, as far as none becomes negative; points whose weight becomes 0 go. Has it arrived?
    fn go_to(&mut self, target: &[BigInt]) -> bool {
        let here: BigInt = self.weights.iter().sum();
        let there: BigInt = target.iter().sum();
        // Over sums made equal, w + theta (a - w) is 0 at theta = w / (w - a), for a <= 0.
        let pairs = || self.weights.iter().zip(target);
        let steps = pairs().filter(|(_, a)| !a.is_positive());
        let steps = steps.map(|(w, a)| (w * &there, w * &there - a * &here));
        let least = steps.min_by(|(p, q), (r, s)| (p * s).cmp(&(r * q)));
        let Some((part, whole)) = least else {
            self.take(target.to_vec());
            return true;
        };
        let (rest, part) = ((whole - &part) * there, part * here);
        let weights = pairs().map(|(w, a)| w * &rest + a * &part).collect();
        self.take(weights);
        false
    }

    /// Takes weights over, without those that are 0 and without a common factor.
    fn take(&mut self, weights: Vec<BigInt>) {
        let common = weights.iter().fold(BigInt::zero(), |g, w| g.gcd(w));
        let kept: Vec<usize> = (0..weights.len())
            .filter(|&k| weights[k].is_positive())
            .collect();
        let of = |k: &usize| self.points[*k].clone();
        self.points = kept.iter().map(of).collect();
        let row = |k: &usize| kept.iter().map(|l| self.gram[*k][*l].clone()).collect();
        self.gram = kept.iter().map(row).collect();
        self.weights = kept.iter().map(|k| &weights[*k] / &common).collect();
    }
}
