//! The gradient of one batch of the two-layer CNN against plain loops, in the same run: 64 images of 28 x
//! 28, 32 filters of 5 x 5, 4 x 4 average pooling, ten classes, cross-entropy. The plain loops are one
//! forward pass only, on one thread: less than half of the work that they are compared with.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use filtercert::images::data::Images;
use filtercert::images::network::{
    Architecture, Head, Loss, Network, Normalisation, PoolKind, Pooling, Shape,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::hint::black_box;

const SIDE: usize = 28;
const FILTERS: usize = 32;
const KERNEL: usize = 5;
const CELL: usize = 4;
const CLASSES: usize = 10;
const BATCH: usize = 64;

fn images() -> Images {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let pixels = (0..BATCH * SIDE * SIDE).map(|_| rng.random()).collect();
    let labels = (0..BATCH).map(|i| (i % CLASSES) as u8).collect();
    Images::new(SIDE, SIDE, CLASSES, pixels, labels).expect("images")
}

fn network(images: &Images) -> Network {
    let architecture = Architecture {
        filters: FILTERS,
        kernel: KERNEL,
        stride: 1,
        pooling: Pooling {
            kind: PoolKind::Average,
            side: Some(CELL),
        },
        head: Head::Trained,
        loss: Loss::Softmax,
        bias: true,
    };
    let shape = Shape::new(&architecture, images).expect("it fits");
    Network::random(&shape, Normalisation::of(images), 1.0, 1)
}

/// The outputs on one image, by the definition.
fn plain_outputs(network: &Network, pixels: &[u8]) -> Vec<f32> {
    let (map, across) = (SIDE - KERNEL + 1, (SIDE - KERNEL + 1) / CELL);
    let Normalisation { scale, shift } = network.normalisation();
    let input: Vec<f32> = pixels
        .iter()
        .map(|&x| f32::from(x) / 255.0 * scale + shift)
        .collect();
    let parameters = network.parameters();
    let mut f = parameters[parameters.len() - CLASSES..].to_vec();
    for (j, w) in network.filters().enumerate() {
        let bias = parameters[j * (KERNEL * KERNEL + 1) + KERNEL * KERNEL];
        let mut features = vec![0.0; across * across];
        for y in 0..map {
            for x in 0..map {
                let mut z = bias;
                for dy in 0..KERNEL {
                    for dx in 0..KERNEL {
                        z += w[dy * KERNEL + dx] * input[(y + dy) * SIDE + x + dx];
                    }
                }
                features[y / CELL * across + x / CELL] += z.max(0.0) / (CELL * CELL) as f32;
            }
        }
        for (o, f) in f.iter_mut().enumerate() {
            let products = network.head(o, j).iter().zip(&features);
            *f += products.map(|(a, x)| a * x).sum::<f32>();
        }
    }
    f
}

fn gradient(criterion: &mut Criterion) {
    let images = images();
    let network = network(&images);
    for i in 0..4 {
        let (a, b) = (
            plain_outputs(&network, images.pixels(i)),
            network.outputs(images.pixels(i)),
        );
        let close = a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-3);
        assert!(close, "{a:?} {b:?}");
    }
    let batch: Vec<usize> = (0..BATCH).collect();
    let mut room = network.gradient(BATCH);
    let mut group = criterion.benchmark_group("images");
    group.throughput(Throughput::Elements(BATCH as u64));
    group.sample_size(20);
    group.bench_function("gradient", |bencher| {
        bencher.iter(|| network.differentiate(black_box(&images), &batch, &mut room));
    });
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let one = one.expect("a thread");
    group.bench_function("gradient, one thread", |bencher| {
        bencher.iter(|| one.install(|| network.differentiate(&images, &batch, &mut room)));
    });
    group.bench_function("plain loops, forward only, one thread", |bencher| {
        bencher.iter(|| {
            for i in 0..BATCH {
                black_box(plain_outputs(&network, black_box(images.pixels(i))));
            }
        });
    });
    group.finish();
}

criterion_group!(benches, gradient);
criterion_main!(benches);
