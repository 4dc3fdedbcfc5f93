//! `-j TTL` and `-j HL`: how many hops a packet may still go. One field under two names.

use crate::expr::attribute::Datum;
use crate::expr::payload::PayloadAccess;
use crate::expr::set::MapData;
use crate::expr::{Element, Expression, Immediate, Payload, PayloadBase, Register, Set};
use crate::rule::condition::Item;
use crate::rule::error::ErrorKind;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, OptionSpec, Samples, TargetExtension};
use crate::rule::values::header_word::HeaderWord;
use crate::rule::values::number::parse_byte;
use crate::rule::{IpFamily, Rule};

/// The upper byte of the word that holds the time to live; the lower one is the protocol's.
const PROTOCOL: u16 = 0x00ff;

/// Where IPv6 has its hop limit.
const HOP_LIMIT: u32 = 7;

/// What becomes of the hops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// So many, whatever there were.
    Set(u8),
    /// So many more, 255 at most.
    Increment(u8),
    /// So many less, 0 at least.
    Decrement(u8),
}

/// The end of each option's name, and how listings call it.
const CHANGES: [(&str, &str); 3] = [("-set", "set to"), ("-inc", "increment by"), ("-dec", "decrement by")];

impl Change {
    fn parse(given: &Given<'_>) -> Result<Self, ErrorKind> {
        if given.option.ends_with(CHANGES[0].0) {
            return given.read("a number up to 255", parse_byte).map(Self::Set);
        }
        let hops = given.read("a number from 1 to 255", |text| parse_byte(text).filter(|&hops| hops > 0))?;
        Ok(if given.option.ends_with(CHANGES[1].0) { Self::Increment(hops) } else { Self::Decrement(hops) })
    }

    /// The number, the end of the option's name, and the words of listings.
    fn parts(self) -> (u8, &'static str, &'static str) {
        let (index, hops) = match self {
            Self::Set(hops) => (0, hops),
            Self::Increment(hops) => (1, hops),
            Self::Decrement(hops) => (2, hops),
        };
        (hops, CHANGES[index].0, CHANGES[index].1)
    }

    /// nf_tables does not add: a map has every sum.
    fn map(self) -> Set {
        const INTEGER: u32 = 4;
        let changed = |hops: u8| match self {
            Self::Set(to) => to,
            Self::Increment(by) => hops.saturating_add(by),
            Self::Decrement(by) => hops.saturating_sub(by),
        };
        let element = |hops| Element { value: Some(Datum::Value(vec![changed(hops)])), ..Element::key([hops]) };
        let data = Some(MapData { kind: INTEGER, length: 1 });
        let elements = (0..=u8::MAX).map(element).collect();
        Set { key_type: INTEGER, key_length: 1, data, elements, ..Set::default() }
    }

    /// Loads the byte at `offset`, changes it and writes it back with the checksum that covers it.
    fn lower(self, offset: u32, checksum: Option<u32>, lowering: &mut Lowering) {
        match self {
            Self::Set(hops) => lowering.constant(Register::R1, vec![hops]),
            _ => {
                lowering.load_network(offset, 1);
                lowering.translate(self.map());
            }
        }
        lowering.push(store(offset, checksum));
    }
}

/// Writes the byte at `offset` and the checksum that covers it.
const fn store(offset: u32, checksum: Option<u32>) -> Payload {
    let (checksum, checksum_offset) = match checksum {
        Some(place) => (1, place),
        None => (0, 0),
    };
    let access = PayloadAccess::Store { register: Register::R1, checksum, checksum_offset, flags: 0 };
    Payload { access, ..Payload::load(PayloadBase::Network, offset, 1) }
}

fn lower_ttl(change: Change, lowering: &mut Lowering) {
    match change {
        Change::Set(hops) => HeaderWord::TTL.change(PROTOCOL, u16::from(hops) << 8, lowering),
        _ => change.lower(8, Some(10), lowering),
    }
}

/// The inverse of [`lower_ttl`] for a number that is set; of the others the rule's own words tell.
fn lift_ttl(items: &[Item]) -> Option<Change> {
    let (keep, flip) = HeaderWord::TTL.lift_change(items)?;
    let hops = u8::try_from(flip >> 8).ok().filter(|_| keep == PROTOCOL && flip & PROTOCOL == 0);
    hops.map(Change::Set)
}

/// No checksum covers it.
fn lower_hop_limit(change: Change, lowering: &mut Lowering) {
    change.lower(HOP_LIMIT, None, lowering);
}

/// The inverse of [`lower_hop_limit`] for a number that is set; of the others the rule's own words tell.
fn lift_hop_limit(items: &[Item]) -> Option<Change> {
    let [
        Item::Raw(Expression::Immediate(Immediate::Data(Register::R1, hops))),
        Item::Raw(Expression::Payload(written)),
    ] = items
    else {
        return None;
    };
    let &[hops] = hops.as_slice() else { return None };
    (*written == store(HOP_LIMIT, None)).then_some(Change::Set(hops))
}

macro_rules! hops {
    ($(#[$doc:meta])* $type:ident, $name:literal, $option:literal, $flag:literal, $family:ident, $nft:literal, $lower:ident, $lift:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct $type {
            /// `None` until a number was given.
            pub change: Option<Change>,
        }

        impl Extension for $type {
            const NAME: &'static str = $name;
            const FAMILY: Option<IpFamily> = Some(IpFamily::$family);
            const HELP: &'static str = "changes how many hops the packet may still go";
            const OPTIONS: &'static [OptionSpec] = &[
                OptionSpec::new(concat!($option, "-set"), &["a number up to 255"], "so many", concat!($nft, " set 5")),
                OptionSpec::new(concat!($option, "-inc"), &["a number up to 255"], "so many more, by a map", "lookup"),
                OptionSpec::new(concat!($option, "-dec"), &["a number up to 255"], "so many less, by a map", "lookup"),
            ];
            const SAMPLES: Samples = Samples {
                accepted: &[
                    (
                        concat!($flag, "-t mangle -j ", $name, " ", $option, "-set 5"),
                        concat!("-j ", $name, " ", $option, "-set 5"),
                    ),
                    (
                        concat!($flag, "-t mangle -j ", $name, " ", $option, "-set 0xff"),
                        concat!("-j ", $name, " ", $option, "-set 255"),
                    ),
                    (
                        concat!($flag, "-t mangle -j ", $name, " ", $option, "-inc 3"),
                        concat!("-j ", $name, " ", $option, "-inc 3"),
                    ),
                    (
                        concat!($flag, "-t mangle -j ", $name, " ", $option, "-dec 255"),
                        concat!("-j ", $name, " ", $option, "-dec 255"),
                    ),
                    (concat!($flag, "-j ", $name, " ", $option, "-set 5"), concat!("-j ", $name, " ", $option, "-set 5")),
                ],
                refused: &[
                    concat!($flag, "-t mangle -j ", $name),
                    concat!($flag, "-t mangle -j ", $name, " ", $option, "-set 256"),
                    concat!($flag, "-t mangle -j ", $name, " ", $option, "-inc 0"),
                    concat!($flag, "-t mangle -j ", $name, " ", $option, "-dec 256"),
                    concat!($flag, "-t mangle -j ", $name, " ", $option, "-dec 1 ", $option, "-inc 1"),
                ],
            };

            fn new(_: IpFamily) -> Self {
                Self::default()
            }

            fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
                if self.change.is_some() {
                    return Err(ErrorKind::Conflict(Self::OPTIONS[0].name, given.option));
                }
                self.change = Some(Change::parse(given)?);
                Ok(())
            }

            fn finish(&self) -> Result<(), ErrorKind> {
                let extension = concat!("target ", $name);
                self.change.map(|_| ()).ok_or(ErrorKind::MissingOption { extension, options: concat!($option, "-set, -inc or -dec") })
            }

            fn render(&self) -> Vec<String> {
                let Some((hops, option, _)) = self.change.map(Change::parts) else { return Vec::new() };
                vec![format!("{}{option}", $option), hops.to_string()]
            }

            fn list(&self) -> String {
                let Some((hops, _, words)) = self.change.map(Change::parts) else { return String::new() };
                format!("{} {words} {hops}", $name)
            }
        }

        impl TargetExtension for $type {
            fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
                if let Some(change) = self.change {
                    $lower(change, lowering);
                }
                Ok(())
            }

            fn lift(items: &[Item], _: &Rule, family: IpFamily) -> Option<Self> {
                $lift(items).filter(|_| family == IpFamily::$family).map(|change| Self { change: Some(change) })
            }
        }
    };
}

hops! {
    /// `-j TTL`: IPv4 (RFC 791, Time to Live).
    Ttl, "TTL", "--ttl", "", V4, "ip ttl", lower_ttl, lift_ttl
}

hops! {
    /// `-j HL`: IPv6 (RFC 8200, Hop Limit).
    Hl, "HL", "--hl", "-6 ", V6, "ip6 hoplimit", lower_hop_limit, lift_hop_limit
}
