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

use super::evidence::{Survey, Walked, Watcher, along_expected, along_paths, moves_along};
use super::prelude::*;
use crate::dynamics::gradient::{self, Sample};
use crate::dynamics::path::{ExactPath, longest};
use crate::dynamics::sampler::Draw;
use crate::dynamics::state::State;
use crate::number::Matrix;
use crate::problem::{Activation, Dictionary};
use num_traits::{ToPrimitive, Zero};
use std::cell::Cell;

/// T8.
pub struct Balancedness;

static STATEMENT: Statement = Statement {
    id: TheoremId::T8,
    title: "balancedness",
    file: "balancedness",
    claims: &["C1"],
    statement: "At every step, for every filter: |w_j|^2 - a_j^2 changes by exactly eta^2 (a_j^2 |s_j|^2 - <w_j, s_j>^2), where s_j is the averaged, gated, signed sum of the filter's active patterns.",
    formulas: &[Formula::new(
        "at every step, for every filter j",
        r"\Delta\left(|w_j|^2 - a_j^2\right) = \eta^2 \left(a_j^2\, |s_j|^2 - \langle w_j, s_j \rangle^2\right)",
    )],
    model: Model {
        activations: &["relu", "leaky-relu", "identity"],
        ..Model::ANY
    },
    further: "either pooling, any loss, any batch, any dictionary, head trained",
    assumes: &[A5t],
    proofs: proofs! {
        T8_balancedness: "the change of |w|^2 - a^2 in one step";
        T8_balancedness_run: "the same, added up over a run";
        T8_balancedness_relu2: "relu2: the change of |w|^2 - 2 a^2 in one step";
        T8_norm_of_coordinates: "the norm depends on the coordinates alone";
    },
    unproved: &[],
};

const CHANGE: Clause = Clause::new(
    "|w_j|^2 - b a_j^2 after the step, b the degree of the activation",
    Equal,
);

/// Work of the comparison with the expected dynamics: atoms times filters times patterns times steps.
const MAX_EXPECTED_WORK: u64 = 1_000_000;

/// Steps of the expected dynamics that are compared at most (digits grow with every step).
const MAX_EXPECTED_STEPS: u64 = 10;

/// Bits of a number beyond which the expected dynamics are followed no further.
const MAX_EXPECTED_BITS: u64 = 4_096;

/// What is claimed: `|w|^2 - b a^2` changes by `rate (a^2 |s|^2 - second <w, s>^2 / b)`.
pub struct Claim {
    /// b, the degree of the activation.
    degree: u32,
    /// `eta^2`.
    rate: Q,
    /// 1.
    second: Q,
    /// `|s|^2` from the coefficients of s.
    length: fn(&Dictionary, &[Q]) -> Q,
    /// Gates and derivatives, which make s.
    network: gradient::Model<Q>,
}

/// `|sum_p s_p p|^2`.
fn length(dictionary: &Dictionary, s: &[Q]) -> Q {
    if dictionary.is_orthonormal() {
        return sum_of_squares(dictionary, s);
    }
    let mut length = Q::zero();
    for (p, x) in s.iter().enumerate().filter(|(_, x)| !x.is_zero()) {
        for (q, y) in s.iter().enumerate().filter(|(_, y)| !y.is_zero()) {
            length += x * y * dictionary.gram_entry(p, q);
        }
    }
    length
}

fn sum_of_squares(_: &Dictionary, s: &[Q]) -> Q {
    s.iter().map(|x| x * x).sum()
}

static NEAR_MISSES: [NearMiss<Claim>; 4] = [
    NearMiss::<Claim>::new(
        CHANGE.name,
        "|w_j|^2 - a_j^2 is conserved: the term in eta^2 is left out",
        |claim, _| claim.rate = Q::zero(),
    ),
    NearMiss::<Claim>::new(CHANGE.name, "<w_j, s_j>^2 is left out", |claim, _| {
        claim.second = Q::zero()
    }),
    NearMiss::<Claim>::new(
        CHANGE.name,
        "the form of relu2 holds for activations of degree one, and theirs for relu2",
        |claim, _| claim.degree = 3 - claim.degree,
    )
    .without(|failing, _| failing.assumption == A0),
    NearMiss::<Claim>::new(
        CHANGE.name,
        "|s_j|^2 without the Gram matrix: the sum of squares of its coefficients",
        |claim, _| claim.length = sum_of_squares,
    ),
];

impl Claim {
    fn new(problem: &Problem) -> Self {
        let eta = &problem.training().step;
        Claim {
            degree: match problem.network().activation {
                Activation::Relu2 => 2,
                _ => 1,
            },
            rate: eta * eta,
            second: integer(1),
            length,
            network: gradient::Model::new(problem),
        }
    }

    /// The claimed change in one step of a filter `row` with head `a` and coefficients `s`.
    fn change(&self, dictionary: &Dictionary, row: &[Q], a: &Q, s: &[Q]) -> Q {
        let product: Q = s.iter().zip(row).map(|(x, z)| x * z).sum();
        let second = &self.second * &product * &product / integer(self.degree);
        &self.rate * (a * a * (self.length)(dictionary, s) - second)
    }

    /// `|w_j|^2 - b a_j^2` for each filter.
    fn differences(&self, problem: &Problem, state: &State<Q>) -> Vec<Q> {
        let norms = state.norms_squared(problem).into_iter();
        norms
            .zip(&state.head)
            .map(|(norm, a)| norm - integer(self.degree) * a * a)
            .collect()
    }
}

/// A state that moves, with what is claimed of its next step.
#[derive(Clone)]
struct Follower<'c> {
    claim: &'c Claim,
    state: State<Q>,
    differences: Vec<Q>,
    /// The difference of filter 0 at step 0 with the claimed changes added up.
    first: Option<Q>,
}

impl<'c> Follower<'c> {
    fn new(claim: &'c Claim, problem: &Problem, state: State<Q>) -> Self {
        let differences = claim.differences(problem, &state);
        Follower {
            claim,
            state,
            first: differences.first().cloned(),
            differences,
        }
    }

    /// Compares with the next state, which a step along `s` (n x P) has led to.
    fn follow(
        &mut self,
        problem: &Problem,
        s: &Matrix<Q>,
        next: State<Q>,
        place: Place,
    ) -> Result<(), Box<Violation>> {
        let found = self.claim.differences(problem, &next);
        for (j, found) in found.iter().enumerate() {
            let (row, a) = (self.state.weights.row(j), &self.state.head[j]);
            let change = self.claim.change(problem.dictionary(), row, a, s.row(j));
            let claimed = &self.differences[j] + &change;
            if let (0, Some(first)) = (j, &mut self.first) {
                *first += change;
            }
            CHANGE.check(place.clone().filter(j), &claimed, found)?;
        }
        self.state = next;
        self.differences = found;
        Ok(())
    }
}

impl Watcher for Follower<'_> {
    fn observe(&mut self, path: &ExactPath<'_>, batch: &[Draw]) -> Result<(), Box<Violation>> {
        let problem = path.problem();
        let weight = integer(problem.training().batch).recip();
        let samples = batch.iter().map(|draw| Sample {
            label: draw.label,
            counts: &draw.counts,
            weight: &weight,
        });
        let s = self.claim.network.gradient(&self.state, samples).filters;
        self.follow(problem, &s, path.state(), Place::of(Course::Cases))
    }
}

fn along_every_path<'c>(context: &Context<'_>, claim: &'c Claim) -> Survey<Follower<'c>> {
    along_paths(context, |path| {
        Follower::new(claim, path.problem(), path.state())
    })
}

/// The first steps of the expected dynamics, as many as are affordable; `None` if there are none.
fn expected_dynamics(context: &Context<'_>, claim: &Claim) -> Option<Walked> {
    let problem = context.problem;
    let distribution = problem.distribution();
    // With all gates 1 and sum pooling moments are enough, and no atom is looked at.
    let moments =
        problem.training().loss == Loss::Unhinged && problem.network().pooling == Pooling::Sum;
    let atoms = if moments {
        2
    } else {
        distribution.n_atoms().to_u64()?
    };
    let (n, n_patterns) = (problem.n_filters(), problem.n_patterns());
    let steps = (MAX_EXPECTED_WORK / atoms.saturating_mul((n * n_patterns) as u64).max(1))
        .min(MAX_EXPECTED_STEPS)
        .min(problem.training().steps);
    if steps == 0 {
        return None;
    }
    let table = (!moments).then(|| distribution.atoms()).transpose().ok()?;
    let mean = distribution.signed_mean_counts();
    let direction = |state: &State<Q>| match &table {
        None => Matrix::from_fn(n, n_patterns, |j, p| {
            claim.network.derivative(&state.weights[(j, p)]) * &mean[p]
        }),
        Some(table) => {
            let samples = table.atoms().iter().map(|atom| Sample {
                label: atom.label,
                counts: &atom.counts,
                weight: &atom.probability,
            });
            claim.network.gradient(state, samples).filters
        }
    };
    let mut follower = Follower::new(claim, problem, State::initial(problem));
    let (mut last, too_long) = (0, Cell::new(false));
    let times = (1..=steps).take_while(|_| !too_long.get());
    let walked = along_expected(context, times, |engine| {
        // An engine that a limit stops has not moved.
        if std::mem::replace(&mut last, engine.t()) == engine.t() {
            return Ok(());
        }
        let next = engine.state();
        too_long.set(longest(&next) > MAX_EXPECTED_BITS);
        let s = direction(&follower.state);
        follower.follow(problem, &s, next, Place::expected(engine.t()))
    });
    walked.ok()
}

impl Claimed for Balancedness {
    type Claim = Claim;

    const RECORD: &'static Statement = &STATEMENT;

    const NEAR_MISSES: &'static [NearMiss<Claim>] = &NEAR_MISSES;

    const WITHOUT: &'static str = "The head does not move, or the activation is not of degree one.";

    fn beyond(&self, context: &Context<'_>, outcome: &mut Outcome) {
        if !context.failing(STATEMENT.assumes).is_empty() {
            let (changes, path) = moves_along(
                context,
                50,
                |path| path.state().norms_squared(path.problem()),
                |before, now| u64::from(before != now),
            );
            let found = remark!("|w_j|^2 - a_j^2 changed {} in {}.", (changes, "time"), path);
            outcome.beyond = Some(found.into());
            return;
        }
        let claim = Claim::new(context.problem);
        let found = along_every_path(context, &claim);
        let form = match found.violation {
            None => remark!(
                "|w_j|^2 - 2 a_j^2 changed by exactly eta^2 (a_j^2 |s_j|^2 - 2 h_j^2) at every step of {}.",
                found.describe()
            ),
            Some(violation) => remark!(
                "The form of relu2 fails on a path: claimed {}, found {}.",
                violation.claimed,
                violation.found
            ),
        };
        outcome.beyond = Some(form.into());
    }

    fn claim(&self, problem: &Problem) -> Result<Claim, Remark> {
        Ok(Claim::new(problem))
    }

    fn compare(&self, context: &Context<'_>, claim: &Claim, outcome: &mut Outcome) {
        let problem = context.problem;
        let found = along_every_path(context, claim);
        let expected = expected_dynamics(context, claim);
        let compared = expected.as_ref().map_or(0, |walked| walked.last);
        found.tell(problem, outcome);
        outcome.figures.count("expected_steps_checked", compared);
        let scope = remark!("{}; expected dynamics, t <= {}", found.scope(), compared);
        outcome.scope = Some(Scope::on(scope));
        if compared > 0 {
            outcome.verdict = Verdict::Holds {
                layer: found.layer(),
            };
        }
        outcome.because.push(remark!(
            "The identity was compared for all {} filters at every step of {}, and at each of the first {} steps of the expected dynamics.",
            problem.n_filters(),
            found.describe(),
            compared
        ));
        let along = expected.and_then(|walked| walked.violation);
        let layer = found.layer();
        let end = found.ends.into_iter().next();
        let violation = found.violation.or(along);
        if let (Some(end), None) = (end, &violation)
            && let (Some(claimed), Some(found)) = (end.first, end.differences.first())
        {
            let quantity = "|w|^2 - a^2 of filter 0 where the first path ended";
            let row = Comparison::exact(quantity, Equal, claimed, found.clone());
            outcome.comparisons.push(row.on(layer));
        }
        outcome.refute_by(violation, Layer::Exact);
    }
}
