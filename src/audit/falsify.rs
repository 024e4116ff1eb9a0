//! The search for a problem on which a theorem's conclusion fails although all that it assumes, but for one assumption,
//! holds; and for one on which it fails altogether.

use super::conclusion::{Look, conclusion};
use super::draw::{BLOCK, Draw, Family, Limits, Patterns, ROUND};
use super::shrink::smallest;
use super::sketch::{Image, Size, Sketch, unit_vectors};
use crate::interrupt;
use crate::number::{Q, integer, ratio};
use crate::problem::assumption::{AssumptionId, audit};
use crate::problem::{Activation, Label, Loss, Pooling, Problem, Train};
use crate::theory::record::Statement;
use crate::theory::theorem::Theorem;
use crate::theory::violation::Violation;
use num_traits::{One, Zero};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Of these the last ones are neighbours of the one that came closest to a failure.
const NEIGHBOURS: u64 = 24;

/// Small problems come first: every second round, and all of the first ones.
const SMALL: Limits = Limits {
    filters: 2,
    backgrounds: 1,
    patches: 2,
    images: 2,
    steps: 5,
};

/// Then larger ones.
const LARGE: Limits = Limits {
    filters: 3,
    backgrounds: 2,
    patches: 2,
    images: 2,
    steps: 9,
};

/// A theorem, and the assumption that is to fail, if one is.
#[derive(Clone, Copy)]
pub struct Question {
    /// The theorem: one form.
    pub theorem: &'static dyn Theorem,
    /// The assumption.
    pub drop: Option<AssumptionId>,
}

/// What a search found.
#[derive(Debug, Clone)]
pub struct Found {
    /// The problem, as small as single changes make it.
    pub problem: Problem,
    /// The assumption that fails, with its witness; `None` where none does.
    pub witness: Option<String>,
    /// Where the conclusion fails.
    pub violation: Box<Violation>,
    /// How large it is.
    pub size: Size,
    /// The problem in parts.
    pub sketch: Sketch,
}

/// How a search went.
#[derive(Debug, Clone)]
pub struct Searched {
    /// The smallest counterexample found.
    pub found: Option<Found>,
    /// Problems that were drawn.
    pub drawn: u64,
    /// Of these, problems that satisfy all but the dropped assumption, so that the conclusion was compared.
    pub compared: u64,
    /// Problems that were compared while counterexamples were shrunk.
    pub shrunk: u64,
    /// The largest sizes among those compared, each by itself.
    pub largest: Option<Size>,
    /// The limit of the command that ended it, if one did.
    pub stopped: Option<&'static str>,
}

impl Searched {
    /// What was not searched.
    pub(super) fn nothing() -> Self {
        Searched {
            found: None,
            drawn: 0,
            compared: 0,
            shrunk: 0,
            largest: None,
            stopped: None,
        }
    }
}

/// Why a question is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unasked {
    /// The theorem does not assume it.
    NotAssumed,
    /// Without it the conclusion has no meaning, or there is none that could be read on one problem.
    NoConclusion,
}

use AssumptionId::{A1, A1k, A1kMinus, A2, A3, A4, A5f, A5t, A6, A6prime, H, Opposed, Separable};

impl Question {
    /// The question, if it is one.
    ///
    /// # Errors
    /// Why it is none.
    pub fn new(theorem: &'static dyn Theorem, drop: Option<AssumptionId>) -> Result<Self, Unasked> {
        let record = theorem.statement();
        let question = Question { theorem, drop };
        if drop.is_some_and(|drop| !assumes(record, drop)) {
            return Err(Unasked::NotAssumed);
        }
        if conclusion(record.id, drop).is_none()
            || drop.is_some_and(|drop| !is_read_without(record, drop))
        {
            return Err(Unasked::NoConclusion);
        }
        Ok(question)
    }

    /// What may fail where the dropped assumption does: all that implies it, or that it is needed for.
    fn falls_with(&self) -> &'static [AssumptionId] {
        match self.drop {
            None => &[],
            Some(A1) => &[A1],
            Some(A1k) => &[A1k, A1],
            Some(A1kMinus) => &[A1kMinus],
            Some(A2) => &[A2, H],
            Some(A3) => &[A3, H],
            Some(A4) => &[A4, H],
            Some(H) => &[H],
            Some(A5f) => &[A5f],
            Some(A5t) => &[A5t],
            Some(A6prime) => &[A6prime],
            Some(_) => &[],
        }
    }

    /// Does a problem satisfy all that the theorem assumes but the dropped assumption, which fails? The witness of that,
    /// or nothing where none is dropped.
    pub fn admits(&self, problem: &Problem) -> Option<Option<String>> {
        let audits = audit(problem);
        let holds = |id: AssumptionId| audits.iter().any(|a| a.id == id && a.holds);
        let fails = self
            .theorem
            .applies(problem, &audits)
            .err()
            .unwrap_or_default();
        let falls = self.falls_with();
        if !fails
            .iter()
            .all(|failing| falls.contains(&failing.assumption))
        {
            return None;
        }
        let Some(drop) = self.drop else {
            return Some(None);
        };
        let assumed = self.theorem.statement().assumes;
        let is_t1 = self.theorem.statement().id.name() == "T1";
        let alone = match drop {
            // A1 without A1k is the dropping of A1k.
            // r is read with the certificate, though T1 does not speak of it.
            A1 => holds(A1k) && (!is_t1 || keys_are_counted(problem, self.theorem.statement())),
            A1k => !assumed.contains(&A1) || orthonormal_backgrounds(problem),
            A2 => keys_are_counted(problem, self.theorem.statement()),
            // A3 and A4 are what H is for.
            A3 => holds(A4),
            A4 => holds(A3),
            // Both labels are there to be learnt, and one of them has winners.
            A6prime => {
                let occurs = |y| problem.distribution().label_probability(y) > Q::zero();
                Label::BOTH.into_iter().all(occurs) && problem.camps().winners().next().is_some()
            }
            _ => true,
        };
        if !alone {
            return None;
        }
        // In the form that the theorem asks for; else in that of the audit.
        let own = fails.iter().find(|failing| failing.assumption == drop);
        let asked = own.map(|failing| failing.witness.clone());
        let audited = || {
            let found = audits.iter().find(|a| a.id == drop && !a.holds)?;
            let needed = !fails.is_empty() || !self.theorem.statement().assumes.contains(&drop);
            found.witness.clone().filter(|_| needed)
        };
        asked.or_else(audited).map(Some)
    }

    /// Compares the conclusion on a problem.
    pub fn compare(&self, problem: &Problem) -> Look {
        match conclusion(self.theorem.statement().id, self.drop) {
            Some(compare) => compare(problem),
            None => Look::default(),
        }
    }

    /// The problems that are drawn.
    fn family(&self) -> Family {
        let record = self.theorem.statement();
        let keeps = |id: AssumptionId| record.assumes.contains(&id) && self.drop != Some(id);
        let drops = |id: AssumptionId| self.drop == Some(id);
        let patterns = if record.assumes.contains(&Opposed) {
            vec![Patterns::Opposed]
        } else if drops(A1k) {
            vec![Patterns::KeysNear]
        } else if drops(A1) {
            vec![Patterns::KeysApart]
        } else if drops(A1kMinus) {
            vec![Patterns::KeysNear]
        } else if keeps(A1) {
            vec![Patterns::Orthonormal]
        } else if keeps(A1k) {
            vec![Patterns::Orthonormal, Patterns::KeysApart]
        } else if keeps(A1kMinus) {
            vec![
                Patterns::Orthonormal,
                Patterns::KeysApart,
                Patterns::KeysNotAcute,
            ]
        } else {
            vec![
                Patterns::Orthonormal,
                Patterns::KeysApart,
                Patterns::KeysNear,
            ]
        };
        let model = &record.model;
        let activations = [
            Activation::Relu,
            Activation::Identity,
            Activation::LeakyRelu { slope: ratio(1, 2) },
        ];
        let takes =
            |a: &Activation| model.activations.is_empty() || model.activations.contains(&a.name());
        let both = keeps(A3) && keeps(A4) || record.assumes.contains(&H) && !drops(H);
        let fixed = keeps(A5f) || drops(A5t) || drops(A5f) || model.train == Some(Train::Filters);
        Family {
            patterns,
            activations: activations.into_iter().filter(takes).collect(),
            poolings: model
                .pooling
                .map_or(vec![Pooling::Sum, Pooling::Max], |p| vec![p]),
            losses: match model.losses {
                [] => vec![Loss::Unhinged, Loss::Hinge],
                losses => losses.to_vec(),
            },
            trains: match (fixed, keeps(A5t)) {
                (true, _) => vec![Train::Filters],
                (_, true) => vec![Train::FiltersAndHead],
                _ => vec![Train::Filters, Train::FiltersAndHead],
            },
            signs: keeps(A5f),
            other_keys: drops(A2),
            same_backgrounds: (both || keeps(A3)) && !drops(A3),
            balanced: (both || keeps(A4)) && !drops(A4),
            lost_label: drops(A6prime),
        }
    }
}

/// Does a theorem assume it, by itself or through what implies it or what it is for?
pub fn assumes(record: &Statement, id: AssumptionId) -> bool {
    let listed = |id| record.assumes.contains(&id);
    listed(id) || id == A1k && listed(A1) || (id == A3 || id == A4) && listed(H)
}

/// Has the conclusion of a theorem a meaning without this assumption?
fn is_read_without(record: &Statement, drop: AssumptionId) -> bool {
    match drop {
        // Without a law of the start there is no probability over it; without a winner T4 and T5 have nothing to bound.
        A6 | Separable | Opposed => false,
        A6prime => record.id.name().starts_with("T6"),
        _ => true,
    }
}

fn orthonormal_backgrounds(problem: &Problem) -> bool {
    let dictionary = problem.dictionary();
    let n = problem.n_patterns();
    (2..n).all(|p| (2..n).all(|q| dictionary.gram_entry(p, q) == ratio(i64::from(p == q), 1)))
}

/// Can r be read: do all images hold their own key equally often?
fn keys_are_counted(problem: &Problem, record: &Statement) -> bool {
    let distribution = problem.distribution();
    match record.id.name() {
        // r may differ by label.
        "T12" => distribution
            .own_key_counts()
            .is_some_and(|counts| !counts.contains(&0)),
        _ => distribution.own_key_count().is_some_and(|r| r > 0),
    }
}

/// Problems made by hand that the search looks at first: shapes that random numbers hardly have.
fn made_by_hand(question: &Question) -> Vec<Sketch> {
    let row = |row: &[i64]| -> Vec<Q> { row.iter().map(|&x| integer(x)).collect() };
    let whole = |rows: &[&[i64]]| -> Vec<Vec<Q>> { rows.iter().map(|r| row(r)).collect() };
    let image = |label: Label, counts: &[u32]| Image {
        label,
        counts: counts.to_vec(),
        weight: Q::one(),
    };
    let sketch =
        |patterns: Vec<Vec<Q>>, images: Vec<Image>, head: &[i64], rows: &[&[i64]]| Sketch {
            patterns,
            images,
            activation: Activation::Relu,
            pooling: Pooling::Sum,
            head: row(head),
            weights: whole(rows),
            loss: Loss::Hinge,
            train: Train::Filters,
            step: Q::one(),
            steps: 1,
        };
    let with_background = |length: Q| {
        let mut patterns = unit_vectors(3);
        patterns[2][2] = length;
        patterns
    };
    match (question.theorem.statement().id.name(), question.drop) {
        // A short background pattern hides how long a filter is: its coordinate is small and the filter is not. With two
        // filters and a background twice an image, M = 2 Z / eta updates break T6 where 4 Z^2 > 2 Z^2 + 4 Z (2 + 18 eta)
        // up to the start: more than 72 + 8 / eta of them.
        ("T6", Some(A1)) => vec![Sketch {
            step: integer(9),
            steps: 73,
            ..sketch(
                with_background(ratio(1, 1000)),
                vec![image(Label::Plus, &[1, 0, 2])],
                &[1, -1],
                &[&[1, 0, 0], &[0, 1, 328]],
            )
        }],
        // Small heads need long keys.
        ("T6", Some(A5f)) => {
            let images = vec![image(Label::Plus, &[1, 0]), image(Label::Minus, &[0, 1])];
            let ones = sketch(unit_vectors(2), images, &[1, -1], &[&[1, 0], &[0, 1]]);
            vec![Sketch {
                head: vec![ratio(1, 10), ratio(-1, 10)],
                step: integer(40),
                steps: 8,
                ..ones
            }]
        }
        // A long background pattern moves a loser further than the walk of its coordinate tells.
        ("T4", Some(A1)) => vec![Sketch {
            loss: Loss::Unhinged,
            step: integer(2),
            ..sketch(
                with_background(integer(3)),
                vec![
                    image(Label::Plus, &[1, 0, 1]),
                    image(Label::Minus, &[0, 1, 0]),
                ],
                &[1, -1, 1],
                &[&[6, 0, 0], &[0, 6, 0], &[0, 0, 3]],
            )
        }],
        _ => Vec::new(),
    }
}

/// The streams of a block.
struct Tried {
    drawn: u64,
    compared: u64,
    largest: Option<Size>,
    /// The first counterexample.
    found: Option<Sketch>,
}

/// Draws the problems of one block.
fn block(question: &Question, family: &Family, seed: u64, number: u64, tries: u64) -> Tried {
    let mut draw = Draw::new(seed, number);
    let limits = match number / ROUND {
        0 | 1 => SMALL,
        round if round.is_multiple_of(2) => SMALL,
        _ => LARGE,
    };
    let mut tried = Tried {
        drawn: 0,
        compared: 0,
        largest: None,
        found: None,
    };
    let mut closest = None;
    for i in 0..tries {
        if interrupt::asked().is_some() {
            break;
        }
        let sketch = match &closest {
            Some((_, near)) if i + NEIGHBOURS >= BLOCK => draw.neighbour(near),
            _ => draw.sketch(family, limits, i % 2 == 0),
        };
        tried.drawn += 1;
        let Some(problem) = sketch.build("drawn") else {
            continue;
        };
        if question.admits(&problem).is_none() {
            continue;
        }
        tried.compared += 1;
        tried.largest = Size::larger(tried.largest, Some(sketch.size()));
        let look = question.compare(&problem);
        if look.violation.is_some() {
            tried.found = Some(sketch);
            break;
        }
        if let Some(slack) = look.slack
            && closest.as_ref().is_none_or(|(least, _)| slack < *least)
        {
            closest = Some((slack, sketch));
        }
    }
    tried
}

/// What a round of a search, eight blocks of 64 problems, gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Round {
    /// Problems that were drawn.
    pub drawn: u64,
    /// Of these, problems of which the conclusion was compared.
    pub compared: u64,
    /// The largest sizes among those compared, each by itself.
    pub largest: Option<Size>,
    /// The first counterexample of each block that has one.
    pub found: Vec<Sketch>,
}

/// A search as rounds that can be done one by one, in any order: the first round with a counterexample ends it.
pub struct Search<'q> {
    question: &'q Question,
    family: Family,
    seed: u64,
    budget: u64,
    /// The problems made by hand.
    before: Round,
}

impl<'q> Search<'q> {
    /// The search for an answer among `budget` problems.
    ///
    /// # Cost
    /// The conclusion is compared on a few problems made by hand.
    pub fn new(question: &'q Question, seed: u64, budget: u64) -> Self {
        let mut before = Round {
            drawn: 0,
            compared: 0,
            largest: None,
            found: Vec::new(),
        };
        for sketch in made_by_hand(question) {
            before.drawn += 1;
            if let Some(problem) = sketch.build("made")
                && question.admits(&problem).is_some()
            {
                before.compared += 1;
                before.largest = Size::larger(before.largest, Some(sketch.size()));
                let failing = question.compare(&problem).violation;
                before.found.extend(failing.map(|_| sketch));
            }
        }
        Search {
            family: question.family(),
            question,
            seed,
            budget,
            before,
        }
    }

    /// Rounds, if none has a counterexample.
    pub fn rounds(&self) -> u64 {
        let drawn = self.budget.saturating_sub(self.before.drawn);
        drawn.div_ceil(BLOCK * ROUND)
    }

    /// Rounds from this number on are not needed, given what these gave.
    pub fn needed(&self, rounds: &BTreeMap<u64, Round>) -> u64 {
        let first = match self.before.found.is_empty() {
            true => rounds
                .iter()
                .find(|(_, round)| !round.found.is_empty())
                .map(|(n, _)| *n),
            false => Some(0),
        };
        first.map_or(self.rounds(), |first| self.rounds().min(first + 1))
    }

    /// One round. Where it is asked to end before all of it is done, only a part of it.
    ///
    /// # Cost
    /// At most 512 problems are drawn, each compared on all its paths (see [`conclusion`]).
    pub fn round(&self, number: u64) -> Round {
        let before = (self.before.drawn).saturating_add(number.saturating_mul(BLOCK * ROUND));
        let left = self.budget.saturating_sub(before);
        let tried: Vec<Tried> = (0..left.div_ceil(BLOCK).min(ROUND))
            .into_par_iter()
            .map(|i| {
                let room = BLOCK.min(left - i * BLOCK);
                let stream = number.saturating_mul(ROUND) + i;
                block(self.question, &self.family, self.seed, stream, room)
            })
            .collect();
        let sum = |of: &dyn Fn(&Tried) -> u64| tried.iter().map(of).sum();
        Round {
            drawn: sum(&|tried| tried.drawn),
            compared: sum(&|tried| tried.compared),
            largest: tried
                .iter()
                .fold(None, |size, tried| Size::larger(size, tried.largest)),
            found: tried.into_iter().filter_map(|tried| tried.found).collect(),
        }
    }

    /// What rounds gave, those that are needed, and what is left of the counterexamples when they are shrunk; the problem
    /// gets this name.
    ///
    /// # Cost
    /// Up to six counterexamples are shrunk.
    pub fn searched<'r>(
        &self,
        name: &str,
        rounds: impl IntoIterator<Item = &'r Round>,
    ) -> Searched {
        let question = self.question;
        let mut searched = Searched::nothing();
        let mut hits = Vec::new();
        let mut add = |round: &Round| {
            searched.drawn = searched.drawn.saturating_add(round.drawn);
            searched.compared = searched.compared.saturating_add(round.compared);
            searched.largest = Size::larger(searched.largest, round.largest);
            hits.extend(round.found.iter().cloned());
        };
        add(&self.before);
        rounds.into_iter().for_each(add);
        let fails = |sketch: &Sketch| {
            let problem = sketch.build("drawn");
            problem.is_some_and(|problem| {
                question.admits(&problem).is_some()
                    && question.compare(&problem).violation.is_some()
            })
        };
        searched.stopped = interrupt::asked();
        let (least, asked) = smallest(hits, &fails);
        searched.shrunk = asked;
        searched.found = least.and_then(|sketch| found(question, &sketch, name));
        searched
    }
}

/// What fails on a problem, with this name.
pub(super) fn found(question: &Question, sketch: &Sketch, name: &str) -> Option<Found> {
    let problem = sketch.build(name)?;
    Some(Found {
        witness: question.admits(&problem)?,
        violation: question.compare(&problem).violation?,
        size: sketch.size(),
        problem,
        sketch: sketch.clone(),
    })
}

/// Searches for a counterexample among `budget` problems, and shrinks it.
///
/// # Cost
/// At most `budget` problems are drawn, each compared on all its paths (see [`conclusion`]); then up to six
/// counterexamples are shrunk. Results depend on the seed and the budget alone.
pub fn falsify(question: &Question, name: &str, seed: u64, budget: u64) -> Searched {
    let search = Search::new(question, seed, budget);
    let mut rounds = BTreeMap::new();
    for number in 0.. {
        if number >= search.needed(&rounds) || interrupt::asked().is_some() {
            break;
        }
        rounds.insert(number, search.round(number));
    }
    search.searched(name, rounds.values())
}
