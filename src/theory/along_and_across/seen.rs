//! What T12 is compared with: every step of a few exact paths, and the exact law.

use super::goals::{Aim, Found, Goal};
use super::setting::{Form, Parts, Setting};
use super::{IMPLIED, MEAN, OWN, WRONG};
use crate::dynamics::accuracy::margin_range;
use crate::dynamics::gradient::Model;
use crate::dynamics::path::ExactPath;
use crate::dynamics::sampler::Draw;
use crate::dynamics::state::State;
use crate::theory::evidence::{Survey, Watcher, along_paths};
use crate::theory::prelude::*;
use crate::theory::thresholds::StateLaw;
use num_traits::{Signed, Zero};

/// Exact paths that are followed at every step, where there are too many to follow all.
const PATHS: u64 = 2;

/// Products of rationals that each of them may take.
const MAX_WORK: u64 = 200_000;

/// States times steps up to which the parts across are compared with the exact law.
const MAX_STATES: u64 = 200_000;

/// What is claimed of every state: how much parts across grow in the mean, at most.
pub(super) struct MeanGrowth<'c> {
    setting: &'c Setting,
    /// By filter and form; `None` for those of which the theorem does not speak.
    most: Vec<Option<[Q; 2]>>,
}

impl<'c> MeanGrowth<'c> {
    pub fn new(setting: &'c Setting) -> Self {
        let filters = setting.filters.iter().enumerate();
        let most = filters.map(|(j, filter)| {
            let most = || Form::ALL.map(|form| setting.most_in_the_mean(form, j));
            setting.covers(filter).then(most)
        });
        MeanGrowth {
            most: most.collect(),
            setting,
        }
    }

    /// Compares where a path stands with what is claimed of it.
    pub fn check(&self, path: &ExactPath<'_>, place: &Place) -> Result<(), Box<Violation>> {
        for (j, most) in self.most.iter().enumerate() {
            let Some(most) = most else { continue };
            for (form, claimed) in Form::ALL.into_iter().zip(most) {
                let found = self.setting.mean_growth(form, j, path);
                MEAN.check(place.clone().filter(j), claimed, &found)?;
            }
        }
        Ok(())
    }
}

/// Watches a path.
#[derive(Clone)]
pub(super) struct Tracker<'c> {
    setting: &'c Setting,
    growth: &'c MeanGrowth<'c>,
    goals: &'c [Goal],
    model: &'c Model<Q>,
    samples: [u64; 2],
    /// The largest `|w_perp|^2` so far, of each filter and form.
    largest: Vec<[Q; 2]>,
    /// Steps at which some thresholds held.
    pub met: u64,
}

impl<'c> Tracker<'c> {
    pub fn new(growth: &'c MeanGrowth<'c>, goals: &'c [Goal], model: &'c Model<Q>) -> Self {
        let setting = growth.setting;
        Tracker {
            largest: setting.filters.iter().map(|f| f.across.clone()).collect(),
            setting,
            growth,
            goals,
            model,
            samples: [0; 2],
            met: 0,
        }
    }

    /// What is said of the keys: the own one grows with each sample of its label or stays, the other one does not grow.
    fn keys(&self, parts: &[Parts]) -> Result<(), Box<Violation>> {
        for (j, (parts, filter)) in parts.iter().zip(&self.setting.filters).enumerate() {
            let place = Place::of(Course::Cases).filter(j);
            let grown = match filter.wins() {
                true => &filter.growth * integer(self.samples[filter.side.index()]),
                false => Q::zero(),
            };
            OWN.check(place.clone(), &(&filter.own + grown), &parts.own)?;
            WRONG[0].check(place.clone(), &filter.wrong, &parts.wrong)?;
            let square = &parts.wrong * &parts.wrong;
            WRONG[1].check(place, &filter.wrong_reach, &square)?;
        }
        Ok(())
    }
}

impl Watcher for Tracker<'_> {
    fn observe(&mut self, path: &ExactPath<'_>, batch: &[Draw]) -> Result<(), Box<Violation>> {
        for draw in batch {
            self.samples[draw.label.index()] += 1;
        }
        let parts = self.setting.parts_on(path);
        self.keys(&parts)?;
        // The driver says on which path, and after which step.
        let place = Place::of(Course::Cases);
        self.growth.check(path, &place)?;
        for (largest, parts) in self.largest.iter_mut().zip(&parts) {
            for (largest, now) in largest.iter_mut().zip(&parts.across) {
                if *now > *largest {
                    *largest = now.clone();
                }
            }
        }
        for goal in self.goals {
            if !goal.is_met(self.samples, &self.largest) {
                continue;
            }
            self.met += 1;
            let least = || least_margin(self.model, path.problem(), &path.state());
            let found = self.setting.reached(&goal.aim, &parts, least);
            if let Some(missed) = found.filter(|found| !found.holds) {
                return Err(Box::new(missed_by(place, goal, missed)));
            }
        }
        Ok(())
    }
}

fn least_margin(model: &Model<Q>, problem: &Problem, state: &State<Q>) -> Q {
    margin_range(model, problem, state).map_or_else(Q::zero, |(least, _)| least)
}

/// Thresholds that hold where their conclusion is missed.
fn missed_by(place: Place, goal: &Goal, missed: Found) -> Violation {
    let Found {
        relation,
        claimed,
        found,
        ..
    } = missed;
    let violation = Violation::new(place, IMPLIED, relation, claimed, found);
    with_thresholds(violation, goal)
}

/// A violation with the thresholds that it is about.
pub(super) fn with_thresholds(violation: Violation, goal: &Goal) -> Violation {
    let squares = goal.squares.iter().flatten().cloned().collect();
    violation
        .with("form", Detail::Word(goal.form.name()))
        .with("method", Detail::Word(goal.method.name()))
        .with("samples", Detail::Integers(goal.counts.to_vec()))
        .with("squares_across", Detail::Numbers(squares))
}

/// Follows paths exactly, at every step: all of a tiny problem, a few of any other, as far as the work allows.
pub(super) fn follow<'c>(
    context: &Context<'_>,
    growth: &'c MeanGrowth<'c>,
    goals: &'c [Goal],
    model: &'c Model<Q>,
) -> Survey<Tracker<'c>> {
    let problem = context.problem;
    let (n, p) = (problem.n_filters() as u64, problem.n_patterns() as u64);
    let coherent = if problem.dictionary().gram().is_some() {
        p
    } else {
        1
    };
    let work = MAX_WORK / (n * p * coherent).max(1);
    let mut budget = context.budget.clone();
    budget.exact_paths = budget.exact_paths.min(PATHS);
    budget.all_paths = budget
        .all_paths
        .min(work / 4 / problem.training().steps.max(1));
    budget.exact_path_steps = budget.exact_path_steps.min(work).max(1);
    along_paths(&context.with_budget(budget), |_| {
        Tracker::new(growth, goals, model)
    })
}

/// Exact probabilities.
pub(super) struct ExactLaw<'c, 'p> {
    /// With the parts of the filters in each state.
    law: StateLaw<'c, 'p, Vec<Parts>>,
    setting: &'c Setting,
}

impl<'c, 'p> ExactLaw<'c, 'p> {
    /// The exact law, or the limit that keeps it from the problem's last step.
    pub fn new(context: &'c Context<'p>, setting: &'c Setting) -> Result<Self, Remark> {
        let law = StateLaw::new(context)?;
        Ok(ExactLaw { law, setting })
    }

    /// Are parts across compared, over this many steps?
    pub fn is_cheap(&self, steps: u64) -> bool {
        self.law.work(steps) <= MAX_STATES
    }

    fn parts(&self, state: usize) -> &[Parts] {
        self.law.of(state, || {
            let chain = self.law.chain;
            let Some(found) = chain.state(state) else {
                return Vec::new();
            };
            let norms = found.norms_squared(chain.problem());
            self.setting.parts(&found.weights, &norms)
        })
    }

    /// `P(the conclusion is there at every s in [from, to])`, or the limit.
    pub fn always(&self, aim: &Aim, from: u64, to: u64) -> Result<Q, Remark> {
        self.law.always(from, to, &|state| match aim {
            Aim::Accuracy => self.law.chain.is_perfect(state),
            aim => {
                let found = self.setting.reached(aim, self.parts(state), Q::zero);
                found.is_none_or(|found| found.holds)
            }
        })
    }

    /// The largest `|w_perp|^2` of filter j in any state.
    pub fn largest(&self, j: usize, form: Form) -> Q {
        let states = (0..self.law.chain.n_states()).filter_map(|state| self.parts(state).get(j));
        let across = states.map(|parts| &parts.across[form as usize]);
        across.max().cloned().unwrap_or_default()
    }

    /// The probability that `|w_perp|^2` of filter j is at most a bound, or below it if that is `strict`, at every `s <= to`;
    /// `None` beyond a limit.
    pub fn within(&self, j: usize, form: Form, bound: &Q, strict: bool, to: u64) -> Option<Q> {
        let good = |state: usize| {
            let parts = self.parts(state).get(j);
            parts.is_some_and(|parts| {
                let across = &parts.across[form as usize];
                across < bound || (!strict && across == bound)
            })
        };
        self.law.chain.always(0, to, &good)
    }
}

/// Is anything across there at all?
pub(super) fn is_across(setting: &Setting, j: usize, form: Form) -> bool {
    let filter = &setting.filters[j];
    setting.covers(filter)
        && filter.moves[form as usize]
        && filter.across[form as usize].is_positive()
}
