//! What the targets of address translation have in common: addresses, ports, flags, and where they may stand.

use std::net::IpAddr;

use super::ports::Services;
use crate::expr::{Action, Family, Nat, Register};
use crate::rule::condition::Act;
use crate::rule::error::ErrorKind;
use crate::rule::lower::LowerContext;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Given, OptionSpec};
use crate::rule::table::{BuiltinTable, Hook};
use crate::rule::values::number::parse_whole;
use crate::rule::{IpFamily, Rule, address, protocol};

/// The registers of the first and of the last value.
pub type Registers = [Option<Register>; 2];

/// What the expressions of these targets are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// Where the new addresses lie.
    pub addresses: Registers,
    /// Where the new ports lie.
    pub ports: Registers,
    /// `NF_NAT_RANGE_*` (linux/netfilter/nf_nat.h).
    pub flags: u32,
}

impl Parts {
    /// The expression that translates the source or the destination ([`Nat::kind`]).
    #[must_use]
    pub fn nat(self, kind: u32, family: IpFamily) -> Nat {
        let Self { addresses: [address_min, address_max], ports: [port_min, port_max], flags } = self;
        let family = Family::from(family).number().into();
        Nat { kind, family, address_min, address_max, port_min, port_max, flags }
    }

    /// The inverse of [`Parts::nat`].
    #[must_use]
    pub fn of_nat(action: &Action, kind: u32, family: IpFamily) -> Option<Self> {
        let Action::Nat(nat) = *action else { return None };
        let (addresses, ports) = ([nat.address_min, nat.address_max], [nat.port_min, nat.port_max]);
        let parts = Self { addresses, ports, flags: nat.flags };
        (parts.nat(kind, family) == nat).then_some(parts)
    }
}

/// First and last port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortSpan {
    /// First.
    pub from: u16,
    /// Last.
    pub to: u16,
}

impl PortSpan {
    /// Parses PORT or FROM-TO, numbers or services.
    ///
    /// # Errors
    /// [`ErrorKind::BadPort`], [`ErrorKind::BadRange`].
    pub fn parse(text: &str, given: &Given<'_>) -> Result<Self, ErrorKind> {
        let number = parse_whole::<u16>;
        let service = |text: &str| Services::OfAny(given.protocol).port(text, given.names);
        let bad = || ErrorKind::BadPort(text.to_owned());
        // A service may have a "-" in its name; none stands in a range.
        let (from, to) = match (number(text).or_else(|| service(text)), text.split_once('-')) {
            (Some(port), _) => (port, port),
            (None, Some((from, to))) => (number(from).ok_or_else(bad)?, number(to).ok_or_else(bad)?),
            (None, None) => return Err(bad()),
        };
        if from > to { Err(ErrorKind::BadRange(text.to_owned())) } else { Ok(Self { from, to }) }
    }

    /// The inverse of [`PortSpan::parse`], in numbers.
    #[must_use]
    pub fn render(self) -> String {
        if self.from == self.to { self.from.to_string() } else { format!("{}-{}", self.from, self.to) }
    }

    /// Loads them into registers 3 and 4.
    pub fn lower(self, lowering: &mut Lowering) -> Registers {
        bounds([Register::R3, Register::R4], [self.from, self.to].map(|port| port.to_be_bytes().to_vec()), lowering)
    }

    /// The inverse of [`PortSpan::lower`].
    #[must_use]
    pub fn lift(act: &Act, registers: Registers) -> Option<Self> {
        let [from, to] = constants(act, registers)?.map(|bytes| bytes.try_into().ok().map(u16::from_be_bytes));
        let span = Self { from: from?, to: to? };
        (span.from != 0 && span.from <= span.to).then_some(span)
    }
}

/// First and last address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressSpan {
    /// First.
    pub from: IpAddr,
    /// Last, of the same family.
    pub to: IpAddr,
}

/// What `--to-source` and `--to-destination` take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Endpoint {
    /// `None`: the address stays.
    pub addresses: Option<AddressSpan>,
    /// `None`: the port stays where it can.
    pub ports: Option<PortSpan>,
}

impl From<PortSpan> for Endpoint {
    fn from(ports: PortSpan) -> Self {
        Self { addresses: None, ports: Some(ports) }
    }
}

impl Endpoint {
    /// Whether it can be an end of this family: without an address it is one of both.
    #[must_use]
    pub fn is_of(&self, family: IpFamily) -> bool {
        self.addresses.is_none_or(|span| family.has(span.from))
    }

    /// Parses `[ADDRESS[-ADDRESS]][:PORT[-PORT]]`; before a port, IPv6 addresses stand in
    /// brackets.
    ///
    /// # Errors
    /// Addresses of the other family, and what neither an address nor a port is.
    pub fn parse(given: &Given<'_>) -> Result<Self, ErrorKind> {
        let text = given.value();
        let (addresses, ports) = match given.family {
            IpFamily::V4 => text.split_once(':').map_or((text, None), |(addresses, ports)| (addresses, Some(ports))),
            IpFamily::V6 => match text.rsplit_once("]:") {
                Some((addresses, ports)) => (addresses, Some(ports)),
                // Without an address, the first colon is the port's.
                None if !text.starts_with('[') => match text.strip_prefix(':') {
                    Some(ports) if !ports.contains(':') => ("", Some(ports)),
                    _ => (text, None),
                },
                None => (text, None),
            },
        };
        if ports.is_some_and(|ports| ports.contains('/')) {
            return Err(ErrorKind::NoNativeForm {
                what: "a port to count from",
                reason: "nf_tables has no such range",
                instead: "write a rule for each port",
            });
        }
        let address = |text: &str| {
            let found = text.parse::<IpAddr>().ok();
            let fits = found.filter(|&address| given.family.has(address));
            fits.ok_or_else(|| ErrorKind::BadAddress(text.to_owned()))
        };
        let addresses = addresses.strip_prefix('[').map_or(addresses, |rest| rest.strip_suffix(']').unwrap_or(rest));
        let addresses = match addresses.split_once('-') {
            _ if addresses.is_empty() && ports.is_some() => None,
            Some((from, to)) => Some(AddressSpan { from: address(from)?, to: address(to)? }),
            None => address(addresses).map(|only| Some(AddressSpan { from: only, to: only }))?,
        };
        if addresses.is_some_and(|span| span.from > span.to) {
            return Err(ErrorKind::BadRange(text.to_owned()));
        }
        Ok(Self { addresses, ports: ports.map(|ports| PortSpan::parse(ports, given)).transpose()? })
    }

    /// The inverse of [`Endpoint::parse`].
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::new();
        if let Some(AddressSpan { from, to }) = self.addresses {
            text = if from == to { from.to_string() } else { format!("{from}-{to}") };
            if from.is_ipv6() && self.ports.is_some() {
                text = format!("[{text}]");
            }
        }
        text + &self.ports.map_or_else(String::new, |ports| format!(":{}", ports.render()))
    }

    /// Loads it: the registers of the addresses and of the ports.
    pub fn lower(&self, lowering: &mut Lowering) -> (Registers, Registers) {
        let addresses = self.addresses.map(|AddressSpan { from, to }| {
            bounds([Register::R1, Register::R2], [from, to].map(address::octets), lowering)
        });
        (addresses.unwrap_or_default(), self.ports.map(|ports| ports.lower(lowering)).unwrap_or_default())
    }

    /// The inverse of [`Endpoint::lower`]; `None` where it is none that words can say.
    #[must_use]
    pub fn lift(act: &Act, addresses: Registers, ports: Registers, family: IpFamily) -> Option<Self> {
        let address = |bytes: &[u8]| address::from_octets(bytes).filter(|&it| family.has(it));
        let mut lifted = Self::default();
        if addresses[0].is_some() {
            let [from, to] = constants(act, addresses)?.map(address);
            lifted.addresses = Some(AddressSpan { from: from?, to: to? }).filter(|span| span.from <= span.to);
            lifted.addresses?;
        }
        if ports[0].is_some() {
            lifted.ports = PortSpan::lift(act, ports);
            lifted.ports?;
        }
        (lifted != Self::default()).then_some(lifted)
    }
}

/// Loads both ends; one register where they are the same.
fn bounds(registers: [Register; 2], [from, to]: [Vec<u8>; 2], lowering: &mut Lowering) -> Registers {
    let single = from == to;
    lowering.constant(registers[0], from);
    if !single {
        lowering.constant(registers[1], to);
    }
    [Some(registers[0]), Some(registers[usize::from(!single)])]
}

/// The inverse of [`bounds`].
fn constants(act: &Act, [from, to]: Registers) -> Option<[&[u8]; 2]> {
    Some([act.constant(from?)?, act.constant(to.or(from)?)?])
}

/// The kernel's flags for a choice: it lists whether addresses and ports are given as well.
#[must_use]
pub fn with_given(flags: u32, addresses: Registers, ports: Registers) -> u32 {
    let addresses = addresses[0].map_or(0, |_| Nat::MAP_ADDRESSES);
    flags | addresses | ports[0].map_or(0, |_| Nat::PORTS)
}

/// Options and their bits, in the order of the save form.
const FLAGS: [(&str, u32); 3] =
    [("--random", Nat::RANDOM), ("--random-fully", Nat::FULLY_RANDOM), ("--persistent", Nat::PERSISTENT)];

/// `--random`.
pub const RANDOM: OptionSpec =
    OptionSpec::new("--random", &[], "ports by a hash that others cannot foresee", "snat to 1.2.3.4 random");
/// `--random-fully`.
pub const RANDOM_FULLY: OptionSpec =
    OptionSpec::new("--random-fully", &[], "ports at random", "masquerade fully-random");
/// `--persistent`.
pub const PERSISTENT: OptionSpec =
    OptionSpec::new("--persistent", &[], "a client keeps its address", "snat to 1.2.3.4-1.2.3.9 persistent");

/// The flag of an option; none for one that is no flag.
#[must_use]
pub fn flag(option: &str) -> u32 {
    FLAGS.iter().find(|row| row.0 == option).map_or(0, |row| row.1)
}

/// The options of the flags: the inverse of [`flag`].
pub fn flag_options(flags: u32) -> impl Iterator<Item = &'static str> {
    FLAGS.iter().filter(move |row| flags & row.1 != 0).map(|row| row.0)
}

/// The inverse of [`with_given`], if the target has an option for each of the flags.
#[must_use]
pub fn known_flags(flags: u32, options: &[OptionSpec]) -> Option<u32> {
    let chosen = flags & !(Nat::MAP_ADDRESSES | Nat::PORTS);
    let known = options.iter().fold(0, |bits, option| bits | flag(option.name));
    (chosen & !known == 0).then_some(chosen)
}

/// Behind the target's own words in `iptables -L`.
#[must_use]
pub fn list_flags(flags: u32) -> String {
    flag_options(flags).map(|option| format!(" {}", option.trim_start_matches('-'))).collect()
}

/// Whether a rule's packets have ports to translate.
#[must_use]
pub fn has_ports(rule: &Rule) -> bool {
    const WITH_PORTS: [u8; 4] = [protocol::TCP, protocol::UDP, protocol::SCTP, protocol::DCCP];
    rule.required_protocol().is_some_and(|number| WITH_PORTS.contains(&number))
}

/// Checks where the target stands, and that there are ports to translate where it names some.
///
/// # Errors
/// A table other than nat, a chain on none of `hooks`, ports without a protocol that has them.
pub fn check(
    target: &'static str,
    hooks: [Hook; 2],
    ports: Option<PortSpan>,
    rule: &Rule,
    context: &LowerContext<'_>,
    hook: Option<Hook>,
) -> Result<(), ErrorKind> {
    if ports.is_some() && !has_ports(rule) {
        let what = format!("{target} with a port");
        return Err(ErrorKind::NeedsProtocol { what, protocol: "-p tcp, udp, sctp or dccp".to_owned() });
    }
    if context.table != BuiltinTable::Nat {
        return Err(ErrorKind::NotInTable { target, table: context.table.name() });
    }
    if hook.is_some_and(|hook| !hooks.contains(&hook)) {
        return Err(ErrorKind::NotInChain { option: target.to_owned(), chain: context.chain.to_owned() });
    }
    Ok(())
}
