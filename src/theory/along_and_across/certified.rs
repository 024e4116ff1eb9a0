//! What a certificate says of T12: thresholds, and what they are missed with.

use super::super::image_length::is_of_an_image;
use super::goals::{Aim, BITS, Demands, Goal, Window, counted_for_ever};
use super::setting::{Filter, Form};
use super::{Claim, MAX_FOR_EVER, least_start};
use crate::number::least_where;
use crate::probability::round_rd;
use crate::theory::prelude::*;
use num_traits::Zero;

/// A conclusion of T12.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conclusion {
    /// Accuracy 1.
    Accuracy,
    /// Winners are this many times as long as losers.
    Ratio(u64),
    /// `tan^2` of the angle of each winner under H with its key is at most this.
    Tangent(Q),
}

/// Thresholds of T12, with an upper bound of the probability that they are missed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thresholds {
    /// What they imply.
    pub conclusion: Conclusion,
    /// Is the other key's coordinate followed apart from the part across?
    pub split: bool,
    /// The first step.
    pub from: u64,
    /// The last step; `None` for ever.
    pub to: Option<u64>,
    /// b_+ and b_-.
    pub counts: [u64; 2],
    /// x_j, one a filter, for those that the conclusion asks for.
    pub squares: Vec<Option<Q>>,
    /// They are missed with at most this probability.
    pub failure: Q,
}

/// What is certified of accuracy up to the last step, of norms and of directions at the last step, and of accuracy for
/// ever; where T12 applies. Nothing where images are too many for their pairs of patterns to be looked at.
///
/// # Cost
/// That of T12's check without its paths and runs.
pub fn thresholds(problem: &Problem, delta: &Q) -> Vec<Thresholds> {
    let claim = match Claim::new(problem) {
        Ok(claim) if is_of_an_image(problem) => claim,
        _ => return Vec::new(),
    };
    let (setting, steps) = (&claim.setting, problem.training().steps);
    let demands = Demands::new(setting);
    let start = least_start(&claim, &demands, steps, delta);
    let (longer, end) = (
        Window::new(&demands, start, steps),
        Window::new(&demands, steps, steps),
    );
    let mut found: Vec<Thresholds> = [
        (claim.accuracy(&longer, delta), start),
        (claim.ratio(&end, delta), steps),
        (claim.direction(&end, delta), steps),
    ]
    .into_iter()
    .filter_map(|(goal, from)| Some(of_goal(&claim, goal?, from, Some(steps))))
    .collect();
    found.extend(for_ever(&claim, &demands, steps, delta));
    found
}

/// Accuracy for ever from the last step on; where that is not certified at 1 - delta, from the first step that bisection
/// finds at which it is, if there is one.
fn for_ever(claim: &Claim, demands: &Demands<'_>, steps: u64, delta: &Q) -> Option<Thresholds> {
    if !claim.setting.speaks_of_accuracy() {
        return None;
    }
    let at = |t: u64| counted_for_ever(demands, t);
    let certified = |t: u64| at(t).is_some_and(|goal| goal.failure <= *delta);
    let first = steps.max(1);
    let start = match certified(first) || !certified(MAX_FOR_EVER) {
        true => first,
        false => least_where(first, MAX_FOR_EVER, certified),
    };
    Some(of_goal(claim, at(start)?, start, None))
}

fn of_goal(claim: &Claim, goal: Goal, from: u64, to: Option<u64>) -> Thresholds {
    let setting = &claim.setting;
    let asked = |f: &Filter| match goal.aim {
        Aim::Accuracy => !setting.sides[f.side.opposite().index()].prior.is_zero(),
        Aim::Ratio(_) => !f.wins(),
        Aim::Direction(_) => f.wins() && setting.covers(f),
    };
    let filters = setting.filters.iter().zip(goal.squares);
    // What does not move is as long as it is; less of another bound implies the same.
    let square = |(f, square): (&Filter, Option<Q>)| {
        asked(f).then(|| match square {
            Some(x) => round_rd(&x, BITS),
            None => f.across[goal.form as usize].clone(),
        })
    };
    Thresholds {
        squares: filters.map(square).collect(),
        split: goal.form == Form::Split,
        from,
        to,
        counts: goal.counts.map(|b| u64::try_from(b).unwrap_or(0)),
        failure: goal.failure,
        conclusion: match goal.aim {
            Aim::Accuracy => Conclusion::Accuracy,
            Aim::Ratio(ratio) => Conclusion::Ratio(ratio),
            Aim::Direction(bound) => Conclusion::Tangent(bound),
        },
    }
}
