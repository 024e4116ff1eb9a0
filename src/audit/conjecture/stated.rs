//! A conjecture: what is claimed, when, and of what.

use super::syntax::{Fault, Syntax};
use super::typed::Which;
use crate::number::{Q, parse_rational};
use crate::problem::closest;
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
    pub(super) claim: Syntax,
    pub(super) when: Option<Syntax>,
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
}
