//! Tail probabilities against brute force, known values and each other.

use crate::common::{binomial_sum, rng};
use filtercert::number::{Q, decimal, integer, ratio};
use filtercert::probability::fixed::{FixedLaw, ONE, Tails};
use filtercert::probability::{
    StepLaw, Tail, azuma_doob_ru, binomial_below, binomial_below_enclosed, chernoff_doob_ru,
    exp_neg_ru, hoeffding_ru, round_rd, round_ru, walk_maximum_above, walk_maximum_enclosed,
    walk_maximum_exact, walk_maximum_levy_ru,
};
use num_bigint::BigUint;
use num_traits::{One, Signed, Zero};
use rand::RngExt;
use std::collections::BTreeMap;

/// `P(Bin(n, p) < k)` from the recursion in n, with no binomial coefficient.
fn by_recursion(n: u64, p: &Q, k: u64) -> Q {
    let mut law = vec![Q::one()];
    for _ in 0..n {
        let mut next = vec![Q::zero(); law.len() + 1];
        for (i, mass) in law.iter().enumerate() {
            next[i] += mass * (Q::one() - p);
            next[i + 1] += mass * p;
        }
        law = next;
    }
    law.iter().take(k as usize).sum()
}

fn contains(tail: &Tail, exact: &Q) -> bool {
    tail.lower() <= exact && exact <= tail.upper()
}

#[test]
fn binomial_tails_are_those_of_the_recursion() {
    let mut rng = rng(1);
    for _ in 0..150 {
        let n = rng.random_range(0..=14);
        let c = rng.random_range(1..=9);
        let p = ratio(rng.random_range(0..=c), c);
        for k in 0..=n + 2 {
            let expected = by_recursion(n, &p, k);
            if (1..=n + 1).contains(&k) {
                assert_eq!(binomial_sum(n, &p, k), expected);
            }
            assert_eq!(binomial_below(n, &p, k), Tail::Exact(expected.clone()));
            let enclosed = binomial_below_enclosed(n, &p, k);
            assert!(contains(&enclosed, &expected), "{n} {p} {k}: {enclosed:?}");
            assert!(hoeffding_ru(n, &p, k) >= expected, "{n} {p} {k}");
        }
    }
}

#[test]
fn enclosures_of_long_binomial_tails_contain_the_exact_ones_and_are_tight() {
    for (n, p) in [
        (1_000, ratio(1, 2)),
        (1_000, ratio(1, 97)),
        (1_000, ratio(95, 97)),
        (5_000, ratio(2, 5)),
        // A probability longer than 64 bits is rounded outwards.
        (
            300,
            Q::new(10.into(), integer(3).numer().pow(60)) + ratio(1, 3),
        ),
        (300, Q::one() - Q::new(1.into(), integer(3).numer().pow(70))),
    ] {
        for permille in [1, 100, 300, 400, 500, 600, 900, 999] {
            let k = n * permille / 1_000 + 1;
            let exact = binomial_sum(n, &p, k);
            let enclosed = binomial_below_enclosed(n, &p, k);
            assert!(contains(&enclosed, &exact), "{n} {p} {k}");
            assert!(hoeffding_ru(n, &p, k) >= exact);
            let width = enclosed.upper() - enclosed.lower();
            let tight = width * integer(1u64 << 40) <= exact;
            // The finest unit is 2^-4096 of the largest weight.
            let tiny = Q::new(1.into(), integer(2).numer().pow(3_900));
            assert!(
                tight || *enclosed.upper() < tiny,
                "{n} {} {k}: {} in {} .. {}",
                decimal(&p, 5),
                decimal(&exact, 8),
                decimal(enclosed.lower(), 20),
                decimal(enclosed.upper(), 20)
            );
        }
    }
}

#[test]
fn a_binomial_tail_too_long_for_either_way_still_has_an_upper_bound() {
    let n = 1u64 << 60;
    let p = ratio(1, 2);
    let tail = binomial_below_enclosed(n, &p, n / 2 - (1 << 35));
    assert!(tail.lower().is_zero());
    // exp(-2 * 2^70 / 2^60) = exp(-2048)
    assert!(*tail.upper() > Q::zero() && *tail.upper() < ratio(1, i64::MAX));
    assert_eq!(*binomial_below_enclosed(n, &p, n / 2 + 2).upper(), Q::one());
    assert_eq!(binomial_below_enclosed(n, &p, n + 1), Tail::one());
    // Few terms count although n is large.
    let rare = Q::new(1.into(), n.into());
    let poisson = binomial_below_enclosed(n, &rare, 1);
    assert_eq!(decimal(poisson.lower(), 12), "0.367879441171");
    assert_eq!(decimal(poisson.upper(), 12), "0.367879441171");
}

#[test]
fn the_bound_of_the_exponential_has_its_known_digits() {
    for (x, digits) in [
        (ratio(0, 1), "1"),
        (ratio(1, 1), "0.3678794411714423215955"),
        (ratio(1, 2), "0.6065306597126334236038"),
        (ratio(10, 1), "0.00004539992976248485153559"),
        (ratio(100, 1), "3.720075976020835962960e-44"),
        (ratio(1, 1_000_000), "0.9999990000004999998333"),
    ] {
        let bound = exp_neg_ru(&x);
        let shown = decimal(&bound, 22);
        let expected = filtercert::number::parse_rational(digits).unwrap();
        let distance = (&bound - &expected).abs();
        assert!(
            distance * integer(10u64.pow(18)) * integer(1_000) <= expected,
            "exp(-{x}): {shown}"
        );
    }
}

#[test]
fn the_bound_of_the_exponential_lies_above_it() {
    // exp(-x) exp(-y) = exp(-x-y), and 1 - x <= exp(-x) <= 1 - x + x^2/2.
    for k in 1..=64 {
        let x = ratio(k, 64);
        let bound = exp_neg_ru(&x);
        assert!(bound > Q::one() - &x && bound < Q::one() - &x + &x * &x / integer(2));
        // Alternating Taylor sums, lower and upper.
        let mut term = Q::one();
        let mut lower = Q::one();
        for i in 1..=39 {
            term = -term * &x / integer(i);
            lower += &term;
        }
        assert!(bound >= lower, "{x}");
        assert!(
            &bound - &lower < ratio(1, 1 << 60) * ratio(1, 1 << 40),
            "{x}"
        );
    }
    let mut last = Q::one();
    for x in [1, 7, 50, 300, 2_000, 16_000, 16_384] {
        let (one, two) = (exp_neg_ru(&integer(x)), exp_neg_ru(&ratio(x, 2)));
        assert!(one < last);
        let ratio_of_both = &one / (&two * &two);
        let off = (ratio_of_both - Q::one()).abs();
        assert!(off < ratio(1, 1 << 60) * ratio(1, 1 << 30), "{x}");
        last = one;
    }
    // Beyond the largest exponent the bound stays.
    assert_eq!(exp_neg_ru(&integer(1_000_000)), last);
    assert_eq!(exp_neg_ru(&ratio(-3, 1)), Q::one());
}

#[test]
fn roundings_go_their_way_and_keep_their_bits() {
    let mut rng = rng(2);
    for _ in 0..2_000 {
        let scale = integer(num_bigint::BigInt::from(3).pow(rng.random_range(0..200)));
        let q = ratio(
            rng.random_range(-1_000_000..=1_000_000),
            rng.random_range(1..=1_000_000),
        );
        let q = if rng.random_bool(0.5) {
            q * scale
        } else {
            q / scale
        };
        let (lo, hi) = (round_rd(&q, 40), round_ru(&q, 40));
        assert!(lo <= q && q <= hi);
        assert!((&hi - &lo) * integer(1u64 << 38) <= q.abs(), "{q}");
        assert_eq!((round_rd(&lo, 41), round_ru(&hi, 41)), (lo, hi));
    }
}

/// `P(max |S| > lambda)` over all paths, one by one.
fn by_paths(weights: &[(i64, u64)], t: u64, lambda: u64) -> Q {
    fn walk(weights: &[(i64, u64)], left: u64, at: i64, crossed: bool, lambda: u64) -> u64 {
        let crossed = crossed || at.unsigned_abs() > lambda;
        if left == 0 {
            return u64::from(crossed);
        }
        weights
            .iter()
            .map(|(v, w)| w * walk(weights, left - 1, at + v, crossed, lambda))
            .sum()
    }
    let total: u64 = weights.iter().map(|(_, w)| w).sum();
    Q::new(
        walk(weights, t, 0, false, lambda).into(),
        num_bigint::BigInt::from(total).pow(t as u32),
    )
}

/// A random step law, symmetric or not.
fn random_step(rng: &mut rand_chacha::ChaCha8Rng, symmetric: bool) -> Vec<(i64, u64)> {
    let mut weights = vec![(0, rng.random_range(0..=3))];
    for v in 1..=rng.random_range(1..=3) {
        let w = rng.random_range(0..=4);
        weights.push((v, w));
        let other = if symmetric {
            w
        } else {
            rng.random_range(0..=4)
        };
        weights.push((-v, other));
    }
    weights[1].1 += 1;
    if symmetric {
        weights[2].1 += 1;
    }
    weights
}

#[test]
fn walk_maxima_are_those_of_all_paths_and_every_bound_lies_above() {
    let mut rng = rng(3);
    for case in 0..60 {
        let symmetric = case % 2 == 0;
        let weights = random_step(&mut rng, symmetric);
        let step = StepLaw::from_weights(&weights).unwrap();
        assert_eq!(step.is_symmetric(), {
            let mirrored: Vec<(i64, u64)> = weights.iter().map(|(v, w)| (-v, *w)).collect();
            StepLaw::from_weights(&mirrored) == Some(step.clone())
        });
        let t = rng.random_range(0..=4);
        for lambda in 0..=t * step.bound() + 1 {
            let expected = by_paths(&weights, t, lambda);
            assert_eq!(walk_maximum_exact(&step, t, lambda), Some(expected.clone()));
            assert_eq!(
                walk_maximum_above(&step, t, lambda),
                Tail::Exact(expected.clone())
            );
            let enclosed = walk_maximum_enclosed(&step, t, lambda).unwrap();
            assert!(contains(&enclosed, &expected), "{weights:?} {t} {lambda}");
            assert!(enclosed.upper() - enclosed.lower() < ratio(1, 1 << 62) * ratio(1, 1 << 30));
            assert!(chernoff_doob_ru(&step, t, lambda) >= expected);
            match walk_maximum_levy_ru(&step, t, lambda) {
                Some(levy) => assert!(levy >= expected, "{weights:?} {t} {lambda}"),
                None => assert!(!step.is_symmetric()),
            }
            if step.mean().is_zero() {
                assert!(azuma_doob_ru(t, step.bound(), lambda) >= expected);
            }
        }
    }
}

#[test]
fn for_longer_walks_each_way_lies_above_the_finer_one() {
    let mut rng = rng(4);
    let mut strict = 0;
    for case in 0..16 {
        let weights = random_step(&mut rng, case % 4 != 0);
        let step = StepLaw::from_weights(&weights).unwrap();
        let t = rng.random_range(60..=150);
        let lambda = rng.random_range(5..=60);
        let Some(exact) = walk_maximum_exact(&step, t, lambda) else {
            continue;
        };
        let enclosed = walk_maximum_enclosed(&step, t, lambda).unwrap();
        assert!(contains(&enclosed, &exact));
        let chernoff = chernoff_doob_ru(&step, t, lambda);
        assert!(chernoff >= *enclosed.upper() || chernoff == Q::one());
        if let Some(levy) = walk_maximum_levy_ru(&step, t, lambda) {
            assert!(levy >= *enclosed.lower());
            // Symmetric steps have mean 0. The best x is at most a little worse than the one of
            // the inequality with the largest step in place of the law.
            let azuma = azuma_doob_ru(t, step.bound(), lambda);
            assert!(chernoff <= azuma.clone() * ratio(11, 10) || azuma == Q::one());
            strict += u32::from(levy < azuma && exact < levy);
        }
    }
    assert!(strict >= 5, "{strict}");
}

#[test]
fn a_long_walk_is_bounded_by_the_end_point_and_by_the_exponential() {
    // The walk of the built-in problem: 7 background patches, 16 patterns, 10,000 steps.
    let mut weights: Vec<(i64, u64)> = Vec::new();
    let mut binomial = 1u64;
    for c in 0..=7u32 {
        let w = binomial * 15u64.pow(7 - c);
        weights.push((i64::from(c), w));
        weights.push((-i64::from(c), w));
        binomial = binomial * u64::from(7 - c) / u64::from(c + 1);
    }
    let step = StepLaw::from_weights(&weights).unwrap();
    assert!(step.is_symmetric() && step.mean().is_zero());
    // 7 (1/16) (15/16) + (7/16)^2
    assert_eq!(step.mean_square(), ratio(7 * 15 + 49, 256));
    let (t, lambda) = (2_000, 120);
    let dp = walk_maximum_enclosed(&step, t, lambda).unwrap();
    let levy = walk_maximum_levy_ru(&step, t, lambda).unwrap();
    let chernoff = chernoff_doob_ru(&step, t, lambda);
    let azuma = azuma_doob_ru(t, 7, lambda);
    assert!(*dp.upper() < levy && levy < chernoff && chernoff < azuma);
    // The reflection principle loses little, the exponential bounds more.
    assert!(levy < dp.lower() * ratio(5, 4));
    assert!(chernoff < dp.lower() * integer(15));
    assert!(walk_maximum_enclosed(&step, 1_000_000, 3_000).is_none());
    let far = walk_maximum_above(&step, 1_000_000, 6_000);
    assert!(far.lower().is_zero() && *far.upper() < ratio(1, 1_000_000));
    assert_eq!(walk_maximum_above(&step, 10, 70), Tail::zero());
    assert!(walk_maximum_above(&step, 10, 69).lower().is_positive());
}

/// Bounds at the largest numbers of steps and levels: they fall with the level and rise with the steps, and no
/// exponent or sum of values wraps around on the way.
#[test]
fn bounds_do_not_wrap_around() {
    let far = [20, 32, 34, 36, 40, 50, 58, 61, 62, 63].map(|k| 1u64 << k);
    for outcomes in [
        &[(-1, 1), (1, 1)][..],
        &[(-3, 1), (3, 1)],
        &[(-3, 1), (0, 2), (5, 1)],
    ] {
        let step = StepLaw::from_weights(outcomes).expect("a law");
        let mut before = [Q::zero(), Q::zero()];
        for t in [1 << 62, u64::MAX] {
            let bounds = far.map(|lambda| chernoff_doob_ru(&step, t, lambda));
            for pair in bounds.windows(2) {
                assert!(pair[0] >= pair[1], "{t}: {}", decimal(&pair[1], 6));
            }
            assert!(bounds.iter().all(|b| !b.is_negative() && *b <= Q::one()));
            assert_eq!(bounds[0], Q::one(), "2^20 is much less than 2^31");
            let some = [bounds[2].clone(), bounds[4].clone()];
            assert!(some.iter().zip(&before).all(|(now, then)| now >= then));
            before = some;
            // Either an enclosure or none, at sizes where nothing can be followed step by step.
            for lambda in far {
                // Exact only where no step can lead out.
                if let Some(exact) = walk_maximum_exact(&step, t, lambda) {
                    assert!(exact.is_zero() && lambda >= t, "{t} {lambda}");
                }
                if let Some(tail) = walk_maximum_enclosed(&step, t, lambda) {
                    assert!(tail.lower() <= tail.upper());
                }
                if let Some(bound) = walk_maximum_levy_ru(&step, t, lambda) {
                    assert!(!bound.is_negative() && bound <= Q::one());
                }
            }
        }
    }
}

#[test]
fn sums_that_do_not_fit_are_refused() {
    let always = |value: i64| {
        let one = BigUint::from(1u32);
        FixedLaw::from_weights(&[(value, one.clone())], &one).unwrap()
    };
    let sum = always(5).power(1 << 60, 1000).unwrap();
    assert_eq!((sum.first, sum.lo.as_slice()), (5 << 60, &[ONE][..]));
    assert!(always(5).power(1 << 62, 1000).is_none());
    assert!(always(-5).power(u64::MAX, 1000).is_none());
    assert_eq!(always(0).power(i64::MAX as u64, 1000).unwrap().first, 0);
}

/// What may be lost never wraps around to little.
#[test]
fn losses_stay_at_most_one() {
    let law = FixedLaw {
        first: 0,
        lo: vec![ONE / 4; 4],
        slack: ONE,
        outside: ONE,
        ..FixedLaw::at_zero()
    };
    let sum = law.convolve(&law).convolve(&law);
    assert_eq!((sum.slack, sum.outside), (ONE, ONE));
    let tails = Tails::of(sum);
    assert_eq!((tails.at_least(0).1, tails.less(101).1), (ONE, ONE));
}

/// The law of a random step in fixed point.
fn random_fixed(rng: &mut rand_chacha::ChaCha8Rng) -> FixedLaw {
    let mut by_value = BTreeMap::new();
    for (value, weight) in random_step(rng, false) {
        *by_value.entry(value).or_default() += BigUint::from(weight);
    }
    let total = by_value.values().sum();
    let weights: Vec<(i64, BigUint)> = by_value.into_iter().collect();
    FixedLaw::from_weights(&weights, &total).unwrap()
}

/// What is cut off is counted as outside: a rough law encloses the fine one at every value, from fewer entries. Without that
/// count it does not.
#[test]
fn laws_that_cut_off_more_enclose_those_that_cut_off_less() {
    let (mut rng, mut shorter, mut missed) = (rng(11), 0, 0);
    for _ in 0..40 {
        let law = random_fixed(&mut rng);
        for n in [1u64, 7, 40, 150] {
            let fine = law.power(n, u64::MAX).unwrap();
            let rough = law.clone().cutting(ONE >> 12).power(n, u64::MAX).unwrap();
            shorter += u32::from(rough.lo.len() < fine.lo.len());
            let (first, last) = (fine.first, fine.first + fine.lo.len() as i64);
            let careless = FixedLaw {
                outside: 0,
                ..rough.clone()
            };
            let [fine, rough, careless] = [fine, rough, careless].map(Tails::of);
            let meet = |a: (u128, u128), b: (u128, u128)| a.0 <= b.1 && b.0 <= a.1;
            for value in first - 1..=last {
                for tail in [Tails::less, Tails::at_least] {
                    let [f, r, c] = [&fine, &rough, &careless].map(|law| tail(law, value));
                    assert!(meet(f, r), "n = {n}, {value}: {f:?} {r:?}");
                    missed += u32::from(!meet(f, c));
                }
            }
        }
    }
    assert!(shorter >= 40 && missed >= 40, "{shorter} {missed}");
}

/// A power is what products alone give, to the last unit.
#[test]
fn powers_are_those_of_products() {
    let mut rng = rng(9);
    for _ in 0..40 {
        let law = random_fixed(&mut rng);
        for n in 0..40u64 {
            let mut product = FixedLaw::at_zero();
            for bit in (0..u64::BITS - n.leading_zeros()).rev() {
                product = product.convolve(&product);
                if n >> bit & 1 == 1 {
                    product = product.convolve(&law);
                }
            }
            let power = law.power(n, u64::MAX).unwrap();
            let parts = |law: &FixedLaw| (law.first, law.lo.clone(), law.slack, law.outside);
            assert_eq!(parts(&power), parts(&product), "{n} {law:?}");
        }
    }
}
