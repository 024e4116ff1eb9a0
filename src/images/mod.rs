//! The experiment on real images: a two-layer CNN, trained by plain SGD in `f32`, and what is then
//! seen of its filters.
//!
//! Everything here is *sampled* evidence. What is looked for, and when it counts as found, is registered before
//! ([`claim`]).
//!
//! | file | what is in it |
//! |---|---|
//! | [`data`] | IDX files, plain or gzip; labelled grey images |
//! | [`planted`] | generated images with a planted key pattern; keys planted in real images |
//! | [`patches`] | a dictionary of patches by k-means, and the audit of A1, A2, A3 on real data |
//! | [`network`] | the two-layer CNN, its loss and its gradient |
//! | [`training`] | SGD |
//! | [`claim`] | claim C6 as a registered experiment: findings as real runs less their controls |
//! | [`bridge`] | real images with a planted key, as a factorial: what the theorem that speaks of a cell says, and what is seen |
//! | [`streams`] | the random numbers, one stream a use |
//! | [`statistics`] | intervals, Gini, rank correlation |

pub mod bridge;
pub mod claim;
pub mod data;
pub mod network;
pub mod patches;
pub mod planted;
mod record;
pub mod statistics;
pub mod streams;
pub mod training;
