//! The one way to say what failed: where, which claim, what it says, and what was found.

use crate::number::Q;
use crate::problem::Label;

/// How two numbers are claimed to be related, the found one on the left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// `=`
    Equal,
    /// `<=`
    AtMost,
    /// `>=`
    AtLeast,
    /// `>`
    Above,
}

impl Relation {
    /// As it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            Relation::Equal => "=",
            Relation::AtMost => "<=",
            Relation::AtLeast => ">=",
            Relation::Above => ">",
        }
    }

    /// Is `found` related to `claimed` like this?
    #[inline]
    pub fn holds<T: Ord>(self, found: &T, claimed: &T) -> bool {
        match self {
            Relation::Equal => found == claimed,
            Relation::AtMost => found <= claimed,
            Relation::AtLeast => found >= claimed,
            Relation::Above => found > claimed,
        }
    }
}

/// What moved, so that anyone can follow it again.
#[derive(Debug, Clone, PartialEq)]
pub enum Course {
    /// The expected dynamics.
    Expected,
    /// The sample path of this seed and run.
    Run {
        /// `training.seed`.
        seed: u64,
        /// Number of the run, from 0.
        run: u64,
    },
    /// The sample path of these samples, label and counts, one after another.
    Samples(Vec<(Label, Vec<u32>)>),
    /// The exact law of SGD.
    Law,
    /// So many simulated runs together.
    Runs(u64),
    /// A count over all cases.
    Cases,
}

/// Where something was compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// What moved.
    pub course: Course,
    /// After which step.
    pub step: Option<u64>,
    /// Which filter.
    pub filter: Option<usize>,
    /// Which pattern coordinate.
    pub coordinate: Option<usize>,
}

impl Place {
    /// Nothing but what moved.
    pub fn of(course: Course) -> Self {
        Place {
            course,
            step: None,
            filter: None,
            coordinate: None,
        }
    }

    /// At a step of the expected dynamics.
    pub fn expected(step: u64) -> Self {
        Place::of(Course::Expected).at(step)
    }

    /// After this step.
    #[must_use]
    pub fn at(mut self, step: u64) -> Self {
        self.step = Some(step);
        self
    }

    /// Of this filter.
    #[must_use]
    pub fn filter(mut self, filter: usize) -> Self {
        self.filter = Some(filter);
        self
    }

    /// On this pattern.
    #[must_use]
    pub fn coordinate(mut self, coordinate: usize) -> Self {
        self.coordinate = Some(coordinate);
        self
    }
}

/// A value that belongs to a witness, beside the two numbers.
#[derive(Debug, Clone, PartialEq)]
pub enum Detail {
    /// A number.
    Number(Q),
    /// A list of numbers.
    Numbers(Vec<Q>),
    /// A list of integers.
    Integers(Vec<i64>),
    /// A word of the theory.
    Word(&'static str),
}

/// A claim that fails, with all that is needed to see it again.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation {
    /// Where.
    pub place: Place,
    /// The clause of the claim, the same words for the same clause.
    pub claim: &'static str,
    /// What it says of `found` and `claimed`.
    pub relation: Relation,
    /// The number that is claimed.
    pub claimed: Q,
    /// The number that was found.
    pub found: Q,
    /// What else belongs to the witness, by name.
    pub details: Vec<(&'static str, Detail)>,
}

impl Violation {
    /// The clause `claim` says `found relation claimed`, and it is not so.
    pub fn new(
        place: Place,
        claim: &'static str,
        relation: Relation,
        claimed: Q,
        found: Q,
    ) -> Self {
        Violation {
            place,
            claim,
            relation,
            claimed,
            found,
            details: Vec::new(),
        }
    }

    /// With one more detail.
    #[must_use]
    pub fn with(mut self, name: &'static str, detail: Detail) -> Self {
        self.details.push((name, detail));
        self
    }
}

/// A clause of a claim: what it speaks of, and how a number that is found is related to the one that is claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clause {
    /// What it speaks of, the same words for the same clause.
    pub name: &'static str,
    /// How.
    pub relation: Relation,
}

impl Clause {
    /// `name` is, is at most, is at least ... what is claimed.
    pub const fn new(name: &'static str, relation: Relation) -> Self {
        Clause { name, relation }
    }

    /// Compares what was found with what is claimed.
    ///
    /// # Errors
    /// The violation, if it is not so.
    pub fn check(self, place: Place, claimed: &Q, found: &Q) -> Result<(), Box<Violation>> {
        match self.relation.holds(found, claimed) {
            true => Ok(()),
            false => Err(self.broken(place, claimed.clone(), found.clone())),
        }
    }

    /// That it is not so.
    pub fn broken(self, place: Place, claimed: Q, found: Q) -> Box<Violation> {
        let Clause { name, relation } = self;
        Box::new(Violation::new(place, name, relation, claimed, found))
    }
}

impl From<Q> for Detail {
    fn from(number: Q) -> Self {
        Detail::Number(number)
    }
}

impl From<u64> for Detail {
    fn from(number: u64) -> Self {
        Detail::Number(Q::from_integer(number.into()))
    }
}

impl From<&[u64]> for Detail {
    /// A list of counts.
    fn from(counts: &[u64]) -> Self {
        let whole = |&n: &u64| i64::try_from(n).unwrap_or(i64::MAX);
        Detail::Integers(counts.iter().map(whole).collect())
    }
}
