//! The simulator in units of a lattice: equal to exact arithmetic, ties included; where it does not
//! fit; and what plain floats say of their own decisions.

use crate::common::strategy::property;
use crate::common::{DictionaryKind, DistributionKind, HeadKind, Shape, case, run};
use filtercert::dynamics::accuracy::Population;
use filtercert::dynamics::float::to_nearest;
use filtercert::dynamics::law::{Chain, Horizon, LawLimits};
use filtercert::dynamics::path::{ExactPath, SampledPath};
use filtercert::dynamics::sampler::Sampler;
use filtercert::dynamics::sgd::{
    AccuracyKind, Arithmetic, ArithmeticChoice, Plain, Probe, Simulate, Simulation, Snapshot,
    simulate,
};
use filtercert::number::{Matrix, Q, integer, ratio};
use filtercert::problem::{
    Activation, Atom, AtomTable, Dictionary, Distribution, Label, Loss, Network, Parts, Pooling,
    Problem, Train, Training,
};
use num_traits::{One, Signed, Zero};
use serde_json::Value;
use std::sync::{Arc, Mutex};

/// What the simulator shows of one run at one step.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    t: u64,
    updates: u64,
    gate_sums: [f64; 2],
    weights: Matrix<f64>,
    head: Vec<f64>,
}

#[derive(Default)]
struct Recorder(Mutex<Vec<Seen>>);

impl Probe for Recorder {
    fn visit(&self, s: &Snapshot<'_>) {
        self.0.lock().unwrap().push(Seen {
            t: s.t,
            updates: s.updates,
            gate_sums: s.gate_sums,
            weights: Matrix::from_fn(s.n_filters(), s.n_patterns(), |j, p| s.weight(j, p)),
            head: (0..s.n_filters()).map(|j| s.head(j)).collect(),
        });
    }
}

/// One run, seen after every step.
fn every_step(
    problem: &Problem,
    steps: u64,
    arithmetic: ArithmeticChoice,
) -> (Simulation, Vec<Seen>) {
    let recorder = Recorder::default();
    let config = Simulate {
        runs: 1,
        steps,
        times: (0..=steps).collect(),
        arithmetic,
        ..Simulate::of(problem)
    };
    let simulation = simulate(problem, &config, Some(&recorder));
    (simulation, recorder.0.into_inner().unwrap())
}

/// The same run, seen at few steps only, is in the same state there: columns are written when they are
/// asked for, and between two reports a filter may cross 0, or cross and come back.
fn compare_with_fewer_reports(problem: &Problem, steps: u64, all: &[Seen], name: &str) {
    for times in [vec![0, steps], vec![steps / 3, steps / 2, steps]] {
        let recorder = Recorder::default();
        let config = Simulate {
            runs: 1,
            steps,
            times,
            ..Simulate::of(problem)
        };
        simulate(problem, &config, Some(&recorder));
        for seen in recorder.0.into_inner().unwrap() {
            assert_eq!(seen, all[seen.t as usize], "{name}");
        }
    }
}

/// Compares one run with exact arithmetic after every step; gives the ties on the way: margins equal
/// to the loss's threshold, or coordinates of patterns present equal to 0 after a move.
fn compare_with_exact(problem: &Problem, steps: u64, name: &str) -> u64 {
    let (simulation, seen) = every_step(problem, steps, ArithmeticChoice::Automatic);
    let Arithmetic::Lattice { unit } = &simulation.arithmetic else {
        panic!("{name}: {:?}", simulation.arithmetic);
    };
    assert_eq!(simulation.near_threshold_share, 0.0);
    assert_eq!(
        (simulation.finite_runs, simulation.not_finite_from),
        (1, None)
    );
    compare_with_fewer_reports(problem, steps, &seen, name);
    let sampler = Sampler::new(problem.distribution());
    let start = ExactPath::rational(problem);
    let mut exact = SampledPath::new(start, &sampler, problem.training().seed, 0);
    let population = Population::new(problem);
    let threshold = problem.training().loss.threshold().map(integer);
    let mut ties = 0;
    for (seen, point) in seen.iter().zip(&simulation.series) {
        if seen.t > 0 {
            let before = exact.path().clone();
            exact.advance();
            let state = exact.path().state();
            for draw in exact.batch() {
                let margin = before.margin(draw.label, &draw.counts);
                ties += u64::from(Some(margin) == threshold);
                for j in 0..problem.n_filters() {
                    let mut present = draw.present.iter().map(|&p| (j, p as usize));
                    ties += u64::from(present.any(|cell| {
                        state.weights[cell].is_zero() && !before.state().weights[cell].is_zero()
                    }));
                }
            }
        }
        let path = exact.path();
        let state = path.state();
        assert!(
            state
                .weights
                .entries()
                .iter()
                .all(|z| (z / unit).is_integer()),
            "{name}"
        );
        assert_eq!(
            seen.weights,
            state.weights.map(to_nearest),
            "{name}, {}",
            seen.t
        );
        let head: Vec<f64> = state.head.iter().map(to_nearest).collect();
        assert_eq!(seen.head, head, "{name}");
        assert_eq!(seen.updates, path.updates(), "{name}, {}", seen.t);
        for label in Label::BOTH {
            let sum = to_nearest(&path.gate_sum(label));
            assert_eq!(seen.gate_sums[label.index()], sum, "{name}, {}", seen.t);
        }
        let accuracy = population.accuracy(&state).unwrap();
        assert_eq!(
            point.accuracy.q50,
            Some(to_nearest(&accuracy)),
            "{name}, {}",
            seen.t
        );
        assert_eq!(point.accuracy_kind, AccuracyKind::Exact);
        assert_eq!(
            point.perfect_runs,
            Some(u64::from(accuracy.is_one())),
            "{name}"
        );
        let norms = state.norms_squared(problem);
        let winners: Vec<usize> = Label::BOTH
            .iter()
            .flat_map(|&y| problem.winners(y))
            .collect();
        if let Some(least) = winners.iter().map(|&j| &norms[j]).min() {
            let (found, expected) = (point.winner_norm.q50.unwrap(), to_nearest(least).sqrt());
            assert!(
                (found - expected).abs() <= 1e-9 * expected.max(1.0),
                "{name}"
            );
        }
    }
    assert_eq!(simulation.ends[0].perfect, {
        let last = population.accuracy(&exact.path().state()).unwrap();
        last.is_one()
    });
    ties
}

/// Every model with a lattice: all activations, poolings, losses, dictionaries and distributions, with
/// rational heads, batches, and steps on the grid of the weights so that ties happen.
#[test]
fn equals_exact_arithmetic_after_every_step() {
    let (mut cases, mut ties, mut seed) = (0, 0, 70_000);
    for activation in [
        Activation::Relu,
        Activation::LeakyRelu { slope: ratio(2, 5) },
        Activation::LeakyRelu {
            slope: ratio(1, 10),
        },
        Activation::Identity,
    ] {
        for pooling in [Pooling::Sum, Pooling::Max] {
            for loss in [Loss::Unhinged, Loss::Hinge, Loss::Perceptron] {
                for (dictionary, distribution, head) in [
                    (
                        DictionaryKind::Standard,
                        DistributionKind::Generative,
                        HeadKind::Signs,
                    ),
                    (
                        DictionaryKind::Standard,
                        DistributionKind::Atoms,
                        HeadKind::Rational,
                    ),
                    (
                        DictionaryKind::Cayley,
                        DistributionKind::Generative,
                        HeadKind::Rational,
                    ),
                    (
                        DictionaryKind::Coherent,
                        DistributionKind::Generative,
                        HeadKind::Signs,
                    ),
                    (
                        DictionaryKind::Coherent,
                        DistributionKind::Atoms,
                        HeadKind::Rational,
                    ),
                ] {
                    let shape = Shape {
                        dictionary,
                        distribution,
                        head,
                        activation: activation.clone(),
                        pooling,
                        loss,
                        filters: 1..=10,
                        background: 0..=3,
                        background_patches: 0..=2,
                        batch: 1..=3,
                        step_numerator: 1..=3,
                        step_denominator: 10,
                        weight_numerator: 9,
                        weight_denominator: 10,
                        balanced: false,
                        same_background: false,
                        ..Shape::default()
                    };
                    seed += 100;
                    property(shape, seed, 3, |problem| {
                        ties += compare_with_exact(&problem, 14, "a random problem");
                        cases += 1;
                    });
                }
            }
        }
    }
    println!("{cases} problems, {ties} ties");
    assert!(cases >= 300 && ties >= 300);
}

/// Atoms `(label, counts)` of equal probability, no background.
fn table(n_patterns: usize, atoms: &[(Label, &[u32])]) -> Distribution {
    let probability = ratio(1, atoms.len() as i64);
    let atoms = atoms
        .iter()
        .map(|(label, counts)| Atom {
            label: *label,
            counts: counts.to_vec(),
            probability: probability.clone(),
        })
        .collect();
    Distribution::Explicit(Arc::new(AtomTable::new(n_patterns, atoms).unwrap()))
}

struct Model {
    activation: Activation,
    pooling: Pooling,
    loss: Loss,
    head: Vec<Q>,
    weights: Vec<Vec<Q>>,
    step: Q,
}

impl Model {
    fn on(self, distribution: Distribution) -> Problem {
        let (n, n_patterns) = (self.weights.len(), self.weights[0].len());
        let data = self.weights.into_iter().flatten().collect();
        Problem::new(
            "by hand".to_owned(),
            Dictionary::orthonormal(n_patterns - 2).unwrap(),
            distribution,
            Network::explicit(
                self.activation,
                self.pooling,
                self.head,
                Matrix::from_vec(n, n_patterns, data).unwrap(),
            )
            .unwrap(),
            Training {
                loss: self.loss,
                train: Train::Filters,
                step: self.step,
                batch: 1,
                steps: 4,
                runs: 1,
                seed: 1,
            },
        )
        .unwrap()
    }
}

/// 1 is no multiple of 3/10, the unit of all weights: at the margin 9/10 the gate is still open, and at 12/10 no more.
#[test]
fn a_margin_below_1_is_open_where_1_is_not_on_the_lattice() {
    let model = Model {
        activation: Activation::Identity,
        pooling: Pooling::Sum,
        loss: Loss::Hinge,
        head: vec![integer(1)],
        weights: vec![vec![ratio(3, 10), integer(0)]],
        step: ratio(3, 10),
    };
    let problem = model.on(table(2, &[(Label::Plus, &[1, 0])]));
    compare_with_exact(&problem, 6, "hinge: 3/10, 6/10, 9/10, 12/10");
}

/// Ties that floats decide wrongly, one of each kind: the lattice follows the mathematics, and plain
/// floats say that decisions were near.
#[test]
fn ties_are_decided_as_the_mathematics_decides_them() {
    let one = |q: Q| vec![vec![q, integer(0)]];
    let plus: &[(Label, &[u32])] = &[(Label::Plus, &[1, 0])];
    let problems = [
        (
            "hinge: 7/10 + 1/10 + 1/10 + 1/10 is 1, and in floats less",
            Model {
                activation: Activation::Identity,
                pooling: Pooling::Sum,
                loss: Loss::Hinge,
                head: vec![integer(1)],
                weights: one(ratio(7, 10)),
                step: ratio(1, 10),
            }
            .on(table(2, plus)),
        ),
        (
            "perceptron: -3/10 + 1/10 + 1/10 + 1/10 is 0, and in floats positive",
            Model {
                activation: Activation::Identity,
                pooling: Pooling::Sum,
                loss: Loss::Perceptron,
                head: vec![integer(1)],
                weights: one(ratio(-3, 10)),
                step: ratio(1, 10),
            }
            .on(table(2, plus)),
        ),
        (
            "relu: 3/10 - 1/10 - 1/10 - 1/10 is 0 and stays there, and in floats it moves on",
            Model {
                activation: Activation::Relu,
                pooling: Pooling::Sum,
                loss: Loss::Unhinged,
                head: vec![integer(-1)],
                weights: one(ratio(3, 10)),
                step: ratio(1, 10),
            }
            .on(table(2, plus)),
        ),
        (
            "leaky-relu: the same, with a slope on both sides",
            Model {
                activation: Activation::LeakyRelu { slope: ratio(1, 3) },
                pooling: Pooling::Sum,
                loss: Loss::Unhinged,
                head: vec![integer(-1)],
                weights: one(ratio(3, 10)),
                step: ratio(1, 10),
            }
            .on(table(2, plus)),
        ),
        (
            "max pooling: 1/10 + 1/10 + 1/10 ties with 3/10, and the first pattern is taken",
            Model {
                activation: Activation::Relu,
                pooling: Pooling::Max,
                loss: Loss::Unhinged,
                head: vec![integer(1)],
                weights: vec![vec![ratio(3, 10), integer(0), ratio(1, 10)]],
                step: ratio(1, 10),
            }
            .on(table(
                3,
                &[(Label::Plus, &[0, 0, 1]), (Label::Plus, &[1, 0, 1])],
            )),
        ),
        (
            "accuracy: a margin of 3/10 - 1/10 - 2/10, which floats take for negative",
            Model {
                activation: Activation::Identity,
                pooling: Pooling::Sum,
                loss: Loss::Perceptron,
                head: vec![integer(1), integer(-1), integer(-1)],
                weights: vec![
                    vec![integer(0), ratio(3, 10)],
                    vec![integer(0), ratio(1, 10)],
                    vec![integer(0), ratio(2, 10)],
                ],
                step: ratio(1, 10),
            }
            .on(table(2, &[(Label::Minus, &[0, 1])])),
        ),
    ];
    for (name, mut problem) in problems {
        for seed in 1..=8 {
            problem = problem.changed(|parts| parts.training.seed = seed).unwrap();
            compare_with_exact(&problem, 6, name);
        }
        let times: Vec<u64> = (0..=6).collect();
        let plain = simulate(
            &problem,
            &Simulate {
                runs: 8,
                steps: 6,
                times,
                arithmetic: ArithmeticChoice::F64,
                ..Simulate::of(&problem)
            },
            None,
        );
        assert_eq!(plain.arithmetic, Arithmetic::F64(Plain::Asked));
        assert!(plain.near_threshold_share > 0.0, "{name}");
        assert!(
            plain
                .series
                .iter()
                .all(|p| p.accuracy_kind == AccuracyKind::F64)
        );
    }
}

#[test]
fn a_lattice_and_the_law_agree_where_floats_see_another_probability() {
    let problem = case("sim-tie");
    let law = Chain::build(&problem, Horizon::Steps(4), false, &LawLimits::default())
        .unwrap()
        .law(4);
    assert_eq!(law.p_perfect[..3], [integer(0), integer(0), ratio(1, 4)]);
    let half = [ratio(1, 2), ratio(1, 2)];
    assert_eq!(law.expected_accuracy[..2], half);
    let runs = 20_000;
    let simulated = |arithmetic| {
        let config = Simulate {
            runs,
            arithmetic,
            ..Simulate::of(&problem)
        };
        simulate(&problem, &config, None)
    };
    let found = simulated(ArithmeticChoice::Automatic);
    assert_eq!(found.arithmetic, Arithmetic::Lattice { unit: ratio(1, 10) });
    let first = &found.series[1];
    let spread = (first.accuracy.q05, first.accuracy.q50, first.accuracy.q95);
    assert_eq!(spread, (Some(0.5), Some(0.5), Some(0.5)));
    assert_eq!(first.perfect_runs, Some(0));
    for (point, p) in found.series.iter().zip(&law.p_perfect) {
        assert_eq!(point.accuracy_kind, AccuracyKind::Exact);
        let (p, n) = (to_nearest(p), runs as f64);
        let far = (point.perfect_runs.unwrap() as f64 - n * p).abs();
        assert!(
            far <= 6.0 * (n * p * (1.0 - p)).sqrt(),
            "{}: {far}",
            point.t
        );
    }
    let plain = simulated(ArithmeticChoice::F64);
    assert!(plain.near_threshold_share > 0.0 && plain.near_threshold_share < 1.0);
    assert!(plain.series[1].perfect_runs > Some(0));
    assert!(
        plain
            .series
            .iter()
            .all(|p| p.accuracy_kind == AccuracyKind::F64)
    );
}

/// On dyadic numbers that fit, plain floats are exact too, and know it.
#[test]
fn floats_that_do_not_round_say_exact_and_agree() {
    let mut compared = 0;
    for (loss, pooling) in [
        (Loss::Hinge, Pooling::Sum),
        (Loss::Perceptron, Pooling::Max),
        (Loss::Unhinged, Pooling::Sum),
    ] {
        let shape = Shape {
            dictionary: DictionaryKind::Standard,
            loss,
            pooling,
            step_denominator: 64,
            ..Shape::default()
        };
        property(shape, 900, 12, |problem| {
            let (lattice, seen) = every_step(&problem, 30, ArithmeticChoice::Automatic);
            let (plain, plainly) = every_step(&problem, 30, ArithmeticChoice::F64);
            assert_eq!(plain.arithmetic.name(), "f64");
            assert_eq!(lattice.arithmetic.name(), "lattice");
            assert_eq!(seen, plainly);
            assert_eq!(plain.near_threshold_share, 0.0);
            for (a, b) in lattice.series.iter().zip(&plain.series) {
                assert_eq!(a.accuracy, b.accuracy);
                assert_eq!(b.accuracy_kind, AccuracyKind::Exact);
                compared += 1;
            }
        });
    }
    assert!(compared > 1_000);
}

/// One filter that every image moves by 1: the bound is attained.
fn climber(start: Q) -> Problem {
    Model {
        activation: Activation::Relu,
        pooling: Pooling::Sum,
        loss: Loss::Unhinged,
        head: vec![integer(1)],
        weights: vec![vec![start, integer(0)]],
        step: integer(1),
    }
    .on(table(2, &[(Label::Plus, &[1, 0])]))
}

#[test]
fn the_lattice_ends_at_two_to_the_53() {
    let limit = 1i64 << 53;
    // 2^53 - 11 + 10 still fits; one step more would not.
    let problem = climber(ratio(limit - 11, 1));
    let (simulation, seen) = every_step(&problem, 10, ArithmeticChoice::Automatic);
    assert_eq!(
        simulation.arithmetic,
        Arithmetic::Lattice { unit: integer(1) }
    );
    let last = seen.last().unwrap().weights[(0, 0)];
    assert_eq!(last, (limit - 1) as f64);
    let (simulation, _) = every_step(&problem, 11, ArithmeticChoice::Automatic);
    assert_eq!(simulation.arithmetic, Arithmetic::F64(Plain::Range));
    // The unit takes out what all numbers share: size alone does not matter.
    let huge = integer(num_bigint::BigInt::from(10).pow(300));
    let mut problem = climber(&huge * integer(3));
    problem = problem
        .changed(|parts| parts.training.step = &huge * integer(2))
        .unwrap();
    let (simulation, seen) = every_step(&problem, 11, ArithmeticChoice::Automatic);
    assert_eq!(
        simulation.arithmetic,
        Arithmetic::Lattice { unit: huge.clone() }
    );
    assert_eq!(
        seen.last().unwrap().weights[(0, 0)],
        to_nearest(&(huge * integer(25)))
    );
}

#[test]
fn where_there_is_no_lattice_it_says_why() {
    let base = climber(ratio(1, 3));
    let arithmetic = |change: &dyn Fn(&mut Parts)| {
        let problem = base.changed(change).unwrap();
        every_step(&problem, 3, ArithmeticChoice::Automatic).0
    };
    let trained = arithmetic(&|p| p.training.train = Train::FiltersAndHead);
    assert_eq!(trained.arithmetic, Arithmetic::F64(Plain::TrainedHead));
    for loss in [Loss::Square, Loss::SquaredHinge] {
        let found = arithmetic(&|p| p.training.loss = loss);
        assert_eq!(found.arithmetic, Arithmetic::F64(Plain::Gates));
    }
    let found = arithmetic(&|p| p.network.activation = Activation::Relu2);
    assert_eq!(found.arithmetic, Arithmetic::F64(Plain::Activation));
    for far in [
        ratio(1, i64::MAX),
        Q::new(1.into(), num_bigint::BigInt::from(10).pow(400)),
        integer(num_bigint::BigInt::from(10).pow(400)),
    ] {
        let found = arithmetic(&|p| p.training.step = far.clone());
        assert_eq!(found.arithmetic, Arithmetic::F64(Plain::Range), "{far}");
    }
    let near = trained.near_threshold_share;
    assert!((0.0..=1.0).contains(&near));
    // All runs and steps of so small a simulation are tracked.
    assert_eq!(
        (trained.near_threshold_runs, trained.near_threshold_steps),
        (1, 3)
    );
}

/// Plain floats on problems with a lattice: every decision that differs from the exact one is near.
#[test]
fn decisions_that_are_not_near_are_those_of_exact_arithmetic() {
    let (mut near, mut clear) = (0, 0);
    for (loss, pooling, dictionary) in [
        (Loss::Hinge, Pooling::Sum, DictionaryKind::Standard),
        (Loss::Perceptron, Pooling::Sum, DictionaryKind::Coherent),
        (Loss::Unhinged, Pooling::Max, DictionaryKind::Standard),
        (Loss::Hinge, Pooling::Max, DictionaryKind::Coherent),
    ] {
        let shape = Shape {
            dictionary,
            loss,
            pooling,
            step_denominator: 30,
            weight_numerator: 12,
            weight_denominator: 30,
            background_patches: 1..=3,
            ..Shape::default()
        };
        property(shape, 4_000, 25, |problem| {
            let (lattice, exact) = every_step(&problem, 25, ArithmeticChoice::Automatic);
            let (plain, seen) = every_step(&problem, 25, ArithmeticChoice::F64);
            assert_eq!(lattice.arithmetic.name(), "lattice");
            if plain.near_threshold_share > 0.0 {
                near += 1;
                return;
            }
            clear += 1;
            for (a, b) in exact.iter().zip(&seen) {
                assert_eq!((a.updates, a.gate_sums), (b.updates, b.gate_sums));
            }
            for (a, b) in lattice.series.iter().zip(&plain.series) {
                assert_eq!(a.accuracy, b.accuracy);
                assert_eq!(b.accuracy_kind, AccuracyKind::Exact);
            }
        });
    }
    println!("{near} near, {clear} clear");
    assert!(near >= 10 && clear >= 10);
}

#[test]
fn the_command_says_its_arithmetic() {
    let file = "tests/cases/sim-tie.toml";
    let json = |more: &[&str]| -> Value {
        let arguments = [&["simulate", file, "--json"], more].concat();
        serde_json::from_str(&run(&arguments).1).unwrap()
    };
    let lattice = json(&[]);
    assert_eq!(lattice["arithmetic"], "lattice");
    assert_eq!(lattice["near_threshold_share"], 0.0);
    assert_eq!(lattice["finite_runs"], 1000);
    assert!(lattice["not_finite_from"].is_null());
    assert_eq!(lattice["series"][1]["accuracy"]["q95"], 0.5);
    assert_eq!(lattice["series"][1]["accuracy_kind"], "exact");
    let same = json(&["--arithmetic", "auto"]);
    assert_eq!(lattice["series"], same["series"]);
    let plain = json(&["--arithmetic", "f64"]);
    assert_eq!(plain["arithmetic"], "f64");
    assert!(plain["near_threshold_share"].as_f64().unwrap() > 0.0);
    assert_eq!(plain["near_threshold_runs"], 1000);
    assert_eq!(plain["series"][1]["accuracy_kind"], "f64");
    let (code, text, _) = run(&["simulate", file]);
    assert!(code == 0 && text.contains("arithmetic: exact on a lattice of units 1/10\n"));
    assert!(text.contains("Accuracy is exact in each run."));
    let (_, text, _) = run(&["simulate", file, "--arithmetic", "f64"]);
    assert!(text.contains("arithmetic: plain f64: they were asked for; "));
    assert!(text.contains("Accuracy is decided in f64."));
    let (_, csv, _) = run(&["simulate", file, "--csv", "--arithmetic", "f64"]);
    assert!(csv.lines().skip(1).all(|line| line.ends_with(",f64")));
    let (code, _, error) = run(&["simulate", file, "--arithmetic", "f32"]);
    assert!(
        code == 2 && error.contains("f32") && error.contains("f64"),
        "{error}"
    );
}

/// A weight is positive in the mathematics for as long as it is on the lattice.
#[test]
fn exact_weights_keep_their_sign() {
    let problem = climber(ratio(-1, 3));
    let (_, seen) = every_step(&problem, 5, ArithmeticChoice::Automatic);
    let exact = problem.network().weights.row(0)[0].clone();
    assert!(exact.is_negative());
    assert!(seen.iter().all(|s| s.weights[(0, 0)] == to_nearest(&exact)));
}
