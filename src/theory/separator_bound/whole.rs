//! T14 (c): the chain of hinge SGD as a whole. Every update raises F, so no state comes back: the states form a graph
//! without cycles but for steps that do not move, and the most updates of any path are its longest path.

use super::super::mistake_bound::{LONGEST, PERFECT, against_longest};
use super::super::prelude::*;
use crate::dynamics::law::{Chain, Horizon};
use num_bigint::BigInt;
use num_traits::One;

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
    let Some(longest) = chain.longest_path() else {
        // A state that comes back can be left and entered for ever: more updates than any bound allows.
        let most = integer(bounds[0].1.clone());
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
