//! The explicit form of a problem: every number written out, so that anyone can rerun it elsewhere.

use super::{Activation, Distribution, Label, Problem, is_hidden};
use crate::number::Q;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// The problem with weights and head written out, as a JSON problem file.
///
/// Keys stand in the order of the documentation; the background is one list if both labels have the
/// same, else one a label; explicit atoms are distinct, of positive probability, and sorted. Reading
/// the result gives an equal problem, except that its initial point is explicit.
///
/// # Cost
/// Linear in the size of the result.
pub fn to_explicit_json(problem: &Problem) -> Value {
    let texts = |values: &[Q]| -> Value { values.iter().map(Q::to_string).collect() };

    let dictionary = match problem.dictionary().vectors() {
        None => json!({ "background": problem.dictionary().n_background() }),
        Some(vectors) => {
            let patterns: Map<String, Value> = vectors
                .iter()
                .enumerate()
                .map(|(p, vector)| (problem.dictionary().pattern_name(p), texts(vector)))
                .collect();
            json!({ "patterns": patterns })
        }
    };

    let distribution = match &problem.distribution() {
        Distribution::Generative(g) => {
            let [plus, minus] = Label::BOTH.map(|label| g.background(label));
            let background = if plus == minus {
                texts(plus)
            } else {
                json!({ "+": texts(plus), "-": texts(minus) })
            };
            json!({
                "prior": texts(g.prior()),
                "patches": g.patches(),
                "key_patches": g.key_patches(),
                "background": background,
            })
        }
        Distribution::Explicit(table) => {
            let atoms: Vec<Value> = table
                .atoms()
                .iter()
                .map(|atom| {
                    json!({
                        "label": atom.label.symbol(),
                        "counts": atom.counts,
                        "probability": atom.probability.to_string(),
                    })
                })
                .collect();
            json!({ "atoms": atoms })
        }
    };

    let mut network = Map::new();
    network.insert(
        "activation".into(),
        problem.network().activation.name().into(),
    );
    if let Activation::LeakyRelu { slope } = &problem.network().activation {
        network.insert("slope".into(), slope.to_string().into());
    }
    network.insert("pooling".into(), problem.network().pooling.name().into());
    network.insert("head".into(), texts(&problem.network().head));
    network.insert(
        "weights".into(),
        problem.network().weights.iter_rows().map(texts).collect(),
    );

    let training = json!({
        "loss": problem.training().loss.name(),
        "train": problem.training().train.name(),
        "step": problem.training().step.to_string(),
        "batch": problem.training().batch,
        "steps": problem.training().steps,
        "runs": problem.training().runs,
        "seed": problem.training().seed,
    });
    json!({
        "name": problem.name(),
        "dictionary": dictionary,
        "distribution": distribution,
        "network": network,
        "training": training,
    })
}

/// The canonical text of [`to_explicit_json`]: one line without spaces, and a newline.
pub fn explicit_json_text(problem: &Problem) -> String {
    format!("{}\n", to_explicit_json(problem))
}

/// SHA-256 of [`explicit_json_text`], in hexadecimal: the identity of a problem, whatever file it was
/// read from.
pub fn problem_sha256(problem: &Problem) -> String {
    Sha256::digest(explicit_json_text(problem)).iter().fold(
        String::with_capacity(64),
        |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        },
    )
}

/// The same form as a TOML problem file, one row of weights or one atom a line.
pub fn to_explicit_toml(problem: &Problem) -> String {
    let mut out = String::new();
    if let Value::Object(root) = to_explicit_json(problem) {
        for (key, value) in &root {
            match value {
                Value::Object(section) => {
                    let _ = writeln!(out, "\n[{key}]");
                    for (key, value) in section {
                        let _ = writeln!(out, "{key} = {}", toml_value(value, true));
                    }
                }
                _ => {
                    let _ = writeln!(out, "{key} = {}", toml_value(value, false));
                }
            }
        }
    }
    out
}

/// JSON strings without hidden characters are TOML strings too, and so are the integers; hidden characters
/// are escaped, so that the text can be looked at and reads back as it was.
fn toml_value(value: &Value, top: bool) -> String {
    match value {
        Value::Array(items) => {
            let nested = items.iter().any(|item| item.is_array() || item.is_object());
            let texts: Vec<String> = items.iter().map(|item| toml_value(item, false)).collect();
            if top && nested {
                format!("[\n  {},\n]", texts.join(",\n  "))
            } else {
                format!("[{}]", texts.join(", "))
            }
        }
        Value::Object(entries) if entries.is_empty() => "{}".to_owned(),
        Value::Object(entries) => {
            let texts: Vec<String> = entries
                .iter()
                .map(|(key, value)| {
                    let bare = key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
                    let key = if bare {
                        key.clone()
                    } else {
                        format!("\"{key}\"")
                    };
                    format!("{key} = {}", toml_value(value, false))
                })
                .collect();
            format!("{{ {} }}", texts.join(", "))
        }
        scalar => {
            let mut text = String::new();
            for c in scalar.to_string().chars() {
                if is_hidden(c) {
                    let _ = write!(text, "\\U{:08X}", u32::from(c));
                } else {
                    text.push(c);
                }
            }
            text
        }
    }
}
