//! The checker: recomputes every claim of a certificate, slowly and plainly.
//!
//! Of this crate it knows [`crate::number`] and [`crate::certificate::format`] and nothing else. What
//! is trusted is this file, the format, and the arithmetic of `num-bigint` and `num-rational`.
//!
//! Two shortcuts are taken. A *segment* is checked at its first and its last step: the states in which
//! given coordinates are positive and given gates open form a convex set, and
//! on it one step adds a constant. *Walks* are followed in fixed point, every product rounded down,
//! which makes the probability recomputed for a claim at most the true one.

use crate::certificate::format::{
    Certificate, Claim, Finding, Label, Loss, Natural, Number, Probability, Problem, Refutation,
    Report, Segment, Theorem, Train, Verdict,
};
use crate::number::Q;
use num_bigint::BigInt;
use num_traits::{One, Signed, ToPrimitive, Zero, pow};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};

/// The work that one certificate may cost, in units of about 10 nanoseconds. Operations and digits are
/// counted, never seconds.
pub const MAX_WORK: u64 = 1_500_000_000;

/// Most numbers that are held at once: counts of all atoms, positions of a walk, transitions of a law.
const MAX_CELLS: usize = 8 << 20;

/// Why checking ends early: what was claimed and what was recomputed, or why nothing was.
enum Halt {
    Wrong(String, String),
    Beyond(String),
}

type Checked<T> = Result<T, Halt>;

/// What is claimed and what was recomputed, where the two agree.
type Agreed = (String, String);

fn beyond<T>(reason: impl Into<String>) -> Checked<T> {
    Err(Halt::Beyond(reason.into()))
}

fn require(holds: bool, claimed: &str, found: impl ToString) -> Checked<()> {
    if holds {
        return Ok(());
    }
    Err(Halt::Wrong(claimed.to_owned(), found.to_string()))
}

fn need(holds: bool, what: &str) -> Checked<()> {
    require(holds, what, "it is not so")
}

fn agree(what: &str, claimed: &Q, found: &Q) -> Checked<Agreed> {
    let texts = [claimed, found].map(|x| format!("{what} = {x}"));
    require(claimed == found, &texts[0], &texts[1])?;
    let [claimed, found] = texts;
    Ok((claimed, found))
}

fn int(n: impl Into<BigInt>) -> Q {
    Q::from_integer(n.into())
}

/// 1 for label 0 (+), -1 for label 1 (-): the labels are the places of their key patterns.
fn sign(y: usize) -> Q {
    int(if y == 0 { 1 } else { -1 })
}

fn positive(x: Q) -> Q {
    x.max(Q::zero())
}

fn squared(x: &Q) -> Q {
    x * x
}

fn words(q: &Q) -> u64 {
    (q.numer().bits() + q.denom().bits()) / 64 + 1
}

fn plain(numbers: &[Number]) -> Vec<Q> {
    numbers.iter().map(|x| x.0.clone()).collect()
}

struct Atom {
    label: usize,
    counts: Vec<u64>,
    probability: Q,
}

/// Pattern coordinates and head.
#[derive(Clone, PartialEq, Eq, Hash)]
struct State {
    weights: Vec<Vec<Q>>,
    head: Vec<Q>,
}

/// sigma(Z_jp) for each filter and pattern, and `sum_j a_j sigma(Z_jp)` for each pattern.
struct View {
    sigma: Vec<Vec<Q>>,
    totals: Vec<Q>,
}

/// One step: where it leads, whether some gate was not 0, and the average gate of each label.
struct Stepped {
    state: State,
    open: bool,
    gates: [Q; 2],
}

type Walk = (Vec<(BigInt, Q)>, u64, u64);

struct Checker<'c> {
    problem: &'c Problem,
    gram: Vec<Vec<Q>>,
    orthonormal: bool,
    atoms: Vec<Atom>,
    /// `E[y N_p]`.
    drift: Vec<Q>,
    segments: &'c [Segment],
    /// Where the segments start, and where the last one ends.
    starts: Vec<(u64, State)>,
    /// The last state that plain steps led to.
    last: RefCell<(u64, State)>,
    /// Walks that were followed, by law, length and bound.
    walks: RefCell<HashMap<Walk, Q>>,
    /// What is left of the work.
    left: Cell<u64>,
}

/// Checks a certificate.
///
/// # Cost
/// At most [`MAX_WORK`] units; memory for about 2^23 numbers.
pub fn verify(certificate: &Certificate) -> Report {
    verify_within(certificate, MAX_WORK)
}

/// Checks a certificate within this many units of work.
pub fn verify_within(certificate: &Certificate, work: u64) -> Report {
    let finding = |id: String, step: u64, result: Checked<Agreed>| {
        let (verdict, claimed, recomputed) = match result {
            Ok((claimed, recomputed)) => (Verdict::Valid, claimed, recomputed),
            Err(Halt::Wrong(claimed, recomputed)) => (Verdict::Invalid, claimed, recomputed),
            Err(Halt::Beyond(reason)) => (Verdict::NotCovered, String::new(), reason),
        };
        Finding {
            id,
            verdict,
            step,
            claimed,
            recomputed,
        }
    };
    let alone = |id: &str, halt| Report {
        findings: vec![finding(id.to_owned(), 0, Err(halt))],
    };
    let mut checker = match Checker::new(certificate, work) {
        Ok(checker) => checker,
        Err(halt) => return alone("problem", halt),
    };
    if let Err(halt) = checker.follow_segments() {
        return alone("segments", halt);
    }
    let claims = certificate.claims.iter().enumerate();
    let findings = claims.map(|(i, claim)| {
        let id = format!("{}-{}", claim.kind(), i + 1);
        finding(id, claim.step(), checker.claim(claim))
    });
    Report {
        findings: findings.collect(),
    }
}

impl<'c> Checker<'c> {
    /// Checks that the problem is one.
    fn new(certificate: &'c Certificate, work: u64) -> Checked<Self> {
        let problem = &certificate.problem;
        let (n, patterns) = (problem.head.len(), problem.gram.len());
        let rows = || problem.gram.iter().chain(&problem.weights);
        need(patterns >= 2 && n >= 1, "2 patterns and a filter")?;
        need(problem.weights.len() == n, "weights for each filter")?;
        need(rows().all(|row| row.len() == patterns), "square tables")?;
        let gram: Vec<Vec<Q>> = problem.gram.iter().map(|row| plain(row)).collect();
        let pairs = || (0..patterns).flat_map(|p| (0..patterns).map(move |q| (p, q)));
        let symmetric = pairs().all(|(p, q)| gram[p][q] == gram[q][p]);
        need(symmetric, "a symmetric Gram matrix")?;
        need(problem.step.0.is_positive(), "a positive step size")?;
        need(problem.batch.0 >= 1, "a batch of at least 1")?;
        let start = State {
            weights: problem.weights.iter().map(|row| plain(row)).collect(),
            head: plain(&problem.head),
        };
        let mut checker = Checker {
            problem,
            orthonormal: pairs().all(|(p, q)| gram[p][q] == int(i64::from(p == q))),
            gram,
            atoms: Vec::new(),
            drift: vec![Q::zero(); patterns],
            segments: &certificate.segments,
            starts: vec![(0, start.clone())],
            last: RefCell::new((0, start.clone())),
            walks: RefCell::default(),
            left: Cell::new(work),
        };
        checker.read_atoms()?;
        checker.norms_squared(&start.weights)?;
        Ok(checker)
    }

    fn charge(&self, operations: u64, words: u64) -> Checked<()> {
        let each = words.saturating_mul(words).saturating_add(16);
        match self.left.get().checked_sub(operations.saturating_mul(each)) {
            Some(left) => self.left.set(left),
            None => return beyond("recomputing it takes more work than the limit"),
        }
        Ok(())
    }

    /// `sum += a b`.
    fn add(&self, sum: &mut Q, a: &Q, b: &Q) -> Checked<()> {
        self.charge(1, words(sum) + words(a) + words(b))?;
        if !a.is_zero() && !b.is_zero() {
            *sum += a * b;
        }
        Ok(())
    }

    /// Writes out the atoms, and their drift.
    fn read_atoms(&mut self) -> Checked<()> {
        let patterns = self.gram.len();
        let (mut atoms, mut total) = (Vec::new(), Q::zero());
        for atom in &self.problem.atoms {
            let p = &atom.probability.0;
            need(p.is_positive(), "positive probabilities")?;
            need(atom.counts.len() == patterns, "counts of each pattern")?;
            total += p;
            let Some(outcomes) = atom.outcomes(MAX_CELLS / patterns.max(16)) else {
                return beyond("draws that are too many, or not a law");
            };
            let label = usize::from(atom.label == Label::Minus);
            atoms.extend(outcomes.into_iter().map(|(counts, probability)| Atom {
                label,
                counts,
                probability,
            }));
            self.room(atoms.len(), patterns)?;
        }
        require(total.is_one(), "probabilities that sum to 1", total)?;
        let mut drift = vec![Q::zero(); patterns];
        for atom in &atoms {
            let signed = &atom.probability * sign(atom.label);
            for (sum, &count) in drift.iter_mut().zip(&atom.counts).filter(|(_, c)| **c > 0) {
                self.add(sum, &signed, &int(count))?;
            }
        }
        (self.atoms, self.drift) = (atoms, drift);
        Ok(())
    }

    fn room(&self, rows: usize, columns: usize) -> Checked<()> {
        let cells = rows.saturating_mul(columns);
        if cells > MAX_CELLS {
            return beyond(format!("{cells} numbers exceed {MAX_CELLS}"));
        }
        Ok(())
    }

    /// Squared norms of the filters with these pattern coordinates: with `G = L D L^T` they are
    /// `sum_k (L^-1 z)_k^2 / D_k`. Fails where G has a negative direction or a row is not in its range.
    fn norms_squared(&self, weights: &[Vec<Q>]) -> Checked<Vec<Q>> {
        let mut gram = self.gram.clone();
        let mut weights = weights.to_vec();
        let mut norms = vec![Q::zero(); weights.len()];
        for k in 0..gram.len() {
            let row = gram[k].clone();
            let pivot = &row[k];
            let semidefinite = pivot.is_positive() || row[k..].iter().all(Q::is_zero);
            need(semidefinite, "a positive semidefinite Gram matrix")?;
            if pivot.is_zero() {
                let inside = weights.iter().all(|z| z[k].is_zero());
                need(inside, "weights in the range of the Gram matrix")?;
                continue;
            }
            for (norm, z) in norms.iter_mut().zip(&weights) {
                self.add(norm, &squared(&z[k]), &pivot.recip())?;
            }
            for i in (k + 1..row.len()).filter(|&i| !row[i].is_zero()) {
                let factor = -(&row[i] / pivot);
                for (x, y) in gram[i].iter_mut().zip(&row).skip(k) {
                    self.add(x, &factor, y)?;
                }
                for z in &mut weights {
                    let along = z[k].clone();
                    self.add(&mut z[i], &factor, &along)?;
                }
            }
        }
        Ok(norms)
    }

    fn view(&self, state: &State) -> Checked<View> {
        let mut totals = vec![Q::zero(); self.gram.len()];
        let mut sigma = Vec::with_capacity(state.head.len());
        for (row, a) in state.weights.iter().zip(&state.head) {
            let values: Vec<Q> = row.iter().map(|z| positive(z.clone())).collect();
            for (total, value) in totals.iter_mut().zip(&values) {
                self.add(total, a, value)?;
            }
            sigma.push(values);
        }
        Ok(View { sigma, totals })
    }

    /// `y f(X)`.
    fn margin(&self, view: &View, atom: &Atom) -> Checked<Q> {
        let mut f = Q::zero();
        for (total, &count) in view.totals.iter().zip(&atom.counts) {
            if count > 0 {
                self.add(&mut f, total, &int(count))?;
            }
        }
        Ok(f * sign(atom.label))
    }

    /// `-phi'` at a margin.
    fn gate(&self, margin: &Q) -> Q {
        let slack = Q::one() - margin;
        match self.problem.loss {
            Loss::Unhinged => Q::one(),
            Loss::Hinge => int(i64::from(slack.is_positive())),
            Loss::Perceptron => int(i64::from(!margin.is_positive())),
            Loss::SquaredHinge => positive(slack),
            Loss::Square => slack,
        }
    }

    /// One step: `Z_jq += eta a_j sum_p S_jp G_pq` with `S_jp = avg[g y N_p]` where `Z_jp > 0`, else 0,
    /// and `a_j += eta avg[g y sum_p N_p sigma(Z_jp)]` if the head is trained. Without a batch: the
    /// expected dynamics.
    fn step(&self, state: &State, batch: Option<&[&Atom]>) -> Checked<Stepped> {
        self.charge(4 * (state.head.len() * self.gram.len()) as u64, 1)?;
        let view = self.view(state)?;
        let (mut open, mut gates) = (false, [Q::zero(), Q::zero()]);
        // avg[g y N_p]
        let mut sums = vec![Q::zero(); self.gram.len()];
        if batch.is_none() && self.problem.loss == Loss::Unhinged {
            (open, sums) = (true, self.drift.clone());
        } else {
            let share = batch.map(|b| int(b.len()).recip());
            let all = || self.atoms.iter().collect();
            for atom in batch.map_or_else(all, <[_]>::to_vec) {
                let gate = self.gate(&self.margin(&view, atom)?);
                if gate.is_zero() {
                    continue;
                }
                open = true;
                let weight = gate * share.as_ref().unwrap_or(&atom.probability);
                let signed = &weight * sign(atom.label);
                gates[atom.label] += weight;
                for (sum, &count) in sums.iter_mut().zip(&atom.counts) {
                    if count > 0 {
                        self.add(sum, &signed, &int(count))?;
                    }
                }
            }
        }
        let mut next = state.clone();
        for (p, sum) in sums.iter().enumerate().filter(|(_, s)| !s.is_zero()) {
            let eta = &self.problem.step.0 * sum;
            for (j, row) in view.sigma.iter().enumerate() {
                if !row[p].is_positive() {
                    continue;
                }
                let along = &eta * &state.head[j];
                for (z, g) in next.weights[j].iter_mut().zip(&self.gram[p]) {
                    if !g.is_zero() {
                        self.add(z, &along, g)?;
                    }
                }
                if self.problem.train == Train::FiltersAndHead {
                    self.add(&mut next.head[j], &eta, &row[p])?;
                }
            }
        }
        let state = next;
        Ok(Stepped { state, open, gates })
    }

    /// Everything that decides the course of one step: the signs of the weights, and the gates.
    fn decisions(&self, state: &State) -> Checked<(Vec<String>, Vec<bool>)> {
        let digit = |z: &Q| if z.is_positive() { '1' } else { '0' };
        let signs = state.weights.iter();
        let signs = signs.map(|row| row.iter().map(digit).collect()).collect();
        let mut open = Vec::new();
        if self.problem.loss != Loss::Unhinged {
            let view = self.view(state)?;
            for atom in &self.atoms {
                open.push(!self.gate(&self.margin(&view, atom)?).is_zero());
            }
        }
        Ok((signs, open))
    }

    fn along(&self, start: &State, segment: &Segment, steps: u64) -> Checked<State> {
        let mut state = start.clone();
        for (row, add) in state.weights.iter_mut().zip(&segment.increment) {
            for (z, x) in row.iter_mut().zip(add) {
                self.add(z, &x.0, &int(steps))?;
            }
        }
        Ok(state)
    }

    fn follow_segments(&mut self) -> Checked<()> {
        let problem = self.problem;
        let gates = matches!(
            problem.loss,
            Loss::Unhinged | Loss::Hinge | Loss::Perceptron
        );
        let straight = gates && problem.train == Train::Filters;
        if !straight && !self.segments.is_empty() {
            return beyond("segments take a fixed head, gates of 0 or 1");
        }
        for (i, segment) in self.segments.iter().enumerate() {
            let at = |what: &str| format!("segment {}: {what}", i + 1);
            let (t, start) = self.starts[i].clone();
            let length = segment.length.0;
            need(length >= 1, &at("a length of at least 1"))?;
            let next = self.step(&start, None)?.state;
            let fits = segment
                .increment
                .iter()
                .map(Vec::len)
                .eq(next.weights.iter().map(Vec::len));
            need(
                fits && self.along(&start, segment, 1)? == next,
                &at("its increment"),
            )?;
            let first = self.decisions(&start)?;
            need(segment.active == first.0, &at("its active coordinates"))?;
            let last = self.decisions(&self.along(&start, segment, length - 1)?)?;
            need(first == last, &at("one course throughout"))?;
            let Some(end) = t.checked_add(length) else {
                return beyond("an end beyond 2^64");
            };
            self.starts
                .push((end, self.along(&start, segment, length)?));
        }
        if let Some(end) = self.starts.last() {
            self.last = RefCell::new(end.clone());
        }
        Ok(())
    }

    /// The expected dynamics at step t.
    fn at(&self, t: u64) -> Checked<State> {
        let k = self.starts.partition_point(|(start, _)| *start <= t) - 1;
        let (start, state) = &self.starts[k];
        if let Some(segment) = self.segments.get(k) {
            return self.along(state, segment, t - start);
        }
        let mut last = self.last.borrow_mut();
        if last.0 > t {
            *last = (*start, state.clone());
        }
        while last.0 < t {
            let next = self.step(&last.1, None)?.state;
            // A state that does not move does not move later either.
            last.0 = if next == last.1 { t } else { last.0 + 1 };
            last.1 = next;
        }
        Ok(last.1.clone())
    }

    fn accuracy(&self, state: &State) -> Checked<Q> {
        let view = self.view(state)?;
        let mut right = Q::zero();
        for atom in &self.atoms {
            if self.margin(&view, atom)?.is_positive() {
                right += &atom.probability;
            }
        }
        Ok(right)
    }

    /// The winners of each label.
    fn winners(&self) -> [Vec<usize>; 2] {
        let State { weights, head } = &self.starts[0].1;
        let own =
            |y: usize, j: usize| (&head[j] * sign(y)).is_positive() && weights[j][y].is_positive();
        [0, 1].map(|y| (0..head.len()).filter(|&j| own(y, j)).collect())
    }

    fn losers(&self) -> Vec<usize> {
        let winners = self.winners().concat();
        (0..self.problem.head.len())
            .filter(|j| !winners.contains(j))
            .collect()
    }

    /// Where SGD ends, its number of updates, and the sums of the average gates of each label.
    fn path(&self, samples: &[Vec<Natural>]) -> Checked<(State, u64, [Q; 2])> {
        let (mut state, mut updates) = (self.starts[0].1.clone(), 0);
        let mut gates = [Q::zero(), Q::zero()];
        for batch in samples {
            let size = batch.len();
            require(
                size as u64 == self.problem.batch.0,
                "samples as many as the batch",
                size,
            )?;
            let find = |i: &Natural| self.atoms.get(usize::try_from(i.0).unwrap_or(usize::MAX));
            let Some(atoms) = batch.iter().map(find).collect::<Option<Vec<_>>>() else {
                let found = format!("{} atoms", self.atoms.len());
                return Err(Halt::Wrong("samples that are atoms".to_owned(), found));
            };
            let stepped = self.step(&state, Some(&atoms))?;
            state = stepped.state;
            updates += u64::from(stepped.open);
            gates = [0, 1].map(|y| &gates[y] + &stepped.gates[y]);
        }
        Ok((state, updates, gates))
    }

    fn same(&self, weights: &[Vec<Number>], head: &[Number], state: &State) -> Checked<Agreed> {
        let (n, patterns) = (state.head.len(), self.gram.len());
        let fits = weights.len() == n && head.len() == n;
        let fits = fits && weights.iter().all(|row| row.len() == patterns);
        need(fits, "the shape of the problem")?;
        for j in 0..n {
            for (p, claimed) in weights[j].iter().enumerate() {
                let name = format!("weight of filter {j} on pattern {p}");
                agree(&name, &claimed.0, &state.weights[j][p])?;
            }
            agree(&format!("head {j}"), &head[j].0, &state.head[j])?;
        }
        let text = format!("{n} filters, {patterns} patterns");
        Ok((text.clone(), text))
    }

    /// r and m under the hypotheses that T4, T5 and T6 share, with this loss.
    fn key_patches(&self, loss: Loss) -> Checked<[Q; 2]> {
        let problem = self.problem;
        let model = problem.loss == loss && problem.batch.0 == 1 && problem.train == Train::Filters;
        need(model, "A0")?;
        need(self.orthonormal, "A1")?;
        let signs = problem.head.iter().all(|a| a.0.abs().is_one());
        need(signs, "A5f")?;
        let both = self.winners().iter().all(|w| !w.is_empty());
        need(both, "A6'")?;
        let r = self.atoms[0].counts[self.atoms[0].label];
        let keys = |a: &Atom| a.counts[a.label] == r && a.counts[1 - a.label] == 0;
        need(r >= 1 && self.atoms.iter().all(keys), "A2")?;
        Ok([int(r), self.most_patches()])
    }

    fn most_patches(&self) -> Q {
        let all = |a: &Atom| a.counts.iter().map(|&c| BigInt::from(c)).sum::<BigInt>();
        int(self.atoms.iter().map(all).max().unwrap_or_default())
    }

    /// The largest M with `(eta r c M)^2 <= |J| (|W(0)|^2 + M (2 eta + eta^2 n m^2))`.
    fn most_updates(&self, r: &Q, m: &Q) -> Checked<Q> {
        let eta = &self.problem.step.0;
        let [plus, minus] = self.winners().map(|w| w.len());
        let rate = squared(&(eta * r * int(plus.min(minus))));
        need(rate.is_positive(), "winners of both labels")?;
        let mut start = Q::zero();
        for z in self.starts[0].1.weights.iter().flatten() {
            self.add(&mut start, z, z)?;
        }
        let gain = eta * int(2) + squared(eta) * int(self.problem.head.len()) * squared(m);
        let admits = |x: &Q| -> Checked<bool> {
            self.charge(8, words(&rate) + words(&gain) + words(&start) + words(x))?;
            Ok(&rate * x * x <= int(plus + minus) * (&start + x * &gain))
        };
        let (mut low, mut high) = (Q::zero(), Q::one());
        while admits(&high)? {
            (low, high) = (high.clone(), high * int(2));
        }
        while &high - &low > Q::one() {
            let middle = ((&low + &high) / int(2)).floor();
            let admitted = admits(&middle)?;
            *(if admitted { &mut low } else { &mut high }) = middle;
        }
        Ok(low)
    }

    /// A lower bound of the probability that S_k stays within `-lambda..=lambda` for t steps: masses in
    /// units of 2^-62 and probabilities in units of 2^-64, so that a sum of products is below 2^127.
    fn stays(&self, k: usize, t: u64, lambda: u64) -> Checked<Q> {
        let mut law: BTreeMap<BigInt, Q> = BTreeMap::new();
        for atom in &self.atoms {
            let step = BigInt::from(atom.counts[k + 2]) * sign(atom.label).to_integer();
            *law.entry(step).or_default() += &atom.probability;
            self.charge(1, 1)?;
        }
        if law.keys().all(|x| x.abs() * t <= BigInt::from(lambda)) {
            return Ok(Q::one());
        }
        self.room(usize::try_from(lambda).unwrap_or(usize::MAX), 8)?;
        let name = (law.clone().into_iter().collect(), t, lambda);
        if let Some(known) = self.walks.borrow().get(&name) {
            return Ok(known.clone());
        }
        let (side, unit) = (lambda as i64, BigInt::one() << 64);
        let within = law.iter().filter_map(|(x, q)| {
            let weight: BigInt = q.numer() * &unit / q.denom();
            let weight = weight.to_u128()?;
            Some((x.to_i64().filter(|x| x.abs() <= 2 * side)?, weight))
        });
        let law: Vec<(i64, u128)> = within.collect();
        let cells = 2 * side as u64 + 1;
        self.charge(
            t.saturating_mul(cells).saturating_mul(law.len() as u64) / 64,
            0,
        )?;
        let mut mass = vec![0u64; cells as usize];
        mass[side as usize] = 1 << 62;
        for _ in 0..t {
            let from = |x: i64| usize::try_from(x).ok().and_then(|x| mass.get(x)).copied();
            let into = |x: i64| -> u128 {
                law.iter()
                    .map(|&(s, w)| u128::from(from(x - s).unwrap_or(0)) * w)
                    .sum()
            };
            mass = (0..=2 * side).map(|x| (into(x) >> 64) as u64).collect();
        }
        let total: BigInt = mass.into_iter().map(BigInt::from).sum();
        let found = Q::new(total, BigInt::one() << 62);
        self.walks.borrow_mut().insert(name, found.clone());
        Ok(found)
    }

    /// `P(Bin(t, p) < b)`, exactly.
    fn fewer(&self, t: u64, p: &Q, b: u64) -> Checked<Q> {
        if b == 0 || b > t || p.is_one() {
            return Ok(int(i64::from(b > t)));
        }
        let bits = p.denom().bits().saturating_mul(t);
        self.room(usize::try_from(bits).unwrap_or(usize::MAX), 1)?;
        self.charge(b.saturating_add(64), bits / 256 + 1)?;
        let (hit, all) = (p.numer(), p.denom());
        let miss = all - hit;
        let (mut term, mut sum) = (pow(miss.clone(), t as usize), BigInt::zero());
        for i in 0..b {
            sum += &term;
            term = term * (t - i) * hit / (&miss * (i + 1));
        }
        Ok(Q::new(sum, pow(all.clone(), t as usize)))
    }

    /// Do the thresholds of T4 imply the ratio, or (without a ratio) those of T5 accuracy 1?
    fn implied(&self, [r, m]: &[Q; 2], ratio: Option<&Q>, b: [u64; 2], walks: &[Natural]) -> bool {
        let eta = &self.problem.step.0;
        let State { weights, head } = &self.starts[0].1;
        let winners = self.winners();
        let grown = b.map(|b| eta * r * int(b));
        let wide: Vec<Q> = walks.iter().map(|w| eta * int(w.0)).collect();
        let Some(ratio) = ratio else {
            return (0..2).all(|y| {
                let against = |p: usize| {
                    let other = move |j: &usize| (&head[*j] * sign(y)).is_negative();
                    let values = (0..head.len()).filter(other).map(move |j| &weights[j][p]);
                    values.filter(|z| z.is_positive())
                };
                let win: Q = winners[y].iter().map(|&j| &weights[j][y] + &grown[y]).sum();
                let lose: Q = against(y).map(|z| positive(z - &grown[y])).sum();
                let rest = wide.iter().enumerate();
                let rest = rest.map(|(k, w)| against(k + 2).map(|z| z + w).sum::<Q>());
                r * (win - lose) > (m - r) * rest.fold(Q::zero(), Q::max)
            });
        };
        let keys = (0..2).flat_map(|y| winners[y].iter().map(move |&j| (j, y)));
        let least = keys
            .map(|(j, y)| squared(&(&weights[j][y] + &grown[y])))
            .min();
        let largest = self.losers().into_iter().map(|i| {
            let own = usize::from(head[i].is_negative());
            let wrong = squared(&weights[i][1 - own]).max(squared(&(eta * r)));
            let rest = wide.iter().zip(&weights[i][2..]);
            let rest: Q = rest.map(|(w, z)| squared(&(z.abs() + w))).sum();
            squared(&weights[i][own]) + wrong + rest
        });
        let largest = largest.fold(Q::zero(), Q::max);
        least.is_some_and(|least| least >= squared(ratio) * largest)
    }

    /// The probability that SGD has accuracy 1 at step t.
    fn law(&self, t: u64) -> Checked<Q> {
        if self.problem.batch.0 != 1 {
            return beyond("the law is recomputed for one sample a step");
        }
        let mut law = HashMap::from([(self.starts[0].1.clone(), Q::one())]);
        for _ in 0..t {
            let mut next: HashMap<State, Q> = HashMap::new();
            for (state, mass) in &law {
                for atom in &self.atoms {
                    let to = self.step(state, Some(&[atom]))?.state;
                    self.add(next.entry(to).or_default(), mass, &atom.probability)?;
                }
                self.room(next.len(), self.problem.head.len() * self.gram.len())?;
            }
            if next == law {
                break;
            }
            law = next;
        }
        let mut perfect = Q::zero();
        for (state, mass) in &law {
            if self.accuracy(state)?.is_one() {
                perfect += mass;
            }
        }
        Ok(perfect)
    }

    /// Checks one claim.
    fn claim(&self, claim: &Claim) -> Checked<Agreed> {
        match claim {
            Claim::State { t, weights, head } => self.same(weights, head, &self.at(t.0)?),
            Claim::NormDominance { t, ratio } => self.norm_dominance(t.0, &ratio.0),
            Claim::Accuracy { t, accuracy } => {
                agree("accuracy", &accuracy.0, &self.accuracy(&self.at(t.0)?)?)
            }
            Claim::MistakeBound { bound } => {
                let [r, m] = self.key_patches(Loss::Hinge)?;
                agree("M_max", &bound.0, &self.most_updates(&r, &m)?)
            }
            Claim::Probability(claim) => self.probability(claim),
            Claim::Law { t, perfect } => agree("P(accuracy = 1)", &perfect.0, &self.law(t.0)?),
            Claim::Path {
                samples,
                weights,
                head,
                updates,
            } => {
                let (state, open, _) = self.path(samples)?;
                agree("updates", &int(updates.0), &int(open))?;
                self.same(weights, head, &state)
            }
            Claim::Refutation(claim) => self.refutation(claim),
        }
    }

    fn norm_dominance(&self, t: u64, ratio: &Q) -> Checked<Agreed> {
        require(!ratio.is_negative(), "a ratio of at least 0", ratio)?;
        let norms = self.norms_squared(&self.at(t)?.weights)?;
        let least = self.winners().concat().into_iter().map(|j| &norms[j]).min();
        let losers = self.losers().into_iter().map(|j| norms[j].clone());
        let largest = losers.fold(Q::zero(), Q::max);
        let claimed = format!("least winner norm >= {ratio} times the largest loser norm");
        let found = match least {
            Some(least) => format!("squared norms {least} and {largest}"),
            None => "no winner".to_owned(),
        };
        let holds = least.is_some_and(|least| *least >= squared(ratio) * largest);
        require(holds, &claimed, &found)?;
        Ok((claimed, found))
    }

    fn probability(&self, claim: &Probability) -> Checked<Agreed> {
        let facts = self.key_patches(Loss::Unhinged)?;
        let ratio = claim.ratio.as_ref().map(|r| &r.0);
        let (from, t, walks) = (claim.from.0, claim.t.0, &claim.walks);
        let fits = from == t || ratio.is_some() && from < t;
        need(fits, "a range of steps that T4 or T5 has")?;
        let fits = walks.len() == self.gram.len() - 2;
        need(fits, "a bound for each background pattern")?;
        need(ratio.is_none_or(|r| !r.is_negative()), "a ratio >= 0")?;
        let counts = [0, 1].map(|y| claim.label_counts[y].0);
        let implied = self.implied(&facts, ratio, counts, walks);
        need(implied, "thresholds that imply the event")?;
        let mut found = Q::one();
        for (y, &count) in counts.iter().enumerate() {
            let of = self.atoms.iter().filter(|a| a.label == y);
            let prior: Q = of.map(|a| &a.probability).sum();
            found -= self.fewer(from, &prior, count)?;
        }
        for (k, walk) in walks.iter().enumerate() {
            found -= Q::one() - self.stays(k, t, walk.0)?;
        }
        let claimed = format!("probability >= {}", claim.bound.0);
        let recomputed = format!("probability >= {found}");
        require(claim.bound.0 <= found, &claimed, &recomputed)?;
        Ok((claimed, recomputed))
    }

    /// The filter's weight on the pattern is `value`, where the theorem says `predicted` (T2 of a loser,
    /// whose norm squared it bounds: is larger than that).
    fn refutation(&self, claim: &Refutation) -> Checked<Agreed> {
        let (theorem, t, samples) = (claim.theorem, claim.t.0, &claim.samples);
        let [j, p] =
            [claim.filter, claim.pattern].map(|x| usize::try_from(x.0).unwrap_or(usize::MAX));
        let inside = j < self.problem.head.len() && p < self.gram.len();
        need(inside, "a filter and a pattern of the problem")?;
        let length = if theorem == Theorem::T3 { t } else { 0 };
        need(samples.len() as u64 == length, "a path of that length")?;
        let r = claim.key_patches.0;
        let occurs = self.atoms.iter().any(|a| a.counts[a.label] == r);
        need(occurs && r >= 1, "key patches of an image")?;
        let eta_r = &self.problem.step.0 * int(r);
        let State { weights, head } = &self.starts[0].1;
        let (a, z) = (&head[j], &weights[j][p]);
        let own = usize::from(a.is_negative());
        let winner = self.winners()[own].contains(&j);
        let (state, gates) = if theorem == Theorem::T3 {
            let (state, _, gates) = self.path(samples)?;
            (state, gates)
        } else {
            (self.at(t)?, [Q::zero(), Q::zero()])
        };
        let is = state.weights[j][p].clone();
        // What the theorem says, what is, and whether the two contradict each other.
        let (says, is, fails) = match theorem {
            Theorem::T1 => {
                let kappa = &self.problem.step.0 * a * &self.drift[p];
                let mut steps = int(if z.is_positive() { t } else { 0 });
                if z.is_positive() && kappa.is_negative() {
                    steps = steps.min((z / -&kappa).ceil());
                }
                let says = z + kappa * steps;
                (says.clone(), is.clone(), says != is)
            }
            Theorem::T2 if winner && p == own => {
                let says = z + eta_r * int(t) / int(2);
                (says.clone(), is.clone(), says != is)
            }
            Theorem::T2 if !winner && p == 0 => {
                let rows = [weights[j].clone(), state.weights[j].clone()];
                let norms = self.norms_squared(&rows)?;
                let says = &norms[0] + squared(&eta_r) / int(4);
                (says.clone(), norms[1].clone(), norms[1] > says)
            }
            Theorem::T3 if !z.is_positive() || winner && p == own => {
                let grown = eta_r * &gates[own];
                let says = if z.is_positive() {
                    z + grown
                } else {
                    z.clone()
                };
                (says.clone(), is.clone(), says != is)
            }
            _ => return beyond("the theorem says something else of this coordinate"),
        };
        agree("predicted", &claim.predicted.0, &says)?;
        agree("value", &claim.value.0, &is)?;
        require(fails, &format!("{theorem:?} fails"), "it does not")?;
        Ok((format!("{theorem:?} says {says}"), is.to_string()))
    }
}
