//! What is said of a problem that T6 does not speak of: T6s.

use super::super::evidence::{along_paths, in_numbers};
use super::super::prelude::*;
use super::observed_updates;
use super::potentials::Inequalities;
use super::sharp::Sharp;
use super::updates_so_far;
use num_traits::Zero;

/// T6s where T6 does not speak.
const SHARP: TheoremId = TheoremId::new("T6s");

/// Its line, where its inequality was compared and held: with one sample a step it bounds updates.
pub(in crate::theory) fn curves_beyond(
    context: &Context<'_>,
    outcome: &Outcome,
    times: &[u64],
) -> Vec<Curve> {
    let training = context.problem.training();
    let counts = training.batch == 1
        && training.train == Train::Filters
        && matches!(training.loss, Loss::Hinge | Loss::Perceptron);
    let most = outcome.figures.upper("max_updates_sharp");
    let most = most.filter(|_| counts).map(Q::to_integer);
    updates_so_far(SHARP, most.as_ref(), times)
}

/// T6s where T6 does not speak, its bound under this name.
pub(in crate::theory) fn beyond(context: &Context<'_>, name: &'static str, outcome: &mut Outcome) {
    let problem = context.problem;
    let sharp = match Sharp::new(problem) {
        Ok(sharp) => sharp,
        Err(reason) => {
            let text = remark!("The sharper inequality does not apply either: {}.", reason);
            outcome.beyond = Some(text.into());
            return;
        }
    };
    let batch = integer(problem.training().batch);
    let (largest, unit, what) = match problem.training().loss {
        Loss::SquaredHinge => {
            let mass = sharp.largest_mass(&integer(1)).map(|m| m + 1);
            (mass, integer(1), "the sum of the gates")
        }
        _ => {
            let total = sharp.largest_total(&batch.recip());
            (total, batch, "the number of samples with an open gate")
        }
    };
    let claim = Inequalities::new(problem, None, Some(&sharp));
    let watch = &claim;
    let found = along_paths(context, in_numbers(&watch));
    let masses = found.ends.iter().map(|end| {
        let [plus, minus] = end.end().mu;
        plus + minus
    });
    let seen = masses.max().unwrap_or_else(Q::zero) * unit;
    let paths = found.describe();
    outcome.beyond = Some(
        match (&found.violation, &largest) {
            (Some(violation), _) => remark!(
                "T6s fails: {}; claimed {}, found {}.",
                violation.claim,
                &violation.claimed,
                &violation.found
            ),
            (None, Some(bound)) => remark!(
                "T6s bounds {} by {}; {} were seen, and its inequality holds after every update of {}.",
                what,
                bound,
                seen,
                paths
            ),
            (None, None) => remark!(
                "A label has no winner, so T6s gives no bound; its inequality holds after every update of {}.",
                paths
            ),
        }
        .into(),
    );
    if found.violation.is_some() {
        return;
    }
    if let Some(bound) = largest
        && outcome.figures.get(name).is_none()
    {
        outcome.figures.count(name, bound);
    }
    if outcome.figures.get("largest_updates_seen").is_none() {
        let seen = observed_updates(context, found.largest_updates);
        outcome.figures.push(("largest_updates_seen", seen));
    }
}
