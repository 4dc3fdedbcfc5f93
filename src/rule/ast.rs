//! A rule of the iptables language as data.

use std::net::IpAddr;

use super::registry::{Match, Target};
use super::table::{BuiltinTable, IpFamily};
use crate::expr::Counts;

/// A rule in the iptables language. It has no family of its own: its chain has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rule {
    /// `-s`.
    pub source: Option<Address>,
    /// `-d`.
    pub destination: Option<Address>,
    /// `-i`.
    pub input: Option<Interface>,
    /// `-o`.
    pub output: Option<Interface>,
    /// `-p`.
    pub protocol: Option<Protocol>,
    /// `-f`: second and later fragments of IPv4; `Some(true)` is `! -f`.
    pub fragment: Option<bool>,
    /// `-m`, in order.
    pub matches: Vec<Match>,
    /// `-j` or `-g`; a rule without only counts.
    pub target: Option<Target>,
}

impl Rule {
    /// The protocol that every matching packet has.
    #[must_use]
    pub fn required_protocol(&self) -> Option<u8> {
        self.protocol.filter(|protocol| !protocol.negated).map(|protocol| protocol.number)
    }

    /// Where its words mean something else to iptables' kernel: `match NAME: …`, `target NAME: …`.
    #[must_use]
    pub fn cautions(&self) -> Vec<String> {
        let matches = self.matches.iter().map(|found| ("match", found.name(), found.cautions()));
        let target = self.target.iter().map(|target| ("target", target.name(), target.cautions()));
        let told = |(kind, name, cautions): (&str, &str, Vec<&'static str>)| {
            cautions.into_iter().map(|text| format!("{kind} {name}: {text}")).collect::<Vec<_>>()
        };
        matches.chain(target).flat_map(told).collect()
    }

    /// The rule's comment.
    #[must_use]
    pub fn comment(&self) -> Option<&str> {
        self.matches.iter().find_map(|found| match found {
            Match::Comment(comment) => Some(comment.text()),
            _ => None,
        })
    }
}

/// `-s` and `-d`: an address under a mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address {
    /// `!`.
    pub negated: bool,
    /// Bits outside of the mask are zero.
    pub address: IpAddr,
    /// Of the same family; need not be contiguous.
    pub mask: IpAddr,
}

/// `-i` and `-o`: an interface, or all whose name begins so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// `!`.
    pub negated: bool,
    /// As it is written: a `+` at the end is the wildcard.
    pub name: String,
}

/// `-p`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Protocol {
    /// `!`.
    pub negated: bool,
    /// Never 0: that is every protocol, and no condition.
    pub number: u8,
}

/// What a line means where it does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Defaults {
    /// Without `-4` and `-6`.
    pub family: IpFamily,
    /// Without `-t`.
    pub table: BuiltinTable,
    /// Without `--approximate`.
    pub approximate: bool,
}

impl Defaults {
    /// Of a table, where only what is exact is taken.
    #[must_use]
    pub const fn new(family: IpFamily, table: BuiltinTable) -> Self {
        Self { family, table, approximate: false }
    }
}

/// A parsed line: what it is about, and its rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Whose packets.
    pub family: IpFamily,
    /// In which table.
    pub table: BuiltinTable,
    /// `-c`: what the rules' counters start from.
    pub counts: Option<Counts>,
    /// One, or one for each combination of `-s a,b` and `-d c,d`.
    pub rules: Vec<Rule>,
}
