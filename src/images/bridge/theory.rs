//! What each theorem says of a cell of the bridge.
//!
//! The law of a cell: a background drawn uniformly from the training images, a place drawn uniformly, a fair label
//! that knows of neither, and the label's key at the place. So in every cell r = 1, `E[y N_p] = 0` for each
//! background pattern p (A3, A4), and A2 holds unless a real patch equals a key. The keys are orthonormal.
//! A1 fails on real images: more different patches than a patch has pixels cannot be orthogonal. Which theorem
//! speaks of a cell:
//!
//! | labels, loss | theorem | if |
//! |---|---|---|
//! | averaged, unhinged | T2 | always: see below |
//! | sampled, unhinged | T12 | A1k: the keys are orthogonal to the backgrounds |
//! | either, hinge | T6c | A1k, and winners of both labels |
//!
//! **T2 needs A1 of the keys only.** With the label averaged, patch p of a background adds
//! `eta a_j relu'(<w_j, p>) p` with both signs of y and the same weight, for the gate is 1 and `w_j` the
//! same: 0, whatever the Gram matrix of the backgrounds. What is left of a step is
//! `eta/2 a_j (relu'(<w_j, v_+>) v_+ - relu'(<w_j, v_->) v_-)`, and with orthonormal keys that is all that T2's
//! statements on `<w_j, v_y>` and on `|w_j|` use. What does need the keys to be orthogonal to the backgrounds is T1's part
//! on the background coordinates, which say how the filter responds to the rest of an image.
//!
//! **T12** is taken with V and C of the empirical law, the wrong key included (`V = mean_square + 1/2`,
//! `C = most_square + 1`), and with probability 0.95 for each of its parts: half of the rest for the two counts
//! (Hoeffding), half for the filters. A filter's part across the key is bounded by the smaller of (b) and (g).
//!
//! **T6c** has `rho^2 = C`.

use super::judge::{Pair, compare};
use super::record::{Comparison, Geometry, Relation, Scope};
use super::train::{Path, State, own};

/// The numbers that the theorems start from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Law {
    /// eta.
    pub(super) step: f64,
    /// `E sum_{p,q != v} N_p N_q max(G_pq, 0)`, and the same with the maximum over atoms.
    pub(super) mean_square: f64,
    pub(super) most_square: f64,
}

impl Law {
    pub(super) fn of(step: f64, geometry: &Geometry) -> Self {
        Self {
            step,
            // The wrong key is there with probability 1/2.
            mean_square: geometry.mean_square + 0.5,
            most_square: geometry.most_square + 1.0,
        }
    }

    pub(super) fn kappa(&self) -> f64 {
        self.step / 2.0
    }
}

pub(super) fn is_winner(state: &State) -> bool {
    state.key > 0.0
}

pub(super) fn winners(path: &Path) -> Vec<usize> {
    let all = path.start.iter().enumerate();
    all.filter(|(_, s)| is_winner(s)).map(|(j, _)| j).collect()
}

pub(super) fn losers(path: &Path) -> Vec<usize> {
    let all = path.start.iter().enumerate();
    all.filter(|(_, s)| !is_winner(s)).map(|(j, _)| j).collect()
}

/// The pair whose seen figure lies worst.
pub(super) fn worst(relation: Relation, pairs: impl Iterator<Item = Pair>) -> Option<Pair> {
    let bad = |(said, seen): &Pair| match relation {
        Relation::Equal => (seen - said).abs(),
        Relation::AtMost => seen - said,
        Relation::AtLeast => said - seen,
    };
    pairs.max_by(|a, b| bad(a).total_cmp(&bad(b)))
}

pub(super) fn growth(path: &Path, j: usize) -> f64 {
    path.end[j].key - path.start[j].key
}

/// Least winner norm over largest loser norm.
pub(super) fn dominance(path: &Path) -> Option<f64> {
    path.run.dominance
}

/// T2, and the part of T1 on backgrounds where the keys are orthogonal to them.
pub(super) fn t2(law: Law, apart: bool, paths: &[&Path]) -> Vec<Comparison> {
    let grown = |path: &Path| law.kappa() * path.steps as f64;
    let bound = |s: &State| s.square + law.kappa().powi(2);
    let most = |path: &Path| {
        losers(path)
            .into_iter()
            .map(|i| bound(&path.start[i]))
            .reduce(f64::max)
    };
    let ran = |path: &&&Path| path.steps > 0;
    let each = || paths.iter().filter(ran);
    let keys = each().map(|path| {
        let of = winners(path).into_iter();
        worst(
            Relation::Equal,
            of.map(|j| (1.0, growth(path, j) / grown(path))),
        )
    });
    let norms = each().map(|path| {
        let of = losers(path).into_iter();
        let pairs = of.map(|i| (1.0, (path.most[i][0] / bound(&path.start[i])).sqrt()));
        worst(Relation::AtMost, pairs)
    });
    let ratios = each().map(|path| {
        let said = grown(path) / most(path)?.sqrt();
        Some((said, dominance(path)?))
    });
    let cosines = each().map(|path| {
        let of = winners(path).into_iter().map(|j| {
            let key = (path.start[j].key + grown(path)).powi(2);
            (
                key / (key + bound(&path.start[j])),
                path.end[j].key.powi(2) / path.end[j].square,
            )
        });
        worst(Relation::AtLeast, of)
    });
    let moves = each()
        .filter(|_| apart)
        .map(|path| Some((0.0, path.run.background_move?)));
    let every = |relation| (relation, Scope::Every);
    let found = [
        compare(
            "T2, winners",
            "growth of a winner's key coordinate over kappa t, the winner that is farthest from 1",
            every(Relation::Equal),
            keys,
            true,
        ),
        compare(
            "T2, losers",
            "|w_i(s)| over sqrt(|w_i(0)|^2 + kappa^2), the largest over losers and steps",
            every(Relation::AtMost),
            norms,
            true,
        ),
        compare(
            "T2, dominance",
            "least winner norm over largest loser norm, and kappa t over the largest bound of a loser",
            every(Relation::AtLeast),
            ratios,
            true,
        ),
        compare(
            "T2, alignment",
            "squared cosine of a winner with its key, and its bound, where they are closest",
            every(Relation::AtLeast),
            cosines,
            true,
        ),
        compare(
            "T1, backgrounds",
            "largest move of a response to a background patch, over kappa t",
            every(Relation::Equal),
            moves,
            true,
        ),
    ];
    found.into_iter().flatten().collect()
}

/// T6c, for runs with winners of both labels.
pub(super) fn t6c(law: Law, paths: &[&Path]) -> Vec<Comparison> {
    let both = |path: &&&Path| path.run.winners.iter().all(|n| *n > 0);
    let each = || paths.iter().filter(both);
    let updates = |path: &Path| path.run.open.iter().sum::<f64>();
    let sum = |states: &[State]| states.iter().map(|s| s.square).sum::<f64>();
    let eta = law.step;
    let rate = |n: usize| 2.0 * eta + eta.powi(2) * n as f64 * law.most_square;
    let keys = each().map(|path| {
        let of = winners(path).into_iter().filter_map(|j| {
            let said = eta * path.run.open[own(j)];
            (said > 0.0).then(|| (1.0, growth(path, j) / said))
        });
        worst(Relation::AtLeast, of)
    });
    let norms = each().map(|path| {
        let said = sum(&path.start) + updates(path) * rate(path.start.len());
        Some((said.sqrt(), sum(&path.end).sqrt()))
    });
    let bounds = || {
        each().map(|path| {
            let [plus, minus] = path.run.winners.map(|n| n as f64);
            let h = plus * minus / (plus + minus);
            let keys: f64 = winners(path)
                .into_iter()
                .map(|j| path.start[j].key.powi(2))
                .sum();
            let rest = (sum(&path.start) - keys).max(0.0);
            Some((
                most_updates(h * eta.powi(2), rate(path.start.len()), rest),
                updates(path),
            ))
        })
    };
    let steps = paths.iter().map(|path| path.steps).max().unwrap_or(0) as f64;
    let binding = bounds().flatten().any(|(most, _)| most < steps);
    let found = [
        compare(
            "T6c, winners",
            "growth of a winner's key coordinate over eta times its label's updates, the least over the winners",
            (Relation::AtLeast, Scope::Every),
            keys,
            true,
        ),
        compare(
            "T6c, norms",
            "the norm of all filters, and the root of |W(0)|^2 + mu (2 eta + eta^2 A rho^2)",
            (Relation::AtMost, Scope::Every),
            norms,
            true,
        ),
        compare(
            "T6c, updates",
            "updates, and the most that there can ever be",
            (Relation::AtMost, Scope::Every),
            bounds(),
            binding,
        ),
    ];
    found.into_iter().flatten().collect()
}

/// The largest mu with `h mu^2 <= rest + mu rate`.
fn most_updates(h: f64, rate: f64, rest: f64) -> f64 {
    (rate + (rate.powi(2) + 4.0 * h * rest).sqrt()) / (2.0 * h)
}
