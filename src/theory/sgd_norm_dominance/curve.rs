//! Which thresholds to certify with: the search, and the exact or enclosed tails of what it finds.
//!
//! Thresholds may come from anywhere: what is certified is the implication, decided in rationals,
//! and the tails, recomputed by [`crate::probability`]. The search goes along one curve: for theta
//! from 1 down to 2^-110 it takes the least bounds lambda whose tails are at most theta, and then the
//! least numbers of samples b that imply the ratio; at the end each lambda is raised as far as b allows.

use super::setting::{Form, Group, Setting};
use crate::number::ceil_sqrt;
use crate::number::{Q, integer, largest_where, least_where};
use crate::probability::fixed::{ONE, Tails, UNIT_BITS, share_rd, units, units_ru};
use crate::probability::walk::{MAX_END_PRODUCTS, supermartingale_ru};
use crate::probability::{Tail, walk_maximum_above, walk_maximum_exact};
use crate::problem::Label;
use crate::theory::thresholds::LabelCounts;
use crate::theory::thresholds::RATIOS;
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::cell::OnceCell;

/// Squared standard deviations at which lambda is tried where there are no end laws.
const SQUARES: [u64; 12] = [2, 4, 6, 8, 10, 12, 15, 18, 22, 28, 36, 50];

/// Bounds of the walks for joint norms have tails between delta and about `2^-JOINT_BITS delta`.
const JOINT_BITS: u32 = 10;

/// Norms of winners for joint norms are looked for in steps of a sample's growth over this.
const PARTS: u64 = 16;

/// Thresholds that imply a ratio.
#[derive(Debug, Clone, PartialEq)]
pub struct Thresholds {
    pub(super) form: Form,
    pub(super) ratio: u64,
    /// Least numbers of samples of each label.
    pub(super) b: [u64; 2],
    /// Bounds of the walks, one a group.
    pub(super) lambda: Vec<u64>,
}

/// How much work a tail may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effort {
    /// What the end laws give, or an exact tail that costs milliseconds.
    Quick,
    /// The best there is.
    Full,
}

/// The laws of what happens within `t` steps, made once for all ratios.
pub struct Laws<'c> {
    setting: &'c Setting,
    pub(super) t: u64,
    /// Numbers of samples, at the step at which they are counted.
    labels: LabelCounts,
    /// Where the walks end, one a group; `None` for all if they are too wide.
    ends: Option<Vec<Tails>>,
    /// What the curve offers, by form.
    candidates: [OnceCell<Vec<Candidate>>; 3],
}

/// Bounds of the walks with the sum of their tails, and what they allow losers.
#[derive(Debug)]
struct Candidate {
    lambda: Vec<u64>,
    tail: u128,
    loser: Q,
}

impl<'c> Laws<'c> {
    /// Walks up to step `t`, and samples counted there; supermartingales instead of end laws where these take too
    /// many products together.
    ///
    /// # Cost
    /// One end law for each group of patterns: about `t` times the mean square of a step, in
    /// products.
    pub(super) fn new(setting: &'c Setting, t: u64) -> Self {
        let budget = MAX_END_PRODUCTS / setting.groups.len().max(1) as u64;
        let ends = |group: &Group| Tails::of_sum(&group.law, t, budget);
        Laws {
            setting,
            t,
            labels: LabelCounts::new(&setting.prior, t, MAX_END_PRODUCTS),
            ends: setting.groups.iter().map(ends).collect(),
            candidates: [const { OnceCell::new() }; 3],
        }
    }

    /// Counts samples at another step.
    pub(super) fn count_at(&mut self, from: u64) {
        self.labels = LabelCounts::new(&self.setting.prior, from, MAX_END_PRODUCTS);
    }

    /// Are the end laws of all walks known?
    pub(super) fn has_end_laws(&self) -> bool {
        self.ends.is_some()
    }

    /// No walk of the group gets farther.
    fn reach(&self, g: usize) -> u64 {
        self.t.saturating_mul(self.setting.groups[g].law.bound())
    }

    /// An upper bound, in units, of the tail of group g in a form, over all its members.
    fn group_tail(&self, form: Form, g: usize, lambda: u64) -> u128 {
        let group = &self.setting.groups[g];
        let times = |n: usize, tail: u128| tail.saturating_mul(n as u128);
        let Some(ends) = &self.ends else {
            let tail = supermartingale_ru(&group.law, self.t, lambda);
            return times(self.members(form, g), units_ru(&tail));
        };
        if lambda >= self.reach(g) {
            return 0;
        }
        let [(_, up), (_, down)] = ends[g].sides(lambda);
        match form {
            Form::EndPoint => times(group.grows[0].len(), up) + times(group.grows[1].len(), down),
            // A walk's maximum exceeds lambda about twice as often as its end (exactly at most
            // twice if its steps are symmetric).
            Form::Stated | Form::Alive => times(self.members(form, g), 2 * (up + down)),
        }
    }

    fn members(&self, form: Form, g: usize) -> usize {
        let group = &self.setting.groups[g];
        match form {
            Form::Stated => group.members.len(),
            Form::Alive | Form::EndPoint => group.alive,
        }
    }

    /// Bounds of the walks along the curve.
    fn curve(&self, form: Form) -> Vec<Candidate> {
        // 181/256 is close to the square root of 1/2.
        let thetas =
            (0..UNIT_BITS - 10).flat_map(|bit| [256, 181].map(|part| (ONE >> bit) / 256 * part));
        self.along(form, thetas)
    }

    /// Bounds of the walks whose tails are at most these, one after another.
    fn along(&self, form: Form, thetas: impl Iterator<Item = u128>) -> Vec<Candidate> {
        let least = self.setting.least_lambda(form);
        let groups = 0..self.setting.groups.len();
        let mut curve: Vec<Vec<u64>> = match &self.ends {
            Some(ends) => {
                let at_most = |theta: u128| {
                    let least = |g: usize| {
                        let far = (ends[g].farthest() + 1).min(self.reach(g).saturating_add(1));
                        let holds = |lambda| self.group_tail(form, g, lambda) <= theta;
                        least_where(least[g], far.max(least[g]), holds)
                    };
                    groups.clone().map(least).collect()
                };
                thetas.map(at_most).collect()
            }
            None => {
                let at = |square: &u64| {
                    let far = |g: usize| {
                        let law = &self.setting.groups[g].law;
                        let variance = integer(self.t) * law.mean_square() * integer(*square);
                        let drift = (law.mean().abs() * integer(self.t)).ceil().to_integer();
                        Some((ceil_sqrt(&variance) + drift).to_u64()?.max(least[g]))
                    };
                    groups.clone().map(far).collect()
                };
                SQUARES.iter().filter_map(at).collect()
            }
        };
        curve.dedup();
        let candidate = |lambda: Vec<u64>| {
            let tails = groups.clone().map(|g| self.group_tail(form, g, lambda[g]));
            Candidate {
                tail: tails.fold(0, u128::saturating_add),
                loser: self.setting.largest_loser(form, &lambda),
                lambda,
            }
        };
        let all = curve.into_iter().map(candidate);
        all.filter(|c| c.tail < ONE).collect()
    }

    /// The thresholds found for each ratio and form, where they leave a positive probability.
    pub(super) fn by_implication(&self) -> Vec<Thresholds> {
        let of_form = |form| RATIOS.iter().filter_map(move |&r| self.best(form, r));
        Form::ALL.into_iter().flat_map(of_form).collect()
    }

    /// The thresholds found by the search; `None` where none of them leaves a positive probability.
    pub(super) fn best(&self, form: Form, ratio: u64) -> Option<Thresholds> {
        let candidates = self.candidates[form as usize].get_or_init(|| self.curve(form));
        let square = integer(ratio) * integer(ratio);
        let found = candidates.iter().filter_map(|candidate| {
            let wanted = &square * &candidate.loser;
            let b = self.setting.least_samples(form, &wanted)?;
            let tails = Label::BOTH.map(|y| self.labels.below(y, b[y.index()]).1);
            let fail = tails.into_iter().fold(candidate.tail, u128::saturating_add);
            (fail < ONE).then_some((fail, b, candidate))
        });
        let (_, b, candidate) = found.min_by_key(|(fail, ..)| *fail)?;
        let mut lambda = candidate.lambda.clone();
        // Each lambda is raised as far as the other thresholds allow, but no farther than the walk goes.
        let allowed = self.setting.least_winner(form, b) / square;
        for g in 0..lambda.len() {
            let (now, far) = (lambda[g], self.reach(g).max(lambda[g]));
            lambda[g] = largest_where(now, far, |raised| {
                lambda[g] = raised;
                self.setting.largest_loser(form, &lambda) <= allowed
            });
        }
        let implied = self.setting.implies(form, ratio, b, &lambda);
        implied.then_some(Thresholds {
            form,
            ratio,
            b,
            lambda,
        })
    }

    /// Squares such that, at step t and with probability at least `1 - delta`, the least winner norm is at least the
    /// root of the first and the largest loser norm at most that of the second, both together: in the end point form,
    /// whose tails are summed up in units, each rounded up. Of the bounds of the walks that are tried, those whose
    /// quotient is largest; for each of them as many samples as the rest of delta allows.
    pub(super) fn joint_norms(&self, delta: &Q) -> Option<[Q; 2]> {
        let form = Form::EndPoint;
        let level = share_rd(delta.numer().magnitude(), delta.denom().magnitude());
        // Fourth roots of 1/2.
        let thetas = (0..JOINT_BITS)
            .flat_map(|bit| [256, 215, 181, 152].map(|part| (level >> bit) / 256 * part));
        let found = self.along(form, thetas).into_iter().filter_map(|walks| {
            let b = self.most_samples(form, level.checked_sub(walks.tail)?)?;
            Some([self.setting.least_winner(form, b), walks.loser])
        });
        found.reduce(|best, other| {
            let better = &other[0] * &best[1] > &best[0] * &other[1];
            if better { other } else { best }
        })
    }

    /// Numbers of samples that are missed with at most this probability, in units, chosen so that every winner's norm
    /// grows.
    fn most_samples(&self, form: Form, level: u128) -> Option<[u64; 2]> {
        let setting = self.setting;
        let samples = |part: u64| {
            let norm = &setting.growth * Q::new(part.into(), PARTS.into());
            setting.least_samples(form, &(&norm * &norm))
        };
        let missed = |b: [u64; 2]| {
            let tails = Label::BOTH.map(|y| self.labels.below(y, b[y.index()]).1);
            tails.into_iter().fold(0, u128::saturating_add)
        };
        let holds = |part: u64| samples(part).is_some_and(|b| missed(b) <= level);
        let farthest =
            setting.least_winner(form, [self.t; 2]) / (&setting.growth * &setting.growth);
        let farthest = ceil_sqrt(&(farthest * integer(PARTS * PARTS))).to_u64()?;
        samples(largest_where(0, farthest, holds)).filter(|b| missed(*b) <= level)
    }

    /// Thresholds of the stated form taken by their tails alone: each of the tails is at most an equal share of
    /// delta. Nothing is implied by them.
    pub(super) fn by_tails_alone(&self, delta: &Q) -> Vec<Thresholds> {
        let form = Form::Stated;
        let groups = 0..self.setting.groups.len();
        let share = units_ru(&(delta / integer(2 + groups.len() as u64)));
        let reached =
            |g: usize| least_where(0, self.reach(g), |l| self.group_tail(form, g, l) <= share);
        let lambda: Vec<u64> = groups.map(reached).collect();
        let b =
            Label::BOTH.map(|y| largest_where(0, self.t, |b| self.labels.below(y, b).1 <= share));
        let of_ratio = |&ratio| Thresholds {
            form,
            ratio,
            b,
            lambda: lambda.clone(),
        };
        RATIOS.iter().map(of_ratio).collect()
    }

    /// Do thresholds of one of these forms certify the ratio with probability at least `1 - delta`?
    pub(super) fn certify(&self, forms: &[Form], ratio: u64, delta: &Q) -> bool {
        forms.iter().any(|&form| {
            let found = self.best(form, ratio);
            found.is_some_and(|found| self.failure(&found, Effort::Quick).upper() <= delta)
        })
    }

    /// The sum of the tails of these thresholds.
    pub(super) fn failure(&self, thresholds: &Thresholds, effort: Effort) -> Tail {
        let form = thresholds.form;
        let mut sum = self.labels.missed(thresholds.b);
        for (g, &lambda) in thresholds.lambda.iter().enumerate() {
            let members = self.members(form, g);
            let tail = match form {
                _ if members == 0 => continue,
                Form::EndPoint => self.end_tail(g, lambda),
                Form::Stated | Form::Alive => {
                    let tail = self.walk_tail(g, lambda, effort);
                    tail.times(&integer(members as u64))
                }
            };
            sum = sum.add(&tail);
        }
        sum
    }

    /// The tail of the end values of group g, over its members.
    fn end_tail(&self, g: usize, lambda: u64) -> Tail {
        let hi = self.group_tail(Form::EndPoint, g, lambda);
        let [rise, fall] = &self.setting.groups[g].grows;
        let lo = self.ends.as_ref().map_or(0, |ends| {
            hi.saturating_sub(ends[g].error() * (rise.len() + fall.len()) as u128)
        });
        Tail::between(units(lo), units(hi))
    }

    fn walk_tail(&self, g: usize, lambda: u64, effort: Effort) -> Tail {
        let law = &self.setting.groups[g].law;
        if effort == Effort::Full {
            return walk_maximum_above(law, self.t, lambda);
        }
        if let Some(exact) = walk_maximum_exact(law, self.t, lambda) {
            return Tail::Exact(exact);
        }
        let hi = match &self.ends {
            Some(ends) if law.is_symmetric() => units(2 * ends[g].beyond(lambda).1),
            _ => supermartingale_ru(law, self.t, lambda),
        };
        Tail::between(Q::zero(), hi.min(Q::one()))
    }
}
