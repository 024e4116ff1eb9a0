//! SGD with one sample a step: the states that are reached, and how likely they are.
//!
//! Followed forwards: every state that is reached, with the probability of the paths that lead to it, and from each
//! one step an atom. Paths on which a condition fails are given up where it does.

use crate::certificate::verify::error::{Checked, Limit, beyond};
use crate::certificate::verify::model::{Model, State};
use crate::certificate::verify::work::{room, size, units};
use num_bigint::BigInt;
use num_rational::BigRational as Q;
use num_traits::{One, Zero, pow};
use std::collections::BTreeMap;

/// A state that is reached, and where they are counted: the samples of label + on the way to it, those of label -, and the
/// steps with an open gate; else zeros.
type Reached = (State, [u64; 3]);

/// What a condition looks at beside the state.
#[derive(Clone, Copy, Default)]
pub struct Looks {
    pub at_step: bool,
    pub at_counts: bool,
}

/// A condition at a step, in a state, after so many samples and updates.
pub type Condition<'c> = dyn FnMut(u64, &State, [u64; 3]) -> Checked<bool> + 'c;

/// The probability that `keeps` holds at every step from `from` to t.
pub fn probability(
    model: &Model,
    from: u64,
    t: u64,
    looks: Looks,
    keeps: &mut Condition,
) -> Checked<Q> {
    let mut kept = BigInt::zero();
    let whole = reached(model, [from, t], looks, keeps, &mut |_, mass| {
        kept += mass;
        Ok(())
    })?;
    Ok(Q::new(kept, whole))
}

/// The mean of a number that is read off the state at step t.
pub fn mean(model: &Model, t: u64, read: &dyn Fn(&State) -> Checked<Q>) -> Checked<Q> {
    let mut sum = Q::zero();
    let all = &mut |_, _: &State, _| Ok(true);
    let whole = reached(model, [t, t], Looks::default(), all, &mut |state, mass| {
        model
            .work
            .add(&mut sum, &read(state)?, &Q::from_integer(mass.clone()))
    })?;
    Ok(sum / Q::from_integer(whole))
}

/// Visits the states at step t of the paths on which `keeps` holds at every step from `from` to t, each with the
/// probability of these paths in units of 1 / whole; returns the whole.
fn reached(
    model: &Model,
    [from, t]: [u64; 2],
    looks: Looks,
    keeps: &mut Condition,
    visit: &mut dyn FnMut(&State, &BigInt) -> Checked<()>,
) -> Checked<BigInt> {
    let work = &model.work;
    if model.problem.batch.0 != 1 {
        return beyond(Limit::LawBatch);
    }
    work.afford(least_cost(model, from, 1))?;
    let cells = model.problem.head.len() * model.gram.len();
    // The states that were reached, their places, where each atom leads from them, and is the condition met.
    let mut states: Vec<Reached> = vec![(model.start.clone(), [0; 3])];
    let mut places = BTreeMap::from([(states[0].clone(), 0)]);
    let mut leads: Vec<Vec<usize>> = vec![Vec::new()];
    let mut met: Vec<Option<bool>> = vec![None];
    // Their probabilities at step s, in units of 1 / whole^s, and how many no atom leaves.
    let (mut law, mut at_rest) = (vec![BigInt::one()], 0);
    for s in 0..=t {
        if s >= from {
            if looks.at_step {
                met.fill(None);
            }
            for (i, mass) in law.iter_mut().enumerate().filter(|(_, m)| !m.is_zero()) {
                if met[i].is_none() {
                    let (state, counts) = &states[i];
                    met[i] = Some(keeps(s, state, *counts)?);
                }
                if met[i] == Some(false) {
                    *mass = BigInt::zero();
                }
            }
        }
        if s == t {
            break;
        }
        if s >= from {
            // Little probability may be left among many states.
            work.charge(states.len() as u64, 0)?;
            if law.iter().all(Zero::is_zero) {
                return Ok(BigInt::one());
            }
        }
        let mut next = vec![BigInt::zero(); states.len()];
        for (i, mass) in law.iter().enumerate().filter(|(_, mass)| !mass.is_zero()) {
            if leads[i].is_empty() {
                for atom in &model.atoms {
                    let mut counts = states[i].1;
                    let stepped = model.step(&states[i].0, Some(&[atom]))?;
                    if looks.at_counts {
                        counts[atom.label] += 1;
                        counts[2] += stepped.updates;
                    }
                    let state = (stepped.state, counts);
                    work.charge(cells as u64, 1)?;
                    let place = *places.entry(state.clone()).or_insert(states.len());
                    if place == states.len() {
                        room(place, 8 * cells + model.atoms.len())?;
                        states.push(state);
                        leads.push(Vec::new());
                        met.push(None);
                        next.push(BigInt::zero());
                    }
                    leads[i].push(place);
                }
                at_rest += usize::from(leads[i].iter().all(|&to| to == i));
                work.afford(least_cost(model, from.saturating_sub(s), at_rest))?;
            }
            for (&to, atom) in leads[i].iter().zip(&model.atoms) {
                work.charge(1, size(mass) + size(&model.whole))?;
                next[to] += mass * &atom.mass;
            }
        }
        law = next;
    }
    for ((state, _), mass) in states.iter().zip(&law) {
        if !mass.is_zero() {
            visit(state, mass)?;
        }
    }
    Ok(pow(model.whole.clone(), t as usize))
}

/// The least that `steps` steps can cost in which so many states keep some probability and no path is given up. In units of
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
