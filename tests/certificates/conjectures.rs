//! Conjectures in certificates: the language as the checker reads it against the language as `check` does, what it
//! refuses, and what ties a claim to a problem file.

use super::genuine::{example, tiny, tiny_leaky, tiny_max, tiny_unhinged};
use crate::number::ratio;
use filtercert::audit::conjecture::{self, Chance, Finding, Limits, Over as Asks, Verdict as Of};
use filtercert::certificate::bind::{Asked, AskedOver, Unbound, bind_conjectures, problem_of};
use filtercert::certificate::conjectured::Found;
use filtercert::certificate::emit::emit;
use filtercert::certificate::format::{
    Certificate, Claim, Conjecture, ConjectureFails, Natural, Number, Over, Said,
};
use filtercert::certificate::verify::{
    Limit, Quantity, Rule, Verdict, VerifyError, verify, verify_within,
};
use filtercert::problem::Problem;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

/// Every word of the language, at least once.
const SENTENCES: [(&str, &str); 66] = [
    ("norm(winner) >= 3/2 * norm(loser)", ""),
    ("norm(loser) <= norm0(loser)", ""),
    ("norm_squared(filter) <= norm_squared0(filter) + 1/4", ""),
    ("norm(filter)^2 = norm_squared(filter)", ""),
    ("norm(0) + norm(1) > norm(2) - sqrt(2)", ""),
    ("norm(0) / norm(1) < sqrt(3) / norm(2)", "norm(1) != 0"),
    ("sum(norm(j) for j in filters) <= 4", ""),
    (
        "max(norm(j) for j in winners) > min(norm(j) for j in losers)",
        "",
    ),
    ("alignment(winner) > 1/2", ""),
    ("alignment(filter) <= alignment0(filter) or t = 0", ""),
    ("-1 <= alignment(filter) <= 1", "norm(filter) > 0"),
    ("Z(winner, own(winner)) >= Z0(winner, own(winner))", ""),
    (
        "Z(filter, wrong(filter)) <= max(Z0(filter, wrong(filter)), 0)",
        "",
    ),
    ("Z(0, v+) > 1 and Z(1, v-) > 1", "t >= 1"),
    ("Z(0, 'v+') > 1 or Z(1, \"v-\") > 1", "not t >= 2"),
    ("Z(filter, u1) <= Z0(filter, u1) + eta * t", ""),
    ("abs(Z(filter, background)) < 2", ""),
    ("sign(Z(filter, key)) <= sign(Z0(filter, key))", ""),
    ("sign(Z(filter, pattern)) = sign(Z0(filter, pattern))", ""),
    ("head(filter) = head0(filter)", ""),
    ("abs(head(filter)) <= 1", ""),
    ("accuracy >= accuracy0", ""),
    ("accuracy = 1", "t = steps"),
    ("accuracy > 1/2", ""),
    ("loss <= loss0", ""),
    ("loss >= 0", ""),
    ("margin >= margin0", ""),
    ("margin(image) >= margin0(image) - eta", ""),
    ("margin <= margin(image)", ""),
    ("any(margin(x) > 0 for x in images)", ""),
    (
        "all(margin(x) > 0 for x in images) implies accuracy = 1",
        "",
    ),
    ("count(margin(x) > 0 for x in images) >= 2", ""),
    (
        "sum(probability(x) for x in images if margin(x) > 0) = accuracy",
        "",
    ),
    (
        "sum(probability(x) for x in images if label(x) = 1) = pi_+",
        "",
    ),
    ("pi_+ + pi_- = 1", ""),
    ("EN_+(key) * pi_- >= 0 and EN_-(pattern) <= 2", ""),
    (
        "sum(probability(x) * N(x, p) for x in images, p in keys) = sum(EN_+(p) + EN_-(p) for p in keys)",
        "",
    ),
    (
        "all(gram(p, q) = 0 for p in patterns, q in patterns if p != q)",
        "",
    ),
    ("gram(own(filter), own(filter)) = 1", ""),
    ("n = 3 and P >= 3 and batch = 1 and steps = 3", ""),
    ("K = count(1 = 1 for p in backgrounds)", ""),
    (
        "m = max(sum(N(x, p) for p in patterns) for x in images)",
        "",
    ),
    ("n * eta^2 > 1e-3", ""),
    ("t / 3 <= 1", ""),
    ("1 / t > 0", "t > 0"),
    ("t = 0 or 1 / t > 0", ""),
    ("1 / t > 0", ""),
    ("0 < t < 3", "t != 0 and t != 3"),
    ("own(winner) = v+ or own(winner) = v-", ""),
    ("winner != loser", ""),
    ("own(filter) != wrong(filter)", ""),
    ("norm(i) <= norm(j) or norm(j) <= norm(i)", "1 = 0"),
    (
        "all(norm(i) <= norm(j) or norm(j) < norm(i) for i in winners, for j in losers)",
        "",
    ),
    (
        "any(head(j) < 0 for j in filters) implies any(Z(j, v-) > 0 for j in filters if head(j) < 0)",
        "",
    ),
    ("min(1, 2, norm(0)) <= 1", ""),
    ("min(Z(j, p) for j in filters, p in backgrounds) > -2", ""),
    (
        "count(Z(j, v+) > 0 for j in filters if head(j) > 0) >= 1",
        "",
    ),
    ("updates <= 2", ""),
    ("B_+ + B_- = t", ""),
    ("Z(0, v+) <= Z0(0, v+) + eta * B_+", ""),
    (
        "norm(filter) \u{2264} 2 implies norm0(filter) \u{2264} 2",
        "",
    ),
    (
        "(Z(0, v+) - Z0(0, v+)) ** 2 \u{2265} 0 and 1 \u{2260} 2",
        "",
    ),
    ("-norm(0)^2 < 0", ""),
    ("2 * norm(0) - norm(0) - norm(0) = 0", ""),
    ("sqrt(8) = 2 * sqrt(2)", ""),
    (
        "sqrt(2) * sqrt(3) - sqrt(6) = 0 and sqrt(5) - sqrt(2) - sqrt(4/5) < 0",
        "",
    ),
];

fn problems() -> Vec<(&'static str, Problem)> {
    let plain = "background = 2";
    let weights = r#"[["9/8", "-1/8", "1/8", "-1/4"], ["-1/8", "5/4", "-3/8", "1/8"], ["-1/8", "1/8", "1/8", "-1/8"]]"#;
    let leaning = r#"patterns = { "v+" = ["1", "0", "0", "0"], "v-" = ["0", "1", "0", "0"], u1 = ["1/2", "0", "1", "0"], u2 = ["0", "1/3", "0", "1"] }"#;
    vec![
        ("unhinged", tiny_unhinged()),
        ("hinge", tiny("hinge", "filters", plain, weights)),
        (
            "perceptron",
            tiny("perceptron", "filters", leaning, weights),
        ),
        ("square", tiny("square", "filters+head", plain, weights)),
        (
            "squared-hinge",
            tiny("squared-hinge", "filters", plain, weights),
        ),
        ("leaky", tiny_leaky("hinge", 1, [[1, 0, 0], [0, 1, 1]])),
        ("max", tiny_max("unhinged")),
        ("max-hinge", tiny_max("hinge")),
    ]
}

fn asked(claim: &str, when: &str, over: Asks) -> conjecture::Conjecture {
    let when = (!when.is_empty()).then_some(when);
    conjecture::Conjecture::new("it", claim, when, over)
        .unwrap_or_else(|(_, fault)| panic!("{claim}: {fault:?}"))
}

/// What was found, as a certificate says it.
fn found<'f>(finding: &'f Finding, over: &Asks) -> Option<Found<'f>> {
    match (over, &finding.verdict) {
        (Asks::Probability { at_least, strict }, _) => match &finding.chance {
            Some(Chance::Exact(is, t)) => Some(Found::Probability {
                t: *t,
                is: is.clone(),
                at_least: at_least.clone(),
                strict: *strict,
            }),
            _ => None,
        },
        (_, Of::Undecided(_) | Of::Refuted(None)) => None,
        (Asks::Expected, Of::Holds) => Some(Found::Expected),
        (Asks::EveryPath, Of::Holds) => Some(Found::EveryPath),
        (_, Of::Refuted(Some(witness))) => Some(match &witness.path {
            None => Found::Fails(witness.t),
            Some(path) => Found::FailsOnPath(&path.samples),
        }),
    }
}

/// The opposite of a claim: for another step, or the other way round.
fn opposite(claim: &Claim) -> Vec<Claim> {
    match claim {
        Claim::Conjecture(claim) => match &claim.over {
            Over::Expected => (0..=claim.t.0)
                .map(|t| {
                    Claim::ConjectureFails(ConjectureFails {
                        says: claim.says.clone(),
                        t: Natural(t),
                        samples: None,
                    })
                })
                .collect(),
            Over::EveryPath => Vec::new(),
            Over::Probability {
                is,
                at_least,
                strict,
            } => {
                let mut other = claim.clone();
                other.over = Over::Probability {
                    is: Number(&is.0 + ratio(1, 1_000)),
                    at_least: at_least.clone(),
                    strict: *strict,
                };
                vec![Claim::Conjecture(other)]
            }
        },
        Claim::ConjectureFails(claim) => {
            let over = match &claim.samples {
                None => Over::Expected,
                Some(_) => Over::EveryPath,
            };
            let (says, t) = (claim.says.clone(), claim.t);
            vec![Claim::Conjecture(Conjecture { says, over, t })]
        }
        other => panic!("{other:?}"),
    }
}

/// `check` and the checker have one parser, one evaluation and one arithmetic of roots each. What the one finds, the other
/// confirms, and it denies the opposite.
#[test]
fn checker_and_check_read_the_language_alike() {
    let probability = Asks::Probability {
        at_least: ratio(3, 4).into(),
        strict: false,
    };
    let overs = [Asks::Expected, Asks::EveryPath, probability];
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut silent = Vec::new();
    let problems = problems().into_iter().map(|(name, problem)| {
        let mut nothing = emit(&problem, 0).expect("covered");
        nothing.retain(|_, _| false);
        (name, problem, nothing)
    });
    let problems: Vec<_> = problems.collect();
    for (claim, when) in SENTENCES {
        let mut certified = 0;
        for (name, problem, nothing) in &problems {
            for over in &overs {
                let asks = asked(claim, when, over.clone());
                // Words of keys that a problem does not have, counts of samples over the expected dynamics.
                let Ok(finding) = conjecture::check(problem, &asks, &Limits::default()) else {
                    continue;
                };
                let Some(found) = found(&finding, over) else {
                    *counts.entry("undecided").or_default() += 1;
                    continue;
                };
                let mut emitted = nothing.clone();
                let when = asks.when_text.as_deref();
                emitted
                    .add_conjecture(problem, ["it", claim], when, &found)
                    .expect("it has keys");
                let mut certificate = emitted.certificate;
                certificate.trim_segments();
                let report = verify(&certificate);
                let spoken = format!("{claim} when {when:?} over {over} of {name}: {report:#?}");
                let says = &report.claims[0].result;
                assert!(says.is_ok(), "{spoken}");
                certified += 1;
                let kind = certificate.claims[0].kind();
                *counts.entry(kind).or_default() += 1;
                for claim in opposite(&certificate.claims[0].clone()) {
                    certificate.claims = vec![claim];
                    let verdict = verify(&certificate).verdict();
                    assert_eq!(verdict, Verdict::Invalid, "the opposite: {spoken}");
                }
            }
        }
        if certified == 0 {
            silent.push(claim);
        }
    }
    println!("{counts:?}");
    let never = [
        // Undefined at step 0; about names that nothing has.
        "1 / t > 0",
        "norm(i) <= norm(j) or norm(j) <= norm(i)",
    ];
    assert_eq!(silent, never);
    assert!(
        counts["conjecture"] >= 1_000 && counts["conjecture-fails"] >= 80,
        "{counts:?}"
    );
}

fn said(claim: &str) -> Said {
    Said {
        claim: claim.to_owned(),
        when: None,
        steps: Natural(3),
    }
}

fn with(problem: &Problem, claim: Claim) -> Certificate {
    Certificate {
        problem: problem_of(problem).expect("covered"),
        segments: Vec::new(),
        claims: vec![claim],
    }
}

fn holds(claim: &str, over: Over) -> Claim {
    let (says, t) = (said(claim), Natural(3));
    Claim::Conjecture(Conjecture { says, over, t })
}

fn error(certificate: &Certificate) -> VerifyError {
    let report = verify_within(certificate, 50_000_000);
    let found = report.claims[0].result.clone();
    found.expect_err("refused")
}

#[test]
fn what_is_no_claim_is_refused() {
    let problem = tiny_unhinged();
    let deep = format!("{}1{} = 1", "(".repeat(60), ")".repeat(60));
    let long = format!("1 = 1{}", " or 1 = 1".repeat(500));
    let bad = [
        "",
        "1",
        "norm(0)",
        "norm(",
        "norm(0) >",
        "norm(0) > 1)",
        "norm(0) > 1 1",
        "norm(9) > 1",
        "norm(1/2) > 1",
        "norm(v+) > 1",
        "norm(0, 1) > 1",
        "norm > 1",
        "Z(0, 0) > 1",
        "Z(0, u3) > 1",
        "Z(0, u01) > 1",
        "Z(0, 'x') > 1",
        "Z(0, winner) > 1",
        "Z(j, v+) > 1",
        "filter > 1",
        "v+ > 1",
        "v+ < v-",
        "v+ = 0",
        "winner = v+ = v-",
        "own(v+) = v+",
        "own(0, 1) = v+",
        "weight(0) > 1",
        "t0 = 0",
        "eta0 > 0",
        "accuracy(0) > 0",
        "margin(99) > 0",
        "abs(1, 2) > 0",
        "abs() > 0",
        "sqrt(norm(0)) > 0",
        "sum(1, 2) > 0",
        "sum(1) > 0",
        "min(1) > 0",
        "mean(norm(j) for j in filters) > 0",
        "sum(norm(j) for j in filter) > 0",
        "sum(norm(j) for norm in filters) > 0",
        "sum(norm(j) for t in filters) > 0",
        "sum(norm(j) for j in filters, j in filters) > 0",
        "all(any(norm(j) > 0 for j in filters) for j in filters)",
        "sum(norm(j) for j filters) > 0",
        "sum(norm(j) for for in filters) > 0",
        "count(norm(j) for j in filters) > 0",
        "all(norm(j) for j in filters)",
        "sum(norm(j) > 0 for j in filters) > 0",
        "not norm(0)",
        "1 = 1 and 2",
        "(1 = 1) + 1 > 0",
        "1 < 2 implies",
        "2 ^ -1 > 0",
        "2 ^ 65 > 0",
        "2 ^ 1.5 > 0",
        "2 ^ 2.0 > 0",
        "Z(0, u18446744073709551615) > 0",
        "u18446744073709551615 = v+",
        // Never read, and no sentences all the same.
        "1 = 1 or nrom(0) > 0",
        "count(nrom(j) > 0 for j in losers if 1 = 0) = 0",
        "1 / 0 + nrom(0) > 0 or 1 = 1",
        "sqrt(norm_squared(0) - norm(0) * norm(0)) = 0",
        "2 ^ norm(0) > 0",
        "1e > 0",
        "1..2 > 0",
        "'v+ = v+",
        "1 ? 2",
        "B_+ >= 0",
        "updates >= 0",
        deep.as_str(),
        long.as_str(),
    ];
    for claim in bad {
        let found = error(&with(&problem, holds(claim, Over::Expected)));
        let VerifyError::Unmet { rule, .. } = found else {
            panic!("{claim}: {found}");
        };
        assert_eq!(rule, Rule::Language, "{claim}");
    }
    // r is a number where every image has as many keys.
    let mut uneven = with(&problem, holds("r = 1", Over::Expected));
    uneven.problem.atoms[0].counts[0] = Natural(2);
    let found = error(&uneven);
    assert!(
        matches!(
            found,
            VerifyError::Unmet {
                rule: Rule::Language,
                ..
            }
        ),
        "{found}"
    );
    let even = with(&problem, holds("r = 1 and m = 2", Over::Expected));
    assert_eq!(verify(&even).verdict(), Verdict::Valid);
}

#[test]
fn what_is_beyond_a_limit_is_not_covered() {
    let problem = tiny_unhinged();
    let primes = [2, 3, 5, 7, 11, 13, 17, 19, 23];
    let factors = primes.map(|p| format!("(1 + sqrt({p}))"));
    let roots = format!("{} > 0", factors.join(" * "));
    let power = "((2^64)^64)^64 > 0".to_owned();
    let powers = format!("({})^64 > 0", &power[..power.len() - 4]);
    for (claim, over, limit) in [
        ("1 / t > 0", Over::Expected, Limit::Undefined),
        (
            "min(norm(j) for j in filters if t > 9) > 0",
            Over::EveryPath,
            Limit::Undefined,
        ),
        ("sqrt(-1) > 0 or t > 0", Over::Expected, Limit::Undefined),
        (&roots, Over::Expected, Limit::Roots),
        (&powers, Over::Expected, Limit::Work),
        // What is done again and again is counted.
        (
            "count(norm(0)^0 = 1 for a in filters, b in filters, c in filters, d in filters, e in filters, f in filters, g in filters, h in filters, i in filters, j in filters, k in filters, l in filters, o in filters, p in filters, q in filters) > 0",
            Over::Expected,
            Limit::Work,
        ),
    ] {
        let found = error(&with(&problem, holds(claim, over)));
        let VerifyError::NotCovered { what, .. } = found else {
            panic!("{claim}: {found}");
        };
        assert_eq!(what, limit, "{claim}");
    }
    // Images of a family have no numbers, and a law takes one sample a step.
    let mut family = with(&problem, holds("margin(0) > -9", Over::Expected));
    assert_eq!(verify(&family).verdict(), Verdict::Valid);
    let atom = &mut family.problem.atoms[0];
    atom.draws = Some(filtercert::certificate::format::Draws {
        number: Natural(1),
        probabilities: [0, 0, 0, 1].map(|q| Number(ratio(q, 1))).into(),
    });
    let found = error(&family);
    assert!(
        matches!(
            found,
            VerifyError::NotCovered {
                what: Limit::Images,
                ..
            }
        ),
        "{found}"
    );
    let mut batches = with(&problem, holds("accuracy <= 1", Over::EveryPath));
    batches.problem.batch = Natural(2);
    let found = error(&batches);
    assert!(
        matches!(
            found,
            VerifyError::NotCovered {
                what: Limit::LawBatch,
                ..
            }
        ),
        "{found}"
    );
    // Theorems of sum pooling, asked of a network with the other one, and T3max of this one.
    for claim in emit(&problem, 3).expect("covered").certificate.claims {
        let of_both = ["state", "accuracy", "law", "path"].contains(&claim.kind());
        let mut other = with(&problem, claim);
        other.problem.pooling = Some(filtercert::certificate::format::Pooling::Max);
        let report = verify(&other);
        let says = &report.claims[0].result;
        let refused = |error: &VerifyError| {
            matches!(
                error,
                VerifyError::NotCovered {
                    what: Limit::Pooling,
                    ..
                }
            )
        };
        let is_refused = says.as_ref().is_err_and(refused);
        assert_eq!(is_refused, !of_both, "{report:?}");
    }
}

#[test]
fn wrong_numbers_of_conjectures_are_told() {
    let problem = tiny_unhinged();
    let chance = |is, at_least| Over::Probability {
        is: Number(is),
        at_least: Number(at_least),
        strict: false,
    };
    let never = chance(ratio(1, 1), ratio(1, 2));
    for (claim, over, of) in [
        ("t < 2", Over::Expected, Quantity::KeptSteps),
        ("t < 2", Over::EveryPath, Quantity::Kept),
        ("t < 2", never, Quantity::Kept),
    ] {
        let found = error(&with(&problem, holds(claim, over)));
        let VerifyError::Wrong {
            of: own,
            recomputed,
            ..
        } = found
        else {
            panic!("{claim}: {found}");
        };
        assert_eq!(
            (own, recomputed),
            (of, ratio(if of == Quantity::Kept { 0 } else { 2 }, 1))
        );
    }
    // The last step that there can be.
    let last = Natural(u64::MAX);
    let says = Said {
        steps: last,
        ..said("1 = 0")
    };
    let over = Over::Expected;
    let endless = Claim::Conjecture(Conjecture {
        says,
        over,
        t: last,
    });
    let found = error(&with(&problem, endless));
    assert!(
        matches!(
            found,
            VerifyError::Wrong {
                of: Quantity::KeptSteps,
                ..
            }
        ),
        "{found}"
    );
    let fails = |claim: &str, t: u64, samples| {
        let (says, t) = (said(claim), Natural(t));
        with(
            &problem,
            Claim::ConjectureFails(ConjectureFails { says, t, samples }),
        )
    };
    let path = |t: u64| Some((0..t).map(|_| vec![Natural(0)]).collect());
    for (claim, t, samples, rule) in [
        ("t < 2", 1, None, Rule::Fails),
        (
            "B_- = 0 and B_+ = 2 and updates = 2",
            2,
            path(2),
            Rule::Fails,
        ),
        ("t < 2", 2, path(1), Rule::PathLength),
        ("t < 2", 4, None, Rule::LastStep),
        ("t < 2", 1, Some(vec![vec![Natural(99)]]), Rule::Atoms),
    ] {
        let found = error(&fails(claim, t, samples));
        assert!(
            matches!(&found, VerifyError::Unmet { rule: own, .. } if *own == rule),
            "{found}"
        );
    }
    assert_eq!(verify(&fails("t < 2", 2, None)).verdict(), Verdict::Valid);
    assert_eq!(
        verify(&fails("B_- > 0", 2, path(2))).verdict(),
        Verdict::Valid
    );
}

/// A certificate of an easier conjecture does not pass for that of the file.
#[test]
fn another_conjecture_is_seen() {
    let problem = tiny_unhinged();
    let of = |claim: &str, when: Option<&str>, over| Asked {
        claim: claim.to_owned(),
        when: when.map(str::to_owned),
        over,
    };
    let at_least = |p, q, strict| AskedOver::Probability {
        at_least: ratio(p, q).into(),
        strict,
    };
    let asked = [
        of("t < 9", None, AskedOver::Expected),
        of("accuracy <= 1", None, AskedOver::EveryPath),
        of("t < 2", Some("t > 0"), at_least(1, 2, false)),
    ];
    let tie = |claim: Claim| bind_conjectures(&problem, &asked, &with(&problem, claim));
    let chance = |is: i64, p, q, strict| Over::Probability {
        is: Number(ratio(is, 1)),
        at_least: Number(ratio(p, q)),
        strict,
    };
    let mut third = said("t < 2");
    third.when = Some("t > 0".to_owned());
    let third = |over, t| {
        let (says, t) = (third.clone(), Natural(t));
        Claim::Conjecture(Conjecture { says, over, t })
    };
    let early = |claim: &str, over| {
        let (says, t) = (said(claim), Natural(2));
        Claim::Conjecture(Conjecture { says, over, t })
    };
    let fails = |claim: &str, samples| {
        let (says, t) = (said(claim), Natural(0));
        Claim::ConjectureFails(ConjectureFails { says, t, samples })
    };
    for claim in [
        holds("t < 9", Over::Expected),
        holds("accuracy <= 1", Over::EveryPath),
        third(chance(0, 1, 2, false), 3),
        // It only sinks.
        third(chance(0, 1, 2, false), 2),
        third(chance(1, 1, 2, false), 3),
        fails("t < 9", None),
        fails("accuracy <= 1", Some(Vec::new())),
    ] {
        assert_eq!(tie(claim.clone()), Ok(()), "{claim:?}");
    }
    let mut steps = said("t < 9");
    steps.steps = Natural(4);
    let steps = Claim::Conjecture(Conjecture {
        says: steps,
        over: Over::Expected,
        t: Natural(3),
    });
    for claim in [
        holds("t < 10", Over::Expected),
        holds("t < 9", Over::EveryPath),
        holds("accuracy <= 1", Over::Expected),
        early("t < 9", Over::Expected),
        early("accuracy <= 1", Over::EveryPath),
        third(chance(1, 1, 2, false), 2),
        third(chance(0, 1, 3, false), 3),
        third(chance(0, 1, 2, true), 3),
        third(Over::Expected, 3),
        fails("t < 9", Some(Vec::new())),
        fails("accuracy <= 1", None),
        fails("t < 2", Some(Vec::new())),
        steps,
    ] {
        assert_eq!(tie(claim.clone()), Err(Unbound::Conjecture(0)), "{claim:?}");
    }
    // Images have numbers in the language: another order is another claim.
    let mut reordered = with(&problem, holds("t < 9", Over::Expected));
    reordered.problem.atoms.reverse();
    assert_eq!(
        bind_conjectures(&problem, &asked, &reordered),
        Err(Unbound::Another("order of the images"))
    );
    // Patterns without keys have names of their own.
    let keyless = example("not-separable");
    assert!(!keyless.dictionary().has_keys());
    let mut certificate = with(&keyless, holds("t < 9", Over::Expected));
    let steps = Natural(keyless.training().steps);
    if let Claim::Conjecture(claim) = &mut certificate.claims[0] {
        (claim.t, claim.says.steps) = (steps, steps);
    }
    assert_eq!(
        bind_conjectures(&keyless, &asked, &certificate),
        Err(Unbound::Another("set of names of the patterns"))
    );
    let mut emitted = emit(&keyless, 0).expect("covered");
    let refused = emitted.add_conjecture(&keyless, ["it", "t < 9"], None, &Found::Expected);
    assert!(refused.is_err());
}

/// A text as words, numbers, names in quotes and symbols.
fn tokens(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for c in text.chars() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        match found.last_mut() {
            Some(last) if is_word(c) && last.chars().all(is_word) => last.push(c),
            _ => found.push(c.to_string()),
        }
    }
    found
}

/// Sentences with one or two words changed, dropped, doubled or taken from another: most say nothing any more. The checker
/// refuses those that `check` refuses, and no others, and no text makes it panic.
#[test]
fn what_is_no_claim_is_so_to_both() {
    let mut rng = ChaCha8Rng::seed_from_u64(25);
    let problem = tiny_unhinged();
    let certificate = with(&problem, holds("1 = 1", Over::Expected));
    let mut words: Vec<String> = SENTENCES
        .iter()
        .flat_map(|(claim, _)| tokens(claim))
        .collect();
    let more = [
        "losers", "keys", "for", "in", "if", "r", "u2", "u9", "99", "1e3", ".5", "head", "Z0",
        "**", "'u1'", "v", "updates",
    ];
    words.extend(more.map(str::to_owned));
    let (mut sentences, mut others) = (0, 0);
    for _ in 0..6_000 {
        let (claim, _) = SENTENCES[rng.random_range(0..SENTENCES.len())];
        let mut parts = tokens(claim);
        for _ in 0..rng.random_range(1..=2) {
            let at = rng.random_range(0..parts.len());
            let other = words[rng.random_range(0..words.len())].clone();
            match rng.random_range(0..5) {
                0 if parts.len() > 1 => drop(parts.remove(at)),
                1 => parts.insert(at, parts[at].clone()),
                2 => parts.insert(at, other),
                _ => parts[at] = other,
            }
        }
        let claim = parts.concat();
        let read = conjecture::Conjecture::new("it", &claim, None, Asks::Expected);
        let limits = Limits {
            work: 20_000,
            ..Limits::default()
        };
        let is_sentence =
            read.is_ok_and(|asks| conjecture::check(&problem, &asks, &limits).is_ok());
        let mut certificate = certificate.clone();
        certificate.claims = vec![holds(&claim, Over::Expected)];
        let report = verify_within(&certificate, 50_000_000);
        let refused = matches!(
            &report.claims[0].result,
            Err(VerifyError::Unmet {
                rule: Rule::Language,
                ..
            })
        );
        assert_eq!(refused, !is_sentence, "{claim}: {report:?}");
        match is_sentence {
            true => sentences += 1,
            false => others += 1,
        }
    }
    assert!(sentences >= 500 && others >= 2_000, "{sentences} {others}");
}
