//! What reads a claim at a moment.

use crate::certificate::verify::conjecture::seen::{Facts, Sight};
use crate::certificate::verify::conjecture::sentence::{Kind, Sentence};
use crate::certificate::verify::error::{Checked, Rule, unmet};
use crate::certificate::verify::model::{Model, State};

/// Where a claim is read: the step, the last step of the problem, the state, and of a path the samples of label +, those
/// of label -, and the steps with an open gate.
pub struct Moment<'m> {
    pub t: u64,
    pub steps: u64,
    pub state: &'m State,
    pub drawn: Option<[u64; 3]>,
}

pub struct Reader<'a, 'c> {
    pub model: &'a Model<'c>,
    pub sentence: &'a Sentence,
    pub moment: &'a Moment<'a>,
    pub start: Sight<'a>,
    pub now: Sight<'a>,
    /// Variables and words, with what they stand for.
    pub scope: Vec<(String, Kind, usize)>,
}

impl<'a, 'c> Reader<'a, 'c> {
    pub fn new(model: &'a Model<'c>, sentence: &'a Sentence, moment: &'a Moment<'a>) -> Self {
        Reader {
            model,
            sentence,
            moment,
            start: Sight::of(&model.start),
            now: Sight::of(moment.state),
            scope: Vec::new(),
        }
    }

    pub fn facts(&self) -> Checked<&Facts> {
        let known = &self.sentence.facts;
        if known.get().is_none() {
            let found = Facts::of(self.model)?;
            return Ok(known.get_or_init(|| found));
        }
        known.get().map_or_else(|| unmet(Rule::Language), Ok)
    }
}
