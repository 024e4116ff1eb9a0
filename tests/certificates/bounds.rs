//! The bounds of T4 and T5, hypotheses, and ends of segments, on random problems against the definitions:
//! what the formula gives is accepted, what is a little more is refused, and the draws are such that a
//! formula with one term wrong would be noticed.

use super::naive::{self, Image, State, int};
use crate::number::{Q, ratio, sqrt_rd};
use filtercert::certificate::format::{
    Atom, Certificate, Claim, Label, Loss, Natural, Number, Probability, Problem, Segment, Train,
};
use filtercert::certificate::verify::{Rule, Verdict, VerifyError, verify};
use num_traits::{One, Signed, Zero};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

pub fn numbers(row: &[Q]) -> Vec<Number> {
    row.iter().cloned().map(Number).collect()
}

fn sign(label: usize) -> Q {
    if label == 0 { int(1) } else { int(-1) }
}

/// One to three background patterns, two to four filters with a winner of each label, three or four
/// images with unequal probabilities and one number of key patches.
pub fn random_problem(rng: &mut ChaCha8Rng, loss: Loss) -> Problem {
    let (k, n) = (rng.random_range(1..=3), rng.random_range(2..=4));
    let width = k + 2;
    let r = rng.random_range(1..=2);
    let heads: Vec<usize> = (0..n)
        .map(|j| if j < 2 { j } else { rng.random_range(0..2) })
        .collect();
    let weights: Vec<Vec<Q>> = (0..n)
        .map(|j| {
            let mut row: Vec<Q> = (0..width)
                .map(|_| ratio(rng.random_range(-6..=6), 8))
                .collect();
            if j < 2 {
                row[j] = ratio(rng.random_range(1..=12), 8);
            }
            row
        })
        .collect();
    let shares: Vec<i64> = (0..rng.random_range(3..=4))
        .map(|_| rng.random_range(1..=5))
        .collect();
    let whole: i64 = shares.iter().sum();
    let atoms = shares.iter().enumerate().map(|(i, share)| {
        let label = if i < 2 { i } else { rng.random_range(0..2) };
        let mut counts = vec![Natural(0); width];
        counts[label] = Natural(r);
        for count in &mut counts[2..] {
            *count = Natural(rng.random_range(0..=2));
        }
        Atom {
            label: [Label::Plus, Label::Minus][label],
            counts,
            probability: Number(ratio(*share, whole)),
            draws: None,
        }
    });
    let atoms = atoms.collect();
    let identity = |p: usize| (0..width).map(move |q| Number(int(u8::from(p == q))));
    Problem {
        gram: (0..width).map(|p| identity(p).collect()).collect(),
        atoms,
        loss,
        train: Train::Filters,
        pooling: None,
        slope: None,
        step: Number(ratio(rng.random_range(1..=4), 4)),
        batch: Natural(1),
        head: heads.iter().map(|&y| Number(sign(y))).collect(),
        weights: weights.iter().map(|row| numbers(row)).collect(),
    }
}

/// A way to get a term of the thresholds' condition wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Slip {
    NoStep,
    NoOwn,
    Signed,
    RatioNotSquared,
    NoOpposition,
    LastPattern,
    WiderWalk,
}

const SLIPS: [Slip; 7] = [
    Slip::NoStep,
    Slip::NoOwn,
    Slip::Signed,
    Slip::RatioNotSquared,
    Slip::NoOpposition,
    Slip::LastPattern,
    Slip::WiderWalk,
];

pub struct Thresholds {
    problem: Problem,
    weights: Vec<Vec<Q>>,
    label: Vec<usize>,
    /// Is the head other than 0? Else a filter is for no label.
    speaks: Vec<bool>,
    r: Q,
    m: Q,
    counts: [u64; 2],
    walks: Vec<u64>,
}

impl Thresholds {
    pub fn of(problem: &Problem, counts: [u64; 2], walks: Vec<u64>) -> Self {
        let images = naive::images(problem);
        let r = images[0].counts[images[0].label];
        Self::read_with(problem, counts, walks, r)
    }

    /// With r key patches, whatever the images have.
    pub fn read_with(problem: &Problem, counts: [u64; 2], walks: Vec<u64>, r: u64) -> Self {
        let images = naive::images(problem);
        let patches = |x: &Image| x.counts.iter().sum::<u64>();
        let rows = problem.weights.iter();
        Thresholds {
            weights: rows
                .map(|row| row.iter().map(|z| z.0.clone()).collect())
                .collect(),
            label: problem
                .head
                .iter()
                .map(|a| usize::from(a.0.is_negative()))
                .collect(),
            speaks: problem.head.iter().map(|a| !a.0.is_zero()).collect(),
            r: int(r),
            m: int(images.iter().map(patches).max().expect("an image")),
            problem: problem.clone(),
            counts,
            walks,
        }
    }

    fn wins(&self, j: usize) -> bool {
        self.speaks[j] && self.weights[j][self.label[j]].is_positive()
    }

    /// The largest ratio of 64ths that they imply.
    pub fn largest_ratio(&self) -> Q {
        let (least, largest) = self.squares(None);
        match largest.is_zero() {
            true => int(1),
            false => (sqrt_rd(&(least / largest)) * int(64)).floor() / int(64),
        }
    }

    /// Do they imply dominance with this ratio, or without one accuracy 1?
    pub fn implies(&self, ratio: Option<&Q>) -> bool {
        let some = (0..self.label.len()).any(|j| self.wins(j));
        (some || ratio.is_none()) && self.imply(ratio, None)
    }

    fn wide(&self, k: usize, slip: Option<Slip>) -> Q {
        let more = u64::from(slip == Some(Slip::WiderWalk));
        &self.problem.step.0 * int(self.walks[k] + more)
    }

    /// The least winner key and the largest loser, squared, that the thresholds allow.
    fn squares(&self, slip: Option<Slip>) -> (Q, Q) {
        let eta = &self.problem.step.0;
        let filters = || 0..self.label.len();
        let key = |j: usize| {
            let y = self.label[j];
            let z = &self.weights[j][y] + eta * &self.r * int(self.counts[y]);
            &z * &z
        };
        let norm = |i: usize| {
            let (own, wrong) = (self.label[i], 1 - self.label[i]);
            let z = &self.weights[i];
            let mut sum = &z[wrong] * &z[wrong];
            let step = eta * &self.r;
            if slip != Some(Slip::NoStep) {
                sum = sum.max(&step * &step);
            }
            if slip != Some(Slip::NoOwn) {
                sum += &z[own] * &z[own];
            }
            for k in 0..self.walks.len() {
                let from = match slip {
                    Some(Slip::Signed) => z[k + 2].clone(),
                    _ => z[k + 2].abs(),
                };
                let far = from + self.wide(k, slip);
                sum += &far * &far;
            }
            sum
        };
        let least = filters().filter(|&j| self.wins(j)).map(key).min();
        let largest = filters().filter(|&j| !self.wins(j)).map(norm).max();
        (least.unwrap_or_default(), largest.unwrap_or_default())
    }

    fn dominate(&self, ratio: &Q, slip: Option<Slip>) -> bool {
        let (least, largest) = self.squares(slip);
        let factor = match slip {
            Some(Slip::RatioNotSquared) => ratio.clone(),
            _ => ratio * ratio,
        };
        least >= factor * largest
    }

    fn classify(&self, slip: Option<Slip>) -> bool {
        let eta = &self.problem.step.0;
        [0, 1].into_iter().all(|y| {
            let grown = eta * &self.r * int(self.counts[y]);
            let (mut win, mut lose) = (Q::zero(), Q::zero());
            let mut rest = vec![Q::zero(); self.walks.len()];
            let filters = self.weights.iter().zip(&self.label).zip(&self.speaks);
            for ((z, &label), _) in filters.filter(|(_, speaks)| **speaks) {
                if label == y {
                    if z[y].is_positive() {
                        win += &z[y] + &grown;
                    }
                    continue;
                }
                if slip != Some(Slip::NoOpposition) && z[y] > grown {
                    lose += &z[y] - &grown;
                }
                for (k, rest) in rest.iter_mut().enumerate() {
                    if z[k + 2].is_positive() {
                        *rest += &z[k + 2] + self.wide(k, slip);
                    }
                }
            }
            let worst = match slip {
                Some(Slip::LastPattern) => rest.last().cloned(),
                _ => rest.into_iter().max(),
            };
            &self.r * (win - lose) > (&self.m - &self.r) * worst.unwrap_or_default()
        })
    }

    fn imply(&self, ratio: Option<&Q>, slip: Option<Slip>) -> bool {
        match ratio {
            Some(ratio) => self.dominate(ratio, slip),
            None => self.classify(slip),
        }
    }

    /// `1 - sum_y P(B_y(from) < b_y) - sum_k P(max over s <= t of |S_k(s)| > lambda_k)`, over every sequence
    /// of images; with the walks `at_the_end` only, which is wrong.
    pub fn formula(&self, from: u64, t: u64, at_the_end: bool) -> Q {
        let images = naive::images(&self.problem);
        let (mut found, mut sequence) = (Q::one(), vec![0; t as usize]);
        loop {
            let mut mass = Q::one();
            let (mut seen, mut now) = ([0u64; 2], vec![0i64; self.walks.len()]);
            let mut left = vec![false; self.walks.len()];
            for (s, &i) in sequence.iter().enumerate() {
                let image: &Image = &images[i];
                mass *= &image.probability;
                if (s as u64) < from {
                    seen[image.label] += 1;
                }
                for (k, place) in now.iter_mut().enumerate() {
                    let count = image.counts[k + 2] as i64;
                    *place += if image.label == 0 { count } else { -count };
                    let far = place.unsigned_abs() > self.walks[k];
                    left[k] = far || left[k] && !at_the_end;
                }
            }
            let short = (0..2).filter(|&y| seen[y] < self.counts[y]).count();
            let far = left.into_iter().filter(|&l| l).count();
            found -= mass * int(short + far);
            let Some(at) = sequence.iter().rposition(|&i| i + 1 < images.len()) else {
                return found;
            };
            sequence[at] += 1;
            sequence[at + 1..].fill(0);
        }
    }
}

pub fn claimed(problem: &Problem, claim: Claim) -> Certificate {
    Certificate {
        problem: problem.clone(),
        segments: Vec::new(),
        claims: vec![claim],
    }
}

/// Deterministic seeds, exact comparisons: nothing here is statistical.
#[test]
fn bounds_are_the_formula_and_hold_on_every_path() {
    let mut rng = ChaCha8Rng::seed_from_u64(45);
    let mut noticed: BTreeMap<Slip, usize> = BTreeMap::new();
    let (mut accepted, mut refused, mut earlier) = ([0; 2], [0; 2], 0);
    let (mut tails, mut on_paths) = (0, 0);
    for draw in 0..1_500 {
        let problem = random_problem(&mut rng, Loss::Unhinged);
        let with_ratio = draw % 2 == 0;
        let t = rng.random_range(1..=4);
        let from = if with_ratio {
            rng.random_range(1..=t)
        } else {
            t
        };
        let counts = [0, 1].map(|_| rng.random_range(0..=from.min(2)));
        let patterns = problem.gram.len() - 2;
        let walks = (0..patterns).map(|_| rng.random_range(0..=5)).collect();
        let thresholds = Thresholds::of(&problem, counts, walks);
        // A ratio that the thresholds just attain, or just miss.
        let ratio = with_ratio.then(|| {
            let (least, largest) = thresholds.squares(None);
            if largest.is_zero() {
                return int(1);
            }
            let most = sqrt_rd(&(least / largest));
            (most * int(16)).floor() / int(16) + ratio(rng.random_range(0..=1), 16)
        });
        let holds = thresholds.imply(ratio.as_ref(), None);
        for slip in SLIPS {
            if thresholds.imply(ratio.as_ref(), Some(slip)) != holds {
                *noticed.entry(slip).or_default() += 1;
            }
        }
        let exact = thresholds.formula(from, t, false);
        let claim = |bound: Q| {
            claimed(
                &problem,
                Claim::Probability(Probability {
                    ratio: ratio.clone().map(Number),
                    from: Natural(from),
                    t: Natural(t),
                    label_counts: counts.map(Natural),
                    walks: thresholds.walks.iter().copied().map(Natural).collect(),
                    bound: Number(bound),
                }),
            )
        };
        let below = claim(&exact - self::ratio(1, 1_000_000_000));
        let above = claim(&exact + self::ratio(1, 1_000_000));
        let kind = usize::from(with_ratio);
        let expected = if holds {
            accepted[kind] += 1;
            Verdict::Valid
        } else {
            refused[kind] += 1;
            Verdict::Invalid
        };
        let report = verify(&below);
        assert_eq!(report.verdict(), expected, "{report:?} {below:?}");
        assert_eq!(verify(&above).verdict(), Verdict::Invalid, "{above:?}");
        if holds {
            earlier += usize::from(from < t && thresholds.formula(t, t, false) != exact);
            let free = Thresholds::of(&problem, counts, vec![u64::MAX >> 1; patterns]);
            tails += usize::from(free.formula(from, t, false) != exact);
            if exact.is_positive() && on_paths < 150 {
                on_paths += 1;
                assert!(naive::is_true(&below), "{below:?}");
            }
        }
    }
    println!(
        "accepted {accepted:?}, refused {refused:?}, {tails} tails, {earlier} at an earlier step"
    );
    println!("{on_paths} compared on every path; slips that would show: {noticed:?}");
    assert!(accepted.iter().chain(&refused).all(|&n| n >= 50));
    assert!(tails >= 50 && earlier >= 20 && on_paths >= 100);
    for slip in SLIPS {
        assert!(noticed.get(&slip).is_some_and(|&n| n >= 5), "{slip:?}");
    }
}

/// Each hypothesis of the bounds, taken away alone, is asked for by checker and definition alike.
#[test]
fn bounds_ask_for_their_hypotheses() {
    type Change = fn(&mut Problem);
    let changes: [(Rule, Change); 6] = [
        (Rule::A0, |p| p.batch = Natural(2)),
        (Rule::A0, |p| p.train = Train::FiltersAndHead),
        (Rule::A1, |p| {
            p.gram[0][2] = Number(ratio(1, 2));
            p.gram[2][0] = Number(ratio(1, 2));
        }),
        (Rule::A2, |p| p.atoms[1].counts[0] = Natural(1)),
        (Rule::A5f, |p| p.head[1] = Number(ratio(-1, 2))),
        (Rule::A6, |p| {
            for row in &mut p.weights {
                row[0] = Number(int(0));
            }
        }),
    ];
    let mut rng = ChaCha8Rng::seed_from_u64(46);
    for _ in 0..20 {
        let unhinged = random_problem(&mut rng, Loss::Unhinged);
        // Says nothing, so that only its hypotheses can be wrong.
        let probability = |p: &Problem| {
            let walks = vec![Natural(0); p.gram.len() - 2];
            Claim::Probability(Probability {
                ratio: Some(Number(int(0))),
                from: Natural(1),
                t: Natural(1),
                label_counts: [Natural(0); 2],
                walks,
                bound: Number(int(-9)),
            })
        };
        let hinge = Problem {
            loss: Loss::Hinge,
            ..unhinged.clone()
        };
        let mistakes = |bound: Q| Claim::MistakeBound {
            bound: Number(bound),
        };
        // What the checker recomputes; the definition confirms it below.
        let report = verify(&claimed(&hinge, mistakes(int(-1))));
        let Err(VerifyError::Wrong { recomputed, .. }) = &report.claims[0].result else {
            panic!("{report:?}");
        };
        let found = mistakes(recomputed.clone());
        let bounds = [(&unhinged, probability(&unhinged)), (&hinge, found)];
        for (problem, claim) in bounds {
            let whole = claimed(problem, claim.clone());
            assert_eq!(verify(&whole).verdict(), Verdict::Valid, "{whole:?}");
            assert!(naive::is_true(&whole), "{whole:?}");
            for (name, change) in changes {
                let mut other = whole.clone();
                change(&mut other.problem);
                let report = verify(&other);
                let Err(VerifyError::Unmet { rule, .. }) = report.claims[0].result else {
                    panic!("{report:?}");
                };
                assert_eq!(rule, name);
                assert!(!naive::is_true(&other), "{name}");
            }
        }
    }
}

/// Stretches of the expected dynamics in which signs and gates stay, from the definition.
fn stretches(problem: &Problem, states: &[State], gates: &[Vec<bool>]) -> Vec<Segment> {
    let signs = |state: &State| -> Vec<String> {
        let digit = |z: &Q| if z.is_positive() { '1' } else { '0' };
        let rows = state.weights.iter();
        rows.map(|row| row.iter().map(digit).collect()).collect()
    };
    let mut segments: Vec<Segment> = Vec::new();
    for t in 0..states.len() - 1 {
        let same = t > 0 && gates[t] == gates[t - 1] && signs(&states[t]) == signs(&states[t - 1]);
        match segments.last_mut() {
            Some(last) if same => last.length.0 += 1,
            _ => segments.push(Segment {
                length: Natural(1),
                active: signs(&states[t]),
                increment: (0..problem.head.len())
                    .map(|j| {
                        let pairs = states[t + 1].weights[j].iter().zip(&states[t].weights[j]);
                        pairs.map(|(x, y)| Number(x - y)).collect()
                    })
                    .collect(),
            }),
        }
    }
    segments
}

/// A segment that goes on past a gate's change is refused, also where no coordinate changes its sign.
#[test]
fn segments_end_where_a_gate_does() {
    let mut rng = ChaCha8Rng::seed_from_u64(47);
    let (mut by_gates, mut confirmed) = ([0; 2], 0);
    for draw in 0..60 {
        let place = draw % 2;
        let loss = [Loss::Hinge, Loss::Perceptron][place];
        let mut problem = random_problem(&mut rng, loss);
        problem.step = Number(&problem.step.0 / int(8));
        let (states, gates) = naive::course(&problem, 40);
        let segments = stretches(&problem, &states, &gates);
        let state = |t: usize| Claim::State {
            t: Natural(t as u64),
            weights: states[t].weights.iter().map(|row| numbers(row)).collect(),
            head: numbers(&states[t].head),
        };
        let mut whole = claimed(&problem, state(40));
        whole.segments = segments.clone();
        let report = verify(&whole);
        assert_eq!(report.verdict(), Verdict::Valid, "{report:?}");
        confirmed += 1;
        let mut start = 0;
        for (i, segment) in segments[..segments.len() - 1].iter().enumerate() {
            let length = segment.length.0 as usize;
            for more in 1..=5u64 {
                let mut longer = claimed(&problem, state(start));
                longer.segments = segments[..=i].to_vec();
                longer.segments[i].length.0 += more;
                let report = verify(&longer);
                assert_eq!(report.verdict(), Verdict::Invalid, "{longer:?}");
                let fault = report.fault.expect("the segment");
                let Err(VerifyError::Unmet { rule, .. }) = fault.result else {
                    panic!("{fault:?}");
                };
                assert_eq!(rule, Rule::Course(i + 1));
                // Would the signs alone have let it pass?
                let last = int(length as u64 + more - 1);
                let rows = states[start].weights.iter().zip(&segment.increment);
                let same = rows.into_iter().all(|(row, add)| {
                    let mut pairs = row.iter().zip(add);
                    pairs.all(|(z, x)| (z + &x.0 * &last).is_positive() == z.is_positive())
                });
                by_gates[place] += usize::from(same);
            }
            start += length;
        }
    }
    println!("{confirmed} courses; overruns that gates alone give away: {by_gates:?}");
    assert!(by_gates.iter().all(|&n| n >= 20), "{by_gates:?}");
}
