//! T5: with any high probability, accuracy is 1 after enough steps of SGD with the unhinged loss.
//!
//! Every coordinate follows a walk until it is not positive, and then stays: so label counts and the walks of
//! background patterns decide whether accuracy is 1 (`events.rs`). Bounds of the probability come from thresholds on
//! both (`counts.rs`), from the law of the walks at step t (`end_points.rs`), and for all steps from some on
//! (`for_ever.rs`). The derivations are in section T5 of `docs/theory.md`.
//!
//! # Cost
//! With w the standard deviation of a walk at the end and s that of the label count, an evaluation of
//! the end point forms takes about `50 s` label counts times `25 w` values times K, in fixed point
//! (units of 2^-120): t K up to logarithms. The search for the least step takes about
//! `2 log2(t)` evaluations.

mod counts;
mod end_points;
mod events;
mod for_ever;
mod reading;

use super::evidence::{Certified, Frequency, NotFound, least_certified, share};
use super::figures::Figures;
use super::mistake_bound::MistakeBound;
use super::prelude::*;
use super::theorem::Theorem;
use super::thresholds::{
    Known, MissedThresholds, no_probability, push_bound, push_least, whole_law,
};
use crate::dynamics::accuracy::margin_range;
use crate::dynamics::float::lift;
use crate::dynamics::gradient;
use crate::dynamics::sgd::AccuracyKind;
use crate::dynamics::walks::EndPoint;
use crate::probability::{CountLaw, Tail};
use counts::{AtStep, ThresholdForm, Thresholds};
use end_points::EndPoints;
use events::{Events, Rules, sharp, stated};
use for_ever::{WalkBound, least_for_ever};
use num_traits::{One, Zero};
use rayon::prelude::*;
pub use reading::Reading;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The least certified step is searched for up to this step, or [`SEARCH_FACTOR`] times the
/// problem's steps if that is more.
const LEAST_SEARCH_STEPS: u64 = 1 << 14;

/// See [`LEAST_SEARCH_STEPS`].
const SEARCH_FACTOR: u64 = 8;

/// Steps before the one found that are looked at one by one, so that it is the least.
const MOST_SCANNED: u64 = 400;

/// Steps up to which the least step of the form for ever is searched for.
const MAX_FOR_EVER: u64 = 1 << 40;

/// Steps of simulated runs that are spent on exact end points.
const MAX_SAMPLED_STEPS: u64 = 100_000_000;

/// T5: perfect accuracy for SGD, with exact probability.
pub struct PerfectAccuracy;

/// T5s, a sharper form.
pub(super) const T5S: [Formula; 3] = [
    Formula::new(
        "T5s: from the law at the end point alone",
        r"\Pr\left(\text{accuracy} = 1 \text{ at step } t\right) \ge 1 - \sum_k \Pr\left(\text{not } E_k\right)",
    ),
    Formula::new(
        "E_k says, for both labels, with the coordinates at the start",
        r"r \left(\operatorname{win}_y(B_y(t)) - \operatorname{opp}_y(B_y(t))\right) > (m - r) \sum_{j:\, a_j = -y,\; Z_{j,u_k} > 0} \operatorname{relu}\left(Z_{j,u_k} - \eta\, y\, S_k(t)\right)",
    ),
    Formula::new(
        "without a background pattern E_0 takes the place of the sum: for both labels",
        r"\operatorname{win}_y(B_y(t)) > \operatorname{opp}_y(B_y(t))",
    ),
];

static STATEMENT: Statement = Statement {
    id: TheoremId::T5,
    title: "perfect accuracy of SGD",
    file: "perfect_accuracy",
    claims: &["C5"],
    statement: "With the unhinged loss: for all integers b_y >= 0, lambda_k >= 0 with r (win_y(b_y) - opp_y(b_y)) > (m-r) bg_y(lambda) for both labels, P(accuracy = 1 at step t) >= 1 - sum_y P(B_y(t) < b_y) - sum_k P(max_{s<=t} |S_k(s)| > lambda_k), with B_y binomial and S_k the walk of y N_k; and, from the law at the end point alone, P(accuracy = 1 at step t) >= 1 - sum_k P(not E_k(B(t), S_k(t))), where without a background pattern E_0, the condition on the keys, takes the place of the sum. Neither needs A3 or A4; under A3 and A4 both tend to 1.",
    formulas: &[
        Formula::new(
            "for integers b_y >= 0 and lambda_k >= 0, at the start",
            r"\operatorname{win}_y(b_y) = \sum_{j \in J_y} \left(Z_{j,v_y} + \eta r\, b_y\right)",
        ),
        Formula::new(
            "",
            r"\operatorname{opp}_y(b_y) = \sum_{j:\, a_j = -y} \operatorname{relu}\left(Z_{j,v_y} - \eta r\, b_y\right)",
        ),
        Formula::new(
            "",
            r"\operatorname{bg}_y(\lambda) = \max_k \sum_{j:\, a_j = -y,\; Z_{j,u_k} > 0} \left(Z_{j,u_k} + \eta \lambda_k\right)",
        ),
        Formula::new(
            "if for both labels",
            r"r \left(\operatorname{win}_y(b_y) - \operatorname{opp}_y(b_y)\right) > (m - r)\, {\operatorname{bg}_y}(\lambda)",
        ),
        Formula::new(
            "then",
            r"\Pr\left(\text{accuracy} = 1 \text{ at step } t\right) \ge 1 - \sum_y \Pr\left(B_y(t) < b_y\right) - \sum_k \Pr\left(S^*_k(t) > \lambda_k\right)",
        ),
        T5S[0],
        T5S[1],
        T5S[2],
    ],
    model: Model {
        losses: &[Loss::Unhinged],
        train: Some(Train::Filters),
        one_sample: true,
        ..Model::RELU_SUM
    },
    further: "",
    assumes: &[A1, A2, A5f, A6prime],
    proofs: proofs! {
        T5_accuracy: "thresholds that hold on a path imply accuracy 1 at its end";
        T5_probability: "thresholds at step t: their probability";
        T5s_accuracy: "end points of the walks that imply accuracy 1";
        T5s_probability: "the end point form at step t, with at least one background pattern";
        T5_joint: "the joint form at step t, failures of the walks added up";
        C5_unhinged: "accuracy 1 at a single step T with probability at least 1 - delta, for all large T (A3, A4)";
        C5_for_ever: "accuracy 1 and each ratio at all steps from some T on, together, with probability at least 1 - delta (A3, A4; by second moments)";
    },
    unproved: &[
        "the joint form where all background patches are of two patterns",
        "the bounds for ever that the check computes: they have exponentials",
        "that the bounds themselves tend to 1",
        "bounds of the tails by Hoeffding, Azuma, Chernoff and Levy",
    ],
};

/// The clause about paths.
const IMPLIED: &str = "where the thresholds or the events E_k hold, every margin is positive";

/// The clause about probabilities.
const CERTIFIED: &str = "accuracy is 1 with at least the certified probability";

static NEAR_MISSES: [NearMiss<Claim>; 5] = [
    NearMiss::new(
        CERTIFIED,
        "every failure probability divided by 10",
        |claim, _| claim.failure = |tails| tails.times(&ratio(1, 10)),
    ),
    NearMiss::new(
        IMPLIED,
        "thresholds at small tails, without the check that they imply accuracy 1",
        |claim, _| {
            claim.choose = |at, delta| Some(at.unchecked(delta));
            claim.failure = no_probability;
        },
    ),
    NearMiss::new(
        IMPLIED,
        "the background term without its factor m - r",
        |claim, _| {
            for demand in claim.rules.iter_mut().flatten().flatten() {
                demand.factor = demand.factor.min(1);
            }
            claim.failure = no_probability;
        },
    ),
    NearMiss::new(IMPLIED, "the condition of label + alone", |claim, _| {
        for rules in &mut claim.rules {
            rules[1] = None;
        }
        claim.failure = no_probability;
    }),
    NearMiss::new(
        CERTIFIED,
        "T5s with the walk of label + samples alone",
        |claim, _| claim.law = |law| law.of_plus(),
    ),
];

/// What is claimed of a problem.
pub struct Claim {
    /// Key patches of an image.
    r: u32,
    /// What the events are made of, as stated and as images that occur demand.
    rules: [Rules; 2],
    /// The thresholds that are certified at a step, given delta.
    choose: fn(&AtStep<'_>, &Q) -> Option<Thresholds>,
    /// The count law of a walk, given that of its pattern.
    law: fn(CountLaw) -> CountLaw,
    /// What the probability falls short of 1 by, at most, given the sum of the tails.
    failure: fn(&Tail) -> Tail,
}

/// A form of the bound.
struct Form {
    name: &'static str,
    /// The name of its figure, and why there may be none.
    figure: (&'static str, &'static str),
    /// The theorem of `Statements.v` that covers it.
    proof: Option<&'static str>,
}

/// The forms: first those that are proved.
static FORMS: [Form; 3] = [
    Form {
        name: "end point",
        figure: ("bound_end_point", TOO_LARGE),
        proof: Some("T5s_probability"),
    },
    Form {
        name: "thresholds",
        figure: ("bound_thresholds", "no thresholds satisfy the implication"),
        proof: Some("T5_probability"),
    },
    Form {
        name: "joint",
        figure: ("bound_joint", TOO_LARGE),
        proof: Some("T5_joint"),
    },
];

/// Why an end point form has no bound.
const TOO_LARGE: &str = "the law at the end point is beyond the affordable size";

/// What the forms need of a problem, once for all steps.
struct Forms<'c> {
    claim: &'c Claim,
    thresholds: ThresholdForm,
    ends: Option<EndPoints>,
    /// For the implication on sampled end points.
    events: Arc<Events>,
}

impl<'c> Forms<'c> {
    fn new(problem: &Problem, claim: &'c Claim) -> Self {
        let events = |rules| Arc::new(Events::new(problem, claim.r, rules));
        let [stated, sharp] = claim.rules.each_ref().map(events);
        Forms {
            claim,
            thresholds: ThresholdForm::new(problem, claim.r, stated.clone()),
            ends: EndPoints::new(problem, [stated, sharp.clone()], claim.law),
            events: sharp,
        }
    }

    /// The end point form and the joint form at step t.
    fn at_end(&self, t: u64) -> Option<[Tail; 2]> {
        let found = self.ends.as_ref()?.at(t)?;
        Some(found.map(|bound| self.certified(&bound.complement())))
    }

    fn certified(&self, failure: &Tail) -> Tail {
        (self.claim.failure)(failure).complement()
    }

    /// All forms at step t.
    fn at(&self, t: u64, delta: &Q) -> Bounds {
        let at = self.thresholds.at(t);
        let thresholds = (self.claim.choose)(&at, delta);
        let of_thresholds = |chosen| self.certified(&at.failure(chosen));
        let [union, joint] = self.at_end(t).map_or([None, None], |ends| ends.map(Some));
        Bounds {
            tails: [union, thresholds.as_ref().map(of_thresholds), joint],
            thresholds,
        }
    }
}

/// The bounds at one step.
struct Bounds {
    thresholds: Option<Thresholds>,
    /// One a form.
    tails: [Option<Tail>; 3],
}

impl Bounds {
    /// The bounds that there are.
    fn all(&self) -> impl Iterator<Item = (&'static Form, &Tail)> {
        let bounds = FORMS.iter().zip(&self.tails);
        bounds.filter_map(|(form, bound)| Some((form, bound.as_ref()?)))
    }

    /// The largest one, and the first of equal ones.
    fn best(&self) -> Option<(&'static Form, &Tail)> {
        self.all()
            .reduce(|a, b| if b.1.lower() > a.1.lower() { b } else { a })
    }

    /// Do the thresholds hold on a path that ended here?
    fn meet(&self, end: &EndPoint<'_>) -> bool {
        self.thresholds.as_ref().is_some_and(|chosen| {
            let mut counts = end.label_counts.iter().zip(&chosen.counts);
            let mut walks = end.walk_max.iter().zip(&chosen.lambdas);
            counts.all(|(n, b)| n >= b) && walks.all(|(s, &lambda)| s.unsigned_abs() <= lambda)
        })
    }
}

/// How many of the exact end points of the problem's runs have accuracy 1, and the first run on which events or
/// thresholds hold and it has not.
fn sample(
    context: &Context<'_>,
    forms: &Forms<'_>,
    bounds: &Bounds,
) -> Option<(Frequency, Option<Violation>)> {
    let problem = context.problem;
    let training = problem.training();
    let (steps, seed) = (training.steps, training.seed);
    let runs = training.runs.min(MAX_SAMPLED_STEPS / steps.max(1)).max(1);
    let seen = context.visit_ends(runs, &|end| {
        if end.is_perfect() {
            return (true, None);
        }
        let form = if forms.events.hold(end.label_counts, end.walk) {
            "end point"
        } else if bounds.meet(end) {
            "thresholds"
        } else {
            return (false, None);
        };
        let model = gradient::Model::new(problem);
        let margins = margin_range(&model, problem, &end.state(problem));
        let least = margins.map_or_else(Q::zero, |(least, _)| least);
        let place = Place::of(Course::Run { seed, run: end.run }).at(steps);
        let violation = Violation::new(place, IMPLIED, Above, Q::zero(), least)
            .with("form", Detail::Word(form))
            .with("samples", end.label_counts[..].into())
            .with("walk", Detail::Integers(end.walk.to_vec()))
            .with("walk_max", Detail::Integers(end.walk_max.to_vec()));
        (false, Some(violation))
    })?;
    let successes = seen.iter().filter(|(perfect, _)| *perfect).count() as u64;
    let violation = seen.into_iter().find_map(|(_, violation)| violation);
    Some((Frequency { successes, runs }, violation))
}

impl Claimed for PerfectAccuracy {
    type Claim = Claim;

    const RECORD: &'static Statement = &STATEMENT;

    const NEAR_MISSES: &'static [NearMiss<Claim>] = &NEAR_MISSES;

    const WITHOUT: &'static str =
        "Margins are bounded by the walks of the coordinates, and these are not known here.";

    fn beyond(&self, context: &Context<'_>, outcome: &mut Outcome) {
        let mut text = seen(context).unwrap_or_else(|| "No accuracy was simulated.".into());
        // Another theorem is named only where it applies.
        if MistakeBound
            .applies(context.problem, context.audits)
            .is_ok()
        {
            text.push("T6 applies here: it bounds the number of updates on every path.");
        }
        outcome.beyond = Some(text);
    }

    fn claim(&self, problem: &Problem) -> Result<Claim, Remark> {
        let r = problem.distribution().key_count().unwrap_or(1);
        Ok(Claim {
            r,
            rules: [stated(problem, r), sharp(problem)],
            choose: |at, _| at.choose(),
            law: |law| law,
            failure: Tail::clone,
        })
    }

    fn compare(&self, context: &Context<'_>, claim: &Claim, outcome: &mut Outcome) {
        let (problem, delta) = (context.problem, &context.budget.delta);
        let t = problem.training().steps;
        let forms = Forms::new(problem, claim);
        let bounds = forms.at(t, delta);
        let (sampled, violation) = sample(context, &forms, &bounds).unzip();
        let exact = whole_law(context).and_then(|chain| {
            let law = chain.always(t, t, &|state| chain.is_perfect(state));
            law.ok_or_else(|| "the exact law is beyond its limits at the last step".into())
        });
        let known = Known { t, exact, sampled };
        outcome.scope = Some(known.scope());
        if let Some(violation) = violation.flatten() {
            outcome.refute(violation, Layer::Exact);
        }
        let share = share(FORMS.len() as u64);
        for (form, bound) in bounds.all() {
            let form = Detail::Word(form.name);
            let claim = known.claim(bound, &share);
            claim.judge_into(outcome, CERTIFIED, t, |violation| {
                violation.with("form", form)
            });
        }
        let (nothing, best) = (Tail::zero(), bounds.best());
        let claim = known.claim(best.map_or(&nothing, |(_, bound)| bound), &share);
        known.conclude(outcome, claim.judge());
        if best.is_some() {
            let quantity = remark!("P(accuracy = 1 at step {})", t);
            outcome.comparisons.push(claim.comparison(quantity));
        }
        if context.verdict_only {
            return;
        }
        figures(&mut outcome.figures, problem, &bounds, &known);
        let best = best.map(|(form, bound)| (form.name, bound));
        outcome.because = known.because(remark!("Accuracy 1 at step {}", t), best);
        least_steps(context, &forms, outcome);
        for_ever(context, forms.claim.r, &mut outcome.figures);
    }

    /// At each step by itself: the better of the joint and the end point form where these are affordable, else thresholds;
    /// at the last step as in the figures.
    fn curves(
        &self,
        context: &Context<'_>,
        claim: &Claim,
        outcome: &Outcome,
        times: &[u64],
    ) -> Vec<Curve> {
        let steps = context.problem.training().steps;
        let known = outcome.figures.lower("probability_lower_bound");
        let forms = Forms::new(context.problem, claim);
        let by_thresholds = |t: u64| {
            let at = forms.thresholds.at(t);
            let chosen = (claim.choose)(&at, &context.budget.delta)?;
            Some(forms.certified(&at.failure(&chosen)).lower().clone())
        };
        let best = |t: u64| match forms.at_end(t) {
            Some(ends) => ends.iter().map(|bound| bound.lower().clone()).max(),
            None => by_thresholds(t),
        };
        let at = |&t: &u64| {
            let known = known.filter(|_| t == steps).cloned();
            (t, [known.or_else(|| best(t)).map(Value::Plain)])
        };
        let said: Vec<_> = times.par_iter().map(at).collect();
        let quantity = (Quantity::PerfectAccuracy, AtLeast);
        Curve::all(STATEMENT.id, &Dynamics::Probability, [quantity], said)
    }
}

/// The bounds, and what is known of the probability.
fn figures(figures: &mut Figures, problem: &Problem, bounds: &Bounds, known: &Known) {
    // The Coq theorems are about the tails themselves: sums, not bounds of them; that on the end point is about
    // background patterns, and the joint one adds up walk by walk.
    let proof = |(form, bound): (&Form, &Tail)| {
        let covered = match form.name {
            "end point" => problem.n_patterns() > 2,
            // Of two patterns the events of both walks are one.
            "joint" => end_points::only_two(problem).is_none(),
            _ => true,
        };
        form.proof.filter(|_| covered && bound.is_sharp())
    };
    let best = bounds.best();
    let exact = |p: &Q| Figure::Exact(p.clone());
    let bound = best.map(|(_, bound)| bound);
    known.figures(figures, bound, best.and_then(proof), exact);
    for (form, bound) in FORMS.iter().zip(&bounds.tails) {
        let (name, why) = form.figure;
        match bound {
            Some(bound) => push_bound(figures, name, bound, proof((form, bound))),
            None => figures.missing(name, why),
        }
    }
    if let Some(chosen) = &bounds.thresholds {
        figures.count("threshold_b_plus", chosen.counts[0]);
        figures.count("threshold_b_minus", chosen.counts[1]);
        let lambdas = &chosen.lambdas;
        if let (Some(&least), Some(&largest)) = (lambdas.iter().min(), lambdas.iter().max()) {
            figures.count("threshold_lambda_least", least);
            figures.count("threshold_lambda_largest", largest);
        }
    }
}

/// The least certified step of every form, found by doubling and bisection.
fn least_steps(context: &Context<'_>, forms: &Forms<'_>, outcome: &mut Outcome) {
    let delta = &context.budget.delta;
    let problem = context.problem;
    let last = (problem.training().steps.saturating_mul(SEARCH_FACTOR)).max(LEAST_SEARCH_STEPS);
    let scanned = MOST_SCANNED / (1 + problem.n_patterns() as u64 / 8);
    let level = Q::one() - delta;
    let (mut coarse, mut fine) = (BTreeMap::new(), BTreeMap::new());
    let mut by_end_point = |t: u64, form: usize| {
        // What is cut off decides nothing, unless the bound is that close to the level.
        let ends = forms.ends.as_ref()?;
        let rough: &Option<[Tail; 2]> = coarse.entry(t).or_insert_with(|| ends.roughly(t));
        if let Some(bounds) = rough {
            let (lower, upper) = (bounds[form].lower(), bounds[form].upper());
            if *lower >= level || *upper < level {
                return Some(*lower >= level);
            }
        }
        let bounds = fine.entry(t).or_insert_with(|| ends.at(t));
        bounds.as_ref().map(|bounds| *bounds[form].lower() >= level)
    };
    let joint = least_certified(0, last, scanned, |t| by_end_point(t, 1));
    let union = least_certified(0, last, scanned, |t| by_end_point(t, 0));
    let thresholds = least_certified(0, last, scanned, |t| {
        Some(forms.thresholds.certifies(t, delta))
    });
    let best = least_of_all([joint, union, thresholds]);
    for (name, found) in [
        ("least_certified_t", best),
        ("least_certified_t_thresholds", thresholds),
        ("least_certified_t_end_point", union),
        ("least_certified_t_joint", joint),
    ] {
        push_least(&mut outcome.figures, name, found);
    }
    let step = match best {
        Ok(Certified::Least(t)) => remark!("step {}", t),
        Ok(Certified::AtMost(t)) => remark!("by step {}", t),
        Err(_) => return,
    };
    let text = remark!("Least certified at {}: {}.", level, step);
    outcome.because.push(text);
}

/// The least of all, if no form was left open before it; the first if there is none.
fn least_of_all(all: [Result<Certified, NotFound>; 3]) -> Result<Certified, NotFound> {
    let Some(best) = all.into_iter().flatten().reduce(Certified::min) else {
        return all[0];
    };
    let open = |found: Result<Certified, NotFound>| match found {
        Ok(found) => matches!(found, Certified::AtMost(_)),
        Err(none) => none.up_to.is_none_or(|t| t < best.t()),
    };
    match all.into_iter().any(open) {
        true => Ok(Certified::AtMost(best.t())),
        false => Ok(best),
    }
}

/// The form for ever, both ways of bounding the walks.
fn for_ever(context: &Context<'_>, r: u32, figures: &mut Figures) {
    let unbalanced = context.failing(&[A3, A4]);
    if !unbalanced.is_empty() {
        return figures.missing("least_t_for_ever", "the form for ever needs A3 and A4");
    }
    let delta = &context.budget.delta;
    let azuma = ["least_t_for_ever", "bound_for_ever", "theta_for_ever"];
    let sharp = [
        "least_t_for_ever_sharp",
        "bound_for_ever_sharp",
        "theta_for_ever_sharp",
    ];
    for (how, [t, bound, theta]) in [(WalkBound::Azuma, azuma), (WalkBound::Chernoff, sharp)] {
        let Some(found) = least_for_ever(context.problem, r, delta, how, MAX_FOR_EVER) else {
            figures.missing(t, remark!("not certified up to step {}", MAX_FOR_EVER));
            continue;
        };
        if found.theta.is_zero() {
            figures.count(t, found.t);
            figures.number(bound, found.bound);
            continue;
        }
        // Only a few values of theta were tried.
        figures.push((t, Figure::AtMost(found.t)));
        figures.number(bound, found.bound);
        figures.number(theta, found.theta);
    }
}

/// The accuracy of the simulated runs at the last step.
fn seen(context: &Context<'_>) -> Option<Remarks> {
    let simulation = context.simulation?;
    let last = simulation.series.last()?;
    let share = match last.perfect_runs {
        Some(perfect) => remark!(
            "is 1 in {} of {}",
            perfect,
            (simulation.runs, "simulated run")
        ),
        None => remark!(
            "has the median {} over {}",
            lift(last.accuracy.q50?)?,
            (last.finite_runs, "simulated run")
        ),
    };
    let caveat = match last.accuracy_kind {
        AccuracyKind::Exact => "",
        AccuracyKind::F64 => " in plain f64, where rounding may have decided",
        AccuracyKind::Sampled => ", as far as sampled images tell",
    };
    Some(remark!("Accuracy at step {} {}{}.", last.t, share, caveat).into())
}

/// Thresholds under which accuracy is 1 at step t, and an upper bound of the probability that they
/// are missed: what a certificate of T5 states.
///
/// `None` outside the model of T5, or where no thresholds imply accuracy 1.
///
/// # Cost
/// One search, as in the check of T5 at a single step.
pub fn thresholds_at(problem: &Problem, t: u64) -> Option<MissedThresholds> {
    if !STATEMENT.model.fits(problem) || problem.distribution().key_count().is_none() {
        return None;
    }
    let claim = PerfectAccuracy.claim(problem).ok()?;
    let form = Forms::new(problem, &claim).thresholds;
    let at = form.at(t);
    let chosen = at.choose()?;
    Some(MissedThresholds {
        failure: at.failure(&chosen).upper().clone(),
        counts: chosen.counts,
        walks: chosen.lambdas,
    })
}
