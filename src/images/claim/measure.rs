//! What is measured of one run.

use super::arena::KeyPatches;
use super::registration::Measure;
use crate::images::network::{Contributions, Head, Network};
use crate::images::statistics::{cosine, descending, dot, gini, mean, norm, slope, spearman};
use crate::images::streams::{Use, stream};
use rand::seq::{SliceRandom, index};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Test accuracy with k filters, k = 0, 1, ..., n.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Curves {
    /// The k filters that matter most.
    pub top: Vec<f64>,
    /// k at random: the mean over the random orders.
    pub random: Vec<f64>,
    /// Their 5 % quantile.
    pub low: Vec<f64>,
    /// Their 95 % quantile.
    pub high: Vec<f64>,
}

/// How far the winners moved along their key and across it, by step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Motion {
    /// Steps taken.
    pub steps: Vec<u64>,
    /// Root mean square over the winners of the change of the part along the key.
    pub along: Vec<f64>,
    /// Root mean square over the winners of the norm of the change across it.
    pub across: Vec<f64>,
}

impl Motion {
    /// Slopes on log axes of along, across and their ratio over the last five doublings of the first `until`
    /// steps; `None` of what is not positive throughout.
    pub fn slopes(&self, until: u64) -> [Option<f64>; 3] {
        let from = until / 32;
        let used =
            (0..self.steps.len()).filter(|&i| (from.max(1)..=until).contains(&self.steps[i]));
        let used: Vec<usize> = used.collect();
        let of = |value: &dyn Fn(usize) -> f64| {
            let points = used
                .iter()
                .map(|&i| ((self.steps[i] as f64).ln(), value(i).ln()));
            slope(&points.collect::<Vec<_>>())
        };
        [
            of(&|i| self.along[i]),
            of(&|i| self.across[i]),
            of(&|i| self.along[i] / self.across[i]),
        ]
    }
}

/// Follows the winners of a network with a fixed head.
pub struct Follow {
    /// Filter, unit key, filter at step 0.
    winners: Vec<(usize, Vec<f64>, Vec<f32>)>,
    /// What was seen.
    pub motion: Motion,
}

impl Follow {
    /// The winners: filters whose inner product with the first key patch of the class of their sign is positive at
    /// step 0. `None` without a fixed head, without keys, or without winners.
    pub fn start(network: &Network, keys: &KeyPatches) -> Option<Self> {
        let fixed = network.shape().architecture().head == Head::FixedSigns;
        let key = |y: usize| keys.keys[y].first().map(|&c| &keys.centres[c]);
        let keys = [key(0)?, key(1)?];
        let units = keys.map(|key| {
            let length = norm(key);
            key.iter()
                .map(|&x| f64::from(x) / length)
                .collect::<Vec<f64>>()
        });
        let mut winners = Vec::new();
        for (j, w) in network.filters().enumerate() {
            let y = usize::from(network.head(0, j)[0] < 0.0);
            if dot(w, &units[y]) > 0.0 {
                winners.push((j, units[y].clone(), w.to_vec()));
            }
        }
        (fixed && !winners.is_empty()).then(|| Self {
            winners,
            motion: Motion::default(),
        })
    }

    /// Notes where the winners are.
    pub fn note(&mut self, step: u64, network: &Network) {
        let filters: Vec<&[f32]> = network.filters().collect();
        let (mut along, mut across) = (0.0, 0.0);
        for (j, key, start) in &self.winners {
            let moved: Vec<f64> = filters[*j]
                .iter()
                .zip(start)
                .map(|(w, s)| f64::from(*w) - f64::from(*s))
                .collect();
            let a = dot(&moved, key);
            along += a * a;
            across += (dot(&moved, &moved) - a * a).max(0.0);
        }
        let n = self.winners.len() as f64;
        self.motion.steps.push(step);
        self.motion.along.push((along / n).sqrt());
        self.motion.across.push((across / n).sqrt());
    }
}

/// What was measured of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The measures that it has.
    pub values: BTreeMap<Measure, f64>,
    /// Permutation p values of those that have one.
    pub p: BTreeMap<Measure, f64>,
}

impl Measured {
    /// The slopes of a motion over its first `until` steps.
    pub fn set_slopes(&mut self, motion: &Motion, until: u64) {
        let names = [
            Measure::AlongSlope,
            Measure::AcrossSlope,
            Measure::RatioSlope,
        ];
        for (name, slope) in names.into_iter().zip(motion.slopes(until)) {
            self.set(name, slope);
        }
    }

    fn set(&mut self, measure: Measure, value: Option<f64>) {
        if let Some(value) = value.filter(|x| x.is_finite()) {
            self.values.insert(measure, value);
        }
    }
}

/// What belongs to a run beside its networks.
pub struct Context<'a> {
    /// What each filter adds on the training images.
    pub train: &'a Contributions,
    /// What each filter adds on the test images.
    pub test: &'a Contributions,
    /// Key patches of its images.
    pub keys: &'a KeyPatches,
    /// Random sets and names.
    pub permutations: usize,
    /// The run's seed.
    pub seed: u64,
}

/// Everything that the end of a run shows, beside its motion; with the curves of the pruning.
pub fn measure(
    start: &Network,
    end: &Network,
    drift: Option<&[f64]>,
    context: &Context<'_>,
) -> (Measured, Curves) {
    let mut found = Measured::default();
    let importance = importance(end);
    found.set(Measure::NormShare, top_share(&importance));
    let moved: Vec<f64> = end
        .filters()
        .zip(start.filters())
        .map(|(w, s)| norm(&w.iter().zip(s).map(|(a, b)| a - b).collect::<Vec<f32>>()))
        .collect();
    found.set(Measure::DisplacementShare, top_share(&moved));
    let any = moved.iter().any(|x| *x > 0.0);
    found.set(Measure::DisplacementGini, any.then(|| gini(&moved)));
    if let Some(drift) = drift {
        found.set(Measure::DriftOrder, Some(spearman(drift, &importance)));
    }
    let n = importance.len();
    let mut rng = stream(Use::RandomSets, context.seed, 0);
    let random: Vec<Vec<usize>> = (0..context.permutations)
        .map(|_| {
            let mut order: Vec<usize> = (0..n).collect();
            order.shuffle(&mut rng);
            order
        })
        .collect();
    let (gap, p, curves) = pruning(context.test, &descending(&importance), &random);
    found.set(Measure::PruningGap, Some(gap));
    found.p.insert(Measure::PruningGap, p);
    if end.shape().architecture().head == Head::FixedSigns {
        let (gap, p) = pruning_by_sign(end, &importance, context);
        found.set(Measure::PruningGapBySign, Some(gap));
        found.p.insert(Measure::PruningGapBySign, p);
    }
    if let Some((value, p)) = alignment(end, &importance, context) {
        found.set(Measure::KeyAlignment, Some(value));
        found.p.insert(Measure::KeyAlignment, p);
    }
    let last = |contributions: &Contributions| {
        let all: Vec<usize> = (0..n).collect();
        contributions.curve(&all).last().copied()
    };
    found.set(Measure::TestAccuracy, last(context.test));
    found.set(Measure::TrainAccuracy, last(context.train));
    (found, curves)
}

/// `|w_j| |a_j|` of each filter; it does not change where a filter grows and its head shrinks by the same factor.
pub fn importance(network: &Network) -> Vec<f64> {
    let norms = network.filter_norms().into_iter();
    norms
        .zip(network.head_norms())
        .map(|(w, a)| w * a)
        .collect()
}

/// Share of the largest quarter in the sum; `None` of nothing.
fn top_share(values: &[f64]) -> Option<f64> {
    let order = descending(values);
    let top: f64 = order
        .iter()
        .take(quarter(values.len()))
        .map(|&j| values[j])
        .sum();
    let sum: f64 = values.iter().sum();
    (sum > 0.0).then(|| top / sum)
}

/// A quarter of n filters, at least 1.
pub fn quarter(n: usize) -> usize {
    (n / 4).max(1)
}

/// Mean over k = 1 to n - 1 of a curve.
fn area(curve: &[f64]) -> f64 {
    match curve {
        [_, inner @ .., _] => mean(inner),
        _ => 0.0,
    }
}

/// The gap between a ranking and random orders, its p value among them, and the curves.
fn pruning(test: &Contributions, top: &[usize], random: &[Vec<usize>]) -> (f64, f64, Curves) {
    let top = test.curve(top);
    let drawn: Vec<Vec<f64>> = random.iter().map(|order| test.curve(order)).collect();
    let areas: Vec<f64> = drawn.iter().map(|curve| area(curve)).collect();
    let own = area(&top);
    let better = areas.iter().filter(|x| **x >= own).count();
    let at = |k: usize| {
        let mut column: Vec<f64> = drawn.iter().map(|curve| curve[k]).collect();
        column.sort_by(f64::total_cmp);
        column
    };
    let columns: Vec<Vec<f64>> = (0..top.len()).map(at).collect();
    let quantile = |share: f64| -> Vec<f64> {
        let place = |column: &Vec<f64>| {
            column[((share * column.len() as f64) as usize).min(column.len() - 1)]
        };
        columns.iter().map(place).collect()
    };
    let curves = Curves {
        random: columns.iter().map(|column| mean(column)).collect(),
        low: quantile(0.05),
        high: quantile(0.95),
        top,
    };
    let p = (better + 1) as f64 / (random.len() + 1) as f64;
    (own - mean(&areas), p, curves)
}

fn pruning_by_sign(end: &Network, importance: &[f64], context: &Context<'_>) -> (f64, f64) {
    let sign = |j: usize| end.head(0, j)[0] > 0.0;
    let split = |order: &[usize]| {
        let (plus, minus): (Vec<usize>, Vec<usize>) = order.iter().partition(|&&j| sign(j));
        let longest = plus.len().max(minus.len());
        (0..longest)
            .flat_map(|k| [plus.get(k), minus.get(k)])
            .flatten()
            .copied()
            .collect::<Vec<usize>>()
    };
    let mut rng = stream(Use::RandomSets, context.seed, 1);
    let random: Vec<Vec<usize>> = (0..context.permutations)
        .map(|_| {
            let mut order: Vec<usize> = (0..importance.len()).collect();
            order.shuffle(&mut rng);
            split(&order)
        })
        .collect();
    let (gap, p, _) = pruning(context.test, &split(&descending(importance)), &random);
    (gap, p)
}

/// The alignment of the top quarter of the filters with key patches of their own class, and its p value where the
/// names of keys are given at random. `None` without keys, or with fewer other centres than keys.
fn alignment(end: &Network, importance: &[f64], context: &Context<'_>) -> Option<(f64, f64)> {
    let keys = context.keys;
    if !keys.can_be_compared() || keys.size.pow(2) != end.shape().patch() {
        return None;
    }
    let own = context.train.class_difference();
    let order = descending(importance);
    let filters: Vec<&[f32]> = end.filters().collect();
    let top: Vec<(usize, Vec<f64>)> = order[..quarter(order.len())]
        .iter()
        .map(|&j| {
            let centred = centred(filters[j]);
            let cosines = keys.centres.iter().map(|c| cosine(&centred, c)).collect();
            (usize::from(own[j] < 0.0), cosines)
        })
        .collect();
    let statistic = |names: &[(Vec<usize>, Vec<usize>); 2]| {
        let each = top.iter().map(|(y, cosines)| {
            let (keys, others) = &names[*y];
            let with_keys = keys
                .iter()
                .map(|&c| cosines[c])
                .fold(f64::NEG_INFINITY, f64::max);
            let others: Vec<f64> = others.iter().map(|&c| cosines[c]).collect();
            with_keys - expected_maximum(&others, keys.len())
        });
        mean(&each.collect::<Vec<_>>())
    };
    let real = [0, 1].map(|y| (keys.keys[y].clone(), keys.others.clone()));
    let value = statistic(&real);
    let mut rng = stream(Use::KeyNames, context.seed, 0);
    let better = (0..context.permutations)
        .filter(|_| {
            let names = [0, 1].map(|y| {
                let pool = [&keys.keys[y][..], &keys.others[..]].concat();
                let named = index::sample(&mut rng, pool.len(), keys.keys[y].len()).into_vec();
                let (mut renamed, mut rest) = (Vec::new(), Vec::new());
                for (i, &c) in pool.iter().enumerate() {
                    (if named.contains(&i) {
                        &mut renamed
                    } else {
                        &mut rest
                    })
                    .push(c);
                }
                (renamed, rest)
            });
            statistic(&names) >= value
        })
        .count();
    Some((
        value,
        (better + 1) as f64 / (context.permutations + 1) as f64,
    ))
}

/// A filter less its mean, as the patches of a dictionary are.
pub fn centred(filter: &[f32]) -> Vec<f64> {
    let values: Vec<f64> = filter.iter().map(|&x| f64::from(x)).collect();
    let m = mean(&values);
    values.into_iter().map(|x| x - m).collect()
}

/// The expected largest of m of these values, drawn without replacement.
fn expected_maximum(values: &[f64], m: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let n = sorted.len();
    // Probability that the i-th largest is the largest drawn: nothing before it was, and it is.
    let (mut none_before, mut sum) = (1.0, 0.0);
    for (i, x) in sorted.iter().enumerate() {
        let is = (m as f64 / (n - i) as f64).min(1.0);
        sum += none_before * is * x;
        none_before *= 1.0 - is;
    }
    sum
}

/// Accuracy of a linear model of the pixels: logistic regression with an intercept, by plain SGD, one image a step.
///
/// # Cost
/// Passes x images x pixels.
pub fn linear_accuracy(
    train: &crate::images::data::Images,
    test: &crate::images::data::Images,
    seed: u64,
) -> f64 {
    const PASSES: u64 = 20;
    const STEP: f64 = 0.01;
    let (m, deviation) = train.mean_and_deviation();
    let scale = if deviation > 0.0 {
        1.0 / deviation
    } else {
        1.0
    };
    let read = |images: &crate::images::data::Images, i: usize| -> Vec<f64> {
        images
            .pixels(i)
            .iter()
            .map(|&x| (f64::from(x) / 255.0 - m) * scale)
            .collect()
    };
    let inputs: Vec<Vec<f64>> = (0..train.len()).map(|i| read(train, i)).collect();
    let (mut w, mut b) = (vec![0.0; train.rows() * train.columns()], 0.0);
    let mut order: Vec<usize> = (0..train.len()).collect();
    for pass in 1..=PASSES {
        order.shuffle(&mut stream(Use::Linear, seed, pass));
        for &i in &order {
            let y = if train.label(i) == 0 { 1.0 } else { -1.0 };
            let gate = y / (1.0 + (y * (dot(&w, &inputs[i]) + b)).exp());
            w.iter_mut()
                .zip(&inputs[i])
                .for_each(|(w, x)| *w += STEP * gate * x);
            b += STEP * gate;
        }
    }
    let right = (0..test.len()).filter(|&i| {
        let f = dot(&w, &read(test, i)) + b;
        (test.label(i) == 0 && f > 0.0) || (test.label(i) == 1 && f < 0.0)
    });
    right.count() as f64 / test.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of 3, 2, 1 two are drawn: the largest is 3 in two of three cases, else 2.
    #[test]
    fn expected_maximum_of_known_values() {
        assert!((expected_maximum(&[1.0, 3.0, 2.0], 2) - 8.0 / 3.0).abs() < 1e-12);
        assert_eq!(expected_maximum(&[1.0, 3.0, 2.0], 3), 3.0);
        assert_eq!(expected_maximum(&[1.0, 3.0, 2.0], 1), 2.0);
    }

    #[test]
    fn slopes_of_powers() {
        let steps: Vec<u64> = (0..=9).map(|k| 1 << k).collect();
        let power = |e: f64| steps.iter().map(|&t| 3.0 * (t as f64).powf(e)).collect();
        let motion = Motion {
            along: power(1.0),
            across: power(0.5),
            steps: steps.clone(),
        };
        for (slope, expected) in motion.slopes(512).into_iter().zip([1.0, 0.5, 0.5]) {
            assert!((slope.unwrap() - expected).abs() < 1e-9);
        }
        let still = Motion {
            along: vec![0.0; steps.len()],
            ..motion
        };
        assert_eq!(still.slopes(512)[0], None);
    }

    #[test]
    fn shares_and_areas() {
        assert_eq!(top_share(&[3.0, 1.0, 1.0, 1.0]), Some(0.5));
        assert_eq!(top_share(&[0.0; 4]), None);
        assert_eq!(area(&[0.0, 0.5, 0.7, 1.0]), 0.6);
    }
}
