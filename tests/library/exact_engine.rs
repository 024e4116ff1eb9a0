//! Every engine of the expected dynamics against the plain gradient stepped in rationals.

use crate::common::strategy::property;
use crate::common::{DictionaryKind, DistributionKind, HeadKind, Shape};
use filtercert::dynamics::expected::{Expected, Limits};
use filtercert::dynamics::gradient::{Model, Sample};
use filtercert::dynamics::state::State;
use filtercert::number::{Matrix, Q, Scalar, integer, parse_rational, ratio};
use filtercert::problem::{
    Activation, Dictionary, Distribution, Generative, Label, Loss, Network, Pooling, Problem,
    Train, Training,
};
use num_traits::{One, Signed, Zero};

/// The definition, one step at a time, over all atoms.
struct Plain<'p> {
    problem: &'p Problem,
    model: Model<Q>,
    state: State<Q>,
    open_mass: [Q; 2],
}

impl<'p> Plain<'p> {
    fn new(problem: &'p Problem) -> Self {
        Plain {
            problem,
            model: Model::new(problem),
            state: State::initial(problem),
            open_mass: [Q::zero(), Q::zero()],
        }
    }

    fn step(&mut self) {
        let table = self.problem.distribution().atoms().unwrap();
        let batch = table.atoms().iter().map(|atom| Sample {
            label: atom.label,
            counts: &atom.counts,
            weight: &atom.probability,
        });
        let gradient = self.model.gradient(&self.state, batch);
        for (atom, gate) in table.atoms().iter().zip(&gradient.gates) {
            self.open_mass[atom.label.index()] += gate * &atom.probability;
        }
        self.model.apply(&mut self.state, &gradient);
    }

    /// Margins with their probabilities.
    fn margins(&self) -> Vec<(Q, Q)> {
        let table = self.problem.distribution().atoms().unwrap();
        table
            .atoms()
            .iter()
            .map(|a| {
                (
                    self.model.margin(&self.state, a.label, &a.counts),
                    a.probability.clone(),
                )
            })
            .collect()
    }

    fn accuracy(&self) -> Q {
        self.margins()
            .iter()
            .filter(|(margin, _)| Signed::is_positive(margin))
            .fold(Q::zero(), |s, (_, p)| s + p)
    }

    fn loss(&self) -> Q {
        self.margins()
            .iter()
            .fold(Q::zero(), |s, (margin, p)| s + self.model.loss(margin) * p)
    }

    fn all_gates_open(&self) -> bool {
        self.margins()
            .iter()
            .all(|(margin, _)| !self.model.gate(margin).is_zero())
    }
}

fn agree(plain: &Plain<'_>, engine: &mut Expected<'_>, what: &str) {
    assert_eq!(plain.state, engine.state(), "{what}: state");
    assert_eq!(plain.open_mass, engine.open_mass(), "{what}: open mass");
    assert_eq!(
        plain.accuracy(),
        engine.accuracy().unwrap(),
        "{what}: accuracy"
    );
    assert_eq!(plain.loss(), engine.loss().unwrap(), "{what}: loss");
    assert_eq!(
        plain.all_gates_open(),
        engine.all_gates_open().unwrap(),
        "{what}: gates"
    );
    if let Some(integers) = engine.integers() {
        let entries = plain.state.weights.entries();
        for (z, q) in integers.weights.iter().zip(entries) {
            assert_eq!(
                Q::new((*z).into(), integers.denominator.clone()),
                *q,
                "{what}"
            );
        }
    }
}

/// Steps the definition to `steps`; the engine follows step by step, by jumps of uneven length,
/// and in one jump.
fn differential(problem: &Problem, steps: u64, what: &str) -> bool {
    let limits = Limits::default();
    let mut plain = Plain::new(problem);
    let mut single = Expected::new(problem, &limits).unwrap();
    let mut jumping = Expected::new(problem, &limits).unwrap();
    let mut at_once = Expected::new(problem, &limits).unwrap();
    agree(&plain, &mut single, &format!("{what} t=0"));
    let mut next_jump = 1;
    for t in 1..=steps {
        plain.step();
        single.step().unwrap();
        assert_eq!(plain.state, single.state(), "{what} t={t}: one by one");
        assert_eq!(plain.open_mass, single.open_mass(), "{what} t={t}");
        if t == next_jump || t == steps {
            jumping.advance_to(t).unwrap();
            agree(&plain, &mut jumping, &format!("{what} t={t} by jumps"));
            next_jump = 2 * t + t % 3;
        }
    }
    at_once.advance_to(steps).unwrap();
    agree(&plain, &mut at_once, &format!("{what} at once"));
    State::initial(problem) != plain.state
}

/// Runs a family of problems; at least a third of them must move at all.
fn family(name: &str, shape: Shape, first_seed: u64, cases: u64, steps: u64) {
    let mut moved = 0;
    property(shape, first_seed, cases, |problem| {
        moved += u64::from(differential(&problem, steps, name));
    });
    println!("{name}: {moved} of {cases} problems moved");
    assert!(3 * moved >= cases, "{name}: {moved} of {cases}");
}

fn leaky() -> Activation {
    Activation::LeakyRelu { slope: ratio(2, 7) }
}

fn loose() -> Shape {
    Shape {
        balanced: false,
        same_background: false,
        head: HeadKind::Rational,
        step_numerator: 1..=30,
        weight_numerator: 16,
        weight_denominator: 16,
        ..Shape::default()
    }
}

const LOSSES: [Loss; 3] = [Loss::Unhinged, Loss::Hinge, Loss::Perceptron];

#[test]
fn lattice_orthonormal_sum() {
    for (i, loss) in (0u64..).zip(LOSSES) {
        for (k, activation) in (0u64..).zip([Activation::Relu, leaky(), Activation::Identity]) {
            let shape = Shape {
                loss,
                activation: activation.clone(),
                ..loose()
            };
            let name = format!("{} {} sum", loss.name(), activation.name());
            family(&name, shape, 1_000 * (3 * i + k), 12, 60);
        }
    }
}

#[test]
fn lattice_coherent_and_explicit_atoms() {
    for (i, loss) in (0u64..).zip(LOSSES) {
        for (k, activation) in (0u64..).zip([Activation::Relu, leaky(), Activation::Identity]) {
            for (d, distribution) in (0u64..).zip([
                DistributionKind::Generative,
                DistributionKind::Atoms,
                DistributionKind::KeyedAtoms,
            ]) {
                let shape = Shape {
                    loss,
                    activation: activation.clone(),
                    dictionary: DictionaryKind::Coherent,
                    distribution,
                    step_numerator: 1..=6,
                    filters: 2..=4,
                    ..loose()
                };
                let name = format!("{} {} coherent {d}", loss.name(), activation.name());
                family(&name, shape, 50_000 + 100 * (9 * i + 3 * k + d), 6, 30);
            }
        }
    }
}

#[test]
fn lattice_max_pooling() {
    for (i, loss) in (0u64..).zip(LOSSES) {
        for (k, activation) in (0u64..).zip([Activation::Relu, leaky(), Activation::Identity]) {
            for (d, (distribution, dictionary)) in (0u64..).zip([
                (DistributionKind::Generative, DictionaryKind::Orthonormal),
                (DistributionKind::Atoms, DictionaryKind::Orthonormal),
                (DistributionKind::Generative, DictionaryKind::Coherent),
            ]) {
                let shape = Shape {
                    loss,
                    activation: activation.clone(),
                    pooling: Pooling::Max,
                    dictionary,
                    distribution,
                    filters: 2..=4,
                    // Coarse weights: ties between activated values abound.
                    weight_numerator: 6,
                    weight_denominator: 6,
                    ..loose()
                };
                let name = format!("{} {} max {d}", loss.name(), activation.name());
                family(&name, shape, 90_000 + 100 * (9 * i + 3 * k + d), 6, 40);
            }
        }
    }
}

#[test]
fn trained_head() {
    for (i, loss) in (0u64..).zip(LOSSES) {
        for (k, activation) in (0u64..).zip([Activation::Relu, leaky(), Activation::Identity]) {
            for (d, (dictionary, distribution)) in (0u64..).zip([
                (DictionaryKind::Orthonormal, DistributionKind::Generative),
                (DictionaryKind::Orthonormal, DistributionKind::Atoms),
                (DictionaryKind::Coherent, DistributionKind::Generative),
            ]) {
                let shape = Shape {
                    loss,
                    activation: activation.clone(),
                    train: Train::FiltersAndHead,
                    dictionary,
                    distribution,
                    filters: 2..=3,
                    background: 1..=2,
                    background_patches: 0..=2,
                    step_numerator: 1..=4,
                    ..loose()
                };
                let name = format!("{} {} trained {d}", loss.name(), activation.name());
                family(&name, shape, 130_000 + 100 * (9 * i + 3 * k + d), 6, 14);
            }
        }
    }
}

#[test]
fn trained_head_with_large_steps() {
    let shape = Shape {
        loss: Loss::Unhinged,
        train: Train::FiltersAndHead,
        step_numerator: 20..=200,
        filters: 3..=4,
        ..loose()
    };
    family("unhinged trained, large steps", shape, 170_000, 20, 14);
}

#[test]
fn everything_else() {
    let cases = [
        (
            Loss::SquaredHinge,
            Activation::Relu,
            Pooling::Sum,
            Train::Filters,
        ),
        (Loss::Square, leaky(), Pooling::Sum, Train::Filters),
        (
            Loss::Square,
            Activation::Identity,
            Pooling::Max,
            Train::Filters,
        ),
        (Loss::SquaredHinge, leaky(), Pooling::Max, Train::Filters),
        (
            Loss::Square,
            Activation::Relu,
            Pooling::Sum,
            Train::FiltersAndHead,
        ),
        (Loss::Hinge, Activation::Relu2, Pooling::Sum, Train::Filters),
        (
            Loss::Perceptron,
            Activation::Relu2,
            Pooling::Max,
            Train::Filters,
        ),
        (
            Loss::Unhinged,
            Activation::Relu2,
            Pooling::Sum,
            Train::FiltersAndHead,
        ),
        (Loss::Hinge, leaky(), Pooling::Max, Train::FiltersAndHead),
        (
            Loss::Unhinged,
            Activation::Relu,
            Pooling::Max,
            Train::FiltersAndHead,
        ),
    ];
    for (i, (loss, activation, pooling, train)) in (0u64..).zip(cases) {
        for (d, dictionary) in (0u64..).zip([DictionaryKind::Orthonormal, DictionaryKind::Coherent])
        {
            let shape = Shape {
                loss,
                activation: activation.clone(),
                pooling,
                train,
                dictionary,
                filters: 2..=3,
                background: 1..=2,
                background_patches: 0..=2,
                step_numerator: 1..=4,
                weight_numerator: 4,
                weight_denominator: 4,
                ..loose()
            };
            let name = format!(
                "{} {} {} {}",
                loss.name(),
                activation.name(),
                pooling.name(),
                train.name()
            );
            family(&name, shape, 200_000 + 100 * (2 * i + d), 5, 4);
        }
    }
}

fn q(text: &str) -> Q {
    parse_rational(text).unwrap()
}

/// A problem from its parts, orthonormal and generative.
fn problem(
    prior: [&str; 2],
    patches: u32,
    key_patches: u32,
    background: &[&str],
    network: (Activation, Pooling, &[&str], &[&[&str]]),
    training: (Loss, Train, &str),
) -> Problem {
    let (activation, pooling, head, rows) = network;
    let (loss, train, step) = training;
    let side: Vec<Q> = background.iter().map(|x| q(x)).collect();
    let weights: Vec<Q> = rows.iter().flat_map(|r| r.iter().map(|x| q(x))).collect();
    Problem::new(
        "hand-made".to_owned(),
        Dictionary::orthonormal(background.len()).unwrap(),
        Distribution::Generative(
            Generative::new(
                [q(prior[0]), q(prior[1])],
                patches,
                key_patches,
                [side.clone(), side],
            )
            .unwrap(),
        ),
        Network::explicit(
            activation,
            pooling,
            head.iter().map(|x| q(x)).collect(),
            Matrix::from_vec(rows.len(), background.len() + 2, weights).unwrap(),
        )
        .unwrap(),
        Training {
            loss,
            train,
            step: q(step),
            batch: 1,
            steps: 10,
            runs: 1,
            seed: 1,
        },
    )
    .unwrap()
}

#[test]
fn margins_that_land_on_the_threshold() {
    // The only filter of each sign gains 1/8 a step until its margin is exactly 1: closed there.
    let hinge = problem(
        ["1/2", "1/2"],
        1,
        1,
        &[],
        (
            Activation::Relu,
            Pooling::Sum,
            &["1", "-1"],
            &[&["1/2", "0"], &["0", "3/4"]],
        ),
        (Loss::Hinge, Train::Filters, "1/4"),
    );
    assert!(differential(&hinge, 12, "hinge at 1"));
    let mut engine = Expected::new(&hinge, &Limits::default()).unwrap();
    engine.advance_to(1_000_000_000_000).unwrap();
    assert_eq!(engine.state().weights.entries()[0], Q::one());
    assert_eq!(engine.open_mass(), [ratio(2, 1), ratio(1, 1)]);

    // All margins are exactly 0: open for the perceptron. Filter 0 then learns; filter 1 is dead.
    let perceptron = problem(
        ["2/3", "1/3"],
        2,
        1,
        &["1"],
        (
            Activation::Relu,
            Pooling::Sum,
            &["1", "-1", "1"],
            &[
                &["1/2", "1/2", "1/8"],
                &["0", "-1", "-1/3"],
                &["-1/2", "0", "0"],
            ],
        ),
        (Loss::Perceptron, Train::Filters, "1/3"),
    );
    assert!(differential(&perceptron, 30, "perceptron"));
    for train in [Train::Filters, Train::FiltersAndHead] {
        let tied = problem(
            ["1/2", "1/2"],
            2,
            1,
            &["1"],
            (
                Activation::Relu,
                Pooling::Sum,
                &["1", "-1"],
                &[&["1/2", "1/2", "1/4"], &["1/2", "1/2", "1/4"]],
            ),
            (Loss::Perceptron, train, "1/5"),
        );
        assert!(differential(&tied, 12, "perceptron, margins 0"));
        let at_one = problem(
            ["1/2", "1/2"],
            2,
            1,
            &["1"],
            (
                Activation::Relu,
                Pooling::Sum,
                &["1", "-1"],
                &[&["1", "0", "1/4"], &["1/8", "1", "1/4"]],
            ),
            (Loss::Hinge, train, "1/5"),
        );
        assert!(differential(&at_one, 12, "hinge, margins exactly 1"));
    }
}

/// Steps at which an order changes by a tie, or a coordinate turns positive with the least numerator: a jump ends there.
#[test]
fn jumps_end_at_ties_and_at_the_least_positive_number() {
    // The key of label + rises by 1/64 a step and ties with the background that it comes before, after 16.
    let tie = problem(
        ["1/2", "1/2"],
        2,
        1,
        &["1/2", "1/2"],
        (
            Activation::Relu,
            Pooling::Max,
            &["1", "-1"],
            &[&["1/4", "0", "1/2", "-1"], &["0", "1/4", "-1", "1/2"]],
        ),
        (Loss::Unhinged, Train::Filters, "1/16"),
    );
    assert!(differential(&tie, 40, "a tie"));
    // -5, -3, -1, 1 and then by 4, or fractions of that.
    let slope = || Activation::LeakyRelu { slope: ratio(1, 2) };
    for pooling in [Pooling::Sum, Pooling::Max] {
        for (loss, step) in [Loss::Unhinged, Loss::Hinge, Loss::Perceptron]
            .into_iter()
            .flat_map(|loss| ["8", "4", "2", "1"].map(|step| (loss, step)))
        {
            let rows: &[&[&str]] = &[&["-5", "-7"], &["-9", "-11"]];
            let network = (slope(), pooling, &["1", "-1"][..], rows);
            let training = (loss, Train::Filters, step);
            let rises = problem(["1/2", "1/2"], 1, 1, &[], network, training);
            assert!(differential(&rises, 40, "rises"));
        }
    }
}

#[test]
fn chattering_agrees_over_many_steps() {
    // A large step size throws the margins to and fro across the threshold for ever.
    let chatter = problem(
        ["2/5", "3/5"],
        4,
        1,
        &["1/3", "2/3"],
        (
            Activation::Identity,
            Pooling::Sum,
            &["1", "-1", "1/2"],
            &[
                &["1/4", "1/8", "1", "-1"],
                &["1", "-1/8", "1/4", "1"],
                &["0", "1", "2", "3"],
            ],
        ),
        (Loss::Hinge, Train::Filters, "7/10"),
    );
    assert!(differential(&chatter, 400, "chattering"));
    let trained = problem(
        ["2/5", "3/5"],
        3,
        1,
        &["1/3", "2/3"],
        (
            Activation::Relu,
            Pooling::Sum,
            &["1", "-1", "1/2"],
            &[
                &["1/4", "1/8", "1", "-1"],
                &["1", "1/8", "1/4", "1"],
                &["1/2", "1", "2", "3"],
            ],
        ),
        (Loss::Hinge, Train::FiltersAndHead, "1/2"),
    );
    assert!(differential(&trained, 40, "chattering, trained head"));
}

#[test]
fn numbers_that_outgrow_machine_words() {
    // Denominators of 70 and of 140 bits do not fit the narrow integers, then not the wide ones.
    for denominator in [
        "1180591620717411303425",
        "1393796574908163946345982392040522594123777",
    ] {
        let weight = format!("1/{denominator}");
        let wide = problem(
            ["1/2", "1/2"],
            3,
            1,
            &["1/3", "2/3"],
            (
                Activation::Relu,
                Pooling::Sum,
                &["1", "-1"],
                &[
                    &[&weight, "1/8", "1/3", "1"],
                    &["1/7", "1/4", &weight, "1/5"],
                ],
            ),
            (Loss::Hinge, Train::Filters, "1/10"),
        );
        assert!(differential(&wide, 40, "wide denominators"));
        assert!(
            Expected::new(&wide, &Limits::default())
                .unwrap()
                .integers()
                .is_none()
        );
    }
    // A run that starts in machine words and leaves them: z grows by 2^40 a step.
    for pooling in [Pooling::Sum, Pooling::Max] {
        let growing = problem(
            ["2/3", "1/3"],
            1,
            1,
            &[],
            (Activation::Relu, pooling, &["1"], &[&["1/3", "1/7"]]),
            (Loss::Unhinged, Train::Filters, "1099511627776"),
        );
        assert!(differential(&growing, 40, "growing"));
        let mut engine = Expected::new(&growing, &Limits::default()).unwrap();
        assert!(engine.integers().is_some());
        let t = 1_000_000_000_000_000_000u64;
        engine.advance_to(t).unwrap();
        assert!(engine.integers().is_none());
        let speed = ratio(2, 3) * integer(1_099_511_627_776i64);
        assert_eq!(
            engine.state().weights.entries()[0],
            ratio(1, 3) + speed * integer(t)
        );
    }
}

#[test]
fn the_open_mass_survives_a_long_run_in_machine_words() {
    // Gates of one label never close, so the sums over steps outgrow a word and are handed over.
    let stuck = problem(
        ["1/3", "2/3"],
        1,
        1,
        &[],
        (Activation::Relu, Pooling::Sum, &["1"], &[&["1/2", "-1"]]),
        (Loss::Hinge, Train::Filters, "1/1000"),
    );
    let mut engine = Expected::new(&stuck, &Limits::default()).unwrap();
    let t = u64::MAX / 2;
    engine.advance_to(t).unwrap();
    assert_eq!(engine.open_mass()[1], ratio(2, 3) * integer(t));
    assert_eq!(engine.open_mass()[0], ratio(1500, 1) / integer(3));
}

#[test]
fn a_distribution_of_astronomically_many_atoms() {
    let k = 12;
    let side = vec![ratio(1, k); k as usize];
    for (pooling, patches, t) in [
        (Pooling::Sum, 1_000_000, 1_000_000_000_000),
        // Later on, values that decline in turn swap their order at every step.
        (Pooling::Max, 200, 1_000_000),
    ] {
        let huge = Problem::new(
            "huge".to_owned(),
            Dictionary::orthonormal(k as usize).unwrap(),
            Distribution::Generative(
                Generative::new(
                    [ratio(2, 5), ratio(3, 5)],
                    patches,
                    1,
                    [side.clone(), side.clone()],
                )
                .unwrap(),
            ),
            Network::explicit(
                Activation::Relu,
                pooling,
                vec![integer(1), integer(-1)],
                Matrix::from_fn(2, k as usize + 2, |j, p| {
                    ratio((7 * p as i64 + 5 * j as i64) % 29 - 8, 8)
                }),
            )
            .unwrap(),
            Training {
                loss: Loss::Unhinged,
                train: Train::Filters,
                step: ratio(1, 50),
                batch: 1,
                steps: 10,
                runs: 1,
                seed: 1,
            },
        )
        .unwrap();
        assert!(huge.distribution().n_atoms().bits() > 50);
        let mut engine = Expected::new(&huge, &Limits::default()).unwrap();
        engine.advance_to(t).unwrap();
        let hinge = huge.changed(|p| p.training.loss = Loss::Hinge).unwrap();
        let stop = Expected::new(&hinge, &Limits::default()).unwrap_err();
        assert_eq!(stop.t, 0);
        assert!(stop.limit.contains("atoms"), "{stop}");
    }
}

#[test]
fn limits_stop_and_leave_the_last_state() {
    let squared = problem(
        ["1/2", "1/2"],
        2,
        1,
        &["1"],
        (
            Activation::Relu2,
            Pooling::Sum,
            &["1", "-1"],
            &[&["1/3", "1/5", "1/7"], &["1/7", "1/2", "1/5"]],
        ),
        (Loss::Square, Train::FiltersAndHead, "1/9"),
    );
    let limits = Limits {
        max_bits: 5_000,
        ..Limits::default()
    };
    let mut engine = Expected::new(&squared, &limits).unwrap();
    let stop = engine.advance_to(1_000).unwrap_err();
    assert!(stop.limit.contains("bits"), "{stop}");
    assert_eq!(stop.t, engine.t());
    assert!((2..20).contains(&stop.t), "{stop}");
    let mut plain = Plain::new(&squared);
    for _ in 0..stop.t {
        plain.step();
    }
    assert_eq!(plain.state, engine.state());

    let trained = problem(
        ["1/2", "1/2"],
        2,
        1,
        &["1"],
        (
            Activation::Relu,
            Pooling::Sum,
            &["1", "-1"],
            &[&["1/3", "1/5", "1/7"], &["1/7", "1/2", "1/5"]],
        ),
        (Loss::Unhinged, Train::FiltersAndHead, "1/90"),
    );
    let limits = Limits {
        max_bits: 200,
        ..Limits::default()
    };
    let mut engine = Expected::new(&trained, &limits).unwrap();
    let stop = engine.advance_to(1_000).unwrap_err();
    assert_eq!(stop.t, engine.t());
    let mut plain = Plain::new(&trained);
    for _ in 0..stop.t {
        plain.step();
    }
    assert_eq!(plain.state, engine.state());
    let bits = |state: &State<Q>| {
        state
            .weights
            .entries()
            .iter()
            .map(|q| q.denom().bits())
            .max()
    };
    assert!(bits(&plain.state) <= Some(200));
    plain.step();
    plain.step();
    plain.step();
    assert!(bits(&plain.state) > Some(150), "stopped far too early");

    let limits = Limits {
        max_work: 10_000,
        ..Limits::default()
    };
    let mut engine = Expected::new(&trained, &limits).unwrap();
    let stop = engine.advance_to(1_000_000).unwrap_err();
    assert!(stop.limit.contains("operations"), "{stop}");
    assert_eq!(stop.t, engine.t());
}

#[test]
fn labels_of_probability_zero_and_going_back() {
    let one_label = problem(
        ["1", "0"],
        3,
        2,
        &["1/2", "0", "1/2"],
        (
            Activation::Relu,
            Pooling::Max,
            &["1", "-2"],
            &[
                &["1/3", "1/5", "1/7", "2", "1"],
                &["1/7", "1/2", "1/5", "3", "1/7"],
            ],
        ),
        (Loss::Unhinged, Train::Filters, "1/9"),
    );
    assert!(differential(&one_label, 25, "one label"));
    let mut engine = Expected::new(&one_label, &Limits::default()).unwrap();
    engine.advance_to(10).unwrap();
    let state = engine.state();
    engine.advance_to(3).unwrap();
    assert_eq!((engine.t(), engine.state()), (10, state));
    assert_eq!(
        engine
            .problem()
            .distribution()
            .label_probability(Label::Minus),
        Q::zero()
    );
    assert!(Scalar::is_positive(&engine.accuracy().unwrap()));
}
