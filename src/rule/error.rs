//! What is wrong with a rule: the kind of fault, where in the line it is, what to do instead.

use std::ops::Range;

use thiserror::Error as ThisError;

use super::lexer::shown;
use super::protocol;

/// A refused rule.
#[derive(Debug, Clone, PartialEq, Eq, ThisError)]
#[error("{kind}")]
pub struct Error {
    /// What is wrong.
    pub kind: ErrorKind,
    /// Bytes of [`super::quote_line`]'s text that are to blame; empty where the rule as a whole is.
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
    #[error("unknown option {}", shown(.option))]
    UnknownOption {
        /// As it was written.
        option: String,
        /// What it may stand behind: `-p tcp`, `-j LOG`.
        places: Vec<String>,
    },
    /// An abbreviation that fits several options.
    #[error("option {} is ambiguous", shown(.0))]
    AmbiguousOption(String),
    /// Two commands of iptables in one line, the later one first.
    #[error("-{0} cannot be used with -{1}")]
    TwoCommands(char, char),
    /// An option that its command has no use for.
    #[error("{0} does not go with this command")]
    NotWithCommand(String),
    /// A rule's number that is none.
    #[error("{} is not a rule's number", shown(.0))]
    BadRuleNumber(String),
    /// A word where an option was expected.
    #[error("unexpected word {}", shown(.0))]
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
    #[error("{option} cannot be negated")]
    NotNegatable {
        /// The option as it was written.
        option: String,
        /// The match or target that has it, and its name there; `None` for the rule's own and those of the command.
        of: Option<(&'static str, &'static str)>,
    },
    /// `! !`.
    #[error("\"!\" stands before another one")]
    NegatedTwice,
    /// A word behind `--`.
    #[error("nothing may stand behind --, and {} does", shown(.0))]
    BehindDashes(String),
    /// A `!` that nothing follows.
    #[error("\"!\" stands before nothing")]
    DanglingNegation,
    /// A `!` before a list of addresses.
    #[error("\"!\" cannot stand before several addresses")]
    NegatedAddressList,
    /// An option given twice.
    #[error("{option} is given twice")]
    Repeated {
        /// The option as it was written.
        option: String,
        /// As in [`ErrorKind::NotNegatable`].
        of: Option<(&'static str, &'static str)>,
    },
    /// `! -p all`.
    #[error("no packet would ever match {0}")]
    NeverMatches(&'static str),
    /// `-m` with a name that is not in the registry.
    #[error("unknown match {}", shown(.name))]
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
    #[error("unknown table {}", shown(.0))]
    UnknownTable(String),
    /// Neither an address nor a host.
    #[error("{} is {}", shown(.0), no_address(.0))]
    BadAddress(String),
    /// Behind the `/` of an address.
    #[error("{} is not a prefix length or mask", shown(.0))]
    BadMask(String),
    /// `-p`.
    #[error("unknown protocol {}", shown(.0))]
    BadProtocol(String),
    /// A port or service.
    #[error("{} is neither a port nor a service that is known here", shown(.0))]
    BadPort(String),
    /// `9:3`.
    #[error("the range {} ends before it begins", shown(.0))]
    BadRange(String),
    /// Any other value.
    #[error("{} is not {expected}", shown(.value))]
    BadValue {
        /// What was written.
        value: String,
        /// What belongs there.
        expected: &'static str,
    },
    /// An interface's, chain's or comment's text.
    #[error("{what} {} {fault}", shown(.name))]
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
        protocol: String,
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
    /// A line of options alone.
    #[error("the line holds no command such as -A CHAIN")]
    NoCommand,
    /// `-L`, `-S`.
    #[error("{0} only shows what there is, and changes nothing")]
    OnlyShows(String),
    /// Neither ACCEPT nor DROP.
    #[error("{} is not a policy", shown(.0))]
    BadPolicy(String),
    /// In a save file, `-t`.
    #[error("the line stands in table {0} already, and names a table")]
    OtherTable(&'static str),
    /// In a save file to be translated, a command that nft has no single command for.
    #[error("nft has no single command for {0}")]
    NoSingleCommand(String),
    /// To be translated, what nf_tables can do and nft has no words for.
    #[error("nft has no words for {0}")]
    NoWords(&'static str),
    /// In a save file, an option of the command around it.
    #[error("{0} is not for a line of a file")]
    NotInFile(&'static str),
    /// In a save file, a `"` that nothing closes.
    #[error("a quote is left open")]
    OpenQuote,
    /// In a save file, a line before the first table or behind a COMMIT.
    #[error("the line stands in no table")]
    OutsideTable,
    /// In a save file, a table that the next one or the file's end interrupts.
    #[error("table {0} has no COMMIT")]
    NoCommit(&'static str),
    /// In a save file, bytes that no text has.
    #[error("the line holds {0}")]
    NotText(&'static str),
    /// In a save file, a rule with bytes that are not UTF-8: iptables keeps any in a comment.
    #[error("the line holds bytes that are not UTF-8")]
    NotUtf8,
    /// In a save file.
    #[error("the line is longer than {0} bytes")]
    LineTooLong(usize),
}

/// Why a word is not the address that belongs there.
fn no_address(word: &str) -> &'static str {
    if is_address(word) {
        "an address of the other family than the rule's"
    } else {
        "neither an address nor a host that is known here"
    }
}

/// Whether a word is an address of either family, whatever length or mask stands behind it.
fn is_address(word: &str) -> bool {
    word.split('/').next().is_some_and(|host| host.parse::<std::net::IpAddr>().is_ok())
}

impl NameFault {
    /// What to do instead, of a name of this kind.
    #[must_use]
    pub fn help(self, what: &str) -> String {
        match self {
            Self::Empty => "write at least one letter".to_owned(),
            Self::TooLong(bytes) => format!("shorten it to {bytes} bytes"),
            Self::Character => match what {
                "chain" => "leave out blanks and control characters",
                "interface" => "leave out blanks, control characters and \"/\"",
                _ => "leave out control characters: blanks and letters of any kind may stay",
            }
            .to_owned(),
            Self::Beginning => "begin it with a letter".to_owned(),
            Self::Target => "choose another name: behind -j, this one means the target".to_owned(),
        }
    }
}

impl ErrorKind {
    /// The fault at these bytes of the line.
    #[must_use]
    pub fn at(self, span: Range<usize>) -> Error {
        let help = Some(self.help());
        Error { kind: self, span, help }
    }

    /// The fault of what needs this protocol.
    #[must_use]
    pub fn needs_protocol(what: impl Into<String>, number: u8) -> Self {
        Self::NeedsProtocol { what: what.into(), protocol: format!("-p {}", protocol::display(number)) }
    }

    /// The fault of a rule as a whole.
    #[must_use]
    pub fn everywhere(self) -> Error {
        self.at(0..0)
    }

    /// What to do instead.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::UnknownOption { places, .. } if places.is_empty() => {
                "an option of a match stands behind its -m, or behind -p PROTOCOL".to_owned()
            }
            Self::UnknownOption { option, places } => format!("{option} stands behind {}", places.join(" or ")),
            Self::NegationBehind(option) => format!("write ! {option}"),
            Self::AmbiguousOption(_) => "write it out".to_owned(),
            Self::TwoCommands(..) => "give one command a line".to_owned(),
            Self::NotWithCommand(option) => format!("leave {option} out"),
            Self::NegatedTwice => "write it once".to_owned(),
            Self::BehindDashes(_) => "leave -- out".to_owned(),
            Self::NeverMatches(_) => "leave out the \"!\"".to_owned(),
            Self::BadRuleNumber(_) => "rules are numbered from 1".to_owned(),
            Self::UnexpectedWord(_) => "a rule is made of options such as -s ADDRESS and -j TARGET".to_owned(),
            Self::MissingValue { option, value } => format!("write {value} behind {option}"),
            Self::NeedlessValue(option) => format!("write {option} alone"),
            Self::NotNegatable { .. } => "leave out the \"!\"".to_owned(),
            Self::DanglingNegation => "write \"!\" in front of the option that it negates".to_owned(),
            Self::NegatedAddressList => "make one rule for each address".to_owned(),
            Self::Repeated { .. } => "give it once, or make a rule for each".to_owned(),
            Self::UnknownMatch { known, .. } => format!("matches are: {}", known.join(", ")),
            Self::UnsupportedTarget { known, .. } => format!("targets are: {}, and chains", known.join(", ")),
            Self::WrongFamily(_) => "-4 makes a rule for IPv4, -6 one for IPv6".to_owned(),
            Self::UnknownTable(_) => "tables are: filter, nat, mangle, raw, security".to_owned(),
            Self::BadAddress(word) if is_address(word) => "-4 makes a rule for IPv4, -6 one for IPv6".to_owned(),
            Self::BadAddress(_) => "write an address, ADDRESS/LENGTH or ADDRESS/MASK of this rule's family".to_owned(),
            Self::BadMask(_) => "write a length up to 32 (IPv6: 128), or a mask such as 255.255.255.0".to_owned(),
            Self::BadProtocol(_) => "write a name such as tcp, or a number from 0 to 255".to_owned(),
            Self::BadPort(_) => "write a number from 0 to 65535 or a service's name".to_owned(),
            Self::BadRange(_) => "write the lower end first".to_owned(),
            Self::BadValue { expected, .. } => format!("write {expected}"),
            Self::BadName { what, fault, .. } => fault.help(what),
            Self::MissingOption { options, .. } => format!("add {options}"),
            Self::NeedsProtocol { protocol, .. } => format!("add {protocol} before it"),
            Self::Conflict(..) => "leave one of them out".to_owned(),
            Self::NotInChain { option, .. } => match option.as_str() {
                "-i" => {
                    "-i is for PREROUTING, INPUT, FORWARD and user chains: elsewhere packets came in by no interface"
                }
                "-o" => "-o is for FORWARD, OUTPUT, POSTROUTING and user chains: elsewhere it is not known yet",
                _ => "use it in another chain",
            }
            .to_owned(),
            Self::NotInTable { .. } => "-t names the table; without it, that is filter".to_owned(),
            Self::NoNativeForm { instead, .. } => (*instead).to_owned(),
            Self::NoCommand => "commands are: -A -I -R -D -C -N -X -E -F -Z -P".to_owned(),
            Self::OnlyShows(_) => "leave the line out; `nsfw rule list` shows the rules that there are".to_owned(),
            Self::BadPolicy(_) => "policies are: ACCEPT, DROP".to_owned(),
            Self::OtherTable(_) => "leave -t out: write the line between *TABLE and COMMIT of its table".to_owned(),
            Self::NoSingleCommand(_) => "restore the file, and save it: what is saved only adds".to_owned(),
            Self::NoWords(_) => "add the rule with nsfw: the kernel takes it".to_owned(),
            Self::NotInFile(option) => format!("leave {option} out"),
            Self::OpenQuote => "close it with \"; a quote within quotes is written \\\"".to_owned(),
            Self::OutsideTable => "a table begins with a line such as *filter, and ends with COMMIT".to_owned(),
            Self::NoCommit(_) => {
                "write COMMIT behind its last rule; if the file was cut off, the rest of it is missing".to_owned()
            }
            Self::NotText(_) => "write the line as text".to_owned(),
            Self::NotUtf8 => "write it in UTF-8: comments are kept as text here".to_owned(),
            Self::LineTooLong(_) => "write several rules with fewer addresses each".to_owned(),
        }
    }

    /// Whether iptables has it and nf_tables, or this program, has no form for it.
    #[must_use]
    pub const fn is_unsupported(&self) -> bool {
        matches!(
            self,
            Self::NoNativeForm { .. }
                | Self::UnsupportedTarget { .. }
                | Self::NoSingleCommand(_)
                | Self::NoWords(_)
                | Self::NotUtf8
        )
    }

    /// The word to blame, as it was written; for faults that were found without a place in the line.
    #[must_use]
    pub fn word(&self) -> Option<&str> {
        match self {
            Self::UnknownOption { option: word, .. }
            | Self::AmbiguousOption(word)
            | Self::NegationBehind(word)
            | Self::UnexpectedWord(word)
            | Self::NeedlessValue(word)
            | Self::NotNegatable { option: word, .. }
            | Self::Repeated { option: word, .. }
            | Self::NotWithCommand(word)
            | Self::NoSingleCommand(word)
            | Self::BehindDashes(word)
            | Self::UnknownMatch { name: word, .. }
            | Self::UnsupportedTarget { name: word, .. }
            | Self::UnknownTable(word)
            | Self::BadAddress(word)
            | Self::BadMask(word)
            | Self::BadProtocol(word)
            | Self::BadPort(word)
            | Self::BadRange(word)
            | Self::BadRuleNumber(word)
            | Self::BadValue { value: word, .. }
            | Self::BadName { name: word, .. }
            | Self::NotInChain { option: word, .. } => Some(word),
            Self::WrongFamily(what) | Self::NeedsProtocol { what, .. } => what.rsplit(' ').next(),
            Self::MissingOption { extension, .. } => extension.rsplit(' ').next(),
            Self::NotInTable { target: word, .. } | Self::NoNativeForm { what: word, .. } | Self::Conflict(_, word) => {
                Some(word)
            }
            Self::MissingValue { option, .. } => Some(option),
            Self::NeverMatches(word) | Self::NotInFile(word) => Some(word),
            Self::DanglingNegation | Self::NegatedTwice | Self::NegatedAddressList => Some("!"),
            Self::OnlyShows(word) | Self::BadPolicy(word) => Some(word),
            Self::NoCommand
            | Self::OtherTable(_)
            | Self::OpenQuote
            | Self::OutsideTable
            | Self::NoCommit(_)
            | Self::NotText(_)
            | Self::NoWords(_)
            | Self::NotUtf8
            | Self::LineTooLong(_) => None,
            Self::TwoCommands(..) => None,
        }
    }
}

/// A line with a caret under what is to blame, for a terminal: two lines, each with a line feed. Empty where nothing is to
/// blame; `blamed` may be the one place behind the text's end, where something is missing. Of a long line, only what is
/// around the caret is shown.
#[must_use]
pub fn excerpt(text: &str, blamed: Range<usize>) -> String {
    /// Columns in front of the caret and behind its beginning, at most.
    const SIDE: usize = 100;
    let Some(before) = text.get(..blamed.start.min(text.len())).filter(|_| !blamed.is_empty()) else {
        return String::new();
    };
    let missing = blamed.start.saturating_sub(text.len());
    let (before, after) = (before.chars().count(), text.get(before.len()..).unwrap_or_default());
    let width = text.get(blamed.clone()).map_or(1, |blamed| blamed.chars().count()).min(SIDE);
    let cut = before.saturating_sub(SIDE);
    let mut shown: String = text.chars().skip(cut).take(before - cut).chain(after.chars().take(SIDE)).collect();
    if after.chars().nth(SIDE).is_some() {
        shown.push('…');
    }
    let lead = if cut > 0 { "…" } else { "" };
    let indent = before - cut + missing + lead.chars().count();
    format!("  {lead}{shown}\n  {:indent$}{}\n", "", "^".repeat(width))
}
