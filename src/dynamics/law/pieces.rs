//! Pieces of a state that move by themselves, in machine integers, each value known once.
//!
//! Patterns are *linked* if their inner product is not 0; the components of this graph are the
//! columns themselves for an orthonormal dictionary. With sum pooling, a fixed head, binary gates
//! and a piecewise linear activation, a step adds `(eta a_j / B) sum_p sigma'(Z_jp) s_p G_pq` to
//! `Z_jq`, where `s_p` is the sum of `y N_p` over the open samples of the batch. So the coordinates
//! of a filter in a component after the step are a function of themselves and of the integers
//! `s_p` of that component, its *push*. A piece is a component in a group of filters: all filters
//! for a pattern without links and for the identity, few for others (see [`CELLS`]). Distinct
//! values of a piece get small ids, and each move of a value is computed once.
//!
//! # Growth
//! A column without links takes few values: what moves it is one integer walk. A component of k
//! linked patterns may take a new value at every move, which costs some operations for each of its
//! n k coordinates, and about `30 n k` bytes for a new value, where a state of an orthonormal dictionary
//! costs P look-ups and 4 P bytes: times a state grow with n k / P. With the identity k numbers stand for the n k
//! coordinates (`rigid.rs`), and times grow with k alone.

mod saved;

use super::rigid::Rigid;
use crate::dynamics::path::{MAX_NUMERATOR, PathLattice};
use crate::number::{Q, common_denominator, least_where, numerator_over};
use crate::problem::{AtomTable, Problem};
use foldhash::fast::FixedState;
use hashbrown::HashTable;
use num_bigint::BigInt;
use num_traits::{One, ToPrimitive, Zero};
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher, Hasher};
use std::ops::Range;

/// A number left the machine integers; the problem then goes to the generic engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unfit;

/// Most distinct pushes of a component, and most distinct vectors of them, in one batch.
pub(super) const MAX_PUSHES: usize = 1 << 16;

/// Up to this many pushes, the moves of every value are a table.
const MAX_DENSE: usize = 64;

/// Up to this many, those of a value that was moved are one.
const MAX_ROW: usize = 4_096;

/// About as many cells as a piece of linked patterns has. Fewer make more pieces to look up at every
/// move, more of them make more values to compute.
const CELLS: usize = 32;

const UNKNOWN: u32 = u32::MAX;

/// Ids of values stay below this.
pub(super) const MAX_VALUES: u32 = 1 << 31;

/// The cells that a move of a value kills: filter, and square of the numerator they die with, times
/// the denominator of squares.
pub(super) type Kills = Vec<(u32, BigInt)>;

/// Patterns that are linked, directly or through others: a push on them moves no other pattern.
#[derive(Debug, Clone)]
pub(super) struct Component {
    /// Ascending.
    pub(super) patterns: Vec<usize>,
    /// Place of its first pattern among the patterns by components.
    pub(super) start: usize,
    /// Numerators of the Gram matrix, row by row.
    gram: Vec<i64>,
    /// Numerators of a generalised inverse of the Gram matrix, row by row.
    form: Vec<BigInt>,
    /// The same as machine integers, if they fit.
    narrow_form: Option<Vec<i64>>,
    /// The vectors s in lexicographic order, one after the other.
    pushes: Vec<i64>,
    /// Its pieces.
    pieces: Range<u32>,
}

impl Component {
    pub(super) fn len(&self) -> usize {
        self.patterns.len()
    }

    fn push(&self, push: u32) -> &[i64] {
        let k = self.len();
        &self.pushes[push as usize * k..(push as usize + 1) * k]
    }

    fn n_pushes(&self) -> usize {
        self.pushes.len() / self.len().max(1)
    }

    /// The number of a push.
    pub(super) fn push_index(&self, push: &[i64]) -> u32 {
        let n = self.n_pushes() as u64;
        let at = least_where(0, n, |i| self.push(i as u32) >= push);
        match at < n && self.push(at as u32) == push {
            true => at as u32,
            false => UNKNOWN,
        }
    }

    /// The most that a push moves a coordinate, over the unit of its filter.
    fn reach(&self, slope: i64) -> Option<i128> {
        let k = self.len();
        let mut most = 0i128;
        for s in self.pushes.chunks_exact(k) {
            for q in 0..k {
                let mut sum = 0i128;
                for (p, &s) in s.iter().enumerate() {
                    let term = i128::from(s.unsigned_abs())
                        .checked_mul(self.gram[p * k + q].unsigned_abs().into())?;
                    sum = sum.checked_add(term)?;
                }
                most = most.max(sum);
            }
            // Before it meets the Gram matrix, too.
            most = s
                .iter()
                .fold(most, |most, s| most.max(s.unsigned_abs().into()));
        }
        most.checked_mul(slope.into())
    }

    /// `X d^T`, over the denominator of X.
    fn met(&self, d: &[BigInt]) -> Vec<BigInt> {
        let rows = self.form.chunks_exact(self.len().max(1));
        rows.map(|row| row.iter().zip(d).map(|(x, d)| x * d).sum())
            .collect()
    }

    /// `z X z^T` for a generalised inverse X of the Gram matrix, over the denominators of X and of z squared.
    fn square(&self, z: &[i64]) -> BigInt {
        let k = self.len();
        let narrow = self.narrow_form.as_ref().and_then(|form| {
            let mut total = 0i128;
            for (row, &z_p) in form.chunks_exact(k).zip(z) {
                // |z| <= 2^51 and the form's entries are below 2^63: sums of up to 2^12 fit.
                let inner: i128 = row
                    .iter()
                    .zip(z)
                    .map(|(&x, &z_q)| i128::from(x) * i128::from(z_q))
                    .sum();
                total = total.checked_add(inner.checked_mul(z_p.into())?)?;
            }
            Some(total)
        });
        if let Some(total) = narrow {
            return total.into();
        }
        let mut total = BigInt::zero();
        for (row, &z_p) in self.form.chunks_exact(k).zip(z) {
            let inner: BigInt = row.iter().zip(z).map(|(x, &z_q)| x * z_q).sum();
            total += inner * z_p;
        }
        total
    }
}

/// `sum_p sigma'(Z_jp) s_p G_pq` for one push, by the signs of the coordinates that it meets: filters with the same
/// signs move in the same direction.
#[derive(Debug, Clone, Default)]
struct Directions {
    /// The patterns that the push meets.
    met: Vec<usize>,
    /// For each set of signs, k numbers.
    sums: Vec<i64>,
    is_known: Vec<bool>,
}

/// Signs of up to so many patterns are a table.
const MAX_MET: usize = 4;

impl Directions {
    /// Takes up a push.
    fn start(&mut self, component: &Component, s: &[i64]) {
        self.met.clear();
        self.met.extend((0..component.len()).filter(|&p| s[p] != 0));
        let sets = if self.met.len() <= MAX_MET {
            1 << self.met.len()
        } else {
            1
        };
        self.is_known.clear();
        self.is_known.resize(sets, false);
        self.sums.clear();
        self.sums.resize(sets * component.len(), 0);
    }

    /// The direction of a filter with these coordinates.
    #[inline]
    fn of(
        &mut self,
        component: &Component,
        s: &[i64],
        row: &[i64],
        slope: impl Fn(i64) -> i64,
    ) -> &[i64] {
        let k = component.len();
        let mut set = 0;
        if self.met.len() <= MAX_MET {
            for (i, &p) in self.met.iter().enumerate() {
                set |= usize::from(row[p] > 0) << i;
            }
        } else {
            self.is_known[0] = false;
        }
        let sums = &mut self.sums[set * k..(set + 1) * k];
        if !std::mem::replace(&mut self.is_known[set], true) {
            sums.fill(0);
            for &p in &self.met {
                let amount = s[p] * slope(row[p]);
                for (sum, &g) in sums.iter_mut().zip(&component.gram[p * k..(p + 1) * k]) {
                    *sum += amount * g;
                }
            }
        }
        sums
    }
}

/// A component in a group of filters, and the values that it takes.
#[derive(Debug, Clone)]
struct Piece {
    component: usize,
    /// Its first filter.
    first: usize,
    /// Its filters.
    n: usize,
    /// Is a cell dead at or below 0, and kept as 0?
    drops_dead: bool,
    /// Cell i of filter j of value c: `cells[(c * n + j) * k + i]`; or the walk of value c from `c * k` on.
    cells: Vec<i64>,
    /// Where walks stand for cells.
    rigid: Option<Rigid>,
    /// `sum_j a_j sigma(z)` of each cell over its filters, `k` a value, over D * right * (denominator of the head).
    sums: Vec<i128>,
    narrow_sums: Vec<i64>,
    /// Does no push move this value?
    inert: Vec<bool>,
    mix: Vec<u64>,
    /// `next[row * pushes + s]`, the row of value c being c, or `rows[c]` where there are many pushes; empty where
    /// there are very many.
    next: Vec<u32>,
    /// Rows of `next`, for values that were moved.
    rows: Vec<u32>,
    /// The same by (value, push) if there are very many pushes.
    sparse_next: HashMap<(u32, u32), u32, FixedState>,
    index: HashTable<u32>,
    kills: HashMap<(u32, u32), Kills, FixedState>,
}

impl Piece {
    fn len(&self) -> usize {
        self.mix.len()
    }

    /// How many numbers a value has, with k patterns.
    fn size(&self, k: usize) -> usize {
        match self.rigid {
            Some(_) => k,
            None => self.n * k,
        }
    }

    /// The value after a push, if it is known.
    #[inline]
    fn known_next(&self, id: u32, push: u32, n_pushes: usize) -> u32 {
        if n_pushes > MAX_ROW {
            return *self.sparse_next.get(&(id, push)).unwrap_or(&UNKNOWN);
        }
        let row = match n_pushes > MAX_DENSE {
            true => self.rows[id as usize],
            false => id,
        };
        match row {
            UNKNOWN => UNKNOWN,
            _ => self.next[row as usize * n_pushes + push as usize],
        }
    }

    /// Keeps the value after a push; gives the bytes that this takes.
    fn learn(&mut self, id: u32, push: u32, n_pushes: usize, next: u32) -> u64 {
        if n_pushes > MAX_ROW {
            self.sparse_next.insert((id, push), next);
            return 16;
        }
        let (mut row, mut bytes) = (id, 0);
        if n_pushes > MAX_DENSE {
            row = self.rows[id as usize];
            if row == UNKNOWN {
                row = (self.next.len() / n_pushes) as u32;
                self.rows[id as usize] = row;
                bytes = self.new_row(n_pushes);
            }
        }
        self.next[row as usize * n_pushes + push as usize] = next;
        bytes
    }

    /// A row of moves that are not known yet; gives the bytes that it takes.
    fn new_row(&mut self, n_pushes: usize) -> u64 {
        self.next.extend(std::iter::repeat_n(UNKNOWN, n_pushes));
        4 * n_pushes as u64
    }
}

/// The pieces of a problem.
#[derive(Debug, Clone)]
pub(super) struct Pieces {
    pub(super) components: Vec<Component>,
    pieces: Vec<Piece>,
    left: i64,
    right: i64,
    units: Vec<i64>,
    head: Vec<i64>,
    /// Are the patterns linearly independent?
    independent: bool,
    denominator: BigInt,
    /// Denominator of squares.
    square_unit: BigInt,
    /// While the sums of every piece are at most this, margins fit an i64.
    narrow_limit: i128,
    pub(super) is_narrow: bool,
    /// Bytes that the values take, about.
    bytes: u64,
    /// Operations that they took.
    work: u64,
    directions: Directions,
    moved: Vec<i64>,
}

impl Pieces {
    /// The pieces of a problem on a lattice, and the ids of the initial values; `None` if numbers or pushes are
    /// too large.
    ///
    /// With `merge`, cells that never move again are kept as 0.
    pub(super) fn new(
        problem: &Problem,
        table: &AtomTable,
        lattice: &PathLattice,
        merge: bool,
    ) -> Option<(Self, Vec<u32>)> {
        let inverse = problem.dictionary().gram_inverse();
        let form_unit = inverse.map_or_else(BigInt::one, |x| common_denominator(x.entries()));
        let mut components = components(problem, table, lattice, &form_unit)?;
        let unit = lattice.units.iter().map(|u| i128::from(*u).abs()).max()?;
        for component in &components {
            // So a coordinate of at most MAX_NUMERATOR moves within machine integers.
            let reach = component.reach(lattice.right.max(lattice.left.abs()))?;
            if reach.checked_mul(unit.max(1))? > i128::from(MAX_NUMERATOR) {
                return None;
            }
        }
        let n = problem.n_filters();
        let mut pieces = Vec::new();
        let mut most_groups = 1;
        for (c, component) in components.iter_mut().enumerate() {
            let alone = component.len() == 1;
            // Signs make no difference to the identity: a part takes as many values as the whole.
            let size = match alone || lattice.left == lattice.right {
                true => n,
                false => n.div_ceil((n * component.len()).div_ceil(CELLS)),
            };
            most_groups = n.div_ceil(size).max(most_groups);
            let before = pieces.len() as u32;
            pieces.extend((0..n).step_by(size).map(|first| Piece {
                component: c,
                first,
                n: size.min(n - first),
                drops_dead: merge && alone && lattice.left == 0,
                cells: Vec::new(),
                rigid: None,
                sums: Vec::new(),
                narrow_sums: Vec::new(),
                inert: Vec::new(),
                mix: Vec::new(),
                next: Vec::new(),
                rows: Vec::new(),
                sparse_next: HashMap::default(),
                index: HashTable::new(),
                kills: HashMap::default(),
            }));
            component.pieces = before..pieces.len() as u32;
        }
        let mut pieces = Pieces {
            components,
            pieces,
            left: lattice.left,
            right: lattice.right,
            units: lattice.units.clone(),
            head: lattice.head.clone(),
            independent: !problem.dictionary().is_dependent(),
            square_unit: &lattice.denominator * &lattice.denominator * form_unit,
            denominator: lattice.denominator.clone(),
            narrow_limit: i128::from(i64::MAX / 2)
                / (i128::from(problem.distribution().max_patches()) + 1)
                / most_groups as i128,
            is_narrow: true,
            bytes: 0,
            work: 0,
            directions: Directions::default(),
            moved: Vec::new(),
        };
        let width = problem.n_patterns();
        let start = (0..pieces.pieces.len())
            .map(|i| {
                let piece = &mut pieces.pieces[i];
                let patterns = &pieces.components[piece.component].patterns;
                let cells: Vec<i64> = (piece.first..piece.first + piece.n)
                    .flat_map(|j| {
                        patterns
                            .iter()
                            .map(move |&p| lattice.weights[j * width + p])
                    })
                    .map(|z| if piece.drops_dead { z.max(0) } else { z })
                    .collect();
                let k = patterns.len();
                if lattice.left == lattice.right {
                    let filters = piece.first..piece.first + piece.n;
                    let (units, head) = (&lattice.units[filters.clone()], &lattice.head[filters]);
                    piece.rigid = Rigid::new(cells.clone(), units, head, lattice.right, k);
                }
                match piece.rigid {
                    Some(_) => pieces.value(i, &vec![0; k]).ok(),
                    None => pieces.value(i, &cells).ok(),
                }
            })
            .collect::<Option<_>>()?;
        Some((pieces, start))
    }

    /// Number of pieces.
    pub(super) fn len(&self) -> usize {
        self.pieces.len()
    }

    /// The pieces of a component.
    pub(super) fn of(&self, component: usize) -> impl Iterator<Item = u32> {
        self.components[component].pieces.clone()
    }

    /// Number of distinct pushes on a piece.
    pub(super) fn n_pushes(&self, piece: u32) -> usize {
        self.components[self.pieces[piece as usize].component].n_pushes()
    }

    /// Number of distinct values of a piece.
    pub(super) fn n_values(&self, piece: usize) -> usize {
        self.pieces[piece].len()
    }

    /// Bytes of memory that the values take, about.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Operations that computing the values took, about.
    pub(super) fn work(&self) -> u64 {
        self.work
    }

    /// The share of a value of a piece in the hash of a row; shares are added.
    #[inline]
    pub(super) fn mix(&self, piece: usize, id: u32) -> u64 {
        self.pieces[piece].mix[id as usize]
    }

    /// Adds what a value of a piece gives to the sums of its patterns, `F_p = sum_j a_j sigma(Z_jp)`.
    #[inline]
    pub(super) fn add_narrow_sums(&self, piece: usize, id: u32, sums: &mut [i64]) {
        let piece = &self.pieces[piece];
        let component = &self.components[piece.component];
        let k = component.len();
        let own = &piece.narrow_sums[id as usize * k..(id as usize + 1) * k];
        for (sum, own) in sums[component.start..].iter_mut().zip(own) {
            *sum += own;
        }
    }

    /// The same where sums may leave 64 bits.
    pub(super) fn add_wide_sums(&self, piece: usize, id: u32, sums: &mut [i128]) {
        let piece = &self.pieces[piece];
        let component = &self.components[piece.component];
        let k = component.len();
        let own = &piece.sums[id as usize * k..(id as usize + 1) * k];
        for (sum, own) in sums[component.start..].iter_mut().zip(own) {
            *sum += own;
        }
    }

    /// The numbers of a value of a piece: its cells, or its walk.
    fn numbers(&self, piece: usize, id: u32) -> &[i64] {
        let piece = &self.pieces[piece];
        let size = piece.size(self.components[piece.component].len());
        &piece.cells[id as usize * size..(id as usize + 1) * size]
    }

    fn cells(&self, at: usize, id: u32) -> Cow<'_, [i64]> {
        let (piece, numbers) = (&self.pieces[at], self.numbers(at, id));
        match &piece.rigid {
            Some(rigid) => {
                let units = &self.units[piece.first..piece.first + piece.n];
                Cow::Owned(rigid.cells(numbers, units))
            }
            None => Cow::Borrowed(numbers),
        }
    }

    /// Calls `visit(j, p, Z_jp)` for the cells of a value of a piece.
    pub(super) fn visit(&self, piece: usize, id: u32, visit: &mut dyn FnMut(usize, usize, Q)) {
        let patterns = &self.components[self.pieces[piece].component].patterns;
        let cells = self.cells(piece, id);
        let rows = cells.chunks_exact(patterns.len());
        for (j, row) in (self.pieces[piece].first..).zip(rows) {
            for (&p, &z) in patterns.iter().zip(row) {
                visit(j, p, Q::new(z.into(), self.denominator.clone()));
            }
        }
    }

    /// What a value of a piece gives to the squared norms of its filters, where it is not 0: filter, and
    /// numerator over [`Pieces::square_unit`].
    pub(super) fn squares(&self, piece: usize, id: u32) -> impl Iterator<Item = (usize, BigInt)> {
        let Piece { first, n, .. } = self.pieces[piece];
        let component = &self.components[self.pieces[piece].component];
        let (cells, k) = (self.cells(piece, id), component.len());
        (0..n).filter_map(move |i| {
            let row = &cells[i * k..(i + 1) * k];
            let counts = row.iter().any(|z| *z != 0);
            counts.then(|| (first + i, component.square(row)))
        })
    }

    /// Adds to each filter's sum the squares of a piece times the weights of its values, over [`Pieces::square_unit`].
    pub(super) fn add_mean_squares(
        &self,
        at: usize,
        law: impl Iterator<Item = (u32, BigInt)>,
        sums: &mut [BigInt],
    ) {
        let piece = &self.pieces[at];
        let Some(rigid) = &piece.rigid else {
            for (id, weight) in law {
                for (j, square) in self.squares(at, id) {
                    sums[j] += &weight * square;
                }
            }
            return;
        };
        // `(z + u D) X (z + u D)^T = z X z^T + 2 u z X D^T + u^2 D X D^T`: two moments of the walk do for all filters.
        let component = &self.components[piece.component];
        let (mut total, mut square) = (BigInt::zero(), BigInt::zero());
        let mut walks = vec![BigInt::zero(); component.len()];
        for (id, weight) in law {
            let walk = self.numbers(at, id);
            for (sum, &d) in walks.iter_mut().zip(walk) {
                *sum += &weight * d;
            }
            square += component.square(walk) * &weight;
            total += weight;
        }
        let met = component.met(&walks);
        let filters = piece.first..piece.first + piece.n;
        let rows = rigid
            .start(component.len())
            .zip(&self.units[filters.clone()]);
        for ((row, &unit), sum) in rows.zip(&mut sums[filters]) {
            let across: BigInt = row.iter().zip(&met).map(|(&z, x)| x * z).sum();
            *sum += component.square(row) * &total + (across * 2 + &square * unit) * unit;
        }
    }

    /// The denominator of squares.
    pub(super) fn square_unit(&self) -> &BigInt {
        &self.square_unit
    }

    /// What is dropped at the start: for each filter `Z^2 / G_pp` over its dead cells that are kept as 0.
    pub(super) fn dropped_at_start(&self, lattice: &PathLattice) -> Vec<Q> {
        let width: usize = self.components.iter().map(Component::len).sum();
        let mut dropped = vec![BigInt::zero(); self.units.len()];
        for piece in self.pieces.iter().filter(|piece| piece.drops_dead) {
            let component = &self.components[piece.component];
            let rows = lattice.weights.chunks_exact(width).zip(&mut dropped);
            for (row, sum) in rows.skip(piece.first).take(piece.n) {
                let z = row[component.patterns[0]];
                if z < 0 {
                    *sum += component.square(&[z]);
                }
            }
        }
        let over = |x| Q::new(x, self.square_unit.clone());
        dropped.into_iter().map(over).collect()
    }

    /// The id of a value of a piece, given its numbers.
    fn value(&mut self, at: usize, cells: &[i64]) -> Result<u32, Unfit> {
        let piece = &mut self.pieces[at];
        let component = &self.components[piece.component];
        let (k, size) = (component.len(), cells.len());
        if piece.rigid.as_ref().is_some_and(|rigid| !rigid.fits(cells)) {
            return Err(Unfit);
        }
        let mut hasher = FixedState::with_seed(at as u64).build_hasher();
        for &z in cells {
            hasher.write_i64(z);
        }
        let hash = hasher.finish();
        let known = &piece.cells;
        let found = piece.index.find(hash, |&c| {
            known[c as usize * size..(c as usize + 1) * size] == *cells
        });
        if let Some(&id) = found {
            return Ok(id);
        }
        let id = piece.len() as u32;
        if id >= MAX_VALUES {
            return Err(Unfit);
        }
        let filters = piece.first..piece.first + piece.n;
        for i in 0..k {
            // |z| <= 2^51, and the factors are bounded where the lattice is made: this fits.
            let column = || cells.iter().skip(i).step_by(k);
            let sum: i128 = match &piece.rigid {
                Some(rigid) => rigid.sum(i, cells),
                None => column()
                    .zip(&self.head[filters.clone()])
                    .map(|(&z, &a)| {
                        let slope = if z > 0 { self.right } else { self.left };
                        i128::from(z) * i128::from(slope) * i128::from(a)
                    })
                    .sum(),
            };
            debug_assert!(sum.unsigned_abs() >> 126 == 0);
            self.is_narrow &= sum.abs() <= self.narrow_limit;
            piece.sums.push(sum);
            piece.narrow_sums.push(sum as i64);
        }
        piece.cells.extend_from_slice(cells);
        let rows = cells.chunks_exact(k).zip(&self.units[filters]);
        let is_still = |(row, unit): (&[i64], &i64)| {
            *unit == 0 || self.left == 0 && row.iter().all(|z| *z <= 0)
        };
        // A rigid piece has a filter that moves.
        let inert = piece.rigid.is_none() && rows.into_iter().all(is_still);
        piece.inert.push(inert);
        piece.mix.push(hash);
        self.bytes += 8 * size as u64 + 24 * k as u64 + 16;
        let n_pushes = component.n_pushes();
        if n_pushes <= MAX_DENSE {
            self.bytes += piece.new_row(n_pushes);
        } else {
            piece.rows.push(UNKNOWN);
            self.bytes += 4;
        }
        let mixes = &piece.mix;
        piece.index.insert_unique(hash, id, |&c| mixes[c as usize]);
        Ok(id)
    }

    /// The value after push number `push` on value `id` of a piece.
    #[inline(always)]
    pub(super) fn next(&mut self, piece: u32, id: u32, push: u32) -> Result<u32, Unfit> {
        let values = &self.pieces[piece as usize];
        let n_pushes = self.components[values.component].n_pushes();
        let known = values.known_next(id, push, n_pushes);
        if known != UNKNOWN {
            return Ok(known);
        }
        self.compute_next(piece as usize, id, push)
    }

    // Apart, so that the look-up of a known one stays short.
    #[cold]
    #[inline(never)]
    fn compute_next(&mut self, at: usize, id: u32, push: u32) -> Result<u32, Unfit> {
        let mut moved = std::mem::take(&mut self.moved);
        let mut directions = std::mem::take(&mut self.directions);
        moved.clear();
        moved.extend_from_slice(self.numbers(at, id));
        let piece = &self.pieces[at];
        let component = &self.components[piece.component];
        let k = component.len();
        let s = component.push(push);
        self.work = self.work.saturating_add(3 * moved.len() as u64);
        let before = self.numbers(at, id).chunks_exact(k);
        let after = moved.chunks_exact_mut(k);
        let mut kills = Kills::new();
        directions.start(component, s);
        // A walk is what a filter of unit 1 would go.
        let walks = piece.rigid.is_some();
        for ((j, row), to) in (piece.first..).zip(before).zip(after) {
            let unit = if walks { 1 } else { self.units[j] };
            let slope = |z: i64| if z > 0 { self.right } else { self.left };
            let direction = directions.of(component, s, row, slope);
            for (to, &d) in to.iter_mut().zip(direction) {
                // At most MAX_NUMERATOR, see `reach`, as is `to`: without checks, so that it is vectorised.
                debug_assert!(
                    (i128::from(unit) * i128::from(d)).unsigned_abs() <= MAX_NUMERATOR as u128
                );
                *to = to.wrapping_add(unit.wrapping_mul(d));
            }
            if to.iter().any(|z| z.unsigned_abs() > MAX_NUMERATOR as u64) {
                (self.moved, self.directions) = (moved, directions);
                return Err(Unfit);
            }
            if piece.drops_dead && to[0] < 0 {
                kills.push((j as u32, component.square(to)));
                to[0] = 0;
            }
        }
        let n_pushes = component.n_pushes();
        let next = self.value(at, &moved);
        (self.moved, self.directions) = (moved, directions);
        let next = next?;
        let piece = &mut self.pieces[at];
        self.bytes += piece.learn(id, push, n_pushes, next);
        if !kills.is_empty() {
            piece.kills.insert((id, push), kills);
        }
        Ok(next)
    }

    /// The cells that this move kills, when merging: from then on they count as 0.
    pub(super) fn kills(&self, piece: u32, id: u32, push: u32) -> Option<&Kills> {
        self.pieces[piece as usize].kills.get(&(id, push))
    }

    /// Does this push leave this value as it is?
    pub(super) fn stays(&mut self, at: u32, id: u32, push: u32) -> Result<bool, Unfit> {
        let piece = &self.pieces[at as usize];
        if piece.inert[id as usize] {
            return Ok(true);
        }
        let component = &self.components[piece.component];
        let s = component.push(push);
        let is_touched = if piece.rigid.is_some() {
            s.iter().any(|s| *s != 0)
        } else {
            let rows = self.numbers(at as usize, id).chunks_exact(component.len());
            rows.zip(&self.units[piece.first..]).any(|(row, unit)| {
                let mut cells = row.iter().zip(s);
                *unit != 0 && cells.any(|(&z, &s)| s != 0 && (z > 0 || self.left != 0))
            })
        };
        // The Gram matrix takes no vector but 0 to 0 where patterns are independent.
        Ok(!is_touched || !self.independent && self.next(at, id, push)? == id)
    }
}

/// The components of a problem's dictionary with all pushes of a batch, and norms over `form_unit`; `None` if numbers are too large or
/// pushes too many.
fn components(
    problem: &Problem,
    table: &AtomTable,
    lattice: &PathLattice,
    form_unit: &BigInt,
) -> Option<Vec<Component>> {
    let dictionary = problem.dictionary();
    let mut start = 0;
    let mut components = Vec::new();
    for patterns in dictionary.components() {
        let pairs = || {
            let rows = patterns.iter();
            rows.flat_map(|&p| patterns.iter().map(move |&q| (p, q)))
        };
        let form: Vec<BigInt> = pairs()
            .map(|(p, q)| match dictionary.gram_inverse() {
                Some(inverse) => numerator_over(&inverse[(p, q)], form_unit),
                None => BigInt::one(),
            })
            .collect();
        let mut single: BTreeSet<Vec<i64>> = BTreeSet::new();
        for atom in table.atoms() {
            let counts = patterns.iter().map(|&p| i64::from(atom.counts[p]));
            let push: Vec<i64> = counts.map(|n| n * atom.label.sign()).collect();
            if push.iter().any(|s| *s != 0) {
                single.insert(push);
            }
        }
        let pushes = sumset(&single, patterns.len(), problem.training().batch)?;
        components.push(Component {
            start,
            gram: pairs().map(|(p, q)| lattice.gram_entry(p, q)).collect(),
            narrow_form: form.iter().map(ToPrimitive::to_i64).collect(),
            form,
            pushes: pushes.into_iter().flatten().collect(),
            pieces: 0..0,
            patterns,
        });
        start += components.last().map_or(0, Component::len);
    }
    Some(components)
}

/// The sums of up to `batch` vectors of a set, in lexicographic order, 0 among them; `None` if they are too
/// many or too large.
fn sumset(set: &BTreeSet<Vec<i64>>, length: usize, batch: u32) -> Option<BTreeSet<Vec<i64>>> {
    let mut sums = BTreeSet::from([vec![0i64; length]]);
    for _ in 0..batch {
        let mut more = sums.clone();
        for s in &sums {
            for x in set {
                let sum = s.iter().zip(x).map(|(s, x)| s.checked_add(*x));
                more.insert(sum.collect::<Option<_>>()?);
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
    Some(sums)
}
