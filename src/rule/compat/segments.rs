//! `srh`: segment routing headers (linux/netfilter_ipv6/ip6t_srh.h).

use std::net::IpAddr;

use super::info::{Info, Options};
use crate::rule::address::prefix_length;

/// Options of a field of one byte, and where that is: three of them share one. Their flags are the lowest bits, in this
/// order.
const FIELDS: [(&str, usize); 10] = [
    ("--srh-next-hdr", 0),
    ("--srh-hdr-len-eq", 1),
    ("--srh-hdr-len-gt", 1),
    ("--srh-hdr-len-lt", 1),
    ("--srh-segs-left-eq", 2),
    ("--srh-segs-left-gt", 2),
    ("--srh-segs-left-lt", 2),
    ("--srh-last-entry-eq", 3),
    ("--srh-last-entry-gt", 3),
    ("--srh-last-entry-lt", 3),
];
const TAG: u16 = 1 << 10;

/// `struct ip6t_srh`.
pub fn revision0(info: &Info<'_>) -> Option<Vec<String>> {
    let (flags, inverted) = (info.u16(6)?, info.u16(8)?);
    let options = header(info, flags, inverted)?;
    ((flags | inverted) >> 11 == 0).then(|| options.words())
}

/// `struct ip6t_srh1`, which knows segments too: addresses first, then their masks.
pub fn revision1(info: &Info<'_>) -> Option<Vec<String>> {
    let (flags, inverted) = (info.u16(104)?, info.u16(106)?);
    let mut options = header(info, flags, inverted)?;
    for (name, at, bit) in [("--srh-psid", 8, 1 << 11), ("--srh-nsid", 24, 1 << 12), ("--srh-lsid", 40, 1 << 13)] {
        if flags & bit != 0 {
            let (address, IpAddr::V6(mask)) = (info.address(at)?, info.address(at + 48)?) else { return None };
            let length = prefix_length(&mask.octets())?;
            options.value(inverted & bit != 0, name, format!("{address}/{length}"));
        }
    }
    ((flags | inverted) >> 14 == 0).then(|| options.words())
}

/// The fields of the header itself.
fn header(info: &Info<'_>, flags: u16, inverted: u16) -> Option<Options> {
    let mut options = Options::default();
    for (place, (name, at)) in FIELDS.into_iter().enumerate() {
        if flags & 1 << place != 0 {
            options.value(inverted & 1 << place != 0, name, info.u8(at)?);
        }
    }
    if flags & TAG != 0 {
        options.value(inverted & TAG != 0, "--srh-tag", info.u16(4)?);
    }
    (inverted & !flags == 0).then_some(options)
}
