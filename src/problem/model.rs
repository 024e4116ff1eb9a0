//! What a theorem asks of the model (A0): activation, pooling, loss, what is trained, batch; as data, so
//! that words and verdicts are made from one place.

use super::assumption::{AssumptionId, Failing};
use super::{Loss, Pooling, Problem, Train};

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
        let mut fails: Vec<Failing> = outside
            .into_iter()
            .filter(|(_, _, fits)| !fits)
            .map(|(key, value, _)| outside_of_model(format!("{key} = \"{value}\"")))
            .collect();
        if self.one_sample && training.batch != 1 {
            fails.push(outside_of_model(format!(
                "training.batch = {}",
                training.batch
            )));
        }
        fails
    }

    /// Is the problem inside of the model?
    pub fn fits(&self, problem: &Problem) -> bool {
        self.failures(problem).is_empty()
    }

    /// The conditions in words, with `further` ones at the end: `relu, sum pooling, hinge, one sample a step`.
    pub fn describe(&self, further: &str) -> String {
        let mut parts = Vec::new();
        if !self.activations.is_empty() {
            parts.push(self.activations.join(" or "));
        }
        if let Some(pooling) = self.pooling {
            parts.push(format!("{} pooling", pooling.name()));
        }
        if !self.losses.is_empty() {
            let names: Vec<&str> = self.losses.iter().map(|loss| loss.name()).collect();
            parts.push(names.join(" or "));
        }
        match self.train {
            Some(Train::Filters) => parts.push("fixed head".to_owned()),
            Some(Train::FiltersAndHead) => parts.push("trained head".to_owned()),
            None => {}
        }
        if self.one_sample {
            parts.push("one sample a step".to_owned());
        }
        if !further.is_empty() {
            parts.push(further.to_owned());
        }
        if parts.is_empty() {
            return "any".to_owned();
        }
        parts.join(", ")
    }
}

/// A failure of A0 with its witness.
pub fn outside_of_model(witness: String) -> Failing {
    Failing {
        assumption: AssumptionId::A0,
        witness,
    }
}
