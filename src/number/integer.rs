//! Integers of problem files and of the command line.

use super::{MAX_EXPONENT, MAX_NUMBER_LENGTH};
use thiserror::Error;

/// Why a text is not an integer that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum IntegerError {
    /// The text is longer than [`MAX_NUMBER_LENGTH`].
    #[error("a number of {0} characters")]
    TooLong(usize),
    /// The text is neither digits nor digits with an exponent that makes them an integer.
    #[error("not an integer")]
    Syntax,
    /// An integer below 0.
    #[error("an integer below 0")]
    Negative,
    /// An integer of 2^64 or more.
    #[error("an integer of 2^64 or more")]
    TooLarge,
}

/// Reads an integer from 0 to 2^64 - 1, exactly: digits, or digits with a decimal exponent, such as `1e6`
/// and `1.5e3`.
///
/// A sign may stand in front; no spaces are allowed. A decimal point is allowed only where the exponent
/// moves it past the last digit: `1.5e1` is 15, `1.5`, `1.5e0` and `15e-1` are no integers here.
///
/// # Errors
/// [`IntegerError`]; an exponent beyond [`MAX_EXPONENT`] is an integer that is too large.
///
/// # Cost
/// One pass over the text: no power is computed that does not fit.
///
/// # Example
/// ```
/// use filtercert::number::parse_integer;
/// assert_eq!(parse_integer("1e6"), Ok(1_000_000));
/// assert!(parse_integer("1.5e0").is_err());
/// assert!(parse_integer("1e999999999").is_err());
/// ```
pub fn parse_integer(text: &str) -> Result<u64, IntegerError> {
    if text.len() > MAX_NUMBER_LENGTH {
        return Err(IntegerError::TooLong(text.chars().count()));
    }
    let (negative, body) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let (mantissa, exponent) = match body.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (body, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
        Some(_) => return Err(IntegerError::Syntax),
        None => (mantissa, ""),
    };
    let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) {
        return Err(IntegerError::Syntax);
    }
    let zeros = shift(exponent, fraction.len())?;
    let mut value = 0u64;
    let digits = whole.bytes().chain(fraction.bytes()).map(|b| b - b'0');
    for digit in digits.chain(std::iter::repeat_n(0, zeros)) {
        let next = value.checked_mul(10);
        let next = next.and_then(|next| next.checked_add(u64::from(digit)));
        value = match (next, negative) {
            (Some(next), _) => next,
            (None, true) => return Err(IntegerError::Negative),
            (None, false) => return Err(IntegerError::TooLarge),
        };
    }
    if negative && value > 0 {
        return Err(IntegerError::Negative);
    }
    Ok(value)
}

/// How many zeros follow the last digit, `fraction` digits of which stand behind the point.
fn shift(exponent: Option<&str>, fraction: usize) -> Result<usize, IntegerError> {
    let exponent = exponent.map(|text| text.strip_prefix('+').unwrap_or(text));
    let exponent = match exponent {
        None => 0,
        Some(text) if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) => {
            return Err(IntegerError::Syntax);
        }
        Some(text) => match text.parse::<u64>() {
            Ok(exponent) if exponent <= MAX_EXPONENT.unsigned_abs() => exponent as usize,
            _ => return Err(IntegerError::TooLarge),
        },
    };
    exponent.checked_sub(fraction).ok_or(IntegerError::Syntax)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::parse_rational;
    use num_traits::ToPrimitive;

    #[test]
    fn integers_are_read_exactly() {
        for (text, value) in [
            ("0", 0),
            ("-0", 0),
            ("+7", 7),
            ("007", 7),
            ("1e1", 10),
            ("1E+6", 1_000_000),
            ("1e12", 1_000_000_000_000),
            ("12e0", 12),
            ("1.5e1", 15),
            ("1.25e4", 12_500),
            ("0e4096", 0),
            ("0.0e1", 0),
            ("18446744073709551615", u64::MAX),
            ("1844674407370955161.5e1", u64::MAX),
            ("18446744073709551615e0", u64::MAX),
        ] {
            assert_eq!(parse_integer(text), Ok(value), "{text}");
            assert_eq!(
                parse_rational(text).unwrap().to_u64(),
                Some(value),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_integer_in_range_is_refused_without_computing_it() {
        use IntegerError::*;
        for (text, error) in [
            ("", Syntax),
            ("-", Syntax),
            ("x", Syntax),
            ("1e", Syntax),
            ("e5", Syntax),
            ("1e-1", Syntax),
            ("10e-1", Syntax),
            ("1.5", Syntax),
            ("1.0", Syntax),
            ("1.5e0", Syntax),
            ("1.25e1", Syntax),
            ("1.e3", Syntax),
            (".5e1", Syntax),
            ("1e1.0", Syntax),
            ("1e1e1", Syntax),
            ("1e++1", Syntax),
            ("--1", Syntax),
            ("4/2", Syntax),
            ("1_000", Syntax),
            (" 1", Syntax),
            ("1 ", Syntax),
            ("0x10", Syntax),
            ("inf", Syntax),
            ("\u{661}", Syntax),
            ("-1", Negative),
            ("-1e3", Negative),
            ("-99999999999999999999999", Negative),
            ("18446744073709551616", TooLarge),
            ("1e20", TooLarge),
            ("1.8446744073709551616e19", TooLarge),
            ("1e4096", TooLarge),
            ("1e4097", TooLarge),
            ("1e999999999", TooLarge),
            ("1e99999999999999999999999999", TooLarge),
        ] {
            assert_eq!(parse_integer(text), Err(error), "{text:?}");
        }
        let long = "7".repeat(MAX_NUMBER_LENGTH + 1);
        assert_eq!(parse_integer(&long), Err(TooLong(MAX_NUMBER_LENGTH + 1)));
        assert_eq!(parse_integer(&long[1..]), Err(TooLarge));
        assert_eq!(parse_integer(&"0".repeat(MAX_NUMBER_LENGTH)), Ok(0));
    }
}
