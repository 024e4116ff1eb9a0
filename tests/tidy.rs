//! The rules of the house, as tests on the sources.

use filtercert::theory::REGISTRY;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                // The fuzz target has a build directory of its own.
                if !path.ends_with("target") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "no sources in {folder}");
    found
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

/// The lines of a source file that are code: without comments, up to the unit tests.
fn code_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .take_while(|line| {
            let line = line.trim_start();
            !line.starts_with("#[cfg(test)]") && !line.starts_with("#[cfg(all(test,")
        })
        .map(|line| line.split("//").next().unwrap_or(""))
}

/// Each room and the rooms of this crate that it may know.
const MAY_KNOW: [(&str, &[&str]); 10] = [
    ("number", &["number"]),
    ("probability", &["number", "probability"]),
    ("images", &["images"]),
    ("problem", &["number", "problem"]),
    (
        "dynamics",
        &["interrupt", "number", "probability", "problem", "dynamics"],
    ),
    (
        "theory",
        &["number", "probability", "problem", "dynamics", "theory"],
    ),
    (
        "check",
        &[
            "number",
            "probability",
            "problem",
            "dynamics",
            "theory",
            "check",
        ],
    ),
    (
        "report",
        &[
            "number",
            "probability",
            "problem",
            "dynamics",
            "theory",
            "check",
            "images",
            "report",
        ],
    ),
    (
        "certificate",
        &[
            "number",
            "probability",
            "problem",
            "dynamics",
            "theory",
            "certificate",
        ],
    ),
    (
        "cli",
        &[
            "interrupt",
            "number",
            "probability",
            "problem",
            "dynamics",
            "theory",
            "check",
            "certificate",
            "report",
            "images",
            "cli",
        ],
    ),
];

#[test]
fn rooms_know_only_the_rooms_below_them() {
    for (room, allowed) in MAY_KNOW {
        for path in rust_files(&format!("src/{room}")) {
            for (number, line) in code_lines(&read(&path)).enumerate() {
                for part in line.split("crate::").skip(1) {
                    let name: String = part
                        .chars()
                        .take_while(|c| c.is_alphanumeric() || *c == '_')
                        .collect();
                    assert!(
                        name.is_empty() || allowed.contains(&name.as_str()),
                        "{}:{}: room `{room}` must not know `{name}`",
                        path.display(),
                        number + 1
                    );
                }
            }
        }
    }
}

#[test]
fn exact_code_never_names_a_float() {
    let mut exact = rust_files("src/number");
    exact.extend(rust_files("src/problem"));
    exact.push(root().join("src/theory/tails.rs"));
    exact.extend(rust_files("src/theory/tails"));
    for path in rust_files("src/dynamics") {
        let place = path.strip_prefix(root().join("src/dynamics")).unwrap();
        let place = place.to_string_lossy();
        let floating = ["sgd", "replay", "float", "kernel", "tracked"]
            .iter()
            .any(|part| place.starts_with(part));
        if !floating {
            exact.push(path);
        }
    }
    for path in exact {
        for (number, line) in code_lines(&read(&path)).enumerate() {
            for word in ["f64", "f32"] {
                assert!(
                    !line.contains(word),
                    "{}:{}: {word} in an exact file",
                    path.display(),
                    number + 1
                );
            }
        }
    }
}

#[test]
fn every_source_file_says_what_it_is_for() {
    for folder in ["src", "tests", "benches"] {
        for path in rust_files(folder) {
            assert!(
                read(&path).starts_with("//!"),
                "{} does not begin with a line of documentation",
                path.display()
            );
        }
    }
}

#[test]
fn nothing_is_left_open_in_the_sources() {
    for path in rust_files("src") {
        let text = read(&path);
        for word in ["TODO", "FIXME", "todo!(", "unimplemented!(", "#[ignore"] {
            assert!(!text.contains(word), "{}: {word}", path.display());
        }
        for (number, line) in code_lines(&text).enumerate() {
            assert!(
                !line.contains(".unwrap()"),
                "{}:{}: unwrap outside tests",
                path.display(),
                number + 1
            );
        }
    }
}

/// The theorems of `proofs/theories/Statements.v` that `proofs/Assumptions.ref` lists as resting on
/// nothing; both must list the same ones (`proofs/check.sh` compares the list with what Coq says).
fn proved() -> Vec<String> {
    let statements = read(&root().join("proofs/theories/Statements.v"));
    let assumptions = read(&root().join("proofs/Assumptions.ref"));
    let stated: Vec<String> = statements
        .lines()
        .filter_map(|line| line.strip_prefix("Theorem "))
        .filter_map(|rest| rest.split([' ', ':']).next())
        .map(str::to_owned)
        .collect();
    let closed: Vec<String> = assumptions
        .lines()
        .filter_map(|line| line.strip_suffix(": Closed under the global context"))
        .map(str::to_owned)
        .collect();
    assert_eq!(stated, closed, "Statements.v and Assumptions.ref differ");
    assert!(!stated.is_empty());
    stated
}

#[test]
fn a_theorem_has_one_name_everywhere() {
    let readme = read(&root().join("README.md"));
    let theory = read(&root().join("docs/theory.md"));
    let mut last = None;
    assert!(!REGISTRY.is_empty());
    let proved = proved();
    let mut claimed = BTreeMap::new();
    for theorem in REGISTRY {
        let statement = theorem.statement();
        let id = statement.id.name();
        assert!(
            last < Some(statement.id),
            "{id} is out of order or listed twice"
        );
        last = Some(statement.id);
        assert!(
            root()
                .join(format!("src/theory/{}.rs", statement.file))
                .is_file(),
            "{id}: no src/theory/{}.rs",
            statement.file
        );
        let test = format!("tests/theorem_{}.rs", statement.file);
        assert!(root().join(&test).is_file(), "{id}: no {test}");
        assert!(
            theorem.wrong_theories().len() >= 2,
            "{id}: fewer than two wrong theories"
        );
        assert!(!statement.claims.is_empty(), "{id} serves no claim");
        assert!(
            readme.contains(&format!("| {id} |"))
                && readme.contains(&format!("theorem_{}", statement.file)),
            "{id}: no row in README.md"
        );
        assert!(
            theory.contains(&format!("**{id}")),
            "{id} is not in docs/theory.md"
        );
        for proof in statement.proofs {
            assert!(
                !proof.covers.is_empty(),
                "{id}: {} covers what?",
                proof.name
            );
            assert!(
                claimed.insert(proof.name, id).is_none(),
                "{} is listed twice",
                proof.name
            );
        }
        assert!(
            !(statement.proofs.is_empty() && statement.unproved.is_empty()),
            "{id} says neither what is proved nor what is not"
        );
    }
    // Both ways: nothing is named that is not proved, and nothing that is proved is left out.
    for name in claimed.keys() {
        assert!(
            proved.iter().any(|p| p == name),
            "{name} is no theorem of proofs/theories/Statements.v that Assumptions.ref lists as closed"
        );
    }
    for theorem in &proved {
        let Some(id) = claimed.get(theorem.as_str()) else {
            // About the checker of certificates, not about learning.
            assert_eq!(
                theorem, "certificate_sound",
                "{theorem} belongs to no theorem"
            );
            continue;
        };
        let (prefix, _) = theorem.split_once('_').unwrap();
        let own = prefix == *id
            || prefix
                .strip_prefix(*id)
                .is_some_and(|form| ["s", "a", "b"].contains(&form))
            || (prefix == "C5" && ["T5", "T6"].contains(id));
        assert!(own, "{theorem} is listed under {id}");
    }
}
