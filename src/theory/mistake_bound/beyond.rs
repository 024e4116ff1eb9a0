//! What is said of a problem that T6 does not speak of: T6s, or the bound for a coherent dictionary.

use super::super::evidence::{along_paths, in_numbers};
use super::super::prelude::*;
use super::classic::largest_root;
use super::potentials::Inequalities;
use super::sharp::Sharp;
use super::{STATEMENT, observed_updates};
use crate::problem::Atom;
use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive, Zero};

/// T6s, or the bound for a coherent dictionary, where T6 does not speak.
pub(super) fn beyond(context: &Context<'_>, outcome: &mut Outcome) {
    let problem = context.problem;
    let sharp = match Sharp::new(problem) {
        Ok(sharp) => sharp,
        Err(reason) => return without_sharp(context, reason, outcome),
    };
    let batch = integer(problem.training().batch);
    let (largest, unit, what) = match problem.training().loss {
        Loss::SquaredHinge => {
            let mass = sharp.largest_mass().map(|m| m + 1);
            (mass, integer(1), "the sum of the gates")
        }
        _ => {
            let total = sharp.largest_total(&batch.recip());
            (total, batch, "the number of samples with an open gate")
        }
    };
    let claim = Inequalities::new(problem, None, Some(&sharp));
    let watch = &claim;
    let found = along_paths(context, in_numbers(&watch));
    let masses = found.ends.iter().map(|end| {
        let [plus, minus] = end.end().mu;
        plus + minus
    });
    let seen = masses.max().unwrap_or_else(Q::zero) * unit;
    let paths = found.describe();
    outcome.beyond = Some(
        match (&found.violation, &largest) {
            (Some(violation), _) => remark!(
                "T6s fails: {}; claimed {}, found {}.",
                violation.claim,
                &violation.claimed,
                &violation.found
            ),
            (None, Some(bound)) => remark!(
                "T6s bounds {} by {}; {} were seen, and its inequality holds after every update of {}.",
                what,
                bound,
                seen,
                paths
            ),
            (None, None) => remark!(
                "A label has no winner, so T6s gives no bound; its inequality holds after every update of {}.",
                paths
            ),
        }
        .into(),
    );
    if let Some(bound) = largest {
        outcome.figures.count("max_updates_sharp", bound);
    }
    let seen = observed_updates(context, found.largest_updates);
    outcome.figures.push(("largest_updates_seen", seen));
}

/// The bound for a coherent dictionary, if there is one.
fn without_sharp(context: &Context<'_>, reason: &'static str, outcome: &mut Outcome) {
    let Some(bound) = coherent_bound(context.problem) else {
        let text = remark!("The sharper inequality does not apply either: {}.", reason);
        outcome.beyond = Some(text.into());
        return;
    };
    let claim = Inequalities::new(context.problem, None, None);
    let watch = &claim;
    let found = along_paths(context, in_numbers(&watch));
    let text = remark!(
        "Keys are orthogonal to the background and to each other or opposed: at most {} updates can happen; at most {} were seen on {}.",
        &bound,
        found.largest_updates,
        found.describe()
    );
    outcome.beyond = Some(text.into());
}

/// Atoms up to which the largest `sum_pq N_p N_q max(G_pq, 0)` is found by looking at all of them.
const MAX_COHERENT_ATOMS: u64 = 20_000;

/// T6 for a coherent dictionary whose keys are orthogonal to the background, with `<v+, v-> <= 0`:
/// winners' keys grow by at least `eta r |a_j| |v_y|^2` an update of their label, and `n m^2`
/// becomes `rho^2 sum a_j^2`.
fn coherent_bound(problem: &Problem) -> Option<BigInt> {
    let gram = problem.dictionary().gram()?;
    let n_patterns = problem.n_patterns();
    let network = problem.network();
    let fits = STATEMENT.model.failures(problem).is_empty()
        && problem.training().train == Train::Filters
        && !gram[(0, 1)].is_positive()
        && (2..n_patterns).all(|k| gram[(0, k)].is_zero() && gram[(1, k)].is_zero());
    let r = problem.distribution().least_key_count()?;
    if !fits || problem.distribution().n_atoms().to_u64()? > MAX_COHERENT_ATOMS {
        return None;
    }
    let [plus, minus] = Label::BOTH.map(|y| {
        let winners = problem.winners(y);
        let heads: Q = winners.iter().map(|&j| network.head[j].abs()).sum();
        let square = &gram[(y.index(), y.index())];
        (heads * square, integer(winners.len() as u64) * square)
    });
    let growth = plus.0.min(minus.0) * &problem.training().step * integer(r);
    if !growth.is_positive() {
        return None;
    }
    let target = plus.1 + minus.1;
    let table = problem.distribution().atoms().ok()?;
    let present = |atom: &Atom| -> Vec<(usize, u64)> {
        let counts = atom.counts.iter().enumerate();
        let counts = counts.map(|(p, &n)| (p, n.into()));
        counts.filter(|(_, n)| *n > 0).collect()
    };
    let square = |atom: &Atom| -> Q {
        let present = present(atom);
        let pairs = present
            .iter()
            .flat_map(|a| present.iter().map(move |b| (a, b)));
        let pairs = pairs.filter(|((p, _), (q, _))| gram[(*p, *q)].is_positive());
        pairs
            .map(|((p, n), (q, m))| &gram[(*p, *q)] * integer(n * m))
            .sum()
    };
    let rho = table.atoms().iter().map(square).max()?;
    let norm = |row| problem.dictionary().norm_squared(row);
    let start: Q = network.weights.iter_rows().map(norm).sum();
    let heads: Q = network.head.iter().map(|a| a * a).sum();
    let eta = &problem.training().step;
    let gain = eta * integer(2) + eta * eta * rho * heads;
    Some(largest_root(
        &(&growth * &growth),
        &(&target * gain),
        &(target * start),
    ))
}
