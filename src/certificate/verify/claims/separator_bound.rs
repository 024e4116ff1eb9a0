//! `separator-bound`: the hypotheses of T14 hold with w*, and M is the largest integer that its inequality admits for
//! samples with an open gate.
//!
//! The hypotheses: hinge or perceptron, a fixed head that is not 0 altogether, a slope s in (0, 1], and
//! `sum_p N_p min(y <w*, p>, s y <w*, p>) >= 1` on every image. With batches of B samples, `theta = 2` for the hinge and 0
//! for the perceptron, `A = sum_j a_j^2`, `F = sum_j a_j <w_j(0), w*>`, W the filters with `a_j` other than 0 at step 0 and
//! `rho^2` the largest `sum_pq N_p N_q (max(G_pq, 0) - s max(-G_pq, 0))` of an image, M samples are admitted if
//! `F + eta A M / B <= 0` or `(F + eta A M / B)^2 <= A |w*|^2 (|W|^2 + (M / B) (theta eta + eta^2 A rho^2))`.
//!
//! All of these are recomputed, from the coefficients of `w* = sum_p c_p p`: `<w*, p> = (G c)_p`, `|w*|^2 = c G c` and
//! `<w_j, w*> = sum_p c_p Z_jp`. The difference of the sides of the second case is convex in M, and at most 0 both at 0 (by
//! Cauchy and Schwarz) and where the first case ends: so what is admitted runs from 0 to its larger root. That no path of
//! samples has more than M with an open gate is T14.

use super::mistake_bound::largest_integer;
use super::*;

/// Of the filters whose head is not 0; the others say nothing and never move.
pub const RESTS_ON: &str = "T14_batches";

pub fn check(model: &Model, separator: &[Number], claimed: &Q) -> Checked<Confirmed> {
    let State { weights, head } = &model.start;
    let (problem, width) = (model.problem, model.gram.len());
    let moves = head.iter().any(|a| !a.is_zero()) && problem.train == Train::Filters;
    let Some(theta) = margin_factor(problem.loss).filter(|_| moves && problem.slope.is_some())
    else {
        return unmet(Rule::A0Separator);
    };
    need(separator.len() == width, Rule::Shape)?;
    let dot = |row: &[Q]| model.work.dot(row, separator.iter().map(|x| &x.0));
    let products: Vec<Q> = model.gram.iter().map(|g| dot(g)).collect::<Checked<_>>()?;
    need(separates(model, &products)?, Rule::Separates)?;
    let length = dot(&products)?;
    let squares = model.work.dot(head, head)?;
    let outputs: Vec<Q> = weights.iter().map(|row| dot(row)).collect::<Checked<_>>()?;
    let product = model.work.dot(head, &outputs)?;
    let moving = model.norms.iter().zip(head).filter(|(_, a)| !a.is_zero());
    let start: Q = moving.map(|(norm, _)| norm).sum();
    let eta = &problem.step.0;
    let unit = int(problem.batch.0).recip();
    let growth = eta * &squares * &unit;
    let gain = unit * (eta * int(theta) + squared(eta) * &squares * largest_square(model)?);
    let scale = squares * length;
    let linear = &scale * gain - int(2) * &product * &growth;
    let constant = scale * start - squared(&product);
    let most = largest_integer(model, [&squared(&growth), &linear, &constant])?;
    agree(Quantity::MaxUpdates, claimed, &most)
}

/// Is `sum_p N_p min(y <w*, p>, s y <w*, p>) >= 1` on every image?
fn separates(model: &Model, products: &[Q]) -> Checked<bool> {
    let mut lower = [Vec::new(), Vec::new()];
    for (y, lower) in lower.iter_mut().enumerate() {
        for x in products {
            let signed = x * sign(y);
            model.work.charge(1, words(x) + words(&model.slope))?;
            lower.push((&signed * &model.slope).min(signed));
        }
    }
    for atom in &model.atoms {
        let mut sum = Q::zero();
        for (x, &count) in lower[atom.label].iter().zip(&atom.counts) {
            if count > 0 {
                model.work.add(&mut sum, x, &int(count))?;
            }
        }
        if sum < Q::one() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// theta: twice the margin below which a gate is open.
pub fn margin_factor(loss: Loss) -> Option<i32> {
    match loss {
        Loss::Hinge => Some(2),
        Loss::Perceptron => Some(0),
        Loss::Unhinged | Loss::SquaredHinge | Loss::Square => None,
    }
}

/// `rho^2`: the largest `sum_pq N_p N_q (max(G_pq, 0) - s max(-G_pq, 0))` of an image; s = 0 for relu.
pub fn largest_square(model: &Model) -> Checked<Q> {
    let (sums, whole) = squares(model, 0)?;
    Ok(Q::new(sums.into_iter().max().unwrap_or_default(), whole))
}

/// That sum of every image, over the patterns from `first` on, in units of one part of a whole; and that whole.
pub fn squares(model: &Model, first: usize) -> Checked<(Vec<BigInt>, BigInt)> {
    let width = model.gram.len();
    let mut damped = Vec::new();
    for g in model.gram.iter().flatten() {
        model.work.charge(1, words(g) + words(&model.slope))?;
        let below = g.is_negative();
        damped.push(if below { g * &model.slope } else { g.clone() });
    }
    let (form, whole) = model.work.common(&damped.iter().collect::<Vec<_>>())?;
    // Where form is not 0, row by row.
    let near = form.chunks(width).map(|row| {
        let terms = row.iter().enumerate().skip(first);
        terms.filter(|(_, term)| !term.is_zero()).collect()
    });
    let near: Vec<Vec<(usize, &BigInt)>> = near.collect();
    let mut sums = Vec::new();
    for atom in &model.atoms {
        let mut sum = BigInt::zero();
        let present = atom.counts.iter().zip(&near).skip(first);
        for (&n, near) in present.filter(|(n, _)| **n > 0) {
            for (q, term) in near.iter().filter(|(q, _)| atom.counts[*q] > 0) {
                model.work.charge(1, size(term) + 2)?;
                sum += *term * n * atom.counts[*q];
            }
        }
        sums.push(sum);
    }
    Ok((sums, whole))
}
