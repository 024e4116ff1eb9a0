//! Sweeps: what a changed problem is, and that thresholds are where they are said to be.

use crate::common::{DistributionKind, Shape, strategy};
use filtercert::audit::sweep::{Conclusion, Found, Plan, Sweep, SweepError, SweepKey, sweep};
use filtercert::check::Trajectory;
use filtercert::number::{Q, four_squares, integer, ratio, simple_middle, simplest_between};
use filtercert::problem::assumption::{AssumptionId, audit};
use filtercert::problem::{
    Atom, AtomTable, Distribution, Generative, Label, Problem, read_problem,
};
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};
use proptest::prelude::*;

fn example(name: &str) -> Problem {
    read_problem(format!("examples/{name}.toml").as_ref()).unwrap()
}

fn measure(problem: &Problem, id: AssumptionId) -> Q {
    let audits = audit(problem);
    let of = audits.into_iter().find(|audit| audit.id == id);
    of.unwrap().measure.unwrap()
}

proptest! {
    #[test]
    fn four_squares_add_up(a in any::<u64>(), b in 0u64..5_000, d in 1u64..1_000_000) {
        let parts = four_squares([a.into(), b.into()], &d.into()).unwrap();
        let sum: Q = parts.iter().map(|x| x * x).sum();
        let d = BigInt::from(d);
        prop_assert_eq!(sum, Q::new(BigInt::from(a) * b, &d * &d));
    }

    /// No fraction with a smaller denominator lies between, which is seen by trying them all.
    #[test]
    fn the_simplest_fraction_is_the_simplest(a in -300i64..300, b in 1i64..60, c in -300i64..300, d in 1i64..60) {
        let (x, y) = (ratio(a, b), ratio(c, d));
        let (low, high) = (x.clone().min(y.clone()), x.clone().max(y.clone()));
        let Some(found) = simplest_between(&low, &high) else {
            prop_assert_eq!(low, high);
            return Ok(());
        };
        prop_assert!(low < found && found < high);
        for denominator in 1..10_000i64 {
            let over = integer(denominator);
            let next = (&low * &over).floor() + Q::one();
            if next < &high * &over {
                prop_assert_eq!(found.denom(), &BigInt::from(denominator));
                break;
            }
        }
        let third = (&high - &low) / integer(3);
        let middle = simple_middle(&x, &y);
        prop_assert!(middle >= &low + &third && middle <= &high - &third);
    }

    /// Whatever the inner product, the patterns stay unit vectors and all other pairs orthogonal.
    #[test]
    fn coherences_change_one_inner_product(a in -999i64..1_000, b in 1_000i64..2_000) {
        let problem = example("small");
        let c = ratio(a, b);
        for (key, pair) in [(SweepKey::BackgroundCoherence, (2, 3)), (SweepKey::KeyCoherence, (0, 2))] {
            let changed = key.changed(&problem, &c).unwrap();
            let dictionary = changed.dictionary();
            for p in 0..changed.n_patterns() {
                for q in p..changed.n_patterns() {
                    let wanted = match (p, q) {
                        same if same == pair => c.clone(),
                        (p, q) if p == q => Q::one(),
                        _ => Q::zero(),
                    };
                    prop_assert_eq!(dictionary.gram_entry(p, q), wanted);
                }
            }
            prop_assert_eq!(measure(&changed, AssumptionId::A1), c.abs());
            prop_assert_eq!(&changed.network().weights, &problem.network().weights);
        }
    }
}

/// Only the label's probability changes: what is drawn given the label stays.
#[test]
fn the_prior_changes_nothing_else() {
    for distribution in [DistributionKind::Generative, DistributionKind::Atoms] {
        let shape = Shape {
            distribution,
            balanced: false,
            ..Shape::default()
        };
        strategy::property(shape, 25, 20, |problem| {
            let given = |problem: &Problem, y: Label| {
                let all = problem.distribution().label_probability(y);
                let table = problem.distribution().atoms().unwrap();
                let of = table.atoms().iter().filter(|atom| atom.label == y);
                let shares = of.map(|atom| (atom.counts.clone(), &atom.probability / &all));
                shares.collect::<Vec<_>>()
            };
            let is_absent = |y: &Label| problem.distribution().label_probability(*y).is_zero();
            let plus = ratio(3, 7);
            let changed = SweepKey::Prior.changed(&problem, &plus);
            if Label::BOTH.iter().any(is_absent) {
                assert!(distribution == DistributionKind::Generative || changed.is_err());
                return;
            }
            let changed = changed.unwrap();
            assert_eq!(changed.distribution().label_probability(Label::Plus), plus);
            for y in Label::BOTH {
                assert_eq!(given(&changed, y), given(&problem, y));
            }
        });
    }
}

/// The distance is that of the laws: of one patch, which is computed here, or of all counts, which A3's audit measures.
#[test]
fn backgrounds_are_as_far_apart_as_was_asked() {
    for name in ["small", "violates-a3", "violates-a2"] {
        let problem = example(name);
        for d in [ratio(0, 1), ratio(1, 7), ratio(1, 2)] {
            let Ok(changed) = SweepKey::BackgroundDistance.changed(&problem, &d) else {
                assert_eq!(name, "violates-a2");
                continue;
            };
            match changed.distribution() {
                Distribution::Generative(g) => {
                    let [plus, minus] = Label::BOTH.map(|y| g.background(y));
                    let sum: Q = plus.iter().zip(minus).map(|(p, q)| (p - q).abs()).sum();
                    assert_eq!(sum / integer(2), d, "{name}");
                    if d.is_zero() {
                        assert_eq!(measure(&changed, AssumptionId::A3), d);
                    }
                }
                Distribution::Explicit(_) => {
                    assert_eq!(measure(&changed, AssumptionId::A3), d, "{name}")
                }
            }
        }
    }
    let atom = |label, counts: [u32; 4], probability| Atom {
        label,
        counts: counts.to_vec(),
        probability,
    };
    let table = AtomTable::new(
        4,
        vec![
            atom(Label::Plus, [1, 0, 2, 0], ratio(1, 4)),
            atom(Label::Plus, [1, 0, 1, 1], ratio(1, 4)),
            atom(Label::Minus, [0, 2, 1, 1], ratio(3, 8)),
            atom(Label::Minus, [0, 2, 0, 2], ratio(1, 8)),
        ],
    );
    let explicit = Distribution::Explicit(table.unwrap().into());
    let problem = example("small")
        .changed(|parts| parts.distribution = explicit)
        .unwrap();
    // As they stand they are 1/2 apart, and 1 would need a negative probability.
    assert_eq!(measure(&problem, AssumptionId::A3), ratio(1, 2));
    for d in [ratio(0, 1), ratio(1, 3), ratio(1, 2)] {
        let changed = SweepKey::BackgroundDistance.changed(&problem, &d).unwrap();
        assert_eq!(measure(&changed, AssumptionId::A3), d);
        assert_eq!(changed.distribution().key_counts(), Ok([1, 2]));
        assert_eq!(
            changed.distribution() == problem.distribution(),
            d == ratio(1, 2)
        );
    }
    let far = SweepKey::BackgroundDistance.changed(&problem, &ratio(1, 1));
    assert!(matches!(far, Err(SweepError::Domain { .. })), "{far:?}");
}

/// With the keys of a share of the images exchanged, the counts of the keys are mixed in that proportion.
#[test]
fn wrong_keys_are_as_frequent_as_was_asked() {
    let problem = example("small");
    let wrong = ratio(1, 5);
    let changed = SweepKey::WrongKey.changed(&problem, &wrong).unwrap();
    for y in Label::BOTH {
        let [before, after] = [&problem, &changed].map(|p| p.distribution().mean_counts(y));
        let own = &before[y.index()];
        assert_eq!(after[y.index()], own * (Q::one() - &wrong));
        assert_eq!(after[y.opposite().index()], own * &wrong);
        assert_eq!(before[2..], after[2..]);
    }
    let none = SweepKey::WrongKey.changed(&problem, &Q::zero()).unwrap();
    let table = problem.distribution().atoms().unwrap();
    assert_eq!(none.distribution(), &Distribution::Explicit(table));
}

fn swept(problem: &Problem, key: SweepKey, ends: [Q; 2]) -> Sweep {
    let plan = Plan {
        key,
        ends,
        points: 5,
        ratio: integer(1),
        certify: false,
    };
    sweep(problem, &plan).unwrap()
}

/// The conclusions by the trajectory that reports show, which shares no code with the sweep but the engine.
fn by_trajectory(problem: &Problem, conclusion: &Conclusion) -> bool {
    let steps = [problem.training().steps];
    let trajectory = Trajectory::new(problem, &steps, &Default::default());
    let point = &trajectory.points[0];
    match conclusion {
        Conclusion::Ratio(ratio) => point.ratio_squared().unwrap() >= ratio * ratio,
        Conclusion::Accuracy => point.accuracy == Some(Q::one()),
        Conclusion::Applies(..) => panic!("not of a trajectory"),
    }
}

/// Thresholds hold on one side and fail on the other; roots are exact, and brackets are narrow.
#[test]
fn thresholds_are_where_conclusions_turn() {
    let mut exact = 0;
    for (name, key, ends) in [
        ("violates-a4", SweepKey::Prior, [ratio(1, 2), ratio(1, 1)]),
        ("violates-a4", SweepKey::Prior, [ratio(1, 2), ratio(0, 1)]),
        (
            "violates-a3",
            SweepKey::BackgroundDistance,
            [ratio(0, 1), ratio(1, 2)],
        ),
        ("small", SweepKey::KeyCoherence, [ratio(0, 1), ratio(9, 10)]),
        ("small", SweepKey::WrongKey, [ratio(0, 1), ratio(1, 2)]),
    ] {
        let problem = example(name);
        let span = (&ends[1] - &ends[0]).abs();
        let found = swept(&problem, key, ends.clone());
        for threshold in &found.thresholds {
            let conclusion = &threshold.conclusion;
            if matches!(conclusion, Conclusion::Applies(..)) {
                continue;
            }
            let at = |value: &Q| by_trajectory(&key.changed(&problem, value).unwrap(), conclusion);
            match &threshold.found {
                Found::Throughout => {
                    assert!(found.points.iter().all(|point| at(&point.value)));
                }
                Found::Exactly {
                    at: root,
                    holds_at,
                    fails_at,
                } => {
                    exact += 1;
                    assert!(at(holds_at) && !at(fails_at), "{name} {conclusion:?}");
                    assert!((fails_at - holds_at).abs() <= &span * ratio(1, 1 << 28));
                    assert!(
                        (root - holds_at).abs() + (fails_at - root).abs()
                            == (fails_at - holds_at).abs()
                    );
                    // At the root itself a tie is an error, and a ratio is kept.
                    assert_eq!(at(root), matches!(conclusion, Conclusion::Ratio(_)));
                }
                Found::Between { holds_at, fails_at } => {
                    assert!(at(holds_at) && !at(fails_at), "{name} {conclusion:?}");
                    assert!((fails_at - holds_at).abs() <= &span * ratio(1, 1 << 30));
                }
                other => panic!("{name} {conclusion:?}: {other:?}"),
            }
        }
    }
    assert!(exact >= 2, "{exact} exact roots");
}

/// A theorem that asks for an assumption applies where its measure is 0, and at no other value.
#[test]
fn theorems_stop_to_apply_as_soon_as_an_assumption_is_bent() {
    let found = swept(
        &example("violates-a4"),
        SweepKey::Prior,
        [ratio(1, 2), ratio(1, 1)],
    );
    let of = |id: &str| {
        let is = |c: &Conclusion| matches!(c, Conclusion::Applies(_, name) if name.name() == id);
        found
            .thresholds
            .iter()
            .find(|t| is(&t.conclusion))
            .map(|t| &t.found)
    };
    match of("T2") {
        Some(Found::Between { holds_at, fails_at }) => {
            assert_eq!(holds_at, &ratio(1, 2));
            assert!(fails_at > holds_at && fails_at - holds_at < ratio(1, 1 << 30));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(of("T4"), Some(&Found::Throughout));
    assert_eq!(of("T7"), None);
    let found = swept(
        &example("violates-a4"),
        SweepKey::Prior,
        [ratio(3, 4), ratio(1, 1)],
    );
    assert_eq!(found.thresholds[1].found, Found::FromTheStart);
    assert_eq!(found.thresholds[1].conclusion, Conclusion::Accuracy);
}

#[test]
fn problems_that_cannot_be_changed_say_why() {
    let error = |name: &str, key: SweepKey, value: Q| {
        key.changed(&example(name), &value).unwrap_err().to_string()
    };
    let half = || ratio(1, 2);
    for (name, key, value, said) in [
        ("small", SweepKey::Prior, ratio(3, 2), "from 0 to 1"),
        ("small", SweepKey::WrongKey, ratio(-1, 2), "from 0 to 1"),
        (
            "small",
            SweepKey::BackgroundDistance,
            ratio(2, 1),
            "from 0 to 1",
        ),
        (
            "small",
            SweepKey::KeyCoherence,
            ratio(1, 1),
            "strictly between -1 and 1",
        ),
        (
            "coherent",
            SweepKey::KeyCoherence,
            half(),
            "not orthonormal",
        ),
        ("data-set", SweepKey::Prior, half(), "no keys"),
    ] {
        let said_of = error(name, key, value);
        assert!(said_of.contains(said), "{name} {key:?}: {said_of}");
    }
    let long = Q::new(BigInt::one(), BigInt::from(10).pow(30));
    assert!(error("small", SweepKey::KeyCoherence, long).contains("below 2^63"));
    let one_background = example("small")
        .changed(|parts| {
            parts.dictionary = filtercert::problem::Dictionary::orthonormal(1).unwrap();
            let one = || vec![Q::one()];
            let g = Generative::new([half(), half()], 2, 1, [one(), one()]).unwrap();
            parts.distribution = Distribution::Generative(g);
            let rows = parts.network.weights.rows();
            let weights = filtercert::number::Matrix::from_fn(rows, 3, |_, _| half());
            parts.network.weights = weights;
        })
        .unwrap();
    for (key, said) in [
        (
            SweepKey::BackgroundCoherence,
            "1 background patterns, and 2 are needed",
        ),
        (SweepKey::BackgroundDistance, "one background pattern"),
    ] {
        let error = key
            .changed(&one_background, &half())
            .unwrap_err()
            .to_string();
        assert!(error.contains(said), "{error}");
    }
}
