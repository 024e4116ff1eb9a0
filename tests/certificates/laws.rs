//! What must hold whatever bytes are read as a certificate. The fuzz target and a plain test over its
//! seeds run this one function.

use filtercert::certificate::coq;
use filtercert::certificate::format::{Certificate, sha256};
use filtercert::certificate::verify::{Verdict, verify_within};

/// The work that one input may cost: about 50 milliseconds.
const WORK: u64 = 5_000_000;

/// Reads the bytes as a file, as a file whose digest is to be computed, and as a certificate that is to
/// be written. Returns the verdict on what was read.
///
/// # Panics
/// If a law is broken, or anything panics.
pub fn check(bytes: &[u8]) -> Option<Verdict> {
    let text = std::str::from_utf8(bytes).ok()?;
    if let Err(error) = Certificate::read(text) {
        assert!(!error.to_string().is_empty());
    }
    let head = text.rfind(",\"sha256\":").map_or(text, |end| &text[..end]);
    let sealed = format!("{head},\"sha256\":\"{}\"}}\n", sha256(head));
    let body = head.split_once("\"certificate\":").map_or(head, |(_, b)| b);
    let read = Certificate::read(text)
        .or_else(|_| Certificate::read(&sealed))
        .ok()
        .or_else(|| serde_json::from_str(body).ok())?;
    let written = read.to_text().expect("JSON");
    assert_eq!(Certificate::read(&written).as_ref(), Ok(&read));
    if Certificate::read(text).is_ok() {
        assert_eq!(written, text, "two texts of one certificate");
    }
    let report = verify_within(&read, WORK);
    assert_eq!(report.claims.len(), read.claims.len());
    assert_eq!(report, verify_within(&read, WORK), "two verdicts");
    for finding in report.findings() {
        let said = finding.result.as_ref().err().map(ToString::to_string);
        assert!(said.is_none_or(|said| said.starts_with(&finding.claim.path())));
    }
    let valid = report.verdict() == Verdict::Valid;
    assert_eq!(
        valid,
        report.findings().all(|f| f.is_valid()) && !read.claims.is_empty()
    );
    if valid {
        // More work changes nothing.
        assert_eq!(report, verify_within(&read, 2 * WORK));
    }
    if let Ok(file) = coq::text(&read) {
        assert_eq!(file.missing.len(), read.claims.len());
    }
    Some(report.verdict())
}
