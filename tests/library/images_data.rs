//! IDX files: a genuine set is read back, and no bytes make the reader panic.

use filtercert::images::data::{DataError, DataSet, Images, read};
use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use std::fs;
use std::io::Write;
use std::path::Path;
use tempfile::TempDir;

/// The four files, in the order of [`Files`].
const NAMES: [&str; 4] = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
];

/// Bytes of the four files.
type Files = [Vec<u8>; 4];

/// An IDX file by its definition: magic number, sizes, contents.
fn idx(magic: u32, sizes: &[u32], contents: &[u8]) -> Vec<u8> {
    let mut bytes = magic.to_be_bytes().to_vec();
    for size in sizes {
        bytes.extend(size.to_be_bytes());
    }
    bytes.extend(contents);
    bytes
}

fn image_file(count: u32, rows: u32, columns: u32, pixels: &[u8]) -> Vec<u8> {
    idx(2051, &[count, rows, columns], pixels)
}

fn label_file(labels: &[u8]) -> Vec<u8> {
    idx(2049, &[labels.len() as u32], labels)
}

/// Four training images and two test images of 2 x 3 pixels, three classes.
fn genuine() -> Files {
    let pixels: Vec<u8> = (0..36u8).map(|i| i.wrapping_mul(37)).collect();
    [
        image_file(4, 2, 3, &pixels[..24]),
        label_file(&[2, 0, 1, 0]),
        image_file(2, 2, 3, &pixels[24..]),
        label_file(&[1, 2]),
    ]
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn write(dir: &Path, files: &Files) {
    for (name, bytes) in NAMES.iter().zip(files) {
        fs::write(dir.join(name), bytes).unwrap();
    }
}

fn folder(files: &Files) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), files);
    dir
}

fn read_files(files: &Files) -> Result<DataSet, DataError> {
    read(Some(folder(files).path()))
}

fn pixels_of(images: &Images) -> Vec<u8> {
    (0..images.len())
        .flat_map(|i| images.pixels(i).to_vec())
        .collect()
}

fn labels_of(images: &Images) -> Vec<usize> {
    (0..images.len()).map(|i| images.label(i)).collect()
}

fn assert_genuine(set: &DataSet) {
    assert_eq!(
        (set.train.rows(), set.train.columns(), set.train.n_classes()),
        (2, 3, 3)
    );
    assert_eq!(
        (set.test.rows(), set.test.columns(), set.test.n_classes()),
        (2, 3, 3)
    );
    assert_eq!(pixels_of(&set.train), genuine()[0][16..]);
    assert_eq!(pixels_of(&set.test), genuine()[2][16..]);
    assert_eq!(labels_of(&set.train), [2, 0, 1, 0]);
    assert_eq!(labels_of(&set.test), [1, 2]);
}

#[test]
fn a_genuine_set_is_read_under_every_name_plain_and_compressed() {
    for separator in ["-", "."] {
        for (ending, packed) in [("", false), (".gz", true), ("", true), (".gz", false)] {
            let root = tempfile::tempdir().unwrap();
            let dir = root.path().join("some-set");
            fs::create_dir(&dir).unwrap();
            for (name, bytes) in NAMES.iter().zip(genuine()) {
                let name = name.replace("-idx", &format!("{separator}idx"));
                let bytes = if packed { gzip(&bytes) } else { bytes };
                fs::write(dir.join(name + ending), bytes).unwrap();
            }
            let set = read(Some(&dir)).unwrap();
            assert_genuine(&set);
            assert_eq!(set.name, "some-set");
        }
    }
}

#[test]
fn a_plain_file_is_taken_before_a_compressed_one() {
    let dir = folder(&genuine());
    for name in NAMES {
        fs::write(dir.path().join(format!("{name}.gz")), b"no IDX file").unwrap();
    }
    assert_genuine(&read(Some(dir.path())).unwrap());
}

#[test]
fn missing_data_is_reported_with_the_way_to_get_it() {
    let root = tempfile::tempdir().unwrap();
    let missing = root.path().join("nowhere");
    let error = read(Some(&missing)).unwrap_err();
    assert!(matches!(&error, DataError::NoDirectory { dir } if *dir == missing));
    let text = error.to_string();
    assert!(text.contains("nowhere") && text.contains("apt-get install dataset-fashion-mnist"));

    for missing in NAMES {
        let dir = folder(&genuine());
        fs::remove_file(dir.path().join(missing)).unwrap();
        // A directory of that name is not the file.
        fs::create_dir(dir.path().join(missing)).unwrap();
        let error = read(Some(dir.path())).unwrap_err();
        let DataError::NoFile { tried, .. } = &error else {
            panic!("{error}");
        };
        assert_eq!(tried[0], missing);
        assert_eq!(tried.len(), 4);
        let text = error.to_string();
        assert!(text.contains(missing) && text.contains("--data DIR"));
    }
}

/// The genuine set with one file replaced.
fn with(file: usize, bytes: Vec<u8>) -> Files {
    let mut files = genuine();
    files[file] = bytes;
    files
}

#[test]
fn each_defect_has_its_error() {
    let genuine = genuine();
    for file in 0..4 {
        let header = if file % 2 == 0 { 16 } else { 8 };
        let mut wrong = genuine[file].clone();
        wrong[3] ^= 2;
        let error = read_files(&with(file, wrong)).unwrap_err();
        assert!(
            matches!(&error, DataError::WrongMagic { found, expected, .. }
                if found ^ expected == 2),
            "{error}"
        );
        assert!(error.to_string().contains(NAMES[file]), "{error}");

        // Every truncation, plain and inside gzip.
        for length in 0..genuine[file].len() {
            let short = genuine[file][..length].to_vec();
            let declared = if length < header {
                header
            } else {
                genuine[file].len()
            };
            for short in [gzip(&short), short] {
                let error = read_files(&with(file, short)).unwrap_err();
                assert!(
                    matches!(&error, DataError::TooShort { found, expected, .. }
                        if (*found, *expected) == (length as u64, declared as u64)),
                    "{error}"
                );
            }
        }
        let mut long = genuine[file].clone();
        long.push(0);
        for long in [gzip(&long), long] {
            let error = read_files(&with(file, long)).unwrap_err();
            assert!(
                matches!(&error, DataError::TooLong { expected, .. }
                    if *expected == genuine[file].len() as u64),
                "{error}"
            );
        }
        // A damaged sum at the end of gzip, and a cut one.
        let mut damaged = gzip(&genuine[file]);
        let sum = damaged.len() - 8;
        damaged[sum] ^= 1;
        let cut = gzip(&genuine[file])[..sum].to_vec();
        for damaged in [damaged, cut] {
            let error = read_files(&with(file, damaged)).unwrap_err();
            assert!(matches!(error, DataError::Unreadable { .. }), "{error}");
        }
    }

    for (count, rows, columns) in [(0, 2, 3), (4, 0, 3), (4, 2, 0)] {
        let empty = image_file(count, rows, columns, &[]);
        let error = read_files(&with(0, empty)).unwrap_err();
        assert!(matches!(error, DataError::Empty { .. }), "{error}");
    }
    let error = read_files(&with(1, label_file(&[0, 1, 2]))).unwrap_err();
    assert!(
        matches!(
            error,
            DataError::CountsDiffer {
                images: 4,
                labels: 3,
                ..
            }
        ),
        "{error}"
    );
    let error = read_files(&with(2, image_file(2, 3, 2, &[0; 12]))).unwrap_err();
    assert!(
        matches!(
            error,
            DataError::SizesDiffer {
                found: (3, 2),
                expected: (2, 3),
                ..
            }
        ),
        "{error}"
    );
    let error = read_files(&with(3, label_file(&[1, 3]))).unwrap_err();
    assert!(
        matches!(
            error,
            DataError::LabelOutOfRange {
                index: 1,
                label: 3,
                n_classes: 3,
                ..
            }
        ),
        "{error}"
    );
    // Headers that declare too much are refused before anything is read or held.
    for sizes in [[u32::MAX; 3], [1 << 16, 1 << 8, (1 << 7) + 1]] {
        let error =
            read_files(&with(0, image_file(sizes[0], sizes[1], sizes[2], &[]))).unwrap_err();
        assert!(matches!(error, DataError::TooLarge { .. }), "{error}");
    }
    let labels = idx(2049, &[(1 << 31) + 1], &[]);
    let error = read_files(&with(1, labels)).unwrap_err();
    assert!(matches!(error, DataError::TooLarge { .. }), "{error}");
}

#[test]
fn a_gzip_bomb_stops_at_the_declared_size() {
    // 64 MiB of zeros behind a header that declares 24 bytes.
    let mut bytes = image_file(4, 2, 3, &[0; 24]);
    bytes.resize(64 << 20, 0);
    let bomb = gzip(&bytes);
    assert!(bomb.len() < 1 << 20);
    let error = read_files(&with(0, bomb)).unwrap_err();
    assert!(
        matches!(error, DataError::TooLong { expected: 40, .. }),
        "{error}"
    );
}

#[test]
fn images_check_their_parts() {
    let shape = |rows, columns, classes, pixels: usize, labels: &[u8]| {
        Images::new(rows, columns, classes, vec![0; pixels], labels.to_vec())
    };
    assert!(shape(2, 3, 2, 12, &[0, 1]).is_ok());
    assert!(shape(2, 3, 256, 6, &[255]).is_ok());
    let none = shape(2, 3, 2, 0, &[]).unwrap();
    assert!(none.is_empty() && none.mean_and_deviation() == (0.0, 0.0));
    for (rows, columns, classes, pixels) in [
        (2, 3, 2, 11),
        (2, 3, 2, 13),
        (0, 3, 2, 0),
        (2, 0, 2, 0),
        (2, 3, 0, 12),
        (2, 3, 257, 12),
        (usize::MAX, usize::MAX, 2, 1),
    ] {
        let error = shape(rows, columns, classes, pixels, &[0, 1]).unwrap_err();
        assert!(matches!(error, DataError::Shape { .. }), "{error}");
    }
    assert!(matches!(
        shape(2, 3, 2, 12, &[0, 2]).unwrap_err(),
        DataError::LabelOutOfRange {
            index: 1,
            label: 2,
            n_classes: 2,
            ..
        }
    ));
}

#[test]
fn classes_are_chosen_and_renamed_in_the_order_given() {
    let images = Images::new(1, 1, 4, vec![10, 11, 12, 13, 14], vec![2, 0, 1, 2, 0]).unwrap();
    let chosen = images.of_classes(&[2, 0]).unwrap();
    assert_eq!(pixels_of(&chosen), [10, 11, 13, 14]);
    assert_eq!(labels_of(&chosen), [0, 1, 0, 1]);
    assert_eq!(chosen.n_classes(), 2);
    // Each class keeps its own label, by which it is named ever after.
    assert_eq!(chosen.class_labels(), [2, 0]);
    assert_eq!(chosen.class_counts(), [2, 2]);
    assert_eq!(chosen.first(1).class_labels(), [2, 0]);
    let again = chosen.of_classes(&[0]).unwrap();
    assert_eq!(
        (pixels_of(&again), again.class_labels()),
        (vec![11, 14], &[0][..])
    );
    let error = chosen.of_classes(&[1]).unwrap_err();
    assert_eq!(error.to_string(), "found class 1, expected one of 2, 0");
    assert_eq!(images.of_classes(&[0, 1, 2, 3]).unwrap(), images);
    assert!(matches!(
        images.of_classes(&[4]).unwrap_err(),
        DataError::ClassOutOfRange {
            class: 4,
            n_classes: 4
        }
    ));
    assert!(matches!(
        images.of_classes(&[1, 2, 1]).unwrap_err(),
        DataError::RepeatedClass { class: 1 }
    ));
    for none in [&[3][..], &[]] {
        assert!(matches!(
            images.of_classes(none).unwrap_err(),
            DataError::NoneLeft { .. }
        ));
    }
    let first = images.first(2);
    assert_eq!(labels_of(&first), [2, 0]);
    assert_eq!((first.len(), first.n_classes()), (2, 4));
    assert_eq!(images.first(99), images);
}

/// Classes without training images are left out and named, those without test images are named.
#[test]
fn classes_without_images_are_named() {
    let images = |labels: &[u8]| {
        let pixels = (0..labels.len() as u8).collect();
        Images::new(1, 1, 6, pixels, labels.to_vec()).unwrap()
    };
    let set = |train: &[u8], test: &[u8]| DataSet {
        name: "a set".to_owned(),
        train: images(train),
        test: images(test),
    };
    let (left, missing) = set(&[5, 1, 1, 3], &[3, 4, 1, 4, 4])
        .with_training_images()
        .unwrap();
    assert_eq!(left.train.class_labels(), [1, 3, 5]);
    assert_eq!(labels_of(&left.train), [2, 0, 0, 1]);
    assert_eq!(pixels_of(&left.test), [0, 2]);
    assert_eq!(left.test.class_labels(), [1, 3, 5]);
    let missing: Vec<_> = missing
        .iter()
        .map(|m| (m.class, m.train_images, m.test_images))
        .collect();
    assert_eq!(missing, [(0, 0, 0), (2, 0, 0), (4, 0, 3), (5, 1, 0)]);
    let whole = set(&[0, 1, 2, 3, 4, 5], &[5, 4, 3, 2, 1, 0]);
    assert_eq!(
        whole.clone().with_training_images().unwrap(),
        (whole, Vec::new())
    );
    let error = set(&[3, 3], &[1])
        .with_training_images()
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("class 3 only") && error.contains("none of class 0 to 2, 4, 5"),
        "{error}"
    );
    let error = set(&[3, 2], &[1]).with_training_images().unwrap_err();
    assert!(matches!(error, DataError::NoneLeft { .. }), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// What an independent writer wrote is read back, plain and compressed.
    #[test]
    fn a_set_is_read_back(
        (rows, columns) in (1u32..5, 1u32..5),
        train in prop::collection::vec(any::<u8>(), 1..9),
        test in prop::collection::vec(any::<u8>(), 1..9),
        seed in any::<u8>(),
        packed in any::<bool>(),
    ) {
        let largest = *train.iter().max().unwrap();
        let test: Vec<u8> = test.iter().map(|l| l % largest.saturating_add(1).max(1)).collect();
        let size = (rows * columns) as usize;
        let pixels = |n: usize| -> Vec<u8> {
            (0..n * size).map(|i| (i as u8).wrapping_mul(seed).wrapping_add(i as u8 >> 3)).collect()
        };
        let files = [
            image_file(train.len() as u32, rows, columns, &pixels(train.len())),
            label_file(&train),
            image_file(test.len() as u32, rows, columns, &pixels(test.len())),
            label_file(&test),
        ];
        let files = if packed { files.map(|f| gzip(&f)) } else { files };
        let set = read_files(&files).unwrap();
        for (images, labels) in [(&set.train, &train), (&set.test, &test)] {
            prop_assert_eq!((images.rows(), images.columns()), (rows as usize, columns as usize));
            prop_assert_eq!(images.n_classes(), usize::from(largest) + 1);
            prop_assert_eq!(pixels_of(images), pixels(labels.len()));
            let expected: Vec<usize> = labels.iter().map(|&l| usize::from(l)).collect();
            prop_assert_eq!(labels_of(images), expected);
        }
    }

    /// Any bytes in any of the files give a set or an error, never a panic.
    #[test]
    fn random_bytes_never_panic(
        file in 0usize..4,
        start in prop::sample::select(vec![&b""[..], b"\x1f\x8b", b"\x1f\x8b\x08\x00", b"\0\0\x08\x03", b"\0\0\x08\x01"]),
        rest in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let bytes = [start, &rest].concat();
        let _ = read_files(&with(file, bytes));
    }

    /// A genuine file with one byte changed gives the changed contents or an error.
    #[test]
    fn single_byte_edits_never_panic(
        file in 0usize..4,
        at in any::<prop::sample::Index>(),
        change in 1u8..,
        packed in any::<bool>(),
    ) {
        let bytes = genuine()[file].clone();
        let mut edited = if packed { gzip(&bytes) } else { bytes.clone() };
        let at = at.index(edited.len());
        edited[at] ^= change;
        let header = if file % 2 == 0 { 16 } else { 8 };
        let result = read_files(&with(file, edited));
        if !packed && at < header {
            prop_assert!(result.is_err());
        }
        if !packed && at >= header && file % 2 == 0 {
            let set = result.unwrap();
            let images = if file == 0 { &set.train } else { &set.test };
            prop_assert_eq!(pixels_of(images)[at - header], bytes[at] ^ change);
        }
    }

    /// Mean and deviation by their definition, in another order of summation.
    #[test]
    fn mean_and_deviation_are_those_of_the_definition(pixels in prop::collection::vec(any::<u8>(), 1..200)) {
        let n = pixels.len();
        let images = Images::new(1, 1, 1, pixels.clone(), vec![0; n]).unwrap();
        let values: Vec<f64> = pixels.iter().rev().map(|&p| f64::from(p) / 255.0).collect();
        let mean = values.iter().sum::<f64>() / n as f64;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n as f64;
        let (found_mean, found_deviation) = images.mean_and_deviation();
        prop_assert!((found_mean - mean).abs() < 1e-12);
        prop_assert!((found_deviation - variance.sqrt()).abs() < 1e-9);
    }
}

/// What stands after the compressed data: zeros are padding, another member goes on, all else is refused, as
/// gzip does.
#[test]
fn zeros_after_compressed_data_are_padding() {
    let plain = genuine();
    let (head, tail) = plain[0].split_at(20);
    let two = [gzip(head), gzip(tail)].concat();
    for (packed, zeros) in [
        (gzip(&plain[0]), 0),
        (gzip(&plain[0]), 1),
        (gzip(&plain[0]), 511),
        (gzip(&plain[0]), 100_000),
        (two.clone(), 0),
        (two.clone(), 10_240),
    ] {
        let mut files = genuine();
        files[0] = [packed, vec![0; zeros]].concat();
        files[1] = [gzip(&files[1]), vec![0; zeros]].concat();
        assert_genuine(&read_files(&files).unwrap());
    }
    let packed = || gzip(&plain[0]);
    for bad in [
        [packed(), vec![1]].concat(),
        [packed(), vec![0, 1]].concat(),
        [packed(), vec![0; 9_000], vec![7]].concat(),
        [packed(), vec![0x1f]].concat(),
        [packed(), vec![0x1f, 0x8b]].concat(),
        [packed(), vec![0x1f, 0x00]].concat(),
        // Padding is the end: no member goes on after it.
        [gzip(head), vec![0; 3], gzip(tail)].concat(),
        [packed(), b"P5 2 3".to_vec()].concat(),
    ] {
        let mut files = genuine();
        files[0] = bad;
        let error = read_files(&files).unwrap_err();
        assert!(matches!(error, DataError::Unreadable { .. }), "{error}");
        assert!(error.to_string().contains(NAMES[0]), "{error}");
    }
    // Data that end early or go on too long do so with padding as well.
    let mut files = genuine();
    files[0] = [gzip(&plain[0][..30]), vec![0; 20]].concat();
    assert!(matches!(
        read_files(&files),
        Err(DataError::TooShort { .. })
    ));
    files[0] = [gzip(&[&plain[0][..], &[0]].concat()), vec![0; 20]].concat();
    assert!(matches!(read_files(&files), Err(DataError::TooLong { .. })));
    // A plain file has no padding: its zeros are bytes too many.
    files[0] = [&plain[0][..], &[0; 4]].concat();
    assert!(matches!(read_files(&files), Err(DataError::TooLong { .. })));
}

/// Files are read once, from the beginning to the end, without asking for their size.
#[cfg(unix)]
#[test]
fn named_pipes_are_read_like_files() {
    let pad = |bytes: &[u8]| [gzip(bytes), vec![0; 600]].concat();
    for packed in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        for (name, bytes) in NAMES.iter().zip(genuine()) {
            let path = dir.path().join(name);
            let made = std::process::Command::new("mkfifo").arg(&path).status();
            assert!(made.unwrap().success());
            let bytes = if packed { pad(&bytes) } else { bytes };
            std::thread::spawn(move || fs::write(path, bytes));
        }
        assert_genuine(&read(Some(dir.path())).unwrap());
    }
    // A folder of the file's name is no file.
    let dir = folder(&genuine());
    fs::rename(dir.path().join(NAMES[0]), dir.path().join("away")).unwrap();
    fs::create_dir(dir.path().join(NAMES[0])).unwrap();
    assert!(matches!(
        read(Some(dir.path())),
        Err(DataError::NoFile { .. })
    ));
}
