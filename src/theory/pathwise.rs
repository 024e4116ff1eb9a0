//! T3 and T3max: what holds on every sample path of SGD.
//!
//! With an orthonormal dictionary a step moves each pattern coordinate by itself:
//! `Z_jp += eta a_j avg[g y N_p] 1(Z_jp > 0)`. Hence
//!
//! - (i) a coordinate at or below 0 never moves again;
//! - (ii) a winner's key coordinate is in every image of its label and in no other, so it never
//!   falls: `Z_{j,v_y}(t) = Z(0) + eta r G_y(t)`, `G_y` the sum of the gates on label y so far;
//! - (iii) the wrong label's key coordinate can only fall, and stops once it is not positive. The
//!   last step before that lowers a positive number by at most `eta r g_max`.
//!
//! Under max pooling the gradient goes to one pattern. If a filter's own key is positive and at
//! least as large as its backgrounds, it is the argmax on every image of its label (keys come first
//! in dictionary order), it only grows, and on images of the other label everything falls.
//!
//! Two consequences for the norms are checked with them: a winner's norm is at least
//! `Z(0) + eta r G_y(t)`, and a coordinate that follows the gated walk `S_k = sum g y N_k` until it
//! dies satisfies `|Z_jk(t)| <= |Z_jk(0)| + eta max_s |S_k(s)|`, which bounds every loser.

use super::context::Context;
use super::evidence::{InNumbers, Watcher, along_paths, in_numbers, replay};
use super::record::{Statement, TheoremId, proofs};
use super::remark::Remark;
use super::theorem::{Claimed, NearMiss};
use super::verdict::{Comparison, Figure, Layer, Outcome, Scope};
use super::violation::{Relation, Violation};
use crate::dynamics::path::ExactPath;
use crate::dynamics::sampler::Draw;
use crate::number::{Q, integer, ratio};
use crate::problem::assumption::AssumptionId;
use crate::problem::model::Model;
use crate::problem::{Label, Loss, Pooling, Problem, Train};
use crate::remark;
use num_traits::{One, Signed, Zero};

mod follow;

use follow::{End, Following};

/// T3.
pub struct Pathwise;

/// T3max.
pub struct PathwiseMax;

static SUM: Statement = Statement {
    id: TheoremId::T3,
    title: "pathwise monotonicity",
    file: "pathwise",
    claims: &["C1", "C3", "C4"],
    statement: "On every sample path: (i) a coordinate at or below 0 never changes; (ii) a winner's key coordinate is Z(0) + eta r G_y(t), with G_y(t) the sum of the gates on label-y samples so far; (iii) the wrong label's key coordinate of a filter with a_j = y lies in [min(Z(0), -eta r g_max), Z(0)] and never rises.",
    model: Model {
        losses: &[
            Loss::Unhinged,
            Loss::Hinge,
            Loss::Perceptron,
            Loss::SquaredHinge,
        ],
        ..Model::RELU_SUM
    },
    further: "gates not negative (g_max is 1 but for squared-hinge), any batch",
    assumes: &[AssumptionId::A1, AssumptionId::A2, AssumptionId::A5f],
    proofs: proofs! {
        T3_pathwise: "(i), (ii), (iii) on every path of any given gates that are not negative and at most g";
        T3_run: "the same for descent in batches, losses with gates in [0, 1]";
        T3_sgd: "the same, one sample a step";
        T3_gates: "gates of unhinged, hinge and perceptron lie in [0, 1]";
    },
    unproved: &["the squared hinge, but as a list of given gates"],
};

static MAX: Statement = Statement {
    id: TheoremId::T3max,
    title: "pathwise monotonicity under max pooling",
    file: "pathwise",
    claims: &["C1", "C3", "C4"],
    statement: "Under max pooling, call j a winner if a_j = y and its key coordinate is positive and at least each of its background coordinates at t = 0. On every sample path its key stays the argmax of every label-y image, its key coordinate is Z(0) + eta G_y(t), and its other coordinates never rise; (i) and (iii) hold as for sum pooling, with 1 for r.",
    model: Model {
        activations: &["relu"],
        pooling: Some(Pooling::Max),
        losses: &[
            Loss::Unhinged,
            Loss::Hinge,
            Loss::Perceptron,
            Loss::SquaredHinge,
        ],
        ..Model::ANY
    },
    further: "gates not negative, any batch",
    assumes: &[AssumptionId::A1, AssumptionId::A2, AssumptionId::A5f],
    proofs: proofs! {
        T3max_pathwise: "key, argmax, other coordinates, (i) and (iii) on every path of any given gates that are not negative";
        T3max_run: "key, argmax and other coordinates of winners for descent in batches, gates in [0, 1]";
    },
    unproved: &[
        "(i) and (iii) for a run of a loss, and the squared hinge, but as a list of given gates",
    ],
};

// The clauses of the claim.
const FROZEN: &str = "(i) a coordinate at or below 0, against the step before";
const WINNER_KEY: &str = "(ii) a winner's key coordinate, Z(0) + eta r G_y";
const WRONG_FALLS: &str = "(iii) the wrong label's key coordinate, against the step before";
const WRONG_STOPS: &str = "(iii) the wrong label's key coordinate, against its lower bound";
const ARGMAX: &str = "a winner's background coordinate, against its key coordinate";
const OTHERS: &str = "a winner's other coordinate, against the step before";
const WINNER_NORM: &str = "a winner's squared norm, against the square of Z(0) + eta r G_y";
const LOSER_NORM: &str = "a loser's squared norm, against its upper bound";

/// What is claimed of every path.
#[derive(Debug, Clone)]
pub struct Claim {
    pooling: Pooling,
    /// The head's label, one a filter.
    pub(super) label: Vec<Label>,
    /// Winner of which label, one a filter.
    pub(super) winner: Vec<Option<Label>>,
    /// Growth of a winner's key per unit of gate: `eta r`, under max pooling eta.
    pub(super) rate: Q,
    /// Largest fall of a wrong key below 0 per unit of the largest gate in (iii): the same.
    overshoot: Q,
    /// How often Z(0) is counted in the minimum of (iii): once.
    start_counts: u32,
    /// Largest fall of a coordinate below 0 in one step per unit of the largest gate, for the norms of losers.
    fall: Q,
    /// How far a coordinate at or below 0 moves per unit of gate and pattern: 0.
    dead_rate: Q,
    /// How a winner's other coordinates relate to the step before under max pooling: at most.
    others: Relation,
}

/// The label that each filter wins by the winners of this pooling.
fn winners_by(problem: &Problem, pooling: Pooling) -> Vec<Option<Label>> {
    problem.camps_for(pooling).labels().to_vec()
}

/// `eta r`.
fn keyed_rate(problem: &Problem) -> Q {
    &problem.training().step * integer(problem.distribution().key_count().unwrap_or(1))
}

impl Claim {
    pub(super) fn new(problem: &Problem) -> Self {
        let pooling = problem.network().pooling;
        let winner = winners_by(problem, pooling);
        let rate = match pooling {
            Pooling::Sum => keyed_rate(problem),
            Pooling::Max => problem.training().step.clone(),
        };
        let label = |a: &Q| {
            if a.is_positive() {
                Label::Plus
            } else {
                Label::Minus
            }
        };
        Claim {
            pooling,
            label: problem.network().head.iter().map(label).collect(),
            winner,
            overshoot: rate.clone(),
            start_counts: 1,
            fall: rate.clone(),
            rate,
            dead_rate: Q::zero(),
            others: Relation::AtMost,
        }
    }
}

static NEAR_SUM: [NearMiss<Claim>; 5] = [
    NearMiss::new(
        WINNER_KEY,
        "r is forgotten: a winner's key coordinate is Z(0) + eta G_y(t)",
        |claim, problem| claim.rate = problem.training().step.clone(),
    ),
    NearMiss::new(
        WINNER_KEY,
        "half the step: a winner's key coordinate is Z(0) + eta r G_y(t) / 2",
        |claim, _| claim.rate *= ratio(1, 2),
    ),
    NearMiss::new(
        WRONG_STOPS,
        "no overshoot: the wrong label's key coordinate stays at least min(Z(0), 0)",
        |claim, _| claim.overshoot = Q::zero(),
    ),
    NearMiss::new(
        WRONG_STOPS,
        "the lower bound of (iii) is -eta r g_max, without the minimum with Z(0)",
        |claim, _| claim.start_counts = 0,
    ),
    NearMiss::new(
        FROZEN,
        "a coordinate at or below 0 moves like any other",
        |claim, problem| claim.dead_rate = problem.training().step.clone(),
    ),
];

static NEAR_MAX: [NearMiss<Claim>; 4] = [
    NearMiss::new(
        ARGMAX,
        "winners need not dominate their backgrounds: a_j = y and a positive key are enough",
        |claim, problem| claim.winner = winners_by(problem, Pooling::Sum),
    ),
    NearMiss::new(
        WINNER_KEY,
        "the factor r of sum pooling is kept: Z(0) + eta r G_y(t)",
        |claim, problem| claim.rate = keyed_rate(problem),
    ),
    NearMiss::new(
        WINNER_KEY,
        "half the step: Z(0) + eta G_y(t) / 2",
        |claim, _| claim.rate *= ratio(1, 2),
    ),
    NearMiss::new(
        OTHERS,
        "a winner's other coordinates never move",
        |claim, _| claim.others = Relation::Equal,
    ),
];

fn compare(context: &Context<'_>, claim: &Claim, outcome: &mut Outcome) {
    let problem = context.problem;
    let watch = Following(claim);
    let found = along_paths(context, in_numbers(&watch));
    let ends: Vec<End> = found.ends.iter().map(InNumbers::end).collect();
    let winners = claim.winner.iter().flatten().count();
    found.tell(problem, outcome);
    outcome.figures.count("winners", winners as u64);
    if let Some(gate) = ends.iter().map(|end| &end.largest_gate).max() {
        outcome.figures.number("largest_gate", gate.clone());
    }
    outcome.because.push(remark!(
        "Every coordinate that a step touched was compared after every step of {}: {} filters, {} of them winners.",
        found.describe(),
        problem.n_filters(),
        winners
    ));
    if let (Some(end), false) = (ends.into_iter().next(), context.verdict_only) {
        let layer = found.layer();
        outcome.comparisons = rows(problem, end, found.steps, layer);
    }
    let violation = found.violation.clone().or_else(|| {
        compare_runs(context, outcome, found.scope(), |run, t| {
            replay(problem, run, t, in_numbers(&watch))
        })
    });
    outcome.undecided_after_overflow(context);
    if let Some(violation) = violation {
        outcome.refute(*violation, Layer::Exact);
    }
}

/// A winner's key and the loser closest to its bound, where the first path ended.
fn rows(problem: &Problem, end: End, t: u64, layer: Layer) -> Vec<Comparison> {
    let key = end.key.map(|(j, label, claimed, found)| {
        let name = problem.dictionary().pattern_name(label.index());
        let quantity = remark!("Z of winner {} on {} at t = {}, first path", j, name, t);
        Comparison::exact(quantity, Relation::Equal, claimed, found).on(layer)
    });
    let loser = end.loser.map(|(j, bound, norm)| {
        let quantity = remark!(
            "|w|^2 of loser {} at t = {}, first path (the closest to its bound)",
            j,
            t
        );
        Comparison::exact(quantity, Relation::AtMost, bound, norm).on(layer)
    });
    key.into_iter().chain(loser).collect()
}

/// What the simulated runs show. Floats only name a run that seems to differ: what counts is its exact path.
fn compare_runs(
    context: &Context<'_>,
    outcome: &mut Outcome,
    scope: Remark,
    replay: impl Fn(u64, u64) -> Option<Box<Violation>>,
) -> Option<Box<Violation>> {
    let (seen, simulation) = (context.pathwise?, context.simulation?);
    let runs = simulation.runs;
    outcome.because.push(remark!(
        "The simulation ({}) was compared at {} reported states.",
        (runs, "run"),
        seen.states
    ));
    if let Some(overflow) = context.overflow() {
        outcome.because.push(remark!("But {}.", overflow));
    }
    let scope = remark!("{}; {} at {} states", scope, (runs, "run"), seen.states);
    outcome.scope = Some(Scope::on(scope));
    let observed = |value| Some(Figure::Observed { value, runs });
    outcome.comparisons.push(Comparison {
        quantity: "largest rounding error of a winner's key, as a share of its bound, all runs and reported times".into(),
        relation: Relation::AtMost,
        theory: Some(Figure::Exact(Q::one())),
        exact: None,
        simulated: observed(seen.largest_share),
        margin: observed(1.0 - seen.largest_share),
        layer: Layer::Sampled,
    });
    let suspect = seen.suspect.as_ref()?;
    let violation = replay(suspect.run, suspect.t);
    if violation.is_none() {
        outcome.because.push(remark!(
            "Run {} seemed to differ at step {}, its exact path does not.",
            suspect.run,
            suspect.t
        ));
    }
    violation
}

/// Counts, on one exact path, how often a coordinate at or below 0 moved.
#[derive(Debug, Clone)]
struct DeadMoves {
    before: Vec<Q>,
    moves: u64,
}

impl Watcher for DeadMoves {
    fn observe(&mut self, path: &ExactPath<'_>, _batch: &[Draw]) -> Result<(), Box<Violation>> {
        let n_patterns = path.problem().n_patterns();
        for &p in path.touched() {
            for j in 0..path.problem().n_filters() {
                let cell = j * n_patterns + p as usize;
                let new = path.weight(j, p as usize);
                if !self.before[cell].is_positive() && new != self.before[cell] {
                    self.moves += 1;
                }
                self.before[cell] = new;
            }
        }
        Ok(())
    }
}

/// What the exact paths show where the theorem does not speak: do dead coordinates stay dead?
fn beyond(context: &Context<'_>, outcome: &mut Outcome) {
    let found = along_paths(&context.one_path(200), |path| DeadMoves {
        before: path.state().weights.entries().to_vec(),
        moves: 0,
    });
    let moves: u64 = found.ends.iter().map(|w| w.moves).sum();
    let trained = match context.problem.training().train {
        Train::FiltersAndHead => " (the head moves too)",
        Train::Filters => "",
    };
    let moved = remark!(
        "On {}{}, coordinates at or below 0 moved {}.",
        found.describe(),
        trained,
        (moves, "time")
    );
    outcome.beyond = Some(moved.into());
}

macro_rules! claimed {
    ($theorem:ident, $record:ident, $near_misses:ident) => {
        impl Claimed for $theorem {
            type Claim = Claim;

            const RECORD: &'static Statement = &$record;

            const NEAR_MISSES: &'static [NearMiss<Claim>] = &$near_misses;

            const WITHOUT: &'static str =
                "Coordinates need not move one by one and in one direction here.";

            fn beyond(&self, context: &Context<'_>, outcome: &mut Outcome) {
                beyond(context, outcome);
            }

            fn claim(&self, problem: &Problem) -> Result<Claim, Remark> {
                Ok(Claim::new(problem))
            }

            fn compare(&self, context: &Context<'_>, claim: &Claim, outcome: &mut Outcome) {
                compare(context, claim, outcome);
            }
        }
    };
}

claimed!(Pathwise, SUM, NEAR_SUM);
claimed!(PathwiseMax, MAX, NEAR_MAX);
