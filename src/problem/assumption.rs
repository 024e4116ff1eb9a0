//! The assumptions (A0-A6, A1k, A1k-, and what single theorems ask for) as values: each is audited exactly, with a witness when it fails.

use super::{Dictionary, Init, Label, Problem, Train};
use crate::number::{Matrix, Q};
use num_traits::{One, Signed, Zero};

/// Declares the assumptions: a variant with its documentation, name, title, what it says, and what happens without it.
macro_rules! assumptions {
    ($($id:ident: $name:literal, $title:literal, $text:literal, $without:literal;)*) => {
        /// The permanent name of an assumption.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum AssumptionId {
            $(#[doc = $title] $id,)*
        }

        impl AssumptionId {
            /// All assumptions in order, A0 first.
            pub const ALL: &[AssumptionId] = &[$(AssumptionId::$id),*];

            /// Name, title, what it says, what happens without it.
            const WORDS: &[[&str; 4]] = &[$([$name, $title, $text, $without]),*];
        }
    };
}

assumptions! {
    A0: "A0", "model",
        "Activation, pooling, loss, batch and what is trained are those that the theorem names; unless it says otherwise relu, sum pooling and one sample a step.",
        "Another model has another gradient: the statement is not about it, and the exact engine alone says what it does.";
    A1: "A1", "orthonormal dictionary",
        "The patterns are orthonormal: their Gram matrix is the identity (measure: coherence, the largest |G_pq - [p = q]|).",
        "A step along one pattern then moves the coordinates on all patterns that overlap with it, so coordinates no longer move one by one.";
    A1k: "A1k", "keys apart",
        "The keys are unit vectors, orthogonal to each other and to every background pattern; the background patterns may overlap (measure: the largest of |<v_y, p>| over the keys and all other patterns, and of ||v_y|^2 - 1|).",
        "A background patch, or a patch with the other key, then moves a key's coordinate, which no longer counts the images of its own label.";
    A1kMinus: "A1k-", "keys not acute",
        "The keys are not 0, <v_+, v_-> is at most 0, and each key is orthogonal to every background pattern; lengths are free (measure: the largest of |<v_y, u_k>| and of max(0, <v_+, v_->)).",
        "An image of the other label, or a background patch, can then lower the key of a winner, which no longer counts updates.";
    A2: "A2", "unique key",
        "Every image with label y contains the key pattern v_y exactly r >= 1 times, with the same r for both labels, and never the other label's key pattern.",
        "Without one key count for all images the drift of a key is no longer eta r/2 for both labels, and a key that also occurs under the other label can drift down or stand still.";
    A3: "A3", "label-independent background",
        "The background counts have the same law given label + as given label - (measure: the total variation distance of the two laws).",
        "A background pattern that is commoner under one label then has a drift of its own, and a loser that is active on it grows linearly, as winners do.";
    A4: "A4", "balanced labels",
        "Both labels have probability 1/2 (measure: |pi_+ - pi_-|).",
        "With unequal labels every background pattern drifts towards the commoner label, so losers with an active background grow linearly too.";
    A5f: "A5f", "fixed head of signs",
        "The head is fixed and every head weight is +1 or -1.",
        "Head weights other than +1 and -1 rescale every drift by |a_j|, so filters grow at different rates, and a weight of 0 never learns.";
    A5t: "A5t", "trained head",
        "The head is trained together with the filters, from any rational start.",
        "With a fixed head, filters grow linearly and not geometrically, and no filter fades.";
    A6: "A6", "random symmetric initialisation",
        "The initial pattern coordinates are independent, symmetric about 0 and never 0, and the head is independent of them.",
        "Given weights have no law, so nothing can be said about the probability of a good start; statements about the given start are not affected.";
    A6prime: "A6'", "winners of both labels",
        "Each label y has a winner: a filter whose head weight has the sign of y and whose coordinate on v_y is positive at the start.",
        "A label without a winner is learnt by no filter, and its images need not ever be classified correctly.";
    H: "H", "no drift away from the key",
        "For a filter j, a_j E[y N_p] is at most 0 for every pattern p but its own key, y the label of the image: in the mean nothing is added across the key (measure: the largest a_j E[y N_p], 0 if none is positive). A3 and A4 imply it; with heads of both signs it says that no background pattern is commoner under one label.",
        "The part of a filter across its key then grows linearly too, along the pattern that drifts, and its direction and norm are no longer those of the key.";
    Opposed: "opposed", "opposed keys",
        "The keys are unit vectors with v_- = -v_+, orthogonal to every background pattern (measure: the largest deviation of <v_y, v_y> from 1, of <v_+, v_-> from -1, and of |<v_y, u_k>| from 0).",
        "Then no single coordinate of a filter counts the images of both labels, and a filter that starts on the wrong side need not come over.";
    Separable: "separable", "separable patch by patch",
        "One vector w* has sum_p N_p min(y <w*, p>, s y <w*, p>) >= 1 on every image, s the slope of the activation (1 for the identity); that is a linear programme in w*.",
        "Then weights of the images and derivatives in [s, 1] exist with which the signed sums of patterns add up to 0, and updates may go round in a circle for ever.";
}

impl AssumptionId {
    /// The name, as users write it.
    pub fn name(self) -> &'static str {
        Self::WORDS[self as usize][0]
    }

    /// What it is called.
    pub fn title(self) -> &'static str {
        Self::WORDS[self as usize][1]
    }

    /// What it says, in one sentence.
    pub fn text(self) -> &'static str {
        Self::WORDS[self as usize][2]
    }

    /// What happens without it, in one sentence.
    pub fn without(self) -> &'static str {
        Self::WORDS[self as usize][3]
    }
}

/// An assumption that fails, and what shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failing {
    /// The assumption.
    pub assumption: AssumptionId,
    /// What was found on this problem.
    pub witness: String,
}

/// The audit of one assumption on one problem.
#[derive(Debug, Clone, PartialEq)]
pub struct Audit {
    /// The assumption.
    pub id: AssumptionId,
    /// Does it hold?
    pub holds: bool,
    /// How far it is from holding, where that is a number.
    pub measure: Option<Q>,
    /// What shows that it fails.
    pub witness: Option<String>,
}

impl Audit {
    fn of(id: AssumptionId, measure: Option<Q>, witness: Option<String>) -> Self {
        Audit {
            id,
            holds: witness.is_none(),
            measure,
            witness,
        }
    }
}

/// Audits every assumption but A0 (which each theorem states for itself), in order:
/// A1, A1k, A1k-, A2, A3, A4, A5f, A5t, A6, A6'.
///
/// # Cost
/// The Gram matrix, the initial weights and the explicit atoms are read once. Of a generative
/// distribution no atom is enumerated: A3 takes one term for each way to spread the background
/// patches over the groups of patterns with equal likelihood ratio, and gives no measure (only a
/// witness) where these terms are too many.
///
/// # Example
/// ```
/// use filtercert::{audit, read_problem};
///
/// let audits = audit(&read_problem("examples/violates-a4.toml".as_ref())?);
/// let failing: Vec<&str> = audits.iter().filter(|a| !a.holds).map(|a| a.id.name()).collect();
/// assert!(failing.contains(&"A4"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn audit(problem: &Problem) -> Vec<Audit> {
    vec![
        orthonormal(problem),
        keys_apart(problem),
        keys_not_acute(problem),
        unique_key(problem),
        label_independent(problem),
        balanced(problem),
        fixed_signs(problem),
        trained(problem),
        random_start(problem),
        winners_exist(problem),
    ]
}

fn orthonormal(problem: &Problem) -> Audit {
    let (coherence, p, q) = problem.dictionary().coherence();
    let witness = (!coherence.is_zero())
        .then(|| product(problem.dictionary(), (p, q), orthonormal_product((p, q))));
    Audit::of(AssumptionId::A1, Some(coherence), witness)
}

/// The audit of what opposed keys are; not one of [`audit`], since no other theorem asks for it.
pub fn opposed(problem: &Problem) -> Audit {
    let id = AssumptionId::Opposed;
    let dictionary = problem.dictionary();
    if !dictionary.has_keys() {
        return Audit::of(id, None, Some(NO_KEYS.to_owned()));
    }
    if dictionary.is_orthonormal() {
        let witness = "<v+, v-> = 0 and not -1".to_owned();
        return Audit::of(id, Some(Q::one()), Some(witness));
    }
    let wanted = |pair: (usize, usize)| match pair {
        (0, 1) => -Q::one(),
        pair => orthonormal_product(pair),
    };
    let (worst, pair) =
        worst_with_a_key(dictionary, |pair, product| (product - wanted(pair)).abs());
    let witness = (!worst.is_zero()).then(|| product(dictionary, pair, wanted(pair)));
    Audit::of(id, Some(worst), witness)
}

/// The inner product of two patterns, which should be another one.
fn product(dictionary: &Dictionary, (p, q): (usize, usize), wanted: Q) -> String {
    let [v, w] = [p, q].map(|p| dictionary.pattern_name(p));
    let product = dictionary.gram_entry(p, q);
    format!("<{v}, {w}> = {product} and not {wanted}")
}

/// The inner product of two patterns of an orthonormal dictionary.
fn orthonormal_product((p, q): (usize, usize)) -> Q {
    if p == q { Q::one() } else { Q::zero() }
}

fn keys_apart(problem: &Problem) -> Audit {
    let id = AssumptionId::A1k;
    let dictionary = problem.dictionary();
    if !dictionary.has_keys() {
        return Audit::of(id, None, Some(NO_KEYS.to_owned()));
    }
    let (worst, pair) = worst_with_a_key(dictionary, |pair, product| {
        (product - orthonormal_product(pair)).abs()
    });
    let witness = (!worst.is_zero()).then(|| product(dictionary, pair, orthonormal_product(pair)));
    Audit::of(id, Some(worst), witness)
}

fn keys_not_acute(problem: &Problem) -> Audit {
    let id = AssumptionId::A1kMinus;
    let dictionary = problem.dictionary();
    if !dictionary.has_keys() {
        return Audit::of(id, None, Some(NO_KEYS.to_owned()));
    }
    let (worst, pair) = worst_with_a_key(dictionary, |pair, product| match pair {
        (p, q) if p == q => Q::zero(),
        (0, 1) => product.max(Q::zero()),
        _ => product.abs(),
    });
    let nothing = (0..2).find(|&key| dictionary.gram_entry(key, key).is_zero());
    let witness = match (nothing, pair) {
        (Some(key), _) => Some(format!("{} is 0", dictionary.pattern_name(key))),
        (None, _) if worst.is_zero() => None,
        (None, (0, 1)) => Some(format!("<v+, v-> = {worst} and not at most 0")),
        (None, pair) => Some(product(dictionary, pair, Q::zero())),
    };
    Audit::of(id, Some(worst), witness)
}

/// The largest deviation of an inner product of a key with a pattern (itself included), and the first pair that has it.
fn worst_with_a_key(
    dictionary: &Dictionary,
    deviation: impl Fn((usize, usize), Q) -> Q,
) -> (Q, (usize, usize)) {
    let mut worst = (Q::zero(), (0, 0));
    // An orthonormal dictionary may be too long to walk through, and none of its products deviates.
    for (p, q) in pairs_with_a_key(dictionary.gram().map_or(0, Matrix::rows)) {
        let found = deviation((p, q), dictionary.gram_entry(p, q));
        if found > worst.0 {
            worst = (found, (p, q));
        }
    }
    worst
}

/// The pairs of patterns of which the first is a key, each once.
fn pairs_with_a_key(n_patterns: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..n_patterns.min(2)).flat_map(move |p| (p..n_patterns).map(move |q| (p, q)))
}

fn unique_key(problem: &Problem) -> Audit {
    let witness = match problem.dictionary().has_keys() {
        true => problem
            .distribution()
            .unique_key()
            .err()
            .map(|w| w.to_string()),
        false => Some(NO_KEYS.to_owned()),
    };
    Audit::of(AssumptionId::A2, None, witness)
}

/// What keeps every statement about keys and backgrounds from a dictionary of free names.
const NO_KEYS: &str = "the dictionary has no keys v+ and v-";

fn label_independent(problem: &Problem) -> Audit {
    if !problem.dictionary().has_keys() {
        return Audit::of(AssumptionId::A3, None, Some(NO_KEYS.to_owned()));
    }
    let missing = Label::BOTH
        .into_iter()
        .find(|&y| problem.distribution().label_probability(y).is_zero());
    if let Some(label) = missing {
        let symbol = label.symbol();
        let why = format!("label {symbol} has probability 0, so the law given it is undefined");
        return Audit::of(AssumptionId::A3, None, Some(why));
    }
    let found = problem.distribution().background_difference();
    let unknown = match found.distance {
        Some(_) => "",
        None => " (too many background counts for the exact distance)",
    };
    let witness = found.witness.map(|w| format!("{w}{unknown}"));
    Audit::of(AssumptionId::A3, found.distance, witness)
}

fn balanced(problem: &Problem) -> Audit {
    let [plus, minus] = Label::BOTH.map(|y| problem.distribution().label_probability(y));
    let measure = (&plus - &minus).abs();
    let witness = (!measure.is_zero())
        .then(|| format!("label + has probability {plus} and label - has {minus}"));
    Audit::of(AssumptionId::A4, Some(measure), witness)
}

/// Where filters drift away from their own key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// `a_j E[y N_p]`, the largest over patterns p other than the own key.
    pub drift: Q,
    /// j.
    pub filter: usize,
    /// p.
    pub pattern: usize,
}

/// For the filters whose head votes for each label, + first: where the drift away from their own key is largest; `None`
/// where there are none. A filter keeps to its key in the mean (H) if that is at most 0, and all filters of a label do or
/// none.
///
/// # Cost
/// The means of the counts, and some operations a pattern and filter.
pub fn drifts(problem: &Problem) -> [Option<Drift>; 2] {
    let counts = problem.distribution().signed_mean_counts();
    Label::BOTH.map(|y| {
        let heads = problem.network().head.iter().enumerate();
        let heads = heads.filter(|(_, a)| !a.is_zero() && Label::voted_by(a) == y);
        let (filter, head) = heads.max_by(|a, b| {
            let longer = a.1.abs().cmp(&b.1.abs());
            longer.then(b.0.cmp(&a.0))
        })?;
        let others = counts.iter().enumerate().filter(|(p, _)| *p != y.index());
        let voted = others.map(|(p, count)| (head * count, p));
        let (drift, pattern) = voted.max_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)))?;
        Some(Drift {
            drift,
            filter,
            pattern,
        })
    })
}

/// H fails of every filter that is not 0: the largest drift.
pub fn drifting(problem: &Problem) -> Option<Failing> {
    let found: Vec<Drift> = drifts(problem).into_iter().flatten().collect();
    if found.iter().any(|at| !at.drift.is_positive()) {
        return None;
    }
    let worst = found
        .into_iter()
        .reduce(|a, b| if b.drift > a.drift { b } else { a })?;
    Some(worst.failing(problem))
}

/// H fails of this filter: the pattern other than its key that it drifts along most.
pub fn drift_of(problem: &Problem, filter: usize) -> Option<Failing> {
    let head = &problem.network().head;
    let of_label = drifts(problem)[Label::voted_by(&head[filter]).index()].clone()?;
    if head[filter].is_zero() || !of_label.drift.is_positive() {
        return None;
    }
    let drift = of_label.drift / &head[of_label.filter] * &head[filter];
    let found = Drift {
        drift,
        filter,
        ..of_label
    };
    Some(found.failing(problem))
}

impl Drift {
    fn failing(self, problem: &Problem) -> Failing {
        let Drift {
            drift,
            filter,
            pattern,
        } = self;
        let name = problem.dictionary().pattern_name(pattern);
        Failing {
            assumption: AssumptionId::H,
            witness: format!("a_{filter} E[y N_{name}] = {drift} and not at most 0"),
        }
    }
}

/// How far H is from holding of all filters: the largest drift, 0 if none is positive.
pub fn largest_drift(problem: &Problem) -> Q {
    let found = drifts(problem).into_iter().flatten();
    found.map(|at| at.drift).fold(Q::zero(), Q::max)
}

/// A2 fails of a dictionary without keys, for what asks for keys and no more.
pub fn without_keys(problem: &Problem) -> Option<Failing> {
    (!problem.dictionary().has_keys()).then(|| Failing {
        assumption: AssumptionId::A2,
        witness: NO_KEYS.to_owned(),
    })
}

/// What is left of A2 where images may differ in how often they hold their own key: each holds it, and never the other.
pub fn without_own_key(problem: &Problem) -> Option<Failing> {
    without_keys(problem).or_else(|| {
        let found = problem.distribution().missing_key()?;
        Some(Failing {
            assumption: AssumptionId::A2,
            witness: found.to_string(),
        })
    })
}

/// Does A5f hold: is the head fixed, of weights +1 and -1?
pub fn has_fixed_signs(problem: &Problem) -> bool {
    fixed_signs(problem).holds
}

fn fixed_signs(problem: &Problem) -> Audit {
    let witness = match problem.training().train {
        Train::FiltersAndHead => Some("training.train = \"filters+head\"".to_owned()),
        Train::Filters => problem
            .network()
            .head
            .iter()
            .enumerate()
            .find(|(_, a)| !a.abs().is_one())
            .map(|(j, a)| format!("network.head[{j}] = {a}")),
    };
    Audit::of(AssumptionId::A5f, None, witness)
}

fn trained(problem: &Problem) -> Audit {
    let witness = match problem.training().train {
        Train::FiltersAndHead => None,
        Train::Filters => Some("training.train = \"filters\"".to_owned()),
    };
    Audit::of(AssumptionId::A5t, None, witness)
}

fn random_start(problem: &Problem) -> Audit {
    // Random weights are uniform on odd multiples of one number, and head signs come from a
    // stream of their own or from no randomness at all.
    let witness = match problem.network().init {
        Init::Uniform { .. } => None,
        Init::Explicit => Some("network.weights are given one by one and have no law".to_owned()),
    };
    Audit::of(AssumptionId::A6, None, witness)
}

fn winners_exist(problem: &Problem) -> Audit {
    if !problem.dictionary().has_keys() {
        return Audit::of(AssumptionId::A6prime, None, Some(NO_KEYS.to_owned()));
    }
    let witness = Label::BOTH
        .into_iter()
        .find(|&y| problem.winners(y).is_empty())
        .map(|y| {
            let s = y.symbol();
            let relation = match y {
                Label::Plus => '>',
                Label::Minus => '<',
            };
            format!(
                "J{s} is empty: no filter with a_j {relation} 0 has a positive coordinate on v{s}"
            )
        });
    Audit::of(AssumptionId::A6prime, None, witness)
}
