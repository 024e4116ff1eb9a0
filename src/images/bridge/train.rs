//! SGD for the theory's network on patches: relu, sum pooling, heads +1 and -1 that stay, no bias.

use super::record::{BridgeLoss, BridgePlan, BridgeRun, Factors, Labels, NotFinite};
use super::set::{SemiReal, dot};
use crate::images::streams::{Use, stream};
use rand::RngExt;

/// Steps after which progress is told.
const TOLD: u64 = 100;

/// The label of filter j's head: 0 for +1, 1 for -1.
pub(super) fn own(j: usize) -> usize {
    j % 2
}

/// +1 or -1.
pub(super) fn sign(label: usize) -> f64 {
    if label == 0 { 1.0 } else { -1.0 }
}

/// A run from its start to its end.
#[derive(Debug, Clone)]
pub(super) struct Path {
    pub(super) steps: u64,
    pub(super) start: Vec<State>,
    pub(super) end: Vec<State>,
    /// For each filter the largest `|w|^2` and the largest `|w|^2 - along^2` of all steps.
    pub(super) most: Vec<[f64; 2]>,
    pub(super) run: BridgeRun,
}

/// A filter, seen from the keys.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct State {
    /// `<w, v>` of its own key and of the other.
    pub(super) key: f64,
    pub(super) wrong: f64,
    /// `|w|^2`.
    pub(super) square: f64,
}

impl State {
    /// `|w|^2 - along^2`, not below 0.
    pub(super) fn across(&self) -> f64 {
        (self.square - self.key * self.key).max(0.0)
    }
}

struct Trainer<'a> {
    set: &'a SemiReal,
    filters: usize,
    /// Filters x pixels of a patch.
    weights: Vec<f64>,
    gradient: Vec<f64>,
    /// `<w_j, x_p>` of the patches of the last background.
    responses: Vec<f64>,
    /// `<w_j, v_y>`.
    keys: Vec<[f64; 2]>,
}

/// Trains one network in one cell.
///
/// # Cost
/// Steps x images of a step x places x filters x pixels of a patch, twice.
pub(super) fn train(
    set: &SemiReal,
    factors: Factors,
    plan: &BridgePlan,
    seed: u64,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Path, NotFinite> {
    let mut rng = stream(Use::BridgeInitial, seed, 0);
    let bound = plan.init_scale / plan.patch as f64;
    let mut uniform = || bound * (2.0 * rng.random::<f64>() - 1.0);
    let size = plan.filters * set.pixels();
    let mut trainer = Trainer {
        set,
        filters: plan.filters,
        weights: (0..size).map(|_| uniform()).collect(),
        gradient: vec![0.0; size],
        responses: vec![0.0; plan.filters * set.places()],
        keys: vec![[0.0; 2]; plan.filters],
    };
    let initial = trainer.weights.clone();
    let start = trainer.states();
    let ended = |step| NotFinite { seed, step };
    if !trainer.is_finite() {
        progress(plan.steps);
        return Err(ended(0));
    }
    let mut most: Vec<[f64; 2]> = start.iter().map(|s| [s.square, s.across()]).collect();
    let (mut labels, mut open) = ([0.0; 2], [0.0; 2]);
    let averaged = factors.labels == Labels::Averaged;
    let mut rng = stream(Use::BridgeBatches, seed, u64::from(averaged));
    let backgrounds = set.train().len() as u32;
    for t in 1..=plan.steps {
        trainer.gradient.fill(0.0);
        let images = if averaged { 2 * plan.batch } else { 1 };
        let share = 1.0 / images as f64;
        let mut finite = true;
        for _ in 0..if averaged { plan.batch } else { 1 } {
            let image = rng.random_range(0..backgrounds) as usize;
            let place = rng.random_range(0..set.places() as u32) as usize;
            let drawn = if averaged {
                0..2
            } else {
                let label = usize::from(rng.random_range(0..2u8));
                label..label + 1
            };
            trainer.read(image);
            for label in drawn {
                let f = trainer.output(place, label);
                finite &= f.is_finite();
                labels[label] += share;
                if factors.loss == BridgeLoss::Unhinged || sign(label) * f < 1.0 {
                    open[label] += share;
                    trainer.backward(image, place, label, share);
                }
            }
        }
        let moves = trainer.weights.iter_mut().zip(&trainer.gradient);
        moves.for_each(|(w, g)| *w += plan.step * g);
        if !finite || !trainer.is_finite() {
            progress(plan.steps - (t - 1) / TOLD * TOLD);
            return Err(ended(t));
        }
        for (most, state) in most.iter_mut().zip(trainer.states()) {
            *most = [most[0].max(state.square), most[1].max(state.across())];
        }
        if t % TOLD == 0 {
            progress(TOLD);
        }
    }
    progress(plan.steps % TOLD);
    let end = trainer.states();
    let run = trainer.measure(plan, seed, &start, &end, &initial, (labels, open));
    Ok(Path {
        steps: plan.steps,
        start,
        end,
        most,
        run,
    })
}

impl Trainer<'_> {
    fn is_finite(&self) -> bool {
        // A sum of squares that overflows could not be compared either.
        self.states().iter().all(|s| s.square.is_finite())
    }

    fn states(&self) -> Vec<State> {
        let filters = self.weights.chunks(self.set.pixels()).enumerate();
        let state = |(j, w): (usize, &[f64])| State {
            key: dot(w, self.set.key(own(j))),
            wrong: dot(w, self.set.key(1 - own(j))),
            square: dot(w, w),
        };
        filters.map(state).collect()
    }

    /// Keeps the responses to this background and to the keys.
    fn read(&mut self, image: usize) {
        let (d, places) = (self.set.pixels(), self.set.places());
        let image = self.set.background(image);
        let filters = self
            .weights
            .chunks(d)
            .zip(self.responses.chunks_mut(places));
        for ((w, row), keys) in filters.zip(&mut self.keys) {
            for (z, x) in row.iter_mut().zip(image.chunks(d)) {
                *z = dot(w, x);
            }
            *keys = [0, 1].map(|y| dot(w, self.set.key(y)));
        }
    }

    /// The output on the last background with this label's key at `place`; NaN if a response is not finite.
    fn output(&self, place: usize, label: usize) -> f64 {
        let rows = self.responses.chunks(self.set.places()).zip(&self.keys);
        let mut f = 0.0;
        for (j, (row, keys)) in rows.enumerate() {
            let (before, after) = row.split_at(place);
            let mut sum = keys[label].max(0.0);
            for z in before.iter().chain(&after[1..]) {
                sum += z.max(0.0);
                // A maximum would hide NaN.
                if !z.is_finite() {
                    return f64::NAN;
                }
            }
            f += sign(own(j)) * sum;
        }
        f
    }

    /// Adds the step of this image, which was read last.
    fn backward(&mut self, image: usize, place: usize, label: usize, share: f64) {
        let (d, places) = (self.set.pixels(), self.set.places());
        let background = self.set.background(image);
        let rows = self.responses.chunks(places).zip(&self.keys);
        for (j, (g, (row, keys))) in self.gradient.chunks_mut(d).zip(rows).enumerate() {
            let factor = sign(label) * sign(own(j)) * share;
            let mut add = |x: &[f64]| g.iter_mut().zip(x).for_each(|(g, x)| *g += factor * x);
            for (p, x) in background.chunks(d).enumerate() {
                if p != place && row[p] > 0.0 {
                    add(x);
                }
            }
            if keys[label] > 0.0 {
                add(self.set.key(label));
            }
        }
    }

    /// Accuracy over these backgrounds, all places and both labels; a tie is an error.
    fn accuracy<'a>(&self, backgrounds: impl Iterator<Item = &'a [f64]>) -> f64 {
        let d = self.set.pixels();
        let response = |x: &[f64]| -> f64 {
            let filters = self.weights.chunks(d).enumerate();
            filters
                .map(|(j, w)| sign(own(j)) * dot(w, x).max(0.0))
                .sum()
        };
        let keys = [0, 1].map(|y| response(self.set.key(y)));
        let (mut right, mut all) = (0u64, 0u64);
        let mut single = vec![0.0; self.set.places()];
        for image in backgrounds {
            for (s, x) in single.iter_mut().zip(image.chunks(d)) {
                *s = response(x);
            }
            let sum: f64 = single.iter().sum();
            for s in &single {
                let rest = sum - s;
                right += u64::from(rest + keys[0] > 0.0) + u64::from(rest + keys[1] < 0.0);
                all += 2;
            }
        }
        right as f64 / all.max(1) as f64
    }

    fn measure(
        &self,
        plan: &BridgePlan,
        seed: u64,
        start: &[State],
        end: &[State],
        initial: &[f64],
        (labels, open): ([f64; 2], [f64; 2]),
    ) -> BridgeRun {
        let d = self.set.pixels();
        let grown = plan.step / 2.0 * plan.steps as f64;
        let (winners, losers): (Vec<usize>, Vec<usize>) =
            (0..self.filters).partition(|&j| start[j].key > 0.0);
        let mean = |values: Vec<f64>| {
            let n = values.len() as f64;
            (n > 0.0).then(|| values.iter().sum::<f64>() / n)
        };
        let growth = winners.iter().map(|&j| (end[j].key - start[j].key) / grown);
        let norms =
            |of: &[usize]| -> Vec<f64> { of.iter().map(|&j| end[j].square.sqrt()).collect() };
        let least = norms(&winners).into_iter().reduce(f64::min);
        let largest = norms(&losers).into_iter().reduce(f64::max);
        let moved: Vec<f64> = self
            .weights
            .iter()
            .zip(initial)
            .map(|(w, o)| w - o)
            .collect();
        let patches = || self.set.train().flat_map(|image| image.chunks(d));
        let most = moved
            .chunks(d)
            .flat_map(|m| patches().map(move |x| dot(m, x).abs()));
        let finite = |x: &f64| x.is_finite();
        BridgeRun {
            seed,
            winners: [0, 1].map(|y| winners.iter().filter(|j| own(**j) == y).count()),
            losers: losers.len(),
            growth: mean(growth.collect()).filter(finite),
            dominance: least.zip(largest).map(|(a, b)| a / b).filter(finite),
            revived: losers.iter().filter(|&&j| end[j].key > grown / 2.0).count(),
            across: mean(winners.iter().map(|&j| end[j].across().sqrt()).collect()),
            background_move: Some(most.fold(0.0, f64::max) / grown).filter(finite),
            labels,
            open,
            accuracy: self.accuracy(self.set.test()),
            accuracy_training: self.accuracy(self.set.train()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::images::bridge::record::{Overlap, Zero};
    use crate::images::planted::{Kind, PATCH, generate};

    /// The output is that of the definition, and what a step adds is the gradient of `y f`.
    #[test]
    fn a_step_is_the_gradient_of_the_output() {
        let data = generate(Kind::Noisy, 4, 2, 3).data;
        let set = SemiReal::new(&data, PATCH, 4, Overlap::AsIs, Zero::Black).expect("a set");
        let (filters, d) = (3, set.pixels());
        let weight = |i: usize| ((i * 29 + 7) % 41) as f64 / 41.0 - 0.5;
        let mut trainer = Trainer {
            set: &set,
            filters,
            weights: (0..filters * d).map(weight).collect(),
            gradient: vec![0.0; filters * d],
            responses: vec![0.0; filters * set.places()],
            keys: vec![[0.0; 2]; filters],
        };
        for (image, place, label) in [(0, 0, 0), (1, 4, 1), (3, 8, 0)] {
            let mut patches: Vec<&[f64]> = set.background(image).chunks(d).collect();
            patches[place] = set.key(label);
            let output = |weights: &[f64]| -> f64 {
                let each = weights.chunks(d).zip([1.0, -1.0, 1.0]);
                let sum = |w: &[f64]| -> f64 {
                    let responses = patches.iter().map(|x| {
                        let z: f64 = w.iter().zip(*x).map(|(a, b)| a * b).sum();
                        if z > 0.0 { z } else { 0.0 }
                    });
                    responses.sum()
                };
                each.map(|(w, a)| a * sum(w)).sum()
            };
            trainer.read(image);
            let f = trainer.output(place, label);
            assert!((f - output(&trainer.weights)).abs() < 1e-12);
            trainer.gradient.fill(0.0);
            trainer.backward(image, place, label, 0.5);
            let y = if label == 0 { 1.0 } else { -1.0 };
            for at in 0..filters * d {
                let mut moved = trainer.weights.clone();
                moved[at] += 1e-7;
                let slope = 0.5 * y * (output(&moved) - f) / 1e-7;
                assert!((slope - trainer.gradient[at]).abs() < 1e-6, "{slope}");
            }
        }
    }
}
