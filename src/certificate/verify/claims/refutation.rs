//! `refutation`: the conclusion of a theorem, read with r = `key_patches`, fails on this problem: of one filter it
//! says `predicted`, and what is, is `value`. The theorem is not refuted: an assumption of it fails here, and which
//! one is no part of the claim.
//!
//! Both numbers are recomputed, the first from the conclusion (`T1_closed_form`, `T2_norm_dominance`, `T3_run`, `T3max_run`,
//! `T7_one_key`, `T8_balancedness`, `T12a_second_moment`, `T12c_own_key` and `T13_monotone` of Statements.v say it), the
//! second from the dynamics; no proof is leaned on.

use super::hypotheses::{fixed_heads, of_some_image};
use super::*;
use crate::certificate::verify::chain;

/// The filter j and the pattern p that the conclusion is about.
struct Subject<'m> {
    j: usize,
    p: usize,
    /// `Z_jp` at step 0; of the head `a_j`.
    z: &'m Q,
    head: &'m Q,
    /// The place of the label that has the sign of the head.
    own: usize,
    winner: bool,
    eta_r: Q,
}

impl<'m> Subject<'m> {
    fn of(model: &'m Model, claim: &Refutation, path: u64) -> Checked<Self> {
        let place = |x: u64| usize::try_from(x).unwrap_or(usize::MAX);
        let (j, p) = (place(claim.filter.0), place(claim.pattern.0));
        let State { weights, head } = &model.start;
        // Of T7 the place behind the patterns is the head.
        let places = model.gram.len() + usize::from(claim.theorem == Theorem::T7);
        need(j < head.len() && p < places, Rule::Coordinate)?;
        need(claim.samples.len() as u64 == path, Rule::PathLength)?;
        let unread = matches!(claim.theorem, Theorem::T3max | Theorem::T8 | Theorem::T13);
        let r = match unread {
            // T3max has 1 for r, the others do not speak of it.
            true => need(claim.key_patches.0 == 0, Rule::KeyPatches).map(|()| Q::one())?,
            false => of_some_image(model, claim.key_patches.0)?,
        };
        let own = usize::from(head[j].is_negative());
        // T3max asks more of a winner.
        let mut others = weights[j][2..].iter();
        let is_first = !model.max_pooling() || others.all(|z| *z <= weights[j][own]);
        Ok(Subject {
            j,
            p,
            z: weights[j].get(p).unwrap_or(&head[j]),
            head: &head[j],
            own,
            winner: model.winners()[own].contains(&j) && is_first,
            eta_r: &model.problem.step.0 * r,
        })
    }
}

fn refuted(claim: &Refutation, says: Q, is: Q, fails: bool) -> Checked<Confirmed> {
    agree(Quantity::Predicted, &claim.predicted.0, &says)?;
    agree(Quantity::Value, &claim.value.0, &is)?;
    need(fails, Rule::Fails)?;
    Ok(Confirmed {
        claimed: format!("{:?} says {says}", claim.theorem),
        recomputed: is.to_string(),
    })
}

/// T1: `Z_jp(t) = z + kappa min(t, ceil(z / -kappa))` with `kappa = eta a_j E[y N_p]` where z > 0 (without an end
/// where kappa >= 0), else z.
pub fn of_closed_form(model: &Model, state: &State, claim: &Refutation) -> Checked<Confirmed> {
    let Subject { j, p, z, head, .. } = Subject::of(model, claim, 0)?;
    let mut says = z.clone();
    if z.is_positive() {
        let (t, kappa) = (
            int(claim.t.0),
            &model.problem.step.0 * head * &model.drift[p],
        );
        let end = kappa.is_negative().then(|| (z / -&kappa).ceil());
        says += kappa * end.map_or(t.clone(), |end| end.min(t));
    }
    let is = state.weights[j][p].clone();
    let fails = says != is;
    refuted(claim, says, is, fails)
}

/// T2: `Z_jy(t) = z + (eta r / 2) t` for a winner j of label y, and for a loser (with p = 0)
/// `|w_j(t)|^2 <= |w_j(0)|^2 + (eta r / 2)^2`.
pub fn of_norm_dominance(model: &Model, state: &State, claim: &Refutation) -> Checked<Confirmed> {
    let about = Subject::of(model, claim, 0)?;
    let kappa = &about.eta_r / int(2);
    let (j, p) = (about.j, about.p);
    if about.winner && p == about.own {
        let says = about.z + kappa * int(claim.t.0);
        let is = state.weights[j][p].clone();
        let fails = says != is;
        return refuted(claim, says, is, fails);
    }
    if about.winner || p != 0 {
        return beyond(Limit::OtherCoordinate);
    }
    let rows = [&model.start, state].map(|s| s.weights[j].clone());
    let norms = model.norms_squared(&rows)?;
    let says = &norms[0] + squared(&kappa);
    let fails = norms[1] > says;
    refuted(claim, says, norms[1].clone(), fails)
}

/// T3 at the end of a path: (i) a coordinate that is not positive at step 0 is where it was; (ii) the key of a
/// winner of label y has grown by `eta r` times the sum of the average gates on images of label y; (iii) of a filter whose
/// head has the sign of y, the coordinate z > 0 on the other label's key is between `min(z, -eta r)` and z, where gates are
/// at most 1. What is said of a coordinate that is outside is the end that it has passed. T3max says the same with 1 for
/// r, and of another coordinate of a winner that is positive at step 0 that it is at most what it was.
pub fn of_pathwise(model: &Model, claim: &Refutation) -> Checked<Confirmed> {
    let about = Subject::of(model, claim, claim.t.0)?;
    let end = model.path(&claim.samples)?;
    let is = end.state.weights[about.j][about.p].clone();
    let gates = ![Loss::SquaredHinge, Loss::Square].contains(&model.problem.loss);
    let other = about.p == 1 - about.own && gates && !about.head.is_zero();
    let says = match (about.z.is_positive(), about.winner && about.p == about.own) {
        (false, _) => about.z.clone(),
        (true, true) => about.z + about.eta_r * &end.gates[about.own],
        (true, false) if about.winner && model.max_pooling() => is.clone().min(about.z.clone()),
        (true, false) if other => is.clone().clamp(-about.eta_r, about.z.clone()),
        (true, false) => return beyond(Limit::OtherCoordinate),
    };
    let fails = says != is;
    refuted(claim, says, is, fails)
}

/// T7, kappa = `eta r / 2`: a background coordinate is where it was, and so are keys and head of a filter without a
/// positive key, and the other key of one with a single positive key. That key, alpha of label y, and the head `b = y a_j`
/// go on by `(b + alpha)' = (1 + kappa) (b + alpha)` and `(b - alpha)' = (1 - kappa) (b - alpha)` while alpha > 0, and then
/// stay.
pub fn of_trained_head(model: &Model, state: &State, claim: &Refutation) -> Checked<Confirmed> {
    let Subject { j, p, z, eta_r, .. } = Subject::of(model, claim, 0)?;
    let keys = &model.start.weights[j][..2];
    let alive: Vec<usize> = (0..2).filter(|&y| keys[y].is_positive()).collect();
    let width = model.gram.len();
    let stays = (2..width).contains(&p) || alive.is_empty() || alive == [1 - p.min(1)] && p < 2;
    let says = match alive[..] {
        _ if stays => z.clone(),
        [y] => {
            let kappa = eta_r / int(2);
            let sign = int(sign(y));
            let (mut b, mut alpha) = (&sign * &model.start.head[j], keys[y].clone());
            for _ in 0..claim.t.0 {
                if !alpha.is_positive() {
                    break;
                }
                let before = (b.clone(), alpha.clone());
                model.work.add(&mut b, &kappa, &before.1)?;
                model.work.add(&mut alpha, &kappa, &before.0)?;
            }
            if p == width { sign * b } else { alpha }
        }
        _ => return beyond(Limit::OtherCoordinate),
    };
    let is = state.weights[j].get(p).unwrap_or(&state.head[j]).clone();
    let fails = says != is;
    refuted(claim, says, is, fails)
}

/// T12 (a), with p = 0: the mean, over all paths of SGD with one sample a step, of the squared part of filter j that is
/// orthogonal to the key v of its head's label is at most what it is at step 0 plus `eta^2 a_j^2 V t`, V the mean of
/// `sum N_p N_q max(G_pq, 0)` over the patterns of an image other than v.
pub fn of_mean_square(model: &Model, claim: &Refutation) -> Checked<Confirmed> {
    let about = Subject::of(model, claim, 0)?;
    let Subject { j, own, head, .. } = about;
    if about.p != 0 || head.is_zero() {
        return beyond(Limit::OtherCoordinate);
    }
    let length = &model.gram[own][own];
    let across = |state: &State| -> Checked<Q> {
        let row = &state.weights[j];
        let mut square = model.norms_squared(std::slice::from_ref(row))?.remove(0);
        if !length.is_zero() {
            model
                .work
                .add(&mut square, &squared(&row[own]), &-length.recip())?;
        }
        Ok(square)
    };
    let mut rate = Q::zero();
    for atom in &model.atoms {
        let mut sum = Q::zero();
        let present = (0..model.gram.len()).filter(|&p| p != own && atom.counts[p] > 0);
        for p in present.clone() {
            for q in present.clone() {
                let pairs = BigInt::from(atom.counts[p]) * atom.counts[q];
                let near = positive(model.gram[p][q].clone());
                model.work.add(&mut sum, &int(pairs), &near)?;
            }
        }
        let share = Q::new(atom.mass.clone(), model.whole.clone());
        model.work.add(&mut rate, &share, &sum)?;
    }
    let push = squared(&(&model.problem.step.0 * head));
    let says = across(&model.start)? + push * int(claim.t.0) * rate;
    let is = chain::mean(model, claim.t.0, &across)?;
    let fails = is > says;
    refuted(claim, says, is, fails)
}

/// T12 (c) at the end of a path: the coordinate z of filter j on the key of its head's label y is `z + eta |a_j| r B` where z > 0,
/// B the number of samples of label y, and z where not. r is that of an image of label y, if B counts.
pub fn of_own_key(model: &Model, claim: &Refutation) -> Checked<Confirmed> {
    let about = Subject::of(model, claim, claim.t.0)?;
    fixed_heads(model)?;
    let Subject { j, own, z, .. } = about;
    if about.p != own {
        return beyond(Limit::OtherCoordinate);
    }
    let end = model.path(&claim.samples)?;
    let mut says = z.clone();
    // Every gate is 1.
    let samples = &end.gates[own];
    if z.is_positive() && !samples.is_zero() {
        let read = |a: &Atom| a.label == own && a.counts[own] == claim.key_patches.0;
        need(model.atoms.iter().any(read), Rule::KeyPatches)?;
        says += about.eta_r * about.head.abs() * samples;
    }
    let is = end.state.weights[j][own].clone();
    let fails = says != is;
    refuted(claim, says, is, fails)
}

/// The path but for its last step, and that step; of T8 and T13, with p = 0.
fn last_step<'c>(
    claim: &'c Refutation,
    about: &Subject,
) -> Checked<(&'c [Natural], &'c [Vec<Natural>])> {
    match claim.samples.split_last() {
        Some((last, before)) if about.p == 0 => Ok((last, before)),
        _ => beyond(Limit::OtherCoordinate),
    }
}

/// T8 in the last step of a path: `|w_j|^2 - a_j^2` changes by `eta^2 (a_j^2 |s|^2 - <w_j, s>^2)` with `s = sum_p S_jp v_p`.
pub fn of_balancedness(model: &Model, claim: &Refutation) -> Checked<Confirmed> {
    let about = Subject::of(model, claim, claim.t.0)?;
    let (last, before) = last_step(claim, &about)?;
    let (j, batch) = (about.j, model.batch(last)?);
    let old = model.path(before)?.state;
    let new = model.step(&old, Some(&batch))?.state;
    let pulls = &model.pulls(&old, Some(&batch))?.rows[j];
    let (mut square, mut along) = (Q::zero(), Q::zero());
    for (p, x) in pulls {
        model.work.add(&mut along, x, &old.weights[j][*p])?;
        for (q, y) in pulls {
            model.work.add(&mut square, &(x * y), &model.gram[*p][*q])?;
        }
    }
    let balance = |state: &State| -> Checked<Q> {
        let row = std::slice::from_ref(&state.weights[j]);
        Ok(model.norms_squared(row)?.remove(0) - squared(&state.head[j]))
    };
    let step = &model.problem.step.0;
    let says = squared(step) * (squared(&old.head[j]) * square - squared(&along));
    let is = balance(&new)? - balance(&old)?;
    let fails = says != is;
    refuted(claim, says, is, fails)
}

/// T13 in the last step of a path: `a_j alpha`, alpha the coordinate on the first key, is at least what it was before, for
/// gates of at least 0.
pub fn of_opposed_keys(model: &Model, claim: &Refutation) -> Checked<Confirmed> {
    let about = Subject::of(model, claim, claim.t.0)?;
    if model.problem.loss == Loss::Square {
        return beyond(Limit::Losses);
    }
    let (_, before) = last_step(claim, &about)?;
    let product = |path: &[Vec<Natural>]| -> Checked<Q> {
        let state = model.path(path)?.state;
        Ok(&state.head[about.j] * &state.weights[about.j][0])
    };
    let (says, is) = (product(before)?, product(&claim.samples)?);
    let fails = is < says;
    refuted(claim, says, is, fails)
}
