//! Certificates of small problems, as the emitter writes them.

use super::naive;
use crate::number::ratio;
use filtercert::certificate::bind::problem_of;
use filtercert::certificate::emit::emit;
use filtercert::certificate::format::{
    AlongAndAcross, Certificate, Claim, Conclusion, Conjecture, ConjectureFails, Form, Natural,
    Number, Over, Said, sha256,
};
use filtercert::problem::{Format, Problem, parse_problem, read_problem, to_explicit_toml};
use serde_json::Value;

pub fn example(name: &str) -> Problem {
    let path = format!("{}/examples/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    read_problem(path.as_ref()).expect("an example")
}

/// Two background patterns at most, four atoms, three filters, few steps: small enough for the
/// definitions.
pub fn tiny(loss: &str, train: &str, dictionary: &str, weights: &str) -> Problem {
    let text = format!(
        r#"
name = "tiny"
[dictionary]
{dictionary}
[distribution]
prior = ["1/2", "1/2"]
patches = 2
key_patches = 1
background = ["2/3", "1/3"]
[network]
activation = "relu"
pooling = "sum"
head = ["1", "-1", "1"]
weights = {weights}
[training]
loss = "{loss}"
train = "{train}"
step = "1/4"
batch = 1
steps = 3
runs = 1
seed = 3
"#
    );
    parse_problem("tiny.toml", &text, Format::Toml).expect("a problem")
}

/// Max pooling, four patterns: a winner of label + whose key meets a background.
pub fn tiny_max(loss: &str) -> Problem {
    let text = format!(
        r#"
name = "tiny-max"
[dictionary]
background = 2
[distribution]
atoms = [
{{ label = "+", counts = [1, 0, 2, 0], probability = "1/4" }},
{{ label = "+", counts = [1, 0, 0, 1], probability = "1/4" }},
{{ label = "-", counts = [0, 1, 1, 0], probability = "1/2" }},
]
[network]
activation = "relu"
pooling = "max"
head = ["1", "-1", "1"]
weights = [["1/8", "1/4", "1/8", "-1/4"], ["-1/8", "1/4", "-3/8", "1/2"], ["3/8", "1/8", "1/2", "1/4"]]
[training]
loss = "{loss}"
train = "filters"
step = "1/4"
batch = 1
steps = 3
runs = 1
seed = 3
"#
    );
    parse_problem("tiny-max.toml", &text, Format::Toml).expect("a problem")
}

/// The problem with max pooling, images of label + with both keys: T3max fails without A2.
fn tiny_max_refuted() -> Problem {
    let text = to_explicit_toml(&tiny_max("unhinged"));
    assert!(text.contains("[1, 0, 2, 0]"), "{text}");
    let text = text.replace("[1, 0, 2, 0]", "[1, 1, 2, 0]");
    parse_problem("tiny-max.toml", &text, Format::Toml).expect("a problem")
}

/// Every claim about the sentences of `naive.rs` on this problem that is true.
fn conjectures(problem: &Problem) -> Certificate {
    let mut certificate = emit(problem, 0).expect("covered").certificate;
    let images = naive::images(&certificate.problem).len() as u64;
    let mut claims = Vec::new();
    for (claim, when, _) in naive::SENTENCES {
        let says = Said {
            claim: claim.to_owned(),
            when: when.map(str::to_owned),
            steps: Natural(4),
        };
        for over in [Over::Expected, Over::EveryPath] {
            claims.extend((0..3).map(|t| {
                let (says, over, t) = (says.clone(), over.clone(), Natural(t));
                Claim::Conjecture(Conjecture { says, over, t })
            }));
        }
        for eighths in 0..8 {
            let over = Over::Probability {
                is: Number(ratio(eighths, 8)),
                at_least: Number(ratio(1, 2)),
                strict: false,
            };
            let (says, t) = (says.clone(), Natural(2));
            claims.push(Claim::Conjecture(Conjecture { says, over, t }));
        }
        for t in 0..4 {
            let path = (0..t).map(|s| vec![Natural((s + t) % images)]);
            for samples in [None, Some(path.collect())] {
                let (says, t) = (says.clone(), Natural(t));
                claims.push(Claim::ConjectureFails(ConjectureFails { says, t, samples }));
            }
        }
    }
    certificate.segments.clear();
    claims.retain(|claim| {
        certificate.claims = vec![claim.clone()];
        naive::is_true(&certificate)
    });
    certificate.claims = claims;
    certificate
}

pub fn tiny_unhinged() -> Problem {
    tiny("unhinged", "filters", ORTHONORMAL, WEIGHTS)
}

/// Leaky-relu on three patterns, two of which oppose each other in part, and two images given with their counts.
pub fn tiny_leaky(loss: &str, batch: u32, counts: [[u32; 3]; 2]) -> Problem {
    let [plus, minus] = counts.map(|counts| format!("{counts:?}"));
    let text = format!(
        r#"
name = "tiny-leaky"
[dictionary]
patterns = {{ "v+" = ["1", "0"], "v-" = ["-1/2", "1"], u1 = ["0", "1/2"] }}
[distribution]
atoms = [{{ label = "+", counts = {plus}, probability = "1/3" }}, {{ label = "-", counts = {minus}, probability = "2/3" }}]
[network]
activation = "leaky-relu"
slope = "1/4"
pooling = "sum"
head = ["1", "-1/2", "0"]
weights = [["1/8", "-1/16", "0"], ["1/4", "1/8", "1/8"], ["0", "1", "1/2"]]
[training]
loss = "{loss}"
train = "filters"
step = "1/4"
batch = {batch}
steps = 3
runs = 1
seed = 3
"#
    );
    parse_problem("tiny-leaky.toml", &text, Format::Toml).expect("a problem")
}

/// Keys apart, backgrounds that overlap; the winners of both labels are long.
pub fn tiny_across() -> Problem {
    let atoms = r#"[
{ label = "+", counts = [1, 0, 1, 0], probability = "1/4" },
{ label = "+", counts = [1, 0, 0, 1], probability = "1/4" },
{ label = "-", counts = [0, 1, 1, 0], probability = "1/4" },
{ label = "-", counts = [0, 1, 0, 1], probability = "1/4" },
]"#;
    let weights = r#"[["8", "-1/8", "1/8", "-1/4"], ["-1/8", "12", "-3/8", "1/8"], ["-1/8", "1/8", "1/8", "-1/8"]]"#;
    overlapping(atoms, r#"["1", "-1/2", "1"]"#, weights)
}

/// The same with images of one label, and a filter of the other that never moves.
fn tiny_of_one_label() -> Problem {
    let atoms = r#"[
{ label = "+", counts = [1, 0, 1, 0], probability = "1/3" },
{ label = "+", counts = [1, 0, 0, 1], probability = "2/3" },
]"#;
    let weights = r#"[["1/2", "-1/8", "1/8", "-1/4"], ["-1/8", "-1/8", "-1/8", "-1/8"]]"#;
    overlapping(atoms, r#"["1", "-1"]"#, weights)
}

fn overlapping(atoms: &str, head: &str, weights: &str) -> Problem {
    let text = format!(
        r#"
name = "tiny-across"
[dictionary]
patterns = {{ "v+" = ["1", "0", "0", "0"], "v-" = ["0", "1", "0", "0"], u1 = ["0", "0", "1", "0"], u2 = ["0", "0", "3/5", "4/5"] }}
[distribution]
atoms = {atoms}
[network]
activation = "relu"
pooling = "sum"
head = {head}
weights = {weights}
[training]
loss = "unhinged"
train = "filters"
step = "1/4"
batch = 1
steps = 3
runs = 1
seed = 3
"#
    );
    parse_problem("tiny-across.toml", &text, Format::Toml).expect("a problem")
}

/// Accuracy for ever of that problem, with thresholds by hand.
fn for_ever() -> Certificate {
    let number = |p, q| Number(ratio(p, q));
    let claim = AlongAndAcross {
        conclusion: Conclusion::Accuracy,
        form: Form::Split,
        from: Natural(6),
        t: None,
        label_counts: [Natural(2), Natural(0)],
        squares: vec![None, Some(number(1, 40))],
        bound: number(99, 100),
    };
    Certificate {
        problem: problem_of(&tiny_of_one_label()).expect("covered"),
        segments: Vec::new(),
        claims: vec![Claim::AlongAndAcross(claim)],
    }
}

/// A problem in which an assumption fails, with one sample a step.
fn without(name: &str, patterns: &str, atoms: &[(&str, &[u32], &str)], rest: [&str; 6]) -> Problem {
    let atoms = atoms.iter().map(|(label, counts, share)| {
        format!("{{ label = \"{label}\", counts = {counts:?}, probability = \"{share}\" }},\n")
    });
    let atoms: String = atoms.collect();
    let [head, weights, loss, train, step, steps] = rest;
    let text = format!(
        r#"
name = "{name}"
[dictionary]
{patterns}
[distribution]
atoms = [
{atoms}]
[network]
activation = "relu"
pooling = "sum"
head = {head}
weights = {weights}
[training]
loss = "{loss}"
train = "{train}"
step = "{step}"
batch = 1
steps = {steps}
runs = 1
seed = 3
"#
    );
    parse_problem("without.toml", &text, Format::Toml).expect("a problem")
}

/// Problems in which an assumption fails, and with it the conclusion of a theorem from T3 on.
pub fn refuted() -> Vec<Problem> {
    let even: &[(&str, &[u32], &str)] = &[("+", &[1, 0, 1], "1/2"), ("-", &[0, 1, 1], "1/2")];
    let two: &[(&str, &[u32], &str)] = &[("+", &[1, 0], "1/2"), ("-", &[0, 1], "1/2")];
    let three = r#"[["1/8", "1/8", "1/8"], ["-1/8", "1/8", "1/8"], ["-1/8", "1/8", "1/8"]]"#;
    let pair = r#"[["1/8", "-1/8", "1/8"], ["-1/8", "1/8", "1/8"]]"#;
    let leaning = r#"patterns = { "v+" = ["1", "0", "0"], "v-" = ["0", "1", "0"], u1 = ["3/5", "0", "4/5"] }"#;
    let plain = "background = 1";
    vec![
        // T4 without A2: images of label + have the other key too.
        without(
            "t4",
            plain,
            &[("+", &[1, 1, 1], "1/2"), ("-", &[0, 1, 1], "1/2")],
            [
                r#"["1", "-1", "1"]"#,
                three,
                "unhinged",
                "filters",
                "1/4",
                "3",
            ],
        ),
        // T5 without A2: images of label + have the other key twice. T12 too.
        without(
            "t5",
            plain,
            &[("+", &[1, 2, 0], "1/2"), ("-", &[0, 1, 1], "1/2")],
            [
                r#"["1", "-1"]"#,
                r#"[["1", "-1/8", "-1/8"], ["-1/8", "5/8", "1/8"]]"#,
                "unhinged",
                "filters",
                "1/4",
                "4",
            ],
        ),
        // T6 and T6c without A6'.
        without(
            "t6",
            plain,
            even,
            [r#"["1", "1"]"#, pair, "hinge", "filters", "1/2", "6"],
        ),
        // The same without A1: equal keys, where updates go round.
        without(
            "t6-keys",
            r#"patterns = { "v+" = ["1"], "v-" = ["1"] }"#,
            two,
            [
                r#"["1", "-1"]"#,
                r#"[["2", "2"], ["2", "2"]]"#,
                "hinge",
                "filters",
                "8",
                "4",
            ],
        ),
        // T6c without A2, perceptron: an image without its key.
        without(
            "t6c",
            plain,
            &[
                ("+", &[1, 0, 0], "1/2"),
                ("-", &[0, 1, 0], "1/4"),
                ("-", &[0, 0, 1], "1/4"),
            ],
            [
                r#"["1", "-1"]"#,
                r#"[["1/8", "-1/8", "1/8"], ["-1/8", "1/8", "-1/8"]]"#,
                "perceptron",
                "filters",
                "4",
                "4",
            ],
        ),
        // T7 without A4, and without A1: the key of the first filter, the background of another one.
        without(
            "t7",
            plain,
            &[("+", &[1, 0, 1], "1/3"), ("-", &[0, 1, 1], "2/3")],
            [
                r#"["1/2", "-1/2"]"#,
                pair,
                "unhinged",
                "filters+head",
                "1/4",
                "4",
            ],
        ),
        without(
            "t7-leaning",
            leaning,
            even,
            [
                r#"["1/2", "-1/2"]"#,
                pair,
                "unhinged",
                "filters+head",
                "1/4",
                "4",
            ],
        ),
        // T12 without H.
        without(
            "t12",
            plain,
            &[("+", &[1, 0, 2], "1/2"), ("-", &[0, 1, 1], "1/2")],
            [
                r#"["1", "-1"]"#,
                r#"[["1/8", "-1/8", "2"], ["-1/8", "1/8", "2"]]"#,
                "unhinged",
                "filters",
                "1/4",
                "3",
            ],
        ),
        // T12 (c) without A2: images of label - have both keys, those of label + have theirs twice.
        without(
            "t12-keys",
            plain,
            &[("+", &[2, 0, 1], "1/2"), ("-", &[1, 1, 0], "1/2")],
            [
                r#"["1/2", "-1"]"#,
                r#"[["1/8", "-1/8", "-1/8"], ["-1/8", "1/8", "-1/8"]]"#,
                "unhinged",
                "filters",
                "1/4",
                "3",
            ],
        ),
        // T13 without A2: opposed keys, which images of label - have both.
        without(
            "t13",
            r#"patterns = { "v+" = ["1", "0"], "v-" = ["-1", "0"], u1 = ["0", "1"] }"#,
            &[("+", &[1, 0, 1], "1/2"), ("-", &[2, 1, 0], "1/2")],
            [
                r#"["1/2", "-1"]"#,
                r#"[["1/8", "-1/8", "1/8"], ["1/4", "-1/4", "1/8"]]"#,
                "hinge",
                "filters",
                "1/4",
                "3",
            ],
        ),
        // T7 and T8 without A5t: a fixed head, which is not of signs.
        without(
            "t8",
            leaning,
            even,
            [r#"["1/2", "-2"]"#, pair, "unhinged", "filters", "1/4", "3"],
        ),
        // T3 (iii) without A2: label - has the other key thrice.
        without(
            "t3",
            plain,
            &[("+", &[1, 0, 0], "9/10"), ("-", &[0, 3, 0], "1/10")],
            [
                r#"["1", "-1"]"#,
                r#"[["1", "1/2", "-1"], ["-1", "-1", "-1"]]"#,
                "unhinged",
                "filters",
                "1/4",
                "3",
            ],
        ),
    ]
}

const WEIGHTS: &str = r#"[["9/8", "-1/8", "1/8", "-1/4"], ["-1/8", "5/4", "-3/8", "1/8"], ["-1/8", "1/8", "1/8", "-1/8"]]"#;
const ORTHONORMAL: &str = "background = 2";
const COHERENT: &str = r#"patterns = { "v+" = ["1", "0", "0", "0"], "v-" = ["0", "1", "0", "0"], u1 = ["1/2", "0", "1", "0"], u2 = ["0", "1/3", "0", "1"] }"#;

const APART: &str = r#"patterns = { "v+" = ["2", "0", "0", "0"], "v-" = ["-1/2", "1", "0", "0"], u1 = ["0", "0", "1", "0"], u2 = ["0", "0", "1/2", "1"] }"#;

/// Certificates of tiny problems; together they have every kind of claim.
pub fn genuine() -> Vec<Certificate> {
    let problems = [
        tiny_unhinged(),
        tiny("hinge", "filters", ORTHONORMAL, WEIGHTS),
        tiny("perceptron", "filters", COHERENT, WEIGHTS),
        tiny("square", "filters+head", ORTHONORMAL, WEIGHTS),
        tiny("hinge", "filters", APART, WEIGHTS),
        tiny_leaky("hinge", 1, [[1, 0, 0], [0, 1, 1]]),
        tiny_leaky("perceptron", 2, [[2, 0, 0], [0, 1, 1]]),
        tiny_leaky("hinge", 1, [[1, 0, 2], [1, 0, 1]]),
        tiny_across(),
        tiny_max("hinge"),
    ];
    let emitted = problems.iter().map(|problem| {
        let emitted = emit(problem, 4).expect("covered");
        let mut certificate = emitted.certificate;
        let short = |claim: &Claim| claim.step() <= 6;
        certificate.claims.retain(short);
        for claim in &mut certificate.claims {
            if let Claim::Path { samples, .. } = claim {
                assert!(samples.len() <= 6);
            }
        }
        certificate
    });
    let refuted = refuted().into_iter().chain([tiny_max_refuted()]);
    let refutations = refuted.map(|problem| {
        let mut certificate = emit(&problem, 0).expect("covered").certificate;
        let kept = |claim: &Claim| claim.kind().starts_with("refutation") && claim.step() <= 6;
        certificate.claims.retain(kept);
        certificate.trim_segments();
        certificate
    });
    let said = [tiny_unhinged(), tiny_max("unhinged")];
    let said = said.iter().map(conjectures);
    let all = emitted.chain([for_ever()]).chain(refutations);
    all.chain(said).collect()
}

/// The genuine certificates with one claim each, so that nothing hides an edit of it.
pub fn lone() -> Vec<Certificate> {
    let mut lone = Vec::new();
    for certificate in genuine() {
        for claim in &certificate.claims {
            let mut one = certificate.clone();
            one.claims = vec![claim.clone()];
            one.trim_segments();
            lone.push(one);
        }
    }
    lone
}

/// The file with this certificate and a digest that fits, canonical or not.
pub fn sealed(body: &Value) -> String {
    let head =
        format!("{{\"format\":\"filtercert-certificate\",\"version\":\"1\",\"certificate\":{body}");
    format!("{head},\"sha256\":\"{}\"}}\n", sha256(&head))
}
