//! What a condition tests and what a statement writes: the thing itself, whatever register it goes through.

use crate::expr::{Ct, Exthdr, Meta, PayloadBase, Source};

/// What is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selector {
    /// `enum nft_meta_keys`.
    Meta(u32),
    /// `enum nft_ct_keys` and the direction.
    Ct(u32, Option<u8>),
    /// What an expression loads that knows its own value: [`crate::expr::flow`].
    Source(Source),
    /// Bytes of a header that may be missing, or whether it is there.
    Exthdr {
        /// `enum nft_exthdr_op`.
        op: u32,
        /// The option's kind, or the header's number.
        kind: u8,
        /// First byte.
        offset: u32,
        /// Bytes.
        length: u32,
        /// Whether it is there.
        present: bool,
    },
    /// Bytes of a header.
    Payload {
        /// Which header.
        base: PayloadBase,
        /// First byte.
        offset: u32,
        /// Bytes.
        length: u32,
    },
}

impl Selector {
    /// Bytes of the network header.
    #[must_use]
    pub const fn network(offset: u32, length: u32) -> Self {
        Self::Payload { base: PayloadBase::Network, offset, length }
    }

    /// Bytes of the transport header.
    #[must_use]
    pub const fn transport(offset: u32, length: u32) -> Self {
        Self::Payload { base: PayloadBase::Transport, offset, length }
    }

    /// Bytes of an extension header of IPv6.
    #[must_use]
    pub const fn header(kind: u8, offset: u32, length: u32) -> Self {
        Self::Exthdr { op: Exthdr::IPV6, kind, offset, length, present: false }
    }

    /// Whether a TCP option is there.
    #[must_use]
    pub const fn tcp_option(kind: u8) -> Self {
        Self::Exthdr { op: Exthdr::TCP, kind, offset: 0, length: 1, present: true }
    }

    /// Bytes that loading it writes. Keys that this program does not know may be as wide as a register.
    #[must_use]
    pub const fn length(self) -> u32 {
        const REGISTER: u32 = 16;
        const OIFGROUP: u32 = 22;
        match self {
            Self::Source(source) => source.length(),
            Self::Payload { length, .. } | Self::Exthdr { length, .. } => length,
            Self::Meta(Meta::IIFNAME | Meta::OIFNAME) => REGISTER,
            Self::Meta(Meta::NFTRACE | Meta::NFPROTO | Meta::L4PROTO | Meta::PKTTYPE) | Self::Ct(Ct::DIRECTION, _) => 1,
            Self::Meta(Meta::PROTOCOL | Meta::IIFTYPE | Meta::OIFTYPE) => 2,
            Self::Meta(0..=OIFGROUP) | Self::Ct(0..=Ct::MARK, _) => 4,
            Self::Meta(_) | Self::Ct(..) => REGISTER,
        }
    }
}
