//! The transitions of a chain as bytes.

use super::super::LawLimits;
use super::super::saved::{In, Out, SavedError, ensure};
use super::{Graph, Spent};

impl Graph {
    /// Writes the graph.
    pub(in super::super) fn save(&self, out: &mut Out<'_>) {
        let expanded = self.starts.len() - 1;
        let degrees = (0..expanded).map(|s| (self.starts[s + 1] - self.starts[s]) as u32);
        out.ids(degrees);
        out.ids(self.targets.iter().copied());
        out.ids(self.weights.iter().copied());
        out.count(self.depths.len());
        self.depths.iter().for_each(|&first| out.count(first));
        out.optional_stop(self.stop.as_ref());
        out.flag(self.is_closed);
        out.count(self.spent.n_moves);
        out.number(self.spent.work);
        out.number(self.spent.memory);
    }

    /// Reads a graph over so many states and weights.
    ///
    /// # Errors
    /// If it is none, or if exploration would not have gone so far within the limits.
    ///
    /// # Cost
    /// A few looks at every transition.
    pub(in super::super) fn restore(
        input: &mut In<'_>,
        states: usize,
        weights: usize,
        limits: &LawLimits,
    ) -> Result<Self, SavedError> {
        let degrees = input.ids(usize::MAX, "a state has too many transitions")?;
        let targets = input.ids(states, "a transition leads nowhere")?;
        let weights = input.ids(weights, "a transition without a weight")?;
        let mut starts = Vec::with_capacity(degrees.len() + 1);
        starts.push(0);
        let mut end = 0;
        for degree in degrees {
            end += degree as usize;
            starts.push(end);
        }
        let fits = end == targets.len() && end == weights.len();
        ensure(fits, "the transitions do not fit together")?;
        let count = input.count(1)?;
        let depths = (0..count).map(|_| Ok(input.number()? as usize));
        let depths = depths.collect::<Result<Vec<_>, _>>()?;
        let graph = Graph {
            starts,
            targets,
            weights,
            depths,
            stop: input.optional_stop()?,
            is_closed: input.flag()?,
            spent: Spent {
                n_moves: input.number()? as usize,
                work: input.number()?,
                memory: input.number()?,
            },
        };
        graph.check_depths(states)?;
        // Work goes beyond its limit before that is seen.
        let within = graph.spent.n_moves <= limits.max_transitions
            && graph.spent.memory <= limits.max_bytes.min(u64::MAX / 2)
            && states <= limits.max_states;
        ensure(within, "the chain is beyond the limits")?;
        Ok(graph)
    }

    /// The states of each depth follow those of the one before; all but those of the last are expanded, and lead to the
    /// next depth at most.
    fn check_depths(&self, states: usize) -> Result<(), SavedError> {
        let reason = "the depths of the chain do not fit together";
        let depths = &self.depths;
        let expanded = self.starts.len() - 1;
        let (Some(&last), [0, 1, ..]) = (depths.last(), &depths[..]) else {
            return ensure(false, reason);
        };
        let begin = if self.is_closed {
            last
        } else {
            depths[depths.len() - 2]
        };
        ensure(last == states && expanded == begin, reason)?;
        ensure(!(self.is_closed && self.stop.is_some()), reason)?;
        for (d, pair) in depths.windows(2).enumerate() {
            // No state is new at the end of a chain that is not known to be closed yet.
            let may_be_empty = !self.is_closed && d + 2 == depths.len();
            let ascends = pair[0] < pair[1] || may_be_empty && pair[0] == pair[1];
            ensure(ascends && pair[1] <= states, reason)?;
            if pair[1] <= expanded {
                let next = depths.get(d + 2).copied().unwrap_or(states);
                let own = &self.targets[self.starts[pair[0]]..self.starts[pair[1]]];
                let near = own.iter().max().is_none_or(|&t| (t as usize) < next);
                ensure(near, reason)?;
            }
        }
        Ok(())
    }
}
