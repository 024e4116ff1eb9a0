//! The gates of all atoms under sum pooling, on integers, and the force `D_p = E[g y N_p]` they exert.

use crate::dynamics::bags::Bags;
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
    open: Vec<bool>,
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
            open: vec![false; bags.node.len()],
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
        let mut decision = Decision::default();
        for class in &bags.classes {
            // y B < threshold - y (key part); with the sign moved to the other side for label -.
            let plus = class.label == Label::Plus;
            let room = threshold.clone() - &Bags::key_margin(class, f);
            let middle = if plus { room } else { -room };
            let (low, high) = (middle.clone() - error, middle + error);
            for i in class.atoms.clone() {
                let node = bags.node[i];
                let sum = &sums[node as usize];
                let open = if plus { *sum < low } else { *sum > high };
                if !open && (if plus { *sum < high } else { *sum > low }) {
                    decision.unsure = true;
                    continue;
                }
                if open == self.open[i] {
                    continue;
                }
                decision.changed = true;
                self.open[i] = open;
                let weight = &self.weight[i];
                if open {
                    self.mass[class.label.index()] += weight;
                } else {
                    self.mass[class.label.index()] -= weight;
                }
                let amount = if open == plus {
                    weight.clone()
                } else {
                    -weight.clone()
                };
                bags.add_counts(class, node, &amount, force);
            }
        }
        decision
    }

    /// The first step, at most `best`, at which a gate may change if `f` moves by `df` a step.
    pub(super) fn horizon(&mut self, f: &[I], df: &[I], mut best: u64) -> u64 {
        let bags = &self.bags;
        bags.background_sums(f, &mut self.sums);
        bags.background_sums(df, &mut self.speeds);
        for class in &bags.classes {
            let room = self.threshold.clone() - &Bags::key_margin(class, f);
            let key_speed = Bags::key_margin(class, df);
            for i in class.atoms.clone() {
                let node = bags.node[i] as usize;
                // slack = threshold - margin moves by `-speed` a step; open iff slack > 0.
                let (slack, speed) = if class.label == Label::Plus {
                    (
                        room.clone() - &self.sums[node],
                        key_speed.clone() + &self.speeds[node],
                    )
                } else {
                    (
                        room.clone() + &self.sums[node],
                        key_speed.clone() - &self.speeds[node],
                    )
                };
                if self.open[i] && speed.is_positive() {
                    best = I::first_step(&slack, &speed, best);
                } else if !self.open[i] && speed.is_negative() {
                    best = I::first_step(&(I::one() - &slack), &-speed, best);
                }
            }
        }
        best
    }

    /// Number of atoms.
    pub(super) fn len(&self) -> u64 {
        self.open.len() as u64
    }

    /// Are all gates open?
    pub(super) fn all_open(&self) -> bool {
        self.open.iter().all(|&o| o)
    }
}
