//! When hinge SGD has settled: the binomial bound on the time that it takes, and what simulated
//! paths show of it.
//!
//! With M a bound on the updates of every path and p the least probability of an atom,
//! `P(some margin < 1 at step T) <= P(Bin(T, p) < M)` (T6 (a) in `docs/theory.md`).

use super::prelude::*;
use crate::dynamics::accuracy::margin_range;
use crate::dynamics::gradient;
use crate::dynamics::path::{ExactPath, SampledPath, View};
use crate::dynamics::sampler::Sampler;
use crate::number::least_where;
use crate::probability::{Tail, binomial_below, exp_neg_ru};
use crate::problem::{Activation, Distribution};
use num_bigint::BigInt;
use num_traits::{One, Signed, ToPrimitive, Zero};

/// Bits of a probability beyond which it is not computed.
const MAX_BITS: u64 = 20_000;

/// Steps up to which the least certified one is looked for.
const MAX_STEPS: u64 = 1 << 60;

/// Atoms of the generative form up to which the largest is looked for among all of them.
const MOST_ATOMS: u32 = 20_000;

/// Exponent from which Chernoff's bound is taken instead of the sum: `exp(-100)` is below 1e-43.
const FAR: u64 = 100;

/// Bits of `denominator^t` up to which the sum is always taken.
const SHORT_BITS: u64 = 4_096;

/// `P(Bin(t, p) < k)`; where the mean is far above k an enclosure from 0 to Chernoff's bound, since
/// the terms would have to be many and long for so small a probability.
///
/// Chernoff: with X of mean mu and any h >= 0, `P(X <= x) <= E exp(h (x - X)) <=
/// exp(h x - mu (1 - exp(-h)))`, and `1 - exp(-h) >= h - h^2/2`; for `h = (mu - x)/mu` this is
/// `exp(-(mu - x)^2 / (2 mu))`.
fn below(t: u64, p: &Q, k: u64) -> Tail {
    let mean = p * integer(t);
    let is_short = t.saturating_mul(p.denom().bits()) <= SHORT_BITS;
    if k == 0 || is_short || mean < integer(k) {
        return binomial_below(t, p, k);
    }
    let distance = &mean - integer(k - 1);
    let exponent = (&distance * &distance / (mean * integer(2))).floor();
    if exponent < integer(FAR) {
        return binomial_below(t, p, k);
    }
    Tail::between(Q::zero(), exp_neg_ru(&exponent))
}

/// The same divided by 10: a near miss.
pub(super) fn tenth_of_the_tail(t: u64, p: &Q, k: u64) -> Tail {
    let tail = below(t, p, k);
    Tail::between(tail.lower() / integer(10), tail.upper() / integer(10))
}

/// The same for a tenth of the updates: a near miss.
pub(super) fn a_tenth_of_the_updates(t: u64, p: &Q, k: u64) -> Tail {
    below(t, p, k / 10)
}

/// The same for a third of the updates: a near miss.
pub(super) fn a_third_of_the_updates(t: u64, p: &Q, k: u64) -> Tail {
    below(t, p, k / 3)
}

/// The bound `P(Bin(T, p) < M)`; with batches of B samples, M of which can have an open gate, `P(Bin(B T, p) <= M - B)`,
/// since one more batch could have all its gates open.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// The probability that a sample has an open gate, at least, while some gate is open.
    pub p: Q,
    /// Samples a step, B.
    pub batch: u64,
    /// `P(Bin(t, p) < k)` of t, p and k.
    pub below: fn(u64, &Q, u64) -> Tail,
}

impl Waiting {
    /// With this probability of an update, and one sample a step.
    pub fn new(p: Q) -> Self {
        Waiting { p, batch: 1, below }
    }

    /// The same with so many samples a step.
    #[must_use]
    pub fn in_batches(self, batch: u32) -> Self {
        let batch = batch.into();
        Waiting { batch, ..self }
    }

    /// With the least atom.
    ///
    /// # Errors
    /// It is too long a number.
    pub fn with_least_atom(distribution: &Distribution) -> Result<Self, Remark> {
        let too_long = || {
            remark!(
                "the least probability of an atom has more than {} bits",
                MAX_BITS
            )
        };
        let p = distribution.least_atom(MAX_BITS);
        p.map(Waiting::new).ok_or_else(too_long)
    }

    /// The near miss with the largest atom.
    pub fn take_largest_atom(&mut self, distribution: &Distribution) {
        if let Some(p) = distribution.largest_atom(MOST_ATOMS, MAX_BITS) {
            self.p = p;
        }
    }

    /// `P(Bin(t, p) < updates)`.
    pub fn tail(&self, t: u64, updates: &BigInt) -> Tail {
        let draws = t.checked_mul(self.batch);
        let found = updates.to_u64().zip(draws);
        found.map_or_else(Tail::one, |(k, draws)| {
            (self.below)(
                draws,
                &self.p,
                k.saturating_add(1).saturating_sub(self.batch),
            )
        })
    }

    /// The least t at which `P(Bin(t, p) < updates)` is known to be at most `level`, and the least
    /// at which it may be: both are the same where the tails are sharp enough.
    ///
    /// With t the tail does not grow, since one more draw does not lower the sum; so bisection finds
    /// the least t.
    ///
    /// # Errors
    /// Why there is none.
    pub fn least_t(&self, updates: &BigInt, level: &Q) -> Result<[u64; 2], Remark> {
        if self.tail(0, updates).upper() <= level {
            return Ok([0; 2]);
        }
        let beyond = || remark!("no step up to 2^{}", MAX_STEPS.trailing_zeros());
        // About half the draws of this many steps are updates in excess of what is needed.
        let mean = integer(updates.clone()) / (&self.p * integer(self.batch));
        let mean = mean.ceil().to_integer();
        let start = mean.to_u64().filter(|&t| t < MAX_STEPS);
        let start = start.ok_or_else(beyond)?;
        let spread = BigInt::sqrt(&(&mean * &mean / (updates + 1u32)));
        let spread = spread.to_u64().unwrap_or(1).max(1);
        let certain = |t: u64| self.tail(t, updates).upper() <= level;
        let possible = |t: u64| self.tail(t, updates).lower() <= level;
        let hi = least(start, spread, certain).ok_or_else(beyond)?;
        let lo = if possible(hi.saturating_sub(1)) {
            least_where(1, hi - 1, possible)
        } else {
            hi
        };
        Ok([lo, hi])
    }
}

/// The least t > 0 where a condition that stays true holds, looking around `start` first; `None` beyond [`MAX_STEPS`].
fn least(start: u64, spread: u64, holds: impl Fn(u64) -> bool) -> Option<u64> {
    if holds(start) {
        return Some(least_where(1, start, holds));
    }
    let (mut low, mut width) = (start, spread);
    loop {
        let high = low.checked_add(width).filter(|&t| t <= MAX_STEPS)?;
        if holds(high) {
            return Some(least_where(low + 1, high, holds));
        }
        low = high;
        width *= 2;
    }
}

/// What [`Waiting::least_t`] found, as a figure.
pub(super) fn figure_of_steps(found: &Result<[u64; 2], Remark>) -> Figure {
    match found {
        Ok([lo, hi]) if lo == hi => Figure::Exact(integer(*hi)),
        Ok([_, hi]) => Figure::AtMost(*hi),
        Err(limit) => Figure::Missing(limit.clone()),
    }
}

/// Steps at which a statement about every step is compared: 0, powers of 2, and the last.
pub(super) fn checkpoints(steps: u64) -> Vec<u64> {
    let powers = (0..60).map(|e| 1u64 << e).take_while(|&t| t < steps);
    let mut times = Vec::from_iter([0].into_iter().chain(powers).chain([steps]));
    times.dedup();
    times
}

/// How one path ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// Steps with an open gate.
    pub updates: u64,
    /// The first step at which no gate is open; `None` if one still is at the last step.
    pub at: Option<u64>,
}

/// Is every gate closed for good, for sum pooling and a loss of binary gates, on the lattice? `None` elsewhere.
///
/// A margin is linear in the counts, so it is least at an extreme image.
///
/// # Cost
/// n P additions, and a product for each pattern of the support (each count of an explicit table); in rational
/// arithmetic for another activation than relu or another head than one of signs.
pub fn is_settled(path: &ExactPath<'_>) -> Option<bool> {
    let View::Integers {
        denominator,
        weights,
    } = path.view()
    else {
        return None;
    };
    let problem = path.problem();
    let network = problem.network();
    if network.activation != Activation::Relu || !network.head.iter().all(|a| a.abs().is_one()) {
        let (least, _) = margin_range(&gradient::Model::<Q>::new(problem), problem, &path.state())?;
        return Some(problem.training().loss.is_closed(&least));
    }
    // |Z| is below 2^53 and n below 2^24, so sums and their products with counts fit an i128.
    let mut sums = vec![0i128; problem.n_patterns()];
    for (row, a) in weights
        .chunks_exact(problem.n_patterns())
        .zip(&problem.network().head)
    {
        if !a.abs().is_one() {
            return None;
        }
        let sign = i128::from(Label::voted_by(a).sign());
        for (sum, &z) in sums.iter_mut().zip(row) {
            *sum += sign * i128::from(z.max(0));
        }
    }
    let negative = |label: Label, p: usize, count: u32| -> i128 {
        -i128::from(label.sign()) * sums[p] * i128::from(count)
    };
    let least = -problem.distribution().largest_sum(negative);
    let least = Q::new(least.into(), denominator.clone());
    Some(problem.training().loss.is_closed(&least))
}

/// Follows a run of a hinge or perceptron problem with sum pooling and a fixed head, in exact arithmetic, until it has
/// settled or `steps` are done. `None` if it leaves the lattice of machine integers.
///
/// # Cost
/// As [`ExactPath::step`], and the least margin for each pause that is 4 times as long as the one before.
pub fn settle(problem: &Problem, sampler: &Sampler, run: u64, steps: u64) -> Option<Settled> {
    const FIRST_PAUSE: u64 = 16;
    // The state is that of step `since`, and settled states stay: so it is settled at `since` or never.
    let mut since = 0;
    let mut pause = FIRST_PAUSE;
    let mut sampled = SampledPath::new(
        ExactPath::new(problem),
        sampler,
        problem.training().seed,
        run,
    );
    for t in 1..=steps {
        sampled.advance();
        let path = sampled.path();
        if !path.is_on_lattice() {
            return None;
        }
        if path.gates().any_open() {
            since = t;
        } else if t - since >= pause {
            if is_settled(path)? {
                break;
            }
            pause = pause.saturating_mul(4);
        }
    }
    let path = sampled.path();
    Some(Settled {
        updates: path.updates(),
        at: is_settled(path)?.then_some(since),
    })
}

/// How many runs of `steps` steps fit a work limit, at most `most`; 0 if fewer than 20 do.
pub(super) fn affordable_runs(problem: &Problem, steps: u64, most: u64) -> u64 {
    /// Weights that may be looked at.
    const MAX_WORK: u64 = 300_000_000;
    let a_step = (problem.n_filters() as u64)
        .saturating_mul(problem.distribution().max_patches().into())
        .saturating_mul(problem.training().batch.into())
        .saturating_add(20);
    let a_run = a_step
        .saturating_mul(steps)
        .saturating_add(200 * (problem.n_filters() * problem.n_patterns()) as u64);
    let runs = (MAX_WORK / a_run.max(1)).min(most);
    if runs < 20.min(most) { 0 } else { runs }
}

/// How many of some runs were not settled at step t.
pub(super) fn unsettled(ends: &[Settled], t: u64) -> u64 {
    let open = ends.iter().filter(|end| end.at.is_none_or(|at| t < at));
    open.count() as u64
}
