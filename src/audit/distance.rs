//! How far each hypothesis of a theorem is from failing, or from holding.

use crate::number::Q;
use crate::problem::assumption::{AssumptionId, Audit, drifts};
use crate::problem::{Distribution, Label, Problem};
use num_traits::{One, Signed, Zero};
use std::collections::BTreeMap;

/// How far a hypothesis is from its other verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Distance {
    /// It has no number: it is about what a problem is, and not about how large something is.
    Unmeasured,
    /// It holds as an equation: any change of what it is about breaks it.
    Tight,
    /// It holds, and still does as long as what it is about moves by less than this.
    ToFail(Q),
    /// It fails, and what it is about must move by this.
    ToHold(Q),
    /// It fails, and what it is about must move by more than this.
    ToHoldBeyond(Q),
}

/// How far what was audited is from its other verdict.
///
/// | hypothesis | what moves |
/// |---|---|
/// | A1, A1k, A1k-, opposed | inner products of patterns, each of them |
/// | A2 | the probability of the images that do not hold the commonest number of keys |
/// | A3, A4 | its measure: the distance of the background laws, the difference of the labels' probabilities |
/// | A5f | the head weights, each of them |
/// | A6' | the key coordinate of one filter: for each label of the filter that wins it by most, or is nearest to it |
/// | H | the mean counts `a_j E[y N_p]` of one filter, each of them; where it holds of some filter, of the one with most room |
/// | separable | the square of the margin `1/|w*|` |
///
/// # Cost
/// One pass over the atoms for A2, of H the means of the counts.
pub fn distance(problem: &Problem, audit: &Audit) -> Distance {
    let by_measure = || match (&audit.measure, audit.holds) {
        (_, true) => Distance::Tight,
        (Some(measure), false) => Distance::ToHold(measure.clone()),
        (None, false) => Distance::Unmeasured,
    };
    match audit.id {
        AssumptionId::A0 | AssumptionId::A5t | AssumptionId::A6 => Distance::Unmeasured,
        AssumptionId::A1 | AssumptionId::A1k | AssumptionId::Opposed => by_measure(),
        AssumptionId::A3 | AssumptionId::A4 => by_measure(),
        AssumptionId::A1kMinus => keys_not_acute(problem, audit).unwrap_or_else(by_measure),
        AssumptionId::A2 if audit.holds => Distance::Tight,
        AssumptionId::A2 => faulty_images(problem).map_or(Distance::Unmeasured, Distance::ToHold),
        AssumptionId::A5f if audit.holds => Distance::Tight,
        AssumptionId::A5f => {
            let head = problem.network().head.iter();
            let worst = head.map(|a| (a.abs() - Q::one()).abs()).max();
            let worst = worst.filter(Signed::is_positive);
            worst.map_or(Distance::Unmeasured, Distance::ToHold)
        }
        AssumptionId::A6prime => winners(problem, audit.holds),
        AssumptionId::H => room(problem, audit),
        AssumptionId::Separable => match &audit.measure {
            Some(margin) if audit.holds => Distance::ToFail(margin.clone()),
            _ => Distance::Unmeasured,
        },
    }
}

/// Without backgrounds the keys need not be acute only; with them they are orthogonal to these, which is an equation.
fn keys_not_acute(problem: &Problem, audit: &Audit) -> Option<Distance> {
    let dictionary = problem.dictionary();
    if !audit.holds || dictionary.n_patterns() != 2 || !dictionary.has_keys() {
        return None;
    }
    let room = -dictionary.gram_entry(0, 1);
    room.is_positive().then_some(Distance::ToFail(room))
}

/// The probability of the images that do not hold the commonest number of their own key, and none of the other.
fn faulty_images(problem: &Problem) -> Option<Q> {
    let distribution = problem.distribution();
    if !problem.dictionary().has_keys() {
        return None;
    }
    let Distribution::Explicit(table) = distribution else {
        return Some(Q::zero());
    };
    let mut keyed: BTreeMap<u32, Q> = BTreeMap::new();
    for atom in table.atoms() {
        let own = atom.counts[atom.label.index()];
        if own > 0 && atom.counts[atom.label.opposite().index()] == 0 {
            *keyed.entry(own).or_default() += &atom.probability;
        }
    }
    let commonest = keyed.into_values().max().unwrap_or_default();
    Some(Q::one() - commonest)
}

/// Of each label the largest key coordinate among the filters whose head votes for it; the lesser of the two.
fn winners(problem: &Problem, holds: bool) -> Distance {
    if !problem.dictionary().has_keys() {
        return Distance::Unmeasured;
    }
    let network = problem.network();
    let best = |y: Label| {
        let filters = network.head.iter().zip(network.weights.iter_rows());
        let votes = filters.filter(|(a, _)| !a.is_zero() && Label::voted_by(a) == y);
        votes.map(|(_, row)| row[y.index()].clone()).max()
    };
    let [Some(plus), Some(minus)] = Label::BOTH.map(best) else {
        return Distance::Unmeasured;
    };
    let least = plus.min(minus);
    match holds {
        true => Distance::ToFail(least),
        false => Distance::ToHoldBeyond(-least),
    }
}

/// Of the signs of heads the one whose largest drift away from the key is least.
fn room(problem: &Problem, audit: &Audit) -> Distance {
    if !problem.dictionary().has_keys() {
        return Distance::Unmeasured;
    }
    let found = drifts(problem).into_iter().flatten();
    let Some(least) = found.map(|at| at.drift).min() else {
        return Distance::Unmeasured;
    };
    match (audit.holds, least.is_zero()) {
        (true, true) => Distance::Tight,
        (true, false) => Distance::ToFail(-least),
        (false, _) => Distance::ToHold(least),
    }
}
