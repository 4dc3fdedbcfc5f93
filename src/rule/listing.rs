//! A rule in the columns of `iptables -vnL`, in the form of iptables 1.8.11.

use super::ast::{Address, Interface, Rule};
use super::registry::Target;
use super::targets::verdict::Verdict;
use super::{IpFamily, Names, NoNames, address, lexer, protocol};

/// What stands in a rule's columns, without padding.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    /// `ACCEPT`, a chain, or empty.
    pub target: String,
    /// `all`, `tcp`, `!udp`.
    pub protocol: String,
    /// `--`, `-f`, `!f`.
    pub options: String,
    /// `*`, `eth0`, `!eth+`.
    pub input: String,
    /// As `input`.
    pub output: String,
    /// `0.0.0.0/0`, `!10.0.0.0/8`.
    pub source: String,
    /// As `source`.
    pub destination: String,
    /// Everything behind the destination's column, with the blanks that it begins with: ` tcp dpt:22`,
    /// `[goto]  limit: …`; empty where there is nothing.
    pub details: String,
}

impl Columns {
    /// What stands above each of [`Columns::fields`].
    pub const TITLES: [&str; 8] = ["target", "prot", "opt", "in", "out", "source", "destination", "details"];

    /// All of them, in the order in which iptables shows them.
    #[must_use]
    pub fn fields(self) -> [String; 8] {
        let Self { target, protocol, options, input, output, source, destination, details } = self;
        [target, protocol, options, input, output, source, destination, details]
    }
}

/// What a rule does with a packet that matches, as the column of that name has it; empty where it only counts.
#[must_use]
pub fn target(rule: &Rule) -> String {
    match &rule.target {
        None => String::new(),
        Some(Target::Verdict(verdict)) => lexer::printable(verdict.label()),
        Some(target) => target.name().to_owned(),
    }
}

/// A rule's columns, in numbers.
#[must_use]
pub fn columns(rule: &Rule, family: IpFamily) -> Columns {
    columns_by(rule, family, None)
}

/// A rule's columns, with names of services and kinds of messages.
#[must_use]
pub fn named_columns(rule: &Rule, family: IpFamily, names: &dyn Names) -> Columns {
    columns_by(rule, family, Some(names))
}

fn columns_by(rule: &Rule, family: IpFamily, names: Option<&dyn Names>) -> Columns {
    let goto = matches!(rule.target, Some(Target::Verdict(Verdict::Goto(_))));
    let mut details = if goto { "[goto] ".to_owned() } else { String::new() };
    for found in &rule.matches {
        details.push(' ');
        details
            .push_str(&names.map_or_else(|| found.list(), |names| found.list_named(names, rule.required_protocol())));
    }
    let text = match &rule.target {
        None | Some(Target::Verdict(_)) => String::new(),
        Some(target) => names.map_or_else(|| target.list(), |names| target.list_named(names, rule.required_protocol())),
    };
    if !text.is_empty() {
        details.push(' ');
        details.push_str(&text);
    }
    let protocol =
        |number| names.and_then(|names| names.protocol_name(number)).unwrap_or_else(|| protocol_name(number));
    let address = |found: &Option<Address>| match names {
        Some(names) => address::list_named(found.as_ref(), names),
        None => address::list(found.as_ref(), family),
    };
    Columns {
        target: target(rule),
        protocol: rule.protocol.map_or_else(
            || "all".to_owned(),
            |found| format!("{}{}", if found.negated { "!" } else { "" }, protocol(found.number)),
        ),
        options: options(rule).to_owned(),
        input: interface(rule.input.as_ref()),
        output: interface(rule.output.as_ref()),
        source: address(&rule.source),
        destination: address(&rule.destination),
        details,
    }
}

/// The columns of a rule that has no words in the iptables language: its nft text stands in the details.
#[must_use]
pub fn unknown(nft: &str, family: IpFamily, named: bool) -> Columns {
    let anything = Rule::default();
    let empty = if named { named_columns(&anything, family, &NoNames) } else { columns(&anything, family) };
    Columns { details: format!(" {nft}"), ..empty }
}

const fn options(rule: &Rule) -> &'static str {
    match rule.fragment {
        None => "--",
        Some(false) => "-f",
        Some(true) => "!f",
    }
}

/// With `-n` iptables asks no database: it knows these by heart and shows any other as its number.
fn protocol_name(number: u8) -> String {
    const KNOWN: [(u8, &str); 9] = [
        (protocol::TCP, "tcp"),
        (protocol::SCTP, "sctp"),
        (protocol::UDP, "udp"),
        (protocol::UDPLITE, "udplite"),
        (protocol::ICMP, "icmp"),
        (protocol::ICMPV6, "icmpv6"),
        (50, "esp"),
        (51, "ah"),
        (135, "ipv6-mh"),
    ];
    KNOWN.iter().find(|row| row.0 == number).map_or_else(|| number.to_string(), |row| row.1.to_owned())
}

fn interface(found: Option<&Interface>) -> String {
    found.map_or_else(
        || "*".to_owned(),
        |found| format!("{}{}", if found.negated { "!" } else { "" }, lexer::printable(&found.name)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::laws::parse;

    #[test]
    fn columns_are_those_of_iptables() {
        for (text, family, expected) in [
            ("", IpFamily::V4, ["", "all", "--", "*", "*", "0.0.0.0/0", "0.0.0.0/0", ""]),
            (
                "-i eth+ ! -s 10.0.0.0/8 -p tcp --dport 22 -j ACCEPT",
                IpFamily::V4,
                ["ACCEPT", "tcp", "--", "eth+", "*", "!10.0.0.0/8", "0.0.0.0/0", " tcp dpt:22"],
            ),
            (
                "-p 47 -d 1.2.3.4 ! -f -j REJECT",
                IpFamily::V4,
                ["REJECT", "47", "!f", "*", "*", "0.0.0.0/0", "1.2.3.4", " reject-with icmp-port-unreachable"],
            ),
            (
                "! -p icmpv6 ! -o lo -m comment --comment hi -g COUNT",
                IpFamily::V6,
                ["COUNT", "!icmpv6", "--", "*", "!lo", "::/0", "::/0", "[goto]  /* hi */"],
            ),
            (
                "-p icmp ! --icmp-type 3/1",
                IpFamily::V4,
                ["", "icmp", "--", "*", "*", "0.0.0.0/0", "0.0.0.0/0", " icmp !type 3 code 1"],
            ),
            (
                "-p icmp --icmp-type 3/1",
                IpFamily::V4,
                ["", "icmp", "--", "*", "*", "0.0.0.0/0", "0.0.0.0/0", " icmptype 3 code 1"],
            ),
        ] {
            let line = parse(text, family).expect("a sample");
            let c = columns(&line.rules[0], family);
            let found =
                [&c.target, &c.protocol, &c.options, &c.input, &c.output, &c.source, &c.destination, &c.details];
            assert_eq!(found, expected.each_ref().map(|&text| text), "{text}");
        }
    }
}
