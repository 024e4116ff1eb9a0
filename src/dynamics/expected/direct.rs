//! Lattice engine for any Gram matrix and either pooling: every coordinate is kept with its speed.

use super::gates::Gates;
use super::pace::{Exit, Pace};
use super::spec::{OrderLaw, Source, Spec};
use crate::number::{Int, convert};
use crate::problem::Label;
use num_bigint::BigInt;

#[derive(Debug, Clone)]
pub(super) struct Direct<I> {
    n: usize,
    n_patterns: usize,
    head: Vec<I>,
    slopes: [I; 2],
    /// `rate h_j`.
    scale: Vec<I>,
    gram: Option<Vec<I>>,
    z: Vec<I>,
    dz: Vec<I>,
    positive: Vec<bool>,
    pool: Pool<I>,
    /// Sum over steps of the open mass of each label since it was last taken.
    pub(super) mass: [I; 2],
    pace: Pace<I>,
}

#[derive(Debug, Clone)]
enum Pool<I> {
    /// One force for all filters; gates unless they are always open.
    Sum {
        force: Vec<I>,
        f: Vec<I>,
        df: Vec<I>,
        gates: Option<Gates<I>>,
    },
    /// One force a filter (n x P), and the order of its activated values, largest first.
    Max {
        force: Vec<I>,
        order: Vec<Vec<u32>>,
        law: Law<I>,
    },
}

#[derive(Debug, Clone)]
enum Law<I> {
    Order(Box<OrderLaw>),
    Cells(Cells<I>),
}

/// The atoms under max pooling, by label and patterns present.
#[derive(Debug, Clone)]
struct Cells<I> {
    label: Vec<Label>,
    present: Vec<Vec<u32>>,
    weight: Vec<I>,
    threshold: Option<I>,
    open: Vec<bool>,
    /// The argmax of filter j on cell i at `j * cells + i`; `None` for an empty image.
    best: Vec<Option<u32>>,
    mass: [I; 2],
}

impl<I: Int> Direct<I> {
    /// The engine at coordinates `z` (n x P); `None` if a number is out of range.
    pub(super) fn new(spec: &Spec, z: &[BigInt]) -> Option<Self> {
        let pace = Pace::new(spec)?;
        let zeros = |len: usize| vec![I::zero(); len];
        let (n, n_patterns) = (spec.n, spec.n_patterns);
        let pool = match &spec.source {
            Source::Moments(moments) => Pool::Sum {
                force: convert(moments)?,
                f: zeros(n_patterns),
                df: zeros(n_patterns),
                gates: None,
            },
            Source::Bags(bags) => Pool::Sum {
                force: zeros(n_patterns),
                f: zeros(n_patterns),
                df: zeros(n_patterns),
                gates: Some(Gates::new(bags, spec.threshold.as_ref()?)?),
            },
            Source::OrderLaw(law) => Pool::Max {
                force: zeros(n * n_patterns),
                order: vec![Vec::new(); n],
                law: Law::Order(law.clone()),
            },
            Source::Cells(list) => Pool::Max {
                force: zeros(n * n_patterns),
                order: vec![Vec::new(); n],
                law: Law::Cells(Cells {
                    label: list.iter().map(|c| c.label).collect(),
                    present: list.iter().map(|c| c.present.clone()).collect(),
                    weight: list
                        .iter()
                        .map(|c| I::from_big(&c.weight))
                        .collect::<Option<_>>()?,
                    threshold: match &spec.threshold {
                        None => None,
                        Some(t) => Some(I::from_big(t)?),
                    },
                    open: vec![false; list.len()],
                    best: vec![None; n * list.len()],
                    mass: [I::zero(), I::zero()],
                }),
            },
        };
        let rate = I::from_big(&spec.rate)?;
        let head: Vec<I> = convert(&spec.head)?;
        let z: Vec<I> = convert(z)?;
        let mut engine = Direct {
            n,
            n_patterns,
            slopes: [I::from_big(&spec.slopes[0])?, I::from_big(&spec.slopes[1])?],
            scale: head.iter().map(|h| h.clone() * &rate).collect(),
            head,
            gram: match &spec.gram {
                None => None,
                Some(g) => Some(convert(g)?),
            },
            dz: zeros(z.len()),
            positive: z.iter().map(|v| v.is_positive()).collect(),
            z,
            pool,
            mass: [I::zero(), I::zero()],
            pace,
        };
        engine.pace.renew(&engine.z);
        if engine.pace.reach == 0 {
            return None;
        }
        engine.refresh(true);
        Some(engine)
    }

    /// The coordinates, n x P.
    pub(super) fn z(&self) -> &[I] {
        &self.z
    }

    /// Are all gates open?
    pub(super) fn all_open(&self) -> bool {
        match &self.pool {
            Pool::Sum { gates, .. } => gates.as_ref().is_none_or(Gates::all_open),
            Pool::Max {
                law: Law::Cells(cells),
                ..
            } => cells.open.iter().all(|&o| o),
            Pool::Max { .. } => true,
        }
    }

    /// Moves up to `steps` steps; says how many were taken and why it stopped.
    pub(super) fn run(&mut self, steps: u64, passes: &mut u64) -> (u64, Exit) {
        let mut left = steps;
        while left > 0 {
            if self.pace.reach == 0 {
                if self.mass.iter().any(|m| !m.is_zero()) {
                    return (steps - left, Exit::Full);
                }
                self.pace.renew(&self.z);
                if self.pace.reach == 0 {
                    return (steps - left, Exit::OutOfRange);
                }
            }
            if *passes == 0 {
                return (steps - left, Exit::OutOfWork);
            }
            *passes -= 1;
            let mut k = 1;
            if left > 1 && self.pace.wants_jump() {
                k = self.horizon(left.min(self.pace.reach));
                self.pace.jumped(k);
            }
            self.pace.spend(k);
            let open = match &self.pool {
                Pool::Sum { gates: Some(g), .. } => Some(&g.mass),
                Pool::Max {
                    law: Law::Cells(c), ..
                } => Some(&c.mass),
                _ => None,
            };
            if let Some(open) = open {
                for (total, mass) in self.mass.iter_mut().zip(open) {
                    *total += &mass.times(k);
                }
            }
            for (z, dz) in self.z.iter_mut().zip(&self.dz) {
                if k == 1 {
                    *z += dz;
                } else {
                    *z += &dz.times(k);
                }
            }
            let changed = self.refresh(false);
            self.pace.saw(changed);
            left -= k;
        }
        (steps, Exit::Finished)
    }

    fn activated(slopes: &[I; 2], z: &I) -> I {
        z.clone() * &slopes[usize::from(!z.is_positive())]
    }

    /// Decides signs, orders and gates at the present coordinates; where any changed (or `all`),
    /// finds the speeds anew. Says whether any changed.
    fn refresh(&mut self, all: bool) -> bool {
        let width = self.n_patterns;
        let slopes = &self.slopes;
        let kink = slopes[0] != slopes[1];
        let mut stale = vec![all; self.n];
        if kink {
            for (i, (z, was)) in self.z.iter().zip(&mut self.positive).enumerate() {
                if z.is_positive() != *was {
                    *was ^= true;
                    stale[i / width] = true;
                }
            }
        }
        match &mut self.pool {
            Pool::Sum {
                force, f, gates, ..
            } => {
                if let Some(gates) = gates {
                    f.fill(I::zero());
                    for (row, head) in self.z.chunks_exact(width).zip(&self.head) {
                        for (sum, z) in f.iter_mut().zip(row) {
                            let value = Self::activated(slopes, z);
                            if !value.is_zero() {
                                *sum += &(value * head);
                            }
                        }
                    }
                    if gates.refresh(f, force) {
                        stale.fill(true);
                    }
                }
            }
            Pool::Max { force, order, law } => {
                for (j, stale) in stale.iter_mut().enumerate() {
                    let row = &self.z[j * width..(j + 1) * width];
                    let before = |p: u32, q: u32| {
                        let (a, b) = (
                            Self::activated(slopes, &row[p as usize]),
                            Self::activated(slopes, &row[q as usize]),
                        );
                        b.cmp(&a).then(p.cmp(&q))
                    };
                    if order[j].is_empty() {
                        order[j] = (0u32..).take(width).collect();
                    } else if order[j].windows(2).all(|w| before(w[0], w[1]).is_lt()) {
                        continue;
                    }
                    order[j].sort_by(|&p, &q| before(p, q));
                    *stale = true;
                    let row_force = &mut force[j * width..(j + 1) * width];
                    match law {
                        Law::Order(law) => {
                            for (slot, value) in row_force.iter_mut().zip(law.force(&order[j])) {
                                // The law's values are at most W, which is in range.
                                *slot = I::from_big(&value).unwrap_or_else(I::zero);
                            }
                        }
                        Law::Cells(cells) => cells.rank(j, &order[j], row_force),
                    }
                }
                if let Law::Cells(cells) = law
                    && cells.refresh(&self.z, slopes, &self.head, width, force)
                {
                    stale.fill(true);
                }
            }
        }
        let mut changed = false;
        for (j, _) in stale.iter().enumerate().filter(|(_, s)| **s) {
            changed = true;
            self.update_speeds(j);
        }
        if changed {
            self.update_df();
        }
        changed
    }

    fn update_speeds(&mut self, j: usize) {
        let width = self.n_patterns;
        let force = match &self.pool {
            Pool::Sum { force, .. } => &force[..],
            Pool::Max { force, .. } => &force[j * width..(j + 1) * width],
        };
        let speeds = &mut self.dz[j * width..(j + 1) * width];
        speeds.fill(I::zero());
        for (p, d) in force.iter().enumerate() {
            let slope = &self.slopes[usize::from(!self.positive[j * width + p])];
            if d.is_zero() || slope.is_zero() {
                continue;
            }
            let push = d.clone() * slope;
            match &self.gram {
                None => speeds[p] = push,
                Some(gram) => {
                    for (speed, g) in speeds.iter_mut().zip(&gram[p * width..(p + 1) * width]) {
                        *speed += &(push.clone() * g);
                    }
                }
            }
        }
        for speed in speeds {
            *speed *= &self.scale[j];
        }
    }

    /// Speeds of the activated values of filter j.
    fn slope_of(&self, i: usize) -> &I {
        &self.slopes[usize::from(!self.positive[i])]
    }

    fn update_df(&mut self) {
        let width = self.n_patterns;
        if let Pool::Sum {
            df, gates: Some(_), ..
        } = &mut self.pool
        {
            df.fill(I::zero());
            for j in 0..self.n {
                for (p, sum) in df.iter_mut().enumerate() {
                    let i = j * width + p;
                    let slope = &self.slopes[usize::from(!self.positive[i])];
                    if !slope.is_zero() && !self.dz[i].is_zero() {
                        *sum += &(self.dz[i].clone() * slope * &self.head[j]);
                    }
                }
            }
        }
    }

    fn horizon(&mut self, mut best: u64) -> u64 {
        if self.slopes[0] != self.slopes[1] {
            for (z, dz) in self.z.iter().zip(&self.dz) {
                if z.is_positive() {
                    if dz.is_negative() {
                        best = I::first_step(z, &-dz.clone(), best);
                    }
                } else if dz.is_positive() {
                    best = I::first_step(&(I::one() - z), dz, best);
                }
            }
        }
        let width = self.n_patterns;
        if let Pool::Max { order, law, .. } = &self.pool {
            for (j, order) in order.iter().enumerate() {
                for pair in order.windows(2) {
                    let (p, q) = (j * width + pair[0] as usize, j * width + pair[1] as usize);
                    let closing = self.dz[q].clone() * self.slope_of(q)
                        - &(self.dz[p].clone() * self.slope_of(p));
                    if closing.is_positive() {
                        let mut room = self.z[p].clone() * self.slope_of(p)
                            - &(self.z[q].clone() * self.slope_of(q));
                        if pair[0] < pair[1] {
                            room += &I::one();
                        }
                        best = I::first_step(&room, &closing, best);
                    }
                }
            }
            if let Law::Cells(cells) = law {
                best = cells.horizon(best, |j, p| {
                    let i = j * width + p;
                    let weight = self.slope_of(i).clone() * &self.head[j];
                    (self.z[i].clone() * &weight, self.dz[i].clone() * &weight)
                });
            }
        }
        match &mut self.pool {
            Pool::Sum {
                f,
                df,
                gates: Some(gates),
                ..
            } => gates.horizon(f, df, best),
            _ => best,
        }
    }
}

impl<I: Int> Cells<I> {
    fn signed(&self, i: usize) -> I {
        match self.label[i] {
            Label::Plus => self.weight[i].clone(),
            Label::Minus => -self.weight[i].clone(),
        }
    }

    /// Finds the argmax of filter j on every cell from the order of its values, and its force anew.
    fn rank(&mut self, j: usize, order: &[u32], force: &mut [I]) {
        let mut rank = vec![0u32; order.len()];
        for (place, &p) in (0u32..).zip(order) {
            rank[p as usize] = place;
        }
        force.fill(I::zero());
        let n_cells = self.label.len();
        for i in 0..n_cells {
            let best = self.present[i]
                .iter()
                .copied()
                .min_by_key(|&p| rank[p as usize]);
            self.best[j * n_cells + i] = best;
            if self.open[i]
                && let Some(p) = best
            {
                force[p as usize] += &self.signed(i);
            }
        }
    }

    /// Decides every gate; corrects the forces of all filters for those that changed.
    fn refresh(
        &mut self,
        z: &[I],
        slopes: &[I; 2],
        head: &[I],
        width: usize,
        force: &mut [I],
    ) -> bool {
        let n_cells = self.label.len();
        let mut changed = false;
        for i in 0..n_cells {
            let open = match &self.threshold {
                None => true,
                Some(threshold) => {
                    let mut f = I::zero();
                    for (j, a) in head.iter().enumerate() {
                        if let Some(p) = self.best[j * n_cells + i] {
                            let value = Direct::activated(slopes, &z[j * width + p as usize]);
                            f += &(value * a);
                        }
                    }
                    if self.label[i] == Label::Minus {
                        f = -f;
                    }
                    f < *threshold
                }
            };
            if open == self.open[i] {
                continue;
            }
            changed = true;
            self.open[i] = open;
            let amount = if open {
                self.signed(i)
            } else {
                -self.signed(i)
            };
            let mass = &mut self.mass[self.label[i].index()];
            if open {
                *mass += &self.weight[i];
            } else {
                *mass -= &self.weight[i];
            }
            for j in 0..head.len() {
                if let Some(p) = self.best[j * n_cells + i] {
                    force[j * width + p as usize] += &amount;
                }
            }
        }
        changed
    }

    /// The first step, at most `best`, at which a gate may change; `value(j, p)` gives
    /// `a_j sigma(Z_jp)` and its speed.
    fn horizon(&self, mut best: u64, value: impl Fn(usize, usize) -> (I, I)) -> u64 {
        let Some(threshold) = &self.threshold else {
            return best;
        };
        let n_cells = self.label.len();
        for i in 0..n_cells {
            let (mut f, mut df) = (I::zero(), I::zero());
            for column in self.best.iter().skip(i).step_by(n_cells).enumerate() {
                if let (j, Some(p)) = column {
                    let (v, dv) = value(j, *p as usize);
                    f += &v;
                    df += &dv;
                }
            }
            if self.label[i] == Label::Minus {
                f = -f;
                df = -df;
            }
            let slack = threshold.clone() - &f;
            if self.open[i] && df.is_positive() {
                best = I::first_step(&slack, &df, best);
            } else if !self.open[i] && df.is_negative() {
                best = I::first_step(&(I::one() - &slack), &-df, best);
            }
        }
        best
    }
}
