//! What the tracking of connections knows: `conntrack`, `state`, `helper`, `connbytes`, and what CT sets
//! (linux/netfilter/xt_conntrack.h, xt_state.h, xt_CT.h).

use std::net::IpAddr;

use super::info::{Info, Options, list, span};
use crate::rule::address::prefix_length;
use crate::rule::matches::conntrack::STATUSES;
use crate::rule::protocol;
use crate::rule::targets::ct::EVENTS;

/// `XT_CONNTRACK_STATE_*` and `XT_STATE_*`: bit 0 and one more than the kernel's `enum ip_conntrack_info`.
const STATES: [(&str, u32); 7] = [
    ("INVALID", 1),
    ("NEW", 1 << 3),
    ("RELATED", 1 << 2),
    ("ESTABLISHED", 1 << 1),
    ("UNTRACKED", 1 << 8),
    ("SNAT", 1 << 6),
    ("DNAT", 1 << 7),
];
/// How many of them `-m state` knows.
const OF_STATE: usize = 5;

/// Where the revisions of the struct differ.
struct Layout {
    /// Whether states and statuses are 16 bits wide.
    wide: bool,
    /// Where the upper ends of port ranges are; without, ports are in network order.
    upper: Option<usize>,
}

/// `struct xt_conntrack_mtinfo1`.
pub fn conntrack1(info: &Info<'_>) -> Option<Vec<String>> {
    conntrack(info, &Layout { wide: false, upper: None })
}

/// `struct xt_conntrack_mtinfo2`.
pub fn conntrack2(info: &Info<'_>) -> Option<Vec<String>> {
    conntrack(info, &Layout { wide: true, upper: None })
}

/// `struct xt_conntrack_mtinfo3`.
pub fn conntrack3(info: &Info<'_>) -> Option<Vec<String>> {
    conntrack(info, &Layout { wide: true, upper: Some(154) })
}

fn conntrack(info: &Info<'_>, layout: &Layout) -> Option<Vec<String>> {
    const DIRECTION: u16 = 1 << 12;
    let (asked, inverted) = (info.u16(146)?, info.u16(148)?);
    let is_asked = |bit: u16| (asked & bit != 0).then_some(inverted & bit != 0);
    let (states, statuses) = match layout.wide {
        true => (info.u16(150)?, info.u16(152)?),
        false => (info.u8(150)?.into(), info.u8(151)?.into()),
    };
    let mut options = Options::default();
    if let Some(negated) = is_asked(1) {
        options.value(negated, "--ctstate", list(states.into(), STATES)?);
    }
    if let Some(negated) = is_asked(1 << 1) {
        options.value(negated, "--ctproto", protocol::display(u8::try_from(info.u16(136)?).ok()?));
    }
    for (bit, name, at) in
        [(2, "--ctorigsrc", 0), (3, "--ctorigdst", 32), (4, "--ctreplsrc", 64), (5, "--ctrepldst", 96)]
    {
        if let Some(negated) = is_asked(1 << bit) {
            options.value(negated, name, network(info, at)?);
        }
    }
    for (index, name) in ["--ctorigsrcport", "--ctorigdstport", "--ctreplsrcport", "--ctrepldstport"].iter().enumerate()
    {
        if let Some(negated) = is_asked(1 << (8 + index)) {
            let at = 138 + 2 * index;
            let (from, to) = match layout.upper {
                Some(upper) => (info.u16(at)?, info.u16(upper + 2 * index)?),
                None => (info.port(at)?, info.port(at)?),
            };
            options.value(negated, name, span(from, to));
        }
    }
    if let Some(negated) = is_asked(1 << 6) {
        let text = if statuses == 0 { "NONE".to_owned() } else { list(statuses.into(), STATUSES)? };
        options.value(negated, "--ctstatus", text);
    }
    if let Some(negated) = is_asked(1 << 7) {
        options.value(negated, "--ctexpire", span(info.u32(128)?, info.u32(132)?));
    }
    if let Some(replies) = is_asked(DIRECTION) {
        options.value(false, "--ctdir", if replies { "REPLY" } else { "ORIGINAL" });
    }
    Some(options.words())
}

/// `struct xt_conntrack_mtinfo3`, where it was written as `-m state`.
pub fn state_of_conntrack(info: &Info<'_>) -> Option<Vec<String>> {
    const STATE_ALIAS: u16 = 1 << 13;
    const STATE: u16 = 1;
    let (asked, inverted) = (info.u16(146)?, info.u16(148)?);
    if asked != STATE | STATE_ALIAS {
        return None;
    }
    let mut options = Options::default();
    options.value(inverted & STATE != 0, "--state", list(info.u16(150)?.into(), STATES.into_iter().take(OF_STATE))?);
    Some(options.words())
}

/// An address and, behind it, its mask.
fn network(info: &Info<'_>, at: usize) -> Option<String> {
    let (address, mask) = (info.address(at)?, info.address(at + 16)?);
    let (length, whole) = match mask {
        IpAddr::V4(mask) => (prefix_length(&mask.octets()), 32),
        IpAddr::V6(mask) => (prefix_length(&mask.octets()), 128),
    };
    Some(match length {
        Some(length) if length == whole => address.to_string(),
        Some(length) => format!("{address}/{length}"),
        None => format!("{address}/{mask}"),
    })
}

/// `struct xt_state_info`.
pub fn state(info: &Info<'_>) -> Option<Vec<String>> {
    const UNTRACKED: u32 = 1 << 6;
    let states = info.u32(0)?;
    // The connection's translations have no bits here, and the last one is in their place.
    let states = states & !UNTRACKED | if states & UNTRACKED != 0 { 1 << 8 } else { 0 };
    let mut options = Options::default();
    options.value(false, "--state", list(states, STATES.into_iter().take(OF_STATE))?);
    Some(options.words())
}

/// `struct xt_helper_info`.
pub fn helper(info: &Info<'_>) -> Option<Vec<String>> {
    let mut options = Options::default();
    options.value(info.u32(0)? != 0, "--helper", info.text(4, 30)?);
    Some(options.words())
}

/// `struct xt_connbytes_info`; a span that is turned around is a negated one.
pub fn connbytes(info: &Info<'_>) -> Option<Vec<String>> {
    let (from, to) = (info.u64(0)?, info.u64(8)?);
    let (negated, from, to) = if from > to { (true, to, from) } else { (false, from, to) };
    let mut options = Options::default();
    let upper = if to == u64::MAX { String::new() } else { to.to_string() };
    options.value(negated, "--connbytes", format!("{from}:{upper}"));
    options.value(false, "--connbytes-mode", ["packets", "bytes", "avgpkt"].get(usize::from(info.u8(16)?))?);
    options.value(false, "--connbytes-dir", ["original", "reply", "both"].get(usize::from(info.u8(17)?))?);
    Some(options.words())
}

/// `struct xt_ct_target_info`.
pub fn ct(info: &Info<'_>) -> Option<Vec<String>> {
    ct_with(info, "")
}

/// `struct xt_ct_target_info_v1`, which names a timeout.
pub fn ct_timeout(info: &Info<'_>) -> Option<Vec<String>> {
    ct_with(info, info.text(28, 32)?)
}

fn ct_with(info: &Info<'_>, timeout: &str) -> Option<Vec<String>> {
    const NOTRACK: u16 = 1;
    const ORIGINAL: u16 = 4;
    const REPLY: u16 = 8;
    const MARK: u16 = 16;
    let (flags, zone) = (info.u16(0)?, info.u16(2)?);
    let mut options = Options::default();
    if flags & NOTRACK != 0 {
        options.flag(false, "--notrack");
    }
    let helper = info.text(12, 16)?;
    for (name, text) in [("--helper", helper), ("--timeout", timeout)] {
        if !text.is_empty() {
            options.value(false, name, text);
        }
    }
    for (name, at) in [("--ctevents", 4), ("--expevents", 8)] {
        let events = info.u32(at)?;
        if events != 0 {
            let bits = (0..).map(|place| 1 << place);
            options.value(false, name, list(events, EVENTS.into_iter().zip(bits))?);
        }
    }
    let zone_name = match flags & (ORIGINAL | REPLY) {
        ORIGINAL => "--zone-orig",
        REPLY => "--zone-reply",
        _ => "--zone",
    };
    if flags & MARK != 0 {
        options.value(false, zone_name, "mark");
    } else if zone != 0 {
        options.value(false, zone_name, zone);
    }
    Some(options.words())
}

/// `struct xt_ct_target_info_v1`, where it was written as `-j NOTRACK`.
pub fn notrack(info: &Info<'_>) -> Option<Vec<String>> {
    const NOTRACK: u16 = 1;
    const ALIAS: u16 = 2;
    let nothing_else = info.bytes.get(2..60)?.iter().all(|&byte| byte == 0);
    (info.u16(0)? == NOTRACK | ALIAS && nothing_else).then(Vec::new)
}

/// A target without a struct.
pub fn nothing(_: &Info<'_>) -> Option<Vec<String>> {
    Some(Vec::new())
}
