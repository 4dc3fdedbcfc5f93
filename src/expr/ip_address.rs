//! Addresses of IP as they lie in packets, attributes and registers: 4 or 16 bytes in network order.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The bytes of an address, in network order.
#[must_use]
pub fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

/// The inverse of [`octets`]; `None` for bytes of another length.
#[must_use]
pub fn from_octets(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(bytes) = <[u8; 4]>::try_from(bytes) {
        return Some(Ipv4Addr::from(bytes).into());
    }
    <[u8; 16]>::try_from(bytes).ok().map(|bytes| Ipv6Addr::from(bytes).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_lead_back_to_their_address() {
        for address in ["10.0.0.1", "2001:db8::1"] {
            let address: IpAddr = address.parse().expect("an address");
            assert_eq!(from_octets(&octets(address)), Some(address));
        }
        for length in [0, 5, 15, 17] {
            assert_eq!(from_octets(&vec![0; length]), None);
        }
    }
}
