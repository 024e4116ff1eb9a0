//! T7: fate and geometric growth with a trained head, expected dynamics.
//!
//! A1-A4, A5t, unhinged, `kappa = eta r / 2 < 1`. Background coordinates stay. A filter has `a`,
//! `alpha+ = Z_{v+}`, `alpha- = Z_{v-}`, and while they are positive
//! `alpha+ += kappa a`, `alpha- -= kappa a`, `a += kappa (alpha+ - alpha-)`. Both recurrences are linear:
//!
//! - with one positive key, say `alpha+`, `s = a + alpha+` is multiplied by `1 + kappa` and `d = a - alpha+` by
//!   `1 - kappa` a step; `alpha-` is the mirror image, with `-a` for `a`;
//! - with both, `alpha+ + alpha-` is conserved, and `sqrt2 a + alpha+ - alpha-` is multiplied by
//!   `1 + sqrt2 kappa`; its sign is decided on squares.
//!
//! The signs do the rest. In the check all of it is exact: powers of `1 + sqrt2 kappa` are computed in Q(sqrt2).

mod recurrence;

use super::evidence::{along_expected, least_certified, log_spaced, started};
use super::growth::named;
use super::line::half_key_rate;
use super::prelude::*;
use crate::dynamics::expected::Stop;
use crate::dynamics::state::State;
use crate::number::common_denominator;
use num_traits::{One, Signed, Zero};
use recurrence::{Fraction, Phase, Rate, Triple, along};
use std::cmp::Ordering;

/// T7.
pub struct TrainedHead;

static STATEMENT: Statement = Statement {
    id: TheoremId::T7,
    title: "fate and geometric growth with a trained head",
    file: "trained_head",
    claims: &["C3", "C4"],
    statement: "With kappa = eta r/2 < 1 every filter's fate is decided by its initial values: with no positive key coordinate it is frozen; with one, say alpha+, and s = a + alpha+ (alpha- - a for the other key) it learns that key for ever if s > 0, dies with |w|^2 <= |w(0)|^2 + kappa^2 a(0)^2 if s < 0 and fades like (1 - kappa)^t if s = 0, where s grows like (1 + kappa)^t; with both it conserves their sum and learns the key that the sign of sqrt2 a + alpha+ - alpha- names (0: it never moves); background coordinates stay, and learners dominate all others at a geometric rate.",
    formulas: &[
        Formula::new("with", r"\kappa = \tfrac{\eta r}{2} < 1"),
        Formula::new(
            "no key coordinate is positive at the start: frozen",
            r"w_j(t) = w_j(0), \qquad a_j(t) = a_j(0)",
        ),
        Formula::new(
            "one is: the sign of its s at the start decides",
            r"s_+ = a_j + \alpha_+, \qquad s_- = \alpha_- - a_j",
        ),
        Formula::new(
            "that key is learnt for ever if s(0) > 0; while its coordinate is positive",
            r"s_y(t) = (1 + \kappa)^t\, s_y(0)",
        ),
        Formula::new(
            "the filter dies if s(0) < 0, and keeps",
            r"|w_j(t)|^2 \le |w_j(0)|^2 + \kappa^2 a_j(0)^2",
        ),
        Formula::new(
            "it fades if s(0) = 0, in the coordinate on that key",
            r"\alpha_y(t) = (1 - \kappa)^t\, \alpha_y(0)",
        ),
        Formula::new(
            "both are: while both are positive",
            r"\alpha_+(t) + \alpha_-(t) = \alpha_+(0) + \alpha_-(0)",
        ),
        Formula::new(
            "and the key of this label is learnt (0: the filter never moves)",
            r"\operatorname{sgn}\left(\sqrt{2}\, a_j(0) + \alpha_+(0) - \alpha_-(0)\right)",
        ),
        Formula::new(
            "a filter j that learns a key dominates every filter i that learns none: for some c > 0, from some step on",
            r"|w_j(t)|^2 \ge c\, (1 + \kappa)^{2t}\, |w_i(t)|^2",
        ),
        Formula::new(
            "for every background pattern",
            r"Z_{j,u_k}(t) = Z_{j,u_k}(0)",
        ),
    ],
    model: Model {
        losses: &[Loss::Unhinged],
        ..Model::RELU_SUM
    },
    further: "any batch, eta r/2 < 1",
    assumes: &[A5t, A1, A2, A3, A4],
    proofs: proofs! {
        T7_fate: "every filter's fate, its head, keys and backgrounds, expected dynamics, kappa < 1";
        T7_one_key: "one positive key: sum and difference while it is positive, any kappa; which keys end, and by when";
        T7_both_keys: "both keys positive: what is conserved and what grows, any kappa";
        T7_criterion: "the rational test has the sign of sqrt2 a + u";
        T7_dominance: "learners dominate at the rate (1 + kappa)^t; all others keep within |w(0)|^2 + kappa^2 a(0)^2";
    },
    unproved: &[],
};

const BACKGROUND: Clause = Clause::new("a background coordinate", Equal);
const LEARNT: Clause = Clause::new("the key coordinate that a filter learns", Above);
const FORM: Clause = Clause::new("the closed form of a head or a key coordinate", Equal);
const BOUND: Clause = Clause::new("the sum of squares of both key coordinates", AtMost);
const DOMINANCE: Clause = Clause::new("the squared norm of the weakest learner", AtLeast);

type Miss = NearMiss<Claim>;

static NEAR_MISSES: [Miss; 8] = [
    Miss::new(
        LEARNT.name,
        "the same for kappa >= 1: a positive s alone decides that a filter learns for ever",
        |claim, _| {
            claim.tracks.retain(|track| track.fate.learnt().is_some());
            claim.t_dominance = None;
        },
    )
    .without(|failing, problem| failing.assumption == A0 && STATEMENT.model.fits(problem)),
    Miss::new(
        FORM.name,
        "growth by 1 + eta r a step and not 1 + eta r/2",
        |claim, problem| *claim = Claim::new(problem, &claim.rate.kappa * integer(2)),
    ),
    Miss::new(
        BOUND.name,
        "with one positive key the sign of the head alone decides: a < 0 dies on v+, a > 0 on v-",
        |claim, _| {
            for track in &mut claim.tracks {
                let first = &track.phases[0];
                let a = first.one().map(|key| along(key, &first.at_start[0]));
                if a.is_some_and(|a| a.is_negative()) {
                    track.fate = Fate::Dies;
                    track.bound = Fate::Dies.bound(&claim.rate, &first.at_start);
                }
            }
            claim.t_dominance = None;
        },
    ),
    Miss::new(
        LEARNT.name,
        "with both keys positive the larger one is learnt, whatever the head",
        |claim, _| {
            for track in &mut claim.tracks {
                let first = &track.phases[0];
                let larger = match first.at_start[1].cmp(&first.at_start[2]) {
                    Ordering::Greater => Fate::Learns(0),
                    Ordering::Less => Fate::Learns(1),
                    Ordering::Equal => track.fate,
                };
                if first.active == [true; 2] && track.fate != larger {
                    track.fate = larger;
                    track.phases.truncate(1);
                }
            }
            claim.t_dominance = None;
        },
    ),
    Miss::new(
        FORM.name,
        "r is forgotten: kappa = eta/2",
        |claim, problem| *claim = Claim::new(problem, &problem.training().step / integer(2)),
    ),
    Miss::new(
        FORM.name,
        "a dying coordinate ends at exactly 0",
        |claim, _| {
            for track in &mut claim.tracks {
                let [first, after] = &mut track.phases[..] else {
                    continue;
                };
                for (key, start) in after.at_start[1..].iter_mut().zip(&first.at_start[1..]) {
                    if start.is_positive() && key.is_negative() {
                        *key = Q::zero();
                    }
                }
            }
        },
    ),
    Miss::new(
        DOMINANCE.name,
        "learners dominate from the first step on, and not from some step on",
        |claim, _| claim.t_dominance = claim.t_dominance.map(|_| 0),
    ),
    Miss::new(
        BACKGROUND.name,
        "T7 without A3: background coordinates stay under a label-dependent background too",
        |claim, _| claim.t_dominance = None,
    )
    .without(|failing, _| failing.assumption == A3),
];

/// The ratio whose time of dominance is reported.
const RATIO: i64 = 10;

/// What becomes of a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Frozen,
    /// The key of label + (0) or - (1).
    Learns(usize),
    Dies,
    Fades,
    Balanced,
}

impl Fate {
    const ALL: [(Fate, &'static str); 6] = [
        (Fate::Frozen, "frozen"),
        (Fate::Learns(0), "learns_plus"),
        (Fate::Learns(1), "learns_minus"),
        (Fate::Dies, "dies"),
        (Fate::Fades, "fades"),
        (Fate::Balanced, "balanced"),
    ];

    /// The key that it learns.
    fn learnt(self) -> Option<usize> {
        match self {
            Fate::Learns(key) => Some(key),
            _ => None,
        }
    }

    /// Bound on `alpha+^2 + alpha-^2`, where no key is learnt.
    fn bound(self, rate: &Rate, [a, plus, minus]: &Triple) -> Option<Q> {
        let squares = plus * plus + minus * minus;
        let overshoot = &rate.kappa * a;
        match self {
            Fate::Learns(_) => None,
            Fate::Dies => Some(squares + &overshoot * &overshoot),
            Fate::Frozen | Fate::Fades | Fate::Balanced => Some(squares),
        }
    }
}

/// The plane that decides the fate of a filter, by its key coordinates that are positive at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plane {
    /// None is positive: it never moves.
    None,
    /// One key, 0 for that of label +, is positive: its coordinate alpha, and the head a.
    One(usize),
    /// Both are positive: `alpha+ - alpha-`, and the head a.
    Both,
}

impl Plane {
    /// The slope of the line through 0 that bounds the regions of two fates, `a = slope x` with x the first coordinate of
    /// the plane.
    pub fn boundary(self) -> Option<Value> {
        match self {
            Plane::None => None,
            Plane::One(0) => Some(Value::Plain(integer(-1))),
            Plane::One(_) => Some(Value::Plain(Q::one())),
            Plane::Both => Some(Value::Root(ratio(-1, 2))),
        }
    }

    /// The first coordinate of a filter in the plane.
    pub fn first(self, [plus, minus]: &[Q; 2]) -> Option<Q> {
        match self {
            Plane::None => None,
            Plane::One(0) => Some(plus.clone()),
            Plane::One(_) => Some(minus.clone()),
            Plane::Both => Some(plus - minus),
        }
    }
}

/// The start of a filter, and its fate.
#[derive(Debug, Clone, PartialEq)]
pub struct FilterFate {
    /// a(0).
    pub head: Q,
    /// alpha+ and alpha- at the start.
    pub keys: [Q; 2],
    /// Where its fate is decided.
    pub plane: Plane,
    /// Its fate, as the figures name it.
    pub fate: &'static str,
}

/// The fate of every filter that T7 names; none where images have no common number of key patches.
///
/// # Cost
/// As the claim of T7: up to its horizon for filters of which a key stops being positive.
pub fn fates(problem: &Problem) -> Vec<FilterFate> {
    let Some(kappa) = half_key_rate(problem) else {
        return Vec::new();
    };
    let claim = Claim::new(problem, kappa);
    let fate = |track: &Track| {
        let first = track.phases.first()?;
        let [head, plus, minus] = first.at_start.clone();
        let mut names = Fate::ALL.iter();
        Some(FilterFate {
            head,
            keys: [plus, minus],
            plane: match (first.one(), first.active[0]) {
                (Some(key), _) => Plane::One(key),
                (None, true) => Plane::Both,
                (None, false) => Plane::None,
            },
            fate: names.find(|(fate, _)| *fate == track.fate)?.1,
        })
    };
    claim.tracks.iter().filter_map(fate).collect()
}

/// Are the filters that learn a key for ever the winners, and all others losers?
pub fn winners_learn(problem: &Problem) -> bool {
    let camps = problem.camps();
    let learners = fates(problem).into_iter().map(|filter| {
        let learns = [Fate::ALL[1].1, Fate::ALL[2].1];
        learns.contains(&filter.fate)
    });
    let wins = camps.labels().iter().map(Option::is_some);
    learners.eq(wins)
}

/// What is claimed of one filter.
struct Track {
    filter: usize,
    fate: Fate,
    phases: Vec<Phase>,
    /// Bound on `alpha+^2 + alpha-^2` where the fate gives one.
    bound: Option<Q>,
}

impl Track {
    fn new(rate: &Rate, filter: usize, start: Triple, horizon: u64) -> Self {
        use Fate::{Balanced, Dies, Fades, Frozen, Learns};
        let [a, plus, minus] = &start;
        let first = Phase {
            start: 0,
            active: [plus.is_positive(), minus.is_positive()],
            at_start: start.clone(),
        };
        let by_sign = |s: Q, positive, zero, negative| match s.cmp(&Q::zero()) {
            Ordering::Greater => positive,
            Ordering::Equal => zero,
            Ordering::Less => negative,
        };
        // Beside it, the key that stops.
        let (fate, stops) = match (first.one(), first.active[0]) {
            (Some(key), _) => {
                let s = along(key, a) + &start[1 + key];
                by_sign(s, (Learns(key), None), (Fades, None), (Dies, Some(key)))
            }
            (None, true) => {
                let s = sign_of_sqrt2(a, &(plus - minus));
                let learns = |key| (Learns(key), Some(1 - key));
                by_sign(s, learns(0), (Balanced, None), learns(1))
            }
            (None, false) => (Frozen, None),
        };
        let bound = fate.bound(rate, &start);
        let mut phases = vec![first];
        if let Some(key) = stops
            && let Some(dt) = rate.death(&phases[0], key, horizon)
        {
            let mut active = phases[0].active;
            active[key] = false;
            phases.push(Phase {
                start: dt,
                active,
                at_start: rate.closed_form(&phases[0], dt).map(Fraction::reduced),
            });
        }
        Track {
            filter,
            fate,
            phases,
            bound,
        }
    }

    fn at(&self, rate: &Rate, t: u64) -> [Fraction; 3] {
        let later = self.phases[1..].iter().rev().find(|p| p.start <= t);
        let phase = later.unwrap_or(&self.phases[0]);
        rate.closed_form(phase, t - phase.start)
    }
}

/// A number with the sign of `sqrt2 a + u`: the larger of 2 a^2 and u^2 decides, which differ unless both are 0, for
/// sqrt2 is irrational.
fn sign_of_sqrt2(a: &Q, u: &Q) -> Q {
    match integer(2) * a * a > u * u {
        true => a.clone(),
        false => u.clone(),
    }
}

/// What T7 (or a near miss) claims of a problem.
pub struct Claim {
    rate: Rate,
    tracks: Vec<Track>,
    /// From when on learners have norms of at least ten times all others'.
    t_dominance: Option<u64>,
}

impl Claim {
    fn new(problem: &Problem, kappa: Q) -> Self {
        let rate = Rate { kappa };
        let network = problem.network();
        let horizon = horizon(problem, u64::MAX);
        let track = |j: usize| {
            let row = network.weights.row(j);
            let start = [network.head[j].clone(), row[0].clone(), row[1].clone()];
            Track::new(&rate, j, start, horizon)
        };
        let mut claim = Claim {
            tracks: (0..problem.n_filters()).map(track).collect(),
            rate,
            t_dominance: None,
        };
        claim.t_dominance = claim.time_of_dominance(problem, horizon);
        claim
    }

    /// The least t, up to the horizon, from which on the learnt key of every learner is known to be at
    /// least ten times the largest norm of the others.
    ///
    /// With one positive key it is `(s (1 + kappa)^t - d (1 - kappa)^t) / 2`, at least
    /// `(s (1 + kappa)^t - |d|) / 2` for kappa < 1.
    fn time_of_dominance(&self, problem: &Problem, horizon: u64) -> Option<u64> {
        let bounds = self
            .tracks
            .iter()
            .filter_map(|track| Some(track.bound.as_ref()? + background(problem, track.filter)));
        let other = bounds.max().unwrap_or_default() * integer(RATIO * RATIO);
        let mut latest = None;
        for track in self.tracks.iter().filter(|track| track.bound.is_none()) {
            let last = track.phases.last()?;
            let key = last.one()?;
            let (a, alpha) = (along(key, &last.at_start[0]), &last.at_start[1 + key]);
            let (s, d) = (&a + alpha, &a - alpha);
            // The bound grows with t, so what bisection finds is the least.
            let reached = |t: u64| Some(self.rate.key_exceeds(&s, &d, &other, t - last.start));
            let found = least_certified(last.start, horizon, 0, reached).ok()?;
            latest = latest.max(Some(found.t()));
        }
        latest
    }

    /// The first clause that fails of a filter at step `t`.
    fn check(&self, problem: &Problem, t: u64, state: &State<Q>) -> Result<(), Box<Violation>> {
        let start = &problem.network().weights;
        for track in &self.tracks {
            let j = track.filter;
            let row = state.weights.row(j);
            let place = || Place::expected(t).filter(j);
            for p in 2..row.len() {
                BACKGROUND.check(place().coordinate(p), &start[(j, p)], &row[p])?;
            }
            if let Some(p) = track.fate.learnt() {
                LEARNT.check(place().coordinate(p), &Q::zero(), &row[p])?;
            }
            let found = [&state.head[j], &row[0], &row[1]];
            let places = [place(), place().coordinate(0), place().coordinate(1)];
            let claimed = track.at(&self.rate, t);
            for ((claimed, found), place) in claimed.into_iter().zip(found).zip(places) {
                if !claimed.equals(found) {
                    return Err(FORM.broken(place, claimed.reduced(), found.clone()));
                }
            }
            if let Some(bound) = &track.bound {
                BOUND.check(place(), bound, &(&row[0] * &row[0] + &row[1] * &row[1]))?;
            }
        }
        Ok(())
    }

    /// The learner of least norm and the largest norm of all others, squared; `None` without learners or others.
    fn extremes(&self, problem: &Problem, state: &State<Q>) -> Option<(Norm, Norm)> {
        let norms = |learns: bool| {
            let tracks = self
                .tracks
                .iter()
                .filter(move |t| t.bound.is_none() == learns);
            tracks.map(|track| {
                let (j, row) = (track.filter, state.weights.row(track.filter));
                let rest = background(problem, j);
                (j, Fraction::norm_squared(&rest, &row[0], &row[1]))
            })
        };
        let by_norm = |a: &Norm, b: &Norm| a.1.compare(&b.1);
        Some((norms(true).min_by(by_norm)?, norms(false).max_by(by_norm)?))
    }

    /// One row for the first filter of each fate that moves.
    fn rows(&self, problem: &Problem, t: u64, state: &State<Q>) -> Vec<Comparison> {
        let moving = Fate::ALL[1..5].iter();
        let first = |fate| self.tracks.iter().find(|track| track.fate == fate);
        let tracks = moving.filter_map(|&(fate, name)| Some((first(fate)?, name)));
        let row = |(track, name): (&Track, &str)| {
            let (j, key) = (track.filter, track.fate.learnt().or(track.phases[0].one()));
            let p = key.unwrap_or(0);
            let pattern = problem.dictionary().pattern_name(p);
            let quantity = remark!("Z of filter {} on {} ({}) at t = {}", j, pattern, name, t);
            let claimed = track.at(&self.rate, t)[1 + p].clone().reduced();
            Comparison::exact(quantity, Equal, claimed, state.weights[(j, p)].clone())
        };
        tracks.map(row).collect()
    }
}

/// A filter with its squared norm.
type Norm = (usize, Fraction);

/// Sum of squares of a filter's background coordinates at step 0.
fn background(problem: &Problem, j: usize) -> Q {
    let row = problem.network().weights.row(j);
    row[2..].iter().map(|z| z * z).sum()
}

/// All of few steps, else some and that of dominance.
fn compared_steps(horizon: u64, dominance: Option<u64>) -> Vec<u64> {
    if horizon <= 64 {
        return (0..=horizon).collect();
    }
    let mut times: Vec<u64> = log_spaced(horizon).into_iter().step_by(3).collect();
    times.extend([horizon].into_iter().chain(dominance));
    times.sort_unstable();
    times.dedup();
    times
}

/// The last step up to which numbers stay short enough to be compared: with b bits a step and n
/// filters, about 48,000 / (b sqrt n) steps, never more than 12,000 / b and at least 8.
fn horizon(problem: &Problem, max_bits: u64) -> u64 {
    let drifts = problem.unit_drifts();
    let largest = drifts.iter().map(|c| c.numer().bits()).max().unwrap_or(0);
    let per_step = common_denominator(&drifts).bits().max(largest) + 1;
    let root = (problem.n_filters() as u64).isqrt().max(1);
    let bits = (48_000 / root).min(12_000).min(max_bits);
    (bits / per_step).max(8).min(problem.training().steps)
}

impl Claimed for TrainedHead {
    type Claim = Claim;

    const RECORD: &'static Statement = &STATEMENT;

    const NEAR_MISSES: &'static [Miss] = &NEAR_MISSES;

    fn further_failures(&self, problem: &Problem) -> Vec<Failing> {
        let large = half_key_rate(problem).filter(|kappa| *kappa >= Q::one());
        let failing = large.map(|kappa| {
            let witness = remark!(
                "training.step = \"{}\" makes kappa = eta r/2 = {} >= 1",
                &problem.training().step,
                kappa
            );
            outside_of_model(witness.to_string())
        });
        failing.into_iter().collect()
    }

    const WITHOUT: &'static str =
        "Key and head of a filter need not follow the recurrence that decides its fate.";

    fn beyond(&self, context: &Context<'_>, outcome: &mut Outcome) {
        let problem = context.problem;
        let covered = STATEMENT.model.fits(problem)
            && problem.training().train == Train::FiltersAndHead
            && problem.dictionary().is_orthonormal();
        if covered {
            let found = phases_found(context);
            let stopped = |stop| remark!("the exact engine {}", Remark::from(&stop));
            outcome.beyond = Some(found.unwrap_or_else(stopped).into());
        }
    }

    fn claim(&self, problem: &Problem) -> Result<Claim, Remark> {
        let kappa = half_key_rate(problem).ok_or("images differ in their number of key patches")?;
        Ok(Claim::new(problem, kappa))
    }

    fn compare(&self, context: &Context<'_>, claim: &Claim, outcome: &mut Outcome) {
        let problem = context.problem;
        let horizon = horizon(problem, context.budget.exact.max_bits);
        let t_dominance = claim.t_dominance.filter(|t| *t <= horizon);
        // Two early steps are shown, where the numbers are still short.
        let mut shown = [1, 8].into_iter().peekable();
        let mut ratio = Figure::Missing("there are no learners or no others".into());
        let mut rows = Vec::new();
        let times = compared_steps(horizon, t_dominance);
        let walked = along_expected(context, times, |engine| {
            let (t, state) = (engine.t(), engine.state());
            claim.check(problem, t, &state)?;
            if !context.verdict_only && shown.next_if(|from| t >= *from).is_some() {
                rows.extend(claim.rows(problem, t, &state));
            }
            let dominated = t_dominance.is_some_and(|from| t >= from);
            if !dominated && t < horizon {
                return Ok(());
            }
            // Background coordinates were just seen to be those of step 0.
            let Some(((weakest, least), (_, largest))) = claim.extremes(problem, &state) else {
                return Ok(());
            };
            let mut wanted = largest.clone();
            wanted.numerator *= RATIO * RATIO;
            if dominated && least.compare(&wanted) == Ordering::Less {
                let place = Place::expected(t).filter(weakest);
                return Err(DOMINANCE.broken(place, wanted.reduced(), least.reduced()));
            }
            if t == horizon && !context.verdict_only {
                ratio = match largest.numerator.is_zero() {
                    true => Figure::Missing("every other filter has norm 0".into()),
                    false => Figure::enclosed(&least.over(&largest)),
                };
            }
            Ok(())
        });
        let Some(walked) = started(walked, outcome) else {
            return;
        };
        let (steps, last, compared) = (problem.training().steps, walked.last, walked.steps());
        let number = |of: &dyn Fn(&Track) -> bool| claim.tracks.iter().filter(|t| of(t)).count();
        let why = match last < steps {
            true => " (digits grow with every step, so no further)",
            false => "",
        };
        outcome.because.push(remark!(
            "Heads and coordinates of all {} filters were compared at {}{}; {} keys stop being positive on the way.",
            claim.tracks.len(), compared, why, number(&|track| track.phases.len() > 1)
        ));
        outcome.scope = Some(walked.scope());
        outcome.vacuous = steps == 0;
        outcome.comparisons = rows;
        walked.conclude(steps.min(1), outcome);
        let figures = &mut outcome.figures;
        for (fate, name) in Fate::ALL {
            figures.count(name, number(&|track| track.fate == fate));
            figures.proved(name, "T7_fate");
        }
        figures.count("steps_compared", last);
        figures.number("growth", Q::one() + &claim.rate.kappa);
        figures.proved("growth", "T7_fate");
        match t_dominance {
            Some(t) => figures.count("t_dominance", t),
            None => figures.missing("t_dominance", "not reached within the compared steps"),
        }
        figures.push(("ratio_squared_at_end", ratio));
    }

    /// Of the winners where all of them learn, by the closed forms of their keys; of the losers where none of them does.
    /// No further than digits were compared.
    fn curves(
        &self,
        context: &Context<'_>,
        claim: &Claim,
        _outcome: &Outcome,
        times: &[u64],
    ) -> Vec<Curve> {
        let problem = context.problem;
        let horizon = horizon(problem, context.budget.exact.max_bits);
        let camps = problem.camps();
        let track = |j: usize| claim.tracks.iter().find(|track| track.filter == j);
        let learnt = |(j, _)| {
            let track = track(j)?;
            Some((track, track.fate.learnt()?))
        };
        let learners: Option<Vec<(&Track, usize)>> = camps.winners().map(learnt).collect();
        let largest = camps.losers().try_fold(None, |most: Option<Q>, j| {
            let bound = track(j)?.bound.as_ref()? + background(problem, j);
            Some(Some(most.map_or(bound.clone(), |most| most.max(bound))))
        });
        let largest = largest.flatten();
        let at = |&t: &u64| {
            let key = |(track, key): &(&Track, usize)| {
                let [_, plus, minus] = track.at(&claim.rate, t);
                let key = if *key == 0 { plus } else { minus };
                key.reduced()
            };
            let keys = learners.iter().flatten().map(key);
            let least = keys.min().map(|key| &key * &key);
            let quotient = least.as_ref().zip(largest.as_ref());
            let quotient = quotient.filter(|(_, most)| most.is_positive());
            let ratio = quotient.map(|(least, most)| least / most);
            (
                t,
                [least, largest.clone(), ratio].map(|square| square.map(Value::Root)),
            )
        };
        let times = times.iter().filter(|t| **t <= horizon);
        let quantities = [
            (Quantity::WinnerNorm, AtLeast),
            (Quantity::LoserNorm, AtMost),
            (Quantity::Ratio, AtLeast),
        ];
        let dynamics = Dynamics::Mean;
        Curve::all(STATEMENT.id, &dynamics, quantities, times.map(at))
    }
}

/// What the exact engine shows for any orthonormal dictionary: which filters grow for ever.
///
/// With `c_p = eta E[y N_p]` a filter whose active drifts all have the sign of its head keeps all of
/// them active, and head and `X = sum of c_p Z_p` grow together, in the end by `1 + rho` a step,
/// `rho^2` the sum of the active `c_p^2`. Without an active drift it rests for ever.
fn phases_found(context: &Context<'_>) -> Result<Remark, Stop> {
    let problem = context.problem;
    let drifts = problem.unit_drifts();
    let (mut growing, mut resting, mut open) = (Vec::new(), 0u64, 0u64);
    let horizon = horizon(problem, context.budget.exact.max_bits);
    // A limit only ends the look earlier.
    let walked = along_expected(context, [horizon], |engine| {
        let state = engine.state();
        for (j, (row, a)) in state.weights.iter_rows().zip(&state.head).enumerate() {
            let drifts = row.iter().zip(&drifts).filter(|(z, _)| z.is_positive());
            let active: Vec<&Q> = drifts.map(|(_, c)| c).filter(|c| !c.is_zero()).collect();
            let upward = active.iter().all(|c| c.is_positive()) && !a.is_negative();
            let downward = active.iter().all(|c| c.is_negative()) && !a.is_positive();
            if active.is_empty() {
                resting += 1;
            } else if upward || downward {
                growing.push((j, active.into_iter().map(|c| c * c).sum::<Q>()));
            } else {
                open += 1;
            }
        }
        Ok(())
    })?;
    let colon = if growing.is_empty() { "" } else { ": " };
    Ok(remark!(
        "exact engine at step {}: {} of {} filters grow for ever, in the end by 1 + rho a step{}{}; {} rest for ever; {} are undecided there",
        walked.last,
        growing.len(),
        problem.n_filters(),
        colon,
        named(&growing),
        resting,
        open
    ))
}
