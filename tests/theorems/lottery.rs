//! T9, the initialisation lottery: against enumeration of all sign patterns, over random problems,
//! and against its wrong theories.

use crate::common::strategy::random;
use crate::common::{Shape, rng};
use crate::harness::{self, Suite, holds_exactly, number, population, suite};
use filtercert::number::{Q, integer, ratio};
use filtercert::problem::{Activation, HeadInit, Network, Parts, Pooling, Problem};
use filtercert::theory::context::Budget;
use filtercert::theory::evidence::{Frequency, share};
use filtercert::theory::figures::Side;
use filtercert::theory::lottery::Lottery;
use filtercert::theory::theorem::Theory;
use filtercert::theory::verdict::{Figure, Outcome};
use num_traits::Signed;
use rand::RngExt;

laws![known_values, max_pooling_on_a_fine_grid,];

pub fn suites() -> Vec<Suite> {
    let fresh = |problem: Problem| {
        let seed = problem.training().seed;
        let kind = match seed % 3 {
            0 => HeadInit::RandomSigns,
            1 => HeadInit::Alternating,
            _ => HeadInit::Explicit,
        };
        redrawn(&problem, 3 + (seed / 3 % 4) as usize, kind)
    };
    vec![Suite {
        holds: holds_exactly,
        speaks: |_, outcome| {
            let p = probability(outcome);
            p.is_positive() && p < integer(1)
        },
        look: |seen, counts| {
            let (problem, outcome) = (seen.problem, seen.outcome);
            if problem.n_filters() <= 5 {
                assert_eq!(probability(outcome), enumerate(problem));
                counts.add("enumerated", 1u64);
            }
            // No sampled frequency is out of reach of the exact values.
            for row in &outcome.comparisons {
                assert_eq!(of_row(&row.theory), of_row(&row.exact));
                let Some(Figure::Estimate { estimate, runs, .. }) = &row.simulated else {
                    panic!("{row:?}");
                };
                let frequency = Frequency {
                    successes: (estimate * *runs as f64).round() as u64,
                    runs: *runs,
                };
                // Over some hundred rows and two sides an error has probability below 1e-9.
                let p = of_row(&row.exact);
                for side in [Side::AtLeast, Side::AtMost] {
                    assert!(!frequency.refutes(&p, side, &share(1_000)), "{row:?}");
                }
            }
            assert_eq!(outcome.comparisons.len(), 2);
        },
        least: &[("enumerated", 60)],
        // A head that wins on both sides at random may have no filter of one sign.
        least_speaking: 90,
        violated: |_, _, outcome| assert!(outcome.beyond.is_some()),
        ..suite(
            &Lottery,
            vec![population(120, Shape::default()).made(fresh)],
        )
    }]
}

fn check(problem: &Problem, theory: Theory) -> Outcome {
    harness::check(&Lottery, problem, theory, Budget::default())
}

/// A random problem whose initial point is drawn, with a head of the given kind.
fn drawn(seed: u64, n: usize, kind: HeadInit) -> Problem {
    let problem = random(&Shape::default(), seed);
    redrawn(&problem, n, kind)
}

/// The same data with n filters, by the seed of the problem.
fn redrawn(problem: &Problem, n: usize, kind: HeadInit) -> Problem {
    let seed = problem.training().seed;
    let mut rng = rng(seed);
    let head: Vec<Q> = (0..n).map(|_| ratio(rng.random_range(-2..=2), 2)).collect();
    let half = ratio(1, 2);
    let denominator = rng.random_range(2..=9);
    let (relu, sum, patterns) = (Activation::Relu, Pooling::Sum, problem.n_patterns());
    let network = Network::random(relu, sum, n, patterns, kind, head, half, denominator, seed);
    let change = |parts: &mut Parts| parts.network = network.unwrap();
    problem.changed(change).unwrap()
}

fn of_row(figure: &Option<Figure>) -> Q {
    match figure {
        Some(Figure::Exact(q)) => q.clone(),
        other => panic!("{other:?}"),
    }
}

fn probability(outcome: &Outcome) -> Q {
    number(outcome, "probability")
}

/// Counts all assignments of head signs (if they are random) and key signs, one by one.
fn enumerate(problem: &Problem) -> Q {
    let n = problem.n_filters();
    let fair = problem.network().head_init == HeadInit::RandomSigns;
    let heads = if fair { 1u64 << n } else { 1 };
    let mut good = 0i64;
    for head in 0..heads {
        for keys in 0..1u64 << (2 * n) {
            let wins = |label: usize| {
                (0..n).any(|j| {
                    let sign = if fair {
                        usize::from(head >> j & 1 == 1)
                    } else if problem.network().head[j].is_positive() {
                        0
                    } else if problem.network().head[j].is_negative() {
                        1
                    } else {
                        2
                    };
                    sign == label && keys >> (2 * j + label) & 1 == 1
                })
            };
            good += i64::from(wins(0) && wins(1));
        }
    }
    integer(good) / integer(heads << (2 * n))
}

fn known_values() {
    let fair = |n| probability(&check(&drawn(1, n, HeadInit::RandomSigns), Theory::Stated));
    assert_eq!(fair(1), ratio(0, 1));
    assert_eq!(fair(2), ratio(1, 8));
    assert_eq!(fair(3), ratio(9, 32));
    let fixed = |n| probability(&check(&drawn(1, n, HeadInit::Alternating), Theory::Stated));
    assert_eq!(fixed(1), ratio(0, 1));
    assert_eq!(fixed(2), ratio(1, 4));
    assert_eq!(fixed(3), ratio(3, 8));
}

/// The lottery of max pooling tends to (1/2)(1 - 2^(-K-1))/(K+1) a filter on a fine grid.
fn max_pooling_on_a_fine_grid() {
    let mut problem = drawn(4, 2, HeadInit::Alternating);
    let k = problem.dictionary().n_background() as i32;
    problem = problem
        .changed(|parts| {
            parts.network = Network::random(
                Activation::Relu,
                Pooling::Sum,
                2,
                problem.n_patterns(),
                HeadInit::Alternating,
                Vec::new(),
                ratio(1, 2),
                100_000,
                4,
            )
            .unwrap()
        })
        .unwrap();
    let outcome = check(&problem, Theory::Stated);
    let found = of_row(&outcome.comparisons[1].exact);
    // One filter a label, so both labels win with the square of a filter's chance given its head.
    let limit = (integer(1) - ratio(1, 1 << (k + 1))) / integer(k + 1);
    assert!((found - &limit * &limit).abs() < ratio(1, 10_000));
}
