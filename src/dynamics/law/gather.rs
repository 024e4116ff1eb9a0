//! One step of a law by its targets: each state adds up what comes in, on all threads.
//!
//! Where most states that can be reached have mass, the numbers lie state by state, zeros included. A
//! target then reads its sources and writes itself once, whole blocks of targets are independent, and
//! sums of integers do not depend on who adds them up.

use super::graph::Graph;
use super::limbs;
use rayon::prelude::*;

/// Transitions are turned round while that takes at most this many bytes.
const MAX_BYTES: usize = 1 << 27;

/// Targets of one task.
const BLOCK: usize = 1 << 12;

/// The transitions of a chain by their targets.
#[derive(Debug)]
pub(super) struct Incoming {
    /// Transitions into state s: `starts[s]..starts[s + 1]`, sources ascending.
    starts: Vec<usize>,
    sources: Vec<u32>,
    /// Weight ids.
    weights: Vec<u32>,
}

impl Incoming {
    /// Is there room for the transitions by their targets, beside what limits are charged for?
    pub(super) fn fits(graph: &Graph) -> bool {
        let states = graph.n_states().saturating_mul(16);
        let transitions = graph.n_transitions().saturating_mul(8);
        states.saturating_add(transitions) <= MAX_BYTES
    }

    /// Of the transitions that are known.
    ///
    /// # Cost
    /// Two looks at every transition; 8 bytes of memory for each, and 16 a state.
    pub(super) fn of(graph: &Graph) -> Self {
        let n = graph.n_states();
        let mut starts = vec![0usize; n + 1];
        for &target in graph.targets() {
            starts[target as usize + 1] += 1;
        }
        for s in 0..n {
            starts[s + 1] += starts[s];
        }
        let mut next = starts.clone();
        let mut sources = vec![0; graph.n_transitions()];
        let mut weights = vec![0; graph.n_transitions()];
        for source in (0..n).take_while(|&s| graph.is_expanded(s)) {
            for (target, weight) in graph.transitions(source as u32) {
                let place = &mut next[target as usize];
                sources[*place] = source as u32;
                weights[*place] = weight;
                *place += 1;
            }
        }
        Incoming {
            starts,
            sources,
            weights,
        }
    }

    /// The sources of a target below `n`, with the ids of their weights.
    #[inline]
    fn incoming(&self, target: usize, n: usize) -> impl Iterator<Item = (usize, usize)> {
        let range = self.starts[target]..self.starts[target + 1];
        let sources = self.sources[range.clone()].iter().map(|&s| s as usize);
        let weights = self.weights[range].iter().map(|&w| w as usize);
        sources.zip(weights).take_while(move |&(s, _)| s < n)
    }

    /// Fills `next`, `stride` words a state, from the words of the states before the step; weights have
    /// `weight_words` words each. Gives the number of states that are not 0.
    ///
    /// # Cost
    /// One multiplication a word and weight word for each transition between these states.
    pub(super) fn gather(
        &self,
        stride: usize,
        words: &[u64],
        (weights, weight_words): (&[u64], usize),
        next: &mut [u64],
    ) -> usize {
        match (weight_words, stride) {
            (1, 1) => self.gather_fixed::<1>(words, weights, next),
            (1, 2) => self.gather_fixed::<2>(words, weights, next),
            (1, 3) => self.gather_fixed::<3>(words, weights, next),
            (1, 4) => self.gather_fixed::<4>(words, weights, next),
            (1, 5) => self.gather_fixed::<5>(words, weights, next),
            (1, 6) => self.gather_fixed::<6>(words, weights, next),
            (1, 7) => self.gather_fixed::<7>(words, weights, next),
            (1, 8) => self.gather_fixed::<8>(words, weights, next),
            (1, 9) => self.gather_fixed::<9>(words, weights, next),
            (1, 10) => self.gather_fixed::<10>(words, weights, next),
            (1, 11) => self.gather_fixed::<11>(words, weights, next),
            (1, 12) => self.gather_fixed::<12>(words, weights, next),
            _ => {
                let n = words.len() / stride;
                let blocks = next.par_chunks_mut(BLOCK * stride).enumerate();
                let fill = |(block, next): (usize, &mut [u64])| {
                    let targets = block * BLOCK..;
                    let mut positive = 0;
                    for (target, sum) in targets.zip(next.chunks_exact_mut(stride)) {
                        sum.fill(0);
                        for (source, weight) in self.incoming(target, n) {
                            let w = weight * weight_words;
                            limbs::add_product(
                                sum,
                                &words[source * stride..(source + 1) * stride],
                                &weights[w..w + weight_words],
                            );
                        }
                        positive += usize::from(sum.iter().any(|&w| w != 0));
                    }
                    positive
                };
                blocks.map(fill).sum()
            }
        }
    }

    /// The same for numbers of S words and weights of one.
    fn gather_fixed<const S: usize>(
        &self,
        words: &[u64],
        weights: &[u64],
        next: &mut [u64],
    ) -> usize {
        let (words, _) = words.as_chunks::<S>();
        let (next, _) = next.as_chunks_mut::<S>();
        let blocks = next.par_chunks_mut(BLOCK).enumerate();
        let fill = |(block, next): (usize, &mut [[u64; S]])| {
            let mut positive = 0;
            for (target, sum) in (block * BLOCK..).zip(next) {
                let mut found = [0; S];
                for (source, weight) in self.incoming(target, words.len()) {
                    limbs::add_multiple_fixed(&mut found, &words[source], weights[weight]);
                }
                *sum = found;
                positive += usize::from(found != [0; S]);
            }
            positive
        };
        blocks.map(fill).sum()
    }
}
