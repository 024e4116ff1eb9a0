//! What thresholds and probabilities are compared with: the exact law, exact end points of the
//! simulated runs, and a few paths followed exactly at every step.

use super::curve::Thresholds;
use super::setting::{Form, Setting};
use crate::dynamics::path::{ExactPath, View};
use crate::dynamics::sampler::Draw;
use crate::dynamics::walks::EndPoint;
use crate::theory::evidence::{Frequency, Survey, Watcher, along_paths};
use crate::theory::prelude::*;
use crate::theory::thresholds::{RATIOS, StateLaw};

/// Exact paths that are followed at every step, where there are too many to follow all.
const PATHS: u64 = 2;

/// States times steps up to which all ratios are compared with the exact law, not only the reported one.
const MAX_WORK_OF_ALL: u64 = 2_000_000;

/// The clause about paths.
pub(super) const IMPLIED: &str = "where the thresholds hold, the squared ratio is at least R^2";

impl Setting {
    /// The filters that decide the ratio, by their squared norms over a common denominator; `is_times` says whether one
    /// norm is at least so many times another.
    fn extremes<T: Ord>(
        &self,
        norms: Vec<T>,
        rational: impl Fn(&T) -> Q,
        is_times: impl Fn(&T, u64, &T) -> bool,
    ) -> Option<Extremes> {
        let norms: Vec<(T, usize)> = norms.into_iter().zip(0..).collect();
        let (winner, loser) = self.camps.extremes(&norms);
        let (winner, loser) = (winner?, loser?);
        Some(Extremes {
            attained: RATIOS.partition_point(|&r| is_times(&winner.0, r, &loser.0)),
            winner: (rational(&winner.0), winner.1),
            loser: (rational(&loser.0), loser.1),
        })
    }

    /// The same of machine integers.
    fn extremes_of_words(&self, norms: Vec<i128>) -> Option<Extremes> {
        let is_times = |least: &i128, ratio: u64, most: &i128| {
            let square = i128::from(ratio).checked_mul(ratio.into());
            let bound = square.and_then(|square| square.checked_mul(*most));
            // What no machine integer holds is larger.
            bound.is_some_and(|bound| *least >= bound)
        };
        self.extremes(norms, |&norm| integer(norm), is_times)
    }

    /// The same of rationals.
    fn extremes_of_rationals(&self, norms: Vec<Q>) -> Option<Extremes> {
        let is_times = |least: &Q, ratio: u64, most: &Q| {
            let bound = most.numer() * least.denom() * ratio * ratio;
            least.numer() * most.denom() >= bound
        };
        self.extremes(norms, Q::clone, is_times)
    }

    /// The same where a path stands.
    fn on_path(&self, path: &ExactPath<'_>) -> Option<Extremes> {
        match path.view() {
            View::Integers { weights, .. } => {
                let square = |&z: &i64| i128::from(z) * i128::from(z);
                let rows = weights.chunks_exact(path.problem().n_patterns());
                let norms = rows.map(|row| row.iter().map(square).sum()).collect();
                self.extremes_of_words(norms)
            }
            View::Rational(state) => {
                self.extremes_of_rationals(state.norms_squared(path.problem()))
            }
        }
    }
}

/// The two filters that decide the ratio.
#[derive(Debug, Clone)]
struct Extremes {
    /// The least winner's squared norm, and which it is.
    winner: (Q, usize),
    /// The largest loser's.
    loser: (Q, usize),
    /// How many of [`RATIOS`] are attained.
    attained: usize,
}

/// What thresholds ask of a path.
#[derive(Clone)]
struct SoFar<W> {
    samples: [u64; 2],
    /// `S_k` and `max |S_k|` of the background patterns.
    walk: W,
    walk_max: W,
}

impl<W: AsRef<[i64]>> SoFar<W> {
    /// Do these thresholds hold here?
    fn meets(&self, setting: &Setting, thresholds: &Thresholds) -> bool {
        let within = |s: i64, lambda: u64| s <= 0 || s.unsigned_abs() <= lambda;
        let (walk, walk_max) = (self.walk.as_ref(), self.walk_max.as_ref());
        let mut samples = self.samples.iter().zip(&thresholds.b);
        let mut groups = setting.groups.iter().zip(&thresholds.lambda);
        samples.all(|(n, b)| n >= b)
            && groups.all(|(group, &lambda)| {
                let farthest = |k: &usize| within(walk_max[*k], lambda);
                let [rise, fall] = &group.grows;
                match thresholds.form {
                    Form::Stated => group.members.iter().all(farthest),
                    Form::Alive => rise.iter().chain(fall).all(farthest),
                    Form::EndPoint => {
                        rise.iter().all(|&k| within(walk[k], lambda))
                            && fall.iter().all(|&k| within(-walk[k], lambda))
                    }
                }
            })
    }

    /// The first of these thresholds that hold although their ratio is not among the first
    /// `attained` ones.
    fn broken<'t>(
        &self,
        setting: &Setting,
        all: &'t [Thresholds],
        attained: impl FnOnce() -> Option<usize>,
    ) -> Option<&'t Thresholds> {
        let mut met = all.iter().filter(|t| self.meets(setting, t)).peekable();
        met.peek()?;
        let attained = attained()?;
        met.find(|t| RATIOS.iter().position(|&r| r == t.ratio) >= Some(attained))
    }
}

/// Thresholds that hold where their ratio is missed.
fn missed(place: Place, thresholds: &Thresholds, found: Extremes) -> Violation {
    let ratio = integer(thresholds.ratio);
    let square = &ratio * &ratio;
    let quotient = found.winner.0 / found.loser.0;
    let place = place.filter(found.loser.1);
    let violation = Violation::new(place, IMPLIED, AtLeast, square, quotient);
    with_thresholds(violation, thresholds).with("winner", (found.winner.1 as u64).into())
}

/// A violation with the thresholds that it is about.
pub(super) fn with_thresholds(violation: Violation, thresholds: &Thresholds) -> Violation {
    violation
        .with("form", Detail::Word(thresholds.form.name()))
        .with("samples", thresholds.b[..].into())
        .with("walks", thresholds.lambda[..].into())
}

/// How many of [`RATIOS`] each of the simulated runs attains at the last step, and the first run in which thresholds
/// held and their ratio was missed; `None` where end points are not computed directly.
pub(super) fn at_ends(
    context: &Context<'_>,
    setting: &Setting,
    thresholds: &[Thresholds],
) -> Option<(Vec<usize>, Option<Violation>)> {
    let training = context.problem.training();
    let (steps, runs, seed) = (training.steps, training.runs, training.seed);
    let visit = |end: &EndPoint<'_>| {
        let Some(found) = setting.extremes_of_words(end.norms_squared()) else {
            return (0, None);
        };
        let attained = found.attained;
        let so_far = SoFar {
            samples: end.label_counts,
            walk: end.walk,
            walk_max: end.walk_max,
        };
        let broken = so_far.broken(setting, thresholds, || Some(attained));
        let place = Place::of(Course::Run { seed, run: end.run }).at(steps);
        (attained, broken.map(|broken| missed(place, broken, found)))
    };
    let seen = context.visit_ends(runs, &visit)?;
    let (attained, violations): (Vec<_>, Vec<_>) = seen.into_iter().unzip();
    Some((attained, violations.into_iter().flatten().next()))
}

/// How often a ratio was attained.
pub(super) fn frequency(attained: &[usize], ratio: u64) -> Frequency {
    let smaller = RATIOS.partition_point(|&r| r < ratio);
    Frequency {
        successes: attained.iter().filter(|n| **n > smaller).count() as u64,
        runs: attained.len() as u64,
    }
}

/// Watches the thresholds along a path.
#[derive(Clone)]
pub(super) struct Tracker<'c> {
    setting: &'c Setting,
    thresholds: &'c [Thresholds],
    so_far: SoFar<Vec<i64>>,
    /// Steps at which some thresholds held.
    pub met: u64,
}

impl Watcher for Tracker<'_> {
    fn observe(&mut self, path: &ExactPath<'_>, batch: &[Draw]) -> Result<(), Box<Violation>> {
        let (so_far, met) = (&mut self.so_far, &mut self.met);
        for draw in batch {
            so_far.samples[draw.label.index()] += 1;
            for &p in draw.present.iter().filter(|p| **p >= 2) {
                let k = p as usize - 2;
                so_far.walk[k] += draw.label.sign() * i64::from(draw.counts[p as usize]);
                so_far.walk_max[k] = so_far.walk_max[k].max(so_far.walk[k].abs());
            }
        }
        let mut found = None;
        let broken = so_far.broken(self.setting, self.thresholds, || {
            *met += 1;
            found = self.setting.on_path(path);
            found.as_ref().map(|found| found.attained)
        });
        match broken.zip(found) {
            // The driver says on which path, and after which step.
            Some((broken, found)) => {
                let place = Place::of(Course::Cases);
                Err(Box::new(missed(place, broken, found)))
            }
            None => Ok(()),
        }
    }
}

/// Follows paths exactly, at every step: all of a tiny problem, a few of any other.
pub(super) fn follow<'c>(
    context: &Context<'_>,
    setting: &'c Setting,
    thresholds: &'c [Thresholds],
) -> Survey<Tracker<'c>> {
    let mut budget = context.budget.clone();
    budget.exact_paths = budget.exact_paths.min(PATHS);
    let background = context.problem.n_patterns() - 2;
    along_paths(&context.with_budget(budget), |_| Tracker {
        setting,
        thresholds,
        so_far: SoFar {
            samples: [0; 2],
            walk: vec![0; background],
            walk_max: vec![0; background],
        },
        met: 0,
    })
}

/// Exact probabilities that a ratio is attained.
pub(super) struct ExactLaw<'c, 'p> {
    /// With how many ratios each state attains.
    law: StateLaw<'c, 'p, usize>,
    setting: &'c Setting,
}

impl<'c, 'p> ExactLaw<'c, 'p> {
    /// The exact law, or the limit that keeps it from the problem's last step.
    pub fn new(context: &'c Context<'p>, setting: &'c Setting) -> Result<Self, Remark> {
        let law = StateLaw::new(context)?;
        Ok(ExactLaw { law, setting })
    }

    /// Are all ratios compared, over this many steps?
    pub fn is_cheap(&self, steps: u64) -> bool {
        self.law.work(steps) <= MAX_WORK_OF_ALL
    }

    /// `P(ratio at every s in [from, to])`, or the limit.
    pub fn always(&self, ratio: u64, from: u64, to: u64) -> Result<Q, Remark> {
        let wanted = RATIOS.partition_point(|&r| r < ratio);
        self.law.always(from, to, &|state| {
            let attained = self.law.of(state, || {
                let norms = self.law.chain.norms_squared(state).unwrap_or_default();
                let found = self.setting.extremes_of_rationals(norms);
                found.map_or(0, |found| found.attained)
            });
            *attained > wanted
        })
    }
}
