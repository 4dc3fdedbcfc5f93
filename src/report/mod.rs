//! What was found, shown on a [`std::io::Write`]: takes plain data of the rooms below, opens nothing.

pub mod capture;
pub mod conntrack;
pub mod counters;
pub mod demo;
pub mod doctor;
pub mod drop_in;
pub mod experiment;
pub mod explain;
mod json;
pub mod ping;
pub mod rules;
pub mod ruleset;
pub mod save;
pub mod status;
pub mod terminal;
pub mod way;
