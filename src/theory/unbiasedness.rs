//! T0: one SGD step is unbiased, and what that says of many steps.
//!
//! A step of SGD is an average over samples of a function of state and sample, and the step of the
//! expected dynamics is the expectation of that function: averaged over the atoms, the two are equal,
//! exactly, at every state. Over many steps the expectation of SGD is not the expected dynamics in
//! general, since a step depends on which coordinates are alive; what holds for every t is in
//! `stopped_walks.rs`.

use super::prelude::*;
use crate::dynamics::expected::{Expected, Stop};
use crate::dynamics::path::{ExactPath, SampledPath};
use crate::dynamics::sampler::Sampler;
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};

mod average;
mod stopped_walks;

use average::{Average, average, parameters};

/// T0.
pub struct Unbiasedness;

static STATEMENT: Statement = Statement {
    id: TheoremId::T0,
    title: "unbiasedness",
    file: "unbiasedness",
    claims: &["C1"],
    statement: "At every state, the average over the atoms of one SGD step is one step of the expected dynamics. With A1, A3, A4, A5f and the unhinged loss, for every t: under SGD winners' keys (with A2) and background coordinates have the expectation of the closed form, and the wrong label's key has E Z(t) = Z(0) - eta r E[number of its label's steps up to death].",
    formulas: &[
        Formula::new(
            "at every state, for all j and p: the mean over the atoms x of SGD's step is the step of the expected dynamics",
            r"\sum_x \pi_x\, \Delta_x Z_{jp} = \Delta Z_{jp}, \qquad \sum_x \pi_x\, \Delta_x a_j = \Delta a_j",
        ),
        Formula::new(
            "with A1, A3, A4, A5f and the unhinged loss, for every t, under SGD, for a background pattern",
            r"\mathbb{E}\, Z_{j,u_k}(t) = Z_{j,u_k}(0)",
        ),
        Formula::new(
            "the same with A2, for a winner j of label y",
            r"\mathbb{E}\, Z_{j,v_y}(t) = Z_{j,v_y}(0) + \tfrac{\eta r}{2}\, t",
        ),
        Formula::new(
            "the same with A2, for the wrong label's key, where the head votes for y",
            r"\mathbb{E}\, Z_{j,v_{-y}}(t) = Z_{j,v_{-y}}(0) - \eta r\, \mathbb{E}\, D_j(t)",
        ),
    ],
    model: Model::ANY,
    further: "the statement about every t: relu, sum pooling, unhinged, one sample a step",
    assumes: &[],
    proofs: proofs! {
        T0_one_step: "one step from any state: any model, loss, pooling and dictionary, fixed or trained head";
        T0_one_batch: "the same for batches";
        T0_for_all_t: "the expectation under SGD at every t (A1, A3, A4, A5f, unhinged; keys with A2)";
        T0_steps_up_to_death: "the number of steps up to death on every path";
    },
    unproved: &[],
};

/// Steps of SGD to the later state.
const LATER: u64 = 100;

const ONE_STEP: Clause = Clause::new(
    "the expected step, against the average of one SGD step over all atoms",
    Equal,
);
const EXPECTATION: Clause = Clause::new("the expectation of a coordinate under SGD", Equal);

/// What is claimed.
pub struct Claim {
    /// How often the average over each label's atoms counts: once.
    labels: [Q; 2],
    /// What the sum is divided by: 1.
    per: fn(&Average) -> Q,
    /// The expected number of steps up to death, twice the wrong label's, from `Z(0)`, `eta r / 2`, t and the sum
    /// over s < t of P(alive at s): that sum, since each step has that label with probability 1/2.
    steps_to_death: fn(&Q, &Q, u64, &Q) -> Q,
}

static NEAR_MISSES: [NearMiss<Claim>; 4] = [
    NearMiss::new(
        ONE_STEP.name,
        "the prior is ignored: both labels weigh 1/2",
        |claim, problem| {
            claim.labels = Label::BOTH.map(|label| {
                let twice = problem.distribution().label_probability(label) * integer(2);
                if twice.is_zero() {
                    twice
                } else {
                    twice.recip()
                }
            });
        },
    ),
    NearMiss::new(ONE_STEP.name, "label signs are ignored", |claim, _| {
        claim.labels = Label::BOTH.map(|label| integer(label.sign()))
    }),
    NearMiss::new(
        ONE_STEP.name,
        "the average is conditional on an open gate",
        |claim, _| {
            claim.per = |average| match average.open.is_positive() {
                true => average.open.clone(),
                false => Q::one(),
            };
        },
    ),
    NearMiss::new(
        EXPECTATION.name,
        "the wrong label's key follows the closed form of the expected dynamics too",
        |claim, _| {
            claim.steps_to_death = |z, kappa, t, _| (z / kappa).ceil().min(integer(t));
        },
    ),
];

/// The start, and a later state of run 0: SGD steps that led there, and the problem with one sample a step,
/// started there.
fn starts(problem: &Problem) -> Vec<(u64, Problem)> {
    let one_sample = problem.one_sample();
    let path = ExactPath::new(problem);
    // Digits of a path outside the lattice grow at every step: a few steps are enough there.
    let most = if path.is_on_lattice() { LATER } else { 3 };
    let after = problem.training().steps.min(most);
    let later = (after > 0).then(|| {
        let sampler = Sampler::new(problem.distribution());
        let mut path = SampledPath::new(path, &sampler, problem.training().seed, 0);
        (0..after).for_each(|_| path.advance());
        let state = path.path().state();
        one_sample.started_at(state.weights, state.head).ok()
    });
    let later = later.flatten().map(|problem| (after, problem));
    [(0, one_sample)].into_iter().chain(later).collect()
}

/// Compares averaged SGD with one expected step from a start.
///
/// # Errors
/// A limit.
fn one_step(
    context: &Context<'_>,
    claim: &Claim,
    (steps, problem): &(u64, Problem),
    outcome: &mut Outcome,
) -> Result<(), Remark> {
    let (n, n_patterns) = (problem.n_filters(), problem.n_patterns());
    let limit = || {
        remark!(
            "an average over {} atoms, {} filters and {} patterns exceeds the work limit",
            &BigInt::from(problem.distribution().n_atoms()),
            n,
            n_patterns
        )
    };
    let average = average(problem).ok_or_else(limit)?;
    let stopped = |stop: Stop| Remark::from(stop.to_string());
    let mut engine = Expected::new(problem, &context.budget.exact).map_err(stopped)?;
    let before = parameters(engine.state());
    engine.step().map_err(stopped)?;
    let after = parameters(engine.state());
    let per = (claim.per)(&average);
    let ([plus, minus], [y, z]) = (&claim.labels, &average.change);
    let mut largest = [Q::zero(), Q::zero()];
    for (cell, (before, after)) in before.iter().zip(&after).enumerate() {
        let claimed = (plus * &y[cell] + minus * &z[cell]) / &per;
        let found = after - before;
        if claimed != found {
            let (seed, run) = (problem.training().seed, 0);
            let place = Place::of(Course::Run { seed, run }).at(*steps);
            let (place, of) = match cell.checked_sub(n * n_patterns) {
                Some(j) => (place.filter(j), "head"),
                None => {
                    let (j, p) = (cell / n_patterns, cell % n_patterns);
                    (place.filter(j).coordinate(p), "filter")
                }
            };
            let violation = ONE_STEP.broken(place, claimed, found);
            outcome.refute(violation.with("change_of", Detail::Word(of)), Layer::Exact);
            return Ok(());
        }
        if claimed.abs() > largest[0] {
            largest = [claimed.abs(), found.abs()];
        }
    }
    let [claimed, found] = largest;
    let quantity = remark!(
        "largest averaged change of a weight in one SGD step, after {} steps",
        *steps
    );
    let row = Comparison::exact(quantity, Equal, claimed, found);
    outcome.comparisons.push(row);
    Ok(())
}

impl Claimed for Unbiasedness {
    type Claim = Claim;

    const RECORD: &'static Statement = &STATEMENT;

    const NEAR_MISSES: &'static [NearMiss<Claim>] = &NEAR_MISSES;

    const WITHOUT: &'static str = "It applies to every problem.";

    fn claim(&self, _problem: &Problem) -> Result<Claim, Remark> {
        Ok(Claim {
            labels: [Q::one(), Q::one()],
            per: |_| Q::one(),
            steps_to_death: |_, _, _, lived| lived.clone(),
        })
    }

    fn compare(&self, context: &Context<'_>, claim: &Claim, outcome: &mut Outcome) {
        let (mut states, mut limit) = (0, None);
        for start in starts(context.problem) {
            match one_step(context, claim, &start, outcome) {
                Ok(()) => states += 1,
                Err(stop) => limit = Some(stop),
            }
        }
        outcome.figures.count("states_compared", states);
        outcome.because.push(remark!(
            "The average of one SGD step over all atoms was compared with the expected step in every coordinate, at {}.",
            (states, "state")
        ));
        if let Some(limit) = limit {
            outcome.because.push(remark!(
                "Another state was not compared: {}.",
                limit.clone()
            ));
            if states == 0 {
                outcome.undecided(limit);
            }
        }
        let mut scope = remark!("{}", (states, "state"));
        if stopped_walks::speaks_of(context) {
            let laws = stopped_walks::compare(context.problem, claim);
            outcome.refute_by(laws.violation, Layer::Exact);
            scope = remark!("{}, t <= {}", scope, laws.steps);
            if !laws.complete {
                scope = remark!("{}, {} laws of coordinates", scope, laws.coordinates);
            }
            outcome.because.push(remark!(
                "The expectation of {} under SGD was compared at every step to {} by the exact law of each.",
                (laws.coordinates, "coordinate"),
                laws.steps
            ));
            outcome.figures.count("coordinate_laws", laws.coordinates);
        }
        outcome.scope = (states > 0).then(|| Scope::at(scope));
    }
}
