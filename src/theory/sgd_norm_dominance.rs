//! T4: norm dominance for SGD, with a certified probability.
//!
//! The statement in its three forms, stated, alive and end point, and its derivation are in section T4 of
//! `docs/theory.md`. The *ratio* is the least norm of a winner over the largest norm of a loser.
//!
//! # What the check does
//! For each R it searches thresholds that leave as much probability as possible, and certifies them:
//! the implication in rationals, the tails exactly or by directed rounding. What is certified is
//! compared with the exact law where that is affordable, with the exact end points of the simulated
//! runs, and, threshold by threshold, with every step of a few exact paths.

mod curve;
mod reading;
mod seen;
mod setting;

use super::evidence::{least_certified, share};
use super::figures::Figures;
use super::prelude::*;
use super::thresholds::{Known, MissedThresholds, RATIOS, no_probability, push_bound, push_least};
use crate::dynamics::float::lift;
use crate::number::least_where;
use crate::probability::Tail;
use curve::{Effort, Laws, Thresholds};
use num_traits::{One, Zero};
use rayon::prelude::*;
pub use reading::Reading;
use seen::{ExactLaw, IMPLIED, at_ends, follow, frequency, with_thresholds};
use setting::{Form, Setting};

/// T4.
pub struct SgdNormDominance;

static STATEMENT: Statement = Statement {
    id: TheoremId::T4,
    title: "norm dominance for SGD",
    file: "sgd_norm_dominance",
    claims: &["C3", "C4"],
    statement: "If integers b_y >= 0 and lambda_k >= 0 satisfy, for all winners j of label y and all losers i at the start, (Z_{j,v_y} + eta r b_y)^2 >= R^2 (own_i^2 + max(wrong_i^2, (eta r)^2) + sum_k (|Z_{i,u_k}| + eta lambda_k)^2), then the least winner norm is at least R times the largest loser norm at every step of [t0, t] with probability at least 1 - sum_y P(B_y(t0) < b_y) - sum_k P(S*_k(t) > lambda_k).",
    formulas: &[
        Formula::new(
            "if integers b_y >= 0 and lambda_k >= 0 satisfy, for all winners j of label y and all losers i, at the start",
            r"(Z_{j,v_y} + \eta r\, b_y)^2 \ge R^2 \left(\operatorname{own}_i^2 + \max\left(\operatorname{wrong}_i^2, (\eta r)^2\right) + \sum_k \left(|Z_{i,u_k}| + \eta \lambda_k\right)^2\right)",
        ),
        Formula::new(
            "then",
            r"\Pr\left(\min_{j \in J} |w_j(s)| \ge R\, {\max_{i \notin J}} |w_i(s)| \text{ for all } s \in [t_0, t]\right) \ge 1 - \sum_y \Pr\left(B_y(t_0) < b_y\right) - \sum_k \Pr\left(S^*_k(t) > \lambda_k\right)",
        ),
    ],
    model: Model {
        losses: &[Loss::Unhinged],
        one_sample: true,
        ..Model::RELU_SUM
    },
    further: "",
    assumes: &[A1, A2, A5f, A6prime],
    proofs: proofs! {
        T4_dominance: "thresholds that hold on a path imply the ratio on it, at every step of the window";
        T4_probability: "the stated form: its probability for integer thresholds b_y >= 0";
        T4_alive: "the alive form: its probability, at every step of a window";
        T4_end_point: "the end point form: its probability, at one step";
        T4_limit: "every ratio at a single step T with probability at least 1 - delta, for all large T (A3, A4)";
        T4_for_ever: "each ratio at all steps from some T on, together, with probability at least 1 - delta (A3, A4)";
    },
    unproved: &["bounds of the tails by Hoeffding, Azuma, Chernoff and Levy"],
};

/// The clause about probabilities.
const CERTIFIED: &str = "the ratio has at least the certified probability";

/// The same at every step of a window.
const WINDOW: &str = "the ratio at every step of a window has at least the certified probability";

/// What is claimed of a problem.
pub struct Claim {
    /// What thresholds imply.
    setting: Setting,
    /// The thresholds that are certified at a step, given delta.
    choose: fn(&Laws<'_>, &Q) -> Vec<Thresholds>,
    /// What the probability falls short of 1 by, at most, given the sum of the tails.
    failure: fn(&Tail) -> Tail,
    /// Where a window opens, given the first step from which on its thresholds are certified.
    opens: fn(u64) -> u64,
}

static NEAR_MISSES: [NearMiss<Claim>; 5] = [
    NearMiss::new(CERTIFIED, "the tails are divided by 10", |claim, _| {
        claim.failure = |tails| tails.times(&ratio(1, 10))
    }),
    NearMiss::new(
        IMPLIED,
        "thresholds are chosen by their tails alone, without the implication",
        |claim, _| {
            claim.choose = |laws, delta| laws.by_tails_alone(delta);
            claim.failure = no_probability;
        },
    ),
    NearMiss::new(
        IMPLIED,
        "a loser's background is left out of its norm",
        |claim, problem| {
            claim.setting.leave_out_background(problem);
            claim.failure = no_probability;
        },
    ),
    NearMiss::new(
        IMPLIED,
        "a winner's key grows by 2 eta r with each sample of its label",
        |claim, _| {
            claim.setting.growth *= integer(2);
            claim.failure = no_probability;
        },
    ),
    NearMiss::new(
        WINDOW,
        "what is certified at the last step of a window holds from the start on",
        |claim, _| claim.opens = |_| 0,
    ),
];

/// The least certified step is looked for up to this many times the problem's steps, and at least
/// up to [`LEAST_REACH`].
const REACH: u64 = 16;

/// See [`REACH`].
const LEAST_REACH: u64 = 256;

/// Steps before the one found that are looked at one by one, so that it is the least.
const MOST_SCANNED: u64 = 64;

/// Thresholds with what they certify.
struct Certificate {
    thresholds: Thresholds,
    failure: Tail,
}

impl Certificate {
    fn new(claim: &Claim, laws: &Laws<'_>, thresholds: Thresholds, effort: Effort) -> Self {
        Certificate {
            failure: (claim.failure)(&laws.failure(&thresholds, effort)),
            thresholds,
        }
    }

    /// At least 0, even where the tails add up to more than 1.
    fn bound(&self) -> Tail {
        self.failure.complement().positive_part()
    }

    /// The Coq theorem is about the tails themselves: sums, not bounds of them.
    fn proof(&self) -> Option<&'static str> {
        let theorem = match self.thresholds.form {
            Form::Stated => "T4_probability",
            Form::Alive => "T4_alive",
            Form::EndPoint => "T4_end_point",
        };
        self.failure.is_sharp().then_some(theorem)
    }
}

/// The best certificate for a ratio, of one form or of all, by the lower end of its bound.
fn best(all: &[Certificate], ratio: u64, form: Option<Form>) -> Option<&Certificate> {
    all.iter()
        .filter(|c| c.thresholds.ratio == ratio)
        .filter(|c| form.is_none_or(|form| c.thresholds.form == form))
        .min_by(|a, b| a.failure.upper().cmp(b.failure.upper()))
}

/// What is certified by the best one: 0 if there is none.
fn bound(best: Option<&Certificate>) -> Tail {
    best.map_or_else(Tail::zero, Certificate::bound)
}

/// The largest ratio that some form certifies.
fn largest_ratio(all: &[Certificate], delta: &Q, forms: &[Form]) -> Option<u64> {
    all.iter()
        .filter(|c| c.failure.upper() <= delta && forms.contains(&c.thresholds.form))
        .map(|c| c.thresholds.ratio)
        .max()
}

impl Claimed for SgdNormDominance {
    type Claim = Claim;

    const RECORD: &'static Statement = &STATEMENT;

    const NEAR_MISSES: &'static [NearMiss<Claim>] = &NEAR_MISSES;

    const WITHOUT: &'static str =
        "Norms are bounded by the walks of the coordinates, and these are not known here.";

    fn beyond(&self, context: &Context<'_>, outcome: &mut Outcome) {
        outcome.beyond = Some(seen(context));
    }

    fn claim(&self, problem: &Problem) -> Result<Claim, Remark> {
        Ok(Claim {
            setting: Setting::new(problem)?,
            choose: |laws, _| laws.by_implication(),
            failure: Tail::clone,
            opens: |from| from,
        })
    }

    fn compare(&self, context: &Context<'_>, claim: &Claim, outcome: &mut Outcome) {
        let (problem, delta) = (context.problem, &context.budget.delta);
        let steps = problem.training().steps;
        if claim.setting.camps.losers().next().is_none() {
            return without_losers(steps, outcome);
        }
        let laws = Laws::new(&claim.setting, steps);
        let certificate =
            |found: &Thresholds, effort| Certificate::new(claim, &laws, found.clone(), effort);
        let thresholds = (claim.choose)(&laws, delta);
        let quick = thresholds.iter().map(|t| certificate(t, Effort::Quick));
        let mut certificates: Vec<Certificate> = quick.collect();
        let ratio = largest_ratio(&certificates, delta, &Form::ALL).unwrap_or(RATIOS[0]);
        // The reported bounds are the best there are.
        for known in &mut certificates {
            if known.thresholds.ratio == ratio {
                let sharper = certificate(&known.thresholds, Effort::Full);
                if sharper.failure.upper() <= known.failure.upper() {
                    *known = sharper;
                }
            }
        }

        let (attained, missed) = at_ends(context, &claim.setting, &thresholds).unzip();
        let paths = follow(context, &claim.setting, &thresholds);
        let on_paths = paths.violation.as_deref().cloned();
        if let Some(found) = missed.flatten().or(on_paths) {
            outcome.refute(found, Layer::Exact);
        }
        let law = ExactLaw::new(context, &claim.setting);
        let known = |r: u64| Known {
            t: steps,
            exact: match &law {
                Ok(law) if r == ratio || law.is_cheap(steps) => law.always(r, steps, steps),
                Ok(_) => Err("only the reported ratio was compared with it".into()),
                Err(limit) => Err(limit.clone()),
            },
            sampled: attained.as_ref().map(|attained| frequency(attained, r)),
        };
        let of_ratio = known(ratio);
        let share = share(RATIOS.len() as u64);
        for r in RATIOS {
            let best = best(&certificates, r, None);
            if best.is_none() && r != ratio {
                continue;
            }
            let other = (r != ratio).then(|| known(r));
            let known = other.as_ref().unwrap_or(&of_ratio);
            let bound = bound(best);
            let claim = known.claim(&bound, &share);
            let judged = claim.judge_into(outcome, CERTIFIED, steps, |violation| {
                let violation = violation.with("ratio", r.into());
                match best {
                    Some(found) => with_thresholds(violation, &found.thresholds),
                    None => violation,
                }
            });
            if r == ratio {
                known.conclude(outcome, judged);
            }
        }
        outcome.scope = Some(of_ratio.scope());
        let best = best(&certificates, ratio, None);
        let bound = bound(best);
        let claimed = of_ratio.claim(&bound, &share);
        let quantity = remark!("P(ratio >= {} at step {})", ratio, steps);
        outcome.comparisons.push(claimed.comparison(quantity));
        if context.verdict_only {
            if !outcome.is_refuted() {
                window(outcome, claim, delta, laws, &law, &certificates);
            }
            return;
        }
        figures(&mut outcome.figures, claim, &certificates, ratio, &of_ratio);
        window(outcome, claim, delta, laws, &law, &certificates);
        least_steps(&mut outcome.figures, claim, steps, ratio, delta);
        if !outcome.is_refuted() {
            let event = remark!("Ratio {} at step {}", ratio, steps);
            let best = best.map(|c| (c.thresholds.form.name(), &bound));
            outcome.because = of_ratio.because(event, best);
            let met: u64 = paths.ends.iter().map(|end| end.met).sum();
            outcome.because.push(match met {
                0 => remark!("No thresholds held on {}.", paths.describe()),
                _ => remark!(
                    "Thresholds implied their ratio along {}; some held at {}.",
                    paths.describe(),
                    (met, "step")
                ),
            });
        }
    }

    /// At each step by itself, in the end point form: the norms of winners and losers with one choice of thresholds, and
    /// the quotient that these imply; at the last step the ratio of the figures, where that is certified and larger.
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
        if setting.camps.losers().next().is_none() {
            return Vec::new();
        }
        let figure = |name| outcome.figures.lower(name);
        let certified = figure("probability_lower_bound").is_some_and(|p| *p >= kept);
        let ratio = figure("ratio").filter(|_| certified).cloned();
        let at = |&t: &u64| {
            let norms = Laws::new(setting, t).joint_norms(delta);
            let quotient = norms.as_ref().filter(|[_, loser]| !loser.is_zero());
            let quotient = quotient.map(|[winner, loser]| winner / loser);
            let figure = ratio.as_ref().filter(|_| t == steps).map(|r| r * r);
            let [winner, loser] = norms.map_or([None, None], |norms| norms.map(Some));
            let squares = [winner, loser, quotient.max(figure)];
            (t, squares.map(|square| square.map(Value::Root)))
        };
        let said: Vec<_> = times.par_iter().map(at).collect();
        let quantities = [
            (Quantity::WinnerNorm, AtLeast),
            (Quantity::LoserNorm, AtMost),
            (Quantity::Ratio, AtLeast),
        ];
        let dynamics = Dynamics::WithProbability(kept);
        Curve::all(STATEMENT.id, &dynamics, quantities, said)
    }
}

/// Without losers the right side of the ratio is 0: it is attained on every path, whatever happens.
fn without_losers(steps: u64, outcome: &mut Outcome) {
    outcome.vacuous = true;
    outcome
        .because
        .push("All filters are winners: there is no loser to be dominated.");
    outcome.scope = Some(Scope::at(remark!("t = {}", steps)));
    let figures = &mut outcome.figures;
    figures.count("ratio", RATIOS[RATIOS.len() - 1]);
    figures.number("probability_lower_bound", Q::one());
    figures.vacuous("probability_lower_bound");
    figures.missing(
        "sampled_frequency",
        "there is no loser, so every ratio is attained",
    );
    figures.count("least_certified_t", 0);
}

/// The figures at the last step.
fn figures(
    figures: &mut Figures,
    claim: &Claim,
    certificates: &[Certificate],
    ratio: u64,
    known: &Known,
) {
    figures.count("ratio", ratio);
    let reported = best(certificates, ratio, None);
    let proof = reported.and_then(Certificate::proof);
    let certified = reported.map(Certificate::bound);
    known.figures(figures, certified.as_ref(), proof, Figure::enclosed);
    for (name, form) in [
        ("stated_probability_lower_bound", Form::Stated),
        ("alive_probability_lower_bound", Form::Alive),
        ("end_point_probability_lower_bound", Form::EndPoint),
    ] {
        let found = best(certificates, ratio, Some(form));
        push_bound(
            figures,
            name,
            &bound(found),
            found.and_then(Certificate::proof),
        );
    }
    if let Some(Certificate { thresholds, .. }) = reported {
        figures.count("samples_plus", thresholds.b[0]);
        figures.count("samples_minus", thresholds.b[1]);
        match thresholds.lambda.iter().max() {
            Some(&widest) => figures.count("largest_walk_bound", widest),
            None => figures.missing("largest_walk_bound", "there is no background"),
        }
    }
    figures.count("distinct_walks", claim.setting.groups.len());
}

/// A first step of a window that ends at the last step and is certified, found by bisection.
fn window(
    outcome: &mut Outcome,
    claim: &Claim,
    delta: &Q,
    mut laws: Laws<'_>,
    law: &Result<ExactLaw<'_, '_>, Remark>,
    certificates: &[Certificate],
) {
    let forms = [Form::Stated, Form::Alive];
    let Some(ratio) = largest_ratio(certificates, delta, &forms) else {
        let why = "no ratio is certified for a window that ends at the last step";
        outcome.figures.missing("window_ratio", why);
        outcome.figures.missing("window_start", why);
        return;
    };
    let steps = laws.t;
    // The tails fall as samples are counted later.
    let start = least_where(0, steps, |from| {
        laws.count_at(from);
        laws.certify(&forms, ratio, delta)
    });
    let start = (claim.opens)(start);
    outcome.figures.count("window_ratio", ratio);
    outcome.figures.count("window_start", start);
    let name = "exact_window_probability";
    let exact = law.as_ref().map_err(Remark::clone);
    match exact.and_then(|law| law.always(ratio, start, steps)) {
        Err(limit) => outcome.figures.missing(name, limit),
        Ok(found) => {
            outcome.figures.push((name, Figure::enclosed(&found)));
            let goal = Q::one() - delta;
            if found < goal {
                let place = Place::of(Course::Law).at(steps);
                let violation = Violation::new(place, WINDOW, AtLeast, goal, found)
                    .with("ratio", ratio.into())
                    .with("at_every_step_from", start.into());
                outcome.refute(violation, Layer::Exact);
            }
        }
    }
}

/// The least step at which the forms certify the ratio, or a step by which they do.
fn least_steps(figures: &mut Figures, claim: &Claim, steps: u64, ratio: u64, delta: &Q) {
    let last = steps.saturating_mul(REACH).max(LEAST_REACH);
    for (name, forms) in [
        ("least_certified_t", &Form::ALL[..]),
        ("least_certified_t_stated", &[Form::Stated]),
    ] {
        let found = least_certified(0, last, MOST_SCANNED, |t| {
            let laws = Laws::new(&claim.setting, t);
            laws.has_end_laws()
                .then(|| laws.certify(forms, ratio, delta))
        });
        push_least(figures, name, found);
    }
}

/// The ratio of the simulated runs, where an assumption fails.
fn seen(context: &Context<'_>) -> Remarks {
    let last = context.simulation.and_then(|s| s.series.last());
    let Some((t, median)) = last.and_then(|point| Some((point.t, lift(point.ratio.q50?)?))) else {
        return Remarks::from("No run with a dominance ratio was simulated.");
    };
    let mut text = Remarks::from(remark!(
        "The median dominance ratio of the simulated runs at step {} is {}.",
        t,
        median
    ));
    if let Some(overflow) = context.overflow() {
        text.push(remark!("But {}.", overflow));
    }
    text
}

/// Thresholds in the stated form under which the ratio is attained at step t, and an upper bound of
/// the probability that they are missed: what a certificate of T4 states. The ratio is the largest of
/// those that T4 tries whose bound is at least 1 - delta, else the least.
///
/// `None` outside the model of T4, or where no thresholds imply the ratio.
///
/// # Cost
/// One search, as in the check of T4 at a single step.
pub fn thresholds_at(problem: &Problem, t: u64, delta: &Q) -> Option<(u64, MissedThresholds)> {
    if !STATEMENT.model.fits(problem)
        || problem.training().train != Train::Filters
        || problem.distribution().key_count().is_none()
    {
        return None;
    }
    let claim = SgdNormDominance.claim(problem).ok()?;
    let laws = Laws::new(&claim.setting, t);
    let found = RATIOS.iter().filter_map(|&r| laws.best(Form::Stated, r));
    let certified = found.map(|found| Certificate::new(&claim, &laws, found, Effort::Full));
    let certificates: Vec<Certificate> = certified.collect();
    let first = certificates.first().map(|c| c.thresholds.ratio);
    let ratio = largest_ratio(&certificates, delta, &Form::ALL).or(first)?;
    let Certificate {
        thresholds,
        failure,
    } = best(&certificates, ratio, None)?;
    let mut walks = vec![0; problem.n_patterns() - 2];
    for (group, &lambda) in claim.setting.groups.iter().zip(&thresholds.lambda) {
        for &k in &group.members {
            walks[k] = lambda;
        }
    }
    let missed = MissedThresholds {
        counts: thresholds.b,
        walks,
        failure: failure.upper().clone(),
    };
    Some((ratio, missed))
}
