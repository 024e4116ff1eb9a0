//! T13 compared: each step of a path, and the probability of so many moves by the exact law, else by runs.

use super::super::evidence::{
    Frequency, Judgement, ProbabilityClaim, Watcher, share, too_few_runs,
};
use super::super::figures::Side;
use super::super::prelude::*;
use super::super::settling::affordable_runs;
use super::{CHANCE, Claim, RISING, STEP, covered};
use crate::dynamics::law::Chain;
use crate::dynamics::path::{ExactPath, SampledPath};
use crate::dynamics::sampler::{Draw, Sampler};
use rayon::prelude::*;

/// Operations that the exact law may take for all its probabilities.
const MAX_WORK: u64 = 50_000_000;

/// Runs that are followed.
const MAX_RUNS: u64 = 1_000;

/// What is claimed of one step.
pub(super) struct Moves {
    /// `eta r`.
    pub(super) rate: Q,
    /// Does a sample of this label move alpha of a filter with this head?
    pub(super) moved_by: fn(Label, &Q, &Q) -> bool,
}

/// Follows alpha of every filter along one path.
#[derive(Clone)]
pub(super) struct Follower<'c> {
    moves: &'c Moves,
    head: &'c [Q],
    alphas: Vec<Q>,
}

impl<'c> Follower<'c> {
    pub(super) fn new(moves: &'c Moves, problem: &'c Problem) -> Self {
        let network = problem.network();
        Follower {
            moves,
            head: &network.head,
            alphas: network
                .weights
                .iter_rows()
                .map(|row| row[0].clone())
                .collect(),
        }
    }
}

impl Watcher for Follower<'_> {
    fn observe(&mut self, path: &ExactPath<'_>, batch: &[Draw]) -> Result<(), Box<Violation>> {
        let sample = &self.moves.rate / integer(batch.len() as u64);
        let gates: Vec<Q> = (0..batch.len()).map(|i| path.gates().gate(i)).collect();
        for (j, (alpha, a)) in self.alphas.iter_mut().zip(self.head).enumerate() {
            let moving = batch.iter().zip(&gates);
            let moving = moving.filter(|(draw, _)| (self.moves.moved_by)(draw.label, a, alpha));
            let gates: Q = moving.map(|(_, gate)| gate).sum();
            let push = &sample * a * &gates;
            let place = || Place::of(Course::Cases).filter(j);
            let now = path.weight(j, 0);
            let claimed = &*alpha + push;
            STEP.check(place(), &claimed, &now)?;
            RISING.check(place(), &(a * &*alpha), &(a * &now))?;
            *alpha = now;
        }
        Ok(())
    }
}

/// The least alpha, times the head's sign, after b moves.
fn level(problem: &Problem, claim: &Claim, j: usize, b: u64) -> Q {
    let (a, start) = (
        &problem.network().head[j],
        &problem.network().weights[(j, 0)],
    );
    start * sign(a) + &claim.moves.rate * a * sign(a) * integer(b)
}

fn sign(a: &Q) -> Q {
    integer(Label::voted_by(a).sign())
}

/// Compares the probabilities: of every b by the exact law where that is affordable, else of this one by runs.
pub(super) fn chances(context: &Context<'_>, claim: &Claim, b: u64, outcome: &mut Outcome) {
    let problem = context.problem;
    let steps = problem.training().steps;
    let filters = covered(problem, claim);
    if filters.is_empty() {
        return;
    }
    let chain = context
        .chain()
        .ok()
        .filter(|chain| chain.stopped().is_none());
    let affordable = |chain: &Chain<'_>, numbers: u64| {
        let looks = numbers.saturating_mul(filters.len() as u64);
        let work = (chain.n_transitions() as u64).saturating_mul(steps);
        work.saturating_mul(1 + steps / 64).saturating_mul(looks) <= MAX_WORK
    };
    let share = share(filters.len() as u64);
    match chain {
        Some(chain) if affordable(chain, steps) => {
            let all: Vec<u64> = (1..=steps).collect();
            by_the_law(context, claim, &filters, &all, b, chain, outcome);
        }
        Some(chain) if b > 0 && affordable(chain, 1) => {
            by_the_law(context, claim, &filters, &[b], b, chain, outcome);
        }
        _ => by_runs(problem, claim, &filters, b, &share, outcome),
    }
}

/// Compares what is claimed of filter j and b moves by the last step with its exact probability, else with a frequency.
fn compared(
    problem: &Problem,
    claim: &Claim,
    (j, b): (usize, u64),
    (exact, sampled): (Option<&Q>, Option<Frequency>),
    share: &Q,
    outcome: &mut Outcome,
) -> Judgement {
    let steps = problem.training().steps;
    let bound = (claim.at_least)(steps, &claim.chance[j], b);
    let claimed = ProbabilityClaim {
        bound: &bound,
        side: Side::AtLeast,
        exact,
        sampled,
        share,
    };
    let judged = claimed.judge_into(outcome, CHANCE, steps, |violation| {
        violation
            .with("filter", (j as u64).into())
            .with("b", b.into())
    });
    let quantity = remark!(
        "P(filter {} has made {} by step {})",
        j as u64,
        (b, "move"),
        steps
    );
    outcome.comparisons.push(claimed.comparison(quantity));
    judged
}

fn by_the_law(
    context: &Context<'_>,
    claim: &Claim,
    filters: &[usize],
    all: &[u64],
    shown: u64,
    chain: &Chain<'_>,
    outcome: &mut Outcome,
) {
    let problem = context.problem;
    let steps = problem.training().steps;
    let share = share(1);
    let alphas: Option<Vec<Vec<Q>>> = (0..chain.n_states())
        .map(|s| {
            let rows = chain.weights(s)?;
            Some(rows.iter_rows().map(|row| row[0].clone()).collect())
        })
        .collect();
    let Some(alphas) = alphas else { return };
    let events = filters
        .iter()
        .flat_map(|&j| all.iter().map(move |&b| (j, b)));
    let events: Vec<(usize, u64)> = events.collect();
    let reached: Vec<(Q, Q)> = events
        .iter()
        .map(|&(j, b)| {
            (
                sign(&problem.network().head[j]),
                level(problem, claim, j, b),
            )
        })
        .collect();
    let holds = |event: usize, s: usize| {
        let (sign, level) = &reached[event];
        &alphas[s][events[event].0] * sign >= *level
    };
    let Some(laws) = chain.at(steps, events.len(), &holds) else {
        return;
    };
    for (&event, law) in events.iter().zip(&laws) {
        compared(problem, claim, event, (Some(law), None), &share, outcome);
    }
    let laws = events.iter().zip(laws);
    let least = laws.filter(|((_, b), _)| *b == shown).map(|(_, law)| law);
    if let Some(least) = least.min() {
        outcome.figures.number("least_probability_exact", least);
    }
}

fn by_runs(
    problem: &Problem,
    claim: &Claim,
    filters: &[usize],
    b: u64,
    share: &Q,
    outcome: &mut Outcome,
) {
    let training = problem.training();
    let runs = affordable_runs(problem, training.steps, MAX_RUNS.min(training.runs));
    if runs == 0 || b == 0 {
        let why = match b {
            0 => "no move is certified",
            _ => "the runs are too long to be followed in exact arithmetic",
        };
        outcome.figures.missing("sampled_frequency", why);
        return;
    }
    let levels: Vec<Q> = filters
        .iter()
        .map(|&j| level(problem, claim, j, b))
        .collect();
    let sampler = Sampler::new(problem.distribution());
    let reached: Vec<Vec<bool>> = (0..runs)
        .into_par_iter()
        .map(|run| {
            let path = ExactPath::new(problem);
            let mut sampled = SampledPath::new(path, &sampler, training.seed, run);
            (0..training.steps).for_each(|_| sampled.advance());
            let reached = filters.iter().zip(&levels).map(|(&j, level)| {
                sampled.path().weight(j, 0) * sign(&problem.network().head[j]) >= *level
            });
            reached.collect()
        })
        .collect();
    let mut fewest: Option<Frequency> = None;
    for (i, &j) in filters.iter().enumerate() {
        let successes = reached.iter().filter(|run| run[i]).count() as u64;
        let seen = Frequency { successes, runs };
        let judged = compared(problem, claim, (j, b), (None, Some(seen)), share, outcome);
        if let Judgement::TooFewRuns(needed) = judged {
            outcome.undecided(too_few_runs(runs, needed));
        }
        if fewest.is_none_or(|fewest| successes < fewest.successes) {
            fewest = Some(seen);
        }
    }
    if let Some(seen) = fewest {
        outcome.figures.push(("sampled_frequency", seen.figure()));
    }
}
