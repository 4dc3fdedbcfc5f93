//! What a drop-in says when something is wrong: iptables' messages and exit codes (observed of iptables-nft).

use super::Applet;
use crate::error::Error;
use crate::firewall;
use crate::kernel::KernelError;
use crate::rule::ErrorKind;
use crate::rule::error::NameFault;

/// Why a drop-in stopped.
#[derive(Debug)]
pub enum Complaint {
    /// The command line is off: exit code 2.
    Usage(String),
    /// A word that belongs nowhere: exit code 2.
    BadArgument(String),
    /// Only "try --help": exit code 2.
    TryHelp,
    /// There is no such thing, or there is already: exit code 1.
    Refused(String),
    /// As it stands, with this exit code.
    Plain(String, u8),
    /// The kernel, or this program, will not: exit code 4.
    Kernel(String),
}

impl Complaint {
    /// There is no chain, rule or table of this kind.
    pub fn missing() -> Self {
        Self::Refused("No chain/target/match by that name.".to_owned())
    }

    /// As it goes to standard error.
    pub fn text(&self, applet: Applet) -> String {
        let (name, version) = (applet.name, applet.version());
        let hint = format!("Try `{name} -h' or '{name} --help' for more information.\n");
        match self {
            Self::Usage(message) => format!("{version}: {message}\n{hint}"),
            Self::BadArgument(word) => format!("Bad argument `{word}'\n{hint}"),
            Self::TryHelp => hint,
            Self::Refused(message) => format!("{name}: {message}\n"),
            Self::Plain(message, _) => format!("{message}\n"),
            Self::Kernel(message) => format!("{version}: {message}\n"),
        }
    }

    /// The process's.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::BadArgument(_) | Self::TryHelp => 2,
            Self::Refused(_) => 1,
            Self::Plain(_, code) => *code,
            Self::Kernel(_) => 4,
        }
    }
}

impl From<Error> for Complaint {
    fn from(error: Error) -> Self {
        match error {
            Error::Firewall { error, .. } => (*error).into(),
            Error::Kernel(error) => error.into(),
            other => {
                let help = other.help().map_or_else(String::new, |help| format!(" ({help})"));
                Self::Kernel(format!("{other}{help}"))
            }
        }
    }
}

impl From<KernelError> for Complaint {
    fn from(error: KernelError) -> Self {
        match error.errno {
            nix::errno::Errno::EPERM => {
                Self::Kernel("Could not fetch rule set generation id: Permission denied (you must be root)".to_owned())
            }
            _ => Self::Kernel(format!(" {error}")),
        }
    }
}

impl From<firewall::Error> for Complaint {
    fn from(error: firewall::Error) -> Self {
        use firewall::Error as E;
        match error {
            E::Rule(error) => error.kind.into(),
            E::ChainName(kind) => kind.into(),
            E::NoChain { .. } => Self::missing(),
            E::ChainExists { .. } => Self::Refused("Chain already exists.".to_owned()),
            E::NoPolicy(_) => Self::Refused("Bad built-in chain name.".to_owned()),
            E::NotEmpty { chain, .. } | E::InUse { chain, .. } => {
                Self::Kernel(format!(" CHAIN_DEL failed (Device or resource busy): chain {chain}"))
            }
            E::BaseChain { .. } => Self::missing(),
            E::NoSuchRule(_) => Self::Refused("Bad rule (does a matching rule exist in that chain?).".to_owned()),
            E::SeveralRules(_) => Self::Usage("Replacement rule does not specify a unique address".to_owned()),
            E::Loop(chain) => Self::Kernel(format!(" RULE_APPEND failed (Too many links): rule in chain {chain}")),
            E::NotHere { chain, .. } => {
                Self::Kernel(format!(" RULE_APPEND failed (Invalid argument): rule in chain {chain}"))
            }
            E::Kernel(error) => error.into(),
            other => Self::Kernel(format!(" {other}")),
        }
    }
}

impl From<ErrorKind> for Complaint {
    fn from(kind: ErrorKind) -> Self {
        use ErrorKind as K;
        let message = match kind {
            K::UnexpectedWord(word) => return Self::BadArgument(word),
            K::WrongFamily(option) if option.starts_with("--ipv") => return Self::TryHelp,
            K::UnknownTable(table) => {
                let text = "Perhaps iptables or your kernel needs to be upgraded.";
                return Self::Plain(format!("iptables v1.8.11 (nf_tables): table '{table}' does not exist\n{text}"), 3);
            }
            K::UnknownOption { option, .. } | K::AmbiguousOption(option) => format!("unknown option \"{option}\""),
            K::MissingValue { option, value: "bytes" } => format!("{option} requires packet and byte counter"),
            K::MissingValue { option, .. } if option == "-P" => "-P requires a chain and a policy".to_owned(),
            K::MissingValue { option, .. } => format!("option \"{option}\" requires an argument"),
            K::DanglingNegation => "nothing appropriate following !".to_owned(),
            K::NotNegatable(option) => format!("unexpected ! flag before {option}"),
            K::NegatedAddressList => "! not allowed with multiple source or destination IP addresses".to_owned(),
            K::Repeated(option) => format!("multiple {option} flags not allowed"),
            K::UnknownMatch { name, .. } => format!("Couldn't load match `{name}':No such file or directory\n"),
            K::UnsupportedTarget { name, .. } => format!("Couldn't load target `{name}':No such file or directory\n"),
            K::BadAddress(word) => format!("host/network `{word}' not found"),
            K::BadMask(word) => format!("invalid mask `{word}' specified"),
            K::BadProtocol(word) => format!("unknown protocol \"{word}\" specified"),
            K::BadPort(word) => format!("invalid port/service `{word}' specified"),
            K::NegationBehind(_) => "invalid port/service `!' specified".to_owned(),
            K::BadRange(_) => "invalid portrange (min > max)".to_owned(),
            K::TwoCommands(new, before) => format!("Cannot use -{new} with -{before}\n").trim_end().to_owned(),
            K::BadRuleNumber(word) => format!("Invalid rule number `{word}'"),
            K::NotInChain { option, chain } if option.starts_with('-') => format!("Can't use {option} with {chain}\n"),
            kind @ (K::NotInChain { .. } | K::NotInTable { .. }) => {
                return Self::Kernel(format!(" RULE_APPEND failed (Invalid argument): {kind}"));
            }
            K::BadName { what: "interface", name, fault: NameFault::TooLong(_) } => {
                format!("interface name `{name}' must be shorter than IFNAMSIZ (15)")
            }
            K::BadName { what: "chain", name, fault } => chain_name(&name, fault),
            other => {
                let error = other.everywhere();
                error.help.as_ref().map_or_else(|| error.to_string(), |help| format!("{error}: {help}"))
            }
        };
        Self::Usage(message)
    }
}

fn chain_name(name: &str, fault: NameFault) -> String {
    match fault {
        NameFault::Beginning => {
            format!("chain name not allowed to start with `{}'", name.chars().next().unwrap_or('-'))
        }
        NameFault::Target => "chain name may not clash with target name".to_owned(),
        NameFault::TooLong(most) => format!("chain name `{name}' too long (must be under {} chars)", most + 1),
        NameFault::Empty | NameFault::Character => format!("Invalid chain name `{name}'"),
    }
}
