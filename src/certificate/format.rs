//! The certificate file: its parts, its canonical text, its digest.
//!
//! One JSON document on one line. Every number is a text: an integer `"12"` or a reduced fraction
//! `"-3/4"`, and no other spelling. A file is read only if writing it again gives the same bytes and
//! its last member, `sha256`, is the digest of everything before it. So no edit goes unnoticed, and
//! two certificates that say the same are the same file. `proofs/CERTIFICATES.md` specifies it.

use crate::number::{MAX_NUMBER_LENGTH, parse_fraction};
use num_rational::BigRational as Q;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// What the member `format` says.
pub const FORMAT: &str = "filtercert-certificate";

/// The version that this crate writes and reads.
pub const VERSION: u64 = 1;

/// Longest file that is read, in bytes.
pub const MAX_BYTES: usize = 8 << 20;

/// Why a text is not a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FormatError {
    /// Longer than [`MAX_BYTES`].
    #[error("found {0} bytes, expected at most {MAX_BYTES}")]
    TooLong(usize),
    /// Not JSON, or not of this shape; with line and column.
    #[error("{0}")]
    Shape(String),
    /// Another format or another version.
    #[error("found format {0:?} version {1}, expected {FORMAT:?} version {VERSION}")]
    Version(String, u64),
    /// The digest does not belong to the text.
    #[error("the digest does not fit the text: found {found}, expected {expected}")]
    Digest {
        /// What the file says.
        found: String,
        /// The SHA-256 of the text before it.
        expected: String,
    },
    /// The same certificate is written otherwise.
    #[error("byte {0} is not canonical: writing the certificate again gives another text")]
    NotCanonical(usize),
}

/// A rational number, written `"p"` or `"p/q"`, reduced, q > 1, no sign but `-`, no leading zeros.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Number(pub Q);

/// A natural number below 2^64, written in decimal without leading zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Natural(pub u64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match parse_fraction(&text) {
            Ok(value) if value.to_string() == text => Ok(Self(value)),
            _ => Err(D::Error::custom(format_args!(
                "found {}, expected a reduced fraction \"p/q\" or an integer of at most \
                 {MAX_NUMBER_LENGTH} characters",
                excerpt(&text)
            ))),
        }
    }
}

impl Serialize for Natural {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Natural {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.parse::<u64>() {
            Ok(value) if value.to_string() == text => Ok(Self(value)),
            _ => Err(D::Error::custom(format_args!(
                "found {}, expected a natural number below 2^64",
                excerpt(&text)
            ))),
        }
    }
}

fn excerpt(text: &str) -> String {
    let short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        format!("{short:?}...")
    } else {
        format!("{short:?}")
    }
}

/// A certificate: a problem, how its expected dynamics run, and what is claimed of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// The problem, every number written out.
    pub problem: Problem,
    /// The affine stretches of the expected dynamics from step 0 on; empty where every step is
    /// checked by itself.
    pub segments: Vec<Segment>,
    /// What is claimed.
    pub claims: Vec<Claim>,
}

/// A problem in explicit form. P patterns in dictionary order (v+, v-, background; without keys in
/// the order of the file), n filters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Problem {
    /// Inner products of the patterns, P rows of P.
    pub gram: Vec<Vec<Number>>,
    /// The images; probabilities are positive and sum to 1.
    pub atoms: Vec<Atom>,
    /// The loss.
    pub loss: Loss,
    /// What moves.
    pub train: Train,
    /// Max pooling; where it is not there, the pooling is the sum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pooling: Option<Pooling>,
    /// The slope of the activation at and below 0, in [0, 1], where it is not 0: that of leaky-relu, 1 for the identity.
    /// Relu has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slope: Option<Number>,
    /// The step size, positive.
    pub step: Number,
    /// Samples a step of SGD, at least 1.
    pub batch: Natural,
    /// The head, n numbers.
    pub head: Vec<Number>,
    /// Pattern coordinates at step 0, n rows of P.
    pub weights: Vec<Vec<Number>>,
}

/// One atom of the distribution, or a family of atoms that share label, fixed patches and draws.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Atom {
    /// The label.
    pub label: Label,
    /// Patches of each pattern, P numbers.
    pub counts: Vec<Natural>,
    /// The probability; of a family: of all its atoms together.
    pub probability: Number,
    /// Further patches, drawn independently. Stands for one atom per outcome with positive
    /// probability, in lexicographic order of the counts, the largest first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draws: Option<Draws>,
}

/// Independent draws of patches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draws {
    /// How many, at least 1.
    pub number: Natural,
    /// The probability of each pattern, P numbers that sum to 1.
    pub probabilities: Vec<Number>,
}

/// A label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Label {
    /// Label +1, whose key pattern is the first of the dictionary.
    #[serde(rename = "+")]
    Plus,
    /// Label -1, whose key pattern is the second.
    #[serde(rename = "-")]
    Minus,
}

/// Losses with rational gates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Loss {
    Unhinged,
    Hinge,
    Perceptron,
    SquaredHinge,
    Square,
}

/// What is trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Train {
    /// The filters; the head is fixed.
    #[serde(rename = "filters")]
    Filters,
    /// Filters and head.
    #[serde(rename = "filters+head")]
    FiltersAndHead,
}

/// A pooling other than the sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pooling {
    /// The largest activated value of the patterns that an image has, 0 of an image without any. The gradient goes to the
    /// first pattern in dictionary order that attains it.
    Max,
}

/// An affine stretch of the expected dynamics: at each of its steps the same coordinates are positive
/// and the same gates open, so that every step adds the same increment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    /// Number of steps, at least 1.
    pub length: Natural,
    /// Which coordinates are positive: one text of P digits 0 and 1 a filter.
    pub active: Vec<String>,
    /// What one step adds, n rows of P.
    pub increment: Vec<Vec<Number>>,
}

/// A claim. Unless it says otherwise it speaks of the expected dynamics at step t.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Claim {
    /// The state at step t.
    State {
        /// The step.
        t: Natural,
        /// Pattern coordinates, n rows of P.
        weights: Vec<Vec<Number>>,
        /// The head, n numbers.
        head: Vec<Number>,
    },
    /// At step t there is a winner, and every winner's norm is at least `ratio` times every
    /// loser's. Sum pooling only.
    NormDominance {
        /// The step.
        t: Natural,
        /// The ratio R, not negative.
        ratio: Number,
    },
    /// The probability of a right answer at step t; a tie is an error.
    Accuracy {
        /// The step.
        t: Natural,
        /// P(y f(X) > 0).
        accuracy: Number,
    },
    /// The assumptions of T6 hold, and this is the largest M that satisfies its inequality.
    MistakeBound {
        /// M_max.
        bound: Number,
    },
    /// The assumptions of T6c hold, and this is the largest M that satisfies its inequality: at most so many samples of a
    /// path of SGD have an open gate.
    CoherentMistakeBound {
        /// M_max.
        bound: Number,
    },
    /// The hypotheses of T14 hold with this separator, and this is the largest M that satisfies its inequality: at most so
    /// many samples of a path of SGD have an open gate.
    SeparatorBound {
        /// The coefficients of w* in the patterns, P numbers: `w* = sum_p c_p p`.
        separator: Vec<Number>,
        /// M_max.
        bound: Number,
    },
    /// No vector w has `sum_p N_p min(y <w, p>, s y <w, p>) >= 1` on every image, s the slope of the activation: these images,
    /// with these weights and factors, add up to 0.
    Inseparable {
        /// The images.
        parts: Vec<Part>,
    },
    /// T4 (`ratio` is a number) or T5 (`ratio` is null) with these thresholds gives a probability of
    /// at least `bound`. T4: norm dominance at every step from `from` to t; T5: accuracy 1 at step t,
    /// and `from` equals t.
    Probability(Probability),
    /// T12 with these thresholds gives its conclusion, at every step from `from` to t, a probability of at least `bound`.
    AlongAndAcross(AlongAndAcross),
    /// The probability, under SGD with one sample a step, that the accuracy at step t is 1.
    Law {
        /// The step.
        t: Natural,
        /// The probability.
        perfect: Number,
    },
    /// Where SGD ends along a path of samples.
    Path {
        /// The atoms of each step, by their position, as many as the batch.
        samples: Vec<Vec<Natural>>,
        /// Pattern coordinates after the last step.
        weights: Vec<Vec<Number>>,
        /// The head after the last step.
        head: Vec<Number>,
        /// Steps at which some gate was not 0.
        updates: Natural,
    },
    /// The conclusion of a theorem fails on this problem: at step t of the expected dynamics (T1, T2, T7), at the end of a
    /// path (T3, T3max, T12 (c)), in the last step of one (T8, T13), or in the mean over all paths (T12 (a)).
    Refutation(Refutation),
    /// The conclusion of T4 or T5 fails on this problem: these thresholds would give a probability of at least `bound`, and
    /// it is `probability`.
    RefutationProbability(RefutationProbability),
    /// The conclusion of T6 or T6c fails on this problem: along a path there are more updates than it allows.
    RefutationUpdates(RefutationUpdates),
    /// The conclusion of T6 or T6c fails on this problem: after a path no image moves the state, and a gate is open.
    RefutationStuck(RefutationStuck),
    /// A conjecture is true at every step from 0 to t.
    Conjecture(Conjecture),
    /// A conjecture is false at step t.
    ConjectureFails(ConjectureFails),
}

/// A conjecture in the words of the problem file; `docs/conjectures.md` tells what they mean.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    /// What is claimed, for every choice of its words.
    pub claim: String,
    /// When it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// The problem's last step, which the word `steps` stands for.
    pub steps: Natural,
}

/// What [`Claim::Conjecture`] says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conjecture {
    /// The conjecture.
    pub says: Said,
    /// Of what it is true.
    pub over: Over,
    /// The last step at which it is.
    pub t: Natural,
}

/// Of what a conjecture is true.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Over {
    /// The expected dynamics.
    Expected,
    /// Every path of SGD with one sample a step.
    EveryPath,
    /// Paths of SGD with one sample a step that have this probability together.
    Probability {
        /// The probability that it is true at every step.
        is: Number,
        /// What is conjectured of the probability: that it is at least this.
        at_least: Number,
        /// Or above it.
        strict: bool,
    },
}

/// What [`Claim::ConjectureFails`] says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConjectureFails {
    /// The conjecture.
    pub says: Said,
    /// The step; of a path its length.
    pub t: Natural,
    /// The path, the atoms of each step by their position, as many as the batch; null for the expected dynamics.
    pub samples: Option<Vec<Vec<Natural>>>,
}

/// An image in a combination that is 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Its position among the atoms, families written out.
    pub atom: Natural,
    /// Its weight, at least 0; the weights sum to 1.
    pub weight: Number,
    /// A factor of each pattern, P numbers from the slope of the activation to 1.
    pub factors: Vec<Number>,
}

/// What [`Claim::Probability`] says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probability {
    /// The ratio R of T4; null for T5.
    pub ratio: Option<Number>,
    /// First step of T4's range.
    pub from: Natural,
    /// The last step.
    pub t: Natural,
    /// b_+ and b_-.
    pub label_counts: [Natural; 2],
    /// lambda_k, one a background pattern.
    pub walks: Vec<Natural>,
    /// A lower bound on the probability.
    pub bound: Number,
}

/// What [`Claim::AlongAndAcross`] says. The part of a filter across its key is what is orthogonal to the key of the label
/// that its head votes for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlongAndAcross {
    /// What holds.
    pub conclusion: Conclusion,
    /// What counts as the part across.
    pub form: Form,
    /// The first step at which it holds.
    pub from: Natural,
    /// The last step; null for ever.
    pub t: Option<Natural>,
    /// b_+ and b_-: samples of each label among the first `from`.
    pub label_counts: [Natural; 2],
    /// x_j: the squared part of filter j across is at most this up to step t; for ever: less than this times
    /// `max(1, s / from)^2` at step s. n numbers, null where nothing is asked.
    pub squares: Vec<Option<Number>>,
    /// A lower bound on the probability.
    pub bound: Number,
}

/// A conclusion of T12.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conclusion {
    /// The accuracy is 1.
    Accuracy,
    /// There is a winner, and every winner's norm is at least this many times every loser's.
    Ratio(Number),
    /// The filters with a bound in `squares` are winners, and the squared tangent of the angle of each with its key is at most
    /// this.
    Tangent(Number),
}

/// What counts as the part of a filter across its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// All that is orthogonal to its key.
    Whole,
    /// What is orthogonal to both keys.
    Split,
}

/// What [`Claim::Refutation`] says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refutation {
    /// Which theorem.
    pub theorem: Theorem,
    /// The step; of a path its length.
    pub t: Natural,
    /// The path of T3, T3max, T8, T13 and T12 (c); empty for the others.
    pub samples: Vec<Vec<Natural>>,
    /// r, the number of key patches of some image, that the conclusion is read with; of T12 (c) of an image of the label that
    /// the filter's head votes for, if r counts; 0 for T3max, T8 and T13, which do not read it.
    pub key_patches: Natural,
    /// The filter, counted from 0.
    pub filter: Natural,
    /// The pattern, counted from 0; for T2 the key of a winner, 0 for a loser; for T7 P is the head; 0 for T8, T12 (a) and
    /// T13; for T12 (c) the key of the label that the head votes for.
    pub pattern: Natural,
    /// What the theorem says of the filter's coordinate or head; T2 of a loser: the bound on its squared
    /// norm; T3 (iii): the end of the interval that is left; T3max of another coordinate of a winner: where it started; T8: the change of `|w|^2 - a^2` in the last step; T12 (a): the bound
    /// on the mean square of the part across the key; T13: `a alpha` before the last step.
    pub predicted: Number,
    /// What is: another coordinate, head or change, a larger square, or a smaller `a alpha`.
    pub value: Number,
}

/// What [`Claim::RefutationProbability`] says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefutationProbability {
    /// What T4 (`ratio` is a number) or T5 would say.
    pub thresholds: Probability,
    /// r, the number of key patches of some image, that the conclusion is read with.
    pub key_patches: Natural,
    /// The probability of the event under SGD with one sample a step.
    pub probability: Number,
}

/// What [`Claim::RefutationUpdates`] says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefutationUpdates {
    /// Which theorem.
    pub theorem: BoundedUpdates,
    /// The atoms of each step, by their position, as many as the batch.
    pub samples: Vec<Vec<Natural>>,
    /// r, the number of key patches of some image, that the conclusion is read with.
    pub key_patches: Natural,
    /// M_max of the theorem's inequality.
    pub bound: Number,
    /// T6: steps at which a gate was open; T6c: samples with an open gate.
    pub updates: Natural,
}

/// What [`Claim::RefutationStuck`] says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefutationStuck {
    /// Which theorem.
    pub theorem: BoundedUpdates,
    /// The atoms of each step, by their position, as many as the batch; perhaps no step.
    pub samples: Vec<Vec<Natural>>,
    /// The image with an open gate, by its position.
    pub atom: Natural,
    /// Its margin.
    pub margin: Number,
}

/// The theorems whose conclusions a certificate can refute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Theorem {
    T1,
    T2,
    T3,
    #[allow(non_camel_case_types, reason = "it is its name")]
    T3max,
    T7,
    T8,
    T12,
    T13,
}

/// The theorems by which updates end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum BoundedUpdates {
    T6,
    T6c,
}

impl Claim {
    /// Does it speak of a step of the expected dynamics, to which segments lead?
    pub fn needs_segments(&self) -> bool {
        match self {
            Self::State { .. } | Self::NormDominance { .. } | Self::Accuracy { .. } => true,
            Self::Refutation(refutation) => match refutation.theorem {
                Theorem::T1 | Theorem::T2 | Theorem::T7 => true,
                Theorem::T3 | Theorem::T3max | Theorem::T8 | Theorem::T12 | Theorem::T13 => false,
            },
            Self::Conjecture(claim) => claim.over == Over::Expected,
            Self::ConjectureFails(claim) => claim.samples.is_none(),
            _ => false,
        }
    }

    /// The step that it speaks of: of a range the last, or the first of one without end.
    pub fn step(&self) -> u64 {
        match self {
            Self::State { t, .. }
            | Self::NormDominance { t, .. }
            | Self::Accuracy { t, .. }
            | Self::Probability(Probability { t, .. })
            | Self::Law { t, .. }
            | Self::Conjecture(Conjecture { t, .. })
            | Self::ConjectureFails(ConjectureFails { t, .. })
            | Self::Refutation(Refutation { t, .. }) => t.0,
            Self::AlongAndAcross(claim) => claim.t.unwrap_or(claim.from).0,
            Self::RefutationProbability(claim) => claim.thresholds.t.0,
            Self::Path { samples, .. }
            | Self::RefutationUpdates(RefutationUpdates { samples, .. })
            | Self::RefutationStuck(RefutationStuck { samples, .. }) => samples.len() as u64,
            Self::MistakeBound { .. }
            | Self::CoherentMistakeBound { .. }
            | Self::SeparatorBound { .. }
            | Self::Inseparable { .. } => 0,
        }
    }

    /// The name of its kind, as in the file.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::State { .. } => "state",
            Self::NormDominance { .. } => "norm-dominance",
            Self::Accuracy { .. } => "accuracy",
            Self::MistakeBound { .. } => "mistake-bound",
            Self::CoherentMistakeBound { .. } => "coherent-mistake-bound",
            Self::SeparatorBound { .. } => "separator-bound",
            Self::Inseparable { .. } => "inseparable",
            Self::Probability(_) => "probability",
            Self::AlongAndAcross(_) => "along-and-across",
            Self::Law { .. } => "law",
            Self::Path { .. } => "path",
            Self::Refutation(_) => "refutation",
            Self::RefutationProbability(_) => "refutation-probability",
            Self::RefutationUpdates(_) => "refutation-updates",
            Self::RefutationStuck(_) => "refutation-stuck",
            Self::Conjecture(_) => "conjecture",
            Self::ConjectureFails(_) => "conjecture-fails",
        }
    }
}

/// The file: the certificate between its head and its digest.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    version: Natural,
    certificate: Certificate,
    sha256: String,
}

impl Certificate {
    /// Drops the segments if no claim needs them.
    pub fn trim_segments(&mut self) {
        if !self.claims.iter().any(Claim::needs_segments) {
            self.segments.clear();
        }
    }

    /// The canonical text: one line and a newline, the digest last.
    ///
    /// # Errors
    /// [`FormatError::Shape`] if it cannot be written as JSON.
    ///
    /// # Cost
    /// Linear in the length of the text.
    pub fn to_text(&self) -> Result<String, FormatError> {
        let body = serde_json::to_string(self).map_err(shape)?;
        let head =
            format!("{{\"format\":\"{FORMAT}\",\"version\":\"{VERSION}\",\"certificate\":{body}");
        let digest = sha256(&head);
        Ok(format!("{head},\"sha256\":\"{digest}\"}}\n"))
    }

    /// Reads a certificate; accepts exactly what [`Certificate::to_text`] writes.
    ///
    /// # Errors
    /// [`FormatError`] for a text that is too long, has another shape, version or digest, or is
    /// not canonical.
    ///
    /// # Cost
    /// Linear in the length of the text, quadratic in that of one number.
    pub fn read(text: &str) -> Result<Self, FormatError> {
        if text.len() > MAX_BYTES {
            return Err(FormatError::TooLong(text.len()));
        }
        let file: File = serde_json::from_str(text).map_err(shape)?;
        if file.format != FORMAT || file.version.0 != VERSION {
            return Err(FormatError::Version(file.format, file.version.0));
        }
        let canonical = file.certificate.to_text()?;
        if let Some(head) = text.rfind(",\"sha256\":") {
            let expected = sha256(&text[..head]);
            if file.sha256 != expected {
                let found = file.sha256;
                return Err(FormatError::Digest { found, expected });
            }
        }
        if canonical != text {
            let same = |(a, b): &(u8, u8)| a == b;
            let place = canonical.bytes().zip(text.bytes()).take_while(same);
            return Err(FormatError::NotCanonical(place.count()));
        }
        Ok(file.certificate)
    }
}

fn shape(error: serde_json::Error) -> FormatError {
    FormatError::Shape(error.to_string())
}

/// SHA-256 of a text, in lower-case hexadecimal.
pub fn sha256(text: &str) -> String {
    let digits = Sha256::digest(text);
    digits.iter().map(|byte| format!("{byte:02x}")).collect()
}
