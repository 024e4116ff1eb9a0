//! The atoms of a distribution arranged so that all their margins are found with little work.
//!
//! Under sum pooling a margin is `y (N_{v+} F_{v+} + N_{v-} F_{v-} + B)`, where
//! `B = sum_k N_k F_k` runs over the background. Backgrounds form a tree whose edges say "count c
//! of pattern k": a prefix of counts is summed once for all atoms that share it, and both labels
//! share their backgrounds. Atoms with the same label and the same key counts form a class, and
//! within a class a gate is a comparison of `B` with one number.

use crate::number::{Int, Scaled};
use crate::problem::{AtomTable, Label};
use num_bigint::BigInt;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// Atoms with one label and the same counts of both key patterns.
#[derive(Debug, Clone)]
pub(crate) struct Class {
    pub(crate) label: Label,
    pub(crate) keys: [u32; 2],
    pub(crate) atoms: Range<usize>,
}

/// All atoms of a table: classes of atoms over a tree of backgrounds, with integer weights over
/// one denominator.
#[derive(Debug, Clone)]
pub(crate) struct Bags {
    parent: Vec<u32>,
    pattern: Vec<u32>,
    count: Vec<u32>,
    pub(crate) classes: Vec<Class>,
    /// The background of each atom.
    pub(crate) node: Vec<u32>,
    /// Probability times `denominator`.
    pub(crate) weight: Vec<BigInt>,
    /// Common denominator of the probabilities.
    pub(crate) denominator: BigInt,
}

impl Bags {
    /// Arranges a table.
    ///
    /// # Cost
    /// One look-up for each atom and pattern present in it.
    pub(crate) fn new(table: &AtomTable) -> Self {
        let Scaled {
            numerators,
            denominator,
        } = table.weights();
        let mut bags = Bags {
            parent: vec![0],
            pattern: vec![0],
            count: vec![0],
            classes: Vec::new(),
            node: Vec::new(),
            weight: Vec::new(),
            denominator,
        };
        let mut edges: HashMap<(u32, u32, u32), u32> = HashMap::new();
        let mut classes: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (atom, weight) in table.atoms().iter().zip(numerators) {
            let mut at = 0u32;
            for (p, &c) in atom.counts.iter().enumerate().skip(2) {
                if c == 0 {
                    continue;
                }
                let edge = (at, p as u32, c);
                at = *edges.entry(edge).or_insert_with(|| {
                    bags.parent.push(edge.0);
                    bags.pattern.push(edge.1);
                    bags.count.push(edge.2);
                    (bags.parent.len() - 1) as u32
                });
            }
            classes
                .entry((atom.label, [atom.counts[0], atom.counts[1]]))
                .or_default()
                .push((at, weight));
        }
        for ((label, keys), atoms) in classes {
            let start = bags.node.len();
            for (node, weight) in atoms {
                bags.node.push(node);
                bags.weight.push(weight);
            }
            bags.classes.push(Class {
                label,
                keys,
                atoms: start..bags.node.len(),
            });
        }
        bags
    }

    /// `B = sum_k N_k F_k` of every background in the tree.
    pub(crate) fn background_sums<I: Int>(&self, f: &[I], out: &mut Vec<I>) {
        out.resize(self.parent.len(), I::zero());
        for i in 1..self.parent.len() {
            let mut sum = f[self.pattern[i] as usize].clone();
            if self.count[i] != 1 {
                sum *= &I::count(self.count[i]);
            }
            sum += &out[self.parent[i] as usize];
            out[i] = sum;
        }
    }

    /// `y (N_{v+} F_{v+} + N_{v-} F_{v-})` of a class.
    pub(crate) fn key_margin<I: Int>(class: &Class, f: &[I]) -> I {
        let sum = I::count(class.keys[0]) * &f[0] + &(I::count(class.keys[1]) * &f[1]);
        match class.label {
            Label::Plus => sum,
            Label::Minus => -sum,
        }
    }

    /// Adds `amount * N_p` to `out[p]` for the background and the keys of one atom.
    pub(crate) fn add_counts<I: Int>(&self, class: &Class, node: u32, amount: &I, out: &mut [I]) {
        for (slot, &c) in out.iter_mut().zip(&class.keys) {
            if c != 0 {
                *slot += &(amount.clone() * &I::count(c));
            }
        }
        let mut at = node as usize;
        while at != 0 {
            let slot = &mut out[self.pattern[at] as usize];
            if self.count[at] == 1 {
                *slot += amount;
            } else {
                *slot += &(amount.clone() * &I::count(self.count[at]));
            }
            at = self.parent[at] as usize;
        }
    }
}
