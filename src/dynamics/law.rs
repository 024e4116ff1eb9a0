//! The exact law of SGD: a Markov chain over the states that it can reach.
//!
//! On a finite distribution, the state of SGD (weights and head) is a Markov chain: a step draws B
//! atoms and moves. [`Chain::build`] explores the states that are reachable, by fewest steps, so
//! that a limit cuts the chain at a step and leaves the law right up to it. [`Chain::law`] pushes
//! probabilities forward. They are integers over `D^t` at step t, D being the common denominator of
//! the probabilities of single steps: no fraction is reduced on the way.
//!
//! Two engines find the states:
//!
//! | pooling | head | gates | activation | engine |
//! |---|---|---|---|---|
//! | sum | fixed | 0 or 1 | relu, leaky-relu, identity | machine integers, piece by piece: the coordinates of some filters on patterns that overlap no other move by themselves, by integers that the sample gives them; distinct values of a piece have small ids, and a state is a row of ids (see `pieces.rs`) |
//! | any other | | | | states in rational arithmetic, moved by [`super::gradient`] |
//!
//! For an orthonormal dictionary a piece is a column of the state, and there are P of them. Patterns that overlap are in
//! pieces together, which take more values, each computed once: a move to a new one takes a few operations for each
//! coordinate that the filters have there, and with images of more than four patterns so many more.
//!
//! # Merged chains
//! With `merge`, states are merged whose difference cannot matter:
//!
//! (a) *Dead cells* (relu, relu2; of a pattern that is orthogonal to all others). A coordinate `Z_jp <= 0` has
//! `sigma'(Z_jp) = 0` and `sigma(Z_jp) = 0`; its gradient `sum_q S_jq G_qp = S_jp G_pp` carries the factor
//! `sigma'(Z_jp)` under sum pooling, and under max pooling it is sent to p only if p is the argmax,
//! and then carries the same factor. So it never moves again, adds 0 to every output, and gives
//! nothing to the head; under max pooling its activated value is 0 whatever it is. Two states that
//! differ in such coordinates only have the same margins now, make the same moves on every batch,
//! and differ in the same coordinates afterwards: by induction they have the same law of margins and
//! of all other coordinates for ever. Dead cells are kept as 0.
//!
//! (b) *Frozen states*: no batch moves them (all gates closed, or every open sample meets dead cells
//! only, or pushes that cancel over dependent patterns). They stay for ever, so all frozen states with one accuracy, and with all gates closed or
//! not, are one state.
//!
//! *Filters that move together* on a pattern without links are one already: the live cells of its column under equal heads all
//! move by the same amount at every step, so they keep their differences, and one of them and the
//! set of live cells say where the others are. Distinct live values never make two columns where
//! one would do, so nothing is left to merge there.
//!
//! *Norms.* What is dropped on the way into (a) or (b) is a square that never changes again, so it
//! belongs to `|w_j(T)|^2` for every later T. Hence `E|w_j(T)|^2` is the expectation over the kept
//! coordinates at T, plus what was dropped at step 0, plus the sum over the steps `s < T` of the
//! expectation, over the states at s, of what their next step drops: each state carries that last
//! number as a conditional expectation, and no history.
//!
//! Probabilities of accuracy, of settling, and norms of a merged chain are those of the unmerged
//! one; `states` and `reached` count merged states.

mod absorbed;
mod absorption;
mod automaton;
mod export;
mod following;
mod forward;
mod gather;
mod generic;
mod graph;
mod lattice;
mod levels;
mod limbs;
mod mass;
mod pieces;
mod properties;
mod reduce;
mod resume;
mod rigid;
mod rows;
mod saved;
mod space;
mod umb;
mod weights;

pub use super::limits::Stop;
pub use absorbed::{Absorption, AbsorptionStop};
pub use absorption::absorption;
pub use resume::{Keeper, Resumable, Snapshot};
pub use saved::SavedError;
pub use umb::ExportError;

use super::state::State;
use crate::number::{Matrix, Q};
use crate::problem::{AtomTable, Problem};
use following::Following;
use forward::Forward;
use generic::GenericSpace;
use graph::Graph;
use lattice::LatticeSpace;
use num_bigint::{BigInt, BigUint};
use num_traits::One;
use pieces::Unfit;
use reduce::Reducer;
use space::Space;
use std::fmt;
use std::sync::Arc;

/// Limits of a law. They count states, digits and operations, never seconds, so the same problem
/// stops at the same place on every machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LawLimits {
    /// Most states.
    pub max_states: usize,
    /// Most transitions, counted before those of a state with the same target are merged.
    pub max_transitions: usize,
    /// Most bits of a step's common denominator `D^t`, and of any number of a state.
    pub max_bits: u64,
    /// Most words of 64 bits that the probabilities of one step may take.
    pub max_words: u64,
    /// Most elementary operations on machine words that one call may take (estimated).
    pub max_work: u64,
    /// Most bytes that states and transitions may take (estimated).
    pub max_bytes: u64,
}

impl Default for LawLimits {
    fn default() -> Self {
        LawLimits {
            max_states: 2_000_000,
            max_transitions: 60_000_000,
            max_bits: 200_000,
            max_words: 250_000_000,
            max_work: 20_000_000_000,
            max_bytes: 1_800_000_000,
        }
    }
}

/// How far a chain is explored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Horizon {
    /// Everything that is reachable within this many steps.
    Steps(u64),
    /// Everything that is reachable. Finite for hinge and perceptron where the mistake bound
    /// applies; otherwise a limit stops it.
    Absorption,
}

/// One step may lead to as many states as there are atoms, and each of them looks at every atom.
///
/// # Errors
/// [`Stop`] at step 0, if that takes more than `max_work` operations.
pub fn first_step_fits(problem: &Problem, max_work: u64) -> Result<(), Stop> {
    let atoms = problem.distribution().n_atoms();
    let work = &atoms * &atoms * problem.n_patterns();
    if work > BigUint::from(max_work) {
        return Err(Stop {
            limit: format!("the first step alone, with {atoms} atoms, takes too many operations"),
            t: 0,
        });
    }
    Ok(())
}

/// The exact law of SGD at the steps `0..=steps`, states merged that no later figure tells apart.
///
/// # Errors
/// [`Stop`] if the first step is beyond the limits; a later limit ends the arrays early ([`Law::stopped`]).
///
/// # Cost
/// That of [`Chain::build`] and of [`Chain::law`].
///
/// # Example
/// ```
/// use filtercert::number::integer;
/// use filtercert::{law, read_problem};
///
/// let law = law(&read_problem("examples/small.toml".as_ref())?, 6, &Default::default())?;
/// assert_eq!(law.p_perfect.len(), 7);
/// assert!(law.p_perfect.iter().all(|p| *p >= integer(0) && *p <= integer(1)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn law(problem: &Problem, steps: u64, limits: &LawLimits) -> Result<Law, Stop> {
    Ok(Chain::build(problem, Horizon::Steps(steps), true, limits)?.law(steps))
}

/// The states that SGD can reach, and the transitions between them.
///
/// States are numbered from 0, the initial state, by the fewest steps that lead to them.
#[derive(Clone)]
pub struct Chain<'p> {
    problem: &'p Problem,
    limits: LawLimits,
    is_merged: bool,
    space: Engine<'p>,
    graph: Graph,
}

#[derive(Debug, Clone)]
enum Engine<'p> {
    Lattice(Box<LatticeSpace<'p>>),
    Generic(Box<GenericSpace<'p>>),
}

/// The law of SGD at the steps `0..=steps`.
#[derive(Debug, Clone, PartialEq)]
pub struct Law {
    /// The last step of the arrays; less than what was asked for if `stopped`.
    pub steps: u64,
    /// Are the states merged ones?
    pub merged: bool,
    /// Distinct states of positive probability at each step.
    pub states: Vec<u64>,
    /// Distinct states up to the last step.
    pub reached: u64,
    /// Probability that accuracy is 1, at each step.
    pub p_perfect: Vec<Q>,
    /// Expected accuracy at each step.
    pub expected_accuracy: Vec<Q>,
    /// Probability that every gate is closed, at each step.
    pub p_settled: Vec<Q>,
    /// `E |w_j|^2` at the last step, one a filter; empty if it was asked to end before.
    pub expected_norm_squared: Vec<Q>,
    /// The limit that ended the arrays early.
    pub stopped: Option<Stop>,
}

impl fmt::Debug for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chain")
            .field("problem", &self.problem.name())
            .field("is_merged", &self.is_merged)
            .field("n_states", &self.n_states())
            .field("n_transitions", &self.n_transitions())
            .field("stopped", &self.stopped())
            .finish_non_exhaustive()
    }
}

impl<'p> Chain<'p> {
    /// Explores the states that are reachable, merging what cannot matter if `merge` (see the
    /// module's documentation).
    ///
    /// At a limit the chain ends at a step, and [`Chain::stopped`] names it. That is step 0 where the batches
    /// are too many for one step.
    ///
    /// # Errors
    /// [`Stop`] at step 0 if the atoms are too many to be enumerated, or the initial numbers too long.
    ///
    /// # Cost
    /// With A atoms (batches of B samples: `C(A + B - 1, B)` of them, or the distinct sums of their
    /// counts in machine integers), a state costs A additions a pattern for its margins, and one
    /// look-up for each piece and move. Memory: about 4 (P + 8) bytes a state and 8 a transition in machine integers,
    /// and up to 8 n P where patterns overlap; n P rationals a state, and as many operations for every move and
    /// atom, in the other engine.
    pub fn build(
        problem: &'p Problem,
        horizon: Horizon,
        merge: bool,
        limits: &LawLimits,
    ) -> Result<Self, Stop> {
        Self::with_engine(problem, horizon, merge, limits, true, &mut |_| {})
    }

    /// The same; `finished` is told after each step that the law follows for, while the chain is explored.
    ///
    /// # Errors
    /// As [`Chain::build`].
    ///
    /// # Cost
    /// See [`Chain::build`].
    pub fn build_watched(
        problem: &'p Problem,
        horizon: Horizon,
        merge: bool,
        limits: &LawLimits,
        finished: &mut dyn FnMut(&Explored<'_>),
    ) -> Result<Self, Stop> {
        Self::with_engine(problem, horizon, merge, limits, true, finished)
    }

    /// The same through the engine that takes every problem, in rational arithmetic throughout.
    ///
    /// # Errors
    /// As [`Chain::build`].
    ///
    /// # Cost
    /// See [`Chain::build`].
    pub fn rational(
        problem: &'p Problem,
        horizon: Horizon,
        merge: bool,
        limits: &LawLimits,
    ) -> Result<Self, Stop> {
        Self::with_engine(problem, horizon, merge, limits, false, &mut |_| {})
    }

    fn with_engine(
        problem: &'p Problem,
        horizon: Horizon,
        merge: bool,
        limits: &LawLimits,
        on_lattice: bool,
        finished: &mut dyn FnMut(&Explored<'_>),
    ) -> Result<Self, Stop> {
        let at_start = |limit: String| Stop { limit, t: 0 };
        if problem.distribution().n_atoms() > BigUint::from(limits.max_transitions) {
            return Err(at_start(format!(
                "{} atoms, and more than {} transitions",
                problem.distribution().n_atoms(),
                limits.max_transitions
            )));
        }
        let table = problem
            .distribution()
            .atoms()
            .map_err(|e| at_start(e.to_string()))?;
        let unit = table.weights().denominator;
        let bits = unit
            .bits()
            .saturating_mul(u64::from(problem.training().batch));
        if bits > limits.max_bits {
            let limit = format!("probabilities of more than {} bits", limits.max_bits);
            return Self::before_the_first_step(problem, table, merge, limits, limit);
        }
        if on_lattice && let Some(space) = LatticeSpace::new(problem, &table, merge) {
            let engine = Engine::Lattice(Box::new(space));
            let chain = Self::unexplored(problem, merge, limits, engine);
            // Beyond the machine integers, everything starts again in the other engine.
            if let Ok(chain) = chain.explored_to(horizon, finished) {
                return Ok(chain);
            }
        }
        if let Some(limit) = GenericSpace::too_many_batches(problem, &table, limits) {
            return Self::before_the_first_step(problem, table, merge, limits, limit);
        }
        let space = GenericSpace::new(problem, table, merge, limits).map_err(at_start)?;
        let engine = Engine::Generic(Box::new(space));
        Self::unexplored(problem, merge, limits, engine)
            .explored_to(horizon, finished)
            .map_err(|Unfit| at_start("numbers too large for this engine".to_owned()))
    }

    /// The chain from where its exploration was begun, if it was: as [`Chain::build_watched`].
    fn explore(
        begun: Option<Self>,
        problem: &'p Problem,
        (horizon, merge, limits): (Horizon, bool, &LawLimits),
        finished: &mut dyn FnMut(&Explored<'_>),
    ) -> Result<Self, Stop> {
        let on_lattice = match begun {
            None => true,
            Some(begun) => match begun.explored_to(horizon, finished) {
                Ok(chain) => return Ok(chain),
                Err(Unfit) => false,
            },
        };
        Self::with_engine(problem, horizon, merge, limits, on_lattice, finished)
    }

    /// A space that was just made.
    fn unexplored(
        problem: &'p Problem,
        is_merged: bool,
        limits: &LawLimits,
        space: Engine<'p>,
    ) -> Self {
        Chain {
            problem,
            limits: limits.clone(),
            is_merged,
            space,
            graph: Graph::new(1),
        }
    }

    /// The chain explored to this horizon, or to a limit.
    fn explored_to(
        mut self,
        horizon: Horizon,
        finished: &mut dyn FnMut(&Explored<'_>),
    ) -> Result<Self, Unfit> {
        let (problem, limits, is_merged) = (self.problem, &self.limits, self.is_merged);
        let mut told = |graph: &Graph, space: &dyn Space| {
            finished(&Explored {
                problem,
                limits,
                is_merged,
                space,
                graph,
            });
        };
        let space: &mut dyn Space = match &mut self.space {
            Engine::Lattice(space) => &mut **space,
            Engine::Generic(space) => &mut **space,
        };
        self.graph.explore(space, horizon, limits, &mut told)?;
        Ok(self)
    }

    /// The chain of the initial state alone, where a limit forbids the first step.
    fn before_the_first_step(
        problem: &'p Problem,
        table: Arc<AtomTable>,
        merge: bool,
        limits: &LawLimits,
        limit: String,
    ) -> Result<Self, Stop> {
        let space = GenericSpace::at_start(problem, table);
        let space = space.map_err(|limit| Stop { limit, t: 0 })?;
        Ok(Chain {
            problem,
            limits: limits.clone(),
            is_merged: merge,
            space: Engine::Generic(Box::new(space)),
            graph: Graph::at_start(limit),
        })
    }

    fn space(&self) -> &dyn Space {
        match &self.space {
            Engine::Lattice(space) => &**space,
            Engine::Generic(space) => &**space,
        }
    }

    /// The problem.
    pub fn problem(&self) -> &'p Problem {
        self.problem
    }

    /// The limit that stopped exploration: the law is right up to its step.
    pub fn stopped(&self) -> Option<&Stop> {
        self.graph.stop.as_ref()
    }

    /// Were states merged?
    pub fn is_merged(&self) -> bool {
        self.is_merged
    }

    /// Does the chain run in machine integers, piece by piece?
    pub fn is_on_lattice(&self) -> bool {
        matches!(self.space, Engine::Lattice(_))
    }

    /// Number of states.
    pub fn n_states(&self) -> usize {
        self.graph.n_states()
    }

    /// Number of transitions between different pairs of states (a state that may stay has one to itself).
    pub fn n_transitions(&self) -> usize {
        self.graph.n_transitions()
    }

    /// The transitions of a state with their probabilities; empty for states at the horizon, or at
    /// the step where a limit stopped exploration.
    ///
    /// # Cost
    /// One gcd a transition.
    pub fn transitions(&self, state: usize) -> Vec<(usize, Q)> {
        let weights = self.space().weights();
        let total = BigInt::from(weights.total().clone());
        if !self.graph.is_expanded(state) {
            return Vec::new();
        }
        self.graph
            .transitions(state as u32)
            .map(|(target, weight)| {
                let numerator = BigInt::from(weights.value(weight).clone());
                (target as usize, Q::new(numerator, total.clone()))
            })
            .collect()
    }

    /// The most steps that leave a state on any path of what is explored; `None` where a state that was left can come
    /// back.
    ///
    /// # Cost
    /// Three looks at every transition.
    pub fn longest_path(&self) -> Option<u64> {
        Some(self.longest_in(&self.in_order()?))
    }

    /// The states that a step leads to from a state and that are not this state itself.
    fn leaving(&self, s: usize) -> impl Iterator<Item = usize> {
        let all = self.graph.transitions(s as u32);
        all.map(|(target, _)| target as usize)
            .filter(move |&target| target != s)
    }

    /// All states, each behind every state that leads to it; `None` where a state that was left can come back.
    fn in_order(&self) -> Option<Vec<usize>> {
        let n = self.n_states();
        let mut missing = vec![0u32; n];
        for s in 0..n {
            self.leaving(s).for_each(|target| missing[target] += 1);
        }
        let mut ready: Vec<usize> = (0..n).filter(|&s| missing[s] == 0).collect();
        let mut order = Vec::with_capacity(n);
        while let Some(s) = ready.pop() {
            order.push(s);
            for target in self.leaving(s) {
                missing[target] -= 1;
                if missing[target] == 0 {
                    ready.push(target);
                }
            }
        }
        (order.len() == n).then_some(order)
    }

    /// The longest path, given the states in order.
    fn longest_in(&self, order: &[usize]) -> u64 {
        let mut depth = vec![0u64; self.n_states()];
        for &s in order {
            for target in self.leaving(s) {
                depth[target] = depth[target].max(depth[s] + 1);
            }
        }
        depth.into_iter().max().unwrap_or(0)
    }

    /// The weights and the head of a state; `None` in a merged chain.
    pub fn state(&self, state: usize) -> Option<State<Q>> {
        self.space().state(state as u32)
    }

    /// The pattern coordinates of a state, n x P; `None` in a merged chain.
    pub fn weights(&self, state: usize) -> Option<Matrix<Q>> {
        Some(self.state(state)?.weights)
    }

    /// Squared norms `|w_j|^2` of a state, length n; `None` in a merged chain.
    pub fn norms_squared(&self, state: usize) -> Option<Vec<Q>> {
        self.space().norms_squared(state as u32)
    }

    /// Accuracy of a state.
    pub fn accuracy(&self, state: usize) -> Q {
        let space = self.space();
        space.accuracies().value(space.accuracy(state as u32))
    }

    /// Is accuracy 1, that is every margin greater than 0?
    pub fn is_perfect(&self, state: usize) -> bool {
        let space = self.space();
        space.accuracies().is_one(space.accuracy(state as u32))
    }

    /// Is every gate closed, so that nothing moves any more?
    pub fn is_settled(&self, state: usize) -> bool {
        self.space().is_settled(state as u32)
    }

    /// The law at the steps `0..=steps`, or up to the step at which a limit stops it.
    ///
    /// # Cost
    /// At step t one multiplication for each transition of a state of positive probability and each
    /// word of `D^t`, that is `t log2(D) / 64` of them, and as many words of memory for each such
    /// state; then one reduction of a fraction for each figure and step.
    pub fn law(&self, steps: u64) -> Law {
        self.explored().law(steps)
    }

    fn explored(&self) -> Explored<'_> {
        Explored {
            problem: self.problem,
            limits: &self.limits,
            is_merged: self.is_merged,
            space: self.space(),
            graph: &self.graph,
        }
    }

    /// Moves the mass on from step `t`; `None` beyond a limit.
    fn step(&self, forward: &mut Forward<'_>, t: u64, work: &mut u64) -> Option<()> {
        match self.explored().next_step_limit(forward, t, work) {
            Some(_) => None,
            None => {
                forward.step();
                Some(())
            }
        }
    }

    /// The probability that the state is good at every step of `from..=to`; `None` beyond a limit.
    ///
    /// # Cost
    /// As [`Chain::law`] for `to` steps.
    pub fn always(&self, from: u64, to: u64, good: &dyn Fn(usize) -> bool) -> Option<Q> {
        if from > to {
            return Some(Q::one());
        }
        let mut forward = Forward::new(&self.graph, self.space().weights());
        let mut work = 0;
        for t in 0..=to {
            if t > 0 {
                self.step(&mut forward, t - 1, &mut work)?;
            }
            if t >= from {
                forward.keep(good);
            }
        }
        let mass = forward.mass();
        Some(Q::new(
            mass.sum(|_| true).into(),
            mass.total().clone().into(),
        ))
    }

    /// The probabilities of so many events at step t, of which `holds` says whether one (its number) holds in a state;
    /// `None` beyond a limit.
    ///
    /// # Cost
    /// As [`Chain::law`] for t steps, once; then a look at each state for each event.
    pub fn at(
        &self,
        t: u64,
        events: usize,
        holds: &dyn Fn(usize, usize) -> bool,
    ) -> Option<Vec<Q>> {
        let mut forward = Forward::new(&self.graph, self.space().weights());
        let mut work = 0;
        for t in 0..t {
            self.step(&mut forward, t, &mut work)?;
        }
        let mass = forward.mass();
        let total = || mass.total().clone().into();
        let of = |event: usize| Q::new(mass.sum(|s| holds(event, s as usize)).into(), total());
        Some((0..events).map(of).collect())
    }

    /// For each step t of `0..=steps`, the probability that no state up to step t is a target;
    /// `None` beyond a limit.
    ///
    /// # Cost
    /// As [`Chain::law`], less what the targets take away.
    pub fn never(&self, steps: u64, target: &dyn Fn(usize) -> bool) -> Option<Vec<Q>> {
        let mut forward = Forward::new(&self.graph, self.space().weights());
        let mut work = 0;
        let reducer = Reducer::new(&self.space().accuracies().total);
        let mut result = Vec::new();
        for t in 0..=steps {
            if t > 0 {
                self.step(&mut forward, t - 1, &mut work)?;
            }
            forward.keep(&|s| !target(s));
            let mass = forward.mass();
            result.push(reducer.reduce(
                mass.sum(|_| true),
                mass.total(),
                t * u64::from(self.problem.training().batch),
            ));
        }
        Some(result)
    }
}

/// A chain as far as it is explored: the law follows up to [`Explored::steps`].
pub struct Explored<'a> {
    problem: &'a Problem,
    limits: &'a LawLimits,
    is_merged: bool,
    space: &'a dyn Space,
    graph: &'a Graph,
}

impl Explored<'_> {
    /// Number of states known.
    pub fn n_states(&self) -> usize {
        self.graph.n_states()
    }

    /// The last step up to which the law follows; `None` for all steps.
    pub fn steps(&self) -> Option<u64> {
        self.graph.last_step()
    }

    /// As [`Chain::law`].
    ///
    /// # Cost
    /// See [`Chain::law`].
    pub fn law(&self, steps: u64) -> Law {
        Following::new(self).run(steps, true, &mut |_| {})
    }

    /// The same without the expected norms at the last step, which is left empty.
    ///
    /// # Cost
    /// See [`Chain::law`].
    pub fn law_without_norms(&self, steps: u64) -> Law {
        Following::new(self).run(steps, false, &mut |_| {})
    }

    /// The limit that forbids the step after step `t`, if one does; adds the step's cost to `work`.
    fn next_step_limit(&self, forward: &Forward<'_>, t: u64, work: &mut u64) -> Option<Stop> {
        if self.graph.last_step().is_some_and(|last| t >= last) {
            return Some(self.graph.stop.clone().unwrap_or_else(|| Stop {
                limit: format!("the chain was explored for {t} steps"),
                t,
            }));
        }
        let limits = &self.limits;
        let cost = forward.next_cost();
        *work = work.saturating_add(cost.work);
        let limit = if cost.bits > limits.max_bits {
            format!("probabilities of more than {} bits", limits.max_bits)
        } else if cost.words > limits.max_words {
            format!("probabilities of more than {} words", limits.max_words)
        } else if *work > limits.max_work {
            format!("more than {} operations", limits.max_work)
        } else {
            return None;
        };
        Some(Stop { limit, t })
    }
}
