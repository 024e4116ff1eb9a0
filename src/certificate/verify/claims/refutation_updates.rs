//! `refutation-updates` and `refutation-stuck`: the conclusion of T6 or of T6c fails on this problem. The theorem is not
//! refuted: an assumption of it fails here, and which one is no part of the claim.
//!
//! Of updates: along these samples there are more than M_max, the largest integer that the theorem's inequality admits, read
//! with r = `key_patches`; a label without a winner has none. Of being stuck: after these samples no image moves the state, so
//! that it is where it is for ever, and an image has an open gate: its margin is below 1 (perceptron: not above 0), where
//! the theorem says that every gate closes.
//!
//! M_max is recomputed from the inequality (`T6_mistake_bound`, `T6c_hinge` and `T6c_perceptron` of Statements.v say it), the
//! rest step by step; no proof is leaned on.

use super::hypotheses::of_some_image;
use super::separator_bound::margin_factor;
use super::*;

/// The loss that the theorem is about.
fn is_of(model: &Model, theorem: BoundedUpdates) -> Checked<()> {
    let loss = model.problem.loss;
    let read = match theorem {
        BoundedUpdates::T6 => loss == Loss::Hinge,
        BoundedUpdates::T6c => margin_factor(loss).is_some(),
    };
    if read { Ok(()) } else { beyond(Limit::Losses) }
}

pub fn of_many(model: &Model, claim: &RefutationUpdates) -> Checked<Confirmed> {
    is_of(model, claim.theorem)?;
    let r = of_some_image(model, claim.key_patches.0)?;
    let both = model.winners().iter().all(|w| !w.is_empty());
    need(both, Rule::A6)?;
    let end = model.path(&claim.samples)?;
    let (most, updates) = match claim.theorem {
        BoundedUpdates::T6 => (mistake_bound::largest(model, &r)?, int(end.updates)),
        BoundedUpdates::T6c => {
            // A gate of 1 counts 1 / B.
            let [plus, minus] = end.gates;
            let open = (plus + minus) * int(model.problem.batch.0);
            (coherent_mistake_bound::largest(model, &r)?, open)
        }
    };
    agree(Quantity::MaxUpdates, &claim.bound.0, &most)?;
    agree(Quantity::Updates, &int(claim.updates.0), &updates)?;
    need(updates > most, Rule::Fails)?;
    Ok(Confirmed {
        claimed: format!("{:?} says at most {most} updates", claim.theorem),
        recomputed: updates.to_string(),
    })
}

pub fn of_stuck(model: &Model, claim: &RefutationStuck) -> Checked<Confirmed> {
    is_of(model, claim.theorem)?;
    let atom = usize::try_from(claim.atom.0).ok();
    let Some(atom) = atom.and_then(|i| model.atoms.get(i)) else {
        return unmet(Rule::Atoms);
    };
    let state = model.path(&claim.samples)?.state;
    for other in &model.atoms {
        let next = model.step(&state, Some(&[other]))?.state;
        need(next == state, Rule::Still)?;
    }
    let view = model.view(&state)?;
    let margin = model.margin_of(&view, atom)?;
    agree(Quantity::Margin, &claim.margin.0, &margin)?;
    need(!model.gate(&view, atom)?.is_zero(), Rule::Open)?;
    let least = match model.problem.loss {
        Loss::Hinge => "at least 1",
        _ => "above 0",
    };
    Ok(Confirmed {
        claimed: format!(
            "{:?} says every margin is {least} where no image moves the state",
            claim.theorem
        ),
        recomputed: format!("{margin} of image {}", claim.atom.0),
    })
}
