//! T4, norm dominance for SGD: its bounds against the law found by trying every sample sequence
//! with the generic gradient, and against its wrong theories.

use crate::common::strategy::property;
use crate::common::{DistributionKind, Shape};
use crate::harness::{self, Suite, figure, holds_exactly, population, suite};
use filtercert::dynamics::gradient::{Model, Sample};
use filtercert::dynamics::state::State;
use filtercert::number::{Q, integer, ratio};
use filtercert::problem::assumption::{AssumptionId, audit};
use filtercert::problem::{Label, Problem};
use filtercert::theory::context::Budget;
use filtercert::theory::sgd_norm_dominance::SgdNormDominance;
use filtercert::theory::theorem::Theory;
use filtercert::theory::verdict::{Figure, Outcome, Verdict};
use num_traits::{One, Signed, Zero};

laws![
    certified_and_exact_probabilities_against_every_sample_sequence,
    without_background_the_samples_are_the_least_that_imply_the_ratio,
    the_least_certified_step_is_certified_and_the_one_before_is_not,
    a_smaller_delta_certifies_no_more,
    neither_a3_nor_a4_is_assumed,
];

pub fn suites() -> Vec<Suite> {
    let shapes = [
        (DistributionKind::Generative, 12..=40, 0..=1, 0..=1),
        (DistributionKind::Generative, 12..=24, 1..=2, 1..=1),
        (DistributionKind::KeyedAtoms, 6..=16, 1..=2, 0..=1),
    ];
    let of = |(distribution, steps, background, background_patches)| Shape {
        distribution,
        steps,
        background,
        background_patches,
        // Enough end points to meet a path on which thresholds imply too much.
        runs: 200,
        ..shape()
    };
    vec![Suite {
        budget: Budget {
            delta: ratio(1, 10),
            exact_paths: 2,
            ..Budget::default()
        },
        speaks: |_, outcome| {
            low(outcome, "probability_lower_bound")
                .unwrap()
                .is_positive()
        },
        least_speaking: 70,
        look: |seen, counts| {
            let outcome = seen.outcome;
            let low = |name: &str| low(outcome, name);
            let bound = low("probability_lower_bound").unwrap();
            if let Some(law) = low("exact_probability") {
                assert!(holds_exactly(outcome));
                assert!(bound <= law, "{bound} > {law}");
                counts.add("bounds beside the exact law", 1u64);
                let (fails, claimed) = (Q::one() - &law, Q::one() - &bound);
                let tight = fails.is_positive() && claimed <= fails * integer(3);
                counts.add("of these at most 3 times the failure", tight);
            }
            counts.add("certified", bound >= Q::one() - &seen.context.budget.delta);
            for form in ["stated", "alive", "end_point"] {
                let name = format!("{form}_probability_lower_bound");
                assert!(low(&name).unwrap() <= bound);
            }
            assert!(low("stated_probability_lower_bound") <= low("alive_probability_lower_bound"));
        },
        least: &[
            ("bounds beside the exact law", 100),
            ("of these at most 3 times the failure", 40),
            ("certified", 40),
        ],
        violated: |_, _, outcome| {
            assert!(outcome.beyond.as_ref().is_some_and(|text| !text.is_empty()));
        },
        ..suite(
            &SgdNormDominance,
            shapes.map(|of_shape| population(40, of(of_shape))).into(),
        )
    }]
}

fn check(problem: &Problem, theory: Theory, delta: Q) -> Outcome {
    let budget = Budget {
        delta,
        exact_paths: 2,
        ..Budget::default()
    };
    harness::check(&SgdNormDominance, problem, theory, budget)
}

/// The lower end of a figure; `None` if it is missing.
fn low(outcome: &Outcome, name: &str) -> Option<Q> {
    match figure(outcome, name) {
        Figure::Exact(q) | Figure::Enclosure(q, _) => Some(q.clone()),
        Figure::AtMost(t) => Some(integer(*t)),
        Figure::Missing(_) => None,
        other => panic!("{name}: {other:?}"),
    }
}

fn whole(outcome: &Outcome, name: &str) -> u64 {
    let q = low(outcome, name).unwrap();
    assert!(q.is_integer());
    q.to_integer().try_into().unwrap()
}

/// Tight problems: few images and patterns, small weights, large steps.
fn shape() -> Shape {
    Shape {
        balanced: false,
        same_background: false,
        filters: 3..=5,
        background: 0..=1,
        key_patches: 1..=2,
        background_patches: 0..=1,
        weight_numerator: 24,
        weight_denominator: 32,
        step_numerator: 10..=40,
        step_denominator: 40,
        steps: 12..=40,
        ..Shape::default()
    }
}

/// Squared ratios `(least winner, largest loser)` at the steps 0..=T of every sample sequence, with
/// its probability, by the generic gradient.
fn all_paths(problem: &Problem, mut visit: impl FnMut(&[(Q, Q)], &Q)) {
    let model = Model::<Q>::new(problem);
    let table = problem.distribution().atoms().unwrap();
    let one = Q::one();
    let camp = |state: &State<Q>| {
        let winners: Vec<usize> = Label::BOTH
            .iter()
            .flat_map(|&y| problem.winners(y))
            .collect();
        let norm = |j: usize| -> Q { state.weights.row(j).iter().map(|z| z * z).sum() };
        let least = winners.iter().map(|&j| norm(j)).min().unwrap();
        let most = (0..problem.n_filters())
            .filter(|j| !winners.contains(j))
            .map(norm)
            .max()
            .unwrap();
        (least, most)
    };
    let start = State::<Q>::initial(problem);
    let mut stack = vec![(vec![camp(&start)], start, one.clone())];
    while let Some((path, state, probability)) = stack.pop() {
        if path.len() as u64 == problem.training().steps + 1 {
            visit(&path, &probability);
            continue;
        }
        for atom in table.atoms() {
            let mut next = state.clone();
            let sample = Sample {
                label: atom.label,
                counts: &atom.counts,
                weight: &one,
            };
            let gradient = model.gradient(&state, [sample]);
            model.apply(&mut next, &gradient);
            let mut longer = path.clone();
            longer.push(camp(&next));
            stack.push((longer, next, &probability * &atom.probability));
        }
    }
}

fn attains(found: &(Q, Q), ratio: u64) -> bool {
    found.0 >= integer(ratio) * integer(ratio) * &found.1
}

fn certified_and_exact_probabilities_against_every_sample_sequence() {
    let (mut windows, mut certified) = (0, 0);
    for (first, distribution, background, background_patches) in [
        (10, DistributionKind::Generative, 0..=1, 0..=0),
        (200, DistributionKind::Generative, 1..=1, 1..=1),
        (400, DistributionKind::KeyedAtoms, 1..=2, 0..=1),
    ] {
        let shape = Shape {
            distribution,
            background,
            background_patches,
            steps: 5..=6,
            step_numerator: 30..=120,
            ..shape()
        };
        property(shape, first, 14, |problem| {
            if problem.distribution().atoms().unwrap().atoms().len() > 4 {
                return;
            }
            let delta = ratio(2, 5);
            let outcome = check(&problem, Theory::Stated, delta.clone());
            assert!(matches!(outcome.verdict, Verdict::Holds { .. }));
            let ratio = whole(&outcome, "ratio");
            let steps = problem.training().steps as usize;
            let mut law = Q::zero();
            all_paths(&problem, |path, probability| {
                if attains(&path[steps], ratio) {
                    law += probability;
                }
            });
            assert_eq!(low(&outcome, "exact_probability"), Some(law.clone()));
            let bound = low(&outcome, "probability_lower_bound").unwrap();
            assert!(bound <= law);
            certified += u64::from(bound.is_positive());
            // The window: certified at least 1 - delta, and exactly what the sequences say.
            if low(&outcome, "window_start").is_some() {
                windows += 1;
                let ratio = whole(&outcome, "window_ratio");
                let from = whole(&outcome, "window_start") as usize;
                let mut always = Q::zero();
                all_paths(&problem, |path, probability| {
                    if path[from..].iter().all(|found| attains(found, ratio)) {
                        always += probability;
                    }
                });
                assert!(always >= Q::one() - &delta);
                assert_eq!(low(&outcome, "exact_window_probability"), Some(always));
            }
        });
    }
    detail!("{certified} positive bounds, {windows} windows");
    assert!(certified >= 20 && windows >= 10);
}

/// Without background the stated thresholds are those of two inequalities: the numbers of samples
/// are the least that satisfy them, recomputed here one by one.
fn without_background_the_samples_are_the_least_that_imply_the_ratio() {
    let shape = Shape {
        background: 0..=0,
        background_patches: 0..=0,
        steps: 20..=60,
        ..shape()
    };
    let mut compared = 0;
    property(shape, 600, 30, |problem| {
        let outcome = check(&problem, Theory::Stated, ratio(1, 10));
        let target = whole(&outcome, "ratio");
        if low(&outcome, "stated_probability_lower_bound")
            != low(&outcome, "probability_lower_bound")
        {
            return;
        }
        let z = &problem.network().weights;
        let r = problem.distribution().atoms().unwrap().atoms()[0]
            .counts
            .iter()
            .max()
            .copied();
        let rate = &problem.training().step * integer(r.unwrap());
        let winners: Vec<(usize, Label)> = Label::BOTH
            .iter()
            .flat_map(|&y| problem.winners(y).into_iter().map(move |j| (j, y)))
            .collect();
        let loser = (0..problem.n_filters())
            .filter(|j| winners.iter().all(|(w, _)| w != j))
            .map(|i| {
                let own = usize::from(problem.network().head[i].is_negative());
                let (own, wrong) = (&z[(i, own)], &z[(i, 1 - own)]);
                own * own + (wrong * wrong).max(&rate * &rate)
            })
            .max()
            .unwrap();
        let wanted = integer(target) * integer(target) * loser;
        for (label, name) in [
            (Label::Plus, "samples_plus"),
            (Label::Minus, "samples_minus"),
        ] {
            let implied = |b: u64| {
                winners.iter().filter(|(_, y)| *y == label).all(|&(j, y)| {
                    let key = &z[(j, y.index())] + &rate * integer(b);
                    &key * &key >= wanted
                })
            };
            let least = (0..).find(|&b| implied(b)).unwrap();
            // A tie between the forms may be won by another one, whose numbers are no larger.
            assert!(whole(&outcome, name) <= least);
            compared += u64::from(whole(&outcome, name) == least);
        }
    });
    assert!(compared >= 20, "{compared}");
}

/// Problems whose last step is the least certified one, or the step before.
fn the_least_certified_step_is_certified_and_the_one_before_is_not() {
    let shape = Shape {
        steps: 60..=120,
        background: 1..=2,
        background_patches: 0..=2,
        same_background: true,
        balanced: true,
        ..shape()
    };
    let mut found = 0;
    property(shape, 900, 8, |problem| {
        let delta = ratio(1, 10);
        let outcome = check(&problem, Theory::Stated, delta.clone());
        let goal = Q::one() - &delta;
        let wanted = whole(&outcome, "ratio");
        let Some(least) = low(&outcome, "least_certified_t") else {
            return;
        };
        let stated = low(&outcome, "least_certified_t_stated");
        assert!(stated.is_none_or(|stated| least <= stated));
        let least: u64 = least.to_integer().try_into().unwrap();
        let at = |t: u64| {
            let problem = problem.changed(|parts| parts.training.steps = t).unwrap();
            let outcome = check(&problem, Theory::Stated, delta.clone());
            let bound = low(&outcome, "probability_lower_bound").unwrap();
            (whole(&outcome, "ratio"), bound >= goal)
        };
        let (ratio, certified) = at(least);
        assert!(certified && ratio >= wanted, "{ratio} at {least}");
        let (ratio, certified) = at(least - 1);
        assert!(!certified || ratio < wanted, "{ratio} at {}", least - 1);
        found += 1;
    });
    assert!(found >= 5, "{found}");
}

fn a_smaller_delta_certifies_no_more() {
    property(shape(), 50, 10, |problem| {
        let of = |delta: Q| whole(&check(&problem, Theory::Stated, delta), "ratio");
        assert!(of(ratio(1, 1000)) <= of(ratio(1, 100)));
        assert!(of(ratio(1, 100)) <= of(ratio(1, 2)));
    });
}

/// A3 and A4 are not needed: with unequal labels and label-dependent backgrounds the verdict rests
/// on the same bounds.
fn neither_a3_nor_a4_is_assumed() {
    let mut applicable = 0;
    let shape = Shape {
        background: 1..=2,
        background_patches: 1..=1,
        steps: 10..=12,
        ..shape()
    };
    property(shape, 70, 10, |problem| {
        let audits = audit(&problem);
        let fails = |id| audits.iter().any(|a| a.id == id && !a.holds);
        let outcome = check(&problem, Theory::Stated, ratio(1, 10));
        assert!(matches!(outcome.verdict, Verdict::Holds { .. }));
        applicable += u64::from(fails(AssumptionId::A4));
    });
    assert_eq!(applicable, 10);
}
