//! One path, compared with the claim after every step, in one number system.

use super::super::evidence::{Number, Watch, Watcher};
use super::super::prelude::*;
use super::{ARGMAX, Claim, FROZEN, LOSER_NORM, WINNER_KEY, WRONG_STOPS};
use crate::dynamics::path::{ExactPath, Gates};
use crate::dynamics::sampler::Draw;
use num_bigint::BigInt;
use num_traits::One;

/// Where a path ended.
pub struct End {
    /// Largest gate seen.
    pub largest_gate: Q,
    /// The first winner and its label, its key coordinate as claimed and as found.
    pub key: Option<(usize, Label, Q, Q)>,
    /// The loser that comes closest to its bound: the bound of its squared norm, and the squared norm.
    pub loser: Option<(usize, Q, Q)>,
}

/// One path in numbers `S`. Everything is over `denominator`; gates are whole numbers on the lattice, so rates
/// are divided by the batch size.
#[derive(Debug, Clone)]
pub struct Follower<'c, S> {
    claim: &'c Claim,
    denominator: BigInt,
    n_patterns: usize,
    initial: Vec<S>,
    now: Vec<S>,
    norms: Vec<S>,
    rate: S,
    overshoot: S,
    fall: S,
    dead_rate: S,
    walk_rate: S,
    largest_gate: S,
    /// Sums of gates, one a label, in samples.
    gates: [S; 2],
    /// The gated walk `sum g y N_p` in samples, before the last step and after it.
    before: Vec<S>,
    walk: Vec<S>,
    /// Largest absolute value of each entry of the walk.
    reach: Vec<S>,
    /// Upper bounds of the squared norms of losers; `None` for winners and under max pooling.
    bounds: Vec<Option<S>>,
    /// The reach of each walk that these bounds speak of.
    bounded: Vec<S>,
    /// Must all of them be found anew?
    bounds_are_old: bool,
}

/// The numbers compared are over this power of the denominator.
type Unit = u32;

const COORDINATE: Unit = 1;
const SQUARE: Unit = 2;

impl<S: Number> Follower<'_, S> {
    fn value(&self, x: &S, power: Unit) -> Q {
        x.over(&self.denominator.pow(power))
    }

    /// What the clause says of a filter, or of one of its coordinates.
    #[inline]
    fn require(
        &self,
        clause: Clause,
        at: (usize, Option<usize>),
        unit: Unit,
        found: &S,
        claimed: &S,
    ) -> Result<(), Box<Violation>> {
        if clause.relation.holds(found, claimed) {
            return Ok(());
        }
        Err(self.broken(clause, at, unit, found, claimed))
    }

    #[cold]
    fn broken(
        &self,
        clause: Clause,
        (j, p): (usize, Option<usize>),
        unit: Unit,
        found: &S,
        claimed: &S,
    ) -> Box<Violation> {
        let mut place = Place::of(Course::Cases).filter(j);
        place.coordinate = p;
        clause.broken(place, self.value(claimed, unit), self.value(found, unit))
    }

    fn count_gates(&mut self, gates: &Gates, batch: &[Draw]) {
        self.before.clone_from(&self.walk);
        for (i, draw) in batch.iter().enumerate() {
            let gate = match gates {
                Gates::Binary(open) if open[i] => S::one(),
                Gates::Binary(_) => continue,
                Gates::Rational(gates) => match S::of(&gates[i], &BigInt::one()) {
                    Ok(gate) if !gate.is_zero() => gate,
                    _ => continue,
                },
            };
            if gate > self.largest_gate {
                self.largest_gate = gate.clone();
                self.bounds_are_old = true;
            }
            self.gates[draw.label.index()] += &gate;
            for &p in &draw.present {
                let amount = times(&gate, draw.counts[p as usize]);
                match draw.label {
                    Label::Plus => self.walk[p as usize] += &amount,
                    Label::Minus => self.walk[p as usize] -= &amount,
                }
            }
        }
        // A batch is one step: its walk is looked at when it is complete.
        for (reach, walk) in self.reach.iter_mut().zip(&self.walk) {
            let now = walk.abs();
            if now > *reach {
                *reach = now;
            }
        }
    }

    /// (i), (iii), and that a winner's other coordinates do not rise.
    fn check_coordinate(&self, j: usize, p: usize, new: &S) -> Result<(), Box<Violation>> {
        let cell = j * self.n_patterns + p;
        let (old, at) = (&self.now[cell], (j, Some(p)));
        if !old.is_positive() {
            let mut claimed = old.clone();
            // Nearly always: a product a coordinate is most of the cost of a path.
            if !self.dead_rate.is_zero() {
                let moved = (self.walk[p].clone() - &self.before[p]) * &self.dead_rate;
                match self.claim.label[j] {
                    Label::Plus => claimed += &moved,
                    Label::Minus => claimed -= &moved,
                }
            }
            self.require(FROZEN, at, COORDINATE, new, &claimed)?;
        }
        let own = self.claim.label[j].index();
        if p == 1 - own {
            self.require(self.claim.falls, at, COORDINATE, new, old)?;
            let lowest = -(self.overshoot.clone() * &self.largest_gate);
            let lowest = lowest.min(times(&self.initial[cell], self.claim.start_counts));
            self.require(WRONG_STOPS, at, COORDINATE, new, &lowest)?;
        }
        if p != own && self.claim.pooling == Pooling::Max && self.claim.winner[j].is_some() {
            self.require(self.claim.others, at, COORDINATE, new, old)?;
        }
        Ok(())
    }

    /// The claimed key coordinate of a winner of this label.
    fn key(&self, cell: usize, label: Label) -> S {
        self.rate.clone() * &self.gates[label.index()] + &self.initial[cell]
    }

    fn check_winner(&self, j: usize, label: Label) -> Result<(), Box<Violation>> {
        let cell = j * self.n_patterns + label.index();
        let (claimed, at) = (self.key(cell, label), (j, Some(label.index())));
        self.require(WINNER_KEY, at, COORDINATE, &self.now[cell], &claimed)?;
        let square = claimed.clone() * &claimed;
        self.require(self.claim.norm, (j, None), SQUARE, &self.norms[j], &square)?;
        self.check_argmax(j, label)
    }

    /// Under max pooling a winner's key is at least each of its backgrounds.
    fn check_argmax(&self, j: usize, label: Label) -> Result<(), Box<Violation>> {
        if self.claim.pooling == Pooling::Sum {
            return Ok(());
        }
        let row = &self.now[j * self.n_patterns..(j + 1) * self.n_patterns];
        let key = &row[label.index()];
        row.iter().enumerate().skip(2).try_for_each(|(k, z)| {
            let at = (j, Some(k));
            self.require(ARGMAX, at, COORDINATE, z, key)
        })
    }

    /// `|w_j|^2 <= own^2 + max(|wrong|, eta r g_max)^2 + sum_k (|Z_jk(0)| + eta max|S_k|)^2` for
    /// a loser; its own key coordinate is at or below 0 and stands still.
    fn loser_bound(&self, j: usize) -> S {
        let own = self.claim.label[j].index();
        let row = &self.initial[j * self.n_patterns..(j + 1) * self.n_patterns];
        row.iter().enumerate().fold(S::zero(), |bound, (p, z)| {
            let most = if p == own {
                z.abs()
            } else if p == 1 - own {
                z.abs().max(self.fall.clone() * &self.largest_gate)
            } else {
                return bound + self.background_bound(z, &self.reach[p]);
            };
            bound + most.clone() * &most
        })
    }

    /// `(|Z_jk(0)| + eta max|S_k|)^2` for a walk that has reached so far.
    fn background_bound(&self, z: &S, reach: &S) -> S {
        let most = self.walk_rate.clone() * reach + z.abs();
        most.clone() * &most
    }

    /// Raises the bounds by what the walks have reached since.
    fn raise_bounds(&mut self) {
        for p in 2..self.n_patterns {
            if self.reach[p] == self.bounded[p] {
                continue;
            }
            let before = std::mem::replace(&mut self.bounded[p], self.reach[p].clone());
            for j in 0..self.bounds.len() {
                // Winners have none.
                let Some(bound) = &self.bounds[j] else {
                    continue;
                };
                let z = &self.initial[j * self.n_patterns + p];
                let raised = bound.clone() - self.background_bound(z, &before);
                self.bounds[j] = Some(raised + self.background_bound(z, &self.reach[p]));
            }
        }
    }

    fn check_losers(&mut self) -> Result<(), Box<Violation>> {
        if self.claim.pooling == Pooling::Max {
            return Ok(());
        }
        if std::mem::take(&mut self.bounds_are_old) {
            let losers = |j: usize| self.claim.winner[j].is_none();
            self.bounds = (0..self.bounds.len())
                .map(|j| losers(j).then(|| self.loser_bound(j)))
                .collect();
            self.bounded.clone_from(&self.reach);
        } else {
            self.raise_bounds();
        }
        let bounds = self.bounds.iter().zip(&self.norms).enumerate();
        bounds
            .filter_map(|(j, (bound, norm))| Some((j, bound.as_ref()?, norm)))
            .try_for_each(|(j, bound, norm)| {
                self.require(LOSER_NORM, (j, None), SQUARE, norm, bound)
            })
    }

    fn first_winner(&self) -> Option<(usize, Label, Q, Q)> {
        let winners = &mut self.claim.winner.iter().enumerate();
        let (j, label) = winners.find_map(|(j, label)| Some((j, (*label)?)))?;
        let cell = j * self.n_patterns + label.index();
        let claimed = self.value(&self.key(cell, label), COORDINATE);
        Some((j, label, claimed, self.value(&self.now[cell], COORDINATE)))
    }

    fn closest_loser(&self) -> Option<(usize, Q, Q)> {
        let bounds = self.bounds.iter().enumerate();
        let (j, bound) = bounds
            .filter_map(|(j, bound)| Some((j, bound.as_ref()?)))
            .min_by_key(|(j, bound)| (*bound).clone() - &self.norms[*j])?;
        let [bound, norm] = [bound, &self.norms[j]].map(|square| self.value(square, SQUARE));
        Some((j, bound, norm))
    }
}

impl<'c> Watch for &'c Claim {
    type In<S: Number> = Follower<'c, S>;
    type End = End;

    fn start<S: Number>(
        &self,
        path: &ExactPath<'_>,
        denominator: &BigInt,
    ) -> Result<Follower<'c, S>, S::Narrow> {
        let claim = *self;
        let problem = path.problem();
        let (n, n_patterns) = (problem.n_filters(), problem.n_patterns());
        let cells = (0..n).flat_map(|j| (0..n_patterns).map(move |p| (j, p)));
        let initial = cells
            .map(|(j, p)| S::coordinate(path, j, p))
            .collect::<Result<Vec<S>, S::Narrow>>()?;
        let training = problem.training();
        let batch = integer(training.batch);
        let a_sample = |q: &Q| S::of(&(q / &batch), denominator);
        // A walk may go further than any weight does; its square must still fit.
        let steps = integer(training.steps) * integer(problem.distribution().max_patches());
        S::of(&(&training.step * steps), denominator)?;
        Ok(Follower {
            claim,
            denominator: denominator.clone(),
            n_patterns,
            norms: initial.chunks(n_patterns).map(square_norm).collect(),
            now: initial.clone(),
            initial,
            rate: a_sample(&claim.rate)?,
            // (iii) bounds one step, in which the whole batch may have the wrong label.
            overshoot: S::of(&claim.overshoot, denominator)?,
            fall: S::of(&claim.fall, denominator)?,
            dead_rate: a_sample(&claim.dead_rate)?,
            walk_rate: a_sample(&claim.walk_rate)?,
            largest_gate: S::zero(),
            gates: [S::zero(), S::zero()],
            before: vec![S::zero(); n_patterns],
            walk: vec![S::zero(); n_patterns],
            reach: vec![S::zero(); n_patterns],
            bounds: vec![None; n],
            bounded: vec![S::zero(); n_patterns],
            bounds_are_old: true,
        })
    }

    fn end<S: Number>(watcher: &Follower<'c, S>) -> End {
        End {
            largest_gate: watcher.largest_gate.over(&BigInt::one()),
            key: watcher.first_winner(),
            loser: watcher.closest_loser(),
        }
    }
}

impl<S: Number> Watcher for Follower<'_, S> {
    fn observe(&mut self, path: &ExactPath<'_>, batch: &[Draw]) -> Result<(), Box<Violation>> {
        let claim = self.claim;
        let winners = || claim.winner.iter().enumerate();
        if path.t() == 1 {
            let winner = |(j, label): (usize, &Option<Label>)| Some((j, (*label)?));
            let at_start = |mut violation: Box<Violation>| {
                violation.place.step = Some(0);
                violation
            };
            winners()
                .filter_map(winner)
                .try_for_each(|(j, label)| self.check_argmax(j, label).map_err(at_start))?;
        }
        self.count_gates(path.gates(), batch);
        for (j, winner) in winners() {
            for &p in path.touched() {
                let p = p as usize;
                let Ok(new) = S::coordinate(path, j, p) else {
                    continue;
                };
                self.check_coordinate(j, p, &new)?;
                let now = &mut self.now[j * self.n_patterns + p];
                if new != *now {
                    let (rise, sum) = (new.clone() - &*now, new.clone() + &*now);
                    self.norms[j] += &(rise * &sum);
                    *now = new;
                }
            }
            if let Some(label) = winner {
                self.check_winner(j, *label)?;
            }
        }
        self.check_losers()
    }
}

fn square_norm<S: Number>(row: &[S]) -> S {
    row.iter().fold(S::zero(), |sum, z| sum + z.clone() * z)
}

/// `x * count` by binary doubling: the number traits have no embedding of machine integers.
fn times<S: Number>(x: &S, count: u32) -> S {
    match count {
        0 => S::zero(),
        1 => x.clone(),
        _ => {
            let half = times(x, count / 2);
            let even = half.clone() + &half;
            if count.is_multiple_of(2) {
                even
            } else {
                even + x
            }
        }
    }
}
