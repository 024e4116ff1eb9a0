//! The same step where sums are exact in any order: on a lattice of integers below 2^53, under sum
//! pooling, with a fixed head and an orthonormal dictionary.
//!
//! While no `Z_jp` of column p changes its sign, all its filters move along a line: after steps whose
//! rates add up to R, `Z_jp = Z_jp(then) + R s_j a_j` with the slopes `s_j` of their signs, and
//! `F_p = F_p(then) + R sum_j (s_j a_j)^2`. So R, `F_p` and that slope are kept, and between which R
//! all signs stay; the column itself is written when its weights are asked for or R leaves that range.
//! An open gate then costs one addition a pattern, however many filters there are, and n where some
//! filter may change its sign: with relu seldom, as what is off stays off.
//!
//! A margin is added up patch by patch as the image was drawn, without counting its patterns. States
//! and gates are those of [`Kernel::add`] and [`Kernel::step`], bit for bit.

use super::super::sampler::{Sampler, Sketch};
use super::*;

/// One column on its line.
#[derive(Debug, Clone, Copy)]
struct Line {
    /// `F_p`.
    sum: f64,
    /// R: the rates since the column was written.
    moved: f64,
    /// `sum_j (s_j a_j)^2`.
    slope: f64,
    /// All signs stay while R lies between these two, both excluded. R is an integer, so the quotients
    /// of integers that they are may be rounded: no integer lies between a quotient and its float.
    low: f64,
    high: f64,
}

/// All columns of a walker, on their lines.
#[derive(Debug, Clone)]
pub(crate) struct Lines {
    lines: Vec<Line>,
}

impl Kernel<f64> {
    /// The lines of a walker at the start, where this way of taking steps applies; the kernel's numbers
    /// must be integers of a lattice.
    pub(crate) fn lines(&self, walker: &Walker<f64>) -> Option<Lines> {
        let applies =
            self.pooling == Pooling::Sum && !self.trains_head && self.constants.gram.is_none();
        applies.then(|| Lines {
            lines: (0..self.n_patterns)
                .map(|p| with_activation!(&self.activation, self.line(walker, p)))
                .collect(),
        })
    }

    /// Adds one sample to the batch of the next step, and gives its gate: 0 or 1.
    #[inline(always)]
    pub(crate) fn add_sketch(
        &self,
        walker: &mut Walker<f64>,
        lines: &Lines,
        sampler: &Sampler,
        sketch: &Sketch,
    ) -> f64 {
        let sign = sketch.label.sign() as f64;
        let margin = || {
            let mut output = 0.0;
            sampler.parts(sketch, |p, count| {
                output += f64::from(count) * lines.lines[p].sum;
            });
            sign * output
        };
        let gate = self.gate(margin, &mut ());
        if gate != 0.0 {
            sampler.parts(sketch, |p, count| walker.touch(p, sign * f64::from(count)));
        }
        gate
    }

    /// Takes the step along the samples added since the last one.
    #[inline(always)]
    pub(crate) fn step_along(&self, walker: &mut Walker<f64>, lines: &mut Lines) {
        for i in 0..walker.touched.len() {
            let p = walker.touched[i] as usize;
            walker.is_touched[p] = false;
            let rate = walker.rates[p] * self.constants.rate;
            let line = &mut lines.lines[p];
            let moved = line.moved + rate;
            if line.low < moved && moved < line.high {
                line.moved = moved;
                line.sum += rate * line.slope;
            } else {
                with_activation!(&self.activation, self.turn(walker, lines, p, rate));
            }
        }
        walker.touched.clear();
    }

    /// Writes all columns, so that the walker's weights are those of the last step.
    #[inline(always)]
    pub(crate) fn write(&self, walker: &mut Walker<f64>, lines: &mut Lines) {
        for p in 0..self.n_patterns {
            with_activation!(&self.activation, self.write_column(walker, lines, p));
        }
    }

    /// Writes one column; its line then starts here.
    #[inline(always)]
    fn write_column<A: Activate>(&self, walker: &mut Walker<f64>, lines: &mut Lines, p: usize) {
        let line = &mut lines.lines[p];
        let moved = std::mem::replace(&mut line.moved, 0.0);
        walker.sums[p] = line.sum;
        walker.fresh[p] = true;
        if moved == 0.0 {
            return;
        }
        line.low -= moved;
        line.high -= moved;
        self.move_column::<A>(walker, p, moved);
    }

    /// `Z_jp += (rate a_j) sigma'(Z_jp)` with the slopes of the column as it is written.
    #[inline(always)]
    fn move_column<A: Activate>(&self, walker: &mut Walker<f64>, p: usize, rate: f64) {
        let column = &mut walker.weights[p * self.blocks..(p + 1) * self.blocks];
        let entries = column.as_flattened_mut().iter_mut();
        for (z, a) in entries.zip(walker.head.as_flattened()) {
            *z += A::scaled_slope(*z, rate * a, self.constants.slopes, &mut ());
        }
    }

    /// A step of one column in which some sign may change.
    #[inline(never)]
    fn turn<A: Activate>(&self, walker: &mut Walker<f64>, lines: &mut Lines, p: usize, rate: f64) {
        self.write_column::<A>(walker, lines, p);
        self.move_column::<A>(walker, p, rate);
        lines.lines[p] = self.line::<A>(walker, p);
    }

    /// The line of a column as it is written.
    fn line<A: Activate>(&self, walker: &Walker<f64>, p: usize) -> Line {
        let column = &walker.weights[p * self.blocks..(p + 1) * self.blocks];
        let mut line = Line {
            sum: 0.0,
            moved: 0.0,
            slope: 0.0,
            low: f64::NEG_INFINITY,
            high: f64::INFINITY,
        };
        let filters = column.as_flattened().iter().zip(walker.head.as_flattened());
        for (&z, &a) in filters {
            let slopes = self.constants.slopes;
            let step = A::scaled_slope(z, a, slopes, &mut ());
            line.sum += a * A::value(z, slopes);
            line.slope += step * step;
            if A::HAS_KINK && step != 0.0 {
                // From z > 0 down to 0, or from z <= 0 up to 0.
                let end = -z / step;
                if (step < 0.0) == (z > 0.0) {
                    line.high = if end < line.high { end } else { line.high };
                } else {
                    line.low = if end > line.low { end } else { line.low };
                }
            }
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::ratio;
    use crate::problem::{Dictionary, Distribution, Generative, HeadInit, Network, Training};
    use rand::RngExt;

    /// Filters with integer weights and heads, and a step that keeps both.
    fn problem(activation: Activation, seed: u64) -> Problem {
        let half = [ratio(1, 2), ratio(1, 2)];
        let distribution = Generative::new(half.clone(), 4, 1, [half.to_vec(), half.to_vec()]);
        let network = Network::random(
            activation,
            Pooling::Sum,
            19,
            4,
            HeadInit::Alternating,
            Vec::new(),
            ratio(40, 1),
            1,
            seed,
        );
        Problem::new(
            "lines".to_owned(),
            Dictionary::orthonormal(2).unwrap(),
            Distribution::Generative(distribution.unwrap()),
            network.unwrap(),
            Training {
                loss: Loss::Hinge,
                train: Train::Filters,
                step: ratio(1, 1),
                batch: 1,
                steps: 1,
                runs: 1,
                seed: 1,
            },
        )
        .unwrap()
    }

    /// Any rates, both ways, against the same steps taken filter by filter.
    #[test]
    fn a_line_is_the_column_step_by_step_until_a_sign_changes() {
        let mut rng = Sampler::stream(11, 0);
        let (mut straight, mut turns) = (0, 0);
        for activation in [
            Activation::Relu,
            Activation::Identity,
            Activation::LeakyRelu { slope: ratio(1, 2) },
        ] {
            for seed in 0..40 {
                let kernel = Kernel::<f64>::new(&problem(activation.clone(), seed));
                let (mut walker, mut plain) = (kernel.walker(), kernel.walker());
                let mut lines = kernel.lines(&walker).unwrap();
                for _ in 0..60 {
                    let p = rng.random_range(0..4);
                    let rate = f64::from(rng.random_range(-3..=3));
                    for w in [&mut walker, &mut plain] {
                        w.touched.push(p as u32);
                        w.rates[p] = rate;
                    }
                    let before = lines.lines[p].moved;
                    kernel.step_along(&mut walker, &mut lines);
                    kernel.step(&mut plain, &mut ());
                    let turned = lines.lines[p].moved != before + rate;
                    *(if turned { &mut turns } else { &mut straight }) += 1;
                    let sums: Vec<f64> = lines.lines.iter().map(|line| line.sum).collect();
                    assert_eq!(sums, kernel.all_sums(&mut plain));
                    if rng.random_range(0..8) == 0 {
                        kernel.write(&mut walker, &mut lines);
                        assert_eq!(walker.weights, plain.weights);
                    }
                }
            }
        }
        assert!(straight > 3000 && turns > 300, "{straight}, {turns}");
    }
}
