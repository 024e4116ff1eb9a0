//! Fractions in lowest terms without a long gcd, where the denominator is a product of small primes.
//!
//! Denominators here are mostly powers of a few small primes: those of the step size, of the weights and of the
//! probabilities, to a power that grows with the steps. A gcd of two long numbers takes a pass over both for some 30
//! of their bits. To count how often a known prime divides a number takes a few divisions.

use super::Q;
use super::gcd::gcd as long_gcd;
use num_bigint::{BigInt, BigUint};
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};

/// The odd primes below 2^8, of which the product of any eight is below 2^64.
const PRIMES: [u64; 53] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
    101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167, 173, 179, 181, 191, 193,
    197, 199, 211, 223, 227, 229, 233, 239, 241, 251,
];

/// A positive denominator whose small prime factors are known.
#[derive(Debug, Clone)]
pub struct Denominator {
    whole: BigInt,
    /// How often 2 divides it.
    twos: u64,
    /// The primes of [`PRIMES`] that divide it, and how often.
    primes: Vec<(u64, u64)>,
    /// What is left without all these; 1 where the denominator is short.
    rest: BigInt,
}

/// The remainder of a number without its sign.
fn remainder(n: &BigInt, divisor: u64) -> u64 {
    (n.magnitude() % divisor).to_u64().unwrap_or_default()
}

/// Divides `value` (not 0) by the largest power of p that divides it, with an exponent of at most `most`: the exponent,
/// the power.
///
/// # Cost
/// A few divisions by powers of p no longer than the one that is found, or twice that.
pub(crate) fn take_power(value: &mut BigUint, p: u64, most: u64) -> (u64, BigUint) {
    if p == 2 {
        let exponent = value.trailing_zeros().unwrap_or(0).min(most);
        *value >>= exponent;
        return (exponent, BigUint::one() << exponent);
    }
    let (mut exponent, mut power) = (0u64, BigUint::one());
    // p, p^2, p^4 and so on while they divide what is left, then back: each is in it at most once more.
    let (mut factors, mut k, mut factor) = (Vec::new(), 1, BigUint::from(p));
    let mut divide = |k: u64, factor: &BigUint| {
        if exponent.saturating_add(k) > most {
            return false;
        }
        let (quotient, remainder) = value.div_rem(factor);
        if !remainder.is_zero() {
            return false;
        }
        *value = quotient;
        exponent += k;
        power *= factor;
        true
    };
    while divide(k, &factor) {
        let square = &factor * &factor;
        factors.push((k, factor));
        (k, factor) = (2 * k, square);
    }
    for (k, factor) in factors.iter().rev() {
        divide(*k, factor);
    }
    (exponent, power)
}

impl Denominator {
    /// Finds the small prime factors of a positive number; a number of one word is kept as it is.
    ///
    /// # Cost
    /// Seven remainders by a word; a few divisions for each prime that is found.
    pub fn new(whole: BigInt) -> Self {
        debug_assert!(whole.is_positive());
        let mut found = Denominator {
            twos: 0,
            primes: Vec::new(),
            rest: BigInt::one(),
            whole,
        };
        if found.whole.bits() <= 64 {
            return found;
        }
        found.twos = found.whole.trailing_zeros().unwrap_or(0);
        found.rest = &found.whole >> found.twos;
        for primes in PRIMES.chunks(8) {
            let left = remainder(&found.rest, primes.iter().product());
            for &p in primes.iter().filter(|&&p| left.is_multiple_of(p)) {
                let mut rest = found.rest.magnitude().clone();
                let (exponent, _) = take_power(&mut rest, p, u64::MAX);
                found.primes.push((p, exponent));
                found.rest = rest.into();
            }
        }
        found
    }

    /// The gcd with another number; this denominator itself for 0.
    ///
    /// # Cost
    /// A remainder by a word for each small prime of the denominator, and a few divisions for each that divides the
    /// number; a gcd only for what has no small prime factor.
    pub fn common(&self, n: &BigInt) -> BigInt {
        if n.is_zero() {
            return self.whole.clone();
        }
        if let Some(whole) = self.whole.to_u64() {
            return remainder(n, whole).gcd(&whole).into();
        }
        let twos = n.trailing_zeros().unwrap_or(0).min(self.twos);
        let mut common = BigInt::one();
        for &(p, most) in &self.primes {
            if remainder(n, p) == 0 {
                common *= BigInt::from(take_power(&mut n.magnitude().clone(), p, most).1);
            }
        }
        if !self.rest.is_one() {
            common *= long_gcd(n, &self.rest);
        }
        common << twos
    }

    /// `numerator / self` in lowest terms.
    ///
    /// # Cost
    /// As [`Denominator::common`], and two divisions.
    ///
    /// # Example
    /// ```
    /// use filtercert::number::{Denominator, Q};
    /// use num_bigint::BigInt;
    ///
    /// let whole = Denominator::new(BigInt::from(50).pow(100));
    /// let found = whole.under(BigInt::from(-20));
    /// assert_eq!(found, Q::new((-20).into(), BigInt::from(50).pow(100)));
    /// ```
    pub fn under(&self, numerator: BigInt) -> Q {
        let common = self.common(&numerator);
        // Reduced by construction, with a positive denominator.
        if common.is_one() {
            return Q::raw(numerator, self.whole.clone());
        }
        Q::raw(numerator / &common, &self.whole / common)
    }
}

/// The gcd of two numbers of which the second is positive, by the small primes of the second.
pub(super) fn gcd(a: &BigInt, b: &BigInt) -> BigInt {
    Denominator::new(b.clone()).common(a)
}

/// The least common multiple of two positive numbers, by the small primes of the second.
pub(super) fn lcm(a: &BigInt, b: &BigInt) -> BigInt {
    a * (b / gcd(a, b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_traits::Pow;
    use proptest::prelude::*;

    /// A number with this many factors 2, 3, 5, 251 and 257, which is no prime of the list.
    fn product(exponents: [u8; 5], unit: u64) -> BigInt {
        let powers = [2u32, 3, 5, 251, 257].into_iter().zip(exponents);
        let powers = powers.map(|(p, k)| BigInt::from(p).pow(u32::from(k)));
        powers.fold(BigInt::from(unit), |product, power| product * power)
    }

    proptest! {
        /// Against the gcds of the libraries, for numbers with many common factors.
        #[test]
        fn lowest_terms_are_those_of_a_gcd(
            top: [u8; 5],
            bottom: [u8; 5],
            units in (0u64.., 1u64..),
            negative: bool,
        ) {
            let bottom = product(bottom, units.1);
            let top = product(top, units.0);
            let top = if negative { -top } else { top };
            prop_assert_eq!(gcd(&top, &bottom), top.gcd(&bottom));
            prop_assert_eq!(lcm(&product([1; 5], units.1), &bottom), product([1; 5], units.1).lcm(&bottom));
            let found = Denominator::new(bottom.clone()).under(top.clone());
            let expected = Q::new(top, bottom);
            prop_assert_eq!(found.numer(), expected.numer());
            prop_assert_eq!(found.denom(), expected.denom());
        }
    }

    #[test]
    fn powers_are_counted_up_to_the_most() {
        for p in [2, 5] {
            for exponent in 0..40u64 {
                let whole = BigUint::from(7u32) * BigUint::from(p).pow(exponent as u32);
                for most in [0, 1, 2, 3, 7, 8, 20, 39, u64::MAX] {
                    let found = exponent.min(most);
                    let power = BigUint::from(p).pow(found as u32);
                    let mut n = whole.clone();
                    let taken = take_power(&mut n, p, most);
                    assert_eq!(taken, (found, power.clone()), "{exponent} {most}");
                    assert_eq!(n * power, whole);
                }
            }
        }
    }
}
