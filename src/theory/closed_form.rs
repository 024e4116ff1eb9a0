//! T1: the closed form of the expected dynamics.
//!
//! With an orthonormal dictionary, a fixed head and the unhinged loss every pattern coordinate moves by itself,
//! by the scalar recurrence `Z <- Z + kappa 1(Z > 0)`: induction on t. Corollary for the hinge loss: while every
//! margin is below 1 every gate is 1 and both dynamics are the same, so the form holds up to and including the
//! first step at which some atom's margin is at least 1.

use super::evidence::{
    Within, along_expected_while, denser, gates_stayed_open, started, with_events,
};
use super::line::{Line, dying, lines};
use super::prelude::*;
use crate::dynamics::expected::Expected;
use num_traits::{Signed, Zero};
use std::cell::OnceCell;
use std::cmp::Ordering;

/// T1.
pub struct ClosedForm;

static STATEMENT: Statement = Statement {
    id: TheoremId::T1,
    title: "closed form of the expected dynamics",
    file: "closed_form",
    claims: &["C1", "C3"],
    statement: "For every filter j, pattern p and step t, with kappa = eta a_j E[y N_p]: Z_jp(t) is Z_jp(0) if Z_jp(0) <= 0, Z_jp(0) + kappa t if Z_jp(0) > 0 and kappa >= 0, and Z_jp(0) + kappa min(t, ceil(Z_jp(0)/|kappa|)) otherwise; for the hinge loss the same up to and including the first step at which some atom's margin is at least 1.",
    formulas: &[
        Formula::new("the drift", r"\kappa_{jp} = \eta\, a_j\, \mathbb{E}[y N_p]"),
        Formula::new(
            "for every filter j, pattern p and step t; with the hinge loss up to and including the first step at which some atom's margin is at least 1",
            r"Z_{jp}(t) = \begin{cases} Z_{jp}(0) & \text{if } Z_{jp}(0) \le 0 \\ Z_{jp}(0) + \kappa_{jp} t & \text{if } Z_{jp}(0) > 0,\; \kappa_{jp} \ge 0 \\ Z_{jp}(0) + \kappa_{jp} \min\left(t, \left\lceil \frac{Z_{jp}(0)}{|\kappa_{jp}|} \right\rceil\right) & \text{otherwise} \end{cases}",
        ),
    ],
    model: Model {
        losses: &[Loss::Unhinged, Loss::Hinge],
        train: Some(Train::Filters),
        ..Model::RELU_SUM
    },
    further: "any rational heads, any batch; hinge up to the first margin >= 1",
    assumes: &[A1],
    proofs: proofs! {
        T1_closed_form: "every coordinate at every t, expected dynamics, unhinged";
        T1_ceiling_exists: "the step of death exists";
        T1_background_stays: "background coordinates stay under A3 and A4";
        T1_hinge: "the closed form for the hinge, up to and including the first step at which some margin is at least 1";
    },
    unproved: &[],
};

const FORM: Clause = Clause::new("the closed form of a coordinate", Equal);

static NEAR_MISSES: [NearMiss<Vec<Line<Q>>>; 5] = [
    NearMiss::new(
        FORM.name,
        "every drift is twice as large: kappa = 2 eta a_j E[y N_p]",
        |claim, problem| {
            let doubled = problem.unit_drifts().into_iter().map(|c| c * integer(2));
            *claim = lines(problem, &doubled.collect::<Vec<_>>());
        },
    ),
    NearMiss::new(
        FORM.name,
        "a dying coordinate stops one step early: tau = floor(Z(0)/|kappa|)",
        |claim, _| {
            for course in claim.iter_mut().filter(|c| c.drift.is_negative()) {
                course.stop_at((&course.start / -&course.drift).floor().to_integer());
            }
        },
    ),
    NearMiss::new(
        FORM.name,
        "a dying coordinate stops at exactly 0",
        |claim, _| {
            for course in claim.iter_mut().filter(|c| c.drift.is_negative()) {
                course.rest = Q::zero();
            }
        },
    ),
    NearMiss::new(
        FORM.name,
        "r is forgotten: the drift of a key counts images and not patches",
        |claim, problem| {
            let mut unit = problem.unit_drifts();
            for p in Label::BOTH.map(Label::index) {
                let of = |y: Label| problem.distribution().occurrence(y, p) * integer(y.sign());
                unit[p] = (of(Label::Plus) + of(Label::Minus)) * &problem.training().step;
            }
            *claim = lines(problem, &unit);
        },
    ),
    NearMiss::new(
        FORM.name,
        "a coordinate at 0 moves with its drift",
        |claim, problem| {
            let unit = problem.unit_drifts();
            for (cell, course) in claim.iter_mut().enumerate() {
                if course.start.is_zero() {
                    let a = &problem.network().head[cell / unit.len()];
                    *course = Line::moving(Q::zero(), a * &unit[cell % unit.len()]);
                }
            }
        },
    ),
];

/// Cells (steps times weights) that are compared at every step on machine integers.
const MAX_INTEGER_CELLS: u64 = 40_000_000;

/// Cells that are compared at every step on rationals.
const MAX_RATIONAL_CELLS: u64 = 60_000;

/// The claim times the engine's denominator, where that fits machine integers.
fn on_integers(claim: &[Line<Q>], engine: &Expected<'_>) -> Option<Vec<Line<i128>>> {
    i64::try_from(engine.problem().training().steps).ok()?;
    let denominator = engine.integers()?.denominator;
    claim.iter().map(|c| c.times(denominator)).collect()
}

impl Claimed for ClosedForm {
    type Claim = Vec<Line<Q>>;

    const RECORD: &'static Statement = &STATEMENT;

    const NEAR_MISSES: &'static [NearMiss<Self::Claim>] = &NEAR_MISSES;

    const WITHOUT: &'static str =
        "Coordinates need not move one by one with a constant drift here.";

    fn claim(&self, problem: &Problem) -> Result<Self::Claim, Remark> {
        Ok(lines(problem, &problem.unit_drifts()))
    }

    fn compare(&self, context: &Context<'_>, claim: &Self::Claim, outcome: &mut Outcome) {
        let problem = context.problem;
        let (steps, patterns) = (problem.training().steps, problem.n_patterns());
        let hinge = problem.training().loss == Loss::Hinge;
        let (times, complete) = with_events(steps, dying(claim).map(|c| c.stop.into()));
        let once = OnceCell::new();
        let integers = |engine: &Expected<'_>| {
            let claim = once.get_or_init(|| on_integers(claim, engine)).as_ref();
            claim.filter(|_| engine.integers().is_some())
        };
        let next = denser(times, |engine| {
            let most = integers(engine).map_or(MAX_RATIONAL_CELLS, |_| MAX_INTEGER_CELLS);
            steps.saturating_mul(claim.len() as u64) <= most
        });
        let within: Option<Within<'_, '_>> = hinge.then_some(&gates_stayed_open);
        let walked = along_expected_while(context, next, within, |engine| {
            let (t, state) = (engine.t(), || engine.state().weights);
            let differs = match (integers(engine), engine.integers()) {
                (Some(claim), Some(now)) => {
                    let mut cells = now.weights.iter().zip(claim);
                    cells.position(|(&z, c)| c.at(t, &t.into()) != z.into())
                }
                _ => {
                    let state = state();
                    let mut cells = state.entries().iter().zip(claim);
                    cells.position(|(z, c)| c.at(t, &integer(t)) != *z)
                }
            };
            differs.map_or(Ok(()), |cell| {
                let place = Place::expected(t).filter(cell / patterns);
                let place = place.coordinate(cell % patterns);
                let claimed = claim[cell].at(t, &integer(t));
                Err(FORM.broken(place, claimed, state().entries()[cell].clone()))
            })
        });
        let Some(mut walked) = started(walked, outcome) else {
            return;
        };
        let (last, every) = (walked.last, walked.every_step());
        let among = match (every, complete) {
            (true, _) => "",
            (_, true) => ", among them those around each step of death",
            _ => ", among them those around the first and last 128 steps of death",
        };
        let closed = match walked.closed {
            true => "; some margin reaches 1 at the last",
            false => "",
        };
        let steps = walked.steps();
        outcome.because.push(remark!(
            "All {} coordinates were compared at {}{}{}.",
            claim.len(),
            steps,
            among,
            closed
        ));
        let all = Scope::at(remark!("t <= {}", last));
        outcome.scope = Some(if every { all } else { walked.scope() });
        // At the start the closed form is the start itself.
        outcome.vacuous = last == 0 && walked.stopped.is_none();
        let figures = &mut outcome.figures;
        figures.count("steps_compared", last);
        figures.count("times_compared", walked.compared);
        figures.count("dying_coordinates", dying(claim).count() as u64);
        let proof = if hinge { "T1_hinge" } else { "T1_closed_form" };
        figures.proved("steps_compared", proof);
        let end = walked.end.take();
        walked.conclude(1, outcome);
        let kinds = [
            ("growing", Ordering::Greater),
            ("dying", Ordering::Less),
            ("resting", Ordering::Equal),
        ];
        for (end, (kind, sign)) in end.iter().flat_map(|end| kinds.map(|kind| (end, kind))) {
            let is = |course: &Line<Q>| course.drift.cmp(&Q::zero()) == sign;
            let Some(cell) = claim.iter().position(is) else {
                continue;
            };
            let (j, p) = (cell / patterns, cell % patterns);
            let on = problem.dictionary().pattern_name(p);
            let quantity = remark!("Z of filter {} on {} ({}) at t = {}", j, on, kind, last);
            let claimed = claim[cell].at(last, &integer(last));
            let found = end.weights.entries()[cell].clone();
            let row = Comparison::exact(quantity, Equal, claimed, found);
            outcome.comparisons.push(row);
        }
    }
}
