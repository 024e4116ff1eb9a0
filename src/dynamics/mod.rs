//! What moves the state: one definition of the gradient, and the engines built on it.

pub mod accuracy;
mod bags;
pub mod expected;
pub mod float;
pub mod gradient;
mod kernel;
pub mod law;
pub mod limits;
pub mod path;
pub mod replay;
pub mod sampler;
pub mod sgd;
pub mod state;
mod tracked;
pub mod walks;
