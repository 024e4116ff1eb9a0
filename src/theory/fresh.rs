//! Fresh initialisations by the generator of problems, which T9 and T11 look at.

use super::evidence::Frequency;
use crate::number::{Q, integer};
use crate::problem::{HeadInit, Init, Label, Network, Pooling, Problem};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// Heads as the lottery sees them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heads {
    Fair { n: u64 },
    Fixed { plus: u64, minus: u64 },
}

impl Heads {
    pub fn of(network: &Network) -> Self {
        let count = |f: fn(&Q) -> bool| network.head.iter().filter(|a| f(a)).count() as u64;
        match network.head_init {
            HeadInit::RandomSigns => Heads::Fair {
                n: network.head.len() as u64,
            },
            HeadInit::Explicit | HeadInit::Alternating => Heads::Fixed {
                plus: count(Q::is_positive),
                minus: count(Q::is_negative),
            },
        }
    }
}

/// Stream of the generator that the seeds of fresh initialisations are drawn from.
const SEED_STREAM: u64 = 2;

/// Coordinates that are drawn for the frequency of winners.
const SAMPLED_COORDINATES: usize = 2_000_000;

/// Seeds of fresh initialisations: drawn from a stream of their own of the seed of a problem's weights.
pub(super) fn fresh_seeds(seed: u64, runs: u64) -> Vec<u64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(SEED_STREAM);
    (0..runs).map(|_| rng.next_u64()).collect()
}

/// The network of a problem, initialised afresh by the generator of problems; `None` if its weights are given.
pub(super) fn fresh_network(problem: &Problem, fresh: u64) -> Option<Network> {
    let mut network = problem.network().clone();
    let Init::Uniform { seed, .. } = &mut network.init else {
        return None;
    };
    *seed = fresh;
    network.with_filters(problem.n_filters()).ok()
}

/// How many of some fresh initialisations have winners of both labels, for sum and for max pooling.
pub(super) fn winning(problem: &Problem) -> Option<[Frequency; 2]> {
    let Init::Uniform { seed, .. } = problem.network().init else {
        return None;
    };
    let cells = problem.n_filters() * problem.n_patterns();
    let runs = (SAMPLED_COORDINATES / cells).clamp(20, 4_000) as u64;
    let wins: Option<Vec<[bool; 2]>> = fresh_seeds(seed, runs)
        .par_iter()
        .map(|&seed| {
            let fresh = fresh_network(problem, seed)?;
            Some([Pooling::Sum, Pooling::Max].map(|pooling| both_win(&fresh, pooling)))
        })
        .collect();
    let wins = wins?;
    Some([0, 1].map(|i| Frequency {
        successes: wins.iter().filter(|win| win[i]).count() as u64,
        runs,
    }))
}

/// Does a network have winners of both labels, for either pooling?
pub(super) fn both_win(network: &Network, pooling: Pooling) -> bool {
    let mut labels = Label::BOTH.into_iter();
    labels.all(|y| (0..network.head.len()).any(|j| network.label_won(pooling, j) == Some(y)))
}

/// The odd multiples of `1/(2 D)` below the half width, from which coordinates are drawn: how many there are on each
/// side of 0, and D; `None` if the weights are given.
pub(super) fn grid(network: &Network) -> Option<(BigInt, u64)> {
    let Init::Uniform {
        half_width,
        denominator,
        ..
    } = &network.init
    else {
        return None;
    };
    // Those i with 2i + 1 < 2 D h.
    let bound = half_width * integer(*denominator) * integer(2) - Q::one();
    let points = Integer::div_ceil(bound.numer(), &(bound.denom() * 2));
    Some((points, *denominator))
}
