//! Sampled evidence and what it may decide: the one place where a simulated frequency refutes a claim, and
//! where a claim that the runs could not have refuted is told from one that they support.
//!
//! Every sampled refutation of one `check` has its share of one total error probability, [`TOTAL_ERROR`]:
//! the theorems that compare frequencies have equal parts of it, and each divides its part equally
//! between its comparisons. A frequency refutes `P >= b` if, were the probability b, as few successes as were
//! seen (or fewer) would have at most that share; so the union of all wrong refutations has at most the total.
//! Intervals that are shown to people have another level, [`shown_confidence`], and decide nothing.

use super::super::figures::{Side, says_nothing};
use super::super::remark::Remark;
use super::super::verdict::{Comparison, Figure, Layer, Outcome};
use super::super::violation::{Course, Place, Relation, Violation};
use crate::dynamics::float::lift;
use crate::number::{Q, integer, ratio};
use crate::probability::Tail;
use crate::probability::interval::clopper_pearson;
use crate::remark;
use num_traits::{One, ToPrimitive};

/// Total error probability of the sampled refutations of one `check`: one in this number.
pub const TOTAL_ERROR: u64 = 1_000_000_000;

/// Theorems that compare simulated frequencies with probabilities: T4, T5, T6, T9, T11, T13 and T14.
pub const SAMPLING_THEOREMS: u64 = 7;

/// The level of the intervals that are shown: 99/100.
pub fn shown_confidence() -> Q {
    ratio(99, 100)
}

/// Error probability of one of `comparisons` sampled comparisons of one theorem.
pub fn share(comparisons: u64) -> Q {
    let all = integer(TOTAL_ERROR) * integer(SAMPLING_THEOREMS) * integer(comparisons.max(1));
    all.recip()
}

/// How often something was seen in independent runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frequency {
    /// Runs in which it was seen.
    pub successes: u64,
    /// All runs.
    pub runs: u64,
}

impl Frequency {
    /// The frequency with the interval that is shown.
    pub fn figure(&self) -> Figure {
        let confidence = shown_confidence();
        Figure::Estimate {
            estimate: self.successes as f64 / self.runs.max(1) as f64,
            ci: clopper_pearson(self.successes, self.runs, &confidence),
            confidence,
            runs: self.runs,
        }
    }

    /// Is this frequency out of reach of a probability that keeps the bound, at error probability `share`?
    pub fn refutes(&self, bound: &Q, side: Side, share: &Q) -> bool {
        // Each end of the interval has half of its error probability.
        let ends = clopper_pearson(self.successes, self.runs, &(Q::one() - share * integer(2)));
        match side {
            Side::AtLeast => lift(ends[1]).is_some_and(|high| high < *bound),
            Side::AtMost => lift(ends[0]).is_some_and(|low| low > *bound),
        }
    }
}

/// Numbers of runs are told up to this one: the frequencies of more are not told apart by floats.
const MOST_RUNS: u64 = 1 << 52;

/// The least number of runs that could refute the bound: if all of them failed, that would have at most
/// probability `share` under it. `None` if none up to 2^52 could (a bound that says nothing, or nearly so).
pub fn runs_needed(bound: &Q, side: Side, share: &Q) -> Option<u64> {
    let worst = |runs: u64| {
        let successes = match side {
            Side::AtLeast => 0,
            Side::AtMost => runs,
        };
        Frequency { successes, runs }.refutes(bound, side, share)
    };
    let failing = match side {
        Side::AtLeast => (-bound.to_f64()?).ln_1p(),
        Side::AtMost => bound.to_f64()?.ln(),
    };
    if failing == 0.0 || failing.is_nan() {
        return None;
    }
    let guess = (share.to_f64()?.ln() / failing).ceil();
    let mut runs = (guess < MOST_RUNS as f64).then_some((guess as u64).max(1))?;
    // The guess is off by one or two at most, by rounding.
    while runs > 1 && worst(runs - 1) {
        runs -= 1;
    }
    (0..4).find_map(|more| worst(runs + more).then_some(runs + more))
}

/// A claim about the probability of an event: that it is at least, or at most, a bound.
#[derive(Debug, Clone)]
pub struct ProbabilityClaim<'a> {
    /// The bound; the weaker end of an enclosure is what is claimed.
    pub bound: &'a Tail,
    /// Which side it is on.
    pub side: Side,
    /// The probability itself, by the exact law of SGD.
    pub exact: Option<&'a Q>,
    /// The frequency over simulated runs.
    pub sampled: Option<Frequency>,
    /// Error probability of a sampled refutation.
    pub share: &'a Q,
}

/// What is known of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// It says nothing: no probability could violate it.
    Vacuous,
    /// It holds, by this evidence.
    Holds(Layer),
    /// It is violated, by this evidence.
    Refuted(Layer),
    /// The runs could not have refuted it; so many could have, if that can be said.
    TooFewRuns(Option<u64>),
    /// There is neither an exact probability nor a run.
    NothingToCompare,
}

impl<'a> ProbabilityClaim<'a> {
    /// A bound from above.
    pub fn at_most(
        bound: &'a Tail,
        exact: Option<&'a Q>,
        sampled: Option<Frequency>,
        share: &'a Q,
    ) -> Self {
        ProbabilityClaim {
            bound,
            side: Side::AtMost,
            exact,
            sampled,
            share,
        }
    }

    /// The end of the bound that is claimed.
    pub fn claimed(&self) -> &Q {
        match self.side {
            Side::AtLeast => self.bound.lower(),
            Side::AtMost => self.bound.upper(),
        }
    }

    /// The violation that a judgement of [`Judgement::Refuted`] means: by the exact law, or by the runs.
    pub fn violation(&self, clause: &'static str, step: u64, layer: Layer) -> Violation {
        let relation = self.relation();
        let claimed = self.claimed().clone();
        match (layer, self.exact, self.sampled) {
            (Layer::Sampled, _, Some(seen)) | (_, None, Some(seen)) => {
                let place = Place::of(Course::Runs(seen.runs)).at(step);
                let frequency = Q::new(seen.successes.into(), seen.runs.max(1).into());
                Violation::new(place, clause, relation, claimed, frequency)
                    .with("successes", seen.successes.into())
                    .with("error_probability", self.share.clone().into())
            }
            (_, exact, _) => {
                let place = Place::of(Course::Law).at(step);
                let found = exact.cloned().unwrap_or_else(|| claimed.clone());
                Violation::new(place, clause, relation, claimed, found)
            }
        }
    }

    /// The claim beside the exact probability and the frequency, as a row of a report.
    pub fn comparison(&self, quantity: impl Into<Remark>) -> Comparison {
        let (bound, side) = (self.bound, self.side);
        let margin = |exact: &Q| match side {
            Side::AtMost => Tail::between(bound.lower() - exact, bound.upper() - exact),
            Side::AtLeast => Tail::between(exact - bound.upper(), exact - bound.lower()),
        };
        Comparison {
            quantity: quantity.into(),
            relation: self.relation(),
            theory: Some(Figure::from(bound)),
            exact: self.exact.cloned().map(Figure::Exact),
            simulated: self.sampled.map(|seen| seen.figure()),
            margin: self.exact.map(|exact| Figure::from(&margin(exact))),
            layer: match (self.exact, bound) {
                (None, _) => Layer::Sampled,
                (Some(_), Tail::Exact(_)) => Layer::Exact,
                (Some(_), Tail::Enclosed { .. }) => Layer::Enclosed,
            },
        }
    }

    fn relation(&self) -> Relation {
        match self.side {
            Side::AtLeast => Relation::AtLeast,
            Side::AtMost => Relation::AtMost,
        }
    }

    /// Judges the claim about this step; if it fails, refutes by a violation of this clause, with what `details` adds.
    pub fn judge_into(
        &self,
        outcome: &mut Outcome,
        clause: &'static str,
        step: u64,
        details: impl FnOnce(Violation) -> Violation,
    ) -> Judgement {
        let judged = self.judge();
        if let Judgement::Refuted(layer) = judged {
            outcome.refute(details(self.violation(clause, step, layer)), layer);
        }
        judged
    }

    /// Judges the claim by the exact probability, else by the frequency.
    pub fn judge(&self) -> Judgement {
        let claimed = self.claimed();
        if self
            .exact
            .is_some_and(|exact| !self.relation().holds(exact, claimed))
        {
            return Judgement::Refuted(Layer::Exact);
        }
        if says_nothing(self.bound, self.side) {
            return Judgement::Vacuous;
        }
        match (self.exact, self.sampled) {
            (Some(_), _) => Judgement::Holds(Layer::Exact),
            (None, None) => Judgement::NothingToCompare,
            (None, Some(seen)) => {
                if seen.refutes(claimed, self.side, self.share) {
                    return Judgement::Refuted(Layer::Sampled);
                }
                let needed = runs_needed(claimed, self.side, self.share);
                if needed.is_none_or(|needed| seen.runs < needed) {
                    return Judgement::TooFewRuns(needed);
                }
                Judgement::Holds(Layer::Sampled)
            }
        }
    }
}

/// The limit of an undecided sampled claim: how many runs there are, and how many are needed.
pub fn too_few_runs(runs: u64, needed: Option<u64>) -> Remark {
    match needed {
        Some(needed) => remark!(
            "{} could not have refuted the bound; at least {} are needed (training.runs)",
            (runs, "run"),
            needed
        ),
        None => remark!(
            "{} could not have refuted the bound, more than {} are needed",
            (runs, "run"),
            MOST_RUNS
        ),
    }
}
