//! Fresh initialisations by the generator of problems, each with one SGD path in exact arithmetic.

use super::super::fresh::{fresh_network, fresh_seeds};
use super::super::prelude::*;
use super::super::settling::{Settled, affordable_runs, settle};
use crate::dynamics::sampler::Sampler;
use crate::problem::Init;
use rayon::prelude::*;

/// One fresh initialisation and how its path ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fresh {
    /// Seed of the weights (`network.init.seed`).
    pub seed: u64,
    /// `min(|J_+|, |J_-|)`.
    pub winners: u64,
    pub end: Settled,
}

/// At most `most` of them, as many as fit the work limit; path k takes the samples of run k of the problem.
///
/// # Errors
/// Why there are none.
pub(super) fn fresh_runs(problem: &Problem, most: u64) -> Result<Vec<Fresh>, Remark> {
    let steps = problem.training().steps;
    let Init::Uniform { seed, .. } = problem.network().init else {
        return Err("the weights are given".into());
    };
    let runs = affordable_runs(problem, steps, most);
    if runs == 0 {
        return Err(remark!(
            "paths of {} steps are too long to follow in exact arithmetic",
            steps
        ));
    }
    let sampler = Sampler::new(problem.distribution());
    let found: Option<Vec<Fresh>> = fresh_seeds(seed, runs)
        .into_par_iter()
        .enumerate()
        .map(|(run, seed)| {
            let network = fresh_network(problem, seed)?;
            let fresh = problem.changed(|parts| parts.network = network).ok()?;
            let winners = Label::BOTH.map(|y| fresh.winners(y).len() as u64);
            Some(Fresh {
                seed,
                winners: winners[0].min(winners[1]),
                end: settle(&fresh, &sampler, run as u64, steps)?,
            })
        })
        .collect();
    found.ok_or_else(|| "a path leaves the lattice of machine integers".into())
}
