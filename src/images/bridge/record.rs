//! What the bridge says: plan, cells, runs, comparisons. All of it is read back from its own JSON.

use crate::images::statistics::mean_with_interval;
use serde::{Deserialize, Serialize};

/// How the semi-real set is made and trained on. Lengths are in units of a key: the key patterns have norm 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BridgePlan {
    /// Side of a patch, in pixels.
    pub patch: usize,
    /// Filters; the heads are +1, -1, +1, ...
    pub filters: usize,
    /// Weights at the start are uniform on `(-init_scale/patch, init_scale/patch)`.
    pub init_scale: f64,
    /// Step size eta; a winner's key coordinate grows by `kappa = eta/2` a step in expectation.
    pub step: f64,
    /// Backgrounds a step where the label is averaged; each is used with both keys.
    pub batch: usize,
    /// Steps.
    pub steps: u64,
    /// At most so many training images, and so many test images, serve as backgrounds.
    pub images: usize,
    /// Seeds of initial weights and draws: the same in every cell.
    pub seeds: Vec<u64>,
}

impl Default for BridgePlan {
    fn default() -> Self {
        Self {
            patch: 4,
            filters: 16,
            init_scale: 0.1,
            step: 0.01,
            batch: 16,
            steps: 500,
            images: 2_000,
            seeds: (1..=5).collect(),
        }
    }
}

impl BridgePlan {
    /// Steps of all runs together, what `progress` adds up to.
    pub fn total_steps(&self) -> u64 {
        let runs = Factors::all().len() as u64 * self.seeds.len() as u64;
        self.steps.saturating_mul(runs)
    }
}

/// The backgrounds against the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Overlap {
    /// As they are.
    AsIs,
    /// With both keys projected out of every patch.
    Projected,
}

/// Where a step's labels come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Labels {
    /// Each background of a batch is used with both keys.
    Averaged,
    /// One image a step, its label a fair coin.
    Sampled,
}

/// What is minimised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BridgeLoss {
    /// `1 - y f`.
    Unhinged,
    /// `max(0, 1 - y f)`.
    Hinge,
}

/// The grey that is 0 to the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Zero {
    /// Black.
    Black,
    /// The mean pixel of the training images.
    Mean,
}

/// One combination of the four factors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Factors {
    /// Backgrounds.
    pub overlap: Overlap,
    /// Grey level zero.
    pub zero: Zero,
    /// Labels.
    pub labels: Labels,
    /// Loss.
    pub loss: BridgeLoss,
}

impl Factors {
    /// All 16; the four of one semi-real set follow each other.
    pub fn all() -> Vec<Self> {
        let mut all = Vec::with_capacity(16);
        for overlap in [Overlap::AsIs, Overlap::Projected] {
            for zero in [Zero::Black, Zero::Mean] {
                for labels in [Labels::Averaged, Labels::Sampled] {
                    for loss in [BridgeLoss::Unhinged, BridgeLoss::Hinge] {
                        all.push(Self {
                            overlap,
                            zero,
                            labels,
                            loss,
                        });
                    }
                }
            }
        }
        all
    }
}

/// A number over the runs, with its Student t interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Over {
    /// Mean; `None` if no run has the number (a quotient by 0 is none).
    pub mean: Option<f64>,
    /// Interval; `None` with fewer than two runs that have the number.
    pub ci: Option<[f64; 2]>,
    /// Runs that have it.
    pub runs: usize,
}

impl Over {
    /// Of the finite ones among these values.
    pub(super) fn of(values: impl IntoIterator<Item = Option<f64>>) -> Self {
        let finite = values.into_iter().flatten().filter(|x| x.is_finite());
        let values: Vec<f64> = finite.collect();
        let (mean, interval) = mean_with_interval(&values);
        let known = |x: &f64| x.is_finite();
        Self {
            mean: (!values.is_empty()).then_some(mean).filter(known),
            ci: (values.len() > 1 && interval.iter().all(known)).then_some(interval),
            runs: values.len(),
        }
    }

    /// Of numbers that lie in [0, 1]: the part of the interval that does.
    pub(super) fn of_shares(values: impl IntoIterator<Item = Option<f64>>) -> Self {
        let mut over = Self::of(values);
        over.ci = over.ci.map(|ci| ci.map(|x| x.clamp(0.0, 1.0)));
        over
    }
}

/// One run of a cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BridgeRun {
    /// Seed.
    pub seed: u64,
    /// Winners of label + and of label -.
    pub winners: [usize; 2],
    /// Losers.
    pub losers: usize,
    /// Mean growth of the winners' own key coordinates over `kappa t`; `None` without winners or steps.
    pub growth: Option<f64>,
    /// Least winner norm over largest loser norm at the end; `None` where a side is missing or 0.
    pub dominance: Option<f64>,
    /// Losers, whose own key coordinate is at most 0 at the start, with more than `kappa t / 2` at the end.
    pub revived: usize,
    /// Mean over the winners of `sqrt(|w|^2 - along^2)` at the end, `along` the own key coordinate.
    pub across: Option<f64>,
    /// Largest `|<w_j(t) - w_j(0), p>|` over filters and training patches p, over `kappa t`; 0 if the responses to
    /// the backgrounds stayed as they were.
    pub background_move: Option<f64>,
    /// For each label the sum over the steps of the share of the batch that had it.
    pub labels: [f64; 2],
    /// The same of images with an open gate.
    pub open: [f64; 2],
    /// Accuracy over all test backgrounds, places of the key and both labels, counted.
    pub accuracy: f64,
    /// Accuracy over the law that was trained on, counted in the same way.
    pub accuracy_training: f64,
}

/// A run that ended early, because a weight or an output was not finite any more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NotFinite {
    /// Seed.
    pub seed: u64,
    /// The first step after which it is so; 0 for the initial state.
    pub step: u64,
}

/// The state of an assumption in a cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hypothesis {
    /// Its name in the theory.
    pub id: String,
    /// Does it hold, up to 1e-9 where it is measured?
    pub holds: bool,
    /// What was measured; `None` where it holds by construction.
    pub measure: Option<f64>,
    /// What is measured, or why it holds.
    pub says: String,
}

/// A theorem that does not speak of a cell, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Silent {
    /// The theorem.
    pub theorem: String,
    /// Why.
    pub because: String,
}

/// What a theorem says of a seen number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// Seen equals predicted.
    Equal,
    /// Seen is at most predicted.
    AtMost,
    /// Seen is at least predicted.
    AtLeast,
}

/// Of which runs a theorem says it, and so what a comparison takes for *outside*.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Of every run: one against it, by more than 1e-9 of the predicted figure, is enough.
    Every,
    /// Of the mean over runs: outside if the interval of seen less predicted lies on the wrong side of 0.
    Mean,
    /// Of a run with at least this probability: outside if as many runs against it have probability below 0.05.
    Probability(f64),
}

/// A theorem's figure beside the seen one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The theorem's part, such as `T12 (a)`.
    pub part: String,
    /// The two figures in words.
    pub says: String,
    /// How they must lie.
    pub relation: Relation,
    /// In which runs.
    pub scope: Scope,
    /// The theorem's figure; it depends on a run's initial weights.
    pub predicted: Over,
    /// The seen figure.
    pub seen: Over,
    /// Runs compared.
    pub runs: usize,
    /// Runs on the wrong side.
    pub against: usize,
    /// Can any run of this length be outside? A bound that exceeds what can happen cannot fail.
    pub could_fail: bool,
    /// [`Verdict::Inside`] or [`Verdict::Outside`].
    pub verdict: Verdict,
}

/// How the seen lies beside the predicted. *Inside* is sampled evidence, never a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every comparison is inside, and at least one of them could have failed.
    Inside,
    /// A comparison is outside.
    Outside,
    /// No theorem speaks of the cell, or it says nothing that these runs could contradict.
    NoTheorem,
    /// A run did not stay finite.
    NotFinite,
}

/// What is seen in a cell, over its runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// [`BridgeRun::growth`].
    pub growth: Over,
    /// [`BridgeRun::dominance`].
    pub dominance: Over,
    /// Share of the losers that are revived.
    pub revived: Over,
    /// [`BridgeRun::across`].
    pub across: Over,
    /// [`BridgeRun::background_move`].
    pub background_move: Over,
    /// Updates: steps, each counted by the share of its batch with an open gate.
    pub updates: Over,
    /// [`BridgeRun::accuracy`].
    pub accuracy: Over,
    /// [`BridgeRun::accuracy_training`].
    pub accuracy_training: Over,
}

/// One combination of factors: what is seen, and what the theorem that speaks of it says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// Which.
    pub factors: Factors,
    /// The theorem that speaks of it.
    pub theorem: Option<String>,
    /// The assumptions.
    pub hypotheses: Vec<Hypothesis>,
    /// Theorems that do not speak of it, and why.
    pub silent: Vec<Silent>,
    /// The theorem's figures beside the seen ones.
    pub comparisons: Vec<Comparison>,
    /// All comparisons together.
    pub verdict: Verdict,
    /// Why, in a sentence.
    pub because: String,
    /// T12 (f): the largest over the runs of a step at which accuracy 1 is certain enough.
    pub accurate_from: Option<u64>,
    /// What is seen.
    pub seen: Seen,
    /// The runs that stayed finite; all numbers are over these.
    pub runs: Vec<BridgeRun>,
    /// The others.
    pub not_finite: Vec<NotFinite>,
}

/// The dictionary of one semi-real set against the assumptions, and the moments that the bounds need.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Geometry {
    /// Backgrounds.
    pub overlap: Overlap,
    /// Grey level zero.
    pub zero: Zero,
    /// Largest `|<v_y, p>|` of a key and a training patch.
    pub key_background: f64,
    /// Training patches that equal a key.
    pub keys_among: usize,
    /// Different patches other than 0; `None` if more than a patch has pixels, and then A1 fails.
    pub patterns: Option<usize>,
    /// Largest `|<p,q>|` of different patches and `| |p|^2 - 1 |`: over all patches if their number is known,
    /// else over those of one image.
    pub coherence: f64,
    /// V: the mean over images and places of `sum_pq max(<p,q>, 0)` over the patches beside the key.
    pub mean_square: f64,
    /// C: the largest of it.
    pub most_square: f64,
}

/// All cells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bridge {
    /// How it was made.
    pub plan: BridgePlan,
    /// Training images and test images that served as backgrounds.
    pub images: [usize; 2],
    /// Places of the key in an image.
    pub places: usize,
    /// `kappa = eta/2`.
    pub kappa: f64,
    /// The four sets.
    pub sets: Vec<Geometry>,
    /// The sixteen cells, in the order of [`Factors::all`].
    pub cells: Vec<Cell>,
}
