//! The report of every example, as `filtercert report` writes it, in a browser.
//!
//! FILTERCERT names the program; without it `target/release/filtercert` of the repository is run.

use filtercert_browser::Browser;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn reports_of_all_examples_have_no_faults() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let built = || root.join("target/release/filtercert");
    let program = std::env::var_os("FILTERCERT").map_or_else(built, PathBuf::from);
    assert!(
        program.is_file(),
        "{} is not there: `cargo build --release` in the repository, or name it in FILTERCERT",
        program.display()
    );
    let folder = tempfile::tempdir().unwrap();
    let files = std::fs::read_dir(root.join("examples")).unwrap();
    let mut examples: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    examples.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "toml")
    });
    examples.sort();
    assert!(!examples.is_empty());
    let pages = examples.iter().map(|example| {
        let out = folder.path().join(example.file_stem().unwrap());
        let run = Command::new(&program)
            .arg("report")
            .args([example, Path::new("-o"), &out])
            .output()
            .unwrap();
        let page = out.join("report.html");
        let said = String::from_utf8_lossy(&run.stderr);
        assert!(
            page.is_file(),
            "{}: no report.html: {} {said}",
            example.display(),
            run.status
        );
        page
    });
    let mut pages: Vec<PathBuf> = pages.collect();
    // Two problems beside each other, and the experiment on images.
    for (name, arguments) in [
        (
            "two",
            &[
                "report",
                "examples/balanced.toml",
                "examples/violates-a4.toml",
            ][..],
        ),
        ("images", &["images", "--planted", "orthogonal", "--quick"]),
    ] {
        let out = folder.path().join(name);
        let run = Command::new(&program)
            .current_dir(&root)
            .args(arguments)
            .args([Path::new("-o"), &out])
            .output()
            .unwrap();
        let page = out.join("report.html");
        let said = String::from_utf8_lossy(&run.stderr);
        assert!(page.is_file(), "{name}: no report.html: {said}");
        pages.push(page);
    }
    let browser = Browser::start().unwrap();
    let mut faults = Vec::new();
    for (page, found) in pages.iter().zip(browser.faults_of(&pages)) {
        let name = page.parent().and_then(Path::file_name).unwrap().display();
        faults.extend(
            found
                .unwrap()
                .iter()
                .map(|fault| format!("{name}: {fault}")),
        );
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
