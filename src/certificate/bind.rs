//! Ties a certificate to the user's problem: that it is about this problem, and not about an easier one.
//! `verify --problem` trusts this file and the reader of problems; images are compared as the checker lists
//! them.

use super::format::{
    Atom, Certificate, Claim, Draws, Label, Loss, Natural, Number, Over, Pooling, Problem, Train,
};
use super::verify::{VerifyError, images};
use crate::number::Q;
use crate::problem;
use num_rational::BigRational;
use num_traits::{Signed, Zero};
use std::collections::HashMap;
use thiserror::Error;

/// Most atoms that are listed one by one; more are written as families.
const MAX_LISTED: u32 = 5_000;

/// Why a certificate is not tied to a problem.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Unbound {
    /// No certificate is about networks with this activation.
    #[error("certificates cover relu, leaky-relu and the identity, not {0}")]
    Network(&'static str),
    /// The certificate's problem differs in this part.
    #[error("another {0}")]
    Another(&'static str),
    /// The atoms cannot be written out.
    #[error(transparent)]
    Atoms(#[from] problem::TooManyAtoms),
    /// The images are too many to be compared; nothing is said.
    #[error("too many images to compare")]
    TooMany,
    /// A claim, by its position from 0, is about a conjecture that the problem file does not have.
    #[error("certificate.claims[{0}] is about a conjecture that the problem file does not have")]
    Conjecture(usize),
}

/// A conjecture of the user's problem file, in its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// What is claimed.
    pub claim: String,
    /// When it is.
    pub when: Option<String>,
    /// Of what it is claimed.
    pub over: AskedOver,
}

/// Of what a conjecture of a problem file speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AskedOver {
    /// The expected dynamics.
    Expected,
    /// Every path of SGD.
    EveryPath,
    /// The probability of paths on which it is true at every step.
    Probability {
        /// It is at least this.
        at_least: Q,
        /// Or above it.
        strict: bool,
    },
}

/// Is what the certificate claims of conjectures about those of the problem file? All of one, and in the same words: a
/// claim up to an earlier step is about another conjecture, unless it refutes it.
///
/// # Errors
/// [`Unbound::Conjecture`]; [`Unbound::Another`] where words mean something else here: patterns have other names, or
/// images another order.
///
/// # Cost
/// Every claim is compared with every conjecture.
pub fn bind_conjectures(
    problem: &problem::Problem,
    asked: &[Asked],
    certificate: &Certificate,
) -> Result<(), Unbound> {
    let last = problem.training().steps;
    let is_about = |claim: &Claim, asked: &Asked| {
        let says = match claim {
            Claim::Conjecture(claim) => &claim.says,
            Claim::ConjectureFails(claim) => &claim.says,
            _ => return true,
        };
        let same = says.claim == asked.claim && says.when == asked.when && says.steps.0 == last;
        same && match (claim, &asked.over) {
            (Claim::Conjecture(claim), over) => match (&claim.over, over) {
                (Over::Expected, AskedOver::Expected) | (Over::EveryPath, AskedOver::EveryPath) => {
                    claim.t.0 == last
                }
                (
                    Over::Probability {
                        is,
                        at_least,
                        strict,
                    },
                    AskedOver::Probability {
                        at_least: least,
                        strict: above,
                    },
                ) => {
                    let (is, at_least) = (Q::from(is), Q::from(at_least));
                    let refutes = is < *least || *strict && is == *least;
                    at_least == *least && strict == above && (refutes || claim.t.0 == last)
                }
                _ => false,
            },
            (Claim::ConjectureFails(claim), over) => match over {
                AskedOver::Expected => claim.samples.is_none(),
                AskedOver::EveryPath => claim.samples.is_some(),
                AskedOver::Probability { .. } => false,
            },
            _ => true,
        }
    };
    let mut found = false;
    for (place, claim) in certificate.claims.iter().enumerate() {
        if let Claim::Conjecture(_) | Claim::ConjectureFails(_) = claim {
            found = true;
            if !asked.iter().any(|asked| is_about(claim, asked)) {
                return Err(Unbound::Conjecture(place));
            }
        }
    }
    if !found {
        return Ok(());
    }
    // The language names keys and backgrounds as a dictionary with keys does, and numbers images.
    let same = |part, holds: bool| holds.then_some(()).ok_or(Unbound::Another(part));
    same(
        "set of names of the patterns",
        problem.dictionary().has_keys(),
    )?;
    same(
        "order of the images",
        problem_of(problem)?.atoms == certificate.problem.atoms,
    )
}

/// Is the certificate about this problem? How atoms are listed, in which order and in which families, makes
/// no difference.
///
/// # Errors
/// [`Unbound`].
///
/// # Cost
/// A table of the images of both.
pub fn bind(problem: &problem::Problem, certificate: &Certificate) -> Result<(), Unbound> {
    same_problem(&problem_of(problem)?, &certificate.problem)
}

/// The problem as certificates write it.
///
/// # Errors
/// [`Unbound`] where certificates do not cover it: an activation that is not piecewise linear.
pub fn problem_of(problem: &problem::Problem) -> Result<Problem, Unbound> {
    use problem::Activation;
    let activation = &problem.network().activation;
    let slope = problem::separable::slope_of(activation);
    let linear = slope.is_some() || *activation == Activation::Relu;
    if !linear {
        return Err(Unbound::Network(activation.name()));
    }
    let n = problem.n_patterns();
    let listed = problem.distribution().n_atoms() <= MAX_LISTED.into();
    let drawn = problem.distribution().as_generative().filter(|_| !listed);
    let atoms = match drawn {
        Some(g) => problem::Label::BOTH
            .into_iter()
            .filter(|label| g.prior()[label.index()].is_positive())
            .map(|label| {
                let mut counts = vec![Natural(0); n];
                counts[label.index()] = Natural(g.key_patches().into());
                let background = g.background(label).iter().cloned();
                let keys = [Q::zero(), Q::zero()].into_iter();
                Atom {
                    label: label_of(label),
                    counts,
                    probability: Number::from(g.prior()[label.index()].clone()),
                    draws: Some(Draws {
                        number: Natural(g.background_patches().into()),
                        probabilities: keys.chain(background).map(Number::from).collect(),
                    }),
                }
            })
            .collect(),
        None => {
            let table = problem.distribution().atoms()?;
            let atoms = table.atoms().iter();
            atoms
                .map(|atom| Atom {
                    label: label_of(atom.label),
                    counts: atom.counts.iter().map(|&c| Natural(c.into())).collect(),
                    probability: Number::from(atom.probability.clone()),
                    draws: None,
                })
                .collect()
        }
    };
    let gram = |p: usize| (0..n).map(move |q| Number::from(problem.dictionary().gram_entry(p, q)));
    Ok(Problem {
        gram: (0..n).map(|p| gram(p).collect()).collect(),
        atoms,
        loss: match problem.training().loss {
            problem::Loss::Unhinged => Loss::Unhinged,
            problem::Loss::Hinge => Loss::Hinge,
            problem::Loss::Perceptron => Loss::Perceptron,
            problem::Loss::SquaredHinge => Loss::SquaredHinge,
            problem::Loss::Square => Loss::Square,
        },
        train: match problem.training().train {
            problem::Train::Filters => Train::Filters,
            problem::Train::FiltersAndHead => Train::FiltersAndHead,
        },
        pooling: match problem.network().pooling {
            problem::Pooling::Sum => None,
            problem::Pooling::Max => Some(Pooling::Max),
        },
        slope: slope.map(Number::from),
        step: Number::from(problem.training().step.clone()),
        batch: Natural(problem.training().batch.into()),
        head: numbers(&problem.network().head),
        weights: rows(&problem.network().weights),
    })
}

pub(super) fn label_of(label: problem::Label) -> Label {
    match label {
        problem::Label::Plus => Label::Plus,
        problem::Label::Minus => Label::Minus,
    }
}

pub(super) fn numbers(values: &[Q]) -> Vec<Number> {
    values.iter().cloned().map(Number::from).collect()
}

pub(super) fn rows(matrix: &crate::number::Matrix<Q>) -> Vec<Vec<Number>> {
    matrix.iter_rows().map(numbers).collect()
}

/// Are two problems the same, up to how their atoms are listed?
///
/// # Errors
/// [`Unbound::Another`] with the first part that differs, [`Unbound::TooMany`].
///
/// # Cost
/// A table of the images of both.
pub fn same_problem(own: &Problem, other: &Problem) -> Result<(), Unbound> {
    let same = |part, holds: bool| holds.then_some(()).ok_or(Unbound::Another(part));
    same("Gram matrix", own.gram == other.gram)?;
    same("loss", own.loss == other.loss)?;
    same("choice of what is trained", own.train == other.train)?;
    same("pooling", own.pooling == other.pooling)?;
    same("activation", own.slope == other.slope)?;
    same("step size", own.step == other.step)?;
    same("batch", own.batch == other.batch)?;
    same("head", own.head == other.head)?;
    same("initial weights", own.weights == other.weights)?;
    let table = |problem: &Problem| -> Result<HashMap<_, BigRational>, Unbound> {
        let images = images(problem).map_err(|error| match *error {
            VerifyError::NotCovered { .. } => Unbound::TooMany,
            _ => Unbound::Another("distribution"),
        })?;
        let mut table = HashMap::new();
        for (label, counts, mass) in images {
            *table
                .entry((label, counts))
                .or_insert_with(BigRational::zero) += mass;
        }
        Ok(table)
    };
    let same_atoms = own.atoms == other.atoms || table(own)? == table(other)?;
    same("distribution", same_atoms)
}
