//! Units in which the simulator's floats are integers, and so exact.
//!
//! With a fixed head, gates in {0, 1} and a piecewise linear activation, every weight of every run
//! stays on one lattice `u Z`. Write `a_j = g_a H_j` and `G_pq = g_G G'_pq` with integers H and G'
//! without a common divisor, and the slopes of the activation as integers over one denominator q:
//! (0, 1) for relu, (1, 1) for the identity, (p, q) for leaky-relu of slope p/q. Let `u > 0` be the
//! largest rational of which all `Z_jp(0)` and `eta g_a g_G / (B q)` are integer multiples. Then
//! `W = Z / u` are integers, `rate = eta g_a g_G / (B q u)` is one, and a step is
//!
//! `W_jq += sum_p (sum over the open samples of y N_p) rate H_j slope_jp G'_pq`, `slope_jp` in {p, q},
//!
//! the kernel's own operations on integers. A margin is `g_a u / q` times the integer
//! `y sum_p N_p sum_j H_j (q W_jp if W_jp > 0, else p W_jp)`; an integer lies below `q / (g_a u)` exactly
//! if it lies below that number's ceiling, which is the threshold of the hinge.
//!
//! A float holds every integer below 2^53, so sums and products whose values stay below it are exact
//! in any order. That they do is proved before the first step, with absolute values throughout:
//!
//! - Let `reach_q` be the largest `sum_p N_p |G'_pq|` over the images of positive probability (the
//!   largest `|G'_pq|` over the patterns of such images under max pooling, where an image moves a
//!   filter along one pattern). A sample moves `W_jq` by at most `rate q reach_q |H_j|` (by partial
//!   sums too), B samples are added a step, and so
//!   `|W_jq(t)| <= |W_jq(0)| + t B rate q reach_q |H_j|` for all `t <= T`, within steps too.
//! - Partial sums of `F_q` are at most `S_q = q sum_j |H_j| |W_jq|`, those of a margin at most the
//!   largest `sum_p N_p S_p` over the images; under max pooling `q sum_j |H_j| max_p |W_jp|`.
//! - The factors of a move, before the Gram matrix, are at most `B max N_p rate q max |H_j|`.
//!
//! The judge of accuracy forms margins of images, of worst images and of sampled ones: the same sums.
//! Where one of these bounds reaches 2^53, or there is no lattice, the simulator takes plain floats
//! and says so. Norms, quotients and what is reported leave the lattice; they are rounded.

use super::super::float::{lift, to_nearest};
use super::super::kernel::{Constants, Slopes};
use crate::number::{Matrix, Q, integer};
use crate::problem::{Activation, Pooling, Problem, Train};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};

/// Integers below this are floats, and so are their sums while they stay below it: 2^53.
pub(super) const LIMIT: u64 = 1 << 53;

/// A problem in units of its lattice.
pub(super) struct FloatLattice {
    /// What the kernel computes with: integers.
    pub(super) constants: Constants<f64>,
    /// The way back.
    pub(super) units: Units,
}

/// From the lattice to the problem's own numbers.
#[derive(Debug, Clone)]
pub(super) struct Units {
    /// `u`: weights are integer multiples of it.
    pub(super) unit: Q,
    /// Numerator and denominator of u, where `w * numerator / denominator` rounds once.
    factors: Option<(f64, f64)>,
    /// The problem's head, rounded.
    pub(super) head: Vec<f64>,
}

impl Units {
    /// `w u`, rounded to nearest where w is an integer of the lattice.
    pub(super) fn rescale(&self, w: f64) -> f64 {
        match self.factors {
            Some((numerator, denominator)) => w * numerator / denominator,
            None => match lift(w) {
                Some(exact) => to_nearest(&(exact * &self.unit)),
                None => w,
            },
        }
    }
}

/// Why a problem is simulated in plain floats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plain {
    /// Plain floats were asked for.
    Asked,
    /// The head is trained: weights are products of states.
    TrainedHead,
    /// The gates of the loss take other values than 0 and 1.
    Gates,
    /// The activation is not piecewise linear.
    Activation,
    /// Integers of the lattice could reach 2^53 within the steps.
    Range,
}

impl Plain {
    /// In words, to be read after "plain f64, because ".
    pub fn reason(self) -> &'static str {
        match self {
            Plain::Asked => "they were asked for",
            Plain::TrainedHead => "the head is trained",
            Plain::Gates => "the gates of this loss are not only 0 and 1",
            Plain::Activation => "the activation is not piecewise linear",
            Plain::Range => "counts in units of a lattice could reach 2^53",
        }
    }
}

impl FloatLattice {
    /// The lattice of a problem, if all its integers stay below 2^53 for `steps` steps.
    ///
    /// # Cost
    /// n P gcds of the problem's numbers, and P operations a pattern of an atom of an explicit table (one
    /// for an orthonormal dictionary).
    pub(super) fn new(problem: &Problem, steps: u64) -> Result<Self, Plain> {
        if problem.training().train != Train::Filters {
            return Err(Plain::TrainedHead);
        }
        if !problem.training().loss.has_binary_gate() {
            return Err(Plain::Gates);
        }
        let (left, right) = match &problem.network().activation {
            Activation::Relu => (BigInt::zero(), BigInt::one()),
            Activation::Identity => (BigInt::one(), BigInt::one()),
            Activation::LeakyRelu { slope } => (slope.numer().clone(), slope.denom().clone()),
            Activation::Relu2 => return Err(Plain::Activation),
        };
        Self::within_range(problem, steps, &left, &right).ok_or(Plain::Range)
    }

    fn within_range(problem: &Problem, steps: u64, left: &BigInt, right: &BigInt) -> Option<Self> {
        let network = problem.network();
        let head_unit = content(&network.head)?;
        let gram = problem.dictionary().gram();
        let gram_unit = match gram {
            Some(gram) => content(gram.entries())?,
            None => Q::one(),
        };
        let rate = &problem.training().step * &head_unit * &gram_unit
            / integer(problem.training().batch)
            / integer(right.clone());
        let unit = content(network.weights.entries().iter().chain([&rate]))?;
        let head: Vec<i64> = network
            .head
            .iter()
            .map(|a| count(a, &head_unit))
            .collect::<Option<_>>()?;
        let weights: Vec<i64> = network
            .weights
            .entries()
            .iter()
            .map(|z| count(z, &unit))
            .collect::<Option<_>>()?;
        let weights = Matrix::from_vec(network.weights.rows(), network.weights.cols(), weights)?;
        let gram: Option<Matrix<i64>> = match gram {
            Some(gram) => {
                let entries = gram.entries().iter().map(|x| count(x, &gram_unit));
                let entries = entries.collect::<Option<_>>()?;
                Some(Matrix::from_vec(gram.rows(), gram.cols(), entries)?)
            }
            None => None,
        };
        let (left, right) = (below_limit(left)?, below_limit(right)?);
        let rate = count(&rate, &unit)?;
        let largest = Range {
            problem,
            steps: steps.max(1),
            head: &head,
            weights: &weights,
            gram: gram.as_ref(),
            rate: rate.unsigned_abs(),
            right: right.unsigned_abs(),
        }
        .largest_weight()?;
        // A margin never reaches 2^53, so a threshold beyond it is as good as 2^53.
        let one = integer(right) / (&unit * &head_unit);
        let threshold = one.ceil().to_integer().to_u64().unwrap_or(LIMIT).min(LIMIT);
        let float = |x: &i64| *x as f64;
        Some(FloatLattice {
            constants: Constants {
                gram: gram.map(|gram| {
                    let row = |row: &[i64]| {
                        let entries = row.iter().enumerate().filter(|(_, entry)| **entry != 0);
                        entries.map(|(q, entry)| (q, float(entry))).collect()
                    };
                    gram.iter_rows().map(row).collect()
                }),
                slopes: Slopes {
                    left: float(&left),
                    right: float(&right),
                },
                threshold: threshold as f64,
                rate: float(&rate),
                weights: weights.map(float),
                head: head.iter().map(float).collect(),
            },
            units: Units {
                factors: factors(&unit, largest),
                unit,
                head: network.head.iter().map(to_nearest).collect(),
            },
        })
    }
}

/// `u` as a fraction of floats, if integers up to `largest`, times one and over the other, round once.
fn factors(unit: &Q, largest: u64) -> Option<(f64, f64)> {
    let exact = |x: &BigInt| {
        let x = integer(x.clone());
        let float = to_nearest(&x);
        (lift(float).as_ref() == Some(&x)).then_some(float)
    };
    let product = unit.numer() * BigInt::from(largest);
    let once = unit.denom().is_one() || product < BigInt::from(LIMIT);
    if once {
        Some((exact(unit.numer())?, exact(unit.denom())?))
    } else {
        None
    }
}

/// The largest positive rational of which all numbers are integer multiples, 1 if all are 0; `None` if
/// the first of them that is not 0 is 2^53 times as large or more.
fn content<'a>(numbers: impl IntoIterator<Item = &'a Q>) -> Option<Q> {
    let mut numbers = numbers.into_iter().filter(|x| !x.is_zero());
    let Some(first) = numbers.next().map(Signed::abs) else {
        return Some(Q::one());
    };
    let mut unit = first.clone();
    for x in numbers {
        let divides = (x.numer() * unit.denom()).is_multiple_of(&(x.denom() * unit.numer()));
        if !divides {
            unit = Q::new(
                unit.numer().gcd(x.numer()),
                unit.denom().lcm(x.denom()).abs(),
            );
            // Every change at least halves the unit, so there are few.
            count(&first, &unit)?;
        }
    }
    Some(unit)
}

/// How many units a multiple of a unit is, if fewer than 2^53.
fn count(x: &Q, unit: &Q) -> Option<i64> {
    below_limit(&(x / unit).to_integer())
}

fn below_limit(x: &BigInt) -> Option<i64> {
    let x = x.to_i64()?;
    (x.unsigned_abs() < LIMIT).then_some(x)
}

/// Bounds of everything that is computed, see the module.
struct Range<'a> {
    problem: &'a Problem,
    steps: u64,
    head: &'a [i64],
    weights: &'a Matrix<i64>,
    gram: Option<&'a Matrix<i64>>,
    rate: u64,
    right: u64,
}

impl Range<'_> {
    /// Row p of the Gram matrix where it is not 0: pattern and absolute value.
    fn gram_row(&self, p: usize) -> Vec<(usize, u128)> {
        match self.gram {
            None => vec![(p, 1)],
            Some(gram) => {
                let row = gram.row(p).iter().enumerate();
                row.filter(|(_, entry)| **entry != 0)
                    .map(|(q, entry)| (q, u128::from(entry.unsigned_abs())))
                    .collect()
            }
        }
    }

    /// For each pattern q the largest `sum_p N_p values_p[q]` over the images of positive probability,
    /// where row p of `values` lists the entries that are not 0, all below 2^53. An image has fewer
    /// than 2^32 patches, so sums stay below 2^85.
    fn largest_image(&self, values: &[Vec<(usize, u128)>], columns: usize) -> Vec<u128> {
        let mut largest = vec![0; columns];
        let mut sums = vec![0u128; columns];
        for image in self.problem.distribution().extreme_images() {
            for &(p, count) in &image.counts {
                for &(q, value) in &values[p] {
                    sums[q] += u128::from(count) * value;
                }
            }
            // Only these have changed.
            for &(q, _) in image.counts.iter().flat_map(|&(p, _)| &values[p]) {
                largest[q] = sums[q].max(largest[q]);
                sums[q] = 0;
            }
        }
        largest
    }

    /// How far an image moves `W_jq` at most, over `rate q |H_j|`, one a pattern.
    fn reach(&self) -> Vec<u128> {
        let n_patterns = self.weights.cols();
        let rows: Vec<_> = (0..n_patterns).map(|p| self.gram_row(p)).collect();
        match self.problem.network().pooling {
            Pooling::Sum => self.largest_image(&rows, n_patterns),
            Pooling::Max => {
                // Over all patterns, whether they occur or not.
                let mut largest = vec![0; n_patterns];
                for &(q, value) in rows.iter().flatten() {
                    largest[q] = value.max(largest[q]);
                }
                largest
            }
        }
    }

    /// A bound of all weights; `None` if some integer could reach 2^53.
    fn largest_weight(&self) -> Option<u64> {
        let fits = |x: u128| (x < u128::from(LIMIT)).then_some(x);
        let product = |factors: &[u128]| {
            let mut factors = factors.iter();
            factors.try_fold(1u128, |product, &x| product.checked_mul(x))
        };
        let (batch, right) = (
            u128::from(self.problem.training().batch),
            u128::from(self.right),
        );
        // Gates are counted in floats too.
        let samples = fits(product(&[batch, u128::from(self.steps)])?)?;
        let heads = self.head.iter().map(|a| u128::from(a.unsigned_abs()));
        let patches = match self.problem.network().pooling {
            Pooling::Sum => self.problem.distribution().max_patches(),
            Pooling::Max => 1,
        };
        let rate = u128::from(self.rate);
        let most = heads.clone().max()?.max(1);
        fits(product(&[batch, patches.into(), rate, right, most])?)?;
        let mut tops = vec![0u128; self.head.len()];
        let mut sums = vec![0u128; self.weights.cols()];
        for ((q, sum), reach) in sums.iter_mut().enumerate().zip(self.reach()) {
            let moved = product(&[samples, rate, right, reach])?;
            for ((j, a), top) in heads.clone().enumerate().zip(&mut tops) {
                let start = u128::from(self.weights[(j, q)].unsigned_abs());
                let weight = fits(moved.checked_mul(a)?.checked_add(start)?)?;
                let term = product(&[weight, right])?;
                fits(term)?;
                *sum = fits(*sum + fits(product(&[term, a])?)?)?;
                *top = weight.max(*top);
            }
        }
        let margin = match self.problem.network().pooling {
            Pooling::Sum => {
                let rows: Vec<_> = sums.iter().map(|&sum| vec![(0, sum)]).collect();
                self.largest_image(&rows, 1)[0]
            }
            Pooling::Max => {
                let mut terms = tops.iter().zip(heads);
                terms.try_fold(0, |sum, (&top, a)| fits(sum + top * right * a))?
            }
        };
        fits(margin)?;
        let largest = tops.iter().copied().max()?;
        u64::try_from(largest).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::ratio;

    #[test]
    fn the_content_divides_all_numbers_and_no_larger_one_does() {
        let numbers = [ratio(3, 4), ratio(-9, 10), integer(0), integer(6)];
        let unit = content(&numbers).unwrap();
        assert_eq!(unit, ratio(3, 20));
        let counts: Vec<i64> = numbers.iter().map(|x| count(x, &unit).unwrap()).collect();
        assert_eq!(counts, [5, -6, 0, 40]);
        assert_eq!(content(&[integer(0)]), Some(integer(1)));
        assert_eq!(content(&[]), Some(integer(1)));
        let far = Q::new(BigInt::one(), BigInt::one() << 53);
        assert_eq!(content(&[integer(1), far.clone()]), None);
        assert_eq!(
            content(&[integer(1), far * integer(2)]).map(|u| u.numer().is_one()),
            Some(true)
        );
        assert_eq!(count(&integer(LIMIT), &integer(1)), None);
        assert_eq!(
            count(&-integer(LIMIT - 1), &integer(1)),
            Some(1 - LIMIT as i64)
        );
    }

    #[test]
    fn rescaling_rounds_to_nearest() {
        for (unit, largest) in [
            (ratio(1, 3200), LIMIT - 1),
            (ratio(3, 10), 1000),
            (ratio(3, 10), LIMIT - 1),
            (integer(7), LIMIT - 1),
            (Q::new(BigInt::one(), BigInt::from(10).pow(400)), 1000),
        ] {
            let units = Units {
                factors: factors(&unit, largest),
                unit: unit.clone(),
                head: Vec::new(),
            };
            for w in [0, 1, 7, 999, largest - 2, largest] {
                let w = w.min(largest);
                let exact = to_nearest(&(integer(w) * &unit));
                assert_eq!(units.rescale(w as f64), exact, "{w} {unit}");
                assert_eq!(units.rescale(-(w as f64)), -exact);
            }
        }
    }
}
