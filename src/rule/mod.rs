//! The iptables rule language: parsed, printed, lowered to nf_tables expressions and lifted back. Pure.
//!
//! Words become a [`Rule`] ([`parse_line`]), a rule becomes expressions ([`lower()`]) and comes back from them ([`lift()`], by way
//! of [`condition`]), is printed as `iptables -S` ([`Rule::render`]) and `iptables -vnL` ([`listing`]) do, and expressions are
//! shown as nft shows them ([`nft`]). Matches and targets are found through the [`registry`].

mod address;
mod ast;
mod calendar;
mod chain_rules;
mod command;
mod compat;
pub mod condition;
pub mod error;
pub mod explain;
pub mod identifier;
mod kept_words;
pub mod lexer;
mod lift;
mod lifting;
pub mod listing;
mod lower;
mod lowered;
mod lowering;
pub mod matches;
pub mod names;
pub mod nft;
mod parser;
pub mod protocol;
pub mod registry;
mod render;
pub mod save;
mod shared_set;
pub mod table;
pub mod targets;
pub mod translate;
pub mod userdata;
pub mod values;
mod wording;

#[cfg(test)]
mod laws;

pub use ast::{Address, Defaults, Interface, Line, Protocol, Rule};
pub use chain_rules::is_at_home;
pub use command::{Command, Invocation};
pub use compat::native;
pub use error::{Error, ErrorKind, excerpt};
pub use identifier::{check_chain_name, check_interface_name};
pub use kept_words::{caution, is_alike};
pub use lexer::{quote, quote_line, spans};
pub use lift::lift;
pub use lifting::Lifting;
pub use lower::{LowerContext, lower};
pub use lowered::{BoundChain, Lowered};
pub use lowering::Lowering;
pub use names::{Labels, Names, NoNames};
pub use parser::{BYTES, MICROSECONDS, PACKETS, is_command, parse_command, parse_command_at, parse_line};
pub use shared_set::{Lifetime, SharedSet};
pub use table::{BuiltinChain, BuiltinTable, Hook, IpFamily};
pub use wording::Wording;
