//! Sums of square roots of rationals, compared exactly.
//!
//! A [`Surd`] is a sum `q_1 sqrt(d_1) + ... + q_k sqrt(d_k)` with rational `q_i` and positive integers `d_i`, no two of
//! which have a product that is a square. Square roots of such integers are linearly independent over the rationals (the
//! classes of `Q* / (Q*)^2` are), so the sum is 0 only where it is empty: zero is told without any factor of the `d_i`,
//! and the sign of any other sum by enclosures that are refined until 0 is outside of them, which ends.

use super::{Q, integer};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, Zero};
use std::cmp::Ordering;
use std::fmt;

/// A sum of square roots of rationals with rational factors.
///
/// # Example
/// ```
/// use filtercert::number::{Surd, integer};
///
/// let root = |n: i64| Surd::sqrt(&integer(n)).unwrap();
/// // sqrt(2) + sqrt(8) = sqrt(18)
/// assert!((root(2).plus(&root(8))).minus(&root(18)).is_zero());
/// assert!(root(2).plus(&root(3)) > root(9));
/// ```
#[derive(Debug, Clone)]
pub struct Surd {
    /// Factor (not 0) and radicand (at least 1).
    terms: Vec<(Q, BigInt)>,
}

/// The root of a square.
fn exact_root(n: &BigInt) -> Option<BigInt> {
    // A square is 0, 1, 4, 9, 16, 17, 25, 33, 36, 41, 49 or 57 modulo 64.
    const SQUARES: u64 = (1 << 0)
        | (1 << 1)
        | (1 << 4)
        | (1 << 9)
        | (1 << 16)
        | (1 << 17)
        | (1 << 25)
        | (1 << 33)
        | (1 << 36)
        | (1 << 41)
        | (1 << 49)
        | (1 << 57);
    if n.is_negative() {
        return None;
    }
    let low = n.iter_u64_digits().next().unwrap_or(0) % 64;
    if SQUARES >> low & 1 == 0 {
        return None;
    }
    let root = n.sqrt();
    (&root * &root == *n).then_some(root)
}

/// `q sqrt(d)` with squares of small primes taken out of the root, which is easier to read.
fn without_small_squares(mut q: Q, mut d: BigInt) -> (Q, BigInt) {
    for prime in [2u32, 3, 5, 7, 11, 13, 17, 19] {
        let square = BigInt::from(prime * prime);
        loop {
            let (quotient, rest) = d.div_rem(&square);
            if !rest.is_zero() {
                break;
            }
            d = quotient;
            q *= BigInt::from(prime);
        }
    }
    (q, d)
}

impl Surd {
    /// 0.
    pub fn zero() -> Self {
        Surd { terms: Vec::new() }
    }

    /// A rational number.
    pub fn rational(q: Q) -> Self {
        Surd {
            terms: match q.is_zero() {
                true => Vec::new(),
                false => vec![(q, BigInt::one())],
            },
        }
    }

    /// The square root of a rational number; `None` of a negative one.
    ///
    /// # Cost
    /// One integer square root of twice the length of the number.
    pub fn sqrt(q: &Q) -> Option<Self> {
        if q.is_negative() {
            return None;
        }
        if q.is_zero() {
            return Some(Surd::zero());
        }
        // sqrt(n/d) = sqrt(n d) / d.
        let radicand = q.numer() * q.denom();
        let over = Q::new(BigInt::one(), q.denom().clone());
        let term = match exact_root(&radicand) {
            Some(root) => (over * root, BigInt::one()),
            None => (over, radicand),
        };
        Some(Surd { terms: vec![term] })
    }

    /// Number of square roots, that of 1 included.
    pub fn n_terms(&self) -> usize {
        self.terms.len()
    }

    /// Is it 0?
    pub fn is_zero(&self) -> bool {
        self.terms.is_empty()
    }

    /// The number, where it is rational.
    pub fn as_rational(&self) -> Option<Q> {
        match self.terms.as_slice() {
            [] => Some(Q::zero()),
            [(q, d)] if d.is_one() => Some(q.clone()),
            _ => None,
        }
    }

    /// Adds `q sqrt(d)`.
    fn add_term(&mut self, q: Q, d: BigInt) {
        if q.is_zero() {
            return;
        }
        let mut found = None;
        for (at, (_, own)) in self.terms.iter().enumerate() {
            if *own == d {
                found = Some((at, q.clone()));
                break;
            }
            // d = s^2 / own gives sqrt(d) = s / own sqrt(own).
            if let Some(root) = exact_root(&(own * &d)) {
                found = Some((at, &q * Q::new(root, own.clone())));
                break;
            }
        }
        match found {
            Some((at, more)) => {
                self.terms[at].0 += more;
                if self.terms[at].0.is_zero() {
                    self.terms.remove(at);
                }
            }
            None => self.terms.push((q, d)),
        }
    }

    /// The sum.
    ///
    /// # Cost
    /// An integer product and a test for a square for each pair of roots.
    #[must_use]
    pub fn plus(&self, other: &Surd) -> Surd {
        let mut sum = self.clone();
        for (q, d) in &other.terms {
            sum.add_term(q.clone(), d.clone());
        }
        sum
    }

    /// The negative.
    #[must_use]
    pub fn negative(&self) -> Surd {
        Surd {
            terms: self.terms.iter().map(|(q, d)| (-q, d.clone())).collect(),
        }
    }

    /// The difference; costs as [`Surd::plus`].
    #[must_use]
    pub fn minus(&self, other: &Surd) -> Surd {
        self.plus(&other.negative())
    }

    /// The product.
    ///
    /// # Cost
    /// With k and l roots: k l products, each added to at most k l others.
    #[must_use]
    pub fn times(&self, other: &Surd) -> Surd {
        let mut product = Surd::zero();
        for (p, c) in &self.terms {
            for (q, d) in &other.terms {
                let common = c.gcd(d);
                // sqrt(c d) = g sqrt(c/g d/g).
                let radicand = (c / &common) * (d / &common);
                let factor = p * q * &common;
                match exact_root(&radicand) {
                    Some(root) => product.add_term(factor * root, BigInt::one()),
                    None => product.add_term(factor, radicand),
                }
            }
        }
        product
    }

    /// The sign, exactly.
    ///
    /// # Cost
    /// Of at most two roots, one comparison of squares; of more, integer square roots of a length that doubles until
    /// the sum of their enclosures does not contain 0.
    pub fn sign(&self) -> Ordering {
        let of = |q: &Q| q.cmp(&Q::zero());
        match self.terms.as_slice() {
            [] => Ordering::Equal,
            [(q, _)] => of(q),
            [(p, c), (q, d)] => {
                if p.is_positive() == q.is_positive() {
                    return of(p);
                }
                match (p * p * c).cmp(&(q * q * d)) {
                    Ordering::Less => of(q),
                    _ => of(p),
                }
            }
            _ => {
                if self.terms.iter().all(|(q, _)| q.is_positive()) {
                    return Ordering::Greater;
                }
                if self.terms.iter().all(|(q, _)| q.is_negative()) {
                    return Ordering::Less;
                }
                let mut bits = 64;
                loop {
                    let (lo, hi) = self.enclosure(bits);
                    if lo.is_positive() {
                        return Ordering::Greater;
                    }
                    if hi.is_negative() {
                        return Ordering::Less;
                    }
                    bits *= 2;
                }
            }
        }
    }

    /// Two rationals that enclose the number; each root is known to `2^-bits`.
    ///
    /// # Cost
    /// An integer square root of about `bits(d) + 2 bits` bits for each root.
    pub fn enclosure(&self, bits: u32) -> (Q, Q) {
        let unit = BigInt::one() << bits;
        let (mut lo, mut hi) = (Q::zero(), Q::zero());
        for (q, d) in &self.terms {
            if d.is_one() {
                lo += q;
                hi += q;
                continue;
            }
            let root = (d << (2 * bits)).sqrt();
            let below = q * Q::new(root.clone(), unit.clone());
            // It is no square, so the next integer is above it.
            let above = q * Q::new(root + 1, unit.clone());
            let (below, above) = match q.is_positive() {
                true => (below, above),
                false => (above, below),
            };
            lo += below;
            hi += above;
        }
        (lo, hi)
    }
}

impl PartialEq for Surd {
    fn eq(&self, other: &Self) -> bool {
        self.minus(other).is_zero()
    }
}

impl Eq for Surd {}

impl PartialOrd for Surd {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Surd {
    fn cmp(&self, other: &Self) -> Ordering {
        self.minus(other).sign()
    }
}

impl fmt::Display for Surd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.terms.is_empty() {
            return f.write_str("0");
        }
        for (at, (q, d)) in self.terms.iter().enumerate() {
            let joint = match (at, q.is_negative()) {
                (0, false) => "",
                (0, true) => "-",
                (_, false) => " + ",
                (_, true) => " - ",
            };
            f.write_str(joint)?;
            let (q, d) = without_small_squares(q.abs(), d.clone());
            match (q.is_one(), d.is_one()) {
                (_, true) => write!(f, "{q}")?,
                (true, false) => write!(f, "sqrt({d})")?,
                (false, false) => match q == integer(1) / q.denom() {
                    true => write!(f, "sqrt({d})/{}", q.denom())?,
                    false => write!(f, "{q}*sqrt({d})")?,
                },
            }
        }
        Ok(())
    }
}
