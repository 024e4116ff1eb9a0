//! One run on its way, on plain floats or on numbers that track their error.

use super::super::kernel::{Kernel, Lines, Walker};
use super::super::sampler::{Draw, Sampler, Sketch};
use super::super::tracked::Tracked;
use super::accuracy::Judged;
use crate::dynamics::float::Real;
use multiversion::multiversion;
use rand_chacha::ChaCha8Rng;

/// A number that runs go on. The loops of plain floats are compiled for several vector widths.
pub(super) trait Number: Judged {
    /// Moves a run some steps on.
    fn advance(run: &mut Run<'_, Self>, steps: u64);
}

impl Number for f64 {
    fn advance(run: &mut Run<'_, f64>, steps: u64) {
        advance_floats(run, steps);
    }
}

impl Number for Tracked {
    fn advance(run: &mut Run<'_, Tracked>, steps: u64) {
        advance(run, steps);
    }
}

/// What a run adds up on its way.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub(super) updates: u64,
    pub(super) open_samples: u64,
    pub(super) gate_sums: [f64; 2],
}

/// What a run needs beside its walker to go along lines.
#[derive(Clone)]
struct Straight {
    lines: Lines,
    sketch: Sketch,
}

/// A run on its way.
#[derive(Clone)]
pub(super) struct Run<'k, R: Real> {
    pub(super) kernel: &'k Kernel<R>,
    pub(super) walker: Walker<R>,
    sampler: &'k Sampler,
    rng: ChaCha8Rng,
    draw: Draw,
    /// There where sums are exact in any order.
    straight: Option<Straight>,
    batch: u32,
    pub(super) tally: Tally,
    /// The decisions so far.
    pub(super) log: R::Log,
}

impl<'k, R: Number> Run<'k, R> {
    /// Run `run` of seed `seed` at step 0.
    pub(super) fn start(
        kernel: &'k Kernel<R>,
        initial: &Walker<R>,
        sampler: &'k Sampler,
        batch: u32,
        seed: u64,
        run: u64,
    ) -> Self {
        Run {
            kernel,
            walker: initial.clone(),
            sampler,
            rng: Sampler::stream(seed, run),
            draw: sampler.blank(),
            straight: None,
            batch,
            tally: Tally::default(),
            log: R::Log::default(),
        }
    }

    /// Moves some steps on.
    pub(super) fn advance(&mut self, steps: u64) {
        R::advance(self, steps);
    }

    /// Are the state and the sums of the gates finite?
    pub(super) fn is_finite(&self) -> bool {
        self.kernel.is_finite(&self.walker) && self.tally.gate_sums.iter().all(|x| x.is_finite())
    }

    /// The run from here to the first step after which it is not finite, for a run that is finite
    /// here and no longer is `steps` steps on: the number of finite steps, with the run after them.
    ///
    /// # Cost
    /// At most twice the steps, and log2(steps) copies of the state.
    pub(super) fn last_finite(self, steps: u64) -> (u64, Self) {
        let (mut good, mut done, mut bad) = (self, 0, steps);
        while bad - done > 1 {
            let half = (bad - done) / 2;
            let mut probe = good.clone();
            probe.advance(half);
            if probe.is_finite() {
                good = probe;
                done += half;
            } else {
                bad = done + half;
            }
        }
        (done, good)
    }
}

impl Run<'_, f64> {
    /// This run at step 0, on integers of a lattice, whose sums are exact in any order.
    pub(super) fn on_lattice(mut self) -> Self {
        if self.sampler.sketches()
            && let Some(lines) = self.kernel.lines(&self.walker)
        {
            let sketch = self.sampler.blank_sketch();
            self.straight = Some(Straight { lines, sketch });
        }
        self
    }
}

#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx2+bmi2", "x86_64+avx2+bmi2"))]
fn advance_floats(run: &mut Run<'_, f64>, steps: u64) {
    match run.straight.take() {
        Some(mut straight) => {
            advance_along(run, &mut straight, steps);
            run.straight = Some(straight);
        }
        None => advance(run, steps),
    }
}

/// [`advance`], bit for bit, along lines, and writes the columns at the end.
#[inline(always)]
fn advance_along(run: &mut Run<'_, f64>, straight: &mut Straight, steps: u64) {
    let Run {
        kernel,
        walker,
        sampler,
        rng,
        batch,
        tally,
        ..
    } = run;
    let Straight { lines, sketch } = straight;
    for _ in 0..steps {
        let mut open = false;
        for _ in 0..*batch {
            sampler.sketch(rng, sketch);
            if kernel.add_sketch(walker, lines, sampler, sketch) != 0.0 {
                open = true;
                tally.open_samples += 1;
                tally.gate_sums[sketch.label.index()] += 1.0;
            }
        }
        if open {
            tally.updates += 1;
            kernel.step_along(walker, lines);
        }
    }
    kernel.write(walker, lines);
}

#[inline(always)]
fn advance<R: Real>(run: &mut Run<'_, R>, steps: u64) {
    for _ in 0..steps {
        let mut open = false;
        for _ in 0..run.batch {
            run.sampler.draw(&mut run.rng, &mut run.draw);
            let gate = run.kernel.add(&mut run.walker, &run.draw, &mut run.log);
            let gate = gate.value();
            if gate != 0.0 {
                open = true;
                run.tally.open_samples += 1;
                run.tally.gate_sums[run.draw.label.index()] += gate;
            }
        }
        run.tally.updates += u64::from(open);
        run.kernel.step(&mut run.walker, &mut run.log);
    }
}
