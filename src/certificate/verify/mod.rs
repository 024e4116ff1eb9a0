//! The checker: recomputes every claim of a certificate, slowly and plainly.
//!
//! Of this crate it knows [`crate::number`] and [`crate::certificate::format`] and nothing else. What
//! is trusted is this folder, the format, and the arithmetic of `num-bigint` and `num-rational`. Read
//! `model.rs` (states), `steps.rs` (steps and paths), `draws.rs` (families of images), `course.rs` (many steps at once) and
//! `chain.rs` (all paths), then `claims`, one file a kind; of conjectures also `conjecture`. `work.rs` keeps count, `error.rs` is what is said.

mod chain;
mod claims;
mod conjecture;
mod course;
mod draws;
mod error;
mod model;
mod steps;
mod work;

use crate::certificate::format::{Certificate, Claim, Label, Problem};
use course::Course;
use error::{Checked, beyond};
pub use error::{Confirmed, Limit, Place, Quantity, Rule, VerifyError};
use model::Model;
use num_rational::BigRational as Q;
use work::Work;

/// The work that one certificate may cost, in units of about 10 nanoseconds. Operations and digits are
/// counted, never seconds.
pub const MAX_WORK: u64 = 1_500_000_000;

/// Most numbers that are held at once: counts of all atoms, positions of a walk, transitions of a law.
const MAX_CELLS: usize = 8 << 20;

/// What is said of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Recomputing gives what is claimed.
    Valid,
    /// It gives something else.
    Invalid,
    /// It was not recomputed: a limit, or a case that this checker does not have.
    NotCovered,
}

/// What was found of a claim, or of the problem or the segments where these are at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is about.
    pub claim: Place,
    /// The step that it speaks of.
    pub step: u64,
    /// What was recomputed, or why it is not confirmed.
    pub result: Result<Confirmed, VerifyError>,
    /// The theorems without which the claim does not follow from what was recomputed: of
    /// `proofs/theories/Statements.v`, unless it says that there is no proof. Where there are none, the claim was
    /// recomputed itself.
    pub rests_on: &'static [&'static str],
}

impl Finding {
    /// The verdict.
    pub fn verdict(&self) -> Verdict {
        match &self.result {
            Ok(_) => Verdict::Valid,
            Err(VerifyError::NotCovered { .. }) => Verdict::NotCovered,
            Err(_) => Verdict::Invalid,
        }
    }

    /// Did recomputing give what is claimed?
    pub fn is_valid(&self) -> bool {
        self.result.is_ok()
    }
}

/// All findings of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What is at fault with the problem or the segments, if anything is.
    pub fault: Option<Finding>,
    /// One a claim, in order.
    pub claims: Vec<Finding>,
    /// Units of work that were counted; all of them where the problem itself is at fault.
    pub work: u64,
}

impl Report {
    /// The fault, then the claims.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.fault.iter().chain(&self.claims)
    }

    /// Invalid if anything is, valid if everything is, else not covered; a certificate without claims
    /// is not covered.
    pub fn verdict(&self) -> Verdict {
        let any = |v: Verdict| self.findings().any(|f| f.verdict() == v);
        match (any(Verdict::Invalid), any(Verdict::NotCovered)) {
            (true, _) => Verdict::Invalid,
            (false, false) if !self.claims.is_empty() => Verdict::Valid,
            _ => Verdict::NotCovered,
        }
    }
}

/// Checks a certificate.
///
/// # Cost
/// At most [`MAX_WORK`] units; memory for about 2^23 numbers.
///
/// # Example
/// A wrong number is found:
/// ```
/// use filtercert::certificate::format::{Claim, Number};
/// use filtercert::certificate::verify::{Quantity, VerifyError};
/// use filtercert::number::parse_fraction;
/// use filtercert::{certify, read_problem, verify};
///
/// let mut certificate = certify(&read_problem("examples/small.toml".as_ref())?, 5)?;
/// let seven = parse_fraction("7")?;
/// for claim in &mut certificate.claims {
///     if let Claim::State { weights, .. } = claim {
///         weights[0][0] = Number(seven.clone());
///     }
/// }
/// let report = verify(&certificate);
/// let Err(VerifyError::Wrong { of, claimed, .. }) = &report.claims[0].result else {
///     panic!("it is accepted");
/// };
/// assert_eq!(of, &Quantity::Weight(0, 0));
/// assert_eq!(claimed, &seven);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn verify(certificate: &Certificate) -> Report {
    verify_within(certificate, MAX_WORK)
}

/// Checks a certificate within this many units of work.
pub fn verify_within(certificate: &Certificate, work: u64) -> Report {
    let finding = |claim, step, result: Checked<Confirmed>, rests_on| Finding {
        claim,
        step,
        result: result.map_err(|error| error.at(claim, step)),
        rests_on,
    };
    let fault = |place, error| Some(finding(place, 0, Err(error), &[]));
    let claims = |check: &mut dyn FnMut(&Claim) -> Checked<Confirmed>| {
        let claims = certificate.claims.iter().enumerate();
        let claims = claims.map(|(i, claim)| {
            let place = Place::Claim(claim.kind(), i);
            let rests_on = claims::rests_on(claim);
            finding(place, claim.step(), check(claim), rests_on)
        });
        claims.collect()
    };
    let model = match Model::new(&certificate.problem, work) {
        Ok(model) => model,
        Err(error) => {
            return Report {
                fault: fault(Place::Problem, error),
                claims: claims(&mut |_| beyond(Limit::NoProblem)),
                work,
            };
        }
    };
    let (mut course, fault) = match Course::follow(&model, &certificate.segments) {
        Ok(course) => (Some(course), None),
        Err(error) => (None, fault(Place::Segments, error)),
    };
    let claims = claims(&mut |claim| claims::check(&model, course.as_mut(), claim));
    Report {
        fault,
        claims,
        work: work - model.work.left(),
    }
}

/// An image: label, counts, probability.
pub type Image = (Label, Vec<u64>, Q);

/// The images of a problem, in the order in which paths count them, families written out.
///
/// # Errors
/// What is wrong with the atoms, or that they take more than [`MAX_WORK`].
///
/// # Cost
/// Proportional to the images, and quadratic in the length of their probabilities; one gcd an image.
pub fn images(problem: &Problem) -> Result<Vec<Image>, Box<VerifyError>> {
    let (images, whole) = draws::images(&Work::new(MAX_WORK), problem)?;
    let label = |y| if y == 0 { Label::Plus } else { Label::Minus };
    let all = images.into_iter();
    let all = all.map(|(y, counts, n)| (label(y), counts, Q::new(n, whole.clone())));
    Ok(all.collect())
}
