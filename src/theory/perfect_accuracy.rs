//! T5: with any high probability, accuracy is 1 after enough steps of SGD with the unhinged loss.
//!
//! # Setting
//! Orthonormal patterns, r key patches of the own label and none of the other's in every image, a
//! fixed head of signs, one sample a step, gates always 1. So every coordinate follows a walk until it
//! is 0 or less, and then stays: with `B_y` the number of label-y samples so far and
//! `S_k = sum of y N_k`, an alive coordinate on the background pattern k is `Z(0) + eta a_j S_k`, a
//! winner's key coordinate is `Z(0) + eta r B_y`, and the coordinate on `v_y` of a filter of the
//! other sign has positive part `relu(Z(0) - eta r B_y)`.
//!
//! # The deterministic implication
//! The margin of an image with label y is at least
//! `r (win_y(B_y) - opp_y(B_y)) - sum_k N_k opp_k`, with `opp_k` the sum over the opposing filters of
//! the positive parts of their coordinates on k: filters of the label's own sign only add to it. A
//! coordinate that is dead contributes 0, so `opp_k <= sum over {a_j = -y, Z_jk(0) > 0} of
//! relu(Z_jk(0) - eta y S_k)`: only the end point counts. The margin is therefore positive if for
//! every k the event `E_k` holds, that `r (win_y - opp_y)` exceeds m - r times this sum, for both y;
//! and `E_0`, that `r (win_y - opp_y) > 0` for both y, which `E_k` contains if there is any k. Given
//! the label counts, `E_k` is an interval of `S_k`.
//!
//! # Three bounds of the probability, none of which needs A3 or A4
//! - *Thresholds* (T5): for integers `b_y`, `lambda_k` with which the implication holds,
//!   `1 - sum_y P(B_y < b_y) - sum_k P(max_{s <= t} |S_k| > lambda_k)`. For given counts the checker
//!   takes the largest lambdas that the implication allows, and searches for the best counts.
//! - *End point* (T5s): `1 - sum_k P(not E_k)`, from the law of `(B_+, S_k)` at step t (without a
//!   background pattern `P(E_0)`: an empty sum would say nothing about the keys).
//! - *Joint*: `sum over b in E_0 of P(B_+ = b) max(0, 1 - sum_k P(not E'_k | B_+ = b))`. Given the
//!   counts this is the union bound over k and a probability is at least 0. `E'_k` is `E_k` with
//!   only the demands of images that occur: labels of positive probability, the largest number of
//!   background patches of the label's images instead of m - r, and only the patterns that these
//!   images have. Where all background patches are of two patterns, `S_1 + S_2 = (m - r)(2b - t)`, so
//!   `E'_1` and `E'_2` together are one interval of `S_1`: the joint law, no union.
//!
//! *The joint bound is at least each other.* Against T5s: `E_k` lies in `E_0` and in `E'_k`, so for b in
//! E_0 its term is at least `P(B = b)(1 - sum_k P(not E_k | b))`, and for b outside of E_0 that
//! expression is at most 0 if there is a k. Against T5: if b satisfies both thresholds then
//! `|S_k| <= lambda_k` implies `E_k`, so its term is at least `P(B = b) - sum_k P(B = b, S*_k >
//! lambda_k)`; sum over these b. T5s and T5 are not ordered if K >= 2: T5s counts a label count that
//! is too small once for every k.
//!
//! # For ever (A3, A4)
//! If T5's condition holds at `b = t/4`, `lambda = theta t` and `r^2 |J_y| / 4 >= (m - r) theta
//! (number of opposing filters active on k)` for all y and k, it holds at `b = T/4`,
//! `lambda = theta T` for every `T >= t`. Within `[T, 2T]`, counts are at least those at T and maxima
//! at most those at 2T, so failure has probability at most `2 e^(-T/8)` (Hoeffding) plus the walks'
//! `P(S*_k(2T) > theta T)`; for `T = t, 2t, 4t, ...` each bound is at most the square of the one
//! before, and `q + q^2 + q^4 + .. <= q/(1 - q)`. For the walks either Azuma-Doob, `2 e^(-theta^2 T /
//! (4 (m-r)^2))`, or (sharper, with the law of the steps and no more than their exponential moments)
//! `max(1, M(x))^(2T) x^(-floor(theta T))` for either side and the best x.
//!
//! # Cost
//! With w the standard deviation of a walk at the end and s that of the label count, an evaluation of
//! the end point forms takes about `50 s` label counts times `25 w` values times K, in fixed point
//! (units of 2^-120): t K up to logarithms. The search for the least step takes about
//! `2 log2(t)` evaluations.

mod end_points;
mod events;
mod for_ever;
mod search;
mod thresholds;

use super::assumption::{AssumptionId, key_count};
use super::drift::model_failure;
use super::interval::clopper_pearson;
use super::tails::Tail;
use super::theorem::{
    Comparison, Context, Figure, Layer, Outcome, Statement, Theorem, TheoremId, Theory, Verdict,
};
use crate::dynamics::walks::end_points;
use crate::number::{Q, decimal, ratio};
use crate::problem::{Loss, Problem, Train};
use end_points::{EndPointBounds, EndPoints, both_events};
use events::Events;
use for_ever::{WalkBound, least_for_ever};
use num_traits::{One, Signed, Zero};
use search::least_where;
use serde_json::json;
use std::collections::BTreeMap;
use thresholds::{ThresholdForm, Thresholds};

/// The least certified step is searched for up to this step, or [`SEARCH_FACTOR`] times the
/// problem's steps if that is more.
const LEAST_SEARCH_STEPS: u64 = 1 << 14;

/// See [`LEAST_SEARCH_STEPS`].
const SEARCH_FACTOR: u64 = 8;

/// Steps up to which the least step of the form for ever is searched for.
const MAX_FOR_EVER: u64 = 1 << 40;

/// Steps of simulated runs that are spent on exact end points.
const MAX_SAMPLED_STEPS: u64 = 100_000_000;

/// Most atoms of a problem whose exact law is asked for.
const MAX_LAW_ATOMS: u32 = 2_000;

/// T5: perfect accuracy for SGD, with exact probability.
pub struct PerfectAccuracy;

static STATEMENT: Statement = Statement {
    id: TheoremId::T5,
    title: "perfect accuracy of SGD",
    file: "perfect_accuracy",
    claims: &["C5"],
    statement: "With the unhinged loss: for all integers b_y, lambda_k with r (win_y(b_y) - opp_y(b_y)) > (m-r) bg_y(lambda) for both labels, P(accuracy = 1 at step t) >= 1 - sum_y P(B_y(t) < b_y) - sum_k P(max_{s<=t} |S_k(s)| > lambda_k), with B_y binomial and S_k the walk of y N_k; and, from the law at the end point alone, P(accuracy = 1 at step t) >= 1 - sum_k P(not E_k(B(t), S_k(t))). Neither needs A3 or A4; under A3 and A4 both tend to 1.",
    model: "relu, sum pooling, unhinged, fixed head, one sample a step",
    assumes: &[
        AssumptionId::A1,
        AssumptionId::A2,
        AssumptionId::A5f,
        AssumptionId::A6prime,
    ],
    wrong_theories: &[
        "every failure probability divided by 10",
        "thresholds at small tails, without the check that they imply accuracy 1",
        "the background term without its factor m - r",
        "the condition of label + alone",
        "T5s with the walk of label + samples alone",
    ],
    coq: Some("Statements.T5_accuracy"),
};

/// The forms of the bound at the last step.
struct Forms {
    thresholds: Option<(Thresholds, Tail)>,
    ends: Option<EndPointBounds>,
}

impl Forms {
    /// The largest certified bound, with the name of its form.
    fn best(&self) -> Option<(&'static str, &Tail)> {
        let mut all: Vec<(&'static str, &Tail)> = Vec::new();
        if let Some(ends) = &self.ends {
            all.push(("joint", &ends.joint));
            all.push(("end point", &ends.union));
        }
        if let Some((_, bound)) = &self.thresholds {
            all.push(("thresholds", bound));
        }
        // The first of equal ones: the joint form.
        all.into_iter()
            .reduce(|a, b| if b.1.lower() > a.1.lower() { b } else { a })
    }
}

/// What a theory says about a problem.
struct Claim<'a> {
    problem: &'a Problem,
    theory: Theory,
    thresholds: Option<ThresholdForm>,
    ends: Option<EndPoints>,
    /// For the deterministic implication on sampled end points.
    events: Option<Events>,
}

impl<'a> Claim<'a> {
    fn new(problem: &'a Problem, theory: Theory) -> Self {
        let r = key_count(&problem.distribution).unwrap_or(1);
        let wrong = |index| theory == Theory::Wrong(index);
        let change = |rules: &mut events::Rules| {
            if wrong(2) {
                rules.factor = rules.factor.map(|f| f.min(1));
            }
            if wrong(3) {
                rules.labels[1] = false;
            }
        };
        let [stated, _] = both_events(problem, r, change);
        let thresholds = (!wrong(4)).then(|| ThresholdForm::new(problem, r, stated));
        let ends = if wrong(1) {
            None
        } else {
            let one_sided = wrong(4);
            EndPoints::new(
                problem,
                both_events(problem, r, change),
                |law| if one_sided { law.of_plus() } else { law },
                !one_sided,
            )
        };
        let events = (!wrong(1) && !wrong(4)).then(|| {
            let [_, sharp] = both_events(problem, r, change);
            sharp
        });
        Claim {
            problem,
            theory,
            thresholds,
            ends,
            events,
        }
    }

    /// All forms at step t.
    fn at(&self, t: u64, delta: &Q) -> Forms {
        let thresholds = self.thresholds.as_ref().and_then(|form| {
            let at = form.at(t);
            let chosen = if self.theory == Theory::Wrong(1) {
                at.unchecked(delta)
            } else {
                at.choose()?
            };
            let failure = at.failure(&chosen);
            Some((chosen, self.claimed(failure)))
        });
        let ends = self.ends.as_ref().and_then(|ends| ends.at(t));
        let ends = ends.map(|found| EndPointBounds {
            union: self.claimed(found.union.complement()),
            joint: self.claimed(found.joint.complement()),
        });
        Forms { thresholds, ends }
    }

    /// One minus the failure probability that the theory claims.
    fn claimed(&self, failure: Tail) -> Tail {
        let tenth = ratio(1, 10);
        let failure = match (self.theory == Theory::Wrong(0), failure) {
            (false, failure) => failure,
            (true, Tail::Exact(q)) => Tail::Exact(q * tenth),
            (true, Tail::Enclosed { lo, hi }) => Tail::Enclosed {
                lo: lo * &tenth,
                hi: hi * tenth,
            },
        };
        failure.complement()
    }
}

/// What simulated end points showed.
struct Sampled {
    runs: u64,
    perfect: u64,
    /// Runs on which the events hold.
    certain: u64,
    /// A run on which events or thresholds hold and accuracy is not 1.
    violation: Option<serde_json::Value>,
}

/// Looks at the exact end points of the problem's runs.
fn sample(claim: &Claim<'_>, forms: &Forms) -> Option<Sampled> {
    let problem = claim.problem;
    let training = &problem.training;
    let runs = training
        .runs
        .min(MAX_SAMPLED_STEPS / training.steps.max(1))
        .max(1);
    let thresholds = forms.thresholds.as_ref().map(|(chosen, _)| chosen);
    let seen = end_points(problem, training.steps, runs, training.seed, &|end| {
        let perfect = end.is_perfect();
        let counts = end.label_counts;
        let within = thresholds.is_some_and(|chosen| {
            counts.iter().zip(&chosen.counts).all(|(n, b)| n >= b)
                && end
                    .walk_max
                    .iter()
                    .zip(&chosen.lambdas)
                    .all(|(s, &lambda)| s.unsigned_abs() <= lambda)
        });
        let events = claim
            .events
            .as_ref()
            .is_some_and(|events| events.hold(counts, end.walk));
        let violation = (!perfect && (within || events)).then(|| {
            json!({
                "path": {"seed": training.seed, "run": end.run},
                "step": training.steps,
                "claim": if events { "E_0 and every E_k" } else { "thresholds" },
                "label_counts": counts,
                "walk": end.walk,
                "walk_max": end.walk_max,
                "b": thresholds.map(|chosen| chosen.counts),
                "lambda": thresholds.map(|chosen| &chosen.lambdas),
            })
        });
        (perfect, events, violation)
    })?;
    Some(Sampled {
        runs,
        perfect: seen.iter().filter(|(perfect, _, _)| *perfect).count() as u64,
        certain: seen.iter().filter(|(_, events, _)| *events).count() as u64,
        violation: seen.into_iter().find_map(|(_, _, violation)| violation),
    })
}

/// The exact probability of accuracy 1 at the last step, or why it is not there.
fn exact_probability(context: &Context<'_>) -> Result<Q, String> {
    let t = context.problem.training.steps;
    let atoms = context.problem.distribution.n_atoms();
    if atoms > MAX_LAW_ATOMS.into() {
        return Err(format!("{atoms} atoms, more than {MAX_LAW_ATOMS}"));
    }
    let chain = context.chain().map_err(|stop| stop.limit.clone())?;
    if let Some(stop) = chain.stopped().filter(|stop| stop.t < t) {
        return Err(format!("{} (step {})", stop.limit, stop.t));
    }
    let law = chain.law(t);
    match (law.p_perfect.into_iter().nth(t as usize), law.stopped) {
        (Some(p), _) => Ok(p),
        (None, Some(stop)) => Err(format!("{} (step {})", stop.limit, stop.t)),
        (None, None) => Err("the law ends before the last step".into()),
    }
}

/// The first model condition that fails.
fn model(problem: &Problem) -> Option<Verdict> {
    model_failure(problem, &[Loss::Unhinged], Some(Train::Filters)).or_else(|| {
        (problem.training.batch != 1).then(|| Verdict::NotApplicable {
            assumption: AssumptionId::A0,
            witness: format!("training.batch = {}", problem.training.batch),
        })
    })
}

/// What is true where the theorem does not apply.
fn beyond(problem: &Problem, verdict: &Verdict) -> String {
    let Verdict::NotApplicable { assumption, .. } = verdict else {
        return String::new();
    };
    let text = match assumption {
        AssumptionId::A0 if problem.training.loss != Loss::Unhinged => {
            match problem.training.loss {
                Loss::Hinge => {
                    "With the hinge loss more is true: T6 bounds the number of updates on every path, after which accuracy is 1 for ever."
                }
                Loss::Perceptron => {
                    "With the perceptron loss T6's sharp form bounds the mass of updates on every path."
                }
                _ => {
                    "Gates of this loss depend on the state: the exact law of SGD and the simulated runs say what happens."
                }
            }
        }
        AssumptionId::A0 if problem.training.batch != 1 => {
            "With batches the walks take averaged steps; the deterministic implication is the same with B_y counting batch fractions, and only the laws differ. The simulated runs say what happens."
        }
        AssumptionId::A0 => {
            "For this model the exact law of SGD, where it is affordable, and the simulated runs say what happens."
        }
        AssumptionId::A1 => {
            "On overlapping patterns coordinates do not move one by one; the exact law of SGD, where it is affordable, and the simulated runs say what happens."
        }
        AssumptionId::A2 => {
            "Without one key count for all images a winner's key coordinate is no count times eta r; the exact law of SGD, where it is affordable, and the simulated runs say what happens."
        }
        AssumptionId::A5f => {
            "With other head weights every walk is scaled by eta a_j; the exact law of SGD, where it is affordable, and the simulated runs say what happens."
        }
        AssumptionId::A6prime => {
            "A label without winners has no coordinate that grows with its samples: the key term is never positive for it, and no step certifies accuracy 1."
        }
        _ => {
            "The exact law of SGD, where it is affordable, and the simulated runs say what happens."
        }
    };
    text.to_owned()
}

impl Theorem for PerfectAccuracy {
    fn statement(&self) -> &'static Statement {
        &STATEMENT
    }

    fn check(&self, context: &Context<'_>, theory: Theory) -> Outcome {
        let problem = context.problem;
        let failure = model(problem).or_else(|| context.first_failure(STATEMENT.assumes));
        if let Some(verdict) = failure {
            let beyond = beyond(problem, &verdict);
            return Outcome {
                id: TheoremId::T5,
                verdict,
                because: "The theorem does not apply.".into(),
                beyond: Some(beyond),
                figures: Vec::new(),
                comparisons: Vec::new(),
            };
        }
        let claim = Claim::new(problem, theory);
        let forms = claim.at(problem.training.steps, &context.budget.delta);
        let compared = Compared::new(context, &claim, &forms);
        let mut figures = compared.figures(&forms);
        let mut because = compared.sentence(&forms);
        if theory == Theory::Stated {
            let (sentence, found) = least_steps(context, &claim);
            because.push_str(&sentence);
            figures.extend(found);
        }
        Outcome {
            id: TheoremId::T5,
            verdict: compared.verdict(&forms),
            because,
            beyond: None,
            comparisons: compared.rows(&forms),
            figures,
        }
    }
}

/// The bound beside what is known about the probability.
struct Compared {
    t: u64,
    seed: u64,
    exact: Result<Q, String>,
    sampled: Option<Sampled>,
}

impl Compared {
    fn new(context: &Context<'_>, claim: &Claim<'_>, forms: &Forms) -> Self {
        Compared {
            t: context.problem.training.steps,
            seed: context.problem.training.seed,
            exact: exact_probability(context),
            sampled: sample(claim, forms),
        }
    }

    /// The Clopper-Pearson interval of the sampled frequency.
    fn interval(sampled: &Sampled, confidence: &Q) -> [f64; 2] {
        clopper_pearson(sampled.perfect, sampled.runs, confidence)
    }

    fn verdict(&self, forms: &Forms) -> Verdict {
        if let Some(witness) = self.sampled.as_ref().and_then(|s| s.violation.clone()) {
            return Verdict::Refuted {
                layer: Layer::Exact,
                witness,
            };
        }
        let bounds = [
            ("joint", forms.ends.as_ref().map(|e| &e.joint)),
            ("end point", forms.ends.as_ref().map(|e| &e.union)),
            ("thresholds", forms.thresholds.as_ref().map(|(_, b)| b)),
        ];
        for (form, bound) in bounds {
            let Some(bound) = bound.map(Tail::lower) else {
                continue;
            };
            if let Ok(exact) = &self.exact
                && exact < bound
            {
                return Verdict::Refuted {
                    layer: Layer::Exact,
                    witness: json!({
                        "step": self.t,
                        "form": form,
                        "claim": "P(accuracy = 1) is at least this",
                        "claimed": bound.to_string(),
                        "found": exact.to_string(),
                    }),
                };
            }
            if let (Err(_), Some(sampled)) = (&self.exact, &self.sampled) {
                // Each end of the interval has error probability 1e-9.
                let confidence = Q::one() - ratio(2, 1_000_000_000);
                let [_, high] = Self::interval(sampled, &confidence);
                if Q::from_float(high).is_some_and(|high| high < *bound) {
                    return Verdict::Refuted {
                        layer: Layer::Sampled,
                        witness: json!({
                            "step": self.t,
                            "form": form,
                            "claim": "P(accuracy = 1) is at least this",
                            "claimed": bound.to_string(),
                            "seed": self.seed,
                            "runs": sampled.runs,
                            "perfect": sampled.perfect,
                            "upper_end": high,
                            "error_probability": "1e-9",
                        }),
                    };
                }
            }
        }
        match (&self.exact, &self.sampled) {
            (Ok(_), _) => Verdict::Holds {
                layer: Layer::Exact,
            },
            (Err(_), Some(_)) => Verdict::Holds {
                layer: Layer::Sampled,
            },
            (Err(limit), None) => Verdict::Undecided {
                limit: format!(
                    "nothing to compare with: no exact law ({limit}), and numbers too large for exact end points"
                ),
            },
        }
    }

    fn figures(&self, forms: &Forms) -> Vec<(&'static str, Figure)> {
        let missing = |what: &str| Figure::Missing(what.to_owned());
        let mut figures = vec![(
            "probability_lower_bound",
            forms
                .best()
                .map_or(Figure::Exact(Q::zero()), |(_, b)| b.figure()),
        )];
        let sampled = match &self.sampled {
            Some(sampled) => self.estimate(sampled),
            None => missing("numbers too large for exact end points"),
        };
        figures.push(("sampled_frequency", sampled));
        let exact = match &self.exact {
            Ok(p) => Figure::Exact(p.clone()),
            Err(limit) => missing(limit),
        };
        figures.push(("exact_probability", exact));
        let none = "no thresholds satisfy the implication";
        match &forms.thresholds {
            Some((chosen, bound)) => {
                figures.push(("bound_thresholds", bound.figure()));
                let count = |n: u64| Figure::Exact(Q::from_integer(n.into()));
                figures.push(("threshold_b_plus", count(chosen.counts[0])));
                figures.push(("threshold_b_minus", count(chosen.counts[1])));
                let lambdas = &chosen.lambdas;
                if let (Some(&least), Some(&largest)) = (lambdas.iter().min(), lambdas.iter().max())
                {
                    figures.push(("threshold_lambda_least", count(least)));
                    figures.push(("threshold_lambda_largest", count(largest)));
                }
            }
            None => figures.push(("bound_thresholds", missing(none))),
        }
        let ends = forms.ends.as_ref();
        let beyond = "the law at the end point is beyond the affordable size";
        let figure = |tail: Option<&Tail>| tail.map_or_else(|| missing(beyond), Tail::figure);
        figures.push(("bound_end_point", figure(ends.map(|e| &e.union))));
        figures.push(("bound_joint", figure(ends.map(|e| &e.joint))));
        figures
    }

    fn estimate(&self, sampled: &Sampled) -> Figure {
        let confidence = ratio(99, 100);
        Figure::Estimate {
            estimate: sampled.perfect as f64 / sampled.runs as f64,
            ci: Self::interval(sampled, &confidence),
            confidence,
            runs: sampled.runs,
        }
    }

    fn sentence(&self, forms: &Forms) -> String {
        let t = self.t;
        let mut text = match forms.best() {
            None => format!("Nothing is certified at step {t}: no form can be computed."),
            Some((form, bound)) if !bound.lower().is_positive() => {
                format!("The bound at step {t} is trivial (at most 0, {form} form).")
            }
            Some((form, bound)) => format!(
                "P(accuracy = 1 at step {t}) >= {} certified ({form} form{}).",
                near_one(bound.lower()),
                self.others(forms, form)
            ),
        };
        let bound_failure = forms
            .best()
            .map_or_else(Q::one, |(_, b)| Q::one() - b.lower());
        match &self.exact {
            Ok(p) => {
                text.push_str(&format!(" Exactly it is {}", near_one(p)));
                let failure = Q::one() - p;
                if failure.is_positive() && bound_failure.is_positive() {
                    text.push_str(&format!(
                        ": the certified probability of failure is {} times the exact one",
                        decimal(&(&bound_failure / failure), 3)
                    ));
                }
                text.push('.');
            }
            Err(_) => {
                if let Some(sampled) = &self.sampled {
                    text.push_str(&format!(
                        " {} of {} sampled runs have accuracy 1 there",
                        sampled.perfect, sampled.runs
                    ));
                    let failed = sampled.runs - sampled.perfect;
                    if failed > 0 {
                        let seen = Q::new(failed.into(), sampled.runs.into());
                        text.push_str(&format!(
                            ": the certified probability of failure is {} times the sampled one",
                            decimal(&(&bound_failure / seen), 3)
                        ));
                    }
                    text.push('.');
                }
            }
        }
        if let Some(sampled) = &self.sampled {
            text.push_str(&format!(
                " On {} of {} exact end points the events hold{}.",
                sampled.certain,
                sampled.runs,
                if sampled.violation.is_some() {
                    ", but on the one in the witness accuracy is not 1"
                } else {
                    ", and accuracy is 1 on each of these"
                }
            ));
        }
        text
    }

    /// The bounds of the other forms, in brackets.
    fn others(&self, forms: &Forms, best: &str) -> String {
        let ends = forms.ends.as_ref();
        let all = [
            ("joint", ends.map(|e| &e.joint)),
            ("end point", ends.map(|e| &e.union)),
            ("thresholds", forms.thresholds.as_ref().map(|(_, b)| b)),
        ];
        let mut text = String::new();
        for (form, bound) in all.into_iter().filter(|(form, _)| *form != best) {
            match bound {
                Some(bound) => text.push_str(&format!("; {form} {}", near_one(bound.lower()))),
                None => text.push_str(&format!("; {form} nothing")),
            }
        }
        text
    }

    fn rows(&self, forms: &Forms) -> Vec<Comparison> {
        let Some((_, bound)) = forms.best() else {
            return Vec::new();
        };
        let exact = self.exact.as_ref().ok();
        vec![Comparison {
            quantity: format!("P(accuracy = 1 at step {})", self.t),
            relation: ">=",
            theory: Some(bound.figure()),
            exact: exact.map(|p| Figure::Exact(p.clone())),
            simulated: self.sampled.as_ref().map(|s| self.estimate(s)),
            margin: exact.map(|p| Figure::Exact(p - bound.lower())),
            layer: if exact.is_some() {
                Layer::Exact
            } else {
                Layer::Sampled
            },
        }]
    }
}

/// A probability in few digits: near 1 as 1 minus something.
fn near_one(p: &Q) -> String {
    let rest = Q::one() - p;
    if rest.is_positive() && rest < ratio(1, 100) {
        format!("1 - {}", decimal(&rest, 3))
    } else {
        decimal(p, 4)
    }
}

/// The least certified step of every form, found by doubling and bisection, as a sentence and figures.
fn least_steps(context: &Context<'_>, claim: &Claim<'_>) -> (String, Vec<(&'static str, Figure)>) {
    let delta = &context.budget.delta;
    let level = Q::one() - delta;
    let steps = claim.problem.training.steps;
    let last = steps.saturating_mul(SEARCH_FACTOR).max(LEAST_SEARCH_STEPS);
    let mut known: BTreeMap<u64, Option<[bool; 2]>> = BTreeMap::new();
    let mut by_end_point = |t: u64, form: usize| -> Option<bool> {
        let found = known.entry(t).or_insert_with(|| {
            let bounds = claim.ends.as_ref()?.at(t)?;
            Some([
                *bounds.joint.lower() >= level,
                *bounds.union.lower() >= level,
            ])
        });
        found.map(|certified| certified[form])
    };
    let joint = least_where(0, last, |t| by_end_point(t, 0));
    let union = least_where(0, last, |t| by_end_point(t, 1));
    let by_thresholds = least_where(0, last, |t| {
        claim
            .thresholds
            .as_ref()
            .map(|form| form.certifies(t, delta))
    });
    let best = [&joint, &union, &by_thresholds]
        .into_iter()
        .flatten()
        .min()
        .copied();
    let figure = |found: &Result<u64, search::NotFound>| match found {
        Ok(t) => Figure::Exact(Q::from_integer((*t).into())),
        Err(why) => Figure::Missing(why.limit()),
    };
    let mut figures = vec![
        (
            "least_certified_t",
            match best {
                Some(t) => Figure::Exact(Q::from_integer(t.into())),
                None => figure(&joint),
            },
        ),
        ("least_certified_t_thresholds", figure(&by_thresholds)),
        ("least_certified_t_end_point", figure(&union)),
        ("least_certified_t_joint", figure(&joint)),
    ];
    let name = |found: &Result<u64, search::NotFound>| match found {
        Ok(t) => t.to_string(),
        Err(_) => "none found".to_owned(),
    };
    let mut text = format!(
        " Least step found by bisection that is certified at 1 - {}: joint {}, end point {}, thresholds {}.",
        decimal(delta, 3),
        name(&joint),
        name(&union),
        name(&by_thresholds)
    );
    let (sentence, found) = for_ever_figures(context, delta);
    text.push_str(&sentence);
    figures.extend(found);
    (text, figures)
}

/// The form for ever, both ways of bounding the walks.
fn for_ever_figures(context: &Context<'_>, delta: &Q) -> (String, Vec<(&'static str, Figure)>) {
    const NAMES: [[&str; 3]; 2] = [
        ["least_t_for_ever", "bound_for_ever", "theta_for_ever"],
        [
            "least_t_for_ever_sharp",
            "bound_for_ever_sharp",
            "theta_for_ever_sharp",
        ],
    ];
    let mut figures = Vec::new();
    let balanced = context.first_failure(&[AssumptionId::A3, AssumptionId::A4]);
    if let Some(Verdict::NotApplicable { assumption, .. }) = balanced {
        let missing = format!("the form for ever needs {}", assumption.name());
        figures.push((NAMES[0][0], Figure::Missing(missing)));
        return (String::new(), figures);
    }
    let r = key_count(&context.problem.distribution).unwrap_or(1);
    let mut text = String::new();
    for (how, [t, bound, theta]) in [WalkBound::Azuma, WalkBound::Chernoff]
        .into_iter()
        .zip(NAMES)
    {
        match least_for_ever(context.problem, r, delta, how, MAX_FOR_EVER) {
            Some(found) => {
                if how == WalkBound::Azuma {
                    text = format!(" For ever from step {}", found.t);
                } else if !text.is_empty() {
                    text.push_str(&format!(" (sharper {})", found.t));
                }
                figures.push((t, Figure::Exact(Q::from_integer(found.t.into()))));
                figures.push((bound, Figure::Exact(found.bound)));
                if let Some(value) = found.theta {
                    figures.push((theta, Figure::Exact(value)));
                }
            }
            None => figures.push((
                t,
                Figure::Missing(format!("not certified up to step {MAX_FOR_EVER}")),
            )),
        }
    }
    if !text.is_empty() {
        text.push('.');
    }
    (text, figures)
}

/// Thresholds under which accuracy is 1 at step t, and an upper bound of the probability that they
/// are missed: what a certificate of T5 states.
///
/// `None` outside the model of T5, or where no thresholds imply accuracy 1.
///
/// # Cost
/// One search, as in the check of T5 at a single step.
pub fn thresholds_at(problem: &Problem, t: u64) -> Option<super::drift::MissedThresholds> {
    if model(problem).is_some() || key_count(&problem.distribution).is_none() {
        return None;
    }
    let found = Claim::new(problem, Theory::Stated).at(t, &ratio(1, 100));
    let (thresholds, bound) = found.thresholds?;
    Some(super::drift::MissedThresholds {
        counts: thresholds.counts,
        walks: thresholds.lambdas,
        failure: Q::one() - bound.lower(),
    })
}
