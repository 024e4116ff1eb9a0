//! `certify`: writes a certificate.

use super::format::bold;
use super::output::document;
use super::{Exit, Failure, Global, Output, Progress};
use crate::certificate::emit::{Emitted, emit};
use crate::certificate::format::{Certificate, FORMAT, VERSION};
use crate::certificate::verify::verify;
use crate::problem::SourceProblem;
use crate::theory::REGISTRY;
use clap::Args;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Write a certificate: claims about a problem that `verify` can check without the engines
///
/// Covered are relu networks with sum pooling: the exact state, norm dominance and accuracy of the
/// expected dynamics, a sample path of SGD, the bounds of T4, T5 and T6, the exact law of small
/// problems, and theorems whose conclusion fails on this problem. What is written was recomputed by
/// the checker first.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  filtercert certify examples/small.toml -o small.cert\n  filtercert verify small.cert --problem examples/small.toml"
)]
pub struct Options {
    /// Problem file: TOML, or JSON if its name ends in .json; - is standard input
    file: PathBuf,
    /// Where the certificate goes
    #[arg(short, long, value_name = "CERT")]
    output: PathBuf,
    /// Only claims that belong to this theorem (T1, T2, ...) or are of this kind (state,
    /// norm-dominance, accuracy, mistake-bound, probability, law, path, refutation)
    #[arg(long, value_name = "ID")]
    claim: Option<String>,
    /// The step of the claims about the expected dynamics [default: the problem's last step]
    #[arg(long, value_name = "T")]
    at: Option<u64>,
}

const KINDS: [&str; 8] = [
    "state",
    "norm-dominance",
    "accuracy",
    "mistake-bound",
    "probability",
    "law",
    "path",
    "refutation",
];

impl Options {
    pub fn run(&self, global: &Global) -> Result<Output, Failure> {
        let problem = SourceProblem::read(&self.file)?.problem;
        let wanted = self.wanted()?;
        let progress = Progress::start("certify", None);
        let emitted = emit(&problem, self.at.unwrap_or(problem.training.steps));
        drop(progress);
        let emitted = match emitted {
            Ok(emitted) => choose(emitted, &wanted),
            Err(reason) => return Ok(nothing(&reason)),
        };
        let certificate = &emitted.certificate;
        if certificate.claims.is_empty() {
            return Ok(nothing("no claim about this problem is covered"));
        }
        let text = certificate.to_text();
        std::fs::write(&self.output, &text).map_err(|error| {
            Failure::Message(format!(
                "{}: cannot be written: {error}",
                self.output.display()
            ))
        })?;
        let claims = certificate.claims.iter().zip(&emitted.theorems).enumerate();
        let claims: Vec<(String, &str, u64)> = claims
            .map(|(i, (claim, id))| (format!("{}-{}", claim.kind(), i + 1), *id, claim.step()))
            .collect();
        let left: Vec<&str> = REGISTRY
            .iter()
            .map(|theorem| theorem.statement().id.name())
            .filter(|id| !emitted.theorems.contains(id))
            .collect();
        Ok(Output::fine(if global.json {
            let claims: Vec<Value> = claims
                .iter()
                .map(|(id, theorem, t)| json!({ "id": id, "theorem": theorem, "step": t }))
                .collect();
            document(
                Some(&problem),
                json!({
                    "problem": problem.name,
                    "certificate": { "format": FORMAT, "version": VERSION, "bytes": text.len() },
                    "claims": claims,
                    "not_covered": left,
                }),
            )
        } else {
            let mut out = format!(
                "{}\n",
                bold(&format!(
                    "{}: {} claims, {} segments, {} bytes",
                    self.output.display(),
                    claims.len(),
                    certificate.segments.len(),
                    text.len()
                ))
            );
            for (id, theorem, t) in &claims {
                out.push_str(&format!("  {id:<18} {theorem:<4} step {t}\n"));
            }
            out.push_str(&format!("not covered: {}\n", left.join(", ")));
            out
        }))
    }

    /// The theorem or the kind that was asked for.
    fn wanted(&self) -> Result<Option<String>, Failure> {
        let Some(claim) = &self.claim else {
            return Ok(None);
        };
        let known = KINDS.contains(&claim.as_str())
            || REGISTRY
                .iter()
                .any(|theorem| theorem.statement().id.name() == claim);
        if known {
            return Ok(Some(claim.clone()));
        }
        Err(Failure::Message(format!(
            "--claim: found {claim:?}, expected a theorem (T0 to T11, T3max) or one of {}",
            KINDS.join(", ")
        )))
    }
}

/// The claims that were asked for and that the checker confirms. Segments stay only if some claim
/// needs them.
fn choose(mut emitted: Emitted, wanted: &Option<String>) -> Emitted {
    let fits =
        |kind: &str, theorem: &str| wanted.as_deref().is_none_or(|w| w == kind || w == theorem);
    let certificate = &mut emitted.certificate;
    let chosen = certificate.claims.drain(..).zip(emitted.theorems.drain(..));
    let chosen: Vec<_> = chosen
        .filter(|(claim, theorem)| fits(claim.kind(), theorem))
        .collect();
    let (claims, theorems): (Vec<_>, Vec<_>) = chosen.into_iter().unzip();
    if !claims.iter().any(|claim| claim.needs_segments()) {
        certificate.segments.clear();
    }
    certificate.claims = claims;
    let report = verify(certificate);
    // One finding a claim, unless the problem or the segments are at fault: then nothing is covered.
    let confirmed: Vec<bool> = if report.findings.len() == certificate.claims.len() {
        report.findings.iter().map(|f| f.is_valid()).collect()
    } else {
        vec![false; certificate.claims.len()]
    };
    let (claims, theorems) = std::mem::take(&mut certificate.claims)
        .into_iter()
        .zip(theorems)
        .zip(confirmed)
        .filter(|(_, confirmed)| *confirmed)
        .map(|(pair, _)| pair)
        .unzip();
    Emitted {
        certificate: Certificate {
            claims,
            ..emitted.certificate
        },
        theorems,
    }
}

fn nothing(reason: &str) -> Output {
    Output {
        text: String::new(),
        notes: vec![format!("not covered: {reason}; nothing was written")],
        exit: Exit::Unfinished,
    }
}
