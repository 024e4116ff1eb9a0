//! Charts as SVG: lines and bands over one axis. Everything that is plotted over time is drawn here.

use super::escape::visible;
use plotters::coord::Shift;
use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::prelude::*;
use thiserror::Error;

/// Size of a plot, in pixels.
const SIZE: (u32, u32) = (860, 520);

const DOT: RGBColor = RGBColor(0, 90, 160);

/// Least and largest size of a value that is drawn: an axis that ends there, and its ticks, stay within the
/// range of floats.
const DRAWN: [f64; 2] = [1e-300, 1e300];

/// The horizontal axis.
#[derive(Clone, Copy)]
pub(super) enum Axis {
    /// Steps, on a logarithmic axis: step t stands at t + 1, see [`steps_axis`].
    Steps,
    /// Anything else from 0 on, with these words.
    Linear(&'static str),
}

/// Steps are drawn on a logarithmic axis, so step t stands at t + 1.
pub(super) fn steps_axis(t: u64) -> f64 {
    t as f64 + 1.0
}

/// A plot could not be drawn.
#[derive(Debug, Error)]
#[error("the plot {name} could not be drawn: {cause}")]
pub struct PlotError {
    name: &'static str,
    cause: String,
}

impl PlotError {
    pub(super) fn new(name: &'static str, cause: String) -> Self {
        Self { name, cause }
    }
}

/// One SVG file.
pub struct Plot {
    /// File name, e.g. `norms.svg`.
    pub name: &'static str,
    /// What it shows, for the report's text.
    pub caption: &'static str,
    /// What it cannot show, if anything: a sentence that stands in the picture too.
    pub unshown: Option<String>,
    /// The SVG text.
    pub svg: String,
}

/// A line of a chart.
pub(super) struct Line {
    pub label: String,
    pub colour: RGBColor,
    pub dashed: bool,
    pub points: Vec<(f64, f64)>,
}

/// A band between two lines.
pub(super) struct Band {
    pub label: String,
    pub colour: RGBColor,
    /// x, lower, upper.
    pub points: Vec<(f64, f64, f64)>,
}

/// One chart.
pub(super) struct Panel {
    pub name: &'static str,
    pub caption: &'static str,
    pub title: String,
    /// What the horizontal axis is.
    pub x: Axis,
    pub y_label: &'static str,
    /// Fixed limits of the y axis; else they follow the data.
    pub limits: Option<(f64, f64)>,
    pub lines: Vec<Line>,
    pub bands: Vec<Band>,
    /// Single points, without a line.
    pub dots: Vec<(f64, f64)>,
    /// Is the upper left corner taken, so that the legend goes to the lower right?
    pub legend_below: bool,
}

/// Draws the charts that have data. Points whose value is neither 0 nor between 1e-300 and 1e300 in size are
/// left out, and the plot says how many; where the limits are fixed, small values are drawn.
///
/// # Errors
/// If the plotting library fails.
pub(super) fn draw_all(panels: impl IntoIterator<Item = Panel>) -> Result<Vec<Plot>, PlotError> {
    let with_data = panels.into_iter().filter(|panel| panel.n_points() > 0);
    with_data
        .map(|panel| {
            let name = panel.name;
            draw(panel).map_err(|cause| PlotError::new(name, cause))
        })
        .collect()
}

impl Panel {
    fn n_points(&self) -> usize {
        let lines = self.lines.iter().map(|line| line.points.len());
        let bands = self.bands.iter().map(|band| band.points.len());
        lines.chain(bands).sum::<usize>() + self.dots.len()
    }

    /// Drops the points that no axis can show, and says how many they were.
    fn drop_unshown(&mut self) -> Option<String> {
        let all = self.n_points();
        let fixed = self.limits.is_some();
        let fits = |y: f64| {
            let (size, [least, largest]) = (y.abs(), DRAWN);
            size <= largest && (size >= least || size == 0.0 || fixed)
        };
        for line in &mut self.lines {
            line.points.retain(|p| p.0.is_finite() && fits(p.1));
        }
        for band in &mut self.bands {
            let shown = |p: &(f64, f64, f64)| p.0.is_finite() && fits(p.1) && fits(p.2);
            band.points.retain(shown);
        }
        self.dots.retain(|p| p.0.is_finite() && fits(p.1));
        let lost = all - self.n_points();
        let [least, largest] = DRAWN.map(super::format::float);
        (lost > 0).then(|| {
            format!(
                "{lost} of {all} points are not drawn: their values are not between {least} and {largest} in size"
            )
        })
    }

    /// Divides all values by `unit`.
    fn rescale(&mut self, unit: f64) {
        for point in self.lines.iter_mut().flat_map(|line| &mut line.points) {
            point.1 /= unit;
        }
        for point in self.bands.iter_mut().flat_map(|band| &mut band.points) {
            (point.1, point.2) = (point.1 / unit, point.2 / unit);
        }
        for point in &mut self.dots {
            point.1 /= unit;
        }
    }
}

/// The values of a panel: the least one (infinite if there is none), the largest, at least 0, and the least
/// positive one.
struct Extent {
    low: f64,
    high: f64,
    least_positive: f64,
}

impl Extent {
    fn of(panel: &Panel) -> Self {
        let values = panel
            .lines
            .iter()
            .flat_map(|l| l.points.iter().map(|p| p.1));
        let edges = panel.bands.iter().flat_map(|b| &b.points);
        let edges = edges.flat_map(|p| [p.1, p.2]);
        let ys = values.chain(edges).chain(panel.dots.iter().map(|p| p.1));
        let (mut low, mut high, mut least_positive) = (f64::INFINITY, 0.0f64, f64::INFINITY);
        for y in ys {
            low = low.min(y);
            high = high.max(y);
            if y > 0.0 {
                least_positive = least_positive.min(y);
            }
        }
        Extent {
            low,
            high,
            least_positive,
        }
    }

    /// Two decades and more read better on a logarithmic axis.
    fn is_logarithmic(&self) -> bool {
        self.high > 100.0 * self.least_positive && self.low > 0.0
    }

    /// The power of ten that values are drawn in: 1, unless they are so small that the plotting library leaves
    /// ticks out.
    fn unit(&self) -> f64 {
        let (small, limit) = if self.is_logarithmic() {
            (self.least_positive, 1e-15)
        } else {
            (self.high, 1e-9)
        };
        if small == 0.0 || small >= limit {
            return 1.0;
        }
        let unit = 10f64.powi(small.log10().floor() as i32);
        if self.high / unit <= DRAWN[1] {
            unit
        } else {
            1.0
        }
    }
}

fn draw(mut panel: Panel) -> Result<Plot, String> {
    let unshown = panel.drop_unshown();
    let unit = match panel.limits {
        Some(_) => 1.0,
        None => Extent::of(&panel).unit(),
    };
    panel.rescale(unit);
    let panel = &panel;
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        root.fill(&WHITE).map_err(|e| e.to_string())?;
        let area = match &unshown {
            Some(note) => {
                let (above, below) = root.split_vertically(22);
                let style = ("sans-serif", 13).into_text_style(&above);
                above
                    .draw_text(note, &style, (12, 8))
                    .map_err(|e| e.to_string())?;
                below
            }
            None => root.clone(),
        };
        let (lines, bands) = (&panel.lines, &panel.bands);
        let extent = Extent::of(panel);
        let ends = lines.iter().filter_map(|l| l.points.last().map(|p| p.0));
        let ends = ends.chain(bands.iter().filter_map(|b| b.points.last().map(|p| p.0)));
        let end = ends
            .chain(panel.dots.iter().map(|p| p.0))
            .fold(0.0, f64::max);
        // An axis needs some length.
        let end = match panel.x {
            Axis::Steps => end.max(2.0),
            Axis::Linear(_) if end > 0.0 => end,
            Axis::Linear(_) => 1.0,
        };
        match panel.limits {
            Some((low, high)) => with_axis(panel, &area, end, unit, low..high)?,
            None if extent.is_logarithmic() => {
                let range = extent.least_positive / 1.5..extent.high * 1.5;
                with_axis(panel, &area, end, unit, range.log_scale())?;
            }
            None => with_axis(panel, &area, end, unit, 0.0..extent.high.max(1e-9) * 1.08)?,
        }
        root.present().map_err(|e| e.to_string())?;
    }
    Ok(Plot {
        name: panel.name,
        caption: panel.caption,
        unshown,
        svg,
    })
}

fn with_axis<Y>(
    panel: &Panel,
    root: &DrawingArea<SVGBackend<'_>, Shift>,
    end: f64,
    unit: f64,
    y_range: Y,
) -> Result<(), String>
where
    Y: AsRangedCoord<Value = f64>,
    Y::CoordDescType: ValueFormatter<f64>,
{
    match panel.x {
        Axis::Steps => {
            let range = (1.0..end).log_scale();
            chart(panel, root, range, "step t, drawn at t + 1", unit, y_range)
        }
        Axis::Linear(words) => chart(panel, root, 0.0..end, words, unit, y_range),
    }
}

fn chart<X, Y>(
    panel: &Panel,
    root: &DrawingArea<SVGBackend<'_>, Shift>,
    x_range: X,
    x_label: &str,
    unit: f64,
    y_range: Y,
) -> Result<(), String>
where
    X: AsRangedCoord<Value = f64>,
    X::CoordDescType: ValueFormatter<f64>,
    Y: AsRangedCoord<Value = f64>,
    Y::CoordDescType: ValueFormatter<f64>,
{
    let mut chart = ChartBuilder::on(root)
        .caption(visible(&panel.title), ("sans-serif", 20))
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(64)
        .build_cartesian_2d(x_range, y_range)
        .map_err(|e| e.to_string())?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .x_desc(x_label)
        .y_desc(panel.y_label)
        .x_label_formatter(&|x| super::format::float(*x))
        .y_label_formatter(&|y| super::format::float(*y * unit))
        .draw()
        .map_err(|e| e.to_string())?;
    for band in &panel.bands {
        if band.points.is_empty() {
            continue;
        }
        let mut outline: Vec<(f64, f64)> = band.points.iter().map(|p| (p.0, p.2)).collect();
        outline.extend(band.points.iter().rev().map(|p| (p.0, p.1)));
        let fill = band.colour.mix(0.22).filled();
        chart
            .draw_series(std::iter::once(Polygon::new(outline, fill)))
            .map_err(|e| e.to_string())?
            .label(visible(&band.label))
            .legend(move |(x, y)| Rectangle::new([(x, y - 5), (x + 20, y + 5)], fill));
    }
    for line in &panel.lines {
        if line.points.is_empty() {
            continue;
        }
        let style = line.colour.stroke_width(2);
        let points = line.points.iter().copied();
        let series = if line.dashed {
            chart.draw_series(DashedLineSeries::new(points, 6, 4, style))
        } else {
            chart.draw_series(LineSeries::new(points, style))
        };
        let reach = if line.dashed { 8 } else { 20 };
        let drawn = series.map_err(|e| e.to_string())?;
        // One of many lines of a kind stands for all of them.
        if !line.label.is_empty() {
            drawn
                .label(visible(&line.label))
                .legend(move |(x, y)| PathElement::new([(x, y), (x + reach, y)], style));
        }
    }
    let dots = panel
        .dots
        .iter()
        .map(|&at| Circle::new(at, 4, DOT.filled()));
    chart.draw_series(dots).map_err(|e| e.to_string())?;
    chart
        .configure_series_labels()
        .position(if panel.legend_below {
            SeriesLabelPosition::LowerRight
        } else {
            SeriesLabelPosition::UpperLeft
        })
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.3))
        .draw()
        .map_err(|e| e.to_string())?;
    Ok(())
}
