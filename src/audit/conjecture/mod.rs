//! Conjectures of one's own: a small language for claims about training, read from the tables `[[conjecture]]` of a
//! problem file, and checked exactly.
//!
//! A claim is true or false of a step of a problem's training: of the state that the expected dynamics have there, or
//! that SGD has after some samples. Words such as winner stand for every winner, the same wherever they stand in a claim
//! and its condition; the conjecture says that the claim is true at every step from 0 to the last, and for every choice
//! of such words, for which its condition is.
//!
//! Numbers are rationals and square roots of rationals, and what the four operations make of them, so all comparisons are
//! exact (see [`crate::number::Surd`]).

mod attack;
mod check;
mod evaluate;
mod family;
mod reach;
mod sampled;
mod syntax;
mod typed;
mod value;
mod words;

pub use attack::{Attack, attack};
pub use check::{Chance, Extent, Finding, Layer, Limits, PathTaken, Verdict, Why, Witness, check};
pub use evaluate::{Failure, Undefined};
pub use family::{Family, Numbers};
pub use syntax::{Comparison, Fault, Part, Syntax, Word};
pub use typed::Which;
pub use value::{Real, TooManyRoots};
pub use words::{Kind, Set};

use crate::number::{Q, parse_rational};
use crate::problem::{
    ConjectureTable, Placed, Problem, ProblemError, Source, SourceProblem, closest,
};
use num_traits::{One, Signed};

/// Of what a conjecture speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Over {
    /// The expected dynamics.
    Expected,
    /// Every sample path of SGD.
    EveryPath,
    /// SGD: the probability that the claim is true at every step for which its condition is.
    Probability {
        /// It is at least this, from 0 to 1.
        at_least: Q,
        /// Or above it.
        strict: bool,
    },
}

/// What a conjecture can speak of, for messages.
const OVERS: &str = "\"expected\", \"every path\" or \"probability >= 99/100\"";

impl Over {
    /// Reads `expected`, `every path`, `probability >= p` or `probability > p`.
    ///
    /// # Errors
    /// A [`Fault`] for any other text.
    pub fn parse(text: &str) -> Result<Self, Box<Fault>> {
        let plain = text.trim();
        let whole = 0..text.len();
        match plain {
            "expected" => return Ok(Over::Expected),
            "every path" => return Ok(Over::EveryPath),
            _ => {}
        }
        let wrong = || Fault::new(&whole, format!("`{plain}`"), OVERS);
        let Some(rest) = plain.strip_prefix("probability") else {
            let near = closest(plain, ["expected", "every path", "probability"]);
            return Err(match near {
                Some("probability") | None => wrong(),
                Some(near) => wrong().help(format!("did you mean \"{near}\"?")),
            });
        };
        let rest = rest.trim_start();
        let (strict, number) = match (rest.strip_prefix(">="), rest.strip_prefix('>')) {
            (Some(number), _) => (false, number),
            (None, Some(number)) => (true, number),
            (None, None) => return Err(wrong()),
        };
        let number = number.trim();
        let at = text.find(number).unwrap_or(0);
        match parse_rational(number) {
            Ok(at_least) if !at_least.is_negative() && at_least <= Q::one() => {
                Ok(Over::Probability { at_least, strict })
            }
            _ => Err(Fault::new(
                &(at..at + number.len()),
                format!("`{number}`"),
                "a probability: a rational number from 0 to 1, such as 99/100 or 0.99",
            )),
        }
    }
}

impl std::fmt::Display for Over {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Over::Expected => f.write_str("expected"),
            Over::EveryPath => f.write_str("every path"),
            Over::Probability { at_least, strict } => {
                let how = if *strict { ">" } else { ">=" };
                write!(f, "probability {how} {at_least}")
            }
        }
    }
}

/// A conjecture whose texts were understood.
#[derive(Debug, Clone)]
pub struct Conjecture {
    /// The name.
    pub name: String,
    /// What is claimed, as it was written.
    pub claim_text: String,
    /// When it is claimed, as it was written.
    pub when_text: Option<String>,
    /// Of what it is claimed.
    pub over: Over,
    claim: Syntax,
    when: Option<Syntax>,
}

impl Conjecture {
    /// A conjecture from its texts.
    ///
    /// # Errors
    /// Which text is at fault, and where.
    pub fn new(
        name: &str,
        claim: &str,
        when: Option<&str>,
        over: Over,
    ) -> Result<Self, (Which, Box<Fault>)> {
        let parsed = Syntax::parse(claim).map_err(|fault| (Which::Claim, fault))?;
        let condition = when.map(Syntax::parse).transpose();
        Ok(Conjecture {
            name: name.to_owned(),
            claim_text: claim.to_owned(),
            when_text: when.map(str::to_owned),
            over,
            claim: parsed,
            when: condition.map_err(|fault| (Which::When, fault))?,
        })
    }

    /// Reads a table of a problem file, and resolves its names in the problem.
    ///
    /// # Errors
    /// [`ProblemError`] with the place in the file.
    pub fn read(
        table: &ConjectureTable,
        problem: &Problem,
        source: &Source,
    ) -> Result<Self, ProblemError> {
        let at = |text: &Placed, fault: Box<Fault>| {
            let Fault {
                span,
                found,
                expected,
                help,
            } = *fault;
            source.fault_in(text, &span, found, expected, help)
        };
        let over = match &table.over {
            Some(text) => Over::parse(text.text()).map_err(|fault| at(text, fault))?,
            None => Over::Expected,
        };
        let when = table.when.as_ref();
        let placed = |(which, fault)| match (which, when) {
            (Which::When, Some(when)) => at(when, fault),
            _ => at(&table.claim, fault),
        };
        let read = Conjecture::new(
            &table.name,
            table.claim.text(),
            when.map(Placed::text),
            over,
        )
        .map_err(placed)?;
        check::bound(problem, &read).map_err(placed)?;
        Ok(read)
    }
}

/// A conjecture with what was found of it.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The conjecture.
    pub conjecture: Conjecture,
    /// What was found.
    pub finding: Finding,
}

impl Checked {
    /// Is it refuted?
    pub fn is_refuted(&self) -> bool {
        matches!(self.finding.verdict, Verdict::Refuted(_))
    }

    /// Is it neither true nor false?
    pub fn is_undecided(&self) -> bool {
        matches!(self.finding.verdict, Verdict::Undecided(_))
    }
}

/// Checks a conjecture that was read from a file of this problem.
pub fn checked(problem: &Problem, conjecture: &Conjecture, limits: &Limits) -> Checked {
    let finding = match check(problem, conjecture, limits) {
        Ok(finding) => finding,
        // It was resolved in this problem when it was read.
        Err((_, fault)) => Finding::stopped(problem, &fault.found),
    };
    Checked {
        conjecture: conjecture.clone(),
        finding,
    }
}

/// All conjectures of a problem file, in its order.
///
/// # Errors
/// [`ProblemError`] with the place of the first fault.
pub fn read(file: &SourceProblem) -> Result<Vec<Conjecture>, ProblemError> {
    let tables = file.conjectures.iter();
    tables
        .map(|table| Conjecture::read(table, &file.problem, &file.source))
        .collect()
}
