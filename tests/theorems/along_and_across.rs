//! T12, SGD along and across the keys: over random problems with backgrounds that overlap, against the exact law, against
//! vectors in their own space, beside T4 and T5, and against its wrong theories.

use crate::common::strategy::problems;
use crate::common::{DictionaryKind, DistributionKind, HeadKind, Shape};
use crate::harness::{self, Stated, Suite, exact, figure, number, population, suite};
use filtercert::dynamics::law::{Chain, Horizon, LawLimits};
use filtercert::dynamics::path::{ExactPath, SampledPath};
use filtercert::dynamics::sampler::Sampler;
use filtercert::dynamics::sgd::{Simulate, simulate};
use filtercert::number::{Matrix, Q, integer, ratio};
use filtercert::problem::assumption::{AssumptionId, audit};
use filtercert::problem::{
    Activation, Atom, AtomTable, Dictionary, Distribution, Label, Loss, Network, Pooling, Problem,
    Train, Training,
};
use filtercert::theory::along_and_across::AlongAndAcross;
use filtercert::theory::along_and_across::ends::{EndProbe, Ends};
use filtercert::theory::context::{Budget, Context};
use filtercert::theory::pathwise_probe::PathwiseObservation;
use filtercert::theory::perfect_accuracy::PerfectAccuracy;
use filtercert::theory::theorem::{Theorem, Theory};
use filtercert::theory::verdict::{Figure, Layer, Outcome, Verdict};
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
    runs_end_where_their_exact_paths_end,
    a_ratio_is_attained_where_it_is_equal,
    runs_refute_what_is_said_too_often,
    few_runs_leave_it_open,
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
    // Drifts do not cancel where the labels are not balanced: the mean of a batch is not 0 across.
    let batches = Shape {
        batch: 2..=3,
        background: 1..=2,
        background_patches: 0..=1,
        key_patches: 1..=1,
        step_numerator: 30..=90,
        weight_numerator: 10,
        steps: 2..=4,
        ..base()
    };
    let drifting_batches = Shape {
        balanced: false,
        same_background: false,
        ..batches.clone()
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
        population(60, batches).wrong(2..3),
        population(60, drifting_batches)
            .wrong(2..3)
            .stated(Stated::NotRefuted),
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
            // Each bound by itself, and for ever: below the exact law too.
            for (bounds, law) in [
                (
                    [
                        "ratio_by_moments",
                        "ratio_by_exponentials",
                        "ratio_for_ever",
                    ],
                    "exact_ratio_probability",
                ),
                (
                    [
                        "direction_by_moments",
                        "direction_by_exponentials",
                        "direction_for_ever",
                    ],
                    "exact_direction_probability",
                ),
            ] {
                let Some(law) = high(outcome, law) else {
                    continue;
                };
                for bound in bounds.map(|name| low(outcome, name)).into_iter().flatten() {
                    assert!(bound <= law, "{bound} > {law}");
                    counts.add("bounds by one method", bound.is_positive());
                }
            }
            // The bound that is stated is the best of its methods, up to what thresholds are tried.
            if let (Some(stated), Some(moments), Some(exponentials)) = (
                low(outcome, "ratio_probability_lower_bound"),
                low(outcome, "ratio_by_moments"),
                low(outcome, "ratio_by_exponentials"),
            ) {
                assert!(stated <= moments.max(exponentials));
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
            ("bounds by one method", 300),
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

/// Where the runs of a problem end.
fn ends(problem: &Problem) -> Ends {
    let probe = EndProbe::new(problem);
    let runs = simulate(problem, &Simulate::of(problem), Some(&probe)).runs;
    probe.unwrap().finish(runs).unwrap()
}

/// What is said of a problem beside its runs, without the exact law.
fn sampled(problem: &Problem, theory: Theory) -> Outcome {
    let audits = audit(problem);
    let probe = EndProbe::new(problem);
    let simulation = simulate(problem, &Simulate::of(problem), Some(&probe));
    let ends = probe.and_then(|probe| probe.finish(simulation.runs));
    let no_law = LawLimits {
        max_states: 1,
        ..budget().law
    };
    let context = Context::new(problem, &audits).with_budget(Budget {
        law: no_law,
        ..budget()
    });
    let pathwise = PathwiseObservation::default();
    let context = context.with_simulation(&simulation, &pathwise);
    AlongAndAcross.check(&context.with_ends(ends.as_ref()), theory)
}

/// Squared norms by the whole Gram matrix on paths in rationals: the extremes of a run are theirs. It catches a key taken
/// for the other one, backgrounds that lose a product, a camp that is missed, and a bound that is not met where it is equal.
fn runs_end_where_their_exact_paths_end() {
    let shape = Shape {
        background: 2..=3,
        background_patches: 1..=2,
        steps: 4..=12,
        batch: 1..=2,
        ..base()
    };
    let (mut ratios, mut tangents) = (0, 0);
    for (_, problem) in problems(shape, 11, 25) {
        let problem = problem.changed(|parts| parts.training.runs = 12).unwrap();
        let training = problem.training();
        let sampler = Sampler::new(problem.distribution());
        let head = &problem.network().head;
        let sides: Vec<Label> = head.iter().map(Label::voted_by).collect();
        let wins = |j: usize| problem.network().weights[(j, sides[j].index())].is_positive();
        // By run: norms with the camp of the filter, and the squared tangents of winners with their label.
        let (mut norms, mut angles) = (Vec::new(), Vec::new());
        for run in 0..training.runs {
            let path = ExactPath::rational(&problem);
            let mut path = SampledPath::new(path, &sampler, training.seed, run);
            for _ in 0..training.steps {
                path.advance();
            }
            let state = path.path().state();
            let squares = state.norms_squared(&problem);
            let key = |j: usize| {
                let z = &state.weights[(j, sides[j].index())];
                z * z
            };
            let winners = (0..sides.len()).filter(|j| wins(*j));
            let angle = |j: usize| (sides[j], (&squares[j] - key(j)) / key(j));
            angles.push(winners.map(angle).collect::<Vec<_>>());
            let of = |(j, square): (usize, Q)| (wins(j), square);
            norms.push(
                squares
                    .clone()
                    .into_iter()
                    .enumerate()
                    .map(of)
                    .collect::<Vec<_>>(),
            );
        }
        let ends = ends(&problem);
        let camps = [true, false].map(|camp| (0..sides.len()).any(|j| wins(j) == camp));
        for ratio in (1..=12).filter(|_| camps == [true, true]) {
            let square = integer(ratio * ratio);
            let attained = |norms: &&Vec<(bool, Q)>| {
                let of = |camp| norms.iter().filter(move |(wins, _)| *wins == camp);
                of(true).all(|(_, least)| of(false).all(|(_, most)| *least >= &square * most))
            };
            let seen = ends.with_ratio(ratio);
            let exact = norms.iter().filter(attained).count() as u64;
            assert_eq!((seen, ends.runs()), (exact, training.runs));
            ratios += u64::from(exact > 0 && exact < training.runs);
        }
        // Each is attained in the run that it is from.
        for (_, bound) in angles.iter().flatten() {
            for labels in [[true, true], [true, false], [false, true]] {
                let kept = |angles: &&Vec<(Label, Q)>| {
                    let asked = angles.iter().filter(|(label, _)| labels[label.index()]);
                    asked
                        .map(|(_, tangent)| tangent)
                        .all(|tangent| tangent <= bound)
                };
                let exact = angles.iter().filter(kept).count() as u64;
                let seen = ends.with_tangents(bound, labels);
                assert_eq!((seen, ends.runs()), (exact, training.runs));
                tangents += u64::from(exact > 0 && exact < training.runs);
            }
        }
    }
    assert!(ratios >= 20 && tangents >= 500, "{ratios} {tangents}");
}

/// Keys alone, one patch an image: filters of head 1, with these coordinates.
fn keys_alone(rows: &[[Q; 2]], steps: u64, runs: u64) -> Problem {
    let atom = |label: Label, counts: [u32; 2]| Atom {
        label,
        counts: counts.to_vec(),
        probability: ratio(1, 2),
    };
    let atoms = vec![atom(Label::Plus, [1, 0]), atom(Label::Minus, [0, 1])];
    let weights = Matrix::from_vec(rows.len(), 2, rows.concat()).unwrap();
    let head = vec![Q::one(); rows.len()];
    Problem::new(
        "keys alone".to_owned(),
        Dictionary::orthonormal(0).unwrap(),
        Distribution::Explicit(Arc::new(AtomTable::new(2, atoms).unwrap())),
        Network::explicit(Activation::Relu, Pooling::Sum, head, weights).unwrap(),
        Training {
            loss: Loss::Unhinged,
            train: Train::Filters,
            step: ratio(1, 16),
            batch: 1,
            steps,
            runs,
            seed: 1,
        },
    )
    .unwrap()
}

fn a_ratio_is_attained_where_it_is_equal() {
    let rows = [
        [integer(6), integer(-8)],
        [integer(-3), integer(-4)],
        [integer(0), integer(-1)],
    ];
    let ends = ends(&keys_alone(&rows, 0, 5));
    let seen = [1, 2, 3].map(|ratio| ends.with_ratio(ratio));
    assert_eq!(seen, [5, 5, 0]);
    let seen = [ratio(16, 9), ratio(15, 9)].map(|bound| ends.with_tangents(&bound, [true; 2]));
    assert_eq!(seen, [5, 0]);
}

/// Nothing moves but the winner's key, so that thresholds are missed about as often as is said: runs refute a tenth of it,
/// of the ratio and, without a loser, of the direction. It catches a frequency that is not judged, or against another bound.
fn runs_refute_what_is_said_too_often() {
    let winner = [ratio(1, 8), ratio(-1, 2)];
    let loser = [integer(-1), ratio(-1, 2)];
    let wrong = AlongAndAcross.wrong_theories();
    let tenth = wrong.iter().position(|w| w.text.contains("divided by 10"));
    let tenth = Theory::Wrong(tenth.unwrap());
    for (rows, name, said) in [
        (
            vec![winner.clone(), loser],
            "sampled_ratio_frequency",
            "ratio_probability_lower_bound",
        ),
        (
            vec![winner],
            "sampled_direction_frequency",
            "direction_probability_lower_bound",
        ),
    ] {
        let problem = keys_alone(&rows, 75, 1000);
        let stated = sampled(&problem, Theory::Stated);
        let layer = Layer::Sampled;
        assert_eq!(
            stated.verdict,
            Verdict::Holds { layer },
            "{}",
            stated.because
        );
        let scope = stated.scope.as_ref().unwrap().extent.to_string();
        assert!(scope.contains("1,000 runs"), "{scope}");
        let Figure::Estimate { estimate, runs, .. } = figure(&stated, name) else {
            panic!("{:?}", figure(&stated, name));
        };
        let bound = low(&stated, said).unwrap();
        assert!(bound.is_positive() && *estimate < 1.0 && *runs == 1000);
        let outcome = sampled(&problem, tenth);
        let Verdict::Refuted { layer, violation } = &outcome.verdict else {
            panic!("{name}: {:?}", outcome.verdict);
        };
        assert_eq!(*layer, Layer::Sampled);
        assert_eq!(
            violation.claim,
            "the conclusion has at least the certified probability"
        );
        assert!(violation.found < violation.claimed);
        assert!(
            (violation.found.clone() - ratio((*estimate * 1000.0).round() as i64, 1000)).is_zero()
        );
    }
}

/// Two runs could not refute a probability of 0.9, so they do not support it.
fn few_runs_leave_it_open() {
    let problem = keys_alone(&[[ratio(1, 8), ratio(-1, 2)]], 75, 2);
    let outcome = sampled(&problem, Theory::Stated);
    let Verdict::Undecided { limit } = &outcome.verdict else {
        panic!("{:?}", outcome.verdict);
    };
    let limit = limit.to_string();
    assert!(
        limit.starts_with("2 runs could not have refuted the bound"),
        "{limit}"
    );
}
