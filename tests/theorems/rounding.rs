//! T10 over random problems: the bound holds at every step, decisions are the same while stable,
//! and near misses are refuted.

use crate::common::{DictionaryKind, HeadKind, Shape};
use crate::harness::{Suite, population, suite};
use filtercert::number::ratio;
use filtercert::problem::{Activation, Loss, Pooling, Train};
use filtercert::report::words;
use filtercert::theory::rounding::Rounding;
use filtercert::theory::verdict::Figure;

laws![];

pub fn suites() -> Vec<Suite> {
    let populations = shapes().into_iter().map(|shape| population(12, shape));
    vec![Suite {
        speaks: |_, outcome| {
            outcome.figures.get("error_bound") != Some(&Figure::Exact(ratio(0, 1)))
        },
        look: |seen, counts| {
            let figure = |name| seen.outcome.figures.get(name).unwrap();
            let unstable = matches!(figure("first_unstable_step"), Figure::Exact(_));
            counts.add("met an unstable decision", unstable);
            let dyadic = *figure("error_bound") == Figure::Exact(ratio(0, 1));
            counts.add("ran exactly", dyadic);
        },
        least: &[("met an unstable decision", 20), ("ran exactly", 20)],
        least_speaking: 60,
        caught: |problem, violation| {
            let witness = words::witness(problem, violation);
            assert!(witness["step"].is_u64() && witness["path"]["run"].is_u64());
        },
        ..suite(&Rounding, populations.collect())
    }]
}

fn shapes() -> Vec<Shape> {
    let mut all = Vec::new();
    for (activation, pooling, loss, train, dictionary) in [
        (
            Activation::Relu,
            Pooling::Sum,
            Loss::Unhinged,
            Train::Filters,
            DictionaryKind::Standard,
        ),
        (
            Activation::Relu,
            Pooling::Sum,
            Loss::Hinge,
            Train::Filters,
            DictionaryKind::Standard,
        ),
        (
            Activation::Relu,
            Pooling::Sum,
            Loss::Perceptron,
            Train::Filters,
            DictionaryKind::Coherent,
        ),
        (
            Activation::LeakyRelu { slope: ratio(1, 3) },
            Pooling::Sum,
            Loss::Hinge,
            Train::Filters,
            DictionaryKind::Standard,
        ),
        (
            Activation::Relu,
            Pooling::Max,
            Loss::Hinge,
            Train::Filters,
            DictionaryKind::Standard,
        ),
        (
            Activation::Relu,
            Pooling::Sum,
            Loss::Hinge,
            Train::FiltersAndHead,
            DictionaryKind::Standard,
        ),
        (
            Activation::Identity,
            Pooling::Sum,
            Loss::Square,
            Train::Filters,
            DictionaryKind::Coherent,
        ),
    ] {
        for (step_denominator, weight_denominator) in [(20, 20), (64, 64)] {
            all.push(Shape {
                activation: activation.clone(),
                pooling,
                loss,
                train,
                dictionary,
                head: HeadKind::Signs,
                step_numerator: 1..=4,
                step_denominator,
                weight_numerator: weight_denominator / 2,
                weight_denominator,
                background_patches: 1..=4,
                steps: 40..=80,
                ..Shape::default()
            });
        }
    }
    all
}
