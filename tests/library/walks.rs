//! End points by ladder points against the same paths followed step by step.

use crate::common::strategy::{property, random};
use crate::common::{DictionaryKind, DistributionKind, HeadKind, Shape};
use filtercert::dynamics::accuracy;
use filtercert::dynamics::gradient::Model;
use filtercert::dynamics::path::{ExactPath, SampledPath};
use filtercert::dynamics::sampler::Sampler;
use filtercert::dynamics::state::State;
use filtercert::dynamics::walks::{EndPoint, KeptEnds, end_points};
use filtercert::number::{Q, integer, ratio};
use filtercert::problem::{Activation, Loss, Parts, Pooling, Problem, Train};
use num_traits::{Signed, Zero};

/// What is compared of an end point.
#[derive(Debug, PartialEq)]
struct Seen {
    run: u64,
    label_counts: [u64; 2],
    keys: [i64; 2],
    walk: Vec<i64>,
    walk_max: Vec<i64>,
    state: State<Q>,
    norms: Vec<Q>,
    perfect: bool,
}

fn see(problem: &Problem, end: &EndPoint<'_>) -> Seen {
    let square = end.denominator() * end.denominator();
    let state = end.state(problem);
    let numerators: Vec<Q> = end
        .weights()
        .iter()
        .map(|&z| Q::new(z.into(), end.denominator().clone()))
        .collect();
    assert_eq!(numerators, state.weights.entries());
    Seen {
        run: end.run,
        label_counts: end.label_counts,
        keys: end.key_walk,
        walk: end.walk.to_vec(),
        walk_max: end.walk_max.to_vec(),
        norms: end
            .norms_squared()
            .iter()
            .map(|&x| Q::new(x.into(), square.clone()))
            .collect(),
        perfect: end.is_perfect(),
        state,
    }
}

/// The same by following the path.
fn follow(problem: &Problem, model: &Model<Q>, steps: u64, seed: u64, run: u64) -> Seen {
    let sampler = Sampler::new(problem.distribution());
    let mut path = SampledPath::new(ExactPath::new(problem), &sampler, seed, run);
    let mut label_counts = [0; 2];
    let mut walk = vec![0i64; problem.n_patterns()];
    let mut walk_max = walk.clone();
    for _ in 0..steps {
        path.advance();
        let sample = &path.batch()[0];
        label_counts[sample.label.index()] += 1;
        for (p, &count) in sample.counts.iter().enumerate() {
            walk[p] += sample.label.sign() * i64::from(count);
            walk_max[p] = walk_max[p].max(walk[p].abs());
        }
    }
    let state = path.path().state();
    Seen {
        run,
        label_counts,
        keys: [walk[0], walk[1]],
        walk: walk[2..].to_vec(),
        walk_max: walk_max[2..].to_vec(),
        norms: state
            .weights
            .iter_rows()
            .map(|row| row.iter().fold(Q::zero(), |sum, z| sum + z * z))
            .collect(),
        perfect: accuracy::is_perfect(model, problem, &state).unwrap(),
        state,
    }
}

/// Shapes that together have every way a coordinate can move: both signs and zeros in the head,
/// zeros and ties among the weights, walks of the keys in both directions (atoms without a unique
/// key), several r, unequal priors and backgrounds, no background at all.
fn shapes() -> Vec<Shape> {
    let base = Shape {
        balanced: false,
        same_background: false,
        background: 0..=4,
        key_patches: 1..=3,
        background_patches: 0..=4,
        filters: 1..=7,
        winners_and_losers: false,
        weight_denominator: 32,
        ..Shape::default()
    };
    vec![
        Shape {
            head: HeadKind::Rational,
            ..base.clone()
        },
        Shape {
            distribution: DistributionKind::Atoms,
            head: HeadKind::Rational,
            dictionary: DictionaryKind::Cayley,
            ..base.clone()
        },
        Shape {
            distribution: DistributionKind::KeyedAtoms,
            ..base.clone()
        },
        Shape {
            step_numerator: 30..=90,
            ..base
        },
    ]
}

#[test]
fn end_points_equal_the_paths_followed_step_by_step() {
    let (mut compared, mut perfect, mut died, mut alive) = (0, 0, 0, 0);
    for (shape, first) in shapes().into_iter().zip([0, 1_000, 2_000, 3_000]) {
        property(shape, first, 60, |problem| {
            let (seed, model) = (problem.training().seed, Model::new(&problem));
            for steps in [
                0,
                1,
                2,
                problem.training().steps,
                3 * problem.training().steps,
            ] {
                let found = end_points(&problem, steps, 3, seed, &|end| see(&problem, end));
                let found = found.expect("small numbers fit");
                assert_eq!(found.len(), 3);
                let kept = KeptEnds::new(&problem, steps, 3, seed).expect("a few are kept");
                let again = |runs| kept.visit(runs, &|end| see(&problem, end));
                assert_eq!(again(3).as_deref(), Some(&found[..]));
                assert_eq!(again(2).as_deref(), Some(&found[..2]));
                assert_eq!(again(4), None);
                for (run, found) in found.into_iter().enumerate() {
                    let expected = follow(&problem, &model, steps, seed, run as u64);
                    assert_eq!(found, expected, "{steps} steps, run {run}");
                    compared += 1;
                    perfect += u64::from(found.perfect);
                    let start = problem.network().weights.entries();
                    for (now, before) in found.state.weights.entries().iter().zip(start) {
                        died += u64::from(before.is_positive() && !now.is_positive());
                        alive += u64::from(now.is_positive() && now != before);
                    }
                }
            }
        });
    }
    println!("{compared} end points, {perfect} perfect; {died} coordinates died, {alive} moved");
    assert!(compared >= 3_000 && perfect >= 300 && compared - perfect >= 300);
    assert!(died >= 1_000 && alive >= 1_000);
}

#[test]
fn runs_come_in_order_whatever_the_number_of_threads() {
    let problem = random(&shapes().remove(0), 77);
    let with = |threads| {
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap()
            .install(|| end_points(&problem, 50, 200, 9, &|end| see(&problem, end)).unwrap())
    };
    let one = with(1);
    assert!(one.iter().enumerate().all(|(i, seen)| seen.run == i as u64));
    assert!(one.windows(2).any(|pair| pair[0].state != pair[1].state));
    for threads in [2, 5] {
        assert_eq!(with(threads), one);
    }
}

#[test]
fn nothing_is_computed_where_the_short_cut_does_not_apply() {
    let good = random(&Shape::default(), 5);
    let applies = |problem: &Problem, steps| {
        end_points(problem, steps, 2, 1, &|end| {
            end.label_counts.iter().sum::<u64>()
        })
    };
    assert_eq!(applies(&good, 7), Some(vec![7, 7]));
    type Change = (&'static str, fn(&mut Parts));
    let bad: [Change; 8] = [
        ("activation", |p| {
            p.network.activation = Activation::Identity
        }),
        ("leaky", |p| {
            p.network.activation = Activation::LeakyRelu {
                slope: ratio(1, 10),
            };
        }),
        ("pooling", |p| p.network.pooling = Pooling::Max),
        ("loss", |p| p.training.loss = Loss::Hinge),
        ("gates", |p| p.training.loss = Loss::Square),
        ("head", |p| p.training.train = Train::FiltersAndHead),
        ("batch", |p| p.training.batch = 2),
        ("wide numbers", |p| {
            p.training.step = Q::new(1.into(), num_bigint::BigInt::from(3).pow(50));
        }),
    ];
    for (what, spoil) in bad {
        let problem = good.changed(spoil).unwrap();
        assert_eq!(applies(&problem, 7), None, "{what}");
    }
    let coherent = Shape {
        dictionary: DictionaryKind::Coherent,
        ..Shape::default()
    };
    let problem = random(&coherent, 5);
    assert_eq!(applies(&problem, 7), None);
    // So many steps that a weight could leave the machine integers: refused at once.
    assert_eq!(applies(&good, 1 << 60), None);
}

/// Numbers close to the edge of what fits are still right: the bounds are taken over all filters.
#[test]
fn large_numerators_are_exact() {
    let mut problem = random(&shapes().remove(0), 12);
    problem = problem
        .changed(|parts| parts.training.step = integer(3) / integer(1i64 << 40))
        .unwrap();
    let model = Model::new(&problem);
    let found = end_points(&problem, 40, 2, 3, &|end| see(&problem, end)).unwrap();
    for (run, found) in found.into_iter().enumerate() {
        assert_eq!(found, follow(&problem, &model, 40, 3, run as u64));
    }
}
