//! What becomes of a packet, and who is told: LOG, NFLOG, AUDIT, REJECT, NFQUEUE, TEE, TPROXY, SYNPROXY
//! (linux/netfilter/xt_LOG.h, xt_NFLOG.h, xt_AUDIT.h, xt_NFQUEUE.h, xt_TEE.h, xt_TPROXY.h, nf_synproxy.h,
//! netfilter_ipv4/ipt_REJECT.h).

use super::info::{Info, Options};
use crate::rule::IpFamily;

/// `struct xt_log_info`.
pub fn log(info: &Info<'_>) -> Option<Vec<String>> {
    const DEFAULT_LEVEL: u8 = 4;
    const FLAGS: [(u8, &str); 5] = [
        (0x01, "--log-tcp-sequence"),
        (0x02, "--log-tcp-options"),
        (0x04, "--log-ip-options"),
        (0x08, "--log-uid"),
        (0x20, "--log-macdecode"),
    ];
    let (level, flags, prefix) = (info.u8(0)?, info.u8(1)?, info.text(2, 30)?);
    let mut options = Options::default();
    if !prefix.is_empty() {
        options.value(false, "--log-prefix", prefix);
    }
    if level != DEFAULT_LEVEL {
        options.value(false, "--log-level", level);
    }
    FLAGS.iter().filter(|row| flags & row.0 != 0).for_each(|row| options.flag(false, row.1));
    Some(options.words())
}

/// `struct xt_nflog_info`.
pub fn nflog(info: &Info<'_>) -> Option<Vec<String>> {
    const COPIES_LENGTH: u16 = 1;
    let (length, group, threshold, flags) = (info.u32(0)?, info.u16(4)?, info.u16(6)?, info.u16(8)?);
    let prefix = info.text(12, 64)?;
    let mut options = Options::default();
    if !prefix.is_empty() {
        options.value(false, "--nflog-prefix", prefix);
    }
    if group != 0 {
        options.value(false, "--nflog-group", group);
    }
    if flags & COPIES_LENGTH != 0 {
        options.value(false, "--nflog-size", length);
    } else if length != 0 {
        options.value(false, "--nflog-range", length);
    }
    if threshold != 0 {
        options.value(false, "--nflog-threshold", threshold);
    }
    Some(options.words())
}

/// `enum ipt_reject_with` and `enum ip6t_reject_with`, by place; what the kernel took back has no word.
const V4: [&str; 9] = [
    "icmp-net-unreachable",
    "icmp-host-unreachable",
    "icmp-proto-unreachable",
    "icmp-port-unreachable",
    "",
    "icmp-net-prohibited",
    "icmp-host-prohibited",
    "tcp-reset",
    "icmp-admin-prohibited",
];
const V6: [&str; 9] = [
    "icmp6-no-route",
    "icmp6-adm-prohibited",
    "",
    "icmp6-addr-unreachable",
    "icmp6-port-unreachable",
    "",
    "tcp-reset",
    "icmp6-policy-fail",
    "icmp6-reject-route",
];

/// `struct ipt_reject_info` and `struct ip6t_reject_info`.
pub fn reject(info: &Info<'_>) -> Option<Vec<String>> {
    let words = match info.family {
        IpFamily::V4 => V4,
        IpFamily::V6 => V6,
    };
    let word = words.get(usize::try_from(info.u32(0)?).ok()?).filter(|word| !word.is_empty())?;
    let mut options = Options::default();
    options.value(false, "--reject-with", word);
    Some(options.words())
}

/// `struct xt_NFQ_info_v3`.
pub fn nfqueue(info: &Info<'_>) -> Option<Vec<String>> {
    let (number, total, flags) = (info.u16(0)?, info.u16(2)?, info.u16(4)?);
    let mut options = Options::default();
    if total > 1 {
        options.value(false, "--queue-balance", format!("{number}:{}", u32::from(number) + u32::from(total) - 1));
    } else {
        options.value(false, "--queue-num", number);
    }
    for (bit, name) in [(1, "--queue-bypass"), (2, "--queue-cpu-fanout")] {
        if flags & bit != 0 {
            options.flag(false, name);
        }
    }
    Some(options.words())
}

/// `struct xt_tee_tginfo`.
pub fn tee(info: &Info<'_>) -> Option<Vec<String>> {
    let interface = info.text(16, 16)?;
    let mut options = Options::default();
    options.value(false, "--gateway", info.address(0)?);
    if !interface.is_empty() {
        options.value(false, "--oif", interface);
    }
    Some(options.words())
}

/// `struct xt_audit_info`.
pub fn audit(info: &Info<'_>) -> Option<Vec<String>> {
    let kind = ["accept", "drop", "reject"].get(usize::from(info.u8(0)?))?;
    let mut options = Options::default();
    options.value(false, "--type", kind);
    Some(options.words())
}

/// `struct xt_tproxy_target_info`.
pub fn tproxy_old(info: &Info<'_>) -> Option<Vec<String>> {
    tproxy_of(info, 12)
}

/// `struct xt_tproxy_target_info_v1`, which has room for either family.
pub fn tproxy(info: &Info<'_>) -> Option<Vec<String>> {
    tproxy_of(info, 24)
}

fn tproxy_of(info: &Info<'_>, port: usize) -> Option<Vec<String>> {
    let mut options = Options::default();
    options.value(false, "--on-port", info.port(port)?);
    options.value(false, "--on-ip", info.address(8)?);
    options.value(false, "--tproxy-mark", format!("{:#x}/{:#x}", info.u32(4)?, info.u32(0)?));
    Some(options.words())
}

/// `struct nf_synproxy_info`.
pub fn synproxy(info: &Info<'_>) -> Option<Vec<String>> {
    const MSS: u8 = 0x01;
    const WINDOW_SCALE: u8 = 0x02;
    const SACK: u8 = 0x04;
    const TIMESTAMP: u8 = 0x08;
    const ECN: u8 = 0x10;
    let flags = info.u8(0)?;
    let mut options = Options::default();
    let said = |bit: u8| flags & bit != 0;
    [(SACK, "--sack-perm"), (TIMESTAMP, "--timestamp")]
        .iter()
        .filter(|row| said(row.0))
        .for_each(|row| options.flag(false, row.1));
    if said(WINDOW_SCALE) {
        options.value(false, "--wscale", info.u8(1)?);
    }
    if said(MSS) {
        options.value(false, "--mss", info.u16(2)?);
    }
    if said(ECN) {
        options.flag(false, "--ecn");
    }
    (flags & !(MSS | WINDOW_SCALE | SACK | TIMESTAMP | ECN) == 0).then(|| options.words())
}
