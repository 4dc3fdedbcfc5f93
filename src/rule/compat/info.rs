//! The bytes of an extension's struct, and the words that are made of them.
//!
//! Numbers are in the machine's order unless they are a packet's own; where a struct ends, [`super::layout::Layout::bytes`] has
//! checked.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::rule::IpFamily;

/// A struct, and the table that its rule is in.
#[derive(Debug, Clone, Copy)]
pub struct Info<'a> {
    /// As the kernel gave it.
    pub bytes: &'a [u8],
    /// Whose addresses are in it.
    pub family: IpFamily,
}

impl Info<'_> {
    fn array<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.bytes.get(at..at.checked_add(N)?)?.try_into().ok()
    }

    /// A byte.
    pub fn u8(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    /// A number of 16 bits.
    pub fn u16(&self, at: usize) -> Option<u16> {
        self.array(at).map(u16::from_ne_bytes)
    }

    /// The same in network order.
    pub fn port(&self, at: usize) -> Option<u16> {
        self.array(at).map(u16::from_be_bytes)
    }

    /// A number of 32 bits.
    pub fn u32(&self, at: usize) -> Option<u32> {
        self.array(at).map(u32::from_ne_bytes)
    }

    /// A number of 64 bits.
    pub fn u64(&self, at: usize) -> Option<u64> {
        self.array(at).map(u64::from_ne_bytes)
    }

    /// Whether a byte is something else than zero.
    pub fn flag(&self, at: usize) -> Option<bool> {
        self.u8(at).map(|byte| byte != 0)
    }

    /// Text up to its NUL, in a field of so many bytes; `None` where it is not UTF-8.
    pub fn text(&self, at: usize, length: usize) -> Option<&str> {
        let field = self.bytes.get(at..at.checked_add(length)?)?;
        let end = field.iter().position(|&byte| byte == 0).unwrap_or(length);
        std::str::from_utf8(&field[..end]).ok()
    }

    /// An address of the rule's family, in a field that has room for either.
    pub fn address(&self, at: usize) -> Option<IpAddr> {
        match self.family {
            IpFamily::V4 => self.ipv4(at).map(IpAddr::V4),
            IpFamily::V6 => self.array::<16>(at).map(|bytes| Ipv6Addr::from(bytes).into()),
        }
    }

    /// An IPv4 address.
    pub fn ipv4(&self, at: usize) -> Option<Ipv4Addr> {
        self.array::<4>(at).map(Ipv4Addr::from)
    }
}

/// Options on their way, as words.
#[derive(Debug, Default)]
pub struct Options(Vec<String>);

impl Options {
    /// An option without a value.
    pub fn flag(&mut self, negated: bool, name: &str) {
        self.0.extend(negated.then(|| "!".to_owned()));
        self.0.push(name.to_owned());
    }

    /// An option with one value.
    pub fn value(&mut self, negated: bool, name: &str, value: impl ToString) {
        self.flag(negated, name);
        self.0.push(value.to_string());
    }

    /// One more value of the last option.
    pub fn more(&mut self, value: impl ToString) {
        self.0.push(value.to_string());
    }

    /// The words.
    pub fn words(self) -> Vec<String> {
        self.0
    }
}

/// `5`, `5:9`.
pub fn span<T: PartialEq + std::fmt::Display>(from: T, to: T) -> String {
    if from == to { from.to_string() } else { format!("{from}:{to}") }
}

/// `0x1`, `0x1/0x3`.
pub fn masked(value: u32, mask: u32) -> String {
    if mask == u32::MAX { format!("{value:#x}") } else { format!("{value:#x}/{mask:#x}") }
}

/// The words of the bits that are set, with commas; `None` where a bit has no word.
pub fn list<'w>(bits: u32, words: impl IntoIterator<Item = (&'w str, u32)>) -> Option<String> {
    let (mut unknown, mut set) = (bits, Vec::new());
    for (word, bit) in words.into_iter().filter(|row| bits & row.1 != 0) {
        unknown &= !bit;
        set.push(word);
    }
    (unknown == 0 && bits != 0).then(|| set.join(","))
}
