//! What is measured of each simulated run, and quantiles over runs.

use super::super::float::to_nearest;
use super::super::kernel::{Kernel, LANES, Walker};
use super::lattice::Units;
use crate::problem::Problem;

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
        let mut sorted: Vec<f64> = values.into_iter().flatten().collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let rank = |percent: usize| {
            let rank = (sorted.len() * percent).div_ceil(100).max(1);
            sorted.get(rank - 1).copied().filter(|x| x.is_finite())
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

/// What the statistics need to know of a problem.
///
/// Winners are those of [`Problem::winners`], at step 0, under max pooling too.
pub(super) struct Measure {
    winners: Vec<(usize, usize)>,
    is_winner: Vec<bool>,
    key_norms: [f64; 2],
    /// Generalised inverse of the Gram matrix, row by row; `None` is the identity.
    inverse: Option<Vec<Vec<f64>>>,
    /// Units of the weights, if they are not those of the problem.
    units: Option<Units>,
}

impl Measure {
    pub(super) fn new(problem: &Problem, units: Option<Units>) -> Self {
        let camps = problem.camps();
        Measure {
            winners: camps.winners().map(|(j, y)| (j, y.index())).collect(),
            is_winner: camps.labels().iter().map(Option::is_some).collect(),
            key_norms: [0, 1].map(|p| to_nearest(&problem.dictionary().gram_entry(p, p)).sqrt()),
            inverse: problem.dictionary().gram_inverse().map(|inverse| {
                inverse
                    .iter_rows()
                    .map(|row| row.iter().map(to_nearest).collect())
                    .collect()
            }),
            units,
        }
    }

    /// The statistics of one state, with the accuracy and whether it was decided.
    pub(super) fn record(
        &self,
        kernel: &Kernel<f64>,
        walker: &Walker<f64>,
        (accuracy, accuracy_decided): (f64, bool),
    ) -> Record {
        let norms = self.norms(kernel, walker);
        let winners = self.winners.iter().map(|&(j, _)| norms[j]);
        let losers = norms
            .iter()
            .zip(&self.is_winner)
            .filter(|&(_, &wins)| !wins)
            .map(|(&norm, _)| norm);
        let alignment = self
            .winners
            .iter()
            .map(|&(j, key)| {
                let z = walker.weights[key * kernel.blocks() + j / LANES][j % LANES];
                let divisor = norms[j] * self.key_norms[key];
                if divisor > 0.0 {
                    (z / divisor).clamp(-1.0, 1.0)
                } else {
                    f64::NAN
                }
            })
            .fold(None, |least: Option<f64>, cosine| {
                // A winner without a direction leaves the least cosine undefined.
                Some(match least {
                    Some(least) if least.is_nan() || least <= cosine => least,
                    _ => cosine,
                })
            });
        let winner = winners.reduce(f64::min).unwrap_or(f64::NAN);
        let loser = losers.reduce(f64::max).unwrap_or(f64::NAN);
        let rescale = |norm: f64| match &self.units {
            Some(units) => units.rescale(norm),
            None => norm,
        };
        Record {
            winner_norm: rescale(winner),
            loser_norm: rescale(loser),
            // Quotients need no units.
            ratio: if loser > 0.0 {
                winner / loser
            } else {
                f64::NAN
            },
            alignment: alignment.unwrap_or(f64::NAN),
            accuracy,
            accuracy_decided,
        }
    }

    /// Norms of all filters; scaled, so that squares neither overflow nor vanish.
    fn norms(&self, kernel: &Kernel<f64>, walker: &Walker<f64>) -> Vec<f64> {
        let (blocks, n_patterns) = (kernel.blocks(), kernel.n_patterns());
        let coordinate = |j: usize, p: usize| walker.weights[p * blocks + j / LANES][j % LANES];
        (0..kernel.n_filters())
            .map(|j| {
                let scale = (0..n_patterns).fold(0.0, |m: f64, p| m.max(coordinate(j, p).abs()));
                if scale == 0.0 || !scale.is_finite() {
                    return scale;
                }
                let square = match &self.inverse {
                    None => (0..n_patterns)
                        .map(|p| (coordinate(j, p) / scale).powi(2))
                        .sum::<f64>(),
                    Some(inverse) => {
                        let z: Vec<f64> =
                            (0..n_patterns).map(|p| coordinate(j, p) / scale).collect();
                        inverse
                            .iter()
                            .zip(&z)
                            .map(|(row, zp)| {
                                zp * row.iter().zip(&z).map(|(x, zq)| x * zq).sum::<f64>()
                            })
                            .sum::<f64>()
                    }
                };
                scale * square.max(0.0).sqrt()
            })
            .collect()
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
