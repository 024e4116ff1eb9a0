//! The nearest point of a hull, and separators patch by patch: both answers verified from their definition.

use crate::common::strategy::property;
use crate::common::{DictionaryKind, DistributionKind, Shape};
use filtercert::number::{InnerProduct, Q, TooMuchWork, integer, nearest_point, ratio};
use filtercert::problem::separable::{
    Balanced, Separability, Separator, combination, least_margin, separate,
};
use filtercert::problem::{Atom, AtomTable, Dictionary, Distribution, Label, Problem};
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};
use proptest::prelude::*;
use std::sync::Arc;

type Vector = Vec<BigInt>;

fn vector(entries: &[i64]) -> Vector {
    entries.iter().map(|&x| x.into()).collect()
}

fn dot(x: &[BigInt], y: &[BigInt]) -> BigInt {
    x.iter().zip(y).map(|(a, b)| a * b).sum()
}

/// The point that is lowest in a direction, of a list.
fn lowest(points: &[Vector]) -> impl FnMut(&[BigInt]) -> Option<Vector> + '_ {
    |direction| points.iter().min_by_key(|p| dot(p, direction)).cloned()
}

/// `B^T B` for rows B: positive semidefinite, of any rank.
fn gram_of(rows: &[Vector], dimension: usize) -> Vec<Vector> {
    let entry = |i: usize, k: usize| rows.iter().map(|row| &row[i] * &row[k]).sum();
    let row = |i| (0..dimension).map(|k| entry(i, k)).collect();
    (0..dimension).map(row).collect()
}

/// The least squared length over all simplices of at most three points whose nearest point is inside, by closed
/// formulas: corners, edges, triangles.
fn by_corners_and_edges(points: &[Vector], gram: &[Vector]) -> Q {
    let inner = |x: &Vector, y: &Vector| -> Q {
        let image: Vector = gram.iter().map(|row| dot(row, y)).collect();
        integer(dot(x, &image))
    };
    let mut best: Option<Q> = None;
    let mut see = |q: Q| {
        if best.as_ref().is_none_or(|b| q < *b) {
            best = Some(q);
        }
    };
    for (i, x) in points.iter().enumerate() {
        see(inner(x, x));
        for (k, y) in points.iter().enumerate().skip(i + 1) {
            let (a, b, c) = (inner(x, x), inner(x, y), inner(y, y));
            let length = &a - integer(2) * &b + &c;
            if length.is_positive() && a > b && c > b {
                see((&a * &c - &b * &b) / length);
            }
            for z in &points[k + 1..] {
                // Barycentric weights of the foot of the origin, by Cramer's rule on Q u = 1.
                let (d, e, f) = (inner(x, z), inner(y, z), inner(z, z));
                let determinant =
                    &a * (&c * &f - &e * &e) - &b * (&b * &f - &d * &e) + &d * (&b * &e - &c * &d);
                let u = [
                    &c * &f - &e * &e - (&b * &f - &d * &e) + (&b * &e - &c * &d),
                    &a * &f - &d * &d - (&b * &f - &d * &e) - (&a * &e - &b * &d),
                    &a * &c - &b * &b - (&a * &e - &b * &d) + (&b * &e - &c * &d),
                ];
                let sum: Q = u.iter().sum();
                if sum.is_positive() && u.iter().all(Signed::is_positive) {
                    see(determinant / sum);
                }
            }
        }
    }
    best.unwrap()
}

fn points(dimension: usize) -> impl Strategy<Value = Vec<Vector>> {
    let entry = prop_oneof![2 => -3i64..=3, 1 => -40i64..=40];
    let point = prop::collection::vec(entry, dimension).prop_map(|p| vector(&p));
    prop::collection::vec(point, 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// The answer is a mean of points, and no point of the hull is nearer: `<x, p> >= |x|^2` for all.
    #[test]
    fn the_nearest_point_is_verified((points, rows) in (1usize..6).prop_flat_map(|d| {
        let row = prop::collection::vec(-3i64..=3, d).prop_map(|r| vector(&r));
        (points(d), prop::option::of(prop::collection::vec(row, 1..=d)))
    })) {
        let dimension = points[0].len();
        let gram = rows.map(|rows| gram_of(&rows, dimension));
        let product = InnerProduct(gram.as_deref());
        let found = nearest_point(product, dimension, lowest(&points), u64::MAX).unwrap();
        prop_assert!(found.weights.iter().all(Signed::is_positive));
        prop_assert_eq!(found.weights.len(), found.points.len());
        prop_assert!(found.points.len() <= dimension + 1);
        let mut sum = vec![BigInt::zero(); dimension];
        for (p, w) in found.points.iter().zip(&found.weights) {
            prop_assert!(points.contains(p));
            for (s, x) in sum.iter_mut().zip(p) {
                *s += x * w;
            }
        }
        prop_assert_eq!(&sum, &found.sum);
        let image = product.apply(&sum);
        let square = dot(&sum, &image);
        prop_assert_eq!(square.is_zero(), found.is_zero);
        let total: BigInt = found.weights.iter().sum();
        for p in &points {
            prop_assert!(dot(p, &image) * &total >= square);
        }
    }

    /// In two dimensions, against corners, edges and triangles.
    #[test]
    fn the_nearest_point_in_the_plane_is_that_of_corners_and_edges(points in points(2)) {
        let identity = [vector(&[1, 0]), vector(&[0, 1])];
        let product = InnerProduct(None);
        let found = nearest_point(product, 2, lowest(&points), u64::MAX).unwrap();
        let total: BigInt = found.weights.iter().sum();
        let square = Q::new(dot(&found.sum, &found.sum), &total * &total);
        let expected = match found.is_zero {
            // 0 is inside: in three dimensions, one step above the plane, it is at distance 1.
            true => {
                let lifted: Vec<Vector> = points.iter().map(|p| {
                    p.iter().cloned().chain([BigInt::one()]).collect()
                }).collect();
                let identity: Vec<Vector> = (0..3).map(|i| vector(&[0, 1, 2].map(|k| i64::from(i == k)))).collect();
                by_corners_and_edges(&lifted, &identity) - integer(1)
            }
            false => by_corners_and_edges(&points, &identity),
        };
        prop_assert_eq!(square, expected);
    }
}

#[test]
fn a_limit_on_the_work_ends_the_search() {
    let points = [vector(&[3, 1]), vector(&[-1, 2]), vector(&[0, 5])];
    let product = InnerProduct(None);
    let found = nearest_point(product, 2, lowest(&points), 1);
    assert_eq!(found, Err(TooMuchWork));
    let found = nearest_point(product, 2, |_| None, u64::MAX);
    assert_eq!(found, Err(TooMuchWork));
}

/// All atoms of a problem with all their vectors `y sum_p N_p theta_p p`, theta at the ends.
fn vectors(problem: &Problem, slope: &Q) -> Vec<Vec<Q>> {
    let table = problem.distribution().atoms().unwrap();
    let mut all = Vec::new();
    for atom in table.atoms() {
        let n = atom.counts.len();
        for mask in 0..1u32 << n {
            let entry = |p: usize| {
                let theta = if mask >> p & 1 == 1 {
                    Q::one()
                } else {
                    slope.clone()
                };
                theta * integer(atom.label.sign()) * integer(u64::from(atom.counts[p]))
            };
            all.push((0..n).map(entry).collect());
        }
    }
    all
}

/// Both answers from their definition, over all atoms and all corners of the derivatives.
fn verify(problem: &Problem, slope: &Q) -> bool {
    let (dictionary, distribution) = (problem.dictionary(), problem.distribution());
    let found = separate(dictionary, distribution, slope).unwrap();
    let all = vectors(problem, slope);
    match found {
        Separability::Separable(separator) => {
            let again = Separator::new(separator.coefficients.clone(), dictionary.gram());
            assert_eq!(again.products, separator.products);
            assert_eq!(again.norm_squared, separator.norm_squared);
            assert!(dictionary.is_consistent(&separator.products));
            let margin =
                |k: &Vec<Q>| -> Q { k.iter().zip(&separator.products).map(|(a, b)| a * b).sum() };
            let least = all.iter().map(margin).min().unwrap();
            assert!(least >= Q::one());
            assert_eq!(
                least,
                least_margin(distribution, &separator.products, slope)
            );
            if separator.is_shortest {
                assert_eq!(least, Q::one());
                // The shortest: |w*|^2 is the reciprocal of the squared distance of the hull from 0.
                let z: Vec<Q> = separator
                    .coefficients
                    .iter()
                    .map(|c| c / &separator.norm_squared)
                    .collect();
                let length = Separator::new(z, dictionary.gram()).norm_squared;
                assert_eq!(length * &separator.norm_squared, Q::one());
            }
            true
        }
        Separability::Balanced(parts) => {
            let total: Q = parts.iter().map(|part| part.weight.clone()).sum();
            assert_eq!(total, Q::one());
            let drawn = |part: &Balanced| {
                let mut counts = vec![0; problem.n_patterns()];
                for &(p, n) in &part.image.counts {
                    counts[p] = n;
                }
                distribution.check_drawn(part.image.label, &counts).is_ok()
            };
            assert!(parts.iter().all(drawn));
            assert!(parts.iter().all(|part| part.weight.is_positive()));
            let inside = |theta: &Q| theta >= slope && *theta <= Q::one();
            assert!(parts.iter().all(|part| part.slopes.iter().all(inside)));
            assert!(combination(dictionary, &parts).iter().all(Zero::is_zero));
            false
        }
    }
}

#[test]
fn both_answers_are_verified_on_random_problems() {
    let mut counts = [0u64; 2];
    let kinds = [
        (DictionaryKind::Orthonormal, DistributionKind::Generative),
        (DictionaryKind::Coherent, DistributionKind::Generative),
        (DictionaryKind::Orthonormal, DistributionKind::Atoms),
        (DictionaryKind::Coherent, DistributionKind::Atoms),
        (DictionaryKind::Coherent, DistributionKind::KeyedAtoms),
    ];
    for (i, (dictionary, distribution)) in kinds.into_iter().enumerate() {
        let shape = Shape {
            dictionary,
            distribution,
            same_background: false,
            balanced: false,
            background: 0..=3,
            ..Shape::default()
        };
        property(shape, 1_000 * i as u64, 60, |problem| {
            for slope in [ratio(1, 4), ratio(9, 10), Q::one()] {
                counts[usize::from(verify(&problem, &slope))] += 1;
            }
        });
    }
    println!("{} balanced, {} separable", counts[0], counts[1]);
    assert!(counts.iter().all(|&count| count >= 150), "{counts:?}");
}

/// Coordinates of about 40 bits: the shortest separator has long ones, and a shorter text is found nearby.
#[test]
fn a_separator_with_few_digits_is_nearly_the_shortest() {
    let entry = |i: i64, k: i64| (i * i * k * 7_919 + k * k * k * 104_729 + i * 31) % 1_000_003;
    let pattern = |i: i64| (1..6).map(|k| ratio(entry(i, k), 999_983 + i)).collect();
    let dictionary = Dictionary::explicit((1..4).map(pattern).collect()).unwrap();
    assert!(!dictionary.is_dependent());
    let atom = |label: Label, p: usize, part: i64| Atom {
        label,
        counts: (0..3).map(|q| u32::from(p == q)).collect(),
        probability: ratio(part, 4),
    };
    let atoms = vec![
        atom(Label::Plus, 0, 1),
        atom(Label::Minus, 1, 1),
        atom(Label::Plus, 2, 2),
    ];
    let distribution = Distribution::Explicit(Arc::new(AtomTable::new(3, atoms).unwrap()));
    let slope = ratio(1, 10);
    let found = separate(&dictionary, &distribution, &slope).unwrap();
    let Separability::Separable(separator) = found else {
        panic!("{found:?}");
    };
    assert!(!separator.is_shortest);
    assert!(least_margin(&distribution, &separator.products, &slope) >= Q::one());
    let bits = |x: &Q| x.numer().bits().max(x.denom().bits());
    assert!(separator.coefficients.iter().map(bits).max().unwrap() <= 140);
}

#[test]
fn an_empty_image_is_balanced_by_itself() {
    let dictionary = Dictionary::orthonormal(0).unwrap();
    let atom = |counts: [u32; 2]| Atom {
        label: Label::Plus,
        counts: counts.to_vec(),
        probability: ratio(1, 2),
    };
    let table = AtomTable::new(2, vec![atom([0, 0]), atom([1, 0])]).unwrap();
    let distribution = Distribution::Explicit(Arc::new(table));
    let found = separate(&dictionary, &distribution, &ratio(1, 2)).unwrap();
    let Separability::Balanced(parts) = found else {
        panic!("{found:?}");
    };
    assert_eq!(parts.len(), 1);
    assert!(parts[0].image.counts.is_empty() && parts[0].weight.is_one());
}

/// Patches 2 and -1 in one image: the sum is separable, the patches are for slopes above 1/2 only.
#[test]
fn patches_that_oppose_each_other_may_be_inseparable_though_their_sum_is_not() {
    let dictionary = Dictionary::explicit(vec![vec![integer(2)], vec![integer(-1)]]).unwrap();
    let atom = Atom {
        label: Label::Plus,
        counts: vec![1, 1],
        probability: Q::one(),
    };
    let table = AtomTable::new(2, vec![atom]).unwrap();
    let distribution = Distribution::Explicit(Arc::new(table));
    for (slope, separable) in [
        (ratio(1, 4), false),
        (ratio(1, 2), false),
        (ratio(51, 100), true),
        (Q::one(), true),
    ] {
        let found = separate(&dictionary, &distribution, &slope).unwrap();
        let is = matches!(found, Separability::Separable(_));
        assert_eq!(is, separable, "{slope}");
    }
}
