//! The generator of random problems does what the property tests rely on.

use crate::common::strategy::property;
use crate::common::{DictionaryKind, DistributionKind, Shape};
use filtercert::problem::{Label, Pooling};

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
