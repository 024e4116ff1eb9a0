//! Grey images with labels, and the IDX files they are read from.
//!
//! An IDX file is a big-endian header and then bytes. Images: the magic number `0x00000803`, the
//! number of images, rows, columns (four bytes each), then the pixels row by row. Labels:
//! `0x00000801`, the number of labels, then the labels. A file may be compressed by gzip, which is
//! told by its first two bytes and not by its name; zeros after the compressed data are padding. A file may be
//! a named pipe.

use flate2::bufread::GzDecoder;
use serde::Serialize;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Where Debian's package dataset-fashion-mnist puts its files.
pub const DEBIAN_FASHION_MNIST: &str = "/usr/share/datasets/fashion-mnist";

/// Most bytes of pixels (or of labels) that one file may declare.
pub const MAX_BYTES: u64 = 1 << 31;

const HOW_TO_GET: &str = "on Debian: apt-get install dataset-fashion-mnist; or --data DIR with the \
                          four IDX files of an MNIST-like set";

/// Why images cannot be had.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DataError {
    /// The folder of the data set is not there.
    #[error("{dir:?}: found no such directory, expected one with IDX files ({HOW_TO_GET})")]
    NoDirectory {
        /// The folder.
        dir: PathBuf,
    },
    /// One of the four files is not there under any of its names.
    #[error("{dir:?}: found none of {}, expected one of them ({HOW_TO_GET})", tried.join(", "))]
    NoFile {
        /// The folder.
        dir: PathBuf,
        /// The names that were tried, in this order.
        tried: Vec<String>,
    },
    /// The system cannot read a file, or gzip cannot decompress it.
    #[error("{file:?}: cannot be read: {source}")]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system or the decompressor said.
        source: io::Error,
    },
    /// A file does not begin with the magic number of its kind.
    #[error(
        "{file:?}: found the magic number {found:#010x}, expected {expected:#010x} ({what} as bytes)"
    )]
    WrongMagic {
        /// The file.
        file: PathBuf,
        /// Its first four bytes.
        found: u32,
        /// What they must be.
        expected: u32,
        /// "images" or "labels".
        what: &'static str,
    },
    /// A file ends too early.
    #[error("{file:?}: found {found} bytes (decompressed), expected {expected}")]
    TooShort {
        /// The file.
        file: PathBuf,
        /// Its length.
        found: u64,
        /// The least length (header incomplete) or the length that the header declares.
        expected: u64,
    },
    /// A file goes on after what its header declares.
    #[error("{file:?}: found more than {expected} bytes (decompressed), expected {expected}")]
    TooLong {
        /// The file.
        file: PathBuf,
        /// The length that the header declares.
        expected: u64,
    },
    /// A header declares more than this program reads.
    #[error("{file:?}: found {bytes} bytes declared by the header, expected at most {MAX_BYTES}")]
    TooLarge {
        /// The file.
        file: PathBuf,
        /// Bytes after the header that it declares.
        bytes: u128,
    },
    /// A file declares no image, or images without pixels.
    #[error(
        "{file:?}: found {count} images of {rows} x {columns} pixels, expected at least one of each"
    )]
    Empty {
        /// The file.
        file: PathBuf,
        /// Images declared.
        count: u32,
        /// Rows declared.
        rows: u32,
        /// Columns declared.
        columns: u32,
    },
    /// Images and labels of one set differ in number.
    #[error(
        "{labels_file:?}: found {labels} labels, expected {images} as {images_file:?} has images"
    )]
    CountsDiffer {
        /// The file of images.
        images_file: PathBuf,
        /// Its images.
        images: usize,
        /// The file of labels.
        labels_file: PathBuf,
        /// Its labels.
        labels: usize,
    },
    /// The images of the test set are not as large as those of the training set.
    #[error(
        "{file:?}: found images of {} x {} pixels, expected {} x {} as in the training set",
        found.0, found.1, expected.0, expected.1
    )]
    SizesDiffer {
        /// The file of test images.
        file: PathBuf,
        /// Its rows and columns.
        found: (usize, usize),
        /// Rows and columns of the training images.
        expected: (usize, usize),
    },
    /// A label that is no class.
    #[error(
        "{place}: found label {label} at image {index} (from 0), expected a label below {n_classes}"
    )]
    LabelOutOfRange {
        /// The file, or "the labels".
        place: String,
        /// The image.
        index: usize,
        /// Its label.
        label: u8,
        /// Number of classes.
        n_classes: usize,
    },
    /// Pixels and labels do not make images.
    #[error(
        "found {pixels} pixels and {labels} labels for images of {rows} x {columns} pixels and \
         {n_classes} classes, expected rows and columns of at least 1, rows x columns pixels a label, \
         and from 1 to 256 classes"
    )]
    Shape {
        /// Rows asked for.
        rows: usize,
        /// Columns asked for.
        columns: usize,
        /// Classes asked for.
        n_classes: usize,
        /// Pixels given.
        pixels: usize,
        /// Labels given.
        labels: usize,
    },
    /// A class that the set does not have.
    #[error("found class {class}, expected a class below {n_classes}")]
    ClassOutOfRange {
        /// The class asked for.
        class: usize,
        /// Number of classes.
        n_classes: usize,
    },
    /// A class that images of some classes do not have.
    #[error("found class {class}, expected one of {}", joined(classes))]
    NoSuchClass {
        /// The class asked for.
        class: usize,
        /// The classes there are.
        classes: Vec<usize>,
    },
    /// A class is asked for twice.
    #[error("found class {class} twice, expected each class at most once")]
    RepeatedClass {
        /// The class.
        class: usize,
    },
    /// No image has one of the classes asked for.
    #[error("found no image of the classes {classes:?}, expected at least one")]
    NoneLeft {
        /// The classes.
        classes: Vec<usize>,
    },
    /// Training images of fewer than two classes.
    #[error(
        "the training images: found images of {}, expected at least two classes with images{}",
        match found.as_slice() {
            [] => "no class".to_owned(),
            classes => format!("class {} only", joined(classes)),
        },
        match missing.as_slice() {
            [] => String::new(),
            missing => format!(" (none of class {})", ranges(missing)),
        }
    )]
    TooFewClasses {
        /// The classes that have training images, by their own labels.
        found: Vec<usize>,
        /// Those that have none.
        missing: Vec<usize>,
    },
    /// Key patterns of this size cannot be planted in these images.
    #[error("found patches of {patch} x {patch} pixels, expected a size from {least} to {most}")]
    PatchSize {
        /// The side of a patch.
        patch: usize,
        /// The least side.
        least: usize,
        /// The greatest side.
        most: usize,
    },
    /// A key pattern that pixels cannot hold.
    #[error("key pattern {key}: found {found}, expected {expected}")]
    WrongKey {
        /// 0 for v+, 1 for v-.
        key: usize,
        /// What is wrong.
        found: String,
        /// What it should be.
        expected: String,
    },
    /// No generated set has this name.
    #[error("found {found:?}, expected one of {expected}")]
    UnknownKind {
        /// The name.
        found: String,
        /// The names there are.
        expected: String,
    },
}

/// Grey images of one size with labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Images {
    rows: usize,
    columns: usize,
    /// The own label of each class: where the images come from it is called so.
    classes: Vec<usize>,
    pixels: Vec<u8>,
    labels: Vec<u8>,
}

impl Images {
    /// `labels.len()` images, their pixels one image after the other, row by row. No image is allowed.
    /// The classes are 0 to `n_classes - 1`, and these are their own labels.
    ///
    /// # Errors
    /// [`DataError::Shape`] if rows or columns are 0, the number of pixels is not rows x columns x
    /// labels, or there is no class or more of them than 256, for labels are bytes; [`DataError::LabelOutOfRange`] if a label is not below `n_classes`.
    pub fn new(
        rows: usize,
        columns: usize,
        n_classes: usize,
        pixels: Vec<u8>,
        labels: Vec<u8>,
    ) -> Result<Self, DataError> {
        let expected = rows
            .checked_mul(columns)
            .and_then(|size| size.checked_mul(labels.len()));
        let classes_fit = (1..=256).contains(&n_classes);
        if rows == 0 || columns == 0 || !classes_fit || expected != Some(pixels.len()) {
            return Err(DataError::Shape {
                rows,
                columns,
                n_classes,
                pixels: pixels.len(),
                labels: labels.len(),
            });
        }
        check_labels(&labels, n_classes, || "the labels".to_owned())?;
        Ok(Images {
            rows,
            columns,
            classes: (0..n_classes).collect(),
            pixels,
            labels,
        })
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no image.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Rows of an image.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Columns of an image.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Number of classes; every label is below it.
    pub fn n_classes(&self) -> usize {
        self.classes.len()
    }

    /// The own label of each class, in the order of the labels: what [`label`](Self::label) calls class i is
    /// class `class_labels()[i]` of the set that the images were read from.
    pub fn class_labels(&self) -> &[usize] {
        &self.classes
    }

    /// Number of images of each class.
    pub fn class_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.n_classes()];
        for &label in &self.labels {
            counts[usize::from(label)] += 1;
        }
        counts
    }

    /// The pixels of image `i`, row by row.
    ///
    /// # Panics
    /// If `i` is not below [`len`](Self::len), as a slice does.
    pub fn pixels(&self, i: usize) -> &[u8] {
        let size = self.rows * self.columns;
        &self.pixels[i * size..(i + 1) * size]
    }

    /// The label of image `i`.
    ///
    /// # Panics
    /// If `i` is not below [`len`](Self::len), as a slice does.
    pub fn label(&self, i: usize) -> usize {
        usize::from(self.labels[i])
    }

    /// The images of these classes, named by their own labels, in the images' order and labelled anew: 0
    /// for the first class named, and so on. Each class keeps its own label
    /// ([`class_labels`](Self::class_labels)).
    ///
    /// # Errors
    /// [`DataError::ClassOutOfRange`] or [`DataError::NoSuchClass`], [`DataError::RepeatedClass`], and
    /// [`DataError::NoneLeft`] if no image has one of the classes.
    pub fn of_classes(&self, classes: &[usize]) -> Result<Images, DataError> {
        let mut new_label: Vec<Option<u8>> = vec![None; self.n_classes()];
        for (new, &class) in classes.iter().enumerate() {
            let place = self.classes.iter().position(|own| *own == class);
            let Some(slot) = place.and_then(|place| new_label.get_mut(place)) else {
                let whole = self.classes.iter().enumerate().all(|(i, own)| i == *own);
                return Err(if whole {
                    let n_classes = self.n_classes();
                    DataError::ClassOutOfRange { class, n_classes }
                } else {
                    let classes = self.classes.clone();
                    DataError::NoSuchClass { class, classes }
                });
            };
            if slot.is_some() {
                return Err(DataError::RepeatedClass { class });
            }
            // Below 256: there are at most 256 classes and none is named twice.
            *slot = Some(new as u8);
        }
        let mut pixels = Vec::new();
        let mut labels = Vec::new();
        for i in 0..self.len() {
            if let Some(label) = new_label[self.label(i)] {
                pixels.extend_from_slice(self.pixels(i));
                labels.push(label);
            }
        }
        if labels.is_empty() {
            return Err(DataError::NoneLeft {
                classes: classes.to_vec(),
            });
        }
        let mut chosen = Images::new(self.rows, self.columns, classes.len(), pixels, labels)?;
        chosen.classes = classes.to_vec();
        Ok(chosen)
    }

    /// The first `n` images, or all if there are fewer.
    pub fn first(&self, n: usize) -> Images {
        let n = n.min(self.len());
        Images {
            rows: self.rows,
            columns: self.columns,
            classes: self.classes.clone(),
            pixels: self.pixels[..n * self.rows * self.columns].to_vec(),
            labels: self.labels[..n].to_vec(),
        }
    }

    /// The images at these places, in this order.
    ///
    /// # Panics
    /// If a place is not below [`len`](Self::len), as a slice does.
    pub fn at(&self, places: &[usize]) -> Images {
        Images {
            rows: self.rows,
            columns: self.columns,
            classes: self.classes.clone(),
            pixels: places
                .iter()
                .flat_map(|&i| self.pixels(i))
                .copied()
                .collect(),
            labels: places.iter().map(|&i| self.labels[i]).collect(),
        }
    }

    /// The first `n` images of each class, or all of a class that has fewer, in the images' order.
    pub fn first_of_each(&self, n: usize) -> Images {
        let mut seen = vec![0; self.n_classes()];
        let places: Vec<usize> = (0..self.len())
            .filter(|&i| {
                seen[self.label(i)] += 1;
                seen[self.label(i)] <= n
            })
            .collect();
        self.at(&places)
    }

    /// Mean and standard deviation (of the population) of pixel / 255 over all pixels; (0, 0) if
    /// there is no image.
    ///
    /// The sums are integers, so that no order of summation can matter.
    pub fn mean_and_deviation(&self) -> (f64, f64) {
        let (mut sum, mut squares) = (0u128, 0u128);
        for &pixel in &self.pixels {
            sum += u128::from(pixel);
            squares += u128::from(pixel) * u128::from(pixel);
        }
        let n = self.pixels.len() as u128;
        if n == 0 {
            return (0.0, 0.0);
        }
        let scale = n as f64 * 255.0;
        let scatter = n * squares - sum * sum;
        (sum as f64 / scale, (scatter as f64).sqrt() / scale)
    }
}

fn check_labels(
    labels: &[u8],
    n_classes: usize,
    place: impl Fn() -> String,
) -> Result<(), DataError> {
    match labels.iter().position(|&l| usize::from(l) >= n_classes) {
        Some(index) => Err(DataError::LabelOutOfRange {
            place: place(),
            index,
            label: labels[index],
            n_classes,
        }),
        None => Ok(()),
    }
}

/// Images to train on and images to test on, of one size and with the same classes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataSet {
    /// A name for reports.
    pub name: String,
    /// Images to train on.
    pub train: Images,
    /// Images to test on.
    pub test: Images,
}

/// A class that the training images or the test images have no image of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct MissingClass {
    /// The class, by its own label.
    pub class: usize,
    /// Its training images; without any, the class is left out.
    pub train_images: usize,
    /// Its test images; left out with the class.
    pub test_images: usize,
}

impl DataSet {
    /// The set without the classes that have no training image (their test images, which nothing could
    /// learn to name, are left out too), and all classes that have no training or no test image, in order.
    ///
    /// # Errors
    /// [`DataError::TooFewClasses`] unless two classes have training images; [`DataError::NoneLeft`] if
    /// no test image is left.
    pub fn with_training_images(self) -> Result<(DataSet, Vec<MissingClass>), DataError> {
        let counts = self.train.class_counts().into_iter();
        let counts = counts.zip(self.test.class_counts());
        let labels = self.train.class_labels().iter();
        let all: Vec<MissingClass> = labels
            .zip(counts)
            .map(|(&class, (train_images, test_images))| MissingClass {
                class,
                train_images,
                test_images,
            })
            .collect();
        let (found, empty): (Vec<&MissingClass>, Vec<_>) =
            all.iter().partition(|class| class.train_images > 0);
        let named = |classes: &[&MissingClass]| -> Vec<usize> {
            classes.iter().map(|class| class.class).collect()
        };
        let (found, empty) = (named(&found), named(&empty));
        if found.len() < 2 {
            return Err(DataError::TooFewClasses {
                found,
                missing: empty,
            });
        }
        let set = if empty.is_empty() {
            self
        } else {
            DataSet {
                name: self.name,
                train: self.train.of_classes(&found)?,
                test: self.test.of_classes(&found)?,
            }
        };
        let lacking = |class: &MissingClass| class.train_images == 0 || class.test_images == 0;
        Ok((set, all.into_iter().filter(lacking).collect()))
    }
}

fn joined(classes: &[usize]) -> String {
    let texts: Vec<String> = classes.iter().map(usize::to_string).collect();
    texts.join(", ")
}

/// Numbers in words, runs of three and more as `a to b`.
pub fn ranges(numbers: &[usize]) -> String {
    let runs = numbers.chunk_by(|a, b| a.checked_add(1) == Some(*b));
    let texts: Vec<String> = runs
        .map(|run| match run {
            [first, _, .., last] => format!("{first} to {last}"),
            few => joined(few),
        })
        .collect();
    texts.join(", ")
}

/// Reads the four IDX files of a set from `dir`, or from where Debian's package
/// dataset-fashion-mnist puts them.
///
/// The files are `train-images-idx3-ubyte`, `train-labels-idx1-ubyte` and the same with `t10k` for
/// the test set; also with a dot before `idx`, and each with or without `.gz` (a plain file is taken
/// before a compressed one). There are as many classes as the largest label of the training set
/// says, counted from 0. The set is named after its directory.
///
/// # Errors
/// Everything of [`DataError`] that speaks of a file or a directory. Memory grows with the bytes
/// that were read, not with what a header declares, and reading stops at the declared length.
pub fn read(dir: Option<&Path>) -> Result<DataSet, DataError> {
    let dir = dir.unwrap_or(Path::new(DEBIAN_FASHION_MNIST));
    if !dir.is_dir() {
        return Err(DataError::NoDirectory {
            dir: dir.to_owned(),
        });
    }
    // All four are looked for before the first is read: a missing one is then reported at once.
    let train = SetFiles::find(dir, "train")?;
    let test = SetFiles::find(dir, "t10k")?;
    let (train_shape, train_pixels, train_labels) = train.read()?;
    let (test_shape, test_pixels, test_labels) = test.read()?;
    if train_shape != test_shape {
        return Err(DataError::SizesDiffer {
            file: test.images,
            found: test_shape,
            expected: train_shape,
        });
    }
    let largest = train_labels.iter().max().copied().unwrap_or(0);
    let n_classes = usize::from(largest) + 1;
    check_labels(&test_labels, n_classes, || format!("{:?}", test.labels))?;
    let (rows, columns) = train_shape;
    Ok(DataSet {
        name: name_of(dir),
        train: Images::new(rows, columns, n_classes, train_pixels, train_labels)?,
        test: Images::new(rows, columns, n_classes, test_pixels, test_labels)?,
    })
}

fn name_of(dir: &Path) -> String {
    let whole = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    // The given name first: a link may be named better than what it points to.
    let name = dir.file_name().or(whole.file_name());
    name.map_or("images".to_owned(), |n| n.to_string_lossy().into_owned())
}

/// Rows and columns, pixels, labels.
type Parts = ((usize, usize), Vec<u8>, Vec<u8>);

/// The two files of one set.
struct SetFiles {
    images: PathBuf,
    labels: PathBuf,
}

impl SetFiles {
    fn find(dir: &Path, prefix: &str) -> Result<Self, DataError> {
        Ok(SetFiles {
            images: find(dir, prefix, "images", "idx3")?,
            labels: find(dir, prefix, "labels", "idx1")?,
        })
    }

    fn read(&self) -> Result<Parts, DataError> {
        let mut file = IdxFile::open(&self.images, 0x0803, "images", 16)?;
        let [count, rows, columns] = [file.word(1), file.word(2), file.word(3)];
        if count == 0 || rows == 0 || columns == 0 {
            return Err(DataError::Empty {
                file: self.images.clone(),
                count,
                rows,
                columns,
            });
        }
        let bytes = u128::from(count) * u128::from(rows) * u128::from(columns);
        let pixels = file.body(bytes)?;
        let mut file = IdxFile::open(&self.labels, 0x0801, "labels", 8)?;
        let labels = file.body(u128::from(file.word(1)))?;
        if labels.len() as u128 != u128::from(count) {
            return Err(DataError::CountsDiffer {
                images_file: self.images.clone(),
                images: count as usize,
                labels_file: self.labels.clone(),
                labels: labels.len(),
            });
        }
        Ok(((rows as usize, columns as usize), pixels, labels))
    }
}

fn find(dir: &Path, prefix: &str, what: &str, kind: &str) -> Result<PathBuf, DataError> {
    let mut tried = Vec::new();
    for ending in ["", ".gz"] {
        for separator in ["-", "."] {
            let name = format!("{prefix}-{what}{separator}{kind}-ubyte{ending}");
            let path = dir.join(&name);
            // A pipe is as good as a file; a folder of this name is something else.
            if path.exists() && !path.is_dir() {
                return Ok(path);
            }
            tried.push(name);
        }
    }
    Err(DataError::NoFile {
        dir: dir.to_owned(),
        tried,
    })
}

/// An IDX file whose header has been read.
struct IdxFile<'a> {
    path: &'a Path,
    header: Vec<u8>,
    bytes: Box<dyn Read>,
}

impl<'a> IdxFile<'a> {
    /// Opens a file and reads its header of `header_bytes`, which must begin with `magic`.
    fn open(
        path: &'a Path,
        magic: u32,
        what: &'static str,
        header_bytes: u64,
    ) -> Result<Self, DataError> {
        let unreadable = |source| DataError::Unreadable {
            file: path.to_owned(),
            source,
        };
        let mut bytes = decompressed(path).map_err(unreadable)?;
        let mut header = Vec::new();
        bytes
            .by_ref()
            .take(header_bytes)
            .read_to_end(&mut header)
            .map_err(unreadable)?;
        let file = IdxFile {
            path,
            header,
            bytes,
        };
        let found = file.header.len() as u64;
        if found >= 4 && file.word(0) != magic {
            return Err(DataError::WrongMagic {
                file: path.to_owned(),
                found: file.word(0),
                expected: magic,
                what,
            });
        }
        if found < header_bytes {
            return Err(DataError::TooShort {
                file: path.to_owned(),
                found,
                expected: header_bytes,
            });
        }
        Ok(file)
    }

    /// Word `i` of the header; 0 where the header has no such word.
    fn word(&self, i: usize) -> u32 {
        let word = self.header.get(4 * i..4 * i + 4);
        word.and_then(|w| w.try_into().ok())
            .map_or(0, u32::from_be_bytes)
    }

    /// Exactly `declared` bytes, after which the file must end.
    fn body(&mut self, declared: u128) -> Result<Vec<u8>, DataError> {
        let limit = match u64::try_from(declared) {
            Ok(bytes) if bytes <= MAX_BYTES => bytes,
            _ => {
                return Err(DataError::TooLarge {
                    file: self.path.to_owned(),
                    bytes: declared,
                });
            }
        };
        let mut body = Vec::new();
        // One byte more than declared: only so does gzip reach its end and check its sum.
        self.bytes
            .by_ref()
            .take(limit + 1)
            .read_to_end(&mut body)
            .map_err(|source| DataError::Unreadable {
                file: self.path.to_owned(),
                source,
            })?;
        let header = self.header.len() as u64;
        let found = body.len() as u64;
        if found > limit {
            return Err(DataError::TooLong {
                file: self.path.to_owned(),
                expected: header + limit,
            });
        }
        if found < limit {
            return Err(DataError::TooShort {
                file: self.path.to_owned(),
                found: header + found,
                expected: header + limit,
            });
        }
        Ok(body)
    }
}

/// The bytes of a file, decompressed if it begins as gzip does. The file is read once from its beginning to
/// its end, so it may be a pipe.
fn decompressed(path: &Path) -> io::Result<Box<dyn Read>> {
    let mut file = File::open(path)?;
    let mut start = Vec::new();
    file.by_ref().take(2).read_to_end(&mut start)?;
    let is_gzip = start == GZIP;
    let whole = BufReader::new(io::Cursor::new(start).chain(file));
    Ok(if is_gzip {
        Box::new(Members {
            member: Some(GzDecoder::new(whole)),
        })
    } else {
        Box::new(whole)
    })
}

/// How every member of a gzip file begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The members of a gzip file, one after the other. Zeros after the last one, as tapes and block devices leave
/// them, are padding; anything else there is an error.
struct Members<R> {
    /// `None` at the end of the file.
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        while let Some(member) = &mut self.member {
            let read = member.read(buffer)?;
            if read > 0 {
                return Ok(read);
            }
            if let Some(member) = self.member.take() {
                self.member = next_member(member.into_inner())?;
            }
        }
        Ok(0)
    }
}

/// What follows a member: another one, or the end of the file, perhaps after zeros.
fn next_member<R: BufRead>(mut rest: R) -> io::Result<Option<GzDecoder<R>>> {
    let mut padded = false;
    loop {
        let bytes = rest.fill_buf()?;
        match bytes.first() {
            None => return Ok(None),
            Some(0) => {
                let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
                rest.consume(zeros);
                padded = true;
            }
            // The decoder checks the rest of the header.
            Some(&first) if first == GZIP[0] && !padded => return Ok(Some(GzDecoder::new(rest))),
            Some(first) => {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!(
                        "found the byte {first:#04x} after the compressed data, expected its end (perhaps \
                         padded with zeros) or another gzip member"
                    ),
                ));
            }
        }
    }
}
