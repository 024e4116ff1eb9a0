//! The library: reading problems, their facts and assumptions; every engine against its oracles; the
//! pieces of the experiment on images; the rules of the house.

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/idx.rs"]
mod idx;
#[path = "../oracle/raw_patches.rs"]
mod raw_patches;

mod assumptions;
mod conjectures;
mod counterexamples;
mod curves;
mod distance;
mod evidence;
mod exact_engine;
mod exact_path;
mod free_names;
mod images_bridge;
mod images_claim;
mod images_data;
mod images_network;
mod images_patches;
mod images_planted;
mod law;
mod law_export;
mod law_hitting_times;
mod law_resumed;
mod overflow;
mod performance;
mod pictures;
mod problem_files;
mod random_problems;
mod samples;
mod separable;
mod settling;
mod simulator;
mod simulator_lattice;
mod sweep;
mod tails;
mod tidy;
mod vectors_expected;
mod vectors_law;
mod vectors_replay;
mod walks;
