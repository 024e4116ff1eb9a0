//! The walk along the exact expected dynamics that every theorem about them makes.

use super::super::context::Context;
use super::super::verdict::Verdict;
use super::super::violation::Violation;
use crate::dynamics::expected::{Expected, Stop};

/// How far a claim was compared along the expected dynamics.
pub(in super::super) struct Walked {
    /// Steps at which it was compared.
    pub compared: u64,
    /// The last of them.
    pub last: u64,
    /// What stopped the engine before the last step asked for.
    pub stopped: Option<Stop>,
    /// The first violation.
    pub violation: Option<Box<Violation>>,
}

impl Walked {
    /// The limit, where the walk ended before its time and nothing was violated.
    pub fn verdict(&self) -> Option<Verdict> {
        let limit = self.stopped.as_ref()?.to_string().into();
        Some(Verdict::Undecided { limit })
    }
}

/// Compares a claim with the exact expected dynamics at these steps, ascending, and where a limit stops them; up
/// to the first violation.
///
/// # Errors
/// The limit, if the engine cannot even start.
pub(in super::super) fn along_expected<'p>(
    context: &Context<'p>,
    times: impl IntoIterator<Item = u64>,
    mut observe: impl FnMut(&Expected<'p>) -> Result<(), Box<Violation>>,
) -> Result<Walked, Stop> {
    let mut engine = Expected::new(context.problem, &context.budget.exact)?;
    let mut walked = Walked {
        compared: 0,
        last: 0,
        stopped: None,
        violation: None,
    };
    for t in times {
        walked.stopped = engine.advance_to(t).err();
        walked.last = engine.t();
        walked.compared += 1;
        walked.violation = observe(&engine).err();
        if walked.violation.is_some() || walked.stopped.is_some() {
            break;
        }
    }
    Ok(walked)
}
