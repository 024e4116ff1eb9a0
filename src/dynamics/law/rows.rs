//! States of the automaton: rows of ids, one a piece, each known once.

use super::automaton::Class;
use hashbrown::HashTable;

/// A table of rows of one width.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    width: usize,
    ids: Vec<u32>,
    hashes: Vec<u64>,
    classes: Vec<Class>,
    index: HashTable<u32>,
}

impl Rows {
    /// No rows yet.
    pub(super) fn new(width: usize) -> Self {
        Rows {
            width,
            ids: Vec::new(),
            hashes: Vec::new(),
            classes: Vec::new(),
            index: HashTable::new(),
        }
    }

    /// Length of a row.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.classes.len()
    }

    /// A row.
    #[inline]
    pub(super) fn row(&self, i: u32) -> &[u32] {
        &self.ids[i as usize * self.width..(i as usize + 1) * self.width]
    }

    /// The hash of a row.
    #[inline]
    pub(super) fn hash(&self, i: u32) -> u64 {
        self.hashes[i as usize]
    }

    /// The class of a row.
    #[inline]
    pub(super) fn class(&self, i: u32) -> Class {
        self.classes[i as usize]
    }

    /// The place of a row, if it is known.
    #[inline]
    pub(super) fn find(&self, row: &[u32], hash: u64) -> Option<u32> {
        self.index.find(hash, |&i| self.row(i) == row).copied()
    }

    /// Adds a row that is not known yet.
    pub(super) fn insert(&mut self, row: &[u32], hash: u64, class: Class) -> u32 {
        let i = self.len() as u32;
        self.ids.extend_from_slice(row);
        self.hashes.push(hash);
        self.classes.push(class);
        let hashes = &self.hashes;
        self.index.insert_unique(hash, i, |&i| hashes[i as usize]);
        i
    }

    /// Rows with their classes, which cannot be found or added to before [`Rows::hash_all`].
    pub(super) fn of(width: usize, ids: Vec<u32>, classes: Vec<Class>) -> Self {
        Rows {
            ids,
            classes,
            ..Rows::new(width)
        }
    }

    /// Have all rows their hashes?
    pub(super) fn is_hashed(&self) -> bool {
        self.hashes.len() == self.len()
    }

    /// Gives all rows their hashes.
    pub(super) fn hash_all(&mut self, hash: impl Fn(&[u32]) -> u64) {
        self.hashes.clear();
        self.hashes
            .extend(self.ids.chunks_exact(self.width).map(hash));
        self.index.clear();
        let hashes = &self.hashes;
        self.index.reserve(hashes.len(), |&i| hashes[i as usize]);
        for (i, &hash) in (0u32..).zip(hashes) {
            self.index.insert_unique(hash, i, |&i| hashes[i as usize]);
        }
    }

    /// All rows, one after the other.
    pub(super) fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// The classes of all rows.
    pub(super) fn classes(&self) -> &[Class] {
        &self.classes
    }

    /// Forgets all rows but the first `len`.
    pub(super) fn truncate(&mut self, len: usize) {
        self.ids.truncate(len * self.width);
        self.hashes.truncate(len);
        self.classes.truncate(len);
        self.index.retain(|i| (*i as usize) < len);
    }

    /// Forgets all rows but keeps the memory.
    pub(super) fn clear(&mut self) {
        self.ids.clear();
        self.hashes.clear();
        self.classes.clear();
        self.index.clear();
    }
}
