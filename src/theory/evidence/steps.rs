//! The steps at which a claim about the expected dynamics is compared, and what is read off the engine there.

use crate::dynamics::expected::Expected;
use crate::number::Q;
use num_bigint::BigInt;
use num_traits::ToPrimitive;

/// About eight steps an octave from 0 to `last`, both included, every step at the start.
pub fn log_spaced(last: u64) -> Vec<u64> {
    let mut times = vec![0];
    let mut t = 0u64;
    while t < last {
        t = t.saturating_add(1 + t / 11).min(last);
        times.push(t);
    }
    times
}

/// Most events that are looked at one by one.
const MAX_EVENTS: usize = 256;

/// Log-spaced steps up to `last`, joined with the steps before, at and after each event.
///
/// The second value is false if there were too many different events and only the first
/// and last of them are in the list.
pub fn with_events(last: u64, events: impl IntoIterator<Item = BigInt>) -> (Vec<u64>, bool) {
    let mut events: Vec<u64> = events
        .into_iter()
        .filter_map(|tau| tau.to_u64())
        .filter(|tau| *tau <= last)
        .collect();
    events.sort_unstable();
    events.dedup();
    let complete = events.len() <= MAX_EVENTS;
    if !complete {
        events.drain(MAX_EVENTS / 2..events.len() - MAX_EVENTS / 2);
    }
    let mut times = log_spaced(last);
    for tau in events {
        times.extend([tau.saturating_sub(1), tau, tau.saturating_add(1).min(last)]);
    }
    times.sort_unstable();
    times.dedup();
    (times, complete)
}

/// Norms and key coordinates of all filters at one step.
pub struct Snapshot {
    /// `|w_j|^2`, length n.
    pub norms: Vec<Q>,
    /// `[Z_{j,v+}, Z_{j,v-}]`, length n.
    pub keys: Vec<[Q; 2]>,
}

/// Norms and key coordinates where the engine stands; the dictionary must be orthonormal.
pub fn snapshot(engine: &Expected<'_>) -> Snapshot {
    let n_patterns = engine.problem().n_patterns();
    if let Some(now) = engine.integers() {
        let square = now.denominator * now.denominator;
        let rows = now.weights.chunks_exact(n_patterns);
        let sum_of_squares = |row: &[i64]| {
            row.iter()
                .try_fold(0i128, |sum, &z| {
                    sum.checked_add(i128::from(z) * i128::from(z))
                })
                .map_or_else(
                    || row.iter().map(|&z| BigInt::from(z) * z).sum(),
                    BigInt::from,
                )
        };
        return Snapshot {
            norms: rows
                .clone()
                .map(|row| Q::new(sum_of_squares(row), square.clone()))
                .collect(),
            keys: rows
                .map(|row| [0, 1].map(|p| Q::new(row[p].into(), now.denominator.clone())))
                .collect(),
        };
    }
    let state = engine.state();
    Snapshot {
        norms: state.norms_squared(engine.problem()),
        keys: state
            .weights
            .iter_rows()
            .map(|row| [row[0].clone(), row[1].clone()])
            .collect(),
    }
}
