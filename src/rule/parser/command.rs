//! The whole command line of iptables(8): commands and options beside a rule's words.
//!
//! They cannot be read apart from the rule, for only the rule's own options tell how many words follow each of them.

use super::{Owner, Parser};
use crate::rule::Names;
use crate::rule::ast::{Defaults, Line};
use crate::rule::error::{Error, ErrorKind};
use crate::rule::registry::OptionSpec;

/// What iptables is told to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// `-A CHAIN`.
    Append(String),
    /// `-C CHAIN`.
    Check(String),
    /// `-D CHAIN`, by the rule's words.
    Delete(String),
    /// `-D CHAIN NUMBER`.
    DeleteNumber(String, u32),
    /// `-I CHAIN [NUMBER]`.
    Insert(String, u32),
    /// `-R CHAIN NUMBER`.
    Replace(String, u32),
    /// `-L [CHAIN [NUMBER]]`.
    List(Option<String>, Option<u32>),
    /// `-S [CHAIN [NUMBER]]`.
    ListRules(Option<String>, Option<u32>),
    /// `-F [CHAIN]`.
    Flush(Option<String>),
    /// `-Z [CHAIN [NUMBER]]`.
    Zero(Option<String>, Option<u32>),
    /// `-N CHAIN`.
    NewChain(String),
    /// `-X [CHAIN]`.
    DeleteChain(Option<String>),
    /// `-P CHAIN POLICY`.
    Policy(String, String),
    /// `-E OLD NEW`.
    RenameChain(String, String),
    /// `-h`.
    Help,
    /// `-V`.
    Version,
}

/// A command line of iptables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// What to do; `None` where no command was given.
    pub command: Option<Command>,
    /// `-Z` beside `-L` or `-S`: what is listed is set to zero.
    pub zero: bool,
    /// `-v`, as often as it was given.
    pub verbose: u8,
    /// `-n`.
    pub numeric: bool,
    /// `-x`.
    pub exact: bool,
    /// `--line-numbers`.
    pub line_numbers: bool,
    /// `-W`, which is obsolete.
    pub wait_interval: bool,
    /// `-w`.
    pub wait: bool,
    /// `-t` was given.
    pub names_table: bool,
    /// The rule.
    pub line: Line,
}

struct CommandOption {
    short: char,
    spec: OptionSpec,
}

const fn option(short: char, name: &'static str, values: &'static [&'static str], optional: usize) -> CommandOption {
    CommandOption { short, spec: OptionSpec::new(name, values, "", "").optional(optional).repeatable() }
}

/// Commands first, then what changes how they work.
const OPTIONS: &[CommandOption] = &[
    option('A', "--append", &["a chain"], 0),
    option('C', "--check", &["a chain"], 0),
    option('D', "--delete", &["a chain", "a number"], 1),
    option('I', "--insert", &["a chain", "a number"], 1),
    option('R', "--replace", &["a chain", "a number"], 0),
    option('L', "--list", &["a chain", "a number"], 2),
    option('S', "--list-rules", &["a chain", "a number"], 2),
    option('F', "--flush", &["a chain"], 1),
    option('Z', "--zero", &["a chain", "a number"], 2),
    option('N', "--new-chain", &["a chain"], 0),
    option('X', "--delete-chain", &["a chain"], 1),
    option('P', "--policy", &["a chain", "a policy"], 0),
    option('E', "--rename-chain", &["a chain", "a chain"], 0),
    option('h', "--help", &["a match"], 1),
    option('V', "--version", &[], 0),
    option('v', "--verbose", &[], 0),
    option('n', "--numeric", &[], 0),
    option('x', "--exact", &[], 0),
    option('w', "--wait", &["seconds"], 1),
    option('W', "--wait-interval", &["microseconds"], 0),
    option('M', "--modprobe", &["a program"], 0),
    option('0', "--line-numbers", &[], 0),
];

/// What the command line said beside the rule.
#[derive(Default)]
pub(super) struct Said {
    /// The command with its letter.
    command: Option<(char, Command)>,
    zero: bool,
    verbose: u8,
    numeric: bool,
    exact: bool,
    line_numbers: bool,
    wait: bool,
    wait_interval: bool,
}

/// The option of this letter.
pub(super) fn by_letter(letter: char) -> Option<OptionSpec> {
    OPTIONS.iter().find(|option| option.short == letter && letter != '0').map(|option| option.spec)
}

/// All of them.
pub(super) fn specs() -> impl Iterator<Item = OptionSpec> {
    OPTIONS.iter().map(|option| option.spec)
}

/// Parses a command line of iptables, the program's name left out.
///
/// # Errors
/// The first fault, with the word that is to blame.
pub fn parse_command(words: &[String], defaults: Defaults, names: &dyn Names) -> Result<Invocation, Error> {
    let mut parser = Parser::new(words, defaults, names);
    parser.said = Some(Said::default());
    while parser.has_more() {
        parser.option()?;
    }
    let names_table = parser.given.iter().any(|(owner, name)| *owner == Owner::Core && *name == "--table");
    let said = parser.said.take().unwrap_or_default();
    let line = parser.finish()?;
    Ok(Invocation {
        command: said.command.map(|(_, command)| command),
        zero: said.zero,
        verbose: said.verbose,
        numeric: said.numeric,
        exact: said.exact,
        line_numbers: said.line_numbers,
        wait: said.wait,
        wait_interval: said.wait_interval,
        names_table,
        line,
    })
}

impl Parser<'_> {
    /// Takes an option of the command line.
    pub(super) fn command(&mut self, option: &'static str, values: &[&str]) -> Result<(), ErrorKind> {
        let Some(said) = &mut self.said else { return Ok(()) };
        match option {
            "--verbose" => said.verbose = said.verbose.saturating_add(1),
            "--numeric" => said.numeric = true,
            "--exact" => said.exact = true,
            "--line-numbers" => said.line_numbers = true,
            "--wait-interval" => said.wait_interval = true,
            "--modprobe" => {}
            "--wait" => {
                if let Some(seconds) = values.first() {
                    seconds.parse::<i32>().map_err(|_| bad(seconds, "a number of seconds"))?;
                }
                said.wait = true;
            }
            _ => return said.tell(option, values),
        }
        Ok(())
    }
}

impl Said {
    /// Takes a command: one is allowed, but for `-Z` beside a listing.
    fn tell(&mut self, option: &'static str, values: &[&str]) -> Result<(), ErrorKind> {
        let letter = OPTIONS.iter().find(|row| row.spec.name == option).map_or('?', |row| row.short);
        let command = command(letter, values)?;
        match (&self.command, letter) {
            (None, _) => {}
            (Some(('L' | 'S', _)), 'Z') => {
                self.zero = true;
                return Ok(());
            }
            (Some(('Z', _)), 'L' | 'S') => self.zero = true,
            (Some((before, _)), _) if *before == letter => {}
            (Some((before, _)), _) => return Err(ErrorKind::TwoCommands(letter, *before)),
        }
        self.command = Some((letter, command));
        Ok(())
    }
}

fn command(letter: char, values: &[&str]) -> Result<Command, ErrorKind> {
    let word = |index: usize| values.get(index).map(|word| (*word).to_owned());
    let chain = word(0).unwrap_or_default();
    let number = |index: usize| {
        let number = |word: &&str| {
            word.parse().ok().filter(|number| *number > 0).ok_or_else(|| ErrorKind::BadRuleNumber((*word).to_owned()))
        };
        values.get(index).map(number).transpose()
    };
    Ok(match letter {
        'A' => Command::Append(chain),
        'C' => Command::Check(chain),
        'D' => match number(1)? {
            Some(number) => Command::DeleteNumber(chain, number),
            None => Command::Delete(chain),
        },
        'I' => Command::Insert(chain, number(1)?.unwrap_or(1)),
        'R' => Command::Replace(chain, number(1)?.unwrap_or(1)),
        'L' => Command::List(word(0), number(1)?),
        'S' => Command::ListRules(word(0), number(1)?),
        'F' => Command::Flush(word(0)),
        'Z' => Command::Zero(word(0), number(1)?),
        'N' => Command::NewChain(chain),
        'X' => Command::DeleteChain(word(0)),
        'P' => Command::Policy(chain, word(1).unwrap_or_default()),
        'E' => Command::RenameChain(chain, word(1).unwrap_or_default()),
        'V' => Command::Version,
        _ => Command::Help,
    })
}

fn bad(value: &str, expected: &'static str) -> ErrorKind {
    ErrorKind::BadValue { value: value.to_owned(), expected }
}
