//! Auditing: which assumption a theorem needs and what the smallest problem looks like that shows it, how far an
//! assumption can be bent, whether a conjecture holds, and what data of one's own satisfy.

pub mod conclusion;
pub mod conjecture;
pub mod distance;
mod draw;
pub mod falsify;
pub mod necessity;
pub mod samples;
mod shrink;
pub mod sketch;
pub mod sweep;
