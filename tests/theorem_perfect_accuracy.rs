//! T5: perfect accuracy of SGD. Every form of the bound against the exact law, the forms against
//! each other, the deterministic implication on exact paths, and near misses that must be refuted.

mod common;

use common::{DistributionKind, HeadKind, Shape, Tally, problems};
use filtercert::number::{Matrix, Q, integer, ratio};
use filtercert::problem::assumption::{AssumptionId, audit};
use filtercert::problem::{
    Activation, Dictionary, Distribution, Generative, Loss, Network, Pooling, Problem, Train,
    Training,
};
use filtercert::report::words;
use filtercert::theory::context::Context;
use filtercert::theory::perfect_accuracy::PerfectAccuracy;
use filtercert::theory::theorem::{Theorem, Theory};
use filtercert::theory::verdict::{Figure, Layer, Outcome, Verdict};
use num_traits::{One, Signed, ToPrimitive, Zero};

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

fn figure<'a>(outcome: &'a Outcome, name: &str) -> &'a Figure {
    let found = outcome.figures.iter().find(|(n, _)| *n == name);
    &found.unwrap_or_else(|| panic!("no figure {name}")).1
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

#[test]
fn no_form_exceeds_the_exact_law_and_wrong_theories_are_refuted() {
    let wrong = PerfectAccuracy.wrong_theories();
    let mut tally = Tally::new(wrong.len());
    let mut exact = 0;
    let (mut nontrivial, mut strict, mut close) = (0, [0; 2], 0);
    let theories: Vec<Theory> = std::iter::once(Theory::Stated)
        .chain((0..wrong.len()).map(Theory::Wrong))
        .collect();
    for (i, shape) in shapes().into_iter().enumerate() {
        for (seed, problem) in problems(shape, 1_000 * i as u64, 40) {
            // Enough end points to meet a path on which events or thresholds imply too much.
            let problem = problem.changed(|parts| parts.training.runs = 200).unwrap();
            let outcomes = check_all(&problem, ratio(1, 20), &theories);
            let stated = &outcomes[0];
            if matches!(stated.verdict, Verdict::NotApplicable { .. }) {
                continue;
            }
            tally.applicable += 1;
            let Verdict::Holds { layer } = stated.verdict else {
                panic!("seed {seed}: {:?} {}", stated.verdict, stated.because);
            };
            let best = lower(stated, "probability_lower_bound").unwrap();
            let forms = ["bound_thresholds", "bound_end_point", "bound_joint"]
                .map(|name| lower(stated, name));
            let joint = forms[2].clone().unwrap();
            for (form, strict) in forms.iter().take(2).zip(&mut strict) {
                if let Some(form) = form {
                    assert!(*form <= joint, "seed {seed}: {form} {joint}");
                    *strict += u32::from(*form < joint);
                }
            }
            assert_eq!(best, joint);
            assert!(!joint.is_negative());
            if let Figure::Exact(p) = figure(stated, "exact_probability") {
                assert_eq!(layer, Layer::Exact);
                exact += 1;
                assert!(joint <= *p, "seed {seed}: {joint} > {p}");
                if joint.is_positive() && *p < Q::one() {
                    nontrivial += 1;
                    close += u32::from((Q::one() - &joint) <= (Q::one() - p) * integer(2));
                }
            }
            for (i, (wrong, outcome)) in wrong.iter().zip(&outcomes[1..]).enumerate() {
                tally.note(i, outcome, wrong);
                if let Some(violation) = outcome.violation() {
                    assert!(words::witness(&problem, violation).is_object());
                }
            }
        }
    }
    println!(
        "{exact} exact laws, {nontrivial} bounds strictly between 0 and 1, {close} of them within a factor 2"
    );
    println!(
        "joint strictly above thresholds {} times, above end point {}",
        strict[0], strict[1]
    );
    assert!(exact >= 100 && nontrivial >= 40 && close >= 20);
    assert!(strict.iter().all(|&s| s >= 20));
    let texts: Vec<&str> = wrong.iter().map(|wrong| wrong.text).collect();
    tally.conclude("T5", &texts);
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
    let mut rng = common::rng(77);
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

#[test]
fn the_end_point_certifies_where_thresholds_certify_nothing() {
    let problem = twelve(160, 2_000);
    let outcome = check(&problem);
    let thresholds = lower(&outcome, "bound_thresholds");
    let union = lower(&outcome, "bound_end_point").unwrap();
    let joint = lower(&outcome, "bound_joint").unwrap();
    println!("{}", outcome.because);
    assert!(thresholds.is_none_or(|b| b < ratio(1, 10)));
    assert!(joint > ratio(1, 2) && joint >= union, "{joint}");
    let Figure::Estimate { ci, runs, .. } = figure(&outcome, "sampled_frequency") else {
        panic!();
    };
    assert_eq!(*runs, 2_000);
    assert!(Q::from_float(ci[1]).unwrap() >= joint);
    // The exact end points: the events hold about as often as the bound says.
    assert_eq!(
        outcome.verdict,
        Verdict::Holds {
            layer: Layer::Sampled
        }
    );
}

#[test]
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
    println!("least steps {least:?}");
    let best = step_figure(&outcome, "least_certified_t").unwrap();
    assert_eq!(Some(&best), least.iter().min());
    // The least steps do not depend on the problem's own number of steps.
    assert_eq!(step_figure(&at(33), "least_certified_t"), Some(best));
}

#[test]
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

#[test]
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
    println!(
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

#[test]
fn each_assumption_is_named_where_it_fails() {
    let good = twelve(20, 5);
    let fails = |problem: &Problem, assumption: AssumptionId, key: &str| {
        let outcome = check(problem);
        let Verdict::NotApplicable {
            assumption: found,
            witness,
        } = &outcome.verdict
        else {
            panic!("{assumption:?}: {:?}", outcome.verdict);
        };
        assert_eq!(*found, assumption, "{witness}");
        assert!(witness.contains(key), "{witness}");
        assert!(outcome.beyond.is_some_and(|text| !text.is_empty()));
        assert!(outcome.figures.iter().next().is_none());
    };
    assert!(matches!(check(&good).verdict, Verdict::Holds { .. }));
    let mut bad = good
        .changed(|parts| parts.training.loss = Loss::Hinge)
        .unwrap();
    fails(&bad, AssumptionId::A0, "hinge");
    let beyond = check(&bad).beyond.unwrap();
    assert!(beyond.to_string().contains("T6"), "{beyond}");
    bad = good.clone();
    bad = bad
        .changed(|parts| parts.training.loss = Loss::Perceptron)
        .unwrap();
    fails(&bad, AssumptionId::A0, "training.loss");
    bad = good.clone();
    bad = bad.changed(|parts| parts.training.batch = 3).unwrap();
    fails(&bad, AssumptionId::A0, "training.batch = 3");
    bad = good.clone();
    bad = bad
        .changed(|parts| parts.training.train = Train::FiltersAndHead)
        .unwrap();
    fails(&bad, AssumptionId::A0, "training.train");
    bad = good.clone();
    bad = bad
        .changed(|parts| parts.network.activation = Activation::Identity)
        .unwrap();
    fails(&bad, AssumptionId::A0, "network.activation");
    bad = good.clone();
    bad = bad
        .changed(|parts| parts.network.pooling = Pooling::Max)
        .unwrap();
    fails(&bad, AssumptionId::A0, "network.pooling");
    bad = good.clone();
    bad = bad
        .changed(|parts| parts.network.head[3] = ratio(1, 2))
        .unwrap();
    fails(&bad, AssumptionId::A5f, "");
    bad = good.clone();
    for j in 0..12 {
        if bad.network().head[j].is_positive() {
            bad = bad
                .changed(|parts| parts.network.weights[(j, 0)] = ratio(-1, 64))
                .unwrap();
        }
    }
    fails(&bad, AssumptionId::A6prime, "");
    let coherent = Shape {
        dictionary: common::DictionaryKind::Coherent,
        ..Shape::default()
    };
    let (_, bad) = problems(coherent, 1, 1).next().unwrap();
    fails(&bad, AssumptionId::A1, "");
    let atoms = Shape {
        distribution: DistributionKind::Atoms,
        dictionary: common::DictionaryKind::Standard,
        head: HeadKind::Signs,
        ..Shape::default()
    };
    let mut seen = 0;
    for (_, bad) in problems(atoms, 1, 10) {
        let audits = audit(&bad);
        if !audits
            .iter()
            .find(|a| a.id == AssumptionId::A2)
            .unwrap()
            .holds
        {
            fails(&bad, AssumptionId::A2, "");
            seen += 1;
        }
    }
    assert!(seen >= 3);
}

#[test]
fn neither_balance_nor_equal_backgrounds_are_needed() {
    let shape = Shape {
        balanced: false,
        same_background: false,
        ..tight(1..=1)
    };
    let mut positive = 0;
    for (seed, problem) in problems(shape, 5_000, 12) {
        let outcome = check(&problem);
        assert!(
            matches!(outcome.verdict, Verdict::Holds { .. }),
            "seed {seed}"
        );
        // The form for ever is not given there.
        assert_eq!(lower(&outcome, "least_t_for_ever"), None);
        positive += u32::from(
            lower(&outcome, "probability_lower_bound")
                .unwrap()
                .is_positive(),
        );
    }
    assert!(positive >= 3, "{positive}");
}
