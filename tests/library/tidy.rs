//! The rules of the house, as tests on the sources.

use filtercert::theory;
use std::collections::{BTreeMap, BTreeSet};
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
const MAY_KNOW: [(&str, &[&str]); 12] = [
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
            "interrupt",
            "number",
            "probability",
            "problem",
            "dynamics",
            "theory",
            "check",
        ],
    ),
    (
        "audit",
        &[
            "interrupt",
            "number",
            "probability",
            "problem",
            "dynamics",
            "theory",
            "check",
            "audit",
        ],
    ),
    ("shard", &["interrupt", "number", "problem", "shard"]),
    (
        "report",
        &[
            "number",
            "probability",
            "problem",
            "dynamics",
            "theory",
            "check",
            "audit",
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
            "audit",
            "certificate",
            "report",
            "images",
            "shard",
            "cli",
        ],
    ),
];

#[test]
fn rooms_know_only_the_rooms_below_them() {
    for (room, allowed) in MAY_KNOW {
        for path in rust_files(&format!("src/{room}")) {
            for (number, line) in code_lines(&read(&path)).enumerate() {
                // The program is a crate of its own on top of the library.
                let line = line.replace("filtercert::", "crate::");
                for part in line.split("crate::").skip(1) {
                    let name: String = part
                        .chars()
                        .take_while(|c| c.is_alphanumeric() || *c == '_')
                        .collect();
                    assert!(
                        // Macros stand at the root of the crate, where theory has one.
                        name.is_empty()
                            || allowed.contains(&name.as_str())
                            || (name == "remark" && room == "theory"),
                        "{}:{}: room `{room}` must not know `{name}`",
                        path.display(),
                        number + 1
                    );
                }
            }
        }
    }
}

/// Theory says what, report says how it reads.
#[test]
fn no_sentence_with_a_number_is_built_in_theory() {
    for path in rust_files("src/theory") {
        for (number, line) in code_lines(&read(&path)).enumerate() {
            for banned in [
                "format!(",
                "json!(",
                "serde_json",
                "push_str(",
                "fmt::Display",
            ] {
                assert!(
                    !line.contains(banned),
                    "{}:{}: {banned} in the theory",
                    path.display(),
                    number + 1
                );
            }
        }
    }
}

#[test]
fn exact_code_never_names_a_float() {
    let mut exact = rust_files("src/number");
    exact.extend(rust_files("src/problem"));
    let exact_tails = |path: &PathBuf| !path.ends_with("interval.rs");
    exact.extend(
        rust_files("src/probability")
            .into_iter()
            .filter(exact_tails),
    );
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

/// In a binary with its own `main` an attribute would be read by nobody.
#[test]
fn tests_of_theorems_are_listed_and_not_marked() {
    for entry in fs::read_dir(root().join("tests/theorems")).unwrap() {
        let path = entry.unwrap().path();
        assert!(!read(&path).contains("#[test]"), "{}", path.display());
    }
}

/// `proofs/README.md` names every theorem, and lists what is not proved as the registry does.
#[test]
fn the_list_of_what_is_not_proved_is_complete() {
    let readme = read(&root().join("proofs/README.md"));
    for name in proved() {
        assert!(
            readme.contains(&format!("`{name}`")),
            "{name} is not in proofs/README.md"
        );
    }
    let (_, listed) = readme.split_once("## What is not proved").unwrap();
    let (listed, _) = listed.split_once("\n## ").unwrap();
    let listed: Vec<&str> = listed
        .lines()
        .filter(|line| line.starts_with("- "))
        .collect();
    let known: Vec<String> = theory::forms()
        .map(|form| form.statement())
        .filter(|statement| !statement.unproved.is_empty())
        .map(|statement| {
            format!(
                "- {}: {}",
                statement.id.name(),
                statement.unproved.join("; ")
            )
        })
        .collect();
    assert_eq!(listed, known, "proofs/README.md");
}

#[test]
fn a_theorem_has_one_name_everywhere() {
    let readme = read(&root().join("README.md"));
    let table = read(&root().join("docs/theorems.md"));
    let theory = read(&root().join("docs/theory.md"));
    let mut last = None;
    let proved = proved();
    let mut claimed = BTreeMap::new();
    for theorem in theory::forms() {
        let statement = theorem.statement();
        let id = statement.id.name();
        // By number, and then by what follows it: T3, T3max, T4, ..., T10.
        let digits = id[1..].chars().take_while(char::is_ascii_digit).count();
        let order = (id[1..=digits].parse::<u64>().unwrap(), id);
        assert!(last < Some(order), "{id} is out of order or listed twice");
        last = Some(order);
        assert!(
            root()
                .join(format!("src/theory/{}.rs", statement.file))
                .is_file(),
            "{id}: no src/theory/{}.rs",
            statement.file
        );
        let test = format!("tests/theorems/{}.rs", statement.file);
        assert!(root().join(&test).is_file(), "{id}: no {test}");
        assert!(
            theorem.wrong_theories().len() >= 2,
            "{id}: fewer than two wrong theories"
        );
        assert!(!statement.claims.is_empty(), "{id} serves no claim");
        let head = format!("| {id} | {} |", statement.claims.join(", "));
        let row = readme.lines().find(|line| line.starts_with(&head));
        let row = row.unwrap_or_else(|| panic!("README.md has no row {head}"));
        let in_coq = match (statement.proofs, statement.unproved) {
            ([], _) => "no",
            (_, []) => "all",
            _ => "part",
        };
        assert!(row.ends_with(&format!("| {in_coq} |")), "README.md: {row}");
        assert!(
            table.contains(&format!("| {id} |"))
                && table.contains(&format!("(../tests/theorems/{}.rs)", statement.file)),
            "{id}: no row in docs/theorems.md"
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
    for proof in theory::record::GENERAL {
        assert!(!proof.covers.is_empty(), "{} covers what?", proof.name);
        assert!(
            claimed.insert(proof.name, "").is_none(),
            "{} is listed twice",
            proof.name
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
            panic!("{theorem} belongs to no theorem");
        };
        // Of the model or of certificates.
        if id.is_empty() {
            continue;
        }
        let (prefix, _) = theorem.split_once('_').unwrap();
        let own = prefix == *id
            || prefix
                .strip_prefix(*id)
                .is_some_and(|form| ["s", "a", "b", "c", "d", "e", "f", "i"].contains(&form))
            || (prefix == "C5" && ["T5", "T6"].contains(id));
        assert!(own, "{theorem} is listed under {id}");
    }
}

/// The module path of a source file below `src`: `src/a/b.rs` and `src/a/b/mod.rs` are `a::b`.
fn module_of(file: &str) -> Vec<String> {
    let stem = file.trim_end_matches(".rs");
    let mut parts: Vec<String> = stem.split('/').map(str::to_owned).collect();
    if ["mod", "lib", "main"].contains(&parts[parts.len() - 1].as_str()) {
        parts.pop();
    }
    parts
}

/// The paths of a `use` tree with its braces written out.
fn expand(tree: &str) -> Vec<String> {
    let Some((before, rest)) = tree.split_once('{') else {
        return vec![tree.to_owned()];
    };
    let inside = &rest[..rest.rfind('}').unwrap_or(rest.len())];
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, c) in inside.char_indices().chain([(inside.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let parts = expand(&inside[start..at]).into_iter();
                found.extend(parts.map(|part| format!("{before}{part}")));
                start = at + 1;
            }
            _ => {}
        }
    }
    found
}

/// The paths that a file names after `use`, and those that begin with `crate` or `super` elsewhere.
fn named_paths(text: &str) -> Vec<String> {
    let code: String = code_lines(text).flat_map(|line| [line, "\n"]).collect();
    let mut found = Vec::new();
    for statement in code.split(';') {
        if let Some(at) = statement.find("use ").filter(|&at| {
            let before = statement[..at].chars().next_back();
            before.is_none_or(char::is_whitespace)
        }) {
            let tree: String = statement[at + 4..].split_whitespace().collect();
            found.extend(expand(&tree));
        }
    }
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let words = code.split(|c| !is_word(c));
    let rooted = words.filter(|w| w.starts_with("crate::") || w.starts_with("super::"));
    found.extend(rooted.map(str::to_owned));
    found
}

/// Which file takes something from which: not from the files of the folders that it is in, which it may
/// share names with, as siblings do through them.
fn imports(files: &BTreeMap<String, String>) -> BTreeMap<&str, BTreeSet<&str>> {
    let modules: BTreeMap<Vec<String>, &str> =
        files.keys().map(|f| (module_of(f), f.as_str())).collect();
    let mut edges = BTreeMap::new();
    for (file, text) in files {
        let own = module_of(file);
        let targets = named_paths(text).into_iter().filter_map(|path| {
            let mut parts: Vec<&str> = path.split("::").collect();
            let mut at = match parts[0] {
                "crate" => Vec::new(),
                _ => own.clone(),
            };
            if parts[0] == "crate" || parts[0] == "self" {
                parts.remove(0);
            }
            while parts.first() == Some(&"super") {
                parts.remove(0);
                at.pop();
            }
            let mut target = modules.get(&at).copied();
            for part in parts {
                at.push(part.to_owned());
                match modules.get(&at) {
                    Some(file) => target = Some(file),
                    None => break,
                }
            }
            target.filter(|target| !own.starts_with(&module_of(target)))
        });
        edges.insert(file.as_str(), targets.collect());
    }
    edges
}

/// The files that are on a circle, each with those that it shares one with.
fn circles<'a>(edges: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> BTreeMap<&'a str, Vec<&'a str>> {
    let reached = |start: &'a str| {
        let (mut seen, mut stack) = (BTreeSet::new(), vec![start]);
        while let Some(file) = stack.pop() {
            let next = edges[file].iter().filter(|f| seen.insert(**f));
            stack.extend(next.copied().collect::<Vec<_>>());
        }
        seen
    };
    let reach: BTreeMap<_, _> = edges.keys().map(|&f| (f, reached(f))).collect();
    let shared = reach.iter().map(|(&a, from)| {
        let both = from.iter().copied().filter(|b| reach[b].contains(a));
        (a, both.collect::<Vec<_>>())
    });
    shared.filter(|(_, all)| !all.is_empty()).collect()
}

#[test]
fn there_are_no_circles_of_imports_between_files() {
    let src = root().join("src");
    let name = |path: &Path| path.strip_prefix(&src).unwrap().display().to_string();
    let files = rust_files("src").into_iter();
    let files: BTreeMap<_, _> = files.map(|path| (name(&path), read(&path))).collect();
    let edges = imports(&files);
    let known = edges.values().map(BTreeSet::len).sum::<usize>();
    assert!(known > 2 * files.len(), "only {known} imports were read");
    assert_eq!(circles(&edges), BTreeMap::new());
}

#[test]
fn a_circle_of_imports_is_found() {
    let circle = |texts: [(&str, &str); 4]| {
        let files = texts.map(|(file, text)| (file.to_owned(), text.to_owned()));
        let files = BTreeMap::from(files);
        circles(&imports(&files))
            .into_keys()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let head = (
        "a/mod.rs",
        "mod b; mod c;\npub use b::{self, B};\nuse c::C;",
    );
    let first = ("a/b.rs", "use super::c::{\n    C,\n    D,\n};");
    let alone = ("d.rs", "use crate::{a::{b::B, c}, other::Thing};");
    let none = circle([
        head,
        first,
        ("a/c.rs", "use super::B;\n// super::b::B"),
        alone,
    ]);
    assert_eq!(none, [""; 0]);
    for text in [
        "fn f(b: super::b::B) {}",
        "use std::fmt;\nuse crate::a::b::B;",
        "use super::{b::B};",
    ] {
        assert_eq!(
            circle([head, first, ("a/c.rs", text), alone]),
            ["a/b.rs", "a/c.rs"]
        );
    }
    // Through a head of a folder that neither is in.
    let text = "use crate::d::X;";
    let all = circle([head, first, ("a/c.rs", text), alone]);
    assert_eq!(all, ["a/b.rs", "a/c.rs", "d.rs"]);
}
