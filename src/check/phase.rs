//! The phase diagram: P(accuracy = 1 at step t) over the number of filters n and the step t.

use crate::dynamics::accuracy::is_perfect;
use crate::dynamics::gradient::Model;
use crate::dynamics::law::{Chain, Horizon, LawLimits};
use crate::dynamics::path::{ExactPath, SampledPath};
use crate::dynamics::sampler::Sampler;
use crate::dynamics::sgd::{ArithmeticChoice, Simulate, simulate};
use crate::interrupt;
use crate::number::{Q, parse_rational, ratio};
use crate::probability::interval::clopper_pearson;
use crate::problem::{DomainError, Problem};
use num_traits::{One, Zero};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Largest number of coordinate updates that the sampled cells of one row may take.
const MAX_SAMPLED_WORK: u64 = 5_000_000_000;

/// What a phase diagram shows, and how much it may cost.
pub struct PhaseConfig<'a> {
    /// Numbers of filters, one row each.
    pub filters: Vec<usize>,
    /// Steps, ascending, one column each.
    pub times: Vec<u64>,
    /// Runs of a sampled row.
    pub runs: u64,
    /// Limits of the exact law of one row.
    pub limits: LawLimits,
    /// Told after each finished row.
    pub progress: Option<&'a (dyn Fn(u64) + Sync)>,
}

/// P(accuracy = 1 at step t), with its kind of evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Kept", into = "Kept")]
pub enum Cell {
    /// From the exact law of SGD.
    Exact(Q),
    /// A frequency over runs.
    Sampled {
        /// Runs with accuracy 1.
        perfect: u64,
        /// All runs.
        runs: u64,
        /// The exact (Clopper-Pearson) interval of level [`Cell::confidence`].
        interval: [f64; 2],
    },
    /// Neither is affordable; the text says why.
    Missing(String),
}

/// A cell as files of parts have it: the interval follows from the counts.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kept {
    Exact(String),
    Sampled { perfect: u64, runs: u64 },
    Missing(String),
}

impl From<Cell> for Kept {
    fn from(cell: Cell) -> Self {
        match cell {
            Cell::Exact(p) => Kept::Exact(p.to_string()),
            Cell::Sampled { perfect, runs, .. } => Kept::Sampled { perfect, runs },
            Cell::Missing(why) => Kept::Missing(why),
        }
    }
}

impl TryFrom<Kept> for Cell {
    type Error = String;

    fn try_from(kept: Kept) -> Result<Self, String> {
        match kept {
            Kept::Exact(text) => match parse_rational(&text) {
                Ok(p) if (Q::zero()..=Q::one()).contains(&p) => Ok(Cell::Exact(p)),
                Ok(p) => Err(format!("found {p}, expected a probability")),
                Err(error) => Err(format!("found {text:?}, expected a probability: {error}")),
            },
            Kept::Sampled { perfect, runs } if perfect <= runs && runs > 0 => {
                Ok(Cell::sampled(perfect, runs))
            }
            Kept::Sampled { perfect, runs } => {
                Err(format!("found {perfect} of {runs} runs, expected a share"))
            }
            Kept::Missing(why) => Ok(Cell::Missing(why)),
        }
    }
}

impl Cell {
    /// So many of so many runs, with the interval.
    fn sampled(perfect: u64, runs: u64) -> Self {
        Cell::Sampled {
            perfect,
            runs,
            interval: clopper_pearson(perfect, runs, &Cell::confidence()),
        }
    }

    /// The level of the intervals: 99/100.
    pub fn confidence() -> Q {
        ratio(99, 100)
    }
}

/// One number of filters.
#[derive(Debug, Clone, PartialEq)]
pub struct PhaseRow {
    /// Number of filters n.
    pub filters: usize,
    /// One cell a step of the diagram.
    pub cells: Vec<Cell>,
}

/// The diagram, row by row, in the order asked for.
///
/// A row is the problem with its first n filters, or with the random draw of its file continued to
/// n. Every step up to which the exact law is affordable is exact; all later ones are sampled, from
/// exact paths where the weights stay on a lattice, else by the floating-point simulator.
///
/// # Errors
/// [`DomainError`] if the file lists fewer filters than asked for, or for none.
pub fn phase_diagram(
    problem: &Problem,
    config: &PhaseConfig<'_>,
) -> Result<Vec<PhaseRow>, DomainError> {
    let problems: Vec<Problem> = config
        .filters
        .iter()
        .map(|&n| problem.with_filters(n))
        .collect::<Result<_, _>>()?;
    let row = |problem: &Problem| {
        let cells = phase_row(problem, config).unwrap_or_else(|| {
            let limit = interrupt::asked().unwrap_or("asked to end");
            vec![Cell::Missing(format!("stopped: {limit}")); config.times.len()]
        });
        if let Some(progress) = config.progress {
            progress(1);
        }
        PhaseRow {
            filters: problem.n_filters(),
            cells,
        }
    };
    Ok(problems.iter().map(row).collect())
}

/// The cells of one row, that of the problem's own number of filters; `None` if it was asked to end before.
///
/// # Cost
/// The exact law within its limits, and the runs of what it does not reach.
pub fn phase_row(problem: &Problem, config: &PhaseConfig<'_>) -> Option<Vec<Cell>> {
    let mut cells = exact_cells(problem, config);
    if cells.len() < config.times.len() && interrupt::asked().is_none() {
        cells.extend(sampled_cells(problem, config, &config.times[cells.len()..]));
    }
    interrupt::asked().is_none().then_some(cells)
}

/// About what a row costs, to share rows out: no more than a guess, in coordinate updates.
///
/// # Cost
/// A few multiplications.
pub fn row_cost(filters: usize, problem: &Problem, config: &PhaseConfig<'_>) -> u64 {
    let last = config.times.last().copied().unwrap_or(0);
    run_work(filters, problem, last)
        .saturating_mul(config.runs.max(1))
        .min(MAX_SAMPLED_WORK)
}

/// Coordinate updates of one run of so many steps.
fn run_work(filters: usize, problem: &Problem, steps: u64) -> u64 {
    let patches = u64::from(problem.distribution().max_patches()) + 1;
    let step_work = (filters as u64)
        .saturating_mul(patches)
        .saturating_mul(u64::from(problem.training().batch));
    steps.max(1).saturating_mul(step_work)
}

/// Cells of the steps that the law reaches.
fn exact_cells(problem: &Problem, config: &PhaseConfig<'_>) -> Vec<Cell> {
    let Some(&last) = config.times.last() else {
        return Vec::new();
    };
    let Ok(chain) = Chain::build(problem, Horizon::Steps(last), true, &config.limits) else {
        return Vec::new();
    };
    let law = chain.law(last);
    config
        .times
        .iter()
        .map_while(|&t| law.p_perfect.get(usize::try_from(t).ok()?))
        .map(|p| Cell::Exact(p.clone()))
        .collect()
}

fn sampled_cells(problem: &Problem, config: &PhaseConfig<'_>, times: &[u64]) -> Vec<Cell> {
    let last = times.last().copied().unwrap_or(0);
    let work = run_work(problem.n_filters(), problem, last);
    let runs = config.runs.min(MAX_SAMPLED_WORK / work.max(1));
    if runs == 0 {
        let why = format!("one run of {last} steps exceeds the work limit");
        return vec![Cell::Missing(why); times.len()];
    }
    let counts = match perfect_counts(problem, times, runs) {
        Some(counts) => counts.into_iter().map(Ok).collect(),
        None if interrupt::asked().is_some() => return Vec::new(),
        None => simulated_counts(problem, times, runs),
    };
    counts
        .into_iter()
        .map(|perfect| match perfect {
            Ok(perfect) => Cell::sampled(perfect, runs),
            Err(why) => Cell::Missing(why),
        })
        .collect()
}

/// In how many runs accuracy is 1 at each of these steps: exact paths on a lattice. `None` if the
/// problem has no lattice, or if accuracy 1 cannot be decided without enumerating.
fn perfect_counts(problem: &Problem, times: &[u64], runs: u64) -> Option<Vec<u64>> {
    let sampler = Sampler::new(problem.distribution());
    let model = Model::<Q>::new(problem);
    (0..runs)
        .into_par_iter()
        .map(|run| {
            let start = ExactPath::new(problem);
            if !start.is_on_lattice() {
                return None;
            }
            let mut path = SampledPath::new(start, &sampler, problem.training().seed, run);
            times
                .iter()
                .map(|&t| {
                    while path.path().t() < t {
                        if interrupt::asked().is_some() {
                            return None;
                        }
                        path.advance();
                        if !path.path().is_on_lattice() {
                            return None;
                        }
                    }
                    is_perfect(&model, problem, &path.path().state()).map(u64::from)
                })
                .collect::<Option<Vec<u64>>>()
        })
        .try_reduce(
            || vec![0; times.len()],
            |mut sum, one| {
                for (total, found) in sum.iter_mut().zip(one) {
                    *total += found;
                }
                Some(sum)
            },
        )
}

/// The same counts by the floating-point simulator, or why there is none at a step.
fn simulated_counts(problem: &Problem, times: &[u64], runs: u64) -> Vec<Result<u64, String>> {
    let last = times.last().copied().unwrap_or(0);
    let mut reported = times.to_vec();
    reported.extend([0, last]);
    reported.sort_unstable();
    reported.dedup();
    let simulation = simulate(
        problem,
        &Simulate {
            runs,
            steps: last,
            seed: problem.training().seed,
            times: reported,
            arithmetic: ArithmeticChoice::Automatic,
            progress: None,
        },
        None,
    );
    let undecided = || "too many atoms to decide accuracy 1".to_owned();
    times
        .iter()
        .map(|&t| {
            let point = simulation.series.iter().find(|point| point.t == t);
            let point = point.ok_or_else(undecided)?;
            match (point.perfect_runs, simulation.not_finite_from) {
                (Some(perfect), _) => Ok(perfect),
                (None, Some(step)) if point.finite_runs < runs => Err(format!(
                    "undecided: {} of {runs} runs have left the range of f64, the first at step {step}",
                    runs - point.finite_runs
                )),
                (None, _) => Err(undecided()),
            }
        })
        .collect()
}
