//! The exact path engine against the generic gradient, step by step.

use crate::common::strategy::{property, random};
use crate::common::{DictionaryKind, DistributionKind, HeadKind, Shape};
use filtercert::dynamics::gradient::{Model, Sample};
use filtercert::dynamics::path::{ExactPath, MAX_NUMERATOR, SampledPath, View};
use filtercert::dynamics::sampler::Sampler;
use filtercert::dynamics::state::State;
use filtercert::number::{Q, integer, ratio};
use filtercert::problem::{Activation, Label, Loss, Pooling, Problem, Train};
use num_traits::{Signed, Zero};

/// Follows one sampled path beside the generic definition; says whether it ran on the lattice.
fn follow(problem: &Problem, steps: u64) -> bool {
    let sampler = Sampler::new(problem.distribution());
    let model = Model::<Q>::new(problem);
    let weight = integer(problem.training().batch).recip();
    let mut state = State::<Q>::initial(problem);
    let mut path = SampledPath::new(ExactPath::new(problem), &sampler, 5, 2);
    let mut sums = [Q::zero(), Q::zero()];
    let mut updates = 0;
    let on_lattice = path.path().is_on_lattice();
    for t in 1..=steps {
        path.advance();
        let gradient = model.gradient(
            &state,
            path.batch().iter().map(|d| Sample {
                label: d.label,
                counts: &d.counts,
                weight: &weight,
            }),
        );
        let before = state.clone();
        model.apply(&mut state, &gradient);
        assert_eq!(path.path().state(), state, "step {t}");
        for (i, (draw, gate)) in path.batch().iter().zip(&gradient.gates).enumerate() {
            assert_eq!(path.path().gates().gate(i), *gate);
            sums[draw.label.index()] += gate * &weight;
        }
        updates += u64::from(gradient.gates.iter().any(|g| !g.is_zero()));
        assert_eq!(path.path().updates(), updates);
        for y in Label::BOTH {
            assert_eq!(path.path().gate_sum(y), sums[y.index()]);
        }
        // A column that is not named as touched has not moved.
        for p in 0..problem.n_patterns() {
            if !path.path().touched().contains(&(p as u32)) {
                for j in 0..problem.n_filters() {
                    assert_eq!(before.weights[(j, p)], state.weights[(j, p)]);
                }
            }
        }
        assert_eq!(path.path().t(), t);
    }
    on_lattice
}

#[test]
fn every_model_equals_the_generic_definition() {
    let activations = [
        Activation::Relu,
        Activation::LeakyRelu { slope: ratio(1, 3) },
        Activation::Identity,
        Activation::Relu2,
    ];
    let losses = [
        Loss::Unhinged,
        Loss::Hinge,
        Loss::Perceptron,
        Loss::SquaredHinge,
        Loss::Square,
    ];
    let mut lattices = 0;
    let mut total = 0;
    for (a, activation) in activations.iter().enumerate() {
        for (l, &loss) in losses.iter().enumerate() {
            for pooling in [Pooling::Sum, Pooling::Max] {
                for train in [Train::Filters, Train::FiltersAndHead] {
                    for dictionary in [DictionaryKind::Orthonormal, DictionaryKind::Coherent] {
                        let shape = Shape {
                            dictionary,
                            distribution: DistributionKind::Atoms,
                            activation: activation.clone(),
                            loss,
                            pooling,
                            train,
                            head: HeadKind::Rational,
                            batch: 1..=3,
                            balanced: false,
                            winners_and_losers: false,
                            ..Shape::default()
                        };
                        // Products of state and gate multiply the digits at every step.
                        let steps = match (activation, loss.has_binary_gate(), train) {
                            (Activation::Relu2, _, _) => 3,
                            (_, false, Train::FiltersAndHead) => 4,
                            _ => 12,
                        };
                        property(shape, (10 * a + l) as u64, 2, |problem| {
                            let lattice = follow(&problem, steps);
                            assert_eq!(
                                lattice,
                                train == Train::Filters
                                    && loss.has_binary_gate()
                                    && *activation != Activation::Relu2
                            );
                            lattices += u64::from(lattice);
                            total += 1;
                        });
                    }
                }
            }
        }
    }
    println!("{lattices} of {total} paths ran on the lattice");
}

#[test]
fn a_path_leaves_the_lattice_before_it_overflows() {
    let shape = Shape {
        loss: Loss::Unhinged,
        ..Shape::default()
    };
    let mut problem = random(&shape, 3);
    let sampler = Sampler::new(problem.distribution());
    // Steps of 2^46 lattice units reach the limit of 2^51 within some tens of steps.
    problem = problem
        .changed(|parts| parts.training.step = integer(1i64 << 40))
        .unwrap();
    let model = Model::<Q>::new(&problem);
    let one = integer(1);
    let mut state = State::<Q>::initial(&problem);
    let mut path = SampledPath::new(ExactPath::new(&problem), &sampler, 1, 0);
    assert!(path.path().is_on_lattice());
    for _ in 0..300 {
        path.advance();
        let gradient = model.gradient(
            &state,
            path.batch().iter().map(|d| Sample {
                label: d.label,
                counts: &d.counts,
                weight: &one,
            }),
        );
        model.apply(&mut state, &gradient);
        assert_eq!(path.path().state(), state);
        if let View::Integers { weights, .. } = path.path().view() {
            assert!(weights.iter().all(|z| z.abs() <= MAX_NUMERATOR));
        }
    }
    assert!(!path.path().is_on_lattice(), "the limit was never reached");
    let sum = path.path().gate_sum(Label::Plus) + path.path().gate_sum(Label::Minus);
    assert_eq!(sum, integer(300));
    assert!(state.weights.entries().iter().any(|z| z.is_positive()));
}

/// A head of zeros moves nothing, however large the products of slopes and counts beside it are.
#[test]
fn a_factor_of_zero_does_not_hide_an_overflow() {
    let slope = ratio(1, (1i64 << 62) + 1);
    for dictionary in [DictionaryKind::Orthonormal, DictionaryKind::Coherent] {
        for pooling in [Pooling::Sum, Pooling::Max] {
            let shape = Shape {
                dictionary,
                distribution: DistributionKind::Atoms,
                activation: Activation::LeakyRelu {
                    slope: slope.clone(),
                },
                loss: Loss::Perceptron,
                pooling,
                batch: 1..=3,
                winners_and_losers: false,
                ..Shape::default()
            };
            property(shape, 7, 8, |problem| {
                let problem = problem
                    .changed(|p| p.network.head.fill(integer(0)))
                    .unwrap();
                follow(&problem, 12);
            });
        }
    }
}

/// Coarse coordinates, where margins meet the gate's threshold and patches tie for the maximum, at both
/// poolings: how often each happened is counted.
#[test]
fn ties_go_as_the_definition_says() {
    let mut at_threshold = [0, 0];
    let mut tied_patches = 0;
    for (loss, threshold) in [(Loss::Hinge, 1), (Loss::Perceptron, 0)] {
        for pooling in [Pooling::Sum, Pooling::Max] {
            let shape = Shape {
                dictionary: DictionaryKind::Standard,
                distribution: DistributionKind::Atoms,
                loss,
                pooling,
                step_numerator: 1..=1,
                step_denominator: 2,
                weight_numerator: 2,
                weight_denominator: 2,
                winners_and_losers: false,
                ..Shape::default()
            };
            property(shape, 900, 20, |problem| {
                follow(&problem, 12);
                let sampler = Sampler::new(problem.distribution());
                let model = Model::<Q>::new(&problem);
                let mut path = SampledPath::new(ExactPath::new(&problem), &sampler, 900, 0);
                for _ in 0..12 {
                    let state = path.path().state();
                    path.advance();
                    for draw in path.batch() {
                        let margin = model.margin(&state, draw.label, &draw.counts);
                        at_threshold[threshold] += u32::from(margin == integer(threshold as i64));
                        let shown = |row: usize| {
                            let mut values: Vec<Q> = (0..problem.n_patterns())
                                .filter(|&p| draw.counts[p] > 0)
                                .map(|p| model.activate(&state.weights[(row, p)]))
                                .collect();
                            values.sort();
                            values
                        };
                        for j in 0..problem.n_filters() {
                            let values = shown(j);
                            let tied = values.len() > 1
                                && values[values.len() - 1] == values[values.len() - 2];
                            tied_patches += u32::from(pooling == Pooling::Max && tied);
                        }
                    }
                }
            });
        }
    }
    println!("margins at the threshold: {at_threshold:?}; tied patches: {tied_patches}");
    assert!(at_threshold.iter().all(|&n| n >= 20), "{at_threshold:?}");
    assert!(tied_patches >= 20, "{tied_patches}");
}
