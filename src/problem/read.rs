//! Reads problem files: every key is checked, nothing is guessed.

use super::error::ProblemError;
use super::item::Item;
use super::source::{Format, Source};
use super::{
    Activation, Atom, AtomTable, Dictionary, Distribution, DomainError, Generative, HeadInit,
    Label, Loss, Network, Pooling, Problem, TooManyAtoms, Train, Training,
};
use crate::number::{Matrix, Q};
use std::path::Path;
use std::sync::Arc;

/// A problem together with the text it was read from, so that a later error can still name the line.
#[derive(Debug, Clone)]
pub struct SourceProblem {
    /// The problem.
    pub problem: Problem,
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
        let root = Item::root(&source, &tree);
        let problem = problem(&root, &source)?;
        drop(tree);
        Ok(SourceProblem { problem, source })
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

fn problem(root: &Item<'_>, source: &Source) -> Result<Problem, ProblemError> {
    root.table(&["name", "dictionary", "distribution", "network", "training"])?;
    let name_item = root.require("name", "a name in quotes")?;
    let name = name_item.text("a name in quotes")?;
    if name.chars().any(char::is_control) {
        return Err(name_item.expected("a name without control characters"));
    }
    let place = |error: DomainError| source.domain_error(&error);

    let item = root.require("dictionary", "a table")?;
    let dictionary = dictionary(&item)?.map_err(place)?;
    let n_patterns = dictionary.n_patterns();

    let item = root.require("distribution", "a table")?;
    if !dictionary.has_keys() {
        for key in ["prior", "patches", "key_patches", "background"] {
            item.forbid(key, "patterns without v+ and v- have no keys: give `atoms`")?;
        }
    }
    let distribution = distribution(&item, n_patterns)?.map_err(place)?;

    let item = root.require("network", "a table")?;
    let network = network(&item, &dictionary)?.map_err(place)?;

    let item = root.require("training", "a table")?;
    let training = training(&item)?;
    Problem::new(name.to_owned(), dictionary, distribution, network, training).map_err(place)
}

/// The outer error is one of form, the inner one of domain.
type Read<T> = Result<Result<T, DomainError>, ProblemError>;

fn dictionary(item: &Item<'_>) -> Read<Dictionary> {
    item.table(&["background", "patterns"])?;
    if let Some(patterns) = item.get("patterns") {
        item.forbid("background", "`patterns` gives every pattern")?;
        let entries = patterns.entries("a table of vectors")?;
        let is_key = |key: &str| matches!(key, "v+" | "v-");
        if !entries.is_empty() && !entries.iter().any(|entry| is_key(&entry.key)) {
            let names = entries.iter().map(|entry| entry.key.clone()).collect();
            let vectors = entries
                .iter()
                .map(|entry| pattern_vector(&patterns.child(entry)));
            return Ok(Dictionary::named(names, vectors.collect::<Result<_, _>>()?));
        }
        return Ok(Dictionary::explicit(pattern_vectors(&patterns)?));
    }
    let background = item.require(
        "background",
        "the number of orthonormal background patterns (or explicit `patterns`)",
    )?;
    let n_background = background.integer(0, Dictionary::MAX_BACKGROUND as u64)?;
    Ok(Dictionary::orthonormal(n_background as usize))
}

fn pattern_vectors(patterns: &Item<'_>) -> Result<Vec<Vec<Q>>, ProblemError> {
    let expected = "a table of vectors v+, v-, u1, u2, ...";
    let entries = patterns.entries(expected)?;
    for entry in entries {
        let known = matches!(entry.key.as_str(), "v+" | "v-")
            || entry.key.strip_prefix('u').is_some_and(|digits| {
                !digits.starts_with('0')
                    && !digits.is_empty()
                    && digits.bytes().all(|b| b.is_ascii_digit())
            });
        if !known {
            return Err(patterns.unknown_key(entry, "v+, v-, u1, u2, ..."));
        }
    }
    let mut vectors = Vec::with_capacity(entries.len());
    for place in 0..entries.len().max(2) {
        let name = match place {
            0 => "v+".to_owned(),
            1 => "v-".to_owned(),
            k => format!("u{}", k - 1),
        };
        let vector = patterns.require(
            &name,
            "a vector: names run v+, v-, u1, u2, ... without gaps",
        )?;
        vectors.push(pattern_vector(&vector)?);
    }
    Ok(vectors)
}

fn pattern_vector(vector: &Item<'_>) -> Result<Vec<Q>, ProblemError> {
    let entries = vector.rationals("a list of rational numbers in quotes")?;
    if entries.is_empty() {
        return Err(vector.expected("at least one entry"));
    }
    Ok(entries)
}

fn distribution(item: &Item<'_>, n_patterns: usize) -> Read<Distribution> {
    let generative = ["prior", "patches", "key_patches", "background"];
    item.table(&["prior", "patches", "key_patches", "background", "atoms"])?;
    if let Some(list) = item.get("atoms") {
        for key in generative {
            item.forbid(key, "`atoms` gives the whole distribution")?;
        }
        return Ok(AtomTable::new(n_patterns, atoms(&list, n_patterns)?)
            .map(|table| Distribution::Explicit(Arc::new(table))));
    }
    let prior = item
        .require(
            "prior",
            "the probabilities of + and - (or explicit `atoms`)",
        )?
        .rationals_exactly(2, "the probabilities of + and -")?;
    let Ok(prior) = <[Q; 2]>::try_from(prior) else {
        return Err(item.expected("two probabilities"));
    };
    let most = u64::from(AtomTable::MAX_COUNT);
    let patches = item
        .require("patches", "the number of patches of an image")?
        .integer(1, most)?;
    let key_patches = item
        .require(
            "key_patches",
            "the number of patches that are the key pattern",
        )?
        .integer(1, patches)?;
    let background = item.require("background", "the background probabilities")?;
    let sides = if background.is_table() {
        background.table(&["+", "-"])?;
        let side = |key| {
            let item = background.require(key, "the background probabilities of this label")?;
            probabilities(&item, n_patterns - 2)
        };
        [side("+")?, side("-")?]
    } else {
        let both = probabilities(&background, n_patterns - 2)?;
        [both.clone(), both]
    };
    Ok(
        Generative::new(prior, patches as u32, key_patches as u32, sides)
            .map(Distribution::Generative),
    )
}

/// Background probabilities of one label, checked here so that the message names the label's key.
fn probabilities(item: &Item<'_>, length: usize) -> Result<Vec<Q>, ProblemError> {
    use num_traits::{One, Signed, Zero};
    let values = item.rationals_exactly(length, "one a background pattern")?;
    for (entry, value) in item.list("a list")?.zip(&values) {
        if value.is_negative() {
            return Err(entry.expected("a probability of at least 0"));
        }
    }
    let sum = values.iter().fold(Q::zero(), |sum, value| sum + value);
    if length > 0 && !sum.is_one() {
        let sum = super::error::shorten(&sum.to_string());
        return Err(item.error(format!("probabilities with sum {sum}"), "sum exactly 1"));
    }
    Ok(values)
}

fn atoms(list: &Item<'_>, n_patterns: usize) -> Result<Vec<Atom>, ProblemError> {
    let items = list.list("a list of atoms { label, counts, probability }")?;
    if items.len() == 0 {
        return Err(list.expected("at least one atom"));
    }
    items
        .map(|item| {
            item.table(&["label", "counts", "probability"])?;
            let counts = item.require("counts", "how often each pattern occurs")?;
            Ok(Atom {
                label: label(&item.require("label", "\"+\" or \"-\"")?)?,
                counts: read_counts(&counts, n_patterns)?,
                probability: item
                    .require("probability", "the probability of the atom")?
                    .rational()?,
            })
        })
        .collect()
}

/// A label, `"+"` or `"-"`.
pub(super) fn label(item: &Item<'_>) -> Result<Label, ProblemError> {
    item.word(&[("+", Label::Plus), ("-", Label::Minus)])
}

/// How often each pattern occurs in an image: `n_patterns` integers.
pub(super) fn read_counts(item: &Item<'_>, n_patterns: usize) -> Result<Vec<u32>, ProblemError> {
    let expected = format!("a list of {n_patterns} counts, one a pattern");
    let entries = item.list(&expected)?;
    if entries.len() != n_patterns {
        return Err(item.expected(expected));
    }
    let most = u64::from(AtomTable::MAX_COUNT);
    let counts: Vec<u32> = entries
        .map(|entry| Ok(entry.integer(0, most)? as u32))
        .collect::<Result<_, ProblemError>>()?;
    let patches: u64 = counts.iter().map(|&count| u64::from(count)).sum();
    if patches > most {
        return Err(item.error(
            format!("{patches} patches"),
            format!("at most {most} patches"),
        ));
    }
    Ok(counts)
}

enum Head {
    Given(Vec<Q>),
    Rule(HeadInit),
}

fn network(item: &Item<'_>, dictionary: &Dictionary) -> Read<Network> {
    item.table(&[
        "activation",
        "slope",
        "pooling",
        "head",
        "filters",
        "init",
        "weights",
    ])?;
    let activation = activation(item)?;
    let pooling = item
        .require("pooling", "\"sum\" or \"max\"")?
        .word(&[("sum", Pooling::Sum), ("max", Pooling::Max)])?;
    let head_item = item.require(
        "head",
        "\"alternating\", \"random\" or a list of rational numbers",
    )?;
    let head = if head_item.is_text() {
        Head::Rule(head_item.word(&[
            ("alternating", HeadInit::Alternating),
            ("random", HeadInit::RandomSigns),
        ])?)
    } else {
        Head::Given(
            head_item
                .rationals("\"alternating\", \"random\" or a list of rational numbers in quotes")?,
        )
    };
    match item.get("weights") {
        Some(weights) => {
            item.forbid("filters", "`weights` has one row a filter")?;
            item.forbid("init", "`weights` gives the initial point")?;
            let weights = weight_matrix(&weights, dictionary.n_patterns())?;
            let head = match head {
                Head::Given(head) => head,
                Head::Rule(HeadInit::RandomSigns) => {
                    return Err(head_item.expected(
                        "\"alternating\" or a list: explicit `weights` have no seed to draw signs from",
                    ));
                }
                Head::Rule(_) => super::network::alternating_signs(weights.rows()),
            };
            Ok(Network::explicit(activation, pooling, head, weights))
        }
        None => random_network(item, dictionary, activation, pooling, head),
    }
}

fn activation(item: &Item<'_>) -> Result<Activation, ProblemError> {
    let name = item
        .require(
            "activation",
            "\"relu\", \"leaky-relu\", \"identity\" or \"relu2\"",
        )?
        .word(&[
            ("relu", "relu"),
            ("leaky-relu", "leaky-relu"),
            ("identity", "identity"),
            ("relu2", "relu2"),
        ])?;
    if name == "leaky-relu" {
        let slope = item
            .require("slope", "the slope of leaky-relu, strictly between 0 and 1")?
            .rational()?;
        return Ok(Activation::LeakyRelu { slope });
    }
    item.forbid("slope", "only leaky-relu has one")?;
    Ok(match name {
        "identity" => Activation::Identity,
        "relu2" => Activation::Relu2,
        _ => Activation::Relu,
    })
}

fn weight_matrix(item: &Item<'_>, n_patterns: usize) -> Result<Matrix<Q>, ProblemError> {
    let rows = item.list("a list of rows, one a filter")?;
    let n_filters = rows.len();
    if n_filters == 0 {
        return Err(item.expected("at least one row, one a filter"));
    }
    let mut entries = Vec::new();
    for row in rows {
        entries.extend(row.rationals_exactly(n_patterns, "one a pattern")?);
    }
    Matrix::from_vec(n_filters, n_patterns, entries)
        .ok_or_else(|| item.expected("rows of equal length"))
}

fn random_network(
    item: &Item<'_>,
    dictionary: &Dictionary,
    activation: Activation,
    pooling: Pooling,
    head: Head,
) -> Read<Network> {
    let n_filters = item
        .require("filters", "the number of filters (or explicit `weights`)")?
        .integer(1, Network::MAX_WEIGHTS as u64)?;
    let init = item.require(
        "init",
        "{ kind = \"uniform\", half_width, denominator, seed } (or explicit `weights`)",
    )?;
    init.table(&["kind", "half_width", "denominator", "seed"])?;
    init.require("kind", "\"uniform\"")?
        .word(&[("uniform", ())])?;
    let half_width = init
        .require("half_width", "a rational number greater than 0")?
        .rational()?;
    let denominator = init
        .require("denominator", "an integer of at least 1")?
        .integer(1, u64::MAX)?;
    let seed = init.require("seed", "an integer")?.integer(0, u64::MAX)?;
    if dictionary.is_dependent() {
        return Err(init.error(
            "random weights with linearly dependent patterns",
            "explicit `weights` that are consistent with the dependence",
        ));
    }
    let (head_init, head) = match head {
        Head::Given(head) => (HeadInit::Explicit, head),
        Head::Rule(rule) => (rule, Vec::new()),
    };
    Ok(Network::random(
        activation,
        pooling,
        n_filters as usize,
        dictionary.n_patterns(),
        head_init,
        head,
        half_width,
        denominator,
        seed,
    ))
}

fn training(item: &Item<'_>) -> Result<Training, ProblemError> {
    item.table(&["loss", "train", "step", "batch", "steps", "runs", "seed"])?;
    let losses = [
        Loss::Unhinged,
        Loss::Hinge,
        Loss::Perceptron,
        Loss::SquaredHinge,
        Loss::Square,
    ]
    .map(|loss| (loss.name(), loss));
    let loss = item.require("loss", "the name of a loss")?;
    if matches!(loss.text("the name of a loss"), Ok("logistic")) {
        return Err(loss.error(
            "\"logistic\", which is not built yet",
            format!("one of {}", losses.map(|(name, _)| name).join(", ")),
        ));
    }
    let loss = loss.word(&losses)?;
    let train = item
        .require("train", "\"filters\" or \"filters+head\"")?
        .word(&[Train::Filters, Train::FiltersAndHead].map(|train| (train.name(), train)))?;
    let count = |key: &str, least: u64, greatest: u64| {
        item.require(key, "an integer")?.integer(least, greatest)
    };
    Ok(Training {
        loss,
        train,
        step: item
            .require("step", "a rational number greater than 0")?
            .rational()?,
        batch: count("batch", 1, u64::from(u32::MAX))? as u32,
        steps: count("steps", 0, u64::MAX)?,
        runs: count("runs", 1, u64::MAX)?,
        seed: count("seed", 0, u64::MAX)?,
    })
}
