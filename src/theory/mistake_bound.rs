//! T6 and T6s: hinge SGD makes finitely many updates, and then is perfect for ever.
//!
//! Let `J_y` be the winners of label y, `c = min(|J_+|, |J_-|)`, `|J| = |J_+| + |J_-|`, and M the
//! number of steps with an open gate. Two potentials move at every such step:
//!
//! - `<W, U>` with `U_j = v_{a_j}` for winners grows by `eta r |J_y| >= eta r c` (T3);
//! - `|W|^2` grows by at most `2 eta + eta^2 n m^2`: the inner product of the active weights with the
//!   step is `eta y f < eta` by homogeneity, and each of n filters moves by at most `eta m`.
//!
//! With Cauchy and Schwarz, `(eta r c M)^2 <= |J| (|W(0)|^2 + M (2 eta + eta^2 n m^2))`: M is bounded.
//!
//! T6s is sharper: winners' keys are themselves part of the norm, so no inner product is needed.
//! With `A_y = sum over J_y of a_j^2`, `mu_y` the sum of the open fraction of the batch (or the open
//! mass of the distribution) with label y, and Q the largest `sum_j a_j^2 sum_{p: Z_jp(0) > 0} N_p^2`
//! of an image,
//!
//! `sum_y [A_y (eta r mu_y)^2 + 2 eta r mu_y sum_{J_y} |a_j| Z_{j,v_y}(0)]
//!  <= sum of relu(Z_jp(0))^2 outside winners' keys + mu (theta eta + eta^2 Q)`,
//!
//! theta = 2 for the hinge and 0 for the perceptron loss; for any batch (Jensen) and for the expected
//! dynamics. Under max pooling the winners are those of T3max, r is 1 and Q is `sum_j a_j^2`.
//! For the squared hinge with `eta Q <= 2`, mu is the sum of the gates and the bracket is `2 eta`.
//!
//! From either bound follow (a) and (b), upper bounds on the probability that accuracy is not yet 1
//! (see `probability.rs`), and (c): the chain of hinge SGD is a finite graph without cycles but for
//! steps that do not move (see `whole.rs`).

mod beyond;
mod classic;
mod path;
mod probability;
mod sharp;
mod whole;

use super::context::Context;
use super::drift::{log_spaced, short, witness};
use super::evidence::{Survey, along_paths, replay};
use super::record::{Proof, Statement, TheoremId};
use super::theorem::{Theorem, Theory};
use super::verdict::{Comparison, Figure, Layer, Outcome, Scope, Verdict};
use super::violation::Violation;
use crate::dynamics::accuracy::margin_range;
use crate::dynamics::expected::Expected;
use crate::dynamics::gradient;
use crate::number::{Q, integer};
use crate::problem::assumption::AssumptionId;
use crate::problem::model::Model;
use crate::problem::{Loss, Problem};
use crate::theory::violation::Relation;
use beyond::beyond;
use classic::Classic;
pub(super) use classic::largest_root;
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};
use path::{Claim, Tracker};
use probability::probabilities;
use serde_json::json;
use sharp::Sharp;
use whole::{every_state, longest_path};

/// T6, with T6s.
pub struct MistakeBound;

static STATEMENT: Statement = Statement {
    id: TheoremId::T6,
    title: "mistake bound",
    file: "mistake_bound",
    claims: &["C1", "C3", "C5"],
    statement: "On every sample path of hinge SGD the number M of steps with an open gate satisfies (eta r c M)^2 <= |J| (|W(0)|^2 + M (2 eta + eta^2 n m^2)) with c = min(|J_+|, |J_-|), so M is at most the largest such integer; when no gate is open any more, accuracy is 1 and nothing moves. T6s: sum_y [A_y (eta r mu_y)^2 + 2 eta r mu_y sum_{J_y} |a_j| Z_{j,v_y}(0)] <= sum of relu(Z(0))^2 outside winners' keys + mu (2 eta + eta^2 Q), for every batch size and for the expected dynamics. For every step T: (a) P(some margin < 1 at step T) <= P(Bin(T, p_min) < M_max), p_min the least probability of an atom; (b) P(accuracy(t) <= 1 - epsilon for all t <= T) <= P(Bin(T, epsilon) < M_max); (c) but for the steps that do not move, the states form a finite graph without cycles, and accuracy is 1 where every path ends.",
    model: Model {
        losses: &[Loss::Hinge],
        one_sample: true,
        ..Model::RELU_SUM
    },
    further: "fixed head",
    assumes: &[
        AssumptionId::A1,
        AssumptionId::A2,
        AssumptionId::A5f,
        AssumptionId::A6prime,
    ],
    wrong_theories: &[
        "the term 2 eta is left out: |W|^2 grows by at most eta^2 n m^2 an update",
        "the term eta^2 n m^2 is left out: |W|^2 grows by at most 2 eta an update",
        "c is replaced by |J|: <W, U> grows by eta r |J| an update",
        "the key counts twice: <W, U> grows by eta r^2 c an update",
        "T6s with the bracket of the perceptron: mu eta^2 Q",
        "p_min is replaced by the largest probability of an atom: P(Bin(T, p_max) < M_max)",
        "the tail is divided by 10: P(Bin(T, p_min) < M_max) / 10",
        "a third of the updates suffices: P(Bin(T, p_min) < M_max / 3)",
    ],
    proofs: &[
        Proof {
            name: "T6_mistake_bound",
            covers: "the inequality in M on every path",
        },
        Proof {
            name: "T6_explicit",
            covers: "a bound on M without M on its right side",
        },
        Proof {
            name: "T6_finitely_many",
            covers: "one number bounds the updates of all paths",
        },
        Proof {
            name: "T6_settled",
            covers: "when no gate is open, accuracy is 1 and nothing moves any more",
        },
        Proof {
            name: "T6_absorbing",
            covers: "a state that no image moves has accuracy 1",
        },
        Proof {
            name: "T6s_hinge",
            covers: "T6s: its inequality for any batches and for the expected dynamics",
        },
        Proof {
            name: "T6s_perceptron",
            covers: "T6s for the perceptron loss",
        },
        Proof {
            name: "T6s_squared_hinge",
            covers: "T6s for the squared hinge with eta Q <= 2",
        },
        Proof {
            name: "T6a_unsettled",
            covers: "(a) with the M_max of T6",
        },
        Proof {
            name: "T6b_inaccurate",
            covers: "(b) with the M_max of T6",
        },
        Proof {
            name: "C5_hinge",
            covers: "every margin at least 1 at a single step T with probability at least 1 - delta, for all large T",
        },
    ],
    unproved: &[
        "(a) and (b) with the bound of T6s",
        "(c): finitely many states and no cycle",
        "bounds of the tails by Chernoff",
    ],
};

/// How far T6s was compared along the expected dynamics.
struct Compared {
    times: u64,
    last: u64,
    /// `mu_+ + mu_-` at the last step.
    mu: Q,
    stopped: Option<String>,
}

/// T6s along the expected dynamics, exactly, or the sentence and witness of a violation.
fn expected_dynamics(
    context: &Context<'_>,
    sharp: &Sharp,
) -> Result<Compared, (String, serde_json::Value)> {
    let mut compared = 0;
    let mut engine = match Expected::new(context.problem, &context.budget.exact) {
        Ok(engine) => engine,
        Err(stop) => {
            return Ok(Compared {
                times: 0,
                last: 0,
                mu: Q::zero(),
                stopped: Some(stop.to_string()),
            });
        }
    };
    let mut stopped = None;
    for t in log_spaced(context.problem.training().steps) {
        if let Err(stop) = engine.advance_to(t) {
            stopped = Some(stop.to_string());
        }
        let mu = engine.open_mass();
        let slack = sharp.slack(&mu);
        if slack.is_negative() {
            let t = engine.t();
            let text = format!(
                "Step {t} of the expected dynamics: the two sides of T6s differ by {}, claimed at least 0.",
                short(&slack)
            );
            let what = json!("right side minus left side of T6s, expected dynamics");
            return Err((text, witness(t, what, ">=", &Q::zero(), &slack)));
        }
        compared += 1;
        if stopped.is_some() {
            break;
        }
    }
    let [plus, minus] = engine.open_mass();
    Ok(Compared {
        times: compared,
        last: engine.t(),
        mu: plus + minus,
        stopped,
    })
}

impl Theorem for MistakeBound {
    fn statement(&self) -> &'static Statement {
        &STATEMENT
    }

    fn check(&self, context: &Context<'_>, theory: Theory) -> Outcome {
        let problem = context.problem;
        let fails = self.failures(context);
        let r = integer(problem.distribution().least_key_count().unwrap_or(1));
        let sharp = Sharp::new(problem, theory);
        if !fails.is_empty() {
            let because = "The bound on the number of updates is not about this problem.";
            let mut outcome = Outcome::not_applicable(&STATEMENT, fails, because);
            beyond(context, sharp, &mut outcome);
            return outcome;
        }
        let mut outcome = Outcome::new(&STATEMENT);
        let classic = Classic::new(problem, &r, theory);
        let max_updates = classic.max_updates();
        let unit = Q::one();
        let max_sharp = sharp.as_ref().ok().and_then(|s| s.largest_total(&unit));
        let claim = Claim::new(problem, Some(classic), sharp.ok());
        let found = along_paths(context, |path| Tracker::start(path, &claim));
        let settled = settled(problem, &found);
        outcome.because = format!(
            "Both inequalities were compared after every update of {}; at most {} updates can happen ({} by T6s), at most {} were seen on them{}; {settled} of these paths have every margin at 1 or above at their end.",
            found.describe(),
            short(&integer(max_updates.clone())),
            max_sharp
                .as_ref()
                .map_or("no bound".to_owned(), |m| short(&integer(m.clone()))),
            found.largest_updates,
            simulated_updates(context).map_or_else(String::new, |(_, updates)| {
                format!(" and at most {updates} in the simulated runs")
            }),
        ).into();
        outcome.verdict = found.verdict(problem);
        outcome.vacuous = problem.training().steps == 0;
        let mut scope = Scope::on(found.scope());
        let mut violation = found.violation.clone();
        if let Some(sharp) = &claim.sharp {
            match expected_dynamics(context, sharp) {
                Ok(found) => {
                    outcome.because.push_str(&format!(
                        " T6s holds along the expected dynamics at {} steps from 0 to {}{}.",
                        found.times,
                        found.last,
                        found.stopped.map_or(String::new(), |s| format!(" ({s})"))
                    ));
                    outcome
                        .figures
                        .push(("expected_open_mass", Figure::Exact(found.mu)));
                }
                Err(refuted) => {
                    violation = violation.or(Some(Violation::told(refuted.0, refuted.1)))
                }
            }
        }
        let whole = every_state(context, &claim, &r);
        if let Some(states) = whole.states {
            outcome.because.push_str(&format!(
                " They hold in each of the {states} states that {} steps can reach.",
                problem.training().steps
            ));
            scope = Scope::on(format!(
                "all {states} states that can be reached, t <= {}",
                problem.training().steps
            ));
            if outcome.verdict.layer() == Some(Layer::Sampled) {
                outcome.verdict = Verdict::Holds {
                    layer: Layer::Exact,
                };
            }
        }
        let simulated = simulated_updates(context);
        if let Some((run, updates)) = simulated {
            let exceeded = [Some(&max_updates), max_sharp.as_ref()]
                .into_iter()
                .flatten()
                .any(|bound| BigInt::from(updates) > *bound);
            // Machine floats may decide a tie otherwise: what counts is the exact path.
            if exceeded && violation.is_none() {
                violation = replay(problem, run, problem.training().steps, |path| {
                    Tracker::start(path, &claim)
                });
            }
        }
        let mut bounds = vec![("T6", max_updates)];
        bounds.extend(max_sharp.map(|m| ("T6s", m)));
        show_updates(context, &bounds, &found, settled, &mut outcome);
        let at_length = longest_path(
            context,
            &bounds,
            found.largest_updates,
            &mut outcome.figures,
            &mut outcome.comparisons,
        );
        let probable = probabilities(context, &bounds, theory);
        outcome.because.push_str(&probable.because);
        outcome.figures.append(probable.figures);
        outcome.scope = Some(scope);
        outcome.undecided_after_overflow(context);
        outcome.comparisons.extend(probable.comparisons);
        let refutation = violation
            .map(|violation| (violation, Layer::Exact))
            .or_else(|| {
                let other = whole.refutation.or(at_length).or(probable.refutation)?;
                Some((Violation::told(other.0, other.1), other.2))
            });
        if let Some((violation, layer)) = refutation {
            outcome.refute(*violation, layer);
        }
        outcome
    }
}

/// The figures and rows about the number of updates.
fn show_updates(
    context: &Context<'_>,
    bounds: &[(&'static str, BigInt)],
    found: &Survey<Tracker<'_>>,
    settled: u64,
    outcome: &mut Outcome,
) {
    let seen = integer(found.largest_updates);
    let observed = observed_updates(context, found.largest_updates);
    for (figure, name) in [("max_updates", "T6"), ("max_updates_sharp", "T6s")] {
        let bound = bounds.iter().find(|(n, _)| *n == name);
        outcome.figures.push((
            figure,
            match bound {
                Some((_, m)) => Figure::Exact(integer(m.clone())),
                None => Figure::Missing("a label without winner".into()),
            },
        ));
        let Some((_, most)) = bound else { continue };
        let (theorem, most) = (
            if name == "T6" {
                "T6_mistake_bound"
            } else {
                "T6s_hinge"
            },
            integer(most.clone()),
        );
        outcome.figures.proved(figure, theorem);
        if most >= integer(context.problem.training().steps) {
            // No path of so few steps could make more updates.
            outcome.figures.vacuous(figure);
        } else {
            let largest = simulated_updates(context).map_or(0, |(_, updates)| updates);
            let largest = integer(largest.max(found.largest_updates));
            outcome.figures.compare(figure, &most, &largest);
        }
    }
    outcome.figures.extend([
        (
            "largest_updates_seen",
            observed
                .clone()
                .unwrap_or_else(|| Figure::Exact(seen.clone())),
        ),
        ("exact_paths", Figure::Exact(integer(found.paths))),
        ("settled_paths", Figure::Exact(integer(settled))),
    ]);
    for (name, bound) in bounds {
        let bound = integer(bound.clone());
        outcome.comparisons.push(Comparison {
            quantity: format!("number of updates of a path ({name})").into(),
            relation: Relation::AtMost,
            margin: Some(Figure::Exact(&bound - &seen)),
            theory: Some(Figure::Exact(bound)),
            exact: Some(Figure::Exact(seen.clone())),
            simulated: observed.clone(),
            layer: found.layer(),
        });
    }
}

/// The simulated run with the most updates, and their number, where the simulation decided every gate
/// exactly: plain floats may open gates that are closed, and count what never happens.
fn simulated_updates(context: &Context<'_>) -> Option<(u64, u64)> {
    let simulation = context.simulation?;
    if !simulation.is_on_lattice() {
        return None;
    }
    let ends = &simulation.ends;
    let (run, end) = ends
        .iter()
        .enumerate()
        .max_by_key(|(run, end)| (end.updates, std::cmp::Reverse(*run)))?;
    Some((run as u64, end.updates))
}

/// The largest number of updates over simulated and exact paths.
fn observed_updates(context: &Context<'_>, exact: u64) -> Option<Figure> {
    let (_, updates) = simulated_updates(context)?;
    Some(Figure::Observed {
        value: updates.max(exact) as f64,
        runs: context.simulation?.runs,
    })
}

/// How many followed paths ended with every margin at least 1, so that accuracy is 1 for ever.
fn settled(problem: &Problem, found: &Survey<Tracker<'_>>) -> u64 {
    let model = gradient::Model::new(problem);
    let closed = |end: &&Tracker<'_>| {
        let state = end.state(problem)?;
        let (least, _) = margin_range(&model, problem, &state)?;
        Some(least >= Q::one())
    };
    found
        .ends
        .iter()
        .filter(|end| closed(end) == Some(true))
        .count() as u64
}

/// M_max of T6 for a problem; `None` without a number of key patches that all images share, or
/// without winners of both labels.
pub fn max_updates(problem: &Problem) -> Option<BigInt> {
    let r = integer(problem.distribution().key_count()?);
    let both = crate::problem::Label::BOTH
        .iter()
        .all(|&y| !problem.winners(y).is_empty());
    both.then(|| Classic::new(problem, &r, Theory::Stated).max_updates())
}
