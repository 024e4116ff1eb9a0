//! `conjecture`: a claim in the user's own words is true at every step from 0 to t, of the expected dynamics, of every
//! path of SGD with one sample a step, or of paths of this probability. `conjecture-fails`: it is false at step t of
//! the expected dynamics, or at the end of a path.
//!
//! The words are read here once more, and what they say is compared exactly at every state; no theorem is needed.

use super::*;
use crate::certificate::verify::chain::{Looks, probability};
use crate::certificate::verify::conjecture::{COUNTS, Found, Moment, Sentence, check, read};

/// The claim as it is read, if it is one about this problem; `paths`: about paths?
fn sentence(model: &Model, said: &Said, t: u64, paths: bool) -> Checked<Sentence> {
    need(t <= said.steps.0, Rule::LastStep)?;
    let sentence = Sentence::read(&said.claim, said.when.as_deref())?;
    check(model, &sentence, paths)?;
    Ok(sentence)
}

/// The claim with its condition.
fn quoted(said: &Said) -> String {
    match &said.when {
        Some(when) => format!("{} (when {when})", said.claim),
        None => said.claim.clone(),
    }
}

pub fn holds(
    model: &Model,
    at: &mut dyn FnMut(u64) -> Checked<State>,
    claim: &Conjecture,
) -> Checked<Confirmed> {
    let (said, t, steps) = (&claim.says, claim.t.0, claim.says.steps.0);
    let sentence = sentence(model, said, t, claim.over != Over::Expected)?;
    let mut choices = 0u64;
    let mut look = |t: u64, state: &State, drawn: Option<[u64; 3]>| -> Checked<bool> {
        let moment = Moment {
            t,
            steps,
            state,
            drawn,
        };
        match read(model, &sentence, &moment)? {
            Found::True(asked) => {
                choices = choices.saturating_add(asked);
                Ok(true)
            }
            Found::False(_) => Ok(false),
            Found::Undefined => beyond(Limit::Undefined),
        }
    };
    if let Over::Expected = &claim.over {
        for s in 0..=t {
            if !look(s, &at(s)?, None)? {
                agree(Quantity::KeptSteps, &(int(t) + Q::one()), &int(s))?;
            }
        }
        return Ok(kept(said, "the expected dynamics", t, choices));
    }
    let looks = Looks {
        at_step: sentence.speaks_of(&["t"]),
        at_counts: sentence.speaks_of(&COUNTS),
    };
    let found = probability(model, 0, t, looks, &mut |t, state, counts| {
        look(t, state, Some(counts))
    })?;
    match &claim.over {
        Over::Probability {
            is,
            at_least,
            strict,
        } => {
            agree(Quantity::Kept, &is.0, &found)?;
            let enough = found > at_least.0 || !strict && found == at_least.0;
            let how = if *strict { "above" } else { "at least" };
            let verdict = if enough { "it is" } else { "it is not" };
            Ok(Confirmed {
                claimed: format!(
                    "true at every step to {t} with probability {found}, conjectured {how} {}, which {verdict}: {}",
                    at_least.0,
                    quoted(said)
                ),
                recomputed: found.to_string(),
            })
        }
        _ => {
            agree(Quantity::Kept, &Q::one(), &found)?;
            Ok(kept(said, "every path", t, choices))
        }
    }
}

fn kept(said: &Said, of: &str, t: u64, choices: u64) -> Confirmed {
    let vacuous = match choices {
        0 => ", for want of anything that it speaks of",
        _ => "",
    };
    Confirmed {
        claimed: format!(
            "true of {of} at every step to {t}{vacuous}: {}",
            quoted(said)
        ),
        recomputed: "true".to_owned(),
    }
}

pub fn fails(
    model: &Model,
    at: &mut dyn FnMut(u64) -> Checked<State>,
    claim: &ConjectureFails,
) -> Checked<Confirmed> {
    let (said, t) = (&claim.says, claim.t.0);
    let sentence = sentence(model, said, t, claim.samples.is_some())?;
    let (state, drawn) = match &claim.samples {
        None => (at(t)?, None),
        Some(samples) => {
            need(samples.len() as u64 == t, Rule::PathLength)?;
            let end = model.path(samples)?;
            let mut drawn = [0, 0, end.updates];
            for batch in samples {
                for atom in model.batch(batch)? {
                    drawn[atom.label] += 1;
                }
            }
            (end.state, Some(drawn))
        }
    };
    let moment = Moment {
        t,
        steps: said.steps.0,
        state: &state,
        drawn,
    };
    let of = match &claim.samples {
        None => "of the expected dynamics",
        Some(_) => "at the end of a path",
    };
    match read(model, &sentence, &moment)? {
        Found::False(chosen) => {
            let chosen = match chosen.is_empty() {
                true => chosen,
                false => format!(" with {chosen}"),
            };
            Ok(Confirmed {
                claimed: format!("false {of}{chosen}: {}", quoted(said)),
                recomputed: "false".to_owned(),
            })
        }
        Found::True(_) => unmet(Rule::Fails),
        Found::Undefined => beyond(Limit::Undefined),
    }
}
