//! The two sides of the main claim: bounds on the updates for a given number of winners, and what
//! they make of the probability that some margin is below 1.

use super::super::fresh::{Heads, grid};
use super::super::mistake_bound::largest_root;
use super::super::prelude::*;
use super::super::settling::Waiting;
use super::winners::fewer_winners;
use crate::probability::Tail;
use crate::problem::Network;
use num_bigint::BigInt;
use num_traits::{One, Zero};

/// Every number of winners up to this is tried, and then one in twenty.
const EVERY: u64 = 64;

/// The largest coordinate that an initialisation can have: the largest odd multiple of `1/(2 D)`
/// below the half width; `None` if the weights are given.
pub(super) fn largest_coordinate(network: &Network) -> Option<Q> {
    let (points, denominator) = grid(network)?;
    Some(Q::new(points * 2 - 1, BigInt::from(denominator) * 2))
}

/// What all bounds on the updates have in common.
#[derive(Debug, Clone)]
pub(super) struct Updates {
    /// `(eta r)^2`.
    rate_squared: Q,
    n: Q,
    /// `n P h^2`.
    start: Q,
    /// `2 eta + eta^2 n m^2`, and the same with `max |N|^2`.
    pub gains: [Q; 2],
}

impl Updates {
    /// With coordinates of at most `h`.
    pub fn new(problem: &Problem, r: u32, h: &Q) -> Self {
        let eta = &problem.training().step;
        let n = integer(problem.n_filters() as u64);
        let m = integer(problem.distribution().max_patches());
        let rate = eta * integer(r);
        let gain = |square: Q| eta * integer(2) + eta * eta * &n * square;
        let square = |_, _, n: u32| integer(u64::from(n) * u64::from(n));
        let largest = problem.distribution().largest_sum(square);
        Updates {
            rate_squared: &rate * &rate,
            start: &n * integer(problem.n_patterns() as u64) * h * h,
            gains: [gain(&m * &m), gain(largest)],
            n,
        }
    }

    /// `M_bar`: T6 with `c >= 1` and `|J| <= n`.
    pub fn classic(&self) -> BigInt {
        self.largest(&self.n, &self.gains[0])
    }

    /// `M_j`: T6s with `H >= j/2`, for at least j winners of either label. H is
    /// `|J_+| |J_-| / (|J_+| + |J_-|)`, and `1/H = 1/|J_+| + 1/|J_-| <= 2/j`.
    pub fn sharp(&self, j: u64) -> BigInt {
        self.largest(&Q::new(2.into(), j.into()), &self.gains[1])
    }

    /// The largest M with `(eta r M)^2 <= factor (n P h^2 + M gain)`.
    fn largest(&self, factor: &Q, gain: &Q) -> BigInt {
        let [gain, start] = [gain, &self.start].map(|term| factor * term);
        largest_root(&self.rate_squared, &gain, &start)
    }
}

/// A number of winners with its two terms.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub j: u64,
    /// `P(min(|J_+|, |J_-|) < j)`, or more.
    fewer: Q,
    /// M_j.
    pub updates: BigInt,
}

/// The bounds at any step.
#[derive(Debug, Clone)]
pub(super) struct Bounds {
    entries: Vec<Entry>,
    /// M_bar.
    pub max_updates: BigInt,
    /// How long it may take until M_bar updates are over, and M_j.
    pub first: Waiting,
    pub waiting: Waiting,
    is_exact: bool,
}

impl Bounds {
    pub fn new(heads: Heads, updates: &Updates, waiting: Waiting) -> Self {
        let (fewer, is_exact) = fewer_winners(heads);
        let listed = (1u64..).zip(fewer).filter(|(j, _)| {
            let i = j - 1;
            i < EVERY || i % (1 + i / 20) == 0
        });
        let entry = |(j, fewer)| Entry {
            j,
            fewer,
            updates: updates.sharp(j),
        };
        Bounds {
            entries: listed.map(entry).collect(),
            max_updates: updates.classic(),
            first: waiting.clone(),
            waiting,
            is_exact,
        }
    }

    /// The near miss with another probability that a label has no winner.
    pub fn take_lottery(&mut self, lottery: &Q) {
        let shift = lottery - self.no_winner();
        for entry in &mut self.entries {
            entry.fewer += &shift;
        }
    }

    /// `P(a label has no winner)`, or more.
    fn no_winner(&self) -> Q {
        let first = self.entries.first();
        first.map_or_else(Q::one, |entry| entry.fewer.clone())
    }

    /// `P(a label has no winner)`.
    pub fn lottery(&self) -> Tail {
        self.above(self.no_winner())
    }

    /// A probability that is known, or known to be at most this.
    fn above(&self, q: Q) -> Tail {
        match self.is_exact {
            true => Tail::Exact(q),
            false => Tail::between(Q::zero(), q),
        }
    }

    /// `P(a label has no winner) + P(Bin(t, p_min) < M_bar)`.
    pub fn classic(&self, t: u64) -> Tail {
        let tail = self.first.tail(t, &self.max_updates);
        self.lottery().add(&tail)
    }

    /// The least of `P(min < j) + P(Bin(t, p_min) < M_j)` over j, and where it is attained.
    pub fn sharp(&self, t: u64) -> Option<(&Entry, Tail)> {
        let mut best: Option<(&Entry, Tail)> = None;
        for entry in &self.entries {
            let least = best.as_ref().map(|(_, bound)| bound.upper());
            // The first term grows with j: from here on nothing can be better.
            if least.is_some_and(|least| entry.fewer >= *least) {
                break;
            }
            let tail = self.waiting.tail(t, &entry.updates);
            let bound = self.above(entry.fewer.clone()).add(&tail);
            if least.is_none_or(|least| bound.upper() < least) {
                best = Some((entry, bound));
            }
        }
        best
    }

    /// The sum over j of `P(min = j) P(Bin(t, p_min) < M_j)`, with the whole probability of `min = 0`:
    /// the law of total probability, so at most the sharp bound for any j.
    ///
    /// With `F_j = P(min < j)` and the tails falling in j this is `F_1 + sum_j (F_(j+1) - F_j) tail_j`;
    /// written as `sum_j F_j (tail_(j-1) - tail_j)` plus the last tail, with `tail_0 = 1`, it grows with
    /// each F, so upper bounds of F give an upper bound.
    pub fn mixed(&self, t: u64) -> Tail {
        let (mut lo, mut hi) = (Q::zero(), Q::zero());
        let mut tail = Tail::one();
        let mut fewer = Q::zero();
        for entry in &self.entries {
            // Between the last number of winners and this one the last tail holds.
            let mass = &entry.fewer - &fewer;
            lo += &mass * tail.lower();
            hi += &mass * tail.upper();
            fewer = entry.fewer.clone();
            tail = self.waiting.tail(t, &entry.updates);
        }
        let rest = Q::one() - fewer;
        lo += &rest * tail.lower();
        hi += &rest * tail.upper();
        if !self.is_exact {
            lo = Q::zero();
        }
        Tail::between(lo, hi)
    }

    /// The least t at which the first form is certified to be at most delta: as [`Waiting::least_t`].
    ///
    /// # Errors
    /// Why there is none.
    pub fn least_t_classic(&self, delta: &Q) -> Result<[u64; 2], Remark> {
        let fewer = self.no_winner();
        if fewer >= *delta {
            return Err(self.too_few(delta));
        }
        self.first.least_t(&self.max_updates, &(delta - fewer))
    }

    /// The same for the sharp form: the least over j.
    ///
    /// # Errors
    /// Why there is none.
    pub fn least_t_sharp(&self, delta: &Q) -> Result<[u64; 2], Remark> {
        let mut best: Option<[u64; 2]> = None;
        let mut failure = self.too_few(delta);
        for entry in self.entries.iter().take_while(|e| e.fewer < *delta) {
            let level = delta - &entry.fewer;
            // Can this j do it in fewer steps?
            let tail = |hi: u64| self.waiting.tail(hi.saturating_sub(1), &entry.updates);
            if best.is_some_and(|[_, hi]| *tail(hi).lower() > level) {
                continue;
            }
            match self.waiting.least_t(&entry.updates, &level) {
                Ok([lo, hi]) => {
                    let [least_lo, least_hi] = best.unwrap_or([lo, hi]);
                    best = Some([lo.min(least_lo), hi.min(least_hi)]);
                }
                Err(limit) => failure = limit,
            }
        }
        best.ok_or(failure)
    }

    fn too_few(&self, delta: &Q) -> Remark {
        remark!(
            "a label has no winner with probability {}, which is not below delta = {}: more filters are needed",
            self.lottery().upper(),
            delta
        )
    }

    /// M_j for the largest j of the list that is at most this.
    pub fn sharp_updates(&self, winners: u64) -> Option<&BigInt> {
        let known = self.entries.iter().take_while(|e| e.j <= winners);
        known.last().map(|e| &e.updates)
    }
}
