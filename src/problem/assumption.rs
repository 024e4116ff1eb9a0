//! The assumptions A0-A6 as values: each is audited exactly, with a witness when it fails.

use super::{AtomTable, Distribution, Generative, Init, Label, Problem, Train};
use crate::number::{Q, common_denominator, integer, ratio};
use num_bigint::{BigInt, BigUint};
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::collections::BTreeMap;

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
/// A1, A2, A3, A4, A5f, A5t, A6, A6'.
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
        unique_key(problem),
        label_independent(problem),
        balanced(problem),
        fixed_signs(problem),
        trained(problem),
        random_start(problem),
        winners_exist(problem),
    ]
}

/// The number r of key patches of every image, if A2 holds.
pub fn key_count(distribution: &Distribution) -> Option<u32> {
    match distribution {
        Distribution::Generative(g) => Some(g.key_patches()),
        Distribution::Explicit(table) => explicit_key_count(table).ok(),
    }
}

fn orthonormal(problem: &Problem) -> Audit {
    let (coherence, p, q) = problem.dictionary().coherence();
    let name = |p| problem.dictionary().pattern_name(p);
    let witness = (!coherence.is_zero()).then(|| {
        format!(
            "<{}, {}> = {} and not {}",
            name(p),
            name(q),
            problem.dictionary().gram_entry(p, q),
            u8::from(p == q)
        )
    });
    Audit::of(AssumptionId::A1, Some(coherence), witness)
}

fn unique_key(problem: &Problem) -> Audit {
    let witness = match &problem.distribution() {
        Distribution::Generative(_) => None,
        Distribution::Explicit(table) => explicit_key_count(table).err(),
    };
    Audit::of(AssumptionId::A2, None, witness)
}

fn explicit_key_count(table: &AtomTable) -> Result<u32, String> {
    let mut common: Option<(u32, Label)> = None;
    for atom in table.atoms() {
        let own = atom.counts[atom.label.index()];
        let other = atom.counts[atom.label.opposite().index()];
        let describe = || {
            format!(
                "the atom with label {} and counts {} (probability {})",
                atom.label.symbol(),
                list(&atom.counts),
                atom.probability
            )
        };
        if own == 0 {
            return Err(format!(
                "{} does not contain v{}",
                describe(),
                atom.label.symbol()
            ));
        }
        if other > 0 {
            return Err(format!(
                "{} contains v{}",
                describe(),
                atom.label.opposite().symbol()
            ));
        }
        match common {
            None => common = Some((own, atom.label)),
            Some((r, _)) if r == own => {}
            Some((r, label)) => {
                return Err(format!(
                    "{} contains v{} {own} times, another atom contains v{} {r} times",
                    describe(),
                    atom.label.symbol(),
                    label.symbol()
                ));
            }
        }
    }
    // Probabilities sum to 1, so there is an atom.
    common
        .map(|(r, _)| r)
        .ok_or_else(|| "there is no atom".to_owned())
}

fn label_independent(problem: &Problem) -> Audit {
    let missing = Label::BOTH
        .into_iter()
        .find(|&y| problem.distribution().label_probability(y).is_zero());
    if let Some(label) = missing {
        return Audit {
            id: AssumptionId::A3,
            holds: false,
            measure: None,
            witness: Some(format!(
                "label {} has probability 0, so the law given it is undefined",
                label.symbol()
            )),
        };
    }
    let (measure, witness) = match &problem.distribution() {
        Distribution::Generative(g) => generative_distance(problem, g),
        Distribution::Explicit(table) => {
            let (distance, worst) = explicit_distance(table);
            let witness = worst.map(|(counts, given)| {
                format!(
                    "background counts {} have probability {} given + and {} given -",
                    list(&counts),
                    given[0],
                    given[1]
                )
            });
            (Some(distance), witness)
        }
    };
    Audit::of(AssumptionId::A3, measure, witness)
}

/// A background count vector with its probabilities given + and given -.
type Difference = (Vec<u32>, [Q; 2]);

/// Total variation distance between the background laws of an explicit table, and the counts
/// on which they differ most. Both labels must have positive probability.
fn explicit_distance(table: &AtomTable) -> (Q, Option<Difference>) {
    let mut mass = [Q::zero(), Q::zero()];
    let mut law: BTreeMap<&[u32], [Q; 2]> = BTreeMap::new();
    for atom in table.atoms() {
        let y = atom.label.index();
        mass[y] += &atom.probability;
        law.entry(&atom.counts[2..])
            .or_insert_with(|| [Q::zero(), Q::zero()])[y] += &atom.probability;
    }
    let mut distance = Q::zero();
    let mut worst: Option<(Q, Difference)> = None;
    for (counts, [plus, minus]) in law {
        let given = [plus / &mass[0], minus / &mass[1]];
        let difference = (&given[0] - &given[1]).abs();
        distance += &difference;
        if difference.is_positive() && worst.as_ref().is_none_or(|(w, _)| difference > *w) {
            worst = Some((difference, (counts.to_vec(), given)));
        }
    }
    (distance * ratio(1, 2), worst.map(|(_, d)| d))
}

fn generative_distance(problem: &Problem, g: &Generative) -> (Option<Q>, Option<String>) {
    let [plus, minus] = Label::BOTH.map(|y| g.background(y));
    let Some(k) = (0..plus.len()).find(|&k| plus[k] != minus[k]) else {
        return (Some(Q::zero()), None);
    };
    if g.background_patches() == 0 {
        return (Some(Q::zero()), None);
    }
    let witness = format!(
        "a background patch is {} with probability {} given + and {} given -",
        problem.dictionary().pattern_name(k + 2),
        plus[k],
        minus[k]
    );
    match multinomial_distance(plus, minus, g.background_patches()) {
        Some(distance) => (Some(distance), Some(witness)),
        None => (
            None,
            Some(format!(
                "{witness} (too many background counts for the exact distance)"
            )),
        ),
    }
}

/// Largest estimated work of the exact distance of two multinomial laws, in operations on machine words.
const MAX_DISTANCE_WORK: u64 = 100_000_000;

/// Total variation distance between the laws of the counts of `draws >= 1` independent draws from
/// `plus` and from `minus`; `None` if it would take too long.
///
/// `TV = 1/2 sum over counts of |P_+ - P_-|`. Patterns with the same ratio `q_+ : q_-` are one
/// group: the likelihood ratio depends on the groups' counts alone, so they are sufficient and the
/// distance of their laws is the same.
///
/// # Cost
/// `C(draws + g - 1, g - 1)` terms for g groups, each of a few products of integers with
/// `draws * log2(denominators)` bits.
fn multinomial_distance(plus: &[Q], minus: &[Q], draws: u32) -> Option<Q> {
    let mut by_ratio: BTreeMap<Q, [Q; 2]> = BTreeMap::new();
    for (p, m) in plus.iter().zip(minus) {
        let both = p + m;
        if both.is_zero() {
            continue;
        }
        let group = by_ratio
            .entry(p / both)
            .or_insert_with(|| [Q::zero(), Q::zero()]);
        group[0] += p;
        group[1] += m;
    }
    let groups: Vec<[Q; 2]> = by_ratio.into_values().collect();
    if draws == 1 {
        let sum = groups.iter().fold(Q::zero(), |s, [p, m]| s + (p - m).abs());
        return Some(sum * ratio(1, 2));
    }
    let denominators = [0, 1].map(|y| common_denominator(groups.iter().map(|g| &g[y])));
    let words = 1 + u64::from(draws) * (denominators[0].bits() + denominators[1].bits()) / 64;
    let mut terms = BigUint::one();
    for i in 1..groups.len() as u64 {
        terms = terms * (u64::from(draws) + i) / i;
        if terms > BigUint::from(MAX_DISTANCE_WORK) {
            return None;
        }
    }
    let work = terms.to_u64()?.checked_mul(words)?;
    if work.checked_mul(groups.len() as u64)? > MAX_DISTANCE_WORK {
        return None;
    }
    let weights: Vec<[BigInt; 2]> = groups
        .iter()
        .map(|g| [0, 1].map(|y| (&g[y] * integer(denominators[y].clone())).to_integer()))
        .collect();
    let scale = [0, 1].map(|y| denominators[y].pow(draws));
    // Both laws over the one denominator scale[0] * scale[1].
    let start = [scale[1].clone(), scale[0].clone()];
    let mut sum = BigInt::zero();
    spread(&weights, draws, start, &mut sum);
    Some(Q::new(sum, &scale[0] * &scale[1] * 2))
}

/// Adds `|x_+ - x_-|` over all ways to spread `left` draws over the groups, `term` being the
/// product of what was chosen so far. The recursion is as deep as there are groups, about a
/// thousand at most within [`MAX_DISTANCE_WORK`].
fn spread(groups: &[[BigInt; 2]], left: u32, mut term: [BigInt; 2], sum: &mut BigInt) {
    if term[0].is_zero() && term[1].is_zero() {
        return;
    }
    let Some(([plus, minus], rest)) = groups.split_first() else {
        return;
    };
    if rest.is_empty() {
        *sum += (&term[0] * plus.pow(left) - &term[1] * minus.pow(left)).abs();
        return;
    }
    for c in 0..=left {
        spread(rest, left - c, term.clone(), sum);
        if c < left {
            // binomial(left, c + 1) = binomial(left, c) (left - c) / (c + 1), exactly divisible.
            for (x, weight) in term.iter_mut().zip([plus, minus]) {
                *x = &*x * weight * (left - c) / (c + 1);
            }
        }
    }
}

fn balanced(problem: &Problem) -> Audit {
    let [plus, minus] = Label::BOTH.map(|y| problem.distribution().label_probability(y));
    let measure = (&plus - &minus).abs();
    let witness = (!measure.is_zero())
        .then(|| format!("label + has probability {plus} and label - has {minus}"));
    Audit::of(AssumptionId::A4, Some(measure), witness)
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

fn list(counts: &[u32]) -> String {
    let parts: Vec<String> = counts.iter().map(u32::to_string).collect();
    format!("({})", parts.join(", "))
}
