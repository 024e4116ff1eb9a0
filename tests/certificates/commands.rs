//! The two commands, as they are run: what they answer, and how they end.

use super::genuine::{genuine, sealed};
use filtercert::certificate::coq::PACKAGES;
use filtercert::certificate::format::sha256;
use filtercert::theory::REGISTRY;
use serde_json::Value;

/// Exit code, standard output, standard error.
fn run(arguments: &[&str], path: Option<&str>) -> (Option<i32>, String, String) {
    let mut command = assert_cmd::Command::cargo_bin("filtercert").expect("the binary");
    if let Some(path) = path {
        command.env("PATH", path);
    }
    let output = command.args(arguments).output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn filtercert(arguments: &[&str]) -> (Option<i32>, String, String) {
    run(arguments, None)
}

fn example(name: &str) -> String {
    format!("{}/examples/{name}.toml", env!("CARGO_MANIFEST_DIR"))
}

/// The two commands: what they answer, and how they end.
#[test]
fn commands() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("small.cert");
    let file = file.to_str().expect("UTF-8");
    let small = example("small");
    let (code, _, _) = filtercert(&["certify", &small, "-o", file]);
    assert_eq!(code, Some(0));
    let (code, out, _) = filtercert(&["verify", file, "--problem", &small, "--json"]);
    let answer: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((code, &answer["result"]), (Some(0), &Value::from("valid")));
    assert_eq!(answer["claims"][0]["id"], "problem");
    // An easier problem does not pass for another one.
    let (code, out, _) = filtercert(&["verify", file, "--problem", &example("hinge")]);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("another Gram matrix"), "{out}");
    // A wrong claim with a digest that fits; then one that does not fit.
    let text = std::fs::read_to_string(file).expect("the certificate");
    let wrong = text.replacen("\"accuracy\":\"1\"", "\"accuracy\":\"1/2\"", 1);
    assert_ne!(wrong, text);
    let head = wrong
        .rsplit_once(",\"sha256\"")
        .expect("a digest")
        .0
        .to_owned();
    let sealed = format!("{head},\"sha256\":\"{}\"}}\n", sha256(&head));
    std::fs::write(file, sealed).expect("written");
    let (code, out, _) = filtercert(&["verify", file]);
    assert_eq!(code, Some(1));
    assert!(
        out.contains("claimed accuracy = 1/2; recomputed accuracy = 1"),
        "{out}"
    );
    std::fs::write(file, wrong).expect("written");
    let (code, out, err) = filtercert(&["verify", file]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.contains("digest"), "{err}");
    let (code, _, err) = filtercert(&["verify", "nowhere.cert"]);
    assert_eq!(code, Some(2), "{err}");
    // Nothing covered: nothing written.
    let none = folder.path().join("none.cert");
    let none = none.to_str().expect("UTF-8");
    let squared = std::fs::read_to_string(&small).expect("an example");
    let squared = squared.replace("\"relu\"", "\"relu2\"");
    let relu2 = folder.path().join("relu2.toml");
    std::fs::write(&relu2, squared).expect("written");
    let relu2 = relu2.to_str().expect("UTF-8");
    let (code, out, err) = filtercert(&["certify", relu2, "-o", none]);
    assert_eq!((code, out.as_str()), (Some(3), ""));
    assert!(err.contains("not relu2"), "{err}");
    let (code, _, _) = filtercert(&["certify", &small, "-o", none, "--claim", "T9"]);
    assert_eq!(code, Some(3));
    assert!(!std::path::Path::new(none).exists());
    let (code, _, err) = filtercert(&["certify", &small, "-o", none, "--claim", "T99"]);
    assert_eq!(code, Some(2), "{err}");
}

/// Without claims nothing is shown, whatever the problem is compared with.
#[test]
fn a_certificate_of_nothing_is_not_valid() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("small.cert");
    let file = file.to_str().expect("UTF-8");
    let small = example("small");
    assert_eq!(filtercert(&["certify", &small, "-o", file]).0, Some(0));
    let text = std::fs::read_to_string(file).expect("the certificate");
    let mut value: Value = serde_json::from_str(&text).expect("JSON");
    let mut body = value["certificate"].take();
    body["claims"] = serde_json::json!([]);
    std::fs::write(file, sealed(&body)).expect("written");
    for more in [&[][..], &["--problem", &small]] {
        let arguments = [&["verify", file, "--json"], more].concat();
        let (code, out, err) = filtercert(&arguments);
        assert_eq!(code, Some(3), "{out} {err}");
        let answer: Value = serde_json::from_str(&out).expect("JSON");
        assert_eq!(answer["result"], "not-covered", "{out}");
    }
}

/// What certificates say of theorems is what `check` says of them: a refutation names the assumption that
/// fails, and a claim belongs to a theorem only where the theorem applies.
#[test]
fn claims_belong_to_theorems_as_check_has_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("some.cert");
    let file = file.to_str().expect("UTF-8");
    for (name, refuted, certified) in [
        ("small", &[("T1", "A0"), ("T2", "A0")][..], &["T6"][..]),
        ("coherent", &[("T1", "A1"), ("T2", "A0"), ("T3", "A1")], &[]),
        (
            "violates-a2",
            &[("T2", "A2"), ("T3", "A2"), ("T12", "A2")],
            &["T1"],
        ),
        (
            "violates-a4",
            &[("T2", "A4"), ("T12", "H")],
            &["T1", "T5", "T12"],
        ),
        ("trained-head", &[("T3", "A5f")], &["T7"]),
    ] {
        let problem = example(name);
        let (code, out, err) = filtercert(&["certify", &problem, "-o", file, "--json"]);
        assert_eq!(code, Some(0), "{name}: {err}");
        let answer: Value = serde_json::from_str(&out).expect("JSON");
        let claims = answer["claims"].as_array().expect("claims");
        let labels = |fails: bool| {
            let claims = claims.iter().filter(move |c| c["fails"].is_null() != fails);
            claims.filter_map(|c| Some((c["theorem"].as_str()?, c["fails"].as_str())))
        };
        let found: Vec<_> = labels(true).collect();
        let expected: Vec<_> = refuted.iter().map(|(t, a)| (*t, Some(*a))).collect();
        assert_eq!(found, expected, "{name}");
        let mut found: Vec<_> = labels(false).map(|(theorem, _)| theorem).collect();
        found.dedup();
        assert_eq!(found, certified, "{name}");
        let missing = answer["not_covered"].as_array().expect("theorems");
        for theorem in certified {
            assert!(!missing.contains(&Value::from(*theorem)), "{name}");
        }
        assert_eq!(
            missing.len() + certified.len(),
            REGISTRY.len(),
            "{name}: {missing:?}"
        );
        for claim in claims {
            let id = claim["id"].as_str().expect("an id");
            assert_eq!(id.starts_with("refutation"), !claim["fails"].is_null());
            for plain in ["accuracy", "law", "path"] {
                assert!(!id.starts_with(plain) || claim["theorem"].is_null(), "{id}");
            }
        }
    }
    // T1 of the hinge: within its range it is certified, past it only its conclusion is refuted.
    let (code, out, _) = filtercert(&["certify", &example("small"), "-o", file, "--at", "3"]);
    assert_eq!(code, Some(0));
    assert!(out.contains("state-1                   T1 "), "{out}");
    let (_, out, _) = filtercert(&["certify", &example("small"), "-o", file]);
    assert!(out.contains("state-1                   - "), "{out}");
    assert!(
        out.contains("T2 without A0   step 13: T2 would say 7/8, it is "),
        "{out}"
    );
    assert!(
        out.contains("(A0 fails: training.loss = \"hinge\")"),
        "{out}"
    );
    let (code, out, _) = filtercert(&["verify", file]);
    assert_eq!(code, Some(0));
    assert!(out.contains("T2 says 7/8, it is "), "{out}");
    assert!(out.contains("this fails without its assumptions"), "{out}");
    // What was only not asked for is not missing.
    let (_, all, _) = filtercert(&["certify", &example("small"), "-o", file]);
    let (code, some, _) =
        filtercert(&["certify", &example("small"), "-o", file, "--claim", "state"]);
    assert_eq!(code, Some(0));
    let line = |text: &str| {
        let line = text
            .lines()
            .find(|line| line.starts_with("no certificate of: "));
        line.map(str::to_owned)
    };
    assert!(line(&all).is_some());
    assert_eq!(line(&some), line(&all));
}

/// T12 speaks of backgrounds that overlap: accuracy, norms, directions, and accuracy for ever.
#[test]
fn overlapping_backgrounds_are_certified() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("apart.cert");
    let file = file.to_str().expect("UTF-8");
    let problem = example("keys-apart");
    let (code, out, err) =
        filtercert(&["certify", &problem, "-o", file, "--claim", "T12", "--json"]);
    assert_eq!(code, Some(0), "{err}");
    let answer: Value = serde_json::from_str(&out).expect("JSON");
    let claims = answer["claims"].as_array().expect("claims");
    assert_eq!(claims.len(), 4);
    assert!(claims.iter().all(|claim| claim["theorem"] == "T12"));
    for more in [&[][..], &["--problem", &problem]] {
        let arguments = [&["verify", file, "--json"], more].concat();
        let (code, out, err) = filtercert(&arguments);
        assert_eq!(code, Some(0), "{out} {err}");
        let answer: Value = serde_json::from_str(&out).expect("JSON");
        let found = answer["claims"].as_array().expect("claims");
        for (claim, says) in found.iter().skip(more.len() / 2).zip([
            "accuracy 1 at every step of [139, 400]: probability >= ",
            "a ratio of norms of 2 at every step of [400, 400]: probability >= ",
            "squared tangents of at most ",
            "accuracy 1 at every step from 400 on: probability >= ",
        ]) {
            let said = claim["claimed"].as_str().expect("a text");
            assert!(said.starts_with(says), "{said}");
            assert_eq!(claim["result"], "valid");
            assert_eq!(
                claim["rests_on"],
                serde_json::json!(["T12 (no Coq proof of its exponentials)"])
            );
        }
    }
    let (code, out, _) = filtercert(&["verify", file, "--problem", &example("balanced")]);
    assert_eq!(code, Some(1), "{out}");
}

/// A claim about an earlier step than was asked for says what stopped it.
#[test]
fn what_stops_early_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("some.cert");
    let file = file.to_str().expect("UTF-8");
    let stopped = "longer would take the checker more than its limit";
    for name in ["hinge", "trained-head"] {
        let (code, out, err) =
            filtercert(&["certify", &example(name), "-o", file, "--claim", "state"]);
        assert_eq!(code, Some(0), "{name}: {err}");
        let expected = "shortened: expected dynamics up to step ";
        let line = out.lines().find(|line| line.starts_with(expected));
        assert!(
            line.is_some_and(|line| line.ends_with(stopped)),
            "{name}: {out}"
        );
    }
    let (_, out, _) = filtercert(&["certify", &example("small"), "-o", file]);
    assert!(!out.contains("shortened"), "{out}");
}

/// Without Coq nothing that it was asked counts as confirmed, and the message says what to install.
#[test]
fn without_coq_its_claims_are_not_covered() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let (file, coq) = (place("tiny.cert"), place("tiny.v"));
    let certificate = &genuine()[1];
    let text = certificate.to_text().expect("JSON");
    std::fs::write(&file, text).expect("written");
    let proofs = format!("{}/proofs", env!("CARGO_MANIFEST_DIR"));
    let empty = place("empty");
    let arguments = ["verify", &file, "--coq", "--proofs", &proofs];
    let arguments = [&arguments[..], &["--coq-file", &coq]].concat();
    let (code, out, err) = run(&arguments, Some(&empty));
    assert_eq!(code, Some(3), "{out} {err}");
    assert!(
        out.contains(&format!(
            "coqc is missing; on Debian: apt-get install --no-install-recommends {PACKAGES}\n"
        )),
        "{out}"
    );
    assert!(!err.contains("compiling"), "{err}");
    // The file to be read is the one that is asked about.
    let text = std::fs::read_to_string(&coq).expect("the Coq file");
    assert!(text.contains("Theorem claim_1_holds"), "{text}");
    let expected = filtercert::certificate::coq::text(certificate).expect("covered");
    assert_eq!(text, expected.text);
    // Alone it means nothing.
    let (code, out, err) = filtercert(&["verify", &file, "--coq-file", &coq]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.contains("--coq"), "{err}");
}
