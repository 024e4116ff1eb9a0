//! How numbers are written for people: exact fractions while they are short, then a decimal.

use crate::check::happens::Value;
use crate::dynamics::float::lift;
use crate::number::{Q, Rounding, decimal, decimal_rounded, ratio, sqrt_rd, sqrt_ru};
use crate::theory::verdict::{Figure, Layer};
use num_traits::{One, Signed, Zero};

/// Longest exact text shown in full, in characters.
const LONGEST_EXACT: usize = 24;

/// Significant digits of decimals.
const DIGITS: u32 = 6;

/// `p/q` while that is short, else a decimal with the sign `~` in front, which says it was rounded.
pub fn rational(q: &Q) -> String {
    // Bits first: printing a number of a million digits takes long.
    if q.numer().bits() + q.denom().bits() <= 4 * LONGEST_EXACT as u64 {
        let exact = q.to_string();
        if exact.len() <= LONGEST_EXACT {
            return exact;
        }
    }
    close_to_one(q, DIGITS).unwrap_or_else(|| format!("~{}", decimal(q, DIGITS)))
}

/// The same for a sentence: a fraction of at most 12 characters, else four digits.
pub fn brief(q: &Q) -> String {
    brief_exactly(q)
        .unwrap_or_else(|| close_to_one(q, 4).unwrap_or_else(|| format!("~{}", decimal(q, 4))))
}

/// A bound in a sentence: the same fraction, else four digits rounded this way, never past the bound.
pub fn bound(q: &Q, rounding: Rounding) -> String {
    brief_exactly(q).unwrap_or_else(|| Outward::of_probability(q, rounding).text)
}

/// The fraction of a sentence, if it is short.
fn brief_exactly(q: &Q) -> Option<String> {
    if q.numer().bits() + q.denom().bits() <= 64 {
        let exact = q.to_string();
        if exact.len() <= 12 {
            let is_count = q.is_integer() && !q.is_negative();
            return Some(if is_count { grouped(&exact) } else { exact });
        }
    }
    None
}

/// Close to 1 the distance says more than a row of nines, which would be rounded away.
fn close_to_one(q: &Q, digits: u32) -> Option<String> {
    let rest = q - Q::one();
    if rest.is_zero() || rest.abs() >= ratio(1, 1_000) {
        return None;
    }
    let sign = if rest.is_negative() { '-' } else { '+' };
    Some(format!("1 {sign} ~{}", decimal(&rest.abs(), digits)))
}

/// Significant digits where numbers stand side by side.
const FOUR: u32 = 4;

/// A number in four significant digits, rounded to a side, or exactly if it has no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outward {
    /// The digits.
    pub text: String,
    /// Is this the number itself?
    pub is_exact: bool,
}

impl Outward {
    /// A number rounded this way, never past it: a lower bound goes down, an upper one up.
    ///
    /// # Cost
    /// A few divisions, and for a root an integer square root of about 128 bits more than the number.
    pub fn of(value: &Value, rounding: Rounding) -> Self {
        let (low, high) = match value {
            Value::Plain(q) => (q.clone(), q.clone()),
            Value::Root(q) if q.is_negative() => (-sqrt_ru(&-q), -sqrt_rd(&-q)),
            Value::Root(q) => (sqrt_rd(q), sqrt_ru(q)),
        };
        let end = if rounding == Rounding::Up {
            &high
        } else {
            &low
        };
        let digits = |rounding| decimal_rounded(end, FOUR, rounding);
        Outward {
            text: digits(rounding),
            is_exact: low == high && digits(Rounding::Down) == digits(Rounding::Up),
        }
    }

    /// The same of a probability: just below 1 as `1 - x`, where digits would be a row of nines.
    pub fn of_probability(p: &Q, rounding: Rounding) -> Self {
        let rest = Q::one() - p;
        if !rest.is_positive() || rest >= ratio(1, 10_000) {
            return Outward::of(&Value::Plain(p.clone()), rounding);
        }
        let opposite = match rounding {
            Rounding::Nearest => Rounding::Nearest,
            Rounding::Down => Rounding::Up,
            Rounding::Up => Rounding::Down,
        };
        let rest = Outward::of(&Value::Plain(rest), opposite);
        Outward {
            text: format!("1 - {}", rest.text),
            ..rest
        }
    }
}

/// A float in four significant digits.
pub fn four(x: f64) -> String {
    match lift(x) {
        Some(q) => Outward::of(&Value::Plain(q), Rounding::Nearest).text,
        None => float(x),
    }
}

/// By which factor something is off: `1.91x`.
pub fn factor(x: f64) -> String {
    match lift(x) {
        Some(q) => format!("{}x", decimal(&q, 3)),
        None => float(x),
    }
}

/// A probability rounded down to three decimals, so that only 1 reads "1"; "0+" if it is less than
/// 1/1000 and not 0.
pub fn probability(p: &Q) -> String {
    let thousandths = (p * crate::number::integer(1000)).to_integer();
    if *p < Q::one() && thousandths.is_zero() && !p.is_zero() {
        return "0+".to_owned();
    }
    decimal(&Q::new(thousandths, 1000.into()), 4)
}

/// A float with six significant digits.
pub fn float(x: f64) -> String {
    match lift(x) {
        Some(q) => decimal(&q, DIGITS),
        None if x.is_nan() => "undefined".to_owned(),
        None if x > 0.0 => "infinite".to_owned(),
        None => "-infinite".to_owned(),
    }
}

/// The shortest text that reads back as this float; with an exponent from 1e16 on and below 1e-4, so that it
/// has at most 24 characters.
pub fn shortest(x: f64) -> String {
    let text = format!("{x:?}");
    match text.strip_suffix(".0") {
        Some(integer) => integer.to_owned(),
        None => text,
    }
}

/// A float with three decimals, or the shortest text where that would be longer than a number is read.
pub fn thousandths(x: f64) -> String {
    if x.abs() < 1e9 || !x.is_finite() {
        format!("{x:.3}")
    } else {
        format!("{x:.3e}")
    }
}

/// A mean with its interval, each to thousandths: `0.254 [0.216, 0.293]`; `-` without a mean.
pub fn interval(mean: Option<f64>, ci: Option<[f64; 2]>) -> String {
    match (mean, ci) {
        (Some(mean), Some([low, high])) => {
            let [mean, low, high] = [mean, low, high].map(thousandths);
            format!("{mean} [{low}, {high}]")
        }
        (Some(mean), None) => thousandths(mean),
        (None, _) => "-".to_owned(),
    }
}

/// An integer with commas between thousands.
pub fn count(n: u64) -> String {
    grouped(&n.to_string())
}

/// Digits with commas between thousands.
pub fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Longest fraction that stands behind its decimal, in characters.
const SHORT_FRACTION: usize = 12;

/// Longest integer that is written in full, in digits.
const LONGEST_INTEGER: usize = 15;

/// An exact number for people: an integer in full; else four digits, with `~` if they are rounded, and then the
/// fraction if it is short.
pub fn exact(q: &Q) -> String {
    if q.is_integer() && q.numer().bits() <= 4 * LONGEST_INTEGER as u64 {
        let digits = q.numer().abs().to_string();
        if digits.len() <= LONGEST_INTEGER {
            let sign = if q.is_negative() { "-" } else { "" };
            return format!("{sign}{}", grouped(&digits));
        }
    }
    let decimal = Outward::of_probability(q, Rounding::Nearest);
    if decimal.is_exact {
        return decimal.text;
    }
    let is_short = q.numer().bits() + q.denom().bits() <= 4 * SHORT_FRACTION as u64;
    let fraction = is_short.then(|| q.to_string());
    match fraction.filter(|fraction| fraction.len() <= SHORT_FRACTION) {
        Some(fraction) => format!("~{} ({fraction})", decimal.text),
        None => format!("~{}", decimal.text),
    }
}

/// Both ends of an enclosure, rounded outwards.
fn enclosure(lo: &Q, hi: &Q) -> String {
    let lo = Outward::of_probability(lo, Rounding::Down).text;
    let hi = Outward::of_probability(hi, Rounding::Up).text;
    format!("[{lo}, {hi}]")
}

/// A figure, without its kind of evidence.
pub fn figure(figure: &Figure) -> String {
    match figure {
        Figure::Exact(q) => exact(q),
        Figure::Enclosure(lo, hi) => enclosure(lo, hi),
        Figure::Estimate {
            estimate,
            ci,
            confidence,
            runs,
        } => format!(
            "{} ({} % interval {} to {}, {} runs)",
            four(*estimate),
            decimal(&(confidence * crate::number::integer(100)), 12),
            four(ci[0]),
            four(ci[1]),
            count(*runs)
        ),
        Figure::Spread {
            q05,
            q50,
            q95,
            runs,
        } => format!(
            "{} (5 to 95 % of {} runs: {} to {})",
            four(*q50),
            count(*runs),
            four(*q05),
            four(*q95)
        ),
        Figure::Observed { value, runs } => format!("{} ({} runs)", four(*value), count(*runs)),
        Figure::AtMost(t) => format!("at most {}", count(*t)),
        Figure::Numbers(list) => {
            let list: Vec<String> = list.iter().map(exact).collect();
            format!("({})", list.join(", "))
        }
        Figure::Images(parts) => {
            let weights: Vec<String> = parts.iter().map(|part| exact(&part.weight)).collect();
            let noun = if parts.len() == 1 { "image" } else { "images" };
            format!("{} {noun}, of weight {}", parts.len(), weights.join(", "))
        }
        Figure::Missing(why) => format!("not available: {}", why).to_string(),
    }
}

/// The kind of evidence of a figure; `None` if it is missing.
pub fn kind(figure: &Figure) -> Option<Layer> {
    match figure {
        Figure::Exact(_) | Figure::AtMost(_) | Figure::Numbers(_) | Figure::Images(_) => {
            Some(Layer::Exact)
        }
        Figure::Enclosure(..) => Some(Layer::Enclosed),
        Figure::Estimate { .. } | Figure::Spread { .. } | Figure::Observed { .. } => {
            Some(Layer::Sampled)
        }
        Figure::Missing(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{integer, parse_rational};

    #[test]
    fn short_fractions_are_exact_and_long_ones_say_that_they_are_rounded() {
        assert_eq!(rational(&ratio(-57, 32)), "-57/32");
        let long = ratio(1, 3) + ratio(1, 1_000_000_007) / integer(1_000_000_007);
        assert_eq!(rational(&long), "~0.333333");
        let tiny = parse_rational("1e-30").unwrap();
        assert_eq!(rational(&(Q::one() - &tiny)), "1 - ~1e-30");
    }

    #[test]
    fn people_see_the_decimal_first_and_the_fraction_if_it_is_short() {
        for (q, text) in [
            (ratio(1, 2), "0.5"),
            (ratio(5, 224), "~0.02232 (5/224)"),
            (ratio(-57, 7), "~-8.143 (-57/7)"),
            (ratio(10_000_000, 1), "10,000,000"),
            (ratio(-4789, 1), "-4,789"),
            (ratio(81_942_529, 17_597), "~4657"),
            (Q::one() - ratio(1, 30_000), "1 - 3.333e-5"),
            (parse_rational("1e30").unwrap(), "1e30"),
        ] {
            let shown = exact(&q);
            assert!(
                shown == text || shown == format!("~{text} ({q})"),
                "{shown} {text}"
            );
        }
    }

    #[test]
    fn only_certainty_reads_one_and_only_impossibility_reads_zero() {
        let texts = [(1, 1), (0, 1), (9999, 10_000), (1, 2000), (1, 1000), (5, 6)]
            .map(|(p, q)| probability(&ratio(p, q)));
        assert_eq!(texts, ["1", "0", "0.999", "0+", "0.001", "0.833"]);
    }

    #[test]
    fn an_enclosure_near_one_shows_how_near() {
        let tiny = parse_rational("1e-9").unwrap();
        let lo = Q::one() - &tiny * integer(2);
        let text = figure(&Figure::Enclosure(lo, Q::one() - tiny));
        assert_eq!(text, "[1 - 2e-9, 1 - 1e-9]");
    }

    #[test]
    fn floats_are_short_and_read_back() {
        for (x, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (0.1, "0.1"),
            (-2.5, "-2.5"),
            (123_456_789.0, "123456789"),
            (1e15, "1000000000000000"),
            (1e16, "1e16"),
            (1e300, "1e300"),
            (f64::MAX, "1.7976931348623157e308"),
            (f64::MIN_POSITIVE, "2.2250738585072014e-308"),
            (5e-324, "5e-324"),
            (1e-5, "1e-5"),
        ] {
            assert_eq!(shortest(x), text);
            assert_eq!(text.parse::<f64>().unwrap().to_bits(), x.to_bits());
        }
        assert_eq!(thousandths(0.12345), "0.123");
        assert_eq!(thousandths(-1e300), "-1.000e300");
    }

    #[test]
    fn counts_have_commas() {
        for (n, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(count(n), text);
        }
    }

    #[test]
    fn floats_that_are_no_numbers_have_words() {
        assert_eq!(float(f64::NAN), "undefined");
        assert_eq!(float(f64::NEG_INFINITY), "-infinite");
        assert_eq!(float(0.1), "0.1");
    }
}
