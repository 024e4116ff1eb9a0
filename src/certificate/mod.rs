//! Certificates: what this crate says, in a form that can be checked without trusting it.
//!
//! [`mod@format`] is the file. [`mod@verify`] recomputes every claim of one with code of its own: of this
//! crate it knows [`crate::number`] and the format and nothing else. [`mod@bind`] ties a certificate to the
//! user's problem. [`mod@emit`] writes certificates from what the engines find; nothing that it does is trusted,
//! nor [`mod@outcomes`], its list of the images, nor [`mod@conjectured`], which adds conjectures of the problem file. [`mod@origin`] says which theorem a claim belongs to.
//! [`mod@confirm`] lets out only what the checker confirms. [`mod@coq`] writes the same claims as a Coq file
//! about the model of `proofs/theories`, which [`mod@proofs`] has. [`mod@line`] is how findings are told.

pub mod bind;
mod child;
pub mod confirm;
pub mod conjectured;
pub mod coq;
mod digits;
pub mod emit;
pub mod format;
pub mod line;
pub mod origin;
pub mod outcomes;
pub mod proofs;
mod refute;
pub mod verify;

pub use child::kill_children;
