//! T3 and T3max: what holds on every sample path of SGD.
//!
//! With an orthonormal dictionary a step moves each pattern coordinate by itself:
//! `Z_jp += eta a_j avg[g y N_p] 1(Z_jp > 0)`. Hence (i); (ii), since a winner's key is in every image of its label
//! and in no other; and (iii): the wrong label's key can only fall, and stops once it is not positive, after a step
//! that lowers a positive number by at most `eta r g_max`. Under max pooling the gradient goes to one pattern: a
//! key that is positive and at least as large as the backgrounds is the argmax on every image of its label (keys
//! come first in dictionary order), it only grows, and on images of the other label everything falls.
//!
//! Two consequences for the norms are checked with them: a winner's norm is at least
//! `Z(0) + eta r G_y(t)`, and a coordinate that follows the gated walk `S_k = sum g y N_k` until it
//! dies satisfies `|Z_jk(t)| <= |Z_jk(0)| + eta max_s |S_k(s)|`, which bounds every loser.

use super::evidence::{InNumbers, along_paths, in_numbers, moves_along, replay};
use super::pathwise_probe::key_rate;
use super::prelude::*;
use crate::dynamics::path::ExactPath;
use num_traits::{One, Signed, Zero};

mod follow;

use follow::End;

/// The losses with gates that are not negative.
const LOSSES: &[Loss] = &[
    Loss::Unhinged,
    Loss::Hinge,
    Loss::Perceptron,
    Loss::SquaredHinge,
];

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
    formulas: &[
        Formula::new(
            "on every sample path, for s <= t: (i) for every coordinate",
            r"Z_{jp}(s) \le 0 \implies Z_{jp}(t) = Z_{jp}(s)",
        ),
        Formula::new(
            "(ii) for a winner j of label y",
            r"Z_{j,v_y}(t) = Z_{j,v_y}(0) + \eta r\, G_y(t)",
        ),
        Formula::new(
            "(iii) for a filter j whose head is y",
            r"\min\left(Z_{j,v_{-y}}(0),\; -\eta r\, g_{\max}\right) \le Z_{j,v_{-y}}(t) \le Z_{j,v_{-y}}(s) \le Z_{j,v_{-y}}(0)",
        ),
    ],
    model: Model {
        losses: LOSSES,
        ..Model::RELU_SUM
    },
    further: "gates not negative (g_max is 1 but for squared-hinge), any batch",
    assumes: &[A1, A2, A5f],
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
    formulas: &[
        Formula::new(
            "j is a winner of label y if",
            r"a_j = y, \qquad Z_{j,v_y}(0) > 0, \qquad Z_{j,v_y}(0) \ge \max_k Z_{j,u_k}(0)",
        ),
        Formula::new(
            "on every sample path, for a winner j of label y, on every image of label y",
            r"\operatorname{argmax}_{p:\, N_p > 0} \operatorname{relu}(Z_{jp}(t)) = v_y",
        ),
        Formula::new(
            "its key coordinate",
            r"Z_{j,v_y}(t) = Z_{j,v_y}(0) + \eta\, G_y(t)",
        ),
        Formula::new(
            "its other coordinates, for s <= t",
            r"Z_{jp}(t) \le Z_{jp}(s) \qquad (p \ne v_y)",
        ),
        Formula::new(
            "on every sample path, for s <= t: (i) for every coordinate",
            r"Z_{jp}(s) \le 0 \implies Z_{jp}(t) = Z_{jp}(s)",
        ),
        Formula::new(
            "(iii) for a filter j whose head is y",
            r"\min\left(Z_{j,v_{-y}}(0),\; -\eta\, g_{\max}\right) \le Z_{j,v_{-y}}(t) \le Z_{j,v_{-y}}(s) \le Z_{j,v_{-y}}(0)",
        ),
    ],
    model: Model {
        pooling: Some(Pooling::Max),
        losses: LOSSES,
        ..Model::RELU_SUM
    },
    further: "gates not negative, any batch",
    assumes: &[A1, A2, A5f],
    proofs: proofs! {
        T3max_pathwise: "key, argmax, other coordinates, (i) and (iii) on every path of any given gates that are not negative";
        T3max_run: "key, argmax and other coordinates of winners for descent in batches, gates in [0, 1]";
    },
    unproved: &[
        "(i) and (iii) for a run of a loss, and the squared hinge, but as a list of given gates",
    ],
};

const FROZEN: Clause = Clause::new(
    "(i) a coordinate at or below 0, against the step before",
    Equal,
);
const WINNER_KEY: Clause = Clause::new("(ii) a winner's key coordinate, Z(0) + eta r G_y", Equal);
const WRONG_FALLS: Clause = Clause::new(
    "(iii) the wrong label's key coordinate, against the step before",
    AtMost,
);
const WRONG_STOPS: Clause = Clause::new(
    "(iii) the wrong label's key coordinate, against its lower bound",
    AtLeast,
);
const ARGMAX: Clause = Clause::new(
    "a winner's background coordinate, against its key coordinate",
    AtMost,
);
const OTHERS: Clause = Clause::new(
    "a winner's other coordinate, against the step before",
    AtMost,
);
const WINNER_NORM: Clause = Clause::new(
    "a winner's squared norm, against the square of Z(0) + eta r G_y",
    AtLeast,
);
const LOSER_NORM: Clause = Clause::new("a loser's squared norm, against its upper bound", AtMost);

/// What is claimed of every path.
#[derive(Debug, Clone)]
pub struct Claim {
    pooling: Pooling,
    /// The head's label, one a filter.
    label: Vec<Label>,
    /// Winner of which label, one a filter.
    winner: Vec<Option<Label>>,
    /// Growth of a winner's key per unit of gate: `eta r`, under max pooling eta.
    rate: Q,
    /// Largest fall of a wrong key below 0 per unit of the largest gate in (iii): the same.
    overshoot: Q,
    /// How often Z(0) is counted in the minimum of (iii): once.
    start_counts: u32,
    /// Largest fall of a coordinate below 0 in one step per unit of the largest gate, for the norms of losers.
    fall: Q,
    /// How far a coordinate at or below 0 moves per unit of gate and pattern: 0.
    dead_rate: Q,
    /// How far a background coordinate moves per unit of its gated walk, for the norms of losers: eta.
    walk_rate: Q,
    /// Of a winner's other coordinates under max pooling.
    others: Clause,
    /// Of the wrong label's key coordinate, against the step before.
    falls: Clause,
    /// Of a winner's norm, against its key.
    norm: Clause,
}

/// The label that each filter wins by the winners of this pooling.
fn winners_by(problem: &Problem, pooling: Pooling) -> Vec<Option<Label>> {
    problem.camps_for(pooling).labels().to_vec()
}

impl Claim {
    fn new(problem: &Problem) -> Self {
        let pooling = problem.network().pooling;
        let rate = key_rate(problem, pooling);
        Claim {
            pooling,
            label: problem.network().head.iter().map(Label::voted_by).collect(),
            winner: winners_by(problem, pooling),
            overshoot: rate.clone(),
            start_counts: 1,
            fall: rate.clone(),
            rate,
            dead_rate: Q::zero(),
            walk_rate: problem.training().step.clone(),
            others: OTHERS,
            falls: WRONG_FALLS,
            norm: WINNER_NORM,
        }
    }

    /// The least key coordinate of a winner at the start, under sum pooling: no winner's key is below it later.
    fn least_winning_key(&self, problem: &Problem) -> Option<Q> {
        let keys = self.winner.iter().enumerate().filter_map(|(j, wins)| {
            let key = wins.filter(|_| self.pooling == Pooling::Sum)?.index();
            Some(&problem.network().weights[(j, key)])
        });
        keys.min().cloned()
    }
}

/// Near misses of both theorems.
const HALF_AN_OVERSHOOT: NearMiss<Claim> = NearMiss::new(
    WRONG_STOPS.name,
    "half an overshoot: the wrong label's key coordinate stays at least min(Z(0), -eta r g_max / 2)",
    |claim, _| claim.overshoot *= ratio(1, 2),
);
const DEAD_MOVES: NearMiss<Claim> = NearMiss::new(
    FROZEN.name,
    "a coordinate at or below 0 moves like any other",
    |claim, problem| claim.dead_rate = problem.training().step.clone(),
);
const NO_FALL: NearMiss<Claim> = NearMiss::new(
    WRONG_FALLS.name,
    "the wrong label's key coordinate never moves",
    |claim, _| claim.falls.relation = Equal,
);
const KEY_ALONE: NearMiss<Claim> = NearMiss::new(
    WINNER_NORM.name,
    "a winner's norm is that of its key coordinate alone",
    |claim, _| claim.norm.relation = Equal,
);

static NEAR_SUM: [NearMiss<Claim>; 9] = [
    NearMiss::new(
        WINNER_KEY.name,
        "r is forgotten: a winner's key coordinate is Z(0) + eta G_y(t)",
        |claim, problem| claim.rate = problem.training().step.clone(),
    ),
    NearMiss::new(
        WINNER_KEY.name,
        "half the step: a winner's key coordinate is Z(0) + eta r G_y(t) / 2",
        |claim, _| claim.rate *= ratio(1, 2),
    ),
    NearMiss::new(
        WRONG_STOPS.name,
        "no overshoot: the wrong label's key coordinate stays at least min(Z(0), 0)",
        |claim, _| claim.overshoot = Q::zero(),
    ),
    NearMiss::new(
        WRONG_STOPS.name,
        "the lower bound of (iii) is -eta r g_max, without the minimum with Z(0)",
        |claim, _| claim.start_counts = 0,
    ),
    DEAD_MOVES,
    HALF_AN_OVERSHOOT,
    NO_FALL,
    KEY_ALONE,
    NearMiss::new(
        LOSER_NORM.name,
        "a loser's norm does not grow with its background",
        |claim, _| claim.walk_rate = Q::zero(),
    ),
];

static NEAR_MAX: [NearMiss<Claim>; 8] = [
    NearMiss::new(
        ARGMAX.name,
        "winners need not dominate their backgrounds: a_j = y and a positive key are enough",
        |claim, problem| claim.winner = winners_by(problem, Pooling::Sum),
    ),
    NearMiss::new(
        WINNER_KEY.name,
        "the factor r of sum pooling is kept: Z(0) + eta r G_y(t)",
        |claim, problem| claim.rate = key_rate(problem, Pooling::Sum),
    ),
    NearMiss::new(
        WINNER_KEY.name,
        "half the step: Z(0) + eta G_y(t) / 2",
        |claim, _| claim.rate *= ratio(1, 2),
    ),
    NearMiss::new(
        OTHERS.name,
        "a winner's other coordinates never move",
        |claim, _| claim.others.relation = Equal,
    ),
    DEAD_MOVES,
    HALF_AN_OVERSHOOT,
    NO_FALL,
    KEY_ALONE,
];

fn compare(context: &Context<'_>, claim: &Claim, outcome: &mut Outcome) {
    let problem = context.problem;
    let found = along_paths(context, in_numbers(&claim));
    let ends: Vec<End> = found.ends.iter().map(InNumbers::end).collect();
    let winners = claim.winner.iter().flatten().count();
    found.tell(problem, outcome);
    outcome.figures.count("winners", winners);
    // Keys of winners never fall, and a key pattern has length 1.
    if let Some(least) = claim.least_winning_key(problem) {
        let square = &least * &least;
        outcome
            .figures
            .number("winner_norm_squared_at_least", square);
    }
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
        outcome.comparisons = rows(problem, end, found.steps, found.layer());
    }
    let scope = found.scope();
    let in_runs = || compare_runs(context, claim, outcome, scope);
    let violation = found.violation.or_else(in_runs);
    outcome.undecided_after_overflow(context);
    outcome.refute_by(violation, Layer::Exact);
}

/// A winner's key and the loser closest to its bound, where the first path ended.
fn rows(problem: &Problem, end: End, t: u64, layer: Layer) -> Vec<Comparison> {
    let key = end.key.map(|(j, label, claimed, found)| {
        let name = problem.dictionary().pattern_name(label.index());
        let quantity = remark!("Z of winner {} on {} at t = {}, first path", j, name, t);
        Comparison::exact(quantity, Equal, claimed, found).on(layer)
    });
    let loser = end.loser.map(|(j, bound, norm)| {
        let quantity = remark!(
            "|w|^2 of loser {} at t = {}, first path (the closest to its bound)",
            j,
            t
        );
        Comparison::exact(quantity, AtMost, bound, norm).on(layer)
    });
    key.into_iter().chain(loser).collect()
}

/// What the simulated runs show. Floats only name a run that seems to differ: what counts is its exact path.
fn compare_runs(
    context: &Context<'_>,
    claim: &Claim,
    outcome: &mut Outcome,
    scope: Remark,
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
        relation: AtMost,
        theory: Some(Figure::Exact(Q::one())),
        exact: None,
        simulated: observed(seen.largest_share),
        margin: observed(1.0 - seen.largest_share),
        layer: Layer::Sampled,
    });
    let (run, t) = seen.suspect?;
    let violation = replay(context.problem, run, t, in_numbers(&claim));
    if violation.is_none() {
        outcome.because.push(remark!(
            "Run {} seemed to differ at step {}, its exact path does not.",
            run,
            t
        ));
    }
    violation
}

/// What an exact path shows where the theorem does not speak: do dead coordinates stay dead?
fn beyond(context: &Context<'_>, outcome: &mut Outcome) {
    let dead = |before: &[Q], now: &[Q]| {
        let cells = before.iter().zip(now);
        cells
            .filter(|(z, now)| !z.is_positive() && z != now)
            .count() as u64
    };
    let weights = |path: &ExactPath<'_>| path.state().weights.entries().to_vec();
    let (moves, path) = moves_along(context, 200, weights, dead);
    let trained = match context.problem.training().train {
        Train::FiltersAndHead => " (the head moves too)",
        Train::Filters => "",
    };
    let moved = remark!(
        "coordinates at or below 0 moved {} in {}{}",
        (moves, "time"),
        path,
        trained
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

            fn curves(
                &self,
                context: &Context<'_>,
                claim: &Claim,
                _outcome: &Outcome,
                times: &[u64],
            ) -> Vec<Curve> {
                // How far the keys have grown depends on the samples.
                let least = claim.least_winning_key(context.problem).map(Value::Plain);
                Curve::of(
                    $record.id,
                    &Dynamics::EveryPath,
                    (Quantity::WinnerNorm, AtLeast),
                    times,
                    |_| least.clone(),
                )
            }
        }
    };
}

claimed!(Pathwise, SUM, NEAR_SUM);
claimed!(PathwiseMax, MAX, NEAR_MAX);
