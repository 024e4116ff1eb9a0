//! `norm-dominance`: at step t of the expected dynamics there is a winner, and `|w_j| >= R |w_i|` for every
//! winner j and loser i, winners being told by step 0.
//!
//! With R >= 0 this is `|w_j|^2 >= R^2 |w_i|^2`, and squared norms are recomputed; no theorem is needed.
//! Without losers it holds for every R.

use super::*;

pub fn check(model: &Model, state: &State, ratio: &Q) -> Checked<Confirmed> {
    need(!ratio.is_negative(), Rule::Ratio)?;
    let [least, largest] = extremes(model, state)?;
    agree(Quantity::WinnerNorm, &(squared(ratio) * &largest), &least)?;
    Ok(Confirmed {
        claimed: format!("least winner norm >= {ratio} times the largest loser norm"),
        recomputed: format!("squared norms {least} and {largest}"),
    })
}

/// Is every winner's norm at least this many times every loser's?
pub fn is_attained(model: &Model, state: &State, ratio: &Q) -> Checked<bool> {
    let [least, largest] = extremes(model, state)?;
    Ok(least >= squared(ratio) * largest)
}

/// The least squared norm of a winner, and the largest of a loser.
fn extremes(model: &Model, state: &State) -> Checked<[Q; 2]> {
    let norms = model.norms_squared(&state.weights)?;
    let winners = model.winners().concat();
    need(!winners.is_empty(), Rule::Winner)?;
    let of = |filters: Vec<usize>| filters.into_iter().map(|j| &norms[j]);
    let least = of(winners).min().cloned().unwrap_or_default();
    let largest = of(model.losers()).max().cloned().unwrap_or_default();
    Ok([least, largest])
}
