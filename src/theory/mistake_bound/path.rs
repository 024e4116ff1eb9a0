//! Both inequalities compared after every update of a path.

use super::super::evidence::{Number, Watcher};
use super::super::violation::{Course, Place, Relation, Violation};
use super::classic::Classic;
use super::sharp::Sharp;
use crate::dynamics::path::{ExactPath, View};
use crate::dynamics::sampler::Draw;
use crate::dynamics::state::State;
use crate::number::{Matrix, Q, integer};
use crate::problem::{Label, Problem};
use num_bigint::BigInt;
use num_traits::{One, Zero};

/// What is checked along a path.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    pub(super) classic: Option<Classic>,
    pub(super) sharp: Option<Sharp>,
    /// For each filter, the key pattern that `<W, U>` sums (winners only).
    pub(super) key: Vec<Option<usize>>,
}

impl Claim {
    pub(super) fn new(problem: &Problem, classic: Option<Classic>, sharp: Option<Sharp>) -> Self {
        let mut key = vec![None; problem.n_filters()];
        for label in Label::BOTH {
            for j in problem.winners_for(problem.network().pooling, label) {
                key[j] = Some(label.index());
            }
        }
        Claim {
            classic,
            sharp,
            key,
        }
    }

    /// The inequalities after updates of mass `mu` (their number, where one sample is a step).
    pub(super) fn compare(
        &self,
        mu: &[Q; 2],
        norm: Q,
        active: Q,
        product: Q,
    ) -> Result<(), Box<Violation>> {
        if let Some(classic) = &self.classic {
            let updates = &mu[0] + &mu[1];
            let bound = &classic.start + &classic.gain * &updates;
            let grown = &classic.growth * &updates;
            require(
                "|W(t)|^2 is at most |W(0)|^2 + M (2 eta + eta^2 n m^2)",
                norm,
                bound.clone(),
            )?;
            // Claimed from below: written as -<W(t) - W(0), U> <= -eta r c M.
            require(
                "-<W(t) - W(0), U> is at most -eta r c M",
                -product,
                -grown.clone(),
            )?;
            require(
                "(eta r c M)^2 is at most |J| (|W(0)|^2 + M (2 eta + eta^2 n m^2))",
                &grown * &grown,
                bound * &classic.winners,
            )?;
        }
        if let Some(sharp) = &self.sharp {
            let bound = &sharp.all + (&mu[0] + &mu[1]) * &sharp.gain;
            require(
                "the sum of relu(Z)^2 is at most its start + mu (theta eta + eta^2 Q)",
                active,
                bound,
            )?;
            require(
                "the inequality of T6s (minus its slack is at most 0)",
                -sharp.slack(mu),
                Q::zero(),
            )?;
        }
        Ok(())
    }
}

/// The potentials of one path, over `denominator` (its square for squares).
#[derive(Debug, Clone)]
struct Potentials<S> {
    n_patterns: usize,
    denominator: BigInt,
    now: Vec<S>,
    /// `|W|^2` and the same over positive coordinates.
    norm: S,
    active: S,
    /// `<W(t) - W(0), U>`.
    product: S,
}

impl<S: Number> Potentials<S> {
    fn new(path: &ExactPath<'_>, denominator: &BigInt) -> Option<Self> {
        let n_patterns = path.problem().n_patterns();
        let view = path.view();
        let mut now = Vec::new();
        for j in 0..path.problem().n_filters() {
            for p in 0..n_patterns {
                now.push(S::weight(&view, n_patterns, j, p)?);
            }
        }
        let square = |z: &S| z.clone() * z;
        let norm = now.iter().fold(S::zero(), |s, z| s + square(z));
        let active = now
            .iter()
            .filter(|z| z.is_positive())
            .fold(S::zero(), |s, z| s + square(z));
        Some(Potentials {
            n_patterns,
            denominator: denominator.clone(),
            now,
            norm,
            active,
            product: S::zero(),
        })
    }

    fn follow(&mut self, path: &ExactPath<'_>, key: &[Option<usize>]) {
        let view = path.view();
        for (j, key) in key.iter().enumerate() {
            for &p in path.touched() {
                let p = p as usize;
                let cell = j * self.n_patterns + p;
                let Some(new) = S::weight(&view, self.n_patterns, j, p) else {
                    continue;
                };
                let old = std::mem::replace(&mut self.now[cell], new.clone());
                let (before, after) = (old.clone() * &old, new.clone() * &new);
                if *key == Some(p) {
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
        }
    }

    /// `|W|^2`, its active part, `<W(t) - W(0), U>`.
    fn values(&self) -> [Q; 3] {
        let square = &self.denominator * &self.denominator;
        [
            self.norm.over(&square),
            self.active.over(&square),
            self.product.over(&self.denominator),
        ]
    }
}

#[derive(Debug, Clone)]
enum Tracked {
    Integers(Box<Potentials<i128>>),
    Rationals(Box<Potentials<Q>>),
}

#[derive(Debug, Clone)]
pub(super) struct Tracker<'c> {
    claim: &'c Claim,
    tracked: Option<Tracked>,
    pub(super) mu: [Q; 2],
}

impl<'c> Tracker<'c> {
    pub(super) fn start(path: &ExactPath<'_>, claim: &'c Claim) -> Self {
        let tracked = match path.view() {
            View::Integers { denominator, .. } => {
                Potentials::new(path, denominator).map(|p| Tracked::Integers(Box::new(p)))
            }
            View::Rational(_) => {
                Potentials::new(path, &BigInt::one()).map(|p| Tracked::Rationals(Box::new(p)))
            }
        };
        Tracker {
            claim,
            tracked,
            mu: [Q::zero(), Q::zero()],
        }
    }

    /// The state that the path is in; the head is fixed.
    pub(super) fn state(&self, problem: &Problem) -> Option<State<Q>> {
        let weights = match &self.tracked {
            Some(Tracked::Integers(p)) => p.now.iter().map(|z| z.over(&p.denominator)).collect(),
            Some(Tracked::Rationals(p)) => p.now.clone(),
            None => return None,
        };
        let (n, n_patterns) = (problem.n_filters(), problem.n_patterns());
        Some(State {
            weights: Matrix::from_vec(n, n_patterns, weights)?,
            head: problem.network().head.clone(),
        })
    }
}

fn require(claim: &'static str, low: Q, high: Q) -> Result<(), Box<Violation>> {
    if low <= high {
        return Ok(());
    }
    let place = Place::of(Course::Cases);
    Err(Box::new(Violation::new(
        place,
        claim,
        Relation::AtMost,
        high,
        low,
    )))
}

impl Watcher for Tracker<'_> {
    fn observe(&mut self, path: &ExactPath<'_>, _batch: &[Draw]) -> Result<(), Box<Violation>> {
        if !path.gates().any_open() {
            // Nothing moves: no column was touched.
            return require(
                "with every gate closed nothing moves (columns touched)",
                integer(path.touched().len() as u64),
                Q::zero(),
            );
        }
        let [norm, active, product] = match &mut self.tracked {
            Some(Tracked::Integers(p)) => {
                p.follow(path, &self.claim.key);
                p.values()
            }
            Some(Tracked::Rationals(p)) => {
                p.follow(path, &self.claim.key);
                p.values()
            }
            None => return Ok(()),
        };
        self.mu = Label::BOTH.map(|y| path.gate_sum(y));
        self.claim.compare(&self.mu, norm, active, product)
    }
}
