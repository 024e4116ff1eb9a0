//! How far an assumption can be bent: a problem is changed along one key, and conclusions are followed until they fail.
//!
//! Every value is a fraction, every changed problem is a problem, and every verdict is exact: norms and accuracy are
//! those of the expected dynamics at the problem's last step. A threshold is an exact root where the margin of the
//! conclusion is 0 at a fraction that was found, else it is enclosed between a value at which the conclusion holds and
//! one at which it fails. Between the values that were tried nothing is claimed.

mod change;
mod threshold;

pub use change::{SweepError, SweepKey};
pub use threshold::{Conclusion, Found, Threshold};

use crate::dynamics::accuracy::margin_range;
use crate::dynamics::expected::{Expected, Limits, Stop};
use crate::dynamics::gradient::Model;
use crate::interrupt;
use crate::number::{Q, integer};
use crate::problem::Problem;
use crate::problem::assumption::audit;
use crate::theory::context::{Budget, Context};
use crate::theory::forms;
use crate::theory::record::TheoremId;
use crate::theory::theorem::Theory;
use crate::theory::verdict::{Figure, Verdict};
use num_traits::{One, Signed, Zero};
use rayon::prelude::*;

/// Longest numbers of the exact engine, in bits, where many problems are gone through.
const MAX_BITS: u64 = 3_000;

/// What is swept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What is changed.
    pub key: SweepKey,
    /// First and last value.
    pub ends: [Q; 2],
    /// Number of values, evenly spaced, at least 2.
    pub points: u32,
    /// The ratio R of norms that is asked for; positive.
    pub ratio: Q,
    /// Also look for the step from which a theorem certifies accuracy 1; that takes longest.
    pub certify: bool,
}

/// A theorem that certifies accuracy 1 with probability 99/100.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Certified {
    /// The theorem, or its form.
    pub theorem: TheoremId,
    /// The step.
    pub t: u64,
    /// Is it known to be the least one? Else an earlier one may be certified, too.
    pub is_least: bool,
}

/// One value, and what is found there.
#[derive(Debug, Clone, PartialEq)]
pub struct SweepPoint {
    /// The value of the key.
    pub value: Q,
    /// The audit's measure of the assumption that is bent; `None` where it has none.
    pub measure: Option<Q>,
    /// Least squared norm of a winner and largest of a loser at the last step; `None` without one.
    pub norms_squared: [Option<Q>; 2],
    /// Accuracy at the last step.
    pub accuracy: Option<Q>,
    /// The least margin of an image at the last step; `None` where that would have to be enumerated.
    pub least_margin: Option<Q>,
    /// Which of [`forms`] apply, in their order.
    pub applies: Vec<bool>,
    /// The earliest certificate of accuracy 1 among the theorems that give one, if it was asked for and found.
    pub certified: Option<Certified>,
    /// Why the expected dynamics did not reach the last step.
    pub stopped: Option<Stop>,
}

impl SweepPoint {
    /// A value at which nothing was looked at.
    fn new(value: &Q) -> Self {
        SweepPoint {
            value: value.clone(),
            measure: None,
            norms_squared: [None, None],
            accuracy: None,
            least_margin: None,
            applies: Vec::new(),
            certified: None,
            stopped: None,
        }
    }

    /// Follows the expected dynamics to the last step.
    fn walk(&mut self, problem: &Problem) {
        let limits = Limits {
            max_bits: MAX_BITS,
            ..Limits::default()
        };
        let walked = Expected::new(problem, &limits).and_then(|mut engine| {
            engine.advance_to(problem.training().steps)?;
            Ok(engine)
        });
        let engine = match walked {
            Ok(engine) => engine,
            Err(stop) => {
                self.stopped = Some(stop);
                return;
            }
        };
        let state = engine.state();
        let norms = state.norms_squared(problem);
        let camps = problem.camps();
        let (winner, loser) = camps.extremes(&norms);
        self.norms_squared = [winner.cloned(), loser.cloned()];
        let margins = margin_range(&Model::<Q>::new(problem), problem, &state);
        self.least_margin = margins.map(|(low, _)| low);
        self.accuracy = match &self.least_margin {
            Some(low) if low.is_positive() => Some(Q::one()),
            _ => engine.accuracy().ok(),
        };
    }

    /// The squared ratio of the norms; `None` without winners or losers, or if the largest loser is 0.
    pub fn ratio_squared(&self) -> Option<Q> {
        let [winner, loser] = &self.norms_squared;
        let loser = loser.as_ref().filter(|l| !l.is_zero())?;
        Some(winner.as_ref()? / loser)
    }
}

/// All values of a sweep, and where conclusions first fail.
#[derive(Debug, Clone, PartialEq)]
pub struct Sweep {
    /// The values from first to last.
    pub points: Vec<SweepPoint>,
    /// The conclusions: the ratio of norms, accuracy 1, and every theorem that applies at the first value, or that does
    /// not apply throughout.
    pub thresholds: Vec<Threshold>,
    /// The limit that ended the search, if one did.
    pub stopped: Option<String>,
}

impl Sweep {
    /// What is known where a limit ended the search: values in the order of their places, and nothing of where
    /// conclusions fail.
    pub fn stopped(mut found: Vec<(usize, SweepPoint)>, plan: &Plan, limit: &str) -> Self {
        found.sort_by_key(|(place, _)| *place);
        let points: Vec<SweepPoint> = found.into_iter().map(|(_, point)| point).collect();
        let stopped = format!(
            "stopped: {limit}; finished at {} of {} values",
            points.len(),
            plan.points.max(2)
        );
        Sweep {
            points,
            thresholds: Vec::new(),
            stopped: Some(stopped),
        }
    }
}

/// Sweeps a problem along a key.
///
/// # Errors
/// [`SweepError`] if the problem cannot be changed like this, or the ends are outside of the key's domain.
///
/// # Cost
/// The expected dynamics, an audit and what T5, T6 and T12 take to certify, for each value; and at most 130 times the
/// dynamics and an audit for each conclusion that fails somewhere. The values are gone through in parallel.
///
/// # Example
/// ```
/// use filtercert::audit::sweep::{Plan, SweepKey, sweep};
/// use filtercert::number::ratio;
///
/// let problem = filtercert::read_problem("examples/small.toml".as_ref())?;
/// let plan = Plan {
///     key: SweepKey::Prior,
///     ends: [ratio(1, 2), ratio(3, 4)],
///     points: 3,
///     ratio: ratio(2, 1),
///     certify: false,
/// };
/// let found = sweep(&problem, &plan)?;
/// assert_eq!(found.points[1].measure, Some(ratio(1, 4)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn sweep(problem: &Problem, plan: &Plan) -> Result<Sweep, SweepError> {
    sweep_with(problem, plan, &|_, _, _| {})
}

/// The same, telling of every value as soon as it was looked at, and once more when it is also certified where that is
/// asked for: its place, what was found, and whether that is all.
///
/// # Errors
/// As [`sweep`].
pub fn sweep_with(
    problem: &Problem,
    plan: &Plan,
    finished: &(dyn Fn(usize, &SweepPoint, bool) + Sync),
) -> Result<Sweep, SweepError> {
    let [from, to] = &plan.ends;
    // A message is about an end, which was written down, and not about a value between.
    for end in [from, to] {
        plan.key.changed(problem, end)?;
    }
    let last = plan.points.max(2) - 1;
    let at = |i: u32| from + (to - from) * integer(i) / integer(last);
    let tell = |place: usize, point: &SweepPoint, whole: bool| {
        // What ends now was not looked at to its end.
        if interrupt::asked().is_none() {
            finished(place, point, whole);
        }
    };
    let points: Vec<Result<SweepPoint, SweepError>> = (0..=last)
        .into_par_iter()
        .map(|i| {
            let (value, place) = (at(i), i as usize);
            let changed = plan.key.changed(problem, &value)?;
            let mut point = look_at(plan.key, &value, &changed);
            tell(place, &point, !plan.certify);
            if plan.certify && interrupt::asked().is_none() {
                point.certified = certified(&changed);
                tell(place, &point, true);
            }
            Ok(point)
        })
        .collect();
    // Of several errors the first, however many threads there are.
    let points: Vec<SweepPoint> = points.into_iter().collect::<Result<_, _>>()?;
    let mut conclusions = vec![Conclusion::Ratio(plan.ratio.clone()), Conclusion::Accuracy];
    for (i, form) in forms().enumerate() {
        let holds = |point: &SweepPoint| point.applies.get(i) == Some(&true);
        if points.iter().any(holds) {
            conclusions.push(Conclusion::Applies(i, form.statement().id));
        }
    }
    let look = |conclusion: &Conclusion, value: &Q| {
        let Ok(changed) = plan.key.changed(problem, value) else {
            return (None, None);
        };
        if let Conclusion::Applies(place, _) = conclusion {
            let form = forms().nth(*place);
            let applies = form.map(|form| form.applies(&changed, &audit(&changed)).is_ok());
            return (applies, None);
        }
        let mut point = SweepPoint::new(value);
        point.walk(&changed);
        (conclusion.holds(&point), conclusion.margin(&point))
    };
    let thresholds = threshold::find(&points, conclusions, &look);
    let stopped = interrupt::asked().map(|limit| format!("stopped: {limit}"));
    let stopped = stopped.or_else(|| {
        let mut stops = points.iter().filter_map(|point| point.stopped.as_ref());
        stops.next().map(Stop::to_string)
    });
    Ok(Sweep {
        points,
        thresholds,
        stopped,
    })
}

/// All that is found at one value, but for the certificate.
fn look_at(key: SweepKey, value: &Q, problem: &Problem) -> SweepPoint {
    let audits = audit(problem);
    let mut point = SweepPoint::new(value);
    point.measure = match key.measures() {
        None => Some(value.clone()),
        Some(id) => {
            let of = audits.iter().find(|audit| audit.id == id);
            of.and_then(|audit| audit.measure.clone())
        }
    };
    point.applies = forms()
        .map(|form| form.applies(problem, &audits).is_ok())
        .collect();
    point.walk(problem);
    point
}

/// The earliest step from which a theorem certifies accuracy 1.
fn certified(problem: &Problem) -> Option<Certified> {
    let audits = audit(problem);
    // The figures are asked for and not the verdict: no path need be followed, and no law built.
    let mut budget = Budget {
        exact_paths: 0,
        all_paths: 0,
        ..Budget::default()
    };
    budget.law.max_work = 0;
    let context = Context::new(problem, &audits).with_budget(budget);
    let certify = [TheoremId::T5, TheoremId::T6, TheoremId::T6c, TheoremId::T12];
    let of = forms().filter(|form| certify.contains(&form.statement().id));
    let found = of.filter_map(|form| {
        form.applies(problem, &audits).ok()?;
        let outcome = form.check(&context, Theory::Stated);
        if matches!(outcome.verdict, Verdict::Refuted { .. }) {
            return None;
        }
        let (t, is_least) = match outcome.figures.get("least_certified_t")? {
            Figure::Exact(t) => (t.clone(), true),
            Figure::AtMost(t) => (integer(*t), false),
            _ => return None,
        };
        Some(Certified {
            theorem: form.statement().id,
            t: u64::try_from(t.to_integer()).ok()?,
            is_least,
        })
    });
    found.min_by_key(|found| found.t)
}
