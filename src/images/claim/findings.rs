//! Verdicts, by the registered rule and nothing else.
//!
//! The effect of a finding in one run is its measure on the real images less that of its control with the same seed.
//! For each pair of classes one-sided Student t tests over the seeds ask three questions: is the effect at most
//! the threshold, at most 0, above the threshold? An answer holds for a data set if it holds for each of its
//! pairs, so that the p value of the set is the largest of its pairs'. Holm's method goes over all these hypotheses of all
//! findings on all confirmatory sets: the probability that any verdict but *unclear* is wrong is at most the
//! registered level, as far as seeds are independent and means of them normal.

use super::controls::Condition;
use super::registration::{Asks, FindingPlan, Measure, Registration, Role};
use super::runs::Record;
use crate::images::statistics::{cluster_interval, holm, mean, p_above, p_below};
use crate::images::streams::{Use, stream};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The effect is above the threshold, or, where no effect is asked for, within it.
    Supported,
    /// The effect is above 0, and was not shown to be above the threshold.
    WeakerThanAsked,
    /// The effect is at most the threshold, or, where no effect is asked for, beyond it.
    NotSupported,
    /// None of these was shown.
    Unclear,
    /// It cannot be measured here, or it was not found where it must be.
    NotApplicable,
}

impl Verdict {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Supported => "supported",
            Self::WeakerThanAsked => "weaker than asked",
            Self::NotSupported => "not supported",
            Self::Unclear => "unclear",
            Self::NotApplicable => "not applicable",
        }
    }
}

/// The measure under one condition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Arm {
    /// Real or control.
    pub condition: Condition,
    /// Mean over pairs of the means over seeds.
    pub mean: f64,
    /// Interval of the cluster bootstrap.
    pub ci: Option<[f64; 2]>,
    /// Runs.
    pub runs: usize,
}

/// The effect on one pair.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PairEffect {
    /// Classes, by label.
    pub pair: [usize; 2],
    /// Mean over the seeds; `None` without values.
    pub mean: Option<f64>,
    /// One value a seed.
    pub values: Vec<f64>,
}

/// A finding on one data set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// P1, P2, ...
    pub id: String,
    /// The data set.
    pub data: String,
    /// What the set is for.
    pub role: Role,
    /// The verdict.
    pub verdict: Verdict,
    /// What is claimed, with its threshold.
    pub statement: String,
    /// A few words.
    pub title: String,
    /// The threshold.
    pub threshold: f64,
    /// The effect: mean over pairs of the means over seeds; `None` if it cannot be measured.
    pub measured: Option<f64>,
    /// Interval of the cluster bootstrap, not corrected for the number of findings.
    pub ci: Option<[f64; 2]>,
    /// Confidence of the interval.
    pub confidence: f64,
    /// The largest p values over the pairs of: the effect is at most the threshold; at most 0; at least the threshold.
    /// Where no effect is asked for: it is at least the threshold on one side; `None`; it is within it.
    pub p: [Option<f64>; 3],
    /// Pair by pair.
    pub pairs: Vec<PairEffect>,
    /// The measure of the real runs and of every control that has it.
    pub arms: Vec<Arm>,
    /// Median over the runs of the permutation p value of the real runs, where the measure has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permutation_p: Option<f64>,
    /// Why it is not applicable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// Always sampled.
    pub layer: String,
}

/// All controls, in the order in which they are told.
pub const CONTROLS: [Condition; 8] = [
    Condition::ShuffledLabels,
    Condition::PermutedPixels,
    Condition::RandomPhases,
    Condition::Untrained,
    Condition::RandomFilters,
    Condition::NormMatched,
    Condition::Linear,
    Condition::LargeStart,
];

/// What the statement says with its threshold.
pub fn statement(plan: &FindingPlan) -> String {
    match plan.asks {
        Asks::Above => format!("{} by more than {}", plan.statement, plan.threshold),
        Asks::Within => format!("{} by less than {}", plan.statement, plan.threshold),
    }
}

/// All findings on all data sets that have records, in the order of the registration: sets within findings.
///
/// # Cost
/// Resamples x runs.
pub fn findings(registration: &Registration, records: &[Record]) -> Vec<Finding> {
    let index = Index::of(records);
    let mut asked = Vec::new();
    for (place, plan) in registration.finding.iter().enumerate() {
        for data in &registration.data {
            if let Some(pairs) = index.pairs.get(&data.id) {
                let order = data.pairs.iter().filter(|pair| pairs.contains(pair));
                let order: Vec<[usize; 2]> = order.copied().collect();
                asked.push((place as u64, plan, data, order));
            }
        }
    }
    let mut found: Vec<Finding> = asked
        .par_iter()
        .map(|(seed, plan, data, order)| {
            one(
                registration,
                plan,
                &data.id,
                data.role,
                order,
                &index,
                *seed,
            )
        })
        .collect();
    let roles = [Role::PositiveControl, Role::Confirmatory, Role::Exploratory];
    for role in roles {
        decide(registration, &mut found, role);
    }
    void(&mut found);
    found
}

/// Data set, pair, network, condition.
type Arms<'a> = (&'a str, [usize; 2], &'a str, Condition);

/// Records by what they are looked up by.
struct Index<'a> {
    values: BTreeMap<Arms<'a>, BTreeMap<u64, &'a Record>>,
    pairs: BTreeMap<String, Vec<[usize; 2]>>,
}

impl<'a> Index<'a> {
    fn of(records: &'a [Record]) -> Self {
        let mut values: BTreeMap<_, BTreeMap<u64, &Record>> = BTreeMap::new();
        let mut pairs: BTreeMap<String, Vec<[usize; 2]>> = BTreeMap::new();
        for record in records {
            let key = &record.key;
            let at = (
                key.data.as_str(),
                key.pair,
                key.network.as_str(),
                key.condition,
            );
            values.entry(at).or_default().insert(key.seed, record);
            let of = pairs.entry(key.data.clone()).or_default();
            if !of.contains(&key.pair) {
                of.push(key.pair);
            }
        }
        Self { values, pairs }
    }

    fn runs<'s>(
        &'s self,
        data: &'s str,
        pair: [usize; 2],
        network: &'s str,
        condition: Condition,
    ) -> impl Iterator<Item = &'s Record> {
        let at = self.values.get(&(data, pair, network, condition));
        at.into_iter()
            .flat_map(|runs| runs.values())
            .map(|record| &**record)
    }

    fn value(&self, record: &Record, condition: Condition, measure: Measure) -> Option<f64> {
        let key = &record.key;
        let at = (key.data.as_str(), key.pair, key.network.as_str(), condition);
        let other = self.values.get(&at)?.get(&key.seed)?;
        other.measured.values.get(&measure).copied()
    }
}

fn one(
    registration: &Registration,
    plan: &FindingPlan,
    data: &str,
    role: Role,
    pairs: &[[usize; 2]],
    index: &Index<'_>,
    seed: u64,
) -> Finding {
    let statistics = &registration.statistics;
    let (mut effects, mut missing) = (Vec::new(), Vec::new());
    let mut permutation: Vec<f64> = Vec::new();
    for &pair in pairs {
        let mut values = Vec::new();
        let mut without = 0;
        for record in index.runs(data, pair, &plan.network, Condition::Real) {
            permutation.extend(record.measured.p.get(&plan.measure).copied());
            let own = record.measured.values.get(&plan.measure).copied();
            let other = match plan.less {
                None => Some(0.0),
                Some(control) => index.value(record, control, plan.measure),
            };
            match (own, other) {
                (Some(own), Some(other)) => values.push(own - other),
                _ => without += 1,
            }
        }
        if without > 0 || values.is_empty() {
            let all = without + values.len();
            missing.push(format!(
                "classes {} and {}: {without} of {all} runs",
                pair[0], pair[1]
            ));
        }
        effects.push(PairEffect {
            pair,
            mean: (!values.is_empty()).then(|| mean(&values)),
            values,
        });
    }
    let mut rng = stream(Use::Bootstrap, registration.sample.seed, seed);
    let mut interval = |clusters: &[Vec<f64>]| {
        cluster_interval(
            clusters,
            statistics.confidence,
            statistics.resamples,
            &mut rng,
        )
    };
    let clusters: Vec<Vec<f64>> = effects.iter().map(|e| e.values.clone()).collect();
    let whole = interval(&clusters).filter(|_| missing.is_empty());
    let arms = std::iter::once(Condition::Real)
        .chain(CONTROLS)
        .filter_map(|condition| {
            let clusters: Vec<Vec<f64>> = pairs
                .iter()
                .map(|&pair| {
                    let runs = index.runs(data, pair, &plan.network, condition);
                    runs.filter_map(|r| r.measured.values.get(&plan.measure).copied())
                        .collect()
                })
                .collect();
            let (mean, ci) = interval(&clusters)?;
            let runs = clusters.iter().map(Vec::len).sum();
            Some(Arm {
                condition,
                mean,
                ci,
                runs,
            })
        });
    let arms = arms.collect();
    let worst = |test: &dyn Fn(&[f64]) -> f64| {
        let each = clusters.iter().map(|values| test(values));
        whole.is_some().then(|| each.fold(0.0, f64::max))
    };
    let theta = plan.threshold;
    let p = match plan.asks {
        Asks::Above => [
            worst(&|x| p_above(x, theta)),
            worst(&|x| p_above(x, 0.0)),
            worst(&|x| p_below(x, theta)),
        ],
        Asks::Within => [
            worst(&|x| p_below(x, theta).max(p_above(x, -theta))),
            None,
            worst(&|x| (2.0 * p_above(x, theta).min(p_below(x, -theta))).min(1.0)),
        ],
    };
    permutation.sort_by(f64::total_cmp);
    Finding {
        id: plan.id.clone(),
        data: data.to_owned(),
        role,
        verdict: if whole.is_some() {
            Verdict::Unclear
        } else {
            Verdict::NotApplicable
        },
        statement: statement(plan),
        title: plan.title.clone(),
        threshold: theta,
        measured: whole.map(|w| w.0),
        ci: whole.and_then(|w| w.1),
        confidence: statistics.confidence,
        p,
        pairs: effects,
        arms,
        permutation_p: permutation.get(permutation.len() / 2).copied(),
        because: (!missing.is_empty()).then(|| {
            let why = match plan.measure {
                Measure::KeyAlignment => {
                    " (a class has no key patch, or there are fewer other centres than keys)"
                }
                Measure::AlongSlope | Measure::AcrossSlope | Measure::RatioSlope => {
                    " (a class has no key patch, or no filter begins along it)"
                }
                _ => "",
            };
            format!("no value{why} in {}", missing.join("; "))
        }),
        layer: "sampled".to_owned(),
    }
}

/// Verdicts of all findings on sets of one role, by Holm's method over all their hypotheses.
fn decide(registration: &Registration, found: &mut [Finding], role: Role) {
    let mut hypotheses = Vec::new();
    for (i, finding) in found.iter().enumerate() {
        if finding.role == role {
            let each = finding.p.iter().enumerate();
            hypotheses.extend(each.filter_map(|(which, p)| Some((i, which, (*p)?))));
        }
    }
    let p: Vec<f64> = hypotheses.iter().map(|h| h.2).collect();
    let refused = holm(&p, registration.statistics.level);
    let mut shown: BTreeMap<usize, [bool; 3]> = BTreeMap::new();
    for ((i, which, _), refused) in hypotheses.into_iter().zip(refused) {
        shown.entry(i).or_default()[which] |= refused;
    }
    for (i, shown) in shown {
        found[i].verdict = match shown {
            [true, _, _] => Verdict::Supported,
            [_, true, _] => Verdict::WeakerThanAsked,
            [_, _, true] => Verdict::NotSupported,
            _ => Verdict::Unclear,
        };
    }
}

/// A finding that is not supported on the positive control is void everywhere else.
fn void(found: &mut [Finding]) {
    let controls: BTreeMap<String, Verdict> = found
        .iter()
        .filter(|f| f.role == Role::PositiveControl)
        .map(|f| (f.id.clone(), f.verdict))
        .collect();
    for finding in found.iter_mut().filter(|f| f.role != Role::PositiveControl) {
        let Some(control) = controls.get(&finding.id) else {
            continue;
        };
        if *control != Verdict::Supported && finding.verdict != Verdict::NotApplicable {
            finding.verdict = Verdict::NotApplicable;
            finding.because = Some(format!(
                "void: {} on the positive control, where it must be supported",
                control.name()
            ));
        }
    }
}
