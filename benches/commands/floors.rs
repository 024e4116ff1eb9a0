//! What each engine is up against, by itself: the random words and the images of a simulation, the
//! digits of an exact state, the words of a law in memory. Each is done here and nothing else is, on
//! one thread, in this process.

use filtercert::dynamics::sampler::Sampler;
use filtercert::number::parse_fraction;
use filtercert::problem::Problem;
use num_bigint::BigInt;
use rand::Rng;
use serde_json::Value;
use std::hint::black_box;
use std::time::Instant;

fn timed<T>(work: impl FnOnce() -> T) -> f64 {
    let start = Instant::now();
    black_box(work());
    start.elapsed().as_secs_f64()
}

fn images_of_a_run(problem: &Problem) -> u64 {
    problem.training().steps * u64::from(problem.training().batch)
}

/// Seconds to draw all images of so many runs.
pub fn images(problem: &Problem, runs: u64) -> f64 {
    let sampler = Sampler::new(problem.distribution());
    let images = images_of_a_run(problem);
    let mut draw = sampler.blank();
    timed(|| {
        for run in 0..runs {
            let mut rng = Sampler::stream(problem.training().seed, run);
            for _ in 0..images {
                sampler.draw(&mut rng, &mut draw);
                black_box(&draw);
            }
        }
    })
}

/// Seconds to take as many words of 64 bits from the streams of so many runs as the images of the
/// first run take.
pub fn words(problem: &Problem, runs: u64) -> f64 {
    let sampler = Sampler::new(problem.distribution());
    let mut draw = sampler.blank();
    let mut rng = Sampler::stream(problem.training().seed, 0);
    for _ in 0..images_of_a_run(problem) {
        sampler.draw(&mut rng, &mut draw);
    }
    // The position counts words of 32 bits.
    let words = rng.get_word_pos().div_ceil(2);
    timed(|| {
        for run in 0..runs {
            let mut rng = Sampler::stream(problem.training().seed, run);
            for _ in 0..words {
                black_box(rng.next_u64());
            }
        }
    })
}

fn fractions(value: &Value, parts: &mut Vec<BigInt>) {
    match value {
        Value::String(text) => {
            if let Ok(number) = parse_fraction(text) {
                let (numerator, denominator) = number.into_raw();
                parts.extend([numerator, denominator]);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| fractions(item, parts)),
        Value::Object(items) => items.values().for_each(|item| fractions(item, parts)),
        _ => {}
    }
}

/// Seconds to write the digits of all fractions of a document.
pub fn digits(document: &Value) -> f64 {
    let mut parts = Vec::new();
    fractions(document, &mut parts);
    timed(|| {
        parts
            .iter()
            .map(|part| part.to_string().len())
            .sum::<usize>()
    })
}

/// Seconds to copy the probabilities of a law once a step: of `states[t]` states at step t, integers
/// over the t-th power of the common denominator of the atoms.
///
/// # Errors
/// If this denominator has more than 60 bits.
pub fn copies(problem: &Problem, states: &[usize]) -> Result<f64, String> {
    let of_one = problem.distribution().for_each_atom(|_, _| {});
    let of_one = of_one.ok_or("the denominator of the atoms has more than 60 bits")?;
    let bits = (of_one as f64).log2() * f64::from(problem.training().batch);
    let words = |t: usize| (bits * t as f64 / 64.0).ceil() as usize;
    let sizes: Vec<usize> = (0..).zip(states).map(|(t, n)| n * words(t)).collect();
    let most = sizes.iter().copied().max().unwrap_or(0);
    // Written, so that the pages are there.
    let (from, mut to) = (vec![1u64; most], vec![2u64; most]);
    Ok(timed(|| {
        for &size in &sizes {
            to[..size].copy_from_slice(&from[..size]);
            black_box(&mut to);
        }
    }))
}
