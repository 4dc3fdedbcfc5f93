//! nsfw, the namespace firewall: a firewall laboratory on Linux network namespaces and nf_tables.
//!
//! Rooms, from the top down; every arrow points down:
//! `cli` (one file a subcommand), `report` (what was found, shown), `lab` (networks), `traffic` (packets), `firewall`
//! (rules in a kernel: edit, view, count), `kernel` (the only place that talks to Linux) beside `rule` (the iptables
//! rule language, pure), and under both `expr` (nf_tables expressions, pure).

mod cli;
mod error;
mod exit;
pub mod expr;
pub mod firewall;
pub mod kernel;
pub mod lab;
pub mod report;
pub mod rule;
pub mod traffic;

use std::ffi::OsString;

pub use crate::exit::ExitCode;
use crate::report::terminal::escape;

/// Runs `nsfw` with these arguments (the program's name first) and returns the process's exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match cli::Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(usage) => {
            // Nothing is left to tell anyone if even this cannot be printed.
            let _ = usage.print();
            return ExitCode::from(if usage.use_stderr() { error::EXIT_USAGE } else { 0 });
        }
    };
    match cli.run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {}", escape(&error.to_string()));
            eprint!("{}", error.excerpt());
            if let Some(help) = error.help() {
                eprintln!("help: {}", escape(&help));
            }
            ExitCode::from(error.exit_code())
        }
    }
}
