//! `sctp`, `dccp`, and `osf`, which reads TCP's header (linux/netfilter/xt_sctp.h, xt_dccp.h, xt_osf.h,
//! nfnetlink_osf.h).

use super::info::{Info, Options, span};
use crate::rule::matches::dccp::Dccp;
use crate::rule::matches::sctp;
use crate::rule::registry::Extension;

/// Which conditions are asked, and which of these are meant the other way round; `None` where others are than `known`.
struct Asked {
    flags: u32,
    inverted: u32,
}

impl Asked {
    fn new(flags: u32, inverted: u32, known: u32) -> Option<Self> {
        (flags & !known == 0 && inverted & !flags == 0).then_some(Self { flags, inverted })
    }

    /// Whether it is negated, of what is asked.
    const fn negated(&self, bit: u32) -> Option<bool> {
        if self.flags & bit == 0 { None } else { Some(self.inverted & bit != 0) }
    }

    /// Both structs begin with the destination's ports.
    fn ports(&self, info: &Info<'_>, options: &mut Options) -> Option<()> {
        for (name, at, bit) in [("--sport", 4, 1), ("--dport", 0, 2)] {
            if let Some(negated) = self.negated(bit) {
                options.value(negated, name, span(info.u16(at)?, info.u16(at + 2)?));
            }
        }
        Some(())
    }
}

/// `struct xt_sctp_info`.
pub fn sctp(info: &Info<'_>) -> Option<Vec<String>> {
    const CHUNKS: u32 = 4;
    let asked = Asked::new(info.u32(284)?, info.u32(288)?, 7)?;
    let mut options = Options::default();
    asked.ports(info, &mut options)?;
    if let Some(negated) = asked.negated(CHUNKS) {
        let how = match info.u32(264)? {
            1 => "any",
            2 => "all",
            4 => "only",
            _ => return None,
        };
        options.value(negated, "--chunk-types", how);
        options.more(chunks(info)?);
    }
    Some(options.words())
}

/// The chunks of the map with the flags that are asked of them. The map has eight times the bits that there are types.
fn chunks(info: &Info<'_>) -> Option<String> {
    const MAP: std::ops::Range<usize> = 8..264;
    const TYPES: usize = 32;
    const MOST_FLAGS: usize = 4;
    let count = usize::try_from(info.u32(280)?).ok().filter(|&count| count <= MOST_FLAGS)?;
    let flags = |at: usize| Some((info.u8(at)?, info.u8(at + 2)?, info.u8(at + 1)?));
    let flags = (0..count).map(|index| flags(268 + 3 * index)).collect::<Option<Vec<_>>>()?;
    let map = info.bytes.get(MAP)?;
    for (byte, word) in [(0, "NONE"), (u8::MAX, "ALL")] {
        if map.iter().all(|&found| found == byte) {
            return flags.is_empty().then(|| word.to_owned());
        }
    }
    let is_set = |kind: u8| Some(info.u32(MAP.start + 4 * usize::from(kind / 32))? & 1 << (kind % 32) != 0);
    let mut kinds = Vec::new();
    for kind in 0..=u8::MAX {
        kinds.extend(is_set(kind)?.then_some(kind));
    }
    let whole = map[TYPES..].iter().all(|&byte| byte == 0);
    sctp::chunk_list(&kinds, &flags).filter(|_| whole)
}

/// `struct xt_dccp_info`.
pub fn dccp(info: &Info<'_>) -> Option<Vec<String>> {
    const TYPES: u32 = 4;
    const OPTION: u32 = 8;
    /// All types behind those that have a name.
    const INVALID: u16 = 0xfc00;
    const FIRST_INVALID: u16 = 0x0400;
    let asked = Asked::new(info.u16(8)?.into(), info.u16(10)?.into(), 15)?;
    let mut options = Options::default();
    asked.ports(info, &mut options)?;
    let mut words = options.words();
    if let Some(negated) = asked.negated(TYPES) {
        let types = info.u16(12)?;
        let named = match types & INVALID {
            0 => types,
            INVALID => types & !INVALID | FIRST_INVALID,
            _ => return None,
        };
        let found = Dccp { types: Some((negated, named)), ..Dccp::default() };
        words.extend((named != 0).then(|| found.render())?);
    }
    if let Some(negated) = asked.negated(OPTION) {
        let mut options = Options::default();
        options.value(negated, "--dccp-option", info.u8(14)?);
        words.append(&mut options.words());
    }
    Some(words)
}

/// `struct nf_osf_info`.
pub fn osf(info: &Info<'_>) -> Option<Vec<String>> {
    const TTL: u32 = 2;
    const LOG: u32 = 4;
    const INVERTED: u32 = 8;
    let (genre, length, flags) = (info.text(0, 32)?, info.u32(32)?, info.u32(36)?);
    let mut options = Options::default();
    options.value(flags & INVERTED != 0, "--genre", genre);
    for (name, at, bit) in [("--ttl", 44, TTL), ("--log", 40, LOG)] {
        if flags & bit != 0 {
            options.value(false, name, info.u32(at)?);
        }
    }
    let whole = usize::try_from(length).ok()? == genre.len();
    (whole && flags & !(TTL | LOG | INVERTED) == 0).then(|| options.words())
}
