//! `-j TPROXY`: a local socket gets the packet though it is not addressed to this host.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::mark;
use crate::expr::{Action, Family, Immediate, Register, Tproxy as Proxied, Verdict};
use crate::rule::address;
use crate::rule::condition::{Act, Item, Statement};
use crate::rule::error::ErrorKind;
use crate::rule::lower::LowerContext;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, OptionSpec, Samples, TargetExtension};
use crate::rule::values::masked_number::MaskedNumber;
use crate::rule::values::number::parse_whole;
use crate::rule::values::ports::Services;
use crate::rule::{Hook, IpFamily, Rule, protocol};

/// `-j TPROXY`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tproxy {
    family: IpFamily,
    /// `--on-port`: of the socket, 0 for the packet's own; `None` until it was given.
    pub port: Option<u16>,
    /// `--on-ip`: of the socket; `None` for the address of the interface by which the packet came.
    pub address: Option<IpAddr>,
    /// `--tproxy-mark`: what the packet's mark becomes, as `-j MARK --set-xmark` says it.
    pub mark: MaskedNumber,
}

/// Leaves the mark as it is.
const NO_CHANGE: MaskedNumber = MaskedNumber { value: 0, mask: 0 };

impl Extension for Tproxy {
    const NAME: &'static str = "TPROXY";
    const HELP: &'static str = "gives the packet to a local socket; in PREROUTING, with -p tcp or udp";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--on-port", &["a port"], "the socket's port; 0 for the packet's", "tproxy to :12345")
            .told("on port {}"),
        OptionSpec::new("--on-ip", &["an address"], "the socket's address", "tproxy to 10.0.0.1:12345").told("at {}"),
        OptionSpec::new(
            "--tproxy-mark",
            &["a number or NUMBER/MASK"],
            "changes the packet's mark, as -j MARK --set-xmark does",
            "meta mark set 0x00000001",
        ),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            (
                "-t mangle -p tcp -j TPROXY --on-port 12345 --on-ip 10.0.0.1 --tproxy-mark 0x2/0xf",
                "-p tcp -j TPROXY --on-port 12345 --on-ip 10.0.0.1 --tproxy-mark 0x2/0xf",
            ),
            (
                "-t mangle -p udp -j TPROXY --on-port 53",
                "-p udp -j TPROXY --on-port 53 --on-ip 0.0.0.0 --tproxy-mark 0x0/0x0",
            ),
            (
                "-t mangle -p tcp -j TPROXY --tproxy-mark 7 --on-ip 10.0.0.1 --on-port 0",
                "-p tcp -j TPROXY --on-port 0 --on-ip 10.0.0.1 --tproxy-mark 0x7/0xffffffff",
            ),
            (
                "-t mangle -p tcp -j TPROXY --on-port 0 --tproxy-mark 0x1/0",
                "-p tcp -j TPROXY --on-port 0 --on-ip 0.0.0.0 --tproxy-mark 0x1/0x0",
            ),
            (
                "-6 -t mangle -p udp -j TPROXY --on-port 53 --on-ip 2001:db8::1",
                "-p udp -j TPROXY --on-port 53 --on-ip 2001:db8::1 --tproxy-mark 0x0/0x0",
            ),
            (
                "-6 -t mangle -p tcp -j TPROXY --on-port 80",
                "-p tcp -j TPROXY --on-port 80 --on-ip :: --tproxy-mark 0x0/0x0",
            ),
        ],
        refused: &[
            "-t mangle -p tcp -j TPROXY",
            "-t mangle -p tcp -j TPROXY --on-ip 10.0.0.1",
            "-t mangle -j TPROXY --on-port 80",
            "-t mangle -p sctp -j TPROXY --on-port 80",
            "-t mangle ! -p tcp -j TPROXY --on-port 80",
            "-t mangle -p tcp -j TPROXY --on-port 65536",
            "-t mangle -p tcp -j TPROXY --on-port 1-2",
            "-t mangle -p tcp -j TPROXY --on-port 80 --on-ip ::1",
            "-t mangle -p tcp -j TPROXY --on-port 80 --on-ip x",
            "-t mangle -p tcp -j TPROXY --on-port 80 --tproxy-mark x",
        ],
    };

    fn new(family: IpFamily) -> Self {
        Self { family, port: None, address: None, mark: NO_CHANGE }
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        match given.option {
            "--on-port" => {
                let service = || Services::OfAny(given.protocol).port(given.value(), given.names);
                let port = parse_whole(given.value()).or_else(service);
                self.port = Some(port.ok_or_else(|| ErrorKind::BadPort(given.value().to_owned()))?);
            }
            "--on-ip" => {
                self.address = Some(given.address()?).filter(|address| !address.is_unspecified());
            }
            _ => self.mark = MaskedNumber::parse(given.value())?,
        }
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        self.port.map(|_| ()).ok_or(ErrorKind::MissingOption { extension: "target TPROXY", options: "--on-port" })
    }

    fn render(&self) -> Vec<String> {
        let (port, address) = self.socket();
        let MaskedNumber { value, mask } = self.mark;
        let mark = format!("{value:#x}/{mask:#x}");
        ["--on-port", &port.to_string(), "--on-ip", &address.to_string(), "--tproxy-mark", &mark]
            .map(str::to_owned)
            .to_vec()
    }

    fn list(&self) -> String {
        let (port, address) = self.socket();
        let MaskedNumber { value, mask } = self.mark;
        format!("TPROXY redirect {address}:{port} mark {value:#x}/{mask:#x}")
    }
}

impl Tproxy {
    /// Port and address as iptables shows them.
    fn socket(&self) -> (u16, IpAddr) {
        let any = match self.family {
            IpFamily::V4 => Ipv4Addr::UNSPECIFIED.into(),
            IpFamily::V6 => Ipv6Addr::UNSPECIFIED.into(),
        };
        (self.port.unwrap_or_default(), self.address.unwrap_or(any))
    }

    /// What the expression says; the mark stands behind it.
    fn of_act(act: &Act, family: IpFamily) -> Option<Self> {
        let Action::Tproxy(proxied) = act.action else { return None };
        let mut found = Self { port: Some(0), ..Self::new(family) };
        if let Some(register) = proxied.address {
            found.address = Some(address::from_octets(act.constant(register)?)?);
        }
        if let Some(register) = proxied.port {
            found.port = Some(u16::from_be_bytes(act.constant(register)?.try_into().ok()?));
        }
        let fits = found.address.is_none_or(|address| family.has(address) && !address.is_unspecified());
        (fits && proxied.family == nfproto(family)).then_some(found)
    }
}

/// `NFPROTO_*`.
fn nfproto(family: IpFamily) -> u32 {
    u32::from(Family::from(family).number())
}

fn has_sockets(rule: &Rule) -> bool {
    matches!(rule.required_protocol(), Some(protocol::TCP | protocol::UDP))
}

impl TargetExtension for Tproxy {
    const FATE: &'static str = "no later rule of this chain sees the packet, unless no socket waits for it";

    fn check(&self, rule: &Rule, context: &LowerContext<'_>, _: Option<Hook>) -> Result<(), ErrorKind> {
        if !has_sockets(rule) {
            let what = format!("target {}", Self::NAME);
            return Err(ErrorKind::NeedsProtocol { what, protocol: "-p tcp or udp".to_owned() });
        }
        context.require_hook(&[Hook::Prerouting], Self::NAME)
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let mut free = [Register::R1, Register::R2].into_iter();
        let mut load = |bytes: Vec<u8>| {
            let register = free.next()?;
            lowering.constant(register, bytes);
            Some(register)
        };
        let address = self.address.and_then(|address| load(address::octets(address)));
        // The kernel wants one of the two; port 0 is the packet's own.
        let port = self.port.filter(|&port| port != 0 || address.is_none());
        let port = port.and_then(|port| load(port.to_be_bytes().to_vec()));
        lowering.push(Proxied { family: nfproto(self.family), address, port });
        if self.mark != NO_CHANGE {
            mark::Mark { change: Some(self.mark) }.lower(lowering)?;
        }
        lowering.push(Immediate::Verdict(Verdict::Accept));
        Ok(())
    }

    fn lift(items: &[Item], rule: &Rule, family: IpFamily) -> Option<Self> {
        let [Item::Statement(Statement::Act(act)), mark @ .., Item::Statement(Statement::Verdict(Verdict::Accept))] =
            items
        else {
            return None;
        };
        let found = Self::of_act(act, family).filter(|_| has_sockets(rule))?;
        if mark.is_empty() {
            return Some(found);
        }
        let mark = mark::Mark::lift(mark, rule, family)?.change?;
        (mark != NO_CHANGE).then_some(Self { mark, ..found })
    }
}
