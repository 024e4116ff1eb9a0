//! A counterexample made small: fewest filters, patterns, patches, steps and images, then the simplest numbers.

use super::sketch::{Size, Sketch, unit_vectors};
use crate::number::{Q, integer};
use crate::problem::{Activation, Pooling};
use num_traits::{One, Signed, Zero};
use rayon::prelude::*;

/// The smaller problems that are one change away, the largest changes first.
fn smaller(sketch: &Sketch) -> Vec<Sketch> {
    let mut found = Vec::new();
    let mut change = |make: &dyn Fn(&mut Sketch)| {
        let mut next = sketch.clone();
        make(&mut next);
        found.push(next);
    };
    for j in 0..sketch.head.len() {
        change(&|s| {
            s.head.remove(j);
            s.weights.remove(j);
        });
    }
    for p in (2..sketch.patterns.len()).rev() {
        change(&|s| {
            s.patterns.remove(p);
            s.weights.iter_mut().for_each(|row| drop(row.remove(p)));
            for image in &mut s.images {
                image.counts.remove(p);
            }
            // In a space of as many dimensions as are left, where that is enough.
            let last = s.patterns[0].len();
            for i in (0..last).rev() {
                if s.patterns.iter().all(|v| v[i].is_zero()) {
                    s.patterns.iter_mut().for_each(|v| drop(v.remove(i)));
                }
            }
        });
    }
    for steps in [1, sketch.steps / 2, sketch.steps.saturating_sub(1)] {
        if (1..sketch.steps).contains(&steps) {
            change(&|s| s.steps = steps);
        }
    }
    for i in 0..sketch.images.len() {
        change(&|s| drop(s.images.remove(i)));
        // Its weight goes to another image of its label, so that the labels keep theirs.
        change(&|s| {
            let gone = s.images.remove(i);
            let heir = s.images.iter_mut().find(|image| image.label == gone.label);
            heir.into_iter()
                .for_each(|image| image.weight += &gone.weight);
        });
    }
    // The same for both labels at once, and a patch less in all images.
    for i in 0..sketch.images.len() {
        for k in i + 1..sketch.images.len() {
            change(&|s| {
                s.images.remove(k);
                s.images.remove(i);
            });
        }
    }
    for p in 0..sketch.patterns.len() {
        change(&|s| {
            for image in &mut s.images {
                image.counts[p] = image.counts[p].saturating_sub(1);
            }
        });
        for i in 0..sketch.images.len() {
            if sketch.images[i].counts[p] > 0 {
                change(&|s| s.images[i].counts[p] = 0);
                change(&|s| s.images[i].counts[p] -= 1);
            }
        }
    }
    // Both keys once less.
    change(&|s| {
        for image in &mut s.images {
            let key = &mut image.counts[image.label.index()];
            *key = key.saturating_sub(1);
        }
    });
    change(&|s| {
        s.images
            .iter_mut()
            .for_each(|image| image.weight = Q::one())
    });
    for label in crate::problem::Label::BOTH {
        change(&|s| {
            let of: Vec<usize> = (0..s.images.len())
                .filter(|&i| s.images[i].label == label)
                .collect();
            let total: Q = of.iter().map(|&i| &s.images[i].weight).sum();
            for &i in &of {
                s.images[i].weight = &total / integer(of.len() as u64);
            }
        });
    }
    if sketch.activation != Activation::Relu {
        change(&|s| s.activation = Activation::Relu);
    }
    if sketch.pooling != Pooling::Sum {
        change(&|s| s.pooling = Pooling::Sum);
    }
    for factor in [2, 3, 4, 5, 8] {
        for factor in [integer(factor), integer(factor).recip()] {
            // A relu network and its step may be scaled together.
            change(&|s| {
                s.step *= &factor;
                s.weights.iter_mut().flatten().for_each(|z| *z *= &factor);
            });
        }
    }
    for q in simpler(&sketch.step) {
        change(&|s| s.step = q.clone());
    }
    for i in 0..sketch.images.len() {
        for q in simpler(&sketch.images[i].weight) {
            change(&|s| s.images[i].weight = q.clone());
        }
    }
    for j in 0..sketch.head.len() {
        for q in simpler(&sketch.head[j]) {
            change(&|s| s.head[j] = q.clone());
        }
        for p in 0..sketch.patterns.len() {
            for q in simpler(&sketch.weights[j][p]) {
                change(&|s| s.weights[j][p] = q.clone());
            }
        }
    }
    // All patterns are unit vectors, or one of them is; coordinates stay as they are.
    for p in 0..sketch.patterns.len() {
        let units = unit_vectors(sketch.patterns[p].len());
        if let Some(unit) = units.get(p).filter(|unit| **unit != sketch.patterns[p]) {
            change(&|s| s.patterns[p] = unit.clone());
            // With the coordinates of filters that are orthogonal to all else.
            change(&|s| {
                s.patterns[p] = unit.clone();
                s.weights.iter_mut().for_each(|row| row[p] = Q::zero());
            });
        }
    }
    for p in 0..sketch.patterns.len() {
        for i in 0..sketch.patterns[p].len() {
            for q in simpler(&sketch.patterns[p][i]) {
                change(&|s| s.patterns[p][i] = q.clone());
            }
        }
    }
    found
}

/// Numbers that are simpler than this one, the simplest first.
fn simpler(q: &Q) -> Vec<Q> {
    let mut found = vec![
        Q::zero(),
        Q::one(),
        -Q::one(),
        q.abs(),
        q.trunc(),
        q.floor(),
        q.ceil(),
        (q * integer(2)).round() / integer(2),
        (q * integer(3)).round() / integer(3),
        (q * integer(4)).round() / integer(4),
        q / integer(2),
        q * integer(2),
        q - q.signum(),
    ];
    found.retain(|other| other != q);
    found.dedup();
    found
}

/// The smallest problem that single changes lead to and of which `fails` is still true, with the number of problems that
/// were asked about.
///
/// # Cost
/// A question for each smaller neighbour, as long as one of them fails too.
fn shrink(mut sketch: Sketch, fails: &dyn Fn(&Sketch) -> bool) -> (Sketch, u64) {
    let (mut size, mut asked) = (sketch.size(), 0);
    loop {
        let next = smaller(&sketch).into_iter().find(|next| {
            let fewer: Size = next.size();
            fewer < size && {
                asked += 1;
                fails(next)
            }
        });
        match next {
            Some(next) => {
                size = next.size();
                sketch = next;
            }
            None => return (sketch, asked),
        }
    }
}

/// Counterexamples that are shrunk; the smallest one is kept.
const SHRUNK: usize = 6;

/// The smallest problem that the first few of these, by size, shrink to, with the number of problems that were asked
/// about.
///
/// # Cost
/// As [`shrink`], a few times, beside each other.
pub fn smallest(
    mut found: Vec<Sketch>,
    fails: &(dyn Fn(&Sketch) -> bool + Sync),
) -> (Option<Sketch>, u64) {
    found.sort_by_key(Sketch::size);
    found.truncate(SHRUNK);
    let shrunk: Vec<(Sketch, u64)> = found
        .into_par_iter()
        .map(|sketch| shrink(sketch, fails))
        .collect();
    let asked = shrunk.iter().map(|(_, asked)| asked).sum();
    let sketches = shrunk.into_iter().map(|(sketch, _)| sketch);
    (sketches.min_by_key(Sketch::size), asked)
}
