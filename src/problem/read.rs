//! Reads problem files: every key is checked, nothing is guessed.

use super::error::{Faults, ProblemError};
use super::item::{Item, Keys};
use super::keys;
use super::placed::{ConjectureTable, Placed};
use super::source::{Format, Source};
use super::{
    Activation, Atom, AtomTable, Dictionary, Distribution, DomainError, Generative, HeadInit,
    Label, Loss, Network, Pooling, Problem, TooManyAtoms, Train, Training,
};
use crate::number::{Matrix, Q};
use num_traits::Signed;
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

/// A problem together with the text it was read from, so that a later error can still name the line.
#[derive(Debug, Clone)]
pub struct SourceProblem {
    /// The problem.
    pub problem: Problem,
    /// Its conjectures, in the order of the file; they are no part of the problem, nor of its hash.
    pub conjectures: Vec<ConjectureTable>,
    /// Where it came from.
    pub source: Source,
}

impl SourceProblem {
    /// Reads a file (`-` is standard input), TOML or JSON as [`Format::of`] tells.
    ///
    /// # Errors
    /// [`ProblemError`] naming file, line and key, with what was found and expected.
    pub fn read(path: &Path) -> Result<Self, ProblemError> {
        Self::from_source(Source::read(path)?)
    }

    /// Reads a problem from text; `name` stands for the file in messages.
    ///
    /// # Errors
    /// As [`SourceProblem::read`].
    pub fn parse(name: &str, text: &str, format: Format) -> Result<Self, ProblemError> {
        Self::from_source(Source::new(name, text, format))
    }

    fn from_source(source: Source) -> Result<Self, ProblemError> {
        let tree = source.parse()?;
        let faults = Faults::default();
        let root = Item::root(&source, &tree, &faults);
        let keys = top(&root);
        let conjectures = keys.as_ref().and_then(conjectures);
        let read = keys.and_then(|keys| problem(&root, &keys));
        let read = faults.or(read.zip(conjectures))?;
        drop(tree);
        match read {
            Some((problem, conjectures)) => Ok(SourceProblem {
                problem,
                conjectures,
                source,
            }),
            None => Err(source.error(0..0, None, "values that fit no problem", "a problem")),
        }
    }

    /// The error for a command that needs every atom of a distribution that has too many.
    pub fn too_many_atoms(&self, error: &TooManyAtoms) -> ProblemError {
        self.source.too_many_atoms(error)
    }

    /// The error for a value of the file that this command cannot take.
    pub fn domain_error(&self, error: &DomainError) -> ProblemError {
        self.source.domain_error(error)
    }
}

/// Reads a problem file (`-` is standard input), TOML or JSON as [`Format::of`] tells.
///
/// # Errors
/// [`ProblemError`] naming file, line and key, with what was found and expected.
///
/// # Example
/// ```no_run
/// let problem = filtercert::problem::read_problem("examples/balanced.toml".as_ref())?;
/// println!("{} filters", problem.n_filters());
/// # Ok::<(), filtercert::problem::ProblemError>(())
/// ```
pub fn read_problem(path: &Path) -> Result<Problem, ProblemError> {
    SourceProblem::read(path).map(|read| read.problem)
}

/// Reads a problem from text; `name` stands for the file in messages.
///
/// # Errors
/// As [`read_problem`].
pub fn parse_problem(name: &str, text: &str, format: Format) -> Result<Problem, ProblemError> {
    SourceProblem::parse(name, text, format).map(|read| read.problem)
}

/// The table that a file is.
fn top<'a>(root: &'a Item<'a>) -> Option<Keys<'a>> {
    if root.get("format").is_some_and(|item| item.is(CERTIFICATE)) {
        let help = "filtercert verify checks a certificate";
        return root.wrong_but("a certificate", "a problem", Some(help.to_owned()));
    }
    root.table(keys::ROOT)
}

fn problem(root: &Item<'_>, keys: &Keys<'_>) -> Option<Problem> {
    let named = keys.require("name", "a name in quotes");
    let name = named.and_then(|item| name(&item));
    let item = keys.require("dictionary", "a table");
    let dictionary = item.and_then(|item| dictionary(&item));
    let item = keys.require("distribution", "a table");
    let distribution = item.and_then(|item| distribution(&item, dictionary.as_ref()));
    let item = keys.require("network", "a table");
    let network = item.and_then(|item| network(&item, dictionary.as_ref()));
    let item = keys.require("training", "a table");
    let training = item.and_then(|item| training(&item));
    match (name, dictionary, distribution, network, training) {
        (Some(name), Some(dictionary), Some(distribution), Some(network), Some(training)) => root
            .made(Problem::new(
                name,
                dictionary,
                distribution,
                network,
                training,
            )),
        (_, Some(dictionary), _, Some(network), _) => {
            root.made(network.check_against(&dictionary))?;
            None
        }
        _ => None,
    }
}

/// The tables of conjectures, none without the key.
fn conjectures(keys: &Keys<'_>) -> Option<Vec<ConjectureTable>> {
    let Some(list) = keys.get("conjecture") else {
        return Some(Vec::new());
    };
    let tables = list.list("a list of tables, each headed [[conjecture]] in TOML")?;
    let mut names = HashSet::new();
    all(tables.map(|item| {
        let keys = item.table(keys::CONJECTURE)?;
        let named = keys.require("name", "a name in quotes");
        let named = named.and_then(|item| {
            let name = name(&item)?;
            if name.trim().is_empty() {
                return item.expected("a name that is not empty");
            }
            match names.insert(name.clone()) {
                true => Some(name),
                false => item.expected("a name that no other conjecture has"),
            }
        });
        let claim = keys.require(
            "claim",
            "a claim in quotes, such as \"norm(winner) >= 3 * norm(loser)\"",
        );
        let claim = claim.and_then(|item| item.placed("a claim in quotes"));
        let optional = |key: &str, expected: &str| match keys.get(key) {
            Some(item) => item.placed(expected).map(Some),
            None => Some(None),
        };
        let when = optional("when", "a condition in quotes, such as \"t >= 500\"");
        let over = optional(
            "over",
            "\"expected\", \"every path\" or \"probability >= 99/100\"",
        );
        let family = match keys.get("family") {
            Some(item) => family(&item),
            None => Some(Vec::new()),
        };
        Some(ConjectureTable {
            name: named?,
            claim: claim?,
            when: when?,
            over: over?,
            family: family?,
        })
    }))
}

/// The ranges of a family, in the order of the documentation.
fn family(item: &Item<'_>) -> Option<Vec<(&'static str, Placed)>> {
    let keys = item.table(keys::FAMILY)?;
    let given = keys::FAMILY
        .iter()
        .filter_map(|key| Some((*key, keys.get(key)?)));
    all(given.map(|(key, item)| Some((key, item.placed("a range in quotes, such as \"1..8\"")?))))
}

/// All items, if none is missing; each is read, whatever came before.
fn all<T>(items: impl Iterator<Item = Option<T>>) -> Option<Vec<T>> {
    let read: Vec<Option<T>> = items.collect();
    read.into_iter().collect()
}

fn name(item: &Item<'_>) -> Option<String> {
    let name = item.text("a name in quotes")?;
    if name.chars().any(char::is_control) {
        return item.expected("a name without control characters");
    }
    Some(name.to_owned())
}

fn dictionary(item: &Item<'_>) -> Option<Dictionary> {
    let keys = item.table(keys::DICTIONARY)?;
    if let Some(patterns) = keys.get("patterns") {
        let alone = keys.forbid("background", "`patterns` gives every pattern");
        let entries = patterns.entries("a table of vectors")?;
        let is_key = |key: &str| matches!(key, "v+" | "v-");
        let made = if !entries.is_empty() && !entries.iter().any(|entry| is_key(&entry.key)) {
            let names = entries.iter().map(|entry| entry.key.clone()).collect();
            let vectors = entries
                .iter()
                .map(|entry| pattern_vector(&patterns.child(entry)));
            Dictionary::named(names, all(vectors)?)
        } else {
            Dictionary::explicit(pattern_vectors(&patterns)?)
        };
        let made = item.made(made);
        alone?;
        return made;
    }
    let background = keys.require(
        "background",
        "the number of orthonormal background patterns (or explicit `patterns`)",
    )?;
    let n_background = background.integer(0, Dictionary::MAX_BACKGROUND as u64)?;
    item.made(Dictionary::orthonormal(n_background as usize))
}

fn pattern_vectors(patterns: &Item<'_>) -> Option<Vec<Vec<Q>>> {
    let expected = "a table of vectors v+, v-, u1, u2, ...";
    let entries = patterns.entries(expected)?;
    let is_known = |key: &str| {
        matches!(key, "v+" | "v-")
            || key.strip_prefix('u').is_some_and(|digits| {
                !digits.starts_with('0')
                    && !digits.is_empty()
                    && digits.bytes().all(|b| b.is_ascii_digit())
            })
    };
    let mut are_known = true;
    for entry in entries.iter().filter(|entry| !is_known(&entry.key)) {
        patterns.note_unknown(entry, "v+, v-, u1, u2, ...");
        are_known = false;
    }
    let mut vectors = Vec::with_capacity(entries.len());
    // Without names that are known nothing is missing.
    let n = if are_known { entries.len().max(2) } else { 0 };
    for place in 0..n {
        let name = match place {
            0 => "v+".to_owned(),
            1 => "v-".to_owned(),
            k => format!("u{}", k - 1),
        };
        // After a gap all further names are off.
        let vector = patterns.require(
            &name,
            "a vector: names run v+, v-, u1, u2, ... without gaps",
        )?;
        vectors.push(pattern_vector(&vector));
    }
    let vectors = all(vectors.into_iter());
    are_known.then_some(vectors)?
}

fn pattern_vector(vector: &Item<'_>) -> Option<Vec<Q>> {
    let entries = vector.rationals("a list of rational numbers in quotes")?;
    if entries.is_empty() {
        return vector.expected("at least one entry");
    }
    Some(entries)
}

fn distribution(item: &Item<'_>, dictionary: Option<&Dictionary>) -> Option<Distribution> {
    let keys = item.table(keys::DISTRIBUTION)?;
    let n_patterns = dictionary.map(Dictionary::n_patterns);
    let has_keys = dictionary.is_none_or(Dictionary::has_keys);
    let forbidden = |because: &str| {
        let forbids = keys::GENERATIVE.iter();
        all(forbids.map(|key| keys.forbid(key, because)))
    };
    if let Some(list) = keys.get("atoms") {
        let alone = forbidden(match has_keys {
            true => "`atoms` gives the whole distribution",
            false => KEYLESS,
        });
        let atoms = atoms(&list, n_patterns)?;
        alone?;
        let table = item.made(AtomTable::new(n_patterns?, atoms))?;
        return Some(Distribution::Explicit(Arc::new(table)));
    }
    if !has_keys {
        forbidden(KEYLESS);
        let _ = keys.require("atoms", KEYLESS);
        return None;
    }
    let prior = keys
        .require(
            "prior",
            "the probabilities of + and - (or explicit `atoms`)",
        )
        .and_then(|item| item.rationals_exactly(Some(2), "the probabilities of + and -"));
    let most = u64::from(AtomTable::MAX_COUNT);
    let patches = keys
        .require("patches", "the number of patches of an image")
        .and_then(|item| item.integer(1, most));
    let key_patches = keys
        .require(
            "key_patches",
            "the number of patches that are the key pattern",
        )
        .and_then(|item| item.integer(1, patches.unwrap_or(most)));
    let background = keys.require("background", "the background probabilities");
    let sides = background.and_then(|item| backgrounds(&item, n_patterns.map(|n| n - 2)));
    let prior = <[Q; 2]>::try_from(prior?).ok()?;
    let (patches, key_patches) = (patches? as u32, key_patches? as u32);
    let made = item.made(Generative::new(prior, patches, key_patches, sides?))?;
    Some(Distribution::Generative(made))
}

/// Background probabilities of both labels: one list for both, or a table with one each.
fn backgrounds(background: &Item<'_>, length: Option<usize>) -> Option<[Vec<Q>; 2]> {
    if !background.is_table() {
        let both = probabilities(background, length)?;
        return Some([both.clone(), both]);
    }
    let keys = background.table(&["+", "-"])?;
    let [plus, minus] = ["+", "-"].map(|key| {
        let item = keys.require(key, "the background probabilities of this label");
        item.and_then(|item| probabilities(&item, length))
    });
    Some([plus?, minus?])
}

/// Background probabilities of one label, checked here so that the message names the label's key.
fn probabilities(item: &Item<'_>, length: Option<usize>) -> Option<Vec<Q>> {
    use num_traits::{One, Zero};
    let values = item.rationals_exactly(length, "one a background pattern")?;
    for (entry, value) in item.list("a list")?.zip(&values) {
        if value.is_negative() {
            return entry.expected("a probability of at least 0");
        }
    }
    let sum = values.iter().fold(Q::zero(), |sum, value| sum + value);
    if !values.is_empty() && !sum.is_one() {
        let first = values.first();
        let equal = values.iter().all(|value| Some(value) == first);
        let help = equal.then(|| format!("equal ones are \"1/{}\" each", values.len()));
        let sum = super::error::shorten(&sum.to_string());
        let found = format!("probabilities with sum {sum}");
        return item.wrong_but(found, "sum exactly 1", help);
    }
    Some(values)
}

fn atoms(list: &Item<'_>, n_patterns: Option<usize>) -> Option<Vec<Atom>> {
    let items = list.list("a list of atoms { label, counts, probability }")?;
    if items.len() == 0 {
        return list.expected("at least one atom");
    }
    all(items.map(|item| {
        let keys = item.table(keys::ATOM)?;
        let counts = keys.require("counts", "how often each pattern occurs");
        let counts = counts.and_then(|item| read_counts(&item, n_patterns));
        let label = keys.require("label", "\"+\" or \"-\"");
        let label = label.and_then(|item| read_label(&item));
        let probability = keys.require("probability", "the probability of the atom");
        let probability = probability.and_then(|item| item.rational());
        Some(Atom {
            label: label?,
            counts: counts?,
            probability: probability?,
        })
    }))
}

/// A label, `"+"` or `"-"`.
pub(super) fn read_label(item: &Item<'_>) -> Option<Label> {
    item.word(&[("+", Label::Plus), ("-", Label::Minus)], LABELS)
}

/// How often each pattern occurs in an image: `n_patterns` integers, if that is known.
pub(super) fn read_counts(item: &Item<'_>, n_patterns: Option<usize>) -> Option<Vec<u32>> {
    let expected = match n_patterns {
        Some(n) => format!("a list of {n} counts, one a pattern"),
        None => "a list of counts, one a pattern".to_owned(),
    };
    let entries = item.list(&expected)?;
    if n_patterns.is_some_and(|n| n != entries.len()) {
        return item.expected(expected);
    }
    let most = u64::from(AtomTable::MAX_COUNT);
    let counts = entries.map(|entry| entry.integer(0, most).map(|count| count as u32));
    let counts: Vec<u32> = counts.collect::<Option<_>>()?;
    let patches: u64 = counts.iter().map(|&count| u64::from(count)).sum();
    if patches > most {
        return item.wrong(
            format!("{patches} patches"),
            format!("at most {most} patches"),
        );
    }
    Some(counts)
}

enum Head {
    Given(Vec<Q>),
    Rule(HeadInit),
}

fn network(item: &Item<'_>, dictionary: Option<&Dictionary>) -> Option<Network> {
    let keys = item.table(keys::NETWORK)?;
    let activation = activation(&keys);
    let pooling = keys
        .require("pooling", "\"sum\" or \"max\"")
        .and_then(|item| {
            let words = [Pooling::Sum, Pooling::Max].map(|pooling| (pooling.name(), pooling));
            item.word(&words, POOLINGS)
        });
    let head_item = keys.require(
        "head",
        "\"alternating\", \"random\" or a list of rational numbers",
    );
    let head = head_item.as_ref().and_then(head);
    let Some(weights) = keys.get("weights") else {
        let random = random_weights(&keys);
        let dictionary = dictionary?;
        let (n_filters, init) = random?;
        if dictionary.is_dependent() {
            return init.item.wrong(
                "random weights with linearly dependent patterns",
                "explicit `weights` that are consistent with the dependence",
            );
        }
        let (head_init, head) = match head? {
            Head::Given(head) => (HeadInit::Explicit, head),
            Head::Rule(rule) => (rule, Vec::new()),
        };
        return item.made(Network::random(
            activation?,
            pooling?,
            n_filters as usize,
            dictionary.n_patterns(),
            head_init,
            head,
            init.half_width,
            init.denominator,
            init.seed,
        ));
    };
    let alone = all([
        keys.forbid("filters", "`weights` has one row a filter"),
        keys.forbid("init", "`weights` gives the initial point"),
    ]
    .into_iter());
    let weights = weight_matrix(&weights, dictionary.map(Dictionary::n_patterns));
    let head = match (head, head_item) {
        (Some(Head::Rule(HeadInit::RandomSigns)), Some(item)) => item.expected(
            "\"alternating\" or a list: explicit `weights` have no seed to draw signs from",
        ),
        (head, _) => head,
    };
    let weights = weights?;
    alone?;
    let head = match head? {
        Head::Given(head) => head,
        Head::Rule(_) => super::network::alternating_signs(weights.rows()),
    };
    item.made(Network::explicit(activation?, pooling?, head, weights))
}

fn head(item: &Item<'_>) -> Option<Head> {
    if !item.is_text() {
        let expected = "\"alternating\", \"random\" or a list of rational numbers in quotes";
        return item.rationals(expected).map(Head::Given);
    }
    let words = [
        ("alternating", HeadInit::Alternating),
        ("random", HeadInit::RandomSigns),
    ];
    item.word(&words, HEADS).map(Head::Rule)
}

fn activation(keys: &Keys<'_>) -> Option<Activation> {
    let words = ["relu", "leaky-relu", "identity", "relu2"].map(|name| (name, name));
    let name = keys
        .require(
            "activation",
            "\"relu\", \"leaky-relu\", \"identity\" or \"relu2\"",
        )
        .and_then(|item| item.word(&words, ACTIVATIONS));
    if name == Some("leaky-relu") {
        let slope = keys
            .require("slope", "the slope of leaky-relu, strictly between 0 and 1")?
            .rational()?;
        return Some(Activation::LeakyRelu { slope });
    }
    let name = name?;
    keys.forbid("slope", "only leaky-relu has one")?;
    Some(match name {
        "identity" => Activation::Identity,
        "relu2" => Activation::Relu2,
        _ => Activation::Relu,
    })
}

fn weight_matrix(item: &Item<'_>, n_patterns: Option<usize>) -> Option<Matrix<Q>> {
    let rows = item.list("a list of rows, one a filter")?;
    let n_filters = rows.len();
    if n_filters == 0 {
        return item.expected("at least one row, one a filter");
    }
    let rows = all(rows.map(|row| row.rationals_exactly(n_patterns, "one a pattern")))?;
    let entries = rows.into_iter().flatten().collect();
    match Matrix::from_vec(n_filters, n_patterns?, entries) {
        Some(matrix) => Some(matrix),
        None => item.expected("rows of equal length"),
    }
}

/// How initial weights are drawn.
struct Draws<'a> {
    item: Item<'a>,
    half_width: Q,
    denominator: u64,
    seed: u64,
}

/// The number of filters and how their weights are drawn.
fn random_weights<'a>(keys: &Keys<'a>) -> Option<(u64, Draws<'a>)> {
    let n_filters = keys
        .require("filters", "the number of filters (or explicit `weights`)")
        .and_then(|item| item.integer(1, Network::MAX_WEIGHTS as u64));
    let item = keys.require(
        "init",
        "{ kind = \"uniform\", half_width, denominator, seed } (or explicit `weights`)",
    )?;
    let inner = item.table(keys::INIT)?;
    let kind = inner
        .require("kind", "\"uniform\"")
        .and_then(|item| item.word(&[("uniform", ())], INITS));
    let half_width = inner
        .require("half_width", "a rational number greater than 0")
        .and_then(|item| item.rational());
    let denominator = inner
        .require("denominator", "an integer of at least 1")
        .and_then(|item| item.integer(1, u64::MAX));
    let seed = inner
        .require("seed", "an integer")
        .and_then(|item| item.integer(0, u64::MAX));
    kind?;
    let draws = Draws {
        half_width: half_width?,
        denominator: denominator?,
        seed: seed?,
        item,
    };
    Some((n_filters?, draws))
}

fn training(item: &Item<'_>) -> Option<Training> {
    let keys = item.table(keys::TRAINING)?;
    let losses = [
        Loss::Unhinged,
        Loss::Hinge,
        Loss::Perceptron,
        Loss::SquaredHinge,
        Loss::Square,
    ]
    .map(|loss| (loss.name(), loss));
    let names = losses.map(|(name, _)| format!("\"{name}\"")).join(", ");
    let loss = keys
        .require("loss", &format!("the name of a loss, one of {names}"))
        .and_then(|item| {
            if item.is("logistic") {
                let found = "\"logistic\", which is not built yet";
                return item.wrong(found, format!("one of {}", names.replace('"', "")));
            }
            item.word(&losses, LOSSES)
        });
    let train = keys
        .require("train", "\"filters\" or \"filters+head\"")
        .and_then(|item| {
            let words = [Train::Filters, Train::FiltersAndHead].map(|train| (train.name(), train));
            item.word(&words, TRAINS)
        });
    let step = keys
        .require("step", "a rational number greater than 0")
        .and_then(|item| {
            let step = item.rational()?;
            if step.is_positive() {
                return Some(step);
            }
            let found = super::error::shorten(&step.to_string());
            item.wrong(found, "a rational number greater than 0")
        });
    let count = |key: &str, least: u64, greatest: u64| {
        let item = keys.require(key, "an integer");
        item.and_then(|item| item.integer(least, greatest))
    };
    let batch = count("batch", 1, u64::from(u32::MAX));
    let steps = count("steps", 0, u64::MAX);
    let runs = count("runs", 1, u64::MAX);
    let seed = count("seed", 0, u64::MAX);
    Some(Training {
        loss: loss?,
        train: train?,
        step: step?,
        batch: batch? as u32,
        steps: steps?,
        runs: runs?,
        seed: seed?,
    })
}

/// What the key `format` of a certificate says.
const CERTIFICATE: &str = "filtercert-certificate";

/// Why a distribution must be given by its atoms.
const KEYLESS: &str = "patterns without v+ and v- have no keys: give `atoms`";

/// Words that people write, and what to do about them.
type Notes = &'static [(&'static str, &'static str)];

const LABELS: Notes = &[
    ("1", "write \"+\""),
    ("+1", "write \"+\""),
    ("-1", "write \"-\""),
];

const IRRATIONAL: &str =
    "its values are not rational numbers, so nothing could be computed exactly";

const ACTIVATIONS: Notes = &[
    ("linear", "write \"identity\""),
    ("none", "write \"identity\""),
    ("tanh", IRRATIONAL),
    ("sigmoid", IRRATIONAL),
    ("softplus", IRRATIONAL),
    ("gelu", IRRATIONAL),
];

const MEAN: &str =
    "with a fixed head, the mean is \"sum\" with the head divided by the number of patches";

const POOLINGS: Notes = &[("mean", MEAN), ("average", MEAN), ("avg", MEAN)];

const HEADS: Notes = &[("signs", "write \"random\" for fair signs")];

const GAUSSIAN: &str = "draws must be rational numbers, which \"uniform\" gives; any others can be given as explicit `weights`";

const INITS: Notes = &[
    ("gaussian", GAUSSIAN),
    ("normal", GAUSSIAN),
    ("he", GAUSSIAN),
    ("xavier", GAUSSIAN),
];

const LOSSES: Notes = &[
    ("mse", "write \"square\""),
    ("l2", "write \"square\""),
    ("squared", "write \"square\", or \"squared-hinge\""),
    ("cross-entropy", IRRATIONAL),
    ("linear", "write \"unhinged\""),
];

const TRAINS: Notes = &[
    ("both", "write \"filters+head\""),
    ("all", "write \"filters+head\""),
    (
        "head",
        "the head is trained together with the filters only: write \"filters+head\"",
    ),
];
