//! The engine for every problem: states as rationals, moved by the one definition of a step.

mod saved;

use super::LawLimits;
use super::limbs;
use super::mass::Mass;
use super::pieces::Unfit;
use super::saved::Out;
use super::space::{Losses, Space, key};
use super::weights::{Accuracies, Weights, multisets};
use crate::dynamics::gradient::{Model, Sample};
use crate::dynamics::path::longest;
use crate::dynamics::state::State;
use crate::number::{Q, integer};
use crate::problem::{Activation, AtomTable, Problem};
use foldhash::fast::FixedState;
use num_bigint::{BigInt, BigUint};
use num_traits::{One, Signed, Zero};
use std::collections::HashMap;
use std::sync::Arc;

/// A batch: how often each atom occurs, and its weight id.
type Batch = (Vec<(u32, u32)>, u32);

/// What identifies a state: its weights and head, or its accuracy and settledness if it is a lump.
type Key = (Vec<BigInt>, Option<(u32, bool)>);

/// The states of any problem.
#[derive(Debug, Clone)]
pub(super) struct GenericSpace<'p> {
    problem: &'p Problem,
    model: Model<Q>,
    sample_weight: Q,
    table: Arc<AtomTable>,
    batches: Vec<Batch>,
    weights: Weights,
    accuracies: Accuracies,
    merge: bool,
    /// For each pattern whose coordinates at or below 0 never move, what their squares count in a squared norm.
    dead: Vec<(usize, Q)>,
    max_bits: u64,
    states: Vec<Known>,
    ids: HashMap<Key, u32, FixedState>,
    losses: Losses,
}

#[derive(Debug, Clone)]
struct Known {
    state: State<Q>,
    accuracy: u32,
    is_settled: bool,
    is_lump: bool,
    /// Bits of its longest number.
    bits: u64,
}

impl<'p> GenericSpace<'p> {
    /// The initial state. The batches must not be too many ([`GenericSpace::too_many_batches`]).
    ///
    /// # Errors
    /// The limit in words, if the initial numbers are too long.
    pub(super) fn new(
        problem: &'p Problem,
        table: Arc<AtomTable>,
        merge: bool,
        limits: &LawLimits,
    ) -> Result<Self, String> {
        let size = problem.training().batch;
        let accuracies = Accuracies::new(&table);
        let mut weights = Weights::new(num_traits::Pow::pow(&accuracies.total, size));
        let mut batches = Vec::new();
        multisets(&accuracies.atoms, size, &mut |drawn, weight| {
            batches.push((drawn.to_vec(), weights.id(weight)));
        });
        Self::with_batches(problem, table, merge, limits.max_bits, weights, batches)
    }

    /// The limit in words, if a step has too many different batches.
    pub(super) fn too_many_batches(
        problem: &Problem,
        table: &AtomTable,
        limits: &LawLimits,
    ) -> Option<String> {
        let (size, most) = (problem.training().batch, limits.max_transitions);
        (count_multisets(table.atoms().len(), size) > most as u128)
            .then(|| format!("more than {most} different batches of {size} samples"))
    }

    /// The initial state alone, however long its numbers are, of which no move is known. Nothing is merged.
    ///
    /// # Errors
    /// None: no limit stands before it.
    pub(super) fn at_start(problem: &'p Problem, table: Arc<AtomTable>) -> Result<Self, String> {
        let weights = Weights::new(BigUint::one());
        Self::with_batches(problem, table, false, u64::MAX, weights, Vec::new())
    }

    fn with_batches(
        problem: &'p Problem,
        table: Arc<AtomTable>,
        merge: bool,
        max_bits: u64,
        weights: Weights,
        batches: Vec<Batch>,
    ) -> Result<Self, String> {
        let accuracies = Accuracies::new(&table);
        let relu = matches!(
            problem.network().activation,
            Activation::Relu | Activation::Relu2
        );
        let mut space = GenericSpace {
            problem,
            model: Model::new(problem),
            sample_weight: integer(problem.training().batch).recip(),
            table,
            batches,
            weights,
            accuracies,
            merge,
            dead: if merge && relu {
                alone(problem)
            } else {
                Vec::new()
            },
            max_bits,
            states: Vec::new(),
            ids: HashMap::default(),
            losses: Losses::default(),
        };
        let too_long = space.limit().unwrap_or_default();
        let (_, dropped) = space
            .intern(State::initial(problem))
            .map_err(|Unfit| too_long)?;
        if merge {
            space.losses.initial = dropped;
        }
        Ok(space)
    }

    /// Operations on machine words of one rational operation at a state: what a gcd takes at most.
    fn operation(&self, state: u32) -> u64 {
        let words = self.states[state as usize].bits / 64 + 1;
        words.saturating_mul(words).saturating_mul(64)
    }

    /// The state after one batch.
    fn moved(&self, state: &State<Q>, batch: &[(u32, u32)]) -> State<Q> {
        let atoms = self.table.atoms();
        let samples = batch.iter().flat_map(|&(atom, times)| {
            (0..times).map(move |_| Sample {
                label: atoms[atom as usize].label,
                counts: &atoms[atom as usize].counts,
                weight: &self.sample_weight,
            })
        });
        let gradient = self.model.gradient(state, samples);
        let mut next = state.clone();
        self.model.apply(&mut next, &gradient);
        next
    }

    /// The id of a state, and the squares that merging drops on the way into it, one a filter.
    fn intern(&mut self, mut state: State<Q>) -> Result<(u32, Vec<Q>), Unfit> {
        let bits = longest(&state);
        if bits > self.max_bits {
            return Err(Unfit);
        }
        let n = state.head.len();
        let mut dropped = vec![Q::zero(); n];
        for (p, square) in &self.dead {
            for (j, sum) in dropped.iter_mut().enumerate() {
                let z = &mut state.weights[(j, *p)];
                if z.is_negative() {
                    *sum += &*z * &*z * square;
                    *z = Q::zero();
                }
            }
        }
        let mut key: Key = (key(state.weights.entries().iter().chain(&state.head)), None);
        if let Some(&id) = self.ids.get(&key) {
            return Ok((id, dropped));
        }
        let margins: Vec<Q> = self
            .table
            .atoms()
            .iter()
            .map(|a| self.model.margin(&state, a.label, &a.counts))
            .collect();
        let accuracy = self.accuracies.id(margins.iter().map(Signed::is_positive));
        let is_settled = margins.iter().all(|z| self.model.gate(z).is_zero());
        let is_lump = self.merge
            && (is_settled
                || (0..self.table.atoms().len() as u32)
                    .all(|i| self.moved(&state, &[(i, self.problem.training().batch)]) == state));
        if is_lump {
            for (sum, square) in dropped.iter_mut().zip(state.norms_squared(self.problem)) {
                *sum += square;
            }
            key = (Vec::new(), Some((accuracy, is_settled)));
            if let Some(&id) = self.ids.get(&key) {
                return Ok((id, dropped));
            }
        }
        let id = self.states.len() as u32;
        self.ids.insert(key, id);
        self.states.push(Known {
            state,
            accuracy,
            is_settled,
            is_lump,
            bits,
        });
        Ok((id, dropped))
    }
}

/// The patterns that are orthogonal to all others, each with its entry of a generalised inverse of the Gram matrix.
fn alone(problem: &Problem) -> Vec<(usize, Q)> {
    let dictionary = problem.dictionary();
    let inverse = dictionary.gram_inverse();
    let components = dictionary.components().into_iter();
    let alone = components.filter_map(|c| if let [p] = c[..] { Some(p) } else { None });
    alone
        .map(|p| (p, inverse.map_or_else(Q::one, |x| x[(p, p)].clone())))
        .collect()
}

/// `C(atoms + size - 1, size)`, cut off far beyond every limit.
fn count_multisets(atoms: usize, size: u32) -> u128 {
    const CAP: u128 = 1 << 64;
    let (n, k) = (
        atoms as u128 + u128::from(size) - 1,
        u128::from(size).min(atoms as u128 - 1),
    );
    let mut value = 1u128;
    for i in 1..=k {
        value = value * (n - k + i) / i;
        if value > CAP {
            return CAP;
        }
    }
    value
}

impl Space for GenericSpace<'_> {
    fn len(&self) -> usize {
        self.states.len()
    }

    fn n_moves(&self, _state: u32) -> usize {
        self.batches.len()
    }

    fn move_work(&self, state: u32) -> u64 {
        let cells = self.problem.network().weights.entries().len() as u64;
        let operations = cells.saturating_mul(1 + u64::from(self.problem.training().batch));
        operations.saturating_mul(self.operation(state))
    }

    fn state_work(&self, state: u32) -> u64 {
        let cells = self.problem.network().weights.entries().len() as u64;
        let operations = cells.saturating_mul(self.table.atoms().len() as u64);
        operations.saturating_mul(self.operation(state))
    }

    fn state_bytes(&self, state: u32) -> u64 {
        let known = &self.states[state as usize];
        let numbers = (known.state.weights.entries().len() + known.state.head.len()) as u64;
        // Numerator and denominator, in the state and in its key: a vector with what it points to.
        numbers * 4 * (40 + known.bits / 8)
    }

    fn limit(&self) -> Option<String> {
        Some(format!("weights of more than {} bits", self.max_bits))
    }

    fn expand(&mut self, state: u32, visit: &mut dyn FnMut(u32, u32)) -> Result<(), Unfit> {
        let known = &self.states[state as usize];
        if known.is_lump {
            let total = self.weights.total().clone();
            visit(state, self.weights.id(total));
            return Ok(());
        }
        let from = known.state.clone();
        let mut loss = vec![Q::zero(); from.head.len()];
        for i in 0..self.batches.len() {
            let (batch, weight) = &self.batches[i];
            let weight = *weight;
            let next = self.moved(&from, batch);
            let (target, dropped) = self.intern(next)?;
            if self.merge && dropped.iter().any(|x| !x.is_zero()) {
                let probability = Q::new(
                    self.weights.value(weight).clone().into(),
                    self.weights.total().clone().into(),
                );
                for (sum, square) in loss.iter_mut().zip(dropped) {
                    *sum += square * &probability;
                }
            }
            visit(target, weight);
        }
        if loss.iter().any(|x| !x.is_zero()) {
            self.losses.set(state, loss);
        }
        Ok(())
    }

    fn truncate(&mut self, len: usize) {
        self.states.truncate(len);
        self.ids.retain(|_, id| (*id as usize) < len);
    }

    fn save(&self, out: &mut Out<'_>) {
        out.flag(false);
        self.save_states(out);
    }

    fn weights(&self) -> &Weights {
        &self.weights
    }

    fn weights_mut(&mut self) -> &mut Weights {
        &mut self.weights
    }

    fn accuracies(&self) -> &Accuracies {
        &self.accuracies
    }

    fn accuracy(&self, state: u32) -> u32 {
        self.states[state as usize].accuracy
    }

    fn is_settled(&self, state: u32) -> bool {
        self.states[state as usize].is_settled
    }

    fn state(&self, state: u32) -> Option<State<Q>> {
        (!self.merge).then(|| self.states[state as usize].state.clone())
    }

    fn norms_squared(&self, state: u32) -> Option<Vec<Q>> {
        let state = &self.states[state as usize].state;
        (!self.merge).then(|| state.norms_squared(self.problem))
    }

    fn losses(&self) -> &Losses {
        &self.losses
    }

    fn mean_norms(&self, mass: &Mass) -> Vec<Q> {
        let mut sums = vec![Q::zero(); self.problem.n_filters()];
        for (state, words) in mass.iter() {
            let known = &self.states[state as usize];
            if known.is_lump {
                continue;
            }
            let probability = Q::from_integer(limbs::to_integer(words).into());
            for (sum, square) in sums.iter_mut().zip(known.state.norms_squared(self.problem)) {
                *sum += square * &probability;
            }
        }
        sums
    }
}
