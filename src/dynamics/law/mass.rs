//! The probabilities of the states of a chain at one step.

use super::limbs;
use super::saved::{In, Out, SavedError, ensure};
use num_bigint::BigUint;
use rayon::prelude::*;

/// The place of a state that has none.
pub(super) const NOWHERE: u32 = u32::MAX;

/// Sums over so many words or more are shared among threads.
const SHARED_WORDS: usize = 1 << 16;

/// The law at one step: for each listed state an integer over `total`, in words.
#[derive(Debug, Clone)]
pub(super) struct Mass {
    /// `D^t`.
    pub(super) total: BigUint,
    pub(super) stride: usize,
    pub(super) support: Support,
    pub(super) words: Vec<u64>,
}

/// The states that are listed.
#[derive(Debug, Clone)]
pub(super) enum Support {
    /// These, all of positive probability.
    Listed(Vec<u32>),
    /// The first so many; some may have probability 0.
    First {
        /// How many are listed.
        states: usize,
        /// How many of them have positive probability.
        positive: usize,
    },
}

impl Mass {
    /// Writes the law; its total is a power that follows from the step.
    pub(super) fn save(&self, out: &mut Out<'_>) {
        match &self.support {
            Support::Listed(active) => {
                out.flag(true);
                out.ids(active.iter().copied());
            }
            Support::First { .. } => out.flag(false),
        }
        out.words(&self.words);
    }

    /// Reads a law over this total, of which the first `reached` states can have mass.
    ///
    /// # Errors
    /// If its numbers are none over the total, or do not add up to it.
    pub(super) fn restore(
        input: &mut In<'_>,
        total: BigUint,
        reached: usize,
    ) -> Result<Self, SavedError> {
        let reason = "the probabilities do not fit the chain";
        let active = input.flag()?.then(|| input.ids(reached, reason));
        let active = active.transpose()?;
        let words = input.words()?;
        let stride = limbs::words_for(&total);
        let places = words.len() / stride;
        let numbers = words.chunks_exact(stride);
        let positive = numbers.filter(|n| n.iter().any(|&w| w != 0)).count();
        let fits = match &active {
            Some(active) => places == active.len() && positive == places,
            None => places <= reached,
        };
        ensure(fits && words.len() == places * stride, reason)?;
        let support = match active {
            Some(active) => Support::Listed(active),
            None => Support::First {
                states: places,
                positive,
            },
        };
        let mass = Mass {
            total,
            stride,
            support,
            words,
        };
        let adds_up = mass.sum(|_| true) == mass.total;
        ensure(adds_up, "the probabilities do not add up to 1")?;
        Ok(mass)
    }

    /// Words a state.
    pub(super) fn stride(&self) -> usize {
        self.stride
    }

    /// The denominator.
    pub(super) fn total(&self) -> &BigUint {
        &self.total
    }

    /// Number of states of positive probability.
    pub(super) fn len(&self) -> usize {
        match &self.support {
            Support::Listed(active) => active.len(),
            Support::First { positive, .. } => *positive,
        }
    }

    /// The state at a place.
    #[inline]
    fn state(&self, place: usize) -> u32 {
        match &self.support {
            Support::Listed(active) => active[place],
            Support::First { .. } => place as u32,
        }
    }

    /// The listed states with the words of their numerators.
    #[inline]
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &[u64])> {
        let words = self.words.chunks_exact(self.stride).enumerate();
        words.map(|(place, words)| (self.state(place), words))
    }

    /// Lists the first `states` states, among which are all of positive probability.
    pub(super) fn list_first(&mut self, states: usize) {
        let positive = self.len();
        if let Support::Listed(active) = &self.support {
            let mut words = vec![0; states * self.stride];
            for (&state, number) in active.iter().zip(self.words.chunks_exact(self.stride)) {
                let at = state as usize * self.stride;
                words[at..at + self.stride].copy_from_slice(number);
            }
            self.words = words;
        }
        self.words.resize(states * self.stride, 0);
        self.support = Support::First { states, positive };
    }

    /// Lists the states of positive probability that are `good`, and no others.
    pub(super) fn keep(&mut self, good: &dyn Fn(u32) -> bool) {
        let stride = self.stride;
        let mut active = Vec::new();
        for place in 0..self.words.len() / stride {
            let number = place * stride..(place + 1) * stride;
            let state = self.state(place);
            if self.words[number.clone()].iter().any(|&w| w != 0) && good(state) {
                self.words.copy_within(number, active.len() * stride);
                active.push(state);
            }
        }
        self.words.truncate(active.len() * stride);
        self.support = Support::Listed(active);
    }

    /// Gives every number `stride` words, at least as many as before.
    pub(super) fn widen(&mut self, stride: usize) {
        if stride == self.stride {
            return;
        }
        let mut words = Vec::with_capacity(self.words.len() / self.stride * stride);
        for number in self.words.chunks_exact(self.stride) {
            words.extend_from_slice(number);
            words.resize(words.len() + stride - self.stride, 0);
        }
        self.words = words;
        self.stride = stride;
    }

    /// The sum over the states that `counts`, as an integer over the total.
    pub(super) fn sum(&self, counts: impl Fn(u32) -> bool) -> BigUint {
        let mut sum = vec![0u64; self.stride];
        for (state, words) in self.iter() {
            if counts(state) {
                limbs::add(&mut sum, words);
            }
        }
        limbs::to_integer(&sum)
    }

    /// The sums over the states of each kind `0..n_kinds`, as integers over the total; a state of a
    /// kind beyond that counts nowhere.
    pub(super) fn sums(&self, n_kinds: usize, kind: impl Fn(u32) -> u32 + Sync) -> Vec<BigUint> {
        let stride = self.stride;
        let places = self.words.len() / stride;
        let add = |range: std::ops::Range<usize>| {
            let mut sums = vec![0u64; n_kinds * stride];
            for place in range {
                let at = kind(self.state(place)) as usize;
                if at < n_kinds {
                    let words = &self.words[place * stride..(place + 1) * stride];
                    limbs::add(&mut sums[at * stride..(at + 1) * stride], words);
                }
            }
            sums
        };
        let threads = rayon::current_num_threads();
        let sums = if threads > 1 && self.words.len() >= SHARED_WORDS && n_kinds < places / 16 {
            let part = places.div_ceil(4 * threads);
            let parts = (0..4 * threads).into_par_iter();
            parts
                .map(|i| add((i * part).min(places)..((i + 1) * part).min(places)))
                .reduce_with(|mut sums, more| {
                    let numbers = sums.chunks_exact_mut(stride);
                    for (sum, term) in numbers.zip(more.chunks_exact(stride)) {
                        limbs::add(sum, term);
                    }
                    sums
                })
                .unwrap_or_default()
        } else {
            add(0..places)
        };
        sums.chunks_exact(stride).map(limbs::to_integer).collect()
    }
}
