//! The automaton of a state's pieces: what each set of open gates does to them, in machine integers.
//!
//! A state is a row of ids, one a piece (see [`super::pieces`]). A margin is `y sum_p N_p F_p` with
//! `F_p = sum_j a_j sigma(Z_jp)`, which is kept beside the values of pieces.

mod saved;

use super::pieces::{Kills, MAX_PUSHES, Pieces, Unfit};
use super::weights::{Accuracies, Weights};
use crate::dynamics::path::PathLattice;
use crate::number::Q;
use crate::problem::{AtomTable, Loss, Pooling, Problem};
use foldhash::fast::FixedState;
use num_bigint::BigUint;
use num_traits::{One, Zero};
use std::collections::HashMap;

/// What a state does on each atom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Class {
    /// Accuracy id.
    pub(super) accuracy: u32,
    /// Id of the set of open gates.
    pub(super) open: u32,
}

/// The moves of all states with one set of open gates.
#[derive(Debug, Clone, Default)]
pub(super) struct Moves {
    /// Pushes that are not zero, with their weights: (action, weight id).
    pub(super) actions: Vec<(u32, u32)>,
    /// Weight of the push 0, if possible.
    pub(super) still: Option<u32>,
    /// Total weight of the samples with an open gate (of a single sample, whatever the batch).
    pub(super) open_weight: BigUint,
}

/// The automaton of a problem.
#[derive(Debug, Clone)]
pub(super) struct Automaton {
    n_patterns: usize,
    pieces: Pieces,
    dropped_at_start: Vec<Q>,
    /// A gate is open below this margin; `None` if always.
    open_below: Option<i128>,
    n_atoms: usize,
    /// Entries of atom i: `atom_starts[i]..atom_starts[i + 1]`, each (place of the pattern by components, y N_p).
    atom_starts: Vec<u32>,
    atom_entries: Vec<(u32, i64)>,
    batch: u32,
    /// Entries of action i, each (piece, push).
    action_starts: Vec<u32>,
    action_entries: Vec<(u32, u32)>,
    action_ids: HashMap<Vec<(u32, u32)>, u32, FixedState>,
    classes: HashMap<Box<[u64]>, Class, FixedState>,
    open_ids: HashMap<Box<[u64]>, u32, FixedState>,
    moves: Vec<Moves>,
    pub(super) weights: Weights,
    pub(super) accuracies: Accuracies,
    sums: Vec<i64>,
    wide_sums: Vec<i128>,
    margins: Vec<u64>,
}

impl Automaton {
    /// The automaton of a problem and its initial row of ids; `None` if it does not apply (another
    /// pooling, activation or loss, a trained head, numbers or batches too large).
    ///
    /// With `merge`, cells that never move again are kept as 0; see [`Automaton::kills`].
    pub(super) fn new(
        problem: &Problem,
        table: &AtomTable,
        merge: bool,
    ) -> Option<(Self, Vec<u32>)> {
        if problem.network().pooling != Pooling::Sum {
            return None;
        }
        let lattice = PathLattice::new(problem)?;
        let n_patterns = problem.n_patterns();
        let batch = problem.training().batch;
        let accuracies = Accuracies::new(table);
        let total = num_traits::Pow::pow(&accuracies.total, batch);
        let (pieces, row) = Pieces::new(problem, table, &lattice, merge)?;
        let mut atom_starts = vec![0u32];
        let mut atom_entries = Vec::new();
        let places = pieces.components.iter().flat_map(|c| c.patterns.iter());
        let places: Vec<usize> = places.copied().collect();
        for atom in table.atoms() {
            for (place, &p) in (0u32..).zip(&places) {
                let signed = atom.label.sign() * i64::from(atom.counts[p]);
                if signed != 0 {
                    atom_entries.push((place, signed));
                }
            }
            atom_starts.push(u32::try_from(atom_entries.len()).ok()?);
        }
        let mut automaton = Automaton {
            n_patterns,
            dropped_at_start: pieces.dropped_at_start(&lattice),
            pieces,
            open_below: match problem.training().loss {
                Loss::Hinge => Some(lattice.threshold),
                // Open at margin 0, and margins are integers here.
                Loss::Perceptron => Some(1),
                Loss::Unhinged | Loss::SquaredHinge | Loss::Square => None,
            },
            n_atoms: table.atoms().len(),
            atom_starts,
            atom_entries,
            batch,
            action_starts: vec![0],
            action_entries: Vec::new(),
            action_ids: HashMap::default(),
            classes: HashMap::default(),
            open_ids: HashMap::default(),
            moves: Vec::new(),
            weights: Weights::new(total),
            accuracies,
            sums: vec![0; n_patterns],
            wide_sums: vec![0; n_patterns],
            margins: Vec::new(),
        };
        if batch == 1 {
            for i in 0..automaton.n_atoms {
                let mut push = vec![0; n_patterns];
                for &(place, s) in automaton.atom(i) {
                    push[place as usize] = s;
                }
                let entries = automaton.entries(&push);
                automaton.action_entries.extend_from_slice(&entries);
                let end = u32::try_from(automaton.action_entries.len()).ok()?;
                automaton.action_starts.push(end);
            }
        }
        Some((automaton, row))
    }

    fn atom(&self, i: usize) -> &[(u32, i64)] {
        &self.atom_entries[self.atom_starts[i] as usize..self.atom_starts[i + 1] as usize]
    }

    /// What a push (one number a pattern, by components) is to the pieces that it may move.
    fn entries(&self, push: &[i64]) -> Vec<(u32, u32)> {
        let mut entries = Vec::new();
        for (c, component) in self.pieces.components.iter().enumerate() {
            let own = &push[component.start..component.start + component.len()];
            if own.iter().any(|s| *s != 0) {
                let index = component.push_index(own);
                entries.extend(self.pieces.of(c).map(|piece| (piece, index)));
            }
        }
        entries
    }

    /// The pieces.
    pub(super) fn pieces(&self) -> &Pieces {
        &self.pieces
    }

    /// What merging drops at the start in cells that never move, one a filter.
    pub(super) fn dropped_at_start(&self) -> &[Q] {
        &self.dropped_at_start
    }

    /// The share of value `id` of a piece in the hash of a row; shares are added.
    #[inline]
    pub(super) fn mix(&self, piece: usize, id: u32) -> u64 {
        self.pieces.mix(piece, id)
    }

    /// The hash of a row.
    pub(super) fn hash(&self, row: &[u32]) -> u64 {
        row.iter()
            .enumerate()
            .fold(0, |h, (i, &c)| h.wrapping_add(self.mix(i, c)))
    }

    /// The value after a push on value `id` of a piece.
    #[inline]
    pub(super) fn next(&mut self, piece: u32, id: u32, push: u32) -> Result<u32, Unfit> {
        self.pieces.next(piece, id, push)
    }

    /// The cells that this move kills, when merging: from then on they count as 0.
    pub(super) fn kills(&self, piece: u32, id: u32, push: u32) -> Option<&Kills> {
        self.pieces.kills(piece, id, push)
    }

    /// Entries of an action: (piece, push).
    #[inline]
    pub(super) fn action(&self, id: u32) -> std::ops::Range<usize> {
        self.action_starts[id as usize] as usize..self.action_starts[id as usize + 1] as usize
    }

    /// One entry of an action.
    #[inline]
    pub(super) fn entry(&self, i: usize) -> (u32, u32) {
        self.action_entries[i]
    }

    /// The moves of a set of open gates.
    pub(super) fn moves(&self, open: u32) -> &Moves {
        &self.moves[open as usize]
    }

    /// Is every gate of this set closed?
    pub(super) fn is_settled(&self, open: u32) -> bool {
        self.moves[open as usize].open_weight.is_zero()
    }

    /// Can no sample with an open gate move anything at this row?
    pub(super) fn is_frozen(&mut self, row: &[u32], open: u32) -> Result<bool, Unfit> {
        for i in 0..self.moves(open).actions.len() {
            let (action, _) = self.moves(open).actions[i];
            for e in self.action(action) {
                let (piece, push) = self.entry(e);
                if !self.pieces.stays(piece, row[piece as usize], push)? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Additions that the margins of a row take.
    pub(super) fn margin_work(&self) -> u64 {
        (self.atom_entries.len() + self.pieces.len()) as u64
    }

    /// Which gates are open, and which atoms are right, at a row.
    ///
    /// # Cost
    /// One addition a pattern present in an atom.
    pub(super) fn classify(&mut self, row: &[u32]) -> Result<Class, Unfit> {
        let words = self.n_atoms.div_ceil(64);
        let mut bits = std::mem::take(&mut self.margins);
        bits.clear();
        bits.resize(2 * words, 0);
        if self.pieces.is_narrow {
            self.sums.fill(0);
            for (i, &id) in row.iter().enumerate() {
                self.pieces.add_narrow_sums(i, id, &mut self.sums);
            }
            let below = self
                .open_below
                .map(|b| b.clamp(i64::MIN.into(), i64::MAX.into()) as i64);
            for i in 0..self.n_atoms {
                let mut margin = 0i64;
                for &(p, count) in self.atom(i) {
                    margin += self.sums[p as usize] * count;
                }
                bits[i / 64] |= u64::from(below.is_none_or(|b| margin < b)) << (i % 64);
                bits[words + i / 64] |= u64::from(margin > 0) << (i % 64);
            }
        } else {
            self.wide_sums.fill(0);
            for (i, &id) in row.iter().enumerate() {
                self.pieces.add_wide_sums(i, id, &mut self.wide_sums);
            }
            for i in 0..self.n_atoms {
                let mut margin = 0i128;
                for &(p, count) in self.atom(i) {
                    margin += self.wide_sums[p as usize] * i128::from(count);
                }
                let open = self.open_below.is_none_or(|b| margin < b);
                bits[i / 64] |= u64::from(open) << (i % 64);
                bits[words + i / 64] |= u64::from(margin > 0) << (i % 64);
            }
        }
        let class = match self.classes.get(&bits[..]) {
            Some(&class) => class,
            None => self.new_class(&bits, words)?,
        };
        self.margins = bits;
        Ok(class)
    }

    fn new_class(&mut self, bits: &[u64], words: usize) -> Result<Class, Unfit> {
        let (open, right) = bits.split_at(words);
        let is_set = |mask: &[u64], i: usize| mask[i / 64] >> (i % 64) & 1 == 1;
        let accuracy = self
            .accuracies
            .id((0..self.n_atoms).map(|i| is_set(right, i)));
        let open_id = match self.open_ids.get(open) {
            Some(&id) => id,
            None => {
                let indices: Vec<usize> = (0..self.n_atoms).filter(|&i| is_set(open, i)).collect();
                let moves = self.new_moves(&indices)?;
                let id = self.moves.len() as u32;
                self.moves.push(moves);
                self.open_ids.insert(open.into(), id);
                id
            }
        };
        let class = Class {
            accuracy,
            open: open_id,
        };
        self.classes.insert(bits.into(), class);
        Ok(class)
    }

    fn new_moves(&mut self, open: &[usize]) -> Result<Moves, Unfit> {
        let open_weight: BigUint = open.iter().map(|&i| &self.accuracies.atoms[i]).sum();
        let closed = &self.accuracies.total - &open_weight;
        if self.batch == 1 {
            return Ok(Moves {
                actions: open
                    .iter()
                    .map(|&i| {
                        let weight = self.accuracies.atoms[i].clone();
                        (i as u32, self.weights.id(weight))
                    })
                    .collect(),
                still: (!closed.is_zero()).then(|| self.weights.id(closed)),
                open_weight,
            });
        }
        // The law of the sum of B independent pushes, a closed sample pushing by 0.
        let mut single: HashMap<Vec<i64>, BigUint> = HashMap::new();
        let zero = vec![0i64; self.n_patterns];
        if !closed.is_zero() {
            single.insert(zero.clone(), closed);
        }
        for &i in open {
            let mut push = zero.clone();
            for &(p, s) in self.atom(i) {
                push[p as usize] += s;
            }
            *single.entry(push).or_default() += &self.accuracies.atoms[i];
        }
        let mut law: HashMap<Vec<i64>, BigUint> = HashMap::from([(zero.clone(), BigUint::one())]);
        for _ in 0..self.batch {
            let mut sum: HashMap<Vec<i64>, BigUint> = HashMap::new();
            for (a, x) in &law {
                for (b, y) in &single {
                    let push = a.iter().zip(b).map(|(a, b)| a + b).collect();
                    *sum.entry(push).or_default() += x * y;
                }
                if sum.len() > MAX_PUSHES {
                    return Err(Unfit);
                }
            }
            law = sum;
        }
        let still = law.remove(&zero).map(|w| self.weights.id(w));
        // In one order whatever the hash map did.
        let mut law: Vec<(Vec<i64>, BigUint)> = law.into_iter().collect();
        law.sort_unstable();
        let mut actions = Vec::with_capacity(law.len());
        for (push, weight) in law {
            let entries = self.entries(&push);
            let action = match self.action_ids.get(&entries) {
                Some(&id) => id,
                None => {
                    let id = self.action_starts.len() as u32 - 1;
                    self.action_entries.extend_from_slice(&entries);
                    let end = u32::try_from(self.action_entries.len()).map_err(|_| Unfit)?;
                    self.action_starts.push(end);
                    self.action_ids.insert(entries, id);
                    id
                }
            };
            actions.push((action, self.weights.id(weight)));
        }
        Ok(Moves {
            actions,
            still,
            open_weight,
        })
    }
}
