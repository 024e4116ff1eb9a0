//! T12: SGD along and across the keys, with backgrounds that may overlap with each other.
//!
//! Keys are of length 1, orthogonal to each other and to every background pattern; the backgrounds may have any Gram
//! matrix G. A filter j whose head votes for label y is `w_j = Z v_y + w_perp`. A sample of label y adds
//! `eta |a_j| r_y` to Z where Z > 0, no other sample moves Z, and nothing does where `Z <= 0`. A sample (y', N) adds
//! `d = eta a_j y' sum_{p != v_y: Z_jp > 0} N_p p` to `w_perp`.
//!
//! - *Mean.* `2 <w_perp, d>` is in the mean `2 eta sum_p a_j E[y' N_p] relu(Z_jp) <= 0` under H, and `|d|^2` at most
//!   `eta^2 a_j^2 sum_pq N_p N_q max(G_pq, 0)`, V in the mean and C at most (without `eta^2 a_j^2`). So `E |w_perp(t)|^2 <= M_t
//!   = |w_perp(0)|^2 + eta^2 a_j^2 V t`, and `|w_perp(s)|^2 + eta^2 a_j^2 V (t - s)` is a nonnegative supermartingale: by Ville,
//!   `P(max_{s <= t} |w_perp(s)|^2 > x) <= M_t / x`.
//! - *Exponentials.* With `c = eta |a_j| sqrt C >= |d|` and any l > 0, `|w + d|^2` lies in `[(|w| - c)^2, (|w| + c)^2]`, and is at most
//!   `|w|^2 + c^2 + 2 <w, d>`. `u -> cosh(l sqrt u)` is convex and grows, so it is at most its chord over that interval, whose
//!   middle has the value `cosh(l |w|) cosh(l c)` and whose slope is at least 0. Since `E <w, d> <= 0`, `cosh(l |w_perp(s)|)
//!   cosh(l c)^-s` is a supermartingale, and `cosh x <= exp(x^2 / 2)`: with `M'_t = |w_perp(0)|^2 + c^2 t` and `l^2 = 2 L / M'_t`,
//!   `P(some s has |w_perp(s)|^2 >= 2 L M'_t max(1, s/t)^2) <= 2 e^-L`.
//! - *Conclusions.* Where `B_y >= b_y` and `|w_perp|^2 <= x_i`, keys and norms are bounded as written in the statement, and
//!   an image of label y meets the filters of the other label with at most `sum_p N_p relu(Z_ip) <= rho_y |w_perp,i|`,
//!   `rho_y^2 = max sum_pq N_p N_q max(G_pq, 0)` over its images: by Cauchy and Schwarz.
//! - *Split.* The other key's coordinate never grows while it is positive, and ends at or above `-eta |a_j| r`. So it may be
//!   followed on its own, and `w_perp`, V, C and rho are about backgrounds alone.
//! - *Batches.* The mean of the d of its samples is what a step adds: its square is at most the mean of their squares, so
//!   M_t and M'_t stay. Keys grow by `eta |a_j| r_y` over the size of a batch with each sample of label y.
//! - *For ever.* Keys grow at least like s and the bounds of parts across like `max(1, s/t0)`: `goals.rs`.
//!
//! Where no coordinate across is positive at the start, `w_perp` never moves, and its bound is itself.
//!
//! # Cost
//! The counts are a binomial law, found once a step that is looked at; then some operations for each filter and level.

pub mod certified;
pub mod ends;
mod goals;
mod seen;
mod setting;
mod stated;

use super::context::Budget;
use super::evidence::{Certified, ProbabilityClaim, least_certified, share};
use super::figures::{Figures, Side};
use super::prelude::*;
use super::thresholds::{RATIOS, no_probability, push_least};
use crate::dynamics::gradient::Model as Gradient;
use crate::dynamics::path::ExactPath;
use crate::number::least_where;
use crate::probability::{Tail, exp_neg_ru};
use crate::problem::assumption::drifting;
use crate::problem::model::silent_filter;
use goals::{Aim, Demands, Goal, Method, Window, for_ever};
use num_traits::{One, Signed, Zero};
use rayon::prelude::*;
use seen::{ExactLaw, MeanGrowth, follow, is_across};
use setting::{Form, Setting};
use stated::{Runs, Stated, by_each_bound, judge};

/// T12.
pub struct AlongAndAcross;

static STATEMENT: Statement = Statement {
    id: TheoremId::T12,
    title: "SGD along and across the keys",
    file: "along_and_across",
    claims: &["C3", "C4", "C5"],
    statement: "For filter j with own key v (the label y of its head's sign) write w_j = Z v + w_perp, and let H be a_j E[y N_p] <= 0 for every other pattern p. If Z(0) > 0, Z(t) = Z(0) + eta |a_j| r_y B_y(t), with B_y(t) the number of label-y samples over those of one step; else Z never moves. Under H, with M_t = |w_perp(0)|^2 + eta^2 a_j^2 V t and M'_t the same with C, V and C the mean and the largest value of sum_pq N_p N_q max(G_pq, 0) over patterns but v: P(max_{s<=t} |w_perp(s)|^2 > M_t/delta) <= delta, and P(some s has |w_perp(s)|^2 >= 2 L M'_t max(1, s/t)^2) <= 2 e^-L. So with probability at least 1 - sum_y P(B_y(t0) < b_y) - sum_i delta_i (or 2 e^-L_i in place of delta_i), at every s in [t0, t] and with x_i = M_t/delta_i (or 2 L_i M'_t): tan^2 of the angle of w_j and v is at most x_j / (Z(0) + eta |a_j| r_y b_y)^2; every winner's norm is at least R times every loser's, if (Z_j(0) + eta |a_j| r_y b_y)^2 >= R^2 (own_i^2 + x_i); and accuracy is 1, if r_y sum_{J_y} |a_j| (Z_j(0) + eta |a_j| r_y b_y) > rho_y sum_{i of the other label} |a_i| sqrt(x_i) for both labels. For ever: the same at all s >= t0, with x_i = 2 L_i M'_t0, b_y = beta_y t0, the winners' Z_j(0) left out, and exp(-2 n (pi_y - beta_y)^2) for the counts, n the samples up to t0.",
    formulas: &[
        Formula::new(
            "for filter j, y the label of its head's sign",
            r"w_j(t) = Z_{j,v_y}(t)\, v_y + w_j^\perp(t)",
        ),
        Formula::new(
            "on every path, if the key coordinate is positive at the start, B_y the number of samples of label y over those of one step; else it never moves",
            r"Z_{j,v_y}(t) = Z_{j,v_y}(0) + \eta\, |a_j|\, r_y B_y(t)",
        ),
        Formula::new(
            "H, for every pattern p but its own key",
            r"a_j\, \mathbb{E}[y N_p] \le 0",
        ),
        Formula::new(
            "the mean over images, and the largest value over images",
            r"V_j = \mathbb{E} \sum_{p,q \ne v_y} N_p N_q \max(G_{pq}, 0), \qquad C_j = \max_x \sum_{p,q \ne v_y} N_p N_q \max(G_{pq}, 0)",
        ),
        Formula::new(
            "",
            r"M_{j,t} = |w_j^\perp(0)|^2 + \eta^2 a_j^2 V_j\, t, \qquad M'_{j,t} = |w_j^\perp(0)|^2 + \eta^2 a_j^2 C_j\, t",
        ),
        Formula::new(
            "under H, for every delta",
            r"\Pr\left(\max_{s \le t} |w_j^\perp(s)|^2 > \frac{M_{j,t}}{\delta}\right) \le \delta",
        ),
        Formula::new(
            "under H, for every L",
            r"\Pr\left(\text{some } s \text{ has } |w_j^\perp(s)|^2 \ge 2 L M'_{j,t} \max\left(1, \tfrac{s}{t}\right)^2\right) \le 2 \exp(-L)",
        ),
        Formula::new(
            "so, for b_y >= 0, with probability at least",
            r"1 - \sum_y \Pr\left(B_y(t_0) < b_y\right) - \sum_i \delta_i",
        ),
        Formula::new(
            "(or 2 exp(-L_i) in place of a delta_i), at every step from t_0 to t, with",
            r"x_i = \frac{M_{i,t}}{\delta_i} \quad \text{(or } 2 L_i M'_{i,t} \text{)}",
        ),
        Formula::new(
            "direction, of a winner j of label y, at every such step s",
            r"\tan^2(w_j(s), v_y) \le \frac{x_j}{\left(Z_{j,v_y}(0) + \eta\, |a_j|\, r_y b_y\right)^2}",
        ),
        Formula::new(
            "norms: every winner's is at least R times every loser's, if for all winners j of label y and losers i",
            r"\left(Z_{j,v_y}(0) + \eta\, |a_j|\, r_y b_y\right)^2 \ge R^2 \left(\operatorname{own}_i^2 + x_i\right)",
        ),
        Formula::new(
            "accuracy is 1, if for both labels",
            r"r_y \sum_{j \in J_y} |a_j| \left(Z_{j,v_y}(0) + \eta\, |a_j|\, r_y b_y\right) > \rho_y \sum_{i:\, y a_i < 0} |a_i| \sqrt{x_i}",
        ),
        Formula::new(
            "for ever, at all steps s >= t_0 together: the same without the winners' coordinates at the start, with",
            r"b_y = \beta_y t_0, \qquad \beta_y < \pi_y, \qquad x_i = 2 L_i M'_{i,t_0}",
        ),
        Formula::new(
            "and with probability at least",
            r"1 - \sum_y \exp\left(-2 \text{(samples up to } t_0 \text{) } (\pi_y - \beta_y)^2\right) - \sum_i 2 \exp(-L_i)",
        ),
    ],
    model: Model {
        losses: &[Loss::Unhinged],
        train: Some(Train::Filters),
        ..Model::RELU_SUM
    },
    further: "a head without zeros",
    assumes: &[AssumptionId::A1k, A2, AssumptionId::H],
    proofs: proofs! {
        T12a_second_moment: "under H, the mean of |w_perp(t)|^2 is at most M_t";
        T12b_maximal: "under H, P(max_{s<=t} |w_perp(s)|^2 > M_t/delta) <= delta";
        T12c_own_key: "the own key on every path";
        T12d_angle: "the angle of a winner and its key in a window, with M_t/delta: its probability";
        T12e_norms: "the ratio of norms in a window, with M_t/delta_i: its probability";
        T12f_accuracy: "accuracy 1 in a window, with M_t/delta_i: its probability";
        T12i_other_key: "the other key on every path";
        T12i_norms: "the ratio of norms with the other key taken out";
        T12i_accuracy: "accuracy with the other key taken out";
    },
    unproved: &[
        "batches of more than one sample",
        "the exponential bounds: M'_t, 2 e^-L, and all that is for ever",
        "angle, norms and accuracy in one event, and what is left out where a filter cannot move across or a label does not occur",
        "bounds of the counts by Hoeffding, Chernoff and Cantelli",
    ],
};

/// The own key.
const OWN: Clause = Clause::new("the coordinate of a filter on its own key", Equal);

/// The other key, where it is followed on its own.
const WRONG: [Clause; 2] = [
    Clause::new("the coordinate of a filter on the other key", AtMost),
    Clause::new(
        "the squared coordinate of a filter on the other key",
        AtMost,
    ),
];

/// V bounds what a step adds in the mean.
const MEAN: Clause = Clause::new(
    "what a step adds in the mean to the squared part of a filter across its key",
    AtMost,
);

/// The clause about paths.
const IMPLIED: &str =
    "where the counts are reached and the parts across are short, the conclusion is there";

/// The bound by second moments.
const MOMENTS: &str = "P(|w_perp|^2 stays at most M_t/delta up to t)";

/// The bound by exponentials.
const EXPONENTIAL: &str = "P(|w_perp|^2 stays below 2 L M'_t up to t)";

/// The clause about conclusions.
const CERTIFIED: &str = "the conclusion has at least the certified probability";

/// What is claimed of a problem.
pub struct Claim {
    setting: Setting,
    /// What the probability falls short of 1 by, at most, given the sum of the tails.
    failure: fn(&Tail) -> Tail,
    /// What is made of the thresholds that were chosen.
    chosen: fn(&mut Goal),
}

static NEAR_MISSES: [NearMiss<Claim>; 10] = [
    NearMiss::new(MEAN.name, "V is halved", |claim, _| {
        for side in &mut claim.setting.sides {
            side.moment = side.moment.each_ref().map(|v| v / integer(2));
        }
    }),
    NearMiss::new(
        IMPLIED,
        "counts b_y below 0 in the condition on the norms",
        |claim, _| {
            claim.chosen = |goal| {
                if let Aim::Ratio(_) = goal.aim {
                    goal.counts = goal.counts.map(|b| -b);
                }
            };
            claim.failure = no_probability;
        },
    ),
    NearMiss::new(
        OWN.name,
        "a winner's key grows by 2 eta |a_j| r with each sample of its label",
        |claim, _| {
            for filter in &mut claim.setting.filters {
                filter.growth *= integer(2);
            }
        },
    ),
    NearMiss::new(
        MEAN.name,
        "V without the products of different patterns",
        |claim, problem| claim.setting.leave_out_products(problem),
    ),
    NearMiss::new(
        IMPLIED,
        "parts across do not oppose the winners, where they are those of winners of the other label",
        |claim, _| {
            claim.setting.opposes = |filter| !filter.wins();
            claim.failure = no_probability;
        },
    ),
    NearMiss::new(MEAN.name, "eta in place of eta^2", |claim, problem| {
        claim.setting.square = problem.training().step.clone()
    }),
    NearMiss::new(
        MOMENTS,
        "second moments without the term that grows with t: P(max |w_perp(s)|^2 > |w_perp(0)|^2/delta) <= delta",
        |claim, _| {
            claim.setting.counted = |_| 0;
            claim.failure = no_probability;
        },
    ),
    NearMiss::new(MEAN.name, "H is not needed", |claim: &mut Claim, _| {
        for side in &mut claim.setting.sides {
            side.covered = true;
        }
    })
    .without(|failing, _| failing.assumption == AssumptionId::H),
    NearMiss::new(
        EXPONENTIAL,
        "V in place of C in the exponential bound",
        |claim, _| {
            for side in &mut claim.setting.sides {
                side.largest = side.moment.clone();
            }
            claim.failure = no_probability;
        },
    ),
    NearMiss::new(CERTIFIED, "the tails are divided by 10", |claim, _| {
        claim.failure = |tails| tails.times(&ratio(1, 10))
    }),
];

/// The thresholds of a window that are chosen for an aim, given delta.
type Choose = fn(&Claim, &Window<'_, '_>, &Q) -> Option<Goal>;

/// A certified step is looked for up to this many times the problem's steps, and at least up to
/// [`Budget::reach`].
const REACH: u64 = 16;

/// Steps before the one found that are looked at one by one.
const MOST_SCANNED: u64 = 32;

/// Steps up to which the form for ever is looked for.
const MAX_FOR_EVER: u64 = 1 << 40;

/// Filters whose part across is compared with the exact law.
const FILTERS: usize = 3;

impl Claim {
    fn new(problem: &Problem) -> Result<Self, Remark> {
        Ok(Claim {
            setting: Setting::new(problem)?,
            failure: Tail::clone,
            chosen: |_| (),
        })
    }

    /// As it was chosen, or as a near miss has it.
    fn taken(&self, goal: Option<Goal>) -> Option<Goal> {
        let mut goal = goal?;
        (self.chosen)(&mut goal);
        Some(goal)
    }

    /// Is a goal certified at 1 - delta?
    fn certifies(&self, goal: &Goal, delta: &Q) -> bool {
        (self.failure)(&Tail::Exact(goal.failure.clone())).upper() <= delta
    }

    /// Is accuracy certified on a window?
    fn certifies_accuracy(&self, demands: &Demands<'_>, from: u64, to: u64, delta: &Q) -> bool {
        let window = Window::new(demands, from, to);
        let cap = self.cap(delta);
        let mut goals = window.accuracies(&cap);
        goals.any(|goal| self.certifies(&goal, delta))
    }

    /// What is missed with more probability is not certified at 1 - delta: a near miss may claim a tenth of the tails.
    fn cap(&self, delta: &Q) -> Q {
        delta / (self.failure)(&Tail::one()).upper()
    }

    /// The thresholds of a window that are certified for accuracy, for the largest ratio that delta allows, and for the
    /// least angles, where the theorem speaks of them.
    fn stated(&self, aims: &[Choose], window: &Window<'_, '_>, delta: &Q) -> Vec<(Goal, Tail)> {
        let goals = aims
            .iter()
            .filter_map(|aim| self.taken(aim(self, window, delta)));
        let failure = |goal: Goal| {
            let bound = (self.failure)(&window.failure(&goal)).complement();
            (goal, bound.positive_part())
        };
        goals.map(failure).collect()
    }

    fn accuracy(&self, window: &Window<'_, '_>, _delta: &Q) -> Option<Goal> {
        let speaks = self.setting.speaks_of_accuracy();
        speaks.then(|| window.best_accuracy()).flatten()
    }

    /// The largest ratio that is certified at a step, else the bound for the least ratio.
    fn ratio(&self, window: &Window<'_, '_>, delta: &Q) -> Option<Goal> {
        if !self.setting.speaks_of_ratio() {
            return None;
        }
        let cap = self.cap(delta);
        let mut all = RATIOS
            .into_iter()
            .rev()
            .filter_map(|r| window.ratio(r, &cap));
        all.find(|goal| self.certifies(goal, delta))
            .or_else(|| window.ratio(RATIOS[0], &Q::one()))
    }

    /// The least bound that delta allows, and for it the thresholds that are missed least.
    fn direction(&self, window: &Window<'_, '_>, delta: &Q) -> Option<Goal> {
        let speaks = self.setting.speaks_of_direction();
        let goal = speaks.then(|| window.direction(delta)).flatten()?;
        let Aim::Direction(bound) = &goal.aim else {
            return Some(goal);
        };
        let with = |method| window.direction_with(bound, method);
        let all = Method::ALL.into_iter().filter_map(with);
        all.chain([goal.clone()])
            .min_by(|a, b| a.failure.cmp(&b.failure))
    }
}

impl Claimed for AlongAndAcross {
    type Claim = Claim;

    const RECORD: &'static Statement = &STATEMENT;

    const NEAR_MISSES: &'static [NearMiss<Claim>] = &NEAR_MISSES;

    const WITHOUT: &'static str = "Nothing bounds the part of a filter across its key here.";

    fn in_its_form(&self, failing: Failing, problem: &Problem) -> Option<Failing> {
        if failing.assumption != A2 || !problem.dictionary().has_keys() {
            return Some(failing);
        }
        // r may differ by label.
        let fault = problem.distribution().key_counts().err()?;
        Some(Failing {
            witness: fault.to_string(),
            ..failing
        })
    }

    fn further_failures(&self, problem: &Problem) -> Vec<Failing> {
        let drift = drifting(problem).filter(|_| problem.dictionary().has_keys());
        silent_filter(problem).into_iter().chain(drift).collect()
    }

    fn claim(&self, problem: &Problem) -> Result<Claim, Remark> {
        Claim::new(problem)
    }

    fn compare(&self, context: &Context<'_>, claim: &Claim, outcome: &mut Outcome) {
        let (problem, delta, setting) = (context.problem, &context.budget.delta, &claim.setting);
        let steps = problem.training().steps;
        let demands = Demands::new(setting);
        let start = least_start(claim, &demands, steps, delta);
        let end = Window::new(&demands, steps, steps);
        let longer = (start < steps).then(|| Window::new(&demands, start, steps));
        let window = longer.as_ref().unwrap_or(&end);
        let mut goals = claim.stated(&[Claim::accuracy], window, delta);
        goals.extend(claim.stated(&[Claim::ratio, Claim::direction], &end, delta));
        let chosen: Vec<Goal> = goals.iter().map(|(goal, _)| goal.clone()).collect();
        let model = Gradient::new(problem);
        let growth = MeanGrowth::new(setting);
        let paths = follow(context, &growth, &chosen, &model);
        outcome.verdict = paths.verdict(problem);
        outcome.vacuous = steps == 0;
        outcome.scope = Some(Scope::on(paths.scope()));
        let begin = Place::of(Course::Cases).at(0);
        let at_start = growth.check(&ExactPath::new(problem), &begin);
        outcome.refute_by(
            at_start.err().or_else(|| paths.violation.clone()),
            Layer::Exact,
        );
        let law = ExactLaw::new(context, setting);
        if let Ok(law) = &law {
            parts_across(law, claim, steps, delta, outcome);
        }
        let runs = Runs::new(context);
        let stated = goals.into_iter().map(|(goal, bound)| {
            let from = if goal.aim == Aim::Accuracy {
                start
            } else {
                steps
            };
            let law = law.as_ref().ok();
            Stated {
                exact: law.and_then(|law| law.always(&goal.aim, from, steps).ok()),
                sampled: runs.may_refute(&goal.aim, setting),
                from,
                bound,
                goal,
            }
        });
        let stated: Vec<Stated> = stated.collect();
        judge(&stated, steps, outcome);
        if stated.iter().all(|s| !s.bound.lower().is_positive()) && !outcome.is_refuted() {
            outcome.vacuous = true;
        }
        if context.verdict_only {
            return;
        }
        let met: u64 = paths.ends.iter().map(|end| end.met).sum();
        told(setting, &stated, steps, paths.describe(), met, outcome);
        figures(
            &demands,
            &stated,
            start,
            &end,
            law.err(),
            &mut outcome.figures,
        );
        let figures = &mut outcome.figures;
        runs.figures(&stated, figures);
        least_steps(claim, &demands, steps, &context.budget, figures);
    }

    /// At each step by itself; at the last one as in the figures, where these say more.
    fn curves(
        &self,
        context: &Context<'_>,
        claim: &Claim,
        outcome: &Outcome,
        times: &[u64],
    ) -> Vec<Curve> {
        let (setting, delta) = (&claim.setting, &context.budget.delta);
        let steps = context.problem.training().steps;
        let kept = Q::one() - delta;
        let figure = |t: u64, name| outcome.figures.lower(name).filter(|_| t == steps);
        let certified = |t: u64, name| figure(t, name).is_some_and(|p| *p >= kept);
        // Of the norms and directions of all winners it speaks only where it covers all filters.
        let all = setting.filters.iter().all(|f| setting.covers(f));
        let at = |demands: &mut Demands<'_>, &t: &u64| {
            let window = Window::new(demands, t, t);
            let accuracy = claim.accuracy(&window, delta).map(|goal| {
                let bound = window.failure(&goal).complement();
                bound.lower().clone()
            });
            let known = figure(t, "accuracy_probability_lower_bound").cloned();
            let accuracy = accuracy.max(known).map(Value::Plain);
            let speaks = all && setting.speaks_of_ratio();
            let ratio = speaks.then(|| window.largest_ratio(delta)).flatten();
            let known =
                figure(t, "ratio").filter(|_| certified(t, "ratio_probability_lower_bound"));
            let ratio = ratio.max(known.map(|r| r * r)).map(Value::Root);
            let direction = claim.direction(&window, delta).filter(|_| all);
            let cosine = direction.and_then(|goal| match goal.aim {
                Aim::Direction(square) => Some(Value::Root((Q::one() + square).recip())),
                _ => None,
            });
            (t, accuracy, ratio, cosine)
        };
        let said = times.par_iter().map_init(|| Demands::new(setting), at);
        let said: Vec<_> = said.collect();
        let accuracies = said
            .iter()
            .map(|(t, accuracy, ..)| (*t, [accuracy.clone()]));
        let norms = said
            .iter()
            .map(|(t, _, ratio, cosine)| (*t, [ratio.clone(), cosine.clone()]));
        let accuracy = [(Quantity::PerfectAccuracy, AtLeast)];
        let dynamics = Dynamics::Probability;
        let mut curves = Curve::all(STATEMENT.id, &dynamics, accuracy, accuracies);
        let quantities = [(Quantity::Ratio, AtLeast), (Quantity::Alignment, AtLeast)];
        let dynamics = Dynamics::WithProbability(kept);
        curves.extend(Curve::all(STATEMENT.id, &dynamics, quantities, norms));
        curves
    }
}

/// The least start of a window up to the last step on which accuracy is certified; the last step if there is none.
fn least_start(claim: &Claim, demands: &Demands<'_>, steps: u64, delta: &Q) -> u64 {
    let speaks = claim.setting.speaks_of_accuracy();
    let certified = |from: u64| speaks && claim.certifies_accuracy(demands, from, steps, delta);
    if !certified(steps) {
        return steps;
    }
    // The tails fall as samples are counted later.
    least_where(0, steps, certified)
}

/// The bounds of parts across against the exact law, for a few filters.
fn parts_across(
    law: &ExactLaw<'_, '_>,
    claim: &Claim,
    steps: u64,
    delta: &Q,
    outcome: &mut Outcome,
) {
    if !law.is_cheap(steps) {
        return;
    }
    let setting = &claim.setting;
    let share = share(1);
    let ways = (0..setting.filters.len()).flat_map(|j| Form::ALL.map(|form| (j, form)));
    let ways = ways.filter(|&(j, form)| is_across(setting, j, form));
    for (j, form) in ways.take(2 * FILTERS) {
        let masses = setting.masses(form, &setting.filters[j], steps);
        let largest = law.largest(j, form);
        let mut levels = vec![ratio(1, 2), delta.clone()];
        levels.dedup();
        let moments = levels.into_iter().map(|level| {
            let bound = &masses[0] / &level;
            (MOMENTS, false, bound, Q::one() - level)
        });
        let exponents = [1i64, 2, 4, 8, 16].into_iter().map(|exponent| {
            let bound = &masses[1] * integer(2 * exponent);
            let kept = Q::one() - exp_neg_ru(&integer(exponent)) * integer(2);
            (EXPONENTIAL, true, bound, kept)
        });
        for (clause, strict, bound, kept) in moments.chain(exponents) {
            // No state goes so far: nothing can fail.
            if largest < bound {
                continue;
            }
            let exact = law.within(j, form, &bound, strict, steps);
            let tail = Tail::Exact(kept);
            let claim = ProbabilityClaim {
                bound: &tail,
                side: Side::AtLeast,
                exact: exact.as_ref(),
                sampled: None,
                share: &share,
            };
            claim.judge_into(outcome, clause, steps, |mut violation| {
                violation.place.filter = Some(j);
                violation.with("square_across", bound.into())
            });
        }
    }
}

/// What was certified, and on what it was compared.
fn told(
    setting: &Setting,
    stated: &[Stated],
    steps: u64,
    paths: Remark,
    met: u64,
    outcome: &mut Outcome,
) {
    for stated in stated {
        let said = match stated.bound.lower().is_positive() {
            true => remark!(
                "{}: certified with at least {}",
                stated.quantity(steps),
                stated.bound.lower()
            ),
            false => remark!("{}: nothing is certified", stated.quantity(steps)),
        };
        outcome.because.push(match (&stated.exact, stated.sampled) {
            (Some(exact), _) => remark!("{}; exactly it is {}.", said, exact),
            (None, Some(seen)) if stated.goal.aim == Aim::Accuracy => remark!(
                "{}; accuracy 1 at the last step in {} of {}.",
                said,
                seen.successes,
                (seen.runs, "run")
            ),
            (None, Some(seen)) => {
                remark!(
                    "{}; seen in {} of {}.",
                    said,
                    seen.successes,
                    (seen.runs, "run")
                )
            }
            (None, None) => remark!("{}.", said),
        });
    }
    let covered = setting.filters.iter().filter(|f| setting.covers(f)).count();
    if covered < setting.filters.len() {
        outcome.figures.count("filters_covered", covered);
        outcome.because.push(remark!(
            "H holds for {} of {}: those whose head votes for {}; no more is said of the others than how their own keys move.",
            covered,
            (setting.filters.len() as u64, "filter"),
            match setting.sides[0].covered {
                true => "+",
                false => "-",
            }
        ));
    }
    outcome.because.push(remark!(
        "Keys, and what a step adds across them in the mean, were compared along {}; thresholds held at {}.",
        paths,
        (met, "step")
    ));
}

/// The figures at the last step.
fn figures(
    demands: &Demands<'_>,
    stated: &[Stated],
    start: u64,
    end: &Window<'_, '_>,
    limit: Option<Remark>,
    figures: &mut Figures,
) {
    let (steps, setting, one) = (end.to, demands.setting, Q::one());
    figures.count("t0", start);
    for (name, side) in ["cross_moment_plus", "cross_moment_minus"]
        .into_iter()
        .zip(&setting.sides)
    {
        figures.number(name, side.moment[0].clone());
    }
    let limit = limit.unwrap_or_else(|| "beyond its limits at the last step".into());
    let of = |aim: fn(&Aim) -> bool| stated.iter().find(|stated| aim(&stated.goal.aim));
    let accuracy = of(|aim| *aim == Aim::Accuracy);
    let ratio = of(|aim| matches!(aim, Aim::Ratio(_)));
    let direction = of(|aim| matches!(aim, Aim::Direction(_)));
    match ratio.map(|stated| &stated.goal.aim) {
        Some(Aim::Ratio(ratio)) => figures.count("ratio", *ratio),
        _ => figures.missing(
            "ratio",
            unsaid(
                setting.speaks_of_ratio(),
                "winners and losers, and H for the losers, are needed",
            ),
        ),
    }
    match direction.map(|stated| &stated.goal.aim) {
        Some(Aim::Direction(bound)) => figures.push(("tan_squared_bound", Figure::enclosed(bound))),
        _ => figures.missing(
            "tan_squared_bound",
            unsaid(setting.speaks_of_direction(), "a winner under H is needed"),
        ),
    }
    let unsaid_accuracy = || {
        unsaid(
            setting.speaks_of_accuracy(),
            "H for all filters, and winners of both labels, are needed",
        )
    };
    for (names, found, why) in [
        (
            ["accuracy_probability_lower_bound", "exact_probability"],
            accuracy,
            unsaid_accuracy(),
        ),
        (
            ["ratio_probability_lower_bound", "exact_ratio_probability"],
            ratio,
            unsaid(setting.speaks_of_ratio(), "there is no ratio to speak of"),
        ),
        (
            [
                "direction_probability_lower_bound",
                "exact_direction_probability",
            ],
            direction,
            unsaid(setting.speaks_of_direction(), "a winner under H is needed"),
        ),
    ] {
        let Some(stated) = found else {
            figures.missing(names[0], why.clone());
            figures.missing(names[1], why);
            continue;
        };
        figures.push_probability(names[0], &stated.bound, Side::AtLeast);
        match &stated.exact {
            None => figures.missing(names[1], limit.clone()),
            Some(exact) => {
                let fails = Q::one() - exact;
                figures.compare(names[0], &(Q::one() - stated.bound.lower()), &fails);
                figures.push((names[1], Figure::enclosed(exact)));
            }
        }
    }
    let by = |method: Method| {
        let goals = Form::ALL
            .into_iter()
            .filter_map(|form| end.accuracy(form, method, &one));
        goals
            .map(|goal| end.failure(&goal).complement().positive_part())
            .max_by(|a, b| a.lower().cmp(b.lower()))
    };
    let below_one = |failure: Q| Tail::Exact((Q::one() - failure).max(Q::zero()));
    for (name, bound) in [
        ("accuracy_by_moments", by(Method::Moments)),
        ("accuracy_by_exponentials", by(Method::Exponential)),
        ("accuracy_by_cantelli", end.by_cantelli().map(below_one)),
        (
            "accuracy_for_ever",
            for_ever(demands, steps, &one).map(below_one),
        ),
    ] {
        match bound.filter(|_| setting.speaks_of_accuracy()) {
            Some(bound) => figures.push_probability(name, &bound, Side::AtLeast),
            None => figures.missing(name, unsaid_accuracy()),
        }
    }
    by_each_bound(demands, end, ratio, direction, figures);
}

/// Why a figure is not there.
fn unsaid(speaks: bool, otherwise: &'static str) -> Remark {
    match speaks {
        true => "no thresholds satisfy the condition".into(),
        false => otherwise.into(),
    }
}

/// Steps by which accuracy is certified: at that step, and from it on for ever.
fn least_steps(
    claim: &Claim,
    demands: &Demands<'_>,
    steps: u64,
    budget: &Budget,
    figures: &mut Figures,
) {
    let (delta, reach) = (&budget.delta, budget.reach);
    let names = ["least_certified_t", "least_t_for_ever"];
    if !claim.setting.speaks_of_accuracy() {
        for name in names {
            figures.missing(
                name,
                "H for all filters, and winners of both labels, are needed",
            );
        }
        return;
    }
    let last = steps.saturating_mul(REACH).max(reach);
    let at = |t: u64| Some(claim.certifies_accuracy(demands, t, t, delta));
    let at_most = |found: Certified| Certified::AtMost(found.t());
    // Only a few counts and shares were tried: others may do earlier.
    let found = least_certified(0, last, MOST_SCANNED, at);
    push_least(figures, names[0], found.map(at_most));
    let from = |t: u64| Some(for_ever(demands, t, delta).is_some_and(|failure| failure <= *delta));
    let found = least_certified(1, MAX_FOR_EVER, 0, from);
    push_least(figures, names[1], found.map(at_most));
}
