//! Tail probabilities against brute force, known values and each other.

mod common;

use common::rng;
use filtercert::number::{Q, decimal, integer, ratio};
use filtercert::theory::tails::{
    Tail, binomial_below, binomial_below_enclosed, binomial_below_exact, exp_neg_ru, hoeffding_ru,
    round_rd, round_ru,
};
use num_traits::{One, Signed, Zero};
use rand::RngExt;

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
            assert_eq!(binomial_below_exact(n, &p, k), Some(expected.clone()));
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
            let exact = binomial_below_exact(n, &p, k).unwrap();
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
    assert_eq!(binomial_below_exact(n, &p, n / 4), None);
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
