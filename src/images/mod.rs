//! The experiment on real images: what of the theory is seen where its assumptions hold only
//! approximately, or not at all.
//!
//! Everything in this room is measured on finite data in floating point. Its numbers are *sampled*
//! evidence and decide no exact verdict.
//!
//! | file | what is in it |
//! |---|---|
//! | [`data`] | grey images with labels; reading the IDX files of the MNIST family |
//! | [`planted`] | generated sets whose key patterns are known; planting key patterns in real images |
//! | [`patches`] | a dictionary of patches by k-means, which classes use them, and the audit of A1, A2, A3 on data |

pub mod data;
pub mod patches;
pub mod planted;
