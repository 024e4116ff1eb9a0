//! `verify`: checks a certificate.

use super::arguments::{builtin_parser, one_from_stdin, read_problem};
use super::files::{Input, cannot_write, keep_apart, write_whole};
use super::format::bold;
use super::output::document;
use super::{Exit, Failure, Global, Output, Progress};
use clap::Args;
use filtercert::audit::conjecture::Over;
use filtercert::certificate::bind::{Asked, AskedOver, Unbound, bind, bind_conjectures};
use filtercert::certificate::coq;
use filtercert::certificate::format::{Certificate, FormatError, MAX_BYTES};
use filtercert::certificate::line::Line;
use filtercert::certificate::verify::{Verdict, verify};
use filtercert::problem::{
    Builtin, ConjectureTable, Format, Source, SourceProblem, in_words, near,
};
use filtercert::report::escape::visible;
use serde_json::{Value, json};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// Check a certificate: recompute every claim with code that knows none of the engines
///
/// Answers valid, invalid (with what was claimed and what was recomputed) or not covered, and names the
/// theorem of proofs/theories that a claim leans on beside what was recomputed. What is trusted is
/// src/certificate/verify, src/certificate/format.rs, exact arithmetic and its parser; with --problem also
/// src/certificate/bind.rs, the reader of problems and, of conjectures, src/audit/conjecture/stated.rs; with
/// --coq, for the claims that it covers, Coq's kernel, the model and the statements of proofs/theories, and
/// that the emitted file says what you meant.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  filtercert certify examples/small.toml -o small.cert\n  filtercert verify small.cert --problem examples/small.toml --coq"
)]
pub struct Options {
    /// The certificate; - is standard input
    certificate: PathBuf,
    /// Compare the certificate's problem with this problem file
    #[arg(long, value_name = "FILE")]
    problem: Option<PathBuf>,
    /// Compare the certificate's problem with this built-in problem
    #[arg(long, value_name = "NAME", conflicts_with = "problem", value_parser = builtin_parser())]
    builtin: Option<Builtin>,
    /// Have Coq check the claims too, against the proofs that are part of this program (needs coqc)
    #[arg(long)]
    coq: bool,
    /// With --coq: a directory of proofs to compare first; if they are not those of this program, nothing
    /// is checked. Nothing in it is run
    #[arg(long, value_name = "DIR", requires = "coq")]
    proofs: Option<PathBuf>,
    /// With --coq: write the Coq file that is checked here, to be read
    #[arg(long, value_name = "PATH", requires = "coq")]
    coq_file: Option<PathBuf>,
}

impl Options {
    pub fn run(&self, global: &Global) -> Result<Output, Failure> {
        let inputs = [Some(self.certificate.as_path()), self.problem.as_deref()];
        let inputs: Vec<Input> = inputs.into_iter().flatten().map(Input::of).collect();
        keep_apart(&self.coq_file, &inputs)?;
        one_from_stdin(&[
            ("CERTIFICATE", Some(&self.certificate)),
            ("--problem", self.problem.as_deref()),
        ])?;
        let problem = match (self.problem.as_deref(), self.builtin) {
            (None, None) => None,
            (file, builtin) => Some(read_problem(file, builtin.unwrap_or(Builtin::Default))?),
        };
        let certificate = read(&self.certificate)?;
        let progress = Progress::start("verify", None);
        let report = verify(&certificate);
        // The claims decide first: a certificate without any is not covered, whatever else is found.
        let mut verdicts = vec![report.verdict()];
        let mut findings: Vec<Line> = report.findings().map(Line::from).collect();
        if let Some(problem) = &problem {
            findings.insert(0, compare(problem, &certificate)?);
        }
        let (mut checked, mut notes) = (None, Vec::new());
        if self.coq && report.verdict() == Verdict::Invalid {
            notes.push("Coq was not asked: the certificate is invalid without it".to_owned());
        } else if self.coq {
            if let Some(path) = &self.coq_file {
                notes.extend(write_coq(&certificate, path)?);
            }
            // Standard error at once: notes of the answer come at its end.
            let compiling = || eprintln!("compiling the proofs, once");
            let found = coq::check(&certificate, self.proofs.as_deref(), compiling);
            checked = found.assumptions;
            findings.extend(found.findings);
        }
        drop(progress);
        verdicts.extend(findings.iter().map(|finding| finding.verdict));
        let (result, exit) = if verdicts.contains(&Verdict::Invalid) {
            ("invalid", Exit::Refuted)
        } else if verdicts.contains(&Verdict::NotCovered) {
            ("not-covered", Exit::Unfinished)
        } else {
            ("valid", Exit::Fine)
        };
        let text = if global.json {
            let claims: Vec<Value> = findings.iter().map(as_json).collect();
            let mut fields = json!({ "result": result, "claims": claims });
            if let Some(assumptions) = &checked {
                fields["coq"] = json!({ "assumptions": assumptions });
            }
            document(problem.as_ref().map(|read| &read.problem), fields)
        } else {
            let mut text = format!(
                "{}\n",
                bold(&format!("{}: {result}", named(&self.certificate)))
            );
            for finding in &findings {
                text.push_str(&as_text(finding));
            }
            if let Some(assumptions) = &checked {
                text.push_str(&format!("Print Assumptions: {assumptions}\n"));
            }
            text
        };
        Ok(Output { text, notes, exit })
    }
}

/// Writes the file that Coq is asked about, or says why there is none.
fn write_coq(certificate: &Certificate, path: &Path) -> Result<Option<String>, Failure> {
    match coq::text(certificate) {
        Ok(file) => write_whole(path, file.text)
            .map(|()| None)
            .map_err(|error| cannot_write(path, &error)),
        Err(reason) => Ok(Some(format!("no Coq file was written: {reason}"))),
    }
}

/// What messages call the certificate.
fn named(path: &Path) -> String {
    if path == Path::new("-") {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    }
}

fn read(path: &Path) -> Result<Certificate, Failure> {
    let failure = |what: String| Failure::Message(format!("{}: {what}", named(path)));
    let unreadable = |error: std::io::Error| {
        let near = near(path).filter(|_| error.kind() == ErrorKind::NotFound);
        let near = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
        failure(format!("cannot be read: {}{near}", in_words(&error)))
    };
    let mut bytes = Vec::new();
    let file: Box<dyn Read> = if path == Path::new("-") {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(std::fs::File::open(path).map_err(unreadable)?)
    };
    file.take(MAX_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.starts_with("\u{feff}".as_bytes()) {
        let what = "byte 0: found a byte order mark, expected a certificate, which has none";
        return Err(failure(what.to_owned()));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let place = error.utf8_error().valid_up_to();
        failure(format!(
            "byte {place}: found no UTF-8, expected a certificate"
        ))
    })?;
    Certificate::read(&text).map_err(|error| failure(not_one(path, &text, &error)))
}

/// Why a text is no certificate; what is none at all is told by what it is.
fn not_one(path: &Path, text: &str, error: &FormatError) -> String {
    let format = Format::of(path, text);
    let writes = "filtercert certify FILE -o CERT writes one";
    if SourceProblem::parse(&named(path), text, format).is_ok() {
        return format!("found a problem, expected a certificate; {writes}");
    }
    if !text.trim_start().starts_with('{') {
        return format!("found no JSON, expected a certificate; {writes}");
    }
    error.to_string()
}

/// A conjecture of a problem file as a certificate is compared with it.
fn asked(table: &ConjectureTable, source: &Source) -> Result<Asked, Failure> {
    let over = match &table.over {
        None => Over::Expected,
        Some(text) => Over::parse(text.text()).map_err(|fault| {
            source.fault_in(text, &fault.span, fault.found, fault.expected, fault.help)
        })?,
    };
    Ok(Asked {
        claim: table.claim.text().to_owned(),
        when: table.when.as_ref().map(|when| when.text().to_owned()),
        over: match over {
            Over::Expected => AskedOver::Expected,
            Over::EveryPath => AskedOver::EveryPath,
            Over::Probability { at_least, strict } => AskedOver::Probability { at_least, strict },
        },
    })
}

/// Is the certificate about this problem, and about conjectures of its file?
fn compare(read: &SourceProblem, certificate: &Certificate) -> Result<Line, Failure> {
    let problem = &read.problem;
    let tables = read.conjectures.iter();
    let asked = tables.map(|table| asked(table, &read.source));
    let asked = asked.collect::<Result<Vec<Asked>, Failure>>()?;
    let found =
        bind(problem, certificate).and_then(|()| bind_conjectures(problem, &asked, certificate));
    let (verdict, recomputed) = match found {
        Ok(()) => (Verdict::Valid, "the same".to_owned()),
        Err(error @ (Unbound::Network(_) | Unbound::Another(_) | Unbound::Conjecture(_))) => {
            (Verdict::Invalid, error.to_string())
        }
        Err(error) => (Verdict::NotCovered, error.to_string()),
    };
    Ok(Line {
        id: "problem".to_owned(),
        verdict,
        step: 0,
        claimed: format!("about {}", problem.name()),
        recomputed,
        rests_on: &[],
    })
}

fn name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Valid => "valid",
        Verdict::Invalid => "invalid",
        Verdict::NotCovered => "not-covered",
    }
}

/// A finding, for `--json`.
pub(super) fn as_json(finding: &Line) -> Value {
    json!({
        "id": finding.id,
        "result": name(finding.verdict),
        "step": finding.step,
        "claimed": finding.claimed,
        "recomputed": finding.recomputed,
        "rests_on": finding.rests_on,
    })
}

/// A text or number in a line, cut where it is too long to be read.
pub(super) fn short(text: &str) -> String {
    cut(text, 100)
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// A finding, one line.
pub(super) fn as_text(finding: &Line) -> String {
    let step = match finding.id.as_str() {
        "problem" | "segments" | "coq" => String::new(),
        _ => format!("step {}: ", finding.step),
    };
    let (claimed, recomputed) = (short(&finding.claimed), short(&finding.recomputed));
    let what = match finding.verdict {
        // The theorem does not apply, or its conclusion would hold.
        Verdict::Valid if finding.id.starts_with("refutation-") => {
            format!("{claimed}, it is {recomputed}: this fails without its assumptions")
        }
        Verdict::Valid if !finding.rests_on.is_empty() => {
            format!("{claimed}, with theorem {}", finding.rests_on.join(", "))
        }
        Verdict::Valid => claimed,
        Verdict::Invalid => format!("claimed {claimed}; recomputed {recomputed}"),
        // Reasons are for reading; only what a program printed is long.
        Verdict::NotCovered => cut(&finding.recomputed, 400),
    };
    format!(
        "  {:<25} {:<12} {step}{}\n",
        visible(&finding.id),
        name(finding.verdict),
        visible(&what)
    )
}
