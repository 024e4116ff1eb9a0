//! Tells what a check found: terminal table, JSON, HTML, Markdown and SVG, all from one
//! [`crate::check::CheckReport`].
//!
//! Numbers become floating point here and nowhere earlier: only to be drawn or to be written as
//! rounded text, which a sign `~` marks.

pub mod answer;
pub mod bridge_map;
pub mod chart;
pub mod claim_plots;
pub mod conjectures;
pub mod counterexample;
pub mod distance;
pub mod escape;
pub mod format;
pub mod glossary;
pub mod happens;
pub mod json;
pub mod look;
pub mod math;
pub mod necessity;
pub mod page;
pub mod phase_plot;
pub mod samples;
pub mod summary;
pub mod sweep;
pub mod table;
pub mod words;
