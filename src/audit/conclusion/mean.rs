//! Conclusions on the expected dynamics: T1, T2, T7.

use super::{Look, key_patches};
use crate::dynamics::expected::{Expected, Limits};
use crate::dynamics::gradient::Model;
use crate::dynamics::state::State;
use crate::number::{Q, integer};
use crate::problem::{Label, Loss, Problem};
use crate::theory::violation::{Clause, Place, Relation};
use num_traits::{One, Signed, Zero};

const FORM: Clause = Clause::new("the closed form of a coordinate", Relation::Equal);
const KEY: Clause = Clause::new("the key coordinate of a winner", Relation::Equal);
const LOSER: Clause = Clause::new("the squared norm of a loser", Relation::AtMost);
const DOMINANCE: Clause = Clause::new(
    "the squared norm of a winner, times what bounds the losers",
    Relation::AtLeast,
);
const COSINE: Clause = Clause::new(
    "the squared cosine of a winner with its key",
    Relation::AtLeast,
);
const STAYS: Clause = Clause::new("a background coordinate stays", Relation::Equal);
const FROZEN: Clause = Clause::new("a filter without a positive key stays", Relation::Equal);
const ONE_KEY: Clause = Clause::new(
    "one positive key: key and head move by kappa times each other",
    Relation::Equal,
);
const BOTH_KEYS: Clause = Clause::new(
    "two positive keys: keys and head move by kappa times each other",
    Relation::Equal,
);

/// The states at steps 0, 1, ..., as far as the engine goes.
fn states(problem: &Problem) -> impl Iterator<Item = (u64, State<Q>)> {
    let engine = Expected::new(problem, &Limits::default()).ok();
    let steps = problem.training().steps;
    engine.into_iter().flat_map(move |mut engine| {
        (0..=steps).map_while(move |t| {
            engine.advance_to(t).ok()?;
            Some((t, engine.state()))
        })
    })
}

/// `Z(0) + kappa min(t, ceil(Z(0)/|kappa|))` where Z(0) > 0, else Z(0); with the hinge loss up to and including the
/// first step at which some margin is at least 1.
pub fn closed_form(problem: &Problem, look: &mut Look) {
    let drifts = problem.unit_drifts();
    let start = State::<Q>::initial(problem);
    let table = problem.distribution().atoms();
    let atoms = table.map_or(Vec::new(), |table| table.atoms().to_vec());
    let model = Model::<Q>::new(problem);
    for (t, state) in states(problem) {
        for j in 0..problem.n_filters() {
            for (p, drift) in drifts.iter().enumerate() {
                let (z, kappa) = (&start.weights[(j, p)], &start.head[j] * drift);
                let mut claimed = z.clone();
                if z.is_positive() {
                    let end = kappa.is_negative().then(|| (z / -&kappa).ceil());
                    claimed += kappa * end.map_or(integer(t), |end| end.min(integer(t)));
                }
                let place = Place::expected(t).filter(j).coordinate(p);
                look.compare(FORM, place, &claimed, &state.weights[(j, p)]);
            }
        }
        let hinge = problem.training().loss == Loss::Hinge;
        let closed = || {
            atoms
                .iter()
                .any(|a| model.margin(&state, a.label, &a.counts) >= Q::one())
        };
        if look.failed() || hinge && closed() {
            return;
        }
    }
}

/// Keys, losers, dominance and cosine of T2 with `kappa = eta r / 2`.
pub fn norm_dominance(problem: &Problem, look: &mut Look) {
    let kappa = &problem.training().step * key_patches(problem) / integer(2);
    if kappa.is_zero() {
        return;
    }
    let camps = problem.camps();
    let start = State::<Q>::initial(problem);
    let before = start.norms_squared(problem);
    let bound = |j: usize| &before[j] + &kappa * &kappa;
    let largest = camps.losers().map(bound).max();
    for (t, state) in states(problem) {
        let norms = state.norms_squared(problem);
        let place = |j: usize| Place::expected(t).filter(j);
        let moved = &kappa * integer(t);
        for (j, y) in camps.winners() {
            let p = y.index();
            let claimed = &start.weights[(j, p)] + &moved;
            let key = &state.weights[(j, p)];
            look.compare(KEY, place(j).coordinate(p), &claimed, key);
            let length = problem.dictionary().gram_entry(p, p);
            if norms[j].is_positive() && length.is_positive() {
                let cosine = key * key / (&norms[j] * length);
                let square = &claimed * &claimed;
                look.compare(COSINE, place(j), &(&square / (&square + bound(j))), &cosine);
            }
        }
        for j in camps.losers() {
            look.compare(LOSER, place(j), &bound(j), &norms[j]);
        }
        let loser = camps.losers().map(|j| &norms[j]).max();
        let winner = camps.winners().map(|(j, _)| j).min_by_key(|&j| &norms[j]);
        if let (Some(largest), Some(loser), Some(j)) = (&largest, loser, winner) {
            let claimed = &moved * &moved * loser;
            look.compare(DOMINANCE, place(j), &claimed, &(&norms[j] * largest));
        }
        if look.failed() {
            return;
        }
    }
}

/// The step of T7, from each state to the next: backgrounds stay, keys and head move each other.
pub fn trained_head(problem: &Problem, look: &mut Look) {
    let kappa = &problem.training().step * key_patches(problem) / integer(2);
    if kappa.is_zero() {
        return;
    }
    let mut old: Option<State<Q>> = None;
    for (t, new) in states(problem) {
        let Some(old) = old.replace(new.clone()) else {
            continue;
        };
        for j in 0..problem.n_filters() {
            let place = |p: usize| Place::expected(t).filter(j).coordinate(p);
            for p in 2..problem.n_patterns() {
                look.compare(STAYS, place(p), &old.weights[(j, p)], &new.weights[(j, p)]);
            }
            let keys = Label::BOTH.map(|y| &old.weights[(j, y.index())]);
            let positive = keys.map(Signed::is_positive);
            let clause = match positive {
                [false, false] => FROZEN,
                [true, true] => BOTH_KEYS,
                _ => ONE_KEY,
            };
            let mut head = old.head[j].clone();
            for y in Label::BOTH {
                let p = y.index();
                let mut key = keys[p].clone();
                if positive[p] {
                    let signed = &kappa * integer(y.sign());
                    head += &signed * &key;
                    key += signed * &old.head[j];
                }
                look.compare(clause, place(p), &key, &new.weights[(j, p)]);
            }
            look.compare(clause, Place::expected(t).filter(j), &head, &new.head[j]);
        }
        if look.failed() {
            return;
        }
    }
}
