//! The page of the experiment on real images, in the style of the comparison report.

use super::{RenderError, SCRIPT, environment, style};
use crate::images::findings::{Finding, Verdict};
use crate::report::chart::Plot;
use crate::report::escape::visible;
use minijinja::value::Serde;
use serde_json::{Value, json};

/// A finding with its figure in words.
pub struct Told<'f> {
    /// The finding.
    pub finding: &'f Finding,
    /// What was measured, its interval and its threshold.
    pub figure: String,
}

/// The page: findings, pictures, and the text that the command prints.
///
/// # Errors
/// If the template fails on a value.
pub fn images(
    title: &str,
    findings: &[Told<'_>],
    plots: &[Plot],
    text: &str,
) -> Result<String, RenderError> {
    let shown = |told: &Told<'_>| {
        let (finding, class) = (told.finding, class(told.finding.verdict));
        json!({
            "id": finding.id,
            "title": finding.title,
            "statement": finding.statement,
            "verdict": finding.verdict.name(),
            "class": class,
            "figure": told.figure,
        })
    };
    let picture = |plot: &Plot| {
        let id = plot.name.trim_end_matches(".svg");
        json!({
            "id": id,
            "svg": plot.inline,
            "see": plot.caption,
            "unshown": plot.unshown,
        })
    };
    let view = json!({
        "style": style(),
        "script": SCRIPT,
        "title": visible(title),
        "version": env!("CARGO_PKG_VERSION"),
        "findings": findings.iter().map(shown).collect::<Vec<Value>>(),
        "pictures": plots.iter().map(picture).collect::<Vec<Value>>(),
        "text": text,
    });
    let environment = environment()?;
    let template = environment.get_template("images.html")?;
    Ok(template.render(Serde(view))?)
}

/// The class of a verdict's mark.
fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Supported => "holds",
        Verdict::NotSupported => "fails",
        _ => "apart",
    }
}
