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
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero, pow};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};

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
    Ok(texts.into())
}

fn int(n: impl Into<BigInt>) -> Q {
    Q::from_integer(n.into())
}

/// 1 for label 0 (+), -1 for label 1 (-): the labels are the places of their key patterns.
fn sign(y: usize) -> BigInt {
    BigInt::from(if y == 0 { 1 } else { -1 })
}

fn shaped<T>(rows: &[Vec<T>], height: usize, width: usize) -> bool {
    rows.len() == height && rows.iter().all(|row| row.len() == width)
}

fn positive(x: Q) -> Q {
    x.max(Q::zero())
}

fn squared(x: &Q) -> Q {
    x * x
}

fn size(n: &BigInt) -> u64 {
    n.bits() / 64 + 1
}

/// What an operation on numbers of together so many words costs.
fn units(words: u64) -> u64 {
    words.saturating_mul(words).saturating_add(16)
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
    /// The probability, in units of 1 / `whole`.
    mass: BigInt,
}

/// Pattern coordinates and head.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct State {
    weights: Vec<Vec<Q>>,
    head: Vec<Q>,
}

/// `sum_j a_j sigma(Z_jp)` for each pattern, in units of 1 / `scale`.
struct View {
    totals: Vec<BigInt>,
    scale: BigInt,
}

/// Where steps lead, at how many some gate was not 0, and the sums of the average gates of each label.
type Stepped = (State, u64, [Q; 2]);

type Walk = (Vec<(BigInt, BigInt)>, u64, u64);

struct Checker<'c> {
    problem: &'c Problem,
    gram: Vec<Vec<Q>>,
    orthonormal: bool,
    atoms: Vec<Atom>,
    /// The common denominator of their probabilities.
    whole: BigInt,
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
///
/// # Example
/// A wrong number is found:
/// ```
/// use filtercert::certificate::format::{Claim, Number};
/// use filtercert::number::integer;
/// use filtercert::{certify, read_problem, verify};
///
/// let mut certificate = certify(&read_problem("examples/small.toml".as_ref())?, 5)?;
/// for claim in &mut certificate.claims {
///     if let Claim::State { weights, .. } = claim {
///         weights[0][0] = Number(integer(7));
///     }
/// }
/// assert!(verify(&certificate).claims.iter().any(|claim| !claim.is_valid()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
    let (checker, fault) = match Checker::new(certificate, work) {
        Err(halt) => (None, Some(("problem", halt))),
        Ok(mut checker) => {
            let fault = checker.follow_segments().err();
            (Some(checker), fault.map(|halt| ("segments", halt)))
        }
    };
    let claims = certificate.claims.iter().enumerate();
    let claims = claims.map(|(i, claim)| {
        let result = match &checker {
            Some(checker) if fault.is_none() || !claim.needs_segments() => checker.claim(claim),
            Some(_) => beyond("the segments that lead to it are not confirmed"),
            None => beyond("the problem that it is about is not confirmed"),
        };
        finding(format!("{}-{}", claim.kind(), i + 1), claim.step(), result)
    });
    Report {
        claims: claims.collect(),
        fault: fault.map(|(id, halt)| finding(id.to_owned(), 0, Err(halt))),
    }
}

impl<'c> Checker<'c> {
    /// Checks that the problem is one.
    fn new(certificate: &'c Certificate, work: u64) -> Checked<Self> {
        let problem = &certificate.problem;
        let (n, width) = (problem.head.len(), problem.gram.len());
        need(width >= 2 && n >= 1, "2 patterns and a filter")?;
        need(shaped(&problem.gram, width, width), "a square Gram matrix")?;
        need(shaped(&problem.weights, n, width), "weights of each filter")?;
        let gram: Vec<Vec<Q>> = problem.gram.iter().map(|row| plain(row)).collect();
        let pairs = || (0..width).flat_map(|p| (0..width).map(move |q| (p, q)));
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
            whole: BigInt::one(),
            drift: Vec::new(),
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
        let work = operations.saturating_mul(units(words));
        self.afford(work)?;
        self.left.set(self.left.get() - work);
        Ok(())
    }

    /// Refuses what must take more work than is left, before any of it is done.
    fn afford(&self, work: u64) -> Checked<()> {
        if work > self.left.get() {
            return beyond("recomputing it takes more work than the limit");
        }
        Ok(())
    }

    /// The least that a step can cost in which the gates of so many atoms are asked for: its view takes
    /// three operations a weight on three words, and one a pattern; a gate one.
    fn least_step(&self, atoms: usize) -> u64 {
        let patterns = self.gram.len();
        let weights = 3 * units(3) * (self.problem.head.len() * patterns) as u64;
        weights + units(2) * (patterns + atoms) as u64
    }

    /// The least that `steps` steps of a law can cost in which so many states keep some probability. In units
    /// of 1 / `whole`^s, one of fewer than 2^23 states has at least `whole`^s / 2^23 at step s, and a state
    /// that no atom leaves, s steps after it is reached, `whole`^s.
    fn least_law(&self, steps: u64, states: usize) -> u64 {
        let (bits, part) = (self.whole.bits() - 1, steps / 8);
        let mut each = steps.saturating_mul(units(2));
        for k in 1..8 {
            let digits = (k * part).saturating_mul(bits).saturating_sub(23) / 64;
            each = each.saturating_add(part.saturating_mul(digits.saturating_mul(digits)));
        }
        each.saturating_mul((states * self.atoms.len()) as u64)
    }

    /// `sum += a b`.
    fn add(&self, sum: &mut Q, a: &Q, b: &Q) -> Checked<()> {
        self.charge(3, words(sum) + words(a) + words(b))?;
        if !a.is_zero() && !b.is_zero() {
            *sum += a * b;
        }
        Ok(())
    }

    /// Numbers over their common denominator, and that denominator.
    fn common(&self, numbers: &[&Q]) -> Checked<(Vec<BigInt>, BigInt)> {
        let mut whole = BigInt::one();
        for q in numbers {
            self.charge(1, size(&whole) + words(q))?;
            whole = whole.lcm(q.denom());
        }
        self.room(numbers.len(), size(&whole) as usize)?;
        let over = |q: &&Q| q.numer() * (&whole / q.denom());
        Ok((numbers.iter().map(over).collect(), whole))
    }

    /// Writes out the atoms, and their drift.
    fn read_atoms(&mut self) -> Checked<()> {
        let patterns = self.gram.len();
        let mut listed = Vec::new();
        for atom in &self.problem.atoms {
            need(atom.probability.0.is_positive(), "positive probabilities")?;
            need(atom.counts.len() == patterns, "counts of each pattern")?;
            let Some(outcomes) = atom.outcomes(MAX_CELLS / patterns.max(16)) else {
                return beyond("draws that are too many, or not a law");
            };
            let label = usize::from(atom.label == Label::Minus);
            listed.extend(outcomes.into_iter().map(|(counts, q)| (label, counts, q)));
            self.room(listed.len(), patterns)?;
        }
        let probabilities: Vec<&Q> = listed.iter().map(|(_, _, q)| q).collect();
        let (masses, whole) = self.common(&probabilities)?;
        let total = Q::new(masses.iter().sum(), whole.clone());
        require(total.is_one(), "probabilities that sum to 1", total)?;
        let mut drift = vec![BigInt::zero(); patterns];
        for ((label, counts, _), mass) in listed.into_iter().zip(masses) {
            self.charge(1, size(&whole))?;
            let signed = &mass * sign(label);
            for (sum, &count) in drift.iter_mut().zip(&counts).filter(|(_, c)| **c > 0) {
                *sum += &signed * count;
            }
            self.atoms.push(Atom {
                label,
                counts,
                mass,
            });
        }
        let share = |sum| Q::new(sum, whole.clone());
        self.drift = drift.into_iter().map(share).collect();
        self.whole = whole;
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
        let rows = self.gram.len() + weights.len();
        self.charge((rows * self.gram.len()) as u64, 1)?;
        let (mut gram, mut weights) = (self.gram.clone(), weights.to_vec());
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
        for (row, a) in state.weights.iter().zip(&state.head) {
            for (total, z) in totals.iter_mut().zip(row) {
                self.add(total, a, &positive(z.clone()))?;
            }
        }
        let (totals, scale) = self.common(&totals.iter().collect::<Vec<_>>())?;
        Ok(View { totals, scale })
    }

    /// `y f(X)`, in units of 1 / `scale`.
    fn margin(&self, view: &View, atom: &Atom) -> Checked<BigInt> {
        let mut f = BigInt::zero();
        for (total, &count) in view.totals.iter().zip(&atom.counts) {
            if count > 0 {
                self.charge(1 + size(total) / 32, 0)?;
                f += total * count;
            }
        }
        Ok(f * sign(atom.label))
    }

    /// `-phi'` at the margin of an atom.
    fn gate(&self, view: &View, atom: &Atom) -> Checked<Q> {
        let margin = self.margin(view, atom)?;
        let slack = &view.scale - &margin;
        Ok(match self.problem.loss {
            Loss::Unhinged => Q::one(),
            Loss::Hinge => int(i32::from(slack.is_positive())),
            Loss::Perceptron => int(i32::from(!margin.is_positive())),
            Loss::SquaredHinge => positive(Q::new(slack, view.scale.clone())),
            Loss::Square => Q::new(slack, view.scale.clone()),
        })
    }

    /// One step: `Z_jq += eta a_j sum_p S_jp G_pq` with `S_jp = avg[g y N_p]` where `Z_jp > 0`, else 0,
    /// and `a_j += eta avg[g y sum_p N_p sigma(Z_jp)]` if the head is trained. Without a batch: the
    /// expected dynamics.
    fn step(&self, state: &State, batch: Option<&[&Atom]>) -> Checked<Stepped> {
        let view = self.view(state)?;
        let (mut open, mut gates) = (0, [Q::zero(), Q::zero()]);
        // avg[g y N_p]
        let mut sums = vec![Q::zero(); self.gram.len()];
        if batch.is_none() && self.problem.loss == Loss::Unhinged {
            (open, sums) = (1, self.drift.clone());
        } else {
            let all = || self.atoms.iter().collect();
            for atom in batch.map_or_else(all, <[_]>::to_vec) {
                let gate = self.gate(&view, atom)?;
                self.charge(1, words(&gate) + size(&self.whole))?;
                if gate.is_zero() {
                    continue;
                }
                open = 1;
                let weight = gate * batch.map_or(atom.mass.clone(), |_| BigInt::one());
                let signed = &weight * sign(atom.label);
                gates[atom.label] += weight;
                for (sum, &count) in sums.iter_mut().zip(&atom.counts) {
                    self.add(sum, &signed, &int(count))?;
                }
            }
            let parts = batch.map_or(self.whole.clone(), |b| b.len().into());
            let shared = |x: &mut Q| *x /= &parts;
            sums.iter_mut().chain(&mut gates).for_each(shared);
        }
        let mut next = state.clone();
        for (p, sum) in sums.iter().enumerate().filter(|(_, s)| !s.is_zero()) {
            let eta = &self.problem.step.0 * sum;
            for (j, row) in state.weights.iter().enumerate() {
                if !row[p].is_positive() {
                    continue;
                }
                let along = &eta * &state.head[j];
                for (z, g) in next.weights[j].iter_mut().zip(&self.gram[p]) {
                    self.add(z, &along, g)?;
                }
                if self.problem.train == Train::FiltersAndHead {
                    self.add(&mut next.head[j], &eta, &row[p])?;
                }
            }
        }
        Ok((next, open, gates))
    }

    /// Everything that decides the course of one step: the signs of the weights, and the gates.
    fn decisions(&self, state: &State) -> Checked<(Vec<String>, Vec<bool>)> {
        let digit = |z: &Q| if z.is_positive() { '1' } else { '0' };
        let signs = state.weights.iter();
        let signs = signs.map(|row| row.iter().map(digit).collect()).collect();
        let view = self.view(state)?;
        let open = |atom: &Atom| Ok(!self.gate(&view, atom)?.is_zero());
        // Unhinged gates are 1.
        let atoms = self.atoms.iter();
        let atoms = atoms.filter(|_| self.problem.loss != Loss::Unhinged);
        Ok((signs, atoms.map(open).collect::<Checked<_>>()?))
    }

    fn along(&self, start: &State, segment: &Segment, steps: u64) -> Checked<State> {
        let mut state = start.clone();
        let increment = segment.increment.iter().flatten();
        for (z, x) in state.weights.iter_mut().flatten().zip(increment) {
            self.add(z, &x.0, &int(steps))?;
        }
        Ok(state)
    }

    fn follow_segments(&mut self) -> Checked<()> {
        let problem = self.problem;
        let smooth = [Loss::SquaredHinge, Loss::Square].contains(&problem.loss);
        if !self.segments.is_empty() && (smooth || problem.train == Train::FiltersAndHead) {
            return beyond("segments take a fixed head, gates of 0 or 1");
        }
        for (i, segment) in self.segments.iter().enumerate() {
            let has = |holds, what: &str| need(holds, &format!("segment {}: {what}", i + 1));
            let (t, start) = self.starts[i].clone();
            let after = |steps| self.along(&start, segment, steps);
            let length = segment.length.0;
            has(length >= 1, "a length of at least 1")?;
            let full = shaped(&segment.increment, start.head.len(), self.gram.len());
            let fits = full && after(1)? == self.step(&start, None)?.0;
            has(fits, "its increment")?;
            let first = self.decisions(&start)?;
            has(segment.active == first.0, "its active coordinates")?;
            let last = self.decisions(&after(length - 1)?)?;
            has(first == last, "one course throughout")?;
            let Some(t) = t.checked_add(length) else {
                return beyond("an end beyond 2^64");
            };
            let end = after(length)?;
            self.starts.push((t, end));
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
        if !(*start..=t).contains(&last.0) {
            *last = (*start, state.clone());
        }
        let asked = match self.problem.loss {
            Loss::Unhinged => 0,
            _ => self.atoms.len(),
        };
        self.afford((t - last.0).saturating_mul(self.least_step(asked)))?;
        while last.0 < t {
            *last = (last.0 + 1, self.step(&last.1, None)?.0);
        }
        Ok(last.1.clone())
    }

    fn accuracy(&self, state: &State) -> Checked<Q> {
        let view = self.view(state)?;
        let mut right = BigInt::zero();
        for atom in &self.atoms {
            if self.margin(&view, atom)?.is_positive() {
                right += &atom.mass;
            }
        }
        Ok(Q::new(right, self.whole.clone()))
    }

    /// The winners of each label.
    fn winners(&self) -> [Vec<usize>; 2] {
        let State { weights, head } = &self.starts[0].1;
        let own =
            |y: usize, j: usize| (&head[j] * sign(y)).is_positive() && weights[j][y].is_positive();
        [0, 1].map(|y| (0..head.len()).filter(|&j| own(y, j)).collect())
    }

    fn losers(&self) -> Vec<usize> {
        let winners = self.winners().concat().into_iter().collect::<BTreeSet<_>>();
        let all = 0..self.problem.head.len();
        all.filter(|j| !winners.contains(j)).collect()
    }

    /// Where SGD ends, its number of updates, and the sums of the average gates of each label.
    fn path(&self, samples: &[Vec<Natural>]) -> Checked<Stepped> {
        let (mut state, mut updates) = (self.starts[0].1.clone(), 0);
        let mut gates = [Q::zero(), Q::zero()];
        for batch in samples {
            let fits = batch.len() as u64 == self.problem.batch.0;
            need(fits, "samples as many as the batch")?;
            let inside = batch.iter().all(|i| i.0 < self.atoms.len() as u64);
            need(inside, "samples that are atoms")?;
            let atoms: Vec<&Atom> = batch.iter().map(|i| &self.atoms[i.0 as usize]).collect();
            let (next, open, shares) = self.step(&state, Some(&atoms))?;
            (state, updates) = (next, updates + open);
            gates = [0, 1].map(|y| &gates[y] + &shares[y]);
        }
        Ok((state, updates, gates))
    }

    fn same(&self, weights: &[Vec<Number>], head: &[Number], state: &State) -> Checked<Agreed> {
        let (n, patterns) = (state.head.len(), self.gram.len());
        let fits = shaped(weights, n, patterns) && head.len() == n;
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
        let patches = |a: &Atom| a.counts.iter().map(|&c| BigInt::from(c)).sum::<BigInt>();
        let most = self.atoms.iter().map(patches).max();
        Ok([int(r), int(most.unwrap_or_default())])
    }

    /// The largest M with `(eta r c M)^2 <= |J| (|W(0)|^2 + M (2 eta + eta^2 n m^2))`.
    fn most_updates(&self) -> Checked<Q> {
        let [r, m] = &self.key_patches(Loss::Hinge)?;
        let eta = &self.problem.step.0;
        let [plus, minus] = self.winners().map(|w| w.len());
        let rate = squared(&(eta * r * int(plus.min(minus))));
        let mut start = Q::zero();
        for z in self.starts[0].1.weights.iter().flatten() {
            self.add(&mut start, z, z)?;
        }
        let gain = eta * int(2) + squared(eta) * int(self.problem.head.len()) * squared(m);
        let winners = int(plus + minus);
        let (sides, _) = self.common(&[&rate, &(&winners * gain), &(winners * start)])?;
        // a M^2 <= b M + c, in integers: 2 a M - b is at most the root of b^2 + 4 a c.
        let [a, b, c] = [0, 1, 2].map(|i| &sides[i]);
        self.charge(64, size(a) + size(b) + size(c))?;
        let root = (b * b + BigInt::from(4) * a * c).sqrt();
        Ok(int((b + root).div_floor(&(a * 2))))
    }

    /// A lower bound of the probability that S_k stays within `-lambda..=lambda` for t steps: masses in
    /// units of 2^-62 and probabilities in units of 2^-64, so that a sum of products is below 2^127.
    fn stays(&self, k: usize, t: u64, lambda: u64) -> Checked<Q> {
        let mut law: BTreeMap<BigInt, BigInt> = BTreeMap::new();
        for atom in &self.atoms {
            self.charge(1, size(&self.whole))?;
            let step = BigInt::from(atom.counts[k + 2]) * sign(atom.label);
            *law.entry(step).or_default() += &atom.mass;
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
            let weight: BigInt = q * &unit / &self.whole;
            let near = x.to_i64().filter(|x| x.unsigned_abs() <= 2 * lambda)?;
            Some((near, weight.to_u128()?))
        });
        let law: Vec<(i64, u128)> = within.collect();
        let cells = 2 * side as u64 + 1;
        let terms = t.saturating_mul(cells).saturating_mul(law.len() as u64);
        self.charge(terms / 64, 0)?;
        let mut mass = vec![0u64; cells as usize];
        mass[side as usize] = 1 << 62;
        for _ in 0..t {
            let from = |x: i64| usize::try_from(x).ok().and_then(|x| mass.get(x)).copied();
            let into = |x: i64| {
                let terms = law
                    .iter()
                    .map(|&(s, w)| u128::from(from(x - s).unwrap_or(0)) * w);
                (terms.sum::<u128>() >> 64) as u64
            };
            mass = (0..=2 * side).map(into).collect();
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
        let keys = keys.map(|(j, y)| squared(&(&weights[j][y] + &grown[y])));
        let largest = self.losers().into_iter().map(|i| {
            let own = usize::from(head[i].is_negative());
            let wrong = squared(&weights[i][1 - own]).max(squared(&(eta * r)));
            let rest = wide.iter().zip(&weights[i][2..]);
            let rest: Q = rest.map(|(w, z)| squared(&(z.abs() + w))).sum();
            squared(&weights[i][own]) + wrong + rest
        });
        let largest = largest.fold(Q::zero(), Q::max);
        let bound = squared(ratio) * largest;
        keys.min().is_some_and(|least| least >= bound)
    }

    /// The probability that SGD has accuracy 1 at step t.
    fn law(&self, t: u64) -> Checked<Q> {
        if self.problem.batch.0 != 1 {
            return beyond("the law is recomputed for one sample a step");
        }
        self.afford(self.least_law(t, 1))?;
        let cells = self.problem.head.len() * self.gram.len();
        // The states that were reached, their places, and where each atom leads from them.
        let mut states = vec![self.starts[0].1.clone()];
        let mut places = BTreeMap::from([(states[0].clone(), 0)]);
        let mut leads: Vec<Vec<usize>> = vec![Vec::new()];
        // Their probabilities at step s, in units of 1 / whole^s, and how many no atom leaves.
        let (mut law, mut at_rest) = (vec![BigInt::one()], 0);
        for s in 0..t {
            let mut next = vec![BigInt::zero(); states.len()];
            for (i, mass) in law.iter().enumerate().filter(|(_, mass)| !mass.is_zero()) {
                if leads[i].is_empty() {
                    for atom in &self.atoms {
                        let (state, ..) = self.step(&states[i], Some(&[atom]))?;
                        self.charge(cells as u64, 1)?;
                        let place = *places.entry(state.clone()).or_insert(states.len());
                        if place == states.len() {
                            self.room(place, 8 * cells + self.atoms.len())?;
                            states.push(state);
                            leads.push(Vec::new());
                            next.push(BigInt::zero());
                        }
                        leads[i].push(place);
                    }
                    at_rest += usize::from(leads[i].iter().all(|&to| to == i));
                    self.afford(self.least_law(t - s, at_rest))?;
                }
                for (&to, atom) in leads[i].iter().zip(&self.atoms) {
                    self.charge(1, size(mass) + size(&self.whole))?;
                    next[to] += mass * &atom.mass;
                }
            }
            law = next;
        }
        let mut perfect = BigInt::zero();
        for (state, mass) in states.iter().zip(&law) {
            if !mass.is_zero() && self.accuracy(state)?.is_one() {
                perfect += mass;
            }
        }
        Ok(Q::new(perfect, pow(self.whole.clone(), t as usize)))
    }

    /// Checks one claim.
    fn claim(&self, claim: &Claim) -> Checked<Agreed> {
        match claim {
            Claim::State { t, weights, head } => self.same(weights, head, &self.at(t.0)?),
            Claim::NormDominance { t, ratio } => self.norm_dominance(t.0, &ratio.0),
            Claim::Accuracy { t, accuracy } => {
                agree("accuracy", &accuracy.0, &self.accuracy(&self.at(t.0)?)?)
            }
            Claim::MistakeBound { bound } => agree("M_max", &bound.0, &self.most_updates()?),
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
        let winners = self.winners().concat();
        need(!winners.is_empty(), "a winner")?;
        let of = |filters: Vec<usize>| filters.into_iter().map(|j| &norms[j]);
        let least = of(winners).min().cloned().unwrap_or_default();
        let largest = of(self.losers()).max().cloned().unwrap_or_default();
        let claimed = format!("least winner norm >= {ratio} times the largest loser norm");
        let found = format!("squared norms {least} and {largest}");
        require(least >= squared(ratio) * largest, &claimed, &found)?;
        Ok((claimed, found))
    }

    fn probability(&self, claim: &Probability) -> Checked<Agreed> {
        let facts = self.key_patches(Loss::Unhinged)?;
        let ratio = claim.ratio.as_ref().map(|r| &r.0);
        let (from, t, walks) = (claim.from.0, claim.t.0, &claim.walks);
        let fits = from == t || ratio.is_some() && from < t;
        need(fits, "a range of steps that T4 or T5 has")?;
        need(walks.len() + 2 == self.gram.len(), "a bound for each walk")?;
        need(ratio.is_none_or(|r| !r.is_negative()), "a ratio >= 0")?;
        let counts = [0, 1].map(|y| claim.label_counts[y].0);
        let implied = self.implied(&facts, ratio, counts, walks);
        need(implied, "thresholds that imply the event")?;
        let mut found = Q::one();
        for (y, &count) in counts.iter().enumerate() {
            let of = self.atoms.iter().filter(|a| a.label == y);
            let prior = Q::new(of.map(|a| &a.mass).sum(), self.whole.clone());
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
        let (state, _, gates) = match theorem {
            Theorem::T3 => self.path(samples)?,
            _ => (self.at(t)?, 0, <[Q; 2]>::default()),
        };
        // What the theorem says, and what is.
        let (mut says, mut is) = (z.clone(), state.weights[j][p].clone());
        let of_loser = theorem == Theorem::T2 && !winner && p == 0;
        match theorem {
            Theorem::T1 | Theorem::T3 if !z.is_positive() => {}
            Theorem::T1 => {
                let kappa = &self.problem.step.0 * a * &self.drift[p];
                let end = kappa.is_negative().then(|| (z / -&kappa).ceil());
                says += kappa * end.map_or(int(t), |end| end.min(int(t)));
            }
            Theorem::T2 if winner && p == own => says += eta_r * int(t) / int(2),
            Theorem::T2 if of_loser => {
                let rows = [weights[j].clone(), state.weights[j].clone()];
                let norms = self.norms_squared(&rows)?;
                says = &norms[0] + squared(&eta_r) / int(4);
                is = norms[1].clone();
            }
            Theorem::T3 if winner && p == own => says += eta_r * &gates[own],
            _ => return beyond("the theorem says something else of this coordinate"),
        }
        let fails = if of_loser { is > says } else { is != says };
        agree("predicted", &claim.predicted.0, &says)?;
        agree("value", &claim.value.0, &is)?;
        require(fails, &format!("{theorem:?} fails"), "it does not")?;
        Ok((format!("{theorem:?} says {says}"), is.to_string()))
    }
}
