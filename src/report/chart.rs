//! Charts as SVG: lines, bands, dots and marks over one axis. Everything that is plotted over time is drawn here.
//!
//! A [`Panel`] says what is drawn. [`draw`] draws it on an axis of one [`Scale`]; a [`Drawn`] chart is then part
//! of a page ([`Drawn::inline`], with [`style`] once in the page's style sheet) or a file of its own
//! ([`Drawn::file`]). [`draw_all`] draws files, each on the scale that its panel asks for. A page with a switch
//! draws a panel twice: `draw(&panel, Scale::Linear)` and `draw(&panel, Scale::Logarithmic)`;
//! [`Panel::automatic`] says which of them comes first.
//!
//! - The picture is 560 units wide and scales without loss; coordinates are tenths of a unit, and no width or
//!   height is set in a page.
//! - Colours are named by what they mean ([`Ink`]); lines also differ by [`Stroke`], dots by [`Shape`].
//! - A line that says little ([`Line::faint`]) is grey, with the reason in the legend. It widens the axis by
//!   half the span of the other data at most, and is cut off there.
//! - [`Panel::hover`] has the values at places of the horizontal axis: a browser shows them as a tooltip, and
//!   a thin line where they are.
//! - Names may be anything: hidden characters are written out, and all text is escaped.
//!
//! ```
//! use filtercert::report::chart::{Axis, Ink, Line, Panel, Scale, Stroke, draw, steps_axis};
//!
//! let points = (0..=100).map(|t| (steps_axis(t), 1.0 + t as f64)).collect();
//! let panel = Panel {
//!     name: "growth.svg",
//!     caption: "A norm over time.".into(),
//!     title: "growth".to_owned(),
//!     x: Axis::Steps,
//!     y_label: "norm",
//!     lines: vec![Line::new("norm", Ink::Winner, Stroke::Solid, points)],
//!     ..Panel::default()
//! };
//! let chart = draw(&panel, Scale::Automatic)?;
//! assert!(chart.inline("a").starts_with("<svg") && chart.file().contains("A norm over time."));
//! # Ok::<(), filtercert::report::chart::PlotError>(())
//! ```

mod ink;
mod place;
mod ticks;

pub use ink::{Ink, Stroke, style};

use super::escape::visible;
use place::{Ruler, cut};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::borrow::Cow;
use std::fmt::Write;
use thiserror::Error;

/// Tenths of a unit: plotters draws whole pixels.
const FINE: f64 = 10.0;

/// Width of a chart, and height of the field in it.
const WIDTH: f64 = 560.0;
const FIELD: f64 = 250.0;

/// Space around a chart, height of a line of text, and the size of letters: 10 pixels and more on a phone.
const MARGIN: f64 = 10.0;
const ROW: f64 = 22.0;
const LETTER: f64 = 17.0;

/// Width of the sample of a line in the legend, with the space after it.
const SAMPLE: f64 = 38.0;
const AFTER: f64 = 8.0;

/// Stroke widths, in tenths of a unit; see [`Stroke::width`].
const THICK: u32 = 20;
const THIN: u32 = 10;

/// Most lines of a title, of a note and of a label.
const MOST_ROWS: usize = 4;

/// Least and largest size of a value that is drawn: an axis that ends there, and its ticks, stay within the
/// range of floats.
const DRAWN: [f64; 2] = [1e-300, 1e300];

/// The horizontal axis.
#[derive(Debug, Clone, Copy)]
pub enum Axis {
    /// Steps, on a logarithmic axis: step t stands at t + 1, see [`steps_axis`].
    Steps,
    /// Anything else, with these words.
    Linear(&'static str),
}

/// Steps are drawn on a logarithmic axis, so step t stands at t + 1.
pub fn steps_axis(t: u64) -> f64 {
    t as f64 + 1.0
}

/// The vertical axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Logarithmic if all values are positive and reach over more than two decades, else linear.
    Automatic,
    /// Equal distances for equal differences.
    Linear,
    /// Equal distances for equal ratios: values that are not positive are left out, and the plot says so.
    Logarithmic,
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
    pub caption: Cow<'static, str>,
    /// What it cannot show, if anything: a sentence that stands in the picture too.
    pub unshown: Option<String>,
    /// The SVG text, as a file of its own.
    pub svg: String,
    /// The same for a page with [`style`].
    pub inline: String,
}

/// A line of a chart.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its words in the legend; of many lines of a kind one has words, and the others none.
    pub label: String,
    /// Its colour.
    pub ink: Ink,
    /// Its stroke.
    pub stroke: Stroke,
    /// Why it says little, if so: it is then grey, and the legend has the reason.
    pub faint: Option<String>,
    /// x and y.
    pub points: Vec<(f64, f64)>,
}

impl Line {
    /// A line that is not faint.
    pub fn new(
        label: impl Into<String>,
        ink: Ink,
        stroke: Stroke,
        points: Vec<(f64, f64)>,
    ) -> Self {
        Self {
            label: label.into(),
            ink,
            stroke,
            faint: None,
            points,
        }
    }

    fn shown_ink(&self) -> Ink {
        if self.faint.is_some() {
            Ink::Muted
        } else {
            self.ink
        }
    }
}

/// A band between two lines.
#[derive(Debug, Clone)]
pub struct Band {
    /// Its words in the legend.
    pub label: String,
    /// Its colour.
    pub ink: Ink,
    /// The stroke of its edges.
    pub edge: Stroke,
    /// x, lower, upper.
    pub points: Vec<(f64, f64, f64)>,
}

/// The shape of dots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A disc.
    Circle,
    /// A triangle.
    Triangle,
    /// Two strokes.
    Cross,
    /// The outline of a square.
    Square,
}

/// Single points, without a line.
#[derive(Debug, Clone)]
pub struct Dots {
    /// Their words in the legend; none if it is empty.
    pub label: String,
    /// Their colour.
    pub ink: Ink,
    /// Their shape.
    pub shape: Shape,
    /// x and y.
    pub points: Vec<(f64, f64)>,
}

/// A vertical line with a label above it.
#[derive(Debug, Clone)]
pub struct Mark {
    /// Where.
    pub x: f64,
    /// Its words, e.g. `T_dom = 1,475`.
    pub label: String,
}

/// What a reader sees when the pointer is near a place of the horizontal axis.
#[derive(Debug, Clone)]
pub struct Hover {
    /// Where.
    pub x: f64,
    /// The words, in lines.
    pub text: String,
}

/// One chart.
#[derive(Debug, Clone)]
pub struct Panel {
    /// File name, e.g. `norms.svg`.
    pub name: &'static str,
    /// What it shows: the report's text has it, and it is the description for those who cannot see the chart.
    pub caption: Cow<'static, str>,
    /// Words above the chart.
    pub title: String,
    /// What the horizontal axis is.
    pub x: Axis,
    /// Words of the vertical axis.
    pub y_label: &'static str,
    /// The scale that it is drawn on by itself.
    pub y: Scale,
    /// Lines; later ones are drawn over earlier ones.
    pub lines: Vec<Line>,
    /// Bands, under the lines.
    pub bands: Vec<Band>,
    /// Dots, over the lines.
    pub dots: Vec<Dots>,
    /// Vertical lines.
    pub marks: Vec<Mark>,
    /// Values under the pointer.
    pub hover: Vec<Hover>,
}

impl Default for Panel {
    /// Without data, over steps.
    fn default() -> Self {
        Self {
            name: "",
            caption: "".into(),
            title: String::new(),
            x: Axis::Steps,
            y_label: "",
            y: Scale::Automatic,
            lines: Vec::new(),
            bands: Vec::new(),
            dots: Vec::new(),
            marks: Vec::new(),
            hover: Vec::new(),
        }
    }
}

/// A chart that was drawn.
#[derive(Debug, Clone)]
pub struct Drawn {
    /// What it cannot show, if anything: a sentence that stands in the picture too.
    pub unshown: Option<String>,
    /// The scale that it is drawn on: linear or logarithmic.
    pub scale: Scale,
    name: &'static str,
    title: String,
    description: String,
    height: f64,
    body: String,
}

impl Drawn {
    /// For a page that has [`style`] in its style sheet. All ids begin with the prefix.
    pub fn inline(&self, id_prefix: &str) -> String {
        self.svg(id_prefix, "", "")
    }

    /// A file of its own.
    pub fn file(&self) -> String {
        let size = format!(r#" width="{WIDTH}" height="{}""#, self.height);
        let paper = Ink::Paper.attribute();
        let head = format!(
            "<style>\n{}</style>\n<rect width=\"100%\" height=\"100%\" fill=\"{paper}\"/>\n",
            ink::rules()
        );
        self.svg(self.name.trim_end_matches(".svg"), &size, &head)
    }

    fn svg(&self, prefix: &str, size: &str, head: &str) -> String {
        let prefix = escaped(prefix);
        format!(
            "<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\"{size} viewBox=\"0 0 {} {}\" role=\"img\" \
             aria-labelledby=\"{prefix}-title {prefix}-desc\" font-family=\"sans-serif\" font-size=\"{}\" \
             stroke-linejoin=\"round\">\n<title id=\"{prefix}-title\">{}</title>\n\
             <desc id=\"{prefix}-desc\">{}</desc>\n{head}{}</svg>\n",
            fine(WIDTH),
            fine(self.height),
            fine(LETTER),
            escaped(&self.title),
            escaped(&self.description),
            self.body
        )
    }
}

/// Draws the charts that have data, each on the scale that it asks for. Points whose value is neither 0 nor
/// between 1e-300 and 1e300 in size are left out, and the plot says how many.
///
/// # Errors
/// If the plotting library fails.
pub fn draw_all(panels: impl IntoIterator<Item = Panel>) -> Result<Vec<Plot>, PlotError> {
    let with_data = panels.into_iter().filter(Panel::has_data);
    with_data
        .map(|panel| {
            let drawn = draw(&panel, panel.y)?;
            Ok(Plot {
                name: panel.name,
                caption: panel.caption.clone(),
                svg: drawn.file(),
                inline: drawn.inline(panel.name.trim_end_matches(".svg")),
                unshown: drawn.unshown,
            })
        })
        .collect()
}

/// Draws a chart on this scale.
///
/// # Errors
/// If the plotting library fails.
pub fn draw(panel: &Panel, scale: Scale) -> Result<Drawn, PlotError> {
    let mut shown = panel.clone();
    let mut notes = Vec::new();
    notes.extend(shown.drop_unshown());
    let scale = match scale {
        Scale::Automatic => shown.automatic(),
        chosen => chosen,
    };
    if scale == Scale::Logarithmic {
        notes.extend(shown.drop_not_positive());
    }
    let unshown = (!notes.is_empty()).then(|| notes.join(". "));
    let layout = Layout::of(&shown, scale, notes);
    let body = layout
        .draw()
        .map_err(|cause| PlotError::new(panel.name, cause))?;
    let description = match &unshown {
        Some(unshown) => format!("{} {unshown}.", panel.caption),
        None => panel.caption.to_string(),
    };
    Ok(Drawn {
        unshown,
        scale,
        name: panel.name,
        title: panel.title.clone(),
        description,
        height: layout.height,
        body,
    })
}

impl Panel {
    /// Is there anything to draw?
    pub fn has_data(&self) -> bool {
        self.n_points() > 0
    }

    /// The scale that [`Scale::Automatic`] stands for: linear or logarithmic.
    pub fn automatic(&self) -> Scale {
        let (mut low, mut high) = (f64::INFINITY, 0.0f64);
        for y in self.values(false) {
            (low, high) = (low.min(y), high.max(y));
        }
        if low > 0.0 && high > 100.0 * low {
            Scale::Logarithmic
        } else {
            Scale::Linear
        }
    }

    fn n_points(&self) -> usize {
        let lines = self.lines.iter().map(|line| line.points.len());
        let bands = self.bands.iter().map(|band| band.points.len());
        let dots = self.dots.iter().map(|dots| dots.points.len());
        lines.chain(bands).chain(dots).sum()
    }

    /// The values on the vertical axis: of faint lines, or of everything else.
    fn values(&self, faint: bool) -> Vec<f64> {
        let lines = self.lines.iter().filter(|l| l.faint.is_some() == faint);
        let values = lines.flat_map(|l| l.points.iter().map(|p| p.1));
        if faint {
            return values.collect();
        }
        let edges = self.bands.iter().flat_map(|band| &band.points);
        let edges = edges.flat_map(|p| [p.1, p.2]);
        let dots = self.dots.iter().flat_map(|dots| &dots.points);
        values.chain(edges).chain(dots.map(|p| p.1)).collect()
    }

    /// The places on the horizontal axis.
    fn places(&self) -> Vec<f64> {
        let lines = self.lines.iter().flat_map(|line| &line.points);
        let dots = self.dots.iter().flat_map(|dots| &dots.points);
        let bands = self.bands.iter().flat_map(|band| &band.points);
        lines
            .chain(dots)
            .map(|p| p.0)
            .chain(bands.map(|p| p.0))
            .collect()
    }

    /// Drops points, and says how many of how many. A line is cut in two where one is missing.
    fn drop(
        &mut self,
        point: impl Fn(f64, f64) -> bool,
        edges: impl Fn(f64, f64, f64) -> bool,
    ) -> (usize, usize) {
        let all = self.n_points();
        let mut lines = Vec::new();
        for line in self.lines.drain(..) {
            let runs = line.points.split(|p| !point(p.0, p.1));
            let runs: Vec<Vec<(f64, f64)>> = runs
                .filter(|run| !run.is_empty())
                .map(<[_]>::to_vec)
                .collect();
            for (i, points) in runs.into_iter().enumerate() {
                let label = if i == 0 {
                    line.label.clone()
                } else {
                    String::new()
                };
                lines.push(Line {
                    label,
                    points,
                    ..line.clone()
                });
            }
        }
        self.lines = lines;
        let mut bands = Vec::new();
        for band in self.bands.drain(..) {
            let runs = band.points.split(|p| !edges(p.0, p.1, p.2));
            let runs: Vec<Vec<(f64, f64, f64)>> = runs
                .filter(|run| !run.is_empty())
                .map(<[_]>::to_vec)
                .collect();
            for (i, points) in runs.into_iter().enumerate() {
                let label = if i == 0 {
                    band.label.clone()
                } else {
                    String::new()
                };
                bands.push(Band {
                    label,
                    points,
                    ..band.clone()
                });
            }
        }
        self.bands = bands;
        for dots in &mut self.dots {
            dots.points.retain(|p| point(p.0, p.1));
        }
        (all - self.n_points(), all)
    }

    /// Drops the points that no axis can show, and says how many they were.
    fn drop_unshown(&mut self) -> Option<String> {
        let fits = |y: f64| {
            let (size, [least, largest]) = (y.abs(), DRAWN);
            size == 0.0 || (least..=largest).contains(&size)
        };
        let steps = matches!(self.x, Axis::Steps);
        let place = |x: f64| x.abs() <= DRAWN[1] && (!steps || x >= 1.0);
        let (lost, all) = self.drop(
            |x, y| place(x) && fits(y),
            |x, low, high| place(x) && fits(low) && fits(high),
        );
        let [least, largest] = DRAWN.map(super::format::float);
        (lost > 0).then(|| {
            format!(
                "{lost} of {all} points are not drawn: their values are not between {least} and {largest} in size"
            )
        })
    }

    /// Drops the points that a logarithmic axis has no place for, and says how many they were. A band whose lower
    /// edge alone has none reaches down to the end of the axis.
    fn drop_not_positive(&mut self) -> Option<String> {
        let (lost, all) = self.drop(|_, y| y > 0.0, |_, _, high| high > 0.0);
        let edges = self.bands.iter().flat_map(|band| &band.points);
        let open = edges.filter(|p| p.1 <= 0.0).count();
        let lost = (lost > 0)
            .then(|| format!("{lost} of {all} points are not drawn: they are not above 0, which this axis cannot show"));
        let open = (open > 0).then(|| {
            "A band that reaches 0 or less is drawn down to the end of the axis".to_owned()
        });
        let said: Vec<String> = lost.into_iter().chain(open).collect();
        (!said.is_empty()).then(|| said.join(". "))
    }
}

/// A text with its hidden characters written out.
fn seen(text: &str) -> String {
    visible(text).into_owned()
}

/// Text between tags and in attributes: hidden characters are written out, and no character acts as markup.
fn escaped(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(seen).collect();
    let mut safe = String::with_capacity(text.len());
    for c in lines.join("\n").chars() {
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&apos;"),
            c => safe.push(c),
        }
    }
    safe
}

/// A length as plotters has it.
fn fine(length: f64) -> i32 {
    (length * FINE).round() as i32
}

/// The width of a text in a wide common font: none is cut off in a narrower one.
fn width(text: &str) -> f64 {
    let letters = text.chars().map(|c| match c {
        'i' | 'j' | 'l' | '\'' | '|' => 0.29,
        ' ' | '.' | ',' | ':' | ';' | 'f' | 't' | 'I' | '!' => 0.37,
        '(' | ')' | 'r' | '-' | '[' | ']' | '/' => 0.41,
        'm' | 'w' | 'M' | 'W' | '%' | '@' | '=' | '+' | '<' | '>' | '~' => 0.9,
        'A'..='Z' => 0.72,
        c if c.is_ascii() => 0.62,
        c if (c as u32) < 0x1100 => 0.75,
        _ => 1.05,
    });
    LETTER * letters.sum::<f64>()
}

/// Lines of text of this width at most; words that are wider are cut.
fn wrapped(text: &str, most: f64) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    let mut row = String::new();
    for word in text.split(' ') {
        let joined = format!("{row} {word}");
        if !row.is_empty() && width(&joined) <= most {
            row = joined;
            continue;
        }
        if !row.is_empty() {
            rows.push(std::mem::take(&mut row));
        }
        for c in word.chars() {
            if !row.is_empty() && width(&row) + width(c.encode_utf8(&mut [0; 4])) > most {
                rows.push(std::mem::take(&mut row));
            }
            row.push(c);
        }
    }
    rows.push(row);
    if rows.len() > MOST_ROWS {
        rows.truncate(MOST_ROWS);
        if let Some(last) = rows.last_mut() {
            while width(last) + width("...") > most && last.pop().is_some() {}
            last.push_str("...");
        }
    }
    rows
}

/// What stands for an entry in the legend.
#[derive(Clone, Copy)]
enum Sample {
    Line(Ink, Stroke),
    Band(Ink, Stroke),
    Dots(Ink, Shape),
}

struct Entry {
    sample: Sample,
    rows: Vec<String>,
    /// Left end and middle of the first row.
    at: (f64, f64),
}

/// A label of a mark.
struct Flag {
    words: String,
    /// Where its line stands, and where the words end.
    x: f64,
    end: f64,
    /// Are the words to the left of the line?
    is_left: bool,
    /// Its row above the field.
    row: usize,
}

/// Where everything is.
struct Layout<'a> {
    panel: &'a Panel,
    title: Vec<String>,
    notes: Vec<String>,
    x: Ruler,
    y: Ruler,
    x_label: String,
    y_label: String,
    flags: Vec<Flag>,
    legend: Vec<Entry>,
    /// The field: left, top, right, bottom.
    field: [f64; 4],
    height: f64,
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

impl<'a> Layout<'a> {
    fn of(panel: &'a Panel, scale: Scale, mut notes: Vec<String>) -> Self {
        let y = Ruler::of_values(&panel.values(false), &panel.values(true), scale);
        let labels = y.ticks.iter().map(|tick| width(&tick.label));
        let left = MARGIN + labels.fold(20.0, f64::max) + 10.0;
        // Half of the last label stands beyond the field.
        let farthest = WIDTH - MARGIN - 14.0;
        let last = Ruler::of_places(panel, farthest - left);
        let last = last.ticks.last().map_or(0.0, |tick| width(&tick.label));
        let right = farthest.min(WIDTH - 4.0 - last / 2.0);
        let x = Ruler::of_places(panel, right - left);
        let at = |mark: &Mark| left + x.place(mark.x) * (right - left);
        let (on, off): (Vec<&Mark>, Vec<&Mark>) = panel
            .marks
            .iter()
            .partition(|mark| (left..=right).contains(&at(mark)));
        if !off.is_empty() {
            let names: Vec<String> = off.iter().map(|mark| seen(&mark.label)).collect();
            notes.push(format!("Not on the axis: {}", names.join("; ")));
        }
        let flags = on.iter().map(|mark| (seen(&mark.label), at(mark)));
        let flags = flags_in_rows(flags.collect());
        let rows = |text: &str| wrapped(&visible(text), WIDTH - 2.0 * MARGIN);
        // Bold letters are wider.
        let title = wrapped(&visible(&panel.title), 0.9 * (WIDTH - 2.0 * MARGIN));
        let notes: Vec<String> = notes.iter().flat_map(|note| rows(note)).collect();
        let above =
            title.len() + notes.len() + 1 + flags.iter().map(|f| f.row + 1).max().unwrap_or(0);
        let top = MARGIN + ROW * above as f64 + 8.0;
        let bottom = top + FIELD;
        let mut layout = Self {
            panel,
            title,
            notes,
            x_label: match panel.x {
                Axis::Steps => "step t (log scale of t + 1)".to_owned(),
                Axis::Linear(words) => words.to_owned(),
            },
            y_label: match scale {
                Scale::Logarithmic => format!("{} (log scale)", panel.y_label),
                _ => panel.y_label.to_owned(),
            },
            x,
            y,
            flags,
            legend: Vec::new(),
            field: [left, top, right, bottom],
            height: 0.0,
        };
        layout.place_legend(bottom + 2.0 * ROW + 14.0);
        layout
    }

    /// The legend, below everything else: in two columns if all labels fit.
    fn place_legend(&mut self, top: f64) {
        let entries = self.entries();
        let column = (WIDTH - 2.0 * MARGIN) / 2.0;
        let before = SAMPLE + AFTER;
        let fit = |(_, label): &(Sample, String)| width(label) <= column - before - AFTER;
        let columns = if entries.iter().all(fit) { 2 } else { 1 };
        let room = WIDTH - 2.0 * MARGIN - before;
        let mut y = top;
        for row in entries.chunks(columns) {
            let mut most = 1;
            for (i, (sample, label)) in row.iter().enumerate() {
                let rows = wrapped(label, room);
                most = most.max(rows.len());
                self.legend.push(Entry {
                    sample: *sample,
                    rows,
                    at: (MARGIN + i as f64 * column, y + ROW / 2.0),
                });
            }
            y += ROW * most as f64;
        }
        self.height = (y + MARGIN).ceil();
    }

    fn entries(&self) -> Vec<(Sample, String)> {
        let lines = self
            .panel
            .lines
            .iter()
            .filter(|line| !line.label.is_empty());
        let lines = lines.map(|line| {
            let mut label = seen(&line.label);
            let mut aside: Vec<String> = line.faint.iter().map(|why| seen(why)).collect();
            let kind =
                |l: &&Line| (l.ink, l.stroke, &l.faint) == (line.ink, line.stroke, &line.faint);
            let mut points = self.panel.lines.iter().filter(kind).flat_map(|l| &l.points);
            if points.any(|p| !self.y.holds(p.1)) {
                aside.push("goes beyond the plot".to_owned());
            }
            if !aside.is_empty() {
                let _ = write!(label, " ({})", aside.join("; "));
            }
            (Sample::Line(line.shown_ink(), line.stroke), label)
        });
        let bands = self
            .panel
            .bands
            .iter()
            .filter(|band| !band.label.is_empty());
        let bands = bands.map(|band| (Sample::Band(band.ink, band.edge), seen(&band.label)));
        let dots = self.panel.dots.iter();
        let dots = dots.filter(|dots| !dots.label.is_empty() && !dots.points.is_empty());
        let dots = dots.map(|dots| (Sample::Dots(dots.ink, dots.shape), seen(&dots.label)));
        lines.chain(bands).chain(dots).collect()
    }

    /// A place of both axes on the sheet, in tenths of a unit.
    fn at(&self, (x, y): (f64, f64)) -> (i32, i32) {
        let [left, top, right, bottom] = self.field;
        let across = left + x.clamp(0.0, 1.0) * (right - left);
        let up = bottom - y.clamp(0.0, 1.0) * (bottom - top);
        (fine(across), fine(up))
    }

    fn draw(&self) -> Result<String, String> {
        let mut svg = String::new();
        {
            let size = (fine(WIDTH) as u32, fine(self.height) as u32);
            let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
            self.draw_axes(&area)?;
            self.draw_data(&area)?;
            self.draw_words(&area)?;
            area.present().map_err(|e| e.to_string())?;
        }
        let mut body = tidied(&svg);
        body.push_str(&self.hits());
        Ok(body)
    }

    fn draw_axes(&self, area: &Area<'_>) -> Result<(), String> {
        let [left, top, right, bottom] = self.field;
        let pale = |width: u32| Ink::Grid.colour().stroke_width(width);
        for (ticks, strength) in [(self.x.minor.as_slice(), 4), (&self.x.places(), 8)] {
            for &place in ticks {
                let ends = [self.at((place, 0.0)), self.at((place, 1.0))];
                path(area, ends, pale(strength))?;
            }
        }
        for (ticks, strength) in [(self.y.minor.as_slice(), 4), (&self.y.places(), 8)] {
            for &place in ticks {
                let ends = [self.at((0.0, place)), self.at((1.0, place))];
                path(area, ends, pale(strength))?;
            }
        }
        let dark = Ink::Text.colour().stroke_width(9);
        let corners = [(left, top), (left, bottom), (right, bottom)];
        path(area, corners.map(|(x, y)| (fine(x), fine(y))), dark)?;
        for (tick, place) in self.x.ticks.iter().zip(self.x.places()) {
            let (x, y) = self.at((place, 0.0));
            path(area, [(x, y), (x, y + 50)], dark)?;
            let under = (f64::from(x) / FINE, bottom + 6.0 + ROW / 2.0);
            words(area, &tick.label, under, Ink::Text, HPos::Center, false)?;
        }
        for (tick, place) in self.y.ticks.iter().zip(self.y.places()) {
            let (x, y) = self.at((0.0, place));
            path(area, [(x - 50, y), (x, y)], dark)?;
            let beside = (left - 8.0, f64::from(y) / FINE);
            words(area, &tick.label, beside, Ink::Text, HPos::Right, false)?;
        }
        let middle = ((left + right) / 2.0, bottom + 6.0 + 1.5 * ROW);
        words(area, &self.x_label, middle, Ink::Text, HPos::Center, false)?;
        for flag in &self.flags {
            let above = top - 4.0 - ROW * flag.row as f64;
            let line = Ink::Text.colour().stroke_width(Stroke::Dotted.width(THIN));
            path(
                area,
                [(flag.x, bottom), (flag.x, above)].map(|(x, y)| (fine(x), fine(y))),
                line,
            )?;
        }
        Ok(())
    }

    fn draw_data(&self, area: &Area<'_>) -> Result<(), String> {
        for band in &self.panel.bands {
            let place = |x: f64, y: f64| self.at((self.x.place(x), self.y.place(y)));
            let upper: Vec<(i32, i32)> = band.points.iter().map(|p| place(p.0, p.2)).collect();
            let lower: Vec<(i32, i32)> = band.points.iter().map(|p| place(p.0, p.1)).collect();
            let mut outline = without_repeats(upper.clone());
            outline.extend(without_repeats(lower.clone()).into_iter().rev());
            let colour = band.ink.colour();
            let polygon = Polygon::new(outline, colour.mix(0.2).filled());
            area.draw(&polygon).map_err(|e| e.to_string())?;
            let edge = colour.mix(0.7).stroke_width(band.edge.width(THIN));
            if band.points.len() == 1 {
                path(area, [upper[0], lower[0]], edge)?;
            }
            for side in [upper, lower] {
                path(area, without_repeats(side), edge)?;
            }
        }
        for line in &self.panel.lines {
            let ink = line.shown_ink().colour();
            let places = line
                .points
                .iter()
                .map(|p| (self.x.place(p.0), self.y.place(p.1)));
            for piece in cut(&places.collect::<Vec<_>>()) {
                let piece = without_repeats(piece.into_iter().map(|p| self.at(p)).collect());
                if let [only] = piece[..] {
                    area.draw(&Circle::new(only, 25, ink.filled()))
                        .map_err(|e| e.to_string())?;
                    continue;
                }
                path(area, piece, ink.stroke_width(line.stroke.width(THICK)))?;
            }
        }
        for dots in &self.panel.dots {
            for p in &dots.points {
                let at = self.at((self.x.place(p.0), self.y.place(p.1)));
                dot(area, at, dots.ink, dots.shape)?;
            }
        }
        Ok(())
    }

    fn draw_words(&self, area: &Area<'_>) -> Result<(), String> {
        let mut y = MARGIN + ROW / 2.0;
        for (rows, bold) in [(&self.title, true), (&self.notes, false)] {
            for row in rows {
                words(area, row, (MARGIN, y), Ink::Text, HPos::Left, bold)?;
                y += ROW;
            }
        }
        words(
            area,
            &self.y_label,
            (MARGIN, y),
            Ink::Text,
            HPos::Left,
            false,
        )?;
        for flag in &self.flags {
            let middle = self.field[1] - 4.0 - ROW * (flag.row as f64 + 0.5);
            let (x, side) = if flag.is_left {
                (flag.end, HPos::Right)
            } else {
                (flag.end - width(&flag.words), HPos::Left)
            };
            words(area, &flag.words, (x, middle), Ink::Text, side, false)?;
        }
        for entry in &self.legend {
            let (x, y) = entry.at;
            let [left, middle, right] = [x, x + SAMPLE / 2.0, x + SAMPLE].map(fine);
            match entry.sample {
                Sample::Line(ink, stroke) => {
                    let style = ink.colour().stroke_width(stroke.width(THICK));
                    path(area, [(left, fine(y)), (right, fine(y))], style)?;
                }
                Sample::Band(ink, edge) => {
                    let [top, bottom] = [y - 7.0, y + 7.0].map(fine);
                    let fill = ink.colour().mix(0.2).filled();
                    area.draw(&Rectangle::new([(left, top), (right, bottom)], fill))
                        .map_err(|e| e.to_string())?;
                    let style = ink.colour().mix(0.7).stroke_width(edge.width(THIN));
                    for side in [top, bottom] {
                        path(area, [(left, side), (right, side)], style)?;
                    }
                }
                Sample::Dots(ink, shape) => dot(area, (middle, fine(y)), ink, shape)?,
            }
            for (i, row) in entry.rows.iter().enumerate() {
                let at = (x + SAMPLE + AFTER, y + ROW * i as f64);
                words(area, row, at, Ink::Text, HPos::Left, false)?;
            }
        }
        Ok(())
    }

    /// The parts of the field that show values: each reaches half way to its neighbours.
    fn hits(&self) -> String {
        let mut places: Vec<(i32, Vec<&str>)> = Vec::new();
        let mut hover: Vec<(f64, &str)> = self
            .panel
            .hover
            .iter()
            .map(|hover| (self.x.place(hover.x), hover.text.as_str()))
            .filter(|(place, _)| (0.0..=1.0).contains(place))
            .collect();
        hover.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (place, text) in hover {
            let x = self.at((place, 0.0)).0;
            match places.last_mut() {
                Some((last, texts)) if *last == x => texts.push(text),
                _ => places.push((x, vec![text])),
            }
        }
        let [left, top, right, bottom] = self.field.map(fine);
        let mut svg = String::new();
        let muted = Ink::Muted.attribute();
        for (i, (x, texts)) in places.iter().enumerate() {
            let half = |other: Option<&(i32, Vec<&str>)>, end: i32| match other {
                Some((other, _)) => (x + other) / 2,
                None => end,
            };
            let from = half(i.checked_sub(1).and_then(|i| places.get(i)), left);
            let to = half(places.get(i + 1), right);
            // Writing to a string does not fail.
            let _ = writeln!(
                svg,
                "<g class=\"hit\"><rect x=\"{from}\" y=\"{top}\" width=\"{}\" height=\"{}\" fill=\"none\" \
                 pointer-events=\"all\"/><line x1=\"{x}\" y1=\"{top}\" x2=\"{x}\" y2=\"{bottom}\" \
                 stroke=\"{muted}\" stroke-width=\"10\" opacity=\"0\"/><title>{}</title></g>",
                to - from,
                bottom - top,
                escaped(&texts.join("\n"))
            );
        }
        svg
    }
}

/// Rows for the labels of marks, the lowest first. All labels stand on one side of their lines if there is room,
/// else on the sides of the widest gap; a label goes above all those that it reaches, so that no line of another
/// mark is in its way.
fn flags_in_rows(mut marks: Vec<(String, f64)>) -> Vec<Flag> {
    marks.sort_by(|a, b| a.1.total_cmp(&b.1));
    let fits_right = |(words, x): &(String, f64)| x + width(words) <= WIDTH - 4.0;
    let fits_left = |(words, x): &(String, f64)| x - width(words) >= 4.0;
    let gap = |i: usize| marks[i].1 - marks[i - 1].1;
    let first_left = if marks.iter().all(fits_right) {
        marks.len()
    } else if marks.iter().all(fits_left) {
        0
    } else {
        let widest = (1..marks.len()).max_by(|&a, &b| gap(a).total_cmp(&gap(b)));
        widest.unwrap_or(0)
    };
    let lefts = marks.split_off(first_left);
    let rights = marks.into_iter().rev().map(|mark| (mark, false));
    let mut flags: Vec<Flag> = Vec::new();
    for ((words, x), is_left) in rights.chain(lefts.into_iter().map(|mark| (mark, true))) {
        let long = width(&words);
        let end = if is_left { x + 4.0 } else { x - 4.0 + long };
        let end = end.max(4.0 + long).min(WIDTH - 4.0);
        let overlaps =
            |flag: &&Flag| end - long < flag.end + 8.0 && flag.end - width(&flag.words) < end + 8.0;
        let row = flags.iter().filter(overlaps).map(|flag| flag.row + 1).max();
        flags.push(Flag {
            words,
            x,
            end,
            is_left,
            row: row.unwrap_or(0),
        });
    }
    flags
}

fn path(
    area: &Area<'_>,
    points: impl Into<Vec<(i32, i32)>>,
    style: ShapeStyle,
) -> Result<(), String> {
    area.draw(&PathElement::new(points, style))
        .map_err(|e| e.to_string())
}

fn words(
    area: &Area<'_>,
    text: &str,
    (x, y): (f64, f64),
    ink: Ink,
    side: HPos,
    bold: bool,
) -> Result<(), String> {
    let weight = if bold {
        FontStyle::Bold
    } else {
        FontStyle::Normal
    };
    let colour = ink.colour();
    let style = ("sans-serif", fine(LETTER), weight)
        .into_text_style(area)
        .color(&colour)
        .pos(Pos::new(side, VPos::Center));
    area.draw_text(text, &style, (fine(x), fine(y)))
        .map_err(|e| e.to_string())
}

fn dot(area: &Area<'_>, (x, y): (i32, i32), ink: Ink, shape: Shape) -> Result<(), String> {
    let (colour, size) = (ink.colour(), 45);
    let line = colour.stroke_width(16);
    match shape {
        Shape::Circle => {
            let disc = Circle::new((x, y), size, colour.mix(0.75).filled());
            area.draw(&disc).map_err(|e| e.to_string())
        }
        Shape::Triangle => {
            let corners = vec![(x, y - 55), (x - 50, y + 35), (x + 50, y + 35)];
            let triangle = Polygon::new(corners, colour.mix(0.75).filled());
            area.draw(&triangle).map_err(|e| e.to_string())
        }
        Shape::Cross => {
            let size = size - 5;
            path(area, [(x - size, y - size), (x + size, y + size)], line)?;
            path(area, [(x - size, y + size), (x + size, y - size)], line)
        }
        Shape::Square => {
            let size = size - 5;
            let corners = [(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)];
            path(
                area,
                corners.map(|(a, b)| (x + a * size, y + b * size)),
                line,
            )
        }
    }
}

/// Points at the same place one after another are one point.
fn without_repeats(mut points: Vec<(i32, i32)>) -> Vec<(i32, i32)> {
    points.dedup();
    points
}

/// What plotters wrote, without its outer tags, which have no words for those who cannot see the picture; with
/// dashes, and without what the outer tag says for all.
fn tidied(svg: &str) -> String {
    let inner = svg.split_once('\n').map_or("", |(_, rest)| rest);
    let inner = inner.trim_end().trim_end_matches("</svg>");
    // plotters takes a size for the height of a line of text.
    let size = format!(" font-size=\"{}\"", f64::from(fine(LETTER)) / 1.24);
    let mut svg = ink::dashes(inner, &[THICK, THIN]);
    for said in [r#" opacity="1""#, r#" font-family="sans-serif""#, &size] {
        svg = svg.replace(said, "");
    }
    svg.replace(" \"/>", "\"/>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(label: &str, points: &[(f64, f64)]) -> Line {
        Line::new(label, Ink::Winner, Stroke::Solid, points.to_vec())
    }

    fn panel(lines: Vec<Line>) -> Panel {
        Panel {
            name: "a.svg",
            caption: "What it shows.".into(),
            title: "a title".to_owned(),
            y_label: "value",
            lines,
            ..Panel::default()
        }
    }

    fn drawn(panel: &Panel, scale: Scale) -> Drawn {
        draw(panel, scale).expect("a chart")
    }

    /// The words of a chart, in order.
    fn words_of(svg: &str) -> Vec<String> {
        let texts = svg.split("<text").skip(1);
        let inner = texts.filter_map(|t| t.split_once('>')?.1.split_once("</text>"));
        inner.map(|(words, _)| words.trim().to_owned()).collect()
    }

    /// Numbers of an attribute of a kind of element, in order.
    fn numbers(svg: &str, element: &str, attribute: &str) -> Vec<i32> {
        let all = svg.split(element).skip(1);
        let value = all.filter_map(|rest| {
            let own = rest.split_once('>')?.0;
            let value = own.split_once(&format!(" {attribute}=\""))?.1;
            value.split_once('"')?.0.parse().ok()
        });
        value.collect()
    }

    #[test]
    fn names_are_shown_and_never_act() {
        let name = "<b>\"&'\u{202e}stroke-width=\"21\"";
        let shown = "&lt;b&gt;&quot;&amp;&apos;\\u{202e}stroke-width=&quot;21&quot;";
        let mut chart = panel(vec![line(name, &[(1.0, 1.0), (5.0, 2.0)])]);
        chart.title = name.to_owned();
        chart.marks.push(Mark {
            x: 3.0,
            label: name.to_owned(),
        });
        chart.hover.push(Hover {
            x: 3.0,
            text: format!("{name}\nsecond"),
        });
        let drawn = drawn(&chart, Scale::Automatic);
        for svg in [drawn.inline("p\""), drawn.file()] {
            assert!(!svg.contains("<b>") && !svg.contains('\u{202e}'), "{svg}");
            // The title twice, the legend, the mark, the tooltip.
            assert_eq!(svg.matches(shown).count(), 5, "{svg}");
            assert!(svg.contains(&format!("{shown}\nsecond</title>")));
            assert!(svg.ends_with("</svg>\n") && svg.matches("<svg").count() == 1);
        }
        assert!(
            drawn
                .inline("p\"")
                .contains("aria-labelledby=\"p&quot;-title p&quot;-desc\"")
        );
    }

    #[test]
    fn a_page_has_no_sizes_and_a_file_has_its_own_style() {
        let chart = drawn(
            &panel(vec![line("a", &[(1.0, 1.0), (5.0, 2.0)])]),
            Scale::Linear,
        );
        let (inline, file) = (chart.inline("one"), chart.file());
        let head = |svg: &str| svg.split_once('>').expect("a tag").0.to_owned();
        assert!(!head(&inline).contains(" width=") && head(&file).contains(" width=\"560\""));
        assert!(!inline.contains("<style") && file.contains("prefers-color-scheme"));
        assert!(inline.contains("<title id=\"one-title\">a title</title>"));
        assert!(inline.contains("<desc id=\"one-desc\">What it shows.</desc>"));
    }

    #[test]
    fn all_labels_are_in_the_legend() {
        let labels = [
            "one",
            "two, which is longer than half of the chart is wide",
            "three",
        ];
        let mut chart = panel(Vec::new());
        for label in labels {
            chart.lines.push(Line {
                stroke: Stroke::Dashed,
                ..line(label, &[(1.0, 1.0), (9.0, 2.0)])
            });
        }
        chart.lines[2].faint = Some("says nothing".to_owned());
        chart.bands.push(Band {
            label: "a band".to_owned(),
            ink: Ink::Loser,
            edge: Stroke::Dotted,
            points: vec![(1.0, 0.5, 1.0), (9.0, 1.0, 2.0)],
        });
        for shape in [Shape::Circle, Shape::Triangle, Shape::Cross, Shape::Square] {
            chart.dots.push(Dots {
                label: format!("{shape:?}"),
                ink: Ink::Neutral,
                shape,
                points: vec![(2.0, 1.0)],
            });
        }
        let svg = drawn(&chart, Scale::Linear).file();
        let words = words_of(&svg);
        let expected = [
            "three (says nothing)",
            "a band",
            "Circle",
            "Triangle",
            "Cross",
            "Square",
        ];
        for label in labels[..2].iter().chain(&expected) {
            assert!(words.iter().any(|word| word == label), "{label}: {words:?}");
        }
        assert!(svg.contains("stroke-width=\"20\" stroke-dasharray"));
        assert!(svg.contains(&Ink::Muted.attribute()));
        // Everything is within the picture.
        let height: i32 = numbers(&svg, "<svg", "height")[0];
        assert!(numbers(&svg, "<text", "y").iter().all(|&y| y < 10 * height));
    }

    #[test]
    fn long_words_are_cut_into_lines_that_fit() {
        for text in ["a ".repeat(30), "W".repeat(70), "short".to_owned()] {
            let rows = wrapped(text.trim(), 300.0);
            assert!(rows.iter().all(|row| width(row) <= 300.0), "{rows:?}");
            assert_eq!(rows.join("").replace(' ', ""), text.replace(' ', ""));
        }
        let cut = wrapped(&"W".repeat(1000), 300.0);
        assert!(cut.len() == MOST_ROWS && cut.iter().all(|row| width(row) <= 300.0));
        assert!(cut[MOST_ROWS - 1].ends_with("W..."));
        assert_eq!(wrapped("", 300.0), [""]);
    }

    #[test]
    fn a_logarithmic_axis_says_what_it_leaves_out() {
        let mut chart = panel(vec![line(
            "a",
            &[
                (1.0, 1.0),
                (2.0, 0.0),
                (3.0, -1.0),
                (4.0, 5.0),
                (5.0, 700.0),
            ],
        )]);
        assert_eq!(chart.automatic(), Scale::Linear);
        let said = "2 of 5 points are not drawn: they are not above 0";
        let logarithmic = drawn(&chart, Scale::Logarithmic);
        let unshown = logarithmic.unshown.as_deref().expect("a note");
        assert!(unshown.starts_with(said), "{unshown}");
        let words = words_of(&logarithmic.file());
        assert!(words.join(" ").contains(said), "{words:?}");
        assert!(words.contains(&"value (log scale)".to_owned()));
        // A line is cut where a point is missing: a dot, and a line of two points.
        assert_eq!(logarithmic.file().matches("<circle").count(), 1);
        assert_eq!(drawn(&chart, Scale::Linear).unshown, None);

        chart.lines[0].points.retain(|p| p.1 > 0.0);
        assert_eq!(chart.automatic(), Scale::Logarithmic);
        assert_eq!(drawn(&chart, Scale::Automatic).scale, Scale::Logarithmic);
        chart.lines[0].points[0].1 = 1e-301;
        let unshown = drawn(&chart, Scale::Automatic).unshown.expect("a note");
        assert!(unshown.starts_with("1 of 3 points are not drawn: their values"));
    }

    #[test]
    fn faint_lines_do_not_press_the_others_together() {
        let mut chart = panel(vec![
            line("a", &[(1.0, 1.0), (9.0, 2.0)]),
            line("bound", &[(1.0, 1.0), (9.0, 1e9)]),
        ]);
        chart.lines[1].faint = Some("loose".to_owned());
        let words = words_of(&drawn(&chart, Scale::Linear).file());
        let ticks: Vec<f64> = words.iter().filter_map(|w| w.parse().ok()).collect();
        assert!(ticks.iter().all(|&tick| tick < 10.0), "{words:?}");
        assert!(
            words.contains(&"bound (loose; goes beyond the plot)".to_owned()),
            "{words:?}"
        );
    }

    #[test]
    fn labels_of_marks_are_apart() {
        let marks = [20.0, 300.0, 310.0, 340.0, 520.0, 545.0];
        for n in 1..=marks.len() {
            let flags = flags_in_rows(
                marks[..n]
                    .iter()
                    .map(|&x| (format!("T_{n} = 1,475"), x))
                    .collect(),
            );
            let from = |flag: &Flag| flag.end - width(&flag.words);
            for (i, a) in flags.iter().enumerate() {
                assert!(from(a) >= 0.0 && a.end <= WIDTH);
                for b in &flags[..i] {
                    let touch = from(a) < b.end && from(b) < a.end;
                    assert!(!touch || a.row != b.row, "{} {}", a.x, b.x);
                }
            }
        }
    }

    #[test]
    fn charts_of_any_data_can_be_drawn() {
        for points in [
            &[][..],
            &[(1.0, 0.0)],
            &[(1.0, 1.0), (1.0, 1.0)],
            &[
                (1.0, f64::NAN),
                (f64::INFINITY, 1.0),
                (f64::MAX, 1.0),
                (0.0, 1.0),
            ],
            &[(1.0, 1e300), (2.0, -1e300)],
            &[(1.0, 1e-300), (1e18, 1e300)],
            &[(1.0, -3.0), (2.0, -3.0)],
        ] {
            for scale in [Scale::Automatic, Scale::Linear, Scale::Logarithmic] {
                for x in [Axis::Steps, Axis::Linear("x")] {
                    let chart = Panel {
                        x,
                        ..panel(vec![line("a", points)])
                    };
                    let svg = drawn(&chart, scale).file();
                    assert!(
                        !svg.contains("NaN") && !svg.contains("inf"),
                        "{points:?} {svg}"
                    );
                }
            }
        }
        assert!(!panel(Vec::new()).has_data());
    }

    proptest! {
        /// The parts that show values cover the axis, without a gap and without an overlap.
        #[test]
        fn hover_covers_the_axis(steps in prop::collection::vec(0u64..100_000, 1..60)) {
            let last = steps.iter().copied().max().unwrap_or(0) + 1;
            let mut chart = panel(vec![line("a", &[(1.0, 1.0), (steps_axis(last), 2.0)])]);
            chart.hover = steps
                .iter()
                .map(|&t| Hover { x: steps_axis(t), text: format!("[{t}]") })
                .collect();
            let layout = Layout::of(&chart, Scale::Linear, Vec::new());
            let svg = layout.hits();
            let (from, wide) = (numbers(&svg, "<rect", "x"), numbers(&svg, "<rect", "width"));
            let [left, _, right, _] = layout.field.map(fine);
            let mut at = left;
            for (from, wide) in from.iter().zip(&wide) {
                prop_assert_eq!(*from, at);
                prop_assert!(*wide > 0);
                at += wide;
            }
            prop_assert_eq!(at, right);
            for t in steps {
                let said = format!("[{t}]");
                prop_assert!(svg.contains(&said));
            }
        }

        #[test]
        fn axes_of_values_hold_them(low in -1e3..1e3f64, span in prop_oneof![Just(0.0), 1e-9..1e3f64]) {
            let ruler = Ruler::of_values(&[low, low + span], &[], Scale::Linear);
            prop_assert!(ruler.holds(low) && ruler.holds(low + span));
            prop_assert!((2..=8).contains(&ruler.ticks.len()), "{:?}", ruler.ticks);
            if low > 0.0 {
                let ruler = Ruler::of_values(&[low, low + span], &[], Scale::Logarithmic);
                prop_assert!(ruler.holds(low) && ruler.holds(low + span));
                prop_assert!((2..=8).contains(&ruler.ticks.len()), "{:?}", ruler.ticks);
            }
        }
    }
}
