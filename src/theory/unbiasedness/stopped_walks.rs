//! `E Z(t)` under SGD for single coordinates, by the exact law of each stopped walk.
//!
//! In the setting of the closed form (orthonormal dictionary, label-independent background, balanced labels, a fixed
//! head of signs, unhinged loss) a coordinate is a random walk stopped when it leaves the positive numbers:
//!
//! - background: the walk has mean zero, so the stopped walk is a martingale and `E Z(t) = Z(0)`;
//! - a winner's key never dies: `E Z(t) = Z(0) + eta r t / 2`;
//! - the wrong label's key: `E Z(t) = Z(0) - eta r E[number of that label's steps up to death]`
//!   (Wald), which is not the closed form of the expected dynamics.

use super::super::count_law::law_of_pattern;
use super::super::line::half_key_rate;
use super::super::prelude::*;
use super::{Claim, EXPECTATION};
use crate::probability::StepLaw;
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
    MODEL.fits(context.problem) && context.failing(&[A1, A3, A4, A5f]).is_empty()
}

/// A walk `S` of integers from 0 with steps `y N_p`, stopped where `sign S <= -reach`, by its exact law.
struct Walk<'l> {
    law: &'l StepLaw,
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

impl<'l> Walk<'l> {
    fn new(law: &'l StepLaw, sign: i64, reach: i64) -> Self {
        Walk {
            law,
            sign,
            reach,
            alive: BTreeMap::from([(0, BigInt::one())]),
            dead: BigInt::zero(),
            scale: BigInt::one(),
            lived: Q::zero(),
        }
    }

    /// One step; the number of products.
    fn step(&mut self) -> u64 {
        let mass: BigInt = self.alive.values().sum();
        self.lived += Q::new(mass, self.scale.clone());
        let mut next: BTreeMap<i64, BigInt> = BTreeMap::new();
        let law = self.law.weights().iter();
        let law: Vec<(i64, BigInt)> = law.map(|(x, w)| (*x, w.clone().into())).collect();
        let total = BigInt::from(self.law.denominator().clone());
        self.dead *= &total;
        for (s, weight) in &self.alive {
            for (x, part) in &law {
                let (s, weight) = (s + x, weight * part);
                if self.sign * s > -self.reach {
                    *next.entry(s).or_default() += weight;
                } else {
                    self.dead += weight * s;
                }
            }
        }
        let work = self.alive.len() * law.len();
        self.alive = next;
        self.scale *= total;
        work as u64
    }

    /// The expectation of the stopped walk.
    fn mean(&self) -> Q {
        let sum: BigInt = self.alive.iter().map(|(s, weight)| weight * s).sum();
        Q::new(sum + &self.dead, self.scale.clone())
    }
}

/// The least fall of the walk with which a coordinate at z is not positive: `ceil(z / eta)`, or what no walk reaches.
fn reach(z: &Q, eta: &Q, most: u64) -> i64 {
    let reach = (z / eta).ceil().to_integer();
    reach.to_i64().unwrap_or(i64::MAX).min(most as i64 + 1)
}

/// What was compared.
pub(super) struct Laws {
    pub coordinates: u64,
    pub steps: u64,
    /// Were these all?
    pub complete: bool,
    pub violation: Option<Box<Violation>>,
}

/// Compares the claim with the exact law of every coordinate that moves, step by step, within a limit of work.
pub(super) fn compare(problem: &Problem, claim: &Claim) -> Laws {
    let (eta, distribution) = (&problem.training().step, problem.distribution());
    let kappa = half_key_rate(problem);
    let steps = problem.training().steps.min(HORIZON);
    let most = u64::from(distribution.max_patches()) * steps;
    let mut found = Laws {
        coordinates: 0,
        steps,
        complete: true,
        violation: None,
    };
    // The walk of a coordinate depends on pattern, sign of the head and c = ceil(Z(0)/eta) alone;
    // a larger c than the walk can reach is as good as any.
    let mut seen = BTreeSet::new();
    let mut work = 0u64;
    let mut laws: BTreeMap<usize, StepLaw> = BTreeMap::new();
    for (cell, z) in problem.network().weights.entries().iter().enumerate() {
        let (j, p) = (cell / problem.n_patterns(), cell % problem.n_patterns());
        let label = Label::voted_by(&problem.network().head[j]);
        let reach = reach(z, eta, most);
        let told = z.is_positive() && (p >= 2 || kappa.is_some());
        if !told || !seen.insert((p, label, reach)) {
            continue;
        }
        if work > MAX_LAW_WORK {
            found.complete = false;
            return found;
        }
        let law = laws.entry(p);
        let law = law.or_insert_with(|| StepLaw::signed(&law_of_pattern(distribution, p)));
        let mut walk = Walk::new(law, label.sign(), reach);
        found.coordinates += 1;
        for t in 1..=steps {
            work += walk.step();
            let mean = z + eta * integer(label.sign()) * walk.mean();
            let claimed = match &kappa {
                Some(kappa) if p == label.index() => z + kappa * integer(t),
                Some(kappa) if p < 2 => {
                    z - kappa * (claim.steps_to_death)(z, kappa, t, &walk.lived)
                }
                _ => z.clone(),
            };
            let place = Place::of(Course::Law).at(t).filter(j).coordinate(p);
            found.violation = EXPECTATION.check(place, &claimed, &mean).err();
            if found.violation.is_some() {
                return found;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::Unbiasedness;
    use super::*;
    use crate::probability::{Tail, binomial_below};
    use crate::problem::{Format, parse_problem};

    /// Adds up, over all sequences of steps, the end of a coordinate that moves while it is positive, and the
    /// number of steps before which it was.
    fn all_sequences(law: &StepLaw, scale: &Q, z: &Q, p: Q, left: u64, sums: &mut [Q; 2]) {
        if left == 0 {
            sums[0] += p * z;
            return;
        }
        if z.is_positive() {
            sums[1] += &p;
        }
        for (x, weight) in law.weights() {
            let share = Q::new(weight.clone().into(), law.denominator().clone().into());
            let next = match z.is_positive() {
                true => z + scale * integer(*x),
                false => z.clone(),
            };
            all_sequences(law, scale, &next, &p * share, left - 1, sums);
        }
    }

    /// Neither the martingale nor Wald's equation says when a coordinate dies: they hold for any stopping time.
    #[test]
    fn a_coordinate_dies_at_the_first_step_at_which_it_is_not_positive() {
        let steps = [
            &[(-1, 1), (1, 1)][..],
            &[(-2, 1), (0, 2), (2, 1)],
            &[(-3, 2), (1, 1), (2, 3)],
        ];
        let mut died = 0;
        for law in steps.map(|step| StepLaw::from_weights(step).expect("a law")) {
            for (z, eta) in [(2, 3), (3, 3), (1, 1), (4, 3), (7, 2), (6, 2), (40, 3)] {
                let (z, eta) = (ratio(z, 5), ratio(eta, 5));
                for sign in [1, -1] {
                    let mut walk = Walk::new(&law, sign, reach(&z, &eta, 15));
                    for t in 1..=5 {
                        walk.step();
                        let mut sums = [Q::zero(), Q::zero()];
                        let scale = &eta * integer(sign);
                        all_sequences(&law, &scale, &z, Q::one(), t, &mut sums);
                        assert_eq!(&z + &scale * walk.mean(), sums[0], "{z} {eta} {sign} {t}");
                        assert_eq!(walk.lived, sums[1], "{z} {eta} {sign} {t}");
                        died += u64::from(walk.lived < integer(t));
                    }
                }
            }
        }
        assert!(died > 100, "{died}");
    }

    /// The wrong label's key `Z(0)` falls by `2 kappa` with every second sample and dies with the
    /// `ceil(Z(0) / (2 kappa))`-th fall: P(alive at s) is a binomial tail, and the sum of these all steps up to death.
    fn by_falls(z: &Q, kappa: &Q, t: u64, _: &Q) -> Q {
        let falls = (z / (kappa * integer(2))).ceil().to_integer().to_u64();
        let alive = |s: u64| match binomial_below(s, &ratio(1, 2), falls.unwrap_or(u64::MAX)) {
            Tail::Exact(alive) => alive,
            Tail::Enclosed { .. } => panic!("few steps"),
        };
        (0..t).map(alive).sum()
    }

    /// Whatever the stopping time, its own expectation satisfies the claim: here is one that is not made of the walk.
    #[test]
    fn the_wrong_label_s_key_stops_with_the_fall_that_it_does_not_survive() {
        // Up to 24 steps of 2 patches at a step size of 1/5: some keys outlive all of them, and some only the falls of
        // one patch a step.
        let rows = [1, 2, 3, 4, 7, 8, 9, 16, 20, 41, 44, 59, 60, 96, 97, 110];
        let rows = rows.map(|z| format!("[\"1/2\", \"{z}/10\", \"1/3\"]"));
        let text = format!(
            r#"
name = "stopped"
[dictionary]
background = 1
[distribution]
prior = ["1/2", "1/2"]
patches = 3
key_patches = 2
background = ["1"]
[network]
activation = "relu"
pooling = "sum"
head = [{}]
weights = [{}]
[training]
loss = "unhinged"
train = "filters"
step = "1/5"
batch = 1
steps = 24
runs = 1
seed = 1
"#,
            ["\"1\""; 16].join(", "),
            rows.join(", ")
        );
        let problem = parse_problem("stopped.toml", &text, Format::Toml).expect("a problem");
        let mut claim = Unbiasedness.claim(&problem).expect("a claim");
        claim.steps_to_death = by_falls;
        let found = compare(&problem, &claim);
        assert_eq!(found.violation, None);
        // Twelve different reaches of the sixteen keys, one winners' key and one background coordinate.
        assert!(found.complete && found.coordinates == 14);
    }
}
