//! Paths of SGD with one sample a step, all of them side by side.

use crate::certificate::format::Natural;
use crate::dynamics::gradient::{Gradient, Model, Sample};
use crate::dynamics::state::State;
use crate::number::Q;
use crate::problem::{Label, Problem};
use num_traits::{One, Zero};
use std::collections::HashSet;

/// Most states that are held.
const MAX_STATES: usize = 10_000;

/// Most updates of a path that is looked for.
const MAX_UPDATES: u64 = 1_000;

/// The images of a path, one a step, by their positions.
pub(super) type Samples = Vec<Vec<Natural>>;

/// All paths of a problem.
pub(super) struct Paths {
    model: Model<Q>,
    images: Vec<(Label, Vec<u32>)>,
    start: State<Q>,
}

/// A step of a path.
pub(super) struct Step<'s> {
    /// The state before it.
    pub before: &'s State<Q>,
    /// The image of it, by its position.
    pub image: usize,
    /// The state that it leads to.
    pub after: &'s State<Q>,
    /// The sums of the gates of each label, from the beginning of the path to its end.
    pub gates: &'s [Q; 2],
}

/// A state, where it comes from and by which image.
struct Node {
    state: State<Q>,
    from: Option<(usize, usize)>,
}

fn key(state: &State<Q>) -> Vec<Q> {
    let weights = state.weights.entries().iter();
    weights.chain(&state.head).cloned().collect()
}

impl Paths {
    /// `None` where the images are too many to be listed.
    pub fn new(problem: &Problem) -> Option<Self> {
        let table = problem.distribution().atoms().ok()?;
        let images = table.atoms().iter();
        Some(Paths {
            model: Model::new(problem),
            images: images.map(|x| (x.label, x.counts.clone())).collect(),
            start: State::initial(problem),
        })
    }

    fn root(&self) -> Node {
        Node {
            state: self.start.clone(),
            from: None,
        }
    }

    /// Where an image pulls.
    pub fn gradient(&self, state: &State<Q>, image: usize) -> Gradient<Q> {
        let (label, counts) = &self.images[image];
        let sample = Sample {
            label: *label,
            counts,
            weight: &Q::one(),
        };
        self.model.gradient(state, [sample])
    }

    /// Where an image leads, and its gate.
    fn step(&self, state: &State<Q>, image: usize) -> (State<Q>, Q) {
        let gradient = self.gradient(state, image);
        let mut next = state.clone();
        self.model.apply(&mut next, &gradient);
        (next, gradient.gates[0].clone())
    }

    fn samples(nodes: &[Node], mut at: usize) -> Samples {
        let mut samples = Vec::new();
        while let Some((from, image)) = nodes[at].from {
            samples.push(vec![Natural(image as u64)]);
            at = from;
        }
        samples.reverse();
        samples
    }

    /// A path of so many steps, a gate open at each; `None` if there is none, or a limit is met.
    pub fn of_updates(&self, wanted: u64) -> Option<Samples> {
        if wanted > MAX_UPDATES {
            return None;
        }
        let (mut nodes, mut layer) = (vec![self.root()], vec![0]);
        for _ in 0..wanted {
            let mut next = Vec::new();
            let mut known = HashSet::new();
            for from in layer {
                for image in 0..self.images.len() {
                    let (state, gate) = self.step(&nodes[from].state, image);
                    if gate.is_zero() || !known.insert(key(&state)) {
                        continue;
                    }
                    next.push(nodes.len());
                    let from = Some((from, image));
                    nodes.push(Node { state, from });
                }
                if nodes.len() > MAX_STATES {
                    return None;
                }
            }
            layer = next;
        }
        layer.first().map(|&end| Self::samples(&nodes, end))
    }

    /// The first path, by its steps, in whose last step something is found: the path, and what is found.
    pub fn first<T>(
        &self,
        steps: u64,
        find: impl Fn(&Step<'_>) -> Option<T>,
    ) -> Option<(Samples, T)> {
        let mut nodes = vec![self.root()];
        let mut layer = vec![(0, [Q::zero(), Q::zero()])];
        let mut known = HashSet::new();
        for _ in 0..steps {
            let mut next = Vec::new();
            for (from, gates) in layer {
                for (image, (label, _)) in self.images.iter().enumerate() {
                    let (state, gate) = self.step(&nodes[from].state, image);
                    let mut gates: [Q; 2] = gates.clone();
                    gates[label.index()] += gate;
                    let found = find(&Step {
                        before: &nodes[from].state,
                        image,
                        after: &state,
                        gates: &gates,
                    });
                    if !known.insert((key(&state), gates.clone())) && found.is_none() {
                        continue;
                    }
                    let at = nodes.len();
                    let from = Some((from, image));
                    nodes.push(Node { state, from });
                    if let Some(found) = found {
                        return Some((Self::samples(&nodes, at), found));
                    }
                    next.push((at, gates));
                }
                if nodes.len() > MAX_STATES {
                    return None;
                }
            }
            layer = next;
        }
        None
    }

    /// The first state, by the steps that lead there, that no image moves and where an image has an open gate: the path, the
    /// image, and its margin.
    pub fn stuck(&self, steps: u64) -> Option<(Samples, usize, Q)> {
        let (mut nodes, mut layer) = (vec![self.root()], vec![0]);
        let mut known = HashSet::from([key(&self.start)]);
        for t in 0..=steps {
            let mut next = Vec::new();
            for from in layer {
                let leads: Vec<(State<Q>, Q)> = (0..self.images.len())
                    .map(|image| self.step(&nodes[from].state, image))
                    .collect();
                let here = &nodes[from].state;
                let open = leads.iter().position(|(_, gate)| !gate.is_zero());
                if let Some(image) = open
                    && leads.iter().all(|(state, _)| state == here)
                {
                    let (label, counts) = &self.images[image];
                    let margin = self.model.margin(here, *label, counts);
                    return Some((Self::samples(&nodes, from), image, margin));
                }
                for (image, (state, _)) in leads.into_iter().enumerate() {
                    if t < steps && known.insert(key(&state)) {
                        next.push(nodes.len());
                        let from = Some((from, image));
                        nodes.push(Node { state, from });
                    }
                }
                if nodes.len() > MAX_STATES {
                    return None;
                }
            }
            layer = next;
        }
        None
    }
}
