//! Data of three pictures, found only where the series are asked for: walks of background patterns beside the barriers
//! of T4 and T5, rounding beside the bound of T10, and the fates of filters whose head is trained (T7).

use crate::dynamics::limits::Limits;
use crate::dynamics::replay::Replayer;
use crate::dynamics::sampler::Sampler;
use crate::number::Q;
use crate::problem::Problem;
use crate::theory::context::Context;
use crate::theory::record::TheoremId;
use crate::theory::trained_head::{self, FilterFate};
use crate::theory::verdict::{Outcome, Verdict};
use crate::theory::{
    MissedThresholds, distinct_walks, perfect_accuracy, rounding, sgd_norm_dominance,
};
use num_traits::One;

/// Patterns whose walks are shown.
const MOST_PATTERNS: usize = 2;

/// Runs whose walks are shown.
const MOST_RUNS: u64 = 5;

/// What the three pictures show.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pictures {
    /// Walks, one background pattern of each different law, two at most; where T4 or T5 holds.
    pub walks: Vec<Walks>,
    /// The rounding of one simulated run; empty where T10 does not hold.
    pub rounding: Vec<RoundingPoint>,
    /// The filters, where T7 holds.
    pub fates: Vec<FilterFate>,
}

/// The walk `S_k(t)`, the sum of `y N_k` over the first t samples, of one background pattern.
#[derive(Debug, Clone, PartialEq)]
pub struct Walks {
    /// The pattern, by its place in the dictionary.
    pub pattern: usize,
    /// Reported steps, ascending.
    pub times: Vec<u64>,
    /// The walk at these steps, of the first simulated runs.
    pub runs: Vec<Vec<i64>>,
    /// What theorems ask of it.
    pub barriers: Vec<Barrier>,
}

/// A bound that a theorem asks of `|S_k(s)|` at every s up to the last step, as one of its thresholds.
#[derive(Debug, Clone, PartialEq)]
pub struct Barrier {
    /// T4 or T5.
    pub theorem: TheoremId,
    /// lambda_k.
    pub walk: u64,
    /// The probability that any threshold of the theorem is missed is at most this.
    pub failure: Q,
}

/// How far a simulated run in plain floats is from exact arithmetic.
#[derive(Debug, Clone, PartialEq)]
pub struct RoundingPoint {
    /// The step.
    pub t: u64,
    /// The largest distance of a weight.
    pub error: Q,
    /// The largest bound of such a distance.
    pub bound: Q,
}

impl Pictures {
    /// What there is to show of a problem, by the outcomes of its theorems.
    ///
    /// # Cost
    /// The search for the thresholds of T4 and T5 at the last step; a replay as in the check of T10.
    pub fn new(context: &Context<'_>, outcomes: &[Outcome], times: &[u64]) -> Self {
        let problem = context.problem;
        let holds = |id: TheoremId| {
            let mut outcomes = outcomes.iter();
            let outcome = outcomes.find(|outcome| outcome.id() == id);
            outcome.is_some_and(|outcome| matches!(outcome.verdict, Verdict::Holds { .. }))
        };
        let of_walks = || walks(context, holds(TheoremId::T4), holds(TheoremId::T5), times);
        let of_rounding = || {
            let limits = rounding::limits(&context.budget.exact);
            let most = context.budget.exact_path_steps;
            match holds(TheoremId::T10) {
                true => replayed(problem, &limits, times, most),
                false => Vec::new(),
            }
        };
        let (walks, rounding) = rayon::join(of_walks, of_rounding);
        let fates = match holds(TheoremId::T7) {
            true => trained_head::fates(problem),
            false => Vec::new(),
        };
        Pictures {
            walks,
            rounding,
            fates,
        }
    }
}

/// The walks, with the barriers of T4 and of T5 where these hold.
fn walks(context: &Context<'_>, norms: bool, accuracy: bool, times: &[u64]) -> Vec<Walks> {
    let problem = context.problem;
    let training = problem.training();
    let steps = training.steps;
    if training.batch != 1 || !(norms || accuracy) {
        return Vec::new();
    }
    let says = |missed: &MissedThresholds| missed.failure < Q::one();
    let of_norms = || {
        let found = sgd_norm_dominance::thresholds_at(problem, steps, &context.budget.delta)?;
        Some((TheoremId::T4, found.1))
    };
    let of_accuracy = || {
        let found = perfect_accuracy::thresholds_at(problem, steps)?;
        Some((TheoremId::T5, found))
    };
    let found = [
        norms.then(of_norms).flatten(),
        accuracy.then(of_accuracy).flatten(),
    ];
    let found: Vec<_> = found
        .into_iter()
        .flatten()
        .filter(|(_, missed)| says(missed))
        .collect();
    let mut shown = distinct_walks(problem).unwrap_or_default();
    shown.truncate(MOST_PATTERNS);
    if found.is_empty() || shown.is_empty() {
        return Vec::new();
    }
    let runs: Vec<Vec<Vec<i64>>> = (0..training.runs.min(MOST_RUNS))
        .map(|run| followed(problem, &shown, run, times))
        .collect();
    let of_pattern = |(place, &pattern): (usize, &usize)| Walks {
        pattern,
        times: times.to_vec(),
        runs: runs.iter().map(|run| run[place].clone()).collect(),
        barriers: found
            .iter()
            .filter_map(|(theorem, missed)| {
                Some(Barrier {
                    theorem: *theorem,
                    walk: *missed.walks.get(pattern.checked_sub(2)?)?,
                    failure: missed.failure.clone(),
                })
            })
            .collect(),
    };
    shown.iter().enumerate().map(of_pattern).collect()
}

/// The walks of these patterns at these steps, on the samples that the simulator draws in this run.
fn followed(problem: &Problem, patterns: &[usize], run: u64, times: &[u64]) -> Vec<Vec<i64>> {
    let sampler = Sampler::new(problem.distribution());
    let mut rng = Sampler::stream(problem.training().seed, run);
    let mut draw = sampler.blank();
    let mut now = vec![0i64; patterns.len()];
    let mut seen = vec![Vec::with_capacity(times.len()); patterns.len()];
    let mut done = 0;
    for &t in times {
        while done < t {
            sampler.draw(&mut rng, &mut draw);
            for (sum, &p) in now.iter_mut().zip(patterns) {
                *sum += draw.label.sign() * i64::from(draw.counts[p]);
            }
            done += 1;
        }
        for (seen, &sum) in seen.iter_mut().zip(&now) {
            seen.push(sum);
        }
    }
    seen
}

/// The rounding of run 0 at these steps, as long as T10 speaks of it and the limits last.
fn replayed(
    problem: &Problem,
    limits: &Limits,
    times: &[u64],
    most_steps: u64,
) -> Vec<RoundingPoint> {
    let sampler = Sampler::new(problem.distribution());
    let mut rng = Sampler::stream(problem.training().seed, 0);
    let mut batch = vec![sampler.blank(); problem.training().batch as usize];
    let mut replayer = Replayer::new(problem, limits);
    let mut points = Vec::new();
    for &t in times.iter().filter(|t| **t <= most_steps) {
        while replayer.exact().t() < t {
            for draw in &mut batch {
                sampler.draw(&mut rng, draw);
            }
            if replayer.step(&batch).is_err() || !rounding::is_stable(&replayer) {
                return points;
            }
        }
        let Some([error, bound]) = rounding::largest(&replayer) else {
            return points;
        };
        points.push(RoundingPoint { t, error, bound });
    }
    points
}
