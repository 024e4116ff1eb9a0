//! Small IDX sets, drawn from a seed, for the tests of `images`: squares of noise with one bright row,
//! column or diagonal, which the class decides.
#![allow(dead_code, reason = "each test file uses its own part of this module")]

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::fs;
use std::path::Path;

/// Side of an image.
pub const SIDE: usize = 12;

/// Images and labels.
#[derive(Clone)]
pub struct Part {
    pub pixels: Vec<[u8; SIDE * SIDE]>,
    pub labels: Vec<u8>,
}

impl Part {
    /// `n` images whose labels go round through `labels`.
    pub fn of(labels: &[u8], n: usize, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let labels: Vec<u8> = labels.iter().copied().cycle().take(n).collect();
        let pixels = labels.iter().map(|label| {
            let mut image = [0; SIDE * SIDE].map(|_: u8| rng.random_range(0..40));
            let line = rng.random_range(0..SIDE);
            for i in 0..SIDE {
                let at = match label % 3 {
                    0 => line * SIDE + i,
                    1 => i * SIDE + line,
                    _ => i * SIDE + (i + line) % SIDE,
                };
                image[at] = 220;
            }
            image
        });
        Self {
            pixels: pixels.collect(),
            labels,
        }
    }

    fn write(&self, folder: &Path, name: &str) {
        let file = |kind: &str, dimensions: &[usize], body: &[u8]| {
            let mut bytes = vec![0, 0, 8, dimensions.len() as u8];
            for size in dimensions {
                bytes.extend((*size as u32).to_be_bytes());
            }
            bytes.extend(body);
            let path = folder.join(format!("{name}-{kind}{}-ubyte", dimensions.len()));
            fs::write(path, bytes).expect("written");
        };
        let n = self.labels.len();
        file("images-idx", &[n, SIDE, SIDE], &self.pixels.concat());
        file("labels-idx", &[n], &self.labels);
    }
}

/// A training and a test set.
#[derive(Clone)]
pub struct Set {
    pub train: Part,
    pub test: Part,
}

impl Set {
    /// 60 training and 40 test images.
    pub fn of(labels: &[u8]) -> Self {
        Self {
            train: Part::of(labels, 60, 1),
            test: Part::of(labels, 40, 2),
        }
    }

    /// Writes the four files into a folder, which is made.
    pub fn write(&self, folder: &Path) {
        fs::create_dir_all(folder).expect("a folder");
        self.train.write(folder, "train");
        self.test.write(folder, "t10k");
    }
}
