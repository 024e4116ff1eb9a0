//! Which thresholds to certify with: the search, and the exact or enclosed tails of what it finds.
//!
//! Thresholds may come from anywhere: what is certified is the implication, decided in rationals,
//! and the tails, recomputed by [`crate::probability`]. The search goes along one curve: for theta
//! from 1 down to 2^-110 it takes the least bounds lambda whose tails are at most theta, and then the
//! least numbers of samples b that imply the ratio; at the end each lambda is raised as far as b allows.

use super::super::drift::ceil_sqrt;
use super::claim::{Form, Setup};
use crate::number::{Q, integer};
use crate::probability::fixed::{FixedLaw, ONE, UNIT_BITS, units};
use crate::probability::walk::{MAX_END_PRODUCTS, end_law};
use crate::probability::{
    Tail, azuma_doob_ru, binomial_below, chernoff_doob_ru, hoeffding_ru, walk_maximum_above,
    walk_maximum_exact,
};
use crate::problem::Label;
use num_bigint::{BigInt, BigUint};
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::cell::OnceCell;

/// Most products spent on the end laws of all groups together, beyond which tails are bounded by
/// supermartingales instead.
const MAX_PRODUCTS: u64 = MAX_END_PRODUCTS;

/// Thetas a factor of 2.
const FINENESS: u32 = 2;

/// Squared standard deviations at which lambda is tried where there are no end laws.
const SQUARES: [u64; 12] = [2, 4, 6, 8, 10, 12, 15, 18, 22, 28, 36, 50];

/// Thresholds that imply a ratio.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Thresholds {
    pub form: Form,
    pub ratio: u64,
    /// Least numbers of samples of each label.
    pub b: [u64; 2],
    /// Bounds of the walks, one a group.
    pub lambda: Vec<u64>,
}

/// How much work a tail may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effort {
    /// What the end laws give, or an exact tail that costs milliseconds.
    Quick,
    /// The best there is.
    Full,
}

/// Upper bounds of tails in units, at all lambda.
#[derive(Debug)]
struct Table {
    /// `P(S > lambda)` and `P(-S > lambda)`.
    sides: [Vec<u128>; 2],
    /// What an entry may be too large by.
    error: u128,
    /// No path of this many steps gets farther.
    reach: u64,
}

impl Table {
    fn new(law: &FixedLaw, reach: u64) -> Self {
        let last = law.first + law.lo.len() as i64 - 1;
        let sides = [1, -1].map(|sign| {
            let far = (sign * last).max(sign * law.first).max(0);
            // From the far end inwards: entry lambda holds what lies beyond it.
            let mut sum = law.outside;
            let mut tail = vec![sum];
            for s in (1..=far).rev() {
                if let Ok(i) = usize::try_from(sign * s - law.first)
                    && let Some(mass) = law.lo.get(i)
                {
                    sum += mass + law.slack;
                }
                tail.push(sum);
            }
            tail.reverse();
            tail
        });
        Table {
            sides,
            error: law.slack * law.lo.len() as u128 + law.outside,
            reach,
        }
    }

    fn above(&self, side: usize, lambda: u64) -> u128 {
        if lambda >= self.reach {
            return 0;
        }
        let tail = &self.sides[side];
        let at = usize::try_from(lambda).map_or(tail.len() - 1, |l| l.min(tail.len() - 1));
        tail[at]
    }

    fn len(&self) -> u64 {
        let longest = self.sides.iter().map(Vec::len).max().unwrap_or(1) as u64;
        longest.min(self.reach.saturating_add(1))
    }
}

/// The laws of what happens within `t` steps, made once for all ratios.
pub(super) struct Laws<'s> {
    setup: &'s Setup,
    t: u64,
    /// The step at which samples are counted.
    from: u64,
    plus: Option<FixedLaw>,
    /// One a group; `None` for all if they are too wide.
    tables: Option<Vec<Table>>,
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

impl<'s> Laws<'s> {
    /// Walks up to step `t`, samples counted at step `from`.
    ///
    /// # Cost
    /// One end law for each group of patterns: about `t` times the mean square of a step, in
    /// products.
    pub fn new(setup: &'s Setup, from: u64, t: u64) -> Self {
        let budget = MAX_PRODUCTS / setup.groups.len().max(1) as u64;
        let table = |g: &super::claim::Group| {
            let reach = t.saturating_mul(g.law.bound());
            if budget < MAX_END_PRODUCTS {
                let law = FixedLaw::from_weights(g.law.weights(), g.law.denominator())?;
                return Some(Table::new(&law.power(t, budget)?, reach));
            }
            Some(Table::new(&end_law(&g.law, t)?, reach))
        };
        Laws {
            setup,
            t,
            from,
            plus: label_law(&setup.prior_plus, from),
            tables: setup.groups.iter().map(table).collect(),
            candidates: [const { OnceCell::new() }; 3],
        }
    }

    /// Counts samples at another step.
    pub fn count_at(&mut self, from: u64) {
        self.plus = label_law(&self.setup.prior_plus, from);
        self.from = from;
    }

    /// Are the end laws of all walks known?
    pub fn has_end_laws(&self) -> bool {
        self.tables.is_some()
    }

    /// An upper bound, in units, of the tail of group g in a form, over all its members.
    fn group_tail(&self, form: Form, g: usize, lambda: u64) -> u128 {
        let group = &self.setup.groups[g];
        let times = |n: usize, tail: u128| tail.saturating_mul(n as u128);
        let Some(tables) = &self.tables else {
            let tail = self.supermartingale(g, lambda);
            return times(self.members(form, g), units_ru(&tail));
        };
        let [up, down] = [0, 1].map(|side| tables[g].above(side, lambda));
        match form {
            Form::EndPoint => times(group.grows[0].len(), up) + times(group.grows[1].len(), down),
            // A walk's maximum exceeds lambda about twice as often as its end (exactly at most
            // twice if its steps are symmetric).
            Form::Stated | Form::Alive => times(self.members(form, g), 2 * (up + down)),
        }
    }

    fn members(&self, form: Form, g: usize) -> usize {
        let group = &self.setup.groups[g];
        match form {
            Form::Stated => group.members.len(),
            Form::Alive | Form::EndPoint => group.alive,
        }
    }

    /// `P(max |S| > lambda)` from above, without a law of the walk.
    fn supermartingale(&self, g: usize, lambda: u64) -> Q {
        let law = &self.setup.groups[g].law;
        let tail = chernoff_doob_ru(law, self.t, lambda);
        if law.mean().is_zero() {
            tail.min(azuma_doob_ru(self.t, law.bound(), lambda))
        } else {
            tail
        }
    }

    /// Bounds of the walks along the curve.
    fn curve(&self, form: Form) -> Vec<Candidate> {
        let least = self.setup.least_lambda(form);
        let groups = 0..self.setup.groups.len();
        let curve: Vec<Vec<u64>> = match &self.tables {
            Some(tables) => {
                let mut curve: Vec<Vec<u64>> = Vec::new();
                for half in 0..FINENESS * (UNIT_BITS - 10) {
                    // 181/256 is close to the square root of 1/2.
                    let theta = (ONE >> (half / FINENESS)) / 256
                        * if half % FINENESS == 0 { 256 } else { 181 };
                    let lambda: Vec<u64> = groups
                        .clone()
                        .map(|g| {
                            let (mut low, mut high) = (least[g], tables[g].len().max(least[g]));
                            while low < high {
                                let middle = low + (high - low) / 2;
                                if self.group_tail(form, g, middle) <= theta {
                                    high = middle;
                                } else {
                                    low = middle + 1;
                                }
                            }
                            low
                        })
                        .collect();
                    if curve.last() != Some(&lambda) {
                        curve.push(lambda);
                    }
                }
                curve
            }
            None => SQUARES
                .iter()
                .filter_map(|&square| {
                    let far = |g: usize| {
                        let law = &self.setup.groups[g].law;
                        let variance = integer(self.t) * law.mean_square() * integer(square);
                        let drift = (law.mean().abs() * integer(self.t)).ceil().to_integer();
                        (ceil_sqrt(&variance) + drift).to_u64()
                    };
                    groups
                        .clone()
                        .map(|g| Some(far(g)?.max(least[g])))
                        .collect()
                })
                .collect(),
        };
        curve
            .into_iter()
            .map(|lambda| Candidate {
                tail: groups
                    .clone()
                    .map(|g| self.group_tail(form, g, lambda[g]))
                    .fold(0, u128::saturating_add),
                loser: self.setup.largest_loser(form, &lambda),
                lambda,
            })
            .filter(|c| c.tail < ONE)
            .collect()
    }

    /// `P(B_y < b)` from above, in units.
    fn samples_tail(&self, label: Label, b: u64) -> u128 {
        let Some(plus) = &self.plus else {
            return units_ru(&hoeffding_ru(self.from, &self.prior(label), b));
        };
        let from = i64::try_from(self.from).unwrap_or(i64::MAX);
        match (label, i64::try_from(b)) {
            (_, Ok(0)) => 0,
            (_, Ok(b)) if b > from => ONE,
            (Label::Plus, Ok(b)) => plus.at_most(b - 1).1,
            (Label::Minus, Ok(b)) => plus.at_least(from - b + 1).1,
            (_, Err(_)) => ONE,
        }
    }

    fn prior(&self, label: Label) -> Q {
        match label {
            Label::Plus => self.setup.prior_plus.clone(),
            Label::Minus => Q::one() - &self.setup.prior_plus,
        }
    }

    /// For each of these ratios, the thresholds found by the search; `None` where none of them
    /// leaves a positive probability.
    pub fn best(&self, form: Form, ratios: &[u64]) -> Vec<Option<Thresholds>> {
        let candidates = self.candidates[form as usize].get_or_init(|| self.curve(form));
        ratios
            .iter()
            .map(|&ratio| self.best_of(form, ratio, candidates))
            .collect()
    }

    fn best_of(&self, form: Form, ratio: u64, candidates: &[Candidate]) -> Option<Thresholds> {
        let square = integer(ratio) * integer(ratio);
        let mut best: Option<(u128, [u64; 2], &Candidate)> = None;
        for candidate in candidates {
            let Some(b) = self
                .setup
                .least_samples(form, &(&square * &candidate.loser))
            else {
                continue;
            };
            let fail = Label::BOTH
                .map(|y| self.samples_tail(y, b[y.index()]))
                .into_iter()
                .fold(candidate.tail, u128::saturating_add);
            if fail < ONE && best.as_ref().is_none_or(|(least, ..)| fail < *least) {
                best = Some((fail, b, candidate));
            }
        }
        let (_, b, candidate) = best?;
        let mut found = Thresholds {
            form,
            ratio,
            b,
            lambda: candidate.lambda.clone(),
        };
        self.raise(&mut found);
        let holds = self.setup.implies(form, ratio, found.b, &found.lambda);
        holds.then_some(found)
    }

    /// Raises each lambda as far as the other thresholds allow.
    fn raise(&self, found: &mut Thresholds) {
        let allowed = self.setup.least_winner(found.form, found.b)
            / (integer(found.ratio) * integer(found.ratio));
        for g in 0..found.lambda.len() {
            // Farther than the walk goes is of no use.
            let far = self
                .t
                .saturating_mul(self.setup.groups[g].law.bound())
                .max(found.lambda[g]);
            let mut lambda = found.lambda.clone();
            let (mut low, mut high) = (found.lambda[g], far);
            while low < high {
                let middle = high - (high - low) / 2;
                lambda[g] = middle;
                if self.setup.largest_loser(found.form, &lambda) <= allowed {
                    low = middle;
                } else {
                    high = middle - 1;
                }
            }
            found.lambda[g] = low;
        }
    }

    /// Thresholds taken by their tails alone: each of the tails is at most an equal share of delta.
    /// Nothing is implied by them.
    pub fn by_tails_alone(&self, ratio: u64, delta: &Q) -> Option<Thresholds> {
        let form = Form::Stated;
        let share = units_ru(&(delta / integer(2 + self.setup.groups.len() as u64)));
        let tables = self.tables.as_ref()?;
        let lambda = (0..self.setup.groups.len())
            .map(|g| (0..tables[g].len()).find(|&l| self.group_tail(form, g, l) <= share))
            .map(|found| found.or(Some(0)))
            .collect::<Option<_>>()?;
        let b = Label::BOTH.map(|y| {
            (0..=self.from)
                .take_while(|&b| self.samples_tail(y, b) <= share)
                .last()
                .unwrap_or(0)
        });
        Some(Thresholds {
            form,
            ratio,
            b,
            lambda,
        })
    }

    /// The sum of the tails of these thresholds: what the probability of the event falls short of 1
    /// by, at most.
    pub fn failure(&self, thresholds: &Thresholds, effort: Effort) -> Tail {
        let form = thresholds.form;
        let mut sum = Label::BOTH.iter().fold(Tail::zero(), |sum, &y| {
            sum.add(&binomial_below(
                self.from,
                &self.prior(y),
                thresholds.b[y.index()],
            ))
        });
        for (g, &lambda) in thresholds.lambda.iter().enumerate() {
            if self.members(form, g) == 0 {
                continue;
            }
            let tail = match form {
                Form::EndPoint => self.end_tail(g, lambda),
                Form::Stated | Form::Alive => {
                    let members = integer(self.members(form, g) as u64);
                    times(&self.walk_tail(g, lambda, effort), &members)
                }
            };
            sum = sum.add(&tail);
        }
        sum
    }

    /// The tail of the end values of group g, over its members.
    fn end_tail(&self, g: usize, lambda: u64) -> Tail {
        let hi = self.group_tail(Form::EndPoint, g, lambda);
        let [rise, fall] = &self.setup.groups[g].grows;
        let lo = match &self.tables {
            _ if hi == 0 => 0,
            Some(tables) => hi.saturating_sub(tables[g].error * (rise.len() + fall.len()) as u128),
            None => 0,
        };
        Tail::between(units(lo), units(hi))
    }

    fn walk_tail(&self, g: usize, lambda: u64, effort: Effort) -> Tail {
        let law = &self.setup.groups[g].law;
        if effort == Effort::Full {
            return walk_maximum_above(law, self.t, lambda);
        }
        if let Some(exact) = walk_maximum_exact(law, self.t, lambda) {
            return Tail::Exact(exact);
        }
        let hi = match &self.tables {
            Some(tables) if law.is_symmetric() => {
                let ends = tables[g].above(0, lambda) + tables[g].above(1, lambda);
                units(2 * ends)
            }
            _ => self.supermartingale(g, lambda),
        };
        Tail::between(Q::zero(), hi.min(Q::one()))
    }
}

fn times(tail: &Tail, n: &Q) -> Tail {
    match tail {
        Tail::Exact(q) => Tail::Exact(q * n),
        Tail::Enclosed { lo, hi } => Tail::Enclosed {
            lo: lo * n,
            hi: hi * n,
        },
    }
}

/// The law of the number of samples with label +.
fn label_law(prior: &Q, n: u64) -> Option<FixedLaw> {
    let whole = prior.denom().magnitude().clone();
    let part: BigUint = prior.numer().magnitude().clone();
    let weights = [(0, &whole - &part), (1, part)];
    FixedLaw::from_weights(&weights, &whole)?.power(n, MAX_END_PRODUCTS)
}

/// A probability in units, rounded up.
fn units_ru(q: &Q) -> u128 {
    let scaled: BigInt = (q * Q::from_integer(BigInt::one() << UNIT_BITS))
        .ceil()
        .to_integer();
    scaled.to_u128().unwrap_or(ONE).min(ONE)
}
