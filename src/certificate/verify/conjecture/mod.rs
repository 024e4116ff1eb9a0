//! The language in which users write conjectures: a claim as text (`syntax.rs`), the names in it (`sentence.rs`), what it
//! says of one state (`meaning.rs`, with `places.rs` and `quantities.rs`), and numbers with square roots in them
//! (`roots.rs`). Only claims of the kinds `conjecture` and `conjecture-fails` need it; `docs/conjectures.md` tells what it
//! means.

mod meaning;
mod places;
mod quantities;
mod roots;
mod sentence;
mod syntax;

pub use meaning::{Found, Moment, read};
pub use sentence::Sentence;
