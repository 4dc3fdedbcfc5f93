//! Headers between IPv6's own and the transport: `frag`, `rt`, `hbh`, `dst`, `mh`, `ipv6header`
//! (linux/netfilter_ipv6/ip6t_frag.h, ip6t_rt.h, ip6t_opts.h, ip6t_mh.h, ip6t_ipv6header.h).

use super::info::{Info, Options, span};
use crate::rule::matches::ipv6header::Ipv6header;
use crate::rule::registry::Extension;

/// A range of 32-bit numbers that the kernel always looks at; the whole one asks nothing.
fn range(info: &Info<'_>, at: usize, negated: bool, name: &str, options: &mut Options) -> Option<()> {
    let (from, to) = (info.u32(at)?, info.u32(at + 4)?);
    if (from, to) != (0, u32::MAX) || negated {
        options.value(negated, name, span(from, to));
    }
    Some(())
}

/// `struct ip6t_frag`.
pub fn frag(info: &Info<'_>) -> Option<Vec<String>> {
    const LENGTH: u8 = 2;
    const SWITCHES: [(u8, &str); 4] =
        [(0x04, "--fragres"), (0x08, "--fragfirst"), (0x10, "--fragmore"), (0x20, "--fraglast")];
    let (flags, inverted) = (info.u8(12)?, info.u8(13)?);
    let mut options = Options::default();
    range(info, 0, inverted & 1 != 0, "--fragid", &mut options)?;
    if flags & LENGTH != 0 {
        options.value(inverted & LENGTH != 0, "--fraglen", info.u32(8)?);
    }
    SWITCHES.iter().filter(|row| flags & row.0 != 0).for_each(|row| options.flag(false, row.1));
    (flags & !0x3f == 0 && inverted & !0x3 == 0).then(|| options.words())
}

/// `struct ip6t_rt`.
pub fn rt(info: &Info<'_>) -> Option<Vec<String>> {
    const KIND: u8 = 0x01;
    const LEFT: u8 = 0x02;
    const LENGTH: u8 = 0x04;
    const RESERVED: u8 = 0x08;
    const ADDRESSES: u8 = 0x10;
    const NOT_STRICT: u8 = 0x20;
    const MOST: usize = 16;
    let (flags, inverted) = (info.u8(16)?, info.u8(17)?);
    let mut options = Options::default();
    if flags & KIND != 0 {
        options.value(inverted & KIND != 0, "--rt-type", info.u32(0)?);
    }
    range(info, 4, inverted & LEFT != 0, "--rt-segsleft", &mut options)?;
    if flags & LENGTH != 0 {
        options.value(inverted & LENGTH != 0, "--rt-len", info.u32(12)?);
    }
    if flags & RESERVED != 0 {
        options.flag(false, "--rt-0-res");
    }
    if flags & ADDRESSES != 0 {
        let count = usize::from(info.u8(276)?);
        let addresses = (0..count).map(|index| info.address(20 + 16 * index).map(|address| address.to_string()));
        let addresses = addresses.collect::<Option<Vec<_>>>().filter(|_| (1..=MOST).contains(&count))?;
        options.value(false, "--rt-0-addrs", addresses.join(","));
    }
    if flags & NOT_STRICT != 0 {
        options.flag(false, "--rt-0-not-strict");
    }
    (flags & !0x3f == 0 && inverted & !0x7 == 0).then(|| options.words())
}

/// `struct ip6t_opts` as options for every hop.
pub fn hbh(info: &Info<'_>) -> Option<Vec<String>> {
    listed_options(info, "--hbh-len", "--hbh-opts")
}

/// `struct ip6t_opts` as options for the destination.
pub fn dst(info: &Info<'_>) -> Option<Vec<String>> {
    listed_options(info, "--dst-len", "--dst-opts")
}

fn listed_options(info: &Info<'_>, length: &str, list: &str) -> Option<Vec<String>> {
    const LENGTH: u8 = 1;
    const LIST: u8 = 2;
    const MOST: usize = 16;
    let (flags, inverted) = (info.u8(4)?, info.u8(5)?);
    let mut options = Options::default();
    if flags & LENGTH != 0 {
        options.value(inverted & LENGTH != 0, length, info.u32(0)?);
    }
    if flags & LIST != 0 {
        // The type in the upper half, and in the lower one the length or 255 for any.
        let text = |option: u16| match option.to_be_bytes() {
            [kind, u8::MAX] => kind.to_string(),
            [kind, length] => format!("{kind}:{length}"),
        };
        let count = usize::from(info.u8(38)?);
        let found = (0..count).map(|index| info.u16(6 + 2 * index).map(text)).collect::<Option<Vec<_>>>();
        options.value(false, list, found.filter(|_| (1..=MOST).contains(&count))?.join(","));
    }
    (flags & !(LENGTH | LIST) == 0 && inverted & !LENGTH == 0).then(|| options.words())
}

/// `struct ip6t_mh`.
pub fn mh(info: &Info<'_>) -> Option<Vec<String>> {
    let (from, to, inverted) = (info.u8(0)?, info.u8(1)?, info.u8(2)?);
    let mut options = Options::default();
    if (from, to) != (0, u8::MAX) || inverted != 0 {
        options.value(inverted != 0, "--mh-type", span(from, to));
    }
    (inverted & !1 == 0).then(|| options.words())
}

/// `struct ip6t_ipv6header_info`.
pub fn ipv6header(info: &Info<'_>) -> Option<Vec<String>> {
    let switch = |at: usize| match info.u8(at)? {
        0 => Some(false),
        u8::MAX => Some(true),
        _ => None,
    };
    let found = Ipv6header { headers: info.u8(0)?, negated: switch(1)?, soft: switch(2)? };
    (found.headers != 0).then(|| found.render())
}
