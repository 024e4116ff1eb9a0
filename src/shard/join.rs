//! Files of parts put together.

use super::file::{Header, Reader, Refused};
use super::items::Items;
use super::work::{Parts, Work};
use std::collections::BTreeMap;

/// The parts of several files.
pub struct Joined<P> {
    /// All parts.
    pub parts: Parts<P>,
    /// The items that the files speak of.
    pub items: Items,
}

/// Reads the parts of several files of one computation: those of `work`, with which every header is compared.
///
/// # Errors
/// [`Refused`] for a file of another computation or version, a damaged one, one that is not finished, and for an item that
/// two files have.
///
/// # Cost
/// One pass over the files.
pub fn join<W: Work>(work: &W, files: &[Reader]) -> Result<Joined<W::Part>, Refused> {
    let own = Header::new(work, Items::default());
    let mut parts: Parts<W::Part> = Parts::new();
    let mut taken: BTreeMap<u64, usize> = BTreeMap::new();
    for (number, file) in files.iter().enumerate() {
        let header = file.header();
        let refused = |what: String| Refused {
            file: file.path().to_owned(),
            what,
        };
        if let Some(why) = own.differs(header) {
            return Err(refused(why));
        }
        let unit = work.unit();
        if let Some(&other) = header.items.iter().find_map(|item| taken.get(&item)) {
            let both = header.items.iter();
            let both = both.filter(|item| taken.get(item) == Some(&other));
            return Err(refused(format!(
                "found the {unit} {} (counted from 0), which {} has too, expected every item once",
                Items::of(both),
                files[other].path().display()
            )));
        }
        taken.extend(header.items.iter().map(|item| (item, number)));
        let contents = file.parts::<W::Part>()?;
        let missing = work.missing(&header.items, &contents.parts);
        if !contents.finished || !missing.is_empty() {
            return Err(refused(format!(
                "found a file that is not finished, expected a finished one: the {unit} {missing} (counted from 0) \
                 are missing"
            )));
        }
        parts.extend(contents.parts);
    }
    Ok(Joined {
        parts,
        items: Items::of(taken.into_keys()),
    })
}
