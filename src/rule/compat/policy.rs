//! `policy`: what IPsec did to a packet, or will do (linux/netfilter/xt_policy.h).

use super::info::{Info, Options};
use crate::rule::IpFamily;
use crate::rule::address::prefix_length;

/// `enum xt_policy_flags`.
const IN: u16 = 1;
const OUT: u16 = 2;
const NONE: u16 = 4;
const STRICT: u16 = 8;
/// `XT_POLICY_MAX_ELEM`, and the bytes of a `struct xt_policy_elem`.
const ELEMENTS: usize = 4;
const BYTES: usize = 76;
/// The bits of `struct xt_policy_spec`.
const SOURCE: u8 = 1;
const DESTINATION: u8 = 2;
const PROTOCOL: u8 = 4;
const MODE: u8 = 8;
const SPI: u8 = 16;
const REQUEST: u8 = 32;

/// `struct xt_policy_info`.
pub fn policy(info: &Info<'_>) -> Option<Vec<String>> {
    let (flags, length) = (info.u16(ELEMENTS * BYTES)?, info.u16(ELEMENTS * BYTES + 2)?);
    let mut options = Options::default();
    options.value(
        false,
        "--dir",
        match flags & (IN | OUT) {
            IN => "in",
            OUT => "out",
            _ => return None,
        },
    );
    options.value(false, "--pol", if flags & NONE == 0 { "ipsec" } else { "none" });
    if flags & STRICT != 0 {
        options.flag(false, "--strict");
    }
    for at in 0..usize::from(length) {
        if at > 0 {
            options.flag(false, "--next");
        }
        element(info, (at < ELEMENTS).then_some(at * BYTES)?, &mut options)?;
    }
    (flags & !(IN | OUT | NONE | STRICT) == 0).then(|| options.words())
}

/// `struct xt_policy_elem`.
fn element(info: &Info<'_>, at: usize, options: &mut Options) -> Option<()> {
    let (asked, inverted) = (info.u8(at + 74)?, info.u8(at + 75)?);
    let mut option = |bit: u8, name: &str, value: String| {
        if asked & bit != 0 {
            options.value(inverted & bit != 0, name, value);
        }
    };
    option(REQUEST, "--reqid", info.u32(at + 68)?.to_string());
    option(SPI, "--spi", format!("{:#x}", info.u32(at + 64)?));
    if asked & PROTOCOL != 0 {
        let protocols = [(50, "esp"), (51, "ah"), (108, "ipcomp")];
        let protocol = protocols.iter().find(|row| info.u8(at + 72) == Some(row.0))?;
        option(PROTOCOL, "--proto", protocol.1.to_owned());
    }
    if asked & MODE != 0 {
        let mode = *["transport", "tunnel"].get(usize::from(info.u8(at + 73)?))?;
        option(MODE, "--mode", mode.to_owned());
    }
    for (bit, name, place) in [(DESTINATION, "--tunnel-dst", at + 32), (SOURCE, "--tunnel-src", at)] {
        if asked & bit != 0 {
            let bytes = if info.family == IpFamily::V4 { 4 } else { 16 };
            let length = prefix_length(info.bytes.get(place + 16..place + 16 + bytes)?)?;
            let whole = usize::try_from(length) == Ok(8 * bytes);
            let prefix = if whole { String::new() } else { format!("/{length}") };
            option(bit, name, format!("{}{prefix}", info.address(place)?));
        }
    }
    (asked & !(SOURCE | DESTINATION | PROTOCOL | MODE | SPI | REQUEST) == 0).then_some(())
}
