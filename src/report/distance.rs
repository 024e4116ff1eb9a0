//! How far hypotheses are from failing or from holding, in words and as JSON.

use super::format;
use super::look::{Look, filled};
use crate::audit::distance::{Distance, distance};
use crate::problem::Problem;
use crate::problem::assumption::{AssumptionId, Audit};
use serde_json::{Value, json};

/// What moves, as the object of a sentence.
fn moves(id: AssumptionId) -> &'static str {
    match id {
        AssumptionId::A1 => "an inner product of patterns",
        AssumptionId::A1k | AssumptionId::A1kMinus | AssumptionId::Opposed => {
            "an inner product of a key"
        }
        AssumptionId::A2 => "the probability of images with other keys",
        AssumptionId::A3 => "the distance of the two background laws",
        AssumptionId::A4 => "the difference of the labels' probabilities",
        AssumptionId::A5f => "the size of a head weight",
        AssumptionId::A6prime => "the key coordinate of a filter",
        AssumptionId::H => "a mean a_j E[y N_p]",
        AssumptionId::Separable => "the squared margin 1/|w*|^2",
        AssumptionId::A0 | AssumptionId::A5t | AssumptionId::A6 => "",
    }
}

/// One line a hypothesis.
pub fn text(problem: &Problem, audits: &[Audit], look: Look) -> String {
    let lines = audits.iter().map(|audit| {
        let name = audit.id.name();
        let what = moves(audit.id);
        let said = match (distance(problem, audit), audit.holds) {
            (Distance::Unmeasured, true) => "holds; there is no distance".to_owned(),
            (Distance::Unmeasured, false) => "fails; there is no distance".to_owned(),
            (Distance::Tight, _) if audit.id == AssumptionId::H => {
                "holds at its edge: any increase of the largest a_j E[y N_p] breaks it".to_owned()
            }
            (Distance::Tight, _) => {
                format!("holds at its edge: some changes of {what}, however small, break it")
            }
            (Distance::ToFail(by), _) => {
                format!(
                    "holds while {what} moves by less than {}",
                    format::rational(&by)
                )
            }
            (Distance::ToHold(by), _) => {
                format!("fails; {what} must move by {}", format::rational(&by))
            }
            (Distance::ToHoldBeyond(by), _) => {
                format!(
                    "fails; {what} must move by more than {}",
                    format::rational(&by)
                )
            }
        };
        filled(&format!("- {name} {said}"), "  ", look)
    });
    let lines: Vec<String> = lines.collect();
    format!(
        "How far each is from failing or from holding, exact:\n{}\n",
        lines.join("\n")
    )
}

/// The distance of one audit: null where it has none.
pub fn json(problem: &Problem, audit: &Audit) -> Value {
    let (towards, by, beyond) = match distance(problem, audit) {
        Distance::Unmeasured => return Value::Null,
        Distance::Tight => ("fail", "0".to_owned(), true),
        Distance::ToFail(by) => ("fail", by.to_string(), false),
        Distance::ToHold(by) => ("hold", by.to_string(), false),
        Distance::ToHoldBeyond(by) => ("hold", by.to_string(), true),
    };
    json!({"to": towards, "by": by, "more_than": beyond, "of": moves(audit.id)})
}
