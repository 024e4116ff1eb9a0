//! T12's bounds on random problems with overlapping backgrounds, against the definitions: what the formula gives is accepted,
//! what is a little more is refused, what is accepted holds on every path, and each hypothesis is asked for.

use super::bounds::{claimed, numbers};
use super::naive::{self, Image, int, norm_squared};
use crate::number::{Q, ratio, sqrt_rd};
use filtercert::certificate::format::{
    AlongAndAcross, Atom, Claim, Conclusion, Form, Label, Loss, Natural, Number, Problem, Train,
};
use filtercert::certificate::verify::{Rule, Verdict, VerifyError, verify};
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero, pow};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

/// One or two background patterns that overlap, heads that are no signs, winners of both labels and perhaps others, a number
/// of key patches for each label, and no drift along the backgrounds; one problem in three has one label.
pub fn random_across(rng: &mut ChaCha8Rng) -> Problem {
    let (k, n) = (rng.random_range(1..=2), rng.random_range(2..=4));
    let width = k + 2;
    let r = [0, 1].map(|_| rng.random_range(1..=2));
    let labels: Vec<usize> = (0..n)
        .map(|j| if j < 2 { j } else { rng.random_range(0..2) })
        .collect();
    let weights: Vec<Vec<Q>> = (0..n)
        .map(|j| {
            let mut row: Vec<Q> = (0..width)
                .map(|_| ratio(rng.random_range(-4..=4), 8))
                .collect();
            row[1 - labels[j]] = ratio(rng.random_range(-8..=12), 8);
            if j < 2 {
                row[j] = ratio(rng.random_range(8..=64), 8);
            }
            row
        })
        .collect();
    let head = labels.iter().map(|&y| {
        let a = ratio(rng.random_range(1..=3), 2);
        Number(if y == 0 { a } else { -a })
    });
    let head = head.collect();
    let one_label = rng.random_ratio(1, 3);
    // Label + is so many times as likely, and has so many times fewer patches of a background.
    let more = if one_label {
        1
    } else {
        rng.random_range(1..=2)
    };
    let mut atoms = Vec::new();
    let shares: Vec<i64> = (0..2).map(|_| rng.random_range(1..=3)).collect();
    let whole = shares.iter().sum::<i64>();
    for &share in &shares {
        let drawn: Vec<u64> = (0..k).map(|_| rng.random_range(0..=2)).collect();
        for label in 0..if one_label { 1 } else { 2 } {
            let (factor, weight) = [(1, more as i64), (more, 1)][label];
            let mut counts = vec![0; width];
            counts[label] = r[label];
            for (count, n) in counts[2..].iter_mut().zip(&drawn) {
                *count = factor * n;
            }
            let all = whole * if one_label { 1 } else { more as i64 + 1 };
            atoms.push(Atom {
                label: [Label::Plus, Label::Minus][label],
                counts: counts.into_iter().map(Natural).collect(),
                probability: Number(ratio(share * weight, all)),
                draws: None,
            });
        }
    }
    let overlap = ratio(rng.random_range(-3..=3), 4);
    let entry = |p: usize, q: usize| match (p, q) {
        (2, 3) | (3, 2) => overlap.clone(),
        _ => int(u8::from(p == q)),
    };
    let row = |p: usize| (0..width).map(|q| Number(entry(p, q))).collect();
    Problem {
        gram: (0..width).map(row).collect(),
        atoms,
        loss: Loss::Unhinged,
        train: Train::Filters,
        pooling: None,
        slope: None,
        step: Number(ratio(
            rng.random_range(1..=4),
            [2, 8][rng.random_range(0..2)],
        )),
        batch: Natural(1),
        head,
        weights: weights.iter().map(|row| numbers(row)).collect(),
    }
}

/// What could be wrong in the formula.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slip {
    // In the probability.
    HalfMoment,
    NoProducts,
    StepNotSquared,
    NoStart,
    MeanForLargest,
    OneTail,
    NoCounts,
    MomentsForEver,
    // In what the thresholds imply.
    NoOtherKey,
    NoReach,
    NoOwn,
    StartForEver,
    LosersAlone,
    HeadLeftOut,
    RatioNotSquared,
    OtherLabelsKeys,
}

/// T12's thresholds and what they give, with a slip or without one.
pub struct Formula<'c> {
    pub problem: &'c Problem,
    images: Vec<Image>,
    pub form: Form,
    pub from: u64,
    pub t: Option<u64>,
    pub counts: [u64; 2],
    /// The roots of the bounds of squares.
    pub lengths: Vec<Q>,
    pub slip: Option<Slip>,
}

/// Bounds `exp(-x)` from above, by Taylor's sum of `exp(x)` with 40 digits after the point, rounded down.
fn exp_neg(x: &Q) -> Q {
    let unit = BigInt::from(10).pow(40);
    let (mut term, mut sum) = (unit.clone(), unit.clone());
    for i in 1..200 {
        term = term * x.numer() / (x.denom() * i);
        sum += &term;
    }
    Q::new(unit, sum)
}

impl Formula<'_> {
    pub fn draw<'c>(problem: &'c Problem, slip: Option<Slip>, rng: &mut ChaCha8Rng) -> Formula<'c> {
        let ever = rng.random_ratio(1, 3);
        let one_label = problem.atoms.iter().all(|x| x.label == Label::Plus);
        let last = if one_label { 10 } else { 6 };
        let t = rng.random_range(1..=4);
        // For ever something is left after some steps and with a few counts only.
        let (from, counts) = match ever {
            true => (rng.random_range(last - 2..=last), 1..=2),
            false => (rng.random_range(0..=t), 0..=4),
        };
        let mut counts = [0, 1].map(|_| rng.random_range(counts.clone()).min(from));
        if one_label {
            counts[1] = 0;
        }
        let longest = [8, 30][rng.random_range(0..2)];
        Formula {
            images: naive::images(problem),
            problem,
            form: [Form::Whole, Form::Split][rng.random_range(0..2)],
            from,
            t: (!ever).then_some(t),
            counts,
            lengths: (0..problem.head.len())
                .map(|_| ratio(rng.random_range(1..=longest), 4))
                .collect(),
            slip,
        }
    }

    fn has(&self, slip: Slip) -> bool {
        self.slip == Some(slip)
    }

    fn label(&self, j: usize) -> usize {
        usize::from(self.problem.head[j].0.is_negative())
    }

    fn weight(&self, j: usize, p: usize) -> &Q {
        &self.problem.weights[j][p].0
    }

    fn head(&self, j: usize) -> Q {
        match self.has(Slip::HeadLeftOut) {
            true => Q::one(),
            false => self.problem.head[j].0.abs(),
        }
    }

    fn filters(&self) -> std::ops::Range<usize> {
        0..self.problem.head.len()
    }

    pub fn wins(&self, j: usize) -> bool {
        self.weight(j, self.label(j)).is_positive()
    }

    fn keys(&self, y: usize) -> Q {
        let image = self.images.iter().find(|x| x.label == y);
        image.map_or_else(Q::zero, |x| int(x.counts[y]))
    }

    fn prior(&self, y: usize) -> Q {
        let images = self.images.iter().filter(|x| x.label == y);
        images.map(|x| &x.probability).sum()
    }

    /// Is a pattern one that filters of label y meet across their key?
    fn is_across(&self, y: usize, p: usize) -> bool {
        p >= 2 || p == 1 - y && self.form == Form::Whole
    }

    fn square(&self, image: &Image, y: usize) -> Q {
        let mut sum = Q::zero();
        for (p, n) in image.counts.iter().enumerate() {
            for (q, m) in image.counts.iter().enumerate() {
                let left_out = self.has(Slip::NoProducts) && p != q;
                if self.is_across(y, p) && self.is_across(y, q) && !left_out {
                    let g = self.problem.gram[p][q].0.clone();
                    sum += g.max(Q::zero()) * int(n * m);
                }
            }
        }
        sum
    }

    fn across(&self, j: usize) -> Q {
        let row: Vec<Q> = self.problem.weights[j]
            .iter()
            .map(|z| z.0.clone())
            .collect();
        let mut norm = norm_squared(self.problem, &row).expect("in the range");
        let y = self.label(j);
        norm -= self.weight(j, y) * self.weight(j, y);
        if self.form == Form::Split {
            norm -= self.weight(j, 1 - y) * self.weight(j, 1 - y);
        }
        norm
    }

    /// The probability that the part of filter j across exceeds its bound, at most.
    fn longer(&self, j: usize) -> Q {
        let y = self.label(j);
        let x = &self.lengths[j] * &self.lengths[j];
        let mut patterns = 0..self.problem.gram.len();
        let moves = patterns.any(|p| self.is_across(y, p) && self.weight(j, p).is_positive());
        let t = self.t.unwrap_or(self.from);
        let start = self.across(j);
        if !moves || t == 0 {
            return int(u8::from(start > x));
        }
        let sums = || {
            self.images
                .iter()
                .map(|image| (self.square(image, y), &image.probability))
        };
        let mut mean: Q = sums().map(|(sum, q)| sum * q).sum();
        let mut largest = sums().map(|(sum, _)| sum).max().expect("an image");
        if self.has(Slip::HalfMoment) {
            mean /= int(2);
        }
        if self.has(Slip::MeanForLargest) {
            largest = mean.clone();
        }
        let step = &self.problem.step.0;
        let square = match self.has(Slip::StepNotSquared) {
            true => step.clone(),
            false => step * step,
        };
        let gone = square * self.head(j) * self.head(j) * int(t);
        let start = if self.has(Slip::NoStart) {
            Q::zero()
        } else {
            start
        };
        let mass = int(2) * (&start + &gone * largest);
        // Without its start it may be nothing.
        let mut chance = match mass.is_zero() {
            true => Q::zero(),
            false => exp_neg(&(&x / mass)),
        };
        if !self.has(Slip::OneTail) {
            chance *= int(2);
        }
        if self.t.is_some() || self.has(Slip::MomentsForEver) {
            chance = chance.min((start + gone * mean) / x);
        }
        chance.min(Q::one())
    }

    /// P(B_y < b_y), by the binomial law, or at most.
    fn fewer(&self, y: usize) -> Q {
        let (prior, b) = (self.prior(y), self.counts[y]);
        if self.has(Slip::NoCounts) || b == 0 {
            return Q::zero();
        }
        if self.t.is_none() {
            let gap = prior - Q::new(b.into(), self.from.into());
            return match gap.is_positive() {
                true => exp_neg(&(int(2 * self.from) * &gap * &gap)),
                false => Q::one(),
            };
        }
        let mut ways = Q::one();
        let mut sum = Q::zero();
        for i in 0..b.min(self.from + 1) {
            sum += &ways
                * pow(prior.clone(), i as usize)
                * pow(Q::one() - &prior, (self.from - i) as usize);
            ways *= ratio((self.from - i) as i64, i as i64 + 1);
        }
        sum
    }

    /// The filters that the conclusion asks for.
    pub fn asked(&self, conclusion: &Conclusion) -> Vec<bool> {
        let of = |j: usize| match conclusion {
            Conclusion::Accuracy => self.prior(1 - self.label(j)).is_positive(),
            Conclusion::Ratio(_) => !self.wins(j),
            Conclusion::Tangent(_) => self.wins(j),
        };
        self.filters().map(of).collect()
    }

    /// The probability that is kept, at least.
    pub fn kept(&self, conclusion: &Conclusion) -> Q {
        let asked = self.asked(conclusion);
        let lost: Q = self
            .filters()
            .filter(|&j| asked[j])
            .map(|j| self.longer(j))
            .sum();
        Q::one() - self.fewer(0) - self.fewer(1) - lost
    }

    fn key(&self, j: usize) -> Q {
        let y = self.label(j);
        let r = match self.has(Slip::OtherLabelsKeys) {
            true => self.keys(1 - y),
            false => self.keys(y),
        };
        let grown = &self.problem.step.0 * self.head(j) * r * int(self.counts[y]);
        match self.t.is_some() || self.has(Slip::StartForEver) {
            true => self.weight(j, y) + grown,
            false => grown,
        }
    }

    fn reach(&self, j: usize) -> Q {
        let y = self.label(j);
        let other = self.weight(j, 1 - y);
        let step = &self.problem.step.0 * self.head(j) * self.keys(1 - y);
        let x = &self.lengths[j] * &self.lengths[j];
        if self.form == Form::Whole {
            return x;
        }
        match other.is_positive() && !self.has(Slip::NoReach) {
            true => x + (&step * &step).max(other * other),
            false => x + other * other,
        }
    }

    /// Do the thresholds imply accuracy 1?
    pub fn classifies(&self) -> bool {
        (0..2).filter(|&y| self.prior(y).is_positive()).all(|y| {
            let winners = self
                .filters()
                .filter(|&j| self.label(j) == y && self.wins(j));
            let mut left: Q = winners.map(|j| self.head(j) * self.key(j)).sum();
            left *= self.keys(y);
            let images = self.images.iter().filter(|x| x.label == y);
            let rho = images
                .map(|x| self.square(x, 1 - y))
                .max()
                .expect("an image");
            let mut lengths = Q::zero();
            for i in self.filters().filter(|&i| self.label(i) != y) {
                if self.has(Slip::LosersAlone) && self.wins(i) {
                    continue;
                }
                lengths += self.head(i) * &self.lengths[i];
                if self.form == Form::Split && !self.has(Slip::NoOtherKey) {
                    let key = self.weight(i, y).clone().max(Q::zero());
                    left -= self.keys(y) * self.head(i) * key;
                }
            }
            left.is_positive() && &left * &left > rho * &lengths * &lengths
        })
    }

    /// The largest ratio that they imply, in 64ths.
    pub fn ratio(&self) -> Option<Q> {
        let least = self
            .filters()
            .filter(|&j| self.wins(j))
            .map(|j| self.key(j));
        let least = least.min()?;
        let norms = self.filters().filter(|&i| !self.wins(i)).map(|i| {
            let own = self.weight(i, self.label(i));
            match self.has(Slip::NoOwn) {
                true => self.reach(i),
                false => self.reach(i) + own * own,
            }
        });
        let square = &least * &least / norms.max()?;
        let most = match self.has(Slip::RatioNotSquared) {
            true => square,
            false => sqrt_rd(&square),
        };
        Some((most * int(64)).floor() / int(64))
    }

    /// The least squared tangent that they imply, in 64ths.
    pub fn tangent(&self) -> Option<Q> {
        let winners = self.filters().filter(|&j| self.wins(j));
        let tangents: Vec<Q> = winners
            .map(|j| {
                let key = self.key(j);
                key.is_positive().then(|| self.reach(j) / (&key * &key))
            })
            .collect::<Option<_>>()?;
        Some((tangents.into_iter().max()? * int(64)).ceil() / int(64))
    }

    /// The strongest claim of one kind of conclusion.
    pub fn claim(&self, which: u32) -> Option<AlongAndAcross> {
        let conclusion = match which {
            0 => self.classifies().then_some(Conclusion::Accuracy)?,
            1 => Conclusion::Ratio(Number(self.ratio()?)),
            _ => Conclusion::Tangent(Number(self.tangent()?)),
        };
        let asked = self.asked(&conclusion).into_iter().zip(&self.lengths);
        Some(AlongAndAcross {
            form: self.form,
            from: Natural(self.from),
            t: self.t.map(Natural),
            label_counts: self.counts.map(Natural),
            squares: asked
                .map(|(asked, x)| asked.then(|| Number(x * x)))
                .collect(),
            bound: Number(self.kept(&conclusion) - ratio(1, 1_000_000_000)),
            conclusion,
        })
    }
}

/// Does it say less than another one with the same thresholds?
pub fn is_weaker(wrong: &AlongAndAcross, right: &AlongAndAcross) -> bool {
    let conclusion = match (&wrong.conclusion, &right.conclusion) {
        (Conclusion::Ratio(wrong), Conclusion::Ratio(right)) => wrong.0 <= right.0,
        (Conclusion::Tangent(wrong), Conclusion::Tangent(right)) => wrong.0 >= right.0,
        (wrong, right) => wrong == right,
    };
    conclusion && wrong.bound.0 <= &right.bound.0 + ratio(1, 1_000_000)
}

/// Does H hold of the filters that a claim bounds? Of one label it may fail.
fn drifts(problem: &Problem, claim: &AlongAndAcross) -> bool {
    let mut bounded = claim.squares.iter().zip(&problem.head);
    let background = problem
        .atoms
        .iter()
        .any(|x| x.counts[2..].iter().any(|n| n.0 > 0));
    let one_label = problem.atoms.iter().all(|x| x.label == Label::Plus);
    one_label && background && bounded.any(|(x, a)| x.is_some() && a.0.is_positive())
}

/// Deterministic seeds, exact comparisons.
#[test]
fn bounds_of_t12_are_the_formula_and_hold_on_every_path() {
    let mut rng = ChaCha8Rng::seed_from_u64(52);
    let mut accepted: BTreeMap<(u32, bool, bool), usize> = BTreeMap::new();
    let mut on_paths: BTreeMap<(u32, bool), usize> = BTreeMap::new();
    let (mut refused, mut without_h) = (0, 0);
    for draw in 0..1_500 {
        let problem = random_across(&mut rng);
        let formula = Formula::draw(&problem, None, &mut rng);
        let which = draw % 3;
        let Some(claim) = formula.claim(which) else {
            continue;
        };
        let whole =
            |claim: &AlongAndAcross| claimed(&problem, Claim::AlongAndAcross(claim.clone()));
        let report = verify(&whole(&claim));
        if drifts(&problem, &claim) {
            let Err(VerifyError::Unmet { rule: Rule::H, .. }) = report.claims[0].result else {
                panic!("{report:?}");
            };
            assert!(!naive::is_true(&whole(&claim)));
            without_h += 1;
            continue;
        }
        assert_eq!(report.verdict(), Verdict::Valid, "{report:?} {claim:?}");
        let ever = claim.t.is_none();
        *accepted
            .entry((which, claim.form == Form::Split, ever))
            .or_default() += 1;
        let mut above = claim.clone();
        above.bound.0 += ratio(1, 1_000_000);
        assert_eq!(
            verify(&whole(&above)).verdict(),
            Verdict::Invalid,
            "{above:?}"
        );
        // A little more of the conclusion.
        let mut more = claim.clone();
        match &mut more.conclusion {
            Conclusion::Ratio(ratio) => ratio.0 += self::ratio(1, 64),
            Conclusion::Tangent(tangent) => tangent.0 -= self::ratio(1, 64),
            Conclusion::Accuracy => {}
        }
        if more != claim {
            let report = verify(&whole(&more));
            let Err(VerifyError::Unmet {
                rule: Rule::Thresholds,
                ..
            }) = report.claims[0].result
            else {
                panic!("{report:?} {more:?}");
            };
            refused += 1;
        }
        let seen = on_paths.entry((which, ever)).or_default();
        if claim.bound.0.is_positive() && *seen < 40 {
            *seen += 1;
            assert!(naive::is_true(&whole(&claim)), "{claim:?} {problem:?}");
        }
    }
    println!("accepted by conclusion, split, for ever: {accepted:?}; {refused} refused");
    println!("{on_paths:?} compared on every path, {without_h} without H");
    assert!(accepted.len() == 12 && accepted.values().all(|&n| n >= 5));
    assert!(on_paths.len() == 6 && on_paths.values().all(|&n| n >= 2));
    assert!(refused >= 200 && without_h >= 50);
}

/// Each hypothesis of T12, taken away alone, is asked for by checker and definition alike.
#[test]
fn bounds_of_t12_ask_for_their_hypotheses() {
    type Change = fn(&mut Problem);
    let changes: [(Rule, Change); 12] = [
        (Rule::A0Heads, |p| p.batch = Natural(2)),
        (Rule::A0Heads, |p| p.loss = Loss::Hinge),
        (Rule::A0Heads, |p| p.train = Train::FiltersAndHead),
        (Rule::A0Heads, |p| p.slope = Some(Number(ratio(1, 2)))),
        (Rule::A0Heads, |p| p.head[1] = Number(int(0))),
        (Rule::A1k, |p| {
            p.gram[0][2] = Number(ratio(1, 8));
            p.gram[2][0] = Number(ratio(1, 8));
        }),
        (Rule::A1k, |p| {
            p.gram[0][1] = Number(ratio(1, 8));
            p.gram[1][0] = Number(ratio(1, 8));
        }),
        (Rule::A1k, |p| p.gram[1][1] = Number(int(2))),
        (Rule::A2Label, |p| p.atoms[1].counts[0] = Natural(1)),
        (Rule::A2Label, |p| p.atoms[0].counts[0].0 += 1),
        (Rule::A2Label, |p| {
            for atom in &mut p.atoms {
                atom.counts[0] = Natural(0);
            }
        }),
        (Rule::H, |p| {
            for atom in &mut p.atoms {
                atom.counts[2].0 += u64::from(atom.label == Label::Plus);
            }
        }),
    ];
    let mut rng = ChaCha8Rng::seed_from_u64(53);
    let mut asked = 0;
    while asked < 20 {
        let problem = random_across(&mut rng);
        let minus = |x: &Atom| x.label == Label::Minus;
        if !problem.atoms.iter().any(minus) {
            continue;
        }
        asked += 1;
        // Says nothing, so that only its hypotheses can be wrong.
        let whole = claimed(
            &problem,
            Claim::AlongAndAcross(AlongAndAcross {
                conclusion: Conclusion::Ratio(Number(int(0))),
                form: Form::Whole,
                from: Natural(1),
                t: Some(Natural(1)),
                label_counts: [Natural(0); 2],
                squares: vec![Some(Number(int(1))); problem.head.len()],
                bound: Number(int(-9)),
            }),
        );
        assert_eq!(verify(&whole).verdict(), Verdict::Valid, "{whole:?}");
        assert!(naive::is_true(&whole), "{whole:?}");
        for (rule, change) in changes {
            let mut other = whole.clone();
            change(&mut other.problem);
            let report = verify(&other);
            let found = report.claims[0].result.as_ref().err();
            let Some(VerifyError::Unmet { rule: found, .. }) = found else {
                panic!("{rule}: {report:?}");
            };
            assert_eq!(*found, rule);
            assert!(!naive::is_true(&other), "{rule}");
        }
    }
}
