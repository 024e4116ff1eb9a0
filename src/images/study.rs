//! Runs at several scales of the initialisation and several seeds, and what is measured of each.

use super::data::DataSet;
use super::network::Network;
use super::patches::{ClassUse, Dictionary, PatchError, PatchOptions};
use super::statistics::{descending, gini, spearman};
use super::streams::{Use, stream};
use super::training::{Epoch, Norms, Plan, Run, TrainingError, Watch};
use rand::seq::SliceRandom;
use serde::Serialize;
use thiserror::Error;

/// Random orders that "random filters" are averaged over.
pub const RANDOM_ORDERS: usize = 50;

/// A centre of the patch dictionary is a key pattern of a class if it is at least this many times as
/// likely to occur in an image of that class as in one of the others.
pub const KEY_RATIO: f64 = 2.0;

/// What is run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Study {
    /// Every run's plan; its `init_scale` and `seed` are replaced.
    pub plan: Plan,
    /// The scale that the findings F1 to F5 speak of.
    pub scale: f64,
    /// All scales, for F6; `scale` is among them.
    pub scales: Vec<f64>,
    /// Seeds of the runs.
    pub seeds: Vec<u64>,
}

/// Why a study ends early.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum StudyError {
    /// A run.
    #[error("scale {}, seed {seed}: {cause}", short(*scale))]
    Run {
        /// Scale of the initialisation.
        scale: f64,
        /// Seed.
        seed: u64,
        /// What went wrong.
        cause: TrainingError,
    },
    /// The patch dictionary.
    #[error("the patch dictionary: {0}")]
    Patches(#[from] PatchError),
}

/// How norms are spread over the filters.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Concentration {
    /// Steps taken.
    pub step: u64,
    /// Share of the sum of norms that the top quarter has (1/4 if all are equal).
    pub top_quarter_share: f64,
    /// Gini coefficient of the norms.
    pub gini: f64,
    /// Mean norm of the top quarter over the mean norm of the rest; `None` without a rest, or if its
    /// norms are 0.
    pub dominance_ratio: Option<f64>,
}

impl Concentration {
    /// Of these norms.
    pub fn of(step: u64, norms: &[f64]) -> Self {
        let order = descending(norms);
        let (top, rest) = order.split_at(quarter(norms.len()));
        let sum = |of: &[usize]| of.iter().map(|&j| norms[j]).sum::<f64>();
        let (high, low) = (sum(top), sum(rest));
        let share = if high > 0.0 {
            high / (high + low)
        } else {
            0.25
        };
        let ratio = (high / top.len() as f64) / (low / rest.len() as f64);
        Self {
            step,
            top_quarter_share: share,
            gini: gini(norms),
            dominance_ratio: Some(ratio).filter(|x| x.is_finite()),
        }
    }
}

/// A quarter of n filters, at least 1.
pub fn quarter(n: usize) -> usize {
    (n / 4).max(1)
}

/// Test accuracy when only k filters are left, for k = 0, 1, ..., n.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pruning {
    /// The k with the largest `|w_j|`.
    pub top_by_norm: Vec<f64>,
    /// The k with the largest `|w_j| |a_j|`.
    pub top_by_product: Vec<f64>,
    /// k at random: the mean over [`RANDOM_ORDERS`] random orders.
    pub random: Vec<f64>,
    /// The k with the smallest `|w_j|`.
    pub bottom_by_norm: Vec<f64>,
    /// The least k whose top filters by norm, and the top filters of any larger k, come within 0.01
    /// of the accuracy of all.
    pub least_by_norm: usize,
    /// The same, by `|w_j| |a_j|`.
    pub least_by_product: usize,
    /// The same, of the mean over random orders.
    pub least_at_random: usize,
}

impl Pruning {
    fn measure(network: &Network, data: &DataSet, seed: u64) -> Self {
        let contributions = network.contributions(&data.test);
        let norms = network.filter_norms();
        let product: Vec<f64> = norms
            .iter()
            .zip(network.head_norms())
            .map(|(w, a)| w * a)
            .collect();
        let by_norm = descending(&norms);
        let mut upwards = by_norm.clone();
        upwards.reverse();
        let mut rng = stream(Use::RandomSets, seed, 0);
        let mut random = vec![0.0; norms.len() + 1];
        let mut order: Vec<usize> = (0..norms.len()).collect();
        for _ in 0..RANDOM_ORDERS {
            order.shuffle(&mut rng);
            for (sum, x) in random.iter_mut().zip(contributions.curve(&order)) {
                *sum += x / RANDOM_ORDERS as f64;
            }
        }
        let top_by_norm = contributions.curve(&by_norm);
        let top_by_product = contributions.curve(&descending(&product));
        Self {
            least_by_norm: least(&top_by_norm),
            least_by_product: least(&top_by_product),
            least_at_random: least(&random),
            top_by_norm,
            top_by_product,
            random,
            bottom_by_norm: contributions.curve(&upwards),
        }
    }
}

/// The least k from which on a curve stays within 0.01 of its end.
fn least(curve: &[f64]) -> usize {
    let end = curve.last().copied().unwrap_or(0.0);
    let below = curve.iter().rposition(|x| *x < end - 0.01);
    below.map_or(0, |k| k + 1)
}

/// How the filters point at patches of the dictionary.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alignment {
    /// For each filter the largest cosine with a key pattern of some class.
    pub with_keys: Vec<f64>,
    /// For each filter the largest cosine with a centre that is no key pattern.
    pub with_others: Vec<f64>,
    /// Mean of `with_keys` over the top quarter of the filters by norm.
    pub top: f64,
    /// The same over the bottom quarter.
    pub bottom: f64,
    /// The same for `with_others`.
    pub top_with_others: f64,
    /// The same for `with_others`.
    pub bottom_with_others: f64,
}

impl Alignment {
    fn measure(network: &Network, patches: &KeyPatches) -> Self {
        let best = |filter: &[f32], centres: &[Vec<f32>]| {
            let cosines = centres.iter().map(|c| cosine(filter, c));
            cosines.fold(0.0, f64::max)
        };
        let all = |centres: &[Vec<f32>]| -> Vec<f64> {
            network.filters().map(|w| best(w, centres)).collect()
        };
        let (with_keys, with_others) = (all(&patches.keys), all(&patches.others));
        let order = descending(&network.filter_norms());
        let k = quarter(order.len());
        let mean =
            |of: &[usize], x: &[f64]| of.iter().map(|&j| x[j]).sum::<f64>() / of.len() as f64;
        let (top, bottom) = (&order[..k], &order[order.len() - k..]);
        Self {
            top: mean(top, &with_keys),
            bottom: mean(bottom, &with_keys),
            top_with_others: mean(top, &with_others),
            bottom_with_others: mean(bottom, &with_others),
            with_keys,
            with_others,
        }
    }
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        let products = a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y));
        products.sum()
    };
    let scale = (dot(a, a) * dot(b, b)).sqrt();
    if scale > 0.0 { dot(a, b) / scale } else { 0.0 }
}

/// The centres of the patch dictionary, those that are key patterns and the others.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyPatches {
    /// Centres that are at least [`KEY_RATIO`] times as likely in one class as in the others.
    pub keys: Vec<Vec<f32>>,
    /// The class of each key, by its own label.
    pub classes: Vec<usize>,
    /// The rest.
    pub others: Vec<Vec<f32>>,
}

impl KeyPatches {
    /// Learns the dictionary on the training images, at most 10,000 of them, from patches that do not
    /// overlap, as the theory's do. (On patches at every pixel nearly every image holds a patch near
    /// every centre, and presence tells the classes apart no more.)
    ///
    /// # Errors
    /// Images smaller than a patch, or without contrast.
    pub fn learn(data: &DataSet, kernel: usize) -> Result<Self, PatchError> {
        let images = data.train.first(10_000);
        let options = PatchOptions {
            size: kernel,
            stride: kernel,
            ..PatchOptions::default()
        };
        let dictionary = Dictionary::learn(&images, &options)?;
        let used = ClassUse::measure(&dictionary, &images);
        let mut class_of = vec![None; dictionary.centres.len()];
        for (centre, class, _) in used.keys(KEY_RATIO) {
            class_of[centre] = Some(images.class_labels()[class]);
        }
        let (mut keys, mut classes, mut others) = (Vec::new(), Vec::new(), Vec::new());
        for (centre, class) in dictionary.centres.iter().zip(class_of) {
            match class {
                Some(class) => {
                    keys.push(centre.clone());
                    classes.push(class);
                }
                None => others.push(centre.clone()),
            }
        }
        Ok(Self {
            keys,
            classes,
            others,
        })
    }
}

/// All that is measured of one run.
#[derive(Debug, Clone, Serialize)]
pub struct Measured {
    /// Scale of the initialisation.
    pub scale: f64,
    /// Seed.
    pub seed: u64,
    /// Test accuracy before training.
    pub accuracy_at_start: f64,
    /// The epochs.
    pub epochs: Vec<Epoch>,
    /// Concentration of the norms over time.
    pub concentration: Vec<Concentration>,
    /// Norms of filters and heads over time.
    pub norms: Vec<Norms>,
    /// Drift of each filter before the first step.
    pub drift: Vec<f64>,
    /// Rank correlation of the drift with the norms at the end.
    pub drift_predicts: f64,
    /// Rank correlation of the norms at step 0 with those at the end.
    pub norm_predicts: f64,
    /// Pruning.
    pub pruning: Pruning,
    /// Alignment with the patch dictionary; `None` if no centre is a key pattern.
    pub alignment: Option<Alignment>,
    /// The filters, k^2 weights each.
    pub filters: Vec<Vec<f32>>,
}

/// A run that ended early, because a parameter or the loss was not finite any more.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diverged {
    /// Scale of the initialisation.
    pub scale: f64,
    /// Seed.
    pub seed: u64,
    /// The first step after which it is so; 0 for the initial state.
    pub not_finite_from: u64,
    /// The epochs before.
    pub epochs: Vec<Epoch>,
    /// Norms of filters and heads before.
    pub norms: Vec<Norms>,
}

/// All runs of a study.
#[derive(Debug, Clone, Default)]
pub struct Runs {
    /// Those that stayed finite to their end, in the order of [`Study::plans`].
    pub finite: Vec<Measured>,
    /// The others, in the same order.
    pub diverged: Vec<Diverged>,
}

impl Runs {
    /// The runs at one scale that stayed finite.
    pub fn at(&self, scale: f64) -> Vec<&Measured> {
        self.finite
            .iter()
            .filter(|run| run.scale == scale)
            .collect()
    }

    /// The runs at one scale that did not.
    pub fn diverged_at(&self, scale: f64) -> Vec<&Diverged> {
        let runs = self.diverged.iter();
        runs.filter(|run| run.scale == scale).collect()
    }

    /// The scales that were run, in descending order, whatever became of the runs.
    pub fn scales(&self) -> Vec<f64> {
        let diverged = self.diverged.iter().map(|run| run.scale);
        let mut scales: Vec<f64> = self.finite.iter().map(|run| run.scale).collect();
        scales.extend(diverged);
        scales.sort_by(|a, b| b.total_cmp(a));
        scales.dedup();
        scales
    }
}

/// Some of `all` runs that did not stay finite, in words: how many they are, which, and from which step on.
/// Of many the first ones are named.
pub fn not_finite(runs: &[&Diverged], all: usize) -> String {
    const NAMED: usize = 6;
    let mut text = format!("{} of {all} runs are not finite:", runs.len());
    for (i, run) in runs.iter().take(NAMED).enumerate() {
        if i == 0 || run.scale != runs[i - 1].scale {
            text += if i == 0 { "" } else { ";" };
            text += &format!(" scale {}:", short(run.scale));
        } else {
            text += ",";
        }
        text += &format!(" seed {} from step {}", run.seed, run.not_finite_from);
    }
    if runs.len() > NAMED {
        text += ", ...";
    }
    text
}

/// A number as it would be typed: with an exponent where its digits would be many.
pub fn short(x: f64) -> String {
    if x != 0.0 && !(1e-5..1e9).contains(&x.abs()) {
        format!("{x:e}")
    } else {
        x.to_string()
    }
}

impl Measured {
    /// Of a run that is complete.
    pub fn of(run: &Run, data: &DataSet, patches: &KeyPatches) -> Self {
        let network = run.network();
        let norms = network.filter_norms();
        let at_start = run.norms().first().map_or(&[][..], |n| &n.filters);
        Self {
            scale: run.plan().init_scale,
            seed: run.plan().seed,
            accuracy_at_start: run.score_at_start().accuracy,
            epochs: run.epochs().to_vec(),
            concentration: run
                .norms()
                .iter()
                .map(|n| Concentration::of(n.step, &n.filters))
                .collect(),
            norms: run.norms().to_vec(),
            drift: run.drift().to_vec(),
            drift_predicts: spearman(run.drift(), &norms),
            norm_predicts: spearman(at_start, &norms),
            pruning: Pruning::measure(network, data, run.plan().seed),
            alignment: (!patches.keys.is_empty()).then(|| Alignment::measure(network, patches)),
            filters: network.filters().map(<[f32]>::to_vec).collect(),
        }
    }

    /// Concentration after the last step.
    pub fn at_end(&self) -> Concentration {
        let last = self.norms.last();
        last.map_or_else(
            || Concentration::of(0, &[]),
            |n| Concentration::of(n.step, &n.filters),
        )
    }

    /// Test accuracy after the last epoch.
    pub fn accuracy(&self) -> f64 {
        self.epochs.last().map_or(0.0, |e| e.test_accuracy)
    }
}

impl Study {
    /// The plans of all runs, scale by scale, the primary scale first.
    pub fn plans(&self) -> Vec<Plan> {
        let others = self.scales.iter().filter(|s| **s != self.scale);
        let scales = std::iter::once(&self.scale).chain(others);
        scales
            .flat_map(|&init_scale| {
                self.seeds.iter().map(move |&seed| Plan {
                    init_scale,
                    seed,
                    ..self.plan.clone()
                })
            })
            .collect()
    }

    /// Trains all runs and measures them. `begin` may give a run that goes on from a checkpoint. A run that
    /// does not stay finite ends there and is told apart; the others go on.
    ///
    /// # Errors
    /// The first run that fails otherwise.
    ///
    /// # Cost
    /// Runs x epochs x images x (two matrix products); 50 random orders of pruning a run.
    pub fn run(
        &self,
        data: &DataSet,
        patches: &KeyPatches,
        begin: &mut dyn FnMut(&Plan) -> Result<Option<Run>, TrainingError>,
        watch: &mut dyn Watch,
    ) -> Result<Runs, StudyError> {
        let mut all = Runs::default();
        for plan in self.plans() {
            let (scale, seed) = (plan.init_scale, plan.seed);
            // As far as it came.
            let mut run = None;
            let ended = (|| -> Result<(), TrainingError> {
                let begun = match begin(&plan)? {
                    Some(begun) => begun,
                    None => Run::start(&plan, &data.train, &data.test)?,
                };
                run.insert(begun).finish(&data.train, &data.test, watch)
            })();
            match (ended, run) {
                (Ok(()), Some(run)) => all.finite.push(Measured::of(&run, data, patches)),
                (Ok(()), None) => {}
                (Err(TrainingError::Diverged { step, .. }), run) => all.diverged.push(Diverged {
                    scale,
                    seed,
                    not_finite_from: step,
                    epochs: run
                        .as_ref()
                        .map_or_else(Vec::new, |run| run.epochs().to_vec()),
                    norms: run
                        .as_ref()
                        .map_or_else(Vec::new, |run| run.norms().to_vec()),
                }),
                (Err(cause), _) => return Err(StudyError::Run { scale, seed, cause }),
            }
        }
        Ok(all)
    }
}
