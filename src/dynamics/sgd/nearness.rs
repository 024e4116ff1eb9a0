//! Which share of the decisions of plain floats rounding could have changed.
//!
//! The first runs are taken once more on numbers that carry a bound of their error, with the same
//! values bit for bit. A decision counts if its outcomes differ; it is near if the bound does not
//! tell on which side of its threshold the exact value lies. After a near decision the bound covers
//! both outcomes, so that the decisions that hang on it are near as well.

use super::super::kernel::Kernel;
use super::super::sampler::Sampler;
use super::super::tracked::{Doubts, Tracked};
use super::accuracy::{Judge, RunJudge};
use super::run::Run;
use super::{RunEnd, Simulate};
use crate::problem::{Pooling, Problem};
use rayon::prelude::*;

/// Operations on tracked numbers that any simulation may spend: about a fifth of a second of one core.
const LEAST_LIMIT: u64 = 20_000_000;

/// What a long simulation may spend: half a second.
const LARGEST_LIMIT: u64 = 50_000_000;

/// Between the limits: one operation of tracking for this many of the simulation, which makes it
/// longer by a third or less.
const SHARE: u64 = 100;

/// The decisions of the tracked part of the runs.
pub(super) struct Nearness {
    decisions: u64,
    near: u64,
    pub(super) runs: u64,
    pub(super) steps: u64,
}

impl Nearness {
    /// Of a simulation that is exact: nothing is near.
    pub(super) fn none(config: &Simulate<'_>) -> Self {
        Nearness {
            decisions: 0,
            near: 0,
            runs: config.runs,
            steps: config.steps,
        }
    }

    /// The share of near decisions; 0 if nothing was decided.
    pub(super) fn share(&self) -> f64 {
        if self.decisions == 0 {
            0.0
        } else {
            self.near as f64 / self.decisions as f64
        }
    }

    /// Is every decision of every run known to be that of exact arithmetic?
    pub(super) fn decides_all(&self, config: &Simulate<'_>) -> bool {
        self.near == 0 && self.runs == config.runs && self.steps == config.steps
    }
}

/// Follows the first runs, as far as the work limit goes: all of them, or some, or the beginning of
/// one. Runs end before the step at which they cease to be finite. `open_share` is the share of samples
/// with a gate that is not 0: under sum pooling only they cost work over the filters.
///
/// # Cost
/// At most [`LARGEST_LIMIT`] operations, and one step.
pub(super) fn nearness(
    problem: &Problem,
    config: &Simulate<'_>,
    sampler: &Sampler,
    judge: &Judge,
    ends: &[RunEnd],
    open_share: f64,
) -> Nearness {
    let (n, n_patterns) = (problem.n_filters() as u64, problem.n_patterns() as u64);
    let patches = u64::from(problem.distribution().max_patches());
    let present = n_patterns.min(patches).max(1);
    let spread = match (&problem.dictionary().gram(), problem.network().pooling) {
        (Some(_), _) => 2 + n_patterns,
        (None, Pooling::Sum) => 2,
        (None, Pooling::Max) => 6,
    };
    let open_work = (n + 7).saturating_mul(present).saturating_mul(spread);
    let sample_work = match problem.network().pooling {
        // The margin and the draw, and the filters where the gate is open.
        Pooling::Sum => 10 + present + (open_work as f64 * open_share).ceil() as u64,
        Pooling::Max => open_work,
    };
    let step_work = sample_work.saturating_mul(u64::from(problem.training().batch));
    let report_work = judge.work(n, n_patterns);
    let reports = report_work.saturating_mul(config.times.len() as u64);
    let run_work = step_work
        .saturating_mul(config.steps)
        .saturating_add(reports);
    let limit = run_work.saturating_mul(config.runs) / SHARE;
    let limit = limit.clamp(LEAST_LIMIT, LARGEST_LIMIT);
    let (runs, steps) = match limit / run_work.max(1) {
        0 => {
            let steps = limit.saturating_sub(reports) / step_work.max(1);
            (config.runs.min(1), steps.clamp(1, config.steps.max(1)))
        }
        affordable => (config.runs.min(affordable), config.steps),
    };
    let steps = steps.min(config.steps);
    let kernel = Kernel::<Tracked>::new(problem);
    let initial = kernel.walker();
    let batch = problem.training().batch;
    let follow = |run: u64| -> Doubts {
        let end = ends.get(run as usize).and_then(|end| end.not_finite_from);
        // The last finite step, if there is one.
        let last = match end {
            None => steps,
            Some(0) => return Doubts::default(),
            Some(step) => steps.min(step - 1),
        };
        let mut state = Run::start(&kernel, &initial, sampler, batch, config.seed, run);
        let mut run_judge = RunJudge::new(judge, sampler, config.seed, run);
        let mut t = 0;
        for &time in &config.times {
            state.advance(time.min(last) - t);
            t = time.min(last);
            if time > last {
                break;
            }
            run_judge.accuracy(&kernel, &mut state.walker, &mut state.log);
        }
        state.log
    };
    let doubts: Vec<Doubts> = (0..runs).into_par_iter().map(follow).collect();
    Nearness {
        decisions: doubts.iter().map(|d| d.decisions).sum(),
        near: doubts.iter().map(|d| d.near).sum(),
        runs,
        steps,
    }
}
