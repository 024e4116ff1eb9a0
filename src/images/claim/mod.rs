//! Claim C6, "on real images this holds to some extent", as a registered experiment: findings as real runs less
//! their controls.
//!
//! | file | what is in it |
//! |---|---|
//! | [`registration`] | what is run and how it is judged, written down before |
//! | [`controls`] | images and networks in which one thing is missing |
//! | [`arena`] | one pair of classes: its images, their controls, their key patches |
//! | [`runs`] | one run, from its images to its record |
//! | [`measure`] | what is measured of a run |
//! | [`findings`] | verdicts by the registered rule |
//! | [`experiment`] | all runs of a registration, or of one data set |
//! | [`results`] | the file of results, and every number of it derived again |

pub mod arena;
pub mod controls;
pub mod experiment;
pub mod findings;
pub mod measure;
pub mod registration;
pub mod results;
pub mod runs;
