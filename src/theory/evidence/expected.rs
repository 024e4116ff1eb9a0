//! The walk along the exact expected dynamics that every theorem about them makes.

use super::super::prelude::*;
use crate::dynamics::expected::{Expected, Stop};
use crate::dynamics::state::State;

/// How far a claim was compared along the expected dynamics.
#[derive(Default)]
pub struct Walked {
    /// Steps at which it was compared.
    pub compared: u64,
    /// The last of them.
    pub last: u64,
    /// Is the last one the last of which the claim speaks, before the last step asked for?
    pub closed: bool,
    /// What stopped the engine before the last step asked for.
    pub stopped: Option<Stop>,
    /// The state there, where nothing is violated.
    pub end: Option<State<Q>>,
    /// The first violation.
    pub violation: Option<Box<Violation>>,
}

impl Walked {
    /// Was every step from 0 to the last compared?
    pub fn every_step(&self) -> bool {
        self.compared == self.last + 1
    }

    /// `24 steps from 0 to 1000`.
    pub fn steps(&self) -> Remark {
        remark!("{} from 0 to {}", (self.compared, "step"), self.last)
    }

    /// `24 steps, t <= 1000`.
    pub fn scope(&self) -> Scope {
        Scope::at(remark!("{}, t <= {}", (self.compared, "step"), self.last))
    }

    /// Refutes by the violation. A limit before step `needed` leaves it undecided, a later one is mentioned.
    pub fn conclude(self, needed: u64, outcome: &mut Outcome) {
        if let Some(violation) = self.violation {
            outcome.refute(*violation, Layer::Exact);
        } else if let Some(stop) = &self.stopped {
            if self.last < needed {
                outcome.undecided(stop);
            } else {
                outcome
                    .because
                    .push(remark!("The exact engine {}.", Remark::from(stop)));
            }
        }
    }
}

impl From<&Stop> for Remark {
    fn from(stop: &Stop) -> Self {
        remark!("stopped at step {}: {}", stop.t, stop.limit.as_str())
    }
}

/// The walk, if there was one; else it is undecided, for the engine cannot even start.
pub fn started(walked: Result<Walked, Stop>, outcome: &mut Outcome) -> Option<Walked> {
    match walked {
        Ok(walked) => Some(walked),
        Err(stop) => {
            outcome.because.push("The exact engine could not start.");
            outcome.undecided(&stop);
            None
        }
    }
}

/// Compares a claim with the exact expected dynamics at these steps, ascending, and where a limit stops them; up
/// to the first violation.
///
/// # Errors
/// The limit, if the engine cannot even start.
pub fn along_expected<'p>(
    context: &Context<'p>,
    times: impl IntoIterator<Item = u64>,
    observe: impl FnMut(&Expected<'p>) -> Result<(), Box<Violation>>,
) -> Result<Walked, Stop> {
    let mut times = times.into_iter();
    along_expected_while(context, |_, _| times.next(), None, observe)
}

/// Does a claim speak of where the engine stands?
pub type Within<'a, 'p> = &'a dyn Fn(&Expected<'p>) -> bool;

/// The same with the next step chosen where the engine stands and by how many were compared, and only up to the
/// last step of which the claim speaks: that at which `within` is true for the last time.
///
/// # Errors
/// The limit, if the engine cannot even start.
pub fn along_expected_while<'p>(
    context: &Context<'p>,
    mut next: impl FnMut(&Expected<'p>, u64) -> Option<u64>,
    within: Option<Within<'_, 'p>>,
    mut observe: impl FnMut(&Expected<'p>) -> Result<(), Box<Violation>>,
) -> Result<Walked, Stop> {
    let mut engine = Expected::new(context.problem, &context.budget.exact)?;
    let mut walked = Walked::default();
    while let Some(t) = next(&engine, walked.compared) {
        let before = (within.is_some() && t > engine.t() + 1).then(|| engine.clone());
        walked.stopped = engine.advance_to(t).err();
        if let Some(within) = within
            && !within(&engine)
        {
            // After a single step it is the one that was compared last.
            let Some(before) = before else {
                walked.closed = true;
                let mut again = Expected::new(context.problem, &context.budget.exact)?;
                if again.advance_to(walked.last).is_ok() {
                    engine = again;
                }
                break;
            };
            match last_within(before, engine.t(), within) {
                Ok(last) => (engine, walked.closed) = (last, true),
                Err(stop) => {
                    walked.stopped = Some(stop);
                    break;
                }
            }
        }
        // Nothing is compared twice.
        if walked.compared > 0 && engine.t() == walked.last {
            break;
        }
        walked.compared += 1;
        walked.last = engine.t();
        walked.violation = observe(&engine).err();
        if walked.violation.is_some() || walked.stopped.is_some() || walked.closed {
            break;
        }
    }
    let stands = walked.violation.is_none() && engine.t() == walked.last;
    walked.end = stands.then(|| engine.state());
    Ok(walked)
}

/// The next of these steps, or the very next one where `every` says that it is affordable, up to the last of them.
pub fn denser<'p>(
    times: Vec<u64>,
    every: impl Fn(&Expected<'p>) -> bool,
) -> impl FnMut(&Expected<'p>, u64) -> Option<u64> {
    move |engine, compared| {
        let least = engine.t() + u64::from(compared > 0);
        let next = *times.get(times.partition_point(|&t| t < least))?;
        Some(if every(engine) { least } else { next })
    }
}

/// Were the gates of all atoms 1 at every step so far? For binary gates: their mass adds up to the steps.
pub fn gates_stayed_open(engine: &Expected<'_>) -> bool {
    engine.open_mass().into_iter().sum::<Q>() == integer(engine.t())
}

/// The last step before `outside` at which the claim speaks, by bisection.
fn last_within<'p>(
    mut inside: Expected<'p>,
    mut outside: u64,
    within: Within<'_, 'p>,
) -> Result<Expected<'p>, Stop> {
    while outside - inside.t() > 1 {
        let middle = inside.t() + (outside - inside.t()) / 2;
        let mut probe = inside.clone();
        probe.advance_to(middle)?;
        if within(&probe) {
            inside = probe;
        } else {
            outside = middle;
        }
    }
    Ok(inside)
}
