//! Values as nft prints them, by the type of what they are compared with.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::duration;
use super::symbols::{self, Radix};
use crate::rule::address::prefix_length;
use crate::rule::names::Labels;
use crate::rule::{Names, lexer, protocol};

/// What the bytes of a value are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Datatype {
    /// A number.
    Integer,
    /// A number of which nothing is known, in hexadecimal.
    Hexadecimal,
    /// A transport protocol.
    Protocol,
    /// An IPv4 address.
    Ipv4,
    /// An IPv6 address.
    Ipv6,
    /// An Ethernet address.
    Ethernet,
    /// A mark: eight hexadecimal digits.
    Mark,
    /// An interface's name; a wildcard where it has no NUL.
    InterfaceName,
    /// Text, filled up with NULs.
    Text,
    /// An interface's number, shown as its name.
    InterfaceIndex,
    /// A number that may have a label of the administrator's.
    Labelled(Labels),
    /// A handle of traffic control: `1:2`.
    Classid,
    /// A span of time, milliseconds.
    Span,
    /// A point of time, nanoseconds since 1970.
    Date,
    /// A time of the day, seconds.
    Hour,
    /// A name out of a table, else a number.
    Symbol(symbols::Names, Radix),
    /// Names out of a table, a bit each, in this order.
    Flags(symbols::Names),
    /// The numbers of the bits that are set.
    ConnectionLabels,
}

/// Whose byte order numbers are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The first byte is the highest.
    Network,
    /// As the machine has it.
    Host,
}

/// How values are written: what they are, in which order, and by how many bits they are moved in their bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Type {
    /// What they are.
    pub datatype: Datatype,
    /// Whose order.
    pub order: Order,
    /// The value begins so many bits above the lowest.
    pub shift: u32,
}

impl Type {
    /// In network order.
    #[must_use]
    pub const fn network(datatype: Datatype) -> Self {
        Self { datatype, order: Order::Network, shift: 0 }
    }

    /// In the machine's order.
    #[must_use]
    pub const fn host(datatype: Datatype) -> Self {
        Self { datatype, order: Order::Host, shift: 0 }
    }

    /// Whether values are flags, which nft compares in a way of its own.
    #[must_use]
    pub const fn is_flags(self) -> bool {
        matches!(self.datatype, Datatype::Flags(_) | Datatype::ConnectionLabels)
    }

    /// Whether values are text, whose bytes stand in their own order.
    #[must_use]
    pub const fn is_text(self) -> bool {
        matches!(self.datatype, Datatype::InterfaceName | Datatype::Text)
    }

    /// Whether a contiguous mask is written as a prefix.
    #[must_use]
    pub const fn has_prefixes(self) -> bool {
        matches!(self.datatype, Datatype::Ipv4 | Datatype::Ipv6 | Datatype::Mark | Datatype::Labelled(_))
    }

    /// Whether they are flags of a header, several of which together nft does not name.
    #[must_use]
    pub fn is_header_flags(self) -> bool {
        matches!(self.datatype, Datatype::Flags(table) if table == symbols::TCP_FLAGS)
    }

    /// Whether they are bits of a connection's labels.
    #[must_use]
    pub const fn is_labels(self) -> bool {
        matches!(self.datatype, Datatype::ConnectionLabels)
    }

    /// The bytes with the highest first.
    fn highest_first(self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        if self.order == Order::Host && cfg!(target_endian = "little") {
            bytes.reverse();
        }
        bytes
    }

    /// The bytes as a number, where they are up to sixteen.
    #[must_use]
    pub fn number(self, bytes: &[u8]) -> Option<u128> {
        let number = || self.highest_first(bytes).iter().fold(0, |number, &byte| number << 8 | u128::from(byte));
        (bytes.len() <= 16).then(|| number() >> self.shift.min(127))
    }

    /// One value.
    #[must_use]
    pub fn format(self, bytes: &[u8], names: &dyn Names) -> String {
        match self.datatype {
            Datatype::Ipv4 => <[u8; 4]>::try_from(bytes).map_or_else(|_| hexadecimal(bytes), ipv4),
            Datatype::Ipv6 => <[u8; 16]>::try_from(bytes).map_or_else(|_| hexadecimal(bytes), ipv6),
            Datatype::Ethernet => ethernet(bytes),
            Datatype::InterfaceName => interface(bytes),
            Datatype::Text => text(bytes),
            _ => self.number(bytes).map_or_else(|| hexadecimal(bytes), |number| self.named(number, names)),
        }
    }

    fn named(self, number: u128, names: &dyn Names) -> String {
        let small = u32::try_from(number).ok();
        let found = small.and_then(|small| match self.datatype {
            Datatype::Protocol => u8::try_from(small).ok().and_then(protocol_name),
            Datatype::InterfaceIndex => names.interface_name(small).map(|name| quoted(&name)),
            Datatype::Labelled(labels) => names.label_name(labels, small).map(|name| quoted(&name)),
            Datatype::Symbol(table, _) => symbols::name(table, small).map(str::to_owned),
            Datatype::Flags(table) => Some(symbols::bits(table, small).join(" | ")),
            _ => None,
        });
        found.unwrap_or_else(|| self.plain(number))
    }

    /// A number without its name.
    fn plain(self, number: u128) -> String {
        let short = u64::try_from(number).unwrap_or(u64::MAX);
        match self.datatype {
            Datatype::Hexadecimal | Datatype::Flags(_) => format!("{number:#x}"),
            Datatype::Mark => format!("{number:#010x}"),
            Datatype::Classid => classid(number),
            Datatype::Span => duration::span(short),
            Datatype::Date => duration::date(short),
            Datatype::Hour => duration::hour(short),
            Datatype::Symbol(_, Radix::Hexadecimal(digits)) => format!("{number:#0width$x}", width = digits + 2),
            Datatype::ConnectionLabels => {
                let bits: Vec<_> = (0..128).filter(|bit| number >> bit & 1 == 1).map(|bit| bit.to_string()).collect();
                if bits.is_empty() { "0x0".to_owned() } else { bits.join(",") }
            }
            _ => number.to_string(),
        }
    }

    /// The flags that are set, each by itself.
    #[must_use]
    pub fn flags(self, number: u128) -> Vec<String> {
        match self.datatype {
            Datatype::Flags(table) => symbols::bits(table, u32::try_from(number).unwrap_or(u32::MAX)),
            _ => vec![self.plain(number)],
        }
    }

    /// An end of a range: names of numbers stand for single values only.
    #[must_use]
    pub fn bound(self, bytes: &[u8], names: &dyn Names) -> String {
        match (self.datatype, self.number(bytes)) {
            (Datatype::Flags(_), Some(number)) if !self.is_header_flags() => {
                let bits = (0..128).map(|bit| 1 << bit & number).filter(|&bit| bit != 0);
                bits.map(|bit| format!("{bit:#x}")).collect::<Vec<_>>().join(" | ")
            }
            (Datatype::Symbol(..) | Datatype::Protocol | Datatype::Labelled(_) | Datatype::Flags(_), Some(number)) => {
                self.plain(number)
            }
            (Datatype::Span, Some(number)) if number % 1000 == 0 => format!("{}s", number / 1000),
            _ => self.format(bytes, names),
        }
    }

    /// All values from one to another; a prefix where they are one.
    #[must_use]
    pub fn interval(self, from: &[u8], to: &[u8], names: &dyn Names) -> String {
        if from == to {
            return self.format(from, names);
        }
        if self.datatype == Datatype::InterfaceName {
            let length = from.iter().zip(to).take_while(|(from, to)| from == to).count();
            return interface(&from[..length]);
        }
        let (low, high) = (self.highest_first(from), self.highest_first(to));
        // A prefix: the bits that differ are all zero at the beginning and all one at the end.
        let mask: Vec<u8> = low.iter().zip(&high).map(|(low, high)| !(low ^ high)).collect();
        let aligned = low.iter().zip(&mask).all(|(low, mask)| low & !mask == 0);
        let filled = high.iter().zip(&mask).all(|(high, mask)| high | mask == 0xff);
        match prefix_length(&mask).filter(|_| aligned && filled && self.has_prefixes()) {
            Some(length) => format!("{}/{length}", self.bound(from, names)),
            None => format!("{}-{}", self.bound(from, names), self.bound(to, names)),
        }
    }

    /// A value under a contiguous mask: `10.0.0.0/8`; the length is left out where all bits count.
    #[must_use]
    pub fn prefix(self, bytes: &[u8], mask: &[u8], names: &dyn Names) -> Option<String> {
        let length = prefix_length(&self.highest_first(mask)).filter(|_| self.has_prefixes())?;
        let whole = usize::try_from(length).is_ok_and(|length| length == 8 * mask.len());
        Some(if whole { self.format(bytes, names) } else { format!("{}/{length}", self.bound(bytes, names)) })
    }

    /// A mask: names stand for whole values only, but flags for their bits.
    #[must_use]
    pub fn mask(self, mask: &[u8], names: &dyn Names) -> String {
        let integer = Self { datatype: Datatype::Integer, ..self };
        match self.datatype {
            Datatype::Flags(_) => match self.flags(self.number(mask).unwrap_or(0)).as_slice() {
                [one] => one.clone(),
                several => format!("({})", several.join(" | ")),
            },
            Datatype::Symbol(..) | Datatype::Protocol | Datatype::Labelled(_) => integer.format(mask, names),
            _ => self.format(mask, names),
        }
    }
}

/// The name of a protocol in nft's own view of /etc/protocols, which names the number 0 too.
fn protocol_name(number: u8) -> Option<String> {
    let name = if number == 0 { Some("ip") } else { protocol::name(number) };
    name.map(str::to_owned)
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let digits = digits.trim_start_matches('0');
    format!("0x{}", if digits.is_empty() { "0" } else { digits })
}

fn ipv4(bytes: [u8; 4]) -> String {
    Ipv4Addr::from(bytes).to_string()
}

/// As inet_ntop(3) writes it: an address whose last 32 bits alone are used has them in dots.
fn ipv6(bytes: [u8; 16]) -> String {
    let compatible = bytes[..12].iter().all(|&byte| byte == 0) && bytes[12..14] != [0, 0];
    if compatible {
        let tail = Ipv4Addr::new(bytes[12], bytes[13], bytes[14], bytes[15]);
        return format!("::{tail}");
    }
    Ipv6Addr::from(bytes).to_string()
}

fn ethernet(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}

fn classid(number: u128) -> String {
    match number {
        0 => "none".to_owned(),
        0xffff_ffff => "root".to_owned(),
        number => format!("{:x}:{:x}", number >> 16, number & 0xffff),
    }
}

/// Text up to its first NUL, without what could drive a terminal.
fn until_nul(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    lexer::printable(&String::from_utf8_lossy(&bytes[..end]))
}

/// In double quotes.
#[must_use]
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", lexer::printable(text))
}

fn text(bytes: &[u8]) -> String {
    format!("\"{}\"", until_nul(bytes))
}

fn interface(bytes: &[u8]) -> String {
    let mut name = until_nul(bytes);
    if !bytes.contains(&0) && bytes.len() < 16 {
        name.push('*');
    } else if name.ends_with('*') {
        // Else it would be read as the wildcard.
        name.insert(name.len() - 1, '\\');
    }
    format!("\"{name}\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::names::NoNames;

    fn shown(kind: Type, bytes: &[u8]) -> String {
        kind.format(bytes, &NoNames)
    }

    #[test]
    fn ipv6_addresses_are_those_of_inet_ntop() {
        let kind = Type::network(Datatype::Ipv6);
        for text in ["::", "::1", "::18.52.18.52", "::ffff:1.2.3.4", "fe80::1", "1:0:3:4:5:6:7:8"] {
            let address: Ipv6Addr = text.parse().expect("an address");
            assert_eq!(shown(kind, &address.octets()), text);
        }
    }

    #[test]
    fn numbers_without_a_name_keep_their_radix() {
        let ether = Type::network(Datatype::Symbol(symbols::ETHER_TYPE, Radix::Hexadecimal(4)));
        assert_eq!([shown(ether, &[8, 0]), shown(ether, &[0, 0x22])], ["ip", "0x0022"]);
        let classid = Type::host(Datatype::Classid);
        assert_eq!([0u32, 0x1_0002, u32::MAX].map(|it| shown(classid, &it.to_ne_bytes())), ["none", "1:2", "root"]);
    }

    #[test]
    fn intervals_of_addresses_are_prefixes_where_they_can() {
        let kind = Type::network(Datatype::Ipv4);
        let interval = |from: [u8; 4], to: [u8; 4]| kind.interval(&from, &to, &NoNames);
        assert_eq!(interval([10, 0, 0, 0], [10, 255, 255, 255]), "10.0.0.0/8");
        assert_eq!(interval([10, 0, 0, 1], [10, 0, 0, 4]), "10.0.0.1-10.0.0.4");
        assert_eq!(Type::network(Datatype::InterfaceName).interval(b"eth\0", b"eth\xff", &NoNames), "\"eth*\"");
    }
}
