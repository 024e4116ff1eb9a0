//! T11: the main claim in one statement, over the randomness of the initialisation and of the samples.
//!
//! With random head signs and n filters a label is without winners with probability
//! `2 (3/4)^n - (1/2)^n` (T9). Otherwise T6 holds with `c >= 1`, `|J| <= n` and `|W(0)|^2 <= n P h^2`,
//! P patterns, so no path makes more than `M_bar` updates, M_bar the largest integer with
//! `(eta r M)^2 <= n (n P h^2 + M (2 eta + eta^2 n m^2))`, whatever the initial point; and T6 (a) gives
//! for every step T
//!
//! `Pr(some margin < 1 at step T) <= 2 (3/4)^n - (1/2)^n + Pr(Bin(T, p_min) < M_bar)`.
//!
//! Sharper, for every j >= 1: `Pr(min(|J_+|, |J_-|) < j) + Pr(Bin(T, p_min) < M_j)`, where T6s gives
//! `(eta r M)^2 <= (2/j) (n P h^2 + M (2 eta + eta^2 n max |N|^2))`. Sharper still is the law of
//! total probability: the sum over j of `Pr(min(|J_+|, |J_-|) = j) Pr(Bin(T, p_min) < M_j)`, with 1
//! as the second factor where j = 0. For j near n/4, M_j stays bounded as n grows, and M_bar does not.
//!
//! With a fixed head of n_+ and n_- signs the same proof holds with T9's other form: the probability
//! that a label is without winners is `1 - (1 - 2^-n_+)(1 - 2^-n_-)`, and `|J_y|` has the law
//! Bin(n_y, 1/2).

mod bound;
mod fresh;
mod winners;

use super::context::Context;
use super::drift::{count_of, short};
use super::evidence::{Frequency, Judgement, ProbabilityClaim, share, too_few_runs};
use super::figures::Side;
use super::fresh::Heads;
use super::record::{Proof, Statement, TheoremId};
use super::settling::{Miss, Waiting, checkpoints, figure_of_steps, unsettled};
use super::theorem::{Theorem, Theory};
use super::verdict::{Comparison, Figure, Layer, Outcome, Scope, Verdict};
use crate::number::{Q, integer, ratio};
use crate::probability::Tail;
use crate::problem::assumption::{AssumptionId, Failing, key_count};
use crate::problem::model::Model;
use crate::problem::{HeadInit, Init, Label, Loss, Problem};
use crate::theory::violation::Relation;
use bound::{Bounds, Updates, largest_coordinate};
use fresh::{Fresh, fresh_runs};
use num_bigint::BigInt;
use num_traits::One;
use serde_json::{Value, json};
use winners::Winners;

/// T11.
pub struct MainClaim;

static STATEMENT: Statement = Statement {
    id: TheoremId::T11,
    title: "main claim",
    file: "main_claim",
    claims: &["C1", "C3", "C5"],
    statement: "Over the initialisation and the samples of hinge SGD, for every step T: Pr(some margin < 1 at step T) <= 2 (3/4)^n - (1/2)^n + Pr(Bin(T, p_min) < M_bar), M_bar the largest integer M with (eta r M)^2 <= n (n P h^2 + M (2 eta + eta^2 n m^2)), and for every j >= 1 also <= Pr(min(|J_+|, |J_-|) < j) + Pr(Bin(T, p_min) < M_j), M_j the largest with (eta r M)^2 <= (2/j) (n P h^2 + M (2 eta + eta^2 n max |N|^2)). When no margin is below 1, accuracy is 1 and nothing moves any more; so for any delta > 0 some n and then some T make it at most delta.",
    model: Model {
        losses: &[Loss::Hinge],
        one_sample: true,
        ..Model::RELU_SUM
    },
    further: "fixed head of independent fair signs",
    assumes: &[
        AssumptionId::A1,
        AssumptionId::A2,
        AssumptionId::A5f,
        AssumptionId::A6,
    ],
    wrong_theories: &[
        "the lottery term is (1/2)^n: filters without a right sign are forgotten",
        "the term 2 eta is left out of M_bar and M_j",
        "p_min is replaced by the largest probability of an atom",
        "the tails are divided by 10",
    ],
    proofs: &[
        Proof {
            name: "T11_main_claim",
            covers: "the first form at every T; where no margin is below 1, accuracy is 1 and nothing moves",
        },
        Proof {
            name: "T11_limit",
            covers: "for every delta some n, and then some T, after which the probability is at most delta",
        },
    ],
    unproved: &[
        "the form for every j, and the law of total probability over j",
        "fixed heads",
        "laws of the weights that are not on finitely many values",
    ],
};

/// A refutation: the sentence, the witness, and what it rests on.
type Refutation = (String, Value, Layer);

/// The bounds of a problem with random weights, or of a near miss.
fn bounds(problem: &Problem, heads: Heads, theory: Theory) -> Result<Bounds, String> {
    let Init::Uniform {
        half_width,
        denominator,
        ..
    } = &problem.network().init
    else {
        return Err("the weights are given".to_owned());
    };
    let r = key_count(problem.distribution())
        .ok_or_else(|| "images have no common number of key patches".to_owned())?;
    let mut winners = Winners::new(heads);
    if theory == Theory::Wrong(0) {
        let n = problem.n_filters().min(2_048);
        winners = winners.with_lottery(&num_traits::pow(ratio(1, 2), n));
    }
    let bracket = if theory == Theory::Wrong(1) { 0 } else { 2 };
    let h = largest_coordinate(half_width, *denominator);
    let updates = Updates::new(problem, r, &h, bracket);
    let miss = match theory {
        Theory::Wrong(2) => Some(Miss::LargestAtom),
        Theory::Wrong(3) => Some(Miss::TenthOfTheTail),
        _ => None,
    };
    let waiting = Waiting::new(problem.distribution(), miss)?;
    Ok(Bounds::new(&winners, &updates, waiting))
}

/// The least number of filters with random signs for which the lottery term is at most `level`.
fn least_filters(level: &Q) -> Option<u64> {
    const MOST: u64 = 20_000;
    let (mut none, mut nothing) = (Q::one(), Q::one());
    for n in 0..=MOST {
        if &none * integer(2) - &nothing <= *level {
            return Some(n);
        }
        none *= ratio(3, 4);
        nothing *= ratio(1, 2);
    }
    None
}

/// What the comparison with fresh runs and with the exact law found.
struct Compared {
    refutation: Option<Refutation>,
    /// Fresh runs, and in how many of them some margin is below 1 at the last step.
    runs: u64,
    open: u64,
    /// Of these runs, those with winners of both labels, and the most updates of one of them.
    with_winners: u64,
    most_updates: u64,
    /// Why there are no runs.
    limit: Option<String>,
    /// On the sharpest bound at the last step.
    judgement: Judgement,
}

impl Compared {
    fn refute(&mut self, refutation: impl FnOnce() -> Refutation) {
        self.refutation.get_or_insert_with(refutation);
    }

    /// No path may make more updates than M_bar and M_j, counting the one that is still possible.
    fn deterministic(&mut self, bounds: &Bounds, run: u64, fresh: &Fresh) {
        if fresh.winners == 0 {
            return;
        }
        self.with_winners += 1;
        self.most_updates = self.most_updates.max(fresh.end.updates);
        let possible = fresh.end.updates + u64::from(fresh.end.at.is_none());
        let limits = [
            ("M_bar", Some(bounds.max_updates())),
            ("M_j", bounds.sharp_updates(fresh.winners)),
        ];
        for (name, limit) in limits {
            let Some(limit) = limit.filter(|&limit| BigInt::from(possible) > *limit) else {
                continue;
            };
            self.refute(|| {
                let text = format!(
                    "From the initialisation with seed {} (at least {} winners of either label) {possible} updates are possible on run {run}; {name} claims at most {limit}.",
                    fresh.seed, fresh.winners
                );
                let witness = json!({
                    "init_seed": fresh.seed,
                    "run": run,
                    "winners": fresh.winners,
                    "claimed": limit.to_string(),
                    "found": possible,
                });
                (text, witness, Layer::Exact)
            });
        }
    }
}

/// Compares the bounds with fresh runs, and the exact law from the initial point of the problem with
/// what the bounds say of it.
fn compare(context: &Context<'_>, bounds: &Bounds, outcome: &mut Outcome) -> Compared {
    let problem = context.problem;
    let steps = problem.training().steps;
    let mut found = Compared {
        refutation: None,
        runs: 0,
        open: 0,
        with_winners: 0,
        most_updates: 0,
        limit: None,
        judgement: Judgement::NothingToCompare,
    };
    let runs = fresh_runs(problem, context.budget.fresh_starts).unwrap_or_else(|limit| {
        found.limit = Some(limit);
        Vec::new()
    });
    for (run, fresh) in runs.iter().enumerate() {
        found.deterministic(bounds, run as u64, fresh);
    }
    let ends: Vec<_> = runs.iter().map(|fresh| fresh.end).collect();
    found.runs = ends.len() as u64;
    found.open = unsettled(&ends, steps);
    let times = checkpoints(steps);
    let share = share(2 * times.len() as u64);
    for &t in &times {
        let seen = (found.runs > 0).then(|| Frequency {
            successes: unsettled(&ends, t),
            runs: found.runs,
        });
        let frequency = seen.map(|seen| seen.figure());
        for (name, bound) in [
            ("first form", bounds.classic(t)),
            ("sharpest", bounds.mixed(t)),
        ] {
            let claim = ProbabilityClaim {
                bound: &bound,
                side: Side::AtMost,
                exact: None,
                sampled: seen,
                share: &share,
            };
            let judged = claim.judge();
            if let (Judgement::Refuted(_), Some(seen)) = (judged, seen) {
                found.refute(|| exceeded(problem, t, &seen, bound.upper(), &share));
            }
            if t == steps && name == "sharpest" {
                found.judgement = judged;
            }
            if t == steps {
                outcome.comparisons.push(Comparison {
                    quantity: format!("Pr(some margin < 1 at step {t}), fresh start ({name})")
                        .into(),
                    relation: Relation::AtMost,
                    theory: Some(Figure::from(&bound)),
                    exact: None,
                    simulated: frequency.clone(),
                    margin: None,
                    layer: Layer::Sampled,
                });
                if let Some(figure) = frequency.clone().filter(|_| name == "sharpest") {
                    outcome.figures.push(("sampled_frequency", figure));
                }
            }
        }
    }
    if let Some(refutation) = this_start(context, bounds, &times, outcome) {
        found.refute(|| refutation);
    }
    found
}

fn exceeded(problem: &Problem, t: u64, seen: &Frequency, bound: &Q, share: &Q) -> Refutation {
    let text = format!(
        "Some margin is below 1 at step {t} in {} of {} runs from fresh initialisations; were its probability at most {}, so many would have a probability of at most {}.",
        seen.successes,
        seen.runs,
        short(bound),
        short(share)
    );
    let witness = json!({
        "step": t,
        "successes": seen.successes,
        "runs": seen.runs,
        "error_probability": share.to_string(),
        "seed": problem.training().seed,
        "claimed": bound.to_string(),
    });
    (text, witness, Layer::Sampled)
}

/// Given the initial point, the second terms of the bounds hold by themselves if both labels have
/// winners: compared with the exact law, at the last of `times` that is affordable.
fn this_start(
    context: &Context<'_>,
    bounds: &Bounds,
    times: &[u64],
    outcome: &mut Outcome,
) -> Option<Refutation> {
    /// States times steps.
    const MAX_WORK: u64 = 2_000_000;
    let problem = context.problem;
    let winners = Label::BOTH.map(|y| problem.winners(y).len() as u64);
    let updates = bounds.sharp_updates(winners[0].min(winners[1]))?;
    let chain = context.chain().ok()?;
    let affordable = |t: &u64| {
        let reached = chain.stopped().is_none_or(|stop| *t <= stop.t);
        reached && t.saturating_mul(chain.n_states() as u64) <= MAX_WORK
    };
    let at = *times.iter().rev().find(|&t| affordable(t))?;
    let law = chain.always(0, at, &|s| !chain.is_settled(s))?;
    let bound = bounds.tail(at, updates);
    outcome.comparisons.push(Comparison {
        quantity: format!("P(some margin < 1 at step {at}), from the start of the problem").into(),
        relation: Relation::AtMost,
        theory: Some(Figure::from(&bound)),
        exact: Some(Figure::Exact(law.clone())),
        simulated: None,
        margin: Some(Figure::from(&Tail::between(
            bound.lower() - &law,
            bound.upper() - &law,
        ))),
        layer: if bound.is_exact() {
            Layer::Exact
        } else {
            Layer::Enclosed
        },
    });
    (law > *bound.upper()).then(|| {
        let text = format!(
            "From the start of the problem some margin is below 1 at step {at} with probability {}; claimed was at most {}.",
            short(&law),
            short(bound.upper())
        );
        let witness = json!({
            "step": at,
            "claimed_updates": updates.to_string(),
            "claimed": bound.upper().to_string(),
            "found": law.to_string(),
        });
        (text, witness, Layer::Exact)
    })
}

/// Evaluates and compares the bounds for some heads; the sentence that tells it.
fn evaluate(
    context: &Context<'_>,
    heads: Heads,
    theory: Theory,
    outcome: &mut Outcome,
) -> Result<(String, Compared), String> {
    let problem = context.problem;
    let steps = problem.training().steps;
    let delta = &context.budget.delta;
    let bounds = bounds(problem, heads, theory)?;
    let mixed = bounds.mixed(steps);
    let best = bounds.sharp(steps);
    let least_t = bounds.least_t_sharp(delta);
    let figures = &mut outcome.figures;
    figures.push_probability("probability_upper_bound", &mixed, Side::AtMost);
    let classic = bounds.classic(steps);
    figures.push_probability("bound_classic", &classic, Side::AtMost);
    if classic.is_sharp() && matches!(heads, Heads::Fair { .. }) {
        figures.proved("bound_classic", "T11_main_claim");
    }
    if let Some(best) = &best {
        outcome
            .figures
            .push_probability("bound_sharp", &best.bound, Side::AtMost);
        outcome.figures.extend([
            ("best_j", Figure::Exact(integer(best.j))),
            (
                "max_updates_sharp",
                Figure::Exact(integer(best.updates.clone())),
            ),
        ]);
    }
    outcome.figures.extend([
        (
            "max_updates",
            Figure::Exact(integer(bounds.max_updates().clone())),
        ),
        ("lottery_term", Figure::from(&bounds.lottery())),
        ("least_certified_t", figure_of_steps(&least_t)),
        (
            "least_certified_t_classic",
            figure_of_steps(&bounds.least_t_classic(delta)),
        ),
    ]);
    if matches!(heads, Heads::Fair { .. }) {
        let least = least_filters(&(delta / integer(2)));
        outcome.figures.push((
            "least_filters",
            least.map_or_else(
                || Figure::Missing("more than 20000 filters".to_owned().into()),
                |n| Figure::Exact(integer(n)),
            ),
        ));
    }
    let found = compare(context, &bounds, outcome);
    if found.runs > 0 {
        let seen = Q::new(found.open.into(), found.runs.into());
        outcome
            .figures
            .compare("probability_upper_bound", mixed.upper(), &seen);
    }
    let mut text = format!(
        "Some margin is below 1 at step {steps} with probability at most {} over initialisation and samples{}; a label has no winner with probability {}",
        short(mixed.upper()),
        if *mixed.upper() >= Q::one() {
            " (a vacuous bound)"
        } else {
            ""
        },
        short(bounds.lottery().upper()),
    );
    match &least_t {
        Ok([_, t]) => text.push_str(&format!(", and step {t} is certified for delta = {delta}")),
        Err(limit) => text.push_str(&format!(
            ", and no step is certified for delta = {delta} ({limit})"
        )),
    }
    match &found.limit {
        None => text.push_str(&format!(
            ". It was below 1 in {} of {} runs from fresh initialisations, of which {} have winners of both labels and make at most {} updates ({} are allowed).",
            found.open,
            found.runs,
            found.with_winners,
            found.most_updates,
            short(&integer(bounds.max_updates().clone())),
        )),
        Some(limit) => text.push_str(&format!(". No fresh initialisation was followed: {limit}.")),
    }
    Ok((text, found))
}

/// A head that is not drawn.
fn head_failure(problem: &Problem) -> Option<Failing> {
    let head = match problem.network().head_init {
        HeadInit::RandomSigns => return None,
        HeadInit::Alternating => "network.head = \"alternating\"",
        HeadInit::Explicit => "network.head is given",
    };
    Some(Failing {
        assumption: AssumptionId::A5f,
        witness: format!("{head}: its signs are not independent and fair"),
    })
}

impl Theorem for MainClaim {
    fn statement(&self) -> &'static Statement {
        &STATEMENT
    }

    fn further(&self, problem: &Problem) -> Vec<Failing> {
        head_failure(problem).into_iter().collect()
    }

    fn check(&self, context: &Context<'_>, theory: Theory) -> Outcome {
        let problem = context.problem;
        let heads = Heads::of(problem.network());
        let fails = self.failures(context);
        if !STATEMENT.failures(problem, context.audits).is_empty() {
            let because = "The main claim is not about this problem.";
            return Outcome::not_applicable(&STATEMENT, fails, because);
        }
        if !fails.is_empty() {
            let because = "The head is fixed, and only the filters are random.";
            let mut outcome = Outcome::not_applicable(&STATEMENT, fails, because);
            outcome.beyond = Some(match evaluate(context, heads, theory, &mut outcome) {
                Ok((
                    text,
                    Compared {
                        refutation: None, ..
                    },
                )) => format!("With this head fixed the same proof holds. {text}").into(),
                Ok((
                    _,
                    Compared {
                        refutation: Some((text, ..)),
                        ..
                    },
                )) => format!("The bound for this fixed head fails: {text}").into(),
                Err(limit) => format!("Nothing is certified for this fixed head: {limit}.").into(),
            });
            return outcome;
        }
        let mut outcome = Outcome::new(&STATEMENT);
        match evaluate(context, heads, theory, &mut outcome) {
            Ok((text, found)) => {
                outcome.because = text.into();
                outcome.scope = Some(Scope::at(format!(
                    "t = {}, {}",
                    problem.training().steps,
                    count_of(found.runs, "fresh start")
                )));
                outcome.verdict = match found.judgement {
                    Judgement::Vacuous => {
                        outcome.vacuous = true;
                        Verdict::Holds {
                            layer: Layer::Exact,
                        }
                    }
                    Judgement::Holds(layer) | Judgement::Refuted(layer) => Verdict::Holds { layer },
                    Judgement::TooFewRuns(needed) => Verdict::Undecided {
                        limit: too_few_runs(found.runs, needed).into(),
                    },
                    Judgement::NothingToCompare => Verdict::Undecided {
                        limit: found.limit.clone().unwrap_or_default().into(),
                    },
                };
                if let Some((text, witness, layer)) = found.refutation {
                    outcome.vacuous = false;
                    outcome.refute_with(text, witness, layer);
                }
            }
            Err(limit) => {
                outcome.because = format!("The bound was not computed: {limit}.").into();
                outcome.verdict = Verdict::Undecided {
                    limit: limit.into(),
                };
            }
        }
        outcome
    }
}
