//! The picture of the bridge: a heat map of its sixteen cells.

use super::chart::{Plot, PlotError};
use super::escape::visible;
use super::format::thousandths;
use crate::images::bridge::{Bridge, BridgeLoss, Cell, Labels, Overlap, Verdict, Zero};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Blue and orange, which the colour-blind tell apart.
const ABOVE: RGBColor = RGBColor(0, 90, 160);
const BELOW: RGBColor = RGBColor(200, 90, 0);
const GREY: RGBColor = RGBColor(120, 120, 120);

/// Widths and heights, in pixels: of half a cell, of its coloured part, of the strip with the theorem.
const HALF: i32 = 84;
const COLOURED: i32 = 46;
const STRIP: i32 = 24;
const LEFT: i32 = 190;
const TOP: i32 = 96;

/// A ratio of winner and loser norms has full colour from here on, and from its inverse down.
const FULL_RATIO: f64 = 8.0;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// Rows: backgrounds and grey level; columns: labels and loss. In each cell the accuracy on test images,
/// the least winner norm over the largest loser norm, and the theorem with its verdict.
///
/// # Errors
/// If the plotting library fails.
pub fn bridge_map(bridge: &Bridge) -> Result<Plot, PlotError> {
    let mut svg = String::new();
    draw(&mut svg, bridge).map_err(|cause| PlotError::new("bridge.svg", cause.to_string()))?;
    Ok(Plot {
        unshown: None,
        name: "bridge.svg",
        caption: "Real images with a planted key, sixteen combinations of four factors: accuracy on test images, least winner norm over largest loser norm (means over the seeds), and whether the theorem that speaks of the cell agrees with what was seen. Sampled: inside is no proof.".into(),
        inline: svg.clone(),
        svg,
    })
}

fn draw(svg: &mut String, bridge: &Bridge) -> Drawn {
    let size = (LEFT + 8 * HALF + 20, TOP + 4 * (COLOURED + STRIP) + 66);
    let area = SVGBackend::with_string(svg, (size.0 as u32, size.1 as u32)).into_drawing_area();
    area.fill(&WHITE).map_err(|e| e.to_string())?;
    let title = format!(
        "Real images with a planted key ({} seeds, {} steps)",
        bridge.plan.seeds.len(),
        bridge.plan.steps
    );
    words(&area, &title, (10, 20), (18, &BLACK), HPos::Left)?;
    let columns: Vec<(Labels, BridgeLoss)> = [Labels::Averaged, Labels::Sampled]
        .into_iter()
        .flat_map(|l| [BridgeLoss::Unhinged, BridgeLoss::Hinge].map(|loss| (l, loss)))
        .collect();
    let rows: Vec<(Overlap, Zero)> = [Overlap::AsIs, Overlap::Projected]
        .into_iter()
        .flat_map(|o| [Zero::Black, Zero::Mean].map(|zero| (o, zero)))
        .collect();
    for (i, (labels, loss)) in columns.iter().enumerate() {
        let middle = LEFT + (2 * i as i32 + 1) * HALF;
        let text = match labels {
            Labels::Averaged => "label averaged",
            Labels::Sampled => "SGD",
        };
        let loss = match loss {
            BridgeLoss::Unhinged => "unhinged",
            BridgeLoss::Hinge => "hinge",
        };
        let text = format!("{text}, {loss}");
        words(&area, &text, (middle, TOP - 40), (14, &BLACK), HPos::Center)?;
        for (side, what) in [(-1, "accuracy"), (1, "ratio")] {
            let at = (middle + side * HALF / 2, TOP - 16);
            words(&area, what, at, (12, &GREY), HPos::Center)?;
        }
    }
    for (i, (overlap, zero)) in rows.iter().enumerate() {
        let top = TOP + i as i32 * (COLOURED + STRIP);
        let lines = [
            match overlap {
                Overlap::AsIs => "backgrounds as they are",
                Overlap::Projected => "keys projected out",
            },
            match zero {
                Zero::Black => "black is 0",
                Zero::Mean => "mean grey is 0",
            },
        ];
        for (line, text) in lines.into_iter().enumerate() {
            let at = (10, top + 22 + 20 * line as i32);
            words(&area, text, at, (14, &BLACK), HPos::Left)?;
        }
    }
    for cell in &bridge.cells {
        let f = cell.factors;
        let column = columns.iter().position(|c| *c == (f.labels, f.loss));
        let row = rows.iter().position(|r| *r == (f.overlap, f.zero));
        if let (Some(column), Some(row)) = (column, row) {
            let left = LEFT + 2 * HALF * column as i32;
            let top = TOP + (COLOURED + STRIP) * row as i32;
            draw_cell(&area, cell, left, top)?;
        }
    }
    let low = TOP + 4 * (COLOURED + STRIP);
    let legend = [
        format!(
            "accuracy: white 0.5, blue 1. ratio: least winner norm over largest loser norm, orange below 1, \
             blue above, full colour at 1/{FULL_RATIO} and {FULL_RATIO}."
        ),
        "dot: inside what the theorem says; cross: outside; triangle: a run did not stay finite; dash: no theorem."
            .to_owned(),
    ];
    for (line, text) in legend.iter().enumerate() {
        let at = (10, low + 24 + 20 * line as i32);
        words(&area, text, at, (12, &BLACK), HPos::Left)?;
    }
    area.present().map_err(|e| e.to_string())?;
    Ok(())
}

fn draw_cell(area: &Area<'_>, cell: &Cell, left: i32, top: i32) -> Drawn {
    let accuracy = cell.seen.accuracy.mean;
    let ratio = cell.seen.dominance.mean.filter(|x| *x > 0.0);
    let halves = [
        (accuracy, accuracy.map_or(0.0, |x| 2.0 * x - 1.0).max(0.0)),
        (ratio, ratio.map_or(0.0, |x| x.ln() / FULL_RATIO.ln())),
    ];
    for (half, (value, share)) in halves.into_iter().enumerate() {
        let corner = (left + half as i32 * HALF, top);
        let other = (corner.0 + HALF, top + COLOURED);
        let share = share.clamp(-1.0, 1.0);
        let colour = if share < 0.0 { BELOW } else { ABOVE };
        shape(
            area,
            &Rectangle::new([corner, other], colour.mix(share.abs()).filled()),
        )?;
        // The one with more contrast; on orange that is always black.
        let ink = if share > 0.8 { &WHITE } else { &BLACK };
        let text = value.map_or("-".to_owned(), thousandths);
        let at = (corner.0 + HALF / 2, top + COLOURED / 2);
        words(area, &text, at, (16, ink), HPos::Center)?;
    }
    let middle = top + COLOURED + STRIP / 2;
    let at = (left + 14, middle);
    let said = match cell.verdict {
        Verdict::Inside => {
            shape(area, &Circle::new(at, 5, ABOVE.filled()))?;
            "inside"
        }
        Verdict::Outside => {
            shape(area, &Cross::new(at, 5, BELOW.stroke_width(2)))?;
            "outside"
        }
        Verdict::NotFinite => {
            shape(area, &TriangleMarker::new(at, 6, BELOW.filled()))?;
            "not finite"
        }
        Verdict::NoTheorem => {
            let line = vec![(at.0 - 5, middle), (at.0 + 5, middle)];
            shape(area, &PathElement::new(line, GREY.stroke_width(2)))?;
            "no theorem"
        }
    };
    let text = match (&cell.theorem, cell.verdict) {
        (Some(theorem), _) => format!("{theorem}: {said}"),
        (None, _) => said.to_owned(),
    };
    words(area, &text, (left + 26, middle), (13, &BLACK), HPos::Left)?;
    let frame = [(left, top), (left + 2 * HALF, top + COLOURED + STRIP)];
    shape(area, &Rectangle::new(frame, GREY))
}

fn shape<'b, 'e, E>(area: &Area<'b>, element: &'e E) -> Drawn
where
    &'e E: plotters::element::PointCollection<'e, (i32, i32)>,
    E: plotters::element::Drawable<SVGBackend<'b>>,
{
    Ok(area.draw(element).map_err(|e| e.to_string())?)
}

fn words(
    area: &Area<'_>,
    text: &str,
    at: (i32, i32),
    (size, ink): (i32, &RGBColor),
    h: HPos,
) -> Drawn {
    let style = ("sans-serif", size)
        .into_text_style(area)
        .color(ink)
        .pos(Pos::new(h, VPos::Center));
    Ok(area
        .draw_text(&visible(text), &style, at)
        .map_err(|e| e.to_string())?)
}
