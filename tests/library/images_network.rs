//! The two-layer CNN against a plain definition in `f64`: outputs, losses and gradients; and SGD: the same
//! for any number of threads, resumed as if never broken off.

use filtercert::images::data::Images;
use filtercert::images::network::{
    Architecture, Head, Loss, Network, NetworkError, Normalisation, PoolKind, Pooling, Shape,
};
use filtercert::images::training::{Plan, Run, TrainingError, Unwatched};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const ROWS: usize = 9;
const COLUMNS: usize = 8;

fn images(n: usize, classes: usize, seed: u64) -> Images {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let pixels = (0..n * ROWS * COLUMNS)
        .map(|_| rng.random::<u8>())
        .collect();
    let labels = (0..n).map(|i| (i % classes) as u8).collect();
    Images::new(ROWS, COLUMNS, classes, pixels, labels).expect("images")
}

fn architecture(loss: Loss, head: Head, kind: PoolKind, side: Option<usize>) -> Architecture {
    Architecture {
        filters: 5,
        kernel: 3,
        stride: 1,
        pooling: Pooling { kind, side },
        head,
        loss,
        bias: true,
    }
}

fn all_architectures() -> Vec<(Architecture, usize)> {
    let mut all = Vec::new();
    for kind in [PoolKind::Average, PoolKind::Sum, PoolKind::Max] {
        for side in [None, Some(2), Some(4)] {
            for loss in [Loss::Hinge, Loss::Unhinged, Loss::Logistic] {
                for head in [Head::Trained, Head::FixedSigns] {
                    all.push((architecture(loss, head, kind, side), 2));
                }
            }
            for loss in [Loss::MulticlassHinge, Loss::Softmax] {
                all.push((architecture(loss, Head::Trained, kind, side), 3));
            }
        }
    }
    let strided = Architecture {
        stride: 2,
        bias: false,
        ..architecture(Loss::Softmax, Head::Trained, PoolKind::Average, Some(2))
    };
    all.push((strided, 3));
    all
}

/// The network by its definition, in `f64`, on parameters in the documented order.
struct Plain<'a> {
    architecture: &'a Architecture,
    outputs: usize,
    normalisation: Normalisation,
}

impl Plain<'_> {
    fn input(&self, pixels: &[u8], y: usize, x: usize) -> f64 {
        let Normalisation { scale, shift } = self.normalisation;
        f64::from(pixels[y * COLUMNS + x]) / 255.0 * f64::from(scale) + f64::from(shift)
    }

    fn outputs(&self, parameters: &[f64], pixels: &[u8]) -> Vec<f64> {
        let a = self.architecture;
        let (k, s) = (a.kernel, a.stride);
        let (map_rows, map_columns) = ((ROWS - k) / s + 1, (COLUMNS - k) / s + 1);
        let (high, wide) = match a.pooling.side {
            Some(side) => (side, side),
            None => (map_rows, map_columns),
        };
        let (down, across) = (map_rows / high, map_columns / wide);
        let width = k * k + usize::from(a.bias);
        let mut features = Vec::new();
        for j in 0..a.filters {
            let w = &parameters[j * width..(j + 1) * width];
            let value = |y: usize, x: usize| {
                let mut z = if a.bias { w[k * k] } else { 0.0 };
                for dy in 0..k {
                    for dx in 0..k {
                        z += w[dy * k + dx] * self.input(pixels, y * s + dy, x * s + dx);
                    }
                }
                z.max(0.0)
            };
            for cy in 0..down {
                for cx in 0..across {
                    let cell = (cy * high..(cy + 1) * high)
                        .flat_map(|y| (cx * wide..(cx + 1) * wide).map(move |x| (y, x)))
                        .map(|(y, x)| value(y, x));
                    features.push(match a.pooling.kind {
                        PoolKind::Average => cell.sum::<f64>() / (high * wide) as f64,
                        PoolKind::Sum => cell.sum(),
                        PoolKind::Max => cell.fold(0.0, f64::max),
                    });
                }
            }
        }
        let head = &parameters[a.filters * width..];
        (0..self.outputs)
            .map(|o| {
                let row = &head[o * features.len()..(o + 1) * features.len()];
                let sum: f64 = row.iter().zip(&features).map(|(a, f)| a * f).sum();
                let bias = head.get(self.outputs * features.len() + o);
                sum + bias.copied().unwrap_or(0.0)
            })
            .collect()
    }

    fn loss(&self, parameters: &[f64], images: &Images) -> f64 {
        let losses = (0..images.len()).map(|i| {
            let f = self.outputs(parameters, images.pixels(i));
            let label = images.label(i);
            let margin = if label == 0 { f[0] } else { -f[0] };
            match self.architecture.loss {
                Loss::Hinge => (1.0 - margin).max(0.0),
                Loss::Unhinged => 1.0 - margin,
                Loss::Logistic => (1.0 + (-margin).exp()).ln(),
                Loss::MulticlassHinge => {
                    let others = (0..f.len()).filter(|c| *c != label).map(|c| f[c]);
                    (1.0 + others.fold(f64::NEG_INFINITY, f64::max) - f[label]).max(0.0)
                }
                Loss::Softmax => f.iter().map(|x| x.exp()).sum::<f64>().ln() - f[label],
            }
        });
        losses.sum::<f64>() / images.len() as f64
    }
}

/// A wrong gradient by a factor, a forgotten bias or a shifted cell would be off by far more than the
/// tolerance, which covers `f32` and central differences at kinks that are not hit.
#[test]
fn outputs_losses_and_gradients_are_those_of_the_definition() {
    for (architecture, classes) in all_architectures() {
        let images = images(11, classes, 5);
        let shape = Shape::new(&architecture, &images).expect("it fits");
        let normalisation = Normalisation::of(&images);
        let network = Network::random(&shape, normalisation, 1.0, 3);
        let plain = Plain {
            architecture: &architecture,
            outputs: shape.outputs(),
            normalisation,
        };
        let parameters: Vec<f64> = network.parameters().iter().map(|&x| x.into()).collect();
        for i in 0..images.len() {
            let expected = plain.outputs(&parameters, images.pixels(i));
            let found = network.outputs(images.pixels(i));
            assert_eq!(found.len(), expected.len());
            for (a, b) in found.iter().zip(&expected) {
                assert!(
                    (f64::from(*a) - b).abs() < 1e-4 * (1.0 + b.abs()),
                    "{architecture:?}"
                );
            }
        }
        let loss = plain.loss(&parameters, &images);
        let score = network.score(&images);
        assert!(
            (score.loss - loss).abs() < 1e-4 * (1.0 + loss),
            "{architecture:?}"
        );
        let batch: Vec<usize> = (0..images.len()).collect();
        let mut gradient = network.gradient(batch.len());
        let (sum, _) = network.differentiate(&images, &batch, &mut gradient);
        assert!((sum / images.len() as f64 - loss).abs() < 1e-4 * (1.0 + loss));
        let trained = match architecture.head {
            Head::Trained => parameters.len(),
            Head::FixedSigns => architecture.filters * 10,
        };
        // Away from kinks: a coordinate whose two one-sided differences disagree is near one.
        let (h, mut compared) = (1e-5, 0);
        for at in 0..trained {
            let moved = |by: f64| {
                let mut other = parameters.clone();
                other[at] += by;
                plain.loss(&other, &images)
            };
            let (up, down) = ((moved(h) - loss) / h, (loss - moved(-h)) / h);
            if (up - down).abs() > 1e-3 * (1.0 + up.abs()) {
                continue;
            }
            compared += 1;
            let found = f64::from(gradient.values[at]);
            let expected = (up + down) / 2.0;
            assert!(
                (found - expected).abs() < 2e-3 * (1.0 + expected.abs()),
                "{architecture:?} parameter {at}: {found} against {expected}"
            );
        }
        assert!(
            compared * 10 > trained * 9,
            "{architecture:?}: {compared} of {trained}"
        );
        assert!(
            gradient.values.iter().any(|g| g.abs() > 1e-3),
            "{architecture:?}"
        );
    }
}

#[test]
fn a_fixed_head_stays_and_is_alternating_signs() {
    let images = images(8, 2, 1);
    let architecture = architecture(Loss::Hinge, Head::FixedSigns, PoolKind::Sum, None);
    let shape = Shape::new(&architecture, &images).expect("it fits");
    let mut network = Network::random(&shape, Normalisation::of(&images), 1.0, 1);
    let mut gradient = network.gradient(8);
    network.differentiate(&images, &[0, 1, 2], &mut gradient);
    network.descend(&gradient, 0.5);
    for j in 0..5 {
        let sign = if j % 2 == 0 { 1.0 } else { -1.0 };
        assert_eq!(network.head(0, j), [sign]);
    }
}

/// What is left of the network when filters are masked, from the definition: their head weights set to 0.
#[test]
fn a_pruning_curve_is_the_accuracy_of_masked_networks() {
    for (architecture, classes) in all_architectures() {
        let images = images(40, classes, 9);
        let shape = Shape::new(&architecture, &images).expect("it fits");
        let network = Network::random(&shape, Normalisation::of(&images), 1.0, 4);
        let order = [3, 0, 4, 1, 2];
        let curve = network.contributions(&images).curve(&order);
        assert_eq!(curve.len(), 6);
        let cells = shape.cells();
        let at = architecture.filters * (9 + usize::from(architecture.bias));
        for (kept, found) in curve.iter().enumerate() {
            let mut parameters = network.parameters().to_vec();
            for &j in &order[kept..] {
                for o in 0..shape.outputs() {
                    let from = at + (o * 5 + j) * cells;
                    parameters[from..from + cells].fill(0.0);
                }
            }
            let normalisation = network.normalisation();
            let masked = Network::with_parameters(&shape, normalisation, parameters);
            let expected = masked.expect("as many").score(&images).accuracy;
            assert!(
                (found - expected).abs() < 1e-9,
                "{architecture:?}, {kept} left"
            );
        }
    }
}

fn plan(epochs: usize) -> Plan {
    Plan {
        architecture: architecture(Loss::Softmax, Head::Trained, PoolKind::Average, Some(2)),
        init_scale: 0.5,
        step: 0.1,
        batch: 20,
        epochs,
        seed: 11,
    }
}

fn finished(plan: &Plan, train: &Images, test: &Images) -> Run {
    let mut run = Run::start(plan, train, test).expect("a run");
    run.finish(train, test, &mut Unwatched).expect("it ends");
    run
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let (train, test) = (images(70, 3, 1), images(30, 3, 2));
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.expect("threads")
            .install(|| finished(&plan(3), &train, &test))
    };
    let (one, three) = (with(1), with(3));
    assert_eq!(one.network(), three.network());
    assert_eq!(one.norms(), three.norms());
    assert_ne!(one.norms().first(), one.norms().last());
    let other = finished(
        &Plan {
            seed: 12,
            ..plan(3)
        },
        &train,
        &test,
    );
    assert_ne!(one.network(), other.network());
}

#[test]
fn what_does_not_fit_is_refused() {
    let (two, three) = (images(8, 2, 1), images(9, 3, 1));
    let fine = architecture(Loss::Hinge, Head::Trained, PoolKind::Sum, None);
    let refused = |change: fn(&mut Architecture), images: &Images| {
        let mut other = fine.clone();
        change(&mut other);
        Shape::new(&other, images).expect_err("it does not fit")
    };
    assert!(Shape::new(&fine, &two).is_ok());
    assert_eq!(
        refused(|a| a.filters = 0, &two),
        NetworkError::Zero { name: "filters" }
    );
    assert_eq!(
        refused(|a| a.stride = 0, &two),
        NetworkError::Zero { name: "stride" }
    );
    assert!(matches!(
        refused(|a| a.kernel = 9, &two),
        NetworkError::Kernel { kernel: 9, .. }
    ));
    assert!(matches!(
        refused(|a| a.pooling.side = Some(7), &two),
        NetworkError::Cell {
            side: 7,
            rows: 7,
            columns: 6
        }
    ));
    assert_eq!(refused(|_| (), &three), NetworkError::Classes(3));
    let multiclass = |a: &mut Architecture| {
        (a.loss, a.head) = (Loss::Softmax, Head::FixedSigns);
    };
    assert_eq!(refused(multiclass, &two), NetworkError::FixedHead);
    let huge = |a: &mut Architecture| a.filters = usize::MAX;
    assert!(matches!(refused(huge, &two), NetworkError::TooLarge(_)));
    let one = images(4, 1, 1);
    assert_eq!(
        refused(|a| a.loss = Loss::Softmax, &one),
        NetworkError::OneClass
    );
    type Change = fn(&mut Plan);
    let settings: [(Change, &str); 5] = [
        (|p| p.step = 0.0, "the step size"),
        (|p| p.step = f64::NAN, "the step size"),
        (|p| p.init_scale = -1.0, "the scale"),
        (|p| p.batch = 0, "the batch"),
        (|p| p.epochs = 0, "the epochs"),
    ];
    for (change, expected) in settings {
        let mut plan = plan(1);
        change(&mut plan);
        let error = Run::start(&plan, &three, &three)
            .expect_err("refused")
            .to_string();
        assert!(error.contains(expected), "{error}");
    }
}

/// Unhinged loss and a trained head grow geometrically (T7) until `f32` ends. The step that is named is the
/// first after which a parameter is not finite: the run that ends one step before is finite throughout.
#[test]
fn a_run_that_diverges_says_at_which_step() {
    let train = images(40, 2, 3);
    let plan = Plan {
        architecture: architecture(Loss::Unhinged, Head::Trained, PoolKind::Sum, None),
        step: 1e4,
        batch: 40,
        epochs: 200,
        ..plan(1)
    };
    let ended = |epochs: usize| {
        let plan = Plan {
            epochs,
            ..plan.clone()
        };
        let mut run = Run::start(&plan, &train, &train).expect("a run");
        (run.finish(&train, &train, &mut Unwatched), run)
    };
    let (end, run) = ended(200);
    let Err(TrainingError::Diverged { step, .. }) = end else {
        panic!("{end:?}");
    };
    assert!(step > 1, "{step}");
    // What it has from before is finite, and complete: one step an epoch.
    assert_eq!(run.epochs().len() as u64, step - 1);
    let (end, shorter) = ended(step as usize - 1);
    assert_eq!(end, Ok(()));
    assert!(shorter.network().is_finite());
    let values = |run: &Run| -> Vec<f64> {
        let norms = run.norms().iter().flat_map(|n| n.filters.clone());
        let epochs = run.epochs().iter().flat_map(|e| [e.loss, e.test_loss]);
        norms.chain(epochs).collect()
    };
    for run in [&run, &shorter] {
        assert!(values(run).iter().all(|x| x.is_finite()));
    }
    assert!(run.norms().iter().all(|n| n.step < step));
    assert!(ended(step as usize).0.is_err());
    // An initial state beyond the floats is step 0.
    let huge = Plan {
        init_scale: 3e38,
        ..plan
    };
    let end = Run::start(&huge, &train, &train).expect_err("not finite");
    assert!(
        matches!(end, TrainingError::Diverged { step: 0, .. }),
        "{end}"
    );
}

/// Parameters that are finite, and values on the way that are not: relu of NaN is 0, a maximum passes NaN by,
/// and hinge and logistic loss of an infinite margin are 0. None of them may hide the overflow.
#[test]
fn an_overflow_on_the_way_is_seen_by_every_loss_and_pooling() {
    for (architecture, classes) in all_architectures() {
        let images = images(12, classes, 5);
        let shape = Shape::new(&architecture, &images).expect("it fits");
        let plain = Network::random(&shape, Normalisation::of(&images), 0.5, 1);
        assert!(plain.score(&images).loss.is_finite());
        // The first filter alternates at the end of the range.
        let mut parameters = plain.parameters().to_vec();
        let first = shape.filter_rows().next().expect("a filter");
        for (i, x) in parameters[first].iter_mut().enumerate() {
            *x = if i % 2 == 0 { 3e38 } else { -3e38 };
        }
        overflows(&shape, parameters, &images);
    }
    // Every output is beyond the range, on the right side: hinge and logistic loss would be 0.
    for loss in [
        Loss::Hinge,
        Loss::Logistic,
        Loss::Unhinged,
        Loss::MulticlassHinge,
        Loss::Softmax,
    ] {
        let architecture = Architecture {
            bias: false,
            ..architecture(loss, Head::Trained, PoolKind::Sum, None)
        };
        let images = images(12, 2, 5).of_classes(&[0]).expect("images");
        let two = Images::new(
            ROWS,
            COLUMNS,
            2,
            images_pixels(&images),
            vec![0; images.len()],
        );
        let two = two.expect("images");
        let shape = Shape::new(&architecture, &two).expect("it fits");
        let mut parameters = vec![1e3; shape.parameters()];
        let head = shape.parameters() - shape.outputs() * 5;
        parameters[head..head + 5].fill(3e38);
        if shape.outputs() == 2 {
            parameters[head + 5..].fill(-3e38);
        }
        overflows(&shape, parameters, &two);
    }
}

fn images_pixels(images: &Images) -> Vec<u8> {
    let each = (0..images.len()).map(|i| images.pixels(i).to_vec());
    each.collect::<Vec<_>>().concat()
}

fn overflows(shape: &Shape, parameters: Vec<f32>, images: &Images) {
    let normalisation = Normalisation {
        scale: 1.0,
        shift: 0.0,
    };
    let network = Network::with_parameters(shape, normalisation, parameters).expect("as many");
    assert!(network.is_finite());
    let score = network.score(images);
    assert!(!score.loss.is_finite(), "{shape:?}: {score:?}");
    let all: Vec<usize> = (0..images.len()).collect();
    let mut gradient = network.gradient(all.len());
    let (loss, _) = network.differentiate(images, &all, &mut gradient);
    assert!(!loss.is_finite(), "{shape:?}");
}
