//! `state`: at step t of the expected dynamics the weights are `Z` and the head is `a`, number by number.
//!
//! Recomputed by [`crate::certificate::verify::course`]; no theorem is needed.

use super::*;

pub fn check(
    model: &Model,
    state: &State,
    weights: &[Vec<Number>],
    head: &[Number],
) -> Checked<Confirmed> {
    let (n, patterns) = (state.head.len(), model.gram.len());
    let fits = shaped(weights, n, patterns) && head.len() == n;
    need(fits, Rule::Shape)?;
    let same = |of: Quantity, claimed: &Number, found: &Q| agree(of, &claimed.0, found);
    for (filter, (row, found)) in weights.iter().zip(&state.weights).enumerate() {
        for (pattern, (claimed, found)) in row.iter().zip(found).enumerate() {
            same(Quantity::Weight(filter, pattern), claimed, found)?;
        }
        same(Quantity::Head(filter), &head[filter], &state.head[filter])?;
    }
    let said = format!("{n} filters, {patterns} patterns");
    Ok(Confirmed {
        claimed: said.clone(),
        recomputed: said,
    })
}
