//! nsfw, the namespace firewall: a firewall laboratory on Linux network namespaces and nf_tables.
//!
//! Rooms, from the top down; every arrow points down:
//! `cli` (one file a subcommand), `report` (what was found, shown), `experiment` (what was asked, what happened, does it
//! agree), `way` (the way of packets through networks and rules), `doctor` (what this host can), `lab` (networks),
//! `traffic` (packets), `firewall` (rules in a kernel: edit, view, count), `kernel` (the only place that talks to Linux)
//! beside `rule` (the iptables rule language, pure), and under both `expr` (nf_tables expressions, pure).

mod cli;
pub mod doctor;
mod error;
mod exit;
pub mod experiment;
pub mod expr;
pub mod firewall;
pub mod kernel;
pub mod lab;
pub mod report;
pub mod rule;
pub mod traffic;
pub mod way;

use std::ffi::OsString;

pub use crate::exit::ExitCode;

/// Runs `nsfw` with these arguments (the program's name first) and returns the process's exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    cli::Cli::main(&arguments.into_iter().collect::<Vec<_>>())
}
