//! T14, the mistake bound by a separator: over random problems of every kind of dictionary, against vectors in their
//! own space, against the exact law, and against its wrong theories.

use crate::common::strategy::property;
use crate::common::{DictionaryKind, DistributionKind, HeadKind, Shape};
use crate::harness::{self, Stated, Suite, exact, population, small_law, suite};
use crate::violate::Way;
use filtercert::dynamics::gradient::Model;
use filtercert::dynamics::law::{Chain, Horizon};
use filtercert::dynamics::sampler::Sampler;
use filtercert::number::{Matrix, Q, integer, ratio};
use filtercert::problem::assumption::AssumptionId;
use filtercert::problem::separable::{Separability, separability};
use filtercert::problem::{
    Activation, Atom, AtomTable, Dictionary, Distribution, Label, Loss, Network, Pooling, Problem,
    Train, Training,
};
use filtercert::theory::separator_bound::SeparatorBound;
use filtercert::theory::theorem::{Theorem, Theory};
use filtercert::theory::verdict::{Figure, Layer, Outcome, Verdict};
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::sync::Arc;

laws![
    bounds_never_exceed_the_exact_law,
    the_inequalities_hold_for_vectors_in_their_own_space,
    without_a_separator_updates_may_never_end,
    what_is_outside_of_the_model_is_named,
    filters_of_head_0_do_not_count,
];

pub fn suites() -> Vec<Suite> {
    // Near misses by their place: five on all kinds of dictionaries, one on patterns that oppose each other, one on
    // sums of these, relu, and the tail.
    let mut populations = vec![population(30, base()).wrong(0..5)];
    for shape in shapes() {
        let all = population(30, shape).wrong(0..5);
        populations.push(all.stated(Stated::HoldsWhereItApplies));
    }
    let opposed = Shape {
        background: 0..=0,
        head: HeadKind::Signs,
        filters: 1..=1,
        weight_numerator: 2,
        step_numerator: 20..=60,
        step_denominator: 2,
        ..base()
    };
    populations.push(population(100, opposed).made(opposing).wrong(5..7));
    let relu = Shape {
        activation: Activation::Relu,
        ..shape()
    };
    let relu = population(120, relu).made(with_a_head).wrong(7..8);
    populations.push(relu.stated(Stated::NotRefuted));
    populations.push(population(100, base()).wrong(8..9));
    let populations = populations.into_iter();
    vec![Suite {
        budget: small_law(),
        look: |seen, _| {
            let [most, updates] =
                ["max_updates", "largest_updates_seen"].map(|name| exact(seen.outcome, name));
            assert!(updates <= most, "{updates:?} {most:?}");
        },
        further: vec![
            Way::new(
                "no head",
                AssumptionId::A0,
                "network.head is 0 altogether",
                |p| {
                    p.network.head.fill(Q::zero());
                },
            ),
            Way::new(
                "an empty image",
                AssumptionId::Separable,
                "an empty image",
                |p| {
                    p.distribution = with_an_empty_image(p.dictionary.n_patterns());
                },
            ),
        ],
        violated: |_, way, outcome| {
            if way.breaks == [AssumptionId::Separable] {
                assert!(matches!(
                    outcome.figures.get("farkas"),
                    Some(Figure::Images(_))
                ));
            }
        },
        ..suite(
            &SeparatorBound,
            populations
                .enumerate()
                .map(|(i, p)| if i == OPPOSED { p } else { p.made(with_a_head) })
                .collect(),
        )
    }]
}

/// The place of the population of opposing patterns.
const OPPOSED: usize = 10;

/// Patches (2, 0) and (-1, 1/5) together in each image: separable patch by patch, but not by the vector that
/// separates their sums best.
fn opposing(problem: Problem) -> Problem {
    let change = |p: &mut filtercert::problem::Parts| {
        let vectors = vec![vec![integer(2), Q::zero()], vec![integer(-1), ratio(1, 5)]];
        p.dictionary = Dictionary::explicit(vectors).unwrap();
        p.network.activation = leaky(ratio(1, 4));
        let atom = |counts: [u32; 2]| Atom {
            label: Label::Plus,
            counts: counts.to_vec(),
            probability: ratio(1, 2),
        };
        let table = AtomTable::new(2, vec![atom([1, 1]), atom([2, 1])]).unwrap();
        p.distribution = Distribution::Explicit(Arc::new(table));
    };
    problem.changed(change).unwrap()
}

/// A key in each image and an orthonormal dictionary: always separable.
fn base() -> Shape {
    small(
        DictionaryKind::Orthonormal,
        DistributionKind::Generative,
        leaky(ratio(1, 2)),
    )
}

/// The same with a head that is not 0 altogether.
fn with_a_head(problem: Problem) -> Problem {
    problem
        .changed(|p| p.network.head[0] = -ratio(1, 2))
        .unwrap()
}

fn with_an_empty_image(n_patterns: usize) -> Distribution {
    let atom = |label: Label, count: u32| Atom {
        label,
        counts: (0..n_patterns)
            .map(|q| if q == label.index() { count } else { 0 })
            .collect(),
        probability: ratio(1, 2),
    };
    let atoms = vec![atom(Label::Plus, 0), atom(Label::Minus, 1)];
    Distribution::Explicit(Arc::new(AtomTable::new(n_patterns, atoms).unwrap()))
}

fn check(problem: &Problem, theory: Theory) -> Outcome {
    harness::check(&SeparatorBound, problem, theory, small_law())
}

fn leaky(slope: Q) -> Activation {
    Activation::LeakyRelu { slope }
}

fn shape() -> Shape {
    Shape {
        activation: leaky(ratio(1, 4)),
        loss: Loss::Hinge,
        head: HeadKind::Rational,
        balanced: false,
        same_background: false,
        winners_and_losers: false,
        filters: 1..=3,
        background: 0..=2,
        key_patches: 1..=2,
        background_patches: 0..=2,
        weight_numerator: 8,
        weight_denominator: 32,
        step_numerator: 1..=20,
        step_denominator: 20,
        steps: 20..=40,
        ..Shape::default()
    }
}

/// Dictionaries, distributions and activations, most of them separable.
fn shapes() -> Vec<Shape> {
    let mut all = Vec::new();
    for activation in [leaky(ratio(1, 4)), leaky(ratio(3, 4)), Activation::Identity] {
        for (dictionary, distribution) in [
            (DictionaryKind::Orthonormal, DistributionKind::Generative),
            (DictionaryKind::Coherent, DistributionKind::KeyedAtoms),
            (DictionaryKind::Coherent, DistributionKind::Atoms),
        ] {
            all.push(Shape {
                activation: activation.clone(),
                dictionary,
                distribution,
                ..shape()
            });
        }
    }
    all
}

/// Problems whose whole chain fits.
fn small(
    dictionary: DictionaryKind,
    distribution: DistributionKind,
    activation: Activation,
) -> Shape {
    Shape {
        dictionary,
        distribution,
        activation,
        filters: 1..=2,
        background: 0..=1,
        background_patches: 0..=1,
        step_numerator: 4..=24,
        steps: 6..=10,
        ..shape()
    }
}

/// The bound, and the probabilities that follow, against the exact law; how near they come.
fn bounds_never_exceed_the_exact_law() {
    let mut whole = 0u64;
    let mut factors: [Vec<f64>; 4] = Default::default();
    let mut probabilities = 0u64;
    let mut kinds = Vec::new();
    for activation in [
        leaky(ratio(1, 2)),
        leaky(ratio(1, 10)),
        Activation::Identity,
    ] {
        kinds.push((
            DictionaryKind::Orthonormal,
            DistributionKind::Generative,
            activation.clone(),
        ));
        kinds.push((
            DictionaryKind::Coherent,
            DistributionKind::KeyedAtoms,
            activation.clone(),
        ));
        kinds.push((
            DictionaryKind::Coherent,
            DistributionKind::Atoms,
            activation,
        ));
    }
    for (i, (dictionary, distribution, activation)) in kinds.into_iter().enumerate() {
        let shape = small(dictionary, distribution, activation);
        property(shape, 10_000 + 1_000 * i as u64, 70, |problem| {
            let outcome = check(&problem, Theory::Stated);
            if !outcome.fails.is_empty() {
                return;
            }
            assert!(matches!(outcome.verdict, Verdict::Holds { .. }));
            let [most, sharp] =
                ["max_updates", "max_updates_sharp"].map(|name| exact(&outcome, name).unwrap());
            let [bound, found] = ["probability_open_gate_bound", "probability_open_gate_exact"]
                .map(|name| exact(&outcome, name));
            if let (Some(bound), Some(found)) = (bound, found) {
                assert!(found <= bound, "{found} {bound}");
                probabilities += u64::from(bound < Q::one());
            }
            // The longest path by walking down the graph, a state after all of its successors.
            let limits = small_law().law;
            let chain = Chain::build(&problem, Horizon::Absorption, false, &limits).unwrap();
            if chain.stopped().is_some() {
                return;
            }
            let longest = integer(longest_from(&chain, 0, &mut vec![None; chain.n_states()]));
            assert_eq!(exact(&outcome, "longest_path"), Some(longest.clone()));
            assert!(
                longest <= sharp && sharp <= most,
                "{longest} {sharp} {most}"
            );
            whole += 1;
            if longest.is_positive() {
                // Orthonormal dictionaries, then all others.
                let kind = 2 * usize::from(i % 3 > 0);
                for (k, bound) in [most, sharp].into_iter().enumerate() {
                    factors[kind + k].push((bound / &longest).to_f64().unwrap());
                }
            }
        });
    }
    println!("T14: {whole} whole chains, {probabilities} proper bounds of a probability");
    let names = [
        "T14, orthonormal",
        "T14s, orthonormal",
        "T14, others",
        "T14s, others",
    ];
    for (name, factors) in names.iter().zip(&mut factors) {
        factors.sort_by(f64::total_cmp);
        let at = |share: usize| factors[(factors.len() - 1) * share / 100];
        let shown = [0, 10, 50, 90].map(|share| format!("{:.2}", at(share)));
        println!(
            "  {name}: M_max over the longest path of {}: least, 10 %, median, 90 % {shown:?}",
            factors.len()
        );
        assert!(at(0) < 2.0 && at(50) < 20.0);
    }
    assert!(whole >= 300, "{whole}");
}

/// The most updates from a state on, remembered.
fn longest_from(chain: &Chain<'_>, state: usize, known: &mut [Option<u64>]) -> u64 {
    if let Some(longest) = known[state] {
        return longest;
    }
    let next = chain
        .transitions(state)
        .into_iter()
        .map(|(target, _)| target);
    let next: Vec<usize> = next.filter(|&target| target != state).collect();
    let longest = next
        .into_iter()
        .map(|target| 1 + longest_from(chain, target, known))
        .max()
        .unwrap_or(0);
    known[state] = Some(longest);
    longest
}

fn sum<'a>(rows: impl Iterator<Item = (&'a Vec<Q>, Q)>, dimension: usize) -> Vec<Q> {
    let mut total = vec![Q::zero(); dimension];
    for (row, factor) in rows {
        for (t, x) in total.iter_mut().zip(row) {
            *t += x * &factor;
        }
    }
    total
}

fn dot(x: &[Q], y: &[Q]) -> Q {
    x.iter().zip(y).map(|(a, b)| a * b).sum()
}

/// On the filters themselves, as vectors: each update raises F by `eta A` or more, and `|W|^2` by
/// `2 eta + eta^2 A rho^2` at most; and M_max is the largest integer with the inequality, by trying.
fn the_inequalities_hold_for_vectors_in_their_own_space() {
    let mut updates = 0u64;
    let mut nearest = Q::zero();
    for (i, activation) in [leaky(ratio(1, 4)), Activation::Identity]
        .into_iter()
        .enumerate()
    {
        let shape = Shape {
            dictionary: DictionaryKind::Coherent,
            distribution: DistributionKind::KeyedAtoms,
            activation,
            ..shape()
        };
        property(shape, 70_000 + 1_000 * i as u64, 40, |problem| {
            let Some(Ok(Separability::Separable(separator))) = separability(&problem) else {
                return;
            };
            let outcome = check(&problem, Theory::Stated);
            if !outcome.fails.is_empty() {
                return;
            }
            let patterns = problem.dictionary().vectors().unwrap().to_vec();
            let dimension = patterns[0].len();
            let model = Model::<Q>::new(&problem);
            let (eta, head) = (&problem.training().step, &problem.network().head);
            let squares: Q = head.iter().map(|a| a * a).sum();
            // Vectors of the filters from their coordinates: Z X, X a generalised inverse of G.
            let inverse = problem.dictionary().gram_inverse().unwrap();
            let mut filters: Vec<Vec<Q>> = problem
                .network()
                .weights
                .iter_rows()
                .map(|row| {
                    let c: Vec<Q> = inverse.iter_rows().map(|line| dot(line, row)).collect();
                    sum(patterns.iter().zip(c), dimension)
                })
                .collect();
            let w = sum(
                patterns.iter().zip(separator.coefficients.iter().cloned()),
                dimension,
            );
            assert_eq!(dot(&w, &w), separator.norm_squared);
            let table = problem.distribution().atoms().unwrap();
            let slope = match &problem.network().activation {
                Activation::LeakyRelu { slope } => slope.clone(),
                _ => Q::one(),
            };
            // rho^2 over all corners of the derivatives: at most that of the theorem.
            let longest = table.atoms().iter().flat_map(|atom| {
                let (patterns, slope) = (&patterns, &slope);
                let corners = 0..1u32 << atom.counts.len();
                corners.map(move |mask| {
                    let factor = |p: usize| {
                        let theta = if mask >> p & 1 == 1 {
                            Q::one()
                        } else {
                            slope.clone()
                        };
                        theta * integer(u64::from(atom.counts[p]))
                    };
                    let all = patterns.iter().enumerate().map(|(p, v)| (v, factor(p)));
                    let x = sum(all, dimension);
                    dot(&x, &x)
                })
            });
            let longest = longest.max().unwrap();
            let claimed = table.atoms().iter().map(|atom| -> Q {
                let cells =
                    (0..patterns.len()).flat_map(|p| (0..patterns.len()).map(move |q| (p, q)));
                cells
                    .map(|(p, q)| {
                        let g = problem.dictionary().gram_entry(p, q);
                        let g = if g.is_negative() { g * &slope } else { g };
                        g * integer(u64::from(atom.counts[p]) * u64::from(atom.counts[q]))
                    })
                    .sum()
            });
            let claimed = claimed.max().unwrap();
            // kappa over the same corners.
            let products = &separator.products;
            let quotients = table.atoms().iter().flat_map(|atom| {
                let (patterns, slope) = (&patterns, &slope);
                (0..1u32 << atom.counts.len()).map(move |mask| {
                    let factor = |p: usize| {
                        let theta = if mask >> p & 1 == 1 {
                            Q::one()
                        } else {
                            slope.clone()
                        };
                        theta * integer(u64::from(atom.counts[p]))
                    };
                    let all = patterns.iter().enumerate().map(|(p, v)| (v, factor(p)));
                    let x = sum(all, dimension);
                    let y = integer(atom.label.sign());
                    let g: Q = products
                        .iter()
                        .enumerate()
                        .map(|(p, z)| z * factor(p))
                        .sum();
                    dot(&x, &x) / (g * y)
                })
            });
            let kappa = quotients.max().unwrap();
            assert!(longest <= claimed, "{longest} {claimed}");
            nearest = (&longest / &claimed).max(nearest.clone());
            let gain = eta * integer(2) + eta * eta * &squares * &claimed;
            let f = |filters: &[Vec<Q>]| -> Q {
                filters.iter().zip(head).map(|(v, a)| a * dot(v, &w)).sum()
            };
            let norm = |filters: &[Vec<Q>]| -> Q {
                let moving = filters.iter().zip(head).filter(|(_, a)| !a.is_zero());
                moving.map(|(v, _)| dot(v, v)).sum()
            };
            // M_max, by trying one after the other.
            let (start, product) = (norm(&filters), f(&filters));
            let admits = |m: i64, gain: &Q| {
                let reached = &product + eta * &squares * integer(m);
                let right = &squares * &separator.norm_squared * (&start + gain * integer(m));
                !reached.is_positive() || &reached * &reached <= right
            };
            let sharp = eta * integer(2) + eta * eta * &squares * &kappa;
            for (gain, name) in [(&gain, "max_updates"), (&sharp, "max_updates_sharp")] {
                let most = (0..).find(|&m| !admits(m + 1, gain)).unwrap();
                assert_eq!(exact(&outcome, name), Some(integer(most)));
            }
            let most = (0..).find(|&m| !admits(m + 1, &sharp)).unwrap();
            let sampler = Sampler::new(problem.distribution());
            let mut rng = Sampler::stream(problem.training().seed, 0);
            let mut image = sampler.blank();
            let mut count = 0;
            for _ in 0..60 {
                sampler.draw(&mut rng, &mut image);
                let z: Vec<Vec<Q>> = filters
                    .iter()
                    .map(|v| patterns.iter().map(|p| dot(v, p)).collect())
                    .collect();
                let y = integer(image.label.sign());
                let n = |p: usize| integer(u64::from(image.counts[p]));
                let pooled = |row: &Vec<Q>| -> Q {
                    row.iter()
                        .enumerate()
                        .map(|(p, z)| n(p) * model.activate(z))
                        .sum()
                };
                let margin: Q = z
                    .iter()
                    .zip(head)
                    .map(|(row, a)| a * &y * pooled(row))
                    .sum();
                if margin >= Q::one() {
                    continue;
                }
                let before = (f(&filters), norm(&filters));
                for ((v, row), a) in filters.iter_mut().zip(&z).zip(head) {
                    for (p, pattern) in patterns.iter().enumerate() {
                        let factor = eta * a * &y * n(p) * model.derivative(&row[p]);
                        for (x, q) in v.iter_mut().zip(pattern) {
                            *x += &factor * q;
                        }
                    }
                }
                let higher = f(&filters) - before.0;
                assert!(higher >= eta * &squares);
                let risen = norm(&filters) - before.1;
                assert!(risen <= gain);
                let by_sharp = eta * integer(2) + eta * &kappa * higher;
                assert!(risen <= by_sharp);
                count += 1;
                updates += 1;
            }
            assert!(count <= most);
        });
    }
    println!(
        "T14: {updates} updates of vectors; rho^2 comes within {:.3} of its bound",
        nearest.to_f64().unwrap()
    );
    assert!(updates >= 200);
    assert!(nearest.is_one());
}

/// One filter of weight w on the line, with patches 2 and -1 in the one image.
fn on_the_line(activation: Activation, head: Q, w: Q, eta: Q) -> Problem {
    let dictionary = Dictionary::explicit(vec![vec![integer(2)], vec![integer(-1)]]).unwrap();
    let atom = Atom {
        label: Label::Plus,
        counts: vec![1, 1],
        probability: Q::one(),
    };
    let table = AtomTable::new(2, vec![atom]).unwrap();
    let weights = Matrix::from_vec(1, 2, vec![&w * integer(2), -w]).unwrap();
    let network = Network::explicit(activation, Pooling::Sum, vec![head], weights).unwrap();
    let training = Training {
        loss: Loss::Hinge,
        train: Train::Filters,
        step: eta,
        batch: 1,
        steps: 40,
        runs: 4,
        seed: 1,
    };
    let distribution = Distribution::Explicit(Arc::new(table));
    Problem::new(
        "line".to_owned(),
        dictionary,
        distribution,
        network,
        training,
    )
    .unwrap()
}

/// The sum of the patches is separable, the patches are not: the gate stays open for ever, and the state goes round.
fn without_a_separator_updates_may_never_end() {
    let problem = on_the_line(leaky(ratio(1, 4)), -Q::one(), Q::one(), ratio(1, 4));
    let outcome = check(&problem, Theory::Stated);
    let Verdict::NotApplicable {
        assumption,
        witness,
    } = &outcome.verdict
    else {
        panic!("{:?}", outcome.verdict);
    };
    assert_eq!(*assumption, AssumptionId::Separable);
    assert!(witness.contains("add up to 0"), "{witness}");
    assert!(
        matches!(outcome.figures.get("farkas"), Some(Figure::Images(parts)) if parts.len() == 1)
    );
    let chain = Chain::build(&problem, Horizon::Absorption, false, &small_law().law).unwrap();
    assert!(chain.stopped().is_none() && chain.longest_path().is_none());
    assert!((0..chain.n_states()).all(|s| !chain.is_settled(s)));
    // The near miss that the sum suffices speaks of it, and is refuted.
    let wrong = SeparatorBound.wrong_theories();
    let summed = wrong
        .iter()
        .position(|w| w.text.contains("summed"))
        .unwrap();
    let outcome = check(&problem, Theory::Wrong(summed));
    assert_eq!(outcome.violation().unwrap().claim, wrong[summed].breaks);
    // For s = 1 the sum is all that there is, and every path ends.
    let problem = on_the_line(Activation::Identity, -Q::one(), Q::one(), ratio(1, 4));
    let outcome = check(&problem, Theory::Stated);
    let layer = Layer::Exact;
    assert_eq!(outcome.verdict, Verdict::Holds { layer });
    assert!(exact(&outcome, "longest_path").unwrap() <= exact(&outcome, "max_updates").unwrap());
}

fn what_is_outside_of_the_model_is_named() {
    let shape = small(
        DictionaryKind::Orthonormal,
        DistributionKind::Generative,
        leaky(ratio(1, 2)),
    );
    let named = |problem: &Problem| {
        let outcome = check(problem, Theory::Stated);
        let fails = outcome
            .fails
            .iter()
            .map(|f| (f.assumption, f.witness.clone()));
        (fails.collect::<Vec<_>>(), outcome)
    };
    property(shape, 5, 4, |base| {
        let base = base.changed(|p| p.network.head[0] = -ratio(1, 2)).unwrap();
        assert!(named(&base).0.is_empty());
        type Change = fn(&mut filtercert::problem::Parts);
        let changes: [(Change, &str); 7] = [
            (
                |p| p.network.activation = Activation::Relu,
                "network.activation = \"relu\"",
            ),
            (
                |p| p.network.activation = Activation::Relu2,
                "network.activation = \"relu2\"",
            ),
            (
                |p| p.network.pooling = Pooling::Max,
                "network.pooling = \"max\"",
            ),
            (
                |p| p.training.loss = Loss::Unhinged,
                "training.loss = \"unhinged\"",
            ),
            (
                |p| p.training.train = Train::FiltersAndHead,
                "training.train = \"filters+head\"",
            ),
            (|p| p.training.batch = 3, "training.batch = 3"),
            (
                |p| p.network.head.fill(Q::zero()),
                "network.head is 0 altogether",
            ),
        ];
        for (change, witness) in changes {
            let (fails, _) = named(&base.changed(change).unwrap());
            assert_eq!(fails, [(AssumptionId::A0, witness.to_owned())]);
        }
        // Batches and the perceptron have bounds of their own.
        for change in [
            |p: &mut filtercert::problem::Parts| p.training.batch = 2,
            |p: &mut filtercert::problem::Parts| p.training.loss = Loss::Perceptron,
        ] {
            let (_, outcome) = named(&base.changed(change).unwrap());
            let text = outcome.beyond.clone().unwrap().to_string();
            assert!(text.contains("inequalities hold"), "{text}");
            assert!(exact(&outcome, "max_updates").is_some());
        }
        // An empty image has an open gate for ever.
        let (fails, _) = named(
            &base
                .changed(|p| {
                    let n = p.dictionary.n_patterns();
                    let atom = |label: Label, count: u32| Atom {
                        label,
                        counts: (0..n)
                            .map(|q| if q == label.index() { count } else { 0 })
                            .collect(),
                        probability: ratio(1, 2),
                    };
                    let atoms = vec![atom(Label::Plus, 0), atom(Label::Minus, 1)];
                    let table = AtomTable::new(n, atoms).unwrap();
                    p.distribution = Distribution::Explicit(Arc::new(table));
                })
                .unwrap(),
        );
        assert_eq!(fails.len(), 1);
        assert_eq!(fails[0].0, AssumptionId::Separable);
        assert!(fails[0].1.contains("an empty image"), "{}", fails[0].1);
    });
}

/// A head with zeros: filters that do not move do not count, whatever they are.
fn filters_of_head_0_do_not_count() {
    let shape = small(
        DictionaryKind::Orthonormal,
        DistributionKind::Generative,
        leaky(ratio(1, 2)),
    );
    property(
        Shape {
            filters: 2..=2,
            ..shape
        },
        9,
        5,
        |problem| {
            let still = problem
                .changed(|p| p.network.head = vec![Q::one(), Q::zero()])
                .unwrap();
            let far = still
                .changed(|p| p.network.weights[(1, 0)] = integer(1_000))
                .unwrap();
            let [a, b] = [still, far].map(|p| exact(&check(&p, Theory::Stated), "max_updates"));
            assert!(a.is_some() && a == b);
        },
    );
}
