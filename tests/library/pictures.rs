//! Data of pictures: walks, rounding and fates, beside what the engines and the figures of theorems show.

use filtercert::check::{CheckReport, Config, check};
use filtercert::dynamics::walks::end_points;
use filtercert::number::{Q, integer};
use filtercert::problem::{Problem, read_problem};
use filtercert::report::json;
use filtercert::theory::record::TheoremId;
use filtercert::theory::trained_head::Plane;
use filtercert::theory::verdict::Figure;
use num_traits::Signed;
use std::cmp::Ordering;
use std::path::Path;

fn shown(name: &str, steps: u64) -> (Problem, CheckReport) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(name);
    let problem = read_problem(&file).unwrap();
    let shorter = |parts: &mut filtercert::problem::Parts| {
        parts.training.steps = steps;
        parts.training.runs = 20;
    };
    let problem = problem.changed(shorter).unwrap();
    let config = Config {
        with_series: true,
        ..Config::default()
    };
    let report = check(&problem, &config);
    (problem, report)
}

#[test]
fn walks_end_where_the_engine_of_end_points_does() {
    let (problem, report) = shown("violates-a5t.toml", 500);
    let walks = &report.pictures.walks;
    assert!(!walks.is_empty() && walks.len() <= 2);
    let seed = problem.training().seed;
    for walk in walks {
        let last = |run: &Vec<i64>| *run.last().unwrap();
        let found: Vec<i64> = walk.runs.iter().map(last).collect();
        let end = end_points(&problem, 500, 5, seed, &|end| end.walk[walk.pattern - 2]);
        assert_eq!(found, end.unwrap());
        assert!(
            walk.runs
                .iter()
                .all(|run| run.len() == walk.times.len() && run[0] == 0)
        );
        let names: Vec<&str> = walk.barriers.iter().map(|b| b.theorem.name()).collect();
        assert_eq!(names, ["T4", "T5"]);
        // Most of these walks stay within barriers that fail with probability 1/100.
        for barrier in walk
            .barriers
            .iter()
            .filter(|b| b.failure < Q::new(1.into(), 50.into()))
        {
            let within = |run: &&Vec<i64>| run.iter().all(|s| s.unsigned_abs() <= barrier.walk);
            assert!(walk.runs.iter().filter(within).count() >= 3);
        }
    }
    let document = json::report(&report);
    assert_eq!(
        document["series"]["walks"].as_array().unwrap().len(),
        walks.len()
    );
}

#[test]
fn without_a_theorem_that_asks_for_them_no_walks_are_shown() {
    let (_, report) = shown("small.toml", 60);
    assert!(report.pictures.walks.is_empty() && report.pictures.fates.is_empty());
}

#[test]
fn rounding_stays_within_the_bound_of_t10() {
    for (name, steps) in [("violates-a5t.toml", 300), ("trained-head.toml", 100)] {
        let (_, report) = shown(name, steps);
        let points = &report.pictures.rounding;
        assert!(points.len() > 5, "{name}: {}", points.len());
        assert!(points.is_sorted_by(|a, b| a.t < b.t));
        assert!(points.iter().all(|point| point.error <= point.bound));
        assert!(points.last().unwrap().bound.is_positive());
    }
}

#[test]
fn fates_are_those_of_the_figures_and_the_line_divides_them() {
    let (problem, report) = shown("trained-head.toml", 200);
    let fates = &report.pictures.fates;
    assert_eq!(fates.len(), problem.n_filters());
    let mut outcomes = report.outcomes.iter();
    let t7 = outcomes
        .find(|outcome| outcome.id() == TheoremId::T7)
        .unwrap();
    for name in [
        "frozen",
        "learns_plus",
        "learns_minus",
        "dies",
        "fades",
        "balanced",
    ] {
        let count = fates.iter().filter(|filter| filter.fate == name).count();
        assert_eq!(
            t7.figures.get(name),
            Some(&Figure::Exact(integer(count as u64))),
            "{name}"
        );
    }
    let mut planes = [0; 3];
    for filter in fates {
        let Some(slope) = filter.plane.boundary() else {
            assert_eq!(filter.fate, "frozen");
            continue;
        };
        // The head beside the line, by squares with their signs.
        let across = filter.plane.first(&filter.keys).unwrap();
        let line = slope.signed_square() * &across * across.abs();
        let side = (&filter.head * filter.head.abs()).cmp(&line);
        let expected = match (filter.plane, side) {
            (Plane::One(0), Ordering::Greater) | (Plane::Both, Ordering::Greater) => "learns_plus",
            (Plane::One(_), Ordering::Less) if filter.plane != Plane::One(0) => "learns_minus",
            (Plane::Both, Ordering::Less) => "learns_minus",
            (Plane::Both, Ordering::Equal) => "balanced",
            (_, Ordering::Equal) => "fades",
            _ => "dies",
        };
        assert_eq!(filter.fate, expected);
        planes[match filter.plane {
            Plane::One(key) => key,
            _ => 2,
        }] += 1;
    }
    assert!(planes.iter().all(|&n| n > 0), "{planes:?}");
}
