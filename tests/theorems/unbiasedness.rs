//! T0, unbiasedness: over random problems of every model, against the enumeration of all sample
//! paths, and against its wrong theories.

use crate::common::strategy::{property, random};
use crate::common::{DictionaryKind, DistributionKind, HeadKind, Shape};
use crate::harness::{self, Suite, exact, holds_exactly, population, suite};
use filtercert::dynamics::gradient::{Model, Sample};
use filtercert::dynamics::state::State;
use filtercert::number::{Q, integer, ratio};
use filtercert::problem::{Activation, AtomTable, Label, Loss, Pooling, Problem, Train};
use filtercert::theory::context::Budget;
use filtercert::theory::theorem::Theory;
use filtercert::theory::unbiasedness::Unbiasedness;
use filtercert::theory::verdict::{Outcome, Verdict};
use num_traits::{One, Signed, Zero};

laws![
    the_expectation_of_all_sample_paths,
    batches_are_unbiased_too,
    too_many_atoms_are_a_limit_and_not_a_verdict,
];

pub fn suites() -> Vec<Suite> {
    // The first setting has winners and losers throughout.
    let cases = |i| if i == 0 { 50 } else { 20 };
    let shapes = shapes().into_iter().enumerate();
    let populations = shapes.map(|(i, shape)| population(cases(i), shape));
    vec![Suite {
        holds: holds_exactly,
        look: |seen, _| {
            let states = exact(seen.outcome, "states_compared");
            assert_eq!(states, Some(integer(2)));
            let laws = exact(seen.outcome, "coordinate_laws");
            assert_eq!(laws.is_some(), seen.population == 0);
        },
        ..suite(&Unbiasedness, populations.collect())
    }]
}

fn check(problem: &Problem, theory: Theory) -> Outcome {
    harness::check(&Unbiasedness, problem, theory, Budget::default())
}

fn shapes() -> Vec<Shape> {
    let hinge = Shape {
        loss: Loss::Hinge,
        balanced: false,
        same_background: false,
        batch: 1..=3,
        ..Shape::default()
    };
    vec![
        // The setting of the statement about every t, with weights that die soon.
        Shape {
            step_numerator: 4..=16,
            ..Shape::default()
        },
        hinge.clone(),
        // Margins around 1, so that some gates are closed.
        Shape {
            weight_denominator: 32,
            key_patches: 1..=3,
            ..hinge.clone()
        },
        Shape {
            pooling: Pooling::Max,
            activation: Activation::LeakyRelu { slope: ratio(1, 4) },
            dictionary: DictionaryKind::Coherent,
            distribution: DistributionKind::Atoms,
            winners_and_losers: false,
            ..hinge.clone()
        },
        Shape {
            train: Train::FiltersAndHead,
            head: HeadKind::Rational,
            ..hinge.clone()
        },
        Shape {
            loss: Loss::Square,
            activation: Activation::Relu2,
            steps: 1..=2,
            ..hinge
        },
    ]
}

/// Adds up, over all sample paths of `steps` steps, probability times state, and probability times
/// the number of steps that each coordinate was alive for on the other label's samples.
fn all_paths(
    model: &Model<Q>,
    table: &AtomTable,
    state: &State<Q>,
    probability: &Q,
    steps: u64,
    alive: &[Q],
    sums: &mut (Vec<Q>, Vec<Q>),
) {
    if steps == 0 {
        for (cell, z) in state.weights.entries().iter().enumerate() {
            sums.0[cell] += z * probability;
            sums.1[cell] += &alive[cell] * probability;
        }
        return;
    }
    let n_patterns = state.weights.cols();
    for atom in table.atoms() {
        let one = Q::one();
        let gradient = model.gradient(
            state,
            [Sample {
                label: atom.label,
                counts: &atom.counts,
                weight: &one,
            }],
        );
        let mut next = state.clone();
        model.apply(&mut next, &gradient);
        let mut counted = alive.to_vec();
        for (cell, z) in state.weights.entries().iter().enumerate() {
            let wrong = if state.head[cell / n_patterns].is_positive() {
                Label::Minus
            } else {
                Label::Plus
            };
            if atom.label == wrong && z.is_positive() {
                counted[cell] += &one;
            }
        }
        let probability = probability * &atom.probability;
        all_paths(model, table, &next, &probability, steps - 1, &counted, sums);
    }
}

fn the_expectation_of_all_sample_paths() {
    let mut dying = 0;
    property(
        Shape {
            background: 1..=2,
            background_patches: 0..=1,
            filters: 3..=4,
            // Few steps are enough to kill some of the coordinates.
            step_numerator: 8..=40,
            ..Shape::default()
        },
        31,
        25,
        |problem| {
            let table = problem.distribution().atoms().unwrap();
            let steps = if table.atoms().len() <= 2 { 7 } else { 4 };
            let start = State::<Q>::initial(&problem);
            let cells = start.weights.entries().len();
            let mut sums = (vec![Q::zero(); cells], vec![Q::zero(); cells]);
            all_paths(
                &Model::new(&problem),
                &table,
                &start,
                &Q::one(),
                steps,
                &vec![Q::zero(); cells],
                &mut sums,
            );
            let r = table.atoms()[0].counts[table.atoms()[0].label.index()];
            let rate = &problem.training().step * integer(r);
            for j in 0..problem.n_filters() {
                let own = usize::from(problem.network().head[j].is_negative());
                for p in 0..problem.n_patterns() {
                    let cell = j * problem.n_patterns() + p;
                    let z = &start.weights.entries()[cell];
                    let claimed = if !z.is_positive() || p >= 2 {
                        z.clone()
                    } else if p == own {
                        z + &rate * integer(steps) / integer(2)
                    } else {
                        z - &rate * &sums.1[cell]
                    };
                    assert_eq!(sums.0[cell], claimed);
                    // Where it dies, the closed form is another number.
                    if z.is_positive() && p < 2 && p != own {
                        let kappa = &rate / integer(2);
                        let tau = (z / &kappa).ceil().min(integer(steps));
                        dying += i64::from(claimed != z - kappa * tau);
                    }
                }
            }
        },
    );
    detail!("{dying} wrong-label keys differ from the closed form");
    assert!(dying >= 20);
}

/// The average over all batches of two, and not only over single samples, is the expected step.
fn batches_are_unbiased_too() {
    let shape = Shape {
        loss: Loss::Hinge,
        balanced: false,
        same_background: false,
        background_patches: 0..=2,
        ..Shape::default()
    };
    property(shape, 60, 10, |problem| {
        let table = problem.distribution().atoms().unwrap();
        let model = Model::<Q>::new(&problem);
        let start = State::<Q>::initial(&problem);
        let half = ratio(1, 2);
        let cells = start.weights.entries().len();
        let mut mean = vec![Q::zero(); cells];
        for a in table.atoms() {
            for b in table.atoms() {
                let batch = [a, b].map(|atom| Sample {
                    label: atom.label,
                    counts: &atom.counts,
                    weight: &half,
                });
                let mut next = start.clone();
                model.apply(&mut next, &model.gradient(&start, batch));
                for (sum, z) in mean.iter_mut().zip(next.weights.entries()) {
                    *sum += z * &a.probability * &b.probability;
                }
            }
        }
        let mut next = start.clone();
        let gradient = model.gradient(
            &start,
            table.atoms().iter().map(|atom| Sample {
                label: atom.label,
                counts: &atom.counts,
                weight: &atom.probability,
            }),
        );
        model.apply(&mut next, &gradient);
        assert_eq!(mean, next.weights.entries());
    });
}

fn too_many_atoms_are_a_limit_and_not_a_verdict() {
    let shape = Shape {
        loss: Loss::SquaredHinge,
        background: 12..=12,
        background_patches: 8..=8,
        ..Shape::default()
    };
    let problem = random(&shape, 1);
    let outcome = check(&problem, Theory::Stated);
    let Verdict::Undecided { limit } = outcome.verdict else {
        panic!("{:?}", outcome.verdict);
    };
    assert!(limit.to_string().contains("work limit"), "{limit}");
}
