//! Every way to reject a file has a bad input here: exit code 2, one message that names file, line,
//! key, what was found and what was expected, and nothing on standard output.

use assert_cmd::cargo::cargo_bin_cmd;
use filtercert::problem::{Builtin, Format, parse_problem};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::path::{Path, PathBuf};

/// A good file with every kind of value; each case below spoils one line of it.
const GOOD: &str = r#"name = "good"

[dictionary]
background = 2

[distribution]
prior = ["1/2", "1/2"]
patches = 3
key_patches = 1
background = ["1/4", "3/4"]

[network]
activation = "relu"
pooling = "sum"
head = "alternating"
filters = 4
init = { kind = "uniform", half_width = "1/2", denominator = 64, seed = 7 }

[training]
loss = "hinge"
train = "filters"
step = "1/50"
batch = 1
steps = 10
runs = 5
seed = 1
"#;

/// `(what to replace, by what, line, key, part of what was found, part of what was expected)`
type Case = (
    &'static str,
    &'static str,
    usize,
    &'static str,
    &'static str,
    &'static str,
);

const WEIGHTS: &str =
    "filters = 4\ninit = { kind = \"uniform\", half_width = \"1/2\", denominator = 64, seed = 7 }";
const GENERATIVE: &str =
    "prior = [\"1/2\", \"1/2\"]\npatches = 3\nkey_patches = 1\nbackground = [\"1/4\", \"3/4\"]";

#[rustfmt::skip]
const CASES: &[Case] = &[
    // Keys that are not known, at every level, and keys that are missing.
    ("name =", "nmae =", 1, "nmae", "unknown key \"nmae\"", "one of name, dictionary"),
    ("background = 2", "background = 2\nfoo = 1", 5, "dictionary.foo", "unknown key", "background, patterns"),
    ("patches = 3", "patches = 3\nm = 1", 9, "distribution.m", "unknown key", "prior, patches"),
    ("filters = 4", "filters = 4\nn = 1", 17, "network.n", "unknown key", "activation"),
    ("seed = 7 }", "seed = 7, sed = 1 }", 17, "network.init.sed", "unknown key", "half_width"),
    ("batch = 1", "batch = 1\nmomentum = 1", 24, "training.momentum", "unknown key", "loss, train"),
    ("name = \"good\"", "", 1, "name", "no such key", "a name"),
    ("[dictionary]\nbackground = 2", "", 1, "dictionary", "no such key", "a table"),
    ("background = 2", "", 3, "dictionary.background", "no such key", "patterns"),
    ("prior = [\"1/2\", \"1/2\"]", "", 6, "distribution.prior", "no such key", "probabilities"),
    ("\npatches = 3", "", 6, "distribution.patches", "no such key", "number of patches"),
    ("key_patches = 1", "", 6, "distribution.key_patches", "no such key", "key pattern"),
    ("background = [\"1/4\", \"3/4\"]", "", 6, "distribution.background", "no such key", "background"),
    ("activation = \"relu\"", "", 12, "network.activation", "no such key", "relu"),
    ("pooling = \"sum\"", "", 12, "network.pooling", "no such key", "max"),
    ("head = \"alternating\"", "", 12, "network.head", "no such key", "alternating"),
    ("filters = 4", "", 12, "network.filters", "no such key", "number of filters"),
    ("init = {", "# init = {", 12, "network.init", "no such key", "uniform"),
    ("kind = \"uniform\", ", "", 17, "network.init.kind", "no such key", "uniform"),
    ("half_width = \"1/2\", ", "", 17, "network.init.half_width", "no such key", "rational"),
    ("denominator = 64, ", "", 17, "network.init.denominator", "no such key", "integer"),
    (", seed = 7 }", " }", 17, "network.init.seed", "no such key", "integer"),
    ("loss = \"hinge\"", "", 19, "training.loss", "no such key", "loss"),
    ("train = \"filters\"", "", 19, "training.train", "no such key", "filters+head"),
    ("step = \"1/50\"", "", 19, "training.step", "no such key", "rational"),
    ("batch = 1", "", 19, "training.batch", "no such key", "integer"),
    ("steps = 10", "", 19, "training.steps", "no such key", "integer"),
    ("runs = 5", "", 19, "training.runs", "no such key", "integer"),
    ("\nseed = 1\n", "\n", 19, "training.seed", "no such key", "integer"),
    // Wrong types.
    ("\"good\"", "7", 1, "name", "the number 7", "a name in quotes"),
    ("\"good\"", "\"a\\u0000b\"", 1, "name", "\"a\\0b\"", "without control characters"),
    ("[training]\n", "training = 1\n[x]\n", 20, "x", "unknown key", "one of name"),
    ("background = 2", "background = \"two\"", 4, "dictionary.background", "\"two\"", "an integer from 0"),
    ("background = 2", "background = 2.0", 4, "dictionary.background", "the number 2.0", "an integer"),
    ("background = 2", "background = nan", 4, "dictionary.background", "nan", "an integer"),
    ("background = 2", "background = inf", 4, "dictionary.background", "inf", "an integer"),
    ("background = 2", "background = []", 4, "dictionary.background", "an empty list", "an integer"),
    ("background = 2", "background = true", 4, "dictionary.background", "true", "an integer"),
    ("background = 2", "background = 1979-05-27", 4, "dictionary.background", "the date 1979-05-27", "an integer"),
    ("background = 2", "patterns = 3", 4, "dictionary.patterns", "the number 3", "a table of vectors"),
    ("prior = [\"1/2\", \"1/2\"]", "prior = \"1/2\"", 7, "distribution.prior", "\"1/2\"", "a list of 2"),
    ("prior = [\"1/2\", \"1/2\"]", "prior = [0.5, 0.5]", 7, "distribution.prior[0]", "the number 0.5", "in quotes"),
    ("\"3/4\"]", "1]", 10, "distribution.background[1]", "the number 1", "in quotes"),
    ("step = \"1/50\"", "step = 0.02", 22, "training.step", "the number 0.02", "in quotes"),
    ("step = \"1/50\"", "step = 1", 22, "training.step", "the number 1", "in quotes"),
    ("step = \"1/50\"", "step = nan", 22, "training.step", "nan", "in quotes"),
    ("head = \"alternating\"", "head = 1", 15, "network.head", "the number 1", "alternating"),
    ("head = \"alternating\"", "head = [1, -1, 1, -1]", 15, "network.head[0]", "the number 1", "in quotes"),
    ("init = {", "init = 3 # {", 17, "network.init", "the number 3", "a table"),
    // Words.
    ("\"relu\"", "\"tanh\"", 13, "network.activation", "\"tanh\"", "\"leaky-relu\""),
    ("\"sum\"", "\"mean\"", 14, "network.pooling", "\"mean\"", "\"max\""),
    ("\"alternating\"", "\"gaussian\"", 15, "network.head", "\"gaussian\"", "\"random\""),
    ("\"uniform\"", "\"normal\"", 17, "network.init.kind", "\"normal\"", "\"uniform\""),
    ("\"hinge\"", "\"Hinge\"", 20, "training.loss", "\"Hinge\"", "\"squared-hinge\""),
    ("\"hinge\"", "\"logistic\"", 20, "training.loss", "not built yet", "one of unhinged"),
    ("\"filters\"", "\"head\"", 21, "training.train", "\"head\"", "\"filters+head\""),
    // Rational numbers.
    ("\"1/50\"", "\"1/0\"", 22, "training.step", "denominator zero", "other than zero"),
    ("\"1/50\"", "\"1e999999999\"", 22, "training.step", "too large an exponent", "4096"),
    ("\"1/50\"", "\"NaN\"", 22, "training.step", "\"NaN\"", "a rational number"),
    ("\"1/50\"", "\"inf\"", 22, "training.step", "\"inf\"", "a rational number"),
    ("\"1/50\"", "\"\"", 22, "training.step", "\"\"", "a rational number"),
    ("\"1/50\"", "\" 1/50\"", 22, "training.step", "\" 1/50\"", "a rational number"),
    ("\"1/50\"", "\"1/\\u0000\"", 22, "training.step", "\"1/\\0\"", "a rational number"),
    ("\"1/50\"", "\"\u{661}\"", 22, "training.step", "\"\u{661}\"", "a rational number"),
    ("\"1/50\"", "\"0\"", 22, "training.step", "0", "greater than 0"),
    ("\"1/50\"", "\"-1/50\"", 22, "training.step", "-1/50", "greater than 0"),
    // Integers.
    ("batch = 1", "batch = 0", 23, "training.batch", "the number 0", "an integer from 1"),
    ("batch = 1", "batch = 4294967296", 23, "training.batch", "4294967296", "to 4294967295"),
    ("runs = 5", "runs = 0", 25, "training.runs", "the number 0", "at least 1"),
    ("runs = 5", "runs = -5", 25, "training.runs", "-5", "at least 1"),
    ("steps = 10", "steps = -1", 24, "training.steps", "-1", "at least 0"),
    ("steps = 10", "steps = 1e3", 24, "training.steps", "1e3", "an integer"),
    ("steps = 10", "steps = 18446744073709551616", 24, "training.steps", "18446744073709551616", "below 2^64"),
    ("steps = 10", "steps = \"1e30\"", 24, "training.steps", "1e30", "below 2^64"),
    ("steps = 10", "steps = \"1.5e0\"", 24, "training.steps", "1.5e0", "an integer"),
    ("\nseed = 1\n", "\nseed = \"one\"\n", 26, "training.seed", "\"one\"", "an integer"),
    ("filters = 4", "filters = 0", 16, "network.filters", "the number 0", "an integer from 1"),
    ("filters = 4", "filters = 9999999", 16, "network.filters", "9999999", "at most 2500000 filters"),
    ("denominator = 64", "denominator = 0", 17, "network.init.denominator", "the number 0", "at least 1"),
    ("background = 2", "background = 99999", 4, "dictionary.background", "99999", "to 65536"),
    // Domains and lengths.
    ("half_width = \"1/2\"", "half_width = \"0\"", 17, "network.init.half_width", "0", "greater than 0"),
    ("half_width = \"1/2\"", "half_width = \"1/128\"", 17, "network.init.half_width", "1/128", "more than 1/128"),
    ("half_width = \"1/2\"", "half_width = \"1e400\"", 17, "network.init.half_width", "a grid", "smaller"),
    ("prior = [\"1/2\", \"1/2\"]", "prior = [\"1/2\", \"1/3\"]", 7, "distribution.prior", "sum 5/6", "exactly 1"),
    ("prior = [\"1/2\", \"1/2\"]", "prior = [\"-1/2\", \"3/2\"]", 7, "distribution.prior", "-1/2", "at least 0"),
    ("prior = [\"1/2\", \"1/2\"]", "prior = [\"1\"]", 7, "distribution.prior", "a list of 1", "a list of 2"),
    ("prior = [\"1/2\", \"1/2\"]", "prior = []", 7, "distribution.prior", "an empty list", "a list of 2"),
    ("[\"1/4\", \"3/4\"]", "[\"1/4\", \"1/4\"]", 10, "distribution.background", "sum 1/2", "exactly 1"),
    ("[\"1/4\", \"3/4\"]", "[\"5/4\", \"-1/4\"]", 10, "distribution.background[1]", "-1/4", "at least 0"),
    ("[\"1/4\", \"3/4\"]", "[\"1\"]", 10, "distribution.background", "a list of 1", "a list of 2"),
    ("[\"1/4\", \"3/4\"]", "{ \"+\" = [\"1\", \"0\"] }", 10, "distribution.background.-", "no such key", "this label"),
    ("[\"1/4\", \"3/4\"]", "{ \"+\" = [\"1\", \"0\"], \"-\" = [\"1\", \"1\"] }", 10, "distribution.background.-", "sum 2", "exactly 1"),
    ("[\"1/4\", \"3/4\"]", "{ \"+\" = [\"1\", \"0\"], \"-\" = [\"1\", \"0\"], x = 1 }", 10, "distribution.background.x", "unknown key", "+, -"),
    ("\npatches = 3", "\npatches = 0", 8, "distribution.patches", "the number 0", "an integer from 1"),
    ("key_patches = 1", "key_patches = 0", 9, "distribution.key_patches", "the number 0", "from 1 to 3"),
    ("key_patches = 1", "key_patches = 4", 9, "distribution.key_patches", "the number 4", "from 1 to 3"),
    ("head = \"alternating\"", "head = [\"1\", \"-1\"]", 15, "network.head", "2 entries", "4, one a filter"),
    ("head = \"alternating\"", "head = []", 15, "network.head", "0 entries", "4, one a filter"),
    ("activation = \"relu\"", "activation = \"leaky-relu\"", 12, "network.slope", "no such key", "strictly between"),
    ("activation = \"relu\"", "activation = \"leaky-relu\"\nslope = \"1\"", 14, "network.slope", "1", "strictly between 0 and 1"),
    ("activation = \"relu\"", "activation = \"leaky-relu\"\nslope = \"0\"", 14, "network.slope", "0", "strictly between 0 and 1"),
    ("activation = \"relu\"", "activation = \"relu\"\nslope = \"1/10\"", 14, "network.slope", "\"1/10\"", "only leaky-relu"),
    // Explicit patterns.
    ("background = 2", "background = 2\npatterns = { \"v+\" = [\"1\"], \"v-\" = [\"1\"] }", 4, "dictionary.background", "the number 2", "no key `background`"),
    ("background = 2", "patterns = { \"v+\" = [\"1\"] }", 4, "dictionary.patterns.v-", "no such key", "without gaps"),
    ("background = 2", "patterns = { \"v+\" = [\"1\"], \"v-\" = [\"1\"], u2 = [\"1\"] }", 4, "dictionary.patterns.u1", "no such key", "without gaps"),
    ("background = 2", "patterns = { \"v+\" = [\"1\"], \"v-\" = [\"1\"], u01 = [\"1\"] }", 4, "dictionary.patterns.u01", "unknown key", "u1, u2"),
    ("background = 2", "patterns = { \"v+\" = [\"1\"], \"v-\" = [\"1\", \"0\"] }", 4, "dictionary.patterns.v-", "2 entries", "1 entries, as in v+"),
    ("background = 2", "patterns = { \"v+\" = [], \"v-\" = [] }", 4, "dictionary.patterns.v+", "an empty list", "at least one entry"),
    ("background = 2", "patterns = {}", 4, "dictionary.patterns.v+", "no such key", "a vector"),
    ("background = 2", "patterns = { \"v+\" = [\"1\"], \"v-\" = [1] }", 4, "dictionary.patterns.v-[0]", "the number 1", "in quotes"),
    ("background = 2", "patterns = { \"v+\" = [\"1\"], \"v-\" = [\"2\"], u1 = [\"1\"], u2 = [\"3\"] }", 17, "network.init", "linearly dependent", "explicit `weights`"),
    // Explicit atoms.
    (GENERATIVE, "atoms = []", 7, "distribution.atoms", "an empty list", "at least one atom"),
    (GENERATIVE, "atoms = 3", 7, "distribution.atoms", "the number 3", "a list of atoms"),
    (GENERATIVE, "atoms = [ { label = \"0\", counts = [1, 0, 0, 0], probability = \"1\" } ]", 7, "distribution.atoms[0].label", "\"0\"", "one of \"+\", \"-\""),
    (GENERATIVE, "atoms = [ { label = \"+\", counts = [1, 0, 0], probability = \"1\" } ]", 7, "distribution.atoms[0].counts", "a list of 3", "a list of 4"),
    (GENERATIVE, "atoms = [ { label = \"+\", counts = [1, 0, -1, 0], probability = \"1\" } ]", 7, "distribution.atoms[0].counts[2]", "-1", "an integer from 0"),
    (GENERATIVE, "atoms = [ { label = \"+\", counts = [1, 0, \"x\", 0], probability = \"1\" } ]", 7, "distribution.atoms[0].counts[2]", "\"x\"", "an integer from 0"),
    (GENERATIVE, "atoms = [ { label = \"+\", counts = [1, 0, 1.5, 0], probability = \"1\" } ]", 7, "distribution.atoms[0].counts[2]", "1.5", "an integer from 0"),
    (GENERATIVE, "atoms = [ { label = \"+\", counts = [1000000000, 1, 0, 0], probability = \"1\" } ]", 7, "distribution.atoms[0].counts", "1000000001 patches", "at most"),
    (GENERATIVE, "atoms = [ { label = \"+\", counts = [1, 0, 0, 0], probability = 1 } ]", 7, "distribution.atoms[0].probability", "the number 1", "in quotes"),
    (GENERATIVE, "atoms = [ { label = \"+\", counts = [1, 0, 0, 0], probability = \"1/2\" } ]", 7, "distribution.atoms", "sum 1/2", "exactly 1"),
    (GENERATIVE, "atoms = [\n  { label = \"+\", counts = [1, 0, 0, 0], probability = \"3/2\" },\n  { label = \"-\", counts = [1, 0, 0, 0], probability = \"-1/2\" },\n]", 9, "distribution.atoms[1].probability", "-1/2", "at least 0"),
    (GENERATIVE, "atoms = [ { label = \"+\", counts = [1, 0, 0, 0] } ]", 7, "distribution.atoms[0].probability", "no such key", "probability"),
    (GENERATIVE, "atoms = [ { label = \"+\", counts = [1, 0, 0, 0], probability = \"1\", p = 1 } ]", 7, "distribution.atoms[0].p", "unknown key", "label, counts"),
    ("patches = 3", "patches = 3\natoms = []", 7, "distribution.prior", "a list of 2", "no key `prior`"),
    // Explicit weights.
    ("filters = 4", "filters = 4\nweights = []", 16, "network.filters", "the number 4", "no key `filters`"),
    ("filters = 4", "weights = []", 17, "network.init", "a table", "no key `init`"),
    (WEIGHTS, "weights = []", 16, "network.weights", "an empty list", "at least one row"),
    (WEIGHTS, "weights = [[]]", 16, "network.weights[0]", "an empty list", "a list of 4"),
    (WEIGHTS, "weights = [\n[\"1\", \"1\", \"1\", \"1\"],\n[\"1\", \"1\", \"1\"]]", 18, "network.weights[1]", "a list of 3", "a list of 4"),
    (WEIGHTS, "weights = [\n[\"1\", \"1\",\n\"1\", 1]]", 18, "network.weights[0][3]", "the number 1", "in quotes"),
    ("\"alternating\"\nfilters = 4\ninit =", "\"random\"\nweights = [[\"1\", \"1\", \"1\", \"1\"]] # ", 15, "network.head", "\"random\"", "have no seed"),
];

/// Natural mistakes in a file: what to replace, by what, and all that the answer must say.
#[rustfmt::skip]
const MISTAKES: &[(&str, &str, &[&str])] = &[
    ("step = \"1/50\"", "step = 0.02", &["`training.step`", "help: write \"0.02\""]),
    ("[\"1/2\", \"1/2\"]", "[0.5, 0.5]", &["`distribution.prior[0]`", "help: write \"0.5\", and the same for every number"]),
    ("step = \"1/50\"", "step = 1/50", &["bad.toml:22", "help: write step = \"1/50\""]),
    ("step = \"1/50\"", "step = \"0,02\"", &["`training.step`", "help: write \"0.02\""]),
    ("step = \"1/50\"", "step = \"2 %\"", &["`training.step`", "help: write \"2e-2\""]),
    ("step = \"1/50\"", "learning_rate = \"1/50\"", &["the unknown key \"learning_rate\"", "help: did you mean `step`?"]),
    ("steps = 10", "stpes = 10", &["the unknown key \"stpes\"", "help: did you mean `steps`?"]),
    ("steps = 10", "epochs = 10", &["the unknown key \"epochs\"", "help: did you mean `steps`?"]),
    ("steps = 10", "steps = 1e3", &["`training.steps`", "help: write 1000"]),
    ("runs = 5", "runs = 5.0", &["`training.runs`", "help: write 5"]),
    ("batch = 1", "batch_size = 1", &["the unknown key \"batch_size\"", "help: did you mean `batch`?"]),
    ("filters = 4", "n_filters = 4", &["the unknown key \"n_filters\"", "help: did you mean `filters`?"]),
    ("\"relu\"", "\"ReLU\"", &["found \"ReLU\"", "help: did you mean \"relu\"?"]),
    ("\"relu\"", "\"linear\"", &["found \"linear\"", "help: write \"identity\""]),
    ("\"relu\"", "\"tanh\"", &["found \"tanh\"", "help: its values are not rational"]),
    ("\"relu\"", "\"leaky_relu\"", &["found \"leaky_relu\"", "help: did you mean \"leaky-relu\"?"]),
    ("\"sum\"", "\"avg\"", &["found \"avg\"", "help: with a fixed head, the mean is \"sum\""]),
    ("\"alternating\"", "\"alternate\"", &["found \"alternate\"", "help: did you mean \"alternating\"?"]),
    ("\"hinge\"", "\"hinged\"", &["found \"hinged\"", "help: did you mean \"hinge\"?"]),
    ("\"hinge\"", "hinge", &["bad.toml:20", "help: write loss = \"hinge\""]),
    ("loss = \"hinge\"", "", &["found no such key", "one of \"unhinged\", \"hinge\", \"perceptron\""]),
    ("train = \"filters\"", "train = \"both\"", &["found \"both\"", "help: write \"filters+head\""]),
    ("\"uniform\"", "\"gaussian\"", &["found \"gaussian\"", "help: draws must be rational"]),
    ("[\"1/4\", \"3/4\"]", "[\"0.49\", \"0.49\"]", &["sum 49/50", "help: equal ones are \"1/2\" each"]),
    ("[network]\n", "", &["the unknown keys \"activation\", \"pooling\", \"head\", \"filters\", \"init\"", "help: they belong to [network]", "write [network] above `activation`"]),
    ("[training]\n", "", &["help: they belong to [training]", "write [training] above `loss`"]),
    ("[network]", "[Network]", &["the unknown key \"Network\"", "help: did you mean `network`?"]),
    ("pooling = \"sum\"", "pooling = \"sum\"\nbatch = 1", &["the unknown key \"batch\"", "help: it belongs to [training]"]),
    (GENERATIVE, "atoms = [ { label = 1, counts = [1, 0, 0, 0], probability = \"1\" } ]", &["`distribution.atoms[0].label`", "help: write \"+\""]),
    ("name = \"good\"", "format = \"filtercert-certificate\"", &["found a certificate, expected a problem", "help: filtercert verify"]),
];

/// Natural mistakes on the command line, and all that the answer must say.
#[rustfmt::skip]
const SLIPS: &[(&[&str], &[&str])] = &[
    (&["check", "examples/smal.toml"], &["no such file", "help: did you mean examples/small.toml?"]),
    (&["check", "hinge"], &["the built-in problem is --builtin hinge"]),
    (&["check", "hinged"], &["did you mean --builtin hinge?"]),
    (&["audit", "trained_head"], &["did you mean --builtin trained-head?"]),
    (&["check", "--builtin", "Hinge"], &["a similar value exists: 'hinge'"]),
    (&["check", "--only", "T41"], &["a similar value exists: 'T4'"]),
    (&["audit"], &["<FILE>", "tip: a built-in problem will do: --builtin NAME"]),
    (&["audit", "examples/small.toml", "--for", "T99"], &["--for: found \"T99\"", "did you mean T9?"]),
    (&["certify", "examples/small.toml", "-o", "no.cert", "--claim", "T41"], &["--claim: found \"T41\"", "did you mean T4?"]),
    (&["certify", "examples/small.toml", "-o", "no.cert", "--claim", "norm_dominanc"], &["did you mean norm-dominance?"]),
    (&["certify", "examples/small.toml", "-o", "no-such-folder/no.cert"], &["cannot be written: no such file or folder"]),
    (&["explain", "T99"], &["did you mean T9?"]),
    (&["verify", "examples/small.toml"], &["found a problem, expected a certificate", "filtercert certify"]),
    (&["verify", "README.md"], &["found no JSON, expected a certificate"]),
    (&["verify", "no-such.cert"], &["cannot be read: no such file"]),
    (&["replay", "examples/small.toml", "--samples", "no-such.jsonl"], &["no such file"]),
    (&["expected", "examples/small.toml", "--at", "0..100"], &["several are written with commas: 0,10,100"]),
    (&["law", "examples/small.toml", "--sweep", "2-16"], &["several are written with commas"]),
    (&["chek"], &["a similar subcommand exists: 'check'"]),
];

/// Runs the program on a file with this text; gives its standard error.
fn refused(directory: &Path, name: &str, bytes: &[u8]) -> String {
    let path = directory.join(name);
    std::fs::write(&path, bytes).unwrap();
    refuse(&["audit", path.to_str().unwrap()])
}

fn refuse(arguments: &[&str]) -> String {
    let output = cargo_bin_cmd!("filtercert")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(arguments)
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}\n{stderr}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    assert!(!stderr.contains("panicked"), "{stderr}");
    assert!(stderr.len() < 4_000, "a message of {} bytes", stderr.len());
    stderr
}

#[test]
fn the_good_file_is_good() {
    parse_problem("good.toml", GOOD, Format::Toml).unwrap();
}

#[test]
fn every_rejection_names_file_line_key_found_and_expected() {
    let directory = tempfile::tempdir().unwrap();
    for (i, (from, to, line, key, found, expected)) in CASES.iter().enumerate() {
        assert_eq!(
            GOOD.matches(from).count(),
            1,
            "case {i} must spoil one place: {from}"
        );
        let text = GOOD.replace(from, to);
        let stderr = refused(directory.path(), "bad.toml", text.as_bytes());
        let place = format!("bad.toml:{line}: `{key}`: found ");
        assert!(
            stderr.contains(&place),
            "case {i} ({to}): no {place:?} in\n{stderr}"
        );
        let (_, rest) = stderr.split_once(&place).unwrap();
        let message = rest.lines().next().unwrap();
        let (said_found, said_expected) = message.split_once(", expected ").unwrap();
        assert!(said_found.contains(found), "case {i} ({to}): {message}");
        assert!(
            said_expected.contains(expected),
            "case {i} ({to}): {message}"
        );
    }
}

#[test]
fn natural_mistakes_are_answered_with_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    for (from, to, wanted) in MISTAKES {
        assert_eq!(GOOD.matches(from).count(), 1, "{from}");
        let stderr = refused(
            directory.path(),
            "bad.toml",
            GOOD.replace(from, to).as_bytes(),
        );
        for said in *wanted {
            assert!(stderr.contains(said), "{to}: no {said:?} in\n{stderr}");
        }
        // One mistake, one fault.
        assert_eq!(stderr.matches(" × ").count(), 1, "{to}:\n{stderr}");
        assert!(!stderr.contains("os error"), "{stderr}");
    }
    for (arguments, wanted) in SLIPS {
        let stderr = refuse(arguments);
        for said in *wanted {
            assert!(
                stderr.contains(said),
                "{arguments:?}: no {said:?} in\n{stderr}"
            );
        }
        assert!(!stderr.contains("os error"), "{stderr}");
    }
    assert!(
        !Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("no.cert")
            .exists()
    );
}

#[test]
fn all_faults_of_a_file_are_told_at_once_in_its_order() {
    let directory = tempfile::tempdir().unwrap();
    let spoilt = [
        ("[\"1/2\", \"1/2\"]", "[0.5, 0.5]", "distribution.prior[0]"),
        ("\"relu\"", "\"Relu\"", "network.activation"),
        ("\"sum\"", "\"maxx\"", "network.pooling"),
        (
            "half_width = \"1/2\"",
            "half_width = 0.5",
            "network.init.half_width",
        ),
        ("\"hinge\"", "\"hinged\"", "training.loss"),
        ("step = \"1/50\"", "step = \"-1\"", "training.step"),
        ("steps = 10", "stpes = 10", "training.stpes"),
        ("runs = 5", "runs = 0", "training.runs"),
    ];
    let bad = spoilt.iter().fold(GOOD.to_owned(), |text, (from, to, _)| {
        assert_eq!(text.matches(from).count(), 1, "{from}");
        text.replace(from, to)
    });
    let stderr = refused(directory.path(), "bad.toml", bad.as_bytes());
    let error = parse_problem("bad.toml", &bad, Format::Toml).unwrap_err();
    let keys: Vec<&str> = error.faults().filter_map(|fault| fault.key()).collect();
    assert_eq!(keys, spoilt.map(|(_, _, key)| key));
    assert_eq!(error.key(), Some(keys[0]));
    assert!(error.faults().map(|fault| fault.line()).is_sorted());
    for key in keys {
        assert!(stderr.contains(&format!("`{key}`")), "{key}: {stderr}");
    }
    // The same in JSON, which keeps the order of a table only where it is written so.
    let table: toml::Table = bad.parse().unwrap();
    let json = serde_json::to_string(&table).unwrap();
    let error = parse_problem("bad.json", &json, Format::Json).unwrap_err();
    assert_eq!(error.faults().count(), spoilt.len());
    // A domain that needs two tables is looked at although a third is at fault.
    let bad = GOOD
        .replace("\"alternating\"", "[\"1\"]")
        .replace("runs = 5", "runs = 0");
    let error = parse_problem("bad.toml", &bad, Format::Toml).unwrap_err();
    let keys: Vec<&str> = error.faults().filter_map(|fault| fault.key()).collect();
    assert_eq!(keys, ["network.head", "training.runs"]);
}

/// Faults without end are counted, and neither written out nor waited for.
#[test]
fn many_faults_are_told_in_part_and_counted() {
    let atom = "{ label = \"0\", counts = [1, 0, 0, 0], probability = 1 }, ";
    let text = GOOD.replace(GENERATIVE, &format!("atoms = [ {} ]", atom.repeat(50_000)));
    let error = parse_problem("bad.toml", &text, Format::Toml).unwrap_err();
    assert_eq!(error.faults().count(), 20);
    assert_eq!(error.untold(), 2 * 50_000 - 20);
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("bad.toml"), &text).unwrap();
    let output = cargo_bin_cmd!("filtercert")
        .current_dir(directory.path())
        .args(["audit", "bad.toml"])
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    assert!(stderr.contains("bad.toml: 99980 more faults"), "{stderr}");
}

#[test]
fn the_same_faults_are_found_in_json() {
    let directory = tempfile::tempdir().unwrap();
    let good: toml::Table = GOOD.parse().unwrap();
    let good = serde_json::to_string_pretty(&good).unwrap();
    parse_problem("good.json", &good, Format::Json).unwrap();
    for (from, to, key, found) in [
        ("\"1/50\"", "0.02", Some("training.step"), "0.02"),
        ("\"1/50\"", "null", Some("training.step"), "null"),
        (
            "\"1/50\"",
            "1e999999999",
            Some("training.step"),
            "1e999999999",
        ),
        (
            "\"hinge\"",
            "\"hinge\", \"loss\": \"hinge\"",
            Some("loss"),
            "same key twice",
        ),
        ("\"runs\": 5", "\"runs\": 5.0", Some("training.runs"), "5.0"),
        ("\"runs\": 5", "\"runs\": 5e0", Some("training.runs"), "5e0"),
        ("\"runs\": 5", "\"runs\": 05", None, "not JSON"),
        ("\"runs\": 5", "\"runs\": NaN", None, "not JSON"),
        ("\"runs\": 5", "\"runs\": Infinity", None, "not JSON"),
        ("\"runs\": 5", "\"runs\": 0x5", None, "not JSON"),
        ("\"runs\": 5,", "\"runs\": 5", None, "not JSON"),
        ("\"runs\": 5,", "\"runs\": 5, // five", None, "not JSON"),
        ("\"runs\": 5", "runs: 5", None, "not JSON"),
        ("\"hinge\"", "'hinge'", None, "not JSON"),
        ("\"hinge\"", "\"\\ud800\"", None, "not JSON"),
    ] {
        assert_eq!(good.matches(from).count(), 1, "{from}");
        let line = good[..good.find(from).unwrap()].matches('\n').count() + 1;
        let stderr = refused(
            directory.path(),
            "bad.json",
            good.replace(from, to).as_bytes(),
        );
        assert!(stderr.contains(found), "{to}: {stderr}");
        match key {
            Some(key) => assert!(
                stderr.contains(&format!("bad.json:{line}: `{key}`")),
                "{stderr}"
            ),
            // A missing comma is noticed where the next value starts.
            None => assert!(
                (line..line + 2).any(|line| stderr.contains(&format!("bad.json:{line}: "))),
                "{to}: {stderr}"
            ),
        }
    }
    for text in [
        "",
        " \n",
        "[]",
        "3",
        "{}",
        "{} {}",
        "{",
        "\u{feff}{}",
        "null",
    ] {
        let stderr = refused(directory.path(), "bad.json", text.as_bytes());
        assert!(stderr.contains("bad.json:1"), "{text:?}: {stderr}");
    }
}

#[test]
fn text_that_is_not_toml_is_refused_at_its_line() {
    let directory = tempfile::tempdir().unwrap();
    for (from, to, line, found) in [
        ("batch = 1", "batch 1", 23, "not TOML"),
        ("batch = 1", "batch = ", 23, "not TOML"),
        ("batch = 1", "batch = 1\nbatch = 1", 24, "same key twice"),
        ("[training]", "[network]", 19, "twice"),
        ("prior = [\"1/2\"", "prior = [\"1/2", 7, "not TOML"),
        ("\"good\"", "\"a\u{0}b\"", 1, "not TOML"),
        ("name = \"good\"", "\u{0}", 1, "not TOML"),
    ] {
        let stderr = refused(
            directory.path(),
            "bad.toml",
            GOOD.replace(from, to).as_bytes(),
        );
        assert!(
            stderr.contains(&format!("bad.toml:{line}: ")),
            "{to}: {stderr}"
        );
        assert!(stderr.contains(found), "{to}: {stderr}");
        assert!(!stderr.contains('\u{0}'));
    }
    assert!(refused(directory.path(), "empty.toml", b"").contains("an empty file"));
    assert!(refused(directory.path(), "blank.toml", b"\n \n").contains("an empty file"));
}

#[test]
fn nesting_of_any_depth_is_an_error_and_no_crash() {
    let directory = tempfile::tempdir().unwrap();
    for depth in [100, 500, 10_000, 1_000_000] {
        for (name, open, close) in [("deep.json", "[", "]"), ("deep.json", "{\"a\":", "}")] {
            let inner = if open == "[" { "" } else { "1" };
            let text = format!("{}{inner}{}", open.repeat(depth), close.repeat(depth));
            assert!(refused(directory.path(), name, text.as_bytes()).contains("deep.json:1"));
            refused(directory.path(), name, open.repeat(depth).as_bytes());
        }
        let text = format!("name = {}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(refused(directory.path(), "deep.toml", text.as_bytes()).contains("deep.toml:1"));
        let text = format!("name = {}", "{a=".repeat(depth));
        refused(directory.path(), "deep.toml", text.as_bytes());
        let text = format!("{} = 1", vec!["a"; depth].join("."));
        refused(directory.path(), "deep.toml", text.as_bytes());
        let text = format!("[{}]", vec!["a"; depth].join("."));
        refused(directory.path(), "deep.toml", text.as_bytes());
    }
}

#[test]
fn numbers_of_absurd_length_are_refused_and_not_repeated() {
    let directory = tempfile::tempdir().unwrap();
    let long = "7".repeat(10_001);
    for text in [
        GOOD.replace("\"1/50\"", &format!("\"{long}\"")),
        GOOD.replace("\"1/50\"", &format!("\"1/{long}\"")),
        GOOD.replace("runs = 5", &format!("runs = {long}")),
        GOOD.replace("runs = 5", &format!("runs = 0x{long}")),
        GOOD.replace("\"1/50\"", &format!("0.{long}")),
        GOOD.replace("\"good\"", &long),
        GOOD.replace("\"hinge\"", &format!("\"{long}\"")),
        GOOD.replace(
            "[\"1/4\", \"3/4\"]",
            &format!("[\"1/4\", \"{}\"]", "7".repeat(9_999)),
        ),
        GOOD.replace("batch = 1", &format!("{} = 1", "b".repeat(100_000))),
    ] {
        let stderr = refused(directory.path(), "long.toml", text.as_bytes());
        assert!(stderr.contains("characters"), "{stderr}");
    }
    // The longest number that is read is no fault.
    let text = GOOD.replace("\"1/50\"", &format!("\"{}\"", "7".repeat(10_000)));
    assert!(parse_problem("long.toml", &text, Format::Toml).is_ok());
}

#[test]
fn what_is_not_a_text_file_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_str().unwrap();
    assert!(refuse(&["audit", path]).contains("found a directory, expected a file"));
    let missing: PathBuf = directory.path().join("missing.toml");
    assert!(refuse(&["audit", missing.to_str().unwrap()]).contains("missing.toml: found"));
    let mut bytes = GOOD.as_bytes().to_vec();
    bytes[40] = 0xff;
    let stderr = refused(directory.path(), "latin.toml", &bytes);
    let line = GOOD[..40].matches('\n').count() + 1;
    assert!(
        stderr.contains(&format!("latin.toml:{line}: found the byte 0xff")),
        "{stderr}"
    );
    assert!(refused(directory.path(), "nul.toml", &[0; 100]).contains("nul.toml:1"));
    let endless = std::fs::File::create(directory.path().join("large.toml")).unwrap();
    endless.set_len(65 << 20).unwrap();
    let large = directory.path().join("large.toml");
    assert!(refuse(&["audit", large.to_str().unwrap()]).contains("expected a smaller file"));
}

/// Atoms that a command needs and that do not fit are a fault of the file; `audit` needs none.
#[test]
fn an_atom_table_that_would_not_fit_is_refused_before_it_is_built() {
    let directory = tempfile::tempdir().unwrap();
    let k = 64;
    let text = GOOD
        .replace("background = 2", &format!("background = {k}"))
        .replace("patches = 3", "patches = 1000")
        .replace(
            "[\"1/4\", \"3/4\"]",
            &format!("[{}]", vec![format!("\"1/{k}\""); k].join(", ")),
        );
    let path = directory.path().join("huge.toml");
    std::fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap();
    let stderr = refuse(&["expected", path, "--at", "0,1"]);
    assert!(
        stderr.contains("huge.toml:8: `distribution.patches`: found a distribution of"),
        "{stderr}"
    );
    assert!(stderr.contains("at most 2000000 atoms"), "{stderr}");
    cargo_bin_cmd!("filtercert")
        .args(["audit", path])
        .assert()
        .success();
}

/// Few atoms do not help if each probability has a million bits.
#[test]
fn atoms_with_endless_probabilities_are_refused_before_they_are_built() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("long.toml");
    std::fs::write(&path, GOOD.replace("patches = 3", "patches = 900000")).unwrap();
    let stderr = refuse(&["expected", path.to_str().unwrap(), "--at", "0,1"]);
    assert!(
        stderr.contains("`distribution.patches`: found a distribution of"),
        "{stderr}"
    );
    assert!(stderr.contains("bits, expected"), "{stderr}");
}

/// Every command that simulates stops before runs whose statistics would not fit, and writes nothing.
#[test]
fn runs_that_would_not_fit_are_a_limit_of_every_command_that_simulates() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("runs.toml");
    let line = GOOD.lines().find(|l| l.starts_with("runs = ")).unwrap();
    std::fs::write(&path, GOOD.replace(line, "runs = 1000000000000")).unwrap();
    let path = path.to_str().unwrap();
    let folder = directory.path().join("report");
    let output = folder.to_str().unwrap();
    for arguments in [
        vec!["simulate", path],
        vec!["check", path],
        vec!["report", path, "-o", output],
    ] {
        let assert = cargo_bin_cmd!("filtercert")
            .args(&arguments)
            .assert()
            .code(3);
        let stderr = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
        assert!(
            stderr.contains("`training.runs`: found 1000000000000, expected at most"),
            "{stderr}"
        );
    }
    assert!(!folder.exists());
}

/// Whatever a few bytes of a file become, reading it ends with a problem or an error.
#[test]
fn random_edits_never_crash_the_reader() {
    let mut rng = ChaCha8Rng::seed_from_u64(20_240_501);
    let table: toml::Table = GOOD.parse().unwrap();
    let atoms = GOOD.replace(
        GENERATIVE,
        "atoms = [\n{ label = \"+\", counts = [1, 0, \"2\", 0], probability = \"1/2\" },\n{ label = \"-\", counts = [0, 1, 0, 0], probability = \"0.5\" } ]",
    );
    let originals = [
        (GOOD.to_owned(), Format::Toml),
        (atoms, Format::Toml),
        (serde_json::to_string_pretty(&table).unwrap(), Format::Json),
        (Builtin::MaxPooling.text().to_owned(), Format::Toml),
        (
            include_str!("../../examples/dependent.toml").to_owned(),
            Format::Toml,
        ),
    ];
    let interesting = b"\"'[]{}=,:.#\n\\-+0123456789e/u\x00\x7f\xc3\xa9 ";
    let (mut read, mut refused) = (0, 0);
    for (text, format) in &originals {
        for _ in 0..1_500 {
            let mut bytes = text.clone().into_bytes();
            for _ in 0..1 + rng.next_u32() % 3 {
                let at = rng.next_u32() as usize % bytes.len();
                let byte = interesting[rng.next_u32() as usize % interesting.len()];
                match rng.next_u32() % 4 {
                    0 => bytes[at] = byte,
                    1 => bytes.insert(at, byte),
                    2 => {
                        bytes.remove(at);
                    }
                    _ => {
                        let end = (at + rng.next_u32() as usize % 40).min(bytes.len());
                        let piece = bytes[at..end].to_vec();
                        let to = rng.next_u32() as usize % bytes.len();
                        bytes.splice(to..to, piece);
                    }
                }
            }
            let text = String::from_utf8_lossy(&bytes);
            // A problem that is read may be large, but no larger than its limits.
            match parse_problem("edited", &text, *format) {
                Ok(_) => read += 1,
                Err(error) => {
                    assert!(error.line().is_some());
                    assert!(error.to_string().len() < 2_000, "{error}");
                    refused += 1;
                }
            }
        }
    }
    assert!(
        read > 200 && refused > 2_000,
        "{read} read, {refused} refused"
    );
}
