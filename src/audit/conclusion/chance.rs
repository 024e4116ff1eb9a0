//! Conclusions on probabilities and means under SGD: T4, T5, T12.

use super::tree::{Node, Tree};
use super::{Look, key_patches};
use crate::number::{Q, integer};
use crate::problem::{Label, Problem};
use crate::theory::violation::{Clause, Course, Detail, Place, Relation};
use num_traits::{One, Signed, Zero};
use std::collections::BTreeSet;

const RATIO: Clause = Clause::new(
    "P(every winner at least R times every loser)",
    Relation::AtLeast,
);
const PERFECT: Clause = Clause::new("P(accuracy = 1)", Relation::AtLeast);
const ALONG: Clause = Clause::new("(c) the own key coordinate", Relation::Equal);
const MEAN: Clause = Clause::new("(a) the mean of |w_perp|^2", Relation::AtMost);

/// The ratios that are tried.
const RATIOS: [i64; 8] = [1, 2, 3, 5, 10, 20, 50, 100];

/// Values of one threshold that are tried, at most.
const MOST_VALUES: usize = 3;

/// Thresholds for the samples of each label and the walk of each background.
struct Thresholds {
    counts: [u64; 2],
    walks: Vec<u64>,
}

impl Thresholds {
    /// Thresholds that are met with a positive probability after these steps: least counts, and farthest points of the
    /// walks, the largest first.
    fn all(layer: &[Node]) -> Vec<Thresholds> {
        let seen = |value: &dyn Fn(&Node) -> u64| -> Vec<u64> {
            layer
                .iter()
                .map(value)
                .collect::<BTreeSet<u64>>()
                .into_iter()
                .collect()
        };
        let counts = [0, 1].map(|y| {
            let mut counts = seen(&|node| node.counts[y]);
            counts.truncate(MOST_VALUES);
            counts
        });
        let backgrounds = layer.first().map_or(0, |node| node.walk.len());
        let mut walks = vec![Vec::new()];
        for k in 0..backgrounds {
            let mut values = seen(&|node| node.farthest[k]);
            values.reverse();
            values.truncate(MOST_VALUES);
            let longer = walks.iter().flat_map(|walk: &Vec<u64>| {
                values.iter().map(move |&value| {
                    let mut walk = walk.clone();
                    walk.push(value);
                    walk
                })
            });
            walks = longer.collect();
        }
        let mut all = Vec::new();
        for &plus in &counts[0] {
            for &minus in &counts[1] {
                all.extend(walks.iter().map(|walks| Thresholds {
                    counts: [plus, minus],
                    walks: walks.clone(),
                }));
            }
        }
        all
    }

    /// `1 - sum_y P(B_y < b_y) - sum_k P(S*_k > lambda_k)`.
    fn bound(&self, layer: &[Node]) -> Q {
        let mut bound = Q::one();
        for node in layer {
            let few = node.counts.iter().zip(&self.counts).filter(|(n, b)| n < b);
            let far = node.farthest.iter().zip(&self.walks).filter(|(s, l)| s > l);
            bound -= &node.chance * integer(few.count() + far.count());
        }
        bound
    }

    fn detail(&self, place: &mut Vec<(&'static str, Detail)>) {
        place.push(("b", self.counts[..].into()));
        place.push(("lambda", self.walks[..].into()));
    }
}

fn square(x: &Q) -> Q {
    x * x
}

/// T4 at each step t = t0.
pub fn sgd_norm_dominance(problem: &Problem, look: &mut Look) {
    let rate = &problem.training().step * key_patches(problem);
    let camps = problem.camps();
    if rate.is_zero() || camps.losers().next().is_none() || camps.winners().next().is_none() {
        return;
    }
    let network = problem.network();
    let eta = &problem.training().step;
    let tree = Tree::new(problem);
    for (t, layer) in tree.layers.iter().enumerate().skip(1) {
        let norms: Vec<Vec<Q>> = layer
            .iter()
            .map(|n| n.state.norms_squared(problem))
            .collect();
        for thresholds in Thresholds::all(layer) {
            let winner = camps.winners().map(|(j, y)| {
                let grown = &rate * integer(thresholds.counts[y.index()]);
                square(&(&network.weights[(j, y.index())] + grown))
            });
            let loser = camps.losers().map(|i| {
                let row = network.weights.row(i);
                let y = Label::voted_by(&network.head[i]);
                let wrong = square(&row[y.opposite().index()]).max(square(&rate));
                let walks = row[2..].iter().zip(&thresholds.walks);
                let rest: Q = walks
                    .map(|(z, &l)| square(&(z.abs() + eta * integer(l))))
                    .sum();
                square(&row[y.index()]) + wrong + rest
            });
            let (Some(least), Some(largest)) = (winner.min(), loser.max()) else {
                return;
            };
            let implied = |r: &&i64| least >= square(&integer(**r)) * &largest;
            let Some(&ratio) = RATIOS.iter().rev().find(implied) else {
                continue;
            };
            let bound = thresholds.bound(layer);
            if !bound.is_positive() {
                continue;
            }
            let mut chance = Q::zero();
            for (node, norms) in layer.iter().zip(&norms) {
                let (winner, loser) = camps.extremes(norms);
                if let (Some(winner), Some(loser)) = (winner, loser)
                    && *winner >= square(&integer(ratio)) * loser
                {
                    chance += &node.chance;
                }
            }
            let place = Place::of(Course::Law);
            look.compare(RATIO, place.at(t as u64), &bound, &chance);
            if let Some(violation) = &mut look.violation {
                violation.details.push(("R", integer(ratio).into()));
                thresholds.detail(&mut violation.details);
                return;
            }
        }
    }
}

/// T5 at each step.
pub fn perfect_accuracy(problem: &Problem, look: &mut Look) {
    let r = key_patches(problem);
    if r.is_zero() {
        return;
    }
    let network = problem.network();
    let eta = &problem.training().step;
    let m = integer(problem.distribution().max_patches());
    let against = |y: Label, p: usize| {
        let other = move |j: &usize| (&network.head[*j] * integer(y.sign())).is_negative();
        let values = (0..problem.n_filters()).filter(other);
        let values = values.map(move |j| &network.weights[(j, p)]);
        values.filter(|z| z.is_positive())
    };
    let tree = Tree::new(problem);
    for (t, layer) in tree.layers.iter().enumerate().skip(1) {
        let mut chance = None;
        for thresholds in Thresholds::all(layer) {
            let implied = |y: Label| {
                let grown = eta * &r * integer(thresholds.counts[y.index()]);
                let win = problem.winners(y).into_iter();
                let win: Q = win.map(|j| &network.weights[(j, y.index())] + &grown).sum();
                let lose = against(y, y.index()).map(|z| (z - &grown).max(Q::zero()));
                let lose: Q = lose.sum();
                let rest = thresholds.walks.iter().enumerate().map(|(k, &l)| {
                    let wide = eta * integer(l);
                    against(y, k + 2).map(|z| z + &wide).sum::<Q>()
                });
                let rest = rest.max().unwrap_or_default();
                &r * (win - lose) > (&m - &r) * rest
            };
            if !Label::BOTH.into_iter().all(implied) {
                continue;
            }
            let bound = thresholds.bound(layer);
            if !bound.is_positive() {
                continue;
            }
            let chance: &Q = chance.get_or_insert_with(|| {
                let right = layer.iter().filter(|node| tree.is_perfect(&node.state));
                right.map(|node| &node.chance).sum()
            });
            let place = Place::of(Course::Law);
            look.compare(PERFECT, place.at(t as u64), &bound, chance);
            if let Some(violation) = &mut look.violation {
                thresholds.detail(&mut violation.details);
                return;
            }
        }
    }
}

/// `sum_pq N_p N_q max(G_pq, 0)` over these patterns.
pub(super) fn products(problem: &Problem, counts: &[u32], counted: impl Fn(usize) -> bool) -> Q {
    let mut sum = Q::zero();
    let patterns = || (0..counts.len()).filter(|&p| counts[p] > 0 && counted(p));
    for p in patterns() {
        for q in patterns() {
            let product = problem.dictionary().gram_entry(p, q);
            if product.is_positive() {
                sum += product * integer(counts[p]) * integer(counts[q]);
            }
        }
    }
    sum
}

/// T12 (a) and (c): what is along the own key counts samples, and the mean square of what is across stays below M_t, of
/// the filters of which H holds.
pub fn along_and_across(problem: &Problem, look: &mut Look) {
    across(problem, look, false);
}

/// The same of all filters.
pub fn all_along_and_across(problem: &Problem, look: &mut Look) {
    across(problem, look, true);
}

fn across(problem: &Problem, look: &mut Look, all: bool) {
    let Some(keys) = problem.distribution().own_key_counts() else {
        return;
    };
    let network = problem.network();
    let eta = &problem.training().step;
    let tree = Tree::new(problem);
    let dictionary = problem.dictionary();
    let heads = network
        .head
        .iter()
        .enumerate()
        .filter(|(_, a)| !a.is_zero());
    let drifts = problem.distribution().signed_mean_counts();
    let mut filters = Vec::new();
    for (j, a) in heads {
        let y = Label::voted_by(a);
        let length = dictionary.gram_entry(y.index(), y.index());
        if !length.is_positive() {
            return;
        }
        let mut others = drifts.iter().enumerate().filter(|(p, _)| *p != y.index());
        if !all && others.any(|(_, drift)| (a * drift).is_positive()) {
            continue;
        }
        let moment = tree
            .atoms
            .iter()
            .map(|atom| products(problem, &atom.counts, |p| p != y.index()) * &atom.probability);
        let growth = eta * eta * a * a * moment.sum::<Q>();
        filters.push((
            j,
            y,
            eta * a.abs() * integer(keys[y.index()]),
            growth,
            length,
        ));
    }
    for (t, layer) in tree.layers.iter().enumerate() {
        let mut means = vec![Q::zero(); filters.len()];
        for (i, node) in layer.iter().enumerate() {
            let norms = node.state.norms_squared(problem);
            for ((j, y, pace, _, length), mean) in filters.iter().zip(&mut means) {
                let (j, p) = (*j, y.index());
                let start = &network.weights[(j, p)];
                let won = integer(node.counts[p]);
                let claimed = match start.is_positive() {
                    true => start + pace * won,
                    false => start.clone(),
                };
                let key = &node.state.weights[(j, p)];
                let place = tree.place(t, i).filter(j).coordinate(p);
                look.compare(ALONG, place, &claimed, key);
                *mean += &node.chance * (&norms[j] - key * key / length);
            }
            if look.failed() {
                return;
            }
        }
        let starts: Vec<Q> = match t {
            0 => means.clone(),
            _ => filters
                .iter()
                .map(|(j, y, .., length)| {
                    let row = network.weights.row(*j);
                    dictionary.norm_squared(row) - square(&row[y.index()]) / length
                })
                .collect(),
        };
        for (((j, _, _, growth, _), mean), start) in filters.iter().zip(&means).zip(&starts) {
            let place = Place::of(Course::Law);
            let claimed = start + growth * integer(t);
            look.compare(MEAN, place.at(t as u64).filter(*j), &claimed, mean);
        }
        if look.failed() {
            return;
        }
    }
}
