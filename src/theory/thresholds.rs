//! What T4 and T5 share. Both bound a probability from below by thresholds: least numbers of samples b_y of each
//! label, largest distances lambda_k of the walks of background patterns. Here are the tails of what thresholds
//! ask for, and a bound beside what is known of the probability.

use super::evidence::{Certified, Frequency, Judgement, NotFound, ProbabilityClaim, too_few_runs};
use super::figures::{Figures, Side};
use super::prelude::*;
use crate::dynamics::law::Chain;
use crate::number::{largest_near, largest_where, sqrt_ru};
use crate::probability::fixed::{FixedLaw, ONE, Tails, units_ru};
use crate::probability::{Tail, binomial_below, hoeffding_ru};
use num_traits::{One, ToPrimitive, Zero};
use std::cell::OnceCell;

/// Thresholds of T4 or T5, with an upper bound of the probability that they are missed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissedThresholds {
    /// b_+ and b_-.
    pub counts: [u64; 2],
    /// lambda_k, one a background pattern.
    pub walks: Vec<u64>,
    /// `sum_y P(B_y(t) < b_y) + sum_k P(S*_k(t) > lambda_k)` is at most this.
    pub failure: Q,
}

/// The numbers B_y of samples of each label among the first t.
#[derive(Debug)]
pub(super) struct LabelCounts {
    t: u64,
    prior: [Q; 2],
    plus: Option<Tails>,
}

impl LabelCounts {
    /// Binomial, by the probabilities of the labels; tails by Hoeffding where the law takes more products.
    pub fn new(prior: &[Q; 2], t: u64, max_products: u64) -> Self {
        let law = FixedLaw::of_first(prior).and_then(|law| law.power(t, max_products));
        LabelCounts {
            t,
            prior: prior.clone(),
            plus: law.map(Tails::of),
        }
    }

    /// `P(B_y < b)` in units: lower and upper bound.
    pub fn below(&self, label: Label, b: u64) -> (u128, u128) {
        match (&self.plus, label) {
            _ if b == 0 => (0, 0),
            _ if b > self.t => (ONE, ONE),
            (Some(law), Label::Plus) => law.less(b as i64),
            (Some(law), Label::Minus) => law.at_least((self.t - b) as i64 + 1),
            (None, _) => {
                let tail = hoeffding_ru(self.t, &self.prior[label.index()], b);
                (0, units_ru(&tail))
            }
        }
    }

    /// The largest b with `P(B_y < b) <= 2^-e`, for e up to [`crate::probability::fixed::UNIT_BITS`], as the upper bound of [`Self::below`] has it.
    pub fn largest(&self, label: Label, e: u32) -> u64 {
        let level = ONE >> e;
        let holds = |b| self.below(label, b).1 <= level;
        if self.plus.is_some() {
            return largest_where(0, self.t, holds);
        }
        // Hoeffding's bound is at most 2^-e about where 2 (t pi - b + 1)^2 / t is at least e ln 2.
        let mean = integer(self.t) * &self.prior[label.index()];
        let distance = sqrt_ru(&(integer(self.t) * integer(e) * ratio(6_931_472, 20_000_000)));
        let guess = (mean - distance + Q::one()).to_integer().to_u64();
        largest_near(0, self.t, guess.unwrap_or(0), holds)
    }

    /// `sum_y P(B_y < b_y)`, exact or enclosed.
    pub fn missed(&self, b: [u64; 2]) -> Tail {
        Label::BOTH.iter().fold(Tail::zero(), |sum, &y| {
            let prior = &self.prior[y.index()];
            sum.add(&binomial_below(self.t, prior, b[y.index()]))
        })
    }
}

/// For a near miss about what thresholds imply: no probability is claimed, so that nothing but the implication can
/// fail.
pub(super) fn no_probability(_tails: &Tail) -> Tail {
    Tail::one()
}

/// Different values, in order of first appearance, each with the indices that have it.
pub(super) fn grouped<T: PartialEq>(values: impl IntoIterator<Item = T>) -> Vec<(T, Vec<usize>)> {
    let mut groups: Vec<(T, Vec<usize>)> = Vec::new();
    for (i, value) in values.into_iter().enumerate() {
        match groups.iter_mut().find(|(found, _)| *found == value) {
            Some((_, members)) => members.push(i),
            None => groups.push((value, vec![i])),
        }
    }
    groups
}

/// The exact law of SGD up to the last step of the problem.
///
/// # Errors
/// The limit that stops it before.
pub(super) fn whole_law<'c, 'p>(context: &'c Context<'p>) -> Result<&'c Chain<'p>, Remark> {
    let chain = context.chain().map_err(|stop| stop.to_string())?;
    match chain.stopped() {
        Some(stop) if stop.t < context.problem.training().steps => Err(stop.to_string().into()),
        _ => Ok(chain),
    }
}

/// The ratios of norms that T4 and T12 try, ascending.
pub(super) const RATIOS: [u64; 7] = [2, 3, 5, 10, 20, 50, 100];

/// The exact law, with what is read off a state once it was asked for.
pub(super) struct StateLaw<'c, 'p, T> {
    /// The law as a chain.
    pub chain: &'c Chain<'p>,
    read: Vec<OnceCell<T>>,
}

impl<'c, 'p, T: Clone> StateLaw<'c, 'p, T> {
    /// The exact law, or the limit that keeps it from the problem's last step.
    pub fn new(context: &'c Context<'p>) -> Result<Self, Remark> {
        let chain = whole_law(context)?;
        let read = vec![OnceCell::new(); chain.n_states()];
        Ok(StateLaw { chain, read })
    }

    /// States times these steps.
    pub fn work(&self, steps: u64) -> u64 {
        steps.saturating_mul(self.read.len() as u64)
    }

    /// What `read` reads off a state.
    pub fn of(&self, state: usize, read: impl FnOnce() -> T) -> &T {
        self.read[state].get_or_init(read)
    }

    /// `P(the state is good at every s in [from, to])`, or the limit.
    pub fn always(&self, from: u64, to: u64, good: &dyn Fn(usize) -> bool) -> Result<Q, Remark> {
        let found = self.chain.always(from, to, good);
        found.ok_or_else(|| "beyond its limits at the last step".into())
    }
}

/// What is known of the probability of an event at the last step.
#[derive(Debug)]
pub(super) struct Known {
    /// The last step.
    pub t: u64,
    /// By the exact law, or the limit that keeps it away.
    pub exact: Result<Q, Remark>,
    /// Over the exact end points of simulated runs; `None` where these do not fit machine integers.
    pub sampled: Option<Frequency>,
}

impl Known {
    /// The claim that the probability is at least this.
    pub fn claim<'a>(&'a self, bound: &'a Tail, share: &'a Q) -> ProbabilityClaim<'a> {
        ProbabilityClaim {
            bound,
            side: Side::AtLeast,
            exact: self.exact.as_ref().ok(),
            sampled: self.sampled,
            share,
        }
    }

    /// What a verdict is reached on.
    pub fn scope(&self) -> Scope {
        match (&self.exact, self.sampled) {
            (Err(_), Some(seen)) => Scope::at(remark!("t = {}, {}", self.t, (seen.runs, "run"))),
            _ => Scope::at(remark!("t = {}", self.t)),
        }
    }

    /// The verdict that the judgement of a bound means, unless something was refuted.
    pub fn conclude(&self, outcome: &mut Outcome, judged: Judgement) {
        if outcome.is_refuted() {
            return;
        }
        match judged {
            Judgement::Refuted(_) => {}
            Judgement::Vacuous => outcome.vacuous = true,
            Judgement::Holds(layer) => outcome.verdict = Verdict::Holds { layer },
            Judgement::TooFewRuns(needed) => {
                let runs = self.sampled.map_or(0, |seen| seen.runs);
                outcome.undecided(too_few_runs(runs, needed));
            }
            Judgement::NothingToCompare => {
                let limit = self.exact.as_ref().err().cloned();
                outcome.undecided(remark!(
                    "end points do not fit machine integers; the exact law: {}",
                    limit.unwrap_or_else(|| "".into())
                ));
            }
        }
    }

    /// The probability that the event fails: exactly, else as it was seen.
    fn fails(&self) -> Option<Q> {
        let missed =
            |seen: Frequency| Q::new((seen.runs - seen.successes).into(), seen.runs.max(1).into());
        match &self.exact {
            Ok(exact) => Some(Q::one() - exact),
            Err(_) => self.sampled.map(missed),
        }
    }

    /// The reported bound, covered by this theorem of `Statements.v`; what was sampled; and the exact
    /// probability.
    pub fn figures(
        &self,
        figures: &mut Figures,
        bound: Option<&Tail>,
        proof: Option<&'static str>,
        shown: fn(&Q) -> Figure,
    ) {
        let name = "probability_lower_bound";
        push_bound(figures, name, bound.unwrap_or(&Tail::zero()), proof);
        if let (Some(bound), Some(fails)) = (bound, self.fails()) {
            figures.compare(name, &(Q::one() - bound.lower()), &fails);
        }
        let too_large = || Figure::Missing("end points do not fit machine integers".into());
        let seen = self.sampled.map_or_else(too_large, |seen| seen.figure());
        figures.push(("sampled_frequency", seen));
        let limit = |limit: &Remark| Figure::Missing(limit.clone());
        figures.push((
            "exact_probability",
            self.exact.as_ref().map_or_else(limit, shown),
        ));
    }

    /// What was certified of the event, in the form of this name, and what decided.
    pub fn because(&self, event: Remark, best: Option<(&'static str, &Tail)>) -> Remarks {
        let mut text = Remarks::from(match best {
            Some((form, bound)) if *bound.lower() > Q::zero() => remark!(
                "{}: certified with probability at least {} ({} form)",
                event,
                bound.lower(),
                form
            ),
            _ => remark!("{}: no probability is certified", event),
        });
        text.push(match (&self.exact, self.sampled) {
            (Ok(exact), _) => remark!("; exactly it is {}.", exact),
            (Err(_), Some(seen)) => {
                remark!("; seen in {} of {}.", seen.successes, (seen.runs, "run"))
            }
            (Err(_), None) => ".".into(),
        });
        text
    }
}

/// Adds a lower bound of a probability, and the theorem of `Statements.v` that covers it.
pub(super) fn push_bound(
    figures: &mut Figures,
    name: &'static str,
    bound: &Tail,
    proof: Option<&'static str>,
) {
    figures.push_probability(name, bound, Side::AtLeast);
    if let Some(theorem) = proof {
        figures.proved(name, theorem);
    }
}

/// Adds the least certified step, or why there is none.
pub(super) fn push_least(
    figures: &mut Figures,
    name: &'static str,
    found: Result<Certified, NotFound>,
) {
    let figure = found.map_or_else(|none| Figure::Missing(none.limit()), Certified::figure);
    figures.push((name, figure));
}
