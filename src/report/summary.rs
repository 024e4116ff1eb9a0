//! Two lines on a problem, and one line on its verdicts.

use super::escape::visible;
use super::format::{count, rational};
use super::words::counted;
use crate::check::CheckReport;
use crate::problem::Problem;
use crate::theory::verdict::{Layer, Verdict};

/// Two lines on a problem.
pub fn describe(problem: &Problem) -> String {
    let training = problem.training();
    format!(
        "{}: {} filters, {} patterns, at most {} an image; {}, {} pooling, {} loss;\n\
         training {}, step {}, batch {}, {} steps; {} simulated runs",
        visible(problem.name()),
        count(problem.n_filters() as u64),
        count(problem.n_patterns() as u64),
        counted(u64::from(problem.distribution().max_patches()), "patch"),
        problem.network().activation.name(),
        problem.network().pooling.name(),
        training.loss.name(),
        training.train.name(),
        rational(&training.step),
        training.batch,
        count(training.steps),
        count(training.runs),
    )
}

/// A problem in one line, without its steps and runs.
pub fn in_brief(problem: &Problem) -> String {
    let (training, network) = (problem.training(), problem.network());
    let batch = match training.batch {
        1 => String::new(),
        batch => format!(", batch {}", count(u64::from(batch))),
    };
    format!(
        "{}: {} filters, {} patterns, <= {} patches; {}, {}, {}, step {}{batch}",
        visible(problem.name()),
        count(problem.n_filters() as u64),
        count(problem.n_patterns() as u64),
        count(u64::from(problem.distribution().max_patches())),
        network.activation.name(),
        network.pooling.name(),
        training.loss.name(),
        rational(&training.step),
    )
}

/// One line that counts the verdicts by kind and layer, and says what simulated runs have overflowed.
pub fn verdicts(report: &CheckReport) -> String {
    let hold = |layer: Layer| {
        report
            .outcomes
            .iter()
            .filter(|o| o.verdict == Verdict::Holds { layer } && !o.vacuous)
            .count()
    };
    let named = |name: &str| {
        report
            .outcomes
            .iter()
            .filter(|o| o.verdict.name() == name && !o.vacuous)
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
    let vacuous = report.outcomes.iter().filter(|o| o.vacuous).count();
    let vacuously = if vacuous == 0 {
        String::new()
    } else {
        format!(", {vacuous} vacuously")
    };
    format!(
        "{} hold{layers}{vacuously}, {} refuted, {} not applicable, {} undecided.{}",
        named("holds"),
        named("refuted"),
        named("not-applicable"),
        named("undecided"),
        overflow(report).map_or(String::new(), |text| format!(" {text}.")),
    )
}

/// What must be said where simulated runs have left the range of floats, if some have.
pub fn overflow(report: &CheckReport) -> Option<String> {
    let overflow = report.simulation.overflow()?;
    Some(format!("Of the simulation, {overflow}"))
}
