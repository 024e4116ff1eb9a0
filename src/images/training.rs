//! Plain SGD on images: batches drawn epoch by epoch without replacement, a fixed step size, no
//! momentum, no decay.

pub use super::record::{Epoch, Norms, Plan};

use super::data::Images;
use super::network::{Gradient, Network, NetworkError, Normalisation, Score, Shape};
use super::streams::{Use, stream};
use rand::seq::SliceRandom;
use std::time::Instant;
use thiserror::Error;

/// A run so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    plan: Plan,
    network: Network,
    step: u64,
    /// Sums over the epoch that is under way.
    loss: f64,
    right: u64,
    seconds: Option<f64>,
    score_at_start: Score,
    epochs: Vec<Epoch>,
    norms: Vec<Norms>,
    drift: Vec<f64>,
}

/// Why a run cannot start or go on.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum TrainingError {
    /// The network does not fit the images.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// A parameter or the loss is not finite any more: the floats have overflowed.
    #[error(
        "step {step}: a parameter or the loss is not finite any more; a smaller step size than {eta:e}, or fewer \
         epochs, may help"
    )]
    Diverged {
        /// The first step after which it is so; 0 for the initial state.
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
}

/// What happens during a run; a visitor can show progress or note what it sees.
pub trait Watch {
    /// After each step.
    fn stepped(&mut self, run: &Run, steps: u64);
    /// Is the wall time measured? If not, a run depends on nothing but its plan and its images.
    fn is_timed(&self) -> bool {
        true
    }
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn stepped(&mut self, _: &Run, _: u64) {}
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
            return wrong(
                "the step size",
                format!("{:?}", self.step),
                "a positive number",
            );
        }
        if !positive(self.init_scale) {
            let found = format!("{:?}", self.init_scale);
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
    /// A setting out of its domain, a network that does not fit the images, or an initial state so large
    /// that its loss is not finite.
    ///
    /// # Cost
    /// One forward and backward pass over the training images, for [`Run::drift`].
    pub fn start(plan: &Plan, train: &Images, test: &Images) -> Result<Self, TrainingError> {
        plan.check()?;
        let shape = Shape::new(&plan.architecture, train)?;
        let normalisation = Normalisation::of(train);
        let network = Network::random(&shape, normalisation, plan.init_scale as f32, plan.seed);
        let (drift, loss) = drift(&network, train);
        let score_at_start = network.score(test);
        let numbers = drift.iter().chain([&loss, &score_at_start.loss]);
        if !network.is_finite() || numbers.into_iter().any(|x| !x.is_finite()) {
            return Err(TrainingError::Diverged {
                step: 0,
                eta: plan.step,
            });
        }
        let mut run = Self {
            score_at_start,
            plan: plan.clone(),
            network,
            step: 0,
            loss: 0.0,
            right: 0,
            seconds: Some(0.0),
            epochs: Vec::new(),
            norms: Vec::new(),
            drift,
        };
        run.note_norms();
        Ok(run)
    }

    /// Trains to the end of the plan. A run whose parameters or loss are not finite any more
    /// ends there: its epochs and norms are those from before.
    ///
    /// # Errors
    /// [`TrainingError::Diverged`] with the step.
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
            let clock = watch.is_timed().then(Instant::now);
            let from = within as usize * self.plan.batch;
            let to = (from + self.plan.batch).min(order.len());
            let mut finite = self.descend(train, &order[from..to], &mut gradient);
            let seconds = clock.map(|clock| clock.elapsed().as_secs_f64());
            self.seconds = self.seconds.zip(seconds).map(|(sum, more)| sum + more);
            if finite && self.step.is_multiple_of(per_epoch) {
                finite = self.end_epoch(train.len(), test);
            }
            if !finite {
                return Err(TrainingError::Diverged {
                    step: self.step,
                    eta: self.plan.step,
                });
            }
            if self.step == steps || is_noted(self.step) {
                self.note_norms();
            }
            watch.stepped(self, steps);
        }
        Ok(())
    }

    /// One step; are the batch's loss before it and all parameters after it finite?
    fn descend(&mut self, train: &Images, batch: &[usize], gradient: &mut Gradient) -> bool {
        let (loss, right) = self.network.differentiate(train, batch, gradient);
        self.network.descend(gradient, self.plan.step as f32);
        self.loss += loss;
        self.right += right;
        self.step += 1;
        loss.is_finite() && self.network.is_finite()
    }

    /// Closes an epoch, unless the loss on the test images is not finite.
    fn end_epoch(&mut self, images: usize, test: &Images) -> bool {
        let n = images.max(1) as f64;
        let score = self.network.score(test);
        if !score.loss.is_finite() {
            return false;
        }
        self.epochs.push(Epoch {
            epoch: self.epochs.len() + 1,
            loss: self.loss / n,
            train_accuracy: self.right as f64 / n,
            test_loss: score.loss,
            test_accuracy: score.accuracy,
            seconds: self.seconds,
        });
        (self.loss, self.right, self.seconds) = (0.0, 0, Some(0.0));
        true
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
}

/// The order of an epoch.
fn shuffled(images: usize, seed: u64, epoch: u64) -> Vec<usize> {
    let mut rng = stream(Use::Order, seed, epoch);
    let mut order: Vec<usize> = (0..images).collect();
    order.shuffle(&mut rng);
    order
}

/// Norm of each filter's part of the gradient over all training images, and the sum of their losses.
pub(super) fn drift(network: &Network, train: &Images) -> (Vec<f64>, f64) {
    const BATCH: usize = 512;
    let all: Vec<usize> = (0..train.len()).collect();
    let mut gradient = network.gradient(BATCH.min(train.len()));
    let mut sums = vec![0.0; network.parameters().len()];
    let mut total = 0.0;
    for batch in all.chunks(BATCH) {
        total += network.differentiate(train, batch, &mut gradient).0;
        let share = batch.len() as f64 / train.len() as f64;
        for (sum, g) in sums.iter_mut().zip(&gradient.values) {
            *sum += share * f64::from(*g);
        }
    }
    let rows = network.shape().filter_rows();
    let norms = rows.map(|row| sums[row].iter().map(|x| x * x).sum::<f64>().sqrt());
    (norms.collect(), total)
}

/// About eight steps a doubling.
pub(super) fn is_noted(step: u64) -> bool {
    let doubling = 1u64 << (63 - step.max(1).leading_zeros());
    step.is_multiple_of((doubling / 8).max(1))
}
