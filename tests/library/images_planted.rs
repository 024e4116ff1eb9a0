//! Generated sets: the patterns are orthogonal, each image holds its key once, and the background
//! follows its law.
//!
//! Frequencies are compared with their law by Hoeffding's inequality,
//! `P(|frequency - p| >= e) <= 2 exp(-2 n e^2)`; with `e = sqrt(15 / n)` that is below 2e-13 for one
//! comparison and below 1e-9 for all comparisons of a test together (each makes fewer than 1,000).

use filtercert::images::data::{DataError, Images};
use filtercert::images::planted::{
    GRID, Kind, MAX_PATCH, MID_GREY, NOISE, PATCH, Planted, generate, keys, plant, plant_set,
};
use proptest::prelude::*;

/// Asserts that `count` of `n` agrees with probability `p`, as the file's header says.
fn assert_frequency(count: usize, n: usize, p: f64, what: &str) {
    let frequency = count as f64 / n as f64;
    let allowed = (15.0 / n as f64).sqrt();
    assert!(
        (frequency - p).abs() < allowed,
        "{what}: {frequency} of {n}, expected {p} +- {allowed}"
    );
}

/// The centred values of the patch of `side` pixels whose corner is at `(top, left)`.
fn patch_at(images: &Images, i: usize, top: usize, left: usize, side: usize) -> Vec<i16> {
    let pixels = images.pixels(i);
    (0..side * side)
        .map(|k| {
            let at = (top + k / side) * images.columns() + left + k % side;
            i16::from(pixels[at]) - MID_GREY
        })
        .collect()
}

/// The patches of image `i`, row by row of the grid.
fn grid(images: &Images, i: usize) -> Vec<Vec<i16>> {
    (0..GRID * GRID)
        .map(|g| patch_at(images, i, g / GRID * PATCH, g % GRID * PATCH, PATCH))
        .collect()
}

/// For each image the pattern at each place; panics if a patch is no pattern.
fn contents(set: &Planted, images: &Images) -> Vec<Vec<usize>> {
    (0..images.len())
        .map(|i| {
            grid(images, i)
                .iter()
                .map(|patch| set.patterns.iter().position(|p| p == patch).unwrap())
                .collect()
        })
        .collect()
}

fn dot(a: &[i16], b: &[i16]) -> i64 {
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .map(|(&x, &y)| i64::from(x) * i64::from(y))
        .sum()
}

#[test]
fn the_patterns_are_centred_orthogonal_and_equally_long() {
    let set = generate(Kind::Orthogonal, 1, 1, 1);
    assert_eq!(set.patterns.len(), 6);
    assert_eq!(set.patch, PATCH);
    for (i, p) in set.patterns.iter().enumerate() {
        assert_eq!(p.len(), PATCH * PATCH);
        assert_eq!(p.iter().sum::<i16>(), 0);
        for (j, q) in set.patterns.iter().enumerate() {
            let expected = if i == j { 16 * 64 * 64 } else { 0 };
            assert_eq!(dot(p, q), expected, "patterns {i} and {j}");
        }
    }
    assert_eq!(keys(PATCH).unwrap().as_slice(), &set.patterns[..2]);
}

#[test]
fn keys_of_every_size_are_centred_orthogonal_and_fit_a_pixel() {
    for patch in 2..=MAX_PATCH {
        let [plus, minus] = keys(patch).unwrap();
        assert_eq!(dot(&plus, &minus), 0, "{patch}");
        assert_eq!(dot(&plus, &plus), dot(&minus, &minus));
        for key in [&plus, &minus] {
            assert_eq!(key.len(), patch * patch);
            assert_eq!(key.iter().map(|&v| i64::from(v)).sum::<i64>(), 0, "{patch}");
            assert!(key.iter().all(|v| (1..=127).contains(&v.abs())), "{patch}");
        }
    }
    for patch in [0, 1, MAX_PATCH + 1, usize::MAX] {
        assert!(matches!(
            keys(patch).unwrap_err(),
            DataError::PatchSize { .. }
        ));
    }
}

#[test]
fn every_image_holds_its_key_once_and_the_other_never() {
    for kind in [Kind::Orthogonal, Kind::LabelDependent] {
        let set = generate(kind, 3_000, 500, 5);
        assert_eq!(set.data.name, format!("planted-{kind}"));
        for (images, n) in [(&set.data.train, 3_000), (&set.data.test, 500)] {
            assert_eq!(images.len(), n);
            assert_eq!((images.rows(), images.columns()), (12, 12));
            assert_eq!(images.n_classes(), 2);
            for (i, patterns) in contents(&set, images).iter().enumerate() {
                let of = |pattern| patterns.iter().filter(|&&p| p == pattern).count();
                assert_eq!(of(images.label(i)), 1, "{kind}, image {i}");
                assert_eq!(of(1 - images.label(i)), 0, "{kind}, image {i}");
            }
        }
    }
}

/// Labels, key places and background patterns, alone and in pairs, against their laws. A pair of
/// places beside each other would show a background that is not independent from patch to patch.
#[test]
fn labels_places_and_backgrounds_follow_their_laws() {
    let n = 40_000;
    for kind in [Kind::Orthogonal, Kind::LabelDependent] {
        let set = generate(kind, n, 1, 11);
        let images = &set.data.train;
        let contents = contents(&set, images);
        let places = GRID * GRID;
        let mut with_label = [0; 2];
        let mut key_at = vec![[0; 2]; places];
        let mut background = [[0; 4]; 2];
        let mut pairs = [[[0; 4]; 4]; 2];
        let mut n_pairs = [0; 2];
        for (i, patterns) in contents.iter().enumerate() {
            let label = images.label(i);
            with_label[label] += 1;
            let key = patterns.iter().position(|&p| p < 2).unwrap();
            key_at[key][label] += 1;
            for &p in patterns.iter().filter(|&&p| p >= 2) {
                background[label][p - 2] += 1;
            }
            // One pair an image, so that the pairs are independent of each other.
            let (a, b) = (patterns[(key + 1) % places], patterns[(key + 2) % places]);
            pairs[label][a - 2][b - 2] += 1;
            n_pairs[label] += 1;
        }
        assert_frequency(with_label[0], n, 0.5, "label +");
        for (place, counts) in key_at.iter().enumerate() {
            for label in 0..2 {
                let what = format!("{kind}, key at {place}, label {label}");
                assert_frequency(counts[label], with_label[label], 1.0 / 9.0, &what);
            }
        }
        for label in 0..2 {
            let law = match (kind, label) {
                (Kind::LabelDependent, 0) => [0.4, 0.3, 0.2, 0.1],
                (Kind::LabelDependent, _) => [0.1, 0.2, 0.3, 0.4],
                _ => [0.25; 4],
            };
            for a in 0..4 {
                let what = format!("{kind}, u{}, label {label}", a + 1);
                let drawn = with_label[label] * (places - 1);
                assert_frequency(background[label][a], drawn, law[a], &what);
                for b in 0..4 {
                    let what = format!("{kind}, u{} before u{}, label {label}", a + 1, b + 1);
                    assert_frequency(pairs[label][a][b], n_pairs[label], law[a] * law[b], &what);
                }
            }
        }
    }
}

#[test]
fn noise_is_uniform_around_the_patterns() {
    let n = 3_000;
    let set = generate(Kind::Noisy, n, 1, 3);
    let images = &set.data.train;
    let mut levels = vec![0usize; 2 * NOISE as usize + 1];
    let mut pixels = 0;
    for i in 0..n {
        let mut keys = [0; 2];
        for patch in grid(images, i) {
            // Pixels are 64 apart in sign and noise is below 64: the signs give the pattern back.
            let signs: Vec<i16> = patch.iter().map(|v| v.signum() * 64).collect();
            let pattern = set.patterns.iter().position(|p| *p == signs).unwrap();
            if pattern < 2 {
                keys[pattern] += 1;
            }
            for (value, sign) in patch.iter().zip(&signs) {
                levels[(value - sign + NOISE) as usize] += 1;
                pixels += 1;
            }
        }
        let label = images.label(i);
        assert_eq!((keys[label], keys[1 - label]), (1, 0), "image {i}");
    }
    for (level, &count) in levels.iter().enumerate() {
        let p = 1.0 / (2.0 * f64::from(NOISE) + 1.0);
        assert!(count > 0);
        assert_frequency(count, pixels, p, &format!("noise {level}"));
    }
}

#[test]
fn a_seed_fixes_every_byte_and_another_seed_gives_others() {
    for kind in Kind::ALL {
        let set = generate(kind, 200, 100, 1);
        assert_eq!(set, generate(kind, 200, 100, 1));
        let other = generate(kind, 200, 100, 2);
        assert_ne!(set.data.train, other.data.train);
        assert_ne!(set.data.test, other.data.test);
        assert_eq!(set.patterns, other.patterns);
        // Fewer images are the beginning of more; the test set is not the training set again.
        assert_eq!(
            generate(kind, 50, 0, 1).data.train,
            set.data.train.first(50)
        );
        assert_ne!(set.data.train.first(100), set.data.test);
    }
}

#[test]
fn kinds_have_names() {
    for kind in Kind::ALL {
        assert_eq!(kind.name().parse::<Kind>().unwrap(), kind);
    }
    let error = "Orthogonal".parse::<Kind>().unwrap_err();
    assert!(
        error
            .to_string()
            .contains("orthogonal, noisy, label-dependent")
    );
}

/// Images of 11 x 13 pixels, all different, of three classes.
fn real(n: usize) -> Images {
    let pixels = (0..n * 143).map(|i| ((i * 7919) % 251) as u8).collect();
    let labels = (0..n).map(|i| (i % 3) as u8).collect();
    Images::new(11, 13, 3, pixels, labels).unwrap()
}

#[test]
fn a_planted_image_differs_by_its_key_only() {
    let images = real(200);
    for patch in [1, 2, 3, 5, 11] {
        let keys = if patch == 1 {
            [vec![100], vec![-100]]
        } else {
            keys(patch).unwrap()
        };
        let planted = plant(&images, patch, &keys, 9).unwrap();
        assert_eq!((planted.len(), planted.n_classes()), (200, 2));
        for i in 0..200 {
            let key = &keys[planted.label(i)];
            let fits = |top: usize, left: usize| {
                let inside = |at: usize| {
                    let (row, column) = (at / 13, at % 13);
                    (top..top + patch).contains(&row) && (left..left + patch).contains(&column)
                };
                patch_at(&planted, i, top, left, patch) == *key
                    && (0..143)
                        .all(|at| inside(at) || planted.pixels(i)[at] == images.pixels(i)[at])
            };
            let found = (0..11 / patch)
                .flat_map(|row| (0..13 / patch).map(move |column| (row, column)))
                .filter(|&(row, column)| fits(row * patch, column * patch))
                .count();
            assert_eq!(found, 1, "patch {patch}, image {i}");
        }
    }
}

#[test]
fn planted_labels_are_fair_whatever_the_old_ones_and_places_are_uniform() {
    let n = 30_000;
    let images = Images::new(
        5,
        7,
        3,
        vec![0; n * 35],
        (0..n).map(|i| (i % 3) as u8).collect(),
    );
    let images = images.unwrap();
    let planted = plant(&images, 2, &keys(2).unwrap(), 4).unwrap();
    let mut of_old = [0; 3];
    let mut at = [[0; 2]; 6];
    let mut of_new = [0; 2];
    for i in 0..n {
        of_old[images.label(i)] += 1 - planted.label(i);
        of_new[planted.label(i)] += 1;
        let place = (0..6)
            .filter(|p| planted.pixels(i)[p / 3 * 14 + p % 3 * 2] != 0)
            .collect::<Vec<_>>();
        assert_eq!(place.len(), 1);
        at[place[0]][planted.label(i)] += 1;
    }
    for (old, &count) in of_old.iter().enumerate() {
        assert_frequency(count, n / 3, 0.5, &format!("class 0 among old label {old}"));
    }
    for (place, counts) in at.iter().enumerate() {
        for label in 0..2 {
            let what = format!("place {place}, label {label}");
            assert_frequency(counts[label], of_new[label], 1.0 / 6.0, &what);
        }
    }
}

#[test]
fn planting_a_set_uses_different_draws_for_its_parts() {
    let data = filtercert::images::data::DataSet {
        name: "real".to_owned(),
        train: real(100),
        test: real(100),
    };
    let keys = keys(4).unwrap();
    let planted = plant_set(&data, 4, &keys, 1).unwrap();
    assert_eq!(planted.name, "real with planted keys");
    assert_eq!(planted.train, plant(&data.train, 4, &keys, 1).unwrap());
    assert_ne!(planted.train, planted.test);
    assert_ne!(planted.train, plant(&data.train, 4, &keys, 2).unwrap());
}

#[test]
fn keys_that_do_not_fit_are_refused() {
    let images = real(1);
    for patch in [0, 12, usize::MAX] {
        let error = plant(&images, patch, &keys(2).unwrap(), 1).unwrap_err();
        assert!(
            matches!(error, DataError::PatchSize { most: 11, .. }),
            "{error}"
        );
    }
    let [plus, minus] = keys(3).unwrap();
    let short = [plus.clone(), minus[..8].to_vec()];
    let mut large = [plus, minus];
    large[1][0] = 128;
    let mut low = keys(3).unwrap();
    low[1][8] = -129;
    for keys in [short, large, low] {
        let error = plant(&images, 3, &keys, 1).unwrap_err();
        assert!(
            matches!(error, DataError::WrongKey { key: 1, .. }),
            "{error}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    /// No seed and no number of images makes a set that is not what it should be.
    #[test]
    fn any_seed_will_do(seed in any::<u64>(), n in 0usize..40, kind in prop::sample::select(&Kind::ALL[..])) {
        let set = generate(kind, n, n / 2, seed);
        prop_assert_eq!(set.data.train.len(), n);
        prop_assert_eq!(set.data.test.len(), n / 2);
        if kind != Kind::Noisy {
            for (i, patterns) in contents(&set, &set.data.train).iter().enumerate() {
                let keys: Vec<usize> = patterns.iter().copied().filter(|&p| p < 2).collect();
                prop_assert_eq!(keys, [set.data.train.label(i)]);
            }
        }
    }
}
