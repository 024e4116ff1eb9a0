//! Random problems by their parts, for proptest: what fails shrinks to a small problem, which is
//! printed as a problem file.

use super::{DictionaryKind, DistributionKind, HeadKind, Shape, cayley_of};
use filtercert::number::{Matrix, Q, integer, ratio};
use filtercert::problem::{
    Atom, AtomTable, Dictionary, Distribution, Generative, Label, Network, Pooling, Problem,
    Training, to_explicit_toml,
};
use num_traits::Zero;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence, RngSeed, TestError, TestRunner};

/// The parts of a problem, all of them integers. Lists are as long as the largest problem needs and
/// are cut when it is built, so that the number of backgrounds can shrink by itself.
#[derive(Debug, Clone)]
pub struct Parts {
    shape: Shape,
    background: usize,
    /// Twice the entries above the diagonal of the skew matrix behind an orthonormal basis.
    skew: Option<Vec<i64>>,
    data: Data,
    filters: Vec<Filter>,
    step: i64,
    batch: u32,
    steps: u64,
    seed: u64,
}

#[derive(Debug, Clone)]
struct Filter {
    /// Its sign is the head's; its size counts only if heads are rational.
    head: i64,
    /// Numerators of the pattern coordinates.
    row: Vec<i64>,
}

#[derive(Debug, Clone)]
struct Data {
    /// Weights of the labels.
    prior: [i64; 2],
    key_patches: u32,
    background_patches: u32,
    /// Weights of the backgrounds given each label.
    background: [Vec<i64>; 2],
    /// For explicit tables: label (or not, for the first two), counts, weight.
    atoms: Vec<(bool, Vec<u32>, i64)>,
}

/// Problems of this shape, with an orthonormal dictionary. All integers shrink towards 0 or the
/// least of their range, lists to fewer entries.
pub fn parts(shape: &Shape) -> impl Strategy<Value = Parts> + use<> {
    let shape = shape.clone();
    let most = *shape.background.end();
    let numerator = shape.weight_numerator;
    let coordinate = match shape.zeros_and_ties {
        true => prop_oneof![1 => Just(0), 6 => -numerator..=numerator].boxed(),
        false => (-numerator..=numerator).boxed(),
    };
    let head = prop_oneof![1i64..=8, -8i64..=-1];
    let filter = (head, vec(coordinate, most + 2)).prop_map(|(head, row)| Filter { head, row });
    let skews = match shape.dictionary {
        DictionaryKind::Standard => Just(None).boxed(),
        DictionaryKind::Cayley => skew(most + 2).prop_map(Some).boxed(),
        DictionaryKind::Orthonormal => proptest::option::of(skew(most + 2)).boxed(),
        DictionaryKind::Coherent => panic!("strategies have orthonormal dictionaries"),
    };
    let background = || vec(0i64..=4, most);
    let atom = (any::<bool>(), vec(0u32..=2, most + 2), 1i64..=4);
    let data = (
        [1i64..=6, 1i64..=6],
        shape.key_patches.clone(),
        shape.background_patches.clone(),
        [background(), background()],
        vec(atom, 2..=6),
    )
        .prop_map(
            |(prior, key_patches, background_patches, background, atoms)| Data {
                prior,
                key_patches,
                background_patches,
                background,
                atoms,
            },
        );
    (
        shape.background.clone(),
        skews,
        data,
        vec(filter, shape.filters.clone()),
        shape.step_numerator.clone(),
        shape.batch.clone(),
        shape.steps.clone(),
        0u64..1 << 32,
    )
        .prop_map(
            move |(background, skew, data, filters, step, batch, steps, seed)| Parts {
                shape: shape.clone(),
                background,
                skew,
                data,
                filters,
                step,
                batch,
                steps,
                seed,
            },
        )
}

fn skew(n: usize) -> impl Strategy<Value = Vec<i64>> {
    vec(-4i64..=4, n * (n - 1) / 2)
}

/// Weights made probabilities; the first has them all if all are 0.
fn normalized(weights: &[i64]) -> Vec<Q> {
    match weights.iter().sum() {
        0 => (0..weights.len())
            .map(|i| integer(i64::from(i == 0)))
            .collect(),
        total => weights.iter().map(|&w| ratio(w, total)).collect(),
    }
}

impl Parts {
    /// The problem.
    pub fn problem(&self) -> Problem {
        let (shape, k) = (&self.shape, self.background);
        let dictionary = match &self.skew {
            None => Dictionary::orthonormal(k).unwrap(),
            Some(entries) => {
                let mut entries = entries.iter();
                let basis = cayley_of(k + 2, || ratio(*entries.next().unwrap(), 2));
                Dictionary::explicit(basis).unwrap()
            }
        };
        let (head, rows) = self.filters();
        let data = rows
            .into_iter()
            .flatten()
            .map(|z| ratio(z, shape.weight_denominator))
            .collect();
        let network = Network::explicit(
            shape.activation.clone(),
            shape.pooling,
            head,
            Matrix::from_vec(self.filters.len(), k + 2, data).unwrap(),
        )
        .unwrap();
        let training = Training {
            loss: shape.loss,
            train: shape.train,
            step: ratio(self.step, shape.step_denominator),
            batch: self.batch,
            steps: self.steps,
            runs: 2,
            seed: self.seed,
        };
        let name = "random".to_owned();
        Problem::new(name, dictionary, self.distribution(), network, training).unwrap()
    }

    fn distribution(&self) -> Distribution {
        let (shape, k, data) = (&self.shape, self.background, &self.data);
        if shape.distribution == DistributionKind::Generative {
            let prior = match data.prior {
                _ if shape.balanced => [1, 1],
                [plus, minus] if plus == minus => [plus, plus + 1],
                prior => prior,
            };
            let prior = normalized(&prior).try_into().unwrap();
            let background_patches = if k == 0 { 0 } else { data.background_patches };
            let [plus, minus] = [0, 1].map(|y| normalized(&data.background[y][..k]));
            let minus = if shape.same_background {
                plus.clone()
            } else {
                minus
            };
            let r = data.key_patches;
            let generative = Generative::new(prior, r + background_patches, r, [plus, minus]);
            return Distribution::Generative(generative.unwrap());
        }
        let weights: Vec<i64> = data.atoms.iter().map(|(_, _, weight)| *weight).collect();
        let atoms = data.atoms.iter().zip(normalized(&weights)).enumerate();
        let atoms = atoms.map(|(i, ((minus, counts, _), probability))| {
            // Both labels occur.
            let label = Label::BOTH[if i < 2 { i } else { usize::from(*minus) }];
            let mut counts = counts[..k + 2].to_vec();
            if shape.distribution == DistributionKind::KeyedAtoms {
                counts[label.index()] = data.key_patches;
                counts[label.opposite().index()] = 0;
            }
            Atom {
                label,
                counts,
                probability,
            }
        });
        Distribution::Explicit(AtomTable::new(k + 2, atoms.collect()).unwrap().into())
    }

    /// Heads, and numerators of the coordinates, with winners and a loser where they are wanted.
    fn filters(&self) -> (Vec<Q>, Vec<Vec<i64>>) {
        let sign = |head: i64| integer(head.signum());
        let mut heads: Vec<Q> = self
            .filters
            .iter()
            .map(|filter| match self.shape.head {
                HeadKind::Signs => sign(filter.head),
                HeadKind::Rational => ratio(filter.head, 8),
            })
            .collect();
        let cut = |filter: &Filter| filter.row[..self.background + 2].to_vec();
        let mut rows: Vec<Vec<i64>> = self.filters.iter().map(cut).collect();
        if !self.shape.winners_and_losers {
            return (heads, rows);
        }
        for (j, row) in rows.iter_mut().enumerate().take(2) {
            heads[j] = integer(Label::BOTH[j].sign());
            row[j] = row[j].abs().max(1);
            if self.shape.pooling == Pooling::Max {
                // Under max pooling a winner's key coordinate must not lie below its backgrounds.
                row[j] = row[j].max(row[2..].iter().copied().max().unwrap_or(0));
            }
        }
        if let Some(row) = rows.get_mut(2) {
            let own = usize::from(heads[2] < Q::zero());
            row[own] = -row[own].abs();
        }
        (heads, rows)
    }
}

/// How many problems, and of which seed.
#[derive(Debug, Clone, Copy)]
pub struct Cases {
    pub cases: u32,
    pub seed: u64,
    /// Where the seeds of failures are kept, to be tried first from then on; relative to the root.
    pub failures: Option<&'static str>,
}

/// Checks random problems of a shape, the same ones every time.
///
/// # Errors
/// The reason and, as a problem file that `filtercert check` reads, the smallest problem found.
pub fn for_all(
    shape: &Shape,
    cases: Cases,
    check: impl Fn(&Problem) -> Result<(), String>,
) -> Result<(), (String, String)> {
    let persistence = cases
        .failures
        .map_or(FileFailurePersistence::Off, FileFailurePersistence::Direct);
    let mut runner = TestRunner::new(Config {
        cases: cases.cases,
        rng_seed: RngSeed::Fixed(cases.seed),
        failure_persistence: Some(Box::new(persistence)),
        max_shrink_iters: 4_000,
        ..Config::default()
    });
    let found = runner.run(&parts(shape), |parts| {
        check(&parts.problem()).map_err(TestCaseError::fail)
    });
    match found {
        Ok(()) => Ok(()),
        Err(TestError::Fail(reason, parts)) => {
            Err((reason.to_string(), to_explicit_toml(&parts.problem())))
        }
        Err(TestError::Abort(reason)) => panic!("given up: {reason}"),
    }
}

/// [`for_all`], panicking with what it found.
pub fn assert_for_all(shape: &Shape, cases: Cases, check: impl Fn(&Problem) -> Result<(), String>) {
    if let Err((reason, file)) = for_all(shape, cases, check) {
        panic!("{reason}\nThe smallest problem found, as a problem file:\n\n{file}");
    }
}
