//! The claims of a certificate as a Coq file about the model of `proofs/theories`, and how it is
//! checked. The file states each claim as a theorem, proved by one use of `check_sound` and a
//! computation; what Coq accepts does not rest on this crate.

use super::format::{Certificate, Claim, Finding, Label, Loss, Number, Train, Verdict};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

/// Most atoms that are written for Coq.
const MAX_ATOMS: usize = 5_000;

/// Most steps and segments, times atoms, that Coq is asked to recompute: about a minute.
const MAX_WORK: u64 = 20_000;

/// What Coq said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// One a claim that was written for Coq, or not covered.
    pub findings: Vec<Finding>,
    /// What `Print Assumptions` printed, the same for every theorem.
    pub assumptions: String,
}

/// The Coq file of a certificate, and the places of the claims that are in it.
///
/// # Errors
/// The reason why Coq's checker does not cover the problem: a trained head, another loss than
/// unhinged or hinge, or too many atoms.
pub fn text(certificate: &Certificate) -> Result<(String, Vec<usize>), String> {
    let problem = &certificate.problem;
    if problem.train != Train::Filters {
        return Err("Coq's checker covers a fixed head".to_owned());
    }
    let hinge = match problem.loss {
        Loss::Unhinged => "false",
        Loss::Hinge => "true",
        _ => return Err("Coq's checker covers the unhinged loss and the hinge".to_owned()),
    };
    let mut atoms = Vec::new();
    for atom in &problem.atoms {
        let outcomes = atom.outcomes(MAX_ATOMS);
        let Some(outcomes) = outcomes.filter(|o| o.len() + atoms.len() <= MAX_ATOMS) else {
            return Err(format!("Coq's checker takes at most {MAX_ATOMS} atoms"));
        };
        atoms.extend(outcomes.into_iter().map(|(counts, mass)| {
            let counts = counts.iter().map(u64::to_string);
            format!(
                "Image {} {} ({})",
                atom.label == Label::Plus,
                list(counts, "%num"),
                fraction(&Number(mass))
            )
        }));
    }
    let n_atoms = atoms.len() as u64;
    let mut out = String::from(
        "From Coq Require Import QArith NArith.\n\
         From mathcomp Require Import all_ssreflect all_algebra.\n\
         From filtercert Require Import model checker certificates.\n\
\n",
    );
    let _ = writeln!(
        out,
        "Definition atoms : seq image :=\n  {}.\n",
        list(atoms, "")
    );
    let _ = writeln!(
        out,
        "Definition problem : checker.problem := Problem\n  {}\n  atoms\n  {hinge}\n  ({})\n  {}\n  {}.\n",
        table(&problem.gram),
        fraction(&problem.step),
        row(&problem.head),
        table(&problem.weights),
    );
    let segments = certificate.segments.iter().map(|segment| {
        format!(
            "Segment {}%num {}",
            segment.length.0,
            table(&segment.increment)
        )
    });
    let _ = writeln!(
        out,
        "Definition segments : seq segment :=\n  {}.\n",
        list(segments, "")
    );
    out.push_str(
        "Lemma well_formed_problem : well_formed problem = true.\nProof. by vm_compute. Qed.\n",
    );
    let certified: u64 = certificate
        .segments
        .iter()
        .fold(0, |sum, s| sum.saturating_add(s.length.0));
    let mut places = Vec::new();
    for (i, claim) in certificate.claims.iter().enumerate() {
        let plain = claim.step().saturating_sub(certified);
        let steps = plain.saturating_add(certificate.segments.len() as u64);
        if claim.needs_segments() && steps.saturating_mul(n_atoms) > MAX_WORK {
            continue;
        }
        let Some(claim) = of_claim(certificate, claim) else {
            continue;
        };
        places.push(i);
        let i = i + 1;
        let _ = write!(
            out,
            "\nDefinition claim_{i} : claim :=\n  {claim}.\n\
             Theorem claim_{i}_holds (R : realFieldType) : @holds R problem well_formed_problem claim_{i}.\n\
             Proof. apply: (@check_sound R problem well_formed_problem segments); vm_compute; reflexivity. Qed.\n\
             Print Assumptions claim_{i}_holds.\n"
        );
    }
    Ok((out, places))
}

fn of_claim(certificate: &Certificate, claim: &Claim) -> Option<String> {
    Some(match claim {
        Claim::State { t, weights, .. } => format!("ClaimState {}%num {}", t.0, table(weights)),
        Claim::NormDominance { t, ratio } => {
            // The model's norms are those of an orthonormal dictionary.
            let orthonormal = certificate.problem.gram.iter().enumerate().all(|(p, row)| {
                let mut row = row.iter().enumerate();
                row.all(|(q, x)| x.0 == crate::number::integer(i64::from(p == q)))
            });
            if !orthonormal {
                return None;
            }
            format!("ClaimDominance {}%num ({})", t.0, fraction(ratio))
        }
        Claim::Accuracy { t, accuracy } => {
            format!("ClaimAccuracy {}%num ({})", t.0, fraction(accuracy))
        }
        Claim::Path {
            samples,
            weights,
            updates,
            ..
        } => {
            if certificate.problem.batch.0 != 1 {
                return None;
            }
            let samples = samples.iter().flatten().map(|s| s.0.to_string());
            let samples = list(samples, "%num");
            format!("ClaimPath {samples} {} {}%num", table(weights), updates.0)
        }
        Claim::MistakeBound { bound } => {
            let atom = certificate.problem.atoms.first()?;
            let own = usize::from(atom.label == Label::Minus);
            let patches = certificate.problem.atoms.iter().map(|atom| {
                let draws = atom.draws.as_ref().map_or(0, |d| d.number.0);
                let all = atom.counts.iter().map(|c| u128::from(c.0));
                all.sum::<u128>() + u128::from(draws)
            });
            let (r, m) = (atom.counts.get(own)?.0, patches.max()?);
            format!("ClaimMistakes {r}%num {m}%num {}%num", bound.0)
        }
        Claim::Probability(_) | Claim::Law { .. } | Claim::Refutation(_) => return None,
    })
}

fn list(items: impl IntoIterator<Item = String>, scope: &str) -> String {
    let items: Vec<String> = items.into_iter().collect();
    if items.is_empty() {
        return "nil".to_owned();
    }
    format!("[:: {}]{scope}", items.join("; "))
}

fn fraction(q: &Number) -> String {
    format!("Qmake ({}) {}", q.0.numer(), q.0.denom())
}

fn row(numbers: &[Number]) -> String {
    list(numbers.iter().map(fraction), "")
}

fn table(rows: &[Vec<Number>]) -> String {
    list(rows.iter().map(|r| row(r)), "")
}

/// Writes the Coq file, has `coqc` check it, and reads what `Print Assumptions` said.
///
/// # Errors
/// Why Coq could not be asked: it is missing, the proofs are missing or do not compile, or the
/// problem is not covered.
pub fn check(certificate: &Certificate, proofs: &Path) -> Result<Checked, String> {
    let (text, places) = text(certificate)?;
    let run = |command: &mut Command| {
        command.output().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                "coqc or make is missing; on Debian: apt-get install make coq libcoq-mathcomp-ssreflect \
                 libcoq-mathcomp-algebra"
                    .to_owned()
            }
            _ => format!("coqc could not be run: {error}"),
        })
    };
    run(Command::new("coqc").arg("--version"))?;
    if !proofs.join("theories/certificates.v").is_file() {
        return Err(format!(
            "{}: no theories/certificates.v there; --proofs DIR names the directory of the proofs",
            proofs.display()
        ));
    }
    let made = run(Command::new("make")
        .arg("-s")
        .arg("-C")
        .arg(proofs)
        .arg("theories/certificates.vo"))?;
    if !made.status.success() {
        let log = String::from_utf8_lossy(&made.stderr);
        return Err(format!("the proofs do not compile: {}", log.trim()));
    }
    let folder = std::env::temp_dir().join(format!("filtercert-coq-{}", std::process::id()));
    let written = std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::write(folder.join("certificate.v"), &text));
    let found = written
        .map_err(|error| format!("{}: cannot be written: {error}", folder.display()))
        .and_then(|()| {
            run(Command::new("coqc")
                .arg("-Q")
                .arg(proofs.join("theories"))
                .arg("filtercert")
                .arg("-w")
                .arg("-notation-overridden,-ambiguous-paths")
                .arg(folder.join("certificate.v")))
        });
    let _ = std::fs::remove_dir_all(&folder);
    let found = found?;
    let (said, errors) = (
        String::from_utf8_lossy(&found.stdout),
        String::from_utf8_lossy(&found.stderr),
    );
    let closed = said
        .lines()
        .filter(|line| line.trim() == "Closed under the global context")
        .count();
    let accepted = found.status.success() && closed == places.len();
    let claims = certificate.claims.iter().enumerate();
    let findings = claims.map(|(i, claim)| {
        // coqc stops at the first theorem that it refuses.
        let (verdict, recomputed) = match places.iter().position(|&place| place == i) {
            None => (
                Verdict::NotCovered,
                "not in Coq's checker, or too long for it",
            ),
            Some(at) if accepted || at < closed => (Verdict::Valid, "accepted by coqc"),
            Some(at) if at == closed => (Verdict::Invalid, errors.trim()),
            Some(_) => (Verdict::NotCovered, "not reached"),
        };
        Finding {
            id: format!("coq-{}-{}", claim.kind(), i + 1),
            verdict,
            step: claim.step(),
            claimed: format!("Theorem claim_{}_holds", i + 1),
            recomputed: recomputed.to_owned(),
        }
    });
    let assumptions = if accepted {
        format!(
            "Closed under the global context ({} theorems)",
            places.len()
        )
    } else {
        said.trim().to_owned()
    };
    Ok(Checked {
        findings: findings.collect(),
        assumptions,
    })
}
