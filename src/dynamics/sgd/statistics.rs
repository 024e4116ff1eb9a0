//! What is measured of each simulated run, and quantiles over runs.

use super::super::float::to_nearest;
use super::super::kernel::{Block, Kernel, LANES, Walker};
use super::lattice::Units;
use crate::number::Q;
use crate::problem::{Label, Problem};
use multiversion::multiversion;

/// Spread of a statistic over runs.
///
/// Each entry is an empirical quantile: of R values in order, the one with 1-based rank
/// `ceil(q R)`. A run where the statistic is not defined (no winner, no loser, a zero divisor) has
/// no value and is left out, and so is a run whose state is not finite; `None` if no run has one, or
/// if the value is not finite.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Quantiles {
    /// The 5 % quantile.
    pub q05: Option<f64>,
    /// The median.
    pub q50: Option<f64>,
    /// The 95 % quantile.
    pub q95: Option<f64>,
}

impl Quantiles {
    /// The quantiles of the values that are there.
    pub fn of(values: impl IntoIterator<Item = Option<f64>>) -> Self {
        let mut values: Vec<f64> = values.into_iter().flatten().collect();
        let length = values.len();
        // Ranks ascend: what is selected once divides what is still to be searched.
        let mut from = 0;
        let mut rank = |percent: usize| {
            let rank = (length * percent).div_ceil(100).max(1) - 1;
            let rest = values.get_mut(from..).filter(|rest| !rest.is_empty())?;
            let (_, found, _) = rest.select_nth_unstable_by(rank - from, f64::total_cmp);
            let found = *found;
            from = rank;
            Some(found).filter(|x| x.is_finite())
        };
        Quantiles {
            q05: rank(5),
            q50: rank(50),
            q95: rank(95),
        }
    }
}

/// Statistics over runs at one reported step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SeriesPoint {
    /// The step.
    pub t: u64,
    /// Per run: least norm of a winner.
    pub winner_norm: Quantiles,
    /// Per run: largest norm of a loser.
    pub loser_norm: Quantiles,
    /// Per run: their quotient.
    pub ratio: Quantiles,
    /// Per run: least cosine between a winner and the key pattern of its label.
    pub alignment: Quantiles,
    /// Per run: accuracy.
    pub accuracy: Quantiles,
    /// How accuracy was found.
    pub accuracy_kind: AccuracyKind,
    /// Runs whose state is finite at this step: those that all this speaks of.
    pub finite_runs: u64,
    /// In how many runs accuracy is 1; `None` if that was not decided in some run, or if some run
    /// is not finite.
    pub perfect_runs: Option<u64>,
}

/// How accuracy was found in the runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccuracyKind {
    /// The state was exact, or no decision closer to its threshold than rounding could reach, and every
    /// margin was decided: accuracy is that of the mathematics, rounded once. All runs are finite.
    Exact,
    /// Decided in plain floats, for the state in floats.
    F64,
    /// On sampled images, in some run at least.
    Sampled,
}

impl AccuracyKind {
    /// As in JSON.
    pub fn name(self) -> &'static str {
        match self {
            AccuracyKind::Exact => "exact",
            AccuracyKind::F64 => "f64",
            AccuracyKind::Sampled => "sampled",
        }
    }
}

/// Statistics of one run at one reported step; NaN stands for "not defined".
#[derive(Debug, Clone, Copy)]
pub(super) struct Record {
    winner_norm: f64,
    loser_norm: f64,
    ratio: f64,
    alignment: f64,
    accuracy: f64,
    accuracy_decided: bool,
}

impl Record {
    /// The numbers, and whether accuracy was decided.
    pub(super) fn to_bits(self) -> ([u64; 5], bool) {
        let numbers = [
            self.winner_norm,
            self.loser_norm,
            self.ratio,
            self.alignment,
            self.accuracy,
        ];
        (numbers.map(f64::to_bits), self.accuracy_decided)
    }

    /// The record with these numbers.
    pub(super) fn from_bits((numbers, accuracy_decided): ([u64; 5], bool)) -> Self {
        let [winner_norm, loser_norm, ratio, alignment, accuracy] = numbers.map(f64::from_bits);
        Record {
            winner_norm,
            loser_norm,
            ratio,
            alignment,
            accuracy,
            accuracy_decided,
        }
    }
}

/// Bit for bit.
impl PartialEq for Record {
    fn eq(&self, other: &Self) -> bool {
        self.to_bits() == other.to_bits()
    }
}

/// What the statistics need to know of a problem.
///
/// Winners are those of [`Problem::winners`], at step 0, under max pooling too. What belongs to the
/// filters is laid out as the kernel's columns.
pub(super) struct Measure {
    /// 0 for a winner, infinite for a loser and where there is no filter.
    not_winner: Vec<f64>,
    /// 1 for a loser, else 0.
    loser: Vec<f64>,
    /// 1 for a winner of label -, else 0.
    minus: Vec<f64>,
    /// The norm of a winner's own key; 1 where there is no winner.
    key_norm: Vec<f64>,
    has_winners: bool,
    has_losers: bool,
    /// Generalised inverse of the Gram matrix: row by row the columns that are not 0, and the entries;
    /// `None` is the identity.
    inverse: Option<Vec<Vec<(usize, f64)>>>,
    /// Units of the weights, if they are not those of the problem.
    units: Option<Units>,
}

/// Sums of squares in this range have neither overflowed nor lost anything that counts.
const SAFE: std::ops::RangeInclusive<f64> = 1e-280..=1e280;

impl Measure {
    pub(super) fn new(problem: &Problem, units: Option<Units>) -> Self {
        let camps = problem.camps();
        let labels = camps.labels();
        let lanes = labels.len().next_multiple_of(LANES);
        let laid_out = |of: &dyn Fn(Option<Label>) -> f64, elsewhere: f64| -> Vec<f64> {
            let mut values: Vec<f64> = labels.iter().map(|label| of(*label)).collect();
            values.resize(lanes, elsewhere);
            values
        };
        let one_if = |holds: bool| f64::from(u8::from(holds));
        let key_norms = [0, 1].map(|p| to_nearest(&problem.dictionary().gram_entry(p, p)).sqrt());
        Measure {
            not_winner: laid_out(
                &|label| if label.is_some() { 0.0 } else { f64::INFINITY },
                f64::INFINITY,
            ),
            loser: laid_out(&|label| one_if(label.is_none()), 0.0),
            minus: laid_out(&|label| one_if(label == Some(Label::Minus)), 0.0),
            key_norm: laid_out(&|label| label.map_or(1.0, |y| key_norms[y.index()]), 1.0),
            has_winners: labels.iter().any(Option::is_some),
            has_losers: labels.iter().any(Option::is_none),
            inverse: problem.dictionary().gram_inverse().map(|inverse| {
                let row = |row: &[Q]| -> Vec<(usize, f64)> {
                    let entries = row.iter().map(to_nearest).enumerate();
                    entries.filter(|&(_, x)| x != 0.0).collect()
                };
                inverse.iter_rows().map(row).collect()
            }),
            units,
        }
    }

    /// The statistics of one state, with the accuracy and whether it was decided.
    ///
    /// # Cost
    /// One pass over the weights; P times as long for a dictionary that is not orthonormal.
    pub(super) fn record(
        &self,
        kernel: &Kernel<f64>,
        walker: &Walker<f64>,
        (accuracy, accuracy_decided): (f64, bool),
        scratch: &mut Scratch,
    ) -> Record {
        let found = extremes(self, kernel.blocks(), &walker.weights, scratch);
        let rescale = |norm: f64| match &self.units {
            Some(units) => units.rescale(norm),
            None => norm,
        };
        let if_any = |any: bool, x: f64| if any { x } else { f64::NAN };
        let winner = if_any(self.has_winners, found.winner);
        let loser = if_any(self.has_losers, found.loser);
        Record {
            winner_norm: rescale(winner),
            loser_norm: rescale(loser),
            // Quotients need no units.
            ratio: if loser > 0.0 {
                winner / loser
            } else {
                f64::NAN
            },
            alignment: if_any(self.has_winners, found.cosine),
            accuracy,
            accuracy_decided,
        }
    }
}

/// Extremes over the filters of one state.
struct Extremes {
    winner: f64,
    loser: f64,
    /// NaN if some winner has no direction.
    cosine: f64,
}

/// Memory for numbers of all filters.
#[derive(Default)]
pub(super) struct Scratch {
    /// Largest weights, where squares are not safe.
    largest: Vec<f64>,
    norms: Vec<f64>,
    products: Vec<f64>,
    scaled: Vec<f64>,
}

/// The extremes over the filters, whose weights lie as in a kernel of so many blocks a column. Loops
/// over filters are flat, so that the compiler vectorises them.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx2", "x86_64+avx2"))]
fn extremes(
    measure: &Measure,
    blocks: usize,
    weights: &[Block<f64>],
    scratch: &mut Scratch,
) -> Extremes {
    let lanes = blocks * LANES;
    let weights = weights.as_flattened();
    norms(measure.inverse.as_deref(), lanes, weights, scratch);
    let Scratch {
        norms, products, ..
    } = scratch;
    let larger = |x: f64, y: f64| if x > y { x } else { y };
    products.clear();
    products.extend(
        norms
            .iter()
            .zip(&measure.loser)
            .map(|(norm, loser)| norm * loser),
    );
    let loser = fold(products, 0.0, larger);
    // A winner without a direction has the quotient 0 / 0.
    let keys = weights[..lanes].iter().zip(&weights[lanes..2 * lanes]);
    let own = measure.minus.iter().zip(&measure.key_norm);
    let filters = keys.zip(own).zip(norms.iter().zip(&measure.not_winner));
    products.clear();
    products.extend(
        filters.map(|(((plus, minus), (is_minus, key)), (norm, other))| {
            let along = if *is_minus != 0.0 { minus } else { plus };
            let cosine = along / (norm * key);
            if *other == 0.0 { cosine } else { 1.0 }
        }),
    );
    let undefined = products.iter().fold(0u64, |n, x| n + u64::from(x.is_nan()));
    let smaller = |x: f64, y: f64| if x < y { x } else { y };
    let cosine = fold(products, 1.0, smaller);
    for (norm, other) in norms.iter_mut().zip(&measure.not_winner) {
        *norm += other;
    }
    Extremes {
        winner: fold(norms, f64::INFINITY, smaller),
        loser,
        cosine: if undefined > 0 {
            f64::NAN
        } else {
            cosine.max(-1.0)
        },
    }
}

/// An extreme of numbers, whose count is a multiple of [`LANES`].
#[inline(always)]
fn fold(numbers: &[f64], start: f64, better: impl Fn(f64, f64) -> f64) -> f64 {
    let mut best = [start; LANES];
    for block in numbers.chunks_exact(LANES) {
        for (best, x) in best.iter_mut().zip(block) {
            *best = better(*x, *best);
        }
    }
    best.into_iter().fold(start, better)
}

/// Leaves the norms of all filters in `scratch.norms`.
#[inline(always)]
fn norms(
    inverse: Option<&[Vec<(usize, f64)>]>,
    lanes: usize,
    weights: &[f64],
    scratch: &mut Scratch,
) {
    let Scratch {
        largest,
        norms,
        products,
        scaled,
    } = scratch;
    let blank = |numbers: &mut Vec<f64>| {
        numbers.clear();
        numbers.resize(lanes, 0.0);
    };
    blank(norms);
    for column in weights.chunks_exact(lanes) {
        for (square, z) in norms.iter_mut().zip(column) {
            *square += z * z;
        }
    }
    let is_zero = |lane: usize| weights[lane..].iter().step_by(lanes).all(|z| *z == 0.0);
    let mut squares = norms.iter().enumerate();
    // Products with an inverse may be of another size than the squares.
    let all_safe = inverse.is_none()
        && squares.all(|(lane, x)| SAFE.contains(x) || *x == 0.0 && is_zero(lane));
    if !all_safe {
        blank(largest);
        for column in weights.chunks_exact(lanes) {
            for (most, z) in largest.iter_mut().zip(column) {
                *most = most.max(z.abs());
            }
        }
    }
    let scale = |most: f64| {
        if most == 0.0 || !most.is_finite() {
            1.0
        } else {
            most
        }
    };
    if !all_safe || inverse.is_some() {
        let weights = if all_safe {
            weights
        } else {
            scaled.clear();
            for column in weights.chunks_exact(lanes) {
                let pairs = column.iter().zip(&*largest);
                scaled.extend(pairs.map(|(z, most)| z / scale(*most)));
            }
            &*scaled
        };
        blank(norms);
        for (p, column) in weights.chunks_exact(lanes).enumerate() {
            blank(products);
            match inverse {
                None => products.copy_from_slice(column),
                Some(inverse) => {
                    for &(q, entry) in &inverse[p] {
                        let other = &weights[q * lanes..(q + 1) * lanes];
                        for (product, z) in products.iter_mut().zip(other) {
                            *product += entry * z;
                        }
                    }
                }
            }
            let factors = column.iter().zip(&*products);
            for (square, (z, product)) in norms.iter_mut().zip(factors) {
                *square += z * product;
            }
        }
    }
    for norm in norms.iter_mut() {
        *norm = if *norm > 0.0 { norm.sqrt() } else { 0.0 };
    }
    if !all_safe {
        for (norm, &most) in norms.iter_mut().zip(&*largest) {
            *norm = if most.is_finite() {
                scale(most) * *norm
            } else {
                most
            };
        }
    }
}

/// What a series needs to know beside the records.
pub(super) struct Setting {
    /// All runs, finite or not.
    pub(super) runs: u64,
    /// An accuracy that was sampled is known not to be 1: the worst atom was asked first.
    pub(super) worst_atom_decides: bool,
    /// Are decisions those of the mathematics?
    pub(super) is_exact: bool,
}

/// Gathers one reported step over the runs that are finite there.
pub(super) fn series(t: u64, records: &[Record], setting: &Setting) -> SeriesPoint {
    let spread = |value: &dyn Fn(&Record) -> f64| {
        Quantiles::of(records.iter().map(|record| {
            let x = value(record);
            (!x.is_nan()).then_some(x)
        }))
    };
    let all_decided = records.iter().all(|r| r.accuracy_decided);
    let finite_runs = records.len() as u64;
    let all_finite = finite_runs == setting.runs;
    SeriesPoint {
        t,
        winner_norm: spread(&|r| r.winner_norm),
        loser_norm: spread(&|r| r.loser_norm),
        ratio: spread(&|r| r.ratio),
        alignment: spread(&|r| r.alignment),
        accuracy: spread(&|r| r.accuracy),
        accuracy_kind: match (all_decided, setting.is_exact && all_finite) {
            (false, _) => AccuracyKind::Sampled,
            (true, true) => AccuracyKind::Exact,
            (true, false) => AccuracyKind::F64,
        },
        finite_runs,
        perfect_runs: (all_finite && (all_decided || setting.worst_atom_decides)).then(|| {
            let perfect = |r: &&Record| r.accuracy_decided && r.accuracy == 1.0;
            records.iter().filter(perfect).count() as u64
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_order_statistics_of_the_values_that_are_there() {
        let shuffled = (0..100).map(|i| Some(f64::from((i * 37) % 100 + 1)));
        let q = Quantiles::of(shuffled);
        assert_eq!((q.q05, q.q50, q.q95), (Some(5.0), Some(50.0), Some(95.0)));
        let q = Quantiles::of([None, Some(2.0), None, Some(1.0), Some(3.0)]);
        assert_eq!((q.q05, q.q50, q.q95), (Some(1.0), Some(2.0), Some(3.0)));
        assert_eq!(Quantiles::of([Some(7.0)]).q05, Some(7.0));
        assert_eq!(Quantiles::of([None, None]), Quantiles::default());
        let q = Quantiles::of([Some(1.0), Some(f64::INFINITY)]);
        assert_eq!((q.q50, q.q95), (Some(1.0), None));
    }
}
