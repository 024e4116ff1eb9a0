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
use super::drift::{ceil, unit_drifts, with_events, witness};
use super::record::{Proof, Statement, TheoremId};
use super::theorem::{Theorem, Theory};
use super::verdict::{Comparison, Figure, Layer, Outcome, Scope, Verdict};
use crate::dynamics::expected::{Expected, Stop};
use crate::number::{Q, common_denominator, integer};
use crate::problem::assumption::AssumptionId;
use crate::problem::model::Model;
use crate::problem::{Label, Loss, Problem, Train};
use crate::theory::violation::Relation;
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Signed, ToPrimitive, Zero};
use serde_json::json;

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
    wrong_theories: &[
        "every drift is twice as large: kappa = 2 eta a_j E[y N_p]",
        "a dying coordinate stops one step early: tau = floor(Z(0)/|kappa|)",
        "a dying coordinate stops at exactly 0",
        "r is forgotten: the drift of a key counts images and not patches",
        "a coordinate at 0 moves with its drift",
    ],
    proofs: &[
        Proof {
            name: "T1_closed_form",
            covers: "every coordinate at every t, expected dynamics, unhinged",
        },
        Proof {
            name: "T1_ceiling_exists",
            covers: "the step of death exists",
        },
        Proof {
            name: "T1_background_stays",
            covers: "background coordinates stay under A3 and A4",
        },
        Proof {
            name: "T1_hinge",
            covers: "the closed form for the hinge, up to and including the first step at which some margin is at least 1",
        },
    ],
    unproved: &[],
};

const DOUBLE: Theory = Theory::Wrong(0);
const FLOOR: Theory = Theory::Wrong(1);
const STOPS_AT_ZERO: Theory = Theory::Wrong(2);
const COUNTS_IMAGES: Theory = Theory::Wrong(3);
const ZERO_MOVES: Theory = Theory::Wrong(4);

/// Cells (steps times weights) that are compared at every step on machine integers.
const MAX_INTEGER_CELLS: u64 = 40_000_000;

/// Cells that are compared at every step on rationals.
const MAX_RATIONAL_CELLS: u64 = 60_000;

/// How one coordinate moves.
#[derive(Debug, Clone)]
struct Course {
    start: Q,
    /// 0 if the coordinate is frozen.
    drift: Q,
    /// The step from which on it stands still.
    death: Option<BigInt>,
}

impl Course {
    fn kind(&self) -> &'static str {
        if self.death.is_some() {
            "dying"
        } else if self.drift.is_zero() {
            "resting"
        } else {
            "growing"
        }
    }
}

/// The claimed closed form for every coordinate, n x P row by row.
struct Claim {
    courses: Vec<Course>,
    stops_at_zero: bool,
}

/// A claim in machine integers over `scale` times the engine's denominator.
struct IntegerClaim {
    scale: i128,
    /// Start, drift, step of death (or the largest number).
    courses: Vec<(i128, i128, i128)>,
    stops_at_zero: bool,
}

struct Mismatch {
    cell: usize,
    claimed: Q,
    found: Q,
}

impl Claim {
    fn new(problem: &Problem, theory: Theory) -> Self {
        let mut unit = unit_drifts(problem);
        if theory == DOUBLE {
            unit.iter_mut().for_each(|c| *c *= integer(2));
        }
        if theory == COUNTS_IMAGES {
            for label in Label::BOTH {
                unit[label.index()] =
                    signed_occurrence(problem, label.index()) * &problem.training().step;
            }
        }
        let mut courses = Vec::with_capacity(problem.n_filters() * unit.len());
        for (row, a) in problem
            .network()
            .weights
            .iter_rows()
            .zip(&problem.network().head)
        {
            for (z, c) in row.iter().zip(&unit) {
                let active = z.is_positive() || (theory == ZERO_MOVES && z.is_zero());
                let drift = if active { a * c } else { Q::zero() };
                let death = drift.is_negative().then(|| {
                    let ratio = z / -&drift;
                    if theory == FLOOR {
                        ratio.floor().to_integer()
                    } else {
                        ceil(&ratio)
                    }
                });
                courses.push(Course {
                    start: z.clone(),
                    drift,
                    death,
                });
            }
        }
        Claim {
            courses,
            stops_at_zero: theory == STOPS_AT_ZERO,
        }
    }

    fn at(&self, cell: usize, t: u64) -> Q {
        let course = &self.courses[cell];
        let t = BigInt::from(t);
        match &course.death {
            Some(tau) if *tau <= t => {
                if self.stops_at_zero {
                    Q::zero()
                } else {
                    &course.start + &course.drift * integer(tau.clone())
                }
            }
            _ => &course.start + &course.drift * integer(t),
        }
    }

    /// The claim on machine integers, if it fits them for all steps up to `last`.
    fn on_lattice(&self, denominator: &BigInt, last: u64) -> Option<IntegerClaim> {
        let numbers = self.courses.iter().flat_map(|c| [&c.start, &c.drift]);
        let whole = common_denominator(numbers).lcm(denominator);
        let scale = (&whole / denominator).to_i64()?;
        let mut courses = Vec::with_capacity(self.courses.len());
        for c in &self.courses {
            let numerator = |q: &Q| (q.numer() * (&whole / q.denom())).to_i64();
            let (start, drift) = (numerator(&c.start)?, numerator(&c.drift)?);
            // start + drift * last must fit; with 63-bit factors the product does.
            i64::try_from(last).ok()?;
            let death = match &c.death {
                Some(tau) => tau.to_i64().map_or(i128::MAX, i128::from),
                None => i128::MAX,
            };
            courses.push((i128::from(start), i128::from(drift), death));
        }
        Some(IntegerClaim {
            scale: i128::from(scale),
            courses,
            stops_at_zero: self.stops_at_zero,
        })
    }

    /// The first coordinate where claim and engine differ now.
    fn mismatch(&self, lattice: Option<&IntegerClaim>, engine: &Expected<'_>) -> Option<Mismatch> {
        let t = engine.t();
        let differs = |cell: usize, found: Q| Mismatch {
            cell,
            claimed: self.at(cell, t),
            found,
        };
        if let (Some(lattice), Some(now)) = (lattice, engine.integers()) {
            let cell = lattice.mismatch(now.weights, t)?;
            let found = Q::new(now.weights[cell].into(), now.denominator.clone());
            return Some(differs(cell, found));
        }
        let state = engine.state();
        let (cell, found) = state
            .weights
            .entries()
            .iter()
            .enumerate()
            .find(|(cell, found)| self.at(*cell, t) != **found)?;
        Some(differs(cell, found.clone()))
    }
}

impl IntegerClaim {
    fn mismatch(&self, weights: &[i64], t: u64) -> Option<usize> {
        let t = i128::from(t);
        weights
            .iter()
            .zip(&self.courses)
            .position(|(&found, &(start, drift, death))| {
                let claimed = if t < death {
                    start + drift * t
                } else if self.stops_at_zero {
                    0
                } else {
                    start + drift * death
                };
                claimed != i128::from(found) * self.scale
            })
    }
}

/// `sum_y y P(label y, N_p > 0)`.
fn signed_occurrence(problem: &Problem, p: usize) -> Q {
    let [plus, minus] = Label::BOTH.map(|y| problem.distribution().occurrence(y, p));
    plus - minus
}

/// What a walk along the engine found.
struct Walk {
    /// Last step that was compared.
    last: u64,
    /// Number of steps that were compared.
    compared: u64,
    /// Was every step compared?
    every: bool,
    /// Are all events among the compared steps?
    complete: bool,
    /// The step at which the first margin reached 1 (hinge).
    closed_at: Option<u64>,
    mismatch: Option<(u64, Mismatch)>,
    stop: Option<Stop>,
}

/// Compares claim and engine from step 0 to `steps`, at every step where that is cheap.
fn walk(problem: &Problem, claim: &Claim, mut engine: Expected<'_>) -> Walk {
    let steps = problem.training().steps;
    let hinge = problem.training().loss == Loss::Hinge;
    let cells = claim.courses.len() as u64;
    let (sparse, complete) =
        with_events(steps, claim.courses.iter().filter_map(|c| c.death.clone()));
    let lattice = engine
        .integers()
        .and_then(|now| claim.on_lattice(now.denominator, steps));
    let mut result = Walk {
        last: 0,
        compared: 0,
        every: true,
        complete,
        closed_at: None,
        mismatch: None,
        stop: None,
    };
    loop {
        let t = engine.t();
        result.last = t;
        result.compared += 1;
        if let Some(mismatch) = claim.mismatch(lattice.as_ref(), &engine) {
            result.mismatch = Some((t, mismatch));
            return result;
        }
        if t >= steps {
            return result;
        }
        let affordable = if lattice.is_some() && engine.integers().is_some() {
            MAX_INTEGER_CELLS
        } else {
            MAX_RATIONAL_CELLS
        };
        let next = if steps.saturating_mul(cells) <= affordable {
            t + 1
        } else {
            let at = sparse.partition_point(|s| *s <= t);
            sparse.get(at).copied().unwrap_or(steps)
        };
        let before = (hinge && next > t + 1).then(|| engine.clone());
        if let Err(stop) = engine.advance_to(next) {
            result.stop = Some(stop);
            return result;
        }
        // All gates were open at every step before `next` iff their mass adds up to `next`.
        if hinge && !all_open(&engine) {
            let Some(before) = before else {
                result.closed_at = Some(t);
                return result;
            };
            match last_open(before, next) {
                Err(stop) => result.stop = Some(stop),
                Ok(found) => {
                    result.closed_at = Some(found.t());
                    result.last = found.t();
                    if found.t() > t {
                        result.compared += 1;
                        result.every &= found.t() == t + 1;
                    }
                    if let Some(mismatch) = claim.mismatch(lattice.as_ref(), &found) {
                        result.mismatch = Some((found.t(), mismatch));
                    }
                }
            }
            return result;
        }
        result.every &= next == t + 1;
    }
}

fn all_open(engine: &Expected<'_>) -> bool {
    let [plus, minus] = engine.open_mass();
    plus + minus == integer(engine.t())
}

/// The last step before `closed` up to which every gate was open, by bisection.
fn last_open<'p>(mut open: Expected<'p>, mut closed: u64) -> Result<Expected<'p>, Stop> {
    while closed - open.t() > 1 {
        let middle = open.t() + (closed - open.t()) / 2;
        let mut probe = open.clone();
        probe.advance_to(middle)?;
        if all_open(&probe) {
            open = probe;
        } else {
            closed = middle;
        }
    }
    Ok(open)
}

impl Theorem for ClosedForm {
    fn statement(&self) -> &'static Statement {
        &STATEMENT
    }

    fn check(&self, context: &Context<'_>, theory: Theory) -> Outcome {
        let problem = context.problem;
        let fails = self.failures(context);
        if !fails.is_empty() {
            let because = "Coordinates need not move one by one with a constant drift here.";
            return Outcome::not_applicable(&STATEMENT, fails, because);
        }
        let mut outcome = Outcome::new(&STATEMENT);
        let engine = match Expected::new(problem, &context.budget.exact) {
            Ok(engine) => engine,
            Err(stop) => {
                outcome.because = "The exact engine could not start.".to_owned().into();
                outcome.verdict = Verdict::Undecided {
                    limit: stop.to_string().into(),
                };
                return outcome;
            }
        };
        let claim = Claim::new(problem, theory);
        let found = walk(problem, &claim, engine);
        let n_patterns = problem.n_patterns();
        let deaths = claim.courses.iter().filter(|c| c.death.is_some()).count();
        let mut because = if found.every {
            format!("compared at every step from 0 to {}", found.last)
        } else {
            format!(
                "compared at {} steps from 0 to {}: log-spaced, and before, at and after each of {deaths} deaths",
                found.compared, found.last
            )
        };
        if !found.complete && !found.every {
            because.push_str(" (of the different steps of death only the first and last 128)");
        }
        because = format!("All {} coordinates {because}", claim.courses.len());
        if let Some(t) = found.closed_at {
            because.push_str(&format!("; some margin reaches 1 at step {t}"));
            if t == 0 {
                because.push_str(", so that nothing but the start could be compared");
            }
        } else if problem.training().loss == Loss::Hinge && found.stop.is_none() {
            because.push_str("; no margin reached 1 before the last step");
        }
        outcome.because = format!("{because}.").into();
        if let Some(stop) = &found.stop {
            outcome
                .because
                .push_str(&format!(" The exact engine {stop}."));
            if found.last == 0 {
                outcome.verdict = Verdict::Undecided {
                    limit: stop.to_string().into(),
                };
            }
        }
        let plural = if found.compared == 1 { "step" } else { "steps" };
        outcome.scope = Some(Scope::at(if found.every {
            format!("t <= {}", found.last)
        } else {
            format!("{} {plural}, t <= {}", found.compared, found.last)
        }));
        // At the start the closed form is the start itself.
        outcome.vacuous = found.last == 0;
        if let Some((t, m)) = &found.mismatch {
            outcome.vacuous = false;
            let (j, p) = (m.cell / n_patterns, m.cell % n_patterns);
            let coordinate = problem.dictionary().pattern_name(p);
            let because = format!(
                "At step {t} coordinate {coordinate} of filter {j} is {} and not {}.",
                m.found, m.claimed
            );
            let what = json!({"filter": j, "coordinate": coordinate});
            outcome.refute_with(
                because,
                witness(*t, what, "=", &m.claimed, &m.found),
                Layer::Exact,
            );
        }
        outcome.figures = vec![
            ("steps_compared", Figure::Exact(integer(found.last))),
            ("times_compared", Figure::Exact(integer(found.compared))),
            ("dying_coordinates", Figure::Exact(integer(deaths as u64))),
        ]
        .into();
        outcome.figures.proved(
            "steps_compared",
            if problem.training().loss == Loss::Hinge {
                "T1_hinge"
            } else {
                "T1_closed_form"
            },
        );
        outcome.comparisons = comparisons(problem, &claim, &found);
        outcome
    }
}

/// Rows for a growing, a dying and a resting coordinate, at the last compared step.
fn comparisons(problem: &Problem, claim: &Claim, found: &Walk) -> Vec<Comparison> {
    let n_patterns = problem.n_patterns();
    ["growing", "dying", "resting"]
        .iter()
        .filter_map(|&kind| {
            let cell = claim.courses.iter().position(|c| c.kind() == kind)?;
            let claimed = claim.at(cell, found.last);
            // A coordinate other than the one that differs was found as claimed.
            let exact = match &found.mismatch {
                Some((_, m)) if m.cell == cell => m.found.clone(),
                Some(_) => return None,
                None => claimed.clone(),
            };
            Some(Comparison {
                quantity: format!(
                    "Z of filter {} on {} ({kind}) at t = {}",
                    cell / n_patterns,
                    problem.dictionary().pattern_name(cell % n_patterns),
                    found.last
                )
                .into(),
                relation: Relation::Equal,
                margin: Some(Figure::Exact(-(&claimed - &exact).abs())),
                theory: Some(Figure::Exact(claimed)),
                exact: Some(Figure::Exact(exact)),
                simulated: None,
                layer: Layer::Exact,
            })
        })
        .collect()
}
