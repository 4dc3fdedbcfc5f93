//! `ct expectation`: lets a connection in that another one announces.

use crate::expr::Attributes;

/// An expectation (`enum nft_ct_expectation_attributes`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CtExpectation {
    /// `NFPROTO_*`; `None` for the table's own.
    pub network: Option<u16>,
    /// `IPPROTO_*`.
    pub transport: u8,
    /// The destination port.
    pub port: u16,
    /// Milliseconds until it is given up.
    pub timeout: u32,
    /// How many of them a connection may have at a time.
    pub size: u8,
}

const L3PROTO: u16 = 1;
const L4PROTO: u16 = 2;
const PORT: u16 = 3;
const TIMEOUT: u16 = 4;
const SIZE: u16 = 5;

impl CtExpectation {
    /// Reads `NFTA_CT_EXPECT_*`.
    #[must_use]
    pub fn decode(attributes: Attributes<'_>) -> Option<Self> {
        let (mut network, mut transport, mut port, mut timeout, mut size) = (None, None, None, None, None);
        for attribute in attributes {
            match attribute.kind {
                L3PROTO => network = Some(attribute.u16()?),
                L4PROTO => transport = Some(attribute.u8()?),
                PORT => port = Some(attribute.u16()?),
                // Unlike all other numbers of nf_tables, this one is in host order (net/netfilter/nft_ct.c).
                TIMEOUT => timeout = Some(u32::from_ne_bytes(attribute.payload.try_into().ok()?)),
                SIZE => size = Some(attribute.u8()?),
                _ => return None,
            }
        }
        Some(Self { network, transport: transport?, port: port?, timeout: timeout?, size: size? })
    }
}
