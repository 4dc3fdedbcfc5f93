//! The static tables of matches and targets: the one place where a name is looked up.
//!
//! A match or target is one file that implements [`Extension`] and [`MatchExtension`] or [`TargetExtension`], and a line
//! in the lists at the end of this one. Parsing, printing, lowering, lifting, help and the law tests find it here.

use super::ast::Rule;
use super::condition::Item;
use super::error::ErrorKind;
use super::lift::Lifting;
use super::lower::{LowerContext, Lowering};
use super::matches::{comment, conntrack, icmp, icmp6, limit, mark, multiport, state, tcp, udp};
use super::table::Hook;
use super::targets::{log, mark as set_mark, reject, verdict};
use super::{IpFamily, Names};

/// An option of a match or target.
#[derive(Debug, Clone, Copy)]
pub struct OptionSpec {
    /// With its dashes; what the save form prints.
    pub name: &'static str,
    /// Other spellings.
    pub aliases: &'static [&'static str],
    /// What its values are, for help and errors; as many words follow it.
    pub values: &'static [&'static str],
    /// Whether `!` may stand before it.
    pub negatable: bool,
    /// One line of help, lower case.
    pub help: &'static str,
    /// What it becomes in nft.
    pub native: &'static str,
}

/// An option as it was found on the line.
pub struct Given<'a> {
    /// [`OptionSpec::name`].
    pub option: &'static str,
    /// `!` stood before it.
    pub negated: bool,
    /// As many as [`OptionSpec::values`].
    pub values: &'a [&'a str],
    /// The rule's.
    pub family: IpFamily,
    /// The rule's protocol, where `-p` stood before.
    pub protocol: Option<u8>,
    /// For services.
    pub names: &'a dyn Names,
}

impl Given<'_> {
    /// The first value; empty where the option has none.
    #[must_use]
    pub fn value(&self) -> &str {
        self.values.first().copied().unwrap_or_default()
    }
}

/// Rules for the law tests, without `-A CHAIN`.
#[derive(Debug, Clone, Copy)]
pub struct Samples {
    /// Words, and the save form that they lead to.
    pub accepted: &'static [(&'static str, &'static str)],
    /// Words that parsing or lowering must refuse.
    pub refused: &'static [&'static str],
}

/// What matches and targets have in common.
pub trait Extension: Sized {
    /// As `-m` or `-j` names it.
    const NAME: &'static str;
    /// Other names of it.
    const ALIASES: &'static [&'static str] = &[];
    /// `None` where it serves both.
    const FAMILY: Option<IpFamily> = None;
    /// One line of help, lower case.
    const HELP: &'static str;
    /// Its options.
    const OPTIONS: &'static [OptionSpec];
    /// For the law tests: IPv4 where the family is `None`.
    const SAMPLES: Samples;

    /// Before any option was given.
    fn new(family: IpFamily) -> Self;
    /// Takes one option.
    ///
    /// # Errors
    /// Where its value makes no sense.
    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind>;
    /// Looks at the whole after the last option.
    ///
    /// # Errors
    /// Where an option is missing.
    fn finish(&self) -> Result<(), ErrorKind> {
        Ok(())
    }
    /// Its options in the save form: words, not quoted yet.
    fn render(&self) -> Vec<String>;
    /// As `iptables -vnL` shows it behind the addresses.
    fn list(&self) -> String;
}

/// A match.
pub trait MatchExtension: Extension {
    /// The protocol that `-p` must name.
    const PROTOCOL: Option<u8> = None;

    /// Whether nft tests the rule's protocol as part of this match, so that it needs no condition of its own.
    fn brings_protocol(&self, _family: IpFamily) -> bool {
        false
    }
    /// Checks it against the rest of its rule and its place.
    ///
    /// # Errors
    /// Where it cannot stand there.
    fn check(&self, _rule: &Rule, _context: &LowerContext<'_>) -> Result<(), ErrorKind> {
        Ok(())
    }
    /// Its conditions.
    ///
    /// # Errors
    /// Where nf_tables cannot say it exactly.
    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind>;
    /// The inverse of [`MatchExtension::lower`]: takes its conditions away from the front.
    fn lift(lifting: &mut Lifting<'_>) -> Option<Self>;
}

/// A target.
pub trait TargetExtension: Extension {
    /// Checks it against its rule and its place; `hook` is `None` in a user chain.
    ///
    /// # Errors
    /// Where it cannot stand there.
    fn check(&self, _rule: &Rule, _context: &LowerContext<'_>, _hook: Option<Hook>) -> Result<(), ErrorKind> {
        Ok(())
    }
    /// Its statements.
    ///
    /// # Errors
    /// Where nf_tables cannot say it exactly.
    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind>;
    /// The inverse of [`TargetExtension::lower`]; `items` are all that stand behind the counter.
    fn lift(items: &[Item], family: IpFamily) -> Option<Self>;
}

/// What the tables say about an extension, beside how to make one.
#[derive(Debug, Clone, Copy)]
pub struct Row<T: 'static> {
    /// [`Extension::NAME`].
    pub name: &'static str,
    /// [`Extension::ALIASES`].
    pub aliases: &'static [&'static str],
    /// [`Extension::FAMILY`].
    pub family: Option<IpFamily>,
    /// [`Extension::HELP`].
    pub help: &'static str,
    /// [`Extension::OPTIONS`].
    pub options: &'static [OptionSpec],
    /// [`Extension::SAMPLES`].
    pub samples: Samples,
    /// [`MatchExtension::PROTOCOL`].
    pub protocol: Option<u8>,
    /// [`Extension::new`].
    pub make: fn(IpFamily) -> T,
}

/// Makes the enum over all extensions of a kind, its table, and the dispatchers that both kinds have.
macro_rules! extensions {
    ($(#[$doc:meta])* $kind:ident, $table:ident, $protocol:ident;
     $($(#[$variant_doc:meta])* $variant:ident($type:ty)),+ $(,)?) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $kind {
            $($(#[$variant_doc])* $variant($type),)+
        }

        /// All of them, in the order in which lifting tries them.
        pub static $table: &[Row<$kind>] = &[$(Row {
            name: <$type as Extension>::NAME,
            aliases: <$type as Extension>::ALIASES,
            family: <$type as Extension>::FAMILY,
            help: <$type as Extension>::HELP,
            options: <$type as Extension>::OPTIONS,
            samples: <$type as Extension>::SAMPLES,
            protocol: $protocol!($type),
            make: |family| $kind::$variant(<$type as Extension>::new(family)),
        }),+];

        impl $kind {
            /// [`Extension::NAME`].
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => <$type as Extension>::NAME,)+
                }
            }

            /// Takes one option: [`Extension::set`].
            pub(super) fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
                match self {
                    $(Self::$variant(extension) => extension.set(given),)+
                }
            }

            /// [`Extension::finish`].
            pub(super) fn finish(&self) -> Result<(), ErrorKind> {
                match self {
                    $(Self::$variant(extension) => extension.finish(),)+
                }
            }

            /// [`Extension::render`].
            pub(super) fn render(&self) -> Vec<String> {
                match self {
                    $(Self::$variant(extension) => extension.render(),)+
                }
            }

            /// [`Extension::list`].
            pub(super) fn list(&self) -> String {
                match self {
                    $(Self::$variant(extension) => extension.list(),)+
                }
            }

            pub(super) fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
                match self {
                    $(Self::$variant(extension) => extension.lower(lowering),)+
                }
            }
        }
    };
}

macro_rules! protocol_of_match {
    ($type:ty) => {
        <$type as MatchExtension>::PROTOCOL
    };
}

macro_rules! no_protocol {
    ($type:ty) => {
        None
    };
}

macro_rules! matches_table {
    ($($(#[$doc:meta])* $variant:ident($type:ty)),+ $(,)?) => {
        extensions! {
            /// `-m`.
            Match, MATCHES, protocol_of_match;
            $($(#[$doc])* $variant($type)),+
        }

        impl Match {
            pub(super) fn brings_protocol(&self, family: IpFamily) -> bool {
                match self {
                    $(Self::$variant(extension) => extension.brings_protocol(family),)+
                }
            }

            pub(super) fn check(&self, rule: &Rule, context: &LowerContext<'_>) -> Result<(), ErrorKind> {
                match self {
                    $(Self::$variant(extension) => extension.check(rule, context),)+
                }
            }
        }

        /// Lifts the match that stands at the front, if there is one.
        pub(super) fn lift_match(lifting: &mut Lifting<'_>) -> Option<Match> {
            $(if let Some(found) = lifting.attempt(<$type as MatchExtension>::lift) {
                return Some(Match::$variant(found));
            })+
            None
        }
    };
}

macro_rules! targets_table {
    ($($(#[$doc:meta])* $variant:ident($type:ty)),+ $(,)?) => {
        extensions! {
            /// `-j` and `-g`.
            Target, TARGETS, no_protocol;
            $($(#[$doc])* $variant($type)),+
        }

        impl Target {
            pub(super) fn check(
                &self,
                rule: &Rule,
                context: &LowerContext<'_>,
                hook: Option<Hook>,
            ) -> Result<(), ErrorKind> {
                match self {
                    $(Self::$variant(extension) => extension.check(rule, context, hook),)+
                }
            }
        }

        /// Lifts what stands behind the counter.
        pub(super) fn lift_target(items: &[Item], family: IpFamily) -> Option<Target> {
            None$(.or_else(|| <$type as TargetExtension>::lift(items, family).map(Target::$variant)))+
        }
    };
}

matches_table! {
    /// Ports and flags of TCP.
    Tcp(tcp::Tcp),
    /// Ports of UDP.
    Udp(udp::Udp),
    /// Type and code of ICMP.
    Icmp(icmp::Icmp),
    /// Type and code of ICMPv6.
    Icmp6(icmp6::Icmp6),
    /// Several ports.
    Multiport(multiport::Multiport),
    /// States of connections.
    Conntrack(conntrack::Conntrack),
    /// The older name for states of connections.
    State(state::State),
    /// The packet's mark.
    Mark(mark::Mark),
    /// A token bucket.
    Limit(limit::Limit),
    /// A comment.
    Comment(comment::Comment),
}

targets_table! {
    /// A verdict, or another chain.
    Verdict(verdict::Verdict),
    /// Drops and tells the sender.
    Reject(reject::Reject),
    /// Logs.
    Log(log::Log),
    /// Changes the packet's mark.
    Mark(set_mark::Mark),
}

fn find<T>(table: &'static [Row<T>], name: &str) -> Option<&'static Row<T>> {
    table.iter().find(|row| row.name == name || row.aliases.contains(&name))
}

/// The match of this name.
#[must_use]
pub fn find_match(name: &str) -> Option<&'static Row<Match>> {
    find(MATCHES, name)
}

/// The target of this name; user chains are not in the table.
#[must_use]
pub fn find_target(name: &str) -> Option<&'static Row<Target>> {
    find(TARGETS, name)
}

/// Whether a chain of this name could not be told from a target. Names that iptables has and this program lacks count.
#[must_use]
pub fn is_target_name(name: &str) -> bool {
    const FOREIGN: &[&str] = &[
        "AUDIT",
        "CHECKSUM",
        "CLASSIFY",
        "CLUSTERIP",
        "CONNMARK",
        "CONNSECMARK",
        "CT",
        "DNAT",
        "DNPT",
        "DSCP",
        "ECN",
        "HL",
        "HMARK",
        "IDLETIMER",
        "LED",
        "MASQUERADE",
        "NETMAP",
        "NFLOG",
        "NFQUEUE",
        "NOTRACK",
        "QUEUE",
        "RATEEST",
        "REDIRECT",
        "SECMARK",
        "SET",
        "SNAT",
        "SNPT",
        "SYNPROXY",
        "TCPMSS",
        "TCPOPTSTRIP",
        "TEE",
        "TOS",
        "TPROXY",
        "TRACE",
        "TTL",
        "ULOG",
    ];
    find_target(name).is_some() || FOREIGN.contains(&name)
}

/// Names of all matches.
#[must_use]
pub fn match_names() -> Vec<&'static str> {
    MATCHES.iter().map(|row| row.name).collect()
}

/// Names of all targets.
#[must_use]
pub fn target_names() -> Vec<&'static str> {
    TARGETS.iter().flat_map(|row| std::iter::once(row.name).chain(row.aliases.iter().copied())).collect()
}
