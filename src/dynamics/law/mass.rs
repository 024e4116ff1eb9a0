//! The probabilities of the states of a chain at one step.

use super::limbs;
use num_bigint::BigUint;

/// The place of a state that has none.
pub(super) const NOWHERE: u32 = u32::MAX;

/// The law at one step: for each state of positive probability an integer over `total`, in words.
#[derive(Debug, Clone)]
pub(super) struct Mass {
    /// `D^t`.
    pub(super) total: BigUint,
    pub(super) stride: usize,
    pub(super) active: Vec<u32>,
    pub(super) words: Vec<u64>,
}

impl Mass {
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
        self.active.len()
    }

    /// The states of positive probability with the words of their numerators.
    #[inline]
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &[u64])> {
        self.active
            .iter()
            .copied()
            .zip(self.words.chunks_exact(self.stride))
    }

    /// Gives every number `stride` words, at least as many as before.
    pub(super) fn widen(&mut self, stride: usize) {
        if stride == self.stride {
            return;
        }
        let mut words = Vec::with_capacity(self.active.len() * stride);
        for number in self.words.chunks_exact(self.stride) {
            words.extend_from_slice(number);
            words.resize(words.len() + stride - self.stride, 0);
        }
        self.words = words;
        self.stride = stride;
    }

    /// The place of a state, which becomes active if it was not.
    #[inline]
    pub(super) fn place(&mut self, places: &mut [u32], state: u32, stride: usize) -> usize {
        let place = &mut places[state as usize];
        if *place == NOWHERE {
            *place = self.active.len() as u32;
            self.active.push(state);
            self.words.resize(self.words.len() + stride, 0);
        }
        *place as usize
    }

    /// The sum over the states that `counts`, as an integer over the total.
    pub(super) fn sum(&self, mut counts: impl FnMut(u32) -> bool) -> BigUint {
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
    pub(super) fn sums(&self, n_kinds: usize, kind: impl Fn(u32) -> u32) -> Vec<BigUint> {
        let mut sums = vec![0u64; n_kinds * self.stride];
        for (state, words) in self.iter() {
            let at = kind(state) as usize;
            if at < n_kinds {
                limbs::add(&mut sums[at * self.stride..(at + 1) * self.stride], words);
            }
        }
        sums.chunks_exact(self.stride)
            .map(limbs::to_integer)
            .collect()
    }
}
