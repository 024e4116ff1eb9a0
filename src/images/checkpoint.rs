//! A run as a file, to go on from: what it holds, and everything that is compared before it is taken.
//!
//! The result of a run depends on the training images and their labels, the test images and theirs, which
//! class each label means, every option of the plan, and the initial parameters that follow from them. The
//! file names all of this ([`Origin`]: images and labels by SHA-256) and has a checksum of its own content. A
//! run goes on only from a file that fits in every part; anything else is refused, and every part that
//! differs is named. The one exception are the epochs of the plan, which say when a run ends and not
//! where it goes: a finished run may be continued to more of them, and then ends bit for bit where a run that
//! was planned so long from the beginning ends.

use super::data::Images;
use super::network::{Network, Normalisation, Score, Shape};
use super::record::{Epoch, Norms, Plan};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// What the file of a run says it is.
const FORMAT: &str = "filtercert-run";

/// Version 1 said too little about the data.
const VERSION: u64 = 2;

/// Which images: their number and size, and SHA-256 of the pixels and of the labels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImagesOrigin {
    /// Number of images.
    pub images: usize,
    /// Rows of an image.
    pub rows: usize,
    /// Columns of an image.
    pub columns: usize,
    /// Of the pixels, image after image.
    pub pixels: String,
    /// Of the classes' own labels, image after image.
    pub labels: String,
}

impl ImagesOrigin {
    fn of(images: &Images) -> Self {
        let (mut pixels, mut labels) = (Sha256::new(), Sha256::new());
        for i in 0..images.len() {
            pixels.update(images.pixels(i));
            let own = images.class_labels()[images.label(i)];
            labels.update((own as u64).to_le_bytes());
        }
        Self {
            images: images.len(),
            rows: images.rows(),
            columns: images.columns(),
            pixels: hex(&pixels.finalize()),
            labels: hex(&labels.finalize()),
        }
    }
}

/// What a run was made from, beside its plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// The own label of each class, in the order of the network's labels.
    pub classes: Vec<usize>,
    /// The images it was trained on.
    pub train: ImagesOrigin,
    /// The images it was tested on.
    pub test: ImagesOrigin,
    /// SHA-256 of the parameters before the first step and of the normalisation of the pixels.
    pub initial_state: String,
}

impl Origin {
    /// Of a run that begins with this network.
    ///
    /// # Cost
    /// SHA-256 of all pixels.
    pub fn of(initial: &Network, train: &Images, test: &Images) -> Self {
        let Normalisation { scale, shift } = initial.normalisation();
        let mut state = Sha256::new();
        for x in [scale, shift].iter().chain(initial.parameters()) {
            state.update(x.to_bits().to_le_bytes());
        }
        Self {
            classes: train.class_labels().to_vec(),
            train: ImagesOrigin::of(train),
            test: ImagesOrigin::of(test),
            initial_state: hex(&state.finalize()),
        }
    }

    /// The parts in which a file's origin, `self`, is not the `expected` one, each in words.
    fn differences(&self, expected: &Origin) -> Vec<String> {
        let mut parts = Vec::new();
        if self.classes != expected.classes {
            let sorted = |classes: &[usize]| {
                let mut sorted = classes.to_vec();
                sorted.sort_unstable();
                sorted
            };
            let same = sorted(&self.classes) == sorted(&expected.classes);
            parts.push(format!(
                "{}: found {}, expected {}",
                if same {
                    "the class order differs"
                } else {
                    "the classes differ"
                },
                joined(&self.classes),
                joined(&expected.classes)
            ));
        }
        let sets = [
            ("training", &self.train, &expected.train),
            ("test", &self.test, &expected.test),
        ];
        for (set, found, expected) in sets {
            let sizes = [found, expected].map(|images| (images.rows, images.columns));
            if sizes[0] != sizes[1] {
                let [found, expected] = sizes.map(|(rows, columns)| format!("{rows} x {columns}"));
                parts.push(format!(
                    "the size of the {set} images differs: found {found} pixels, expected {expected}"
                ));
            }
            if found.images != expected.images {
                parts.push(format!(
                    "the number of {set} images differs: found {}, expected {}",
                    found.images, expected.images
                ));
                continue;
            }
            if found.pixels != expected.pixels {
                parts.push(format!("the pixels of the {set} images differ"));
            }
            if found.labels != expected.labels {
                parts.push(format!("the labels of the {set} images differ"));
            }
        }
        parts
    }
}

/// Everything of a run that the file holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    format: String,
    version: u64,
    /// SHA-256 of the file's text with this member empty.
    checksum: String,
    pub plan: Plan,
    pub origin: Origin,
    pub step: u64,
    pub loss: f64,
    pub right: u64,
    pub seconds: Option<f64>,
    pub score_at_start: Score,
    pub epochs: Vec<Epoch>,
    pub norms: Vec<Norms>,
    pub drift: Vec<f64>,
    /// The parameters, eight hexadecimal digits of the bits of each.
    parameters: String,
}

/// The beginning of a file of any version.
#[derive(Deserialize)]
struct Header {
    #[serde(default)]
    format: Value,
    #[serde(default)]
    version: Value,
}

/// What a run has reached, for its file.
pub(super) struct Reached<'a> {
    pub plan: &'a Plan,
    pub origin: &'a Origin,
    pub step: u64,
    pub loss: f64,
    pub right: u64,
    pub seconds: Option<f64>,
    pub score_at_start: Score,
    pub epochs: &'a [Epoch],
    pub norms: &'a [Norms],
    pub drift: &'a [f64],
    pub parameters: &'a [f32],
}

impl File {
    pub fn of(run: &Reached<'_>) -> Self {
        let mut file = Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            checksum: String::new(),
            plan: run.plan.clone(),
            origin: run.origin.clone(),
            step: run.step,
            loss: run.loss,
            right: run.right,
            seconds: run.seconds,
            score_at_start: run.score_at_start,
            epochs: run.epochs.to_vec(),
            norms: run.norms.to_vec(),
            drift: run.drift.to_vec(),
            parameters: to_hex(run.parameters),
        };
        file.checksum = file.sum();
        file
    }

    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The checksum that the content has.
    fn sum(&self) -> String {
        let content = Self {
            checksum: String::new(),
            ..self.clone()
        };
        hex(&Sha256::digest(content.to_text()))
    }

    /// Reads a file as it was written.
    ///
    /// # Errors
    /// What was found and what was expected.
    pub fn read(text: &str) -> Result<Self, String> {
        let broken = |error: serde_json::Error| {
            format!("found {error}, expected a checkpoint: it was cut off or damaged")
        };
        let header: Header = serde_json::from_str(text).map_err(broken)?;
        if header.format != FORMAT || header.version != VERSION {
            return Err(format!(
                "found format {} version {}, expected \"{FORMAT}\" version {VERSION}; without --resume the \
                 run begins anew",
                header.format, header.version
            ));
        }
        let file: Self = serde_json::from_str(text).map_err(broken)?;
        let sum = file.sum();
        if sum != file.checksum {
            return Err(format!(
                "the file's own checksum does not fit its content: it was edited or damaged (found {:?}, \
                 expected \"{sum}\")",
                file.checksum
            ));
        }
        Ok(file)
    }

    /// Every part in which the file is not about this run, in words; none if it may go on.
    pub fn differences(&self, plan: &Plan, origin: &Origin, steps: u64) -> Vec<String> {
        // More epochs than before are fine.
        let found = Plan {
            epochs: plan.epochs,
            ..self.plan.clone()
        };
        let mut parts = Vec::new();
        let values = |plan: &Plan| serde_json::to_value(plan).unwrap_or_default();
        options_differ("", &values(&found), &values(plan), &mut parts);
        if self.step > steps {
            parts.push(format!(
                "the epochs differ: found a run of {} steps, expected one of at most {steps} ({} epochs)",
                self.step, plan.epochs
            ));
        }
        parts.extend(self.origin.differences(origin));
        // It follows from the rest: if only it differs, the program has changed.
        if parts.is_empty() && self.origin.initial_state != origin.initial_state {
            parts.push("the initial state differs".to_owned());
        }
        parts
    }

    /// The network, if the numbers of the file fit together.
    pub fn network(
        &self,
        shape: &Shape,
        normalisation: Normalisation,
        per_epoch: u64,
    ) -> Option<Network> {
        let filters = shape.architecture().filters;
        let finite = |values: &[f64]| values.iter().all(|x| x.is_finite());
        let steps = || self.norms.iter().map(|n| n.step);
        let fits = self.epochs.len() as u64 == self.step / per_epoch
            && self
                .epochs
                .iter()
                .map(|e| e.epoch)
                .eq(1..=self.epochs.len())
            && self.drift.len() == filters
            && finite(&self.drift)
            && steps().next() == Some(0)
            && steps().is_sorted_by(|a, b| a < b)
            && steps().all(|step| step <= self.step)
            && self.norms.iter().all(|n| {
                let lengths = n.filters.len() == filters && n.heads.len() == filters;
                lengths && finite(&n.filters) && finite(&n.heads)
            });
        let parameters = from_hex(&self.parameters).filter(|_| fits)?;
        let network = Network::with_parameters(shape, normalisation, parameters)?;
        network.is_finite().then_some(network)
    }
}

/// Names every option, however deep, in which two plans differ.
fn options_differ(name: &str, found: &Value, expected: &Value, parts: &mut Vec<String>) {
    if let (Value::Object(found), Value::Object(expected)) = (found, expected) {
        for (key, value) in found {
            let name = match name {
                "" | "architecture" => key.clone(),
                _ => format!("{name}.{key}"),
            };
            options_differ(
                &name,
                value,
                expected.get(key).unwrap_or(&Value::Null),
                parts,
            );
        }
    } else if found != expected {
        parts.push(format!(
            "the option {name} differs: found {found}, expected {expected}"
        ));
    }
}

fn joined(classes: &[usize]) -> String {
    let texts: Vec<String> = classes.iter().map(usize::to_string).collect();
    texts.join(",")
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn to_hex(values: &[f32]) -> String {
    values
        .iter()
        .map(|x| format!("{:08x}", x.to_bits()))
        .collect()
}

fn from_hex(text: &str) -> Option<Vec<f32>> {
    if !text.is_ascii() || !text.len().is_multiple_of(8) {
        return None;
    }
    let words = (0..text.len()).step_by(8).map(|at| &text[at..at + 8]);
    words
        .map(|word| u32::from_str_radix(word, 16).ok().map(f32::from_bits))
        .collect()
}
