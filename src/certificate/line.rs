//! What is said of a claim, in words, for the answer of a command.

use super::verify::{Finding, Verdict};

/// One line of an answer: what is said of a claim, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Line {
    pub id: String,
    pub verdict: Verdict,
    pub step: u64,
    pub claimed: String,
    /// Where nothing was, why.
    pub recomputed: String,
    /// The theorems that the claim leans on beside what was recomputed: of Coq, unless it says that there is no proof.
    pub rests_on: &'static [&'static str],
}

impl From<&Finding> for Line {
    fn from(finding: &Finding) -> Self {
        let [claimed, recomputed] = match &finding.result {
            Ok(found) => [found.claimed.clone(), found.recomputed.clone()],
            Err(error) => error.words(),
        };
        Line {
            id: finding.claim.to_string(),
            verdict: finding.verdict(),
            step: finding.step,
            claimed,
            recomputed,
            rests_on: finding.rests_on,
        }
    }
}
