//! Hitting times level by level, two levels in memory.
//!
//! With batches of one sample, a step either stays or raises the number of open samples so far by
//! one, and that number can be read off a state (it is the sum of what the two labels' winners have
//! gained). So the states of level M + 1 follow from those of level M, and nothing else is kept.

mod saved;

use super::absorbed::{Absorption, AbsorptionStop};
use super::automaton::Automaton;
use super::limbs;
use super::pieces::Unfit;
use super::rows::Rows;
use super::{LawLimits, Stop};
use crate::interrupt;
use crate::number::Q;
use crate::problem::{AtomTable, Problem};
use num_bigint::{BigInt, BigUint};
use num_integer::Integer;
use num_traits::{One, Zero};

const NONE: u32 = u32::MAX;

/// Common factors are looked for among numbers of at most this many bits.
const MAX_FACTOR_BITS: u64 = 256;

/// The states with M open samples behind them, and the probability of a visit before any perfect
/// state, as integers over one denominator.
struct Level {
    rows: Rows,
    /// Place of a state among the probabilities; none for probability 0.
    places: Vec<u32>,
    words: Vec<u64>,
    stride: usize,
    denominator: BigUint,
}

impl Level {
    fn new(width: usize) -> Self {
        Level {
            rows: Rows::new(width),
            places: Vec::new(),
            words: Vec::new(),
            stride: 1,
            denominator: BigUint::one(),
        }
    }

    fn clear(&mut self, denominator: BigUint) {
        self.rows.clear();
        self.places.clear();
        self.words.clear();
        self.stride = limbs::words_for(&denominator);
        self.denominator = denominator;
    }

    fn mass(&self, state: u32) -> Option<&[u64]> {
        let place = self.places[state as usize];
        let at = place as usize * self.stride;
        (place != NONE).then(|| &self.words[at..at + self.stride])
    }

    /// Divides the probabilities and their denominator by what they have in common with `factor`.
    fn reduce(&mut self, factor: &BigUint) {
        loop {
            let mut common = self.denominator.gcd(factor);
            for words in self.words.chunks_exact(self.stride) {
                if common.is_one() {
                    return;
                }
                let value = limbs::to_integer(words);
                common = common.gcd(&(value % &common));
            }
            if common.is_one() {
                return;
            }
            let denominator = &self.denominator / &common;
            let stride = limbs::words_for(&denominator);
            let mut words = Vec::with_capacity(self.words.len() / self.stride * stride);
            for old in self.words.chunks_exact(self.stride) {
                let value = limbs::to_integer(old) / &common;
                words.extend(limbs::to_words(&value, stride));
            }
            (self.words, self.stride, self.denominator) = (words, stride, denominator);
        }
    }
}

/// `w L / O` for the moves of one set of open gates, as words of one width.
struct Factors {
    open: u32,
    /// The probability mass of this level's states with these gates.
    sum: Vec<u64>,
    values: Vec<BigUint>,
    words: Vec<u64>,
}

/// The way through the levels.
pub(super) struct Levels<'a> {
    automaton: Automaton,
    limits: &'a LawLimits,
    work: u64,
    n_moves: usize,
    /// The number of open samples behind the states of the level.
    depth: u64,
    level: Level,
    /// States of the levels before.
    states: usize,
    expected: Q,
    ever: Q,
    /// What the denominators are made of, for finding common factors.
    base: BigUint,
}

impl<'a> Levels<'a> {
    /// The first level; `None` if the automaton does not apply.
    pub(super) fn new(problem: &Problem, table: &AtomTable, limits: &'a LawLimits) -> Option<Self> {
        let (mut automaton, row) = Automaton::new(problem, table, false)?;
        let class = automaton.classify(&row).ok()?;
        let mut level = Level::new(row.len());
        level.rows.insert(&row, automaton.hash(&row), class);
        level.places.push(0);
        level.words.push(1);
        Some(Levels {
            automaton,
            limits,
            work: 0,
            n_moves: 0,
            depth: 0,
            level,
            states: 0,
            expected: Q::zero(),
            ever: Q::zero(),
            base: BigUint::one(),
        })
    }

    /// All levels from this one on; `point` is told between two of them.
    ///
    /// # Errors
    /// [`Unfit`] if a number leaves the machine integers. The limit inside names the level, that is the number of
    /// open samples, as its step.
    pub(super) fn run(
        mut self,
        point: &mut dyn FnMut(&Self),
    ) -> Result<Result<Absorption, AbsorptionStop>, Unfit> {
        let width = self.level.rows.width();
        let mut next = Level::new(width);
        loop {
            let level = std::mem::replace(&mut self.level, Level::new(width));
            self.states += level.rows.len();
            let states = self.states;
            let factors = self.settle(&level);
            let (factors, step) = common_multiple(factors, &self.automaton);
            let denominator = &level.denominator * &step;
            let t = self.depth;
            if let Some(limit) = self.limit(states, &level, &denominator) {
                return Ok(Err(Stop { limit, t }.into()));
            }
            next.clear(denominator);
            if let Err(limit) = self.push(&level, &factors, states, &mut next)? {
                return Ok(Err(Stop { limit, t }.into()));
            }
            if next.rows.len() == 0 {
                return Ok(Ok(Absorption {
                    states: states as u64,
                    longest_path: self.depth,
                    expected_steps_to_perfect: self.expected,
                    p_ever_perfect: self.ever,
                }));
            }
            let wider = self.base.lcm(&step);
            self.base = if wider.bits() <= MAX_FACTOR_BITS {
                wider
            } else {
                step
            };
            next.reduce(&self.base);
            self.level = std::mem::replace(&mut next, level);
            self.depth += 1;
            point(&self);
        }
    }

    fn limit(&self, states: usize, level: &Level, denominator: &BigUint) -> Option<String> {
        let limits = self.limits;
        if states > limits.max_states {
            Some(format!("more than {} states", limits.max_states))
        } else if denominator.bits() > limits.max_bits {
            Some(format!(
                "probabilities of more than {} bits",
                limits.max_bits
            ))
        } else if (level.words.len() as u64) > limits.max_words {
            Some(format!(
                "probabilities of more than {} words",
                limits.max_words
            ))
        } else {
            None
        }
    }

    /// Adds up what the states of a level give to the results, and gathers the mass that goes on by
    /// sets of open gates.
    fn settle(&mut self, level: &Level) -> Vec<Factors> {
        let mut perfect = vec![0u64; level.stride];
        let mut groups: Vec<Factors> = Vec::new();
        let mut of_open: Vec<u32> = Vec::new();
        for state in 0..level.rows.len() as u32 {
            let Some(mass) = level.mass(state) else {
                continue;
            };
            let class = level.rows.class(state);
            if self.automaton.accuracies.is_one(class.accuracy) {
                limbs::add(&mut perfect, mass);
                continue;
            }
            let open = class.open as usize;
            if of_open.len() <= open {
                of_open.resize(open + 1, NONE);
            }
            if of_open[open] == NONE {
                of_open[open] = groups.len() as u32;
                groups.push(Factors {
                    open: class.open,
                    sum: vec![0; level.stride],
                    values: Vec::new(),
                    words: Vec::new(),
                });
            }
            limbs::add(&mut groups[of_open[open] as usize].sum, mass);
        }
        let denominator = BigInt::from(level.denominator.clone());
        self.ever += Q::new(limbs::to_integer(&perfect).into(), denominator.clone());
        let total = BigInt::from(self.automaton.weights.total().clone());
        for group in &groups {
            let open_weight = &self.automaton.moves(group.open).open_weight;
            self.expected += Q::new(
                BigInt::from(limbs::to_integer(&group.sum)) * &total,
                &denominator * BigInt::from(open_weight.clone()),
            );
        }
        groups
    }

    /// The next level, with the mass that goes there.
    fn push(
        &mut self,
        level: &Level,
        factors: &[Factors],
        states: usize,
        next: &mut Level,
    ) -> Result<Result<(), String>, Unfit> {
        let mut of_open: Vec<u32> = Vec::new();
        for (i, group) in (0u32..).zip(factors) {
            let open = group.open as usize;
            if of_open.len() <= open {
                of_open.resize(open + 1, NONE);
            }
            of_open[open] = i;
        }
        let mut to: Vec<u32> = Vec::new();
        for state in 0..level.rows.len() as u32 {
            if let Some(asked) = interrupt::asked() {
                return Ok(Err(asked.to_owned()));
            }
            let class = level.rows.class(state);
            let hash = level.rows.hash(state);
            let from = level.rows.row(state);
            let n_actions = self.automaton.moves(class.open).actions.len();
            self.n_moves = self.n_moves.saturating_add(n_actions);
            if self.n_moves > self.limits.max_transitions {
                return Ok(Err(format!(
                    "more than {} transitions",
                    self.limits.max_transitions
                )));
            }
            let mass = level
                .mass(state)
                .filter(|_| !self.automaton.accuracies.is_one(class.accuracy));
            let group = mass.and_then(|_| factors.get(of_open[class.open as usize] as usize));
            let width = group.map_or(0, |g| g.words.len() / n_actions.max(1));
            let each = 16 + (width * level.stride) as u64;
            self.work = self.work.saturating_add(each * n_actions as u64);
            if self.work > self.limits.max_work {
                return Ok(Err(format!(
                    "more than {} operations",
                    self.limits.max_work
                )));
            }
            to.clear();
            to.extend_from_slice(from);
            for i in 0..n_actions {
                let (action, _) = self.automaton.moves(class.open).actions[i];
                let entries = self.automaton.action(action);
                let mut target_hash = hash;
                for e in entries.clone() {
                    let (p, push) = self.automaton.entry(e);
                    let before = from[p as usize];
                    let after = self.automaton.next(p, before, push)?;
                    to[p as usize] = after;
                    target_hash = target_hash
                        .wrapping_sub(self.automaton.mix(p as usize, before))
                        .wrapping_add(self.automaton.mix(p as usize, after));
                }
                let target = match next.rows.find(&to, target_hash) {
                    Some(known) => known,
                    None => {
                        let class = self.automaton.classify(&to)?;
                        self.work = self.work.saturating_add(self.automaton.margin_work());
                        next.places.push(NONE);
                        next.rows.insert(&to, target_hash, class)
                    }
                };
                if let (Some(mass), Some(group)) = (mass, group) {
                    let stride = next.stride;
                    let place = &mut next.places[target as usize];
                    if *place == NONE {
                        *place = (next.words.len() / stride) as u32;
                        next.words.resize(next.words.len() + stride, 0);
                    }
                    let at = *place as usize * stride;
                    // A path meets a level once, so the masses of a level add up to at most 1.
                    limbs::add_product(
                        &mut next.words[at..at + stride],
                        mass,
                        &group.words[i * width..(i + 1) * width],
                    );
                }
                for e in entries {
                    let p = self.automaton.entry(e).0 as usize;
                    to[p] = from[p];
                }
            }
            if states + next.rows.len() > self.limits.max_states {
                return Ok(Err(format!("more than {} states", self.limits.max_states)));
            }
        }
        Ok(Ok(()))
    }
}

/// Brings the weights `w / O` of all groups to integers over one number, which is returned, as small
/// as possible.
fn common_multiple(mut groups: Vec<Factors>, automaton: &Automaton) -> (Vec<Factors>, BigUint) {
    let multiple = groups.iter().fold(BigUint::one(), |l, g| {
        l.lcm(&automaton.moves(g.open).open_weight)
    });
    let mut common = multiple.clone();
    for group in &mut groups {
        let moves = automaton.moves(group.open);
        let scale = &multiple / &moves.open_weight;
        group.values = moves
            .actions
            .iter()
            .map(|&(_, w)| automaton.weights.value(w) * &scale)
            .collect();
        for value in &group.values {
            if common.is_one() {
                break;
            }
            common = common.gcd(value);
        }
    }
    let step = &multiple / &common;
    let width = limbs::words_for(&step);
    for group in &mut groups {
        group.words = std::mem::take(&mut group.values)
            .into_iter()
            .flat_map(|v| limbs::to_words(&(v / &common), width))
            .collect();
    }
    (groups, step)
}
