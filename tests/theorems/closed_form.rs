//! T1, the closed form of the expected dynamics: over random problems, against the generic gradient,
//! and against its wrong theories.

use crate::common::strategy::{property, random};
use crate::common::{DictionaryKind, DistributionKind, HeadKind, Shape, realistic};
use crate::harness::{self, Suite, holds_exactly, number, population, suite};
use filtercert::dynamics::gradient::{Model, Sample};
use filtercert::dynamics::state::State;
use filtercert::number::{Q, integer, ratio};
use filtercert::problem::{Label, Loss, Problem};
use filtercert::report::words;
use filtercert::theory::closed_form::ClosedForm;
use filtercert::theory::context::Budget;
use filtercert::theory::theorem::{Theorem, Theory};
use filtercert::theory::verdict::{Figure, Outcome, Verdict};
use num_traits::{One, Signed, Zero};

laws![
    the_generic_gradient_follows_the_closed_form_step_by_step,
    the_hinge_corollary_ends_at_the_first_margin_of_one,
    long_runs_are_compared_at_log_spaced_steps_and_at_every_death,
    numbers_too_long_for_machine_integers_are_compared_as_rationals,
    a_refutation_can_be_replayed,
    a_problem_of_realistic_size_is_compared_at_every_step,
];

pub fn suites() -> Vec<Suite> {
    let atoms = Shape {
        distribution: DistributionKind::Atoms,
        ..shape()
    };
    let signs = Shape {
        head: HeadKind::Signs,
        ..Shape::default()
    };
    let shapes = [shape(), atoms, signs];
    vec![Suite {
        holds: holds_exactly,
        // The formula of a coordinate that dies is the one that can be wrong.
        speaks: |_, outcome| number(outcome, "dying_coordinates").is_positive(),
        look: |seen, counts| {
            let compared = number(seen.outcome, "steps_compared");
            assert_eq!(compared, integer(seen.problem.training().steps));
            let dying = number(seen.outcome, "dying_coordinates").to_integer();
            counts.add("dying coordinates", u64::try_from(dying).unwrap());
        },
        least: &[("dying coordinates", 101)],
        ..suite(
            &ClosedForm,
            shapes.map(|shape| population(50, shape)).into(),
        )
    }]
}

fn check(problem: &Problem, theory: Theory) -> Outcome {
    harness::check(&ClosedForm, problem, theory, Budget::default())
}

fn shape() -> Shape {
    Shape {
        head: HeadKind::Rational,
        balanced: false,
        same_background: false,
        batch: 1..=3,
        winners_and_losers: true,
        ..Shape::default()
    }
}

/// One step of the generic gradient over all atoms; also the largest margin before it.
fn oracle_step(model: &Model<Q>, problem: &Problem, state: &mut State<Q>) -> Q {
    let table = problem.distribution().atoms().unwrap();
    let largest = table
        .atoms()
        .iter()
        .map(|a| model.margin(state, a.label, &a.counts))
        .max()
        .unwrap();
    let gradient = model.gradient(
        state,
        table.atoms().iter().map(|a| Sample {
            label: a.label,
            counts: &a.counts,
            weight: &a.probability,
        }),
    );
    model.apply(state, &gradient);
    largest
}

/// The closed form of one coordinate, written down once more.
fn closed_form(start: &Q, kappa: &Q, t: i64) -> Q {
    if !start.is_positive() {
        start.clone()
    } else if !kappa.is_negative() {
        start + kappa * integer(t)
    } else {
        let tau = (start / -kappa).ceil();
        start + kappa * tau.min(integer(t))
    }
}

fn the_generic_gradient_follows_the_closed_form_step_by_step() {
    property(
        Shape {
            steps: 25..=25,
            ..shape()
        },
        0,
        25,
        |problem| {
            let model = Model::new(&problem);
            let mut state = State::<Q>::initial(&problem);
            // The drift by its definition, from the atoms.
            let table = problem.distribution().atoms().unwrap();
            for t in 0..=25 {
                for j in 0..problem.n_filters() {
                    for p in 0..problem.n_patterns() {
                        let kappa = table.atoms().iter().fold(Q::zero(), |s, a| {
                            s + integer(a.label.sign() * i64::from(a.counts[p])) * &a.probability
                        }) * &problem.training().step
                            * &problem.network().head[j];
                        assert_eq!(
                            state.weights[(j, p)],
                            closed_form(&problem.network().weights[(j, p)], &kappa, t),
                            "t {t} filter {j} pattern {p}"
                        );
                    }
                }
                oracle_step(&model, &problem, &mut state);
            }
            // The rows of the comparison show the engine's numbers.
            let outcome = check(&problem, Theory::Stated);
            assert!(!outcome.comparisons.is_empty());
            for row in outcome.comparisons {
                assert_eq!(row.theory, row.exact);
                assert_eq!(row.margin, Some(Figure::Exact(Q::zero())));
            }
        },
    );
}

fn the_hinge_corollary_ends_at_the_first_margin_of_one() {
    let mut closed = 0;
    property(
        Shape {
            loss: Loss::Hinge,
            step_numerator: 4..=12,
            ..shape()
        },
        0,
        60,
        |problem| {
            let model = Model::new(&problem);
            let mut state = State::<Q>::initial(&problem);
            let first = (0..problem.training().steps)
                .find(|_| oracle_step(&model, &problem, &mut state) >= Q::one());
            let outcome = check(&problem, Theory::Stated);
            assert_eq!(outcome.verdict.name(), "holds", "{}", outcome.because);
            let expected = first.unwrap_or(problem.training().steps);
            assert_eq!(number(&outcome, "steps_compared"), integer(expected));
            closed += u32::from(first.is_some_and(|t| t > 0));
        },
    );
    detail!("{closed} of 60 hinge problems close a gate after step 0");
    assert!(closed >= 20);
}

fn long_runs_are_compared_at_log_spaced_steps_and_at_every_death() {
    let mut problem = random(
        &Shape {
            filters: 6..=6,
            ..Shape::default()
        },
        3,
    );
    problem = problem
        .changed(|parts| parts.training.steps = 5_000)
        .unwrap();
    let outcome = check(&problem, Theory::Stated);
    assert_eq!(outcome.verdict.name(), "holds", "{}", outcome.because);
    assert_eq!(number(&outcome, "steps_compared"), integer(5_000));
    // A hinge problem whose gates close far out: the first closed step is found all the same.
    problem = problem
        .changed(|parts| {
            parts.training.loss = Loss::Hinge;
            parts.training.step = ratio(1, 2_000);
        })
        .unwrap();
    let outcome = check(&problem, Theory::Stated);
    assert_eq!(outcome.verdict.name(), "holds", "{}", outcome.because);
    let model = Model::new(&problem);
    let mut state = State::<Q>::initial(&problem);
    let first = (0..5_000u64).find(|_| oracle_step(&model, &problem, &mut state) >= Q::one());
    assert_eq!(number(&outcome, "steps_compared"), integer(first.unwrap()));
}

fn numbers_too_long_for_machine_integers_are_compared_as_rationals() {
    let wrong = ClosedForm.wrong_theories().len();
    property(shape(), 0, 20, |mut problem| {
        let verdicts = |problem: &Problem| -> Vec<&'static str> {
            let wrong = (0..wrong).map(|i| check(problem, Theory::Wrong(i)).verdict.name());
            wrong.collect()
        };
        let short = verdicts(&problem);
        // Scaling weights and step by the same number scales the whole path.
        let scale = ratio(1, 3).pow(60);
        problem = problem
            .changed(|parts| {
                parts.network.weights = problem.network().weights.map(|z| z * &scale);
                parts.training.step *= scale;
            })
            .unwrap();
        let outcome = check(&problem, Theory::Stated);
        assert_eq!(outcome.verdict.name(), "holds", "{}", outcome.because);
        assert_eq!(verdicts(&problem), short);
    });
}

fn a_refutation_can_be_replayed() {
    let problem = random(&shape(), 7);
    let Verdict::Refuted { violation, .. } = check(&problem, Theory::Wrong(0)).verdict else {
        panic!("twice the drift is refuted");
    };
    let witness = words::witness(&problem, &violation);
    let model = Model::new(&problem);
    let mut state = State::<Q>::initial(&problem);
    for _ in 0..witness["step"].as_u64().unwrap() {
        oracle_step(&model, &problem, &mut state);
    }
    let j = witness["filter"].as_u64().unwrap() as usize;
    let name = witness["coordinate"].as_str().unwrap();
    let p = (0..problem.n_patterns())
        .find(|&p| problem.dictionary().pattern_name(p) == name)
        .unwrap();
    assert_eq!(witness["found"], state.weights[(j, p)].to_string());
    assert_ne!(witness["claimed"], witness["found"]);
}

fn a_problem_of_realistic_size_is_compared_at_every_step() {
    let base = random(
        &Shape {
            dictionary: DictionaryKind::Standard,
            ..Shape::default()
        },
        1,
    );
    let problem = realistic(&base, [ratio(2, 5), ratio(3, 5)], 8, 10_000);
    let started = std::time::Instant::now();
    let outcome = check(&problem, Theory::Stated);
    detail!("{} ({:?})", outcome.because, started.elapsed());
    assert_eq!(outcome.verdict.name(), "holds", "{}", outcome.because);
    assert_eq!(number(&outcome, "steps_compared"), integer(10_000));
    assert!(Label::BOTH.iter().all(|&y| !problem.winners(y).is_empty()));
}
