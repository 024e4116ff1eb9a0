//! The gates of all atoms under sum pooling, on integers, and the force `D_p = E[g y N_p]` they exert.

use crate::dynamics::bags::{Bags, Class};
use crate::number::{Int, convert};
use crate::problem::Label;
use num_bigint::BigInt;
use std::sync::Arc;

/// What a look at all gates gave.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Decision {
    /// Some gate opened or closed.
    pub(super) changed: bool,
    /// Some margin was too close to the threshold.
    pub(super) unsure: bool,
}

/// Gates that open and close, with everything that depends on them kept up to date.
#[derive(Debug, Clone)]
pub(super) struct Gates<I> {
    bags: Arc<Bags>,
    weight: Vec<I>,
    /// A gate is open iff its margin, an integer, is below this.
    threshold: I,
    /// Which gates are open: class after class, 64 atoms a word.
    open: Vec<u64>,
    sums: Vec<I>,
    speeds: Vec<I>,
    /// Mass of the open gates of each label, times the denominator of the weights.
    pub(super) mass: [I; 2],
}

impl<I: Int> Gates<I> {
    /// All gates closed; the first [`Gates::refresh`] opens those that are open. `None` if a
    /// number is out of range.
    pub(super) fn new(bags: &Arc<Bags>, threshold: &BigInt) -> Option<Self> {
        I::from_big(&bags.denominator)?;
        Some(Gates {
            weight: convert(&bags.weight)?,
            threshold: I::from_big(threshold)?,
            open: vec![0; bags.classes.iter().map(words_of).sum()],
            sums: Vec::new(),
            speeds: Vec::new(),
            mass: [I::zero(), I::zero()],
            bags: bags.clone(),
        })
    }

    /// Decides every gate at the sums `f` (length P) and corrects `force` for those that changed;
    /// says whether any did.
    pub(super) fn refresh(&mut self, f: &[I], force: &mut [I]) -> bool {
        let mut sums = std::mem::take(&mut self.sums);
        let threshold = self.threshold.clone();
        let decision = self.decide(f, &threshold, &I::zero(), &mut sums, force);
        self.sums = sums;
        decision.changed
    }

    /// The same on other integers: `f` in any unit, the threshold in that unit, and a bound on the
    /// error of every margin. A gate whose margin is too close to the threshold keeps its value and
    /// is reported.
    pub(super) fn decide<J: Int>(
        &mut self,
        f: &[J],
        threshold: &J,
        error: &J,
        sums: &mut Vec<J>,
        force: &mut [I],
    ) -> Decision {
        let bags = &self.bags;
        bags.background_sums(f, sums);
        let is_exact = error.is_zero();
        let mut decision = Decision::default();
        let mut words = self.open.iter_mut();
        for class in &bags.classes {
            // y B < threshold - y (key part); with the sign moved to the other side for label -.
            let plus = class.label == Label::Plus;
            let room = threshold.clone() - &Bags::key_margin(class, f);
            let middle = if plus { room } else { -room };
            let (low, high) = (middle.clone() - error, middle + error);
            let starts = (0..class.atoms.len()).step_by(64);
            for (start, word) in starts.zip(&mut words) {
                // On the open side of a bound.
                let beyond = |bound: &J| match plus {
                    true => bags.bits(class, start, sums, |sum| sum < bound),
                    false => bags.bits(class, start, sums, |sum| sum > bound),
                };
                let (sure, possible) = if plus { (&low, &high) } else { (&high, &low) };
                let open = beyond(sure);
                let unsure = if is_exact {
                    0
                } else {
                    beyond(possible) & !open
                };
                decision.unsure |= unsure != 0;
                let mut changes = (open ^ *word) & !unsure;
                decision.changed |= changes != 0;
                *word ^= changes;
                while changes != 0 {
                    let bit = changes.trailing_zeros();
                    changes &= changes - 1;
                    let i = class.atoms.start + start + bit as usize;
                    let opens = open >> bit & 1 == 1;
                    let weight = &self.weight[i];
                    let mass = &mut self.mass[class.label.index()];
                    match opens {
                        true => *mass += weight,
                        false => *mass -= weight,
                    }
                    let amount = match opens == plus {
                        true => weight.clone(),
                        false => -weight.clone(),
                    };
                    bags.add_counts(class, bags.node[i], &amount, force);
                }
            }
        }
        decision
    }

    /// The first step, at most `best`, at which a gate may change if `f` moves by `df` a step; `f` is as at the last
    /// [`Gates::refresh`].
    pub(super) fn horizon(&mut self, f: &[I], df: &[I], mut best: u64) -> u64 {
        let bags = &self.bags;
        debug_assert!({
            let mut sums = Vec::new();
            bags.background_sums(f, &mut sums);
            sums == self.sums
        });
        bags.background_sums(df, &mut self.speeds);
        let mut words = self.open.iter();
        for class in &bags.classes {
            let room = self.threshold.clone() - &Bags::key_margin(class, f);
            let key_speed = Bags::key_margin(class, df);
            for (nodes, open) in bags.node[class.atoms.clone()].chunks(64).zip(&mut words) {
                for (bit, &node) in nodes.iter().enumerate() {
                    let node = node as usize;
                    // slack = threshold - margin moves by `-speed` a step; open iff slack > 0.
                    let (slack, speed) = match class.label {
                        Label::Plus => (
                            room.clone() - &self.sums[node],
                            key_speed.clone() + &self.speeds[node],
                        ),
                        Label::Minus => (
                            room.clone() + &self.sums[node],
                            key_speed.clone() - &self.speeds[node],
                        ),
                    };
                    let open = open >> bit & 1 == 1;
                    if open && speed.is_positive() {
                        best = I::first_step(&slack, &speed, best);
                    } else if !open && speed.is_negative() {
                        best = I::first_step(&(I::one() - &slack), &-speed, best);
                    }
                }
            }
        }
        best
    }

    /// Number of atoms.
    pub(super) fn len(&self) -> u64 {
        self.bags.node.len() as u64
    }

    /// Are all gates open?
    pub(super) fn all_open(&self) -> bool {
        let open = self.open.iter().map(|word| u64::from(word.count_ones()));
        open.sum::<u64>() == self.len()
    }
}

/// Words for the gates of a class.
fn words_of(class: &Class) -> usize {
    class.atoms.len().div_ceil(64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::ratio;
    use crate::problem::{Atom, AtomTable};
    use num_traits::Zero;

    /// Both labels, with and without background, and a key that is seen twice.
    fn bags() -> Arc<Bags> {
        let atom = |label, counts: [u32; 3]| Atom {
            label,
            counts: counts.to_vec(),
            probability: ratio(1, 4),
        };
        let atoms = vec![
            atom(Label::Plus, [1, 0, 0]),
            atom(Label::Plus, [2, 0, 1]),
            atom(Label::Minus, [0, 1, 0]),
            atom(Label::Minus, [0, 1, 2]),
        ];
        Arc::new(Bags::new(&AtomTable::new(3, atoms).expect("a table")))
    }

    /// The horizon is the very step at which the first gate changes, or nothing changes up to the last: for every
    /// start and speed of a grid, so that slacks of one numerator on either side are among them.
    #[test]
    fn the_horizon_is_the_step_at_which_the_first_gate_changes() {
        const LAST: u64 = 6;
        let bags = bags();
        let (mut opened, mut closed) = (0, 0);
        for number in 0..9 * 9 * 9 * 5 * 5 * 3 {
            let mut digits = number;
            let mut digit = |base: i64| {
                let digit = digits % base;
                digits /= base;
                digit - base / 2
            };
            let f = [digit(9), digit(9), digit(9)];
            let df = [digit(5), digit(5), digit(3)];
            let mut gates = Gates::<i64>::new(&bags, &BigInt::from(3)).expect("small numbers");
            let mut force = [0; 3];
            gates.refresh(&f, &mut force);
            let found = gates.horizon(&f, &df, LAST);
            let before = gates.open.clone();
            let first = (1..LAST).find(|&k| {
                let moved: Vec<i64> = f.iter().zip(&df).map(|(f, df)| f + df * k as i64).collect();
                gates.refresh(&moved, &mut force)
            });
            assert_eq!(found, first.unwrap_or(LAST), "{f:?} {df:?}");
            for (old, new) in before.iter().zip(&gates.open) {
                opened += (new & !old).count_ones();
                closed += (old & !new).count_ones();
            }
            if gates.open.iter().all(|&open| open == 0) {
                assert!(gates.mass.iter().all(Zero::is_zero) && force == [0; 3]);
            }
        }
        assert!(opened > 10_000 && closed > 10_000, "{opened} {closed}");
    }
}
