//! T6 (c): the chain of hinge SGD as a whole. Where all its states fit, the inequalities are compared
//! in each of them, which speaks of every path; and the bounds are compared with its longest path.
//!
//! Every update raises the keys of the winners of its label by `eta r` (T3), and nothing lowers them:
//! so a state is never entered twice, the states form a graph without cycles but for the steps that
//! do not move, and a state tells how many updates of either label lead to it.

use super::super::context::Context;
use super::super::figures::Figures;
use super::super::verdict::{Comparison, Figure, Layer};
use super::path::Claim;
use super::probability::Refutation;
use crate::dynamics::law::Chain;
use crate::dynamics::state::State;
use crate::number::{Q, integer};
use crate::problem::{Label, Problem};
use crate::theory::violation::Relation;
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};
use serde_json::json;

/// Weights that may be looked at, over all states.
const MAX_CELLS: usize = 600_000;

/// The figures that speak of the whole chain.
const FIGURES: [&str; 3] = [
    "longest_path",
    "p_ever_perfect",
    "expected_steps_to_perfect",
];

/// What was found in the chain of the states that `steps` steps can reach.
pub(super) struct Whole {
    /// How many states, if these are all.
    pub states: Option<usize>,
    pub refutation: Option<Refutation>,
}

/// Compares the inequalities in every state that can be reached within the steps of the problem.
pub(super) fn every_state(context: &Context<'_>, claim: &Claim, r: &Q) -> Whole {
    let mut whole = Whole {
        states: None,
        refutation: None,
    };
    let problem = context.problem;
    let Ok(chain) = context.chain() else {
        return whole;
    };
    let cells = problem.n_filters() * problem.n_patterns();
    if chain.stopped().is_some() || chain.n_states() > MAX_CELLS / cells.max(1) {
        return whole;
    }
    whole.refutation = (0..chain.n_states()).find_map(|s| in_state(problem, chain, claim, r, s));
    whole.states = Some(chain.n_states());
    whole
}

fn in_state(
    problem: &Problem,
    chain: &Chain<'_>,
    claim: &Claim,
    r: &Q,
    s: usize,
) -> Option<Refutation> {
    let state = chain.state(s)?;
    let refuted = |text: String, claimed: &Q, found: &Q| {
        let weights: Vec<Vec<String>> = state
            .weights
            .iter_rows()
            .map(|row| row.iter().map(ToString::to_string).collect())
            .collect();
        let witness = json!({
            "state": weights,
            "claim": text,
            "claimed": claimed.to_string(),
            "found": found.to_string(),
        });
        (
            format!("State {s} that SGD can reach: {text}; claimed {claimed}, found {found}."),
            witness,
            Layer::Exact,
        )
    };
    if chain.is_settled(s) && !chain.is_perfect(s) {
        let text = "where every gate is closed, accuracy is 1".to_owned();
        return Some(refuted(text, &Q::one(), &chain.accuracy(s)));
    }
    let mu = updates(problem, &state, r)?;
    let (mut norm, mut active, mut product) = (Q::zero(), Q::zero(), Q::zero());
    let start = &problem.network().weights;
    for (j, row) in state.weights.iter_rows().enumerate() {
        for (p, z) in row.iter().enumerate() {
            let square = z * z;
            if z.is_positive() {
                active += &square;
            }
            norm += square;
            if claim.key[j] == Some(p) {
                product += z - &start[(j, p)];
            }
        }
    }
    let violation = claim.compare(&mu, norm, active, product).err()?;
    Some(refuted(
        violation.claim.to_owned(),
        &violation.claimed,
        &violation.found,
    ))
}

/// How many updates of either label lead to a state: by how far a winner's key has come.
fn updates(problem: &Problem, state: &State<Q>, r: &Q) -> Option<[Q; 2]> {
    let rate = &problem.training().step * r;
    let of = |label: Label| {
        let key = (*problem.winners(label).first()?, label.index());
        Some((&state.weights[key] - &problem.network().weights[key]) / &rate)
    };
    Some([of(Label::Plus)?, of(Label::Minus)?])
}

/// The longest path of the whole chain against each bound, and the certainty of its end.
pub(super) fn longest_path(
    context: &Context<'_>,
    bounds: &[(&'static str, BigInt)],
    seen: u64,
    figures: &mut Figures,
    comparisons: &mut Vec<Comparison>,
) -> Option<Refutation> {
    // Where the states of the first steps are too many, so are all states.
    let stopped = match context.chain() {
        Ok(chain) => chain.stopped(),
        Err(stop) => Some(stop),
    };
    let absorption = match stopped {
        Some(stop) => Err(stop.to_string()),
        None => context.absorption().map_err(ToString::to_string),
    };
    let absorption = match absorption {
        Ok(absorption) => absorption,
        Err(limit) => {
            figures.extend(FIGURES.map(|name| (name, Figure::Missing(limit.clone().into()))));
            return None;
        }
    };
    let longest = integer(absorption.longest_path);
    figures.extend([
        ("longest_path", Figure::Exact(longest.clone())),
        (
            "p_ever_perfect",
            Figure::Exact(absorption.p_ever_perfect.clone()),
        ),
        (
            "expected_steps_to_perfect",
            Figure::Exact(absorption.expected_steps_to_perfect.clone()),
        ),
    ]);
    let mut refutation = None;
    let mut refute = |what: &str, claimed: &Q, found: &Q| {
        let witness = json!({
            "claim": what,
            "states": absorption.states,
            "claimed": claimed.to_string(),
            "found": found.to_string(),
        });
        let text = format!("The whole chain: {what}; claimed {claimed}, found {found}.");
        refutation.get_or_insert((text, witness, Layer::Exact));
    };
    for (name, bound) in bounds {
        let bound = integer(bound.clone());
        if longest > bound {
            refute("the most updates that a path can make", &bound, &longest);
        }
        comparisons.push(Comparison {
            quantity: format!("most updates of any path ({name})").into(),
            relation: Relation::AtMost,
            margin: Some(Figure::Exact(&bound - &longest)),
            theory: Some(Figure::Exact(bound)),
            exact: Some(Figure::Exact(longest.clone())),
            simulated: None,
            layer: Layer::Exact,
        });
    }
    if seen > absorption.longest_path {
        refute("the updates of a followed path", &longest, &integer(seen));
    }
    if !absorption.p_ever_perfect.is_one() {
        refute(
            "the probability of ever reaching accuracy 1",
            &Q::one(),
            &absorption.p_ever_perfect,
        );
    }
    comparisons.push(Comparison {
        quantity: "P(accuracy is 1 at some step)".to_owned().into(),
        relation: Relation::Equal,
        theory: Some(Figure::Exact(Q::one())),
        exact: Some(Figure::Exact(absorption.p_ever_perfect.clone())),
        simulated: None,
        margin: Some(Figure::Exact(&absorption.p_ever_perfect - Q::one())),
        layer: Layer::Exact,
    });
    refutation
}
