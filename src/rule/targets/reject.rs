//! `-j REJECT`: drops the packet and tells its sender.

use crate::expr;
use crate::rule::condition::{Item, Statement};
use crate::rule::error::ErrorKind;
use crate::rule::lower::LowerContext;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, OptionSpec, Samples, TargetExtension};
use crate::rule::table::{BuiltinTable, Hook};
use crate::rule::{IpFamily, Rule, protocol};

/// `-j REJECT --reject-with …`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reject {
    family: IpFamily,
    /// How the sender is told.
    pub with: expr::Reject,
}

/// Name, other name, and code of destination unreachable.
type Answer = (&'static str, &'static str, u8);

/// ICMP's codes (RFC 792, RFC 1122).
const ICMP: [Answer; 7] = [
    ("icmp-net-unreachable", "net-unreach", 0),
    ("icmp-host-unreachable", "host-unreach", 1),
    ("icmp-proto-unreachable", "proto-unreach", 2),
    ("icmp-port-unreachable", "port-unreach", 3),
    ("icmp-net-prohibited", "net-prohib", 9),
    ("icmp-host-prohibited", "host-prohib", 10),
    ("icmp-admin-prohibited", "admin-prohib", 13),
];
/// ICMPv6's codes (RFC 4443).
const ICMPV6: [Answer; 6] = [
    ("icmp6-no-route", "no-route", 0),
    ("icmp6-adm-prohibited", "adm-prohibited", 1),
    ("icmp6-addr-unreachable", "addr-unreach", 3),
    ("icmp6-port-unreachable", "port-unreach", 4),
    ("icmp6-policy-fail", "policy-fail", 5),
    ("icmp6-reject-route", "reject-route", 6),
];
/// The name of the answer that ends a connection (RFC 9293, RST).
pub const TCP_RESET: &str = "tcp-reset";

const fn answers(family: IpFamily) -> &'static [Answer] {
    match family {
        IpFamily::V4 => &ICMP,
        IpFamily::V6 => &ICMPV6,
    }
}

/// The name, as `--reject-with` writes it, of an answer with this code of destination unreachable.
#[must_use]
pub fn answer_name(family: IpFamily, code: u8) -> Option<&'static str> {
    answers(family).iter().find(|row| row.2 == code).map(|row| row.0)
}

/// The names of all answers.
pub fn rejections() -> impl Iterator<Item = &'static str> {
    ICMP.iter().chain(&ICMPV6).map(|row| row.0).chain([TCP_RESET])
}

impl Reject {
    fn name(self) -> &'static str {
        match self.with {
            expr::Reject::IcmpUnreachable(code) => answer_name(self.family, code).unwrap_or("icmp-port-unreachable"),
            _ => TCP_RESET,
        }
    }
}

impl Extension for Reject {
    const NAME: &'static str = "REJECT";
    const HELP: &'static str = "drops the packet and tells its sender";
    const OPTIONS: &'static [OptionSpec] = &[OptionSpec::new(
        "--reject-with",
        &["an answer such as icmp-port-unreachable"],
        "icmp-port-unreachable (IPv6: icmp6-port-unreachable), the other codes of unreachable, or tcp-reset",
        "reject, reject with icmp host-unreachable, reject with tcp reset",
    )
    .told("by {}")];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-j REJECT", "-j REJECT --reject-with icmp-port-unreachable"),
            ("-j REJECT --reject-with host-unreach", "-j REJECT --reject-with icmp-host-unreachable"),
            ("-j REJECT --reject-with icmp-admin-prohibited", "-j REJECT --reject-with icmp-admin-prohibited"),
            ("-p tcp -j REJECT --reject-with tcp-rst", "-p tcp -j REJECT --reject-with tcp-reset"),
            ("-6 -j REJECT", "-j REJECT --reject-with icmp6-port-unreachable"),
            ("-6 -j REJECT --reject-with icmp6-no-route", "-j REJECT --reject-with icmp6-no-route"),
        ],
        refused: &[
            "-j REJECT --reject-with",
            "-j REJECT --reject-with x",
            "-j REJECT --reject-with tcp-reset",
            "-p udp -j REJECT --reject-with tcp-reset",
            "! -p tcp -j REJECT --reject-with tcp-reset",
            "-j REJECT --reject-with icmp6-no-route",
            "-t nat -j REJECT",
            "-t mangle -j REJECT",
        ],
    };

    fn new(family: IpFamily) -> Self {
        let code = if family == IpFamily::V4 { 3 } else { 4 };
        Self { family, with: expr::Reject::IcmpUnreachable(code) }
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        let value = given.value();
        if matches!(value, TCP_RESET | "tcp-rst") {
            self.with = expr::Reject::TcpReset;
            return Ok(());
        }
        let found = answers(self.family).iter().find(|row| row.0 == value || row.1 == value);
        let expected = match self.family {
            IpFamily::V4 => {
                "one of icmp-net-unreachable, icmp-host-unreachable, icmp-proto-unreachable, icmp-port-unreachable, \
                 icmp-net-prohibited, icmp-host-prohibited, icmp-admin-prohibited, tcp-reset"
            }
            IpFamily::V6 => {
                "one of icmp6-no-route, icmp6-adm-prohibited, icmp6-addr-unreachable, icmp6-port-unreachable, \
                 icmp6-policy-fail, icmp6-reject-route, tcp-reset"
            }
        };
        let row = found.ok_or_else(|| ErrorKind::BadValue { value: value.to_owned(), expected })?;
        self.with = expr::Reject::IcmpUnreachable(row.2);
        Ok(())
    }

    fn render(&self) -> Vec<String> {
        vec!["--reject-with".to_owned(), self.name().to_owned()]
    }

    fn list(&self) -> String {
        format!("reject-with {}", self.name())
    }
}

impl TargetExtension for Reject {
    const FATE: &'static str = "no later rule of this chain sees the packet";

    fn check(&self, rule: &Rule, context: &LowerContext<'_>, hook: Option<Hook>) -> Result<(), ErrorKind> {
        if context.table != BuiltinTable::Filter {
            return Err(ErrorKind::NotInTable { target: Self::NAME, table: context.table.name() });
        }
        let allowed = [Hook::Input, Hook::Forward, Hook::Output];
        if hook.is_some_and(|hook| !allowed.contains(&hook)) {
            return Err(ErrorKind::NotInChain { option: Self::NAME.to_owned(), chain: context.chain.to_owned() });
        }
        if self.family != context.family {
            return Err(ErrorKind::WrongFamily(self.name().to_owned()));
        }
        if self.with == expr::Reject::TcpReset && rule.required_protocol() != Some(protocol::TCP) {
            let what = format!("--reject-with {TCP_RESET}");
            return Err(ErrorKind::needs_protocol(what, protocol::TCP));
        }
        Ok(())
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        lowering.push(self.with);
        Ok(())
    }

    fn lift(items: &[Item], _: &Rule, family: IpFamily) -> Option<Self> {
        let [Item::Statement(Statement::Reject(with))] = items else { return None };
        let known = match with {
            expr::Reject::IcmpUnreachable(code) => answers(family).iter().any(|row| row.2 == *code),
            expr::Reject::TcpReset => true,
            expr::Reject::IcmpxUnreachable(_) => false,
        };
        known.then_some(Self { family, with: *with })
    }
}
