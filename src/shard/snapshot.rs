//! The checkpoint of work that is one piece: how far it is, written anew each time.
//!
//! Line 1 is the header, as in a file of parts. Then come the bytes of the snapshot, a newline, and the SHA-256 of all
//! before it, with a newline at the end.

use super::file::{Header, Reader, Refused, hex};
use sha2::{Digest, Sha256};
use std::io::{self, Read, Write};
use std::path::Path;

/// Bytes behind the snapshot: a newline, the sum, a newline.
const TAIL: usize = 66;

/// Takes the sum of what is written.
struct Summed<'w> {
    to: &'w mut dyn Write,
    digest: Sha256,
}

impl Write for Summed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.digest.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Writes a snapshot under a header; `write` writes its bytes.
///
/// # Errors
/// What the system says.
pub fn write_snapshot(
    header: &Header,
    to: &mut dyn Write,
    write: &dyn Fn(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut summed = Summed {
        to,
        digest: Sha256::new(),
    };
    summed.write_all(header.line().as_bytes())?;
    write(&mut summed)?;
    summed.write_all(b"\n")?;
    let sum = hex(&summed.digest.finalize());
    writeln!(summed.to, "{sum}")
}

/// The bytes of a snapshot that was written under a header.
///
/// # Errors
/// [`Refused`] for a file of other work, whose difference is named, and for a damaged one.
///
/// # Cost
/// One pass over the file, which is then in memory.
pub fn read_snapshot(path: &Path, header: &Header) -> Result<Vec<u8>, Refused> {
    let refused = |what: String| Refused {
        file: path.to_owned(),
        what,
    };
    let reader = Reader::open(path)?;
    if let Some(why) = header.differs(reader.header()) {
        return Err(refused(why));
    }
    let mut bytes = Vec::new();
    let read = std::fs::File::open(path).and_then(|mut file| file.read_to_end(&mut bytes));
    read.map_err(|error| {
        let why = crate::problem::in_words(&error);
        refused(format!("cannot be read: {why}"))
    })?;
    let begin = bytes
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(0, |end| end + 1);
    let end = bytes.len().saturating_sub(TAIL);
    let sum = hex(&Sha256::digest(&bytes[..(end + 1).min(bytes.len())]));
    let tail = bytes.get(end..).unwrap_or_default();
    if begin > end || tail != format!("\n{sum}\n").as_bytes() {
        let what = "found a damaged snapshot, expected one with the sum of its bytes at its end";
        return Err(refused(what.to_owned()));
    }
    bytes.truncate(end);
    bytes.drain(..begin);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Builtin;
    use serde_json::json;

    /// Whatever byte is changed or lost is found; fails where the header or the end is left out of the sum.
    #[test]
    fn no_byte_of_a_snapshot_can_change() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("snapshot");
        let read = Builtin::Hinge.read().unwrap();
        let header = Header::of_one_piece("law", &read, json!({"steps": 3}));
        for content in [&b""[..], b"a\nb\0\xff", b"\n"] {
            let mut bytes = Vec::new();
            write_snapshot(&header, &mut bytes, &|to| to.write_all(content)).unwrap();
            std::fs::write(&path, &bytes).unwrap();
            assert_eq!(read_snapshot(&path, &header).unwrap(), content);
            let line = header.line().len();
            // Of the header some bytes, of all behind it each one.
            for place in (0..line).step_by(97).chain(line..bytes.len()) {
                let mut changed = bytes.clone();
                changed[place] ^= 1;
                std::fs::write(&path, &changed).unwrap();
                assert!(read_snapshot(&path, &header).is_err(), "byte {place}");
                std::fs::write(&path, &bytes[..place]).unwrap();
                assert!(read_snapshot(&path, &header).is_err(), "cut at {place}");
            }
        }
        let other = Header::of_one_piece("law", &read, json!({"steps": 4}));
        let mut bytes = Vec::new();
        write_snapshot(&other, &mut bytes, &|_| Ok(())).unwrap();
        std::fs::write(&path, &bytes).unwrap();
        let said = read_snapshot(&path, &header).unwrap_err().to_string();
        assert!(said.contains("(steps: 4, not 3)"), "{said}");
    }
}
