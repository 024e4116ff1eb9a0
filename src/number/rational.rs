//! Rational numbers: reading them exactly, printing them.

use super::denominator::{Denominator, lcm};
use super::{Q, numerator_over};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};
use thiserror::Error;

/// Longest text that is read as a number, in characters.
pub const MAX_NUMBER_LENGTH: usize = 10_000;

/// Largest absolute value of a decimal exponent that is read.
pub const MAX_EXPONENT: i64 = 4_096;

/// Why a text is not a number that can be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RationalError {
    /// The text is longer than [`MAX_NUMBER_LENGTH`].
    #[error("a number of {0} characters; at most {MAX_NUMBER_LENGTH} are read")]
    TooLong(usize),
    /// The text has the form `p/0`.
    #[error("a fraction with denominator zero")]
    ZeroDenominator,
    /// The decimal exponent lies outside `-MAX_EXPONENT..=MAX_EXPONENT`.
    #[error("a decimal exponent outside -{MAX_EXPONENT}..{MAX_EXPONENT}")]
    ExponentTooLarge,
    /// The text is none of `p/q`, `p`, `1.25`, `1e-3`.
    #[error("not a rational number")]
    Syntax,
}

/// Reads `"p/q"`, `"p"`, a decimal such as `"0.02"`, or one with an exponent such as `"1e-3"`, exactly.
///
/// A sign `-` or `+` may stand in front; no spaces are allowed. `p` and `q` are decimal integers,
/// and a fraction may not contain a decimal point.
///
/// # Errors
/// [`RationalError`] if the text has another form, is longer than [`MAX_NUMBER_LENGTH`], has a
/// zero denominator, or an exponent beyond [`MAX_EXPONENT`] in absolute value.
///
/// # Cost
/// Quadratic in the number of digits (conversion to binary, and one gcd).
///
/// # Example
/// ```
/// use filtercert::number::parse_rational;
/// assert_eq!(parse_rational("0.02").unwrap().to_string(), "1/50");
/// assert_eq!(parse_rational("-6/4").unwrap().to_string(), "-3/2");
/// assert!(parse_rational("1/0").is_err());
/// ```
pub fn parse_rational(text: &str) -> Result<Q, RationalError> {
    parse_fraction(text).map(Q::from)
}

/// [`parse_rational`], as a number of the library's type, which the checker of certificates computes with.
///
/// # Errors
/// The same.
pub fn parse_fraction(text: &str) -> Result<BigRational, RationalError> {
    if text.len() > MAX_NUMBER_LENGTH {
        return Err(RationalError::TooLong(text.chars().count()));
    }
    let (negative, body) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let value = if let Some((numerator, denominator)) = body.split_once('/') {
        let denominator = digits(denominator)?;
        let numerator = digits(numerator)?;
        if denominator.is_zero() {
            return Err(RationalError::ZeroDenominator);
        }
        BigRational::new(numerator, denominator)
    } else {
        parse_decimal(body)?
    };
    Ok(if negative { -value } else { value })
}

fn parse_decimal(body: &str) -> Result<BigRational, RationalError> {
    let (mantissa, exponent) = match body.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
        None => (body, 0),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) if !whole.is_empty() && !fraction.is_empty() => (whole, fraction),
        Some(_) => return Err(RationalError::Syntax),
        None => (mantissa, ""),
    };
    let numerator = digits(&format!("{whole}{fraction}"))?;
    let shift = exponent - fraction.len() as i64;
    let power = BigInt::from(10u32).pow(shift.unsigned_abs() as u32);
    Ok(if shift >= 0 {
        BigRational::from_integer(numerator * power)
    } else {
        BigRational::new(numerator, power)
    })
}

fn parse_exponent(text: &str) -> Result<i64, RationalError> {
    let (negative, body) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if body.is_empty() || !body.bytes().all(|b| b.is_ascii_digit()) {
        return Err(RationalError::Syntax);
    }
    let magnitude: i64 = body.parse().map_err(|_| RationalError::ExponentTooLarge)?;
    if magnitude > MAX_EXPONENT {
        return Err(RationalError::ExponentTooLarge);
    }
    Ok(if negative { -magnitude } else { magnitude })
}

fn digits(text: &str) -> Result<BigInt, RationalError> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(RationalError::Syntax);
    }
    text.parse().map_err(|_| RationalError::Syntax)
}

/// Least common multiple of the denominators; 1 for no numbers.
///
/// # Cost
/// One division a number, and for a new denominator what [`Denominator::common`] takes.
pub fn common_denominator<'a>(numbers: impl IntoIterator<Item = &'a Q>) -> BigInt {
    let divides = |d: &BigInt, n: &BigInt| match (n.to_i64(), d.to_i64()) {
        (Some(n), Some(d)) => n % d == 0,
        _ => (n % d).is_zero(),
    };
    numbers.into_iter().fold(BigInt::one(), |common, q| {
        // Most numbers have a denominator that was seen before, and a division costs far less than a gcd.
        match divides(q.denom(), &common) {
            true => common,
            false => lcm(&common, q.denom()),
        }
    })
}

/// `numerator / 2^exponent`, reduced.
///
/// # Cost
/// Two shifts, and no gcd.
///
/// # Example
/// ```
/// use filtercert::number::{dyadic, integer, ratio};
/// assert_eq!(dyadic(12.into(), 3), ratio(3, 2));
/// assert_eq!(dyadic((-12).into(), 1), integer(-6));
/// ```
pub fn dyadic(numerator: BigInt, exponent: u64) -> Q {
    let Some(zeros) = numerator.trailing_zeros() else {
        return Q::zero();
    };
    let common = zeros.min(exponent);
    // Reduced by construction, with a positive denominator.
    Q::raw(numerator >> common, BigInt::one() << (exponent - common))
}

/// `sum a_i b_i` over the entries that both have.
///
/// # Cost
/// Two products and two divisions an entry; only the sum is reduced.
///
/// # Example
/// ```
/// use filtercert::number::{inner_product, integer, ratio};
/// let half = ratio(1, 2);
/// assert_eq!(inner_product([(&half, &half), (&ratio(3, 4), &integer(1))]), integer(1));
/// ```
pub fn inner_product<'a, I>(pairs: I) -> Q
where
    I: IntoIterator<Item = (&'a Q, &'a Q)>,
    I::IntoIter: Clone,
{
    let pairs = pairs.into_iter();
    let [left, right] = [
        common_denominator(pairs.clone().map(|(a, _)| a)),
        common_denominator(pairs.clone().map(|(_, b)| b)),
    ];
    let products = pairs.map(|(a, b)| numerator_over(a, &left) * numerator_over(b, &right));
    let sum = products.sum();
    Denominator::new(left * right).under(sum)
}

/// The integer `n` as a rational.
pub fn integer(n: impl Into<BigInt>) -> Q {
    Q::from_integer(n.into())
}

/// The rational `numerator / denominator`, reduced.
///
/// # Panics
/// If `denominator` is zero; meant for constants.
pub fn ratio(numerator: i64, denominator: i64) -> Q {
    Q::new(numerator.into(), denominator.into())
}

/// A decimal text close to `q`: rounded half away from zero to `digits` significant digits
/// (at least 1), plain between 1e-4 and 1e7, in scientific form outside.
///
/// The digits come from integer division, so they are right for numbers of any size. An exact
/// short number is printed without trailing zeros.
///
/// # Cost
/// A few divisions and gcds of numbers as long as `q`.
///
/// # Example
/// ```
/// use filtercert::number::{decimal, ratio};
/// assert_eq!(decimal(&ratio(1, 3), 4), "0.3333");
/// assert_eq!(decimal(&ratio(-200, 1), 4), "-200");
/// assert_eq!(decimal(&ratio(1, 3_000_000), 3), "3.33e-7");
/// ```
pub fn decimal(q: &Q, digits: u32) -> String {
    rounded(q, digits, Rounding::Nearest, false)
}

/// Which way a decimal is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// To the nearest decimal, half away from zero.
    Nearest,
    /// To the largest decimal that is at most the number.
    Down,
    /// To the smallest decimal that is at least the number.
    Up,
}

/// A decimal text of `digits` significant digits (at least 1), rounded this way; a number that has no more
/// digits is printed exactly, without trailing zeros, any other one with all of them.
///
/// # Cost
/// As [`decimal`].
///
/// # Example
/// ```
/// use filtercert::number::{Rounding, decimal_rounded, ratio};
/// assert_eq!(decimal_rounded(&ratio(2, 3), 4, Rounding::Down), "0.6666");
/// assert_eq!(decimal_rounded(&ratio(-2, 3), 4, Rounding::Up), "-0.6666");
/// assert_eq!(decimal_rounded(&ratio(99_999, 1_000), 4, Rounding::Up), "100.0");
/// assert_eq!(decimal_rounded(&ratio(100, 1), 4, Rounding::Up), "100");
/// ```
pub fn decimal_rounded(q: &Q, digits: u32, rounding: Rounding) -> String {
    rounded(q, digits, rounding, true)
}

fn rounded(q: &Q, digits: u32, rounding: Rounding, all_digits: bool) -> String {
    if q.is_zero() {
        return "0".to_owned();
    }
    let digits = digits.max(1);
    let (numerator, denominator) = (q.numer().abs(), q.denom());
    // 10^exponent <= |q| < 10^(exponent + 1): estimated from the numbers of bits, then corrected.
    let bits = numerator.bits() as i64 - denominator.bits() as i64;
    let mut exponent = bits * 30_103 / 100_000 - 1;
    while scaled(&numerator, denominator, -exponent - 1) >= Q::one() {
        exponent += 1;
    }
    while scaled(&numerator, denominator, -exponent) < Q::one() {
        exponent -= 1;
    }
    let shifted = scaled(&numerator, denominator, i64::from(digits) - 1 - exponent);
    let is_exact = shifted.is_integer();
    let mut mantissa = match (rounding, q.is_negative()) {
        (Rounding::Nearest, _) => (shifted + Q::new(1.into(), 2.into())).to_integer(),
        (Rounding::Down, false) | (Rounding::Up, true) => shifted.to_integer(),
        (Rounding::Down, true) | (Rounding::Up, false) => shifted.ceil().to_integer(),
    };
    if mantissa == BigInt::from(10u32).pow(digits) {
        mantissa /= 10;
        exponent += 1;
    }
    let text = mantissa.to_string();
    let sign = if q.is_negative() { "-" } else { "" };
    let shown = if all_digits && !is_exact {
        text.as_str()
    } else {
        text.trim_end_matches('0')
    };
    if (0..7).contains(&exponent) && shown.len() as i64 <= exponent + 1 {
        let zeros = "0".repeat((exponent + 1) as usize - shown.len());
        return format!("{sign}{shown}{zeros}");
    }
    match exponent {
        0..=6 => {
            let (whole, fraction) = shown.split_at(exponent as usize + 1);
            format!("{sign}{whole}.{fraction}")
        }
        -4..=-1 => {
            let zeros = "0".repeat((-exponent - 1) as usize);
            format!("{sign}0.{zeros}{shown}")
        }
        _ if shown.len() == 1 => format!("{sign}{shown}e{exponent}"),
        _ => {
            let (lead, rest) = shown.split_at(1);
            format!("{sign}{lead}.{rest}e{exponent}")
        }
    }
}

/// `numerator / denominator * 10^shift`.
fn scaled(numerator: &BigInt, denominator: &BigInt, shift: i64) -> Q {
    let power = BigInt::from(10u32).pow(shift.unsigned_abs() as u32);
    if shift >= 0 {
        Q::new(numerator * power, denominator.clone())
    } else {
        Q::new(numerator.clone(), denominator * power)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_rounded_from_the_exact_value() {
        for (q, digits, text) in [
            (ratio(0, 1), 3, "0"),
            (ratio(2, 3), 3, "0.667"),
            (ratio(1999, 2000), 3, "1"),
            (ratio(12345, 10), 3, "1230"),
            (ratio(1234567, 1), 7, "1234567"),
            (ratio(99_999_999, 1), 4, "1e8"),
            (ratio(-1, 8), 6, "-0.125"),
            (ratio(1, 8000), 6, "0.000125"),
            (ratio(1, 80_000), 6, "1.25e-5"),
            (ratio(5, 2), 1, "3"),
            (parse_rational("-1e4000").unwrap(), 3, "-1e4000"),
            (parse_rational("1234e-4000").unwrap(), 3, "1.23e-3997"),
        ] {
            assert_eq!(decimal(&q, digits), text, "{q}");
        }
    }

    #[test]
    fn reads_every_form_exactly() {
        for (text, value) in [
            ("0", ratio(0, 1)),
            ("-0", ratio(0, 1)),
            ("+7", ratio(7, 1)),
            ("2/4", ratio(1, 2)),
            ("-57/32", ratio(-57, 32)),
            ("0.02", ratio(1, 50)),
            ("1e-3", ratio(1, 1000)),
            ("1.5E2", ratio(150, 1)),
            ("-2.50", ratio(-5, 2)),
        ] {
            assert_eq!(parse_rational(text), Ok(value), "{text}");
        }
        let big = parse_rational("1e4096").unwrap();
        assert_eq!(big.to_integer().to_string().len(), 4097);
    }

    #[test]
    fn refuses_every_other_form() {
        use RationalError::*;
        for (text, error) in [
            ("", Syntax),
            ("-", Syntax),
            ("1/", Syntax),
            ("/2", Syntax),
            ("1/-2", Syntax),
            ("1.0/2", Syntax),
            ("1.", Syntax),
            (".5", Syntax),
            ("1e", Syntax),
            ("0x10", Syntax),
            ("1_000", Syntax),
            (" 1", Syntax),
            ("NaN", Syntax),
            ("inf", Syntax),
            ("\u{661}", Syntax),
            ("1/0", ZeroDenominator),
            ("0/0", ZeroDenominator),
            ("1e999999999", ExponentTooLarge),
            ("1e-4097", ExponentTooLarge),
            ("1e99999999999999999999", ExponentTooLarge),
        ] {
            assert_eq!(parse_rational(text), Err(error), "{text:?}");
        }
        assert_eq!(
            parse_rational(&"1".repeat(MAX_NUMBER_LENGTH + 1)),
            Err(TooLong(MAX_NUMBER_LENGTH + 1))
        );
        assert!(parse_rational(&"1".repeat(MAX_NUMBER_LENGTH)).is_ok());
    }
}
