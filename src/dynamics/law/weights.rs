//! The probabilities of single steps, as integers over one denominator, each stored once.

use super::limbs::{to_words, words_for};
use super::saved::{In, Out, SavedError, ensure};
use crate::number::Q;
use crate::problem::AtomTable;
use foldhash::fast::FixedState;
use num_bigint::BigUint;
use num_traits::One;
use std::collections::HashMap;

/// Distinct weights; a weight is the probability of a transition times one constant total.
#[derive(Debug, Clone)]
pub(super) struct Weights {
    total: BigUint,
    values: Vec<BigUint>,
    ids: HashMap<BigUint, u32, FixedState>,
    sums: HashMap<(u32, u32), u32, FixedState>,
}

impl Weights {
    /// No weights yet, over this total.
    pub(super) fn new(total: BigUint) -> Self {
        Weights {
            total,
            values: Vec::new(),
            ids: HashMap::default(),
            sums: HashMap::default(),
        }
    }

    /// The total: the weight of the certain event.
    pub(super) fn total(&self) -> &BigUint {
        &self.total
    }

    /// The id of a weight.
    pub(super) fn id(&mut self, value: BigUint) -> u32 {
        if let Some(&id) = self.ids.get(&value) {
            return id;
        }
        let id = self.values.len() as u32;
        self.values.push(value.clone());
        self.ids.insert(value, id);
        id
    }

    /// The weight with this id.
    pub(super) fn value(&self, id: u32) -> &BigUint {
        &self.values[id as usize]
    }

    /// The id of the sum of two weights.
    pub(super) fn sum(&mut self, a: u32, b: u32) -> u32 {
        let key = (a.min(b), a.max(b));
        if let Some(&id) = self.sums.get(&key) {
            return id;
        }
        let id = self.id(&self.values[a as usize] + &self.values[b as usize]);
        self.sums.insert(key, id);
        id
    }

    /// Number of distinct weights.
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// Writes the weights.
    pub(super) fn save(&self, out: &mut Out<'_>) {
        save_values(&self.values, out);
    }

    /// Reads weights over the same total; those that are known must be the first of them.
    ///
    /// # Errors
    /// If they are none.
    pub(super) fn restore(&mut self, input: &mut In<'_>) -> Result<(), SavedError> {
        for id in 0..input.count(1)? {
            let value = input.natural()?;
            let is_next = value <= self.total && self.id(value) as usize == id;
            ensure(is_next, "the weights of moves are none")?;
        }
        Ok(())
    }

    /// All weights as words of one width, by id.
    pub(super) fn words(&self) -> (usize, Vec<u64>) {
        let width = words_for(&self.total);
        let words = self
            .values
            .iter()
            .flat_map(|v| to_words(v, width))
            .collect();
        (width, words)
    }
}

fn save_values(values: &[BigUint], out: &mut Out<'_>) {
    out.count(values.len());
    values.iter().for_each(|value| out.natural(value));
}

/// Distinct accuracies: sums of atom weights over the common denominator of the atoms.
#[derive(Debug, Clone)]
pub(super) struct Accuracies {
    /// Weight of each atom.
    pub(super) atoms: Vec<BigUint>,
    /// Their sum.
    pub(super) total: BigUint,
    values: Vec<BigUint>,
    ids: HashMap<BigUint, u32, FixedState>,
}

impl Accuracies {
    /// The atoms of a table over their common denominator.
    pub(super) fn new(table: &AtomTable) -> Self {
        let scaled = table.weights();
        let magnitude = |x: num_bigint::BigInt| x.into_parts().1;
        Accuracies {
            atoms: scaled.numerators.into_iter().map(magnitude).collect(),
            total: magnitude(scaled.denominator),
            values: Vec::new(),
            ids: HashMap::default(),
        }
    }

    /// The id of the accuracy at which exactly these atoms are right.
    pub(super) fn id(&mut self, right: impl Iterator<Item = bool>) -> u32 {
        let value: BigUint = self
            .atoms
            .iter()
            .zip(right)
            .filter(|(_, r)| *r)
            .map(|(w, _)| w)
            .sum();
        let next = self.values.len() as u32;
        let id = *self.ids.entry(value.clone()).or_insert(next);
        if id == next {
            self.values.push(value);
        }
        id
    }

    /// Writes the accuracies.
    pub(super) fn save(&self, out: &mut Out<'_>) {
        save_values(&self.values, out);
    }

    /// Reads accuracies of the same atoms.
    ///
    /// # Errors
    /// If they are none.
    pub(super) fn restore(&mut self, input: &mut In<'_>) -> Result<(), SavedError> {
        self.values.clear();
        self.ids.clear();
        for id in 0..input.count(1)? as u32 {
            let value = input.natural()?;
            let is_new = value <= self.total && self.ids.insert(value.clone(), id).is_none();
            ensure(is_new, "the accuracies are none")?;
            self.values.push(value);
        }
        Ok(())
    }

    /// Number of distinct accuracies.
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// The accuracy with this id, times [`Accuracies::total`].
    pub(super) fn numerator(&self, id: u32) -> &BigUint {
        &self.values[id as usize]
    }

    /// The accuracy with this id.
    pub(super) fn value(&self, id: u32) -> Q {
        Q::new(self.numerator(id).clone().into(), self.total.clone().into())
    }

    /// Is this accuracy 1?
    pub(super) fn is_one(&self, id: u32) -> bool {
        *self.numerator(id) == self.total
    }
}

/// Calls `visit` with every way to draw `size` atoms without regard to order: how often each atom
/// was drawn as pairs (atom, times), and the weight of that (multinomial coefficient included).
pub(super) fn multisets(
    atoms: &[BigUint],
    size: u32,
    visit: &mut impl FnMut(&[(u32, u32)], BigUint),
) {
    fn go(
        atoms: &[BigUint],
        first: usize,
        left: u32,
        weight: BigUint,
        drawn: &mut Vec<(u32, u32)>,
        visit: &mut impl FnMut(&[(u32, u32)], BigUint),
    ) {
        if left == 0 {
            visit(drawn, weight);
            return;
        }
        for (i, atom) in (0u32..).zip(atoms).skip(first) {
            let last = i as usize + 1 == atoms.len();
            // weight * binomial(left, k) * atom^k
            let mut next = weight.clone();
            for k in 1..=left {
                next = next * (left - k + 1) * atom / k;
                if last && k < left {
                    continue;
                }
                drawn.push((i, k));
                go(atoms, i as usize + 1, left - k, next.clone(), drawn, visit);
                drawn.pop();
            }
        }
    }
    go(atoms, 0, size, BigUint::one(), &mut Vec::new(), visit);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multisets_have_multinomial_weights_that_sum_to_one() {
        let atoms = [2u32, 3, 5].map(BigUint::from);
        let mut total = BigUint::from(0u32);
        let mut seen = 0;
        multisets(&atoms, 4, &mut |drawn, weight| {
            let size: u32 = drawn.iter().map(|d| d.1).sum();
            assert_eq!(size, 4);
            if drawn == [(0, 1), (1, 2), (2, 1)] {
                assert_eq!(weight, BigUint::from(12u32 * 2 * 9 * 5));
            }
            total += weight;
            seen += 1;
        });
        assert_eq!(seen, 15);
        assert_eq!(total, BigUint::from(10_000u32));
    }
}
