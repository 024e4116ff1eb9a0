//! T7, fate and growth with a trained head: over random problems, against the generic gradient, and
//! against the wrong theories.

use crate::common::strategy::{property, random};
use crate::common::{DictionaryKind, HeadKind, Shape, expected_states, realistic};
use crate::harness::{self, Stated, Suite, holds_exactly, number, population, suite};
use crate::violate::Way;
use filtercert::dynamics::state::State;
use filtercert::number::{Matrix, Q, integer, ratio};
use filtercert::problem::assumption::AssumptionId;
use filtercert::problem::{
    Activation, Dictionary, Distribution, Generative, Loss, Network, Pooling, Problem, Train,
    Training,
};
use filtercert::report::words;
use filtercert::theory::context::Budget;
use filtercert::theory::theorem::{Theorem, Theory};
use filtercert::theory::trained_head::TrainedHead;
use filtercert::theory::verdict::{Figure, Outcome, Verdict};
use num_traits::{One, Signed, Zero};

laws![
    the_condition_on_kappa_is_needed,
    holds_for_kappa_just_below_one,
    every_fate_by_hand,
    fates_are_those_that_the_generic_gradient_shows,
    filters_that_are_said_to_grow_for_ever_do,
    a_problem_of_realistic_size_is_decided_at_once,
    a_refutation_can_be_replayed,
];

pub fn suites() -> Vec<Suite> {
    let rotated = Shape {
        dictionary: DictionaryKind::Cayley,
        batch: 1..=4,
        ..shape()
    };
    let dependent_background = Shape {
        same_background: false,
        background: 2..=3,
        background_patches: 1..=3,
        // A head that is 0 moves at the first step, and its backgrounds only then.
        head: HeadKind::Signs,
        steps: 8..=12,
        ..shape()
    };
    let wrong = LARGE_STEPS + 1..LABELS;
    let populations = vec![
        population(60, shape()).wrong(wrong.clone()),
        population(60, rotated).wrong(wrong),
        population(120, large_steps())
            .wrong(LARGE_STEPS..LARGE_STEPS + 1)
            .stated(Stated::NotRefuted),
        population(100, dependent_background)
            .wrong(LABELS..LABELS + 1)
            .stated(Stated::NotRefuted),
    ];
    vec![Suite {
        holds: holds_exactly,
        look: |seen, _| {
            let outcome = seen.outcome;
            if seen.population == 2 {
                return large(outcome);
            }
            if !outcome.fails.is_empty() {
                assert_eq!(outcome.fails[0].assumption, AssumptionId::A3);
                return;
            }
            let compared = number(outcome, "steps_compared");
            assert_eq!(compared, integer(seen.problem.training().steps));
            let fates = FATES.iter().map(|fate| number(outcome, fate));
            let all = fates.fold(Q::zero(), |sum, fate| sum + fate);
            assert_eq!(all, integer(seen.problem.n_filters() as u64));
            // Winners are learners, and filter 2 is none, so there are losers to dominate.
            let learners = number(outcome, "learns_plus") + number(outcome, "learns_minus");
            assert!(learners >= integer(2));
        },
        further: vec![Way::new(
            "a large step",
            AssumptionId::A0,
            "training.step = ",
            |p| p.training.step = integer(3),
        )],
        violated: |_, way, outcome| {
            let beyond = outcome.beyond.as_ref().map(ToString::to_string);
            use AssumptionId::{A1, A2, A3, A4};
            match (&way.breaks[..], beyond) {
                ([A1], beyond) => assert!(beyond.is_none()),
                ([A2], Some(beyond)) => assert!(beyond.contains("grow for ever"), "{beyond}"),
                ([A3 | A4], Some(beyond)) => {
                    let said = ["rho^2 = ", "grow for ever"];
                    assert!(said.iter().any(|words| beyond.contains(words)), "{beyond}")
                }
                ([A2 | A3 | A4], None) => panic!("nothing is said beyond"),
                _ if way.what == "a large step" => large(outcome),
                _ => (),
            }
        },
        ..suite(&TrainedHead, populations)
    }]
}

/// The step is named, and what is found all the same.
fn large(outcome: &Outcome) {
    let Verdict::NotApplicable {
        assumption,
        witness,
    } = &outcome.verdict
    else {
        panic!("{:?}", outcome.verdict);
    };
    assert_eq!(*assumption, AssumptionId::A0);
    assert!(witness.starts_with("training.step = ") && witness.ends_with(" >= 1"));
    let beyond = outcome.beyond.as_ref().unwrap().to_string();
    assert!(beyond.starts_with("exact engine at step"), "{beyond}");
}

/// Is wrong theory `i` refuted?
fn refuted(problem: &Problem, i: usize) -> bool {
    check(problem, Theory::Wrong(i)).is_refuted()
}

/// The near miss without the condition on the step, and the one without A3.
const LARGE_STEPS: usize = 0;
const LABELS: usize = 7;

fn check(problem: &Problem, theory: Theory) -> Outcome {
    harness::check(&TrainedHead, problem, theory, Budget::default())
}

fn shape() -> Shape {
    Shape {
        train: Train::FiltersAndHead,
        head: HeadKind::Rational,
        weight_denominator: 64,
        ..Shape::default()
    }
}

/// Steps so large that kappa = eta r / 2 >= 1.
fn large_steps() -> Shape {
    Shape {
        step_numerator: 80..=160,
        steps: 8..=12,
        ..shape()
    }
}

/// A problem with K = 1, r = 1, these rows `[a, alpha+, alpha-, u1]` and this step size.
fn by_hand(step: Q, steps: u64, rows: &[[Q; 4]]) -> Problem {
    let weights = rows.iter().flat_map(|row| row[1..].to_vec()).collect();
    let network = Network::explicit(
        Activation::Relu,
        Pooling::Sum,
        rows.iter().map(|row| row[0].clone()).collect(),
        Matrix::from_vec(rows.len(), 3, weights).unwrap(),
    )
    .unwrap();
    let half = || [ratio(1, 2), ratio(1, 2)];
    let background = || vec![Q::one()];
    let distribution = Distribution::Generative(
        Generative::new(half(), 3, 1, [background(), background()]).unwrap(),
    );
    let training = Training {
        loss: Loss::Unhinged,
        train: Train::FiltersAndHead,
        step,
        batch: 1,
        steps,
        runs: 1,
        seed: 0,
    };
    let dictionary = Dictionary::orthonormal(1).unwrap();
    Problem::new(
        "by hand".into(),
        dictionary,
        distribution,
        network,
        training,
    )
    .unwrap()
}

fn row(a: (i64, i64), plus: (i64, i64), minus: (i64, i64)) -> [Q; 4] {
    [
        ratio(a.0, a.1),
        ratio(plus.0, plus.1),
        ratio(minus.0, minus.1),
        ratio(1, 7),
    ]
}

const FATES: [&str; 6] = [
    "frozen",
    "learns_plus",
    "learns_minus",
    "dies",
    "fades",
    "balanced",
];

/// The fate that one sees, if it can be seen by the last of these states.
fn seen(states: &[State<Q>], j: usize) -> Option<&'static str> {
    let (first, last) = (&states[0], &states[states.len() - 1]);
    let alive = |s: &State<Q>| [0, 1].map(|p| s.weights[(j, p)].is_positive());
    let moved = last.head[j] != first.head[j] || last.weights.row(j) != first.weights.row(j);
    match (alive(first), alive(last)) {
        ([false, false], _) => Some("frozen"),
        (_, [false, false]) => Some("dies"),
        ([true, true], [true, true]) => (!moved).then_some("balanced"),
        (_, [plus, _]) => {
            let (key, sign) = if plus { (0, 1) } else { (1, -1) };
            let s = &last.head[j] * integer(sign) + &last.weights[(j, key)];
            if s.is_positive() {
                Some(if plus { "learns_plus" } else { "learns_minus" })
            } else if s.is_zero() {
                Some("fades")
            } else {
                None
            }
        }
    }
}

fn the_condition_on_kappa_is_needed() {
    // s = 1/4 > 0, but alpha+ + kappa a = 1 - 9/4 < 0: it dies at once.
    let problem = by_hand(integer(6), 5, &[row((-3, 4), (1, 1), (0, 1))]);
    let states = expected_states(&problem, 1);
    assert_eq!(states[1].weights[(0, 0)], ratio(-5, 4));
    assert!(refuted(&problem, LARGE_STEPS));
    // With a small step the same start learns.
    let problem = by_hand(ratio(1, 5), 60, &[row((-3, 4), (1, 1), (0, 1))]);
    let outcome = check(&problem, Theory::Stated);
    assert_eq!(outcome.verdict.name(), "holds", "{}", outcome.because);
    assert_eq!(number(&outcome, "learns_plus"), Q::one());
}

fn holds_for_kappa_just_below_one() {
    // Beyond 1/sqrt2 the factor 1 - sqrt2 kappa is negative and sqrt2 a - u changes sign at every step.
    let mut negative_factor = 0;
    property(
        Shape {
            key_patches: 1..=1,
            step_numerator: 48..=79,
            background: 1..=1,
            filters: 6..=8,
            steps: 12..=16,
            ..shape()
        },
        0,
        150,
        |problem| {
            let outcome = check(&problem, Theory::Stated);
            assert_eq!(outcome.verdict.name(), "holds", "{}", outcome.because);
            let kappa = number(&outcome, "growth") - Q::one();
            assert!(kappa < Q::one());
            negative_factor += u32::from(integer(2) * &kappa * &kappa > Q::one());
        },
    );
    detail!("{negative_factor} of 150 problems have kappa > 1/sqrt2");
    assert!(negative_factor >= 50);
}

fn every_fate_by_hand() {
    // sqrt2 is about 1.41421356: u = 7/5 stays below sqrt2 |a| for a = -1, u = 10/7 does not.
    let cases = [
        (row((1, 1), (0, 1), (-1, 2)), "frozen"),
        (row((-5, 1), (-1, 2), (0, 1)), "frozen"),
        (row((1, 2), (1, 4), (-1, 2)), "learns_plus"),
        (row((-1, 5), (1, 4), (0, 1)), "learns_plus"),
        (row((-1, 3), (1, 4), (0, 1)), "dies"),
        (row((-1, 4), (1, 4), (0, 1)), "fades"),
        (row((-1, 2), (0, 1), (1, 4)), "learns_minus"),
        (row((1, 5), (-3, 1), (1, 4)), "learns_minus"),
        (row((1, 3), (-3, 1), (1, 4)), "dies"),
        (row((1, 4), (0, 1), (1, 4)), "fades"),
        (row((0, 1), (1, 3), (1, 3)), "balanced"),
        (row((0, 1), (1, 3), (1, 4)), "learns_plus"),
        (row((-1, 9), (1, 3), (1, 3)), "learns_minus"),
        (row((-1, 1), (2, 1), (3, 5)), "learns_minus"),
        (row((-1, 1), (2, 1), (4, 7)), "learns_plus"),
        (row((1, 1), (3, 5), (2, 1)), "learns_plus"),
        (row((1, 1), (4, 7), (2, 1)), "learns_minus"),
    ];
    let rows: Vec<_> = cases.iter().map(|c| c.0.clone()).collect();
    let problem = by_hand(ratio(2, 5), 40, &rows);
    let outcome = check(&problem, Theory::Stated);
    assert_eq!(outcome.verdict.name(), "holds", "{}", outcome.because);
    let states = expected_states(&problem, 40);
    for fate in FATES {
        let claimed = cases.iter().filter(|c| c.1 == fate).count() as u64;
        assert_eq!(number(&outcome, fate), integer(claimed), "{fate}");
    }
    for (j, (_, fate)) in cases.iter().enumerate() {
        assert_eq!(seen(&states, j), Some(*fate), "filter {j}");
    }
    assert_eq!(number(&outcome, "growth"), ratio(6, 5));
}

fn fates_are_those_that_the_generic_gradient_shows() {
    let (mut resolved, mut all) = (0u64, 0u64);
    property(
        Shape {
            step_numerator: 12..=24,
            steps: 40..=40,
            key_patches: 1..=2,
            background: 1..=2,
            background_patches: 0..=2,
            filters: 4..=6,
            ..shape()
        },
        0,
        30,
        |mut problem| {
            // Every kind of tie: one filter fades, one is balanced.
            let last = problem.n_filters() - 1;
            problem = problem
                .changed(|parts| {
                    parts.network.head[last] = ratio(-3, 16);
                    parts.network.weights[(last, 0)] = ratio(3, 16);
                    parts.network.weights[(last, 1)] = Q::zero();
                    parts.network.head[last - 1] = Q::zero();
                    parts.network.weights[(last - 1, 0)] = ratio(5, 16);
                    parts.network.weights[(last - 1, 1)] = ratio(5, 16);
                })
                .unwrap();
            let outcome = check(&problem, Theory::Stated);
            assert_eq!(outcome.verdict.name(), "holds", "{}", outcome.because);
            let states = expected_states(&problem, 40);
            let fates: Vec<_> = (0..=last).map(|j| seen(&states, j)).collect();
            let open = fates.iter().filter(|f| f.is_none()).count() as u64;
            for fate in FATES {
                let count = fates.iter().filter(|f| **f == Some(fate)).count() as u64;
                let claimed = number(&outcome, fate);
                assert!(
                    integer(count) <= claimed && claimed <= integer(count + open),
                    "{fate} {count} seen, {claimed} claimed"
                );
            }
            resolved += (fates.len() as u64) - open;
            all += fates.len() as u64;
            // Conservation, growth in Q(sqrt2), and the bound for the dying, by their definitions.
            let kappa = number(&outcome, "growth") - Q::one();
            for (j, fate) in fates.iter().enumerate() {
                for pair in states.windows(2) {
                    let [old, new] = [&pair[0], &pair[1]];
                    let key = |s: &State<Q>, p| s.weights[(j, p)].clone();
                    assert_eq!(old.weights.row(j)[2..], new.weights.row(j)[2..]);
                    if key(old, 0).is_positive() && key(old, 1).is_positive() {
                        assert_eq!(key(old, 0) + key(old, 1), key(new, 0) + key(new, 1));
                        // (1 + sqrt2 k)(u + sqrt2 a) = (u + 2 k a) + sqrt2 (a + k u).
                        let u = key(old, 0) - key(old, 1);
                        let a = &old.head[j];
                        assert_eq!(key(new, 0) - key(new, 1), &u + integer(2) * &kappa * a);
                        assert_eq!(new.head[j], a + &kappa * &u);
                    }
                }
                if *fate == Some("dies") {
                    let norm = |s: &State<Q>| s.norms_squared(&problem)[j].clone();
                    let a = &states[0].head[j];
                    let bound = norm(&states[0]) + &kappa * &kappa * a * a;
                    assert!(states.iter().all(|s| norm(s) <= bound));
                }
            }
            // From the reported step on, learners dominate.
            if let Some((_, Figure::Exact(from))) =
                outcome.figures.iter().find(|(n, _)| *n == "t_dominance")
            {
                for (t, state) in states.iter().enumerate() {
                    if integer(t as u64) < *from {
                        continue;
                    }
                    let norms = state.norms_squared(&problem);
                    let learns = |j: &usize| fates[*j].is_some_and(|f| f.starts_with("learns"));
                    if open > 0 {
                        break;
                    }
                    let least = (0..=last).filter(learns).map(|j| &norms[j]).min().unwrap();
                    let largest = (0..=last).filter(|j| !learns(j)).map(|j| &norms[j]).max();
                    assert!(*least >= integer(100) * largest.unwrap());
                }
            }
        },
    );
    detail!("{resolved} of {all} fates are visible after 40 steps");
    assert!(100 * resolved >= 90 * all);
}

fn filters_that_are_said_to_grow_for_ever_do() {
    let mut growing = 0;
    property(
        Shape {
            balanced: false,
            same_background: false,
            background_patches: 1..=3,
            steps: 10..=10,
            ..shape()
        },
        0,
        30,
        |problem| {
            let outcome = check(&problem, Theory::Stated);
            let Some(beyond) = outcome.beyond else {
                return;
            };
            // Named filters have a larger norm at every later step.
            let states = expected_states(&problem, 20);
            for part in beyond
                .to_string()
                .split(" (rho^2 = ")
                .collect::<Vec<_>>()
                .windows(2)
            {
                let name = part[0].rsplit([' ', ',']).next().unwrap();
                let j: usize = name.parse().unwrap();
                for pair in states[10..].windows(2) {
                    let [old, new] = [&pair[0], &pair[1]].map(|s| s.head[j].abs());
                    assert!(new > old, "filter {j}");
                }
                growing += 1;
            }
        },
    );
    detail!("{growing} filters were said to grow, and did");
    assert!(growing >= 50);
}

fn a_problem_of_realistic_size_is_decided_at_once() {
    let base = random(
        &Shape {
            dictionary: DictionaryKind::Standard,
            ..shape()
        },
        1,
    );
    let problem = realistic(&base, [ratio(1, 2), ratio(1, 2)], 4, 10_000);
    let started = std::time::Instant::now();
    let outcome = check(&problem, Theory::Stated);
    detail!("{:?}\n{}", started.elapsed(), outcome.because);
    detail!("{:?}", outcome.figures);
    assert_eq!(outcome.verdict.name(), "holds", "{}", outcome.because);
    assert!(number(&outcome, "steps_compared") >= integer(200));
}

fn a_refutation_can_be_replayed() {
    let mut replayed = 0;
    property(shape(), 0, 20, |problem| {
        for i in 1..TrainedHead.wrong_theories().len() {
            let Verdict::Refuted { violation, .. } = check(&problem, Theory::Wrong(i)).verdict
            else {
                continue;
            };
            let witness = words::witness(&problem, &violation);
            let state = expected_states(&problem, witness["step"].as_u64().unwrap())
                .pop()
                .unwrap();
            let j = witness["filter"].as_u64().unwrap() as usize;
            let keys = [0, 1].map(|p| state.weights[(j, p)].clone());
            let clause = witness["claim"].as_str().unwrap();
            let found = match witness["coordinate"].as_str() {
                Some("v+") => keys[0].clone(),
                Some("v-") => keys[1].clone(),
                None if clause.starts_with("the sum of squares") => {
                    keys.iter().map(|z| z * z).sum()
                }
                None if clause.contains("a head") => state.head[j].clone(),
                None if clause.contains("weakest learner") => {
                    state.norms_squared(&problem)[j].clone()
                }
                other => panic!("{clause}: {other:?}"),
            };
            assert_eq!(witness["found"], found.to_string());
            let claimed: Q = witness["claimed"].as_str().unwrap().parse().unwrap();
            match witness["relation"].as_str().unwrap() {
                "=" => assert_ne!(found, claimed),
                "<=" => assert!(found > claimed),
                ">" => assert!(found <= claimed),
                ">=" => assert!(found < claimed),
                other => panic!("{other}"),
            }
            replayed += 1;
        }
    });
    detail!("{replayed} witnesses were replayed");
    assert!(replayed >= 20);
}
