//! The bridge: sixteen cells, each compared with the theorem that speaks of it and with no other.

use filtercert::images::bridge::{
    Bridge, BridgeLoss, BridgePlan, Cell, Factors, Labels, Overlap, SemiReal, Verdict, Zero, bridge,
};
use filtercert::images::data::{DataSet, Images};
use filtercert::images::planted::{Kind, PATCH, generate};
use filtercert::report::bridge_map::bridge_map;
use std::sync::atomic::{AtomicU64, Ordering};

/// Images that are no patterns: smooth, on a black ground, and so with patches like each other and like the keys.
fn smooth(n: usize, from: usize) -> Images {
    let pixel = |i: usize, at: usize| {
        let (row, column) = (at / 12, at % 12);
        let wave = (i * 37 + row * (3 + i % 5) + column * (i % 7)) % 64;
        if (row + i) % 12 < 3 {
            0
        } else {
            (60 + 3 * wave) as u8
        }
    };
    let images = from..from + n;
    let pixels = images
        .clone()
        .flat_map(|i| (0..144).map(move |at| pixel(i, at)));
    let labels = images.map(|i| (i % 2) as u8);
    Images::new(12, 12, 2, pixels.collect(), labels.collect()).expect("images")
}

fn data() -> DataSet {
    DataSet {
        name: "smooth".to_owned(),
        train: smooth(60, 0),
        test: smooth(25, 60),
    }
}

fn plan() -> BridgePlan {
    BridgePlan {
        filters: 8,
        steps: 120,
        batch: 4,
        seeds: vec![1, 2, 3],
        ..BridgePlan::default()
    }
}

fn run(data: &DataSet, plan: &BridgePlan) -> Bridge {
    bridge(data, plan, &|_| ()).expect("it fits")
}

fn find(bridge: &Bridge, overlap: Overlap, labels: Labels, loss: BridgeLoss) -> Vec<&Cell> {
    let cells = bridge.cells.iter();
    cells
        .filter(|c| {
            (c.factors.overlap, c.factors.labels, c.factors.loss) == (overlap, labels, loss)
        })
        .collect()
}

fn holds(cell: &Cell, id: &str) -> bool {
    let found = cell.hypotheses.iter().find(|h| h.id == id);
    found.unwrap_or_else(|| panic!("{id}")).holds
}

#[test]
fn each_cell_is_compared_with_the_theorem_that_speaks_of_it() {
    let found = run(&data(), &plan());
    let factors: Vec<Factors> = found.cells.iter().map(|c| c.factors).collect();
    assert_eq!(factors, Factors::all());
    assert_eq!((found.images, found.places), ([60, 25], 9));
    for overlap in [Overlap::AsIs, Overlap::Projected] {
        let projected = overlap == Overlap::Projected;
        for cell in find(&found, overlap, Labels::Averaged, BridgeLoss::Unhinged) {
            // T2 to the letter, whatever the backgrounds: no loser is revived.
            assert_eq!(cell.theorem.as_deref(), Some("T2"));
            assert_eq!(cell.verdict, Verdict::Inside, "{cell:#?}");
            assert_eq!(cell.seen.revived.mean, Some(0.0));
            assert!((cell.seen.growth.mean.expect("winners") - 1.0).abs() < 1e-9);
            // A1 fails; only where A1k holds do the responses to the backgrounds stay.
            assert!(!holds(cell, "A1"));
            assert_eq!(holds(cell, "A1k"), projected);
            let moved = cell.seen.background_move.mean.expect("steps");
            assert_eq!(moved < 1e-9, projected, "{moved}");
            let said = cell.comparisons.iter().any(|c| c.part == "T1, backgrounds");
            assert_eq!(said, projected);
        }
        for (labels, loss, theorem) in [
            (Labels::Sampled, BridgeLoss::Unhinged, "T12"),
            (Labels::Sampled, BridgeLoss::Hinge, "T6c"),
            (Labels::Averaged, BridgeLoss::Hinge, "T6c"),
        ] {
            for cell in find(&found, overlap, labels, loss) {
                if projected {
                    assert_eq!(cell.theorem.as_deref(), Some(theorem));
                    assert_eq!(cell.verdict, Verdict::Inside, "{cell:#?}");
                    assert!(cell.comparisons.iter().any(|c| c.could_fail));
                } else {
                    assert_eq!(
                        (cell.theorem.as_deref(), cell.verdict),
                        (None, Verdict::NoTheorem)
                    );
                    assert!(cell.comparisons.is_empty());
                    let silent = cell.silent.iter().find(|s| s.theorem == theorem);
                    let because = &silent.expect(theorem).because;
                    assert!(because.contains("A1k fails"), "{because}");
                }
            }
        }
    }
    // The theorems on orthonormal backgrounds speak of no cell.
    for cell in &found.cells {
        let names: Vec<&str> = cell.silent.iter().map(|s| s.theorem.as_str()).collect();
        let sgd =
            (cell.factors.labels, cell.factors.loss) == (Labels::Sampled, BridgeLoss::Unhinged);
        assert_eq!(names.contains(&"T4") && names.contains(&"T5s"), sgd);
        assert_eq!(
            names.contains(&"T6"),
            cell.factors.loss == BridgeLoss::Hinge
        );
    }
}

#[test]
fn projected_backgrounds_are_orthogonal_to_the_keys() {
    for zero in [Zero::Black, Zero::Mean] {
        for (overlap, apart) in [(Overlap::AsIs, false), (Overlap::Projected, true)] {
            let set = SemiReal::new(&data(), PATCH, 2_000, overlap, zero).expect("a set");
            let mut most = 0.0f64;
            for image in set.train().chain(set.test()) {
                for patch in image.chunks(set.pixels()) {
                    for label in [0, 1] {
                        let along: f64 = patch.iter().zip(set.key(label)).map(|(a, b)| a * b).sum();
                        most = most.max(along.abs());
                    }
                }
            }
            assert_eq!(most < 1e-9, apart, "{most}");
            assert_eq!(set.geometry().key_background < 1e-9, apart);
        }
        let set = SemiReal::new(&data(), PATCH, 5, Overlap::AsIs, zero).expect("a set");
        assert_eq!(
            (set.train().len(), set.test().len(), set.places()),
            (5, 5, 9)
        );
        // Only with black as zero is a black patch 0.
        let black = set
            .train()
            .flat_map(|image| image.iter())
            .any(|x| *x == 0.0);
        assert_eq!(black, zero == Zero::Black);
    }
}

/// The moments of the dictionary, against their definition.
#[test]
fn the_moments_are_those_of_the_definition() {
    let set = SemiReal::new(&data(), PATCH, 7, Overlap::Projected, Zero::Mean).expect("a set");
    let geometry = set.geometry();
    let (mut sum, mut most, mut count) = (0.0, 0.0f64, 0.0);
    for image in set.train() {
        let patches: Vec<&[f64]> = image.chunks(set.pixels()).collect();
        for place in 0..patches.len() {
            let mut square = 0.0;
            let mut left = patches.clone();
            left.remove(place);
            for x in &left {
                for y in &left {
                    let product: f64 = x.iter().zip(*y).map(|(a, b)| a * b).sum();
                    square += product.max(0.0);
                }
            }
            (sum, most, count) = (sum + square, most.max(square), count + 1.0);
        }
    }
    assert!((geometry.mean_square - sum / count).abs() < 1e-9);
    assert!((geometry.most_square - most).abs() < 1e-9);
    assert_eq!(geometry.patterns, None);
    // Four generated patterns, and what is left of a key without its stripes: the grey between them.
    let planted = generate(Kind::Orthogonal, 50, 5, 1).data;
    let set = SemiReal::new(&planted, PATCH, 50, Overlap::Projected, Zero::Black).expect("a set");
    assert_eq!(set.geometry().patterns, Some(5));
}

#[test]
fn results_are_the_same_on_any_number_of_threads_and_are_read_back() {
    let small = BridgePlan {
        steps: 20,
        seeds: vec![4, 9],
        ..plan()
    };
    let told = AtomicU64::new(0);
    let progress = |n: u64| {
        told.fetch_add(n, Ordering::Relaxed);
    };
    let found = bridge(&data(), &small, &progress).expect("it fits");
    assert_eq!(told.into_inner(), small.total_steps());
    assert_eq!(small.total_steps(), 16 * 2 * 20);
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let again = one.expect("a thread").install(|| run(&data(), &small));
    assert_eq!(found, again);
    let text = serde_json::to_string(&found).expect("JSON");
    let back: Bridge = serde_json::from_str(&text).expect("read");
    assert_eq!(serde_json::to_string(&back).expect("JSON"), text);
    let other = BridgePlan {
        seeds: vec![4, 10],
        ..small
    };
    assert_ne!(
        run(&data(), &other).cells[0].runs[1],
        found.cells[0].runs[1]
    );
}

#[test]
fn runs_end_where_they_overflow() {
    let huge = BridgePlan {
        init_scale: 1e200,
        steps: 5,
        ..plan()
    };
    let found = run(&data(), &huge);
    for cell in &found.cells {
        assert_eq!(cell.verdict, Verdict::NotFinite);
        let steps: Vec<(u64, u64)> = cell.not_finite.iter().map(|r| (r.seed, r.step)).collect();
        assert_eq!(steps, [(1, 0), (2, 0), (3, 0)]);
        assert_eq!(
            (cell.seen.accuracy.mean, cell.seen.accuracy.runs),
            (None, 0)
        );
    }
    let fast = BridgePlan {
        step: 1e200,
        steps: 5,
        ..plan()
    };
    let told = AtomicU64::new(0);
    let progress = |n: u64| {
        told.fetch_add(n, Ordering::Relaxed);
    };
    let found = bridge(&data(), &fast, &progress).expect("it fits");
    assert_eq!(told.into_inner(), fast.total_steps());
    for cell in &found.cells {
        assert_eq!(cell.verdict, Verdict::NotFinite);
        assert!(cell.not_finite.iter().all(|r| r.step >= 1), "{cell:?}");
    }
    let text = serde_json::to_string(&found).expect("JSON");
    let _: Bridge = serde_json::from_str(&text).expect("read");
    assert!(
        bridge_map(&found)
            .expect("drawn")
            .svg
            .contains("not finite")
    );
}

#[test]
fn bad_plans_are_refused_with_what_was_expected() {
    let said = |change: fn(&mut BridgePlan)| {
        let mut bad = plan();
        change(&mut bad);
        bridge(&data(), &bad, &|_| ())
            .expect_err("refused")
            .to_string()
    };
    let cases: [(String, &str); 6] = [
        (said(|p| p.patch = 13), "13"),
        (said(|p| p.patch = 1), "1"),
        (
            said(|p| p.filters = 0),
            "filters: found 0, expected at least 1",
        ),
        (said(|p| p.batch = 0), "batch: found 0"),
        (said(|p| p.images = 0), "training images: found 0"),
        (
            said(|p| p.filters = usize::MAX),
            "parameters, expected at most",
        ),
    ];
    for (said, expected) in cases {
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn the_picture_shows_each_cell_with_its_theorem() {
    let found = run(&data(), &plan());
    let map = bridge_map(&found).expect("drawn");
    assert_eq!(map.name, "bridge.svg");
    let count = |text: &str| map.svg.matches(text).count();
    let expected = [
        ("T2: inside", 4),
        ("T12: inside", 2),
        ("T6c: inside", 4),
        ("no theorem\n", 6),
    ];
    for (text, n) in expected {
        assert_eq!(count(text), n, "{text}");
    }
    let accuracy = found.cells[0].seen.accuracy.mean.expect("runs");
    assert!(count(&format!("{accuracy:.3}")) >= 1);
}
