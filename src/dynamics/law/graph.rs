//! The transitions of a chain, explored by fewest steps.

mod saved;

use super::pieces::Unfit;
use super::space::Space;
use super::{Horizon, LawLimits, Stop};
use crate::interrupt;

/// Transitions of all expanded states. States are numbered by depth (the fewest steps that lead to
/// them), so the states of one depth are neighbours.
#[derive(Debug, Clone)]
pub(super) struct Graph {
    /// Transitions of state s: `starts[s]..starts[s + 1]`, for expanded states.
    starts: Vec<usize>,
    targets: Vec<u32>,
    /// Weight ids.
    weights: Vec<u32>,
    /// First state of each depth, and at last the number of states.
    depths: Vec<usize>,
    /// Why exploration stopped early.
    pub(super) stop: Option<Stop>,
    is_closed: bool,
    spent: Spent,
}

/// What exploration took so far, as the limits count it.
#[derive(Debug, Clone, Copy, Default)]
struct Spent {
    n_moves: usize,
    work: u64,
    memory: u64,
}

impl Graph {
    /// The states of a space that was just made, none of them expanded.
    pub(super) fn new(states: usize) -> Self {
        Graph {
            starts: vec![0],
            targets: Vec::new(),
            weights: Vec::new(),
            depths: vec![0, states],
            stop: None,
            is_closed: false,
            spent: Spent::default(),
        }
    }

    /// Explores what is reachable from the states of the last depth, unless it was explored to its end; `finished` is
    /// called after each depth, when the law follows for one step more.
    ///
    /// # Errors
    /// [`Unfit`] if the engine cannot go on; the caller then takes another one.
    ///
    /// # Cost
    /// One look-up for every move of every state.
    pub(super) fn explore(
        &mut self,
        space: &mut dyn Space,
        horizon: Horizon,
        limits: &LawLimits,
        finished: &mut dyn FnMut(&Graph, &dyn Space),
    ) -> Result<(), Unfit> {
        // Place of a target among the transitions of the state that was expanded last.
        let mut places: Vec<usize> = Vec::new();
        let Spent {
            mut n_moves,
            mut work,
            mut memory,
        } = self.spent;
        while let (Some(depth), None) = (self.last_step(), &self.stop) {
            if horizon == Horizon::Steps(depth) {
                break;
            }
            let [.., begin, end] = self.depths[..] else {
                break;
            };
            if begin == end {
                self.depths.pop();
                self.is_closed = true;
                break;
            }
            space.make_ready();
            let begin_transitions = self.targets.len();
            for state in begin..end {
                let moves = space.n_moves(state as u32);
                n_moves = n_moves.saturating_add(moves);
                work =
                    work.saturating_add(space.move_work(state as u32).saturating_mul(moves as u64));
                // Every move may lead to a new state, which then takes about as much as this one.
                let ahead = space.state_work(state as u32).saturating_mul(moves as u64);
                memory = memory.saturating_add(moves as u64 * 8);
                let limit = if let Some(asked) = interrupt::asked() {
                    Some(asked.to_owned())
                } else if n_moves > limits.max_transitions {
                    Some(format!("more than {} transitions", limits.max_transitions))
                } else if work
                    .saturating_add(ahead)
                    .saturating_add(space.shared_work())
                    > limits.max_work
                {
                    Some(format!("more than {} operations", limits.max_work))
                } else {
                    let known = space.len();
                    let added = self.add(space, state as u32, &mut places);
                    for new in known..space.len() {
                        work = work.saturating_add(space.state_work(new as u32));
                        memory = memory.saturating_add(space.state_bytes(new as u32));
                    }
                    match added {
                        Err(Unfit) => Some(space.limit().ok_or(Unfit)?),
                        Ok(()) if space.len() > limits.max_states => {
                            Some(format!("more than {} states", limits.max_states))
                        }
                        Ok(()) => (memory + space.shared_bytes() > limits.max_bytes)
                            .then(|| format!("states of more than {} bytes", limits.max_bytes)),
                    }
                };
                if let Some(limit) = limit {
                    space.truncate(end);
                    self.starts.truncate(begin + 1);
                    self.targets.truncate(begin_transitions);
                    self.weights.truncate(begin_transitions);
                    self.stop = Some(Stop { limit, t: depth });
                    return Ok(());
                }
            }
            self.depths.push(space.len());
            self.spent = Spent {
                n_moves,
                work,
                memory,
            };
            finished(self, space);
        }
        Ok(())
    }

    /// The initial state alone, stopped before the first step.
    pub(super) fn at_start(limit: String) -> Self {
        Graph {
            stop: Some(Stop { limit, t: 0 }),
            ..Graph::new(1)
        }
    }

    fn add(
        &mut self,
        space: &mut dyn Space,
        state: u32,
        places: &mut Vec<usize>,
    ) -> Result<(), Unfit> {
        let begin = self.targets.len();
        let (targets, weights) = (&mut self.targets, &mut self.weights);
        let mut twice: Vec<(usize, u32)> = Vec::new();
        space.expand(state, &mut |target, weight| {
            let t = target as usize;
            if places.len() <= t {
                places.resize(t + 1, usize::MAX);
            }
            let place = places[t];
            // A place is of this state if it lies among its transitions and holds the target.
            if place != usize::MAX && place >= begin {
                twice.push((place, weight));
            } else {
                places[t] = targets.len();
                targets.push(target);
                weights.push(weight);
            }
        })?;
        for (place, weight) in twice {
            self.weights[place] = space.weights_mut().sum(self.weights[place], weight);
        }
        self.starts.push(self.targets.len());
        Ok(())
    }

    /// Number of states.
    pub(super) fn n_states(&self) -> usize {
        self.depths.last().copied().unwrap_or(0)
    }

    /// Number of transitions.
    pub(super) fn n_transitions(&self) -> usize {
        self.targets.len()
    }

    /// Number of transitions of the first `states` states, which are expanded.
    pub(super) fn n_transitions_of_first(&self, states: usize) -> usize {
        self.starts[states]
    }

    /// The targets of all transitions, source by source.
    pub(super) fn targets(&self) -> &[u32] {
        &self.targets
    }

    /// Are the transitions of this state known?
    pub(super) fn is_expanded(&self, state: usize) -> bool {
        state + 1 < self.starts.len()
    }

    /// Number of transitions of an expanded state.
    #[inline]
    pub(super) fn degree(&self, state: u32) -> usize {
        self.starts[state as usize + 1] - self.starts[state as usize]
    }

    /// Transitions of an expanded state, as (target, weight id).
    #[inline]
    pub(super) fn transitions(&self, state: u32) -> impl Iterator<Item = (u32, u32)> {
        let range = self.starts[state as usize]..self.starts[state as usize + 1];
        self.targets[range.clone()]
            .iter()
            .copied()
            .zip(self.weights[range].iter().copied())
    }

    /// Number of states reached within `steps` steps.
    pub(super) fn reached(&self, steps: u64) -> usize {
        let last = self.depths.len() - 1;
        self.depths[usize::try_from(steps).map_or(last, |s| (s + 1).min(last))]
    }

    /// The last step up to which the law follows from the transitions; `None` for all steps.
    pub(super) fn last_step(&self) -> Option<u64> {
        // The states of every depth but the last are expanded.
        (!self.is_closed).then(|| self.depths.len() as u64 - 2)
    }
}
