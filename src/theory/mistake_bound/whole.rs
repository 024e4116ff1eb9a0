//! T6 (c): the chain of hinge SGD as a whole. Where all its states fit, the inequalities are compared
//! in each of them, which speaks of every path; and the bounds are compared with its longest path.
//!
//! Every update raises the keys of the winners of its label by `eta r` (T3), and nothing lowers them:
//! so a state is never entered twice, the states form a graph without cycles but for the steps that
//! do not move, and a state tells how many updates of either label lead to it.

use super::super::prelude::*;
use super::super::settling::Waiting;
use super::Claim;
use crate::dynamics::law::{Chain, Horizon};
use crate::dynamics::state::State;
use num_bigint::BigInt;
use num_traits::One;

/// Weights that may be looked at, over all states.
const MAX_CELLS: usize = 600_000;

/// A settled state.
pub(super) const PERFECT: Clause = Clause::new("(c) accuracy where every gate is closed", Equal);

/// The longest path of the chain.
pub(in crate::theory) const LONGEST: Clause =
    Clause::new("(c) the most updates that a path can make", AtMost);

/// What was seen on a path, against that.
const FOLLOWED: Clause = Clause::new("(c) the updates of a followed path", AtMost);

/// The end of every path.
const EVER: Clause = Clause::new("(c) P(accuracy is 1 at some step)", Equal);

/// The near miss that no path makes more than a third of the updates; of probabilities it says nothing.
pub(in crate::theory) fn a_third_of_the_longest_path(
    bounds: &mut [(&'static str, BigInt)],
    waiting: &mut Result<Waiting, Remark>,
) {
    *waiting = Err("this is about the longest path alone".into());
    for (_, most) in bounds {
        *most /= 3;
    }
}

/// Compares the inequalities in every state that can be reached within the steps of the problem; how many there are,
/// if all of them fit.
pub(super) fn every_state(
    context: &Context<'_>,
    claim: &Claim,
    outcome: &mut Outcome,
) -> Option<usize> {
    let problem = context.problem;
    let chain = context.chain().ok()?;
    let cells = problem.n_filters() * problem.n_patterns();
    if chain.stopped().is_some() || chain.n_states() > MAX_CELLS / cells.max(1) {
        return None;
    }
    let inequalities = claim.inequalities(problem);
    let violation = (0..chain.n_states()).find_map(|s| {
        let state = chain.state(s)?;
        let place = Place::of(Course::Law);
        let mut violation = if chain.is_settled(s) && !chain.is_perfect(s) {
            PERFECT.broken(place.clone(), Q::one(), chain.accuracy(s))
        } else {
            let mu = updates(problem, &state, &claim.r)?;
            inequalities.in_state(&state, &mu).err()?
        };
        violation.place = place;
        let weights = state.weights.entries().to_vec();
        Some(violation.with("state", Detail::Numbers(weights)))
    });
    if let Some(violation) = violation {
        outcome.refute(violation, Layer::Exact);
    }
    Some(chain.n_states())
}

/// How many updates of either label lead to a state: by how far a winner's key has come.
fn updates(problem: &Problem, state: &State<Q>, r: &Q) -> Option<[Q; 2]> {
    let rate = &problem.training().step * r;
    let of = |label: Label| {
        let key = (*problem.winners(label).first()?, label.index());
        Some((&state.weights[key] - &problem.network().weights[key]) / &rate)
    };
    Some([of(Label::Plus)?, of(Label::Minus)?])
}

/// The longest path of the whole chain against each bound, and the certainty of its end.
pub(super) fn longest_path(context: &Context<'_>, claim: &Claim, seen: u64, outcome: &mut Outcome) {
    // Where the states of the first steps are too many, so are all states.
    let stopped = match context.chain() {
        Ok(chain) => chain.stopped(),
        Err(stop) => Some(stop),
    };
    let absorption = match stopped {
        Some(stop) => Err(stop.to_string()),
        None => context.absorption().map_err(ToString::to_string),
    };
    let absorption = match absorption {
        Ok(absorption) => absorption,
        Err(limit) => {
            for name in [
                "longest_path",
                "p_ever_perfect",
                "expected_steps_to_perfect",
            ] {
                outcome.figures.missing(name, limit.clone());
            }
            return;
        }
    };
    let longest = integer(absorption.longest_path);
    let ever = &absorption.p_ever_perfect;
    let figures = &mut outcome.figures;
    figures.number("longest_path", longest.clone());
    figures.number("p_ever_perfect", ever.clone());
    let steps = absorption.expected_steps_to_perfect.clone();
    figures.number("expected_steps_to_perfect", steps);
    let end = (EVER, "P(accuracy is 1 at some step)", ever);
    against_longest(&claim.bounds, &longest, seen, end, outcome);
}

/// Compares the longest path of a whole chain with the updates of the paths that were followed and with each bound, and
/// with 1 what is found where paths end.
fn against_longest(
    bounds: &[(&'static str, BigInt)],
    longest: &Q,
    seen: u64,
    (clause, quantity, found): (Clause, &'static str, &Q),
    outcome: &mut Outcome,
) {
    let place = || Place::of(Course::Law);
    let mut violations = vec![FOLLOWED.check(place(), longest, &integer(seen)).err()];
    let mut compare = |clause: Clause, quantity: Remark, claimed: Q, found: &Q| {
        violations.push(clause.check(place(), &claimed, found).err());
        Comparison::exact(quantity, clause.relation, claimed, found.clone())
    };
    for (name, most) in bounds {
        let quantity = remark!("most updates of any path ({})", *name);
        let row = compare(LONGEST, quantity, integer(most.clone()), longest);
        outcome.comparisons.push(row);
    }
    let row = compare(clause, quantity.into(), Q::one(), found);
    outcome.comparisons.push(row);
    for violation in violations.into_iter().flatten() {
        outcome.refute(*violation, Layer::Exact);
    }
}

/// Compares bounds with the longest path of the whole chain, and the accuracy where paths end with 1, if the chain fits:
/// for theorems by which every update raises something, so that no state comes back.
pub(in crate::theory) fn longest_of_the_law(
    context: &Context<'_>,
    bounds: &[(&'static str, BigInt)],
    seen: u64,
    outcome: &mut Outcome,
) {
    // Where the states of the first steps are too many, so are all states.
    let stopped = match context.chain() {
        Ok(chain) => chain.stopped().map(ToString::to_string),
        Err(stop) => Some(stop.to_string()),
    };
    let limits = &context.budget.law;
    let chain = match stopped {
        Some(limit) => Err(limit),
        None => Chain::build(context.problem, Horizon::Absorption, false, limits)
            .map_err(|stop| stop.to_string()),
    };
    let whole = chain.and_then(|chain| match chain.stopped() {
        Some(stop) => Err(stop.to_string()),
        None => Ok(chain),
    });
    let chain = match whole {
        Ok(chain) => chain,
        Err(limit) => {
            outcome.figures.missing("longest_path", limit.clone());
            outcome.figures.missing("states", limit);
            return;
        }
    };
    let Some(longest) = chain.longest_path() else {
        // A state that comes back can be left and entered for ever: more updates than any bound allows.
        let most = bounds.iter().map(|(_, most)| most).max();
        let most = integer(most.cloned().unwrap_or_default());
        let violation = LONGEST.broken(Place::of(Course::Law), most.clone(), most + Q::one());
        return outcome.refute(violation.with("on", Detail::Word("a cycle")), Layer::Exact);
    };
    let longest = integer(longest);
    let settled = (0..chain.n_states()).filter(|&s| chain.is_settled(s));
    let least = settled.map(|s| chain.accuracy(s)).min();
    let least = least.unwrap_or_else(Q::one);
    let figures = &mut outcome.figures;
    figures.number("longest_path", longest.clone());
    figures.count("states", chain.n_states() as u64);
    let end = (PERFECT, "least accuracy where every gate is closed", &least);
    against_longest(bounds, &longest, seen, end, outcome);
}

#[cfg(test)]
mod tests {
    use super::super::MistakeBound;
    use super::super::examples::two_filters;
    use super::*;
    use crate::problem::assumption::audit;

    /// What is found against the longest path: (the updates that a path was seen to make, what is found at its end).
    fn found(seen: u64, end: (Clause, &'static str, &Q)) -> Option<&'static str> {
        let mut outcome = Outcome::new(MistakeBound::RECORD);
        let bounds = [("T6", BigInt::from(9)), ("T6s", BigInt::from(5))];
        against_longest(&bounds, &integer(4), seen, end, &mut outcome);
        outcome.violation().map(|violation| violation.claim)
    }

    /// No engine makes a path longer than the longest or a settled state that is not perfect: that it would be seen.
    #[test]
    fn every_clause_about_the_longest_path_is_compared() {
        let (one, less) = (Q::one(), ratio(99, 100));
        for clause in [EVER, PERFECT] {
            let end = "what is found at the end";
            assert_eq!(found(4, (clause, end, &one)), None);
            assert_eq!(found(5, (clause, end, &one)), Some(FOLLOWED.name));
            assert_eq!(found(4, (clause, end, &less)), Some(clause.name));
        }
    }

    #[test]
    fn a_followed_path_is_compared_with_the_longest_one_of_the_chain() {
        let problem = two_filters([["1/8", "0"], ["0", "1/8"]], "1", 4);
        let claim = MistakeBound.claim(&problem).expect("a claim");
        let audits = audit(&problem);
        let context = Context::new(&problem, &audits);
        // Each label updates once.
        for (seen, clause) in [(2, None), (3, Some(FOLLOWED.name))] {
            let mut outcome = Outcome::new(MistakeBound::RECORD);
            longest_path(&context, &claim, seen, &mut outcome);
            let violation = outcome.violation().map(|violation| violation.claim);
            assert_eq!(violation, clause, "{seen}");
            assert_eq!(outcome.comparisons.len(), 3);
        }
    }
}
