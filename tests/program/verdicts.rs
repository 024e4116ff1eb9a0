//! Verdicts, exact figures and names of proofs stay as they are where code is only rearranged.
//!
//! `tests/verdicts` keeps problems with what `check --json` says of them, sampled figures left out.
//! `VERDICTS_UPDATE=1 cargo test --release --test program verdicts` writes these anew.
//!
//! A wider comparison, of all examples and 300 random problems, runs between two versions of the program:
//! `tests/verdicts/compare.sh DIR` records them in DIR if it is empty, else compares with what is there.

use crate::common::strategy::problems;
use crate::common::{DictionaryKind, DistributionKind, HeadKind, Shape, coarse};
use filtercert::problem::{Activation, Loss, Pooling, Problem, Train, to_explicit_json};
use rayon::prelude::*;
use serde_json::{Map, Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// Problems of each shape: 15 shapes, 300 problems.
const A_SHAPE: u64 = 20;

/// Of which so many of the first shapes are kept in the repository, one a shape at first.
const KEPT: usize = 20;

fn shapes() -> Vec<(&'static str, Shape)> {
    let base = Shape {
        steps: 8..=24,
        ..Shape::default()
    };
    let tiny = Shape {
        filters: 3..=4,
        background: 1..=1,
        key_patches: 1..=1,
        background_patches: 1..=1,
        ..base.clone()
    };
    let unequal = Shape {
        balanced: false,
        same_background: false,
        ..base.clone()
    };
    let with_loss = |loss| Shape {
        loss,
        ..base.clone()
    };
    vec![
        ("stated", base.clone()),
        ("tiny", tiny.clone()),
        ("unequal", unequal.clone()),
        ("hinge", with_loss(Loss::Hinge)),
        (
            "tiny-hinge",
            Shape {
                loss: Loss::Hinge,
                ..tiny.clone()
            },
        ),
        ("perceptron", with_loss(Loss::Perceptron)),
        (
            "max-pooling",
            Shape {
                pooling: Pooling::Max,
                loss: Loss::Hinge,
                ..base.clone()
            },
        ),
        (
            "trained-head",
            Shape {
                train: Train::FiltersAndHead,
                steps: 4..=9,
                ..tiny.clone()
            },
        ),
        (
            "coherent",
            Shape {
                dictionary: DictionaryKind::Coherent,
                ..base.clone()
            },
        ),
        (
            "atoms",
            Shape {
                distribution: DistributionKind::Atoms,
                ..base.clone()
            },
        ),
        (
            "keyed-atoms",
            Shape {
                distribution: DistributionKind::KeyedAtoms,
                loss: Loss::Hinge,
                ..base.clone()
            },
        ),
        (
            "batches",
            Shape {
                batch: 2..=3,
                head: HeadKind::Rational,
                ..unequal.clone()
            },
        ),
        ("square", with_loss(Loss::Square)),
        (
            "identity",
            Shape {
                activation: Activation::Identity,
                ..unequal
            },
        ),
        ("coarse", coarse()),
    ]
}

/// A problem file: the problem written out, with a number of runs that decides some sampled claims. Every
/// third one has a network drawn at random, so that the lottery is held.
fn file_of(shape: &Shape, seed: u64, problem: &Problem) -> Value {
    let mut file = to_explicit_json(problem);
    file["training"]["runs"] = json!(60 + 60 * (seed % 6));
    if seed % 3 == 2 && shape.train == Train::Filters && !problem.dictionary().is_dependent() {
        let network = file["network"].as_object().unwrap();
        let mut drawn = Map::new();
        for key in ["activation", "pooling"] {
            if let Some(value) = network.get(key) {
                drawn.insert(key.to_owned(), value.clone());
            }
        }
        drawn.insert("filters".to_owned(), json!(problem.n_filters()));
        drawn.insert("head".to_owned(), json!("random"));
        drawn.insert(
            "init".to_owned(),
            json!({"kind": "uniform", "half_width": "1/2", "denominator": 64, "seed": seed}),
        );
        file["network"] = Value::Object(drawn);
    }
    file
}

fn random_files() -> Vec<(String, Value)> {
    let mut files = Vec::new();
    for (name, shape) in shapes() {
        for (seed, problem) in problems(shape.clone(), 0, A_SHAPE) {
            files.push((format!("{name}-{seed:02}"), file_of(&shape, seed, &problem)));
        }
    }
    files
}

/// What must stay of a figure; `None` for what was sampled, or could not be had.
fn figure(value: &Value) -> Option<Value> {
    let object = value.as_object()?;
    let sampled = ["estimate", "observed", "spread", "q50"];
    if object.is_empty() || sampled.iter().any(|key| object.contains_key(*key)) {
        return None;
    }
    let mut kept = object.clone();
    kept.remove("approx");
    if object.contains_key("exact")
        || object.contains_key("enclosure")
        || object.contains_key("at_most")
    {
        return Some(Value::Object(kept));
    }
    None
}

/// What `check --json` says of a problem, sampled figures left out.
fn verdicts(file: &Path) -> Value {
    let path = file.to_str().unwrap();
    let (code, out, error) =
        crate::common::run(&["check", path, "--json", "--no-timing", "--threads", "1"]);
    let told: Value =
        serde_json::from_str(&out).unwrap_or_else(|_| panic!("{path}: {code} {error}"));
    let theorems: Map<String, Value> = told["theorems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|theorem| {
            let figures: Map<String, Value> = theorem["figures"]
                .as_object()
                .unwrap()
                .iter()
                .filter_map(|(name, value)| Some((name.clone(), figure(value)?)))
                .collect();
            let coq: Vec<&Value> = theorem["coq"]
                .as_array()
                .unwrap()
                .iter()
                .map(|proof| &proof["name"])
                .collect();
            let fails: Vec<&Value> = theorem["fails"].as_array().unwrap().iter().collect();
            let kept = json!({
                "verdict": theorem["verdict"],
                "layer": theorem["layer"],
                "vacuous": theorem["vacuous"],
                "scope": theorem["scope"],
                "fails": fails,
                "coq": coq,
                "figures": figures,
            });
            (theorem["id"].as_str().unwrap().to_owned(), kept)
        })
        .collect();
    json!({ "exit": code, "assumptions": told["assumptions"], "theorems": theorems })
}

/// The theorems of which two records say different things, with both.
fn differences(name: &str, before: &Value, now: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for key in ["exit", "assumptions"] {
        if before[key] != now[key] {
            found.push(format!(
                "{name} {key}\n  was {}\n  is  {}",
                before[key], now[key]
            ));
        }
    }
    let theorems = |record: &Value| record["theorems"].as_object().cloned().unwrap_or_default();
    let (before, now) = (theorems(before), theorems(now));
    for id in before
        .keys()
        .chain(now.keys().filter(|id| !before.contains_key(*id)))
    {
        let (was, is) = (before.get(id), now.get(id));
        if was == is {
            continue;
        }
        let (Some(was), Some(is)) = (was, is) else {
            found.push(format!("{name} {id}: only in one of the records"));
            continue;
        };
        for (key, value) in was.as_object().unwrap() {
            if *value != is[key] {
                found.push(format!(
                    "{name} {id} {key}\n  was {value}\n  is  {}",
                    is[key]
                ));
            }
        }
    }
    found
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verdicts")
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn write(path: &Path, value: &Value) {
    let mut text = serde_json::to_string_pretty(value).unwrap();
    text.push('\n');
    fs::write(path, text).unwrap();
}

/// Those that are kept: one of each shape, then a second.
fn kept() -> Vec<(String, Value)> {
    let all = random_files();
    let a_shape = A_SHAPE as usize;
    let mut kept = Vec::new();
    for round in 0.. {
        for shape in 0..all.len() / a_shape {
            if kept.len() == KEPT {
                return kept;
            }
            kept.push(all[shape * a_shape + 2 * round + shape % 3].clone());
        }
    }
    kept
}

#[test]
fn kept_verdicts_are_as_recorded() {
    let update = std::env::var_os("VERDICTS_UPDATE").is_some();
    let mut found = Vec::new();
    let mut compared = 0;
    for (name, file) in kept() {
        let problem = folder().join(format!("{name}.json"));
        let record = folder().join(format!("{name}.verdicts.json"));
        if update {
            // A problem stays what it is, whatever is drawn today.
            if !problem.exists() {
                write(&problem, &file);
            }
            write(&record, &verdicts(&problem));
        }
        let now = verdicts(&problem);
        assert!(now["theorems"].as_object().unwrap().len() >= 13, "{name}");
        found.extend(differences(&name, &read(&record), &now));
        compared += 1;
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert_eq!(compared, KEPT);
}

#[test]
fn a_changed_record_is_seen() {
    let record = folder().join(format!("{}.verdicts.json", kept()[0].0));
    let before = read(&record);
    assert!(differences("same", &before, &before).is_empty());
    for (id, key, value) in [
        ("T1", "verdict", json!("refuted")),
        ("T2", "figures", json!({})),
        ("T3", "coq", json!(["T3_other"])),
    ] {
        let mut changed = before.clone();
        changed["theorems"][id][key] = value;
        assert_eq!(
            differences("changed", &before, &changed).len(),
            1,
            "{id} {key}"
        );
    }
}

/// Records or compares all examples and 300 random problems; see the head of this file.
#[test]
fn recorded_verdicts_are_the_same() {
    let Some(directory) = std::env::var_os("VERDICTS_DIR").map(PathBuf::from) else {
        return;
    };
    fs::create_dir_all(&directory).unwrap();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut files: Vec<(String, PathBuf)> = fs::read_dir(examples)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), path))
        .collect();
    files.sort();
    for (name, file) in random_files() {
        let path = directory.join(format!("{name}.json"));
        if !path.exists() {
            write(&path, &file);
        }
        files.push((name, path));
    }
    let found: Vec<String> = files
        .par_iter()
        .flat_map_iter(|(name, path)| {
            let record = directory.join(format!("{name}.verdicts.json"));
            let now = verdicts(path);
            if record.exists() {
                differences(name, &read(&record), &now)
            } else {
                write(&record, &now);
                Vec::new()
            }
        })
        .collect();
    println!("{} problems", files.len());
    assert!(found.is_empty(), "{}", found.join("\n"));
}
