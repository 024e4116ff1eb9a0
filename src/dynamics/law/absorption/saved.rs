//! The way to hitting times as bytes.

use super::super::levels::Levels;
use super::super::saved::{In, Out, SavedError, ensure};
use super::super::{Absorption, AbsorptionStop, Chain, LawLimits};
use super::{Begun, Passage, Point};
use crate::number::Q;
use crate::problem::Problem;
use num_traits::Zero;

/// What is written first of each way.
const LEVELS: u8 = 0;
const CHAIN: u8 = 1;
const PASSAGE: u8 = 2;

impl Point<'_> {
    /// Writes how far it went.
    pub(in super::super) fn save(&self, out: &mut Out<'_>) {
        match self {
            Point::Levels(levels) => {
                out.byte(LEVELS);
                levels.save(out);
            }
            Point::Chain(explored) => {
                out.byte(CHAIN);
                explored.save(out);
            }
            Point::Passage(chain, passage) => {
                out.byte(PASSAGE);
                chain.explored().save(out);
                passage.save(out);
            }
        }
    }
}

impl<'p> Begun<'p> {
    /// Reads how far it went.
    ///
    /// # Errors
    /// If it is not the way of this problem.
    pub(in super::super) fn restore(
        problem: &'p Problem,
        limits: &'p LawLimits,
        input: &mut In<'_>,
    ) -> Result<Self, SavedError> {
        let way = input.byte()?;
        if way == LEVELS {
            let table = problem.distribution().atoms();
            let table = table.map_err(|_| SavedError::new("the problem has too many atoms"))?;
            let levels = Levels::restore(problem, &table, limits, input)?;
            return Ok(Begun::Levels(Box::new(levels)));
        }
        ensure(way <= PASSAGE, "hitting times on an unknown way")?;
        let chain = Box::new(Chain::restore(problem, false, limits, input)?);
        if way == CHAIN {
            return Ok(Begun::Chain(chain));
        }
        let is_whole = chain.is_whole();
        ensure(is_whole, "hitting times of a chain that is not whole")?;
        let passage = Passage::restore(chain.n_states(), input)?;
        Ok(Begun::Passage(chain, passage))
    }
}

impl Passage {
    fn save(&self, out: &mut Out<'_>) {
        out.count(self.done);
        out.rational(&self.expected);
        out.rational(&self.ever);
        let reached = || (0u32..).zip(&self.reach).filter(|(_, q)| !q.is_zero());
        let states: Vec<u32> = reached().map(|(state, _)| state).collect();
        out.ids(states.iter().copied());
        reached().for_each(|(_, q)| out.rational(q));
    }

    fn restore(states: usize, input: &mut In<'_>) -> Result<Self, SavedError> {
        let reason = "the probabilities of visits do not fit the chain";
        let done = input.up_to(states as u64, reason)? as usize;
        let (expected, ever) = (input.reduced()?, input.reduced()?);
        let mut reach = vec![Q::zero(); states];
        for state in input.ids(states, reason)? {
            reach[state as usize] = input.reduced()?;
        }
        Ok(Passage {
            done,
            reach,
            expected,
            ever,
        })
    }
}

/// Writes what is known of hitting times.
pub(in super::super) fn save_absorption(
    result: &Result<Absorption, AbsorptionStop>,
    out: &mut Out<'_>,
) {
    match result {
        Ok(absorption) => {
            out.byte(0);
            out.number(absorption.states);
            out.number(absorption.longest_path);
            out.rational(&absorption.expected_steps_to_perfect);
            out.rational(&absorption.p_ever_perfect);
        }
        Err(AbsorptionStop::NotApplicable(condition)) => {
            out.byte(1);
            out.text(condition);
        }
        Err(AbsorptionStop::Limit(stop)) => {
            out.byte(2);
            out.stop(stop);
        }
    }
}

/// Reads what is known of hitting times.
///
/// # Errors
/// If it is nothing of that.
pub(in super::super) fn restore_absorption(
    input: &mut In<'_>,
) -> Result<Result<Absorption, AbsorptionStop>, SavedError> {
    Ok(match input.byte()? {
        0 => Ok(Absorption {
            states: input.number()?,
            longest_path: input.number()?,
            expected_steps_to_perfect: input.rational()?,
            p_ever_perfect: input.rational()?,
        }),
        1 => Err(AbsorptionStop::NotApplicable(input.text()?)),
        2 => Err(AbsorptionStop::Limit(input.stop()?)),
        _ => return Err(SavedError::new("hitting times of an unknown kind")),
    })
}
