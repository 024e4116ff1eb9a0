//! The ticks of an axis: where they stand, and what is written at them. No two labels of an axis are equal.

use crate::report::format::grouped;

/// A place on an axis with its label.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub at: f64,
    pub label: String,
}

/// A short decimal: `digits` times a power of ten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Decimal {
    digits: i64,
    exponent: i32,
}

impl Decimal {
    /// Without zeros at its end.
    fn new(mut digits: i64, mut exponent: i32) -> Self {
        if digits == 0 {
            exponent = 0;
        }
        while digits != 0 && digits % 10 == 0 {
            digits /= 10;
            exponent += 1;
        }
        Self { digits, exponent }
    }

    /// The nearest float.
    fn value(self) -> f64 {
        let text = format!("{}e{}", self.digits, self.exponent);
        text.parse().unwrap_or(f64::INFINITY)
    }

    fn sign(self) -> &'static str {
        if self.digits < 0 { "-" } else { "" }
    }

    /// All digits, with commas between thousands if it is an integer.
    fn plain(self) -> String {
        let digits = self.digits.unsigned_abs().to_string();
        let text = match usize::try_from(self.exponent) {
            Ok(zeros) => grouped(&(digits + &"0".repeat(zeros))),
            Err(_) => {
                let places = self.exponent.unsigned_abs() as usize;
                let padded = format!("{digits:0>width$}", width = places + 1);
                let (whole, rest) = padded.split_at(padded.len() - places);
                format!("{whole}.{rest}")
            }
        };
        format!("{}{text}", self.sign())
    }

    /// One digit before the point, and an exponent.
    fn scientific(self) -> String {
        if self.digits == 0 {
            return "0".to_owned();
        }
        let digits = self.digits.unsigned_abs().to_string();
        let exponent = self.exponent + digits.len() as i32 - 1;
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        format!("{}{first}{point}{rest}e{exponent}", self.sign())
    }

    /// As `1 - x` or `1 + x`.
    fn beside_one(self) -> Option<String> {
        let one = 10i64.checked_pow(u32::try_from(-self.exponent).ok()?)?;
        let rest = Decimal::new(one.checked_sub(self.digits)?, self.exponent);
        Some(match rest.digits {
            0 => "1".to_owned(),
            1.. => format!("1 - {}", rest.scientific()),
            _ => format!("1 + {}", rest.scientific().trim_start_matches('-')),
        })
    }

    /// The shorter of both ways.
    fn short(self) -> String {
        match self.value().abs() {
            size if size == 0.0 || (1e-4..1e6).contains(&size) => self.plain(),
            _ => self.scientific(),
        }
    }
}

/// Longest label that is not written by its distance to 1 where that is small.
const LONG: usize = 8;

/// Part of a step within which a tick counts as on the axis.
const SLACK: f64 = 1e-6;

/// At most `most` round numbers with equal distances; at least two if `most` is at least 5 and the ends are
/// not equal to ten digits. `whole` leaves out all but integers.
pub(super) fn linear(low: f64, high: f64, most: usize, whole: bool) -> Vec<Tick> {
    let decimals = round_numbers(low, high, most, whole);
    let largest = decimals.iter().fold(0.0f64, |m, d| m.max(d.value().abs()));
    let plain = (1e-3..1e6).contains(&largest);
    let is_near_one = decimals.iter().all(|d| (d.value() - 1.0).abs() < 1e-3);
    let write = |d: &Decimal| if plain { d.plain() } else { d.scientific() };
    let is_long = decimals.iter().any(|d| write(d).len() > LONG);
    let label = |d: &Decimal| {
        let beside = (is_long && is_near_one).then(|| d.beside_one());
        beside.flatten().unwrap_or_else(|| write(d))
    };
    let ticks = decimals.iter().map(|d| Tick {
        at: d.value(),
        label: label(d),
    });
    ticks.collect()
}

fn round_numbers(low: f64, high: f64, most: usize, whole: bool) -> Vec<Decimal> {
    let span = high - low;
    if !(span > 0.0 && span.is_finite()) {
        return Vec::new();
    }
    let begin = span.log10().floor() as i32 - 2;
    let exponents = if whole { begin.max(0) } else { begin }..begin.max(0) + 5;
    for (exponent, digit) in exponents.flat_map(|e| [1, 2, 5].map(|digit| (e, digit))) {
        let step = Decimal::new(digit, exponent).value();
        let (first, last) = (low / step - SLACK, high / step + SLACK);
        let (first, last) = (first.ceil(), last.floor());
        if first.abs().max(last.abs()) > 1e15 || last - first + 1.0 > most as f64 {
            continue;
        }
        let each = first as i64..=last as i64;
        return each.map(|n| Decimal::new(n * digit, exponent)).collect();
    }
    Vec::new()
}

/// Ticks of a logarithmic axis between two positive ends, `most` at most: decades if it has two of them, every
/// second, third, ... if it has many; 1, 2, 5 and their multiples if it has less; round numbers with equal
/// distances on a shorter axis.
pub(super) fn logarithmic(low: f64, high: f64, most: usize) -> Vec<Tick> {
    if high / low < SHORT {
        return linear(low, high, most, false);
    }
    let ticks = multiples(low, high, most).into_iter().map(|d| Tick {
        at: d.value(),
        label: d.short(),
    });
    ticks.collect()
}

/// Ratio of the ends below which a logarithmic axis has ticks with equal distances.
const SHORT: f64 = 8.0;

/// Ratio of the ends from which only decades have a label.
const DECADES: f64 = 100.0;

/// The powers of ten from one end to the other.
fn decades(low: f64, high: f64) -> std::ops::RangeInclusive<i32> {
    let (first, last) = (low.log10() - SLACK, high.log10() + SLACK);
    first.ceil() as i32..=last.floor() as i32
}

/// Every how many decades there is a label.
fn every(low: f64, high: f64, most: usize) -> i32 {
    let strides = [1, 2, 3, 5, 10, 20, 50, 100, 200];
    let count = |k: i32| decades(low, high).filter(|e| e % k == 0).count();
    let fits = strides.into_iter().find(|&k| count(k) <= most);
    fits.unwrap_or(500)
}

fn multiples(low: f64, high: f64, most: usize) -> Vec<Decimal> {
    let k = every(low, high, most);
    if high / low >= DECADES {
        let decades = decades(low, high).filter(|e| e % k == 0);
        return decades.map(|e| Decimal::new(1, e)).collect();
    }
    let exponents = low.log10().floor() as i32..=high.log10().ceil() as i32;
    let all = exponents.flat_map(|e| [1, 2, 5].map(|digit| Decimal::new(digit, e)));
    let inside = low * (1.0 - SLACK)..=high * (1.0 + SLACK);
    all.filter(|d| inside.contains(&d.value())).collect()
}

/// Where a logarithmic axis has a line without a label: at 2 to 9 of each decade if it has few, else at the
/// decades that have no label.
pub(super) fn between(low: f64, high: f64, most: usize) -> Vec<f64> {
    let ratio = high / low;
    if ratio < DECADES {
        return Vec::new();
    }
    let k = every(low, high, most);
    let places: Vec<f64> = if k > 1 {
        let rest = decades(low, high).filter(|e| e % k != 0);
        rest.map(|e| Decimal::new(1, e).value()).collect()
    } else if ratio < 1e5 {
        let exponents = low.log10().floor() as i32..=high.log10().ceil() as i32;
        let all = exponents.flat_map(|e| (2..10).map(move |n| Decimal::new(n, e).value()));
        all.filter(|x| (low..=high).contains(x)).collect()
    } else {
        Vec::new()
    };
    if places.len() > 40 {
        Vec::new()
    } else {
        places
    }
}

/// Ticks of an axis of steps between two ends from 1 on, `most` at most: step t stands at t + 1.
pub(super) fn steps(low: f64, high: f64, most: usize) -> Vec<Tick> {
    let step = |t: Decimal| Tick {
        at: t.value() + 1.0,
        label: t.short(),
    };
    if high / low < SHORT {
        let all = round_numbers(low - 1.0, high - 1.0, most, true);
        return all.into_iter().map(step).collect();
    }
    let zero = (low <= 1.0).then(|| Decimal::new(0, 0));
    let from = (low - 1.0).max(1.0);
    let most = most.saturating_sub(zero.iter().count());
    let rest = multiples(from, (high - 1.0).max(from), most);
    zero.into_iter().chain(rest).map(step).collect()
}

/// At most `most` ticks none of which `collides` with the one before it, made with fewer of them if need be; if
/// that does not help, those that collide are left out.
pub(super) fn fitting(
    most: usize,
    make: impl Fn(usize) -> Vec<Tick>,
    collides: impl Fn(&Tick, &Tick) -> bool,
) -> Vec<Tick> {
    for n in (3..=most).rev() {
        let ticks = make(n);
        if ticks.len() >= 2 && !ticks.windows(2).any(|w| collides(&w[0], &w[1])) {
            return ticks;
        }
    }
    let mut kept: Vec<Tick> = Vec::new();
    for tick in make(most) {
        if kept.last().is_none_or(|last| !collides(last, &tick)) {
            kept.push(tick);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MOST: usize = 7;

    fn labels(ticks: &[Tick]) -> Vec<&str> {
        ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    /// Two to eight ticks on the axis, in order, with short labels, no two of which are equal.
    fn assert_good(ticks: &[Tick], low: f64, high: f64) {
        let labels = labels(ticks);
        let said = format!("{low:e} {high:e}: {labels:?}");
        assert!((2..=8).contains(&ticks.len()), "{said}");
        for (i, label) in labels.iter().enumerate() {
            assert!(!labels[..i].contains(label), "{said}");
            assert!(!label.is_empty() && label.len() <= 18, "{said}");
        }
        let slack = (high - low) * 1e-5;
        for pair in ticks.windows(2) {
            assert!(pair[0].at < pair[1].at, "{said}");
        }
        let inside = |tick: &Tick| (low - slack..=high + slack).contains(&tick.at);
        assert!(ticks.iter().all(inside), "{said}");
    }

    #[test]
    fn labels_are_short_and_round() {
        for (low, high, text) in [
            (0.0, 1.0, "0 0.2 0.4 0.6 0.8 1"),
            (0.99995, 1.0, "0.99995 0.99996 0.99997 0.99998 0.99999 1"),
            (-1.04, 1.04, "-1 -0.5 0 0.5 1"),
            (0.0, 12_000.0, "0 2,000 4,000 6,000 8,000 10,000 12,000"),
            (0.0, 3.1e6, "0 5e5 1e6 1.5e6 2e6 2.5e6 3e6"),
            (0.0, 2.1e-5, "0 5e-6 1e-5 1.5e-5 2e-5"),
        ] {
            assert_eq!(labels(&linear(low, high, MOST, false)).join(" "), text);
        }
        assert_eq!(
            labels(&linear(1.0 - 2.5e-8, 1.0, MOST, false)),
            [
                "1 - 2.5e-8",
                "1 - 2e-8",
                "1 - 1.5e-8",
                "1 - 1e-8",
                "1 - 5e-9",
                "1"
            ]
        );
        for (low, high, text) in [
            (1e-3, 1e6, "0.001 0.01 0.1 1 10 100 1,000 10,000 1e5 1e6"),
            (1.0, 60.0, "1 2 5 10 20 50"),
            (0.9, 1.1, "0.9 0.95 1 1.05 1.1"),
            (1e-300, 1e300, "1e-300 1e-200 1e-100 1 1e100 1e200 1e300"),
        ] {
            let most = if high == 1e6 { 10 } else { MOST };
            assert_eq!(
                labels(&logarithmic(low, high, most)).join(" "),
                text.replace("1e5", "100,000")
            );
        }
        for (low, high, text) in [
            (1.0, 2.0, "0 1"),
            (1.0, 7.0, "0 1 2 3 4 5 6"),
            (1.0, 31.0, "0 1 2 5 10 20"),
            (1.0, 10_001.0, "0 1 10 100 1,000 10,000"),
            (1.0, 1e9, "0 1 100 10,000 1e6 1e8"),
            (1000.0, 1003.0, "999 1,000 1,001 1,002"),
        ] {
            assert_eq!(labels(&steps(low, high, MOST)).join(" "), text);
        }
    }

    #[test]
    fn ticks_that_would_touch_are_thinned() {
        let near = |a: &Tick, b: &Tick| b.at - a.at < 0.3;
        let ticks = fitting(MOST, |most| linear(0.0, 1.0, most, false), near);
        assert_eq!(labels(&ticks), ["0", "0.5", "1"]);
        let ticks = fitting(
            MOST,
            |most| steps(1.0, 1e18, most),
            |a, b| b.at < 1.5 * a.at,
        );
        assert!(ticks.len() > 2, "{ticks:?}");
    }

    proptest! {
        #[test]
        fn linear_axes_have_distinct_labels(middle in -300.0..300.0f64, span in -9.0..3.0f64, sign in any::<bool>()) {
            let low = 10f64.powf(middle) * if sign { -1.0 } else { 1.0 };
            let high = low + low.abs() * 10f64.powf(span);
            prop_assume!(high.is_finite() && high.abs() < 1e301);
            assert_good(&linear(low, high, MOST, false), low, high);
        }

        #[test]
        fn axes_near_one_have_distinct_labels(digits in 0.0..9.0f64) {
            let low = 1.0 - 10f64.powf(-digits);
            assert_good(&linear(low, 1.0, MOST, false), low, 1.0);
        }

        #[test]
        fn logarithmic_axes_have_distinct_labels(low in -300.0..300.0f64, decades in 0.001..600.0f64) {
            let (low, high) = (10f64.powf(low), 10f64.powf((low + decades).min(300.01)));
            prop_assume!(high / low > 1.001);
            assert_good(&logarithmic(low, high, MOST), low, high);
            for place in between(low, high, MOST) {
                prop_assert!((low..=high).contains(&place) || (place / low - 1.0).abs() < 1e-5);
            }
        }

        #[test]
        fn axes_of_steps_have_distinct_labels(first in 0u64..100_000, power in 0.0..18.0f64) {
            let last = first + 1 + 10f64.powf(power) as u64;
            let (low, high) = (first as f64 + 1.0, last as f64 + 1.0);
            assert_good(&steps(low, high, MOST), low, high);
            let (low, high) = (1.0, last as f64 + 1.0);
            assert_good(&steps(low, high, MOST), low, high);
        }
    }
}
