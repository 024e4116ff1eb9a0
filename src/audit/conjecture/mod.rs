//! Conjectures of one's own: a small language for claims about training, read from the tables `[[conjecture]]` of a
//! problem file, and checked exactly.
//!
//! A claim is true or false of a step of a problem's training: of the state that the expected dynamics have there, or
//! that SGD has after some samples. Words such as winner stand for every winner, the same wherever they stand in a claim
//! and its condition; the conjecture says that the claim is true at every step from 0 to the last, and for every choice
//! of such words, for which its condition is.
//!
//! Numbers are rationals and square roots of rationals, and what the four operations make of them, so all comparisons are
//! exact (see [`crate::number::Surd`]).

mod along;
mod attack;
mod check;
mod evaluate;
mod family;
mod finding;
mod reach;
mod read;
mod sampled;
mod stated;
mod syntax;
mod typed;
mod value;
mod words;

pub use attack::{Attack, Attacking, Cursor, Seen, attack};
pub use check::check;
pub use evaluate::{Failure, Undefined};
pub use family::{Family, Numbers};
pub use finding::{Chance, Extent, Finding, Layer, Limits, PathTaken, Verdict, Why, Witness};
pub use read::{Checked, checked, read};
pub use stated::{Conjecture, Over};
pub use syntax::{Comparison, Fault, Part, Syntax, Word};
pub use typed::Which;
pub use value::{Real, TooManyRoots};
pub use words::{Kind, Set};
