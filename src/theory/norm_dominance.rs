//! T2: norm dominance and alignment in the expected dynamics, and T2s, which replaces it where
//! labels, backgrounds or heads are not as T2 wants them.
//!
//! T2 (A1-A4, A5f, unhinged), `kappa = eta r / 2`: a winner's key coordinate is
//! `Z(0) + kappa t`; a loser has `|w(t)|^2 <= |w(0)|^2 + kappa^2` for all t. So
//! `least winner norm >= R * largest loser norm` for all `t >= T_dom(R)`, the least t with
//! `(kappa t)^2 >= R^2 (max |w(0)|^2 + kappa^2)`, and a winner's squared cosine with its key is at
//! least `X^2 / (X^2 + |w(0)|^2 + kappa^2)`, `X = Z(0) + kappa t`.
//!
//! T2s (A1, any fixed head, unhinged): with `rho_j^2` the sum of `kappa_jp^2` over the active
//! coordinates of positive drift and `delta_j^2` over those of negative drift,
//! `rho_j t <= |w_j(t)| <= rho_j t + sqrt(|w_j(0)|^2 + delta_j^2)`. Both are decided on squares.
//!
//! Proof of both: the closed form (T1) coordinate by coordinate; a dying coordinate ends in
//! `(-|kappa|, 0]`; the triangle inequality for T2s.

use super::context::Context;
use super::drift::{ceil_sqrt, death, short, snapshot, unit_drifts, with_events, witness};
use super::growth::{Growth, NearMiss, Violation};
use super::record::{Proof, Statement, TheoremId};
use super::theorem::{Theorem, Theory};
use super::verdict::{Comparison, Figure, Layer, Outcome, Scope, Verdict};
use crate::dynamics::expected::{Expected, Limits, Stop};
use crate::dynamics::sgd::{Quantiles, SeriesPoint, Simulation};
use crate::number::{Q, integer};
use crate::problem::assumption::{AssumptionId, Failing};
use crate::problem::model::{Model, outside_of_model};
use crate::problem::{Label, Loss, Problem, Train};
use crate::theory::violation::Relation;
use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive, Zero};
use serde_json::json;

/// T2, with T2s.
pub struct NormDominance;

static STATEMENT: Statement = Statement {
    id: TheoremId::T2,
    title: "norm dominance and alignment, expected dynamics",
    file: "norm_dominance",
    claims: &["C3", "C4"],
    statement: "With kappa = eta r/2, for every t: a winner's key coordinate is Z(0) + kappa t; every loser has |w(t)|^2 <= |w(0)|^2 + kappa^2; for every R the least winner norm is at least R times the largest loser norm from the least t on with (kappa t)^2 >= R^2 (max over losers of |w(0)|^2 + kappa^2); and a winner has cos^2(w, v_y) >= X^2/(X^2 + |w(0)|^2 + kappa^2) with X = Z(0) + kappa t.",
    model: Model {
        losses: &[Loss::Unhinged],
        ..Model::RELU_SUM
    },
    further: "any batch; winners and losers exist",
    assumes: &[
        AssumptionId::A1,
        AssumptionId::A2,
        AssumptionId::A3,
        AssumptionId::A4,
        AssumptionId::A5f,
    ],
    wrong_theories: &[
        "the drift of a key is eta r and not eta r/2",
        "a loser's norm never grows at all: the term kappa^2 is left out",
        "winners are the filters with y a_j < 0 and a positive coordinate on v_y",
        "r is forgotten: kappa = eta/2",
        "T2 without A4: with unbalanced labels losers stay bounded too (kappa = eta r pi_y)",
        "T2 without A3: with a label-dependent background losers stay bounded too",
        "T2s with the largest drift of a filter in place of the l2 norm of its drifts",
        "T2s with delta left out: |w(t)| <= rho t + |w(0)|",
        "T2s with rho taken over all coordinates of positive drift, active or not",
    ],
    proofs: &[
        Proof {
            name: "T2_norm_dominance",
            covers: "keys, losers' norms, dominance and cosine at every t, expected dynamics",
        },
        Proof {
            name: "T2_dominance_time",
            covers: "every ratio is reached and kept from some step on, expected dynamics",
        },
        Proof {
            name: "T2_alignment_limit",
            covers: "the cosine of a winner with its key tends to 1, expected dynamics",
        },
        Proof {
            name: "T2s_growth",
            covers: "T2s: both bounds of every filter's norm without A2 to A4, expected dynamics",
        },
        Proof {
            name: "T2s_unlimited_dominance",
            covers: "T2s: which filter dominates which without limit, expected dynamics",
        },
        Proof {
            name: "T2s_ratio_limit",
            covers: "T2s: the limit of the ratio of two norms, expected dynamics",
        },
        Proof {
            name: "T2s_direction",
            covers: "T2s: the direction that a growing filter tends to, expected dynamics",
        },
    ],
    unproved: &[],
};

const DOUBLE_DRIFT: Theory = Theory::Wrong(0);
const NO_SLACK: Theory = Theory::Wrong(1);
const WRONG_SIGN: Theory = Theory::Wrong(2);
const NO_KEY_COUNT: Theory = Theory::Wrong(3);
const WITHOUT_A4: Theory = Theory::Wrong(4);
const WITHOUT_A3: Theory = Theory::Wrong(5);
const LARGEST_DRIFT: Theory = Theory::Wrong(6);
const NO_DELTA: Theory = Theory::Wrong(7);
const INACTIVE_TOO: Theory = Theory::Wrong(8);

/// The ratio whose time of dominance is reported.
const RATIO: i64 = 10;

/// What T2 (or a near miss) claims of a problem.
struct Dominance {
    /// Drift of each label's key.
    kappa: [Q; 2],
    /// What a loser's squared norm may gain.
    slack: Q,
    /// Winners with their labels.
    winners: Vec<(usize, Label)>,
    losers: Vec<usize>,
    /// Squared norms at step 0.
    start: Vec<Q>,
    /// Key coordinates of the winners at step 0.
    keys: Vec<Q>,
}

impl Dominance {
    /// `r` is the number of key patches.
    fn new(problem: &Problem, r: u32, theory: Theory) -> Self {
        let eta = &problem.training().step;
        let kappa = Label::BOTH.map(|y| {
            let prior = problem.distribution().label_probability(y);
            let r = integer(if theory == NO_KEY_COUNT { 1 } else { r });
            match theory {
                DOUBLE_DRIFT => eta * r,
                WITHOUT_A4 => eta * r * prior,
                _ => eta * r / integer(2),
            }
        });
        let largest = kappa.iter().max().cloned().unwrap_or_else(Q::zero);
        let slack = if theory == NO_SLACK {
            Q::zero()
        } else {
            &largest * &largest
        };
        let weights = &problem.network().weights;
        let winners: Vec<(usize, Label)> = (0..problem.n_filters())
            .filter_map(|j| {
                let a = &problem.network().head[j];
                let label = if a.is_positive() == (theory != WRONG_SIGN) {
                    Label::Plus
                } else {
                    Label::Minus
                };
                (!a.is_zero() && weights[(j, label.index())].is_positive()).then_some((j, label))
            })
            .collect();
        Dominance {
            kappa,
            slack,
            losers: (0..problem.n_filters())
                .filter(|j| winners.iter().all(|(w, _)| w != j))
                .collect(),
            keys: winners
                .iter()
                .map(|&(j, y)| weights[(j, y.index())].clone())
                .collect(),
            winners,
            start: weights
                .iter_rows()
                .map(|row| problem.dictionary().norm_squared(row))
                .collect(),
        }
    }

    fn largest_loser(&self) -> Q {
        let largest = self.losers.iter().map(|&j| &self.start[j]).max();
        largest.cloned().unwrap_or_else(Q::zero) + &self.slack
    }

    fn least_drift(&self) -> Q {
        let drifts = self.winners.iter().map(|(_, y)| &self.kappa[y.index()]);
        drifts.min().cloned().unwrap_or_else(Q::zero)
    }

    /// `T_dom(ratio)`; `None` without a positive drift.
    fn time(&self, ratio: i64) -> Option<BigInt> {
        let kappa = self.least_drift();
        kappa.is_positive().then(|| {
            ceil_sqrt(&(integer(ratio * ratio) * self.largest_loser() / (&kappa * &kappa)))
        })
    }

    /// The first claim that fails at step `t`.
    fn violation(&self, t: u64, now: &Norms, t_dominance: Option<u64>) -> Option<Violation> {
        let step = integer(t);
        for (&(j, y), start) in self.winners.iter().zip(&self.keys) {
            let claimed = start + &self.kappa[y.index()] * &step;
            let found = &now.keys[j][y.index()];
            if *found != claimed {
                let what = json!({"key_coordinate_of_filter": j, "label": y.symbol()});
                return Some(Violation::new(t, what, "=", claimed, found.clone()));
            }
        }
        for &j in &self.losers {
            let bound = &self.start[j] + &self.slack;
            if now.norms[j] > bound {
                let what = json!({"norm_squared_of_loser": j});
                return Some(Violation::new(t, what, "<=", bound, now.norms[j].clone()));
            }
        }
        // Dominance with every ratio R at once: R^2 = (kappa t)^2 / (max |w(0)|^2 + kappa^2) is the
        // largest with T_dom(R) <= t.
        let kappa_t = self.least_drift() * &step;
        let all = self.largest_loser();
        if all.is_positive() {
            let claimed = &kappa_t * &kappa_t / all * &now.largest_loser;
            if now.least_winner < claimed {
                let what = json!({"norm_squared_of_weakest_winner": now.weakest_winner});
                let found = now.least_winner.clone();
                return Some(Violation::new(t, what, ">=", claimed, found));
            }
        }
        if t_dominance.is_some_and(|from| t >= from) {
            let claimed = integer(RATIO * RATIO) * &now.largest_loser;
            if now.least_winner < claimed {
                let what = json!({"norm_squared_of_weakest_winner": now.weakest_winner});
                let found = now.least_winner.clone();
                return Some(Violation::new(t, what, ">=", claimed, found));
            }
        }
        // With Z = X > 0 the bound on the cosine says |w|^2 - Z^2 <= |w(0)|^2 + kappa^2.
        for &(j, y) in &self.winners {
            let key = &now.keys[j][y.index()];
            let rest = &now.norms[j] - key * key;
            let bound = &self.start[j] + &self.slack;
            if rest > bound {
                let what = json!({"norm_squared_beside_the_key_of_winner": j});
                return Some(Violation::new(t, what, "<=", bound, rest));
            }
        }
        None
    }

    /// Rows of the comparison at step `t`.
    fn rows(&self, t: u64, now: &Norms, simulation: Option<&Simulation>) -> Vec<Comparison> {
        let kappa_t = self.least_drift() * integer(t);
        let least_key = self
            .winners
            .iter()
            .zip(&self.keys)
            .map(|(&(_, y), start)| start + &self.kappa[y.index()] * integer(t))
            .min()
            .unwrap_or_else(Q::zero);
        let bound = self.largest_loser();
        let seen =
            |statistic: fn(&SeriesPoint) -> Quantiles| squared_spread(simulation?, t, statistic);
        let mut rows = vec![
            row(
                format!("least winner norm squared at t = {t}"),
                Relation::AtLeast,
                &least_key * &least_key,
                now.least_winner.clone(),
                seen(|p| p.winner_norm),
            ),
            row(
                format!("largest loser norm squared at t = {t}"),
                Relation::AtMost,
                bound.clone(),
                now.largest_loser.clone(),
                seen(|p| p.loser_norm),
            ),
        ];
        if bound.is_positive() && now.largest_loser.is_positive() {
            rows.push(row(
                format!("dominance ratio squared at t = {t}"),
                Relation::AtLeast,
                &kappa_t * &kappa_t / bound,
                &now.least_winner / &now.largest_loser,
                seen(|p| p.ratio),
            ));
        }
        let cosines = |at: &dyn Fn(usize, usize, Label) -> Option<Q>| {
            self.winners
                .iter()
                .enumerate()
                .filter_map(|(i, &(j, y))| at(i, j, y))
                .min()
        };
        let claimed = cosines(&|i, j, y| {
            let key = &self.keys[i] + &self.kappa[y.index()] * integer(t);
            let square = &key * &key;
            Some(&square / (&square + &self.start[j] + &self.slack))
        });
        let found = cosines(&|_, j, y| {
            let key = &now.keys[j][y.index()];
            now.norms[j]
                .is_positive()
                .then(|| key * key / &now.norms[j])
        });
        if let (Some(claimed), Some(found)) = (claimed, found) {
            rows.push(row(
                format!("least squared cosine of a winner with its key at t = {t}"),
                Relation::AtLeast,
                claimed,
                found,
                seen(|p| p.alignment),
            ));
        }
        rows
    }
}

/// The squares of a statistic's quantiles over the simulated runs at step `t`; `None` where `t` was
/// not reported, a quantile is missing or negative (squares of those are in another order), or its
/// square is beyond the range of floats.
fn squared_spread(
    simulation: &Simulation,
    t: u64,
    statistic: fn(&SeriesPoint) -> Quantiles,
) -> Option<Figure> {
    let point = simulation.series.iter().find(|point| point.t == t)?;
    let quantiles = statistic(point);
    let (q05, q50, q95) = (quantiles.q05?, quantiles.q50?, quantiles.q95?);
    (q05 >= 0.0 && (q95 * q95).is_finite()).then_some(Figure::Spread {
        q05: q05 * q05,
        q50: q50 * q50,
        q95: q95 * q95,
        runs: point.finite_runs,
    })
}

/// A row of the comparison. The theorem speaks of the expected dynamics, so the margin is the exact
/// engine's; the simulated runs stand beside it and decide nothing.
fn row(
    quantity: String,
    relation: Relation,
    theory: Q,
    exact: Q,
    simulated: Option<Figure>,
) -> Comparison {
    let margin = if relation == Relation::AtMost {
        &theory - &exact
    } else {
        &exact - &theory
    };
    Comparison {
        quantity: quantity.into(),
        relation,
        theory: Some(Figure::Exact(theory)),
        exact: Some(Figure::Exact(exact)),
        simulated,
        margin: Some(Figure::Exact(margin)),
        layer: Layer::Exact,
    }
}

/// What the engine shows at one step.
struct Norms {
    norms: Vec<Q>,
    keys: Vec<[Q; 2]>,
    weakest_winner: Option<usize>,
    least_winner: Q,
    largest_loser: Q,
}

impl Norms {
    fn new(engine: &Expected<'_>, winners: &[(usize, Label)], losers: &[usize]) -> Self {
        let now = snapshot(engine);
        let weakest = winners.iter().map(|w| w.0).min_by_key(|&j| &now.norms[j]);
        let largest = losers.iter().map(|&j| &now.norms[j]).max();
        Norms {
            weakest_winner: weakest,
            least_winner: weakest.map_or_else(Q::zero, |j| now.norms[j].clone()),
            largest_loser: largest.cloned().unwrap_or_else(Q::zero),
            norms: now.norms,
            keys: now.keys,
        }
    }
}

/// What was seen along the engine.
struct Walk {
    compared: u64,
    last: u64,
    complete: bool,
    violation: Option<Violation>,
    stop: Option<Stop>,
    /// Norms at the problem's last step.
    end: Option<Norms>,
    rows: Vec<Comparison>,
}

/// Compares both claims with the engine at log-spaced steps, around every death, at the last
/// step, at the time of dominance and, where that is cheap, far beyond.
fn walk(
    context: &Context<'_>,
    dominance: Option<&Dominance>,
    growth: Option<&Growth>,
) -> Result<Walk, Stop> {
    let problem = context.problem;
    let steps = problem.training().steps;
    let mut engine = Expected::new(problem, &context.budget.exact)?;
    let unit = unit_drifts(problem);
    let network = &problem.network();
    let deaths = network
        .weights
        .iter_rows()
        .zip(&network.head)
        .flat_map(|(row, a)| {
            row.iter()
                .zip(&unit)
                .filter_map(move |(z, c)| death(z, &(a * c)))
        });
    let (mut times, complete) = with_events(steps, deaths);
    let t_dominance = dominance
        .and_then(|d| d.time(RATIO))
        .and_then(|t| t.to_u64());
    times.extend(t_dominance);
    if engine.integers().is_some() {
        times.extend([10, 1_000].map(|far: u64| steps.max(100).saturating_mul(far)));
    }
    times.sort_unstable();
    times.dedup();
    let shown = |t: u64| t == steps || Some(t) == t_dominance || is_power_of_ten(t);
    let (winners, losers) = match dominance {
        Some(d) => (d.winners.as_slice(), d.losers.as_slice()),
        None => (&[][..], &[][..]),
    };
    let mut result = Walk {
        compared: 0,
        last: 0,
        complete,
        violation: None,
        stop: None,
        end: None,
        rows: Vec::new(),
    };
    for t in times {
        if let Err(stop) = engine.advance_to(t) {
            // Machine integers end somewhere far out; what lies beyond the last step and the time
            // of dominance is an extra.
            if t <= steps.max(t_dominance.unwrap_or(0)) {
                result.stop = Some(stop);
            }
            return Ok(result);
        }
        let now = Norms::new(&engine, winners, losers);
        result.compared += 1;
        result.last = t;
        result.violation = dominance
            .and_then(|d| d.violation(t, &now, t_dominance))
            .or_else(|| growth.and_then(|g| g.violation(t, &now.norms)));
        if let Some(d) = dominance
            && (shown(t) || result.violation.is_some())
        {
            result.rows.extend(d.rows(t, &now, context.simulation));
        }
        if result.violation.is_some() {
            return Ok(result);
        }
        if t == steps {
            result.end = Some(now);
        }
    }
    Ok(result)
}

fn is_power_of_ten(t: u64) -> bool {
    t > 0 && 10u64.checked_pow(t.ilog10()) == Some(t)
}

impl Theorem for NormDominance {
    fn statement(&self) -> &'static Statement {
        &STATEMENT
    }

    fn further(&self, problem: &Problem) -> Vec<Failing> {
        let r = problem.distribution().key_count().unwrap_or(1);
        Dominance::new(problem, r, Theory::Stated).failures(problem)
    }

    fn check(&self, context: &Context<'_>, theory: Theory) -> Outcome {
        let problem = context.problem;
        let mut outcome = Outcome::new(&STATEMENT);
        let near_miss = match theory {
            LARGEST_DRIFT => Some(NearMiss::LargestDrift),
            NO_DELTA => Some(NearMiss::NoDelta),
            INACTIVE_TOO => Some(NearMiss::InactiveToo),
            _ => None,
        };
        let mut unfit = GROWTH_MODEL.failures(problem);
        unfit.extend(context.failing(&[AssumptionId::A1]));
        let growth = unfit.is_empty().then(|| Growth::new(problem, near_miss));
        if near_miss.is_some() {
            if growth.is_none() {
                return Outcome::not_applicable(&STATEMENT, unfit, "");
            }
            conclude(&mut outcome, walk(context, None, growth.as_ref()), None);
            return outcome;
        }
        let dropped = match theory {
            WITHOUT_A4 => Some(AssumptionId::A4),
            WITHOUT_A3 => Some(AssumptionId::A3),
            _ => None,
        };
        let mut fails = STATEMENT.failures(problem, context.audits);
        fails.retain(|f| Some(f.assumption) != dropped);
        let r = problem.distribution().key_count().unwrap_or(1);
        let dominance = Dominance::new(problem, r, theory);
        // A near miss may have winners of its own.
        fails.extend(dominance.failures(problem));
        if !fails.is_empty() {
            let because = "What is assumed does not hold here.";
            let mut outcome = Outcome::not_applicable(&STATEMENT, fails, because);
            if theory == Theory::Stated {
                outcome.beyond = Some(match &growth {
                    Some(growth) => growth_found(context, growth).into(),
                    None => engine_found(context).into(),
                });
            }
            return outcome;
        }
        // The near misses of T2 are judged by what they say themselves.
        let growth = growth.filter(|_| theory == Theory::Stated);
        let found = walk(context, Some(&dominance), growth.as_ref());
        conclude(&mut outcome, found, Some(&dominance));
        outcome
    }
}

/// T2s: the growth of norms without A2 to A4.
const GROWTH_MODEL: Model = Model {
    losses: &[Loss::Unhinged],
    train: Some(Train::Filters),
    ..Model::RELU_SUM
};

impl Dominance {
    /// What T2 asks of the filters and does not find.
    fn failures(&self, problem: &Problem) -> Vec<Failing> {
        let mut fails = Vec::new();
        if self.winners.is_empty() {
            fails.push(Failing {
                assumption: AssumptionId::A6prime,
                witness: "there is no winner of either label".to_owned(),
            });
        }
        if self.losers.is_empty() {
            fails.push(outside_of_model(format!(
                "network.weights: all {} filters are winners, there is no loser",
                problem.n_filters()
            )));
        }
        fails
    }
}

fn conclude(outcome: &mut Outcome, found: Result<Walk, Stop>, dominance: Option<&Dominance>) {
    let found = match found {
        Ok(found) => found,
        Err(stop) => {
            outcome.because = "The exact engine could not start.".to_owned().into();
            outcome.verdict = Verdict::Undecided {
                limit: stop.to_string().into(),
            };
            return;
        }
    };
    let deaths = if found.complete {
        "around every death"
    } else {
        "around the first and last 128 different steps of death"
    };
    outcome.because = format!(
        "Every bound was compared at {} steps from 0 to {}: log-spaced, {deaths}, and at T_dom(10).",
        found.compared, found.last
    ).into();
    outcome.scope = Some(Scope::at(format!(
        "{} steps, t <= {}",
        found.compared, found.last
    )));
    let time = dominance.and_then(|d| d.time(RATIO));
    let unverified = time.as_ref().filter(|t| **t > BigInt::from(found.last));
    if let Some(v) = &found.violation {
        let because = format!(
            "At step {} a value that should be {} {} is {}.",
            v.t,
            v.relation,
            short(&v.claimed),
            short(&v.found)
        );
        let witness = witness(v.t, v.what.clone(), v.relation, &v.claimed, &v.found);
        outcome.refute_with(because, witness, Layer::Exact);
    } else if let Some(stop) = &found.stop {
        outcome.verdict = Verdict::Undecided {
            limit: stop.to_string().into(),
        };
    } else if let Some(t) = unverified {
        outcome.verdict = Verdict::Undecided {
            limit: format!(
                "T_dom(10) = {} lies beyond the steps that the engine counts",
                short(&integer(t.clone()))
            )
            .into(),
        };
    }
    if let Some(time) = time {
        outcome
            .figures
            .push(("t_dominance", Figure::Exact(integer(time))));
        let ratio = match &found.end {
            Some(end) if end.largest_loser.is_positive() => {
                Figure::Exact(&end.least_winner / &end.largest_loser)
            }
            Some(_) => Figure::Missing("every loser has norm 0".to_owned().into()),
            None => Figure::Missing("the last step was not reached".to_owned().into()),
        };
        outcome.figures.push(("ratio_squared_at_end", ratio));
        outcome.figures.proved("t_dominance", "T2_norm_dominance");
    }
    outcome
        .figures
        .push(("times_compared", Figure::Exact(integer(found.compared))));
    outcome.comparisons = found.rows;
}

/// What T2s says here, checked.
fn growth_found(context: &Context<'_>, growth: &Growth) -> String {
    let found = match walk(context, None, Some(growth)) {
        Ok(found) => found,
        Err(stop) => return format!("the exact engine {stop}"),
    };
    if let Some(v) = found.violation {
        return format!(
            "T2s fails at step {}: {} instead of {} {}",
            v.t, v.found, v.relation, v.claimed
        );
    }
    let problem = context.problem;
    let winners: Vec<usize> = Label::BOTH
        .iter()
        .flat_map(|&y| problem.winners(y))
        .collect();
    let growing: Vec<usize> = (0..problem.n_filters())
        .filter(|&j| growth.rho_squared[j].is_positive())
        .collect();
    let mut text = format!(
        "T2s, which needs only A1 and a fixed head, was verified at {} steps from 0 to {}: ",
        found.compared, found.last
    );
    if growing.is_empty() {
        text.push_str("no filter grows without limit");
        return text;
    }
    let names: Vec<String> = growing
        .iter()
        .take(6)
        .map(|&j| format!("{j} (rho^2 = {})", growth.rho_squared[j]))
        .collect();
    text.push_str(&format!(
        "{} of {} filters grow without limit, like rho t, and dominate the other {}: {}{}",
        growing.len(),
        problem.n_filters(),
        problem.n_filters() - growing.len(),
        names.join(", "),
        if growing.len() > names.len() {
            ", ..."
        } else {
            ""
        }
    ));
    let losers: Vec<usize> = growing
        .iter()
        .copied()
        .filter(|j| !winners.contains(j))
        .collect();
    let weakest = winners.iter().map(|&j| &growth.rho_squared[j]).min();
    let strongest = losers.iter().map(|&j| &growth.rho_squared[j]).max();
    match (weakest, strongest) {
        (Some(weakest), Some(strongest)) => text.push_str(&format!(
            "; {} of them are losers, so the squared dominance ratio does not grow without limit but tends to {}",
            losers.len(),
            weakest / strongest
        )),
        (Some(weakest), None) if weakest.is_positive() => {
            text.push_str("; no loser is among them, so the winners dominate without limit all the same");
        }
        _ => {}
    }
    text
}

/// Limits of a look at a problem that no theorem of this file covers.
const LOOK: Limits = Limits {
    max_bits: 4_000,
    max_work: 1_000_000_000,
};

/// What the exact engine shows at the last step that it reaches within small limits.
fn engine_found(context: &Context<'_>) -> String {
    let problem = context.problem;
    let limits = Limits {
        max_bits: LOOK.max_bits.min(context.budget.exact.max_bits),
        max_work: LOOK.max_work.min(context.budget.exact.max_work),
    };
    let mut engine = match Expected::new(problem, &limits) {
        Ok(engine) => engine,
        Err(stop) => return format!("the exact engine {stop}"),
    };
    // The state reached is what counts, at the last step or at a limit.
    let stopped = engine.advance_to(problem.training().steps).err();
    let norms = engine.state().norms_squared(problem);
    let winners: Vec<usize> = Label::BOTH
        .iter()
        .flat_map(|&y| problem.winners(y))
        .collect();
    let least = winners.iter().map(|&j| &norms[j]).min();
    let largest = (0..norms.len())
        .filter(|j| !winners.contains(j))
        .map(|j| &norms[j])
        .max();
    let show = |q: Option<&Q>| q.map_or_else(|| "none".to_owned(), short);
    let mut text = format!(
        "exact engine at step {}: least winner norm squared {}, largest loser norm squared {}",
        engine.t(),
        show(least),
        show(largest)
    );
    if let (Some(least), Some(largest)) = (least, largest)
        && largest.is_positive()
    {
        text.push_str(&format!(", squared ratio {}", short(&(least / largest))));
    }
    if stopped.is_some() {
        text.push_str(" (stopped there by the limit of this look)");
    }
    text
}
