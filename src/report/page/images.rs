//! The page of the experiment on real images, in the style of the comparison report.

use super::{RenderError, SCRIPT, environment, style};
use crate::images::claim::experiment::supported;
use crate::images::claim::findings::{Finding, Verdict};
use crate::images::claim::results::Results;
use crate::report::chart::Plot;
use crate::report::escape::visible;
use crate::report::format::interval;
use minijinja::value::Serde;
use serde_json::{Value, json};

/// The page: verdicts, pictures, and the text that the command prints.
///
/// # Errors
/// If the template fails on a value.
pub fn images(results: &Results, plots: &[Plot], text: &str) -> Result<String, RenderError> {
    let counts = supported(&results.findings);
    let cell = |finding: &Finding| {
        json!({
            "data": visible(&finding.data),
            "role": finding.role.name(),
            "verdict": finding.verdict.name(),
            "class": class(finding.verdict),
            "figure": interval(finding.measured, finding.ci),
            "because": finding.because,
        })
    };
    let row = |plan: &crate::images::claim::registration::FindingPlan| {
        let own = results.findings.iter().filter(|f| f.id == plan.id);
        let (yes, of) = counts.get(&plan.id).copied().unwrap_or((0, 0));
        json!({
            "id": plan.id,
            "title": plan.title,
            "statement": crate::images::claim::findings::statement(plan),
            "theorem": plan.theorem,
            "sets": (of > 0).then(|| format!("supported on {yes} of {of} confirmatory sets")),
            "cells": own.map(cell).collect::<Vec<Value>>(),
        })
    };
    let picture = |plot: &Plot| {
        let id = plot.name.trim_end_matches(".svg");
        let wide = ["verdicts", "filters", "bridge"].contains(&id);
        json!({
            "id": id,
            "wide": wide,
            "svg": plot.inline,
            "see": plot.caption,
            "unshown": plot.unshown,
        })
    };
    let plain = anstream::adapter::strip_str(text).to_string();
    let view = json!({
        "style": style(),
        "script": SCRIPT,
        "title": if results.registration.whole { "Claim C6: the registered experiment" } else { "Claim C6, exploratory" },
        "confirmatory": results.registration.whole,
        "version": env!("CARGO_PKG_VERSION"),
        "registration": visible(&results.registration.file),
        "sha256": results.registration.sha256,
        "command": visible(&results.command),
        "findings": results.plan.finding.iter().map(row).collect::<Vec<Value>>(),
        "pictures": plots.iter().map(picture).collect::<Vec<Value>>(),
        "text": crate::report::escape::visible_lines(&plain),
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
