//! T6 and T6s, the mistake bound of hinge SGD: over random problems that nearly attain it, against
//! an independent recount along the generic gradient, and against its wrong theories.

mod common;

use common::{DictionaryKind, DistributionKind, HeadKind, Shape, Tally, problems};
use filtercert::dynamics::expected::Expected;
use filtercert::dynamics::gradient::{Model, Sample};
use filtercert::dynamics::sampler::Sampler;
use filtercert::dynamics::state::State;
use filtercert::number::{Q, integer};
use filtercert::problem::{Activation, Label, Loss, Pooling, Problem, Train};
use filtercert::theory::assumption::{AssumptionId, audit};
use filtercert::theory::mistake_bound::MistakeBound;
use filtercert::theory::theorem::{Budget, Context, Figure, Outcome, Theorem, Theory, Verdict};
use num_traits::{One, Signed, ToPrimitive, Zero};

fn check(problem: &Problem, theory: Theory) -> Outcome {
    let audits = audit(problem);
    let context = Context::new(problem, &audits).with_budget(Budget {
        exact_paths: 3,
        ..Budget::default()
    });
    MistakeBound.check(&context, theory)
}

fn figure(outcome: &Outcome, name: &str) -> Option<Q> {
    outcome.figures.iter().find_map(|(n, f)| match f {
        Figure::Exact(q) if *n == name => Some(q.clone()),
        _ => None,
    })
}

/// Tiny initial weights, few patches, step sizes from small to large.
fn shape() -> Shape {
    Shape {
        loss: Loss::Hinge,
        balanced: false,
        same_background: false,
        filters: 3..=6,
        background: 1..=2,
        key_patches: 1..=3,
        background_patches: 0..=1,
        weight_numerator: 8,
        weight_denominator: 256,
        step_numerator: 1..=40,
        step_denominator: 40,
        steps: 40..=120,
        ..Shape::default()
    }
}

#[test]
fn holds_on_random_problems_and_refutes_its_wrong_theories() {
    let wrong = MistakeBound.statement().wrong_theories;
    let mut tally = Tally::new(wrong.len());
    let mut closest = f64::INFINITY;
    for (first, distribution, step_numerator) in [
        (0, DistributionKind::Generative, 1..=40),
        (1000, DistributionKind::Generative, 1..=4),
        (2000, DistributionKind::KeyedAtoms, 1..=20),
    ] {
        let shape = Shape {
            distribution,
            step_numerator,
            ..shape()
        };
        for (seed, problem) in problems(shape, first, 40) {
            let outcome = check(&problem, Theory::Stated);
            assert!(
                matches!(outcome.verdict, Verdict::Holds { .. }),
                "seed {seed}: {:?} {}",
                outcome.verdict,
                outcome.because
            );
            let [bound, sharp, seen] = ["max_updates", "max_updates_sharp", "largest_updates_seen"]
                .map(|name| figure(&outcome, name).unwrap());
            assert!(seen <= sharp && sharp <= bound, "{seen} {sharp} {bound}");
            if seen.is_positive() {
                closest = closest.min((sharp / seen).to_f64().unwrap());
            }
            tally.applicable += 1;
            for (i, refuted) in tally.refuted.iter_mut().enumerate() {
                let verdict = check(&problem, Theory::Wrong(i)).verdict;
                *refuted += u64::from(matches!(verdict, Verdict::Refuted { .. }));
            }
        }
    }
    println!("T6s came within a factor {closest:.2} of the updates seen");
    assert!(closest < 3.0);
    tally.conclude("T6", wrong);
}

/// Largest integer with the inequality of T6, by trying them one after the other.
fn brute_force_max_updates(problem: &Problem) -> Q {
    let eta = &problem.training.step;
    let [plus, minus] = Label::BOTH.map(|y| problem.winners(y).len() as i64);
    let r = problem
        .distribution
        .atoms()
        .unwrap()
        .atoms()
        .iter()
        .map(|a| a.counts[a.label.index()])
        .min()
        .unwrap();
    let m = integer(problem.distribution.max_patches());
    let start: Q = problem
        .network
        .weights
        .entries()
        .iter()
        .map(|z| z * z)
        .sum();
    let gain = eta * integer(2) + eta * eta * integer(problem.n_filters() as i64) * &m * &m;
    let holds = |count: i64| {
        let left = eta * integer(r) * integer(plus.min(minus)) * integer(count);
        &left * &left <= integer(plus + minus) * (&start + integer(count) * &gain)
    };
    let mut count = 0;
    while holds(count + 1) {
        count += 1;
    }
    integer(count)
}

/// Largest total of updates that some split allows by T6s, trying all splits.
fn brute_force_sharp(problem: &Problem) -> Q {
    let eta = &problem.training.step;
    let table = problem.distribution.atoms().unwrap();
    let r = table.atoms()[0].counts[table.atoms()[0].label.index()];
    let z = &problem.network.weights;
    let q = table
        .atoms()
        .iter()
        .map(|a| {
            let mut sum = 0u64;
            for j in 0..problem.n_filters() {
                for (p, &n) in a.counts.iter().enumerate() {
                    if z[(j, p)].is_positive() {
                        sum += u64::from(n * n);
                    }
                }
            }
            sum
        })
        .max()
        .unwrap();
    let gain = eta * integer(2) + eta * eta * integer(q);
    let mut rest = Q::zero();
    for j in 0..problem.n_filters() {
        for p in 0..problem.n_patterns() {
            let key = Label::BOTH
                .iter()
                .any(|&y| p == y.index() && problem.winners(y).contains(&j));
            if z[(j, p)].is_positive() && !key {
                rest += &z[(j, p)] * &z[(j, p)];
            }
        }
    }
    let side = |label: Label, count: i64| {
        let winners = problem.winners(label);
        let grown = eta * integer(r) * integer(count);
        let start: Q = winners.iter().map(|&j| z[(j, label.index())].clone()).sum();
        integer(winners.len() as i64) * &grown * &grown + integer(2) * grown * start
            - integer(count) * &gain
    };
    let sides = Label::BOTH.map(|y| (0..200).map(|k| side(y, k)).collect::<Vec<Q>>());
    let mut best = 0;
    for (plus, left) in sides[0].iter().enumerate() {
        for (minus, right) in sides[1].iter().enumerate() {
            if plus + minus > best && left + right <= rest {
                assert!(plus < 199 && minus < 199, "search range too small");
                best = plus + minus;
            }
        }
    }
    integer(best as u64)
}

#[test]
fn the_bounds_are_the_largest_integers_of_their_inequalities() {
    let shape = Shape {
        step_numerator: 20..=40,
        steps: 3..=5,
        filters: 3..=4,
        ..shape()
    };
    for (seed, problem) in problems(shape, 70, 12) {
        let outcome = check(&problem, Theory::Stated);
        assert_eq!(
            figure(&outcome, "max_updates"),
            Some(brute_force_max_updates(&problem)),
            "seed {seed}"
        );
        assert_eq!(
            figure(&outcome, "max_updates_sharp"),
            Some(brute_force_sharp(&problem)),
            "seed {seed}"
        );
    }
}

/// Once every gate is closed, by the generic gradient: accuracy is 1, and nothing moves any more.
#[test]
fn hinge_sgd_ends_perfect() {
    let mut ended = 0;
    for (_, problem) in problems(shape(), 40, 30) {
        let model = Model::<Q>::new(&problem);
        let sampler = Sampler::new(&problem.distribution);
        let table = problem.distribution.atoms().unwrap();
        let mut rng = Sampler::stream(1, 0);
        let mut draw = sampler.blank();
        let mut state = State::<Q>::initial(&problem);
        let one = Q::one();
        let mut updates = 0;
        for _ in 0..400 {
            sampler.draw(&mut rng, &mut draw);
            let gradient = model.gradient(
                &state,
                [Sample {
                    label: draw.label,
                    counts: &draw.counts,
                    weight: &one,
                }],
            );
            updates += i64::from(!gradient.gates[0].is_zero());
            model.apply(&mut state, &gradient);
        }
        let outcome = check(&problem, Theory::Stated);
        assert!(integer(updates) <= figure(&outcome, "max_updates_sharp").unwrap());
        let closed = table
            .atoms()
            .iter()
            .all(|a| model.margin(&state, a.label, &a.counts) >= one);
        if closed {
            ended += 1;
            let mut problem = problem.clone();
            problem.network.weights = state.weights.clone();
            let mut expected = Expected::new(&problem, &Default::default()).unwrap();
            assert_eq!(expected.accuracy(), Ok(Q::one()));
            expected.step().unwrap();
            assert_eq!(expected.state(), state);
        }
    }
    println!("{ended} of 30 paths ended with every gate closed");
    assert!(ended >= 10);
}

fn assert_beyond(problem: &Problem, id: AssumptionId) {
    let outcome = check(problem, Theory::Stated);
    match outcome.verdict {
        Verdict::NotApplicable { assumption, .. } => assert_eq!(assumption, id),
        other => panic!("{other:?}"),
    }
    let text = outcome.beyond.clone().unwrap();
    assert!(!text.contains("fails"), "{text}");
    assert!(!text.contains("does not apply"), "{text}");
    if let (Some(bound), Some(seen)) = (
        figure(&outcome, "max_updates_sharp"),
        figure(&outcome, "largest_updates_seen"),
    ) {
        // For the squared hinge the bound is on the sum of gates, and said so in the text.
        assert!(problem.training.loss == Loss::SquaredHinge || seen <= bound);
    }
}

#[test]
fn t6s_takes_over_where_t6_does_not_speak() {
    let settings = [
        Shape {
            loss: Loss::Perceptron,
            ..shape()
        },
        Shape {
            batch: 2..=3,
            ..shape()
        },
        Shape {
            pooling: Pooling::Max,
            ..shape()
        },
        Shape {
            loss: Loss::SquaredHinge,
            step_numerator: 1..=2,
            steps: 4..=8,
            ..shape()
        },
    ];
    for shape in settings {
        for (_, problem) in problems(shape, 10, 10) {
            assert_beyond(&problem, AssumptionId::A0);
        }
    }
    let heads = Shape {
        head: HeadKind::Rational,
        filters: 4..=6,
        ..shape()
    };
    for (_, mut problem) in problems(heads, 10, 10) {
        problem.network.head[3] = integer(3);
        assert_beyond(&problem, AssumptionId::A5f);
    }
}

#[test]
fn each_assumption_is_named_when_it_fails() {
    let named = |problem: &Problem, id: AssumptionId| {
        let outcome = check(problem, Theory::Stated);
        match outcome.verdict {
            Verdict::NotApplicable { assumption, .. } => assert_eq!(assumption, id),
            other => panic!("{other:?}"),
        }
        assert!(outcome.beyond.is_some());
    };
    let (_, base) = problems(shape(), 3, 1).next().unwrap();
    let mut other = base.clone();
    other.network.activation = Activation::Identity;
    named(&other, AssumptionId::A0);
    let mut other = base.clone();
    other.training.loss = Loss::Unhinged;
    named(&other, AssumptionId::A0);
    let mut other = base.clone();
    other.training.train = Train::FiltersAndHead;
    other.training.steps = 10;
    named(&other, AssumptionId::A5f);
    let mut other = base.clone();
    for j in other.winners(Label::Plus) {
        other.network.weights[(j, 0)] = -Q::one();
    }
    named(&other, AssumptionId::A6prime);
    let atoms = Shape {
        distribution: DistributionKind::Atoms,
        ..shape()
    };
    for (_, problem) in problems(atoms, 4, 3) {
        named(&problem, AssumptionId::A2);
    }
    let coherent = Shape {
        dictionary: DictionaryKind::Coherent,
        ..shape()
    };
    for (_, problem) in problems(coherent, 4, 3) {
        named(&problem, AssumptionId::A1);
    }
}
