//! `probability`: with t independent samples an event has a probability of at least `bound`.
//!
//! The claim brings thresholds: `b_y` for the number `B_y` of images of label y among the first `from`, and
//! `lambda_k` for the walk `S_k(s)` of background k, the sum of `y N_k` over the first s samples. What is
//! recomputed is that they imply the event on every path on which `B_y >= b_y` for both y and
//! `|S_k(s)| <= lambda_k` for all k and s <= t, and that
//! `bound <= 1 - sum_y P(B_y < b_y) - sum_k P(max_s |S_k(s)| > lambda_k)`, where the last sum is followed in
//! fixed point and rounded up.
//!
//! The event is, with a ratio, norm dominance at every step from `from` to t, by `T4_probability`;
//! without one, accuracy 1 at step t = `from`, by `T5_probability`. Both need the same hypotheses.

use super::hypotheses::key_patches;
use super::tails::{Known, fewer, stays};
use super::*;

pub const DOMINANCE_RESTS_ON: &str = "T4_probability";
pub const ACCURACY_RESTS_ON: &str = "T5_probability";

pub fn check(model: &Model, claim: &Probability) -> Checked<Confirmed> {
    let facts = key_patches(model, Loss::Unhinged)?;
    let found = formula(model, &facts, claim)?;
    agree(Quantity::Probability, &claim.bound.0, &found)
}

/// What the thresholds give with these r and m, whether the hypotheses hold or not; fails where they do not imply the event
/// by the conditions below.
pub fn formula(model: &Model, facts: &[Q; 2], claim: &Probability) -> Checked<Q> {
    let ratio = claim.ratio.as_ref().map(|r| &r.0);
    let (from, t) = (claim.from.0, claim.t.0);
    need(from == t || ratio.is_some() && from < t, Rule::Steps)?;
    need(claim.walks.len() + 2 == model.gram.len(), Rule::Walks)?;
    need(ratio.is_none_or(|r| !r.is_negative()), Rule::Ratio)?;
    let eta = &model.problem.step.0;
    let counts = claim.label_counts.map(|b| b.0);
    let grown = counts.map(|b| eta * &facts[0] * int(b));
    let wide = |w: &Natural| eta * int(w.0);
    let wide: Vec<Q> = claim.walks.iter().map(wide).collect();
    let implied = match ratio {
        Some(ratio) => imply_dominance(model, &facts[0], ratio, &grown, &wide),
        None => imply_accuracy(model, facts, &grown, &wide),
    };
    need(implied, Rule::Thresholds)?;
    let mut found = Q::one();
    for (y, &count) in counts.iter().enumerate() {
        let of = model.atoms.iter().filter(|a| a.label == y);
        let prior = Q::new(of.map(|a| &a.mass).sum(), model.whole.clone());
        found -= fewer(&model.work, from, &prior, count)?;
    }
    let mut known = Known::new();
    for (k, walk) in claim.walks.iter().enumerate() {
        found -= Q::one() - stays(model, k + 2, t, walk.0, &mut known)?;
    }
    Ok(found)
}

/// T4: for every winner j of label y and loser i whose own label is o and the other o',
/// `(Z_jy + eta r b_y)^2 >= R^2 (Z_io^2 + max(Z_io'^2, (eta r)^2) + sum_k (|Z_ik| + eta lambda_k)^2)`.
fn imply_dominance(model: &Model, r: &Q, ratio: &Q, grown: &[Q; 2], wide: &[Q]) -> bool {
    let State { weights, head } = &model.start;
    let winners = model.winners();
    let keys = (0..2).flat_map(|y| winners[y].iter().map(move |&j| (j, y)));
    let least = keys.map(|(j, y)| squared(&(&weights[j][y] + &grown[y])));
    let bounds = model.losers().into_iter().map(|i| {
        let own = usize::from(head[i].is_negative());
        let step = &model.problem.step.0 * r;
        let other = squared(&weights[i][1 - own]).max(squared(&step));
        let rest = wide.iter().zip(&weights[i][2..]);
        let rest: Q = rest.map(|(w, z)| squared(&(z.abs() + w))).sum();
        squared(&weights[i][own]) + other + rest
    });
    let largest = bounds.fold(Q::zero(), Q::max);
    let bound = squared(ratio) * largest;
    least.min().is_some_and(|least| least >= bound)
}

/// T5: for both labels y, and for every background k as well as for 0 in place of the left side,
/// `(m - r) sum_j (Z_jk + eta lambda_k) < r (sum_w (Z_wy + eta r b_y) - sum_j max(Z_jy - eta r b_y, 0))`, w over
/// the winners of y, and j over the filters of the other sign whose coordinate on that pattern is positive.
fn imply_accuracy(model: &Model, [r, m]: &[Q; 2], grown: &[Q; 2], wide: &[Q]) -> bool {
    let State { weights, head } = &model.start;
    let winners = model.winners();
    (0..2).all(|y| {
        let against = |p: usize| {
            let other = move |j: &usize| (&head[*j] * sign(y)).is_negative();
            let values = (0..head.len()).filter(other).map(move |j| &weights[j][p]);
            values.filter(|z| z.is_positive())
        };
        let win: Q = winners[y].iter().map(|&j| &weights[j][y] + &grown[y]).sum();
        let lose: Q = against(y).map(|z| positive(z - &grown[y])).sum();
        let rest = (2..).zip(wide);
        let rest = rest.map(|(k, w)| against(k).map(|z| z + w).sum::<Q>());
        r * (win - lose) > (m - r) * rest.fold(Q::zero(), Q::max)
    })
}
