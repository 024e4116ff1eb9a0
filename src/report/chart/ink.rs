//! Colours, strokes and the style sheet of charts.

use plotters::style::RGBColor;
use std::fmt::Write;

/// A colour by what it means. The colours are far apart for colour-blind readers too, and have a contrast of at
/// least 3 to 1 to the page; in grey, strokes and shapes tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// Winners, and whatever a chart shows first.
    Winner,
    /// Losers, and whatever stands against the first.
    Loser,
    /// What is of neither side.
    Neutral,
    /// A theorem.
    Theory,
    /// A second theorem.
    TheoryTwo,
    /// A third theorem.
    TheoryThree,
    /// What says little: loose and vacuous bounds, and what is there for comparison only.
    Muted,
    /// Words and ticks.
    Text,
    /// Lines of the grid.
    Grid,
    /// The ground of a file of its own.
    Paper,
}

impl Ink {
    const ALL: [Ink; 10] = [
        Ink::Winner,
        Ink::Loser,
        Ink::Neutral,
        Ink::Theory,
        Ink::TheoryTwo,
        Ink::TheoryThree,
        Ink::Muted,
        Ink::Text,
        Ink::Grid,
        Ink::Paper,
    ];

    /// For lines of one kind, one after another; with [`Stroke::in_turn`] no two of 24 are alike.
    ///
    /// ```
    /// use filtercert::report::chart::{Ink, Stroke};
    /// let seen: Vec<_> = (0..24).map(|i| (Ink::in_turn(i), Stroke::in_turn(i))).collect();
    /// assert!((0..24).all(|i| !seen[..i].contains(&seen[i])));
    /// ```
    pub fn in_turn(i: usize) -> Self {
        Self::ALL[i % 6]
    }

    /// On a light page, and on a dark one.
    fn both(self) -> [(u8, u8, u8); 2] {
        match self {
            Ink::Winner => [(0x00, 0x54, 0x94), (0x74, 0xB8, 0xF7)],
            Ink::Loser => [(0xD5, 0x5E, 0x00), (0xFF, 0xA0, 0x5C)],
            Ink::Neutral => [(0x00, 0x6F, 0x6A), (0x56, 0xC9, 0xC1)],
            Ink::Theory => [(0x11, 0x11, 0x11), (0xF5, 0xF5, 0xF5)],
            Ink::TheoryTwo => [(0x8F, 0x2C, 0x73), (0xE8, 0xA0, 0xD0)],
            Ink::TheoryThree => [(0x8A, 0x6A, 0x00), (0xE6, 0xC6, 0x55)],
            Ink::Muted => [(0x76, 0x76, 0x76), (0x99, 0x99, 0x99)],
            Ink::Text => [(0x22, 0x22, 0x22), (0xE4, 0xE4, 0xE4)],
            Ink::Grid => [(0xDC, 0xDC, 0xDC), (0x3C, 0x40, 0x44)],
            Ink::Paper => [(0xFF, 0xFF, 0xFF), (0x15, 0x18, 0x1B)],
        }
    }

    pub(super) fn colour(self) -> RGBColor {
        let (r, g, b) = self.both()[0];
        RGBColor(r, g, b)
    }

    /// As charts have it in their attributes.
    pub(super) fn attribute(self) -> String {
        hexadecimal(self.both()[0])
    }
}

fn hexadecimal((r, g, b): (u8, u8, u8)) -> String {
    format!("#{r:02X}{g:02X}{b:02X}")
}

/// How a line is stroked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stroke {
    /// Without a gap.
    Solid,
    /// Long dashes.
    Dashed,
    /// Dots.
    Dotted,
    /// A dash, a dot.
    DashDot,
}

impl Stroke {
    const ALL: [Stroke; 4] = [
        Stroke::Solid,
        Stroke::Dashed,
        Stroke::Dotted,
        Stroke::DashDot,
    ];

    /// For lines of one kind, one after another; see [`Ink::in_turn`].
    pub fn in_turn(i: usize) -> Self {
        Self::ALL[(i + i / 12) % 4]
    }

    /// The width of a line of this stroke: [`dashes`] tells the stroke by it.
    pub(super) fn width(self, base: u32) -> u32 {
        base + self as u32
    }

    /// Lengths of dashes and gaps; none for a solid line.
    fn dashes(self) -> Option<&'static str> {
        match self {
            Stroke::Solid => None,
            Stroke::Dashed => Some("90 60"),
            Stroke::Dotted => Some("22 45"),
            Stroke::DashDot => Some("130 45 22 45"),
        }
    }
}

/// Lines are dashed by the width that they were drawn with: the plotting library knows solid lines only.
pub(super) fn dashes(svg: &str, bases: &[u32]) -> String {
    let mut svg = svg.to_owned();
    for base in bases {
        for stroke in Stroke::ALL {
            let Some(dashes) = stroke.dashes() else {
                continue;
            };
            let drawn = format!("stroke-width=\"{}\"", stroke.width(*base));
            let dashed = format!("stroke-width=\"{base}\" stroke-dasharray=\"{dashes}\"");
            svg = svg.replace(&drawn, &dashed);
        }
    }
    svg
}

/// The style sheet of charts, once for a page: their width, the line under the pointer, and their colours on a
/// dark screen. Charts have class `chart`.
pub fn style() -> String {
    format!(
        ".chart{{display:block;width:100%;height:auto}}\n{}",
        rules()
    )
}

/// What a file of its own needs too.
pub(super) fn rules() -> String {
    let mut css = String::from(
        ".chart .hit:hover line{opacity:1}\n@media screen and (prefers-color-scheme:dark){\n",
    );
    for ink in Ink::ALL {
        let [light, dark] = ink.both().map(hexadecimal);
        for property in ["stroke", "fill"] {
            // Writing to a string does not fail.
            let _ = writeln!(css, ".chart [{property}=\"{light}\"]{{{property}:{dark}}}");
        }
    }
    css + "}\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The relative luminance of WCAG.
    fn luminance((r, g, b): (u8, u8, u8)) -> f64 {
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 {
                c / 12.92
            } else {
                ((c + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
    }

    fn contrast(a: (u8, u8, u8), b: (u8, u8, u8)) -> f64 {
        let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
        if a > b { a / b } else { b / a }
    }

    #[test]
    fn inks_have_contrast_on_light_and_dark_pages() {
        for ink in Ink::ALL {
            for (page, colour) in Ink::Paper.both().into_iter().zip(ink.both()) {
                let least = match ink {
                    Ink::Grid | Ink::Paper => 1.0,
                    Ink::Text => 10.0,
                    _ => 3.5,
                };
                let found = contrast(page, colour);
                assert!(found >= least, "{ink:?}: {found}");
            }
        }
    }

    #[test]
    fn every_ink_has_a_dark_colour_of_its_own() {
        let css = style();
        for (i, ink) in Ink::ALL.iter().enumerate() {
            assert!(css.contains(&format!("[stroke=\"{}\"]", ink.attribute())));
            for other in &Ink::ALL[..i] {
                assert_ne!(ink.both()[0], other.both()[0]);
                assert_ne!(ink.both()[1], other.both()[1]);
            }
        }
    }
}
