//! `-m socket`: whether a socket of this host is there for the packet.

use crate::expr::{self, CmpOp, Meta, Register};
use crate::rule::IpFamily;
use crate::rule::ast::Rule;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lower::LowerContext;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::table::Hook;

/// `-m socket`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Socket {
    /// `--transparent`.
    pub transparent: bool,
    /// `--nowildcard`.
    pub any: bool,
    /// `--restore-skmark`.
    pub mark: bool,
}

impl Extension for Socket {
    const NAME: &'static str = "socket";
    const HELP: &'static str = "a socket of this host is there for the packet";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--transparent", &[], "only transparent sockets", "socket transparent 1"),
        OptionSpec::new("--nowildcard", &[], "sockets bound to any address too", "-"),
        OptionSpec::new("--restore-skmark", &[], "takes the socket's mark over", "meta mark set socket mark"),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-t mangle -m socket", "-m socket"),
            ("-t mangle -m socket --nowildcard --transparent", "-m socket --transparent --nowildcard"),
            ("-t mangle -m socket --restore-skmark", "-m socket --restore-skmark"),
            ("-t mangle -m socket --nowildcard", "-m socket --nowildcard"),
        ],
        refused: &["-t mangle -m socket --wildcard", "-t mangle -m socket ! --transparent"],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        match given.option {
            "--transparent" => self.transparent = true,
            "--nowildcard" => self.any = true,
            _ => self.mark = true,
        }
        Ok(())
    }

    fn render(&self) -> Vec<String> {
        let parts = [("--transparent", self.transparent), ("--nowildcard", self.any), ("--restore-skmark", self.mark)];
        parts.iter().filter(|part| part.1).map(|part| part.0.to_owned()).collect()
    }

    fn list(&self) -> String {
        ["socket".to_owned()].into_iter().chain(self.render()).collect::<Vec<_>>().join(" ")
    }

    fn cautions(&self) -> Vec<&'static str> {
        let text = "leaves out packets whose socket is not yet accepted or has been closed, such as the last of TCP's \
                    handshake; iptables' kernel takes them";
        (!self.any || !self.transparent || self.mark).then_some(text).into_iter().collect()
    }
}

impl MatchExtension for Socket {
    fn check(&self, _: &Rule, context: &LowerContext<'_>) -> Result<(), ErrorKind> {
        context.require_hook(&[Hook::Prerouting, Hook::Input], "match socket")
    }

    /// Loading anything of a socket ends the rule where there is none. Loading all but whether it is transparent does so
    /// too where it waits to be accepted or has been closed (`nft_socket_eval`).
    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let load = |lowering: &mut Lowering, key| {
            lowering.push(expr::Socket { key, destination: Register::R1, level: None });
        };
        if !self.any {
            load(lowering, expr::Socket::WILDCARD);
            lowering.compare(CmpOp::Eq, &[0]);
        } else if !self.transparent {
            load(lowering, expr::Socket::WILDCARD);
            lowering.compare(CmpOp::Lte, &[1]);
        }
        if self.transparent {
            load(lowering, expr::Socket::TRANSPARENT);
            lowering.compare(CmpOp::Eq, &[1]);
        }
        if self.mark {
            load(lowering, expr::Socket::MARK);
            lowering.push(Meta::store(Meta::MARK));
        }
        Ok(())
    }

    /// The rule's own words tell.
    fn lift(_: &mut Lifting<'_>) -> Option<Self> {
        None
    }
}
