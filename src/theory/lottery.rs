//! T9: the initialisation lottery.
//!
//! A filter is a winner of label y if its head weight has the sign of y and its coordinate on v_y is
//! positive. With independent fair signs for both, it wins `+` with probability 1/4, `-` with 1/4,
//! nothing with 1/2. By inclusion and exclusion over "nobody wins +" and "nobody wins -",
//! `P(both labels have winners) = 1 - 2 (3/4)^n + (1/2)^n`. With a fixed head of `n_+` positive and
//! `n_-` negative weights the two events speak of different filters and are independent:
//! `(1 - 2^-n_+)(1 - 2^-n_-)`.
//!
//! In general a filter's key passes with probability s (1/2 here): `1 - 2 (1 - s/2)^n + (1 - s)^n`
//! and `(1 - (1-s)^n_+)(1 - (1-s)^n_-)`. Under max pooling the key must also be at least as large as
//! the K backgrounds, which gives another s.

use super::context::Context;
use super::drift::short;
use super::evidence::{Frequency, share};
use super::figures::Side;
use super::record::{Proof, Statement, TheoremId};
use super::theorem::{Theorem, Theory};
use super::verdict::{Comparison, Figure, Layer, Outcome, Scope};
use crate::number::{Q, integer, ratio};
use crate::problem::assumption::AssumptionId;
use crate::problem::model::Model;
use crate::problem::{HeadInit, Init, Label, Network, Pooling, Problem};
use crate::theory::violation::Relation;
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde_json::json;

/// T9.
pub struct Lottery;

static STATEMENT: Statement = Statement {
    id: TheoremId::T9,
    title: "initialisation lottery",
    file: "lottery",
    claims: &["C3", "C5"],
    statement: "For independent symmetric initial coordinates that are never 0: both labels have winners with probability 1 - 2 (3/4)^n + (1/2)^n if head signs are independent and fair, and (1 - 2^-n_+)(1 - 2^-n_-) for a fixed head with n_+ positive and n_- negative weights.",
    model: Model::ANY,
    further: "",
    assumes: &[AssumptionId::A6],
    wrong_theories: &[
        "heads are ignored: any filter with a positive key coordinate wins, (1 - 2^-n)^2",
        "one exclusion is forgotten: 1 - (3/4)^n + (1/2)^n (fixed head: 1 - 2^-n_+ - 2^-n_-)",
        "the two labels are treated as independent with fair heads: (1 - (3/4)^n)^2",
    ],
    proofs: &[
        Proof {
            name: "T9_lottery",
            covers: "the probability for independent fair heads, laws on finitely many values",
        },
        Proof {
            name: "T9_fixed_heads",
            covers: "the probability for given heads, laws on finitely many values",
        },
        Proof {
            name: "T9_lottery_count",
            covers: "the count of sign patterns with winners of both labels",
        },
    ],
    unproved: &[
        "laws that are not on finitely many values",
        "the form for max pooling",
    ],
};

/// Stream of the generator that the seeds of fresh initialisations are drawn from.
const SEED_STREAM: u64 = 2;

/// Coordinates that are drawn for the sampled frequency.
const SAMPLED_COORDINATES: usize = 2_000_000;

/// Grid points up to which the law of the largest coordinate is summed.
const MAX_GRID_WORK: u64 = 2_000_000;

/// Heads as the lottery sees them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heads {
    Fair { n: u64 },
    Fixed { plus: u64, minus: u64 },
}

impl Heads {
    pub fn of(network: &Network) -> Self {
        match network.head_init {
            HeadInit::RandomSigns => Heads::Fair {
                n: network.head.len() as u64,
            },
            HeadInit::Explicit | HeadInit::Alternating => {
                let count = |f: fn(&Q) -> bool| network.head.iter().filter(|a| f(a)).count() as u64;
                Heads::Fixed {
                    plus: count(Q::is_positive),
                    minus: count(Q::is_negative),
                }
            }
        }
    }
}

fn power(base: &Q, n: u64) -> Q {
    num_traits::pow(base.clone(), n as usize)
}

/// The closed form, with `s` the probability that a filter's key passes.
fn closed_form(heads: Heads, s: &Q, theory: Theory, n: u64) -> Q {
    let one = Q::one();
    let none = |s: &Q, n: u64| power(&(Q::one() - s), n);
    let half = s * ratio(1, 2);
    match (theory, heads) {
        (Theory::Wrong(0), _) => {
            let some = one - none(s, n);
            &some * &some
        }
        (Theory::Wrong(1), Heads::Fair { n }) => one - none(&half, n) + none(s, n),
        (Theory::Wrong(1), Heads::Fixed { plus, minus }) => one - none(s, plus) - none(s, minus),
        (Theory::Wrong(_), _) => {
            let some = one - none(&half, n);
            &some * &some
        }
        (Theory::Stated, Heads::Fair { n }) => one - none(&half, n) * integer(2) + none(s, n),
        (Theory::Stated, Heads::Fixed { plus, minus }) => {
            (Q::one() - none(s, plus)) * (Q::one() - none(s, minus))
        }
    }
}

/// The same probability by counting: filter after filter, in how many of the equally likely sign
/// patterns (head, key of +, key of -) has each set of labels a winner. `passes` of `total` key
/// values pass.
fn counted(heads: Heads, passes: &BigInt, total: &BigInt) -> Q {
    let fails = total - passes;
    // ways[labels that have a winner], labels as bits.
    let mut ways = [
        BigInt::one(),
        BigInt::zero(),
        BigInt::zero(),
        BigInt::zero(),
    ];
    let mut all = BigInt::one();
    let mut filter = |signs: &[usize]| {
        let mut next = [const { BigInt::ZERO }; 4];
        for (have, count) in ways.iter().enumerate() {
            for &sign in signs {
                // Both keys are drawn; the one of the head's label decides, the other is free.
                next[have | (1 << sign)] += count * passes * total;
                next[have] += count * &fails * total;
            }
        }
        ways = next;
        all *= total * total * signs.len();
    };
    match heads {
        Heads::Fair { n } => (0..n).for_each(|_| filter(&[0, 1])),
        Heads::Fixed { plus, minus } => {
            (0..plus).for_each(|_| filter(&[0]));
            (0..minus).for_each(|_| filter(&[1]));
        }
    }
    Q::new(ways[3].clone(), all)
}

/// Under max pooling: how many of `total` equally likely values of (key, K backgrounds) have a
/// positive key that is at least every background. The grid has h points on each side of 0.
///
/// `sum over i < h of (h + i + 1)^K` out of `(2h)^(K+1)`. `None` if that is too many terms.
fn dominating(problem: &Problem, half_width: &Q, denominator: u64) -> Option<(BigInt, BigInt)> {
    let k = problem.dictionary().n_background();
    // Odd multiples of 1/(2D) below the half width: those i with 2i + 1 < 2 D h.
    let bound = half_width * integer(denominator) * integer(2) - Q::one();
    let h = Integer::div_ceil(bound.numer(), &(bound.denom() * 2)).to_u64()?;
    let words = 1 + (k as u64).checked_mul(64 - u64::from(h.leading_zeros()))? / 64;
    if h.checked_mul(words)?.checked_mul(words)? > MAX_GRID_WORK {
        return None;
    }
    let k = u32::try_from(k).ok()?;
    let passes = (1..=h).map(|i| BigInt::from(h + i).pow(k)).sum();
    Some((passes, BigInt::from(2 * h).pow(k + 1)))
}

/// Does a network have winners of both labels, for either pooling?
fn both_win(network: &Network, pooling: Pooling) -> bool {
    Label::BOTH.iter().all(|&label| {
        network
            .weights
            .iter_rows()
            .zip(&network.head)
            .any(|(row, a)| {
                let right_sign = match label {
                    Label::Plus => a.is_positive(),
                    Label::Minus => a.is_negative(),
                };
                let key = &row[label.index()];
                let top = pooling == Pooling::Sum || row[2..].iter().all(|z| z <= key);
                right_sign && key.is_positive() && top
            })
    })
}

/// Seeds of fresh initialisations: drawn from a stream of their own of the seed of a problem's weights.
pub(super) fn fresh_seeds(seed: u64, runs: u64) -> Vec<u64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(SEED_STREAM);
    (0..runs).map(|_| rng.next_u64()).collect()
}

/// The network of a problem, initialised afresh by the generator of problems; `None` if its weights
/// are given.
pub(super) fn fresh_network(problem: &Problem, seed: u64) -> Option<Network> {
    let network = &problem.network();
    let Init::Uniform {
        half_width,
        denominator,
        ..
    } = &network.init
    else {
        return None;
    };
    Network::random(
        network.activation.clone(),
        network.pooling,
        problem.n_filters(),
        problem.n_patterns(),
        network.head_init.clone(),
        match network.head_init {
            HeadInit::Explicit => network.head.clone(),
            HeadInit::Alternating | HeadInit::RandomSigns => Vec::new(),
        },
        half_width.clone(),
        *denominator,
        seed,
    )
    .ok()
}

/// Fresh initialisations: successes for each pooling, and runs.
fn sample(problem: &Problem) -> Option<([u64; 2], u64)> {
    let Init::Uniform { seed, .. } = problem.network().init else {
        return None;
    };
    let cells = problem.n_filters() * problem.n_patterns();
    let runs = (SAMPLED_COORDINATES / cells).clamp(20, 4_000) as u64;
    let wins: Option<Vec<[u64; 2]>> = fresh_seeds(seed, runs)
        .par_iter()
        .map(|&seed| {
            let fresh = fresh_network(problem, seed)?;
            Some([Pooling::Sum, Pooling::Max].map(|pooling| u64::from(both_win(&fresh, pooling))))
        })
        .collect();
    let mut sum = [0; 2];
    for [a, b] in wins? {
        sum[0] += a;
        sum[1] += b;
    }
    Some((sum, runs))
}

/// Does a sampled frequency refute a probability? Each side is a comparison of its own.
fn misses(seen: &Frequency, probability: &Q, share: &Q) -> bool {
    [Side::AtLeast, Side::AtMost]
        .into_iter()
        .any(|side| seen.refutes(probability, side, share))
}

impl Theorem for Lottery {
    fn statement(&self) -> &'static Statement {
        &STATEMENT
    }

    fn check(&self, context: &Context<'_>, theory: Theory) -> Outcome {
        let problem = context.problem;
        let network = &problem.network();
        let n = problem.n_filters() as u64;
        let (half_width, denominator) = match (self.failures(context).as_slice(), &network.init) {
            (
                [],
                Init::Uniform {
                    half_width,
                    denominator,
                    ..
                },
            ) => (half_width, *denominator),
            (fails, _) => {
                let because = "Given weights have no law, so there is no lottery.";
                let fails = fails.to_vec();
                let mut outcome = Outcome::not_applicable(&STATEMENT, fails, because);
                outcome.beyond = Some(given(problem).into());
                return outcome;
            }
        };
        let mut outcome = Outcome::new(&STATEMENT);
        let heads = Heads::of(network);
        let half = ratio(1, 2);
        let claimed = closed_form(heads, &half, theory, n);
        let exact = counted(heads, &BigInt::one(), &BigInt::from(2));
        // A claim that the count refutes needs no sampling.
        let sampled = if claimed == exact {
            sample(problem)
        } else {
            None
        };
        let mut row = Comparison {
            quantity: "P(both labels have winners)".to_owned().into(),
            relation: Relation::Equal,
            theory: Some(Figure::Exact(claimed.clone())),
            exact: Some(Figure::Exact(exact.clone())),
            simulated: None,
            margin: Some(Figure::Exact(-(&claimed - &exact).abs())),
            layer: Layer::Exact,
        };
        outcome.figures = vec![("probability", Figure::Exact(exact.clone()))].into();
        let proof = match heads {
            Heads::Fair { .. } => "T9_lottery",
            Heads::Fixed { .. } => "T9_fixed_heads",
        };
        outcome.figures.proved("probability", proof);
        outcome.scope = Some(Scope::at(format!("n = {n}")));
        outcome.because = format!(
            "The closed form {} equals the count over all sign patterns of {n} filters",
            short(&claimed)
        )
        .into();
        if let Some((wins, runs)) = sampled {
            let seen = Frequency {
                successes: wins[0],
                runs,
            };
            let figure = seen.figure();
            outcome.because.push_str(&format!(
                "; {} of {runs} fresh initialisations have winners of both labels.",
                wins[0]
            ));
            let share = share(2);
            if misses(&seen, &claimed, &share) {
                let text = format!(
                    "{} of {runs} fresh initialisations have winners of both labels; were the probability {}, this or less like it would have a probability of at most {}.",
                    wins[0],
                    short(&claimed),
                    short(&(&share * integer(2)))
                );
                let witness = json!({
                    "claimed": claimed.to_string(),
                    "successes": wins[0],
                    "runs": runs,
                    "seed_stream": SEED_STREAM,
                    "error_probability": (share * integer(2)).to_string(),
                });
                outcome.refute_with(text, witness, Layer::Sampled);
            }
            outcome.figures.push(("sampled_frequency", figure.clone()));
            row.simulated = Some(figure);
        } else {
            outcome.because.push_str(".");
        }
        if claimed != exact {
            let because = format!(
                "The count over all sign patterns of {n} filters gives {} and not {}.",
                short(&exact),
                short(&claimed)
            );
            outcome.refute_with(
                because,
                json!({
                    "filters": n,
                    "head": network.head.iter().map(ToString::to_string).collect::<Vec<_>>(),
                    "fair_heads": matches!(heads, Heads::Fair { .. }),
                    "claimed": claimed.to_string(),
                    "found": exact.to_string(),
                }),
                Layer::Exact,
            );
        }
        outcome.comparisons.push(row);
        if let Some((passes, total)) = dominating(problem, half_width, denominator) {
            let claimed = closed_form(
                heads,
                &Q::new(passes.clone(), total.clone()),
                Theory::Stated,
                n,
            );
            let exact = counted(heads, &passes, &total);
            outcome.comparisons.push(Comparison {
                quantity:
                    "P(both labels have winners that dominate their backgrounds), max pooling"
                        .to_owned()
                        .into(),
                relation: Relation::Equal,
                margin: Some(Figure::Exact(-(&claimed - &exact).abs())),
                theory: Some(Figure::Exact(claimed)),
                exact: Some(Figure::Exact(exact)),
                simulated: sampled.map(|(wins, runs)| {
                    let seen = Frequency {
                        successes: wins[1],
                        runs,
                    };
                    seen.figure()
                }),
                layer: Layer::Exact,
            });
        }
        outcome
    }
}

/// What can be said of given weights.
fn given(problem: &Problem) -> String {
    let network = &problem.network();
    let verb = if both_win(network, network.pooling) {
        "have"
    } else {
        "do not both have"
    };
    format!("At the given weights the two labels {verb} winners.")
}
