//! T5: perfect accuracy of SGD. Every form of the bound against the exact law, the forms against
//! each other, the deterministic implication on exact paths, and near misses that must be refuted.

use crate::common::strategy::property;
use crate::common::{DistributionKind, Shape};
use crate::harness::{Stated, Suite, figure, holds_exactly, population, suite};
use filtercert::dynamics::float::lift;
use filtercert::number::{Matrix, Q, integer, ratio};
use filtercert::problem::assumption::audit;
use filtercert::problem::{
    Activation, Dictionary, Distribution, Generative, Loss, Network, Pooling, Problem, Train,
    Training,
};
use filtercert::report::words;
use filtercert::theory::context::{Budget, Context};
use filtercert::theory::perfect_accuracy::PerfectAccuracy;
use filtercert::theory::theorem::{Theorem, Theory};
use filtercert::theory::verdict::{Figure, Layer, Outcome, Verdict};
use num_traits::{One, Signed, ToPrimitive, Zero};

laws![
    the_end_point_certifies_where_thresholds_certify_nothing,
    the_least_steps_are_brackets,
    without_background_patterns_the_keys_alone_decide,
    the_form_for_ever_is_kept_by_simulated_runs,
    neither_balance_nor_equal_backgrounds_are_needed,
];

pub fn suites() -> Vec<Suite> {
    // Enough end points to meet a path on which events or thresholds imply too much.
    let populations = shapes().into_iter().map(|shape| {
        let population = population(40, Shape { runs: 200, ..shape });
        population.stated(Stated::HoldsWhereItApplies)
    });
    vec![Suite {
        budget: Budget {
            delta: ratio(1, 20),
            ..Budget::default()
        },
        speaks: |_, outcome| {
            lower(outcome, "probability_lower_bound")
                .unwrap()
                .is_positive()
        },
        look: |seen, counts| {
            let stated = seen.outcome;
            let best = lower(stated, "probability_lower_bound").unwrap();
            let joint = lower(stated, "bound_joint").unwrap();
            for (name, beaten) in [
                ("bound_thresholds", "joint strictly above thresholds"),
                ("bound_end_point", "joint strictly above the end point"),
            ] {
                if let Some(form) = lower(stated, name) {
                    assert!(form <= joint, "{form} {joint}");
                    counts.add(beaten, form < joint);
                }
            }
            assert_eq!(best, joint);
            assert!(!joint.is_negative());
            if let Figure::Exact(p) = figure(stated, "exact_probability") {
                assert!(holds_exactly(stated));
                assert!(joint <= *p, "{joint} > {p}");
                counts.add("exact laws", 1u64);
                if joint.is_positive() && *p < Q::one() {
                    counts.add("bounds strictly between 0 and 1", 1u64);
                    let close = (Q::one() - &joint) <= (Q::one() - p) * integer(2);
                    counts.add("of these within a factor 2", close);
                }
            }
        },
        least: &[
            ("exact laws", 100),
            ("bounds strictly between 0 and 1", 40),
            ("of these within a factor 2", 20),
            ("joint strictly above thresholds", 20),
            ("joint strictly above the end point", 20),
        ],
        caught: |problem, violation| assert!(words::witness(problem, violation).is_object()),
        violated: |problem, way, outcome| {
            let beyond = outcome.beyond.as_ref().unwrap();
            assert!(!beyond.is_empty() && outcome.figures.iter().next().is_none());
            if way.what == "loss" && problem.training().loss == Loss::Hinge {
                assert!(beyond.to_string().contains("T6"), "{beyond}");
            }
        },
        base: population(3, tight(2..=3)),
        ..suite(&PerfectAccuracy, populations.collect())
    }]
}

fn check_all(problem: &Problem, delta: Q, theories: &[Theory]) -> Vec<Outcome> {
    let audits = audit(problem);
    let context = Context::new(problem, &audits);
    let mut budget = context.budget.clone();
    budget.delta = delta;
    let context = context.with_budget(budget);
    theories
        .iter()
        .map(|&theory| PerfectAccuracy.check(&context, theory))
        .collect()
}

fn check(problem: &Problem) -> Outcome {
    check_all(problem, ratio(1, 100), &[Theory::Stated]).remove(0)
}

/// The certified end of a bound; `None` where it is missing.
fn lower(outcome: &Outcome, name: &str) -> Option<Q> {
    match figure(outcome, name) {
        Figure::Exact(q) => Some(q.clone()),
        Figure::Enclosure(lo, hi) => {
            assert!(lo <= hi);
            Some(lo.clone())
        }
        Figure::AtMost(t) => Some(integer(*t)),
        Figure::Missing(limit) => {
            assert!(!limit.to_string().is_empty());
            None
        }
        other => panic!("{name}: {other:?}"),
    }
}

fn step_figure(outcome: &Outcome, name: &str) -> Option<u64> {
    lower(outcome, name).map(|t| {
        assert!(t.is_integer());
        t.to_integer().to_u64().unwrap()
    })
}

/// Small problems on which bounds are tight: few patterns, few steps, strong keys.
fn tight(patches: std::ops::RangeInclusive<u32>) -> Shape {
    Shape {
        filters: 3..=5,
        background: 1..=2,
        key_patches: 1..=2,
        background_patches: patches,
        step_numerator: 4..=20,
        weight_numerator: 8,
        weight_denominator: 16,
        steps: 4..=14,
        ..Shape::default()
    }
}

fn shapes() -> Vec<Shape> {
    let unequal = Shape {
        balanced: false,
        same_background: false,
        ..tight(1..=2)
    };
    let atoms = Shape {
        balanced: false,
        same_background: false,
        distribution: DistributionKind::KeyedAtoms,
        ..tight(1..=2)
    };
    vec![tight(2..=3), unequal, atoms]
}

fn problem(
    rows: Vec<Vec<Q>>,
    head: Vec<Q>,
    distribution: Generative,
    step: Q,
    steps: u64,
    runs: u64,
) -> Problem {
    let (n, patterns) = (rows.len(), rows[0].len());
    let weights = Matrix::from_vec(n, patterns, rows.into_iter().flatten().collect()).unwrap();
    Problem::new(
        "made by hand".into(),
        Dictionary::orthonormal(patterns - 2).unwrap(),
        Distribution::Generative(distribution),
        Network::explicit(Activation::Relu, Pooling::Sum, head, weights).unwrap(),
        Training {
            loss: Loss::Unhinged,
            train: Train::Filters,
            step,
            batch: 1,
            steps,
            runs,
            seed: 5,
        },
    )
    .unwrap()
}

/// n = 12, K = 2, random rows: thresholds need far more steps than the end point.
fn twelve(steps: u64, runs: u64) -> Problem {
    let mut rng = crate::common::rng(77);
    let entry = |rng: &mut rand_chacha::ChaCha8Rng| {
        let odd = 2 * rand::RngExt::random_range(rng, -16i64..16) + 1;
        ratio(odd, 64)
    };
    let rows = (0..12)
        .map(|_| (0..4).map(|_| entry(&mut rng)).collect())
        .collect();
    let head = (0..12).map(|j| integer(1 - 2 * (j % 2))).collect();
    let half = [ratio(1, 2), ratio(1, 2)];
    let data = Generative::new(half.clone(), 5, 1, [half.to_vec(), half.to_vec()]).unwrap();
    problem(rows, head, data, ratio(1, 50), steps, runs)
}

fn the_end_point_certifies_where_thresholds_certify_nothing() {
    let problem = twelve(160, 2_000);
    let outcome = check(&problem);
    let thresholds = lower(&outcome, "bound_thresholds");
    let union = lower(&outcome, "bound_end_point").unwrap();
    let joint = lower(&outcome, "bound_joint").unwrap();
    detail!("{}", outcome.because);
    assert!(thresholds.is_none_or(|b| b < ratio(1, 10)));
    assert!(joint > ratio(1, 2) && joint >= union, "{joint}");
    let Figure::Estimate { ci, runs, .. } = figure(&outcome, "sampled_frequency") else {
        panic!();
    };
    assert_eq!(*runs, 2_000);
    assert!(lift(ci[1]).unwrap() >= joint);
    // The exact end points: the events hold about as often as the bound says.
    assert_eq!(
        outcome.verdict,
        Verdict::Holds {
            layer: Layer::Sampled
        }
    );
}

fn the_least_steps_are_brackets() {
    let delta = ratio(1, 10);
    let names = [
        ("least_certified_t_thresholds", "bound_thresholds"),
        ("least_certified_t_end_point", "bound_end_point"),
        ("least_certified_t_joint", "bound_joint"),
    ];
    let at = |steps: u64| check_all(&twelve(steps, 1), delta.clone(), &[Theory::Stated]).remove(0);
    let outcome = at(10);
    let mut least = Vec::new();
    for (name, bound) in names {
        let t = step_figure(&outcome, name).unwrap();
        assert!(t > 1);
        let level = Q::one() - &delta;
        assert!(lower(&at(t), bound).unwrap() >= level, "{name} {t}");
        let before = lower(&at(t - 1), bound);
        assert!(before.is_none_or(|b| b < level), "{name} {t}");
        least.push(t);
    }
    detail!("least steps {least:?}");
    let best = step_figure(&outcome, "least_certified_t").unwrap();
    assert_eq!(Some(&best), least.iter().min());
    // The least steps do not depend on the problem's own number of steps.
    assert_eq!(step_figure(&at(33), "least_certified_t"), Some(best));
}

fn without_background_patterns_the_keys_alone_decide() {
    // K = 0: the bound is P(E_0), and that is exact: the margin is the key term.
    let rows = vec![
        vec![ratio(1, 8), ratio(3, 4)],
        vec![ratio(3, 4), ratio(1, 8)],
    ];
    let head = vec![integer(1), integer(-1)];
    let half = [ratio(1, 2), ratio(1, 2)];
    for steps in 0..=12 {
        let data = Generative::new(half.clone(), 1, 1, [Vec::new(), Vec::new()]).unwrap();
        let problem = problem(rows.clone(), head.clone(), data, ratio(1, 8), steps, 5);
        let outcome = check(&problem);
        let Figure::Exact(p) = figure(&outcome, "exact_probability") else {
            panic!("{outcome:?}");
        };
        assert_eq!(lower(&outcome, "bound_joint").as_ref(), Some(p));
        assert_eq!(lower(&outcome, "bound_end_point").as_ref(), Some(p));
        // An empty sum over k would say 1 at once.
        assert!(steps >= 6 || p.is_zero());
    }
}

fn the_form_for_ever_is_kept_by_simulated_runs() {
    let mut problem = twelve(1, 1);
    // Fewer background patches, so that it is early.
    let half = [ratio(1, 2), ratio(1, 2)];
    problem = problem
        .changed(|parts| {
            parts.distribution = Distribution::Generative(
                Generative::new(half.clone(), 2, 1, [half.to_vec(), half.to_vec()]).unwrap(),
            )
        })
        .unwrap();
    let outcome = check(&problem);
    let plain = step_figure(&outcome, "least_t_for_ever").unwrap();
    let sharp = step_figure(&outcome, "least_t_for_ever_sharp").unwrap();
    detail!(
        "for ever from {plain}, sharper {sharp}: {}",
        outcome.because
    );
    for name in ["bound_for_ever", "bound_for_ever_sharp"] {
        let bound = lower(&outcome, name).unwrap();
        assert!(bound >= ratio(99, 100) && bound < Q::one());
    }
    assert!(sharp <= plain);
    let least = step_figure(&outcome, "least_certified_t").unwrap();
    assert!(least <= sharp);
    // P(accuracy < 1 somewhere) <= 1/100 at each of these steps: 40 runs of 400 have probability
    // below 1e-9 (Chernoff: (e^9 / 10^10)^4).
    for steps in [sharp, sharp + sharp / 2, 2 * sharp, 3 * sharp] {
        let failed = filtercert::dynamics::walks::end_points(&problem, steps, 400, 9, &|end| {
            u32::from(!end.is_perfect())
        })
        .unwrap();
        assert!(failed.iter().sum::<u32>() < 40, "{steps}");
    }
}

fn neither_balance_nor_equal_backgrounds_are_needed() {
    let shape = Shape {
        balanced: false,
        same_background: false,
        ..tight(1..=1)
    };
    let mut positive = 0;
    property(shape, 5_000, 12, |problem| {
        let outcome = check(&problem);
        assert!(matches!(outcome.verdict, Verdict::Holds { .. }));
        // The form for ever is not given there.
        assert_eq!(lower(&outcome, "least_t_for_ever"), None);
        positive += u32::from(
            lower(&outcome, "probability_lower_bound")
                .unwrap()
                .is_positive(),
        );
    });
    assert!(positive >= 3, "{positive}");
}
