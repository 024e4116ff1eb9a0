//! The phase diagram as a picture: one cell for each number of filters and step, coloured by
//! P(accuracy = 1), with a mark on cells that were sampled.

use super::escape::visible;
use super::format::probability;
use crate::check::phase::{Cell, PhaseRow};
use crate::number::Q;
use num_traits::ToPrimitive;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Width and height of one cell, and the space around the grid, in pixels.
const CELL: (u32, u32) = (64, 40);
const LEFT: u32 = 90;
const TOP: u32 = 60;
const BOTTOM: u32 = 84;
const RIGHT: u32 = 20;

/// Colour of probability 1; 0 is white.
const FULL: RGBColor = RGBColor(0, 90, 160);

/// Draws the diagram as SVG.
///
/// # Errors
/// What the plotting library says if it fails.
pub fn phase_plot(problem: &str, times: &[u64], rows: &[PhaseRow]) -> Result<String, String> {
    let width = LEFT + CELL.0 * times.len() as u32 + RIGHT;
    let height = TOP + CELL.1 * rows.len() as u32 + BOTTOM;
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (width.max(520), height)).into_drawing_area();
        let text = |words: &str, at: (i32, i32), size: i32, colour: &RGBColor, h: HPos| {
            let style = ("sans-serif", size)
                .into_text_style(&root)
                .color(colour)
                .pos(Pos::new(h, VPos::Center));
            root.draw_text(&visible(words), &style, at)
                .map_err(|e| e.to_string())
        };
        root.fill(&WHITE).map_err(|e| e.to_string())?;
        let title = format!("P(accuracy = 1 at step t): {problem}");
        text(&title, (LEFT as i32, 24), 18, &BLACK, HPos::Left)?;
        for (i, row) in rows.iter().enumerate() {
            let top = (TOP + CELL.1 * i as u32) as i32;
            let middle = top + CELL.1 as i32 / 2;
            let label = row.filters.to_string();
            text(&label, (LEFT as i32 - 10, middle), 14, &BLACK, HPos::Right)?;
            for (k, cell) in row.cells.iter().enumerate() {
                let left = (LEFT + CELL.0 * k as u32) as i32;
                let (value, words) = match cell {
                    Cell::Exact(p) => (p.to_f64(), probability(p)),
                    Cell::Sampled { perfect, runs, .. } => {
                        let share = *perfect as f64 / *runs as f64;
                        let exact = Q::new((*perfect).into(), (*runs).into());
                        (Some(share), probability(&exact))
                    }
                    Cell::Missing(_) => (None, "-".to_owned()),
                };
                let corners = [
                    (left, top),
                    (left + CELL.0 as i32 - 1, top + CELL.1 as i32 - 1),
                ];
                let fill = value.map_or(RGBColor(225, 225, 225), shade);
                let draw = |style: ShapeStyle| {
                    root.draw(&Rectangle::new(corners, style))
                        .map_err(|e| e.to_string())
                };
                draw(fill.filled())?;
                draw(BLACK.mix(0.25).stroke_width(1))?;
                if matches!(cell, Cell::Sampled { .. }) {
                    let at = (corners[1].0 - 7, top + 7);
                    root.draw(&Circle::new(at, 4, RGBColor(200, 90, 0).filled()))
                        .map_err(|e| e.to_string())?;
                }
                let ink = if value.is_some_and(|v| v > 0.55) {
                    WHITE
                } else {
                    BLACK
                };
                let centre = (left + CELL.0 as i32 / 2, middle);
                text(&words, centre, 13, &ink, HPos::Center)?;
            }
        }
        let below = (TOP + CELL.1 * rows.len() as u32) as i32;
        for (k, t) in times.iter().enumerate() {
            let at = ((LEFT + CELL.0 * k as u32 + CELL.0 / 2) as i32, below + 14);
            text(&t.to_string(), at, 14, &BLACK, HPos::Center)?;
        }
        text("step t", (LEFT as i32, below + 36), 14, &BLACK, HPos::Left)?;
        text(
            "filters n",
            (LEFT as i32 - 10, TOP as i32 - 12),
            14,
            &BLACK,
            HPos::Right,
        )?;
        root.draw(&Circle::new(
            (LEFT as i32 + 4, below + 60),
            4,
            RGBColor(200, 90, 0).filled(),
        ))
        .map_err(|e| e.to_string())?;
        let key = "sampled; cells without this mark are exact; numbers are rounded down";
        text(key, (LEFT as i32 + 16, below + 60), 13, &BLACK, HPos::Left)?;
        root.present().map_err(|e| e.to_string())?;
    }
    Ok(svg)
}

/// White for 0, [`FULL`] for 1.
fn shade(value: f64) -> RGBColor {
    let mix = |channel: u8| (255.0 + (f64::from(channel) - 255.0) * value.clamp(0.0, 1.0)) as u8;
    RGBColor(mix(FULL.0), mix(FULL.1), mix(FULL.2))
}
