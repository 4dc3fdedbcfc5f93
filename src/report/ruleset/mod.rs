//! A whole ruleset: tables with everything in them, in the languages that have words for it.

mod iptables;
mod json;
mod nft;

pub use iptables::IptablesLines;
pub use json::{JsonRuleset, document};
pub use nft::{NftLines, hook};
