//! What the theorems about the expected dynamics share: drifts, deaths, and the steps at which theory
//! and engine are compared.

use super::verdict::Figure;
use crate::dynamics::expected::Expected;
use crate::number::{Q, integer, ratio};
use crate::problem::Problem;
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};
use serde_json::{Value, json};

/// `eta E[y N_p]` for each pattern: the drift of coordinate p of an active filter with head 1.
pub(super) fn unit_drifts(problem: &Problem) -> Vec<Q> {
    problem
        .distribution()
        .signed_mean_counts()
        .into_iter()
        .map(|c| c * &problem.training().step)
        .collect()
}

/// The least integer that is at least `q`.
pub(super) fn ceil(q: &Q) -> BigInt {
    Integer::div_ceil(q.numer(), q.denom())
}

/// The least integer `t >= 0` with `t^2 >= q`.
pub(super) fn ceil_sqrt(q: &Q) -> BigInt {
    if !q.is_positive() {
        return BigInt::zero();
    }
    let n = ceil(q);
    let root = n.sqrt();
    if &root * &root < n { root + 1 } else { root }
}

/// About eight steps an octave from 0 to `last`, both included, every step at the start.
pub(super) fn log_spaced(last: u64) -> Vec<u64> {
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
pub(super) fn with_events(last: u64, events: impl IntoIterator<Item = BigInt>) -> (Vec<u64>, bool) {
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
pub(super) struct Snapshot {
    /// `|w_j|^2`, length n.
    pub norms: Vec<Q>,
    /// `[Z_{j,v+}, Z_{j,v-}]`, length n.
    pub keys: Vec<[Q; 2]>,
}

/// Norms and key coordinates where the engine stands; the dictionary must be orthonormal.
pub(super) fn snapshot(engine: &Expected<'_>) -> Snapshot {
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

/// A counterexample that can be replayed: what was claimed of a quantity, and what the exact
/// engine gives.
pub(super) fn witness(t: u64, what: Value, relation: &str, claimed: &Q, found: &Q) -> Value {
    json!({
        "t": t,
        "quantity": what,
        "relation": relation,
        "claimed": claimed.to_string(),
        "found": found.to_string(),
    })
}

/// The first four digits of `q`, rounded towards 0, and the decimal exponent of the first of
/// them: `digits * 10^(e - 3) <= |q| < (digits + 1) * 10^(e - 3)`.
fn leading_digits(q: &Q) -> (BigInt, i64) {
    let magnitude = q.abs();
    let length = |n: &BigInt| n.to_string().len() as i64;
    let mut e = length(magnitude.numer()) - length(magnitude.denom());
    if magnitude < power_of_ten(e) {
        e -= 1;
    }
    ((magnitude / power_of_ten(e - 3)).to_integer(), e)
}

fn power_of_ten(e: i64) -> Q {
    let p = integer(BigInt::from(10).pow(e.unsigned_abs() as u32));
    if e >= 0 { p } else { p.recip() }
}

/// A number for a report: itself if its digits fit a line, else a rigorous enclosure of four digits.
pub(super) fn enclosed(q: &Q) -> Figure {
    if q.numer().bits() + q.denom().bits() <= 256 {
        return Figure::Exact(q.clone());
    }
    let (digits, e) = leading_digits(q);
    let unit = power_of_ten(e - 3);
    let (inner, outer) = (integer(digits.clone()) * &unit, integer(digits + 1) * unit);
    if q.is_negative() {
        Figure::Enclosure(-outer, -inner)
    } else {
        Figure::Enclosure(inner, outer)
    }
}

/// "1 run", "3 runs".
pub(super) fn count_of(n: u64, noun: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{n} {noun}{plural}")
}

/// A rational for a sentence: itself if short, else its first digits (rounded towards 0). Close to 1
/// its distance from 1, since digits would be a row of nines.
pub(super) fn short(q: &Q) -> String {
    let text = q.to_string();
    if text.len() <= 12 {
        return text;
    }
    let rest = q - Q::one();
    if rest.abs() < ratio(1, 1000) {
        let sign = if rest.is_negative() { '-' } else { '+' };
        return format!("1 {sign} {}", short(&rest.abs()));
    }
    let (leading, e) = leading_digits(q);
    let sign = if q.is_negative() { "-" } else { "" };
    let decimal = |shift: u32| {
        let (whole, part) = leading.div_rem(&BigInt::from(10).pow(shift));
        if shift == 0 {
            return whole.to_string();
        }
        let part = part.to_string();
        format!("{whole}.{part:0>width$}", width = shift as usize)
    };
    match e {
        -3..=3 => format!("about {sign}{}", decimal((3 - e) as u32)),
        _ => format!("about {sign}{}e{e}", decimal(3)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_close_to_one_show_their_distance() {
        let q = Q::one() - ratio(1, 7_000_000_000_000);
        assert_eq!(short(&q), "1 - about 1.428e-13");
        assert_eq!(short(&ratio(99_999, 100_000)), "99999/100000");
    }

    #[test]
    fn roots_round_up() {
        assert_eq!(ceil_sqrt(&ratio(0, 1)), 0.into());
        assert_eq!(ceil_sqrt(&ratio(1, 9)), 1.into());
        assert_eq!(ceil_sqrt(&ratio(4, 1)), 2.into());
        assert_eq!(ceil_sqrt(&ratio(17, 4)), 3.into());
    }

    #[test]
    fn compared_steps_hold_the_ends_and_every_event() {
        assert_eq!(log_spaced(0), [0]);
        let times = log_spaced(1_000_000_000_000);
        assert_eq!((times[0], times[times.len() - 1]), (0, 1_000_000_000_000));
        assert!(times.windows(2).all(|w| w[0] < w[1]) && times.len() < 400);
        let (times, complete) = with_events(1000, [BigInt::from(500), BigInt::from(2000)]);
        assert!(complete);
        for t in [0, 499, 500, 501, 1000] {
            assert!(times.contains(&t));
        }
        assert_eq!(times.last(), Some(&1000));
        let (times, complete) = with_events(10_000, (1..=9_999).map(BigInt::from));
        assert!(!complete && times.len() < 1_000 && times.contains(&9_999));
    }

    #[test]
    fn long_numbers_are_shortened() {
        assert_eq!(short(&ratio(-7, 3)), "-7/3");
        assert_eq!(short(&ratio(1_000_000_000_000, 3)), "about 3.333e11");
        assert_eq!(
            short(&ratio(1_234_567_890_123, 1_000_000_000_000)),
            "about 1.234"
        );
        assert_eq!(
            short(&ratio(-999_999_999_999, 10_000_000_000)),
            "about -99.99"
        );
        assert_eq!(short(&ratio(123_456_789, 10_000_000_001)), "about 0.01234");
        assert_eq!(short(&ratio(1, 3_000_000_000_000)), "about 3.333e-13");
        let third = ratio(-1, 3);
        assert_eq!(enclosed(&third), Figure::Exact(third.clone()));
        let long = third.pow(200);
        let Figure::Enclosure(lo, hi) = enclosed(&long) else {
            panic!("3^200 has more than 256 bits");
        };
        assert!(lo <= long && long <= hi && &hi - &lo < &hi / integer(1000));
    }
}

/// Thresholds of T4 or T5, with an upper bound of the probability that they are missed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissedThresholds {
    /// b_+ and b_-.
    pub counts: [u64; 2],
    /// lambda_k, one a background pattern.
    pub walks: Vec<u64>,
    /// `sum_y P(B_y(t) < b_y) + sum_k P(S*_k(t) > lambda_k)` is at most this.
    pub failure: Q,
}
