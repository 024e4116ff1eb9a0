//! T6 (a) and (b): how likely it is that the updates are not yet over, against the exact law of SGD
//! where that is affordable, and against simulated runs.
//!
//! In both, M updates in T steps contradict the event, since the gate that is open at step T would allow one
//! more: hence `< M`, and not `<= M` (T6 in `docs/theory.md`).

use super::super::evidence::{Frequency, Judgement, ProbabilityClaim, share, too_few_runs};
use super::super::figures::{Figures, Side};
use super::super::prelude::*;
use super::super::settling::{
    Settled, Waiting, affordable_runs, checkpoints, figure_of_steps, settle, unsettled,
};
use crate::dynamics::law::Chain;
use crate::dynamics::sampler::Sampler;
use crate::probability::Tail;
use num_bigint::BigInt;
use num_traits::One;
use rayon::prelude::*;

/// Operations that one probability from the exact law may take.
const MAX_WORK: u64 = 50_000_000;

/// Runs that are followed for the sampled frequency.
const MAX_RUNS: u64 = 1_000;

/// Bounds on the updates of every path, and how long it may take until they are over.
pub(in crate::theory) struct Updates<'a> {
    /// Each with the name of its theorem, the sharpest last.
    pub bounds: &'a [(&'static str, BigInt)],
    /// With the least atom, unless that is too long a number.
    pub waiting: &'a Result<Waiting, Remark>,
    /// The theorems of `Statements.v` that cover (a) with the first of several bounds, and with the sharpest.
    pub proved: [Option<&'static str>; 2],
}

impl Updates<'_> {
    /// The lines of a theorem that says this: updates at most the least bound on every path; and, where a gate is closed
    /// only by a positive margin, that no gate is open any more, by (a).
    pub fn curves(&self, theorem: TheoremId, loss: Loss, times: &[u64]) -> Vec<Curve> {
        let most = self.bounds.iter().map(|(_, most)| most).min().cloned();
        let mut curves = updates_so_far(theorem, most.as_ref(), times);
        let (_, updates) = self.sharpest();
        if let (Ok(waiting), Loss::Hinge | Loss::Perceptron) = (self.waiting, loss) {
            let at = |&t: &u64| {
                let closed = Q::one() - waiting.tail(t, &updates).upper();
                (t, [Some(Value::Plain(closed))])
            };
            let said: Vec<_> = times.par_iter().map(at).collect();
            let quantity = (Quantity::PerfectAccuracy, AtLeast);
            let dynamics = Dynamics::Probability;
            curves.extend(Curve::all(theorem, &dynamics, [quantity], said));
        }
        curves
    }

    /// The sharpest bound, with its name.
    fn sharpest(&self) -> (&'static str, BigInt) {
        self.bounds.last().cloned().unwrap_or_default()
    }
}

/// At most one update a step, and no more than `most` on every path.
pub(in crate::theory) fn updates_so_far(
    theorem: TheoremId,
    most: Option<&BigInt>,
    times: &[u64],
) -> Vec<Curve> {
    let at = |t: u64| Some(Value::Plain(integer(most?.clone().min(t.into()))));
    let quantity = (Quantity::Updates, AtMost);
    Curve::of(theorem, &Dynamics::EveryPath, quantity, times, at)
}

/// (a).
pub(in crate::theory) const UNSETTLED: &str = "(a) P(some gate is open at step T)";

/// What follows from (a).
const IMPERFECT: &str = "(a) P(accuracy is below 1 at every step up to T)";

/// (b).
const INACCURATE: &str = "(b) P(accuracy is at most 1 - epsilon at every step up to T)";

/// The exact law at some steps.
struct Exact<'c, 'p> {
    claim: &'c Updates<'c>,
    waiting: &'c Waiting,
    chain: Option<&'c Chain<'p>>,
    /// `P(some gate is open)` at the checkpoints where it is affordable.
    open: Vec<(u64, Q)>,
    /// Why it ends there.
    limit: Remark,
}

impl<'c, 'p> Exact<'c, 'p> {
    fn new(
        context: &'c Context<'p>,
        claim: &'c Updates<'c>,
        waiting: &'c Waiting,
        times: &[u64],
    ) -> Self {
        let atoms = context.problem.distribution().atoms();
        let bits = atoms.map_or(u64::MAX, |table| table.weights().denominator.bits());
        let mut open = Vec::new();
        let mut follow = |chain: &Chain<'_>| -> Option<Remark> {
            for &t in times {
                let words = 1 + t.saturating_mul(bits) / 128;
                let work = (chain.n_transitions() as u64).saturating_mul(t);
                if work.saturating_mul(words) > MAX_WORK {
                    return Some(remark!(
                        "the exact law at step {} takes more than {} operations",
                        t,
                        MAX_WORK
                    ));
                }
                let Some(law) = chain.always(0, t, &|s| !chain.is_settled(s)) else {
                    let stop = chain.stopped().map(|stop| stop.to_string().into());
                    return stop.or_else(|| Some("a limit of the exact law".into()));
                };
                open.push((t, law));
            }
            None
        };
        let chain = context.chain();
        let limit = match chain {
            Ok(chain) => follow(chain),
            Err(stop) => Some(stop.to_string().into()),
        };
        Exact {
            claim,
            waiting,
            chain: chain.ok(),
            open,
            limit: limit.unwrap_or_else(|| "".into()),
        }
    }

    /// The last step at which it is affordable, of the checkpoints.
    fn last(&self) -> Option<u64> {
        self.open.last().map(|(t, _)| *t)
    }

    /// `P(some gate is open)` at a step.
    fn open(&self, t: u64) -> Option<&Q> {
        self.open.iter().find(|(at, _)| *at == t).map(|(_, q)| q)
    }

    /// The probability that no state up to the last affordable step is a target.
    fn never(&self, target: impl Fn(&Chain<'_>, usize) -> bool) -> Option<Q> {
        let chain = self.chain?;
        chain.always(0, self.last()?, &|s| !target(chain, s))
    }

    /// Adds a bound under the first name, and under the second what it bounds, if that is known.
    fn push(&self, figures: &mut Figures, names: [&'static str; 2], bound: &Tail, law: Option<&Q>) {
        figures.push_probability(names[0], bound, Side::AtMost);
        if let Some(law) = law {
            figures.compare(names[0], bound.upper(), law);
        }
        let missing = || Figure::Missing(self.limit.clone());
        let figure = law.map_or_else(missing, |law| Figure::Exact(law.clone()));
        figures.push((names[1], figure));
    }

    /// What (a) says of the last step.
    fn figures(&self, context: &Context<'_>, sampled: Option<Frequency>, outcome: &mut Outcome) {
        let (claim, waiting) = (self.claim, self.waiting);
        let steps = context.problem.training().steps;
        let (_, updates) = claim.sharpest();
        let sharp = waiting.tail(steps, &updates);
        let law = self.open(steps);
        let said = remark!(
            "Some gate is open at step {} with probability at most {}",
            steps,
            sharp.upper()
        );
        outcome.because.push(match (law, sampled) {
            (Some(law), _) => remark!("{}, and {} by the exact law.", said, law),
            (None, Some(seen)) => remark!(
                "{}; it is in {} of {}.",
                said,
                seen.successes,
                (seen.runs, "simulated run")
            ),
            (None, None) => remark!("{}.", said),
        });
        let figures = &mut outcome.figures;
        figures.number("least_atom", waiting.p.clone());
        let names = ["probability_open_gate_bound", "probability_open_gate_exact"];
        self.push(figures, names, &sharp, law);
        if let Some(theorem) = claim.proved[1].filter(|_| sharp.is_sharp()) {
            figures.proved(names[0], theorem);
        }
        let least_t = waiting.least_t(&updates, &context.budget.delta);
        figures.push(("least_certified_t", figure_of_steps(&least_t)));
        if let [(_, updates), _, ..] = claim.bounds {
            let classic = waiting.tail(steps, updates);
            let name = "probability_open_gate_bound_classic";
            figures.push_probability(name, &classic, Side::AtMost);
            if let Some(theorem) = claim.proved[0].filter(|_| classic.is_sharp()) {
                figures.proved(name, theorem);
            }
        }
        if let Some(seen) = sampled {
            figures.push(("probability_open_gate_sampled", seen.figure()));
        }
    }

    /// Accuracy below 1, and (b), at the last step where the exact law is affordable.
    fn accuracy(&self, context: &Context<'_>, outcome: &mut Outcome) {
        let steps = context.problem.training().steps;
        let delta = &context.budget.delta;
        let at = self.last().unwrap_or(steps);
        let mut events = vec![(
            IMPERFECT,
            remark!("P(accuracy below 1 at every step up to {})", at),
            self.waiting.clone(),
            self.never(|chain, s| chain.is_perfect(s)),
        )];
        let mut levels = vec![ratio(1, 2), ratio(1, 10), ratio(1, 100)];
        if !levels.contains(delta) {
            levels.push(delta.clone());
        }
        events.extend(levels.into_iter().map(|epsilon| {
            let least = Q::one() - &epsilon;
            let event = remark!(
                "P(accuracy at most 1 - {} at every step up to {})",
                &epsilon,
                at
            );
            let law = self.never(|chain, s| chain.accuracy(s) > least);
            (
                INACCURATE,
                event,
                Waiting {
                    batch: self.waiting.batch,
                    ..Waiting::new(epsilon)
                },
                law,
            )
        }));
        let share = share(1);
        let (sharpest, updates) = self.claim.sharpest();
        for (clause, event, waiting, law) in &events {
            for (name, updates) in self.claim.bounds {
                let bound = waiting.tail(at, updates);
                let claim = ProbabilityClaim::at_most(&bound, law.as_ref(), None, &share);
                claim.judge_into(outcome, clause, at, |violation| {
                    let violation = violation.with("updates", integer(updates.clone()).into());
                    violation.with("p", waiting.p.clone().into())
                });
                if law.is_some() || *name == sharpest {
                    let quantity = remark!("{} ({})", event.clone(), *name);
                    outcome.comparisons.push(claim.comparison(quantity));
                }
            }
        }
        let low = events.iter().skip(1).find(|event| event.2.p == *delta);
        for (event, names) in [
            (
                events.first(),
                [
                    "probability_not_perfect_bound",
                    "probability_not_perfect_exact",
                ],
            ),
            (
                low,
                [
                    "probability_low_accuracy_bound",
                    "probability_low_accuracy_exact",
                ],
            ),
        ] {
            if let Some((_, _, waiting, law)) = event {
                let bound = waiting.tail(steps, &updates);
                let law = law.as_ref().filter(|_| at == steps);
                self.push(&mut outcome.figures, names, &bound, law);
            }
        }
    }
}

/// The simulated runs, in exact arithmetic; empty if they are too long, or leave machine integers.
fn simulated(problem: &Problem) -> Vec<Settled> {
    let steps = problem.training().steps;
    let runs = affordable_runs(problem, steps, MAX_RUNS.min(problem.training().runs));
    let sampler = Sampler::new(problem.distribution());
    let ends: Option<Vec<Settled>> = (0..runs)
        .into_par_iter()
        .map(|run| settle(problem, &sampler, run, steps))
        .collect();
    ends.unwrap_or_default()
}

/// Compares (a) and (b) for all bounds on the updates.
pub(in crate::theory) fn probabilities(
    context: &Context<'_>,
    claim: &Updates<'_>,
    outcome: &mut Outcome,
) {
    let problem = context.problem;
    let steps = problem.training().steps;
    let waiting = match claim.waiting {
        Ok(waiting) => waiting,
        Err(limit) => {
            let text = remark!("Nothing is said about probabilities: {}.", limit.clone());
            outcome.because.push(text);
            for name in ["probability_open_gate_bound", "least_certified_t"] {
                outcome.figures.missing(name, limit.clone());
            }
            return;
        }
    };
    let times = checkpoints(steps);
    let exact = Exact::new(context, claim, waiting, &times);
    // Where the exact law reaches the end, nothing is left for sampling to show.
    let ends = if exact.last() == Some(steps) {
        Vec::new()
    } else {
        simulated(problem)
    };
    let runs = ends.len() as u64;
    let share = share((times.len() * claim.bounds.len()) as u64);
    let sampled = |t: u64| {
        let successes = unsettled(&ends, t);
        (runs > 0).then_some(Frequency { successes, runs })
    };
    let mut untried = None;
    for (name, updates) in claim.bounds {
        for &t in &times {
            let bound = waiting.tail(t, updates);
            let claim = ProbabilityClaim::at_most(&bound, exact.open(t), sampled(t), &share);
            let updates = integer(updates.clone()).into();
            let detailed = |violation: Violation| violation.with("updates", updates);
            match claim.judge_into(outcome, UNSETTLED, t, detailed) {
                Judgement::TooFewRuns(needed) if t == steps => {
                    untried = Some(too_few_runs(runs, needed));
                }
                Judgement::NothingToCompare if t == steps => {
                    untried = Some("no run could be followed".into());
                }
                _ => {}
            }
            if t == steps || exact.last() == Some(t) {
                let quantity = remark!("P(some gate is open at step {}) ({})", t, *name);
                outcome.comparisons.push(claim.comparison(quantity));
            }
        }
    }
    if !context.verdict_only {
        exact.figures(context, sampled(steps), outcome);
    }
    if let Some(why) = untried {
        let text = remark!(
            "That probability was not put to the test at step {}: {}.",
            steps,
            why
        );
        outcome.because.push(text);
    }
    exact.accuracy(context, outcome);
}

#[cfg(test)]
mod tests {
    use super::super::MistakeBound;
    use super::super::examples::two_filters;
    use super::*;
    use crate::problem::assumption::audit;

    /// Where UNSETTLED holds, so do the other two for every claim of this form: each is put to the test alone, with no
    /// updates at all in its bound.
    #[test]
    fn accuracy_below_one_and_low_accuracy_are_compared_by_themselves() {
        // The label + is wrong until it is drawn.
        let problem = two_filters([["1/8", "0"], ["1/4", "1/8"]], "1", 3);
        let audits = audit(&problem);
        let context = Context::new(&problem, &audits);
        let least = Waiting::with_least_atom(problem.distribution()).expect("a short number");
        let certain = Waiting {
            below: |_, _, _| Tail::one(),
            ..least.clone()
        };
        let judged = |updates: u32, waiting: &Waiting| {
            let (bounds, waiting) = ([("T6", updates.into())], Ok(waiting.clone()));
            let claim = Updates {
                bounds: &bounds,
                waiting: &waiting,
                proved: [None; 2],
            };
            let mut outcome = Outcome::new(MistakeBound::RECORD);
            let waiting = waiting.as_ref().expect("a short number");
            let exact = Exact::new(&context, &claim, waiting, &[3]);
            exact.accuracy(&context, &mut outcome);
            outcome.violation().map(|violation| violation.claim)
        };
        assert_eq!(judged(9, &least), None);
        assert_eq!(judged(0, &least), Some(IMPERFECT));
        assert_eq!(judged(0, &certain), Some(INACCURATE));
    }
}
