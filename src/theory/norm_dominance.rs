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
use super::evidence::{
    Snapshot, Walked, along_expected, along_expected_while, not_started, snapshot, with_events,
};
use super::growth::{self, Growth, named, starts};
use super::line::{dying, lines};
use super::record::{Statement, TheoremId, proofs};
use super::remark::Remark;
use super::theorem::{Claimed, NearMiss};
use super::verdict::{Comparison, Figure, Outcome};
use super::violation::{Clause, Place, Relation, Violation};
use crate::dynamics::expected::{Expected, Stop};
use crate::dynamics::sgd::{Quantiles, SeriesPoint, Simulation};
use crate::number::ceil_sqrt;
use crate::number::{Q, integer};
use crate::problem::assumption::{AssumptionId, Failing};
use crate::problem::model::{Model, outside_of_model};
use crate::problem::{Label, Loss, Problem, Train};
use crate::remark;
use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive};

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
    proofs: proofs! {
        T2_norm_dominance: "keys, losers' norms, dominance and cosine at every t, expected dynamics";
        T2_dominance_time: "every ratio is reached and kept from some step on, expected dynamics";
        T2_alignment_limit: "the cosine of a winner with its key tends to 1, expected dynamics";
        T2s_growth: "T2s: both bounds of every filter's norm without A2 to A4, expected dynamics";
        T2s_unlimited_dominance: "T2s: which filter dominates which without limit, expected dynamics";
        T2s_ratio_limit: "T2s: the limit of the ratio of two norms, expected dynamics";
        T2s_direction: "T2s: the direction that a growing filter tends to, expected dynamics";
    },
    unproved: &[],
};

use Relation::{AtLeast, AtMost, Equal};

const KEY: Clause = Clause::new("a winner's key coordinate", Equal);
const LOSER: Clause = Clause::new("a loser's squared norm", AtMost);
const DOMINANCE: Clause = Clause::new("the least squared norm of a winner", AtLeast);
const ASIDE: Clause = Clause::new("a winner's squared norm beside its key", AtMost);

type Miss = NearMiss<Claim>;

static NEAR_MISSES: [Miss; 10] = [
    Miss::new(
        KEY.name,
        "the drift of a key is eta r and not eta r/2",
        |claim, problem| claim.with_drifts(problem, |kappa, _| kappa * integer(2)),
    ),
    Miss::new(
        LOSER.name,
        "a loser's norm never grows at all: the term kappa^2 is left out",
        |claim, problem| {
            let starts = starts(problem);
            for (j, bound) in claim.dominance.iter_mut().flat_map(|d| &mut d.losers) {
                *bound = starts[*j].clone();
            }
        },
    ),
    Miss::new(
        KEY.name,
        "winners are the filters with y a_j < 0 and a positive coordinate on v_y",
        |claim, problem| {
            let negate = |a: &mut Q| *a = -a.clone();
            let opposed = problem.changed(|parts| parts.network.head.iter_mut().for_each(negate));
            if let (Ok(opposed), Some(dominance)) = (opposed, &mut claim.dominance) {
                dominance.winners = camps(&opposed).0;
            }
        },
    ),
    Miss::new(
        KEY.name,
        "r is forgotten: kappa = eta/2",
        |claim, problem| {
            claim.with_drifts(problem, |_, _| &problem.training().step / integer(2));
        },
    ),
    Miss::new(
        ASIDE.name,
        "beside its key a winner does not grow at all: |w|^2 - Z_key^2 is at most what it was",
        |claim, problem| {
            let starts = starts(problem);
            for (j, y, bound) in claim.dominance.iter_mut().flat_map(|d| &mut d.beside) {
                let key = &problem.network().weights[(*j, y.index())];
                *bound = &starts[*j] - key * key;
            }
        },
    ),
    Miss::new(
        LOSER.name,
        "T2 without A4: with unbalanced labels losers stay bounded too (kappa = eta r pi_y)",
        |claim, problem| {
            claim.with_drifts(problem, |kappa, y| {
                kappa * integer(2) * problem.distribution().label_probability(y)
            });
            claim.of_losers_alone();
        },
    )
    .without(|failing, _| failing.assumption == AssumptionId::A4),
    Miss::new(
        LOSER.name,
        "T2 without A3: with a label-dependent background losers stay bounded too",
        |claim, _| claim.of_losers_alone(),
    )
    .without(|failing, _| failing.assumption == AssumptionId::A3),
    Miss::new(
        growth::AT_MOST.name,
        "T2s with the largest drift of a filter in place of the l2 norm of its drifts",
        |claim, problem| claim.of_growth(problem, Growth::by_largest_drift),
    )
    .without(not_asked_by_growth),
    Miss::new(
        growth::AT_MOST.name,
        "T2s with delta left out: |w(t)| <= rho t + |w(0)|",
        |claim, problem| claim.of_growth(problem, Growth::without_delta),
    )
    .without(not_asked_by_growth),
    Miss::new(
        growth::AT_LEAST.name,
        "T2s with rho taken over all coordinates of positive drift, active or not",
        |claim, problem| claim.of_growth(problem, Growth::with_inactive),
    )
    .without(not_asked_by_growth),
];

/// T2s needs A1 and a head that is fixed, of whatever weights.
fn not_asked_by_growth(failing: &Failing, problem: &Problem) -> bool {
    use AssumptionId::{A2, A3, A4, A5f, A6prime};
    [A2, A3, A4, A6prime].contains(&failing.assumption)
        || failing.assumption == A5f && problem.training().train == Train::Filters
}

/// The model of T2s.
const GROWTH_MODEL: Model = Model {
    losses: &[Loss::Unhinged],
    train: Some(Train::Filters),
    ..Model::RELU_SUM
};

/// The ratio whose time of dominance is reported.
const RATIO: i64 = 10;

/// What is claimed of a problem.
pub struct Claim {
    /// T2; `None` where only T2s speaks.
    dominance: Option<Dominance>,
    growth: Growth,
}

/// What T2 (or a near miss) claims of a problem.
struct Dominance {
    /// Drift of each label's key.
    kappa: [Q; 2],
    winners: Vec<(usize, Label)>,
    /// Losers with the bounds of their squared norms.
    losers: Vec<(usize, Q)>,
    /// Winners with the bounds of `|w|^2 - Z_key^2`, which the cosine says.
    beside: Vec<(usize, Label, Q)>,
}

/// The winners with their labels, and all others.
fn camps(problem: &Problem) -> (Vec<(usize, Label)>, Vec<usize>) {
    let camps = problem.camps();
    (camps.winners().collect(), camps.losers().collect())
}

impl Claim {
    /// `T_dom(10)`, where T2 speaks.
    fn time(&self) -> Option<BigInt> {
        self.dominance.as_ref()?.time()
    }

    /// Near miss: other drifts, `change` of the stated ones.
    fn with_drifts(&mut self, problem: &Problem, change: impl Fn(&Q, Label) -> Q) {
        if let Some(dominance) = &mut self.dominance {
            let kappa = Label::BOTH.map(|y| change(&dominance.kappa[y.index()], y));
            *dominance = Dominance::new(problem, kappa);
        }
    }

    /// Near miss: it says nothing of how winners are aligned.
    fn of_losers_alone(&mut self) {
        self.dominance.iter_mut().for_each(|d| d.beside.clear());
    }

    /// Near miss: it says nothing but what T2s says, changed.
    fn of_growth(&mut self, problem: &Problem, change: fn(&mut Growth, &Problem)) {
        self.dominance = None;
        change(&mut self.growth, problem);
    }
}

impl Dominance {
    fn new(problem: &Problem, kappa: [Q; 2]) -> Self {
        let largest = kappa.iter().max().cloned().unwrap_or_default();
        let starts = starts(problem);
        let bound = |j: usize| &starts[j] + &largest * &largest;
        let (winners, losers) = camps(problem);
        Dominance {
            kappa,
            losers: losers.into_iter().map(|j| (j, bound(j))).collect(),
            beside: winners.iter().map(|&(j, y)| (j, y, bound(j))).collect(),
            winners,
        }
    }

    /// `Z(0) + kappa t` of a winner.
    fn key(&self, problem: &Problem, (j, y): (usize, Label), t: u64) -> Q {
        &problem.network().weights[(j, y.index())] + &self.kappa[y.index()] * integer(t)
    }

    fn largest_loser(&self) -> Q {
        let bounds = self.losers.iter().map(|(_, bound)| bound);
        bounds.max().cloned().unwrap_or_default()
    }

    fn least_drift(&self) -> Q {
        let drifts = self.winners.iter().map(|(_, y)| &self.kappa[y.index()]);
        drifts.min().cloned().unwrap_or_default()
    }

    /// `T_dom(10)`; `None` without a positive drift.
    fn time(&self) -> Option<BigInt> {
        let kappa = self.least_drift();
        let ratio = integer(RATIO * RATIO) * self.largest_loser();
        kappa
            .is_positive()
            .then(|| ceil_sqrt(&(ratio / (&kappa * &kappa))))
    }

    /// The largest `R^2` with `T_dom(R) <= t`: `(kappa t)^2 / (max |w(0)|^2 + kappa^2)`.
    fn ratio_squared(&self, t: u64) -> Option<Q> {
        let (kappa_t, bound) = (self.least_drift() * integer(t), self.largest_loser());
        bound.is_positive().then(|| &kappa_t * &kappa_t / bound)
    }

    /// The winner of least norm with its squared norm, and the largest squared norm of a loser.
    fn extremes(&self, now: &Snapshot) -> (Option<(usize, Q)>, Q) {
        let winners = self.winners.iter().map(|&(j, _)| j);
        let weakest = winners.min_by_key(|&j| &now.norms[j]);
        let largest = self.losers.iter().map(|&(j, _)| &now.norms[j]).max();
        (
            weakest.map(|j| (j, now.norms[j].clone())),
            largest.cloned().unwrap_or_default(),
        )
    }

    /// The first clause that fails at step `t`.
    fn check(&self, problem: &Problem, t: u64, now: &Snapshot) -> Result<(), Box<Violation>> {
        let place = |j: usize| Place::expected(t).filter(j);
        for &(j, y) in &self.winners {
            let claimed = self.key(problem, (j, y), t);
            KEY.check(
                place(j).coordinate(y.index()),
                &claimed,
                &now.keys[j][y.index()],
            )?;
        }
        for (j, bound) in &self.losers {
            LOSER.check(place(*j), bound, &now.norms[*j])?;
        }
        // Dominance with every ratio R at once, and with the reported one.
        let (weakest, largest) = self.extremes(now);
        let dominates = self.time().is_some_and(|from| from <= t.into());
        let reported = dominates.then(|| integer(RATIO * RATIO));
        if let (Some(ratio), Some((j, norm))) = (self.ratio_squared(t).max(reported), weakest) {
            DOMINANCE.check(place(j), &(ratio * largest), &norm)?;
        }
        // With Z = X > 0 the bound on the cosine says |w|^2 - Z^2 <= |w(0)|^2 + kappa^2.
        for (j, y, bound) in &self.beside {
            let key = &now.keys[*j][y.index()];
            ASIDE.check(place(*j), bound, &(&now.norms[*j] - key * key))?;
        }
        Ok(())
    }

    /// Rows of the comparison at step `t`. The theorem speaks of the expected dynamics, so the simulated runs
    /// stand beside it and decide nothing.
    fn rows(&self, context: &Context<'_>, t: u64, now: &Snapshot) -> Vec<Comparison> {
        let problem = context.problem;
        let mut rows = Vec::new();
        let mut row = |name: &str, relation, theory, found, seen: fn(&SeriesPoint) -> Quantiles| {
            let simulated = context.simulation.and_then(|s| squared_spread(s, t, seen));
            rows.push(Comparison {
                simulated,
                ..Comparison::exact(remark!("{} at t = {}", name, t), relation, theory, found)
            });
        };
        let (keys, (weakest, largest)) = (self.winners.iter(), self.extremes(now));
        let key = keys.map(|&winner| self.key(problem, winner, t)).min();
        if let (Some(key), Some((_, least))) = (key, weakest) {
            let name = "least winner norm squared";
            row(name, AtLeast, &key * &key, least.clone(), |p| p.winner_norm);
            let (name, bound) = ("largest loser norm squared", self.largest_loser());
            row(name, AtMost, bound, largest.clone(), |p| p.loser_norm);
            if let Some(ratio) = self.ratio_squared(t).filter(|_| largest.is_positive()) {
                let name = "dominance ratio squared";
                row(name, AtLeast, ratio, least / largest, |p| p.ratio);
            }
        }
        let cosine = |key: &Q, norm: &Q| key * key / norm;
        let claimed = self.beside.iter().map(|(j, y, bound)| {
            let key = self.key(problem, (*j, *y), t);
            cosine(&key, &(&key * &key + bound))
        });
        // The key of a winner is positive, and its norm with it.
        let found = self
            .beside
            .iter()
            .map(|(j, y, _)| cosine(&now.keys[*j][y.index()], &now.norms[*j]));
        if let (Some(claimed), Some(found)) = (claimed.min(), found.min()) {
            let name = "least squared cosine of a winner with its key";
            row(name, AtLeast, claimed, found, |p| p.alignment);
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

/// Compares a claim with the engine at log-spaced steps, around every death, at the last step, at the time of
/// dominance and, where that is cheap, far beyond; `see` looks on. Beside it, were all deaths looked at?
fn walk(
    context: &Context<'_>,
    claim: &Claim,
    mut see: impl FnMut(u64, &Snapshot),
) -> Result<(Walked, bool), Stop> {
    let problem = context.problem;
    let steps = problem.training().steps;
    let lines = lines(problem, &problem.unit_drifts());
    let deaths = dying(&lines).map(|c| BigInt::from(c.stop));
    let (mut times, complete) = with_events(steps, deaths);
    times.extend(claim.time().and_then(|t| t.to_u64()));
    let needed = times.iter().copied().max().unwrap_or(steps);
    times.extend([10, 1_000].map(|far: u64| steps.max(100).saturating_mul(far)));
    times.sort_unstable();
    times.dedup();
    let mut times = times.into_iter();
    // Far out is an extra where the engine has machine integers.
    let next =
        |engine: &Expected<'_>, _| times.find(|t| *t <= needed || engine.integers().is_some());
    let walked = along_expected_while(context, next, None, |engine| {
        let (t, now) = (engine.t(), snapshot(engine));
        see(t, &now);
        if let Some(dominance) = &claim.dominance {
            dominance.check(problem, t, &now)?;
        }
        claim.growth.check(t, &now.norms)
    })?;
    Ok((walked, complete))
}

fn is_power_of_ten(t: u64) -> bool {
    t > 0 && 10u64.checked_pow(t.ilog10()) == Some(t)
}

impl Claimed for NormDominance {
    type Claim = Claim;

    const RECORD: &'static Statement = &STATEMENT;

    const NEAR_MISSES: &'static [NearMiss<Claim>] = &NEAR_MISSES;

    fn further_failures(&self, problem: &Problem) -> Vec<Failing> {
        let (winners, losers) = camps(problem);
        let no_winner = winners.is_empty().then(|| Failing {
            assumption: AssumptionId::A6prime,
            witness: "there is no winner of either label".to_owned(),
        });
        let all = remark!(
            "network.weights: all {} filters are winners, there is no loser",
            problem.n_filters()
        );
        let no_loser = losers.is_empty().then(|| outside_of_model(all.to_string()));
        no_winner.into_iter().chain(no_loser).collect()
    }

    const WITHOUT: &'static str = "Keys need not drift at one rate, with everything else at rest.";

    fn beyond(&self, context: &Context<'_>, outcome: &mut Outcome) {
        let orthonormal = context.failing(&[AssumptionId::A1]).is_empty();
        let found = if GROWTH_MODEL.fits(context.problem) && orthonormal {
            growth_found(context)
        } else {
            engine_found(context)
        };
        let stopped = |stop| remark!("the exact engine {}", Remark::from(&stop));
        outcome.beyond = Some(found.unwrap_or_else(stopped).into());
    }

    fn claim(&self, problem: &Problem) -> Result<Claim, Remark> {
        let dominance = problem.distribution().key_count().map(|r| {
            let kappa = &problem.training().step * integer(r) / integer(2);
            Dominance::new(problem, [kappa.clone(), kappa])
        });
        let growth = Growth::new(problem);
        Ok(Claim { dominance, growth })
    }

    fn compare(&self, context: &Context<'_>, claim: &Claim, outcome: &mut Outcome) {
        let steps = context.problem.training().steps;
        let time = claim.time();
        let shown = |t: u64| t == steps || time == Some(t.into()) || is_power_of_ten(t);
        let (mut rows, mut end) = (Vec::new(), None);
        let walked = walk(context, claim, |t, now| {
            if let Some(dominance) = claim
                .dominance
                .as_ref()
                .filter(|_| !context.verdict_only && shown(t))
            {
                rows.extend(dominance.rows(context, t, now));
                if t == steps {
                    end = Some(dominance.extremes(now));
                }
            }
        });
        let (walked, complete) = match walked {
            Ok(walked) => walked,
            Err(stop) => return not_started(&stop, outcome),
        };
        let (compared, last) = (walked.compared, walked.last);
        let deaths = if complete {
            "every step of death"
        } else {
            "the first and last 128 different steps of death"
        };
        outcome.because.push(remark!(
            "Every bound was compared at {} from 0 to {}: log-spaced, around {}, and at T_dom(10).",
            (compared, "step"),
            last,
            deaths
        ));
        outcome.scope = Some(walked.scope());
        outcome.comparisons = rows;
        let far = time.as_ref().filter(|t| **t > BigInt::from(last));
        if let Some(t) = far {
            outcome.undecided(remark!(
                "T_dom(10) = {} lies beyond the steps that the engine counts",
                t
            ));
        }
        let needed = time.as_ref().and_then(|t| t.to_u64()).unwrap_or(0);
        walked.conclude(steps.max(needed), outcome);
        if let Some(time) = time {
            outcome.figures.number("t_dominance", integer(time));
            outcome.figures.proved("t_dominance", "T2_norm_dominance");
            let ratio = match end {
                Some((Some((_, least)), largest)) if largest.is_positive() => {
                    Figure::Exact(least / largest)
                }
                Some(_) => Figure::Missing("every loser has norm 0".into()),
                None => Figure::Missing("the last step was not reached".into()),
            };
            outcome.figures.push(("ratio_squared_at_end", ratio));
        }
        outcome.figures.count("times_compared", compared);
    }
}

/// What T2s says here, checked.
fn growth_found(context: &Context<'_>) -> Result<Remark, Stop> {
    let problem = context.problem;
    let claim = Claim {
        dominance: None,
        growth: Growth::new(problem),
    };
    let (walked, _) = walk(context, &claim, |_, _| ())?;
    if let Some(violation) = walked.violation {
        return Ok(remark!(
            "T2s fails at step {}: {}",
            walked.last,
            violation.claim
        ));
    }
    let (growing, (winners, losers)) = (claim.growth.growing(), camps(problem));
    let all = problem.n_filters();
    let rest = all - growing.len();
    let mut found = remark!(
        "{} of {} filters grow without limit, like rho t, and dominate the other {}: {}",
        growing.len(),
        all,
        rest,
        named(&growing)
    );
    let rho = |j: usize| &claim.growth.rho_squared[j];
    let weakest = winners.iter().map(|(j, _)| rho(*j)).min();
    let strongest = losers
        .iter()
        .map(|j| rho(*j))
        .filter(|rho| rho.is_positive())
        .max();
    if growing.is_empty() {
        found = "no filter grows without limit".into();
    } else if let (Some(weakest), Some(strongest)) = (weakest, strongest) {
        let ratio = weakest / strongest;
        found = remark!(
            "{}; losers are among them, so the squared dominance ratio does not grow without limit but tends to {}",
            found,
            ratio
        );
    } else if weakest.is_some_and(Q::is_positive) {
        found = remark!(
            "{}; no loser is among them, so the winners dominate without limit all the same",
            found
        );
    }
    Ok(remark!(
        "T2s, which needs only A1 and a fixed head, was verified at {} from 0 to {}: {}",
        (walked.compared, "step"),
        walked.last,
        found
    ))
}

/// What the exact engine shows at the last step that it reaches within the small limits of a look.
fn engine_found(context: &Context<'_>) -> Result<Remark, Stop> {
    let problem = context.problem;
    let mut budget = context.budget.clone();
    budget.exact.max_bits = budget.exact.max_bits.min(4_000);
    budget.exact.max_work = budget.exact.max_work.min(1_000_000_000);
    let mut norms = Vec::new();
    let look = context.with_budget(budget);
    let walked = along_expected(&look, [problem.training().steps], |engine| {
        norms = engine.state().norms_squared(problem);
        Ok(())
    })?;
    let (winners, losers) = camps(problem);
    let least = winners.iter().map(|&(j, _)| &norms[j]).min();
    let largest = losers.iter().map(|&j| &norms[j]).max();
    let show = |norm: Option<&Q>| norm.map_or("none".into(), |norm| remark!("{}", norm));
    Ok(remark!(
        "exact engine at step {}: least winner norm squared {}, largest loser norm squared {}",
        walked.last,
        show(least),
        show(largest)
    ))
}
