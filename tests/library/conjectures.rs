//! The language of conjectures: what is printed reads back, faults point at their place, square roots are compared as an
//! oracle compares them, and what is found of conjectures is what other engines say.

use filtercert::audit::conjecture::{
    Chance, Comparison, Conjecture, Family, Finding, Over, Part, Real, Syntax, Verdict, Why, Word,
    attack, check, read,
};
use filtercert::dynamics::replay::replay;
use filtercert::number::{Q, Surd, integer, ratio};
use filtercert::problem::{Format, Problem, SourceProblem, problem_sha256, read_problem};
use num_bigint::BigInt;
use num_traits::{Signed, Zero};
use proptest::prelude::*;
use std::cmp::Ordering;
use std::path::Path;

fn example(name: &str) -> String {
    format!("{}/examples/{name}.toml", env!("CARGO_MANIFEST_DIR"))
}

fn problem(name: &str) -> Problem {
    read_problem(Path::new(&example(name))).unwrap()
}

fn syntax(part: Part) -> Syntax {
    Syntax { part, span: 0..0 }
}

fn word(text: &str) -> Word {
    Word {
        text: text.to_owned(),
        span: 0..0,
    }
}

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "t", "j", "winner", "B_+", "v-", "u1", "Z", "x_1", "norm",
    ])
    .prop_map(str::to_owned)
}

fn comparison() -> impl Strategy<Value = Comparison> {
    use Comparison::{Above, AtLeast, AtMost, Below, Equal, Unequal};
    prop::sample::select(vec![Above, AtLeast, AtMost, Below, Equal, Unequal])
}

/// Any tree, whether or not it means something.
fn tree() -> impl Strategy<Value = Syntax> {
    let leaf = prop_oneof![
        prop::sample::select(vec!["0", "3", "0.25", "1e-3", "12.5E+2"])
            .prop_map(|text| Part::Number(text.to_owned())),
        name().prop_map(Part::Name),
        prop::sample::select(vec!["u1", "it's", "a b"])
            .prop_map(|text| Part::Quoted(text.to_owned())),
    ]
    .prop_map(syntax);
    leaf.prop_recursive(5, 40, 4, |inner| {
        let parts = prop::collection::vec(inner.clone(), 2..4);
        let signed = prop::collection::vec((any::<bool>(), inner.clone()), 2..4).prop_map(
            |mut parts: Vec<(bool, Syntax)>| {
                parts[0].0 = false;
                parts
            },
        );
        let boxed = || inner.clone().prop_map(Box::new);
        prop_oneof![
            (name(), prop::collection::vec(inner.clone(), 0..3)).prop_map(|(name, arguments)| {
                Part::Call {
                    name: word(&name),
                    arguments,
                }
            }),
            (
                name(),
                boxed(),
                prop::collection::vec((name(), name()), 1..3),
                prop::option::of(boxed())
            )
                .prop_map(|(name, body, ranges, condition)| Part::Fold {
                    name: word(&name),
                    body,
                    ranges: ranges
                        .iter()
                        .map(|(variable, set)| (word(variable), word(set)))
                        .collect(),
                    condition,
                }),
            boxed().prop_map(Part::Negative),
            (boxed(), 0u32..9).prop_map(|(base, exponent)| Part::Power(base, exponent)),
            signed.clone().prop_map(Part::Product),
            signed.prop_map(Part::Sum),
            (
                boxed(),
                prop::collection::vec((comparison(), inner.clone()), 1..3)
            )
                .prop_map(|(first, sides)| Part::Compare(first, sides)),
            boxed().prop_map(Part::Not),
            parts.clone().prop_map(Part::And),
            parts.prop_map(Part::Or),
            (boxed(), boxed()).prop_map(|(first, then)| Part::Implies(first, then)),
        ]
        .prop_map(syntax)
    })
}

proptest! {
    #[test]
    fn what_is_printed_reads_back(tree in tree()) {
        let text = tree.to_string();
        let again = Syntax::parse(&text).map_err(|fault| TestCaseError::fail(format!("{text}: {fault:?}")))?;
        prop_assert_eq!(&again, &tree, "{}", text);
        prop_assert_eq!(again.to_string(), text);
    }

    /// Any text gives a tree or a fault with a place inside of it.
    #[test]
    fn no_text_is_too_odd(text in "[ -~\u{e9}\u{2264}]{0,40}") {
        if let Err(fault) = Syntax::parse(&text) {
            prop_assert!(text.get(fault.span.clone()).is_some(), "{:?} of {:?}", fault, text);
            prop_assert!(!fault.found.is_empty() && !fault.expected.is_empty());
        }
    }
}

#[test]
fn spans_are_the_parts_of_the_text() {
    let text = " not (norm( 0 )  >= 3*t) and 1=1 ";
    let Part::And(parts) = Syntax::parse(text).unwrap().part else {
        panic!("{text}")
    };
    assert_eq!(&text[parts[0].span.clone()], "not (norm( 0 )  >= 3*t)");
    let Part::Not(inner) = &parts[0].part else {
        panic!("{text}")
    };
    assert_eq!(&text[inner.span.clone()], "(norm( 0 )  >= 3*t)");
    assert_eq!(&text[parts[1].span.clone()], "1=1");
}

/// A claim that cannot be read on `small.toml`: the claim, the part at fault, a part of what was found, of what was
/// expected, and of the help ("" for none).
const FAULTS: [(&str, &str, &str, &str, &str); 44] = [
    ("", "", "the end", "a number", ""),
    ("norm(winner) >= ", "", "the end", "a number", ""),
    ("norm(winner >= 1", "", "the end", "`)`", ""),
    (
        "norm(winner) >= 3 norm(loser)",
        "norm",
        "`norm`",
        "operator",
        "written with *",
    ),
    ("norm(winner) => 3", "=>", "`=>`", "`implies`", ""),
    ("t > 1 && t < 3", "&&", "`&&`", "`and`", ""),
    ("t > 1.2.3", ".3", "`.3`", "a number such as", ""),
    ("t > 1..", "1.", "`1.`", "a number such as", ""),
    ("t > #", "#", "`#`", "an operator", ""),
    ("t > 'u1", "'u1", "`'u1`", "two quotes", ""),
    ("t^x = 1", "x", "`x`", "whole number from 0 to 64", ""),
    ("t^65 = 1", "65", "65", "whole number from 0 to 64", ""),
    (
        "nrom(winner) > 1",
        "nrom",
        "unknown name `nrom`",
        "a quantity",
        "did you mean `norm`?",
    ),
    (
        "cosine(winner) > 1",
        "cosine",
        "unknown name",
        "a quantity",
        "alignment",
    ),
    ("lr > 1", "lr", "unknown name", "a quantity", "eta"),
    (
        "log(t) > 1",
        "log",
        "unknown name",
        "a quantity",
        "no logarithms",
    ),
    (
        "norm(winner)",
        "norm(winner)",
        "`norm(...)`, which is a number",
        "true or false",
        "",
    ),
    ("t + 1", "t + 1", "a number", "true or false", ""),
    (
        "winner",
        "winner",
        "`winner`, which is a filter",
        "true or false",
        "",
    ),
    (
        "(t > 1) + 1 > 0",
        "(t > 1)",
        "a claim, which is true or false",
        "a number",
        "",
    ),
    (
        "all(t > 1 for j in filters) > 0",
        "all(t > 1 for j in filters)",
        "true or false",
        "a number",
        "",
    ),
    (
        "norm(u1) > 1",
        "u1",
        "`u1`, which is a pattern",
        "a filter",
        "",
    ),
    (
        "norm(winners) > 1",
        "winners",
        "which is a set",
        "a filter",
        "write winner",
    ),
    (
        "norm(4) > 1",
        "4",
        "the number 4",
        "a filter from 0 to 3",
        "",
    ),
    ("norm(1/2) > 1", "1/2", "a number", "a filter", ""),
    ("norm(t) > 1", "t", "`t`, which is a number", "a filter", ""),
    ("Z(0, 1) > 1", "1", "the number 1", "a pattern", ""),
    ("Z(0, 'u9') > 1", "'u9'", "`u9`", "v+, v-, u1, u2", ""),
    ("Z(0) > 1", "Z(0)", "`Z` of one argument", "Z(j, p)", ""),
    (
        "accuracy(0) > 1",
        "accuracy(0)",
        "`accuracy` of one argument",
        "accuracy",
        "",
    ),
    ("norm > 1", "norm", "`norm` alone", "norm(j)", ""),
    (
        "winner + 1 > 0",
        "winner",
        "which is a filter",
        "a number",
        "write norm(winner)",
    ),
    (
        "winner > loser",
        "winner > loser",
        "an order of filter",
        "= or !=",
        "",
    ),
    ("sum(1) > 0", "sum(1)", "without `for`", "sum(... for j", ""),
    (
        "min(norm(winner)) > 0",
        "min(norm(winner))",
        "without `for`",
        "min(x, y)",
        "",
    ),
    (
        "sum(1 for j in filter) > 0",
        "filter",
        "`filter`",
        "one of filters",
        "did you mean `filters`?",
    ),
    (
        "sum(1 for t in filters) > 0",
        "t",
        "means something already",
        "another name",
        "",
    ),
    ("sum(1 for j) > 0", ")", "`)`", "`in`", ""),
    (
        "exists(t > 1 for j in filters)",
        "exists",
        "`exists` with `for`",
        "one of sum",
        "any(",
    ),
    (
        "sqrt(norm(0)) > 1",
        "norm(0)",
        "square roots in it",
        "rational number under",
        "",
    ),
    (
        "B_+ > 1",
        "B_+",
        "counts samples",
        "expected dynamics",
        "every path",
    ),
    ("max > 1", "max", "`max` alone", "parenthesis", ""),
    ("filters(0) > 1", "filters", "`filters(`", "a quantity", ""),
    (
        "abs(1, 2) > 1",
        "abs(1, 2)",
        "2 arguments",
        "one number",
        "",
    ),
];

#[test]
fn faults_say_where_and_what_and_what_to_do() {
    let problem = problem("small");
    let mut wrong = Vec::new();
    for (claim, part, found, expected, help) in FAULTS {
        let made = Conjecture::new("it", claim, None, Over::Expected);
        let fault = match made {
            Err((_, fault)) => fault,
            Ok(made) => match check(&problem, &made, &Default::default()) {
                Err((_, fault)) => fault,
                Ok(found) => panic!("{claim}: {}", found.verdict.name()),
            },
        };
        let said = fault.help.as_deref().unwrap_or_default();
        let right = &claim[fault.span.clone()] == part
            && fault.found.contains(found)
            && fault.expected.contains(expected)
            && said.contains(help)
            && said.is_empty() == help.is_empty();
        if !right {
            wrong.push(format!("{claim}: {fault:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let deep = format!("{}t{} > 1", "(".repeat(60), ")".repeat(60));
    let fault = Syntax::parse(&deep).unwrap_err();
    assert!(fault.expected.contains("50 levels"), "{fault:?}");
    let long = format!("t > 1{}", " ".repeat(5_000));
    assert!(
        Syntax::parse(&long)
            .unwrap_err()
            .expected
            .contains("4000 bytes")
    );
}

/// A problem file with one conjecture, from its lines.
fn with_table(lines: &str) -> Result<SourceProblem, filtercert::problem::ProblemError> {
    let text = std::fs::read_to_string(example("small")).unwrap();
    SourceProblem::parse(
        "it.toml",
        &format!("{text}\n[[conjecture]]\n{lines}"),
        Format::Toml,
    )
}

#[test]
fn tables_are_read_with_their_faults() {
    let bare = std::fs::read_to_string(example("small")).unwrap();
    let lines = bare.lines().count() as u64 as usize;
    let good =
        with_table("name = 'it'\nclaim = 't >= 0'\nwhen = 't > 1'\nover = 'every path'").unwrap();
    assert_eq!(read(&good).unwrap()[0].over, Over::EveryPath);
    // They are no part of the problem, nor of its hash.
    let plain = SourceProblem::parse("it.toml", &bare, Format::Toml).unwrap();
    assert_eq!(good.problem, plain.problem);
    assert_eq!(
        problem_sha256(&good.problem),
        problem_sha256(&plain.problem)
    );
    for (table, line, found) in [
        ("claim = 't > 1'", 2, "no such key"),
        ("name = 'it'", 2, "no such key"),
        ("name = 'it'\nclaim = 3", 4, "the number 3"),
        ("name = ' '\nclaim = 't > 1'", 3, "\" \""),
        (
            "name = 'it'\nclaim = 't > 1'\nwhem = 't > 1'",
            5,
            "the unknown key \"whem\"",
        ),
        (
            "name = 'it'\nclaim = 't > 1'\nfamily = { filters = 3 }",
            5,
            "the number 3",
        ),
        (
            "name = 'it'\nclaim = 't > 1'\nfamily = { width = '3' }",
            5,
            "the unknown key",
        ),
        (
            "name = 'it'\nclaim = 't > 1'\n[[conjecture]]\nname = 'it'\nclaim = 't > 1'",
            6,
            "\"it\"",
        ),
    ] {
        let error = with_table(table).unwrap_err();
        assert_eq!(error.line(), Some(lines + line), "{table}: {error}");
        assert!(error.found().contains(found), "{table}: {error}");
    }
    // What the language does not know is told by line, too.
    for (table, line, key, found) in [
        (
            "name = 'it'\nclaim = 'nrom(0) > 1'",
            4,
            "conjecture[0].claim",
            "nrom",
        ),
        (
            "name = 'it'\nclaim = 't > 1'\nwhen = 'tt > 1'",
            5,
            "conjecture[0].when",
            "tt",
        ),
        (
            "name = 'it'\nclaim = 't > 1'\nover = 'expectd'",
            5,
            "conjecture[0].over",
            "expectd",
        ),
        (
            "name = 'it'\nclaim = 't > 1'\nover = 'probability >= 2'",
            5,
            "conjecture[0].over",
            "`2`",
        ),
        (
            "name = 'it'\nclaim = 't > 1'\nover = 'probability = 1'",
            5,
            "conjecture[0].over",
            "probability = 1",
        ),
    ] {
        let error = read(&with_table(table).unwrap()).unwrap_err();
        assert_eq!(error.line(), Some(lines + line), "{table}: {error}");
        assert_eq!(error.key(), Some(key), "{table}");
        assert!(error.found().contains(found), "{table}: {error}");
    }
    for (family, found) in [
        ("filters = '0..2'", "`0..2`"),
        ("filters = '3..2'", "`3..2`"),
        ("step = '0..1'", "`0`"),
        ("step = '1..1/2'", "`1..1/2`"),
        ("weights = 'a'", "`a`"),
        ("head = 'sings'", "`sings`"),
        ("prior = '1/2, 1'", "`1/2, 1`"),
        ("loss = 'hing'", "`hing`"),
        ("pooling = 'mean'", "`mean`"),
        ("key_patches = '5'", "`5`"),
    ] {
        let table = format!("name = 'it'\nclaim = 't > 1'\nfamily = {{ {family} }}");
        let file = with_table(&table).unwrap();
        let error = Family::read(&file.conjectures[0], &file.problem, &file.source).unwrap_err();
        assert_eq!(error.line(), Some(lines + 5), "{family}: {error}");
        assert!(error.found().contains(found), "{family}: {error}");
    }
}

/// The sign of a sum `q sqrt(d)`, by 4,000 bits of every root. With at most 4 roots of integers below 10^6 and factors of
/// at most 3 digits, the product of all 2^4 conjugates is a rational other than 0 with a denominator below 2^200, and
/// each conjugate is below 2^30: a sum that is not 0 is above 2^-700.
fn oracle(terms: &[(i64, i64, u64)]) -> Ordering {
    let mut sum = BigInt::zero();
    let common: i64 = terms.iter().map(|(_, q, _)| q).product();
    for (p, q, d) in terms {
        let root = (BigInt::from(*d) << 8_000u32).sqrt();
        sum += root * (p * (common / q));
    }
    if sum.abs() < (BigInt::from(1) << 2_000u32) {
        return Ordering::Equal;
    }
    sum.sign_order()
}

trait SignOrder {
    fn sign_order(&self) -> Ordering;
}

impl SignOrder for BigInt {
    fn sign_order(&self) -> Ordering {
        self.cmp(&BigInt::zero())
    }
}

fn surd(terms: &[(i64, i64, u64)]) -> Surd {
    terms.iter().fold(Surd::zero(), |sum, (p, q, d)| {
        let root = Surd::sqrt(&integer(*d)).unwrap();
        sum.plus(&root.times(&Surd::rational(ratio(*p, *q))))
    })
}

/// Radicands with many common square classes, so that sums cancel.
fn radicand() -> impl Strategy<Value = u64> {
    (prop::sample::select(vec![1u64, 2, 3, 5, 6, 30]), 0u64..9).prop_map(|(d, s)| d * s * s)
}

fn terms() -> impl Strategy<Value = Vec<(i64, i64, u64)>> {
    prop::collection::vec((-4i64..5, 1i64..4, radicand()), 0..5)
}

proptest! {
    #[test]
    fn sums_of_square_roots_have_the_sign_of_the_oracle(terms in terms()) {
        prop_assert_eq!(surd(&terms).sign(), oracle(&terms));
        prop_assert_eq!(surd(&terms).is_zero(), oracle(&terms).is_eq());
    }

    /// Close ones: sqrt(a) + sqrt(b) against sqrt(c) + sqrt(d) with a + b = c + d.
    #[test]
    fn near_sums_are_told_apart(a in 1u64..300, b in 1u64..300, shift in 0u64..20) {
        let terms = [(1, 1, a + shift), (1, 1, b), (-1, 1, a), (-1, 1, b + shift)];
        prop_assert_eq!(surd(&terms).sign(), oracle(&terms));
    }

    /// A field: products and quotients undo each other, and squares are what they are.
    #[test]
    fn quotients_undo_products(a in terms(), b in terms()) {
        let real = |terms: &[(i64, i64, u64)]| {
            terms.iter().fold(Real::zero(), |sum, (p, q, d)| {
                let root = Real::sqrt(&integer(*d)).unwrap();
                sum.plus(&root.times(&Real::Rational(ratio(*p, *q))).unwrap()).unwrap()
            })
        };
        let (x, y) = (real(&a), real(&b));
        let product = x.times(&y).unwrap();
        match product.over(&y).unwrap() {
            None => prop_assert!(y.sign().is_eq()),
            Some(quotient) => {
                prop_assert_eq!(quotient.compare(&x).unwrap(), Ordering::Equal);
                let more = quotient.plus(&Real::Rational(ratio(1, 1_000_000))).unwrap();
                prop_assert_eq!(more.compare(&x).unwrap(), Ordering::Greater);
            }
        }
        let (low, high) = x.enclosure();
        prop_assert!(Real::Rational(low).compare(&x).unwrap().is_le());
        prop_assert!(Real::Rational(high).compare(&x).unwrap().is_ge());
    }
}

fn found(problem: &Problem, claim: &str, when: Option<&str>, over: Over) -> Finding {
    let conjecture = Conjecture::new("it", claim, when, over).unwrap();
    check(problem, &conjecture, &Default::default())
        .unwrap_or_else(|(_, fault)| panic!("{claim}: {fault:?}"))
}

/// Claims with what is found of them on the expected dynamics of `small.toml`, which has 4 filters with alternating heads.
#[test]
fn claims_that_must_be_true_hold_and_their_opposites_do_not() {
    let small = problem("small")
        .changed(|parts| parts.training.steps = 12)
        .unwrap();
    let claims = [
        "norm(filter)^2 = norm_squared(filter)",
        "norm_squared(filter) = sum(Z(filter, p)^2 for p in patterns)",
        "sum(norm(j) for j in filters) >= norm(winner)",
        "max(norm(j) for j in filters) >= norm(filter) and min(norm(j) for j in filters) <= norm(filter)",
        "any(norm(j) = max(norm(i) for i in filters) for j in filters)",
        "count(1 = 1 for j in winners) + count(1 = 1 for j in losers) = n",
        "sum(probability(x) for x in images) = 1",
        "sum(probability(x) for x in images if label(x) = 1) = pi_+",
        "sum(probability(x) * N(x, pattern) for x in images if label(x) = -1) = EN_-(pattern)",
        "sum(probability(x) for x in images if margin(x) > 0) = accuracy",
        "min(margin(x) for x in images) = margin",
        "margin(image) >= margin",
        "-1 <= alignment(winner) <= 1",
        "alignment(winner) * norm(winner) = Z(winner, own(winner))",
        "Z(winner, own(winner)) > 0 or t < 0",
        "wrong(filter) != own(filter)",
        "own(0) = v+ and wrong(0) = 'v-' and own(1) = v-",
        "abs(-3/2) = 1.5 and sign(-2) = -1 and sign(0) = 0 and 2^10 = 1e3 + 24",
        "sqrt(8) = 2 * sqrt(2) and sqrt(2) + sqrt(3) > 3.146 and sqrt(2) + sqrt(3) < 3.1463",
        "min(t, 5) <= 5 and max(t, 5) >= t",
        "not t < 0 and (t >= 3 implies t >= 2)",
        "K = 2 and P = K + 2 and m = 2 and r = 1 and batch = 1 and steps = 12 and eta = 1/8",
        "gram(pattern, pattern) = 1",
        "all(gram(p, q) = 0 for p in patterns, q in patterns if p != q)",
        "norm0(filter) = norm(filter) or t >= 1",
        "head(filter) = head0(filter)",
    ];
    for claim in claims {
        let holds = found(&small, claim, None, Over::Expected);
        assert!(
            matches!(holds.verdict, Verdict::Holds),
            "{claim}: {:?}",
            holds.verdict
        );
        assert!(!holds.is_vacuous(), "{claim}");
        let opposite = format!("not ({claim})");
        let refuted = found(&small, &opposite, None, Over::Expected);
        assert!(matches!(refuted.verdict, Verdict::Refuted(_)), "{opposite}");
    }
}

#[test]
fn a_refutation_shows_the_first_step_and_the_choice() {
    let small = problem("small")
        .changed(|parts| parts.training.steps = 12)
        .unwrap();
    let refuted = found(
        &small,
        "t >= 0 and all(t < 7 or j != 2 for j in filters)",
        None,
        Over::Expected,
    );
    let Verdict::Refuted(Some(witness)) = refuted.verdict else {
        panic!("{:?}", refuted.verdict)
    };
    assert_eq!(
        (
            witness.t,
            &witness.failure.chosen[0].0[..],
            witness.failure.chosen[0].2
        ),
        (7, "j", 2)
    );
    // A condition on the step silences all others.
    let silent = found(&small, "t = 5", Some("t = 5"), Over::Expected);
    assert!(matches!(silent.verdict, Verdict::Holds));
    assert_eq!(silent.asked, 1);
    let never = found(&small, "1 = 0", Some("t > 12"), Over::Expected);
    assert!(never.is_vacuous());
}

#[test]
fn what_is_undefined_is_neither_true_nor_false() {
    let small = problem("small")
        .changed(|parts| parts.training.steps = 3)
        .unwrap();
    for (claim, reason) in [
        ("1 / t > 0", "a quotient by 0"),
        ("sqrt(t - 1) >= 0", "square root of a negative"),
        (
            "min(t for j in filters if head(j) > 5) >= 0",
            "least or the most of nothing",
        ),
    ] {
        let finding = found(&small, claim, None, Over::Expected);
        match finding.verdict {
            Verdict::Undecided(Why::Undefined { t: 0, what }) => {
                assert!(what.reason.contains(reason), "{claim}: {what:?}");
            }
            other => panic!("{claim}: {other:?}"),
        }
    }
    // What is defined decides, and a false step refutes.
    for claim in [
        "t = 0 or 1 / t > 0",
        "not (t > 0 and 1 / t <= 0)",
        "1 = 1 or 1 / 0 = 1",
    ] {
        let finding = found(&small, claim, None, Over::Expected);
        assert!(
            matches!(finding.verdict, Verdict::Holds),
            "{claim}: {:?}",
            finding.verdict
        );
    }
    let refuted = found(&small, "1 / t > 1", None, Over::Expected);
    assert!(matches!(refuted.verdict, Verdict::Refuted(Some(witness)) if witness.t == 1));
}

/// The probability that accuracy is 1 at a step is that of the exact law.
#[test]
fn probabilities_are_those_of_the_exact_law() {
    use filtercert::problem::Train::{Filters, FiltersAndHead};
    for (train, batch, steps) in [(Filters, 1, 5), (FiltersAndHead, 1, 3), (Filters, 2, 2)] {
        let problem = problem("small")
            .changed(|parts| {
                parts.training.train = train;
                parts.training.batch = batch;
                parts.training.steps = steps;
                parts.training.step = ratio(1, 2);
            })
            .unwrap();
        let law = filtercert::law(&problem, steps, &Default::default()).unwrap();
        assert!(law.p_perfect[steps as usize] > integer(0) || batch > 1);
        for t in 0..=steps {
            let when = format!("t = {t}");
            let over = Over::Probability {
                at_least: integer(0),
                strict: false,
            };
            let finding = found(&problem, "accuracy = 1", Some(&when), over);
            let Some(Chance::Exact(p, _)) = finding.chance else {
                panic!("{finding:?}");
            };
            assert_eq!(p, law.p_perfect[t as usize], "{train:?} {t}");
            assert!(matches!(finding.verdict, Verdict::Holds));
            let above = Over::Probability {
                at_least: p,
                strict: true,
            };
            let finding = found(&problem, "accuracy = 1", Some(&when), above);
            assert!(
                matches!(finding.verdict, Verdict::Refuted(_)),
                "{train:?} {t}"
            );
        }
    }
}

/// Counts of samples have the binomial law, and a path that breaks a claim does so when it is followed again.
#[test]
fn paths_are_followed_with_their_samples() {
    let small = problem("small")
        .changed(|parts| parts.training.steps = 5)
        .unwrap();
    let every = |claim: &str| found(&small, claim, None, Over::EveryPath);
    assert!(matches!(
        every("B_+ + B_- = t and updates <= t").verdict,
        Verdict::Holds
    ));
    let half = Over::Probability {
        at_least: ratio(1, 2),
        strict: false,
    };
    let two = found(&small, "B_+ = 2", Some("t = 5"), half);
    assert_eq!(two.chance, Some(Chance::Exact(ratio(10, 32), 5)));
    assert!(matches!(two.verdict, Verdict::Refuted(Some(_))));
    let claim = "norm_squared(0) <= norm_squared0(0)";
    let Verdict::Refuted(Some(witness)) = every(claim).verdict else {
        panic!("filter 0 never grows")
    };
    let path = witness.path.unwrap();
    assert_eq!(path.samples.len() as u64, witness.t);
    let end = replay(&small, &path.samples, &Default::default()).unwrap();
    let norm = |row: &[Q]| small.dictionary().norm_squared(row);
    assert!(norm(end.weights.row(0)) > norm(small.network().weights.row(0)));
    // One sample less, and nothing is broken: the path is the shortest.
    let (_, before) = path.samples.split_last().unwrap();
    let end = replay(&small, before, &Default::default()).unwrap();
    assert!(norm(end.weights.row(0)) <= norm(small.network().weights.row(0)));
}

#[test]
fn a_problem_that_is_too_large_is_not_said_to_be_checked() {
    let large = problem("balanced")
        .changed(|parts| parts.training.steps = 40)
        .unwrap();
    let finding = found(&large, "B_+ + B_- = t", None, Over::EveryPath);
    assert!(
        matches!(finding.verdict, Verdict::Undecided(Why::NotAll(_))),
        "{finding:?}"
    );
    assert!(finding.extent.paths.is_some());
    let refuted = found(&large, "B_+ <= 3", None, Over::EveryPath);
    assert!(matches!(refuted.verdict, Verdict::Refuted(Some(_))));
    let rare = Over::Probability {
        at_least: ratio(99, 100),
        strict: false,
    };
    let rare = found(&large, "B_+ <= 3", None, rare);
    assert!(matches!(rare.verdict, Verdict::Refuted(None)), "{rare:?}");
}

#[test]
fn attacks_are_repeatable_shrink_and_go_through_all() {
    let file = SourceProblem::read(Path::new(&example("conjectures/losers-shrink"))).unwrap();
    let conjecture = read(&file).unwrap().remove(0);
    let family = Family::read(&file.conjectures[0], &file.problem, &file.source).unwrap();
    let [one, two] = [1, 1].map(|seed| attack(&conjecture, &family, "it", seed, 2_000, false));
    let (problem, size, checked) = one.found.unwrap();
    assert_eq!(problem, two.found.unwrap().0);
    assert_eq!(
        (size.filters, size.patterns, size.steps),
        (1, 2, 1),
        "{size:?}"
    );
    assert!(checked.is_refuted());
    let file = SourceProblem::read(Path::new(&example("conjectures/pattern-statistics"))).unwrap();
    let at = |name: &str| {
        let place = file
            .conjectures
            .iter()
            .position(|table| table.name == name)
            .unwrap();
        let conjecture = read(&file).unwrap().remove(place);
        let table = &file.conjectures[place];
        (
            conjecture,
            Family::read(table, &file.problem, &file.source).unwrap(),
        )
    };
    let (conjecture, family) = at("same-sign");
    let all = attack(&conjecture, &family, "it", 1, 10_000, true);
    assert_eq!(all.found.unwrap().1.filters, 1);
    // 3 priors, 2 bags an image, 2 heads, 3^2 weights.
    let never = Conjecture::new("it", "t >= 0", None, Over::Expected).unwrap();
    let all = attack(&never, &family, "it", 1, 10_000, true);
    assert!(all.all);
    assert_eq!((all.tried, all.held), (3 * 2 * 2 * 2 * 9, 216));
    let part = attack(&never, &family, "it", 1, 100, true);
    assert!(!part.all && part.tried == 100);
}
