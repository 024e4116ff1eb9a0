//! T8, balancedness: over random problems of every covered model, against an oracle on the filters
//! themselves, and against its wrong theories.

use crate::common::strategy::property;
use crate::common::{DictionaryKind, DistributionKind, HeadKind, Shape};
use crate::harness::{self, Suite, population, suite};
use filtercert::dynamics::gradient::{Model, Sample};
use filtercert::dynamics::sampler::Sampler;
use filtercert::dynamics::state::State;
use filtercert::number::{Q, integer, ratio};
use filtercert::problem::assumption::AssumptionId;
use filtercert::problem::{Activation, Loss, Pooling, Problem, Train};
use filtercert::theory::balancedness::Balancedness;
use filtercert::theory::context::Budget;
use filtercert::theory::theorem::{Theorem, Theory};
use filtercert::theory::verdict::{Outcome, Verdict};
use num_traits::Zero;

laws![
    the_identity_on_the_filters_themselves,
    relu2_has_a_form_of_its_own,
];

pub fn suites() -> Vec<Suite> {
    let shapes = settings().into_iter();
    let shapes = shapes.map(|(activation, pooling, loss)| shape(activation, pooling, loss));
    vec![Suite {
        budget: budget(),
        violated: |_, way, outcome| {
            if way.breaks == [AssumptionId::A5t] {
                assert!(outcome.beyond.is_some());
            }
        },
        ..suite(
            &Balancedness,
            shapes.map(|shape| population(4, shape)).collect(),
        )
    }]
}

fn check(problem: &Problem, theory: Theory) -> Outcome {
    harness::check(&Balancedness, problem, theory, budget())
}

fn budget() -> Budget {
    Budget {
        exact_paths: 2,
        exact_path_steps: 4,
        ..Budget::default()
    }
}

fn shape(activation: Activation, pooling: Pooling, loss: Loss) -> Shape {
    Shape {
        train: Train::FiltersAndHead,
        activation,
        pooling,
        loss,
        dictionary: DictionaryKind::Coherent,
        distribution: DistributionKind::Atoms,
        head: HeadKind::Rational,
        batch: 1..=2,
        background: 0..=2,
        filters: 2..=3,
        winners_and_losers: false,
        weight_denominator: 16,
        weight_numerator: 16,
        // Products of gate and weight multiply the digits.
        steps: if loss.has_binary_gate() { 3..=4 } else { 2..=2 },
        ..Shape::default()
    }
}

fn settings() -> Vec<(Activation, Pooling, Loss)> {
    let mut all = Vec::new();
    for activation in [
        Activation::Relu,
        Activation::LeakyRelu { slope: ratio(1, 3) },
        Activation::Identity,
    ] {
        for pooling in [Pooling::Sum, Pooling::Max] {
            for loss in [
                Loss::Unhinged,
                Loss::Hinge,
                Loss::Perceptron,
                Loss::SquaredHinge,
                Loss::Square,
            ] {
                all.push((activation.clone(), pooling, loss));
            }
        }
    }
    all
}

/// The filters as vectors, w_j moved by eta a_j s_j with s_j a sum of pattern vectors: the crate has their
/// coordinates and norms, and these change as claimed.
fn the_identity_on_the_filters_themselves() {
    let mut moved = 0;
    for loss in [Loss::Unhinged, Loss::Hinge, Loss::Square] {
        let shape = Shape {
            dictionary: DictionaryKind::Cayley,
            background: 1..=2,
            distribution: DistributionKind::Generative,
            ..shape(Activation::Relu, Pooling::Sum, loss)
        };
        property(shape, 9, 6, |problem| {
            let vectors = problem.dictionary().vectors().unwrap().to_vec();
            let dot = |a: &[Q], b: &[Q]| a.iter().zip(b).map(|(x, y)| x * y).sum::<Q>();
            // Orthonormal patterns: w_j = sum_p Z_jp p.
            let mut filters: Vec<Vec<Q>> = problem
                .network()
                .weights
                .iter_rows()
                .map(|row| {
                    (0..vectors[0].len())
                        .map(|i| row.iter().zip(&vectors).map(|(z, v)| z * &v[i]).sum())
                        .collect()
                })
                .collect();
            let mut head = problem.network().head.clone();
            let eta = &problem.training().step;
            let sampler = Sampler::new(problem.distribution());
            let mut rng = Sampler::stream(2, 0);
            let mut draw = sampler.blank();
            let model = Model::<Q>::new(&problem);
            let mut state = State::<Q>::initial(&problem);
            let one = integer(1);
            for _ in 0..3 {
                sampler.draw(&mut rng, &mut draw);
                let sample = Sample {
                    label: draw.label,
                    counts: &draw.counts,
                    weight: &one,
                };
                let gradient = model.gradient(&state, [sample]);
                let gate = gradient.gates[0].clone() * integer(draw.label.sign());
                let difference = |state: &State<Q>, j: usize| {
                    &state.norms_squared(&problem)[j] - &state.head[j] * &state.head[j]
                };
                let before = state.clone();
                model.apply(&mut state, &gradient);
                for (j, (w, a)) in filters.iter_mut().zip(&mut head).enumerate() {
                    let mut s = vec![Q::zero(); w.len()];
                    let mut h = Q::zero();
                    for (v, &n) in vectors.iter().zip(&draw.counts) {
                        let z = dot(w, v);
                        if z > Q::zero() {
                            h += integer(n) * z * &gate;
                            for (x, y) in s.iter_mut().zip(v) {
                                *x += &gate * integer(n) * y;
                            }
                        }
                    }
                    let change = eta * eta * (&*a * &*a * dot(&s, &s) - dot(w, &s) * dot(w, &s));
                    for (x, y) in w.iter_mut().zip(&s) {
                        *x += eta * &*a * y;
                    }
                    *a += eta * h;
                    for (p, v) in vectors.iter().enumerate() {
                        assert_eq!(state.weights[(j, p)], dot(w, v));
                    }
                    assert_eq!(state.norms_squared(&problem)[j], dot(w, w));
                    assert_eq!(difference(&state, j), difference(&before, j) + &change);
                    moved += u64::from(!change.is_zero());
                }
                assert_eq!(state.head, head);
            }
        });
    }
    assert!(moved > 20, "{moved}");
}

fn relu2_has_a_form_of_its_own() {
    let mut refuted = 0;
    for pooling in [Pooling::Sum, Pooling::Max] {
        for loss in [Loss::Unhinged, Loss::Hinge, Loss::Square] {
            let shape = Shape {
                steps: 2..=3,
                ..shape(Activation::Relu2, pooling, loss)
            };
            property(shape, 21, 5, |problem| {
                let outcome = check(&problem, Theory::Stated);
                assert!(matches!(
                    outcome.verdict,
                    Verdict::NotApplicable {
                        assumption: AssumptionId::A0,
                        ..
                    }
                ));
                let text = outcome.beyond.unwrap();
                assert!(text.to_string().contains("changed by exactly"), "{text}");
                let outcome = check(&problem, Theory::Wrong(2));
                if let Some(violation) = outcome.violation() {
                    assert_eq!(violation.claim, Balancedness.wrong_theories()[2].breaks);
                    refuted += 1;
                }
            });
        }
    }
    detail!("the identity of degree one is refuted on {refuted} of 30 relu2 problems");
    assert!(refuted >= 20);
}
