//! What is wrong with a rule: the kind of fault, where in the line it is, what to do instead.

use std::fmt::Write as _;
use std::ops::Range;

use thiserror::Error as ThisError;

use super::lexer;

/// A refused rule.
#[derive(Debug, Clone, PartialEq, Eq, ThisError)]
#[error("{kind}")]
pub struct Error {
    /// What is wrong.
    pub kind: ErrorKind,
    /// Bytes of [`lexer::quote_line`]'s text that are to blame; empty where the rule as a whole is.
    pub span: Range<usize>,
    /// What to do instead, where that is known.
    pub help: Option<String>,
}

/// Why a name cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ThisError)]
pub enum NameFault {
    /// Nothing.
    #[error("is empty")]
    Empty,
    /// Over the limit, in bytes.
    #[error("is longer than {0} bytes")]
    TooLong(usize),
    /// A character that is none of those allowed.
    #[error("holds a character that it must not hold")]
    Character,
    /// `-` or `!` at its beginning would make it an option or a negation.
    #[error("begins with \"-\" or \"!\"")]
    Beginning,
    /// `-j NAME` could not tell them apart.
    #[error("is a target's name")]
    Target,
}

/// The kinds of faults. Texts are lower case without a full stop.
#[derive(Debug, Clone, PartialEq, Eq, ThisError)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An option that neither the rule language nor a loaded match has.
    #[error("unknown option {0:?}")]
    UnknownOption(String),
    /// An abbreviation that fits several options.
    #[error("option {0:?} is ambiguous")]
    AmbiguousOption(String),
    /// A word where an option was expected.
    #[error("unexpected word {0:?}")]
    UnexpectedWord(String),
    /// An option at the end of the line whose value is missing.
    #[error("{option} needs {value}")]
    MissingValue {
        /// The option as it was written.
        option: String,
        /// What it takes.
        value: &'static str,
    },
    /// `--syn=x`.
    #[error("{0} takes no value")]
    NeedlessValue(String),
    /// A `!` before something that cannot be negated.
    #[error("{0} cannot be negated")]
    NotNegatable(String),
    /// A `!` that nothing follows.
    #[error("\"!\" stands before nothing")]
    DanglingNegation,
    /// A `!` before a list of addresses.
    #[error("\"!\" cannot stand before several addresses")]
    NegatedAddressList,
    /// An option given twice.
    #[error("{0} is given twice")]
    Repeated(String),
    /// `-m` with a name that is not in the registry.
    #[error("unknown match {name:?}")]
    UnknownMatch {
        /// What was written.
        name: String,
        /// The names that there are.
        known: Vec<&'static str>,
    },
    /// A target that iptables has and this program lacks.
    #[error("target {name} is not supported")]
    UnsupportedTarget {
        /// What was written.
        name: String,
        /// The names that there are.
        known: Vec<&'static str>,
    },
    /// `--dport ! 22`.
    #[error("\"!\" stands behind {0}")]
    NegationBehind(String),
    /// A match that the address family does not have.
    #[error("{0} does not exist for this address family")]
    WrongFamily(String),
    /// `-t` with a name that is none of the five.
    #[error("unknown table {0:?}")]
    UnknownTable(String),
    /// Neither an address nor a host.
    #[error("{0:?} is neither an address nor a host that is known here")]
    BadAddress(String),
    /// Behind the `/` of an address.
    #[error("{0:?} is not a prefix length or mask")]
    BadMask(String),
    /// `-p`.
    #[error("unknown protocol {0:?}")]
    BadProtocol(String),
    /// A port or service.
    #[error("{0:?} is neither a port nor a service that is known here")]
    BadPort(String),
    /// `9:3`.
    #[error("the range {0:?} ends before it begins")]
    BadRange(String),
    /// Any other value.
    #[error("{value:?} is not {expected}")]
    BadValue {
        /// What was written.
        value: String,
        /// What belongs there.
        expected: &'static str,
    },
    /// An interface's, chain's or comment's text.
    #[error("{what} {name:?} {fault}")]
    BadName {
        /// `interface`, `chain`, `comment`.
        what: &'static str,
        /// What was written.
        name: String,
        /// Why it cannot be.
        #[source]
        fault: NameFault,
    },
    /// `-m multiport` without `--dports`.
    #[error("{extension} needs {options}")]
    MissingOption {
        /// The match or target.
        extension: &'static str,
        /// Its options of which one must be there.
        options: &'static str,
    },
    /// `--dport` without `-p tcp`.
    #[error("{what} needs {protocol}")]
    NeedsProtocol {
        /// The match or option.
        what: String,
        /// The `-p` that must be there.
        protocol: &'static str,
    },
    /// A combination that makes no sense.
    #[error("{0} and {1} exclude each other")]
    Conflict(&'static str, &'static str),
    /// `-i` in OUTPUT.
    #[error("{option} cannot be used in {chain}")]
    NotInChain {
        /// The option or target.
        option: String,
        /// The chain.
        chain: String,
    },
    /// A target that only some tables have.
    #[error("{target} cannot be used in table {table}")]
    NotInTable {
        /// The target.
        target: &'static str,
        /// The table.
        table: &'static str,
    },
    /// nf_tables cannot say it exactly.
    #[error("{what} has no exact nf_tables form: {reason}")]
    NoNativeForm {
        /// The option.
        what: &'static str,
        /// Why.
        reason: &'static str,
        /// What to write instead.
        instead: &'static str,
    },
}

impl ErrorKind {
    /// The fault at these bytes of the line.
    #[must_use]
    pub fn at(self, span: Range<usize>) -> Error {
        let help = self.help();
        Error { kind: self, span, help }
    }

    /// The fault of a rule as a whole.
    #[must_use]
    pub fn everywhere(self) -> Error {
        self.at(0..0)
    }

    fn help(&self) -> Option<String> {
        Some(match self {
            Self::UnknownOption(_) => "an option of a match stands behind its -m, or behind -p PROTOCOL".to_owned(),
            Self::UnknownMatch { known, .. } => format!("matches are: {}", known.join(", ")),
            Self::UnsupportedTarget { known, .. } => format!("targets are: {}, and chains", known.join(", ")),
            Self::NegationBehind(option) => format!("write ! {option}"),
            Self::UnknownTable(_) => "tables are: filter, nat, mangle, raw, security".to_owned(),
            Self::NegatedAddressList => "make one rule for each address".to_owned(),
            Self::BadAddress(_) => "write an address, ADDRESS/LENGTH or ADDRESS/MASK of this rule's family".to_owned(),
            Self::BadProtocol(_) => "write a name such as tcp, or a number from 0 to 255".to_owned(),
            Self::BadPort(_) => "write a number from 0 to 65535 or a service's name".to_owned(),
            Self::NeedsProtocol { protocol, .. } => format!("add {protocol} before it"),
            Self::MissingOption { options, .. } => format!("add {options}"),
            Self::NoNativeForm { instead, .. } => (*instead).to_owned(),
            _ => return None,
        })
    }
}

/// The line with a caret under what is to blame, for a terminal: two lines, each with a line feed. Empty where the
/// error blames no word.
#[must_use]
pub fn excerpt(words: &[String], error: &Error) -> String {
    let text = lexer::quote_line(words);
    let Some(blamed) = text.get(error.span.clone()).filter(|blamed| !blamed.is_empty()) else {
        return String::new();
    };
    let indent = text[..error.span.start].chars().count();
    let width = blamed.chars().count();
    let mut out = String::new();
    let _ = writeln!(out, "  {text}\n  {:indent$}{}", "", "^".repeat(width));
    out
}
