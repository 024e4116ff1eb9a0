//! `law`: under SGD with one sample a step, the accuracy at step t is 1 with exactly this probability.
//!
//! Recomputed forwards: every state that is reached, with its probability, and from each one step an atom. No
//! theorem is needed.

use super::*;
use std::collections::BTreeMap;

pub fn check(model: &Model, t: u64, claimed: &Q) -> Checked<Confirmed> {
    if model.problem.batch.0 != 1 {
        return beyond(Limit::LawBatch);
    }
    agree(Quantity::Perfect, claimed, &perfect(model, t)?)
}

fn perfect(model: &Model, t: u64) -> Checked<Q> {
    let work = &model.work;
    work.afford(least_cost(model, t, 1))?;
    let cells = model.problem.head.len() * model.gram.len();
    // The states that were reached, their places, and where each atom leads from them.
    let mut states = vec![model.start.clone()];
    let mut places = BTreeMap::from([(states[0].clone(), 0)]);
    let mut leads: Vec<Vec<usize>> = vec![Vec::new()];
    // Their probabilities at step s, in units of 1 / whole^s, and how many no atom leaves.
    let (mut law, mut at_rest) = (vec![BigInt::one()], 0);
    for s in 0..t {
        let mut next = vec![BigInt::zero(); states.len()];
        for (i, mass) in law.iter().enumerate().filter(|(_, mass)| !mass.is_zero()) {
            if leads[i].is_empty() {
                for atom in &model.atoms {
                    let state = model.step(&states[i], Some(&[atom]))?.state;
                    work.charge(cells as u64, 1)?;
                    let place = *places.entry(state.clone()).or_insert(states.len());
                    if place == states.len() {
                        room(place, 8 * cells + model.atoms.len())?;
                        states.push(state);
                        leads.push(Vec::new());
                        next.push(BigInt::zero());
                    }
                    leads[i].push(place);
                }
                at_rest += usize::from(leads[i].iter().all(|&to| to == i));
                work.afford(least_cost(model, t - s, at_rest))?;
            }
            for (&to, atom) in leads[i].iter().zip(&model.atoms) {
                work.charge(1, size(mass) + size(&model.whole))?;
                next[to] += mass * &atom.mass;
            }
        }
        law = next;
    }
    let mut perfect = BigInt::zero();
    for (state, mass) in states.iter().zip(&law) {
        if !mass.is_zero() && model.accuracy(state)?.is_one() {
            perfect += mass;
        }
    }
    Ok(Q::new(perfect, pow(model.whole.clone(), t as usize)))
}

/// The least that `steps` steps can cost in which so many states keep some probability. In units of
/// 1 / `whole`^s, one of fewer than 2^23 states has at least `whole`^s / 2^23 at step s, and a state that no atom
/// leaves, s steps after it is reached, `whole`^s.
fn least_cost(model: &Model, steps: u64, states: usize) -> u64 {
    let (bits, part) = (model.whole.bits() - 1, steps / 8);
    let mut each = steps.saturating_mul(units(2));
    for k in 1..8 {
        let digits = (k * part).saturating_mul(bits).saturating_sub(23) / 64;
        each = each.saturating_add(part.saturating_mul(digits.saturating_mul(digits)));
    }
    each.saturating_mul((states * model.atoms.len()) as u64)
}
