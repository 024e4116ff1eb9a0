//! One SGD path in exact arithmetic, step by step.
//!
//! With a fixed head, gates in {0, 1} and a piecewise linear activation every weight stays on the
//! lattice `(1/D) Z` with one constant D: the path then runs in machine integers, without a gcd, and
//! leaves them before a number could overflow. Every other problem, and a path that has left the
//! machine integers, goes through [`Model`] over [`Q`]. Both ways follow the same definition of a step.

use super::gradient::{Model, Sample};
use super::sampler::{Draw, Sampler};
use super::state::State;
use crate::number::{Matrix, Q, Scaled, common_denominator, fraction, integer};
use crate::problem::{Activation, Label, Loss, Pooling, Problem, Train};
use num_bigint::BigInt;
use num_traits::{One, Signed, ToPrimitive, Zero};
use rand_chacha::ChaCha8Rng;

/// Largest numerator of a weight on the lattice: sums of 2^24 squares of such numbers fit an `i128`.
pub const MAX_NUMERATOR: i64 = 1 << 51;

/// Factors of a margin's terms stay below this, so that a margin fits an `i128`.
const MAX_MARGIN_FACTOR: u32 = 74;

/// The weights of a path, in the number system that it runs in.
#[derive(Debug, Clone, Copy)]
pub enum View<'a> {
    /// Numerators of the pattern coordinates, n x P row by row, over one constant denominator.
    Integers {
        /// The common denominator D, the same at every step.
        denominator: &'a BigInt,
        /// Numerators, at most [`MAX_NUMERATOR`] in absolute value.
        weights: &'a [i64],
    },
    /// The state as rationals.
    Rational(&'a State<Q>),
}

/// The gates of the samples of one step, in the order of the batch.
#[derive(Debug, Clone, PartialEq)]
pub enum Gates {
    /// Open (1) or closed (0).
    Binary(Vec<bool>),
    /// Any rational.
    Rational(Vec<Q>),
}

impl Gates {
    /// Is some gate not 0?
    pub fn any_open(&self) -> bool {
        match self {
            Gates::Binary(open) => open.iter().any(|&g| g),
            Gates::Rational(gates) => gates.iter().any(|g| !g.is_zero()),
        }
    }

    /// The gate of sample `i`.
    pub fn gate(&self, i: usize) -> Q {
        match self {
            Gates::Binary(open) => integer(i64::from(open[i])),
            Gates::Rational(gates) => gates[i].clone(),
        }
    }
}

/// One sample path of SGD, exactly.
#[derive(Debug, Clone)]
pub struct ExactPath<'p> {
    problem: &'p Problem,
    model: Model<Q>,
    sample_weight: Q,
    engine: Engine,
    t: u64,
    updates: u64,
    gates: Gates,
    touched: Vec<u32>,
    open: [u64; 2],
    gate_sums: [Q; 2],
}

#[derive(Debug, Clone)]
enum Engine {
    Lattice(Box<PathLattice>),
    Rational(State<Q>),
}

impl<'p> ExactPath<'p> {
    /// The path at step 0, on the lattice where there is one.
    ///
    /// # Cost
    /// n P.
    pub fn new(problem: &'p Problem) -> Self {
        let engine = match PathLattice::new(problem) {
            Some(lattice) => Engine::Lattice(Box::new(lattice)),
            None => Engine::Rational(State::initial(problem)),
        };
        Self::with_engine(problem, engine)
    }

    /// The path at step 0, in rational arithmetic throughout.
    pub fn rational(problem: &'p Problem) -> Self {
        Self::with_engine(problem, Engine::Rational(State::initial(problem)))
    }

    fn with_engine(problem: &'p Problem, engine: Engine) -> Self {
        ExactPath {
            problem,
            model: Model::new(problem),
            sample_weight: integer(problem.training().batch).recip(),
            engine,
            t: 0,
            updates: 0,
            gates: Gates::Binary(Vec::new()),
            touched: Vec::new(),
            open: [0; 2],
            gate_sums: [Q::zero(), Q::zero()],
        }
    }

    /// Takes one step on a batch; every sample weighs `1/B` with the problem's batch size B, and all
    /// gates and derivatives are those of the state before the step.
    ///
    /// # Shapes
    /// `batch` has B samples with counts of length P.
    ///
    /// # Cost
    /// On the lattice `n (patterns present)` additions a sample; otherwise that many rational
    /// operations, on numbers that may grow at every step.
    pub fn step(&mut self, batch: &[Draw]) {
        if let Engine::Lattice(lattice) = &mut self.engine {
            let mut open = match std::mem::replace(&mut self.gates, Gates::Binary(Vec::new())) {
                Gates::Binary(open) => open,
                Gates::Rational(_) => Vec::new(),
            };
            lattice.open_gates(batch, &mut open);
            if lattice.step(batch, &open, &mut self.touched) {
                for (draw, &gate) in batch.iter().zip(&open) {
                    self.open[draw.label.index()] += u64::from(gate);
                }
                self.updates += u64::from(open.iter().any(|&g| g));
                self.gates = Gates::Binary(open);
                self.t += 1;
                return;
            }
            let state = lattice.state(self.problem);
            self.gate_sums = self.open.map(|count| integer(count) * &self.sample_weight);
            self.engine = Engine::Rational(state);
        }
        let Engine::Rational(state) = &mut self.engine else {
            return;
        };
        let gradient = self.model.gradient(
            state,
            batch.iter().map(|draw| Sample {
                label: draw.label,
                counts: &draw.counts,
                weight: &self.sample_weight,
            }),
        );
        self.model.apply(state, &gradient);
        self.touched.clear();
        for (draw, gate) in batch.iter().zip(&gradient.gates) {
            if !gate.is_zero() {
                self.gate_sums[draw.label.index()] += gate * &self.sample_weight;
                self.touched.extend_from_slice(&draw.present);
            }
        }
        self.touched.sort_unstable();
        self.touched.dedup();
        spread_over_gram(&mut self.touched, &self.model.gram);
        self.gates = Gates::Rational(gradient.gates);
        self.updates += u64::from(self.gates.any_open());
        self.t += 1;
    }

    /// Takes the last step back: this path came from where `before`, of the same problem, stands, by one step.
    ///
    /// # Cost
    /// On the lattice one copy of each coordinate that the step may have changed; otherwise of all.
    pub fn go_back_to(&mut self, before: &ExactPath<'p>) {
        match (&mut self.engine, &before.engine) {
            (Engine::Lattice(mine), Engine::Lattice(theirs)) => {
                let n_patterns = mine.n_patterns;
                let rows = mine.weights.chunks_exact_mut(n_patterns);
                for (row, old) in rows.zip(theirs.weights.chunks_exact(n_patterns)) {
                    for &p in &self.touched {
                        row[p as usize] = old[p as usize];
                    }
                }
                mine.ceiling = theirs.ceiling;
                debug_assert!(mine.weights == theirs.weights);
            }
            (mine, theirs) => {
                *mine = theirs.clone();
                self.gate_sums.clone_from(&before.gate_sums);
            }
        }
        self.touched.clone_from(&before.touched);
        match (&mut self.gates, &before.gates) {
            // In the memory that it has.
            (Gates::Binary(mine), Gates::Binary(old)) => mine.clone_from(old),
            (mine, old) => *mine = old.clone(),
        }
        self.t = before.t;
        self.updates = before.updates;
        self.open = before.open;
    }

    /// Steps taken.
    pub fn t(&self) -> u64 {
        self.t
    }

    /// Steps on which some gate was not 0, whether or not anything moved.
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// The gates of the last step's samples, before that step; empty at step 0.
    pub fn gates(&self) -> &Gates {
        &self.gates
    }

    /// The columns (patterns) whose coordinates the last step may have changed, ascending.
    pub fn touched(&self) -> &[u32] {
        &self.touched
    }

    /// `G_y`: the sum of the gates on samples with this label so far, as fractions of a batch.
    pub fn gate_sum(&self, label: Label) -> Q {
        match self.engine {
            Engine::Lattice(_) => integer(self.open[label.index()]) * &self.sample_weight,
            Engine::Rational(_) => self.gate_sums[label.index()].clone(),
        }
    }

    /// The weights, in the number system that the path runs in.
    pub fn view(&self) -> View<'_> {
        match &self.engine {
            Engine::Lattice(lattice) => View::Integers {
                denominator: &lattice.denominator,
                weights: &lattice.weights,
            },
            Engine::Rational(state) => View::Rational(state),
        }
    }

    /// Does the path still run in machine integers?
    pub fn is_on_lattice(&self) -> bool {
        matches!(self.engine, Engine::Lattice(_))
    }

    /// The exact state.
    pub fn state(&self) -> State<Q> {
        match &self.engine {
            Engine::Lattice(lattice) => lattice.state(self.problem),
            Engine::Rational(state) => state.clone(),
        }
    }

    /// The exact coordinate `Z_jp`.
    pub fn weight(&self, j: usize, p: usize) -> Q {
        match &self.engine {
            Engine::Lattice(lattice) => lattice.weight(j, p),
            Engine::Rational(state) => state.weights[(j, p)].clone(),
        }
    }

    /// Is the coordinate `Z_jp` positive?
    pub fn is_positive(&self, j: usize, p: usize) -> bool {
        match &self.engine {
            Engine::Lattice(lattice) => lattice.weights[j * lattice.n_patterns + p] > 0,
            Engine::Rational(state) => state.weights[(j, p)].is_positive(),
        }
    }

    /// `|w_j|^2` less the square of the first of these coordinates, of the first two, and so on: the squared part of
    /// filter j across these patterns, if they are of length 1 and orthogonal to each other and to all others.
    ///
    /// # Cost
    /// P integer operations on the lattice of an orthonormal dictionary; else as
    /// [`norm_squared`](crate::problem::Dictionary::norm_squared).
    pub fn squares_beside<const N: usize>(&self, j: usize, patterns: [usize; N]) -> [Q; N] {
        let row: Vec<Q>;
        let row = match &self.engine {
            Engine::Lattice(lattice) if lattice.gram.is_none() => {
                let row = &lattice.weights[j * lattice.n_patterns..][..lattice.n_patterns];
                let square = |&z: &i64| i128::from(z) * i128::from(z);
                let denominator = &lattice.denominator * &lattice.denominator;
                let mut left: i128 = row.iter().map(square).sum();
                return patterns.map(|p| {
                    left -= square(&row[p]);
                    fraction(left, &denominator)
                });
            }
            Engine::Lattice(lattice) => {
                row = (0..lattice.n_patterns)
                    .map(|p| lattice.weight(j, p))
                    .collect();
                &row[..]
            }
            Engine::Rational(state) => state.weights.row(j),
        };
        let mut left = self.problem.dictionary().norm_squared(row);
        patterns.map(|p| {
            left -= &row[p] * &row[p];
            left.clone()
        })
    }

    /// The margin `y f(X)` of an image at the current state.
    pub fn margin(&self, label: Label, counts: &[u32]) -> Q {
        self.model.margin(&self.state(), label, counts)
    }

    /// The problem.
    pub fn problem(&self) -> &'p Problem {
        self.problem
    }
}

/// A path whose samples come from a sampler: run k of seed s, the same samples as in every other engine.
#[derive(Debug, Clone)]
pub struct SampledPath<'p, 's> {
    path: ExactPath<'p>,
    sampler: &'s Sampler,
    rng: ChaCha8Rng,
    batch: Vec<Draw>,
}

impl<'p, 's> SampledPath<'p, 's> {
    /// Run `run` of seed `seed`, following `path` (which must be at step 0).
    pub fn new(path: ExactPath<'p>, sampler: &'s Sampler, seed: u64, run: u64) -> Self {
        let size = path.problem.training().batch as usize;
        SampledPath {
            path,
            sampler,
            rng: Sampler::stream(seed, run),
            batch: (0..size).map(|_| sampler.blank()).collect(),
        }
    }

    /// Draws a batch and takes one step on it.
    pub fn advance(&mut self) {
        for draw in &mut self.batch {
            self.sampler.draw(&mut self.rng, draw);
        }
        self.path.step(&self.batch);
    }

    /// The path.
    pub fn path(&self) -> &ExactPath<'p> {
        &self.path
    }

    /// The batch of the last step.
    pub fn batch(&self) -> &[Draw] {
        &self.batch
    }
}

/// Adds the columns that overlap with touched ones.
fn spread_over_gram(touched: &mut Vec<u32>, gram: &Option<Matrix<Q>>) {
    let Some(gram) = gram else { return };
    let reached: Vec<u32> = (0..gram.cols())
        .filter(|&q| touched.iter().any(|&p| !gram[(p as usize, q)].is_zero()))
        .map(|q| q as u32)
        .collect();
    *touched = reached;
}

/// The machine-integer engine: all weights are `numerator / denominator`.
#[derive(Debug, Clone)]
pub(super) struct PathLattice {
    n_patterns: usize,
    loss: Loss,
    pooling: Pooling,
    pub(super) denominator: BigInt,
    pub(super) weights: Vec<i64>,
    /// Upper bound on the absolute value of any weight.
    ceiling: i64,
    /// The derivative is `right` for positive coordinates, `left` otherwise, over `right`:
    /// (0, 1) for relu, (1, 1) for the identity, (p, q) for leaky-relu of slope p/q.
    pub(super) left: i64,
    pub(super) right: i64,
    /// `D eta a_j / (B g right)`, g the common denominator of the Gram matrix.
    pub(super) units: Vec<i64>,
    largest_unit: i64,
    /// Numerators of the head over its own common denominator.
    pub(super) head: Vec<i64>,
    /// A margin's numerator is open below this (hinge), or up to it (perceptron).
    pub(super) threshold: i128,
    /// Numerators of the Gram matrix over g.
    gram: Option<Matrix<i64>>,
    largest_gram: i64,
    /// Signed counts of the open samples, one a pattern; zero between steps.
    signed: Vec<i64>,
    /// The direction of one filter, one a pattern; zero between steps.
    direction: Vec<i64>,
    /// The patterns that one step moves, each with its direction where a coordinate is at most 0, and where it is above.
    moves: Vec<(usize, [i64; 2])>,
}

impl PathLattice {
    /// The lattice of a problem, if its weights stay on one and the constants fit.
    pub(super) fn new(problem: &Problem) -> Option<Self> {
        let loss = problem.training().loss;
        if problem.training().train != Train::Filters || !loss.has_binary_gate() {
            return None;
        }
        let (left, right) = match &problem.network().activation {
            Activation::Relu => (0, 1),
            Activation::Identity => (1, 1),
            Activation::LeakyRelu { slope } => (slope.numer().to_i64()?, slope.denom().to_i64()?),
            Activation::Relu2 => return None,
        };
        let network = problem.network();
        let (gram, gram_denominator) = match problem.dictionary().gram() {
            None => (None, BigInt::one()),
            Some(gram) => {
                let scaled = Scaled::new(gram.entries());
                let entries = Matrix::from_vec(gram.rows(), gram.cols(), scaled.words()?)?;
                (Some(entries), scaled.denominator)
            }
        };
        let scale = &problem.training().step
            / (integer(problem.training().batch) * integer(gram_denominator) * integer(right));
        let units: Vec<Q> = network.head.iter().map(|a| a * &scale).collect();
        let denominator = common_denominator(network.weights.entries().iter().chain(&units));
        let on_lattice = |xs: &[Q]| Scaled::over(denominator.clone(), xs).words::<i64>();
        let weights = on_lattice(network.weights.entries())?;
        let units = on_lattice(&units)?;
        let scaled_head = Scaled::new(&network.head);
        let head: Vec<i64> = scaled_head.words()?;
        let largest = |values: &[i64]| -> Option<i64> {
            values
                .iter()
                .map(|x| x.checked_abs())
                .try_fold(0, |top, x| Some(x?.max(top)))
        };
        let ceiling = largest(&weights)?;
        if ceiling > MAX_NUMERATOR {
            return None;
        }
        let threshold = integer(loss.threshold().unwrap_or(0))
            * integer(denominator.clone())
            * integer(scaled_head.denominator)
            * integer(right);
        let factor = BigInt::from(largest(&head)?)
            * network.head.len()
            * problem.distribution().max_patches()
            * right;
        if factor.bits() > u64::from(MAX_MARGIN_FACTOR) || threshold.numer().bits() > 126 {
            return None;
        }
        let n_patterns = problem.n_patterns();
        Some(PathLattice {
            n_patterns,
            loss,
            pooling: network.pooling,
            weights,
            ceiling,
            left,
            right,
            largest_unit: largest(&units)?,
            units,
            head,
            threshold: threshold.to_integer().to_i128()?,
            largest_gram: match &gram {
                Some(gram) => largest(gram.entries())?,
                None => 1,
            },
            gram,
            denominator,
            signed: vec![0; n_patterns],
            direction: vec![0; n_patterns],
            moves: Vec::new(),
        })
    }

    /// The numerator of `G_pq`, over the common denominator of the Gram matrix.
    pub(super) fn gram_entry(&self, p: usize, q: usize) -> i64 {
        match &self.gram {
            Some(gram) => gram[(p, q)],
            None => i64::from(p == q),
        }
    }

    /// The numerator of sigma over `D * right`; it fits, for `|z| <= 2^51` and the factors are
    /// bounded at construction.
    fn activate(&self, z: i64) -> i128 {
        debug_assert!(z.unsigned_abs() <= MAX_NUMERATOR.unsigned_abs());
        i128::from(z) * i128::from(if z > 0 { self.right } else { self.left })
    }

    fn argmax(&self, row: &[i64], present: &[u32]) -> Option<usize> {
        let mut best: Option<(usize, i128)> = None;
        for &p in present {
            let value = self.activate(row[p as usize]);
            if best.is_none_or(|(_, b)| value > b) {
                best = Some((p as usize, value));
            }
        }
        best.map(|(p, _)| p)
    }

    fn margin(&self, draw: &Draw) -> i128 {
        let mut f = 0i128;
        for (row, &a) in self.weights.chunks_exact(self.n_patterns).zip(&self.head) {
            let pooled = match self.pooling {
                Pooling::Sum => draw
                    .present
                    .iter()
                    .map(|&p| i128::from(draw.counts[p as usize]) * self.activate(row[p as usize]))
                    .sum(),
                Pooling::Max => self
                    .argmax(row, &draw.present)
                    .map_or(0, |p| self.activate(row[p])),
            };
            f += i128::from(a) * pooled;
        }
        i128::from(draw.label.sign()) * f
    }

    fn open_gates(&self, batch: &[Draw], open: &mut Vec<bool>) {
        open.clear();
        open.extend(batch.iter().map(|draw| match self.loss {
            Loss::Unhinged => true,
            Loss::Perceptron => self.margin(draw) <= self.threshold,
            _ => self.margin(draw) < self.threshold,
        }));
    }

    /// Takes the step, unless a weight could leave the machine integers; says whether it was taken.
    fn step(&mut self, batch: &[Draw], open: &[bool], touched: &mut Vec<u32>) -> bool {
        touched.clear();
        let mut samples = 0i128;
        for draw in batch.iter().zip(open).filter(|(_, o)| **o).map(|(d, _)| d) {
            samples += 1;
            for &p in &draw.present {
                if self.signed[p as usize] == 0 {
                    touched.push(p);
                }
                self.signed[p as usize] += draw.label.sign() * i64::from(draw.counts[p as usize]);
            }
        }
        touched.sort_unstable();
        touched.dedup();
        let total = match self.pooling {
            Pooling::Sum => touched
                .iter()
                .map(|&p| i128::from(self.signed[p as usize]).abs())
                .sum(),
            Pooling::Max => samples,
        };
        let taken = self.has_room_for(total);
        if taken && total > 0 {
            match (&self.gram, self.pooling) {
                (None, Pooling::Sum) => self.move_single(touched),
                _ => self.move_general(batch, open, touched),
            }
            debug_assert!(self.weights.iter().all(|z| z.abs() <= self.ceiling));
        }
        for &p in touched.iter() {
            self.signed[p as usize] = 0;
        }
        if self.gram.is_some() {
            let gram = self.gram.as_ref();
            let reached: Vec<u32> = (0..self.n_patterns as u32)
                .filter(|&q| {
                    gram.is_some_and(|g| touched.iter().any(|&p| g[(p as usize, q as usize)] != 0))
                })
                .collect();
            *touched = reached;
        }
        taken
    }

    /// Can all weights take a direction whose absolute entries (over `right`) sum up to `total * right`?
    fn has_room_for(&mut self, total: i128) -> bool {
        // A factor of 0 does not make the others small, and they are multiplied first.
        let reach = i128::from(self.largest_unit.max(1))
            .checked_mul(i128::from(self.right))
            .and_then(|x| x.checked_mul(i128::from(self.largest_gram.max(1))))
            .and_then(|x| x.checked_mul(total))
            .filter(|x| *x <= i128::from(MAX_NUMERATOR))
            .map(|x| x as i64);
        let Some(reach) = reach else { return false };
        if self.ceiling + reach > MAX_NUMERATOR {
            self.ceiling = self.weights.iter().map(|z| z.abs()).max().unwrap_or(0);
            if self.ceiling + reach > MAX_NUMERATOR {
                return false;
            }
        }
        self.ceiling += reach;
        true
    }

    /// Sum pooling and an orthonormal dictionary: every touched coordinate moves by itself.
    fn move_single(&mut self, touched: &[u32]) {
        let mut moves = std::mem::take(&mut self.moves);
        moves.clear();
        moves.extend(touched.iter().map(|&p| {
            let signed = self.signed[p as usize];
            (p as usize, [signed * self.left, signed * self.right])
        }));
        let rows = self.weights.chunks_exact_mut(self.n_patterns);
        for (row, &unit) in rows.zip(&self.units) {
            for &(p, by_side) in &moves {
                let z = &mut row[p];
                *z += unit * by_side[usize::from(*z > 0)];
            }
        }
        self.moves = moves;
    }

    fn move_general(&mut self, batch: &[Draw], open: &[bool], touched: &[u32]) {
        let mut direction = std::mem::take(&mut self.direction);
        for j in 0..self.units.len() {
            let row = &self.weights[j * self.n_patterns..(j + 1) * self.n_patterns];
            match self.pooling {
                Pooling::Sum => {
                    for &p in touched {
                        let p = p as usize;
                        let slope = if row[p] > 0 { self.right } else { self.left };
                        direction[p] = self.signed[p] * slope;
                    }
                }
                Pooling::Max => {
                    for (draw, _) in batch.iter().zip(open).filter(|(_, o)| **o) {
                        if let Some(p) = self.argmax(row, &draw.present) {
                            let slope = if row[p] > 0 { self.right } else { self.left };
                            direction[p] += draw.label.sign() * slope;
                        }
                    }
                }
            }
            let unit = self.units[j];
            let row = &mut self.weights[j * self.n_patterns..(j + 1) * self.n_patterns];
            for &p in touched {
                let amount = unit * direction[p as usize];
                direction[p as usize] = 0;
                if amount == 0 {
                    continue;
                }
                match &self.gram {
                    None => row[p as usize] += amount,
                    Some(gram) => {
                        for (z, &g) in row.iter_mut().zip(gram.row(p as usize)) {
                            *z += amount * g;
                        }
                    }
                }
            }
        }
        self.direction = direction;
    }

    fn weight(&self, j: usize, p: usize) -> Q {
        let numerator = self.weights[j * self.n_patterns + p];
        fraction(numerator.into(), &self.denominator)
    }

    fn state(&self, problem: &Problem) -> State<Q> {
        let weights = Matrix::from_fn(self.head.len(), self.n_patterns, |j, p| self.weight(j, p));
        State {
            weights,
            head: problem.network().head.clone(),
        }
    }
}

/// Bits of the longest number of a state: what one operation on it costs, in bits.
pub fn longest(state: &State<Q>) -> u64 {
    state
        .weights
        .entries()
        .iter()
        .chain(&state.head)
        .map(|x| x.denom().bits().max(x.numer().abs().bits()))
        .max()
        .unwrap_or(0)
}
