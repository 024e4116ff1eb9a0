//! The assumptions in a cell, and so which theorem speaks of it.

use super::record::{BridgeLoss, BridgeRun, Factors, Geometry, Hypothesis, Labels, Silent};
use super::set::TOLERANCE;

/// Are the keys orthogonal to all backgrounds?
pub(super) fn keys_apart(geometry: &Geometry) -> bool {
    geometry.key_background <= TOLERANCE
}

/// The theorem that speaks of a cell; `apart`: the keys are orthogonal to the backgrounds.
pub(super) fn speaks(factors: Factors, apart: bool) -> Option<&'static str> {
    match (factors.labels, factors.loss) {
        (Labels::Averaged, BridgeLoss::Unhinged) => Some("T2"),
        (Labels::Sampled, BridgeLoss::Unhinged) => apart.then_some("T12"),
        (_, BridgeLoss::Hinge) => apart.then_some("T6c"),
    }
}

/// Does A1 hold, up to rounding?
fn orthonormal(geometry: &Geometry) -> bool {
    geometry.patterns.is_some() && geometry.coherence <= TOLERANCE && keys_apart(geometry)
}

/// The assumptions in a cell.
pub(super) fn hypotheses(
    factors: Factors,
    geometry: &Geometry,
    runs: &[BridgeRun],
) -> Vec<Hypothesis> {
    let made = |id: &str, says: &str| Hypothesis {
        id: id.to_owned(),
        holds: true,
        measure: None,
        says: says.to_owned(),
    };
    let measured = |id: &str, holds, measure, says: String| Hypothesis {
        id: id.to_owned(),
        holds,
        measure: Some(measure),
        says,
    };
    let patterns = match geometry.patterns {
        Some(n) => format!("{n} different patches; the largest |<p,q> - delta| of two of them"),
        None => "more different patches than a patch has pixels, so not all are orthogonal; the largest \
                 |<p,q> - delta| of two patches of an image"
            .to_owned(),
    };
    let both = runs
        .iter()
        .filter(|run| run.winners.iter().all(|n| *n > 0))
        .count();
    vec![
        made("A0", "relu, sum pooling, no bias, by construction"),
        measured("A1", orthonormal(geometry), geometry.coherence, patterns),
        measured(
            "A1k",
            keys_apart(geometry),
            geometry.key_background,
            "the largest |<v,p>| of a key and a background patch; the keys are orthonormal"
                .to_owned(),
        ),
        measured(
            "A2",
            geometry.keys_among == 0,
            geometry.keys_among as f64,
            "one key an image, by construction; background patches that equal a key".to_owned(),
        ),
        made(
            "A3",
            "background and place are drawn without the label, by construction",
        ),
        made(
            "A4",
            match factors.labels {
                Labels::Averaged => "each background is used with both labels, by construction",
                Labels::Sampled => "the label is a fair coin, by construction",
            },
        ),
        made("A5f", "heads +1 and -1 that stay, by construction"),
        measured(
            "A6'",
            both == runs.len(),
            both as f64,
            format!("of {} runs so many have winners of both labels", runs.len()),
        ),
    ]
}

/// The theorems that one might expect to speak of a cell and do not, with the reason.
pub(super) fn silent(factors: Factors, geometry: &Geometry) -> Vec<Silent> {
    let apart = keys_apart(geometry);
    let keys = "A1k fails: the keys are not orthogonal to the backgrounds";
    let patterns = match orthonormal(geometry) {
        true => "A1 holds, and it would speak; what is compared is its weaker form without A1",
        false => "A1 fails: the backgrounds are not orthonormal",
    };
    let said: Vec<(&str, &str)> = match (factors.labels, factors.loss) {
        (Labels::Averaged, BridgeLoss::Unhinged) if apart => Vec::new(),
        (Labels::Averaged, BridgeLoss::Unhinged) => vec![("T1 on background coordinates", keys)],
        (Labels::Sampled, BridgeLoss::Unhinged) => {
            let mut said = vec![
                ("T2", "it is on the mean over the label, not on SGD"),
                ("T4", patterns),
                ("T5s", patterns),
            ];
            said.extend((!apart).then_some(("T12", keys)));
            said
        }
        (_, BridgeLoss::Hinge) => {
            let mut said = vec![("T6", patterns)];
            said.extend((!apart).then_some(("T6c", keys)));
            said
        }
    };
    let each = said.into_iter().map(|(theorem, because)| Silent {
        theorem: theorem.to_owned(),
        because: because.to_owned(),
    });
    each.collect()
}
