//! Single images: as they are drawn, and by the patterns that occur in them.

use super::{Atom, Label};

/// One image: label and counts. The memory is used again by the next draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draw {
    /// The label y.
    pub label: Label,
    /// Counts N, length P.
    pub counts: Vec<u32>,
    /// The patterns with a positive count, ascending.
    pub present: Vec<u32>,
}

impl Draw {
    /// The image with these counts.
    pub fn new(label: Label, counts: Vec<u32>) -> Self {
        let mut draw = Draw {
            label,
            present: Vec::with_capacity(counts.len()),
            counts,
        };
        draw.find_present();
        draw
    }

    /// Lists the patterns present anew.
    pub(super) fn find_present(&mut self) {
        let patterns = (0u32..).zip(&self.counts);
        self.present.clear();
        let present = patterns.filter(|&(_, &count)| count > 0).map(|(p, _)| p);
        self.present.extend(present);
    }
}

/// One image by the patterns that occur in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SparseImage {
    /// The label y.
    pub label: Label,
    /// Pattern and count, ascending, each count at least 1.
    pub counts: Vec<(usize, u32)>,
}

impl From<&Atom> for SparseImage {
    fn from(atom: &Atom) -> Self {
        let counts = atom.counts.iter().copied().enumerate();
        SparseImage {
            label: atom.label,
            counts: counts.filter(|&(_, count)| count > 0).collect(),
        }
    }
}
