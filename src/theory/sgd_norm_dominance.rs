//! T4: norm dominance for SGD, with a certified probability.
//!
//! Setting: A1, A2, A5f, A6', relu, sum pooling, the unhinged loss, fixed head, one sample a step;
//! there is a loser. `B_y(t)` is the number of samples with label y among the first t, binomial;
//! `S_k(t)` the sum of `y N_k` over them, a walk with independent steps that all filters share, and
//! `S*_k(t) = max over s <= t of |S_k(s)|`. The *ratio* is the least norm of a winner over the
//! largest norm of a loser.
//!
//! # Stated form
//! For integers `b_y`, `lambda_k`, if for all winners j (of label y) and losers i, at t = 0,
//!
//! `(Z_{j,v_y} + eta r b_y)^2 >= R^2 (own_i^2 + max(wrong_i^2, (eta r)^2) + sum_k (|Z_{i,u_k}| + eta lambda_k)^2)`,
//!
//! then `P(ratio >= R at every s in [t0, t]) >= 1 - sum_y P(B_y(t0) < b_y) - sum_k P(S*_k(t) > lambda_k)`.
//!
//! *Proof.* Each coordinate is `Z(0) + eta a_j S_p` until it is no longer positive, and stays where it
//! is from then on. A winner's key is `Z(0) + eta r B_y(s)`, and `B_y(s) >= B_y(t0)`. A loser's own key
//! is `<= 0` at the start, or it would be a winner; its wrong key falls by eta r with each sample of
//! that label until it is `<= 0`, so it ends above `-eta r` (T3); a background coordinate is off its
//! start by at most `eta S*_k(s) <= eta S*_k(t)`. The rest is a union bound. Neither A3 nor A4 is used.
//!
//! # Sharper forms
//! *Alive* (for the same window). A coordinate that is `<= 0` at the start never moves: among the
//! losers it counts with its square, its walk needs no bound (a `lambda_k` is paid for only where some
//! loser is positive on u_k), and among the winners its square may be added to the left side. A
//! positive background coordinate stays below `Z + eta lambda_k`, and once it has stopped it lies
//! in `(-eta c_k, 0]`, c_k the largest count of u_k; with `lambda_k >= c_k` its square is at
//! most `(Z + eta lambda_k)^2` in either case.
//!
//! *End point* (for the ratio at step t alone). A background coordinate that is still positive at t
//! equals `Z(0) + eta a_i S_k(t)`: only the end of the walk matters, and only the side on which it
//! makes a positive coordinate grow. So `P(S*_k(t) > lambda_k)` is replaced by
//! `P(S_k(t) > lambda_k)` if a loser with head +1 is positive on u_k, plus `P(S_k(t) < -lambda_k)` if
//! one with head -1 is.
//!
//! # What the check does
//! For each R it searches thresholds that leave as much probability as possible, and certifies them:
//! the implication in rationals, the tails exactly or by directed rounding. What is certified is
//! compared with the exact law where that is affordable, with the exact end points of the simulated
//! runs, and, threshold by threshold, with every step of a few exact paths.

mod claim;
mod evidence;
mod search;

use super::context::Context;
use super::drift::count_of;
use super::evidence::Survey;
use super::evidence::least_certified;
use super::evidence::{Judgement, ProbabilityClaim, share, too_few_runs};
use super::figures::Side;
use super::record::{Proof, Statement, TheoremId};
use super::theorem::{Theorem, Theory};
use super::verdict::{Comparison, Figure, Layer, Outcome, Scope, Verdict};
use crate::number::{Q, decimal, integer};
use crate::probability::Tail;
use crate::problem::assumption::AssumptionId;
use crate::problem::model::Model;
use crate::problem::{Loss, Problem, Train};
use crate::theory::violation::Relation;
use claim::{Form, Setup};
use evidence::{Camps, ExactLaw, Sampled, along_paths, sampled};
use num_traits::{One, Signed, Zero};
use search::{Effort, Laws, Thresholds};
use serde_json::json;

/// T4.
pub struct SgdNormDominance;

static STATEMENT: Statement = Statement {
    id: TheoremId::T4,
    title: "norm dominance for SGD",
    file: "sgd_norm_dominance",
    claims: &["C3", "C4"],
    statement: "If integers b_y >= 0 and lambda_k >= 0 satisfy, for all winners j of label y and all losers i at the start, (Z_{j,v_y} + eta r b_y)^2 >= R^2 (own_i^2 + max(wrong_i^2, (eta r)^2) + sum_k (|Z_{i,u_k}| + eta lambda_k)^2), then the least winner norm is at least R times the largest loser norm at every step of [t0, t] with probability at least 1 - sum_y P(B_y(t0) < b_y) - sum_k P(S*_k(t) > lambda_k).",
    model: Model {
        losses: &[Loss::Unhinged],
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
        "the tails are divided by 10",
        "thresholds are chosen by their tails alone, without the implication",
        "a loser's background is left out of its norm",
        "a winner's key grows by 2 eta r with each sample of its label",
    ],
    proofs: &[
        Proof {
            name: "T4_dominance",
            covers: "thresholds that hold on a path imply the ratio on it, at every step of the window",
        },
        Proof {
            name: "T4_probability",
            covers: "the stated form: its probability for integer thresholds b_y >= 0",
        },
        Proof {
            name: "T4_limit",
            covers: "every ratio at a single step T with probability at least 1 - delta, for all large T (A3, A4)",
        },
    ],
    unproved: &[
        "the alive form and the end point form",
        "bounds of the tails by Hoeffding, Azuma, Chernoff and Levy",
    ],
};

const TENTH: Theory = Theory::Wrong(0);
const UNCHECKED: Theory = Theory::Wrong(1);
const NO_BACKGROUND: Theory = Theory::Wrong(2);
const DOUBLE_GROWTH: Theory = Theory::Wrong(3);

/// The ratios that are tried, ascending.
const RATIOS: [u64; 7] = [2, 3, 5, 10, 20, 50, 100];

/// The least certified step is looked for up to this many times the problem's steps, and at least
/// up to [`LEAST_REACH`].
const REACH: u64 = 16;

/// See [`REACH`].
const LEAST_REACH: u64 = 256;

/// Steps before the one found that are looked at one by one, so that it is the least.
const MOST_SCANNED: u64 = 64;

/// Thresholds with what they certify.
#[derive(Debug, Clone)]
struct Certificate {
    thresholds: Thresholds,
    failure: Tail,
}

impl Certificate {
    fn new(laws: &Laws<'_>, thresholds: Thresholds, effort: Effort, theory: Theory) -> Self {
        let mut failure = laws.failure(&thresholds, effort);
        if theory == TENTH {
            let tenth = |q: &Q| q / integer(10);
            failure = Tail::between(tenth(failure.lower()), tenth(failure.upper()));
        }
        Certificate {
            thresholds,
            failure,
        }
    }

    /// What is certified; 0 where the tails add up to more than 1.
    fn bound(&self) -> Tail {
        let positive = |q: &Q| q.clone().max(Q::zero());
        let bound = self.failure.complement();
        Tail::between(positive(bound.lower()), positive(bound.upper()))
    }
}

/// The best certificate, by the lower end of its bound.
fn best<'c>(certificates: impl IntoIterator<Item = &'c Certificate>) -> Option<&'c Certificate> {
    certificates
        .into_iter()
        .min_by(|a, b| a.failure.upper().cmp(b.failure.upper()))
}

impl Theorem for SgdNormDominance {
    fn statement(&self) -> &'static Statement {
        &STATEMENT
    }

    fn check(&self, context: &Context<'_>, theory: Theory) -> Outcome {
        let problem = context.problem;
        let camps = Camps::new(problem);
        let fails = self.failures(context);
        if !fails.is_empty() {
            let because = "What is assumed does not hold here.";
            let mut outcome = Outcome::not_applicable(&STATEMENT, fails, because);
            if theory == Theory::Stated {
                outcome.beyond = Some(beyond(context, &camps).into());
            }
            return outcome;
        }
        if !camps.has_losers() {
            return without_losers(problem);
        }
        let mut outcome = Outcome::new(&STATEMENT);
        match Setup::new(problem, theory) {
            Ok(setup) => compare(&mut outcome, context, &setup, &camps, theory),
            Err(limit) => {
                outcome.because = "The law of the walks could not be written out."
                    .to_owned()
                    .into();
                outcome.verdict = Verdict::Undecided {
                    limit: limit.into(),
                };
            }
        }
        outcome
    }
}

/// Without losers the right side of the ratio is 0: it is attained on every path, whatever happens.
fn without_losers(problem: &Problem) -> Outcome {
    let mut outcome = Outcome::new(&STATEMENT);
    outcome.vacuous = true;
    outcome.because = format!(
        "All {} filters are winners: there is no loser to be dominated, so nothing could fail.",
        problem.n_filters()
    )
    .into();
    outcome.scope = Some(Scope::at(format!("t = {}", problem.training().steps)));
    let largest = RATIOS[RATIOS.len() - 1];
    let none = || {
        Figure::Missing(
            "there is no loser, so every ratio is attained"
                .to_owned()
                .into(),
        )
    };
    outcome.figures = vec![
        ("ratio", Figure::Exact(integer(largest))),
        ("probability_lower_bound", Figure::Exact(Q::one())),
        ("sampled_frequency", none()),
        ("least_certified_t", Figure::Exact(Q::zero())),
    ]
    .into();
    outcome.figures.vacuous("probability_lower_bound");
    outcome
}

/// All certificates at the last step: for each ratio those of the forms that leave something.
fn certify(laws: &Laws<'_>, theory: Theory, delta: &Q) -> Vec<Certificate> {
    if theory == UNCHECKED {
        return RATIOS
            .iter()
            .filter_map(|&ratio| laws.by_tails_alone(ratio, delta))
            .map(|found| Certificate::new(laws, found, Effort::Quick, theory))
            .collect();
    }
    Form::ALL
        .into_iter()
        .flat_map(|form| laws.best(form, &RATIOS))
        .flatten()
        .map(|found| Certificate::new(laws, found, Effort::Quick, theory))
        .collect()
}

/// What was found of the certified bounds.
struct Findings {
    sampled: Option<Sampled>,
    /// Exact probability of the reported ratio, or why there is none.
    exact: Result<Q, String>,
    /// Bounds that were compared with the exact law.
    compared: u64,
}

fn compare(
    outcome: &mut Outcome,
    context: &Context<'_>,
    setup: &Setup,
    camps: &Camps,
    theory: Theory,
) {
    let problem = context.problem;
    let steps = problem.training().steps;
    let delta = &context.budget.delta;
    let goal = Q::one() - delta;
    let laws = Laws::new(setup, steps, steps);
    let mut certificates = certify(&laws, theory, delta);
    let meets = |c: &Certificate| *c.bound().lower() >= goal;
    let ratio = certificates
        .iter()
        .filter(|c| meets(c))
        .map(|c| c.thresholds.ratio)
        .max()
        .unwrap_or(RATIOS[0]);
    if theory != UNCHECKED {
        // The reported bounds are the best there are.
        for certificate in certificates
            .iter_mut()
            .filter(|c| c.thresholds.ratio == ratio)
        {
            let found = certificate.thresholds.clone();
            let sharper = Certificate::new(&laws, found, Effort::Full, theory);
            if sharper.failure.upper() <= certificate.failure.upper() {
                *certificate = sharper;
            }
        }
    }
    let thresholds: Vec<Thresholds> = certificates.iter().map(|c| c.thresholds.clone()).collect();
    let sampled = sampled(problem, Some(setup), camps, &thresholds);
    let mut findings = Findings {
        sampled,
        exact: Err(String::new()),
        compared: 0,
    };
    if let Some((text, witness)) = findings.sampled.as_ref().and_then(|s| s.violation.clone()) {
        outcome.refute_with(text, witness, Layer::Exact);
    }
    judge(outcome, context, camps, &certificates, ratio, &mut findings);
    let (paths, met) = along_paths(context, setup, camps, &thresholds);
    if let Some(violation) = paths.violation.clone() {
        outcome.refute(*violation, Layer::Exact);
    }
    let runs = match (&findings.exact, &findings.sampled) {
        (Err(_), Some(sampled)) => format!(", {}", count_of(sampled.runs, "run")),
        _ => String::new(),
    };
    outcome.scope = Some(Scope::at(format!("t = {steps}{runs}")));
    let at = |form: Option<Form>| {
        let of_ratio = certificates
            .iter()
            .filter(|c| c.thresholds.ratio == ratio)
            .filter(|c| form.is_none_or(|f| c.thresholds.form == f));
        best(of_ratio)
    };
    figures(outcome, setup, ratio, &at, &findings);
    if theory == Theory::Stated {
        let of_ratio = at(None);
        window(outcome, context, camps, laws, &certificates);
        least_steps(outcome, setup, steps, ratio, &goal);
        if !matches!(outcome.verdict, Verdict::Refuted { .. }) {
            explain(outcome, context, ratio, of_ratio, &findings, &paths, met);
        }
    }
    outcome
        .comparisons
        .push(row(steps, ratio, at(None), &findings));
}

/// Judges the best bound of every ratio, and gives the judgement on the reported one.
fn judge(
    outcome: &mut Outcome,
    context: &Context<'_>,
    camps: &Camps,
    certificates: &[Certificate],
    ratio: u64,
    findings: &mut Findings,
) {
    let steps = context.problem.training().steps;
    let law = ExactLaw::new(context, camps);
    findings.exact = match &law {
        Err(limit) => Err(limit.clone()),
        Ok(law) => law
            .always(ratio, steps, steps)
            .ok_or_else(|| "the exact law is beyond its limits at the last step".to_owned()),
    };
    let share = share(RATIOS.len() as u64);
    for r in RATIOS {
        let found = best(certificates.iter().filter(|c| c.thresholds.ratio == r));
        let bound = match found {
            Some(certificate) => certificate.bound(),
            // Nothing is certified of the reported ratio: at least 0.
            None if r == ratio => Tail::zero(),
            None => continue,
        };
        let exact = match &law {
            Ok(_) if r == ratio => findings.exact.clone().ok(),
            Ok(law) if law.is_cheap() => law.always(r, steps, steps),
            _ => None,
        };
        findings.compared += u64::from(exact.is_some());
        let claim = ProbabilityClaim {
            bound: &bound,
            side: Side::AtLeast,
            exact: exact.as_ref(),
            sampled: findings.sampled.as_ref().map(|s| s.frequency(r)),
            share: &share,
        };
        let judged = claim.judge();
        if let Judgement::Refuted(layer) = judged {
            refute_ratio(outcome, steps, r, &claim, layer, found);
        }
        if r == ratio {
            conclude(outcome, judged, findings);
        }
    }
}

/// The verdict that a judgement on the reported ratio means, unless something was refuted.
fn conclude(outcome: &mut Outcome, judged: Judgement, findings: &Findings) {
    if matches!(outcome.verdict, Verdict::Refuted { .. }) {
        return;
    }
    outcome.verdict = match judged {
        Judgement::Refuted(_) => return,
        Judgement::Vacuous => {
            outcome.vacuous = true;
            Verdict::Holds {
                layer: Layer::Exact,
            }
        }
        Judgement::Holds(layer) => Verdict::Holds { layer },
        Judgement::TooFewRuns(needed) => {
            let runs = findings.sampled.as_ref().map_or(0, |s| s.runs);
            Verdict::Undecided {
                limit: too_few_runs(runs, needed).into(),
            }
        }
        Judgement::NothingToCompare => Verdict::Undecided {
            limit: format!(
                "end points are computed in machine integers, which these weights leave; the exact law: {}",
                findings.exact.as_ref().err().map_or("", String::as_str)
            ).into(),
        },
    };
}

fn refute_ratio(
    outcome: &mut Outcome,
    steps: u64,
    ratio: u64,
    claim: &ProbabilityClaim<'_>,
    layer: Layer,
    certificate: Option<&Certificate>,
) {
    let claimed = claim.claimed();
    let thresholds = certificate.map(|c| &c.thresholds);
    let mut witness = json!({
        "step": steps,
        "ratio": ratio,
        "claimed": claimed.to_string(),
        "form": thresholds.map(|t| t.form.name()),
        "thresholds": thresholds.map(|t| json!({"samples": t.b, "walks": t.lambda})),
    });
    let text = match (layer, claim.exact, claim.sampled) {
        (Layer::Exact, Some(found), _) => {
            witness["found"] = json!(found.to_string());
            format!(
                "The exact law gives ratio {ratio} at step {steps} the probability {}, below the bound {}.",
                close_to_one(found),
                close_to_one(claimed)
            )
        }
        (_, _, Some(seen)) => {
            witness["successes"] = json!(seen.successes);
            witness["runs"] = json!(seen.runs);
            witness["error_probability"] = json!(claim.share.to_string());
            format!(
                "{} of {} runs have ratio {ratio} at the last step; were its probability at least {}, so few would have a probability of at most {}.",
                seen.successes,
                seen.runs,
                close_to_one(claimed),
                decimal(claim.share, 2)
            )
        }
        _ => String::new(),
    };
    outcome.refute_with(text, witness, layer);
}

/// A probability for a sentence: close to 1 by its distance from 1.
fn close_to_one(q: &Q) -> String {
    let rest = Q::one() - q;
    if rest.is_positive() && rest < Q::new(1.into(), 1000.into()) {
        format!("1 - {}", decimal(&rest, 3))
    } else {
        decimal(q, 4)
    }
}

/// The figures at the last step.
fn figures<'c>(
    outcome: &mut Outcome,
    setup: &Setup,
    ratio: u64,
    at: &dyn Fn(Option<Form>) -> Option<&'c Certificate>,
    findings: &Findings,
) {
    let bound = |form: Option<Form>| at(form).map_or_else(Tail::zero, Certificate::bound);
    // The Coq theorem is about the tails themselves: sums, not bounds of them.
    let proved = |form: Option<Form>| {
        at(form).is_some_and(|c| c.thresholds.form == Form::Stated && c.failure.is_sharp())
    };
    let missing = |text: &str| Figure::Missing(text.to_owned().into());
    outcome
        .figures
        .push(("ratio", Figure::Exact(integer(ratio))));
    let reported = "probability_lower_bound";
    outcome
        .figures
        .push_probability(reported, &bound(None), Side::AtLeast);
    if proved(None) {
        outcome.figures.proved(reported, "T4_probability");
    }
    let sampled = findings.sampled.as_ref();
    let fails = match (&findings.exact, sampled) {
        (Ok(exact), _) => Some(Q::one() - exact),
        (Err(_), Some(sampled)) => {
            let failed = sampled.runs - sampled.successes_of(ratio);
            Some(Q::new(failed.into(), sampled.runs.into()))
        }
        _ => None,
    };
    if let (Some(fails), Some(best)) = (fails, at(None)) {
        let claimed = best.failure.upper().clone().min(Q::one());
        outcome.figures.compare(reported, &claimed, &fails);
    }
    outcome.figures.push((
        "sampled_frequency",
        sampled.map_or_else(
            || missing("end points are computed in machine integers, which these weights leave"),
            |s| s.frequency(ratio).figure(),
        ),
    ));
    outcome.figures.push((
        "exact_probability",
        match &findings.exact {
            Ok(q) => super::drift::enclosed(q),
            Err(limit) => Figure::Missing(format!("the exact law is {limit}").into()),
        },
    ));
    for (name, form) in [
        ("stated_probability_lower_bound", Form::Stated),
        ("alive_probability_lower_bound", Form::Alive),
        ("end_point_probability_lower_bound", Form::EndPoint),
    ] {
        outcome
            .figures
            .push_probability(name, &bound(Some(form)), Side::AtLeast);
        if proved(Some(form)) {
            outcome.figures.proved(name, "T4_probability");
        }
    }
    if let Some(best) = at(None) {
        let thresholds = &best.thresholds;
        let number = |n: u64| Figure::Exact(integer(n));
        outcome
            .figures
            .push(("samples_plus", number(thresholds.b[0])));
        outcome
            .figures
            .push(("samples_minus", number(thresholds.b[1])));
        let widest = thresholds.lambda.iter().max().copied();
        outcome.figures.push((
            "largest_walk_bound",
            widest.map_or_else(|| missing("there is no background"), number),
        ));
    }
    outcome.figures.push((
        "distinct_walks",
        Figure::Exact(integer(setup.groups.len() as u64)),
    ));
}

/// A first step of a window that ends at the last step and is certified, found by bisection.
fn window(
    outcome: &mut Outcome,
    context: &Context<'_>,
    camps: &Camps,
    laws: Laws<'_>,
    certificates: &[Certificate],
) {
    let steps = context.problem.training().steps;
    let goal = Q::one() - &context.budget.delta;
    let ratio = certificates
        .iter()
        .filter(|c| c.thresholds.form != Form::EndPoint && *c.bound().lower() >= goal)
        .map(|c| c.thresholds.ratio)
        .max();
    let Some(ratio) = ratio else {
        let why = "no ratio is certified for a window that ends at the last step".to_owned();
        outcome
            .figures
            .push(("window_ratio", Figure::Missing(why.clone().into())));
        outcome
            .figures
            .push(("window_start", Figure::Missing(why.into())));
        return;
    };
    let mut laws = laws;
    let mut certified = |from: u64| {
        laws.count_at(from);
        [Form::Stated, Form::Alive].into_iter().any(|form| {
            let found = laws.best(form, &[ratio]).into_iter().flatten().next();
            found.is_some_and(|found| {
                let failure = laws.failure(&found, Effort::Quick);
                Q::one() - failure.upper() >= goal
            })
        })
    };
    // The tails fall as samples are counted later.
    let (mut low, mut high) = (0, steps);
    while low < high {
        let middle = low + (high - low) / 2;
        if certified(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    outcome
        .figures
        .push(("window_ratio", Figure::Exact(integer(ratio))));
    outcome
        .figures
        .push(("window_start", Figure::Exact(integer(high))));
    let exact = ExactLaw::new(context, camps)
        .and_then(|law| {
            let beyond = || "beyond its limits at the last step".to_owned();
            law.always(ratio, high, steps).ok_or_else(beyond)
        })
        .map_err(|limit| Figure::Missing(format!("the exact law is {limit}").into()));
    if let Ok(found) = &exact
        && *found < goal
    {
        let text = format!(
            "The exact law gives ratio {ratio} at every step from {high} to {steps} the probability {}, below 1 - delta, which was certified.",
            close_to_one(found)
        );
        let witness = json!({
            "from": high,
            "to": steps,
            "ratio": ratio,
            "claimed": goal.to_string(),
            "found": found.to_string(),
        });
        outcome.refute_with(text, witness, Layer::Exact);
    }
    outcome.figures.push((
        "exact_window_probability",
        exact.map_or_else(|missing| missing, |q| super::drift::enclosed(&q)),
    ));
}

/// The least step at which the forms certify the ratio, or a step by which they do.
fn least_steps(outcome: &mut Outcome, setup: &Setup, steps: u64, ratio: u64, goal: &Q) {
    let last = steps.saturating_mul(REACH).max(LEAST_REACH);
    let least = |forms: &[Form]| -> Figure {
        let certified = |t: u64| -> Option<bool> {
            let laws = Laws::new(setup, t, t);
            laws.has_end_laws().then(|| {
                forms.iter().any(|&form| {
                    let found = laws.best(form, &[ratio]).into_iter().flatten().next();
                    found.is_some_and(|found| {
                        let failure = laws.failure(&found, Effort::Quick);
                        Q::one() - failure.upper() >= *goal
                    })
                })
            })
        };
        match least_certified(0, last, MOST_SCANNED, certified) {
            Ok(found) => found.figure(),
            Err(none) => Figure::Missing(none.limit().into()),
        }
    };
    outcome
        .figures
        .push(("least_certified_t", least(&Form::ALL)));
    outcome
        .figures
        .push(("least_certified_t_stated", least(&[Form::Stated])));
}

/// The sentence of a verdict that holds.
fn explain(
    outcome: &mut Outcome,
    context: &Context<'_>,
    ratio: u64,
    best: Option<&Certificate>,
    findings: &Findings,
    paths: &Survey<evidence::Tracker<'_>>,
    met: u64,
) {
    let steps = context.problem.training().steps;
    let mut text = match best.map(|c| (c, c.bound())) {
        Some((c, bound)) if bound.lower().is_positive() => format!(
            "Ratio {ratio} at step {steps} is certified with probability at least {} ({} form)",
            close_to_one(bound.lower()),
            c.thresholds.form.name()
        ),
        _ => format!("The bound for ratio {ratio} at step {steps} is trivial (at most 0)"),
    };
    let failure = best.map_or_else(Q::one, |c| c.failure.upper().clone().min(Q::one()));
    let compare = |found: &Q| {
        if found.is_positive() {
            format!(
                ", so the failure bound {} is {} times what fails",
                decimal(&failure, 3),
                decimal(&(&failure / found), 3)
            )
        } else {
            format!(" against a failure bound of {}", decimal(&failure, 3))
        }
    };
    match &findings.exact {
        Ok(exact) => {
            let fails = Q::one() - exact;
            text.push_str(&format!(
                "; the exact law gives {}{}; {} bounds were compared with it",
                close_to_one(exact),
                compare(&fails),
                findings.compared
            ));
        }
        Err(_) => {
            if let Some(sampled) = &findings.sampled {
                let successes = sampled.successes_of(ratio);
                let fails = Q::new((sampled.runs - successes).into(), sampled.runs.into());
                text.push_str(&format!(
                    "; {successes} of {} exact end points attain it{}",
                    sampled.runs,
                    compare(&fails)
                ));
            }
        }
    }
    text.push_str(&format!(
        "; thresholds implied their ratio at every step of {} ({met} steps met some).",
        paths.describe()
    ));
    outcome.because = text.into();
}

/// The row of the comparison report.
fn row(steps: u64, ratio: u64, best: Option<&Certificate>, findings: &Findings) -> Comparison {
    let bound = best.map_or_else(Tail::zero, Certificate::bound);
    let exact = findings.exact.as_ref().ok();
    Comparison {
        quantity: format!("P(dominance ratio >= {ratio} at t = {steps})").into(),
        relation: Relation::AtLeast,
        theory: Some(Figure::from(&bound)),
        exact: exact.map(super::drift::enclosed),
        simulated: findings
            .sampled
            .as_ref()
            .map(|s| s.frequency(ratio).figure()),
        margin: exact.map(|q| super::drift::enclosed(&(q - bound.lower()))),
        layer: if exact.is_some() {
            Layer::Exact
        } else {
            Layer::Sampled
        },
    }
}

/// What is seen where an assumption fails.
fn beyond(context: &Context<'_>, camps: &Camps) -> String {
    let problem = context.problem;
    let steps = problem.training().steps;
    if problem.training().train == Train::Filters
        && let Some(sampled) = sampled(problem, None, camps, &[])
    {
        let largest = RATIOS
            .iter()
            .rev()
            .find(|&&r| 2 * sampled.successes_of(r) >= sampled.runs);
        let ratio = largest.copied().unwrap_or(RATIOS[0]);
        return format!(
            "the dominance ratio at step {steps} is at least {ratio} in {} of {} runs (exact end points)",
            sampled.successes_of(ratio),
            sampled.runs
        );
    }
    simulated(context, problem)
}

fn simulated(context: &Context<'_>, problem: &Problem) -> String {
    let last = context.simulation.and_then(|s| s.series.last());
    match last.and_then(|point| Some((point.t, point.ratio.q50?))) {
        Some((t, median)) => {
            let text = "the median dominance ratio of the simulated runs at step";
            match context.overflow() {
                None => format!("{text} {t} is {median:.3}"),
                Some(overflow) => format!("{text} {t} is {median:.3} ({overflow})"),
            }
        }
        None => {
            let winners: usize = crate::problem::Label::BOTH
                .iter()
                .map(|&y| problem.winners(y).len())
                .sum();
            format!(
                "{winners} of {} filters are winners at the start; no run with a ratio was simulated",
                problem.n_filters()
            )
        }
    }
}

/// Thresholds in the stated form under which the ratio is attained at step t, and an upper bound of
/// the probability that they are missed: what a certificate of T4 states. The ratio is the largest of
/// those that T4 tries whose bound is at least 1 - delta, else the least.
///
/// `None` outside the model of T4, or where no thresholds imply the ratio.
///
/// # Cost
/// One search, as in the check of T4 at a single step.
pub fn thresholds_at(
    problem: &Problem,
    t: u64,
    delta: &Q,
) -> Option<(u64, super::drift::MissedThresholds)> {
    if !STATEMENT.model.fits(problem)
        || problem.training().train != Train::Filters
        || problem.distribution().key_count().is_none()
    {
        return None;
    }
    let setup = Setup::new(problem, Theory::Stated).ok()?;
    let laws = Laws::new(&setup, t, t);
    let found = laws.best(Form::Stated, &RATIOS).into_iter().flatten();
    let bounds: Vec<(Thresholds, Q)> = found
        .map(|found| {
            let failure = laws.failure(&found, Effort::Full).upper().clone();
            (found, failure)
        })
        .collect();
    let certified = bounds.iter().rev().find(|(_, failure)| failure <= delta);
    let (found, failure) = certified.or(bounds.first())?;
    let mut walks = vec![0; problem.n_patterns() - 2];
    for (group, &lambda) in setup.groups.iter().zip(&found.lambda) {
        for &k in &group.members {
            walks[k] = lambda;
        }
    }
    let missed = super::drift::MissedThresholds {
        counts: found.b,
        walks,
        failure: failure.clone(),
    };
    Some((found.ratio, missed))
}
