//! All paths of SGD on a small problem, one sample a step, step by step; paths that lead to the same state by the same
//! counts are one.

use crate::dynamics::gradient::{Gradient, Model, Sample};
use crate::dynamics::path::longest;
use crate::dynamics::state::State;
use crate::number::Q;
use crate::problem::{Atom, Label, Problem};
use crate::theory::violation::{Course, Place};
use num_traits::{One, Signed, Zero};
use std::collections::HashMap;

/// Nodes that a tree has at most; it ends before the step that would have more.
const MAX_NODES: usize = 1_500;

/// Bits of the longest number of a state; where a head is trained they grow by a factor a step.
const MAX_BITS: u64 = 400;

/// Where paths stand after some steps, with all that a conclusion asks of how they came there.
#[derive(Debug, Clone)]
pub struct Node {
    /// Weights and head.
    pub state: State<Q>,
    /// Samples of each label.
    pub counts: [u64; 2],
    /// The sum of the gates on them.
    pub gates: [Q; 2],
    /// Samples with a gate that is not 0.
    pub updates: u64,
    /// `S_k`: the sum of `y N_k`, one a background pattern.
    pub walk: Vec<i64>,
    /// `max_s |S_k(s)|`.
    pub farthest: Vec<u64>,
    /// The probability of the paths.
    pub chance: Q,
    /// The node one step before on the first of them, and the atom that led from it.
    pub from: Option<(usize, usize)>,
}

/// The paths, a layer of nodes a step.
#[derive(Debug)]
pub struct Tree {
    /// The nodes after 0, 1, ... steps, as many steps as the problem has or as fit.
    pub layers: Vec<Vec<Node>>,
    /// The atoms.
    pub atoms: Vec<Atom>,
    /// The definition of a step.
    pub model: Model<Q>,
}

impl Tree {
    /// Grows the tree of a problem; empty where its atoms are too many for a table.
    ///
    /// # Cost
    /// A step of SGD a node and atom, for at most [`MAX_NODES`] nodes.
    pub fn new(problem: &Problem) -> Self {
        let table = problem.distribution().atoms();
        let atoms = table.map_or(Vec::new(), |table| table.atoms().to_vec());
        let backgrounds = problem.n_patterns().saturating_sub(2);
        let root = Node {
            state: State::initial(problem),
            counts: [0; 2],
            gates: [Q::zero(), Q::zero()],
            updates: 0,
            walk: vec![0; backgrounds],
            farthest: vec![0; backgrounds],
            chance: Q::one(),
            from: None,
        };
        let mut tree = Tree {
            layers: vec![vec![root]],
            atoms,
            model: Model::new(problem),
        };
        let mut nodes = 1;
        for _ in 0..problem.training().steps {
            let next = tree.next();
            nodes += next.len();
            let bits = next.iter().map(|node| longest(&node.state)).max();
            if nodes > MAX_NODES || bits.is_none_or(|bits| bits > MAX_BITS) {
                break;
            }
            tree.layers.push(next);
        }
        tree
    }

    fn next(&self) -> Vec<Node> {
        let mut next: Vec<Node> = Vec::new();
        let mut places = HashMap::new();
        for (parent, node) in self.layers.last().into_iter().flatten().enumerate() {
            for (a, atom) in self.atoms.iter().enumerate() {
                let child = self.step(node, (parent, a), atom);
                let key = (
                    child.state.weights.entries().to_vec(),
                    child.state.head.clone(),
                    (child.counts, child.gates.clone(), child.updates),
                    (child.walk.clone(), child.farthest.clone()),
                );
                let place = *places.entry(key).or_insert(next.len());
                match next.get_mut(place) {
                    Some(known) => known.chance += child.chance,
                    None => next.push(child),
                }
            }
        }
        next
    }

    /// The gradient of one sample.
    pub fn gradient(&self, state: &State<Q>, atom: &Atom) -> Gradient<Q> {
        let sample = Sample {
            label: atom.label,
            counts: &atom.counts,
            weight: &Q::one(),
        };
        self.model.gradient(state, [sample])
    }

    fn step(&self, node: &Node, from: (usize, usize), atom: &Atom) -> Node {
        let gradient = self.gradient(&node.state, atom);
        let mut child = Node {
            from: Some(from),
            ..node.clone()
        };
        self.model.apply(&mut child.state, &gradient);
        let y = atom.label.index();
        child.chance *= &atom.probability;
        child.counts[y] += 1;
        child.gates[y] += &gradient.gates[0];
        child.updates += u64::from(!gradient.gates[0].is_zero());
        for (k, walk) in child.walk.iter_mut().enumerate() {
            *walk += atom.label.sign() * i64::from(atom.counts.get(k + 2).copied().unwrap_or(0));
            child.farthest[k] = child.farthest[k].max(walk.unsigned_abs());
        }
        child
    }

    /// The samples of the first path to a node.
    pub fn samples(&self, t: usize, mut place: usize) -> Vec<(Label, Vec<u32>)> {
        let mut samples = Vec::new();
        for layer in self.layers[..=t].iter().rev() {
            if let Some((parent, atom)) = layer[place].from {
                let atom = &self.atoms[atom];
                samples.push((atom.label, atom.counts.clone()));
                place = parent;
            }
        }
        samples.reverse();
        samples
    }

    /// That place, as theorems name it.
    pub fn place(&self, t: usize, node: usize) -> Place {
        Place::of(Course::Samples(self.samples(t, node))).at(t as u64)
    }

    /// Is every margin of a state positive: is the accuracy 1?
    pub fn is_perfect(&self, state: &State<Q>) -> bool {
        let mut atoms = self.atoms.iter();
        atoms.all(|a| self.model.margin(state, a.label, &a.counts).is_positive())
    }
}
