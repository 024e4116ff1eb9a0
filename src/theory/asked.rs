//! What one theorem asks of a problem, as an audit.

use super::forms;
use super::theorem::Theorem;
use crate::problem::Problem;
use crate::problem::assumption::{AssumptionId, Audit, audit, largest_drift, opposed};
use crate::problem::separable::{measure, separability};

/// What keeps each form of each theorem from a problem with these audits: its name, and the assumptions that fail.
///
/// # Cost
/// What each theorem takes to tell whether it applies: for T14 a linear programme.
pub fn standing(problem: &Problem, audits: &[Audit]) -> Vec<(&'static str, Vec<AssumptionId>)> {
    let of = |form: &'static dyn Theorem| {
        let fails = form.applies(problem, audits).err().unwrap_or_default();
        let fails = fails.iter().map(|failing| failing.assumption).collect();
        (form.statement().id.name(), fails)
    };
    forms().map(of).collect()
}

/// What a theorem asks of a problem, in order: the model (A0), what it assumes, and what else keeps it from the problem.
/// Several faults of one kind are one witness.
///
/// # Cost
/// The audit, and what the theorem itself takes to tell whether it applies.
pub fn audit_for(theorem: &dyn Theorem, problem: &Problem) -> Vec<Audit> {
    let audits = audit(problem);
    let fails = theorem.applies(problem, &audits).err().unwrap_or_default();
    let mut ids = vec![AssumptionId::A0];
    ids.extend(theorem.statement().assumes);
    let further = fails.iter().map(|failing| failing.assumption);
    let further: Vec<_> = further.filter(|id| !ids.contains(id)).collect();
    ids.extend(further);
    ids.dedup();
    let found = separability(problem);
    let of = |id: AssumptionId| {
        let faults = fails.iter().filter(|failing| failing.assumption == id);
        let mut faults: Vec<String> = faults.map(|failing| failing.witness.clone()).collect();
        let mut number = audits
            .iter()
            .find(|audit| audit.id == id)
            .and_then(|audit| audit.measure.clone());
        match &found {
            Some(Ok(found)) if id == AssumptionId::Separable => number = Some(measure(found)),
            _ if id == AssumptionId::H && problem.dictionary().has_keys() => {
                number = Some(largest_drift(problem));
            }
            Some(Err(limit)) if id == AssumptionId::Separable => faults.push(limit.to_string()),
            _ => {}
        }
        if id == AssumptionId::Opposed {
            number = opposed(problem).measure;
        }
        Audit {
            id,
            holds: faults.is_empty(),
            measure: number,
            witness: (!faults.is_empty()).then(|| faults.join("; ")),
        }
    };
    ids.into_iter().map(of).collect()
}
