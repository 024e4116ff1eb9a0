//! The column automaton: how one column of the state moves, in machine integers.
//!
//! With an orthonormal dictionary, sum pooling, a fixed head, binary gates and a piecewise linear
//! activation, a step adds `(eta a_j / B) sigma'(Z_jp) s_p` to `Z_jp`, where `s_p` is the sum of
//! `y N_p` over the open samples of the batch. So column p after the step is a function of column p
//! before it and of the integer `s_p` alone. Distinct columns get small ids, and each move of a
//! column is computed once. A margin is `y sum_p N_p F_p` with `F_p = sum_j a_j sigma(Z_jp)`, which
//! is kept beside the column.

use super::weights::{Accuracies, Weights};
use crate::dynamics::path::{MAX_NUMERATOR, PathLattice};
use crate::number::Q;
use crate::problem::{Activation, AtomTable, Loss, Pooling, Problem};
use foldhash::fast::FixedState;
use hashbrown::HashTable;
use num_bigint::{BigInt, BigUint};
use num_traits::{One, Zero};
use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher, Hasher};

/// A number left the machine integers; the problem then goes to the generic engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unfit;

/// Most distinct values of `s_p`, and most distinct vectors of them, in one batch.
const MAX_PUSHES: usize = 1 << 16;

/// Up to this many pushes, the moves of a column are a table.
const MAX_DENSE: usize = 64;

const UNKNOWN: u32 = u32::MAX;

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

/// The cells that a move of a column kills: filter, and square of the numerator they die with.
pub(super) type Kills = Vec<(u32, i128)>;

#[derive(Debug, Clone)]
struct Columns {
    /// `cells[c * n + j]`.
    cells: Vec<i64>,
    /// F of each column, over D * right * (denominator of the head).
    sums: Vec<i128>,
    narrow_sums: Vec<i64>,
    /// Does no push move this column?
    inert: Vec<bool>,
    mix: Vec<u64>,
    /// `next[c * pushes + k]`; empty if there are many pushes.
    next: Vec<u32>,
    /// The same by (column, push) if there are many pushes.
    sparse_next: HashMap<(u32, u32), u32, FixedState>,
    index: HashTable<u32>,
    /// The values of s_p, ascending.
    pushes: Vec<i64>,
    kills: HashMap<(u32, u32), Kills, FixedState>,
}

impl Columns {
    fn is_dense(&self) -> bool {
        self.pushes.len() <= MAX_DENSE
    }
}

/// The column automaton of a problem.
#[derive(Debug, Clone)]
pub(super) struct Automaton {
    n: usize,
    n_patterns: usize,
    merge: bool,
    denominator: BigInt,
    left: i64,
    right: i64,
    units: Vec<i64>,
    head: Vec<i64>,
    /// A gate is open below this margin; `None` if always.
    open_below: Option<i128>,
    columns: Vec<Columns>,
    /// While every |F_p| is at most this, margins fit an i64.
    narrow_limit: i128,
    is_narrow: bool,
    n_atoms: usize,
    /// Entries of atom i: `atom_starts[i]..atom_starts[i + 1]`, each (pattern, y N_p).
    atom_starts: Vec<u32>,
    atom_entries: Vec<(u32, i64)>,
    batch: u32,
    /// Entries of action i, each (pattern, index of its s_p).
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
    /// The automaton of a problem and its initial row of column ids; `None` if it does not apply
    /// (another dictionary, pooling, activation or loss, a trained head, numbers or batches too large).
    ///
    /// With `merge`, cells that never move again are kept as 0; see [`Automaton::kills`].
    pub(super) fn new(
        problem: &Problem,
        table: &AtomTable,
        merge: bool,
    ) -> Option<(Self, Vec<u32>)> {
        if !problem.dictionary().is_orthonormal() || problem.network().pooling != Pooling::Sum {
            return None;
        }
        let lattice = PathLattice::new(problem)?;
        let n_patterns = problem.n_patterns();
        let batch = problem.training().batch;
        let accuracies = Accuracies::new(table);
        let total = num_traits::Pow::pow(&accuracies.total, batch);
        let mut atom_starts = vec![0u32];
        let mut atom_entries = Vec::new();
        let mut singles: Vec<BTreeSet<i64>> = vec![BTreeSet::new(); n_patterns];
        for atom in table.atoms() {
            for (p, &count) in atom.counts.iter().enumerate() {
                if count > 0 {
                    let signed = atom.label.sign() * i64::from(count);
                    atom_entries.push((p as u32, signed));
                    singles[p].insert(signed);
                }
            }
            atom_starts.push(u32::try_from(atom_entries.len()).ok()?);
        }
        let columns = singles
            .iter()
            .map(|set| {
                Some(Columns {
                    cells: Vec::new(),
                    sums: Vec::new(),
                    narrow_sums: Vec::new(),
                    inert: Vec::new(),
                    mix: Vec::new(),
                    next: Vec::new(),
                    sparse_next: HashMap::default(),
                    index: HashTable::new(),
                    pushes: sumset(set, batch)?,
                    kills: HashMap::default(),
                })
            })
            .collect::<Option<Vec<_>>>()?;
        let relu = problem.network().activation == Activation::Relu;
        let mut automaton = Automaton {
            n: problem.n_filters(),
            n_patterns,
            merge: merge && relu,
            denominator: lattice.denominator.clone(),
            left: lattice.left,
            right: lattice.right,
            units: lattice.units.clone(),
            head: lattice.head.clone(),
            open_below: match problem.training().loss {
                Loss::Hinge => Some(lattice.threshold),
                // Open at margin 0, and margins are integers here.
                Loss::Perceptron => Some(1),
                Loss::Unhinged | Loss::SquaredHinge | Loss::Square => None,
            },
            columns,
            narrow_limit: i128::from(i64::MAX / 2)
                / (i128::from(problem.distribution().max_patches()) + 1),
            is_narrow: true,
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
                let entries: Vec<(u32, u32)> = automaton
                    .atom(i)
                    .iter()
                    .map(|&(p, s)| (p, automaton.push_index(p as usize, s)))
                    .collect();
                automaton.action_entries.extend_from_slice(&entries);
                let end = u32::try_from(automaton.action_entries.len()).ok()?;
                automaton.action_starts.push(end);
            }
        }
        let row = (0..n_patterns)
            .map(|p| {
                let column: Vec<i64> = (0..automaton.n)
                    .map(|j| automaton.kept(lattice.weights[j * n_patterns + p]))
                    .collect();
                automaton.column(p, &column)
            })
            .collect();
        Some((automaton, row))
    }

    /// What is kept of a cell.
    fn kept(&self, z: i64) -> i64 {
        if self.merge && z <= 0 { 0 } else { z }
    }

    fn atom(&self, i: usize) -> &[(u32, i64)] {
        &self.atom_entries[self.atom_starts[i] as usize..self.atom_starts[i + 1] as usize]
    }

    fn push_index(&self, p: usize, s: i64) -> u32 {
        self.columns[p]
            .pushes
            .binary_search(&s)
            .map_or(UNKNOWN, |k| k as u32)
    }

    /// The denominator of all cells.
    pub(super) fn denominator(&self) -> &BigInt {
        &self.denominator
    }

    /// Numerators of column `id` of pattern `p`, one a filter.
    pub(super) fn cells(&self, p: usize, id: u32) -> &[i64] {
        &self.columns[p].cells[id as usize * self.n..(id as usize + 1) * self.n]
    }

    /// Number of distinct columns of pattern `p`.
    pub(super) fn n_columns(&self, p: usize) -> usize {
        self.columns[p].sums.len()
    }

    /// The share of column `id` of pattern `p` in the hash of a row; shares are added.
    #[inline]
    pub(super) fn mix(&self, p: usize, id: u32) -> u64 {
        self.columns[p].mix[id as usize]
    }

    /// The hash of a row.
    pub(super) fn hash(&self, row: &[u32]) -> u64 {
        row.iter()
            .enumerate()
            .fold(0, |h, (p, &c)| h.wrapping_add(self.mix(p, c)))
    }

    /// The id of a column.
    fn column(&mut self, p: usize, cells: &[i64]) -> u32 {
        let n = self.n;
        let mut hasher = FixedState::with_seed(p as u64).build_hasher();
        for &z in cells {
            hasher.write_i64(z);
        }
        let hash = hasher.finish();
        let columns = &mut self.columns[p];
        let found = columns.index.find(hash, |&c| {
            columns.cells[c as usize * n..(c as usize + 1) * n] == *cells
        });
        if let Some(&id) = found {
            return id;
        }
        let id = columns.sums.len() as u32;
        // |z| <= 2^51, and the factors are bounded where the lattice is made: this fits.
        let sum: i128 = cells
            .iter()
            .zip(&self.head)
            .map(|(&z, &a)| {
                let slope = if z > 0 { self.right } else { self.left };
                i128::from(z) * i128::from(slope) * i128::from(a)
            })
            .sum();
        debug_assert!(sum.unsigned_abs() >> 126 == 0);
        self.is_narrow &= sum.abs() <= self.narrow_limit;
        columns.cells.extend_from_slice(cells);
        columns.sums.push(sum);
        columns.narrow_sums.push(sum as i64);
        columns.inert.push(
            cells
                .iter()
                .zip(&self.units)
                .all(|(&z, &u)| u == 0 || (z <= 0 && self.left == 0)),
        );
        columns.mix.push(hash);
        if columns.is_dense() {
            columns
                .next
                .extend(std::iter::repeat_n(UNKNOWN, columns.pushes.len()));
        }
        let mixes = &columns.mix;
        columns
            .index
            .insert_unique(hash, id, |&c| mixes[c as usize]);
        id
    }

    /// The column after push number `push` on column `id` of pattern `p`.
    #[inline]
    pub(super) fn next(&mut self, p: u32, id: u32, push: u32) -> Result<u32, Unfit> {
        let columns = &self.columns[p as usize];
        let known = if columns.is_dense() {
            columns.next[id as usize * columns.pushes.len() + push as usize]
        } else {
            *columns.sparse_next.get(&(id, push)).unwrap_or(&UNKNOWN)
        };
        if known != UNKNOWN {
            return Ok(known);
        }
        self.compute_next(p as usize, id, push)
    }

    fn compute_next(&mut self, p: usize, id: u32, push: u32) -> Result<u32, Unfit> {
        let s = i128::from(self.columns[p].pushes[push as usize]);
        let mut moved = Vec::with_capacity(self.n);
        let mut kills = Kills::new();
        for (j, (&z, &unit)) in self.cells(p, id).iter().zip(&self.units).enumerate() {
            let slope = if z > 0 { self.right } else { self.left };
            let to = i128::from(unit)
                .checked_mul(i128::from(slope))
                .and_then(|x| x.checked_mul(s))
                .and_then(|x| x.checked_add(i128::from(z)))
                .filter(|x| x.unsigned_abs() <= MAX_NUMERATOR as u128)
                .ok_or(Unfit)? as i64;
            let kept = self.kept(to);
            if kept != to {
                kills.push((j as u32, i128::from(to) * i128::from(to)));
            }
            moved.push(kept);
        }
        let next = self.column(p, &moved);
        let columns = &mut self.columns[p];
        if columns.is_dense() {
            columns.next[id as usize * columns.pushes.len() + push as usize] = next;
        } else {
            columns.sparse_next.insert((id, push), next);
        }
        if !kills.is_empty() {
            columns.kills.insert((id, push), kills);
        }
        Ok(next)
    }

    /// The cells that this move kills, when merging: from then on they count as 0.
    pub(super) fn kills(&self, p: u32, id: u32, push: u32) -> Option<&Kills> {
        self.columns[p as usize].kills.get(&(id, push))
    }

    /// Entries of an action: (pattern, push).
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
    pub(super) fn is_frozen(&self, row: &[u32], open: u32) -> bool {
        self.moves[open as usize].actions.iter().all(|&(a, _)| {
            self.action(a).all(|i| {
                let (p, _) = self.entry(i);
                self.columns[p as usize].inert[row[p as usize] as usize]
            })
        })
    }

    /// Additions that the margins of a row take.
    pub(super) fn margin_work(&self) -> u64 {
        self.atom_entries.len() as u64
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
        if self.is_narrow {
            for ((sum, columns), &c) in self.sums.iter_mut().zip(&self.columns).zip(row) {
                *sum = columns.narrow_sums[c as usize];
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
            for ((sum, columns), &c) in self.wide_sums.iter_mut().zip(&self.columns).zip(row) {
                *sum = columns.sums[c as usize];
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
            let entries: Vec<(u32, u32)> = push
                .iter()
                .enumerate()
                .filter(|(_, s)| **s != 0)
                .map(|(p, &s)| (p as u32, self.push_index(p, s)))
                .collect();
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

    /// The coordinates of a cell as a rational.
    pub(super) fn rational(&self, numerator: i64) -> Q {
        Q::new(numerator.into(), self.denominator.clone())
    }
}

/// The sums of up to `batch` numbers of a set, ascending, 0 among them; `None` if they are too many
/// or too large.
fn sumset(set: &BTreeSet<i64>, batch: u32) -> Option<Vec<i64>> {
    let mut sums = BTreeSet::from([0i64]);
    for _ in 0..batch {
        let mut more = sums.clone();
        for s in &sums {
            for x in set {
                more.insert(s.checked_add(*x)?);
            }
            if more.len() > MAX_PUSHES {
                return None;
            }
        }
        if more.len() == sums.len() {
            break;
        }
        sums = more;
    }
    Some(sums.into_iter().collect())
}
