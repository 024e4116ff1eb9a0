//! T13: where one key is the other turned round, every filter comes over to its own key.
//!
//! Let `v_- = -v_+` be a unit vector orthogonal to the backgrounds, and images of label y hold `v_y` exactly r times and
//! never the other key (A2). The coordinates of filter j on the keys are `alpha = <w_j, v_+>` and `-alpha`. A sample of label
//! y with gate g meets the filter's key if `y alpha > 0`; then the step moves w_j by `eta a_j y g r v_y` and by backgrounds,
//! and `<v_y, v_+> = y`, so alpha moves by `eta a_j r g`, whichever the label is. In all,
//!
//! `alpha' = alpha + eta a_j r g 1[y alpha > 0]`.
//!
//! With g >= 0, `a_j alpha` never decreases; at 0 no label moves it any more. With batches and in the expected dynamics the
//! same holds for the mean of `g 1[y alpha > 0]`.
//!
//! *Unhinged, one sample a step.* While alpha is not 0 exactly one label moves it, the one of its sign, by `eta |a_j| r`
//! towards the side of the head's sign. Unless it stops at 0, each step moves it with probability pi_+ or pi_-, whatever
//! came before, so the number of moves in t steps is at least Bin(t, min(pi_+, pi_-)) in law. It can stop at 0 only if
//! alpha(0) is `-eta a_j r k` for an integer k >= 0: these filters are excluded. If both labels occur, every other filter
//! ends on the side of its head's sign, also one that starts as a loser: it has won its own label from then on.

mod moves;

use super::evidence::{along_expected, along_paths, log_spaced};
use super::prelude::*;
use super::settling::{Waiting, figure_of_steps};
use crate::number::least_where;
use crate::probability::{Tail, binomial_below};
use crate::problem::assumption::opposed;
use crate::problem::model::silent_filter;
use moves::{Follower, Moves, chances};
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};
use rayon::prelude::*;

/// T13.
pub struct OpposedKeys;

static STATEMENT: Statement = Statement {
    id: TheoremId::T13,
    title: "opposed keys",
    file: "opposed_keys",
    claims: &["C1", "C3"],
    statement: "Let v_- = -v_+ and alpha = <w_j, v_+>. On every sample path, for gates g >= 0, a step on a sample of label y has alpha' = alpha + eta a_j r g 1[y alpha > 0] (the mean of these over a batch, or over the distribution in the expected dynamics): a_j alpha never decreases, and 0 is absorbing. Unhinged, with one sample a step, for every filter whose alpha(0) is not -eta a_j r k for an integer k >= 0, and all t and b: P(sgn(a_j) alpha(t) >= sgn(a_j) alpha(0) + eta |a_j| r b) >= P(Bin(t, min(pi_+, pi_-)) >= b). If both labels occur, almost surely every such filter ends with the coordinate on its own key positive and growing.",
    formulas: &[
        Formula::new(
            "with",
            r"v_- = -v_+, \qquad \alpha_j = \langle w_j, v_+ \rangle",
        ),
        Formula::new(
            "on every sample path, a step on a sample of label y with gate g >= 0",
            r"\alpha_j(t + 1) = \alpha_j(t) + \eta\, a_j r\, g\, \mathbf{1}[y\, \alpha_j(t) > 0]",
        ),
        Formula::new(
            "for s <= t",
            r"a_j \alpha_j(t) \ge a_j \alpha_j(s), \qquad \alpha_j(s) = 0 \implies \alpha_j(t) = 0",
        ),
        Formula::new(
            "unhinged, one sample a step, for every filter but those that start at one of these values for an integer k >= 0",
            r"\alpha_j(0) = -\eta\, a_j r\, k",
        ),
        Formula::new(
            "for all t and b",
            r"\Pr\left(\operatorname{sgn}(a_j)\, \alpha_j(t) \ge \operatorname{sgn}(a_j)\, \alpha_j(0) + \eta\, |a_j|\, r\, b\right) \ge \Pr\left(\operatorname{Bin}(t, \min(\pi_+, \pi_-)) \ge b\right)",
        ),
        Formula::new(
            "and, if both labels occur",
            r"\Pr\left(\operatorname{sgn}(a_j)\, \alpha_j(t) > 0 \text{ and growing, from some } t \text{ on}\right) = 1",
        ),
    ],
    model: Model {
        losses: &[
            Loss::Unhinged,
            Loss::Hinge,
            Loss::Perceptron,
            Loss::SquaredHinge,
        ],
        train: Some(Train::Filters),
        ..Model::RELU_SUM
    },
    further: "a head without zeros",
    assumes: &[AssumptionId::Opposed, A2],
    proofs: proofs! {
        T13_one_step: "the step of alpha, any batches and gates";
        T13_monotone: "a_j alpha never decreases, and 0 is absorbing, on every path";
        T13_probability: "the probability of b moves towards the own key in t steps";
        T13_limit: "the coordinate on the own key beyond any level at a single step T with probability at least 1 - delta, for all large T";
    },
    unproved: &["that it ends so almost surely, and the lottery that follows"],
};

static NEAR_MISSES: [NearMiss<Claim>; 7] = [
    NearMiss::new(
        STEP.name,
        "r is forgotten: alpha moves by eta a_j g",
        |claim, problem| claim.moves.rate = problem.training().step.clone(),
    ),
    NearMiss::new(
        STEP.name,
        "as with keys at a right angle, a loser's key never moves: alpha moves by eta a_j r g 1[a_j alpha > 0] 1[y alpha > 0]",
        |claim, _| {
            claim.moves.moved_by = |label, head, alpha| {
                (head * alpha).is_positive() && alpha.is_negative() == (label == Label::Minus)
            };
        },
    ),
    NearMiss::new(
        STEP.name,
        "0 is not absorbing: alpha moves by eta a_j r g 1[y alpha >= 0]",
        |claim, _| {
            claim.moves.moved_by =
                |label, _, alpha| alpha.is_zero() || alpha.is_negative() == (label == Label::Minus);
        },
    ),
    NearMiss::new(CHANCE, "no filter is excluded", |claim, _| {
        claim.excluded.clear()
    }),
    NearMiss::new(
        CHANCE,
        "pi_y of the filter's own label in place of the smaller one",
        |claim, problem| {
            for (p, a) in claim.chance.iter_mut().zip(&problem.network().head) {
                *p = problem.distribution().label_probability(Label::voted_by(a));
            }
        },
    ),
    NearMiss::new(
        CHANCE,
        "the larger of pi_+ and pi_- in place of the smaller one",
        |claim, problem| {
            let [plus, minus] = probabilities(problem);
            claim.chance.fill(plus.max(minus));
        },
    ),
    NearMiss::new(
        CHANCE,
        "the probability to fail is divided by 10",
        |claim, _| {
            claim.at_least = |t, p, b| binomial_below(t, p, b).times(&ratio(1, 10)).complement();
        },
    ),
];

/// One step.
const STEP: Clause = Clause::new("alpha after a step", Equal);

/// `a_j alpha`.
const RISING: Clause = Clause::new("a_j alpha, beside itself before", AtLeast);

/// The expected dynamics.
const EXPECTED: Clause = Clause::new("alpha in the expected dynamics", Equal);

/// The probability.
const CHANCE: &str = "P(sgn(a_j) alpha(t) >= sgn(a_j) alpha(0) + eta |a_j| r b)";

fn probabilities(problem: &Problem) -> [Q; 2] {
    Label::BOTH.map(|y| problem.distribution().label_probability(y))
}

/// What is claimed of a problem.
pub struct Claim {
    /// One step.
    moves: Moves,
    /// The filters of which no probability is claimed, ascending.
    excluded: Vec<usize>,
    /// The probability of a move, at least, of each filter.
    chance: Vec<Q>,
    /// `P(Bin(t, p) >= b)` of t, p and b.
    at_least: fn(u64, &Q, u64) -> Tail,
}

impl Claim {
    /// Alpha after t steps of the expected dynamics with open gates of this mass, where that says it: unhinged, or before
    /// it has come over.
    fn in_expectation(&self, problem: &Problem, j: usize, t: u64, mu: &[Q; 2]) -> Option<Q> {
        let loss = problem.training().loss;
        if !loss.has_binary_gate() {
            return None;
        }
        let start = &problem.network().weights[(j, 0)];
        let step = &self.moves.rate * &problem.network().head[j];
        let label = Label::voted_by(start);
        let moved = start + &step * &mu[label.index()];
        if start.is_zero() || (start * &moved).is_positive() {
            return Some(if start.is_zero() { Q::zero() } else { moved });
        }
        if loss != Loss::Unhinged {
            return None;
        }
        let [own, other] = [label, label.opposite()];
        let own = &step * problem.distribution().label_probability(own);
        let other = &step * problem.distribution().label_probability(other);
        // The first step at which it is not on its old side any more.
        let over = (-start / &own).ceil();
        let reached = start + &own * &over;
        Some(match reached.is_zero() {
            true => reached,
            false => reached + other * (integer(t) - over),
        })
    }
}

impl Claimed for OpposedKeys {
    type Claim = Claim;

    const RECORD: &'static Statement = &STATEMENT;

    const NEAR_MISSES: &'static [NearMiss<Claim>] = &NEAR_MISSES;

    const WITHOUT: &'static str = "Losers need not come over to their own key here.";

    fn further_failures(&self, problem: &Problem) -> Vec<Failing> {
        let opposed = opposed(problem).witness.map(|witness| Failing {
            assumption: AssumptionId::Opposed,
            witness,
        });
        silent_filter(problem).into_iter().chain(opposed).collect()
    }

    fn claim(&self, problem: &Problem) -> Result<Claim, Remark> {
        let r = problem
            .distribution()
            .key_count()
            .ok_or("images differ in their key patches")?;
        let rate = &problem.training().step * integer(r);
        let network = problem.network();
        let stops = |j: &usize| {
            let steps = -&network.weights[(*j, 0)] / (&rate * &network.head[*j]);
            steps.is_integer() && !steps.is_negative()
        };
        let [plus, minus] = probabilities(problem);
        Ok(Claim {
            excluded: (0..problem.n_filters()).filter(stops).collect(),
            chance: vec![plus.min(minus); problem.n_filters()],
            moves: Moves {
                rate,
                moved_by: |label, _, alpha| match label {
                    Label::Plus => alpha.is_positive(),
                    Label::Minus => alpha.is_negative(),
                },
            },
            at_least: |t, p, b| binomial_below(t, p, b).complement(),
        })
    }

    fn compare(&self, context: &Context<'_>, claim: &Claim, outcome: &mut Outcome) {
        let problem = context.problem;
        let found = along_paths(context, |_| Follower::new(&claim.moves, problem));
        found.tell(problem, outcome);
        outcome.because.push(remark!(
            "Every step was compared along {}.",
            found.describe()
        ));
        outcome.refute_by(found.violation.clone(), Layer::Exact);
        if context.verdict_only && outcome.is_refuted() {
            return;
        }
        let walked = along_expected(context, log_spaced(problem.training().steps), |engine| {
            let (state, mu) = (engine.state(), engine.open_mass());
            (0..problem.n_filters()).try_for_each(|j| {
                let (alpha, a) = (&state.weights[(j, 0)], &problem.network().head[j]);
                let place = || Place::expected(engine.t()).filter(j);
                RISING.check(
                    place(),
                    &(a * &problem.network().weights[(j, 0)]),
                    &(a * alpha),
                )?;
                match claim.in_expectation(problem, j, engine.t(), &mu) {
                    Some(claimed) => EXPECTED.check(place(), &claimed, alpha),
                    None => Ok(()),
                }
            })
        });
        if let Ok(walked) = walked {
            outcome.because.push(remark!(
                "The expected dynamics were compared at {}.",
                walked.steps()
            ));
            outcome.refute_by(walked.violation, Layer::Exact);
        }
        if context.verdict_only && outcome.is_refuted() {
            return;
        }
        let excluded = claim.excluded.iter().map(|&j| integer(j as u64));
        let excluded = Figure::Numbers(excluded.collect());
        outcome.figures.push(("excluded_filters", excluded));
        let training = problem.training();
        if training.loss == Loss::Unhinged && training.batch == 1 {
            let b = largest_certified(claim, training.steps, &context.budget.delta);
            show_bound(context, claim, b, outcome);
            chances(context, claim, b, outcome);
        } else {
            let why = "the probability is that of the unhinged loss with one sample a step";
            outcome.figures.missing("b", why);
            outcome.figures.missing("probability_lower_bound", why);
        }
    }

    /// Of each filter by itself that is not excluded.
    fn curves(
        &self,
        context: &Context<'_>,
        claim: &Claim,
        _outcome: &Outcome,
        times: &[u64],
    ) -> Vec<Curve> {
        let (problem, delta) = (context.problem, &context.budget.delta);
        let training = problem.training();
        let speaks = training.loss == Loss::Unhinged && training.batch == 1;
        if !speaks || covered(problem, claim).is_empty() {
            return Vec::new();
        }
        let at = |&t: &u64| {
            let b = largest_certified(claim, t, delta);
            (t, [Some(Value::Plain(integer(b)))])
        };
        let said: Vec<_> = times.par_iter().map(at).collect();
        let dynamics = Dynamics::WithProbability(Q::one() - delta);
        Curve::all(STATEMENT.id, &dynamics, [(Quantity::Moves, AtLeast)], said)
    }
}

/// The filters that are not excluded.
fn covered(problem: &Problem, claim: &Claim) -> Vec<usize> {
    let all = 0..problem.n_filters();
    all.filter(|j| !claim.excluded.contains(j)).collect()
}

/// The largest b with `P(Bin(t, p) >= b) >= 1 - delta` of every filter.
fn largest_certified(claim: &Claim, t: u64, delta: &Q) -> u64 {
    let level = Q::one() - delta;
    let least = claim.chance.iter().min().cloned().unwrap_or_default();
    let fails = |b: u64| *(claim.at_least)(t, &least, b).lower() < level;
    // At b = 0 it is 1.
    least_where(1, t + 1, fails) - 1
}

/// b and what follows from it.
fn show_bound(context: &Context<'_>, claim: &Claim, b: u64, outcome: &mut Outcome) {
    let problem = context.problem;
    let network = problem.network();
    let covered = covered(problem, claim);
    let figures = &mut outcome.figures;
    figures.count("b", b);
    let Some(&first) = covered.first() else {
        figures.missing("probability_lower_bound", "every filter is excluded");
        return;
    };
    let bound = (claim.at_least)(problem.training().steps, &claim.chance[first], b);
    figures.push(("probability_lower_bound", Figure::from(&bound)));
    if b == 0 {
        figures.vacuous("probability_lower_bound");
    }
    // How many moves bring the last filter over, and by when all are there.
    let needed = covered.iter().map(|&j| {
        let (alpha, a) = (&network.weights[(j, 0)], &network.head[j]);
        let behind = -alpha / (&claim.moves.rate * a);
        (behind.floor() + Q::one()).to_integer().max(BigInt::zero())
    });
    let needed = needed.max().unwrap_or_default();
    let chance = claim.chance[first].clone();
    let level = &context.budget.delta / integer(covered.len() as u64);
    let all = match chance.is_zero() {
        true => Err("a label has probability 0".into()),
        false => Waiting::new(chance).least_t(&needed, &level),
    };
    figures.push(("all_come_over_by", figure_of_steps(&all)));
    outcome.because.push(remark!(
        "{} of {} are excluded; of the others each has made at least {} by step {} with probability at least {}; after {} moves the last one has come over.",
        claim.excluded.len() as u64,
        (problem.n_filters() as u64, "filter"),
        (b, "move"),
        problem.training().steps,
        bound.lower(),
        &needed
    ));
}
