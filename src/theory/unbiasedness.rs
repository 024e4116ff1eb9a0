//! T0: one SGD step is unbiased, and what that says of many steps.
//!
//! A step of SGD is an average over samples of a function of state and sample, and the step of the
//! expected dynamics is the expectation of that function: averaged over the atoms, the two are equal,
//! exactly, at every state. Over many steps the expectation of SGD is not the expected dynamics in
//! general, since a step depends on which coordinates are alive. In the setting of the closed form
//! (orthonormal dictionary, label-independent background, balanced labels, a fixed head of signs,
//! unhinged loss) a coordinate is a random walk stopped when it leaves the positive numbers:
//!
//! - background: the walk has mean zero, so the stopped walk is a martingale and `E Z(t) = Z(0)`;
//! - a winner's key never dies: `E Z(t) = Z(0) + eta r t / 2`;
//! - the wrong label's key: `E Z(t) = Z(0) - eta r E[number of that label's steps up to death]`
//!   (Wald), which is not the closed form of the expected dynamics.
//!
//! The last three are verified by the exact law of each stopped walk, step by step.

use super::context::Context;
use super::count_law::law_of_pattern;
use super::drift::short;
use super::record::{Proof, Statement, TheoremId};
use super::theorem::{Theorem, Theory};
use super::verdict::{Comparison, Figure, Layer, Outcome, Scope, Verdict};
use crate::dynamics::expected::Expected;
use crate::dynamics::path::{ExactPath, SampledPath, View, longest};
use crate::dynamics::sampler::{Draw, Sampler};
use crate::number::{Matrix, Q, integer, ratio};
use crate::probability::StepLaw;
use crate::problem::assumption::AssumptionId;
use crate::problem::model::Model;
use crate::problem::{Activation, Distribution, Label, Loss, Pooling, Problem, Train};
use crate::theory::violation::Relation;
use num_bigint::BigInt;
use num_traits::{One, Signed, ToPrimitive, Zero};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// T0.
pub struct Unbiasedness;

static STATEMENT: Statement = Statement {
    id: TheoremId::T0,
    title: "unbiasedness",
    file: "unbiasedness",
    claims: &["C1"],
    statement: "At every state, the average over the atoms of one SGD step is one step of the expected dynamics. With A1, A3, A4, A5f and the unhinged loss, for every t: under SGD winners' keys (with A2) and background coordinates have the expectation of the closed form, and the wrong label's key has E Z(t) = Z(0) - eta r E[number of its label's steps up to death].",
    model: Model::ANY,
    further: "the statement about every t: relu, sum pooling, unhinged, one sample a step",
    assumes: &[],
    wrong_theories: &[
        "the prior is ignored: both labels weigh 1/2",
        "label signs are ignored",
        "the average is conditional on an open gate",
        "the wrong label's key follows the closed form of the expected dynamics too",
    ],
    proofs: &[
        Proof {
            name: "T0_one_step",
            covers: "one step from any state: any model, loss, pooling and dictionary, fixed or trained head",
        },
        Proof {
            name: "T0_one_batch",
            covers: "the same for batches",
        },
        Proof {
            name: "T0_for_all_t",
            covers: "the expectation under SGD at every t (A1, A3, A4, A5f, unhinged; keys with A2)",
        },
        Proof {
            name: "T0_steps_up_to_death",
            covers: "the number of steps up to death on every path",
        },
    ],
    unproved: &[],
};

/// Largest number of coordinate moves on the lattice for one state.
const MAX_LATTICE_WORK: u64 = 1_500_000_000;

/// Largest number of coordinate moves in rational arithmetic for one state, times words.
const MAX_RATIONAL_WORK: u64 = 400_000;

/// Steps of SGD to the later state.
const LATER: u64 = 100;

/// Horizon of the exact laws of single coordinates.
const HORIZON: u64 = 24;

/// Products that all exact laws of single coordinates together may take.
const MAX_LAW_WORK: u64 = 1_000_000;

/// Averages of one SGD step over the atoms, label by label.
struct Average {
    /// `E[1(y) (Z' - Z)]`, n x P.
    weights: [Matrix<Q>; 2],
    /// `E[1(y) (a' - a)]`, length n.
    head: [Vec<Q>; 2],
    /// Probability that the gate is not 0.
    open: Q,
    atoms: u64,
}

/// The problem with one sample a step, started at a given state.
fn started_at(problem: &Problem, state: crate::dynamics::state::State<Q>) -> Option<Problem> {
    let started = problem.one_sample();
    started.started_at(state.weights, state.head).ok()
}

/// Takes one SGD step from the problem's start on every atom, and averages. `None` beyond the work
/// limits.
fn average(problem: &Problem) -> Option<Average> {
    let atoms = problem.distribution().n_atoms().to_u64()?;
    let (n, n_patterns) = (problem.n_filters(), problem.n_patterns());
    // The filters' step uses the head before the step, so for one step a trained head is a fixed
    // one, and the filters stay on the lattice; the head's own step is summed up below.
    let fixed = problem.fixed_head();
    let base = ExactPath::new(&fixed);
    let present = u64::from(problem.distribution().max_patches().max(1)).min(n_patterns as u64);
    let touched = if problem.dictionary().is_orthonormal() {
        present
    } else {
        n_patterns as u64
    };
    let moves = atoms.checked_mul(n as u64)?.checked_mul(touched)?;
    match base.view() {
        View::Integers {
            denominator,
            weights: before,
        } if moves <= MAX_LATTICE_WORK => {
            let mut scratch = base.clone();
            let mut sums = [0, 1].map(|_| vec![0i128; n * n_patterns]);
            let mut heads = [0, 1].map(|_| vec![0i128; n]);
            let pooled = Pooled::new(problem)?;
            let mut open = 0i128;
            let mut left_lattice = false;
            let total = problem.distribution().for_each_atom(|draw, weight| {
                scratch.go_to(&base);
                scratch.step(std::slice::from_ref(draw));
                let View::Integers { weights, .. } = scratch.view() else {
                    left_lattice = true;
                    return;
                };
                if !scratch.gates().any_open() {
                    return;
                }
                open += weight;
                let sum = &mut sums[draw.label.index()];
                let rows = weights
                    .chunks_exact(n_patterns)
                    .zip(before.chunks_exact(n_patterns))
                    .zip(sum.chunks_exact_mut(n_patterns));
                for ((new, old), sum) in rows {
                    for &p in scratch.touched() {
                        let p = p as usize;
                        // At most 2^60 * 2^52 a term, and the weights sum up to at most 2^60.
                        sum[p] += weight * i128::from(new[p] - old[p]);
                    }
                }
                if pooled.trained {
                    let head = &mut heads[draw.label.index()];
                    for (sum, row) in head.iter_mut().zip(before.chunks_exact(n_patterns)) {
                        *sum += weight * pooled.of(row, draw);
                    }
                }
            });
            if let (Some(total), false) = (total, left_lattice) {
                let scale = BigInt::from(total) * denominator;
                return Some(Average {
                    weights: sums.map(|sum| {
                        Matrix::from_fn(n, n_patterns, |j, p| {
                            Q::new(sum[j * n_patterns + p].into(), scale.clone())
                        })
                    }),
                    head: [0, 1].map(|y| {
                        let factor = &problem.training().step * integer(Label::BOTH[y].sign())
                            / integer(scale.clone() * pooled.right);
                        heads[y].iter().map(|&sum| integer(sum) * &factor).collect()
                    }),
                    open: Q::new(open.into(), total.into()),
                    atoms,
                });
            }
            average_rational(problem, atoms)
        }
        _ => average_rational(problem, atoms),
    }
}

/// The pooled activation of one filter in integers, by the definition: `right` times its numerator.
struct Pooled {
    trained: bool,
    max: bool,
    left: i128,
    right: i64,
}

impl Pooled {
    /// `None` where a sum over atoms might not fit 127 bits.
    fn new(problem: &Problem) -> Option<Self> {
        let (left, right) = match &problem.network().activation {
            Activation::Relu => (0, 1),
            Activation::Identity => (1, 1),
            Activation::LeakyRelu { slope } => (slope.numer().to_i64()?, slope.denom().to_i64()?),
            Activation::Relu2 => return None,
        };
        let trained = problem.training().train == Train::FiltersAndHead;
        // Weights sum up to at most 2^60, coordinates reach 2^51.
        let factor = BigInt::from(problem.distribution().max_patches()) * right;
        (!trained || factor.bits() <= 14).then_some(Pooled {
            trained,
            max: problem.network().pooling == Pooling::Max,
            left: left.into(),
            right,
        })
    }

    fn of(&self, row: &[i64], draw: &Draw) -> i128 {
        let values = draw.present.iter().map(|&p| {
            let z = i128::from(row[p as usize]);
            let slope = if z > 0 {
                i128::from(self.right)
            } else {
                self.left
            };
            (z * slope, i128::from(draw.counts[p as usize]))
        });
        if self.max {
            values.map(|(value, _)| value).max().unwrap_or(0)
        } else {
            values.map(|(value, count)| value * count).sum()
        }
    }
}

fn average_rational(problem: &Problem, atoms: u64) -> Option<Average> {
    let (n, n_patterns) = (problem.n_filters(), problem.n_patterns());
    let base = ExactPath::rational(problem);
    let start = base.state();
    let words = 1 + longest(&start) / 64;
    let work = atoms
        .checked_mul((n * n_patterns) as u64)?
        .checked_mul(words)?;
    if work > MAX_RATIONAL_WORK {
        return None;
    }
    let table = problem.distribution().atoms().ok()?;
    let zero = || Matrix::from_fn(n, n_patterns, |_, _| Q::zero());
    let mut average = Average {
        weights: [zero(), zero()],
        head: [vec![Q::zero(); n], vec![Q::zero(); n]],
        open: Q::zero(),
        atoms,
    };
    for atom in table.atoms() {
        let mut path = base.clone();
        path.step(&[Draw::new(atom.label, atom.counts.clone())]);
        if !path.gates().any_open() {
            continue;
        }
        average.open += &atom.probability;
        let state = path.state();
        let y = atom.label.index();
        for j in 0..n {
            for p in 0..n_patterns {
                let change = &state.weights[(j, p)] - &start.weights[(j, p)];
                if !change.is_zero() {
                    average.weights[y][(j, p)] += change * &atom.probability;
                }
            }
            let change = &state.head[j] - &start.head[j];
            average.head[y][j] += change * &atom.probability;
        }
    }
    Some(average)
}

/// How a theory joins the averages of the two labels.
fn joined(problem: &Problem, average: &Average, theory: Theory, plus: &Q, minus: &Q) -> Q {
    let reweighted = |x: &Q, label: Label| {
        let prior = problem.distribution().label_probability(label);
        if prior.is_zero() {
            Q::zero()
        } else {
            x / (prior * integer(2))
        }
    };
    match theory {
        Theory::Wrong(0) => reweighted(plus, Label::Plus) + reweighted(minus, Label::Minus),
        Theory::Wrong(1) => plus - minus,
        Theory::Wrong(2) if average.open.is_positive() => (plus + minus) / &average.open,
        _ => plus + minus,
    }
}

/// What one state gave: atoms averaged over, a comparison row, or a violation.
struct Compared {
    atoms: u64,
    /// The largest averaged change, and the expected step of the same coordinate.
    largest: [Q; 2],
    /// Largest distance between the two over all coordinates.
    gap: Q,
    violation: Option<(String, Value)>,
}

/// Compares averaged SGD with one expected step from the start of `problem`; an error is a limit.
fn compare(
    context: &Context<'_>,
    problem: &Problem,
    theory: Theory,
    after: u64,
) -> Result<Compared, String> {
    let average = average(problem).ok_or_else(|| {
        format!(
            "{} atoms, {} filters and {} patterns exceed the work limit of an average over all atoms",
            problem.distribution().n_atoms(),
            problem.n_filters(),
            problem.n_patterns()
        )
    })?;
    let mut engine =
        Expected::new(problem, &context.budget.exact).map_err(|stop| stop.to_string())?;
    let before = engine.state();
    engine.step().map_err(|stop| stop.to_string())?;
    let next = engine.state();
    let mut largest = [Q::zero(), Q::zero()];
    let mut gap = Q::zero();
    let mut violation = None;
    let mut judge = |what: Value, claimed: Q, found: Q| {
        if claimed.abs() > largest[0] {
            largest = [claimed.abs(), found.abs()];
        }
        gap = (&claimed - &found).abs().max(gap.clone());
        if claimed != found && violation.is_none() {
            let text = format!(
                "After {after} SGD steps, {what}: the average over all atoms of the next step's change is {} and the expected step {}.",
                short(&claimed),
                short(&found)
            );
            let witness = json!({
                "after_steps": after,
                "run": 0,
                "seed": problem.training().seed,
                "change_of": what,
                "claimed": claimed.to_string(),
                "found": found.to_string(),
            });
            violation = Some((text, witness));
        }
    };
    for j in 0..problem.n_filters() {
        for p in 0..problem.n_patterns() {
            let claimed = joined(
                problem,
                &average,
                theory,
                &average.weights[0][(j, p)],
                &average.weights[1][(j, p)],
            );
            let found = &next.weights[(j, p)] - &before.weights[(j, p)];
            let name = problem.dictionary().pattern_name(p);
            judge(json!({"filter": j, "coordinate": name}), claimed, found);
        }
        let claimed = joined(
            problem,
            &average,
            theory,
            &average.head[0][j],
            &average.head[1][j],
        );
        judge(json!({"head": j}), claimed, &next.head[j] - &before.head[j]);
    }
    Ok(Compared {
        atoms: average.atoms,
        largest,
        gap,
        violation,
    })
}

/// The law of `y N_p` as integer weights, and their sum.
fn law_of(distribution: &Distribution, p: usize) -> (Vec<(i64, BigInt)>, BigInt) {
    let law = StepLaw::signed(&law_of_pattern(distribution, p));
    let weights = law.weights().iter().map(|(x, w)| (*x, w.clone().into()));
    (weights.collect(), law.denominator().clone().into())
}

/// What the exact laws of stopped coordinates gave.
#[derive(Default)]
struct Laws {
    coordinates: u64,
    steps: u64,
    complete: bool,
    violation: Option<(String, Value)>,
}

/// `E Z(t)` under SGD for single coordinates, by the exact law of each stopped walk.
fn stopped_walks(problem: &Problem, theory: Theory) -> Laws {
    let eta = &problem.training().step;
    let r = problem.distribution().key_count();
    let steps = problem.training().steps.min(HORIZON);
    let most = u64::from(problem.distribution().max_patches()) * steps;
    let mut found = Laws {
        steps,
        complete: true,
        ..Laws::default()
    };
    // The walk of a coordinate depends on pattern, sign of the head and c = ceil(Z(0)/eta) alone;
    // a larger c than the walk can reach is as good as any.
    let mut seen = BTreeSet::new();
    let mut work = 0u64;
    let mut laws: BTreeMap<usize, (Vec<(i64, BigInt)>, BigInt)> = BTreeMap::new();
    for j in 0..problem.n_filters() {
        let sign: i64 = if problem.network().head[j].is_positive() {
            1
        } else {
            -1
        };
        for p in 0..problem.n_patterns() {
            let z = &problem.network().weights[(j, p)];
            if !z.is_positive() || (p < 2 && r.is_none()) {
                continue;
            }
            let reach = (z / eta)
                .ceil()
                .to_integer()
                .min(BigInt::from(most + 1))
                .to_i64()
                .unwrap_or(i64::MAX);
            if !seen.insert((p, sign, reach)) {
                continue;
            }
            if work > MAX_LAW_WORK {
                found.complete = false;
                return found;
            }
            let (law, total) = laws
                .entry(p)
                .or_insert_with(|| law_of(problem.distribution(), p));
            let mut alive = BTreeMap::from([(0i64, BigInt::one())]);
            // Sum of (walk at death) * weight, and of P(alive) over the steps so far.
            let mut dead = BigInt::zero();
            let mut scale = BigInt::one();
            let mut lived = Q::zero();
            found.coordinates += 1;
            for t in 1..=steps {
                let mass: BigInt = alive.values().sum();
                lived += Q::new(mass, scale.clone());
                let mut next: BTreeMap<i64, BigInt> = BTreeMap::new();
                dead *= &*total;
                for (s, weight) in &alive {
                    for (x, part) in law.iter() {
                        let s = s + x;
                        let weight = weight * part;
                        if sign * s > -reach {
                            *next.entry(s).or_insert_with(BigInt::zero) += weight;
                        } else {
                            dead += weight * s;
                        }
                    }
                    work += law.len() as u64;
                }
                alive = next;
                scale *= &*total;
                let sum: BigInt = alive.iter().map(|(s, w)| w * s).sum::<BigInt>() + &dead;
                let mean = z + eta * integer(sign) * Q::new(sum, scale.clone());
                let claimed = claimed_mean(eta, r, z, sign, p, t, &lived, theory);
                if mean != claimed && found.violation.is_none() {
                    let name = problem.dictionary().pattern_name(p);
                    found.violation = Some((
                        format!(
                            "Under SGD the expectation of coordinate {name} of filter {j} at step {t} is {} and not {}.",
                            short(&mean),
                            short(&claimed)
                        ),
                        json!({
                            "t": t,
                            "filter": j,
                            "coordinate": name,
                            "quantity": "expectation under SGD",
                            "claimed": claimed.to_string(),
                            "found": mean.to_string(),
                        }),
                    ));
                    return found;
                }
            }
        }
    }
    found
}

/// The claimed `E Z(t)`; `lived` is the sum over s < t of P(alive at s).
#[expect(
    clippy::too_many_arguments,
    reason = "one formula with all its symbols"
)]
fn claimed_mean(
    eta: &Q,
    r: Option<u32>,
    z: &Q,
    sign: i64,
    p: usize,
    t: u64,
    lived: &Q,
    theory: Theory,
) -> Q {
    let own = usize::from(sign < 0);
    if p >= 2 {
        return z.clone();
    }
    let kappa = eta * integer(r.unwrap_or(0)) * ratio(1, 2);
    if p == own {
        return z + kappa * integer(t);
    }
    if theory == Theory::Wrong(3) {
        // The closed form: Z(0) - kappa min(t, tau).
        let tau = (z / &kappa).ceil();
        return z - kappa * tau.min(integer(t));
    }
    // Each step up to death has that label with probability 1/2.
    z - kappa * lived
}

/// Does the statement about every t speak of this problem?
fn has_stopped_walks(context: &Context<'_>) -> bool {
    const MODEL: Model = Model {
        losses: &[Loss::Unhinged],
        train: Some(Train::Filters),
        one_sample: true,
        ..Model::RELU_SUM
    };
    let needed = [
        AssumptionId::A1,
        AssumptionId::A3,
        AssumptionId::A4,
        AssumptionId::A5f,
    ];
    MODEL.fits(context.problem) && context.failing(&needed).is_empty()
}

impl Theorem for Unbiasedness {
    fn statement(&self) -> &'static Statement {
        &STATEMENT
    }

    fn check(&self, context: &Context<'_>, theory: Theory) -> Outcome {
        let problem = context.problem;
        let mut outcome = Outcome::new(&STATEMENT);
        let mut violation = None;
        let mut states = 0u64;
        let mut limit = None;
        let mut because = Vec::new();
        let mut places = vec![(0, problem.one_sample())];
        // Digits of a path outside the lattice grow at every step: a few steps are enough there.
        let sampler = Sampler::new(problem.distribution());
        let path = ExactPath::new(problem);
        let later = problem
            .training()
            .steps
            .min(if path.is_on_lattice() { LATER } else { 3 });
        if later > 0 {
            let mut path = SampledPath::new(path, &sampler, problem.training().seed, 0);
            (0..later).for_each(|_| path.advance());
            let reached = started_at(problem, path.path().state());
            places.extend(reached.map(|place| (later, place)));
        }
        for (after, place) in &places {
            match compare(context, place, theory, *after) {
                Ok(found) => {
                    let [claimed, expected] = found.largest;
                    states += 1;
                    because.push(format!("after {after} SGD steps ({} atoms)", found.atoms));
                    outcome.comparisons.push(Comparison {
                        quantity: format!(
                            "largest averaged change of a weight in one SGD step, after {after} steps"
                        ).into(),
                        relation: Relation::Equal,
                        theory: Some(Figure::Exact(claimed)),
                        exact: Some(Figure::Exact(expected)),
                        simulated: None,
                        margin: Some(Figure::Exact(-found.gap)),
                        layer: Layer::Exact,
                    });
                    violation = violation.or(found.violation);
                }
                Err(stop) => limit = Some(stop),
            }
        }
        outcome.because = format!(
            "The average of one SGD step over all atoms equals the expected step in every coordinate, {}.",
            because.join(" and ")
        ).into();
        outcome
            .figures
            .push(("states_compared", Figure::Exact(integer(states))));
        if states == 0 {
            let limit = limit.unwrap_or_else(|| "no state could be compared".into());
            outcome.because = "No average over all atoms was taken.".into();
            outcome.verdict = Verdict::Undecided {
                limit: limit.into(),
            };
        } else if let Some(limit) = limit {
            outcome
                .because
                .push_str(&format!(" Another state was not compared: {limit}."));
        }
        let plural = if states == 1 { "state" } else { "states" };
        let mut scope = format!("{states} {plural}");
        if has_stopped_walks(context) {
            let laws = stopped_walks(problem, theory);
            scope.push_str(&format!(", t <= {}", laws.steps));
            if !laws.complete {
                scope.push_str(&format!(", {} laws of coordinates", laws.coordinates));
            }
            outcome.because.push_str(&format!(
                " The expectation under SGD of {} different coordinates{} was compared at every step to {} by the exact law of each.",
                laws.coordinates,
                if laws.complete { "" } else { " (as many as the work limit allows)" },
                laws.steps
            ));
            outcome
                .figures
                .push(("coordinate_laws", Figure::Exact(integer(laws.coordinates))));
            violation = violation.or(laws.violation);
        }
        outcome.scope = (states > 0).then(|| Scope::at(scope));
        if let Some((text, witness)) = violation {
            outcome.comparisons.clear();
            outcome.refute_with(text, witness, Layer::Exact);
        }
        outcome
    }
}
