//! Who sends and who receives: addresses, hardware addresses, ports of a bridge, users (linux/netfilter/xt_addrtype.h,
//! xt_iprange.h, xt_mac.h, xt_physdev.h, xt_pkttype.h, xt_owner.h).

use super::info::{Info, Options};
use crate::rule::matches::addrtype::Types;
use crate::rule::matches::pkttype;

/// `XT_ADDRTYPE_*`: the bits of [`Types`].
fn types(options: &mut Options, name: &str, bits: u16, negated: bool) -> Option<()> {
    if bits != 0 {
        options.value(negated, name, Types { negated, bits }.words()?);
    }
    Some(())
}

/// `struct xt_addrtype_info_v1`.
pub fn addrtype(info: &Info<'_>) -> Option<Vec<String>> {
    let flags = info.u32(4)?;
    let mut options = Options::default();
    types(&mut options, "--src-type", info.u16(0)?, flags & 1 != 0)?;
    types(&mut options, "--dst-type", info.u16(2)?, flags & 2 != 0)?;
    for (bit, name) in [(4, "--limit-iface-in"), (8, "--limit-iface-out")] {
        if flags & bit != 0 {
            options.flag(false, name);
        }
    }
    Some(options.words())
}

/// `struct xt_addrtype_info`, the first revision.
pub fn addrtype_old(info: &Info<'_>) -> Option<Vec<String>> {
    let mut options = Options::default();
    types(&mut options, "--src-type", info.u16(0)?, info.u32(4)? != 0)?;
    types(&mut options, "--dst-type", info.u16(2)?, info.u32(8)? != 0)?;
    Some(options.words())
}

/// `struct xt_iprange_mtinfo`.
pub fn iprange(info: &Info<'_>) -> Option<Vec<String>> {
    let flags = info.u8(64)?;
    let mut options = Options::default();
    for (name, at, bit) in [("--src-range", 0, 1), ("--dst-range", 32, 2)] {
        if flags & bit != 0 {
            let range = format!("{}-{}", info.address(at)?, info.address(at + 16)?);
            options.value(flags & bit << 4 != 0, name, range);
        }
    }
    Some(options.words())
}

/// `struct xt_mac_info`.
pub fn mac(info: &Info<'_>) -> Option<Vec<String>> {
    let address: Vec<_> = info.bytes.get(..6)?.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut options = Options::default();
    options.value(info.u32(8)? != 0, "--mac-source", address.join(":"));
    Some(options.words())
}

/// `struct xt_pkttype_info`; numbers are those of linux/if_packet.h.
pub fn packet_type(info: &Info<'_>) -> Option<Vec<String>> {
    let word = u8::try_from(info.u32(0)?).ok().and_then(pkttype::name)?;
    let mut options = Options::default();
    options.value(info.u32(4)? != 0, "--pkt-type", word);
    Some(options.words())
}

/// `struct xt_physdev_info`.
pub fn physdev(info: &Info<'_>) -> Option<Vec<String>> {
    let (inverted, asked) = (info.u8(64)?, info.u8(65)?);
    let mut options = Options::default();
    for (bit, name, at) in [
        (0x08, "--physdev-is-in", None),
        (0x01, "--physdev-in", Some(0)),
        (0x10, "--physdev-is-out", None),
        (0x02, "--physdev-out", Some(32)),
        (0x04, "--physdev-is-bridged", None),
    ] {
        let negated = inverted & bit != 0;
        match at {
            _ if asked & bit == 0 => {}
            None => options.flag(negated, name),
            Some(at) => options.value(negated, name, interface(info, at)?),
        }
    }
    Some(options.words())
}

/// A name, and the mask of the bytes that count behind it: all but the NUL for a name that only begins so.
fn interface(info: &Info<'_>, at: usize) -> Option<String> {
    const LENGTH: usize = 16;
    let name = info.text(at, LENGTH)?;
    let mask = info.bytes.get(at + LENGTH..at + 2 * LENGTH)?;
    let counted = mask.iter().take_while(|&&byte| byte != 0).count();
    // iptables leaves the wildcard in the name.
    let whole = counted > name.len() || name.ends_with('+');
    Some(if whole { name.to_owned() } else { format!("{name}+") })
}

/// `struct xt_owner_match_info`.
pub fn owner(info: &Info<'_>) -> Option<Vec<String>> {
    let (asked, inverted) = (info.u8(16)?, info.u8(17)?);
    let mut options = Options::default();
    for (bit, name, at) in [
        (4, "--socket-exists", None),
        (1, "--uid-owner", Some(0)),
        (2, "--gid-owner", Some(8)),
        (8, "--suppl-groups", None),
    ] {
        let negated = inverted & bit != 0;
        match at {
            _ if asked & bit == 0 => {}
            None => options.flag(negated, name),
            Some(at) => {
                let (from, to) = (info.u32(at)?, info.u32(at + 4)?);
                options.value(negated, name, if from == to { from.to_string() } else { format!("{from}-{to}") });
            }
        }
    }
    Some(options.words())
}
