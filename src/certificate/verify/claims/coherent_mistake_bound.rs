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
    let head = &model.start.head;
    let problem = model.problem;
    let loud = head.iter().all(|a| !a.is_zero()) && problem.train == Train::Filters;
    let read = margin_factor(problem.loss).is_some() && loud && problem.slope.is_none();
    need(read, Rule::A0Keys)?;
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
    let both = model.winners().iter().all(|w| !w.is_empty());
    need(both, Rule::A6)?;
    agree(Quantity::MaxUpdates, claimed, &largest(model, &int(r))?)
}

/// M, whether the assumptions hold or not; with winners of both labels, whose keys are not 0.
pub fn largest(model: &Model, r: &Q) -> Checked<Q> {
    let State { weights, head } = &model.start;
    let (problem, gram, winners) = (model.problem, &model.gram, model.winners());
    let Some(theta) = margin_factor(problem.loss) else {
        return unmet(Rule::A0Keys);
    };
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
    let rate = squared(&(eta * r * &unit));
    let gain = unit * (eta * int(theta) + squared(eta) * squares * largest_square(model)?);
    largest_integer(model, [&(harmonic * rate), &gain, &rest])
}
