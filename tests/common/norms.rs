//! What the theorems say of norms, as claims about one filter's squared norm at one step, with near
//! misses. Written from the statements, not from the library's own checks of them.

use filtercert::number::{Matrix, Q, integer, ratio, sqrt_ru};
use filtercert::problem::assumption::{AssumptionId, Audit, audit};
use filtercert::problem::{Label, Loss, Problem};
use filtercert::theory::norm_bounds::NormBounds;
use num_traits::{Signed, Zero};

/// Near misses of the bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Miss {
    /// T3: the key grows by `2 eta r` a gate.
    KeyTwice,
    /// T3, T4: the wrong label's key never falls below -|Z(0)|.
    NoOvershoot,
    /// T4: `B_-y` in place of `B_y`.
    OtherLabel,
    /// T4: `|S_k(t)|` in place of its maximum.
    EndOfWalk,
    /// T4: half of the walk's maximum.
    HalfWalk,
    /// T6, T6s: the term `theta eta` is left out.
    NoTheta,
    /// T6, T6s: half of the updates.
    HalfUpdates,
    /// T6, T6s: the term `eta^2` is left out.
    NoSquare,
    /// T6c: `eta r` in place of `eta r |a_j|`.
    HeadsAreSigns,
    /// The mistake bound with `|J|` in place of c, and with `A_+ + A_-` in place of H.
    AllWinners,
    /// T1: kappa doubled.
    KappaTwice,
    /// T1: nothing ever dies.
    NoDeath,
    /// T1: what dies is 0.
    DiesAtZero,
    /// T2: `eta r` in place of `eta r / 2` for winners.
    WholeRate,
    /// T2: the term `kappa^2` of losers is left out.
    NoKappaSquare,
    /// T2s: the largest drift in place of the l2 norm.
    LargestDrift,
    /// T2s: delta is left out.
    NoDelta,
    /// T2s: rho over inactive coordinates too.
    InactiveToo,
}

/// Whose square a claim speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The filter.
    Whole,
    /// The filter without its backgrounds that are positive at the start.
    Quiet,
}

/// A bound of one squared norm at one step.
#[derive(Debug)]
pub struct Claim {
    /// The bound's name: its comparisons are counted under it.
    pub name: &'static str,
    pub filter: usize,
    pub part: Part,
    pub at_most: bool,
    pub square: Q,
}

fn claim(name: &'static str, filter: usize, at_most: bool, square: Q) -> Claim {
    Claim {
        name,
        filter,
        part: Part::Whole,
        at_most,
        square,
    }
}

/// What has happened on a path up to a step.
#[derive(Debug, Clone)]
pub struct Path {
    pub t: u64,
    /// `B_y`: samples of each label.
    pub counts: [u64; 2],
    /// `G_y`: gates of each label, as fractions of a batch (or of the population).
    pub gates: [Q; 2],
    /// Steps with an open gate.
    pub updates: u64,
    /// `S_k`, and the largest `|S_k|` so far.
    pub walk: Vec<i64>,
    pub walk_max: Vec<u64>,
}

impl Path {
    pub fn start(problem: &Problem) -> Self {
        let k = problem.dictionary().n_background();
        Path {
            t: 0,
            counts: [0; 2],
            gates: [Q::zero(), Q::zero()],
            updates: 0,
            walk: vec![0; k],
            walk_max: vec![0; k],
        }
    }
}

pub fn square(x: &Q) -> Q {
    x * x
}

/// The largest integer `M >= 0` with `a M^2 <= b M + c`, by halving.
fn largest(a: &Q, b: &Q, c: &Q) -> u64 {
    let holds = |m: u64| a * square(&integer(m)) <= b * integer(m) + c;
    let mut high = 1;
    while holds(high) {
        high *= 2;
    }
    let mut low = 0;
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        *(if holds(middle) { &mut low } else { &mut high }) = middle;
    }
    low
}

/// A problem in the terms of the statements.
pub struct Facts {
    pub problem: Problem,
    pub eta: Q,
    pub r: Q,
    pub m: Q,
    /// 2 for the hinge, 0 for the perceptron.
    theta: Q,
    /// The key of each winner.
    pub key: Vec<Option<usize>>,
    pub starts: Vec<Q>,
    /// Squares of the coordinates that are not positive.
    frozen: Vec<Q>,
    total: Q,
    /// Q of T6s.
    q: Q,
    /// `kappa_jp`.
    pub drifts: Matrix<Q>,
    pub audits: Vec<Audit>,
    /// What [`Facts::most`] gives for T6 (hinge, one sample a step) and T6s.
    pub caps: [Option<Q>; 2],
    /// What a norm plot draws, without a cap on updates and with that of T6.
    drawn: [Option<NormBounds>; 2],
}

impl Facts {
    pub fn new(problem: &Problem) -> Self {
        let atoms = problem.distribution().atoms().unwrap();
        let (z, head) = (&problem.network().weights, &problem.network().head);
        let eta = problem.training().step.clone();
        let mut key = vec![None; problem.n_filters()];
        for label in Label::BOTH {
            for j in problem.winners(label) {
                key[j] = Some(label.index());
            }
        }
        let sum =
            |row: &[Q], keep: fn(&Q) -> bool| row.iter().filter(|x| keep(x)).map(square).sum();
        let starts: Vec<Q> = z.iter_rows().map(|row| sum(row, |_| true)).collect();
        let frozen = z
            .iter_rows()
            .map(|row| sum(row, |x| !x.is_positive()))
            .collect();
        let of_atom = |counts: &[u32]| -> Q {
            let rows = z.iter_rows().zip(head);
            rows.map(|(row, a)| {
                let active = row.iter().zip(counts).filter(|(x, _)| x.is_positive());
                square(a) * active.map(|(_, &n)| square(&integer(n))).sum::<Q>()
            })
            .sum()
        };
        let means: Vec<Q> = (0..problem.n_patterns())
            .map(|p| {
                let atoms = atoms.atoms().iter();
                atoms
                    .map(|a| &a.probability * integer(a.label.sign()) * integer(a.counts[p]))
                    .sum()
            })
            .collect();
        let first = &atoms.atoms()[0];
        let mut facts = Facts {
            r: integer(first.counts[first.label.index()]),
            m: integer(problem.distribution().max_patches()),
            theta: integer(if problem.training().loss == Loss::Hinge {
                2
            } else {
                0
            }),
            total: starts.iter().sum(),
            q: atoms
                .atoms()
                .iter()
                .map(|a| of_atom(&a.counts))
                .max()
                .unwrap(),
            drifts: Matrix::from_fn(head.len(), means.len(), |j, p| &eta * &head[j] * &means[p]),
            audits: audit(problem),
            problem: problem.clone(),
            eta,
            key,
            starts,
            frozen,
            caps: [None, None],
            drawn: [None, None],
        };
        let training = problem.training();
        if training.loss == Loss::Hinge && training.batch == 1 {
            facts.caps[0] = facts.most(false, None);
        }
        if training.loss != Loss::Unhinged {
            facts.caps[1] = facts.most(true, None);
        }
        facts.drawn =
            [None, facts.caps[0].clone()].map(|cap| NormBounds::new(problem, &facts.audits, cap));
        facts
    }

    pub fn z(&self, j: usize, p: usize) -> &Q {
        &self.problem.network().weights[(j, p)]
    }

    pub fn filters(&self) -> std::ops::Range<usize> {
        0..self.key.len()
    }

    fn own(&self, j: usize) -> usize {
        usize::from(self.problem.network().head[j].is_negative())
    }

    pub fn is_positive(&self, j: usize, p: usize) -> bool {
        self.z(j, p).is_positive()
    }

    /// T3, for any gates in [0, 1].
    pub fn t3(&self, path: &Path, miss: Option<Miss>) -> Vec<Claim> {
        let mut claims = Vec::new();
        let rate = &self.eta * &self.r * integer(if miss == Some(Miss::KeyTwice) { 2 } else { 1 });
        for j in self.filters() {
            let mut quiet = self.frozen[j].clone();
            if let Some(y) = self.key[j] {
                quiet += square(&(self.z(j, y) + &rate * &path.gates[y]));
            }
            claims.push(claim("T3, at least", j, false, quiet.clone()));
            let wrong = 1 - self.own(j);
            if self.is_positive(j, wrong) {
                let start = square(self.z(j, wrong));
                quiet += match miss {
                    Some(Miss::NoOvershoot) => start,
                    _ => start.max(square(&(&self.eta * &self.r))),
                };
            }
            let part = Part::Quiet;
            claims.push(Claim {
                part,
                ..claim("T3, at most", j, true, quiet)
            });
        }
        claims
    }

    /// T4, unhinged.
    pub fn t4(&self, path: &Path, miss: Option<Miss>) -> Vec<Claim> {
        let mut claims = Vec::new();
        let step = &self.eta * &self.r;
        for j in self.filters() {
            let mut own = self.z(j, self.own(j)).clone();
            if let Some(y) = self.key[j] {
                let label = if miss == Some(Miss::OtherLabel) {
                    1 - y
                } else {
                    y
                };
                own += &step * integer(path.counts[label]);
                claims.push(claim("T4, winners at least", j, false, square(&own)));
            }
            let wrong = square(self.z(j, 1 - self.own(j)));
            let mut bound = square(&own);
            bound += match miss {
                Some(Miss::NoOvershoot) => wrong,
                _ => wrong.max(square(&step)),
            };
            for (k, &most) in path.walk_max.iter().enumerate() {
                let reach = match miss {
                    Some(Miss::EndOfWalk) => integer(path.walk[k].unsigned_abs()),
                    Some(Miss::HalfWalk) => ratio(most as i64, 2),
                    _ => integer(most),
                };
                bound += square(&(self.z(j, k + 2).abs() + &self.eta * reach));
            }
            let walks = path.walk_max.iter().enumerate();
            let walks = walks.filter(|(k, most)| **most > 0 && self.is_positive(j, k + 2));
            let name = match (self.key[j], walks.count()) {
                (Some(_), _) => "T4, winners at most",
                (None, 0) => "T4, losers at rest at most",
                (None, _) => "T4, losers that walk at most",
            };
            claims.push(claim(name, j, true, bound));
        }
        claims
    }

    /// What `|W|^2` may gain an update, by T6 or T6s.
    fn gain(&self, sharp: bool, miss: Option<Miss>) -> Q {
        let n = integer(self.key.len() as u64);
        let size = if sharp {
            self.q.clone()
        } else {
            n * square(&self.m)
        };
        let mut gain = Q::zero();
        if miss != Some(Miss::NoTheta) {
            gain += &self.theta * &self.eta;
        }
        if miss != Some(Miss::NoSquare) {
            gain += square(&self.eta) * size;
        }
        if miss == Some(Miss::HalfUpdates) {
            gain /= integer(2);
        }
        gain
    }

    /// `M_max` of T6, or the largest multiple of 1/B that mu of T6s can be, if both labels have winners.
    pub fn most(&self, sharp: bool, miss: Option<Miss>) -> Option<Q> {
        let winners = Label::BOTH.map(|y| integer(self.problem.winners(y).len() as u64));
        let [plus, minus] = &winners;
        if plus.is_zero() || minus.is_zero() {
            return None;
        }
        let all = plus + minus;
        let step = square(&(&self.eta * &self.r));
        let gain = self.gain(sharp, miss);
        let wide = miss == Some(Miss::AllWinners);
        Some(if sharp {
            // Heads are signs here, so A_y is the number of winners.
            let h = if wide { all } else { plus * minus / all };
            let active = &self.total - self.frozen.iter().sum::<Q>();
            let batch = integer(self.problem.training().batch);
            integer(largest(
                &(h * step / square(&batch)),
                &(gain / &batch),
                &active,
            )) / batch
        } else {
            let c = if wide {
                all.clone()
            } else {
                plus.min(minus).clone()
            };
            integer(largest(
                &(step * square(&c)),
                &(&all * gain),
                &(&all * &self.total),
            ))
        })
    }

    /// T6: every norm is part of `|W|`, which the path's own updates let grow.
    pub fn t6(&self, path: &Path, miss: Option<Miss>) -> Vec<Claim> {
        let bound = &self.total + self.gain(false, miss) * integer(path.updates);
        self.every("T6, at most", &bound)
    }

    /// The same with as many updates as there can be.
    pub fn t6_ever(&self, _: &Path, miss: Option<Miss>) -> Vec<Claim> {
        let Some(most) = &self.caps[0] else {
            return Vec::new();
        };
        let bound = &self.total + self.gain(false, miss) * most;
        self.every("T6 with M_max, at most", &bound)
    }

    fn every(&self, name: &'static str, bound: &Q) -> Vec<Claim> {
        self.filters()
            .map(|j| claim(name, j, true, bound.clone()))
            .collect()
    }

    /// T6s: what the others certainly have is not in a filter's share of `|W|`.
    pub fn t6s(&self, path: &Path, miss: Option<Miss>) -> Vec<Claim> {
        let mu = path.gates.iter().sum();
        self.shares("T6s, at most", &mu, &path.gates, miss)
    }

    /// The same with the largest mu.
    pub fn t6s_ever(&self, _: &Path, miss: Option<Miss>) -> Vec<Claim> {
        match &self.caps[1] {
            Some(mu) => {
                let none = [Q::zero(), Q::zero()];
                self.shares("T6s with its largest mu, at most", mu, &none, miss)
            }
            None => Vec::new(),
        }
    }

    fn shares(&self, name: &'static str, mu: &Q, gates: &[Q; 2], miss: Option<Miss>) -> Vec<Claim> {
        let step = &self.eta * &self.r;
        let least: Vec<Q> = self
            .filters()
            .map(|i| match self.key[i] {
                Some(y) => &self.frozen[i] + square(&(self.z(i, y) + &step * &gates[y])),
                None => self.frozen[i].clone(),
            })
            .collect();
        let rest = &self.total + mu * self.gain(true, miss) - least.iter().sum::<Q>();
        self.filters()
            .map(|j| claim(name, j, true, &rest + &least[j]))
            .collect()
    }

    /// T14, on an orthonormal dictionary: every norm is part of `|W|`.
    pub fn t14(&self, path: &Path, miss: Option<Miss>) -> Vec<Claim> {
        self.every("T14, at most", &self.whole(path, miss))
    }

    /// T6c, on an orthonormal dictionary: a winner's key grows by `eta r |a_j|` a gate, and what winners certainly have is
    /// not in another filter's share of `|W|`.
    pub fn t6c(&self, path: &Path, miss: Option<Miss>) -> Vec<Claim> {
        let rate = &self.eta * &self.r * integer(if miss == Some(Miss::KeyTwice) { 2 } else { 1 });
        let least: Vec<Q> = self
            .filters()
            .map(|j| match self.key[j] {
                Some(y) => {
                    let head = match miss {
                        Some(Miss::HeadsAreSigns) => integer(1),
                        _ => self.problem.network().head[j].abs(),
                    };
                    square(&(self.z(j, y) + &rate * head * &path.gates[y]))
                }
                None => Q::zero(),
            })
            .collect();
        let rest = self.whole(path, miss) - least.iter().sum::<Q>();
        let winners = self.filters().filter(|&j| self.key[j].is_some());
        let grown = winners.map(|j| claim("T6c, winners at least", j, false, least[j].clone()));
        let shares = self.filters();
        let shares = shares.map(|j| claim("T6c, at most", j, true, &rest + &least[j]));
        match miss {
            Some(Miss::KeyTwice | Miss::HeadsAreSigns) => grown.collect(),
            Some(_) => shares.collect(),
            None => grown.chain(shares).collect(),
        }
    }

    /// `|W|^2` at most: `rho^2` is the largest `sum_p N_p^2`.
    fn whole(&self, path: &Path, miss: Option<Miss>) -> Q {
        let atoms = self.problem.distribution().atoms().unwrap();
        let squares = |counts: &[u32]| counts.iter().map(|&n| u64::from(n * n)).sum::<u64>();
        let atoms = atoms.atoms().iter();
        let rho = atoms.map(|atom| squares(&atom.counts)).max().unwrap();
        let heads: Q = self.problem.network().head.iter().map(square).sum();
        let mut gain = Q::zero();
        if miss != Some(Miss::NoTheta) {
            gain += &self.theta * &self.eta;
        }
        if miss != Some(Miss::NoSquare) {
            gain += square(&self.eta) * heads * integer(rho);
        }
        if miss == Some(Miss::HalfUpdates) {
            gain /= integer(2);
        }
        &self.total + gain * path.gates.iter().sum::<Q>()
    }

    /// `Z_jp(t)` of T1.
    pub fn closed_form(&self, j: usize, p: usize, t: u64, miss: Option<Miss>) -> Q {
        let t = integer(t);
        let factor = integer(if miss == Some(Miss::KappaTwice) { 2 } else { 1 });
        let (z, kappa) = (self.z(j, p), &self.drifts[(j, p)] * &factor);
        if !z.is_positive() {
            return z.clone();
        }
        if !kappa.is_negative() || miss == Some(Miss::NoDeath) {
            return z + kappa * &t;
        }
        let tau = (z / kappa.abs()).ceil();
        let end = z + kappa * t.min(tau);
        match miss {
            Some(Miss::DiesAtZero) => end.max(Q::zero()),
            _ => end,
        }
    }

    /// T1, as two bounds that are equal.
    pub fn t1(&self, path: &Path, miss: Option<Miss>) -> Vec<Claim> {
        let norm = |j| -> Q {
            let patterns = 0..self.problem.n_patterns();
            patterns
                .map(|p| square(&self.closed_form(j, p, path.t, miss)))
                .sum()
        };
        self.filters()
            .flat_map(|j| {
                let norm = norm(j);
                [
                    claim("T1, at least", j, false, norm.clone()),
                    claim("T1, at most", j, true, norm),
                ]
            })
            .collect()
    }

    /// T2, where A2 to A4 and A5f hold.
    pub fn t2(&self, path: &Path, miss: Option<Miss>) -> Vec<Claim> {
        let assumed = [
            AssumptionId::A2,
            AssumptionId::A3,
            AssumptionId::A4,
            AssumptionId::A5f,
        ];
        let holds = |id| self.audits.iter().any(|a| a.id == id && a.holds);
        if !assumed.into_iter().all(holds) {
            return Vec::new();
        }
        let kappa = &self.eta * &self.r / integer(2);
        let rate = &kappa * integer(if miss == Some(Miss::WholeRate) { 2 } else { 1 });
        let mut slack = square(&kappa);
        if miss == Some(Miss::NoKappaSquare) {
            slack = Q::zero();
        }
        self.filters()
            .map(|j| match self.key[j] {
                Some(y) => {
                    let key = self.z(j, y) + &rate * integer(path.t);
                    claim("T2, winners at least", j, false, square(&key))
                }
                None => claim("T2, losers at most", j, true, &self.starts[j] + &slack),
            })
            .collect()
    }

    /// T2s.
    pub fn t2s(&self, path: &Path, miss: Option<Miss>) -> Vec<Claim> {
        let t = integer(path.t);
        let mut claims = Vec::new();
        for j in self.filters() {
            let (mut rho, mut slack) = (Q::zero(), self.starts[j].clone());
            for p in 0..self.problem.n_patterns() {
                let kappa = &self.drifts[(j, p)];
                let active = self.is_positive(j, p);
                if kappa.is_positive() && (active || miss == Some(Miss::InactiveToo)) {
                    rho = match miss {
                        Some(Miss::LargestDrift) => rho.max(square(kappa)),
                        _ => rho + square(kappa),
                    };
                } else if active && miss != Some(Miss::NoDelta) {
                    slack += square(kappa);
                }
            }
            let grown = &rho * square(&t);
            let cross = integer(2) * sqrt_ru(&(&grown * &slack));
            claims.push(claim("T2s, at least", j, false, grown.clone()));
            claims.push(claim("T2s, at most", j, true, grown + slack + cross));
        }
        claims
    }

    /// What the norm plot of a report draws, without a cap on updates.
    pub fn drawn(&self, path: &Path, _: Option<Miss>) -> Vec<Claim> {
        drawn(&self.drawn[0], self, path)
    }

    /// The same with `M_max` updates at most, where T6 gives it.
    pub fn drawn_capped(&self, path: &Path, _: Option<Miss>) -> Vec<Claim> {
        drawn(&self.drawn[1], self, path)
    }
}

fn drawn(bounds: &Option<NormBounds>, facts: &Facts, path: &Path) -> Vec<Claim> {
    let Some(bounds) = bounds else {
        return Vec::new();
    };
    let least = bounds.winner_squared_at_least(path.t);
    let most = bounds.loser_squared_at_most(path.t);
    facts
        .filters()
        .filter_map(|j| match facts.key[j] {
            Some(_) => Some(claim("drawn, winners at least", j, false, least.clone()?)),
            None => Some(claim("drawn, losers at most", j, true, most.clone()?)),
        })
        .collect()
}
