//! Names as people see them: no command lets a name of a problem, a data set or a file act on a terminal, a
//! picture or a Markdown page; JSON keeps the names as they are.

use crate::idx::Set;
use assert_cmd::Command;
use filtercert::problem::{Format, SourceProblem, is_hidden, parse_problem, to_explicit_toml};
use filtercert::report::{escape, summary};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Names that a file may have, with what is shown of them in text.
const NAMES: [(&str, &str); 5] = [
    ("a\u{202e}b", "a\\u{202e}b"),
    (
        "\u{2066}x\u{2069}\u{200f}\u{61c}",
        "\\u{2066}x\\u{2069}\\u{200f}\\u{61c}",
    ),
    ("zero\u{200b}width\u{feff}", "zero\\u{200b}width\\u{feff}"),
    ("para\u{2029}line\u{2028}", "para\\u{2029}line\\u{2028}"),
    ("|*`<script>&\"'", "|*`<script>&\"'"),
];

fn problem(name: &str) -> String {
    let name = serde_json::to_string(name).expect("JSON");
    format!(
        r#"
name = {name}
[dictionary]
background = 1
[distribution]
prior = ["1/2", "1/2"]
patches = 2
key_patches = 1
background = ["1"]
[network]
activation = "relu"
pooling = "sum"
head = "alternating"
filters = 4
init = {{ kind = "uniform", half_width = "1/2", denominator = 4, seed = 7 }}
[training]
loss = "hinge"
train = "filters"
step = "1/8"
batch = 1
steps = 6
runs = 10
seed = 1
"#
    )
}

struct Said {
    code: i32,
    text: String,
    errors: String,
}

fn run(folder: &Path, arguments: &[&str]) -> Said {
    let mut command = Command::cargo_bin("filtercert").expect("the binary");
    let output = command
        .current_dir(folder)
        .args(arguments)
        .output()
        .expect("it runs");
    Said {
        code: output.status.code().expect("a code"),
        text: String::from_utf8(output.stdout).expect("UTF-8"),
        errors: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// Nothing hidden, but for line feeds.
fn plain(text: &str) -> bool {
    !text.contains(|c| is_hidden(c) && c != '\n')
}

#[test]
fn every_command_writes_names_out() {
    for (name, shown) in NAMES {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        fs::write(folder.join("p.toml"), problem(name)).expect("written");
        let samples = "{\"label\": \"+\", \"counts\": [1,0,1]}\n";
        fs::write(folder.join("s.jsonl"), samples).expect("written");
        let commands: [&[&str]; 10] = [
            &["check", "p.toml"],
            &["audit", "p.toml"],
            &["expected", "p.toml", "--at", "0,3"],
            &["simulate", "p.toml"],
            &["replay", "p.toml", "--samples", "s.jsonl"],
            &["law", "p.toml", "--steps", "3"],
            &[
                "law",
                "p.toml",
                "--sweep",
                "2,4",
                "--at",
                "1,2",
                "--svg",
                "phase.svg",
            ],
            &["report", "p.toml", "-o", "report"],
            &["certify", "p.toml", "-o", "p.cert"],
            &["verify", "p.cert", "--problem", "p.toml"],
        ];
        for arguments in commands {
            let said = run(folder, arguments);
            assert_ne!(said.code, 2, "{arguments:?}: {}", said.errors);
            assert!(
                plain(&said.text) && plain(&said.errors),
                "{arguments:?}: {:?}",
                said.text
            );
            let names_it = !matches!(arguments[0], "report" | "certify");
            assert!(
                !names_it || said.text.contains(shown),
                "{arguments:?}: {}",
                said.text
            );
            // JSON keeps the name.
            if !matches!(arguments[0], "certify" | "verify") {
                let said = run(folder, &[arguments, &["--json"]].concat());
                let found: Value = serde_json::from_str(&said.text).expect("JSON");
                assert_eq!(found["problem"], name, "{arguments:?}");
            }
        }
        for entry in fs::read_dir(folder.join("report")).expect("it") {
            let path = entry.expect("an entry").path();
            let text = fs::read_to_string(&path).expect("text");
            match path.extension().and_then(|e| e.to_str()) {
                Some("svg") => svg(&text, shown),
                Some("html") => {
                    // Formulas have the invisible sign between a function and its argument.
                    assert!(plain(&text.replace('\u{2061}', "")), "{path:?}");
                    assert_eq!(text.matches("<script").count(), 1, "{path:?}");
                    assert_eq!(text.matches("<h1>").count(), 1, "{path:?}");
                }
                Some("md") => {
                    assert!(plain(&text), "{path:?}");
                    let title = format!(
                        "# {}: theory, exact dynamics and simulation\n",
                        escape::markdown(name)
                    );
                    assert!(text.starts_with(&title), "{text}");
                    assert!(
                        !text.replace("\\<script", "").contains("<script"),
                        "{path:?}"
                    );
                }
                _ => {
                    let found: Value = serde_json::from_str(&text).expect("JSON");
                    assert_eq!(found["problem"], name);
                }
            }
        }
        svg(
            &fs::read_to_string(folder.join("phase.svg")).expect("it"),
            shown,
        );
        // The explicit form shows nothing hidden either, and reads back as the same name.
        let explicit = run(folder, &["check", "p.toml", "--explicit"]).text;
        assert!(plain(&explicit), "{explicit:?}");
        let read = parse_problem("p", &explicit, Format::Toml).expect("a problem");
        assert_eq!(read.name(), name);
        assert_eq!(to_explicit_toml(&read), explicit);
    }
}

fn svg(text: &str, shown: &str) {
    assert!(plain(text), "{text}");
    assert!(!text.contains("<script"));
    let escaped = shown
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let escaped = escaped.replace('"', "&quot;").replace('\'', "&apos;");
    assert!(text.contains(&escaped), "{escaped}: {text}");
}

/// Control characters are refused in the name of a problem, and the message shows them written out; a
/// problem that was made otherwise is described without them.
#[test]
fn control_characters_have_no_effect() {
    for name in [
        "x\u{1b}[31m",
        "line\nbreak",
        "tab\t",
        "nul\0",
        "c1\u{9b}31m",
    ] {
        let shown = escape::visible(name).into_owned();
        let error =
            SourceProblem::parse("p.toml", &problem(name), Format::Toml).expect_err("refused");
        assert!(
            plain(&error.to_string()) && error.found().contains(&shown),
            "{error}"
        );
        let made = parse_problem("p", &problem("x"), Format::Toml).expect("a problem");
        let made = made
            .changed(|parts| parts.name = name.to_owned())
            .expect("a problem");
        let text = summary::describe(&made);
        assert!(
            plain(&text) && text.starts_with(&format!("{shown}: 4 filters")),
            "{text}"
        );
        assert!(plain(&to_explicit_toml(&made)));
    }
}

/// What is found and expected in a bad file, its keys, its name and the lines around are shown written out.
#[test]
fn messages_about_bad_files_write_names_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let bad: [(&str, String); 5] = [
        (
            "value",
            problem("x").replace("\"relu\"", "\"re\u{202e}lu\""),
        ),
        (
            "key",
            problem("x").replace("batch = 1", "\"ba\u{2066}tch\" = 1"),
        ),
        (
            "comment",
            problem("x").replace("batch = 1", "batch = 0 # \u{202e}\u{200b}"),
        ),
        (
            "syntax",
            problem("x").replace("batch = 1", "batch = \u{202e}1"),
        ),
        ("name", problem("x\u{7f}\u{202e}")),
    ];
    for (what, text) in &bad {
        let file = format!("{what}\u{202e}.toml");
        fs::write(folder.path().join(&file), text).expect("written");
        let said = run(folder.path(), &["check", &file]);
        assert_eq!((said.code, said.text.as_str()), (2, ""));
        assert!(plain(&said.errors), "{what}: {:?}", said.errors);
        assert!(
            said.errors.contains(&format!("{what}\\u{{202e}}.toml")),
            "{}",
            said.errors
        );
    }
    let cases: [&[&str]; 5] = [
        &["check", "no\u{202e}\u{1b}[31m\nsuch.toml"],
        &["verify", "no\u{202e}\u{1b}[31m\nsuch.cert"],
        &["images", "--data", "no\u{202e}\u{1b}[31m\nsuch"],
        &["check", "--builtin", "no\u{202e}\u{1b}[31msuch"],
        &["no\u{202e}\u{1b}[31msuch"],
    ];
    for arguments in cases {
        let said = run(folder.path(), arguments);
        assert_eq!((said.code, said.text.as_str()), (2, ""));
        assert!(plain(&said.errors), "{arguments:?}: {:?}", said.errors);
        // Messages about the usage drop escape sequences of terminals altogether.
        let shown = if arguments.last() == Some(&"no\u{202e}\u{1b}[31msuch") {
            "no\\u{202e}such"
        } else {
            "no\\u{202e}\\u{1b}[31m\\nsuch"
        };
        assert!(
            said.errors.contains(shown),
            "{arguments:?}: {}",
            said.errors
        );
    }
}

/// The name of a data set is that of its folder, which may hold anything but a slash.
#[cfg(unix)]
#[test]
fn data_sets_and_folders_are_shown_written_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = ["--quick", "--images", "20", "--seeds", "2"];
    for name in ["a\u{202e}b", "x\u{1b}[31m", "line\nbreak", "|*`<script>"] {
        let shown = escape::visible(name);
        Set::of(&[0, 1]).write(&folder.path().join(name));
        let out = format!("out-{name}");
        let arguments = [&["images", "--data", name, "-o", &out][..], &options].concat();
        let said = run(folder.path(), &arguments);
        assert_eq!(said.code, 0, "{}", said.errors);
        assert!(plain(&said.text) && plain(&said.errors), "{:?}", said.text);
        assert!(
            said.text
                .contains(&format!("\n{shown} (exploratory; classes 0|1)\n")),
            "{}",
            said.text
        );
        assert!(
            said.text.contains(&format!("wrote out-{shown}")),
            "{}",
            said.text
        );
        let path = folder.path().join(&out).join("verdicts.svg");
        svg(&fs::read_to_string(path).expect("verdicts"), &shown);
        let found = run(folder.path(), &[&arguments[..], &["--json"]].concat());
        let found: Value = serde_json::from_str(&found.text).expect("JSON");
        let data = found["data"].as_array().expect("sets");
        assert!(data.iter().any(|set| set["id"] == name), "{found}");
    }
}
