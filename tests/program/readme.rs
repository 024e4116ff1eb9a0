//! README.md and the pages of docs show what the program prints: every command of a `console` block is run, and what
//! it prints is compared. After a change of the output,
//!
//!     README_UPDATE=1 cargo test --release --test program readme
//!
//! writes all blocks anew, and the picture of the README (`picture.rs`).
//!
//! A command is run once, whatever pages show it, in a folder with copies of `examples`, `experiments` and `tests/vectors`. A block may
//! read or show (`cat`) what an earlier command of the same block wrote (`-o`, `--export`, `> FILE`). `| head -N`, `| tail -N` and `| grep TEXT` show
//! a part; `echo $?` is the exit code of the command before. What is no command of ours (`cargo install`) is not run, and
//! nothing may be shown of it. Any other block of the README and of docs/commands says why it is not compared here.

use super::picture;
use assert_cmd::Command;
use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All files of a folder and below that end so, from the root, in order.
fn below(folder: &str, end: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join(folder)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            found.extend(below(&path, end));
        } else if path.ends_with(end) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// README.md, and all of docs.
fn pages() -> Vec<String> {
    let mut pages = vec!["README.md".to_owned()];
    pages.extend(below("docs", ".md"));
    pages
}

/// What a command printed, and its exit code.
#[derive(Debug, Clone)]
struct Printed {
    text: String,
    code: i32,
}

/// Runs commands, each once.
struct Shell {
    folder: tempfile::TempDir,
    done: Mutex<BTreeMap<String, Arc<OnceLock<Printed>>>>,
}

impl Shell {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for source in ["examples", "experiments", "tests/vectors"] {
            fs::create_dir_all(folder.path().join(source)).unwrap();
            for file in below(source, "") {
                let copy = folder.path().join(&file);
                fs::create_dir_all(copy.parent().unwrap()).unwrap();
                fs::copy(root().join(&file), copy).unwrap();
            }
        }
        Shell {
            folder,
            done: Mutex::default(),
        }
    }

    /// What `filtercert ARGUMENTS [> FILE]` prints.
    fn run(&self, command: &str) -> Printed {
        let once = {
            let mut done = self.done.lock().unwrap();
            Arc::clone(done.entry(command.to_owned()).or_default())
        };
        let printed = once.get_or_init(|| {
            let (command, file) = match command.split_once(" > ") {
                Some((command, file)) => (command, Some(file)),
                None => (command, None),
            };
            let output = Command::cargo_bin("filtercert")
                .unwrap()
                .current_dir(self.folder.path())
                .env_remove("COLUMNS")
                .env_remove("NO_COLOR")
                .args(command.split_whitespace().skip(1))
                .output()
                .unwrap();
            let code = output.status.code();
            assert!(
                matches!(code, Some(0 | 1 | 3)),
                "{command}: {code:?}\n{}",
                String::from_utf8_lossy(&output.stderr)
            );
            let mut text = String::from_utf8(output.stdout).unwrap();
            if let Some(file) = file {
                fs::write(self.folder.path().join(file), text).unwrap();
                text = String::new();
            }
            Printed {
                text,
                code: code.unwrap(),
            }
        });
        printed.clone()
    }

    /// What a line of a block prints, given the exit code of the one before; `None` if it is no command of ours.
    fn line(&self, line: &str, last: &mut i32) -> Option<Vec<String>> {
        if line == "echo $?" {
            return Some(vec![last.to_string()]);
        }
        let mut parts = line.split(" | ");
        let command = parts.next()?;
        let text = if let Some(file) = command.strip_prefix("cat ") {
            let written = fs::read_to_string(self.folder.path().join(file));
            written.unwrap_or_else(|_| read(file))
        } else if command.starts_with("filtercert ") {
            let printed = self.run(command);
            *last = printed.code;
            printed.text
        } else {
            return None;
        };
        let mut lines: Vec<String> = text.trim_end().lines().map(str::to_owned).collect();
        for filter in parts {
            // The exit code is then that of the filter.
            *last = 0;
            lines = filtered(lines, filter);
        }
        Some(lines)
    }
}

/// What `head -N`, `tail -N` or `grep TEXT` leaves.
fn filtered(mut lines: Vec<String>, filter: &str) -> Vec<String> {
    let count = |number: &str| number.parse::<usize>().unwrap();
    match filter.split_once(' ') {
        Some(("head", number)) => lines.truncate(count(number.trim_start_matches('-'))),
        Some(("tail", number)) => {
            let kept = count(number.trim_start_matches('-'));
            lines.drain(..lines.len().saturating_sub(kept));
        }
        Some(("grep", text)) => lines.retain(|line| line.contains(text.trim_matches('\''))),
        _ => panic!("{filter}: expected head -N, tail -N or grep TEXT"),
    }
    lines
}

/// A `console` block: its page, and the lines between its fences.
struct Block {
    page: usize,
    lines: Range<usize>,
}

/// The `console` blocks of a page; panics at a block that is of another kind, where that is not allowed.
fn blocks(page: usize, name: &str, lines: &[&str]) -> Vec<Block> {
    let strict = name == "README.md" || name.starts_with("docs/commands/");
    let mut blocks = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let Some(kind) = lines[at].strip_prefix("```") else {
            at += 1;
            continue;
        };
        let length = lines[at + 1..].iter().position(|line| *line == "```");
        let end = at + 1 + length.unwrap_or_else(|| panic!("{name}:{}: no end", at + 1));
        if kind == "console" {
            blocks.push(Block {
                page,
                lines: at + 1..end,
            });
        } else if strict {
            let reason = at > 0 && lines[at - 1].starts_with("<!-- not compared: ");
            assert!(reason, "{name}:{}: not compared, and why?", at + 1);
        }
        at = end + 1;
    }
    blocks
}

/// A block as it should be.
fn as_it_should_be(shell: &Shell, name: &str, lines: &[&str]) -> Vec<String> {
    let mut written = Vec::new();
    let mut last = 0;
    let first = lines.first().is_some_and(|line| line.starts_with("$ "));
    assert!(first, "{name}: a block begins with a command");
    let mut at = 0;
    while at < lines.len() {
        let command = lines[at];
        let shown = lines[at + 1..]
            .iter()
            .take_while(|line| !line.starts_with("$ "))
            .count();
        written.push(command.to_owned());
        match shell.line(&command[2..], &mut last) {
            Some(printed) => written.extend(printed),
            None => assert!(shown == 0, "{name}: {command}: not run, yet shown"),
        }
        at += 1 + shown;
    }
    written
}

/// The first line that differs.
fn difference(name: &str, shown: &[&str], printed: &[String]) -> Option<String> {
    let count = shown.len().max(printed.len());
    let at = (0..count).find(|&i| shown.get(i).copied() != printed.get(i).map(String::as_str))?;
    let line = |line: Option<&str>| line.unwrap_or("(nothing)").to_owned();
    Some(format!(
        "{name}: {}\n  shown:   {}\n  printed: {}",
        shown[0],
        line(shown.get(at).copied()),
        line(printed.get(at).map(String::as_str))
    ))
}

#[test]
fn the_readme_and_the_pages_show_what_is_printed() {
    let update = std::env::var_os("README_UPDATE").is_some();
    let names = pages();
    let texts: Vec<String> = names.iter().map(|name| read(name)).collect();
    let lines: Vec<Vec<&str>> = texts.iter().map(|text| text.lines().collect()).collect();
    let all = names.iter().zip(&lines).enumerate();
    let all: Vec<Block> = all
        .flat_map(|(page, (name, lines))| blocks(page, name, lines))
        .collect();
    let shell = Shell::new();
    let renewed: Vec<OnceLock<Vec<String>>> = all.iter().map(|_| OnceLock::new()).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            let Some(block) = all.get(i) else { return };
            let shown = &lines[block.page][block.lines.clone()];
            let written = renewed[i].set(as_it_should_be(&shell, &names[block.page], shown));
            assert!(written.is_ok());
        }
    };
    // What takes longest comes first.
    let dots = std::thread::scope(|scope| {
        scope.spawn(|| shell.run(picture::COMMAND));
        let count = std::thread::available_parallelism().map_or(2, usize::from);
        for _ in 0..count {
            scope.spawn(work);
        }
        picture::certified()
    });

    let mut stale = Vec::new();
    for (page, name) in names.iter().enumerate() {
        let mut written: Vec<String> = Vec::new();
        let mut at = 0;
        let mut compared = 0;
        for (block, renewed) in all.iter().zip(&renewed).filter(|(b, _)| b.page == page) {
            let renewed = renewed.get().unwrap();
            let shown = &lines[page][block.lines.clone()];
            stale.extend(difference(name, shown, renewed));
            written.extend(
                lines[page][at..block.lines.start]
                    .iter()
                    .map(|l| l.to_string()),
            );
            written.extend(renewed.iter().cloned());
            at = block.lines.end;
            compared += usize::from(renewed.len() > 1);
        }
        written.extend(lines[page][at..].iter().map(|line| line.to_string()));
        let says_why = texts[page].contains("not compared: ");
        let command = name.starts_with("docs/commands/");
        assert!(
            !command || compared > 0 || says_why,
            "{name}: nothing is compared, and why?"
        );
        let written = written.join("\n") + "\n";
        if update && written != texts[page] {
            fs::write(root().join(name), written).unwrap();
        }
    }

    let report = fs::read_to_string(shell.folder.path().join(picture::REPORT)).unwrap();
    let drawn = picture::draw(&report, &dots);
    if update {
        fs::write(root().join(picture::FILE), drawn).unwrap();
        return;
    }
    if fs::read_to_string(root().join(picture::FILE)).ok() != Some(drawn) {
        stale.push(format!("{} shows other numbers", picture::FILE));
    }
    assert!(
        stale.is_empty(),
        "README_UPDATE=1 cargo test --release --test program readme writes them anew:\n{}",
        stale.join("\n")
    );
}

#[test]
fn every_command_has_a_page() {
    let help = Shell::new().run("filtercert --help").text;
    let commands = help.split_once("Commands:\n").unwrap().1;
    let commands = commands.split_once("\n\n").unwrap().0;
    let names = commands
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next());
    let pages: Vec<String> = below("docs/commands", ".md");
    let pages: Vec<String> = pages.iter().map(|page| read(page)).collect();
    let mut seen = 0;
    for name in names.filter(|name| *name != "help") {
        let heads = format!("`filtercert {name}");
        let has = |page: &String| {
            page.lines()
                .any(|line| line.starts_with('#') && line.contains(&heads))
        };
        assert!(pages.iter().any(has), "no page has {name} in a heading");
        seen += 1;
    }
    assert!(seen >= 15, "{seen} commands");
}

#[test]
fn the_readme_is_short() {
    let size = read("README.md").len();
    assert!(
        size <= 14_000,
        "README.md has {size} bytes: move some of it to docs"
    );
}

/// The name by which a heading is linked to: letters, digits, `-` and `_`, in lower case.
fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || " -_".contains(*c);
    let text: String = heading
        .trim_start_matches('#')
        .trim()
        .chars()
        .filter(kept)
        .collect();
    text.to_lowercase().replace(' ', "-")
}

#[test]
fn links_lead_somewhere() {
    let mut pages = pages();
    pages.extend(below("proofs", ".md"));
    let mut seen = 0;
    for page in &pages {
        let folder = Path::new(page).parent().unwrap();
        for (at, _) in read(page).match_indices("](") {
            let text = read(page);
            let link = text[at + 2..].split(')').next().unwrap().to_owned();
            if link.contains("://") {
                continue;
            }
            seen += 1;
            let (path, heading) = match link.split_once('#') {
                Some((path, heading)) => (path, Some(heading)),
                None => (link.as_str(), None),
            };
            let target: PathBuf = match path {
                "" => root().join(page),
                path => root().join(folder).join(path),
            };
            assert!(target.exists(), "{page}: {link} leads nowhere");
            if let Some(heading) = heading {
                let text = fs::read_to_string(&target).unwrap();
                let mut headings = text.lines().filter(|line| line.starts_with('#'));
                assert!(
                    headings.any(|line| anchor(line) == heading),
                    "{page}: {link}: no such heading"
                );
            }
        }
    }
    assert!(seen >= 40, "{seen} links");
}

#[test]
fn a_block_that_differs_is_found() {
    let printed = ["$ a", "1", "2"].map(str::to_owned);
    assert_eq!(difference("page", &["$ a", "1", "2"], &printed), None);
    for shown in [
        vec!["$ a", "1"],
        vec!["$ a", "1", "2", "3"],
        vec!["$ a", "1", "3"],
    ] {
        let found = difference("page", &shown, &printed).unwrap();
        assert!(found.starts_with("page: $ a\n"), "{found}");
    }
    let lines = || ["one", "two", "three"].map(str::to_owned).to_vec();
    assert_eq!(filtered(lines(), "head -2"), ["one", "two"]);
    assert_eq!(filtered(lines(), "tail -2"), ["two", "three"]);
    assert_eq!(filtered(lines(), "grep t"), ["two", "three"]);
    assert_eq!(
        anchor("## Real images: C6, and `images`"),
        "real-images-c6-and-images"
    );
}
