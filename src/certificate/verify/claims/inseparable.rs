//! `inseparable`: no vector w has `sum_p N_p min(y <w, p>, s y <w, p>) >= 1` on every image, s the slope of the activation.
//!
//! The claim brings weights `lambda_i >= 0` of images i, of sum 1, and factors `theta_ip` in [s, 1] with
//! `v = sum_i lambda_i y_i sum_p N_ip theta_ip p = 0`. For such a w each term is at most its value with theta, so the
//! mean of the conditions would give `1 <= sum_i lambda_i sum_p N_ip theta_ip y_i <w, p> = <w, v> = 0`. (By Farkas' lemma
//! there are such weights wherever there is no w; that is not needed here.)
//!
//! What is recomputed: the bounds of the numbers, their sum, and `|v|^2 = x G x` for `v = sum_p x_p p`, which is 0. No
//! theorem is needed.

use super::*;

pub fn check(model: &Model, parts: &[Part]) -> Checked<Confirmed> {
    let width = model.gram.len();
    let (mut total, mut sum) = (Q::zero(), vec![Q::zero(); width]);
    for part in parts {
        let atom = usize::try_from(part.atom.0).ok();
        let Some(atom) = atom.and_then(|i| model.atoms.get(i)) else {
            return unmet(Rule::Atoms);
        };
        need(part.factors.len() == width, Rule::Shape)?;
        let within = |theta: &Number| model.slope <= theta.0 && theta.0 <= Q::one();
        need(part.factors.iter().all(within), Rule::Factors)?;
        need(!part.weight.0.is_negative(), Rule::Mixture)?;
        model.work.add(&mut total, &part.weight.0, &Q::one())?;
        let weight = &part.weight.0 * sign(atom.label);
        for ((x, theta), &count) in sum.iter_mut().zip(&part.factors).zip(&atom.counts) {
            model.work.charge(1, words(&theta.0))?;
            model.work.add(x, &weight, &(&theta.0 * int(count)))?;
        }
    }
    need(total.is_one(), Rule::Mixture)?;
    let products = model.gram.iter().map(|row| model.work.dot(&sum, row));
    let products: Vec<Q> = products.collect::<Checked<_>>()?;
    let square = model.work.dot(&sum, &products)?;
    agree(Quantity::Remainder, &Q::zero(), &square)?;
    let sum = format!(
        "a sum of images with weights and factors ({} in all)",
        parts.len()
    );
    Ok(Confirmed {
        claimed: format!("{sum} is 0"),
        recomputed: format!("{sum} has squared length 0"),
    })
}
