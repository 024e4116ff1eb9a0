//! One SGD step from a state, averaged over all atoms.

use crate::dynamics::path::{ExactPath, View, longest};
use crate::dynamics::sampler::Draw;
use crate::dynamics::state::State;
use crate::number::{Q, integer};
use crate::problem::{Activation, Label, Pooling, Problem, Train};
use num_bigint::BigInt;
use num_traits::{ToPrimitive, Zero};

/// Largest number of coordinate moves on the lattice for one state.
const MAX_LATTICE_WORK: u64 = 1_500_000_000;

/// Largest number of coordinate moves in rational arithmetic for one state, times words.
const MAX_RATIONAL_WORK: u64 = 400_000;

/// Averages of one SGD step over the atoms.
pub(super) struct Average {
    /// `E[1(y) (theta' - theta)]` for each label and each of the [`parameters`].
    pub change: [Vec<Q>; 2],
    /// Probability that the gate is not 0.
    pub open: Q,
}

/// All parameters in a row: the weights, n x P, then the head, n.
pub(super) fn parameters(state: State<Q>) -> Vec<Q> {
    let weights = state.weights.entries().iter().cloned();
    weights.chain(state.head).collect()
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
    let touched = match problem.dictionary().is_orthonormal() {
        true => present,
        false => n_patterns as u64,
    };
    let moves = atoms.checked_mul(n as u64)?.checked_mul(touched)?;
    let View::Integers {
        denominator,
        weights: before,
    } = base.view()
    else {
        return average_rational(problem, atoms);
    };
    if moves > MAX_LATTICE_WORK {
        return average_rational(problem, atoms);
    }
    let mut scratch = base.clone();
    let cells = n * n_patterns;
    // The filters row by row, then the head.
    let mut sums = [0, 1].map(|_| vec![0i128; cells + n]);
    let pooled = Pooled::new(problem)?;
    let (mut open, mut left_lattice) = (0i128, false);
    let total = problem.distribution().for_each_atom(|draw, weight| {
        if left_lattice {
            return;
        }
        scratch.step(std::slice::from_ref(draw));
        let View::Integers { weights: after, .. } = scratch.view() else {
            left_lattice = true;
            return;
        };
        if scratch.gates().any_open() {
            open += weight;
            let sums = &mut sums[draw.label.index()];
            let [after, before] = [after, before].map(|z| z.chunks_exact(n_patterns));
            let changed = after.zip(before.clone());
            let narrow = i64::try_from(weight);
            for (sums, (after, before)) in sums.chunks_exact_mut(n_patterns).zip(changed) {
                for &p in scratch.touched() {
                    let p = p as usize;
                    let change = i128::from(after[p] - before[p]);
                    // At most 2^60 * 2^52 a term, and the weights sum up to at most 2^60.
                    sums[p] += narrow.map_or_else(|_| weight * change, |w| i128::from(w) * change);
                }
            }
            if pooled.trained {
                for (sum, row) in sums[cells..].iter_mut().zip(before) {
                    *sum += weight * pooled.of(row, draw);
                }
            }
        }
        scratch.go_back_to(&base);
    });
    let (Some(total), false) = (total, left_lattice) else {
        return average_rational(problem, atoms);
    };
    let scale = integer(BigInt::from(total) * denominator);
    let head = &scale * integer(pooled.right) / &problem.training().step;
    let change = Label::BOTH.map(|y| {
        let head = &head * integer(y.sign());
        let sums = &sums[y.index()];
        let filters = sums[..cells].iter().map(|&sum| integer(sum) / &scale);
        let heads = sums[cells..].iter().map(|&sum| integer(sum) / &head);
        filters.chain(heads).collect()
    });
    let open = Q::new(open.into(), total.into());
    Some(Average { change, open })
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
            let slope = if z > 0 { self.right.into() } else { self.left };
            (z * slope, i128::from(draw.counts[p as usize]))
        });
        match self.max {
            true => values.map(|(value, _)| value).max().unwrap_or(0),
            false => values.map(|(value, count)| value * count).sum(),
        }
    }
}

fn average_rational(problem: &Problem, atoms: u64) -> Option<Average> {
    let base = ExactPath::rational(problem);
    let start = base.state();
    let words = 1 + longest(&start) / 64;
    let weights = start.weights.entries().len() as u64;
    let work = atoms.checked_mul(weights)?.checked_mul(words)?;
    if work > MAX_RATIONAL_WORK {
        return None;
    }
    let start = parameters(start);
    let mut average = Average {
        change: [vec![Q::zero(); start.len()], vec![Q::zero(); start.len()]],
        open: Q::zero(),
    };
    for atom in problem.distribution().atoms().ok()?.atoms() {
        let mut path = base.clone();
        path.step(&[Draw::new(atom.label, atom.counts.clone())]);
        if !path.gates().any_open() {
            continue;
        }
        average.open += &atom.probability;
        let sums = &mut average.change[atom.label.index()];
        for ((sum, old), new) in sums.iter_mut().zip(&start).zip(parameters(path.state())) {
            if new != *old {
                *sum += (new - old) * &atom.probability;
            }
        }
    }
    Some(average)
}
