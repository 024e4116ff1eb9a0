//! A law, and how far it was followed, as bytes.

use super::super::forward::Forward;
use super::super::mass::Mass;
use super::super::reduce::Reducer;
use super::super::saved::{In, Out, SavedError, ensure};
use super::super::{Explored, Law};
use super::{Following, MAX_ANSWER_WORDS};
use crate::number::Q;
use num_bigint::BigUint;
use num_traits::Signed;

/// Writes a law.
pub(in super::super) fn save_law(law: &Law, out: &mut Out<'_>) {
    out.number(law.steps);
    out.flag(law.merged);
    out.count(law.states.len());
    law.states.iter().for_each(|&states| out.number(states));
    out.number(law.reached);
    out.rationals(&law.p_perfect);
    out.rationals(&law.expected_accuracy);
    out.rationals(&law.p_settled);
    out.rationals(&law.expected_norm_squared);
    out.optional_stop(law.stopped.as_ref());
}

/// Reads a law that has so many steps with figures more or less than its last one.
fn restore_figures(input: &mut In<'_>) -> Result<Law, SavedError> {
    let steps = input.number()?;
    let merged = input.flag()?;
    let count = input.count(1)?;
    let states = (0..count).map(|_| input.number());
    let law = Law {
        steps,
        merged,
        states: states.collect::<Result<_, _>>()?,
        reached: input.number()?,
        p_perfect: input.rationals()?,
        expected_accuracy: input.rationals()?,
        p_settled: input.rationals()?,
        expected_norm_squared: input.rationals()?,
        stopped: input.optional_stop()?,
    };
    let figures = [&law.p_perfect, &law.expected_accuracy, &law.p_settled];
    let is_share = |q: &Q| !q.numer().is_negative() && q.numer() <= q.denom();
    let are_shares = |figures: &&Vec<Q>| figures.len() == count && figures.iter().all(is_share);
    ensure(
        figures.iter().all(are_shares),
        "the figures of the law are none",
    )?;
    Ok(law)
}

/// Reads the law of so many filters at the steps up to `steps`.
///
/// # Errors
/// If it is none.
pub(in super::super) fn restore_law(
    input: &mut In<'_>,
    (steps, merged, filters): (u64, bool, usize),
) -> Result<Law, SavedError> {
    let law = restore_figures(input)?;
    let ends = match &law.stopped {
        None => law.steps == steps,
        Some(stop) => law.steps < steps && stop.t == law.steps,
    };
    let fits = ends
        && law.merged == merged
        && law.states.len() as u64 == law.steps.saturating_add(1)
        && law.expected_norm_squared.len() == filters;
    ensure(fits, "the law is another one")?;
    Ok(law)
}

/// How far a law was followed.
pub(in super::super) struct SavedFollowing {
    /// States of the chain.
    states: usize,
    law: Law,
    mass: Mass,
    work: u64,
    answer: u64,
    lost: Vec<BigUint>,
}

impl SavedFollowing {
    /// Can it be gone on with on this chain?
    pub(in super::super) fn is_of(&self, explored: &Explored<'_>) -> bool {
        self.states == explored.n_states() && self.law.merged == explored.is_merged
    }

    /// Reads how far the law was followed on this chain, before the figures of its last step.
    ///
    /// # Errors
    /// If it does not fit the chain.
    pub(in super::super) fn restore(
        input: &mut In<'_>,
        explored: &Explored<'_>,
        steps: u64,
    ) -> Result<Self, SavedError> {
        let reason = "the law does not fit the chain";
        let law = restore_figures(input)?;
        let is_explored = explored.steps().is_none_or(|last| law.steps <= last);
        let fits = law.steps <= steps
            && is_explored
            && law.merged == explored.is_merged
            && law.states.len() as u64 == law.steps
            && law.expected_norm_squared.is_empty()
            && law.stopped.is_none();
        ensure(fits, reason)?;
        let work = input.up_to(explored.limits.max_work, reason)?;
        let answer = input.up_to(MAX_ANSWER_WORDS, reason)?;
        let count = input.count(1)?;
        let lost = (0..count).map(|_| input.natural());
        let lost: Vec<BigUint> = lost.collect::<Result<_, _>>()?;
        ensure(lost.len() == explored.space.losses().rows.len(), reason)?;
        let unit = explored.space.weights().total();
        // So its power is no longer than the limit on bits allows.
        let bits = (unit.bits() - 1).checked_mul(law.steps);
        let short = bits.is_some_and(|bits| bits <= explored.limits.max_bits);
        ensure(short, reason)?;
        let total = match unit.bits() {
            0 | 1 => unit.clone(),
            _ => num_traits::Pow::pow(unit, law.steps),
        };
        let mass = Mass::restore(input, total, explored.graph.reached(law.steps))?;
        Ok(SavedFollowing {
            states: explored.n_states(),
            law,
            mass,
            work,
            answer,
            lost,
        })
    }
}

impl<'a> Following<'a> {
    /// Goes on from what is saved, on the same chain.
    pub(in super::super) fn from_saved(explored: &'a Explored<'a>, saved: SavedFollowing) -> Self {
        let weights = explored.space.weights();
        Following {
            explored,
            forward: Forward::at(explored.graph, weights, saved.mass, saved.law.steps),
            reducer: Reducer::new(&explored.space.accuracies().total),
            law: saved.law,
            work: saved.work,
            answer: saved.answer,
            lost: saved.lost,
        }
    }

    /// Writes how far it came, before the figures of a step.
    pub(in super::super) fn save(&self, out: &mut Out<'_>) {
        save_law(&self.law, out);
        out.number(self.work);
        out.number(self.answer);
        out.count(self.lost.len());
        self.lost.iter().for_each(|sum| out.natural(sum));
        self.forward.mass().save(out);
    }
}
