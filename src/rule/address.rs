//! `-s` and `-d`: addresses under masks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::ast::Address;
use super::condition::{Changed, Condition, Masked, Part, Selector, Test};
use super::error::ErrorKind;
use super::lowering::Lowering;
use super::{IpFamily, Names};
pub use crate::expr::ip_address::{from_octets, octets};
use crate::expr::{CmpOp, PayloadBase};
use crate::rule::values::number::parse_whole;

/// Which address of the packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// `-s`.
    Source,
    /// `-d`.
    Destination,
}

impl Side {
    /// First byte in the network header (RFC 791, RFC 8200).
    const fn offset(self, family: IpFamily) -> u32 {
        match (family, self) {
            (IpFamily::V4, Self::Source) => 12,
            (IpFamily::V4, Self::Destination) => 16,
            (IpFamily::V6, Self::Source) => 8,
            (IpFamily::V6, Self::Destination) => 24,
        }
    }

    /// First byte in the network header, and bytes.
    #[must_use]
    pub const fn place(self, family: IpFamily) -> (u32, u32) {
        (self.offset(family), width(family))
    }

    /// The whole address.
    #[must_use]
    pub const fn selector(self, family: IpFamily) -> Selector {
        Selector::network(self.offset(family), width(family))
    }
}

/// Bytes of an address.
pub const fn width(family: IpFamily) -> u32 {
    match family {
        IpFamily::V4 => 4,
        IpFamily::V6 => 16,
    }
}

/// nft's number of the type of addresses (nftables' `TYPE_IPADDR`, `TYPE_IP6ADDR`).
#[must_use]
pub const fn nft_type(family: IpFamily) -> u32 {
    match family {
        IpFamily::V4 => 7,
        IpFamily::V6 => 8,
    }
}

/// Length of a contiguous mask in bits; `None` where it has holes.
#[must_use]
pub fn prefix_length(mask: &[u8]) -> Option<u32> {
    let ones: u32 = mask.iter().map(|byte| byte.count_ones()).sum();
    (mask == prefix_mask(ones, mask.len())).then_some(ones)
}

/// The inverse of [`prefix_length`]: `width` bytes with `length` leading ones.
#[must_use]
pub fn prefix_mask(length: u32, width: usize) -> Vec<u8> {
    (0..width)
        .map(|index| {
            let ones = (length as usize).saturating_sub(8 * index).min(8);
            u8::try_from(0xff00_u32 >> ones & 0xff).unwrap_or(u8::MAX)
        })
        .collect()
}

/// Parses one word of `-s` or `-d`: ADDRESS, ADDRESS/LENGTH, ADDRESS/MASK, a host's name; a host may have several.
///
/// # Errors
/// [`ErrorKind::BadAddress`], [`ErrorKind::BadMask`].
pub fn parse(word: &str, negated: bool, family: IpFamily, names: &dyn Names) -> Result<Vec<Address>, ErrorKind> {
    let (host, mask) = match word.split_once('/') {
        Some((host, mask)) => (host, parse_mask(mask, family)?),
        None => (word, prefix_mask(u32::MAX, width(family) as usize)),
    };
    let addresses = match parse_address(host, family) {
        Some(address) => vec![address],
        None if looks_like_address(host) => Vec::new(),
        None => names.host(host).into_iter().filter(|&found| family.has(found)).collect(),
    };
    if addresses.is_empty() {
        return Err(ErrorKind::BadAddress(word.to_owned()));
    }
    let mut found: Vec<Address> = Vec::new();
    for address in addresses {
        let bytes: Vec<u8> = octets(address).iter().zip(&mask).map(|(byte, mask)| byte & mask).collect();
        let (Some(address), Some(mask)) = (from_octets(&bytes), from_octets(&mask)) else { continue };
        let address = Address { negated, address, mask };
        if !found.contains(&address) {
            found.push(address);
        }
    }
    Ok(found)
}

/// A number with dots or colons is never a host's name: no server is asked for `10.0.0.256`.
fn looks_like_address(host: &str) -> bool {
    host.contains(':') || host.chars().all(|character| character.is_ascii_digit() || character == '.')
}

/// An address; in IPv4 missing bytes at the end are 0, as iptables takes `10/8`, and each byte is a number as C reads it.
#[must_use]
pub fn parse_address(text: &str, family: IpFamily) -> Option<IpAddr> {
    match family {
        IpFamily::V6 => text.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        IpFamily::V4 => {
            let mut bytes = [0; 4];
            let mut parts = text.split('.');
            for byte in &mut bytes {
                let Some(part) = parts.next() else { break };
                *byte = parse_whole(part)?;
            }
            parts.next().is_none().then(|| Ipv4Addr::from(bytes).into())
        }
    }
}

fn parse_mask(text: &str, family: IpFamily) -> Result<Vec<u8>, ErrorKind> {
    let width = width(family);
    let bad = || ErrorKind::BadMask(text.to_owned());
    if !text.contains(['.', ':']) {
        let length = parse_whole(text).filter(|&length| length <= 8 * width).ok_or_else(bad)?;
        return Ok(prefix_mask(length, width as usize));
    }
    let whole = family == IpFamily::V6 || text.split('.').count() == 4;
    parse_address(text, family).filter(|_| whole).map(octets).ok_or_else(bad)
}

/// ADDRESS/LENGTH, or ADDRESS/MASK where the mask has holes: the inverse of [`parse`].
#[must_use]
pub fn render(address: &Address) -> String {
    match prefix_length(&octets(address.mask)) {
        Some(length) => format!("{}/{length}", address.address),
        None => format!("{}/{}", address.address, address.mask),
    }
}

/// As `iptables -L -n` shows it: the length is left out for a single address.
#[must_use]
pub fn list(address: Option<&Address>, family: IpFamily) -> String {
    let Some(address) = address else {
        return if family == IpFamily::V4 { "0.0.0.0/0".to_owned() } else { "::/0".to_owned() };
    };
    let mask = octets(address.mask);
    let text = if mask.iter().all(|&byte| byte == 0xff) { address.address.to_string() } else { render(address) };
    if address.negated { format!("!{text}") } else { text }
}

/// As `iptables -L` shows it: with the name of a host where one is known.
#[must_use]
pub fn list_named(address: Option<&Address>, names: &dyn Names) -> String {
    let Some(address) = address else { return "anywhere".to_owned() };
    let number = address.address.to_string();
    let name = names.host_name(address.address).unwrap_or_else(|| number.clone());
    list(Some(address), IpFamily::V4).replacen(&number, &name, 1)
}

/// Whether the condition holds for every packet, so that it is none.
#[must_use]
pub fn is_everything(address: &Address) -> bool {
    !address.negated && octets(address.mask).iter().all(|&byte| byte == 0)
}

/// nft compares only the leading bytes of a prefix that ends at a byte's border, and masks any other.
pub fn lower(address: &Address, side: Side, lowering: &mut Lowering) {
    let (bytes, mask) = (octets(address.address), octets(address.mask));
    let offset = side.offset(lowering.family);
    let op = CmpOp::equal_unless(address.negated);
    match prefix_length(&mask) {
        Some(length) if length > 0 && length.is_multiple_of(8) => {
            lowering.load_network(offset, length / 8);
            lowering.compare(op, &bytes[..length as usize / 8]);
        }
        _ => {
            lowering.load_network(offset, width(lowering.family));
            lowering.mask(&mask);
            lowering.compare(op, &bytes);
        }
    }
}

/// Whose address a part of a key is, and how many of its bits tell networks apart.
#[must_use]
pub fn lift_network((selector, changed): &Part, family: IpFamily) -> Option<(Side, u8)> {
    let is_whole = |side: &Side| *selector == Selector::network(side.offset(family), width(family));
    let side = [Side::Source, Side::Destination].into_iter().find(is_whole)?;
    let bytes = width(family) as usize;
    let prefix = match changed {
        None => bytes * 8,
        Some(Changed::Bits(Masked { mask, xor })) if xor.iter().all(|&byte| byte == 0) => {
            let is_mask = |bits: &usize| u32::try_from(*bits).is_ok_and(|bits| prefix_mask(bits, bytes) == *mask);
            (0..bytes * 8).find(is_mask)?
        }
        Some(_) => return None,
    };
    Some((side, u8::try_from(prefix).ok()?))
}

/// The inverse of [`lower`].
#[must_use]
pub fn lift(condition: &Condition, family: IpFamily) -> Option<(Side, Address)> {
    let Selector::Payload { base: PayloadBase::Network, offset, length } = condition.selector else { return None };
    let side = [Side::Source, Side::Destination].into_iter().find(|side| side.offset(family) == offset)?;
    match &condition.test {
        Test::Compare(_, value) if value.len() == length as usize => Some((side, lift_prefix(condition, family)?)),
        _ => None,
    }
}

/// The address that a test of a whole one, or of its first bytes, asks for.
#[must_use]
pub fn lift_prefix(condition: &Condition, family: IpFamily) -> Option<Address> {
    let (negated, value, mut mask) = condition.under_mask()?;
    if value.len() > width(family) as usize {
        return None;
    }
    let mut bytes = value.to_vec();
    // A value with bits outside of its mask never equals what is masked.
    if bytes.iter().zip(&mask).any(|(byte, mask)| byte & !mask != 0) {
        return None;
    }
    bytes.resize(width(family) as usize, 0);
    mask.resize(width(family) as usize, 0);
    let address = Address { negated, address: from_octets(&bytes)?, mask: from_octets(&mask)? };
    (!is_everything(&address)).then_some(address)
}
