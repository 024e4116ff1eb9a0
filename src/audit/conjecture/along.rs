//! A claim along the exact expected dynamics.

use super::evaluate::{Facts, Halt, Judge, Moment};
use super::finding::{Finding, Layer, Limits, Seen, Verdict, Why, Witness, limit_of};
use super::typed::Bound;
use crate::dynamics::expected::Expected;
use crate::interrupt;
use crate::problem::Problem;
use crate::theory::evidence::log_spaced;

/// Every step that the limits allow, then steps spaced further and further up to the last.
pub(super) fn along_expected(
    problem: &Problem,
    bound: &Bound,
    facts: &Facts<'_>,
    limits: &Limits,
) -> Finding {
    let steps = problem.training().steps;
    let mut finding = Finding::open(problem);
    let mut decided = None;
    let mut engine = match Expected::new(problem, &limits.exact) {
        Ok(engine) => engine,
        Err(stop) => {
            finding.verdict = Verdict::Undecided(Why::Nothing(stop.limit));
            return finding;
        }
    };
    let mut judge = Judge {
        bound,
        facts,
        work: 0,
        budget: limits.work,
    };
    let mut seen = Seen::default();
    let mut limit = None;
    // The first step that was not looked at, those after it that were, and the last of them.
    let (mut every, mut later, mut last) = (0u64, 0u64, 0u64);
    let mut dense = true;
    let mut times = log_spaced(steps).into_iter().peekable();
    let mut t = 0;
    loop {
        if let Some(asked) = interrupt::asked() {
            decided = Some(Verdict::Undecided(Why::Stopped(asked.to_owned())));
            break;
        }
        let looked = match judge.is_silent_at(t) {
            Ok(true) => Ok(None),
            Ok(false) => {
                if let Err(stop) = engine.advance_to(t) {
                    limit = Some(stop.to_string());
                    break;
                }
                let state = || engine.state();
                judge.look(&Moment::new(t, [0; 3], &state)).map(Some)
            }
            Err(halt) => Err(halt),
        };
        match looked {
            Ok(looked) => {
                let failure = looked.and_then(|looked| seen.take(t, looked));
                last = t;
                match dense {
                    true => every = t + 1,
                    false => later += 1,
                }
                if let Some(failure) = failure {
                    decided = Some(Verdict::Refuted(Some(Box::new(Witness {
                        t,
                        failure: *failure,
                        path: None,
                    }))));
                    break;
                }
            }
            // The same again for steps that are further apart.
            Err(Halt::Work) if dense && t > 0 => {
                dense = false;
                limit = Some(limit_of(Halt::Work, limits));
                judge.budget += limits.work;
            }
            Err(halt) => {
                limit.get_or_insert(limit_of(halt, limits));
                break;
            }
        }
        let next = match dense {
            true => Some(t + 1).filter(|t| *t <= steps),
            false => {
                while times.next_if(|time| *time <= t).is_some() {}
                times.next()
            }
        };
        match next {
            Some(next) => t = next,
            None => break,
        }
    }
    finding.asked = seen.asked;
    if every > 0 {
        finding.layer = Some(Layer::Exact);
        finding.extent.expected = Some((every - 1, later, last));
    }
    finding.verdict = decided.unwrap_or_else(|| match (seen.undefined, every) {
        (Some((t, what)), _) => Verdict::Undecided(Why::Undefined { t, what }),
        (None, 0) => Verdict::Undecided(Why::Nothing(limit.unwrap_or_default())),
        (None, every) if every == steps + 1 => Verdict::Holds,
        _ => Verdict::Undecided(Why::NotAll(limit)),
    });
    finding
}
