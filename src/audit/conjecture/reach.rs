//! All states that SGD can reach, step by step, with a claim looked at in each: with the shortest path to one where it
//! fails, and with the probability that it never did.

use super::evaluate::{Facts, Judge, Moment, Undefined};
use super::finding::{
    Chance, Finding, Layer, Limits, PathTaken, Seen, Verdict, Why, Witness, limit_of, stands,
};
use super::typed::Bound;
use crate::dynamics::path::{ExactPath, View, longest};
use crate::interrupt;
use crate::number::{Q, Scaled};
use crate::problem::{Draw, Label, Problem};
use num_bigint::BigInt;
use num_traits::{One, Zero};
use std::collections::{HashMap, HashSet};
use std::hash::Hash;

/// Longest number of a state that is followed, in bits.
const MAX_BITS: u64 = 1_024;

/// Most batches of one step.
const MAX_BATCHES: usize = 4_096;

/// What was found among the states that SGD can reach.
pub(super) struct Reached {
    pub finding: Finding,
    /// A limit that came before the last step.
    pub limit: Option<String>,
}

impl Reached {
    /// Is there nothing left for simulated paths?
    pub fn is_decided(&self) -> bool {
        match &self.finding.verdict {
            Verdict::Holds | Verdict::Refuted(_) => true,
            Verdict::Undecided(why) => !matches!(why, Why::NotAll(_) | Why::Nothing(_)),
        }
    }
}

/// What tells states apart.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    /// Numerators on the lattice, and what was drawn.
    Whole(Vec<i64>, [u64; 3]),
    /// Weights and head, and what was drawn.
    Rational(Vec<Q>, [u64; 3]),
}

fn key(path: &ExactPath<'_>, drawn: [u64; 3]) -> Key {
    match path.view() {
        View::Integers { weights, .. } => Key::Whole(weights.to_vec(), drawn),
        View::Rational(state) => {
            let numbers = state.weights.entries().iter().chain(&state.head);
            Key::Rational(numbers.cloned().collect(), drawn)
        }
    }
}

struct Node<'p> {
    path: ExactPath<'p>,
    drawn: [u64; 3],
    /// Over the common denominator of the step.
    mass: BigInt,
    /// Place in the layer before, and the batch from there.
    from: (u32, u32),
}

/// A batch, as often as its order says, over the common denominator.
struct Batch {
    draws: Vec<Draw>,
    mass: BigInt,
}

/// All batches up to order; `None` if they are too many.
fn batches(draws: &[Draw], weights: &[BigInt], size: u32) -> Option<Vec<Batch>> {
    // Each entry: the batch, its mass, and its last atom with how often it stands there.
    let mut all: Vec<(Vec<usize>, BigInt)> = vec![(Vec::new(), BigInt::one())];
    for taken in 0..size {
        let mut longer = Vec::new();
        for (batch, mass) in &all {
            let last = batch.last().copied().unwrap_or(0);
            let run = batch.iter().rev().take_while(|a| **a == last).count();
            for (atom, weight) in weights.iter().enumerate().skip(last) {
                // Orders: the multinomial coefficient grows by (taken + 1) / (multiplicity).
                let often = if atom == last { run + 1 } else { 1 };
                let mut next = batch.clone();
                next.push(atom);
                let orders = mass * weight * (taken + 1) / often;
                longer.push((next, orders));
                if longer.len() > MAX_BATCHES {
                    return None;
                }
            }
        }
        all = longer;
    }
    let made = all.into_iter().map(|(batch, mass)| Batch {
        draws: batch.into_iter().map(|atom| draws[atom].clone()).collect(),
        mass,
    });
    Some(made.collect())
}

/// Looks at every state that SGD can reach up to the last step, or to a limit. With a probability (and whether it must be
/// above it), asks for the probability that the claim is kept at every step; else for a path that breaks it.
pub(super) fn reach(
    problem: &Problem,
    bound: &Bound,
    facts: &Facts<'_>,
    limits: &Limits,
    asked: Option<(&Q, bool)>,
) -> Reached {
    let steps = problem.training().steps;
    let mut finding = Finding::open(problem);
    let mut decided = None;
    let nothing = |mut finding: Finding, limit: &str| {
        finding.verdict = Verdict::Undecided(Why::Nothing(limit.to_owned()));
        Reached {
            finding,
            limit: Some(limit.to_owned()),
        }
    };
    let few = problem.distribution().n_atoms() <= (MAX_BATCHES as u64).into();
    let atoms = match problem.distribution().atoms() {
        Ok(atoms) if few => atoms,
        _ => return nothing(finding, "the images are too many to follow every path"),
    };
    let draws: Vec<Draw> = atoms
        .atoms()
        .iter()
        .map(|atom| Draw::new(atom.label, atom.counts.clone()))
        .collect();
    let Scaled {
        numerators,
        denominator,
    } = atoms.weights();
    let Some(batches) = batches(&draws, &numerators, problem.training().batch) else {
        return nothing(finding, "the batches are too many to follow every path");
    };
    let unit = num_traits::pow(denominator, problem.training().batch as usize);
    let uses = bound.uses;
    // Where neither the step nor what was drawn matters, a state that was looked at needs no second look.
    let once = asked.is_none() && !uses.time && !uses.drawn && !uses.updates;
    let mut looked_at: HashSet<Key> = HashSet::new();
    looked_at.insert(key(&ExactPath::new(problem), [0; 3]));
    let mut judge = Judge {
        bound,
        facts,
        work: 0,
        budget: limits.work,
    };
    let mut seen = Seen::default();
    let (mut states, mut moves) = (0u64, 0u64);
    let mut layer = vec![Node {
        path: ExactPath::new(problem),
        drawn: [0; 3],
        mass: BigInt::one(),
        from: (0, 0),
    }];
    let mut history: Vec<Vec<(u32, u32)>> = Vec::new();
    // Masses over the denominator of the step: broken, and undefined but not broken.
    let (mut broken, mut unsure, mut whole) = (BigInt::zero(), BigInt::zero(), BigInt::one());
    let mut first_broken: Option<Box<Witness>> = None;
    // What the probability lies between, up to the last step that was looked at in full.
    let mut between = None;
    let mut complete = None;
    let mut limit = None;
    let mut closed = false;
    'steps: for t in 0..=steps {
        let mut kept = Vec::with_capacity(layer.len());
        for node in layer {
            if let Some(asked) = interrupt::asked() {
                decided = Some(Verdict::Undecided(Why::Stopped(asked.to_owned())));
                break 'steps;
            }
            let state = || node.path.state();
            let looked = match judge.look(&Moment::new(t, node.drawn, &state)) {
                Ok(looked) => looked,
                Err(halt) => {
                    limit = Some(limit_of(halt, limits));
                    break 'steps;
                }
            };
            states += 1;
            let is_unsure = looked.undefined.is_some();
            let failure = seen.take(t, looked);
            if let Some(failure) = failure {
                broken += &node.mass;
                if first_broken.is_none() {
                    let samples = samples(&history, &batches, node.from, t);
                    first_broken = Some(Box::new(Witness {
                        t,
                        failure: *failure,
                        path: Some(PathTaken { run: None, samples }),
                    }));
                }
                if asked.is_none() {
                    decided = Some(Verdict::Refuted(first_broken.take()));
                    complete = Some(t);
                    break 'steps;
                }
                continue;
            }
            if is_unsure && asked.is_some() {
                unsure += &node.mass;
                continue;
            }
            kept.push(node);
        }
        complete = Some(t);
        if let Some((at_least, strict)) = asked {
            let (low, high) = chance(&broken, &unsure, &whole);
            let stands = stands(&low, &high, at_least, strict, false);
            between = Some((low, high));
            if stands == Some(false) {
                decided = Some(Verdict::Refuted(first_broken.take()));
                break;
            }
        }
        closed = kept.is_empty();
        if t == steps || closed {
            break;
        }
        history.push(kept.iter().map(|node| node.from).collect());
        let mut next: Vec<Node<'_>> = Vec::new();
        let mut places: HashMap<Key, usize> = HashMap::new();
        for (at, node) in kept.iter().enumerate() {
            if let View::Rational(state) = node.path.view()
                && longest(state) > MAX_BITS
            {
                limit = Some(format!("numbers of a state with more than {MAX_BITS} bits"));
                break 'steps;
            }
            for (number, batch) in batches.iter().enumerate() {
                moves += 1;
                if moves > limits.moves {
                    limit = Some(format!("{} moves of SGD", limits.moves));
                    break 'steps;
                }
                let mut path = node.path.clone();
                path.step(&batch.draws);
                let mut drawn = [0; 3];
                if uses.drawn {
                    for (place, count) in node.drawn[..2].iter().enumerate() {
                        let own = batch.draws.iter().filter(|d| d.label.index() == place);
                        drawn[place] = count + own.count() as u64;
                    }
                }
                if uses.updates {
                    drawn[2] = node.drawn[2] + u64::from(path.gates().any_open());
                }
                let key = key(&path, drawn);
                let mass = &node.mass * &batch.mass;
                if let Some(place) = places.get(&key) {
                    next[*place].mass += mass;
                    continue;
                }
                if once && !looked_at.insert(key.clone()) {
                    continue;
                }
                if states + next.len() as u64 >= limits.states {
                    limit = Some(format!("{} states of SGD", limits.states));
                    break 'steps;
                }
                places.insert(key, next.len());
                next.push(Node {
                    path,
                    drawn,
                    mass,
                    from: (at as u32, number as u32),
                });
            }
        }
        broken *= &unit;
        unsure *= &unit;
        whole *= &unit;
        layer = next;
        if layer.is_empty() {
            closed = true;
            break;
        }
    }
    // Once there is no other state, there is none at any later step either.
    let last = if closed { Some(steps) } else { complete };
    finding.asked = seen.asked;
    if let Some(last) = last {
        finding.layer = Some(Layer::Exact);
        finding.extent.reached = Some((states, last, closed && asked.is_none()));
        finding.chance = between.clone().map(|(low, high)| match low == high {
            true => Chance::Exact(low, last),
            false => Chance::Between(low, high, last),
        });
    }
    finding.verdict = decided.unwrap_or_else(|| {
        let undefined = |what: Option<(u64, Undefined)>| match what {
            Some((t, what)) => Verdict::Undecided(Why::Undefined { t, what }),
            None => Verdict::Undecided(Why::NotAll(None)),
        };
        let all = last == Some(steps) && limit.is_none();
        match (all, asked, between) {
            (true, Some((at_least, strict)), Some((low, high))) => {
                match stands(&low, &high, at_least, strict, true) {
                    Some(true) => Verdict::Holds,
                    _ => undefined(seen.undefined),
                }
            }
            (true, ..) if seen.undefined.is_some() => undefined(seen.undefined),
            (true, ..) => Verdict::Holds,
            (false, ..) if last.is_none() => {
                Verdict::Undecided(Why::Nothing(limit.clone().unwrap_or_default()))
            }
            (false, ..) => Verdict::Undecided(Why::NotAll(limit.clone())),
        }
    });
    Reached { finding, limit }
}

/// What the probability lies between that a claim was kept, given what was broken and what is undefined of a whole.
fn chance(broken: &BigInt, unsure: &BigInt, whole: &BigInt) -> (Q, Q) {
    let kept = whole - broken;
    let low = Q::new(&kept - unsure, whole.clone());
    (low, Q::new(kept, whole.clone()))
}

/// The samples on the way to a state of step t.
fn samples(
    history: &[Vec<(u32, u32)>],
    batches: &[Batch],
    mut from: (u32, u32),
    t: u64,
) -> Vec<(Label, Vec<u32>)> {
    let mut taken = Vec::new();
    for layer in history.iter().take(t as usize).rev() {
        taken.push(from.1);
        from = layer.get(from.0 as usize).copied().unwrap_or_default();
    }
    let taken = taken.into_iter().rev();
    let draws = taken.flat_map(|number| &batches[number as usize].draws);
    draws
        .map(|draw| (draw.label, draw.counts.clone()))
        .collect()
}
