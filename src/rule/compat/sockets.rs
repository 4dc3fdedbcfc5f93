//! Switches of matches that hardly have more: `socket`, `rpfilter`, `ecn` (linux/netfilter/xt_socket.h, xt_rpfilter.h,
//! xt_ecn.h).

use super::info::{Info, Options};

/// The names of the bits that are set; `None` where others are.
fn switches(bits: u8, names: &[(u8, &str)]) -> Option<Vec<String>> {
    let mut options = Options::default();
    names.iter().filter(|row| bits & row.0 != 0).for_each(|row| options.flag(false, row.1));
    let known = names.iter().fold(0, |known, row| known | row.0);
    (bits & !known == 0).then(|| options.words())
}

/// `struct xt_socket_mtinfo1` to 3.
pub fn socket(info: &Info<'_>) -> Option<Vec<String>> {
    switches(info.u8(0)?, &[(1, "--transparent"), (2, "--nowildcard"), (4, "--restore-skmark")])
}

/// `struct xt_rpfilter_info`.
pub fn rpfilter(info: &Info<'_>) -> Option<Vec<String>> {
    switches(info.u8(0)?, &[(1, "--loose"), (2, "--validmark"), (4, "--accept-local"), (8, "--invert")])
}

/// `struct xt_ecn_info`.
pub fn ecn(info: &Info<'_>) -> Option<Vec<String>> {
    const NETWORK: u8 = 0x01;
    let (asked, inverted) = (info.u8(0)?, info.u8(1)?);
    let mut options = Options::default();
    for (bit, name) in [(0x10, "--ecn-tcp-ece"), (0x20, "--ecn-tcp-cwr")] {
        if asked & bit != 0 {
            options.flag(inverted & bit != 0, name);
        }
    }
    if asked & NETWORK != 0 {
        options.value(inverted & NETWORK != 0, "--ecn-ip-ect", info.u8(2)?);
    }
    Some(options.words())
}
