//! T1: the closed form of the expected dynamics.
//!
//! With an orthonormal dictionary, a fixed head and the unhinged loss every pattern coordinate
//! moves by itself: with drift `kappa_jp = eta a_j E[y N_p]`,
//!
//! - `Z(t) = Z(0)` if `Z(0) <= 0`;
//! - `Z(t) = Z(0) + kappa t` if `Z(0) > 0` and `kappa >= 0`;
//! - `Z(t) = Z(0) + kappa min(t, tau)`, `tau = ceil(Z(0) / |kappa|)`, if `Z(0) > 0 > kappa`.
//!
//! Proof: `Z <- Z + kappa 1(Z > 0)` is a scalar recurrence; induction on t. Corollary for the hinge
//! loss: while every margin is below 1 every gate is 1 and both dynamics are the same, so the form
//! holds up to and including the first step at which some atom's margin is at least 1.

use super::context::Context;
use super::drift::{ceil, unit_drifts, with_events};
use super::evidence::along_expected_while;
use super::record::{Proof, Statement, TheoremId};
use super::remark::Remark;
use super::theorem::{Claimed, NearMiss};
use super::verdict::{Comparison, Outcome, Scope};
use super::violation::{Place, Relation, Violation};
use crate::dynamics::expected::Expected;
use crate::number::{Q, integer};
use crate::problem::assumption::AssumptionId;
use crate::problem::model::Model;
use crate::problem::{Label, Loss, Problem, Train};
use crate::remark;
use num_bigint::BigInt;
use num_traits::{NumRef, Signed, ToPrimitive, Zero};
use std::cell::OnceCell;

/// T1.
pub struct ClosedForm;

static STATEMENT: Statement = Statement {
    id: TheoremId::T1,
    title: "closed form of the expected dynamics",
    file: "closed_form",
    claims: &["C1", "C3"],
    statement: "For every filter j, pattern p and step t, with kappa = eta a_j E[y N_p]: Z_jp(t) is Z_jp(0) if Z_jp(0) <= 0, Z_jp(0) + kappa t if Z_jp(0) > 0 and kappa >= 0, and Z_jp(0) + kappa min(t, ceil(Z_jp(0)/|kappa|)) otherwise; for the hinge loss the same up to and including the first step at which some atom's margin is at least 1.",
    model: Model {
        losses: &[Loss::Unhinged, Loss::Hinge],
        train: Some(Train::Filters),
        ..Model::RELU_SUM
    },
    further: "any rational heads, any batch; hinge up to the first margin >= 1",
    assumes: &[AssumptionId::A1],
    wrong_theories: &[],
    proofs: &[
        Proof::new(
            "T1_closed_form",
            "every coordinate at every t, expected dynamics, unhinged",
        ),
        Proof::new("T1_ceiling_exists", "the step of death exists"),
        Proof::new(
            "T1_background_stays",
            "background coordinates stay under A3 and A4",
        ),
        Proof::new(
            "T1_hinge",
            "the closed form for the hinge, up to and including the first step at which some margin is at least 1",
        ),
    ],
    unproved: &[],
};

const COORDINATE: &str = "the closed form of a coordinate";

static NEAR_MISSES: [NearMiss<Vec<Course<Q>>>; 5] = [
    NearMiss::new(
        COORDINATE,
        "every drift is twice as large: kappa = 2 eta a_j E[y N_p]",
        |claim, problem| {
            let doubled = unit_drifts(problem).into_iter().map(|c| c * integer(2));
            *claim = courses(problem, &doubled.collect::<Vec<_>>());
        },
    ),
    NearMiss::new(
        COORDINATE,
        "a dying coordinate stops one step early: tau = floor(Z(0)/|kappa|)",
        |claim, _| {
            for course in claim.iter_mut().filter(|c| c.drift.is_negative()) {
                course.stop_at((&course.start / -&course.drift).floor().to_integer());
            }
        },
    ),
    NearMiss::new(
        COORDINATE,
        "a dying coordinate stops at exactly 0",
        |claim, _| {
            for course in claim.iter_mut().filter(|c| c.drift.is_negative()) {
                course.rest = Q::zero();
            }
        },
    ),
    NearMiss::new(
        COORDINATE,
        "r is forgotten: the drift of a key counts images and not patches",
        |claim, problem| {
            let mut unit = unit_drifts(problem);
            for p in Label::BOTH.map(Label::index) {
                let of = |y: Label| problem.distribution().occurrence(y, p) * integer(y.sign());
                unit[p] = (of(Label::Plus) + of(Label::Minus)) * &problem.training().step;
            }
            *claim = courses(problem, &unit);
        },
    ),
    NearMiss::new(
        COORDINATE,
        "a coordinate at 0 moves with its drift",
        |claim, problem| {
            let unit = unit_drifts(problem);
            for (cell, course) in claim.iter_mut().enumerate() {
                if course.start.is_zero() {
                    let a = &problem.network().head[cell / unit.len()];
                    *course = Course::moving(Q::zero(), a * &unit[cell % unit.len()]);
                }
            }
        },
    ),
];

/// Cells (steps times weights) that are compared at every step on machine integers.
const MAX_INTEGER_CELLS: u64 = 40_000_000;

/// Cells that are compared at every step on rationals.
const MAX_RATIONAL_CELLS: u64 = 60_000;

/// What is claimed of one coordinate: it moves by `drift` a step before step `stop` and is at `rest` from then on.
#[derive(Debug, Clone)]
pub struct Course<N> {
    start: N,
    drift: N,
    /// `u64::MAX` for never.
    stop: u64,
    rest: N,
}

impl Course<Q> {
    fn moving(start: Q, drift: Q) -> Self {
        let mut course = Course {
            rest: start.clone(),
            stop: u64::MAX,
            start,
            drift,
        };
        if course.drift.is_negative() {
            course.stop_at(ceil(&(&course.start / -&course.drift)));
        }
        course
    }

    fn stop_at(&mut self, tau: BigInt) {
        self.stop = tau.to_u64().unwrap_or(u64::MAX);
        self.rest = &self.start + &self.drift * integer(tau);
    }
}

impl<N: NumRef + Clone> Course<N> {
    fn at(&self, t: u64, as_number: &N) -> N {
        if t < self.stop {
            self.start.clone() + self.drift.clone() * as_number
        } else {
            self.rest.clone()
        }
    }
}

/// The closed form of every coordinate, n x P row by row, for these drifts of an active filter with head 1.
fn courses(problem: &Problem, unit: &[Q]) -> Vec<Course<Q>> {
    let network = problem.network();
    let course = |z: &Q, kappa: Q| {
        let drift = if z.is_positive() { kappa } else { Q::zero() };
        Course::moving(z.clone(), drift)
    };
    let rows = network.weights.iter_rows().zip(&network.head);
    rows.flat_map(|(row, a)| row.iter().zip(unit).map(move |(z, c)| course(z, a * c)))
        .collect()
}

/// The claim times the engine's denominator, if it fits 63 bits: with steps of 63 bits no product leaves an `i128`.
fn on_integers(claim: &[Course<Q>], engine: &Expected<'_>) -> Option<Vec<Course<i128>>> {
    i64::try_from(engine.problem().training().steps).ok()?;
    let denominator = engine.integers()?.denominator;
    let word = |q: &Q| {
        let scaled = q * denominator;
        scaled
            .is_integer()
            .then(|| scaled.to_integer().to_i64().map(i128::from))?
    };
    let course = |c: &Course<Q>| {
        let (start, drift, rest) = (word(&c.start)?, word(&c.drift)?, word(&c.rest)?);
        Some(Course {
            start,
            drift,
            stop: c.stop,
            rest,
        })
    };
    claim.iter().map(course).collect()
}

impl Claimed for ClosedForm {
    type Claim = Vec<Course<Q>>;

    fn record(&self) -> &'static Statement {
        &STATEMENT
    }

    fn near_misses(&self) -> &'static [NearMiss<Self::Claim>] {
        &NEAR_MISSES
    }

    fn without(&self) -> &'static str {
        "Coordinates need not move one by one with a constant drift here."
    }

    fn claim(&self, problem: &Problem) -> Result<Self::Claim, Remark> {
        Ok(courses(problem, &unit_drifts(problem)))
    }

    fn compare(&self, context: &Context<'_>, claim: &Self::Claim, outcome: &mut Outcome) {
        let problem = context.problem;
        let (steps, n_patterns) = (problem.training().steps, problem.n_patterns());
        let hinge = problem.training().loss == Loss::Hinge;
        let dying = || claim.iter().filter(|c| c.drift.is_negative());
        let (sparse, complete) = with_events(steps, dying().map(|c| c.stop.into()));
        let cell = OnceCell::new();
        // Where the engine stands, beside the claim on integers.
        let integers = |engine: &Expected<'_>| {
            cell.get_or_init(|| on_integers(claim, engine))
                .as_ref()
                .filter(|_| engine.integers().is_some())
        };
        let next = |engine: &Expected<'_>, compared: u64| {
            let t = engine.t();
            let most = integers(engine).map_or(MAX_RATIONAL_CELLS, |_| MAX_INTEGER_CELLS);
            if compared > 0 && steps.saturating_mul(claim.len() as u64) <= most {
                return (t < steps).then(|| t + 1);
            }
            let seen = sparse.partition_point(|&s| s < t + u64::from(compared > 0));
            sparse.get(seen).copied()
        };
        // The hinge's gates were open at all steps before t iff their mass adds up to t.
        let all_open = |engine: &Expected<'_>| {
            engine.open_mass().into_iter().sum::<Q>() == integer(engine.t())
        };
        let walked = along_expected_while(context, next, hinge.then_some(&all_open), |engine| {
            let t = engine.t();
            let differs = if let (Some(integers), Some(now)) = (integers(engine), engine.integers())
            {
                let mut cells = now.weights.iter().zip(integers);
                cells.position(|(&z, c)| c.at(t, &t.into()) != z.into())
            } else {
                let state = engine.state();
                let mut cells = state.weights.entries().iter().zip(claim);
                cells.position(|(z, c)| c.at(t, &integer(t)) != *z)
            };
            let Some(cell) = differs else {
                return Ok(());
            };
            let (claimed, found) = (
                claim[cell].at(t, &integer(t)),
                engine.state().weights.entries()[cell].clone(),
            );
            let place = Place::expected(t)
                .filter(cell / n_patterns)
                .coordinate(cell % n_patterns);
            Err(Violation::new(place, COORDINATE, Relation::Equal, claimed, found).into())
        });
        let walked = match walked {
            Ok(walked) => walked,
            Err(stop) => return outcome.undecided(&stop),
        };
        let (last, compared) = (walked.last, walked.compared);
        let (scope, around) = match (walked.every_step(), complete) {
            (true, _) => (Scope::at(remark!("t <= {}", last)), ""),
            (_, true) => (walked.scope(), ", log-spaced and around each step of death"),
            _ => (
                walked.scope(),
                ", log-spaced and around the first and last 128 steps of death",
            ),
        };
        outcome.scope = Some(scope);
        outcome.because.push(remark!(
            "All {} coordinates were compared at {} from 0 to {}{}.",
            claim.len(),
            (compared, "step"),
            last,
            around
        ));
        if walked.closed {
            outcome.because.push(remark!(
                "Some margin reaches 1 at step {}; nothing is claimed after it.",
                last
            ));
        }
        // At the start the closed form is the start itself.
        outcome.vacuous = last == 0 && walked.stopped.is_none();
        walked.conclude(1, outcome);
        outcome.figures.count("steps_compared", last);
        outcome.figures.count("times_compared", compared);
        outcome
            .figures
            .count("dying_coordinates", dying().count() as u64);
        outcome.figures.proved(
            "steps_compared",
            if hinge { "T1_hinge" } else { "T1_closed_form" },
        );
        if outcome.is_refuted() {
            return;
        }
        let kinds: [(&str, fn(&Q) -> bool); 3] = [
            ("growing", Q::is_positive),
            ("dying", Q::is_negative),
            ("resting", Q::is_zero),
        ];
        for (kind, is) in kinds {
            if let Some(cell) = claim.iter().position(|c| is(&c.drift)) {
                let pattern = problem.dictionary().pattern_name(cell % n_patterns);
                let quantity = remark!(
                    "Z of filter {} on {} ({}) at t = {}",
                    cell / n_patterns,
                    pattern,
                    kind,
                    last
                );
                let z = claim[cell].at(last, &integer(last));
                outcome.comparisons.push(Comparison::exact(
                    quantity,
                    Relation::Equal,
                    z.clone(),
                    z,
                ));
            }
        }
    }
}
