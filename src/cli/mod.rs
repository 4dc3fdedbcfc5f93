//! The command line: one file a subcommand, arguments in, exit code out.
//!
//! A subcommand resolves the namespace it acts on, calls the rooms below, and hands what they found to `report`.

mod addr;
mod capture;
mod chain;
mod completions;
mod conntrack;
mod counters;
mod demo;
mod doctor;
mod echo;
mod exec;
mod flush;
mod link;
mod list;
mod man;
mod netns;
mod ping;
mod route;
mod rule;
mod rule_list;
mod rule_words;
mod scope;
mod setup;
mod shell;
mod site;
mod status;
mod sysctl;
mod teardown;
mod words;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::error::Error;
use crate::kernel::netns::{BadName, check_name};
use crate::report::terminal::Palette;

/// A firewall laboratory: throwaway networks, rules in iptables syntax, exact counters.
#[derive(Debug, Parser)]
#[command(name = "nsfw", version, about, propagate_version = true)]
pub struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Command,
}

/// Options that stand before the subcommand, or as long options anywhere before its own words.
#[derive(Debug, Clone, Default, Args)]
pub struct Globals {
    /// Act in the namespace NAME, as `ip -n` does
    #[arg(short = 'n', long, global = true, value_name = "NAME", value_parser = netns_name)]
    pub netns: Option<String>,
    /// Act in the namespace that you stand in, even if it is the host's
    #[arg(long, global = true, conflicts_with = "netns")]
    pub host: bool,
    /// The lab to work on; several labs live side by side
    #[arg(long, global = true, value_name = "NAME", default_value = "default", value_parser = netns_name)]
    pub lab: String,
    /// Work in the user's own private namespaces, also as root
    #[arg(long, global = true)]
    pub rootless: bool,
    /// Colour the output
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
}

/// Checks the name of a namespace or a lab while the words are read, so that nothing has happened yet.
fn netns_name(name: &str) -> Result<String, BadName> {
    check_name(name).map(|()| name.to_owned())
}

/// When to colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Globals {
    /// How standard output is painted.
    #[must_use]
    pub fn palette(&self) -> Palette {
        let wish = match self.color {
            Color::Auto => None,
            Color::Always => Some(true),
            Color::Never => Some(false),
        };
        Palette::new(wish, std::io::stdout().is_terminal())
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Builds the lab
    Setup(setup::Setup),
    /// Removes the lab, and only what the lab made
    Teardown(teardown::Teardown),
    /// Shows namespaces, links, addresses and routes
    Status(status::Status),
    /// Adds, deletes and lists namespaces
    Netns(netns::Netns),
    /// Changes and lists links
    Link(link::Link),
    /// Changes and lists addresses
    Addr(addr::Addr),
    /// Changes and lists routes
    Route(route::Route),
    /// Reads and writes the kernel's settings under /proc/sys/net
    Sysctl(sysctl::Sysctl),
    /// Switches answers to echo requests on or off
    Echo(echo::Echo),
    /// Runs a program in a namespace
    Exec(exec::Exec),
    /// Opens a shell in a namespace
    Shell(shell::Shell),
    /// Sends ICMP echo requests
    Ping(ping::Ping),
    /// Adds, deletes, renames and lists chains, sets policies
    Chain(chain::Chain),
    /// Adds, inserts, replaces, deletes, checks and lists rules
    Rule(rule::Rule),
    /// Shows every rule with its packets and bytes
    Counters(counters::Counters),
    /// Deletes all rules of a chain, or of a table
    Flush(flush::Flush),
    /// Lists and flushes the connections that the kernel tracks
    Conntrack(conntrack::Conntrack),
    /// Shows packets of an interface, one a line, and writes pcap files
    Capture(capture::Capture),
    /// Tells what this host can and cannot do
    Doctor(doctor::Doctor),
    /// Prints a completion script for a shell
    Completions(completions::Completions),
    /// Writes the man pages
    Man(man::Man),
    /// Plays the whole story in private namespaces
    Demo(demo::Demo),
}

impl Command {
    fn run(&self, globals: &Globals) -> Result<ExitCode, Error> {
        match self {
            Self::Setup(command) => command.run(globals),
            Self::Teardown(command) => command.run(globals),
            Self::Status(command) => command.run(globals),
            Self::Netns(command) => command.run(globals),
            Self::Link(command) => command.run(globals),
            Self::Addr(command) => command.run(globals),
            Self::Route(command) => command.run(globals),
            Self::Sysctl(command) => command.run(globals),
            Self::Echo(command) => command.run(globals),
            Self::Exec(command) => command.run(globals),
            Self::Shell(command) => command.run(globals),
            Self::Ping(command) => command.run(globals),
            Self::Chain(command) => command.run(globals),
            Self::Rule(command) => command.run(globals),
            Self::Counters(command) => command.run(globals),
            Self::Flush(command) => command.run(globals),
            Self::Conntrack(command) => command.run(globals),
            Self::Capture(command) => command.run(globals),
            Self::Doctor(command) => command.run(globals),
            Self::Completions(command) => command.run(globals),
            Self::Man(command) => command.run(globals),
            Self::Demo(command) => command.run(globals),
        }
    }
}

impl Cli {
    /// Runs the subcommand.
    ///
    /// # Errors
    /// Whatever the subcommand ran into; [`Error::exit_code`] says how to exit.
    pub fn run(&self) -> Result<ExitCode, Error> {
        // First of all: only a process with one thread can join a user namespace.
        scope::join(&self.globals, &self.command)?;
        self.command.run(&self.globals)
    }
}
