//! The picture of the README: the built-in problem, theory beside what it speaks of. Norms are those of the expected
//! dynamics, as T2's bounds are; P(accuracy = 1) is that of SGD, as T5's bound is.
//!
//! It is drawn from `report.json`, and from T5's bound by thresholds at the steps of the dots.

use filtercert::problem::Builtin;
use filtercert::report::format::count;
use filtercert::theory::perfect_accuracy::thresholds_at;
use num_traits::ToPrimitive;
use serde_json::Value;
use std::fmt::Write;

/// The command that writes the report.
pub const COMMAND: &str = "filtercert report --builtin default -o report";
/// The report that it writes.
pub const REPORT: &str = "report/report.json";
/// The picture.
pub const FILE: &str = "docs/balanced.svg";

/// The steps at which T5's bound is drawn.
const STEPS: [u64; 9] = [1500, 1750, 2000, 2500, 3000, 4000, 5000, 7000, 10_000];

const BLUE: &str = "#005aa0";
const ORANGE: &str = "#c85a00";
const DARK: &str = "#222222";

/// One of the two panels: from step 10 to 10,000 on a logarithmic axis.
struct Panel {
    /// Where its left edge is.
    left: f64,
    /// The values at the bottom and at the top.
    range: [f64; 2],
    /// Is the vertical axis logarithmic too?
    is_log: bool,
}

const WIDTH: f64 = 350.0;
const TOP: f64 = 44.0;
const HEIGHT: f64 = 216.0;

impl Panel {
    fn x(&self, t: f64) -> f64 {
        self.left + WIDTH * (t.log10() - 1.0) / 3.0
    }

    fn y(&self, value: f64) -> f64 {
        let scale = |v: f64| if self.is_log { v.log10() } else { v };
        let [low, high] = self.range.map(scale);
        TOP + HEIGHT * (high - scale(value)) / (high - low)
    }

    /// Points within the range, as a path has them.
    fn path(&self, points: &[(f64, f64)]) -> String {
        let inside = |&&(t, v): &&(f64, f64)| t >= 10.0 && v >= self.range[0];
        let points = points.iter().filter(inside);
        let points = points.map(|&(t, v)| format!("{:.1},{:.1}", self.x(t), self.y(v)));
        points.collect::<Vec<_>>().join(" ")
    }

    fn line(&self, svg: &mut String, points: &[(f64, f64)], colour: &str, more: &str) {
        let path = self.path(points);
        writeln!(
            svg,
            r#"<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{more}/>"#
        )
        .unwrap();
    }

    /// The frame, the ticks, the title and the name of the horizontal axis.
    fn frame(&self, svg: &mut String, title: &str, ticks: &[(f64, &str)]) {
        let Panel { left, .. } = *self;
        let right = left + WIDTH;
        let bottom = TOP + HEIGHT;
        text(
            svg,
            left,
            18.0,
            "start",
            &format!(r#"font-weight="bold">{title}"#),
        );
        for &(value, label) in ticks {
            let y = self.y(value);
            writeln!(
                svg,
                r##"<path d="M{left:.1} {y:.1}H{right:.1}" stroke="#dddddd"/>"##
            )
            .unwrap();
            text(svg, left - 6.0, y + 4.0, "end", &format!(">{label}"));
        }
        for (t, label) in [
            (10.0, "10"),
            (100.0, "100"),
            (1000.0, "1,000"),
            (10_000.0, "10,000"),
        ] {
            let x = self.x(t);
            writeln!(
                svg,
                r##"<path d="M{x:.1} {TOP}V{bottom}" stroke="#dddddd"/>"##
            )
            .unwrap();
            text(svg, x, bottom + 16.0, "middle", &format!(">{label}"));
        }
        text(svg, left + WIDTH / 2.0, bottom + 34.0, "middle", ">step");
    }
}

fn text(svg: &mut String, x: f64, y: f64, anchor: &str, rest: &str) {
    let rest = match rest.starts_with('>') {
        true => rest.to_owned(),
        false => format!(" {rest}"),
    };
    writeln!(
        svg,
        r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}"{rest}</text>"#
    )
    .unwrap();
}

/// Points of a series: the step, and the number that is found there.
fn series(report: &Value, name: &str, value: impl Fn(&Value) -> Option<f64>) -> Vec<(f64, f64)> {
    let points = report["series"][name].as_array().unwrap().iter();
    let points = points.filter_map(|point| Some((point["t"].as_f64()?, value(point)?)));
    points.collect()
}

/// T2's line of a quantity.
fn of_t2(report: &Value, quantity: &str) -> Vec<(f64, f64)> {
    let mut curves = report["series"]["curves"].as_array().unwrap().iter();
    let own = curves.find(|curve| curve["theorem"] == "T2" && curve["quantity"] == quantity);
    let points = own.unwrap()["points"].as_array().unwrap().iter();
    let root = |point: &Value| {
        let square = point["bound"]["square"].as_str()?;
        let square = filtercert::number::parse_rational(square).ok()?;
        Some((point["t"].as_f64()?, square.to_f64()?.sqrt()))
    };
    points.filter_map(root).collect()
}

/// The root of an exact number.
fn root<'n>(name: &'n str) -> impl Fn(&Value) -> Option<f64> + 'n {
    move |point| {
        let square = filtercert::number::parse_rational(point[name].as_str()?).ok()?;
        Some(square.to_f64()?.sqrt())
    }
}

/// T5's bound by thresholds of the built-in problem, at the steps where it says something.
pub fn certified() -> Vec<(f64, f64)> {
    let problem = Builtin::Default.read().unwrap().problem;
    let bounds = STEPS.iter().filter_map(|&t| {
        let missed = thresholds_at(&problem, t)?;
        Some((t as f64, 1.0 - missed.failure.to_f64()?))
    });
    bounds.filter(|&(_, p)| p > 0.0).collect()
}

/// The picture, given the text of `report.json` and the bounds of T5.
pub fn draw(report: &str, certified: &[(f64, f64)]) -> String {
    let report: Value = serde_json::from_str(report).unwrap();
    let mut svg = String::from(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="860" height="380" viewBox="0 0 860 380" font-family="sans-serif" font-size="12" fill="#222222">
<rect width="860" height="380" fill="#ffffff"/>
"##,
    );

    let norms = Panel {
        left: 50.0,
        range: [0.5, 200.0],
        is_log: true,
    };
    let ticks = [(1.0, "1"), (10.0, "10"), (100.0, "100")];
    norms.frame(
        &mut svg,
        "Expected dynamics, exact: filter norms, and T2",
        &ticks,
    );
    for (exact, quantity, colour) in [
        ("winner_norm_squared", "winner_norm", BLUE),
        ("loser_norm_squared", "loser_norm", ORANGE),
    ] {
        norms.line(&mut svg, &series(&report, "exact", root(exact)), colour, "");
        let bound = of_t2(&report, quantity);
        norms.line(&mut svg, &bound, DARK, r#" stroke-dasharray="5 4""#);
    }

    let perfect = Panel {
        left: 490.0,
        range: [0.0, 1.0],
        is_log: false,
    };
    let ticks = [
        (0.0, "0"),
        (0.25, "0.25"),
        (0.5, "0.5"),
        (0.75, "0.75"),
        (1.0, "1"),
    ];
    perfect.frame(&mut svg, "SGD: P(accuracy = 1), and T5", &ticks);
    let end = |i: usize| move |p: &Value| p["sampled"]["ci"][i].as_f64();
    let mut band = series(&report, "probabilities", end(0));
    let mut upper = series(&report, "probabilities", end(1));
    upper.reverse();
    band.extend(upper);
    let path = perfect.path(&band);
    writeln!(
        svg,
        r#"<polygon points="{path}" fill="{BLUE}" opacity="0.25"/>"#
    )
    .unwrap();
    let share = series(&report, "probabilities", |p| {
        p["sampled"]["estimate"].as_f64()
    });
    perfect.line(&mut svg, &share, BLUE, "");
    for &(t, p) in certified {
        let (x, y) = (perfect.x(t), perfect.y(p));
        writeln!(
            svg,
            r#"<circle cx="{x:.1}" cy="{y:.1}" r="4" fill="{DARK}"/>"#
        )
        .unwrap();
    }

    let runs = report["series"]["simulated_runs"].as_u64().unwrap();
    let keys = [
        (
            norms.left,
            0,
            "line",
            BLUE,
            "least norm of a winner".to_owned(),
        ),
        (
            norms.left,
            1,
            "line",
            ORANGE,
            "largest norm of a loser".to_owned(),
        ),
        (
            norms.left,
            2,
            "dashes",
            DARK,
            "T2: winners at least, losers at most".to_owned(),
        ),
        (
            perfect.left,
            0,
            "line",
            BLUE,
            format!(
                "share of {} runs, with a 99 % interval at each step",
                count(runs)
            ),
        ),
        (
            perfect.left,
            1,
            "dot",
            DARK,
            "T5 by thresholds: the probability is at least this".to_owned(),
        ),
    ];
    for (left, row, kind, colour, label) in keys {
        let y = TOP + HEIGHT + 58.0 + 20.0 * f64::from(row);
        match kind {
            "dot" => writeln!(
                svg,
                r#"<circle cx="{:.1}" cy="{y:.1}" r="4" fill="{colour}"/>"#,
                left + 12.0
            ),
            kind => {
                let dashes = match kind {
                    "dashes" => r#" stroke-dasharray="5 4""#,
                    _ => "",
                };
                writeln!(
                    svg,
                    r#"<path d="M{left:.1} {y:.1}h24" stroke="{colour}" stroke-width="2"{dashes}/>"#
                )
            }
        }
        .unwrap();
        text(
            &mut svg,
            left + 32.0,
            y + 4.0,
            "start",
            &format!(">{label}"),
        );
    }
    svg.push_str("</svg>\n");
    svg
}
