//! What the checker says of a certificate before it is written.

use super::emit::{Emitted, Shortened, emit};
use super::format::Certificate;
use super::line::Line;
use super::origin::Origin;
use super::verify::{Report, Verdict, verify};
use crate::problem::Problem;
use std::fmt;

/// A claim that stays out of the certificate because the checker does not recompute it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The kind of the claim.
    pub kind: &'static str,
    /// Where it belongs.
    pub origin: Origin,
    /// The step that it speaks of.
    pub step: u64,
    /// Why it is not recomputed.
    pub reason: String,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            origin,
            step,
            reason,
        } = self;
        write!(f, "{kind} ({}) at step {step}: {reason}", origin.label())
    }
}

/// A certificate of which the checker confirms every claim, and what had to stay out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmed {
    /// The certificate; perhaps without claims.
    pub certificate: Certificate,
    /// For each claim where it belongs.
    pub origins: Vec<Origin>,
    /// The claims that stop before the step that was asked for.
    pub shortened: Vec<Shortened>,
    /// The claims that stay out.
    pub left_out: Vec<LeftOut>,
}

/// Why there is no certificate.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Uncertified {
    /// Nothing about the problem is covered.
    #[error("{0}")]
    NotCovered(String),
    /// The checker recomputes something else than the engines: one of them is wrong.
    #[error("the checker disagrees with the engines")]
    Disagreement(Box<Report>),
}

/// A certificate of what the engines find of a problem up to step `t`, every claim of which the checker confirms.
///
/// # Errors
/// [`Uncertified`].
///
/// # Cost
/// That of [`emit`] and of [`confirm`].
///
/// # Example
/// ```
/// use filtercert::{certify, read_problem, verify};
///
/// let problem = read_problem("examples/small.toml".as_ref())?;
/// let certificate = certify(&problem, 5)?;
/// assert!(verify(&certificate).claims.iter().all(|claim| claim.is_valid()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn certify(problem: &Problem, t: u64) -> Result<Certificate, Uncertified> {
    let emitted = emit(problem, t).map_err(Uncertified::NotCovered)?;
    let confirmed = confirm(emitted);
    Ok(confirmed.map_err(Uncertified::Disagreement)?.certificate)
}

/// Has the checker recompute every claim. Claims that it does not cover are left out one by one, the
/// first first: one that uses up all work would take those behind it along. So are segments that no
/// claim needs.
///
/// # Errors
/// The checker's report if it finds anything wrong: it disagrees with the engines, and nothing may be
/// written.
///
/// # Cost
/// That of [`verify`], once more for each claim that is left out.
pub fn confirm(emitted: Emitted) -> Result<Confirmed, Box<Report>> {
    let Emitted {
        mut certificate,
        mut origins,
        shortened,
    } = emitted;
    let mut left_out = Vec::new();
    loop {
        certificate.trim_segments();
        let report = verify(&certificate);
        if report.verdict() == Verdict::Invalid {
            return Err(Box::new(report));
        }
        let mut claims = report.claims.iter().enumerate();
        let Some((place, finding)) = claims.find(|(_, finding)| !finding.is_valid()) else {
            return Ok(Confirmed {
                certificate,
                origins,
                shortened,
                left_out,
            });
        };
        let claim = certificate.claims.remove(place);
        left_out.push(LeftOut {
            kind: claim.kind(),
            origin: origins.remove(place),
            step: claim.step(),
            reason: match &report.fault {
                Some(fault) => format!("{}: {}", fault.claim, Line::from(fault).recomputed),
                None => Line::from(finding).recomputed,
            },
        });
    }
}
