//! The number type of the exact engines.

use super::gcd::gcd;
use super::rational::{RationalError, parse_rational};
use num_bigint::{BigInt, Sign};
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{Num, One, Pow, Signed, ToPrimitive, Zero};
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::iter::{Product, Sum};
use std::ops::{
    Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Rem, RemAssign, Sub, SubAssign,
};
use std::str::FromStr;

/// An exact rational number, always reduced, with a positive denominator.
///
/// It is a [`BigRational`] with sooner arithmetic: where both parts fit machine words, machine integers do all work on them,
/// and longer parts are reduced by [`gcd`](super::gcd()), not bit by bit.
///
/// # Example
/// ```
/// use filtercert::number::{Q, ratio};
/// assert_eq!(ratio(1, 6) + ratio(1, 10), Q::new(4.into(), 15.into()));
/// assert_eq!((ratio(-3, 4) * ratio(2, 9)).to_string(), "-1/6");
/// ```
#[derive(Clone)]
pub struct Q(BigRational);

/// Numerator and denominator in machine integers; the denominator is positive.
type Words = (i64, i64);

/// `n / denominator`, reduced; the denominator is positive.
fn in_words(n: i128, denominator: i128) -> Q {
    let (magnitude, positive) = (n.unsigned_abs(), denominator.unsigned_abs());
    // At most the denominator.
    let common = match (u64::try_from(magnitude), u64::try_from(positive)) {
        (Ok(n), Ok(d)) => n.gcd(&d).into(),
        _ => magnitude.gcd(&positive) as i128,
    };
    match common {
        1 => Q::raw(n.into(), denominator.into()),
        _ => Q::raw((n / common).into(), (denominator / common).into()),
    }
}

/// `numerator / denominator`, reduced.
///
/// # Panics
/// If `denominator` is zero.
///
/// # Cost
/// Where both fit machine integers, one gcd of these.
pub fn fraction(numerator: i128, denominator: &BigInt) -> Q {
    match i128::try_from(denominator) {
        Ok(words) if words > 0 => in_words(numerator, words),
        _ => Q::new(numerator.into(), denominator.clone()),
    }
}

/// gcd of a number and a positive one.
fn common(n: i64, d: i64) -> i64 {
    match d {
        1 => 1,
        // At most d.
        _ => n.unsigned_abs().gcd(&d.unsigned_abs()) as i64,
    }
}

impl Q {
    /// `numerator / denominator`, reduced.
    ///
    /// # Panics
    /// If `denominator` is zero.
    ///
    /// # Cost
    /// One gcd, and two divisions where it is not 1.
    pub fn new(numerator: BigInt, denominator: BigInt) -> Self {
        assert!(!denominator.is_zero(), "a fraction over 0");
        let (numerator, denominator) = match denominator.sign() {
            Sign::Minus => (-numerator, -denominator),
            _ => (numerator, denominator),
        };
        if denominator.is_one() {
            return Q::from_integer(numerator);
        }
        let common = gcd(&numerator, &denominator);
        match common.is_one() {
            true => Q::raw(numerator, denominator),
            false => Q::raw(numerator / &common, denominator / common),
        }
    }

    /// The same of two numbers that have no factor in common, the second one positive.
    ///
    /// Of a pair with a common factor results have the right value, but need not be reduced, and are not equal to others
    /// of the same value: see [`Q::reduced`].
    pub(crate) const fn raw(numerator: BigInt, denominator: BigInt) -> Self {
        Q(BigRational::new_raw(numerator, denominator))
    }

    /// An integer.
    pub fn from_integer(n: BigInt) -> Self {
        Q::raw(n, BigInt::one())
    }

    /// The numerator, which has the sign.
    pub const fn numer(&self) -> &BigInt {
        self.0.numer()
    }

    /// The denominator, positive.
    pub const fn denom(&self) -> &BigInt {
        self.0.denom()
    }

    /// Numerator and denominator.
    pub fn into_parts(self) -> (BigInt, BigInt) {
        self.0.into_raw()
    }

    /// What was made of a pair that was not known to be reduced.
    pub(crate) fn reduced(&self) -> Self {
        Q::new(self.numer().clone(), self.denom().clone())
    }

    /// Is it an integer?
    pub fn is_integer(&self) -> bool {
        self.denom().is_one()
    }

    /// The integer between it and 0, itself included, that is nearest to it.
    pub fn to_integer(&self) -> BigInt {
        self.0.to_integer()
    }

    /// The largest integer that is at most this number.
    pub fn floor(&self) -> Self {
        Q(self.0.floor())
    }

    /// The least integer that is at least this number.
    pub fn ceil(&self) -> Self {
        Q(self.0.ceil())
    }

    /// The integer between it and 0, itself included, that is nearest to it.
    pub fn trunc(&self) -> Self {
        Q(self.0.trunc())
    }

    /// The nearest integer, half away from zero.
    pub fn round(&self) -> Self {
        Q(self.0.round())
    }

    /// `1 / self`.
    ///
    /// # Panics
    /// If it is 0.
    pub fn recip(&self) -> Self {
        assert!(!self.is_zero(), "1 / 0");
        let (numerator, denominator) = (self.numer().clone(), self.denom().clone());
        match numerator.sign() {
            Sign::Minus => Q::raw(-denominator, -numerator),
            _ => Q::raw(denominator, numerator),
        }
    }

    /// `self^exponent`.
    ///
    /// # Panics
    /// If it is 0 and the exponent is negative.
    ///
    /// # Cost
    /// Two powers and no gcd: powers of numbers without a common factor have none.
    pub fn pow(&self, exponent: i32) -> Self {
        let power = Pow::pow(self, exponent.unsigned_abs());
        match exponent < 0 {
            true => power.recip(),
            false => power,
        }
    }

    fn words(&self) -> Option<Words> {
        Some((self.numer().to_i64()?, self.denom().to_i64()?))
    }

    fn words_of(&self, other: &Self) -> Option<(Words, Words)> {
        Some((self.words()?, other.words()?))
    }

    /// `self + sign other`, where the sign is 1 or -1.
    ///
    /// With g the gcd of the denominators only what is left of it can divide the sum's numerator.
    fn plus(&self, sign: i64, other: &Self) -> Self {
        if let Some(((a, b), (c, d))) = self.words_of(other) {
            let c = i128::from(sign) * i128::from(c);
            let (a, wide_b) = (i128::from(a), i128::from(b));
            if b == d {
                return match b {
                    1 => Q::from_integer((a + c).into()),
                    _ => in_words(a + c, wide_b),
                };
            }
            let g = i128::from(common(b, d));
            // At most 2^63 (2^63 - 1) each.
            let sum = a * (i128::from(d) / g) + c * (wide_b / g);
            if g == 1 {
                return Q::raw(sum.into(), (wide_b * i128::from(d)).into());
            }
            // The remainder is below g, and g is a denominator's divisor.
            let rest = common((sum % g) as i64, g as i64);
            let denominator = wide_b / g * i128::from(d / rest);
            return Q::raw((sum / i128::from(rest)).into(), denominator.into());
        }
        let ([a, b], [c, d]) = (self.parts(), other.parts());
        let opposite;
        let c = match sign {
            1 => c,
            _ => {
                opposite = -c;
                &opposite
            }
        };
        if b == d {
            return Q::new(a + c, b.clone());
        }
        let g = match b.is_one() || d.is_one() {
            true => BigInt::one(),
            false => gcd(b, d),
        };
        if g.is_one() {
            return Q::raw(a * d + c * b, b * d);
        }
        let of_b = b / &g;
        let sum = a * (d / &g) + c * &of_b;
        let rest = gcd(&sum, &g);
        match rest.is_one() {
            true => Q::raw(sum, of_b * d),
            false => Q::raw(sum / &rest, of_b * (d / rest)),
        }
    }

    /// `a c / (b d)`: a gcd of each numerator and the other denominator is enough.
    fn times(&self, other: &Self) -> Self {
        if let Some((one, other)) = self.words_of(other) {
            return multiplied(one, other);
        }
        let ([a, b], [c, d]) = (self.parts(), other.parts());
        if a.is_zero() || c.is_zero() {
            return Q::zero();
        }
        let across = |n: &BigInt, d: &BigInt| match d.is_one() || n.magnitude().is_one() {
            true => None,
            false => Some(gcd(n, d)).filter(|common| !common.is_one()),
        };
        let over = |n: &BigInt, common: &Option<BigInt>| match common {
            Some(common) => n / common,
            None => n.clone(),
        };
        let (left, right) = (across(a, d), across(c, b));
        Q::raw(
            over(a, &left) * over(c, &right),
            over(b, &right) * over(d, &left),
        )
    }

    fn over(&self, other: &Self) -> Self {
        assert!(!other.is_zero(), "a division by 0");
        match self.words_of(other) {
            // The least integer has no opposite.
            Some((one, (c, d))) if c != i64::MIN => multiplied(one, (d * c.signum(), c.abs())),
            _ => self.times(&other.recip()),
        }
    }

    fn parts(&self) -> [&BigInt; 2] {
        [self.numer(), self.denom()]
    }
}

fn multiplied((a, b): Words, (c, d): Words) -> Q {
    let (left, right) = (common(a, d), common(c, b));
    let product = |x: i64, y: i64| BigInt::from(i128::from(x) * i128::from(y));
    Q::raw(product(a / left, c / right), product(b / right, d / left))
}

impl PartialEq for Q {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for Q {}

impl Hash for Q {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
    }
}

impl PartialOrd for Q {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Q {
    fn cmp(&self, other: &Self) -> Ordering {
        let ([a, b], [c, d]) = (self.parts(), other.parts());
        if let Some(((a, b), (c, d))) = self.words_of(other) {
            let [left, right] = [(a, d), (c, b)].map(|(x, y)| i128::from(x) * i128::from(y));
            return left.cmp(&right);
        }
        if b == d || a.sign() != c.sign() {
            return a.cmp(c);
        }
        // |q| lies between 2^(e - 1) and 2^(e + 1), both ends left out, for e the difference of the numbers of bits.
        let exponent = |n: &BigInt, d: &BigInt| n.bits() as i64 - d.bits() as i64;
        let (left, right) = (exponent(a, b), exponent(c, d));
        let magnitudes = match left - right {
            2.. => Ordering::Greater,
            ..=-2 => Ordering::Less,
            _ => return (a * d).cmp(&(c * b)),
        };
        match a.sign() {
            Sign::Minus => magnitudes.reverse(),
            Sign::NoSign => Ordering::Equal,
            Sign::Plus => magnitudes,
        }
    }
}

impl fmt::Display for Q {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Q {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Default for Q {
    fn default() -> Self {
        Q::zero()
    }
}

impl From<BigInt> for Q {
    fn from(n: BigInt) -> Self {
        Q::from_integer(n)
    }
}

impl From<BigRational> for Q {
    fn from(q: BigRational) -> Self {
        let (numerator, denominator) = q.into_raw();
        Q::new(numerator, denominator)
    }
}

impl From<Q> for BigRational {
    fn from(q: Q) -> Self {
        q.0
    }
}

/// One operation, for values and references, and in place.
macro_rules! operation {
    ($name:ident $method:ident, $assign:ident $in_place:ident, $of:expr) => {
        impl $name<&Q> for &Q {
            type Output = Q;
            fn $method(self, other: &Q) -> Q {
                let of: fn(&Q, &Q) -> Q = $of;
                of(self, other)
            }
        }
        impl $name<Q> for Q {
            type Output = Q;
            fn $method(self, other: Q) -> Q {
                (&self).$method(&other)
            }
        }
        impl $name<&Q> for Q {
            type Output = Q;
            fn $method(self, other: &Q) -> Q {
                (&self).$method(other)
            }
        }
        impl $name<Q> for &Q {
            type Output = Q;
            fn $method(self, other: Q) -> Q {
                self.$method(&other)
            }
        }
        impl $assign<&Q> for Q {
            fn $in_place(&mut self, other: &Q) {
                *self = (&*self).$method(other);
            }
        }
        impl $assign<Q> for Q {
            fn $in_place(&mut self, other: Q) {
                *self = (&*self).$method(&other);
            }
        }
    };
}

operation!(Add add, AddAssign add_assign, |a, b| a.plus(1, b));
operation!(Sub sub, SubAssign sub_assign, |a, b| a.plus(-1, b));
operation!(Mul mul, MulAssign mul_assign, Q::times);
operation!(Div div, DivAssign div_assign, Q::over);
operation!(Rem rem, RemAssign rem_assign, |a, b| Q(&a.0 % &b.0));

/// An operation with an integer, as that with a fraction over 1.
macro_rules! with_integer {
    ($name:ident $method:ident, $assign:ident $in_place:ident) => {
        impl $name<BigInt> for Q {
            type Output = Q;
            fn $method(self, n: BigInt) -> Q {
                (&self).$method(&Q::from_integer(n))
            }
        }
        impl $name<&BigInt> for Q {
            type Output = Q;
            fn $method(self, n: &BigInt) -> Q {
                self.$method(n.clone())
            }
        }
        impl $name<BigInt> for &Q {
            type Output = Q;
            fn $method(self, n: BigInt) -> Q {
                self.$method(&Q::from_integer(n))
            }
        }
        impl $name<&BigInt> for &Q {
            type Output = Q;
            fn $method(self, n: &BigInt) -> Q {
                self.$method(n.clone())
            }
        }
        impl $assign<BigInt> for Q {
            fn $in_place(&mut self, n: BigInt) {
                *self = (&*self).$method(n);
            }
        }
    };
}

with_integer!(Mul mul, MulAssign mul_assign);
with_integer!(Div div, DivAssign div_assign);

impl Neg for Q {
    type Output = Q;
    fn neg(self) -> Q {
        let (numerator, denominator) = self.into_parts();
        Q::raw(-numerator, denominator)
    }
}

impl Neg for &Q {
    type Output = Q;
    fn neg(self) -> Q {
        Q::raw(-self.numer(), self.denom().clone())
    }
}

impl Zero for Q {
    fn zero() -> Self {
        Q::from_integer(BigInt::ZERO)
    }
    fn is_zero(&self) -> bool {
        self.numer().is_zero()
    }
}

impl One for Q {
    fn one() -> Self {
        Q::from_integer(BigInt::one())
    }
    fn is_one(&self) -> bool {
        self.numer().is_one() && self.denom().is_one()
    }
}

impl FromStr for Q {
    type Err = RationalError;
    fn from_str(text: &str) -> Result<Self, RationalError> {
        parse_rational(text)
    }
}

impl Num for Q {
    type FromStrRadixErr = <BigRational as Num>::FromStrRadixErr;
    fn from_str_radix(text: &str, radix: u32) -> Result<Self, Self::FromStrRadixErr> {
        BigRational::from_str_radix(text, radix).map(Q)
    }
}

impl Signed for Q {
    fn abs(&self) -> Self {
        Q::raw(self.numer().abs(), self.denom().clone())
    }
    fn abs_sub(&self, other: &Self) -> Self {
        match self <= other {
            true => Q::zero(),
            false => self - other,
        }
    }
    fn signum(&self) -> Self {
        Q::from_integer(self.numer().signum())
    }
    fn is_positive(&self) -> bool {
        self.numer().is_positive()
    }
    fn is_negative(&self) -> bool {
        self.numer().is_negative()
    }
}

impl Pow<u32> for &Q {
    type Output = Q;
    fn pow(self, exponent: u32) -> Q {
        Q::raw(self.numer().pow(exponent), self.denom().pow(exponent))
    }
}

impl Pow<u32> for Q {
    type Output = Q;
    fn pow(self, exponent: u32) -> Q {
        Pow::pow(&self, exponent)
    }
}

impl Sum for Q {
    fn sum<I: Iterator<Item = Q>>(numbers: I) -> Q {
        numbers.fold(Q::zero(), |sum, q| sum + q)
    }
}

impl<'a> Sum<&'a Q> for Q {
    fn sum<I: Iterator<Item = &'a Q>>(numbers: I) -> Q {
        numbers.fold(Q::zero(), |sum, q| sum + q)
    }
}

impl Product for Q {
    fn product<I: Iterator<Item = Q>>(numbers: I) -> Q {
        numbers.fold(Q::one(), |product, q| product * q)
    }
}

impl<'a> Product<&'a Q> for Q {
    fn product<I: Iterator<Item = &'a Q>>(numbers: I) -> Q {
        numbers.fold(Q::one(), |product, q| product * q)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::hash::DefaultHasher;

    /// Parts around the ends of machine integers, small ones, and long ones.
    fn part() -> impl Strategy<Value = BigInt> {
        let near = |n: i128| (n - 3..=n + 3).prop_map(BigInt::from);
        prop_oneof![
            4 => (-20i64..20).prop_map(BigInt::from),
            2 => any::<i64>().prop_map(BigInt::from),
            1 => near(1 << 63),
            1 => near(-1 << 63),
            1 => near(1 << 64),
            2 => any::<i128>().prop_map(BigInt::from),
            1 => (any::<i128>(), any::<i64>()).prop_map(|(a, b)| BigInt::from(a) * a * b),
        ]
    }

    /// A number, and the same in the library's type.
    fn number() -> impl Strategy<Value = (Q, BigRational)> {
        let denominator = part().prop_filter("not 0", |d| !d.is_zero());
        (part(), denominator)
            .prop_map(|(n, d)| (Q::new(n.clone(), d.clone()), BigRational::new(n, d)))
    }

    /// Reduced, with a positive denominator, and the same.
    fn is(found: &Q, expected: &BigRational) -> bool {
        found.numer() == expected.numer() && found.denom() == expected.denom()
    }

    fn hash(q: &Q) -> u64 {
        let mut hasher = DefaultHasher::new();
        q.hash(&mut hasher);
        hasher.finish()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        /// Every operation is that of the library's type, part by part.
        #[test]
        fn operations_are_those_of_the_library((x, p) in number(), (y, q) in number(), power in 0i32..5) {
            prop_assert!(is(&x, &p));
            prop_assert!(is(&(&x + &y), &(&p + &q)));
            prop_assert!(is(&(&x - &y), &(&p - &q)));
            prop_assert!(is(&(&x * &y), &(&p * &q)));
            prop_assert!(is(&(&x - &x), &BigRational::zero()));
            prop_assert!(is(&(&x + &x), &(&p + &p)));
            if !y.is_zero() {
                prop_assert!(is(&(&x / &y), &(&p / &q)));
                prop_assert!(is(&(&x % &y), &(&p % &q)));
                prop_assert!(is(&y.recip(), &q.recip()));
                prop_assert!(is(&Q::pow(&y, -power), &q.clone().pow(-power)));
            }
            let n = y.numer();
            prop_assert!(is(&(&x * n), &(&p * n)));
            prop_assert!(is(&-&x, &-&p));
            prop_assert!(is(&x.abs(), &p.abs()));
            prop_assert!(is(&x.signum(), &p.signum()));
            prop_assert!(is(&Q::pow(&x, power), &p.clone().pow(power)));
            prop_assert!(is(&x.floor(), &p.floor()) && is(&x.ceil(), &p.ceil()));
            prop_assert!(is(&x.round(), &p.round()) && is(&x.trunc(), &p.trunc()));
            prop_assert_eq!(x.cmp(&y), p.cmp(&q));
            prop_assert_eq!((x == y, x == x.clone()), (p == q, true));
            prop_assert_eq!(hash(&(&x + &y - &y)), hash(&x));
            prop_assert_eq!(x.to_string(), p.to_string());
            prop_assert_eq!((x.is_positive(), x.is_integer()), (p.is_positive(), p.is_integer()));
        }
    }

    #[test]
    fn fractions_of_machine_integers_are_in_lowest_terms() {
        let ends = [i128::MIN, i128::MIN + 1, -6, 0, 4, 1 << 64, i128::MAX];
        let bottoms = [1, 2, 6, (1 << 64) - 1, 1 << 64, i128::MAX].map(BigInt::from);
        let beyond = [1, 2, 6].map(|k| BigInt::from(i128::MAX) * 2 + k);
        for n in ends {
            for d in bottoms.iter().chain(&beyond) {
                let expected = BigRational::new(n.into(), d.clone());
                assert!(is(&fraction(n, d), &expected), "{n} / {d}");
            }
        }
    }

    #[test]
    fn zero_is_zero_over_any_denominator() {
        let zero = Q::raw(0.into(), BigInt::from(2).pow(200u32));
        assert_eq!(zero.cmp(&Q::zero()), Ordering::Equal);
        assert_eq!(zero.reduced(), Q::zero());
    }

    #[test]
    fn what_is_divided_by_zero_is_named() {
        for divide in [
            || Q::new(1.into(), 0.into()),
            || Q::one() / Q::zero(),
            || Q::zero().recip(),
        ] {
            assert!(std::panic::catch_unwind(divide).is_err());
        }
    }
}
