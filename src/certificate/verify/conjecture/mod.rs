//! The language in which users write conjectures: a claim as text (`syntax.rs`), the names in it (`sentence.rs`), whether
//! it is one about this problem (`grammar.rs`), what it says of one state (`meaning.rs`, with `places.rs`,
//! `quantities.rs`, `reader.rs` and `seen.rs`), and numbers with square roots in them (`roots.rs`). Only claims of the
//! kinds `conjecture` and `conjecture-fails` need it; `docs/conjectures.md` tells what it means.

mod grammar;
mod meaning;
mod places;
mod quantities;
mod reader;
mod roots;
mod seen;
mod sentence;
mod syntax;

pub use grammar::check;
pub use meaning::{Found, read};
pub use reader::Moment;
pub use sentence::{COUNTS, Sentence};
