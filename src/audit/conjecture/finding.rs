//! What the check of a conjecture finds: verdict, evidence, what was looked at, and the witness.

use super::evaluate::{Failure, Halt, Looked, Undefined};
use crate::dynamics::expected;
use crate::number::Q;
use crate::problem::{Label, Problem};

/// How much the check of one conjecture may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Most operations on numbers of the claim, in each of its parts.
    pub work: u64,
    /// Most states of SGD, counted anew at every step.
    pub states: u64,
    /// Most moves of SGD from one state to another.
    pub moves: u64,
    /// Most simulated paths.
    pub paths: u64,
    /// Most operations for the moves of simulated paths.
    pub path_work: u64,
    /// The limits of the exact expected dynamics.
    pub exact: expected::Limits,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            work: 4_000_000,
            states: 60_000,
            moves: 600_000,
            paths: 64,
            path_work: 20_000_000,
            exact: expected::Limits::default(),
        }
    }
}

/// A path of SGD, so that anyone can follow it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathTaken {
    /// Seed and run of the simulation that drew it, if one did.
    pub run: Option<(u64, u64)>,
    /// Its samples, label and counts, one after another, a batch a step.
    pub samples: Vec<(Label, Vec<u32>)>,
}

/// What shows that a conjecture is false.
#[derive(Debug, Clone)]
pub struct Witness {
    /// After which step.
    pub t: u64,
    /// What fails there.
    pub failure: Failure,
    /// The path there; none in the expected dynamics.
    pub path: Option<PathTaken>,
}

/// What a conjecture was found to be.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// True wherever it speaks, and all of that was looked at.
    Holds,
    /// False, by this witness; a claim about a probability may be refuted without one.
    Refuted(Option<Box<Witness>>),
    /// Neither; why.
    Undecided(Why),
}

impl Verdict {
    /// As it is called everywhere.
    pub fn name(&self) -> &'static str {
        match self {
            Verdict::Holds => "holds",
            Verdict::Refuted(_) => "refuted",
            Verdict::Undecided(_) => "undecided",
        }
    }
}

/// Why a conjecture is undecided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// Nothing against it was seen, and not all of it was looked at: of this limit, where it is one.
    NotAll(Option<String>),
    /// A number of it is undefined at a step.
    Undefined {
        /// The step.
        t: u64,
        /// Why, and where in the claim or the condition.
        what: Undefined,
    },
    /// A limit came before anything was looked at.
    Nothing(String),
    /// The check was ended from outside.
    Stopped(String),
}

/// What was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extent {
    /// The last step of the problem.
    pub steps: u64,
    /// Of the expected dynamics: every step up to this one, and so many later ones up to the last.
    pub expected: Option<(u64, u64, u64)>,
    /// Of SGD: so many states, at every step up to this one; and whether there are no others, at any step.
    pub reached: Option<(u64, u64, bool)>,
    /// So many simulated paths, each at every step up to this one at least.
    pub paths: Option<(u64, u64)>,
}

/// The probability that a claim is kept at every step.
#[derive(Debug, Clone, PartialEq)]
pub enum Chance {
    /// Exactly this, up to and including this step.
    Exact(Q, u64),
    /// It lies between these, for the claim is undefined on some paths; up to and including this step.
    Between(Q, Q, u64),
    /// It was kept on so many of so many simulated paths.
    Seen(u64, u64),
}

/// How a verdict was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// In exact arithmetic, for all that the verdict speaks of.
    Exact,
    /// On simulated paths.
    Sampled,
}

impl Layer {
    /// As it is called everywhere.
    pub fn name(self) -> &'static str {
        match self {
            Layer::Exact => "exact",
            Layer::Sampled => "sampled",
        }
    }
}

/// What the check of a conjecture found.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The verdict.
    pub verdict: Verdict,
    /// What it rests on; none where nothing was looked at.
    pub layer: Option<Layer>,
    /// What was looked at.
    pub extent: Extent,
    /// How often the condition was true: at so many states and choices of its words. With 0 the claim says nothing.
    pub asked: u64,
    /// Of a claim about a probability, what it was found to be.
    pub chance: Option<Chance>,
}

impl Finding {
    /// Is it refuted?
    pub fn is_refuted(&self) -> bool {
        matches!(self.verdict, Verdict::Refuted(_))
    }

    /// Is it neither true nor false?
    pub fn is_undecided(&self) -> bool {
        matches!(self.verdict, Verdict::Undecided(_))
    }

    /// Nothing was looked at because this limit ended the check.
    pub fn stopped(problem: &Problem, limit: &str) -> Self {
        Finding {
            verdict: Verdict::Undecided(Why::Stopped(limit.to_owned())),
            ..Self::open(problem)
        }
    }

    /// Nothing was looked at so far.
    pub(super) fn open(problem: &Problem) -> Self {
        Finding {
            verdict: Verdict::Undecided(Why::NotAll(None)),
            layer: None,
            extent: Extent {
                steps: problem.training().steps,
                ..Extent::default()
            },
            asked: 0,
            chance: None,
        }
    }

    /// Does it hold for want of anything that it speaks of?
    pub fn is_vacuous(&self) -> bool {
        matches!(self.verdict, Verdict::Holds) && self.asked == 0
    }
}

/// What a look along some course found so far.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub asked: u64,
    pub undefined: Option<(u64, Undefined)>,
}

impl Seen {
    /// Takes up what was seen at a step; the failure, if there is one.
    pub fn take(&mut self, t: u64, looked: Looked) -> Option<Box<Failure>> {
        self.asked = self.asked.saturating_add(looked.asked);
        if self.undefined.is_none() {
            self.undefined = looked.undefined.map(|what| (t, what));
        }
        looked.failure
    }
}

/// In words, why work ended.
pub(super) fn limit_of(halt: Halt, limits: &Limits) -> String {
    match halt {
        Halt::Work => format!("{} operations on numbers of the claim", limits.work),
        Halt::Limit(limit) => limit,
    }
}

/// How a claim about a probability stands, given that it is between these and can only sink: true, false or open. `closed`:
/// does it sink no more?
pub(super) fn stands(low: &Q, high: &Q, at_least: &Q, strict: bool, closed: bool) -> Option<bool> {
    let keeps = |p: &Q| if strict { p > at_least } else { p >= at_least };
    if !keeps(high) {
        return Some(false);
    }
    (closed && keeps(low)).then_some(true)
}
