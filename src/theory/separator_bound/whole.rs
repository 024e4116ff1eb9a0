//! T14 (c): the chain of hinge SGD as a whole. Every update raises F, so no state comes back: the states form a graph
//! without cycles but for steps that do not move, and the most updates of any path are its longest path.

use super::super::prelude::*;
use crate::dynamics::law::{Chain, Horizon};
use num_bigint::BigInt;
use num_traits::One;

/// A settled state.
const PERFECT: Clause = Clause::new("(c) accuracy where every gate is closed", Equal);

/// The longest path of the chain.
pub(super) const LONGEST: Clause = Clause::new("(c) the most updates that a path can make", AtMost);

/// What was seen on a path, against that.
const FOLLOWED: Clause = Clause::new("(c) the updates of a followed path", AtMost);

/// Compares the bound with the longest path of the whole chain, and the accuracy where paths end with 1, if the chain
/// fits.
pub(super) fn longest_path(
    context: &Context<'_>,
    bounds: &[(&'static str, BigInt); 2],
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
    let place = || Place::of(Course::Law);
    let Some(longest) = chain.longest_path() else {
        // A state that comes back can be left and entered for ever: more updates than any bound allows.
        let most = integer(bounds[0].1.clone());
        let violation = LONGEST.broken(place(), most.clone(), most + Q::one());
        return outcome.refute(violation.with("on", Detail::Word("a cycle")), Layer::Exact);
    };
    let longest = integer(longest);
    let settled = (0..chain.n_states()).filter(|&s| chain.is_settled(s));
    let least = settled.map(|s| chain.accuracy(s)).min();
    let least = least.unwrap_or_else(Q::one);
    let figures = &mut outcome.figures;
    figures.number("longest_path", longest.clone());
    figures.count("states", chain.n_states() as u64);
    let mut violations = vec![FOLLOWED.check(place(), &longest, &integer(seen)).err()];
    let mut compare = |clause: Clause, quantity: Remark, claimed: Q, found: &Q| {
        violations.push(clause.check(place(), &claimed, found).err());
        Comparison::exact(quantity, clause.relation, claimed, found.clone())
    };
    for (name, most) in bounds {
        let quantity = remark!("most updates of any path ({})", *name);
        let row = compare(LONGEST, quantity, integer(most.clone()), &longest);
        outcome.comparisons.push(row);
    }
    let quantity = remark!("least accuracy where every gate is closed");
    let row = compare(PERFECT, quantity, Q::one(), &least);
    outcome.comparisons.push(row);
    for violation in violations.into_iter().flatten() {
        outcome.refute(*violation, Layer::Exact);
    }
}
