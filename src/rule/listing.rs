//! A rule in the columns of `iptables -vnL`, in the form of iptables 1.8.11.

use super::ast::{Interface, Rule};
use super::registry::Target;
use super::targets::verdict::Verdict;
use super::{IpFamily, address, lexer, protocol};

/// What stands in a rule's columns, without padding.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    /// `ACCEPT`, a chain, or empty.
    pub target: String,
    /// `all`, `tcp`, `!udp`.
    pub protocol: String,
    /// `--`, `-f`, `!f`; IPv6 has blanks there.
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

/// A rule's columns.
#[must_use]
pub fn columns(rule: &Rule, family: IpFamily) -> Columns {
    let goto = matches!(rule.target, Some(Target::Verdict(Verdict::Goto(_))));
    let mut details = if goto { "[goto] ".to_owned() } else { String::new() };
    for found in &rule.matches {
        details.push(' ');
        details.push_str(&found.list());
    }
    let (label, text) = match &rule.target {
        None => (String::new(), String::new()),
        Some(Target::Verdict(verdict)) => (verdict.label().to_owned(), String::new()),
        Some(target) => (target.name().to_owned(), target.list()),
    };
    if !text.is_empty() {
        details.push(' ');
        details.push_str(&text);
    }
    Columns {
        target: lexer::printable(&label),
        protocol: rule.protocol.map_or_else(
            || "all".to_owned(),
            |found| format!("{}{}", if found.negated { "!" } else { "" }, protocol::display(found.number)),
        ),
        options: options(rule, family).to_owned(),
        input: interface(rule.input.as_ref()),
        output: interface(rule.output.as_ref()),
        source: address::list(rule.source.as_ref(), family),
        destination: address::list(rule.destination.as_ref(), family),
        details,
    }
}

/// The columns of a rule that has no words in the iptables language: its nft text stands in the details.
#[must_use]
pub fn unknown(nft: &str, family: IpFamily) -> Columns {
    Columns { details: format!(" {nft}"), ..columns(&Rule::default(), family) }
}

fn options(rule: &Rule, family: IpFamily) -> &'static str {
    match (family, rule.fragment) {
        (IpFamily::V6, _) => "",
        (IpFamily::V4, None) => "--",
        (IpFamily::V4, Some(false)) => "-f",
        (IpFamily::V4, Some(true)) => "!f",
    }
}

fn interface(found: Option<&Interface>) -> String {
    found.map_or_else(
        || "*".to_owned(),
        |found| format!("{}{}", if found.negated { "!" } else { "" }, lexer::printable(&found.name)),
    )
}
