//! Hitting times: the first step with accuracy 1, without a linear system.

use super::absorbed::{Absorption, AbsorptionStop};
use super::levels::by_levels;
use super::{Chain, Horizon, LawLimits, Stop};
use crate::number::Q;
use crate::problem::{Activation, Label, Loss, Pooling, Problem, Train};
use num_traits::{One, Signed, Zero};

/// The first condition of [`absorption`] that a problem fails.
fn failed_condition(problem: &Problem) -> Option<String> {
    let training = problem.training();
    let network = problem.network();
    if !matches!(training.loss, Loss::Hinge | Loss::Perceptron) {
        return Some(format!("the loss is {}", training.loss.name()));
    }
    if training.train != Train::Filters {
        return Some("the head is trained".to_owned());
    }
    if network.activation != Activation::Relu {
        return Some(format!("the activation is {}", network.activation.name()));
    }
    if network.pooling != Pooling::Sum {
        return Some(format!("the pooling is {}", network.pooling.name()));
    }
    if !network.head.iter().all(|a| a.abs().is_one()) {
        return Some("the head is not made of signs (A5f)".to_owned());
    }
    if !problem.dictionary().is_orthonormal() {
        return Some("the dictionary is not orthonormal (A1)".to_owned());
    }
    if problem.distribution().key_count().is_none() {
        return Some("the images have no unique key pattern (A2)".to_owned());
    }
    Label::BOTH
        .into_iter()
        .find(|&y| problem.winners(y).is_empty())
        .map(|y| format!("label {} has no winner (A6')", y.symbol()))
}

/// Expected first step with accuracy 1, probability of ever reaching it, and the longest path, for
/// hinge and perceptron with relu, sum pooling, a fixed head of signs, an orthonormal dictionary
/// (A1), a unique key (A2) and winners of both labels (A6').
///
/// *Why it is finite and acyclic.* A sample of label y with an open gate adds `eta r / B` to the key
/// coordinate of every winner of y, which no sample ever lowers, so no state comes back once it was
/// left; and the number of open gates on a path is bounded (the mistake bound). The chain is a
/// directed acyclic graph with self-loops, graded by the number of open samples so far. A state that
/// is not perfect has a margin of at most 0, so an open gate, and is left with probability 1.
///
/// With O the probability of an open gate at s, a visit to s lasts `1/O` steps on average, so the
/// expectation is the sum of `P(s is visited before any perfect state) / O(s)` over the states that
/// are not perfect.
///
/// # Errors
/// [`AbsorptionStop::NotApplicable`] names the condition that fails, [`AbsorptionStop::Limit`] the limit.
///
/// # Cost
/// With batches of one sample and numbers that fit machine integers: one look-up, and one
/// multiplication a word of the level's common denominator, for each state and open atom; two
/// levels of states in memory. Otherwise the whole chain, in rational arithmetic.
pub fn absorption(problem: &Problem, limits: &LawLimits) -> Result<Absorption, AbsorptionStop> {
    if let Some(condition) = failed_condition(problem) {
        return Err(AbsorptionStop::NotApplicable(condition));
    }
    if problem.training().batch == 1 {
        let start = |limit| Stop { limit, t: 0 };
        let n_atoms = problem.distribution().n_atoms();
        if n_atoms > limits.max_transitions.into() {
            return Err(start(format!(
                "{n_atoms} atoms, and more than {} transitions",
                limits.max_transitions
            ))
            .into());
        }
        let table = problem
            .distribution()
            .atoms()
            .map_err(|e| start(e.to_string()))?;
        if let Some(result) = by_levels(problem, &table, limits) {
            return result;
        }
    }
    through_chain(problem, limits)
}

/// Through the transitions of the whole chain, in topological order, in rational arithmetic.
fn through_chain(problem: &Problem, limits: &LawLimits) -> Result<Absorption, AbsorptionStop> {
    let chain = Chain::build(problem, Horizon::Absorption, false, limits)?;
    if let Some(stop) = chain.stopped() {
        return Err(stop.clone().into());
    }
    let n = chain.n_states();
    let Some(order) = chain.in_order() else {
        return Err(AbsorptionStop::NotApplicable(
            "a state can come back".to_owned(),
        ));
    };
    // Probability of a visit before any perfect state.
    let mut reach = vec![Q::zero(); n];
    reach[0] = Q::one();
    let mut expected = Q::zero();
    let mut ever = Q::zero();
    for &s in &order {
        let here = std::mem::take(&mut reach[s]);
        let is_perfect = chain.is_perfect(s);
        let moves = chain.transitions(s);
        let leaves = moves
            .iter()
            .filter(|(t, _)| *t != s)
            .fold(Q::zero(), |sum, (_, p)| sum + p);
        let passes = !here.is_zero() && !is_perfect && !leaves.is_zero();
        if is_perfect {
            ever += &here;
        } else if passes {
            expected += &here / &leaves;
        }
        for (t, p) in moves.iter().filter(|(t, _)| passes && *t != s) {
            reach[*t] += &here * p / &leaves;
        }
    }
    Ok(Absorption {
        states: n as u64,
        longest_path: chain.longest_in(&order),
        expected_steps_to_perfect: expected,
        p_ever_perfect: ever,
    })
}
