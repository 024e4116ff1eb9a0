//! Accuracy of simulated states: by the worst atom, by all atoms, or by sampled images.
//!
//! Whether an image is classified correctly is the sign of its margin, a decision. Where a margin
//! leaves the range of floats although the state has not, it is computed again on a scaled state,
//! whose margins have the same signs.

use super::super::float::{Real, to_nearest};
use super::super::kernel::{Block, Kernel, LANES, Walker, weighted_sum};
use super::super::sampler::Sampler;
use super::super::tracked::Tracked;
use super::count::{Count, Overflow};
use super::dense::DenseImages;
use crate::number::{Q, integer};
use crate::problem::{AtomTable, Generative, Label, Pooling, Problem};
use multiversion::multiversion;
use num_bigint::BigUint;
use num_traits::Zero;
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

/// Images drawn, once a run, where accuracy is sampled.
pub const SAMPLED_IMAGES: u32 = 256;

/// Run k samples its accuracy images from stream `ACCURACY_STREAM + k` of the seed.
pub const ACCURACY_STREAM: u64 = 1 << 63;

/// Accuracy is enumerated while atoms times runs times reported steps stay below this.
const MAX_ENUMERATED: u64 = 100_000_000;

/// A number whose loops over images are compiled for several vector widths, if it is a plain float.
pub(super) trait Judged: Real {
    /// Classifies images of a table under sum pooling, given the sums `F_p`.
    fn judge_table(images: &DenseImages, sums: &[Self], count: &mut Count, log: &mut Self::Log);

    /// Classifies images under max pooling.
    fn judge(
        images: &Images,
        head: &[Block<Self>],
        values: &[Block<Self>],
        count: &mut Count,
        log: &mut Self::Log,
    );
}

impl Judged for f64 {
    fn judge_table(images: &DenseImages, sums: &[f64], count: &mut Count, (): &mut ()) {
        images.judge_floats(sums, count);
    }

    fn judge(
        images: &Images,
        head: &[Block<f64>],
        values: &[Block<f64>],
        count: &mut Count,
        (): &mut (),
    ) {
        judge_floats(images, head, values, count);
    }
}

impl Judged for Tracked {
    fn judge_table(
        images: &DenseImages,
        sums: &[Tracked],
        count: &mut Count,
        log: &mut <Tracked as Real>::Log,
    ) {
        images.judge(sums, count, log);
    }

    fn judge(
        images: &Images,
        head: &[Block<Tracked>],
        values: &[Block<Tracked>],
        count: &mut Count,
        log: &mut <Tracked as Real>::Log,
    ) {
        judge_largest(images, head, values, count, log);
    }
}

#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx2", "x86_64+avx2"))]
fn judge_floats(images: &Images, head: &[Block<f64>], values: &[Block<f64>], count: &mut Count) {
    judge_largest(images, head, values, count, &mut ());
}

/// Decides accuracies. Accuracy is `P(y f(X) > 0)`; a tie is an error.
pub(super) struct Judge {
    /// Of a generative distribution: the labels of positive probability.
    sides: Option<Vec<Side>>,
    pooling: Pooling,
    max_patches: u32,
    /// All atoms, where they are few enough or given one by one.
    atoms: Option<Images>,
    /// May the atoms be gone through at every reported step?
    enumerates: bool,
}

/// What decides whether all images of one label are classified correctly.
struct Side {
    label: Label,
    key_patches: u32,
    background_patches: u32,
    /// Background patterns of positive probability; empty if no patch is drawn from them.
    support: Vec<usize>,
}

impl Side {
    fn signed<R: Real>(&self, x: R) -> R {
        match self.label {
            Label::Plus => x,
            Label::Minus => x.negated(),
        }
    }
}

impl Judge {
    pub(super) fn new(problem: &Problem, runs: u64, times: u64) -> Self {
        let pooling = problem.network().pooling;
        let atoms = problem.distribution().n_atoms();
        let limit = BigUint::from(MAX_ENUMERATED);
        let enumerates = &atoms * runs * times < limit;
        let side = |g: &Generative, label: Label| Side {
            label,
            key_patches: g.key_patches(),
            background_patches: g.background_patches(),
            support: g.occurring(label).iter().map(|k| k + 2).collect(),
        };
        let sides: Option<Vec<Side>> = problem.distribution().as_generative().map(|g| {
            let labels = Label::BOTH.into_iter();
            let occurring = labels.filter(|y| !g.prior()[y.index()].is_zero());
            occurring.map(|y| side(g, y)).collect()
        });
        // Under max pooling the end of each run is worth an enumeration of its own.
        let wanted =
            sides.is_none() || enumerates || (pooling == Pooling::Max && atoms * runs < limit);
        let atoms = if wanted {
            let table = problem.distribution().atoms().ok();
            table.map(|table| Images::of_atoms(pooling, &table))
        } else {
            None
        };
        Judge {
            sides,
            pooling,
            max_patches: problem.distribution().max_patches(),
            enumerates: enumerates && atoms.is_some(),
            atoms,
        }
    }

    /// Does the worst atom decide whether accuracy is 1?
    pub(super) fn worst_decides(&self) -> bool {
        self.pooling == Pooling::Sum && self.sides.is_some()
    }

    /// Operations that one accuracy takes at most, about.
    pub(super) fn work(&self, n: u64, n_patterns: u64) -> u64 {
        let images = match (&self.atoms, self.enumerates) {
            (Some(atoms), true) => atoms.entries.len() as u64,
            _ => u64::from(SAMPLED_IMAGES) * n_patterns,
        };
        let an_entry = match self.pooling {
            Pooling::Sum => 1,
            Pooling::Max => n,
        };
        (n * n_patterns).saturating_add(images.saturating_mul(an_entry))
    }

    /// Draws the images on which accuracy is sampled.
    fn sample(&self, sampler: &Sampler, rng: &mut ChaCha8Rng, n_patterns: usize) -> Sample {
        let is_dense = self.pooling == Pooling::Sum
            && sampler.sketches()
            && DenseImages::pays(SAMPLED_IMAGES as usize, n_patterns, self.max_patches);
        if is_dense {
            let images = DenseImages::draw(sampler, rng, SAMPLED_IMAGES as usize, n_patterns);
            return Sample::Dense(images);
        }
        let mut draw = sampler.blank();
        let images = (0..SAMPLED_IMAGES).map(|_| {
            sampler.draw(rng, &mut draw);
            let entries = draw.present.iter().map(|&p| (p, draw.counts[p as usize]));
            (draw.label, entries.collect(), 1.0)
        });
        Sample::Sparse(Images::new(self.pooling, images))
    }

    /// Is every atom classified correctly, as far as the worst atom tells? Under max pooling
    /// only a sufficient condition: own filters give at least their key's value, opposed filters
    /// take at most the largest value of any pattern.
    fn worst_is_right<R: Real>(
        &self,
        kernel: &Kernel<R>,
        walker: &mut Walker<R>,
        log: &mut R::Log,
    ) -> Result<bool, Overflow> {
        let Some(sides) = &self.sides else {
            return Ok(false);
        };
        let worst: Vec<R> = match self.pooling {
            Pooling::Sum => {
                let sums = kernel.all_sums(walker);
                let worst = sides.iter().map(|side| {
                    let key =
                        R::count(side.key_patches).times(side.signed(sums[side.label.index()]));
                    // The least is minus the largest of the opposite numbers.
                    let opposite = side.support.iter().map(|&p| side.signed(sums[p]).negated());
                    match opposite.reduce(R::larger) {
                        Some(most) => {
                            key.plus(R::count(side.background_patches).times(most.negated()))
                        }
                        None => key,
                    }
                });
                worst.collect()
            }
            Pooling::Max => {
                let blocks = kernel.blocks();
                let values = kernel.activated(walker);
                let worst = sides.iter().map(|side| {
                    let key = side.label.index();
                    let mut least = R::ZERO;
                    for (b, a) in walker.head.iter().enumerate() {
                        for l in 0..LANES {
                            let own = values[key * blocks + b][l];
                            let weight = side.signed(a[l]);
                            let columns = side.support.iter();
                            let most = columns
                                .fold(own, |most, &p| most.larger(values[p * blocks + b][l]));
                            least = least
                                .plus(weight.blend_positive(weight.times(own), weight.times(most)));
                        }
                    }
                    least
                });
                worst.collect()
            }
        };
        if worst.iter().any(|x| !x.value().is_finite()) {
            return Err(Overflow);
        }
        // Under max pooling a worst atom on the wrong side decides nothing.
        let decides = self.pooling == Pooling::Sum || worst.iter().all(|x| x.value() > 0.0);
        let mut unused = R::Log::default();
        let log = if decides { log } else { &mut unused };
        Ok(worst.into_iter().all(|x| x.is_positive(log)))
    }
}

/// The images on which a run's accuracy is sampled.
enum Sample {
    Dense(DenseImages),
    Sparse(Images),
}

/// A judge at work on one run.
pub(super) struct RunJudge<'a> {
    judge: &'a Judge,
    sampler: &'a Sampler,
    seed: u64,
    run: u64,
    /// Drawn when they are first needed, and the same at every reported step.
    sample: Option<Sample>,
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

    /// The accuracy, and whether it was decided rather than sampled. The state must be finite.
    pub(super) fn accuracy<R: Judged>(
        &mut self,
        kernel: &Kernel<R>,
        walker: &mut Walker<R>,
        log: &mut R::Log,
    ) -> (f64, bool) {
        let before = log.clone();
        if let Ok(found) = self.decide(kernel, walker, log) {
            return found;
        }
        *log = before;
        let mut scaled = kernel.scaled(walker);
        self.decide(kernel, &mut scaled, log)
            .unwrap_or((f64::NAN, false))
    }

    fn decide<R: Judged>(
        &mut self,
        kernel: &Kernel<R>,
        walker: &mut Walker<R>,
        log: &mut R::Log,
    ) -> Result<(f64, bool), Overflow> {
        if self.judge.worst_is_right(kernel, walker, log)? {
            return Ok((1.0, true));
        }
        if let (true, Some(atoms)) = (self.judge.enumerates, &self.judge.atoms) {
            return Ok((atoms.accuracy(kernel, walker, log)?, true));
        }
        let n_patterns = kernel.n_patterns();
        let sample = self.sample.get_or_insert_with(|| {
            let stream = ACCURACY_STREAM.wrapping_add(self.run);
            let mut rng = Sampler::stream(self.seed, stream);
            self.judge.sample(self.sampler, &mut rng, n_patterns)
        });
        let share = match sample {
            Sample::Dense(images) => {
                let mut count = Count::default();
                R::judge_table(images, kernel.all_sums(walker), &mut count, log);
                count.share(f64::from(SAMPLED_IMAGES))?
            }
            Sample::Sparse(images) => images.accuracy(kernel, walker, log)?,
        };
        Ok((share, false))
    }

    /// Is accuracy certainly 1? The state must be finite.
    pub(super) fn is_perfect<R: Judged>(&self, kernel: &Kernel<R>, walker: &mut Walker<R>) -> bool {
        self.is_certainly_perfect(kernel, walker)
            .or_else(|_| self.is_certainly_perfect(kernel, &mut kernel.scaled(walker)))
            .unwrap_or(false)
    }

    fn is_certainly_perfect<R: Judged>(
        &self,
        kernel: &Kernel<R>,
        walker: &mut Walker<R>,
    ) -> Result<bool, Overflow> {
        let mut log = R::Log::default();
        if self.judge.worst_is_right(kernel, walker, &mut log)? {
            return Ok(true);
        }
        // With sum pooling the worst atom of a generative distribution has the last word.
        let decided = self.judge.sides.is_some() && self.judge.pooling == Pooling::Sum;
        match &self.judge.atoms {
            Some(atoms) if !decided => Ok(atoms.accuracy(kernel, walker, &mut log)? == 1.0),
            _ => Ok(false),
        }
    }
}

/// Weighted images, in the form in which their margins are cheapest.
pub(super) struct Images {
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

    /// All atoms, weighed by the integers that their probabilities are over a common denominator
    /// where these are floats (accuracy then rounds once), else by rounded probabilities.
    fn of_atoms(pooling: Pooling, table: &AtomTable) -> Self {
        let denominator = table.weights().denominator;
        let scale = if denominator.bits() <= 53 {
            integer(denominator)
        } else {
            integer(1)
        };
        Images::new(
            pooling,
            table.atoms().iter().map(|atom| {
                let counts = atom.counts.iter().enumerate();
                let entries = counts
                    .filter(|&(_, &count)| count > 0)
                    .map(|(p, &count)| (p as u32, count))
                    .collect();
                let weight: Q = &atom.probability * &scale;
                (atom.label, entries, to_nearest(&weight))
            }),
        )
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
    fn accuracy<R: Judged>(
        &self,
        kernel: &Kernel<R>,
        walker: &mut Walker<R>,
        log: &mut R::Log,
    ) -> Result<f64, Overflow> {
        let mut count = Count::default();
        match self.pooling {
            Pooling::Sum => {
                let sums = kernel.all_sums(walker);
                for (i, &label) in self.labels.iter().enumerate() {
                    let output = self.entries[self.starts[i]..self.starts[i + 1]]
                        .iter()
                        .fold(R::ZERO, |f, &(p, n)| {
                            f.plus(R::count(n).times(sums[p as usize]))
                        });
                    count.add(label, output, self.weights[i], log);
                }
            }
            Pooling::Max => {
                let values = kernel.activated(walker);
                R::judge(self, &walker.head, &values, &mut count, log);
            }
        }
        count.share(self.total)
    }
}

/// Classifies images under max pooling: the largest values over each image's beginning are kept for
/// the next image that shares it.
#[inline(always)]
pub(super) fn judge_largest<R: Real>(
    images: &Images,
    head: &[Block<R>],
    values: &[Block<R>],
    count: &mut Count,
    log: &mut R::Log,
) {
    let blocks = head.len();
    let depth = images
        .starts
        .windows(2)
        .map(|w| w[1] - w[0])
        .max()
        .unwrap_or(0);
    // Level d: the largest values over the first d patterns.
    let mut levels = vec![[R::ZERO; LANES]; (depth + 1) * blocks];
    let mut terms = vec![[R::ZERO; LANES]; blocks];
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
                    *slot = old.larger(new);
                }
            }
        }
        let level = &levels[entries.len() * blocks..(entries.len() + 1) * blocks];
        let output = weighted_sum(head, level, &mut terms, |value| value);
        count.add(images.labels[i], output, images.weights[i], log);
    }
}
