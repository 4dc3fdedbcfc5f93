//! Fields of the packet, looked at and written: times to live, types of service, segments and TCP's other options, signs of
//! congestion, strings (linux/netfilter/xt_dscp.h, xt_DSCP.h, xt_TCPMSS.h, xt_TCPOPTSTRIP.h, xt_string.h,
//! netfilter_ipv4/ipt_ttl.h, ipt_ECN.h).

use super::info::{Info, Options};
use crate::rule::IpFamily;

const fn hops(family: IpFamily) -> &'static str {
    match family {
        IpFamily::V4 => "ttl",
        IpFamily::V6 => "hl",
    }
}

/// `struct ipt_ttl_info` and `struct ip6t_hl_info`.
pub fn ttl(info: &Info<'_>) -> Option<Vec<String>> {
    let (negated, word) = match info.u8(0)? {
        0 => (false, "eq"),
        1 => (true, "eq"),
        2 => (false, "lt"),
        3 => (false, "gt"),
        _ => return None,
    };
    let mut options = Options::default();
    options.value(negated, &format!("--{}-{word}", hops(info.family)), info.u8(1)?);
    Some(options.words())
}

/// `struct ipt_TTL_info` and `struct ip6t_HL_info`.
pub fn set_ttl(info: &Info<'_>) -> Option<Vec<String>> {
    let word = ["set", "inc", "dec"].get(usize::from(info.u8(0)?))?;
    let mut options = Options::default();
    options.value(false, &format!("--{}-{word}", hops(info.family)), info.u8(1)?);
    Some(options.words())
}

/// `struct xt_tos_match_info`.
pub fn tos(info: &Info<'_>) -> Option<Vec<String>> {
    let mut options = Options::default();
    options.value(info.flag(2)?, "--tos", format!("{:#04x}/{:#04x}", info.u8(1)?, info.u8(0)?));
    Some(options.words())
}

/// `struct xt_tos_target_info`.
pub fn set_tos(info: &Info<'_>) -> Option<Vec<String>> {
    let mut options = Options::default();
    options.value(false, "--set-tos", format!("{:#04x}/{:#04x}", info.u8(0)?, info.u8(1)?));
    Some(options.words())
}

/// `struct xt_dscp_info`.
pub fn dscp(info: &Info<'_>) -> Option<Vec<String>> {
    let mut options = Options::default();
    options.value(info.flag(1)?, "--dscp", format!("{:#04x}", info.u8(0)?));
    Some(options.words())
}

/// `struct xt_DSCP_info`.
pub fn set_dscp(info: &Info<'_>) -> Option<Vec<String>> {
    let mut options = Options::default();
    options.value(false, "--set-dscp", format!("{:#04x}", info.u8(0)?));
    Some(options.words())
}

/// `struct xt_tcpmss_info`.
pub fn set_mss(info: &Info<'_>) -> Option<Vec<String>> {
    const CLAMP: u16 = u16::MAX;
    let mut options = Options::default();
    match info.u16(0)? {
        CLAMP => options.flag(false, "--clamp-mss-to-pmtu"),
        mss => options.value(false, "--set-mss", mss),
    }
    Some(options.words())
}

/// `struct xt_CHECKSUM_info`.
pub fn checksum(info: &Info<'_>) -> Option<Vec<String>> {
    const FILL: u8 = 1;
    let mut options = Options::default();
    options.flag(false, "--checksum-fill");
    (info.u8(0)? == FILL).then(|| options.words())
}

/// `struct xt_tcpoptstrip_target_info`.
pub fn strip_options(info: &Info<'_>) -> Option<Vec<String>> {
    let mut kinds = Vec::new();
    for kind in 0..=u8::MAX {
        let strips = info.u32(4 * usize::from(kind / 32))? & 1 << (kind % 32) != 0;
        kinds.extend(strips.then(|| kind.to_string()));
    }
    let mut options = Options::default();
    options.value(false, "--strip-options", kinds.join(","));
    (!kinds.is_empty()).then(|| options.words())
}

/// `struct ipt_ECN_info`.
pub fn set_ecn(info: &Info<'_>) -> Option<Vec<String>> {
    const NETWORK: u8 = 0x01;
    const ECHO: u8 = 0x10;
    const REDUCED: u8 = 0x20;
    /// A field of two bits, which a compiler puts where the machine's order has the first ones.
    const VALUES: [u8; 2] = if cfg!(target_endian = "little") { [0x01, 0x02] } else { [0x80, 0x40] };
    let (operation, values) = (info.u8(0)?, info.u8(2)?);
    let mut options = Options::default();
    if operation & (ECHO | REDUCED) == ECHO | REDUCED && values == 0 {
        options.flag(false, "--ecn-tcp-remove");
    } else {
        for (name, bit, value) in [("--ecn-tcp-ece", ECHO, VALUES[0]), ("--ecn-tcp-cwr", REDUCED, VALUES[1])] {
            if operation & bit != 0 {
                options.value(false, name, u8::from(values & value != 0));
            }
        }
    }
    if operation & NETWORK != 0 {
        options.value(false, "--ecn-ip-ect", info.u8(1)?);
    }
    (operation & !(NETWORK | ECHO | REDUCED) == 0).then(|| options.words())
}

/// `struct xt_string_info` of revision 1.
pub fn string(info: &Info<'_>) -> Option<Vec<String>> {
    const IGNORES_CASE: u8 = 2;
    let (from, to, flags) = (info.u16(0)?, info.u16(2)?, info.u8(149)?);
    let pattern = info.bytes.get(20..20 + usize::from(info.u8(148)?).min(128))?;
    let negated = flags & 1 != 0;
    let mut options = Options::default();
    match std::str::from_utf8(pattern) {
        Ok(text) if text.chars().all(|found| found == ' ' || found.is_ascii_graphic()) => {
            options.value(negated, "--string", text);
        }
        _ => {
            let bytes: String = pattern.iter().map(|byte| format!("{byte:02x}")).collect();
            options.value(negated, "--hex-string", format!("|{bytes}|"));
        }
    }
    options.value(false, "--algo", info.text(4, 16)?);
    if from != 0 {
        options.value(false, "--from", from);
    }
    if to != u16::MAX {
        options.value(false, "--to", to);
    }
    if flags & IGNORES_CASE != 0 {
        options.flag(false, "--icase");
    }
    Some(options.words())
}
