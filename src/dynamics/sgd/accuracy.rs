//! Accuracy of simulated states: by the worst atom, by all atoms, or by sampled images.

use super::super::float::to_nearest;
use super::super::kernel::{Block, Kernel, LANES, Walker, weighted_sum};
use super::super::sampler::Sampler;
use crate::problem::{Distribution, Label, Pooling, Problem};
use multiversion::multiversion;
use num_bigint::BigUint;
use num_traits::Zero;
use std::collections::BTreeMap;

/// Images drawn, once a run, where accuracy is sampled.
pub const SAMPLED_IMAGES: u32 = 256;

/// Run k samples its accuracy images from stream `ACCURACY_STREAM + k` of the seed.
pub const ACCURACY_STREAM: u64 = 1 << 63;

/// Accuracy is enumerated while atoms times runs times reported steps stay below this.
const MAX_ENUMERATED: u64 = 100_000_000;

/// Decides accuracies. Accuracy is `P(y f(X) > 0)`; a tie is an error.
pub(super) struct Judge {
    /// Of a generative distribution: the labels of positive probability.
    sides: Option<Vec<Side>>,
    pooling: Pooling,
    /// All atoms, where they are few enough or given one by one.
    atoms: Option<Images>,
    /// May the atoms be gone through at every reported step?
    enumerates: bool,
}

/// What decides whether all images of one label are classified correctly.
struct Side {
    label: Label,
    key_patches: f64,
    background_patches: f64,
    /// Background patterns of positive probability; empty if no patch is drawn from them.
    support: Vec<usize>,
}

impl Judge {
    pub(super) fn new(problem: &Problem, runs: u64, times: u64) -> Self {
        let pooling = problem.network.pooling;
        let atoms = problem.distribution.n_atoms();
        let limit = BigUint::from(MAX_ENUMERATED);
        let enumerates = &atoms * runs * times < limit;
        let (sides, wanted) = match &problem.distribution {
            Distribution::Explicit(_) => (None, true),
            Distribution::Generative(g) => {
                let sides = Label::BOTH
                    .into_iter()
                    .filter(|y| !g.prior()[y.index()].is_zero())
                    .map(|label| Side {
                        label,
                        key_patches: f64::from(g.key_patches()),
                        background_patches: f64::from(g.background_patches()),
                        support: if g.background_patches() == 0 {
                            Vec::new()
                        } else {
                            g.support(label).iter().map(|k| k + 2).collect()
                        },
                    })
                    .collect();
                // Under max pooling the end of each run is worth an enumeration of its own.
                let wanted = enumerates || (pooling == Pooling::Max && atoms * runs < limit);
                (Some(sides), wanted)
            }
        };
        let atoms = if wanted {
            problem.distribution.atoms().ok().map(|table| {
                Images::new(
                    pooling,
                    table.atoms().iter().map(|atom| {
                        let entries = atom
                            .counts
                            .iter()
                            .enumerate()
                            .filter(|&(_, &count)| count > 0)
                            .map(|(p, &count)| (p as u32, count))
                            .collect();
                        (atom.label, entries, to_nearest(&atom.probability))
                    }),
                )
            })
        } else {
            None
        };
        Judge {
            sides,
            pooling,
            enumerates: enumerates && atoms.is_some(),
            atoms,
        }
    }

    /// Is every atom classified correctly, as far as the worst atom tells? Under max pooling
    /// only a sufficient condition: own filters give at least their key's value, opposed filters
    /// take at most the largest value of any pattern.
    fn worst_is_right(&self, kernel: &Kernel<f64>, walker: &mut Walker<f64>) -> bool {
        let Some(sides) = &self.sides else {
            return false;
        };
        match self.pooling {
            Pooling::Sum => {
                let sums = kernel.all_sums(walker);
                sides.iter().all(|side| {
                    let y = side.label.sign() as f64;
                    let least = side.support.iter().map(|&p| y * sums[p]).reduce(f64::min);
                    let key = y * sums[side.label.index()];
                    side.key_patches * key
                        + least.map_or(0.0, |least| side.background_patches * least)
                        > 0.0
                })
            }
            Pooling::Max => {
                let blocks = kernel.blocks();
                let values = kernel.activated(walker);
                sides.iter().all(|side| {
                    let y = side.label.sign() as f64;
                    let key = side.label.index();
                    let mut least = 0.0;
                    for (b, a) in walker.head.iter().enumerate() {
                        for l in 0..LANES {
                            let own = values[key * blocks + b][l];
                            let weight = y * a[l];
                            least += if weight > 0.0 {
                                weight * own
                            } else {
                                let columns = side.support.iter();
                                let most = columns
                                    .fold(own, |most, &p| most.max(values[p * blocks + b][l]));
                                weight * most
                            };
                        }
                    }
                    least > 0.0
                })
            }
        }
    }
}

/// A judge at work on one run.
pub(super) struct RunJudge<'a> {
    judge: &'a Judge,
    sampler: &'a Sampler,
    seed: u64,
    run: u64,
    /// Drawn when they are first needed, and the same at every reported step.
    sample: Option<Images>,
}

impl<'a> RunJudge<'a> {
    pub(super) fn new(judge: &'a Judge, sampler: &'a Sampler, seed: u64, run: u64) -> Self {
        RunJudge {
            judge,
            sampler,
            seed,
            run,
            sample: None,
        }
    }

    /// The accuracy, and whether it is exact (but for rounding) rather than sampled.
    pub(super) fn accuracy(
        &mut self,
        kernel: &Kernel<f64>,
        walker: &mut Walker<f64>,
    ) -> (f64, bool) {
        if self.judge.worst_is_right(kernel, walker) {
            return (1.0, true);
        }
        if let (true, Some(atoms)) = (self.judge.enumerates, &self.judge.atoms) {
            return (atoms.accuracy(kernel, walker), true);
        }
        let (judge, sampler, seed) = (self.judge, self.sampler, self.seed);
        let stream = ACCURACY_STREAM.wrapping_add(self.run);
        let sample = self.sample.get_or_insert_with(|| {
            let mut rng = Sampler::stream(seed, stream);
            let mut draw = sampler.blank();
            let mut images = Images::empty(judge.pooling);
            match judge.pooling {
                Pooling::Sum => {
                    for _ in 0..SAMPLED_IMAGES {
                        sampler.draw(&mut rng, &mut draw);
                        let present = draw.present.iter();
                        images.push(
                            draw.label,
                            present.map(|&p| (p, draw.counts[p as usize])),
                            1.0,
                        );
                    }
                }
                Pooling::Max => {
                    let sample = (0..SAMPLED_IMAGES).map(|_| {
                        sampler.draw(&mut rng, &mut draw);
                        let present = draw.present.iter();
                        (draw.label, present.map(|&p| (p, 1)).collect(), 1.0)
                    });
                    images = Images::new(judge.pooling, sample);
                }
            }
            images
        });
        (sample.accuracy(kernel, walker), false)
    }

    /// Is accuracy certainly 1?
    pub(super) fn is_perfect(&self, kernel: &Kernel<f64>, walker: &mut Walker<f64>) -> bool {
        if self.judge.worst_is_right(kernel, walker) {
            return true;
        }
        // With sum pooling the worst atom of a generative distribution has the last word.
        let decided = self.judge.sides.is_some() && self.judge.pooling == Pooling::Sum;
        !decided
            && self
                .judge
                .atoms
                .as_ref()
                .is_some_and(|atoms| atoms.accuracy(kernel, walker) == 1.0)
    }
}

/// Weighted images, in the form in which their margins are cheapest.
struct Images {
    pooling: Pooling,
    labels: Vec<Label>,
    weights: Vec<f64>,
    total: f64,
    /// Entries of image i: `starts[i]..starts[i + 1]`.
    starts: Vec<usize>,
    /// Pattern and count.
    entries: Vec<(u32, u32)>,
    /// Under max pooling: how many leading entries image i shares with image i - 1.
    shared: Vec<usize>,
}

impl Images {
    fn empty(pooling: Pooling) -> Self {
        Images {
            pooling,
            labels: Vec::new(),
            weights: Vec::new(),
            total: 0.0,
            starts: vec![0],
            entries: Vec::new(),
            shared: Vec::new(),
        }
    }

    /// Under max pooling only which patterns are present matters: equal images are merged, and
    /// sorted so that neighbours share what is computed for their common beginning.
    fn new(pooling: Pooling, images: impl Iterator<Item = (Label, Vec<(u32, u32)>, f64)>) -> Self {
        let mut result = Self::empty(pooling);
        match pooling {
            Pooling::Sum => {
                for (label, entries, weight) in images {
                    result.push(label, entries, weight);
                }
            }
            Pooling::Max => {
                let mut merged: BTreeMap<(Label, Vec<(u32, u32)>), f64> = BTreeMap::new();
                for (label, mut entries, weight) in images {
                    for entry in &mut entries {
                        entry.1 = 1;
                    }
                    *merged.entry((label, entries)).or_default() += weight;
                }
                for ((label, entries), weight) in merged {
                    result.push(label, entries, weight);
                }
            }
        }
        result
    }

    fn push(&mut self, label: Label, entries: impl IntoIterator<Item = (u32, u32)>, weight: f64) {
        let (start, end) = (
            self.starts
                .len()
                .checked_sub(2)
                .map_or(0, |i| self.starts[i]),
            self.entries.len(),
        );
        self.entries.extend(entries);
        if self.pooling == Pooling::Max {
            let (before, new) = self.entries.split_at(end);
            let same = before[start..].iter().zip(new).take_while(|(a, b)| a == b);
            self.shared.push(same.count());
        }
        self.labels.push(label);
        self.weights.push(weight);
        self.total += weight;
        self.starts.push(self.entries.len());
    }

    /// The share of the weight that is classified correctly; exactly 1 or 0 if all or none is.
    fn accuracy(&self, kernel: &Kernel<f64>, walker: &mut Walker<f64>) -> f64 {
        let mut count = Count::default();
        match self.pooling {
            Pooling::Sum => {
                let sums = kernel.all_sums(walker);
                for (i, &label) in self.labels.iter().enumerate() {
                    let output = self.entries[self.starts[i]..self.starts[i + 1]]
                        .iter()
                        .fold(0.0, |f, &(p, n)| f + f64::from(n) * sums[p as usize]);
                    count.add(label, output, self.weights[i]);
                }
            }
            Pooling::Max => {
                let values = kernel.activated(walker);
                judge_largest(self, &walker.head, &values, kernel.blocks(), &mut count);
            }
        }
        match (count.right, count.wrong) {
            (_, 0) => 1.0,
            (0, _) => 0.0,
            _ => (count.weight / self.total).min(1.0),
        }
    }
}

#[derive(Default)]
struct Count {
    right: u64,
    wrong: u64,
    weight: f64,
}

impl Count {
    #[inline(always)]
    fn add(&mut self, label: Label, output: f64, weight: f64) {
        let right = match label {
            Label::Plus => output > 0.0,
            Label::Minus => output < 0.0,
        };
        if right {
            self.right += 1;
            self.weight += weight;
        } else {
            self.wrong += 1;
        }
    }
}

/// Classifies images under max pooling: the largest values over each image's beginning are kept for
/// the next image that shares it.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx2", "x86_64+avx2"))]
fn judge_largest(
    images: &Images,
    head: &[Block<f64>],
    values: &[Block<f64>],
    blocks: usize,
    count: &mut Count,
) {
    let depth = images
        .starts
        .windows(2)
        .map(|w| w[1] - w[0])
        .max()
        .unwrap_or(0);
    // Level d: the largest values over the first d patterns.
    let mut levels = vec![[0.0; LANES]; (depth + 1) * blocks];
    let mut terms = vec![[0.0; LANES]; blocks];
    for i in 0..images.labels.len() {
        let entries = &images.entries[images.starts[i]..images.starts[i + 1]];
        for (d, &(p, _)) in entries.iter().enumerate().skip(images.shared[i]) {
            let column = &values[p as usize * blocks..(p as usize + 1) * blocks];
            let (done, open) = levels.split_at_mut((d + 1) * blocks);
            let before = &done[d * blocks..];
            let open = open[..blocks].as_flattened_mut();
            if d == 0 {
                open.copy_from_slice(column.as_flattened());
            } else {
                let pairs = before.as_flattened().iter().zip(column.as_flattened());
                for (slot, (&old, &new)) in open.iter_mut().zip(pairs) {
                    *slot = if new > old { new } else { old };
                }
            }
        }
        let level = &levels[entries.len() * blocks..(entries.len() + 1) * blocks];
        let output = weighted_sum(head, level, &mut terms, |value| value);
        count.add(images.labels[i], output, images.weights[i]);
    }
}
