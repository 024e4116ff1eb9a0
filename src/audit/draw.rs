//! Small random problems for a search, each from a random stream of its own, and small changes of them.

use super::sketch::{Image, Sketch, unit_vectors};
use crate::number::{Q, integer, ratio};
use crate::problem::{Activation, Label, Loss, Pooling, Train};
use num_traits::{One, Zero};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// Problems that one stream of random numbers draws, and that one thread looks at.
pub const BLOCK: u64 = 64;

/// Blocks that are looked at before the first counterexample is taken: always all of them, so that threads do not matter.
pub const ROUND: u64 = 8;

/// Which patterns are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patterns {
    /// Unit vectors.
    Orthonormal,
    /// Keys that are unit vectors, beside them any backgrounds.
    KeysApart,
    /// Orthonormal backgrounds; keys that overlap with each other or with a background, or of another length.
    KeysNear,
    /// Keys of any length at a right or obtuse angle, beside them any backgrounds.
    KeysNotAcute,
    /// `v_- = -v_+`, beside them any backgrounds.
    Opposed,
}

/// The family of problems that a search draws from.
#[derive(Debug, Clone)]
pub struct Family {
    /// Kinds of dictionaries, drawn alike.
    pub patterns: Vec<Patterns>,
    /// Activations.
    pub activations: Vec<Activation>,
    /// Poolings.
    pub poolings: Vec<Pooling>,
    /// Losses.
    pub losses: Vec<Loss>,
    /// What moves.
    pub trains: Vec<Train>,
    /// Heads of signs only.
    pub signs: bool,
    /// May images hold the key of the other label?
    pub other_keys: bool,
    /// Have both labels the same backgrounds?
    pub same_backgrounds: bool,
    /// Have both labels probability 1/2?
    pub balanced: bool,
    /// Is a label to be without winners?
    pub lost_label: bool,
}

/// How large the problems of a search are, at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// n.
    pub filters: usize,
    /// K.
    pub backgrounds: usize,
    /// Patches of an image beside its keys.
    pub patches: u32,
    /// Different backgrounds of images of one label.
    pub images: usize,
    /// Steps.
    pub steps: u64,
}

/// A stream of random numbers.
pub struct Draw(ChaCha8Rng);

impl Draw {
    /// Stream `stream` of this seed.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Draw(rng)
    }

    /// Uniform below `bound`, which is at least 1 and small: the remainder's bias is below 2^-50.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.0.next_u64() % bound.max(1) as u64) as usize
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    fn coin(&mut self) -> bool {
        self.below(2) == 0
    }

    /// A number of a few digits; from 0, 1 and -1 where `plain`.
    fn number(&mut self, plain: bool) -> Q {
        if plain {
            return integer(self.below(3) as i64 - 1);
        }
        let numerator = self.below(13) as i64 - 6;
        ratio(numerator, *self.pick(&[1, 1, 2, 4]))
    }

    fn positive(&mut self) -> Q {
        ratio(1 + self.below(4) as i64, *self.pick(&[1, 2, 3, 4]))
    }

    /// Patterns of a kind with so many backgrounds.
    fn patterns(&mut self, kind: Patterns, backgrounds: usize) -> Vec<Vec<Q>> {
        let n = backgrounds + 2;
        let mut patterns = unit_vectors(n);
        let slant = |patterns: &mut Vec<Vec<Q>>, p: usize, towards: usize, sign: i64| {
            patterns[p] = vec![Q::zero(); n];
            patterns[p][towards] = ratio(3 * sign, 5);
            patterns[p][p] = ratio(4, 5);
        };
        let sign = if self.coin() { 1 } else { -1 };
        match kind {
            Patterns::Orthonormal => return patterns,
            Patterns::KeysNear => {
                let key = self.below(2);
                match self.below(3) {
                    0 if backgrounds > 0 => slant(&mut patterns, 2, key, sign),
                    1 => slant(&mut patterns, 1, 0, sign),
                    _ => {
                        patterns[key][key] =
                            self.pick(&[integer(2), ratio(1, 2), integer(3)]).clone()
                    }
                }
                return patterns;
            }
            Patterns::KeysApart => {}
            Patterns::KeysNotAcute => {
                for (p, key) in patterns.iter_mut().take(2).enumerate() {
                    key[p] = self.positive();
                }
                patterns[1][0] = -ratio(self.below(3) as i64, 2);
            }
            Patterns::Opposed => {
                patterns[1] = vec![Q::zero(); n];
                patterns[1][0] = integer(-1);
            }
        }
        for pattern in patterns.iter_mut().skip(2) {
            for entry in pattern.iter_mut().skip(2) {
                *entry = integer(self.below(5) as i64 - 2);
            }
        }
        patterns
    }

    /// A problem of a family; `plain` problems have numbers of one digit, zeros and ties.
    pub fn sketch(&mut self, family: &Family, limits: Limits, plain: bool) -> Sketch {
        let backgrounds = self.below(limits.backgrounds + 1);
        let n = 1 + self.below(limits.filters);
        let kind = *self.pick(&family.patterns);
        let patterns = self.patterns(kind, backgrounds);
        let mut head: Vec<Q> = (0..n)
            .map(|_| match (family.signs, self.coin()) {
                (true, true) => Q::one(),
                (true, false) => -Q::one(),
                _ => self.number(plain),
            })
            .collect();
        if family.signs && n > 1 && self.below(4) > 0 {
            // Mostly both labels are voted for.
            head[1] = -&head[0];
        }
        let vectors: Vec<Vec<Q>> = (0..n)
            .map(|_| patterns.iter().map(|_| self.number(plain)).collect())
            .collect();
        let product = |w: &[Q], p: &[Q]| -> Q { w.iter().zip(p).map(|(x, y)| x * y).sum() };
        let mut weights: Vec<Vec<Q>> = vectors
            .iter()
            .map(|w| patterns.iter().map(|p| product(w, p)).collect())
            .collect();
        if family.lost_label {
            let lost = if self.coin() {
                Label::Plus
            } else {
                Label::Minus
            };
            for (row, a) in weights.iter_mut().zip(&head) {
                let key = &mut row[lost.index()];
                if Label::voted_by(a) == lost && *key > Q::zero() {
                    *key = -key.clone();
                }
            }
        }
        Sketch {
            images: self.images(family, limits, backgrounds, plain),
            patterns,
            activation: self.pick(&family.activations).clone(),
            pooling: *self.pick(&family.poolings),
            head,
            weights,
            loss: *self.pick(&family.losses),
            train: *self.pick(&family.trains),
            step: match plain {
                true => self.pick(&[integer(1), ratio(1, 2)]).clone(),
                false => self.positive(),
            },
            steps: 1 + self.below(limits.steps as usize) as u64,
        }
    }

    fn images(&mut self, family: &Family, limits: Limits, k: usize, plain: bool) -> Vec<Image> {
        let r = 1 + self.below(2) as u32;
        let background = |draw: &mut Self| -> Vec<(Vec<u32>, Q)> {
            let images = 1 + draw.below(limits.images);
            let image = |draw: &mut Self| {
                let counts = (0..k).map(|_| draw.below(limits.patches as usize + 1) as u32);
                let counts = counts.collect();
                let weight = if plain { Q::one() } else { draw.positive() };
                (counts, weight)
            };
            (0..images).map(|_| image(draw)).collect()
        };
        let shared = background(self);
        let prior = match family.balanced {
            true => [Q::one(), Q::one()],
            false => {
                let far = if plain { 99 } else { 1 + self.below(4) as i64 };
                let mut prior = [Q::one(), integer(far)];
                if self.coin() {
                    prior.reverse();
                }
                prior
            }
        };
        let mut images = Vec::new();
        for y in Label::BOTH {
            let backgrounds = match family.same_backgrounds {
                true => shared.clone(),
                false => background(self),
            };
            let total: Q = backgrounds.iter().map(|(_, weight)| weight).sum();
            for (counts, weight) in backgrounds {
                let mut keys = [0; 2];
                keys[y.index()] = r;
                if family.other_keys && self.coin() {
                    keys[y.opposite().index()] = 1 + self.below(2) as u32;
                }
                images.push(Image {
                    label: y,
                    counts: keys.into_iter().chain(counts).collect(),
                    weight: &prior[y.index()] * weight / &total,
                });
            }
        }
        images
    }

    /// A neighbour of a problem: one of its numbers is another one.
    pub fn neighbour(&mut self, sketch: &Sketch) -> Sketch {
        let mut near = sketch.clone();
        let other = |draw: &mut Self, q: &Q| match draw.below(4) {
            0 => q * integer(2),
            1 => q / integer(2),
            2 => q + draw.number(false),
            _ => draw.number(false),
        };
        match self.below(8) {
            0 => near.step = other(self, &sketch.step),
            1 => near.steps = (near.steps + self.below(3) as u64).saturating_sub(1).max(1),
            2 => {
                let j = self.below(near.head.len());
                near.head[j] = other(self, &sketch.head[j]);
            }
            3 => {
                let i = self.below(near.images.len());
                near.images[i].weight = other(self, &sketch.images[i].weight);
            }
            4 => {
                let i = self.below(near.images.len());
                let p = self.below(near.patterns.len());
                let counts = &mut near.images[i].counts;
                counts[p] = (counts[p] + self.below(3) as u32).saturating_sub(1);
            }
            _ => {
                let j = self.below(near.weights.len());
                let p = self.below(near.patterns.len());
                near.weights[j][p] = other(self, &sketch.weights[j][p]);
            }
        }
        near
    }
}
