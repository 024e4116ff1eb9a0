//! The plain loop that the simulator is measured against.

use filtercert::dynamics::sampler::Sampler;
use filtercert::number::Matrix;
use filtercert::problem::{Label, Loss, Problem};
use num_traits::ToPrimitive;
use std::hint::black_box;

/// One scalar at a time, row by row, only the columns in the sample; relu, sum pooling, fixed head.
/// Gives the number of open gates.
pub fn plain(problem: &Problem, runs: u64, steps: u64) -> u64 {
    let sampler = Sampler::new(problem.distribution());
    let initial: Matrix<f64> = problem.network().weights.map(|w| w.to_f64().unwrap());
    let head: Vec<f64> = problem
        .network()
        .head
        .iter()
        .map(|a| a.to_f64().unwrap())
        .collect();
    let eta = problem.training().step.to_f64().unwrap();
    let hinge = problem.training().loss == Loss::Hinge;
    let mut updates = 0;
    for run in 0..runs {
        let mut rng = Sampler::stream(1, run);
        let mut draw = sampler.blank();
        let mut w = initial.clone();
        let mut image: Vec<(usize, f64)> = Vec::new();
        for _ in 0..steps {
            sampler.draw(&mut rng, &mut draw);
            let y = if draw.label == Label::Plus { 1.0 } else { -1.0 };
            image.clear();
            image.extend(draw.present.iter().map(|&p| {
                let p = p as usize;
                (p, f64::from(draw.counts[p]))
            }));
            if hinge {
                let mut f = 0.0;
                for (j, a) in head.iter().enumerate() {
                    let row = w.row(j);
                    let mut pooled = 0.0;
                    for &(p, count) in &image {
                        pooled += count * row[p].max(0.0);
                    }
                    f += a * pooled;
                }
                if y * f >= 1.0 {
                    continue;
                }
            }
            updates += 1;
            for (j, a) in head.iter().enumerate() {
                let row = w.row_mut(j);
                let scale = eta * a * y;
                for &(p, count) in &image {
                    let z = row[p];
                    row[p] = z + if z > 0.0 { scale * count } else { 0.0 };
                }
            }
        }
        black_box(&w);
    }
    updates
}
