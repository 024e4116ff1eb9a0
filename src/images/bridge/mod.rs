//! The bridge from the theory to real images, as a factorial: real images at half contrast with a key pattern
//! planted in a random patch, and a fair label that only the key tells. The network is the theory's: heads
//! +1 and -1 that stay, patches that do not overlap, relu, sum pooling, no bias.
//!
//! Four factors, 16 cells, each with the same seeds (the same initial weights and draws):
//!
//! * **overlap**: the backgrounds as they are, or with both keys projected out of every patch, so that the keys are
//!   orthogonal to them (A1k);
//! * **label averaged** (each background of a batch with both keys: the mean over the label is exact) or **sampled**
//!   (SGD, one image a step);
//! * **loss**: unhinged or hinge;
//! * **grey level zero**: black or the mean pixel.
//!
//! Every cell is compared with the theorem that speaks of it, and with no other; many have none, and say so.
//! [`theory`] says which theorem it is, and why. All of it is *sampled* evidence, in `f64`.

mod across;
mod hypotheses;
mod judge;
pub mod record;
pub mod set;
#[cfg(test)]
mod tests;
pub mod theory;
mod train;

pub use record::{
    Bridge, BridgeLoss, BridgePlan, BridgeRun, Cell, Comparison, Factors, Geometry, Hypothesis,
    Labels, NotFinite, Over, Overlap, Relation, Scope, Seen, Silent, Verdict, Zero,
};
pub use set::SemiReal;

use super::data::{DataError, DataSet};
use super::network::MAX_PARAMETERS;
use rayon::prelude::*;
use theory::Law;
use thiserror::Error;
use train::{Path, train};

/// Why there is no bridge.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BridgeError {
    /// The keys cannot be planted.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A number of the plan, or of the images, is 0.
    #[error("{name}: found 0, expected at least 1")]
    Zero {
        /// Which.
        name: &'static str,
    },
    /// Too many weights.
    #[error("the network: found {0} parameters, expected at most {MAX_PARAMETERS}")]
    TooLarge(u128),
}

/// Makes the four sets, trains in all 16 cells, and compares. `progress` is told of steps, in all
/// [`BridgePlan::total_steps`]. The same on any number of threads.
///
/// # Errors
/// [`BridgeError`]: a patch that keys cannot have or larger than an image, no images, no filters.
///
/// # Cost
/// Cells x seeds x steps x images of a step x places x filters x pixels of a patch, twice; and for each run
/// images x places x filters x pixels, thrice. 16 bytes a pixel of the images used.
pub fn bridge(
    data: &DataSet,
    plan: &BridgePlan,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Bridge, BridgeError> {
    let used = |n: usize| n.min(plan.images);
    let sizes = [used(data.train.len()), used(data.test.len())];
    for (name, value) in [
        ("filters", plan.filters),
        ("batch", plan.batch),
        ("training images", sizes[0]),
        ("test images", sizes[1]),
    ] {
        if value == 0 {
            return Err(BridgeError::Zero { name });
        }
    }
    let weights = (plan.filters as u128).saturating_mul((plan.patch as u128).pow(2));
    if weights > MAX_PARAMETERS {
        return Err(BridgeError::TooLarge(weights));
    }
    let (mut sets, mut cells, mut places) = (Vec::new(), Vec::new(), 0);
    let all = Factors::all();
    for four in all.chunk_by(|a, b| (a.overlap, a.zero) == (b.overlap, b.zero)) {
        let Factors { overlap, zero, .. } = four[0];
        let set = SemiReal::new(data, plan.patch, plan.images, overlap, zero)?;
        let geometry = set.geometry();
        let jobs: Vec<(Factors, u64)> = four
            .iter()
            .flat_map(|&factors| plan.seeds.iter().map(move |&seed| (factors, seed)))
            .collect();
        let run = |&(factors, seed): &(Factors, u64)| train(&set, factors, plan, seed, progress);
        let mut paths: Vec<Result<Path, NotFinite>> = jobs.par_iter().map(run).collect();
        for &factors in four {
            let rest = paths.split_off(plan.seeds.len());
            cells.push(cell(factors, plan, &geometry, paths));
            paths = rest;
        }
        places = set.places();
        sets.push(geometry);
    }
    Ok(Bridge {
        plan: plan.clone(),
        images: sizes,
        places,
        kappa: plan.step / 2.0,
        sets,
        cells,
    })
}

/// What is seen in a cell, and what is said of it.
fn cell(
    factors: Factors,
    plan: &BridgePlan,
    geometry: &Geometry,
    paths: Vec<Result<Path, NotFinite>>,
) -> Cell {
    let finite: Vec<&Path> = paths.iter().flatten().collect();
    let not_finite: Vec<NotFinite> = paths
        .iter()
        .filter_map(|p| p.as_ref().err())
        .cloned()
        .collect();
    let runs: Vec<BridgeRun> = finite.iter().map(|path| path.run.clone()).collect();
    let law = Law::of(plan.step, geometry);
    let apart = hypotheses::keys_apart(geometry);
    let theorem = hypotheses::speaks(factors, apart);
    let comparisons = match theorem {
        Some("T2") => theory::t2(law, apart, &finite),
        Some("T12") => across::t12(law, &finite),
        Some(_) => theory::t6c(law, &finite),
        None => Vec::new(),
    };
    let accurate_from = match theorem {
        Some("T12") => finite
            .iter()
            .map(|path| across::accurate_from(law, &path.start))
            .collect::<Option<Vec<u64>>>()
            .and_then(|steps| steps.into_iter().max()),
        _ => None,
    };
    let (verdict, because) = verdict(theorem, &comparisons, &not_finite, plan.seeds.len());
    Cell {
        factors,
        theorem: theorem.map(str::to_owned),
        hypotheses: hypotheses::hypotheses(factors, geometry, &runs),
        silent: hypotheses::silent(factors, geometry),
        comparisons,
        verdict,
        because,
        accurate_from,
        seen: seen(&runs),
        runs,
        not_finite,
    }
}

fn verdict(
    theorem: Option<&str>,
    comparisons: &[Comparison],
    not_finite: &[NotFinite],
    runs: usize,
) -> (Verdict, String) {
    if !not_finite.is_empty() {
        let because = format!("{} of {runs} runs did not stay finite", not_finite.len());
        return (Verdict::NotFinite, because);
    }
    let Some(theorem) = theorem else {
        return (
            Verdict::NoTheorem,
            "no theorem here speaks of this cell".to_owned(),
        );
    };
    let outside: Vec<&str> = comparisons
        .iter()
        .filter(|c| c.verdict == Verdict::Outside)
        .map(|c| c.part.as_str())
        .collect();
    let tested = comparisons.iter().filter(|c| c.could_fail).count();
    match (outside.is_empty(), tested) {
        (false, _) => (Verdict::Outside, format!("outside: {}", outside.join(", "))),
        (true, 0) => (
            Verdict::NoTheorem,
            format!("{theorem} says nothing that these runs could contradict"),
        ),
        (true, _) => {
            let all = comparisons.len();
            let because =
                format!("{all} parts of {theorem} inside; {tested} of them could have failed");
            (Verdict::Inside, because)
        }
    }
}

fn seen(runs: &[BridgeRun]) -> Seen {
    let over = |value: fn(&BridgeRun) -> Option<f64>| Over::of(runs.iter().map(value));
    let share = |value: fn(&BridgeRun) -> Option<f64>| Over::of_shares(runs.iter().map(value));
    Seen {
        growth: over(|run| run.growth),
        dominance: over(|run| run.dominance),
        revived: share(|run| (run.losers > 0).then(|| run.revived as f64 / run.losers as f64)),
        across: over(|run| run.across),
        background_move: over(|run| run.background_move),
        updates: over(|run| Some(run.open.iter().sum())),
        accuracy: share(|run| Some(run.accuracy)),
        accuracy_training: share(|run| Some(run.accuracy_training)),
    }
}
