//! Which theorems could be about images such as those that were observed.

use super::{Decision, SampleAudit};
use crate::number::ratio;
use crate::problem::assumption::{AssumptionId, audit, largest_drift};
use crate::problem::{
    Activation, Dictionary, DomainError, HeadInit, Loss, Network, Parts, Pooling, Problem, Train,
    Training,
};
use crate::theory::forms;
use crate::theory::record::{Statement, TheoremId};
use num_traits::Signed;

/// How an assumption on data stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is true of the frequencies in the sample.
    OnSample,
    /// Of the frequencies it is true of the filters with a head of one sign only (H).
    OneSign,
    /// It is not, and its test does not reject it.
    NotRejected,
    /// Its test rejects it.
    Rejected,
    /// It is not true of the frequencies in the sample, and no test speaks for it.
    FailsOnSample,
    /// No decision was reached.
    Undecided,
}

impl Standing {
    /// Does it keep a theorem from the images?
    pub fn is_against(self) -> bool {
        matches!(self, Standing::Rejected | Standing::FailsOnSample)
    }
}

/// What a theorem asks of images, and how that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TheoremUse {
    /// The theorem, or a form of one.
    pub theorem: TheoremId,
    /// The assumptions on data that it asks for, in order.
    pub asks: Vec<(AssumptionId, Standing)>,
}

impl TheoremUse {
    /// Is nothing that it asks of the images against it?
    pub fn could_apply(&self) -> bool {
        self.asks.iter().all(|(_, standing)| !standing.is_against())
    }
}

/// The assumptions that speak of the images.
const ON_DATA: [AssumptionId; 5] = [
    AssumptionId::A2,
    AssumptionId::A3,
    AssumptionId::A4,
    AssumptionId::H,
    AssumptionId::Separable,
];

/// Filters of the network that a theorem is asked about: heads of both signs.
const FILTERS: usize = 2;

/// Every theorem in every form, with the assumptions on data that it asks for in its own form of them.
///
/// # Errors
/// [`DomainError`] if the frequencies form no problem.
///
/// # Cost
/// An audit of the frequencies for each theorem, and for T14 the search for a separator.
pub(super) fn theorems(found: &SampleAudit) -> Result<Vec<TheoremUse>, DomainError> {
    let backgrounds = found.backgrounds_decision();
    let by_test = |decision: Option<Decision>| match decision {
        Some(Decision::NotRejected) => Standing::NotRejected,
        Some(Decision::Rejected) => Standing::Rejected,
        Some(Decision::Undecided) => Standing::Undecided,
        None => Standing::FailsOnSample,
    };
    let a3 = by_test(backgrounds);
    let a4 = by_test(Some(found.labels.decision));
    // A3 and A4 imply H.
    let h = match (a3, a4) {
        (Standing::NotRejected, Standing::NotRejected) => Standing::NotRejected,
        (Standing::Undecided, _) | (_, Standing::Undecided) => Standing::Undecided,
        _ => Standing::FailsOnSample,
    };
    let mut uses = Vec::new();
    for form in forms() {
        let statement = form.statement();
        let problem = in_its_model(found, statement)?;
        let fails = form.applies(&problem, &audit(&problem));
        let fails = fails.err().unwrap_or_default();
        let fails = |id| fails.iter().any(|failing| failing.assumption == id);
        let asks = ON_DATA.into_iter().filter_map(|id| {
            let standing = match (fails(id), id) {
                // A theorem needs H of some filters only, and both signs are there.
                (false, AssumptionId::H)
                    if statement.assumes.contains(&id) && largest_drift(&problem).is_positive() =>
                {
                    match h {
                        Standing::FailsOnSample => Standing::OneSign,
                        h => h,
                    }
                }
                (false, _) if statement.assumes.contains(&id) => Standing::OnSample,
                (false, _) => return None,
                (true, AssumptionId::A3) => a3,
                (true, AssumptionId::A4) => a4,
                (true, AssumptionId::H) => h,
                (true, _) => Standing::FailsOnSample,
            };
            Some((id, standing))
        });
        uses.push(TheoremUse {
            theorem: statement.id,
            asks: asks.collect(),
        });
    }
    Ok(uses)
}

/// A problem with these images, orthonormal patterns, and a model that a theorem is about.
fn in_its_model(found: &SampleAudit, statement: &Statement) -> Result<Problem, DomainError> {
    let n_patterns = found.frequencies.n_patterns();
    let model = &statement.model;
    let activation = match model.activations.first() {
        Some(&"leaky-relu") => Activation::LeakyRelu {
            slope: ratio(1, 10),
        },
        Some(&"identity") => Activation::Identity,
        Some(&"relu2") => Activation::Relu2,
        _ => Activation::Relu,
    };
    let network = Network::random(
        activation,
        model.pooling.unwrap_or(Pooling::Sum),
        FILTERS,
        n_patterns,
        HeadInit::Alternating,
        Vec::new(),
        ratio(1, 2),
        64,
        7,
    )?;
    let train = match model.train {
        Some(train) => train,
        None if statement.assumes.contains(&AssumptionId::A5t) => Train::FiltersAndHead,
        None => Train::Filters,
    };
    Parts {
        name: "images".to_owned(),
        dictionary: Dictionary::orthonormal(n_patterns - 2)?,
        distribution: found.frequencies.clone(),
        network,
        training: Training {
            loss: model.losses.first().copied().unwrap_or(Loss::Unhinged),
            train,
            step: ratio(1, 50),
            batch: 1,
            steps: 1,
            runs: 1,
            seed: 1,
        },
    }
    .build()
}
