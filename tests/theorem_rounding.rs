//! T10 over random problems: the bound holds at every step, decisions are the same while stable,
//! and near misses are refuted.

mod common;

use common::{DictionaryKind, HeadKind, Shape, Tally, problems};
use filtercert::number::ratio;
use filtercert::problem::assumption::audit;
use filtercert::problem::{Activation, Loss, Pooling, Train};
use filtercert::report::words;
use filtercert::theory::context::Context;
use filtercert::theory::rounding::Rounding;
use filtercert::theory::theorem::{Theorem, Theory};
use filtercert::theory::verdict::{Figure, Verdict};

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

#[test]
fn holds_and_every_near_miss_is_refuted() {
    let wrong = Rounding.wrong_theories();
    let mut tally = Tally::new(wrong.len());
    let (mut unstable, mut dyadic) = (0, 0);
    for (i, shape) in shapes().into_iter().enumerate() {
        for (seed, problem) in problems(shape, 1_000 * i as u64, 12) {
            let audits = audit(&problem);
            let context = Context::new(&problem, &audits);
            let outcome = Rounding.check(&context, Theory::Stated);
            assert!(
                matches!(outcome.verdict, Verdict::Holds { .. }),
                "seed {seed}: {:?}",
                outcome.verdict
            );
            let figure = |name| &outcome.figures.iter().find(|(n, _)| *n == name).unwrap().1;
            unstable += u64::from(matches!(figure("first_unstable_step"), Figure::Exact(_)));
            dyadic += u64::from(*figure("error_bound") == Figure::Exact(ratio(0, 1)));
            tally.applicable += 1;
            for (k, wrong) in wrong.iter().enumerate() {
                let outcome = Rounding.check(&context, Theory::Wrong(k));
                tally.note(k, &outcome, wrong);
                if let Some(violation) = outcome.violation() {
                    let witness = words::witness(&problem, violation);
                    assert!(witness["step"].is_u64() && witness["path"]["run"].is_u64());
                }
            }
        }
    }
    println!("{unstable} problems met an unstable decision, {dyadic} ran exactly");
    assert!(unstable >= 20 && dyadic >= 20);
    let texts: Vec<&str> = wrong.iter().map(|wrong| wrong.text).collect();
    tally.conclude("T10", &texts);
}
