//! One SGD step from a state, averaged over all atoms.

use crate::dynamics::path::{ExactPath, View, longest};
use crate::dynamics::sampler::Draw;
use crate::number::{Matrix, Q, integer};
use crate::problem::{Activation, Label, Pooling, Problem, Train};
use num_bigint::BigInt;
use num_traits::{ToPrimitive, Zero};

/// Largest number of coordinate moves on the lattice for one state.
const MAX_LATTICE_WORK: u64 = 1_500_000_000;

/// Largest number of coordinate moves in rational arithmetic for one state, times words.
const MAX_RATIONAL_WORK: u64 = 400_000;

/// Averages of one SGD step over the atoms, label by label.
pub(super) struct Average {
    /// `E[1(y) (Z' - Z)]`, n x P.
    pub weights: [Matrix<Q>; 2],
    /// `E[1(y) (a' - a)]`, length n.
    pub head: [Vec<Q>; 2],
    /// Probability that the gate is not 0.
    pub open: Q,
}

/// Takes one SGD step from the problem's start on every atom, and averages. `None` beyond the work
/// limits.
pub(super) fn average(problem: &Problem) -> Option<Average> {
    let atoms = problem.distribution().n_atoms().to_u64()?;
    let (n, n_patterns) = (problem.n_filters(), problem.n_patterns());
    // The filters' step uses the head before the step, so for one step a trained head is a fixed
    // one, and the filters stay on the lattice; the head's own step is summed up below.
    let fixed = problem.fixed_head();
    let base = ExactPath::new(&fixed);
    let present = u64::from(problem.distribution().max_patches().max(1)).min(n_patterns as u64);
    let touched = if problem.dictionary().is_orthonormal() {
        present
    } else {
        n_patterns as u64
    };
    let moves = atoms.checked_mul(n as u64)?.checked_mul(touched)?;
    match base.view() {
        View::Integers {
            denominator,
            weights: before,
        } if moves <= MAX_LATTICE_WORK => {
            let mut scratch = base.clone();
            let mut sums = [0, 1].map(|_| vec![0i128; n * n_patterns]);
            let mut heads = [0, 1].map(|_| vec![0i128; n]);
            let pooled = Pooled::new(problem)?;
            let mut open = 0i128;
            let mut left_lattice = false;
            let total = problem.distribution().for_each_atom(|draw, weight| {
                scratch.go_to(&base);
                scratch.step(std::slice::from_ref(draw));
                let View::Integers { weights, .. } = scratch.view() else {
                    left_lattice = true;
                    return;
                };
                if !scratch.gates().any_open() {
                    return;
                }
                open += weight;
                let sum = &mut sums[draw.label.index()];
                let rows = weights
                    .chunks_exact(n_patterns)
                    .zip(before.chunks_exact(n_patterns))
                    .zip(sum.chunks_exact_mut(n_patterns));
                for ((new, old), sum) in rows {
                    for &p in scratch.touched() {
                        let p = p as usize;
                        // At most 2^60 * 2^52 a term, and the weights sum up to at most 2^60.
                        sum[p] += weight * i128::from(new[p] - old[p]);
                    }
                }
                if pooled.trained {
                    let head = &mut heads[draw.label.index()];
                    for (sum, row) in head.iter_mut().zip(before.chunks_exact(n_patterns)) {
                        *sum += weight * pooled.of(row, draw);
                    }
                }
            });
            if let (Some(total), false) = (total, left_lattice) {
                let scale = BigInt::from(total) * denominator;
                return Some(Average {
                    weights: sums.map(|sum| {
                        Matrix::from_fn(n, n_patterns, |j, p| {
                            Q::new(sum[j * n_patterns + p].into(), scale.clone())
                        })
                    }),
                    head: [0, 1].map(|y| {
                        let factor = &problem.training().step * integer(Label::BOTH[y].sign())
                            / integer(scale.clone() * pooled.right);
                        heads[y].iter().map(|&sum| integer(sum) * &factor).collect()
                    }),
                    open: Q::new(open.into(), total.into()),
                });
            }
            average_rational(problem, atoms)
        }
        _ => average_rational(problem, atoms),
    }
}

/// The pooled activation of one filter in integers, by the definition: `right` times its numerator.
struct Pooled {
    trained: bool,
    max: bool,
    left: i128,
    right: i64,
}

impl Pooled {
    /// `None` where a sum over atoms might not fit 127 bits.
    fn new(problem: &Problem) -> Option<Self> {
        let (left, right) = match &problem.network().activation {
            Activation::Relu => (0, 1),
            Activation::Identity => (1, 1),
            Activation::LeakyRelu { slope } => (slope.numer().to_i64()?, slope.denom().to_i64()?),
            Activation::Relu2 => return None,
        };
        let trained = problem.training().train == Train::FiltersAndHead;
        // Weights sum up to at most 2^60, coordinates reach 2^51.
        let factor = BigInt::from(problem.distribution().max_patches()) * right;
        (!trained || factor.bits() <= 14).then_some(Pooled {
            trained,
            max: problem.network().pooling == Pooling::Max,
            left: left.into(),
            right,
        })
    }

    fn of(&self, row: &[i64], draw: &Draw) -> i128 {
        let values = draw.present.iter().map(|&p| {
            let z = i128::from(row[p as usize]);
            let slope = if z > 0 {
                i128::from(self.right)
            } else {
                self.left
            };
            (z * slope, i128::from(draw.counts[p as usize]))
        });
        if self.max {
            values.map(|(value, _)| value).max().unwrap_or(0)
        } else {
            values.map(|(value, count)| value * count).sum()
        }
    }
}

fn average_rational(problem: &Problem, atoms: u64) -> Option<Average> {
    let (n, n_patterns) = (problem.n_filters(), problem.n_patterns());
    let base = ExactPath::rational(problem);
    let start = base.state();
    let words = 1 + longest(&start) / 64;
    let work = atoms
        .checked_mul((n * n_patterns) as u64)?
        .checked_mul(words)?;
    if work > MAX_RATIONAL_WORK {
        return None;
    }
    let table = problem.distribution().atoms().ok()?;
    let zero = || Matrix::from_fn(n, n_patterns, |_, _| Q::zero());
    let mut average = Average {
        weights: [zero(), zero()],
        head: [vec![Q::zero(); n], vec![Q::zero(); n]],
        open: Q::zero(),
    };
    for atom in table.atoms() {
        let mut path = base.clone();
        path.step(&[Draw::new(atom.label, atom.counts.clone())]);
        if !path.gates().any_open() {
            continue;
        }
        average.open += &atom.probability;
        let state = path.state();
        let y = atom.label.index();
        for j in 0..n {
            for p in 0..n_patterns {
                let change = &state.weights[(j, p)] - &start.weights[(j, p)];
                if !change.is_zero() {
                    average.weights[y][(j, p)] += change * &atom.probability;
                }
            }
            let change = &state.head[j] - &start.head[j];
            average.head[y][j] += change * &atom.probability;
        }
    }
    Some(average)
}
