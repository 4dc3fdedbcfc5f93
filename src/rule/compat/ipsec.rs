//! Security parameters: `esp`, `ah`, `ipcomp` (linux/netfilter/xt_esp.h, xt_ipcomp.h, netfilter_ipv4/ipt_ah.h,
//! netfilter_ipv6/ip6t_ah.h).

use super::info::{Info, Options, span};

/// The indices that all of them begin with; what turns them around is bit 1 of `inverted`.
fn indices(info: &Info<'_>, name: &str, inverted: u8) -> Option<Options> {
    let (from, to, negated) = (info.u32(0)?, info.u32(4)?, inverted & 1 != 0);
    let mut options = Options::default();
    if (from, to) != (0, u32::MAX) || negated {
        options.value(negated, name, span(from, to));
    }
    Some(options)
}

/// A struct of indices and their inversion.
fn plain(info: &Info<'_>, name: &str) -> Option<Options> {
    let inverted = info.u8(8).filter(|inverted| inverted & !1 == 0)?;
    indices(info, name, inverted)
}

/// `struct xt_esp`.
pub fn esp(info: &Info<'_>) -> Option<Vec<String>> {
    plain(info, "--espspi").map(Options::words)
}

/// `struct ipt_ah`.
pub fn ah(info: &Info<'_>) -> Option<Vec<String>> {
    plain(info, "--ahspi").map(Options::words)
}

/// `struct ip6t_ah`, which looks at the rest of the header too.
pub fn ah6(info: &Info<'_>) -> Option<Vec<String>> {
    const LENGTH: u8 = 2;
    let (length, inverted) = (info.u32(8)?, info.u8(13).filter(|inverted| inverted & !(1 | LENGTH) == 0)?);
    let negated = inverted & LENGTH != 0;
    let mut options = indices(info, "--ahspi", inverted)?;
    if length != 0 || negated {
        options.value(negated, "--ahlen", length);
    }
    if info.flag(12)? {
        options.flag(false, "--ahres");
    }
    Some(options.words())
}

/// `struct xt_ipcomp`.
pub fn ipcomp(info: &Info<'_>) -> Option<Vec<String>> {
    let mut options = plain(info, "--ipcompspi")?;
    if info.flag(9)? {
        options.flag(false, "--compres");
    }
    Some(options.words())
}
