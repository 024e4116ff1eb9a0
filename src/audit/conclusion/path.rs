//! Conclusions on every sample path: T3, T3max, T6, T6c, T8, T13.

use super::tree::{Node, Tree};
use super::{Look, key_patches};
use crate::number::{Q, integer};
use crate::problem::{Atom, Label, Loss, Pooling, Problem};
use crate::theory::violation::{Clause, Relation};
use num_traits::{One, Signed, Zero};

const FROZEN: Clause = Clause::new("(i) a coordinate that is not positive", Relation::Equal);
const WINNER_KEY: Clause = Clause::new("(ii) the key coordinate of a winner", Relation::Equal);
const WRONG_RISES: Clause = Clause::new("(iii) the wrong label's key", Relation::AtMost);
const WRONG_STOPS: Clause = Clause::new("(iii) the wrong label's key", Relation::AtLeast);
const OTHERS: Clause = Clause::new("another coordinate of a winner", Relation::AtMost);
const ARGMAX: Clause = Clause::new(
    "a winner's largest coordinate on an image",
    Relation::AtMost,
);
const UPDATES: Clause = Clause::new("the number of updates", Relation::AtMost);
const STUCK: Clause = Clause::new(
    "(c) the accuracy of a state that no sample moves",
    Relation::Equal,
);
const BALANCE: Clause = Clause::new("the change of |w|^2 - a^2", Relation::Equal);
const MONOTONE: Clause = Clause::new("a_j alpha", Relation::AtLeast);

/// A node with the one before it on its first path, and where they stand.
struct Step<'t> {
    t: usize,
    place: usize,
    old: &'t Node,
    new: &'t Node,
    /// The atom between them.
    atom: usize,
}

/// Every step of a tree, by where it leads, until a comparison fails.
fn steps(tree: &Tree, look: &mut Look, mut compare: impl FnMut(&Step<'_>, &mut Look)) {
    for (t, layers) in tree.layers.windows(2).enumerate() {
        for (place, new) in layers[1].iter().enumerate() {
            let Some((parent, atom)) = new.from else {
                continue;
            };
            let old = &layers[0][parent];
            let step = Step {
                t: t + 1,
                place,
                old,
                new,
                atom,
            };
            compare(&step, look);
            if look.failed() {
                return;
            }
        }
    }
}

/// (i), (ii) and (iii); under max pooling T3max, with 1 for r.
pub fn pathwise(problem: &Problem, look: &mut Look) {
    let max = problem.network().pooling == Pooling::Max;
    let r = match max {
        true => Q::one(),
        false => key_patches(problem),
    };
    if r.is_zero() {
        return;
    }
    let rate = &problem.training().step * r;
    let camps = problem.camps_for(problem.network().pooling);
    let network = problem.network();
    let tree = Tree::new(problem);
    let gate = match problem.training().loss {
        // No gate of it is larger than the first margin's distance from 1 allows: not read here.
        Loss::SquaredHinge | Loss::Square => return,
        _ => Q::one(),
    };
    steps(&tree, look, |step, look| {
        let Step {
            t, place, old, new, ..
        } = *step;
        for j in 0..problem.n_filters() {
            let place = |p: usize| tree.place(t, place).filter(j).coordinate(p);
            let (before, after) = (&old.state.weights, &new.state.weights);
            let label = Label::voted_by(&network.head[j]);
            let winner = camps.labels()[j];
            for p in 0..problem.n_patterns() {
                let (old, now) = (&before[(j, p)], &after[(j, p)]);
                if !old.is_positive() {
                    look.compare(FROZEN, place(p), old, now);
                } else if winner.is_some_and(|y| max && y.index() != p) {
                    look.compare(OTHERS, place(p), old, now);
                }
            }
            if let Some(y) = winner {
                let p = y.index();
                let claimed = &network.weights[(j, p)] + &rate * &new.gates[p];
                let found = &after[(j, p)];
                look.compare(WINNER_KEY, place(p), &claimed, found);
                let images = tree.atoms.iter().filter(|a| max && a.label == y);
                for image in images.filter(|a| a.counts[p] > 0) {
                    let most = tree.model.pooled(after.row(j), &image.counts);
                    look.compare(ARGMAX, place(p), found, &most);
                }
            }
            let p = label.opposite().index();
            let start = &network.weights[(j, p)];
            look.compare(WRONG_RISES, place(p), &before[(j, p)], &after[(j, p)]);
            let least = start.clone().min(-(&rate * &gate));
            look.compare(WRONG_STOPS, place(p), &least, &after[(j, p)]);
        }
    });
}

/// `a M^2 <= b M + c`: the largest M up to `most` that satisfies it, all smaller ones doing so too.
fn largest(most: u64, [a, b, c]: [&Q; 3]) -> u64 {
    let holds = |m: &u64| a * integer(*m) * integer(*m) <= b * integer(*m) + c;
    (0..=most).take_while(holds).last().unwrap_or(0)
}

/// No path has more updates than the inequality `a M^2 <= b M + c` allows.
fn updates(tree: &Tree, sides: [&Q; 3], look: &mut Look) {
    for (t, layer) in tree.layers.iter().enumerate() {
        for (i, node) in layer.iter().enumerate() {
            let most = largest(node.updates, sides);
            if node.updates > 0 {
                let [a, b, c] = sides;
                let grown = a * integer(node.updates) * integer(node.updates);
                look.near((b * integer(node.updates) + c - &grown) / (grown + Q::one()));
            }
            look.compare(
                UPDATES,
                tree.place(t, i),
                &integer(most),
                &integer(node.updates),
            );
            if look.failed() {
                return;
            }
        }
    }
}

/// (c): a state that no sample moves has accuracy 1.
fn settles(tree: &Tree, look: &mut Look) {
    for (t, layer) in tree.layers.iter().enumerate() {
        for (i, node) in layer.iter().enumerate() {
            let stays = |atom: &Atom| {
                let mut next = node.state.clone();
                let gradient = tree.gradient(&next, atom);
                tree.model.apply(&mut next, &gradient);
                next == node.state
            };
            if tree.atoms.iter().all(stays) {
                let right = tree.atoms.iter().filter(|a| {
                    let margin = tree.model.margin(&node.state, a.label, &a.counts);
                    margin.is_positive()
                });
                let accuracy: Q = right.map(|a| &a.probability).sum();
                look.compare(STUCK, tree.place(t, i), &Q::one(), &accuracy);
                if look.failed() {
                    return;
                }
            }
        }
    }
}

/// T6's inequality `(eta r c M)^2 <= |J| (|W(0)|^2 + M (2 eta + eta^2 n m^2))`, and (c).
pub fn mistake_bound(problem: &Problem, look: &mut Look) {
    let r = key_patches(problem);
    let eta = &problem.training().step;
    let tree = Tree::new(problem);
    let camps = Label::BOTH.map(|y| problem.winners(y).len());
    let winners = integer(camps[0] + camps[1]);
    let growth = eta * r * integer(camps[0].min(camps[1]));
    if growth.is_positive() {
        let m = integer(problem.distribution().max_patches());
        let n = integer(problem.n_filters());
        let start: Q = problem
            .network()
            .weights
            .entries()
            .iter()
            .map(|z| z * z)
            .sum();
        let gain = eta * integer(2) + eta * eta * n * &m * &m;
        updates(
            &tree,
            [&(&growth * &growth), &(&winners * gain), &(winners * start)],
            look,
        );
    }
    if !look.failed() {
        settles(&tree, look);
    }
}

/// T6c's inequality in mu alone, one sample a step, and (c).
pub fn coherent_mistake_bound(problem: &Problem, look: &mut Look) {
    let (network, training) = (problem.network(), problem.training());
    let dictionary = problem.dictionary();
    let eta = &training.step;
    let tree = Tree::new(problem);
    let own = tree.atoms.iter().map(|a| a.counts[a.label.index()]);
    let r = integer(own.min().unwrap_or(0));
    let camps = problem.camps();
    let length = |y: Label| dictionary.gram_entry(y.index(), y.index());
    let mut squares = [Q::zero(), Q::zero()];
    let mut along = Q::zero();
    for (j, y) in camps.winners() {
        let (a, z) = (&network.head[j], &network.weights[(j, y.index())]);
        if length(y).is_zero() {
            return;
        }
        squares[y.index()] += a * a * length(y);
        along += z * z / length(y);
    }
    let [plus, minus] = &squares;
    let theta = training.loss.threshold().map(|at| integer(2 * at));
    if let Some(theta) = theta.filter(|_| plus.is_positive() && minus.is_positive()) {
        let harmonic = plus * minus / (plus + minus);
        let rows = network.weights.iter_rows();
        let start: Q = rows.map(|row| dictionary.norm_squared(row)).sum();
        let heads: Q = network.head.iter().map(|a| a * a).sum();
        let rho = largest_product(problem, &tree);
        let gain = theta * eta + eta * eta * heads * rho;
        let pace = eta * r;
        updates(
            &tree,
            [&(harmonic * &pace * &pace), &gain, &(start - along)],
            look,
        );
    }
    if !look.failed() {
        settles(&tree, look);
    }
}

/// `max over atoms of sum_pq N_p N_q max(G_pq, 0)`.
fn largest_product(problem: &Problem, tree: &Tree) -> Q {
    let of = |counts: &[u32]| super::chance::products(problem, counts, |_| true);
    let found = tree.atoms.iter().map(|atom| of(&atom.counts));
    found.max().unwrap_or_default()
}

/// T8: the change of `|w|^2 - a^2` in a step (relu2 has another form and is not read).
pub fn balancedness(problem: &Problem, look: &mut Look) {
    let tree = Tree::new(problem);
    let dictionary = problem.dictionary();
    let eta = &problem.training().step;
    steps(&tree, look, |step, look| {
        let (old, new) = (&step.old.state, &step.new.state);
        let gradient = tree.gradient(old, &tree.atoms[step.atom]);
        let norms = [old, new].map(|state| state.norms_squared(problem));
        for (j, (before, after)) in norms[0].iter().zip(&norms[1]).enumerate() {
            let (s, z) = (gradient.filters.row(j), old.weights.row(j));
            let inner: Q = s.iter().zip(z).map(|(s, z)| s * z).sum();
            let pairs = (0..s.len()).flat_map(|p| (0..s.len()).map(move |q| (p, q)));
            let square: Q = pairs
                .map(|(p, q)| &s[p] * &s[q] * dictionary.gram_entry(p, q))
                .sum();
            let (a, b) = (&old.head[j], &new.head[j]);
            let claimed = eta * eta * (a * a * square - &inner * &inner);
            let found = (after - b * b) - (before - a * a);
            let place = tree.place(step.t, step.place).filter(j);
            look.compare(BALANCE, place, &claimed, &found);
        }
    });
}

/// T13: `a_j alpha` never decreases.
pub fn opposed_keys(problem: &Problem, look: &mut Look) {
    let tree = Tree::new(problem);
    let head = &problem.network().head;
    steps(&tree, look, |step, look| {
        for (j, a) in head.iter().enumerate() {
            let [old, new] = [step.old, step.new].map(|node| a * &node.state.weights[(j, 0)]);
            let place = tree.place(step.t, step.place).filter(j).coordinate(0);
            look.compare(MONOTONE, place, &old, &new);
        }
    });
}
