//! How each assumption is violated alone: the problem, with one thing changed.

use crate::common::Shape;
use filtercert::number::{Q, integer, ratio};
use filtercert::problem::assumption::AssumptionId;
use filtercert::problem::{
    Activation, Atom, AtomTable, Dictionary, Distribution, Generative, Init, Label, Loss, Parts,
    Pooling, Problem, Train,
};
use filtercert::theory::record::{Statement, TheoremId};
use num_traits::{One, Zero};

/// A problem with one thing changed.
type Violate = Box<dyn Fn(&Problem) -> Option<Problem> + Send + Sync>;

/// A way to violate an assumption.
pub struct Way {
    pub what: &'static str,
    /// What the witness says of it.
    pub witness: &'static str,
    /// The assumptions that fail, in the order of the record.
    pub breaks: Vec<AssumptionId>,
    /// The shape of the problems that can be changed like this.
    pub shape: fn(Shape) -> Shape,
    /// The changed problem; `None` where the change is none.
    pub violate: Violate,
}

impl Way {
    /// One change of the parts that breaks one assumption.
    pub fn new(
        what: &'static str,
        breaks: AssumptionId,
        witness: &'static str,
        change: impl Fn(&mut Parts) + Send + Sync + 'static,
    ) -> Self {
        Way {
            what,
            witness,
            breaks: vec![breaks],
            shape: |shape| shape,
            violate: Box::new(move |problem| Some(problem.changed(&change).unwrap())),
        }
    }

    /// Problems that are drawn so that it fails, perhaps with others.
    pub fn random(assumption: AssumptionId, witness: &'static str) -> Self {
        Way {
            violate: Box::new(|_| None),
            ..Way::new("at random", assumption, witness, |_| ())
        }
    }
}

/// All the ways to break one thing that a theorem asks for.
pub fn ways(record: &Statement) -> Vec<Way> {
    use AssumptionId::{A0, A1, A1kMinus, A2, A3, A4, A5f, A5t, A6, A6prime};
    let mut ways = Vec::new();
    let model = &record.model;
    if !model.activations.is_empty() {
        for (activation, witness) in [
            (Activation::Identity, "network.activation = \"identity\""),
            (Activation::Relu2, "network.activation = \"relu2\""),
            (
                Activation::LeakyRelu { slope: ratio(1, 3) },
                "network.activation = \"leaky-relu\"",
            ),
        ] {
            if !model.activations.contains(&activation.name()) {
                ways.push(Way::new("activation", A0, witness, move |p| {
                    p.network.activation = activation.clone()
                }));
            }
        }
    }
    for (pooling, witness) in [
        (Pooling::Max, "network.pooling = \"max\""),
        (Pooling::Sum, "network.pooling = \"sum\""),
    ] {
        if model.pooling.is_some_and(|wanted| wanted != pooling) {
            ways.push(Way::new("pooling", A0, witness, move |p| {
                p.network.pooling = pooling
            }));
        }
    }
    for (loss, witness) in [
        (Loss::Unhinged, "training.loss = \"unhinged\""),
        (Loss::Hinge, "training.loss = \"hinge\""),
        (Loss::Perceptron, "training.loss = \"perceptron\""),
        (Loss::SquaredHinge, "training.loss = \"squared-hinge\""),
        (Loss::Square, "training.loss = \"square\""),
    ] {
        if !model.losses.is_empty() && !model.losses.contains(&loss) {
            ways.push(Way::new("loss", A0, witness, move |p| {
                p.training.loss = loss
            }));
        }
    }
    if model.one_sample {
        ways.push(Way::new("batch", A0, "training.batch = 3", |p| {
            p.training.batch = 3
        }));
    }
    let both = |wanted: Train, assumption: AssumptionId| {
        let mut breaks = Vec::new();
        if model.train == Some(wanted) {
            breaks.push(A0);
        }
        if record.assumes.contains(&assumption) {
            breaks.push(assumption);
        }
        breaks
    };
    let breaks = both(Train::Filters, A5f);
    if !breaks.is_empty() {
        ways.push(Way {
            breaks,
            ..Way::new(
                "head trained",
                A5f,
                "training.train = \"filters+head\"",
                |p| p.training.train = Train::FiltersAndHead,
            )
        });
    }
    let breaks = both(Train::FiltersAndHead, A5t);
    if !breaks.is_empty() {
        ways.push(Way {
            breaks,
            ..Way::new("head fixed", A5t, "training.train = \"filters\"", |p| {
                p.training.train = Train::Filters
            })
        });
    }
    for &assumption in record.assumes {
        let way = match assumption {
            A1 => Way::new("two patterns overlap", A1, " and not ", overlap),
            A1kMinus => Way::new("an acute angle", A1kMinus, " and not at most 0", overlap),
            // Any number of its own key will do.
            A2 if record.id == TheoremId::T6c => Way {
                violate: Box::new(|problem| more_of(problem, 1)),
                ..Way::new("the other key", A2, "the atom with", |_| ())
            },
            A2 => Way {
                violate: Box::new(|problem| more_of(problem, 0)),
                ..Way::new("a key comes twice or once", A2, "the atom with", |_| ())
            },
            A3 => Way {
                shape: with_background,
                ..Way::new("backgrounds know the label", A3, "background", |p| {
                    let unit = |k: usize, at: usize| -> Vec<Q> {
                        (0..k).map(|i| integer(i64::from(i == at))).collect()
                    };
                    if let Distribution::Generative(g) = &p.distribution {
                        let k = p.dictionary.n_background();
                        p.distribution = generative(g, None, Some([unit(k, 0), unit(k, 1)]));
                    }
                })
            },
            A4 => Way::new("unequal labels", A4, "label + has probability", |p| {
                if let Distribution::Generative(g) = &p.distribution {
                    p.distribution = generative(g, Some([ratio(1, 3), ratio(2, 3)]), None);
                }
            }),
            A5f => Way::new("a head of 2", A5f, "network.head[0] = ", |p| {
                p.network.head[0] *= integer(2)
            }),
            A6 => Way::new("given weights", A6, "network.weights are given", |p| {
                p.network.init = Init::Explicit
            }),
            A6prime => Way {
                violate: Box::new(|problem| {
                    let lost = |p: &mut Parts| {
                        for j in problem.winners(Label::Plus) {
                            p.network.weights[(j, 0)] = -Q::one();
                        }
                    };
                    Some(problem.changed(lost).unwrap())
                }),
                ..Way::new("no winner of +", A6prime, "J+ is empty", |_| ())
            },
            _ => continue,
        };
        ways.push(way);
    }
    ways
}

/// Two backgrounds at least, and a patch that shows one.
fn with_background(shape: Shape) -> Shape {
    Shape {
        background: 2..=3,
        background_patches: 1..=1,
        ..shape
    }
}

/// The same images with another prior, or other backgrounds.
fn generative(g: &Generative, prior: Option<[Q; 2]>, laws: Option<[Vec<Q>; 2]>) -> Distribution {
    let laws = laws.unwrap_or_else(|| Label::BOTH.map(|y| g.background(y).to_vec()));
    let prior = prior.unwrap_or_else(|| Label::BOTH.map(|y| g.prior()[y.index()].clone()));
    Distribution::Generative(Generative::new(prior, g.patches(), g.key_patches(), laws).unwrap())
}

/// The unit vectors, but for the second key, of length 1 and at an angle to the first.
fn overlap(parts: &mut Parts) {
    let n = parts.dictionary.n_patterns();
    let entry = |i: usize, k: usize| match (i, k) {
        (1, 0) => ratio(3, 5),
        (1, 1) => ratio(4, 5),
        _ if i == k => Q::one(),
        _ => Q::zero(),
    };
    let vectors = (0..n).map(|i| (0..n).map(|k| entry(i, k)).collect());
    parts.dictionary = Dictionary::explicit(vectors.collect()).unwrap();
}

/// Every second time that an atom of label + is drawn, this key is there once more: no law of label or
/// background changes.
fn more_of(problem: &Problem, key: usize) -> Option<Problem> {
    let table = problem.distribution().atoms().unwrap();
    let mut atoms: Vec<Atom> = Vec::new();
    for atom in table.atoms() {
        if atom.label == Label::Minus {
            atoms.push(atom.clone());
            continue;
        }
        let half = || &atom.probability / integer(2);
        let mut more = Atom {
            probability: half(),
            ..atom.clone()
        };
        more.counts[key] += 1;
        atoms.push(Atom {
            probability: half(),
            ..atom.clone()
        });
        atoms.push(more);
    }
    let table = AtomTable::new(problem.n_patterns(), atoms).unwrap();
    let change = |p: &mut Parts| p.distribution = Distribution::Explicit(table.into());
    Some(problem.changed(change).unwrap())
}
