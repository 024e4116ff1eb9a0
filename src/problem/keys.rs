//! The keys of a problem file, by table.

/// The keys of the file itself.
pub(super) const ROOT: &[&str] = &[
    "name",
    "dictionary",
    "distribution",
    "network",
    "training",
    "conjecture",
];

/// The keys of `[[conjecture]]`.
pub(super) const CONJECTURE: &[&str] = &["name", "claim", "when", "over", "family"];

/// The keys of `family` in `[[conjecture]]`.
pub(super) const FAMILY: &[&str] = &[
    "filters",
    "background",
    "patches",
    "key_patches",
    "images",
    "step",
    "steps",
    "weights",
    "head",
    "prior",
    "activation",
    "pooling",
    "loss",
    "train",
];

/// The keys of `[dictionary]`.
pub(super) const DICTIONARY: &[&str] = &["background", "patterns"];

/// The keys of `[distribution]`.
pub(super) const DISTRIBUTION: &[&str] =
    &["prior", "patches", "key_patches", "background", "atoms"];

/// The keys of `[distribution]` that `atoms` stands in place of.
pub(super) const GENERATIVE: &[&str] = &["prior", "patches", "key_patches", "background"];

/// The keys of an atom.
pub(super) const ATOM: &[&str] = &["label", "counts", "probability"];

/// The keys of a sample.
pub(super) const SAMPLE: &[&str] = &["label", "counts"];

/// The keys of `[network]`.
pub(super) const NETWORK: &[&str] = &[
    "activation",
    "slope",
    "pooling",
    "head",
    "filters",
    "init",
    "weights",
];

/// The keys of `init` in `[network]`.
pub(super) const INIT: &[&str] = &["kind", "half_width", "denominator", "seed"];

/// The keys of `[training]`.
pub(super) const TRAINING: &[&str] = &["loss", "train", "step", "batch", "steps", "runs", "seed"];

/// The tables of a problem file that have a key.
pub(super) fn tables_with(key: &str) -> impl Iterator<Item = &'static str> {
    let tables = [
        ("dictionary", DICTIONARY),
        ("distribution", DISTRIBUTION),
        ("network", NETWORK),
        ("training", TRAINING),
        ("network.init", INIT),
    ];
    let with = |(_, keys): &(&str, &[&str])| keys.contains(&key);
    let homes: Vec<_> = tables.into_iter().filter(with).collect();
    homes.into_iter().map(|(table, _)| table)
}

/// What people call keys elsewhere, and the key that is meant.
const ALSO: [(&str, &str); 13] = [
    ("learning_rate", "step"),
    ("lr", "step"),
    ("eta", "step"),
    ("step_size", "step"),
    ("epochs", "steps"),
    ("iterations", "steps"),
    ("width", "filters"),
    ("neurons", "filters"),
    ("channels", "filters"),
    ("n", "filters"),
    ("m", "patches"),
    ("r", "key_patches"),
    ("k", "background"),
];

/// The key that another name of it means.
pub(super) fn key_called(name: &str) -> Option<&'static str> {
    let known = ALSO
        .iter()
        .find(|(also, _)| also.eq_ignore_ascii_case(name));
    known.map(|(_, key)| *key)
}
