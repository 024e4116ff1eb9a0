//! Plain SGD on images: batches drawn epoch by epoch without replacement, a fixed step size, no
//! momentum, no decay. A run can be written to a file at any step and resumed from it, and then ends
//! where it would have ended.

use super::data::Images;
use super::network::{Architecture, Gradient, Network, NetworkError, Normalisation, Score, Shape};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::time::Instant;
use thiserror::Error;

/// What the file of a run says it is.
const FORMAT: &str = "filtercert-run";

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
    /// Seed of the initialisation (ChaCha8, stream 0) and of the order in epoch e (stream e, from 1).
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
    /// Wall time of the steps, without the test.
    pub seconds: f64,
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

/// A run so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    plan: Plan,
    network: Network,
    step: u64,
    /// Sums over the epoch that is under way.
    loss: f64,
    right: u64,
    seconds: f64,
    score_at_start: Score,
    epochs: Vec<Epoch>,
    norms: Vec<Norms>,
    drift: Vec<f64>,
}

/// Why a run cannot start, go on, or be resumed.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum TrainingError {
    /// The network does not fit the images.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// A parameter is not finite any more.
    #[error(
        "step {step}: a parameter is not finite any more; a smaller step size than {eta}, or fewer epochs, may help"
    )]
    Diverged {
        /// The step after which this was seen.
        step: u64,
        /// The step size.
        eta: f64,
    },
    /// A setting is out of its domain.
    #[error("{name}: found {found}, expected {expected}")]
    Setting {
        /// Which.
        name: &'static str,
        /// What it is.
        found: String,
        /// What it may be.
        expected: &'static str,
    },
    /// A file is not a run that can be resumed here.
    #[error("{0}")]
    Resume(String),
}

/// What happens during a run; a visitor can show progress or write files.
pub trait Watch {
    /// After each step.
    fn stepped(&mut self, run: &Run, steps: u64);
    /// After a step at which a checkpoint was asked for.
    ///
    /// # Errors
    /// A message that ends the run.
    fn checkpoint(&mut self, run: &Run) -> Result<(), String>;
    /// Is a checkpoint wanted after this step?
    fn wants_checkpoint(&self, step: u64) -> bool;
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn stepped(&mut self, _: &Run, _: u64) {}
    fn checkpoint(&mut self, _: &Run) -> Result<(), String> {
        Ok(())
    }
    fn wants_checkpoint(&self, _: u64) -> bool {
        false
    }
}

impl Plan {
    fn check(&self) -> Result<(), TrainingError> {
        let wrong = |name, found: String, expected| {
            Err(TrainingError::Setting {
                name,
                found,
                expected,
            })
        };
        let positive = |x: f64| (x as f32).is_finite() && x as f32 > 0.0;
        if !positive(self.step) {
            return wrong("the step size", self.step.to_string(), "a positive number");
        }
        if !positive(self.init_scale) {
            let found = self.init_scale.to_string();
            return wrong(
                "the scale of the initialisation",
                found,
                "a positive number",
            );
        }
        if self.batch == 0 {
            return wrong("the batch", "0".to_owned(), "at least 1 image");
        }
        if self.epochs == 0 {
            return wrong("the epochs", "0".to_owned(), "at least 1");
        }
        Ok(())
    }

    fn steps_per_epoch(&self, images: usize) -> u64 {
        images.div_ceil(self.batch).max(1) as u64
    }

    /// Steps of the whole run on this many training images.
    pub fn steps(&self, images: usize) -> u64 {
        self.steps_per_epoch(images)
            .saturating_mul(self.epochs as u64)
    }
}

impl Run {
    /// A run before its first step.
    ///
    /// # Errors
    /// A setting out of its domain, or a network that does not fit the images.
    ///
    /// # Cost
    /// One forward and backward pass over the training images, for [`Run::drift`].
    pub fn start(plan: &Plan, train: &Images, test: &Images) -> Result<Self, TrainingError> {
        plan.check()?;
        let shape = Shape::new(&plan.architecture, train)?;
        let normalisation = Normalisation::of(train);
        let network = Network::random(&shape, normalisation, plan.init_scale as f32, plan.seed);
        let drift = drift(&network, train);
        let mut run = Self {
            score_at_start: network.score(test),
            plan: plan.clone(),
            network,
            step: 0,
            loss: 0.0,
            right: 0,
            seconds: 0.0,
            epochs: Vec::new(),
            norms: Vec::new(),
            drift,
        };
        run.note_norms();
        Ok(run)
    }

    /// Trains to the end of the plan, or goes on to it.
    ///
    /// # Errors
    /// A parameter that is not finite any more; a checkpoint that cannot be written.
    pub fn finish(
        &mut self,
        train: &Images,
        test: &Images,
        watch: &mut dyn Watch,
    ) -> Result<(), TrainingError> {
        let steps = self.plan.steps(train.len());
        let per_epoch = self.plan.steps_per_epoch(train.len());
        let mut gradient = self.network.gradient(self.plan.batch.min(train.len()));
        let mut order = Vec::new();
        while self.step < steps {
            let (epoch, within) = (self.step / per_epoch, self.step % per_epoch);
            if within == 0 || order.is_empty() {
                order = shuffled(train.len(), self.plan.seed, epoch + 1);
            }
            let clock = Instant::now();
            let from = within as usize * self.plan.batch;
            let to = (from + self.plan.batch).min(order.len());
            self.descend(train, &order[from..to], &mut gradient);
            self.seconds += clock.elapsed().as_secs_f64();
            if self.step == steps || is_noted(self.step) {
                self.note_norms();
            }
            let last = self.step.is_multiple_of(per_epoch);
            if (last || self.step.is_multiple_of(64)) && !self.network.is_finite() {
                return Err(TrainingError::Diverged {
                    step: self.step,
                    eta: self.plan.step,
                });
            }
            if last {
                self.end_epoch(train.len(), test);
            }
            watch.stepped(self, steps);
            if watch.wants_checkpoint(self.step) {
                watch.checkpoint(self).map_err(TrainingError::Resume)?;
            }
        }
        Ok(())
    }

    fn descend(&mut self, train: &Images, batch: &[usize], gradient: &mut Gradient) {
        let (loss, right) = self.network.differentiate(train, batch, gradient);
        self.network.descend(gradient, self.plan.step as f32);
        self.loss += loss;
        self.right += right;
        self.step += 1;
    }

    fn end_epoch(&mut self, images: usize, test: &Images) {
        let n = images.max(1) as f64;
        let score = self.network.score(test);
        self.epochs.push(Epoch {
            epoch: self.epochs.len() + 1,
            loss: self.loss / n,
            train_accuracy: self.right as f64 / n,
            test_loss: score.loss,
            test_accuracy: score.accuracy,
            seconds: self.seconds,
        });
        (self.loss, self.right, self.seconds) = (0.0, 0, 0.0);
    }

    fn note_norms(&mut self) {
        self.norms.push(Norms {
            step: self.step,
            filters: self.network.filter_norms(),
            heads: self.network.head_norms(),
        });
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The network as it is now.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Steps taken.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// The epochs that are complete.
    pub fn epochs(&self) -> &[Epoch] {
        &self.epochs
    }

    /// Loss and accuracy on the test images before the first step.
    pub fn score_at_start(&self) -> Score {
        self.score_at_start
    }

    /// Mean training loss of the epoch under way, over its steps so far; `None` at its beginning.
    pub fn current_loss(&self, images: usize) -> Option<f64> {
        let within = self.step % self.plan.steps_per_epoch(images);
        (within > 0).then(|| self.loss / (within as f64 * self.plan.batch as f64))
    }

    /// Norms at steps that are about evenly spaced on a logarithmic axis, with the first and the last.
    pub fn norms(&self) -> &[Norms] {
        &self.norms
    }

    /// The drift of each filter before the first step: the norm of its part of the population
    /// gradient (biases not counted), the `rho_j / eta` of T2s.
    pub fn drift(&self) -> &[f64] {
        &self.drift
    }

    /// The run as a file: JSON, the parameters as hexadecimal digits of their bits, so that a resumed
    /// run ends bit for bit where an unbroken one does.
    pub fn to_text(&self) -> String {
        let file = File {
            format: FORMAT.to_owned(),
            version: 1,
            plan: self.plan.clone(),
            step: self.step,
            loss: self.loss,
            right: self.right,
            seconds: self.seconds,
            score_at_start: self.score_at_start,
            epochs: self.epochs.clone(),
            norms: self.norms.clone(),
            drift: self.drift.clone(),
            normalisation: self.network.normalisation(),
            parameters: to_hex(self.network.parameters()),
        };
        serde_json::to_string(&file).unwrap_or_default()
    }

    /// Reads a run that [`Run::to_text`] wrote, to go on with it.
    ///
    /// # Errors
    /// A text that is not a run, or a run of another plan or of other images (by size and pixel
    /// statistics).
    pub fn resume(text: &str, plan: &Plan, train: &Images) -> Result<Self, TrainingError> {
        let wrong = |what: String| TrainingError::Resume(what);
        let file: File = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
        if file.format != FORMAT || file.version != 1 {
            let found = format!("found format {:?} version {}", file.format, file.version);
            return Err(wrong(format!("{found}, expected {FORMAT:?} version 1")));
        }
        // More epochs than before are fine.
        let same = Plan {
            epochs: plan.epochs,
            ..file.plan.clone()
        };
        if same != *plan {
            return Err(wrong(
                "found a run with another plan, expected this one".to_owned(),
            ));
        }
        plan.check()?;
        let shape = Shape::new(&plan.architecture, train)?;
        let per_epoch = plan.steps_per_epoch(train.len());
        let fits = file.step <= plan.steps(train.len())
            && file.epochs.len() as u64 == file.step / per_epoch
            && file.normalisation == Normalisation::of(train)
            && file.norms.iter().all(|n| {
                let filters = plan.architecture.filters;
                n.filters.len() == filters && n.heads.len() == filters
            });
        let parameters = from_hex(&file.parameters).filter(|_| fits);
        let network = parameters
            .and_then(|p| Network::with_parameters(&shape, file.normalisation, p))
            .ok_or_else(|| wrong("found a run on other images, expected these".to_owned()))?;
        Ok(Self {
            plan: plan.clone(),
            network,
            step: file.step,
            loss: file.loss,
            right: file.right,
            seconds: file.seconds,
            score_at_start: file.score_at_start,
            epochs: file.epochs,
            norms: file.norms,
            drift: file.drift,
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    version: u32,
    plan: Plan,
    step: u64,
    loss: f64,
    right: u64,
    seconds: f64,
    score_at_start: Score,
    epochs: Vec<Epoch>,
    norms: Vec<Norms>,
    drift: Vec<f64>,
    normalisation: Normalisation,
    parameters: String,
}

/// The order of an epoch.
fn shuffled(images: usize, seed: u64, epoch: u64) -> Vec<usize> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(epoch);
    let mut order: Vec<usize> = (0..images).collect();
    order.shuffle(&mut rng);
    order
}

/// Norm of each filter's part of the gradient over all training images.
fn drift(network: &Network, train: &Images) -> Vec<f64> {
    const BATCH: usize = 512;
    let all: Vec<usize> = (0..train.len()).collect();
    let mut gradient = network.gradient(BATCH.min(train.len()));
    let mut sums = vec![0.0; network.parameters().len()];
    for batch in all.chunks(BATCH) {
        network.differentiate(train, batch, &mut gradient);
        let share = batch.len() as f64 / train.len() as f64;
        for (sum, g) in sums.iter_mut().zip(&gradient.values) {
            *sum += share * f64::from(*g);
        }
    }
    let rows = network.shape().filter_rows();
    rows.map(|row| sums[row].iter().map(|x| x * x).sum::<f64>().sqrt())
        .collect()
}

/// About eight steps a doubling.
fn is_noted(step: u64) -> bool {
    let doubling = 1u64 << (63 - step.max(1).leading_zeros());
    step.is_multiple_of((doubling / 8).max(1))
}

fn to_hex(values: &[f32]) -> String {
    values
        .iter()
        .map(|x| format!("{:08x}", x.to_bits()))
        .collect()
}

fn from_hex(text: &str) -> Option<Vec<f32>> {
    if !text.is_ascii() || !text.len().is_multiple_of(8) {
        return None;
    }
    let words = (0..text.len()).step_by(8).map(|at| &text[at..at + 8]);
    words
        .map(|word| u32::from_str_radix(word, 16).ok().map(f32::from_bits))
        .collect()
}
