//! What a theorem asks of the model (A0): activation, pooling, loss, what is trained, batch; as data, so
//! that words and verdicts are made from one place.

use super::assumption::{AssumptionId, Failing};
use super::{Loss, Pooling, Problem, Train};
use num_traits::Zero;

/// Model conditions of a theorem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Model {
    /// Names of the activations; empty for any.
    pub activations: &'static [&'static str],
    /// The pooling; `None` for any.
    pub pooling: Option<Pooling>,
    /// The losses; empty for any.
    pub losses: &'static [Loss],
    /// What is trained; `None` where an assumption says it, or for any.
    pub train: Option<Train>,
    /// Must the batch be one sample?
    pub one_sample: bool,
}

impl Model {
    /// No condition at all.
    pub const ANY: Model = Model {
        activations: &[],
        pooling: None,
        losses: &[],
        train: None,
        one_sample: false,
    };

    /// relu and sum pooling.
    pub const RELU_SUM: Model = Model {
        activations: &["relu"],
        pooling: Some(Pooling::Sum),
        ..Model::ANY
    };

    /// Every key of the problem that is outside of the model, as a failure of A0 with the offending key.
    pub fn failures(&self, problem: &Problem) -> Vec<Failing> {
        let (network, training) = (problem.network(), problem.training());
        let activation = network.activation.name();
        let outside = [
            (
                "network.activation",
                activation,
                self.activations.is_empty() || self.activations.contains(&activation),
            ),
            (
                "network.pooling",
                network.pooling.name(),
                self.pooling.is_none_or(|p| p == network.pooling),
            ),
            (
                "training.loss",
                training.loss.name(),
                self.losses.is_empty() || self.losses.contains(&training.loss),
            ),
            (
                "training.train",
                training.train.name(),
                self.train.is_none_or(|t| t == training.train),
            ),
        ];
        let outside = outside.into_iter().filter(|(_, _, fits)| !fits);
        let named = outside.map(|(key, value, _)| format!("{key} = \"{value}\""));
        let large = self.one_sample && training.batch != 1;
        let batch = large.then(|| format!("training.batch = {}", training.batch));
        named.chain(batch).map(outside_of_model).collect()
    }

    /// Is the problem inside of the model?
    pub fn fits(&self, problem: &Problem) -> bool {
        self.failures(problem).is_empty()
    }

    /// The conditions in words, with `further` ones at the end: `relu, sum pooling, hinge, one sample a step`.
    pub fn describe(&self, further: &str) -> String {
        let pooling = self
            .pooling
            .map(|pooling| format!("{} pooling", pooling.name()));
        let losses: Vec<&str> = self.losses.iter().map(|loss| loss.name()).collect();
        let train = match self.train {
            Some(Train::Filters) => "fixed head",
            Some(Train::FiltersAndHead) => "trained head",
            None => "",
        };
        let parts = [
            self.activations.join(" or "),
            pooling.unwrap_or_default(),
            losses.join(" or "),
            train.to_owned(),
            if self.one_sample {
                "one sample a step"
            } else {
                ""
            }
            .to_owned(),
            further.to_owned(),
        ];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        match parts.is_empty() {
            true => "any".to_owned(),
            false => parts.join(", "),
        }
    }
}

/// What fails where a theorem asks for a head without zeros.
pub fn silent_filter(problem: &Problem) -> Option<Failing> {
    let mut heads = problem.network().head.iter();
    let silent = heads.position(Zero::is_zero)?;
    Some(outside_of_model(format!("network.head[{silent}] = 0")))
}

/// A failure of A0 with its witness.
pub fn outside_of_model(witness: String) -> Failing {
    Failing {
        assumption: AssumptionId::A0,
        witness,
    }
}
