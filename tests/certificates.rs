//! Certificates: genuine ones are accepted, edited ones are not, hostile ones stop at a limit.

#[path = "certificates/bounds.rs"]
mod bounds;
#[path = "certificates/commands.rs"]
mod commands;
#[path = "certificates/genuine.rs"]
mod genuine;
#[path = "certificates/laws.rs"]
mod laws;
#[path = "certificates/naive.rs"]
mod naive;
#[path = "certificates/tampering.rs"]
mod tampering;

use genuine::{example, genuine, sealed};

use filtercert::certificate::confirm::confirm;
use filtercert::certificate::coq::PACKAGES;
use filtercert::certificate::emit::{emit, first_difference, problem_of};
use filtercert::certificate::format::{
    Certificate, Claim, FormatError, Natural, Number, Verdict, sha256,
};
use filtercert::certificate::verify::{verify, verify_within};
use filtercert::number::ratio;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

fn kinds(certificates: &[Certificate]) -> Vec<&'static str> {
    let claims = certificates.iter().flat_map(|c| &c.claims);
    let mut kinds: Vec<_> = claims.map(Claim::kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

#[test]
fn genuine_certificates_of_every_kind_are_accepted_and_true() {
    let certificates = genuine();
    assert_eq!(
        kinds(&certificates),
        [
            "accuracy",
            "law",
            "mistake-bound",
            "norm-dominance",
            "path",
            "probability",
            "refutation",
            "state"
        ]
    );
    for certificate in &certificates {
        let report = verify(certificate);
        assert_eq!(report.verdict(), Verdict::Valid, "{report:#?}");
        assert!(naive::is_true(certificate), "{certificate:#?}");
    }
}

/// A claim that is wrong stops everything and is named; one that is beyond a limit is left out, with
/// the reason.
#[test]
fn what_the_checker_does_not_confirm_is_never_dropped_in_silence() {
    let emitted = emit(&genuine::tiny_unhinged(), 4).expect("covered");
    let place = |kind: &str| {
        let mut claims = emitted.certificate.claims.iter();
        claims.position(|claim| claim.kind() == kind).expect(kind)
    };
    let all = confirm(emitted.clone()).expect("the engines are right");
    assert_eq!(all.certificate, emitted.certificate);
    assert_eq!(
        (all.origins, all.left_out),
        (emitted.origins.clone(), vec![])
    );

    let mut wrong = emitted.clone();
    let at = place("accuracy");
    wrong.certificate.claims[at] = Claim::Accuracy {
        t: Natural(4),
        accuracy: Number(ratio(1, 3)),
    };
    let report = confirm(wrong).expect_err("engine and checker disagree");
    let found: Vec<_> = report
        .findings()
        .filter(|f| f.verdict == Verdict::Invalid)
        .collect();
    assert_eq!(found.len(), 1, "{report:?}");
    assert_eq!(found[0].id, format!("accuracy-{}", at + 1));
    assert_eq!(found[0].claimed, "accuracy = 1/3");
    assert!(found[0].recomputed.starts_with("accuracy = "), "{report:?}");

    // Wrong segments are no reason to leave a claim out either.
    let mut wrong = emitted.clone();
    wrong.certificate.segments[0].length = Natural(4_000);
    let report = confirm(wrong).expect_err("engine and checker disagree");
    assert_eq!(report.fault.map(|f| f.id), Some("segments".to_owned()));

    let mut beyond = emitted.clone();
    let at = place("law");
    let far = Claim::Law {
        t: Natural(u64::MAX),
        perfect: Number(ratio(1, 1)),
    };
    beyond.certificate.claims[at] = far.clone();
    let confirmed = confirm(beyond).expect("nothing is wrong");
    assert!(!confirmed.certificate.claims.contains(&far));
    assert_eq!(
        confirmed.certificate.claims.len() + 1,
        emitted.certificate.claims.len()
    );
    assert_eq!(confirmed.origins.len(), confirmed.certificate.claims.len());
    assert_eq!(confirmed.left_out.len(), 1);
    let left = &confirmed.left_out[0];
    assert_eq!((left.kind, left.step), ("law", u64::MAX));
    assert!(
        left.to_string().contains("more work than the limit"),
        "{left}"
    );
}

/// The laws of the fuzz target over its seeds: certificates of every kind, and hostile ones.
#[test]
fn seeds_of_the_fuzz_target() {
    let folder = format!("{}/tests/fuzz/seeds", env!("CARGO_MANIFEST_DIR"));
    let (mut kinds, mut hostile) = (std::collections::BTreeSet::new(), 0);
    for entry in std::fs::read_dir(folder).expect("the seeds") {
        let path = entry.expect("a seed").path();
        let bytes = std::fs::read(&path).expect("a seed");
        let verdict = laws::check(&bytes);
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .expect("UTF-8");
        let text = std::str::from_utf8(&bytes).expect("UTF-8");
        if name.starts_with("hostile-") {
            hostile += 1;
            let refused = Certificate::read(text).is_err();
            assert!(refused || verdict != Some(Verdict::Valid), "{name}");
        } else {
            assert_eq!(verdict, Some(Verdict::Valid), "{name}");
            let certificate = Certificate::read(text).expect("canonical");
            kinds.extend(certificate.claims.iter().map(Claim::kind));
        }
    }
    assert_eq!(kinds.len(), 8, "{kinds:?}");
    assert!(hostile >= 8, "{hostile} hostile seeds");
}

/// The message without Coq and the script of the proofs name the same packages.
#[test]
fn one_list_of_packages() {
    let script = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/proofs/check.sh"))
        .expect("the script");
    assert!(script.contains(&format!("packages=\"{PACKAGES}\"\n")));
    assert!(script.contains("install --no-install-recommends $packages make"));
}

#[test]
fn the_checker_knows_only_numbers_and_the_format() {
    for (name, known) in [
        (
            "verify.rs",
            &["crate::number", "crate::certificate::format"][..],
        ),
        ("format.rs", &["crate::number"][..]),
    ] {
        let path = format!("{}/src/certificate/{name}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).expect("the source");
        let code: Vec<&str> = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with("//"))
            .collect();
        assert!(code.len() <= 750, "{name}: {} lines of code", code.len());
        for line in code {
            assert!(
                !line.contains("super::") && !line.contains("include!"),
                "{line}"
            );
            assert!(
                !line.starts_with("mod ") && !line.contains(" mod "),
                "{line}"
            );
            for (at, _) in line.match_indices("crate::") {
                let path = &line[at..];
                assert!(known.iter().any(|k| path.starts_with(k)), "{name}: {line}");
            }
        }
    }
}

#[test]
fn examples_are_certified_and_confirmed() {
    for name in [
        "small",
        "main-claim",
        "coherent",
        "dependent",
        "violates-a2",
        "violates-a4",
    ] {
        let problem = example(name);
        let emitted = emit(&problem, problem.training().steps).expect("covered");
        let report = verify(&emitted.certificate);
        assert_eq!(report.verdict(), Verdict::Valid, "{name}: {report:#?}");
        let text = emitted.certificate.to_text();
        assert_eq!(Certificate::read(&text), Ok(emitted.certificate), "{name}");
    }
}

/// The affine dynamics of 10^12 steps take a few segments.
#[test]
fn a_long_run_is_certified_by_segments() {
    let problem = example("violates-a5t");
    let t = 1_000_000_000_000;
    let emitted = emit(&problem, t).expect("covered");
    assert!(emitted.certificate.segments.len() < 20);
    let report = verify_within(&emitted.certificate, 40_000_000);
    let state = &report.claims[0];
    assert_eq!((state.step, state.verdict), (t, Verdict::Valid));
}

#[test]
fn another_problem_is_seen() {
    let own = problem_of(&example("small")).expect("covered");
    assert_eq!(first_difference(&own, &own), None);
    let mut reordered = own.clone();
    reordered.atoms.reverse();
    assert_eq!(first_difference(&own, &reordered), None);
    type Change = fn(&mut filtercert::certificate::format::Problem);
    let changes: [(&str, Change); 8] = [
        ("Gram matrix", |p| p.gram[2][2] = Number(ratio(1, 2))),
        ("loss", |p| {
            p.loss = filtercert::certificate::format::Loss::Unhinged
        }),
        ("choice of what is trained", |p| {
            p.train = filtercert::certificate::format::Train::FiltersAndHead;
        }),
        ("step size", |p| p.step = Number(ratio(1, 9))),
        ("batch", |p| p.batch = Natural(2)),
        ("head", |p| p.head[0] = Number(ratio(2, 1))),
        ("initial weights", |p| p.weights[0][0] = Number(ratio(1, 3))),
        ("distribution", |p| p.atoms[0].counts[0] = Natural(2)),
    ];
    for (name, change) in changes {
        let mut other = own.clone();
        change(&mut other);
        assert_eq!(first_difference(&own, &other), Some(name));
    }
}

/// A certificate as JSON, changed by hand, with a digest that fits.
fn edited(
    certificate: &Certificate,
    edit: impl Fn(&mut Value),
) -> Result<Certificate, FormatError> {
    let mut value = serde_json::to_value(certificate).expect("JSON");
    edit(&mut value);
    Certificate::read(&sealed(&value))
}

fn verdict_of(certificate: &Certificate, edit: impl Fn(&mut Value)) -> (String, Verdict, String) {
    let certificate = edited(certificate, edit).expect("canonical");
    let report = verify(&certificate);
    let first = report.findings().find(|f| !f.is_valid());
    let first = first.unwrap_or_else(|| panic!("nothing to object to"));
    (
        first.id.clone(),
        report.verdict(),
        format!("{} / {}", first.claimed, first.recomputed),
    )
}

/// Every objection to a problem, its segments and each kind of claim, from one edit each.
#[test]
fn every_rejection_has_a_bad_certificate() {
    let all = genuine();
    let text = |value: &str| Value::String(value.to_owned());
    let place = |kind: &str| {
        let with = all.iter().enumerate().find_map(|(i, c)| {
            let place = c.claims.iter().position(|claim| claim.kind() == kind);
            Some((i, place?))
        });
        with.unwrap_or_else(|| panic!("no {kind}"))
    };
    // Of the problem.
    let problems: [(&str, &str, Value); 14] = [
        ("/problem/gram", "2 patterns", serde_json::json!([])),
        (
            "/problem/head",
            "weights of each filter",
            serde_json::json!(["1"]),
        ),
        (
            "/problem/gram/0",
            "square Gram matrix",
            serde_json::json!(["1"]),
        ),
        ("/problem/gram/0/1", "symmetric", text("1/2")),
        ("/problem/gram/3/3", "positive semidefinite", text("-1")),
        ("/problem/gram/3/3", "in the range", text("0")),
        ("/problem/step", "a positive step size", text("0")),
        ("/problem/batch", "a batch of at least 1", text("0")),
        (
            "/problem/atoms/0/probability",
            "positive probabilities",
            text("0"),
        ),
        ("/problem/atoms/0/probability", "sum to 1", text("1/2")),
        (
            "/problem/atoms/0/counts",
            "counts of each pattern",
            serde_json::json!(["1"]),
        ),
        (
            "/problem/atoms/0/draws",
            "draws",
            serde_json::json!({"number": "0", "probabilities": ["0", "0", "1", "0"]}),
        ),
        ("/segments/0/length", "a length of at least 1", text("0")),
        ("/segments/0/increment/0/0", "its increment", text("77")),
    ];
    for (pointer, expected, value) in problems {
        let (id, _, said) = verdict_of(&all[0], |json| match json.pointer_mut(pointer) {
            Some(place) => *place = value.clone(),
            None => {
                let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
                json.pointer_mut(parent).expect("a parent")[key] = value.clone();
            }
        });
        assert!(id == "problem" || id == "segments", "{pointer}: {id}");
        assert!(said.contains(expected), "{pointer}: {said}");
    }
    for (pointer, expected, value) in [
        ("/segments/0/active/0", "its active coordinates", "0000"),
        ("/segments/0/length", "one course throughout", "4000"),
    ] {
        let (_, _, said) = verdict_of(&all[0], |json| {
            *json.pointer_mut(pointer).expect("a place") = text(value);
        });
        assert!(said.contains(expected), "{pointer}: {said}");
    }
    let endless = emit(&example("violates-a5t"), 10_000)
        .expect("covered")
        .certificate;
    let (_, verdict, said) = verdict_of(&endless, |json| {
        let last = json["segments"].as_array().expect("an array").len() - 1;
        assert!(last > 0);
        json["segments"][last]["length"] = text("18446744073709551615");
    });
    assert_eq!(verdict, Verdict::NotCovered, "{said}");
    assert!(said.contains("2^64"), "{said}");
    let (_, verdict, said) = verdict_of(&all[3], |json| {
        json["segments"] = serde_json::json!([{"length": "1", "active": [], "increment": []}]);
    });
    assert_eq!(verdict, Verdict::NotCovered, "{said}");
    // Of the claims: what is changed, what it says.
    let claims: [(&str, &str, &str, Value); 25] = [
        (
            "state",
            "weights/0/0",
            "weight of filter 0 on pattern 0",
            text("5"),
        ),
        ("state", "head/0", "head 0", text("5")),
        ("state", "weights", "shape", serde_json::json!([])),
        ("norm-dominance", "ratio", "times the largest", text("1000")),
        ("norm-dominance", "ratio", "at least 0", text("-1")),
        ("accuracy", "accuracy", "accuracy", text("1/3")),
        ("mistake-bound", "bound", "M_max", text("1")),
        ("law", "perfect", "P(accuracy = 1)", text("1/3")),
        ("path", "updates", "updates", text("77")),
        ("path", "samples/0/0", "samples that are atoms", text("77")),
        (
            "path",
            "samples/0",
            "as many as the batch",
            serde_json::json!([]),
        ),
        (
            "path",
            "weights/0/0",
            "weight of filter 0 on pattern 0",
            text("5"),
        ),
        ("probability", "bound", "probability >=", text("2")),
        (
            "probability",
            "label_counts/0",
            "probability >=",
            text("1000000"),
        ),
        (
            "probability",
            "walks",
            "bound for each walk",
            serde_json::json!([]),
        ),
        ("probability", "walks/0", "imply the event", text("100000")),
        ("probability", "from", "range of steps", text("99")),
        ("refutation", "filter", "a filter and a pattern", text("9")),
        ("refutation", "pattern", "a filter and a pattern", text("9")),
        ("refutation", "key_patches", "key patches", text("9")),
        (
            "refutation",
            "samples",
            "a path of that length",
            serde_json::json!([["0"], ["0"], ["0"]]),
        ),
        ("refutation", "predicted", "predicted", text("77")),
        ("refutation", "value", "value", text("77")),
        ("refutation", "t", "predicted", text("0")),
        ("state", "t", "weight of filter", text("0")),
    ];
    for (kind, member, expected, value) in claims {
        let (i, j) = place(kind);
        let (id, _, said) = verdict_of(&all[i], |json| {
            let place = json.pointer_mut(&format!("/claims/{j}/{member}"));
            *place.unwrap_or_else(|| panic!("{kind} {member}")) = value.clone();
        });
        assert!(id.starts_with(kind), "{kind} {member}: {id}: {said}");
        assert!(said.contains(expected), "{kind} {member}: {said}");
    }
    // Hypotheses that the bounds need.
    let (i, j) = place("mistake-bound");
    for (pointer, expected, value) in [
        ("/problem/loss", "A0", text("perceptron")),
        ("/problem/head/0", "A5f", text("2")),
        ("/problem/atoms/0/counts/0", "A2", text("2")),
        ("/problem/weights/0/0", "A6'", text("-1")),
        ("/problem/train", "A0", text("filters+head")),
    ] {
        let mut lone = all[i].clone();
        lone.claims = vec![lone.claims[j].clone()];
        lone.segments.clear();
        let (_, _, said) = verdict_of(&lone, |json| {
            *json.pointer_mut(pointer).expect("a place") = value.clone();
        });
        assert!(said.contains(expected), "{pointer}: {said}");
    }
    // A refutation of what is true.
    let mut lone = all[0].clone();
    lone.segments.clear();
    let start = lone.problem.weights[0][0].clone();
    lone.claims = vec![Claim::Refutation(
        filtercert::certificate::format::Refutation {
            theorem: filtercert::certificate::format::Theorem::T1,
            t: Natural(0),
            samples: Vec::new(),
            key_patches: Natural(1),
            filter: Natural(0),
            pattern: Natural(0),
            predicted: start.clone(),
            value: start,
        },
    )];
    let report = verify(&lone);
    assert_eq!(report.verdict(), Verdict::Invalid);
    lone.claims.clear();
    assert_eq!(verify(&lone).verdict(), Verdict::NotCovered);
}

/// Every text that is not the canonical one is refused.
#[test]
fn only_the_canonical_text_is_read() {
    let certificate = &genuine()[0];
    let text = certificate.to_text();
    assert_eq!(Certificate::read(&text).as_ref(), Ok(certificate));
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for _ in 0..2_000 {
        let mut bytes = text.clone().into_bytes();
        let at = rng.random_range(0..bytes.len());
        match rng.random_range(0..3) {
            0 => bytes[at] = rng.random_range(32..127),
            1 => drop(bytes.remove(at)),
            _ => bytes.insert(at, rng.random_range(32..127)),
        }
        if bytes != text.as_bytes() {
            let edited = String::from_utf8(bytes).expect("ASCII");
            assert!(Certificate::read(&edited).is_err());
        }
    }
    // With a digest that fits, other spellings of the same are refused all the same.
    let body = serde_json::to_value(certificate).expect("JSON");
    for (from, to) in [
        ("\"1/4\"", "\"2/8\""),
        ("\"1/4\"", "\"0.25\""),
        ("\"1/4\"", "\"+1/4\""),
        ("\"1/4\"", "\"01/4\""),
        ("\"1/4\"", "\" 1/4\""),
        ("\"1/4\"", "0.25"),
        ("\"1/4\"", "\"1/-4\""),
        ("\"step\":", "\"step\": "),
        ("\"step\":", "\"extra\":\"1\",\"step\":"),
    ] {
        let changed = sealed(&body).replacen(from, to, 1);
        let head = changed.rsplit_once(",\"sha256\"").expect("a digest").0;
        let changed = format!("{head},\"sha256\":\"{}\"}}\n", sha256(head));
        assert!(Certificate::read(&changed).is_err(), "{from} {to}");
    }
    for (text, expected) in [
        (
            text.replace("\"version\":\"1\"", "\"version\":\"2\""),
            "version",
        ),
        (text.replace("filtercert-certificate", "other"), "format"),
        (
            " ".repeat(filtercert::certificate::format::MAX_BYTES + 1),
            "bytes",
        ),
        ("[".repeat(100_000), "expected"),
        (String::new(), "EOF"),
    ] {
        let error = Certificate::read(&text).expect_err("refused");
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn hostile_certificates_stop_at_a_limit() {
    let certificate = &genuine()[1];
    let huge = |member: &str, kind: &str, value: &str| {
        let mut value = Some(value.to_owned());
        let place = certificate
            .claims
            .iter()
            .position(|c| c.kind() == kind)
            .expect(kind);
        edited(certificate, |json| {
            json["segments"] = serde_json::json!([]);
            let claim = json["claims"][place].clone();
            json["claims"] = serde_json::json!([claim]);
            let text = value.clone().unwrap_or_default();
            json["claims"][0][member] = Value::String(text);
        })
        .map(|certificate| {
            value.take();
            verify_within(&certificate, 20_000_000)
        })
    };
    for (member, kind) in [("t", "norm-dominance"), ("t", "law")] {
        let report = huge(member, kind, "18446744073709551615").expect("canonical");
        // Dynamics that have come to rest are followed to the end of time.
        assert_ne!(report.verdict(), Verdict::Invalid, "{kind}");
    }
    assert!(huge("accuracy", "accuracy", &"9".repeat(1_000_000)).is_err());
    // Many draws, and counts that overflow.
    let even = ["1/4", "1/4", "1/4", "1/4"];
    for (draws, law) in [
        ("1000", even),
        ("1000000000", even),
        ("18446744073709551615", even),
        // Few outcomes, each with a million digits.
        ("500000", ["1/3", "2/3", "0", "0"]),
    ] {
        let found = edited(certificate, |json| {
            json["problem"]["atoms"][0]["draws"] = serde_json::json!({
                "number": draws, "probabilities": law
            });
        });
        assert_eq!(
            verify(&found.expect("canonical")).verdict(),
            Verdict::NotCovered
        );
    }
    let found = edited(certificate, |json| {
        json["problem"]["atoms"][0]["counts"][2] = Value::String(u64::MAX.to_string());
    });
    assert_ne!(verify(&found.expect("canonical")).verdict(), Verdict::Valid);
    // Walks and label counts of a probability.
    let unhinged = &genuine()[0];
    let place = unhinged
        .claims
        .iter()
        .position(|c| c.kind() == "probability")
        .expect("one");
    for (t, walk, count) in [
        ("1000000000000", "1000000", "3"),
        ("1000000000", "18446744073709551615", "1000000000"),
        ("18446744073709551615", "1", "18446744073709551615"),
    ] {
        let found = edited(unhinged, |json| {
            json["segments"] = serde_json::json!([]);
            let mut claim = json["claims"][place].clone();
            claim["t"] = Value::String(t.to_owned());
            claim["from"] = claim["t"].clone();
            claim["walks"] = serde_json::json!([walk, walk]);
            claim["label_counts"] = serde_json::json!([count, count]);
            json["claims"] = serde_json::json!([claim]);
        });
        assert_ne!(verify(&found.expect("canonical")).verdict(), Verdict::Valid);
    }
}
