//! Certificates: genuine ones are accepted, edited ones are not, hostile ones stop at a limit.

#[path = "certificates/across.rs"]
mod across;
#[path = "certificates/bounds.rs"]
mod bounds;
#[path = "certificates/commands.rs"]
mod commands;
#[path = "certificates/conjectures.rs"]
mod conjectures;
#[path = "certificates/faults.rs"]
mod faults;
#[path = "certificates/genuine.rs"]
mod genuine;
#[path = "certificates/laws.rs"]
mod laws;
#[path = "certificates/naive.rs"]
mod naive;
#[path = "certificates/number.rs"]
mod number;
#[path = "certificates/odd.rs"]
mod odd;
#[path = "certificates/refuted.rs"]
mod refuted;
#[path = "certificates/tampering.rs"]
mod tampering;

use genuine::{example, genuine, sealed};

use filtercert::certificate::bind::{Unbound, problem_of, same_problem};
use filtercert::certificate::confirm::confirm;
use filtercert::certificate::coq::PACKAGES;
use filtercert::certificate::emit::emit;
use filtercert::certificate::format::{
    Certificate, Claim, Conclusion, Draws, FormatError, Label, Loss, Natural, Number, Pooling,
    Problem, Refutation, Theorem, Train, sha256,
};
use filtercert::certificate::outcomes;
use filtercert::certificate::verify::{
    Limit, Place, Quantity, Rule, Verdict, VerifyError, verify, verify_within,
};
use filtercert::problem::{Format, parse_problem, to_explicit_toml};
use number::{Q, ratio};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use std::path::{Path, PathBuf};

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
            "along-and-across",
            "coherent-mistake-bound",
            "conjecture",
            "conjecture-fails",
            "inseparable",
            "law",
            "mistake-bound",
            "norm-dominance",
            "path",
            "probability",
            "refutation",
            "refutation-probability",
            "refutation-stuck",
            "refutation-updates",
            "separator-bound",
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
    let wrong: Vec<_> = report
        .findings()
        .filter_map(|f| f.result.as_ref().err())
        .collect();
    let [
        VerifyError::Wrong {
            claim,
            step: 4,
            of: Quantity::Accuracy,
            claimed,
            recomputed,
        },
    ] = wrong[..]
    else {
        panic!("{report:?}");
    };
    assert_eq!(*claim, Place::Claim("accuracy", at));
    assert_eq!(*claimed, ratio(1, 3));
    let said = format!(
        "certificate.claims[{at}] (accuracy), step 4: claimed accuracy = 1/3, recomputed accuracy = {recomputed}"
    );
    assert_eq!(wrong[0].to_string(), said);

    // Wrong segments are no reason to leave a claim out either.
    let mut wrong = emitted.clone();
    wrong.certificate.segments[0].length = Natural(4_000);
    let report = confirm(wrong).expect_err("engine and checker disagree");
    assert_eq!(report.fault.map(|f| f.claim), Some(Place::Segments));

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
    assert_eq!(kinds.len(), 17, "{kinds:?}");
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

/// The lines of code of a file, without comments and blank lines.
fn code(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).expect("the source");
    let lines = text.lines().map(str::trim);
    let code = lines.filter(|line| !line.is_empty() && !line.starts_with("//"));
    code.map(str::to_owned).collect()
}

/// A file, or the files of a folder.
fn sources(name: &str) -> Vec<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(name);
    if path.is_file() {
        return vec![path];
    }
    let entries = std::fs::read_dir(path).expect("a folder").map(|entry| {
        let path = entry.expect("an entry").path();
        let inside = path.strip_prefix(concat!(env!("CARGO_MANIFEST_DIR"), "/src"));
        sources(inside.expect("inside").to_str().expect("UTF-8"))
    });
    let mut all: Vec<PathBuf> = entries.flatten().collect();
    all.sort();
    all
}

#[test]
fn the_checker_knows_only_numbers_and_the_format() {
    // The parser of numbers, and not the arithmetic of the engines.
    let kernel = [
        "crate::number::parse_fraction",
        "crate::number::{MAX_NUMBER_LENGTH, parse_fraction}",
        "crate::certificate::format",
        "crate::certificate::verify",
    ];
    let checker = sources("certificate/verify").into_iter();
    let format = sources("certificate/format.rs").into_iter();
    let checker = checker.map(|path| (path, &kernel[..]));
    for (path, known) in checker.chain(format.map(|path| (path, &kernel[..2]))) {
        let name = path.display();
        let code = code(&path);
        assert!(code.len() <= 300 || path.ends_with("format.rs"), "{name}");
        for line in code {
            let modules = line.starts_with("mod ") || line.contains(" mod ");
            assert!(!modules || path.ends_with("mod.rs"), "{name}: {line}");
            assert!(!line.contains("include!"), "{name}: {line}");
            assert!(!line.contains("super::super"), "{name}: {line}");
            let below = path.parent().is_some_and(|p| p.ends_with("claims"));
            assert!(below || !line.contains("super::"), "{name}: {line}");
            for (at, _) in line.match_indices("crate::") {
                let path = &line[at..];
                assert!(known.iter().any(|k| path.starts_with(k)), "{name}: {line}");
            }
        }
    }
}

/// What is trusted, as docs/commands/certify.md lists it.
const TRUSTED: [(&str, &str); 10] = [
    ("certificate/verify", "the checker"),
    (
        "certificate/verify/conjecture",
        "of these, the language of conjectures: only claims about them need it",
    ),
    (
        "certificate/format.rs",
        "the format: what a file says, and that it is read in one way",
    ),
    (
        "number/rational.rs",
        "the parser and the printer of numbers",
    ),
    (
        "cli/verify.rs",
        "the command: reads files, tells what was found",
    ),
    (
        "certificate/line.rs",
        "the command: a finding as a line of words",
    ),
    (
        "certificate/bind.rs",
        "with `--problem`: your problem as a certificate has it, and whether the two are the same",
    ),
    (
        "audit/conjecture/stated.rs",
        "with `--problem`, of conjectures: of what a conjecture of your file speaks",
    ),
    (
        "problem",
        "with `--problem`: the reader of problem files, and what it makes of them (dictionary, distribution, drawn weights)",
    ),
    (
        "number",
        "with `--problem`: exact numbers, `rational.rs` included",
    ),
];

/// docs/commands/certify.md lists all that is trusted, with the lines that there are. `README_UPDATE=1` writes the
/// table anew.
#[test]
fn the_page_counts_what_is_trusted() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/commands/certify.md");
    let page = std::fs::read_to_string(&path).expect("the page");
    let mut table = String::from("\n\n| trusted | lines of code | what it is |\n|---|---|---|\n");
    for (name, what) in TRUSTED {
        let lines: usize = sources(name).iter().map(|path| code(path).len()).sum();
        table.push_str(&format!("| `src/{name}` | {lines} | {what} |\n"));
    }
    table.push('\n');
    let (before, rest) = page.split_once("<!-- trusted -->").expect("a mark");
    let (shown, after) = rest.split_once("<!-- end -->").expect("its end");
    if std::env::var_os("README_UPDATE").is_some() {
        let text = format!("{before}<!-- trusted -->{table}<!-- end -->{after}");
        std::fs::write(&path, text).expect("written");
    } else {
        assert_eq!(shown, table);
    }
}

/// Each file of a claim kind says what is claimed, and names what it leans on; and that is a theorem.
#[test]
fn what_claims_rest_on_is_proved() {
    let statements = concat!(env!("CARGO_MANIFEST_DIR"), "/proofs/theories/Statements.v");
    let statements = std::fs::read_to_string(statements).expect("the statements");
    let mut seen: Vec<&str> = Vec::new();
    for certificate in genuine() {
        let report = verify(&certificate);
        for (claim, finding) in certificate.claims.iter().zip(&report.claims) {
            let expected: &[&str] = match claim {
                Claim::MistakeBound { .. } => &["T6_mistake_bound"],
                Claim::CoherentMistakeBound { .. } => &["T6c_hinge", "T6c_perceptron"],
                Claim::SeparatorBound { .. } => &["T14_batches"],
                Claim::Probability(claim) if claim.ratio.is_some() => &["T4_probability"],
                Claim::Probability(_) => &["T5_probability"],
                Claim::AlongAndAcross(_) => &["T12 (no Coq proof of its exponentials)"],
                _ => &[],
            };
            assert_eq!(finding.rests_on, expected);
            seen.extend(expected);
        }
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(
        seen,
        [
            "T12 (no Coq proof of its exponentials)",
            "T14_batches",
            "T4_probability",
            "T5_probability",
            "T6_mistake_bound",
            "T6c_hinge",
            "T6c_perceptron"
        ]
    );
    for theorem in seen {
        if let Some(unproved) = theorem.strip_suffix(" (no Coq proof of its exponentials)") {
            let mut records = filtercert::theory::forms().map(|t| t.statement());
            let record = records.find(|record| record.id.name() == unproved);
            assert!(record.is_some_and(|record| !record.unproved.is_empty()));
            continue;
        }
        assert!(
            statements.contains(&format!("\nTheorem {theorem} ")),
            "{theorem}"
        );
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
        "hinge",
        "leaky-relu",
        "data-set",
        "not-separable",
        "keys-apart",
    ] {
        let problem = example(name);
        let emitted = emit(&problem, problem.training().steps).expect("covered");
        let report = verify(&emitted.certificate);
        assert_eq!(report.verdict(), Verdict::Valid, "{name}: {report:#?}");
        let text = emitted.certificate.to_text().expect("JSON");
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
    assert_eq!((state.step, state.verdict()), (t, Verdict::Valid));
}

#[test]
fn another_problem_is_seen() {
    let own = problem_of(&example("small")).expect("covered");
    assert_eq!(same_problem(&own, &own), Ok(()));
    let mut reordered = own.clone();
    reordered.atoms.reverse();
    assert_eq!(same_problem(&own, &reordered), Ok(()));
    type Change = fn(&mut Problem);
    let changes: [(&str, Change); 11] = [
        ("Gram matrix", |p| p.gram[2][2] = Number(ratio(1, 2))),
        ("loss", |p| p.loss = Loss::Unhinged),
        ("pooling", |p| p.pooling = Some(Pooling::Max)),
        ("activation", |p| p.slope = Some(Number(ratio(1, 1)))),
        ("choice of what is trained", |p| {
            p.train = Train::FiltersAndHead;
        }),
        ("step size", |p| p.step = Number(ratio(1, 9))),
        ("batch", |p| p.batch = Natural(2)),
        ("head", |p| p.head[0] = Number(ratio(2, 1))),
        ("initial weights", |p| p.weights[0][0] = Number(ratio(1, 3))),
        ("distribution", |p| p.atoms[0].counts[0] = Natural(2)),
        ("distribution", |p| p.atoms[0].counts.clear()),
    ];
    for (name, change) in changes {
        let mut other = own.clone();
        change(&mut other);
        assert_eq!(same_problem(&own, &other), Err(Unbound::Another(name)));
    }
    // A family that is too large to be listed may be the same distribution: nothing is said.
    let mut other = own.clone();
    other.atoms[0].draws = Some(Draws {
        number: Natural(1_000),
        probabilities: vec![Number(ratio(1, 4)); 4],
    });
    assert_eq!(same_problem(&own, &other), Err(Unbound::TooMany));
    let text = to_explicit_toml(&example("small")).replace("\"relu\"", "\"relu2\"");
    let squared = parse_problem("relu2.toml", &text, Format::Toml).expect("a problem");
    let refused = problem_of(&squared);
    assert!(
        matches!(refused, Err(Unbound::Network("relu2"))),
        "{refused:?}"
    );
}

/// Families of images, written out by the checker, by the emitter, and by the definition, are the same lists.
#[test]
fn three_ways_to_write_out_draws() {
    let mut rng = ChaCha8Rng::seed_from_u64(48);
    let mut problem = problem_of(&example("small")).expect("covered");
    let (mut families, mut refused) = (0, 0);
    for _ in 0..300 {
        for atom in &mut problem.atoms {
            let mut shares: Vec<i64> = (0..4).map(|_| rng.random_range(0..=3)).collect();
            let whole = shares.iter().sum::<i64>();
            // One in ten is no law.
            shares[0] += i64::from(rng.random_ratio(1, 20));
            let whole = whole.max(1);
            atom.counts = (0..4).map(|_| Natural(rng.random_range(0..=2))).collect();
            let probabilities = shares.iter().map(|&s| Number(ratio(s, whole))).collect();
            let number = Natural(rng.random_range(1..=5));
            atom.draws = rng.random_bool(0.7).then_some(Draws {
                number,
                probabilities,
            });
        }
        let Ok(own) = filtercert::certificate::verify::images(&problem) else {
            assert_eq!(outcomes::images(&problem, 1 << 20), None);
            refused += 1;
            continue;
        };
        let emitted = outcomes::images(&problem, 1 << 20).expect("few");
        let emitted = emitted
            .into_iter()
            .map(|((label, counts), q)| (label, counts, Q::from(q)));
        assert!(emitted.eq(own.iter().cloned()));
        let label = |y| if y == 0 { Label::Plus } else { Label::Minus };
        let defined = naive::images(&problem).into_iter();
        let defined = defined.map(|x| (label(x.label), x.counts, x.probability));
        assert!(defined.eq(own));
        families += problem.atoms.iter().filter(|a| a.draws.is_some()).count();
    }
    assert!(families >= 200 && refused >= 20, "{families} {refused}");
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

/// What the checker says first of an edited certificate.
fn error_of(certificate: &Certificate, edit: impl Fn(&mut Value)) -> VerifyError {
    let certificate = edited(certificate, edit).expect("canonical");
    let report = verify(&certificate);
    let mut errors = report.findings().filter_map(|f| f.result.as_ref().err());
    errors.next().expect("an objection").clone()
}

/// A rule that is not met, a number that is wrong, a limit, and where.
fn fault(error: &VerifyError) -> (Place, Fault) {
    match error {
        VerifyError::Wrong { claim, of, .. } => (*claim, Fault::Wrong(*of)),
        VerifyError::Unmet { claim, rule, .. } => (*claim, Fault::Unmet(*rule)),
        VerifyError::NotCovered { claim, what, .. } => (*claim, Fault::Limit(*what)),
        other => panic!("{other}"),
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    Wrong(Quantity),
    Unmet(Rule),
    Limit(Limit),
}

/// Every objection to a problem, its segments and each kind of claim, from one edit each.
#[test]
fn every_rejection_has_a_bad_certificate() {
    use Fault::{Limit as L, Unmet as U, Wrong as W};
    let all = genuine();
    let text = |value: &str| Value::String(value.to_owned());
    let list = |values: &[&str]| serde_json::json!(values);
    let draws =
        |number: &str, law: [&str; 4]| serde_json::json!({"number": number, "probabilities": law});
    let set = |json: &mut Value, pointer: &str, value: &Value| match json.pointer_mut(pointer) {
        Some(place) => *place = value.clone(),
        None => {
            let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
            let parent = json.pointer_mut(parent).expect("a parent");
            let parent = parent.as_object_mut().expect("an object");
            // Where the format has it.
            let place = match key {
                "slope" => {
                    1 + parent
                        .keys()
                        .position(|key| key == "train")
                        .expect("before it")
                }
                _ => parent.len(),
            };
            parent.shift_insert(place, key.to_owned(), value.clone());
        }
    };
    // Of the problem and its segments.
    for (pointer, expected, value) in [
        ("/problem/gram", U(Rule::Sizes), list(&[])),
        ("/problem/head", U(Rule::Weights), list(&["1"])),
        ("/problem/gram/0", U(Rule::Square), list(&["1"])),
        ("/problem/gram/0/1", U(Rule::Symmetric), text("1/2")),
        ("/problem/gram/3/3", U(Rule::Semidefinite), text("-1")),
        ("/problem/gram/3/3", U(Rule::Range), text("0")),
        ("/problem/step", U(Rule::Step), text("0")),
        ("/problem/slope", U(Rule::Slope), text("0")),
        ("/problem/slope", U(Rule::Slope), text("3/2")),
        ("/problem/batch", U(Rule::Batch), text("0")),
        (
            "/problem/atoms/0/probability",
            U(Rule::Probabilities),
            text("0"),
        ),
        (
            "/problem/atoms/0/probability",
            W(Quantity::Total),
            text("1/2"),
        ),
        ("/problem/atoms", W(Quantity::Total), list(&[])),
        ("/problem/atoms/0/counts", U(Rule::Counts), list(&["1"])),
        (
            "/problem/atoms/0/draws",
            U(Rule::Draws),
            draws("0", ["0", "0", "1", "0"]),
        ),
        (
            "/problem/atoms/0/draws",
            U(Rule::Draws),
            draws("1", ["0", "2", "-1", "0"]),
        ),
        (
            "/problem/atoms/0/draws",
            U(Rule::Draws),
            draws("1", ["0", "1/2", "1/3", "0"]),
        ),
        (
            "/problem/atoms/0/draws",
            L(Limit::Cells),
            draws("1000", ["1/4"; 4]),
        ),
        (
            "/problem/atoms/0/draws",
            L(Limit::Numbers),
            draws("18446744073709551615", ["1", "0", "0", "0"]),
        ),
        ("/segments/0/length", U(Rule::Length(1)), text("0")),
        (
            "/segments/0/increment/0/0",
            U(Rule::Increment(1)),
            text("77"),
        ),
        ("/segments/0/increment", U(Rule::Increment(1)), list(&[])),
        ("/segments/0/active/0", U(Rule::Active(1)), text("0000")),
        ("/segments/0/length", U(Rule::Course(1)), text("4000")),
    ] {
        let error = error_of(&all[0], |json| set(json, pointer, &value));
        let place = match pointer.starts_with("/segments") {
            true => Place::Segments,
            false => Place::Problem,
        };
        assert_eq!(fault(&error), (place, expected), "{pointer}");
    }
    let endless = emit(&example("violates-a5t"), 10_000)
        .expect("covered")
        .certificate;
    let error = error_of(&endless, |json| {
        let last = json["segments"].as_array().expect("an array").len() - 1;
        assert!(last > 0);
        json["segments"][last]["length"] = text("18446744073709551615");
    });
    assert_eq!(fault(&error), (Place::Segments, L(Limit::Numbers)));
    let error = error_of(&all[3], |json| {
        json["segments"] = serde_json::json!([{"length": "1", "active": [], "increment": []}]);
    });
    assert_eq!(fault(&error), (Place::Segments, L(Limit::Segments)));
    // Each of the two reasons is enough.
    for (member, value) in [
        ("loss", "square"),
        ("loss", "squared-hinge"),
        ("train", "filters+head"),
    ] {
        let error = error_of(&all[0], |json| json["problem"][member] = text(value));
        let expected = (Place::Segments, L(Limit::Segments));
        assert_eq!(fault(&error), expected, "{value}");
    }
    // What rests on a wrong problem, or on wrong segments, is not covered.
    for (member, limit) in [
        ("problem", Limit::NoProblem),
        ("segments", Limit::NoSegments),
    ] {
        let wrong = edited(&all[0], |json| match member {
            "problem" => json["problem"]["step"] = text("0"),
            _ => json["segments"][0]["length"] = text("0"),
        });
        let report = verify(&wrong.expect("canonical"));
        assert_eq!(report.verdict(), Verdict::Invalid);
        let state = report.claims[0].result.clone().expect_err("not covered");
        assert_eq!(fault(&state).1, L(limit));
    }
    // Of T12's claims that of accuracy, with bounds of three filters that move.
    let is_of = |kind: &str, claim: &Claim| match claim {
        Claim::AlongAndAcross(claim) if kind == "along-and-across" => {
            claim.conclusion == Conclusion::Accuracy && !claim.squares.contains(&None)
        }
        claim => claim.kind() == kind,
    };
    // Of the claims: what is changed, what it says.
    let weight = W(Quantity::Weight(0, 0));
    for (kind, member, expected, value) in [
        ("state", "weights/0/0", weight, text("5")),
        ("state", "head/0", W(Quantity::Head(0)), text("5")),
        ("state", "weights", U(Rule::Shape), list(&[])),
        ("state", "t", weight, text("0")),
        (
            "norm-dominance",
            "ratio",
            W(Quantity::WinnerNorm),
            text("1000"),
        ),
        ("norm-dominance", "ratio", U(Rule::Ratio), text("-1")),
        ("accuracy", "accuracy", W(Quantity::Accuracy), text("1/3")),
        ("mistake-bound", "bound", W(Quantity::MaxUpdates), text("1")),
        (
            "coherent-mistake-bound",
            "bound",
            W(Quantity::MaxUpdates),
            text("1"),
        ),
        (
            "separator-bound",
            "bound",
            W(Quantity::MaxUpdates),
            text("1"),
        ),
        (
            "separator-bound",
            "separator/0",
            U(Rule::Separates),
            text("1/9"),
        ),
        ("separator-bound", "separator", U(Rule::Shape), list(&["9"])),
        (
            "inseparable",
            "parts/0/weight",
            U(Rule::Mixture),
            text("5/7"),
        ),
        (
            "inseparable",
            "parts/0/weight",
            U(Rule::Mixture),
            text("-1"),
        ),
        (
            "inseparable",
            "parts/0/factors/0",
            U(Rule::Factors),
            text("1/5"),
        ),
        (
            "inseparable",
            "parts/0/factors/0",
            U(Rule::Factors),
            text("2"),
        ),
        (
            "inseparable",
            "parts/0/factors/0",
            W(Quantity::Remainder),
            text("5/7"),
        ),
        ("inseparable", "parts/0/factors", U(Rule::Shape), list(&[])),
        ("inseparable", "parts/0/atom", U(Rule::Atoms), text("77")),
        ("inseparable", "parts", U(Rule::Mixture), list(&[])),
        ("law", "perfect", W(Quantity::Perfect), text("1/3")),
        ("law", "t", L(Limit::Work), text("18446744073709551615")),
        ("path", "updates", W(Quantity::Updates), text("77")),
        ("path", "samples/0/0", U(Rule::Atoms), text("77")),
        ("path", "samples/0", U(Rule::Samples), list(&[])),
        ("path", "weights/0/0", weight, text("5")),
        ("probability", "bound", W(Quantity::Probability), text("2")),
        (
            "probability",
            "label_counts/0",
            W(Quantity::Probability),
            text("1000000"),
        ),
        ("probability", "walks", U(Rule::Walks), list(&[])),
        (
            "probability",
            "walks/0",
            U(Rule::Thresholds),
            text("100000"),
        ),
        ("probability", "from", U(Rule::Steps), text("99")),
        ("probability", "ratio", U(Rule::Ratio), text("-1")),
        (
            "along-and-across",
            "bound",
            W(Quantity::Probability),
            text("1"),
        ),
        (
            "along-and-across",
            "label_counts/0",
            W(Quantity::Probability),
            text("1000000"),
        ),
        (
            "along-and-across",
            "squares/1",
            W(Quantity::Probability),
            text("1/1000"),
        ),
        (
            "along-and-across",
            "squares/1",
            U(Rule::Thresholds),
            text("1000000"),
        ),
        (
            "along-and-across",
            "squares/1",
            U(Rule::Thresholds),
            text("-1"),
        ),
        (
            "along-and-across",
            "squares/1",
            U(Rule::Squares),
            Value::Null,
        ),
        ("along-and-across", "squares", U(Rule::Shape), list(&["1"])),
        ("along-and-across", "from", U(Rule::Steps), text("99")),
        (
            "along-and-across",
            "conclusion",
            U(Rule::Ratio),
            serde_json::json!({"ratio": "-1"}),
        ),
        // Two of the three filters are winners.
        (
            "along-and-across",
            "conclusion",
            U(Rule::Winner),
            serde_json::json!({"tangent": "9"}),
        ),
        // What begins at step 0 is not for ever.
        ("along-and-across", "t", U(Rule::Steps), Value::Null),
        ("refutation", "filter", U(Rule::Coordinate), text("9")),
        ("refutation", "pattern", U(Rule::Coordinate), text("9")),
        ("refutation", "key_patches", U(Rule::KeyPatches), text("9")),
        ("refutation", "key_patches", U(Rule::KeyPatches), text("0")),
        (
            "refutation",
            "samples",
            U(Rule::PathLength),
            serde_json::json!([["0"], ["0"], ["0"]]),
        ),
        (
            "refutation",
            "predicted",
            W(Quantity::Predicted),
            text("77"),
        ),
        ("refutation", "value", W(Quantity::Value), text("77")),
        ("refutation", "t", W(Quantity::Predicted), text("0")),
        (
            "refutation-probability",
            "thresholds/bound",
            W(Quantity::Probability),
            text("1"),
        ),
        (
            "refutation-probability",
            "thresholds/bound",
            U(Rule::Fails),
            text("1/9"),
        ),
        (
            "refutation-probability",
            "thresholds/walks",
            U(Rule::Walks),
            list(&[]),
        ),
        (
            "refutation-probability",
            "thresholds/from",
            U(Rule::Steps),
            text("99"),
        ),
        (
            "refutation-probability",
            "thresholds/ratio",
            U(Rule::Ratio),
            text("-1"),
        ),
        (
            "refutation-probability",
            "thresholds/ratio",
            U(Rule::Thresholds),
            text("1000"),
        ),
        (
            "refutation-probability",
            "probability",
            W(Quantity::Event),
            text("1/3"),
        ),
        (
            "refutation-probability",
            "key_patches",
            U(Rule::KeyPatches),
            text("7"),
        ),
        (
            "refutation-updates",
            "bound",
            W(Quantity::MaxUpdates),
            text("1000"),
        ),
        (
            "refutation-updates",
            "updates",
            W(Quantity::Updates),
            text("1000"),
        ),
        (
            "refutation-updates",
            "key_patches",
            U(Rule::KeyPatches),
            text("7"),
        ),
        (
            "refutation-updates",
            "samples/0/0",
            U(Rule::Atoms),
            text("77"),
        ),
        (
            "refutation-updates",
            "samples/0",
            U(Rule::Samples),
            list(&[]),
        ),
        (
            "refutation-stuck",
            "margin",
            W(Quantity::Margin),
            text("77"),
        ),
        ("refutation-stuck", "atom", U(Rule::Atoms), text("77")),
        ("refutation-stuck", "samples", U(Rule::Still), list(&[])),
    ] {
        let found = all.iter().enumerate().find_map(|(i, c)| {
            let j = c.claims.iter().position(|claim| is_of(kind, claim))?;
            Some((i, j))
        });
        let (i, j) = found.unwrap_or_else(|| panic!("no {kind}"));
        let pointer = format!("/claims/{j}/{member}");
        let error = error_of(&all[i], |json| set(json, &pointer, &value));
        assert_eq!(fault(&error), (Place::Claim(kind, j), expected), "{member}");
    }
    // Hypotheses that the bounds need, and what other claims ask of the problem.
    let alone = genuine::lone();
    let lone = |kind: &str| {
        let found = alone.iter().find(|c| is_of(kind, &c.claims[0]));
        found.unwrap_or_else(|| panic!("no {kind}")).clone()
    };
    for (kind, pointer, expected, value) in [
        (
            "mistake-bound",
            "/problem/loss",
            U(Rule::A0),
            text("perceptron"),
        ),
        ("mistake-bound", "/problem/head/0", U(Rule::A5f), text("2")),
        (
            "mistake-bound",
            "/problem/atoms/0/counts/0",
            U(Rule::A2),
            text("2"),
        ),
        (
            "mistake-bound",
            "/problem/weights/0/0",
            U(Rule::A6),
            text("-1"),
        ),
        (
            "mistake-bound",
            "/problem/train",
            U(Rule::A0),
            text("filters+head"),
        ),
        ("mistake-bound", "/problem/gram/3/3", U(Rule::A1), text("2")),
        ("mistake-bound", "/problem/slope", U(Rule::A0), text("1/2")),
        (
            "coherent-mistake-bound",
            "/problem/loss",
            U(Rule::A0Keys),
            text("square"),
        ),
        (
            "coherent-mistake-bound",
            "/problem/loss",
            W(Quantity::MaxUpdates),
            text("perceptron"),
        ),
        (
            "coherent-mistake-bound",
            "/problem/train",
            U(Rule::A0Keys),
            text("filters+head"),
        ),
        (
            "coherent-mistake-bound",
            "/problem/slope",
            U(Rule::A0Keys),
            text("1/2"),
        ),
        (
            "coherent-mistake-bound",
            "/problem/head/2",
            U(Rule::A0Keys),
            text("0"),
        ),
        (
            "coherent-mistake-bound",
            "/problem/atoms/0/counts/1",
            U(Rule::A2Own),
            text("1"),
        ),
        (
            "coherent-mistake-bound",
            "/problem/atoms/0/counts/0",
            U(Rule::A2Own),
            text("0"),
        ),
        (
            "coherent-mistake-bound",
            "/problem/weights/0/0",
            U(Rule::A6),
            text("-1"),
        ),
        (
            "coherent-mistake-bound",
            "/problem/head/0",
            W(Quantity::MaxUpdates),
            text("9"),
        ),
        (
            "coherent-mistake-bound",
            "/problem/batch",
            W(Quantity::MaxUpdates),
            text("2"),
        ),
        (
            "separator-bound",
            "/problem/loss",
            U(Rule::A0Separator),
            text("unhinged"),
        ),
        (
            "separator-bound",
            "/problem/train",
            U(Rule::A0Separator),
            text("filters+head"),
        ),
        (
            "separator-bound",
            "/problem/head",
            U(Rule::A0Separator),
            list(&["0", "0", "0"]),
        ),
        // What holds for a slope need not for one that is smaller, or for a longer step.
        (
            "separator-bound",
            "/problem/slope",
            U(Rule::Separates),
            text("1/9"),
        ),
        (
            "separator-bound",
            "/problem/atoms/0/counts/1",
            U(Rule::Separates),
            text("9"),
        ),
        (
            "separator-bound",
            "/problem/step",
            W(Quantity::MaxUpdates),
            text("9"),
        ),
        (
            "separator-bound",
            "/problem/batch",
            W(Quantity::MaxUpdates),
            text("2"),
        ),
        (
            "along-and-across",
            "/problem/loss",
            U(Rule::A0Heads),
            text("hinge"),
        ),
        (
            "along-and-across",
            "/problem/batch",
            U(Rule::A0Heads),
            text("2"),
        ),
        (
            "along-and-across",
            "/problem/slope",
            U(Rule::A0Heads),
            text("1/2"),
        ),
        (
            "along-and-across",
            "/problem/train",
            U(Rule::A0Heads),
            text("filters+head"),
        ),
        (
            "along-and-across",
            "/problem/head/2",
            U(Rule::A0Heads),
            text("0"),
        ),
        (
            "along-and-across",
            "/problem/gram/1/1",
            U(Rule::A1k),
            text("2"),
        ),
        (
            "along-and-across",
            "/problem/atoms/0/counts/0",
            U(Rule::A2Label),
            text("2"),
        ),
        (
            "along-and-across",
            "/problem/atoms/0/counts/1",
            U(Rule::A2Label),
            text("1"),
        ),
        (
            "along-and-across",
            "/problem/atoms/0/counts/2",
            U(Rule::H),
            text("2"),
        ),
        (
            "along-and-across",
            "/problem/weights/0/0",
            U(Rule::Thresholds),
            text("1/8"),
        ),
        ("inseparable", "/problem/slope", U(Rule::Factors), text("1")),
        (
            "inseparable",
            "/problem/atoms/0/counts/0",
            W(Quantity::Remainder),
            text("9"),
        ),
        (
            "inseparable",
            "/problem/atoms/0/label",
            W(Quantity::Remainder),
            text("-"),
        ),
        ("law", "/problem/batch", L(Limit::LawBatch), text("2")),
    ] {
        let error = error_of(&lone(kind), |json| set(json, pointer, &value));
        assert_eq!(fault(&error).1, expected, "{kind} {pointer}");
    }
    // For ever asks for a step and for samples, a tangent for a filter, a ratio for a winner.
    let mut all_lone = genuine::lone().into_iter();
    let for_ever = all_lone.find(|c| match &c.claims[0] {
        Claim::AlongAndAcross(claim) => claim.t.is_none(),
        _ => false,
    });
    let for_ever = for_ever.expect("one for ever");
    let error = error_of(&for_ever, |json| json["claims"][0]["from"] = text("0"));
    assert_eq!(fault(&error).1, U(Rule::Steps));
    let error = error_of(&for_ever, |json| {
        json["claims"][0]["label_counts"] = list(&["0", "0"]);
    });
    assert_eq!(fault(&error).1, U(Rule::Thresholds));
    let error = error_of(&for_ever, |json| {
        json["claims"][0]["bound"] = text("999/1000");
    });
    assert_eq!(fault(&error).1, W(Quantity::Probability));
    let error = error_of(&for_ever, |json| {
        json["claims"][0]["conclusion"] = serde_json::json!({"tangent": "9"});
        json["claims"][0]["squares"][1] = Value::Null;
    });
    assert_eq!(fault(&error).1, U(Rule::Winner));
    let error = error_of(&for_ever, |json| {
        json["claims"][0]["conclusion"] = serde_json::json!({"ratio": "0"});
        json["problem"]["weights"][0][0] = text("0");
    });
    assert_eq!(fault(&error).1, U(Rule::Winner));
    // Keys that overlap a background, or are acute, or vanish.
    for places in [[(0, 2), (2, 0)], [(1, 3), (3, 1)], [(0, 1), (1, 0)]] {
        let error = error_of(&lone("coherent-mistake-bound"), |json| {
            for (p, q) in places {
                json["problem"]["gram"][p][q] = text("1/8");
            }
        });
        assert_eq!(fault(&error).1, U(Rule::A1kMinus), "{places:?}");
    }
    let error = error_of(&lone("coherent-mistake-bound"), |json| {
        for p in 0..4 {
            json["problem"]["gram"][0][p] = text("0");
            json["problem"]["gram"][p][0] = text("0");
        }
        for j in 0..3 {
            json["problem"]["weights"][j][0] = text("0");
        }
    });
    assert_eq!(fault(&error).1, U(Rule::A1kMinus));
    // Refutations: other losses and batches, too few updates, an image whose gate is closed, what T7 and T12 do not say.
    for (kind, member, expected, value) in [
        ("refutation-updates", "loss", L(Limit::Losses), "unhinged"),
        ("refutation-stuck", "loss", L(Limit::Losses), "unhinged"),
        ("refutation-probability", "batch", L(Limit::LawBatch), "2"),
    ] {
        let error = error_of(&lone(kind), |json| json["problem"][member] = text(value));
        assert_eq!(fault(&error).1, expected, "{kind}");
    }
    let error = error_of(&lone("refutation-updates"), |json| {
        json["claims"][0]["samples"] = serde_json::json!([["0"]]);
        json["claims"][0]["updates"] = text("1");
    });
    assert_eq!(fault(&error).1, U(Rule::Fails));
    let error = error_of(&lone("refutation-updates"), |json| {
        for row in json["problem"]["weights"].as_array_mut().expect("rows") {
            row[0] = text("-2");
            row[1] = text("-2");
        }
    });
    assert_eq!(fault(&error).1, U(Rule::A6));
    let closed = lone("refutation-stuck");
    let Claim::RefutationStuck(stuck) = &closed.claims[0] else {
        panic!("{closed:?}");
    };
    let other = (1 - stuck.atom.0).to_string();
    let error = error_of(&closed, |json| json["claims"][0]["atom"] = text(&other));
    let VerifyError::Wrong { recomputed, .. } = &error else {
        panic!("{error}");
    };
    let margin = recomputed.to_string();
    let error = error_of(&closed, |json| {
        json["claims"][0]["atom"] = text(&other);
        json["claims"][0]["margin"] = text(&margin);
    });
    assert_eq!(fault(&error).1, U(Rule::Open));
    for (theorem, pattern, expected) in [
        // Keys and head of a filter with two positive keys; the place behind the head.
        ("T7", "0", L(Limit::OtherCoordinate)),
        ("T7", "3", L(Limit::OtherCoordinate)),
        ("T7", "4", U(Rule::Coordinate)),
        ("T8", "1", L(Limit::OtherCoordinate)),
        ("T12", "1", L(Limit::OtherCoordinate)),
        ("T13", "1", L(Limit::OtherCoordinate)),
    ] {
        // Of T12 (a), which has no samples.
        let of = |claim: &Claim| match claim {
            Claim::Refutation(claim) => {
                let of_mean = theorem != "T12" || claim.samples.is_empty();
                format!("{:?}", claim.theorem) == theorem && of_mean
            }
            _ => false,
        };
        // T7 is about a trained head; a fixed one, which other problems have, is refuted too.
        let trained = |c: &Certificate| theorem != "T7" || c.problem.train == Train::FiltersAndHead;
        let mut alone = alone.iter().filter(|c| trained(c));
        let lone = alone.find(|c| of(&c.claims[0])).expect("a refutation");
        let error = error_of(lone, |json| {
            if theorem == "T7" {
                for row in json["problem"]["weights"].as_array_mut().expect("rows") {
                    row[0] = text("1/8");
                    row[1] = text("1/8");
                }
            }
            json["claims"][0]["pattern"] = text(pattern);
        });
        assert_eq!(fault(&error).1, expected, "{theorem} {pattern}");
    }
    // Of the steps of a path: no step, an r that is not read or that no image of the label has, another key, model or loss.
    for (theorem, change, expected) in [
        ("T8", "samples", L(Limit::OtherCoordinate)),
        ("T13", "samples", L(Limit::OtherCoordinate)),
        ("T8", "length", U(Rule::PathLength)),
        ("T12", "length", U(Rule::PathLength)),
        ("T13", "length", U(Rule::PathLength)),
        ("T8", "key_patches", U(Rule::KeyPatches)),
        ("T13", "key_patches", U(Rule::KeyPatches)),
        ("T12", "key_patches", U(Rule::KeyPatches)),
        ("T8", "atom", U(Rule::Atoms)),
        ("T12", "pattern", L(Limit::OtherCoordinate)),
        ("T12", "loss", U(Rule::A0Heads)),
        ("T12", "head", U(Rule::A0Heads)),
        ("T13", "loss", L(Limit::Losses)),
    ] {
        let of = |claim: &Claim| match claim {
            Claim::Refutation(claim) => {
                format!("{:?}", claim.theorem) == theorem && !claim.samples.is_empty()
            }
            _ => false,
        };
        let mut alone = alone.iter();
        let lone = alone.find(|c| of(&c.claims[0])).expect("a refutation");
        let error = error_of(lone, |json| match change {
            "samples" => {
                json["claims"][0]["samples"] = serde_json::json!([]);
                json["claims"][0]["t"] = text("0");
            }
            "length" => json["claims"][0]["t"] = text("6"),
            "key_patches" if theorem == "T12" => {
                // Label + has one key patch of its own, label - another number, and the path meets label +.
                json["problem"]["atoms"][0]["counts"][0] = text("1");
                json["problem"]["atoms"][1]["counts"][1] = text("3");
                json["problem"]["head"][0] = text("1");
                json["problem"]["weights"][0][0] = text("1");
                json["claims"][0]["samples"] = serde_json::json!([["0"]]);
                json["claims"][0]["t"] = text("1");
                json["claims"][0]["filter"] = text("0");
                json["claims"][0]["pattern"] = text("0");
                json["claims"][0]["key_patches"] = text("3");
            }
            "key_patches" => json["claims"][0]["key_patches"] = text("1"),
            "atom" => json["claims"][0]["samples"][0][0] = text("99"),
            "pattern" => {
                let own = json["claims"][0]["pattern"] == text("1");
                json["claims"][0]["pattern"] = text(if own { "0" } else { "1" });
            }
            "loss" if theorem == "T12" => json["problem"]["loss"] = text("hinge"),
            "loss" => json["problem"]["loss"] = text("square"),
            _ => json["problem"]["head"][1] = text("0"),
        });
        assert_eq!(fault(&error).1, expected, "{theorem} {change}");
    }
    // Without a winner no norms dominate.
    let error = error_of(&lone("norm-dominance"), |json| {
        json["segments"] = list(&[]);
        json["problem"]["head"] = list(&["0", "0", "0"]);
    });
    assert_eq!(fault(&error).1, U(Rule::Winner));
    // A refutation of what is true, and of what the theorem does not say.
    let mut lone = all[0].clone();
    lone.segments.clear();
    let refute = |theorem, pattern: usize| {
        let start = &all[0].problem.weights[0][pattern];
        Claim::Refutation(Refutation {
            theorem,
            t: Natural(0),
            samples: Vec::new(),
            key_patches: Natural(1),
            filter: Natural(0),
            pattern: Natural(pattern as u64),
            predicted: start.clone(),
            value: start.clone(),
        })
    };
    for (theorem, pattern, expected) in [
        (Theorem::T1, 0, U(Rule::Fails)),
        (Theorem::T2, 0, U(Rule::Fails)),
        (Theorem::T3, 0, U(Rule::Fails)),
        (Theorem::T2, 2, L(Limit::OtherCoordinate)),
        (Theorem::T3, 2, L(Limit::OtherCoordinate)),
    ] {
        lone.claims = vec![refute(theorem, pattern)];
        let error = verify(&lone).claims[0].result.clone().expect_err("refused");
        assert_eq!(fault(&error).1, expected, "{theorem:?} {pattern}");
    }
    lone.claims.clear();
    assert_eq!(verify(&lone).verdict(), Verdict::NotCovered);
}

/// Every text that is not the canonical one is refused.
#[test]
fn only_the_canonical_text_is_read() {
    let certificate = &genuine()[0];
    let text = certificate.to_text().expect("JSON");
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
        ("\"step\":", "\"slope\":null,\"step\":"),
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
    // Long numbers of a separator, and many images with long factors.
    let all = genuine();
    let long = "7".repeat(9_000);
    let of_kind = |kind: &str| {
        let place = |c: &Certificate| c.claims.iter().position(|claim| claim.kind() == kind);
        let found = all.iter().find_map(|c| Some((c, place(c)?)));
        found.unwrap_or_else(|| panic!("no {kind}"))
    };
    let (separated, place) = of_kind("separator-bound");
    let found = edited(separated, |json| {
        let claim = json["claims"][place].clone();
        json["segments"] = serde_json::json!([]);
        json["claims"] = serde_json::json!([claim]);
        json["claims"][0]["separator"] = serde_json::json!([long, long, long]);
    });
    let report = verify_within(&found.expect("canonical"), 20_000_000);
    assert_ne!(report.verdict(), Verdict::Valid);
    let (balanced, place) = of_kind("inseparable");
    let found = edited(balanced, |json| {
        let claim = json["claims"][place].clone();
        json["segments"] = serde_json::json!([]);
        let part = serde_json::json!({
            "atom": "0", "weight": long, "factors": [long, long, long],
        });
        json["claims"] = serde_json::json!([claim]);
        json["claims"][0]["parts"] = Value::Array(vec![part; 200]);
    });
    let report = verify_within(&found.expect("canonical"), 20_000_000);
    assert_ne!(report.verdict(), Verdict::Valid);
    let short = edited(balanced, |json| {
        let claim = json["claims"][place].clone();
        json["segments"] = serde_json::json!([]);
        let part = serde_json::json!({
            "atom": "0", "weight": "1/100000", "factors": ["1/3", "1/2", "5/7"],
        });
        json["claims"] = serde_json::json!([claim]);
        json["claims"][0]["parts"] = Value::Array(vec![part; 100_000]);
    });
    let report = verify_within(&short.expect("canonical"), 20_000_000);
    assert_eq!(report.verdict(), Verdict::NotCovered);
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
    // A walk that leaves with its first step, for ever.
    let found = edited(unhinged, |json| {
        json["segments"] = serde_json::json!([]);
        for atom in 0..4 {
            json["problem"]["atoms"][atom]["counts"][2] = Value::String("9".to_owned());
        }
        let mut claim = json["claims"][place].clone();
        claim["t"] = Value::String(u64::MAX.to_string());
        claim["from"] = claim["t"].clone();
        claim["ratio"] = Value::String("0".to_owned());
        claim["walks"] = serde_json::json!(["1", "1"]);
        claim["label_counts"] = serde_json::json!(["0", "0"]);
        json["claims"] = serde_json::json!([claim]);
    });
    let report = verify(&found.expect("canonical"));
    let Err(VerifyError::NotCovered { what, .. }) = &report.claims[0].result else {
        panic!("{report:?}");
    };
    assert_eq!(*what, Limit::Work);
    // Windows without end, with paths that are given up and without.
    let (windows, place) = of_kind("refutation-probability");
    let end = u64::MAX.to_string();
    for (from, ratio) in [("0", "0"), ("0", "1/1000"), (&end, "0"), ("3", "1/1000")] {
        let found = edited(windows, |json| {
            let mut claim = json["claims"][place].clone();
            json["segments"] = serde_json::json!([]);
            let says = &mut claim["thresholds"];
            says["from"] = Value::String(from.to_owned());
            says["t"] = Value::String(end.clone());
            says["ratio"] = Value::String(ratio.to_owned());
            says["label_counts"] = serde_json::json!(["0", "0"]);
            says["walks"] = serde_json::json!(["18446744073709551615"]);
            json["claims"] = serde_json::json!([claim]);
        });
        let report = verify_within(&found.expect("canonical"), 20_000_000);
        assert_ne!(report.verdict(), Verdict::Valid);
    }
    // Label counts, steps and squares of T12.
    let (across, place) = of_kind("along-and-across");
    for (from, t, count) in [
        ("1000000000", Some("1000000000"), "500000000"),
        ("1", Some("18446744073709551615"), "1"),
        ("18446744073709551615", None, "18446744073709551615"),
    ] {
        let found = edited(across, |json| {
            let mut claim = json["claims"][place].clone();
            json["segments"] = serde_json::json!([]);
            claim["from"] = Value::String(from.to_owned());
            claim["t"] = t.map_or(Value::Null, |t| Value::String(t.to_owned()));
            claim["label_counts"] = serde_json::json!([count, count]);
            json["claims"] = serde_json::json!([claim]);
        });
        assert_ne!(verify(&found.expect("canonical")).verdict(), Verdict::Valid);
    }
    let found = edited(across, |json| {
        let mut claim = json["claims"][place].clone();
        json["segments"] = serde_json::json!([]);
        claim["squares"] = serde_json::json!([long, long, long]);
        json["claims"] = Value::Array(vec![claim; 200]);
    });
    let report = verify_within(&found.expect("canonical"), 20_000_000);
    assert_ne!(report.verdict(), Verdict::Valid);
    // Many small families; many cheap claims about many weights.
    let mut families = certificate.clone();
    let mut atom = families.problem.atoms[0].clone();
    atom.probability = Number(ratio(1, 3_000));
    atom.draws = Some(Draws {
        number: Natural(600),
        probabilities: [1, 1, 0, 0].map(|n| Number(ratio(n, 2))).to_vec(),
    });
    families.problem.atoms = vec![atom; 3_000];
    let mut crowd = certificate.clone();
    crowd.segments.clear();
    crowd.problem.head = vec![Number(ratio(1, 1)); 50_000];
    crowd.problem.weights = vec![certificate.problem.weights[0].clone(); 50_000];
    let wrong = Claim::State {
        t: Natural(0),
        weights: Vec::new(),
        head: Vec::new(),
    };
    crowd.claims = vec![wrong; 20_000];
    for (name, hostile) in [("families", families), ("crowd", crowd)] {
        let start = std::time::Instant::now();
        let report = verify(&hostile);
        assert_ne!(report.verdict(), Verdict::Valid, "{name}");
        // The limit is about 15 seconds; a busy machine is not what is tested.
        let took = start.elapsed();
        assert!(took.as_secs() < 60, "{name} took {took:?}");
    }
}

/// The least work within which a certificate is confirmed.
fn least_work(certificate: &Certificate) -> u64 {
    let enough = |work: u64| verify_within(certificate, work).verdict() == Verdict::Valid;
    let (mut low, mut high) = (0, 1 << 30);
    assert!(!enough(low) && enough(high));
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        match enough(middle) {
            true => high = middle,
            false => low = middle,
        }
    }
    high
}

/// Operations and digits are counted, and never seconds: what is enough is a number of the certificate, the same
/// everywhere. Weights of two words cost more than weights of one, and claims of other kinds other operations.
#[test]
fn the_work_of_a_certificate_is_a_number_of_it() {
    let problem = problem_of(&example("small")).expect("covered");
    let of_state = |far: &Q| {
        let mut problem = problem.clone();
        problem
            .weights
            .iter_mut()
            .flatten()
            .for_each(|z| z.0 += far);
        let claims = vec![Claim::State {
            t: Natural(0),
            weights: problem.weights.clone(),
            head: problem.head.clone(),
        }];
        least_work(&Certificate {
            problem,
            claims,
            segments: Vec::new(),
        })
    };
    assert_eq!(
        [ratio(0, 1), ratio(1, i64::MAX)].map(|far| of_state(&far)),
        [2_980, 7_492]
    );
    let all = genuine::lone();
    let of_kind = |kind: &str| {
        let one = all.iter().find(|one| one.claims[0].kind() == kind);
        least_work(one.expect("a claim of every kind"))
    };
    assert_eq!(["accuracy", "law"].map(of_kind), [16_228, 166_684]);
}
