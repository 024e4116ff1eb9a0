//! What a theorem concludes, read on a problem whatever its assumptions: one short function a theorem, by the
//! definition of a step and nothing cleverer.
//!
//! The checks of the theory compare more than the statements say (sharper forms, intermediate inequalities) and lean
//! on the assumptions to be fast. Here an assumption may fail, so a conclusion is compared as its statement has it,
//! with norms by the Gram matrix, at every step and on every path of a problem small enough to follow all of them.

mod chance;
mod mean;
mod path;
mod tree;

use crate::number::{Q, integer};
use crate::problem::Problem;
use crate::problem::assumption::AssumptionId;
use crate::theory::record::TheoremId;
use crate::theory::violation::{Clause, Place, Relation, Violation};
use num_traits::{One, Signed, Zero};

/// What comparing a conclusion has shown.
#[derive(Debug, Default)]
pub struct Look {
    /// The first comparison that fails.
    pub violation: Option<Box<Violation>>,
    /// Of the inequalities that hold, the least distance of the two sides, divided by 1 more than the claimed one:
    /// how close the problem comes to a violation. `None` without an inequality.
    pub slack: Option<Q>,
}

impl Look {
    /// Compares; nothing any more after the first failure.
    fn compare(&mut self, clause: Clause, place: Place, claimed: &Q, found: &Q) {
        if self.violation.is_some() {
            return;
        }
        if let Err(violation) = clause.check(place, claimed, found) {
            self.violation = Some(violation);
        } else if clause.relation != Relation::Equal {
            let slack = (found - claimed).abs() / (claimed.abs() + Q::one());
            // What does not move at all is no near failure.
            if !slack.is_zero() && self.slack.as_ref().is_none_or(|least| slack < *least) {
                self.slack = Some(slack);
            }
        }
    }

    /// A comparison that holds comes this close, where the numbers compared are too coarse to tell.
    fn near(&mut self, slack: Q) {
        if slack.is_positive() && self.slack.as_ref().is_none_or(|least| slack < *least) {
            self.slack = Some(slack);
        }
    }

    fn failed(&self) -> bool {
        self.violation.is_some()
    }
}

/// Compares a conclusion.
type Compare = fn(&Problem, &mut Look);

/// The conclusion of a theorem, for the theorems that have one to be read without their assumptions.
///
/// T9 and T11 speak of a random start and T10 of machine floats; T0 is about the definition of a mean, and T14 assumes
/// nothing but its separator. These have none.
///
/// T12 speaks of the filters of which H holds; where H is to fail, or A3 or A4, which it follows from, of all filters.
pub fn conclusion(theorem: TheoremId, drop: Option<AssumptionId>) -> Option<fn(&Problem) -> Look> {
    macro_rules! look {
        ($compare:path) => {{
            const COMPARE: Compare = $compare;
            Some(|problem: &Problem| {
                let mut look = Look::default();
                COMPARE(problem, &mut look);
                look
            })
        }};
    }
    match theorem.name() {
        "T1" => look!(mean::closed_form),
        "T2" => look!(mean::norm_dominance),
        "T3" => look!(path::pathwise),
        "T3max" => look!(path::pathwise),
        "T4" => look!(chance::sgd_norm_dominance),
        "T5" => look!(chance::perfect_accuracy),
        "T6" => look!(path::mistake_bound),
        "T6c" => look!(path::coherent_mistake_bound),
        "T7" => look!(mean::trained_head),
        "T8" => look!(path::balancedness),
        "T12"
            if matches!(
                drop,
                Some(AssumptionId::H | AssumptionId::A3 | AssumptionId::A4)
            ) =>
        {
            look!(chance::all_along_and_across)
        }
        "T12" => look!(chance::along_and_across),
        "T13" => look!(path::opposed_keys),
        _ => None,
    }
}

/// r, or 0 where labels have different ones or an image lacks its key: then nothing is read.
fn key_patches(problem: &Problem) -> Q {
    integer(problem.distribution().own_key_count().unwrap_or(0))
}
