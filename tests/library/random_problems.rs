//! The generator of random problems does what the property tests rely on.

use crate::common::strategy::{Cases, for_all, property, said};
use crate::common::{DictionaryKind, DistributionKind, Shape};
use filtercert::problem::{Format, Label, Pooling, Problem, parse_problem};

#[test]
fn cayley_rows_are_orthonormal_and_not_standard() {
    let shape = Shape {
        dictionary: DictionaryKind::Cayley,
        ..Shape::default()
    };
    let mut rotated = 0;
    property(shape, 0, 50, |problem| {
        assert!(problem.dictionary().is_orthonormal());
        let vectors = problem.dictionary().vectors().unwrap();
        rotated += usize::from(vectors[0].iter().filter(|x| x.numer() != &0.into()).count() > 1);
    });
    assert!(rotated >= 40, "{rotated} of 50 are rotated");
}

#[test]
fn coherent_dictionaries_are_not_orthonormal_and_some_are_dependent() {
    let shape = Shape {
        dictionary: DictionaryKind::Coherent,
        distribution: DistributionKind::Atoms,
        winners_and_losers: false,
        ..Shape::default()
    };
    let mut dependent = 0;
    property(shape, 0, 50, |problem| {
        assert!(!problem.dictionary().is_orthonormal());
        dependent += usize::from(problem.dictionary().is_dependent());
    });
    assert!(
        (5..=45).contains(&dependent),
        "{dependent} of 50 are dependent"
    );
}

#[test]
fn winners_and_losers_are_present() {
    for pooling in [Pooling::Sum, Pooling::Max] {
        let shape = Shape {
            pooling,
            ..Shape::default()
        };
        property(shape, 0, 50, |problem| {
            let winners: usize = Label::BOTH.iter().map(|&y| problem.winners(y).len()).sum();
            for label in Label::BOTH {
                assert!(!problem.winners(label).is_empty());
            }
            assert!(winners < problem.n_filters(), "no loser");
        });
    }
}

#[test]
fn what_is_asserted_of_a_random_problem_shrinks_and_is_told_with_its_place() {
    let cases = Cases {
        cases: 50,
        seed: 0,
        failures: None,
    };
    let few = |problem: &Problem| said(|| assert!(problem.n_filters() < 4, "too many filters"));
    let (reason, file) = for_all(&Shape::default(), cases, few).unwrap_err();
    assert!(reason.contains("too many filters"), "{reason}");
    assert!(
        reason.contains("tests/library/random_problems.rs"),
        "{reason}"
    );
    let smallest = parse_problem("smallest.toml", &file, Format::Toml).unwrap();
    assert_eq!(smallest.n_filters(), 4);
    assert_eq!(smallest.n_patterns(), 3);
    // Another thread's panic is told too.
    let thread = || std::thread::scope(|scope| scope.spawn(|| panic!("elsewhere")).join());
    let told = said(|| std::panic::resume_unwind(thread().unwrap_err()));
    assert_eq!(told, Err("elsewhere".to_owned()));
}
