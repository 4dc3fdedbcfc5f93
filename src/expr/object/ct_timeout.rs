//! `ct timeout`: how long a connection may stay in each of its states without a packet.

use crate::expr::Attributes;

/// A timeout policy (`enum nft_ct_timeout_timeout_attributes`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CtTimeout {
    /// `NFPROTO_*`.
    pub network: u16,
    /// `IPPROTO_*`.
    pub transport: u8,
    /// The protocol's number of a state (`CTA_TIMEOUT_*` of linux/netfilter/nfnetlink_cttimeout.h) and its seconds.
    pub seconds: Vec<(u16, u32)>,
}

const L3PROTO: u16 = 1;
const L4PROTO: u16 = 2;
const DATA: u16 = 3;

impl CtTimeout {
    /// Reads `NFTA_CT_TIMEOUT_*`.
    #[must_use]
    pub fn decode(attributes: Attributes<'_>) -> Option<Self> {
        let (mut network, mut transport, mut seconds) = (None, None, None);
        for attribute in attributes {
            match attribute.kind {
                L3PROTO => network = Some(attribute.u16()?),
                L4PROTO => transport = Some(attribute.u8()?),
                DATA => {
                    let states = Attributes::whole(attribute.payload)?;
                    seconds = states.map(|state| Some((state.kind, state.u32()?))).collect::<Option<Vec<_>>>();
                }
                _ => return None,
            }
        }
        Some(Self { network: network?, transport: transport?, seconds: seconds? })
    }
}
