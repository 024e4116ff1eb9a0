//! The tampering campaign: twenty-four thousand random single edits of genuine certificates. What is accepted is
//! true by definition; and for each objection of the checker there are certificates that it alone keeps
//! out, so that without it the campaign would fail.

use super::genuine::{lone, sealed};
use super::naive;
use crate::number::{Q, parse_rational, ratio};
use filtercert::certificate::format::{Certificate, Claim, Theorem, sha256};
use filtercert::certificate::verify::{Verdict, VerifyError, verify_within};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;

const EDITS: usize = 24_000;

/// What one certificate may cost: genuine ones cost less than a tenth.
const WORK: u64 = 10_000_000;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Outcome {
    Unread,
    Invalid,
    NotCovered,
    Accepted,
}

/// What became of one edit.
struct Edit {
    kind: &'static str,
    outcome: Outcome,
    /// What the checker objects to, without its numbers, and whether the certificate is in fact false.
    objection: Option<(String, bool)>,
}

/// A random edit of the certificate's text: nothing is left of it to be seen by its digest.
fn edited(certificate: &Certificate, rng: &mut ChaCha8Rng) -> String {
    match rng.random_range(0..20) {
        0 => typo(&certificate.to_text().expect("JSON"), rng),
        1..5 => {
            let text = certificate.to_text().expect("JSON");
            let head = text.rsplit_once(",\"sha256\"").expect("a digest").0;
            let head = typo(head, rng);
            format!("{head},\"sha256\":\"{}\"}}\n", sha256(&head))
        }
        _ => changed_value(certificate, rng),
    }
}

/// One character changed, dropped or doubled; half the time a digit.
fn typo(text: &str, rng: &mut ChaCha8Rng) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let digits: Vec<usize> = (0..bytes.len())
        .filter(|&i| bytes[i].is_ascii_digit())
        .collect();
    if rng.random_bool(0.5) {
        let at = digits[rng.random_range(0..digits.len())];
        bytes[at] = rng.random_range(b'0'..=b'9');
    } else {
        let at = rng.random_range(0..bytes.len());
        match rng.random_range(0..3) {
            0 => bytes[at] = rng.random_range(b' '..=b'~'),
            1 => drop(bytes.remove(at)),
            _ => bytes.insert(at, bytes[at]),
        }
    }
    String::from_utf8(bytes).expect("ASCII")
}

/// One value changed for another of its kind, or a list changed by one item, and the digest computed
/// anew: the text stays canonical.
fn changed_value(certificate: &Certificate, rng: &mut ChaCha8Rng) -> String {
    let mut value = serde_json::to_value(certificate).expect("JSON");
    let mut places = Vec::new();
    collect(&value, &mut String::new(), &mut places);
    // The claims are a small part of the text, and the part that counts.
    let of = |part: &str| -> Vec<&String> {
        let places = places.iter();
        places.filter(|place| place.starts_with(part)).collect()
    };
    let (claims, segments) = (of("/claims"), of("/segments/"));
    let place = if rng.random_bool(0.6) {
        claims[rng.random_range(0..claims.len())].clone()
    } else if !segments.is_empty() && rng.random_bool(0.5) {
        segments[rng.random_range(0..segments.len())].clone()
    } else {
        places[rng.random_range(0..places.len())].clone()
    };
    let target = value.pointer_mut(&place).expect("a place");
    // Where a number may be left out.
    if rng.random_ratio(1, 20) && target.is_string() {
        *target = Value::Null;
        return sealed(&value);
    }
    *target = match target.take() {
        Value::String(text) => Value::String(match parse_rational(&text) {
            Ok(number) => changed_number(number, rng).to_string(),
            Err(_) => WORDS[rng.random_range(0..WORDS.len())].to_owned(),
        }),
        Value::Array(mut items) => {
            let (i, j) = (
                rng.random_range(0..items.len()),
                rng.random_range(0..items.len()),
            );
            match rng.random_range(0..3) {
                0 => drop(items.remove(i)),
                1 => items.push(items[i].clone()),
                _ => items.swap(i, j),
            }
            Value::Array(items)
        }
        other => other,
    };
    sealed(&value)
}

const WORDS: [&str; 24] = [
    "hinge",
    "unhinged",
    "perceptron",
    "square",
    "squared-hinge",
    "filters",
    "filters+head",
    "+",
    "-",
    "T1",
    "T2",
    "T3",
    "T3max",
    "T6",
    "T6c",
    "T7",
    "T12",
    "0000",
    "accuracy",
    "whole",
    "split",
    "max",
    "expected",
    "every-path",
];

/// Small changes: the definition enumerates every path, and a large one would be beyond it.
fn changed_number(number: Q, rng: &mut ChaCha8Rng) -> Q {
    let small = ratio(rng.random_range(-3..=3), rng.random_range(1..=4));
    let whole = ratio(rng.random_range(-2..=2), 1);
    match rng.random_range(0..6) {
        0 => number + small,
        1 => number * whole / ratio(rng.random_range(1..=3), 1),
        2 => -number,
        3 => small,
        4 => whole,
        _ => number + whole,
    }
}

/// The places of texts and of lists that are not empty.
fn collect(value: &Value, at: &mut String, found: &mut Vec<String>) {
    let length = at.len();
    let mut visit = |key: &str, value: &Value| {
        at.push('/');
        at.push_str(key);
        collect(value, at, found);
        at.truncate(length);
    };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| visit(key, value)),
        Value::Array(items) => {
            for (i, value) in items.iter().enumerate() {
                visit(&i.to_string(), value);
            }
            if !items.is_empty() {
                found.push(at.clone());
            }
        }
        Value::String(_) => found.push(at.clone()),
        _ => {}
    }
}

/// The name of the variant that an objection is; nothing where there is none.
fn objection(error: &VerifyError) -> Option<String> {
    let name = match error {
        VerifyError::Wrong { of, .. } => format!("{of:?}"),
        VerifyError::Unmet { rule, .. } => format!("{rule:?}"),
        _ => return None,
    };
    let letters = name.chars().take_while(char::is_ascii_alphanumeric);
    Some(letters.collect())
}

/// Does a claim ask for more paths than the definition can go through? Such an edit is drawn again.
fn is_far(certificate: &Certificate) -> bool {
    let far = |claim: &Claim| match claim {
        Claim::Law { t, .. } => t.0 > 6,
        Claim::Probability(claim) => claim.t.0 > 6,
        Claim::AlongAndAcross(claim) => claim.t.unwrap_or(claim.from).0 > 6,
        Claim::RefutationProbability(claim) => claim.thresholds.t.0 > 6,
        Claim::Refutation(claim) => {
            claim.theorem == Theorem::T12 && claim.samples.is_empty() && claim.t.0 > 6
        }
        // A definition is known of these sentences only.
        Claim::Conjecture(claim) => !naive::is_known(&claim.says) || claim.t.0 > 6,
        Claim::ConjectureFails(claim) => !naive::is_known(&claim.says),
        _ => false,
    };
    certificate.claims.iter().any(far)
}

fn run(number: usize, lone: &BTreeMap<&'static str, Vec<&Certificate>>) -> Edit {
    // Each kind in turn, however many certificates it has.
    let of_kind = lone.iter().nth(number % lone.len());
    let (&kind, of_kind) = of_kind.expect("a kind");
    let certificate = of_kind[number / lone.len() % of_kind.len()];
    let mut rng = ChaCha8Rng::seed_from_u64(2026);
    rng.set_stream(number as u64);
    let (text, tampered) = loop {
        let text = edited(certificate, &mut rng);
        let tampered = Certificate::read(&text);
        let genuine = certificate.to_text().expect("JSON");
        if text != genuine && !tampered.as_ref().is_ok_and(is_far) {
            break (text, tampered);
        }
    };
    let Ok(tampered) = tampered else {
        return Edit {
            kind,
            outcome: Outcome::Unread,
            objection: None,
        };
    };
    assert_ne!(tampered, *certificate, "read back as what it was: {text}");
    let report = verify_within(&tampered, WORK);
    let wrong = report
        .findings()
        .find_map(|f| objection(f.result.as_ref().err()?));
    let objection = wrong.map(|what| (what, !naive::is_true(&tampered)));
    let outcome = match report.verdict() {
        Verdict::Invalid => Outcome::Invalid,
        Verdict::NotCovered => Outcome::NotCovered,
        Verdict::Valid => {
            assert!(
                naive::is_true(&tampered),
                "edit {number} is accepted and wrong: {text}"
            );
            Outcome::Accepted
        }
    };
    Edit {
        kind,
        outcome,
        objection,
    }
}

#[test]
fn tampering_campaign() {
    let lone = lone();
    for certificate in &lone {
        let report = verify_within(certificate, WORK / 10);
        assert_eq!(report.verdict(), Verdict::Valid, "{report:?}");
        assert!(naive::is_true(certificate));
    }
    let mut by_kind: BTreeMap<&str, Vec<&Certificate>> = BTreeMap::new();
    for certificate in &lone {
        let of_kind = by_kind.entry(certificate.claims[0].kind()).or_default();
        of_kind.push(certificate);
    }
    let edits = (0..EDITS).into_par_iter().map(|i| run(i, &by_kind));
    let edits: Vec<Edit> = edits.collect();
    let mut figures: BTreeMap<&str, [usize; 5]> = BTreeMap::new();
    let mut objections: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    for edit in &edits {
        let row = figures.entry(edit.kind).or_default();
        row[0] += 1;
        row[1 + edit.outcome as usize] += 1;
        if let Some((what, is_false)) = &edit.objection {
            let counts = objections.entry(what).or_default();
            counts[usize::from(!is_false)] += 1;
        }
    }
    println!("claim            edits  unread  invalid  not covered  accepted and true");
    let mut all = [0; 5];
    for (kind, row) in &figures {
        let [edits, unread, invalid, beyond, accepted] = row;
        println!("{kind:<15} {edits:>6} {unread:>7} {invalid:>8} {beyond:>12} {accepted:>18}");
        all = [0, 1, 2, 3, 4].map(|i| all[i] + row[i]);
        // Each kind has many edits, most of which reach the checker.
        assert!(*edits >= 300, "{kind}: {edits}");
        assert!(invalid + beyond + accepted > edits / 3, "{kind}: {row:?}");
        // A conjecture that is true with room to spare stays so.
        let share = if *kind == "conjecture" { 8 } else { 5 };
        assert!(*invalid > edits / share, "{kind}: {row:?}");
    }
    println!("all: {all:?}");
    assert_eq!(all[0], EDITS);
    assert_eq!(figures.len(), 17, "{figures:?}");
    // What still is true and accepted (a smaller bound, an image that no claim sees) is rare.
    assert!(all[4] < EDITS / 5, "{all:?}");
    println!("objection: certificates that are false, that are true");
    for (what, counts) in &objections {
        println!("  {what}: {counts:?}");
    }
    for what in OBJECTIONS {
        let counts = objections.get(what);
        assert!(counts.is_some_and(|c| c[0] > 0), "{what}: {counts:?}");
    }
}

/// The comparisons of the checker which the campaign would miss if they were left out: each refuses
/// certificates that the definition finds false.
const OBJECTIONS: [&str; 55] = [
    "A0",
    "A0Heads",
    "A0Keys",
    "A0Separator",
    "A1",
    "A1k",
    "A2",
    "A2Label",
    "A2Own",
    "A5f",
    "A6",
    "Accuracy",
    "Active",
    "Atoms",
    "Batch",
    "Coordinate",
    "Counts",
    "Course",
    "Factors",
    "Fails",
    "H",
    "Head",
    "Increment",
    "Kept",
    "KeptSteps",
    "KeyPatches",
    "Length",
    "MaxUpdates",
    "Mixture",
    "PathLength",
    "Perfect",
    "Predicted",
    "Probabilities",
    "Probability",
    "Range",
    "Ratio",
    "Remainder",
    "Samples",
    "Semidefinite",
    "Separates",
    "Shape",
    "Slope",
    "Square",
    "Squares",
    "Step",
    "Steps",
    "Symmetric",
    "Thresholds",
    "Total",
    "Updates",
    "Value",
    "Weight",
    "Weights",
    "Winner",
    "WinnerNorm",
];
