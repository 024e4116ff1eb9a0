//! The integers of a fixed-head problem: everything a lattice engine needs, over common denominators.
//!
//! With a fixed head, gates in {0, 1} and a piecewise linear activation, a step adds
//! `eta a_j c_jp D_p G_pq` to a coordinate, where `c` is a slope of the activation and `D` a sum of
//! atom probabilities times counts. All of these have constant denominators, so every state is
//! `z / L` with integers `z` and one constant `L`.

use crate::dynamics::bags::Bags;
use crate::number::{Q, Scaled, common_denominator, numerator_over};
use crate::problem::{Activation, Generative, Label, Loss, Pooling, Problem};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, Zero};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// How the data exert force on the filters.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// Sum pooling, unhinged: `W E[y N_p]`, the same at every state.
    Moments(Vec<BigInt>),
    /// Sum pooling with gates.
    Bags(Arc<Bags>),
    /// Max pooling, unhinged, generative: closed form in the order of the activated values.
    OrderLaw(Box<OrderLaw>),
    /// Max pooling, atom by atom.
    Cells(Arc<Vec<Cell>>),
}

/// Under max pooling an atom matters only through its label and the set of patterns present.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    pub(super) label: Label,
    /// Patterns present, ascending.
    pub(super) present: Vec<u32>,
    /// Probability times the weight denominator.
    pub(super) weight: BigInt,
}

/// `E[y 1(argmax = p)]` under a generative distribution, from the order of the activated values.
#[derive(Debug, Clone)]
pub(super) struct OrderLaw {
    /// Signed scale of each label: `y pi_y W / Q^b`.
    scale: [BigInt; 2],
    /// Background probabilities of each label times `unit`.
    background: [Vec<BigInt>; 2],
    unit: BigInt,
    draws: u32,
    /// `unit^draws`.
    all: BigInt,
    /// `left^draws` for values met before.
    powers: HashMap<BigInt, BigInt>,
}

impl OrderLaw {
    const MAX_POWERS: usize = 4_096;

    /// The law and the common denominator W of its values; `None` beyond `max_bits`.
    fn new(g: &Generative, max_bits: u64) -> Option<(Self, BigInt)> {
        let draws = g.background_patches();
        let unit = common_denominator(Label::BOTH.iter().flat_map(|&y| g.background(y)));
        if !unit.is_one() && unit.bits().saturating_mul(u64::from(draws)) > max_bits {
            return None;
        }
        let prior = Scaled::new(g.prior());
        let law = OrderLaw {
            scale: Label::BOTH.map(|y| &prior.numerators[y.index()] * y.sign()),
            background: Label::BOTH.map(|y| Scaled::over(unit.clone(), g.background(y)).numerators),
            all: unit.pow(draws),
            unit,
            draws,
            powers: HashMap::new(),
        };
        let denominator = prior.denominator * &law.all;
        Some((law, denominator))
    }

    /// `W E[y 1(argmax = p)]`, length P, for patterns ranked by `order` (first = largest value).
    ///
    /// A pattern is the argmax iff it is present and none before it is:
    /// `(1 - Q_before)^b - (1 - Q_before - q_k)^b`; the key pattern is always present.
    pub(super) fn force(&mut self, order: &[u32]) -> Vec<BigInt> {
        let mut force = vec![BigInt::zero(); order.len()];
        for label in Label::BOTH {
            let scale = &self.scale[label.index()];
            if scale.is_zero() {
                continue;
            }
            let mut left = self.unit.clone();
            let mut none_before = self.all.clone();
            for &p in order {
                let p = p as usize;
                if p == label.index() {
                    force[p] += scale * &none_before;
                    break;
                }
                if p < 2 {
                    continue;
                }
                let q = &self.background[label.index()][p - 2];
                if q.is_zero() {
                    continue;
                }
                left -= q;
                let none_yet = match self.powers.get(&left) {
                    Some(power) => power.clone(),
                    None => {
                        let power = left.pow(self.draws);
                        if self.powers.len() < Self::MAX_POWERS {
                            self.powers.insert(left.clone(), power.clone());
                        }
                        power
                    }
                };
                force[p] += scale * (&none_before - &none_yet);
                none_before = none_yet;
            }
        }
        force
    }
}

/// A fixed-head problem in integers.
#[derive(Debug, Clone)]
pub(super) struct Spec {
    pub(super) n: usize,
    pub(super) n_patterns: usize,
    /// `h_j`: the head times its common denominator.
    pub(super) head: Vec<BigInt>,
    /// Slopes of the activation for z > 0 and z <= 0, times their common denominator.
    pub(super) slopes: [BigInt; 2],
    /// The Gram matrix times its common denominator, row by row; `None` is the identity.
    pub(super) gram: Option<Vec<BigInt>>,
    /// A step is `z_jq += rate h_j sum_p c_jp D_p G_pq` in these integers.
    pub(super) rate: BigInt,
    /// L.
    pub(super) denominator: BigInt,
    /// W, the denominator of D.
    pub(super) weight_denominator: BigInt,
    /// A gate is open iff its integer margin is below this; `None` if all gates are always open.
    pub(super) threshold: Option<BigInt>,
    pub(super) source: Source,
    /// Largest number of patches that a margin sums over (1 under max pooling).
    patches: BigInt,
    /// Bound of `|D_p|`, for each p.
    force_bound: Vec<BigInt>,
}

/// Slopes of a piecewise linear activation for z > 0 and for z <= 0, and their denominator.
pub(super) fn slopes(activation: &Activation) -> Option<([BigInt; 2], BigInt)> {
    match activation {
        Activation::Relu => Some(([BigInt::one(), BigInt::zero()], BigInt::one())),
        Activation::Identity => Some(([BigInt::one(), BigInt::one()], BigInt::one())),
        Activation::LeakyRelu { slope } => Some((
            [slope.denom().clone(), slope.numer().clone()],
            slope.denom().clone(),
        )),
        Activation::Relu2 => None,
    }
}

impl Spec {
    /// The integers of a problem with a fixed head, binary gates and a piecewise linear activation.
    ///
    /// # Errors
    /// The limit in words, if the atoms are needed and too many, or L has too many bits.
    pub(super) fn new(
        problem: &Problem,
        slopes_of: ([BigInt; 2], BigInt),
        max_bits: u64,
    ) -> Result<Self, String> {
        let (slopes, slope_unit) = slopes_of;
        let n_patterns = problem.n_patterns();
        let head = Scaled::new(&problem.network().head);
        let gram = problem
            .dictionary()
            .gram()
            .map(|g| Scaled::new(g.entries()));
        let gram_unit = gram
            .as_ref()
            .map_or_else(BigInt::one, |g| g.denominator.clone());
        let (source, weight_denominator) = source(problem, max_bits)?;
        let step = &problem.training().step;
        let rate = Q::new(
            step.numer().clone(),
            step.denom() * &head.denominator * &weight_denominator * &slope_unit * &gram_unit,
        );
        let initial = common_denominator(problem.network().weights.entries());
        let denominator = initial.lcm(rate.denom());
        if denominator.bits() > max_bits {
            return Err(format!(
                "the common denominator of the states has {} bits; at most {max_bits} are allowed",
                denominator.bits()
            ));
        }
        let margin_unit = &head.denominator * &denominator * &slope_unit;
        let threshold = match problem.training().loss {
            Loss::Hinge => Some(margin_unit),
            // Open at margin 0, and the margin is an integer here.
            Loss::Perceptron => Some(BigInt::one()),
            Loss::Unhinged | Loss::SquaredHinge | Loss::Square => None,
        };
        let sum = problem.network().pooling == Pooling::Sum;
        let force_bound = if sum {
            let [plus, minus] = Label::BOTH.map(|y| problem.distribution().mean_counts(y));
            plus.into_iter()
                .zip(minus)
                .map(|(p, m)| {
                    ((p + m) * Q::from_integer(weight_denominator.clone()))
                        .ceil()
                        .to_integer()
                })
                .collect()
        } else {
            vec![weight_denominator.clone(); n_patterns]
        };
        Ok(Spec {
            n: problem.n_filters(),
            n_patterns,
            head: head.numerators,
            slopes,
            gram: gram.map(|g| g.numerators),
            rate: numerator_over(&rate, &denominator),
            denominator,
            weight_denominator,
            threshold,
            source,
            patches: if sum {
                BigInt::from(problem.distribution().max_patches())
            } else {
                BigInt::one()
            },
            force_bound,
        })
    }

    /// The largest |z| for which no intermediate value reaches `2^bits`, and the most that |z| can
    /// change in a step; `None` if constants alone are out of range.
    pub(super) fn range(&self, bits: u64) -> Option<(BigInt, BigInt)> {
        let limit = BigInt::one() << bits;
        let top_slope = &self.slopes[0];
        let head_sum = self.head.iter().fold(BigInt::zero(), |s, h| s + h.abs());
        let head_max = self.head.iter().map(|h| h.abs()).max()?.max(BigInt::one());
        let head_squares = self.head.iter().fold(BigInt::zero(), |s, h| s + h * h);
        let pull = match &self.gram {
            None => self.force_bound.iter().max()?.clone(),
            Some(gram) => (0..self.n_patterns)
                .map(|q| {
                    self.force_bound
                        .iter()
                        .enumerate()
                        .fold(BigInt::zero(), |s, (p, d)| {
                            s + d * gram[p * self.n_patterns + q].abs()
                        })
                })
                .max()?,
        };
        let change = &self.rate * &head_max * top_slope * pull;
        let margin_scale = (&head_sum + 1) * top_slope * (&self.patches + 1);
        let cap = (&limit >> 2u32) / margin_scale;
        let constants = [
            &head_squares * top_slope * top_slope * &self.rate,
            &head_max * top_slope * &self.rate,
            self.threshold.clone().unwrap_or_default() * 4,
            &self.weight_denominator * (&self.patches + 1),
        ];
        (constants.iter().all(|c| *c < limit) && change < cap).then_some((cap, change))
    }

    /// Estimated machine operations of one pass over the state and the atoms.
    pub(super) fn pass_cost(&self) -> u64 {
        let cells = (self.n * self.n_patterns) as u64;
        let moving = match self.gram {
            None => cells,
            Some(_) => cells.saturating_mul(self.n_patterns as u64),
        };
        moving
            + match &self.source {
                Source::Moments(_) | Source::OrderLaw(_) => 0,
                Source::Bags(bags) => 2 * bags.node.len() as u64,
                Source::Cells(list) => (list.len() * self.n) as u64,
            }
    }
}

/// Chooses how forces are found, enumerating atoms only where they are needed.
fn source(problem: &Problem, max_bits: u64) -> Result<(Source, BigInt), String> {
    let distribution = problem.distribution();
    let unhinged = problem.training().loss == Loss::Unhinged;
    match (
        problem.network().pooling,
        unhinged,
        distribution.as_generative(),
    ) {
        (Pooling::Sum, true, _) => {
            let moments = Scaled::new(&distribution.signed_mean_counts());
            Ok((Source::Moments(moments.numerators), moments.denominator))
        }
        (Pooling::Sum, false, _) => {
            let table = distribution.atoms().map_err(|e| e.to_string())?;
            let bags = Bags::new(&table);
            let denominator = bags.denominator.clone();
            Ok((Source::Bags(Arc::new(bags)), denominator))
        }
        (Pooling::Max, true, Some(g)) => {
            let (law, denominator) = OrderLaw::new(g, max_bits).ok_or_else(|| {
                format!("probabilities of more than {max_bits} bits under max pooling")
            })?;
            Ok((Source::OrderLaw(Box::new(law)), denominator))
        }
        (Pooling::Max, _, _) => {
            let table = distribution.atoms().map_err(|e| e.to_string())?;
            let mut merged: BTreeMap<(Label, Vec<u32>), Q> = BTreeMap::new();
            for atom in table.atoms() {
                let present = (0u32..)
                    .zip(&atom.counts)
                    .filter(|&(_, &c)| c > 0)
                    .map(|(p, _)| p)
                    .collect();
                *merged.entry((atom.label, present)).or_insert_with(Q::zero) += &atom.probability;
            }
            let scaled = Scaled::new(merged.values());
            let cells = merged.into_keys().zip(scaled.numerators);
            let cells = cells.map(|((label, present), weight)| Cell {
                label,
                present,
                weight,
            });
            Ok((Source::Cells(Arc::new(cells.collect())), scaled.denominator))
        }
    }
}
