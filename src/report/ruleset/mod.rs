//! A whole ruleset: tables with everything in them, in the languages that have words for it.

mod nft;

pub use nft::NftLines;
