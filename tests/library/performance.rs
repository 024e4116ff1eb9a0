//! `docs/performance.md` shows what the last record says.

#[path = "../../benches/commands/told.rs"]
mod told;

use std::fs;
use std::path::{Path, PathBuf};
use told::{Record, markdown, picture};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The record whose name comes last: names are dates.
fn last_record() -> Record {
    let records = fs::read_dir(root().join("benches/records")).unwrap();
    let mut paths: Vec<PathBuf> = records.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let text = fs::read_to_string(paths.last().expect("a record")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn the_page_shows_the_last_record() {
    let record = last_record();
    let path = root().join("docs/performance.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once("<!-- record -->\n").unwrap();
    let (_, after) = rest.split_once("<!-- /record -->").unwrap();
    let told = markdown(&record);
    let expected = format!("{before}<!-- record -->\n{told}<!-- /record -->{after}");
    let pictures: Vec<(PathBuf, String)> = record
        .growth
        .iter()
        .map(|growth| {
            let name = format!("docs/performance/{}.svg", growth.id);
            (root().join(name), picture(growth).unwrap())
        })
        .collect();
    if std::env::var_os("README_UPDATE").is_some() {
        fs::write(&path, &expected).unwrap();
        for (path, svg) in &pictures {
            fs::write(path, svg).unwrap();
        }
        return;
    }
    assert!(
        page == expected,
        "README_UPDATE=1 brings docs/performance.md up to date"
    );
    for (path, svg) in pictures {
        assert!(
            fs::read_to_string(&path).is_ok_and(|drawn| drawn == svg),
            "{}",
            path.display()
        );
    }
}

/// What was wanted is in the record, and the page says where it was missed.
#[test]
fn missed_figures_are_named() {
    let mut record = last_record();
    for i in 0..record.figures.len() {
        let before = markdown(&record).matches(": missed").count();
        let held = record.figures[i].holds();
        record.figures[i].seconds *= 1e3;
        assert!(!record.figures[i].holds());
        let after = markdown(&record).matches(": missed").count();
        assert_eq!(after, before + usize::from(held));
    }
}
