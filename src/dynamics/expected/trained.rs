//! Exact dynamics of a trained head with gates in {0, 1}, a piecewise linear activation, and sum pooling.
//!
//! While gates and signs stay the same, with `u_jp = c_jp D_p`, filter j moves by
//! `a' = a + e1 x / q`, `x = u . Z`, and `Z' = Z + e2 a (u G) / q`: linear, with a denominator that
//! grows by the constant factor q a step. Two things make it fast.
//!
//! - Decisions need few digits. A fixed-point copy of the state with a rigorous error bound
//!   ([`super::enclosure`]) moves step by step and decides gates and signs; where it cannot, the
//!   exact state is brought up to date and decides.
//! - The exact state follows stretch by stretch. Over k steps, `N : (a, x) -> (e1 x, e2 r a)` with
//!   `r = u G u^T` satisfies `N^2 = e1 e2 r`, so `(q + N)^k = alpha + beta N` comes from doubling, and
//!   `Z_k = q^k Z + (u G) (beta e2 a + (alpha - q^k) x / r)`: a few products a coordinate for any k.
//!   Numbers that do not move are not touched, and no gcd is taken.

use super::constants::Constants;
use super::enclosure::Enclosure;
use super::gates::Gates;
use super::spec::slopes;
use crate::dynamics::bags::Bags;
use crate::dynamics::limits::{Limits, Stop};
use crate::dynamics::state::{ScaledState, State};
use crate::number::{Denominator, Matrix, Q, Scaled, common_denominator, convert};
use crate::problem::{Loss, Problem};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Pow, Signed, ToPrimitive, Zero};
use std::collections::HashMap;
use std::sync::Arc;

/// Steps during which the force stays the same, and the signs too.
#[derive(Debug, Clone)]
struct Stretch {
    steps: u64,
    force: Vec<i64>,
    /// Coordinates whose sign changed just before.
    flips: Vec<u32>,
}

/// A stretch with everything common divided out: `force` and `e1 / q`, `e2 / q` in lowest terms.
struct Reduced {
    force: Vec<BigInt>,
    e1: BigInt,
    e2: BigInt,
    q: BigInt,
}

/// A number over the common denominator as it was after some of the stretches.
#[derive(Debug, Clone)]
struct Entry {
    numerator: BigInt,
    /// How many of the growth factors are in the denominator.
    stamp: usize,
}

/// The exact state: heads, then coordinates row by row.
#[derive(Debug, Clone)]
pub(super) struct ExactState {
    head: Vec<Entry>,
    weights: Vec<Entry>,
    base: BigInt,
    /// `q^k` of each stretch so far.
    growth: Vec<BigInt>,
    positive: Vec<bool>,
}

/// The engine.
#[derive(Debug, Clone)]
pub(super) struct Trained {
    constants: Constants,
    exact: ExactState,
    enclosure: Enclosure,
    /// Signs at the present step (those of `exact` lag behind).
    positive: Vec<bool>,
    force: Vec<i64>,
    gates: Option<Gates<i64>>,
    weight_denominator: BigInt,
    log: Vec<Stretch>,
    pending_flips: Vec<u32>,
    mass: [BigInt; 2],
    /// Sixteenths of a bit in the common denominator, and what a step adds to them.
    bits16: u64,
    growth16: u64,
    sums: Vec<i128>,
}

impl Trained {
    /// The engine at the initial state; `Ok(None)` if a constant does not fit a machine word.
    ///
    /// # Errors
    /// The limit in words, if the atoms are needed and too many.
    pub(super) fn new(problem: &Problem) -> Result<Option<Self>, String> {
        let Some((slopes, slope_unit)) = slopes(&problem.network().activation) else {
            return Ok(None);
        };
        let (bags, moments, weight_denominator) = if problem.training().loss == Loss::Unhinged {
            let moments = Scaled::new(&problem.distribution().signed_mean_counts());
            (None, moments.numerators, moments.denominator)
        } else {
            let table = problem.distribution().atoms().map_err(|e| e.to_string())?;
            let bags = Arc::new(Bags::new(&table));
            let unit = bags.denominator.clone();
            let zero = vec![BigInt::zero(); problem.n_patterns()];
            (Some(bags), zero, unit)
        };
        Ok(Self::build(
            problem,
            [&slopes[0], &slopes[1]],
            &slope_unit,
            bags.as_ref(),
            &moments,
            weight_denominator,
        ))
    }

    fn build(
        problem: &Problem,
        slopes: [&BigInt; 2],
        slope_unit: &BigInt,
        bags: Option<&Arc<Bags>>,
        moments: &[BigInt],
        weight_denominator: BigInt,
    ) -> Option<Self> {
        let patches = problem.distribution().max_patches();
        // Forces, their products with slopes, and sums with Gram entries are formed in machine words
        // or twice that.
        if (&weight_denominator * (patches + 1)).bits() > 60 {
            return None;
        }
        let (gram, gram_unit) = match problem.dictionary().gram() {
            None => (None, BigInt::one()),
            Some(g) => {
                let scaled = Scaled::new(g.entries());
                (Some(convert(&scaled.numerators)?), scaled.denominator)
            }
        };
        let step = &problem.training().step;
        let first = step / Q::from_integer(&weight_denominator * slope_unit);
        let second = &first / Q::from_integer(gram_unit);
        let Scaled {
            numerators: rates,
            denominator: q,
        } = Scaled::new([&first, &second]);
        let small = |v: &BigInt| v.to_i64().filter(|v| v.unsigned_abs() < 1 << 30);
        let constants = Constants {
            n: problem.n_filters(),
            n_patterns: problem.n_patterns(),
            slopes: [small(slopes[0])?, small(slopes[1])?],
            gram,
            e1: rates[0].clone(),
            e2: rates[1].clone(),
            q,
            patches,
            loss: problem.training().loss,
        };
        let largest = |values: &[i64]| values.iter().map(|v| v.unsigned_abs()).max().unwrap_or(1);
        let bits = |v: u64| u64::from(64 - v.leading_zeros());
        let product_bits = (&weight_denominator * (patches + 1)).bits()
            + bits(largest(&constants.slopes))
            + constants.gram.as_deref().map_or(0, |g| bits(largest(g)))
            + bits(constants.n_patterns as u64);
        if product_bits > 120 {
            return None;
        }
        let network = problem.network();
        let base = common_denominator(network.head.iter().chain(network.weights.entries()));
        let entries = |values: &[Q]| -> Vec<Entry> {
            let scaled = Scaled::over(base.clone(), values);
            let numerators = scaled.numerators.into_iter();
            numerators
                .map(|numerator| Entry {
                    numerator,
                    stamp: 0,
                })
                .collect()
        };
        let exact = ExactState {
            head: entries(&network.head),
            weights: entries(network.weights.entries()),
            positive: network
                .weights
                .entries()
                .iter()
                .map(Signed::is_positive)
                .collect(),
            base,
            growth: Vec::new(),
        };
        let gates = match bags {
            None => None,
            Some(bags) => Some(Gates::new(bags, &BigInt::zero())?),
        };
        let mut engine = Trained {
            enclosure: Enclosure::new(&constants),
            bits16: 16 * exact.base.bits(),
            growth16: 0,
            positive: exact.positive.clone(),
            force: convert(moments)?,
            constants,
            exact,
            gates,
            weight_denominator,
            log: Vec::new(),
            pending_flips: Vec::new(),
            mass: [BigInt::zero(), BigInt::zero()],
            sums: Vec::new(),
        };
        engine.enclose();
        engine.decide_gates_exactly();
        engine.course();
        Some(engine)
    }

    /// Sum over the steps of the open mass of each label, as numerator and denominator; `None` if
    /// gates are always open.
    pub(super) fn open_mass(&self) -> Option<(&[BigInt; 2], &BigInt)> {
        self.gates
            .is_some()
            .then_some((&self.mass, &self.weight_denominator))
    }

    pub(super) fn all_open(&self) -> bool {
        self.gates.as_ref().is_none_or(Gates::all_open)
    }

    /// The exact state, reduced.
    pub(super) fn state(&self) -> State<Q> {
        let denominators: HashMap<usize, Denominator> = (self.exact.denominators().into_iter())
            .map(|(stamp, whole)| (stamp, Denominator::new(whole)))
            .collect();
        let value = |entry: &Entry| denominators[&entry.stamp].under(entry.numerator.clone());
        let weights: Vec<Q> = self.exact.weights.iter().map(value).collect();
        State {
            weights: Matrix::from_fn(self.constants.n, self.constants.n_patterns, |j, p| {
                weights[j * self.constants.n_patterns + p].clone()
            }),
            head: self.exact.head.iter().map(value).collect(),
        }
    }

    /// The exact state over one denominator, not reduced.
    pub(super) fn scaled(&self) -> ScaledState {
        let mut exact = self.exact.clone();
        exact.lift_all();
        let denominator = exact.growth.iter().fold(exact.base, |d, g| d * g);
        let scaled = |entries: Vec<Entry>| Scaled {
            numerators: entries.into_iter().map(|entry| entry.numerator).collect(),
            denominator: denominator.clone(),
        };
        ScaledState {
            weights: scaled(exact.weights),
            head: scaled(exact.head),
        }
    }

    /// Moves `steps` steps from step `t`; the exact state is then up to date.
    ///
    /// # Errors
    /// [`Stop`] with the step reached.
    pub(super) fn run(&mut self, t: u64, steps: u64, limits: &Limits) -> Result<(), Stop> {
        let cells = (self.constants.n * (self.constants.n_patterns + 1)) as u64;
        let pass = 4 * cells + self.gates.as_ref().map_or(0, Gates::len);
        let mut work = 0u64;
        let mut done = 0;
        let mut stopped = None;
        while done < steps {
            if !self.moves() {
                self.add_mass(steps - done);
                break;
            }
            let per_step = self.growth16;
            let limbs = self.bits16 / 1024 + 1;
            work = work.saturating_add(pass + cells.saturating_mul(limbs) / 4);
            let magnitude = self.enclosure.magnitude_bits();
            let limit =
                if (self.bits16 + per_step) / 16 > limits.max_bits || magnitude > limits.max_bits {
                    Some(format!(
                        "numbers of the state need more than {} bits",
                        limits.max_bits
                    ))
                } else if work > limits.max_work {
                    Some(format!(
                        "the estimated work exceeds {} machine operations",
                        limits.max_work
                    ))
                } else {
                    None
                };
            if let Some(limit) = limit {
                stopped = Some(Stop { limit, t: t + done });
                break;
            }
            self.add_mass(1);
            self.bits16 += per_step;
            self.advance();
            done += 1;
        }
        self.catch_up();
        stopped.map_or(Ok(()), Err)
    }

    /// Does anything move at all?
    fn moves(&self) -> bool {
        let width = self.constants.n_patterns;
        self.force.iter().enumerate().any(|(p, &d)| {
            d != 0
                && (0..self.constants.n)
                    .any(|j| self.constants.slopes[usize::from(!self.positive[j * width + p])] != 0)
        })
    }

    fn add_mass(&mut self, steps: u64) {
        if let Some(gates) = &self.gates {
            for (total, mass) in self.mass.iter_mut().zip(&gates.mass) {
                *total += i128::from(*mass) * i128::from(steps);
            }
        }
    }

    /// One step of the enclosure, and the decisions after it.
    fn advance(&mut self) {
        match self.log.last_mut() {
            Some(last) if self.pending_flips.is_empty() && last.force == self.force => {
                last.steps += 1;
            }
            _ => self.log.push(Stretch {
                steps: 1,
                force: self.force.clone(),
                flips: std::mem::take(&mut self.pending_flips),
            }),
        }
        let mut sure = self.enclosure.step();
        let mut flips = Vec::new();
        if sure && self.constants.slopes[0] != self.constants.slopes[1] {
            sure = self.enclosure.signs(&self.positive, &mut flips);
        }
        if sure {
            let mut changed = !flips.is_empty();
            for &i in &flips {
                self.positive[i as usize] ^= true;
            }
            self.pending_flips = flips;
            if let Some(gates) = &mut self.gates {
                match self.enclosure.margins(&self.positive) {
                    Some((f, threshold, error)) => {
                        let decision =
                            gates.decide(f, &threshold, &error, &mut self.sums, &mut self.force);
                        changed |= decision.changed;
                        sure = !decision.unsure;
                    }
                    None => sure = false,
                }
            }
            if sure {
                if changed {
                    self.course();
                }
                return;
            }
        }
        // Too close to call: the exact state decides.
        self.pending_flips = Vec::new();
        self.catch_up();
        self.positive = self.exact.positive.clone();
        for (i, entry) in (0u32..).zip(&self.exact.weights) {
            let positive = entry.numerator.is_positive();
            if positive != self.positive[i as usize] {
                self.positive[i as usize] = positive;
                self.pending_flips.push(i);
            }
        }
        self.enclose();
        self.decide_gates_exactly();
        self.course();
    }

    /// Tells the enclosure what moves from here.
    fn course(&mut self) {
        let q = self.constants.reduce(&self.force).q;
        self.growth16 = if q.is_one() { 0 } else { q.pow(16u32).bits() };
        self.enclosure
            .course(&self.constants, &self.force, &self.positive);
    }

    /// Brings the exact state up to date.
    fn catch_up(&mut self) {
        for stretch in std::mem::take(&mut self.log) {
            self.exact.run(&self.constants, &stretch);
        }
    }

    /// A fresh enclosure of the exact state.
    fn enclose(&mut self) {
        let denominators = self.exact.denominators();
        let parts = |entries: &[Entry]| -> Vec<(BigInt, usize)> {
            entries
                .iter()
                .map(|e| (e.numerator.clone(), e.stamp))
                .collect()
        };
        let head = parts(&self.exact.head);
        let weights = parts(&self.exact.weights);
        self.enclosure.set(&head, &weights, &denominators);
    }

    /// Decides every gate from the exact state, which must be up to date.
    fn decide_gates_exactly(&mut self) {
        let Some(gates) = &mut self.gates else {
            return;
        };
        let width = self.constants.n_patterns;
        let exact = &mut self.exact;
        exact.lift_all();
        let mut f = vec![BigInt::zero(); width];
        for (j, head) in exact.head.iter().enumerate() {
            for (p, sum) in f.iter_mut().enumerate() {
                let i = j * width + p;
                let slope = self.constants.slopes[usize::from(!self.positive[i])];
                if slope != 0 {
                    *sum += &head.numerator * &exact.weights[i].numerator * slope;
                }
            }
        }
        let threshold = match self.constants.loss {
            Loss::Hinge => {
                let unit = exact.growth.iter().fold(exact.base.clone(), |d, g| d * g);
                &unit * &unit * self.constants.slopes[0]
            }
            // The gate is open at margin 0.
            _ => BigInt::one(),
        };
        let mut sums = Vec::new();
        gates.decide(&f, &threshold, &BigInt::zero(), &mut sums, &mut self.force);
    }
}

impl Constants {
    /// The force of a stretch and its step factors in lowest terms.
    fn reduce(&self, force: &[i64]) -> Reduced {
        let content = BigInt::from(force.iter().fold(0i64, |g, d| g.gcd(d)).max(1));
        let (e1, e2) = (&self.e1 * &content, &self.e2 * &content);
        let common = self.q.gcd(&e1).gcd(&e2);
        Reduced {
            force: force.iter().map(|d| d / &content).collect(),
            e1: e1 / &common,
            e2: e2 / &common,
            q: &self.q / common,
        }
    }
}

/// `(q + N)^k = alpha + beta N` where `N^2 = square`.
fn power(q: &BigInt, square: &BigInt, k: u64) -> (BigInt, BigInt) {
    let (mut alpha, mut beta) = (BigInt::one(), BigInt::zero());
    for bit in (0..64 - k.leading_zeros()).rev() {
        let cross = &alpha * &beta;
        alpha = &alpha * &alpha + &beta * &beta * square;
        beta = cross << 1u32;
        if k >> bit & 1 == 1 {
            let next = &alpha * q + &beta * square;
            beta = beta * q + alpha;
            alpha = next;
        }
    }
    (alpha, beta)
}

/// The factors of one stretch for filters with the same `r = u G u^T`.
struct Factors {
    alpha: BigInt,
    beta_e1: BigInt,
    beta_e2: BigInt,
    /// `(alpha - q^k) / r`.
    gamma: BigInt,
}

impl ExactState {
    /// The denominators after the stretches that occur as stamps.
    fn denominators(&self) -> HashMap<usize, BigInt> {
        let mut stamps: Vec<usize> = self
            .head
            .iter()
            .chain(&self.weights)
            .map(|e| e.stamp)
            .collect();
        stamps.sort_unstable();
        stamps.dedup();
        let mut running = self.base.clone();
        let mut from = 0;
        let mut result = HashMap::new();
        for stamp in stamps {
            for factor in &self.growth[from..stamp] {
                running *= factor;
            }
            from = stamp;
            result.insert(stamp, running.clone());
        }
        result
    }

    /// Writes an entry over the present denominator.
    fn lift(growth: &[BigInt], entry: &mut Entry) {
        for factor in &growth[entry.stamp..] {
            entry.numerator *= factor;
        }
        entry.stamp = growth.len();
    }

    fn lift_all(&mut self) {
        let growth = &self.growth;
        for entry in self.head.iter_mut().chain(&mut self.weights) {
            Self::lift(growth, entry);
        }
    }

    fn run(&mut self, constants: &Constants, stretch: &Stretch) {
        for &i in &stretch.flips {
            self.positive[i as usize] ^= true;
        }
        let width = constants.n_patterns;
        let reduced = constants.reduce(&stretch.force);
        let growth: BigInt = Pow::pow(&reduced.q, stretch.steps);
        let mut factors: HashMap<BigInt, Factors> = HashMap::new();
        let grown = self.growth.len() + 1;
        for j in 0..constants.n {
            let row = j * width..(j + 1) * width;
            let u: Vec<BigInt> = reduced
                .force
                .iter()
                .zip(&self.positive[row.clone()])
                .map(|(d, &positive)| d * constants.slopes[usize::from(!positive)])
                .collect();
            if u.iter().all(Zero::is_zero) {
                continue;
            }
            let y: Vec<BigInt> = match &constants.gram {
                None => u.clone(),
                Some(gram) => (0..width)
                    .map(|q| {
                        (0..width).fold(BigInt::zero(), |s, p| s + &u[p] * gram[p * width + q])
                    })
                    .collect(),
            };
            let r = u.iter().zip(&y).fold(BigInt::zero(), |s, (a, b)| s + a * b);
            let head = &mut self.head[j];
            Self::lift(&self.growth, head);
            let weights = &mut self.weights[row];
            let mut x = BigInt::zero();
            for ((entry, u), y) in weights.iter_mut().zip(&u).zip(&y) {
                if !u.is_zero() || !y.is_zero() {
                    Self::lift(&self.growth, entry);
                    x += &entry.numerator * u;
                }
            }
            let f = factors.entry(r).or_insert_with_key(|r| {
                let square = &reduced.e1 * &reduced.e2 * r;
                let (alpha, beta) = power(&reduced.q, &square, stretch.steps);
                Factors {
                    gamma: if r.is_zero() {
                        BigInt::zero()
                    } else {
                        (&alpha - &growth) / r
                    },
                    beta_e1: &beta * &reduced.e1,
                    beta_e2: &beta * &reduced.e2,
                    alpha,
                }
            });
            let travel = &head.numerator * &f.beta_e2 + &x * &f.gamma;
            head.numerator = &head.numerator * &f.alpha + &x * &f.beta_e1;
            head.stamp = grown;
            for (entry, y) in weights.iter_mut().zip(&y) {
                if !y.is_zero() {
                    entry.numerator *= &growth;
                    entry.numerator += &travel * y;
                    entry.stamp = grown;
                }
            }
        }
        self.growth.push(growth);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::{Format, parse_problem};

    fn problem(gate: &str, activation: &str) -> Problem {
        let text = format!(
            r#"
name = "trained"
[dictionary]
background = 2
[distribution]
prior = ["1/2", "1/2"]
patches = 3
key_patches = 1
background = ["1/3", "2/3"]
[network]
activation = {activation}
pooling = "sum"
head = ["1/2", "-1/2"]
weights = [["1/4", "-1/8", "1/8", "0"], ["1/8", "1/4", "0", "-1/8"]]
[training]
loss = "{gate}"
train = "filters+head"
step = "1/20"
batch = 1
steps = 10
runs = 1
seed = 1
"#
        );
        parse_problem("trained.toml", &text, Format::Toml).expect("a problem")
    }

    /// What this engine refuses another one computes, to the same numbers: nothing else shows that it refuses.
    #[test]
    fn small_problems_are_taken_and_constants_beyond_a_word_are_not() {
        let takes = |gate: &str, activation: &str| {
            let engine = Trained::new(&problem(gate, activation));
            engine.expect("few atoms").is_some()
        };
        for gate in ["unhinged", "hinge", "perceptron"] {
            assert!(takes(gate, "\"relu\""), "{gate}");
            let slope = |slope: &str| format!("\"leaky-relu\"\nslope = \"{slope}\"");
            assert!(takes(gate, &slope("1/3")), "{gate}");
            assert!(!takes(gate, &slope("1/1073741824")), "{gate}");
        }
    }
}
