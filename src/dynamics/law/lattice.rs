//! The fast engine: states as rows of ids, one a piece.

mod saved;

pub(super) use saved::{restore_rows, save_rows};

use super::automaton::{Automaton, Class};
use super::limbs;
use super::mass::Mass;
use super::pieces::{MAX_VALUES, Unfit};
use super::rows::Rows;
use super::saved::Out;
use super::space::{Losses, Space};
use super::weights::{Accuracies, Weights};
use crate::dynamics::state::State;
use crate::number::{Matrix, Q};
use crate::problem::{AtomTable, Problem};
use num_bigint::BigInt;
use num_traits::{One, Zero};

/// From here on, the first entry of a row says that it is a lump, and which: its accuracy, and whether it is
/// settled.
const LUMP: u32 = MAX_VALUES;

/// The hash of the row that stands for all frozen states of a class.
fn lump_hash(row: &[u32]) -> u64 {
    u64::from(row[0] - LUMP).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// The states of a problem to which the automaton applies.
#[derive(Debug, Clone)]
pub(super) struct LatticeSpace<'p> {
    problem: &'p Problem,
    automaton: Automaton,
    rows: Rows,
    merge: bool,
    losses: Losses,
    from: Vec<u32>,
    to: Vec<u32>,
}

impl<'p> LatticeSpace<'p> {
    /// The initial state; `None` if the automaton does not apply.
    pub(super) fn new(problem: &'p Problem, table: &AtomTable, merge: bool) -> Option<Self> {
        let (mut automaton, row) = Automaton::new(problem, table, merge)?;
        let class = automaton.classify(&row).ok()?;
        let mut space = LatticeSpace {
            problem,
            automaton,
            rows: Rows::new(row.len()),
            merge,
            losses: Losses::default(),
            from: row.clone(),
            to: row.clone(),
        };
        let hash = space.automaton.hash(&row);
        if merge {
            // Everything that is not kept from the start was dropped at step 0.
            if space.automaton.is_frozen(&row, class.open).ok()? {
                space.losses.initial = State::initial(problem).norms_squared(problem);
                space.lump(class);
                return Some(space);
            }
            space.losses.initial = space.automaton.dropped_at_start().to_vec();
        }
        space.rows.insert(&row, hash, class);
        Some(space)
    }

    /// Makes the row that stands for all frozen states of a class.
    fn make_lump(&self, class: Class, row: &mut [u32]) {
        row.fill(LUMP);
        row[0] |= class.accuracy << 1 | u32::from(self.automaton.is_settled(class.open));
    }

    /// The state that stands for all frozen states of a class.
    fn lump(&mut self, class: Class) -> u32 {
        let mut row = vec![0; self.rows.width()];
        self.make_lump(class, &mut row);
        let hash = lump_hash(&row);
        match self.rows.find(&row, hash) {
            Some(known) => known,
            None => self.rows.insert(&row, hash, class),
        }
    }

    fn is_lump(&self, state: u32) -> bool {
        self.rows.row(state)[0] >= LUMP
    }

    /// Adds the squares of all cells of a row, times `weight`.
    fn add_squares(&self, row: &[u32], weight: &BigInt, loss: &mut [BigInt]) {
        for (piece, &id) in row.iter().enumerate() {
            for (j, square) in self.automaton.pieces().squares(piece, id) {
                loss[j] += weight * square;
            }
        }
    }

    /// Numerators over `total * square unit` as a loss.
    fn record(&mut self, state: u32, loss: Vec<BigInt>) {
        if loss.iter().all(Zero::is_zero) {
            return;
        }
        let total = BigInt::from(self.automaton.weights.total().clone());
        let unit = self.automaton.pieces().square_unit() * total;
        let row = loss.into_iter().map(|x| Q::new(x, unit.clone())).collect();
        self.losses.set(state, row);
    }
}

impl Space for LatticeSpace<'_> {
    fn len(&self) -> usize {
        self.rows.len()
    }

    fn n_moves(&self, state: u32) -> usize {
        let moves = self.automaton.moves(self.rows.class(state).open);
        moves.actions.len() + usize::from(moves.still.is_some())
    }

    fn move_work(&self, _state: u32) -> u64 {
        16 + self.rows.width() as u64
    }

    fn state_work(&self, _state: u32) -> u64 {
        16 + self.automaton.margin_work()
    }

    fn state_bytes(&self, _state: u32) -> u64 {
        4 * (self.rows.width() as u64 + 8)
    }

    fn shared_bytes(&self) -> u64 {
        self.automaton.pieces().bytes()
    }

    fn shared_work(&self) -> u64 {
        self.automaton.pieces().work()
    }

    fn limit(&self) -> Option<String> {
        None
    }

    fn expand(&mut self, state: u32, visit: &mut dyn FnMut(u32, u32)) -> Result<(), Unfit> {
        let open = self.rows.class(state).open;
        let hash = self.rows.hash(state);
        if self.merge && self.is_lump(state) {
            let total = self.automaton.weights.total().clone();
            visit(state, self.automaton.weights.id(total));
            return Ok(());
        }
        let mut from = std::mem::take(&mut self.from);
        let mut to = std::mem::take(&mut self.to);
        from.copy_from_slice(self.rows.row(state));
        to.copy_from_slice(&from);
        let mut loss = Vec::new();
        if let Some(weight) = self.automaton.moves(open).still {
            visit(state, weight);
        }
        for i in 0..self.automaton.moves(open).actions.len() {
            let (action, weight) = self.automaton.moves(open).actions[i];
            let entries = self.automaton.action(action);
            let mut target_hash = hash;
            for e in entries.clone() {
                let (p, push) = self.automaton.entry(e);
                let before = from[p as usize];
                let after = self.automaton.next(p, before, push)?;
                if after != before {
                    to[p as usize] = after;
                    target_hash = target_hash
                        .wrapping_sub(self.automaton.mix(p as usize, before))
                        .wrapping_add(self.automaton.mix(p as usize, after));
                }
            }
            if self.merge {
                for e in entries.clone() {
                    let (p, push) = self.automaton.entry(e);
                    if let Some(kills) = self.automaton.kills(p, from[p as usize], push) {
                        loss.resize(self.problem.n_filters(), BigInt::zero());
                        let weight = BigInt::from(self.automaton.weights.value(weight).clone());
                        for (j, square) in kills {
                            loss[*j as usize] += &weight * square;
                        }
                    }
                }
            }
            let target = match self.rows.find(&to, target_hash) {
                Some(known) => known,
                None => {
                    let class = self.automaton.classify(&to)?;
                    if self.merge && self.automaton.is_frozen(&to, class.open)? {
                        loss.resize(self.problem.n_filters(), BigInt::zero());
                        let weight = BigInt::from(self.automaton.weights.value(weight).clone());
                        self.add_squares(&to, &weight, &mut loss);
                        self.lump(class)
                    } else {
                        self.rows.insert(&to, target_hash, class)
                    }
                }
            };
            visit(target, weight);
            for e in entries {
                let p = self.automaton.entry(e).0 as usize;
                to[p] = from[p];
            }
        }
        self.from = from;
        self.to = to;
        self.record(state, loss);
        Ok(())
    }

    fn make_ready(&mut self) {
        if self.rows.is_hashed() {
            return;
        }
        let automaton = &self.automaton;
        self.rows.hash_all(|row| match row[0] >= LUMP {
            true => lump_hash(row),
            false => automaton.hash(row),
        });
    }

    fn truncate(&mut self, len: usize) {
        self.rows.truncate(len);
    }

    fn save(&self, out: &mut Out<'_>) {
        out.flag(true);
        self.save_states(out);
    }

    fn weights(&self) -> &Weights {
        &self.automaton.weights
    }

    fn weights_mut(&mut self) -> &mut Weights {
        &mut self.automaton.weights
    }

    fn accuracies(&self) -> &Accuracies {
        &self.automaton.accuracies
    }

    fn accuracy(&self, state: u32) -> u32 {
        self.rows.class(state).accuracy
    }

    fn is_settled(&self, state: u32) -> bool {
        self.automaton.is_settled(self.rows.class(state).open)
    }

    fn state(&self, state: u32) -> Option<State<Q>> {
        if self.merge {
            return None;
        }
        let (n, width) = (self.problem.n_filters(), self.problem.n_patterns());
        let mut weights = Matrix::from_fn(n, width, |_, _| Q::zero());
        for (piece, &id) in self.rows.row(state).iter().enumerate() {
            let pieces = self.automaton.pieces();
            pieces.visit(piece, id, &mut |j, p, z| weights[(j, p)] = z);
        }
        Some(State {
            weights,
            head: self.problem.network().head.clone(),
        })
    }

    fn norms_squared(&self, state: u32) -> Option<Vec<Q>> {
        if self.merge {
            return None;
        }
        let mut squares = vec![BigInt::zero(); self.problem.n_filters()];
        self.add_squares(self.rows.row(state), &BigInt::one(), &mut squares);
        let unit = self.automaton.pieces().square_unit();
        let norms = squares.into_iter().map(|x| Q::new(x, unit.clone()));
        Some(norms.collect())
    }

    fn losses(&self) -> &Losses {
        &self.losses
    }

    /// Through the law of every piece by itself.
    fn mean_norms(&self, mass: &Mass) -> Vec<Q> {
        let stride = mass.stride();
        let pieces = self.automaton.pieces();
        let mut sums = vec![BigInt::zero(); self.problem.n_filters()];
        for piece in 0..self.rows.width() {
            let mut law = vec![0u64; pieces.n_values(piece) * stride];
            for (state, words) in mass.iter() {
                if self.merge && self.is_lump(state) {
                    continue;
                }
                let at = self.rows.row(state)[piece] as usize * stride;
                limbs::add(&mut law[at..at + stride], words);
            }
            let values = (0u32..).zip(law.chunks_exact(stride));
            let taken = values.filter(|(_, words)| words.iter().any(|&w| w != 0));
            let law = taken.map(|(id, words)| (id, BigInt::from(limbs::to_integer(words))));
            pieces.add_mean_squares(piece, law, &mut sums);
        }
        let unit = pieces.square_unit();
        sums.into_iter().map(|x| Q::new(x, unit.clone())).collect()
    }
}
