//! The `log` statement as nft writes it.

use std::fmt::Write as _;

use super::symbols;
use crate::expr::Log;
use crate::rule::lexer;
use crate::rule::targets::log::{DEFAULT_LEVEL, LEVELS};

/// `log prefix "x" level debug flags all`.
#[must_use]
pub fn text(log: &Log) -> String {
    /// `NFT_LOGLEVEL_AUDIT`, behind the levels of syslog(3).
    const AUDIT: u32 = 8;
    let mut text = String::from("log");
    if let Some(prefix) = &log.prefix {
        let _ = write!(text, " prefix \"{}\"", lexer::printable(prefix));
    }
    for (word, number) in [
        ("group", log.group.map(u32::from)),
        ("snaplen", log.snap_length.filter(|&bytes| bytes != 0)),
        ("queue-threshold", log.queue_threshold.filter(|&packets| packets != 0).map(u32::from)),
    ] {
        if let Some(number) = number {
            let _ = write!(text, " {word} {number}");
        }
    }
    if let Some(level) = log.level.filter(|&level| level != u32::from(DEFAULT_LEVEL)) {
        let name = if level == AUDIT { "audit".to_owned() } else { symbols::symbol(LEVELS, level) };
        let _ = write!(text, " level {name}");
    }
    text + &flags(log.flags.unwrap_or(0))
}

/// `NF_LOG_*`.
fn flags(flags: u32) -> String {
    const ALL: u32 = 0x2f;
    if flags & ALL == ALL {
        return " flags all".to_owned();
    }
    let mut text = match flags & 3 {
        0 => String::new(),
        1 => " flags tcp sequence".to_owned(),
        2 => " flags tcp options".to_owned(),
        _ => " flags tcp sequence,options".to_owned(),
    };
    for (bit, words) in [(4, " flags ip options"), (8, " flags skuid"), (32, " flags ether")] {
        if flags & bit != 0 {
            text.push_str(words);
        }
    }
    text
}
