//! `tunnel`: the outer header that packets get when they are sent into a tunnel.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::expr::Attributes;

/// A tunnel (`enum nft_tunnel_key_attributes`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TunnelKey {
    /// The key (VNI, session).
    pub id: u32,
    /// Source of the outer header.
    pub source: Option<IpAddr>,
    /// Destination of the outer header.
    pub destination: Option<IpAddr>,
    /// IPv6 flow label.
    pub flow_label: Option<u32>,
    /// `NFT_TUNNEL_F_*`: 1 zero checksum for IPv6, 2 do not fragment, 4 sequence numbers.
    pub flags: Option<u32>,
    /// Type of service.
    pub tos: Option<u8>,
    /// Time to live.
    pub ttl: Option<u8>,
    /// Source port.
    pub source_port: Option<u16>,
    /// Destination port.
    pub destination_port: Option<u16>,
    /// `NFTA_TUNNEL_KEY_OPTS` (VXLAN, ERSPAN, Geneve), as the kernel gave it.
    pub options: Vec<u8>,
}

const ID: u16 = 1;
const IPV4: u16 = 2;
const IPV6: u16 = 3;
const FLAGS: u16 = 4;
const TOS: u16 = 5;
const TTL: u16 = 6;
const SOURCE_PORT: u16 = 7;
const DESTINATION_PORT: u16 = 8;
const OPTIONS: u16 = 9;
/// `NFTA_TUNNEL_KEY_IP_*` and `NFTA_TUNNEL_KEY_IP6_*`.
const SOURCE: u16 = 1;
const DESTINATION: u16 = 2;
const FLOW_LABEL: u16 = 3;

impl TunnelKey {
    /// Reads `NFTA_TUNNEL_KEY_*`.
    #[must_use]
    pub fn decode(attributes: Attributes<'_>) -> Option<Self> {
        let (mut tunnel, mut id) = (Self::default(), None);
        for attribute in attributes {
            match attribute.kind {
                ID => id = Some(attribute.u32()?),
                IPV4 | IPV6 => tunnel.read_addresses(attribute.payload)?,
                FLAGS => tunnel.flags = Some(attribute.u32()?),
                TOS => tunnel.tos = Some(attribute.u8()?),
                TTL => tunnel.ttl = Some(attribute.u8()?),
                SOURCE_PORT => tunnel.source_port = Some(attribute.u16()?),
                DESTINATION_PORT => tunnel.destination_port = Some(attribute.u16()?),
                OPTIONS => tunnel.options = attribute.payload.to_vec(),
                _ => return None,
            }
        }
        tunnel.id = id?;
        Some(tunnel)
    }

    fn read_addresses(&mut self, bytes: &[u8]) -> Option<()> {
        for attribute in Attributes::whole(bytes)? {
            match attribute.kind {
                SOURCE => self.source = Some(address(attribute.payload)?),
                DESTINATION => self.destination = Some(address(attribute.payload)?),
                FLOW_LABEL => self.flow_label = Some(attribute.u32()?),
                _ => return None,
            }
        }
        Some(())
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(|octets| Ipv4Addr::from(octets).into());
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(|octets| Ipv6Addr::from(octets).into())).ok()
}
