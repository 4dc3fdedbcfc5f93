//! Words that are off, as iptables tells them. Where it has a text of its own for a value of one match, ours stands
//! instead, with what would have been right.

use super::{Complaint, Kind};
use crate::rule::error::NameFault;
use crate::rule::registry::find_match;
use crate::rule::{BYTES, ErrorKind, MICROSECONDS, PACKETS, is_command};

impl From<ErrorKind> for Complaint {
    fn from(kind: ErrorKind) -> Self {
        use ErrorKind as K;
        let message = match kind {
            K::UnexpectedWord(word) => return Self::bad_argument(word),
            K::Conflict("-4", "-6") => return Kind::TryHelp.into(),
            K::WrongFamily(option) if option == "-f" => "`-f' is not supported in IPv6, use -m frag instead".to_owned(),
            K::UnknownTable(table) => return no_table(&table),
            K::BadPolicy(_) => return Self::refused("Bad policy name. Run `dmesg' for more information."),
            K::UnknownMatch { name, .. } => format!("Couldn't load match `{name}':No such file or directory\n"),
            K::UnsupportedTarget { name, .. } => format!("Couldn't load target `{name}':No such file or directory\n"),
            K::NoCommand => "no command specified".to_owned(),
            K::TwoCommands(new, before) => format!("Cannot use -{new} with -{before}"),
            K::NotWithCommand(option) => format!("Illegal option `{option}' with this command"),
            K::OtherTable(_) => "The -t option cannot be used in iptables-restore.\n".to_owned(),
            K::NotInFile(option) => format!("You cannot use `{option}' from iptables-restore"),
            K::BadRuleNumber(word) => format!("Invalid rule number `{word}'"),
            K::NotInChain { option, chain } if option.starts_with('-') => format!("Can't use {option} with {chain}\n"),
            K::UnknownOption { .. } | K::AmbiguousOption(_) | K::NeedlessValue(_) | K::MissingValue { .. } => {
                option(kind)
            }
            K::DanglingNegation | K::NotNegatable { .. } | K::NeverMatches(_) => negation(kind),
            K::Repeated { option, of } => repeated(&option, of),
            K::BadRange(range) if range.contains('-') => {
                format!("range `{range}' begins above its end, and never matches")
            }
            K::BadAddress(_) | K::BadMask(_) | K::BadProtocol(_) | K::BadPort(_) | K::BadRange(_) => value(kind),
            K::BehindDashes(_) => "unknown arguments found on commandline".to_owned(),
            K::NegatedTwice => "multiple consecutive ! not allowed".to_owned(),
            K::NegationBehind(option) if option.contains("port") => "invalid port/service `!' specified".to_owned(),
            K::NegatedAddressList => "! not allowed with multiple source or destination IP addresses".to_owned(),
            K::BadName { what, name, fault } if ["interface", "chain", "target"].contains(&what) => {
                bad_name(what, &name, fault)
            }
            other => return own(&other),
        };
        Self::usage(message)
    }
}

fn no_table(table: &str) -> Complaint {
    let text = "Perhaps iptables or your kernel needs to be upgraded.";
    Complaint::plain(format!("iptables v1.8.11 (nf_tables): table '{table}' does not exist\n{text}"), 3)
}

/// What iptables' parser of options says for every extension, else our own words.
fn own(kind: &ErrorKind) -> Complaint {
    match kind {
        ErrorKind::MissingOption { extension, options } if is_one(options) => {
            let name = extension.rsplit(' ').next().unwrap_or_default();
            Complaint::usage(format!("{name}: option \"{options}\" must be specified\n"))
        }
        ErrorKind::NeedsProtocol { what, .. } if what.ends_with("with a port") => {
            Complaint::usage("Need TCP, UDP, SCTP or DCCP with port specification")
        }
        ErrorKind::NeedsProtocol { what, .. } if what == "match tcp" => Complaint::usage("TCP match requires '-p tcp'"),
        ErrorKind::NeedsProtocol { what, .. } if what == "match udp" => Complaint::usage("UDP match requires '-p udp'"),
        // -g with the name of a target.
        ErrorKind::BadValue { value, expected: "a chain" } => {
            Complaint::usage(format!("Chain '{value}' does not exist"))
        }
        ErrorKind::BadValue { value, expected: "a number of seconds" } if !value.is_empty() => {
            Complaint::usage("wait seconds not numeric")
        }
        ErrorKind::BadValue { expected: "a number of microseconds", .. } => {
            Complaint::usage("wait interval not numeric")
        }
        ErrorKind::BadValue { expected, .. } if *expected == PACKETS => {
            Complaint::usage("-c packet counter not numeric")
        }
        ErrorKind::BadValue { expected, .. } if *expected == BYTES => Complaint::usage("-c byte counter not numeric"),
        other => Complaint::usage(other.to_string()).with_help(other.help()),
    }
}

fn is_one(options: &str) -> bool {
    options.starts_with("--") && !options.contains([' ', ','])
}

fn option(kind: ErrorKind) -> String {
    use ErrorKind as K;
    match kind {
        K::MissingValue { value: BYTES, .. } => "-c requires packet and byte counter".to_owned(),
        // What stands behind the first word; that one itself is missing as any option's value is.
        K::MissingValue { option, value: "a policy" } if option == "-P" => {
            "-P requires a chain and a policy".to_owned()
        }
        K::MissingValue { option, value } if ["-R", "-E"].contains(&option.as_str()) && value != "a chain" => {
            format!("{option} requires {value}")
        }
        K::MissingValue { value: MICROSECONDS, .. } => "wait interval value required".to_owned(),
        K::MissingValue { option, .. } => format!("option \"{option}\" requires an argument"),
        other => format!("unknown option \"{}\"", other.word().unwrap_or_default()),
    }
}

fn negation(kind: ErrorKind) -> String {
    use ErrorKind as K;
    match kind {
        K::DanglingNegation => "nothing appropriate following !".to_owned(),
        K::NeverMatches(_) => "rule would never match protocol".to_owned(),
        K::NotNegatable { of: Some((extension, option)), .. } => {
            format!("{extension}: option \"{option}\" cannot be inverted.\n")
        }
        K::NotNegatable { option, .. } if is_command(&option) => "unexpected '!' flag".to_owned(),
        K::NotNegatable { option, .. } => match option.as_str() {
            "-t" | "--table" => "unexpected ! flag before --table".to_owned(),
            "-m" | "--match" => "unexpected ! flag before --match".to_owned(),
            "-g" => "cannot have ! before -j".to_owned(),
            option => format!("cannot have ! before {option}"),
        },
        other => other.to_string(),
    }
}

fn repeated(option: &str, of: Option<(&'static str, &'static str)>) -> String {
    match of {
        None => format!("multiple {option} flags not allowed"),
        // These two are older than the parser of options that the others share.
        Some((extension @ ("tcp" | "udp"), option)) => {
            let specs = find_match(extension).map_or(&[][..], |row| row.options);
            let spec = specs.iter().find(|spec| spec.name == option);
            let long = spec.and_then(|spec| spec.aliases.first()).unwrap_or(&option);
            format!("Only one `{long}' allowed")
        }
        Some((extension, option)) => format!("{extension}: option \"{option}\" can only be used once.\n"),
    }
}

fn value(kind: ErrorKind) -> String {
    use ErrorKind as K;
    match kind {
        K::BadAddress(word) => {
            let host = word.split('/').next().unwrap_or_default();
            format!("host/network `{host}' not found")
        }
        K::BadMask(word) => format!("invalid mask `{word}' specified"),
        K::BadProtocol(word) => format!("unknown protocol \"{word}\" specified"),
        K::BadPort(word) => format!("invalid port/service `{word}' specified"),
        _ => "invalid portrange (min > max)".to_owned(),
    }
}

fn bad_name(what: &str, name: &str, fault: NameFault) -> String {
    match (what, fault) {
        ("interface", NameFault::TooLong(_)) => {
            format!("interface name `{name}' must be shorter than IFNAMSIZ (15)")
        }
        ("interface", NameFault::Empty) => "Empty interface is likely to be undesired".to_owned(),
        ("interface", fault) => format!("interface name `{name}' {fault}"),
        ("target", NameFault::TooLong(most)) => format!("Invalid target name `{name}' ({most} chars max)"),
        ("target", NameFault::Empty) => "Invalid target name (too short)".to_owned(),
        (_, NameFault::Beginning) => {
            format!("chain name not allowed to start with `{}'", name.chars().next().unwrap_or('-'))
        }
        (_, NameFault::Target | NameFault::Empty) => "chain name may not clash with target name".to_owned(),
        (_, NameFault::TooLong(most)) => {
            format!("chain name `{name}' too long (must be under {} chars)", most + 1)
        }
        (_, NameFault::Character) => format!("Invalid chain name `{name}'"),
    }
}
