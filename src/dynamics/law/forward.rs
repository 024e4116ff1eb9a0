//! Pushing the law forward: probabilities at step t as integers over `D^t`.

use super::gather::Incoming;
use super::graph::Graph;
use super::limbs;
use super::mass::{Mass, NOWHERE, Support};
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
    /// Place of a state in `next`; empty until it is needed.
    places: Vec<u32>,
    steps: u64,
    incoming: Option<Incoming>,
    /// Fewer states than this go by their sources.
    few: usize,
}

/// With fewer states the transitions are not turned round.
const FEW_STATES: usize = 1 << 12;

impl<'c> Forward<'c> {
    /// The law at step 0: all mass on state 0.
    pub(super) fn new(graph: &'c Graph, weights: &'c super::weights::Weights) -> Self {
        let start = Mass {
            total: BigUint::one(),
            stride: 1,
            support: Support::Listed(vec![0]),
            words: vec![1],
        };
        Self::at(graph, weights, start, 0)
    }

    /// The law at a step, of which the mass is known.
    pub(super) fn at(
        graph: &'c Graph,
        weights: &'c super::weights::Weights,
        mass: Mass,
        steps: u64,
    ) -> Self {
        let (weight_words, words) = weights.words();
        Forward {
            graph,
            unit: weights.total(),
            weight_words,
            weights: words,
            mass,
            next: Mass {
                total: BigUint::one(),
                stride: 1,
                support: Support::Listed(Vec::new()),
                words: Vec::new(),
            },
            places: Vec::new(),
            steps,
            incoming: None,
            few: FEW_STATES,
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
        let degree = |s: u32| self.graph.degree(s) as u64;
        let moves: u64 = match &self.mass.support {
            Support::Listed(active) => active.iter().map(|&s| degree(s)).sum(),
            // Nearly all of them have mass.
            Support::First { states, .. } => self.graph.n_transitions_of_first(*states) as u64,
        };
        let states = moves.min(self.graph.n_states() as u64);
        Cost {
            bits,
            words: states.saturating_mul(stride),
            work: moves
                .saturating_mul(stride)
                .saturating_mul(self.weight_words as u64),
        }
    }

    /// Takes one step: by the targets where most states that are reached have mass, else by the
    /// sources.
    pub(super) fn step(&mut self) {
        let next = &mut self.next;
        next.total = &self.mass.total * self.unit;
        next.stride = limbs::words_for(&next.total);
        self.mass.widen(next.stride);
        let reached = self.graph.reached(self.steps + 1);
        self.steps += 1;
        let by_targets = reached >= self.few && self.mass.len() >= reached / 2;
        if by_targets && (self.incoming.is_some() || Incoming::fits(self.graph)) {
            self.gather(reached);
        } else {
            self.scatter();
        }
        std::mem::swap(&mut self.mass, &mut self.next);
    }

    /// The step by its targets, among the first `reached` states.
    fn gather(&mut self, reached: usize) {
        if let Support::Listed(active) = &self.mass.support {
            let states = active.iter().map(|&s| s as usize + 1).max().unwrap_or(0);
            self.mass.list_first(states);
        }
        let incoming = self
            .incoming
            .get_or_insert_with(|| Incoming::of(self.graph));
        let next = &mut self.next;
        next.words.resize(reached * next.stride, 0);
        let positive = incoming.gather(
            next.stride,
            &self.mass.words,
            (&self.weights, self.weight_words),
            &mut next.words,
        );
        next.support = Support::First {
            states: reached,
            positive,
        };
    }

    /// The step by its sources. Probabilities add up to at most 1, so every sum fits the words of
    /// `D^t`.
    fn scatter(&mut self) {
        if matches!(self.mass.support, Support::First { .. }) {
            self.mass.keep(&|_| true);
        }
        let Support::Listed(active) = &self.mass.support else {
            return;
        };
        self.places.resize(self.graph.n_states(), NOWHERE);
        // The memory of the step before the last one.
        let memory = match &mut self.next.support {
            Support::Listed(active) => std::mem::take(active),
            Support::First { .. } => Vec::new(),
        };
        let mut sums = Sums {
            stride: self.next.stride,
            active: memory,
            words: std::mem::take(&mut self.next.words),
            places: &mut self.places,
        };
        sums.active.clear();
        sums.words.clear();
        let sources = active
            .iter()
            .copied()
            .zip(self.mass.words.chunks_exact(sums.stride));
        let (graph, weights) = (self.graph, &self.weights);
        match (self.weight_words, sums.stride) {
            (1, 1) => scatter_fixed::<1>(graph, sources, weights, &mut sums),
            (1, 2) => scatter_fixed::<2>(graph, sources, weights, &mut sums),
            (1, 3) => scatter_fixed::<3>(graph, sources, weights, &mut sums),
            (1, 4) => scatter_fixed::<4>(graph, sources, weights, &mut sums),
            (1, 5) => scatter_fixed::<5>(graph, sources, weights, &mut sums),
            (1, 6) => scatter_fixed::<6>(graph, sources, weights, &mut sums),
            (1, 7) => scatter_fixed::<7>(graph, sources, weights, &mut sums),
            (1, 8) => scatter_fixed::<8>(graph, sources, weights, &mut sums),
            (n, _) => {
                for (state, words) in sources {
                    for (target, weight) in graph.transitions(state) {
                        let w = weight as usize * n;
                        limbs::add_product(sums.of(target), words, &weights[w..w + n]);
                    }
                }
            }
        }
        let Sums { active, words, .. } = sums;
        for &state in &active {
            self.places[state as usize] = NOWHERE;
        }
        self.next.words = words;
        self.next.support = Support::Listed(active);
    }

    /// Takes all probability away from the states that are not `good`.
    pub(super) fn keep(&mut self, good: &dyn Fn(usize) -> bool) {
        self.mass.keep(&|state| good(state as usize));
    }
}

/// The step by its sources for numbers of S words and weights of one.
fn scatter_fixed<'m, const S: usize>(
    graph: &Graph,
    sources: impl Iterator<Item = (u32, &'m [u64])>,
    weights: &[u64],
    sums: &mut Sums<'_>,
) {
    for (state, words) in sources {
        let Some(words) = words.first_chunk::<S>() else {
            continue;
        };
        for (target, weight) in graph.transitions(state) {
            if let Some(sum) = sums.of(target).first_chunk_mut::<S>() {
                limbs::add_multiple_fixed(sum, words, weights[weight as usize]);
            }
        }
    }
}

/// Sums of some states, which come as they are first asked for.
struct Sums<'a> {
    stride: usize,
    active: Vec<u32>,
    words: Vec<u64>,
    places: &'a mut [u32],
}

impl Sums<'_> {
    #[inline]
    fn of(&mut self, state: u32) -> &mut [u64] {
        let place = &mut self.places[state as usize];
        if *place == NOWHERE {
            *place = self.active.len() as u32;
            self.active.push(state);
            self.words.resize(self.words.len() + self.stride, 0);
        }
        let at = *place as usize * self.stride;
        &mut self.words[at..at + self.stride]
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Chain, Horizon, LawLimits};
    use super::*;
    use crate::problem::{Format, parse_problem};
    use std::collections::BTreeMap;

    /// Every probability at every step; numbers grow beyond one word, and some weights of the second
    /// problem are of two words.
    #[test]
    fn a_step_by_targets_is_the_step_by_sources() {
        let text = include_str!("../../../benches/instances/law-main.toml");
        let long = text.replace(
            r#"prior = ["1/2", "1/2"]"#,
            r#"prior = ["1/1000000000000000000003", "1000000000000000000002/1000000000000000000003"]"#,
        );
        assert_ne!(text, long);
        for (text, steps) in [(text, 40), (&*long, 12)] {
            let problem = parse_problem("a chain", text, Format::Toml).unwrap();
            let limits = LawLimits::default();
            let chain = Chain::build(&problem, Horizon::Steps(steps), false, &limits).unwrap();
            let start = |few| Forward {
                few,
                ..Forward::new(&chain.graph, chain.space().weights())
            };
            let (mut targets, mut sources) = (start(0), start(usize::MAX));
            let mut gathered = 0;
            for _ in 0..steps {
                targets.step();
                sources.step();
                gathered += u64::from(matches!(targets.mass.support, Support::First { .. }));
                let law = |forward: &Forward<'_>| -> BTreeMap<u32, BigUint> {
                    let mass = forward.mass().iter();
                    let numbers = mass.map(|(state, words)| (state, limbs::to_integer(words)));
                    numbers.filter(|(_, p)| *p != BigUint::ZERO).collect()
                };
                assert_eq!(law(&targets), law(&sources));
                assert_eq!(targets.mass().len(), sources.mass().len());
                let kinds = |forward: &Forward<'_>| forward.mass().sums(3, |s| s % 3);
                assert_eq!(kinds(&targets), kinds(&sources));
            }
            assert!(gathered > 0, "{steps}");
        }
    }
}
