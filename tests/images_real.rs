//! Fashion-MNIST as Debian's package dataset-fashion-mnist installs it. Without the package these
//! tests report themselves as ignored, by name; they are never counted as passed.

use filtercert::images::data::{DEBIAN_FASHION_MNIST, Images, read};
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::Path;

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

fn main() {
    let arguments = Arguments::from_args();
    let there = Path::new(DEBIAN_FASHION_MNIST).is_dir();
    if !there {
        eprintln!("Fashion-MNIST is not installed (Debian: dataset-fashion-mnist): not tested");
    }
    let trials = [(
        "fashion_mnist_is_read",
        fashion_mnist_is_read as fn() -> Result<(), Failed>,
    )]
    .map(|(name, test)| {
        let name = if there {
            name.to_owned()
        } else {
            format!("{name} (Debian's dataset-fashion-mnist is not installed)")
        };
        Trial::test(name, test).with_ignored_flag(!there)
    });
    libtest_mimic::run(&arguments, trials.into()).exit();
}
