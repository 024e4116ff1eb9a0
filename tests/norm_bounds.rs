//! The norm bounds that reports draw hold along the exact expected dynamics, and are not idle.

mod common;

use common::{Shape, problems};
use filtercert::dynamics::expected::{Expected, Limits};
use filtercert::number::{Q, integer};
use filtercert::problem::assumption::audit;
use filtercert::problem::{Label, Loss};
use filtercert::theory::norm_bounds::NormBounds;

#[test]
fn norms_of_the_expected_dynamics_stay_inside_the_bounds() {
    let mut compared = 0;
    let mut tight = 0;
    for (loss, balanced) in [
        (Loss::Unhinged, true),
        (Loss::Unhinged, false),
        (Loss::Hinge, true),
        (Loss::Perceptron, false),
    ] {
        let shape = Shape {
            loss,
            balanced,
            same_background: balanced,
            steps: 15..=25,
            ..Shape::default()
        };
        for (seed, problem) in problems(shape, 0, 40) {
            let bounds = NormBounds::new(&problem, &audit(&problem), None).unwrap();
            let winners: Vec<usize> = Label::BOTH
                .iter()
                .flat_map(|&y| problem.winners(y))
                .collect();
            let mut engine = Expected::new(&problem, &Limits::default()).unwrap();
            for t in 0..=problem.training().steps {
                engine.advance_to(t).unwrap();
                let norms = engine.state().norms_squared(&problem);
                let least = bounds.winner_squared_at_least(t).unwrap();
                let most = bounds.loser_squared_at_most(t).unwrap();
                for (j, norm) in norms.iter().enumerate() {
                    if winners.contains(&j) {
                        assert!(*norm >= least, "seed {seed}, step {t}, winner {j}");
                        // The bound is within a factor 4 of the norm in at least some cases.
                        tight += u64::from(&least * integer(16) >= *norm);
                    } else {
                        assert!(*norm <= most, "seed {seed}, step {t}, loser {j}");
                    }
                    compared += 1;
                }
            }
        }
    }
    println!("{compared} norms compared, {tight} within a factor 4 of the winners' bound");
    assert!(compared > 5_000 && tight > 1_000);
}

#[test]
fn a_cap_on_updates_stops_the_growth_of_the_hinge_bound() {
    let shape = Shape {
        loss: Loss::Hinge,
        ..Shape::default()
    };
    let (_, problem) = problems(shape, 3, 1).next().unwrap();
    let audits = audit(&problem);
    let capped = NormBounds::new(&problem, &audits, Some(Q::from_integer(7.into()))).unwrap();
    let free = NormBounds::new(&problem, &audits, None).unwrap();
    assert_eq!(
        capped.loser_squared_at_most(7),
        free.loser_squared_at_most(7)
    );
    assert_eq!(
        capped.loser_squared_at_most(7),
        capped.loser_squared_at_most(1_000)
    );
    assert!(free.loser_squared_at_most(1_000) > capped.loser_squared_at_most(1_000));
}
