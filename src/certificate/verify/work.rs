//! What checking may cost. Operations and digits are counted, never seconds: the same certificate meets
//! the same limit everywhere.

use crate::certificate::verify::MAX_CELLS;
use crate::certificate::verify::error::{Checked, Limit, beyond};
use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational as Q;
use num_traits::{One, Zero};
use std::cell::Cell;

/// What is left of the work.
pub struct Work(Cell<u64>);

/// The 64-bit words of a number.
pub fn size(n: &BigInt) -> u64 {
    n.bits() / 64 + 1
}

pub fn words(q: &Q) -> u64 {
    (q.numer().bits() + q.denom().bits()) / 64 + 1
}

/// What an operation on numbers of together so many words costs.
pub fn units(words: u64) -> u64 {
    words.saturating_mul(words).saturating_add(16)
}

/// Are so many numbers few enough to be held at once?
pub fn room(rows: usize, columns: usize) -> Checked<()> {
    if rows.saturating_mul(columns) > MAX_CELLS {
        return beyond(Limit::Cells);
    }
    Ok(())
}

impl Work {
    pub fn new(units: u64) -> Self {
        Work(Cell::new(units))
    }

    pub fn left(&self) -> u64 {
        self.0.get()
    }

    /// Refuses what must take more work than is left, before any of it is done.
    pub fn afford(&self, work: u64) -> Checked<()> {
        if work > self.0.get() {
            return beyond(Limit::Work);
        }
        Ok(())
    }

    pub fn charge(&self, operations: u64, words: u64) -> Checked<()> {
        let work = operations.saturating_mul(units(words));
        self.afford(work)?;
        self.0.set(self.0.get() - work);
        Ok(())
    }

    /// `sum += a b`.
    pub fn add(&self, sum: &mut Q, a: &Q, b: &Q) -> Checked<()> {
        self.charge(3, words(sum) + words(a) + words(b))?;
        if !a.is_zero() && !b.is_zero() {
            *sum += a * b;
        }
        Ok(())
    }

    /// The sum of the products of numbers in their order.
    pub fn dot<'q>(
        &self,
        xs: impl IntoIterator<Item = &'q Q>,
        ys: impl IntoIterator<Item = &'q Q>,
    ) -> Checked<Q> {
        let mut sum = Q::zero();
        for (x, y) in xs.into_iter().zip(ys) {
            self.add(&mut sum, x, y)?;
        }
        Ok(sum)
    }

    /// Numbers over their common denominator, and that denominator.
    pub fn common(&self, numbers: &[&Q]) -> Checked<(Vec<BigInt>, BigInt)> {
        let mut whole = BigInt::one();
        for q in numbers {
            self.charge(1, size(&whole) + words(q))?;
            whole = whole.lcm(q.denom());
        }
        room(numbers.len(), size(&whole) as usize)?;
        let over = |q: &&Q| q.numer() * (&whole / q.denom());
        Ok((numbers.iter().map(over).collect(), whole))
    }
}
