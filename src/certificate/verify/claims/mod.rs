//! The kinds of claims, one file each: what is claimed, and why recomputing shows it. `use super::*` is the
//! vocabulary below.

mod accuracy;
mod along_and_across;
mod coherent_mistake_bound;
mod conjecture;
mod hypotheses;
mod inseparable;
mod law;
mod mistake_bound;
mod norm_dominance;
mod path;
mod probability;
mod refutation;
mod refutation_probability;
mod refutation_updates;
mod separator_bound;
mod state;
mod tails;

use crate::certificate::format::{
    AlongAndAcross, BoundedUpdates, Claim, Conclusion, Conjecture, ConjectureFails, Form, Loss,
    Natural, Number, Over, Part, Probability, Refutation, RefutationProbability, RefutationStuck,
    RefutationUpdates, Said, Theorem, Train,
};
use crate::certificate::verify::course::Course;
use crate::certificate::verify::error::{
    Checked, Confirmed, Limit, Quantity, Rule, agree, beyond, need, unmet,
};
use crate::certificate::verify::model::{
    Atom, Law, Model, State, int, positive, shaped, sign, squared,
};
use crate::certificate::verify::work::{Work, room, size, words};
use num_bigint::BigInt;
use num_rational::BigRational as Q;
use num_traits::{One, Signed, ToPrimitive, Zero, pow};

/// Checks one claim; without a course what speaks of the expected dynamics is not covered.
pub fn check(model: &Model, course: Option<&mut Course>, claim: &Claim) -> Checked<Confirmed> {
    // Every claim reads the weights at step 0, some a few times.
    let weights = model.start.head.len() * model.gram.len();
    model.work.charge(4 * weights as u64, 1)?;
    let mut course = course;
    let mut at = |t: &Natural| -> Checked<State> {
        match &mut course {
            Some(course) => course.at(model, t.0),
            None => beyond(Limit::NoSegments),
        }
    };
    // Most claims are about theorems of sum pooling.
    need_pooling(model, claim)?;
    match claim {
        Claim::State { t, weights, head } => state::check(model, &at(t)?, weights, head),
        Claim::NormDominance { t, ratio } => norm_dominance::check(model, &at(t)?, &ratio.0),
        Claim::Accuracy { t, accuracy } => accuracy::check(model, &at(t)?, &accuracy.0),
        Claim::MistakeBound { bound } => mistake_bound::check(model, &bound.0),
        Claim::CoherentMistakeBound { bound } => coherent_mistake_bound::check(model, &bound.0),
        Claim::SeparatorBound { separator, bound } => {
            separator_bound::check(model, separator, &bound.0)
        }
        Claim::Inseparable { parts } => inseparable::check(model, parts),
        Claim::Probability(claim) => probability::check(model, claim),
        Claim::AlongAndAcross(claim) => along_and_across::check(model, claim),
        Claim::Law { t, perfect } => law::check(model, t.0, &perfect.0),
        Claim::Path {
            samples,
            weights,
            head,
            updates,
        } => path::check(model, samples, weights, head, updates.0),
        Claim::Refutation(claim) => match claim.theorem {
            Theorem::T1 => refutation::of_closed_form(model, &at(&claim.t)?, claim),
            Theorem::T2 => refutation::of_norm_dominance(model, &at(&claim.t)?, claim),
            Theorem::T3 | Theorem::T3max => refutation::of_pathwise(model, claim),
            Theorem::T7 => refutation::of_trained_head(model, &at(&claim.t)?, claim),
            Theorem::T8 => refutation::of_balancedness(model, claim),
            Theorem::T12 if claim.samples.is_empty() => refutation::of_mean_square(model, claim),
            Theorem::T12 => refutation::of_own_key(model, claim),
            Theorem::T13 => refutation::of_opposed_keys(model, claim),
        },
        Claim::RefutationProbability(claim) => refutation_probability::check(model, claim),
        Claim::RefutationUpdates(claim) => refutation_updates::of_many(model, claim),
        Claim::RefutationStuck(claim) => refutation_updates::of_stuck(model, claim),
        Claim::Conjecture(claim) => conjecture::holds(model, &mut |t| at(&Natural(t)), claim),
        Claim::ConjectureFails(claim) => conjecture::fails(model, &mut |t| at(&Natural(t)), claim),
    }
}

/// Is the claim about networks of this pooling?
fn need_pooling(model: &Model, claim: &Claim) -> Checked<()> {
    let fits = match claim {
        Claim::State { .. }
        | Claim::Accuracy { .. }
        | Claim::Law { .. }
        | Claim::Path { .. }
        | Claim::Conjecture(_)
        | Claim::ConjectureFails(_) => true,
        Claim::Refutation(claim) => (claim.theorem == Theorem::T3max) == model.max_pooling(),
        _ => !model.max_pooling(),
    };
    if fits {
        return Ok(());
    }
    beyond(Limit::Pooling)
}

/// The theorems that a claim leans on, of Statements.v unless it says that there is no proof; without any, what is
/// claimed is what is recomputed.
pub fn rests_on(claim: &Claim) -> &'static [&'static str] {
    match claim {
        Claim::MistakeBound { .. } => &[mistake_bound::RESTS_ON],
        Claim::CoherentMistakeBound { .. } => &coherent_mistake_bound::RESTS_ON,
        Claim::SeparatorBound { .. } => &[separator_bound::RESTS_ON],
        Claim::Probability(claim) if claim.ratio.is_some() => &[probability::DOMINANCE_RESTS_ON],
        Claim::AlongAndAcross(_) => &[along_and_across::RESTS_ON],
        Claim::Probability(_) => &[probability::ACCURACY_RESTS_ON],
        _ => &[],
    }
}
