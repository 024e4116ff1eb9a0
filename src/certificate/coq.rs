//! The claims of a certificate as a Coq file about the model of `proofs/theories`, and how it is
//! checked. The file states each claim as a theorem, proved by one use of `check_sound` and a
//! computation; what Coq accepts does not rest on this crate.

use super::child::Ran;
use super::format::{Certificate, Claim, Label, Loss, Number, Train};
use super::line::Line;
use super::outcomes::images;
use super::proofs::{self, Compiled, coqc};
use super::verify::Verdict;
use num_traits::{One, Zero};
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

pub use super::proofs::PACKAGES;

/// Most atoms that are written for Coq.
const MAX_ATOMS: usize = 5_000;

/// Most steps and segments, times atoms, that Coq is asked to recompute: about a minute.
const MAX_WORK: u64 = 20_000;

/// How long `coqc` may take for one certificate.
const COQC_LIMIT: Duration = Duration::from_secs(300);

/// What Coq said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// One a claim: accepted, refused, or not covered and why.
    pub findings: Vec<Line>,
    /// What `Print Assumptions` printed, the same for every theorem; `None` if Coq did not get so far.
    pub assumptions: Option<String>,
}

/// A Coq file, and for each claim whether it is in it or why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoqFile {
    /// The text.
    pub text: String,
    /// One a claim: the reason why it is not in the text, `None` if it is.
    pub missing: Vec<Option<String>>,
}

/// The Coq file of a certificate.
///
/// # Errors
/// The reason why Coq's checker does not cover the problem: a trained head, max pooling, another activation than relu,
/// another loss than unhinged or hinge, or too many atoms.
pub fn text(certificate: &Certificate) -> Result<CoqFile, String> {
    let problem = &certificate.problem;
    if problem.train != Train::Filters {
        return Err("Coq's checker covers a fixed head".to_owned());
    }
    if problem.pooling.is_some() {
        return Err("Coq's checker covers sum pooling".to_owned());
    }
    if problem.slope.is_some() {
        return Err("Coq's checker covers relu".to_owned());
    }
    let hinge = match problem.loss {
        Loss::Unhinged => "false",
        Loss::Hinge => "true",
        _ => return Err("Coq's checker covers the unhinged loss and the hinge".to_owned()),
    };
    let too_many = || format!("Coq's checker takes at most {MAX_ATOMS} atoms");
    let atoms = images(problem, MAX_ATOMS).ok_or_else(too_many)?.into_iter();
    let atoms = atoms.map(|((label, counts), mass)| {
        let counts = list(counts.iter().map(u64::to_string), "%num");
        let mass = fraction(&Number::from(mass));
        format!("Image {} {counts} ({mass})", label == Label::Plus)
    });
    let atoms: Vec<String> = atoms.collect();
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
    let mut missing = Vec::new();
    for (i, claim) in certificate.claims.iter().enumerate() {
        let plain = claim.step().saturating_sub(certified);
        let steps = plain.saturating_add(certificate.segments.len() as u64);
        let work = steps.saturating_mul(n_atoms);
        let written = if claim.needs_segments() && work > MAX_WORK {
            Err(format!(
                "too long for Coq: {steps} steps and segments of {n_atoms} atoms, at most {MAX_WORK} together"
            ))
        } else {
            of_claim(certificate, claim)
        };
        if let Ok(claim) = &written {
            let i = i + 1;
            let _ = write!(
                out,
                "\nDefinition claim_{i} : claim :=\n  {claim}.\n\
                 Theorem claim_{i}_holds (R : realFieldType) : @holds R problem well_formed_problem claim_{i}.\n\
                 Proof. apply: (@check_sound R problem well_formed_problem segments); vm_compute; reflexivity. Qed.\n\
                 Print Assumptions claim_{i}_holds.\n"
            );
        }
        missing.push(written.err());
    }
    Ok(CoqFile { text: out, missing })
}

/// A claim as a term, or why Coq's checker does not have it.
fn of_claim(certificate: &Certificate, claim: &Claim) -> Result<String, String> {
    Ok(match claim {
        Claim::State { t, weights, .. } => format!("ClaimState {}%num {}", t.0, table(weights)),
        Claim::NormDominance { t, ratio } => {
            // The model's norms are those of an orthonormal dictionary.
            let orthonormal = certificate.problem.gram.iter().enumerate().all(|(p, row)| {
                let mut row = row.iter().enumerate();
                row.all(|(q, x)| match p == q {
                    true => x.0.is_one(),
                    false => x.0.is_zero(),
                })
            });
            if !orthonormal {
                return Err("Coq's checker has norms of an orthonormal dictionary only".to_owned());
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
                return Err("Coq's checker has paths of one sample a step only".to_owned());
            }
            let samples = samples.iter().flatten().map(|s| s.0.to_string());
            let samples = list(samples, "%num");
            format!("ClaimPath {samples} {} {}%num", table(weights), updates.0)
        }
        Claim::MistakeBound { bound } => {
            let problem = &certificate.problem;
            let keys = problem.atoms.first().and_then(|atom| {
                let own = usize::from(atom.label == Label::Minus);
                atom.counts.get(own)
            });
            let patches = problem.atoms.iter().map(|atom| {
                let draws = atom.draws.as_ref().map_or(0, |d| d.number.0);
                let all = atom.counts.iter().map(|c| u128::from(c.0));
                all.sum::<u128>() + u128::from(draws)
            });
            let (Some(r), Some(m)) = (keys, patches.max()) else {
                return Err("the problem has no atoms".to_owned());
            };
            format!("ClaimMistakes {}%num {m}%num {}%num", r.0, bound.0)
        }
        Claim::Probability(_)
        | Claim::AlongAndAcross(_)
        | Claim::Law { .. }
        | Claim::Refutation(_)
        | Claim::RefutationProbability(_)
        | Claim::RefutationUpdates(_)
        | Claim::RefutationStuck(_)
        | Claim::Conjecture(_)
        | Claim::ConjectureFails(_)
        | Claim::CoherentMistakeBound { .. }
        | Claim::SeparatorBound { .. }
        | Claim::Inseparable { .. } => {
            return Err(format!(
                "Coq's checker has no claims of kind {}",
                claim.kind()
            ));
        }
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

/// Writes the Coq file, has `coqc` check it against the proofs that are part of this program, and reads what
/// `Print Assumptions` said. What keeps Coq from being asked (it is missing, `directory` has other proofs than
/// this program, a time limit) makes every claim not covered. If the proofs have to be compiled first,
/// `compiling` is called before that. Nothing in `directory` is run.
///
/// # Cost
/// At most five minutes of `coqc`; the first time also compiling the proofs, at most half an hour.
pub fn check(certificate: &Certificate, directory: Option<&Path>, compiling: impl Fn()) -> Checked {
    let asked = text(certificate).and_then(|file| {
        let answer = if file.missing.iter().all(Option::is_some) {
            Answer::default()
        } else {
            directory.map_or(Ok(()), proofs::compare)?;
            ask(&file.text, &compiling)?
        };
        Ok((file.missing, answer))
    });
    let (missing, answer) = asked.unwrap_or_else(|reason| {
        let reasons = certificate.claims.iter().map(|_| Some(reason.clone()));
        (reasons.collect(), Answer::default())
    });
    let written = missing.iter().filter(|m| m.is_none()).count();
    let mut place = 0;
    let claims = certificate.claims.iter().zip(missing).enumerate();
    let findings = claims.map(|(i, (claim, missing))| {
        let (verdict, recomputed) = match missing {
            Some(reason) => (Verdict::NotCovered, reason),
            None => {
                place += 1;
                answer.of(place)
            }
        };
        Line {
            id: format!("coq-{}-{}", claim.kind(), i + 1),
            verdict,
            step: claim.step(),
            claimed: format!("Theorem claim_{}_holds", i + 1),
            recomputed,
            rests_on: &[],
        }
    });
    Checked {
        findings: findings.collect(),
        assumptions: (written > 0 && answer.end == End::Accepted && answer.closed == written)
            .then(|| format!("Closed under the global context ({written} theorems)")),
    }
}

/// How `coqc` ended.
#[derive(Debug, Default, PartialEq, Eq)]
enum End {
    /// It accepted the file.
    #[default]
    Accepted,
    /// The computation of a claim gave false.
    Refused(String),
    /// Anything else.
    Stopped(String),
}

/// What `coqc` said of a file.
#[derive(Debug, Default)]
struct Answer {
    /// Theorems that it accepted and found to rest on no axiom.
    closed: usize,
    end: End,
}

impl Answer {
    /// Of the theorem at this place, counted from 1: `coqc` takes them in order and stops at the first
    /// that it refuses.
    fn of(&self, place: usize) -> (Verdict, String) {
        match &self.end {
            _ if place <= self.closed => (Verdict::Valid, "accepted by coqc".to_owned()),
            End::Accepted => (Verdict::NotCovered, "it rests on axioms".to_owned()),
            End::Refused(said) if place == self.closed + 1 => (Verdict::Invalid, said.clone()),
            End::Refused(_) => (Verdict::NotCovered, "coqc stopped before it".to_owned()),
            End::Stopped(said) => (Verdict::NotCovered, said.clone()),
        }
    }
}

/// Has `coqc` check a file.
fn ask(text: &str, compiling: &dyn Fn()) -> Result<Answer, String> {
    let folder = tempfile::Builder::new().prefix("filtercert-coq-").tempdir();
    let folder = folder.map_err(|error| format!("no temporary directory: {error}"))?;
    let file = folder.path().join("certificate.v");
    std::fs::write(&file, text)
        .map_err(|error| format!("{}: cannot be written: {error}", file.display()))?;
    let against = |compiled: &Compiled| {
        let arguments = proofs::arguments(compiled.folder(), &file);
        coqc(&arguments, COQC_LIMIT)
    };
    let compiled = Compiled::get(compiling)?;
    let mut ran = against(&compiled)?;
    // Kept from before what else Coq has was replaced.
    let is_stale = ["inconsistent assumptions", "Cannot load", "version number"];
    if is_stale.iter().any(|said| ran.errors.contains(said)) && compiled.forget() {
        ran = against(&Compiled::get(compiling)?)?;
    }
    answer(&ran)
}

/// Reads what `coqc` printed.
fn answer(ran: &Ran) -> Result<Answer, String> {
    if ran.said.contains("Axioms:") {
        return Err(format!("the proofs rest on axioms: {}", ran.said.trim()));
    }
    let closed = ran.said.lines();
    let closed = closed.filter(|line| line.trim() == "Closed under the global context");
    let errors = ran.errors.trim();
    let end = match ran.status {
        Some(status) if status.success() => End::Accepted,
        // The checker, computed, is not true.
        Some(_)
            if errors.contains("Unable to unify \"true\" with \"false\"")
                || errors.contains("Unable to unify \"false\" with \"true\"") =>
        {
            End::Refused("the computation gives false".to_owned())
        }
        Some(status) => End::Stopped(format!("coqc failed ({status}): {errors}")),
        None => End::Stopped(format!(
            "coqc was stopped after {} seconds",
            COQC_LIMIT.as_secs()
        )),
    };
    Ok(Answer {
        closed: closed.count(),
        end,
    })
}
