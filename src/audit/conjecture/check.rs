//! The check of a conjecture: on the expected dynamics, on all states that SGD can reach, or on simulated paths.
//!
//! Every comparison is exact. What limits there are count operations and states, never seconds, so the same problem gives
//! the same verdict on every machine.

use super::along::along_expected;
use super::evaluate::Facts;
use super::finding::{Finding, Limits};
use super::reach::reach;
use super::sampled::sampled;
use super::stated::{Conjecture, Over};
use super::syntax::Fault;
use super::typed::{Bound, Which, bind};
use crate::problem::Problem;

/// Checks a conjecture on a problem.
///
/// # Errors
/// The [`Fault`] of the claim or its condition, where it speaks of what this problem does not have.
///
/// # Cost
/// At most what the limits say: operations on numbers for each part of the claim, at each step and for each choice of its
/// words. One of the words winner and loser costs as many choices as there are winners and losers, both the product.
///
/// # Example
/// ```
/// use filtercert::audit::conjecture::{Conjecture, Over, check};
///
/// let problem = filtercert::read_problem("examples/small.toml".as_ref())?;
/// let claim = Conjecture::new("keys grow", "Z(winner, own(winner)) >= Z0(winner, own(winner))", None, Over::Expected)
///     .map_err(|(_, fault)| fault.found)?;
/// let found = check(&problem, &claim, &Default::default()).map_err(|(_, fault)| fault.found)?;
/// assert_eq!(found.verdict.name(), "holds");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn check(
    problem: &Problem,
    conjecture: &Conjecture,
    limits: &Limits,
) -> Result<Finding, (Which, Box<Fault>)> {
    let bound = bound(problem, conjecture)?;
    let facts = Facts::new(problem);
    Ok(match &conjecture.over {
        Over::Expected => along_expected(problem, &bound, &facts, limits),
        Over::EveryPath => {
            let found = reach(problem, &bound, &facts, limits, None);
            match found.is_decided() {
                true => found.finding,
                false => sampled(problem, &bound, &facts, limits, found, None),
            }
        }
        Over::Probability { at_least, strict } => {
            let asked = Some((at_least, *strict));
            let found = reach(problem, &bound, &facts, limits, asked);
            match found.is_decided() {
                true => found.finding,
                false => sampled(problem, &bound, &facts, limits, found, asked),
            }
        }
    })
}

/// The claim with its names resolved.
pub(super) fn bound(
    problem: &Problem,
    conjecture: &Conjecture,
) -> Result<Bound, (Which, Box<Fault>)> {
    let paths = !matches!(conjecture.over, Over::Expected);
    bind(problem, &conjecture.claim, conjecture.when.as_ref(), paths)
}
