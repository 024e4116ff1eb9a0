//! Conjectures of a problem file in certificates: what was found of one becomes a claim in the words of the file.
//! Nothing here is trusted.

use super::bind::{label_of, problem_of};
use super::digits::is_short;
use super::emit::{Emitted, MAX_SAMPLES, places};
use super::format::{Claim, Conjecture, ConjectureFails, Natural, Number, Over, Said};
use super::origin::Origin;
use crate::number::Q;
use crate::problem::{Label, Problem};

/// What was found of a conjecture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found<'a> {
    /// It is true of the expected dynamics at every step.
    Expected,
    /// It is true at every step of every path.
    EveryPath,
    /// It is true at every step up to this one with this probability.
    Probability {
        /// The last step.
        t: u64,
        /// The probability.
        is: Q,
        /// What was conjectured of it.
        at_least: Q,
        /// Above that, or at least that?
        strict: bool,
    },
    /// It is false at this step of the expected dynamics.
    Fails(u64),
    /// It is false at the end of this path: the samples, one after another, a batch a step.
    FailsOnPath(&'a [(Label, Vec<u32>)]),
}

impl Emitted {
    /// Adds the claim of a conjecture: its name, what it claims, and when.
    ///
    /// # Errors
    /// Why there is none, in words.
    ///
    /// # Cost
    /// Of a path a table of the images.
    pub fn add_conjecture(
        &mut self,
        problem: &Problem,
        [name, claim]: [&str; 2],
        when: Option<&str>,
        found: &Found<'_>,
    ) -> Result<(), String> {
        if !problem.dictionary().has_keys() {
            return Err(
                "certificates have no names of patterns, but of keys and backgrounds".to_owned(),
            );
        }
        let steps = Natural(problem.training().steps);
        let says = Said {
            claim: claim.to_owned(),
            when: when.map(str::to_owned),
            steps,
        };
        let true_of = |says, over| {
            Claim::Conjecture(Conjecture {
                says,
                over,
                t: steps,
            })
        };
        let claim = match found {
            Found::Expected => true_of(says, Over::Expected),
            Found::EveryPath => true_of(says, Over::EveryPath),
            Found::Probability {
                t,
                is,
                at_least,
                strict,
            } => {
                if ![is, at_least].into_iter().all(is_short) {
                    return Err("its probability has too many digits".to_owned());
                }
                let [is, at_least] = [is, at_least].map(|q| Number::from(q.clone()));
                let strict = *strict;
                Claim::Conjecture(Conjecture {
                    says,
                    over: Over::Probability {
                        is,
                        at_least,
                        strict,
                    },
                    t: Natural(*t),
                })
            }
            Found::Fails(t) => Claim::ConjectureFails(ConjectureFails {
                says,
                t: Natural(*t),
                samples: None,
            }),
            Found::FailsOnPath(samples) => {
                if samples.len() as u64 > MAX_SAMPLES {
                    let count = samples.len();
                    return Err(format!(
                        "its path has {count} samples, more than {MAX_SAMPLES}, the limit"
                    ));
                }
                let explicit = problem_of(problem).map_err(|error| error.to_string())?;
                let places = places(&explicit)?;
                let place = |(label, counts): &(Label, Vec<u32>)| {
                    let counts = counts.iter().map(|&c| u64::from(c)).collect();
                    places
                        .get(&(label_of(*label), counts))
                        .copied()
                        .map(Natural)
                };
                let placed: Option<Vec<Natural>> = samples.iter().map(place).collect();
                let placed = placed.ok_or("a sample of its path is no image")?;
                let batches = placed.chunks(problem.training().batch.max(1) as usize);
                let samples: Vec<Vec<Natural>> = batches.map(<[_]>::to_vec).collect();
                Claim::ConjectureFails(ConjectureFails {
                    says,
                    t: Natural(samples.len() as u64),
                    samples: Some(samples),
                })
            }
        };
        self.certificate.claims.push(claim);
        self.origins.push(Origin::of_conjecture(name));
        Ok(())
    }
}
