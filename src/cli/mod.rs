//! The command line: one file a subcommand, arguments in, exit code out.
//!
//! A subcommand resolves the namespace it acts on, calls the rooms below, and hands what they found to `report`.

mod addr;
mod applet;
mod belonging;
mod capture;
mod caution;
mod chain;
mod command;
mod completions;
mod conntrack;
mod counters;
mod demo;
mod destination;
mod doctor;
mod echo;
mod examples;
mod exec;
mod experiment;
mod family;
mod flush;
mod holder;
mod line_errors;
mod link;
mod list;
mod man;
mod misuse;
mod names_on_path;
mod near;
mod netns;
mod ping;
mod probe;
mod refusal;
mod restore;
mod route;
mod rule;
mod rule_explain;
mod rule_list;
mod rule_words;
mod rules_file;
mod ruleset;
mod run;
mod save;
mod scope;
mod seconds;
mod setup;
mod shell;
mod site;
mod status;
mod sysctl;
mod teardown;
mod trace;
mod trace_filter;
mod translate;
mod translate_file;
mod typed;
mod worded;
mod words;

use crate::exit::ExitCode;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::mem::ManuallyDrop;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, ValueEnum};

use self::command::Command;
use crate::error::{EXIT_USAGE, Error};
use crate::kernel::netns::{BadName, check_name};
use crate::report::terminal::Palette;

/// A parsed command line.
#[derive(Debug)]
pub struct Cli {
    globals: Globals,
    command: Command,
}

/// The lab that is meant where none is named.
const DEFAULT_LAB: &str = "default";

/// Options that stand before the subcommand, or as long options anywhere before its own words.
#[derive(Debug, Clone, Default, Parser)]
#[command(name = "nsfw", version, propagate_version = true, subcommand_required = true, arg_required_else_help = true)]
#[command(about = "A firewall laboratory: throwaway networks, rules in iptables syntax, exact counters")]
pub struct Globals {
    /// Act in the namespace NAME, as `ip -n` does
    #[arg(short = 'n', long, global = true, value_name = "NAME", value_parser = netns_name)]
    pub netns: Option<String>,
    /// Act in the namespace that you stand in, even if it is the host's
    #[arg(long, global = true, conflicts_with = "netns")]
    pub host: bool,
    /// The lab to work on; several labs live side by side
    #[arg(long, global = true, value_name = "NAME", default_value = DEFAULT_LAB, value_parser = netns_name)]
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
        self.palette_of(&std::io::stdout())
    }

    /// How this output is painted.
    fn palette_of(&self, output: &impl IsTerminal) -> Palette {
        let wish = match self.color {
            Color::Auto => None,
            Color::Always => Some(true),
            Color::Never => Some(false),
        };
        Palette::new(wish, output.is_terminal())
    }
}

impl Cli {
    /// The whole command line, as help, man pages and completions show it.
    #[must_use]
    pub fn definition() -> clap::Command {
        examples::add(Command::define(Globals::command(), |_| true))
    }

    /// Reads the words of a command line, the program's name first.
    ///
    /// Only the subcommands whose names are among the words are defined: to define all of them takes longer than most
    /// commands take to run. What these few do not understand is explained by the whole definition.
    ///
    /// # Errors
    /// Words that are no command line, or a wish for help: clap's text about it.
    pub fn try_parse_from(words: impl IntoIterator<Item = impl Into<OsString>>) -> Result<Self, clap::Error> {
        let words = applet::set_apart(words.into_iter().map(Into::into).collect());
        let few = Command::define(Globals::command(), |name| words.iter().any(|word| word == name));
        // Neither is dropped: to free hundreds of small pieces takes time, and a process parses once.
        let mut few = ManuallyDrop::new(few);
        let matches = few.try_get_matches_from_mut(&words);
        let by_the_whole = |error: clap::Error| match error.kind() {
            ErrorKind::DisplayVersion => Err(error),
            _ => Self::definition().try_get_matches_from(&words),
        };
        let matches = matches.or_else(by_the_whole)?;
        let mut matches = ManuallyDrop::new(matches);
        let globals = Globals::from_arg_matches_mut(&mut matches)?;
        Ok(Self { globals, command: Command::of_matches(&mut matches)? })
    }

    /// Runs the subcommand of a command line, the program's name first, and tells on standard error why it could not be.
    pub fn main(words: &[OsString]) -> ExitCode {
        match Self::try_parse_from(words) {
            Ok(cli) => cli.run().unwrap_or_else(|error| refusal::tell(&error, words, &cli.globals)),
            // A wish for help or the version, or no word at all, is answered by clap.
            Err(answer) if !answer.use_stderr() || words.len() < 2 => {
                // Nothing is left to tell anyone if even this cannot be printed.
                let _ = answer.print();
                ExitCode::from(if answer.use_stderr() { EXIT_USAGE } else { 0 })
            }
            Err(misuse) => refusal::tell(&misuse::explain(&misuse, words), words, &typed::Typed::new(words).globals()),
        }
    }

    fn run(&self) -> Result<ExitCode, Error> {
        belonging::check(&self.globals, self.command.name())?;
        // First of all: only a process with one thread can join a user namespace.
        holder::join(&self.globals, &self.command)?;
        self.command.run(&self.globals)
    }
}
