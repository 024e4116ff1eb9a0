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
    /// The backgrounds of these atoms where they stand side by side, in the same order.
    backgrounds: Option<Range<usize>>,
}

/// All atoms of a table: classes of atoms over a tree of backgrounds, with integer weights over
/// one denominator.
///
/// Node 0 is no background at all; the next nodes are the terms `count * pattern`, and every other is a
/// node before it and a term.
#[derive(Debug, Clone)]
pub(crate) struct Bags {
    terms: Vec<Term>,
    nodes: Vec<Node>,
    pub(crate) classes: Vec<Class>,
    /// The background of each atom.
    pub(crate) node: Vec<u32>,
    /// Probability times `denominator`.
    pub(crate) weight: Vec<BigInt>,
    /// Common denominator of the probabilities.
    pub(crate) denominator: BigInt,
}

/// So many times a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Term {
    pattern: u32,
    count: u32,
}

/// A background: that of another node, and a term.
#[derive(Debug, Clone, Copy)]
struct Node {
    prefix: u32,
    term: u32,
}

/// A tree of backgrounds as it grows. Node 0 is the root.
struct Tree {
    /// All but the root: from which node, by what.
    nodes: Vec<(u32, Term)>,
    /// By prefix, pattern and count, which are hashed at once as one number.
    known: HashMap<u128, u32>,
    /// The way to the last end: atoms come sorted, so the next one shares much of it.
    path: Vec<(Term, u32)>,
}

impl Tree {
    fn new(ends: usize) -> Self {
        Tree {
            nodes: Vec::with_capacity(ends),
            known: HashMap::with_capacity(ends),
            path: Vec::new(),
        }
    }

    /// The node of these counts of patterns.
    fn grow(&mut self, terms: impl Iterator<Item = Term>) -> u32 {
        let (mut at, mut depth) = (0, 0);
        for term in terms {
            at = match self.path.get(depth) {
                Some(&(last, node)) if last == term => node,
                _ => {
                    let nodes = &mut self.nodes;
                    let key = u128::from(at) << 64
                        | u128::from(term.pattern) << 32
                        | u128::from(term.count);
                    let node = *self.known.entry(key).or_insert_with(|| {
                        nodes.push((at, term));
                        nodes.len() as u32
                    });
                    self.path.truncate(depth);
                    self.path.push((term, node));
                    node
                }
            };
            depth += 1;
        }
        self.path.truncate(depth);
        at
    }

    /// Terms first, then the nodes that others go on from, then those that `ends` asks for, in its order; `ends` is
    /// numbered anew.
    fn in_order(self, ends: &mut [u32]) -> (Vec<Term>, Vec<Node>) {
        let mut terms: Vec<Term> = self.nodes.iter().map(|&(_, term)| term).collect();
        terms.sort_unstable();
        terms.dedup();
        let mut nodes: Vec<Node> = Vec::with_capacity(self.nodes.len());
        let mut is_prefix = vec![false; self.nodes.len() + 1];
        for &(prefix, _) in &self.nodes {
            is_prefix[prefix as usize] = true;
        }
        let term_number = |term: &Term| 1 + terms.partition_point(|other| other < term) as u32;
        let (n_terms, mut number) = (terms.len() as u32, vec![0; self.nodes.len() + 1]);
        let renumbered = |(prefix, term): &(u32, Term), number: &[u32]| Node {
            prefix: number[*prefix as usize],
            term: term_number(term),
        };
        for (i, node) in (1..).zip(&self.nodes) {
            if node.0 == 0 {
                number[i] = term_number(&node.1);
            } else if is_prefix[i] {
                nodes.push(renumbered(node, &number));
                number[i] = n_terms + nodes.len() as u32;
            }
        }
        let mut end_number = vec![0; self.nodes.len() + 1];
        for end in ends {
            let at = *end as usize;
            if at > 0 && end_number[at] == 0 {
                nodes.push(renumbered(&self.nodes[at - 1], &number));
                end_number[at] = n_terms + nodes.len() as u32;
            }
            *end = end_number[at];
        }
        (terms, nodes)
    }
}

impl Bags {
    /// Arranges a table.
    ///
    /// # Cost
    /// A look-up for each atom and pattern present in it, and sorting the different counts of patterns.
    pub(crate) fn new(table: &AtomTable) -> Self {
        let Scaled {
            numerators,
            denominator,
        } = table.weights();
        let mut tree = Tree::new(numerators.len());
        let mut by_class: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (atom, weight) in table.atoms().iter().zip(numerators) {
            let background = (0u32..).zip(&atom.counts).skip(2);
            let present = background.filter(|&(_, &count)| count > 0);
            let end = tree.grow(present.map(|(pattern, &count)| Term { pattern, count }));
            by_class
                .entry((atom.label, [atom.counts[0], atom.counts[1]]))
                .or_default()
                .push((end, weight));
        }
        let (mut node, mut weight, mut classes) = (Vec::new(), Vec::new(), Vec::new());
        for ((label, keys), atoms) in by_class {
            let start = node.len();
            for (end, mass) in atoms {
                node.push(end);
                weight.push(mass);
            }
            classes.push(Class {
                label,
                keys,
                atoms: start..node.len(),
                backgrounds: None,
            });
        }
        let (terms, nodes) = tree.in_order(&mut node);
        for class in &mut classes {
            let ends = &node[class.atoms.clone()];
            let side_by_side = ends.windows(2).all(|pair| pair[0] + 1 == pair[1]);
            let start = ends.first().map_or(0, |&first| first as usize);
            class.backgrounds = side_by_side.then(|| start..start + ends.len());
        }
        Bags {
            terms,
            nodes,
            classes,
            node,
            weight,
            denominator,
        }
    }

    /// `B = sum_k N_k F_k` of every background in the tree.
    pub(crate) fn background_sums<I: Int>(&self, f: &[I], out: &mut Vec<I>) {
        let first = 1 + self.terms.len();
        out.resize(first + self.nodes.len(), I::zero());
        for (slot, term) in out[1..].iter_mut().zip(&self.terms) {
            *slot = f[term.pattern as usize].clone();
            if term.count != 1 {
                *slot *= &I::count(term.count);
            }
        }
        for (i, node) in (first..).zip(&self.nodes) {
            out[i] = out[node.prefix as usize].clone() + &out[node.term as usize];
        }
    }

    /// Which of up to 64 atoms of a class, from its `start`-th, have a background sum that `holds` says yes to: bit i
    /// speaks of the i-th.
    #[inline]
    pub(crate) fn bits<J>(
        &self,
        class: &Class,
        start: usize,
        sums: &[J],
        holds: impl Fn(&J) -> bool,
    ) -> u64 {
        let shifted = |bits: u64, holds: bool| bits << 1 | u64::from(holds);
        let end = class.atoms.len().min(start + 64);
        match &class.backgrounds {
            Some(range) => {
                let of = |sums: &[J]| {
                    let last_first = sums.iter().rev();
                    last_first.fold(0, |bits, sum| shifted(bits, holds(sum)))
                };
                // Eight at a time, which is a loop that compilers unroll.
                let eights = sums[range.clone()][start..end].chunks_exact(8);
                let rest = of(eights.remainder());
                eights.rev().fold(rest, |bits, eight| bits << 8 | of(eight))
            }
            None => {
                let ends = self.node[class.atoms.clone()][start..end].iter().rev();
                ends.fold(0, |bits, &end| shifted(bits, holds(&sums[end as usize])))
            }
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
            let (prefix, term) = match at.checked_sub(1 + self.terms.len()) {
                None => (0, at),
                Some(i) => (self.nodes[i].prefix as usize, self.nodes[i].term as usize),
            };
            let Term { pattern, count } = self.terms[term - 1];
            let slot = &mut out[pattern as usize];
            if count == 1 {
                *slot += amount;
            } else {
                *slot += &(amount.clone() * &I::count(count));
            }
            at = prefix;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::ratio;
    use crate::problem::Atom;
    use proptest::prelude::*;

    /// Tables of up to 200 atoms of 5 patterns; no two atoms alike.
    fn tables() -> impl Strategy<Value = AtomTable> {
        let atom = (any::<bool>(), prop::array::uniform5(0u32..4));
        prop::collection::btree_set(atom, 1..200).prop_map(|atoms| {
            let probability = ratio(1, atoms.len() as i64);
            let atoms = atoms.into_iter().map(|(is_plus, counts)| Atom {
                label: if is_plus { Label::Plus } else { Label::Minus },
                counts: counts.to_vec(),
                probability: probability.clone(),
            });
            AtomTable::new(5, atoms.collect()).expect("a table")
        })
    }

    proptest! {
        /// Against the counts of the atoms: the sums, the bits of either way to find them, and what is added to a force.
        #[test]
        fn a_tree_says_what_its_atoms_do(table in tables(), f in prop::array::uniform5(-9i64..9), bound in -40i64..40) {
            let bags = Bags::new(&table);
            let mut scattered = bags.clone();
            for class in &mut scattered.classes {
                class.backgrounds = None;
            }
            let mut sums = Vec::new();
            bags.background_sums(&f, &mut sums);
            let mut all: Vec<(Label, Vec<u32>)> = Vec::new();
            for (class, same) in bags.classes.iter().zip(&scattered.classes) {
                let mut bits = Vec::new();
                for start in (0..class.atoms.len()).step_by(64) {
                    let found = bags.bits(class, start, &sums, |sum| *sum < bound);
                    prop_assert_eq!(found, scattered.bits(same, start, &sums, |sum| *sum < bound));
                    bits.extend((0..64).map(|i| found >> i & 1 == 1));
                }
                for (i, is_below) in class.atoms.clone().zip(bits) {
                    let mut force = [0i64; 5];
                    bags.add_counts(class, bags.node[i], &-2, &mut force);
                    let counts: Vec<u32> = force.iter().map(|&c| (-c / 2) as u32).collect();
                    let background = counts.iter().zip(&f).skip(2);
                    let sum: i64 = background.map(|(&c, f)| i64::from(c) * f).sum();
                    prop_assert_eq!(sums[bags.node[i] as usize], sum);
                    prop_assert_eq!(is_below, sum < bound);
                    all.push((class.label, counts));
                }
            }
            let mut expected: Vec<_> = table.atoms().iter().map(|a| (a.label, a.counts.clone())).collect();
            all.sort();
            expected.sort();
            prop_assert_eq!(all, expected);
        }
    }
}
