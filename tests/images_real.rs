//! Fashion-MNIST as Debian's package dataset-fashion-mnist installs it. Without the package these
//! tests report themselves as ignored, by name; they are never counted as passed.

use filtercert::images::data::{DEBIAN_FASHION_MNIST, Images, read};
use filtercert::images::patches::{PatchOptions, audit};
use filtercert::images::planted::{keys, plant};
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::Path;

type Test = fn() -> Result<(), Failed>;

fn expect(holds: bool, what: impl Into<String>) -> Result<(), Failed> {
    if holds {
        Ok(())
    } else {
        Err(what.into().into())
    }
}

fn per_class(images: &Images) -> Vec<usize> {
    let mut counts = vec![0; images.n_classes()];
    for i in 0..images.len() {
        counts[images.label(i)] += 1;
    }
    counts
}

/// Sizes, classes and the usual normalisation constants of the training set.
fn fashion_mnist_is_read() -> Result<(), Failed> {
    let set = read(None)?;
    expect(set.name == "fashion-mnist", set.name.clone())?;
    for (images, n) in [(&set.train, 60_000), (&set.test, 10_000)] {
        expect(images.len() == n, format!("{} images", images.len()))?;
        let size = (images.rows(), images.columns());
        expect(size == (28, 28), format!("{size:?} pixels"))?;
        let counts = per_class(images);
        expect(counts == vec![n / 10; 10], format!("{counts:?}"))?;
    }
    let (mean, deviation) = set.train.mean_and_deviation();
    expect(
        format!("{mean:.4} {deviation:.4}") == "0.2860 0.3530",
        format!("mean {mean}, deviation {deviation}"),
    )
}

/// The audit tells real images from the same images with planted keys: only the latter have nearly
/// unique keys (patches that resemble a key have its type too, hence not quite), and their background
/// hardly depends on the label, which is random. All seeds are fixed: this is a check of one input, no
/// probability is claimed.
fn the_audit_tells_real_images_from_planted_ones() -> Result<(), Failed> {
    let images = read(None)?.train.of_classes(&[0, 1])?.first(4_000);
    let options = PatchOptions {
        size: 4,
        stride: 4,
        sample: 50_000,
        ..PatchOptions::default()
    };
    let real = audit(&images, &options)?;
    let planted = audit(&plant(&images, 4, &keys(4)?, 1)?, &options)?;
    expect(
        real.label_dependence > 5.0 * real.label_dependence_by_chance,
        format!("A3 on real images: {real:?}"),
    )?;
    expect(
        planted.label_dependence < 0.2 * real.label_dependence,
        format!("A3 on planted images: {planted:?}"),
    )?;
    for key in &real.key_uniqueness {
        expect(key.difference < 0.8, format!("A2 on real images: {key:?}"))?;
    }
    for key in &planted.key_uniqueness {
        expect(
            key.presence == 1.0 && key.difference > 0.85,
            format!("A2 on planted images: {key:?}"),
        )?;
    }
    expect(
        real.coherence_max > 0.5,
        format!("A1 on real images: {real:?}"),
    )
}

fn main() {
    let arguments = Arguments::from_args();
    let there = Path::new(DEBIAN_FASHION_MNIST).is_dir();
    if !there {
        eprintln!("Fashion-MNIST is not installed (Debian: dataset-fashion-mnist): not tested");
    }
    let tests: [(&str, Test); 2] = [
        ("fashion_mnist_is_read", fashion_mnist_is_read),
        (
            "the_audit_tells_real_images_from_planted_ones",
            the_audit_tells_real_images_from_planted_ones,
        ),
    ];
    let trials = tests.map(|(name, test)| {
        let name = if there {
            name.to_owned()
        } else {
            format!("{name} (Debian's dataset-fashion-mnist is not installed)")
        };
        Trial::test(name, test).with_ignored_flag(!there)
    });
    libtest_mimic::run(&arguments, trials.into()).exit();
}
