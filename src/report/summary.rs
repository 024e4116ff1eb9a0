//! Two lines on a problem, and one line on its verdicts.

use super::escape::visible;
use super::format::count;
use crate::check::CheckReport;
use crate::problem::Problem;
use crate::theory::theorem::{Layer, Verdict};

/// Two lines on a problem.
pub fn describe(problem: &Problem) -> String {
    let training = &problem.training;
    format!(
        "{}: {} filters, {} patterns, at most {} patches an image; {}, {} pooling, {} loss;\n\
         training {}, step {}, batch {}, {} steps; {} simulated runs",
        visible(&problem.name),
        count(problem.n_filters() as u64),
        count(problem.n_patterns() as u64),
        count(u64::from(problem.distribution.max_patches())),
        problem.network.activation.name(),
        problem.network.pooling.name(),
        training.loss.name(),
        training.train.name(),
        training.step,
        training.batch,
        count(training.steps),
        count(training.runs),
    )
}

/// One line that counts the verdicts by kind and layer.
pub fn verdicts(report: &CheckReport) -> String {
    let hold = |layer: Layer| {
        report
            .outcomes
            .iter()
            .filter(|o| o.verdict == Verdict::Holds { layer })
            .count()
    };
    let named = |name: &str| {
        report
            .outcomes
            .iter()
            .filter(|o| o.verdict.name() == name)
            .count()
    };
    let layers: Vec<String> = [Layer::Proved, Layer::Exact, Layer::Enclosed, Layer::Sampled]
        .into_iter()
        .filter(|&layer| hold(layer) > 0)
        .map(|layer| format!("{} {}", hold(layer), layer.name()))
        .collect();
    let layers = if layers.is_empty() {
        String::new()
    } else {
        format!(" ({})", layers.join(", "))
    };
    format!(
        "{} hold{layers}, {} refuted, {} not applicable, {} undecided.",
        named("holds"),
        named("refuted"),
        named("not-applicable"),
        named("undecided"),
    )
}
