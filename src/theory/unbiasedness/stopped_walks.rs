//! `E Z(t)` under SGD for single coordinates, by the exact law of each stopped walk.

use super::super::context::Context;
use super::super::count_law::law_of_pattern;
use super::super::violation::{Course, Place, Relation, Violation};
use super::{Claim, EXPECTATION};
use crate::number::{Q, integer, ratio};
use crate::probability::StepLaw;
use crate::problem::assumption::AssumptionId;
use crate::problem::model::Model;
use crate::problem::{Distribution, Label, Loss, Problem, Train};
use num_bigint::BigInt;
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::collections::{BTreeMap, BTreeSet};

/// Horizon of the exact laws of single coordinates.
const HORIZON: u64 = 24;

/// Products that all exact laws of single coordinates together may take.
const MAX_LAW_WORK: u64 = 1_000_000;

/// Does the statement about every t speak of this problem?
pub(super) fn speaks_of(context: &Context<'_>) -> bool {
    const MODEL: Model = Model {
        losses: &[Loss::Unhinged],
        train: Some(Train::Filters),
        one_sample: true,
        ..Model::RELU_SUM
    };
    let needed = [
        AssumptionId::A1,
        AssumptionId::A3,
        AssumptionId::A4,
        AssumptionId::A5f,
    ];
    MODEL.fits(context.problem) && context.failing(&needed).is_empty()
}

/// The law of `y N_p` as integer weights, and their sum.
fn law_of(distribution: &Distribution, p: usize) -> (Vec<(i64, BigInt)>, BigInt) {
    let law = StepLaw::signed(&law_of_pattern(distribution, p));
    let weights = law.weights().iter().map(|(x, w)| (*x, w.clone().into()));
    (weights.collect(), law.denominator().clone().into())
}

/// A walk `S` of integers from 0 with steps `y N_p`, stopped where `sign S <= -reach`, by its exact law.
struct Walk<'l> {
    law: &'l [(i64, BigInt)],
    total: &'l BigInt,
    sign: i64,
    reach: i64,
    alive: BTreeMap<i64, BigInt>,
    /// Sum of (walk at death) times weight.
    dead: BigInt,
    /// The sum of all weights.
    scale: BigInt,
    /// Sum of P(alive) over the steps so far.
    lived: Q,
}

impl Walk<'_> {
    /// One step; the number of products.
    fn step(&mut self) -> u64 {
        let mass: BigInt = self.alive.values().sum();
        self.lived += Q::new(mass, self.scale.clone());
        let mut next: BTreeMap<i64, BigInt> = BTreeMap::new();
        self.dead *= self.total;
        for (s, weight) in &self.alive {
            for (x, part) in self.law {
                let (s, weight) = (s + x, weight * part);
                if self.sign * s > -self.reach {
                    *next.entry(s).or_default() += weight;
                } else {
                    self.dead += weight * s;
                }
            }
        }
        let work = self.alive.len() * self.law.len();
        self.alive = next;
        self.scale *= self.total;
        work as u64
    }

    /// The expectation of the stopped walk.
    fn mean(&self) -> Q {
        let sum: BigInt = self.alive.iter().map(|(s, weight)| weight * s).sum();
        Q::new(sum + &self.dead, self.scale.clone())
    }
}

/// What was compared.
pub(super) struct Laws {
    pub coordinates: u64,
    pub steps: u64,
    /// Were these all?
    pub complete: bool,
}

/// Compares the claim with the exact law of every coordinate that moves, step by step, within a limit of work.
pub(super) fn compare(problem: &Problem, claim: &Claim) -> (Laws, Option<Box<Violation>>) {
    let eta = &problem.training().step;
    let keys = problem.distribution().key_count();
    let kappa = eta * integer(keys.unwrap_or(0)) * ratio(1, 2);
    let steps = problem.training().steps.min(HORIZON);
    let most = u64::from(problem.distribution().max_patches()) * steps;
    let mut found = Laws {
        coordinates: 0,
        steps,
        complete: true,
    };
    // The walk of a coordinate depends on pattern, sign of the head and c = ceil(Z(0)/eta) alone;
    // a larger c than the walk can reach is as good as any.
    let mut seen = BTreeSet::new();
    let mut work = 0u64;
    let mut laws: BTreeMap<usize, (Vec<(i64, BigInt)>, BigInt)> = BTreeMap::new();
    for (j, row) in problem.network().weights.iter_rows().enumerate() {
        let label = match problem.network().head[j].is_positive() {
            true => Label::Plus,
            false => Label::Minus,
        };
        for (p, z) in row.iter().enumerate() {
            if !z.is_positive() || (p < 2 && keys.is_none()) {
                continue;
            }
            let reach = (z / eta).ceil().to_integer();
            let reach = reach.to_i64().unwrap_or(i64::MAX).min(most as i64 + 1);
            if !seen.insert((p, label.sign(), reach)) {
                continue;
            }
            if work > MAX_LAW_WORK {
                found.complete = false;
                return (found, None);
            }
            let (law, total) = laws
                .entry(p)
                .or_insert_with(|| law_of(problem.distribution(), p));
            let mut walk = Walk {
                law,
                total,
                sign: label.sign(),
                reach,
                alive: BTreeMap::from([(0, BigInt::one())]),
                dead: BigInt::zero(),
                scale: BigInt::one(),
                lived: Q::zero(),
            };
            found.coordinates += 1;
            for t in 1..=steps {
                work += walk.step();
                let mean = z + eta * integer(label.sign()) * walk.mean();
                let claimed = if p >= 2 {
                    z.clone()
                } else if p == label.index() {
                    z + &kappa * integer(t)
                } else {
                    z - &kappa * (claim.steps_to_death)(z, &kappa, t, &walk.lived)
                };
                if mean != claimed {
                    let place = Place::of(Course::Law).at(t).filter(j).coordinate(p);
                    let violation =
                        Violation::new(place, EXPECTATION, Relation::Equal, claimed, mean);
                    return (found, Some(Box::new(violation)));
                }
            }
        }
    }
    (found, None)
}
