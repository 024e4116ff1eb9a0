//! The findings F1 to F6 about claim C6, "on real images this holds to some extent": what each says, how
//! it is measured, and the threshold that decides, all fixed here before anything is measured.
//!
//! A finding is measured once a seed. Its verdict compares the Student t interval over the seeds with
//! the threshold: *supported* if the whole interval lies above it, *not supported* if the whole interval
//! lies at or below it, *unclear* otherwise. A run that did not stay finite has no value: a finding that
//! needs it is *undecided*, and only the mean over the finite runs is told. The layer of evidence is *sampled*, and the finding speaks
//! of this data set and this network.

use super::statistics::{CONFIDENCE, mean_with_interval};
use super::study::{Diverged, Measured, Runs, not_finite, quarter};
use serde::Serialize;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The interval lies above the threshold.
    Supported,
    /// The interval does not reach above the threshold.
    NotSupported,
    /// The threshold lies within the interval.
    Unclear,
    /// A run that it needs did not stay finite.
    Undecided,
}

impl Verdict {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Supported => "supported",
            Self::NotSupported => "not supported",
            Self::Unclear => "unclear",
            Self::Undecided => "undecided",
        }
    }
}

/// A finding as it is defined.
#[derive(Debug, Clone, Copy)]
pub struct Definition {
    /// F1 to F6.
    pub id: &'static str,
    /// A few words.
    pub title: &'static str,
    /// What is claimed, with the threshold.
    pub statement: &'static str,
    /// What the measured number is.
    pub measure: &'static str,
    /// It must lie above this.
    pub threshold: f64,
}

/// **F1, norm concentration.** Measured at the end of training, at the primary scale: the share of the
/// sum of filter norms `|w_j|` that the top quarter of the filters has. Equal norms give 1/4. In the limit
/// of the theory half of the filters are winners, alike, and the others are nothing beside them: 1/2. "The
/// norms come to dominate" is read as more than half of the way, 3/8.
pub const F1: Definition = Definition {
    id: "F1",
    title: "norm concentration",
    statement: "After training, the top quarter of the filters has more than 0.375 of the sum of norms \
                (0.25 if all are equal, 0.5 in the limit of the theory).",
    measure: "share of the top quarter",
    threshold: 0.375,
};

/// **F2, dominating filters suffice.** Measured: test accuracy with only the top quarter of the filters
/// by `|w_j|`, less the mean test accuracy with as many filters at random (50 random orders a seed); the
/// other filters are masked, nothing is trained again. A gap of up to 0.03 is what a change of seed does,
/// so it counts as none. Its variant ranks by `|w_j| |a_j|`, with the norm of the filter's head weights.
pub const F2: Definition = Definition {
    id: "F2",
    title: "dominating filters suffice",
    statement: "With only the top quarter of the filters by norm, test accuracy is more than 0.03 above \
                that with as many filters at random.",
    measure: "accuracy of the top quarter less that of a random quarter",
    threshold: 0.03,
};

/// **F3, dominating filters are key patterns.** Key patterns are centres of a patch dictionary (k-means on
/// centred patches) which are at least twice as likely to occur in an image of some class as in one of
/// the others. Measured: the largest cosine of a filter with a key pattern, mean over the top quarter of
/// the filters by norm less mean over the bottom quarter.
pub const F3: Definition = Definition {
    id: "F3",
    title: "dominating filters are key patterns",
    statement: "The top quarter of the filters by norm has a cosine with its nearest key pattern that is \
                more than 0.1 above that of the bottom quarter.",
    measure: "mean cosine of the top quarter less that of the bottom quarter",
    threshold: 0.1,
};

/// **F4, accuracy over time.** Measured: test accuracy after the last epoch. The claim says 100 %; within
/// 0.01 of it counts.
pub const F4: Definition = Definition {
    id: "F4",
    title: "accuracy reaches 100 %",
    statement: "Test accuracy after the last epoch is above 0.99.",
    measure: "test accuracy at the end",
    threshold: 0.99,
};

/// **F5, winners at initialisation.** T2s says that a filter's norm grows like its drift at step 0, so the
/// order of the norms at the end is decided by the initial values. Measured: Spearman's rank correlation,
/// over the filters, of the drift (the norm of the filter's part of the gradient over all training images
/// at step 0) with the norm at the end.
pub const F5: Definition = Definition {
    id: "F5",
    title: "winners at initialisation win",
    statement: "The drift of the filters at step 0 has a rank correlation above 0.5 with their norms at \
                the end.",
    measure: "rank correlation of drift and final norm",
    threshold: 0.5,
};

/// **F6, small initialisation.** T2's T_dom grows with the initial norms, so after the same number of steps
/// dominance is clearer from a smaller initialisation. Measured, for each seed: the Gini coefficient of
/// the final norms at the smallest scale less that at the largest.
pub const F6: Definition = Definition {
    id: "F6",
    title: "small initialisation, clear dominance",
    statement: "The Gini coefficient of the final norms is more than 0.05 higher from the smallest scale \
                of the initialisation than from the largest.",
    measure: "Gini at the smallest scale less Gini at the largest",
    threshold: 0.05,
};

/// F2 with the filters ranked by `|w_j| |a_j|`.
const F2_BY_PRODUCT: Definition = Definition {
    statement: "With only the top quarter of the filters by |w||a|, test accuracy is more than 0.03 above \
                that with as many filters at random.",
    measure: "the same by |w||a|",
    ..F2
};

/// All of them.
pub const ALL: [Definition; 6] = [F1, F2, F3, F4, F5, F6];

/// A finding with its verdict.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// F1 to F6.
    pub id: &'static str,
    /// A few words.
    pub title: &'static str,
    /// The verdict.
    pub verdict: Verdict,
    /// Always sampled.
    pub layer: &'static str,
    /// What is claimed.
    pub statement: &'static str,
    /// What `measured` is.
    pub measure: &'static str,
    /// The threshold.
    pub threshold: f64,
    /// Mean over the seeds, of the runs that stayed finite; `None` if it cannot be measured here.
    pub measured: Option<f64>,
    /// Student t interval over the seeds; `None` with fewer than two, or if a run did not stay finite.
    pub ci: Option<[f64; 2]>,
    /// Confidence of the interval.
    pub confidence: f64,
    /// One value a seed, of the runs that stayed finite.
    pub values: Vec<f64>,
    /// Why it is unclear, where that does not follow from the interval, or undecided.
    pub because: Option<String>,
    /// The same with another ranking of the filters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<Box<Finding>>,
}

/// Decides a finding from one value a seed.
pub fn decide(definition: &Definition, values: Vec<f64>) -> Finding {
    let (mean, [low, high]) = mean_with_interval(&values);
    let interval = (values.len() > 1 && mean.is_finite()).then_some([low, high]);
    let verdict = match interval {
        Some([low, _]) if low > definition.threshold => Verdict::Supported,
        Some([_, high]) if high <= definition.threshold => Verdict::NotSupported,
        _ => Verdict::Unclear,
    };
    Finding {
        id: definition.id,
        title: definition.title,
        verdict,
        layer: "sampled",
        statement: definition.statement,
        measure: definition.measure,
        threshold: definition.threshold,
        measured: (!values.is_empty() && mean.is_finite()).then_some(mean),
        ci: interval,
        confidence: CONFIDENCE,
        because: interval.is_none().then(|| {
            let why = if values.is_empty() {
                "it cannot be measured here"
            } else {
                "one seed gives no interval"
            };
            why.to_owned()
        }),
        values,
        variant: None,
    }
}

/// The findings from all runs; F1 to F5 speak of the runs at `scale`.
pub fn findings(runs: &Runs, scale: f64) -> Vec<Finding> {
    let primary = runs.at(scale);
    let each = |value: &dyn Fn(&Measured) -> f64| primary.iter().map(|run| value(run)).collect();
    let f3: Vec<f64> = primary
        .iter()
        .filter_map(|run| run.alignment.as_ref())
        .map(|alignment| alignment.top - alignment.bottom)
        .collect();
    let mut f3 = decide(&F3, f3);
    if f3.values.is_empty() {
        f3.because = Some("no centre of the patch dictionary is a key pattern".to_owned());
    }
    let mut f6 = decide(&F6, by_scale(runs));
    if f6.values.is_empty() {
        f6.because = Some("it takes runs at two scales".to_owned());
    }
    let gap = |top: fn(&Measured) -> &[f64]| {
        each(&|run| {
            let k = quarter(run.filters.len());
            top(run)[k] - run.pruning.random[k]
        })
    };
    let mut f2 = decide(&F2, gap(|run| &run.pruning.top_by_norm));
    let by_product = decide(&F2_BY_PRODUCT, gap(|run| &run.pruning.top_by_product));
    f2.variant = Some(Box::new(by_product));
    let (diverged, all) = (
        runs.diverged_at(scale),
        primary.len() + runs.diverged_at(scale).len(),
    );
    let mut found = vec![
        decide(&F1, each(&|run| run.at_end().top_quarter_share)),
        f2,
        f3,
        decide(&F4, each(&Measured::accuracy)),
        decide(&F5, each(&|run| run.drift_predicts)),
    ];
    for finding in &mut found {
        finding.undecide(&diverged, all);
    }
    let (ends, mut diverged, mut all) = (extremes(runs), Vec::new(), 0);
    for end in ends.into_iter().flatten() {
        diverged.extend(runs.diverged_at(end));
        all += runs.at(end).len() + runs.diverged_at(end).len();
    }
    f6.undecide(&diverged, all);
    found.push(f6);
    found
}

impl Finding {
    /// Undecided, if one of the runs that it needs did not stay finite.
    fn undecide(&mut self, diverged: &[&Diverged], all: usize) {
        if diverged.is_empty() {
            return;
        }
        (self.verdict, self.ci) = (Verdict::Undecided, None);
        self.because = Some(not_finite(diverged, all));
        if let Some(variant) = &mut self.variant {
            variant.undecide(diverged, all);
        }
    }
}

/// The smallest and the largest scale, if they differ.
fn extremes(runs: &Runs) -> Option<[f64; 2]> {
    let scales = runs.scales();
    let (largest, smallest) = (*scales.first()?, *scales.last()?);
    (smallest < largest).then_some([smallest, largest])
}

/// For each seed the Gini coefficient at the smallest scale less that at the largest.
fn by_scale(runs: &Runs) -> Vec<f64> {
    let Some([smallest, largest]) = extremes(runs) else {
        return Vec::new();
    };
    let large = runs.at(largest);
    let at_largest = |seed: u64| large.iter().find(|run| run.seed == seed);
    let small = runs.at(smallest).into_iter();
    small
        .filter_map(|run| Some(run.at_end().gini - at_largest(run.seed)?.at_end().gini))
        .collect()
}
