//! What thresholds and probabilities are compared with: the exact law, exact end points of the
//! simulated runs, and a few paths followed exactly at every step.

use super::super::context::Context;
use super::super::evidence::Frequency;
use super::super::evidence::{self as drivers, Survey, Watcher};
use super::super::violation::{self, Course, Detail, Relation, Violation};
use super::RATIOS;
use super::claim::{Form, Setup};
use super::search::Thresholds;
use crate::dynamics::path::{ExactPath, View};
use crate::dynamics::sampler::Draw;
use crate::dynamics::walks::{EndPoint, end_points};
use crate::number::{Q, integer};
use crate::problem::{Label, Problem};
use num_bigint::BigInt;
use num_traits::Zero;
use serde_json::{Value, json};
use std::cell::Cell;

/// Exact paths that are followed at every step, where there are too many to follow all.
const PATHS: u64 = 2;

/// States times steps up to which all ratios are compared with the exact law, not only the reported one.
const MAX_WORK_OF_ALL: u64 = 2_000_000;

/// The clause of the claim about thresholds.
pub(super) const IMPLIED: &str = "where the thresholds hold, the squared ratio is at least R^2";

/// Winners and losers by their place.
#[derive(Debug, Clone)]
pub(super) struct Camps {
    is_winner: Vec<bool>,
}

impl Camps {
    pub fn new(problem: &Problem) -> Self {
        let mut is_winner = vec![false; problem.n_filters()];
        for y in Label::BOTH {
            for j in problem.winners(y) {
                is_winner[j] = true;
            }
        }
        Camps { is_winner }
    }

    pub fn has_losers(&self) -> bool {
        self.is_winner.iter().any(|w| !w)
    }

    /// The least winner's and the largest loser's squared norm, with the filters.
    fn extremes<T: Ord>(&self, norms: Vec<T>) -> Option<Extremes<T>> {
        let mut winner: Option<(T, usize)> = None;
        let mut loser: Option<(T, usize)> = None;
        for (j, norm) in norms.into_iter().enumerate() {
            if self.is_winner[j] {
                if winner.as_ref().is_none_or(|(least, _)| norm < *least) {
                    winner = Some((norm, j));
                }
            } else if loser.as_ref().is_none_or(|(most, _)| norm > *most) {
                loser = Some((norm, j));
            }
        }
        Some(Extremes {
            winner: winner?,
            loser: loser?,
        })
    }
}

/// The two filters that decide the ratio.
#[derive(Debug, Clone)]
struct Extremes<T> {
    winner: (T, usize),
    loser: (T, usize),
}

impl Extremes<i128> {
    /// How many of the ratios are attained.
    fn attained(&self) -> usize {
        RATIOS.partition_point(|&r| {
            let square = i128::from(r) * i128::from(r);
            match self.loser.0.checked_mul(square) {
                Some(bound) => self.winner.0 >= bound,
                None => BigInt::from(self.winner.0) >= BigInt::from(self.loser.0) * square,
            }
        })
    }

    fn rational(self) -> Extremes<Q> {
        Extremes {
            winner: (integer(self.winner.0), self.winner.1),
            loser: (integer(self.loser.0), self.loser.1),
        }
    }
}

impl Extremes<Q> {
    fn attained(&self) -> usize {
        RATIOS.partition_point(|&r| self.winner.0 >= integer(r) * integer(r) * &self.loser.0)
    }
}

/// The extremes of a path's present state, and how many of the ratios they attain.
fn extremes_of(path: &ExactPath<'_>, camps: &Camps) -> Option<(Extremes<Q>, usize)> {
    match path.view() {
        View::Integers { weights, .. } => {
            let square = |&z: &i64| i128::from(z) * i128::from(z);
            let rows = weights.chunks_exact(path.problem().n_patterns());
            let norms = rows.map(|row| row.iter().map(square).sum()).collect();
            let found: Extremes<i128> = camps.extremes(norms)?;
            let attained = found.attained();
            Some((found.rational(), attained))
        }
        View::Rational(state) => {
            let norm = |row: &[Q]| row.iter().fold(Q::zero(), |sum, z| sum + z * z);
            let found = camps.extremes(state.weights.iter_rows().map(norm).collect())?;
            let attained = found.attained();
            Some((found, attained))
        }
    }
}

/// Where a path stands, as far as thresholds ask.
struct Place<'a> {
    samples: [u64; 2],
    /// `S_k` and `max |S_k|` of the background patterns.
    walk: &'a [i64],
    walk_max: &'a [i64],
}

impl Place<'_> {
    /// Do these thresholds hold here?
    fn meets(&self, setup: &Setup, thresholds: &Thresholds) -> bool {
        let enough = self.samples.iter().zip(&thresholds.b).all(|(n, b)| n >= b);
        enough
            && setup
                .groups
                .iter()
                .zip(&thresholds.lambda)
                .all(|(group, &lambda)| {
                    let within = |s: i64| s <= 0 || s.unsigned_abs() <= lambda;
                    let [rise, fall] = &group.grows;
                    match thresholds.form {
                        Form::Stated => group.members.iter().all(|&k| within(self.walk_max[k])),
                        Form::Alive => rise.iter().chain(fall).all(|&k| within(self.walk_max[k])),
                        Form::EndPoint => {
                            rise.iter().all(|&k| within(self.walk[k]))
                                && fall.iter().all(|&k| within(-self.walk[k]))
                        }
                    }
                })
    }

    /// The first of these thresholds that hold although their ratio is not among the first
    /// `attained` ones.
    fn broken<'t>(
        &self,
        setup: &Setup,
        all: &'t [Thresholds],
        attained: impl FnOnce() -> Option<usize>,
    ) -> Option<&'t Thresholds> {
        let mut met = all.iter().filter(|t| self.meets(setup, t)).peekable();
        met.peek()?;
        let attained = attained()?;
        met.find(|t| RATIOS.iter().position(|&r| r == t.ratio) >= Some(attained))
    }
}

/// What the exact end points of the simulated runs show.
#[derive(Debug, Clone)]
pub(super) struct Sampled {
    pub runs: u64,
    /// In how many runs each of [`RATIOS`] was attained.
    pub successes: [u64; RATIOS.len()],
    /// In how many runs the thresholds held, one number for each of them.
    pub met: Vec<u64>,
    /// The first run in which thresholds held and their ratio was missed.
    pub violation: Option<(String, Value)>,
}

/// The runs of the problem at its last step; `None` where end points are not computed directly.
pub(super) fn sampled(
    problem: &Problem,
    setup: Option<&Setup>,
    camps: &Camps,
    thresholds: &[Thresholds],
) -> Option<Sampled> {
    let training = &problem.training();
    let visit = |end: &EndPoint<'_>| {
        let found = camps.extremes(end.norms_squared());
        let attained = found.as_ref().map_or(0, |found| found.attained());
        let place = Place {
            samples: end.label_counts,
            walk: end.walk,
            walk_max: end.walk_max,
        };
        let met: Vec<bool> = match setup {
            Some(setup) => thresholds.iter().map(|t| place.meets(setup, t)).collect(),
            None => Vec::new(),
        };
        let broken = setup.and_then(|s| place.broken(s, thresholds, || Some(attained)));
        let violation = broken.zip(found).map(|(thresholds, found)| {
            tell(
                thresholds,
                &place,
                found.rational(),
                json!({"seed": training.seed, "run": end.run}),
                training.steps,
            )
        });
        (attained, met, violation)
    };
    let seen = end_points(
        problem,
        training.steps,
        training.runs,
        training.seed,
        &visit,
    )?;
    let mut sampled = Sampled {
        runs: training.runs,
        successes: [0; RATIOS.len()],
        met: vec![0; thresholds.len()],
        violation: None,
    };
    for (attained, met, violation) in seen {
        for count in &mut sampled.successes[..attained] {
            *count += 1;
        }
        for (count, met) in sampled.met.iter_mut().zip(met) {
            *count += u64::from(met);
        }
        if sampled.violation.is_none() {
            sampled.violation = violation;
        }
    }
    Some(sampled)
}

impl Sampled {
    /// How often a ratio was attained.
    pub fn frequency(&self, ratio: u64) -> Frequency {
        Frequency {
            successes: self.successes_of(ratio),
            runs: self.runs,
        }
    }

    pub fn successes_of(&self, ratio: u64) -> u64 {
        let at = RATIOS.iter().position(|&r| r == ratio);
        at.map_or(0, |i| self.successes[i])
    }
}

/// The sentence and the witness of thresholds that hold where the ratio is missed.
fn tell(
    thresholds: &Thresholds,
    place: &Place<'_>,
    found: Extremes<Q>,
    path: Value,
    step: u64,
) -> (String, Value) {
    let ratio = thresholds.ratio;
    let text = format!(
        "At step {step} of a path the thresholds of the {} form for ratio {ratio} hold, but winner {} is not {ratio} times as long as loser {}.",
        thresholds.form.name(),
        found.winner.1,
        found.loser.1,
    );
    let squared = if found.loser.0.is_zero() {
        Value::Null
    } else {
        json!((&found.winner.0 / &found.loser.0).to_string())
    };
    let witness = json!({
        "path": path,
        "step": step,
        "form": thresholds.form.name(),
        "ratio": ratio,
        "winner": found.winner.1,
        "loser": found.loser.1,
        "ratio_squared_found": squared,
        "samples": place.samples,
        "thresholds": {"samples": thresholds.b, "walks": thresholds.lambda},
        "walk": place.walk,
        "walk_max": place.walk_max,
    });
    (text, witness)
}

/// Watches the thresholds along a path.
#[derive(Debug, Clone)]
pub(super) struct Tracker<'c> {
    setup: &'c Setup,
    camps: &'c Camps,
    thresholds: &'c [Thresholds],
    samples: [u64; 2],
    walk: Vec<i64>,
    walk_max: Vec<i64>,
    /// Steps at which some thresholds held.
    met: u64,
}

impl Watcher for Tracker<'_> {
    fn observe(&mut self, path: &ExactPath<'_>, batch: &[Draw]) -> Result<(), Box<Violation>> {
        for draw in batch {
            self.samples[draw.label.index()] += 1;
            for &p in draw.present.iter().filter(|p| **p >= 2) {
                let k = p as usize - 2;
                self.walk[k] += draw.label.sign() * i64::from(draw.counts[p as usize]);
                self.walk_max[k] = self.walk_max[k].max(self.walk[k].abs());
            }
        }
        let place = Place {
            samples: self.samples,
            walk: &self.walk,
            walk_max: &self.walk_max,
        };
        let met = &mut self.met;
        let mut found = None;
        let broken = place.broken(self.setup, self.thresholds, || {
            *met += 1;
            let (extremes, attained) = extremes_of(path, self.camps)?;
            found = Some(extremes);
            Some(attained)
        });
        let (Some(broken), Some(found)) = (broken, found) else {
            return Ok(());
        };
        let ratio = integer(broken.ratio);
        let violation = Violation::new(
            violation::Place::of(Course::Cases).filter(found.loser.1),
            IMPLIED,
            Relation::AtLeast,
            &ratio * &ratio,
            found.winner.0 / found.loser.0,
        );
        Err(Box::new(
            violation
                .with("form", Detail::Word(broken.form.name()))
                .with("winner", (found.winner.1 as u64).into()),
        ))
    }
}

/// Follows paths exactly, at every step: all of a tiny problem, a few of any other. The number beside
/// it counts the steps at which some thresholds held.
pub(super) fn along_paths<'c>(
    context: &Context<'_>,
    setup: &'c Setup,
    camps: &'c Camps,
    thresholds: &'c [Thresholds],
) -> (Survey<Tracker<'c>>, u64) {
    let mut budget = context.budget.clone();
    budget.exact_paths = budget.exact_paths.min(PATHS);
    let background = context.problem.n_patterns() - 2;
    let found = drivers::along_paths(&context.with_budget(budget), |_| Tracker {
        setup,
        camps,
        thresholds,
        samples: [0; 2],
        walk: vec![0; background],
        walk_max: vec![0; background],
        met: 0,
    });
    let met = found.ends.iter().map(|end| end.met).sum();
    (found, met)
}

/// Exact probabilities that a ratio is attained.
pub(super) struct ExactLaw<'c, 'p> {
    context: &'c Context<'p>,
    camps: &'c Camps,
    /// How many ratios each state attains, once it was asked for.
    attained: Vec<Cell<Option<usize>>>,
}

impl<'c, 'p> ExactLaw<'c, 'p> {
    /// The exact law, or the limit that keeps it from the problem's last step.
    pub fn new(context: &'c Context<'p>, camps: &'c Camps) -> Result<Self, String> {
        let chain = context.chain().map_err(ToString::to_string)?;
        match chain.stopped() {
            Some(stop) if stop.t < context.problem.training().steps => Err(stop.to_string()),
            _ => Ok(ExactLaw {
                context,
                camps,
                attained: vec![Cell::new(None); chain.n_states()],
            }),
        }
    }

    /// Are all ratios compared?
    pub fn is_cheap(&self) -> bool {
        let steps = self.context.problem.training().steps;
        steps.saturating_mul(self.attained.len() as u64) <= MAX_WORK_OF_ALL
    }

    /// `P(ratio at every s in [from, to])`; `None` beyond a limit.
    pub fn always(&self, ratio: u64, from: u64, to: u64) -> Option<Q> {
        let chain = self.context.chain().ok()?;
        let wanted = RATIOS.iter().position(|&r| r == ratio)?;
        chain.always(from, to, &|state| {
            let cell = &self.attained[state];
            let attained = cell.get().unwrap_or_else(|| {
                let norms = chain.norms_squared(state).unwrap_or_default();
                let found = self.camps.extremes(norms);
                let attained = found.map_or(0, |found| found.attained());
                cell.set(Some(attained));
                attained
            });
            attained > wanted
        })
    }
}
