//! A3 on observed images: permutation tests that the backgrounds have one law under both labels.
//!
//! If the images are independent and A3 holds, then given the backgrounds that were seen, and how many images have each
//! label, every way to deal the labels out is equally likely. The p-value is the share of the ways in which the statistic
//! is at least what was seen: of all ways, where the ways to share out the distinct backgrounds are few; else of
//! random ones, the true one counted among them, which rejects a true A3 with probability of at most the level, too.

use super::{Decision, Tests};
use crate::interrupt;
use crate::number::{Q, integer};
use crate::probability::Tail;
use crate::problem::{Label, Observed, uniform_below};
use num_bigint::{BigInt, BigUint};
use num_traits::{One, ToPrimitive, Zero};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Most ways to share out the distinct backgrounds that are all gone through.
const MAX_WAYS: usize = 20_000;

/// Most images for which that is tried: the numbers of ways have about as many bits.
const MAX_IMAGES: u64 = 2_000;

/// Most operations of the random permutations.
const MAX_WORK: u64 = 4_000_000_000;

/// How two empirical background laws are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistic {
    /// The total variation distance of the laws of all background counts, the measure of A3. It is 1 for every way if
    /// no two images have the same background.
    Distance,
    /// The sum over the background patterns of the differences of the mean counts: coarser, and so it sees a drift
    /// where images are too diverse for the distance.
    Means,
}

impl Statistic {
    /// Both.
    pub const ALL: &[Statistic] = &[Statistic::Distance, Statistic::Means];

    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Statistic::Distance => "total-variation",
            Statistic::Means => "mean-counts",
        }
    }
}

/// How the p-value was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Method {
    /// All ways to deal the labels out, gone through by how many images of each background get which label.
    AllWays,
    /// Random permutations of the labels: so many.
    Random(u64),
    /// None: this limit was met.
    Stopped(String),
}

/// One permutation test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackgroundTest {
    /// What is compared.
    pub statistic: Statistic,
    /// What was seen.
    pub value: Q,
    /// The p-value; not known where the method is [`Method::Stopped`].
    pub p_value: Option<Q>,
    /// What follows at the test's level.
    pub decision: Decision,
    /// The statistic from which on these images, their labels dealt out anew, would have been rejected; `None` if no
    /// way would have been, or if it is not known. It says what the test could see on backgrounds such as these, and
    /// nothing about the law that they come from.
    pub rejected_from: Option<Q>,
    /// How it was found.
    pub method: Method,
}

/// The distinct backgrounds, and what is counted of each.
struct Pool {
    /// Counts of each distinct background.
    kinds: Vec<Vec<u32>>,
    /// Images of each, and those of label +.
    images: Vec<u64>,
    plus: Vec<u64>,
    /// The background of each image.
    kind_of: Vec<u32>,
    /// Images of + and of -.
    labels: [u64; 2],
    /// Sum of each count over all images.
    sums: Vec<i128>,
}

/// Tests that both labels, of which each was seen, have one background law; each test at `level`.
pub(super) fn test(
    sample: &Observed,
    statistics: &[Statistic],
    level: &Q,
    tests: &Tests,
) -> Vec<BackgroundTest> {
    let pool = Pool::new(sample);
    let seen = pool.statistics(&pool.plus);
    let found = match pool.all_ways() {
        Some(laws) => Ok(laws),
        None => Err(pool.at_random(tests)),
    };
    let of = |&statistic: &Statistic| {
        let at = statistic as usize;
        let scale = pool.scale(statistic);
        let value = |t: i128| Q::new(t.into(), scale.clone());
        let (p_value, from, method) = match &found {
            Ok(laws) => {
                let (p, from) = by_all(&laws[at], seen[at], level);
                (Some(p), from, Method::AllWays)
            }
            Err(Ok(drawn)) => {
                let drawn: Vec<i128> = drawn.iter().map(|t| t[at]).collect();
                let (p, from) = by_random(drawn, seen[at], level);
                // No distance is above 1.
                let is_possible =
                    |t: &i128| statistic != Statistic::Distance || BigInt::from(*t) <= scale;
                let from = from.filter(is_possible);
                (Some(p), from, Method::Random(tests.permutations))
            }
            Err(Err(limit)) => (None, None, Method::Stopped(limit.clone())),
        };
        BackgroundTest {
            statistic,
            value: value(seen[at]),
            decision: p_value.as_ref().map_or(Decision::Undecided, |p| {
                Decision::by(&Tail::Exact(p.clone()), level)
            }),
            p_value,
            rejected_from: from.map(value),
            method,
        }
    };
    statistics.iter().map(of).collect()
}

/// The share of ways with a statistic of at least what was seen, and the least one whose share is at most the level.
fn by_all(law: &BTreeMap<i128, BigUint>, seen: i128, level: &Q) -> (Q, Option<i128>) {
    let all: BigUint = law.values().sum();
    let all = BigInt::from(all);
    let (mut above, mut p, mut from) = (BigUint::zero(), Q::one(), None);
    for (&t, ways) in law.iter().rev() {
        above += ways;
        let share = Q::new(above.clone().into(), all.clone());
        if share <= *level {
            from = Some(t);
        }
        if t >= seen {
            p = share;
        }
    }
    (p, from)
}

/// The share of permutations, the true one among them, with a statistic of at least what was seen; and the statistic
/// that would have been above the level.
fn by_random(mut drawn: Vec<i128>, seen: i128, level: &Q) -> (Q, Option<i128>) {
    let all = integer(drawn.len() + 1);
    let extreme = drawn.iter().filter(|&&t| t >= seen).count();
    drawn.sort_unstable_by(|a, b| b.cmp(a));
    // With t rejected iff 1 + #{drawn >= t} <= level (B + 1).
    let most: BigInt = (level * &all).floor().to_integer() - 1;
    let from = match most.to_usize() {
        Some(most) => drawn.get(most).map(|t| t + 1),
        None => None,
    };
    (integer(extreme + 1) / all, from)
}

impl Pool {
    fn new(sample: &Observed) -> Self {
        let mut ids: BTreeMap<&[u32], u32> = BTreeMap::new();
        let mut pool = Pool {
            kinds: Vec::new(),
            images: Vec::new(),
            plus: Vec::new(),
            kind_of: Vec::with_capacity(sample.images.len()),
            labels: [0; 2],
            sums: vec![0; sample.patterns.len() - 2],
        };
        for image in &sample.images {
            let background = &image.counts[2..];
            let id = *ids.entry(background).or_insert_with(|| {
                pool.kinds.push(background.to_vec());
                pool.images.push(0);
                pool.plus.push(0);
                pool.kinds.len() as u32 - 1
            });
            pool.images[id as usize] += 1;
            pool.plus[id as usize] += u64::from(image.label == Label::Plus);
            pool.kind_of.push(id);
            pool.labels[image.label.index()] += 1;
            for (sum, &count) in pool.sums.iter_mut().zip(background) {
                *sum += i128::from(count);
            }
        }
        pool
    }

    /// What the integer form of a statistic is divided by: `2 n_+ n_-`, and `n_+ n_-`.
    fn scale(&self, statistic: Statistic) -> BigInt {
        let product = BigInt::from(self.labels[0]) * self.labels[1];
        match statistic {
            Statistic::Distance => product * 2,
            Statistic::Means => product,
        }
    }

    /// Both statistics as integers, `a` of the images of each background being labelled +. With b = t - a the other
    /// ones, `n_+ n_- |a/n_+ - b/n_-| = |a n - t n_+|`, and the same of the sums of counts.
    fn statistics(&self, a: &[u64]) -> [i128; 2] {
        let [n_plus, n_minus] = self.labels.map(i128::from);
        let n = n_plus + n_minus;
        let mut distance = 0;
        let mut sums = vec![0i128; self.sums.len()];
        for ((&a, &t), counts) in a.iter().zip(&self.images).zip(&self.kinds) {
            distance += (i128::from(a) * n - i128::from(t) * n_plus).abs();
            if a > 0 {
                for (sum, &count) in sums.iter_mut().zip(counts) {
                    *sum += i128::from(count) * i128::from(a);
                }
            }
        }
        let means = sums.iter().zip(&self.sums);
        let means = means.map(|(s, all)| (s * n - all * n_plus).abs()).sum();
        [distance, means]
    }

    /// In how many ways each statistic has each value; `None` where the ways are too many.
    fn all_ways(&self) -> Option<[BTreeMap<i128, BigUint>; 2]> {
        if self.kind_of.len() as u64 > MAX_IMAGES {
            return None;
        }
        let mut ways = Ways {
            pool: self,
            choose: self.images.iter().map(|&t| binomials(t)).collect(),
            after: vec![0; self.kinds.len() + 1],
            a: vec![0; self.kinds.len()],
            laws: Default::default(),
            left: MAX_WAYS,
        };
        for c in (0..self.kinds.len()).rev() {
            ways.after[c] = ways.after[c + 1] + self.images[c];
        }
        ways.share(0, self.labels[0], &BigUint::one())?;
        Some(ways.laws)
    }

    /// Both statistics of each of the random permutations, whatever the number of threads.
    fn at_random(&self, tests: &Tests) -> Result<Vec<[i128; 2]>, String> {
        let n = self.kind_of.len();
        let cells = self.kinds.len().saturating_mul(self.sums.len() + 1);
        let each = (n as u64).saturating_add(cells as u64);
        if each.saturating_mul(tests.permutations) > MAX_WORK {
            return Err(format!(
                "{} permutations of {n} images take more than {MAX_WORK} operations",
                tests.permutations
            ));
        }
        // The smaller label is dealt out.
        let [n_plus, n_minus] = self.labels;
        let dealt = n_plus.min(n_minus) as usize;
        let one = |order: &mut Vec<u32>, permutation: u64| {
            if let Some(limit) = interrupt::asked() {
                return Err(limit.to_owned());
            }
            let mut rng = ChaCha8Rng::seed_from_u64(tests.seed);
            rng.set_stream(permutation);
            order.copy_from_slice(&self.kind_of);
            let mut a = match n_plus <= n_minus {
                true => vec![0; self.kinds.len()],
                false => self.images.clone(),
            };
            for i in 0..dealt {
                let at = i + uniform_below(&mut rng, (n - i) as u64) as usize;
                order.swap(i, at);
                let kind = order[i] as usize;
                if n_plus <= n_minus {
                    a[kind] += 1;
                } else {
                    a[kind] -= 1;
                }
            }
            Ok(self.statistics(&a))
        };
        let all = (0..tests.permutations).into_par_iter();
        all.map_init(|| vec![0; n], one).collect()
    }
}

/// `C(t, 0) .. C(t, t)`.
fn binomials(t: u64) -> Vec<BigUint> {
    let mut row = vec![BigUint::one()];
    for i in 1..=t {
        let next = row[row.len() - 1].clone() * (t - i + 1) / i;
        row.push(next);
    }
    row
}

/// All ways to share out the images of each background, gone through by depth.
struct Ways<'a> {
    pool: &'a Pool,
    choose: Vec<Vec<BigUint>>,
    /// Images of this background and of all later ones.
    after: Vec<u64>,
    a: Vec<u64>,
    laws: [BTreeMap<i128, BigUint>; 2],
    /// Ways that may still be gone through.
    left: usize,
}

impl Ways<'_> {
    /// Shares out the backgrounds from `c` on, `plus` images of them being labelled +; `None` when there are too many
    /// ways. Every branch leads to a way, since what is left always fits.
    fn share(&mut self, c: usize, plus: u64, ways: &BigUint) -> Option<()> {
        if c == self.a.len() {
            self.left = self.left.checked_sub(1)?;
            for (law, t) in self.laws.iter_mut().zip(self.pool.statistics(&self.a)) {
                *law.entry(t).or_default() += ways;
            }
            return Some(());
        }
        let least = plus.saturating_sub(self.after[c + 1]);
        for a in least..=plus.min(self.pool.images[c]) {
            self.a[c] = a;
            let more = ways * &self.choose[c][a as usize];
            self.share(c + 1, plus - a, &more)?;
        }
        Some(())
    }
}
