//! Hitting times of the exact law against a backward pass over its states, the conditions that they
//! need, and their limits.

use crate::common::strategy::{property, random};
use crate::common::{DictionaryKind, DistributionKind, Shape, coarse, reference};
use filtercert::dynamics::law::{
    Absorption, AbsorptionStop, Chain, Horizon, LawLimits, absorption,
};
use filtercert::number::{Q, ratio};
use filtercert::problem::{Activation, AtomTable, Distribution, Loss, Pooling, Problem, Train};
use num_bigint::BigInt;
use num_traits::{One, Zero};
use std::collections::HashMap;
use std::sync::Arc;

fn limits() -> LawLimits {
    LawLimits::default()
}

/// The same atoms, the first with probability 7/3^90.
fn with_a_rare_atom(problem: &Problem) -> Distribution {
    let mut atoms = problem.distribution().atoms().unwrap().atoms().to_vec();
    let tiny = Q::new(BigInt::from(7), num_traits::pow(BigInt::from(3), 90));
    let last = atoms.len() - 1;
    let difference = &atoms[0].probability - &tiny;
    atoms[0].probability = tiny;
    atoms[last].probability += difference;
    Distribution::Explicit(Arc::new(
        AtomTable::new(problem.n_patterns(), atoms).unwrap(),
    ))
}

/// Hitting times by a backward pass over the states, and the longest path by depth-first search.
struct Backward<'c, 'p> {
    chain: &'c Chain<'p>,
    known: HashMap<usize, (Q, Q, u64)>,
}

impl Backward<'_, '_> {
    /// Expected first step with accuracy 1, its probability, and the longest path, from a state.
    fn from(&mut self, state: usize) -> (Q, Q, u64) {
        if let Some(known) = self.known.get(&state) {
            return known.clone();
        }
        let moves = self.chain.transitions(state);
        let perfect = self.chain.is_perfect(state);
        let (mut expected, mut ever, mut longest) = (Q::one(), Q::zero(), 0);
        let mut leaves = Q::zero();
        for (target, p) in moves.into_iter().filter(|(t, _)| *t != state) {
            let (e, h, l) = self.from(target);
            expected += &p * e;
            ever += &p * h;
            leaves += p;
            longest = longest.max(l + 1);
        }
        let result = if perfect {
            (Q::zero(), Q::one(), longest)
        } else {
            (expected / &leaves, ever / leaves, longest)
        };
        self.known.insert(state, result.clone());
        result
    }
}

#[test]
fn hitting_times_are_those_of_a_backward_pass() {
    let (mut compared, mut perfect_at_first, mut leaves_perfection) = (0, 0, 0);
    let mut rare = 0;
    for loss in [Loss::Hinge, Loss::Perceptron] {
        for batch in [1, 2] {
            for distribution in [DistributionKind::Generative, DistributionKind::KeyedAtoms] {
                let shape = Shape {
                    loss,
                    distribution,
                    batch: batch..=batch,
                    filters: 3..=4,
                    step_numerator: 2..=9,
                    ..coarse()
                };
                property(
                    shape,
                    9_000,
                    if batch == 1 { 25 } else { 6 },
                    |mut problem| {
                        let name = format!("{loss:?}, batch {batch}, {distribution:?}");
                        if distribution == DistributionKind::KeyedAtoms
                            && problem.training().seed % 3 == 0
                        {
                            // Weights of several words.
                            problem = problem
                                .changed(|parts| parts.distribution = with_a_rare_atom(&problem))
                                .unwrap();
                            rare += 1;
                        }
                        let found: Absorption = absorption(&problem, &limits()).unwrap();
                        let chain =
                            Chain::rational(&problem, Horizon::Absorption, false, &limits())
                                .unwrap();
                        assert_eq!(chain.stopped(), None, "{name}");
                        let mut backward = Backward {
                            chain: &chain,
                            known: HashMap::new(),
                        };
                        let (expected, ever, longest) = backward.from(0);
                        assert_eq!(found.states, chain.n_states() as u64, "{name}");
                        assert_eq!(found.longest_path, longest, "{name}");
                        assert_eq!(found.expected_steps_to_perfect, expected, "{name}");
                        assert_eq!(found.p_ever_perfect, ever, "{name}");
                        // The law: the expectation is the sum over t of P(not perfect up to t).
                        let fast =
                            Chain::build(&problem, Horizon::Absorption, false, &limits()).unwrap();
                        let never = fast.never(60, &|s| fast.is_perfect(s)).unwrap();
                        let partial = never.iter().fold(Q::zero(), |sum, p| sum + p);
                        assert!(partial <= expected, "{name}");
                        assert!(Q::one() - &never[60] <= ever, "{name}");
                        if never[60] < ratio(1, 1_000_000) {
                            assert!(&expected - &partial < ratio(1, 1_000), "{name}");
                        }
                        compared += 1;
                        perfect_at_first += u32::from(expected.is_zero());
                        leaves_perfection += u32::from((0..chain.n_states()).any(|s| {
                            chain.is_perfect(s)
                                && chain
                                    .transitions(s)
                                    .iter()
                                    .any(|(t, _)| !chain.is_perfect(*t))
                        }));
                    },
                );
            }
        }
    }
    println!(
        "{compared} problems, {perfect_at_first} perfect at first, {leaves_perfection} where accuracy 1 can be lost"
    );
    assert!(compared >= 100 && perfect_at_first >= 1 && leaves_perfection >= 5 && rare >= 10);
}

#[test]
fn hitting_times_name_the_condition_that_fails() {
    let good = Shape {
        loss: Loss::Hinge,
        dictionary: DictionaryKind::Standard,
        filters: 3..=3,
        step_numerator: 4..=8,
        ..coarse()
    };
    let one = |shape: Shape| random(&shape, 41);
    assert!(absorption(&one(good.clone()), &limits()).is_ok());
    let mut two_keys = one(Shape {
        distribution: DistributionKind::KeyedAtoms,
        ..good.clone()
    });
    let mut atoms = two_keys.distribution().atoms().unwrap().atoms().to_vec();
    atoms[0].counts[0] += 1;
    atoms[0].counts[1] += 1;
    two_keys = two_keys
        .changed(|parts| {
            parts.distribution = Distribution::Explicit(Arc::new(
                AtomTable::new(two_keys.n_patterns(), atoms).unwrap(),
            ))
        })
        .unwrap();
    let mut no_winner = one(good.clone());
    for j in 0..3 {
        no_winner = no_winner
            .changed(|parts| parts.network.weights[(j, 1)] = Q::zero())
            .unwrap();
    }
    let mut rational_head = one(good.clone());
    rational_head = rational_head
        .changed(|parts| parts.network.head[0] = ratio(1, 2))
        .unwrap();
    for (problem, words) in [
        (
            one(Shape {
                loss: Loss::Unhinged,
                ..good.clone()
            }),
            "the loss is unhinged",
        ),
        (
            one(Shape {
                train: Train::FiltersAndHead,
                ..good.clone()
            }),
            "the head is trained",
        ),
        (
            one(Shape {
                activation: Activation::Identity,
                ..good.clone()
            }),
            "the activation is identity",
        ),
        (
            one(Shape {
                pooling: Pooling::Max,
                ..good.clone()
            }),
            "the pooling is max",
        ),
        (
            one(Shape {
                dictionary: DictionaryKind::Coherent,
                ..good.clone()
            }),
            "(A1)",
        ),
        (two_keys, "(A2)"),
        (rational_head, "(A5f)"),
        (no_winner, "label - has no winner (A6')"),
    ] {
        match absorption(&problem, &limits()) {
            Err(AbsorptionStop::NotApplicable(text)) => {
                assert!(text.contains(words), "{text}, expected {words}");
            }
            other => panic!("{words}: {other:?}"),
        }
    }
}

#[test]
fn hitting_times_stop_at_every_limit() {
    for batch in [1, 2] {
        let mut problem = reference();
        problem = problem
            .changed(|parts| parts.training.batch = batch)
            .unwrap();
        let none = limits();
        for (limit, words) in [
            (
                LawLimits {
                    max_states: 20,
                    ..none.clone()
                },
                "more than 20 states",
            ),
            (
                LawLimits {
                    max_transitions: 30,
                    ..none.clone()
                },
                "more than 30 transitions",
            ),
            (
                LawLimits {
                    max_work: 1_000,
                    ..none.clone()
                },
                "more than 1000 operations",
            ),
            (
                LawLimits {
                    max_transitions: 1,
                    ..none.clone()
                },
                "more than 1 transitions",
            ),
            (
                LawLimits {
                    max_bits: 5,
                    ..none.clone()
                },
                "more than 5 bits",
            ),
            (
                LawLimits {
                    max_words: 2,
                    ..none.clone()
                },
                "more than 2 words",
            ),
        ] {
            if batch == 2 && words.contains("words") {
                // The way through the whole chain keeps rationals, not words.
                continue;
            }
            match absorption(&problem, &limit) {
                Err(AbsorptionStop::Limit(stop)) => {
                    assert!(
                        stop.limit.contains(words),
                        "{}, expected {words}",
                        stop.limit
                    );
                }
                other => panic!("batch {batch}, {words}: {other:?}"),
            }
        }
    }
}
