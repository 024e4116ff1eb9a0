//! T9: the initialisation lottery.
//!
//! A filter wins the label of its head's sign if its key passes, with probability s: 1/2, that it is positive.
//! By inclusion and exclusion over "nobody wins +" and "nobody wins -", both labels have winners with probability
//! `1 - 2 (1 - s/2)^n + (1 - s)^n` if head signs are independent and fair. With a fixed head of `n_+` positive
//! and `n_-` negative weights the two events speak of different filters and are independent:
//! `(1 - (1-s)^n_+)(1 - (1-s)^n_-)`. Under max pooling the key must also be at least as large as the K
//! backgrounds, which gives another s.

use super::evidence::{Frequency, ProbabilityClaim, share};
use super::figures::Side;
use super::fresh::{Heads, both_win, grid, winning};
use super::prelude::*;
use crate::probability::Tail;
use crate::problem::assumption::without_keys;
use num_bigint::BigInt;
use num_traits::{One, ToPrimitive, Zero, pow};

/// T9.
pub struct Lottery;

static STATEMENT: Statement = Statement {
    id: TheoremId::T9,
    title: "initialisation lottery",
    file: "lottery",
    claims: &["C3", "C5"],
    statement: "For independent symmetric initial coordinates that are never 0: both labels have winners with probability 1 - 2 (3/4)^n + (1/2)^n if head signs are independent and fair, and (1 - 2^-n_+)(1 - 2^-n_-) for a fixed head with n_+ positive and n_- negative weights.",
    formulas: &[
        Formula::new(
            "head signs independent and fair",
            r"\Pr\left(J_+ \ne \emptyset,\; J_- \ne \emptyset\right) = 1 - 2 \left(\tfrac{3}{4}\right)^n + \left(\tfrac{1}{2}\right)^n",
        ),
        Formula::new(
            "a fixed head",
            r"\Pr\left(J_+ \ne \emptyset,\; J_- \ne \emptyset\right) = \left(1 - 2^{-n_+}\right) \left(1 - 2^{-n_-}\right)",
        ),
    ],
    model: Model::ANY,
    further: "",
    assumes: &[A6],
    proofs: proofs! {
        T9_lottery: "the probability for independent fair heads, laws on finitely many values";
        T9_fixed_heads: "the probability for given heads, laws on finitely many values";
        T9_lottery_count: "the count of sign patterns with winners of both labels";
    },
    unproved: &[
        "laws that are not on finitely many values",
        "the form for max pooling",
    ],
};

const BOTH_WIN: Clause = Clause::new("P(both labels have winners)", Equal);

/// The same under max pooling, where winners dominate their backgrounds.
const BOTH_DOMINATE: Clause = Clause::new(
    "P(both labels have winners that dominate their backgrounds), max pooling",
    Equal,
);

static NEAR_MISSES: [NearMiss<Claim>; 4] = [
    NearMiss::new(
        BOTH_WIN.name,
        "heads are ignored: any filter with a positive key coordinate wins, (1 - 2^-n)^2",
        |claim, problem| claim.losing = independent(&ratio(1, 2), problem),
    ),
    NearMiss::new(
        BOTH_WIN.name,
        "one exclusion is forgotten: 1 - (3/4)^n + (1/2)^n (fixed head: 1 - 2^-n_+ - 2^-n_-)",
        |claim, _| match claim.heads {
            Heads::Fair { .. } => claim.losing[1] = Q::zero(),
            Heads::Fixed { .. } => claim.losing[2] = Q::zero(),
        },
    ),
    NearMiss::new(
        BOTH_WIN.name,
        "the two labels are treated as independent with fair heads: (1 - (3/4)^n)^2",
        |claim, problem| claim.losing = independent(&ratio(1, 4), problem),
    ),
    NearMiss::new(
        BOTH_DOMINATE.name,
        "under max pooling a positive key is enough too",
        |claim, _| claim.dominates = ratio(1, 2),
    ),
];

/// What is claimed of an initialisation.
pub struct Claim {
    heads: Heads,
    /// The probabilities that + has no winner, that - has none, and that neither has.
    losing: [Q; 3],
    /// The probability that a filter's key is positive and dominates its backgrounds, where it is counted.
    dominates: Q,
}

/// The same, where a filter's key passes with probability s.
fn losing(heads: Heads, s: &Q) -> [Q; 3] {
    match heads {
        Heads::Fair { n } => {
            let one = none(&(s / integer(2)), n);
            [one.clone(), one, none(s, n)]
        }
        Heads::Fixed { plus, minus } => [plus, minus, plus + minus].map(|n| none(s, n)),
    }
}

/// `(1 - s)^n`: none of n filters passes.
fn none(s: &Q, n: u64) -> Q {
    pow(Q::one() - s, n as usize)
}

/// Two independent labels, for each of which any filter wins with probability s.
fn independent(s: &Q, problem: &Problem) -> [Q; 3] {
    let n = problem.n_filters() as u64;
    losing(Heads::Fixed { plus: n, minus: n }, s)
}

/// By inclusion and exclusion.
fn closed_form([plus, minus, both]: &[Q; 3]) -> Q {
    Q::one() - plus - minus + both
}

/// Grid points up to which the law of the largest coordinate is summed.
const MAX_GRID_WORK: u64 = 2_000_000;

/// The same probability by counting: filter after filter, in how many of the equally likely sign patterns (head,
/// key of its label) has each set of labels a winner. The key of the other label is free. `passes` of `total` key
/// values pass.
fn counted(heads: Heads, passes: &BigInt, total: &BigInt) -> Q {
    let filters = match heads {
        Heads::Fair { n } => vec![0..2; n as usize],
        Heads::Fixed { plus, minus } => {
            [vec![0..1; plus as usize], vec![1..2; minus as usize]].concat()
        }
    };
    // ways[labels that have a winner], labels as bits.
    let mut ways = [1, 0, 0, 0].map(BigInt::from);
    let mut all = BigInt::one();
    for labels in filters {
        let mut next = [BigInt::ZERO; 4];
        for (have, count) in ways.iter().enumerate() {
            for label in labels.clone() {
                next[have | (1 << label)] += count * passes;
                next[have] += count * (total - passes);
            }
        }
        ways = next;
        all *= total * labels.len();
    }
    Q::new(ways[3].clone(), all)
}

/// Under max pooling: how many of `total` equally likely values of (key, K backgrounds) have a
/// positive key that is at least every background. The grid has h points on each side of 0.
///
/// `sum over i < h of (h + i + 1)^K` out of `(2h)^(K+1)`. `None` if that is too many terms.
fn dominating(problem: &Problem) -> Option<(BigInt, BigInt)> {
    let k = problem.dictionary().n_background();
    let (h, _) = grid(problem.network())?;
    let h = h.to_u64()?;
    let words = 1 + (k as u64).checked_mul(64 - u64::from(h.leading_zeros()))? / 64;
    if h.checked_mul(words)?.checked_mul(words)? > MAX_GRID_WORK {
        return None;
    }
    let k = u32::try_from(k).ok()?;
    let passes = (1..=h).map(|i| BigInt::from(h + i).pow(k)).sum();
    Some((passes, BigInt::from(2 * h).pow(k + 1)))
}

impl Claimed for Lottery {
    type Claim = Claim;

    const RECORD: &'static Statement = &STATEMENT;

    const NEAR_MISSES: &'static [NearMiss<Claim>] = &NEAR_MISSES;

    const WITHOUT: &'static str = "Given weights have no law, so there is no lottery.";

    fn further_failures(&self, problem: &Problem) -> Vec<Failing> {
        without_keys(problem).into_iter().collect()
    }

    fn beyond(&self, context: &Context<'_>, outcome: &mut Outcome) {
        if without_keys(context.problem).is_some() {
            return;
        }
        let network = context.problem.network();
        let given = match both_win(network, network.pooling) {
            true => "At the given weights both labels have winners.",
            false => "At the given weights some label has no winner.",
        };
        outcome.beyond = Some(given.into());
    }

    fn claim(&self, problem: &Problem) -> Result<Claim, Remark> {
        let heads = Heads::of(problem.network());
        let losing = losing(heads, &ratio(1, 2));
        let counted = dominating(problem).map(|(passes, total)| Q::new(passes, total));
        Ok(Claim {
            heads,
            losing,
            dominates: counted.unwrap_or_default(),
        })
    }

    fn compare(&self, context: &Context<'_>, claim: &Claim, outcome: &mut Outcome) {
        let (problem, heads) = (context.problem, claim.heads);
        outcome.scope = Some(Scope::at(remark!("n = {}", problem.n_filters())));
        let claimed = closed_form(&claim.losing);
        let exact = counted(heads, &1.into(), &2.into());
        outcome.figures.number("probability", exact.clone());
        let proof = match heads {
            Heads::Fair { .. } => "T9_lottery",
            Heads::Fixed { .. } => "T9_fixed_heads",
        };
        outcome.figures.proved("probability", proof);
        let [sum, max] = winning(problem).map_or([None; 2], |seen| seen.map(Some));
        both(BOTH_WIN, claimed.clone(), exact, sum, outcome);
        if outcome.is_refuted() {
            return;
        }
        outcome
            .because
            .push("The closed form equals the count over all sign patterns.");
        if let Some(sum) = sum {
            outcome.because.push(remark!(
                "{} of {} fresh initialisations have winners of both labels.",
                sum.successes,
                sum.runs
            ));
            let (bound, share) = (Tail::Exact(claimed), share(2));
            for side in [Side::AtLeast, Side::AtMost] {
                let claim = ProbabilityClaim {
                    bound: &bound,
                    side,
                    exact: None,
                    sampled: Some(sum),
                    share: &share,
                };
                claim.judge_into(outcome, BOTH_WIN.name, 0, |violation| violation);
            }
            outcome.figures.push(("sampled_frequency", sum.figure()));
        }
        if let Some((passes, total)) = dominating(problem) {
            let claimed = closed_form(&losing(heads, &claim.dominates));
            let found = counted(heads, &passes, &total);
            both(BOTH_DOMINATE, claimed, found, max, outcome);
        }
    }
}

/// The closed form beside the count, which refutes it where they differ, and the frequency.
fn both(clause: Clause, claimed: Q, found: Q, seen: Option<Frequency>, outcome: &mut Outcome) {
    let equal = clause.check(Place::of(Course::Cases), &claimed, &found);
    outcome.refute_by(equal.err(), Layer::Exact);
    outcome.comparisons.push(Comparison {
        simulated: seen.map(|seen| seen.figure()),
        ..Comparison::exact(clause.name, Equal, claimed, found)
    });
}
