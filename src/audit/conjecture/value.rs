//! Numbers of claims: quotients of sums of square roots, so that the four operations and comparisons are exact.

use crate::number::{Q, Surd, integer};
use num_traits::{One, Signed, Zero};
use std::cmp::Ordering;
use std::fmt;

/// Most square roots that a number may hold.
pub const MAX_ROOTS: usize = 256;

/// A number of a claim: a rational, or a quotient of two sums of square roots of rationals.
#[derive(Debug, Clone)]
pub enum Real {
    /// A rational.
    Rational(Q),
    /// Numerator, and denominator other than 0.
    Quotient(Box<(Surd, Surd)>),
}

/// A number would hold more than `MAX_ROOTS` square roots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyRoots;

type Made = Result<Real, TooManyRoots>;

impl Real {
    /// 0.
    pub fn zero() -> Self {
        Real::Rational(Q::zero())
    }

    /// An integer.
    pub fn integer(n: impl Into<num_bigint::BigInt>) -> Self {
        Real::Rational(integer(n))
    }

    /// The square root of a rational; `None` of a negative one.
    pub fn sqrt(q: &Q) -> Option<Self> {
        Some(Self::simplified(Surd::sqrt(q)?, Surd::rational(integer(1))))
    }

    fn simplified(numerator: Surd, denominator: Surd) -> Self {
        match (numerator.as_rational(), denominator.as_rational()) {
            (Some(n), Some(d)) => Real::Rational(n / d),
            (_, Some(d)) if !d.is_one() => Real::Quotient(Box::new((
                numerator.times(&Surd::rational(d.recip())),
                Surd::rational(integer(1)),
            ))),
            _ => Real::Quotient(Box::new((numerator, denominator))),
        }
    }

    fn made(numerator: Surd, denominator: Surd) -> Made {
        match numerator.n_terms().max(denominator.n_terms()) > MAX_ROOTS {
            true => Err(TooManyRoots),
            false => Ok(Self::simplified(numerator, denominator)),
        }
    }

    fn parts(&self) -> (Surd, Surd) {
        match self {
            Real::Rational(q) => (Surd::rational(q.clone()), Surd::rational(integer(1))),
            Real::Quotient(parts) => (**parts).clone(),
        }
    }

    /// The number, where it is rational.
    pub fn as_rational(&self) -> Option<&Q> {
        match self {
            Real::Rational(q) => Some(q),
            Real::Quotient(_) => None,
        }
    }

    /// Are these products few enough?
    fn affordable(pairs: [(&Surd, &Surd); 2]) -> Result<(), TooManyRoots> {
        let most = pairs.map(|(a, b)| a.n_terms() * b.n_terms());
        match most.into_iter().max() > Some(16 * MAX_ROOTS) {
            true => Err(TooManyRoots),
            false => Ok(()),
        }
    }

    /// The sum.
    ///
    /// # Errors
    /// [`TooManyRoots`].
    pub fn plus(&self, other: &Real) -> Made {
        if let (Real::Rational(a), Real::Rational(b)) = (self, other) {
            return Ok(Real::Rational(a + b));
        }
        let ((a, b), (c, d)) = (self.parts(), other.parts());
        if b == d {
            return Self::made(a.plus(&c), b);
        }
        Self::affordable([(&a, &d), (&c, &b)])?;
        Self::affordable([(&b, &d), (&b, &d)])?;
        Self::made(a.times(&d).plus(&c.times(&b)), b.times(&d))
    }

    /// The negative.
    #[must_use]
    pub fn negative(&self) -> Real {
        match self {
            Real::Rational(q) => Real::Rational(-q),
            Real::Quotient(parts) => {
                Real::Quotient(Box::new((parts.0.negative(), parts.1.clone())))
            }
        }
    }

    /// The product.
    ///
    /// # Errors
    /// [`TooManyRoots`].
    pub fn times(&self, other: &Real) -> Made {
        if let (Real::Rational(a), Real::Rational(b)) = (self, other) {
            return Ok(Real::Rational(a * b));
        }
        let ((a, b), (c, d)) = (self.parts(), other.parts());
        Self::affordable([(&a, &c), (&b, &d)])?;
        Self::made(a.times(&c), b.times(&d))
    }

    /// The quotient; `None` where the divisor is 0.
    ///
    /// # Errors
    /// [`TooManyRoots`].
    pub fn over(&self, divisor: &Real) -> Result<Option<Real>, TooManyRoots> {
        if divisor.sign().is_eq() {
            return Ok(None);
        }
        let inverse = match divisor {
            Real::Rational(q) => Real::Rational(q.recip()),
            Real::Quotient(parts) => Real::Quotient(Box::new((parts.1.clone(), parts.0.clone()))),
        };
        self.times(&inverse).map(Some)
    }

    /// The power by a whole number; `x^0` is 1.
    ///
    /// # Errors
    /// [`TooManyRoots`].
    pub fn power(&self, exponent: u32) -> Made {
        let mut result = Real::integer(1);
        for _ in 0..exponent {
            result = result.times(self)?;
        }
        Ok(result)
    }

    /// The sign, exactly.
    pub fn sign(&self) -> Ordering {
        match self {
            Real::Rational(q) => q.cmp(&Q::zero()),
            Real::Quotient(parts) => match parts.1.sign() {
                Ordering::Less => parts.0.sign().reverse(),
                _ => parts.0.sign(),
            },
        }
    }

    /// The order of two numbers, exactly.
    ///
    /// # Errors
    /// [`TooManyRoots`].
    pub fn compare(&self, other: &Real) -> Result<Ordering, TooManyRoots> {
        if let (Real::Rational(a), Real::Rational(b)) = (self, other) {
            return Ok(a.cmp(b));
        }
        Ok(self.plus(&other.negative())?.sign())
    }

    /// Two rationals that enclose the number, to about 60 bits where it is not very small.
    pub fn enclosure(&self) -> (Q, Q) {
        let (numerator, denominator) = match self {
            Real::Rational(q) => return (q.clone(), q.clone()),
            Real::Quotient(parts) => &**parts,
        };
        let mut bits = 96;
        loop {
            let (a, b) = numerator.enclosure(bits);
            let (c, d) = denominator.enclosure(bits);
            // The denominator is not 0, so some enclosure does not contain 0.
            if c.is_positive() || d.is_negative() {
                let corners = [&a / &c, &a / &d, &b / &c, &b / &d];
                let least = corners.iter().min().cloned().unwrap_or_default();
                let most = corners.into_iter().max().unwrap_or_default();
                return (least, most);
            }
            bits *= 2;
        }
    }
}

impl fmt::Display for Real {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Real::Rational(q) => write!(f, "{q}"),
            Real::Quotient(parts) => {
                let (n, d) = &**parts;
                match d.as_rational() {
                    Some(_) => write!(f, "{n}"),
                    None => write!(f, "({n}) / ({d})"),
                }
            }
        }
    }
}
