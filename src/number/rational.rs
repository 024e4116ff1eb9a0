use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, Zero};
use thiserror::Error;

/// An exact rational number, always reduced, with a positive denominator.
pub type Q = num_rational::BigRational;

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
        Q::new(numerator, denominator)
    } else {
        decimal(body)?
    };
    Ok(if negative { -value } else { value })
}

fn decimal(body: &str) -> Result<Q, RationalError> {
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
        Q::from_integer(numerator * power)
    } else {
        Q::new(numerator, power)
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
/// One gcd a number.
pub fn common_denominator<'a>(numbers: impl IntoIterator<Item = &'a Q>) -> BigInt {
    numbers.into_iter().fold(BigInt::one(), |lcm, q| {
        if q.denom().is_one() {
            lcm
        } else {
            lcm.lcm(q.denom()).abs()
        }
    })
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

#[cfg(test)]
mod tests {
    use super::*;

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
