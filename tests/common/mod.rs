//! What the tests share. Random problems look like a [`Shape`] and are drawn by `strategy`, where zeros, ties and
//! winners are placed by hand, because random rationals never hit them.
#![allow(dead_code, reason = "each test file uses its own part of this module")]

pub mod norms;
pub mod rounded;
pub mod strategy;
pub mod trial;

use assert_cmd::cargo::cargo_bin_cmd;
use filtercert::dynamics::gradient::{Model, Sample};
use filtercert::dynamics::state::State;
use filtercert::number::{Matrix, Q, ratio};
use filtercert::problem::{
    Activation, Dictionary, Distribution, Generative, HeadInit, Loss, Network, Parts, Pooling,
    Problem, Train, read_problem,
};
use num_traits::{One, Zero};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::ops::RangeInclusive;
use std::path::Path;

/// Which dictionary a random problem has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DictionaryKind {
    /// `background = K`.
    Standard,
    /// Explicit rational vectors that are orthonormal: rows of a Cayley transform.
    Cayley,
    /// Either of the two above.
    Orthonormal,
    /// Explicit vectors with a Gram matrix that is not the identity, linearly independent or not.
    Coherent,
    /// Unit keys, orthogonal to each other and to backgrounds that may overlap (A1k).
    KeysApart,
    /// Keys of any length at an angle that is not acute, orthogonal to backgrounds that may overlap (A1k-).
    KeysNotAcute,
    /// Two unit keys of which one is the other turned round, and the same backgrounds.
    Opposed,
}

impl DictionaryKind {
    /// The two keys in a plane that is orthogonal to all else, for the kinds that have one; three numbers that keys
    /// of any length are made of, the first and the last positive and the second not negative.
    pub fn keys(self, [length, back, up]: [Q; 3]) -> Option<[[Q; 2]; 2]> {
        let zero = Q::zero;
        match self {
            DictionaryKind::KeysApart => Some([[Q::one(), zero()], [zero(), Q::one()]]),
            DictionaryKind::KeysNotAcute => Some([[length, zero()], [-back, up]]),
            DictionaryKind::Opposed => Some([[Q::one(), zero()], [-Q::one(), zero()]]),
            _ => None,
        }
    }
}

/// Keys in a plane, and backgrounds orthogonal to it.
pub fn beside_the_plane(keys: [[Q; 2]; 2], backgrounds: Vec<Vec<Q>>) -> Vec<Vec<Q>> {
    let dimension = backgrounds.first().map_or(0, Vec::len);
    let keys = keys.map(|key| {
        let mut key = key.to_vec();
        key.resize(2 + dimension, Q::zero());
        key
    });
    let beside = |u: Vec<Q>| [Q::zero(), Q::zero()].into_iter().chain(u).collect();
    keys.into_iter()
        .chain(backgrounds.into_iter().map(beside))
        .collect()
}

/// A vector, turned round or changed where it does not make a winner of this key.
pub fn towards(key: &[Q], vector: Vec<Q>) -> Vec<Q> {
    let inner: Q = key.iter().zip(&vector).map(|(a, b)| a * b).sum();
    match inner {
        inner if inner > Q::zero() => vector,
        inner if inner < Q::zero() => vector.into_iter().map(|x| -x).collect(),
        _ => vector.into_iter().zip(key).map(|(x, k)| x + k).collect(),
    }
}

/// Which head a random problem has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadKind {
    /// Random signs.
    Signs,
    /// Random rationals, 0 among them.
    Rational,
}

/// Which distribution a random problem has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DistributionKind {
    /// Prior, patches, background.
    Generative,
    /// A table of arbitrary atoms, empty images among them.
    Atoms,
    /// A table of atoms that satisfies the unique-key assumption.
    KeyedAtoms,
}

/// What a random problem looks like. Everything left open by it is drawn at random.
#[derive(Debug, Clone)]
pub struct Shape {
    pub dictionary: DictionaryKind,
    pub distribution: DistributionKind,
    pub filters: RangeInclusive<usize>,
    pub background: RangeInclusive<usize>,
    /// Key patches r.
    pub key_patches: RangeInclusive<u32>,
    /// Background patches m - r.
    pub background_patches: RangeInclusive<u32>,
    /// pi_+ = pi_- = 1/2?
    pub balanced: bool,
    /// One background law for both labels?
    pub same_background: bool,
    pub activation: Activation,
    pub pooling: Pooling,
    pub loss: Loss,
    pub train: Train,
    pub head: HeadKind,
    /// Step sizes are `k / step_denominator` with k from this range.
    pub step_numerator: RangeInclusive<i64>,
    pub step_denominator: i64,
    pub batch: RangeInclusive<u32>,
    /// Weights are `k / weight_denominator` with |k| up to this.
    pub weight_numerator: i64,
    pub weight_denominator: i64,
    /// Make sure there is a winner of each label and a loser.
    pub winners_and_losers: bool,
    /// Put zeros and equal values among the weights.
    pub zeros_and_ties: bool,
    pub steps: RangeInclusive<u64>,
    pub runs: u64,
}

impl Shape {
    /// Are there winners, and keys in a plane of their own?
    pub fn has_keys_of_their_own(&self) -> bool {
        let parts = || [(); 3].map(|()| Q::one());
        self.winners_and_losers && self.dictionary.keys(parts()).is_some()
    }

    /// The vector of filter j over dependent patterns: the first two win a key where the shape has winners.
    pub fn won(&self, vectors: &[Vec<Q>], vector: Vec<Q>, j: usize) -> Vec<Q> {
        match vectors.get(j) {
            Some(key) if j < 2 && self.has_keys_of_their_own() => towards(key, vector),
            _ => vector,
        }
    }
}

impl Default for Shape {
    /// The setting of most theorems: orthonormal, generative, balanced, one background law, relu,
    /// sum pooling, unhinged, a fixed head of signs, batch 1, winners and losers present.
    fn default() -> Self {
        Shape {
            dictionary: DictionaryKind::Orthonormal,
            distribution: DistributionKind::Generative,
            filters: 3..=6,
            background: 1..=3,
            key_patches: 1..=2,
            background_patches: 0..=3,
            balanced: true,
            same_background: true,
            activation: Activation::Relu,
            pooling: Pooling::Sum,
            loss: Loss::Unhinged,
            train: Train::Filters,
            head: HeadKind::Signs,
            step_numerator: 1..=8,
            step_denominator: 40,
            batch: 1..=1,
            weight_numerator: 64,
            weight_denominator: 64,
            winners_and_losers: true,
            zeros_and_ties: true,
            steps: 20..=60,
            runs: 10,
        }
    }
}

/// The generator of test case `seed`.
pub fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// Follows the generic gradient of the expected dynamics; the states at `0..=steps`.
pub fn expected_states(problem: &Problem, steps: u64) -> Vec<State<Q>> {
    let model = Model::new(problem);
    let table = problem.distribution().atoms().unwrap();
    let mut states = vec![State::initial(problem)];
    for t in 0..steps as usize {
        let mut state = states[t].clone();
        let gradient = model.gradient(
            &state,
            table.atoms().iter().map(|a| Sample {
                label: a.label,
                counts: &a.counts,
                weight: &a.probability,
            }),
        );
        model.apply(&mut state, &gradient);
        states.push(state);
    }
    states
}

/// Rows of `(I - S)(I + S)^-1` for a skew-symmetric rational S: an orthonormal rational basis; of given entries above
/// the diagonal of S, row by row.
pub fn cayley_of(dimension: usize, mut entry: impl FnMut() -> Q) -> Vec<Vec<Q>> {
    let n = dimension;
    let mut skew = Matrix::from_fn(n, n, |_, _| Q::zero());
    for i in 0..n {
        for k in i + 1..n {
            let x = entry();
            skew[(i, k)] = x.clone();
            skew[(k, i)] = -x;
        }
    }
    // Solve X (I + S) = I - S; both factors commute, so solving (I + S) X = I - S gives the same X.
    let mut rows: Vec<Vec<Q>> = (0..n)
        .map(|i| {
            let unit = |k: usize| if i == k { Q::one() } else { Q::zero() };
            let mut row: Vec<Q> = (0..n).map(|k| unit(k) + &skew[(i, k)]).collect();
            row.extend((0..n).map(|k| unit(k) - &skew[(i, k)]));
            row
        })
        .collect();
    for col in 0..n {
        let pivot = (col..n)
            .find(|&r| !rows[r][col].is_zero())
            .expect("I + S is invertible for every skew-symmetric S");
        rows.swap(col, pivot);
        let inverse = rows[col][col].recip();
        rows[col].iter_mut().for_each(|x| *x *= &inverse);
        let pivot_row = rows[col].clone();
        for (r, row) in rows.iter_mut().enumerate() {
            if r != col && !row[col].is_zero() {
                let factor = row[col].clone();
                for (x, p) in row.iter_mut().zip(&pivot_row) {
                    *x -= &factor * p;
                }
            }
        }
    }
    rows.into_iter().map(|row| row[n..].to_vec()).collect()
}

/// Small steps and coarse weights, so that deaths, ties and closed gates happen within few steps.
pub fn coarse() -> Shape {
    Shape {
        filters: 2..=3,
        background: 0..=2,
        background_patches: 0..=1,
        step_denominator: 8,
        weight_numerator: 6,
        weight_denominator: 8,
        balanced: false,
        same_background: false,
        ..Shape::default()
    }
}

/// The built-in size, 64 filters and 16 equally likely backgrounds, with the loss and the training of `base`.
pub fn realistic(base: &Problem, prior: [Q; 2], patches: u32, steps: u64) -> Problem {
    let q = vec![ratio(1, 16); 16];
    let change = |parts: &mut Parts| {
        parts.dictionary = Dictionary::orthonormal(16).unwrap();
        let drawn = Generative::new(prior, patches, 1, [q.clone(), q]);
        parts.distribution = Distribution::Generative(drawn.unwrap());
        parts.network = Network::random(
            Activation::Relu,
            Pooling::Sum,
            64,
            18,
            HeadInit::Alternating,
            vec![],
            ratio(1, 2),
            64,
            7,
        )
        .unwrap();
        parts.training.step = ratio(1, 50);
        parts.training.steps = steps;
    };
    base.changed(change).unwrap()
}

/// A problem with some thousands of states.
pub fn reference() -> Problem {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/law-hinge.toml");
    read_problem(&file).unwrap()
}

/// The problem of this name in `tests/cases`.
pub fn case(name: &str) -> Problem {
    let path = format!("{}/tests/cases/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    read_problem(Path::new(&path)).unwrap()
}

/// Runs the program in the root of the repository: exit code, standard output, standard error.
pub fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = cargo_bin_cmd!("filtercert")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// `P(Bin(n, p) < k)` by adding up, for `1 <= k <= n + 1` and p in (0, 1).
pub fn binomial_sum(n: u64, p: &Q, k: u64) -> Q {
    let (a, b) = (p.numer().clone(), p.denom() - p.numer());
    let mut term = p.denom().pow(0);
    let mut sum = term.clone();
    for i in 1..k {
        term = term * &a * (n - i + 1) / i;
        sum = sum * &b + &term;
    }
    let rest = u32::try_from(n + 1 - k).unwrap();
    Q::new(sum * b.pow(rest), p.denom().pow(u32::try_from(n).unwrap()))
}
