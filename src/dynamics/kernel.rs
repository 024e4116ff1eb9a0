//! One step of SGD in pattern coordinates, with a fixed order of operations.
//!
//! The state is stored column by column (one column a pattern, filters next to each other, in blocks
//! of [`LANES`]). Sums over filters go through [`LANES`] partial sums and one fixed tree, so that the
//! result does not depend on the width of the machine's vectors; no operation is contracted. With
//! sum pooling the output depends on the filters only through `F_p = sum_j a_j sigma(Z_jp)`, which
//! are kept between steps and computed again for the columns that moved: a closed gate costs no
//! work over the filters, and the unhinged loss needs no margin at all.

use super::float::Real;
use super::sampler::Draw;
use crate::number::integer;
use crate::problem::{Activation, Label, Loss, Pooling, Problem, Train};

/// Filters a block, and partial sums a sum over filters.
pub(crate) const LANES: usize = 8;

/// The same quantity of [`LANES`] filters.
pub(crate) type Block<R> = [R; LANES];

/// The constants of a problem, rounded once.
#[derive(Debug, Clone)]
pub(crate) struct Kernel<R> {
    n_filters: usize,
    n_patterns: usize,
    blocks: usize,
    /// Row p: the patterns q with `G_pq` not 0, and the entry. `None` is the identity.
    gram: Option<Vec<Vec<(usize, R)>>>,
    activation: Activation,
    slope: R,
    pooling: Pooling,
    loss: Loss,
    trains_head: bool,
    /// eta / B.
    rate: R,
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

/// An activation, known at compile time inside the loops over filters.
trait Activate {
    /// `sigma(z)`.
    fn value<R: Real>(z: R, slope: R) -> R;
    /// `t sigma'(z)`.
    fn scaled_slope<R: Real>(z: R, t: R, slope: R, log: &mut R::Log) -> R;
}

struct Relu;
struct LeakyRelu;
struct Identity;
struct Relu2;

impl Activate for Relu {
    #[inline(always)]
    fn value<R: Real>(z: R, _slope: R) -> R {
        z.relu()
    }

    #[inline(always)]
    fn scaled_slope<R: Real>(z: R, t: R, _slope: R, log: &mut R::Log) -> R {
        z.if_positive(t, R::ZERO, log)
    }
}

impl Activate for LeakyRelu {
    #[inline(always)]
    fn value<R: Real>(z: R, slope: R) -> R {
        z.blend_positive(z, z.times(slope))
    }

    #[inline(always)]
    fn scaled_slope<R: Real>(z: R, t: R, slope: R, log: &mut R::Log) -> R {
        z.if_positive(t, t.times(slope), log)
    }
}

impl Activate for Identity {
    #[inline(always)]
    fn value<R: Real>(z: R, _slope: R) -> R {
        z
    }

    #[inline(always)]
    fn scaled_slope<R: Real>(_z: R, t: R, _slope: R, _log: &mut R::Log) -> R {
        t
    }
}

impl Activate for Relu2 {
    #[inline(always)]
    fn value<R: Real>(z: R, _slope: R) -> R {
        let positive = z.relu();
        positive.times(positive)
    }

    // relu2' = 2 relu is continuous: no sign has to be decided.
    #[inline(always)]
    fn scaled_slope<R: Real>(z: R, t: R, _slope: R, _log: &mut R::Log) -> R {
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

impl<R: Real> Kernel<R> {
    /// Rounds the constants of a problem; `batch` samples a step.
    pub(crate) fn new(problem: &Problem, batch: u32) -> Self {
        let n_filters = problem.n_filters();
        let n_patterns = problem.n_patterns();
        Kernel {
            n_filters,
            n_patterns,
            blocks: n_filters.div_ceil(LANES),
            gram: problem.dictionary.gram().map(|gram| {
                gram.iter_rows()
                    .map(|row| {
                        row.iter()
                            .enumerate()
                            .filter(|(_, entry)| !num_traits::Zero::is_zero(*entry))
                            .map(|(q, entry)| (q, R::constant(entry)))
                            .collect()
                    })
                    .collect()
            }),
            activation: problem.network.activation.clone(),
            slope: match &problem.network.activation {
                Activation::LeakyRelu { slope } => R::constant(slope),
                _ => R::ZERO,
            },
            pooling: problem.network.pooling,
            loss: problem.training.loss,
            trains_head: problem.training.train == Train::FiltersAndHead,
            rate: R::constant(&(&problem.training.step / integer(batch))),
        }
    }

    /// The initial state.
    pub(crate) fn walker(&self, problem: &Problem) -> Walker<R> {
        let zero = [R::ZERO; LANES];
        let mut weights = vec![zero; self.n_patterns * self.blocks];
        let mut head = vec![zero; self.blocks];
        for (j, row) in problem.network.weights.iter_rows().enumerate() {
            for (p, entry) in row.iter().enumerate() {
                weights[p * self.blocks + j / LANES][j % LANES] = R::constant(entry);
            }
        }
        for (j, a) in problem.network.head.iter().enumerate() {
            head[j / LANES][j % LANES] = R::constant(a);
        }
        Walker {
            weights,
            head,
            sums: vec![R::ZERO; self.n_patterns],
            fresh: vec![false; self.n_patterns],
            rates: vec![R::ZERO; self.n_patterns],
            is_touched: vec![false; self.n_patterns],
            touched: Vec::with_capacity(self.n_patterns),
            moves: if self.gram.is_some() || self.pooling == Pooling::Max {
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
        blocks.map(|z| z.map(|z| A::value(z, self.slope))).collect()
    }

    /// The margin of one image. Under max pooling: what the filters' largest activations sum to.
    #[inline(always)]
    pub(crate) fn margin(&self, walker: &mut Walker<R>, draw: &Draw) -> R {
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

    /// Adds one sample to the batch of the next step, and gives its gate.
    #[inline(always)]
    pub(crate) fn add(&self, walker: &mut Walker<R>, draw: &Draw, log: &mut R::Log) -> R {
        let gate = match self.loss {
            Loss::Unhinged => R::ONE,
            Loss::Hinge => self
                .margin(walker, draw)
                .if_below(R::ONE, R::ONE, R::ZERO, log),
            Loss::Perceptron => self.margin(walker, draw).if_positive(R::ZERO, R::ONE, log),
            // Continuous gates: nothing has to be decided.
            Loss::SquaredHinge => R::ONE.plus(self.margin(walker, draw).negated()).relu(),
            Loss::Square => R::ONE.plus(self.margin(walker, draw).negated()),
        };
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
            A::value(z, self.slope)
        });
        walker.fresh[p] = true;
    }

    #[inline(always)]
    fn add_sum(&self, walker: &mut Walker<R>, draw: &Draw, signed: R) {
        for &p in &draw.present {
            let p = p as usize;
            let amount = signed.times(R::count(draw.counts[p]));
            if walker.is_touched[p] {
                walker.rates[p] = walker.rates[p].plus(amount);
            } else {
                walker.is_touched[p] = true;
                walker.touched.push(p as u32);
                walker.rates[p] = amount;
            }
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
            let rate = rates[p].times(self.rate);
            if rate.is_certain_zero() {
                continue;
            }
            // All loops over filters are flat, so that the compiler vectorises them.
            let range = p * blocks..(p + 1) * blocks;
            let column = &mut weights[range.clone()];
            if self.trains_head {
                let slots = head_moves.as_flattened_mut().iter_mut();
                for (slot, z) in slots.zip(column.as_flattened()) {
                    *slot = slot.plus(rate.times(A::value(*z, self.slope)));
                }
            }
            if self.gram.is_some() {
                let slots = moves[range].as_flattened_mut().iter_mut();
                let factors = column.as_flattened().iter().zip(head.as_flattened());
                for (slot, (z, a)) in slots.zip(factors) {
                    *slot = A::scaled_slope(*z, rate.times(*a), self.slope, log);
                }
            } else {
                let column = column.as_flattened_mut();
                for (z, a) in column.iter_mut().zip(head.as_flattened()) {
                    *z = z.plus(A::scaled_slope(*z, rate.times(*a), self.slope, log));
                }
                fresh[p] = false;
            }
        }
        if let Some(gram) = &self.gram {
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
                    *best = A::value(*z, self.slope);
                    *at = p;
                }
            } else {
                for ((best, at), z) in slots {
                    let value = A::value(*z, self.slope);
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
        let rate = signed.times(self.rate);
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
                    rivalled[l] |= at[l] != p && A::value(z[l], self.slope).may_rival(best[l]);
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
                        A::value(z[l], self.slope).may_rival(best[l])
                    };
                    // A pattern that is certainly not the argmax decides no sign.
                    let mut ignored = R::Log::default();
                    let noted = if chosen || doubtful {
                        &mut *log
                    } else {
                        &mut ignored
                    };
                    let amount = A::scaled_slope(z[l], rate.times(a[l]), self.slope, noted);
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
            match &self.gram {
                Some(gram) => spread(weights, fresh, &gram[p], moved, self.blocks),
                None => spread(weights, fresh, &[(p, R::ONE)], moved, self.blocks),
            }
        }
        if self.trains_head {
            move_head(head, head_moves);
        }
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
