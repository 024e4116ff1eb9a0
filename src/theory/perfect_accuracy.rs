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
mod thresholds;

use super::context::Context;
use super::drift::count_of;
use super::evidence::{Certified, NotFound, least_certified};
use super::evidence::{Frequency, Judgement, ProbabilityClaim, share, too_few_runs};
use super::figures::{Figures, Side};
use super::mistake_bound::MistakeBound;
use super::record::{Proof, Statement, TheoremId};
use super::theorem::{Theorem, Theory};
use super::verdict::{Comparison, Figure, Layer, Outcome, Scope, Verdict};
use crate::dynamics::sgd::AccuracyKind;
use crate::dynamics::walks::end_points;
use crate::number::{Q, decimal, ratio};
use crate::probability::Tail;
use crate::problem::assumption::AssumptionId;
use crate::problem::model::Model;
use crate::problem::{Loss, Problem, Train};
use crate::theory::violation::Relation;
use end_points::{EndPointBounds, EndPoints, both_events};
use events::Events;
use for_ever::{WalkBound, least_for_ever};
use num_traits::{One, Signed};
use serde_json::json;
use std::collections::BTreeMap;
use thresholds::{ThresholdForm, Thresholds};

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

/// Most atoms of a problem whose exact law is asked for.
const MAX_LAW_ATOMS: u32 = 2_000;

/// T5: perfect accuracy for SGD, with exact probability.
pub struct PerfectAccuracy;

static STATEMENT: Statement = Statement {
    id: TheoremId::T5,
    title: "perfect accuracy of SGD",
    file: "perfect_accuracy",
    claims: &["C5"],
    statement: "With the unhinged loss: for all integers b_y >= 0, lambda_k >= 0 with r (win_y(b_y) - opp_y(b_y)) > (m-r) bg_y(lambda) for both labels, P(accuracy = 1 at step t) >= 1 - sum_y P(B_y(t) < b_y) - sum_k P(max_{s<=t} |S_k(s)| > lambda_k), with B_y binomial and S_k the walk of y N_k; and, from the law at the end point alone, P(accuracy = 1 at step t) >= 1 - sum_k P(not E_k(B(t), S_k(t))), where without a background pattern E_0, the condition on the keys, takes the place of the sum. Neither needs A3 or A4; under A3 and A4 both tend to 1.",
    model: Model {
        losses: &[Loss::Unhinged],
        train: Some(Train::Filters),
        one_sample: true,
        ..Model::RELU_SUM
    },
    further: "",
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
    proofs: &[
        Proof {
            name: "T5_accuracy",
            covers: "thresholds that hold on a path imply accuracy 1 at its end",
        },
        Proof {
            name: "T5_probability",
            covers: "thresholds at step t: their probability",
        },
        Proof {
            name: "T5s_accuracy",
            covers: "end points of the walks that imply accuracy 1",
        },
        Proof {
            name: "T5s_probability",
            covers: "the end point form at step t, with at least one background pattern",
        },
        Proof {
            name: "C5_unhinged",
            covers: "accuracy 1 at a single step T with probability at least 1 - delta, for all large T (A3, A4)",
        },
    ],
    unproved: &[
        "the joint form",
        "both forms for ever",
        "that the bounds themselves tend to 1",
        "bounds of the tails by Hoeffding, Azuma, Chernoff and Levy",
    ],
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
            all.push(("end point", &ends.union));
        }
        if let Some((_, bound)) = &self.thresholds {
            all.push(("thresholds", bound));
        }
        if let Some(ends) = &self.ends {
            all.push(("joint", &ends.joint));
        }
        // The first of equal ones: one that is proved.
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
        let r = problem.distribution().key_count().unwrap_or(1);
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
    let training = &problem.training();
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
    let t = context.problem.training().steps;
    let atoms = context.problem.distribution().n_atoms();
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

/// What is seen where the theorem does not apply: what the simulated runs did.
fn beyond(context: &Context<'_>) -> String {
    let mut text = seen(context).unwrap_or_else(|| "No accuracy was simulated.".to_owned());
    // Another theorem is named only where it applies.
    if MistakeBound.failures(context).is_empty() {
        text.push_str(" T6 applies here: it bounds the number of updates on every path.");
    }
    text
}

/// The accuracy of the simulated runs at the last step.
fn seen(context: &Context<'_>) -> Option<String> {
    let simulation = context.simulation?;
    let last = simulation.series.last()?;
    let share = match last.perfect_runs {
        Some(perfect) => format!("is 1 in {perfect} of {} simulated runs", simulation.runs),
        None => format!(
            "has the median {:.4} over {} {}simulated runs",
            last.accuracy.q50?,
            last.finite_runs,
            if last.finite_runs < simulation.runs {
                "finite "
            } else {
                ""
            }
        ),
    };
    let caveat = match last.accuracy_kind {
        AccuracyKind::Exact => "",
        AccuracyKind::F64 => " in plain f64, where rounding may have decided",
        AccuracyKind::Sampled => ", as far as sampled images tell",
    };
    Some(format!("Accuracy at step {} {share}{caveat}.", last.t))
}

impl Theorem for PerfectAccuracy {
    fn statement(&self) -> &'static Statement {
        &STATEMENT
    }

    fn check(&self, context: &Context<'_>, theory: Theory) -> Outcome {
        let problem = context.problem;
        let fails = self.failures(context);
        if !fails.is_empty() {
            let because = "What is assumed does not hold here.";
            let mut outcome = Outcome::not_applicable(&STATEMENT, fails, because);
            if theory == Theory::Stated {
                outcome.beyond = Some(beyond(context).into());
            }
            return outcome;
        }
        let claim = Claim::new(problem, theory);
        let forms = claim.at(problem.training().steps, &context.budget.delta);
        let compared = Compared::new(context, &claim, &forms);
        let mut outcome = Outcome::new(&STATEMENT);
        outcome.figures = compared.figures(&forms, problem.dictionary().n_background());
        outcome.because = compared.sentence(&forms).into();
        outcome.comparisons = compared.rows(&forms);
        outcome.scope = Some(compared.scope());
        compared.conclude(&mut outcome, &forms);
        if theory == Theory::Stated {
            let (sentence, found) = least_steps(context, &claim);
            outcome.because.push_str(&sentence);
            outcome.figures.extend(found);
        }
        outcome
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
            t: context.problem.training().steps,
            seed: context.problem.training().seed,
            exact: exact_probability(context),
            sampled: sample(claim, forms),
        }
    }

    /// What the verdict is reached on.
    fn scope(&self) -> Scope {
        match (&self.exact, &self.sampled) {
            (Err(_), Some(sampled)) => {
                Scope::at(format!("t = {}, {}", self.t, count_of(sampled.runs, "run")))
            }
            _ => Scope::at(format!("t = {}", self.t)),
        }
    }

    fn frequency(&self) -> Option<Frequency> {
        self.sampled.as_ref().map(|sampled| Frequency {
            successes: sampled.perfect,
            runs: sampled.runs,
        })
    }

    /// Judges every form, and the verdict by the best one.
    fn conclude(&self, outcome: &mut Outcome, forms: &Forms) {
        if let Some(witness) = self.sampled.as_ref().and_then(|s| s.violation.clone()) {
            let text = String::new();
            outcome.refute_with(text, witness, Layer::Exact);
            return;
        }
        let bounds = [
            ("joint", forms.ends.as_ref().map(|e| &e.joint)),
            ("end point", forms.ends.as_ref().map(|e| &e.union)),
            ("thresholds", forms.thresholds.as_ref().map(|(_, b)| b)),
        ];
        let share = share(bounds.len() as u64);
        let judge = |bound: &Tail| {
            let claim = ProbabilityClaim {
                bound,
                side: Side::AtLeast,
                exact: self.exact.as_ref().ok(),
                sampled: self.frequency(),
                share: &share,
            };
            claim.judge()
        };
        for (form, bound) in bounds {
            let Some(bound) = bound else { continue };
            if let Judgement::Refuted(layer) = judge(bound) {
                let text = String::new();
                outcome.refute_with(text, self.witness(form, bound, layer, &share), layer);
                return;
            }
        }
        let nothing = Tail::zero();
        let best = forms.best().map_or(&nothing, |(_, bound)| bound);
        outcome.verdict = match judge(best) {
            Judgement::Refuted(_) => return,
            Judgement::Vacuous => {
                outcome.vacuous = true;
                Verdict::Holds {
                    layer: Layer::Exact,
                }
            }
            Judgement::Holds(layer) => Verdict::Holds { layer },
            Judgement::TooFewRuns(needed) => Verdict::Undecided {
                limit: too_few_runs(self.sampled.as_ref().map_or(0, |s| s.runs), needed).into(),
            },
            Judgement::NothingToCompare => Verdict::Undecided {
                limit: format!(
                    "nothing to compare with: no exact law ({}), and numbers too large for exact end points",
                    self.exact.as_ref().err().map_or("", String::as_str)
                ).into(),
            },
        };
    }

    fn witness(&self, form: &str, bound: &Tail, layer: Layer, share: &Q) -> serde_json::Value {
        let mut witness = json!({
            "step": self.t,
            "form": form,
            "claim": "P(accuracy = 1) is at least this",
            "claimed": bound.lower().to_string(),
        });
        match (layer, &self.exact, &self.sampled) {
            (Layer::Exact, Ok(exact), _) => witness["found"] = json!(exact.to_string()),
            (_, _, Some(sampled)) => {
                witness["seed"] = json!(self.seed);
                witness["runs"] = json!(sampled.runs);
                witness["perfect"] = json!(sampled.perfect);
                witness["error_probability"] = json!(share.to_string());
            }
            _ => {}
        }
        witness
    }

    fn figures(&self, forms: &Forms, n_background: usize) -> Figures {
        let missing = |what: &str| Figure::Missing(what.to_owned().into());
        // The Coq theorems are about the tails themselves: sums, not bounds of them.
        let proof = |form: &str, bound: &Tail| match form {
            "thresholds" if bound.is_sharp() => Some("T5_probability"),
            "end point" if bound.is_sharp() && n_background > 0 => Some("T5s_probability"),
            _ => None,
        };
        let mut figures = Figures::default();
        let push = |figures: &mut Figures, name, form: &str, bound: &Tail| {
            figures.push_probability(name, bound, Side::AtLeast);
            if let Some(theorem) = proof(form, bound) {
                figures.proved(name, theorem);
            }
        };
        let reported = "probability_lower_bound";
        match forms.best() {
            Some((form, bound)) => {
                push(&mut figures, reported, form, bound);
                if let Some(fails) = self.fails() {
                    figures.compare(reported, &(Q::one() - bound.lower()), &fails);
                }
            }
            None => push(&mut figures, reported, "none", &Tail::zero()),
        }
        let sampled = match self.frequency() {
            Some(seen) => seen.figure(),
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
                push(&mut figures, "bound_thresholds", "thresholds", bound);
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
        for (name, form, bound) in [
            ("bound_end_point", "end point", ends.map(|e| &e.union)),
            ("bound_joint", "joint", ends.map(|e| &e.joint)),
        ] {
            match bound {
                Some(bound) => push(&mut figures, name, form, bound),
                None => figures.push((name, missing(beyond))),
            }
        }
        figures
    }

    /// The probability that accuracy is not 1: exactly, else as it was seen.
    fn fails(&self) -> Option<Q> {
        match (&self.exact, &self.sampled) {
            (Ok(exact), _) => Some(Q::one() - exact),
            (Err(_), Some(sampled)) => {
                let failed = sampled.runs - sampled.perfect;
                Some(Q::new(failed.into(), sampled.runs.into()))
            }
            _ => None,
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
            quantity: format!("P(accuracy = 1 at step {})", self.t).into(),
            relation: Relation::AtLeast,
            theory: Some(Figure::from(bound)),
            exact: exact.map(|p| Figure::Exact(p.clone())),
            simulated: self.frequency().map(|seen| seen.figure()),
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
    let problem = claim.problem;
    let steps = problem.training().steps;
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
    let scanned = MOST_SCANNED / (1 + problem.n_patterns() as u64 / 8);
    let joint = least_certified(0, last, scanned, |t| by_end_point(t, 0));
    let union = least_certified(0, last, scanned, |t| by_end_point(t, 1));
    let by_thresholds = least_certified(0, last, scanned, |t| {
        claim
            .thresholds
            .as_ref()
            .map(|form| form.certifies(t, delta))
    });
    let best = [&joint, &union, &by_thresholds]
        .into_iter()
        .filter_map(|found| found.as_ref().ok().copied())
        .reduce(Certified::min)
        .map(|best| {
            // The least of all only if no form was left open before it.
            let open = |found: &Result<Certified, NotFound>| match found {
                Ok(Certified::AtMost(_)) => true,
                Ok(Certified::Least(_)) => false,
                Err(none) => none.up_to.is_none_or(|t| t < best.t()),
            };
            if [&joint, &union, &by_thresholds].into_iter().any(open) {
                Certified::AtMost(best.t())
            } else {
                best
            }
        });
    let figure = |found: &Result<Certified, NotFound>| match found {
        Ok(found) => found.figure(),
        Err(why) => Figure::Missing(why.limit().into()),
    };
    let mut figures = vec![
        (
            "least_certified_t",
            best.map_or_else(|| figure(&joint), Certified::figure),
        ),
        ("least_certified_t_thresholds", figure(&by_thresholds)),
        ("least_certified_t_end_point", figure(&union)),
        ("least_certified_t_joint", figure(&joint)),
    ];
    let name = |found: &Result<Certified, NotFound>| match found {
        Ok(found) => found.to_string(),
        Err(_) => "none found".to_owned(),
    };
    let mut text = format!(
        " Least step certified at 1 - {}: joint {}, end point {}, thresholds {}.",
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
    let unbalanced = context.failing(&[AssumptionId::A3, AssumptionId::A4]);
    if !unbalanced.is_empty() {
        let names: Vec<&str> = unbalanced.iter().map(|f| f.assumption.name()).collect();
        let missing = format!("the form for ever needs {}", names.join(" and "));
        figures.push((NAMES[0][0], Figure::Missing(missing.into())));
        return (String::new(), figures);
    }
    let r = context.problem.distribution().key_count().unwrap_or(1);
    let mut text = String::new();
    for (how, [t, bound, theta]) in [WalkBound::Azuma, WalkBound::Chernoff]
        .into_iter()
        .zip(NAMES)
    {
        match least_for_ever(context.problem, r, delta, how, MAX_FOR_EVER) {
            Some(found) => {
                if how == WalkBound::Azuma {
                    text = format!(" For ever by step {}", found.t);
                } else if !text.is_empty() {
                    text.push_str(&format!(" (by the law of the steps {})", found.t));
                }
                // Only a few values of theta were tried.
                figures.push((
                    t,
                    match &found.theta {
                        Some(_) => Figure::AtMost(found.t),
                        None => Figure::Exact(Q::from_integer(found.t.into())),
                    },
                ));
                figures.push((bound, Figure::Exact(found.bound)));
                if let Some(value) = found.theta {
                    figures.push((theta, Figure::Exact(value)));
                }
            }
            None => figures.push((
                t,
                Figure::Missing(format!("not certified up to step {MAX_FOR_EVER}").into()),
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
    if !STATEMENT.model.fits(problem) || problem.distribution().key_count().is_none() {
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
