//! Small generated sets whose truth is known, and key patterns planted in real images.
//!
//! A pattern is a square of centred pixel values (its sum is 0); it is stored as `128 + value`, so
//! that grey 128 is no signal. A generated image is a grid of [`GRID`] x [`GRID`] patches of
//! [`PATCH`] x [`PATCH`] pixels that do not overlap. One patch at a uniformly random place is the key
//! pattern of the image's label (r = 1), each of the others is drawn on its own from the background
//! patterns, so A2 holds in every image. Labels are fair coin flips.
//!
//! The patterns are the two-dimensional Walsh functions `64 w_a(row) w_b(column)`,
//! `w_a(i) = (-1)^(number of bits set in both a and i)`, 0 <= i < 4, with
//!
//! | pattern | v+ | v- | u1 | u2 | u3 | u4 |
//! |---|---|---|---|---|---|---|
//! | (a, b) | (1, 0) | (0, 1) | (1, 1) | (2, 0) | (0, 2) | (2, 2) |
//!
//! They are orthogonal to each other and to the constant, with equal norms: A1 up to a scale.

use super::data::{DataError, DataSet, Images};
use super::streams::{Use, stream};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use std::fmt;
use std::str::FromStr;

/// Side of a patch of a generated image, in pixels.
pub const PATCH: usize = 4;

/// Patches in a row, and in a column, of a generated image.
pub const GRID: usize = 3;

/// The grey that stands for no signal.
pub const MID_GREY: i16 = 128;

/// Greatest noise of a pixel of [`Kind::Noisy`], in grey levels.
pub const NOISE: i16 = 48;

/// Largest side of a key pattern.
pub const MAX_PATCH: usize = 64;

/// The size of the signal, in grey levels.
const AMPLITUDE: i16 = 64;

/// (a, b) of the Walsh functions of the background.
const BACKGROUND: [(usize, usize); 4] = [(1, 1), (2, 0), (0, 2), (2, 2)];

/// Weights of the background patterns, for one label and, reversed, for the other.
const UNEVEN: [u32; 4] = [4, 3, 2, 1];

/// The law of a generated set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Background patterns uniform, no noise: A1 to A4 hold.
    Orthogonal,
    /// As [`Kind::Orthogonal`], and every pixel moved by an integer that is uniform on
    /// -[`NOISE`]..=[`NOISE`]: the patterns hold only approximately.
    Noisy,
    /// Background probabilities (4, 3, 2, 1)/10 for label + and (1, 2, 3, 4)/10 for label -: A3
    /// fails, with a total variation distance of 2/5 between the laws of one background patch.
    LabelDependent,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 3] = [Kind::Orthogonal, Kind::Noisy, Kind::LabelDependent];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Orthogonal => "orthogonal",
            Kind::Noisy => "noisy",
            Kind::LabelDependent => "label-dependent",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = DataError;

    fn from_str(name: &str) -> Result<Self, DataError> {
        Kind::ALL
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| DataError::UnknownKind {
                found: name.to_owned(),
                expected: Kind::ALL.map(Kind::name).join(", "),
            })
    }
}

/// A generated set and the patterns it was built from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planted {
    /// The images; class 0 is label +, class 1 is label -.
    pub data: DataSet,
    /// The patterns v+, v-, u1, ..: centred pixel values, row by row, `patch * patch` each.
    pub patterns: Vec<Vec<i16>>,
    /// Side of a patch, in pixels.
    pub patch: usize,
}

/// A generated set of `n_train` and `n_test` images of 12 x 12 pixels.
///
/// The training images come from index 0 of the stream [`Use::Planting`] of this seed, the test images from 1,
/// one after the other: fewer images are the beginning of more.
///
/// # Cost
/// 144 bytes and about as many operations an image.
pub fn generate(kind: Kind, n_train: usize, n_test: usize, seed: u64) -> Planted {
    let patterns = patterns();
    let images = |n, set| images(kind, &patterns, n, &mut stream(Use::Planting, seed, set));
    Planted {
        data: DataSet {
            name: format!("planted-{kind}"),
            train: images(n_train, 0),
            test: images(n_test, 1),
        },
        patch: PATCH,
        patterns,
    }
}

/// v+, v-, u1 .. u4.
fn patterns() -> Vec<Vec<i16>> {
    let walsh = |a: usize, i: usize| {
        if (a & i).count_ones().is_multiple_of(2) {
            1
        } else {
            -1
        }
    };
    let background = BACKGROUND.map(|(a, b)| {
        square(PATCH, |row, column| {
            AMPLITUDE * walsh(a, row) * walsh(b, column)
        })
    });
    let mut patterns = key_patterns(PATCH).to_vec();
    patterns.extend(background);
    patterns
}

fn images(kind: Kind, patterns: &[Vec<i16>], n: usize, rng: &mut ChaCha8Rng) -> Images {
    const SIDE: usize = GRID * PATCH;
    let n_background = patterns.len() - 2;
    let mut pixels = Vec::with_capacity(n * SIDE * SIDE);
    let mut labels = Vec::with_capacity(n);
    let mut image = [0i16; SIDE * SIDE];
    for _ in 0..n {
        let label = usize::from(rng.random_range(0..2u8));
        let key_place = below(GRID * GRID, rng);
        for place in 0..GRID * GRID {
            let pattern = if place == key_place {
                label
            } else {
                2 + match kind {
                    Kind::Orthogonal | Kind::Noisy => below(n_background, rng),
                    Kind::LabelDependent => {
                        let drawn = weighted(&UNEVEN, rng);
                        [drawn, n_background - 1 - drawn][label]
                    }
                }
            };
            let (top, left) = (place / GRID * PATCH, place % GRID * PATCH);
            for (i, &value) in patterns[pattern].iter().enumerate() {
                image[(top + i / PATCH) * SIDE + left + i % PATCH] = MID_GREY + value;
            }
        }
        for value in &image {
            let noise = match kind {
                Kind::Noisy => rng.random_range(-NOISE..=NOISE),
                Kind::Orthogonal | Kind::LabelDependent => 0,
            };
            pixels.push(grey(value + noise));
        }
        labels.push(label as u8);
    }
    Images::new(SIDE, SIDE, 2, pixels, labels).expect("as many pixels as the images have")
}

/// A pixel from a value that is in range by construction.
fn grey(value: i16) -> u8 {
    value.clamp(0, 255) as u8
}

/// A uniform integer below `n`; drawn as 32 bits, so that it is the same on every machine.
fn below(n: usize, rng: &mut ChaCha8Rng) -> usize {
    rng.random_range(0..n as u32) as usize
}

/// An index, drawn with probabilities in proportion to the weights.
fn weighted(weights: &[u32], rng: &mut ChaCha8Rng) -> usize {
    let mut left = rng.random_range(0..weights.iter().sum());
    for (i, &weight) in weights.iter().enumerate() {
        if left < weight {
            return i;
        }
        left -= weight;
    }
    weights.len() - 1
}

fn square(side: usize, value: impl Fn(usize, usize) -> i16) -> Vec<i16> {
    (0..side * side)
        .map(|i| value(i / side, i % side))
        .collect()
}

/// Two orthogonal centred key patterns of `patch` x `patch` pixels: stripes one pixel wide, along
/// the rows for v+ and along the columns for v-.
///
/// For an even side the stripes are +64 and -64. For an odd side 2h + 1 there are h + 1 stripes of
/// `h u` and between them h stripes of `-(h + 1) u`, with `u = floor(128 / (2h + 1))`; so the sum is
/// 0 and the size about the same. A pattern that varies along the rows only and one that varies
/// along the columns only are orthogonal if their sums are 0.
///
/// # Errors
/// [`DataError::PatchSize`] unless `patch` is from 2 to [`MAX_PATCH`].
pub fn keys(patch: usize) -> Result<[Vec<i16>; 2], DataError> {
    if !(2..=MAX_PATCH).contains(&patch) {
        return Err(DataError::PatchSize {
            patch,
            least: 2,
            most: MAX_PATCH,
        });
    }
    Ok(key_patterns(patch))
}

fn key_patterns(patch: usize) -> [Vec<i16>; 2] {
    let half = (patch / 2) as i16;
    let (light, dark) = if patch.is_multiple_of(2) {
        (AMPLITUDE, -AMPLITUDE)
    } else {
        let unit = 2 * AMPLITUDE / patch as i16;
        (half * unit, -(half + 1) * unit)
    };
    let stripe = |i: usize| if i.is_multiple_of(2) { light } else { dark };
    [
        square(patch, |row, _| stripe(row)),
        square(patch, |_, column| stripe(column)),
    ]
}

/// A copy of real images with one of two key patterns planted in each: a semi-real set of two
/// classes.
///
/// The new label of an image is a fair coin flip, whatever its old label. One patch of the grid of
/// `patch` x `patch` squares that starts at the upper left corner (places drawn uniformly; a margin
/// that is no whole square is left as it is) is replaced by 128 + key: `keys[0]` for class 0,
/// `keys[1]` for class 1. So A2 holds by construction, up to real patches which happen to hold a
/// key; A4 holds, and A3 up to the patch that is covered; nothing is said about A1.
///
/// The draws are index 0 of [`Use::Planting`] with this seed. Two sets planted with one seed share the labels
/// and places of their first images: use [`plant_set`] for a training and a test set.
///
/// # Errors
/// [`DataError::PatchSize`] if the patch is empty or larger than an image;
/// [`DataError::WrongKey`] if a key has not `patch * patch` values from -128 to 127.
pub fn plant(
    images: &Images,
    patch: usize,
    keys: &[Vec<i16>; 2],
    seed: u64,
) -> Result<Images, DataError> {
    plant_from(images, patch, keys, &mut stream(Use::Planting, seed, 0))
}

/// [`plant`] for a whole set: the training images from index 0 of the stream, the test images from 1.
///
/// # Errors
/// As [`plant`].
pub fn plant_set(
    data: &DataSet,
    patch: usize,
    keys: &[Vec<i16>; 2],
    seed: u64,
) -> Result<DataSet, DataError> {
    Ok(DataSet {
        name: format!("{} with planted keys", data.name),
        train: plant(&data.train, patch, keys, seed)?,
        test: plant_from(&data.test, patch, keys, &mut stream(Use::Planting, seed, 1))?,
    })
}

fn plant_from(
    images: &Images,
    patch: usize,
    keys: &[Vec<i16>; 2],
    rng: &mut ChaCha8Rng,
) -> Result<Images, DataError> {
    let (rows, columns) = (images.rows(), images.columns());
    let most = rows.min(columns);
    if patch == 0 || patch > most {
        return Err(DataError::PatchSize {
            patch,
            least: 1,
            most,
        });
    }
    let grey_keys = [grey_key(0, &keys[0], patch)?, grey_key(1, &keys[1], patch)?];
    let across = columns / patch;
    let places = rows / patch * across;
    let mut pixels = Vec::with_capacity(images.len() * rows * columns);
    let mut labels = Vec::with_capacity(images.len());
    for i in 0..images.len() {
        let label = rng.random_range(0..2u8);
        let place = below(places, rng);
        let (top, left) = (place / across * patch, place % across * patch);
        let start = pixels.len();
        pixels.extend_from_slice(images.pixels(i));
        for (row, line) in grey_keys[usize::from(label)].chunks(patch).enumerate() {
            let at = start + (top + row) * columns + left;
            pixels[at..at + patch].copy_from_slice(line);
        }
        labels.push(label);
    }
    Images::new(rows, columns, 2, pixels, labels)
}

/// The pixels of a key.
fn grey_key(index: usize, key: &[i16], patch: usize) -> Result<Vec<u8>, DataError> {
    if key.len() != patch * patch {
        return Err(DataError::WrongKey {
            key: index,
            found: format!("{} values", key.len()),
            expected: format!("{}", patch * patch),
        });
    }
    key.iter()
        .map(|&value| {
            u8::try_from(i32::from(value) + i32::from(MID_GREY)).map_err(|_| DataError::WrongKey {
                key: index,
                found: format!("the value {value}"),
                expected: "values from -128 to 127".to_owned(),
            })
        })
        .collect()
}
