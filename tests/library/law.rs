//! The exact law of SGD against brute force over all sample sequences through the one definition of
//! a step, the two engines against each other, merged against unmerged chains, and every limit.

use crate::common::strategy::{problems, property, random};
use crate::common::{DictionaryKind, DistributionKind, HeadKind, Shape, coarse, reference, rng};
use filtercert::dynamics::gradient::{Model, Sample};
use filtercert::dynamics::law::{AbsorptionStop, Chain, Horizon, Law, LawLimits};
use filtercert::dynamics::state::State;
use filtercert::number::{Matrix, Q, integer, ratio};
use filtercert::problem::assumption::audit;
use filtercert::problem::{
    Activation, Atom, AtomTable, Dictionary, Distribution, Label, Loss, Network, Pooling, Problem,
    Train, read_problem,
};
use filtercert::theory::context::{Budget, Context};
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};
use rand::RngExt;
use std::collections::HashSet;
use std::sync::Arc;

fn limits() -> LawLimits {
    LawLimits::default()
}

/// Numerators and denominators: hashing a long rational itself overflows the stack.
fn key(state: &State<Q>) -> Vec<BigInt> {
    let weights = state.weights.entries().iter();
    let numbers = weights.chain(&state.head);
    numbers
        .flat_map(|q| [q.numer().clone(), q.denom().clone()])
        .collect()
}

/// What all sample sequences together say, sequence by sequence: no state is ever recognised.
struct BruteForce<'p> {
    problem: &'p Problem,
    model: Model<Q>,
    atoms: Vec<Atom>,
    share: Q,
    steps: usize,
    states: Vec<HashSet<Vec<BigInt>>>,
    perfect: Vec<Q>,
    accuracy: Vec<Q>,
    settled: Vec<Q>,
    norms: Vec<Q>,
    /// P(accuracy 1 at every step from `from` on), for `from = 0..=steps`.
    always: Vec<Q>,
    /// P(accuracy below 1 up to step t).
    never: Vec<Q>,
}

impl<'p> BruteForce<'p> {
    fn run(problem: &'p Problem, steps: usize) -> Self {
        let zeros = || vec![Q::zero(); steps + 1];
        let mut all = BruteForce {
            problem,
            model: Model::new(problem),
            atoms: problem.distribution().atoms().unwrap().atoms().to_vec(),
            share: integer(problem.training().batch).recip(),
            steps,
            states: vec![HashSet::new(); steps + 1],
            perfect: zeros(),
            accuracy: zeros(),
            settled: zeros(),
            norms: vec![Q::zero(); problem.n_filters()],
            always: zeros(),
            never: zeros(),
        };
        all.visit(&State::initial(problem), 0, &Q::one(), 0, true);
        all
    }

    /// `perfect_since`: the first step from which accuracy was 1 at every step up to this one.
    fn visit(
        &mut self,
        state: &State<Q>,
        t: usize,
        probability: &Q,
        perfect_since: usize,
        never_perfect: bool,
    ) {
        self.states[t].insert(key(state));
        let margins: Vec<Q> = self
            .atoms
            .iter()
            .map(|a| self.model.margin(state, a.label, &a.counts))
            .collect();
        let accuracy = self
            .atoms
            .iter()
            .zip(&margins)
            .filter(|(_, z)| z.is_positive())
            .fold(Q::zero(), |sum, (a, _)| sum + &a.probability);
        let is_perfect = margins.iter().all(Signed::is_positive);
        let perfect_since = if is_perfect { perfect_since } else { t + 1 };
        let never_perfect = never_perfect && !is_perfect;
        self.accuracy[t] += &accuracy * probability;
        if is_perfect {
            self.perfect[t] += probability;
        }
        if margins.iter().all(|z| self.model.gate(z).is_zero()) {
            self.settled[t] += probability;
        }
        if never_perfect {
            self.never[t] += probability;
        }
        if t == self.steps {
            for (sum, square) in self.norms.iter_mut().zip(state.norms_squared(self.problem)) {
                *sum += square * probability;
            }
            for from in perfect_since..=self.steps {
                self.always[from] += probability;
            }
            return;
        }
        // Every ordered batch by itself.
        let size = self.problem.training().batch as usize;
        let atoms = self.atoms.clone();
        for code in 0..atoms.len().pow(size as u32) {
            let mut rest = code;
            let batch: Vec<&Atom> = (0..size)
                .map(|_| {
                    let atom = &atoms[rest % atoms.len()];
                    rest /= atoms.len();
                    atom
                })
                .collect();
            let weight = batch
                .iter()
                .fold(probability.clone(), |p, a| p * &a.probability);
            let share = self.share.clone();
            let gradient = self.model.gradient(
                state,
                batch.iter().map(|a| Sample {
                    label: a.label,
                    counts: &a.counts,
                    weight: &share,
                }),
            );
            let mut next = state.clone();
            self.model.apply(&mut next, &gradient);
            self.visit(&next, t + 1, &weight, perfect_since, never_perfect);
        }
    }
}

/// Compares a chain with brute force in every figure.
fn compare(problem: &Problem, chain: &Chain<'_>, brute: &BruteForce<'_>, name: &str) {
    let steps = brute.steps as u64;
    let law = chain.law(steps);
    assert_eq!(law.stopped, None, "{name}");
    assert_eq!(
        (law.steps, law.merged),
        (steps, chain.is_merged()),
        "{name}"
    );
    assert_eq!(law.p_perfect, brute.perfect, "{name}");
    assert_eq!(law.expected_accuracy, brute.accuracy, "{name}");
    assert_eq!(law.p_settled, brute.settled, "{name}");
    assert_eq!(law.expected_norm_squared, brute.norms, "{name}");
    if !chain.is_merged() {
        let counts: Vec<u64> = brute.states.iter().map(|s| s.len() as u64).collect();
        assert_eq!(law.states, counts, "{name}");
        let all: HashSet<&Vec<BigInt>> = brute.states.iter().flatten().collect();
        assert_eq!(law.reached, all.len() as u64, "{name}");
        assert_eq!(chain.n_states(), all.len(), "{name}");
        let found: HashSet<Vec<BigInt>> = (0..chain.n_states())
            .map(|s| key(&chain.state(s).unwrap()))
            .collect();
        assert_eq!(found.iter().collect::<HashSet<_>>(), all, "{name}");
        let norms = chain.state(0).unwrap().norms_squared(problem);
        assert_eq!(chain.norms_squared(0), Some(norms), "{name}");
        assert_eq!(
            chain.weights(0).as_ref(),
            Some(&problem.network().weights),
            "{name}"
        );
    } else {
        assert!(law.reached <= brute.states.iter().map(|s| s.len() as u64).sum());
        assert_eq!(chain.state(0), None, "{name}");
    }
    for from in 0..=steps {
        assert_eq!(
            chain.always(from, steps, &|s| chain.is_perfect(s)).as_ref(),
            Some(&brute.always[from as usize]),
            "{name}: always from {from}"
        );
    }
    assert_eq!(
        chain.never(steps, &|s| chain.is_perfect(s)).as_ref(),
        Some(&brute.never),
        "{name}"
    );
    for s in 0..chain.n_states() {
        let moves = chain.transitions(s);
        if !moves.is_empty() {
            let total = moves.iter().fold(Q::zero(), |sum, (_, p)| sum + p);
            assert!(total.is_one(), "{name}: transitions of {s}");
            let targets: HashSet<usize> = moves.iter().map(|m| m.0).collect();
            assert_eq!(targets.len(), moves.len(), "{name}: a target twice");
        }
        assert_eq!(chain.is_perfect(s), chain.accuracy(s).is_one(), "{name}");
    }
}

/// The problems that every part of the law is tested on: every loss, activation, pooling, head,
/// dictionary and batch.
fn mixture(cases: u64, mut check: impl FnMut(&str, Problem)) {
    let losses = [
        Loss::Unhinged,
        Loss::Hinge,
        Loss::Perceptron,
        Loss::SquaredHinge,
        Loss::Square,
    ];
    for case in 0..cases {
        let mut g = rng(0x1a30 + case);
        // Half of them are plain: orthonormal, with sum pooling and a fixed head, for losses of binary gates.
        let plain = g.random_bool(0.5);
        let mut other = |p: f64| !plain && g.random_bool(p);
        let (max, trained, coherent) = (other(0.4), other(0.4), other(0.4));
        let loss = losses[case as usize % if plain { 3 } else { 5 }];
        let shape = Shape {
            loss,
            activation: match g.random_range(0..8) {
                0 => Activation::LeakyRelu { slope: ratio(1, 4) },
                1 => Activation::Identity,
                2 if !plain => Activation::Relu2,
                _ => Activation::Relu,
            },
            pooling: if max { Pooling::Max } else { Pooling::Sum },
            train: if trained {
                Train::FiltersAndHead
            } else {
                Train::Filters
            },
            head: if g.random_bool(0.3) {
                HeadKind::Rational
            } else {
                HeadKind::Signs
            },
            dictionary: if coherent {
                DictionaryKind::Coherent
            } else {
                DictionaryKind::Orthonormal
            },
            distribution: match g.random_range(0..3) {
                0 => DistributionKind::Atoms,
                1 => DistributionKind::KeyedAtoms,
                _ => DistributionKind::Generative,
            },
            batch: if g.random_bool(0.3) { 2..=3 } else { 1..=1 },
            winners_and_losers: g.random_bool(0.5),
            ..coarse()
        };
        let name = format!("case {case}");
        property(shape, 1_000 * case, 1, |problem| check(&name, problem));
    }
}

/// As many steps as brute force can do.
fn affordable_steps(problem: &Problem, sequences: usize) -> usize {
    let atoms = problem.distribution().atoms().unwrap().atoms().len();
    let batches = atoms.pow(problem.training().batch);
    let mut steps = 0;
    let mut total = batches;
    // Numbers that are multiplied grow twice as long at every step.
    let linear = problem.training().loss.has_binary_gate()
        && problem.training().train == Train::Filters
        && problem.network().activation != Activation::Relu2;
    while total <= sequences && steps < if linear { 6 } else { 3 } {
        steps += 1;
        total *= batches.max(2);
    }
    steps
}

#[test]
fn the_law_is_what_all_sample_sequences_say() {
    let (mut on_lattice, mut rational, mut settled) = (0, 0, 0);
    mixture(240, |name, problem| {
        let steps = affordable_steps(&problem, 300);
        if steps == 0 {
            return;
        }
        let brute = BruteForce::run(&problem, steps);
        let horizon = Horizon::Steps(steps as u64);
        let chain = Chain::build(&problem, horizon, false, &limits()).unwrap();
        compare(&problem, &chain, &brute, name);
        if chain.is_on_lattice() {
            on_lattice += 1;
            let other = Chain::rational(&problem, horizon, false, &limits()).unwrap();
            assert!(!other.is_on_lattice());
            compare(&problem, &other, &brute, &format!("{name}, rational"));
        } else {
            rational += 1;
        }
        let merged = Chain::build(&problem, horizon, true, &limits()).unwrap();
        compare(&problem, &merged, &brute, &format!("{name}, merged"));
        let merged = Chain::rational(&problem, horizon, true, &limits()).unwrap();
        compare(
            &problem,
            &merged,
            &brute,
            &format!("{name}, merged rational"),
        );
        settled += u32::from(brute.settled.iter().any(|p| p.is_positive()));
    });
    println!(
        "{on_lattice} on the lattice, {rational} in rationals only, {settled} with closed gates"
    );
    assert!(on_lattice >= 80 && rational >= 80 && settled >= 40);
}

fn same_figures(a: &Law, b: &Law, name: &str) {
    assert_eq!(a.p_perfect, b.p_perfect, "{name}");
    assert_eq!(a.expected_accuracy, b.expected_accuracy, "{name}");
    assert_eq!(a.p_settled, b.p_settled, "{name}");
    assert_eq!(a.expected_norm_squared, b.expected_norm_squared, "{name}");
}

#[test]
fn both_engines_give_the_same_chain_over_many_steps() {
    let mut larger = 0;
    for loss in [Loss::Unhinged, Loss::Hinge, Loss::Perceptron] {
        for batch in [1, 2] {
            let shape = Shape {
                loss,
                batch: batch..=batch,
                background: 1..=2,
                background_patches: 1..=1,
                step_denominator: 24,
                ..coarse()
            };
            property(shape, 77, 8, |problem| {
                let name = format!("{loss:?}, batch {batch}");
                let steps = if batch == 1 { 9 } else { 4 };
                let horizon = Horizon::Steps(steps);
                let chain = Chain::build(&problem, horizon, false, &limits()).unwrap();
                assert!(chain.is_on_lattice(), "{name}");
                let other = Chain::rational(&problem, horizon, false, &limits()).unwrap();
                assert_eq!(chain.n_states(), other.n_states(), "{name}");
                assert_eq!(chain.n_transitions(), other.n_transitions(), "{name}");
                let law = chain.law(steps);
                assert_eq!(law, other.law(steps), "{name}");
                larger += u32::from(law.reached > 50);
                // The law of fewer steps is the beginning, and needs no other chain.
                let shorter = chain.law(steps / 2);
                let n = shorter.p_perfect.len();
                assert_eq!(shorter.p_perfect[..], law.p_perfect[..n], "{name}");
                assert_eq!(shorter.states[..], law.states[..n], "{name}");
                let again = Chain::build(&problem, Horizon::Steps(steps / 2), false, &limits());
                assert_eq!(shorter, again.unwrap().law(steps / 2), "{name}");
            });
        }
    }
    assert!(larger >= 10);
}

/// The filters of a problem with an orthonormal dictionary, on patterns that are these vectors.
fn on_patterns(problem: &Problem, vectors: [[i64; 4]; 4], activation: Activation) -> Problem {
    let vectors = vectors.map(|v| v.map(|x| ratio(x, 2)).to_vec());
    let filters = &problem.network().weights;
    let weights = Matrix::from_fn(filters.rows(), 4, |j, p| {
        let terms = filters.row(j).iter().zip(&vectors[p]);
        terms.map(|(w, x)| w * x).sum()
    });
    let head = problem.network().head.clone();
    let network = Network::explicit(activation, Pooling::Sum, head, weights).unwrap();
    problem
        .changed(|parts| {
            parts.dictionary = Dictionary::explicit(vectors.to_vec()).unwrap();
            parts.network = network;
        })
        .unwrap()
}

/// Patterns that overlap, keys of other lengths and opposed ones, and every activation: in machine integers and in
/// rationals the chains are the same, merged or not.
#[test]
fn linked_patterns_give_the_same_chain_in_both_engines() {
    let dictionaries = [
        // Keys by themselves, one of length 2, and backgrounds that overlap.
        [[4, 0, 0, 0], [0, 2, 0, 0], [0, 0, 2, 0], [0, 0, 1, 2]],
        // A background overlaps a key, and one of length 1/2 is by itself.
        [[2, 0, 0, 0], [0, 2, 0, 0], [-1, 0, 2, 0], [0, 0, 0, 1]],
        // Opposed keys.
        [[2, 0, 0, 0], [-2, 0, 0, 0], [0, 0, 2, 0], [0, 0, 0, 2]],
        // All are linked, and linearly dependent.
        [[2, 0, 0, 0], [1, 2, 0, 0], [0, 2, 0, 0], [1, 0, 2, 0]],
    ];
    let leaky = Activation::LeakyRelu { slope: ratio(1, 4) };
    let (mut larger, mut fewer, mut cancelled) = (0, 0, 0);
    for (d, vectors) in dictionaries.into_iter().enumerate() {
        for activation in [Activation::Relu, leaky.clone(), Activation::Identity] {
            for (loss, batch) in [(Loss::Hinge, 1), (Loss::Perceptron, 2), (Loss::Unhinged, 1)] {
                let shape = Shape {
                    loss,
                    batch: batch..=batch,
                    background: 2..=2,
                    background_patches: 1..=1,
                    filters: 3..=5,
                    distribution: match d {
                        2 => DistributionKind::Atoms,
                        _ => DistributionKind::Generative,
                    },
                    ..coarse()
                };
                for (seed, problem) in problems(shape, 91, 3) {
                    let problem = on_patterns(&problem, vectors, activation.clone());
                    let name = format!("{d}, {activation:?}, {loss:?}, seed {seed}");
                    let steps = if batch == 1 { 5 } else { 3 };
                    let horizon = Horizon::Steps(steps);
                    let build = |merge| Chain::build(&problem, horizon, merge, &limits()).unwrap();
                    let rational =
                        |merge| Chain::rational(&problem, horizon, merge, &limits()).unwrap();
                    let (chain, merged) = (build(false), build(true));
                    assert!(chain.is_on_lattice() && merged.is_on_lattice(), "{name}");
                    for (chain, other) in [(&chain, rational(false)), (&merged, rational(true))] {
                        assert_eq!(chain.n_states(), other.n_states(), "{name}");
                        assert_eq!(chain.n_transitions(), other.n_transitions(), "{name}");
                        assert_eq!(chain.law(steps), other.law(steps), "{name}");
                    }
                    for s in 0..chain.n_states() {
                        let state = chain.state(s).unwrap();
                        let rows = state.weights.iter_rows();
                        let mut rows = rows.map(|row| problem.dictionary().is_consistent(row));
                        assert!(rows.all(|is_consistent| is_consistent), "{name}");
                    }
                    same_figures(&chain.law(steps), &merged.law(steps), &name);
                    larger += u32::from(chain.n_states() > 50);
                    fewer += u32::from(merged.n_states() < chain.n_states());
                    let opposes = |atom: &Atom| atom.counts[0] == atom.counts[1];
                    let table = problem.distribution().atoms().unwrap();
                    cancelled += u32::from(d == 2 && table.atoms().iter().any(opposes));
                }
            }
        }
    }
    println!(
        "{larger} of more than 50 states, {fewer} with fewer after merging, {cancelled} with pushes that cancel"
    );
    assert!(larger >= 30 && fewer >= 20 && cancelled >= 5);
}

/// Half a million states whose patterns overlap, as few operations as the work that is counted allows.
#[test]
fn a_law_of_linked_patterns_takes_few_operations() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/coherent-law.toml");
    let problem = read_problem(file.as_ref()).unwrap();
    let few = LawLimits {
        max_work: 500_000_000,
        max_bytes: 300_000_000,
        ..limits()
    };
    let chain = Chain::build(&problem, Horizon::Steps(8), false, &few).unwrap();
    assert!(chain.is_on_lattice());
    let law = chain.law(8);
    assert_eq!((law.stopped, law.reached), (None, 483_273));
    assert_eq!(
        law.states,
        [1, 8, 61, 386, 2_188, 10_574, 43_613, 153_312, 457_351]
    );
    assert_eq!(law.p_perfect[3], ratio(38_808, 244_140_625));
}

#[test]
fn merging_changes_no_figure_and_leaves_fewer_states() {
    let (mut fewer, mut states, mut merged_states) = (0, 0, 0);
    for loss in [Loss::Unhinged, Loss::Hinge, Loss::Perceptron] {
        let shape = Shape {
            loss,
            background: 1..=3,
            filters: 3..=5,
            // Coordinates die soon, and below 0 at several places.
            background_patches: 2..=2,
            weight_numerator: 4,
            step_numerator: 2..=4,
            ..coarse()
        };
        property(shape, 500, 12, |problem| {
            let name = format!("{loss:?}");
            let steps = 6;
            let horizon = Horizon::Steps(steps);
            let law = Chain::build(&problem, horizon, false, &limits())
                .unwrap()
                .law(steps);
            let merged = Chain::build(&problem, horizon, true, &limits())
                .unwrap()
                .law(steps);
            same_figures(&law, &merged, &name);
            assert!(merged.merged && !law.merged);
            assert!(merged.reached <= law.reached, "{name}");
            fewer += u32::from(merged.reached < law.reached);
            states += law.reached;
            merged_states += merged.reached;
        });
    }
    println!("{states} states, {merged_states} after merging; fewer on {fewer} of 36 problems");
    assert!(fewer >= 18 && merged_states * 10 <= states * 6);
}

/// Two filters whose coordinates lie near the end of the machine integers.
fn large_numbers(weight: i64, step: i64, counts: u32, head: i64) -> Problem {
    let atoms = [Label::Plus, Label::Minus]
        .map(|label| {
            let mut n = vec![0, 0, counts];
            n[label.index()] = 1;
            Atom {
                label,
                counts: n,
                probability: ratio(1, 2),
            }
        })
        .to_vec();
    let w = integer(weight);
    let rows = vec![
        w.clone(),
        w.clone(),
        -w.clone(),
        w.clone(),
        w.clone(),
        w.clone(),
    ];
    let mut problem = random(&coarse(), 1);
    problem = problem
        .changed(|parts| {
            parts.dictionary = Dictionary::orthonormal(1).unwrap();
            parts.distribution =
                Distribution::Explicit(Arc::new(AtomTable::new(3, atoms).unwrap()));
            parts.network = Network::explicit(
                Activation::Relu,
                Pooling::Sum,
                vec![integer(head), integer(-head)],
                Matrix::from_vec(2, 3, rows).unwrap(),
            )
            .unwrap();
            parts.training.step = integer(step);
            parts.training.loss = Loss::Perceptron;
        })
        .unwrap();
    problem
}

#[test]
fn numbers_beyond_a_word_are_right_too() {
    // Margins beyond 64 bits, and a coordinate that leaves the machine integers on the way.
    for (problem, on_lattice) in [
        (large_numbers(1 << 50, 1 << 20, 5_000, 1_000), true),
        (large_numbers((1 << 51) - 9, 1, 1, 1), true),
        (large_numbers((1 << 51) - 9, 7, 1, 1), false),
    ] {
        let brute = BruteForce::run(&problem, 5);
        let chain = Chain::build(&problem, Horizon::Steps(5), false, &limits()).unwrap();
        assert_eq!(chain.is_on_lattice(), on_lattice);
        compare(&problem, &chain, &brute, "large numbers");
    }
    // Weights of transitions of several words.
    let tiny = Q::new(BigInt::from(7), num_traits::pow(BigInt::from(3), 90));
    let mut problem = large_numbers(2, 1, 1, 1);
    let mut atoms = problem.distribution().atoms().unwrap().atoms().to_vec();
    atoms[0].probability = tiny.clone();
    atoms[1].probability = Q::one() - tiny;
    problem = problem
        .changed(|parts| {
            parts.distribution = Distribution::Explicit(Arc::new(AtomTable::new(3, atoms).unwrap()))
        })
        .unwrap();
    for batch in [1, 2] {
        problem = problem
            .changed(|parts| parts.training.batch = batch)
            .unwrap();
        let brute = BruteForce::run(&problem, 4);
        for merge in [false, true] {
            let chain = Chain::build(&problem, Horizon::Steps(4), merge, &limits()).unwrap();
            assert!(chain.is_on_lattice());
            compare(&problem, &chain, &brute, "weights of several words");
        }
    }
}

#[test]
fn every_limit_leaves_the_law_right_up_to_its_step() {
    let steps = 5;
    let none = limits();
    for batch in [1, 2] {
        let mut problem = reference();
        problem = problem
            .changed(|parts| parts.training.batch = batch)
            .unwrap();
        let full = Chain::build(&problem, Horizon::Steps(steps), false, &none).unwrap();
        let law = full.law(steps);
        assert!(law.reached > 100, "{}", law.reached);
        let never = full.never(steps, &|s| full.is_perfect(s)).unwrap();
        let bits = problem
            .distribution()
            .atoms()
            .unwrap()
            .atoms()
            .iter()
            .fold(BigInt::one(), |l, a| {
                num_integer::Integer::lcm(&l, a.probability.denom())
            })
            .bits()
            * u64::from(batch);
        for (limit, words) in [
            (
                LawLimits {
                    max_states: 60,
                    ..none.clone()
                },
                "more than 60 states",
            ),
            (
                LawLimits {
                    max_transitions: 100,
                    ..none.clone()
                },
                "more than 100 transitions",
            ),
            (
                LawLimits {
                    max_bits: 3 * bits,
                    ..none.clone()
                },
                "bits",
            ),
            (
                LawLimits {
                    max_words: 40,
                    ..none.clone()
                },
                "more than 40 words",
            ),
            (
                LawLimits {
                    max_work: 2_500,
                    ..none.clone()
                },
                "more than 2500 operations",
            ),
        ] {
            for chain in [
                Chain::build(&problem, Horizon::Steps(steps), false, &limit).unwrap(),
                Chain::build(&problem, Horizon::Absorption, false, &limit).unwrap(),
                Chain::build(&problem, Horizon::Steps(steps), true, &limit).unwrap(),
            ] {
                let cut = chain.law(steps);
                let stop = cut.stopped.clone().expect(words);
                assert!(stop.limit.contains(words), "{stop}, expected {words}");
                assert_eq!(cut.steps, stop.t);
                assert!(0 < stop.t && stop.t < steps, "{stop}");
                let n = stop.t as usize + 1;
                assert_eq!(cut.p_perfect[..], law.p_perfect[..n], "{stop}");
                assert_eq!(cut.expected_accuracy[..], law.expected_accuracy[..n]);
                assert_eq!(cut.p_settled[..], law.p_settled[..n]);
                let up_to = full.law(stop.t);
                assert_eq!(cut.expected_norm_squared, up_to.expected_norm_squared);
                if !chain.is_merged() {
                    assert_eq!(cut.states[..], law.states[..n], "{stop}");
                    assert_eq!(cut.reached, up_to.reached, "{stop}");
                }
                // Events are given up to that step, and not beyond.
                assert!(chain.always(0, stop.t, &|_| true).unwrap().is_one());
                assert_eq!(chain.always(0, stop.t + 1, &|_| true), None);
                assert_eq!(
                    chain.never(stop.t, &|s| chain.is_perfect(s)).unwrap()[..],
                    never[..n]
                );
                assert_eq!(chain.never(stop.t + 1, &|_| false), None);
            }
        }
        // A chain that was asked for fewer steps says so.
        let short = Chain::build(&problem, Horizon::Steps(3), false, &none).unwrap();
        assert_eq!(short.stopped(), None);
        let stop = short.law(steps).stopped.unwrap();
        assert_eq!(
            (stop.limit.as_str(), stop.t),
            ("the chain was explored for 3 steps", 3)
        );
        // Not even one step.
        let one = LawLimits {
            max_transitions: 1,
            ..none.clone()
        };
        let stop = Chain::build(&problem, Horizon::Steps(1), false, &one).unwrap_err();
        assert!(stop.limit.contains("atoms") && stop.t == 0, "{stop}");
        let few = LawLimits {
            max_bits: 1,
            ..none.clone()
        };
        let chain = Chain::build(&problem, Horizon::Steps(1), false, &few).unwrap();
        assert_stopped_at_start(&chain, "more than 1 bits");
    }
}

/// The chain is the initial state alone, and its law that at step 0.
fn assert_stopped_at_start(chain: &Chain<'_>, words: &str) {
    let stop = chain.stopped().unwrap();
    assert!(stop.limit.contains(words) && stop.t == 0, "{stop}");
    assert_eq!((chain.n_states(), chain.n_transitions()), (1, 0));
    let law = chain.law(3);
    assert_eq!(law.stopped.as_ref(), Some(stop));
    let whole = Chain::build(chain.problem(), Horizon::Steps(0), false, &limits()).unwrap();
    let start = whole.law(0);
    assert_eq!((law.steps, law.reached, &law.states), (0, 1, &vec![1]));
    assert_eq!(law.p_perfect, start.p_perfect);
    assert_eq!(law.expected_accuracy, start.expected_accuracy);
    assert_eq!(law.p_settled, start.p_settled);
    assert_eq!(law.expected_norm_squared, start.expected_norm_squared);
    assert_eq!(chain.law(0).stopped, None);
}

#[test]
fn too_many_batches_stop_the_rational_engine_at_step_0() {
    let mut problem = reference();
    problem = problem.changed(|parts| parts.training.batch = 9).unwrap();
    let few = LawLimits {
        max_transitions: 500,
        ..limits()
    };
    for merge in [false, true] {
        let chain = Chain::rational(&problem, Horizon::Steps(1), merge, &few).unwrap();
        assert_stopped_at_start(&chain, "different batches of 9 samples");
        assert_eq!(chain.is_merged(), merge);
    }
}

#[test]
fn numbers_that_double_in_length_stop_at_a_limit() {
    let shape = Shape {
        loss: Loss::Square,
        activation: Activation::Relu2,
        train: Train::FiltersAndHead,
        background: 0..=0,
        background_patches: 0..=0,
        filters: 3..=3,
        ..coarse()
    };
    let steps = 200;
    let few = LawLimits {
        max_bits: 3_000,
        ..limits()
    };
    // Long numbers cost more, and the work knows it.
    let little = LawLimits {
        max_work: 10_000_000,
        ..limits()
    };
    let mut stopped = 0;
    property(shape, 5, 10, |problem| {
        let chain = Chain::build(&problem, Horizon::Steps(steps), false, &few).unwrap();
        let Some(stop) = chain.stopped() else {
            // Some die, and stay where they are.
            return;
        };
        stopped += 1;
        assert!(
            stop.limit.contains("weights of more than 3000 bits"),
            "{stop}"
        );
        assert!(stop.t >= 2, "{stop}");
        let brute = BruteForce::run(&problem, 2);
        assert_eq!(chain.law(steps).p_perfect[..3], brute.perfect);
        let chain = Chain::build(&problem, Horizon::Steps(steps), false, &little).unwrap();
        assert!(chain.stopped().unwrap().limit.contains("operations"));
        assert!(chain.n_states() < 2_000, "{}", chain.n_states());
    });
    assert!(stopped >= 3, "{stopped}");
}

#[test]
fn theorems_share_one_chain() {
    let problem = reference();
    let audits = audit(&problem);
    let context = Context::new(&problem, &audits);
    let chain = context.chain().unwrap();
    assert_eq!(chain.stopped(), None);
    let alone = Chain::build(&problem, Horizon::Steps(5), false, &limits()).unwrap();
    assert_eq!(chain.law(5), alone.law(5));
    assert!(std::ptr::eq(chain, context.chain().unwrap()));
    let absorption = context.absorption().unwrap();
    assert_eq!(absorption.states, 8_975);
    assert!(std::ptr::eq(absorption, context.absorption().unwrap()));
    // Another budget is another chain.
    let small = context.with_budget(Budget {
        law: LawLimits {
            max_states: 100,
            ..context.budget.law.clone()
        },
        ..context.budget.clone()
    });
    let stop = small.chain().unwrap().stopped().unwrap();
    assert!(stop.limit.contains("more than 100 states"), "{stop}");
    assert!(matches!(
        small.absorption(),
        Err(AbsorptionStop::Limit(stop)) if stop.limit.contains("more than 100 states")
    ));
}

#[test]
fn a_state_that_is_good_by_its_weights() {
    // A predicate on weights instead of accuracy: the key of filter 0 has grown.
    let shape = Shape {
        loss: Loss::Hinge,
        dictionary: DictionaryKind::Standard,
        ..coarse()
    };
    property(shape, 60, 10, |problem| {
        let chain = Chain::build(&problem, Horizon::Steps(4), false, &limits()).unwrap();
        let start = &problem.network().weights[(0, 0)];
        let grown = |s: usize| chain.weights(s).unwrap()[(0, 0)] > *start;
        let law = chain.always(2, 2, &grown).unwrap();
        // It never shrinks again, so it has grown by step 2 unless it has not at both.
        assert_eq!(chain.always(2, 4, &grown).unwrap(), law);
        let not_yet = chain.never(4, &grown).unwrap();
        assert_eq!(Q::one() - &not_yet[2], law);
        assert!(chain.always(3, 2, &|_| false).unwrap().is_one());
    });
}
