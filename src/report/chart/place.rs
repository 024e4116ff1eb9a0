//! Axes: which values they reach over, and where a value stands on them.

use super::ticks::{self, Tick};
use super::{Axis, LETTER, Panel, Scale, width};

/// Most ticks of an axis.
const MOST: usize = 7;

/// The share of an axis beyond the data at an end.
const SPACE: f64 = 0.04;

/// Data that differ by less than this share of their size are one value.
const SAME: f64 = 1e-9;

/// One axis.
pub(super) struct Ruler {
    low: f64,
    high: f64,
    logarithmic: bool,
    pub ticks: Vec<Tick>,
    /// Places of lines without a label, from 0 to 1.
    pub minor: Vec<f64>,
}

impl Ruler {
    fn new(low: f64, high: f64, logarithmic: bool) -> Self {
        Self {
            low,
            high,
            logarithmic,
            ticks: Vec::new(),
            minor: Vec::new(),
        }
    }

    /// Where a value stands: from 0 to 1, or beyond if it is not on the axis.
    pub fn place(&self, value: f64) -> f64 {
        let share = |value: f64, low: f64, high: f64| (value - low) / (high - low);
        if !self.logarithmic {
            return share(value, self.low, self.high);
        }
        if value <= 0.0 {
            return f64::NEG_INFINITY;
        }
        share(value.ln(), self.low.ln(), self.high.ln())
    }

    /// Is the value on the axis?
    pub fn holds(&self, value: f64) -> bool {
        (-1e-9..=1.0 + 1e-9).contains(&self.place(value))
    }

    /// The places of the ticks.
    pub fn places(&self) -> Vec<f64> {
        self.ticks.iter().map(|tick| self.place(tick.at)).collect()
    }

    /// The vertical axis. `faint` values widen it by half the span of the others at most.
    pub fn of_values(values: &[f64], faint: &[f64], scale: Scale) -> Self {
        let logarithmic = scale == Scale::Logarithmic;
        let shown = |list: &[f64]| -> Vec<f64> {
            let shown = list.iter().filter(|&&y| !logarithmic || y > 0.0);
            shown.copied().collect()
        };
        let (values, faint) = (shown(values), shown(faint));
        let first = if values.is_empty() { &faint } else { &values };
        let Some((low, high)) = ends(first) else {
            return Self::of_values(&[1.0], &[], scale);
        };
        let (least, most) = ends(&faint).unwrap_or((low, high));
        if logarithmic {
            // Logarithms: the ratio of two floats need not be one.
            let [low, high, least, most] = [low, high, least, most].map(f64::log10);
            let span = (high - low).max(1.0) / 2.0;
            let low = low.min(least.max(low - span));
            let high = high.max(most.min(high + span));
            // One value has its decade.
            let (low, high) = if high - low < SAME {
                (low - 0.5, high + 0.5)
            } else {
                (low, high)
            };
            // Floats end at 308.
            let space = (SPACE * (high - low)).clamp(0.004, 1.0);
            let [low, high] = [low - space, high + space].map(|e| 10f64.powf(e));
            let mut ruler = Self::new(low, high, true);
            ruler.ticks = ticks::logarithmic(ruler.low, ruler.high, MOST);
            let minor = ticks::between(ruler.low, ruler.high, MOST);
            ruler.minor = minor.iter().map(|&y| ruler.place(y)).collect();
            return ruler;
        }
        let span = (high - low).max(high.abs().max(low.abs())) / 2.0;
        let low = low.min(least.max(low - span));
        let high = high.max(most.min(high + span));
        let (low, high) = spread(low, with_one(low, high));
        let space = SPACE * (high - low);
        // Where the axis begins at 0 the frame is that line.
        let below = if low == 0.0 { 0.0 } else { space };
        let above = if high == 0.0 { 0.0 } else { space };
        let mut ruler = Self::new(low - below, high + above, false);
        ruler.ticks = ticks::linear(ruler.low, ruler.high, MOST, false);
        ruler
    }

    /// The horizontal axis, `long` units long.
    pub fn of_places(panel: &Panel, long: f64) -> Self {
        let places = panel.places();
        let (low, high) = ends(&places).unwrap_or((1.0, 1.0));
        let steps = matches!(panel.x, Axis::Steps);
        let mut ruler = if steps {
            let (low, high) = if high > low {
                (low, high)
            } else {
                ((low / 2.0).max(1.0), high * 2.0)
            };
            Self::new(low, high, true)
        } else {
            let (low, high) = spread(low, high);
            let dots = panel.dots.iter().any(|dots| !dots.points.is_empty());
            let space = if dots { SPACE * (high - low) } else { 0.0 };
            Self::new(low - space, high + space, false)
        };
        let whole = places.iter().all(|x| x.fract() == 0.0) && ruler.high - ruler.low >= 2.0;
        let (low, high) = (ruler.low, ruler.high);
        let make = |most| {
            if steps {
                ticks::steps(low, high, most)
            } else {
                ticks::linear(low, high, most, whole)
            }
        };
        let collides = |a: &Tick, b: &Tick| {
            let between = (ruler.place(b.at) - ruler.place(a.at)) * long;
            between < (width(&a.label) + width(&b.label)) / 2.0 + LETTER / 3.0
        };
        let fitting = ticks::fitting(MOST, make, collides);
        ruler.ticks = fitting;
        if steps && high / low >= 8.0 {
            // Step t stands at t + 1.
            let from = (low - 1.0).max(1.0);
            let minor = ticks::between(from, high - 1.0, MOST - 1);
            ruler.minor = minor.iter().map(|&t| ruler.place(t + 1.0)).collect();
        }
        ruler
    }
}

/// The least and the largest of some values.
fn ends(values: &[f64]) -> Option<(f64, f64)> {
    let low = values.iter().copied().reduce(f64::min)?;
    let high = values.iter().copied().reduce(f64::max)?;
    Some((low, high))
}

/// The upper end, or 1 if that is near: certainty belongs to an axis of probabilities that come close to it.
fn with_one(low: f64, high: f64) -> f64 {
    if (0.9..1.0).contains(&high) && low <= high {
        1.0
    } else {
        high
    }
}

/// Ends that are apart; with 0 between or at them if they are far apart for their size.
fn spread(low: f64, high: f64) -> (f64, f64) {
    let size = low.abs().max(high.abs());
    if size == 0.0 {
        return (0.0, 1.0);
    }
    let is_one_value = high - low < SAME * size;
    if low > 0.0 && (low < 0.3 * high || is_one_value) {
        (0.0, high)
    } else if high < 0.0 && (high > 0.3 * low || is_one_value) {
        (low, 0.0)
    } else {
        (low, high)
    }
}

/// The pieces of a line that are on the axes, in places; a piece ends where the line leaves.
pub(super) fn cut(line: &[(f64, f64)]) -> Vec<Vec<(f64, f64)>> {
    let inside = |y: f64| (-1e-9..=1.0 + 1e-9).contains(&y);
    let mut pieces = Vec::new();
    let mut piece: Vec<(f64, f64)> = Vec::new();
    for (i, &point) in line.iter().enumerate() {
        if let Some(&before) = i.checked_sub(1).and_then(|i| line.get(i)) {
            let crossed = crossings(before, point);
            match (inside(before.1), inside(point.1)) {
                (true, true) => {}
                (true, false) => {
                    piece.extend(crossed);
                    pieces.push(std::mem::take(&mut piece));
                }
                (false, true) => piece.extend(crossed),
                (false, false) if crossed.len() == 2 => pieces.push(crossed),
                (false, false) => {}
            }
        }
        if inside(point.1) {
            piece.push(point);
        }
    }
    pieces.push(piece);
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

/// Where the way from one point to another meets the lower and the upper end, in order.
fn crossings(from: (f64, f64), to: (f64, f64)) -> Vec<(f64, f64)> {
    let mut met: Vec<(f64, f64)> = [0.0, 1.0]
        .into_iter()
        .filter(|&end| (from.1 < end) != (to.1 < end) && from.1 != end && to.1 != end)
        .map(|end| {
            let share = (end - from.1) / (to.1 - from.1);
            // An end at infinity is straight above or below.
            let share = if share.is_finite() { share } else { 0.0 };
            (from.0 + share * (to.0 - from.0), end)
        })
        .collect();
    if from.1 > to.1 {
        met.reverse();
    }
    met
}
