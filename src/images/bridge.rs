//! The bridge from the theory to real images: real images, at half their contrast around mid grey, with
//! a key pattern planted in a random patch, and a label that only the key tells. A2 holds by construction,
//! up to real patches that happen to look like a key; A3 holds for the law of the images, and approximately
//! on a sample of them; A1 holds for the two keys, and does not for real patches. The network is the
//! theory's: fixed head of signs, patches that do not overlap, sum pooling, no bias, unhinged loss. What is
//! then left of the predictions of T2 and T5?
//!
//! **T2, read in pixels.** With `x_y` the key of label y as the network sees it and `rho = |x_y|`, a winner
//! (`y a_j > 0`, `w_j . x_y > 0` at step 0) has `w_j . x_y / rho` growing by `kappa = eta rho / 2` a step, and a
//! loser has `|w_i(t)|^2 <= |w_i(0)|^2 + kappa^2`: the label is a fair coin that knows nothing of the
//! background, so the background cancels in expectation. **T5, read in pixels, without its walks**
//! (lambda = 0): accuracy 1 once, for both labels, the winners' response to the key, less what is left of the
//! opposing filters' response to it, exceeds the largest response of the opposing filters to the rest
//! of an image, all as T2 moves it from the initial values. Both are *predictions* here, not theorems:
//! the assumptions fail, and how far they carry is what is measured.

use super::data::{DataError, DataSet, Images};
use super::network::{
    Architecture, Head, Loss, Network, NetworkError, Normalisation, PoolKind, Pooling, Shape,
};
use super::planted::{MID_GREY, keys, plant_set};
use super::statistics::mean_with_interval;
use super::streams::{Use, stream};
use rand::seq::SliceRandom;
use serde::Serialize;
use thiserror::Error;

/// Seed of the planted labels and places, the same for all runs.
const PLANTING: u64 = 1;

/// How the semi-real set is made and trained on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BridgePlan {
    /// Side of a patch, in pixels.
    pub patch: usize,
    /// Filters, half of each sign.
    pub filters: usize,
    /// Factor of the filters' initialisation.
    pub init_scale: f64,
    /// Step size.
    pub step: f64,
    /// Images a step.
    pub batch: usize,
    /// Steps.
    pub steps: u64,
    /// Seeds of initialisation and order; the planted set is the same for all.
    pub seeds: Vec<u64>,
}

/// One point in time of one run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BridgePoint {
    /// Steps taken.
    pub step: u64,
    /// Mean of `w_j . x_y / rho` over the winners.
    pub winner_key: f64,
    /// What T2 says it is.
    pub winner_key_predicted: f64,
    /// Least norm of a winner.
    pub winner_norm: f64,
    /// Largest norm of a loser.
    pub loser_norm: f64,
    /// T2's bound on it.
    pub loser_norm_bound: f64,
    /// Accuracy on the planted test images.
    pub accuracy: f64,
}

/// One run on the semi-real set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BridgeRun {
    /// Seed.
    pub seed: u64,
    /// Winners of label + and of label -.
    pub winners: [usize; 2],
    /// Growth of the winners' key coordinate over what T2 says, mean over the winners; 1 if it carries.
    pub growth_ratio: f64,
    /// Largest norm of a loser at the end over T2's bound; at most 1 if it carries.
    pub loser_ratio: f64,
    /// Least squared cosine of a winner with its key at the end.
    pub alignment: f64,
    /// T2's lower bound on it.
    pub alignment_bound: f64,
    /// Losers whose own key coordinate is more than half of what T2 says of a winner's at the end. Under
    /// A1 and A2 there is none, for a coordinate that is not positive never moves; where patches are not
    /// orthogonal to a key, the background can revive it.
    pub revived: usize,
    /// Losers.
    pub losers: usize,
    /// Least winner norm over largest loser norm at the end.
    pub dominance: f64,
    /// The first of the points in time with accuracy at least 0.99.
    pub accurate_from: Option<u64>,
    /// When T5, read without walks, says accuracy 1 is reached.
    pub perfect_predicted: Option<u64>,
    /// Accuracy at the end.
    pub accuracy: f64,
    /// Over time, about evenly spaced on a logarithmic axis.
    pub points: Vec<BridgePoint>,
}

/// A number over the runs, with its Student t interval.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Over {
    /// Mean; `None` if no run has the number (a quotient by 0 is none).
    pub mean: Option<f64>,
    /// Interval; `None` with fewer than two runs that have the number.
    pub ci: Option<[f64; 2]>,
    /// Runs that have it.
    pub runs: usize,
}

/// A run that ended early, because a weight or the loss was not finite any more.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NotFinite {
    /// Seed.
    pub seed: u64,
    /// The first step after which it is so; 0 for the initial state.
    pub step: u64,
}

/// All runs on the semi-real set.
#[derive(Debug, Clone, Serialize)]
pub struct Bridge {
    /// How it was made.
    pub plan: BridgePlan,
    /// `rho`, the norm of a key as the network sees it.
    pub key_norm: f64,
    /// `kappa`, the growth of a winner's key coordinate a step.
    pub kappa: f64,
    /// What fails of A1: for each label the mean over test images of `sum_p max(0, x_p . x_y) / rho^2` over
    /// the patches without the key; 0 if all are orthogonal to it.
    pub background_response: [f64; 2],
    /// What fails of A3 on this sample: the norm of the mean over training images of `y sum_p x_p`, over
    /// patches without the key, over rho. It is 0 in expectation.
    pub background_drift: f64,
    /// The runs that stayed finite; all numbers over runs are over these.
    pub runs: Vec<BridgeRun>,
    /// The others.
    pub not_finite: Vec<NotFinite>,
    /// `growth_ratio` over the runs.
    pub growth_ratio: Over,
    /// `loser_ratio` over the runs.
    pub loser_ratio: Over,
    /// `dominance` over the runs.
    pub dominance: Over,
    /// Accuracy at the end over the runs.
    pub accuracy: Over,
}

impl Over {
    fn of(mut values: Vec<f64>) -> Self {
        values.retain(|x| x.is_finite());
        let (mean, interval) = mean_with_interval(&values);
        Self {
            mean: (!values.is_empty()).then_some(mean),
            ci: (values.len() > 1).then_some(interval),
            runs: values.len(),
        }
    }
}

/// Why there is no bridge.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BridgeError {
    /// The keys cannot be planted.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The network does not fit.
    #[error(transparent)]
    Network(#[from] NetworkError),
}

/// Makes the set, trains, and compares. A run that does not stay finite ends there and is told apart.
///
/// # Errors
/// Images that are smaller than a patch.
///
/// # Cost
/// Runs x steps x batch x (two matrix products of the filters with the patches).
pub fn bridge(
    data: &DataSet,
    plan: &BridgePlan,
    progress: &dyn Fn(u64),
) -> Result<Bridge, BridgeError> {
    let keys = keys(plan.patch)?;
    let (mean, _) = data.train.mean_and_deviation();
    let centred = DataSet {
        name: data.name.clone(),
        train: centred(&data.train, mean)?,
        test: centred(&data.test, mean)?,
    };
    let architecture = Architecture {
        filters: plan.filters,
        kernel: plan.patch,
        stride: plan.patch,
        pooling: Pooling {
            kind: PoolKind::Sum,
            side: None,
        },
        head: Head::FixedSigns,
        loss: Loss::Unhinged,
        bias: false,
    };
    let DataSet { train, test, .. } = plant_set(&centred, plan.patch, &keys, PLANTING)?;
    let shape = Shape::new(&architecture, &train)?;
    // Mid grey, around which keys are planted, is 0.
    let (_, deviation) = train.mean_and_deviation();
    let scale = if deviation > 0.0 {
        1.0 / deviation
    } else {
        1.0
    };
    let normalisation = Normalisation {
        scale: scale as f32,
        shift: (-f64::from(MID_GREY) / 255.0 * scale) as f32,
    };
    let seen = |pixel: f64| pixel / 255.0 * scale;
    let keys = keys.map(|key| {
        key.iter()
            .map(|&x| seen(f64::from(x)))
            .collect::<Vec<f64>>()
    });
    let set = SemiReal {
        train: &train,
        test: &test,
        rho: norm(&keys[0]),
        keys: &keys,
        scale,
        patch: plan.patch,
    };
    let (mut runs, mut not_finite) = (Vec::new(), Vec::new());
    for &seed in &plan.seeds {
        let network = Network::random(&shape, normalisation, plan.init_scale as f32, seed);
        match set.run(network, plan, seed, progress) {
            Ok(run) => runs.push(run),
            Err(ended) => not_finite.push(ended),
        }
    }
    let over = |value: fn(&BridgeRun) -> f64| Over::of(runs.iter().map(value).collect());
    Ok(Bridge {
        plan: plan.clone(),
        key_norm: set.rho,
        kappa: set.kappa(plan),
        background_response: set.background_response(),
        background_drift: set.background_drift(),
        growth_ratio: over(|run| run.growth_ratio),
        loser_ratio: over(|run| run.loser_ratio),
        dominance: over(|run| run.dominance),
        accuracy: over(|run| run.accuracy),
        runs,
        not_finite,
    })
}

/// The images with half their contrast around mid grey: the mean pixel of the training images becomes
/// [`MID_GREY`], which is 0 to the network, and no pixel leaves its range.
fn centred(images: &Images, mean: f64) -> Result<Images, DataError> {
    let mean = (mean * 255.0).round() as i16;
    let moved = |pixel: u8| (MID_GREY + (i16::from(pixel) - mean) / 2).clamp(0, 255) as u8;
    let pixels = (0..images.len()).flat_map(|i| images.pixels(i).iter().map(|&x| moved(x)));
    let labels = (0..images.len()).map(|i| images.label(i) as u8);
    Images::new(
        images.rows(),
        images.columns(),
        images.n_classes(),
        pixels.collect(),
        labels.collect(),
    )
}

struct SemiReal<'a> {
    train: &'a Images,
    test: &'a Images,
    keys: &'a [Vec<f64>; 2],
    rho: f64,
    scale: f64,
    patch: usize,
}

/// What T2 and T5 say from the initial values.
struct Prediction {
    kappa: f64,
    rho: f64,
    /// For each winner: filter, label, key coordinate at step 0.
    winners: Vec<(usize, usize, f64)>,
    losers: Vec<usize>,
    start: Vec<f64>,
    /// For each label, the positive key coordinates of the opposing filters at step 0.
    opposing: [Vec<f64>; 2],
    /// For each label, the largest response of the opposing filters to the rest of an image.
    background: [f64; 2],
}

impl Prediction {
    fn winner_key(&self, t: u64) -> f64 {
        let start: f64 = self.winners.iter().map(|(_, _, z)| z).sum();
        start / self.winners.len().max(1) as f64 + self.kappa * t as f64
    }

    fn loser_norm(&self) -> f64 {
        let largest = self.losers.iter().map(|&i| self.start[i].powi(2));
        (largest.fold(0.0, f64::max) + self.kappa.powi(2)).sqrt()
    }

    fn alignment(&self, t: u64) -> f64 {
        let each = self.winners.iter().map(|&(j, _, z)| {
            let key = (z + self.kappa * t as f64).powi(2);
            key / (key + self.start[j].powi(2) + self.kappa.powi(2))
        });
        each.fold(1.0, f64::min)
    }

    /// The least t from which the condition of T5 holds; it is monotone in t.
    fn perfect_from(&self) -> Option<u64> {
        let holds = |t: u64| {
            let grown = self.kappa * t as f64;
            [0, 1].iter().all(|&y| {
                let own = self.winners.iter().filter(|w| w.1 == y);
                let win: f64 = own.map(|(_, _, z)| z + grown).sum();
                let lose: f64 = self.opposing[y].iter().map(|z| (z - grown).max(0.0)).sum();
                self.rho * (win - lose) > self.background[y]
            })
        };
        let mut high = 1u64;
        while !holds(high) {
            high = high.checked_mul(2).filter(|t| *t < 1 << 40)?;
        }
        let mut low = 0;
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            *(if holds(middle) { &mut high } else { &mut low }) = middle;
        }
        Some(if holds(0) { 0 } else { high })
    }
}

impl SemiReal<'_> {
    fn kappa(&self, plan: &BridgePlan) -> f64 {
        plan.step * self.rho / 2.0
    }

    fn run(
        &self,
        mut network: Network,
        plan: &BridgePlan,
        seed: u64,
        progress: &dyn Fn(u64),
    ) -> Result<BridgeRun, NotFinite> {
        let finite = |loss: f64, network: &Network, step: u64| {
            let holds = loss.is_finite() && network.is_finite();
            if holds {
                Ok(())
            } else {
                Err(NotFinite { seed, step })
            }
        };
        let score = network.score(self.test);
        finite(score.loss, &network, 0)?;
        let said = self.predict(&network, plan);
        let mut gradient = network.gradient(plan.batch.min(self.train.len()));
        let mut rng = stream(Use::BridgeOrder, seed, 0);
        let mut order: Vec<usize> = (0..self.train.len()).collect();
        let mut at = order.len();
        let mut points = vec![self.point(&network, &said, 0, score.accuracy)];
        for t in 1..=plan.steps {
            if at >= order.len() {
                order.shuffle(&mut rng);
                at = 0;
            }
            let to = (at + plan.batch).min(order.len());
            let (loss, _) = network.differentiate(self.train, &order[at..to], &mut gradient);
            network.descend(&gradient, plan.step as f32);
            finite(loss, &network, t)?;
            at = to;
            if t.is_power_of_two() || t.is_multiple_of((plan.steps / 16).max(1)) || t == plan.steps
            {
                let score = network.score(self.test);
                finite(score.loss, &network, t)?;
                points.push(self.point(&network, &said, t, score.accuracy));
            }
            progress(1);
        }
        let end = self.key_coordinates(&network);
        let grown = said.winners.iter().map(|&(j, y, z)| end[j][y] - z);
        let growth: f64 = grown.sum::<f64>() / said.winners.len().max(1) as f64;
        let norms = network.filter_norms();
        let aligned = said
            .winners
            .iter()
            .map(|&(j, y, _)| (end[j][y] / norms[j]).powi(2));
        let least = |values: Vec<f64>| values.into_iter().fold(f64::INFINITY, f64::min);
        let late = |i: &&usize| end[**i][**i % 2] > said.kappa * plan.steps as f64 / 2.0;
        let winner_norm = least(said.winners.iter().map(|w| norms[w.0]).collect());
        let loser_norm = said.losers.iter().map(|&i| norms[i]).fold(0.0, f64::max);
        let count = |y: usize| said.winners.iter().filter(|w| w.1 == y).count();
        Ok(BridgeRun {
            seed,
            winners: [count(0), count(1)],
            growth_ratio: growth / (said.kappa * plan.steps.max(1) as f64),
            loser_ratio: loser_norm / said.loser_norm(),
            alignment: aligned.fold(1.0, f64::min),
            alignment_bound: said.alignment(plan.steps),
            revived: said.losers.iter().filter(late).count(),
            losers: said.losers.len(),
            dominance: winner_norm / loser_norm,
            accurate_from: points.iter().find(|p| p.accuracy >= 0.99).map(|p| p.step),
            perfect_predicted: said.perfect_from(),
            accuracy: points.last().map_or(0.0, |p| p.accuracy),
            points,
        })
    }

    /// `w_j . x_y / rho` of each filter for both keys.
    fn key_coordinates(&self, network: &Network) -> Vec<[f64; 2]> {
        let along = |w: &[f32], key: &[f64]| -> f64 {
            let products = w.iter().zip(key).map(|(w, x)| f64::from(*w) * x);
            products.sum::<f64>() / self.rho
        };
        let filters = network.filters();
        filters
            .map(|w| [0, 1].map(|y| along(w, &self.keys[y])))
            .collect()
    }

    fn predict(&self, network: &Network, plan: &BridgePlan) -> Prediction {
        let coordinates = self.key_coordinates(network);
        let own = |j: usize| j % 2;
        let (mut winners, mut losers) = (Vec::new(), Vec::new());
        let mut opposing = [Vec::new(), Vec::new()];
        for (j, z) in coordinates.iter().enumerate() {
            let (y, other) = (own(j), 1 - own(j));
            if z[y] > 0.0 {
                winners.push((j, y, z[y]));
            } else {
                losers.push(j);
            }
            if z[other] > 0.0 {
                opposing[other].push(z[other]);
            }
        }
        // The response to an image without the key's patch, by the filters of each sign.
        let contributions = (0..self.test.len()).map(|i| {
            let mut sums = [0.0f64; 2];
            self.background(self.test, i, |patch| {
                for (j, w) in network.filters().enumerate() {
                    let z: f64 = w.iter().zip(patch).map(|(w, x)| f64::from(*w) * x).sum();
                    sums[own(j)] += z.max(0.0);
                }
            });
            sums
        });
        let most = contributions.fold([0.0; 2], |most: [f64; 2], sums| {
            [most[0].max(sums[0]), most[1].max(sums[1])]
        });
        Prediction {
            kappa: self.kappa(plan),
            rho: self.rho,
            winners,
            losers,
            start: network.filter_norms(),
            opposing,
            background: [most[1], most[0]],
        }
    }

    fn point(&self, network: &Network, said: &Prediction, t: u64, accuracy: f64) -> BridgePoint {
        let coordinates = self.key_coordinates(network);
        let keys: f64 = said
            .winners
            .iter()
            .map(|&(j, y, _)| coordinates[j][y])
            .sum();
        let norms = network.filter_norms();
        let winners = said.winners.iter().map(|w| norms[w.0]);
        BridgePoint {
            step: t,
            winner_key: keys / said.winners.len().max(1) as f64,
            winner_key_predicted: said.winner_key(t),
            winner_norm: winners.fold(f64::INFINITY, f64::min),
            loser_norm: said.losers.iter().map(|&i| norms[i]).fold(0.0, f64::max),
            loser_norm_bound: said.loser_norm(),
            accuracy,
        }
    }

    /// Calls `visit` with each patch of image i, as the network sees it, but the planted key.
    fn background(&self, images: &Images, i: usize, mut visit: impl FnMut(&[f64])) {
        let (pixels, columns, k) = (images.pixels(i), images.columns(), self.patch);
        let key = &self.keys[images.label(i)];
        let mut planted = true;
        let mut patch = vec![0.0; k * k];
        for top in (0..=images.rows() - k).step_by(k) {
            for left in (0..=columns - k).step_by(k) {
                for (at, x) in patch.iter_mut().enumerate() {
                    let pixel = pixels[(top + at / k) * columns + left + at % k];
                    *x = (f64::from(pixel) - f64::from(MID_GREY)) / 255.0 * self.scale;
                }
                // The first patch that equals the key is the planted one.
                if planted && patch.iter().zip(key).all(|(a, b)| (a - b).abs() < 1e-9) {
                    planted = false;
                    continue;
                }
                visit(&patch);
            }
        }
    }

    fn background_response(&self) -> [f64; 2] {
        let mut sums = [0.0; 2];
        for i in 0..self.test.len() {
            self.background(self.test, i, |patch| {
                for (sum, key) in sums.iter_mut().zip(self.keys) {
                    let z: f64 = patch.iter().zip(key).map(|(a, b)| a * b).sum();
                    *sum += z.max(0.0);
                }
            });
        }
        sums.map(|sum| sum / self.test.len().max(1) as f64 / self.rho.powi(2))
    }

    fn background_drift(&self) -> f64 {
        let mut drift = vec![0.0; self.patch * self.patch];
        for i in 0..self.train.len() {
            let sign = if self.train.label(i) == 0 { 1.0 } else { -1.0 };
            self.background(self.train, i, |patch| {
                for (sum, x) in drift.iter_mut().zip(patch) {
                    *sum += sign * x;
                }
            });
        }
        norm(&drift) / self.train.len().max(1) as f64 / self.rho
    }
}

fn norm(values: &[f64]) -> f64 {
    values.iter().map(|x| x * x).sum::<f64>().sqrt()
}
