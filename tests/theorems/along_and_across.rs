//! T12, SGD along and across the keys: over random problems with backgrounds that overlap, against the exact law, against
//! vectors in their own space, beside T4 and T5, and against its wrong theories.

use crate::common::strategy::problems;
use crate::common::{DictionaryKind, DistributionKind, HeadKind, Shape};
use crate::harness::{self, Stated, Suite, exact, figure, number, population, suite};
use filtercert::dynamics::law::{Chain, Horizon, LawLimits};
use filtercert::number::{Matrix, Q, integer, ratio};
use filtercert::problem::assumption::{AssumptionId, audit};
use filtercert::problem::{
    Activation, Atom, AtomTable, Dictionary, Distribution, Label, Loss, Network, Pooling, Problem,
    Train, Training,
};
use filtercert::theory::along_and_across::AlongAndAcross;
use filtercert::theory::context::Budget;
use filtercert::theory::perfect_accuracy::PerfectAccuracy;
use filtercert::theory::theorem::{Theorem, Theory};
use filtercert::theory::verdict::{Figure, Outcome, Verdict};
use num_traits::{One, Signed, Zero};
use std::sync::Arc;

laws![
    moments_are_those_of_vectors_in_their_own_space,
    the_witness_against_v_in_place_of_c,
    r_may_differ_by_label,
    with_h_for_one_head_sign_it_speaks_of_these_filters,
    accuracy_for_ever_is_there_in_every_window_of_the_exact_law,
    where_t5_applies_it_certifies_more,
    a_head_of_zero_is_outside_of_the_model,
];

fn base() -> Shape {
    Shape {
        dictionary: DictionaryKind::KeysApart,
        head: HeadKind::Signs,
        filters: 3..=4,
        background: 1..=2,
        key_patches: 1..=2,
        background_patches: 0..=1,
        step_numerator: 5..=30,
        step_denominator: 40,
        weight_numerator: 24,
        weight_denominator: 32,
        steps: 5..=9,
        zeros_and_ties: false,
        ..Shape::default()
    }
}

fn budget() -> Budget {
    Budget {
        exact_paths: 2,
        delta: ratio(1, 10),
        reach: 1 << 10,
        law: LawLimits {
            max_states: 1_500,
            max_transitions: 12_000,
            ..Budget::default().law
        },
        ..Budget::default()
    }
}

pub fn suites() -> Vec<Suite> {
    let long_steps = Shape {
        background_patches: 1..=1,
        step_numerator: 60..=160,
        weight_numerator: 6,
        ..base()
    };
    let drifting = Shape {
        background: 2..=3,
        background_patches: 1..=1,
        balanced: false,
        same_background: false,
        steps: 3..=5,
        ..base()
    };
    let many_filters = Shape {
        filters: 6..=8,
        background_patches: 2..=3,
        key_patches: 1..=1,
        steps: 3..=4,
        ..base()
    };
    let keys_alone = Shape {
        background_patches: 0..=0,
        key_patches: 1..=1,
        steps: 8..=16,
        ..base()
    };
    let long = Shape {
        background: 1..=1,
        background_patches: 1..=1,
        key_patches: 2..=2,
        steps: 30..=60,
        ..base()
    };
    let populations = vec![
        population(100, base()).wrong(0..3),
        population(100, many_filters).wrong(3..5),
        population(100, long_steps).wrong(5..7),
        population(100, drifting)
            .wrong(7..8)
            .stated(Stated::NotRefuted),
        population(100, base())
            .made(with_a_rare_heavy_image)
            .wrong(8..9),
        population(100, keys_alone).wrong(9..10),
        population(40, long).wrong(0..0),
    ];
    vec![Suite {
        budget: budget(),
        speaks: |_, outcome| !outcome.vacuous,
        least_speaking: 100,
        look: |seen, counts| {
            let outcome = seen.outcome;
            if !outcome.fails.is_empty() {
                return;
            }
            for (bound, law) in [
                ("accuracy_probability_lower_bound", "exact_probability"),
                ("ratio_probability_lower_bound", "exact_ratio_probability"),
                (
                    "direction_probability_lower_bound",
                    "exact_direction_probability",
                ),
            ] {
                let (Some(bound), Some(law)) = (low(outcome, bound), high(outcome, law)) else {
                    continue;
                };
                assert!(bound <= law, "{bound} > {law}");
                if bound.is_positive() {
                    counts.add("positive bounds beside the exact law", 1u64);
                    let (fails, claimed) = (Q::one() - &law, Q::one() - &bound);
                    let tight = fails.is_positive() && claimed <= fails * integer(10);
                    counts.add("of these at most 10 times the failure", tight);
                }
            }
            // No form certifies less than another one that it contains.
            let at = |name: &str| low(outcome, name);
            if let (Some(moments), Some(cantelli)) =
                (at("accuracy_by_moments"), at("accuracy_by_cantelli"))
            {
                counts.add("Cantelli's inequality costs something", cantelli < moments);
            }
        },
        least: &[
            ("positive bounds beside the exact law", 300),
            ("of these at most 10 times the failure", 30),
            ("Cantelli's inequality costs something", 30),
        ],
        ..suite(&AlongAndAcross, populations)
    }]
}

fn check(problem: &Problem, theory: Theory) -> Outcome {
    harness::check(&AlongAndAcross, problem, theory, budget())
}

/// The lower end of a figure; `None` if it is missing.
fn low(outcome: &Outcome, name: &str) -> Option<Q> {
    match figure(outcome, name) {
        Figure::Exact(q) | Figure::Enclosure(q, _) => Some(q.clone()),
        _ => None,
    }
}

fn high(outcome: &Outcome, name: &str) -> Option<Q> {
    match figure(outcome, name) {
        Figure::Exact(q) | Figure::Enclosure(_, q) => Some(q.clone()),
        _ => None,
    }
}

/// One image in a hundred of each label shows ten patches of u1, all others none: one step then carries filters far
/// across, with a small probability.
fn with_a_rare_heavy_image(problem: Problem) -> Problem {
    let n = problem.n_patterns();
    let atom = |label: Label, heavy: bool| {
        let mut counts = vec![0; n];
        counts[label.index()] = 1;
        counts[2] = if heavy { 10 } else { 0 };
        let probability = if heavy { ratio(1, 200) } else { ratio(99, 200) };
        Atom {
            label,
            counts,
            probability,
        }
    };
    let atoms = Label::BOTH.map(|y| [true, false].map(|heavy| atom(y, heavy)));
    let table = AtomTable::new(n, atoms.concat()).unwrap();
    problem
        .changed(|parts| {
            parts.distribution = Distribution::Explicit(Arc::new(table));
            parts.training.steps = 1 + parts.training.steps % 2;
            parts.training.step = Q::one();
        })
        .unwrap()
}

/// V by going through all images, each as a vector: what a filter that meets all patterns with a positive product moves
/// across its key, where no two backgrounds have a negative product.
fn moments_are_those_of_vectors_in_their_own_space() {
    let shape = Shape {
        distribution: DistributionKind::Generative,
        background: 1..=3,
        background_patches: 1..=3,
        ..base()
    };
    let mut compared = 0;
    for (_, problem) in problems(shape, 40, 60) {
        let vectors = problem.dictionary().vectors().unwrap();
        let inner = |p: usize, q: usize| -> Q {
            let pairs = vectors[p].iter().zip(&vectors[q]);
            pairs.map(|(a, b)| a * b).sum()
        };
        let backgrounds = 2..problem.n_patterns();
        let acute = |p: usize| backgrounds.clone().all(|q| !inner(p, q).is_negative());
        if !backgrounds.clone().all(acute) {
            continue;
        }
        let outcome = check(&problem, Theory::Stated);
        for (label, name) in Label::BOTH
            .into_iter()
            .zip(["cross_moment_plus", "cross_moment_minus"])
        {
            let mut moment = Q::zero();
            for atom in problem.distribution().atoms().unwrap().atoms() {
                let mut sum = vec![Q::zero(); vectors[0].len()];
                let present = (0..vectors.len()).filter(|&p| p != label.index());
                for p in present {
                    for (slot, x) in sum.iter_mut().zip(&vectors[p]) {
                        *slot += x * integer(atom.counts[p]);
                    }
                }
                moment += &atom.probability * sum.iter().map(|x| x * x).sum::<Q>();
            }
            assert_eq!(number(&outcome, name), moment);
            compared += 1;
        }
    }
    assert!(compared >= 40, "{compared}");
}

/// One filter, w = v + u at the start, one image in a hundred with ten patches of u: after one step `|w_perp| = 11` with
/// probability 1/200, or 9, and V in place of C would have it that `|w_perp|^2 >= 2 L 2` has at most `2 exp(-L)`.
fn the_witness_against_v_in_place_of_c() {
    let shape = Shape {
        filters: 2..=2,
        background: 1..=1,
        ..base()
    };
    let (_, problem) = problems(shape, 1, 1).next().unwrap();
    let problem = with_a_rare_heavy_image(problem);
    let problem = problem
        .changed(|parts| {
            parts.dictionary = Dictionary::orthonormal(1).unwrap();
            parts.training.steps = 1;
            let rows = [[1, 0, 1], [0, 1, -1]].concat();
            let weights = Matrix::from_vec(2, 3, rows.into_iter().map(integer).collect());
            parts.network = Network::explicit(
                Activation::Relu,
                Pooling::Sum,
                vec![Q::one(), -Q::one()],
                weights.unwrap(),
            )
            .unwrap();
        })
        .unwrap();
    let stated = check(&problem, Theory::Stated);
    assert!(
        matches!(stated.verdict, Verdict::Holds { .. }),
        "{stated:?}"
    );
    let wrong = AlongAndAcross.wrong_theories();
    let index = wrong
        .iter()
        .position(|w| w.text.contains("in place of C"))
        .unwrap();
    let outcome = check(&problem, Theory::Wrong(index));
    let violation = outcome.violation().unwrap();
    assert_eq!(violation.claim, wrong[index].breaks);
    assert_eq!(violation.found, ratio(99, 100));
}

/// A problem whose labels have 1 and 3 key patches.
fn uneven() -> Problem {
    let atom = |label: Label, counts: [u32; 3]| Atom {
        label,
        counts: counts.to_vec(),
        probability: ratio(1, 4),
    };
    let atoms = vec![
        atom(Label::Plus, [1, 0, 1]),
        atom(Label::Plus, [1, 0, 0]),
        atom(Label::Minus, [0, 3, 1]),
        atom(Label::Minus, [0, 3, 0]),
    ];
    let table = AtomTable::new(3, atoms).unwrap();
    let rows = [[1, -1, 1], [-1, 1, 1], [-1, 1, 1]].concat();
    let weights = rows.into_iter().map(|z| ratio(z, 8)).collect();
    let network = Network::explicit(
        Activation::Relu,
        Pooling::Sum,
        vec![Q::one(), -Q::one(), ratio(1, 2)],
        Matrix::from_vec(3, 3, weights).unwrap(),
    );
    let training = Training {
        loss: Loss::Unhinged,
        train: Train::Filters,
        step: ratio(1, 4),
        batch: 1,
        steps: 9,
        runs: 10,
        seed: 1,
    };
    Problem::new(
        "uneven".to_owned(),
        Dictionary::orthonormal(1).unwrap(),
        Distribution::Explicit(Arc::new(table)),
        network.unwrap(),
        training,
    )
    .unwrap()
}

fn r_may_differ_by_label() {
    let problem = uneven();
    let audits = audit(&problem);
    assert!(audits.iter().any(|a| a.id == AssumptionId::A2 && !a.holds));
    let outcome = check(&problem, Theory::Stated);
    assert!(
        matches!(outcome.verdict, Verdict::Holds { .. }),
        "{:?}",
        outcome.verdict
    );
    // V of a filter of head + is about keys of label -: 9/2 and a background patch in half of the images.
    assert_eq!(number(&outcome, "cross_moment_plus"), ratio(10, 2));
    assert_eq!(number(&outcome, "cross_moment_minus"), Q::one());
    // Within one label it may not.
    let broken = problem
        .changed(|parts| {
            let mut atoms = problem.distribution().atoms().unwrap().atoms().to_vec();
            atoms[0].counts[0] = 2;
            parts.distribution =
                Distribution::Explicit(Arc::new(AtomTable::new(3, atoms).unwrap()));
        })
        .unwrap();
    let fails = AlongAndAcross
        .applies(&broken, &audit(&broken))
        .unwrap_err();
    let named: Vec<_> = fails.iter().map(|failing| failing.assumption).collect();
    assert_eq!(named, [AssumptionId::A2]);
}

/// Label + alone shows the background: filters of head - keep to their key, those of head + do not.
fn with_h_for_one_head_sign_it_speaks_of_these_filters() {
    let problem = uneven()
        .changed(|parts| {
            let mut atoms = uneven().distribution().atoms().unwrap().atoms().to_vec();
            for atom in atoms.iter_mut().filter(|atom| atom.label == Label::Minus) {
                atom.counts[2] = 0;
            }
            parts.distribution =
                Distribution::Explicit(Arc::new(AtomTable::new(3, atoms).unwrap()));
        })
        .unwrap();
    let outcome = check(&problem, Theory::Stated);
    assert!(
        matches!(outcome.verdict, Verdict::Holds { .. }),
        "{:?}",
        outcome.verdict
    );
    let text = outcome.because.to_string();
    assert!(text.contains("H holds for 1 of 3 filters"), "{text}");
    assert!(matches!(
        figure(&outcome, "accuracy_probability_lower_bound"),
        Figure::Missing(_)
    ));
    assert!(exact(&outcome, "direction_probability_lower_bound").is_some());
}

/// The least step for ever: the exact law has accuracy 1 at every step from there to the last with at least what is
/// certified.
fn accuracy_for_ever_is_there_in_every_window_of_the_exact_law() {
    let shape = Shape {
        background: 1..=1,
        background_patches: 1..=1,
        key_patches: 2..=3,
        step_numerator: 40..=80,
        weight_numerator: 8,
        steps: 60..=60,
        ..base()
    };
    let mut compared = 0;
    for (seed, problem) in problems(shape, 7, 12) {
        let outcome = harness::check(
            &AlongAndAcross,
            &problem,
            Theory::Stated,
            Budget {
                delta: ratio(1, 2),
                ..budget()
            },
        );
        let Figure::AtMost(from) = *figure(&outcome, "least_t_for_ever") else {
            continue;
        };
        if from >= 60 {
            continue;
        }
        let limits = Budget::default().law;
        let chain = Chain::build(&problem, Horizon::Steps(60), false, &limits).unwrap();
        if chain.stopped().is_some() {
            continue;
        }
        let always = chain
            .always(from, 60, &|state| chain.is_perfect(state))
            .unwrap();
        assert!(always >= ratio(1, 2), "seed {seed}: {always} from {from}");
        // And at a step where more is certified.
        let bound = low(&outcome, "accuracy_for_ever").unwrap();
        let at_end = chain
            .always(60, 60, &|state| chain.is_perfect(state))
            .unwrap();
        assert!(bound <= at_end, "seed {seed}");
        compared += 1;
    }
    assert!(compared >= 4, "{compared}");
}

/// T5 is the sharper tool where it applies: beside each other on orthonormal problems, both below the exact law.
fn where_t5_applies_it_certifies_more() {
    let shape = Shape {
        dictionary: DictionaryKind::Standard,
        background: 1..=1,
        background_patches: 1..=1,
        key_patches: 2..=2,
        steps: 40..=60,
        ..base()
    };
    let (mut compared, mut sharper) = (0, 0);
    for (_, problem) in problems(shape, 5, 20) {
        let across = check(&problem, Theory::Stated);
        let walks = harness::check(&PerfectAccuracy, &problem, Theory::Stated, budget());
        let (Some(across), Some(walks)) = (
            low(&across, "accuracy_probability_lower_bound"),
            low(&walks, "probability_lower_bound"),
        ) else {
            continue;
        };
        compared += 1;
        sharper += u64::from(walks >= across);
    }
    assert!(
        compared >= 15 && sharper == compared,
        "{sharper} of {compared}"
    );
}

fn a_head_of_zero_is_outside_of_the_model() {
    let problem = uneven()
        .changed(|parts| parts.network.head[2] = Q::zero())
        .unwrap();
    let fails = AlongAndAcross
        .applies(&problem, &audit(&problem))
        .unwrap_err();
    assert_eq!(fails[0].assumption, AssumptionId::A0);
    assert_eq!(fails[0].witness, "network.head[2] = 0");
}
