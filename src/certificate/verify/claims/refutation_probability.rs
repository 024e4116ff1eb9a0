//! `refutation-probability`: these thresholds would give an event a probability of at least `bound`, by the formula of T4
//! (with a ratio) or of T5 (without one), read with r = `key_patches` and m the most patches of an image; and the
//! probability of the event is `probability`, which is less. The theorem is not refuted: an assumption of it fails here, and
//! which one is no part of the claim.
//!
//! Both numbers are recomputed: the first from the formula (`T4_probability` and `T5_probability` of Statements.v say it),
//! where walks are followed in fixed point and rounded down, so that the formula gives at least that; the second, exactly,
//! from the states of SGD with their norms and accuracies. No proof is leaned on.

use super::hypotheses::{most_patches, of_some_image};
use super::norm_dominance::is_attained;
use super::probability::formula;
use super::*;
use crate::certificate::verify::chain::{Looks, probability};

pub fn check(model: &Model, claim: &RefutationProbability) -> Checked<Confirmed> {
    let says = &claim.thresholds;
    let facts = [
        of_some_image(model, claim.key_patches.0)?,
        most_patches(model),
    ];
    let bound = &says.bound.0;
    agree(Quantity::Probability, bound, &formula(model, &facts, says)?)?;
    let (from, t) = (says.from.0, says.t.0);
    let is = probability(
        model,
        from,
        t,
        Looks::default(),
        &mut |_, state, _| match &says.ratio {
            Some(ratio) => is_attained(model, state, &ratio.0),
            None => Ok(model.accuracy(state)?.is_one()),
        },
    )?;
    agree(Quantity::Event, &claim.probability.0, &is)?;
    need(is < *bound, Rule::Fails)?;
    let event = match &says.ratio {
        Some(ratio) if from == t => format!("T4 says P(ratio of norms >= {} at step {t})", ratio.0),
        Some(ratio) => format!(
            "T4 says P(ratio of norms >= {} at every step of [{from}, {t}])",
            ratio.0
        ),
        None => format!("T5 says P(accuracy = 1 at step {t})"),
    };
    Ok(Confirmed {
        claimed: format!("{event} >= {bound}"),
        recomputed: is.to_string(),
    })
}
