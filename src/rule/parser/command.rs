//! The whole command line of iptables(8): commands and options beside a rule's words.
//!
//! They cannot be read apart from the rule, for only the rule's own options tell how many words follow each of them.

use super::{Owner, Parser};
use crate::expr::Policy;
use crate::rule::Names;
use crate::rule::ast::{Defaults, Line, Rule};
use crate::rule::command::{Command, Invocation};
use crate::rule::error::{Error, ErrorKind};
use crate::rule::identifier::{self, check_chain_name};
use crate::rule::lexer::Words;
use crate::rule::registry::{Match, OptionSpec, Target};

struct CommandOption {
    short: char,
    spec: OptionSpec,
}

/// Of a command, or of what may be said twice.
const fn option(short: char, name: &'static str, values: &'static [&'static str], optional: usize) -> CommandOption {
    CommandOption { short, spec: OptionSpec::new(name, values, "", "").optional(optional).repeatable() }
}

/// Of what is said once.
const fn flag(short: char, name: &'static str) -> CommandOption {
    CommandOption { short, spec: OptionSpec::new(name, &[], "", "") }
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
    flag('n', "--numeric"),
    flag('x', "--exact"),
    option('w', "--wait", &["seconds"], 1),
    option('W', "--wait-interval", &[MICROSECONDS], 1),
    option('M', "--modprobe", &["a program"], 0),
    flag('0', "--line-numbers"),
];

/// The value of `-W`. A word that looks like an option is none.
pub const MICROSECONDS: &str = "microseconds";

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
    /// Nothing behind this word is read any more: `-h` and `-V` answer at once.
    answered: bool,
}

/// The option of this letter.
pub(super) fn by_letter(letter: char) -> Option<OptionSpec> {
    OPTIONS.iter().find(|option| option.short == letter && letter != '0').map(|option| option.spec)
}

/// The letter of the option of this name.
pub(super) fn letter_of(name: &str) -> Option<char> {
    OPTIONS.iter().find(|option| option.spec.name == name).map(|option| option.short)
}

/// All of them.
pub(super) fn specs() -> impl Iterator<Item = OptionSpec> {
    OPTIONS.iter().map(|option| option.spec)
}

/// Whether an option of this name is a command.
#[must_use]
pub fn is_command(name: &str) -> bool {
    let short = name.strip_prefix('-').and_then(|letters| letters.chars().next());
    let is_meant = |option: &&CommandOption| option.spec.is_named(name) || short == Some(option.short);
    let letter = OPTIONS.iter().find(is_meant).map(|option| option.short);
    letter.is_some_and(|letter| letter.is_ascii_uppercase() && !['V', 'W', 'M'].contains(&letter))
}

/// Parses a command line of iptables, the program's name left out. Errors point into [`super::lexer::quote_line`]'s text.
///
/// # Errors
/// The first fault, with the word that is to blame.
pub fn parse_command(words: &[String], defaults: Defaults, names: &dyn Names) -> Result<Invocation, Error> {
    Parser::new(words, defaults, names).invocation()
}

/// Parses a command line whose words were taken from a line of text. Errors point into that line.
///
/// # Errors
/// The first fault, with the word that is to blame.
pub fn parse_command_at(words: &Words, defaults: Defaults, names: &dyn Names) -> Result<Invocation, Error> {
    let mut parser = Parser::new(&words.texts, defaults, names);
    parser.spans = Some(&words.spans);
    parser.invocation()
}

impl Parser<'_> {
    fn invocation(mut self) -> Result<Invocation, Error> {
        self.said = Some(Said::default());
        while self.has_more() && !self.said.as_ref().is_some_and(|said| said.answered) {
            if self.letters.is_none() && self.words.get(self.next).is_some_and(|word| word == "--") {
                self.next += 1;
                return self.behind_dashes();
            }
            self.option()?;
        }
        self.said_all()
    }

    /// No word behind `--` is an option, and iptables takes no other.
    fn behind_dashes(mut self) -> Result<Invocation, Error> {
        match self.take() {
            Some(word) => Err(ErrorKind::BehindDashes(word.to_owned()).at(self.last())),
            None => self.said_all(),
        }
    }

    fn said_all(mut self) -> Result<Invocation, Error> {
        let said = self.said.take().unwrap_or_default();
        let given = |name: &str| self.given.iter().any(|(owner, found)| *owner == Owner::Core && *found == name);
        let (names_table, inputs, outputs) = (given("--table"), given("--in-interface"), given("--out-interface"));
        let command = said.command.map(|(_, command)| command);
        if let Some(command) = &command {
            check_chain(command, inputs, outputs).map_err(ErrorKind::everywhere)?;
        }
        let unknown_table = self.unknown_table.take();
        let line = match &command {
            Some(Command::Help(..) | Command::Version) => Line { rules: vec![Rule::default()], ..self.line },
            _ => self.finish()?,
        };
        let invocation = Invocation {
            command,
            zero: said.zero,
            verbose: said.verbose,
            numeric: said.numeric,
            exact: said.exact,
            line_numbers: said.line_numbers,
            wait: said.wait,
            wait_interval: said.wait_interval,
            names_table,
            line,
        };
        match unknown_table {
            // What does not go with the command is told first.
            Some(unknown) => invocation.check().map_err(ErrorKind::everywhere).and(Err(unknown)),
            None => Ok(invocation),
        }
    }

    /// Takes an option of the command line.
    pub(super) fn command(&mut self, option: &'static str, values: &[&str]) -> Result<(), ErrorKind> {
        let loaded = (
            self.rule.matches.iter().map(Match::name).chain(self.implied_match().map(|row| row.name)).collect(),
            self.rule.target.as_ref().filter(|target| !matches!(target, Target::Verdict(_))).map(Target::name),
        );
        let Some(said) = &mut self.said else { return Ok(()) };
        match option {
            "--verbose" => said.verbose = said.verbose.saturating_add(1),
            "--numeric" => said.numeric = true,
            "--exact" => said.exact = true,
            "--line-numbers" => said.line_numbers = true,
            "--wait-interval" => {
                if values.is_empty() {
                    return Err(ErrorKind::MissingValue { option: option.to_owned(), value: MICROSECONDS });
                }
                number_of(values, "a number of microseconds")?;
                said.wait_interval = true;
            }
            "--modprobe" => {}
            "--wait" => {
                number_of(values, "a number of seconds")?;
                said.wait = true;
            }
            "--help" => said.answer('h', Command::Help(loaded.0, loaded.1)),
            "--version" => said.answer('V', Command::Version),
            _ => return said.tell(option, values),
        }
        Ok(())
    }
}

impl Said {
    fn answer(&mut self, letter: char, command: Command) {
        self.command = Some((letter, command));
        self.answered = true;
    }

    /// Takes a command: one is allowed, but for `-Z` beside a listing.
    fn tell(&mut self, option: &'static str, values: &[&str]) -> Result<(), ErrorKind> {
        let letter = letter_of(option).unwrap_or('?');
        match (&self.command, letter) {
            (None, _) => self.command = Some((letter, command(letter, values)?)),
            // Both speak of the same chain and rule, whichever of them names these.
            (Some((listing @ ('L' | 'S'), before)), 'Z') => {
                self.zero = true;
                if !values.is_empty() || before.chain().is_none() {
                    self.command = Some((*listing, command(*listing, values)?));
                }
            }
            (Some(('Z', Command::Zero(chain, number))), 'L' | 'S') => {
                self.zero = true;
                let place = [chain.clone(), number.map(|number| number.to_string())];
                let place: Vec<&str> = place.iter().flatten().map(String::as_str).collect();
                self.command = Some((letter, command(letter, if values.is_empty() { &place } else { values })?));
            }
            (Some((before, _)), _) => return Err(ErrorKind::TwoCommands(letter, *before)),
        }
        Ok(())
    }
}

/// What iptables asks of a chain's name before it looks for the chain.
fn check_chain(command: &Command, inputs: bool, outputs: bool) -> Result<(), ErrorKind> {
    let Some(chain) = command.chain() else { return Ok(()) };
    identifier::check_chain_length(chain)?;
    let refuse = |option: &str| Err(ErrorKind::NotInChain { option: option.to_owned(), chain: chain.to_owned() });
    match chain {
        "POSTROUTING" | "OUTPUT" if inputs => refuse("-i"),
        "PREROUTING" | "INPUT" if outputs => refuse("-o"),
        _ => Ok(()),
    }
}

fn command(letter: char, values: &[&str]) -> Result<Command, ErrorKind> {
    let word = |index: usize| values.get(index).map(|word| (*word).to_owned());
    let missing = |value| ErrorKind::MissingValue { option: format!("-{letter}"), value };
    let chain = word(0).unwrap_or_default();
    let number = |index: usize| values.get(index).map(|word| rule_number(word)).transpose();
    Ok(match letter {
        'A' => Command::Append(chain),
        'C' => Command::Check(chain),
        'D' => match number(1)? {
            Some(number) => Command::DeleteNumber(chain, number),
            None => Command::Delete(chain),
        },
        'I' => Command::Insert(chain, number(1)?.unwrap_or(1)),
        'R' => Command::Replace(chain, number(1)?.ok_or_else(|| missing("a rule number"))?),
        'L' => Command::List(word(0), number(1)?),
        'S' => Command::ListRules(word(0), number(1)?),
        'F' => Command::Flush(word(0)),
        'Z' => Command::Zero(word(0), number(1)?),
        'N' => {
            check_chain_name(&chain)?;
            Command::NewChain(chain)
        }
        'X' => Command::DeleteChain(word(0)),
        'P' => {
            let policy = word(1).ok_or_else(|| missing("a policy"))?;
            Command::SetPolicy(chain, Policy::from_name(&policy).ok_or(ErrorKind::BadPolicy(policy))?)
        }
        _ => {
            let new = word(1).ok_or_else(|| missing("old-chain-name and new-chain-name"))?;
            check_chain_name(&new)?;
            Command::RenameChain(chain, new)
        }
    })
}

fn rule_number(word: &str) -> Result<u32, ErrorKind> {
    word.parse().ok().filter(|number| *number > 0).ok_or_else(|| ErrorKind::BadRuleNumber(word.to_owned()))
}

fn number_of(values: &[&str], expected: &'static str) -> Result<(), ErrorKind> {
    let bad = |value: &&&str| ErrorKind::BadValue { value: (**value).to_owned(), expected };
    values.first().filter(|value| value.parse::<i32>().is_err()).as_ref().map_or(Ok(()), |value| Err(bad(value)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::{BuiltinTable, IpFamily, NoNames, lexer};

    const DEFAULTS: Defaults = Defaults::new(IpFamily::V4, BuiltinTable::Filter);

    fn read(line: &str) -> Result<Invocation, Error> {
        let read = parse_command_at(&lexer::split(line).expect("closed quotes"), DEFAULTS, &NoNames)?;
        read.check().map_err(ErrorKind::everywhere)?;
        Ok(read)
    }

    #[test]
    fn every_command_is_read_in_every_spelling() {
        for (line, again) in [
            ("-A INPUT -s 1.1.1.1 -j DROP", "--append INPUT -s 1.1.1.1 -j DROP"),
            ("-A INPUT -s 1.1.1.1", "-s 1.1.1.1 -A INPUT"),
            ("-A INPUT -j DROP", "-AINPUT -jDROP"),
            ("-I INPUT 1 -j DROP", "-I INPUT -j DROP"),
            ("-R INPUT 2 -j DROP", "--replace=INPUT 2 -j DROP"),
            ("-D INPUT 3", "--delete INPUT 3"),
            ("-D INPUT -j DROP", "-j DROP --delete INPUT"),
            ("-C INPUT -j DROP", "--check INPUT -j DROP"),
            ("-N A", "--new-chain A"),
            ("-X", "--delete-chain"),
            ("-X A", "-XA"),
            ("-E A B", "--rename-chain A B"),
            ("-F", "--flush"),
            ("-Z INPUT 3", "--zero INPUT 3"),
            ("-P INPUT DROP", "--policy INPUT DROP"),
            ("-v -n -L INPUT", "-vnL INPUT"),
            ("-L -Z", "-Z -L"),
            ("-L A 1 -Z", "-L -Z A 1"),
            ("-S -Z A", "-Z A -S"),
            ("-S A 3", "--list-rules A 3"),
            ("-L -n -v -x --line-numbers", "-nvxL --line"),
        ] {
            let command = read(line).unwrap_or_else(|error| panic!("{line}: {error}"));
            assert_eq!(read(again), Ok(command), "{again}");
        }
        assert_eq!(read("-m tcp -h -Q").expect("help").command, Some(Command::Help(vec!["tcp"], None)));
        assert_eq!(read("-p udp -j LOG -h").expect("help").command, Some(Command::Help(vec!["udp"], Some("LOG"))));
    }

    #[test]
    fn faults_are_pointed_at_in_the_line() {
        for (line, blamed, text) in [
            ("-A", "-A", "-A needs a chain"),
            ("-A INPUT  -s 1.1.1.1   --dprt 3", "--dprt", "unknown option \"--dprt\""),
            ("-s \"1.1.1.x\" -A INPUT", "\"1.1.1.x\"", "\"1.1.1.x\" is neither an address"),
            ("-A INPUT -p tcp --dport", "--dport", "--dport needs a port"),
            ("-D INPUT 0", "0", "\"0\" is not a rule's number"),
            ("-R INPUT -j DROP", "INPUT", "-R needs a rule number"),
            ("-F INPUT OUTPUT", "OUTPUT", "unexpected word \"OUTPUT\""),
            ("-P INPUT REJECT", "REJECT", "\"REJECT\" is not a policy"),
            ("-E A ACCEPT", "ACCEPT", "chain \"ACCEPT\" is a target's name"),
            ("-E A", "A", "-E needs old-chain-name and new-chain-name"),
            ("-N -A", "-A", "chain \"-A\" begins with"),
            ("-N ! A", "!", "chain \"!\" begins with"),
            ("-A INPUT -A OUTPUT", "OUTPUT", "-A cannot be used with -A"),
            ("-L -L", "-L", "-L cannot be used with -L"),
        ] {
            let error = read(line).expect_err(line);
            assert!(error.to_string().starts_with(text), "{line}: {error}");
            assert_eq!(&line[error.span.clone()], blamed, "{line}");
        }
    }

    #[test]
    fn what_a_command_has_no_use_for_is_refused() {
        for (line, text) in [
            ("-s 1.1.1.1", "the line holds no command"),
            ("-F INPUT -j DROP", "-j does not go with this command"),
            ("-L ! -s 1.1.1.1", "-s does not go with this command"),
            ("-A INPUT -n", "-n does not go with this command"),
            ("-S --line-numbers", "--line-numbers does not go with this command"),
            ("-D INPUT 1 -c 1 2", "-c does not go with this command"),
            ("-t nat -A POSTROUTING -i +", "-i cannot be used in POSTROUTING"),
            ("-A 123456789012345678901234567890", "chain \"123456789012345678901234567890\" is longer than 28 bytes"),
        ] {
            let error = read(line).expect_err(line);
            assert!(error.to_string().starts_with(text), "{line}: {error}");
        }
        assert!(read("-L -m comment --comment x").is_ok());
    }
}
