//! Sketches and sizes as files of parts have them: every number exactly, as a text.

use super::{Image, Size, Sketch};
use crate::number::{Q, parse_rational};
use crate::problem::{Activation, Label, Loss, Pooling, Train};
use serde::{Deserialize, Serialize};

/// A sketch as text.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    patterns: Vec<Vec<String>>,
    /// Label, counts, weight.
    images: Vec<(String, Vec<u32>, String)>,
    activation: String,
    slope: Option<String>,
    pooling: String,
    head: Vec<String>,
    weights: Vec<Vec<String>>,
    loss: String,
    train: String,
    step: String,
    steps: u64,
}

fn texts(numbers: &[Q]) -> Vec<String> {
    numbers.iter().map(Q::to_string).collect()
}

fn rows(rows: &[Vec<Q>]) -> Vec<Vec<String>> {
    rows.iter().map(|row| texts(row)).collect()
}

impl From<Sketch> for Kept {
    fn from(sketch: Sketch) -> Self {
        let image = |image: &Image| {
            let label = image.label.symbol().to_owned();
            (label, image.counts.clone(), image.weight.to_string())
        };
        Kept {
            patterns: rows(&sketch.patterns),
            images: sketch.images.iter().map(image).collect(),
            activation: sketch.activation.name().to_owned(),
            slope: match &sketch.activation {
                Activation::LeakyRelu { slope } => Some(slope.to_string()),
                _ => None,
            },
            pooling: sketch.pooling.name().to_owned(),
            head: texts(&sketch.head),
            weights: rows(&sketch.weights),
            loss: sketch.loss.name().to_owned(),
            train: sketch.train.name().to_owned(),
            step: sketch.step.to_string(),
            steps: sketch.steps,
        }
    }
}

/// Most steps of a sketch: far more than any search takes.
const MAX_STEPS: u64 = 1 << 32;

impl Kept {
    /// Do its lists fit together, so that it can be changed and shrunk?
    fn fits(&self) -> Result<(), String> {
        let (n, p) = (self.head.len(), self.patterns.len());
        let dimension = self.patterns.first().map_or(0, Vec::len);
        let fit = n > 0
            && p >= 2
            && dimension > 0
            && self.patterns.iter().all(|v| v.len() == dimension)
            && self.weights.len() == n
            && self.weights.iter().all(|row| row.len() == p)
            && self.images.iter().all(|(_, counts, _)| counts.len() == p);
        match fit && (1..=MAX_STEPS).contains(&self.steps) {
            true => Ok(()),
            false => Err("found lists that do not fit together, expected a problem".to_owned()),
        }
    }
}

fn number(text: &str) -> Result<Q, String> {
    parse_rational(text).map_err(|error| format!("found {text:?}, expected a rational: {error}"))
}

fn numbers(texts: &[String]) -> Result<Vec<Q>, String> {
    texts.iter().map(|text| number(text)).collect()
}

fn matrix(rows: &[Vec<String>]) -> Result<Vec<Vec<Q>>, String> {
    rows.iter().map(|row| numbers(row)).collect()
}

/// The one of these that has this name.
fn named<T>(
    all: impl IntoIterator<Item = T>,
    name: &str,
    of: impl Fn(&T) -> &'static str,
) -> Result<T, String> {
    let found = all.into_iter().find(|one| of(one) == name);
    found.ok_or_else(|| format!("found {name:?}, expected a name of problem files"))
}

impl TryFrom<Kept> for Sketch {
    type Error = String;

    fn try_from(kept: Kept) -> Result<Self, String> {
        let image = |(label, counts, weight): &(String, Vec<u32>, String)| {
            Ok(Image {
                label: named(Label::BOTH, label, |label| label.symbol())?,
                counts: counts.clone(),
                weight: number(weight)?,
            })
        };
        let slope = kept.slope.as_deref().map(number).transpose()?;
        let activations = [Activation::Relu, Activation::Identity, Activation::Relu2];
        let leaky = slope.map(|slope| Activation::LeakyRelu { slope });
        let losses = [
            Loss::Unhinged,
            Loss::Hinge,
            Loss::Perceptron,
            Loss::SquaredHinge,
            Loss::Square,
        ];
        let trains = [Train::Filters, Train::FiltersAndHead];
        let poolings = [Pooling::Sum, Pooling::Max];
        let images: Result<Vec<Image>, String> = kept.images.iter().map(image).collect();
        kept.fits()?;
        Ok(Sketch {
            patterns: matrix(&kept.patterns)?,
            images: images?,
            activation: named(
                activations.into_iter().chain(leaky),
                &kept.activation,
                Activation::name,
            )?,
            pooling: named(poolings, &kept.pooling, |pooling| pooling.name())?,
            head: numbers(&kept.head)?,
            weights: matrix(&kept.weights)?,
            loss: named(losses, &kept.loss, |loss| loss.name())?,
            train: named(trains, &kept.train, |train| train.name())?,
            step: number(&kept.step)?,
            steps: kept.steps,
        })
    }
}

/// A size as text: its six numbers in the order of their weight.
impl From<Size> for [u64; 6] {
    fn from(size: Size) -> Self {
        [
            size.filters as u64,
            size.patterns as u64,
            size.patches,
            size.steps,
            size.images as u64,
            size.digits,
        ]
    }
}

impl From<[u64; 6]> for Size {
    fn from([filters, patterns, patches, steps, images, digits]: [u64; 6]) -> Self {
        Size {
            filters: filters as usize,
            patterns: patterns as usize,
            patches,
            steps,
            images: images as usize,
            digits,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::draw::{Draw, Family, Limits, Patterns};
    use crate::number::ratio;

    /// Every sketch that a search draws comes back as it was. Fails where a number passes through a float, weights of
    /// images are made probabilities, or a name is left out.
    #[test]
    fn sketches_come_back_as_they_were() {
        let family = Family {
            patterns: vec![Patterns::Orthonormal, Patterns::KeysNear, Patterns::Opposed],
            activations: vec![
                Activation::Relu,
                Activation::Identity,
                Activation::Relu2,
                Activation::LeakyRelu { slope: ratio(1, 3) },
            ],
            poolings: vec![Pooling::Sum, Pooling::Max],
            losses: vec![
                Loss::Unhinged,
                Loss::Hinge,
                Loss::Perceptron,
                Loss::SquaredHinge,
                Loss::Square,
            ],
            trains: vec![Train::Filters, Train::FiltersAndHead],
            signs: false,
            other_keys: true,
            same_backgrounds: false,
            balanced: false,
            lost_label: false,
        };
        let limits = Limits {
            filters: 3,
            backgrounds: 2,
            patches: 2,
            images: 2,
            steps: 9,
        };
        let mut draw = Draw::new(1, 1);
        for i in 0..200 {
            let sketch = draw.sketch(&family, limits, i % 2 == 0);
            let text = serde_json::to_string(&sketch).unwrap();
            let back: Sketch = serde_json::from_str(&text).unwrap();
            assert_eq!(back, sketch);
            let size = serde_json::to_string(&sketch.size()).unwrap();
            assert_eq!(serde_json::from_str::<Size>(&size).unwrap(), sketch.size());
            for (from, to) in [
                ("\"relu", "\"tanh"),
                ("\"sum\"", "\"mean\""),
                ("\"step\":\"", "\"step\":\"x"),
                ("\"weights\":[", "\"weights\":[[],"),
                ("\"head\":[", "\"head\":[\"1\","),
                ("\"steps\":", "\"steps\":99999999999"),
                ("\"patterns\":[[", "\"patterns\":[[\"1\","),
            ] {
                let wrong = text.replacen(from, to, 1);
                assert_eq!(
                    serde_json::from_str::<Sketch>(&wrong).is_ok(),
                    wrong == text
                );
            }
        }
    }
}
