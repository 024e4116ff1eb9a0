//! Fractions over a power of one number, reduced without a gcd of long numbers.

use crate::number::{Q, take_power};
use num_bigint::{BigInt, BigUint};
use num_integer::Integer;
use num_traits::{One, Zero};

/// Primes that are looked for in the denominator.
const MAX_PRIME: u32 = 1 << 12;

/// Reduces fractions `x / unit^k`.
///
/// Only primes of the unit can be common to numerator and denominator, and a numerator that has them
/// at all has few of them, so a few divisions by short numbers find them. A general gcd would take
/// time quadratic in the length, which grows with every step.
#[derive(Debug, Clone)]
pub(super) struct Reducer {
    /// The unit's small primes with their exponents.
    primes: Vec<(u64, u64)>,
    /// What is left of the unit; its primes are not known.
    rest: BigUint,
}

impl Reducer {
    /// For denominators that are powers of `unit`.
    ///
    /// # Cost
    /// 2^12 divisions of the unit.
    pub(super) fn new(unit: &BigUint) -> Self {
        let mut rest = unit.clone();
        let mut primes = Vec::new();
        for candidate in 2..MAX_PRIME {
            if rest.is_one() {
                break;
            }
            let mut exponent = 0;
            while (&rest % candidate).is_zero() {
                rest /= candidate;
                exponent += 1;
            }
            if exponent > 0 {
                primes.push((u64::from(candidate), exponent));
            }
        }
        Reducer { primes, rest }
    }

    /// `numerator / denominator` reduced, with `denominator = unit^power` and `numerator >= 0`.
    ///
    /// # Cost
    /// A few divisions of the two by short numbers.
    pub(super) fn reduce(&self, numerator: BigUint, denominator: &BigUint, power: u64) -> Q {
        if numerator.is_zero() {
            return Q::zero();
        }
        if numerator == *denominator {
            return Q::one();
        }
        let has_rest_in_common =
            !self.rest.is_one() && !(&numerator % &self.rest).gcd(&self.rest).is_one();
        if has_rest_in_common {
            return Q::new(numerator.into(), denominator.clone().into());
        }
        let mut numerator = numerator;
        let mut common = BigUint::one();
        for &(prime, exponent) in &self.primes {
            let most = exponent.saturating_mul(power);
            common *= take_power(&mut numerator, prime, most).1;
        }
        // Reduced by construction, with a positive denominator.
        Q::raw(
            BigInt::from(numerator),
            BigInt::from(if common.is_one() {
                denominator.clone()
            } else {
                denominator / common
            }),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_traits::Pow;

    #[test]
    fn the_same_fractions_as_by_a_general_gcd() {
        let big_prime = BigUint::from((1u64 << 61) - 1);
        let units = [
            BigUint::one(),
            BigUint::from(2u32),
            BigUint::from(360u32),
            BigUint::from(2u32) * &big_prime,
            &big_prime * &big_prime,
            BigUint::from(4099u32 * 3),
        ];
        for unit in &units {
            let reducer = Reducer::new(unit);
            for power in [0u64, 1, 2, 7, 20] {
                let denominator = Pow::pow(unit, power);
                for a in [0u32, 1, 2, 3, 5, 12, 40] {
                    for b in [0u32, 1, 2, 9, 21] {
                        for more in [BigUint::one(), big_prime.clone(), BigUint::from(7u32)] {
                            let x = Pow::pow(&BigUint::from(2u32), a)
                                * Pow::pow(&BigUint::from(3u32), b)
                                * Pow::pow(&BigUint::from(5u32), a % 7)
                                * more;
                            let plain = Q::new(x.clone().into(), denominator.clone().into());
                            let found = reducer.reduce(x, &denominator, power);
                            assert_eq!(found.numer(), plain.numer(), "{unit}^{power}");
                            assert_eq!(found.denom(), plain.denom(), "{unit}^{power}");
                        }
                    }
                }
                let whole = reducer.reduce(denominator.clone(), &denominator, power);
                assert!(whole.is_one());
                assert!(
                    reducer
                        .reduce(BigUint::zero(), &denominator, power)
                        .is_zero()
                );
            }
        }
    }
}
