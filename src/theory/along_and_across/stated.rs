//! Conclusions of T12 beside what is known of them: the exact law, and where simulated runs end.

use super::CERTIFIED;
use super::ends::Ends;
use super::goals::{Aim, Demands, Goal, Method, Window, misses_some_time};
use super::seen::with_thresholds;
use super::setting::Setting;
use crate::dynamics::sgd::AccuracyKind;
use crate::probability::Tail;
use crate::theory::evidence::{Frequency, Judgement, ProbabilityClaim, share, too_few_runs};
use crate::theory::figures::{Figures, Side};
use crate::theory::prelude::*;
use num_traits::{One, Zero};

/// Sampled comparisons of one check: accuracy, norms, and directions.
const COMPARISONS: u64 = 3;

/// A conclusion that is certified, with what is known of it.
pub(super) struct Stated {
    pub goal: Goal,
    pub from: u64,
    pub bound: Tail,
    pub exact: Option<Q>,
    /// In how many runs it is there at the last step; where that may refute.
    pub sampled: Option<Frequency>,
}

impl Stated {
    fn claim<'a>(&'a self, share: &'a Q) -> ProbabilityClaim<'a> {
        ProbabilityClaim {
            bound: &self.bound,
            side: Side::AtLeast,
            exact: self.exact.as_ref(),
            sampled: self.sampled,
            share,
        }
    }

    pub fn quantity(&self, t: u64) -> Remark {
        match &self.goal.aim {
            Aim::Accuracy => remark!("P(accuracy = 1 at every step of [{}, {}])", self.from, t),
            Aim::Ratio(ratio) => remark!("P(ratio >= {} at step {})", *ratio, t),
            Aim::Direction(bound) => remark!("P(tan^2 <= {} for the winners at step {})", bound, t),
        }
    }
}

/// The simulated runs at the last step.
pub(super) struct Runs<'a> {
    /// In how many accuracy is 1; and was that decided exactly in every run, so that it may refute?
    perfect: Option<(Frequency, bool)>,
    ends: Option<&'a Ends>,
}

impl<'a> Runs<'a> {
    /// Those of a context.
    pub fn new(context: &Context<'a>) -> Self {
        Runs {
            perfect: perfect_runs(context),
            ends: context.ends,
        }
    }

    /// How often a conclusion is there, where that was decided exactly in every run.
    pub fn may_refute(&self, aim: &Aim, setting: &Setting) -> Option<Frequency> {
        match aim {
            Aim::Accuracy => {
                let decided = self.perfect.filter(|(_, exact)| *exact);
                decided.map(|(seen, _)| seen)
            }
            Aim::Ratio(ratio) => self.of_ends(|ends| ends.with_ratio(*ratio)),
            Aim::Direction(bound) => {
                let covered = setting.sides.each_ref().map(|side| side.covered);
                self.of_ends(|ends| ends.with_tangents(bound, covered))
            }
        }
    }

    fn of_ends(&self, successes: impl FnOnce(&Ends) -> u64) -> Option<Frequency> {
        let ends = self.ends?;
        Some(Frequency {
            successes: successes(ends),
            runs: ends.runs(),
        })
    }

    /// What was seen of each conclusion.
    pub fn figures(&self, stated: &[Stated], figures: &mut Figures) {
        let undecided = || Figure::Missing("accuracy was not decided in every run".into());
        let seen = self.perfect.as_ref();
        let seen = seen.map_or_else(undecided, |(seen, _)| seen.figure());
        figures.push(("sampled_frequency", seen));
        let of = |aim: fn(&Aim) -> bool| stated.iter().find(|stated| aim(&stated.goal.aim));
        for (name, found) in [
            (
                "sampled_ratio_frequency",
                of(|aim| matches!(aim, Aim::Ratio(_))),
            ),
            (
                "sampled_direction_frequency",
                of(|aim| matches!(aim, Aim::Direction(_))),
            ),
        ] {
            let seen = found.map(|stated| stated.sampled.as_ref());
            let missing = match seen {
                Some(Some(seen)) => {
                    figures.push((name, seen.figure()));
                    continue;
                }
                Some(None) => "where runs end is not known in machine integers",
                None => "no probability of it is bounded",
            };
            figures.missing(name, missing);
        }
    }
}

/// In how many simulated runs accuracy is 1 at the last step; and was that decided exactly in every run, so that it may
/// refute?
fn perfect_runs(context: &Context<'_>) -> Option<(Frequency, bool)> {
    let simulation = context.simulation?;
    let last = simulation.series.last()?;
    let at_end = last.t == context.problem.training().steps;
    let successes = last.perfect_runs.filter(|_| at_end)?;
    let runs = simulation.runs;
    let exact = last.accuracy_kind == AccuracyKind::Exact;
    Some((Frequency { successes, runs }, exact))
}

/// Judges what is stated, and puts it into an outcome.
///
/// The verdict rests on the first conclusion that what is sampled or exact of it could have refuted; there is none if the
/// runs are too few for each that says something.
pub(super) fn judge(stated: &[Stated], steps: u64, outcome: &mut Outcome) {
    let share = share(COMPARISONS);
    let mut holds = None;
    let mut too_few = None;
    for stated in stated {
        let claim = stated.claim(&share);
        let judged = claim.judge_into(outcome, CERTIFIED, steps, |violation| {
            with_thresholds(violation, &stated.goal)
        });
        outcome
            .comparisons
            .push(claim.comparison(stated.quantity(steps)));
        match judged {
            Judgement::Holds(layer) => holds = holds.or(Some((stated, layer))),
            Judgement::TooFewRuns(needed) => too_few = too_few.or(Some((stated, needed))),
            Judgement::Refuted(_) | Judgement::Vacuous | Judgement::NothingToCompare => {}
        }
    }
    if outcome.is_refuted() {
        return;
    }
    if let Some((stated, layer)) = holds {
        outcome.verdict = Verdict::Holds { layer };
        let extent = match stated.sampled.filter(|_| stated.exact.is_none()) {
            Some(seen) => remark!("t = {}, {}", steps, (seen.runs, "run")),
            None => remark!("t = {}", steps),
        };
        outcome.scope = Some(Scope::at(extent));
    } else if let Some((stated, needed)) = too_few {
        let runs = stated.sampled.map_or(0, |seen| seen.runs);
        outcome.undecided(too_few_runs(runs, needed));
    }
}

/// What second moments, exponentials and the form for ever by themselves certify of the ratio and of the directions, at the
/// last step.
pub(super) fn by_each_bound(
    demands: &Demands<'_>,
    end: &Window<'_, '_>,
    ratio: Option<&Stated>,
    direction: Option<&Stated>,
    figures: &mut Figures,
) {
    for (names, stated) in [
        (
            [
                "ratio_by_moments",
                "ratio_by_exponentials",
                "ratio_for_ever",
            ],
            ratio,
        ),
        (
            [
                "direction_by_moments",
                "direction_by_exponentials",
                "direction_for_ever",
            ],
            direction,
        ),
    ] {
        let aim = stated.map(|stated| &stated.goal.aim);
        let with = |method: Method| {
            let goal = match aim? {
                Aim::Ratio(ratio) => end.ratio_with(*ratio, method),
                Aim::Direction(bound) => end.direction_with(bound, method),
                Aim::Accuracy => None,
            };
            goal.map(|goal| end.failure(&goal).complement().positive_part())
        };
        let for_ever = aim.and_then(|aim| misses_some_time(demands, end.to, aim));
        let for_ever = for_ever.map(|missed| Tail::Exact((Q::one() - missed).max(Q::zero())));
        let bounds = [with(Method::Moments), with(Method::Exponential), for_ever];
        for (name, bound) in names.into_iter().zip(bounds) {
            match bound {
                Some(bound) => figures.push_probability(name, &bound, Side::AtLeast),
                None if aim.is_some() => {
                    figures.missing(name, "no thresholds satisfy the condition");
                }
                None => figures.missing(name, "no probability of it is bounded"),
            }
        }
    }
}
