//! Hitting times: the first step with accuracy 1, without a linear system.

mod saved;

pub(super) use saved::{restore_absorption, save_absorption};

use super::absorbed::{Absorption, AbsorptionStop};
use super::levels::Levels;
use super::{Chain, Explored, Horizon, LawLimits, Stop};
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
    absorption_from(problem, limits, None, &mut |_| {})
}

/// How far the way to hitting times went.
pub(super) enum Begun<'p> {
    /// Level by level.
    Levels(Box<Levels<'p>>),
    /// The whole chain is being explored.
    Chain(Box<Chain<'p>>),
    /// Its states are gone through.
    Passage(Box<Chain<'p>>, Passage),
}

/// What can be written of it on the way.
pub(super) enum Point<'a> {
    /// As [`Begun::Levels`].
    Levels(&'a Levels<'a>),
    /// As [`Begun::Chain`].
    Chain(&'a Explored<'a>),
    /// As [`Begun::Passage`].
    Passage(&'a Chain<'a>, &'a Passage),
}

/// As [`absorption`], from where it was begun; `point` is told where something can be written.
///
/// # Errors
/// As [`absorption`].
pub(super) fn absorption_from<'p>(
    problem: &'p Problem,
    limits: &'p LawLimits,
    begun: Option<Begun<'p>>,
    point: &mut dyn FnMut(&Point<'_>),
) -> Result<Absorption, AbsorptionStop> {
    if let Some(condition) = failed_condition(problem) {
        return Err(AbsorptionStop::NotApplicable(condition));
    }
    let levels = match begun {
        Some(Begun::Chain(chain)) => return through_chain(problem, limits, Some(*chain), point),
        Some(Begun::Passage(chain, passage)) => return passage.finish(&chain, point),
        Some(Begun::Levels(levels)) => Some(*levels),
        None if problem.training().batch == 1 => {
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
            Levels::new(problem, &table, limits)
        }
        None => None,
    };
    if let Some(levels) = levels
        && let Ok(result) = levels.run(&mut |levels| point(&Point::Levels(levels)))
    {
        return result;
    }
    through_chain(problem, limits, None, point)
}

/// Through the transitions of the whole chain, in topological order, in rational arithmetic.
fn through_chain<'p>(
    problem: &'p Problem,
    limits: &LawLimits,
    begun: Option<Chain<'p>>,
    point: &mut dyn FnMut(&Point<'_>),
) -> Result<Absorption, AbsorptionStop> {
    let mut finished = |explored: &Explored<'_>| point(&Point::Chain(explored));
    let horizon = Horizon::Absorption;
    let chain = Chain::explore(begun, problem, (horizon, false, limits), &mut finished)?;
    if let Some(stop) = chain.stopped() {
        return Err(stop.clone().into());
    }
    Passage::start(chain.n_states()).finish(&chain, point)
}

/// The probabilities that states are visited, as far as they follow from the states gone through.
pub(super) struct Passage {
    /// How many states were gone through.
    done: usize,
    /// Probability of a visit before any perfect state.
    reach: Vec<Q>,
    expected: Q,
    ever: Q,
}

impl Passage {
    fn start(states: usize) -> Self {
        let mut reach = vec![Q::zero(); states];
        reach[0] = Q::one();
        Passage {
            done: 0,
            reach,
            expected: Q::zero(),
            ever: Q::zero(),
        }
    }

    fn finish(
        mut self,
        chain: &Chain<'_>,
        point: &mut dyn FnMut(&Point<'_>),
    ) -> Result<Absorption, AbsorptionStop> {
        let Some(order) = chain.in_order() else {
            return Err(AbsorptionStop::NotApplicable(
                "a state can come back".to_owned(),
            ));
        };
        for &s in &order[self.done..] {
            point(&Point::Passage(chain, &self));
            self.pass(chain, s);
            self.done += 1;
        }
        Ok(Absorption {
            states: chain.n_states() as u64,
            longest_path: chain.longest_in(&order),
            expected_steps_to_perfect: self.expected,
            p_ever_perfect: self.ever,
        })
    }

    /// Goes through one state.
    fn pass(&mut self, chain: &Chain<'_>, s: usize) {
        let here = std::mem::take(&mut self.reach[s]);
        let is_perfect = chain.is_perfect(s);
        let moves = chain.transitions(s);
        let leaves = moves
            .iter()
            .filter(|(t, _)| *t != s)
            .fold(Q::zero(), |sum, (_, p)| sum + p);
        let passes = !here.is_zero() && !is_perfect && !leaves.is_zero();
        if is_perfect {
            self.ever += &here;
        } else if passes {
            self.expected += &here / &leaves;
        }
        for (t, p) in moves.iter().filter(|(t, _)| passes && *t != s) {
            self.reach[*t] += &here * p / &leaves;
        }
    }
}
