//! One step, of the expected dynamics or of SGD, and paths of SGD.

use crate::certificate::format::{Loss, Natural, Train};
use crate::certificate::verify::error::{Checked, Rule, need};
use crate::certificate::verify::model::{Atom, Model, State, int, sign};
use crate::certificate::verify::work::{size, words};
use num_bigint::BigInt;
use num_rational::BigRational as Q;
use num_traits::{One, Signed, Zero};

/// What a step, or a path of steps, leads to.
pub struct Stepped {
    pub state: State,
    /// At how many steps some gate was not 0.
    pub updates: u64,
    /// The sums over the steps of the average gates on images of each label; of a batch only.
    pub gates: [Q; 2],
}

/// Where a step pulls the filters.
pub struct Pulls {
    /// Of each filter the patterns p with `S_jp = avg[g y N_p] sigma'(Z_jp)` other than 0, sigma'(0) = s, and these; with max
    /// pooling N_p is 1 for the pattern that the gradient goes to and 0 for the others. A step adds
    /// `eta a_j sum_p S_jp v_p` to `w_j`, and `eta sum_p S_jp Z_jp` to a trained `a_j`.
    pub rows: Vec<Vec<(usize, Q)>>,
    /// 1 if some gate was not 0, else 0.
    pub updates: u64,
    /// The average gates on images of each label; of a batch only.
    pub gates: [Q; 2],
}

impl Model<'_> {
    /// The pulls of one step; without a batch: of the expected dynamics.
    pub fn pulls(&self, state: &State, batch: Option<&[&Atom]>) -> Checked<Pulls> {
        let view = self.view(state)?;
        let (mut updates, mut gates) = (0, [Q::zero(), Q::zero()]);
        let max = self.max_pooling();
        // avg[g y N_p], one row for all filters; with max pooling a row a filter.
        let rows = if max { state.weights.len() } else { 1 };
        let mut sums = vec![vec![Q::zero(); self.gram.len()]; rows];
        if batch.is_none() && self.problem.loss == Loss::Unhinged && !max {
            (updates, sums) = (1, vec![self.drift.clone()]);
        } else {
            let all = || self.atoms.iter().collect();
            for atom in batch.map_or_else(all, <[_]>::to_vec) {
                let gate = self.gate(&view, atom)?;
                self.work.charge(1, words(&gate) + size(&self.whole))?;
                if gate.is_zero() {
                    continue;
                }
                updates = 1;
                let weight = gate * batch.map_or(atom.mass.clone(), |_| BigInt::one());
                let signed = &weight * sign(atom.label);
                gates[atom.label] += weight;
                if max {
                    for (sum, pick) in sums.iter_mut().zip(self.picks(&view, atom)?) {
                        if let Some(p) = pick {
                            self.work.add(&mut sum[p], &signed, &Q::one())?;
                        }
                    }
                    continue;
                }
                for (sum, &count) in sums[0].iter_mut().zip(&atom.counts) {
                    self.work.add(sum, &signed, &int(count))?;
                }
            }
            let parts = batch.map_or(self.whole.clone(), |b| b.len().into());
            let shared = |x: &mut Q| *x /= &parts;
            let sums = sums.iter_mut().flatten();
            sums.chain(&mut gates).for_each(shared);
        }
        let mut rows = vec![Vec::new(); state.weights.len()];
        let sums = sums.iter().cycle();
        for ((pulls, row), sums) in rows.iter_mut().zip(&state.weights).zip(sums) {
            for (p, sum) in sums.iter().enumerate().filter(|(_, s)| !s.is_zero()) {
                let mut pull = sum.clone();
                if !row[p].is_positive() {
                    if self.slope.is_zero() {
                        continue;
                    }
                    self.work.charge(1, words(&pull) + words(&self.slope))?;
                    pull *= &self.slope;
                }
                pulls.push((p, pull));
            }
        }
        Ok(Pulls {
            rows,
            updates,
            gates,
        })
    }

    /// One step: `Z_jq += eta a_j sum_p S_jp G_pq`, and `a_j += eta sum_p S_jp Z_jp` if the head is trained, which is
    /// `eta avg[g y sum_p N_p sigma(Z_jp)]`. Without a batch: of the expected dynamics.
    pub fn step(&self, state: &State, batch: Option<&[&Atom]>) -> Checked<Stepped> {
        let Pulls {
            rows,
            updates,
            gates,
        } = self.pulls(state, batch)?;
        let mut next = state.clone();
        for (j, pulls) in rows.iter().enumerate() {
            for (p, pull) in pulls {
                let push = &self.problem.step.0 * pull;
                let along = &push * &state.head[j];
                for (z, g) in next.weights[j].iter_mut().zip(&self.gram[*p]) {
                    self.work.add(z, &along, g)?;
                }
                if self.problem.train == Train::FiltersAndHead {
                    self.work
                        .add(&mut next.head[j], &push, &state.weights[j][*p])?;
                }
            }
        }
        Ok(Stepped {
            state: next,
            updates,
            gates,
        })
    }

    /// The images of a step of a path.
    pub fn batch(&self, samples: &[Natural]) -> Checked<Vec<&Atom>> {
        need(samples.len() as u64 == self.problem.batch.0, Rule::Samples)?;
        let find = |i: &Natural| self.atoms.get(usize::try_from(i.0).ok()?);
        let atoms: Vec<&Atom> = samples.iter().filter_map(find).collect();
        need(atoms.len() == samples.len(), Rule::Atoms)?;
        Ok(atoms)
    }

    /// Where SGD ends along a path of samples.
    pub fn path(&self, samples: &[Vec<Natural>]) -> Checked<Stepped> {
        let mut end = Stepped {
            state: self.start.clone(),
            updates: 0,
            gates: [Q::zero(), Q::zero()],
        };
        for batch in samples {
            let next = self.step(&end.state, Some(&self.batch(batch)?))?;
            end = Stepped {
                state: next.state,
                updates: end.updates + next.updates,
                gates: [0, 1].map(|y| &end.gates[y] + &next.gates[y]),
            };
        }
        Ok(end)
    }
}
