//! The experiment on real images: a two-layer CNN, trained by plain SGD in `f32`, and what is then
//! seen of its filters.
//!
//! Everything here is *sampled* evidence: a finding is measured on some seeds of one data set, with an
//! interval over the seeds and a threshold that its definition fixes.
//!
//! | file | what is in it |
//! |---|---|
//! | [`data`] | IDX files, plain or gzip; labelled grey images |
//! | [`planted`] | generated images with a planted key pattern; keys planted in real images |
//! | [`patches`] | a dictionary of patches by k-means, and the audit of A1, A2, A3 on real data |
//! | [`network`] | the two-layer CNN, its loss and its gradient |
//! | [`training`] | SGD |
//! | [`checkpoint`] | a run as a file, and what must be the same for it to go on |
//! | [`study`] | runs at several scales and seeds, and what is measured of each |
//! | [`findings`] | the findings F1 to F6: definitions, thresholds, verdicts |
//! | [`claim`] | claim C6 as a registered experiment: findings as real runs less their controls |
//! | [`bridge`] | real images with a planted key: how far T2 and T5 carry |
//! | [`streams`] | the random numbers, one stream a use |
//! | [`statistics`] | intervals, Gini, rank correlation |

pub mod bridge;
pub mod checkpoint;
pub mod claim;
pub mod data;
pub mod network;
pub mod patches;
pub mod planted;
mod record;
pub mod statistics;
pub mod streams;
pub mod training;
