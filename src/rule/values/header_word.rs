//! Two bytes of a header that a target changes: loaded, changed in some bits, written back with the header's checksum.

use crate::expr::payload::PayloadAccess;
use crate::expr::{Bitwise, Expression, Payload, PayloadBase, Register};
use crate::rule::IpFamily;
use crate::rule::condition::Item;
use crate::rule::lowering::Lowering;

/// Two bytes of a header, at an even place as the Internet checksum (RFC 1071) wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeaderWord {
    base: PayloadBase,
    offset: u32,
    /// Where the checksum is that covers them.
    checksum: Option<u32>,
}

/// `NFT_PAYLOAD_CSUM_INET`.
const INTERNET_CHECKSUM: u32 = 1;
/// Bits of IPv6's traffic class in the first two bytes, behind the version.
const CLASS_SHIFT: u32 = 4;

impl HeaderWord {
    /// IPv4: time to live and protocol (RFC 791).
    pub const TTL: Self = Self { base: PayloadBase::Network, offset: 8, checksum: Some(10) };
    /// TCP: data offset and flags (RFC 9293).
    pub const TCP_FLAGS: Self = Self { base: PayloadBase::Transport, offset: 12, checksum: Some(16) };

    /// The word that holds the type of service (RFC 2474, RFC 3168).
    const fn service(family: IpFamily) -> Self {
        let checksum = match family {
            IpFamily::V4 => Some(10),
            IpFamily::V6 => None,
        };
        Self { base: PayloadBase::Network, offset: 0, checksum }
    }

    /// `word & keep ^ flip`.
    pub fn change(self, keep: u16, flip: u16, lowering: &mut Lowering) {
        match self.base {
            PayloadBase::Transport => lowering.load_transport(self.offset, 2),
            _ => lowering.load_network(self.offset, 2),
        }
        lowering.push(Bitwise { xor: flip.to_be_bytes().to_vec(), ..Bitwise::and(keep.to_be_bytes()) });
        lowering.push(self.store());
    }

    /// The inverse of [`HeaderWord::change`], where nothing else is done.
    #[must_use]
    pub fn lift_change(self, items: &[Item]) -> Option<(u16, u16)> {
        let [
            Item::Raw(Expression::Payload(load)),
            Item::Raw(Expression::Bitwise(Bitwise { source: Register::R1, destination: Register::R1, mask, xor })),
            Item::Raw(Expression::Payload(store)),
        ] = items
        else {
            return None;
        };
        let word = |bytes: &[u8]| <[u8; 2]>::try_from(bytes).ok().map(u16::from_be_bytes);
        let own = *load == Payload::load(self.base, self.offset, 2) && *store == self.store();
        own.then_some((word(mask)?, word(xor)?))
    }

    fn store(self) -> Payload {
        let checksum = self.checksum.map_or(0, |_| INTERNET_CHECKSUM);
        let access = PayloadAccess::Store {
            register: Register::R1,
            checksum,
            checksum_offset: self.checksum.unwrap_or(0),
            flags: 0,
        };
        Payload { access, ..Payload::load(self.base, self.offset, 2) }
    }
}

/// How the byte is changed that IPv4 calls type of service and IPv6 traffic class: `byte & keep ^ flip`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceChange {
    /// Bits that stay.
    pub keep: u8,
    /// Bits that are turned over then.
    pub flip: u8,
}

impl ServiceChange {
    /// Bits of congestion notification (RFC 3168).
    const CONGESTION: u8 = 0x03;

    /// Sets the class, the upper six bits (RFC 2474), to those of `byte`.
    #[must_use]
    pub const fn class(byte: u8) -> Self {
        Self { keep: Self::CONGESTION, flip: byte & !Self::CONGESTION }
    }

    /// The inverse of [`ServiceChange::class`].
    #[must_use]
    pub fn as_class(self) -> Option<u8> {
        (self == Self::class(self.flip)).then_some(self.flip)
    }

    /// Changes it.
    pub fn lower(self, family: IpFamily, lowering: &mut Lowering) {
        let (keep, flip) = (u16::from(self.keep), u16::from(self.flip));
        let (keep, flip) = match family {
            IpFamily::V4 => (0xff00 | keep, flip),
            IpFamily::V6 => (0xf00f | keep << CLASS_SHIFT, flip << CLASS_SHIFT),
        };
        HeaderWord::service(family).change(keep, flip, lowering);
    }

    /// The inverse of [`ServiceChange::lower`].
    #[must_use]
    pub fn lift(items: &[Item], family: IpFamily) -> Option<Self> {
        let (keep, flip) = HeaderWord::service(family).lift_change(items)?;
        let (around, shift) = match family {
            IpFamily::V4 => (0xff00, 0),
            IpFamily::V6 => (0xf00f, CLASS_SHIFT),
        };
        let byte = |word: u16| u8::try_from((word & !around) >> shift).ok();
        (keep & around == around && flip & around == 0).then_some(Self { keep: byte(keep)?, flip: byte(flip)? })
    }
}
