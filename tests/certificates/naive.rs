//! What the claims of a certificate mean, by definition: every path enumerated, every step taken,
//! nothing shared with the checker but the format. For problems of a few atoms and steps only: beyond
//! that it says no.

use super::bounds::Thresholds;
use crate::number::Q;
use filtercert::certificate::format::{
    AlongAndAcross, Atom, BoundedUpdates, Certificate, Claim, Conclusion, Label, Loss, Natural,
    Number, Over, Pooling, Problem, Refutation, Said, Segment, Theorem, Train,
};
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};
use std::collections::BTreeMap;

pub fn int(n: impl Into<BigInt>) -> Q {
    Q::from_integer(n.into())
}

#[derive(Clone, PartialEq, Eq)]
pub struct State {
    pub weights: Vec<Vec<Q>>,
    pub head: Vec<Q>,
}

pub struct Image {
    pub label: usize,
    pub counts: Vec<u64>,
    pub probability: Q,
}

fn plain(row: &[Number]) -> Vec<Q> {
    row.iter().map(|x| x.0.clone()).collect()
}

/// Families written out: one draw after the other, then sorted.
pub fn images(problem: &Problem) -> Vec<Image> {
    let mut all = Vec::new();
    for atom in &problem.atoms {
        let start: Vec<u64> = atom.counts.iter().map(|c| c.0).collect();
        let mut law = BTreeMap::from([(start, atom.probability.0.clone())]);
        if let Some(draws) = &atom.draws {
            for _ in 0..draws.number.0 {
                let mut next = BTreeMap::new();
                for (counts, mass) in law {
                    for (p, q) in draws.probabilities.iter().enumerate() {
                        let mut counts: Vec<u64> = counts.clone();
                        counts[p] += 1;
                        *next.entry(counts).or_insert_with(Q::zero) += &mass * &q.0;
                    }
                }
                law = next;
            }
        }
        let label = usize::from(atom.label == Label::Minus);
        for (counts, probability) in law.into_iter().rev() {
            if probability.is_positive() {
                all.push(Image {
                    label,
                    counts,
                    probability,
                });
            }
        }
    }
    all
}

fn sign(label: usize) -> Q {
    if label == 0 { int(1) } else { int(-1) }
}

fn relu(z: &Q) -> Q {
    if z.is_positive() {
        z.clone()
    } else {
        Q::zero()
    }
}

/// The slope of the activation at z.
pub fn slope(problem: &Problem, z: &Q) -> Q {
    match &problem.slope {
        _ if z.is_positive() => Q::one(),
        Some(slope) => slope.0.clone(),
        None => Q::zero(),
    }
}

/// With max pooling, the pattern that an image sends a filter's gradient to: by comparing each with all others.
fn picked(problem: &Problem, row: &[Q], image: &Image) -> Option<usize> {
    let value = |p: usize| &row[p] * slope(problem, &row[p]);
    let has = |p: &usize| image.counts[*p] > 0;
    (0..row.len()).filter(has).find(|&p| {
        let others = (0..row.len()).filter(has);
        let mut beaten = others.map(|q| value(q) <= value(p));
        beaten.all(|it_is| it_is)
    })
}

/// How often an image counts a pattern for a filter: of max pooling once, the picked one.
fn counted(problem: &Problem, row: &[Q], image: &Image) -> Vec<u64> {
    let Some(Pooling::Max) = problem.pooling else {
        return image.counts.clone();
    };
    let picked = picked(problem, row, image);
    (0..row.len())
        .map(|p| u64::from(Some(p) == picked))
        .collect()
}

pub fn margin(problem: &Problem, state: &State, image: &Image) -> Q {
    let mut f = Q::zero();
    for (row, a) in state.weights.iter().zip(&state.head) {
        let counts = counted(problem, row, image);
        for (z, count) in row.iter().zip(counts).filter(|(_, count)| *count > 0) {
            f += a * int(count) * z * slope(problem, z);
        }
    }
    f * sign(image.label)
}

fn gate(problem: &Problem, margin: &Q) -> Q {
    let one = Q::one();
    match problem.loss {
        Loss::Unhinged => one,
        Loss::Hinge if *margin < one => one,
        Loss::Perceptron if !margin.is_positive() => one,
        Loss::Hinge | Loss::Perceptron => Q::zero(),
        Loss::SquaredHinge => relu(&(one - margin)),
        Loss::Square => one - margin,
    }
}

/// One step on weighted images; with the gates met, by label.
fn step(problem: &Problem, state: &State, batch: &[(&Image, Q)], gates: &mut [Q; 2]) -> State {
    let mut next = state.clone();
    for (image, share) in batch {
        let g = gate(problem, &margin(problem, state, image));
        gates[image.label] += &g * share;
        let push = &problem.step.0 * g * share * sign(image.label);
        for j in 0..state.head.len() {
            let counts = counted(problem, &state.weights[j], image);
            for (p, count) in counts.into_iter().enumerate() {
                let along = &push * int(count) * slope(problem, &state.weights[j][p]);
                if along.is_zero() {
                    continue;
                }
                let moved = &along * &state.head[j];
                for (z, g) in next.weights[j].iter_mut().zip(&problem.gram[p]) {
                    if !g.0.is_zero() {
                        *z += &moved * &g.0;
                    }
                }
                if problem.train == Train::FiltersAndHead {
                    next.head[j] += &along * &state.weights[j][p];
                }
            }
        }
    }
    next
}

/// Does this image leave the state where it is?
pub fn is_still(problem: &Problem, state: &State, image: &Image) -> bool {
    let gates = &mut [Q::zero(), Q::zero()];
    step(problem, state, &[(image, Q::one())], gates) == *state
}

/// By Gaussian elimination on `G c = z`: the squared norm `c . z`, if there is a solution.
pub fn norm_squared(problem: &Problem, z: &[Q]) -> Option<Q> {
    let n = z.len();
    let mut rows: Vec<Vec<Q>> = (0..n)
        .map(|p| {
            let mut row = plain(&problem.gram[p]);
            row.push(z[p].clone());
            row
        })
        .collect();
    let mut pivots = Vec::new();
    for column in 0..n {
        let from = pivots.len();
        let Some(found) = (from..n).find(|&i| !rows[i][column].is_zero()) else {
            continue;
        };
        rows.swap(from, found);
        let scale = rows[from][column].recip();
        rows[from].iter_mut().for_each(|x| *x *= &scale);
        let pivot = rows[from].clone();
        let others = rows.iter_mut().enumerate().filter(|(i, _)| *i != from);
        for (_, row) in others {
            let factor = row[column].clone();
            if factor.is_zero() {
                continue;
            }
            let entries = row.iter_mut().zip(&pivot);
            let entries = entries.filter(|(_, y)| !y.is_zero());
            entries.for_each(|(x, y)| *x -= &factor * y);
        }
        pivots.push(column);
    }
    let consistent = rows[pivots.len()..].iter().all(|row| row[n].is_zero());
    let terms = pivots.iter().zip(&rows).map(|(&c, row)| &row[n] * &z[c]);
    consistent.then(|| terms.sum())
}

/// Every principal minor of a semidefinite matrix is at least 0.
fn is_gram(problem: &Problem) -> bool {
    let n = problem.gram.len();
    let symmetric = (0..n).all(|p| (0..n).all(|q| problem.gram[p][q] == problem.gram[q][p]));
    symmetric
        && (1..1usize << n).all(|set| {
            let chosen: Vec<usize> = (0..n).filter(|p| set >> p & 1 == 1).collect();
            let minor: Vec<Vec<Q>> = chosen
                .iter()
                .map(|&p| {
                    chosen
                        .iter()
                        .map(|&q| problem.gram[p][q].0.clone())
                        .collect()
                })
                .collect();
            !determinant(minor).is_negative()
        })
}

fn determinant(rows: Vec<Vec<Q>>) -> Q {
    let Some(first) = rows.first() else {
        return Q::one();
    };
    let mut sum = Q::zero();
    for (column, x) in first.iter().enumerate() {
        let minor = rows[1..].iter().map(|row| {
            let kept = row.iter().enumerate().filter(|(i, _)| *i != column);
            kept.map(|(_, x)| x.clone()).collect()
        });
        let sign = if column % 2 == 0 { int(1) } else { int(-1) };
        sum += sign * x * determinant(minor.collect());
    }
    sum
}

pub struct World<'c> {
    problem: &'c Problem,
    images: Vec<Image>,
    start: State,
}

impl World<'_> {
    fn next(&self, state: &State) -> State {
        let images = self.images.iter();
        let population: Vec<(&Image, Q)> = images.map(|x| (x, x.probability.clone())).collect();
        step(
            self.problem,
            state,
            &population,
            &mut [Q::zero(), Q::zero()],
        )
    }

    fn expected(&self, t: u64) -> State {
        (0..t).fold(self.start.clone(), |state, _| self.next(&state))
    }

    /// Has some image so many key patches of its own label, one at least?
    fn has_keys(&self, r: u64) -> bool {
        r > 0 && self.images.iter().any(|x| x.counts[x.label] == r)
    }

    /// Can every path of t samples be gone through?
    fn is_short(&self, t: u64) -> bool {
        let images = self.images.len() as u64;
        let paths = u32::try_from(t).ok().and_then(|t| images.checked_pow(t));
        t <= MAX_STEPS && paths.is_some_and(|paths| paths <= MAX_PATHS)
    }

    fn accuracy(&self, state: &State) -> Q {
        let right = self.images.iter();
        let right = right.filter(|image| margin(self.problem, state, image).is_positive());
        right.map(|image| &image.probability).sum()
    }

    fn winner(&self, j: usize, y: usize) -> bool {
        (sign(y) * &self.start.head[j]).is_positive() && self.start.weights[j][y].is_positive()
    }

    fn ratio_attained(&self, state: &State, ratio: &Q) -> bool {
        let norms: Vec<Q> = state
            .weights
            .iter()
            .map(|z| norm_squared(self.problem, z).expect("in the range"))
            .collect();
        let (winners, losers) = self.camps();
        !winners.is_empty()
            && winners.iter().all(|&j| {
                losers
                    .iter()
                    .all(|&i| norms[j] >= ratio * ratio * &norms[i])
            })
    }

    /// Winners and losers.
    fn camps(&self) -> (Vec<usize>, Vec<usize>) {
        let won = |j: &usize| (0..2).any(|y| self.winner(*j, y));
        (0..self.start.head.len()).partition(won)
    }

    /// The mean of phi.
    fn loss(&self, state: &State) -> Q {
        let phi = |margin: Q| {
            let slack = Q::one() - &margin;
            match self.problem.loss {
                Loss::Unhinged => slack,
                Loss::Hinge => relu(&slack),
                Loss::Perceptron => relu(&-margin),
                Loss::SquaredHinge => relu(&slack) * relu(&slack) / int(2),
                Loss::Square => &slack * &slack / int(2),
            }
        };
        let images = self.images.iter();
        images
            .map(|x| phi(margin(self.problem, state, x)) * &x.probability)
            .sum()
    }

    /// All lists of t single samples, with their probabilities.
    fn samples(&self, t: u64) -> Vec<(Vec<Vec<Natural>>, Q)> {
        let mut all = vec![(Vec::new(), Q::one())];
        for _ in 0..t {
            let longer = all.iter().flat_map(|(samples, mass)| {
                (0..).zip(&self.images).map(move |(i, image)| {
                    let mut samples: Vec<Vec<Natural>> = samples.clone();
                    samples.push(vec![Natural(i)]);
                    (samples, mass * &image.probability)
                })
            });
            all = longer.collect();
        }
        all
    }

    /// Samples of label +, those of label -, and updates of a path.
    fn counts(&self, samples: &[Vec<Natural>]) -> [u64; 3] {
        let of = |y: usize| {
            let all = samples.iter().flatten();
            let all = all.filter(|i| self.images[i.0 as usize].label == y);
            all.count() as u64
        };
        let updates = self.path(samples).map_or(0, |(_, updates, _)| updates);
        [of(0), of(1), updates]
    }

    /// Calls `visit` with each path of t single samples: its states and its probability.
    fn paths(&self, t: u64, visit: &mut dyn FnMut(&[State], &Q)) {
        self.paths_from(&mut vec![self.start.clone()], &Q::one(), t, visit);
    }

    fn paths_from(
        &self,
        states: &mut Vec<State>,
        mass: &Q,
        t: u64,
        visit: &mut dyn FnMut(&[State], &Q),
    ) {
        if t == 0 {
            visit(states, mass);
            return;
        }
        for image in &self.images {
            let gates = &mut [Q::zero(), Q::zero()];
            let last = states.last().expect("one at least");
            let next = step(self.problem, last, &[(image, Q::one())], gates);
            states.push(next);
            self.paths_from(states, &(mass * &image.probability), t - 1, visit);
            states.pop();
        }
    }

    /// The end of a path, its updates and gates; `None` if it is not a path of this problem.
    fn path(&self, samples: &[Vec<Natural>]) -> Option<(State, u64, [Q; 2])> {
        let (mut state, mut updates) = (self.start.clone(), 0);
        let mut gates = [Q::zero(), Q::zero()];
        for batch in samples {
            if batch.is_empty() || batch.len() as u64 != self.problem.batch.0 {
                return None;
            }
            let share = int(batch.len()).recip();
            let find = |i: &Natural| self.images.get(i.0 as usize);
            let images: Option<Vec<&Image>> = batch.iter().map(find).collect();
            let images = images?;
            let open = |image: &&Image| {
                !gate(self.problem, &margin(self.problem, &state, image)).is_zero()
            };
            updates += u64::from(images.iter().any(open));
            let batch: Vec<(&Image, Q)> = images.iter().map(|&x| (x, share.clone())).collect();
            state = step(self.problem, &state, &batch, &mut gates);
        }
        Some((state, updates, gates))
    }
}

/// Most steps of the expected dynamics, and of enumerated paths, that the definition goes through.
const MAX_STEPS: u64 = 200;
const MAX_PATHS: u64 = 5_000;

/// Has every table the size that the others ask for, and is everything small?
fn is_shaped(problem: &Problem) -> bool {
    let (n, patterns) = (problem.head.len(), problem.gram.len());
    let rows = problem.gram.iter().chain(&problem.weights);
    let drawn = |atom: &Atom| {
        atom.draws.as_ref().is_none_or(|draws| {
            let law = plain(&draws.probabilities);
            let proper = law.len() == patterns && law.iter().sum::<Q>().is_one();
            proper && (1..10).contains(&draws.number.0) && !law.iter().any(Q::is_negative)
        })
    };
    let slope = problem.slope.as_ref().map(|s| &s.0);
    (2..10).contains(&patterns)
        && n >= 1
        && slope.is_none_or(|s| s.is_positive() && *s <= Q::one())
        && problem.weights.len() == n
        && rows.into_iter().all(|row| row.len() == patterns)
        && problem.atoms.iter().all(|atom| {
            let positive = atom.probability.0.is_positive();
            positive && atom.counts.len() == patterns && drawn(atom)
        })
}

/// Is every segment what the steps of the expected dynamics are?
fn are_segments(world: &World<'_>, segments: &[Segment]) -> bool {
    let mut state = world.start.clone();
    let lengths = segments.iter().map(|s| u128::from(s.length.0));
    if lengths.sum::<u128>() > MAX_STEPS.into() {
        return false;
    }
    segments.iter().all(|segment| {
        segment.length.0 > 0
            && (0..segment.length.0).all(|_| {
                let next = world.next(&state);
                let active = state.weights.iter().map(|row| {
                    let digit = |z: &Q| if z.is_positive() { '1' } else { '0' };
                    row.iter().map(digit).collect::<String>()
                });
                let pairs = next.weights.iter().zip(&state.weights);
                let added: Vec<Vec<Q>> = pairs
                    .map(|(new, old)| new.iter().zip(old).map(|(x, y)| x - y).collect())
                    .collect();
                let increment: Vec<Vec<Q>> = segment.increment.iter().map(|r| plain(r)).collect();
                let same = active.eq(segment.active.iter().cloned()) && added == increment;
                state = next;
                same
            })
    })
}

/// A1, A2, A5f, A6' and the model that T4, T5 and T6 are about.
fn has_unique_keys(world: &World<'_>, loss: Loss) -> bool {
    let problem = world.problem;
    let one = |p: usize, q: usize| if p == q { Q::one() } else { Q::zero() };
    let patterns = 0..problem.gram.len();
    let r = world.images[0].counts[world.images[0].label];
    problem.loss == loss
        && problem.slope.is_none()
        && problem.batch == Natural(1)
        && problem.train == Train::Filters
        && patterns
            .clone()
            .all(|p| patterns.clone().all(|q| problem.gram[p][q].0 == one(p, q)))
        && problem.head.iter().all(|a| a.0 == int(1) || a.0 == int(-1))
        && (0..2).all(|y| (0..problem.head.len()).any(|j| world.winner(j, y)))
        && r > 0
        && world
            .images
            .iter()
            .all(|x| x.counts[x.label] == r && x.counts[1 - x.label] == 0)
}

/// A1k, A2 for each label, and the model that T12 is about; and H of the filters that the claim bounds.
fn has_keys_apart(world: &World<'_>, claim: &AlongAndAcross) -> bool {
    let problem = world.problem;
    let one = |p: usize, q: usize| if p == q { Q::one() } else { Q::zero() };
    let r = |y: usize| {
        let image = world.images.iter().find(|x| x.label == y);
        image.map_or(0, |x| x.counts[y])
    };
    let mean = |p: usize| -> Q {
        let images = world.images.iter();
        images
            .map(|x| sign(x.label) * int(x.counts[p]) * &x.probability)
            .sum()
    };
    let mut bounded = claim.squares.iter().zip(&problem.head);
    problem.loss == Loss::Unhinged
        && problem.slope.is_none()
        && problem.batch == Natural(1)
        && problem.train == Train::Filters
        && problem.head.iter().all(|a| !a.0.is_zero())
        && (0..2).all(|y| (0..problem.gram.len()).all(|p| problem.gram[y][p].0 == one(y, p)))
        && world.images.iter().all(|x| {
            let own = x.counts[x.label];
            own > 0 && own == r(x.label) && x.counts[1 - x.label] == 0
        })
        && claim.squares.len() == problem.head.len()
        && bounded.all(|(x, a)| {
            let own = usize::from(a.0.is_negative());
            let mut others = (0..problem.gram.len()).filter(|p| *p != own);
            x.is_none() || others.all(|p| !(&a.0 * mean(p)).is_positive())
        })
}

/// Is the conclusion there in a state?
fn concludes(world: &World<'_>, claim: &AlongAndAcross, state: &State) -> bool {
    match &claim.conclusion {
        Conclusion::Accuracy => world.accuracy(state).is_one(),
        Conclusion::Ratio(ratio) => !ratio.0.is_negative() && world.ratio_attained(state, &ratio.0),
        Conclusion::Tangent(tangent) => {
            let bounded = claim.squares.iter().map(Option::is_some);
            let spoken: Vec<usize> = bounded
                .enumerate()
                .filter_map(|(j, spoken)| spoken.then_some(j))
                .collect();
            !spoken.is_empty()
                && spoken.into_iter().all(|j| {
                    let y = usize::from(world.start.head[j].is_negative());
                    let row = &state.weights[j];
                    let along = &row[y] * &row[y];
                    let norm = norm_squared(world.problem, row).expect("in the range");
                    world.winner(j, y)
                        && row[y].is_positive()
                        && norm - &along <= &tangent.0 * &along
                })
        }
    }
}

/// Is the problem one, are the segments its expected dynamics, and is every claim true?
pub fn is_true(certificate: &Certificate) -> bool {
    let problem = &certificate.problem;
    if !is_shaped(problem) {
        return false;
    }
    let images = images(problem);
    let world = World {
        problem,
        images,
        start: State {
            weights: problem.weights.iter().map(|row| plain(row)).collect(),
            head: plain(&problem.head),
        },
    };
    let total: Q = world.images.iter().map(|image| &image.probability).sum();
    let in_range = |z: &Vec<Q>| norm_squared(problem, z).is_some();
    total.is_one()
        && problem.step.0.is_positive()
        && problem.batch.0 > 0
        && is_gram(problem)
        && world.start.weights.iter().all(in_range)
        && are_segments(&world, &certificate.segments)
        && !certificate.claims.is_empty()
        && certificate.claims.iter().all(|claim| holds(&world, claim))
}

/// `sum_p x_p <p, q>` for every q.
/// `<w, p>` of every pattern for `w = sum_p x_p p`.
pub fn products(problem: &Problem, x: &[Q]) -> Vec<Q> {
    let dot = |row: &Vec<Number>| row.iter().zip(x).map(|(g, x)| &g.0 * x).sum();
    problem.gram.iter().map(dot).collect()
}

/// The least `sum_p N_p theta_p y <w, p>` of an image over all corners theta of [s, 1], given the products.
pub fn least_corner(problem: &Problem, image: &Image, products: &[Q]) -> Q {
    let low = slope(problem, &Q::zero());
    let corners = (0..1usize << products.len()).map(|corner| {
        let terms = products.iter().zip(&image.counts).enumerate();
        let term = |(p, (x, count)): (usize, (&Q, &u64))| {
            let theta = if corner >> p & 1 == 1 {
                Q::one()
            } else {
                low.clone()
            };
            theta * int(*count) * x
        };
        sign(image.label) * terms.map(term).sum::<Q>()
    });
    corners.min().expect("a corner")
}

/// The largest `sum_pq N_p N_q (max(G_pq, 0) - s max(-G_pq, 0))` of an image.
pub fn largest_square(problem: &Problem, slope: &Q) -> Q {
    let mut largest = Q::zero();
    for image in images(problem) {
        let mut sum = Q::zero();
        for (row, n) in problem.gram.iter().zip(&image.counts) {
            for (g, m) in row.iter().zip(&image.counts) {
                let damped = if g.0.is_negative() {
                    &g.0 * slope
                } else {
                    g.0.clone()
                };
                sum += damped * int(*n) * int(*m);
            }
        }
        largest = largest.max(sum);
    }
    largest
}

fn margin_factor(problem: &Problem) -> Option<Q> {
    match problem.loss {
        Loss::Hinge => Some(int(2)),
        Loss::Perceptron => Some(int(0)),
        _ => None,
    }
}

/// The numbers of T6c's inequality.
pub struct Coherent {
    /// `A_+` and `A_-`.
    pub squares: [Q; 2],
    /// `eta r / B`.
    pub rate: Q,
    /// `|W(0)|^2 - S`.
    pub rest: Q,
    /// What M samples add to `|W|^2`, for each.
    pub gain: Q,
}

impl Coherent {
    /// `None` where an assumption of T6c fails.
    pub fn of(problem: &Problem) -> Option<Self> {
        margin_factor(problem)?;
        let images = images(problem);
        let gram = |p: usize, q: usize| &problem.gram[p][q].0;
        let background = 2..problem.gram.len();
        let fits = problem.slope.is_none()
            && problem.train == Train::Filters
            && problem.head.iter().all(|a| !a.0.is_zero())
            && (0..2).all(|y| gram(y, y).is_positive())
            && !gram(0, 1).is_positive()
            && background
                .into_iter()
                .all(|k| gram(0, k).is_zero() && gram(1, k).is_zero())
            && images
                .iter()
                .all(|x| x.counts[x.label] > 0 && x.counts[1 - x.label] == 0);
        if !fits {
            return None;
        }
        let r = images.iter().map(|x| x.counts[x.label]).min()?;
        Self::read_with(problem, r)
    }

    /// With r key patches, whatever the images have; `None` without winners of both labels.
    pub fn read_with(problem: &Problem, r: u64) -> Option<Self> {
        let theta = margin_factor(problem)?;
        let gram = |p: usize, q: usize| &problem.gram[p][q].0;
        let (mut squares, mut rest) = ([Q::zero(), Q::zero()], Q::zero());
        for (a, row) in problem.head.iter().zip(&problem.weights) {
            rest += norm_squared(problem, &plain(row))?;
            let y = usize::from(a.0.is_negative());
            if row[y].0.is_positive() && !a.0.is_zero() {
                squares[y] += &a.0 * &a.0 * gram(y, y);
                rest -= &row[y].0 * &row[y].0 / gram(y, y);
            }
        }
        let all: Q = problem.head.iter().map(|a| &a.0 * &a.0).sum();
        let (eta, share) = (&problem.step.0, int(problem.batch.0).recip());
        let square = largest_square(problem, &Q::zero());
        squares.iter().all(Signed::is_positive).then(|| Coherent {
            squares,
            rest,
            rate: eta * int(r) * &share,
            gain: share * (eta * theta + eta * eta * all * square),
        })
    }

    pub fn admits(&self, samples: &Q) -> bool {
        let [plus, minus] = &self.squares;
        let grown = &self.rate * samples;
        let left = plus * minus / (plus + minus) * &grown * &grown;
        left <= &self.rest + samples * &self.gain
    }
}

/// The numbers of T14's inequality.
pub struct Separated {
    /// `eta A / B`.
    pub growth: Q,
    /// F(0).
    pub product: Q,
    /// `A |w*|^2`.
    pub scale: Q,
    pub start: Q,
    /// What M samples add to `|W|^2`, for each.
    pub gain: Q,
}

impl Separated {
    /// `None` where a hypothesis of T14 fails.
    pub fn of(problem: &Problem, separator: &[Q]) -> Option<Self> {
        let images = images(problem);
        let theta = margin_factor(problem)?;
        let slope = &problem.slope.as_ref()?.0;
        let squares: Q = problem.head.iter().map(|a| &a.0 * &a.0).sum();
        let fits = problem.train == Train::Filters && separator.len() == problem.gram.len();
        if !fits || squares.is_zero() {
            return None;
        }
        let products = products(problem, separator);
        let least = |image: &Image| least_corner(problem, image, &products);
        if images.iter().any(|image| least(image) < Q::one()) {
            return None;
        }
        let square = largest_square(problem, slope);
        let mut product = Q::zero();
        let mut start = Q::zero();
        for (a, row) in problem.head.iter().zip(&problem.weights) {
            let inner: Q = plain(row).iter().zip(separator).map(|(z, c)| z * c).sum();
            product += &a.0 * inner;
            if !a.0.is_zero() {
                start += norm_squared(problem, &plain(row))?;
            }
        }
        let share = int(problem.batch.0).recip();
        let eta = &problem.step.0;
        Some(Separated {
            growth: eta * &squares * &share,
            product,
            gain: share * (eta * theta + eta * eta * &squares * square),
            scale: squares * norm_squared(problem, &products)?,
            start,
        })
    }

    pub fn admits(&self, samples: &Q) -> bool {
        let left = &self.product + &self.growth * samples;
        let right = &self.scale * (&self.start + samples * &self.gain);
        !left.is_positive() || &left * &left <= right
    }
}

/// The expected dynamics from step 0 to t, and at each step which gates are open.
pub fn course(problem: &Problem, t: u64) -> (Vec<State>, Vec<Vec<bool>>) {
    let world = World {
        problem,
        images: images(problem),
        start: State {
            weights: problem.weights.iter().map(|row| plain(row)).collect(),
            head: plain(&problem.head),
        },
    };
    let mut states = vec![world.start.clone()];
    for s in 0..t as usize {
        states.push(world.next(&states[s]));
    }
    let open = |state: &State| {
        let images = world.images.iter();
        let gates = images.map(|image| !gate(problem, &margin(problem, state, image)).is_zero());
        gates.collect()
    };
    let gates = states.iter().map(open).collect();
    (states, gates)
}

/// Is this the largest M that T6's inequality admits, read with r key patches?
fn is_largest(world: &World<'_>, r: u64, bound: &Q) -> bool {
    let winners = [0, 1].map(|y| {
        (0..world.start.head.len())
            .filter(|&j| world.winner(j, y))
            .count()
    });
    let patches = |x: &Image| x.counts.iter().map(|&c| u128::from(c)).sum::<u128>();
    let m = world.images.iter().map(patches).max();
    let square: Q = world.start.weights.iter().flatten().map(|z| z * z).sum();
    let eta = &world.problem.step.0;
    let m = int(m.unwrap_or(0));
    let gain = eta * int(2) + eta * eta * int(world.start.head.len()) * &m * &m;
    let admits = |x: &Q| {
        let left = eta * int(r) * int(winners[0].min(winners[1])) * x;
        &left * &left <= int(winners[0] + winners[1]) * (&square + x * &gain)
    };
    let whole = bound.is_integer() && !bound.is_negative();
    whole && admits(bound) && !admits(&(bound + Q::one()))
}

/// What T7 says of this place, by the sum and the difference of head and key, and whether it speaks of it.
fn trained_head(world: &World<'_>, found: &Refutation) -> (Q, bool) {
    let (j, p, width) = (
        found.filter.0 as usize,
        found.pattern.0 as usize,
        world.problem.gram.len(),
    );
    let (row, head) = (&world.start.weights[j], &world.start.head[j]);
    let at_start = || row.get(p).unwrap_or(head).clone();
    let half = &world.problem.step.0 * int(found.key_patches.0) / int(2);
    let y = match [row[0].is_positive(), row[1].is_positive()] {
        [false, false] => return (at_start(), true),
        [true, true] => return (at_start(), (2..width).contains(&p)),
        [plus, _] => usize::from(!plus),
    };
    if p != y && p != width {
        return (at_start(), true);
    }
    let (mut sum, mut difference) = (sign(y) * head + &row[y], sign(y) * head - &row[y]);
    for _ in 0..found.t.0 {
        if sum <= difference {
            break;
        }
        sum *= Q::one() + &half;
        difference *= Q::one() - &half;
    }
    let two = int(2);
    match p == y {
        true => ((sum - difference) / two, true),
        false => (sign(y) * (sum + difference) / two, true),
    }
}

/// The squared length of what is left of a filter without its part along the key of its head's label.
fn across(world: &World<'_>, state: &State, j: usize) -> Q {
    let y = usize::from(world.start.head[j].is_negative());
    let (row, length) = (&state.weights[j], &world.problem.gram[y][y].0);
    let norm = norm_squared(world.problem, row).expect("in the range");
    match length.is_zero() {
        true => norm,
        false => norm - &row[y] * &row[y] / length,
    }
}

fn holds(world: &World<'_>, claim: &Claim) -> bool {
    let problem = world.problem;
    let same = |state: &State, weights: &[Vec<Number>], head: &[Number]| {
        state.head == plain(head)
            && state.weights == weights.iter().map(|row| plain(row)).collect::<Vec<_>>()
    };
    // The step is within reach, and a refuted theorem is not asked beyond it.
    if claim.step() > MAX_STEPS {
        return false;
    }
    let of_max = matches!(claim, Claim::Refutation(found) if found.theorem == Theorem::T3max);
    let of_both = matches!(
        claim,
        Claim::State { .. }
            | Claim::Accuracy { .. }
            | Claim::Law { .. }
            | Claim::Path { .. }
            | Claim::Conjecture(_)
            | Claim::ConjectureFails(_)
    );
    if !of_both && of_max != problem.pooling.is_some() {
        return false;
    }
    match claim {
        Claim::State { t, weights, head } => same(&world.expected(t.0), weights, head),
        Claim::NormDominance { t, ratio } => {
            !ratio.0.is_negative() && world.ratio_attained(&world.expected(t.0), &ratio.0)
        }
        Claim::Accuracy { t, accuracy } => world.accuracy(&world.expected(t.0)) == accuracy.0,
        Claim::MistakeBound { bound } => {
            let r = world.images[0].counts[world.images[0].label];
            has_unique_keys(world, Loss::Hinge) && is_largest(world, r, &bound.0)
        }
        Claim::CoherentMistakeBound { bound } => {
            let bound = &bound.0;
            let whole = bound.is_integer() && !bound.is_negative();
            Coherent::of(problem).is_some_and(|numbers| {
                whole && numbers.admits(bound) && !numbers.admits(&(bound + Q::one()))
            })
        }
        Claim::SeparatorBound { separator, bound } => {
            let bound = &bound.0;
            let whole = bound.is_integer() && !bound.is_negative();
            Separated::of(problem, &plain(separator)).is_some_and(|numbers| {
                whole && numbers.admits(bound) && !numbers.admits(&(bound + Q::one()))
            })
        }
        Claim::Inseparable { parts } => {
            let low = slope(problem, &Q::zero());
            let weights: Q = parts.iter().map(|part| &part.weight.0).sum();
            let mut sum = vec![Q::zero(); problem.gram.len()];
            let each = parts.iter().all(|part| {
                let Some(image) = world.images.get(part.atom.0 as usize) else {
                    return false;
                };
                let weight = sign(image.label) * &part.weight.0;
                for ((x, n), theta) in sum.iter_mut().zip(&image.counts).zip(&part.factors) {
                    *x += &weight * int(*n) * &theta.0;
                }
                let mut factors = part.factors.iter();
                part.factors.len() == problem.gram.len()
                    && !part.weight.0.is_negative()
                    && factors.all(|theta| low <= theta.0 && theta.0 <= Q::one())
            });
            // A vector of the span that is orthogonal to all patterns is 0.
            each && weights.is_one() && products(problem, &sum).iter().all(Q::is_zero)
        }
        Claim::Probability(claim) => {
            let range = match &claim.ratio {
                Some(ratio) => claim.from <= claim.t && !ratio.0.is_negative(),
                None => claim.from == claim.t,
            };
            if !range || !world.is_short(claim.t.0) || !has_unique_keys(world, Loss::Unhinged) {
                return false;
            }
            let mut probability = Q::zero();
            world.paths(claim.t.0, &mut |states, mass| {
                let good = match &claim.ratio {
                    Some(ratio) => states[claim.from.0 as usize..]
                        .iter()
                        .all(|state| world.ratio_attained(state, &ratio.0)),
                    None => world.accuracy(states.last().expect("one")).is_one(),
                };
                if good {
                    probability += mass;
                }
            });
            probability >= claim.bound.0
        }
        // For ever: two steps on, as far as every path can be gone through.
        Claim::AlongAndAcross(claim) => {
            let from = claim.from.0;
            let reach = || {
                (from..=from.saturating_add(2))
                    .rev()
                    .find(|&t| world.is_short(t))
            };
            let Some(last) = claim.t.map(|t| t.0).or_else(reach) else {
                return false;
            };
            let range = claim.from.0 <= last && (claim.t.is_some() || claim.from.0 > 0);
            if !range || !world.is_short(last) || !has_keys_apart(world, claim) {
                return false;
            }
            let mut probability = Q::zero();
            world.paths(last, &mut |states, mass| {
                let mut range = states[claim.from.0 as usize..].iter();
                if range.all(|state| concludes(world, claim, state)) {
                    probability += mass;
                }
            });
            probability >= claim.bound.0
        }
        Claim::Law { t, perfect } => {
            if !world.is_short(t.0) {
                return false;
            }
            let mut probability = Q::zero();
            world.paths(t.0, &mut |states, mass| {
                if world.accuracy(states.last().expect("one")).is_one() {
                    probability += mass;
                }
            });
            problem.batch.0 == 1 && probability == perfect.0
        }
        Claim::Path {
            samples,
            weights,
            head,
            updates,
        } => world
            .path(samples)
            .is_some_and(|(end, open, _)| open == updates.0 && same(&end, weights, head)),
        Claim::Refutation(found) => {
            let (j, p) = (found.filter.0 as usize, found.pattern.0 as usize);
            let keys = |x: &Image| x.counts[x.label] == found.key_patches.0;
            let places = problem.gram.len() + usize::from(found.theorem == Theorem::T7);
            let asked = j < world.start.head.len() && p < places;
            let unread = matches!(found.theorem, Theorem::T3max | Theorem::T8 | Theorem::T13);
            let read = match found.key_patches.0 {
                0 => unread,
                _ => !unread && world.images.iter().any(keys),
            };
            if !asked || !read {
                return false;
            }
            let z = world.start.weights[j]
                .get(p)
                .unwrap_or(&world.start.head[j]);
            let own = usize::from(world.start.head[j].is_negative());
            let winner = world.winner(j, own);
            let r = int(found.key_patches.0);
            let eta = &problem.step.0;
            let (says, is, fails) = match found.theorem {
                Theorem::T1 => {
                    // The scalar recurrence, step by step.
                    let drift: Q = world
                        .images
                        .iter()
                        .map(|x| sign(x.label) * int(x.counts[p]) * &x.probability)
                        .sum();
                    let mut says = z.clone();
                    for _ in 0..found.t.0 {
                        if says.is_positive() {
                            says += eta * &world.start.head[j] * &drift;
                        }
                    }
                    let is = world.expected(found.t.0).weights[j][p].clone();
                    (says.clone(), is.clone(), says != is)
                }
                Theorem::T2 => {
                    let state = world.expected(found.t.0);
                    let kappa = eta * r / int(2);
                    if winner {
                        let says = z + &kappa * int(found.t.0);
                        let is = state.weights[j][p].clone();
                        (says.clone(), is.clone(), p == own && says != is)
                    } else {
                        let norm = |s: &State| norm_squared(problem, &s.weights[j]).expect("in it");
                        let says = norm(&world.start) + &kappa * &kappa;
                        let is = norm(&state);
                        (says.clone(), is.clone(), p == 0 && is > says)
                    }
                }
                Theorem::T3 | Theorem::T3max => {
                    let Some((end, _, gates)) = world.path(&found.samples) else {
                        return false;
                    };
                    // T3max has 1 for r, and asks more of a winner and says more of it.
                    let max = found.theorem == Theorem::T3max;
                    let r = if max { Q::one() } else { r };
                    let most = world.start.weights[j][2..].iter().max();
                    let first = most.is_none_or(|most| *most <= world.start.weights[j][own]);
                    let winner = winner && (!max || first);
                    let falls = max && winner;
                    let is = end.weights[j][p].clone();
                    let least = -(eta * &r);
                    let bounded = [Loss::Unhinged, Loss::Hinge, Loss::Perceptron];
                    let third = p == 1 - own
                        && bounded.contains(&problem.loss)
                        && !world.start.head[j].is_zero();
                    let (says, spoken) = if !z.is_positive() {
                        (z.clone(), true)
                    } else if winner && p == own {
                        (z + eta * r * &gates[own], true)
                    } else if is > *z {
                        (z.clone(), third || falls)
                    } else {
                        (is.clone().max(least), third && !falls)
                    };
                    (says.clone(), is.clone(), spoken && says != is)
                }
                Theorem::T7 => {
                    let state = world.expected(found.t.0);
                    let (says, spoken) = trained_head(world, found);
                    let is = match p < problem.gram.len() {
                        true => state.weights[j][p].clone(),
                        false => state.head[j].clone(),
                    };
                    (says.clone(), is.clone(), spoken && says != is)
                }
                // What the step would do if the head were trained, of which T8 is an identity.
                Theorem::T8 => {
                    let Some((last, before)) = found.samples.split_last() else {
                        return false;
                    };
                    let mut trained = problem.clone();
                    trained.train = Train::FiltersAndHead;
                    let Some((old, ..)) = world.path(before) else {
                        return false;
                    };
                    let after = |problem: &Problem| {
                        let from = World {
                            problem,
                            images: images(problem),
                            start: old.clone(),
                        };
                        from.path(std::slice::from_ref(last)).map(|(end, ..)| end)
                    };
                    let balance = |state: &State| {
                        let norm = norm_squared(problem, &state.weights[j]).expect("in the range");
                        norm - &state.head[j] * &state.head[j]
                    };
                    let (Some(says), Some(is)) = (after(&trained), after(problem)) else {
                        return false;
                    };
                    let change = |state: &State| balance(state) - balance(&old);
                    let (says, is) = (change(&says), change(&is));
                    (says.clone(), is.clone(), p == 0 && says != is)
                }
                Theorem::T13 => {
                    let Some((_, before)) = found.samples.split_last() else {
                        return false;
                    };
                    let product = |path: &[Vec<Natural>]| {
                        let (end, ..) = world.path(path)?;
                        Some(&end.head[j] * &end.weights[j][0])
                    };
                    let (Some(says), Some(is)) = (product(before), product(&found.samples)) else {
                        return false;
                    };
                    let spoken = p == 0 && problem.loss != Loss::Square;
                    (says.clone(), is.clone(), spoken && is < says)
                }
                Theorem::T12 if !found.samples.is_empty() => {
                    let a = &world.start.head[j];
                    let plain = problem.loss == Loss::Unhinged
                        && problem.slope.is_none()
                        && problem.batch == Natural(1)
                        && problem.train == Train::Filters
                        && !problem.head.iter().any(|a| a.0.is_zero());
                    let Some((end, ..)) = world.path(&found.samples) else {
                        return false;
                    };
                    let of_label = |i: &&Natural| world.images[i.0 as usize].label == own;
                    let count = found.samples.iter().flatten().filter(of_label).count();
                    let moves = z.is_positive() && count > 0;
                    let has = world.images.iter().any(|x| x.label == own && keys(x));
                    let says = match moves {
                        true => z + eta * a.abs() * r * int(count),
                        false => z.clone(),
                    };
                    let is = end.weights[j][p].clone();
                    let spoken = plain && p == own && (has || !moves);
                    (says.clone(), is.clone(), spoken && says != is)
                }
                Theorem::T12 => {
                    let one = problem.batch.0 == 1 && world.is_short(found.t.0);
                    if !one || p != 0 || world.start.head[j].is_zero() {
                        return false;
                    }
                    let mut mean = Q::zero();
                    world.paths(found.t.0, &mut |states, mass| {
                        mean += mass * across(world, states.last().expect("one"), j);
                    });
                    let mut rate = Q::zero();
                    for image in &world.images {
                        for (p, &n) in image.counts.iter().enumerate() {
                            for (q, &m) in image.counts.iter().enumerate() {
                                let near = &problem.gram[p][q].0;
                                if p != own && q != own && near.is_positive() {
                                    rate += near * int(n) * int(m) * &image.probability;
                                }
                            }
                        }
                    }
                    let push = eta * &world.start.head[j];
                    let gained = &push * &push * rate * int(found.t.0);
                    let says = across(world, &world.start, j) + gained;
                    (says.clone(), mean.clone(), mean > says)
                }
            };
            fails && says == found.predicted.0 && is == found.value.0
        }
        Claim::RefutationProbability(found) => {
            let (says, r) = (&found.thresholds, found.key_patches.0);
            let ratio = says.ratio.as_ref().map(|r| &r.0);
            let range = match ratio {
                Some(ratio) => says.from <= says.t && !ratio.is_negative(),
                None => says.from == says.t,
            };
            let asked = range && world.has_keys(r) && problem.batch.0 == 1;
            let walks: Vec<u64> = says.walks.iter().map(|w| w.0).collect();
            if !asked || !world.is_short(says.t.0) || walks.len() + 2 != problem.gram.len() {
                return false;
            }
            let counts = says.label_counts.map(|b| b.0);
            let thresholds = Thresholds::read_with(problem, counts, walks, r);
            let formula = thresholds.formula(says.from.0, says.t.0, false);
            let mut probability = Q::zero();
            world.paths(says.t.0, &mut |states, mass| {
                let mut range = states[says.from.0 as usize..].iter();
                let good = range.all(|state| match ratio {
                    Some(ratio) => world.ratio_attained(state, ratio),
                    None => world.accuracy(state).is_one(),
                });
                if good {
                    probability += mass;
                }
            });
            thresholds.implies(ratio)
                && formula >= says.bound.0
                && probability == found.probability.0
                && probability < says.bound.0
        }
        Claim::RefutationUpdates(found) => {
            let (r, bound, updates) = (found.key_patches.0, &found.bound.0, found.updates.0);
            let both = (0..2).all(|y| (0..world.start.head.len()).any(|j| world.winner(j, y)));
            let Some((_, steps, gates)) = world.path(&found.samples) else {
                return false;
            };
            let counted = match found.theorem {
                BoundedUpdates::T6 => {
                    problem.loss == Loss::Hinge
                        && both
                        && is_largest(world, r, bound)
                        && steps == updates
                }
                BoundedUpdates::T6c => {
                    let next = bound + Q::one();
                    let largest = Coherent::read_with(problem, r);
                    largest.is_some_and(|of| of.admits(bound) && !of.admits(&next))
                        && bound.is_integer()
                        && !bound.is_negative()
                        && (&gates[0] + &gates[1]) * int(problem.batch.0) == int(updates)
                }
            };
            world.has_keys(r) && counted && int(updates) > *bound
        }
        Claim::RefutationStuck(found) => {
            let Some((state, ..)) = world.path(&found.samples) else {
                return false;
            };
            let Some(image) = world.images.get(found.atom.0 as usize) else {
                return false;
            };
            let still = world.images.iter().all(|x| is_still(problem, &state, x));
            let margin = margin(problem, &state, image);
            let read = match (found.theorem, problem.loss) {
                (_, Loss::Hinge) => margin < Q::one(),
                (BoundedUpdates::T6c, Loss::Perceptron) => !margin.is_positive(),
                _ => false,
            };
            still && read && margin == found.margin.0
        }
        Claim::Conjecture(claim) => {
            let (says, t) = (&claim.says, claim.t.0);
            let expected = claim.over == Over::Expected;
            let spoken = t <= says.steps.0 && !(expected && has_counts(says));
            let Some(sentence) = sentence(says).filter(|_| spoken) else {
                return false;
            };
            let kept = |states: &[State], drawn: &[[u64; 3]]| {
                let mut states = (0..).zip(states);
                states.all(|(t, state)| {
                    let drawn = drawn.get(t as usize).copied();
                    sentence(world, state, t, drawn)
                })
            };
            match &claim.over {
                Over::Expected => {
                    let states: Vec<State> = (0..=t).map(|t| world.expected(t)).collect();
                    kept(&states, &[])
                }
                Over::EveryPath | Over::Probability { .. } => {
                    if !world.is_short(t) || problem.batch.0 != 1 {
                        return false;
                    }
                    let mut probability = Q::zero();
                    for (samples, mass) in world.samples(t) {
                        let counts = (0..=t as usize).map(|s| world.counts(&samples[..s]));
                        let counts: Vec<[u64; 3]> = counts.collect();
                        let states = (0..=t as usize).filter_map(|s| world.path(&samples[..s]));
                        let states: Vec<State> = states.map(|(state, ..)| state).collect();
                        if kept(&states, &counts) {
                            probability += mass;
                        }
                    }
                    match &claim.over {
                        Over::Probability { is, .. } => probability == is.0,
                        _ => probability.is_one(),
                    }
                }
            }
        }
        Claim::ConjectureFails(claim) => {
            let (says, t) = (&claim.says, claim.t.0);
            let spoken = t <= says.steps.0 && (claim.samples.is_some() || !has_counts(says));
            let Some(sentence) = sentence(says).filter(|_| spoken) else {
                return false;
            };
            match &claim.samples {
                None => !sentence(world, &world.expected(t), t, None),
                Some(samples) => {
                    let Some((end, ..)) = world.path(samples) else {
                        return false;
                    };
                    let drawn = Some(world.counts(samples));
                    samples.len() as u64 == t && !sentence(world, &end, t, drawn)
                }
            }
        }
    }
}

/// What a sentence says of a state, at a step, after so many samples of each label and updates.
type Sentence = fn(&World<'_>, &State, u64, Option<[u64; 3]>) -> bool;

/// Sentences with what they mean, written out by hand.
pub const SENTENCES: [(&str, Option<&str>, Sentence); 9] = [
    (
        "norm(winner) >= 2 * norm(loser)",
        None,
        |world, state, _, _| {
            let norm = |j: usize| norm_squared(world.problem, &state.weights[j]).expect("in it");
            let (winners, losers) = world.camps();
            let four = int(4);
            winners
                .iter()
                .all(|&j| losers.iter().all(|&i| norm(j) >= &four * norm(i)))
        },
    ),
    (
        "norm(filter) <= norm0(filter) + eta",
        Some("t < 2"),
        |world, state, t, _| {
            let norm = |row: &[Q]| norm_squared(world.problem, row).expect("in it");
            let eta = &world.problem.step.0;
            // a <= b + eta of roots: a^2 - b^2 - eta^2 <= 2 eta b.
            let at_most = |a: Q, b: Q| {
                let rest = a - &b - eta * eta;
                !rest.is_positive() || &rest * &rest <= int(4) * eta * eta * b
            };
            let rows = state.weights.iter().zip(&world.start.weights);
            t >= 2
                || rows
                    .clone()
                    .all(|(now, start)| at_most(norm(now), norm(start)))
        },
    ),
    (
        "accuracy >= accuracy0 or t = 0",
        None,
        |world, state, t, _| t == 0 || world.accuracy(state) >= world.accuracy(&world.start),
    ),
    (
        "all(Z(j, p) > 0 implies Z0(j, p) > 0 for j in filters, p in patterns)",
        None,
        |world, state, _, _| {
            let now = state.weights.iter().flatten();
            let mut pairs = now.zip(world.start.weights.iter().flatten());
            pairs.all(|(now, start)| !now.is_positive() || start.is_positive())
        },
    ),
    (
        "sum(head(j) * Z(j, v+) for j in filters) + count(head(j) < 0 for j in filters) > -1",
        None,
        |_, state, _, _| {
            let along: Q = state
                .head
                .iter()
                .zip(&state.weights)
                .map(|(a, row)| a * &row[0])
                .sum();
            let count = state.head.iter().filter(|a| a.is_negative()).count();
            along + int(count) > int(-1)
        },
    ),
    (
        "margin(image) > -2 and abs(Z(filter, v-)) < 3",
        Some("t >= 1"),
        |world, state, t, _| {
            let mut images = world.images.iter();
            let far = images.all(|x| margin(world.problem, state, x) > int(-2));
            let near = state.weights.iter().all(|row| row[1].abs() < int(3));
            t == 0 || far && near
        },
    ),
    (
        "loss <= max(loss0, 1/2) ^ 2 + 4",
        None,
        |world, state, _, _| {
            let most = world.loss(&world.start).max(Q::new(1.into(), 2.into()));
            world.loss(state) <= &most * &most + int(4)
        },
    ),
    ("t < 3 or accuracy > 1", None, |_, _, t, _| t < 3),
    ("updates < 2 or B_+ + B_- = 0", None, |_, _, _, drawn| {
        drawn.is_some_and(|[plus, minus, updates]| updates < 2 || plus + minus == 0)
    }),
];

/// Does it speak of what only a path has?
fn has_counts(says: &Said) -> bool {
    says.claim.contains("B_+")
}

/// Is it one of these sentences?
pub fn is_known(says: &Said) -> bool {
    sentence(says).is_some()
}

/// The meaning of one of these sentences; counts of samples are of paths that are given only.
fn sentence(says: &Said) -> Option<Sentence> {
    let find = |(claim, when, _): &&(&str, Option<&str>, Sentence)| {
        *claim == says.claim && *when == says.when.as_deref()
    };
    SENTENCES.iter().find(find).map(|(_, _, meaning)| *meaning)
}
