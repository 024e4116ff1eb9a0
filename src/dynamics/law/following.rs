//! The law of a chain, followed step by step.

mod saved;

pub(super) use saved::{SavedFollowing, restore_law, save_law};

use super::forward::Forward;
use super::reduce::Reducer;
use super::{Explored, Law, Stop};
use crate::interrupt;
use crate::number::Q;
use num_bigint::BigUint;
use num_traits::Zero;
use std::time::{Duration, Instant};

/// Most words of 64 bits that the fractions of one [`Law`] may take together: what can still be
/// printed and read.
const MAX_ANSWER_WORDS: u64 = 16_000_000;

/// How long the law of what is explored may take once it was asked to end.
const PATIENCE: Duration = Duration::from_millis(500);

/// A law up to a step.
pub(super) struct Following<'a> {
    explored: &'a Explored<'a>,
    forward: Forward<'a>,
    reducer: Reducer,
    /// The steps before [`Law::steps`] have their figures, or that one has, too.
    law: Law,
    work: u64,
    /// Words that the figures take.
    answer: u64,
    /// For each distinct loss, the sum of its probabilities so far, over D^t.
    lost: Vec<BigUint>,
}

impl<'a> Following<'a> {
    /// The law at step 0.
    pub(super) fn new(explored: &'a Explored<'a>) -> Self {
        let space = explored.space;
        Following {
            explored,
            forward: Forward::new(explored.graph, space.weights()),
            reducer: Reducer::new(&space.accuracies().total),
            law: Law {
                steps: 0,
                merged: explored.is_merged,
                states: Vec::new(),
                reached: 0,
                p_perfect: Vec::new(),
                expected_accuracy: Vec::new(),
                p_settled: Vec::new(),
                expected_norm_squared: Vec::new(),
                stopped: None,
            },
            work: 0,
            answer: 0,
            lost: vec![BigUint::zero(); space.losses().rows.len()],
        }
    }

    /// Follows the law up to `steps`, or to the step at which a limit stops it; `point` is told before the figures of
    /// each step.
    pub(super) fn run(mut self, steps: u64, with_norms: bool, point: &mut dyn FnMut(&Self)) -> Law {
        // Once asked to end, what is explored still gets its law, if that is quick.
        let patience = interrupt::asked().map(|_| Instant::now() + PATIENCE);
        let late = || match patience {
            Some(until) => interrupt::asked().filter(|_| Instant::now() > until),
            None => interrupt::asked(),
        };
        loop {
            point(&self);
            self.record();
            if self.law.steps == steps {
                break;
            }
            let asked = late().map(str::to_owned);
            if let Some(stop) = self.limit(asked) {
                self.law.stopped = Some(stop);
                break;
            }
            self.step();
        }
        self.law.reached = self.explored.graph.reached(self.law.steps) as u64;
        // Norms go through all states in rational arithmetic: too long for what is left of the time.
        if with_norms && interrupt::asked().is_none() {
            self.law.expected_norm_squared = self.norms();
        }
        self.law
    }

    fn batch(&self) -> u64 {
        u64::from(self.explored.problem.training().batch)
    }

    /// The figures of this step.
    fn record(&mut self) {
        let space = self.explored.space;
        let accuracies = space.accuracies();
        let mass = self.forward.mass();
        // D = unit^B, so D^t = unit^(B t).
        let power = self.law.steps * self.batch();
        // Each accuracy twice, with open gates and without: one pass over all numbers.
        let kinds = mass.sums(2 * accuracies.len(), |s| {
            2 * space.accuracy(s) + u32::from(space.is_settled(s))
        });
        let mut perfect = BigUint::zero();
        let mut mean = BigUint::zero();
        let mut settled = BigUint::zero();
        for (id, sums) in (0u32..).zip(kinds.chunks_exact(2)) {
            let sum = &sums[0] + &sums[1];
            settled += &sums[1];
            mean += &sum * accuracies.numerator(id);
            if accuracies.is_one(id) {
                perfect = sum;
            }
        }
        let total = mass.total();
        let (law, reducer) = (&mut self.law, &self.reducer);
        law.states.push(mass.len() as u64);
        law.p_perfect.push(reducer.reduce(perfect, total, power));
        law.expected_accuracy
            .push(reducer.reduce(mean, &(total * &accuracies.total), power + 1));
        law.p_settled.push(reducer.reduce(settled, total, power));
    }

    /// The limit that forbids the next step, if one does; `asked` says why work should end, if it should.
    fn limit(&mut self, asked: Option<String>) -> Option<Stop> {
        let t = self.law.steps;
        let unit = &self.explored.space.accuracies().total;
        let unit_bits = unit.bits().saturating_mul(self.batch());
        self.answer += 6 * (2 + t.saturating_mul(unit_bits) / 64);
        let too_long = (self.answer > MAX_ANSWER_WORDS).then(|| Stop {
            limit: format!("an answer of more than {MAX_ANSWER_WORDS} words of 64 bits"),
            t,
        });
        let stop = asked.map(|limit| Stop { limit, t });
        let explored = self.explored;
        stop.or_else(|| explored.next_step_limit(&self.forward, t, &mut self.work))
            .or(too_long)
    }

    fn step(&mut self) {
        let space = self.explored.space;
        let losses = space.losses();
        if !self.lost.is_empty() {
            let mass = self.forward.mass();
            let now = mass.sums(self.lost.len(), |s| losses.of(s));
            for (sum, more) in self.lost.iter_mut().zip(now) {
                *sum = (&*sum + more) * space.weights().total();
            }
        }
        self.forward.step();
        self.law.steps += 1;
    }

    fn norms(&self) -> Vec<Q> {
        let space = self.explored.space;
        let losses = space.losses();
        let mass = self.forward.mass();
        let mut norms = space.mean_norms(mass);
        for (sum, row) in self.lost.iter().zip(&losses.rows) {
            let sum = Q::from_integer(sum.clone().into());
            for (norm, loss) in norms.iter_mut().zip(row) {
                if !loss.is_zero() {
                    *norm += loss * &sum;
                }
            }
        }
        let total = Q::from_integer(mass.total().clone().into());
        let mut dropped = losses.initial.clone();
        dropped.resize(norms.len(), Q::zero());
        norms
            .into_iter()
            .zip(dropped)
            .map(|(norm, dropped)| norm / &total + dropped)
            .collect()
    }
}
