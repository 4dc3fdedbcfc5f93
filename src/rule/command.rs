//! One line of iptables: the command, its operands, and the rule behind them.

use std::borrow::Cow;
use std::ops::Range;

use super::ast::{Defaults, Line, Rule};
use super::error::{Error, ErrorKind};
use super::identifier::check_chain_name;
use super::lexer::{self, Words};
use super::{Names, parser};
use crate::expr::Policy;

/// What a line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// `-A CHAIN RULE`.
    Append {
        /// Where to.
        chain: String,
        /// The rule, or several.
        line: Line,
    },
    /// `-I CHAIN [NUMBER] RULE`.
    Insert {
        /// Where to.
        chain: String,
        /// The rule's number from then on, from 1.
        number: u32,
        /// The rule, or several.
        line: Line,
    },
    /// `-R CHAIN NUMBER RULE`.
    Replace {
        /// In which chain.
        chain: String,
        /// Which rule, from 1.
        number: u32,
        /// What stands there from then on.
        line: Line,
    },
    /// `-D CHAIN RULE`.
    Delete {
        /// In which chain.
        chain: String,
        /// What the rule means.
        line: Line,
    },
    /// `-D CHAIN NUMBER`.
    DeleteNumber {
        /// In which chain.
        chain: String,
        /// Which rule, from 1.
        number: u32,
        /// Whose packets the line is about.
        line: Line,
    },
    /// `-C CHAIN RULE`.
    Check {
        /// In which chain.
        chain: String,
        /// What the rule means.
        line: Line,
    },
    /// `-N CHAIN`.
    NewChain {
        /// Its name.
        chain: String,
        /// Whose packets the line is about.
        line: Line,
    },
    /// `-X [CHAIN]`.
    DeleteChain {
        /// Which; without, every user chain.
        chain: Option<String>,
        /// Whose packets the line is about.
        line: Line,
    },
    /// `-E OLD NEW`.
    RenameChain {
        /// The chain.
        old: String,
        /// Its name from then on.
        new: String,
        /// Whose packets the line is about.
        line: Line,
    },
    /// `-F [CHAIN]`.
    Flush {
        /// Which; without, every chain.
        chain: Option<String>,
        /// Whose packets the line is about.
        line: Line,
    },
    /// `-Z [CHAIN [NUMBER]]`.
    Zero {
        /// Which; without, every chain.
        chain: Option<String>,
        /// Which rule, from 1; without, every rule and the policy.
        number: Option<u32>,
        /// Whose packets the line is about.
        line: Line,
    },
    /// `-P CHAIN POLICY`.
    SetPolicy {
        /// Which.
        chain: String,
        /// What becomes of the packets at its end.
        policy: Policy,
        /// Whose packets the line is about.
        line: Line,
    },
}

impl Command {
    /// The family, table and rules that the line names.
    #[must_use]
    pub const fn line(&self) -> &Line {
        match self {
            Self::Append { line, .. }
            | Self::Insert { line, .. }
            | Self::Replace { line, .. }
            | Self::Delete { line, .. }
            | Self::DeleteNumber { line, .. }
            | Self::Check { line, .. }
            | Self::NewChain { line, .. }
            | Self::DeleteChain { line, .. }
            | Self::RenameChain { line, .. }
            | Self::Flush { line, .. }
            | Self::Zero { line, .. }
            | Self::SetPolicy { line, .. } => line,
        }
    }

    /// The chain whose rules must be known, as they stand before the command: it speaks of some of them.
    #[must_use]
    pub fn looks_in(&self) -> Option<&str> {
        match self {
            Self::Insert { number: 1, .. } => None,
            Self::Insert { chain, .. }
            | Self::Replace { chain, .. }
            | Self::Delete { chain, .. }
            | Self::DeleteNumber { chain, .. }
            | Self::Check { chain, .. } => Some(chain),
            _ => None,
        }
    }
}

/// What a command does, without its operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Append,
    Insert,
    Replace,
    Delete,
    Check,
    NewChain,
    DeleteChain,
    RenameChain,
    Flush,
    Zero,
    SetPolicy,
    /// It changes nothing: there is nothing to be read in it here.
    List,
}

/// Short name, long name, operation, as iptables(8) has them.
const COMMANDS: [(char, &str, Operation); 13] = [
    ('A', "--append", Operation::Append),
    ('I', "--insert", Operation::Insert),
    ('R', "--replace", Operation::Replace),
    ('D', "--delete", Operation::Delete),
    ('C', "--check", Operation::Check),
    ('N', "--new-chain", Operation::NewChain),
    ('X', "--delete-chain", Operation::DeleteChain),
    ('E', "--rename-chain", Operation::RenameChain),
    ('F', "--flush", Operation::Flush),
    ('Z', "--zero", Operation::Zero),
    ('P', "--policy", Operation::SetPolicy),
    ('L', "--list", Operation::List),
    ('S', "--list-rules", Operation::List),
];

/// The command that a word is, with the operand that is attached to it.
fn find(word: &str) -> Option<(Operation, Option<&str>)> {
    if word.starts_with("--") {
        let (name, attached) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
        return COMMANDS.iter().find(|row| row.1 == name).map(|row| (row.2, attached));
    }
    let mut letters = word.strip_prefix('-')?.chars();
    let letter = letters.next()?;
    let attached = Some(letters.as_str()).filter(|rest| !rest.is_empty());
    COMMANDS.iter().find(|row| row.0 == letter).map(|row| (row.2, attached))
}

/// Reads a line's words: `-A CHAIN RULE` and its like. Options may stand before the command, too.
///
/// # Errors
/// The first fault; its span is of the line that the words were taken from.
pub fn parse(words: &Words, defaults: Defaults, names: &dyn Names) -> Result<Command, Error> {
    let found = words.texts.iter().enumerate().find_map(|(at, word)| find(word).map(|found| (at, found)));
    let Some((at, (operation, attached))) = found else {
        return Err(ErrorKind::NoCommand.at(words.spans.first().cloned().unwrap_or_default()));
    };
    Operands { words, defaults, names, at, next: at + 1, attached }.command(operation)
}

/// What stands around a command.
struct Operands<'a> {
    words: &'a Words,
    defaults: Defaults,
    names: &'a dyn Names,
    /// The command's place among the words.
    at: usize,
    next: usize,
    attached: Option<&'a str>,
}

impl<'a> Operands<'a> {
    fn command(mut self, operation: Operation) -> Result<Command, Error> {
        Ok(match operation {
            Operation::Append => Command::Append { chain: self.chain()?, line: self.rule()? },
            Operation::Insert => {
                let chain = self.chain()?;
                Command::Insert { chain, number: self.number()?.unwrap_or(1), line: self.rule()? }
            }
            Operation::Replace => {
                let chain = self.chain()?;
                let number = self.number()?.ok_or_else(|| self.missing("a rule's number"))?;
                Command::Replace { chain, number, line: self.rule()? }
            }
            Operation::Delete => {
                let chain = self.chain()?;
                match self.number()? {
                    Some(number) => Command::DeleteNumber { chain, number, line: self.end()? },
                    None => Command::Delete { chain, line: self.rule()? },
                }
            }
            Operation::Check => Command::Check { chain: self.chain()?, line: self.rule()? },
            Operation::NewChain => {
                let chain = self.chain()?;
                check_chain_name(&chain).map_err(|kind| kind.at(self.last()))?;
                Command::NewChain { chain, line: self.end()? }
            }
            Operation::DeleteChain => Command::DeleteChain { chain: self.operand(), line: self.end()? },
            Operation::RenameChain => {
                let old = self.chain()?;
                let new = self.operand().ok_or_else(|| self.missing("the chain's new name"))?;
                check_chain_name(&new).map_err(|kind| kind.at(self.last()))?;
                Command::RenameChain { old, new, line: self.end()? }
            }
            Operation::Flush => Command::Flush { chain: self.operand(), line: self.end()? },
            Operation::Zero => {
                let chain = self.operand();
                let number = if chain.is_some() { self.number()? } else { None };
                Command::Zero { chain, number, line: self.end()? }
            }
            Operation::SetPolicy => {
                let chain = self.chain()?;
                let word = self.operand().ok_or_else(|| self.missing("a policy"))?;
                let policy = Policy::from_name(&word);
                let policy = policy.ok_or_else(|| ErrorKind::BadPolicy(word).at(self.last()))?;
                Command::SetPolicy { chain, policy, line: self.end()? }
            }
            Operation::List => return Err(ErrorKind::OnlyShows(self.words.texts[self.at].clone()).at(self.last())),
        })
    }

    /// Where the word before the next one is.
    fn last(&self) -> Range<usize> {
        self.next.checked_sub(1).and_then(|at| self.words.spans.get(at)).cloned().unwrap_or_default()
    }

    fn missing(&self, value: &'static str) -> Error {
        ErrorKind::MissingValue { option: self.words.texts[self.at].clone(), value }.at(self.last())
    }

    /// The next word, unless an option begins there.
    fn operand(&mut self) -> Option<String> {
        if let Some(attached) = self.attached.take() {
            return Some(attached.to_owned());
        }
        let word = self.words.texts.get(self.next).filter(|word| !word.starts_with(['-', '!']))?;
        self.next += 1;
        Some(word.clone())
    }

    fn chain(&mut self) -> Result<String, Error> {
        self.operand().ok_or_else(|| self.missing("a chain"))
    }

    fn number(&mut self) -> Result<Option<u32>, Error> {
        let Some(word) = self.operand() else { return Ok(None) };
        match word.parse() {
            Ok(number) if number > 0 => Ok(Some(number)),
            _ => Err(ErrorKind::BadValue { value: word, expected: "a rule's number" }.at(self.last())),
        }
    }

    /// The rule that the other words are.
    fn rule(&self) -> Result<Line, Error> {
        let after = self.next.min(self.words.texts.len());
        let (before, after) = (&self.words.texts[..self.at], &self.words.texts[after..]);
        let texts: Cow<'_, [String]> =
            if before.is_empty() { Cow::Borrowed(after) } else { Cow::Owned([before, after].concat()) };
        parser::parse_line(&texts, self.defaults, self.names).map_err(|error| self.on_line(error, &texts))
    }

    /// The other words, which must not be a rule.
    fn end(&self) -> Result<Line, Error> {
        let line = self.rule()?;
        if line.rules == [Rule::default()] {
            return Ok(line);
        }
        let at = if self.at == 0 { self.next } else { 0 };
        let word = self.words.texts.get(at).cloned().unwrap_or_default();
        Err(ErrorKind::UnexpectedWord(word).at(self.words.spans.get(at).cloned().unwrap_or_default()))
    }

    /// Brings an error's span from the text of the rule's words to the line.
    fn on_line(&self, error: Error, texts: &[String]) -> Error {
        if error.span.is_empty() {
            return Error { span: self.words.spans[self.at].clone(), ..error };
        }
        let place = lexer::spans(texts).iter().position(|span| span.contains(&error.span.start));
        let place = place.map(|place| if place < self.at { place } else { place - self.at + self.next });
        let end = self.words.spans.last().map_or(0, |span| span.end);
        let span = place.and_then(|place| self.words.spans.get(place)).cloned().unwrap_or(end..end + 1);
        Error { span, ..error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::NoNames;
    use crate::rule::{BuiltinTable, IpFamily};

    const DEFAULTS: Defaults = Defaults { family: IpFamily::V4, table: BuiltinTable::Filter };

    fn read(line: &str) -> Result<Command, Error> {
        parse(&lexer::split(line).expect("closed quotes"), DEFAULTS, &NoNames)
    }

    #[test]
    fn every_command_is_read_in_every_spelling() {
        for (line, again) in [
            ("-A INPUT -s 1.1.1.1 -j DROP", "--append INPUT -s 1.1.1.1 -j DROP"),
            ("-A INPUT -s 1.1.1.1", "-s 1.1.1.1 -A INPUT"),
            ("-A INPUT -j DROP", "-AINPUT -j DROP"),
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
        ] {
            let command = read(line).unwrap_or_else(|error| panic!("{line}: {error}"));
            assert_eq!(read(again), Ok(command), "{again}");
        }
        let Ok(Command::Insert { number, line, .. }) = read("-6 -I INPUT 4 -s ::1") else { panic!("an insertion") };
        assert_eq!((number, line.family), (4, IpFamily::V6));
    }

    #[test]
    fn faults_are_pointed_at_in_the_line() {
        for (line, blamed, text) in [
            ("-s 1.1.1.1", "-s", "the line holds no command"),
            ("-A", "-A", "-A needs a chain"),
            ("-A INPUT  -s 1.1.1.1   --dprt 3", "--dprt", "unknown option \"--dprt\""),
            (
                "-s \"1.1.1.x\" -A INPUT",
                "\"1.1.1.x\"",
                "\"1.1.1.x\" is neither an address nor a host that is known here",
            ),
            ("-A INPUT -p tcp --dport", "--dport", "--dport needs a port"),
            ("-D INPUT 0", "0", "\"0\" is not a rule's number"),
            ("-R INPUT -j DROP", "INPUT", "-R needs a rule's number"),
            ("-F INPUT OUTPUT", "OUTPUT", "unexpected word \"OUTPUT\""),
            ("-F INPUT -j DROP", "-j", "unexpected word \"-j\""),
            ("-P INPUT REJECT", "REJECT", "\"REJECT\" is not a policy"),
            ("-E A ACCEPT", "ACCEPT", "chain \"ACCEPT\" is a target's name"),
            ("-N -A", "-N", "-N needs a chain"),
            ("-L INPUT", "-L", "-L only shows"),
        ] {
            let error = read(line).expect_err(line);
            assert!(error.to_string().starts_with(text), "{line}: {error}");
            assert_eq!(&line[error.span.clone()], blamed, "{line}");
        }
    }
}
