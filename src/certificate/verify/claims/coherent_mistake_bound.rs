//! `coherent-mistake-bound`: the assumptions of T6c hold, and M is the largest integer that its inequality admits for samples
//! with an open gate.
//!
//! The assumptions: hinge or perceptron, relu, a fixed head without zeros; keys that are not 0, with `<v_+, v_->` at most
//! 0, and orthogonal to every background; images of label y with `v_y` at least r >= 1 times and never with the other key; a
//! winner of each label. With batches of B samples, `theta = 2` for the hinge and 0 for the perceptron, `J_y` the winners of
//! y, `A = sum_j a_j^2`, `A_y = |v_y|^2 sum_{J_y} a_j^2`, `H = A_+ A_- / (A_+ + A_-)`,
//! `S = sum_y sum_{J_y} Z_{j,v_y}(0)^2 / |v_y|^2` and `rho^2` the largest `sum_pq N_p N_q max(G_pq, 0)` of an image, M samples
//! are admitted if `H (eta r M / B)^2 <= |W(0)|^2 - S + (M / B) (theta eta + eta^2 A rho^2)`.
//!
//! All of these are recomputed; `|W(0)|^2 - S` is at least 0, since the part of a filter along a key is no longer than the
//! filter. That no path of samples has more than M with an open gate is T6c.

use super::mistake_bound::largest_integer;
use super::separator_bound::{largest_square, margin_factor};
use super::*;

/// By the loss.
pub const RESTS_ON: [&str; 2] = ["T6c_hinge", "T6c_perceptron"];

pub fn check(model: &Model, claimed: &Q) -> Checked<Confirmed> {
    let State { weights, head } = &model.start;
    let problem = model.problem;
    let loud = head.iter().all(|a| !a.is_zero()) && problem.train == Train::Filters;
    let Some(theta) = margin_factor(problem.loss).filter(|_| loud && problem.slope.is_none())
    else {
        return unmet(Rule::A0Keys);
    };
    let gram = &model.gram;
    let apart = |y: usize| gram[y][2..].iter().all(Q::is_zero) && gram[y][y].is_positive();
    need(
        apart(0) && apart(1) && !gram[0][1].is_positive(),
        Rule::A1kMinus,
    )?;
    let own = model.atoms.iter().map(|a| a.counts[a.label]).min();
    let other = model.atoms.iter().any(|a| a.counts[1 - a.label] > 0);
    let r = own.filter(|&r| r >= 1 && !other);
    let Some(r) = r else {
        return unmet(Rule::A2Own);
    };
    let winners = model.winners();
    need(winners.iter().all(|w| !w.is_empty()), Rule::A6)?;
    let mut of_label = [Q::zero(), Q::zero()];
    let squares = model.work.dot(head, head)?;
    let mut rest: Q = model.norms.iter().sum();
    for (y, won) in winners.iter().enumerate() {
        let length = &gram[y][y];
        for &j in won {
            model
                .work
                .add(&mut of_label[y], &squared(&head[j]), length)?;
            let along = squared(&weights[j][y]);
            model.work.add(&mut rest, &along, &-length.recip())?;
        }
    }
    let [plus, minus] = &of_label;
    let harmonic = plus * minus / (plus + minus);
    let (eta, unit) = (&problem.step.0, int(problem.batch.0).recip());
    let rate = squared(&(eta * int(r) * &unit));
    let gain = unit * (eta * int(theta) + squared(eta) * squares * largest_square(model)?);
    let most = largest_integer(model, [&(harmonic * rate), &gain, &rest])?;
    agree(Quantity::MaxUpdates, claimed, &most)
}
