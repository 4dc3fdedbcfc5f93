//! `-m addrtype`: what kind of address the packet has, as the routing tables see it.

use crate::expr::{CmpOp, Element, Fib, Register, Set, Source};
use crate::rule::condition::{Condition, Selector, SetReference, Test};
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lower::LowerContext;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::table::Hook;
use crate::rule::{IpFamily, Rule};

/// Types of addresses (`RTN_*` of linux/rtnetlink.h); iptables writes them in capitals.
pub const TYPES: &[(&str, u32)] = &[
    ("unspec", 0),
    ("unicast", 1),
    ("local", 2),
    ("broadcast", 3),
    ("anycast", 4),
    ("multicast", 5),
    ("blackhole", 6),
    ("unreachable", 7),
    ("prohibit", 8),
    ("throw", 9),
    ("nat", 10),
    ("xresolve", 11),
];
/// Those of [`TYPES`] that nft has words for.
pub const NFT_TYPES: &[(&str, u32)] = TYPES.split_at(9).0;
/// nft's number of the type (nftables' `TYPE_FIB_ADDR`).
const NFT_TYPE: u32 = 38;

/// `--src-type` or `--dst-type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Types {
    /// `!`.
    pub negated: bool,
    /// A bit each, by its number in [`TYPES`].
    pub bits: u16,
}

/// Routes of which interface count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interface {
    /// `--limit-iface-in`.
    Input,
    /// `--limit-iface-out`.
    Output,
}

/// `-m addrtype`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addrtype {
    family: IpFamily,
    /// `--src-type`.
    pub source: Option<Types>,
    /// `--dst-type`.
    pub destination: Option<Types>,
    /// `None`: those of all interfaces.
    pub interface: Option<Interface>,
}

impl Types {
    fn parse(given: &Given<'_>) -> Result<Self, ErrorKind> {
        const EXPECTED: &str = "a list of types: UNSPEC, UNICAST, LOCAL, BROADCAST, ANYCAST, MULTICAST, BLACKHOLE, \
                                UNREACHABLE, PROHIBIT, THROW, NAT, XRESOLVE";
        let bit = |word: &str| TYPES.iter().find(|row| row.0.eq_ignore_ascii_case(word)).map(|row| 1 << row.1);
        let bits = given.read(EXPECTED, |list| list.split(',').try_fold(0, |bits, word| Some(bits | bit(word)?)))?;
        Ok(Self { negated: given.negated, bits })
    }

    fn numbers(self) -> impl Iterator<Item = u32> {
        TYPES.iter().map(|row| row.1).filter(move |number| self.bits & 1 << number != 0)
    }

    /// Their names with commas; `None` where a bit has none.
    #[must_use]
    pub fn words(self) -> Option<String> {
        let set = (0..u16::BITS).filter(|number| self.bits & 1 << number != 0);
        let name = |number| TYPES.iter().find(|row| row.1 == number).map(|row| row.0.to_uppercase());
        Some(set.map(name).collect::<Option<Vec<_>>>()?.join(","))
    }

    fn names(self) -> String {
        self.words().unwrap_or_default()
    }

    fn lower(self, flags: u32, lowering: &mut Lowering) {
        lowering.push(Fib { destination: Register::R1, result: Fib::ADDRTYPE, flags });
        let keys: Vec<Vec<u8>> = self.numbers().map(|number| number.to_ne_bytes().to_vec()).collect();
        match keys.as_slice() {
            [only] => lowering.compare(CmpOp::equal_unless(self.negated), only),
            _ => {
                let elements = keys.into_iter().map(Element::key).collect();
                lowering.member(self.negated, Set { key_type: NFT_TYPE, key_length: 4, elements, ..Set::default() });
            }
        }
    }

    /// The inverse of [`Types::lower`], with the flags.
    fn lift(condition: &Condition) -> Option<(Self, u32)> {
        let Selector::Source(Source::Fib(Fib { result: Fib::ADDRTYPE, flags, .. })) = condition.selector else {
            return None;
        };
        let bit = |key: &[u8]| 1_u16.checked_shl(<[u8; 4]>::try_from(key).ok().map(u32::from_ne_bytes)?);
        let (negated, bits) = match (&condition.changed, &condition.test) {
            (None, Test::Compare(CmpOp::Eq, value)) => (false, bit(value)?),
            (None, Test::Compare(CmpOp::Neq, value)) => (true, bit(value)?),
            (None, Test::Member { negated, set: SetReference::Anonymous(set) }) if set.is_plain() => {
                let bits = set.elements.iter().try_fold(0, |bits, element| Some(bits | bit(&element.key)?));
                (*negated, bits?)
            }
            _ => return None,
        };
        (bits != 0 && bits >> TYPES.len() == 0).then_some((Self { negated, bits }, flags))
    }
}

impl Addrtype {
    /// The sides in iptables' order, with the bit that names their address in [`Fib::flags`].
    const fn sides(&self) -> [(&'static str, Option<Types>, u32); 2] {
        [("src", self.source, Fib::SADDR), ("dst", self.destination, Fib::DADDR)]
    }

    const fn interface_flag(interface: Option<Interface>) -> u32 {
        match interface {
            None => 0,
            Some(Interface::Input) => Fib::IIF,
            Some(Interface::Output) => Fib::OIF_ONLY,
        }
    }

    /// IPv6's own match asks for several things at once where several types are named, and calls every address but those
    /// of groups unicast.
    fn check_ipv6(types: Types) -> Result<(), ErrorKind> {
        const ALONE: [u16; 2] = [1 << 0, 1 << 5];
        const ROUTED: u16 = 1 << 2 | 1 << 4 | 1 << 7;
        if ALONE.contains(&types.bits) || types.bits & !ROUTED == 0 {
            return Ok(());
        }
        Err(ErrorKind::NoNativeForm {
            what: "this list of types in IPv6",
            reason: "ip6tables does not ask the routing tables about them",
            instead: "write UNSPEC, MULTICAST, or a list of LOCAL, ANYCAST and UNREACHABLE",
        })
    }
}

impl Extension for Addrtype {
    const NAME: &'static str = "addrtype";
    const HELP: &'static str = "the kind of the packet's addresses, as the routing tables see them";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--src-type", &["a list of types"], "kinds of the source address", "fib saddr type local")
            .told("its source is [not ]of type {or}")
            .negatable(),
        OptionSpec::new(
            "--dst-type",
            &["a list of types"],
            "kinds of the destination address",
            "fib daddr type { local, broadcast }",
        )
        .told("its destination is [not ]of type {or}")
        .negatable(),
        OptionSpec::new(
            "--limit-iface-in",
            &[],
            "only routes of the interface that the packet came by count",
            "fib daddr . iif type local",
        )
        .told("only routes of the interface that it came by count for that"),
        OptionSpec::new(
            "--limit-iface-out",
            &[],
            "only routes of the interface that the packet leaves by count",
            "fib saddr . oif type local",
        )
        .told("only routes of the interface that it leaves by count for that"),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-m addrtype --dst-type LOCAL", "-m addrtype --dst-type LOCAL"),
            ("-m addrtype ! --src-type broadcast,UNICAST", "-m addrtype ! --src-type UNICAST,BROADCAST"),
            (
                "-m addrtype ! --dst-type LOCAL --src-type UNICAST --limit-iface-in",
                "-m addrtype --src-type UNICAST ! --dst-type LOCAL --limit-iface-in",
            ),
            ("-m addrtype --dst-type LOCAL --limit-iface-out", "-m addrtype --dst-type LOCAL --limit-iface-out"),
            (
                "-m addrtype --src-type PROHIBIT,UNREACHABLE,BLACKHOLE",
                "-m addrtype --src-type BLACKHOLE,UNREACHABLE,PROHIBIT",
            ),
            ("-6 -m addrtype --dst-type ANYCAST,LOCAL", "-m addrtype --dst-type LOCAL,ANYCAST"),
            ("-6 -m addrtype ! --dst-type MULTICAST", "-m addrtype ! --dst-type MULTICAST"),
        ],
        refused: &[
            "-m addrtype",
            "-m addrtype --limit-iface-in",
            "-m addrtype --src-type",
            "-m addrtype --src-type HERE",
            "-m addrtype --src-type LOCAL,",
            "-m addrtype --src-type LOCAL --limit-iface-in --limit-iface-out",
            "-6 -m addrtype --src-type UNICAST",
            "-6 -m addrtype --src-type BROADCAST",
            "-6 -m addrtype --src-type MULTICAST,LOCAL",
        ],
    };

    fn new(family: IpFamily) -> Self {
        Self { family, source: None, destination: None, interface: None }
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        match (given.option, self.interface) {
            ("--src-type", _) => self.source = Some(Types::parse(given)?),
            ("--dst-type", _) => self.destination = Some(Types::parse(given)?),
            (_, Some(_)) => return Err(ErrorKind::Conflict("--limit-iface-in", "--limit-iface-out")),
            ("--limit-iface-in", None) => self.interface = Some(Interface::Input),
            (_, None) => self.interface = Some(Interface::Output),
        }
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        let missing = ErrorKind::MissingOption { extension: "match addrtype", options: "--src-type or --dst-type" };
        self.source.or(self.destination).map(|_| ()).ok_or(missing)
    }

    fn render(&self) -> Vec<String> {
        let mut words = Vec::new();
        for (side, types, _) in self.sides() {
            let Some(types) = types else { continue };
            words.extend(types.negated.then(|| "!".to_owned()));
            words.extend([format!("--{side}-type"), types.names()]);
        }
        words.extend(self.interface.map(|interface| match interface {
            Interface::Input => "--limit-iface-in".to_owned(),
            Interface::Output => "--limit-iface-out".to_owned(),
        }));
        words
    }

    fn list(&self) -> String {
        let mut text = "ADDRTYPE match".to_owned();
        for (side, types, _) in self.sides() {
            let Some(types) = types else { continue };
            text += &format!(" {side}-type {}{}", if types.negated { "!" } else { "" }, types.names());
        }
        text += match self.interface {
            None => "",
            Some(Interface::Input) => " limit-in",
            Some(Interface::Output) => " limit-out",
        };
        text
    }
}

impl MatchExtension for Addrtype {
    fn check(&self, _: &Rule, context: &LowerContext<'_>) -> Result<(), ErrorKind> {
        if self.family == IpFamily::V6 {
            self.source.into_iter().chain(self.destination).try_for_each(Self::check_ipv6)?;
        }
        let (option, without): (_, &[Hook]) = match self.interface {
            None => return Ok(()),
            Some(Interface::Input) => ("--limit-iface-in", &[Hook::Output, Hook::Postrouting]),
            Some(Interface::Output) => ("--limit-iface-out", &[Hook::Prerouting, Hook::Input]),
        };
        match context.table.chains().iter().find(|chain| chain.name == context.chain) {
            Some(base) if without.contains(&base.hook) => {
                Err(ErrorKind::NotInChain { option: option.to_owned(), chain: context.chain.to_owned() })
            }
            _ => Ok(()),
        }
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        for (_, types, side) in self.sides() {
            if let Some(types) = types {
                types.lower(side | Self::interface_flag(self.interface), lowering);
            }
        }
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        let mut lifted = Self::new(lifting.family);
        let interfaces = [None, Some(Interface::Input), Some(Interface::Output)];
        while let Some((types, flags)) = lifting.condition().and_then(Types::lift) {
            let side = flags & (Fib::SADDR | Fib::DADDR);
            let interface = *interfaces.iter().find(|&&it| Self::interface_flag(it) | side == flags)?;
            let first = lifted.source.is_none() && lifted.destination.is_none();
            let refused = lifting.family == IpFamily::V6 && Self::check_ipv6(types).is_err();
            if refused || !first && lifted.interface != interface {
                break;
            }
            match side {
                Fib::SADDR if first => lifted.source = Some(types),
                Fib::DADDR if lifted.destination.is_none() => lifted.destination = Some(types),
                _ => break,
            }
            lifted.interface = interface;
            lifting.advance();
        }
        lifted.finish().is_ok().then_some(lifted)
    }
}
