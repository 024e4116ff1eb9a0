//! T6 (a) and (b): how likely it is that the updates are not yet over, against the exact law of SGD
//! where that is affordable, and against simulated runs.
//!
//! With M any bound on the updates of every path, at any step T:
//!
//! - (a) `P(some margin < 1 at step T) <= P(Bin(T, p_min) < M)`, p_min the least probability of an
//!   atom. If accuracy was below 1 at every step up to T, some margin is below 1 at step T, so the
//!   same bounds `P(accuracy(t) < 1 for all t <= T)`.
//! - (b) `P(accuracy(t) <= 1 - epsilon for all t <= T) <= P(Bin(T, epsilon) < M)`: images of mass
//!   epsilon or more have a margin of at most 0, so at each of these steps an update has probability
//!   epsilon or more.
//!
//! In both, M updates in T steps contradict the event: the gate that is open at step T would allow
//! one more. Hence `< M`, and not `<= M`.

use super::super::context::Context;
use super::super::drift::short;
use super::super::evidence::{Frequency, Judgement, ProbabilityClaim, share, too_few_runs};
use super::super::figures::{Figures, Side};
use super::super::settling::{
    Miss, Settled, Waiting, affordable_runs, checkpoints, figure_of_steps, settle, unsettled,
};
use super::super::theorem::Theory;
use super::super::verdict::{Comparison, Figure, Layer};
use crate::dynamics::law::Chain;
use crate::dynamics::sampler::Sampler;
use crate::number::{Q, ratio};
use crate::probability::Tail;
use crate::problem::Problem;
use crate::theory::violation::Relation;
use num_bigint::BigInt;
use num_traits::One;
use rayon::prelude::*;
use serde_json::{Value, json};

/// Operations that one probability from the exact law may take.
const MAX_WORK: u64 = 50_000_000;

/// Runs that are followed for the sampled frequency.
const MAX_RUNS: u64 = 1_000;

/// A refutation: the sentence, the witness, and what it rests on.
pub(super) type Refutation = (String, Value, Layer);

/// What was found about the two probabilities.
#[derive(Default)]
pub(super) struct Found {
    pub figures: Figures,
    pub comparisons: Vec<Comparison>,
    pub refutation: Option<Refutation>,
    /// One sentence.
    pub because: String,
}

/// The exact law at some steps.
struct Exact<'c, 'p> {
    chain: Option<&'c Chain<'p>>,
    /// The last step at which it is affordable, of the checkpoints.
    last: Option<u64>,
    /// `P(some margin < 1)` at the checkpoints up to that.
    open: Vec<(u64, Q)>,
    /// Why it ends there.
    limit: String,
}

impl<'c, 'p> Exact<'c, 'p> {
    fn new(context: &'c Context<'p>, times: &[u64]) -> Self {
        let mut exact = Exact {
            chain: None,
            last: None,
            open: Vec::new(),
            limit: String::new(),
        };
        let chain = match context.chain() {
            Ok(chain) => chain,
            Err(stop) => {
                exact.limit = stop.to_string();
                return exact;
            }
        };
        exact.chain = Some(chain);
        let bits = context
            .problem
            .distribution()
            .atoms()
            .map_or(u64::MAX, |table| table.weights().denominator.bits());
        for &t in times {
            let words = 1 + t.saturating_mul(bits) / 128;
            let work = (chain.n_transitions() as u64)
                .saturating_mul(t)
                .saturating_mul(words);
            if work > MAX_WORK {
                exact.limit =
                    format!("the exact law at step {t} takes more than {MAX_WORK} operations");
                break;
            }
            let Some(open) = chain.always(0, t, &|s| !chain.is_settled(s)) else {
                exact.limit = chain.stopped().map_or_else(
                    || "a limit of the exact law".to_owned(),
                    ToString::to_string,
                );
                break;
            };
            exact.open.push((t, open));
            exact.last = Some(t);
        }
        exact
    }

    /// The probability that no state up to the last affordable step is a target.
    fn never(&self, target: impl Fn(&Chain<'_>, usize) -> bool) -> Option<Q> {
        let chain = self.chain?;
        chain.always(0, self.last?, &|s| !target(chain, s))
    }

    fn figure(&self, at: u64) -> Figure {
        match self.open.iter().find(|(t, _)| *t == at) {
            Some((_, open)) => Figure::Exact(open.clone()),
            None => Figure::Missing(self.limit.clone().into()),
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

/// One comparison of a probability with its bound.
fn row(quantity: String, bound: &Tail, exact: Option<&Q>, simulated: Option<Figure>) -> Comparison {
    Comparison {
        quantity: quantity.into(),
        relation: Relation::AtMost,
        theory: Some(Figure::from(bound)),
        exact: exact.cloned().map(Figure::Exact),
        simulated,
        margin: exact.map(|q| {
            let ends = [bound.lower() - q, bound.upper() - q];
            let [lo, hi] = ends;
            if lo == hi {
                Figure::Exact(lo)
            } else {
                Figure::Enclosure(lo, hi)
            }
        }),
        layer: match (exact, bound) {
            (None, _) => Layer::Sampled,
            (Some(_), Tail::Exact(_)) => Layer::Exact,
            (Some(_), Tail::Enclosed { .. }) => Layer::Enclosed,
        },
    }
}

/// A refutation by the exact law.
fn exceeded(what: &str, t: u64, updates: &BigInt, p: &Q, bound: &Q, found: &Q) -> Refutation {
    let text = format!(
        "Step {t}: {what} has probability {} by the exact law, claimed at most {}.",
        short(found),
        short(bound)
    );
    let witness = json!({
        "step": t,
        "event": what,
        "claimed_updates": updates.to_string(),
        "p": p.to_string(),
        "claimed": bound.to_string(),
        "found": found.to_string(),
    });
    (text, witness, Layer::Exact)
}

/// Compares (a) and (b) for bounds on the updates, the sharpest last.
pub(super) fn probabilities(
    context: &Context<'_>,
    bounds: &[(&'static str, BigInt)],
    theory: Theory,
) -> Found {
    let problem = context.problem;
    let steps = problem.training().steps;
    let mut found = Found::default();
    let miss = match theory {
        Theory::Wrong(5) => Some(Miss::LargestAtom),
        Theory::Wrong(6) => Some(Miss::TenthOfTheTail),
        Theory::Wrong(7) => Some(Miss::AThirdOfTheUpdates),
        _ => None,
    };
    let waiting = match Waiting::new(problem.distribution(), miss) {
        Ok(waiting) => waiting,
        Err(limit) => {
            found.because = format!(" Nothing is said about probabilities: {limit}.");
            for name in ["probability_open_gate_bound", "least_certified_t"] {
                found
                    .figures
                    .push((name, Figure::Missing(limit.clone().into())));
            }
            return found;
        }
    };
    let times = checkpoints(steps);
    let exact = Exact::new(context, &times);
    // Where the exact law reaches the end, nothing is left for sampling to show.
    let ends = if exact.last == Some(steps) {
        Vec::new()
    } else {
        simulated(problem)
    };
    let runs = ends.len() as u64;
    let share = share((times.len() * bounds.len()) as u64);
    let sampled = |t: u64| {
        (runs > 0).then(|| Frequency {
            successes: unsettled(&ends, t),
            runs,
        })
    };
    let mut untried = None;
    for (name, updates) in bounds {
        for &t in &times {
            let tail = waiting.tail(t, updates);
            let law = exact.open.iter().find(|(at, _)| *at == t).map(|(_, q)| q);
            let seen = sampled(t);
            let frequency = seen.map(|seen| seen.figure());
            let claim = ProbabilityClaim {
                bound: &tail,
                side: Side::AtMost,
                exact: law,
                sampled: seen,
                share: &share,
            };
            match (claim.judge(), law) {
                (Judgement::Refuted(Layer::Exact), Some(law)) => {
                    found.refutation.get_or_insert_with(|| {
                        exceeded(
                            "some margin below 1",
                            t,
                            updates,
                            &waiting.p,
                            tail.upper(),
                            law,
                        )
                    });
                }
                (Judgement::Refuted(_), _) => {
                    found.refutation.get_or_insert_with(|| {
                        let successes = unsettled(&ends, t);
                        let text = format!(
                            "Some margin is below 1 at step {t} of {successes} of {runs} runs; were its probability at most {}, so many would have a probability of at most {}.",
                            short(tail.upper()),
                            short(&share)
                        );
                        let witness = json!({
                            "step": t,
                            "runs": runs,
                            "seed": problem.training().seed,
                            "successes": successes,
                            "claimed": tail.upper().to_string(),
                            "error_probability": share.to_string(),
                        });
                        (text, witness, Layer::Sampled)
                    });
                }
                (Judgement::TooFewRuns(needed), _) if t == steps => {
                    untried = Some(too_few_runs(runs, needed));
                }
                (Judgement::NothingToCompare, _) if t == steps => {
                    untried = Some("no run could be followed".into());
                }
                _ => {}
            }
            if t == steps || exact.last == Some(t) {
                found.comparisons.push(row(
                    format!("P(some margin < 1 at step {t}) ({name})"),
                    &tail,
                    law,
                    frequency,
                ));
            }
        }
    }
    let Some((_, updates)) = bounds.last() else {
        return found;
    };
    let at_end = waiting.tail(steps, updates);
    let least_t = waiting.least_t(updates, &context.budget.delta);
    found.because = sentence(&exact, &at_end, steps, runs, unsettled(&ends, steps));
    if let Some(why) = untried {
        found.because.push_str(&format!(
            " That probability was not put to the test at step {steps}: {why}."
        ));
    }
    let figures = &mut found.figures;
    figures.push(("least_atom", Figure::Exact(waiting.p.clone())));
    figures.push_probability("probability_open_gate_bound", &at_end, Side::AtMost);
    if bounds.len() == 1 && at_end.is_sharp() {
        figures.proved("probability_open_gate_bound", "T6a_unsettled");
    }
    let at_last = exact.open.iter().find(|(t, _)| *t == steps);
    if let Some((_, seen)) = at_last {
        figures.compare("probability_open_gate_bound", at_end.upper(), seen);
    }
    figures.extend([
        ("probability_open_gate_exact", exact.figure(steps)),
        ("least_certified_t", figure_of_steps(&least_t)),
    ]);
    if let Some((_, classic)) = bounds.first().filter(|_| bounds.len() > 1) {
        let tail = waiting.tail(steps, classic);
        let name = "probability_open_gate_bound_classic";
        found.figures.push_probability(name, &tail, Side::AtMost);
        if tail.is_sharp() {
            found.figures.proved(name, "T6a_unsettled");
        }
    }
    if let Some(seen) = sampled(steps) {
        found
            .figures
            .push(("probability_open_gate_sampled", seen.figure()));
    }
    accuracy(context, &waiting, bounds, &exact, &mut found);
    found
}

/// Accuracy below 1, and (b), at the last step where the exact law is affordable.
fn accuracy(
    context: &Context<'_>,
    waiting: &Waiting,
    bounds: &[(&'static str, BigInt)],
    exact: &Exact<'_, '_>,
    found: &mut Found,
) {
    let steps = context.problem.training().steps;
    let imperfect = exact.never(|chain, s| chain.is_perfect(s));
    let at = exact.last.unwrap_or(steps);
    let mut claims = vec![(
        format!("accuracy below 1 at every step up to {at}"),
        waiting.clone(),
        imperfect.clone(),
    )];
    let mut levels = vec![ratio(1, 2), ratio(1, 10), ratio(1, 100)];
    if !levels.contains(&context.budget.delta) {
        levels.push(context.budget.delta.clone());
    }
    let mut at_delta = Figure::Missing(exact.limit.clone().into());
    for epsilon in levels {
        let least = Q::one() - &epsilon;
        let law = exact.never(|chain, s| chain.accuracy(s) > least);
        if epsilon == context.budget.delta
            && let Some(law) = law.clone().filter(|_| at == steps)
        {
            at_delta = Figure::Exact(law);
        }
        claims.push((
            format!("accuracy at most 1 - {epsilon} at every step up to {at}"),
            waiting.with_probability(epsilon),
            law,
        ));
    }
    for (event, waiting, law) in &claims {
        for (name, updates) in bounds {
            let tail = waiting.tail(at, updates);
            if let Some(law) = law.as_ref().filter(|&law| law > tail.upper()) {
                found.refutation.get_or_insert_with(|| {
                    exceeded(event, at, updates, &waiting.p, tail.upper(), law)
                });
            }
            if law.is_some() || *name == "T6s" {
                found.comparisons.push(row(
                    format!("P({event}) ({name})"),
                    &tail,
                    law.as_ref(),
                    None,
                ));
            }
        }
    }
    let Some((_, updates)) = bounds.last() else {
        return;
    };
    let low = waiting.with_probability(context.budget.delta.clone());
    let at_end = imperfect.filter(|_| at == steps);
    for (name, bound, exact_name, law) in [
        (
            "probability_not_perfect_bound",
            waiting.tail(steps, updates),
            "probability_not_perfect_exact",
            at_end.map_or_else(
                || Figure::Missing(exact.limit.clone().into()),
                Figure::Exact,
            ),
        ),
        (
            "probability_low_accuracy_bound",
            low.tail(steps, updates),
            "probability_low_accuracy_exact",
            at_delta,
        ),
    ] {
        found.figures.push_probability(name, &bound, Side::AtMost);
        if let Figure::Exact(law) = &law {
            found.figures.compare(name, bound.upper(), law);
        }
        found.figures.push((exact_name, law));
    }
}

fn sentence(exact: &Exact<'_, '_>, bound: &Tail, steps: u64, runs: u64, open: u64) -> String {
    let bound_is_trivial = *bound.upper() >= Q::one();
    let mut text = format!(
        " Some margin is below 1 at step {steps} with probability at most {}{}",
        short(bound.upper()),
        if bound_is_trivial {
            " (a vacuous bound)"
        } else {
            ""
        }
    );
    match exact.open.last() {
        Some((t, law)) if *t == steps => {
            text.push_str(&format!(", and {} by the exact law", short(law)));
        }
        Some((t, law)) => text.push_str(&format!(
            "; the exact law was compared at steps up to {t}, where it gives {}",
            short(law)
        )),
        None => {}
    }
    if runs > 0 {
        text.push_str(&format!("; it is in {open} of {runs} simulated runs"));
    }
    text.push('.');
    text
}
