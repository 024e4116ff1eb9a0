//! Rationals as integers over one denominator.

use super::denominator::{gcd, lcm};
use super::{Q, common_denominator};
use num_bigint::BigInt;
use num_traits::{One, ToPrimitive, Zero};

/// Rationals over one positive denominator, as signed numerators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scaled {
    /// The numerators, in the order of the numbers.
    pub numerators: Vec<BigInt>,
    /// The common denominator.
    pub denominator: BigInt,
}

impl Scaled {
    /// The numbers over their least common denominator; over 1 if there are none.
    ///
    /// # Cost
    /// One gcd and one division a number.
    ///
    /// # Example
    /// ```
    /// use filtercert::number::{Scaled, ratio};
    /// let scaled = Scaled::new(&[ratio(1, 2), ratio(-2, 3)]);
    /// assert_eq!(scaled.denominator, 6.into());
    /// assert_eq!(scaled.words::<i64>(), Some(vec![3, -4]));
    /// ```
    pub fn new<'a, I>(numbers: I) -> Self
    where
        I: IntoIterator<Item = &'a Q>,
        I::IntoIter: Clone,
    {
        let numbers = numbers.into_iter();
        Self::over(common_denominator(numbers.clone()), numbers)
    }

    /// The numbers over a denominator that is a multiple of each of theirs.
    pub fn over<'a>(denominator: BigInt, numbers: impl IntoIterator<Item = &'a Q>) -> Self {
        Scaled {
            numerators: numbers
                .into_iter()
                .map(|x| numerator_over(x, &denominator))
                .collect(),
            denominator,
        }
    }

    /// The bits of the longest of all these integers.
    pub fn bits(&self) -> u64 {
        let all = self.numerators.iter().chain([&self.denominator]);
        all.map(BigInt::bits).max().unwrap_or(0)
    }

    /// The sums with numbers over another denominator, not reduced.
    ///
    /// # Cost
    /// One gcd, and two products a number.
    #[must_use]
    pub fn plus(&self, other: &[BigInt], denominator: &BigInt) -> Self {
        let common = lcm(&self.denominator, denominator);
        let (own, its) = (&common / &self.denominator, &common / denominator);
        let pairs = self.numerators.iter().zip(other);
        Scaled {
            numerators: pairs.map(|(a, b)| a * &own + b * &its).collect(),
            denominator: common,
        }
    }

    /// Divides out what all numerators and the denominator have in common.
    ///
    /// # Cost
    /// At most one gcd and one division a number.
    pub fn reduce(&mut self) {
        let mut common = self.denominator.clone();
        for v in &self.numerators {
            if common.is_one() {
                return;
            }
            if !v.is_zero() {
                common = gcd(v, &common);
            }
        }
        for v in &mut self.numerators {
            *v /= &common;
        }
        self.denominator /= common;
    }

    /// The numerators as machine integers, such as `i64` or `i128`, if all fit.
    pub fn words<T>(&self) -> Option<Vec<T>>
    where
        T: for<'a> TryFrom<&'a BigInt>,
    {
        let words = self.numerators.iter().map(|x| T::try_from(x).ok());
        words.collect()
    }
}

/// The numerator of `x` over a denominator that is a multiple of its own.
pub fn numerator_over(x: &Q, denominator: &BigInt) -> BigInt {
    if denominator == x.denom() {
        return x.numer().clone();
    }
    if let (Some(whole), Some(own)) = (denominator.to_i64(), x.denom().to_i64()) {
        return x.numer() * (whole / own);
    }
    x.numer() * (denominator / x.denom())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{integer, ratio};

    #[test]
    fn numerators_over_the_denominator_are_the_numbers() {
        let numbers = [
            ratio(-5, 6),
            integer(0),
            ratio(7, 4),
            integer(1) / integer(i64::MAX),
        ];
        for scaled in [
            Scaled::new(&numbers),
            Scaled::over(common_denominator(&numbers) * 10, &numbers),
        ] {
            let back = scaled.numerators.iter();
            let back = back.map(|x| Q::new(x.clone(), scaled.denominator.clone()));
            assert!(back.eq(numbers.clone()));
            assert_eq!(scaled.words::<i64>(), None);
            assert!(scaled.words::<i128>().is_some());
        }
        assert!(Scaled::new(&[]).denominator.is_one());
        let twice = Scaled::new(&numbers);
        let mut twice = twice.plus(&twice.numerators, &twice.denominator);
        twice.reduce();
        let doubled = numbers.map(|x| x * integer(2));
        assert_eq!(twice, Scaled::new(&doubled));
    }
}
