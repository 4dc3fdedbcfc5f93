//! `-m owner`: who sends.

use crate::expr::{Byteorder, CmpOp, Meta, Register};
use crate::rule::ast::Rule;
use crate::rule::condition::Selector;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lower::LowerContext;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::table::Hook;
use crate::rule::values::host_range::HostRange;
use crate::rule::values::span::Span;
use crate::rule::{IpFamily, Names};

/// `-m owner`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owner {
    /// `--socket-exists`.
    pub socket: bool,
    /// `--uid-owner`.
    pub user: Option<Span>,
    /// `--gid-owner`.
    pub group: Option<Span>,
}

/// No user has this number.
const MOST: u32 = u32::MAX - 1;

/// A number, a range of numbers, or a name.
fn span(given: &Given<'_>, named: Option<u32>) -> Result<Span, ErrorKind> {
    match named {
        Some(number) => Ok(Span { negated: given.negated, from: number, to: number }),
        None => Span::parse(given, '-', MOST),
    }
}

impl Extension for Owner {
    const NAME: &'static str = "owner";
    const HELP: &'static str = "who sends";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new(
            "--uid-owner",
            &["a user, a number or FROM-TO"],
            "the user of the socket",
            "meta skuid 1000-1999",
        )
        .told("it was [not ]sent by user {}")
        .negatable(),
        OptionSpec::new("--gid-owner", &["a group, a number or FROM-TO"], "the group of the socket", "meta skgid 100")
            .told("it was [not ]sent by group {}")
            .negatable(),
        OptionSpec::new("--socket-exists", &[], "there is a socket", "meta skuid >= 0")
            .told("it was [not ]sent by a socket of this host")
            .negatable(),
        OptionSpec::new("--suppl-groups", &[], "not taken: nf_tables sees the main group only", "none"),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-m owner --uid-owner 0", "-m owner --uid-owner 0"),
            ("-m owner ! --uid-owner 3-5 --gid-owner 0", "-m owner ! --uid-owner 3-5 --gid-owner 0"),
            ("-m owner --gid-owner 3-5", "-m owner --gid-owner 3-5"),
            ("-m owner ! --gid-owner 0", "-m owner ! --gid-owner 0"),
            ("-m owner --socket-exists", "-m owner --socket-exists"),
        ],
        refused: &[
            "-m owner",
            "-m owner --uid-owner nobody-at-all",
            "-m owner --uid-owner 5-3",
            "-m owner --uid-owner 4294967295",
            "-m owner --gid-owner x",
            "-m owner ! --socket-exists",
            "-m owner --suppl-groups --gid-owner 5",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        match given.option {
            "--uid-owner" => self.user = Some(span(given, given.names.user(given.value()))?),
            "--gid-owner" => self.group = Some(span(given, given.names.group(given.value()))?),
            "--socket-exists" if !given.negated => self.socket = true,
            "--socket-exists" => {
                return Err(ErrorKind::NoNativeForm {
                    what: "! --socket-exists",
                    reason: "an expression on the socket never holds where there is none",
                    instead: "accept what has a socket first, and make the rule for the rest behind it",
                });
            }
            _ => {
                return Err(ErrorKind::NoNativeForm {
                    what: "--suppl-groups",
                    reason: "nf_tables sees the main group of a socket only",
                    instead: "name the users (--uid-owner)",
                });
            }
        }
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        let missing = ErrorKind::MissingOption {
            extension: "match owner",
            options: "one of --uid-owner, --gid-owner and --socket-exists",
        };
        if *self == Self::default() { Err(missing) } else { Ok(()) }
    }

    fn render(&self) -> Vec<String> {
        let mut words: Vec<String> = self.socket.then(|| "--socket-exists".to_owned()).into_iter().collect();
        words.extend(self.user.into_iter().flat_map(|span| span.render("--uid-owner", '-')));
        words.extend(self.group.into_iter().flat_map(|span| span.render("--gid-owner", '-')));
        words
    }

    fn list(&self) -> String {
        self.list_by(&|_, _| None)
    }

    fn list_named(&self, names: &dyn Names, _: Option<u8>) -> String {
        self.list_by(&|label, number| if label == "UID" { names.user_name(number) } else { names.group_name(number) })
    }

    fn cautions(&self) -> Vec<&'static str> {
        let socket =
            "--socket-exists leaves out what the kernel itself sends (answers, resets); iptables' kernel takes it";
        let negated =
            "a negated owner leaves out packets without a socket (answers, resets); iptables' kernel takes them";
        let is_negated = [self.user, self.group].into_iter().flatten().any(|span| span.negated);
        [self.socket.then_some(socket), is_negated.then_some(negated)].into_iter().flatten().collect()
    }
}

impl Owner {
    /// `name` of a user (`UID`) or a group.
    fn list_by(&self, name: &dyn Fn(&str, u32) -> Option<String>) -> String {
        let mut parts: Vec<String> = self.socket.then(|| "owner socket exists".to_owned()).into_iter().collect();
        for (label, span) in [("UID", self.user), ("GID", self.group)] {
            let Some(span) = span else { continue };
            let negation = if span.negated { "! " } else { "" };
            let named = (span.from == span.to).then(|| name(label, span.from)).flatten();
            parts.push(format!("{negation}owner {label} match {}", named.unwrap_or_else(|| span.text('-'))));
        }
        parts.join(" ")
    }
}

impl MatchExtension for Owner {
    /// Only what this host sends has a socket.
    fn check(&self, _: &Rule, context: &LowerContext<'_>) -> Result<(), ErrorKind> {
        context.require_hook(&[Hook::Output, Hook::Postrouting], "match owner")
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        if self.socket {
            let (source, destination) = (Register::R1, Register::R1);
            lowering.load_meta(Meta::SKUID);
            lowering.push(Byteorder { source, destination, op: Byteorder::HTON, length: 4, size: 4 });
            lowering.compare(CmpOp::Gte, &[0; 4]);
        }
        for (key, span) in [(Meta::SKUID, self.user), (Meta::SKGID, self.group)] {
            let Some(Span { negated, from, to }) = span else { continue };
            lowering.load_meta(key);
            if from == to {
                lowering.compare(CmpOp::equal_unless(negated), &from.to_ne_bytes());
            } else {
                lowering.host_between(negated, from, to);
            }
        }
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        let mut owner = Self::default();
        while let Some(condition) = lifting.condition() {
            let Selector::Meta(key @ (Meta::SKUID | Meta::SKGID)) = condition.selector else { break };
            let Some(range) = HostRange::lift(condition, 4) else { break };
            let everybody = range == HostRange { negated: false, from: 0, to: u32::MAX.into() };
            let open = !range.negated && range.to == u64::from(u32::MAX) && range.from < range.to;
            let known = if open { HostRange { to: MOST.into(), ..range } } else { range };
            match (key, known.within(MOST, 4)) {
                (Meta::SKUID, _) if everybody && owner == Self::default() => owner.socket = true,
                (Meta::SKUID, Some(span)) if owner.user.is_none() && owner.group.is_none() => owner.user = Some(span),
                (Meta::SKGID, Some(span)) if owner.group.is_none() => owner.group = Some(span),
                _ => break,
            }
            lifting.advance();
        }
        (owner != Self::default()).then_some(owner)
    }
}
