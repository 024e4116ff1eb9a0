//! A record of measurements as text and pictures.

use plotters::prelude::*;
use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// One run of all measurements on one machine.
#[derive(Debug, Serialize, Deserialize)]
pub struct Record {
    pub commit: String,
    pub processor: String,
    pub cores: usize,
    pub figures: Vec<Figure>,
    pub floors: Vec<Floor>,
    pub growth: Vec<Growth>,
}

/// A command against a baseline, or against a time.
#[derive(Debug, Serialize, Deserialize)]
pub struct Figure {
    pub name: String,
    pub command: String,
    /// Median seconds, wall-clock or of all processors as `clock` says.
    pub seconds: f64,
    pub clock: String,
    pub baseline: Option<Baseline>,
    pub wanted: Wanted,
}

/// What a command is measured against, in turns with it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Baseline {
    pub command: String,
    pub seconds: f64,
}

/// What a figure has to be.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// So many times as fast as the baseline.
    Times(f64),
    /// At most so many seconds.
    Seconds(f64),
    /// At most so many seconds more than the baseline.
    More(f64),
}

/// A command beside what it is up against.
#[derive(Debug, Serialize, Deserialize)]
pub struct Floor {
    pub command: String,
    /// Median seconds, wall-clock.
    pub seconds: f64,
    /// What else was timed in turns with it.
    pub alone: String,
    /// Median seconds of that.
    pub floor: f64,
}

/// How the time of one engine grows.
#[derive(Debug, Serialize, Deserialize)]
pub struct Growth {
    /// Names the picture's file.
    pub id: String,
    pub title: String,
    pub against: String,
    pub lines: Vec<Line>,
}

/// Whole processes: what grows, and seconds.
#[derive(Debug, Serialize, Deserialize)]
pub struct Line {
    pub name: String,
    pub points: Vec<(f64, f64)>,
}

impl Figure {
    /// How many times as fast as the baseline.
    pub fn ratio(&self) -> Option<f64> {
        Some(self.baseline.as_ref()?.seconds / self.seconds)
    }

    /// Is it what it has to be?
    pub fn holds(&self) -> bool {
        match self.wanted {
            Wanted::Times(times) => self.ratio().is_some_and(|ratio| ratio >= times),
            Wanted::Seconds(seconds) => self.seconds <= seconds,
            Wanted::More(seconds) => {
                let baseline = self.baseline.as_ref();
                baseline.is_some_and(|baseline| self.seconds - baseline.seconds <= seconds)
            }
        }
    }
}

/// Seconds with three digits, as far as the clock goes: to a millisecond.
fn seconds(x: f64) -> String {
    let digits = (2 - x.max(1e-3).log10().floor() as i32).clamp(0, 3) as usize;
    format!("{x:.digits$} s")
}

/// Milliseconds with three digits: of a time that no process was started for.
fn brief(x: f64) -> String {
    let digits = (2 - (x * 1e3).log10().floor() as i32).clamp(0, 6) as usize;
    format!("{:.digits$} ms", x * 1e3)
}

/// A quotient of times with as many digits as a clock of milliseconds gives.
fn quotient(ratio: f64, least: f64) -> String {
    let digits = if least < 0.1 { 0 } else { 2 };
    format!("{ratio:.digits$}")
}

/// The figures and their growth as Markdown.
pub fn markdown(record: &Record) -> String {
    let mut text = format!(
        "Measured at commit {} on {} ({} cores).\n\n\
         | | command | time | baseline in the same run | its time | ratio | wanted |\n\
         |---|---|---|---|---|---|---|\n",
        record.commit, record.processor, record.cores
    );
    for f in &record.figures {
        let (baseline, time) = match &f.baseline {
            Some(b) => (format!("`{}`", b.command), seconds(b.seconds)),
            None => Default::default(),
        };
        let least = f
            .baseline
            .as_ref()
            .map_or(f.seconds, |b| b.seconds.min(f.seconds));
        let ratio = f.ratio().map_or(String::new(), |r| quotient(r, least));
        let wanted = match f.wanted {
            Wanted::Times(times) => format!("{} times", (times * 100.0).round() / 100.0),
            Wanted::Seconds(limit) => format!("{limit} s"),
            Wanted::More(limit) => format!("{limit} s more"),
        };
        let verdict = if f.holds() { "" } else { ": missed" };
        let _ = writeln!(
            text,
            "| {} | `{}` | {} {} | {baseline} | {time} | {ratio} | {wanted}{verdict} |",
            f.name,
            f.command,
            seconds(f.seconds),
            f.clock
        );
    }
    text.push_str(
        "\n| command | time | what it is up against, by itself | its time | ratio |\n\
         |---|---|---|---|---|\n",
    );
    for f in &record.floors {
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} | {:.1} |",
            f.command,
            seconds(f.seconds),
            f.alone,
            brief(f.floor),
            f.seconds / f.floor
        );
    }
    for growth in &record.growth {
        let _ = write!(
            text,
            "\n![{}](performance/{}.svg)\n\n| {} |",
            growth.title, growth.id, growth.against
        );
        let points = growth.lines.iter().map(|line| line.points.len()).max();
        let xs = growth.lines.iter().max_by_key(|line| line.points.len());
        let xs = xs.map_or(&[][..], |line| &line.points);
        for (x, _) in xs {
            let _ = write!(text, " {x} |");
        }
        text.push_str(&format!("\n|{}\n", "---|".repeat(points.unwrap_or(0) + 1)));
        for line in &growth.lines {
            let _ = write!(text, "| {} |", line.name);
            for (_, y) in &line.points {
                let _ = write!(text, " {} |", seconds(*y));
            }
            text.push('\n');
        }
    }
    text
}

/// What stands at a place of a logarithmic axis: 1, 2 and 5 times powers of 10, and nothing elsewhere.
fn tick(x: f64) -> String {
    let exponent = (x.log10() + 1e-9).floor();
    let first = x / 10f64.powf(exponent);
    if ![1.0, 2.0, 5.0].iter().any(|d| (first - d).abs() < 1e-6) {
        return String::new();
    }
    let digits = (-exponent).max(0.0) as usize;
    format!("{x:.digits$}")
}

/// One picture, both axes logarithmic.
///
/// # Errors
/// What the plotting library says.
pub fn picture(growth: &Growth) -> Result<String, String> {
    let mut svg = String::new();
    {
        let points = || growth.lines.iter().flat_map(|line| &line.points);
        let range = |of: &dyn Fn(&(f64, f64)) -> f64| {
            let least = points().map(of).fold(f64::INFINITY, f64::min);
            let most = points().map(of).fold(0.0, f64::max);
            least * 0.8..most * 1.25
        };
        let area = SVGBackend::with_string(&mut svg, (560, 340)).into_drawing_area();
        let told = |error: &dyn std::fmt::Display| error.to_string();
        area.fill(&WHITE).map_err(|e| told(&e))?;
        let mut chart = ChartBuilder::on(&area)
            .caption(&growth.title, ("sans-serif", 16))
            .margin(12)
            .x_label_area_size(38)
            .y_label_area_size(58)
            .build_cartesian_2d(range(&|p| p.0).log_scale(), range(&|p| p.1).log_scale())
            .map_err(|e| told(&e))?;
        chart
            .configure_mesh()
            .x_desc(&growth.against)
            .y_desc("seconds, whole process")
            .light_line_style(TRANSPARENT)
            .bold_line_style(BLACK.mix(0.12))
            .x_label_formatter(&|x| tick(*x))
            .y_label_formatter(&|y| tick(*y))
            .draw()
            .map_err(|e| told(&e))?;
        let colours = [
            RGBColor(31, 119, 180),
            RGBColor(214, 39, 40),
            RGBColor(44, 160, 44),
        ];
        for (line, colour) in growth.lines.iter().zip(colours) {
            let style = colour.stroke_width(2);
            chart
                .draw_series(LineSeries::new(line.points.iter().copied(), style))
                .map_err(|e| told(&e))?
                .label(&line.name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
            let dots = line
                .points
                .iter()
                .map(|p| Circle::new(*p, 3, colour.filled()));
            chart.draw_series(dots).map_err(|e| told(&e))?;
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .background_style(WHITE.mix(0.8))
            .draw()
            .map_err(|e| told(&e))?;
        area.present().map_err(|e| told(&e))?;
    }
    Ok(svg)
}
