//! Fractions over a power of one number, reduced without a gcd of long numbers.

use crate::number::Q;
use num_bigint::{BigInt, BigUint};
use num_integer::Integer;
use num_traits::{One, Pow, ToPrimitive, Zero};

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
    primes: Vec<(BigUint, u64)>,
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
                primes.push((BigUint::from(candidate), exponent));
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
        for (prime, exponent) in &self.primes {
            let most = exponent.saturating_mul(power);
            let factor = common_power(&mut numerator, prime, most);
            common *= factor;
        }
        // Reduced by construction, with a positive denominator.
        Q::new_raw(
            BigInt::from(numerator),
            BigInt::from(if common.is_one() {
                denominator.clone()
            } else {
                denominator / common
            }),
        )
    }
}

/// Divides `value` (not 0) by the highest power of `prime` that divides it, with an exponent of at
/// most `most`, and returns that power.
fn common_power(value: &mut BigUint, prime: &BigUint, most: u64) -> BigUint {
    if prime.to_u64() == Some(2) {
        let shift = value.trailing_zeros().unwrap_or(0).min(most);
        *value >>= shift;
        return BigUint::one() << shift;
    }
    // prime^(2^i), as long as they divide what is left.
    let mut powers: Vec<(BigUint, u64)> = Vec::new();
    let mut exponent = 0u64;
    let mut removed = BigUint::one();
    let mut next = (prime.clone(), 1u64);
    while exponent.saturating_add(next.1) <= most {
        let (quotient, remainder) = value.div_rem(&next.0);
        if !remainder.is_zero() {
            break;
        }
        *value = quotient;
        exponent += next.1;
        removed *= &next.0;
        let double = (Pow::pow(&next.0, 2u32), next.1 * 2);
        powers.push(std::mem::replace(&mut next, double));
    }
    // Fewer than twice the last step are left.
    for (power, times) in powers.into_iter().rev() {
        if exponent.saturating_add(times) > most {
            continue;
        }
        let (quotient, remainder) = value.div_rem(&power);
        if remainder.is_zero() {
            *value = quotient;
            exponent += times;
            removed *= power;
        }
    }
    removed
}

#[cfg(test)]
mod tests {
    use super::*;

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
