//! `tcp`, `udp`, `multiport`, `icmp`: what stands behind the network header (linux/netfilter/xt_tcpudp.h,
//! xt_multiport.h, netfilter_ipv4/ip_tables.h).

use super::info::{Info, Options, list, span};
use crate::rule::IpFamily;
use crate::rule::matches::tcp;

/// `--sport`, `--dport`: two spans, and the bits that turn them around.
fn ports(info: &Info<'_>, options: &mut Options, inverted: u8) -> Option<()> {
    for (name, at, bit) in [("--sport", 0, 1), ("--dport", 4, 2)] {
        let (from, to, negated) = (info.u16(at)?, info.u16(at + 2)?, inverted & bit != 0);
        if (from, to) != (0, u16::MAX) || negated {
            options.value(negated, name, span(from, to));
        }
    }
    Some(())
}

/// Flags of TCP as iptables writes a set of them; `None` for bits that it has no word for.
fn flags(bits: u8) -> Option<String> {
    if bits == 0 {
        Some("NONE".to_owned())
    } else {
        list(bits.into(), tcp::FLAGS.map(|(name, bit)| (name, bit.into())))
    }
}

/// `struct xt_tcp`.
pub fn tcp(info: &Info<'_>) -> Option<Vec<String>> {
    const FLAGS: u8 = 4;
    const OPTION: u8 = 8;
    let (option, mask, compared, inverted) = (info.u8(8)?, info.u8(9)?, info.u8(10)?, info.u8(11)?);
    let mut options = Options::default();
    ports(info, &mut options, inverted)?;
    if option != 0 || inverted & OPTION != 0 {
        options.value(inverted & OPTION != 0, "--tcp-option", option);
    }
    if mask != 0 || inverted & FLAGS != 0 {
        options.value(inverted & FLAGS != 0, "--tcp-flags", flags(mask)?);
        options.more(flags(compared)?);
    }
    Some(options.words())
}

/// `struct xt_udp`.
pub fn udp(info: &Info<'_>) -> Option<Vec<String>> {
    let mut options = Options::default();
    ports(info, &mut options, info.u8(8)?)?;
    Some(options.words())
}

/// `struct xt_multiport_v1`.
pub fn multiport(info: &Info<'_>) -> Option<Vec<String>> {
    const MOST: usize = 15;
    let name = match info.u8(0)? {
        0 => "--sports",
        1 => "--dports",
        2 => "--ports",
        _ => return None,
    };
    let count = usize::from(info.u8(1)?);
    if count == 0 || count > MOST {
        return None;
    }
    let (mut ports, mut index) = (Vec::new(), 0);
    while index < count {
        let port = info.u16(2 + 2 * index)?;
        // A flag marks the first port of a range; the last one is behind it.
        if info.flag(32 + index)? && index + 1 < count {
            index += 1;
            ports.push(format!("{port}:{}", info.u16(2 + 2 * index)?));
        } else {
            ports.push(port.to_string());
        }
        index += 1;
    }
    let mut options = Options::default();
    options.value(info.flag(47)?, name, ports.join(","));
    Some(options.words())
}

/// `struct ipt_icmp` and `struct ip6t_icmp`.
pub fn icmp(info: &Info<'_>) -> Option<Vec<String>> {
    const ANY: u8 = 0xff;
    let (kind, from, to, negated) = (info.u8(0)?, info.u8(1)?, info.u8(2)?, info.u8(3)? & 1 != 0);
    let (name, any) = match info.family {
        IpFamily::V4 => ("--icmp-type", kind == ANY),
        IpFamily::V6 => ("--icmpv6-type", false),
    };
    let text = match (from, to) {
        _ if any => "any".to_owned(),
        (0, u8::MAX) => kind.to_string(),
        (from, to) if from == to => format!("{kind}/{from}"),
        (from, to) if info.family == IpFamily::V4 => format!("{kind}/{from}:{to}"),
        _ => return None,
    };
    let mut options = Options::default();
    options.value(negated, name, text);
    Some(options.words())
}
