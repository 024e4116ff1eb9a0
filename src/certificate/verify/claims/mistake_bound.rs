//! `mistake-bound`: the hypotheses of T6 hold, and M is the largest integer with
//! `(eta r c M)^2 <= |J| (|W(0)|^2 + M (2 eta + eta^2 n m^2))`, J the winners and c the lesser of the numbers of
//! winners of the two labels.
//!
//! M is recomputed by an integer square root. That no path of samples has more than M updates is
//! `T6_mistake_bound`.

use super::hypotheses::{key_patches, most_patches};
use super::*;
use num_integer::Integer;

pub const RESTS_ON: &str = "T6_mistake_bound";

pub fn check(model: &Model, claimed: &Q) -> Checked<Confirmed> {
    let [r, _] = &key_patches(model, Loss::Hinge)?;
    agree(Quantity::MaxUpdates, claimed, &largest(model, r)?)
}

/// M, whether the hypotheses hold or not; with winners of both labels.
pub fn largest(model: &Model, r: &Q) -> Checked<Q> {
    let m = &most_patches(model);
    let eta = &model.problem.step.0;
    let [plus, minus] = model.winners().map(|w| w.len());
    let rate = squared(&(eta * r * int(plus.min(minus))));
    let mut start = Q::zero();
    for z in model.start.weights.iter().flatten() {
        model.work.add(&mut start, z, z)?;
    }
    let gain = eta * int(2) + squared(eta) * int(model.start.head.len()) * squared(m);
    let winners = int(plus + minus);
    largest_integer(model, [&rate, &(&winners * gain), &(&winners * start)])
}

/// The largest integer M with `a M^2 <= b M + c`, for a > 0 and c >= 0.
pub fn largest_integer(model: &Model, [a, b, c]: [&Q; 3]) -> Checked<Q> {
    let (sides, _) = model.work.common(&[a, b, c])?;
    // In integers: 2 a M - b is at most the root of b^2 + 4 a c.
    let [a, b, c] = [0, 1, 2].map(|i| &sides[i]);
    model.work.charge(64, size(a) + size(b) + size(c))?;
    let root = (b * b + BigInt::from(4) * a * c).sqrt();
    Ok(int((b + root).div_floor(&(a * 2))))
}
