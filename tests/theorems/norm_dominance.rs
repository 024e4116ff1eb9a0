//! T2 and T2s, norm dominance in the expected dynamics: over random problems, against the generic
//! gradient, and against the wrong theories.

use crate::common::strategy::{property, random};
use crate::common::{DictionaryKind, DistributionKind, HeadKind, Shape, expected_states};
use crate::harness::{self, Stated, Suite, holds_exactly, number, population, suite};
use crate::violate::Way;
use filtercert::dynamics::expected::Limits;
use filtercert::number::{Q, integer, ratio};
use filtercert::problem::assumption::{AssumptionId, audit};
use filtercert::problem::{Distribution, Label, Problem};
use filtercert::report::words;
use filtercert::theory::context::{Budget, Context};
use filtercert::theory::norm_dominance::NormDominance;
use filtercert::theory::theorem::{Theorem, Theory};
use filtercert::theory::verdict::{Outcome, Verdict};
use num_traits::{Signed, Zero};

laws![
    the_generic_gradient_obeys_every_bound_at_every_step,
    the_generic_gradient_obeys_t2s_at_every_step,
    a_problem_of_realistic_size_is_decided_at_once,
    a_refutation_can_be_replayed,
    a_time_of_dominance_out_of_reach_is_undecided,
];

pub fn suites() -> Vec<Suite> {
    let rotated = Shape {
        dictionary: DictionaryKind::Cayley,
        batch: 1..=4,
        ..shape()
    };
    let atoms = Shape {
        distribution: DistributionKind::Atoms,
        ..any_head()
    };
    let less = |cases, shape, wrong| {
        let population = population(cases, shape).wrong(wrong);
        population.stated(Stated::NotRefuted)
    };
    let populations = vec![
        population(90, shape()).wrong(0..6),
        population(60, rotated).wrong(0..6),
        // Claimed without A4, without A3, and T2s.
        less(120, unbalanced(), 6..7),
        less(150, dependent_background(), 7..8),
        less(60, any_head(), 8..11),
        less(60, atoms, 8..11),
    ];
    vec![Suite {
        holds: holds_exactly,
        // A loser has a coordinate that can grow.
        speaks: |problem, _| {
            let (_, losers) = split(problem);
            let row = |j: &usize| problem.network().weights.row(*j)[..2].iter();
            losers.iter().flat_map(row).any(Signed::is_positive)
        },
        least_speaking: 80,
        look: |seen, _| {
            let (winners, losers) = split(seen.problem);
            assert!(!winners.is_empty() && !losers.is_empty());
            if seen.outcome.fails.is_empty() {
                assert!(holds_exactly(seen.outcome) && seen.outcome.beyond.is_none());
            } else if let Some(beyond) = &seen.outcome.beyond {
                assert!(beyond.to_string().contains("was verified at"), "{beyond}");
            }
        },
        further: vec![
            Way::new("no winner", AssumptionId::A6prime, "no winner", |p| {
                p.network.weights = p.network.weights.map(|z| -z.abs())
            }),
            Way::new("no loser", AssumptionId::A0, "there is no loser", |p| {
                p.network.weights = p.network.weights.map(|_| ratio(1, 8))
            }),
        ],
        violated: |_, way, outcome| {
            let beyond = outcome.beyond.as_ref().unwrap().to_string();
            use AssumptionId::{A1, A2, A3, A4, A5f};
            match way.breaks[..] {
                [A1] => assert!(beyond.starts_with("exact engine at step"), "{beyond}"),
                [A2 | A3 | A4] => assert!(beyond.starts_with("T2s"), "{beyond}"),
                [A5f] if way.what == "a head of 2" => assert!(beyond.contains("rho^2"), "{beyond}"),
                _ => (),
            }
        },
        ..suite(&NormDominance, populations)
    }]
}

fn check(problem: &Problem, theory: Theory) -> Outcome {
    harness::check(&NormDominance, problem, theory, Budget::default())
}

/// Small weights beside large steps, so that dying coordinates overshoot 0 by more than their start.
fn shape() -> Shape {
    Shape {
        weight_numerator: 16,
        step_numerator: 4..=16,
        ..Shape::default()
    }
}

fn unbalanced() -> Shape {
    Shape {
        balanced: false,
        background_patches: 1..=3,
        ..shape()
    }
}

fn dependent_background() -> Shape {
    Shape {
        same_background: false,
        background: 2..=3,
        background_patches: 1..=3,
        ..shape()
    }
}

fn any_head() -> Shape {
    Shape {
        head: HeadKind::Rational,
        balanced: false,
        same_background: false,
        background_patches: 1..=3,
        ..shape()
    }
}

fn split(problem: &Problem) -> (Vec<(usize, Label)>, Vec<usize>) {
    let winners: Vec<(usize, Label)> = Label::BOTH
        .into_iter()
        .flat_map(|y| problem.winners(y).into_iter().map(move |j| (j, y)))
        .collect();
    let losers = (0..problem.n_filters())
        .filter(|j| winners.iter().all(|w| w.0 != *j))
        .collect();
    (winners, losers)
}

fn the_generic_gradient_obeys_every_bound_at_every_step() {
    let mut dominated = 0;
    property(
        Shape {
            steps: 40..=40,
            ..shape()
        },
        0,
        25,
        |problem| {
            let outcome = check(&problem, Theory::Stated);
            assert_eq!(outcome.verdict.name(), "holds");
            let (winners, losers) = split(&problem);
            let Distribution::Generative(g) = &problem.distribution() else {
                panic!("generative");
            };
            let kappa = &problem.training().step * integer(g.key_patches()) / integer(2);
            let bound = |j: usize| {
                problem
                    .dictionary()
                    .norm_squared(problem.network().weights.row(j))
                    + &kappa * &kappa
            };
            // T_dom(10) by trying every t.
            let largest = losers.iter().map(|&j| bound(j)).max().unwrap();
            let t_dominance = (0i64..)
                .find(|&t| {
                    let x = &kappa * integer(t);
                    &x * &x >= integer(100) * &largest
                })
                .unwrap();
            assert_eq!(number(&outcome, "t_dominance"), integer(t_dominance));
            let last = (t_dominance as u64 + 5).clamp(40, 400);
            for (t, state) in expected_states(&problem, last).into_iter().enumerate() {
                let norms = state.norms_squared(&problem);
                for &(j, y) in &winners {
                    let key =
                        &problem.network().weights[(j, y.index())] + &kappa * integer(t as u64);
                    assert_eq!(state.weights[(j, y.index())], key);
                    let square = &key * &key;
                    assert!(&square / &norms[j] >= &square / (&square + bound(j)));
                }
                for &j in &losers {
                    assert!(norms[j] <= bound(j), "t {t} loser {j}");
                }
                let least = winners.iter().map(|w| &norms[w.0]).min().unwrap();
                let loser = losers.iter().map(|&j| &norms[j]).max().unwrap();
                if t as i64 >= t_dominance {
                    assert!(*least >= integer(100) * loser);
                    dominated += 1;
                }
                if t == 40 && loser.is_positive() {
                    assert_eq!(number(&outcome, "ratio_squared_at_end"), least / loser);
                }
            }
        },
    );
    assert!(dominated >= 100, "{dominated} dominated steps were seen");
}

fn the_generic_gradient_obeys_t2s_at_every_step() {
    let mut growing_losers = 0;
    property(
        Shape {
            steps: 40..=40,
            ..any_head()
        },
        50,
        60,
        |problem| {
            let table = problem.distribution().atoms().unwrap();
            let states = expected_states(&problem, 40);
            let (_, losers) = split(&problem);
            for j in 0..problem.n_filters() {
                let (mut rho, mut slack) = (Q::zero(), Q::zero());
                for p in 0..problem.n_patterns() {
                    let z = &problem.network().weights[(j, p)];
                    let kappa = table.atoms().iter().fold(Q::zero(), |s, a| {
                        s + integer(a.label.sign() * i64::from(a.counts[p])) * &a.probability
                    }) * &problem.training().step
                        * &problem.network().head[j];
                    slack += z * z;
                    if z.is_positive() && kappa.is_positive() {
                        rho += &kappa * &kappa;
                    } else if z.is_positive() {
                        slack += &kappa * &kappa;
                    }
                }
                growing_losers += u32::from(losers.contains(&j) && rho.is_positive());
                for (t, state) in states.iter().enumerate() {
                    let norm = &state.norms_squared(&problem)[j];
                    let grown = &rho * integer((t * t) as u64);
                    assert!(*norm >= grown);
                    // sqrt(norm) <= sqrt(grown) + sqrt(slack), on squares.
                    let rest = norm - &grown - &slack;
                    assert!(!rest.is_positive() || &rest * &rest <= integer(4) * &grown * &slack);
                }
            }
            // The text names exactly the growing filters' number.
            let outcome = check(&problem, Theory::Stated);
            if outcome.verdict.name() == "not-applicable" {
                assert!(outcome.beyond.unwrap().to_string().starts_with("T2s"));
            }
        },
    );
    detail!("{growing_losers} losers grow");
    assert!(growing_losers >= 20);
}

/// The built-in size, with these priors.
fn realistic(prior: [Q; 2], steps: u64) -> Problem {
    let base = random(
        &Shape {
            dictionary: DictionaryKind::Standard,
            ..Shape::default()
        },
        1,
    );
    crate::common::realistic(&base, prior, 8, steps)
}

fn a_problem_of_realistic_size_is_decided_at_once() {
    for prior in [[ratio(1, 2), ratio(1, 2)], [ratio(2, 5), ratio(3, 5)]] {
        let problem = realistic(prior, 10_000);
        let started = std::time::Instant::now();
        let outcome = check(&problem, Theory::Stated);
        detail!(
            "{:?}\n{}\n{:?}",
            started.elapsed(),
            outcome.because,
            outcome.beyond
        );
        if outcome.verdict.name() == "holds" {
            assert!(number(&outcome, "ratio_squared_at_end") > integer(100));
        } else {
            assert!(outcome.beyond.unwrap().to_string().contains("tends to"));
        }
    }
}

fn a_refutation_can_be_replayed() {
    let mut replayed = 0;
    property(shape(), 0, 40, |problem| {
        let Verdict::Refuted { violation, .. } = check(&problem, Theory::Wrong(1)).verdict else {
            return;
        };
        let witness = words::witness(&problem, &violation);
        let [t, j] = ["step", "filter"].map(|key| witness[key].as_u64().unwrap());
        let state = expected_states(&problem, t).pop().unwrap();
        let found = &state.norms_squared(&problem)[j as usize];
        let start = problem
            .dictionary()
            .norm_squared(problem.network().weights.row(j as usize));
        assert_eq!(witness["found"], found.to_string());
        assert_eq!(witness["claimed"], start.to_string());
        assert!(*found > start);
        replayed += 1;
    });
    detail!("{replayed} witnesses were replayed");
    assert!(replayed >= 5);
}

/// A time of dominance that no step reaches is not said to hold, whether or not the engine stops on its way there.
fn a_time_of_dominance_out_of_reach_is_undecided() {
    let base = random(&shape(), 2);
    let tiny = Q::new(1.into(), num_bigint::BigInt::from(10).pow(40));
    let slow = base.changed(|p| p.training.step = tiny).unwrap();
    let audits = audit(&slow);
    let budgets = [Limits::default().max_work, 1, 1_000];
    for max_work in budgets {
        let context = Context::new(&slow, &audits);
        let budget = Budget {
            exact: Limits {
                max_work,
                ..Limits::default()
            },
            ..Budget::default()
        };
        let outcome = NormDominance.check(&context.with_budget(budget), Theory::Stated);
        assert_eq!(outcome.verdict.name(), "undecided", "{max_work}");
    }
}
