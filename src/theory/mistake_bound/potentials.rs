//! Both inequalities compared after every update of a path.

use super::super::evidence::{Number, Watch, Watcher};
use super::super::prelude::*;
use super::classic::Classic;
use super::sharp::Sharp;
use crate::dynamics::path::ExactPath;
use crate::dynamics::sampler::Draw;
use crate::dynamics::state::State;
use num_bigint::BigInt;
use num_traits::{One, Zero};

/// `|W|^2`.
pub(super) const NORM: Clause = Clause::new("|W|^2 <= |W(0)|^2 + M (2 eta + eta^2 n m^2)", AtMost);

/// The keys of the winners.
pub(super) const KEYS: Clause = Clause::new("<W - W(0), U> >= eta r c M", AtLeast);

/// The inequality of T6.
const CLASSIC: Clause = Clause::new(
    "(eta r c M)^2 <= |J| (|W(0)|^2 + M (2 eta + eta^2 n m^2))",
    AtMost,
);

/// The positive coordinates.
pub(super) const ACTIVE: Clause = Clause::new(
    "the sum of relu(Z)^2 <= its start + mu (theta eta + eta^2 Q)",
    AtMost,
);

/// The inequality of T6s.
pub(super) const SHARP: Clause = Clause::new("T6s, its right side minus its left side", AtLeast);

/// Nothing moves where every gate is closed.
const STILL: Clause = Clause::new(
    "patterns whose coordinates were moved by a step with every gate closed",
    Equal,
);

/// What is claimed of a state after so many updates.
#[derive(Debug, Clone)]
pub(super) struct Inequalities<'c> {
    /// T6.
    classic: Option<&'c Classic>,
    /// T6s.
    sharp: Option<&'c Sharp>,
    /// Is a coordinate, row by row, a winner's key, which `<W, U>` sums?
    is_key: Vec<bool>,
}

impl<'c> Inequalities<'c> {
    pub(super) fn new(
        problem: &Problem,
        classic: Option<&'c Classic>,
        sharp: Option<&'c Sharp>,
    ) -> Self {
        let mut is_key = vec![false; problem.n_filters() * problem.n_patterns()];
        for (j, label) in problem.camps_for(problem.network().pooling).winners() {
            is_key[j * problem.n_patterns() + label.index()] = true;
        }
        Inequalities {
            classic,
            sharp,
            is_key,
        }
    }

    /// The inequalities in a state after updates of mass `mu` (their number, where one sample is a step).
    pub(super) fn in_state(&self, state: &State<Q>, mu: &[Q; 2]) -> Result<(), Box<Violation>> {
        let weights = state.weights.entries().to_vec();
        let potentials = Potentials::of(weights, &BigInt::one(), &self.is_key);
        self.compare(mu, potentials.values())
    }

    /// The same for given `|W|^2`, its active part, and `<W, U>`.
    fn compare(&self, mu: &[Q; 2], [norm, active, product]: [Q; 3]) -> Result<(), Box<Violation>> {
        let total = &mu[0] + &mu[1];
        if let Some(classic) = self.classic {
            let bound = &classic.start + &classic.gain * &total;
            let grown = &classic.growth * &total;
            NORM.check(state(), &bound, &norm)?;
            KEYS.check(state(), &grown, &(product - &classic.product))?;
            let square = &grown * &grown;
            CLASSIC.check(state(), &(&bound * &classic.winners), &square)?;
        }
        if let Some(sharp) = self.sharp {
            sharp_holds(sharp, mu)?;
            let bound = &sharp.all + &sharp.active_gain * &total;
            ACTIVE.check(state(), &bound, &active)?;
        }
        Ok(())
    }
}

/// The inequality of T6s.
pub(super) fn sharp_holds(sharp: &Sharp, mu: &[Q; 2]) -> Result<(), Box<Violation>> {
    if sharp.holds(mu) {
        return Ok(());
    }
    SHARP.check(state(), &Q::zero(), &sharp.slack(mu))
}

/// A state; who asks knows which.
fn state() -> Place {
    Place::of(Course::Cases)
}

/// The potentials of a state, over `denominator` (its square for squares).
#[derive(Debug, Clone)]
struct Potentials<S> {
    denominator: BigInt,
    now: Vec<S>,
    /// `|W|^2` and the same over positive coordinates.
    norm: S,
    active: S,
    /// `<W, U>`.
    product: S,
}

impl<S: Number> Potentials<S> {
    fn of(weights: Vec<S>, denominator: &BigInt, is_key: &[bool]) -> Self {
        let mut all = Potentials {
            denominator: denominator.clone(),
            now: vec![S::zero(); weights.len()],
            norm: S::zero(),
            active: S::zero(),
            product: S::zero(),
        };
        for (cell, z) in weights.into_iter().enumerate() {
            all.set(cell, is_key[cell], z);
        }
        all
    }

    /// A coordinate moves.
    fn set(&mut self, cell: usize, is_key: bool, new: S) {
        let old = std::mem::replace(&mut self.now[cell], new.clone());
        let (before, after) = (old.clone() * &old, new.clone() * &new);
        if is_key {
            self.product += &(new.clone() - &old);
        }
        if old.is_positive() {
            self.active -= &before;
        }
        if new.is_positive() {
            self.active += &after;
        }
        self.norm += &(after - before);
    }

    /// `|W|^2`, its active part, `<W, U>`.
    fn values(&self) -> [Q; 3] {
        let square = &self.denominator * &self.denominator;
        [
            self.norm.over(&square),
            self.active.over(&square),
            self.product.over(&self.denominator),
        ]
    }
}

/// Follows the potentials of one path.
#[derive(Debug, Clone)]
pub(super) struct Tracker<'c, S> {
    claim: &'c Inequalities<'c>,
    potentials: Potentials<S>,
    mu: [Q; 2],
}

/// Where a path ended: its updates of each label, and its coordinates row by row.
pub(super) struct End {
    pub mu: [Q; 2],
    pub weights: Vec<Q>,
}

impl<'c> Watch for &'c Inequalities<'c> {
    type In<S: Number> = Tracker<'c, S>;
    type End = End;

    fn start<S: Number>(
        &self,
        path: &ExactPath<'_>,
        denominator: &BigInt,
    ) -> Result<Self::In<S>, S::Narrow> {
        let n_patterns = path.problem().n_patterns();
        let cells = 0..self.is_key.len();
        let weights: Result<Vec<S>, _> = cells
            .map(|cell| S::coordinate(path, cell / n_patterns, cell % n_patterns))
            .collect();
        Ok(Tracker {
            claim: self,
            potentials: Potentials::of(weights?, denominator, &self.is_key),
            mu: [Q::zero(), Q::zero()],
        })
    }

    fn end<S: Number>(tracker: &Self::In<S>) -> End {
        let potentials = &tracker.potentials;
        let weights = potentials.now.iter();
        End {
            mu: tracker.mu.clone(),
            weights: weights.map(|z| z.over(&potentials.denominator)).collect(),
        }
    }
}

impl<S: Number> Watcher for Tracker<'_, S> {
    fn observe(&mut self, path: &ExactPath<'_>, batch: &[Draw]) -> Result<(), Box<Violation>> {
        let problem = path.problem();
        if !path.gates().any_open() {
            let present = batch.iter().flat_map(|draw| &draw.present);
            let moved = |&&p: &&u32| {
                (0..problem.n_filters()).any(|j| {
                    let new = S::coordinate(path, j, p as usize);
                    let old = &self.potentials.now[j * problem.n_patterns() + p as usize];
                    new.is_ok_and(|new| new != *old)
                })
            };
            let moved = integer(present.filter(moved).count() as u64);
            return STILL.check(state(), &Q::zero(), &moved);
        }
        for j in 0..problem.n_filters() {
            for p in path.touched().iter().map(|&p| p as usize) {
                if let Ok(new) = S::coordinate(path, j, p) {
                    let cell = j * problem.n_patterns() + p;
                    self.potentials.set(cell, self.claim.is_key[cell], new);
                }
            }
        }
        self.mu = Label::BOTH.map(|y| path.gate_sum(y));
        self.claim.compare(&self.mu, self.potentials.values())
    }
}

#[cfg(test)]
mod tests {
    use super::super::examples::two_filters;
    use super::*;
    use crate::dynamics::sampler::Sampler;

    /// A winner of each label, with these keys.
    fn problem([plus, minus]: [&str; 2]) -> Problem {
        two_filters([[plus, "0"], ["0", minus]], "1/2", 4)
    }

    fn sample(problem: &Problem) -> [Draw; 1] {
        let sampler = Sampler::new(problem.distribution());
        let mut draw = sampler.blank();
        sampler.draw(&mut Sampler::stream(1, 0), &mut draw);
        [draw]
    }

    /// The first two inequalities bind `|J|` to nothing: the third alone does.
    #[test]
    fn the_inequality_of_t6_is_compared_beside_those_that_imply_it() {
        let problem = problem(["1/8", "1/8"]);
        let mut path = ExactPath::new(&problem);
        path.step(&sample(&problem));
        let mu = Label::BOTH.map(|y| path.gate_sum(y));
        assert_eq!(&mu[0] + &mu[1], Q::one());
        let mut classic = Classic::new(&problem, &Q::one());
        let stated = Inequalities::new(&problem, Some(&classic), None);
        assert_eq!(stated.in_state(&path.state(), &mu), Ok(()));
        classic.winners = Q::zero();
        let wrong = Inequalities::new(&problem, Some(&classic), None);
        let violation = wrong.in_state(&path.state(), &mu).expect_err("no winner");
        assert_eq!(violation.claim, CLASSIC.name);
    }

    /// Where every gate is closed, a coordinate that is not what it was is found.
    #[test]
    fn what_moves_behind_closed_gates_is_found() {
        let [before, after] = [["1", "1"], ["3/2", "3/2"]].map(problem);
        let classic = Classic::new(&before, &Q::one());
        let inequalities = Inequalities::new(&before, Some(&classic), None);
        let (claim, start) = (&inequalities, ExactPath::new(&before));
        let Ok(tracker) = Watch::start::<Q>(&claim, &start, &BigInt::one());
        for (problem, moved) in [(&before, false), (&after, true)] {
            let (mut path, batch) = (ExactPath::new(problem), sample(problem));
            path.step(&batch);
            assert!(!path.gates().any_open());
            let found = tracker.clone().observe(&path, &batch).err();
            let clause = found.map(|violation| violation.claim);
            assert_eq!(clause, moved.then_some(STILL.name));
        }
    }
}
