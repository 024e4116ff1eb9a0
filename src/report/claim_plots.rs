//! Pictures of the experiment on real images: verdicts, filters beside key patches, the three quantities of the theory
//! over time, pruning.

use super::bridge_map::bridge_map;
use super::chart::{
    Axis, Band, Ink, Line, Panel, Plot, PlotError, Scale, Stroke, draw_all, steps_axis,
};
use super::escape::visible;
use crate::images::claim::controls::Condition;
use crate::images::claim::findings::{Finding, Verdict};
use crate::images::claim::measure::{Curves, Motion, centred, quarter};
use crate::images::claim::registration::{Asks, NetworkPlan, Role};
use crate::images::claim::results::Results;
use crate::images::claim::runs::{Record, from_hex};
use crate::images::network::Head;
use crate::images::statistics::{cosine, descending, norm};
use std::fmt::Write;

/// The files of all pictures that there can be.
pub const PICTURES: [&str; 6] = [
    "verdicts.svg",
    "filters.svg",
    "motion.svg",
    "ratio.svg",
    "pruning.svg",
    "bridge.svg",
];

/// Blue for what is real or positive, orange for controls or negative, grey for what is around: told apart without
/// red and green.
const BLUE: &str = "#005aa0";
const ORANGE: &str = "#c85a00";
const GREY: &str = "#777777";

/// All pictures of one experiment. A picture without data is left out.
///
/// # Errors
/// If the plotting library fails.
pub fn claim_plots(results: &Results) -> Result<Vec<Plot>, PlotError> {
    let mut plots = Vec::new();
    plots.extend(verdicts(results));
    plots.extend(filters(results));
    plots.extend(draw_all(motion(results))?);
    plots.extend(draw_all(pruning(results))?);
    if let Some(bridge) = &results.bridge {
        plots.push(bridge_map(bridge)?);
    }
    Ok(plots)
}

/// An SVG text of this size, with a title for those who cannot see it.
fn svg(name: &'static str, caption: String, size: (f64, f64), body: &str) -> Plot {
    let (width, height) = size;
    let text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         font-family=\"sans-serif\" font-size=\"12\"><title>{}</title>\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>{body}</svg>",
        escaped(&caption)
    );
    Plot {
        name,
        caption: caption.into(),
        unshown: None,
        inline: text.clone(),
        svg: text,
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in visible(text).chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&apos;",
            c => out.push(c),
        }
    }
    out
}

fn words(body: &mut String, at: (f64, f64), anchor: &str, colour: &str, text: &str) {
    let _ = write!(
        body,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\" fill=\"{colour}\">{}</text>",
        at.0,
        at.1,
        escaped(text)
    );
}

fn stroke(body: &mut String, from: (f64, f64), to: (f64, f64), colour: &str, rest: &str) {
    let _ = write!(
        body,
        "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{colour}\" {rest}/>",
        from.0, from.1, to.0, to.1
    );
}

/// The letter of a control.
fn letter(condition: Condition) -> &'static str {
    match condition {
        Condition::Real => "r",
        Condition::ShuffledLabels => "L",
        Condition::PermutedPixels => "P",
        Condition::RandomPhases => "F",
        Condition::Untrained => "U",
        Condition::RandomFilters => "R",
        Condition::NormMatched => "N",
        Condition::Linear => "l",
        Condition::LargeStart => "S",
    }
}

/// Every verdict with its interval in units of what is asked, and where each control would stand in place of the real
/// runs.
fn verdicts(results: &Results) -> Option<Plot> {
    const LEFT: f64 = 330.0;
    const RIGHT: f64 = 700.0;
    const ROW: f64 = 22.0;
    const RANGE: [f64; 2] = [-2.0, 5.0];
    if results.findings.is_empty() {
        return None;
    }
    let x = |units: f64| {
        let share = (units.clamp(RANGE[0], RANGE[1]) - RANGE[0]) / (RANGE[1] - RANGE[0]);
        LEFT + share * (RIGHT - LEFT)
    };
    let rows = results.findings.len() as f64;
    let heads = results.plan.finding.len() as f64;
    let bottom = 40.0 + rows * ROW + heads * ROW;
    let mut body = String::new();
    for tick in -2..=5 {
        let at = x(f64::from(tick));
        let rest = match tick {
            0 => "stroke-width=\"1.5\"",
            1 => "stroke-width=\"1.5\" stroke-dasharray=\"5 3\"",
            _ => "stroke-width=\"0.5\" stroke-opacity=\"0.4\"",
        };
        stroke(&mut body, (at, 30.0), (at, bottom), GREY, rest);
        words(
            &mut body,
            (at, bottom + 16.0),
            "middle",
            "#333333",
            &tick.to_string(),
        );
    }
    words(&mut body, (x(0.0), 22.0), "middle", "#333333", "no effect");
    words(&mut body, (x(1.0) + 4.0, 22.0), "start", "#333333", "asked");
    let below = "effect / |what is asked|; dashed in a row: a limit below; an arrow: outside; letters: controls in place of the real runs";
    words(&mut body, (LEFT, bottom + 34.0), "start", "#333333", below);
    let mut y = 30.0;
    for plan in &results.plan.finding {
        y += ROW;
        let head = format!("{} {}", plan.id, plan.title);
        let _ = write!(
            body,
            "<text x=\"8\" y=\"{:.1}\" font-weight=\"bold\" fill=\"#111111\">{}</text>",
            y - 6.0,
            escaped(&head)
        );
        for finding in results.findings.iter().filter(|f| f.id == plan.id) {
            y += ROW;
            let middle = y - 10.0;
            let role = match finding.role {
                Role::PositiveControl => " (positive control)",
                Role::Exploratory => " (exploratory)",
                Role::Confirmatory => "",
            };
            words(
                &mut body,
                (20.0, y - 6.0),
                "start",
                "#333333",
                &format!("{}{role}", finding.data),
            );
            words(
                &mut body,
                (RIGHT + 12.0, y - 6.0),
                "start",
                "#111111",
                finding.verdict.name(),
            );
            for (units, letter) in controls(finding, plan.less) {
                words(
                    &mut body,
                    (x(units), middle + 4.0),
                    "middle",
                    ORANGE,
                    letter,
                );
            }
            let (Some(mean), theta) = (finding.measured, finding.threshold.abs()) else {
                continue;
            };
            let solid = finding.verdict == Verdict::Supported;
            if let Some([low, high]) = finding.ci {
                let ends = [low / theta, high / theta];
                stroke(
                    &mut body,
                    (x(ends[0]), middle),
                    (x(ends[1]), middle),
                    BLUE,
                    "stroke-width=\"2\"",
                );
                for (end, outside, sign) in [
                    (ends[0], ends[0] < RANGE[0], -1.0),
                    (ends[1], ends[1] > RANGE[1], 1.0),
                ] {
                    if outside {
                        let tip = x(end) + 8.0 * sign;
                        let _ = write!(
                            body,
                            "<path d=\"M{:.1} {:.1} l{:.1} -4 v8 z\" fill=\"{BLUE}\"/>",
                            tip,
                            middle,
                            -8.0 * sign
                        );
                    }
                }
            }
            let _ = write!(
                body,
                "<circle cx=\"{:.1}\" cy=\"{middle:.1}\" r=\"4.5\" stroke=\"{BLUE}\" stroke-width=\"1.5\" fill=\"{}\"/>",
                x(mean / theta),
                if solid { BLUE } else { "#ffffff" }
            );
            // What asks for no effect, or for no loss, has its limit on the left too.
            if plan.asks == Asks::Within || plan.threshold < 0.0 {
                let at = x(-1.0);
                stroke(
                    &mut body,
                    (at, y - ROW + 3.0),
                    (at, y),
                    GREY,
                    "stroke-dasharray=\"3 2\"",
                );
            }
        }
    }
    let caption = "Every verdict: the effect with its interval in units of what is asked (a full dot: supported), and, by letter, each \
                   control in place of the real runs: L labels shuffled, P pixels permuted, F random phases, U untrained, R random \
                   filters, N random filters of the trained norms.";
    Some(svg(
        "verdicts.svg",
        caption.to_owned(),
        (860.0, bottom + 46.0),
        &body,
    ))
}

/// Where each control but the one that is subtracted would stand: its measure in place of the real one, in units of
/// what is asked.
fn controls(finding: &Finding, less: Option<Condition>) -> Vec<(f64, &'static str)> {
    let of = |condition: Condition| finding.arms.iter().find(|a| a.condition == condition);
    let zero = match less {
        None => 0.0,
        Some(control) => match of(control) {
            Some(arm) => arm.mean,
            None => return Vec::new(),
        },
    };
    let others = finding.arms.iter().filter(|arm| {
        let apart = [Condition::Real, Condition::Linear, Condition::LargeStart];
        !apart.contains(&arm.condition) && Some(arm.condition) != less
    });
    others
        .map(|arm| {
            (
                (arm.mean - zero) / finding.threshold.abs(),
                letter(arm.condition),
            )
        })
        .collect()
}

/// The sets that are real, the registered ones first.
fn real_sets(results: &Results) -> Vec<&str> {
    let mut sets: Vec<_> = results
        .plan
        .data
        .iter()
        .filter(|d| d.role != Role::PositiveControl)
        .collect();
    sets.sort_by_key(|d| d.role != Role::Confirmatory);
    sets.into_iter().map(|d| d.id.as_str()).collect()
}

/// Real runs of the first seed of each pair of the first real set.
fn first_run<'r>(results: &'r Results, network: &str) -> Option<&'r Record> {
    let set = *real_sets(results).first()?;
    results.records.iter().find(|r| {
        let key = &r.key;
        key.data == set
            && key.network == network
            && key.condition == Condition::Real
            && !r.end.is_empty()
    })
}

/// The filters of a record, each with the norm of its head.
fn filters_of(
    network: &NetworkPlan,
    kernel: usize,
    record: &Record,
) -> Option<Vec<(Vec<f32>, f64)>> {
    let parameters = from_hex(&record.end)?;
    let (n, patch) = (network.filters, kernel * kernel);
    let width = patch + usize::from(network.bias);
    let rest = parameters.get(n * width..)?;
    let outputs = usize::from(network.bias && network.head == Head::Trained);
    let head = rest.get(..rest.len().checked_sub(outputs)?)?;
    let cells = (head.len() / n).max(1);
    (0..n)
        .map(|j| {
            let filter = parameters.get(j * width..j * width + patch)?.to_vec();
            Some((filter, norm(head.get(j * cells..(j + 1) * cells)?)))
        })
        .collect()
}

/// A small grey-free picture of k x k values: blue above 0, orange below, in its own range.
fn tile(body: &mut String, at: (f64, f64), side: f64, values: &[f64]) {
    let k = values.len().isqrt().max(1);
    let most = values.iter().fold(0.0f64, |m, x| m.max(x.abs()));
    let cell = side / k as f64;
    for (i, x) in values.iter().enumerate() {
        let share = if most > 0.0 { x / most } else { 0.0 };
        let colour = if share >= 0.0 { BLUE } else { ORANGE };
        let _ = write!(
            body,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{cell:.1}\" height=\"{cell:.1}\" fill=\"{colour}\" fill-opacity=\"{:.2}\"/>",
            at.0 + (i % k) as f64 * cell,
            at.1 + (i / k) as f64 * cell,
            share.abs()
        );
    }
    let _ = write!(
        body,
        "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{side:.1}\" height=\"{side:.1}\" fill=\"none\" stroke=\"{GREY}\" stroke-width=\"0.7\"/>",
        at.0, at.1
    );
}

/// The eight largest and the eight smallest filters of one run, each beside the key patch and the other centre that
/// it resembles most.
fn filters(results: &Results) -> Option<Plot> {
    const SIDE: f64 = 44.0;
    const STEP: f64 = 84.0;
    let network = results
        .plan
        .network
        .iter()
        .find(|n| n.head == Head::Trained)?;
    let record = first_run(results, &network.id)?;
    let data = results.plan.data.iter().find(|d| d.id == record.key.data)?;
    let keys = results.keys.iter().find(|k| {
        k.data == record.key.data && k.pair == record.key.pair && k.images == Condition::Real
    })?;
    let filters = filters_of(network, data.kernel, record)?;
    let importance: Vec<f64> = filters.iter().map(|(w, a)| norm(w) * a).collect();
    let order = descending(&importance);
    let shown = quarter(order.len()).min(8);
    let named: Vec<(usize, usize)> = [0, 1]
        .iter()
        .flat_map(|&y| keys.keys.keys[y].iter().map(move |&c| (c, y)))
        .collect();
    let nearest = |filter: &[f64], among: &[usize]| {
        let each = among
            .iter()
            .map(|&c| (c, cosine(filter, &keys.keys.centres[c])));
        each.max_by(|a, b| a.1.total_cmp(&b.1))
    };
    let mut body = String::new();
    let title = format!(
        "{}, classes {} and {}: filters of seed {} by |w||a|, each over its nearest key patch and its nearest other centre",
        record.key.data, record.key.pair[0], record.key.pair[1], record.key.seed
    );
    words(&mut body, (8.0, 18.0), "start", "#111111", &title);
    let rows = [
        ("largest", &order[..shown]),
        ("smallest", &order[order.len() - shown..]),
    ];
    let mut top = 34.0;
    for (name, row) in rows {
        words(&mut body, (8.0, top + 12.0), "start", "#111111", name);
        words(
            &mut body,
            (8.0, top + 20.0 + SIDE / 2.0),
            "start",
            "#333333",
            "filter",
        );
        words(
            &mut body,
            (8.0, top + 36.0 + 1.5 * SIDE),
            "start",
            "#333333",
            "key patch",
        );
        words(
            &mut body,
            (8.0, top + 70.0 + 2.5 * SIDE),
            "start",
            "#333333",
            "other centre",
        );
        for (place, &j) in row.iter().enumerate() {
            let left = 96.0 + place as f64 * STEP;
            let filter = centred(&filters[j].0);
            tile(&mut body, (left, top + 16.0), SIDE, &filter);
            let size = super::format::float(importance[j]);
            words(
                &mut body,
                (left + SIDE / 2.0, top + 12.0),
                "middle",
                "#333333",
                &size,
            );
            let among: Vec<usize> = named.iter().map(|k| k.0).collect();
            let mut below = |at: f64, found: Option<(usize, f64)>| {
                let Some((c, cos)) = found else { return };
                let values: Vec<f64> = keys.keys.centres[c].iter().map(|&x| f64::from(x)).collect();
                tile(&mut body, (left, at), SIDE, &values);
                let class = named.iter().find(|k| k.0 == c).map(|k| keys.pair[k.1]);
                let class = class.map_or_else(String::new, |class| format!(" class {class}"));
                let text = format!("{cos:.2}{class}");
                words(
                    &mut body,
                    (left + SIDE / 2.0, at + SIDE + 13.0),
                    "middle",
                    "#333333",
                    &text,
                );
            };
            below(top + 22.0 + SIDE, nearest(&filter, &among));
            below(top + 44.0 + 2.0 * SIDE, nearest(&filter, &keys.keys.others));
        }
        top += 3.0 * SIDE + 76.0;
    }
    let width = 104.0 + shown.max(6) as f64 * STEP;
    Some(svg(
        "filters.svg",
        format!(
            "{title}; numbers below: cosines. Blue above 0, orange below, each in its own range."
        ),
        (width, top + 4.0),
        &body,
    ))
}

/// The motion of the winners along and across their key, all seeds, with shuffled labels beside; and the ratio.
fn motion(results: &Results) -> Vec<Panel> {
    let Some(set) = real_sets(results).first().copied() else {
        return Vec::new();
    };
    let of = |condition: Condition| {
        results
            .records
            .iter()
            .filter(move |r| r.key.data == set && r.key.condition == condition)
    };
    let network = of(Condition::Real).find(|r| r.motion.is_some());
    let Some(first) = network else {
        return Vec::new();
    };
    type Part = fn(&Motion, usize) -> f64;
    let along: Part = |m, i| m.along[i];
    let across: Part = |m, i| m.across[i];
    let ratio: Part = |m, i| m.along[i] / m.across[i];
    let lines = |label: &str, condition: Condition, ink: Ink, stroke: Stroke, part: Part| {
        let mut lines = Vec::new();
        for record in of(condition).filter(|r| r.key.pair == first.key.pair) {
            let Some(motion) = &record.motion else {
                continue;
            };
            let points =
                (0..motion.steps.len()).map(|i| (steps_axis(motion.steps[i]), part(motion, i)));
            let points = points.filter(|p| p.1.is_finite() && p.1 > 0.0).collect();
            let label = if lines.is_empty() { label } else { "" };
            lines.push(Line::new(label, ink, stroke, points));
        }
        lines
    };
    let pair = first.key.pair;
    let title = |what: &str| format!("{set}, classes {} and {}: {what}", pair[0], pair[1]);
    let (real, shuffled) = (Condition::Real, Condition::ShuffledLabels);
    vec![
        Panel {
            name: "motion.svg",
            caption: "How far the winners of the theory's network moved along their key and across it, on log axes, a line a seed; with shuffled labels beside.".into(),
            title: title("motion of the winners"),
            x: Axis::Steps,
            y_label: "distance",
            y: Scale::Logarithmic,
            lines: [
                lines("across, labels shuffled", shuffled, Ink::Muted, Stroke::Dotted, across),
                lines("along, labels shuffled", shuffled, Ink::TheoryTwo, Stroke::DashDot, along),
                lines("across the key", real, Ink::Loser, Stroke::Dashed, across),
                lines("along the key", real, Ink::Winner, Stroke::Solid, along),
            ]
            .concat(),
            ..Panel::default()
        },
        Panel {
            name: "ratio.svg",
            caption: "The ratio of both: with a key that the images have and independent backgrounds it grows like the root of the steps.".into(),
            title: title("along / across"),
            x: Axis::Steps,
            y_label: "ratio",
            y: Scale::Logarithmic,
            lines: [
                lines("labels shuffled", shuffled, Ink::Muted, Stroke::Dotted, ratio),
                lines("real", real, Ink::Winner, Stroke::Solid, ratio),
            ]
            .concat(),
            ..Panel::default()
        },
    ]
}

/// Pruning curves of the first seed of the first real set, with the band of random sets.
fn pruning(results: &Results) -> Vec<Panel> {
    let network = results
        .plan
        .network
        .iter()
        .find(|n| n.head == Head::Trained);
    let Some((record, curves)) = network
        .and_then(|n| first_run(results, &n.id))
        .and_then(|r| Some((r, r.curves.as_ref()?)))
    else {
        return Vec::new();
    };
    let points = |values: &[f64]| -> Vec<(f64, f64)> {
        values
            .iter()
            .enumerate()
            .map(|(k, x)| (k as f64, *x))
            .collect()
    };
    let Curves {
        top,
        random,
        low,
        high,
    } = curves;
    let band = low
        .iter()
        .zip(high)
        .enumerate()
        .map(|(k, (a, b))| (k as f64, *a, *b));
    vec![Panel {
        name: "pruning.svg",
        caption: "Test accuracy when only k filters are left: the k with the largest |w||a|, and random sets with their 5 % to 95 % band; first seed.".into(),
        title: format!(
            "{}, classes {} and {}: accuracy with k filters left",
            record.key.data, record.key.pair[0], record.key.pair[1]
        ),
        x: Axis::Linear("filters left"),
        y_label: "test accuracy",
        lines: vec![
            Line::new("random, mean", Ink::Muted, Stroke::Dotted, points(random)),
            Line::new("largest |w||a|", Ink::Winner, Stroke::Solid, points(top)),
        ],
        bands: vec![Band {
            label: "random, 5 % to 95 %".to_owned(),
            ink: Ink::Muted,
            edge: Stroke::Dotted,
            points: band.collect(),
        }],
        ..Panel::default()
    }]
}
