//! Quotients of sums of square roots of rationals, so that norms and cosines are compared exactly.
//!
//! A sum is kept as `sum c sqrt(d)`, d positive integers no two of which have a square as their product. Such roots are
//! linearly independent over the rationals, so a sum without terms is 0 and any other is not; its sign is then found by
//! enclosing the roots ever more closely.

use crate::certificate::verify::error::{Checked, Limit, beyond};
use crate::certificate::verify::work::{Work, size, words};
use num_bigint::BigInt;
use num_rational::BigRational as Q;
use num_traits::{One, Signed, Zero};
use std::cmp::Ordering;

/// Most roots of one sum.
const MAX_ROOTS: usize = 256;

/// Coefficients and what is under the roots.
#[derive(Clone)]
struct Sum(Vec<(Q, BigInt)>);

/// A number: a sum over another that is not 0.
#[derive(Clone)]
pub struct Real {
    over: Sum,
    under: Sum,
}

impl Sum {
    fn of(q: Q) -> Self {
        let terms = if q.is_zero() {
            vec![]
        } else {
            vec![(q, BigInt::one())]
        };
        Sum(terms)
    }

    /// Adds `c sqrt(d)`, d positive.
    fn add(&mut self, work: &Work, c: Q, d: BigInt) -> Checked<()> {
        for (i, (coefficient, under)) in self.0.iter_mut().enumerate() {
            work.charge(2, size(&d) + size(under))?;
            let product = &d * &*under;
            let root = product.sqrt();
            if &root * &root == product {
                // sqrt(d) = sqrt(d under) / under sqrt(under).
                work.charge(2, words(coefficient) + words(&c) + size(&root))?;
                *coefficient += c * Q::new(root, under.clone());
                if coefficient.is_zero() {
                    self.0.remove(i);
                }
                return Ok(());
            }
        }
        if self.0.len() == MAX_ROOTS {
            return beyond(Limit::Roots);
        }
        let root = d.sqrt();
        self.0.push(match &root * &root == d {
            true => (c * Q::from_integer(root), BigInt::one()),
            false => (c, d),
        });
        Ok(())
    }

    fn plus(mut self, work: &Work, other: &Sum) -> Checked<Sum> {
        for (c, d) in &other.0 {
            self.add(work, c.clone(), d.clone())?;
        }
        Ok(self)
    }

    fn times(&self, work: &Work, other: &Sum) -> Checked<Sum> {
        let mut product = Sum(Vec::new());
        for (c, d) in &self.0 {
            for (e, f) in &other.0 {
                work.charge(2, words(c) + words(e) + size(d) + size(f))?;
                product.add(work, c * e, d * f)?;
            }
        }
        Ok(product)
    }

    fn negative(mut self) -> Sum {
        for (c, _) in &mut self.0 {
            *c = -std::mem::take(c);
        }
        self
    }

    /// The sum times a rational other than 0.
    fn scaled(&self, work: &Work, q: &Q) -> Checked<Sum> {
        let mut sum = self.clone();
        for (c, _) in &mut sum.0 {
            work.charge(2, words(c) + words(q))?;
            *c *= q;
        }
        Ok(sum)
    }

    fn rational(&self) -> Option<Q> {
        match self.0.as_slice() {
            [] => Some(Q::zero()),
            [(c, d)] if d.is_one() => Some(c.clone()),
            _ => None,
        }
    }

    fn sign(&self, work: &Work) -> Checked<Ordering> {
        if let [] | [_] = self.0.as_slice() {
            let sign = self.0.first().map(|(c, _)| c.cmp(&Q::zero()));
            return Ok(sign.unwrap_or(Ordering::Equal));
        }
        let mut bits = 64u64;
        loop {
            let (mut low, mut high) = (Q::zero(), Q::zero());
            for (c, d) in &self.0 {
                let so_far = words(&low) + words(&high);
                work.charge(8, words(c) + size(d) + bits / 32 + so_far)?;
                // The root is at least this, and less than one unit more.
                let root = (d << (2 * bits)).sqrt();
                let unit = BigInt::one() << bits;
                let least = c * Q::new(root.clone(), unit.clone());
                let most = c * Q::new(root + 1, unit);
                low += least.clone().min(most.clone());
                high += least.max(most);
            }
            match (low.is_positive(), high.is_negative()) {
                (true, _) => return Ok(Ordering::Greater),
                (_, true) => return Ok(Ordering::Less),
                _ => bits *= 2,
            }
        }
    }
}

impl From<Q> for Real {
    fn from(q: Q) -> Self {
        Real {
            over: Sum::of(q),
            under: Sum::of(Q::one()),
        }
    }
}

impl Real {
    /// The square root of a rational that is not negative.
    pub fn root(work: &Work, q: &Q) -> Checked<Real> {
        let mut over = Sum(Vec::new());
        if q.is_positive() {
            // sqrt(p / q) = sqrt(p q) / q.
            work.charge(4, 2 * words(q))?;
            let denominator = Q::from_integer(q.denom().clone());
            over.add(work, denominator.recip(), q.numer() * q.denom())?;
        }
        let under = Sum::of(Q::one());
        Ok(Real { over, under })
    }

    /// The number, if it is rational and seen to be.
    pub fn rational(&self) -> Option<Q> {
        let (over, under) = (self.over.rational()?, self.under.rational()?);
        Some(over / under)
    }

    pub fn plus(&self, work: &Work, other: &Real) -> Checked<Real> {
        if let (Some(a), Some(b)) = (self.rational(), other.rational()) {
            work.charge(2, words(&a) + words(&b))?;
            return Ok((a + b).into());
        }
        if let (Some(a), Some(b)) = (self.under.rational(), other.under.rational()) {
            let mine = self.over.scaled(work, &a.recip())?;
            let over = mine.plus(work, &other.over.scaled(work, &b.recip())?)?;
            let under = Sum::of(Q::one());
            return Ok(Real { over, under });
        }
        let across = other.over.times(work, &self.under)?;
        Ok(Real {
            over: self.over.times(work, &other.under)?.plus(work, &across)?,
            under: self.under.times(work, &other.under)?,
        })
    }

    pub fn negative(self) -> Real {
        Real {
            over: self.over.negative(),
            under: self.under,
        }
    }

    pub fn times(&self, work: &Work, other: &Real) -> Checked<Real> {
        if let (Some(a), Some(b)) = (self.rational(), other.rational()) {
            work.charge(2, words(&a) + words(&b))?;
            return Ok((a * b).into());
        }
        Ok(Real {
            over: self.over.times(work, &other.over)?,
            under: self.under.times(work, &other.under)?,
        })
    }

    /// The quotient; `None` by 0.
    pub fn over(&self, work: &Work, divisor: &Real) -> Checked<Option<Real>> {
        if divisor.over.0.is_empty() {
            return Ok(None);
        }
        if let ([(c, d)], Some(under)) = (divisor.over.0.as_slice(), divisor.under.rational()) {
            // u / (c sqrt(d)) = u / (c d) sqrt(d).
            work.charge(4, words(c) + size(d) + words(&under))?;
            let factor = under / (c * Q::from_integer(d.clone()));
            let over = Sum(vec![(factor, d.clone())]);
            let under = Sum::of(Q::one());
            return self.times(work, &Real { over, under }).map(Some);
        }
        let inverse = Real {
            over: divisor.under.clone(),
            under: divisor.over.clone(),
        };
        self.times(work, &inverse).map(Some)
    }

    pub fn sign(&self, work: &Work) -> Checked<Ordering> {
        let sign = self.over.sign(work)?;
        Ok(match self.under.sign(work)? {
            Ordering::Less => sign.reverse(),
            _ => sign,
        })
    }

    pub fn compare(&self, work: &Work, other: &Real) -> Checked<Ordering> {
        self.plus(work, &other.clone().negative())?.sign(work)
    }
}
