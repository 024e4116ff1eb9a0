//! T11: the main claim in one statement, over the randomness of the initialisation and of the samples.
//!
//! A label is without winners with the probability that T9 gives; otherwise T6 (a) holds with `c >= 1`, `|J| <= n` and
//! `|W(0)|^2 <= n P h^2`, whatever the initial point. Sharper for every number j of winners, and sharpest by the law
//! of total probability over it (`docs/theory.md`): for j near n/4, M_j stays bounded as n grows, and M_bar does not.
//! With a fixed head of n_+ and n_- signs the same proof holds with T9's other form, and `|J_y|` has the law
//! Bin(n_y, 1/2).

mod bound;
mod fresh;
mod winners;

use super::evidence::{Frequency, Judgement, ProbabilityClaim, share, too_few_runs};
use super::figures::Side;
use super::fresh::Heads;
use super::prelude::*;
use super::settling::{
    Settled, Waiting, checkpoints, figure_of_steps, tenth_of_the_tail, unsettled,
};
use crate::number::least_where;
use crate::problem::HeadInit;
use crate::problem::assumption::has_fixed_signs;
use bound::{Bounds, Updates, largest_coordinate};
use fresh::{Fresh, fresh_runs};
use num_traits::{One, pow};
use rayon::prelude::*;

/// T11.
pub struct MainClaim;

static STATEMENT: Statement = Statement {
    id: TheoremId::T11,
    title: "main claim",
    file: "main_claim",
    claims: &["C1", "C3", "C5"],
    statement: "Over the initialisation and the samples of hinge SGD, for every step T: Pr(some margin < 1 at step T) <= 2 (3/4)^n - (1/2)^n + Pr(Bin(T, p_min) < M_bar), M_bar the largest integer M with (eta r M)^2 <= n (n P h^2 + M (2 eta + eta^2 n m^2)), and for every j >= 1 also <= Pr(min(|J_+|, |J_-|) < j) + Pr(Bin(T, p_min) < M_j), M_j the largest with (eta r M)^2 <= (2/j) (n P h^2 + M (2 eta + eta^2 n max |N|^2)). When no margin is below 1, accuracy is 1 and nothing moves any more; so for any delta > 0 some n and then some T make it at most delta.",
    formulas: &[
        Formula::new(
            "over the initialisation and the samples, for every step T",
            r"\Pr\left(\text{some margin} < 1 \text{ at step } T\right) \le 2 \left(\tfrac{3}{4}\right)^n - \left(\tfrac{1}{2}\right)^n + \Pr\left(\operatorname{Bin}(T, p_{\min}) < M_{\max}\right)",
        ),
        Formula::new(
            "with the largest integer M that satisfies",
            r"(\eta r M)^2 \le n \left(n P h^2 + M \left(2\eta + \eta^2 n m^2\right)\right)",
        ),
        Formula::new(
            "and for every integer j >= 1",
            r"\Pr\left(\text{some margin} < 1 \text{ at step } T\right) \le \Pr\left(\min(|J_+|, |J_-|) < j\right) + \Pr\left(\operatorname{Bin}(T, p_{\min}) < M_j\right)",
        ),
        Formula::new(
            "with the largest integer M that satisfies",
            r"(\eta r M)^2 \le \tfrac{2}{j} \left(n P h^2 + M \left(2\eta + \eta^2 n\, {\max_x} |N|^2\right)\right)",
        ),
    ],
    model: Model {
        losses: &[Loss::Hinge],
        one_sample: true,
        ..Model::RELU_SUM
    },
    further: "fixed head of independent fair signs",
    assumes: &[A1, A2, A5f, A6],
    proofs: proofs! {
        T11_main_claim: "the first form at every T; where no margin is below 1, accuracy is 1 and nothing moves";
        T11_sharp: "the form for every j, fair heads";
        T11_image_square: "under A2 the sum of the squares of an image's counts is at most r^2 + (m - r)^2";
        T11_total: "the law of total probability over j, fair heads";
        T11_fixed_heads: "the first form for given heads";
        T11_fixed_heads_sharp: "the form for every j, given heads";
        T11_fixed_heads_total: "the law of total probability over j, given heads";
        T11_limit: "for every delta some n, and then some T, after which the probability is at most delta";
    },
    unproved: &[
        "the law of the lesser number of winners, beyond that it is not 0",
        "laws of the weights that are not on finitely many values",
    ],
};

/// The sharpest form.
const SHARPEST: &str = "Pr(some margin < 1 at step T), by the law of min(|J_+|, |J_-|)";

/// The first form.
const FIRST: &str = "Pr(some margin < 1 at step T), by M_bar";

/// From one start.
const GIVEN: &str = "P(some margin < 1 at step T) from the start of the problem, by M_j";

/// The updates of one path, and the one that is still possible.
const UPDATES: Clause = Clause::new(
    "updates of a path from a start with j winners of either label, M_j",
    AtMost,
);

/// The same by the first form.
const MOST_UPDATES: Clause = Clause::new(
    "updates of a path from a start with winners of both labels, M_bar",
    AtMost,
);

static NEAR_MISSES: [NearMiss<Claim>; 6] = [
    NearMiss::<Claim>::new(
        SHARPEST,
        "the lottery term is (1/2)^n: filters without a right sign are forgotten",
        |claim, problem| {
            let n = problem.n_filters().min(2_048);
            claim.bounds.take_lottery(&pow(ratio(1, 2), n));
        },
    )
    .without(is_about_the_head),
    NearMiss::new(
        UPDATES.name,
        "the term 2 eta is left out of M_j",
        |claim, problem| claim.updates.gains[1] -= &problem.training().step * integer(2),
    ),
    NearMiss::new(
        MOST_UPDATES.name,
        "the term 2 eta is left out of M_bar",
        |claim, problem| claim.updates.gains[0] -= &problem.training().step * integer(2),
    ),
    NearMiss::new(
        GIVEN,
        "p_min is replaced by the largest probability of an atom",
        |claim, problem| claim.given.take_largest_atom(problem.distribution()),
    ),
    NearMiss::new(SHARPEST, "the tails are divided by 10", |claim, _| {
        claim.bounds.waiting.below = tenth_of_the_tail;
    }),
    NearMiss::new(
        FIRST,
        "the tail of the first form is divided by 10",
        |claim, _| claim.bounds.first.below = tenth_of_the_tail,
    ),
];

/// What is claimed of a problem with random weights.
pub struct Claim {
    heads: Heads,
    /// M_bar and M_j.
    updates: Updates,
    /// Over the initialisation and the samples.
    bounds: Bounds,
    /// Over the samples.
    given: Waiting,
}

/// The least number of filters with random signs for which the lottery term is at most `level`.
fn least_filters(level: &Q) -> Option<u64> {
    const MOST: u64 = 20_000;
    let lottery = |n: u64| {
        let [none, nothing] = [ratio(3, 4), ratio(1, 2)].map(|s| pow(s, n as usize));
        none * integer(2) - nothing
    };
    let found = least_where(0, MOST + 1, |n| lottery(n) <= *level);
    (found <= MOST).then_some(found)
}

/// Does a condition fail only because the head is not drawn?
fn is_about_the_head(failing: &Failing, problem: &Problem) -> bool {
    failing.assumption == A5f && has_fixed_signs(problem)
}

impl Claimed for MainClaim {
    type Claim = Claim;

    const RECORD: &'static Statement = &STATEMENT;

    const NEAR_MISSES: &'static [NearMiss<Claim>] = &NEAR_MISSES;

    fn further_failures(&self, problem: &Problem) -> Vec<Failing> {
        let head = match problem.network().head_init {
            HeadInit::RandomSigns => return Vec::new(),
            HeadInit::Alternating => "network.head = \"alternating\"",
            HeadInit::Explicit => "network.head is given",
        };
        let not_drawn = "its signs are not independent and fair";
        vec![Failing {
            assumption: A5f,
            witness: [head, not_drawn].join(": "),
        }]
    }

    const WITHOUT: &'static str = "The main claim is not about this problem.";

    /// With a fixed head the same proof holds.
    fn beyond(&self, context: &Context<'_>, outcome: &mut Outcome) {
        let about_the_head = |failing| is_about_the_head(failing, context.problem);
        if !outcome.fails.iter().all(about_the_head) {
            return;
        }
        outcome.because = "The head is fixed, and only the filters are random.".into();
        let mut found = Outcome::new(&STATEMENT);
        match self.claim(context.problem) {
            Ok(claim) => self.compare(context, &claim, &mut found),
            Err(limit) => found.undecided(limit),
        }
        let mut beyond = Remarks::from(match (found.violation(), &found.verdict) {
            (Some(violation), _) => remark!(
                "The bound for this fixed head fails: {}; claimed {}, found {}.",
                violation.claim,
                &violation.claimed,
                &violation.found
            ),
            (None, Verdict::Undecided { limit }) if found.because.is_empty() => {
                remark!(
                    "Nothing is certified for this fixed head: {}.",
                    limit.clone()
                )
            }
            _ => "With this head fixed the same proof holds.".into(),
        });
        beyond.extend(found.because);
        outcome.beyond = Some(beyond);
        outcome.figures = found.figures;
        outcome.comparisons = found.comparisons;
    }

    fn claim(&self, problem: &Problem) -> Result<Claim, Remark> {
        let heads = Heads::of(problem.network());
        let r = problem
            .distribution()
            .key_count()
            .ok_or("images have no common number of key patches")?;
        let h = largest_coordinate(problem.network()).ok_or("the weights are given")?;
        let updates = Updates::new(problem, r, &h);
        let given = Waiting::with_least_atom(problem.distribution())?;
        Ok(Claim {
            heads,
            bounds: Bounds::new(heads, &updates, given.clone()),
            updates,
            given,
        })
    }

    fn compare(&self, context: &Context<'_>, claim: &Claim, outcome: &mut Outcome) {
        let problem = context.problem;
        let steps = problem.training().steps;
        let (runs, limit) = match fresh_runs(problem, context.budget.fresh_starts) {
            Ok(runs) => (runs, None),
            Err(limit) => (Vec::new(), Some(limit)),
        };
        for (run, fresh) in runs.iter().enumerate() {
            updates_of(problem, claim, run as u64, fresh, outcome);
        }
        let ends: Vec<Settled> = runs.iter().map(|fresh| fresh.end).collect();
        let judgement = frequencies(problem, claim, &ends, outcome);
        this_start(context, claim, outcome);
        let fresh = (runs.len() as u64, "fresh start");
        outcome.scope = Some(Scope::at(remark!("t = {}, {}", steps, fresh)));
        if !outcome.is_refuted() {
            match judgement {
                Judgement::Vacuous => outcome.vacuous = true,
                Judgement::Holds(layer) | Judgement::Refuted(layer) => {
                    outcome.verdict = Verdict::Holds { layer };
                }
                Judgement::TooFewRuns(needed) => {
                    outcome.undecided(too_few_runs(runs.len() as u64, needed));
                }
                Judgement::NothingToCompare => {
                    outcome.undecided(limit.clone().unwrap_or("nothing was compared".into()));
                }
            }
        }
        if context.verdict_only {
            return;
        }
        let open = unsettled(&ends, steps);
        let seen = (!runs.is_empty()).then(|| Q::new(open.into(), runs.len().into()));
        figures(context, claim, seen, outcome);
        outcome.because.push(match limit {
            None => tell_runs(claim, &runs, open),
            Some(limit) => remark!("No fresh initialisation was followed: {}.", limit),
        });
    }

    /// By the law of total probability over the number of winners.
    fn curves(
        &self,
        _context: &Context<'_>,
        claim: &Claim,
        _outcome: &Outcome,
        times: &[u64],
    ) -> Vec<Curve> {
        let at = |&t: &u64| {
            let closed = Q::one() - claim.bounds.mixed(t).upper();
            (t, [Some(Value::Plain(closed))])
        };
        let said: Vec<_> = times.par_iter().map(at).collect();
        let quantity = (Quantity::PerfectAccuracy, AtLeast);
        Curve::all(STATEMENT.id, &Dynamics::FreshStart, [quantity], said)
    }
}

/// No path may make more updates than M_bar and M_j, counting the one that is still possible.
fn updates_of(problem: &Problem, claim: &Claim, run: u64, fresh: &Fresh, outcome: &mut Outcome) {
    if fresh.winners == 0 {
        return;
    }
    let possible = integer(fresh.end.updates + u64::from(fresh.end.at.is_none()));
    let seed = problem.training().seed;
    let place = Place::of(Course::Run { seed, run });
    for (clause, most) in [
        (UPDATES, claim.updates.sharp(fresh.winners)),
        (MOST_UPDATES, claim.updates.classic()),
    ] {
        if let Err(violation) = clause.check(place.clone(), &integer(most), &possible) {
            let violation = violation
                .with("init_seed", fresh.seed.into())
                .with("winners", fresh.winners.into());
            outcome.refute(violation, Layer::Exact);
        }
    }
}

/// Compares the bounds with fresh runs; what is known of the sharpest at the last step.
fn frequencies(
    problem: &Problem,
    claim: &Claim,
    ends: &[Settled],
    outcome: &mut Outcome,
) -> Judgement {
    let (runs, steps) = (ends.len() as u64, problem.training().steps);
    let times = checkpoints(steps);
    let share = share(2 * times.len() as u64);
    let mut judgement = Judgement::NothingToCompare;
    for &t in &times {
        let successes = unsettled(ends, t);
        let sampled = (runs > 0).then_some(Frequency { successes, runs });
        for (clause, form, bound) in [
            (SHARPEST, "sharpest", claim.bounds.mixed(t)),
            (FIRST, "first form", claim.bounds.classic(t)),
        ] {
            let claim = ProbabilityClaim::at_most(&bound, None, sampled, &share);
            let seed = problem.training().seed;
            let detailed = |violation: Violation| violation.with("seed", seed.into());
            let judged = claim.judge_into(outcome, clause, t, detailed);
            if t == steps {
                let event = remark!("Pr(some margin < 1 at step {}), fresh start ({})", t, form);
                outcome.comparisons.push(claim.comparison(event));
            }
            if t == steps && clause == SHARPEST {
                judgement = judged;
                if let Some(seen) = sampled {
                    outcome.figures.push(("sampled_frequency", seen.figure()));
                }
            }
        }
    }
    judgement
}

/// Given the initial point, the second terms of the bounds hold by themselves if both labels have
/// winners: compared with the exact law, at the last checkpoint that is affordable.
fn this_start(context: &Context<'_>, claim: &Claim, outcome: &mut Outcome) -> Option<()> {
    /// States times steps.
    const MAX_WORK: u64 = 2_000_000;
    let problem = context.problem;
    let [plus, minus] = Label::BOTH.map(|y| problem.winners(y).len() as u64);
    let updates = claim.bounds.sharp_updates(plus.min(minus))?;
    let chain = context.chain().ok()?;
    let affordable = |t: &u64| {
        let reached = chain.stopped().is_none_or(|stop| *t <= stop.t);
        reached && t.saturating_mul(chain.n_states() as u64) <= MAX_WORK
    };
    let times = checkpoints(problem.training().steps);
    let at = times.into_iter().rev().find(affordable)?;
    let law = chain.always(0, at, &|s| !chain.is_settled(s))?;
    let (bound, share) = (claim.given.tail(at, updates), share(1));
    let claim = ProbabilityClaim::at_most(&bound, Some(&law), None, &share);
    let updates = integer(updates.clone()).into();
    claim.judge_into(outcome, GIVEN, at, |violation| {
        violation.with("updates", updates)
    });
    let quantity = remark!(
        "P(some margin < 1 at step {}), from the start of the problem",
        at
    );
    outcome.comparisons.push(claim.comparison(quantity));
    Some(())
}

/// The bounds at the last step, and the steps that they certify.
fn figures(context: &Context<'_>, claim: &Claim, seen: Option<Q>, outcome: &mut Outcome) {
    let (steps, delta) = (context.problem.training().steps, &context.budget.delta);
    let (bounds, figures) = (&claim.bounds, &mut outcome.figures);
    let (mixed, classic) = (bounds.mixed(steps), bounds.classic(steps));
    let is_fair = matches!(claim.heads, Heads::Fair { .. });
    figures.push_probability("probability_upper_bound", &mixed, Side::AtMost);
    if let Some(seen) = seen {
        figures.compare("probability_upper_bound", mixed.upper(), &seen);
    }
    figures.push_probability("bound_classic", &classic, Side::AtMost);
    if classic.is_sharp() && is_fair {
        figures.proved("bound_classic", "T11_main_claim");
    }
    if let Some((best, bound)) = bounds.sharp(steps) {
        figures.push_probability("bound_sharp", &bound, Side::AtMost);
        figures.count("best_j", best.j);
        figures.count("max_updates_sharp", best.updates.clone());
    }
    figures.count("max_updates", bounds.max_updates.clone());
    figures.push(("lottery_term", Figure::from(&bounds.lottery())));
    let least_t = bounds.least_t_sharp(delta);
    // By the j that does it in the fewest steps; the sharpest bound, over j together, may do earlier.
    let by_one_j = match &least_t {
        Ok([_, t]) => Figure::AtMost(*t),
        Err(limit) => Figure::Missing(limit.clone()),
    };
    figures.push(("least_certified_t", by_one_j));
    let least_classic = figure_of_steps(&bounds.least_t_classic(delta));
    figures.push(("least_certified_t_classic", least_classic));
    if is_fair {
        match least_filters(&(delta / integer(2))) {
            Some(n) => figures.count("least_filters", n),
            None => figures.missing("least_filters", "more than 20000 filters"),
        }
    }
    outcome.because.push(remark!(
        "Some margin is below 1 at step {} with probability at most {} over initialisation and samples; a label has no winner with probability {}.",
        steps,
        mixed.upper(),
        bounds.lottery().upper()
    ));
    outcome.because.push(match least_t {
        Ok([_, t]) => remark!("Step {} is certified for delta = {}.", t, delta),
        Err(limit) => remark!("No step is certified for delta = {}: {}.", delta, limit),
    });
}

/// What the fresh runs showed, `open` of which have some margin below 1 at the last step.
fn tell_runs(claim: &Claim, runs: &[Fresh], open: u64) -> Remark {
    let with_winners = runs.iter().filter(|fresh| fresh.winners > 0);
    let most = with_winners.clone().map(|fresh| fresh.end.updates).max();
    remark!(
        "It was in {} of {} from fresh initialisations, of which {} have winners of both labels and make at most {} updates ({} are allowed).",
        open,
        (runs.len() as u64, "run"),
        with_winners.count(),
        most.unwrap_or(0),
        &claim.bounds.max_updates
    )
}
