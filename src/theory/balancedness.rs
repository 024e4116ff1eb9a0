//! T8: balancedness with a trained head.
//!
//! Let `s_j` be the averaged, gated, signed sum of the active patterns of filter j, so that a step
//! is `w_j += eta a_j s_j` and, for activations of degree one (`sigma(z) = sigma'(z) z`),
//! `a_j += eta <w_j, s_j>`. Expanding both squares, the terms of first order cancel:
//!
//! `|w_j'|^2 - a_j'^2 = |w_j|^2 - a_j^2 + eta^2 (a_j^2 |s_j|^2 - <w_j, s_j>^2)`.
//!
//! For relu2, of degree two, the head's gradient is `h_j = <w_j, s_j> / 2`, and
//! `|w_j|^2 - 2 a_j^2` changes by `eta^2 (a_j^2 |s_j|^2 - 2 h_j^2)`.

use super::context::Context;
use super::drift::short;
use super::evidence::{Watcher, along_paths};
use super::record::{Proof, Statement, TheoremId};
use super::theorem::{Theorem, Theory};
use super::verdict::{Comparison, Figure, Layer, Outcome, Scope, Verdict};
use super::violation::{Course, Place, Violation};
use crate::dynamics::expected::Expected;
use crate::dynamics::gradient;
use crate::dynamics::path::ExactPath;
use crate::dynamics::sampler::Draw;
use crate::dynamics::state::State;
use crate::number::{Q, integer};
use crate::problem::assumption::AssumptionId;
use crate::problem::model::Model;
use crate::problem::{Activation, Label, Loss, Pooling, Problem};
use crate::theory::violation::Relation;
use num_traits::{ToPrimitive, Zero};
use serde_json::json;

/// T8.
pub struct Balancedness;

static STATEMENT: Statement = Statement {
    id: TheoremId::T8,
    title: "balancedness",
    file: "balancedness",
    claims: &["C1"],
    statement: "At every step, for every filter: |w_j|^2 - a_j^2 changes by exactly eta^2 (a_j^2 |s_j|^2 - <w_j, s_j>^2), where s_j is the averaged, gated, signed sum of the filter's active patterns.",
    model: Model {
        activations: &["relu", "leaky-relu", "identity"],
        ..Model::ANY
    },
    further: "either pooling, any loss, any batch, any dictionary, head trained",
    assumes: &[AssumptionId::A5t],
    wrong_theories: &[
        "|w_j|^2 - a_j^2 is conserved: the term in eta^2 is left out",
        "<w_j, s_j>^2 is left out",
        "the form of relu2 holds for activations of degree one, and theirs for relu2",
        "|s_j|^2 without the Gram matrix: the sum of squares of its coefficients",
    ],
    proofs: &[
        Proof {
            name: "T8_balancedness",
            covers: "the change of |w|^2 - a^2 in one step",
        },
        Proof {
            name: "T8_balancedness_run",
            covers: "the same, added up over a run",
        },
        Proof {
            name: "T8_balancedness_relu2",
            covers: "relu2: the change of |w|^2 - 2 a^2 in one step",
        },
        Proof {
            name: "T8_norm_of_coordinates",
            covers: "the norm depends on the coordinates alone",
        },
    ],
    unproved: &[],
};

/// The clause of the claim.
const CHANGE: &str = "|w_j|^2 - a_j^2 changes by eta^2 (a_j^2 |s_j|^2 - <w_j, s_j>^2)";

/// Work of the comparison with the expected dynamics: atoms times filters times patterns times steps.
const MAX_EXPECTED_WORK: u64 = 1_000_000;

/// Steps of the expected dynamics that are compared at most (digits grow with every step).
const MAX_EXPECTED_STEPS: u64 = 10;

/// Bits of a number beyond which the expected dynamics are followed no further.
const MAX_EXPECTED_BITS: u64 = 4_096;

/// The active patterns of one image for one filter: `(p, N_p sigma'(Z_jp))`, by the definition.
fn active<'a>(
    problem: &'a Problem,
    row: &'a [Q],
    counts: &'a [u32],
) -> impl Iterator<Item = (usize, Q)> + 'a {
    let activation = &problem.network().activation;
    let positive = |z: &Q| *z > Q::zero();
    let slope = move |z: &Q| match activation {
        Activation::Relu => integer(i64::from(positive(z))),
        Activation::Identity => integer(1),
        Activation::LeakyRelu { .. } if positive(z) => integer(1),
        Activation::LeakyRelu { slope } => slope.clone(),
        Activation::Relu2 if positive(z) => z * integer(2),
        Activation::Relu2 => Q::zero(),
    };
    // All activations here are monotone, but constant pieces make ties: relu and relu2 compare
    // what is left of a coordinate after cutting it at 0.
    let cut = move |z: &'a Q| match activation {
        Activation::Relu | Activation::Relu2 => z.clone().max(Q::zero()),
        Activation::Identity | Activation::LeakyRelu { .. } => z.clone(),
    };
    let present = counts.iter().enumerate().filter(|(_, n)| **n > 0);
    let chosen: Vec<(usize, Q)> = match problem.network().pooling {
        Pooling::Sum => present
            .map(|(p, &n)| (p, integer(n) * slope(&row[p])))
            .collect(),
        Pooling::Max => {
            let mut best: Option<(usize, Q)> = None;
            for (p, _) in present {
                let value = cut(&row[p]);
                if best.as_ref().is_none_or(|(_, b)| value > *b) {
                    best = Some((p, value));
                }
            }
            best.into_iter().map(|(p, _)| (p, slope(&row[p]))).collect()
        }
    };
    chosen.into_iter()
}

/// The claimed change of the difference of squares in one step, for each filter.
struct Claim<'p> {
    problem: &'p Problem,
    theory: Theory,
}

impl Claim<'_> {
    /// `b` in `|w|^2 - b a^2`: the degree of the activation, or the other one in a near miss.
    fn weight(&self) -> Q {
        let square = self.problem.network().activation == Activation::Relu2;
        let other = self.theory == Theory::Wrong(2);
        integer(if square != other { 2 } else { 1 })
    }

    /// `eta^2 (a^2 |s|^2 - b h^2)`, `b h^2 = <w,s>^2 / b`, for coefficients `s` of one filter.
    fn change(&self, row: &[Q], a: &Q, s: &[Q]) -> Q {
        let dictionary = &self.problem.dictionary();
        let mut length = Q::zero();
        let mut product = Q::zero();
        for (p, x) in s.iter().enumerate().filter(|(_, x)| !x.is_zero()) {
            product += x * &row[p];
            if dictionary.is_orthonormal() || self.theory == Theory::Wrong(3) {
                length += x * x;
            } else {
                for (q, y) in s.iter().enumerate().filter(|(_, y)| !y.is_zero()) {
                    length += x * y * dictionary.gram_entry(p, q);
                }
            }
        }
        let eta = &self.problem.training().step;
        let second = match self.theory {
            Theory::Wrong(0) => return Q::zero(),
            Theory::Wrong(1) => Q::zero(),
            _ => &product * &product / self.weight(),
        };
        eta * eta * (a * a * length - second)
    }

    /// `|w_j|^2 - b a_j^2` for each filter.
    fn differences(&self, state: &State<Q>) -> Vec<Q> {
        let weight = self.weight();
        state
            .norms_squared(self.problem)
            .into_iter()
            .zip(&state.head)
            .map(|(norm, a)| norm - &weight * a * a)
            .collect()
    }
}

/// `s_j` for every filter, n x P, from samples `(label, counts, gate times weight)`.
fn directions<'a>(
    problem: &Problem,
    state: &State<Q>,
    samples: impl Iterator<Item = (Label, &'a [u32], Q)>,
) -> Vec<Vec<Q>> {
    let mut s = vec![vec![Q::zero(); problem.n_patterns()]; problem.n_filters()];
    for (label, counts, amount) in samples {
        if amount.is_zero() {
            continue;
        }
        let signed = amount * integer(label.sign());
        for (s, row) in s.iter_mut().zip(state.weights.iter_rows()) {
            for (p, x) in active(problem, row, counts) {
                s[p] += &signed * x;
            }
        }
    }
    s
}

#[derive(Clone)]
struct Follower<'c, 'p> {
    claim: &'c Claim<'p>,
    state: State<Q>,
    differences: Vec<Q>,
    /// The claimed changes of filter 0, added up.
    first: Q,
}

impl Watcher for Follower<'_, '_> {
    fn observe(&mut self, path: &ExactPath<'_>, batch: &[Draw]) -> Result<(), Box<Violation>> {
        let problem = self.claim.problem;
        let weight = integer(problem.training().batch).recip();
        let s = directions(
            problem,
            &self.state,
            batch.iter().enumerate().map(|(i, draw)| {
                (
                    draw.label,
                    draw.counts.as_slice(),
                    path.gates().gate(i) * &weight,
                )
            }),
        );
        let state = path.state();
        let differences = self.claim.differences(&state);
        for (j, s) in s.iter().enumerate() {
            let change = self
                .claim
                .change(self.state.weights.row(j), &self.state.head[j], s);
            let claimed = &self.differences[j] + &change;
            if j == 0 {
                self.first += change;
            }
            if claimed != differences[j] {
                return Err(Box::new(Violation::new(
                    Place::of(Course::Cases).filter(j),
                    CHANGE,
                    Relation::Equal,
                    claimed,
                    differences[j].clone(),
                )));
            }
        }
        self.state = state;
        self.differences = differences;
        Ok(())
    }
}

/// The expected dynamics: steps compared, or a witness.
fn expected_dynamics(
    context: &Context<'_>,
    claim: &Claim<'_>,
) -> Result<u64, (String, serde_json::Value)> {
    let problem = context.problem;
    // With all gates 1 and sum pooling moments are enough, and no atom is looked at.
    let moments =
        problem.training().loss == Loss::Unhinged && problem.network().pooling == Pooling::Sum;
    let atoms = if moments {
        2
    } else {
        problem
            .distribution()
            .n_atoms()
            .to_u64()
            .unwrap_or(u64::MAX)
    };
    let cells = (problem.n_filters() * problem.n_patterns()) as u64;
    let steps = (MAX_EXPECTED_WORK / atoms.saturating_mul(cells).max(1))
        .min(MAX_EXPECTED_STEPS)
        .min(problem.training().steps);
    if steps == 0 {
        return Ok(0);
    }
    let Ok(mut engine) = Expected::new(problem, &context.budget.exact) else {
        return Ok(0);
    };
    let model = gradient::Model::<Q>::new(problem);
    let mut state = engine.state();
    let mut differences = claim.differences(&state);
    for t in 1..=steps {
        let s = if moments {
            let mean = problem.distribution().signed_mean_counts();
            let ones = vec![1u32; problem.n_patterns()];
            state
                .weights
                .iter_rows()
                .map(|row| {
                    let mut s = vec![Q::zero(); row.len()];
                    for (p, x) in active(problem, row, &ones) {
                        s[p] = x * &mean[p];
                    }
                    s
                })
                .collect()
        } else {
            let Ok(table) = problem.distribution().atoms() else {
                return Ok(t - 1);
            };
            directions(
                problem,
                &state,
                table.atoms().iter().map(|atom| {
                    let margin = model.margin(&state, atom.label, &atom.counts);
                    (
                        atom.label,
                        atom.counts.as_slice(),
                        model.gate(&margin) * &atom.probability,
                    )
                }),
            )
        };
        if engine.step().is_err() {
            return Ok(t - 1);
        }
        let next = engine.state();
        let found = claim.differences(&next);
        for (j, s) in s.iter().enumerate() {
            let change = claim.change(state.weights.row(j), &state.head[j], s);
            let claimed = &differences[j] + change;
            if claimed != found[j] {
                let text = format!(
                    "Step {t} of the expected dynamics, filter {j}: |w|^2 - {} a^2 is {} and not {}.",
                    claim.weight(),
                    short(&found[j]),
                    short(&claimed)
                );
                let witness = json!({
                    "dynamics": "expected",
                    "step": t,
                    "filter": j,
                    "claimed": claimed.to_string(),
                    "found": found[j].to_string(),
                });
                return Err((text, witness));
            }
        }
        if crate::dynamics::path::longest(&next) > MAX_EXPECTED_BITS {
            return Ok(t);
        }
        state = next;
        differences = found;
    }
    Ok(steps)
}

impl Theorem for Balancedness {
    fn statement(&self) -> &'static Statement {
        &STATEMENT
    }

    fn check(&self, context: &Context<'_>, theory: Theory) -> Outcome {
        let problem = context.problem;
        let claim = Claim { problem, theory };
        let relu2 = problem.network().activation == Activation::Relu2;
        let fails = self.failures(context);
        if !context.failing(STATEMENT.assumes).is_empty() {
            let because = "The head does not move, so nothing balances the filters.";
            let mut outcome = Outcome::not_applicable(&STATEMENT, fails, because);
            outcome.beyond = Some(fixed_head(context).into());
            return outcome;
        }
        let start = |path: &ExactPath<'_>| {
            let state = path.state();
            Follower {
                differences: claim.differences(&state),
                claim: &claim,
                state,
                first: Q::zero(),
            }
        };
        if relu2 && theory != Theory::Wrong(2) {
            let found = along_paths(context, start);
            let because = "relu2 is of degree two.";
            let mut outcome = Outcome::not_applicable(&STATEMENT, fails, because);
            outcome.beyond = Some(match found.violation {
                None => format!(
                    "|w_j|^2 - 2 a_j^2 changed by exactly eta^2 (a_j^2 |s_j|^2 - 2 h_j^2) at every step of {}.",
                    found.describe()
                ).into(),
                Some(_) => "The form of relu2 fails on a path.".into(),
            });
            return outcome;
        }
        let mut outcome = Outcome::new(&STATEMENT);
        let found = along_paths(context, start);
        let expected = expected_dynamics(context, &claim);
        let mut violation = found.violation.clone();
        let compared = match expected {
            Ok(steps) => steps,
            Err(refuted) => {
                violation = violation.or(Some(Violation::told(refuted.0, refuted.1)));
                0
            }
        };
        outcome.because = format!(
            "The identity holds for all {} filters at every step of {}, and at each of the first {compared} steps of the expected dynamics.",
            problem.n_filters(),
            found.describe()
        ).into();
        outcome.verdict = Verdict::Holds {
            layer: found.layer(),
        };
        outcome.figures = vec![
            ("exact_paths", Figure::Exact(integer(found.paths))),
            ("steps_checked", Figure::Exact(integer(found.steps))),
            ("expected_steps_checked", Figure::Exact(integer(compared))),
        ]
        .into();
        outcome.scope = Some(Scope::on(format!(
            "{}; expected dynamics, t <= {compared}",
            found.scope()
        )));
        outcome.vacuous = problem.training().steps == 0;
        if let (Some(end), true) = (found.ends.first(), violation.is_none()) {
            let begin = claim.differences(&State::initial(problem));
            if let (Some(begin), Some(now)) = (begin.first(), end.differences.first()) {
                let theory = begin + &end.first;
                outcome.comparisons.push(Comparison {
                    quantity: "|w|^2 - a^2 of filter 0 where the first path ended".into(),
                    relation: Relation::Equal,
                    margin: Some(Figure::Exact(&theory - now)),
                    theory: Some(Figure::Exact(theory)),
                    exact: Some(Figure::Exact(now.clone())),
                    simulated: None,
                    layer: found.layer(),
                });
            }
        }
        if found.steps == 0 && compared == 0 && problem.training().steps > 0 {
            outcome.verdict = Verdict::Undecided {
                limit: "not one step fits the work limit of exact paths".into(),
            };
        }
        if let Some(violation) = violation {
            outcome.refute(*violation, Layer::Exact);
        }
        outcome
    }
}

/// Counts steps on which some `|w_j|^2` changed.
#[derive(Clone)]
struct NormMoves {
    norms: Vec<Q>,
    moves: u64,
}

impl Watcher for NormMoves {
    fn observe(&mut self, path: &ExactPath<'_>, _batch: &[Draw]) -> Result<(), Box<Violation>> {
        let norms = path.state().norms_squared(path.problem());
        self.moves += u64::from(norms != self.norms);
        self.norms = norms;
        Ok(())
    }
}

/// With a fixed head: on how many steps |w|^2 - a^2 changed.
fn fixed_head(context: &Context<'_>) -> String {
    let mut budget = context.budget.clone();
    budget.exact_paths = 1;
    budget.exact_path_steps = budget.exact_path_steps.min(50);
    let context = context.with_budget(budget);
    let found = along_paths(&context, |path| NormMoves {
        norms: path.state().norms_squared(path.problem()),
        moves: 0,
    });
    let moves: u64 = found.ends.iter().map(|w| w.moves).sum();
    format!(
        "With the head fixed, some |w_j|^2 - a_j^2 changed on {moves} steps of {}.",
        found.describe()
    )
}
