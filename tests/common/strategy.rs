//! Random problems by their parts, for proptest: what fails shrinks to a small problem, which is
//! printed as a problem file.

use super::{DictionaryKind, DistributionKind, HeadKind, Shape, beside_the_plane, cayley_of};
use filtercert::number::{Matrix, Q, integer, ratio};
use filtercert::problem::{
    Atom, AtomTable, Dictionary, Distribution, Generative, HeadInit, Init, Label, Network, Pooling,
    Problem, Training, to_explicit_toml,
};
use num_traits::Zero;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence, RngSeed, TestError, TestRunner};

/// The parts of a problem, all of them integers. Lists are as long as the largest problem needs and
/// are cut when it is built, so that the number of backgrounds can shrink by itself.
#[derive(Debug, Clone)]
pub struct Parts {
    shape: Shape,
    background: usize,
    patterns: Patterns,
    data: Data,
    filters: Vec<Filter>,
    step: i64,
    batch: u32,
    steps: u64,
    seed: u64,
}

/// The dictionary.
#[derive(Debug, Clone)]
enum Patterns {
    Standard,
    /// Twice the entries above the diagonal of the skew matrix behind an orthonormal basis, of as many
    /// dimensions as patterns or one more.
    Cayley {
        skew: Vec<i64>,
        wider: bool,
    },
    /// Twice the entries of the vectors, in one dimension less than there are patterns, as many, or one more.
    Coherent {
        vectors: Vec<Vec<i64>>,
        extra: usize,
    },
    /// Keys in a plane, made of halves, and backgrounds beside it in one dimension less than there are, as many, or
    /// one more.
    Plane {
        keys: [i64; 3],
        vectors: Vec<Vec<i64>>,
        extra: usize,
    },
}

#[derive(Debug, Clone)]
struct Filter {
    /// Its sign is the head's; its size counts only if heads are rational.
    head: i64,
    /// Numerators of the pattern coordinates, or of a vector that has them.
    row: Vec<i64>,
    /// The first of these coordinates is put in the place of the second.
    tie: Option<[usize; 2]>,
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

/// Problems of this shape. All integers shrink towards 0 or the least of their range, lists to fewer
/// entries.
pub fn parts(shape: &Shape) -> impl Strategy<Value = Parts> + use<> {
    let shape = shape.clone();
    let most = *shape.background.end();
    let numerator = shape.weight_numerator;
    let coordinate = match shape.zeros_and_ties {
        true => prop_oneof![1 => Just(0), 6 => -numerator..=numerator].boxed(),
        false => (-numerator..=numerator).boxed(),
    };
    let head = match shape.head {
        HeadKind::Signs => prop_oneof![Just(1i64), Just(-1)].boxed(),
        HeadKind::Rational => (-8i64..=8).boxed(),
    };
    let coordinates = 0..most + 2;
    let tie = match shape.zeros_and_ties {
        true => option::weighted(0.3, [coordinates.clone(), coordinates]).boxed(),
        false => Just(None).boxed(),
    };
    let filter = (head, vec(coordinate, most + 3), tie).prop_map(|(head, row, tie)| Filter {
        head,
        row,
        tie,
    });
    let standard = Just(Patterns::Standard);
    let skew = vec(-4i64..=4, (most + 3) * (most + 2) / 2);
    let cayley = (skew, any::<bool>()).prop_map(|(skew, wider)| Patterns::Cayley { skew, wider });
    let patterns = match shape.dictionary {
        DictionaryKind::Standard => standard.boxed(),
        DictionaryKind::Cayley => cayley.boxed(),
        DictionaryKind::Orthonormal => prop_oneof![standard, cayley].boxed(),
        DictionaryKind::Coherent => (vec(vec(-4i64..=4, most + 3), most + 2), 0usize..=2)
            .prop_map(|(vectors, extra)| Patterns::Coherent { vectors, extra })
            .boxed(),
        DictionaryKind::KeysApart | DictionaryKind::KeysNotAcute | DictionaryKind::Opposed => {
            let keys = (1i64..=4, 0i64..=4, 1i64..=4).prop_map(|(a, b, c)| [a, b, c]);
            (keys, vec(vec(-3i64..=3, most.max(2) + 1), most), 0usize..=2)
                .prop_map(|(keys, vectors, extra)| Patterns::Plane {
                    keys,
                    vectors,
                    extra,
                })
                .boxed()
        }
    };
    let background = || vec(0i64..=4, most);
    let counts = prop_oneof![1 => Just(vec![0; most + 2]), 9 => vec(0u32..=2, most + 2)];
    let atom = (any::<bool>(), counts, 0i64..=4);
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
        patterns,
        data,
        vec(filter, shape.filters.clone()),
        shape.step_numerator.clone(),
        shape.batch.clone(),
        shape.steps.clone(),
        0u64..1 << 32,
    )
        .prop_map(
            move |(background, patterns, data, filters, step, batch, steps, seed)| Parts {
                shape: shape.clone(),
                background,
                patterns,
                data,
                filters,
                step,
                batch,
                steps,
                seed,
            },
        )
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
        let dictionary = self.dictionary();
        let (head, rows) = self.filters(&dictionary);
        let data = rows.into_iter().flatten().collect();
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
            runs: shape.runs,
            seed: self.seed,
        };
        let name = "random".to_owned();
        Problem::new(name, dictionary, self.distribution(), network, training).unwrap()
    }

    fn dictionary(&self) -> Dictionary {
        let n = self.background + 2;
        let vectors = match &self.patterns {
            Patterns::Standard => return Dictionary::orthonormal(n - 2).unwrap(),
            Patterns::Cayley { skew, wider } => {
                let mut entries = skew.iter();
                let dimension = n + usize::from(*wider);
                let mut basis = cayley_of(dimension, || ratio(*entries.next().unwrap(), 2));
                basis.truncate(n);
                basis
            }
            Patterns::Coherent { vectors, extra } => {
                let cut = |v: &Vec<i64>| v[..n.max(3) - 1 + extra].to_vec();
                let mut vectors: Vec<Vec<i64>> = vectors[..n].iter().map(cut).collect();
                let halves = |vectors: &[Vec<i64>]| {
                    let row = |v: &Vec<i64>| v.iter().map(|&x| ratio(x, 2)).collect();
                    vectors.iter().map(row).collect()
                };
                let found = Dictionary::explicit(halves(&vectors)).unwrap();
                if !found.is_orthonormal() {
                    return found;
                }
                vectors[1] = vectors[0].clone();
                halves(&vectors)
            }
            Patterns::Plane {
                keys,
                vectors,
                extra,
            } => {
                let keys = self.shape.dictionary.keys(keys.map(|part| ratio(part, 2)));
                let cut = |v: &Vec<i64>| {
                    let entries = v[..self.background.max(2) - 1 + extra].iter();
                    entries.map(|&x| ratio(x, 2)).collect()
                };
                let backgrounds = vectors[..self.background].iter().map(cut).collect();
                beside_the_plane(keys.unwrap(), backgrounds)
            }
        };
        Dictionary::explicit(vectors).unwrap()
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

    /// Heads and coordinates, with winners and a loser where they are wanted.
    fn filters(&self, dictionary: &Dictionary) -> (Vec<Q>, Vec<Vec<Q>>) {
        let (shape, n) = (&self.shape, self.background + 2);
        let mut heads: Vec<Q> = self
            .filters
            .iter()
            .map(|filter| match shape.head {
                HeadKind::Signs => integer(filter.head),
                HeadKind::Rational => ratio(filter.head, 8),
            })
            .collect();
        let weight = |z: i64| ratio(z, shape.weight_denominator);
        if let Some(vectors) = dictionary.vectors().filter(|_| dictionary.is_dependent()) {
            // Products with a vector are coordinates that some vector has.
            let coordinates = |(j, filter): (usize, &Filter)| {
                let vector = vectors[0].iter().zip(&filter.row);
                let vector = shape.won(vectors, vector.map(|(_, &z)| weight(z)).collect(), j);
                let product = |v: &Vec<Q>| v.iter().zip(&vector).map(|(x, z)| x * z).sum();
                vectors.iter().map(product).collect()
            };
            let rows = self.filters.iter().enumerate().map(coordinates).collect();
            if shape.has_keys_of_their_own() {
                for (head, label) in heads.iter_mut().zip(Label::BOTH) {
                    *head = integer(label.sign());
                }
            }
            return (heads, rows);
        }
        let mut rows: Vec<Vec<i64>> = Vec::new();
        for filter in &self.filters {
            let mut row = filter.row[..n].to_vec();
            if let Some([p, q]) = filter.tie {
                row[p % n] = row[q % n];
            }
            rows.push(row);
        }
        if shape.winners_and_losers {
            for (j, row) in rows.iter_mut().enumerate().take(2) {
                heads[j] = integer(Label::BOTH[j].sign());
                row[j] = row[j].abs().max(1);
                if shape.pooling == Pooling::Max {
                    // Under max pooling a winner's key coordinate must not lie below its backgrounds.
                    row[j] = row[j].max(row[2..].iter().copied().max().unwrap_or(0));
                }
            }
            if let Some(row) = rows.get_mut(2) {
                let own = usize::from(heads[2] < Q::zero());
                row[own] = -row[own].abs();
            }
        }
        let rows = rows
            .into_iter()
            .map(|row| row.into_iter().map(weight).collect());
        (heads, rows.collect())
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

/// Checks random problems of a shape, the same ones every time, and more of them if the environment
/// variable `PROPTEST_CASES` asks for more.
///
/// # Errors
/// The reason and, as a problem file that `filtercert check` reads, the smallest problem found.
pub fn for_all(
    shape: &Shape,
    cases: Cases,
    check: impl Fn(&Problem) -> Result<(), String>,
) -> Result<(), (String, String)> {
    let same = |parts: &Parts| parts.problem();
    for_all_of(shape, cases, same, check)
}

/// This many problems are not a population: `PROPTEST_CASES` does not raise them.
const FEW: u32 = 10;

/// The same for what is made of these problems.
///
/// # Errors
/// As [`for_all`].
pub fn for_all_of(
    shape: &Shape,
    cases: Cases,
    make: impl Fn(&Parts) -> Problem,
    check: impl Fn(&Problem) -> Result<(), String>,
) -> Result<(), (String, String)> {
    let asked = std::env::var("PROPTEST_CASES").ok();
    let more = asked.and_then(|text| text.parse().ok());
    // A few problems to try something on stay a few.
    let more = more.filter(|_| cases.cases > FEW).unwrap_or(0);
    // Faults that are planted leave no failures behind.
    let planted = std::env::var_os("PROPTEST_DISABLE_FAILURE_PERSISTENCE").is_some();
    let persistence = cases
        .failures
        .filter(|_| !planted)
        .map_or(FileFailurePersistence::Off, FileFailurePersistence::Direct);
    let mut runner = TestRunner::new(Config {
        cases: cases.cases.max(more),
        rng_seed: RngSeed::Fixed(cases.seed),
        failure_persistence: Some(Box::new(persistence)),
        max_shrink_iters: 4_000,
        ..Config::default()
    });
    let found = runner.run(&parts(shape), |parts| {
        check(&make(&parts)).map_err(TestCaseError::fail)
    });
    match found {
        Ok(()) => Ok(()),
        Err(TestError::Fail(reason, parts)) => {
            Err((reason.to_string(), problem_file(&make(&parts))))
        }
        Err(TestError::Abort(reason)) => panic!("given up: {reason}"),
    }
}

/// A problem as a file; random initial weights stay random.
pub fn problem_file(problem: &Problem) -> String {
    let text = to_explicit_toml(problem);
    let network = problem.network();
    let Init::Uniform {
        half_width,
        denominator,
        seed,
    } = &network.init
    else {
        return text;
    };
    let mut file: toml::Table = text.parse().unwrap();
    let section = file["network"].as_table_mut().unwrap();
    section.remove("weights");
    section.insert(
        "filters".into(),
        toml::Value::Integer(problem.n_filters() as i64),
    );
    let init = format!(
        "kind = \"uniform\"\nhalf_width = \"{half_width}\"\ndenominator = {denominator}\nseed = {seed}"
    );
    let init: toml::Table = init.parse().unwrap();
    section.insert("init".into(), toml::Value::Table(init));
    let head = match network.head_init {
        HeadInit::RandomSigns => "random",
        HeadInit::Alternating => "alternating",
        HeadInit::Explicit => return file.to_string(),
    };
    section.insert("head".into(), toml::Value::String(head.into()));
    file.to_string()
}

/// [`for_all`], panicking with what it found.
pub fn assert_for_all(shape: &Shape, cases: Cases, check: impl Fn(&Problem) -> Result<(), String>) {
    if let Err((reason, file)) = for_all(shape, cases, check) {
        panic!("{reason}\nThe smallest problem found, as a problem file:\n\n{file}");
    }
}
