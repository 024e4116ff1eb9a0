//! Distances of hypotheses, by moving what they are about.

use filtercert::audit::distance::{Distance, distance};
use filtercert::number::{Q, integer, ratio};
use filtercert::problem::assumption::{AssumptionId, Audit, audit};
use filtercert::problem::{Atom, AtomTable, Distribution, Label, Problem, read_problem};
use filtercert::theory::asked::audit_for;
use filtercert::theory::forms;
use num_traits::{One, Signed};

fn example(name: &str) -> Problem {
    read_problem(format!("examples/{name}.toml").as_ref()).unwrap()
}

fn of(problem: &Problem, id: AssumptionId) -> (Audit, Distance) {
    let audits = audit(problem);
    let found = audits.into_iter().find(|audit| audit.id == id).unwrap();
    let far = distance(problem, &found);
    (found, far)
}

/// With every key coordinate of the right sign lowered by this much.
fn lowered(problem: &Problem, by: &Q) -> Problem {
    let problem = problem
        .changed(|parts| parts.network = parts.network.clone().into_explicit())
        .unwrap();
    problem
        .changed(|parts| {
            for j in 0..parts.network.head.len() {
                for key in 0..2 {
                    parts.network.weights.row_mut(j)[key] -= by;
                }
            }
        })
        .unwrap()
}

#[test]
fn winners_are_lost_exactly_at_their_distance() {
    let problem = example("small");
    let (found, far) = of(&problem, AssumptionId::A6prime);
    let Distance::ToFail(far) = far else {
        panic!("{far:?}")
    };
    assert!(found.holds && far.is_positive());
    let less = &far * ratio(999, 1000);
    assert!(of(&lowered(&problem, &less), AssumptionId::A6prime).0.holds);
    let gone = lowered(&problem, &far);
    let (found, none) = of(&gone, AssumptionId::A6prime);
    assert!(!found.holds);
    assert_eq!(none, Distance::ToHoldBeyond(integer(0)));
    let further = lowered(&problem, &(&far + ratio(1, 3)));
    assert_eq!(
        of(&further, AssumptionId::A6prime).1,
        Distance::ToHoldBeyond(ratio(1, 3))
    );
    assert!(
        of(&lowered(&further, &ratio(-1, 2)), AssumptionId::A6prime)
            .0
            .holds
    );
}

#[test]
fn equations_have_nothing_to_spare_and_failures_their_measure() {
    for (name, id) in [
        ("violates-a1", AssumptionId::A1),
        ("violates-a3", AssumptionId::A3),
        ("violates-a4", AssumptionId::A4),
    ] {
        let (found, far) = of(&example(name), id);
        assert_eq!(far, Distance::ToHold(found.measure.unwrap()), "{name}");
        assert_eq!(of(&example("small"), id).1, Distance::Tight);
    }
    let (_, far) = of(&example("violates-a5f"), AssumptionId::A5f);
    let head = example("violates-a5f").network().head.clone();
    let worst = head
        .iter()
        .map(|a| (a.abs() - Q::one()).abs())
        .max()
        .unwrap();
    assert_eq!(far, Distance::ToHold(worst));
    assert_eq!(
        of(&example("small"), AssumptionId::A6).1,
        Distance::Unmeasured
    );
}

/// The images that must change so that A2 holds: 1/8 lack their key, 1/4 hold it twice.
#[test]
fn faulty_images_are_weighed() {
    let atom = |label, counts: [u32; 4], probability| Atom {
        label,
        counts: counts.to_vec(),
        probability,
    };
    let table = AtomTable::new(
        4,
        vec![
            atom(Label::Plus, [1, 0, 0, 0], ratio(1, 2)),
            atom(Label::Minus, [0, 1, 0, 0], ratio(1, 8)),
            atom(Label::Minus, [0, 2, 0, 0], ratio(1, 4)),
            atom(Label::Minus, [1, 1, 0, 0], ratio(1, 8)),
        ],
    );
    let distribution = Distribution::Explicit(table.unwrap().into());
    let problem = example("small")
        .changed(|parts| parts.distribution = distribution)
        .unwrap();
    assert_eq!(
        of(&problem, AssumptionId::A2).1,
        Distance::ToHold(ratio(3, 8))
    );
}

/// H of T12: the room is that of the means, by their definition.
#[test]
fn the_room_of_h_is_that_of_the_means() {
    let problem = example("violates-a3");
    let form = forms()
        .find(|form| form.statement().id.name() == "T12")
        .unwrap();
    let audits = audit_for(form, &problem);
    let h = audits
        .iter()
        .find(|audit| audit.id == AssumptionId::H)
        .unwrap();
    let counts = problem.distribution().signed_mean_counts();
    // Heads are +1 and -1; of each sign the largest mean that is not of its own key.
    let largest = [1, -1].map(|a| {
        let own = if a > 0 { 0 } else { 1 };
        let others = counts.iter().enumerate().filter(|(p, _)| *p != own);
        others.map(|(_, count)| count * integer(a)).max().unwrap()
    });
    let least = largest.iter().min().unwrap().clone();
    let expected = match (h.holds, least.is_positive()) {
        (false, true) => Distance::ToHold(least),
        (true, false) if least == integer(0) => Distance::Tight,
        (true, false) => Distance::ToFail(-least),
        other => panic!("{other:?}"),
    };
    assert_eq!(distance(&problem, h), expected);
    let separable = example("data-set");
    let form = forms()
        .find(|form| form.statement().id.name() == "T14")
        .unwrap();
    let audits = audit_for(form, &separable);
    assert_eq!(
        distance(&separable, &audits[1]),
        Distance::ToFail(ratio(49, 464))
    );
}
