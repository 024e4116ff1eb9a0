//! T2: norm dominance and alignment in the expected dynamics, and T2s (`growth.rs`), which replaces it where
//! labels, backgrounds or heads are not as T2 wants them.
//!
//! By the closed form (T1), coordinate by coordinate: with `kappa = eta r / 2` a winner's key is `Z(0) + kappa t`, a
//! loser's coordinates stay, but for the wrong label's key, which ends in `(-kappa, 0]` if it dies. So with
//! `X = Z(0) + kappa t` a winner's squared cosine with its key is at least `X^2 / (X^2 + |w(0)|^2 + kappa^2)`.

use super::evidence::{
    Snapshot, Walked, along_expected, along_expected_while, snapshot, started, with_events,
};
use super::figures::Figures;
use super::growth::{self, Growth, named, starts};
use super::line::{dying, half_key_rate};
use super::prelude::*;
use crate::dynamics::expected::{Expected, Stop};
use crate::dynamics::sgd::{Quantiles, SeriesPoint, Simulation};
use crate::number::ceil_sqrt;
use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive};

/// T2, with T2s.
pub struct NormDominance;

/// T2s, a sharper form.
pub(super) const T2S: [Formula; 2] = [
    Formula::new(
        "in the expected dynamics, for every filter j",
        r"\rho_j t \le |w_j(t)| \le \rho_j t + \sqrt{|w_j(0)|^2 + \delta_j^2}",
    ),
    Formula::new(
        "with the drifts",
        r"\rho_j^2 = \sum_{p:\, Z_{jp}(0) > 0,\; \kappa_{jp} > 0} \kappa_{jp}^2, \qquad \delta_j^2 = \sum_{p:\, Z_{jp}(0) > 0,\; \kappa_{jp} < 0} \kappa_{jp}^2",
    ),
];

static STATEMENT: Statement = Statement {
    id: TheoremId::T2,
    title: "norm dominance and alignment, expected dynamics",
    file: "norm_dominance",
    claims: &["C3", "C4"],
    statement: "With kappa = eta r/2, for every t: a winner's key coordinate is Z(0) + kappa t; every loser has |w(t)|^2 <= |w(0)|^2 + kappa^2; for every R the least winner norm is at least R times the largest loser norm from the least t on with (kappa t)^2 >= R^2 (max over losers of |w(0)|^2 + kappa^2); and a winner has cos^2(w, v_y) >= X^2/(X^2 + |w(0)|^2 + kappa^2) with X = Z(0) + kappa t.",
    formulas: &[
        Formula::new("the drift of a winner's key", r"\kappa = \tfrac{\eta r}{2}"),
        Formula::new(
            "for every t, for a winner j of label y",
            r"Z_{j,v_y}(t) = Z_{j,v_y}(0) + \kappa t",
        ),
        Formula::new(
            "for every t, for a loser i",
            r"|w_i(t)|^2 \le |w_i(0)|^2 + \kappa^2",
        ),
        Formula::new(
            "for every R, dominance with ratio R",
            r"\min_{j \in J} |w_j(t)| \ge R\, {\max_{i \notin J}} |w_i(t)|",
        ),
        Formula::new(
            "from the least t on with",
            r"(\kappa t)^2 \ge R^2 \left(\max_{i \notin J} |w_i(0)|^2 + \kappa^2\right)",
        ),
        Formula::new(
            "for every t, for a winner j of label y",
            r"\cos^2(w_j(t), v_y) \ge \frac{(Z_{j,v_y}(0) + \kappa t)^2}{(Z_{j,v_y}(0) + \kappa t)^2 + |w_j(0)|^2 + \kappa^2}",
        ),
    ],
    model: Model {
        losses: &[Loss::Unhinged],
        ..Model::RELU_SUM
    },
    further: "any batch; winners and losers exist",
    assumes: &[A1, A2, A3, A4, A5f],
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

const KEY: Clause = Clause::new("a winner's key coordinate", Equal);
const LOSER: Clause = Clause::new("a loser's squared norm", AtMost);
const DOMINANCE: Clause = Clause::new("the least squared norm of a winner", AtLeast);
const ASIDE: Clause = Clause::new("a winner's squared norm beside its key", AtMost);

type Miss = NearMiss<Claim>;

static NEAR_MISSES: [Miss; 11] = [
    Miss::new(
        KEY.name,
        "the drift of a key is eta r and not eta r/2",
        |claim, problem| claim.with_drifts(problem, |kappa, _| kappa * integer(2)),
    ),
    Miss::new(
        LOSER.name,
        "a loser's norm never grows at all: the term kappa^2 is left out",
        |claim, problem| {
            if let Some(dominance) = &mut claim.dominance {
                dominance.bounds = starts(problem);
                dominance.aligned = false;
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
                dominance.winners = opposed.camps().winners().collect();
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
            if let Some(dominance) = &mut claim.dominance {
                let starts = starts(problem);
                for &(j, y) in &dominance.winners {
                    let key = &problem.network().weights[(j, y.index())];
                    dominance.bounds[j] = &starts[j] - key * key;
                }
            }
        },
    ),
    Miss::new(
        DOMINANCE.name,
        "a key drifts by eta r a step in T_dom, as if its label came at every step: it is half as long",
        |claim, _| {
            if let Some(dominance) = &mut claim.dominance {
                dominance.pace *= integer(2);
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
    .without(|failing, _| failing.assumption == A4),
    Miss::new(
        LOSER.name,
        "T2 without A3: with a label-dependent background losers stay bounded too",
        |claim, _| claim.of_losers_alone(),
    )
    .without(|failing, _| failing.assumption == A3),
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

/// What T2 says at a step, the name of the figure that is its square first.
const SAID: [(&str, Quantity, Relation); 4] = [
    (
        "winner_norm_squared_at_least",
        Quantity::WinnerNorm,
        AtLeast,
    ),
    ("loser_norm_squared_at_most", Quantity::LoserNorm, AtMost),
    ("ratio_squared_at_least", Quantity::Ratio, AtLeast),
    ("cosine_squared_at_least", Quantity::Alignment, AtLeast),
];

/// T2s where T2 does not speak.
const GROWTH: TheoremId = TheoremId::new("T2s");

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
    /// Bounds of the squared norms of losers, and of `|w|^2 - Z_key^2` of winners, which the cosine says.
    bounds: Vec<Q>,
    losers: Vec<usize>,
    /// The least drift of a winner's key, of which T_dom is made.
    pace: Q,
    /// Does it speak of how winners are aligned?
    aligned: bool,
}

impl Claim {
    /// What T2s says, and nothing else.
    fn of_growth_alone(problem: &Problem) -> Self {
        Claim {
            dominance: None,
            growth: Growth::new(problem),
        }
    }

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
        self.dominance.iter_mut().for_each(|d| d.aligned = false);
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
        let starts = starts(problem).into_iter();
        let camps = problem.camps();
        let drifts = camps.winners().map(|(_, y)| &kappa[y.index()]);
        Dominance {
            pace: drifts.min().cloned().unwrap_or_default(),
            kappa,
            winners: camps.winners().collect(),
            bounds: starts.map(|z| z + &largest * &largest).collect(),
            losers: camps.losers().collect(),
            aligned: true,
        }
    }

    /// `Z(0) + kappa t` of a winner.
    fn key(&self, problem: &Problem, (j, y): (usize, Label), t: u64) -> Q {
        &problem.network().weights[(j, y.index())] + &self.kappa[y.index()] * integer(t)
    }

    fn largest_loser(&self) -> Q {
        let bounds = self.losers.iter().map(|&j| &self.bounds[j]);
        bounds.max().cloned().unwrap_or_default()
    }

    /// `T_dom(10)`; `None` without a positive drift.
    fn time(&self) -> Option<BigInt> {
        let kappa = &self.pace;
        let ratio = integer(RATIO * RATIO) * self.largest_loser();
        kappa
            .is_positive()
            .then(|| ceil_sqrt(&(ratio / (kappa * kappa))))
    }

    /// The largest `R^2` with `T_dom(R) <= t`: `(kappa t)^2 / (max |w(0)|^2 + kappa^2)`.
    fn ratio_squared(&self, t: u64) -> Option<Q> {
        let (kappa_t, bound) = (&self.pace * integer(t), self.largest_loser());
        bound.is_positive().then(|| &kappa_t * &kappa_t / bound)
    }

    /// The least key of a winner at step `t`; `None` without winners.
    fn least_key(&self, problem: &Problem, t: u64) -> Option<Q> {
        let keys = self.winners.iter();
        keys.map(|&winner| self.key(problem, winner, t)).min()
    }

    /// A lower bound of a winner's squared cosine with its key at step `t`, where its key has grown to `claimed`.
    fn cosine_squared(&self, j: usize, claimed: &Q) -> Q {
        let square = claimed * claimed;
        &square / (&square + &self.bounds[j])
    }

    /// The squares of what is claimed at step `t`, in the order of [`SAID`].
    fn said(&self, problem: &Problem, t: u64) -> [Option<Q>; 4] {
        let Some(key) = self.least_key(problem, t) else {
            return [const { None }; 4];
        };
        let cosines = self.winners.iter().map(|&(j, y)| {
            let claimed = self.key(problem, (j, y), t);
            self.cosine_squared(j, &claimed)
        });
        [
            Some(&key * &key),
            Some(self.largest_loser()),
            self.ratio_squared(t),
            cosines.min(),
        ]
    }

    /// What is claimed at step `t`, as figures of it.
    fn tell(&self, problem: &Problem, t: u64, figures: &mut Figures) {
        let said = SAID.iter().zip(self.said(problem, t));
        for ((name, ..), square) in said {
            if let Some(square) = square {
                figures.number(name, square);
            }
        }
    }

    /// The winner of least norm with its squared norm, and the largest squared norm of a loser.
    fn extremes(&self, now: &Snapshot) -> (Option<(usize, Q)>, Q) {
        let winners = self.winners.iter().map(|&(j, _)| j);
        let weakest = winners.min_by_key(|&j| &now.norms[j]);
        let largest = self.losers.iter().map(|&j| &now.norms[j]).max();
        (
            weakest.map(|j| (j, now.norms[j].clone())),
            largest.cloned().unwrap_or_default(),
        )
    }

    /// The first clause that fails at step `t`.
    fn check(&self, problem: &Problem, t: u64, now: &Snapshot) -> Result<(), Box<Violation>> {
        let place = |j: usize| Place::expected(t).filter(j);
        for &(j, y) in &self.winners {
            let (claimed, p) = (self.key(problem, (j, y), t), y.index());
            KEY.check(place(j).coordinate(p), &claimed, &now.keys[j][p])?;
        }
        for &j in &self.losers {
            LOSER.check(place(j), &self.bounds[j], &now.norms[j])?;
        }
        // Dominance with every ratio R at once, and with the reported one.
        let (weakest, largest) = self.extremes(now);
        let dominates = self.time().is_some_and(|from| from <= t.into());
        let reported = dominates.then(|| integer(RATIO * RATIO));
        if let (Some(ratio), Some((j, norm))) = (self.ratio_squared(t).max(reported), weakest) {
            DOMINANCE.check(place(j), &(ratio * largest), &norm)?;
        }
        // With Z = X > 0 the bound on the cosine says |w|^2 - Z^2 <= |w(0)|^2 + kappa^2.
        for &(j, y) in self.winners.iter().filter(|_| self.aligned) {
            let key = &now.keys[j][y.index()];
            ASIDE.check(place(j), &self.bounds[j], &(&now.norms[j] - key * key))?;
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
        let (weakest, largest) = self.extremes(now);
        if let (Some(key), Some((_, least))) = (self.least_key(problem, t), weakest) {
            let name = "least winner norm squared";
            row(name, AtLeast, &key * &key, least.clone(), |p| p.winner_norm);
            let (name, bound) = ("largest loser norm squared", self.largest_loser());
            row(name, AtMost, bound, largest.clone(), |p| p.loser_norm);
            if let Some(ratio) = self.ratio_squared(t).filter(|_| largest.is_positive()) {
                let name = "dominance ratio squared";
                row(name, AtLeast, ratio, least / largest, |p| p.ratio);
            }
        }
        // The key of a winner is positive, and its norm with it.
        let aligned = self.winners.iter().filter(|_| self.aligned);
        let cosines = aligned.map(|&(j, y)| {
            let (claimed, found) = (self.key(problem, (j, y), t), &now.keys[j][y.index()]);
            (
                self.cosine_squared(j, &claimed),
                found * found / &now.norms[j],
            )
        });
        let (claimed, found): (Vec<Q>, Vec<Q>) = cosines.unzip();
        if let (Some(claimed), Some(found)) = (claimed.into_iter().min(), found.into_iter().min()) {
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
) -> (Result<Walked, Stop>, bool) {
    let problem = context.problem;
    let steps = problem.training().steps;
    let deaths = dying(&claim.growth.lines).map(|c| c.stop.into());
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
    });
    (walked, complete)
}

impl Claimed for NormDominance {
    type Claim = Claim;

    const RECORD: &'static Statement = &STATEMENT;

    const NEAR_MISSES: &'static [NearMiss<Claim>] = &NEAR_MISSES;

    const WITHOUT: &'static str = "Keys need not drift at one rate, with everything else at rest.";

    fn further_failures(&self, problem: &Problem) -> Vec<Failing> {
        let (camps, n) = (problem.camps(), problem.n_filters());
        let no_winner = camps.winners().next().is_none().then(|| Failing {
            assumption: A6prime,
            witness: "there is no winner of either label".to_owned(),
        });
        let all = remark!(
            "network.weights: all {} filters are winners, there is no loser",
            n
        );
        let no_loser = camps.losers().next().is_none();
        let no_loser = no_loser.then(|| outside_of_model(all.to_string()));
        no_winner.into_iter().chain(no_loser).collect()
    }

    fn beyond(&self, context: &Context<'_>, outcome: &mut Outcome) {
        let found = if growth_speaks(context) {
            growth_found(context)
        } else {
            engine_found(context)
        };
        let stopped = |stop| remark!("the exact engine {}", Remark::from(&stop));
        outcome.beyond = Some(found.unwrap_or_else(stopped).into());
    }

    fn claim(&self, problem: &Problem) -> Result<Claim, Remark> {
        let dominance =
            half_key_rate(problem).map(|kappa| Dominance::new(problem, [kappa.clone(), kappa]));
        let growth = Growth::new(problem);
        Ok(Claim { dominance, growth })
    }

    fn compare(&self, context: &Context<'_>, claim: &Claim, outcome: &mut Outcome) {
        let steps = context.problem.training().steps;
        let time = claim.time();
        let is_power = |t: u64| t > 0 && 10u64.checked_pow(t.ilog10()) == Some(t);
        let shown = |t: u64| t == steps || time == Some(t.into()) || is_power(t);
        let stated = claim.dominance.as_ref().filter(|_| !context.verdict_only);
        let (mut rows, mut end) = (Vec::new(), None);
        let (walked, complete) = walk(context, claim, |t, now| {
            if let Some(dominance) = stated.filter(|_| shown(t)) {
                rows.extend(dominance.rows(context, t, now));
                end = (t == steps).then(|| dominance.extremes(now)).or(end.take());
            }
        });
        let Some(walked) = started(walked, outcome) else {
            return;
        };
        let deaths = match complete {
            true => "every step of death",
            false => "the first and last 128 different steps of death",
        };
        let compared = walked.steps();
        outcome.because.push(remark!(
            "Every bound was compared at {}: log-spaced, around {}, and at T_dom(10).",
            compared,
            deaths
        ));
        outcome.scope = Some(walked.scope());
        outcome.comparisons = rows;
        if let Some(t) = time.as_ref().filter(|t| **t > walked.last.into()) {
            outcome.undecided(remark!(
                "T_dom(10) = {} lies beyond the steps that the engine counts",
                t
            ));
        }
        let (compared, needed) = (walked.compared, time.as_ref().and_then(BigInt::to_u64));
        walked.conclude(steps.max(needed.unwrap_or(0)), outcome);
        let figures = &mut outcome.figures;
        if let Some(time) = time {
            figures.count("t_dominance", time);
            figures.proved("t_dominance", "T2_norm_dominance");
            let ratio = match end {
                Some((Some((_, least)), largest)) if largest.is_positive() => {
                    Figure::Exact(least / largest)
                }
                Some(_) => Figure::Missing("every loser has norm 0".into()),
                None => Figure::Missing("the last step was not reached".into()),
            };
            figures.push(("ratio_squared_at_end", ratio));
            if let Some(dominance) = &claim.dominance {
                dominance.tell(context.problem, steps, figures);
            }
        }
        figures.count("times_compared", compared);
    }

    fn curves(
        &self,
        context: &Context<'_>,
        claim: &Claim,
        _outcome: &Outcome,
        times: &[u64],
    ) -> Vec<Curve> {
        let Some(dominance) = &claim.dominance else {
            return Vec::new();
        };
        let at = |&t: &u64| {
            let squares = dominance.said(context.problem, t);
            (t, squares.map(|square| square.map(Value::Root)))
        };
        let quantities = SAID.map(|(_, quantity, relation)| (quantity, relation));
        Curve::all(
            STATEMENT.id,
            &Dynamics::Mean,
            quantities,
            times.iter().map(at),
        )
    }

    fn curves_beyond(
        &self,
        context: &Context<'_>,
        _outcome: &Outcome,
        times: &[u64],
    ) -> Vec<Curve> {
        if !growth_speaks(context) {
            return Vec::new();
        }
        let claim = Claim::of_growth_alone(context.problem);
        match walk(context, &claim, |_, _| ()).0 {
            Ok(walked) if walked.violation.is_none() => {}
            _ => return Vec::new(),
        }
        let camps = context.problem.camps();
        let at = |&t: &u64| {
            let [least, most] = claim.growth.extremes(&camps, t);
            let quotient = least.as_ref().zip(most.as_ref());
            let quotient = quotient.filter(|(_, most)| most.is_positive());
            let ratio = quotient.map(|(least, most)| least / most);
            (
                t,
                [least, most, ratio].map(|square| square.map(Value::Root)),
            )
        };
        let quantities = [
            (Quantity::WinnerNorm, AtLeast),
            (Quantity::LoserNorm, AtMost),
            (Quantity::Ratio, AtLeast),
        ];
        Curve::all(GROWTH, &Dynamics::Mean, quantities, times.iter().map(at))
    }
}

/// Does T2s speak here, whether T2 does or not?
fn growth_speaks(context: &Context<'_>) -> bool {
    GROWTH_MODEL.fits(context.problem) && context.failing(&[A1]).is_empty()
}

/// What T2s says here, checked.
fn growth_found(context: &Context<'_>) -> Result<Remark, Stop> {
    let problem = context.problem;
    let claim = Claim::of_growth_alone(problem);
    let walked = walk(context, &claim, |_, _| ()).0?;
    if let Some(violation) = walked.violation {
        return Ok(remark!(
            "T2s fails at step {}: {}",
            walked.last,
            violation.claim
        ));
    }
    let (all, rho) = (problem.n_filters(), &claim.growth.rho_squared);
    let all_rho = rho.iter().cloned().enumerate();
    let growing: Vec<(usize, Q)> = all_rho.filter(|(_, rho)| rho.is_positive()).collect();
    let found = remark!(
        "{} of {} filters grow without limit, like rho t, and dominate the other {}: {}",
        growing.len(),
        all,
        all - growing.len(),
        named(&growing)
    );
    let (weakest, strongest) = problem.camps().extremes(rho);
    let found = match (weakest, strongest.filter(|rho| rho.is_positive())) {
        _ if growing.is_empty() => "no filter grows without limit".into(),
        (Some(weakest), Some(strongest)) => remark!(
            "{}; losers are among them, so the squared dominance ratio does not grow without limit but tends to {}",
            found,
            weakest / strongest
        ),
        (Some(weakest), None) if weakest.is_positive() => remark!(
            "{}; no loser is among them, so the winners dominate without limit all the same",
            found
        ),
        _ => found,
    };
    Ok(remark!(
        "T2s, which needs only A1 and a fixed head, was verified at {}: {}",
        walked.steps(),
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
    let camps = problem.camps();
    let (least, largest) = camps.extremes(&norms);
    let show = |norm: Option<&Q>| norm.map_or("none".into(), |norm| remark!("{}", norm));
    Ok(remark!(
        "exact engine at step {}: least winner norm squared {}, largest loser norm squared {}",
        walked.last,
        show(least),
        show(largest)
    ))
}
