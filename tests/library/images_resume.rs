//! A saved run goes on only where it came from: other images, labels, classes or options, a file that was
//! edited, cut off or written by another version are refused, and the part that differs is named.

use crate::idx::{Part, SIDE, Set};
use assert_cmd::Command;
use filtercert::images::data::Images;
use filtercert::images::network::{Architecture, Head, Loss, PoolKind, Pooling};
use filtercert::images::training::{Plan, Run, TrainingError, Unwatched};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

const OPTIONS: [&str; 12] = [
    "--quick",
    "--kernel",
    "4",
    "--pool",
    "average",
    "--filters",
    "6",
    "--seeds",
    "2",
    "--init-scales",
    "1,0.1",
    "--no-bias",
];

fn images(data: &Path, out: &Path, more: &[&str]) -> Command {
    let mut command = Command::cargo_bin("filtercert").expect("the binary");
    command.arg("images").arg("--data").arg(data);
    command.arg("-o").arg(out).args(OPTIONS).args(more);
    command
}

/// A finished experiment on a set of classes 0 and 1, to be copied.
struct Saved {
    folder: tempfile::TempDir,
}

static SAVED: LazyLock<Saved> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    Set::of(&[0, 1]).write(&folder.path().join("data"));
    let (data, out) = (folder.path().join("data"), folder.path().join("out"));
    images(&data, &out, &["--epochs", "2"]).assert().code(0);
    Saved { folder }
});

/// A copy of the saved experiment, which may be changed.
struct Copy {
    folder: tempfile::TempDir,
}

impl Copy {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for part in ["data", "out"] {
            fs::create_dir(folder.path().join(part)).expect("a folder");
            for entry in fs::read_dir(SAVED.folder.path().join(part)).expect("it") {
                let from = entry.expect("an entry").path();
                let name = from.file_name().expect("a name");
                fs::copy(&from, folder.path().join(part).join(name)).expect("copied");
            }
        }
        Self { folder }
    }

    fn path(&self, part: &str) -> PathBuf {
        self.folder.path().join(part)
    }

    /// What is said when the run is refused.
    fn refused(&self, more: &[&str]) -> String {
        let before = fs::read(self.path("out/results.json")).expect("results");
        let all = [&["--resume", "--epochs", "2"][..], more].concat();
        let all = if more.contains(&"--epochs") {
            [&["--resume"][..], more].concat()
        } else {
            all
        };
        let output = images(&self.path("data"), &self.path("out"), &all)
            .assert()
            .code(2);
        let output = output.get_output();
        assert!(output.stdout.is_empty());
        // Nothing is written.
        assert_eq!(
            fs::read(self.path("out/results.json")).expect("results"),
            before
        );
        String::from_utf8_lossy(&output.stderr).into_owned()
    }
}

/// The same data and options: everything as before, bit for bit, wall times included.
#[test]
fn the_same_run_goes_on() {
    let copy = Copy::new();
    let read = |name: &str| fs::read(copy.path("out").join(name)).expect(name);
    let names = ["results.json", "norms.svg", "run-scale-0.1-seed-1.json"];
    let before = names.map(read);
    images(
        &copy.path("data"),
        &copy.path("out"),
        &["--resume", "--epochs", "2"],
    )
    .assert()
    .code(0);
    assert_eq!(names.map(read), before);
}

#[test]
fn other_data_are_refused_and_the_part_is_named() {
    type Change = fn(&mut Set);
    let cases: [(&str, Change, &[&str], &[&str]); 9] = [
        (
            "every 6th training label",
            |set| {
                let labels = set.train.labels.iter_mut().step_by(6);
                labels.for_each(|label| *label = 1 - *label);
            },
            &["the labels of the training images differ"],
            &["pixels", "test", "order"],
        ),
        (
            "two training labels exchanged",
            |set| set.train.labels.swap(0, 1),
            &["the labels of the training images differ"],
            &["pixels", "test"],
        ),
        (
            "one pixel of a training image",
            |set| set.train.pixels[59][SIDE * SIDE - 1] ^= 1,
            &["the pixels of the training images differ"],
            &["labels", "test"],
        ),
        (
            "the pixels of every image permuted",
            |set| {
                for image in set.train.pixels.iter_mut().chain(&mut set.test.pixels) {
                    image.reverse();
                }
            },
            &[
                "pixels of the training images differ",
                "pixels of the test images differ",
            ],
            &["labels"],
        ),
        (
            "training images in another order, each with its label",
            |set| {
                set.train.pixels.swap(0, 2);
            },
            &["the pixels of the training images differ"],
            &["labels", "test"],
        ),
        (
            "other test images",
            |set| set.test = Part::of(&[0, 1], 40, 3),
            &["the pixels of the test images differ"],
            &["training", "labels"],
        ),
        (
            "test labels",
            |set| set.test.labels.reverse(),
            &["the labels of the test images differ"],
            &["training", "pixels"],
        ),
        (
            "fewer test images",
            |set| {
                set.test.pixels.pop();
                set.test.labels.pop();
            },
            &["the number of test images differs: found 40, expected 39"],
            &["training"],
        ),
        (
            "a third class in the test set's place of the second",
            |set| {
                let change = |labels: &mut [u8]| {
                    labels.iter_mut().for_each(|label| *label *= 2);
                };
                change(&mut set.train.labels);
                change(&mut set.test.labels);
            },
            &["the classes differ: found 0,1, expected 0,2"],
            &["pixels"],
        ),
    ];
    for (what, change, expected, others) in cases {
        let copy = Copy::new();
        let mut set = Set::of(&[0, 1]);
        change(&mut set);
        set.write(&copy.path("data"));
        // All classes of the set: --quick alone would ask for 0 and 1.
        let classes = if what.contains("third") { "0,2" } else { "0,1" };
        let said = copy.refused(&["--classes", classes]);
        for words in expected {
            assert!(said.contains(words), "{what}: {said}");
        }
        for words in others {
            assert!(
                !said.replace("run-scale", "").contains(words),
                "{what}: {said}"
            );
        }
        assert!(said.contains("run-scale-0.1-seed-1.json"), "{said}");
    }
}

#[test]
fn other_options_are_refused_and_the_option_is_named() {
    let cases: [(&[&str], &str); 12] = [
        (
            &["--classes", "1,0"],
            "the class order differs: found 0,1, expected 1,0",
        ),
        (
            &["--images", "50"],
            "the number of training images differs: found 60, expected 50",
        ),
        (
            &["--step", "0.2"],
            "the option step differs: found 0.1, expected 0.2",
        ),
        (
            &["--batch", "8"],
            "the option batch differs: found 16, expected 8",
        ),
        (
            &["--loss", "hinge"],
            "the option loss differs: found \"logistic\", expected \"hinge\"",
        ),
        (&["--head", "fixed"], "the option head differs"),
        (
            &["--stride", "2"],
            "the option stride differs: found 1, expected 2",
        ),
        (
            &["--pool", "max"],
            "the option pooling.kind differs: found \"average\", expected \"max\"",
        ),
        (
            &["--pool", "average:3"],
            "the option pooling.side differs: found null, expected 3",
        ),
        (
            &["--kernel", "5", "--filters", "7"],
            "the option kernel differs: found 4, expected 5",
        ),
        (
            &["--kernel", "5", "--filters", "7"],
            "the option filters differs: found 6, expected 7",
        ),
        (
            &["--epochs", "1"],
            "the epochs differ: found a run of 8 steps, expected one of at most 4",
        ),
    ];
    let copy = Copy::new();
    for (options, expected) in cases {
        // An option that is given twice is refused by itself.
        let mut command = Command::cargo_bin("filtercert").expect("the binary");
        command.arg("images").arg("--data").arg(copy.path("data"));
        command.arg("-o").arg(copy.path("out")).arg("--resume");
        let mut kept = OPTIONS.to_vec();
        kept.extend(["--epochs", "2"]);
        for option in options.iter().filter(|o| o.starts_with("--")) {
            if let Some(at) = kept.iter().position(|o| o == option) {
                kept.drain(at..at + 2);
            }
        }
        let output = command.args(kept).args(options).assert().code(2);
        let said = String::from_utf8_lossy(&output.get_output().stderr).into_owned();
        assert!(said.contains(expected), "{options:?}: {said}");
    }
    // A file under the name of another seed or scale.
    let run = |name: &str| copy.path("out").join(format!("run-scale-{name}.json"));
    fs::copy(run("0.1-seed-2"), run("0.1-seed-1")).expect("copied");
    let said = copy.refused(&[]);
    assert!(
        said.contains("the option seed differs: found 2, expected 1"),
        "{said}"
    );
    fs::copy(run("1-seed-1"), run("0.1-seed-1")).expect("copied");
    let said = copy.refused(&[]);
    assert!(
        said.contains("the option init_scale differs: found 1.0, expected 0.1"),
        "{said}"
    );
}

#[test]
fn edited_and_broken_files_are_refused() {
    type Edit = fn(&str) -> String;
    let cases: [(&str, Edit, &str); 9] = [
        (
            "a test accuracy",
            |text| edited(text, &["epochs"], 1.0.into()),
            "checksum",
        ),
        (
            "a norm",
            |text| edited(text, &["norms", "0", "filters", "0"], 9.5.into()),
            "checksum",
        ),
        (
            "a step",
            |text| edited(text, &["step"], 4.into()),
            "checksum",
        ),
        (
            "a digest",
            |text| {
                let other = Value::from("0".repeat(64));
                edited(text, &["origin", "test", "pixels"], other)
            },
            "checksum",
        ),
        (
            "one digit of a parameter",
            |text| {
                let at = text.find("\"parameters\":\"").expect("them") + 20;
                let other = if &text[at..=at] == "0" { "1" } else { "0" };
                format!("{}{other}{}", &text[..at], &text[at + 1..])
            },
            "checksum",
        ),
        (
            "half a file",
            |text| text[..text.len() / 2].to_owned(),
            "cut off or damaged",
        ),
        ("nothing", |_| String::new(), "cut off or damaged"),
        (
            "an older format",
            |text| {
                let old = text.replacen("\"version\":2", "\"version\":1", 1);
                let start = old.find("\"checksum\"").expect("it");
                let end = old.find("\"plan\"").expect("it");
                format!("{}{}", &old[..start], &old[end..])
            },
            "version 1, expected \"filtercert-run\" version 2",
        ),
        (
            "something else",
            |_| "{\"a\": [1]}".to_owned(),
            "found format null version null",
        ),
    ];
    for (what, edit, expected) in cases {
        let copy = Copy::new();
        let path = copy.path("out/run-scale-0.1-seed-2.json");
        let text = fs::read_to_string(&path).expect("a checkpoint");
        let changed = edit(&text);
        assert_ne!(changed, text, "{what}");
        fs::write(&path, changed).expect("written");
        let said = copy.refused(&[]);
        assert!(
            said.contains("run-scale-0.1-seed-2.json") && said.contains(expected),
            "{what}: {said}"
        );
    }
}

/// The text with another value at a place; of a list, in its last element.
fn edited(text: &str, place: &[&str], value: Value) -> String {
    let mut all: Value = serde_json::from_str(text).expect("JSON");
    let mut at = &mut all;
    for step in place {
        at = match step.parse::<usize>() {
            Ok(i) => &mut at[i],
            Err(_) => &mut at[*step],
        };
    }
    if let Some(list) = at.as_array_mut() {
        list.last_mut().expect("an epoch")["test_accuracy"] = value;
    } else {
        *at = value;
    }
    all.to_string()
}

fn few(n: usize, classes: usize, seed: u64) -> Images {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let pixels = (0..n * 36).map(|_| rng.random::<u8>()).collect();
    let labels = (0..n).map(|i| (i % classes) as u8).collect();
    Images::new(6, 6, classes, pixels, labels).expect("images")
}

fn plan(epochs: usize) -> Plan {
    Plan {
        architecture: Architecture {
            filters: 3,
            kernel: 3,
            stride: 1,
            pooling: Pooling {
                kind: PoolKind::Average,
                side: Some(2),
            },
            head: Head::Trained,
            loss: Loss::Softmax,
            bias: true,
        },
        init_scale: 0.5,
        step: 0.1,
        batch: 7,
        epochs,
        seed: 11,
    }
}

fn finished(plan: &Plan, train: &Images, test: &Images) -> Run {
    let mut run = Run::start(plan, train, test).expect("a run");
    run.finish(train, test, &mut Unwatched).expect("it ends");
    run
}

/// Everything of a run but its wall times.
fn told(run: &Run) -> String {
    let mut all: Value = serde_json::from_str(&run.to_text()).expect("JSON");
    for epoch in all["epochs"].as_array_mut().expect("epochs") {
        epoch["seconds"].take();
    }
    all["checksum"].take();
    all.to_string()
}

/// A finished run continued to more epochs is the run that was planned so long, in all it has: the norms
/// noted at the end of the shorter plan are not kept.
#[test]
fn more_epochs_end_where_a_longer_run_ends() {
    let (train, test) = (few(33, 3, 1), few(20, 3, 2));
    for (short, long) in [(1, 2), (1, 4), (2, 3), (3, 7)] {
        let text = finished(&plan(short), &train, &test).to_text();
        let mut run = Run::resume(&text, &plan(long), &train, &test).expect("resumed");
        run.finish(&train, &test, &mut Unwatched).expect("it ends");
        let whole = finished(&plan(long), &train, &test);
        assert_eq!(told(&run), told(&whole), "{short} to {long}");
    }
    // The other way round there is nothing to go back to.
    let text = finished(&plan(2), &train, &test).to_text();
    let error = Run::resume(&text, &plan(1), &train, &test).expect_err("longer");
    assert!(error.to_string().contains("the epochs differ"), "{error}");
}

/// Labels that are called otherwise are another experiment, even if all bytes are the same.
#[test]
fn classes_are_part_of_the_origin() {
    let (train, test) = (few(40, 4, 1), few(20, 4, 2));
    let of = |classes: &[usize]| {
        let part = |images: &Images| images.of_classes(classes).expect("classes");
        (part(&train), part(&test))
    };
    let two = Plan {
        architecture: Architecture {
            loss: Loss::Logistic,
            ..plan(1).architecture
        },
        ..plan(1)
    };
    let (a, b) = of(&[1, 3]);
    let text = finished(&two, &a, &b).to_text();
    assert!(Run::resume(&text, &two, &a, &b).is_ok());
    let said = |train: &Images, test: &Images| match Run::resume(&text, &two, train, test) {
        Err(TrainingError::Resume(said)) => said,
        other => panic!("{other:?}"),
    };
    let (c, d) = of(&[3, 1]);
    assert_eq!(
        said(&c, &d),
        "not this run: the class order differs: found 1,3, expected 3,1"
    );
    let plain = |images: &Images| {
        let pixels = (0..images.len()).flat_map(|i| images.pixels(i).to_vec());
        let labels = (0..images.len()).map(|i| images.label(i) as u8);
        Images::new(6, 6, 2, pixels.collect(), labels.collect()).expect("images")
    };
    let unnamed = said(&plain(&a), &plain(&b));
    assert!(
        unnamed.contains("the classes differ: found 1,3, expected 0,1"),
        "{unnamed}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// A change of any byte of a file is refused, or reads as the same numbers (white space, a letter of
    /// an exponent): then the run is the same. Nothing panics.
    #[test]
    fn any_changed_byte_is_refused(place in any::<prop::sample::Index>(), byte in 32u8..127) {
        static RUN: LazyLock<(Images, Images, String)> = LazyLock::new(|| {
            let (train, test) = (few(20, 3, 1), few(10, 3, 2));
            let text = finished(&plan(1), &train, &test).to_text();
            (train, test, text)
        });
        let (train, test, text) = &*RUN;
        let mut bytes = text.clone().into_bytes();
        let at = place.index(bytes.len());
        bytes[at] = byte;
        let changed = String::from_utf8(bytes).expect("ASCII");
        let genuine = Run::resume(text, &plan(1), train, test).expect("genuine");
        if let Ok(run) = Run::resume(&changed, &plan(1), train, test) {
            prop_assert_eq!(run, genuine);
        }
    }
}
