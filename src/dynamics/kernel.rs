//! One step of SGD in pattern coordinates, with a fixed order of operations.
//!
//! The state is stored column by column (one column a pattern, filters next to each other, in blocks
//! of [`LANES`]). Sums over filters go through [`LANES`] partial sums and one fixed tree, so that the
//! result does not depend on the width of the machine's vectors; no operation is contracted. With
//! sum pooling the output depends on the filters only through `F_p = sum_j a_j sigma(Z_jp)`, which
//! are kept between steps and computed again for the columns that moved: a closed gate costs no
//! work over the filters, and the unhinged loss needs no margin at all.
//!
//! The kernel does not know its units: [`Kernel::new`] rounds a problem's own numbers, and the
//! simulator's lattice gives it integers (see [`Constants`]).

use super::float::Real;
use super::sampler::Draw;
use crate::number::{Matrix, Q, integer};
use crate::problem::{Activation, Label, Loss, Pooling, Problem, Train};

/// Filters a block, and partial sums a sum over filters.
pub(crate) const LANES: usize = 8;

/// The same quantity of [`LANES`] filters.
pub(crate) type Block<R> = [R; LANES];

/// The numbers that a kernel computes with.
#[derive(Debug, Clone)]
pub(crate) struct Constants<R> {
    /// Row p: the patterns q with `G_pq` not 0, and the entry. `None` is the identity.
    pub(crate) gram: Option<Vec<Vec<(usize, R)>>>,
    pub(crate) slopes: Slopes<R>,
    /// The hinge is open below this margin: 1, in the units of the margin.
    pub(crate) threshold: R,
    /// eta / B.
    pub(crate) rate: R,
    /// `Z_jp` at the start, n x P.
    pub(crate) weights: Matrix<R>,
    /// `a_j` at the start, length n.
    pub(crate) head: Vec<R>,
}

/// The slopes of leaky-relu on both sides of 0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slopes<R> {
    pub(crate) left: R,
    pub(crate) right: R,
}

/// A problem, ready to take steps.
#[derive(Debug, Clone)]
pub(crate) struct Kernel<R> {
    n_filters: usize,
    n_patterns: usize,
    blocks: usize,
    activation: Activation,
    pooling: Pooling,
    loss: Loss,
    trains_head: bool,
    constants: Constants<R>,
}

/// One network on its way, with the sums kept for it.
#[derive(Debug, Clone)]
pub(crate) struct Walker<R> {
    /// `Z_jp` in block `p * blocks + j / LANES`, lane `j % LANES`; lanes without a filter stay 0.
    pub(crate) weights: Vec<Block<R>>,
    /// `a_j`, block by block.
    pub(crate) head: Vec<Block<R>>,
    /// `F_p` where `fresh[p]`.
    sums: Vec<R>,
    fresh: Vec<bool>,
    /// `sum_b g_b y_b N_bp` over the batch so far, for the touched patterns.
    rates: Vec<R>,
    is_touched: Vec<bool>,
    touched: Vec<u32>,
    /// What the patterns' columns will move by, before the Gram matrix.
    moves: Vec<Block<R>>,
    head_moves: Vec<Block<R>>,
    /// Under max pooling, for one image: value and place of each filter's largest activation.
    best: Vec<Block<R>>,
    best_at: Vec<[u32; LANES]>,
    /// Memory for sums over filters.
    terms: Vec<Block<R>>,
}

impl<R: Real> Walker<R> {
    /// Adds to the rate of pattern p in the next step.
    #[inline(always)]
    fn touch(&mut self, p: usize, amount: R) {
        if self.is_touched[p] {
            self.rates[p] = self.rates[p].plus(amount);
        } else {
            self.is_touched[p] = true;
            self.touched.push(p as u32);
            self.rates[p] = amount;
        }
    }
}

/// An activation, known at compile time inside the loops over filters.
trait Activate {
    /// Does the slope change at 0?
    const HAS_KINK: bool = true;
    /// `sigma(z)`.
    fn value<R: Real>(z: R, slopes: Slopes<R>) -> R;
    /// `t sigma'(z)`.
    fn scaled_slope<R: Real>(z: R, t: R, slopes: Slopes<R>, log: &mut R::Log) -> R;
}

struct Relu;
struct LeakyRelu;
struct Identity;
struct Relu2;

impl Activate for Relu {
    #[inline(always)]
    fn value<R: Real>(z: R, _slopes: Slopes<R>) -> R {
        z.relu()
    }

    #[inline(always)]
    fn scaled_slope<R: Real>(z: R, t: R, _slopes: Slopes<R>, log: &mut R::Log) -> R {
        z.if_positive(t, R::ZERO, log)
    }
}

impl Activate for LeakyRelu {
    #[inline(always)]
    fn value<R: Real>(z: R, slopes: Slopes<R>) -> R {
        z.blend_positive(z.times(slopes.right), z.times(slopes.left))
    }

    #[inline(always)]
    fn scaled_slope<R: Real>(z: R, t: R, slopes: Slopes<R>, log: &mut R::Log) -> R {
        z.if_positive(t.times(slopes.right), t.times(slopes.left), log)
    }
}

impl Activate for Identity {
    const HAS_KINK: bool = false;

    #[inline(always)]
    fn value<R: Real>(z: R, _slopes: Slopes<R>) -> R {
        z
    }

    #[inline(always)]
    fn scaled_slope<R: Real>(_z: R, t: R, _slopes: Slopes<R>, _log: &mut R::Log) -> R {
        t
    }
}

impl Activate for Relu2 {
    #[inline(always)]
    fn value<R: Real>(z: R, _slopes: Slopes<R>) -> R {
        let positive = z.relu();
        positive.times(positive)
    }

    // relu2' = 2 relu is continuous: no sign has to be decided.
    #[inline(always)]
    fn scaled_slope<R: Real>(z: R, t: R, _slopes: Slopes<R>, _log: &mut R::Log) -> R {
        let positive = z.relu();
        t.times(positive.plus(positive))
    }
}

/// Calls a generic function with the activation as a type.
macro_rules! with_activation {
    ($activation:expr, $kernel:ident . $function:ident ( $($argument:expr),* )) => {
        match $activation {
            Activation::Relu => $kernel.$function::<Relu>($($argument),*),
            Activation::LeakyRelu { .. } => $kernel.$function::<LeakyRelu>($($argument),*),
            Activation::Identity => $kernel.$function::<Identity>($($argument),*),
            Activation::Relu2 => $kernel.$function::<Relu2>($($argument),*),
        }
    };
}

// Below the macro that it uses.
mod lines;

pub(crate) use lines::Lines;

/// The sum of the partial sums, in one fixed order.
#[inline(always)]
fn fold<R: Real>(s: Block<R>) -> R {
    (s[0].plus(s[4]).plus(s[2].plus(s[6]))).plus(s[1].plus(s[5]).plus(s[3].plus(s[7])))
}

/// `sum_j a_j values_j`; `terms` is memory to work in, as long as both. Blocks are added in pairs,
/// half the blocks to the other half, down to one, whose lanes are then added in a fixed order. The
/// loops are flat, so that the compiler vectorises them across filters.
#[inline(always)]
pub(crate) fn weighted_sum<R: Real>(
    head: &[Block<R>],
    values: &[Block<R>],
    terms: &mut [Block<R>],
    activate: impl Fn(R) -> R,
) -> R {
    let half = head.len().div_ceil(2);
    let (head_low, head_high) = head.split_at(half);
    let (low, high) = values.split_at(half);
    let both = head_low.as_flattened().iter().zip(low.as_flattened());
    let others = head_high.as_flattened().iter().zip(high.as_flattened());
    let slots = terms.as_flattened_mut();
    for ((slot, (a, x)), (b, y)) in slots.iter_mut().zip(both).zip(others) {
        *slot = a.times(activate(*x)).plus(b.times(activate(*y)));
    }
    if head_high.len() < half
        && let (Some(slot), Some(a), Some(x)) =
            (terms.get_mut(half - 1), head_low.last(), low.last())
    {
        for l in 0..LANES {
            slot[l] = a[l].times(activate(x[l]));
        }
    }
    let mut length = half;
    while length > 1 {
        let half = length.div_ceil(2);
        let (low, high) = terms[..length].split_at_mut(half);
        for (x, y) in low.as_flattened_mut().iter_mut().zip(high.as_flattened()) {
            *x = x.plus(*y);
        }
        length = half;
    }
    terms.first().map_or(R::ZERO, |&block| fold(block))
}

impl<R: Real> Constants<R> {
    /// The numbers of a problem, rounded once.
    pub(crate) fn rounded(problem: &Problem) -> Self {
        let row = |row: &[Q]| -> Vec<(usize, R)> {
            let entries = row.iter().enumerate();
            entries
                .filter(|(_, entry)| !num_traits::Zero::is_zero(*entry))
                .map(|(q, entry)| (q, R::constant(entry)))
                .collect()
        };
        let training = problem.training();
        Constants {
            gram: problem
                .dictionary()
                .gram()
                .map(|gram| gram.iter_rows().map(row).collect()),
            slopes: Slopes {
                left: match &problem.network().activation {
                    Activation::LeakyRelu { slope } => R::constant(slope),
                    _ => R::ZERO,
                },
                right: R::ONE,
            },
            threshold: R::ONE,
            rate: R::constant(&(&training.step / integer(training.batch))),
            weights: problem.network().weights.map(R::constant),
            head: problem.network().head.iter().map(R::constant).collect(),
        }
    }
}

impl<R: Real> Kernel<R> {
    /// A kernel on the rounded numbers of a problem, with the problem's batches.
    pub(crate) fn new(problem: &Problem) -> Self {
        Self::with_constants(problem, Constants::rounded(problem))
    }

    /// A kernel on given numbers: those of the problem, in units that the caller knows.
    pub(crate) fn with_constants(problem: &Problem, constants: Constants<R>) -> Self {
        let n_filters = problem.n_filters();
        Kernel {
            n_filters,
            n_patterns: problem.n_patterns(),
            blocks: n_filters.div_ceil(LANES),
            activation: problem.network().activation.clone(),
            pooling: problem.network().pooling,
            loss: problem.training().loss,
            trains_head: problem.training().train == Train::FiltersAndHead,
            constants,
        }
    }

    /// The initial state.
    pub(crate) fn walker(&self) -> Walker<R> {
        let zero = [R::ZERO; LANES];
        let mut weights = vec![zero; self.n_patterns * self.blocks];
        let mut head = vec![zero; self.blocks];
        for (j, row) in self.constants.weights.iter_rows().enumerate() {
            for (p, &entry) in row.iter().enumerate() {
                weights[p * self.blocks + j / LANES][j % LANES] = entry;
            }
        }
        for (j, &a) in self.constants.head.iter().enumerate() {
            head[j / LANES][j % LANES] = a;
        }
        Walker {
            weights,
            head,
            sums: vec![R::ZERO; self.n_patterns],
            fresh: vec![false; self.n_patterns],
            rates: vec![R::ZERO; self.n_patterns],
            is_touched: vec![false; self.n_patterns],
            touched: Vec::with_capacity(self.n_patterns),
            moves: if self.constants.gram.is_some() || self.pooling == Pooling::Max {
                vec![zero; self.n_patterns * self.blocks]
            } else {
                Vec::new()
            },
            head_moves: if self.trains_head {
                vec![zero; self.blocks]
            } else {
                Vec::new()
            },
            best: Vec::new(),
            best_at: Vec::new(),
            terms: vec![zero; self.blocks],
        }
    }

    /// Number of filters, n.
    pub(crate) fn n_filters(&self) -> usize {
        self.n_filters
    }

    /// Number of patterns, P.
    pub(crate) fn n_patterns(&self) -> usize {
        self.n_patterns
    }

    /// Blocks a column.
    pub(crate) fn blocks(&self) -> usize {
        self.blocks
    }

    /// Makes every `F_p` current and gives them (sum pooling).
    #[inline(always)]
    pub(crate) fn all_sums<'w>(&self, walker: &'w mut Walker<R>) -> &'w [R] {
        for p in 0..self.n_patterns {
            self.refresh(walker, p);
        }
        &walker.sums
    }

    /// `sigma(Z_jp)`, laid out like the weights.
    pub(crate) fn activated(&self, walker: &Walker<R>) -> Vec<Block<R>> {
        with_activation!(&self.activation, self.activate_all(walker))
    }

    fn activate_all<A: Activate>(&self, walker: &Walker<R>) -> Vec<Block<R>> {
        let blocks = walker.weights.iter();
        blocks
            .map(|z| z.map(|z| A::value(z, self.constants.slopes)))
            .collect()
    }

    /// The same state with all weights, and all head weights, times a power of 2 that brings the
    /// largest one into [1, 2): sums over it do not overflow. Activations are positively homogeneous,
    /// so margins keep their sign.
    pub(crate) fn scaled(&self, walker: &Walker<R>) -> Walker<R> {
        let shrink = |blocks: &mut [Block<R>]| {
            let entries = blocks.as_flattened_mut();
            let largest = entries
                .iter()
                .fold(0.0, |most: f64, x| most.max(x.value().abs()));
            let factor = R::exact(inverse_power_of_two(largest));
            for x in entries {
                *x = x.times(factor);
            }
        };
        let mut scaled = walker.clone();
        shrink(&mut scaled.weights);
        shrink(&mut scaled.head);
        scaled.fresh.fill(false);
        scaled
    }

    /// Are all weights finite?
    ///
    /// Once this is false it stays so: a coordinate that has become infinite or undefined never
    /// becomes finite again.
    pub(crate) fn is_finite(&self, walker: &Walker<R>) -> bool {
        let all_finite = |blocks: &[Block<R>]| {
            let mut blocks = blocks.as_flattened().iter();
            blocks.all(|x| x.value().is_finite())
        };
        all_finite(&walker.weights) && all_finite(&walker.head)
    }

    /// The margin of one image. Under max pooling: what the filters' largest activations sum to.
    #[inline(always)]
    fn margin(&self, walker: &mut Walker<R>, draw: &Draw) -> R {
        let output = match self.pooling {
            Pooling::Sum => {
                let mut output = R::ZERO;
                for &p in &draw.present {
                    let p = p as usize;
                    self.refresh(walker, p);
                    output = output.plus(R::count(draw.counts[p]).times(walker.sums[p]));
                }
                output
            }
            Pooling::Max => {
                with_activation!(&self.activation, self.find_largest(walker, &draw.present));
                weighted_sum(&walker.head, &walker.best, &mut walker.terms, |v| v)
            }
        };
        match draw.label {
            Label::Plus => output,
            Label::Minus => output.negated(),
        }
    }

    /// The margin, where a gate depends on it. Sums that leave the range of floats on the way to it
    /// are no reason to take infinity for it, or nothing at all.
    #[inline(always)]
    fn gate_margin(&self, walker: &mut Walker<R>, draw: &Draw) -> R {
        let margin = self.margin(walker, draw);
        if margin.value().is_finite() {
            margin
        } else {
            with_activation!(&self.activation, self.scaled_margin(walker, draw))
        }
    }

    /// The margin by numbers scaled into the middle of the range, infinite only if it is itself beyond
    /// the range, with its sign; the weights must be finite.
    #[cold]
    fn scaled_margin<A: Activate>(&self, walker: &Walker<R>, draw: &Draw) -> R {
        let blocks = self.blocks;
        let largest = |blocks: &[Block<R>]| {
            let entries = blocks.as_flattened().iter();
            entries.fold(0.0, |most: f64, x| most.max(x.value().abs()))
        };
        let column = |p: u32| &walker.weights[p as usize * blocks..(p as usize + 1) * blocks];
        let columns = draw.present.iter().map(|&p| largest(column(p)));
        let shrink_weights = inverse_power_of_two(columns.fold(0.0, f64::max));
        let shrink_head = inverse_power_of_two(largest(&walker.head));
        let mut output = R::ZERO;
        for (i, a) in walker.head.as_flattened().iter().enumerate() {
            let values = draw.present.iter().map(|&p| {
                let z = column(p).as_flattened()[i].times(R::exact(shrink_weights));
                (p, A::value(z, self.constants.slopes))
            });
            let pooled = match self.pooling {
                Pooling::Sum => values.fold(R::ZERO, |sum, (p, value)| {
                    sum.plus(R::count(draw.counts[p as usize]).times(value))
                }),
                Pooling::Max => values.map(|(_, v)| v).reduce(R::larger).unwrap_or(R::ZERO),
            };
            output = output.plus(a.times(R::exact(shrink_head)).times(pooled));
        }
        let mut grow = [shrink_head.recip(), shrink_weights.recip(), 1.0];
        if matches!(self.activation, Activation::Relu2) {
            grow[2] = grow[1];
        }
        // The smallest first, so that nothing overflows on the way.
        grow.sort_unstable_by(f64::total_cmp);
        output = grow.into_iter().fold(output, |x, by| x.times(R::exact(by)));
        match draw.label {
            Label::Plus => output,
            Label::Minus => output.negated(),
        }
    }

    /// The gate of a sample, given its margin if the loss asks for one.
    #[inline(always)]
    fn gate(&self, margin: impl FnOnce() -> R, log: &mut R::Log) -> R {
        match self.loss {
            Loss::Unhinged => R::ONE,
            Loss::Hinge => margin().if_below(self.constants.threshold, R::ONE, R::ZERO, log),
            Loss::Perceptron => margin().if_positive(R::ZERO, R::ONE, log),
            // Continuous gates: nothing has to be decided.
            Loss::SquaredHinge => R::ONE.plus(margin().negated()).relu(),
            Loss::Square => R::ONE.plus(margin().negated()),
        }
    }

    /// Adds one sample to the batch of the next step, and gives its gate.
    #[inline(always)]
    pub(crate) fn add(&self, walker: &mut Walker<R>, draw: &Draw, log: &mut R::Log) -> R {
        let gate = self.gate(|| self.gate_margin(walker, draw), log);
        if !gate.is_certain_zero() {
            let signed = match draw.label {
                Label::Plus => gate,
                Label::Minus => gate.negated(),
            };
            match self.pooling {
                Pooling::Sum => self.add_sum(walker, draw, signed),
                Pooling::Max => {
                    with_activation!(&self.activation, self.add_max(walker, draw, signed, log));
                }
            }
        }
        gate
    }

    /// Takes the step along the samples added since the last one.
    #[inline(always)]
    pub(crate) fn step(&self, walker: &mut Walker<R>, log: &mut R::Log) {
        if walker.touched.is_empty() {
            return;
        }
        match self.pooling {
            Pooling::Sum => {
                with_activation!(&self.activation, self.move_columns(walker, log));
            }
            Pooling::Max => self.move_largest(walker),
        }
        for &p in &walker.touched {
            walker.is_touched[p as usize] = false;
        }
        walker.touched.clear();
    }

    #[inline(always)]
    fn refresh(&self, walker: &mut Walker<R>, p: usize) {
        if !walker.fresh[p] {
            with_activation!(&self.activation, self.column_sum(walker, p));
        }
    }

    #[inline(always)]
    fn column_sum<A: Activate>(&self, walker: &mut Walker<R>, p: usize) {
        let column = &walker.weights[p * self.blocks..(p + 1) * self.blocks];
        walker.sums[p] = weighted_sum(&walker.head, column, &mut walker.terms, |z| {
            A::value(z, self.constants.slopes)
        });
        walker.fresh[p] = true;
    }

    #[inline(always)]
    fn add_sum(&self, walker: &mut Walker<R>, draw: &Draw, signed: R) {
        for &p in &draw.present {
            let p = p as usize;
            let amount = signed.times(R::count(draw.counts[p]));
            walker.touch(p, amount);
        }
    }

    /// `Z_jp += (rate_p a_j) sigma'(Z_jp)` over the touched columns, and the head's step.
    #[inline(always)]
    fn move_columns<A: Activate>(&self, walker: &mut Walker<R>, log: &mut R::Log) {
        let blocks = self.blocks;
        let Walker {
            weights,
            head,
            fresh,
            rates,
            touched,
            moves,
            head_moves,
            ..
        } = walker;
        head_moves.fill([R::ZERO; LANES]);
        for &p in touched.iter() {
            let p = p as usize;
            let rate = rates[p].times(self.constants.rate);
            if rate.is_certain_zero() {
                continue;
            }
            // All loops over filters are flat, so that the compiler vectorises them.
            let range = p * blocks..(p + 1) * blocks;
            let column = &mut weights[range.clone()];
            if self.trains_head {
                let slots = head_moves.as_flattened_mut().iter_mut();
                for (slot, z) in slots.zip(column.as_flattened()) {
                    *slot = slot.plus(rate.times(A::value(*z, self.constants.slopes)));
                }
            }
            if self.constants.gram.is_some() {
                let slots = moves[range].as_flattened_mut().iter_mut();
                let factors = column.as_flattened().iter().zip(head.as_flattened());
                for (slot, (z, a)) in slots.zip(factors) {
                    *slot = A::scaled_slope(*z, rate.times(*a), self.constants.slopes, log);
                }
            } else {
                let column = column.as_flattened_mut();
                for (z, a) in column.iter_mut().zip(head.as_flattened()) {
                    *z = z.plus(A::scaled_slope(
                        *z,
                        rate.times(*a),
                        self.constants.slopes,
                        log,
                    ));
                }
                fresh[p] = false;
            }
        }
        if let Some(gram) = &self.constants.gram {
            for &p in touched.iter() {
                let p = p as usize;
                if !rates[p].is_certain_zero() {
                    spread(weights, fresh, &gram[p], &moves[p * blocks..], blocks);
                }
            }
        }
        if self.trains_head {
            move_head(head, head_moves);
            fresh.fill(false);
        }
    }

    /// Finds, for one image, each filter's largest activated value and the first pattern that has it.
    #[inline(always)]
    fn find_largest<A: Activate>(&self, walker: &mut Walker<R>, present: &[u32]) {
        let blocks = self.blocks;
        walker.best.resize(blocks, [R::ZERO; LANES]);
        walker.best_at.resize(blocks, [u32::MAX; LANES]);
        let best = walker.best.as_flattened_mut();
        let best_at = walker.best_at.as_flattened_mut();
        for (c, &p) in present.iter().enumerate() {
            let column = &walker.weights[p as usize * blocks..(p as usize + 1) * blocks];
            let slots = best.iter_mut().zip(best_at.iter_mut());
            let slots = slots.zip(column.as_flattened());
            if c == 0 {
                for ((best, at), z) in slots {
                    *best = A::value(*z, self.constants.slopes);
                    *at = p;
                }
            } else {
                for ((best, at), z) in slots {
                    let value = A::value(*z, self.constants.slopes);
                    *at = if value.exceeds(*best) { p } else { *at };
                    *best = best.larger(value);
                }
            }
        }
        if present.is_empty() {
            best.fill(R::ZERO);
            best_at.fill(u32::MAX);
        }
    }

    #[inline(always)]
    fn add_max<A: Activate>(
        &self,
        walker: &mut Walker<R>,
        draw: &Draw,
        signed: R,
        log: &mut R::Log,
    ) {
        let blocks = self.blocks;
        if self.loss == Loss::Unhinged {
            // Else the margin has just found them.
            self.find_largest::<A>(walker, &draw.present);
        }
        let rate = signed.times(self.constants.rate);
        if walker.touched.is_empty() {
            walker.head_moves.fill([R::ZERO; LANES]);
        }
        if self.trains_head {
            let slots = walker.head_moves.as_flattened_mut().iter_mut();
            for (slot, best) in slots.zip(walker.best.as_flattened()) {
                *slot = slot.plus(rate.times(*best));
            }
        }
        for &p in &draw.present {
            if !walker.is_touched[p as usize] {
                walker.is_touched[p as usize] = true;
                walker.touched.push(p);
                let start = p as usize * blocks;
                walker.moves[start..start + blocks].fill([R::ZERO; LANES]);
            }
        }
        for b in 0..blocks {
            let (a, best, at) = (walker.head[b], walker.best[b], walker.best_at[b]);
            let mut rivalled = [false; LANES];
            for &p in &draw.present {
                let z = walker.weights[p as usize * blocks + b];
                for l in 0..LANES {
                    rivalled[l] |=
                        at[l] != p && A::value(z[l], self.constants.slopes).may_rival(best[l]);
                }
            }
            for &p in &draw.present {
                let place = p as usize * blocks + b;
                let z = walker.weights[place];
                let slot = &mut walker.moves[place];
                for l in 0..LANES {
                    let chosen = at[l] == p;
                    let doubtful = if chosen {
                        rivalled[l]
                    } else {
                        A::value(z[l], self.constants.slopes).may_rival(best[l])
                    };
                    // A pattern that is certainly not the argmax decides no sign.
                    let mut ignored = R::Log::default();
                    let noted = if chosen || doubtful {
                        &mut *log
                    } else {
                        &mut ignored
                    };
                    let amount =
                        A::scaled_slope(z[l], rate.times(a[l]), self.constants.slopes, noted);
                    slot[l] = slot[l].plus(R::share(amount, chosen, doubtful, noted));
                }
            }
        }
    }

    #[inline(always)]
    fn move_largest(&self, walker: &mut Walker<R>) {
        let Walker {
            weights,
            fresh,
            touched,
            moves,
            head,
            head_moves,
            ..
        } = walker;
        for &p in touched.iter() {
            let p = p as usize;
            let moved = &moves[p * self.blocks..];
            match &self.constants.gram {
                Some(gram) => spread(weights, fresh, &gram[p], moved, self.blocks),
                None => spread(weights, fresh, &[(p, R::ONE)], moved, self.blocks),
            }
        }
        if self.trains_head {
            move_head(head, head_moves);
        }
    }
}

/// `2^-e` for x in `[2^e, 2^(e+1))`, as far as that is a normal number; 1 for 0.
fn inverse_power_of_two(x: f64) -> f64 {
    let exponent = (x.to_bits() >> 52 & 0x7ff).clamp(1, 2045);
    if x == 0.0 {
        1.0
    } else {
        f64::from_bits((2046 - exponent) << 52)
    }
}

/// `Z_jq += moved_j G_pq` for the entries of one row of the Gram matrix.
#[inline(always)]
fn spread<R: Real>(
    weights: &mut [Block<R>],
    fresh: &mut [bool],
    row: &[(usize, R)],
    moved: &[Block<R>],
    blocks: usize,
) {
    for &(q, entry) in row {
        let column = &mut weights[q * blocks..(q + 1) * blocks];
        let moved = moved.as_flattened();
        for (z, amount) in column.as_flattened_mut().iter_mut().zip(moved) {
            *z = z.plus(amount.times(entry));
        }
        fresh[q] = false;
    }
}

#[inline(always)]
fn move_head<R: Real>(head: &mut [Block<R>], moves: &[Block<R>]) {
    let moves = moves.as_flattened();
    for (a, amount) in head.as_flattened_mut().iter_mut().zip(moves) {
        *a = a.plus(*amount);
    }
}
