//! Marks of packets and connections (linux/netfilter/xt_mark.h, xt_connmark.h), realms, classes, labels
//! (xt_connlabel.h), security markings (xt_CONNSECMARK.h).

use super::info::{Info, Options, masked};

/// `struct xt_mark_mtinfo1`, `xt_connmark_mtinfo1` and `xt_realm_info`: a value under a mask.
fn value(info: &Info<'_>, name: &str) -> Option<Vec<String>> {
    let mut options = Options::default();
    options.value(info.flag(8)?, name, masked(info.u32(0)?, info.u32(4)?));
    Some(options.words())
}

/// `-m mark` and `-m connmark`.
pub fn mark(info: &Info<'_>) -> Option<Vec<String>> {
    value(info, "--mark")
}

/// `-m realm`.
pub fn realm(info: &Info<'_>) -> Option<Vec<String>> {
    value(info, "--realm")
}

/// `struct xt_mark_tginfo2`.
pub fn set_mark(info: &Info<'_>) -> Option<Vec<String>> {
    let mut options = Options::default();
    options.value(false, "--set-xmark", format!("{:#x}/{:#x}", info.u32(0)?, info.u32(4)?));
    Some(options.words())
}

/// `struct xt_connmark_tginfo1`.
pub fn connmark(info: &Info<'_>) -> Option<Vec<String>> {
    connmark_of(info, info.u8(12)?)
}

/// `struct xt_connmark_tginfo2`, whose bits may be moved as well.
pub fn connmark_shifting(info: &Info<'_>) -> Option<Vec<String>> {
    let (bits, mode) = (info.u8(13)?, info.u8(14)?);
    if bits == 0 { connmark_of(info, mode) } else { None }
}

fn connmark_of(info: &Info<'_>, mode: u8) -> Option<Vec<String>> {
    let (mark, connection, packet) = (info.u32(0)?, info.u32(4)?, info.u32(8)?);
    let mut options = Options::default();
    match mode {
        0 => options.value(false, "--set-xmark", format!("{mark:#x}/{connection:#x}")),
        1 | 2 => {
            options.flag(false, if mode == 1 { "--save-mark" } else { "--restore-mark" });
            options.value(false, "--nfmask", format!("{packet:#x}"));
            options.value(false, "--ctmask", format!("{connection:#x}"));
        }
        _ => return None,
    }
    Some(options.words())
}

/// `struct xt_classify_target_info`.
pub fn classify(info: &Info<'_>) -> Option<Vec<String>> {
    let class = info.u32(0)?;
    let mut options = Options::default();
    options.value(false, "--set-class", format!("{:x}:{:x}", class >> 16, class & 0xffff));
    Some(options.words())
}

/// `struct xt_connlabel_mtinfo`.
pub fn connlabel(info: &Info<'_>) -> Option<Vec<String>> {
    const INVERTED: u16 = 1;
    const SET: u16 = 2;
    let flags = info.u16(2)?;
    let mut options = Options::default();
    options.value(flags & INVERTED != 0, "--label", info.u16(0)?);
    if flags & SET != 0 {
        options.flag(false, "--set");
    }
    (flags & !(INVERTED | SET) == 0).then(|| options.words())
}

/// `struct xt_connsecmark_target_info`.
pub fn connsecmark(info: &Info<'_>) -> Option<Vec<String>> {
    let mut options = Options::default();
    match info.u8(0)? {
        1 => options.flag(false, "--save"),
        2 => options.flag(false, "--restore"),
        _ => return None,
    }
    Some(options.words())
}
