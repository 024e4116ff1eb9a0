//! The words of the language: quantities, functions, sets, and the words that stand for every member of a set.

/// What a word is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A filter, counted from 0.
    Filter,
    /// A pattern, in dictionary order.
    Pattern,
    /// An image, an atom of the distribution, counted from 0.
    Image,
}

impl Kind {
    /// As it is called.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Filter => "a filter",
            Kind::Pattern => "a pattern",
            Kind::Image => "an image",
        }
    }

    /// What can stand where one is expected.
    pub fn forms(self) -> &'static str {
        match self {
            Kind::Filter => {
                "a filter: its number from 0, a variable of `for`, or filter, winner or loser"
            }
            Kind::Pattern => {
                "a pattern: its name, a variable of `for`, own(j), wrong(j), or pattern, background or key"
            }
            Kind::Image => "an image: its number from 0, a variable of `for`, or image",
        }
    }
}

/// A set that `for` runs through, or every member of which a word stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Set {
    /// All filters.
    Filters,
    /// Filters whose coordinate on their own key is positive at t = 0.
    Winners,
    /// All other filters.
    Losers,
    /// All patterns.
    Patterns,
    /// All patterns but the keys.
    Backgrounds,
    /// The two keys.
    Keys,
    /// All atoms of the distribution.
    Images,
}

impl Set {
    /// Every set with the word for one member and its name.
    pub const ALL: [(Set, &'static str, &'static str); 7] = [
        (Set::Filters, "filter", "filters"),
        (Set::Winners, "winner", "winners"),
        (Set::Losers, "loser", "losers"),
        (Set::Patterns, "pattern", "patterns"),
        (Set::Backgrounds, "background", "backgrounds"),
        (Set::Keys, "key", "keys"),
        (Set::Images, "image", "images"),
    ];

    /// What its members are.
    pub fn kind(self) -> Kind {
        match self {
            Set::Filters | Set::Winners | Set::Losers => Kind::Filter,
            Set::Patterns | Set::Backgrounds | Set::Keys => Kind::Pattern,
            Set::Images => Kind::Image,
        }
    }

    /// Is there none without keys?
    pub fn needs_keys(self) -> bool {
        matches!(
            self,
            Set::Winners | Set::Losers | Set::Backgrounds | Set::Keys
        )
    }
}

/// A quantity of a state; with a 0 behind its name, that of the state at t = 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quantity {
    /// `<w_j, p>`.
    Coordinate,
    /// `|w_j|`.
    Norm,
    /// `|w_j|^2`.
    NormSquared,
    /// The cosine of a filter with its own key.
    Alignment,
    /// `a_j`.
    Head,
    /// `P(y f(X) > 0)`.
    Accuracy,
    /// The population loss.
    Loss,
    /// The least margin.
    LeastMargin,
    /// `y f(X)` of an image.
    Margin,
}

/// A number of the problem, the same at every step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Constant {
    /// The step size.
    Eta,
    /// The number of filters.
    Filters,
    /// The largest number of patches of an image.
    Patches,
    /// The number of key patches.
    KeyPatches,
    /// The number of patterns.
    Patterns,
    /// The number of background patterns.
    Backgrounds,
    /// The batch size.
    Batch,
    /// The last step.
    Steps,
    /// The probability of label +.
    PriorPlus,
    /// The probability of label -.
    PriorMinus,
    /// +1 or -1 of an image.
    Label,
    /// The probability of an image.
    Probability,
    /// How often an image has a pattern.
    Count,
    /// `E[N_p; y = +]`.
    MeanPlus,
    /// `E[N_p; y = -]`.
    MeanMinus,
    /// The inner product of two patterns.
    Gram,
}

/// What was drawn along a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Drawn {
    /// Samples of label + so far.
    Plus,
    /// Samples of label - so far.
    Minus,
    /// Steps so far on which some gate was not 0.
    Updates,
}

/// What a name means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// The step.
    Time,
    /// A quantity of the state.
    State(Quantity),
    /// The same at t = 0.
    Start(Quantity),
    /// A number of the problem.
    Constant(Constant),
    /// What was drawn.
    Drawn(Drawn),
    /// The key of a filter's label at t = 0.
    Own,
    /// The other key.
    Wrong,
    /// `|x|`.
    Abs,
    /// -1, 0 or 1.
    Sign,
    /// The square root of a rational.
    Sqrt,
}

const STATE: [(&str, Quantity, &[Kind]); 9] = [
    ("Z", Quantity::Coordinate, &[Kind::Filter, Kind::Pattern]),
    ("norm", Quantity::Norm, &[Kind::Filter]),
    ("norm_squared", Quantity::NormSquared, &[Kind::Filter]),
    ("alignment", Quantity::Alignment, &[Kind::Filter]),
    ("head", Quantity::Head, &[Kind::Filter]),
    ("accuracy", Quantity::Accuracy, &[]),
    ("loss", Quantity::Loss, &[]),
    ("margin", Quantity::LeastMargin, &[]),
    ("margin", Quantity::Margin, &[Kind::Image]),
];

const OTHERS: [(&str, Meaning, &[Kind]); 22] = [
    ("t", Meaning::Time, &[]),
    ("eta", Meaning::Constant(Constant::Eta), &[]),
    ("n", Meaning::Constant(Constant::Filters), &[]),
    ("m", Meaning::Constant(Constant::Patches), &[]),
    ("r", Meaning::Constant(Constant::KeyPatches), &[]),
    ("P", Meaning::Constant(Constant::Patterns), &[]),
    ("K", Meaning::Constant(Constant::Backgrounds), &[]),
    ("batch", Meaning::Constant(Constant::Batch), &[]),
    ("steps", Meaning::Constant(Constant::Steps), &[]),
    ("pi_+", Meaning::Constant(Constant::PriorPlus), &[]),
    ("pi_-", Meaning::Constant(Constant::PriorMinus), &[]),
    ("label", Meaning::Constant(Constant::Label), &[Kind::Image]),
    (
        "probability",
        Meaning::Constant(Constant::Probability),
        &[Kind::Image],
    ),
    (
        "N",
        Meaning::Constant(Constant::Count),
        &[Kind::Image, Kind::Pattern],
    ),
    (
        "EN_+",
        Meaning::Constant(Constant::MeanPlus),
        &[Kind::Pattern],
    ),
    (
        "EN_-",
        Meaning::Constant(Constant::MeanMinus),
        &[Kind::Pattern],
    ),
    (
        "gram",
        Meaning::Constant(Constant::Gram),
        &[Kind::Pattern, Kind::Pattern],
    ),
    ("B_+", Meaning::Drawn(Drawn::Plus), &[]),
    ("B_-", Meaning::Drawn(Drawn::Minus), &[]),
    ("updates", Meaning::Drawn(Drawn::Updates), &[]),
    ("own", Meaning::Own, &[Kind::Filter]),
    ("wrong", Meaning::Wrong, &[Kind::Filter]),
];

/// Functions of numbers.
pub const OF_NUMBERS: [(&str, Meaning); 3] = [
    ("abs", Meaning::Abs),
    ("sign", Meaning::Sign),
    ("sqrt", Meaning::Sqrt),
];

/// What gathers over `for`, and of numbers side by side.
pub const FOLDS: [&str; 6] = ["sum", "min", "max", "all", "any", "count"];

/// Names that people write, and what to write.
const NOTES: [(&str, &str); 20] = [
    (
        "w",
        "write Z(j, p) for the coordinate of filter j on pattern p",
    ),
    ("a", "write head(j)"),
    ("weight", "write Z(j, p)"),
    ("cos", "write alignment(j)"),
    ("cosine", "write alignment(j)"),
    ("acc", "write accuracy"),
    ("step", "write eta for the step size, or t for the step"),
    ("lr", "write eta"),
    ("learning_rate", "write eta"),
    ("time", "write t"),
    ("T", "write steps for the last step"),
    (
        "len",
        "write count(1 = 1 for j in winners), or n for all filters",
    ),
    ("forall", "write all(... for j in filters)"),
    ("exists", "write any(... for j in filters)"),
    ("mean", "write sum(...) / count(...)"),
    ("avg", "write sum(...) / count(...)"),
    (
        "log",
        "there are no logarithms: nothing could be compared exactly",
    ),
    (
        "exp",
        "there is no exponential: nothing could be compared exactly",
    ),
    ("true", "write 1 = 1"),
    ("false", "write 1 = 0"),
];

/// The meanings of a name, each with its arguments.
pub fn meanings(name: &str) -> Vec<(Meaning, &'static [Kind])> {
    let state = STATE.iter().filter(|(own, ..)| *own == name);
    let start = STATE
        .iter()
        .filter(|(own, ..)| name.strip_suffix('0') == Some(own));
    state
        .map(|(_, quantity, kinds)| (Meaning::State(*quantity), *kinds))
        .chain(start.map(|(_, quantity, kinds)| (Meaning::Start(*quantity), *kinds)))
        .chain(
            OTHERS
                .iter()
                .filter(|(own, ..)| *own == name)
                .map(|(_, meaning, kinds)| (*meaning, *kinds)),
        )
        .collect()
}

/// Every name that a claim can have.
pub fn names() -> Vec<String> {
    let state = STATE
        .iter()
        .flat_map(|(name, ..)| [(*name).to_owned(), format!("{name}0")]);
    let sets = Set::ALL.iter().flat_map(|(_, one, all)| [*one, *all]);
    let others = OTHERS.iter().map(|(name, ..)| *name);
    let functions = OF_NUMBERS.iter().map(|(name, _)| *name);
    let plain = others.chain(functions).chain(FOLDS).chain(sets);
    let mut names: Vec<String> = state.chain(plain.map(str::to_owned)).collect();
    names.dedup();
    names
}

/// What to do about a name that is none.
pub fn note(name: &str) -> Option<&'static str> {
    let of = |(own, _): &&(&str, &str)| own.eq_ignore_ascii_case(name);
    NOTES.iter().find(of).map(|(_, note)| *note)
}
