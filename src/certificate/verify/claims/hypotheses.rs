//! The hypotheses that T4, T5 and T6 share: `fixed_head_network`, `signed_head`, `unique_keys` and `both_win`
//! of `proofs/theories/model.v`, for an orthonormal dictionary and one sample a step.

use super::*;

/// r, the key patches of every image, and m, the most patches of one; fails where a hypothesis does.
pub fn key_patches(model: &Model, loss: Loss) -> Checked<[Q; 2]> {
    let problem = model.problem;
    let relu = problem.slope.is_none() && problem.train == Train::Filters;
    let network = problem.loss == loss && problem.batch.0 == 1 && relu;
    need(network, Rule::A0)?;
    let mut rows = model.gram.iter().enumerate();
    let is_unit = |p, q, x: &Q| *x == int(u8::from(p == q));
    let unit = rows.all(|(p, row)| (0..).zip(row).all(|(q, x)| is_unit(p, q, x)));
    need(unit, Rule::A1)?;
    let signs = model.start.head.iter().all(|a| a.abs().is_one());
    need(signs, Rule::A5f)?;
    need(model.winners().iter().all(|w| !w.is_empty()), Rule::A6)?;
    let r = model.atoms[0].counts[model.atoms[0].label];
    let keys = |a: &Atom| a.counts[a.label] == r && a.counts[1 - a.label] == 0;
    need(r >= 1 && model.atoms.iter().all(keys), Rule::A2)?;
    Ok([int(r), most_patches(model)])
}

/// The model of T12.
pub fn fixed_heads(model: &Model) -> Checked<()> {
    let problem = model.problem;
    let plain = problem.loss == Loss::Unhinged && problem.slope.is_none();
    let fixed = problem.train == Train::Filters && problem.batch.0 == 1;
    let loud = model.start.head.iter().all(|a| !a.is_zero());
    need(plain && fixed && loud, Rule::A0Heads)
}

/// m, the most patches of an image.
pub fn most_patches(model: &Model) -> Q {
    let patches = |a: &Atom| a.counts.iter().map(|&c| u128::from(c)).sum::<u128>();
    int(model.atoms.iter().map(patches).max().unwrap_or_default())
}

/// r, if some image has so many key patches of its own label: what a conclusion is read with where images differ.
pub fn of_some_image(model: &Model, r: u64) -> Checked<Q> {
    let has = |a: &Atom| a.counts[a.label] == r;
    need(r >= 1 && model.atoms.iter().any(has), Rule::KeyPatches)?;
    Ok(int(r))
}
