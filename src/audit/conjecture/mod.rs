//! Conjectures of one's own: a small language for claims about training, read from the tables `[[conjecture]]` of a
//! problem file, and checked exactly.

mod evaluate;
mod syntax;
mod typed;
mod value;
mod words;

pub use evaluate::{Failure, Undefined};
pub use syntax::{Comparison, Fault, Part, Syntax, Word};
pub use typed::Which;
pub use value::{Real, TooManyRoots};
pub use words::{Kind, Set};
