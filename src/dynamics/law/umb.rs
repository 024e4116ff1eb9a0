//! The UMB format ("unified Markov binary"), as far as a Markov chain needs it: a gzipped tar of an index in JSON
//! and of arrays of little-endian numbers, read by Storm, PRISM and Modest (<https://pmc-tools.github.io/umb/spec>).
//!
//! Nothing in an archive depends on the clock, the user or the machine, so equal chains give equal bytes.

use crate::interrupt;
use crate::number::Q;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::io::{self, Read, Write};
use thiserror::Error;

/// Bytes of an array that are gathered before they are compressed.
const CHUNK: usize = 1 << 16;

/// Why a model file was not written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ExportError {
    /// What the system says.
    #[error(transparent)]
    Io(io::Error),
    /// It was asked to end; the text says why.
    #[error("{0}")]
    Stopped(&'static str),
}

impl From<io::Error> for ExportError {
    fn from(error: io::Error) -> Self {
        let stopped = error.get_ref().and_then(|e| e.downcast_ref::<Asked>());
        match stopped {
            Some(Asked(limit)) => ExportError::Stopped(limit),
            None => ExportError::Io(error),
        }
    }
}

/// A request to end, on its way through a reader.
#[derive(Debug, Error)]
#[error("{0}")]
struct Asked(&'static str);

/// Fails if there is a request to end.
///
/// # Errors
/// [`ExportError::Stopped`].
pub(super) fn go_on() -> Result<(), ExportError> {
    interrupt::asked().map_or(Ok(()), |limit| Err(ExportError::Stopped(limit)))
}

/// Distinct fractions, each encoded once: numerator and denominator in the same number of words of 64 bits, as many
/// as the longest of all needs, so that the fraction with an id is found by its place.
#[derive(Debug)]
pub(super) struct Fractions {
    width: usize,
    bytes: Vec<u8>,
}

impl Fractions {
    /// Encodes reduced fractions of at least 0; their ids are their places.
    ///
    /// # Cost
    /// Bytes: twice the longest numerator or denominator, for each fraction.
    pub(super) fn new(values: &[Q]) -> Self {
        // The numerator has a sign.
        let bits = |q: &Q| (q.numer().bits() + 1).max(q.denom().bits());
        let longest = values.iter().map(bits).max().unwrap_or(1);
        let half = longest.div_ceil(64) as usize * 8;
        let mut bytes = Vec::with_capacity(values.len() * 2 * half);
        for q in values {
            for part in [q.numer(), q.denom()] {
                let end = bytes.len() + half;
                bytes.extend(part.magnitude().to_bytes_le());
                bytes.resize(end, 0);
            }
        }
        Fractions {
            width: 2 * half,
            bytes,
        }
    }

    /// Bytes of a fraction.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// The bytes of a fraction.
    pub(super) fn bytes(&self, id: usize) -> &[u8] {
        &self.bytes[id * self.width..(id + 1) * self.width]
    }

    /// The type of the fractions, as the index has it.
    pub(super) fn kind(&self) -> Value {
        json!({"type": "rational", "size": self.width * 8})
    }
}

/// An archive that is being written, file by file.
pub(super) struct Archive<W: Write>(tar::Builder<GzEncoder<W>>);

impl<W: Write> Archive<W> {
    /// An archive without files.
    pub(super) fn new(out: W) -> Self {
        Archive(tar::Builder::new(GzEncoder::new(out, Compression::fast())))
    }

    /// Adds a file with this content.
    ///
    /// # Errors
    /// As [`Archive::array`].
    pub(super) fn file(&mut self, name: &str, content: &[u8]) -> Result<(), ExportError> {
        self.array(name, content.len(), 1, |_, bytes| {
            bytes.extend_from_slice(content);
        })
    }

    /// Adds a file of `size` bytes in `count` rows; `row` appends one, by its number. The file is never in memory
    /// as a whole.
    ///
    /// # Errors
    /// What the system says, or [`ExportError::Stopped`].
    pub(super) fn array(
        &mut self,
        name: &str,
        size: usize,
        count: usize,
        row: impl FnMut(usize, &mut Vec<u8>),
    ) -> Result<(), ExportError> {
        let mut header = tar::Header::new_ustar();
        header.set_size(size as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        let rows = Rows {
            row,
            next: 0,
            count,
            bytes: Vec::new(),
            at: 0,
        };
        Ok(self.0.append_data(&mut header, name, rows)?)
    }

    /// Adds a file of so many bits, in words of 64.
    ///
    /// # Errors
    /// As [`Archive::array`].
    pub(super) fn bits(
        &mut self,
        name: &str,
        count: usize,
        holds: impl Fn(usize) -> bool,
    ) -> Result<(), ExportError> {
        let words = count.div_ceil(64);
        self.array(name, words * 8, words, |word, bytes| {
            let within = word * 64..count.min(word * 64 + 64);
            let set = within
                .rev()
                .fold(0u64, |set, i| set << 1 | u64::from(holds(i)));
            bytes.extend(set.to_le_bytes());
        })
    }

    /// Ends the archive.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn finish(self) -> Result<(), ExportError> {
        self.0.into_inner()?.finish()?.flush()?;
        Ok(())
    }
}

/// The rows of an array, as they are asked for.
struct Rows<F> {
    row: F,
    next: usize,
    count: usize,
    bytes: Vec<u8>,
    at: usize,
}

impl<F: FnMut(usize, &mut Vec<u8>)> Read for Rows<F> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at == self.bytes.len() {
            self.bytes.clear();
            self.at = 0;
            while self.next < self.count && self.bytes.len() < CHUNK {
                if let Some(limit) = interrupt::asked() {
                    return Err(io::Error::other(Asked(limit)));
                }
                (self.row)(self.next, &mut self.bytes);
                self.next += 1;
            }
        }
        let length = out.len().min(self.bytes.len() - self.at);
        out[..length].copy_from_slice(&self.bytes[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{integer, ratio};
    use num_bigint::BigInt;

    /// A numerator of 64 bits would be read as a negative number.
    #[test]
    fn a_fraction_has_room_for_the_sign_of_its_numerator() {
        let largest = BigInt::from(i64::MAX);
        for (q, words) in [
            (integer(0), 1),
            (integer(largest.clone()), 1),
            (integer(largest + 1), 2),
            (integer(u64::MAX).recip(), 1),
            (integer(BigInt::from(u64::MAX) + 1).recip(), 2),
        ] {
            assert_eq!(
                Fractions::new(std::slice::from_ref(&q)).width(),
                16 * words,
                "{q}"
            );
        }
        let all = Fractions::new(&[integer(BigInt::from(1) << 64), ratio(2, 3)]);
        let words = |id| all.bytes(id).chunks(8).map(|w| w[0]).collect::<Vec<_>>();
        assert_eq!((words(0), words(1)), (vec![0, 1, 1, 0], vec![2, 0, 3, 0]));
        assert_eq!(all.kind(), json!({"type": "rational", "size": 256}));
    }

    /// Arrays longer than what is gathered at once, bits that do not fill their last word, no rows at all.
    #[test]
    fn arrays_come_back_whole() {
        let n = CHUNK / 8 * 3 + 5;
        let mut bytes = Vec::new();
        let mut archive = Archive::new(&mut bytes);
        let number = |i: usize, bytes: &mut Vec<u8>| bytes.extend((i as u64).to_le_bytes());
        archive.array("numbers", n * 8, n, number).unwrap();
        archive.bits("bits", 67, |i| i % 3 == 0).unwrap();
        archive.file("nothing", b"").unwrap();
        archive.finish().unwrap();
        let mut read = tar::Archive::new(flate2::read::GzDecoder::new(&bytes[..]));
        let mut files = Vec::new();
        for file in read.entries().unwrap() {
            let mut file = file.unwrap();
            assert_eq!(
                (file.header().mtime().unwrap(), file.header().uid().unwrap()),
                (0, 0)
            );
            let mut content = Vec::new();
            file.read_to_end(&mut content).unwrap();
            files.push(content);
        }
        assert!((0..n).all(|i| files[0][i * 8..][..8] == (i as u64).to_le_bytes()));
        let bit = |i: usize| files[1][i / 8] >> (i % 8) & 1 == 1;
        assert!((0..128).all(|i| bit(i) == (i < 67 && i % 3 == 0)));
        assert_eq!(
            (files[0].len(), files[1].len(), files[2].len()),
            (n * 8, 16, 0)
        );
    }
}
