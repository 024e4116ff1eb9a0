//! Products and complements of rationals that need fewer gcds than the operators take.

use super::Q;
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Zero};

/// `1 - q`, which is reduced as q is.
///
/// # Cost
/// One subtraction.
///
/// # Example
/// ```
/// use filtercert::number::{complement, ratio};
/// assert_eq!(complement(&ratio(3, 4)), ratio(1, 4));
/// ```
pub fn complement(q: &Q) -> Q {
    Q::new_raw(q.denom() - q.numer(), q.denom().clone())
}

/// `a b`: the product that `*` gives, sooner where one of them is an integer, as most counts and heads are.
///
/// # Cost
/// No gcd of two integers, one with an integer, else two.
///
/// # Example
/// ```
/// use filtercert::number::{integer, product, ratio};
/// assert_eq!(product(&ratio(1, 4), &integer(-2)), ratio(-1, 2));
/// ```
pub fn product(a: &Q, b: &Q) -> Q {
    if b.denom().is_one() {
        times_integer(a, b.numer())
    } else if a.denom().is_one() {
        times_integer(b, a.numer())
    } else {
        a * b
    }
}

fn times_integer(q: &Q, n: &BigInt) -> Q {
    if n.is_zero() || q.is_zero() {
        return Q::zero();
    }
    let denominator = q.denom();
    let common = match denominator.is_one() || n.magnitude().is_one() {
        true => BigInt::one(),
        false => denominator.gcd(n),
    };
    // Reduced by construction, with a positive denominator.
    match common.is_one() {
        true => Q::new_raw(q.numer() * n, denominator.clone()),
        false => Q::new_raw(q.numer() * (n / &common), denominator / common),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::ratio;
    use proptest::prelude::*;

    proptest! {
        /// Products and complements are those of the operators, part by part.
        #[test]
        fn products_and_complements_are_in_lowest_terms(
            a in -60i64..60, b in 1i64..13, c in -60i64..60, d in 1i64..13,
        ) {
            let (x, y) = (ratio(a, b), ratio(c, d));
            let parts = |q: Q| (q.numer().clone(), q.denom().clone());
            prop_assert_eq!(parts(product(&x, &y)), parts(&x * &y));
            prop_assert_eq!(parts(complement(&x)), parts(Q::one() - &x));
        }
    }
}
