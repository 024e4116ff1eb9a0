//! Pushing the law forward: probabilities at step t as integers over `D^t`.

use super::graph::Graph;
use super::limbs;
use super::mass::{Mass, NOWHERE};
use num_bigint::BigUint;
use num_traits::One;

/// Upper bounds of what a step takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    /// Bits of the common denominator after it.
    pub(super) bits: u64,
    /// Words of all probabilities after it.
    pub(super) words: u64,
    /// Multiplications of words.
    pub(super) work: u64,
}

/// Moves a law forward, step by step.
#[derive(Debug)]
pub(super) struct Forward<'c> {
    graph: &'c Graph,
    unit: &'c BigUint,
    weight_words: usize,
    weights: Vec<u64>,
    mass: Mass,
    next: Mass,
    /// Place of a state in `next`.
    places: Vec<u32>,
}

impl<'c> Forward<'c> {
    /// The law at step 0: all mass on state 0.
    pub(super) fn new(graph: &'c Graph, weights: &'c super::weights::Weights) -> Self {
        let (weight_words, words) = weights.words();
        Forward {
            graph,
            unit: weights.total(),
            weight_words,
            weights: words,
            mass: Mass {
                total: BigUint::one(),
                stride: 1,
                active: vec![0],
                words: vec![1],
            },
            next: Mass {
                total: BigUint::one(),
                stride: 1,
                active: Vec::new(),
                words: Vec::new(),
            },
            places: vec![NOWHERE; graph.n_states()],
        }
    }

    /// The law at the current step.
    pub(super) fn mass(&self) -> &Mass {
        &self.mass
    }

    /// What the next step takes.
    pub(super) fn next_cost(&self) -> Cost {
        let bits = self.mass.total.bits() + self.unit.bits();
        let stride = bits.div_ceil(64).max(1);
        let moves: u64 = self
            .mass
            .active
            .iter()
            .map(|&s| self.graph.degree(s) as u64)
            .sum();
        let states = moves.min(self.graph.n_states() as u64);
        Cost {
            bits,
            words: states.saturating_mul(stride),
            work: moves
                .saturating_mul(stride)
                .saturating_mul(self.weight_words as u64),
        }
    }

    /// Takes one step.
    pub(super) fn step(&mut self) {
        let next = &mut self.next;
        next.total = &self.mass.total * self.unit;
        next.stride = limbs::words_for(&next.total);
        next.active.clear();
        next.words.clear();
        self.mass.widen(next.stride);
        match (self.weight_words, next.stride) {
            (1, 1) => self.scatter_fixed::<1>(),
            (1, 2) => self.scatter_fixed::<2>(),
            (1, 3) => self.scatter_fixed::<3>(),
            (1, 4) => self.scatter_fixed::<4>(),
            (1, 5) => self.scatter_fixed::<5>(),
            (1, 6) => self.scatter_fixed::<6>(),
            (1, 7) => self.scatter_fixed::<7>(),
            (1, 8) => self.scatter_fixed::<8>(),
            _ => self.scatter(),
        }
        for &state in &self.next.active {
            self.places[state as usize] = NOWHERE;
        }
        std::mem::swap(&mut self.mass, &mut self.next);
    }

    /// Adds `mass * weight` to the target of every transition. Probabilities add up to at most 1, so
    /// every sum fits the words of `D^t`.
    fn scatter(&mut self) {
        let stride = self.next.stride;
        for (state, words) in self.mass.iter() {
            for (target, weight) in self.graph.transitions(state) {
                let place = self.next.place(&mut self.places, target, stride);
                let w = weight as usize * self.weight_words;
                limbs::add_product(
                    &mut self.next.words[place * stride..(place + 1) * stride],
                    words,
                    &self.weights[w..w + self.weight_words],
                );
            }
        }
    }

    /// The same for numbers of S words and weights of one.
    fn scatter_fixed<const S: usize>(&mut self) {
        let (masses, _) = self.mass.words.as_chunks::<S>();
        for (&state, words) in self.mass.active.iter().zip(masses) {
            for (target, weight) in self.graph.transitions(state) {
                let place = self.next.place(&mut self.places, target, S);
                let (sums, _) = self.next.words.as_chunks_mut::<S>();
                limbs::add_multiple_fixed(&mut sums[place], words, self.weights[weight as usize]);
            }
        }
    }

    /// Takes all probability away from the states that are not `good`.
    pub(super) fn keep(&mut self, good: &dyn Fn(usize) -> bool) {
        let stride = self.mass.stride;
        let mut kept = 0;
        for i in 0..self.mass.active.len() {
            let state = self.mass.active[i];
            if good(state as usize) {
                self.mass.active[kept] = state;
                self.mass
                    .words
                    .copy_within(i * stride..(i + 1) * stride, kept * stride);
                kept += 1;
            }
        }
        self.mass.active.truncate(kept);
        self.mass.words.truncate(kept * stride);
    }
}
