//! Claim C6 as a registered experiment: the registration, the controls, the rule of the verdicts, and the positive control,
//! on which every finding must be found.

use filtercert::images::claim::arena::{Arena, KeyPatches, drawn, read_set};
use filtercert::images::claim::controls::{
    Condition, norm_matched, permuted_pixels, random_filters, random_phases, shuffled_labels,
};
use filtercert::images::claim::experiment::{
    Controls, Job, arenas, jobs, ladder, ladder_jobs, perform,
};
use filtercert::images::claim::findings::{Verdict, findings};
use filtercert::images::claim::measure::Measured;
use filtercert::images::claim::registration::{
    Asks, Measure, REGISTERED, Registration, Role, sha256,
};
use filtercert::images::claim::results::{Registered, Results};
use filtercert::images::claim::runs::{Key, Record};
use filtercert::images::data::{DataSet, Images};
use filtercert::images::network::{Network, Normalisation, Shape};
use filtercert::images::planted::{self, Kind};
use filtercert::images::statistics::norm;
use std::collections::BTreeMap;

fn registration() -> Registration {
    Registration::read(REGISTERED).expect("the registration")
}

/// A change makes a new file, and the old one stays: this is the file that results name.
#[test]
fn the_registration_is_the_one_that_was_committed() {
    assert_eq!(
        sha256(REGISTERED.as_bytes()),
        "0d9ef0ce224e855522c2a9022ff78dc1c4906456801c27a6cfb5aeff7fb012c7"
    );
    let first = std::fs::read("experiments/c6.toml").expect("the first registration");
    assert_eq!(
        sha256(&first),
        "955d35739d1ea7d56d35c278c4122a3d383501bdb161dd494294b716fd4f9a35"
    );
    let plan = registration();
    let roles: Vec<Role> = plan.data.iter().map(|d| d.role).collect();
    assert_eq!(
        roles.iter().filter(|r| **r == Role::Confirmatory).count(),
        4
    );
    assert_eq!(plan.data[0].role, Role::PositiveControl);
    let fashion = plan
        .data
        .iter()
        .find(|d| d.id == "fashion-mnist")
        .expect("it");
    assert_eq!(fashion.role, Role::Exploratory);
}

#[test]
fn bad_registrations_are_refused_with_their_place() {
    let cases = [
        ("format = 1", "format = 2", "format: found 2, expected 1"),
        ("seeds = 20", "seeds = 0", "seeds: found 0"),
        ("seeds = 20", "seed_s = 20", "seed_s"),
        ("level = 0.05", "level = 1.5", "statistics.level: found 1.5"),
        ("share = 0.8", "share = 0.0", "sample.share: found 0"),
        (
            "key_difference = 0.2",
            "key_difference = 2.0",
            "sample.key_difference: found 2",
        ),
        (
            "resamples = 10000",
            "resamples = 0",
            "statistics.resamples: found 0",
        ),
        (
            "id = \"lfw\"",
            "id = \"mnist\"",
            "data: found id \"mnist\" twice",
        ),
        (
            "pairs = [[0, 1]]",
            "pairs = [[1, 1]]",
            "expected two classes a pair",
        ),
        ("kernel = 5", "kernel = 1", "kernel 1, expected at least 2"),
        (
            "role = \"exploratory\"",
            "role = \"positive-control\"",
            "4 sums in sha256, expected 0",
        ),
        (
            "filters = 32",
            "filters = 0",
            "filters 0, expected at least 1",
        ),
        (
            "step = 0.001",
            "step = -1.0",
            "step -1, expected a positive number",
        ),
        (
            "init_scale = 0.1",
            "init_scale = 0.0",
            "init_scale 0, expected a positive number",
        ),
        (
            "network = \"usual\"",
            "network = \"none\"",
            "network \"none\", expected one of the networks",
        ),
        (
            "less = \"shuffled-labels\"",
            "less = \"real\"",
            "expected a control",
        ),
        ("less = \"linear\"", "less = \"linea\"", "linea"),
        (
            "threshold = 0.1",
            "threshold = 0.0",
            "expected a threshold of its kind",
        ),
        (
            "findings = [\"P1\",",
            "findings = [\"P99\",",
            "ladder.findings: found P99",
        ),
        ("steps = 500", "steps = 0", "bridge: found no step"),
        (
            "id = \"rung-1\"",
            "id = \"usual\"",
            "network: found id \"usual\" twice",
        ),
        (
            "pairs = [[0, 1], [0, 2], [1, 2]]",
            "pairs = [[0, 1], [0, 2], [2, 0]]",
            "two classes a pair",
        ),
    ];
    for (old, new, expected) in cases {
        assert!(REGISTERED.contains(old), "{old}");
        let said = Registration::read(&REGISTERED.replacen(old, new, 1));
        let said = said.expect_err(new).to_string();
        assert!(said.contains(expected), "{new}: {said}");
    }
}

fn small(n: usize) -> DataSet {
    planted::generate(Kind::Noisy, n, n, 3).data
}

fn sorted(mut values: Vec<u8>) -> Vec<u8> {
    values.sort_unstable();
    values
}

fn labels(images: &Images) -> Vec<u8> {
    (0..images.len()).map(|i| images.label(i) as u8).collect()
}

#[test]
fn shuffled_labels_change_labels_alone() {
    let real = small(60).train;
    let shuffled = shuffled_labels(&real, 1).expect("images");
    assert_eq!(sorted(labels(&real)), sorted(labels(&shuffled)));
    assert_ne!(labels(&real), labels(&shuffled));
    assert!((0..real.len()).all(|i| real.pixels(i) == shuffled.pixels(i)));
    assert_ne!(
        labels(&shuffled),
        labels(&shuffled_labels(&real, 2).expect("images"))
    );
}

#[test]
fn permuted_pixels_are_one_order_for_all_images() {
    let set = small(20);
    let [train, test] =
        [&set.train, &set.test].map(|images| permuted_pixels(images, 1).expect("images"));
    assert_eq!(labels(&train), labels(&set.train));
    assert_ne!(train.pixels(0), set.train.pixels(0));
    // The order, found on an image whose pixels are all different, carries every image of both sets.
    let n = train.rows() * train.columns();
    let ramp = Images::new(12, 12, 2, (0..144).collect(), vec![0]).expect("an image");
    let order = permuted_pixels(&ramp, 1).expect("an image");
    let order: Vec<usize> = order.pixels(0).iter().map(|x| usize::from(*x)).collect();
    assert_eq!(n, 144);
    for (old, new) in [(&set.train, &train), (&set.test, &test)] {
        for i in 0..old.len() {
            let moved: Vec<u8> = order.iter().map(|&at| old.pixels(i)[at]).collect();
            assert_eq!(moved, new.pixels(i));
        }
    }
}

/// The power of each row frequency of a row-periodic sum, by a plain sum over the image.
fn power(pixels: &[u8], side: usize, u: usize, v: usize) -> f64 {
    let mut sum = (0.0, 0.0);
    for y in 0..side {
        for x in 0..side {
            let angle = std::f64::consts::TAU * ((u * x + v * y) % side) as f64 / side as f64;
            let value = f64::from(pixels[y * side + x]);
            sum = (sum.0 + value * angle.cos(), sum.1 + value * angle.sin());
        }
    }
    sum.0.hypot(sum.1)
}

/// Spectrum and mean stay up to rounding where nothing is clipped, and the image does not.
#[test]
fn random_phases_keep_the_spectrum() {
    let set = planted::generate(Kind::Orthogonal, 40, 1, 3).data;
    // A quarter of the contrast, so that nothing is clipped.
    let pixels = (0..set.train.len()).flat_map(|i| set.train.pixels(i).iter().map(|x| 96 + x / 4));
    let real = Images::new(12, 12, 2, pixels.collect(), labels(&set.train)).expect("images");
    let phased = random_phases(&real, 1, 0).expect("images");
    let mut unclipped = 0;
    for i in 0..real.len() {
        let (old, new) = (real.pixels(i), phased.pixels(i));
        assert_ne!(old, new);
        if new.iter().any(|x| [0, 255].contains(x)) {
            continue;
        }
        unclipped += 1;
        for (u, v) in [(0, 0), (1, 0), (0, 3), (6, 6), (3, 6), (6, 3), (5, 7)] {
            let (a, b) = (power(old, 12, u, v), power(new, 12, u, v));
            // Each of 144 pixels is rounded by at most 1/2.
            assert!((a - b).abs() <= 72.0, "({u}, {v}): {a} {b}");
        }
    }
    assert!(unclipped >= 5, "{unclipped}");
    assert_ne!(
        phased.pixels(0),
        random_phases(&real, 1, 1).expect("images").pixels(0)
    );
}

#[test]
fn drawn_networks_keep_norms_and_heads() {
    let set = small(20);
    let plan = registration();
    let usual = plan.network("usual").expect("it");
    let shape = Shape::new(&usual.architecture(4, 12, 12), &set.train).expect("fits");
    let network = |seed| Network::random(&shape, Normalisation::of(&set.train), 0.1, seed);
    let (start, end) = (network(1), network(2));
    let close = |a: Vec<f64>, b: Vec<f64>| a.iter().zip(&b).all(|(x, y)| (x - y).abs() < 1e-6);
    let matched = norm_matched(&end, 1);
    assert!(close(matched.filter_norms(), end.filter_norms()));
    assert_eq!(matched.head_norms(), end.head_norms());
    let random = random_filters(&end, &start, 1);
    assert!(close(random.filter_norms(), start.filter_norms()));
    assert_eq!(random.head_norms(), end.head_norms());
    for (a, b) in [(&matched, &end), (&random, &end), (&random, &matched)] {
        let cosines: Vec<f64> = a
            .filters()
            .zip(b.filters())
            .map(|(v, w)| filtercert::images::statistics::cosine(v, w))
            .collect();
        // Independent directions in 16 dimensions: the mean of 32 cosines is beyond 0.3 with probability below 1e-9.
        let mean = cosines.iter().sum::<f64>() / cosines.len() as f64;
        assert!(mean.abs() < 0.3 && norm(&cosines) > 0.0, "{mean}");
    }
}

/// Whatever the order of the classes: where they take turns, images at even places are all of one class.
#[test]
fn key_patches_do_not_depend_on_how_classes_are_ordered() {
    let plan = registration().sample;
    let set = planted::generate(Kind::Orthogonal, 400, 1, 5).data.train;
    let (plus, minus): (Vec<usize>, Vec<usize>) = (0..set.len()).partition(|&i| set.label(i) == 0);
    let turns: Vec<usize> = plus
        .iter()
        .zip(&minus)
        .flat_map(|(a, b)| [*a, *b])
        .collect();
    let blocks = [&plus[..], &minus[..]].concat();
    for (name, order) in [("turns", turns), ("blocks", blocks)] {
        let keys = KeyPatches::learn(&set.at(&order), 4, &plan).expect("learnt");
        assert!(keys.can_be_compared(), "{name}: {:?}", keys.presence);
        for y in [0, 1] {
            let presence = keys.presence[keys.keys[y][0]];
            assert_eq!((presence[y], presence[1 - y]), (1.0, 0.0), "{name}");
        }
        assert_eq!(
            (keys.keys[0].len(), keys.keys[1].len(), keys.others.len()),
            (1, 1, 4)
        );
    }
}

#[test]
fn each_seed_draws_its_share() {
    let set = small(50);
    let [one, two] = [1, 2].map(|seed| drawn(&set.train, 0.8, seed));
    assert_eq!((one.len(), two.len()), (40, 40));
    assert_ne!(one, two);
    assert_eq!(one, drawn(&set.train, 0.8, 1));
}

/// Records of a finding with these effects over a control of 1, a list a pair.
fn records(data: &str, effects: &[Vec<f64>]) -> Vec<Record> {
    let mut records = Vec::new();
    for (place, values) in effects.iter().enumerate() {
        for (i, effect) in values.iter().enumerate() {
            for (condition, value) in [
                (Condition::Real, 1.0 + effect),
                (Condition::ShuffledLabels, 1.0),
            ] {
                let mut measured = Measured::default();
                measured.values.insert(Measure::NormShare, value);
                records.push(Record {
                    key: Key {
                        data: data.to_owned(),
                        pair: [2 * place, 2 * place + 1],
                        network: "usual".to_owned(),
                        condition,
                        seed: i as u64 + 1,
                    },
                    measured,
                    not_finite_from: None,
                    motion: None,
                    curves: None,
                    epochs: Vec::new(),
                    end: String::new(),
                    start: String::new(),
                    drift: Vec::new(),
                });
            }
        }
    }
    records
}

/// Values of this mean that spread a little.
fn around(mean: f64) -> Vec<f64> {
    (0..10)
        .map(|i| mean + 0.001 * (f64::from(i) - 4.5))
        .collect()
}

/// A registration of one finding: above 0.05 less shuffled labels.
fn one_finding() -> Registration {
    let mut plan = registration();
    plan.finding.retain(|f| f.id == "P1");
    (plan.ladder, plan.bridge) = (None, None);
    plan.statistics.resamples = 500;
    plan
}

fn verdict(plan: &Registration, control: f64, effects: &[Vec<f64>]) -> Verdict {
    let mut all = records("planted", &[around(control)]);
    all.extend(records("mnist", effects));
    let found = findings(plan, &all);
    let of = |data: &str| found.iter().find(|f| f.data == data).expect("it").verdict;
    of("mnist")
}

#[test]
fn verdicts_follow_the_registered_rule() {
    let plan = one_finding();
    let of = |means: [f64; 3]| verdict(&plan, 0.2, &means.map(around));
    assert_eq!(of([0.2, 0.1, 0.15]), Verdict::Supported);
    // One pair that does not show it is enough to lose the verdict.
    assert_eq!(of([0.2, 0.1, 0.05]), Verdict::WeakerThanAsked);
    assert_eq!(of([0.2, 0.1, 0.0]), Verdict::Unclear);
    assert_eq!(of([0.03, 0.02, 0.04]), Verdict::WeakerThanAsked);
    assert_eq!(of([0.0, 0.0, 0.0]), Verdict::NotSupported);
    assert_eq!(of([-0.2, -0.1, -0.3]), Verdict::NotSupported);
    assert_eq!(of([-0.2, 0.1, 0.0]), Verdict::Unclear);
    // One seed tests nothing.
    let single = verdict(&plan, 0.2, &[vec![0.5], vec![0.5], vec![0.5]]);
    assert_eq!(single, Verdict::Unclear);
}

#[test]
fn a_finding_that_the_positive_control_lacks_is_void() {
    let plan = one_finding();
    let strong = [0.2, 0.2, 0.2].map(around);
    assert_eq!(verdict(&plan, 0.0, &strong), Verdict::NotApplicable);
    assert_eq!(verdict(&plan, 0.04, &strong), Verdict::NotApplicable);
    let mut all = records("planted", &[around(0.0)]);
    all.extend(records("mnist", &strong));
    let found = findings(&plan, &all);
    let because = found
        .iter()
        .find(|f| f.data == "mnist")
        .and_then(|f| f.because.clone());
    assert!(because.expect("a reason").contains("positive control"));
}

#[test]
fn no_effect_is_supported_within_the_margin_only() {
    let mut plan = one_finding();
    plan.finding[0].asks = Asks::Within;
    let of = |means: [f64; 3]| verdict(&plan, 0.0, &means.map(around));
    assert_eq!(of([0.0, 0.02, -0.02]), Verdict::Supported);
    assert_eq!(of([0.0, 0.02, 0.06]), Verdict::Unclear);
    assert_eq!(of([0.1, 0.2, -0.3]), Verdict::NotSupported);
}

/// Holm: what passes as one of a few does not as one of many that show nothing.
#[test]
fn verdicts_pay_for_all_the_others() {
    let mut plan = one_finding();
    // 4.0 standard errors above the threshold with 9 degrees of freedom: p = 0.0016.
    let spread = 0.1;
    let shape: Vec<f64> = (0..10)
        .map(|i| (f64::from(i) - 4.5) / 3.027_650_354_097_491_7)
        .collect();
    let values: Vec<f64> = shape
        .iter()
        .map(|x| 0.05 + spread * (x + 4.0 / 10f64.sqrt()))
        .collect();
    assert_eq!(
        verdict(&plan, 0.2, std::slice::from_ref(&values)),
        Verdict::Supported
    );
    let noise: Vec<f64> = shape.iter().map(|x| 0.03 + 10.0 * x).collect();
    for i in 0..20 {
        let mut data = plan.data[1].clone();
        data.id = format!("noise-{i}");
        plan.data.push(data);
    }
    let mut all = records("planted", &[around(0.2)]);
    all.extend(records("mnist", &[values]));
    for i in 0..20 {
        all.extend(records(&format!("noise-{i}"), std::slice::from_ref(&noise)));
    }
    let found = findings(&plan, &all);
    let of = found.iter().find(|f| f.data == "mnist").expect("it");
    assert_ne!(of.verdict, Verdict::Supported);
}

#[test]
fn a_value_that_is_missing_makes_a_finding_not_applicable() {
    let plan = one_finding();
    let mut all = records("planted", &[around(0.2)]);
    all.extend(records("mnist", &[around(0.2)]));
    let last = all.last_mut().expect("a record");
    last.measured.values.clear();
    let found = findings(&plan, &all);
    let of = found.iter().find(|f| f.data == "mnist").expect("it");
    assert_eq!(
        (of.verdict, of.measured, of.ci),
        (Verdict::NotApplicable, None, None)
    );
    assert!(
        of.because
            .as_deref()
            .expect("a reason")
            .contains("1 of 10 runs")
    );
}

fn sets(plan: &Registration) -> BTreeMap<String, DataSet> {
    plan.data
        .iter()
        .filter(|d| d.role == Role::PositiveControl)
        .map(|d| {
            (
                d.id.clone(),
                read_set(d, None, plan.sample.seed).expect("generated"),
            )
        })
        .collect()
}

/// On images on which A1 to A4 hold every finding is supported: a test that could not find what is there is void. With
/// shuffled labels in place of the real ones, less those of another seed, nothing is: a test that finds what is not there
/// is no test.
#[test]
#[cfg_attr(debug_assertions, ignore = "trains 140 networks: in release alone")]
fn every_finding_is_found_where_the_theory_holds() {
    let plan = registration();
    let sets = sets(&plan);
    let arenas = arenas(&plan, &sets, Controls::Compared).expect("prepared");
    let jobs = jobs(&plan, &arenas, Controls::Compared);
    let done = perform(&plan, &jobs, false).expect("trained");
    let records: Vec<Record> = done.into_iter().flat_map(|done| done.records).collect();
    let found = findings(&plan, &records);
    assert_eq!(found.len(), 10);
    for finding in &found {
        let told = (&finding.id, finding.measured, finding.ci, finding.p);
        assert_eq!(finding.verdict, Verdict::Supported, "{told:?}");
    }
    // The shuffled runs as if they were real, less those of the next seed.
    let mut fake = Vec::new();
    for record in records
        .iter()
        .filter(|r| r.key.condition == Condition::ShuffledLabels)
    {
        let mut real = record.clone();
        real.key.condition = Condition::Real;
        let mut control = record.clone();
        control.key.seed = record.key.seed % plan.seeds + 1;
        fake.extend([real, control]);
    }
    let compared = plan
        .finding
        .iter()
        .filter(|f| f.less == Some(Condition::ShuffledLabels));
    let compared: Vec<&str> = compared.map(|f| f.id.as_str()).collect();
    assert_eq!(compared, ["P1", "P2", "P6", "P7", "P8"]);
    for finding in findings(&plan, &fake)
        .iter()
        .filter(|f| compared.contains(&f.id.as_str()))
    {
        assert_ne!(finding.verdict, Verdict::Supported, "{}", finding.id);
    }
}

/// A few short runs of everything, with the ladder on the positive control.
fn short() -> (Registration, BTreeMap<String, DataSet>) {
    let mut plan = registration();
    plan.seeds = 2;
    (plan.sample.train_per_class, plan.sample.test_per_class) = (40, 40);
    plan.statistics.permutations = 10;
    plan.statistics.resamples = 100;
    plan.network
        .iter_mut()
        .for_each(|n| n.epochs = n.epochs.min(2));
    let ladder = plan.ladder.as_mut().expect("a ladder");
    ladder.data = "planted".to_owned();
    ladder.seeds = 2;
    ladder.rungs.iter_mut().for_each(|r| r.network.epochs = 1);
    plan.bridge = None;
    let sets = sets(&plan);
    (plan, sets)
}

fn results(plan: &Registration, sets: &BTreeMap<String, DataSet>) -> (Results, Vec<Arena>) {
    let arenas = arenas(plan, sets, Controls::All).expect("prepared");
    let all = |jobs: &[Job<'_>]| perform(plan, jobs, false).expect("trained");
    let main = all(&jobs(plan, &arenas, Controls::All));
    let rungs = all(&ladder_jobs(plan, &arenas));
    let registered = Registered {
        file: "a test".to_owned(),
        sha256: String::new(),
        whole: false,
    };
    let results = Results::new(
        "filtercert images".to_owned(),
        registered,
        plan.clone(),
        sets,
        &arenas,
        main,
        rungs,
        None,
    );
    (results, arenas)
}

/// Every number of a results file follows from the weights and the images; a number that was changed is found.
#[test]
fn results_are_derived_again_and_faults_in_them_found() {
    let (plan, sets) = short();
    let (whole, arenas) = results(&plan, &sets);
    let text = serde_json::json!({ "results_format": 1, "results": whole }).to_string();
    let read = Results::read(&text).expect("a results file");
    assert_eq!(read, whole);
    let (compared, wrong) = read.recompute(&sets, &arenas, 0.0);
    assert_eq!(wrong, Vec::<String>::new());
    assert!(compared > 300, "{compared}");

    type Fault = fn(&mut Results);
    let faults: [(&str, Fault, &str); 8] = [
        (
            "a verdict",
            |r| r.findings[0].verdict = Verdict::NotSupported,
            "finding P1",
        ),
        (
            "an effect",
            |r| r.findings[2].measured = Some(0.5),
            "finding P3",
        ),
        ("a finding left out", |r| drop(r.findings.pop()), "findings"),
        (
            "the ladder",
            |r| r.ladder[3].accuracy = Some(0.125),
            "ladder",
        ),
        (
            "a measure of a run",
            |r| {
                let values = &mut r.records[0].measured.values;
                *values.get_mut(&Measure::TestAccuracy).expect("it") += 0.25;
            },
            "test-accuracy",
        ),
        (
            "a weight",
            |r| {
                let end = &mut r.records[0].end;
                end.replace_range(0..8, "3f800000");
            },
            "seed 1",
        ),
        (
            "an initial weight",
            |r| {
                r.starts
                    .iter_mut()
                    .for_each(|s| s.parameters.replace_range(0..8, "3f800000"))
            },
            "missing or damaged",
        ),
        (
            "a key patch",
            |r| r.keys[0].keys.keys[0].clear(),
            "key patches",
        ),
    ];
    for (name, fault, expected) in faults {
        let mut changed = read.clone();
        fault(&mut changed);
        let (_, wrong) = changed.recompute(&sets, &arenas, 0.0);
        assert!(
            wrong.iter().any(|w| w.contains(expected)),
            "{name}: {wrong:?}"
        );
    }
    // Without images only what follows from the records is compared, and that is said by the count.
    let (fewer, wrong) = read.recompute(&BTreeMap::new(), &[], 0.0);
    assert!(
        wrong.is_empty() && fewer < compared / 4,
        "{fewer} {compared}"
    );
    // Other images are told.
    let mut other = sets.clone();
    other
        .values_mut()
        .for_each(|set| set.test = set.test.first(7));
    let (_, wrong) = read.recompute(&other, &[], 0.0);
    assert!(
        wrong
            .iter()
            .any(|w| w.contains("not those that the file names")),
        "{wrong:?}"
    );
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let (plan, sets) = short();
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("a pool");
        pool.install(|| results(&plan, &sets).0)
    };
    assert_eq!(on(1), on(3));
}

/// Numbers that leave the range of f32 end a run, are told with the step, and void what needs them.
#[test]
fn runs_that_overflow_are_told() {
    let (mut plan, sets) = short();
    plan.network
        .iter_mut()
        .filter(|n| n.id == "usual")
        .for_each(|n| n.step = 1e30);
    let (found, _) = results(&plan, &sets);
    let ended = found.not_finite();
    assert!(!ended.is_empty() && ended.iter().all(|r| r.not_finite_from.is_some()));
    let of = |id: &str| found.findings.iter().find(|f| f.id == id).expect("it");
    assert_eq!(of("P1").verdict, Verdict::NotApplicable);
    assert!(of("P6").measured.is_some());
    let rungs = ladder(&plan, &found.ladder_records);
    assert_eq!(rungs, found.ladder);
}
