//! The family of problems in which a conjecture is attacked: ranges read from its table, and problems drawn from them or
//! gone through one by one.

use super::syntax::Fault;
use crate::audit::draw::Draw;
use crate::audit::sketch::{Image, Sketch, unit_vectors};
use crate::number::{Q, integer, parse_rational, ratio};
use crate::problem::{
    Activation, ConjectureTable, Label, Loss, Pooling, Problem, ProblemError, Source, Train,
    closest,
};
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::ops::RangeInclusive;

/// Rational numbers that a quantity may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Numbers {
    /// These.
    List(Vec<Q>),
    /// Any from the first to the second.
    Between(Q, Q),
}

impl Numbers {
    fn parse(text: &str, least: Option<&Q>, expected: &str) -> Result<Self, Box<Fault>> {
        let number = |part: &str| {
            let at = part.as_ptr() as usize - text.as_ptr() as usize;
            let plain = part.trim();
            let fits = |q: &Q| least.is_none_or(|least| q > least);
            match parse_rational(plain) {
                Ok(q) if fits(&q) => Ok(q),
                _ => Err(Fault::new(
                    &(at..at + part.len()),
                    format!("`{plain}`"),
                    expected,
                )),
            }
        };
        if let Some((from, to)) = text.split_once("..") {
            let (from, to) = (number(from)?, number(to)?);
            return match from <= to {
                true => Ok(Numbers::Between(from, to)),
                false => Err(Fault::new(
                    &(0..text.len()),
                    format!("`{text}`"),
                    "a range whose first number is not above its second",
                )),
            };
        }
        let list = text.split(',').map(number);
        Ok(Numbers::List(list.collect::<Result<_, _>>()?))
    }

    /// Is this one of them?
    fn admit(&self, q: &Q) -> bool {
        match self {
            Numbers::List(list) => list.contains(q),
            Numbers::Between(from, to) => from <= q && q <= to,
        }
    }

    fn pick(&self, choose: &mut dyn Choose) -> Q {
        match self {
            Numbers::List(list) => list[choose.below(list.len())].clone(),
            Numbers::Between(from, to) => {
                // Small denominators first; where none fits, sixteenths of the way.
                let denominator = integer([1, 2, 3, 4, 8][choose.below(5)]);
                let (low, high) = ((from * &denominator).ceil(), (to * &denominator).floor());
                let room = (&high - &low).to_integer().to_usize();
                match room.filter(|room| !(&high - &low).is_negative() && *room < 1_000) {
                    Some(room) => (low + integer(choose.below(room + 1) as u64)) / denominator,
                    None => {
                        let part = ratio(choose.below(17) as i64, 16);
                        from + (to - from) * part
                    }
                }
            }
        }
    }
}

/// The problems in which a conjecture is attacked.
#[derive(Debug, Clone)]
pub struct Family {
    /// n.
    pub filters: RangeInclusive<usize>,
    /// K.
    pub background: RangeInclusive<usize>,
    /// Patches of an image.
    pub patches: RangeInclusive<usize>,
    /// Own keys of an image, which then has no other key; without it any patches are drawn.
    pub key_patches: Option<RangeInclusive<usize>>,
    /// Different images of each label.
    pub images: RangeInclusive<usize>,
    /// The step size.
    pub step: Numbers,
    /// The last step.
    pub steps: RangeInclusive<usize>,
    /// Coordinates at step 0.
    pub weights: Numbers,
    /// Heads.
    pub head: Numbers,
    /// The probability of label +.
    pub prior: Numbers,
    /// Activations.
    pub activations: Vec<Activation>,
    /// Poolings.
    pub poolings: Vec<Pooling>,
    /// Losses.
    pub losses: Vec<Loss>,
    /// What moves.
    pub trains: Vec<Train>,
}

/// Whole numbers `a..b`, both included, or one.
fn whole(text: &str, least: usize, most: usize) -> Result<RangeInclusive<usize>, Box<Fault>> {
    let expected = format!("a range of whole numbers from {least} to {most}, such as \"1..4\"");
    let wrong = || Fault::new(&(0..text.len()), format!("`{text}`"), expected.as_str());
    let (from, to) = text.split_once("..").unwrap_or((text, text));
    let number = |part: &str| part.trim().parse::<usize>().map_err(|_| wrong());
    let (from, to) = (number(from)?, number(to)?);
    match least <= from && from <= to && to <= most {
        true => Ok(from..=to),
        false => Err(wrong()),
    }
}

/// Words side by side, with commas between them.
fn words<T: Clone>(text: &str, known: &[(&str, T)]) -> Result<Vec<T>, Box<Fault>> {
    let word = |part: &str| {
        let at = part.as_ptr() as usize - text.as_ptr() as usize;
        let plain = part.trim();
        if let Some((_, value)) = known.iter().find(|(name, _)| *name == plain) {
            return Ok(value.clone());
        }
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        let fault = Fault::new(
            &(at..at + part.len()),
            format!("`{plain}`"),
            format!("one of {}, or several with commas", names.join(", ")),
        );
        Err(match closest(plain, names) {
            Some(near) => fault.help(format!("did you mean `{near}`?")),
            None => fault,
        })
    };
    text.split(',').map(word).collect()
}

impl Family {
    /// The family around a problem: small sizes and numbers, the model as it is there.
    pub fn around(problem: &Problem) -> Self {
        let (network, training) = (problem.network(), problem.training());
        let small = [-1, 0, 1].map(integer).into_iter();
        let small = small.chain([ratio(1, 2), ratio(-1, 2), integer(2), integer(3)]);
        Family {
            filters: 1..=2,
            background: 0..=1,
            patches: 1..=2,
            key_patches: None,
            images: 1..=2,
            step: Numbers::List(vec![integer(1), ratio(1, 2), ratio(1, 4)]),
            steps: 1..=4,
            weights: Numbers::List(small.collect()),
            head: Numbers::List(vec![integer(1), integer(-1)]),
            prior: Numbers::List(vec![ratio(1, 2), ratio(1, 3), ratio(2, 3)]),
            activations: vec![network.activation.clone()],
            poolings: vec![network.pooling],
            losses: vec![training.loss],
            trains: vec![training.train],
        }
    }

    /// The family of a table of conjectures; what it does not give is as in [`Family::around`].
    ///
    /// # Errors
    /// [`ProblemError`] with the place in the file.
    pub fn read(
        table: &ConjectureTable,
        problem: &Problem,
        source: &Source,
    ) -> Result<Self, ProblemError> {
        let mut family = Family::around(problem);
        for (key, text) in &table.family {
            family.set(key, text.text()).map_err(|fault| {
                let Fault {
                    span,
                    found,
                    expected,
                    help,
                } = *fault;
                source.fault_in(text, &span, found, expected, help)
            })?;
        }
        let least = |range: &Option<RangeInclusive<usize>>| {
            range.as_ref().map_or(0, |range| *range.start())
        };
        if least(&family.key_patches) > *family.patches.end()
            && let Some((_, text)) = table.family.iter().find(|(key, _)| *key == "key_patches")
        {
            let expected = format!("at most {} patches", family.patches.end());
            let found = format!("`{}`", text.text());
            return Err(source.fault_in(text, &(0..text.text().len()), found, expected, None));
        }
        Ok(family)
    }

    fn set(&mut self, key: &str, text: &str) -> Result<(), Box<Fault>> {
        const RATIONALS: &str =
            "rational numbers: a range such as \"1/100..1/2\", or a list such as \"-1, 0, 1/2\"";
        const POSITIVE: &str = "positive rational numbers: a range such as \"1/100..1/2\", or a list such as \"1/4, 1\"";
        let zero = Q::zero();
        match key {
            "filters" => self.filters = whole(text, 1, 64)?,
            "background" => self.background = whole(text, 0, 32)?,
            "patches" => self.patches = whole(text, 0, 64)?,
            "key_patches" => self.key_patches = Some(whole(text, 1, 64)?),
            "images" => self.images = whole(text, 1, 16)?,
            "steps" => self.steps = whole(text, 0, 10_000)?,
            "step" => self.step = Numbers::parse(text, Some(&zero), POSITIVE)?,
            "weights" => self.weights = Numbers::parse(text, None, RATIONALS)?,
            "head" => {
                self.head = match text.trim() {
                    "signs" => Numbers::List(vec![integer(1), integer(-1)]),
                    _ => Numbers::parse(text, None, &format!("\"signs\", or {RATIONALS}"))?,
                }
            }
            "prior" => {
                let prior = Numbers::parse(text, Some(&zero), POSITIVE)?;
                let below = |q: &Q| *q < Q::one();
                let fits = match &prior {
                    Numbers::List(list) => list.iter().all(below),
                    Numbers::Between(_, to) => below(to),
                };
                if !fits {
                    return Err(Fault::new(
                        &(0..text.len()),
                        format!("`{text}`"),
                        "probabilities of label + between 0 and 1",
                    ));
                }
                self.prior = prior;
            }
            "activation" => {
                let known = [Activation::Relu, Activation::Identity, Activation::Relu2];
                let mut known: Vec<(&str, Activation)> =
                    known.into_iter().map(|a| (a.name(), a)).collect();
                let slope = ratio(1, 2);
                known.push(("leaky-relu", Activation::LeakyRelu { slope }));
                self.activations = words(text, &known)?;
            }
            "pooling" => {
                let known = [Pooling::Sum, Pooling::Max].map(|pooling| (pooling.name(), pooling));
                self.poolings = words(text, &known)?;
            }
            "loss" => {
                let known = [
                    Loss::Unhinged,
                    Loss::Hinge,
                    Loss::Perceptron,
                    Loss::SquaredHinge,
                    Loss::Square,
                ];
                self.losses = words(text, &known.map(|loss| (loss.name(), loss)))?;
            }
            _ => {
                let known = [Train::Filters, Train::FiltersAndHead];
                self.trains = words(text, &known.map(|train| (train.name(), train)))?;
            }
        }
        Ok(())
    }

    /// Are there finitely many problems, each of which is gone through?
    pub fn is_finite(&self) -> bool {
        let numbers = [&self.step, &self.weights, &self.head, &self.prior];
        numbers
            .into_iter()
            .all(|numbers| matches!(numbers, Numbers::List(_)))
    }

    /// Is a problem in the family? Of the images only their number and size are looked at, and of a problem whose
    /// images are equally likely within a label the prior.
    pub fn admits(&self, sketch: &Sketch) -> bool {
        let n = sketch.head.len();
        let k = sketch.patterns.len().checked_sub(2);
        let total: Q = sketch.images.iter().map(|image| &image.weight).sum();
        let of = |label: Label| sketch.images.iter().filter(move |i| i.label == label);
        let plus: Q = of(Label::Plus).map(|image| &image.weight).sum();
        let image = |image: &Image| {
            let own = image.counts[image.label.index()] as usize;
            let other = image.counts[image.label.opposite().index()];
            let all: u64 = image.counts.iter().map(|&c| u64::from(c)).sum();
            let keys = self
                .key_patches
                .as_ref()
                .is_none_or(|keys| keys.contains(&own) && other == 0);
            image.weight.is_positive() && self.patches.contains(&(all as usize)) && keys
        };
        self.filters.contains(&n)
            && k.is_some_and(|k| self.background.contains(&k))
            && self.steps.contains(&(sketch.steps as usize))
            && self.step.admit(&sketch.step)
            && sketch
                .weights
                .iter()
                .flatten()
                .all(|z| self.weights.admit(z))
            && sketch.head.iter().all(|a| self.head.admit(a))
            && Label::BOTH
                .iter()
                .all(|y| self.images.contains(&of(*y).count()))
            && sketch.images.iter().all(image)
            && total.is_positive()
            && self.prior.admit(&(plus / total))
            && sketch.patterns == unit_vectors(sketch.patterns.len())
    }

    /// A problem of the family, by these choices.
    pub(super) fn sketch(&self, choose: &mut dyn Choose) -> Sketch {
        let backgrounds = choose.within(&self.background);
        let n = choose.within(&self.filters);
        let patterns = unit_vectors(backgrounds + 2);
        let mut images = Vec::new();
        let prior = self.prior.pick(choose);
        for label in Label::BOTH {
            let count = choose.within(&self.images);
            let mass = match label {
                Label::Plus => prior.clone(),
                Label::Minus => Q::one() - &prior,
            };
            for _ in 0..count {
                images.push(Image {
                    label,
                    counts: self.bag(label, backgrounds, choose),
                    weight: &mass / integer(count as u64),
                });
            }
        }
        Sketch {
            head: (0..n).map(|_| self.head.pick(choose)).collect(),
            weights: (0..n)
                .map(|_| patterns.iter().map(|_| self.weights.pick(choose)).collect())
                .collect(),
            patterns,
            images,
            activation: self.activations[choose.below(self.activations.len())].clone(),
            pooling: self.poolings[choose.below(self.poolings.len())],
            loss: self.losses[choose.below(self.losses.len())],
            train: self.trains[choose.below(self.trains.len())],
            step: self.step.pick(choose),
            steps: choose.within(&self.steps) as u64,
        }
    }

    /// The patches of an image.
    fn bag(&self, label: Label, backgrounds: usize, choose: &mut dyn Choose) -> Vec<u32> {
        let mut counts = vec![0; backgrounds + 2];
        let (from, mut left) = match &self.key_patches {
            Some(keys) => {
                let most = *keys.end().min(self.patches.end());
                let own = choose.within(&(*keys.start().min(&most)..=most));
                counts[label.index()] = own as u32;
                let least = self.patches.start().saturating_sub(own);
                let room = self.patches.end() - own;
                (2, choose.within(&(least.min(room)..=room)))
            }
            None => (0, choose.within(&self.patches)),
        };
        // The last pattern takes what is left.
        for p in from..counts.len() {
            let taken = match p + 1 == counts.len() {
                true => left,
                false => choose.below(left + 1),
            };
            counts[p] += taken as u32;
            left -= taken;
        }
        counts
    }
}

/// Who makes the choices that a problem of a family takes.
pub(super) trait Choose {
    /// One of so many, from 0.
    fn below(&mut self, bound: usize) -> usize;

    /// One of a range.
    fn within(&mut self, range: &RangeInclusive<usize>) -> usize {
        range.start() + self.below(range.end() - range.start() + 1)
    }
}

impl Choose for Draw {
    fn below(&mut self, bound: usize) -> usize {
        Draw::below(self, bound)
    }
}

/// All choices, one after another: each problem is made by the choices before, the last of them turned on.
#[derive(Debug, Default)]
pub(super) struct Everything {
    /// What was chosen, and of how many.
    chosen: Vec<(usize, usize)>,
    at: usize,
}

impl Everything {
    /// Goes to the next choices; false after the last.
    pub fn turn(&mut self) -> bool {
        self.at = 0;
        while let Some((chosen, bound)) = self.chosen.pop() {
            if chosen + 1 < bound {
                self.chosen.push((chosen + 1, bound));
                return true;
            }
        }
        false
    }
}

impl Choose for Everything {
    fn below(&mut self, bound: usize) -> usize {
        if self.at == self.chosen.len() {
            self.chosen.push((0, bound.max(1)));
        }
        let chosen = self.chosen[self.at].0;
        self.at += 1;
        chosen
    }
}
