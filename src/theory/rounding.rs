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

use super::context::Context;
use super::record::{Statement, TheoremId};
use super::theorem::{Theorem, Theory};
use super::verdict::{Comparison, Figure, Layer, Outcome, Scope, Verdict};
use crate::dynamics::float::lift;
use crate::dynamics::path::{Gates, View};
use crate::dynamics::replay::Replayer;
use crate::dynamics::sampler::{Draw, Sampler};
use crate::dynamics::sgd::state_after;
use crate::number::{Q, integer};
use crate::problem::model::Model;
use crate::problem::{Activation, Loss, Pooling, Problem};
use crate::theory::violation::Relation;
use num_traits::{Signed, Zero};
use rayon::prelude::*;
use serde_json::{Value, json};

/// T10.
pub struct Rounding;

static STATEMENT: Statement = Statement {
    id: TheoremId::T10,
    title: "rounding",
    file: "rounding",
    claims: &["C1"],
    statement: "On every sample path the f64 simulator and exact arithmetic differ, after every step, by at most the running error bound, and take the same decisions, as long as every decision that is used is stable.",
    model: Model::ANY,
    further: "any activation, pooling, loss, dictionary, batch; fixed or trained head",
    assumes: &[],
    wrong_theories: &[
        "an eighth of the bound is enough: unit roundoff 2^-56",
        "f64 equals the exact value while decisions are stable",
        "f64 and exact arithmetic always decide alike, ties included",
    ],
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

/// What one path showed.
struct Followed {
    /// Steps after which coordinates were compared.
    steps: u64,
    compared: u64,
    first_unstable: Option<u64>,
    /// The first step after which a float is not finite.
    not_finite_from: Option<u64>,
    stopped: Option<String>,
    largest_error: Q,
    /// Largest bound, beside it.
    bound: Q,
    violation: Option<Value>,
}

struct Follower<'a> {
    problem: &'a Problem,
    theory: Theory,
    run: u64,
    replayer: Replayer<'a>,
    found: Followed,
}

impl Follower<'_> {
    fn witness(&self, what: &str, claimed: Value, found: Value) -> Value {
        json!({
            "kind": what,
            "seed": self.problem.training().seed,
            "run": self.run,
            "step": self.replayer.exact().t(),
            "claimed": claimed,
            "found": found,
        })
    }

    /// Does the claim still speak of this state: all decisions stable, all floats finite?
    fn is_comparable(&self) -> bool {
        self.replayer.first_unstable_step().is_none() && self.replayer.not_finite_from().is_none()
    }

    /// Compares one coordinate, or (p = `None`) a head weight.
    fn compare(&mut self, j: usize, p: Option<usize>) {
        if self.found.violation.is_some() {
            return;
        }
        let ((value, bound), exact) = match p {
            Some(p) => (
                self.replayer.weight(j, p),
                self.replayer.exact().weight(j, p),
            ),
            None => (
                self.replayer.head(j),
                self.replayer.exact().state().head[j].clone(),
            ),
        };
        // A bound beyond the range of floats claims nothing.
        let (Some(lifted), Some(bound)) = (lift(value), lift(bound)) else {
            return;
        };
        self.found.compared += 1;
        let error = (lifted - &exact).abs();
        let claimed = match self.theory {
            Theory::Wrong(0) => &bound / integer(8),
            Theory::Wrong(1) => Q::zero(),
            _ => bound.clone(),
        };
        if error > claimed {
            let mut witness = self.witness(
                "distance of f64 from exact",
                json!(format!("at most {claimed}")),
                json!(error.to_string()),
            );
            witness["filter"] = json!(j);
            witness["coordinate"] = json!(p);
            witness["f64"] = json!(value);
            witness["exact"] = json!(exact.to_string());
            self.found.violation = Some(witness);
        }
        if error > self.found.largest_error {
            self.found.largest_error = error;
        }
        if bound > self.found.bound {
            self.found.bound = bound;
        }
    }

    /// Compares all coordinates and the head.
    fn compare_all(&mut self) {
        if !self.is_comparable() || self.theory == Theory::Wrong(2) {
            return;
        }
        for j in 0..self.problem.n_filters() {
            for p in 0..self.problem.n_patterns() {
                self.compare(j, Some(p));
            }
            self.compare(j, None);
        }
    }

    /// The signs, before a step, of the coordinates whose patterns are present: `f64` above 0, and
    /// exact above 0. Only where the derivative jumps there.
    fn signs(&self, patterns: &[u32]) -> Vec<(usize, usize, bool, bool)> {
        let network = &self.problem.network();
        let jumps = matches!(
            network.activation,
            Activation::Relu | Activation::LeakyRelu { .. }
        );
        if !jumps || network.pooling == Pooling::Max {
            return Vec::new();
        }
        let view = self.replayer.exact().view();
        let n_patterns = self.problem.n_patterns();
        let mut signs = Vec::with_capacity(patterns.len() * self.problem.n_filters());
        for &p in patterns {
            let p = p as usize;
            for j in 0..self.problem.n_filters() {
                let exact = match view {
                    View::Integers { weights, .. } => weights[j * n_patterns + p] > 0,
                    View::Rational(state) => state.weights[(j, p)].is_positive(),
                };
                signs.push((j, p, self.replayer.weight(j, p).0 > 0.0, exact));
            }
        }
        signs
    }

    /// One step, with everything that must be seen at it.
    fn step(&mut self, batch: &[Draw]) -> bool {
        let mut patterns: Vec<u32> = batch.iter().flat_map(|d| d.present.clone()).collect();
        patterns.sort_unstable();
        patterns.dedup();
        let signs = self.signs(&patterns);
        let heads: Vec<bool> = (0..self.problem.n_filters())
            .map(|j| self.replayer.head(j).0 != 0.0)
            .collect();
        if let Err(stop) = self.replayer.step(batch) {
            self.found.stopped = Some(stop.limit);
            return false;
        }
        self.found.first_unstable = self.replayer.first_unstable_step();
        self.found.not_finite_from = self.replayer.not_finite_from();
        let near_miss = self.theory == Theory::Wrong(2);
        let comparable = self.is_comparable();
        let finite = self.found.not_finite_from.is_none();
        if comparable || (near_miss && finite) {
            self.compare_decisions(&signs, &heads);
            self.found.steps = self.replayer.exact().t();
        }
        if comparable && !near_miss {
            for j in 0..self.problem.n_filters() {
                for &p in &patterns {
                    self.compare(j, Some(p as usize));
                }
            }
        }
        // After an unstable decision nothing is claimed but by the near miss about decisions.
        self.found.violation.is_none() && (comparable || (near_miss && finite))
    }

    fn compare_decisions(&mut self, signs: &[(usize, usize, bool, bool)], heads: &[bool]) {
        let exact = self.replayer.exact().gates();
        let jumps = matches!(
            self.problem.training().loss,
            Loss::Hinge | Loss::Perceptron | Loss::Unhinged
        );
        for (i, gate) in self.replayer.gates().iter().enumerate() {
            let opened = match exact {
                Gates::Binary(open) => open[i],
                Gates::Rational(gates) => !gates[i].is_zero(),
            };
            if jumps && (*gate != 0.0) != opened {
                self.found.violation = Some(self.witness(
                    "gate: open in f64 and in exact arithmetic",
                    json!(gate),
                    json!(exact.gate(i).to_string()),
                ));
                return;
            }
        }
        if !exact.any_open() {
            return;
        }
        if let Some(&(j, p, float, _)) = signs.iter().find(|&&(j, _, a, b)| heads[j] && a != b) {
            let mut witness = self.witness(
                "is the coordinate positive before the step, in f64 and in exact arithmetic",
                json!(float),
                json!(!float),
            );
            witness["filter"] = json!(j);
            witness["coordinate"] = json!(p);
            self.found.violation = Some(witness);
        }
    }

    /// The values must be those of the simulator in plain floats.
    fn compare_with_simulator(&mut self) {
        let seed = self.problem.training().seed;
        let state = state_after(self.problem, seed, self.run, self.replayer.exact().t());
        for j in 0..self.problem.n_filters() {
            for p in 0..self.problem.n_patterns() {
                let (value, simulated) = (self.replayer.weight(j, p).0, state.weights[(j, p)]);
                if value != simulated && self.found.violation.is_none() {
                    self.found.violation = Some(self.witness(
                        "replayed f64 value against the simulator's",
                        json!(value),
                        json!(simulated),
                    ));
                }
            }
        }
    }
}

fn follow(context: &Context<'_>, theory: Theory, run: u64) -> Followed {
    let problem = context.problem;
    let mut limits = context.budget.exact.clone();
    limits.max_bits = limits.max_bits.min(MAX_BITS);
    limits.max_work = limits.max_work.min(MAX_WORK);
    let mut follower = Follower {
        problem,
        theory,
        run,
        replayer: Replayer::new(problem, &limits),
        found: Followed {
            steps: 0,
            compared: 0,
            first_unstable: None,
            not_finite_from: None,
            stopped: None,
            largest_error: Q::zero(),
            bound: Q::zero(),
            violation: None,
        },
    };
    let sampler = Sampler::new(problem.distribution());
    let mut rng = Sampler::stream(problem.training().seed, run);
    let mut batch = vec![sampler.blank(); problem.training().batch as usize];
    follower.found.not_finite_from = follower.replayer.not_finite_from();
    follower.compare_all();
    let steps = if follower.is_comparable() {
        problem
            .training()
            .steps
            .min(context.budget.exact_path_steps)
    } else {
        0
    };
    for _ in 0..steps {
        for draw in &mut batch {
            sampler.draw(&mut rng, draw);
        }
        if !follower.step(&batch) || follower.found.compared >= MAX_COMPARED {
            break;
        }
    }
    if follower.replayer.exact().t() > 0 {
        follower.compare_all();
    }
    if theory == Theory::Stated && follower.is_comparable() {
        follower.compare_with_simulator();
    }
    follower.found
}

/// Why nothing but the start could be compared.
fn nothing_compared(paths: &[Followed], overflow: Option<u64>, unstable: Option<u64>) -> String {
    let why = if let Some(limit) = paths.iter().find_map(|p| p.stopped.clone()) {
        limit
    } else if let Some(step) = overflow {
        format!("a float leaves its range at step {step}")
    } else if let Some(step) = unstable {
        format!("at step {step} rounding could have changed a decision")
    } else {
        "the error bound leaves the range of floats".to_owned()
    };
    format!("no step could be compared: {why}")
}

impl Theorem for Rounding {
    fn statement(&self) -> &'static Statement {
        &STATEMENT
    }

    fn check(&self, context: &Context<'_>, theory: Theory) -> Outcome {
        let outcome = |verdict, because| Outcome {
            verdict,
            because,
            ..Outcome::new(&STATEMENT)
        };
        let batch = context.problem.training().batch;
        if batch > MAX_BATCH {
            let limit = format!("batches of {batch} samples; at most {MAX_BATCH} are followed");
            return outcome(
                Verdict::Undecided {
                    limit: limit.clone().into(),
                },
                limit.into(),
            );
        }
        let runs = PATHS
            .min(context.budget.exact_paths)
            .min(context.problem.training().runs);
        let paths: Vec<Followed> = (0..runs)
            .into_par_iter()
            .map(|run| follow(context, theory, run))
            .collect();
        let steps: u64 = paths.iter().map(|p| p.steps).sum();
        let compared: u64 = paths.iter().map(|p| p.compared).sum();
        let largest = paths.iter().max_by_key(|p| p.largest_error.clone());
        let (error, bound) = largest.map_or((Q::zero(), Q::zero()), |p| {
            (p.largest_error.clone(), p.bound.clone())
        });
        let unstable = paths.iter().filter_map(|p| p.first_unstable).min();
        let mut because = format!(
            "{runs} simulated paths, {steps} steps, {compared} coordinates compared with exact arithmetic"
        );
        because += &match unstable {
            Some(step) => format!("; first unstable decision at step {step}"),
            None => "; every decision was stable".to_owned(),
        };
        let overflow = paths.iter().filter_map(|p| p.not_finite_from).min();
        if let Some(step) = overflow {
            because += &format!("; a float leaves its range at step {step}");
        }
        if unstable.is_some() || overflow.is_some() {
            because += ", and nothing is compared from there";
        }
        if let Some(limit) = paths.iter().find_map(|p| p.stopped.as_ref()) {
            because += &format!("; stopped early: {limit}");
        }
        // The start alone proves nothing about steps.
        let gave_up = overflow.is_some() || paths.iter().any(|p| p.stopped.is_some());
        let verdict = match paths.iter().find_map(|p| p.violation.clone()) {
            Some(witness) => {
                let mut refuted = Outcome::new(&STATEMENT);
                refuted.refute_with(because.clone(), witness, Layer::Exact);
                refuted.verdict
            }
            None if compared == 0 || (steps == 0 && gave_up) => Verdict::Undecided {
                limit: nothing_compared(&paths, overflow, unstable).into(),
            },
            None => Verdict::Holds {
                layer: Layer::Sampled,
            },
        };
        let vacuous = steps == 0 && matches!(verdict, Verdict::Holds { .. });
        let scope = format!("{runs} simulated paths, {steps} steps compared");
        let missing = || Figure::Missing("every decision was stable".to_owned().into());
        Outcome {
            vacuous,
            scope: Some(Scope::on(scope)),
            figures: vec![
                ("steps_compared", Figure::Exact(integer(steps))),
                ("largest_error", Figure::Exact(error.clone())),
                ("error_bound", Figure::Exact(bound.clone())),
                (
                    "first_unstable_step",
                    unstable.map_or_else(missing, |step| Figure::Exact(integer(step))),
                ),
            ]
            .into(),
            comparisons: vec![Comparison {
                quantity: "distance of f64 from exact, largest coordinate"
                    .to_owned()
                    .into(),
                relation: Relation::AtMost,
                margin: Some(Figure::Exact(&bound - &error)),
                theory: Some(Figure::Exact(bound)),
                exact: Some(Figure::Exact(error)),
                simulated: None,
                layer: Layer::Sampled,
            }],
            ..outcome(verdict, because.into())
        }
    }
}
