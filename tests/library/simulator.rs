//! The f64 simulator against two independent implementations, step by step, and its statistics
//! against exact arithmetic.

use crate::common::strategy::{property, random};
use crate::common::{DictionaryKind, DistributionKind, HeadKind, Shape};
use crate::raw_patches::RawNetwork;
use filtercert::dynamics::float::lift;
use filtercert::dynamics::gradient::{Model, Sample};
use filtercert::dynamics::sampler::{Draw, Sampler};
use filtercert::dynamics::sgd::{
    AccuracyKind, ArithmeticChoice, Probe, Simulate, Simulation, Snapshot, report_times, simulate,
};
use filtercert::dynamics::state::State;
use filtercert::number::{Matrix, Q, ratio};
use filtercert::problem::{
    Activation, Dictionary, Distribution, Generative, Label, Loss, Network, Pooling, Problem,
    Train, Training,
};
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::sync::Mutex;

/// Every state that the simulator shows, in the order of (run, t).
#[derive(Default)]
struct Recorder(Mutex<Vec<Seen>>);

#[derive(Debug, Clone, PartialEq)]
struct Seen {
    run: u64,
    t: u64,
    updates: u64,
    gate_sums: [f64; 2],
    state: State<f64>,
}

impl Probe for Recorder {
    fn visit(&self, s: &Snapshot<'_>) {
        self.0.lock().unwrap().push(Seen {
            run: s.run,
            t: s.t,
            updates: s.updates,
            gate_sums: s.gate_sums,
            state: State {
                weights: Matrix::from_fn(s.n_filters(), s.n_patterns(), |j, p| s.weight(j, p)),
                head: (0..s.n_filters()).map(|j| s.head(j)).collect(),
            },
        });
    }
}

/// A simulation in plain floats.
fn run(problem: &Problem, runs: u64, times: Vec<u64>) -> (Simulation, Vec<Seen>) {
    run_with(problem, runs, times, ArithmeticChoice::F64)
}

fn run_with(
    problem: &Problem,
    runs: u64,
    times: Vec<u64>,
    arithmetic: ArithmeticChoice,
) -> (Simulation, Vec<Seen>) {
    let recorder = Recorder::default();
    let config = Simulate {
        runs,
        steps: *times.last().unwrap(),
        seed: problem.training().seed,
        times,
        arithmetic,
        progress: None,
    };
    let simulation = simulate(problem, &config, Some(&recorder));
    let mut seen = recorder.0.into_inner().unwrap();
    seen.sort_by_key(|s| (s.run, s.t));
    (simulation, seen)
}

/// The batches of one run, in order.
fn path(problem: &Problem, run: u64, steps: u64) -> Vec<Vec<Draw>> {
    let sampler = Sampler::new(problem.distribution());
    let mut rng = Sampler::stream(problem.training().seed, run);
    (0..steps)
        .map(|_| {
            (0..problem.training().batch)
                .map(|_| {
                    let mut draw = sampler.blank();
                    sampler.draw(&mut rng, &mut draw);
                    draw
                })
                .collect()
        })
        .collect()
}

fn patches(draw: &Draw) -> (Label, Vec<usize>) {
    let of = |(p, &count): (usize, &u32)| std::iter::repeat_n(p, count as usize);
    (
        draw.label,
        draw.counts.iter().enumerate().flat_map(of).collect(),
    )
}

const STEPS: u64 = 25;

/// Every activation, pooling, loss, dictionary and trained part, with batches of 1 to 3.
fn shapes() -> Vec<Shape> {
    let mut all = Vec::new();
    for activation in [
        Activation::Relu,
        Activation::LeakyRelu {
            slope: ratio(1, 10),
        },
        Activation::Identity,
        Activation::Relu2,
    ] {
        for pooling in [Pooling::Sum, Pooling::Max] {
            for loss in [
                Loss::Unhinged,
                Loss::Hinge,
                Loss::Perceptron,
                Loss::SquaredHinge,
                Loss::Square,
            ] {
                for (dictionary, train, distribution) in [
                    (
                        DictionaryKind::Standard,
                        Train::Filters,
                        DistributionKind::Generative,
                    ),
                    (
                        DictionaryKind::Coherent,
                        Train::Filters,
                        DistributionKind::Atoms,
                    ),
                    (
                        DictionaryKind::Standard,
                        Train::FiltersAndHead,
                        DistributionKind::Generative,
                    ),
                    (
                        DictionaryKind::Coherent,
                        Train::FiltersAndHead,
                        DistributionKind::Atoms,
                    ),
                ] {
                    all.push(Shape {
                        dictionary,
                        distribution,
                        activation: activation.clone(),
                        pooling,
                        loss,
                        train,
                        head: HeadKind::Rational,
                        filters: 3..=11,
                        batch: 1..=3,
                        step_numerator: 1..=3,
                        step_denominator: 100,
                        balanced: false,
                        same_background: false,
                        zeros_and_ties: false,
                        ..Shape::default()
                    });
                }
            }
        }
    }
    all
}

/// To 1e-9 of the largest coordinate, as long as no decision comes closer than 1e-9 to its threshold.
#[test]
fn agrees_with_raw_patches_step_by_step() {
    let (mut compared, mut stopped) = (0u64, 0u64);
    for (i, shape) in shapes().iter().enumerate() {
        property(shape.clone(), 100 * i as u64, 3, |problem| {
            let (simulation, seen) = run(&problem, 2, (0..=STEPS).collect());
            for k in 0..2u64 {
                let mut raw = RawNetwork::new(&problem);
                let batches = path(&problem, k, STEPS);
                for t in 0..=STEPS {
                    // A run that overflows ends there.
                    let Some(found) = seen.iter().find(|s| (s.run, s.t) == (k, t)) else {
                        let end = simulation.ends[k as usize].not_finite_from;
                        assert!(end.is_some_and(|step| step <= t));
                        break;
                    };
                    let weights = &found.state.weights;
                    let scale = weights
                        .entries()
                        .iter()
                        .fold(1.0, |m: f64, x| m.max(x.abs()));
                    if scale > 1e100 {
                        break;
                    }
                    for j in 0..weights.rows() {
                        for p in 0..weights.cols() {
                            let gap = (raw.coordinate(j, p) - weights[(j, p)]).abs();
                            assert!(
                                gap <= 1e-9 * scale,
                                "shape {i}, t {t}, filter {j}, {p}: {gap}"
                            );
                        }
                        let gap = (raw.head[j] - found.state.head[j]).abs();
                        assert!(gap <= 1e-9 * scale, "shape {i}, t {t}, head {j}: {gap}");
                    }
                    compared += 1;
                    if t < STEPS {
                        let batch: Vec<_> = batches[t as usize].iter().map(patches).collect();
                        raw.step(&batch);
                        // Ties are compared on dyadic problems, where both sides are exact.
                        if raw.closest < 1e-9 {
                            stopped += 1;
                            break;
                        }
                    }
                }
            }
        });
    }
    println!("{compared} states compared, {stopped} paths left at a close decision");
    assert!(
        compared > 10_000,
        "{compared} compared, {stopped} left early"
    );
}

/// On dyadic numbers every operation is exact, so all three must agree bit for bit, ties included.
#[test]
fn is_exact_on_dyadic_problems() {
    let mut ties = 0;
    for (pooling, loss) in [
        (Pooling::Sum, Loss::Unhinged),
        (Pooling::Sum, Loss::Hinge),
        (Pooling::Sum, Loss::Perceptron),
        (Pooling::Max, Loss::Hinge),
        (Pooling::Max, Loss::Unhinged),
    ] {
        for activation in [
            Activation::Relu,
            Activation::Identity,
            Activation::LeakyRelu { slope: ratio(1, 2) },
        ] {
            let steps = if matches!(activation, Activation::LeakyRelu { .. }) {
                8
            } else {
                60
            };
            let shape = Shape {
                dictionary: DictionaryKind::Standard,
                activation,
                pooling,
                loss,
                filters: 3..=20,
                step_numerator: 1..=4,
                step_denominator: 64,
                batch: 2..=2,
                weight_numerator: 12,
                ..Shape::default()
            };
            property(shape, 7_000, 8, |problem| {
                let (_, seen) = run(&problem, 1, (0..=steps).collect());
                let mut raw = RawNetwork::new(&problem);
                let exact = Model::<Q>::new(&problem);
                let mut state = State::<Q>::initial(&problem);
                let half = ratio(1, 2);
                for (t, batch) in path(&problem, 0, steps).iter().enumerate() {
                    raw.step(&batch.iter().map(patches).collect::<Vec<_>>());
                    let samples = batch.iter().map(|draw| Sample {
                        label: draw.label,
                        counts: &draw.counts,
                        weight: &half,
                    });
                    let gradient = exact.gradient(&state, samples);
                    exact.apply(&mut state, &gradient);
                    let found = &seen[t + 1].state.weights;
                    for j in 0..found.rows() {
                        for p in 0..found.cols() {
                            let x = found[(j, p)];
                            assert_eq!(lift(x).as_ref(), Some(&state.weights[(j, p)]), "step {t}");
                            assert_eq!(raw.coordinate(j, p), x, "step {t}");
                        }
                    }
                }
                ties += u64::from(raw.closest == 0.0);
            });
        }
    }
    assert!(ties >= 20, "only {ties} paths met a tie");
}

/// The one definition of the gradient, run on f64.
#[test]
fn agrees_with_the_generic_gradient() {
    for (i, shape) in shapes().into_iter().enumerate() {
        let problem = random(&shape, 90_000 + i as u64);
        let (_, seen) = run(&problem, 1, vec![0, 1]);
        let model = Model::<f64>::new(&problem);
        let mut state = State::<f64>::initial(&problem);
        assert_eq!(state, seen[0].state);
        let weight = 1.0 / f64::from(problem.training().batch);
        let batches = path(&problem, 0, 1);
        let gradient = model.gradient(
            &state,
            batches[0].iter().map(|draw| Sample {
                label: draw.label,
                counts: &draw.counts,
                weight: &weight,
            }),
        );
        model.apply(&mut state, &gradient);
        let pairs = state
            .weights
            .entries()
            .iter()
            .zip(seen[1].state.weights.entries());
        let heads = state.head.iter().zip(&seen[1].state.head);
        for (expected, found) in pairs.chain(heads) {
            assert!(
                (expected - found).abs() <= 1e-13 * expected.abs().max(1.0),
                "shape {i}"
            );
        }
        let updates = u64::from(gradient.gates.iter().any(|g| *g != 0.0));
        assert_eq!(seen[1].updates, updates, "shape {i}");
        for label in Label::BOTH {
            let sum: f64 = batches[0]
                .iter()
                .zip(&gradient.gates)
                .filter(|(draw, _)| draw.label == label)
                .map(|(_, gate)| gate * weight)
                .sum();
            assert!((seen[1].gate_sums[label.index()] - sum).abs() < 1e-12);
        }
    }
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    for pooling in [Pooling::Sum, Pooling::Max] {
        let shape = Shape {
            pooling,
            loss: Loss::Hinge,
            ..Shape::default()
        };
        let problem = random(&shape, 4);
        let results: Vec<_> = [1, 2, 5]
            .into_iter()
            .map(|threads| {
                let pool = rayon::ThreadPoolBuilder::new()
                    .num_threads(threads)
                    .build()
                    .unwrap();
                pool.install(|| run(&problem, 1_500, report_times(40)))
            })
            .collect();
        for (simulation, seen) in &results[1..] {
            assert_eq!(simulation.series, results[0].0.series);
            assert_eq!(simulation.ends, results[0].0.ends);
            assert_eq!(simulation.open_gate_share, results[0].0.open_gate_share);
            assert_eq!(seen, &results[0].1);
        }
        assert_eq!(results[2].0.threads, 5);
    }
}

#[test]
fn reported_times_are_ascending_with_both_ends() {
    assert_eq!(report_times(0), [0]);
    assert_eq!(report_times(1), [0, 1]);
    assert_eq!(report_times(5), [0, 1, 2, 3, 4, 5]);
    for steps in [2, 100, 10_000, 1 << 40, u64::MAX] {
        let times = report_times(steps);
        assert!(times.windows(2).all(|w| w[0] < w[1]) && times.len() <= 61);
        assert_eq!((times[0], times[times.len() - 1]), (0, steps));
    }
    assert!(report_times(1 << 40).len() > 50);
}

/// Accuracy by the worst atom and by enumeration, against rational arithmetic on the lifted states;
/// sampled accuracy within 6 standard deviations.
#[test]
fn accuracy_agrees_with_exact_arithmetic() {
    let (mut perfect, mut imperfect) = (0, 0);
    for (pooling, distribution) in [
        (Pooling::Sum, DistributionKind::Generative),
        (Pooling::Sum, DistributionKind::Atoms),
        (Pooling::Max, DistributionKind::Generative),
        (Pooling::Max, DistributionKind::KeyedAtoms),
    ] {
        let shape = Shape {
            dictionary: DictionaryKind::Standard,
            distribution,
            pooling,
            step_numerator: 1..=8,
            step_denominator: 32,
            balanced: false,
            same_background: false,
            ..Shape::default()
        };
        property(shape, 500, 30, |problem| {
            let (simulation, seen) = run(&problem, 1, vec![0, 3, 10, 30]);
            let model = Model::<Q>::new(&problem);
            let table = problem.distribution().atoms().unwrap();
            for (point, seen) in simulation.series.iter().zip(&seen) {
                let state = State {
                    weights: seen.state.weights.map(|&x| lift(x).unwrap()),
                    head: seen.state.head.iter().map(|&x| lift(x).unwrap()).collect(),
                };
                let exact = table.atoms().iter().fold(Q::zero(), |sum, atom| {
                    let margin = model.margin(&state, atom.label, &atom.counts);
                    if margin.is_positive() {
                        sum + &atom.probability
                    } else {
                        sum
                    }
                });
                let found = point.accuracy.q50.unwrap();
                assert_ne!(point.accuracy_kind, AccuracyKind::Sampled);
                assert!(
                    (found - exact.to_f64().unwrap()).abs() < 1e-12,
                    "{found} {exact}"
                );
                assert_eq!(found == 1.0, exact.is_one());
                if exact.is_one() {
                    perfect += 1
                } else {
                    imperfect += 1
                }
                if seen.t == 30 {
                    assert_eq!(simulation.ends[0].perfect, exact.is_one());
                }
            }
        });
    }
    assert!(
        perfect > 30 && imperfect > 30,
        "{perfect} perfect, {imperfect} not"
    );
}

/// A generative problem with two filters, explicit weights, and many atoms.
fn small(weights: [[i64; 6]; 2], head: [i64; 2], patches: u32, loss: Loss) -> Problem {
    let q = vec![ratio(1, 4); 4];
    let data = weights.iter().flatten().map(|&w| ratio(w, 8)).collect();
    Problem::new(
        "small".to_owned(),
        Dictionary::orthonormal(4).unwrap(),
        Distribution::Generative(
            Generative::new([ratio(1, 2), ratio(1, 2)], patches, 1, [q.clone(), q]).unwrap(),
        ),
        Network::explicit(
            Activation::Relu,
            Pooling::Sum,
            head.iter().map(|&a| ratio(a, 1)).collect(),
            Matrix::from_vec(2, 6, data).unwrap(),
        )
        .unwrap(),
        Training {
            loss,
            train: Train::Filters,
            step: ratio(1, 8),
            batch: 1,
            steps: 0,
            runs: 1,
            seed: 3,
        },
    )
    .unwrap()
}

#[test]
fn statistics_are_what_they_say() {
    // Filter 0 wins +, with norm 5/8 and cosine 3/5; filter 1 loses, with norm 1.
    let problem = small(
        [[3, 0, 4, 0, 0, 0], [0, -8, 0, 0, 0, 0]],
        [1, -1],
        3,
        Loss::Unhinged,
    );
    let (simulation, _) = run(&problem, 5, vec![0]);
    let point = &simulation.series[0];
    let at = |x: f64| (Some(x), Some(x), Some(x));
    let spread = |q: filtercert::dynamics::sgd::Quantiles| (q.q05, q.q50, q.q95);
    assert_eq!(spread(point.winner_norm), at(0.625));
    assert_eq!(spread(point.loser_norm), at(1.0));
    assert_eq!(spread(point.ratio), at(0.625));
    assert_eq!(spread(point.alignment), at(0.375 / 0.625));
    assert_eq!(
        (simulation.run_steps_per_second, simulation.open_gate_share),
        (0.0, 0.0)
    );
    // Without losers, without winners, with a loser of norm 0.
    let problem = small(
        [[3, 0, 4, 0, 0, 0], [0, 8, 0, 0, 0, 0]],
        [1, -1],
        3,
        Loss::Unhinged,
    );
    let point = run(&problem, 2, vec![0]).0.series[0];
    assert_eq!((point.loser_norm.q50, point.ratio.q50), (None, None));
    assert_eq!(point.alignment.q50, Some(0.375 / 0.625));
    let problem = small(
        [[-3, 0, 4, 0, 0, 0], [0, -8, 0, 0, 0, 0]],
        [1, -1],
        3,
        Loss::Unhinged,
    );
    let point = run(&problem, 2, vec![0]).0.series[0];
    assert_eq!((point.winner_norm.q50, point.ratio.q50), (None, None));
    assert_eq!(
        (point.alignment.q50, point.loser_norm.q50),
        (None, Some(1.0))
    );
    let problem = small([[3, 0, 4, 0, 0, 0], [0; 6]], [1, -1], 3, Loss::Unhinged);
    let point = run(&problem, 2, vec![0]).0.series[0];
    assert_eq!((point.loser_norm.q50, point.ratio.q50), (Some(0.0), None));
}

#[test]
fn accuracy_is_sampled_where_atoms_are_too_many() {
    // 400 background patches over 4 patterns: 11 million atoms a label. Label - is always wrong
    // without filters for it, and label + is always right: accuracy 1/2.
    let problem = small(
        [[8, 0, 1, 0, 0, 0], [8, 0, 0, 1, 0, 0]],
        [1, 1],
        401,
        Loss::Hinge,
    );
    let (simulation, _) = run(&problem, 200, vec![0]);
    let point = &simulation.series[0];
    assert_eq!(point.accuracy_kind, AccuracyKind::Sampled);
    assert!(!simulation.ends[0].perfect);
    let median = point.accuracy.q50.unwrap();
    assert!((median - 0.5).abs() < 6.0 * 0.5 / 256f64.sqrt(), "{median}");
    assert!(point.accuracy.q05 < point.accuracy.q95);
    // The worst atom decides accuracy 1 at any size.
    let problem = small(
        [[8, 0, 0, 0, 0, 0], [0, 8, 0, 0, 0, 0]],
        [1, -1],
        401,
        Loss::Hinge,
    );
    let (simulation, _) = run(&problem, 3, vec![0]);
    assert_eq!(simulation.series[0].accuracy_kind, AccuracyKind::Exact);
    assert!(simulation.ends[0].perfect);
    assert_eq!(simulation.series[0].accuracy.q05, Some(1.0));
}

/// Norms in a dictionary that is not orthonormal, against exact arithmetic.
#[test]
fn norms_use_the_generalised_inverse() {
    let shape = Shape {
        dictionary: DictionaryKind::Coherent,
        winners_and_losers: false,
        ..Shape::default()
    };
    property(shape, 40, 40, |problem| {
        let norms: Vec<f64> = State::<Q>::initial(&problem)
            .norms_squared(&problem)
            .iter()
            .map(|x| x.to_f64().unwrap().sqrt())
            .collect();
        let winners: Vec<usize> = Label::BOTH
            .iter()
            .flat_map(|&y| problem.winners(y))
            .collect();
        let losers = (0..norms.len()).filter(|j| !winners.contains(j));
        let (simulation, _) = run(&problem, 1, vec![0]);
        let point = &simulation.series[0];
        for (found, expected) in [
            (
                point.winner_norm.q50,
                winners.iter().map(|&j| norms[j]).reduce(f64::min),
            ),
            (
                point.loser_norm.q50,
                losers.map(|j| norms[j]).reduce(f64::max),
            ),
        ] {
            assert_eq!(found.is_some(), expected.is_some());
            if let (Some(found), Some(expected)) = (found, expected) {
                assert!((found - expected).abs() <= 1e-7 * expected.max(1.0));
            }
        }
    });
}
