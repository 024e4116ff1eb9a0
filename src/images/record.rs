//! What is written of a run: its plan, its epochs, the norms of its filters.

use super::network::Architecture;
use serde::{Deserialize, Serialize};

/// How a network is trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The network.
    pub architecture: Architecture,
    /// Factor of the filters' initialisation: 1 is `U(-1/k, 1/k)`.
    pub init_scale: f64,
    /// Step size.
    pub step: f64,
    /// Images a step; the last step of an epoch takes what is left.
    pub batch: usize,
    /// Passes over the training images.
    pub epochs: usize,
    /// Seed of the initialisation and of the orders ([`super::streams`]).
    pub seed: u64,
}

/// One epoch of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// From 1.
    pub epoch: usize,
    /// Mean training loss over the epoch, each batch before its step.
    pub loss: f64,
    /// Share of right answers over the epoch, each batch before its step.
    pub train_accuracy: f64,
    /// On all test images, after the epoch.
    pub test_loss: f64,
    /// On all test images, after the epoch.
    pub test_accuracy: f64,
    /// Wall time of the steps, without the test; `None` if it was not measured.
    pub seconds: Option<f64>,
}

/// Norms of the filters at one step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Norms {
    /// Steps taken.
    pub step: u64,
    /// `|w_j|`.
    pub filters: Vec<f64>,
    /// `|a_j|`.
    pub heads: Vec<f64>,
}
