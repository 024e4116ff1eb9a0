//! Odd certificates that are well formed: patterns that repeat or vanish, heads of 0, one label only, atoms that
//! repeat, ties, deaths on a step. A claim begins with arbitrary numbers, takes over what the checker says it
//! recomputed until the checker has nothing to object to, and must then be true by definition.

use super::bounds::claimed;
use super::naive::{self, int};
use crate::number::{Q, ratio, sqrt_rd};
use filtercert::certificate::format::{
    AlongAndAcross, Atom, BoundedUpdates, Certificate, Claim, Conclusion, Conjecture,
    ConjectureFails, Draws, Form, Label, Loss, Natural, Number, Over, Part, Pooling, Probability,
    Problem, Refutation, RefutationProbability, RefutationStuck, RefutationUpdates, Said, Theorem,
    Train,
};
use filtercert::certificate::verify::{Quantity, Verdict, VerifyError, verify_within};
use num_traits::{One, ToPrimitive, Zero};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

fn pick<T: Copy>(from: &[T], rng: &mut ChaCha8Rng) -> T {
    from[rng.random_range(0..from.len())]
}

fn odd_problem(rng: &mut ChaCha8Rng) -> Problem {
    let (n, width) = (rng.random_range(1..=3), rng.random_range(2..=4));
    // Some are as T4, T5 and T6 ask for.
    let keen = rng.random_bool(0.5);
    let plain = keen || rng.random_bool(0.3);
    let vectors: Vec<Vec<i64>> = (0..width)
        .map(|p| match plain {
            true => (0..4).map(|i| i64::from(i == p)).collect(),
            false => (0..3).map(|_| rng.random_range(-1..=1)).collect(),
        })
        .collect();
    let product = |v: &[i64], w: &[i64]| v.iter().zip(w).map(|(x, y)| x * y).sum::<i64>();
    let gram: Vec<Vec<i64>> = vectors
        .iter()
        .map(|v| vectors.iter().map(|w| product(v, w)).collect())
        .collect();
    let weights = (0..n).map(|_| {
        let along: Vec<i64> = (0..width).map(|_| rng.random_range(-2..=2)).collect();
        let row = gram.iter().map(|g| Number(ratio(product(g, &along), 2)));
        row.collect()
    });
    let weights = weights.collect();
    let shares: Vec<i64> = (0..rng.random_range(1..=3))
        .map(|_| rng.random_range(1..=2))
        .collect();
    let keyed = keen || rng.random_bool(0.4);
    let atoms = shares.iter().map(|&share| {
        let label = rng.random_range(0..2);
        let mut counts: Vec<Natural> = (0..width)
            .map(|_| Natural(rng.random_range(0..=2)))
            .collect();
        if keyed {
            (counts[label], counts[1 - label]) = (Natural(1), Natural(0));
        }
        let halves = |p: usize| {
            ratio(
                i64::from(p + 2 >= width),
                if width == 3 && keyed { 1 } else { 2 },
            )
        };
        let law = |p: usize| if keyed && p < 2 { Q::zero() } else { halves(p) };
        let probabilities: Vec<Number> = (0..width).map(|p| Number(law(p))).collect();
        let proper = probabilities.iter().map(|q| &q.0).sum::<Q>().is_one();
        let number = Natural(rng.random_range(1..=2));
        Atom {
            label: [Label::Plus, Label::Minus][label],
            counts,
            probability: Number(ratio(share, shares.iter().sum())),
            draws: (proper && rng.random_bool(0.2)).then_some(Draws {
                number,
                probabilities,
            }),
        }
    });
    let atoms = atoms.collect();
    let losses = [
        Loss::Unhinged,
        Loss::Unhinged,
        Loss::Hinge,
        Loss::Hinge,
        Loss::Perceptron,
        Loss::SquaredHinge,
        Loss::Square,
    ];
    let heads = if keen || rng.random_bool(0.5) {
        &[(1, 1), (-1, 1)][..]
    } else {
        &[(0, 1), (1, 2), (-1, 1), (2, 1)]
    };
    let head = (0..n).map(|_| pick(heads, rng));
    Problem {
        gram: gram
            .iter()
            .map(|row| row.iter().map(|&g| Number(int(g))).collect())
            .collect(),
        atoms,
        head: head.map(|(p, q)| Number(ratio(p, q))).collect(),
        loss: pick(&losses, rng),
        train: match keen {
            true => Train::Filters,
            false => pick(&[Train::Filters, Train::FiltersAndHead], rng),
        },
        pooling: (!keen && rng.random_ratio(1, 4)).then_some(Pooling::Max),
        slope: match keen || rng.random_bool(0.4) {
            true => None,
            false => Some(Number(ratio(1, pick(&[1, 2, 4], rng)))),
        },
        step: Number(ratio(pick(&[1, 2, 3], rng), pick(&[1, 2], rng))),
        batch: Natural(if keen { 1 } else { pick(&[1, 2], rng) }),
        weights,
    }
}

fn odd_claim(problem: &Problem, rng: &mut ChaCha8Rng) -> Claim {
    let zero = || Number(Q::zero());
    let t = Natural(rng.random_range(0..=3));
    let weights = vec![vec![zero(); problem.gram.len()]; problem.head.len()];
    let head = vec![zero(); problem.head.len()];
    let images = naive::images(problem).len() as u64;
    let samples = |length: u64, rng: &mut ChaCha8Rng| -> Vec<Vec<Natural>> {
        let batch = |_| {
            (0..problem.batch.0)
                .map(|_| Natural(rng.random_range(0..images)))
                .collect()
        };
        (0..length).map(batch).collect()
    };
    match rng.random_range(0..17) {
        0 => Claim::State { t, weights, head },
        1 => Claim::NormDominance {
            t,
            ratio: Number(int(rng.random_range(0..=9))),
        },
        2 => Claim::Accuracy {
            t,
            accuracy: Number(int(-1)),
        },
        3 => Claim::MistakeBound {
            bound: Number(int(-1)),
        },
        4 => {
            let dominance = rng.random_bool(0.5);
            Claim::Probability(Probability {
                ratio: dominance.then(|| Number(ratio(rng.random_range(0..=3), 2))),
                from: if dominance {
                    Natural(rng.random_range(0..=t.0))
                } else {
                    t
                },
                t,
                label_counts: [0, 1].map(|_| Natural(rng.random_range(0..=2))),
                walks: (2..problem.gram.len())
                    .map(|_| Natural(rng.random_range(0..=6)))
                    .collect(),
                bound: Number(int(2)),
            })
        }
        5 => Claim::Law {
            t,
            perfect: Number(int(-1)),
        },
        9 => Claim::CoherentMistakeBound {
            bound: Number(int(-1)),
        },
        7 => {
            // A few whole numbers separate now and then.
            let separator = (0..problem.gram.len()).map(|_| Number(int(rng.random_range(-4..=4))));
            Claim::SeparatorBound {
                separator: separator.collect(),
                bound: Number(int(-1)),
            }
        }
        8 => {
            let slope = problem.slope.as_ref().map_or_else(Q::zero, |s| s.0.clone());
            let number = rng.random_range(1..=2);
            let parts = (0..number).map(|_| Part {
                atom: Natural(rng.random_range(0..images)),
                weight: Number(ratio(1, number)),
                factors: (0..problem.gram.len())
                    .map(|_| {
                        Number(if rng.random_bool(0.7) {
                            slope.clone()
                        } else {
                            Q::one()
                        })
                    })
                    .collect(),
            });
            Claim::Inseparable {
                parts: parts.collect(),
            }
        }
        10 => {
            let bounded = rng.random_ratio(3, 4);
            let squares = (0..problem.head.len()).map(|_| {
                let square = ratio(rng.random_range(0..=40), 2);
                (bounded || rng.random_bool(0.5)).then_some(Number(square))
            });
            let squares = squares.collect();
            let conclusions = [
                Conclusion::Accuracy,
                Conclusion::Ratio(Number(ratio(rng.random_range(0..=2), 2))),
                Conclusion::Tangent(Number(int(rng.random_range(1..=9)))),
            ];
            let from = Natural(rng.random_range(0..=t.0));
            Claim::AlongAndAcross(AlongAndAcross {
                squares,
                conclusion: conclusions[rng.random_range(0..3)].clone(),
                form: pick(&[Form::Whole, Form::Split], rng),
                from,
                t: rng.random_bool(0.8).then_some(t),
                label_counts: [0, 1].map(|_| Natural(rng.random_range(0..=from.0))),
                bound: Number(int(2)),
            })
        }
        11 => {
            let dominance = rng.random_bool(0.5);
            Claim::RefutationProbability(RefutationProbability {
                thresholds: Probability {
                    ratio: dominance.then(|| Number(ratio(rng.random_range(0..=4), 4))),
                    from: t,
                    t,
                    label_counts: [0, 1].map(|_| Natural(rng.random_range(0..=1))),
                    walks: (2..problem.gram.len())
                        .map(|_| Natural(rng.random_range(0..=6)))
                        .collect(),
                    bound: Number(int(2)),
                },
                key_patches: Natural(rng.random_range(0..=2)),
                probability: Number(int(-1)),
            })
        }
        12 => Claim::RefutationUpdates(RefutationUpdates {
            theorem: pick(&[BoundedUpdates::T6, BoundedUpdates::T6c], rng),
            // Often one image for ever: where nothing moves its gate stays open.
            samples: match rng.random() {
                true => samples(rng.random_range(0..40), rng),
                false => vec![samples(1, rng).remove(0); rng.random_range(0..100)],
            },
            key_patches: Natural(rng.random_range(0..=2)),
            bound: Number(int(-1)),
            updates: Natural(99),
        }),
        13 => Claim::RefutationStuck(RefutationStuck {
            theorem: pick(&[BoundedUpdates::T6, BoundedUpdates::T6c], rng),
            samples: samples(t.0, rng),
            atom: Natural(rng.random_range(0..images)),
            margin: Number(int(99)),
        }),
        14 | 15 => {
            let (claim, when, _) = pick(&naive::SENTENCES, rng);
            let says = Said {
                claim: claim.to_owned(),
                when: when.map(str::to_owned),
                steps: Natural(rng.random_range(0..=4)),
            };
            let chance = Over::Probability {
                is: Number(int(-1)),
                at_least: Number(ratio(1, 2)),
                strict: rng.random(),
            };
            match rng.random() {
                true => Claim::Conjecture(Conjecture {
                    says,
                    over: [Over::Expected, Over::EveryPath, chance][rng.random_range(0..3)].clone(),
                    t,
                }),
                false => Claim::ConjectureFails(ConjectureFails {
                    says,
                    t,
                    samples: rng.random_bool(0.5).then(|| samples(t.0, rng)),
                }),
            }
        }
        6 => Claim::Path {
            samples: samples(t.0, rng),
            weights,
            head,
            updates: Natural(99),
        },
        _ => {
            let theorems = [
                Theorem::T1,
                Theorem::T2,
                match problem.pooling {
                    Some(Pooling::Max) if rng.random_bool(0.9) => Theorem::T3max,
                    _ => Theorem::T3,
                },
                Theorem::T7,
                Theorem::T8,
                Theorem::T12,
                Theorem::T13,
            ];
            let theorem = pick(&theorems, rng);
            let length = match theorem {
                Theorem::T3 | Theorem::T3max | Theorem::T8 | Theorem::T13 => t.0,
                // T12 (c), else (a).
                Theorem::T12 if rng.random() => t.0,
                _ => 0,
            };
            let unread = matches!(theorem, Theorem::T3max | Theorem::T8 | Theorem::T13);
            Claim::Refutation(Refutation {
                theorem,
                t,
                samples: samples(length, rng),
                key_patches: Natural(match unread && rng.random_bool(0.8) {
                    true => 0,
                    false => rng.random_range(0..=2),
                }),
                filter: Natural(rng.random_range(0..problem.head.len() as u64)),
                pattern: Natural(match theorem {
                    Theorem::T12 if length > 0 => rng.random_range(0..2),
                    Theorem::T8 | Theorem::T12 | Theorem::T13 => 0,
                    _ => rng.random_range(0..=problem.gram.len() as u64),
                }),
                predicted: zero(),
                value: zero(),
            })
        }
    }
}

/// Takes over the number that the checker recomputed.
fn repair(claim: &mut Claim, of: Quantity, claimed: &Q, recomputed: &Q) {
    let new = || Number(recomputed.clone());
    match (claim, of) {
        (Claim::State { weights, .. } | Claim::Path { weights, .. }, Quantity::Weight(j, p)) => {
            weights[j][p] = new()
        }
        (Claim::State { head, .. } | Claim::Path { head, .. }, Quantity::Head(j)) => {
            head[j] = new()
        }
        (Claim::Path { updates, .. }, Quantity::Updates) => {
            *updates = Natural(recomputed.to_integer().to_u64().expect("few"))
        }
        (Claim::Accuracy { accuracy, .. }, Quantity::Accuracy) => *accuracy = new(),
        (
            Claim::MistakeBound { bound }
            | Claim::CoherentMistakeBound { bound }
            | Claim::SeparatorBound { bound, .. },
            Quantity::MaxUpdates,
        ) => *bound = new(),
        (Claim::Law { perfect, .. }, Quantity::Perfect) => *perfect = new(),
        (Claim::Probability(claim), Quantity::Probability) => claim.bound = new(),
        (Claim::AlongAndAcross(claim), Quantity::Probability) => claim.bound = new(),
        (Claim::Refutation(claim), Quantity::Predicted) => claim.predicted = new(),
        (Claim::Refutation(claim), Quantity::Value) => claim.value = new(),
        (Claim::RefutationProbability(claim), Quantity::Probability) => {
            claim.thresholds.bound = new()
        }
        (Claim::RefutationProbability(claim), Quantity::Event) => claim.probability = new(),
        (Claim::RefutationUpdates(claim), Quantity::MaxUpdates) => claim.bound = new(),
        (Claim::RefutationUpdates(claim), Quantity::Updates) => {
            claim.updates = Natural(recomputed.to_integer().to_u64().expect("few"))
        }
        (Claim::RefutationStuck(claim), Quantity::Margin) => claim.margin = new(),
        (Claim::Conjecture(claim), Quantity::Kept) => match &mut claim.over {
            Over::Probability { is, .. } => *is = new(),
            // It is not true of every path.
            _ => claim.t = Natural(99),
        },
        (Claim::Conjecture(claim), Quantity::KeptSteps) => {
            let kept = recomputed.to_integer().to_u64().expect("few");
            claim.t = Natural(kept.checked_sub(1).unwrap_or(99));
        }
        (Claim::NormDominance { ratio, .. }, Quantity::WinnerNorm) => {
            let most = &ratio.0 * sqrt_rd(&(recomputed / claimed));
            *ratio = Number((most * int(64)).floor() / int(64));
        }
        (claim, of) => panic!("{of} of {claim:?}"),
    }
}

/// The certificate after all repairs, if it is accepted.
fn repaired(mut certificate: Certificate) -> Option<Certificate> {
    for _ in 0..40 {
        let report = verify_within(&certificate, 100_000_000);
        if report.verdict() == Verdict::Valid {
            return Some(certificate);
        }
        match report.findings().find_map(|f| f.result.as_ref().err())? {
            VerifyError::Wrong {
                of: Quantity::Remainder,
                ..
            } => return None,
            VerifyError::Wrong {
                of,
                claimed,
                recomputed,
                ..
            } => repair(&mut certificate.claims[0], *of, claimed, recomputed),
            _ => return None,
        }
    }
    panic!("no end of repairs: {certificate:?}")
}

#[test]
fn what_the_checker_says_of_odd_certificates_is_true() {
    let mut rng = ChaCha8Rng::seed_from_u64(51);
    let mut accepted: BTreeMap<&str, usize> = BTreeMap::new();
    let mut odd = [0; 5];
    for draw in 0..60_000 {
        let problem = odd_problem(&mut rng);
        let claim = odd_claim(&problem, &mut rng);
        let Some(certificate) = repaired(claimed(&problem, claim)) else {
            continue;
        };
        assert!(
            naive::is_true(&certificate),
            "draw {draw}: accepted and wrong: {certificate:?}"
        );
        *accepted.entry(certificate.claims[0].kind()).or_default() += 1;
        let one_label = problem
            .atoms
            .windows(2)
            .all(|pair| pair[0].label == pair[1].label);
        let vanishing = (0..problem.gram.len()).any(|p| problem.gram[p][p].0.is_zero());
        let headless = problem.head.iter().any(|a| a.0.is_zero());
        let families = problem.atoms.iter().any(|atom| atom.draws.is_some());
        let max = problem.pooling.is_some();
        for (count, is) in odd
            .iter_mut()
            .zip([one_label, vanishing, headless, families, max])
        {
            *count += usize::from(is);
        }
    }
    println!(
        "accepted {accepted:?}; one label, vanishing patterns, heads of 0, families, max pooling: {odd:?}"
    );
    assert!(
        accepted.len() == 17
            && accepted.iter().all(|(kind, &n)| n
                >= if kind.starts_with("refutation-") {
                    1
                } else {
                    15
                }),
        "{accepted:?}"
    );
    assert!(odd.iter().all(|&n| n >= 100), "{odd:?}");
}
