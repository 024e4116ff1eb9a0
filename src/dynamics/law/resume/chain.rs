//! A chain as bytes.

use super::super::generic::GenericSpace;
use super::super::graph::Graph;
use super::super::lattice::LatticeSpace;
use super::super::saved::{In, Out, SavedError, ensure};
use super::super::{Chain, Engine, Explored, LawLimits};
use crate::problem::Problem;

impl Explored<'_> {
    /// Writes the chain as far as it is explored.
    pub(in super::super) fn save(&self, out: &mut Out<'_>) {
        self.space.save(out);
        self.graph.save(out);
    }
}

impl<'p> Chain<'p> {
    /// Reads a chain, which may be explored further.
    ///
    /// # Errors
    /// If it is not of this problem, or beyond the limits.
    pub(in super::super) fn restore(
        problem: &'p Problem,
        merge: bool,
        limits: &LawLimits,
        input: &mut In<'_>,
    ) -> Result<Self, SavedError> {
        let distribution = problem.distribution();
        let few = distribution.n_atoms() <= limits.max_transitions.into();
        ensure(few, "the problem has too many atoms")?;
        let table = distribution.atoms();
        let table = table.map_err(|_| SavedError::new("the problem has too many atoms"))?;
        let bits = table.weights().denominator.bits();
        let bits = bits.saturating_mul(problem.training().batch.into());
        ensure(bits <= limits.max_bits, "the probabilities are too long")?;
        let space = if input.flag()? {
            let space = LatticeSpace::restore(problem, &table, merge, input)?;
            Engine::Lattice(Box::new(space))
        } else {
            let too_many = GenericSpace::too_many_batches(problem, &table, limits);
            ensure(too_many.is_none(), "the problem has too many batches")?;
            let space = GenericSpace::restore(problem, table, merge, limits, input)?;
            Engine::Generic(Box::new(space))
        };
        let mut chain = Chain::unexplored(problem, merge, limits, space);
        let (states, weights) = (chain.space().len(), chain.space().weights().len());
        chain.graph = Graph::restore(input, states, weights, limits)?;
        Ok(chain)
    }
}
