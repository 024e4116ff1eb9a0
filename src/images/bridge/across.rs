//! T12: SGD along and across the keys.

use super::judge::compare;
use super::record::{Comparison, Relation, Scope};
use super::theory::{Law, dominance, growth, is_winner, losers, winners, worst};
use super::train::{Path, State, own};

/// Probability with which each part of T12 that has one is asked to hold.
pub(super) const CONFIDENCE: f64 = 0.95;

/// Probability that T12 (b) leaves to a filter.
const DELTA: f64 = 0.05;

/// A count that `B_y(t)` falls below with probability at most alpha: `P(B < b) <= exp(-2 (t/2 - b)^2 / t)`.
fn count(t: f64, alpha: f64) -> f64 {
    (t / 2.0 - (t * (1.0 / alpha).ln() / 2.0).sqrt())
        .floor()
        .max(0.0)
}

/// What `|w_perp|^2` exceeds up to step t with probability at most delta: the smaller bound of T12 (b) and (g).
fn square_bound(law: Law, state: &State, t: f64, delta: f64) -> f64 {
    let eta2 = law.step.powi(2);
    let mean = state.across() + eta2 * law.mean_square * t;
    let most = state.across() + eta2 * law.most_square * t;
    (mean / delta).min(2.0 * (2.0 / delta).ln() * most)
}

/// T12 under A1k: (a), (b), (c), (d), (e) and, where its condition holds, (f).
pub(super) fn t12(law: Law, paths: &[&Path]) -> Vec<Comparison> {
    let rest = 1.0 - CONFIDENCE;
    let alpha = rest / 4.0;
    let ran = |path: &&&Path| path.steps > 0;
    let each = || paths.iter().filter(ran);
    let across = each().map(|path| {
        let t = path.steps as f64;
        let said: f64 = path
            .start
            .iter()
            .map(|s| s.across() + law.step.powi(2) * law.mean_square * t)
            .sum();
        let seen: f64 = path.end.iter().map(State::across).sum();
        let n = path.end.len() as f64;
        Some(((said / n).sqrt(), (seen / n).sqrt()))
    });
    let shares = each().map(|path| {
        let t = path.steps as f64;
        let bound = |s: &State| (s.across() + law.step.powi(2) * law.mean_square * t) / DELTA;
        let pairs = path.start.iter().zip(&path.most);
        let over = pairs.filter(|(s, most)| most[1] > bound(s)).count();
        Some((DELTA, over as f64 / path.start.len() as f64))
    });
    let keys = each().map(|path| {
        let grown = law.kappa() * path.steps as f64;
        let of = winners(path).into_iter().map(|j| {
            let count = path.run.labels[own(j)];
            (law.step * count / grown, growth(path, j) / grown)
        });
        worst(Relation::Equal, of)
    });
    let angles = each().map(|path| {
        let t = path.steps as f64;
        let of = winners(path);
        let delta = rest / 2.0 / of.len() as f64;
        let pairs = of.iter().map(|&j| {
            let (start, end) = (&path.start[j], &path.end[j]);
            let key = start.key + law.step * count(t, alpha);
            let bound = square_bound(law, start, t, delta).sqrt() / key;
            (1.0, end.across().sqrt() / end.key / bound)
        });
        worst(Relation::AtMost, pairs)
    });
    let ratios = each().map(|path| {
        let t = path.steps as f64;
        let of = losers(path);
        let delta = rest / 2.0 / of.len() as f64;
        let bound = |s: &State| s.key.powi(2) + square_bound(law, s, t, delta);
        let least = winners(path)
            .into_iter()
            .map(|j| path.start[j].key)
            .reduce(f64::min)?;
        let most = of.iter().map(|&i| bound(&path.start[i])).reduce(f64::max)?;
        Some((
            (least + law.step * count(t, alpha)) / most.sqrt(),
            dominance(path)?,
        ))
    });
    let perfect = each().map(|path| {
        let holds = certain(law, &path.start, path.steps as f64);
        holds.then_some((1.0, path.run.accuracy_training))
    });
    let likely = |relation| (relation, Scope::Probability(CONFIDENCE));
    let found = [
        compare(
            "T12 (a)",
            "root mean square over the filters of the part across the key, and the root of the mean of M_t",
            (Relation::AtMost, Scope::Mean),
            across,
            true,
        ),
        compare(
            "T12 (b)",
            "share of the filters whose squared part across the key ever exceeded M_t / 0.05",
            (Relation::AtMost, Scope::Mean),
            shares,
            true,
        ),
        compare(
            "T12 (c)",
            "growth of a winner's key coordinate and eta B_y(t), both over kappa t, where they differ most",
            (Relation::Equal, Scope::Every),
            keys,
            true,
        ),
        compare(
            "T12 (d)",
            "tangent of a winner's angle with its key over its bound, the largest over the winners",
            likely(Relation::AtMost),
            angles,
            true,
        ),
        compare(
            "T12 (e)",
            "least winner norm over largest loser norm, and the ratio that is certain enough",
            likely(Relation::AtLeast),
            ratios,
            true,
        ),
        compare(
            "T12 (f)",
            "accuracy over the training law",
            likely(Relation::Equal),
            perfect,
            true,
        ),
    ];
    found.into_iter().flatten().collect()
}

/// Does the condition of T12 (f) hold at step t, from these initial values?
fn certain(law: Law, start: &[State], t: f64) -> bool {
    let rest = 1.0 - CONFIDENCE;
    let b = count(t, rest / 4.0);
    let delta = rest / 2.0 / start.len().max(1) as f64;
    let rho = law.most_square.sqrt();
    let of = |y: usize| start.iter().enumerate().filter(move |(j, _)| own(*j) == y);
    [0, 1].iter().all(|&y| {
        let own_key = of(y).filter(|(_, s)| is_winner(s));
        let win: f64 = own_key.map(|(_, s)| s.key + law.step * b).sum();
        let lose: f64 = of(1 - y)
            .map(|(_, s)| square_bound(law, s, t, delta).sqrt())
            .sum();
        win > rho * lose
    })
}

/// A step from which T12 (f)'s condition holds, within one in a thousand of the least; `None` if there is none below
/// 2^50: no winners of a label.
pub(super) fn accurate_from(law: Law, start: &[State]) -> Option<u64> {
    let holds = |t: u64| certain(law, start, t as f64);
    let mut high = 1u64;
    while !holds(high) {
        high = high.checked_mul(2).filter(|t| *t < 1 << 50)?;
    }
    let mut low = high / 2;
    while high - low > 1 + high / 1000 {
        let middle = low + (high - low) / 2;
        *(if holds(middle) { &mut high } else { &mut low }) = middle;
    }
    Some(high)
}
