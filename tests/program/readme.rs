//! README.md shows what the program prints: every command of a `console` block is run and its output compared.
//! A line `...` stands for any number of lines. `README_UPDATE=1 cargo test --release --test program readme` writes the
//! outputs anew where no line is left out.
//!
//! Blocks marked `text` are not compared: they need a data set or Coq.

use assert_cmd::Command;
use std::fs;
use std::path::PathBuf;

fn readme() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

/// What a command of the README prints; `None` if it is not one of ours.
fn run(command: &str) -> Option<String> {
    let arguments = command
        .strip_prefix("filtercert ")
        .or_else(|| command.strip_prefix("cargo run --release -- "))?;
    let output = Command::cargo_bin("filtercert")
        .unwrap()
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_remove("COLUMNS")
        .args(arguments.split_whitespace())
        .output()
        .unwrap();
    assert!(
        matches!(output.status.code(), Some(0 | 1 | 3)),
        "{command}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Does the shown text match, with `...` for any number of lines?
fn matches(shown: &[&str], printed: &[&str]) -> bool {
    match shown.first() {
        None => printed.is_empty(),
        Some(&"...") => {
            (0..=printed.len()).any(|skipped| matches(&shown[1..], &printed[skipped..]))
        }
        Some(line) => {
            printed.first().is_some_and(|p| p == line) && matches(&shown[1..], &printed[1..])
        }
    }
}

#[test]
fn the_readme_shows_what_is_printed() {
    let text = fs::read_to_string(readme()).unwrap();
    let update = std::env::var_os("README_UPDATE").is_some();
    let mut written = String::new();
    let mut lines = text.lines().peekable();
    let mut compared = 0;
    let mut in_console = false;
    while let Some(line) = lines.next() {
        written.push_str(line);
        written.push('\n');
        if line.starts_with("```") {
            in_console = line == "```console";
            continue;
        }
        let Some(command) = line.strip_prefix("$ ").filter(|_| in_console) else {
            continue;
        };
        let mut shown = Vec::new();
        while let Some(next) = lines.next_if(|l| !l.starts_with("$ ") && !l.starts_with("```")) {
            shown.push(next);
        }
        let printed = run(command);
        if let Some(printed) = &printed {
            let printed: Vec<&str> = printed.trim_end().lines().collect();
            let elided = shown.contains(&"...");
            if update && !elided {
                shown = printed.clone();
            }
            assert!(
                matches(&shown, &printed),
                "{command}\n--- README.md\n{}\n--- printed\n{}",
                shown.join("\n"),
                printed.join("\n")
            );
            compared += 1;
            for line in shown {
                written.push_str(line);
                written.push('\n');
            }
        } else {
            assert!(
                shown.is_empty(),
                "{command}: not run, so nothing may be shown"
            );
        }
    }
    assert!(compared >= 5, "{compared} commands");
    if update {
        fs::write(readme(), written).unwrap();
    }
}

#[test]
fn elided_lines_match_any_number_of_lines_and_no_other_text() {
    let printed = ["a", "b", "c"];
    for (shown, fits) in [
        (vec!["a", "b", "c"], true),
        (vec!["a", "...", "c"], true),
        (vec!["...", "c"], true),
        (vec!["...", "b"], false),
        (vec!["a", "...", "x", "c"], false),
        (vec!["a", "b"], false),
        (vec!["a", "b", "c", "..."], true),
    ] {
        assert_eq!(matches(&shown, &printed), fits, "{shown:?}");
    }
}
