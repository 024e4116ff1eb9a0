//! Exact dynamics of everything else: gates or activations that are not piecewise constant, and a
//! trained head under max pooling.
//!
//! The state is two vectors of integers, each over one denominator, and a step forms no gcd beyond
//! the one that joins two denominators. Under sum pooling all margins come from the P sums `F_p`.
//! Where the step is a polynomial of degree d in the state, digits multiply by d a step; the size
//! of the next state is foreseen and compared with the limit before any work is done.

use crate::dynamics::limits::{Limits, Stop};
use crate::dynamics::state::{ScaledState, State};
use crate::number::{Denominator, Matrix, Q, Scaled};
use crate::problem::{Activation, AtomTable, Label, Loss, Pooling, Problem, Train};
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};
use std::sync::Arc;

/// The engine.
#[derive(Debug, Clone)]
pub(super) struct General<'p> {
    problem: &'p Problem,
    table: Arc<AtomTable>,
    weight: Vec<BigInt>,
    weight_denominator: BigInt,
    gram: Option<Scaled>,
    slope: Q,
    head: Scaled,
    weights: Scaled,
    open_mass: [Q; 2],
}

/// What a step found on the way.
struct Found {
    gates: Vec<BigInt>,
    gate_denominator: BigInt,
}

impl<'p> General<'p> {
    /// The engine at the initial state.
    ///
    /// # Errors
    /// The limit in words, if the atoms are too many.
    pub(super) fn new(problem: &'p Problem) -> Result<Self, String> {
        let table = problem.distribution().atoms().map_err(|e| e.to_string())?;
        let weights = table.weights();
        Ok(General {
            weight: weights.numerators,
            weight_denominator: weights.denominator,
            table,
            gram: problem
                .dictionary()
                .gram()
                .map(|g| Scaled::new(g.entries())),
            slope: match &problem.network().activation {
                Activation::LeakyRelu { slope } => slope.clone(),
                Activation::Identity => Q::one(),
                Activation::Relu | Activation::Relu2 => Q::zero(),
            },
            head: Scaled::new(&problem.network().head),
            weights: Scaled::new(problem.network().weights.entries()),
            open_mass: [Q::zero(), Q::zero()],
            problem,
        })
    }

    pub(super) fn open_mass(&self) -> [Q; 2] {
        self.open_mass.clone()
    }

    /// The exact state, reduced.
    pub(super) fn state(&self) -> State<Q> {
        let width = self.problem.n_patterns();
        let [weights, head] = [&self.weights, &self.head].map(|scaled| {
            let denominator = Denominator::new(scaled.denominator.clone());
            let numerators = scaled.numerators.iter();
            let numbers = numerators.map(|n| denominator.under(n.clone()));
            numbers.collect::<Vec<Q>>()
        });
        State {
            weights: Matrix::from_fn(self.problem.n_filters(), width, |j, p| {
                weights[j * width + p].clone()
            }),
            head,
        }
    }

    /// The exact state over one denominator for the coordinates and one for the heads, as it is.
    pub(super) fn scaled(&self) -> ScaledState {
        ScaledState {
            weights: self.weights.clone(),
            head: self.head.clone(),
        }
    }

    /// Are all gates open?
    pub(super) fn all_open(&self) -> bool {
        let (activated, unit) = self.activated();
        let found = self.gates(&activated, &unit);
        found.gates.iter().all(|g| !g.is_zero())
    }

    /// Moves `steps` steps from step `t`.
    pub(super) fn run(&mut self, t: u64, steps: u64, limits: &Limits) -> Result<(), Stop> {
        let mut work = 0u64;
        for done in 0..steps {
            let stop = |limit: String| Err(Stop { limit, t: t + done });
            let (bits, cost) = self.foresee();
            if bits > limits.max_bits {
                return stop(format!(
                    "numbers of the next state may need {bits} bits; at most {} are allowed",
                    limits.max_bits
                ));
            }
            work = work.saturating_add(cost);
            if work > limits.max_work {
                return stop(format!(
                    "the estimated work exceeds {} machine operations",
                    limits.max_work
                ));
            }
            if !self.step() {
                // Every gate is closed, so nothing moves any more.
                return Ok(());
            }
        }
        Ok(())
    }

    /// Bounds on the bits of the next state and on the work of a step.
    fn foresee(&self) -> (u64, u64) {
        let (z, a) = (self.weights.bits(), self.head.bits());
        let quadratic = self.problem.network().activation == Activation::Relu2;
        let sigma = if quadratic { 2 * z } else { z };
        let derivative = if quadratic { z } else { 0 };
        let gate = if self.problem.training().loss.has_binary_gate() {
            0
        } else {
            a + sigma
        };
        let push = a + derivative + gate;
        let mut bits = z.max(push);
        if self.problem.training().train == Train::FiltersAndHead {
            bits = bits.max(a.max(gate + sigma));
        }
        // Joining denominators may multiply them where one does not divide the other.
        let limbs = bits / 64 + 1;
        let cells = (self.problem.n_filters() * self.problem.n_patterns()) as u64;
        let products = cells.saturating_mul(8)
            + (self.table.atoms().len() as u64).saturating_mul(
                match self.problem.network().pooling {
                    Pooling::Sum => self.problem.n_patterns() as u64,
                    Pooling::Max => cells,
                },
            );
        // Products, and gcds that are quadratic with a larger constant.
        let cost = products
            .saturating_mul(limbs)
            .saturating_add(cells.saturating_mul(limbs.saturating_mul(limbs)));
        (bits, cost)
    }

    /// `sigma(Z)` as numerators and their denominator.
    fn activated(&self) -> (Vec<BigInt>, BigInt) {
        let z = &self.weights;
        if self.problem.network().activation == Activation::Relu2 {
            let square = |v: &BigInt| {
                if v.is_positive() {
                    v * v
                } else {
                    BigInt::zero()
                }
            };
            return (
                z.numerators.iter().map(square).collect(),
                &z.denominator * &z.denominator,
            );
        }
        let (right, left) = (self.slope.denom(), self.slope.numer());
        let line = |v: &BigInt| if v.is_positive() { v * right } else { v * left };
        (
            z.numerators.iter().map(line).collect(),
            &z.denominator * right,
        )
    }

    /// `sigma'(Z)` as numerators and their denominator.
    fn derivatives(&self) -> (Vec<BigInt>, BigInt) {
        let z = &self.weights;
        if self.problem.network().activation == Activation::Relu2 {
            let slope = |v: &BigInt| {
                if v.is_positive() {
                    v * 2
                } else {
                    BigInt::zero()
                }
            };
            return (
                z.numerators.iter().map(slope).collect(),
                z.denominator.clone(),
            );
        }
        let (right, left) = (self.slope.denom(), self.slope.numer());
        let slope = |v: &BigInt| {
            if v.is_positive() {
                right.clone()
            } else {
                left.clone()
            }
        };
        (z.numerators.iter().map(slope).collect(), right.clone())
    }

    /// Under max pooling, the pattern whose activated value is the first largest.
    fn argmax(row: &[BigInt], counts: &[u32]) -> Option<usize> {
        let mut best: Option<usize> = None;
        for (p, value) in row.iter().enumerate() {
            if counts[p] > 0 && best.is_none_or(|b| *value > row[b]) {
                best = Some(p);
            }
        }
        best
    }

    /// The gates of all atoms, from the activated values over `unit`.
    fn gates(&self, activated: &[BigInt], unit: &BigInt) -> Found {
        let width = self.problem.n_patterns();
        let one = &self.head.denominator * unit;
        let loss = self.problem.training().loss;
        let gate_denominator = if loss.has_binary_gate() {
            BigInt::one()
        } else {
            one.clone()
        };
        let mut sums = vec![BigInt::zero(); width];
        if self.problem.network().pooling == Pooling::Sum {
            for (row, a) in activated.chunks_exact(width).zip(&self.head.numerators) {
                for (sum, v) in sums.iter_mut().zip(row) {
                    if !v.is_zero() {
                        *sum += v * a;
                    }
                }
            }
        }
        let gates = self
            .table
            .atoms()
            .iter()
            .map(|atom| {
                let mut margin = BigInt::zero();
                match self.problem.network().pooling {
                    Pooling::Sum => {
                        for (sum, &c) in sums.iter().zip(&atom.counts) {
                            if c > 0 {
                                margin += sum * c;
                            }
                        }
                    }
                    Pooling::Max => {
                        for (row, a) in activated.chunks_exact(width).zip(&self.head.numerators) {
                            if let Some(p) = Self::argmax(row, &atom.counts) {
                                margin += &row[p] * a;
                            }
                        }
                    }
                }
                if atom.label == Label::Minus {
                    margin = -margin;
                }
                let flag = |open: bool| BigInt::from(u8::from(open));
                match loss {
                    Loss::Unhinged => BigInt::one(),
                    Loss::Hinge => flag(margin < one),
                    Loss::Perceptron => flag(!margin.is_positive()),
                    Loss::SquaredHinge if margin >= one => BigInt::zero(),
                    Loss::SquaredHinge | Loss::Square => &one - margin,
                }
            })
            .collect();
        Found {
            gates,
            gate_denominator,
        }
    }

    /// One step; `false` if every gate is closed.
    fn step(&mut self) -> bool {
        let problem = self.problem;
        let (n, width) = (problem.n_filters(), problem.n_patterns());
        let (activated, unit) = self.activated();
        let found = self.gates(&activated, &unit);
        if found.gates.iter().all(Zero::is_zero) {
            return false;
        }
        // Signed gate times weight of every atom, over `gate_denominator * W`.
        let mut mass = [BigInt::zero(), BigInt::zero()];
        let mut signed = Vec::with_capacity(found.gates.len());
        for ((atom, gate), weight) in self
            .table
            .atoms()
            .iter()
            .zip(&found.gates)
            .zip(&self.weight)
        {
            let value = gate * weight;
            mass[atom.label.index()] += &value;
            signed.push(if atom.label == Label::Plus {
                value
            } else {
                -value
            });
        }
        let force_unit = &found.gate_denominator * &self.weight_denominator;
        for (total, part) in self.open_mass.iter_mut().zip(mass) {
            *total += Q::new(part, force_unit.clone());
        }
        // D_jp, one row for all filters under sum pooling.
        let sum_pooling = problem.network().pooling == Pooling::Sum;
        let rows = if sum_pooling { 1 } else { n };
        let mut force = vec![BigInt::zero(); rows * width];
        for (atom, value) in self.table.atoms().iter().zip(&signed) {
            if value.is_zero() {
                continue;
            }
            if sum_pooling {
                for (slot, &c) in force.iter_mut().zip(&atom.counts) {
                    if c > 0 {
                        *slot += value * c;
                    }
                }
            } else {
                for (row, slots) in activated
                    .chunks_exact(width)
                    .zip(force.chunks_exact_mut(width))
                {
                    if let Some(p) = Self::argmax(row, &atom.counts) {
                        slots[p] += value;
                    }
                }
            }
        }
        let force_of = |j: usize| {
            let row = if sum_pooling { 0 } else { j };
            &force[row * width..(row + 1) * width]
        };
        let step = &problem.training().step;
        let (derivatives, derivative_unit) = self.derivatives();
        let mut moves = vec![BigInt::zero(); n * width];
        for j in 0..n {
            let scale = step.numer() * &self.head.numerators[j];
            for (p, d) in force_of(j).iter().enumerate() {
                let slope = &derivatives[j * width + p];
                if d.is_zero() || slope.is_zero() {
                    continue;
                }
                let push = &scale * d * slope;
                match &self.gram {
                    None => moves[j * width + p] += push,
                    Some(gram) => {
                        for q in 0..width {
                            let g = &gram.numerators[p * width + q];
                            if !g.is_zero() {
                                moves[j * width + q] += &push * g;
                            }
                        }
                    }
                }
            }
        }
        let gram_unit = self
            .gram
            .as_ref()
            .map_or_else(BigInt::one, |g| g.denominator.clone());
        let moves_unit =
            step.denom() * &self.head.denominator * &force_unit * derivative_unit * gram_unit;
        let mut weights = self.weights.plus(&moves, &moves_unit);
        weights.reduce();
        if problem.training().train == Train::FiltersAndHead {
            let turns: Vec<BigInt> = (0..n)
                .map(|j| {
                    let row = &activated[j * width..(j + 1) * width];
                    let sum = force_of(j)
                        .iter()
                        .zip(row)
                        .fold(BigInt::zero(), |s, (d, v)| s + d * v);
                    sum * step.numer()
                })
                .collect();
            let turns_unit = step.denom() * force_unit * unit;
            self.head = self.head.plus(&turns, &turns_unit);
            self.head.reduce();
        }
        self.weights = weights;
        true
    }
}
