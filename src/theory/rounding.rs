//! T10: the simulator agrees with exact arithmetic to a running error bound.
//!
//! Each operation of the simulator carries forward what its operands' errors can do to its result and
//! adds its own rounding error, which error-free transformations give exactly (0 where the result
//! is a float). By induction over the operations `|f64 - exact| <= bound` after every step, as long
//! as both sides take the same decisions; and a decision whose value is further from its threshold
//! than the bound, or whose bound is 0, is the same on both sides.
//!
//! Numbers are compared, not bits: the two zeros are equal. After the first unstable decision, and
//! once a float has left the range, the claim says nothing and nothing is compared. The floats are
//! plain ones, whatever arithmetic a simulation takes.

use super::prelude::*;
use crate::dynamics::float::lift;
use crate::dynamics::limits::Limits;
use crate::dynamics::path::View;
use crate::dynamics::replay::Replayer;
use crate::dynamics::sampler::{Draw, Sampler};
use crate::dynamics::sgd::state_after;
use crate::problem::Activation;
use num_traits::{One, Signed, Zero};
use rayon::prelude::*;

/// T10.
pub struct Rounding;

static STATEMENT: Statement = Statement {
    id: TheoremId::T10,
    title: "rounding",
    file: "rounding",
    claims: &["C1"],
    statement: "On every sample path the f64 simulator and exact arithmetic differ, after every step, by at most the running error bound, and take the same decisions, as long as every decision that is used is stable.",
    formulas: &[Formula::new(
        "on every sample path, after every step t, as long as every decision that is used is stable",
        r"\left|\operatorname{fl}(Z_{jp}(t)) - Z_{jp}(t)\right| \le \operatorname{err}_{jp}(t), \qquad \left|\operatorname{fl}(a_j(t)) - a_j(t)\right| \le \operatorname{err}_j(t)",
    )],
    model: Model::ANY,
    further: "any activation, pooling, loss, dictionary, batch; fixed or trained head",
    assumes: &[],
    proofs: &[],
    unproved: &["the whole statement: it is about machine floats"],
};

/// Simulated paths that are followed.
const PATHS: u64 = 2;

/// Coordinates that are compared on one path: after every step those of the patterns in its batch.
const MAX_COMPARED: u64 = 100_000;

/// Samples a step beyond which a path is not followed.
const MAX_BATCH: u32 = 100_000;

/// Bits beyond which exact numbers are not followed on a path that is only checked.
const MAX_BITS: u64 = 4_096;

/// Exact work on such a path: numbers times the square of their length in words, summed over steps.
const MAX_WORK: u64 = 1_500_000;

const DISTANCE: Clause = Clause::new(
    "distance of the f64 value from the exact one, against its bound",
    AtMost,
);
const DECISION: Clause = Clause::new(
    "the f64 decision is the exact one (1 where a gate opens or a coordinate is positive)",
    Equal,
);
const SIMULATOR: Clause = Clause::new("the replayed f64 value is the simulator's", Equal);

/// What is claimed of every path.
pub struct Claim {
    /// The largest distance as a share of the running bound, 1; `None` claims nothing of it.
    distance: Option<Q>,
    /// What the claim still speaks of: decisions stable and floats finite so far.
    speaks: fn(&Replayer<'_>) -> bool,
    /// How many runs after the replayed one the simulator's run is that it is: 0.
    ahead: u64,
}

fn is_finite(replayer: &Replayer<'_>) -> bool {
    replayer.not_finite_from().is_none()
}

/// Does T10 speak of where a replayed path stands: were all decisions stable, and are the floats finite?
pub fn is_stable(replayer: &Replayer<'_>) -> bool {
    replayer.first_unstable_step().is_none() && is_finite(replayer)
}

/// What a path that is only checked may cost.
pub fn limits(limits: &Limits) -> Limits {
    Limits {
        max_bits: limits.max_bits.min(MAX_BITS),
        max_work: limits.max_work.min(MAX_WORK),
    }
}

/// Where a replayed path stands, the largest distance of a weight or a head from the exact one, and the largest bound
/// of such a distance; `None` once floats have left their range.
///
/// # Cost
/// n P.
pub fn largest(replayer: &Replayer<'_>) -> Option<[Q; 2]> {
    let end = replayer.outcome();
    Some([end.max_abs_error?, lift(end.error_bound?)?])
}

static NEAR_MISSES: [NearMiss<Claim>; 4] = [
    NearMiss::new(
        DISTANCE.name,
        "an eighth of the bound is enough: unit roundoff 2^-56",
        |claim, _| claim.distance = Some(ratio(1, 8)),
    ),
    NearMiss::new(
        DISTANCE.name,
        "f64 equals the exact value while decisions are stable",
        |claim, _| claim.distance = Some(Q::zero()),
    ),
    NearMiss::new(
        DECISION.name,
        "f64 and exact arithmetic always decide alike, ties included",
        |claim, _| {
            claim.distance = None;
            claim.speaks = is_finite;
        },
    ),
    NearMiss::new(
        SIMULATOR.name,
        "all runs of the simulator see the same samples",
        |claim, _| claim.ahead = 1,
    ),
];

/// One path, and what it showed.
struct Follower<'c, 'p> {
    problem: &'p Problem,
    claim: &'c Claim,
    run: u64,
    replayer: Replayer<'p>,
    /// Steps after which coordinates were compared.
    steps: u64,
    compared: u64,
    stopped: Option<String>,
    largest_error: Q,
    /// Largest bound, beside it.
    bound: Q,
}

/// A filter and a coordinate; `None` for a gate, or for the head.
type At = (Option<usize>, Option<usize>);

/// Where a decision is taken, in `f64` and exactly.
type Decision = (At, [bool; 2]);

impl Follower<'_, '_> {
    fn place(&self, (filter, coordinate): At) -> Place {
        let (seed, run) = (self.problem.training().seed, self.run);
        Place {
            filter,
            coordinate,
            ..Place::of(Course::Run { seed, run }).at(self.replayer.exact().t())
        }
    }

    /// Compares one coordinate, or (p = `None`) a head weight.
    fn compare(&mut self, j: usize, p: Option<usize>) -> Result<(), Box<Violation>> {
        let Some(share) = &self.claim.distance else {
            return Ok(());
        };
        let path = self.replayer.exact();
        let ((value, bound), exact) = match p {
            Some(p) => (self.replayer.weight(j, p), path.weight(j, p)),
            None => (self.replayer.head(j), path.state().head[j].clone()),
        };
        // A bound beyond the range of floats claims nothing.
        let (Some(lifted), Some(bound)) = (lift(value), lift(bound)) else {
            return Ok(());
        };
        self.compared += 1;
        let error = (lifted - &exact).abs();
        // A share of 1 takes no product.
        let claimed = (!share.is_one()).then(|| share * &bound);
        let claimed = claimed.as_ref().unwrap_or(&bound);
        if error > *claimed {
            return Err(DISTANCE.broken(self.place((Some(j), p)), claimed.clone(), error));
        }
        self.largest_error = error.max(std::mem::take(&mut self.largest_error));
        self.bound = bound.max(std::mem::take(&mut self.bound));
        Ok(())
    }

    /// Compares these of every filter, if the claim speaks of them.
    fn compare_all(
        &mut self,
        patterns: impl Iterator<Item = Option<usize>> + Clone,
    ) -> Result<(), Box<Violation>> {
        if (self.claim.speaks)(&self.replayer) {
            for j in 0..self.problem.n_filters() {
                for p in patterns.clone() {
                    self.compare(j, p)?;
                }
            }
        }
        Ok(())
    }

    /// Are they positive before a step: the coordinates of present patterns, of filters with a head. Only where
    /// the derivative jumps there.
    fn signs(&self, patterns: &[u32]) -> Vec<Decision> {
        let network = self.problem.network();
        let jumps = matches!(
            network.activation,
            Activation::Relu | Activation::LeakyRelu { .. }
        );
        if !jumps || network.pooling == Pooling::Max {
            return Vec::new();
        }
        let n_patterns = self.problem.n_patterns();
        let filters = (0..self.problem.n_filters()).filter(|&j| self.replayer.head(j).0 != 0.0);
        let cells = filters.flat_map(|j| patterns.iter().map(move |&p| (j, p as usize)));
        let sign = |(j, p)| {
            let exact = match self.replayer.exact().view() {
                View::Integers { weights, .. } => weights[j * n_patterns + p] > 0,
                View::Rational(state) => state.weights[(j, p)].is_positive(),
            };
            let found = self.replayer.weight(j, p).0 > 0.0;
            ((Some(j), Some(p)), [found, exact])
        };
        cells.map(sign).collect()
    }

    /// Which gates of the last step were open, where a gate jumps.
    fn gates(&self) -> Vec<Decision> {
        let loss = self.problem.training().loss;
        if !matches!(loss, Loss::Hinge | Loss::Perceptron | Loss::Unhinged) {
            return Vec::new();
        }
        let exact = self.replayer.exact().gates();
        let gates = self.replayer.gates().iter().enumerate();
        gates
            .map(|(i, gate)| ((None, None), [*gate != 0.0, !exact.gate(i).is_zero()]))
            .collect()
    }

    /// One step, with everything that must be seen at it; does the claim speak of what follows?
    fn step(&mut self, batch: &[Draw]) -> Result<bool, Box<Violation>> {
        let mut patterns: Vec<u32> = batch.iter().flat_map(|d| d.present.clone()).collect();
        patterns.sort_unstable();
        patterns.dedup();
        let mut signs = self.signs(&patterns);
        if let Err(stop) = self.replayer.step(batch) {
            self.stopped = Some(stop.limit);
            return Ok(false);
        }
        if !(self.claim.speaks)(&self.replayer) {
            return Ok(false);
        }
        self.steps = self.replayer.exact().t();
        if !self.replayer.exact().gates().any_open() {
            signs.clear();
        }
        for (at, decided) in self.gates().into_iter().chain(signs) {
            if decided[0] != decided[1] {
                let [found, exact] = decided.map(|yes| integer(i64::from(yes)));
                return Err(DECISION.broken(self.place(at), exact, found));
            }
        }
        self.compare_all(patterns.iter().map(|&p| Some(p as usize)))?;
        Ok(self.compared < MAX_COMPARED)
    }

    /// The values must be those of the simulator in plain floats.
    fn compare_with_simulator(&self) -> Result<(), Box<Violation>> {
        let (seed, t) = (self.problem.training().seed, self.replayer.exact().t());
        let run = self.run + self.claim.ahead;
        let state = state_after(self.problem, seed, run, t);
        for j in 0..self.problem.n_filters() {
            for p in 0..self.problem.n_patterns() {
                let values = [self.replayer.weight(j, p).0, state.weights[(j, p)]];
                // All are finite here.
                let [found, simulated] = values.map(|value| lift(value).unwrap_or_default());
                SIMULATOR.check(self.place((Some(j), Some(p))), &simulated, &found)?;
            }
        }
        Ok(())
    }

    fn follow(&mut self, most_steps: u64) -> Result<(), Box<Violation>> {
        let training = self.problem.training();
        let sampler = Sampler::new(self.problem.distribution());
        let mut rng = Sampler::stream(training.seed, self.run);
        let mut batch = vec![sampler.blank(); training.batch as usize];
        let everything = (0..self.problem.n_patterns()).map(Some).chain([None]);
        self.compare_all(everything.clone())?;
        if !is_stable(&self.replayer) {
            return Ok(());
        }
        for _ in 0..training.steps.min(most_steps) {
            for draw in &mut batch {
                sampler.draw(&mut rng, draw);
            }
            if !self.step(&batch)? {
                break;
            }
        }
        if self.replayer.exact().t() > 0 {
            self.compare_all(everything)?;
        }
        if is_stable(&self.replayer) {
            self.compare_with_simulator()?;
        }
        Ok(())
    }
}

fn follow<'c, 'p>(
    context: &Context<'p>,
    claim: &'c Claim,
    run: u64,
) -> (Follower<'c, 'p>, Option<Box<Violation>>) {
    let limits = limits(&context.budget.exact);
    let mut follower = Follower {
        problem: context.problem,
        claim,
        run,
        replayer: Replayer::new(context.problem, &limits),
        steps: 0,
        compared: 0,
        stopped: None,
        largest_error: Q::zero(),
        bound: Q::zero(),
    };
    let violation = follower.follow(context.budget.exact_path_steps).err();
    (follower, violation)
}

impl Claimed for Rounding {
    type Claim = Claim;

    const RECORD: &'static Statement = &STATEMENT;

    const NEAR_MISSES: &'static [NearMiss<Claim>] = &NEAR_MISSES;

    const WITHOUT: &'static str = "It applies to every problem.";

    fn claim(&self, problem: &Problem) -> Result<Claim, Remark> {
        let batch = problem.training().batch;
        if batch > MAX_BATCH {
            return Err(remark!(
                "batches of {} samples; at most {} are followed",
                batch,
                MAX_BATCH
            ));
        }
        Ok(Claim {
            distance: Some(integer(1)),
            speaks: is_stable,
            ahead: 0,
        })
    }

    fn compare(&self, context: &Context<'_>, claim: &Claim, outcome: &mut Outcome) {
        let runs = PATHS
            .min(context.budget.exact_paths)
            .min(context.problem.training().runs);
        let followed = (0..runs).into_par_iter();
        let (paths, violations): (Vec<Follower<'_, '_>>, Vec<_>) =
            followed.map(|run| follow(context, claim, run)).unzip();
        let steps: u64 = paths.iter().map(|p| p.steps).sum();
        let compared: u64 = paths.iter().map(|p| p.compared).sum();
        let largest = paths.iter().max_by_key(|p| &p.largest_error);
        let (error, bound) = largest.map_or_else(Default::default, |p| {
            (p.largest_error.clone(), p.bound.clone())
        });
        let replayers = || paths.iter().map(|p| &p.replayer);
        let unstable = replayers().filter_map(Replayer::first_unstable_step).min();
        let overflow = replayers().filter_map(Replayer::not_finite_from).min();
        let stopped = paths.iter().find_map(|p| p.stopped.clone());
        // The start alone proves nothing about steps.
        let gave_up = overflow.is_some() || stopped.is_some();
        // Why a path was not compared to its end.
        let ends = [
            stopped.map(Remark::from),
            overflow.map(|t| remark!("a float leaves its range at step {}", t)),
            unstable.map(|t| remark!("at step {} rounding could have changed a decision", t)),
        ];
        outcome.because.push(remark!(
            "{} coordinates were compared with exact arithmetic, over {} of {}.",
            compared,
            (steps, "step"),
            (runs, "simulated path")
        ));
        for end in ends.iter().flatten().cloned() {
            outcome
                .because
                .push(remark!("A path ended early: {}.", end));
        }
        outcome.verdict = Verdict::Holds {
            layer: Layer::Sampled,
        };
        outcome.vacuous = compared > 0 && steps == 0 && !gave_up;
        if compared == 0 || (steps == 0 && gave_up) {
            let why = ends.into_iter().flatten().next();
            let why = why.unwrap_or("the error bound leaves the range of floats".into());
            outcome.undecided(remark!("no step could be compared: {}", why));
        }
        let scope = remark!("{} simulated paths, {} steps compared", runs, steps);
        outcome.scope = Some(Scope::on(scope));
        let figures = &mut outcome.figures;
        figures.count("steps_compared", steps);
        figures.number("largest_error", error.clone());
        figures.number("error_bound", bound.clone());
        match unstable {
            Some(step) => figures.count("first_unstable_step", step),
            None => figures.missing("first_unstable_step", "every decision was stable"),
        }
        let quantity = "distance of f64 from exact, largest coordinate";
        let row = Comparison::exact(quantity, AtMost, bound, error);
        outcome.comparisons.push(row.on(Layer::Sampled));
        let violation = violations.into_iter().flatten().next();
        outcome.refute_by(violation, Layer::Exact);
    }
}
