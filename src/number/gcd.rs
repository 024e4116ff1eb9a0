//! Greatest common divisors, which every fraction in lowest terms takes.
//!
//! Numbers of a word or two are left to machine integers. Longer ones are shortened by Lehmer's method: the quotients of
//! Euclid's algorithm follow from the leading bits for as long as no choice of the other bits could change them, and all
//! of these steps are then taken in one pass over the digits.
//! Source: D. E. Knuth, The Art of Computer Programming, volume 2, section 4.5.2, algorithm L.

use num_bigint::{BigInt, BigUint};
use num_integer::Integer;
use num_traits::{One, ToPrimitive};

/// The gcd of two numbers, not negative; 0 for 0 and 0.
///
/// # Cost
/// Quadratic in the number of words, with one pass for about 30 bits.
///
/// # Example
/// ```
/// use filtercert::number::gcd;
/// assert_eq!(gcd(&(-12).into(), &18.into()), 6.into());
/// ```
pub fn gcd(a: &BigInt, b: &BigInt) -> BigInt {
    let (a, b) = (a.magnitude(), b.magnitude());
    match (a.to_u64(), b.to_u64()) {
        (Some(a), Some(b)) => a.gcd(&b).into(),
        (Some(word), None) => with_word(b, word),
        (None, Some(word)) => with_word(a, word),
        (None, None) => long(a, b).into(),
    }
}

fn with_word(long: &BigUint, word: u64) -> BigInt {
    match word {
        0 => long.clone().into(),
        _ => (long % word).to_u64().unwrap_or(0).gcd(&word).into(),
    }
}

/// The digits of a number to the base 2^64, the least first, without zeros at the end.
type Digits = Vec<u64>;

fn long(a: &BigUint, b: &BigUint) -> BigUint {
    // Rounded numbers have powers of 2 for denominators, and many others are nearly such.
    let [of_a, of_b] = [a, b].map(|n| n.trailing_zeros().unwrap_or(0));
    let (a, b) = (a >> of_a, b >> of_b);
    let odd = match a.is_one() || b.is_one() {
        true => BigUint::one(),
        false if a < b => lehmer(&b, &a),
        false => lehmer(&a, &b),
    };
    odd << of_a.min(of_b)
}

/// The same of two numbers the second of which is at most the first.
fn lehmer(a: &BigUint, b: &BigUint) -> BigUint {
    let [mut a, mut b] = [a, b].map(BigUint::to_u64_digits);
    while b.len() > 2 {
        let [p, q] = first_quotients(leading(&a, &b));
        if q == [0, 1] {
            // Not one quotient is certain: it is too large.
            let rest = number(&a) % number(&b);
            a = std::mem::replace(&mut b, rest.to_u64_digits());
        } else {
            combine(&mut a, &mut b, [p, q]);
        }
    }
    let small = |digits: &Digits| {
        let digit = |i: usize| u128::from(digits.get(i).copied().unwrap_or(0));
        digit(0) | digit(1) << 64
    };
    match (a.len(), small(&b)) {
        (_, 0) => number(&a),
        (0..=2, b) => small(&a).gcd(&b).into(),
        (_, b) => {
            let rest = number(&a) % b;
            rest.to_u128().unwrap_or(0).gcd(&b).into()
        }
    }
}

fn number(digits: &Digits) -> BigUint {
    let halves = digits.iter().flat_map(|&d| [d as u32, (d >> 32) as u32]);
    BigUint::new(halves.collect())
}

/// The 62 leading bits of a, and the bits of b in the same places; b is at most a.
fn leading(a: &Digits, b: &Digits) -> [i64; 2] {
    let top = a.len() - 1;
    let shift = a[top].leading_zeros();
    [a, b].map(|digits| {
        let digit = |i: usize| u128::from(digits.get(i).copied().unwrap_or(0));
        let both = digit(top) << 64 | digit(top - 1);
        ((both << shift) >> 66) as i64
    })
}

/// Rows p and q such that steps of Euclid's algorithm lead from (a, b) to (p a + p' b, q a + q' b), whatever the bits
/// behind the leading ones are; [1, 0] and [0, 1] where no step is certain.
fn first_quotients([mut x, mut y]: [i64; 2]) -> [[i64; 2]; 2] {
    let [mut p, mut q] = [[1, 0], [0, 1]];
    // All stay below 2^62: the leading bits of a are |q'| x + |p'| y.
    while y + q[0] != 0 && y + q[1] != 0 {
        let quotient = (x + p[0]) / (y + q[0]);
        if quotient != (x + p[1]) / (y + q[1]) {
            break;
        }
        (p, q) = (q, [p[0] - quotient * q[0], p[1] - quotient * q[1]]);
        (x, y) = (y, x - quotient * y);
    }
    [p, q]
}

/// `x a - y b`, or its opposite, digit by digit.
struct Row {
    factors: [u64; 2],
    is_opposite: bool,
    carry: i128,
}

impl Row {
    /// The next digit. Products are below 2^126, as factors are below 2^62: their difference and a carry fit.
    fn next(&mut self, digits: [u64; 2]) -> u64 {
        let product = |k: usize| (u128::from(self.factors[k]) * u128::from(digits[k])) as i128;
        let difference = product(0).wrapping_sub(product(1));
        let signed = match self.is_opposite {
            true => difference.wrapping_neg(),
            false => difference,
        };
        let sum = signed.wrapping_add(self.carry);
        self.carry = sum >> 64;
        sum as u64
    }
}

/// Takes these steps.
fn combine(a: &mut Digits, b: &mut Digits, rows: [[i64; 2]; 2]) {
    b.resize(a.len(), 0);
    // The factors of a row are of opposite signs, if none is 0.
    let [mut first, mut second] = rows.map(|[x, y]| Row {
        factors: [x.unsigned_abs(), y.unsigned_abs()],
        is_opposite: x < 0 || y > 0,
        carry: 0,
    });
    for (a, b) in a.iter_mut().zip(b.iter_mut()) {
        let digits = [*a, *b];
        (*a, *b) = (first.next(digits), second.next(digits));
    }
    debug_assert_eq!([first.carry, second.carry], [0, 0]);
    for digits in [a, b] {
        let zeros = digits.iter().rev().take_while(|&&d| d == 0).count();
        digits.truncate(digits.len() - zeros);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_number() -> impl Strategy<Value = BigInt> {
        let digits =
            prop::collection::vec(prop_oneof![any::<u32>(), Just(0), Just(u32::MAX)], 0..24);
        digits.prop_map(|digits| BigUint::new(digits).into())
    }

    proptest! {
        /// Against the library's gcd, which goes bit by bit, for numbers with and without a common factor.
        #[test]
        fn is_the_gcd_of_the_library(a in any_number(), b in any_number(), common in any_number()) {
            let (x, y) = (&a * &common, &b * &common);
            for (a, b) in [(&a, &b), (&x, &y), (&x, &common), (&(-&x), &y), (&x, &x)] {
                prop_assert_eq!(gcd(a, b), a.gcd(b));
            }
        }
    }

    /// The quotients of neighbouring Fibonacci numbers are all 1, those of a power and its neighbours are large.
    #[test]
    fn is_right_where_quotients_are_least_and_largest() {
        let (mut a, mut b) = (BigInt::from(1), BigInt::from(1));
        for k in 0..2_000u32 {
            (a, b) = (&a + &b, a);
            assert_eq!(gcd(&a, &b), 1.into(), "{k}");
            let (x, y): (BigInt, BigInt) = (&a * 6, &b * 12);
            assert_eq!(gcd(&x, &y), x.gcd(&y));
        }
        for k in 1..400u32 {
            let power = BigInt::from(2).pow(k);
            for n in [&power - 1, power.clone(), &power + 1] {
                for m in [BigInt::from(2).pow(2 * k), BigInt::from(2).pow(3 * k) - 1] {
                    assert_eq!(gcd(&n, &m), n.gcd(&m), "{k}");
                }
            }
        }
    }
}
